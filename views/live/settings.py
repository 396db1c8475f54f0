"""What an address says about the page: scenario, seed, date, levers and view, read with care and written back.

A part of an address that makes no sense is left out with a message in words; the rest is used.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import parse_qs, urlencode

from model import calendar, load_world
from model.errors import InputError, closest
from model.files import read_toml
from model.scenario.events import Event, event_field, expand, fields_of
from model.scenario.files import list_scenarios

__all__ = ["LIMITS", "Move", "Settings", "View", "read_address", "scenario_names"]

type View = Literal["one", "side", "difference"]
VIEWS: Final[tuple[View, ...]] = ("one", "side", "difference")
LIMITS: Final = {
    "seed": (0, 2**31 - 1), "organisations": (10, 5000), "weeks": (1, 52), "speed": (1, 30), "year": (2000, 2023),
}  # fmt: skip
"""Least and most of every number; `speed` is in frames a second, `year` the one at whose start the page begins."""
MOST_MOVES: Final = 200


@dataclass(frozen=True)
class Move:
    """A lever that was set: from a day on a field of a target holds a value (see `EVENT_FIELDS`)."""

    target: str
    field: str
    value: float
    date: dt.date

    @property
    def events(self) -> tuple[Event, ...]:
        """The events that carry it; what a platform's members share is also set for those who share by themselves."""
        kind, _, name = self.target.partition(":")
        operation: Literal["value", "multiply"] = "multiply" if kind == "asset" else "value"
        kinds = {kind: name} | ({"membership": f"{name}/*"} if (kind, self.field) == ("platform", "sharing") else {})
        return tuple(
            Event(f"lever-{_slug(kind, name, self.field)}-{self.date}", self.date, None, kind, name, self.field,
                  operation, self.value, source="set by hand in the browser") for kind, name in kinds.items()
        )  # fmt: skip

    def __str__(self) -> str:
        return f"{self.target}.{self.field}@{self.date}={self.value:g}"


def _slug(*words: str) -> str:
    return "-".join(words).replace("*", "all").replace("/", "-").replace("_", "-").lower()


@dataclass(frozen=True)
class Settings:
    """All that the page can be set to.

    Attributes
    ----------
    scenario, other
        Names of the first and of the second world's scenario; the second is empty where there is one world.
    fork
        Day on which the second world parts from the first.
    year
        The page begins with its first week.
    weeks, speed
        Weeks a frame, frames a second.
    date
        Where the run is (None: at the beginning).
    moves
        Levers that were set, in the order of their days; with two worlds they act on the second.
    """

    scenario: str = "as-it-happened"
    other: str = ""
    fork: dt.date = dt.date(2011, 5, 9)
    seed: int = 1
    organisations: int = 150
    year: int = 2004
    weeks: int = 1
    speed: int = 12
    view: View = "one"
    date: dt.date | None = None
    moves: tuple[Move, ...] = field(default=())

    def with_move(self, move: Move) -> Settings:
        """Add a lever; one of the same day and field is replaced."""
        key = (move.target, move.field, move.date)
        kept = [m for m in self.moves if (m.target, m.field, m.date) != key]
        return replace(self, moves=tuple(sorted([*kept, move], key=lambda m: m.date)))

    def address(self) -> str:
        """Query of the address that leads here again; what is usual is left out."""
        usual = Settings()
        pairs = [(name, str(getattr(self, name))) for name in
                 ("scenario", "other", "seed", "organisations", "year", "weeks", "speed", "view")
                 if getattr(self, name) != getattr(usual, name)]  # fmt: skip
        if self.other and self.fork != usual.fork:
            pairs.append(("fork", self.fork.isoformat()))
        if self.date is not None:
            pairs.append(("date", self.date.isoformat()))
        pairs += [("lever", str(move)) for move in self.moves]
        return urlencode(pairs, safe=":,@=.*/")


def unreadable_scenarios() -> list[str]:
    """What is wrong with TOML files of the working directory that cannot be read, and so are in no list."""
    found = []
    for path in sorted(Path().glob("*.toml")):
        try:
            read_toml(path)
        except InputError as error:
            found.append(str(error))
    return found


def scenario_titles() -> list[list[str]]:
    """Names and titles of all scenarios that can be chosen, as they lie there now."""
    return [[str(row["name"]), str(row["title"])] for row in list_scenarios().to_dict("records")]


def scenario_names() -> list[str]:
    """Names of all scenarios that can be chosen."""
    return [name for name, _ in scenario_titles()]


