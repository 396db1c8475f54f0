"""A study: a question, the scenarios and factors it varies, the seeds it repeats them with, and what is read off.

A study is a TOML file that anyone can run again::

    title = "How much does sharing matter?"
    question = "What lands in Europe when states share nothing, everything, or anything between?"
    kind = "sweep"                       # compare, sweep, screening, sobol, attribution, search, headline
    scenarios = ["as-it-happened", "no-maritime-platforms"]
    fork = 2011-05-10                    # one history up to here, shared by all
    window = [2013, 2022]                # years over which outcomes are taken
    replications = 20

    [design]
    method = "grid"                      # grid, lhs, sobol, saltelli, morris, one-at-a-time, csv
    steps = 21

    [[levers]]
    name = "cooperation"
    target = "platform:*"
    field = "sharing"
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from experiments.analysis.attribution import PERMUTATIONS, coalition_names
from experiments.analysis.outcomes import OUTCOMES
from experiments.design import designs as design
from experiments.design.factors import Factor, Role, apply_all, check_together, read_factor
from experiments.ensemble import provenance
from experiments.study_file import (
    KINDS,
    LEVELS,
    MOST_REPLICATIONS,
    AttributionEntry,
    HeadlineStudy,
    SearchEntry,
    StudyFile,
    read_design,
    read_study,
)
from model import Scenario, calendar, load_world
from model.errors import InputError, closest
from model.files import is_file, read_toml
from model.results_version import RESULTS_VERSION
from model.route_model import LARGEST_SEED, check_numbers
from model.scenario.events import PARAMETER_ROWS, Event
from model.summary import Summary
from model.toml_fields import read_part
from model.world import World

if TYPE_CHECKING:
    from experiments.calibration.posterior import Posterior

__all__ = ["KINDS", "LEVELS", "Arm", "Study", "find_study", "list_studies"]

STUDIES: Final = Path(__file__).resolve().parent / "studies"
USUAL_OUTCOMES: Final = (
    "arrived_europe_kg", "consumed_europe_kg", "price_europe", "expected_seized_kg", "seized_kg", "west_africa_kg",
    "corruption", "known_share", "dispatched_kg", "moved_kg", "act_rate", "sea_moved_kg", "cued_kg",
    "acted_kg", "boarded_expected_kg", "shore_removed_kg", "seized_eu_bulk_kg",
)  # fmt: skip
SUPPLY, COALITION = "supply_answer", "coalition"
OWN_SEEDS: Final = 1_000_003
"""Distance between the seeds of two points where points do not share them."""
MOST_RUNS: Final = 1_000_000
"""Runs that a study may plan without being told that so many are wanted."""
METHOD_OF: Final = {"screening": "morris", "sobol": "saltelli"}
"""The design that the analysis of a kind needs."""
PAIRED: Final = ("compare", "headline", "attribution", "search")
"""Kinds that compare runs of the same seed."""


@dataclass(frozen=True, repr=False)
class Arm(Summary):
    """A scenario that is run with some seeds: a point of the study, or a point with one set of the posterior."""

    point: int
    scenario: Scenario
    seeds: tuple[int, ...]
    record: str

    def facts(self) -> dict[str, Any]:
        """What `repr` shows of an arm."""
        seeds = f"{len(self.seeds)} from {self.seeds[0]}" if self.seeds else "none"
        return {"point": self.point, "scenario": self.scenario.name, "seeds": seeds, "record": self.record}


@dataclass(frozen=True, repr=False)
class Study(Summary):
    """What is asked; see the module for the file it is read from. Immutable; `with_` makes a changed copy."""

    name: str
    title: str
    question: str
    kind: str
    scenarios: tuple[str, ...]
    baseline: str
    fork: date | None
    window: tuple[int, int]
    seeds: tuple[int, ...]
    organisations: int
    outcomes: tuple[str, ...]
    record: str
    supply: tuple[float, ...]
    method: str
    options: Mapping[str, Any]
    factors: tuple[Factor, ...]
    common_seeds: bool = True
    swept: tuple[str, ...] = ()
    points: pd.DataFrame | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    file: str = ""
    tables: Path | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    """Scenarios that were given by the path of a file: name -> path as it was given."""
    over: str = ""
    """Structure whose posterior gives each seed a parameter set; the same set with the same seed in every arm."""
    large: bool = False
    """Whether the study may plan more runs than `MOST_RUNS`."""

    # --- making ---------------------------------------------------------------------------------------------------

    @classmethod
    def load(cls, name_or_path: str | Path) -> Study:
        """Read a study by name (`experiments/studies`) or path; raises InputError."""
        path = find_study(name_or_path)
        return cls.from_dict(read_toml(path), path.stem, str(path))

    @classmethod
    def from_dict(cls, document: Mapping[str, Any], name: str = "unnamed", file: str = "") -> Study:
        """Make a study of what a file would hold; raises InputError that names what is wrong."""
        try:
            return _read(cls, document, name, file)
        except InputError as error:
            raise error.in_file(file or f"study {name!r}") from None

    def with_(self, **changes: Any) -> Study:
        """Make a copy with other fields; `replications` and `seed` set the seeds."""
        replications, seed = changes.pop("replications", None), changes.pop("seed", None)
        if replications is not None or seed is not None:
            count = len(self.seeds) if replications is None else replications
            changes["seeds"] = _seeds(self.seeds[0] if seed is None else seed, count)
        if "over" in changes:
            changes["over"] = posterior_name(changes["over"])
        if "record" in changes:
            _one_of("record", str(changes["record"]), LEVELS)
        made = replace(self, **changes)
        check_numbers(made.seeds[0], made.organisations, "summary")
        return made

    def scenario(self, name: str) -> Scenario:
        """One of its scenarios, by name, before any factor changes it."""
        return Scenario.load(self.files.get(name, name))

    def facts(self) -> dict[str, Any]:
        """What `repr` shows of a study."""
        return {
            "name": self.name,
            "kind": self.kind,
            "scenarios": ", ".join(self.scenarios),
            "factors": ", ".join(factor.name for factor in self.factors),
            "replications": len(self.seeds),
            "window": f"{self.window[0]} to {self.window[1]}",
            "outcomes": len(self.outcomes),
        }

    def run_of(self, name: str) -> Scenario:
        """One of its scenarios as it is run: up to the last year that is read, in the structure of its posterior."""
        scenario = self._shortened(self.scenario(name))
        return scenario.with_parameters(**self.posterior.settings) if self.posterior is not None else scenario

    # --- the table of experiments ---------------------------------------------------------------------------------

    @cached_property
    def world(self) -> World:
        """The tables that it runs on."""
        return provenance.read_world(self.tables, self.origin.data)

    @cached_property
    def origin(self) -> provenance.Origin:
        """The sources and tables that it is planned with."""
        return provenance.origin(self.tables)

    @cached_property
    def table(self) -> pd.DataFrame:
        """A row for each point: scenario, answer of supply where there are several, and a column for each factor.

        Where `swept` names scenarios, levers act in those only, and the others run as they are.
        """
        plain = pd.DataFrame({"scenario": list(self.scenarios)})
        self._check_size(self._points())
        if len(self.supply) > 1:
            plain = plain.merge(pd.DataFrame({SUPPLY: list(self.supply)}), how="cross")
        if self.points is not None:
            rows = plain.merge(self.points.reset_index(drop=True), how="cross")
        elif self.kind == "attribution":
            rows = plain.merge(pd.DataFrame({COALITION: self._coalitions}), how="cross")
        elif not self.factors:
            rows = plain
        else:
            design_rows = self._design
            if self.swept:
                swept = pd.DataFrame({"scenario": list(self.swept)}).merge(design_rows, how="cross")
                rows = pd.concat([plain.assign(part="packages"), swept.assign(part="sweep")], ignore_index=True)
            else:
                rows = plain.merge(design_rows, how="cross")
        return rows.rename_axis("point").reset_index()

    @cached_property
    def _design(self) -> pd.DataFrame:
        """The points of the factors."""
        folder = Path(self.file).parent if self.file else None
        return design.make(self.method, self.factors, dict(self.options), folder).reset_index(drop=True)

    @property
    def design_note(self) -> str:
        """What is said of a design whose equal points are kept once; "" of others."""
        if self.points is not None or not self.factors or self.kind in ("attribution", "search"):
            return ""
        return design.note_of(self.method, dict(self.options), len(self._design))

    def _points(self) -> int:
        """Points that the table will have."""
        plain = len(self.scenarios) * max(len(self.supply), 1)
        if self.points is not None:
            return plain * len(self.points)
        if self.kind == "attribution":
            return plain * len(self._coalitions)
        if not self.factors:
            return plain
        return plain + len(self.swept) * len(self._design) if self.swept else plain * len(self._design)

    def _check_size(self, points: int) -> None:
        own_seed = self.points is not None and "seed" in self.points
        runs = points if own_seed else points * len(self.seeds)
        if runs > MOST_RUNS and not self.large:
            raise InputError(
                "the plan is very large",
                file=self.file or None,
                field="runs",
                value=runs,
                allowed=f"at most {MOST_RUNS:,} runs: {points:,} points with {len(self.seeds):,} seeds",
                remedy="take fewer points or replications; to run all of them, add --large, or from "
                "Python with_(large=True)",
            )

    @cached_property
    def _coalitions(self) -> list[str]:
        return coalition_names(list(self.players), self.extra.get("attribution", {}))

    @property
    def permutations(self) -> int:
        """Orders of joining that an attribution samples where there are too many coalitions."""
        return int(self.extra.get("attribution", {}).get("permutations", PERMUTATIONS))

    @cached_property
    def players(self) -> dict[str, str]:
        """Who shares the credit in an attribution: name -> target, a platform or the memberships of a state."""
        given = self.extra.get("attribution", {}).get("players", [])
        over = str(self.extra.get("attribution", {}).get("over", "platforms"))
        return {str(p): f"platform:{p}" if over == "platforms" else f"membership:*/{p}" for p in given}

    @cached_property
    def arms(self) -> tuple[Arm, ...]:
        """The scenario of every point.

        Raises
        ------
        InputError
            If a point makes a scenario that cannot be.
        """
        bases = {name: self.scenario(name) for name in (*self.scenarios, *self.swept)}
        factors = {factor.name: factor for factor in self.factors}
        made = []
        records: list[Any] = self.table.to_dict("records")
        for row in records:
            point = int(row["point"])
            seeds = (int(row["seed"]),) if "seed" in row else self.seeds
            if not self.common_seeds:
                seeds = tuple((seed + OWN_SEEDS * (point + 1)) % LARGEST_SEED for seed in seeds)
            level = "outcomes" if row.get("part") == "sweep" else self.record
            base = bases[str(row["scenario"])]
            for sets, mine in self._sets(seeds):
                scenario = self._at(base.with_parameters(**sets) if sets else base, row, factors)
                made.append(Arm(point, self._shortened(scenario), mine, level))
        for scenario in {arm.scenario.name: arm.scenario for arm in made}.values():
            scenario.check(self.world.names)
        return tuple(made)

    def _sets(self, seeds: tuple[int, ...]) -> list[tuple[dict[str, Any], tuple[int, ...]]]:
        """Parameter sets and the seeds that go with each: one set for each seed over a posterior, else none."""
        if self.posterior is None:
            return [({}, seeds)]
        first = self.seeds[0]
        return [(self.posterior.values((seed - first) % len(self.posterior)), (seed,)) for seed in seeds]

    @cached_property
    def posterior(self) -> Posterior | None:
        """The posterior that is drawn from, if any; raises InputError where there is none of that name."""
        if not self.over:
            return None
        from experiments.calibration.posterior import load_posterior

        return load_posterior(self.over)

    def _at(self, scenario: Scenario, row: Mapping[str, Any], factors: Mapping[str, Factor]) -> Scenario:
        """A scenario at a point of the table of experiments."""
        day = self.fork_day(scenario)
        answer = row.get(SUPPLY, self.supply[0] if self.supply else None)
        if answer is not None and not pd.isna(answer):
            scenario = scenario.changed_from(day, **{SUPPLY: float(answer)})
        chosen = {str(k): v for k, v in row.items() if k in factors and not pd.isna(v)}
        scenario = apply_all(scenario, factors, chosen, day)
        return self._without_others(scenario, str(row[COALITION]), day) if COALITION in row else scenario

    def _without_others(self, scenario: Scenario, coalition: str, day: date) -> Scenario:
        """The scenario in which players outside a coalition do nothing from a day on."""
        inside = set(coalition.split("+")) if coalition else set()
        closed = []
        for player, target in self.players.items():
            kind, _, name = target.partition(":")
            if player not in inside:
                closed.append(Event(f"without-{player}", day, None, kind, name, "active", "value", 0.0))
        return scenario.with_events(*closed)

    def fork_day(self, scenario: Scenario) -> date:
        """Day from which levers act: the fork, or the start where there is none."""
        return self.fork or scenario.start

    def _shortened(self, scenario: Scenario) -> Scenario:
        """The scenario, ended with the last year that is read."""
        last = calendar.monday(calendar.first_week(self.window[1] + 1) - 1)
        return replace(scenario, end=min(scenario.end, date.fromordinal(last.toordinal() + 6)))

    @cached_property
    def _common(self) -> list[Any]:
        return [
            self.organisations, list(self.outcomes), list(self.window), str(self.fork), *self.origin,
        ]  # fmt: skip

    @cached_property
    def plan(self) -> pd.DataFrame:
        """A row for each run: run (identity: all that its results depend on), point, seed, scenario and the factors."""
        rows = []
        for number, arm in enumerate(self.arms):
            what = [self._common, arm.record, arm.scenario.identity()]
            rows += [(_hash([*what, seed])[:16], number, arm.point, seed) for seed in arm.seeds]
        plan = pd.DataFrame(rows, columns=["run", "arm", "point", "seed"])
        return plan.merge(self.table.drop(columns="seed", errors="ignore"), on="point", how="left")

    def describe(self) -> dict[str, Any]:
        """What is asked, as the manifest holds it."""
        titles = {name: self.scenario(name).title for name in (*self.scenarios, *self.swept)}
        # a path that begins at the root would name the machine
        files = {name: Path(path).name if Path(path).is_absolute() else path for name, path in self.files.items()}
        commit, dirty = provenance.git_state()
        return {
            "kind": self.kind, "name": self.name, "title": self.title, "question": self.question,
            "baseline": self.baseline, "scenarios": titles, "scenario_files": files, "supply": list(self.supply),
            "factors": [_factor(f) for f in self.factors], "design": {"method": self.method, **dict(self.options)},
            "outcomes": {n: {"unit": OUTCOMES[n].unit, "description": OUTCOMES[n].description} for n in self.outcomes},
            "seeds": list(self.seeds), "common_seeds": self.common_seeds, "over": self.over,
            "fork": self.fork.isoformat() if self.fork else None,
            "window": list(self.window), "organisations": self.organisations, "record": self.record,
            "versions": provenance.versions(), "git_commit": commit, "git_dirty": dirty,
            "results_version": RESULTS_VERSION, "source_hash": self.origin.source, "data_hash": self.origin.data,
        }  # fmt: skip


def find_study(name_or_path: str | Path) -> Path:
    """Path of a study: a path as it is, a name among the project's own and the working directory; raises InputError."""
    path = Path(name_or_path)
    if path.suffix == ".toml":
        if is_file(path):
            return path
        raise InputError("there is no such file", field="study", value=str(name_or_path), allowed="a TOML file",
                         remedy="check the path")  # fmt: skip
    for folder in (Path.cwd(), STUDIES):
        if is_file(folder / f"{name_or_path}.toml"):
            return folder / f"{name_or_path}.toml"
    names = [path.stem for path in sorted(STUDIES.glob("*.toml"))]
    near = closest(str(name_or_path), names)
    raise InputError("there is no such study", field="study", value=str(name_or_path), allowed=", ".join(names),
                     remedy=f"did you mean {near!r}?" if near else "take one of these, or the path of a TOML file",
                     )  # fmt: skip


