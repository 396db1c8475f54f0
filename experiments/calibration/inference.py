"""ABC-SMC by pyABC: a population of parameter sets moves from the prior to the posterior, generation by generation.

A run is accepted with a chance that falls with its misfit: the density of a normal error about the published values,
raised to the power 1/T. At temperature T the result is the exact posterior of a model whose error has T times the
variance (Wilkinson 2013; Schälte & Hasenauer 2020); T falls from generation to generation until it equals the
misfit that the best runs are left with (their reduced chi-square), or too few runs are accepted. What T ends above 1 is
misfit of the model, and predictions carry it as such.

Parameters are proposed in probits of their place in the prior: in the cube itself kernels spill over the edges, and in
twelve dimensions the few sets near corners would get nearly all of the weight. Every generation is kept in a database:
a fit that was stopped goes on from the last whole one.
"""

from __future__ import annotations

import logging
import math
import os
import sqlite3
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

import numpy as np
from scipy.stats import norm

from experiments.calibration.likelihood import Likelihood
from experiments.calibration.progress import Progress
from experiments.calibration.turns import Turns
from experiments.ensemble.folder import from_json, to_json, write_atomically
from experiments.extras import from_extra
from model.columns import Array

__all__ = ["Fit", "Generation", "Log", "Model", "Settings", "infer"]

STATISTICS: Final = "y"
BELONGS: Final = (
    ("models", "population_id", "populations"),
    ("particles", "model_id", "models"),
    ("parameters", "particle_id", "particles"),
    ("samples", "particle_id", "particles"),
    ("summary_statistics", "sample_id", "samples"),
)
"""Tables of pyABC's database, from populations down: rows, whose, of which table."""
WIDTH: Final = 1.5
"""Width of the kernels that propose sets, in those of Silverman's rule: few sets in many dimensions need wide ones."""


@dataclass(frozen=True)
class Settings:
    """Size of a fit.

    Attributes
    ----------
    population
        Parameter sets in a generation.
    generations
        At most so many.
    least_acceptance
        The fit ends with the generation that accepts a smaller share of its runs.
    misfit
        Temperature at which it ends: variance of the error in units of that of the record. None takes the reduced
        chi-square of the best run that was met, at least 1.
    """

    population: int = 400
    generations: int = 10
    least_acceptance: float = 0.01
    misfit: float | None = None


class Generation(NamedTuple):
    """A generation that has ended; `best` is the chi-square of the best run met so far."""

    number: int
    temperature: float
    accepted_share: float
    simulations: int
    best: float
    seconds: float


class Fit(NamedTuple):
    """What a fit gives: parameter sets (unit cube), weights that sum to 1, the last temperature, all generations."""

    units: Array
    weights: Array
    temperature: float
    generations: tuple[Generation, ...]


def infer(
    simulate: Callable[[Sequence[float]], Array],
    names: Sequence[str],
    likelihood: Likelihood,
    settings: Settings,
    database: Path | None = None,
    *,
    workers: int | None = None,
    seed: int = 1,
    progress: Progress | None = None,
) -> Fit:
    """Fit parameters with uniform priors on the unit cube.

    Parameters
    ----------
    simulate
        Parameter set (unit cube) -> statistics on the scale of comparison, shape (targets,).
    names
        Names of the parameters.
    database
        File of pyABC, from which a fit that was stopped resumes. One that is thrown away after if None.
    workers
        Threads that runs are made on, one for each core by default; results do not depend on it.

    Raises
    ------
    InputError
        If pyABC is not installed, or the database holds no fit of this size.
    """
    pyabc, log, told = _pyabc(), Log(database), progress or Progress()
    from experiments.calibration import abc_smc

    model, count = Model(simulate, names, likelihood, settings, Turns(seed), told), workers or os.cpu_count() or 1
    with warnings.catch_warnings(), ExitStack() as stack:
        warnings.simplefilter("ignore")
        # never in memory: pyABC would leave the connection open
        scratch = Path(stack.enter_context(TemporaryDirectory())) / "fit.db"
        threads = stack.enter_context(ThreadPoolExecutor(count, thread_name_prefix="fit"))
        fitting = abc_smc.Fitting(
            model,
            pyabc.Distribution(**{name: pyabc.RV("norm", 0.0, 1.0) for name in names}),
            pyabc.IndependentNormalKernel(var=likelihood.variance),
            population_size=settings.population,
            acceptor=abc_smc.Acceptor(),
            eps=abc_smc.Temperature(model.goal),
            transitions=pyabc.MultivariateNormalTransition(scaling=WIDTH),
            sampler=abc_smc.InOrder(model, threads, count),
        )
        fitting.ending(model, settings, log, told)
        _open(fitting, database or scratch, log, model)
        if not log.ended:
            fitting.run(max_nr_populations=settings.generations)
        frame, weights = fitting.history.get_distribution(m=0)
    units = norm.cdf(frame[list(names)].to_numpy(float))
    return Fit(units, np.asarray(weights, dtype=float), log.made[-1].temperature, tuple(log.made))


