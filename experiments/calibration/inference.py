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
import time
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

from experiments.calibration.turns import Turns, sampler_in_order
from experiments.ensemble.folder import from_json, to_json, write_atomically
from experiments.extras import from_extra
from model.columns import Array

__all__ = ["Fit", "Generation", "Settings", "generations_kept", "infer"]

STATISTICS: Final = "y"
BELONGS: Final = (
    ("models", "population_id", "populations"), ("particles", "model_id", "models"),
    ("parameters", "particle_id", "particles"), ("samples", "particle_id", "particles"),
    ("summary_statistics", "sample_id", "samples"),
)  # fmt: skip
"""Tables of pyABC's database, from populations down: rows, whose, of which table."""
AIM: Final = 0.05
"""Share of runs that a generation should accept: what the next temperature is chosen by."""
AIM_FIRST: Final = 0.15
LARGEST_STEP: Final = 0.35
"""A generation's temperature is at least this part of the one before."""
WIDTH: Final = 1.5
"""Width of the kernels that propose sets, in those of Silverman's rule: few sets in many dimensions need wide ones."""
LEAST_EFFECTIVE: Final = 0.15
"""Effective sets of the last generation, in parts of the population."""
STALLED: Final = 0.97
"""A fit ends where a generation's temperature is more than this part of the one before."""


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
    simulate: Callable[[Sequence[float]], Array], names: Sequence[str], observed: Array, variance: Array,
    settings: Settings, database: Path | None = None, *, workers: int | None = None, seed: int = 1,
    progress: Callable[[Generation], object] = lambda _: None,
    doing: Callable[[int], object] = lambda _: None, degrees: float | None = None,
) -> Fit:  # fmt: skip
    """Fit parameters with uniform priors on the unit cube.

    Parameters
    ----------
    simulate
        Parameter set (unit cube) -> statistics on the scale of comparison, shape (targets,).
    names
        Names of the parameters.
    observed, variance
        Published values and the variance of their error (over weight), shape (targets,).
    database
        File of pyABC; a fit that is there is gone on with. One that is thrown away after if None.
    workers
        Threads that runs are made on, one for each core by default; results do not depend on it.
    progress, doing
        Called with each generation that ends, and with the number of runs so far.
    degrees
        Degrees of freedom of the chi-square: by default targets less parameters; the sum of weights less parameters
        where targets are weighted.

    Raises
    ------
    InputError
        If pyABC is not installed, or the database holds no fit of this size.
    """
    pyabc = _pyabc()
    free = max(len(observed) - len(names), 1) if degrees is None else degrees
    turns = Turns(seed)
    runs = _Runs(simulate, names, observed, variance, doing, free, turns)
    temperature = _temperature(pyabc, lambda: runs.goal(settings))
    count = workers or os.cpu_count() or 1
    with warnings.catch_warnings(), ExitStack() as stack:
        warnings.simplefilter("ignore")
        # never in memory: pyABC would leave the connection open
        scratch = Path(stack.enter_context(TemporaryDirectory())) / "fit.db"
        threads = stack.enter_context(ThreadPoolExecutor(count, thread_name_prefix="fit"))
        log = _Log(database)
        fitting = _fitting(pyabc, settings, runs, log, progress)(
            runs, pyabc.Distribution(**{name: pyabc.RV("norm", 0.0, 1.0) for name in names}),
            pyabc.IndependentNormalKernel(var=variance), population_size=settings.population,
            acceptor=_acceptor(pyabc), eps=temperature,
            transitions=pyabc.MultivariateNormalTransition(scaling=WIDTH),
            sampler=sampler_in_order(pyabc, turns, threads, count, runs.note),
        )  # fmt: skip
        _open(fitting, database or scratch, log, runs, {STATISTICS: observed})
        if not log.ended:
            fitting.run(max_nr_populations=settings.generations)
        frame, weights = fitting.history.get_distribution(m=0)
    return Fit(
        norm.cdf(frame[list(names)].to_numpy(float)),
        np.asarray(weights, dtype=float),
        log.made[-1].temperature,
        tuple(log.made),
    )


class _Runs:
    """The model as pyABC calls it; counts runs and remembers the best."""

    def __init__(
        self, simulate: Callable[[Sequence[float]], Array], names: Sequence[str], observed: Array, variance: Array,
        doing: Callable[[int], object], degrees: float, turns: Turns,
    ) -> None:  # fmt: skip
        self.degrees, self.turns = degrees, turns
        self.simulate, self.names, self.doing = simulate, list(names), doing
        self.observed, self.variance = observed, variance
        self.best, self.count = math.inf, 0

    def goal(self, settings: Settings) -> float:
        """Temperature at which to end: the misfit that is asked for, or the reduced chi-square of the best run."""
        return settings.misfit or max(1.0, self.best / self.degrees)

    def __call__(self, point: Any) -> dict[str, Array]:
        places = norm.cdf(np.array([float(point[name]) for name in self.names]))
        with self.turns.apart():
            return {STATISTICS: self.simulate(np.atleast_1d(places).tolist())}

    def note(self, particle: Any) -> None:
        """Count a run, in the order of candidates."""
        misfit = float(((particle.sum_stat[STATISTICS] - self.observed) ** 2 / self.variance).sum())
        self.best, self.count = min(self.best, misfit), self.count + 1
        self.doing(self.count)


