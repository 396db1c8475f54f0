"""The plan of a study: the scenario of every point, and a row for each run with its identity."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple

import pandas as pd
from pydantic import PrivateAttr

from experiments.analysis.outcomes import OUTCOMES
from experiments.design.factor_file import read_factors
from experiments.design.factors import Factor, apply_all
from experiments.ensemble import provenance, seeds
from experiments.study_file import SUPPLY, StudyFields
from model import Scenario, calendar, load_world
from model.errors import InputError
from model.summary import Summary
from model.world import World

if TYPE_CHECKING:
    from experiments.calibration.posterior import Posterior


MOST_RUNS: Final = 1_000_000
"""Runs that a study may plan unless `large` is set."""


@dataclass(frozen=True, repr=False)
class Arm(Summary):
    """A scenario that is run with some seeds: a point of the study, or a point with one set of the posterior."""

    point: int
    scenario: Scenario
    seeds: tuple[int, ...]
    record: str

    def facts(self) -> dict[str, Any]:
        """What `repr` shows of an arm."""
        return {
            "point": self.point,
            "scenario": self.scenario.name,
            "seeds": f"{len(self.seeds)} from {self.seeds[0]}" if self.seeds else "none",
            "record": self.record,
        }


class Context(NamedTuple):
    """What belongs to a study beside the content of its file."""

    name: str = "unnamed"
    file: str = ""
    tables: Path | None = None
    large: bool = False
    """Whether it may plan more runs than a million."""
    files: Mapping[str, str] = MappingProxyType({})
    """Scenarios that were given by the path of a file: name -> path as it was given."""


class Planned(Summary, StudyFields):
    """What a study runs: its scenarios at every point of its table of experiments, with their seeds."""

    scenario_fields: ClassVar[tuple[str, ...]] = ("scenarios",)
    """Fields that hold scenarios; factors act in those of the last."""
    drawn: ClassVar[str] = "seed"
    """What is drawn at random, so that few of them make results preliminary."""
    _context: Context = PrivateAttr(default_factory=Context)

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
    def seeds(self) -> tuple[int, ...]:
        """Seeds of its replications."""
        return seeds.replications(self.seed, self.replications)

    @cached_property
    def factors(self) -> tuple[Factor, ...]:
        """What it varies: levers, then uncertainties."""
        names = load_world().names
        return (
            *read_factors(getattr(self, "levers", ()), "lever", "levers", names),
            *read_factors(getattr(self, "uncertainties", ()), "uncertainty", "uncertainties", names),
        )

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
        self.check_size(plain)
        rows = self.experiments(plain)
        self.check_size(rows)
        return rows.rename_axis("point").reset_index()

    def crossed(self, rows: pd.DataFrame, points: pd.DataFrame) -> pd.DataFrame:
        """Every row with every point; raises InputError, before it is made, where that is too much."""
        self.check_size(points, len(rows))
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

    def check_size(self, points: pd.DataFrame, times: int = 1) -> None:
        """Refuse a plan that is very large, unless `large` is set; raises InputError."""
        count = times * len(points)
        runs = count if "seed" in points else count * self.replications
        if runs > MOST_RUNS and not self._context.large:
            raise InputError(
                "the plan is very large",
                file=self.file or None,
                field="runs",
                value=runs,
                allowed=f"at most {MOST_RUNS:,} runs: {count:,} points with {self.replications:,} seeds",
                remedy="take fewer points or replications; to run all of them, add --large, or from Python "
                "with_(large=True)",
            )

    @cached_property
    def arms(self) -> tuple[Arm, ...]:
        """The scenario of every point; raises InputError if a point makes a scenario that cannot be."""
        bases = {name: self.scenario(name) for name in self.all_scenarios}
        rows: list[dict[str, Any]] = self.table.to_dict("records")  # type: ignore[assignment]
        arms = tuple(
            Arm(int(row["point"]), shortened(self.at(base, row), self.window[1]), given, self.record_at(row))
            for row in rows
            for base, given in self._drawn(bases[row["scenario"]], self._seeds_at(row))
        )
        for scenario in {arm.scenario.name: arm.scenario for arm in arms}.values():
            scenario.check(self.world.names)
        return arms

    def _seeds_at(self, row: dict[str, Any]) -> tuple[int, ...]:
        """Seeds of a point: its own where it brings one or points share none, else those of the study."""
        given = (int(row["seed"]),) if "seed" in row else self.seeds
        return given if self.common_seeds else tuple(seeds.for_point(seed, int(row["point"])) for seed in given)

    def _drawn(self, base: Scenario, given: tuple[int, ...]) -> Iterator[tuple[Scenario, tuple[int, ...]]]:
        """A scenario with its seeds; over a posterior, with a parameter set for each seed."""
        if self.posterior is None:
            yield base, given
        else:
            for seed in given:
                values = self.posterior.values(seeds.set_for(seed, self.seed, len(self.posterior)))
                yield base.with_parameters(**values), (seed,)

    @cached_property
    def plan(self) -> pd.DataFrame:
        """A row for each run: run (identity: all that its results depend on), point, seed, scenario and the factors."""
        common = [self.organisations, list(self.outcomes), list(self.window), str(self.fork), *self.origin]
        common += [code for name in self.outcomes if (code := OUTCOMES[name].own_code)]
        rows = []
        for number, arm in enumerate(self.arms):
            what = [common, arm.record, arm.scenario.identity()]
            rows += [(provenance.digest([*what, seed])[:16], number, arm.point, seed) for seed in arm.seeds]
        return pd.DataFrame(rows, columns=["run", "arm", "point", "seed"]).merge(
            self.table.drop(columns="seed", errors="ignore"), on="point", how="left"
        )

    def describe(self) -> dict[str, Any]:
        """What is asked, as the manifest holds it."""
        return {
            "kind": self.kind,
            "name": self.name,
            "title": self.title,
            "question": self.question,
            "baseline": self.baseline,
            "scenarios": {name: self.scenario(name).title for name in self.all_scenarios},
            # a path that begins at the root would name the machine
            "scenario_files": {
                name: Path(path).name if Path(path).is_absolute() else path
                for name, path in self._context.files.items()
            },
            "supply": list(self.supply),
            "factors": [factor.describe() for factor in self.factors],
            "design": {"method": self.method, **getattr(self, "design", {})},
            "outcomes": {n: {"unit": OUTCOMES[n].unit, "description": OUTCOMES[n].description} for n in self.outcomes},
            "seeds": list(self.seeds),
            "drawn": self.drawn,
            "common_seeds": self.common_seeds,
            "over": self.over,
            "fork": self.fork.isoformat() if self.fork else None,
            "window": list(self.window),
            "organisations": self.organisations,
            "record": self.record,
            **provenance.describe_origin(self.origin),
        }


def shortened(scenario: Scenario, last_year: int) -> Scenario:
    """The scenario, ended with the last year that is read."""
    last = calendar.monday(calendar.first_week(last_year + 1) - 1)
    return replace(scenario, end=min(scenario.end, last + timedelta(days=6)))
