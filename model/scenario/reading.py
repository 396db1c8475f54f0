"""Reading the dates and events of a scenario file, and gathering what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, cast

from model.errors import InputError, closest
from model.parameter_fields import CONFIDENCES
from model.scenario.events import (
    KINDS,
    LAST_DAY,
    OPERATIONS,
    PARAMETER_ROWS,
    Event,
    EventField,
    Operation,
    event_field,
    fields_of,
)

__all__ = ["Problems", "bounds_of", "read_date", "read_event"]

MULTIPLY_MAX = 100.0
LARGE = 1e300
SLUG = re.compile(r"[a-z0-9][a-z0-9_-]*")
ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
EVENT_KEYS = ("id", "date", "until", "target", "field", *OPERATIONS, "source", "confidence", "note")


class Problems:
    """What is wrong with one file, gathered so that all of it can be told at once."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.found: list[InputError] = []

    def add(self, message: str, *, field: str, value: object, allowed: str, remedy: str) -> None:
        """Note one problem; a date is shown as it is written in the file."""
        shown = value.isoformat() if isinstance(value, date) else value
        self.found.append(InputError(message, file=self.file, field=field, value=shown, allowed=allowed, remedy=remedy))

    def raise_if_any(self) -> None:
        """Raise one error that lists what was noted."""
        if self.found:
            raise InputError.collect(self.found)


