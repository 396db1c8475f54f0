"""A scenario: parameter values and dated events over a stretch of history, read from TOML.

The file says only what differs from its `base`::

    title = "Paris package"
    description = "What the ministers agreed in May 2011, carried out."
    base = "as-it-happened"
    drop = ["covid"]                      # events of the base that do not happen here

    [parameters]
    sharing_scale = 1.5

    [[events]]
    id = "gnb-joins-maoc"
    date = 2011-09-01
    target = "membership:maoc-n/GNB"      # kind:name
    field = "active"
    value = 1                             # or add = ..., or multiply = ...
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Self

from model.errors import InputError, closest
from model.parameter_fields import changed_values, check_values, try_values
from model.parameters import Parameters
from model.scenario.events import FIRST_DAY, LAST_DAY, Event, Names, event_field, expand, fields_of
from model.scenario.files import find_scenario, is_file, list_scenarios, read_toml, to_toml
from model.scenario.reading import Problems, read_date, read_event
from model.summary import Summary

__all__ = ["Scenario", "difference", "effects_before", "list_scenarios"]

TEXTS = ("title", "description", "base")
DATES = ("start", "end", "scored_from", "fork")
STUDY_FIELDS = {"scenarios", "levers", "design", "outcomes", "replications"}
"""Fields by which a file is known for a study."""
FIELDS = (*TEXTS, *DATES, "sources", "drop", "parameters", "events")
MOST_BASES = 50
"""Scenarios that may build on one another; each takes some levels of the interpreter's stack."""


