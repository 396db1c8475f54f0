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

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Self

from model.errors import InputError, some_of, suggest
from model.files import is_file, read_toml, to_toml
from model.parameter_fields import changed_values, check_values, try_values
from model.parameters import Parameters
from model.scenario.events import FIRST_DAY, LAST_DAY, Event, Names, event_field, expand, fields_of, in_order
from model.scenario.files import find_scenario, list_scenarios
from model.scenario.reading import ScenarioFile, not_to_drop, out_of_order, read_event, used_twice
from model.summary import Summary
from model.toml_fields import try_part

__all__ = ["Scenario", "difference", "effects_before", "list_scenarios"]

DATES = ("start", "end", "scored_from", "fork")
STUDY_FIELDS = {"scenarios", "levers", "design", "outcomes", "replications"}
"""Fields by which a file is known for a study."""
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
        return cls._read(find_scenario(name_or_path), (), names)

    @classmethod
    def from_dict(cls, document: Mapping[str, Any], name: str = "unnamed", names: Names | None = None) -> Self:
        """Make a scenario of what a TOML file would hold; raises InputError as `load` does."""
        return cls._build(document, name, f"scenario {name!r}", (), names)

    @classmethod
    def _read(cls, path: Path, chain: tuple[Path, ...], names: Names | None = None) -> Self:
        return cls._build(read_toml(path), path.stem, str(path), (*chain, path), names)

    @classmethod
    def _build(
        cls, document: Mapping[str, Any], name: str, file: str, chain: tuple[Path, ...], names: Names | None
    ) -> Self:
        if STUDY_FIELDS & document.keys():
            raise InputError(
                "this is a study, not a scenario",
                file=file,
                field="kind",
                value=document.get("kind", "compare"),
                allowed=", ".join(ScenarioFile.model_fields),
                remedy="uv run run.py study FILE",
            )
        given, problems = try_part(ScenarioFile, document)
        base = cls._read(_base_path(given.base, file, chain), chain) if given.base is not None else None
        days = _read_window(given, document, base, problems)
        inherited = base.parameters if base else Parameters()
        parameters, found = try_values(Parameters, {**changed_values(inherited), **given.parameters})
        problems += found
        events = _read_events(given, base, days, problems)
        if problems:
            raise InputError.collect(problems).in_file(file)
        made = cls(
            name=name,
            title=given.title,
            description=given.description,
            file=file,
            parameters=parameters or inherited,
            events=events,
            sources=tuple(dict.fromkeys((*(base.sources if base else ()), *given.sources))),
            bases=(base.name, *base.bases) if base else (),
            **days,
        )
        made.check(names or {})
        return made

    def with_parameters(self, **changes: object) -> Self:
        """Make a copy with other parameter values; raises InputError that lists what is wrong with them."""
        return replace(
            self, parameters=check_values(Parameters, {**changed_values(self.parameters), **changes}, file=self._where)
        )

    def changed_from(self, day: date, **changes: object) -> Self:
        """Make a copy in which parameters have other values from a day on; raises InputError if they cannot have."""
        checked = self.with_parameters(**changes).parameters
        for name in changes:
            if event_field("parameter", name) is None:
                raise InputError(
                    "this parameter holds for a whole run",
                    field=name,
                    value=changes[name],
                    allowed="parameters with a number: " + ", ".join(fields_of("parameter")),
                    remedy="build a new model with it",
                )
        return self.with_events(
            *(
                Event(f"{name}-from-{day}", day, None, "parameter", name, name, "value", float(getattr(checked, name)))
                for name in changes
                if float(getattr(checked, name)) != float(getattr(self.parameters, name))
            )
        )

    def with_events(self, *events: Event) -> Self:
        """Make a copy with more events; one with the id of another takes its place."""
        return replace(self, events=in_order({event.id: event for event in (*self.events, *events)}.values()))

    def without_events(self, *ids: str) -> Self:
        """Make a copy without some events."""
        return replace(self, events=tuple(event for event in self.events if event.id not in ids))

    def facts(self) -> dict[str, Any]:
        """What `repr` shows of a scenario."""
        return {
            **{name: getattr(self, name) for name in ("name", "title", "start", "end", "fork")},
            "events": len(self.events),
            "parameters": changed_values(self.parameters),
        }

    @property
    def _where(self) -> str:
        """Its file, or its name where it has none, for messages."""
        return self.file or f"scenario {self.name!r}"

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
                old, new = values[event.field], event.apply(float(values[event.field]))
                values[event.field] = type(old)(round(new)) if isinstance(old, int) else new
        return check_values(Parameters, values, file=self._where)

    def check(self, names: Names) -> None:
        """Compare the targets of all events with the valid names of each kind.

        `names` maps a kind to its names; a mapping name -> table row also allows ``column=value``. Memberships are
        named ``platform/state``. Kinds that `names` leaves out are not checked.

        Raises
        ------
        InputError
            Lists every target that stands for nothing.
        """
        unknown = [
            InputError(
                f"there is no such {event.kind}",
                field=f"events.{event.id}.target",
                value=event.target,
                allowed=f"{some_of(names[event.kind]) or '(none)'}; or a pattern such as {event.kind}:*",
                remedy=suggest(event.name, names[event.kind], "take one of these names", f"'{event.kind}:{{}}'"),
            )
            for event in self.events
            if event.kind in names and not expand(event.kind, event.name, names)
        ]
        if unknown:
            raise InputError.collect(unknown).in_file(self._where)

    def identity(self) -> str:
        """Hash of what the scenario does (dates, all parameters, events), not of its words; 64 hex digits."""
        return _hash({**self._course(), "parameters": self.parameters.model_dump(mode="json")})

    def course(self) -> str:
        """The same without parameters: hash of dates and events, which inputs by epoch depend on; 64 hex digits."""
        return _hash(self._course())

    def _course(self) -> dict[str, Any]:
        return {
            "dates": {field: day.isoformat() if (day := getattr(self, field)) else None for field in DATES},
            "events": [{"id": event.id, **event.content()} for event in self.events],
        }

    def to_toml(self) -> str:
        """Write the scenario as TOML that stands alone: no base, only parameters that differ from their defaults."""
        return to_toml(
            {
                **{field: getattr(self, field) for field in ("title", "description", *DATES, "sources")},
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
    said = [("start", a.start, b.start)]
    said += [(f"parameter {name}", value, getattr(b.parameters, name)) for name, value in a.parameters]
    ours, theirs = effects_before(a, before), effects_before(b, before)
    return [
        *(f"{what}: {x} in {a.name}, {y} in {b.name}" for what, x, y in said if x != y),
        *(f"event only in {a.name}: {event}" for key, event in ours.items() if key not in theirs),
        *(f"event only in {b.name}: {event}" for key, event in theirs.items() if key not in ours),
    ]


def effects_before(scenario: Scenario, before: date) -> dict[str, Event]:
    """What the events of a scenario do before a day: content as JSON -> event; those that change nothing left out."""
    pairs = (
        (replace(event, until=event.until if event.until and event.until < before else None), event)
        for event in scenario.events
        if event.date < before and not event.is_neutral
    )
    return {json.dumps(cut.content(), sort_keys=True): event for cut, event in pairs}


# --- reading the parts --------------------------------------------------------------------------------------------


def _base_path(name: str, file: str, chain: tuple[Path, ...]) -> Path:
    """File of the base that a scenario names: beside it, or where scenarios are looked for."""
    beside = chain[-1].parent / f"{name}.toml" if chain else None
    path = beside if beside and is_file(beside) else find_scenario(name, wanted_by=file, field="base")
    if any(path.resolve() == seen.resolve() for seen in chain):
        raise InputError(
            "the scenario is its own base",
            file=file,
            field="base",
            value=" -> ".join([*(seen.stem for seen in chain), path.stem]),
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
    return path


def _read_window(
    given: ScenarioFile, document: Mapping[str, Any], base: Scenario | None, problems: list[InputError]
) -> dict[str, Any]:
    days = {field: getattr(given if field in document else base, field, None) for field in DATES}
    start, end = days["start"], days["end"]
    # what the file itself does not set is kept within a start or end that it moves
    for field, otherwise in (("scored_from", start), ("fork", None)):
        if field not in document and start and end and not start <= (days[field] or date.min) <= end:
            days[field] = otherwise
    problems += [
        InputError(
            f"a scenario without a base needs its {field}",
            field=field,
            allowed=f"a day from {FIRST_DAY} to {LAST_DAY}",
            remedy='add it, or base = "as-it-happened"',
        )
        for field in ("start", "end")
        if days[field] is None and field not in document
    ]
    if not {problem.field for problem in problems} & set(DATES):
        problems += out_of_order(days)
    return days


def _read_events(
    given: ScenarioFile, base: Scenario | None, days: Mapping[str, Any], problems: list[InputError]
) -> tuple[Event, ...]:
    start, end = days["start"], days["end"]
    first, last = (start, end) if start and end and start <= end else (date.min, date.max)
    kept = {event.id: event for event in base.events} if base else {}
    problems += not_to_drop(given.drop, kept)
    # what began before the window and has not ended is in force at its start
    events = {
        name: replace(event, date=max(event.date, first))
        for name, event in kept.items()
        if event.date <= last and (event.until is None or event.until > first) and name not in given.drop
    }
    for number, entry in enumerate(given.events, start=1):
        event, found = read_event(entry, number, (first, last))
        problems += [*found, *used_twice(given.events, number)]
        events |= {event.id: event} if event else {}
    return in_order(events.values())


def _event_table(event: Event) -> dict[str, Any]:
    return {
        **{name: getattr(event, name) for name in ("id", "date", "until", "target")},
        "field": None if event.kind == "parameter" else event.field,
        event.operation: event.amount,
        **{name: getattr(event, name) or None for name in ("source", "confidence", "note")},
    }
