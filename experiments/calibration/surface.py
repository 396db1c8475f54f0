"""A response surface: statistics as a quadratic function of the parameters, with the chance that is left about it."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from experiments.calibration.likelihood import Runs
from model.columns import Array

RIDGE: Final = 1e-3
LEAST_VARIANCE: Final = 1e-12


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
    parameters
        Number of parameters.
    """

    coefficients: Array
    spread: Array
    explained: Array
    parameters: int

    def mean(self, units: Array) -> Array:
        """Statistics without chance, shape (sets, targets)."""
        return np.asarray(_terms(units) @ self.coefficients)

    def draw(self, units: Array, rng: np.random.Generator) -> Array:
        """Statistics with chance, shape (sets, targets)."""
        return np.asarray(self.mean(units) + rng.normal(size=(len(units), len(self.spread))) * self.spread)


def _terms(units: Array) -> Array:
    """Constant, linear, square and product terms of centred parameters."""
    x = 2.0 * units - 1.0
    count = x.shape[1]
    return np.column_stack([np.ones(len(x)), x, *[x[:, i] * x[:, j] for i in range(count) for j in range(i, count)]])


def fit_surface(runs: Runs, weights: Array | None = None) -> Surface:
    """Least squares with a little ridge; runs that failed are left out.

    With weights, spread and share explained are those of the runs that weigh.
    """
    good = runs.succeeded()
    terms, y = _terms(runs.units[good]), runs.statistics[good]
    weight = np.ones(len(y)) if weights is None else weights[good] / weights[good].mean()
    scaled = terms if weights is None else terms * weight[:, None]
    penalty = RIDGE * len(terms) * np.eye(terms.shape[1])
    penalty[0, 0] = 0.0
    coefficients = np.linalg.solve(scaled.T @ terms + penalty, scaled.T @ y)
    left = y - terms @ coefficients
    spread2 = (weight[:, None] * left**2).sum(axis=0) / max(weight.sum() - terms.shape[1], 1.0)
    about2 = np.average((y - np.average(y, axis=0, weights=weight)) ** 2, axis=0, weights=weight)
    unexplained = left.var(axis=0) if weights is None else spread2
    explained = 1.0 - unexplained / np.maximum(about2, LEAST_VARIANCE)
    return Surface(coefficients, np.sqrt(spread2), explained, runs.units.shape[1])
