"""ABC-SMC by pyABC: a population of parameter sets moves from the prior to the posterior, generation by generation.

A run is accepted with a chance that falls with its misfit: the density of a normal error about the published values,
raised to the power 1/T. At temperature T the result is the exact posterior of a model whose error has T times the
variance (Wilkinson 2013; Schälte & Hasenauer 2020); T falls from generation to generation until it equals the
misfit that the best runs are left with (their reduced chi-square), or too few runs are accepted. What T ends above 1 is
misfit of the model, and predictions carry it as such.

Parameters are proposed in probits of their place in the prior: in the cube itself kernels spill over the edges, and in
twelve dimensions the few sets near corners would get nearly all of the weight. Every generation is kept in a database:
a fit that was stopped resumes after the last whole one.

pyABC draws what it proposes and what it accepts from NumPy's one global generator, which threads would share by chance
(its own sampler seeds them from the clock). Here every candidate draws from streams of its own address (seed,
generation, candidate, step), one thread at a time, and only the model runs side by side. Candidates count in their
order, so it does not matter which is ready first; what was begun beyond the last one needed is thrown away. So a fit is
the same to the last bit on any number of threads and after a stop.
"""

import logging
import math
import os
import sqlite3
import threading
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

import numpy as np
import pyabc
from scipy.stats import norm

from experiments.calibration.generations import Generation, Log, Progress, Settings
from experiments.calibration.likelihood import Likelihood
from experiments.ensemble.executors import interruptions_held
from model.columns import Array

