"""The columns: what changes in a run, one NamedTuple of arrays for each kind of agent.

A column is declared once: its type, unit, meaning and bounds, whether facts and events set it (`dated`), and what it
follows from where rules write it. The arrays, the inputs by epoch, the targets of events and the attributes of Mesa
agents are made from these lines. Rows are a pool of fixed capacity: an organisation that enters takes a dead row under
a new ``ident``, and draws are addressed by ``ident``, never by row.
"""

from __future__ import annotations

import math
from collections import namedtuple
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Final, NamedTuple, get_type_hints

import numpy as np
from numpy.typing import NDArray

type Array = NDArray[Any]

TABLES: Final = "tables"
"""Base of a dated column that follows from tables: `TABLED` in `model/scenario/inputs.py` says how."""
SHARES: Final = frozenset({"share", "probability", "0/1"})
SIGNED: Final = frozenset({"", "EUR", "1000 EUR/kg", "log", "day", "week"})
WHOLE: Final = frozenset({"0/1", "year", "regime", "rule"})
"""Units of what is on or off, a year or a choice."""
"""Units of columns that may be negative."""


@dataclass(frozen=True)
class Column:
    """One column: dtype, unit, meaning, and the named dimensions that follow the row.

    `low` and `high` bound what may be set; by default shares lie between 0 and 1 and amounts are not negative. `base`
    is the value of a dated column before any event: a number, or `TABLES`. `asks_review` says whether what follows
    from it is worked out anew when it changes. `by` names what a column that rules write follows from. `when` is the
    parameter and the options (``parameter=option|option``) under which a rule reads what is set, where it is not read
    in every model; `instead` names what to set under other options.
    """

    dtype: str
    unit: str
    meaning: str
    dims: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    base: float | str | None = None
    asks_review: bool = True
    by: str = ""
    when: str = ""
    instead: str = ""

    @property
    def is_dated(self) -> bool:
        """Whether facts and events of the scenario set it."""
        return self.base is not None

    @property
    def is_whole(self) -> bool:
        """Whether only whole numbers make sense."""
        return self.dtype[0] in "iu" or self.unit in WHOLE

    @property
    def bounds(self) -> tuple[float, float]:
        """Least and largest value that may be set."""
        low = (-math.inf if self.unit in SIGNED else 0.0) if self.low is None else self.low
        high = (1.0 if self.unit in SHARES else math.inf) if self.high is None else self.high
        return low, high


def dated(
    unit: str, meaning: str, base: float | str, low: float | None = None, high: float | None = None, **more: Any
) -> Column:
    """Declare a column that facts set on their dates; with bounds, events may set it, too."""
    return Column(**{"dtype": "f8", **more}, unit=unit, meaning=meaning, low=low, high=high, base=base)


