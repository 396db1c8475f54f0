"""The columns: what changes in a run, one NamedTuple of arrays for each kind of agent.

A field is declared once, with its kind, unit and meaning; `allocate` makes the arrays. Rows are a pool of fixed
capacity: a group that enters takes a dead row under a new ``ident``, and draws are addressed by ``ident``, never by
row.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, NamedTuple, get_type_hints

import numpy as np
from numpy.typing import NDArray

type Array = NDArray[Any]


@dataclass(frozen=True)
class Column:
    """One column: dtype, unit, meaning, and the named dimensions that follow the row."""

    dtype: str
    unit: str
    meaning: str
    dims: tuple[str, ...] = ()
    dated: str = ""  # its input, where facts and events of the scenario set it
    asks_review: bool = True  # whether what follows from it is worked out anew when it changes


class Organisations(NamedTuple):
    """Trafficking organisations."""

    ident: Annotated[Array, Column("i8", "", "identity that addresses draws; never used twice")]
    alive: Annotated[Array, Column("i1", "0/1", "the row holds a group")]
    source: Annotated[Array, Column("i2", "", "where it takes goods: an origin, or a transhipment place (local group)")]
    weight: Annotated[Array, Column("f8", "1", "size relative to the others of its source")]
    capital_eur: Annotated[Array, Column("f8", "EUR", "clean working capital; below zero it is borrowed")]
    dirty_eur: Annotated[Array, Column("f8", "EUR", "revenue not yet laundered")]
    frozen_eur: Annotated[Array, Column("f8", "EUR", "frozen by courts, not yet decided")]
    target_capital_eur: Annotated[Array, Column("f8", "EUR", "working capital it wants to hold")]
    inventory_kg: Annotated[Array, Column("f8", "kg", "bought and not yet sent")]
    plan_slot: Annotated[Array, Column("i2", "", "known route chosen for the next load, -1 none: it stays out")]
    plan_load_kg: Annotated[Array, Column("f8", "kg", "size of the next load")]
    plan_units: Annotated[Array, Column("i4", "", "boxes, couriers or bags that the next load is split into")]
    plan_week: Annotated[Array, Column("i4", "week", "when the plan was made")]
    risk_aversion: Annotated[Array, Column("f8", "1", "multiplies the price of risk; median 1")]
    can_borrow: Annotated[Array, Column("i1", "0/1", "has credit")]
    sequence: Annotated[Array, Column("i8", "", "consignments sent so far")]
    entered_week: Annotated[Array, Column("i4", "week", "when the group was founded")]
    lean_weeks: Annotated[Array, Column("i4", "weeks", "weeks in a row without means")]
    wanted_kg: Annotated[Array, Column("f8", "kg", "what it would buy this week")]
    jailed_share: Annotated[Array, Column("f8", "share", "part of its people in prison")]
    hubs_stocked: Annotated[Array, Column("i8", "bits", "transhipment places where it holds stock")]
    known_route: Annotated[Array, Column("i2", "", "routes it knows, -1 free", ("known",))]
    ready_week: Annotated[Array, Column("i4", "week", "from when a known route can be used", ("known",))]
    attraction: Annotated[Array, Column("f4", "1000 EUR/kg", "experience-weighted attraction", ("known",))]
    known_value: Annotated[Array, Column("f4", "1000 EUR/kg", "utility of a known route when last weighed", ("known",))]
    path_size: Annotated[Array, Column("f4", "log", "log path size among the known routes", ("known",))]
    hits: Annotated[Array, Column("u2", "trips/256", "own losses on each leg, fading", ("legs",))]
    trips: Annotated[Array, Column("u2", "trips/256", "own trips on each leg, fading", ("legs",))]
    belief_week: Annotated[Array, Column("i2", "week", "when hits and trips were last brought up to date", ("legs",))]
    stock_kg: Annotated[Array, Column("f8", "kg", "stock at transhipment places", ("hubs",))]
    stock_west_africa_kg: Annotated[Array, Column("f4", "kg", "part of it that came through West Africa", ("hubs",))]


class Consignments(NamedTuple):
    """Loads under way; one leg at a time."""

    ident: Annotated[Array, Column("i8", "", "owner's ident and running number; addresses draws")]
    alive: Annotated[Array, Column("i1", "0/1", "the row holds a load")]
    owner: Annotated[Array, Column("i4", "", "row of the organisation")]
    owner_ident: Annotated[Array, Column("i8", "", "ident of the organisation that sent it")]
    slot: Annotated[Array, Column("i2", "", "the owner's known route it was sent on, -1 from a stock")]
    route: Annotated[Array, Column("i2", "", "route of the library")]
    step: Annotated[Array, Column("i2", "", "which leg of the route")]
    leg: Annotated[Array, Column("i2", "", "leg under way")]
    load_kg: Annotated[Array, Column("f8", "kg", "pure weight")]
    units: Annotated[Array, Column("i4", "", "boxes, couriers or bags, each checked on its own")]
    west_africa: Annotated[Array, Column("f8", "share", "part of the load that came through West Africa")]
    set_out_day: Annotated[Array, Column("f8", "day", "start of the present leg, days since the epoch")]
    arrive_day: Annotated[Array, Column("f8", "day", "end of the present leg")]
    lost_share: Annotated[Array, Column("f8", "share", "part of it taken on the present leg so far")]
    setting_out: Annotated[Array, Column("i1", "0/1", "enters its leg this week")]
    lead_day: Annotated[Array, Column("f8", "day", "when a lead about the present leg comes in; 1e18 none")]
    lead_state: Annotated[Array, Column("i2", "", "state that had the lead, -1 none")]
    lead_platform: Annotated[Array, Column("i2", "", "platform it was shared through, -1 none")]
    lead_stage: Annotated[Array, Column("i2", "", "how it became known: lead or coastal radar")]
    spent_eur_per_kg: Annotated[Array, Column("f8", "EUR/kg", "cash spent on it so far")]


class States(NamedTuple):
    """Partner states."""

    corruption: Annotated[Array, Column("f8", "share", "kappa, from governance indicators and events", dated="state_corruption")]
    pledge_multiplier: Annotated[Array, Column("f8", "1", "multiplies the most that it would share", dated="state_pledge_multiplier")]
    reform_per_year: Annotated[Array, Column("f8", "1/year", "corruption that reform takes away each year", dated="state_reform_per_year")]
    reformed: Annotated[Array, Column("f8", "share", "corruption taken away so far")]
    kappa: Annotated[Array, Column("f8", "share", "corruption less what reform has taken away")]
    rule_of_law: Annotated[Array, Column("f8", "share", "strength of courts", dated="state_rule_of_law")]
    inspection_container_share: Annotated[Array, Column("f8", "share", "containers inspected at 2005 traffic", dated="state_inspection_container_share")]
    inspection_air_share: Annotated[Array, Column("f8", "share", "couriers detected by routine controls", dated="state_inspection_air_share")]
    inspection_land_share: Annotated[Array, Column("f8", "share", "loads found on roads and at borders", dated="state_inspection_land_share")]
    coast_police_share: Annotated[Array, Column("f8", "share", "landings met by police or customs", dated="state_coast_police_share")]
    finance_strength: Annotated[Array, Column("f8", "share", "strength of anti-money-laundering control", dated="state_finance_strength")]
    protection_price: Annotated[Array, Column("f8", "1", "multiplies the price of protection", dated="state_protection_price")]
    capacity: Annotated[Array, Column("f8", "share", "share of its theoretical ability that its own services reach", dated="state_capacity")]
    shock: Annotated[Array, Column("f8", "share", "z: part of all ability lost by a coup or the like, when it begins", dated="state_shock")]
    shock_taken: Annotated[Array, Column("f8", "share", "shock that has had its effect")]
    standing: Annotated[Array, Column("f8", "share", "domestic ability left after shocks, recovering to 1")]
    built: Annotated[Array, Column("f8", "K0", "stock of ability that programmes built", ("sectors",))]
    ability: Annotated[Array, Column("f8", "share", "k: domestic and built ability together", ("sectors",))]
    consent_regime: Annotated[Array, Column("f8", "", "leave to board its flag without a treaty, row of REGIMES", dated="state_consent_regime")]
    boarding_regime: Annotated[Array, Column("i1", "", "leave to board its flag, for each boarding state", ("states",), dated="boarding_regime")]
    lead_kg: Annotated[Array, Column("f8", "kg", "loads of the leads it shared, fading over a year", ("platforms",))]
    leaked: Annotated[Array, Column("f8", "loads", "real-equivalent loads leaked since the last month", ("platforms",))]
    evidence_kg: Annotated[Array, Column("f8", "kg", "its own seizures in each area, fading", ("areas",))]
    level: Annotated[Array, Column("f8", "share", "what it would share while a platform works", ("platforms",))]
    sharing: Annotated[Array, Column("f8", "share", "share of its leads it gives each platform", ("platforms",))]
    channel: Annotated[
        Array, Column("i2", "", "platform it shares most with, for each group of legs, -1 none", ("leg_groups",))
    ]
    pledge: Annotated[
        Array, Column("f8", "share", "level of the tables and events, zero for non-members", ("platforms",), dated="membership_sharing")
    ]
    trust_useful: Annotated[Array, Column("f8", "counts", "useful exchanges, fading", ("platforms",))]
    trust_failed: Annotated[Array, Column("f8", "counts", "leaks and failures, fading", ("platforms",))]
    leads: Annotated[Array, Column("f8", "counts", "leads so far")]
    seized_kg: Annotated[Array, Column("f8", "kg", "seized so far")]
    landed_boxed_kg: Annotated[Array, Column("f8", "kg", "landed here by container so far")]
    boxed_trade: Annotated[Array, Column("f8", "1", "licit containers that land here, in mean corridors")]
    learnt_boxed_kg: Annotated[Array, Column("f8", "kg", "landings that contacts in ports here have learnt from")]
    found_kg: Annotated[Array, Column("f8", "kg", "found by its inspections, fading over three years")]
    usual_kg: Annotated[Array, Column("f8", "kg", "the same when its controls had the size of the tables")]
    effort: Annotated[Array, Column("f8", "1", "multiplies its controls: they grow with what they find")]
    on_the_way_kg: Annotated[
        Array, Column("f8", "kg", "expected to be taken by it of loads on their way, in the last 52 weeks, fading")
    ]


class Platforms(NamedTuple):
    """Enforcement cooperation platforms."""

    active: Annotated[Array, Column("f8", "0/1", "works this week", dated="platform_active")]
    allocation: Annotated[Array, Column("f8", "", "rule that places the assets lent to it, row of RULES", dated="platform_allocation")]
    liaison: Annotated[Array, Column("f8", "share", "posting of liaison officers: 1 in every member", dated="platform_liaison")]
    leak_risk: Annotated[Array, Column("f8", "share", "corruption of its members, weighted by what they share")]
    shared_kg: Annotated[Array, Column("f8", "kg", "loads of the leads shared with it, fading over a year")]
    removed_kg: Annotated[Array, Column("f8", "kg", "loads taken through it, fading over a year")]
    evidence_kg: Annotated[Array, Column("f8", "kg", "seizures it knows of in each area, fading", ("areas",))]
    weight: Annotated[Array, Column("f8", "log", "bandit: log weight of each area", ("areas",))]
    cues: Annotated[Array, Column("f8", "counts", "cues it received so far")]
    acted: Annotated[Array, Column("f8", "counts", "cues for which an asset was sent")]
    seized_kg: Annotated[Array, Column("f8", "kg", "seizures credited so far")]


class Assets(NamedTuple):
    """Patrol ships and aircraft. They move between places, patrol, pursue and return."""

    active: Annotated[Array, Column("f8", "0/1", "exists and is in service", dated="asset_active", asks_review=False)]
    availability: Annotated[Array, Column("f8", "share", "share of its time at sea or in the air", dated="asset_availability", asks_review=False)]
    place: Annotated[Array, Column("i2", "", "where it is: its base or a patrol area")]
    area: Annotated[Array, Column("i2", "", "patrol area it searches, -1 in port")]
    lent_to: Annotated[Array, Column("i2", "", "platform it is lent to this month, -1 none")]
    assigned_area: Annotated[Array, Column("i2", "", "area that a covering plan gives it, -1 none")]
    chosen_chance: Annotated[Array, Column("f8", "probability", "bandit: chance with which its area was drawn")]
    spell_kg: Annotated[Array, Column("f8", "kg", "taken by it since it went out")]
    free_day: Annotated[Array, Column("f8", "day", "from when it can take a cue")]
    return_day: Annotated[Array, Column("f8", "day", "end of the present patrol or port call")]
    search_hours: Annotated[Array, Column("f8", "h", "hours of search this week")]
    cases: Annotated[Array, Column("f8", "counts", "cases taken so far")]
    busy_days: Annotated[Array, Column("f8", "days", "days spent on cases so far")]


class Legs(NamedTuple):
    """What changes on the legs: law, cost, danger and what everybody knows of it."""

    open: Annotated[Array, Column("f8", "0/1", "can be used", dated="leg_open")]
    cost_multiplier: Annotated[Array, Column("f8", "1", "multiplies the transport cost", dated="leg_cost_multiplier")]
    inspection_multiplier: Annotated[Array, Column("f8", "1", "multiplies inspection at its ends", dated="leg_inspection_multiplier")]
    exposure: Annotated[Array, Column("f8", "1", "licit traffic relative to the mode's mean corridor of 2005", dated="leg_exposure")]
    log_exposure: Annotated[Array, Column("f8", "log", "its logarithm")]
    public_hits: Annotated[Array, Column("f8", "trips", "losses everybody has heard of, fading")]
    public_trips: Annotated[Array, Column("f8", "trips", "trips everybody has heard of, fading")]
    remembered_hits: Annotated[Array, Column("f8", "trips", "prior and public losses, as of this week")]
    remembered_trips: Annotated[Array, Column("f8", "trips", "prior and public trips, as of this week")]
    public_loss: Annotated[Array, Column("f8", "probability", "loss believed by those without trips of their own")]
    risk_price_eur_per_kg: Annotated[Array, Column("f8", "EUR/kg", "F: cash for each unit of believed loss")]
    know: Annotated[
        Array,
        Column("f8", "probability", "chance that somebody who can act knows of a load for a market", ("markets",)),
    ]
    export_find: Annotated[Array, Column("f8", "probability", "export control finds an unknown load")]
    import_find: Annotated[Array, Column("f8", "probability", "import control finds an unknown load")]
    known_find: Annotated[Array, Column("f8", "probability", "import control finds a known load")]
    bribe_eur_per_kg: Annotated[Array, Column("f8", "EUR/kg", "expected bribes at both ends")]
    contact_eur_per_kg: Annotated[Array, Column("f8", "EUR/kg", "insiders who let goods into and out of containers")]
    cash_eur_per_kg: Annotated[Array, Column("f8", "EUR/kg", "transport, bribes and premium")]
    sensor_per_day: Annotated[Array, Column("f8", "1/day", "hazard of being detected uncued", ("sensors",))]
    set_out_kg: Annotated[Array, Column("f8", "kg", "set out in the last 52 weeks, fading")]


class Jurisdictions(NamedTuple):
    """One row for each pair of a leg and a state it touches (CSR order of the world)."""

    lead: Annotated[Array, Column("f8", "probability", "g_j: a lead of this state reaches somebody able to act")]
    platform: Annotated[Array, Column("i2", "", "platform through which it shares most, -1 none")]
    share: Annotated[Array, Column("f8", "probability", "chance that a lead of its own goes to that platform")]


class Routes(NamedTuple):
    """What changes on the routes of the library."""

    cost_eur_per_kg: Annotated[Array, Column("f8", "EUR/kg", "transport, bribes, premiums along the route")]
    contact_eur_per_kg: Annotated[
        Array, Column("f8", "EUR/kg", "contacts along the route, paid for what comes through")
    ]
    congestion_eur_per_kg: Annotated[Array, Column("f8", "EUR/kg", "extra handling where much goes this way")]
    exposure: Annotated[Array, Column("f8", "log", "beta_M ln(M/M_ref) of the tightest leg")]
    open: Annotated[Array, Column("i1", "0/1", "all legs can be used")]
    flow_kg: Annotated[Array, Column("f8", "kg", "sent in the last 13 weeks, fading")]
    users: Annotated[Array, Column("f8", "counts", "organisations that know it")]


class Places(NamedTuple):
    """What changes at the places."""

    coastal_radar: Annotated[Array, Column("f8", "share", "coast covered by radar", dated="place_coastal_radar")]
    total_control: Annotated[Array, Column("f8", "share", "couriers on flagged flights found", dated="place_total_control")]
    inspection_share: Annotated[Array, Column("f8", "1", "multiplies inspection here", dated="place_inspection_share")]
    container_traffic: Annotated[Array, Column("f8", "1", "licit containers of its region relative to 2005", dated="place_container_traffic")]
    risk_premium_eur_per_kg: Annotated[Array, Column("f8", "EUR/kg", "price of protection and entry here", dated="place_risk_premium_eur_per_kg")]
    value_eur_per_kg: Annotated[Array, Column("f8", "EUR/kg", "what a kg is worth here by arbitrage down the chain")]
    handled_kg: Annotated[Array, Column("f8", "kg", "sent on from stores this week")]
    bribed_share: Annotated[Array, Column("f8", "share", "controls here that are bought off")]
    mass_kg: Annotated[Array, Column("f8", "kg", "arrivals in the last 52 weeks, fading")]


class Areas(NamedTuple):
    """Patrol areas of the sea."""

    search_km2_per_day: Annotated[Array, Column("f8", "km2/day", "sea swept by the assets that patrol here this week")]
    effort: Annotated[Array, Column("f8", "asset-weeks", "search here, fading")]
    position: Annotated[Array, Column("f8", "1", "how many routes pass here, where shared leads tell of them")]
    imaged_share: Annotated[Array, Column("f8", "share", "sea imaged at each satellite pass, zero without the service")]
    cases: Annotated[Array, Column("f8", "counts", "cues here, fading")]
    acted: Annotated[Array, Column("f8", "counts", "cues for which an asset was sent, fading")]


class Sources(NamedTuple):
    """Where organisations take goods: Andean origins and transhipment places (goods paid in kind)."""

    supply_kg_per_week: Annotated[Array, Column("f8", "kg/week", "output net of losses inside the producing state", dated="source_supply_kg_per_week")]
    pool_kg: Annotated[Array, Column("f8", "kg", "unsold stock")]
    west_africa_kg: Annotated[Array, Column("f8", "kg", "part of it that came through West Africa")]
    price_eur_per_kg: Annotated[Array, Column("f8", "EUR/kg", "price per pure kg")]
    price_year_ago: Annotated[Array, Column("f8", "EUR/kg", "price 52 weeks ago", ("year",))]
    wanted_kg: Annotated[Array, Column("f8", "kg", "what organisations want this week")]
    weight: Annotated[Array, Column("f8", "1", "sum of the weights of its organisations")]
    sent_kg: Annotated[Array, Column("f8", "kg", "sent from here in the last 52 weeks, fading")]


class Markets(NamedTuple):
    """Consumer markets."""

    demand_kg_per_week: Annotated[Array, Column("f8", "kg/week", "consumption at the reference price", dated="market_demand_kg_per_week")]
    inventory_kg: Annotated[Array, Column("f8", "kg", "stock of wholesalers")]
    price_eur_per_kg: Annotated[Array, Column("f8", "EUR/kg", "wholesale price per pure kg")]


class State(NamedTuple):
    """All columns of one run."""

    organisations: Organisations
    consignments: Consignments
    states: States
    platforms: Platforms
    assets: Assets
    legs: Legs
    jurisdictions: Jurisdictions
    routes: Routes
    places: Places
    areas: Areas
    sources: Sources
    markets: Markets
    forget: Array  # share of a memory left after so many weeks
    live: Array  # rows of live consignments, in order of dispatch
    free: Array  # stack of free consignment rows
    cues: Array  # this week's cues, one row each (submodels/tasking.py)
    counts: Array  # integers: see COUNTS
    accounts: Array  # kg and EUR since the start: see ACCOUNTS
    scratch: Array  # work area of route choice: value, risk, weight and share of the alternatives
    nests: Array  # mode of each alternative under choice
    out: Array  # assets that are out and can board, this week
    leg_use: Array  # how many known routes use a leg, zero between calls


COUNTS = (
    "live", "free", "groups", "idents", "events", "cues", "status", "epoch", "review", "out", "rows_needed", "months",
)  # fmt: skip
(
    LIVE, FREE, GROUPS_ALIVE, IDENTS, EVENTS, CUES, STATUS, EPOCH_NOW, REVIEW_DUE, OUT, ROWS_NEEDED, MONTHS,
) = range(len(COUNTS))  # fmt: skip

ACCOUNTS = (
    "opening_kg", "produced_kg", "seized_kg", "custody_leaked_kg", "lost_kg", "consumed_kg", "elsewhere_kg",
    "founding_eur", "revenue_eur", "purchases_eur", "transport_eur", "bribes_eur", "risk_eur", "storage_eur",
    "entry_eur", "laundering_eur", "confiscated_eur", "drawings_eur", "closing_eur",
)  # fmt: skip
(
    OPENING_KG, PRODUCED_KG, SEIZED_KG, LEAKED_KG, LOST_KG, CONSUMED_KG, ELSEWHERE_KG, FOUNDING, REVENUE, PURCHASES,
    TRANSPORT,
    BRIBES, RISK, STORAGE, ENTRY, LAUNDERING, CONFISCATED, DRAWINGS, CLOSING,
) = range(len(ACCOUNTS))  # fmt: skip


@cache
def columns_of(kind: type) -> dict[str, Column]:
    """Name and `Column` of every field of a kind of agent."""
    hints = get_type_hints(kind, include_extras=True)
    return {name: hint.__metadata__[0] for name, hint in hints.items() if hasattr(hint, "__metadata__")}


def allocate(kind: type, rows: int, sizes: dict[str, int]) -> Any:
    """Make the arrays of `kind`: zeros of shape (rows, *dims)."""
    arrays = {
        name: np.zeros((rows, *(sizes[dim] for dim in column.dims)), dtype=column.dtype)
        for name, column in columns_of(kind).items()
    }
    return kind(**arrays)


def copy_state(state: State) -> State:
    """Copy every column, so that the copy and the original can go different ways."""
    parts: list[Any] = []
    for part in state:
        parts.append(part.copy() if isinstance(part, np.ndarray) else type(part)(*(column.copy() for column in part)))
    return State(*parts)
