"""What a scenario says without effect: events, parameters and whole scenarios that change nothing in a run, and why.

Inputs by epoch are laid out with and without an event. Where they are equal, the event sets what is in force already,
lies outside the run, or another hides it. Where they differ only in what no rule reads, `model.scenario.conditions`
says what it would take. What is named here is sure; not all that has no effect is found. A measure without effect on
a run may have costs.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from model import calendar
from model.columns import Array, dated_columns
from model.errors import InputError
from model.files import is_file
from model.parameter_fields import changed_values
from model.parameters import Parameters
from model.scenario import Scenario
from model.scenario.conditions import NEVER_READ, READ_IF, READ_WHERE, Facts
from model.scenario.events import Event, expand
from model.scenario.inputs import lay_out
from model.scenario.measures import MEASURE, expand_measures
from model.world import World

SPENDING = "spend_meur"
TOO_LATE = "its money becomes ability only after the end of the run"


class NoEffect(NamedTuple):
    """Something that a scenario says and that changes nothing, and why."""

    what: str
    why: str

    def __str__(self) -> str:
        """The warning in words."""
        return f"{self.what} has no effect because {self.why}"


class Difference(NamedTuple):
    """Names of the inputs and parameters in which two scenarios differ, and of those that rules read."""

    said: tuple[str, ...]
    read: tuple[str, ...]

    @property
    def unread(self) -> str:
        """Why rules do not read what differs, in words."""
        conditions = {**READ_WHERE, **READ_IF}
        return "; ".join(dict.fromkeys(conditions[n].why if n in conditions else TOO_LATE for n in self.said))


@lru_cache(maxsize=64)
def without_effect(
    world: World, scenario: Scenario, end: dt.date | None = None, only: frozenset[str] | None = None
) -> tuple[NoEffect, ...]:
    """List the events and changed parameters of a scenario that change nothing in a run that ends on a day.

    Events that a scenario takes over from its base are not listed: its own may well replace them. Nor is what history
    holds after the end. `only` names the events that are looked at.
    """
    run = scenario if end is None else replace(scenario, end=min(end, scenario.end))
    course, taken = _Course(world, run), _taken_over(scenario)
    found = [
        NoEffect(f"parameter {name} = {value}", READ_IF[name].why)
        for name, value in changed_values(run.parameters).items()
        if not course.reads(name)
    ]
    asked = [e for e in run.events if _without_date(e) not in taken and (only is None or e.id in only)]
    within = [event for event in asked if event.date <= run.end]
    found += [NoEffect(f"event {e.id} ({e.target} {e.field})", why) for e in within if (why := _why(course, e))]
    if late := ", ".join(event.id for event in asked if event.date > run.end and scenario.bases):
        found.append(NoEffect(f"each event of {late}", f"it begins after the run, which ends on {run.end}"))
    return tuple(found)


def differing(world: World, one: Scenario, other: Scenario) -> Difference:
    """Name the inputs and parameters in which the runs of two scenarios differ."""
    return _compared(_Course(world, one), _Course(world, other))


# --- courses of inputs and parameters -------------------------------------------------------------------------------


class _Course:
    """What a run of a scenario takes in: columns by epoch, and parameters from a week on."""

    def __init__(self, world: World, scenario: Scenario) -> None:
        self.world, self.scenario = world, scenario
        self.inputs = lay_out(world, scenario)[1]
        dated = zip(dated_columns(), self.inputs.dated, strict=True)
        self.columns: Mapping[str, Array] = {n: c for n, c in dated if n not in NEVER_READ} | {
            SPENDING: self.inputs.spend_meur
        }
        self.first, self.last = calendar.week_of(scenario.start), calendar.week_of(scenario.end)

    @cached_property
    def parameters(self) -> dict[int, Parameters]:
        """Parameters by the week from which they hold, as `RouteModel` takes them: those of its Sunday."""
        plan = expand_measures(self.scenario, self.world.tables.doses)
        if not any(event.kind == "parameter" for event in plan.events):
            return {self.first: plan.parameters}
        weeks = {self.first} | {week for day in plan.change_dates() if (week := calendar.week_of(day)) <= self.last}
        return {week: plan.parameters_at(calendar.sunday(week)) for week in sorted(weeks)}

    @cached_property
    def facts(self) -> list[Facts]:
        """What decides what is read, for each set of parameters."""
        return [Facts(self.world, self.inputs, parameters) for parameters in self.parameters.values()]

    def weeks(self, column: str, *, read: bool) -> Array:
        """Weeks of a column that a run may read, or does read: money becomes ability some years later only."""
        first, last = (0 if column == SPENDING else self.first), self.last
        if column == SPENDING and read:
            last -= int(min(facts.parameters.capacity_lag_years for facts in self.facts) * calendar.WEEKS_PER_YEAR)
        return np.arange(first, max(first, last + 1))

    def read(self, column: str) -> Array:
        """A column, with zeros where no rule reads it."""
        values = self.columns[column]
        if column not in READ_WHERE:
            return values
        where = [np.broadcast_to(READ_WHERE[column].holds(facts), values.shape) for facts in self.facts]
        return np.where(np.logical_or.reduce(where), values, 0)

    def reads(self, parameter: str) -> bool:
        """Whether a rule reads a parameter."""
        return parameter not in READ_IF or any(bool(READ_IF[parameter].holds(facts)) for facts in self.facts)


def _compared(one: _Course, other: _Course) -> Difference:
    said = [name for name in one.columns if _differ(one, other, name, read=False)]
    read = [name for name in said if _differ(one, other, name, read=True)]
    weeks = sorted({*one.parameters, *other.parameters})
    pairs = ((_at(one.parameters, week), _at(other.parameters, week)) for week in weeks)
    changed = [*dict.fromkeys(name for a, b in pairs if a != b for name, value in a if value != getattr(b, name))]
    days = [f for f in ("start", "end") if getattr(one.scenario, f) != getattr(other.scenario, f)]
    return Difference(
        (*days, *said, *changed), (*days, *read, *(name for name in changed if one.reads(name) or other.reads(name)))
    )


def _differ(one: _Course, other: _Course, name: str, *, read: bool) -> bool:
    """Whether a column differs in any week, or in any week and entry that rules read."""
    weeks = one.weeks(name, read=read)
    weeks = weeks[weeks < min(len(one.inputs.epoch_of_week), len(other.inputs.epoch_of_week))]
    a, b = (course.read(name) if read else course.columns[name] for course in (one, other))
    pairs = np.stack([course.inputs.epoch_of_week[weeks] for course in (one, other)])
    pairs = pairs[:, np.diff(pairs, axis=1, prepend=-1).any(axis=0)]
    return not np.array_equal(a[pairs[0]], b[pairs[1]], equal_nan=a.dtype.kind == "f")


def _at(parameters: Mapping[int, Parameters], week: int) -> Parameters:
    return parameters[max((since for since in parameters if since <= week), default=min(parameters))]


# --- why ------------------------------------------------------------------------------------------------------------


def _why(course: _Course, event: Event) -> str:
    """Why an event has no effect; empty where it has one, or may have."""
    if outside := _outside(course, event):
        return outside
    found = _compared(course, _Course(course.world, course.scenario.without_events(event.id)))
    if found.read:
        return ""
    why = found.unread if found.said else _equal(course, event)
    return f"{why}; its costs count all the same" if event.kind == MEASURE else why


def _outside(course: _Course, event: Event) -> str:
    """Why an event cannot change anything in any week of a run; empty where it may."""
    if event.is_neutral:
        return "plus 0 or times 1 changes nothing"
    first, until = calendar.week_of(event.date), None if event.until is None else calendar.week_of(event.until)
    if until is not None and until <= course.first:
        return f"it ends before the run, which begins on {course.scenario.start}"
    return "it begins and ends within a week, and the model runs by the week" if until == first else ""


def _equal(course: _Course, event: Event) -> str:
    """Why inputs are the same with and without an event."""
    if event.kind == "membership" and event.field != "active" and not _is_member(course, event):
        return "the country is no member of the platform then"
    scenario, world = course.scenario, course.world
    later = (e.id for e in scenario.events if e.kind == event.kind and (e.date, e.id) > (event.date, event.id))
    for other, left in ((other, scenario.without_events(other)) for other in later):
        if differing(world, left, left.without_events(event.id)).read:
            return f"event {other} replaces it"
    return "what it sets is in force already"


def _is_member(course: _Course, event: Event) -> bool:
    """Whether any country that an event on memberships names is a member in the run."""
    world, active = course.world, course.inputs.membership_active.any(axis=0)
    pairs = [name.partition("/") for name in expand(event.kind, event.name, world.names)]
    return any(active[world.states.index(state), world.platforms.index(platform)] for platform, _, state in pairs)


def _taken_over(scenario: Scenario) -> set[Event]:
    """Events of the base of a scenario, without their dates, which are cut to its window; empty where it has none."""
    if not scenario.bases:
        return set()
    beside = Path(scenario.file).parent / f"{scenario.bases[0]}.toml"
    try:
        base = Scenario.load(beside if scenario.file and is_file(beside) else scenario.bases[0])
    except InputError:
        return set()
    return {_without_date(event) for event in base.events}


def _without_date(event: Event) -> Event:
    return replace(event, date=dt.date.min)