class Organisations(NamedTuple):
    """Trafficking organisations."""

    ident: Annotated[Array, Column("i8", "", "identity that addresses draws; never used twice", by="its founding")]
    alive: Annotated[Array, Column("i1", "0/1", "the row holds a group", by="entry and exit")]
    source: Annotated[
        Array,
        Column("i8", "", "where it takes goods: an origin, or a transhipment place (local group)", by="its founding"),
    ]
    weight: Annotated[Array, Column("f8", "1", "size relative to the others of its source", low=1e-6)]
    capital_eur: Annotated[Array, Column("f8", "EUR", "clean working capital; below zero it is borrowed")]
    dirty_eur: Annotated[Array, Column("f8", "EUR", "revenue not yet laundered", low=0.0)]
    frozen_eur: Annotated[Array, Column("f8", "EUR", "frozen by courts, not yet decided", low=0.0)]
    target_capital_eur: Annotated[Array, Column("f8", "EUR", "working capital it wants to hold", low=0.0)]
    inventory_kg: Annotated[Array, Column("f8", "kg", "bought and not yet sent")]
    plan_slot: Annotated[
        Array,
        Column("i8", "", "known route chosen for the next load, -1 none: it stays out", by="its choice of a route"),
    ]
    plan_load_kg: Annotated[Array, Column("f8", "kg", "size of the next load", by="its choice of a load")]
    plan_units: Annotated[
        Array, Column("i8", "", "boxes, couriers or bags that the next load is split into", by="its choice of a load")
    ]
    plan_week: Annotated[Array, Column("i8", "week", "when the plan was made", by="its choice of a route")]
    risk_aversion: Annotated[Array, Column("f8", "1", "multiplies the price of risk; median 1")]
    can_borrow: Annotated[Array, Column("i1", "0/1", "has credit")]
    sequence: Annotated[Array, Column("i8", "", "consignments sent so far", by="the consignments it sends")]
    entered_week: Annotated[Array, Column("i8", "week", "when the group was founded", by="its founding")]
    lean_weeks: Annotated[Array, Column("i4", "weeks", "weeks in a row without means", by="its means")]
    wanted_kg: Annotated[Array, Column("f8", "kg", "what it would buy this week", by="its plan and its means")]
    jailed_share: Annotated[Array, Column("f8", "share", "part of its people in prison")]
    hubs_stocked: Annotated[Array, Column("i8", "bits", "transhipment places where it holds stock", by="its stocks")]
    known_route: Annotated[
        Array, Column("i2", "", "routes it knows, -1 free", ("known",), by="exploration and imitation")
    ]
    ready_week: Annotated[
        Array, Column("i4", "week", "from when a known route can be used", ("known",), by="exploration and imitation")
    ]
    attraction: Annotated[
        Array,
        Column(
            "f4",
            "1000 EUR/kg",
            "experience-weighted attraction",
            ("known",),
            when="choice_rule=experience",
            instead="risk_aversion",
        ),
    ]
    known_value: Annotated[
        Array,
        Column(
            "f4", "1000 EUR/kg", "utility of a known route when last weighed", ("known",), by="its weighing of routes"
        ),
    ]
    path_size: Annotated[
        Array, Column("f4", "log", "log path size among the known routes", ("known",), by="the routes it knows")
    ]
    hits: Annotated[Array, Column("u2", "trips/256", "own losses on each leg, fading", ("legs",), by="its own losses")]
    trips: Annotated[Array, Column("u2", "trips/256", "own trips on each leg, fading", ("legs",), by="its own trips")]
    belief_week: Annotated[
        Array, Column("i2", "week", "when hits and trips were last brought up to date", ("legs",), by="its own trips")
    ]
    stock_kg: Annotated[Array, Column("f8", "kg", "stock at transhipment places", ("hubs",), by="its consignments")]
    stock_west_africa_kg: Annotated[
        Array, Column("f4", "kg", "part of it that came through West Africa", ("hubs",), by="its consignments")
    ]


class Consignments(NamedTuple):
    """Loads under way; one leg at a time."""

    ident: Annotated[
        Array, Column("i8", "", "owner's ident and running number; addresses draws", by="its dispatch and its way")
    ]
    alive: Annotated[Array, Column("i1", "0/1", "the row holds a load", by="its dispatch and its way")]
    owner: Annotated[Array, Column("i8", "", "row of the organisation", by="its dispatch and its way")]
    owner_ident: Annotated[
        Array, Column("i8", "", "ident of the organisation that sent it", by="its dispatch and its way")
    ]
    slot: Annotated[
        Array,
        Column("i8", "", "the owner's known route it was sent on, -1 from a stock", by="its dispatch and its way"),
    ]
    route: Annotated[Array, Column("i8", "", "route of the library", by="its dispatch and its way")]
    step: Annotated[Array, Column("i8", "", "which leg of the route", by="its dispatch and its way")]
    leg: Annotated[Array, Column("i8", "", "leg under way", by="its dispatch and its way")]
    load_kg: Annotated[Array, Column("f8", "kg", "pure weight")]
    units: Annotated[
        Array, Column("i8", "", "boxes, couriers or bags, each checked on its own", by="its dispatch and its way")
    ]
    west_africa: Annotated[
        Array, Column("f8", "share", "part of the load that came through West Africa", by="its dispatch and its way")
    ]
    set_out_day: Annotated[
        Array, Column("f8", "day", "start of the present leg, days since the epoch", by="its dispatch and its way")
    ]
    arrive_day: Annotated[Array, Column("f8", "day", "end of the present leg")]
    lost_share: Annotated[
        Array, Column("f8", "share", "part of it taken on the present leg so far", by="its dispatch and its way")
    ]
    setting_out: Annotated[Array, Column("i1", "0/1", "enters its leg this week", by="its dispatch and its way")]
    lead_day: Annotated[
        Array, Column("f8", "day", "when a lead about the present leg comes in; 1e18 none", by="leads and sensors")
    ]
    lead_state: Annotated[Array, Column("i8", "", "state that had the lead, -1 none", by="leads and sensors")]
    lead_platform: Annotated[Array, Column("i8", "", "platform it was shared through, -1 none", by="leads and sensors")]
    lead_stage: Annotated[Array, Column("i8", "", "how it became known: lead or coastal radar", by="leads and sensors")]
    spent_eur_per_kg: Annotated[Array, Column("f8", "EUR/kg", "cash spent on it so far", by="its dispatch and its way")]


