"""Inputs: everything that changes on a date, compiled once for a scenario.

Tables by year, the dates on which platforms, members and assets come and go, and the scenario's events are laid out as
one row for every epoch, the stretch of weeks between two changes. The compiled week reads rows; nothing else in a run
knows a date. Two scenarios that say the same up to a date have the same rows up to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

import numpy as np
import pandas as pd

from model import calendar
from model.columns import TABLES, Array, Column, Dated, dated_columns
from model.context import Inputs
from model.kinds import REGIMES, SECTORS, Code, Mode, PlacementRule, Regime
from model.rows import senseless
from model.scenario import Scenario
from model.scenario.events import Event, expand
from model.scenario.measures import expand_measures
from model.state import sizes_of
from model.world import World

__all__ = ["Inputs", "lay_out"]

CAPACITY_FLOOR = 0.1
OBSERVER_WEIGHT = 0.5
"""Level at which an observer shares, relative to a member (assumed)."""


type Rows = dict[str, Array]
type Dating = tuple[tuple[Event, tuple[str, ...]], ...]
"""Events with the names that their targets stand for."""
type Tabled = Callable[[World, int], Array]
type Change = Callable[[World, Event, float, int, int], float]
"""The new value of a row, from the world, an event, the old value, the row and the week."""


class _Course:
    """A scenario that is equal to another when its dates and events are the same, whatever its parameters."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario, self.hash = scenario, scenario.course()

    def __hash__(self) -> int:
        return hash(self.hash)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Course) and other.hash == self.hash


def lay_out(world: World, scenario: Scenario) -> tuple[tuple[Event, ...], Inputs]:
    """Check a scenario, spell out its measures, and lay out all inputs by epoch; the same course is laid out once.

    Raises
    ------
    InputError
        If an event names what is not in the world.
    """
    return _laid_out(world, _Course(scenario))


@lru_cache(maxsize=64)
def _laid_out(world: World, course: _Course) -> tuple[tuple[Event, ...], Inputs]:
    course.scenario.check(world.names)
    plan = expand_measures(course.scenario, world.tables.doses)
    plan.check(world.names)
    return plan.events, _compile(world, plan)


def _compile(world: World, scenario: Scenario) -> Inputs:
    weeks = change_weeks(world, scenario)
    last = calendar.week_of(scenario.end) + 1
    events = tuple((e, expand(e.kind, e.name, world.names)) for e in scenario.events if e.kind != "parameter")
    rows = [_epoch(world, week, _running_events(events, week)) for week in weeks]
    tables = {field: np.stack([row[field] for row in rows]) for field in rows[0]}
    for table in tables.values():
        table.setflags(write=False)
    epoch_of_week = (np.searchsorted(weeks, np.arange(max(last, 1)), side="right") - 1).clip(0)
    years = [calendar.year_of(week) - calendar.FIRST_YEAR for week in range(max(last, 1))]
    dated = Dated(*(tables[name] for name in dated_columns()))
    extra = {name: tables[name] for name in ("spend_meur", "membership_active")}
    return Inputs(epoch_of_week.astype(np.int64), np.array(years, dtype=np.int64), dated, **extra)


def change_weeks(world: World, scenario: Scenario) -> list[int]:
    """Weeks in which any input changes, from the first week of the calendar on."""
    t = world.tables
    days: list[object] = []
    for table in (t.platforms, t.memberships, t.assets, t.programmes, t.treaties):
        for column in ("since", "until"):
            days += table[column].dropna().tolist()
    last = calendar.week_of(scenario.end)
    weeks = {_week(day) for day in days} | {calendar.week_of(day) for day in scenario.change_dates()}
    weeks |= {calendar.first_week(year) for year in range(calendar.FIRST_YEAR, calendar.LAST_YEAR + 1)}
    return sorted({0} | {week for week in weeks if 0 < week <= last})


def _week(day: object) -> int:
    """Week of a date of the tables; what was before the calendar counts from its first week."""
    text = str(day)[:10]
    return 0 if text < calendar.EPOCH.isoformat() else calendar.week_of(min(text, f"{calendar.LAST_YEAR}-12-31"))