STATISTICS: Final = "y"
PROPOSING, ACCEPTING = 0, 1
"""Steps of a candidate that draw."""
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
AIM: Final = 0.05
"""Share of runs that a generation should accept: what the next temperature is chosen by."""
AIM_FIRST: Final = 0.15
LARGEST_STEP: Final = 0.35
"""A generation's temperature is at least this part of the one before."""
LEAST_EFFECTIVE: Final = 0.15
"""Effective sets of the last generation, in parts of the population."""
STALLED: Final = 0.97
"""A fit ends where a generation's temperature is more than this part of the one before."""
AHEAD: Final = 2
"""Candidates in work for each thread: the next one waits ready while an earlier one is still to be counted."""


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
        If the database holds no fit of this size.
    """
    logging.getLogger("ABC").setLevel(logging.ERROR)
    log, threads = Log(database), workers or os.cpu_count() or 1
    model = Model(simulate, names, likelihood, settings, Turns(seed), progress or Progress())
    with warnings.catch_warnings(), ExitStack() as stack:
        warnings.simplefilter("ignore")
        # never in memory: pyABC would leave the connection open
        scratch = Path(stack.enter_context(TemporaryDirectory())) / "fit.db"
        pool = stack.enter_context(ThreadPoolExecutor(threads, thread_name_prefix="fit"))
        fitting = Fitting(
            model,
            pyabc.Distribution(**{name: pyabc.RV("norm", 0.0, 1.0) for name in names}),
            pyabc.IndependentNormalKernel(var=likelihood.variance),
            population_size=settings.population,
            acceptor=Acceptor(),
            eps=Temperature(model.goal),
            transitions=pyabc.MultivariateNormalTransition(scaling=WIDTH),
            sampler=InOrder(model, pool, threads),
        )
        fitting.model, fitting.log, fitting.started = model, log, time.perf_counter()
        _open(fitting, database or scratch, log, model)
        if not log.ended:
            fitting.run(max_nr_populations=settings.generations)
        frame, weights = fitting.history.get_distribution(m=0)
    return Fit(
        norm.cdf(frame[list(names)].to_numpy(float)),
        np.asarray(weights, dtype=float),
        log.made[-1].temperature,
        tuple(log.made),
    )


class Turns:
    """Whose turn it is to draw from NumPy's global generator, and from which address."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._turn = threading.Lock()
        self._own = threading.local()

    @contextmanager
    def drawing(self, generation: int, candidate: int) -> Iterator[None]:
        """Draw for a candidate; the sample from the prior is generation -1."""
        with self._turn:
            self._own.address = (self.seed, generation + 1, candidate)
            np.random.seed([*self._own.address, PROPOSING])  # noqa: NPY002  pyABC draws from it
            yield

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Give the turn away while the model runs."""
        self._turn.release()
        try:
            yield
        finally:
            self._turn.acquire()
            np.random.seed([*self._own.address, ACCEPTING])  # noqa: NPY002


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
        """Statistics of one run at a point given on the scale of the standard normal."""
        places = norm.cdf(np.array([float(point[name]) for name in self.names]))
        with self.turns.apart():
            return {STATISTICS: self.simulate(np.atleast_1d(places).tolist())}

    def note(self, particle: Any) -> None:
        """Count a run, in the order of candidates."""
        misfit = float(self.likelihood.misfit(particle.sum_stat[STATISTICS]))
        self.best, self.count = min(self.best, misfit), self.count + 1
        self.progress.runs(self.count)


class Temperature(pyabc.Temperature):  # type: ignore[misc]
    """Temperatures that aim at an acceptance of `AIM`, at most halve, and never fall below a goal."""

    def __init__(self, goal: Callable[[], float]) -> None:
        super().__init__(
            schemes=[pyabc.AcceptanceRateScheme(target_rate=AIM)],
            initial_temperature=pyabc.AcceptanceRateScheme(target_rate=AIM_FIRST),
            enforce_exact_final_temperature=False,
        )
        self.goal = goal

    def _update(self, t: int, *args: Any, **keywords: Any) -> None:
        if t not in self.temperatures:  # those from before a stop are known
            super()._update(t, *args, **keywords)
            before = self.temperatures.get(t - 1, math.inf)
            least = max(self.goal(), before * LARGEST_STEP if math.isfinite(before) else 0.0)
            self.temperatures[t] = max(self.temperatures[t], min(least, before))


class Acceptor(pyabc.StochasticAcceptor):  # type: ignore[misc]
    """Acceptor that keeps the norm which was known before a stop."""

    def _update(self, t: int, *args: Any, **keywords: Any) -> None:
        if t not in self.pdf_norms:
            super()._update(t, *args, **keywords)


class InOrder(pyabc.sampler.Sampler):  # type: ignore[misc]
    """Sampler that counts candidates in their order until enough are accepted."""

    def __init__(self, model: Model, executor: Executor, workers: int) -> None:
        super().__init__()
        self.model, self.executor, self.ahead = model, executor, AHEAD * workers

    def sample_until_n_accepted(self, n: int, simulate_one: Callable[[], Any], t: int, **_: Any) -> Any:
        """Candidates of generation `t`, up to the n-th accepted one."""

        def candidate(number: int) -> Any:
            with self.model.turns.drawing(t, number):
                return simulate_one()

        sample, begun, numbers = self._create_empty_sample(), deque[Future[Any]](), count()
        self.nr_evaluations_ = 0
        with interruptions_held() as check:
            try:
                while sample.n_accepted < n:
                    while len(begun) < self.ahead:
                        begun.append(self.executor.submit(candidate, next(numbers)))
                    particle = begun.popleft().result()
                    self.model.note(particle)
                    sample.append(particle)
                    self.nr_evaluations_ += 1
                    check()
            finally:
                for future in begun:
                    future.cancel()
                wait(begun)
        return sample


class Fitting(pyabc.ABCSMC):  # type: ignore[misc]
    """The loop of pyABC, which reports each generation and ends when the temperature is that of the misfit.

    Attributes
    ----------
    started
        When the fit began, by the clock of performance.
    """

    model: Model
    log: Log
    started: float

    def check_terminate(self, t: int, acceptance_rate: float) -> bool:
        """Note a generation that has ended; whether it was the last."""
        row, seconds = self.history.get_all_populations().set_index("t").loc[t], time.perf_counter() - self.started
        now = Generation(t, float(row["epsilon"]), acceptance_rate, int(row["samples"]), self.model.best, seconds)
        reached = now.temperature <= 1.001 * self.model.goal()
        stalled = bool(self.log.made) and now.temperature > STALLED * self.log.made[-1].temperature
        # a large step leaves a few sets with most of the weight: another generation evens it out
        effective = 1.0 / float((self.history.get_distribution(m=0, t=t)[1] ** 2).sum())
        settings = self.model.settings
        even = effective >= LEAST_EFFECTIVE * settings.population
        enough = reached or stalled or acceptance_rate < settings.least_acceptance
        last = (enough and even) or t + 1 >= settings.generations
        self.log.add(now, self.eps.temperatures[t + 1], self.acceptor.pdf_norms[t + 1], ended=last)
        self.model.progress.generation(now)
        return last


def _open(fitting: Any, database: Path, log: Log, model: Model) -> None:
    """Begin a fit, or resume the one in a database after its last whole generation.

    A database whose log is missing is moved aside, not deleted: the log may only be unreadable at the moment.
    """
    if not database.exists() or not log.made:
        # the log of a database that is gone gives no information
        log.made, log.ended = [], False
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