@dataclass(frozen=True, repr=False)
class Scenario(Summary):
    """What a run is asked to do. Immutable; `with_parameters` makes a changed copy.

    `bases` names the scenarios it builds on, nearest first. Outcomes count from `scored_from` on; `fork` is the day on
    which it parts from the history it shares with others. `events` are sorted by date, then id.
    """

    name: str
    title: str
    description: str
    start: date
    end: date
    scored_from: date
    fork: date | None
    parameters: Parameters
    events: tuple[Event, ...]
    sources: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()
    file: str = ""

    # --- making ---------------------------------------------------------------------------------------------------

    @classmethod
    def load(cls, name_or_path: str | os.PathLike[str], names: Names | None = None) -> Self:
        """Read a scenario by name or path; see `model.scenario.files` for where names are looked for.

        `names` gives the valid names of each kind of target (see `check`); without it they are not checked.

        Raises
        ------
        InputError
            Lists everything that is wrong with the file.
        """
        scenario = cls._read(find_scenario(name_or_path), ())
        if names is not None:
            scenario.check(names)
        return scenario

    @classmethod
    def from_dict(cls, document: Mapping[str, Any], name: str = "unnamed", names: Names | None = None) -> Self:
        """Make a scenario of what a TOML file would hold; raises InputError as `load` does."""
        scenario = cls._build(document, name, f"scenario {name!r}", ())
        if names is not None:
            scenario.check(names)
        return scenario

    @classmethod
    def _read(cls, path: Path, chain: tuple[Path, ...]) -> Self:
        return cls._build(read_toml(path), path.stem, str(path), (*chain, path))

    @classmethod
    def _build(cls, document: Mapping[str, Any], name: str, file: str, chain: tuple[Path, ...]) -> Self:
        if STUDY_FIELDS & document.keys():
            raise InputError(
                "this is a study, not a scenario",
                file=file,
                field="kind",
                value=document.get("kind", "compare"),
                allowed=", ".join(FIELDS),
                remedy="uv run run.py study FILE",
            )
        problems = Problems(file)
        _check_fields(document, problems)
        base = cls._base(document, file, chain)
        days = _read_window(document, base, problems)
        parameters = _read_parameters(document, base, problems)
        events = _read_events(document, base, days, problems)
        words = _read_words(document, base, problems)
        problems.raise_if_any()
        bases = (base.name, *base.bases) if base else ()
        return cls(name=name, parameters=parameters, events=events, bases=bases, file=file, **words, **days)

    @classmethod
    def _base(cls, document: Mapping[str, Any], file: str, chain: tuple[Path, ...]) -> Self | None:
        name = document.get("base")
        if not isinstance(name, str):
            return None
        beside = chain[-1].parent / f"{name}.toml" if chain else None
        path = beside if beside and is_file(beside) else find_scenario(name, wanted_by=file, field="base")
        if any(path.resolve() == seen.resolve() for seen in chain):
            circle = " -> ".join([*(seen.stem for seen in chain), path.stem])
            raise InputError(
                "the scenario is its own base",
                file=file,
                field="base",
                value=circle,
                allowed="a base that does not lead back here",
                remedy="change or remove base",
            )
        if len(chain) > MOST_BASES:
            raise InputError(
                "the scenario has too many bases, one behind the other",
                file=file,
                field="base",
                value=name,
                allowed=f"at most {MOST_BASES}",
                remedy="write the events into fewer files",
            )
        return cls._read(path, chain)

    def with_parameters(self, **changes: object) -> Self:
        """Make a copy with other parameter values; raises InputError that lists what is wrong with them."""
        values = {**changed_values(self.parameters), **changes}
        return replace(self, parameters=check_values(Parameters, values, file=f"scenario {self.name!r}"))

    def changed_from(self, day: date, **changes: object) -> Self:
        """Make a copy in which parameters have other values from a day on; raises InputError if they cannot have."""
        values = dict(self.parameters)
        checked = check_values(
            Parameters, {**changed_values(self.parameters), **changes}, file=f"scenario {self.name!r}"
        )
        events = list(self.events)
        for name in changes:
            if event_field("parameter", name) is None:
                raise InputError(
                    "this parameter holds for a whole run",
                    field=name,
                    value=changes[name],
                    allowed="parameters with a number: " + ", ".join(fields_of("parameter")),
                    remedy="build a new model with it",
                )
            amount = float(getattr(checked, name))
            if amount != float(values[name]):
                event = Event(f"{name}-from-{day}", day, None, "parameter", name, name, "value", amount)
                events = [e for e in events if e.id != event.id] + [event]
        return replace(self, events=tuple(sorted(events, key=lambda event: (event.date, event.id))))

    def with_events(self, *events: Event) -> Self:
        """Make a copy with more events; one with the id of another takes its place."""
        kept = {event.id: event for event in (*self.events, *events)}
        return replace(self, events=tuple(sorted(kept.values(), key=lambda event: (event.date, event.id))))

    def without_events(self, *ids: str) -> Self:
        """Make a copy without some events."""
        return replace(self, events=tuple(event for event in self.events if event.id not in ids))

    def facts(self) -> dict[str, Any]:
        """What `repr` shows of a scenario."""
        changed = changed_values(self.parameters)
        days = {"start": self.start, "end": self.end, "fork": self.fork}
        return {"name": self.name, "title": self.title, **days, "events": len(self.events), "parameters": changed}

    # --- asking ---------------------------------------------------------------------------------------------------

    def change_dates(self) -> tuple[date, ...]:
        """Days on which an event begins or ends, in order, without repeats."""
        ends = {event.until for event in self.events if event.until and event.until <= self.end}
        return tuple(sorted({event.date for event in self.events} | ends))

    def in_force(self, day: date) -> tuple[Event, ...]:
        """Events in force on a day, in the order in which they apply: by date, then id."""
        return tuple(event for event in self.events if event.in_force(day))

    def parameters_at(self, day: date) -> Parameters:
        """Parameters on a day, after the events that change parameters."""
        values = dict(self.parameters)
        for event in self.in_force(day):
            if event.kind == "parameter":
                old = values[event.field]
                new = event.apply(float(old))
                values[event.field] = type(old)(round(new)) if isinstance(old, int) else new
        return check_values(Parameters, values, file=f"scenario {self.name!r}")

    def check(self, names: Names) -> None:
        """Compare the targets of all events with the valid names of each kind.

        `names` maps a kind to its names; a mapping name -> table row also allows ``column=value``. Memberships are
        named ``platform/state``. Kinds that `names` leaves out are not checked.

        Raises
        ------
        InputError
            Lists every target that stands for nothing.
        """
        problems = Problems(self.file or f"scenario {self.name!r}")
        for event in self.events:
            if event.kind in names and not expand(event.kind, event.name, names):
                _note_unknown(event, names, problems)
        problems.raise_if_any()

    def identity(self) -> str:
        """Hash of what the scenario does (dates, all parameters, events), not of its words; 64 hex digits."""
        return _hash({**self._course(), "parameters": self.parameters.model_dump(mode="json")})

    def course(self) -> str:
        """The same without parameters: hash of dates and events, which inputs by epoch depend on; 64 hex digits."""
        return _hash(self._course())

    def _course(self) -> dict[str, Any]:
        days = {field: getattr(self, field) for field in DATES}
        return {
            "dates": {field: day.isoformat() if day else None for field, day in days.items()},
            "events": [{"id": event.id, **event.content()} for event in self.events],
        }

    def to_toml(self) -> str:
        """Write the scenario as TOML that stands alone: no base, only parameters that differ from their defaults."""
        words = {"title": self.title, "description": self.description}
        days = {field: getattr(self, field) for field in DATES}
        return to_toml(
            {
                **words,
                **days,
                "sources": self.sources,
                "parameters": changed_values(self.parameters),
                "events": [_event_table(event) for event in self.events],
            }
        )


