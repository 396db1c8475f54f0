"""The first state of a run: stocks, prices, groups and assets as they stand before the first week."""

from __future__ import annotations

import math

import numpy as np

from model import calendar, draws
from model.by_reference import by_reference
from model.compiled import compiled, rule
from model.context import Context
from model.inputs import Inputs
from model.kinds import SECTORS
from model.parameters import Parameters, ParameterValues
from model.record import STAGES, Record
from model.state import (
    ACCOUNTS,
    COUNTS,
    EPOCH_NOW,
    FOUNDING,
    FREE,
    IDENTS,
    OPENING_KG,
    Areas,
    Array,
    Assets,
    Consignments,
    Jurisdictions,
    Legs,
    Markets,
    Organisations,
    Places,
    Platforms,
    Routes,
    Sources,
    State,
    States,
    allocate,
)
from model.submodels.beliefs import weigh_public
from model.submodels.events import take_inputs
from model.submodels.groups import found, fund
from model.submodels.market import reference_price
from model.submodels.routes import plan
from model.submodels.states import review
from model.world import World
from model.world_arrays import WorldArrays

KNOWN_ROUTES = 10
FIRST_ROWS = 1024
HAND_WEEKS = 26.0
"""At most so many weeks of its flow are in a group's hand on the first day (assumed; burn-in forgets it)."""
WEEKS_PER_MONTH = 365.25 / 12 / 7
CALENDAR_WEEKS = calendar.first_week(calendar.LAST_YEAR + 1)


def sizes_of(world: World) -> dict[str, int]:
    """Length of every named dimension."""
    arrays = world.arrays
    return {
        "known": KNOWN_ROUTES, "legs": len(world.legs), "hubs": len(world.hubs), "states": len(world.states),
        "platforms": len(world.platforms), "assets": len(world.assets), "places": len(world.places),
        "regions": len(world.regions), "modes": 7, "routes": len(world.routes), "sources": len(world.sources),
        "markets": len(world.markets), "areas": len(world.areas), "pairs": len(arrays.leg_state), "year": 52,
        "sensors": 2, "sectors": len(SECTORS), "stages": len(STAGES),
        "leg_groups": len(arrays.group_platform),
    }  # fmt: skip


def forgetting(memory_months: float) -> Array:
    """Share of a memory left after 0, 1, 2, ... weeks.

    As long as the calendar, never as one scenario: a fork may run to a later end than its history.
    """
    mean_weeks = memory_months * WEEKS_PER_MONTH
    return np.array([math.exp(-week / mean_weeks) for week in range(CALENDAR_WEEKS + 1)])