@lru_cache(maxsize=8)
def _spans(world: World, table: str) -> tuple[Array, Array]:
    """First week, and first week no more, of every row of a table with dates."""
    dated = getattr(world.tables, table)
    since = [_week(day) if pd.notna(day) else 0 for day in dated["since"]]
    until = [
        _week(day) if pd.notna(day) else calendar.week_of(f"{calendar.LAST_YEAR}-12-31") + 1 for day in dated["until"]
    ]
    return np.array(since), np.array(until)


def _running(world: World, table: str, week: int) -> Array:
    """1 for the rows whose since <= week < until, else 0."""
    since, until = _spans(world, table)
    running: Array = ((since <= week) & (week < until)).astype(float)
    return running


@lru_cache(maxsize=16)
def _rows_of(world: World, table: str, column: str) -> Array:
    """Index that each row of a table names: a state, platform or sector; -1 where there is none."""
    names = {
        "state": world.states,
        "flag": world.states,
        "boarder": world.states,
        "platform": world.platforms,
        "sector": SECTORS,
    }[column]
    rows: Array = pd.Index(names).get_indexer(getattr(world.tables, table)[column])
    return rows


@lru_cache(maxsize=4)
def yearly_tables(world: World) -> dict[str, Array]:
    """Inputs by year of the calendar, as arrays of shape (years, rows)."""
    tables, years = world.tables, range(calendar.FIRST_YEAR, calendar.LAST_YEAR + 1)

    def by_year(table: pd.DataFrame, key: str, column: str, order: Iterable[str]) -> Array:
        wide = table.pivot(index="year", columns=key, values=column).reindex(index=years, columns=list(order))
        return wide.to_numpy(dtype=float).copy()

    supply = by_year(tables.supply, "state", "kg", sorted(set(tables.supply["state"])))
    supply_states = sorted(set(tables.supply["state"]))
    share = source_shares(world)
    return {
        "supply": np.stack([supply[:, supply_states.index(s)] * part for s, part in share], axis=1)
        / calendar.WEEKS_PER_YEAR,
        "demand": by_year(tables.demand, "market", "kg", world.markets) / calendar.WEEKS_PER_YEAR,
        "corruption": by_year(tables.governance, "state", "corruption", world.states),
        "rule_of_law": by_year(tables.governance, "state", "rule_of_law", world.states),
        "exposure": leg_exposure(world),
    }


def source_shares(world: World) -> list[tuple[str, float]]:
    """Producing state of each origin and its part of that state's output."""
    places = world.tables.places.set_index("place")
    origins = list(world.sources[: world.arrays.origins])
    return list(zip(places["state"].loc[origins], places["output_share"].loc[origins].astype(float), strict=True))


def leg_exposure(world: World) -> Array:
    """Licit traffic of each leg by year, relative to the mean corridor of its mode in the base year: (years, legs).

    The pairs of states that a corridor joins divide its traffic evenly, and the legs of a pair divide theirs, so that a
    port drawn as two weighs what it did as one (amendment 6). A place at sea counts as a state.
    """
    legs, trade = world.tables.legs, world.tables.trade
    wide = trade.pivot(index="year", columns="corridor", values="licit_volume")
    wide = wide.reindex(index=range(calendar.FIRST_YEAR, calendar.LAST_YEAR + 1))
    usual = wide.iloc[world.arrays.base_year].groupby(legs.groupby("corridor")["mode"].first()).mean()
    places = world.tables.places.set_index("place")
    ends = places["state"].fillna(places.index.to_series())
    pairs = pd.DataFrame(
        {"corridor": legs["corridor"], "from": legs["origin"].map(ends), "to": legs["destination"].map(ends)}
    )
    mates = pairs.groupby(["corridor", "from", "to"])["corridor"].transform("size").to_numpy(dtype=float)
    mates *= pairs["corridor"].map(pairs.drop_duplicates()["corridor"].value_counts()).to_numpy(dtype=float)
    volume = np.array(wide.reindex(columns=legs["corridor"]).to_numpy(dtype=float))
    return volume / (mates * usual.reindex(legs["mode"]).to_numpy(dtype=float))


