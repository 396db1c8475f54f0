"""One week: the submodels in order. This file reads as the schedule of docs/odd.md.

`advance` runs any number of weeks in one compiled call and stops early only when a buffer has to grow.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from model.by_reference import by_reference
from model.compiled import compiled, in_order, rule
from model.context import Context
from model.inputs import Inputs
from model.parameters import ParameterValues
from model.record import ACT_RATE, ACTED, CUED, EFFECTIVE_ROUTES, IN_STOCK, IN_TRANSIT, Record
from model.state import CUES, EVENTS, LIVE, REVIEW_DUE, ROWS_NEEDED, STATUS, Array, State
from model.submodels.beliefs import fade_public, weigh_public
from model.submodels.elsewhere import fade_on_the_way, send_elsewhere
from model.submodels.events import take_inputs
from model.submodels.finance import launder
from model.submodels.groups import come_and_go, seek_routes
from model.submodels.inspection import inspect, search_stores
from model.submodels.leads import draw_leads
from model.submodels.market import clear, record_prices
from model.submodels.movement import arrive, rows_needed, send_from_home, send_from_stock, set_out, sweep
from model.submodels.sensors import detect, false_contacts, prepare_sensors
from model.submodels.states import decide_month, fade_flows, review
from model.submodels.supply import buy, produce
from model.submodels.tasking import patrol, respond
from model.world_arrays import WorldArrays

RUNNING, NEEDS_ROWS = 0, 1
REVIEW_WEEKS = 4
CONTACTS_AT_MOST = 1024

@rule
def short_of_rows(ctx: Context) -> bool:
    """Whether a buffer might overflow in the coming week."""
    world, state, record = ctx.world, ctx.state, ctx.record
    state.counts[ROWS_NEEDED] = rows_needed(ctx)
    live = state.counts[LIVE] + state.counts[ROWS_NEEDED]
    if live > state.consignments.alive.shape[0] or live + CONTACTS_AT_MOST > state.cues.shape[0]:
        return True
    events = events_at_most(live, world.origins, world.state_waypoint.shape[0])
    return record.keep_seizures[0] == 1 and state.counts[EVENTS] + events > record.seizures.shape[0]


@compiled
def events_at_most(live: int, origins: int, states: int) -> int:
    """Rows of seizures that a week can add: three for a load under way, one for an origin, one for a state."""
    return 3 * live + origins + states


@rule
def renew_inputs(ctx: Context) -> None:
    """Facts and measures of this week; what follows from them, by the month and whenever one has changed."""
    state = ctx.state
    changed = take_inputs(ctx)
    weigh_public(ctx.world, state.legs, ctx.parameters)
    new_month = ctx.week % REVIEW_WEEKS == 0
    if new_month:
        decide_month(ctx)
    if changed or new_month or state.counts[REVIEW_DUE] == 1:
        state.counts[REVIEW_DUE] = 0
        review(ctx, new_month)


@rule
def supply(ctx: Context) -> None:
    """Output enters the stock, a part goes elsewhere; organisations buy."""
    world, state, parameters = ctx.world, ctx.state, ctx.parameters
    elsewhere_kg = produce(world, state.sources, parameters, state.accounts, state.counts, ctx.record, ctx.week, ctx.year)
    send_elsewhere(ctx, elsewhere_kg)
    buy(state.organisations, state.sources, parameters, state.accounts)


@rule
def watch(ctx: Context) -> None:
    """Sensors."""
    prepare_sensors(ctx)
    detect(ctx)
    false_contacts(ctx)


@rule
def leads(ctx: Context) -> None:
    """Leads."""
    ctx.state.counts[CUES] = 0
    draw_leads(ctx)


@rule
def end_loads(ctx: Context) -> None:
    """Loads arrive or are gone."""
    arrive(ctx)
    sweep(ctx.state)


@rule
def fade(ctx: Context) -> None:
    """A week of memory fades."""
    state = ctx.state
    fade_public(state.legs, state.forget)
    fade_flows(state)
    fade_on_the_way(state)


@rule
def close_week(ctx: Context) -> None:
    """Record prices, stocks, the act-rate and the effective number of routes (exp of entropy of recent flows)."""
    world, state, record, week = ctx.world, ctx.state, ctx.record, ctx.week
    record_prices(ctx)
    moving = 0.0
    for i in range(state.counts[LIVE]):
        moving += state.consignments.load_kg[state.live[i]]
    stocked = 0.0
    for source in range(state.sources.pool_kg.shape[0]):
        stocked += state.sources.pool_kg[source]
    for organisation in range(state.organisations.alive.shape[0]):
        stocked += state.organisations.inventory_kg[organisation]
        bits = state.organisations.hubs_stocked[organisation]
        if bits != 0:
            for hub in range(world.hub_place.shape[0]):
                stocked += state.organisations.stock_kg[organisation, hub]
    record.weekly[week, IN_TRANSIT] = moving
    record.weekly[week, IN_STOCK] = stocked
    if record.weekly[week, CUED] > 0.0:
        record.weekly[week, ACT_RATE] = record.weekly[week, ACTED] / record.weekly[week, CUED]
    record.weekly[week, EFFECTIVE_ROUTES] = effective_number(state.routes.flow_kg, world)
    for account in range(state.accounts.shape[0]):
        record.accounts[week, account] = state.accounts[account]


@rule
def effective_number(flows_kg: Array, world: WorldArrays) -> float:
    """Exp of the entropy of the flow shares over the routes from the origins."""
    total = 0.0
    last = world.source_route_start[world.origins]
    for route in range(last):
        total += flows_kg[route]
    if total <= 0.0:
        return 0.0
    entropy = 0.0
    for route in range(last):
        share = flows_kg[route] / total
        if share > 1e-12:
            entropy -= share * math.log(share)
    return math.exp(entropy)


class Step(NamedTuple):
    """One step of the week."""

    submodel: str
    does: str
    rules: tuple[Callable[[Context], None], ...]


SCHEDULE = (
    Step("events", "facts and measures dated for this week take effect; every fourth week states decide", (renew_inputs,)),
    Step("supply", "output enters the producers' stock, a part goes to other markets; organisations buy", (supply,)),
    Step("routes", "organisations seek, choose and plan routes and loads, and send them",
        (seek_routes, send_from_home, send_from_stock)),
    Step("movement", "loads set out on their legs; assets patrol, pursue and return", (set_out, patrol)),
    Step("leads", "states come to know of loads and share it with platforms", (leads,)),
    Step("sensors", "patrols, coastal radar and satellites detect without a lead", (watch,)),
    Step("tasking", "cues are handled in time order by free assets within reach", (respond,)),
    Step("inspection", "ports, airports, borders and stores are searched", (inspect, search_stores)),
    Step("consequences", "loads arrive, are stored or sold", (end_loads,)),
    Step("market", "consumption, prices, arbitrage", (clear,)),
    Step("finance", "laundering, freezing, confiscation, drawings", (launder,)),
    Step("groups", "bankrupt groups leave, new ones enter", (come_and_go,)),
    Step("record", "memories fade, the week is recorded", (fade, close_week)),
)
"""The week in order, as it is run."""

one_week = in_order(*(one for step in SCHEDULE for one in step.rules))


@compiled
def advance(
    world: WorldArrays, inputs: Inputs, state: State, record: Record, parameters: ParameterValues, seed: int,
    week: int, weeks: int,
) -> int:  # fmt: skip
    """Run up to `weeks` weeks from `week` on; returns how many were run (fewer when a buffer is full)."""
    facts, dated, columns = by_reference(world), by_reference(inputs), by_reference(state)
    books, values = by_reference(record), by_reference(parameters)
    for done in range(weeks):
        now = week + done
        ctx = by_reference(Context(facts, dated, columns, values, books, seed, now, inputs.year_of_week[now]))
        if short_of_rows(ctx):
            state.counts[STATUS] = NEEDS_ROWS
            return done
        state.counts[STATUS] = RUNNING
        one_week(ctx)
        if state.counts[STATUS] != RUNNING:
            return done
    return weeks
