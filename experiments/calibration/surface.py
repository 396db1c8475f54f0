"""A response surface: statistics as a quadratic function of the parameters, with the chance that is left about it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.stats import qmc

from experiments.calibration.problem import Problem, succeeded
from experiments.ensemble.threads import parallel_map
from model.columns import Array

__all__ = ["Surface", "fit_surface", "pilot"]

RIDGE: Final = 1e-3


@dataclass(frozen=True, eq=False)
class Surface:
    """Statistics as a quadratic function of the parameters, with normal chance about it.

    Attributes
    ----------
    coefficients
        Shape (terms, targets).
    spread
        Standard deviation about the surface, shape (targets,).
    explained
        Share of the variance of each statistic that the surface explains, shape (targets,).
    """

    coefficients: Array
    spread: Array
    explained: Array

    def mean(self, units: Array) -> Array:
        """Statistics without chance, shape (sets, targets)."""
        found: Array = _terms(np.atleast_2d(units)) @ self.coefficients
        return found

    def draw(self, unit: Sequence[float], rng: np.random.Generator) -> Array:
        """Statistics of one run."""
        found: Array = self.mean(np.asarray(unit))[0] + rng.normal(size=len(self.spread)) * self.spread
        return found


def _terms(units: Array) -> Array:
    """Constant, linear, square and product terms of centred parameters."""
    x = 2.0 * units - 1.0
    count = x.shape[1]
    pairs = [x[:, i] * x[:, j] for i in range(count) for j in range(i, count)]
    return np.column_stack([np.ones(len(x)), x, *pairs])


def pilot(problem: Problem, points: int, seed: int = 1, workers: int | None = None,
          done: Callable[[int], object] = lambda _: None) -> tuple[Array, Array]:  # fmt: skip
    """Runs over the whole prior: places (points, parameters) and statistics (points, targets)."""
    sampler = qmc.Sobol(len(problem.priors), rng=np.random.default_rng(seed))
    units = sampler.random_base2(math.ceil(math.log2(points)))[:points]
    return units, np.array(parallel_map(problem.safely, units.tolist(), workers, done))


def fit_surface(units: Array, statistics: Array, weights: Array | None = None) -> Surface:
    """Least squares with a little ridge, weighted if weights are given; runs that failed are left out."""
    good = succeeded(statistics)
    terms, y = _terms(units[good]), statistics[good]
    if weights is not None:
        return _weighted(terms, y, weights[good] / weights[good].mean())
    penalty = RIDGE * len(terms) * np.eye(terms.shape[1])
    penalty[0, 0] = 0.0
    coefficients = np.linalg.solve(terms.T @ terms + penalty, terms.T @ y)
    left = y - terms @ coefficients
    spread = np.sqrt((left**2).sum(axis=0) / max(len(y) - terms.shape[1], 1))
    return Surface(coefficients, spread, 1.0 - left.var(axis=0) / np.maximum(y.var(axis=0), 1e-12))


def _weighted(terms: Array, y: Array, weights: Array) -> Surface:
    """The same with weights; the spread is that of the runs that weigh."""
    scaled = terms * weights[:, None]
    penalty = RIDGE * len(terms) * np.eye(terms.shape[1])
    penalty[0, 0] = 0.0
    coefficients = np.linalg.solve(scaled.T @ terms + penalty, scaled.T @ y)
    left = y - terms @ coefficients
    spread2 = (weights[:, None] * left**2).sum(axis=0) / max(weights.sum() - terms.shape[1], 1.0)
    middle = np.average(y, axis=0, weights=weights)
    total = np.average((y - middle) ** 2, axis=0, weights=weights)
    return Surface(coefficients, np.sqrt(spread2), 1.0 - spread2 / np.maximum(total, 1e-12))