def list_studies() -> pd.DataFrame:
    """The studies that ship with the project: name, kind, title, question."""
    studies = [Study.load(path) for path in sorted(STUDIES.glob("*.toml"))]
    return pd.DataFrame([{"name": s.name, "kind": s.kind, "title": s.title, "question": s.question} for s in studies])


# --- reading ------------------------------------------------------------------------------------------------------


def _read(cls: type[Study], document: Mapping[str, Any], name: str, file: str) -> Study:
    if {"base", "events"} & document.keys():
        raise InputError(
            "this is a scenario, not a study",
            field="base",
            value=document.get("base", "none"),
            allowed="a study, which has scenarios and no base",
            remedy="uv run run.py run FILE, or compare it with others: uv run run.py compare as-it-happened FILE",
        )
    given = read_study(document)
    scenarios = list(given.scenarios)
    no_twins(scenarios, "scenarios")
    loaded = [Scenario.load(one) for one in scenarios]
    named = _names([*scenarios, *getattr(given, "swept", ())])
    baseline = given.baseline or scenarios[0]
    baseline = named.get(baseline, baseline)
    _one_of("baseline", baseline, [named[one] for one in scenarios])
    outcomes = list(given.outcomes or USUAL_OUTCOMES)
    no_twins(outcomes, "outcomes")
    for one in outcomes:
        _one_of("outcomes", one, OUTCOMES)
    swept = list(getattr(given, "swept", ()))
    no_twins(swept, "swept")
    fork = _fork(given, document, [*loaded, *(Scenario.load(one) for one in swept)])
    settings = dict(getattr(given, "design", {}))
    factors = _factors(given, load_world())
    supply = _supply(given.supply)
    _check_kind(given, factors, settings, supply)
    seeds = _seeds(given.seed, given.replications)
    check_numbers(seeds[0], given.organisations, "summary")
    return cls(
        name=name,
        title=given.title or name,
        question=given.question,
        kind=given.kind,
        scenarios=tuple(named[one] for one in scenarios),
        baseline=baseline,
        fork=fork,
        window=_window(given.window, loaded, fork),
        seeds=seeds,
        organisations=given.organisations,
        outcomes=tuple(outcomes),
        record=given.record,
        supply=supply,
        method=str(settings.pop("method", "grid")),
        swept=tuple(named[one] for one in swept),
        files={name: one for one, name in named.items() if one != name},
        options=settings,
        factors=tuple(factors),
        common_seeds=given.common_seeds,
        extra=_extra(given, factors),
        file=file,
        over=posterior_name(given.over),
    )