def read_address(query: str, scenarios: Sequence[str]) -> tuple[Settings, list[str]]:
    """Settings of an address, and what was wrong with it in words."""
    found, notes = parse_qs(query.removeprefix("?"), keep_blank_values=True), list[str]()
    values: dict[str, Any] = {}
    for name, texts in found.items():
        if name == "lever":
            values["moves"] = tuple(sorted(_moves(texts, notes), key=lambda move: move.date))
            continue
        try:
            values[name] = _value(name, texts[-1], scenarios)
        except InputError as error:
            notes.append(str(error))
    settings = replace(Settings(), **values)
    if settings.view != "one" and not settings.other:
        notes.append("address: a view of two worlds needs another scenario (other=...); one world is shown")
        settings = replace(settings, view="one")
    if settings.other and settings.view == "one":
        settings = replace(settings, view="side")
    return settings, notes


def _value(name: str, text: str, scenarios: Sequence[str]) -> Any:
    if name in ("scenario", "other"):
        if text in scenarios or (name == "other" and not text):
            return text
        near = closest(text, list(scenarios))
        raise InputError("there is no such scenario", field=name, value=text, allowed="a name of `run.py scenarios`",
                         remedy=f"did you mean {near!r}?" if near else "choose one of the list")  # fmt: skip
    if name in LIMITS:
        return whole(name, text)
    if name in ("fork", "date"):
        return day_of(name, text)
    if name == "view":
        if text in VIEWS:
            return text
        raise InputError("there is no such view", field=name, value=text, allowed=", ".join(VIEWS),
                         remedy="choose one of these")  # fmt: skip
    raise InputError("an address has no such part", field=name, value=text,
                     allowed="scenario, other, fork, seed, organisations, year, weeks, speed, view, date, lever",
                     remedy="remove it")  # fmt: skip


def whole(name: str, value: Any) -> int:
    """Check a number of the page; raises InputError outside its limits."""
    text = str(value)
    low, high = LIMITS[name]
    try:
        number = int(text)
    except ValueError:
        number = low - 1
    if not low <= number <= high:
        raise InputError("not a number that fits", field=name, value=text or "nothing",
                         allowed=f"a whole number from {low} to {high}", remedy="choose one in that range")  # fmt: skip
    return number


def day_of(name: str, value: Any) -> dt.date:
    """Monday of the week that a text names; raises InputError outside the tables.

    A run may stand at the end of the tables, a lever or a parting of worlds has to come before.
    """
    text = str(value)
    day = calendar.monday(calendar.week_of(text))
    if day > calendar.monday(calendar.first_week(calendar.LAST_YEAR + 1) - (name != "date")):
        raise InputError("after the tables end", field=name, value=text, allowed="a day up to the end of 2023",
                         remedy="choose an earlier day")  # fmt: skip
    return day


def _moves(texts: Sequence[str], notes: list[str]) -> list[Move]:
    found = []
    for text in texts[:MOST_MOVES]:
        try:
            found.append(read_move(text))
        except InputError as error:
            notes.append(str(error))
    return found


def read_move(text: str) -> Move:
    """Read ``target.field@day=value``; raises InputError that names what is wrong."""
    head, _, amount = text.rpartition("=")
    path, _, day = head.rpartition("@")
    target, _, column = path.rpartition(".")
    try:
        value = float(amount)
    except ValueError:
        value = float("nan")
    if not (target and column and day) or value != value:
        raise InputError("not a lever", field="lever", value=text, allowed="target.field@day=value",
                         remedy="as measure:maoc-n.dose@2012-01-02=0.8")  # fmt: skip
    return make_move({"target": target, "field": column, "value": value}, day_of("lever", day))


def make_move(content: Mapping[str, Any], day: dt.date) -> Move:
    """Check a lever against what events may change."""
    target, column = str(content.get("target", "")), str(content.get("field", ""))
    kind = target.partition(":")[0]
    bounds = event_field(kind, column)
    if bounds is None:
        raise InputError("no lever can change this", field="lever", value=f"{target}.{column}",
                         allowed=", ".join(fields_of(kind)) or "a target that exists",
                         remedy="choose one of these")  # fmt: skip
    value = float(content["value"])
    if not bounds.low <= value <= bounds.high:
        raise InputError("outside its bounds", field=f"{target}.{column}", value=value, allowed=bounds.allowed,
                         remedy="choose a value in that range")  # fmt: skip
    names = load_world().names
    if kind in names and not expand(kind, target.partition(":")[2], names):
        raise InputError("no lever can change this", field="lever", value=target, allowed=f"a {kind} that exists",
                         remedy="see `run.py scenarios` and docs/data.md for names")  # fmt: skip
    return Move(target, column, value, day)
