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

`Study` declares what all kinds have in common. `experiments.kinds` holds the kinds, each a class in a file of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from datetime import date
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple, Self

import pandas as pd
from pydantic import PrivateAttr

from experiments import study_file
from experiments.analysis.outcomes import OUTCOMES, USUAL_OUTCOMES
from experiments.analysis.points import point_means
from experiments.design.factor_file import check_together, read_factors
from experiments.design.factors import Factor, apply_all
from experiments.ensemble import provenance, runner
from experiments.ensemble.store import DONE, Store
from experiments.field_types import (
    check_choice,
    check_repeats,
)
from experiments.plan import arms_of, check_size, description, plan_of, shortened
from experiments.plugins import load_all
from experiments.study_file import STUDIES, SUPPLY, StudyFields, find_study
from model import Scenario, load_world
from model.errors import InputError
from model.files import read_toml
from model.route_model import LARGEST_SEED, check_numbers
from model.summary import Summary
from model.toml_fields import read_part
from model.world import World

if TYPE_CHECKING:
    from experiments.calibration.posterior import Posterior

__all__ = ["KINDS", "STUDIES", "Study", "find_study", "list_studies", "study_kinds"]

KINDS: Final[dict[str, type[Study]]] = {}
"""Kinds of study that are declared so far, by name; `study_kinds` reads those of the project and of users first."""


class Context(NamedTuple):
    """What belongs to a study beside the content of its file."""

    name: str = "unnamed"
    file: str = ""
    tables: Path | None = None
    large: bool = False
    """Whether it may plan more runs than a million."""
    files: Mapping[str, str] = MappingProxyType({})
    """Scenarios that were given by the path of a file: name -> path as it was given."""