def _names(given: list[str]) -> dict[str, str]:
    """Name of each scenario that is given by name or path; raises InputError where two files have one name."""
    named = {one: Scenario.load(one).name for one in given}
    for one, name in named.items():
        twins = [other for other in named if named[other] == name and other != one]
        if twins:
            raise InputError(
                "two scenarios have the same name",
                field="scenarios",
                value=f"{one}, {twins[0]}",
                allowed="a name of its own for each, which is that of its file",
                remedy="rename one of the files",
            )
    return named


def _fork(given: StudyFile, document: Mapping[str, Any], scenarios: Sequence[Scenario]) -> date | None:
    """The day of the fork, which lies within all scenarios; by default that of the first scenario."""
    fork = given.fork if "fork" in document else scenarios[0].fork
    first, last = max(one.start for one in scenarios), min(one.end for one in scenarios)
    if fork is not None and not first <= fork <= last:
        raise InputError(
            "the fork lies outside a scenario",
            field="fork",
            value=fork.isoformat(),
            allowed=f"a day from {first} to {last}",
            remedy="take a day within these, or no fork",
        )
    return fork


def _factors(given: StudyFile, world: World) -> list[Factor]:
    """Levers, then uncertainties."""
    roles: tuple[tuple[str, Role], ...] = (("levers", "lever"), ("uncertainties", "uncertainty"))
    return [
        read_factor(entry, role, f"{table}[{i}]", world.names)
        for table, role in roles for i, entry in enumerate(getattr(given, table, ()), start=1)
    ]  # fmt: skip


