"""Inputs: everything that changes on a date, compiled once for a scenario.

Tables by year, the dates on which platforms, members and assets come and go, and the scenario's events are laid out as
one row for every epoch, the stretch of weeks between two changes. The compiled week reads rows; nothing else in a run
knows a date. Two scenarios that say the same up to a date have the same rows up to it.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from model import calendar
from model.columns import Array, Dated, dated_columns
from model.context import Inputs
from model.kinds import REGIMES, SECTORS
from model.scenario import Scenario
from model.scenario.events import EVENT_FIELDS, Event, EventField, expand
from model.scenario.measures import expand_measures
from model.scenario.tabled import Rows, base_rows, container_traffic, rows_of, source_shares, spans, tabled
from model.world import World

type Dating = tuple[tuple[Event, tuple[str, ...]], ...]
"""Events with the names that their targets stand for."""


@dataclass(frozen=True)
class _Course:
    """A scenario that is equal to another when its dates and events are the same, whatever its parameters."""

    course: str
    scenario: Scenario = field(compare=False)


def lay_out(world: World, scenario: Scenario) -> tuple[tuple[Event, ...], Inputs]:
    """Check a scenario, spell out its measures, and lay out all inputs by epoch; the same course is laid out once.

    Raises
    ------
    InputError
        If an event names what is not in the world.
    """
    return _laid_out(world, _Course(scenario.course(), scenario))


@lru_cache(maxsize=64)
def _laid_out(world: World, course: _Course) -> tuple[tuple[Event, ...], Inputs]:
    course.scenario.check(world.names)
    plan = expand_measures(course.scenario, world.tables.doses)
    plan.check(world.names)
    weeks, last = change_weeks(world, plan), calendar.week_of(plan.end) + 1
    dating = tuple((e, expand(e.kind, e.name, world.names)) for e in plan.events if e.kind != "parameter")
    rows = [_epoch(world, week, _in_force(dating, calendar.sunday(week))) for week in weeks]
    tables = {field: np.stack([row[field] for row in rows]) for field in rows[0]}
    for table in tables.values():
        table.setflags(write=False)
    epoch_of_week = (np.searchsorted(weeks, np.arange(max(last, 1)), side="right") - 1).clip(0)
    years = calendar.years_of(max(last, 1)) - calendar.FIRST_YEAR
    dated = Dated(*(tables[name] for name in dated_columns()))
    return plan.events, Inputs(
        epoch_of_week.astype(np.int64), years, dated, tables["spend_meur"], tables["membership_active"]
    )


def _in_force(dating: Dating, day: date) -> Dating:
    return tuple((event, targets) for event, targets in dating if event.in_force(day))


def change_weeks(world: World, scenario: Scenario) -> list[int]:
    """Weeks in which any input changes, from the first week of the calendar on."""
    last, tables = calendar.week_of(scenario.end), ("platforms", "memberships", "assets", "programmes", "treaties")
    weeks = {int(week) for table in tables for span in spans(world, table) for week in span}
    weeks |= {calendar.week_of(day) for day in scenario.change_dates()}
    weeks |= {calendar.first_week(year) for year in range(calendar.FIRST_YEAR, calendar.LAST_YEAR + 1)}
    return sorted({0} | {week for week in weeks if 0 < week <= last})


LAST = {("membership", "active"): 1, ("membership", "role"): 2, ("membership", "sharing"): 3}
"""What applies after all else, in this order: who joins shares at the platform's level, for its role, or its own."""


@lru_cache(maxsize=512)
def _epoch(world: World, week: int, in_force: Dating) -> Rows:
    """Inputs of the epoch that starts in `week`, by ``part.column``; scenarios that say the same of it share them."""
    rows = {name: values.copy() for name, values in base_rows(world, week).items()}
    # what is frozen comes first, for growth to start from
    order = sorted(
        in_force, key=lambda pair: (pair[0].field != "frozen_year", LAST.get((pair[0].kind, pair[0].field), 0))
    )
    for event, targets in ((event, targets) for event, targets in order if not event.is_neutral):
        (_apply_membership if event.kind == "membership" else _apply)(world, rows, event, targets, week)
    own = rows.pop("membership_sharing")
    level = rows.pop("membership_role") * rows.pop("platform_sharing")[None, :]
    worked_out = {
        "states.pledge": np.where(np.isnan(own), level, own) * rows["membership_active"],
        "places.container_traffic": container_traffic(world, rows["legs.exposure"]),
        "spend_meur": _spend(world, rows.pop("programme_eur")),
        "states.boarding_regime": _boarding(world, rows["states.consent_regime"], rows.pop("treaty_active")),
    }
    return rows | worked_out


def _spend(world: World, euros: Array) -> Array:
    """Money by state and sector, million EUR a year."""
    spend = np.zeros((len(world.states), len(SECTORS)))
    state = rows_of(world, "programmes", "state", world.states)
    sector = rows_of(world, "programmes", "sector", SECTORS)
    known = state >= 0
    np.add.at(spend, (state[known], sector[known]), euros[known] / 1e6)
    return spend


def _boarding(world: World, base: Array, treaties: Array) -> Array:
    """Regime for every flag and boarding state: the best of what the flag grants all and of the treaties in force."""
    regime = np.repeat(base[:, None], len(world.states), axis=1).astype(np.int8)
    flag, boarder = (rows_of(world, "treaties", column, world.states) for column in ("flag", "boarder"))
    kind = rows_of(world, "treaties", "regime", REGIMES).astype(np.int8)
    held = (treaties > 0) & (flag >= 0) & (boarder >= 0)
    np.minimum.at(regime, (flag[held], boarder[held]), kind[held])
    return regime


# --- what events do -----------------------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def _rows_named(world: World, kind: str) -> Mapping[Hashable, Any]:
    """Rows that each name of a kind of target stands for."""
    names = pd.Series([*(NAMES[kind](world) if kind in NAMES else getattr(world, f"{kind}s"))], dtype="str")
    return names.groupby(names).indices


def _apply(world: World, rows: Rows, event: Event, targets: tuple[str, ...], week: int) -> None:
    """Change the rows that an event names, of its dated column or of what its lever changes."""
    what = EVENT_FIELDS[event.kind, event.field]
    column = rows[what.changes or f"{event.kind}s.{event.field}"]
    for i in (i for name in targets for i in _rows_named(world, event.kind).get(name, ())):
        column[i] = _changed(world, event, what, float(column[i]), i, week)


def _changed(world: World, event: Event, what: EventField, old: float, row: int, week: int) -> float:
    """What an event makes of the value of a row."""
    if what.how == "scale":
        return old * event.apply(1.0)
    if what.how == "grow":
        years = calendar.year_of(week) - calendar.year_of(calendar.week_of(event.date))
        return old * float((1.0 + event.apply(0.0)) ** years)
    if what.how == "freeze":
        return float(tabled(world, what.changes, calendar.first_week(int(event.amount)))[row])
    return event.apply(old)


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


NAMES: dict[str, Callable[[World], Iterable[str]]] = {
    "mode": lambda world: world.tables.legs["mode"],
    "trade": lambda world: world.tables.legs["corridor"],
    "programme": lambda world: world.tables.programmes["programme"],
    "treaty": lambda world: world.tables.treaties["treaty"],
    "supply": lambda world: [state for state, _ in source_shares(world)],
}
"""Name of each row that events on a lever change, where the rows are not those of a part of the state."""
