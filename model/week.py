"""One week: the submodels in order. This file reads as the schedule of docs/odd.md.

`advance` runs any number of weeks in one compiled call and stops early only when a buffer has to grow.
"""

from __future__ import annotations

import math

from model.by_reference import by_reference
from model.compiled import compiled, rule
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

SCHEDULE = (
    ("events", "facts and measures dated for this week take effect"),
    ("supply", "output enters the producers' stock, a part goes to other markets; organisations buy"),
    ("routes", "organisations seek, choose and plan routes and loads, and send them"),
    ("movement", "loads set out on their legs; assets patrol, pursue and return"),
    ("leads", "states come to know of loads and share it with platforms"),
    ("sensors", "patrols, coastal radar and satellites detect without a lead"),
    ("tasking", "cues are handled in time order by free assets within reach"),
    ("boarding", "leave of the flag state, pursuit, seizure"),
    ("inspection", "ports, airports, borders and stores are searched"),
    ("consequences", "losses are booked; owners, peers and the public learn; loads arrive, are stored or sold"),
    ("market", "consumption, prices, arbitrage"),
    ("finance", "laundering, freezing, confiscation, drawings"),
    ("states", "every fourth week: ability, trust, sharing, lending, and the chances that follow from them"),
    ("groups", "bankrupt groups leave, new ones enter"),
    ("record", "the week is recorded"),
)
"""The week in order: submodel and what it does (`RouteModel.schedule`)."""


@compiled
def advance(
    world: WorldArrays, inputs: Inputs, state: State, record: Record, parameters: ParameterValues, seed: int,
    week: int, weeks: int,
) -> int:  # fmt: skip
    """Run up to `weeks` weeks from `week` on; returns how many were run (fewer when a buffer is full)."""
    facts, dated, columns = by_reference(world), by_reference(inputs), by_reference(state)
    books, values = by_reference(record), by_reference(parameters)
    for done in range(weeks):
        if short_of_rows(facts, columns, books, values, week + done):
            state.counts[STATUS] = NEEDS_ROWS
            return done
        state.counts[STATUS] = RUNNING
        one_week(facts, dated, columns, books, values, seed, week + done)
        if state.counts[STATUS] != RUNNING:
            return done
    return weeks


@rule
def short_of_rows(world: WorldArrays, state: State, record: Record, parameters: ParameterValues, week: int) -> bool:
    """Whether a buffer might overflow in the coming week."""
    state.counts[ROWS_NEEDED] = rows_needed(state, parameters, week)
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
def one_week(
    world: WorldArrays, inputs: Inputs, state: State, record: Record, parameters: ParameterValues, seed: int, week: int
) -> None:
    """The week in order; see `SCHEDULE`."""
    year = inputs.year_of_week[week]
    changed = take_inputs(inputs, state, week)
    weigh_public(world, state.legs, parameters)
    new_month = week % REVIEW_WEEKS == 0
    if new_month:
        decide_month(world, inputs, state, parameters, week)
    if changed or new_month or state.counts[REVIEW_DUE] == 1:
        state.counts[REVIEW_DUE] = 0
        review(world, state, parameters, seed, week, year, new_month)
    elsewhere_kg = produce(world, state.sources, parameters, state.accounts, state.counts, record, week, year)
    send_elsewhere(world, state, parameters, record, elsewhere_kg, week, year)
    buy(state.organisations, state.sources, parameters, state.accounts)
    seek_routes(world, state, parameters, seed, week)
    send_from_home(world, state, parameters, record, seed, week)
    send_from_stock(world, state, parameters, record, seed, week)
    set_out(world, state, parameters, record, seed, week, year)
    patrol(world, state, parameters, record, seed, week)
    state.counts[CUES] = 0
    draw_leads(world, state, parameters, record, seed, week, year)
    prepare_sensors(world, state, parameters)
    detect(world, state, parameters, seed, week)
    false_contacts(world, state, parameters, seed, week)
    respond(world, state, parameters, record, seed, week, year)
    inspect(world, state, parameters, record, seed, week, year)
    search_stores(world, state, parameters, record, seed, week, year)
    arrive(world, state, parameters, record, week, year)
    sweep(state)
    clear(world, state, parameters, record, week)
    launder(world, state, parameters, record, week)
    come_and_go(world, state, parameters, record, seed, week)
    fade_public(state.legs, state.forget)
    fade_flows(state)
    fade_on_the_way(state)
    close_week(world, state, record, week)


@rule
def close_week(world: WorldArrays, state: State, record: Record, week: int) -> None:
    """Record prices, stocks, the act-rate and the effective number of routes (exp of entropy of recent flows)."""
    record_prices(world, state, record, week)
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