class States(NamedTuple):
    """Partner states."""

    corruption: Annotated[Array, dated("share", "corruption, from governance indicators and events", TABLES, 0, 1)]
    pledge_multiplier: Annotated[
        Array,
        dated(
            "1",
            "multiplies the most that it would share, where countries decide for themselves",
            1.0,
            0,
            5,
            when="cooperation=endogenous",
            instead="pledge",
        ),
    ]
    reform_per_year: Annotated[Array, dated("1/year", "corruption that reform takes away each year", 0.0, 0, 0.1)]
    reformed: Annotated[Array, Column("f8", "share", "corruption taken away so far")]
    kappa: Annotated[
        Array, Column("f8", "share", "corruption less what reform has taken away", by="corruption less reform")
    ]
    rule_of_law: Annotated[Array, dated("share", "strength of courts", TABLES, 0, 1)]
    inspection_container_share: Annotated[
        Array, dated("share", "containers inspected at the traffic of 2005", TABLES, 0, 1)
    ]
    inspection_air_share: Annotated[Array, dated("share", "couriers detected by routine controls", TABLES, 0, 1)]
    inspection_land_share: Annotated[Array, dated("share", "consignments found on roads and at borders", TABLES, 0, 1)]
    coast_police_share: Annotated[Array, dated("share", "landings met by police or customs", TABLES, 0, 1)]
    finance_strength: Annotated[Array, dated("share", "strength of anti-money-laundering control", TABLES, 0, 1)]
    protection_price: Annotated[Array, dated("1", "multiplies the price of protection", 1.0, 0, 20)]
    capacity: Annotated[
        Array, dated("share", "share of its theoretical ability that its own services reach", TABLES, 0, 1)
    ]
    shock: Annotated[Array, dated("share", "part of all ability lost when the event begins, as by a coup", 0.0, 0, 1)]
    shock_taken: Annotated[Array, Column("f8", "share", "shock that has had its effect", by="shock")]
    standing: Annotated[Array, Column("f8", "share", "domestic ability left after shocks, recovering to 1")]
    built: Annotated[Array, Column("f8", "K0", "stock of ability that programmes built", ("sectors",))]
    ability: Annotated[
        Array,
        Column(
            "f8", "share", "k: domestic and built ability together", ("sectors",), by="capacity, standing and built"
        ),
    ]
    courts: Annotated[
        Array,
        Column(
            "f8", "share", "strength of courts, with what programmes built and shocks took", by="rule_of_law, built"
        ),
    ]
    consent_regime: Annotated[
        Array,
        dated(
            "regime",
            "leave to board its flag: 0 standing, 1 within four hours, 2 Article 17, 3 none",
            TABLES,
            0,
            3,
            by="tables and events",
        ),
    ]
    boarding_regime: Annotated[
        Array,
        dated(
            "",
            "leave to board its flag, for each boarding state",
            TABLES,
            dims=("states",),
            dtype="i1",
            by="consent_regime and treaties",
        ),
    ]
    lead_kg: Annotated[
        Array, Column("f8", "kg", "loads of the leads it shared, fading over a year", ("platforms",), by="shared leads")
    ]
    leaked: Annotated[
        Array, Column("f8", "loads", "real-equivalent loads leaked since the last month", ("platforms",), by="leaks")
    ]
    evidence_kg: Annotated[
        Array, Column("f8", "kg", "its own seizures in each area, fading", ("areas",), by="seizures at sea")
    ]
    level: Annotated[
        Array,
        Column(
            "f8",
            "share",
            "what it would share while a platform works",
            ("platforms",),
            low=-1.0,
            when="cooperation=endogenous",
            instead="pledge",
        ),
    ]
    sharing: Annotated[
        Array,
        Column(
            "f8",
            "share",
            "share of its leads it gives each platform",
            ("platforms",),
            by="level, while a platform works",
        ),
    ]
    channel: Annotated[
        Array,
        Column(
            "i2", "", "platform it shares most with, for each group of legs, -1 none", ("leg_groups",), by="sharing"
        ),
    ]
    pledge: Annotated[
        Array,
        dated(
            "share",
            "level of the tables and events, zero for non-members",
            TABLES,
            dims=("platforms",),
            low=0.0,
        ),
    ]
    trust_useful: Annotated[
        Array,
        Column(
            "f8",
            "counts",
            "useful exchanges, fading",
            ("platforms",),
            when="cooperation=endogenous",
            instead="pledge",
        ),
    ]
    trust_failed: Annotated[
        Array,
        Column(
            "f8",
            "counts",
            "leaks and failures, fading",
            ("platforms",),
            when="cooperation=endogenous",
            instead="pledge",
        ),
    ]
    leads: Annotated[Array, Column("f8", "counts", "leads so far", by="leads")]
    seized_kg: Annotated[Array, Column("f8", "kg", "seized so far", by="seizures")]
    landed_boxed_kg: Annotated[Array, Column("f8", "kg", "landed here by container so far", by="arrivals by container")]
    counted_boxed_kg: Annotated[
        Array, Column("f8", "kg", "of it what had landed when the month began", by="arrivals by container")
    ]
    boxed_trade: Annotated[
        Array, Column("f8", "1", "licit containers that land here, in mean corridors", by="licit trade")
    ]
    learnt_boxed_kg: Annotated[
        Array, Column("f8", "kg", "landings that contacts in ports here have learnt from", by="arrivals by container")
    ]
    found_kg: Annotated[
        Array, Column("f8", "kg", "found by its inspections, fading over three years", by="inspections")
    ]
    usual_kg: Annotated[
        Array, Column("f8", "kg", "the same when its controls had the size of the tables", by="inspections")
    ]
    effort: Annotated[
        Array,
        Column("f8", "1", "multiplies its controls: they grow with what they find", by="what its inspections find"),
    ]
    on_the_way_kg: Annotated[
        Array,
        Column(
            "f8",
            "kg",
            "expected to be taken by it of loads on their way, in the last 52 weeks, fading",
            by="expected seizures",
        ),
    ]


