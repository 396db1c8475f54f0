"""Intervals of paired differences: bootstrap for means, Fieller for ratios. The same data give the same bounds."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from scipy.stats import t as student

from model.state import Array

__all__ = ["DRAWS", "Mean", "Ratio", "mean_difference", "ratio_of_means", "resamples"]

DRAWS: Final = 2000
FEWEST: Final = 3
"""Pairs below which no interval is given: a spread cannot be told from one or two."""
SEED: Final = 20110510


class Mean(NamedTuple):
    """A mean with its interval (nan where there are too few pairs) and the bootstrap means it was made of."""

    n: int
    mean: float
    low: float
    high: float
    drawn: Array


class Ratio(NamedTuple):
    """A ratio of means with its interval; nan and a note where it is withheld."""

    ratio: float
    low: float
    high: float
    note: str


def resamples(n: int, draws: int = DRAWS) -> Array:
    """Indices of bootstrap samples, shape (draws, n); the same for the same n, so that outcomes are drawn together."""
    return np.random.default_rng([SEED, n]).integers(0, n, size=(draws, n))


def mean_difference(differences: Array, level: float = 0.95, draws: int = DRAWS) -> Mean:
    """Mean of paired differences and its studentised bootstrap interval (Efron and Tibshirani 1993, ch. 12).

    A studentised interval keeps its level with few and skewed differences, which a percentile interval does not.

    Parameters
    ----------
    differences
        One for each pair, shape (n,); nan is left out.
    """
    values = np.asarray(differences, dtype=float)
    values = values[np.isfinite(values)]
    n = len(values)
    if n == 0:
        return Mean(0, math.nan, math.nan, math.nan, np.full(draws, math.nan))
    mean = float(values.mean())
    if n < FEWEST:
        return Mean(n, mean, math.nan, math.nan, np.full(draws, mean))
    drawn = values[resamples(n, draws)]
    means, errors = drawn.mean(axis=1), drawn.std(axis=1, ddof=1) / math.sqrt(n)
    error = float(values.std(ddof=1)) / math.sqrt(n)
    scale = max(abs(mean), float(np.abs(values).max()), 1e-300)
    if error <= 1e-12 * scale:
        return Mean(n, mean, mean, mean, means)
    told = errors > 1e-12 * scale
    ratios = (means[told] - mean) / errors[told]
    upper, lower = np.quantile(ratios, [0.5 + level / 2, 0.5 - level / 2])
    return Mean(n, mean, mean - float(upper) * error, mean - float(lower) * error, means)


def ratio_of_means(above: Array, below: Array, level: float = 0.95) -> Ratio:
    """Ratio of the means of two paired samples with its interval by Fieller (1954).

    Withheld where the denominator may be zero at this level: then the interval has no end.
    """
    a, b = np.asarray(above, dtype=float), np.asarray(below, dtype=float)
    good = np.isfinite(a) & np.isfinite(b)
    a, b, n = a[good], b[good], int(good.sum())
    if n < FEWEST:
        return Ratio(math.nan, math.nan, math.nan, f"withheld: {n} pairs are too few")
    t = float(student.ppf(0.5 + level / 2, n - 1))
    va, vb = float(a.var(ddof=1)) / n, float(b.var(ddof=1)) / n
    vab = float(np.cov(a, b, ddof=1)[0, 1]) / n
    ma, mb = float(a.mean()), float(b.mean())
    # roots of (ma - r mb)^2 = t^2 (va - 2 r vab + r^2 vb)
    c2, c1, c0 = mb * mb - t * t * vb, ma * mb - t * t * vab, ma * ma - t * t * va
    if c2 <= 0.0:
        return Ratio(math.nan, math.nan, math.nan, "withheld: what it is divided by cannot be told from zero")
    root = math.sqrt(max(c1 * c1 - c2 * c0, 0.0))
    return Ratio(ma / mb, (c1 - root) / c2, (c1 + root) / c2, "")