def _check_kind(
    given: StudyFile, factors: Sequence[Factor], settings: dict[str, Any], supply: tuple[float, ...]
) -> None:
    """Refuse what the analysis of this kind cannot use, before any run is made."""
    read_design(settings)
    check_together(factors, {})
    needed = METHOD_OF.get(given.kind, "")
    if needed and settings.get("method", "grid") != needed:
        raise InputError(
            f"a study of kind {given.kind!r} needs its own design",
            field="design.method",
            value=settings.get("method", "grid"),
            allowed=needed,
            remedy=f'write method = "{needed}" below [design]',
        )
    if not factors and (needed or (isinstance(given, HeadlineStudy) and given.swept)):
        raise InputError(
            "there is nothing to vary",
            field="levers",
            value=[],
            allowed="[[levers]] or [[uncertainties]]",
            remedy="add what is to be varied",
        )
    if given.kind in PAIRED and not given.common_seeds:
        raise InputError(
            f"a study of kind {given.kind!r} compares runs of the same seed",
            field="common_seeds",
            value=False,
            allowed="true",
            remedy="leave it out",
        )
    if supply and any(factor.target == f"parameter:{SUPPLY}" for factor in factors):
        raise InputError(
            "a factor changes the same",
            field="supply",
            value=list(supply),
            allowed=f"supply, or a factor of parameter:{SUPPLY}",
            remedy="leave one out",
        )