class Platforms(NamedTuple):
    """Enforcement cooperation platforms."""

    active: Annotated[Array, dated("0/1", "the platform works", TABLES, 0, 1)]
    allocation: Annotated[
        Array,
        dated(
            "rule",
            "places lent assets: 0 random, 1 last seizures, 2 greedy, 3 covering, 4 network, 5 bandit",
            TABLES,
            0,
            5,
            when="allocation=table",
            instead="the parameter allocation",
        ),
    ]
    liaison: Annotated[Array, dated("share", "posting of liaison officers: 1 in every member", 0.0, 0, 1)]
    leak_risk: Annotated[
        Array,
        Column(
            "f8",
            "share",
            "corruption of its members, weighted by what they share",
            by="sharing and corruption of its members",
        ),
    ]
    shared_kg: Annotated[
        Array, Column("f8", "kg", "loads of the leads shared with it, fading over a year", by="shared leads")
    ]
    removed_kg: Annotated[Array, Column("f8", "kg", "loads taken through it, fading over a year", by="seizures")]
    evidence_kg: Annotated[
        Array, Column("f8", "kg", "seizures it knows of in each area, fading", ("areas",), by="seizures at sea")
    ]
    weight: Annotated[
        Array,
        Column(
            "f8",
            "log",
            "bandit: log weight of each area",
            ("areas",),
            high=50.0,
            when="allocation=bandit|table",
            instead="availability of assets",
        ),
    ]
    cues: Annotated[Array, Column("f8", "counts", "cues it received so far", by="cues")]
    acted: Annotated[Array, Column("f8", "counts", "cues for which an asset was sent", by="cues")]
    seized_kg: Annotated[Array, Column("f8", "kg", "seizures credited so far", by="seizures")]


