"""Levers and uncertainties: what a study varies, and how a value of one changes a scenario.

A target is written as in an event of a scenario, ``kind:name``, so that whatever a scenario can change a study can
sweep: a parameter, the dose of a measure, sharing by all (``platform:*``), by a platform (``platform:maoc-n``), a state
(``membership:*/ESP``) or a pair (``membership:maoc-n/ESP``), an asset, a treaty. ``event:ID`` changes the amount or the
date of an event that the scenario has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final, Literal

from model.errors import InputError, closest
from model.scenario import Scenario
from model.scenario.events import PARAMETER_ROWS, Event, EventField, event_field, fields_of

__all__ = ["Factor", "apply_all"]

type Value = float | int | str | bool
type Role = Literal["lever", "uncertainty"]
type Since = Literal["start", "fork"]

EVENT: Final = "event"
EVENT_FIELDS_HERE: Final = ("amount", "date")
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
    operation: str = "value"
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

    def apply(self, scenario: Scenario, value: Value, fork: date) -> Scenario:
        """The scenario with this factor at a value.

        Raises
        ------
        InputError
            If the value does not fit, or the scenario lacks the event.
        """
        if self.kind == EVENT:
            return self._move_event(scenario, value)
        if self.kind == "parameter":
            return self._set_parameter(scenario, value, fork)
        day = fork if self.since == "fork" else scenario.start
        slug = f"factor-{self.name}"
        return scenario.with_events(
            Event(slug, day, None, self.kind, self.of, self.field, self.operation, float(value))  # type: ignore[arg-type]
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
    known = ("name", "target", "field", "operation", "low", "high", "values", "since", "title", "unit")
    for key in entry:
        if key not in known:
            raise InputError("a factor has no such field", field=f"{where}.{key}", value=entry[key],
                             allowed=", ".join(known), remedy=f"did you mean {closest(key, known)!r}?"
                             if closest(key, known) else "leave it out")  # fmt: skip
    target = entry.get("target")
    if not isinstance(target, str) or ":" not in target:
        raise InputError("a factor needs a target", field=f"{where}.target", value=target,
                         allowed="kind:name, as parameter:sharing_scale, measure:maoc-n, platform:*",
                         remedy="write it as in an event of a scenario")  # fmt: skip
    kind, _, of = target.partition(":")
    field = str(entry.get("field") or _usual_field(kind, of))
    bounds = _bounds(kind, of, field, where, target)
    values = tuple(_number(v) for v in entry.get("values", ()))
    low, high = _number(entry.get("low")), _number(entry.get("high"))
    numeric = not (kind == "parameter" and bounds is None)
    if not numeric and not values:
        row = PARAMETER_ROWS[of]
        values = row.options or (False, True)
    if numeric and not values and bounds is not None:
        low, high = (bounds.low if low is None else low), (bounds.high if high is None else high)
    factor = Factor(
        name=str(entry.get("name") or of), target=target, field=field, operation=str(entry.get("operation", "value")),
        low=None if low is None else float(low), high=None if high is None else float(high), choices=values,
        role=role, since=entry.get("since", "fork" if role == "lever" else "start"),
        title=str(entry.get("title", "")), unit=str(entry.get("unit", bounds.unit if bounds else "")),
    )  # fmt: skip
    _check(factor, bounds, where, names)
    return factor


def _usual_field(kind: str, of: str) -> str:
    return {"parameter": of, "measure": "dose", EVENT: "amount"}.get(kind, "")


def _number(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.date().toordinal()
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

    if factor.since not in ("start", "fork"):
        raise InputError("a factor holds from the start or from the fork", field=f"{where}.since", value=factor.since,
                         allowed="start, fork", remedy="take one of these")  # fmt: skip
    if factor.operation not in ("value", "add", "multiply"):
        raise InputError("there is no such operation", field=f"{where}.operation", value=factor.operation,
                         allowed="value, add, multiply", remedy="take one of these")  # fmt: skip
    if factor.kind in names and not expand(factor.kind, factor.of, names):
        near = closest(factor.of, names[factor.kind])
        raise InputError(f"there is no such {factor.kind}", field=f"{where}.target", value=factor.target,
                         allowed=", ".join(list(names[factor.kind])[:LONGEST_SHOWN]) + " ...",
                         remedy=f"did you mean '{factor.kind}:{near}'?" if near else "take a name that exists",
                         )  # fmt: skip
    if not factor.choices and (factor.low is None or factor.high is None or not factor.low < factor.high):
        raise InputError("a factor needs a range or values", field=f"{where}.low", value=(factor.low, factor.high),
                         allowed="low below high, or a list of values", remedy="give low and high")  # fmt: skip
    if bounds is not None and factor.operation == "value":
        found = [factor.low, factor.high] if not factor.choices else list(factor.choices)
        for value in found:
            good = isinstance(value, int | float) and not isinstance(value, bool)
            if not good or not bounds.low <= float(value) <= bounds.high:  # type: ignore[arg-type]
                raise InputError("this value is out of bounds", field=where, value=value, allowed=bounds.allowed,
                                 remedy="stay within them")  # fmt: skip
