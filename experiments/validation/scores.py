"""Scores of predictions, each a distribution given by draws: error, coverage, sharpness, CRPS, rank correlation.

All are taken on the scale of comparison (logs for kilograms and prices, logits for shares), so that an error of a
factor of two counts alike for a large and a small state.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.stats import binomtest, spearmanr

from model.state import Array

__all__ = ["Scores", "coverage_holds", "crps", "inside", "rank_correlation", "score", "width"]

FEWEST_RANKED = 4


class Scores(NamedTuple):
    """What predictions of several figures are worth.

    Attributes
    ----------
    error
        Median absolute error of the medians: on logs, 0.69 is a factor of two.
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
    cover_50: float
    cover_90: float
    crps: float
    width_90: float
    rank: float


def crps(draws: Array, observed: float) -> float:
    """Continuous ranked probability score of one figure, from draws (Gneiting & Raftery 2007, eq. 21).

    E|X - y| - E|X - X'| / 2, with all pairs taken through the sorted sample; shape of draws (n,).
    """
    x = np.sort(np.asarray(draws, dtype=float))
    n = len(x)
    spread = 2.0 * float(((2 * np.arange(1, n + 1) - n - 1) * x).sum()) / (n * n)
    return float(np.abs(x - observed).mean()) - 0.5 * spread


def inside(draws: Array, observed: float, level: float) -> bool:
    """Whether a figure lies in the central interval of a level."""
    low, high = np.quantile(draws, [0.5 - level / 2, 0.5 + level / 2])
    return bool(low <= observed <= high)


def width(draws: Array, level: float = 0.9) -> float:
    """Width of the central interval."""
    low, high = np.quantile(draws, [0.5 - level / 2, 0.5 + level / 2])
    return float(high - low)


def rank_correlation(predicted: Array, observed: Array) -> float:
    """Spearman's correlation; nan where there are too few figures or one side does not vary."""
    if len(observed) < FEWEST_RANKED or np.ptp(predicted) == 0.0 or np.ptp(observed) == 0.0:
        return float("nan")
    return float(spearmanr(predicted, observed).statistic)


def score(draws: Array, observed: Array) -> Scores:
    """Scores of several figures; draws of shape (n, figures)."""
    middle = np.median(draws, axis=0)
    each = range(len(observed))
    return Scores(
        len(observed), float(np.median(np.abs(middle - observed))),
        float(np.mean([inside(draws[:, i], observed[i], 0.5) for i in each])),
        float(np.mean([inside(draws[:, i], observed[i], 0.9) for i in each])),
        float(np.mean([crps(draws[:, i], observed[i]) for i in each])),
        float(np.median([width(draws[:, i]) for i in each])), rank_correlation(middle, observed),
    )  # fmt: skip


def coverage_holds(inside_count: int, count: int, level: float = 0.9, alpha: float = 0.05) -> bool:
    """Whether so few figures inside are still what an interval of a level would give (one-sided binomial test)."""
    return bool(binomtest(inside_count, count, level, alternative="less").pvalue > alpha)