@dataclass(eq=False)
class Model:
    """The model as pyABC calls it; counts runs and remembers the misfit of the best."""

    simulate: Callable[[Sequence[float]], Array]
    names: Sequence[str]
    likelihood: Likelihood
    settings: Settings
    turns: Turns
    progress: Progress
    best: float = math.inf
    count: int = 0

    def goal(self) -> float:
        """Temperature at which to end: the misfit that is asked for, or the reduced chi-square of the best run."""
        return self.settings.misfit or max(1.0, self.best / self.likelihood.degrees(len(self.names)))

    def __call__(self, point: Any) -> dict[str, Array]:
        places = norm.cdf(np.array([float(point[name]) for name in self.names]))
        with self.turns.apart():
            return {STATISTICS: self.simulate(np.atleast_1d(places).tolist())}

    def note(self, particle: Any) -> None:
        """Count a run, in the order of candidates."""
        misfit = float(self.likelihood.misfit(particle.sum_stat[STATISTICS]))
        self.best, self.count = min(self.best, misfit), self.count + 1
        self.progress.runs(self.count)


class Log:
    """Generations that have ended and what the next begins with, kept beside the database: pyABC keeps neither.

    Attributes
    ----------
    next
        Temperature of the next generation and norm of its acceptance.
    ended
        Whether the last generation was the last of the fit.
    """

    def __init__(self, database: Path | None) -> None:
        self.path = None if database is None else database.with_suffix(".json")
        known = self.path is not None and self.path.exists()
        content = from_json(self.path.read_text(encoding="utf-8")) if known and self.path else {}
        self.made = [Generation(*row) for row in content.get("generations", ())]
        self.next, self.ended = content.get("next", {}), bool(content.get("ended"))

    def forget(self) -> None:
        """Begin anew: the log of a database that is gone gives no information."""
        self.made, self.ended = [], False

    def add(self, generation: Generation, temperature: float, norm: float, *, ended: bool) -> None:
        """Note a generation, and the temperature and norm of acceptance of the next."""
        self.made.append(generation)
        self.next, self.ended = {"temperature": temperature, "norm": norm}, ended
        if self.path is not None:
            write_atomically(self.path, to_json({"ended": ended, "generations": self.made, "next": self.next}))


def _open(fitting: Any, database: Path, log: Log, model: Model) -> None:
    """Begin a fit, or resume the one in a database after its last whole generation.

    A database whose log is missing is moved aside, not deleted: the log may only be unreadable at the moment.
    """
    if not database.exists() or not log.made:
        log.forget()
        if database.exists():
            database.replace(database.with_name(f"{database.stem}-set-aside{database.suffix}"))
        fitting.new(f"sqlite:///{database}", {STATISTICS: model.likelihood.observed})
        return
    following = len(log.made)
    _drop_unlogged(database, following)
    fitting.load(f"sqlite:///{database}")
    model.best = min(generation.best for generation in log.made)
    known = {generation.number: generation.temperature for generation in log.made}
    fitting.eps.temperatures = {**known, following: log.next["temperature"]}
    fitting.acceptor.pdf_norms = {following: log.next["norm"]}


def _drop_unlogged(database: Path, generations: int) -> None:
    """Remove a generation that was written as the process was killed and is not in the log: it is made again."""
    with closing(sqlite3.connect(database)) as kept, kept:
        kept.execute("DELETE FROM populations WHERE t >= ?", (generations,))
        for rows, parent, parents in BELONGS:  # ids are given again, so nothing may be left of what went
            kept.execute(f"DELETE FROM {rows} WHERE {parent} NOT IN (SELECT id FROM {parents})")


def _pyabc() -> Any:
    with from_extra("calibrate", "calibrate"):
        import pyabc
    logging.getLogger("ABC").setLevel(logging.ERROR)
    return pyabc