def container_traffic(world: World, exposure: Array) -> Array:
    """Licit containers of the region that each place lies in, in and out, relative to the base year: (places,).

    Licit trade is counted from a place to a region, so that a port's own growth is not known; 1 where there is none.
    """
    usual = _through_regions(world, yearly_tables(world)["exposure"][world.arrays.base_year])
    growth = np.divide(_through_regions(world, exposure), usual, out=np.ones_like(usual), where=usual > 0.0)
    by_place: Array = growth[world.arrays.place_region]
    return by_place


def _through_regions(world: World, exposure: Array) -> Array:
    """Sum of the exposure of container legs that begin or end in each region: (regions,)."""
    arrays = world.arrays
    boxed = np.flatnonzero(arrays.leg_mode == Mode.CONTAINER)
    total = np.zeros(len(world.regions))
    for end in (arrays.leg_origin, arrays.leg_destination):
        np.add.at(total, arrays.place_region[end[boxed]], exposure[boxed])
    return total


def _running_events(events: Dating, week: int) -> Dating:
    """The events in force in a week."""
    return tuple(
        (event, targets)
        for event, targets in events
        if calendar.week_of(event.date) <= week and (event.until is None or week < calendar.week_of(event.until))
    )


LAST = {("membership", "active"): 1, ("membership", "role"): 2, ("membership", "sharing"): 3}
"""What applies after all else, in this order: who joins shares at the platform's level, for its role, or its own."""


@lru_cache(maxsize=512)
def _epoch(world: World, week: int, in_force: Dating) -> Rows:
    """Inputs of the epoch that starts in `week`, by ``part.column``; scenarios that say the same of it share them."""
    rows = {name: values.copy() for name, values in _base(world, week).items()}
    # what is frozen comes first, for growth to start from
    order = sorted(
        in_force, key=lambda pair: (pair[0].field != "frozen_year", LAST.get((pair[0].kind, pair[0].field), 0))
    )
    for event, targets in order:
        if event.is_neutral:
            continue
        apply = _apply_membership if event.kind == "membership" else _apply
        apply(world, rows, event, targets, week)
    own = rows.pop("membership_sharing")
    level = rows.pop("membership_role") * rows.pop("platform_sharing")[None, :]
    rows["states.pledge"] = np.where(np.isnan(own), level, own) * rows["membership_active"]
    rows["places.container_traffic"] = container_traffic(world, rows["legs.exposure"])
    rows["spend_meur"] = _spend(world, rows.pop("programme_eur"))
    rows["states.boarding_regime"] = _boarding(world, rows["states.consent_regime"], rows.pop("treaty_active"))
    return rows


def _programmes(world: World, week: int) -> Array:
    """Money of each row of programmes.csv that builds ability against drugs, EUR a year, in a week."""
    table = world.tables.programmes
    euros: Array = (table["eur_per_year"] * table["drugs_share"]).to_numpy(dtype=float) * _running(
        world, "programmes", week
    )
    return euros


def _spend(world: World, euros: Array) -> Array:
    """Money by state and sector, million EUR a year."""
    spend = np.zeros((len(world.states), len(SECTORS)))
    state, sector = _rows_of(world, "programmes", "state"), _rows_of(world, "programmes", "sector")
    known = state >= 0
    np.add.at(spend, (state[known], sector[known]), euros[known] / 1e6)
    return spend


def _boarding(world: World, base: Array, treaties: Array) -> Array:
    """Regime for every flag and boarding state: the best of what the flag grants all and of the treaties in force."""
    regime = np.repeat(base[:, None], len(world.states), axis=1).astype(np.int8)
    flag, boarder = _rows_of(world, "treaties", "flag"), _rows_of(world, "treaties", "boarder")
    kind = np.array([REGIMES.index(name) for name in world.tables.treaties["regime"]], dtype=np.int8)
    held = (treaties > 0) & (flag >= 0) & (boarder >= 0)
    np.minimum.at(regime, (flag[held], boarder[held]), kind[held])
    return regime