class Study(Summary, StudyFields):
    """What is asked: the fields of a study's file, and what follows from them.

    A kind of study is a subclass whose field `kind` has its name as default. It adds fields, says what it needs
    (`check`), which points it has beside its scenarios (`experiments`), and what is computed of its runs (`compute`).
    A study is not changed; `with_` makes a changed copy.
    """

    what: ClassVar[str] = "a study"
    scenario_fields: ClassVar[tuple[str, ...]] = ("scenarios",)
    """Fields that hold scenarios; factors act in those of the last."""
    paired: ClassVar[bool] = False
    """Whether runs of the same seed are compared."""
    drawn: ClassVar[str] = "seed"
    """What is drawn at random, so that few of them make results preliminary."""
    _given: Mapping[str, Any] = PrivateAttr(default_factory=dict)
    _context: Context = PrivateAttr(default_factory=Context)

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        """Register a kind under its name."""
        if kind := cls.model_fields["kind"].default:
            cls.what = f'a study of kind "{kind}"'
            KINDS[kind] = cls

    def __setattr__(self, name: str, value: Any) -> None:
        """Refuse to change a field: what was worked out of it would stay."""
        if name in type(self).model_fields:
            raise AttributeError(f"a study is not changed; with_({name}=...) makes a changed copy")
        super().__setattr__(name, value)

    # --- making ---------------------------------------------------------------------------------------------------

    @classmethod
    def load(cls, name_or_path: str | Path) -> Study:
        """Read a study by name (`experiments/studies`) or path; raises InputError."""
        path = find_study(name_or_path)
        return cls.from_dict(read_toml(path), path.stem, str(path))

    @classmethod
    def from_dict(cls, document: Mapping[str, Any], name: str = "unnamed", file: str = "") -> Study:
        """Make a study of what a file would hold; raises InputError that names what is wrong."""
        return _read(document, Context(name, file))

    def with_(self, **changes: Any) -> Self:
        """Make a copy with other fields, or another name, file, tables or `large`; raises InputError."""
        context = {field: changes.pop(field) for field in Context._fields if field in changes}
        made: Self = _read({**self._given, **changes}, self._context._replace(**context))  # type: ignore[assignment]
        return made

    def settle(self, document: Mapping[str, Any], context: Context) -> None:
        """Fill in what follows from other fields, scenarios and tables; raises InputError where they do not fit."""
        given = {field: getattr(self, field) for field in self.scenario_fields}
        loaded = {one: Scenario.load(one) for paths in given.values() for one in paths}
        named = study_file.names_of(loaded)
        files = {name: one for one, name in named.items() if one != name}
        self._given, self._context = document, context._replace(files=files)
        main = [loaded[one] for one in self.scenarios]
        outcomes = self.outcomes or USUAL_OUTCOMES
        for field, values in {**given, "outcomes": outcomes}.items():
            check_repeats(values, field)
        for one in outcomes:
            check_choice(one, OUTCOMES, "outcomes")
        baseline = named.get(self.baseline, self.baseline) or main[0].name
        check_choice(baseline, [scenario.name for scenario in main], "baseline")
        fork = study_file.fork_of(self.fork if "fork" in document else main[0].fork, [*loaded.values()])
        self.__dict__.update(
            {field: tuple(named[one] for one in paths) for field, paths in given.items()},
            title=self.title or context.name,
            outcomes=outcomes,
            baseline=baseline,
            fork=fork,
            window=study_file.window_of(self.window, main, fork),
            supply=study_file.supply_of(self.supply),
            over=study_file.posterior_name(self.over),
        )

    def check(self) -> None:
        """Refuse what the analysis of this kind cannot use, before any run is made; raises InputError."""
        if self.seed > (last := LARGEST_SEED - self.replications + 1):
            raise InputError(
                "this is not a whole number in range",
                field="seed",
                value=self.seed,
                allowed=f"a whole number from 0 to {last:,}",
                remedy="1 is usual",
            )
        check_numbers(self.seed, self.organisations, "summary")
        check_together(self.factors, {})
        if self.paired and not self.common_seeds:
            raise InputError(
                f"a study of kind {self.kind!r} compares runs of the same seed",
                field="common_seeds",
                value=False,
                allowed="true",
                remedy="leave it out",
            )
        if self.supply and any(factor.target == f"parameter:{SUPPLY}" for factor in self.factors):
            raise InputError(
                "a factor changes the same",
                field="supply",
                value=list(self.supply),
                allowed=f"supply, or a factor of parameter:{SUPPLY}",
                remedy="leave one out",
            )

    # --- what it is -----------------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """Name of the study, and of its folder."""
        return self._context.name

    @property
    def file(self) -> str:
        """Path of the file that it was read from; "" of a study that was made in Python."""
        return self._context.file

    @property
    def tables(self) -> Path | None:
        """Folder of the tables that it runs on; None for the project's own."""
        return self._context.tables

    @property
    def context(self) -> Context:
        """What belongs to it beside the content of its file."""
        return self._context

    @property
    def seeds(self) -> tuple[int, ...]:
        """Seeds of its replications."""
        return tuple(range(self.seed, self.seed + self.replications))

    @cached_property
    def factors(self) -> tuple[Factor, ...]:
        """What it varies: levers, then uncertainties."""
        levers = read_factors(getattr(self, "levers", ()), "lever", "levers", load_world().names)
        uncertain = getattr(self, "uncertainties", ())
        return (*levers, *read_factors(uncertain, "uncertainty", "uncertainties", load_world().names))

    @property
    def method(self) -> str:
        """Method of its design."""
        return "grid"

    @property
    def all_scenarios(self) -> tuple[str, ...]:
        """Names of all its scenarios, each once."""
        return tuple(dict.fromkeys(one for field in self.scenario_fields for one in getattr(self, field)))

    @property
    def varied_scenarios(self) -> tuple[str, ...]:
        """Names of the scenarios in which its factors act."""
        found: tuple[str, ...] = getattr(self, self.scenario_fields[-1])
        return found or self.scenarios

    def scenario(self, name: str) -> Scenario:
        """One of its scenarios, by name, before any factor changes it."""
        return Scenario.load(self._context.files.get(name, name))

    def run_of(self, name: str) -> Scenario:
        """One of its scenarios as it is run: up to the last year that is read, in the structure of its posterior."""
        scenario = shortened(self.scenario(name), self.window[1])
        return scenario.with_parameters(**self.posterior.settings) if self.posterior is not None else scenario

    def fork_day(self, scenario: Scenario) -> date:
        """Day from which levers act: the fork, or the start where there is none."""
        return self.fork or scenario.start

    @cached_property
    def world(self) -> World:
        """The tables that it runs on."""
        return provenance.read_world(self.tables, self.origin.data)

    @cached_property
    def origin(self) -> provenance.Origin:
        """The sources and tables that it is planned with."""
        return provenance.origin(self.tables)

    @cached_property
    def posterior(self) -> Posterior | None:
        """The posterior that is drawn from, if any; raises InputError where there is none of that name."""
        if not self.over:
            return None
        from experiments.calibration.posterior import load_posterior

        return load_posterior(self.over)

    def facts(self) -> dict[str, Any]:
        """What `repr` shows of a study."""
        return {
            "name": self.name,
            "kind": self.kind,
            "scenarios": ", ".join(self.scenarios),
            "factors": ", ".join(factor.name for factor in self.factors),
            "replications": self.replications,
            "window": f"{self.window[0]} to {self.window[1]}",
            "outcomes": len(self.outcomes),
        }

    # --- the table of experiments ---------------------------------------------------------------------------------

    def experiments(self, plain: pd.DataFrame) -> pd.DataFrame:
        """Rows of the table of experiments, given those of scenarios and answers of supply; a kind adds its points."""
        return plain

    @cached_property
    def table(self) -> pd.DataFrame:
        """A row for each point: scenario, answer of supply where there are several, and a column for each factor."""
        plain = pd.DataFrame({"scenario": list(self.scenarios)})
        if len(self.supply) > 1:
            plain = plain.merge(pd.DataFrame({SUPPLY: list(self.supply)}), how="cross")
        check_size(self, plain)
        rows = self.experiments(plain)
        check_size(self, rows)
        return rows.rename_axis("point").reset_index()

    def crossed(self, rows: pd.DataFrame, points: pd.DataFrame) -> pd.DataFrame:
        """Every row with every point; raises InputError, before it is made, where that is too much."""
        check_size(self, points, len(rows))
        return rows.merge(points, how="cross")

    def at(self, scenario: Scenario, point: Mapping[str, Any]) -> Scenario:
        """A scenario at a point of the table of experiments."""
        day, factors = self.fork_day(scenario), {factor.name: factor for factor in self.factors}
        answer = point.get(SUPPLY, self.supply[0] if self.supply else None)
        if answer is not None and not pd.isna(answer):
            scenario = scenario.changed_from(day, **{SUPPLY: float(answer)})
        chosen = {name: point[name] for name in factors if name in point and not pd.isna(point[name])}
        return apply_all(scenario, factors, chosen, day)

    def record_at(self, point: Mapping[str, Any]) -> str:
        """What is recorded of the runs of a point."""
        return self.record

    arms = cached_property(arms_of)
    plan = cached_property(plan_of)

    @property
    def planned_runs(self) -> int:
        """Number of different runs."""
        return int(self.plan["run"].nunique())

    @property
    def design_note(self) -> str:
        """What is said of a design whose equal points are kept once; "" of others."""
        return ""

    # --- running and analysing ------------------------------------------------------------------------------------

    def run(
        self,
        store: Store,
        executor: Executor | None = None,
        *,
        workers: int | None = None,
        retry: bool = False,
        progress: Callable[[runner.Effort], object] = lambda _: None,
        doing: Callable[[str], object] = lambda _: None,
    ) -> runner.Effort:
        """Run what is missing and write the tables; parameters as of `experiments.workflow.run_and_analyse`."""
        effort = runner.run(self, store, executor, workers=workers, retry=retry, progress=progress)
        doing("comparing")
        self.analyse(store)
        return effort

    def analyse(self, store: Store) -> list[str]:
        """Write the tables of a study whose runs are stored, and give their names in the order they are shown.

        Raises
        ------
        InputError
            If no run ended well; the message holds the first traceback.
        """
        runs = store.runs()
        if not (runs["status"] == DONE).any():
            first = str(runs["error"].iloc[0]).strip().splitlines()[-1] if len(runs) else "no run is stored"
            raise InputError(
                "no run ended well",
                field="study",
                value=self.name,
                allowed="at least one run",
                remedy=f"the first says: {first}",
            )
        made = {name: table for name, table in self.compute(store, runs).items() if len(table)}
        for name, table in made.items():
            store.write_table(name, table)
        return list(made)

    def compute(self, store: Store, runs: pd.DataFrame) -> dict[str, pd.DataFrame]:
        """Tables of the runs of a study, failed ones among them: name -> table, in the order they are shown."""
        return {"arms": point_means(runs[runs["status"] == DONE], self)}

    describe = description


def study_kinds() -> dict[str, type[Study]]:
    """Every kind of study by name: those of `experiments.kinds`, of installed packages and of this session."""
    load_all("experiments.kinds", "highway10.study_kinds")
    return KINDS


def _read(document: Mapping[str, Any], context: Context) -> Study:
    """A study of the kind that its document names; raises InputError that names the file and what is wrong."""
    try:
        study_file.check_no_scenario(document)
        kind = document.get("kind", "compare")
        check_choice(kind, study_kinds(), "kind", "there is no such kind of study")
        study = read_part(KINDS[kind], {**document, "kind": kind})
        study.settle(document, context)
        study.check()
    except InputError as error:
        raise error.in_file(context.file or f"study {context.name!r}") from None
    return study


def list_studies() -> pd.DataFrame:
    """The studies that ship with the project: name, kind, title, question."""
    studies = [Study.load(path) for path in sorted(STUDIES.glob("*.toml"))]
    return pd.DataFrame([{"name": s.name, "kind": s.kind, "title": s.title, "question": s.question} for s in studies])
