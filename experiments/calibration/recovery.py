"""Does the machinery find what it should? Simulation-based calibration on parameters that are known.

Known parameters are drawn from the prior, data are made of them with the error that the fit assumes, and the same fit
is made to these data (Talts et al. 2018). If it is right, the rank of the known value among the sets of the posterior
is uniform. A fit costs thousands of runs and a check a hundred fits, so a quadratic response surface of its
statistics stands in for the model, with the chance that is left about it; all else is the machinery itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy.stats import chi2, qmc

from experiments.calibration.inference import Settings, infer
from experiments.calibration.posterior import equal_weights
from experiments.calibration.problem import Problem, mapped
from model.state import Array

__all__ = ["Surface", "fit_surface", "holm", "recover", "uniformity"]

RANKS: Final = 19
"""Sets of equal weight, a rank among which is taken: 20 possible ranks."""
BINS: Final = 10
RIDGE: Final = 1e-3
LEAST_CONTRACTION: Final = 0.2
"""A parameter whose variance falls by less is called unidentified (amendment 21)."""


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
    return units, np.array(mapped(problem.safely, units.tolist(), workers, done))


def fit_surface(units: Array, statistics: Array) -> Surface:
    """Least squares with a little ridge; runs that failed are left out."""
    good = np.isfinite(statistics).all(axis=1) & (np.abs(statistics) < 500.0).all(axis=1)
    terms, y = _terms(units[good]), statistics[good]
    penalty = RIDGE * len(terms) * np.eye(terms.shape[1])
    penalty[0, 0] = 0.0
    coefficients = np.linalg.solve(terms.T @ terms + penalty, terms.T @ y)
    left = y - terms @ coefficients
    spread = np.sqrt((left**2).sum(axis=0) / max(len(y) - terms.shape[1], 1))
    return Surface(coefficients, spread, 1.0 - left.var(axis=0) / np.maximum(y.var(axis=0), 1e-12))


def _one_trial(job: tuple[Surface, list[str], Array, Settings, int]) -> tuple[Array, Array]:
    """Ranks of known parameters in the posterior of data made of them, and the variance that is left, per parameter."""
    surface, names, variance, settings, seed = job
    rng = np.random.default_rng(seed)
    known = rng.random(len(names))
    temperature = settings.misfit or 1.0
    data = surface.draw(known.tolist(), rng) + rng.normal(size=len(variance)) * np.sqrt(temperature * variance)
    fit = infer(lambda unit: surface.draw(unit, rng), names, data, variance, settings, workers=1, seed=seed % 2**32)
    sets = equal_weights(fit.units, fit.weights, RANKS, seed)
    return (sets < known).sum(axis=0), np.average((fit.units - np.average(fit.units, axis=0, weights=fit.weights)) ** 2,
                                                  axis=0, weights=fit.weights)  # fmt: skip


def recover(
    surface: Surface, names: Sequence[str], variance: Array, settings: Settings, trials: int = 100, seed: int = 1,
    workers: int = 1, done: Callable[[int], object] = lambda _: None,
) -> pd.DataFrame:  # fmt: skip
    """Fit many sets of data made of known parameters.

    Parameters
    ----------
    settings
        `misfit` is the temperature at which data are made and fits end; as in the fit that is checked.
    workers
        Processes: this is Python and not compiled weeks.

    Returns
    -------
    DataFrame
        trial, parameter, rank (0 to 19), variance (of the posterior, unit cube).
    """
    jobs: list[Any] = [
        (surface, list(names), variance, replace(settings, misfit=settings.misfit or 1.0), seed * 100_003 + trial)
        for trial in range(trials)
    ]
    rows = []
    if workers == 1:
        results: Any = map(_one_trial, jobs)
        rows = _collected(results, names, done)
    else:
        with ProcessPoolExecutor(workers) as pool:
            rows = _collected(pool.map(_one_trial, jobs), names, done)
    return pd.DataFrame(rows)


def _collected(results: Any, names: Sequence[str], done: Callable[[int], object]) -> list[dict[str, Any]]:
    rows = []
    for trial, (ranks, variance) in enumerate(results):
        rows += [{"trial": trial, "parameter": name, "rank": int(rank), "variance": float(left)}
                 for name, rank, left in zip(names, ranks, variance, strict=True)]  # fmt: skip
        done(trial + 1)
    return rows


def uniformity(ranks: pd.DataFrame) -> pd.DataFrame:
    """Is the histogram of ranks flat? Pearson's test for each parameter, adjusted after Holm (1979).

    Returns
    -------
    DataFrame
        parameter, trials, statistic, p, p_holm, flat (at 5%), contraction, identified.
    """
    rows = []
    for parameter, group in ranks.groupby("parameter", sort=False):
        counts = np.bincount(group["rank"] * BINS // (RANKS + 1), minlength=BINS)
        expected = len(group) / BINS
        statistic = float(((counts - expected) ** 2 / expected).sum())
        contraction = 1.0 - float(group["variance"].mean()) * 12.0  # the prior's variance is 1/12
        rows.append({
            "parameter": parameter, "trials": len(group), "statistic": statistic,
            "p": float(chi2.sf(statistic, BINS - 1)), "contraction": contraction,
            "identified": contraction >= LEAST_CONTRACTION,
        })  # fmt: skip
    table = pd.DataFrame(rows)
    table["p_holm"] = holm(table["p"].to_numpy(float))
    return table.assign(flat=table["p_holm"] > 0.05)


def holm(p: Array) -> Array:
    """P-values adjusted for several tests, after Holm (1979)."""
    order = np.argsort(p)
    stepped = np.maximum.accumulate((len(p) - np.arange(len(p))) * p[order])
    found = np.empty_like(p)
    found[order] = np.minimum(stepped, 1.0)
    return found