def _extra(given: StudyFile, factors: Sequence[Factor]) -> dict[str, Any]:
    """The tables `[attribution]` and `[search]`, checked."""
    if given.kind == "attribution":
        entry = read_part(AttributionEntry, getattr(given, "attribution", {}), "attribution")
        no_twins(entry.players, "attribution.players")
        _check_players(entry, load_world())
        return {"attribution": entry.model_dump()}
    if given.kind == "search":
        search = read_part(SearchEntry, getattr(given, "search", {}), "search")
        no_twins(search.measures, "search.measures")
        check_together(factors, dict.fromkeys(search.measures, "a measure of the search"))
        return {"search": search.model_dump()}
    return {}


def _check_players(entry: AttributionEntry, world: World) -> None:
    known = list(world.names["platform" if entry.over == "platforms" else "state"])
    for player in entry.players:
        if player not in known:
            near = closest(player, known)
            raise InputError(
                f"there is no such {entry.over[:-1]}",
                field="attribution.players",
                value=player,
                allowed=", ".join(known),
                remedy=f"did you mean {near!r}?" if near else "`over` says whether players are platforms or states",
            )


def _supply(numbers: Sequence[float]) -> tuple[float, ...]:
    """Answers of supply that a study runs: numbers within the bounds of the parameter, each once."""
    bounds = PARAMETER_ROWS[SUPPLY]
    for number in numbers:
        if not float(bounds.low or 0.0) <= number <= float(bounds.high or math.inf):
            raise InputError("not an answer of supply to price", field="supply", value=number,
                             allowed=f"a list of numbers from {bounds.low:g} to {bounds.high:g}, as [0, 2]",
                             remedy="0 keeps output fixed, 2 lets it answer price")  # fmt: skip
    no_twins(numbers, "supply")
    return tuple(float(number) for number in numbers)


