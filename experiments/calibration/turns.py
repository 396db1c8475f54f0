"""Candidates of a fit on threads, the same to the last bit on any number of them and after a stop.

pyABC draws what it proposes and what it accepts from NumPy's one global generator, which threads would share by chance
(its own sampler seeds them from the clock). Here every candidate draws from streams of its own address (seed,
generation, candidate, step), one thread at a time, and only the model runs side by side. Candidates count in their
order, so it does not matter which is ready first; what was begun beyond the last one needed is thrown away.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, wait
from contextlib import contextmanager
from itertools import count
from typing import Any, Final

import numpy as np

from experiments.ensemble.threads import interruptions_held

__all__ = ["Turns", "sampler_in_order"]

PROPOSING, ACCEPTING = 0, 1
AHEAD: Final = 2
"""Candidates in work for each thread: the next one waits ready while an earlier one is still to be counted."""


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


def sampler_in_order(
    pyabc: Any, turns: Turns, executor: Executor, workers: int, note: Callable[[Any], object]
) -> Any:  # fmt: skip
    """Sampler of pyABC that counts candidates in their order until enough are accepted; `note` sees each of them."""

    class InOrder(pyabc.sampler.Sampler):  # type: ignore[misc]
        def sample_until_n_accepted(self, n: int, simulate_one: Callable[[], Any], t: int, **_: Any) -> Any:
            def candidate(number: int) -> Any:
                with turns.drawing(t, number):
                    return simulate_one()

            sample, begun, numbers = self._create_empty_sample(), deque[Future[Any]](), count()
            self.nr_evaluations_ = 0
            with interruptions_held() as check:
                try:
                    while sample.n_accepted < n:
                        while len(begun) < AHEAD * workers:
                            begun.append(executor.submit(candidate, next(numbers)))
                        particle = begun.popleft().result()
                        note(particle)
                        sample.append(particle)
                        self.nr_evaluations_ += 1
                        check()
                finally:
                    for future in begun:
                        future.cancel()
                    wait(begun)
            return sample

    return InOrder()
