"""pyABC as the fit uses it: its temperatures, its end, and candidates on threads in an order that never varies.

Only `experiments.calibration.inference` imports this module, when a fit begins: pyABC is an extra.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future, wait
from itertools import count
from typing import Any, Final

import pyabc

from experiments.calibration.inference import Generation, Log, Model, Settings
from experiments.calibration.progress import Progress
from experiments.ensemble.threads import interruptions_held

__all__ = ["Acceptor", "Fitting", "InOrder", "Temperature"]

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
    """The loop of pyABC, which reports each generation and ends when the temperature is that of the misfit."""

    def ending(self, model: Model, settings: Settings, log: Log, progress: Progress) -> None:
        """Set what decides the end, and where generations are noted; the clock starts."""
        self.model, self.settings, self.log, self.progress = model, settings, log, progress
        self.started = time.perf_counter()

    def check_terminate(self, t: int, acceptance_rate: float) -> bool:
        """Note a generation that has ended; whether it was the last."""
        row, seconds = self.history.get_all_populations().set_index("t").loc[t], time.perf_counter() - self.started
        now = Generation(t, float(row["epsilon"]), acceptance_rate, int(row["samples"]), self.model.best, seconds)
        reached = now.temperature <= 1.001 * self.model.goal()
        stalled = bool(self.log.made) and now.temperature > STALLED * self.log.made[-1].temperature
        # a large step leaves a few sets with most of the weight: another generation evens it out
        effective = 1.0 / float((self.history.get_distribution(m=0, t=t)[1] ** 2).sum())
        even = effective >= LEAST_EFFECTIVE * self.settings.population
        last = ((reached or stalled or acceptance_rate < self.settings.least_acceptance) and even) or (
            t + 1 >= self.settings.generations
        )
        self.log.add(now, self.eps.temperatures[t + 1], self.acceptor.pdf_norms[t + 1], ended=last)
        self.progress.generation(now)
        return last