class Assets(NamedTuple):
    """Patrol ships and aircraft. They move between places, patrol, pursue and return."""

    active: Annotated[Array, dated("0/1", "the asset is in service", TABLES, 0, 1, asks_review=False)]
    availability: Annotated[
        Array, dated("share", "share of its time at sea or in the air", TABLES, 0, 1, asks_review=False)
    ]
    place: Annotated[Array, Column("i8", "", "where it is: its base or a patrol area", by="its patrols")]
    area: Annotated[Array, Column("i8", "", "patrol area it searches, -1 in port", by="its patrols")]
    lent_to: Annotated[Array, Column("i8", "", "platform it is lent to this month, -1 none", by="sharing of its owner")]
    assigned_area: Annotated[
        Array, Column("i8", "", "area that a covering plan gives it, -1 none", by="the covering plan")
    ]
    chosen_chance: Annotated[
        Array, Column("f8", "probability", "bandit: chance with which its area was drawn", by="its patrols")
    ]
    spell_kg: Annotated[Array, Column("f8", "kg", "taken by it since it went out", by="its seizures")]
    free_day: Annotated[Array, Column("f8", "day", "from when it can take a cue", by="its cases")]
    return_day: Annotated[Array, Column("f8", "day", "end of the present patrol or port call", by="its patrols")]
    search_hours: Annotated[Array, Column("f8", "h", "hours of search this week", by="its patrols")]
    cases: Annotated[Array, Column("f8", "counts", "cases taken so far", by="its cases")]
    busy_days: Annotated[Array, Column("f8", "days", "days spent on cases so far", by="its cases")]


class Legs(NamedTuple):
    """What changes on the legs: law, cost, danger and what everybody knows of it."""

    open: Annotated[Array, dated("0/1", "the leg can be used", 1.0, 0, 1)]
    cost_multiplier: Annotated[Array, dated("1", "multiplies the transport cost", 1.0, 0.1, 10)]
    inspection_multiplier: Annotated[Array, dated("1", "multiplies inspection at the ends of the leg", 1.0, 0, 10)]
    exposure: Annotated[Array, dated("1", "licit traffic relative to the mode's mean corridor of 2005", TABLES)]
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
    platform: Annotated[Array, Column("i8", "", "platform through which it shares most, -1 none")]
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

    coastal_radar: Annotated[Array, dated("share", "share of the coast covered by radar", 0.0, 0, 1)]
    total_control: Annotated[
        Array, dated("share", "share of air passengers of flagged legs fully controlled", 0.0, 0, 1)
    ]
    inspection_share: Annotated[Array, dated("1", "multiplies inspection at this place", 1.0, 0, 10)]
    container_traffic: Annotated[Array, dated("1", "licit containers of its region relative to 2005", TABLES)]
    risk_premium_eur_per_kg: Annotated[Array, dated("EUR/kg", "price of protection and entry here", 0.0, 0, 50_000)]
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

    supply_kg_per_week: Annotated[Array, dated("kg/week", "output net of losses inside the producing state", TABLES)]
    pool_kg: Annotated[Array, Column("f8", "kg", "unsold stock")]
    west_africa_kg: Annotated[Array, Column("f8", "kg", "part of it that came through West Africa")]
    price_eur_per_kg: Annotated[Array, Column("f8", "EUR/kg", "price per pure kg")]
    price_year_ago: Annotated[Array, Column("f8", "EUR/kg", "price 52 weeks ago", ("year",))]
    wanted_kg: Annotated[Array, Column("f8", "kg", "what organisations want this week")]
    ration: Annotated[Array, Column("f8", "share", "part of what is wanted that the stock allows this week")]
    elsewhere_kg: Annotated[Array, Column("f8", "kg", "leaves for other markets this week")]
    weight: Annotated[Array, Column("f8", "1", "sum of the weights of its organisations")]
    sent_kg: Annotated[Array, Column("f8", "kg", "sent from here in the last 52 weeks, fading")]


