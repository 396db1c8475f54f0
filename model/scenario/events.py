"""Dated events of a scenario: what they may change and what they do to a value; `scenario_reading` reads them.

What an event may change follows from the dated columns of `model/columns.py`; `LEVERS` holds what is no column.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Literal

from model.calendar import FIRST_YEAR, LAST_YEAR
from model.columns import WHOLE, Column, dated_columns
from model.errors import InputError, between, suggest
from model.parameter_fields import parameter_rows
from model.parameters import Parameters
from model.rows import senseless
from model.summary import Summary

type Day = date
type Operation = Literal["value", "add", "multiply"]
type Names = Mapping[str, Collection[str]]
"""Valid names by kind. A kind's collection may be a mapping name -> row, then ``column=value`` selects by the row."""

FIRST_DAY, LAST_DAY = date(2000, 1, 3), date(2023, 12, 31)
"""The days that the tables of `model/data` cover."""

OPERATIONS: tuple[Operation, ...] = ("value", "add", "multiply")


@dataclass(frozen=True)
class EventField:
    """What an event may do to one column: results are held between `low` and `high`.

    `changes` names what a lever changes, a dated column or what such columns follow from; it is empty for dated
    columns themselves. `how` says whether the value is set or changed, multiplied by the event's factor, grown by its
    rate each year, or frozen at that of its year.
    """

    low: float
    high: float
    unit: str
    description: str
    changes: str = ""
    how: Literal["change", "scale", "grow", "freeze"] = "change"

    @property
    def whole(self) -> bool:
        """Whether it is on or off, a year or a choice: then it is a whole number."""
        return self.unit in WHOLE

    @property
    def only_set(self) -> bool:
        """Whether events give it a value and do not change the one it has."""
        return self.whole or self.unit == "dose"

    @property
    def allowed(self) -> str:
        """The bounds in words."""
        return "0 or 1" if self.unit == "0/1" else between(self.low, self.high, self.unit)


SUPPLY, EXPOSURE = "sources.supply_kg_per_week", "legs.exposure"
LEVERS: dict[tuple[str, str], EventField] = {
    ("mode", "cost_multiplier"): EventField(
        0.1, 10, "1", "multiplies the transport cost of a mode", "legs.cost_multiplier"
    ),
    ("platform", "sharing"): EventField(
        0, 1, "share", "share of their leads that its members give", "platform_sharing"
    ),
    ("membership", "active"): EventField(
        0, 1, "0/1", "the country is a member, and shares at the platform's level", "membership_active"
    ),
    ("membership", "role"): EventField(
        0,
        1,
        "share",
        "part of the platform's level at which it shares: 1 a full member, 0.5 an observer",
        "membership_role",
    ),
    ("membership", "sharing"): EventField(
        0, 1, "share", "share of its leads that the member gives, in place of its platform's", "membership_sharing"
    ),
    ("programme", "spend_multiplier"): EventField(
        0, 100, "1", "multiplies the money of a programme", "programme_eur", "scale"
    ),
    ("treaty", "active"): EventField(0, 1, "0/1", "the treaty is in force, whatever its dates", "treaty_active"),
    ("market", "demand_multiplier"): EventField(
        0, 10, "1", "multiplies consumption at the reference price", "markets.demand_kg_per_week", "scale"
    ),
    ("supply", "frozen_year"): EventField(
        FIRST_YEAR, LAST_YEAR, "year", "output stays as it was in this year", SUPPLY, "freeze"
    ),
    ("supply", "growth_per_year"): EventField(
        -0.3, 0.3, "1/year", "output grows by this share a year, compounding", SUPPLY, "grow"
    ),
    ("supply", "multiplier"): EventField(0, 10, "1", "multiplies the output of a producing country", SUPPLY, "scale"),
    ("measure", "dose"): EventField(0, 1, "dose", "intensity of a measure: 0 absent, 1 in full (doses.csv)"),
    ("trade", "frozen_year"): EventField(
        FIRST_YEAR, LAST_YEAR, "year", "licit traffic stays as it was in this year", EXPOSURE, "freeze"
    ),
    ("trade", "multiplier"): EventField(0, 100, "1", "multiplies licit traffic of a corridor", EXPOSURE, "scale"),
}
"""What events may change that is no column by itself."""


def event_fields(columns: Mapping[str, Column]) -> dict[tuple[str, str], EventField]:
    """All that an event may change: dated columns with bounds, and `LEVERS`.

    Raises
    ------
    InputError
        If a column has the name of a lever, which would hide it.
    """
    keys = {name: (name.split("s.", 1)[0], name.split("s.", 1)[1]) for name in columns}
    for name in (name for name, key in keys.items() if key in LEVERS):
        raise senseless("columns.csv", name, "name", keys[name][1], "a name that is not in `LEVERS`")
    targets = {keys[name]: column for name, column in columns.items() if column.is_target}
    return {key: EventField(*one.bounds, one.unit, one.meaning) for key, one in targets.items()} | LEVERS


