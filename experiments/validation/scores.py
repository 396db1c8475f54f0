"""Scores of predictions, each a distribution given by draws: error, coverage, sharpness, CRPS, rank correlation.

All are taken on the scale of comparison (logs for kilograms and prices, logits for shares), so that an error of a
factor of two counts alike for a large and a small state.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import binomtest, spearmanr

from model.columns import Array

FEWEST_RANKED = 4


class Scores(NamedTuple):
    """What predictions of several figures are worth.

    Attributes
    ----------
    error
        Median absolute error of the medians: on logs, 0.69 is a factor of two.
    mean_error
        Mean absolute error of the medians.
    cover_50, cover_90
        Share of figures inside the central intervals.
    crps
        Mean continuous ranked probability score (Gneiting & Raftery 2007); smaller is better.
    width_90
        Median width of the 90% interval.
    rank
        Spearman's correlation of medians with figures; nan below four figures.
    """

    n: int
    error: float
    mean_error: float
    cover_50: float
    cover_90: float
    crps: float
    width_90: float
    rank: float


def crps(draws: Array, observed: float) -> float:
    """Continuous ranked probability score of one figure, from draws (Gneiting & Raftery 2007, eq. 21).

    E|X - y| - E|X - X'| / 2, over all pairs of different draws, so that few draws score on average as many (Ferro
    2014); shape of draws (n,).
    """
    return float(crps_each(np.asarray(draws, dtype=float)[:, None], np.array([observed]))[0])


def crps_each(draws: Array, observed: Array) -> Array:
    """The same for several figures: draws of shape (n, figures)."""
    x = np.sort(draws, axis=0)
    n = len(x)
    weights = (2 * np.arange(1, n + 1) - n - 1)[:, None]
    spread = 2.0 * (weights * x).sum(axis=0) / (n * (n - 1))
    return np.asarray(np.abs(x - observed).mean(axis=0) - 0.5 * spread)


def crps_weighted(draws: Array, observed: Array, weights: Array) -> Array:
    """The same for draws with weights, shape (n,), which sum to 1: pairs count by the product of theirs."""
    order = np.argsort(draws, axis=0)
    x, w = np.take_along_axis(draws, order, axis=0), weights[order]
    below = np.cumsum(w, axis=0) - w
    spread = 2.0 * (w * x * (2.0 * below + w - 1.0)).sum(axis=0) / (1.0 - (weights**2).sum())
    return np.asarray((w * np.abs(x - observed)).sum(axis=0) - 0.5 * spread)


def quantiles_weighted(draws: Array, levels: Sequence[float], weights: Array) -> Array:
    """Quantiles, shape (levels, figures), of draws with weights; those of `np.quantile` where weights are equal."""
    order = np.argsort(draws, axis=0)
    x, w = np.take_along_axis(draws, order, axis=0), weights[order]
    middle = np.cumsum(w, axis=0) - 0.5 * w
    at = (middle - middle[0]) / (middle[-1] - middle[0])
    return np.array([np.interp(levels, at[:, i], x[:, i]) for i in range(x.shape[1])]).T


def central(draws: Array, level: float = 0.9) -> Array:
    """Ends of the central interval of a level: low, high, for each figure."""
    return np.quantile(draws, [0.5 - level / 2, 0.5 + level / 2], axis=0)


def inside(draws: Array, observed: Array | float, level: float = 0.9) -> Array:
    """Whether figures lie in their central intervals."""
    low, high = central(draws, level)
    return np.asarray((low <= observed) & (observed <= high))


def width(draws: Array, level: float = 0.9) -> Array:
    """Width of the central intervals."""
    low, high = central(draws, level)
    return np.asarray(high - low)


def rank_correlation(predicted: Array, observed: Array) -> float:
    """Spearman's correlation; nan where there are too few figures or one side does not vary."""
    if len(observed) < FEWEST_RANKED or np.ptp(predicted) == 0.0 or np.ptp(observed) == 0.0:
        return float("nan")
    return float(spearmanr(predicted, observed).statistic)


def score(draws: Array, observed: Array) -> Scores:
    """Scores of several figures; draws of shape (n, figures)."""
    middle = np.median(draws, axis=0)
    apart = np.abs(middle - observed)
    return Scores(
        n=len(observed),
        error=float(np.median(apart)),
        mean_error=float(np.mean(apart)),
        cover_50=float(np.mean(inside(draws, observed, 0.5))),
        cover_90=float(np.mean(inside(draws, observed))),
        crps=float(crps_each(draws, observed).mean()),
        width_90=float(np.median(width(draws))),
        rank=rank_correlation(middle, observed),
    )


class Coverage(NamedTuple):
    """What the number of figures inside their intervals says of these.

    Attributes
    ----------
    holds
        So few inside are still what an interval of the level gives (one-sided binomial test at 5%). A single figure,
        which no test can reject, has to lie inside.
    too_wide
        So many inside are more than it gives.
    """

    holds: bool
    too_wide: bool


def coverage(inside_count: int, count: int, level: float = 0.9, alpha: float = 0.05) -> Coverage:
    """Test how many of some figures lie inside the central intervals of a level, each figure taken for itself."""
    few, many = (binomtest(inside_count, count, level, alternative=side).pvalue for side in ("less", "greater"))
    return Coverage(bool(few > alpha) and (count > 1 or inside_count == 1), bool(many < alpha))