def generations_kept(database: Path) -> tuple[int, bool]:
    """Generations of a fit that have ended, and whether it is at its end."""
    log = _Log(database)
    return len(log.made), log.ended


def _temperature(pyabc: Any, goal: Callable[[], float]) -> Any:
    """Temperatures that aim at an acceptance of `AIM`, at most halve, and never fall below the goal."""

    class Temperature(pyabc.Temperature):  # type: ignore[misc]
        def _update(self, t: int, *args: Any, **keywords: Any) -> None:
            if t in self.temperatures:  # known from before a stop
                return
            super()._update(t, *args, **keywords)
            before = self.temperatures.get(t - 1, math.inf)
            floor = max(goal(), before * LARGEST_STEP if math.isfinite(before) else 0.0)
            self.temperatures[t] = max(self.temperatures[t], min(floor, before))

    return Temperature(
        schemes=[pyabc.AcceptanceRateScheme(target_rate=AIM)],
        initial_temperature=pyabc.AcceptanceRateScheme(target_rate=AIM_FIRST), enforce_exact_final_temperature=False,
    )  # fmt: skip


def _acceptor(pyabc: Any) -> Any:
    """Acceptor that keeps the norm which was known before a stop."""

    class Acceptor(pyabc.StochasticAcceptor):  # type: ignore[misc]
        def _update(self, t: int, *args: Any, **keywords: Any) -> None:
            if t not in self.pdf_norms:
                super()._update(t, *args, **keywords)

    return Acceptor()


def _fitting(pyabc: Any, settings: Settings, runs: _Runs, log: _Log, progress: Callable[[Generation], object]) -> Any:
    """The loop of pyABC, which tells of each generation and ends when the temperature is that of the misfit."""
    started = time.perf_counter()

    class Fitting(pyabc.ABCSMC):  # type: ignore[misc]
        def check_terminate(self, t: int, acceptance_rate: float) -> bool:
            row = self.history.get_all_populations().set_index("t").loc[t]
            now = Generation(t, float(row["epsilon"]), acceptance_rate, int(row["samples"]), runs.best,
                             time.perf_counter() - started)  # fmt: skip
            reached = now.temperature <= 1.001 * runs.goal(settings)
            stalled = bool(log.made) and now.temperature > STALLED * log.made[-1].temperature
            # a large step leaves a few sets with most of the weight: another generation evens it out
            effective = 1.0 / float((self.history.get_distribution(m=0, t=t)[1] ** 2).sum())
            even = effective >= LEAST_EFFECTIVE * settings.population
            last = ((reached or stalled or acceptance_rate < settings.least_acceptance) and even) or (
                t + 1 >= settings.generations
            )
            log.add(now, (self.eps.temperatures[t + 1], self.acceptor.pdf_norms[t + 1]), ended=last)
            progress(now)
            return last

    return Fitting


class _Log:
    """Generations that have ended and what the next begins with, kept beside the database: pyABC keeps neither."""

    def __init__(self, database: Path | None) -> None:
        self.path = None if database is None else database.with_suffix(".json")
        self.made: list[Generation] = []
        self.next: tuple[float, float] = (math.inf, 0.0)
        self.ended = False
        if self.path is not None and self.path.exists():
            content = from_json(self.path.read_text(encoding="utf-8"))
            self.made, self.ended = [Generation(*row) for row in content["generations"]], content["ended"]
            self.next = content["next"]["temperature"], content["next"]["norm"]

    def forget(self) -> None:
        """Begin anew: a log whose database is gone tells of nothing."""
        self.made, self.ended = [], False

    def add(self, generation: Generation, following: tuple[float, float], *, ended: bool) -> None:
        """Note a generation, and the temperature and norm of acceptance of the next."""
        self.made.append(generation)
        self.next, self.ended = following, ended
        if self.path is not None:
            following_on = dict(zip(("temperature", "norm"), following, strict=True))
            content = {"ended": ended, "generations": self.made, "next": following_on}
            write_atomically(self.path, to_json(content))


def _open(fitting: Any, database: Path, log: _Log, runs: _Runs, observed: dict[str, Array]) -> None:
    """Begin a fit, or resume the one in a database after its last whole generation.

    A database whose log is missing is moved aside, not deleted: the log may only be unreadable at the moment.
    """
    if not database.exists() or not log.made:
        log.forget()
        if database.exists():
            database.replace(database.with_name(f"{database.stem}-set-aside{database.suffix}"))
        fitting.new(f"sqlite:///{database}", observed)
        return
    _drop_unlogged(database, len(log.made))
    fitting.load(f"sqlite:///{database}")
    runs.best = min(generation.best for generation in log.made)
    following = len(log.made)
    fitting.eps.temperatures = {
        **{generation.number: generation.temperature for generation in log.made}, following: log.next[0],
    }  # fmt: skip
    fitting.acceptor.pdf_norms = {following: log.next[1]}


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