def _hash(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def difference(a: Scenario, b: Scenario, before: date) -> list[str]:
    """Name what two scenarios do differently before a day: start, parameters, events. Empty when nothing.

    Events are compared by what they do before that day: their id, words, and an end after it do not count, nor do
    events that change nothing (plus 0, times 1).
    """
    found = [] if a.start == b.start else [f"start: {a.start} in {a.name}, {b.start} in {b.name}"]
    for name, value in a.parameters:
        other = getattr(b.parameters, name)
        if value != other:
            found.append(f"parameter {name}: {value} in {a.name}, {other} in {b.name}")
    ours, theirs = effects_before(a, before), effects_before(b, before)
    found += [f"event only in {a.name}: {event}" for key, event in ours.items() if key not in theirs]
    found += [f"event only in {b.name}: {event}" for key, event in theirs.items() if key not in ours]
    return found


def effects_before(scenario: Scenario, before: date) -> dict[str, Event]:
    """What the events of a scenario do before a day: content as JSON -> event; those that change nothing left out."""
    effects = {}
    for event in scenario.events:
        if event.date < before and not event.is_neutral:
            until = event.until if event.until and event.until < before else None
            effects[json.dumps(replace(event, until=until).content(), sort_keys=True)] = event
    return effects


# --- reading the parts --------------------------------------------------------------------------------------------


def _check_fields(document: Mapping[str, Any], problems: Problems) -> None:
    for field, value in document.items():
        if field not in FIELDS:
            near = closest(field, FIELDS)
            problems.add(
                "a scenario has no such field",
                field=field,
                value=value,
                allowed=", ".join(FIELDS),
                remedy=f"did you mean {near!r}?" if near else "remove it, or put it under [parameters]",
            )
    for field in TEXTS:
        if field in document and not isinstance(document[field], str):
            problems.add(
                "this is not text",
                field=field,
                value=document[field],
                allowed="text in quotes",
                remedy="put it in quotes",
            )
    if not str(document.get("title", "")).strip():
        problems.add(
            "a scenario needs a title",
            field="title",
            value=document.get("title"),
            allowed="some words",
            remedy='add title = "..." as the first line',
        )


def _read_words(document: Mapping[str, Any], base: Scenario | None, problems: Problems) -> dict[str, Any]:
    sources = _read_texts(document, "sources", problems)
    inherited = base.sources if base else ()
    return {
        "title": document.get("title"),
        "description": document.get("description", ""),
        "sources": tuple(dict.fromkeys((*inherited, *sources))),
    }


def _read_texts(document: Mapping[str, Any], field: str, problems: Problems) -> list[str]:
    value = document.get(field, [])
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        return list(value)
    problems.add(
        "this is not a list of texts",
        field=field,
        value=value,
        allowed='a list as ["a", "b"]',
        remedy="put it in square brackets, each text in quotes",
    )
    return []


def _read_window(document: Mapping[str, Any], base: Scenario | None, problems: Problems) -> dict[str, Any]:
    days: dict[str, date | None] = {field: getattr(base, field, None) for field in DATES}
    before = len(problems.found)
    for field in DATES:
        if field in document:
            days[field] = read_date(document[field], field, problems)
    _fit_inherited(days, document)
    for field in ("start", "end"):
        if days[field] is None and field not in document:
            problems.add(
                f"a scenario without a base needs its {field}",
                field=field,
                value=None,
                allowed=f"a day from {FIRST_DAY} to {LAST_DAY}",
                remedy='add it, or base = "as-it-happened"',
            )
    if len(problems.found) == before:
        _check_order(days, problems)
    return days


def _fit_inherited(days: dict[str, date | None], document: Mapping[str, Any]) -> None:
    """Keep what the file itself does not set within a start or end that it moves."""
    start, end = days["start"], days["end"]
    for field, otherwise in (("scored_from", start), ("fork", None)):
        day = days[field]
        if field not in document and start and end and not (day and start <= day <= end):
            days[field] = otherwise


def _check_order(days: Mapping[str, date | None], problems: Problems) -> None:
    start, end = days["start"] or FIRST_DAY, days["end"] or LAST_DAY
    data, inside = "the tables hold no data for this day", "this day lies outside the scenario"
    whole = (FIRST_DAY, LAST_DAY)
    checks = {
        "start": (whole, data),
        "end": (whole, data),
        "scored_from": ((start, end), inside),
        "fork": ((start, end), inside),
    }
    if FIRST_DAY <= end < start <= LAST_DAY:
        checks = {"end": ((start, LAST_DAY), "end lies before start")}
    for field, ((low, high), message) in checks.items():
        day = days[field]
        if day and not low <= day <= high:
            problems.add(message, field=field, value=day, allowed=f"{low} to {high}", remedy="take a day within these")


def _read_parameters(document: Mapping[str, Any], base: Scenario | None, problems: Problems) -> Parameters:
    given = document.get("parameters", {})
    inherited = base.parameters if base else Parameters()
    if not isinstance(given, Mapping):
        problems.add(
            "parameters must be a table",
            field="parameters",
            value=given,
            allowed="a [parameters] table",
            remedy="write [parameters] on a line of its own, then name = value",
        )
        return inherited
    made, found = try_values(Parameters, {**changed_values(inherited), **given}, file=problems.file)
    problems.found += found
    return made or inherited


def _read_events(
    document: Mapping[str, Any], base: Scenario | None, days: Mapping[str, date | None], problems: Problems
) -> tuple[Event, ...]:
    start, end = days["start"], days["end"]
    window = (start, end) if start and end and start <= end else None
    events = _inherited(document, base, window, problems)
    given = document.get("events", [])
    if not isinstance(given, Sequence) or isinstance(given, str):
        problems.add(
            "events must be a list of tables",
            field="events",
            value=given,
            allowed="[[events]] tables",
            remedy="head every event with [[events]], in double brackets",
        )
        return ()
    own: set[str] = set()
    for number, entry in enumerate(given, start=1):
        event = read_event(entry, f"events[{number}]", window, problems)
        slug = entry.get("id") if isinstance(entry, Mapping) else None
        if isinstance(slug, str) and slug in own:
            problems.add(
                "two events have the same id",
                field=f"events[{number}].id",
                value=slug,
                allowed="an id used once in the file",
                remedy="rename one of them",
            )
        own |= {slug} if isinstance(slug, str) else set()
        if event:
            events[event.id] = event
    return tuple(sorted(events.values(), key=lambda event: (event.date, event.id)))


def _inherited(
    document: Mapping[str, Any], base: Scenario | None, window: tuple[date, date] | None, problems: Problems
) -> dict[str, Event]:
    """Events of the base less those dropped; cut to the window: what began before it is in force at its start."""
    events = {event.id: event for event in base.events} if base else {}
    dropped = _read_texts(document, "drop", problems)
    for slug in dropped:
        if slug not in events:
            near = closest(slug, events)
            problems.add(
                "the base has no such event to drop",
                field="drop",
                value=slug,
                allowed=", ".join(events) or "nothing: there is no base with events",
                remedy=f"did you mean {near!r}?" if near else "remove it from drop",
            )
    kept = [event for slug, event in events.items() if slug not in dropped]
    if window is None:
        return {event.id: event for event in kept}
    start, end = window
    return {
        event.id: replace(event, date=max(event.date, start))
        for event in kept
        if event.date <= end and (event.until is None or event.until > start)
    }


def _note_unknown(event: Event, names: Names, problems: Problems) -> None:
    known = list(names[event.kind])
    near = closest(event.name, known)
    shown = ", ".join(known[:12]) + (f" and {len(known) - 12} more" if len(known) > 12 else "")
    problems.add(
        f"there is no such {event.kind}",
        field=f"events.{event.id}.target",
        value=event.target,
        allowed=f"{shown or '(none)'}; or a pattern such as {event.kind}:*",
        remedy=f"did you mean '{event.kind}:{near}'?" if near else "take one of these names",
    )


def _event_table(event: Event) -> dict[str, Any]:
    table = {"id": event.id, "date": event.date, "until": event.until, "target": event.target}
    field = None if event.kind == "parameter" else event.field
    words = {"source": event.source or None, "confidence": event.confidence, "note": event.note or None}
    return {**table, "field": field, event.operation: event.amount, **words}