def posterior_name(value: Any) -> str:
    """Structure whose posterior a study draws from: "posterior" means that of the model as it ships; "" none.

    Raises
    ------
    InputError
        If there is no such structure.
    """
    if not value:
        return ""
    from experiments.calibration.priors import read_structures

    structures = list(read_structures())
    _one_of("over", str(value), ["posterior", *structures])
    return structures[0] if value == "posterior" else str(value)


def _one_of(name: str, value: str, allowed: Any) -> None:
    if value not in allowed:
        near = closest(value, allowed)
        raise InputError("this is not one of the choices", field=name, value=value, allowed=", ".join(allowed),
                         remedy=f"did you mean {near!r}?" if near else "take one of these")  # fmt: skip


def no_twins(names: Iterable[Any], field: str) -> None:
    """Refuse a list that names something twice; raises InputError."""
    twins = [str(name) for name, count in Counter(names).items() if count > 1]
    if twins:
        raise InputError(
            "named twice", field=field, value=", ".join(twins), allowed="every name once", remedy="leave one out"
        )


def _window(years: tuple[int, int] | None, scenarios: list[Scenario], fork: date | None) -> tuple[int, int]:
    last = min(scenario.end for scenario in scenarios).year
    first = (fork or scenarios[0].scored_from).year + (1 if fork else 0)
    if years is None and first <= last:
        return first, last
    if years is None or not (first - 1 if fork else first) <= years[0] <= years[1] <= last:
        raise InputError("these are not years that the study can read", field="window",
                         value=years and list(years), allowed=f"[first, last] within {first} to {last}",
                         remedy="take years after the fork")  # fmt: skip
    return years


def _seeds(first: Any, count: Any) -> tuple[int, ...]:
    for name, value, least, most, usual in (
        ("replications", count, 1, MOST_REPLICATIONS, "20 replications are usual"),
        ("seed", first, 0, LARGEST_SEED - (count if isinstance(count, int) else 1) + 1, "1 is usual"),
    ):
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise InputError(
                "this is not a whole number in range",
                field=name,
                value=value,
                allowed=f"a whole number from {least} to {most:,}",
                remedy=usual,
            )
    return tuple(range(first, first + count))


def _factor(f: Factor) -> dict[str, Any]:
    return {
        "name": f.name, "title": f.title or f.name, "unit": f.unit, "role": f.role, "low": f.low, "high": f.high,
        "values": list(f.choices) or None, "target": f.target, "field": f.field, "operation": f.operation,
        "since": f.since,
    }  # fmt: skip


def _hash(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
