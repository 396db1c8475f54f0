"""Levers and uncertainties: what a study varies, and how a value of one changes a scenario.

A target is written as in an event of a scenario, ``kind:name``, so that whatever a scenario can change a study can
sweep: a parameter, the dose of a measure, sharing by all (``platform:*``), by a platform (``platform:maoc-n``), a state
(``membership:*/ESP``) or a pair (``membership:maoc-n/ESP``), an asset, a treaty. ``event:ID`` changes the amount or the
date of an event that the scenario has.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final, Literal, NamedTuple

from model.errors import InputError, suggest
from model.scenario import Scenario
from model.scenario.events import FIRST_DAY, LAST_DAY, PARAMETER_ROWS, Event, Operation, event_field
from model.scenario.reading import bounds_of

type Value = float | int | str | bool
type Role = Literal["lever", "uncertainty"]
type Since = Literal["start", "fork"]

EVENT: Final = "event"
LONGEST_SHOWN: Final = 12


@dataclass(frozen=True)
class Factor:
    """One lever or uncertainty of a study.

    Parameters
    ----------
    name
        Column of the table of experiments.
    target, field, operation
        What it changes, as in an event of a scenario; of ``event:ID`` the field is amount or date.
    low, high
        Range; dates count in days (`date.toordinal`). None where it takes listed values only.
    choices
        Listed values: for a grid, or the options of a switch.
    since
        "start": it holds for the whole run, history included. "fork": from the fork on.
    """

    name: str
    target: str
    field: str
    operation: Operation = "value"
    low: float | None = None
    high: float | None = None
    choices: tuple[Value, ...] = ()
    role: Role = "lever"
    since: Since = "fork"
    title: str = ""
    unit: str = ""

    @property
    def kind(self) -> str:
        """What kind of thing it changes: parameter, measure, event, platform and so on."""
        return self.target.partition(":")[0]

    @property
    def of(self) -> str:
        """Name or pattern of what it changes."""
        return self.target.partition(":")[2]

    @property
    def is_date(self) -> bool:
        """Whether its values are days."""
        return self.kind == EVENT and self.field == "date"

    @property
    def is_numeric(self) -> bool:
        """Whether its values are numbers."""
        return not any(isinstance(value, bool | str) for value in self.choices)

    @property
    def range(self) -> tuple[float, float]:
        """Its lowest and highest value."""
        return self.low or 0.0, self.high or 0.0

    @property
    def ends(self) -> tuple[Value, ...]:
        """The values that it is listed with, or the two ends of its range."""
        return self.choices or self.range

    @property
    def allowed(self) -> str:
        """The values that it takes, in words."""
        low, high = self.range
        return ", ".join(map(self.shown, self.choices)) or f"{self.shown(low)} to {self.shown(high)}"

    def holds(self, value: Value) -> bool:
        """Whether a value is one of the listed ones, or within the range."""
        if self.choices:
            return any(_same(value, choice) for choice in self.choices)
        low, high = self.range
        return isinstance(value, int | float) and low <= value <= high

    def run_at(self, value: float) -> float:
        """The number that a run has for a number within the range: a date has whole days."""
        return float(round(value)) if self.is_date else value

    def read(self, text: str) -> Value:
        """A day, true or false from text; other text stays as it is."""
        if self.is_date:
            try:
                return date.fromisoformat(text).toordinal()
            except ValueError:
                return text
        return {"true": True, "false": False}.get(text.lower(), text) if True in self.choices else text

    def apply(self, scenario: Scenario, value: Value, fork: date) -> Scenario:
        """The scenario with this factor at a value.

        Raises
        ------
        InputError
            If the value does not fit, or the scenario lacks the event.
        """
        limits_of(self).check(value, f"factor {self.name}", remedy="correct the design, or list the values")
        if self.kind == EVENT:
            return self._move_event(scenario, value)
        if self.kind == "parameter":
            return self._set_parameter(scenario, value, fork)
        day = fork if self.since == "fork" else scenario.start
        return scenario.with_events(
            Event(f"factor-{self.name}", day, None, self.kind, self.of, self.field, self.operation, float(value))
        )

    def _set_parameter(self, scenario: Scenario, value: Value, fork: date) -> Scenario:
        row = PARAMETER_ROWS[self.of]
        if isinstance(row.default, bool) or row.options:
            return scenario.with_parameters(**{self.of: value})
        changed = {self.of: round(float(value)) if isinstance(row.default, int) else float(value)}
        return scenario.with_parameters(**changed) if self.since == "start" else scenario.changed_from(fork, **changed)

    def _move_event(self, scenario: Scenario, value: Value) -> Scenario:
        events = {event.id: event for event in scenario.events}
        if self.of not in events:
            raise InputError(
                f"the scenario {scenario.name!r} has no such event",
                field=f"factor {self.name}",
                value=self.target,
                allowed=first_names(list(events)),
                remedy=suggest(self.of, events, form="'event:{}'"),
            )
        event = events[self.of]
        if self.field == "date":
            return scenario.with_events(replace(event, date=date.fromordinal(round(float(value)))))
        own = limits_of(replace(self, target=event.target, field=event.field, operation=event.operation))
        own.check(value, f"factor {self.name}", "the event cannot have this amount")
        return scenario.with_events(replace(event, amount=float(value)))

    def describe(self) -> dict[str, Any]:
        """The factor as a manifest holds it; `read_back` reads it."""
        return {
            "name": self.name,
            "title": self.title or self.name,
            "unit": self.unit,
            "role": self.role,
            "low": self.low,
            "high": self.high,
            "values": list(self.choices) or None,
            "target": self.target,
            "field": self.field,
            "operation": self.operation,
            "since": self.since,
        }

    def shown(self, value: Value) -> str:
        """A value in words: days as dates."""
        if self.is_date:
            return date.fromordinal(round(float(value))).isoformat()
        return f"{value:g}" if isinstance(value, float) else str(value)


def apply_all(scenario: Scenario, factors: Mapping[str, Factor], values: Mapping[str, Value], fork: date) -> Scenario:
    """The scenario with every factor at its value; the result does not depend on the order of the factors."""
    for name in sorted(values):
        scenario = factors[name].apply(scenario, values[name], fork)
    return scenario


def read_back(row: Mapping[str, Any]) -> Factor:
    """A factor as a manifest holds it."""
    return Factor(
        str(row["name"]),
        str(row.get("target", "")),
        str(row.get("field", "")),
        low=row.get("low"),
        high=row.get("high"),
        choices=tuple(row.get("values") or ()),
    )


def first_names(names: Sequence[str]) -> str:
    """The first of some names, for messages."""
    return ", ".join(names[:LONGEST_SHOWN]) + (" ..." if len(names) > LONGEST_SHOWN else "")


def _same(value: object, other: object) -> bool:
    """Whether two levels are the same; true is not 1."""
    return value == other and isinstance(value, bool) == isinstance(other, bool)


class Limits(NamedTuple):
    """What the values of a factor may be: options, or numbers within bounds, whole or not."""

    options: tuple[Value, ...]
    low: float
    high: float
    whole: bool
    allowed: str

    def check(
        self,
        value: object,
        field: str,
        message: str = "this value is out of bounds",
        remedy: str = "stay within them",
    ) -> None:
        """Refuse a value that is not allowed; raises InputError."""
        good = any(_same(value, option) for option in self.options)
        if not self.options and isinstance(value, int | float) and not isinstance(value, bool):
            good = self.low <= value <= self.high and not (self.whole and value % 1)
        if not good:
            raise InputError(message, field=field, value=value, allowed=self.allowed, remedy=remedy)


def limits_of(factor: Factor) -> Limits:
    """What the values of a factor may be; for the amount of an event any number, since the scenario has the event."""
    if factor.is_date:
        return Limits((), FIRST_DAY.toordinal(), LAST_DAY.toordinal(), False, f"a day from {FIRST_DAY} to {LAST_DAY}")
    if options := options_of(factor.kind, factor.of):
        return Limits(options, 0.0, 0.0, False, ", ".join(map(str, options)))
    bounds = event_field(factor.kind, factor.field)
    whole = factor.kind not in ("parameter", EVENT) and bounds is not None and bounds.whole
    low, high, allowed = bounds_of(factor.operation, bounds)
    return Limits((), low, high, whole, f"a whole number, {allowed}" if whole else allowed)


def options_of(kind: str, of: str) -> tuple[Value, ...]:
    """Options of a parameter that is a switch; none of what takes numbers."""
    row = PARAMETER_ROWS.get(of) if kind == "parameter" else None
    return (False, True) if row and isinstance(row.default, bool) else tuple(row.options) if row else ()