class Markets(NamedTuple):
    """Consumer markets."""

    demand_kg_per_week: Annotated[Array, dated("kg/week", "consumption at the reference price", TABLES)]
    inventory_kg: Annotated[Array, Column("f8", "kg", "stock of wholesalers")]
    price_eur_per_kg: Annotated[Array, Column("f8", "EUR/kg", "wholesale price per pure kg")]


class Cues(NamedTuple):
    """The cues of the week: what somebody able to act is told of."""

    day: Annotated[Array, Column("f8", "day", "when it comes in")]
    row: Annotated[Array, Column("i8", "", "consignment, -1 for a false contact")]
    area: Annotated[Array, Column("i8", "", "patrol area, -1 outside them")]
    platform: Annotated[Array, Column("i8", "", "platform it comes through, -1 none, -2 the patrol itself")]
    member: Annotated[Array, Column("i8", "", "country whose lead it was, -1 none")]
    stage: Annotated[Array, Column("i8", "", "how it became known, row of STAGES")]
    order: Annotated[Array, Column("i8", "", "numbers of the cues in order of time")]


class Alternatives(NamedTuple):
    """The routes under choice: `weigh_known` and `weigh_onward` leave them to `pick`."""

    value: Annotated[Array, Column("f8", "1", "utility V in the logit")]
    believed_loss: Annotated[Array, Column("f8", "probability", "believed loss over the whole route")]
    weight: Annotated[Array, Column("f8", "1", "weight in the choice, not normalised")]
    nest: Annotated[Array, Column("i8", "", "mode, which is its nest")]


class Workspace(NamedTuple):
    """Room that a rule needs while it runs; nothing in it lasts longer than a rule."""

    nest_weight: Annotated[Array, Column("f8", "1", "sum over a nest, by mode")]
    sampling_key: Annotated[Array, Column("f8", "1", "key of each route drawn, by slot")]
    leg_use: Annotated[Array, Column("i8", "", "known routes that use a leg, zero between calls")]
    ready_asset: Annotated[Array, Column("i8", "", "assets that are out and can board this week")]
    area_gain_kg: Annotated[Array, Column("f8", "kg", "worth of one more asset, below zero for a second one")]
    area_onward: Annotated[Array, Column("i8", "", "where the asset that leaves an area goes, -1 nowhere")]
    area_leaving: Annotated[Array, Column("i8", "", "asset that would leave an area")]


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


def dated_columns() -> dict[str, Column]:
    """Every dated column under ``part.name``, in order."""
    return {
        f"{part}.{name}": column
        for part, kind in PARTS.items()
        for name, column in columns_of(kind).items()
        if column.is_dated
    }


PARTS: Final[dict[str, type]] = {
    "organisations": Organisations,
    "consignments": Consignments,
    "states": States,
    "platforms": Platforms,
    "assets": Assets,
    "legs": Legs,
    "jurisdictions": Jurisdictions,
    "routes": Routes,
    "places": Places,
    "areas": Areas,
    "sources": Sources,
    "markets": Markets,
}
"""Kinds of agents by the name of their part of the state."""

Dated: Any = namedtuple("Dated", [name.replace(".", "_") for name in dated_columns()])  # type: ignore[misc]
"""Inputs by epoch: an array for each dated column, shape (epochs, rows, *dims)."""
