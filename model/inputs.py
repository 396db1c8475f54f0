"""Inputs: everything that changes on a date, compiled once for a scenario.

Tables by year, the dates on which platforms, members and assets come and go, and the scenario's events are laid out as
one row for every epoch, the stretch of weeks between two changes. The compiled week reads rows; nothing else in a run
knows a date. Two scenarios that say the same up to a date have the same rows up to it.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd

from model import calendar
from model.kinds import CONTAINER, REGIMES, RULES, SECTORS
from model.measures import spell_out
from model.scenario import Scenario
from model.scenario_events import Event, expand
from model.state import Array
from model.world import World

__all__ = ["Inputs", "lay_out"]

WEEKS_PER_YEAR = 365.25 / 7
CAPACITY_FLOOR = 0.1


class Inputs(NamedTuple):
    """Input columns by epoch: arrays of shape (epochs, rows); ``epoch_of_week`` of shape (weeks,)."""

    epoch_of_week: Array
    year_of_week: Array
    leg_open: Array
    leg_cost_multiplier: Array
    leg_inspection_multiplier: Array
    leg_exposure: Array
    state_corruption: Array
    state_rule_of_law: Array
    state_inspection_container_share: Array
    state_inspection_air_share: Array
    state_inspection_land_share: Array
    state_coast_police_share: Array
    state_finance_strength: Array
    state_protection_price: Array
    state_capacity: Array
    state_reform_per_year: Array
    state_shock: Array
    state_pledge_multiplier: Array
    state_consent_regime: Array
    state_spend_meur: Array
    boarding_regime: Array
    membership_active: Array
    membership_sharing: Array
    platform_active: Array
    platform_sharing: Array
    platform_allocation: Array
    platform_liaison: Array
    asset_active: Array
    asset_availability: Array
    place_coastal_radar: Array
    place_total_control: Array
    place_inspection_share: Array
    place_container_traffic: Array
    place_risk_premium_eur_per_kg: Array
    source_supply_kg_per_week: Array
    market_demand_kg_per_week: Array


type Rows = dict[str, Array]
type Dated = tuple[tuple[Event, tuple[str, ...]], ...]
"""Events with the names that their targets stand for."""


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
    plan = spell_out(course.scenario, world.tables.doses)
    plan.check(world.names)
    return plan.events, _compile(world, plan)


def _compile(world: World, scenario: Scenario) -> Inputs:
    weeks = change_weeks(world, scenario)
    last = calendar.week_of(scenario.end) + 1
    events = tuple((e, expand(e.kind, e.name, world.names)) for e in scenario.events if e.kind != "parameter")
    rows = [_epoch(world, week, _running_events(events, week)) for week in weeks]
    tables = {field: np.stack([row[field] for row in rows]) for field in Inputs._fields[2:]}
    epoch_of_week = (np.searchsorted(weeks, np.arange(max(last, 1)), side="right") - 1).clip(0)
    for table in tables.values():
        table.setflags(write=False)
    year_of_week = np.array(
        [calendar.year_of(week) - calendar.FIRST_YEAR for week in range(max(last, 1))], dtype=np.int64
    )
    return Inputs(epoch_of_week.astype(np.int64), year_of_week, **tables)


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
    until = [_week(day) if pd.notna(day) else calendar.week_of(f"{calendar.LAST_YEAR}-12-31") + 1
             for day in dated["until"]]  # fmt: skip
    return np.array(since), np.array(until)


def _running(world: World, table: str, week: int) -> Array:
    """1 for the rows whose since <= week < until, else 0."""
    since, until = _spans(world, table)
    running: Array = ((since <= week) & (week < until)).astype(float)
    return running


@lru_cache(maxsize=16)
def _rows_of(world: World, table: str, column: str) -> Array:
    """Index that each row of a table names: a state, platform or sector; -1 where there is none."""
    names = {"state": world.states, "flag": world.states, "boarder": world.states,
             "platform": world.platforms, "sector": SECTORS}[column]  # fmt: skip
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
        "supply": np.stack([supply[:, supply_states.index(s)] * part for s, part in share], axis=1) / WEEKS_PER_YEAR,
        "demand": by_year(tables.demand, "market", "kg", world.markets) / WEEKS_PER_YEAR,
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
    pairs = pd.DataFrame({"corridor": legs["corridor"], "from": legs["origin"].map(ends),
                          "to": legs["destination"].map(ends)})  # fmt: skip
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
    boxed = np.flatnonzero(arrays.leg_mode == CONTAINER)
    total = np.zeros(len(world.regions))
    for end in (arrays.leg_origin, arrays.leg_destination):
        np.add.at(total, arrays.place_region[end[boxed]], exposure[boxed])
    return total


def _running_events(events: Dated, week: int) -> Dated:
    """The events in force in a week."""
    return tuple(
        (event, targets) for event, targets in events
        if calendar.week_of(event.date) <= week and (event.until is None or week < calendar.week_of(event.until))
    )  # fmt: skip


@lru_cache(maxsize=2048)
def _epoch(world: World, week: int, in_force: Dated) -> Rows:
    """Input columns of the epoch that starts in `week`; scenarios that say the same of it share them."""
    year = calendar.year_of(week) - calendar.FIRST_YEAR
    yearly, running = yearly_tables(world), list(in_force)
    rows = {column: values.copy() for column, values in _base(world, week).items()}
    members = {f"{p}/{s}": (si, pi) for pi, p in enumerate(world.platforms) for si, s in enumerate(world.states)}
    money, treaties = _programmes(world, week), _running(world, "treaties", week)
    # what is frozen comes first, for growth to start from; a member shares at the level of its platform unless an
    # event gives it one of its own
    running.sort(key=lambda pair: (pair[0].field != "frozen_year", pair[0].kind == "membership"))
    levels_set = False
    for event, targets in running:
        if event.kind == "membership" and not levels_set:
            rows["membership_sharing"] *= rows["platform_sharing"][None, :]
            levels_set = True
        if event.kind == "programme":
            money[world.tables.programmes["programme"].isin(targets).to_numpy()] *= event.apply(1.0)
        elif event.kind == "treaty":
            treaties[world.tables.treaties["treaty"].isin(targets).to_numpy()] = event.amount
        else:
            _apply(world, yearly, rows, event, targets, members, year)
    if not levels_set:
        rows["membership_sharing"] *= rows["platform_sharing"][None, :]
    rows["membership_sharing"] *= rows["membership_active"]
    rows["place_container_traffic"] = container_traffic(world, rows["leg_exposure"])
    rows["state_spend_meur"] = _spend(world, money)
    rows["boarding_regime"] = _boarding(world, rows["state_consent_regime"], treaties)
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
    """What the tables say for a week, before any event."""
    yearly, year = yearly_tables(world), calendar.year_of(week) - calendar.FIRST_YEAR
    t, legs, places = world.tables, len(world.legs), len(world.places)
    states = t.states
    active = np.zeros((len(world.states), len(world.platforms)))
    role = np.zeros_like(active)
    i, j = _rows_of(world, "memberships", "state"), _rows_of(world, "memberships", "platform")
    weight = np.where(t.memberships["role"] == "member", 1.0, 0.5)
    now = (_running(world, "memberships", week) > 0) & (i >= 0)
    active[i[now], j[now]] = 1.0
    np.maximum.at(role, (i[now], j[now]), weight[now])
    law = yearly["rule_of_law"][year]
    return {
        "leg_open": np.ones(legs), "leg_cost_multiplier": np.ones(legs), "leg_inspection_multiplier": np.ones(legs),
        "leg_exposure": yearly["exposure"][year].copy(),
        "state_corruption": yearly["corruption"][year].copy(), "state_rule_of_law": law.copy(),
        "state_inspection_container_share": states["inspection_container_share"].to_numpy(float).copy(),
        "state_inspection_air_share": states["inspection_air_share"].to_numpy(float).copy(),
        "state_inspection_land_share": states["inspection_land_share"].to_numpy(float).copy(),
        "state_coast_police_share": states["coast_police_share"].to_numpy(float).copy(),
        "state_finance_strength": states["finance_strength"].to_numpy(float).copy(),
        "state_protection_price": np.ones(len(states)),
        "state_capacity": CAPACITY_FLOOR + (1.0 - CAPACITY_FLOOR) * law,
        "state_reform_per_year": np.zeros(len(states)), "state_shock": np.zeros(len(states)),
        "state_pledge_multiplier": np.ones(len(states)),
        "state_consent_regime": np.array([float(REGIMES.index(r)) for r in states["consent_regime"]]),
        "platform_allocation": np.array([float(RULES.index(r)) for r in t.platforms["allocation"]]),
        "platform_liaison": np.zeros(len(world.platforms)),
        "membership_active": active, "membership_sharing": role,
        "platform_active": _running(world, "platforms", week),
        "platform_sharing": t.platforms["sharing_default"].to_numpy(float).copy(),
        "asset_active": _running(world, "assets", week),
        "asset_availability": t.assets["availability"].to_numpy(float).copy(),
        "place_coastal_radar": np.zeros(places), "place_total_control": np.zeros(places),
        "place_inspection_share": np.ones(places), "place_risk_premium_eur_per_kg": np.zeros(places),
        "source_supply_kg_per_week": np.concatenate([yearly["supply"][year], np.zeros(len(world.hubs))]),
        "market_demand_kg_per_week": yearly["demand"][year].copy(),
    }  # fmt: skip


def _apply(
    world: World, yearly: dict[str, Array], rows: Rows, event: Event, targets: tuple[str, ...],
    members: dict[str, tuple[int, int]], year: int,
) -> None:  # fmt: skip
    """Let one event change the columns it names."""
    if event.kind == "membership":
        table = rows[f"membership_{event.field}"]
        for name in targets:
            table[members[name]] = event.apply(float(table[members[name]]))
        return
    column, chosen = _column(world, event, targets)
    if event.field == "frozen_year":
        table = yearly["exposure" if event.kind == "trade" else "supply"]
        for i in chosen:
            rows[column][i] = table[int(event.amount) - calendar.FIRST_YEAR, i]
        return
    if event.field == "growth_per_year":
        years = year + calendar.FIRST_YEAR - event.date.year
        for i in chosen:
            rows[column][i] *= (1.0 + event.apply(0.0)) ** years
        return
    for i in chosen:
        factor = event.field in {"multiplier", "demand_multiplier"}
        old = float(rows[column][i])
        rows[column][i] = old * event.apply(1.0) if factor else event.apply(old)


def _column(world: World, event: Event, targets: tuple[str, ...]) -> tuple[str, list[int]]:
    """The input column that an event changes, and the rows."""
    legs = world.tables.legs
    if event.kind == "mode":
        return f"leg_{event.field}", [i for i, mode in enumerate(legs["mode"]) if mode in targets]
    if event.kind == "trade":
        return "leg_exposure", [i for i, corridor in enumerate(legs["corridor"]) if corridor in targets]
    if event.kind == "supply":
        states = [state for state, _ in source_shares(world)]
        return "source_supply_kg_per_week", [i for i, state in enumerate(states) if state in targets]
    if event.kind == "market":
        return "market_demand_kg_per_week", [world.markets.index(name) for name in targets]
    order = {
        "place": world.places,
        "leg": world.legs,
        "state": world.states,
        "platform": world.platforms,
        "asset": world.assets,
    }
    return f"{event.kind}_{event.field}", [order[event.kind].index(name) for name in targets]
