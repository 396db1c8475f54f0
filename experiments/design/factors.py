"""Levers and uncertainties: what a study varies, and how a value of one changes a scenario.

A target is written as in an event of a scenario, ``kind:name``, so that whatever a scenario can change a study can
sweep: a parameter, the dose of a measure, sharing by all (``platform:*``), by a platform (``platform:maoc-n``), a state
(``membership:*/ESP``) or a pair (``membership:maoc-n/ESP``), an asset, a treaty. ``event:ID`` changes the amount or the
date of an event that the scenario has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final, Literal, NamedTuple

from experiments.analysis.outcomes import OUTCOMES
from experiments.study_file import FactorEntry
from model.errors import InputError, closest
from model.record import Account, Weekly
from model.scenario import Scenario
from model.scenario.events import (
    FIRST_DAY,
    LAST_DAY,
    PARAMETER_ROWS,
    Event,
    EventField,
    Operation,
    event_field,
    fields_of,
)
from model.scenario.reading import bounds_of
from model.toml_fields import read_part

__all__ = ["RESERVED", "Factor", "apply_all", "check_together", "read_back"]

type Value = float | int | str | bool
type Role = Literal["lever", "uncertainty"]
type Since = Literal["start", "fork"]

EVENT: Final = "event"
EVENT_FIELDS_HERE: Final = ("amount", "date")
LONGEST_SHOWN: Final = 12
PLANNED: Final = (
    "run",
    "point",
    "arm",
    "seed",
    "scenario",
    "supply_answer",
    "coalition",
    "part",
    "world",
    "worlds",
    "replication",
)
STORED: Final = ("status", "error", "seconds")
ANALYSED: Final = (
    "outcome",
    "n",
    "mean",
    "low",
    "high",
    "q05",
    "q95",
    "supply",
    "policy",
    "model",
    "mix",
    "kind",
    "regret",
)
FRAMED: Final = (
    "year",
    "week",
    "date",
    "state",
    "mode",
    "platform",
    "leg",
    "place",
    "region",
    "stage",
    "owner",
    "lead_state",
    "kg",
    "seized_kg",
    "moved_kg",
    "expected_seized_kg",
    "seized_bulk_kg",
    "other_markets_kg",
    "parcels_share",
    "value_eur",
)
RESERVED: Final = frozenset({*PLANNED, *STORED, *ANALYSED, *FRAMED, *Weekly.columns(), *Account.columns(), *OUTCOMES})
"""Names that columns of plans, runs, frames and tables have; no factor may have one, in capitals or not."""


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
    def allowed(self) -> str:
        """The values that it takes, in words."""
        if self.choices:
            return ", ".join(self.shown(value) for value in self.choices)
        return f"{self.shown(self.low or 0.0)} to {self.shown(self.high or 0.0)}"

    def holds(self, value: Value) -> bool:
        """Whether a value is one of the listed ones, or within the range."""
        if self.choices:
            return any(_same(value, choice) for choice in self.choices)
        return isinstance(value, int | float) and (self.low or 0.0) <= value <= (self.high or 0.0)

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
        limits = limits_of(self)
        if not limits.hold(value):
            raise InputError(
                "this value is out of bounds",
                field=f"factor {self.name}",
                value=value,
                allowed=limits.allowed,
                remedy="correct the design, or list the values",
            )
        if self.kind == EVENT:
            return self._move_event(scenario, value)
        if self.kind == "parameter":
            return self._set_parameter(scenario, value, fork)
        day = fork if self.since == "fork" else scenario.start
        slug = f"factor-{self.name}"
        return scenario.with_events(
            Event(slug, day, None, self.kind, self.of, self.field, self.operation, float(value))
        )

    def _set_parameter(self, scenario: Scenario, value: Value, fork: date) -> Scenario:
        row = PARAMETER_ROWS[self.of]
        if isinstance(row.default, bool) or row.options:
            return scenario.with_parameters(**{self.of: value})
        number = round(float(value)) if isinstance(row.default, int) else float(value)
        if self.since == "start":
            return scenario.with_parameters(**{self.of: number})
        return scenario.changed_from(fork, **{self.of: number})

    def _move_event(self, scenario: Scenario, value: Value) -> Scenario:
        event = next((event for event in scenario.events if event.id == self.of), None)
        if event is None:
            ids = [event.id for event in scenario.events]
            near = closest(self.of, ids)
            raise InputError(
                f"the scenario {scenario.name!r} has no such event", field=f"factor {self.name}", value=self.target,
                allowed=", ".join(ids[:LONGEST_SHOWN]) + (" ..." if len(ids) > LONGEST_SHOWN else ""),
                remedy=f"did you mean 'event:{near}'?" if near else "take one of these",
            )  # fmt: skip
        if self.field == "date":
            return scenario.with_events(replace(event, date=date.fromordinal(round(float(value)))))
        own = limits_of(replace(self, target=event.target, field=event.field, operation=event.operation))
        if not own.hold(value):
            raise InputError(
                "the event cannot have this amount",
                field=f"factor {self.name}",
                value=value,
                allowed=own.allowed,
                remedy="stay within them",
            )
        return scenario.with_events(replace(event, amount=float(value)))

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


# --- reading ------------------------------------------------------------------------------------------------------


def read_factor(entry: Mapping[str, Any], role: Role, where: str, names: Mapping[str, Any]) -> Factor:
    """A factor from its table in a study's file; bounds that are not given are those of what it changes.

    Raises
    ------
    InputError
        Names the field, what is allowed and the remedy.
    """
    given = read_part(FactorEntry, entry, where)
    kind, _, of = given.target.partition(":")
    field = given.field or _usual_field(kind, of)
    bounds = _bounds(kind, of, field, where, given.target)
    values = tuple(_number(value) for value in given.values or ())
    low, high = _number(given.low), _number(given.high)
    if kind == "parameter" and (bounds is None or isinstance(PARAMETER_ROWS[of].default, bool)):
        values = values or tuple(PARAMETER_ROWS[of].options) or (False, True)
    elif bounds is not None and not values:
        low, high = (bounds.low if low is None else low), (bounds.high if high is None else high)
    factor = Factor(
        name=given.name or _usual_name(of), target=given.target, field=field, operation=given.operation,
        low=None if low is None else float(low), high=None if high is None else float(high), choices=values,
        role=role, since=given.since or ("fork" if role == "lever" else "start"), title=given.title,
        unit=given.unit or (bounds.unit if bounds else ""),
    )  # fmt: skip
    _check(factor, bounds, where, names)
    return factor


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


def _usual_name(of: str) -> str:
    """Name of a factor that is given none: what it changes."""
    return f"{of}_level" if of.casefold() in RESERVED else of


def _usual_field(kind: str, of: str) -> str:
    return {"parameter": of, "measure": "dose", EVENT: "amount"}.get(kind, "")


def _number(value: Any) -> Any:
    return value.toordinal() if isinstance(value, date) else value


def _bounds(kind: str, of: str, field: str, where: str, target: str) -> EventField | None:
    if kind == EVENT:
        if field not in EVENT_FIELDS_HERE:
            raise InputError("of an event a study varies amount or date", field=f"{where}.field", value=field,
                             allowed=", ".join(EVENT_FIELDS_HERE), remedy="take one of these")  # fmt: skip
        return None
    if kind == "parameter":
        if of not in PARAMETER_ROWS:
            near = closest(of, PARAMETER_ROWS)
            raise InputError("there is no such parameter", field=f"{where}.target", value=target,
                             allowed="the parameters that `run.py parameters` lists",
                             remedy=f"did you mean 'parameter:{near}'?" if near else "take one of these")  # fmt: skip
        return event_field("parameter", of)
    found = event_field(kind, field)
    if found is None:
        raise InputError("a study cannot change this", field=f"{where}.field", value=f"{target} {field}".strip(),
                         allowed=", ".join(fields_of(kind)) or "a kind of target that exists",
                         remedy="give the field that is to change")  # fmt: skip
    return found


def _check(factor: Factor, bounds: EventField | None, where: str, names: Mapping[str, Any]) -> None:
    from model.scenario.events import expand

    check_name(factor.name, f"{where}.name")
    if factor.kind in names and not expand(factor.kind, factor.of, names):
        near = closest(factor.of, names[factor.kind])
        raise InputError(f"there is no such {factor.kind}", field=f"{where}.target", value=factor.target,
                         allowed=", ".join(list(names[factor.kind])[:LONGEST_SHOWN]) + " ...",
                         remedy=f"did you mean '{factor.kind}:{near}'?" if near else "take a name that exists",
                         )  # fmt: skip
    if not factor.choices and (factor.low is None or factor.high is None or not factor.low < factor.high):
        raise InputError("a factor needs a range or values", field=f"{where}.low", value=(factor.low, factor.high),
                         allowed="low below high, or a list of values", remedy="give low and high")  # fmt: skip
    _check_levels(factor, bounds, where)
    _check_repeats(factor, where)


def check_name(name: str, field: str) -> None:
    """Refuse a name of a factor that is the name of another column, or cannot head one; raises InputError."""
    if not name.isprintable() or name != name.strip():
        raise InputError(
            "this cannot be the name of a factor",
            field=field,
            value=repr(name),
            allowed="a name without line breaks and other control characters, and without blanks at its ends",
            remedy="leave these characters out",
        )
    if name.casefold() in RESERVED:
        raise InputError(
            "a column of the results has this name",
            field=field,
            value=name,
            allowed=f"any name but {', '.join((*PLANNED, *STORED, *ANALYSED, *FRAMED))}, and those of outcomes and of "
            "what is recorded each week",
            remedy="give the factor another name",
        )


def _check_repeats(factor: Factor, where: str) -> None:
    """Refuse levels that are the same or read the same: their runs would count twice, or could not be told apart."""
    shown = [factor.shown(value) for value in factor.choices]
    twice = next((text for text in shown if shown.count(text) > 1), None)
    if twice is not None:
        raise InputError(
            "a level is listed twice",
            field=f"{where}.values",
            value=twice,
            allowed="every level once, and levels that differ in their first six digits",
            remedy="leave one out",
        )


def _check_levels(factor: Factor, bounds: EventField | None, where: str) -> None:
    """Refuse levels of another type or out of bounds."""
    limits = limits_of(factor)
    ends = [value for value in (factor.low, factor.high) if value is not None]
    for value in [*factor.choices, *ends]:
        if not limits.hold(value):
            raise InputError(
                "this value is out of bounds",
                field=where,
                value=value,
                allowed=limits.allowed,
                remedy="stay within them",
            )
    inside = replace(factor, choices=()).holds
    if len(ends) == 2 and not all(inside(value) for value in factor.choices):
        raise InputError(
            "values lie outside low and high",
            field=f"{where}.values",
            value=list(factor.choices),
            allowed="a range or a list of values",
            remedy="leave low and high out",
        )
    fixed = factor.kind == "parameter" or (bounds is not None and bounds.only_set)
    if factor.operation != "value" and fixed:
        raise InputError(
            "this can only be set",
            field=f"{where}.operation",
            value=factor.operation,
            allowed="value",
            remedy="leave operation out, and give the values themselves",
        )


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

    def hold(self, value: object) -> bool:
        """Whether a value is allowed."""
        if self.options:
            return any(_same(value, option) for option in self.options)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        return self.low <= value <= self.high and not (self.whole and value % 1)


def limits_of(factor: Factor) -> Limits:
    """What the values of a factor may be; for the amount of an event any number, since the scenario has the event."""
    if factor.is_date:
        return Limits((), FIRST_DAY.toordinal(), LAST_DAY.toordinal(), False, f"a day from {FIRST_DAY} to {LAST_DAY}")
    row = PARAMETER_ROWS.get(factor.of) if factor.kind == "parameter" else None
    options: tuple[Value, ...] = tuple(row.options) if row else ()
    if row and isinstance(row.default, bool):
        options = (False, True)
    if options:
        return Limits(options, 0.0, 0.0, False, ", ".join(str(option) for option in options))
    bounds = event_field(factor.kind, factor.field)
    whole = factor.kind not in ("parameter", EVENT) and bounds is not None and bounds.whole
    return Limits((), *_numbers(factor.operation, bounds, whole))


def _numbers(operation: Operation, bounds: EventField | None, whole: bool) -> tuple[float, float, bool, str]:
    low, high, allowed = bounds_of(operation, bounds)
    return low, high, whole, f"a whole number, {allowed}" if whole else allowed


def check_together(factors: Sequence[Factor], taken: Mapping[str, str]) -> None:
    """Refuse factors that share a name or change the same thing.

    Parameters
    ----------
    taken
        Names that are in use beside those of the factors, each with what it is.

    Raises
    ------
    InputError
        Names the two.
    """
    known = {name.casefold(): what for name, what in taken.items()}
    targets: dict[tuple[str, str], str] = {}
    for factor in factors:
        if factor.name.casefold() in known:
            raise InputError(
                "named twice",
                field="name",
                value=factor.name,
                allowed="every name once",
                remedy=f"{known[factor.name.casefold()]} has it; give the factor another name",
            )
        known[factor.name.casefold()] = "another factor"
        other = targets.setdefault((factor.target, factor.field), factor.name)
        if other != factor.name:
            raise InputError(
                f"the factor {other!r} changes the same",
                field=f"factor {factor.name}",
                value=factor.target,
                allowed="one factor for each thing that is changed",
                remedy="leave one of them out",
            )