def empty_state(world: World, organisations: int, parameters: Parameters) -> State:
    """All columns of a run, still zero."""
    sizes = sizes_of(world)
    rows = max(FIRST_ROWS, 2 * organisations if organisations < 10_000 else organisations // 4)
    widest = int(np.diff(world.arrays.source_route_start).max())
    return State(
        organisations=allocate(Organisations, organisations, sizes),
        consignments=allocate(Consignments, rows, sizes),
        states=allocate(States, sizes["states"], sizes),
        platforms=allocate(Platforms, sizes["platforms"], sizes),
        assets=allocate(Assets, sizes["assets"], sizes),
        legs=allocate(Legs, sizes["legs"], sizes),
        jurisdictions=allocate(Jurisdictions, sizes["pairs"], sizes),
        routes=allocate(Routes, sizes["routes"], sizes),
        places=allocate(Places, sizes["places"], sizes),
        areas=allocate(Areas, sizes["areas"], sizes),
        sources=allocate(Sources, sizes["sources"], sizes),
        markets=allocate(Markets, sizes["markets"], sizes),
        forget=forgetting(parameters.memory_months),
        live=np.zeros(rows, dtype=np.int32),
        free=np.arange(rows - 1, -1, -1, dtype=np.int32),
        cues=np.zeros((rows + 2048, 6)),
        counts=np.zeros(len(COUNTS), dtype=np.int64),
        accounts=np.zeros(len(ACCOUNTS)),
        scratch=np.zeros((4, max(widest, KNOWN_ROUTES, 8))),
        nests=np.zeros(max(widest, KNOWN_ROUTES), dtype=np.int32),
        out=np.zeros(sizes["assets"], dtype=np.int32),
        leg_use=np.zeros(sizes["legs"], dtype=np.int32),
    )


def grow(state: State, rows: int) -> State:
    """The same state with room for `rows` consignments; no row moves."""
    old = state.consignments.alive.shape[0]
    bigger = Consignments(*(np.concatenate([c, np.zeros(rows - old, dtype=c.dtype)]) for c in state.consignments))
    free = np.empty(rows, dtype=np.int32)
    count = int(state.counts[FREE])
    # new rows go under the old ones, so that rows are taken in the same order whatever the size of the pool
    free[: rows - old] = np.arange(rows - 1, old - 1, -1, dtype=np.int32)
    free[rows - old : rows - old + count] = state.free[:count]
    counts = state.counts.copy()
    counts[FREE] = count + rows - old
    live = np.concatenate([state.live, np.zeros(rows - old, dtype=np.int32)])
    cues = np.zeros((rows + 2048, 6))
    return state._replace(consignments=bigger, free=free, live=live, counts=counts, cues=cues)


@compiled
def begin(world: WorldArrays, inputs: Inputs, state: State, parameters: ParameterValues, record: Record, seed: int, week: int) -> None:
    """Fill the first state."""
    year = inputs.year_of_week[week]
    books = by_reference(record)
    fill(by_reference(Context(by_reference(world), by_reference(inputs), by_reference(state), by_reference(parameters),
        books, seed, week, year)))


@rule
def fill(ctx: Context) -> None:
    """Inputs of the first week, normal stocks and prices, then the groups."""
    world, state, parameters, seed, week = ctx.world, ctx.state, ctx.parameters, ctx.seed, ctx.week
    state.counts[EPOCH_NOW] = -1
    state.counts[FREE] = state.free.shape[0]
    state.counts[IDENTS] = 1
    state.states.standing[:] = 1.0
    state.states.effort[:] = 1.0
    state.states.level[:] = -1.0
    state.assets.assigned_area[:] = -1
    take_inputs(ctx)
    for market in range(state.markets.price_eur_per_kg.shape[0]):
        state.markets.price_eur_per_kg[market] = reference_price(world, parameters, market)
        state.markets.inventory_kg[market] = parameters.market_cover_weeks * state.markets.demand_kg_per_week[market]
        state.accounts[OPENING_KG] += state.markets.inventory_kg[market]
    for source in range(world.origins):
        state.sources.price_eur_per_kg[source] = parameters.source_price_eur_per_kg
        net = state.sources.supply_kg_per_week[source] * (
            1.0 - parameters.origin_losses_share - parameters.other_markets_share
        )
        state.sources.pool_kg[source] = parameters.source_cover_weeks * net
        state.accounts[OPENING_KG] += state.sources.pool_kg[source]
        for lag in range(52):
            state.sources.price_year_ago[source, lag] = parameters.source_price_eur_per_kg
    for asset in range(state.assets.place.shape[0]):
        state.assets.place[asset] = world.asset_base[asset]
        state.assets.area[asset] = -1
        state.assets.return_day[asset] = 7.0 * week + 14.0 * draws.uniform(seed, draws.INITIAL, 1, asset, 0)
    weigh_public(world, state.legs, parameters)
    review(ctx, True)
    first_groups(ctx)
    review(ctx, True)


@rule
def first_groups(ctx: Context) -> None:
    """Found the groups of the first day, each with a part of its next load in hand."""
    world, state, seed = ctx.world, ctx.state, ctx.seed
    organisations = state.organisations
    count = organisations.alive.shape[0]
    for organisation in range(count):
        found(ctx, organisation)
        state.sources.weight[organisations.source[organisation]] += organisations.weight[organisation]
    for organisation in range(count):
        # capital follows from the group's part of its source, which is known only now
        state.accounts[FOUNDING] -= organisations.capital_eur[organisation]
        fund(ctx, organisation)
        plan(ctx, organisation)
        if (
            world.source_is_origin[organisations.source[organisation]] == 1
            and organisations.plan_slot[organisation] >= 0
        ):
            part = draws.uniform(seed, draws.INITIAL, 2, organisations.ident[organisation], 0)
            source = organisations.source[organisation]
            flow_kg = state.sources.supply_kg_per_week[source] * organisations.weight[organisation]
            most_kg = HAND_WEEKS * flow_kg / state.sources.weight[source]
            load_kg = min(organisations.plan_load_kg[organisation], most_kg)
            organisations.inventory_kg[organisation] = part * load_kg
            state.accounts[OPENING_KG] += organisations.inventory_kg[organisation]
