"""The plan of a study: the scenario of every point, and a row for each run with its identity."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from experiments.analysis.outcomes import OUTCOMES
from experiments.ensemble import provenance
from model import Scenario, calendar
from model.errors import InputError
from model.results_version import RESULTS_VERSION
from model.route_model import LARGEST_SEED
from model.summary import Summary

if TYPE_CHECKING:
    from experiments.study import Study

__all__ = ["MOST_RUNS", "Arm", "arms_of", "check_size", "description", "plan_of", "shortened"]

OWN_SEEDS: Final = 1_000_003
"""Distance between the seeds of two points where points do not share them."""
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
        seeds = f"{len(self.seeds)} from {self.seeds[0]}" if self.seeds else "none"
        return {"point": self.point, "scenario": self.scenario.name, "seeds": seeds, "record": self.record}


def check_size(study: Study, points: pd.DataFrame, times: int = 1) -> None:
    """Refuse a plan that is very large, unless `large` is set; raises InputError."""
    count = times * len(points)
    runs = count if "seed" in points else count * study.replications
    if runs > MOST_RUNS and not study.context.large:
        raise InputError(
            "the plan is very large",
            file=study.file or None,
            field="runs",
            value=runs,
            allowed=f"at most {MOST_RUNS:,} runs: {count:,} points with {study.replications:,} seeds",
            remedy="take fewer points or replications; to run all of them, add --large, or from Python "
            "with_(large=True)",
        )


def arms_of(study: Study) -> tuple[Arm, ...]:
    """The scenario of every point; raises InputError if a point makes a scenario that cannot be."""
    bases = {name: study.scenario(name) for name in study.all_scenarios}
    rows: list[dict[str, Any]] = study.table.to_dict("records")  # type: ignore[assignment]
    arms = tuple(
        Arm(int(row["point"]), shortened(study.at(base, row), study.window[1]), seeds, study.record_at(row))
        for row in rows
        for base, seeds in _drawn(study, bases[row["scenario"]], _seeds_at(study, row))
    )
    for scenario in {arm.scenario.name: arm.scenario for arm in arms}.values():
        scenario.check(study.world.names)
    return arms


def _seeds_at(study: Study, row: dict[str, Any]) -> tuple[int, ...]:
    """Seeds of a point: its own where it brings one or points share none, else those of the study."""
    seeds = (int(row["seed"]),) if "seed" in row else study.seeds
    away = 0 if study.common_seeds else OWN_SEEDS * (int(row["point"]) + 1)
    return tuple((seed + away) % LARGEST_SEED for seed in seeds) if away else seeds


def _drawn(study: Study, base: Scenario, seeds: tuple[int, ...]) -> Iterator[tuple[Scenario, tuple[int, ...]]]:
    """A scenario with its seeds; over a posterior, with a parameter set for each seed."""
    if study.posterior is None:
        yield base, seeds
    else:
        for seed in seeds:
            values = study.posterior.values((seed - study.seed) % len(study.posterior))
            yield base.with_parameters(**values), (seed,)


def shortened(scenario: Scenario, last_year: int) -> Scenario:
    """The scenario, ended with the last year that is read."""
    last = calendar.monday(calendar.first_week(last_year + 1) - 1)
    return replace(scenario, end=min(scenario.end, last + timedelta(days=6)))


def plan_of(study: Study) -> pd.DataFrame:
    """A row for each run: run (identity: all that its results depend on), point, seed, scenario and the factors."""
    common = [study.organisations, list(study.outcomes), list(study.window), str(study.fork), *study.origin]
    common += [code for name in study.outcomes if (code := OUTCOMES[name].own_code)]
    rows = []
    for number, arm in enumerate(study.arms):
        what = [common, arm.record, arm.scenario.identity()]
        rows += [(_hash([*what, seed]), number, arm.point, seed) for seed in arm.seeds]
    plan = pd.DataFrame(rows, columns=["run", "arm", "point", "seed"])
    return plan.merge(study.table.drop(columns="seed", errors="ignore"), on="point", how="left")


def _hash(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def description(study: Study) -> dict[str, Any]:
    """What is asked, as the manifest holds it."""
    # a path that begins at the root would name the machine
    files = {name: Path(path).name if Path(path).is_absolute() else path for name, path in study.context.files.items()}
    commit, dirty = provenance.git_state()
    return {
        "kind": study.kind,
        "name": study.name,
        "title": study.title,
        "question": study.question,
        "baseline": study.baseline,
        "scenarios": {name: study.scenario(name).title for name in study.all_scenarios},
        "scenario_files": files,
        "supply": list(study.supply),
        "factors": [factor.describe() for factor in study.factors],
        "design": {"method": study.method, **getattr(study, "design", {})},
        "outcomes": {n: {"unit": OUTCOMES[n].unit, "description": OUTCOMES[n].description} for n in study.outcomes},
        "seeds": list(study.seeds),
        "drawn": study.drawn,
        "common_seeds": study.common_seeds,
        "over": study.over,
        "fork": study.fork.isoformat() if study.fork else None,
        "window": list(study.window),
        "organisations": study.organisations,
        "record": study.record,
        "versions": provenance.versions(),
        "git_commit": commit,
        "git_dirty": dirty,
        "results_version": RESULTS_VERSION,
        "source_hash": study.origin.source,
        "data_hash": study.origin.data,
    }
