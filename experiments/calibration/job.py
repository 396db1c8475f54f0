"""A calibration task: on which structure, how large, in which folder; and how a stopped one is resumed."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy.stats import qmc

from experiments.calibration.generations import Progress, Settings
from experiments.calibration.likelihood import Runs
from experiments.calibration.problem import Problem
from experiments.ensemble import provenance
from experiments.ensemble.executors import parallel_map
from experiments.ensemble.folder import folder_lock, write_atomically
from model.columns import Array
from model.errors import InputError
from model.results_version import RESULTS_VERSION

DATABASE: Final = "fit.db"
KEPT: Final = (DATABASE, "fit.json", "ranks.csv", "identity.json")
"""Files by which a task is resumed."""


@dataclass(frozen=True)
class Size:
    """How large a calibration is.

    Attributes
    ----------
    settings
        Of ABC-SMC, which finds the temperature and the region.
    pilot, near, final
        Runs over the prior, near the posterior, and of the last round that carries weights (`refine`).
    sets
        Sets of equal weight that are kept.
    """

    settings: Settings
    pilot: int = 1024
    near: tuple[int, ...] = (600, 600)
    final: int = 3000
    sets: int = 300
    organisations: int = 150
    chance_seeds: int = 24
    families: tuple[str, ...] | None = None
    free: int | None = None

    def of(self, population: int | None, generations: int | None, sets: int | None) -> Size:
        """The size with other numbers where they are given."""
        given = {"population": population, "generations": generations}
        settings = replace(self.settings, **{name: number for name, number in given.items() if number})
        return replace(self, settings=settings, sets=sets or self.sets)


USUAL: Final = Size(Settings(population=200, generations=6, least_acceptance=0.05))
QUICK: Final = Size(
    Settings(population=40, generations=3, least_acceptance=0.05),
    pilot=64,
    near=(40,),
    final=120,
    sets=40,
    organisations=60,
    chance_seeds=6,
    families=("flow_to_europe", "consumption", "west_africa_flow", "iberia", "eu_total", "world", "price_level"),
    free=5,
)


@dataclass(frozen=True)
class Job:
    """What the tasks of a calibration have in common.

    Attributes
    ----------
    work
        Folder of results, with one inside it for each structure.
    workers
        Threads, one for each core by default; results do not depend on it.
    """

    structure: str = "base"
    work: Path = Path("results/calibration")
    size: Size = USUAL
    workers: int | None = None
    seed: int = 1
    progress: Progress = Progress()  # noqa: RUF009  it holds nothing

    @property
    def folder(self) -> Path:
        """Where the results of the structure are written."""
        return self.work / self.structure

    @cached_property
    def problem(self) -> Problem:
        """What is fitted; raises InputError if there is no such structure."""
        return Problem.usual(self.structure, self.size.organisations, self.size.families, self.size.free)

    @cached_property
    def whole_problem(self) -> Problem:
        """The same with all targets and free parameters, however small the task."""
        return Problem.usual(self.structure, self.size.organisations)

    def identity(self) -> dict[str, Any]:
        """What the results depend on."""
        return {
            **self.problem.identity(),
            "seed": self.seed,
            "source": provenance.source_hash(),
            "fitting": provenance.fitting_hash(),
            "data": provenance.data_hash(),
        }

    def simulate(self, units: Array, done: Callable[[int], object] | None = None) -> Array:
        """Statistics of the runs that belong to points of the unit cube, shape (points, targets)."""
        return np.array(parallel_map(self.problem.safely, units.tolist(), self.workers, done or self.progress.runs))

    def pilot(self, points: int, done: Callable[[int], object] | None = None, seed: int = 1) -> Runs:
        """Runs over the whole prior (Sobol sequence)."""
        sampler = qmc.Sobol(len(self.problem.priors), rng=np.random.default_rng(seed))
        units = sampler.random_base2(math.ceil(math.log2(points)))[:points]
        return Runs(units, self.simulate(units, done))


@contextmanager
def resuming(folder: Path, identity: dict[str, Any], *, restart: bool) -> Iterator[None]:
    """Hold a folder for a task, which may resume what an earlier one of the same identity left there.

    Raises
    ------
    InputError
        If the folder holds a task of another identity, or another process is at work there.
    """
    with folder_lock(folder):
        path, content = folder / "identity.json", json.dumps(identity, indent=1) + "\n"
        for name in KEPT if restart else ():
            (folder / name).unlink(missing_ok=True)
        before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else json.loads(content)
        if changed := [key for key, value in json.loads(content).items() if before.get(key) != value]:
            raise InputError(
                "this folder holds a fit of something else",
                field="calibrate",
                value=str(folder),
                allowed=f"the same fit; what differs: {', '.join(changed)}",
                remedy="--restart forgets it, --out takes another folder",
            )
        write_atomically(path, content)
        yield


def write_table(folder: Path, name: str, table: pd.DataFrame) -> None:
    """Write a table as CSV; the folder is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / f"{name}.csv", table.to_csv(index=False, lineterminator="\n"))


def made_here() -> dict[str, Any]:
    """When results were made (UTC), and by which versions of the model and of its libraries: for manifests."""
    return {
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "results_version": RESULTS_VERSION,
        "versions": provenance.versions(),
        "git_commit": provenance.git_state()[0],
    }
