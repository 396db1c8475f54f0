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
from pathlib import Path
from typing import Any, ClassVar, Final, Self

import pandas as pd
from pydantic import PrivateAttr

from experiments import study_file
from experiments.analysis.outcomes import OUTCOMES, USUAL_OUTCOMES
from experiments.analysis.points import point_means
from experiments.design.factor_file import check_together
from experiments.ensemble import runner
from experiments.ensemble.store import DONE, Store
from experiments.field_types import check_choice, check_repeats
from experiments.plan import Context, Planned
from experiments.plugins import load_all
from experiments.study_file import STUDIES, SUPPLY, find_study
from model import Scenario
from model.errors import InputError
from model.files import read_toml
from model.route_model import check_numbers
from model.toml_fields import read_part

__all__ = ["KINDS", "STUDIES", "Study", "find_study", "list_studies", "study_kinds"]

KINDS: Final[dict[str, type[Study]]] = {}
"""Kinds of study that are declared so far, by name; `study_kinds` reads those of the project and of users first."""

SHIPPED: Final = "experiments.kinds"
"""Package of the kinds that ship; each stands in the file of its name."""


class Study(Planned):
    """What is asked: the fields of a study's file, and what follows from them.

    A kind of study is a subclass whose field `kind` has its name as default. It adds fields, says what it needs
    (`check`), which points it has beside its scenarios (`experiments`), and what is computed of its runs (`compute`).
    A study is not changed; `with_` makes a changed copy.
    """

    what: ClassVar[str] = "a study"
    paired: ClassVar[bool] = False
    """Whether runs of the same seed are compared."""
    _given: Mapping[str, Any] = PrivateAttr(default_factory=dict)

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        """Register a kind under its name; raises InputError where the name belongs to a kind of the project."""
        if kind := cls.model_fields["kind"].default:
            shipped = (Path(__file__).parent / "kinds" / f"{kind}.py").exists()
            if shipped and cls.__module__ != f"{SHIPPED}.{kind}":
                raise InputError(
                    "this name belongs to a kind of study of the project",
                    field=f"kind of {cls.__module__}.{cls.__qualname__}",
                    value=kind,
                    allowed="a name that no other kind has",
                    remedy='give the class a name of its own, as in: kind: str = "mine"',
                )
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
        check_numbers(self.seeds[0], self.organisations, "summary")
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
        computed = self.compute(store, runs)
        if not isinstance(computed, dict) or not all(isinstance(table, pd.DataFrame) for table in computed.values()):
            raise InputError(
                "this is not what `compute` has to return",
                field=f"compute of {self.what}",
                value=type(computed).__name__,
                allowed="a dict of names and tables (pandas.DataFrame)",
                remedy="return {**super().compute(store, runs), NAME: TABLE}",
            )
        made = {name: table for name, table in computed.items() if len(table)}
        for name, table in made.items():
            store.write_table(name, table)
        return list(made)

    def compute(self, store: Store, runs: pd.DataFrame) -> dict[str, pd.DataFrame]:
        """Tables of the runs of a study, failed ones among them: name -> table, in the order they are shown."""
        return {"arms": point_means(runs[runs["status"] == DONE], self)}


def study_kinds() -> dict[str, type[Study]]:
    """Every kind of study by name: those of `experiments.kinds`, of installed packages and of this session."""
    load_all(SHIPPED, "highway10.study_kinds")
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
