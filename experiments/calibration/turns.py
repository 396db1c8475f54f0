"""Candidates of a fit on threads, the same to the last bit on any number of them and after a stop.

pyABC draws what it proposes and what it accepts from NumPy's one global generator, which threads would share by chance
(its own sampler seeds them from the clock). Here every candidate draws from streams of its own address (seed,
generation, candidate, step), one thread at a time, and only the model runs side by side. Candidates count in their
order, so it does not matter which is ready first; what was begun beyond the last one needed is thrown away.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

__all__ = ["Turns"]

PROPOSING, ACCEPTING = 0, 1


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