@lru_cache(maxsize=1024)
def _base(world: World, week: int) -> Rows:
    """What the tables say for a week, before any event: every dated column, and what others follow from."""
    sizes, rows = sizes_of(world), {}
    for name, column in dated_columns().items():
        if column.base != TABLES:
            rows[name] = np.full([sizes[dim] for dim in (name.split(".")[0], *column.dims)], float(column.base or 0.0))
        elif name in TABLED:
            rows[name] = TABLED[name](world, week).astype(float)
    active, role = _memberships(world, week)
    return rows | {
        "membership_active": active,
        "membership_role": role,
        "membership_sharing": np.full_like(role, np.nan),  # as the platform's, for the role
        "platform_sharing": world.tables.platforms["sharing_default"].to_numpy(float).copy(),
        "programme_eur": _programmes(world, week),
        "treaty_active": _running(world, "treaties", week),
    }


def _memberships(world: World, week: int) -> tuple[Array, Array]:
    """Who is a member in a week, and the weight of its role, both of shape (states, platforms)."""
    table = world.tables.memberships
    active = np.zeros((len(world.states), len(world.platforms)))
    role = np.zeros_like(active)
    i, j = _rows_of(world, "memberships", "state"), _rows_of(world, "memberships", "platform")
    weight = np.where(table["role"] == "member", 1.0, OBSERVER_WEIGHT)
    now = (_running(world, "memberships", week) > 0) & (i >= 0)
    active[i[now], j[now]] = 1.0
    np.maximum.at(role, (i[now], j[now]), weight[now])
    return active, role


def _by_year(table: str) -> Tabled:
    """A yearly table, in the year of the week."""
    return lambda world, week: yearly_tables(world)[table][calendar.year_of(week) - calendar.FIRST_YEAR]


def _of_table(table: str, column: str, kind: type[Code] | None = None) -> Tabled:
    """A column of a table, whatever the week; names as numbers of their kind."""
    numbers = kind.labels().index if kind else float
    return lambda world, week: np.array([numbers(cell) for cell in getattr(world.tables, table)[column]])


def _in_service(table: str) -> Tabled:
    """1 where a row's dates hold the week."""
    return lambda world, week: _running(world, table, week)


def _own_capacity(world: World, week: int) -> Array:
    """Ability of a country's own services, from the rule of law."""
    law: Array = _by_year("rule_of_law")(world, week)
    return CAPACITY_FLOOR + (1.0 - CAPACITY_FLOOR) * law


def _output(world: World, week: int) -> Array:
    """Output of the origins; transhipment places have none."""
    return np.concatenate([_by_year("supply")(world, week), np.zeros(len(world.hubs))])


TABLED: dict[str, Tabled] = {
    "states.corruption": _by_year("corruption"),
    "states.rule_of_law": _by_year("rule_of_law"),
    "states.inspection_container_share": _of_table("states", "inspection_container_share"),
    "states.inspection_air_share": _of_table("states", "inspection_air_share"),
    "states.inspection_land_share": _of_table("states", "inspection_land_share"),
    "states.coast_police_share": _of_table("states", "coast_police_share"),
    "states.finance_strength": _of_table("states", "finance_strength"),
    "states.capacity": _own_capacity,
    "states.consent_regime": _of_table("states", "consent_regime", Regime),
    "platforms.active": _in_service("platforms"),
    "platforms.allocation": _of_table("platforms", "allocation", PlacementRule),
    "assets.active": _in_service("assets"),
    "assets.availability": _of_table("assets", "availability"),
    "legs.exposure": _by_year("exposure"),
    "sources.supply_kg_per_week": _output,
    "markets.demand_kg_per_week": _by_year("demand"),
}
"""What the tables say of a dated column in a week."""
WORKED_OUT = ("states.pledge", "states.boarding_regime", "places.container_traffic")
"""Dated columns that `_epoch` works out from tables and other columns."""