def read_date(value: object, field: str, problems: Problems) -> date | None:
    """Read a calendar day (TOML date or ISO text); None, and a problem noted, when it is none."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and ISO_DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            _note_no_date("this day does not exist", value, field, problems)
            return None
    _note_no_date("this is not a day in ISO form", value, field, problems)
    return None


def _note_no_date(message: str, value: object, field: str, problems: Problems) -> None:
    problems.add(
        message,
        field=field,
        value=value,
        allowed="an existing day, year-month-day",
        remedy="write it as 2011-05-10, without a time",
    )


def read_event(entry: object, where: str, window: tuple[date, date] | None, problems: Problems) -> Event | None:
    """Read one ``[[events]]`` table.

    `where` names it in messages, `window` is the first and last day of the scenario. None, and the problems noted, when
    something is wrong.
    """
    if not isinstance(entry, Mapping):
        problems.add(
            "an event must be a table",
            field=where,
            value=entry,
            allowed="a [[events]] table",
            remedy="head it with [[events]] on a line of its own",
        )
        return None
    before = len(problems.found)
    slug = _read_id(entry, where, problems)
    where = f"events.{slug}" if slug else where
    _check_keys(entry, where, problems)
    day, until = _read_days(entry, where, window, problems)
    kind, name, field = _read_target(entry, where, problems)
    operation, amount = _read_change(entry, where, kind, field, problems)
    words = _read_words(entry, where, problems)
    if len(problems.found) > before or day is None:
        return None
    return Event(slug, day, until, kind, name, field, operation, amount, **words)


def _check_keys(entry: Mapping[str, object], where: str, problems: Problems) -> None:
    for key in entry:
        if key not in EVENT_KEYS:
            near = closest(key, EVENT_KEYS)
            remedy = f"did you mean {near!r}?" if near else "remove it"
            problems.add(
                "an event has no such field",
                field=f"{where}.{key}",
                value=entry[key],
                allowed=", ".join(EVENT_KEYS),
                remedy=remedy,
            )


def _read_id(entry: Mapping[str, object], where: str, problems: Problems) -> str:
    slug = entry.get("id")
    if isinstance(slug, str) and SLUG.fullmatch(slug):
        return slug
    problems.add(
        "an event needs an id" if slug is None else "this is no id",
        field=f"{where}.id",
        value=slug,
        allowed="small letters, digits, hyphens and underscores",
        remedy='give every event its own, as id = "guinea-bissau-coup-2012"',
    )
    return ""


def _read_days(
    entry: Mapping[str, object], where: str, window: tuple[date, date] | None, problems: Problems
) -> tuple[date | None, date | None]:
    if "date" not in entry:
        problems.add(
            "an event needs a date",
            field=f"{where}.date",
            value=None,
            allowed="a day, as 2011-05-10",
            remedy="add date = 2011-05-10",
        )
        return None, None
    day = read_date(entry["date"], f"{where}.date", problems)
    until = read_date(entry["until"], f"{where}.until", problems) if "until" in entry else None
    if day and window and not window[0] <= day <= window[1]:
        problems.add(
            "the event lies outside the scenario",
            field=f"{where}.date",
            value=day,
            allowed=f"{window[0]} to {window[1]}",
            remedy="move the event, or the start or end",
        )
    if until and until > LAST_DAY:
        problems.add(
            "until lies after the last day of all scenarios",
            field=f"{where}.until",
            value=until,
            allowed=f"a day up to {LAST_DAY}",
            remedy="leave it out: then it lasts",
        )
    if day and until and until <= day:
        problems.add(
            "the event ends before it begins",
            field=f"{where}.until",
            value=until,
            allowed=f"a day after {day}",
            remedy="move until, or leave it out: then it lasts",
        )
    return day, until


def _read_target(entry: Mapping[str, object], where: str, problems: Problems) -> tuple[str, str, str]:
    target = entry.get("target")
    kind, colon, name = target.partition(":") if isinstance(target, str) else ("", "", "")
    if not (colon and name.strip() == name and name):
        problems.add(
            "the target is not written as kind:name",
            field=f"{where}.target",
            value=target,
            allowed=f"kind:name, kind one of {', '.join(KINDS)}",
            remedy='as target = "state:GNB" or "asset:owner=USA"',
        )
        return "", "", ""
    if kind not in KINDS:
        near = closest(kind, KINDS)
        problems.add(
            "there is no such kind of target",
            field=f"{where}.target",
            value=target,
            allowed=", ".join(KINDS),
            remedy=f"did you mean {near}:{name}?" if near else "take one of these kinds",
        )
        return "", "", ""
    if kind == "parameter":
        return _read_parameter(entry, where, name, problems)
    return kind, name, _read_field(entry, where, kind, problems)


def _read_field(entry: Mapping[str, object], where: str, kind: str, problems: Problems) -> str:
    field, allowed = entry.get("field"), fields_of(kind)
    if isinstance(field, str) and field in allowed:
        return field
    near = closest(str(field), allowed)
    problems.add(
        "an event needs a field" if field is None else f"an event cannot change this in a {kind}",
        field=f"{where}.field",
        value=field,
        allowed=", ".join(allowed),
        remedy=f"did you mean {near!r}?" if near else f"take one of the fields of a {kind}",
    )
    return ""


def _read_parameter(entry: Mapping[str, object], where: str, name: str, problems: Problems) -> tuple[str, str, str]:
    numbers = fields_of("parameter")
    if name not in numbers:
        near = closest(name, numbers)
        known = name in PARAMETER_ROWS
        problems.add(
            "a switch holds for the whole run" if known else f"there is no parameter {name!r}",
            field=f"{where}.target",
            value=entry["target"],
            allowed="the numeric parameters",
            remedy="set it under [parameters]"
            if known
            else f"did you mean 'parameter:{near}'?"
            if near
            else "`run.py parameters` lists them all",
        )
        return "", "", ""
    if entry.get("field", name) != name:
        problems.add(
            "a parameter has no fields",
            field=f"{where}.field",
            value=entry["field"],
            allowed=f"nothing, or {name}",
            remedy="remove it",
        )
    return "parameter", name, name


def _read_change(
    entry: Mapping[str, object], where: str, kind: str, field: str, problems: Problems
) -> tuple[Operation, float]:
    given = [operation for operation in OPERATIONS if operation in entry]
    if len(given) != 1:
        problems.add(
            "an event needs exactly one of value, add, multiply",
            field=where,
            value=" and ".join(given) or "none of them",
            allowed="value, add or multiply",
            remedy="keep one" if given else "add one, as value = 0.9",
        )
        return "value", 0.0
    operation, amount = given[0], entry[given[0]]
    bounds = event_field(kind, field)
    low, high, allowed = bounds_of(operation, bounds)
    if isinstance(amount, bool) and operation == "value" and bounds and (low, high) == (0, 1):
        return operation, float(amount)
    if bounds and bounds.only_set and operation != "value":
        problems.add(
            f"{field} can only be set",
            field=f"{where}.{operation}",
            value=amount,
            allowed=bounds.allowed,
            remedy=f"write value = ... in place of {operation}",
        )
        return operation, 0.0
    number = isinstance(amount, int | float) and not isinstance(amount, bool)
    fits = number and low <= cast(float, amount) <= high
    if not fits or (bounds and bounds.whole and cast(float, amount) % 1 != 0):
        problems.add(
            "this value is not allowed" if number else "this is not a number",
            field=f"{where}.{operation}",
            value=amount,
            allowed=allowed,
            remedy="take a number that is allowed" if number else "write a plain number, without quotes",
        )
        return operation, 0.0
    return operation, float(cast(float, amount)) + 0.0


def bounds_of(operation: Operation, bounds: EventField | None) -> tuple[float, float, str]:
    """Bounds of what is written in the file; an unknown field is a problem of its own and bounds nothing here."""
    if operation == "multiply":
        return 0.0, MULTIPLY_MAX, f"a number from 0 to {MULTIPLY_MAX:g}"
    if bounds is None:
        return -LARGE, LARGE, "a number"
    if operation == "value":
        return bounds.low, bounds.high, bounds.allowed
    width = bounds.high - bounds.low
    return -width, width, f"-{width:g} to {width:g} (the result stays within {bounds.allowed})"


def _read_words(entry: Mapping[str, object], where: str, problems: Problems) -> dict[str, Any]:
    words = {key: entry[key] for key in ("source", "confidence", "note") if key in entry}
    for key, value in words.items():
        if not isinstance(value, str):
            problems.add(
                "this is not text",
                field=f"{where}.{key}",
                value=value,
                allowed="text in quotes",
                remedy="put it in quotes",
            )
        elif key == "confidence" and value not in CONFIDENCES:
            near = closest(value, CONFIDENCES)
            problems.add(
                "there is no such confidence",
                field=f"{where}.confidence",
                value=value,
                allowed=", ".join(CONFIDENCES),
                remedy=f"did you mean {near!r}?" if near else "take assumed if no source gives it",
            )
    return words
