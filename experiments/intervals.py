"""Intervals of paired differences: bootstrap for means, Fieller for ratios. The same data give the same bounds."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import t as student

from experiments.store import DONE
from model.columns import Array
from model.errors import InputError

__all__ = [
    "DRAWS", "FEWEST", "Mean", "Ratio", "by_seed", "mean_difference", "named", "ratio_of_means", "resamples", "share",
]  # fmt: skip

DRAWS: Final = 2000
FEWEST: Final = 3
"""Pairs below which no interval is given: a spread cannot be told from one or two."""
SEED: Final = 20110510
MOST_FLAT: Final = 0.01
"""Share of bootstrap samples without spread above which they say too little: four values or fewer, or mostly equal."""


class Mean(NamedTuple):
    """A mean with its interval and the bootstrap means it was made of; both nan where there are too few pairs."""

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


def by_seed(runs: pd.DataFrame, outcome: str, by: str = "scenario") -> pd.DataFrame:
    """An outcome as a table of seeds by arms; nan where a run failed.

    Where an arm has several points, as of a design over uncertainties, each seed has their mean, and nan unless all of
    them ended well: a mean over other points would be no pair.

    Raises
    ------
    InputError
        If the runs do not have this outcome.
    """
    if outcome not in runs:
        raise InputError("the runs do not have this outcome", field="outcome", value=outcome,
                         allowed=", ".join(map(str, runs.columns)), remedy="take one of these columns")  # fmt: skip
    good = runs[runs["status"] == DONE] if "status" in runs else runs
    cells = good.groupby(["seed", by], sort=True)[outcome]
    wide, count = cells.mean().unstack(by), cells.count().unstack(by)
    return wide.where(count == count.max())


def named(table: pd.DataFrame, name: str, by: str, field: str = "baseline") -> None:
    """Check that something is among the values of a column.

    Raises
    ------
    InputError
        If it is not.
    """
    if name not in set(table[by]):
        raise InputError(f"the {field} has no run" if by == "scenario" else f"there is no such {by}", field=field,
                         value=name, allowed=", ".join(map(str, dict.fromkeys(table[by]))),
                         remedy="take one of these, or run it too")  # fmt: skip


def share(field: str, value: float) -> float:
    """Give back a probability such as a level of confidence.

    Raises
    ------
    InputError
        If it is not between 0 and 1.
    """
    if not 0.0 < value < 1.0:
        raise InputError("this is no share", field=field, value=value, allowed="above 0 and below 1",
                         remedy="write 95% as 0.95")  # fmt: skip
    return value


def resamples(n: int, draws: int = DRAWS) -> Array:
    """Indices of bootstrap samples, shape (draws, n); the same for the same n, so that outcomes are drawn together."""
    return np.random.default_rng([SEED, n]).integers(0, n, size=(draws, n))


def mean_difference(differences: Array, level: float = 0.95, draws: int = DRAWS) -> Mean:
    """Mean of paired differences and its studentised bootstrap interval (Efron and Tibshirani 1993, ch. 12).

    A studentised interval keeps its level with few and skewed differences, which a percentile interval does not. Where
    many bootstrap samples have no spread (three or four pairs, or values that are mostly equal) it is Student's t.

    Parameters
    ----------
    differences
        One for each pair, shape (n,); nan is left out.

    Raises
    ------
    InputError
        If the level is not between 0 and 1.
    """
    share("level", level)
    values = np.asarray(differences, dtype=float)
    values = values[np.isfinite(values)]
    n = len(values)
    if n == 0:
        return Mean(0, math.nan, math.nan, math.nan, np.full(draws, math.nan))
    mean = float(values.mean())
    if n < FEWEST:
        return Mean(n, mean, math.nan, math.nan, np.full(draws, math.nan))
    drawn = values[resamples(n, draws)]
    means, errors = drawn.mean(axis=1), drawn.std(axis=1, ddof=1) / math.sqrt(n)
    error = float(values.std(ddof=1)) / math.sqrt(n)
    scale = max(abs(mean), float(np.abs(values).max()), 1e-300)
    if error <= 1e-12 * scale:
        return Mean(n, mean, mean, mean, means)
    told = errors > 1e-12 * scale
    if told.mean() < 1.0 - MOST_FLAT:
        half = float(student.ppf(0.5 + level / 2, n - 1)) * error
        return Mean(n, mean, mean - half, mean + half, means)
    ratios = (means[told] - mean) / errors[told]
    upper, lower = np.quantile(ratios, [0.5 + level / 2, 0.5 - level / 2])
    return Mean(n, mean, mean - float(upper) * error, mean - float(lower) * error, means)


def ratio_of_means(above: Array, below: Array, level: float = 0.95) -> Ratio:
    """Ratio of the means of two paired samples with its interval by Fieller (1954).

    Withheld where the denominator may be zero at this level: then the interval has no end.

    Raises
    ------
    InputError
        If the level is not between 0 and 1, or the samples are not pairs.
    """
    share("level", level)
    if np.shape(above) != np.shape(below):
        raise InputError("these are not pairs", field="below", value=np.shape(below), allowed=f"{np.shape(above)}",
                         remedy="give one value of each for every seed")  # fmt: skip
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