def check_tabled(columns: Mapping[str, Column]) -> None:
    """Refuse a column that follows from tables where nothing says how, and the reverse; InputError."""
    if odd := {name for name, column in columns.items() if column.base == TABLES} ^ {*TABLED, *WORKED_OUT}:
        allowed = f"{TABLES}, and a line in `TABLED` of model/scenario/inputs.py; or a number, and no line"
        raise senseless("columns.csv", min(odd), "base", None, allowed)


check_tabled(dated_columns())


# --- what events do -----------------------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def _rows_named(world: World, kind: str) -> dict[str, list[int]]:
    """Rows that each name of a kind of target stands for."""
    rows: dict[str, list[int]] = {}
    names = NAMES[kind](world) if kind in NAMES else getattr(world, f"{kind}s")
    for i, name in enumerate(names):
        rows.setdefault(name, []).append(i)
    return rows


def _apply(world: World, rows: Rows, event: Event, targets: tuple[str, ...], week: int) -> None:
    """Change the rows that an event names: of its dated column, or of what stands in `LEVERS_OF`."""
    dated = f"{event.kind}s.{event.field}", _changed
    column, change = LEVERS_OF.get((event.kind, event.field), dated)
    for name in targets:
        for i in _rows_named(world, event.kind).get(name, ()):
            rows[column][i] = change(world, event, float(rows[column][i]), i, week)


def _apply_membership(world: World, rows: Rows, event: Event, targets: tuple[str, ...], week: int) -> None:
    """Change whether a country is a member, in which role, or how far it shares; targets are platform/state."""
    table, role = rows[f"membership_{event.field}"], rows["membership_role"]
    for name in targets:
        platform, _, state = name.partition("/")
        pair = world.states.index(state), world.platforms.index(platform)
        old = float(table[pair])
        if np.isnan(old):
            old = float(role[pair] * rows["platform_sharing"][pair[1]])
        table[pair] = event.apply(old)
        if event.field == "active" and table[pair] > 0.0 and role[pair] == 0.0:
            role[pair] = 1.0  # who joins is a full member, unless an event says that it observes


def _changed(world: World, event: Event, old: float, row: int, week: int) -> float:
    """What the event makes of the value."""
    return event.apply(old)


def _scaled(world: World, event: Event, old: float, row: int, week: int) -> float:
    """The value, times what the event makes of 1."""
    return old * event.apply(1.0)


def _grown(world: World, event: Event, old: float, row: int, week: int) -> float:
    """The value, grown by a share for each year since the event."""
    growth: float = (1.0 + event.apply(0.0)) ** (
        calendar.year_of(week) - calendar.year_of(calendar.week_of(event.date))
    )
    return old * growth


def _frozen(table: str) -> Change:
    """The value of a yearly table in the year that the event names."""
    return lambda world, event, old, row, week: yearly_tables(world)[table][
        int(event.amount) - calendar.FIRST_YEAR, row
    ]


NAMES: dict[str, Callable[[World], Iterable[str]]] = {
    "mode": lambda world: world.tables.legs["mode"],
    "trade": lambda world: world.tables.legs["corridor"],
    "programme": lambda world: world.tables.programmes["programme"],
    "treaty": lambda world: world.tables.treaties["treaty"],
    "supply": lambda world: [state for state, _ in source_shares(world)],
}
"""Name of each row that events on a lever change, where the rows are not those of a part of the state."""
LEVERS_OF: dict[tuple[str, str], tuple[str, Change]] = {
    ("mode", "cost_multiplier"): ("legs.cost_multiplier", _changed),
    ("platform", "sharing"): ("platform_sharing", _changed),
    ("programme", "spend_multiplier"): ("programme_eur", _scaled),
    ("treaty", "active"): ("treaty_active", _changed),
    ("market", "demand_multiplier"): ("markets.demand_kg_per_week", _scaled),
    ("supply", "frozen_year"): ("sources.supply_kg_per_week", _frozen("supply")),
    ("supply", "growth_per_year"): ("sources.supply_kg_per_week", _grown),
    ("supply", "multiplier"): ("sources.supply_kg_per_week", _scaled),
    ("trade", "frozen_year"): ("legs.exposure", _frozen("exposure")),
}
"""What an event on one of `LEVERS` changes, and how; memberships follow `_apply_membership`."""
