"""The error of published values, as fits assume it, and runs beside it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from model.columns import Array

FAILED_SHIFT = 1e3
"""What is added to the targets, on the scale of comparison, for a run that failed."""


class Likelihood(NamedTuple):
    """Normal error about published values on the scale of comparison.

    Attributes
    ----------
    observed, variance
        Published values and the variance of their error (over weight), shape (targets,).
    weight
        Sum of the weights of the targets; 0 counts each target as one.
    """

    observed: Array
    variance: Array
    weight: float = 0.0

    def misfit(self, statistics: Array) -> Array:
        """Weighted chi-square of statistics, shape (..., targets): shape (...,)."""
        return np.asarray(((statistics - self.observed) ** 2 / self.variance).sum(axis=-1))

    def at(self, temperature: float, more: Array | float = 0.0) -> Likelihood:
        """The same at a temperature, which multiplies the variance, with a variance that comes on top."""
        return self._replace(variance=temperature * self.variance + more)

    def degrees(self, parameters: int) -> float:
        """Degrees of freedom of the chi-square, with some parameters fitted: at least 1."""
        return max((self.weight or len(self.observed)) - parameters, 1.0)


class Runs(NamedTuple):
    """Runs of a fit: places in the unit cube (runs, parameters) and statistics (runs, targets)."""

    units: Array
    statistics: Array

    def joined(self, other: Runs) -> Runs:
        """These runs, then others."""
        return Runs(*(np.vstack(pair) for pair in zip(self, other, strict=True)))

    def succeeded(self) -> Array:
        """Which runs have not failed, as a mask."""
        return np.asarray((np.abs(self.statistics) < 0.5 * FAILED_SHIFT).all(axis=1))