EVENT_FIELDS = event_fields(dated_columns())
PARAMETER_ROWS = parameter_rows(Parameters)
CHANGEABLE = {
    ("parameter", name): EventField(
        0 if row.low is None else row.low, 1 if row.high is None else row.high, row.unit, row.description
    )
    for name, row in PARAMETER_ROWS.items()
    if not row.options
} | EVENT_FIELDS
"""What events may change: numeric parameters, and fields of all other kinds of targets."""
KINDS = tuple(dict.fromkeys(kind for kind, _ in CHANGEABLE))


def event_field(kind: str, field: str) -> EventField | None:
    """Tell what an event may do to a column or to a numeric parameter; None when there is no such field."""
    return CHANGEABLE.get((kind, field))


@cache
def fields_of(kind: str) -> tuple[str, ...]:
    """Names of the fields that an event may change in a kind of target."""
    return tuple(field for owner, field in CHANGEABLE if owner == kind)


@dataclass(frozen=True, repr=False)
class Event(Summary):
    """One dated change of one field of one or several targets.

    From `date` on, until the day before `until` (for ever when None), the field holds `amount` (operation value), or
    what it was plus or times `amount`. `name` may be a pattern, see `expand`.
    """

    id: str
    date: Day
    until: Day | None
    kind: str
    name: str
    field: str
    operation: Operation
    amount: float
    source: str = ""
    confidence: str = "assumed"
    note: str = ""

    def __post_init__(self) -> None:
        """Refuse a field that no target of its kind has; raises InputError."""
        if event_field(self.kind, self.field) is None:
            allowed = fields_of(self.kind)
            raise InputError(
                f"event {self.id}: a target of kind {self.kind!r} has no such field",
                field="field",
                value=self.field,
                allowed=", ".join(allowed) or f"a field of one of the kinds {', '.join(KINDS)}",
                remedy=suggest(self.field, allowed, "take one of these"),
            )

    @property
    def target(self) -> str:
        """``kind:name`` as written in the file."""
        return f"{self.kind}:{self.name}"

    def in_force(self, day: Day) -> bool:
        """Whether the event is in force on a day."""
        return self.date <= day and (self.until is None or day < self.until)

    def apply(self, old: float) -> float:
        """Value of the field while the event is in force, given what it would be without; held within its bounds."""
        if self.is_neutral:
            return old
        made = {"value": self.amount, "add": old + self.amount, "multiply": old * self.amount}[self.operation]
        bounds = CHANGEABLE[self.kind, self.field]
        return min(max(made, bounds.low), bounds.high)

    @property
    def is_neutral(self) -> bool:
        """Whether it changes nothing: plus 0 or times 1."""
        return (self.operation, self.amount) in {("add", 0.0), ("multiply", 1.0)}

    def content(self) -> dict[str, str | float | None]:
        """Tell what the event does, without its documentation; dates in ISO form."""
        return {
            "date": self.date.isoformat(),
            "until": self.until.isoformat() if self.until else None,
            "target": self.target,
            "field": self.field,
            "operation": self.operation,
            "amount": self.amount,
        }

    def facts(self) -> dict[str, Any]:
        """What `repr` shows of an event."""
        return {"id": self.id, **self.content()}

    def __str__(self) -> str:
        """One line for messages."""
        until = f" until {self.until}" if self.until else ""
        return f"{self.id}: {self.target} {self.field} {self.operation} {self.amount:g} from {self.date}{until}"


def in_order(events: Iterable[Event]) -> tuple[Event, ...]:
    """Events in the order in which they apply: by date, then id."""
    return tuple(sorted(events, key=lambda event: (event.date, event.id)))


# --- names and patterns -------------------------------------------------------------------------------------------


def expand(kind: str, pattern: str, names: Names) -> tuple[str, ...]:
    """Names that a target's pattern stands for, in the order of `names[kind]`.

    A pattern is a name; ``*`` (all); ``maoc-n/*`` or ``*/ESP`` (memberships, ``platform/state``); names joined by
    commas, as ``maoc-n/ESP,FRA``; or ``column=value`` for kinds whose names come with their table rows, as
    ``asset:owner=USA`` or ``place:region=west_africa``.
    """
    known = names[kind]
    if "=" in pattern and isinstance(known, Mapping):
        column, _, wanted = pattern.partition("=")
        return tuple(name for name, row in known.items() if str(row.get(column, "")) == wanted)
    parts = pattern.split("/")
    return tuple(name for name in known if pattern == "*" or _parts_match(parts, name.split("/")))


def _parts_match(pattern: list[str], name: list[str]) -> bool:
    return len(pattern) == len(name) and all(n in p.split(",") or p == "*" for p, n in zip(pattern, name, strict=True))
