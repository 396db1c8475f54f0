"""What a scenario file may hold, as pydantic classes, and the checks of an event that take more than one field."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from itertools import compress
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import PlainValidator, StrictStr, StringConstraints

from model.errors import InputError, suggest
from model.parameter_fields import CONFIDENCES
from model.scenario.events import (
    FIRST_DAY,
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
from model.toml_fields import Part, one_of, row, table, tables, text, try_part

MULTIPLY_MAX: Final = 100.0
LARGE: Final = 1e300
LEAVE_OUT: Final = "leave it out: then it lasts"
SLUG: Final = re.compile(r"^[a-z0-9][a-z0-9_-]*$")
ISO_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")

type Window = tuple[date, date]
"""First and last day of a scenario."""


# --- fields -------------------------------------------------------------------------------------------------------


def _day(value: object) -> object:
    """A calendar day: a date of TOML, or ISO text."""
    if isinstance(value, str) and ISO_DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise ValueError("this day does not exist") from None
    if not isinstance(value, date) or isinstance(value, datetime):
        raise ValueError("this is not a day in ISO form")
    return value


def day(default: Any = None, missing: str = "") -> Any:
    """A field of a day."""
    return row(
        default, "", "an existing day, year-month-day", "write it as 2011-05-10, without a time", missing=missing
    )


def texts() -> Any:
    """A field of several texts."""
    return row(
        (), "this is not a list of texts", 'a list as ["a", "b"]', "put it in square brackets, each text in quotes"
    )


type Title = Annotated[str, StringConstraints(strict=True, pattern=r"\S")]
type Day = Annotated[date, PlainValidator(_day)]
type Slug = Annotated[str, StringConstraints(strict=True, pattern=SLUG.pattern)]
type Target = Annotated[str, StringConstraints(strict=True, pattern=r"^[^:]*:\S((?s:.)*\S)?$")]


class ScenarioFile(Part):
    """What a scenario file may hold."""

    what: ClassVar[str] = "a scenario"
    otherwise: ClassVar[str] = "remove it, or put it under [parameters]"
    title: Title = row(
        ...,
        "this is not text that can be a title",
        "some words, as text in quotes",
        'add title = "..." as the first line',
        missing="a scenario needs a title",
    )
    description: StrictStr = text()
    base: StrictStr | None = text(None)
    start: Day | None = day()
    end: Day | None = day()
    scored_from: Day | None = day()
    fork: Day | None = day()
    sources: tuple[StrictStr, ...] = texts()
    drop: tuple[StrictStr, ...] = texts()
    parameters: dict[str, Any] = table({}, "parameters")
    events: tuple[Any, ...] = tables("events")


class EventEntry(Part):
    """An `[[events]]` table; what `field` and the operations may hold follows from the target."""

    what: ClassVar[str] = "an event"
    otherwise: ClassVar[str] = "remove it"
    id: Slug = row(
        ...,
        "this is no id",
        "small letters, digits, hyphens and underscores",
        'give every event its own, as id = "guinea-bissau-coup-2012"',
        missing="an event needs an id",
    )
    date: Day = day(..., "an event needs a date")
    until: Day | None = day()
    target: Target = row(
        ...,
        "the target is not written as kind:name",
        f"kind:name, kind one of {', '.join(KINDS)}",
        'as target = "state:GNB" or "asset:owner=USA"',
    )
    field: Any = None
    value: Any = None
    add: Any = None
    multiply: Any = None
    source: StrictStr = text()
    confidence: Literal["high", "medium", "low", "assumed"] = one_of(
        "assumed", CONFIDENCES, "there is no such confidence", "take assumed if no source gives it"
    )
    note: StrictStr = text()


# --- events -------------------------------------------------------------------------------------------------------


def read_event(entry: object, number: int, window: Window) -> tuple[Event | None, list[InputError]]:
    """Read one ``[[events]]`` table, the `number`-th of its file: the event, or what is wrong with it."""
    where = f"events[{number}]"
    if not isinstance(entry, Mapping):
        return None, [
            InputError(
                "an event must be a table",
                field=where,
                value=entry,
                allowed="a [[events]] table",
                remedy="head it with [[events]] on a line of its own",
            )
        ]
    slug = entry.get("id")
    where = f"events.{slug}" if isinstance(slug, str) and SLUG.fullmatch(slug) else where
    given, problems = try_part(EventEntry, entry, where)
    kind, _, name = (given.target or "").partition(":")
    field = name if kind == "parameter" else given.field if isinstance(given.field, str) else ""
    problems += _check_days(given, where, window)
    problems += (_check_parameter if kind == "parameter" else _check_target)(given, where, kind, field)
    problems += _check_change(given, where, field, event_field(kind, field))
    if problems:
        return None, problems
    (operation,) = _operations(given)
    amount = float(getattr(given, operation)) + 0.0
    words = given.source, given.confidence, given.note
    return Event(given.id, given.date, given.until, kind, name, field, operation, amount, *words), []


DAYS: Final = {
    "the event lies outside the scenario": ("date", "{first} to {last}", "move the event, or the start or end"),
    "until lies after the last day of all scenarios": ("until", f"a day up to {LAST_DAY}", LEAVE_OUT),
    "the event ends before it begins": ("until", "a day after {date}", f"move until, or {LEAVE_OUT}"),
}
"""What can be wrong with the days of an event: the field, what is allowed, the remedy."""


def _check_days(given: EventEntry, where: str, window: Window) -> Iterator[InputError]:
    day, until, (first, last) = given.date, given.until, window
    wrong = (day and not first <= day <= last, until and until > LAST_DAY, day and until and until <= day)
    for message, (name, allowed, remedy) in compress(DAYS.items(), wrong):
        yield InputError(
            message,
            field=f"{where}.{name}",
            value=getattr(given, name),
            allowed=allowed.format(first=first, last=last, date=day),
            remedy=remedy,
        )


def _check_target(given: EventEntry, where: str, kind: str, field: str) -> Iterator[InputError]:
    """Whether there is such a kind of target, and such a field in it."""
    fields, target = fields_of(kind), given.target
    if target and kind not in KINDS:
        yield InputError(
            "there is no such kind of target",
            field=f"{where}.target",
            value=target,
            allowed=", ".join(KINDS),
            remedy=suggest(kind, KINDS, "take one of these kinds", "{}:" + target.partition(":")[2]),
        )
    elif target and field not in fields:
        yield InputError(
            "an event needs a field" if given.field is None else f"an event cannot change this in a {kind}",
            field=f"{where}.field",
            value=given.field,
            allowed=", ".join(fields),
            remedy=suggest(given.field or "", fields, f"take one of the fields of a {kind}"),
        )


def _check_parameter(given: EventEntry, where: str, kind: str, name: str) -> Iterator[InputError]:
    """Whether there is such a parameter, which has a number and no fields."""
    numbers = fields_of("parameter")
    if name not in numbers:
        known, otherwise = name in PARAMETER_ROWS, "`run.py parameters` lists them all"
        yield InputError(
            "a switch holds for the whole run" if known else f"there is no parameter {name!r}",
            field=f"{where}.target",
            value=given.target,
            allowed="the numeric parameters",
            remedy="set it under [parameters]" if known else suggest(name, numbers, otherwise, "'parameter:{}'"),
        )
    elif given.field not in (None, name):
        yield InputError(
            "a parameter has no fields",
            field=f"{where}.field",
            value=given.field,
            allowed=f"nothing, or {name}",
            remedy="remove it",
        )


def _operations(given: EventEntry) -> list[Operation]:
    return [operation for operation in OPERATIONS if operation in given.model_fields_set]


def _check_change(given: EventEntry, where: str, field: str, bounds: EventField | None) -> Iterator[InputError]:
    operations = _operations(given)
    if len(operations) != 1:
        yield InputError(
            "an event needs exactly one of value, add, multiply",
            field=where,
            value=" and ".join(operations) or "none of them",
            allowed="value, add or multiply",
            remedy="keep one" if operations else "add one, as value = 0.9",
        )
        return
    amount = getattr(given, operations[0])
    for message, allowed, remedy in _faults(operations[0], amount, field, bounds):
        yield InputError(message, field=f"{where}.{operations[0]}", value=amount, allowed=allowed, remedy=remedy)


def _faults(operation: Operation, amount: Any, field: str, bounds: EventField | None) -> Iterator[tuple[str, str, str]]:
    """What is wrong with an amount, if anything: message, what is allowed, remedy."""
    low, high, allowed = bounds_of(operation, bounds)
    on_or_off = operation == "value" and bounds is not None and (low, high) == (0, 1)
    if bounds and bounds.only_set and operation != "value":
        yield f"{field} can only be set", bounds.allowed, f"write value = ... in place of {operation}"
    elif not isinstance(amount, int | float) or (isinstance(amount, bool) and not on_or_off):
        yield "this is not a number", allowed, "write a plain number, without quotes"
    elif not low <= amount <= high or (bounds and bounds.whole and amount % 1 != 0):
        yield "this value is not allowed", allowed, "take a number that is allowed"


@cache
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


# --- scenarios ----------------------------------------------------------------------------------------------------


def out_of_order(days: Mapping[str, date | None]) -> Iterator[InputError]:
    """Days that the tables do not cover, or that lie outside the scenario."""
    start, end = days["start"] or FIRST_DAY, days["end"] or LAST_DAY
    data, inside = "the tables hold no data for this day", "this day lies outside the scenario"
    checks = [
        *((field, FIRST_DAY, LAST_DAY, data) for field in ("start", "end")),
        *((field, start, end, inside) for field in ("scored_from", "fork")),
    ]
    if FIRST_DAY <= end < start <= LAST_DAY:
        checks = [("end", start, LAST_DAY, "end lies before start")]
    for field, low, high, message in checks:
        if (day := days[field]) and not low <= day <= high:
            yield InputError(
                message, field=field, value=day, allowed=f"{low} to {high}", remedy="take a day within these"
            )


def used_twice(entries: Sequence[Any], number: int) -> Iterator[InputError]:
    """Whether an earlier event of the file has the id of the `number`-th."""
    slugs = [entry.get("id") if isinstance(entry, Mapping) else None for entry in entries[:number]]
    if isinstance(slugs[-1], str) and slugs[-1] in slugs[:-1]:
        yield InputError(
            "two events have the same id",
            field=f"events[{number}].id",
            value=slugs[-1],
            allowed="an id used once in the file",
            remedy="rename one of them",
        )


def not_to_drop(dropped: Sequence[str], events: Mapping[str, Event]) -> Iterator[InputError]:
    """What a file drops though its base has no such event."""
    for slug in (slug for slug in dropped if slug not in events):
        yield InputError(
            "the base has no such event to drop",
            field="drop",
            value=slug,
            allowed=", ".join(events) or "nothing: there is no base with events",
            remedy=suggest(slug, events, "remove it from drop"),
        )
