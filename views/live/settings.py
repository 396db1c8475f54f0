"""What an address says about the page: scenario, seed, date, levers and view, read with care and written back.

A part of an address that makes no sense is left out with a message in words; the rest is used.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import attrgetter
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import parse_qs, urlencode

from model import calendar, load_world
from model.errors import InputError, suggest
from model.files import read_toml
from model.scenario.events import Event, event_field, expand, fields_of
from model.scenario.files import list_scenarios
from views.cli.options import refuse

type View = Literal["one", "side", "difference"]
VIEWS: Final[tuple[View, ...]] = ("one", "side", "difference")
LIMITS: Final = {
    "seed": (0, 2**31 - 1),
    "organisations": (10, 5000),
    "weeks": (1, 52),
    "speed": (1, 30),
    "year": (2000, 2023),
}
"""Least and most of every number; `speed` is in frames a second, `year` the one at whose start the page begins."""
MOST_MOVES: Final = 200
LEVER: Final = re.compile(
    r"(?P<target>.+)\.(?P<field>[^.@]+)@(?P<day>[^@=]+)=(?P<value>[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?)", re.IGNORECASE
)
"""A lever in an address: ``target.field@day=value``."""
PARTS: Final = ("scenario", "other", "seed", "organisations", "year", "weeks", "speed", "view", "fork", "date")
"""Parts of an address, beside levers."""
ALONE: Final = "a view of two worlds needs another scenario"


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
        kinds = {kind: name} | ({"membership": f"{name}/*"} if (kind, self.field) == ("platform", "sharing") else {})
        return tuple(
            Event(
                f"lever-{_slug(kind, name, self.field)}-{self.date}",
                self.date,
                None,
                kind,
                name,
                self.field,
                "multiply" if kind == "asset" else "value",
                self.value,
                source="set by hand in the browser",
            )
            for kind, name in kinds.items()
        )

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
        same = attrgetter("target", "field", "date")
        moves = [*(m for m in self.moves if same(m) != same(move)), move]
        return replace(self, moves=tuple(sorted(moves, key=attrgetter("date"))))

    def changed(self, name: str, value: Any, scenarios: Sequence[str]) -> Settings:
        """One part changed, and those that depend on it brought in line; raises InputError."""
        changes = {name: read_part(name, str(value), scenarios)}
        if name == "year":
            changes["date"] = None
        elif name == "view" and value == "one":
            changes["other"] = ""
        elif name == "view" and not self.other:
            refuse(ALONE, name, value, "one", "choose another scenario first")
        elif name == "other":
            changes["view"] = "one" if not value else "side" if self.view == "one" else self.view
        return replace(self, **changes)

    def address(self) -> str:
        """Query of the address that leads here again; what is usual is left out."""
        usual = Settings() if self.other else Settings(fork=self.fork)
        pairs = [(name, str(getattr(self, name))) for name in PARTS if getattr(self, name) != getattr(usual, name)]
        return urlencode([*pairs, *(("lever", str(move)) for move in self.moves)], safe=":,@=.*/")


def unreadable_scenarios() -> list[str]:
    """What is wrong with TOML files of the working directory that cannot be read, and so are in no list."""
    notes: list[str] = []
    for path in sorted(Path().glob("*.toml")):
        _tried(notes, read_toml, path)
    return notes


def scenario_titles() -> list[list[str]]:
    """Names and titles of all scenarios that can be chosen, as they lie there now."""
    return [[str(name), str(title)] for name, title in list_scenarios()[["name", "title"]].to_numpy()]


def scenario_names() -> list[str]:
    """Names of all scenarios that can be chosen."""
    return [name for name, _ in scenario_titles()]


def read_address(query: str, scenarios: Sequence[str]) -> tuple[Settings, list[str]]:
    """Settings of an address, and what was wrong with it in words."""
    found, notes = parse_qs(query.removeprefix("?"), keep_blank_values=True), list[str]()
    moves = [move for text in found.pop("lever", [])[:MOST_MOVES] for move in _tried(notes, read_move, text)]
    values = {
        name: value for name, texts in found.items() for value in _tried(notes, read_part, name, texts[-1], scenarios)
    }
    settings = Settings(**values, moves=tuple(sorted(moves, key=attrgetter("date"))))
    if settings.view != "one" and not settings.other:
        notes.append(f"address: {ALONE} (other=...); one world is shown")
        settings = replace(settings, view="one")
    if settings.other and settings.view == "one":
        settings = replace(settings, view="side")
    return settings, notes


def _tried[**P, V](notes: list[str], read: Callable[P, V], *given: P.args, **options: P.kwargs) -> list[V]:
    """What is read, or nothing and a note that says what is wrong."""
    try:
        return [read(*given, **options)]
    except InputError as error:
        notes.append(str(error))
        return []


def read_part(name: str, text: str, scenarios: Sequence[str]) -> Any:
    """Value of a part of an address; raises InputError that names what is allowed."""
    if name in LIMITS:
        return whole(name, text)
    if name in ("fork", "date"):
        return day_of(name, text)
    if name not in PARTS:
        refuse("an address has no such part", name, text, f"{', '.join(PARTS)}, lever", "remove it")
    known = VIEWS if name == "view" else scenarios
    if text not in known and (text or name != "other"):
        what, allowed = ("view", ", ".join(VIEWS)) if name == "view" else ("scenario", "a name of `run.py scenarios`")
        refuse(f"there is no such {what}", name, text, allowed, suggest(text, known, "choose one of the list"))
    return text


def whole(name: str, value: Any) -> int:
    """Check a number of the page; raises InputError outside its limits."""
    low, high = LIMITS[name]
    try:
        number = int(str(value))
    except ValueError:
        number = low - 1
    if not low <= number <= high:
        refuse(
            "not a number that fits",
            name,
            str(value) or "nothing",
            f"a whole number from {low} to {high}",
            "choose one in that range",
        )
    return number


def day_of(name: str, value: Any) -> dt.date:
    """Monday of the week that a text names; raises InputError outside the tables.

    A run may stand at the end of the tables, a lever or a parting of worlds has to come before.
    """
    day = calendar.monday(calendar.week_of(str(value)))
    if day > calendar.monday(calendar.first_week(calendar.LAST_YEAR + 1) - (name != "date")):
        refuse("after the tables end", name, str(value), "a day up to the end of 2023", "choose an earlier day")
    return day


def read_move(text: str) -> Move:
    """Read ``target.field@day=value``; raises InputError that names what is wrong."""
    found = LEVER.fullmatch(text)
    if not found:
        refuse("not a lever", "lever", text, "target.field@day=value", "as measure:maoc-n.dose@2012-01-02=0.8")
    return make_move(found.groupdict(), day_of("lever", found["day"]))


def make_move(content: Mapping[str, Any], day: dt.date) -> Move:
    """Check a lever against what events may change; raises InputError."""
    target, column = str(content.get("target", "")), str(content.get("field", ""))
    kind, _, name = target.partition(":")
    bounds = event_field(kind, column)
    if bounds is None:
        allowed = ", ".join(fields_of(kind)) or "a target that exists"
        refuse("no lever can change this", "lever", f"{target}.{column}", allowed, "choose one of these")
    value = float(content["value"])
    if not bounds.low <= value <= bounds.high:
        refuse("outside its bounds", f"{target}.{column}", value, bounds.allowed, "choose a value in that range")
    names = load_world().names
    if kind in names and not expand(kind, name, names):
        refuse(
            "no lever can change this",
            "lever",
            target,
            f"a {kind} that exists",
            "see `run.py scenarios` and docs/data.md for names",
        )
    return Move(target, column, value, day)
