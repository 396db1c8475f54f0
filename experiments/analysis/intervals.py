"""Intervals of means over seeds, few as they may be: Student's t and the bootstrap for means, Fieller for ratios.

The same data give the same bounds. Coverage of intervals at 95%, by simulation (2,000 studies each; the tests in
`tests/science/test_intervals.py` repeat it with other draws):

=====  ======  ==================  =====================  =======================
seeds  normal  lognormal, skewed   Student's t with 3     normal, a tenth of them
               (skewness 3.7)      degrees, heavy tails   six times as wide
=====  ======  ==================  =====================  =======================
3      0.95    0.89                0.97                   0.96
5      0.97    0.91                0.97                   0.98
10     0.96    0.92                0.97                   0.97
20     0.96    0.93                0.95                   0.97
=====  ======  ==================  =====================  =======================

No method reaches 0.95 with few skewed differences. A studentised bootstrap alone covers 0.94, 0.92, 0.93 and 0.93 of
them (5 seeds: normal, skewed, heavy, mixed) but only 0.91 and 0.89 of heavy tails at 20; Student's t alone covers 0.85
to 0.89 of skewed ones; percentiles of the bootstrap cover 0.75 at 3 seeds and 0.84 at 5.
"""

import math
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import norm
from scipy.stats import t as student

from experiments.ensemble.store import DONE
from experiments.field_types import check_choice
from model.columns import Array
from model.errors import InputError

DRAWS: Final = 2000
FEWEST: Final = 3
"""Pairs below which no interval is given: a spread cannot be told from one or two."""
ENOUGH: Final = 10
"""Seeds below which every result is shown as preliminary."""
UNITS: Final = {"screening": "trajectory", "sobol": "block", "search": "world"}
"""Kind of study -> what is drawn at random in it, for manifests of version 0.1, which do not have the field `drawn`."""
SEED: Final = 20110510
MOST_FLAT: Final = 0.01
"""Share of bootstrap samples without spread above which they say too little: four values or fewer, or mostly equal."""


def preliminary(count: float, unit: str = "seed") -> str:
    """What is said with a result of few seeds (or other units that were drawn): "preliminary, 3 seeds"; else nothing.

    Nothing is said where the number is not known (nan).
    """
    several = f"{unit[:-1]}ies" if unit.endswith("y") else f"{unit}s"
    return "" if not count < ENOUGH else f"preliminary, {int(count)} {unit if count == 1 else several}"


def unit_of(manifest: Mapping[str, Any]) -> str:
    """What is drawn at random in a study: seeds, trajectories, blocks or worlds."""
    return str(manifest.get("drawn") or UNITS.get(manifest.get("kind", ""), "seed"))


def preliminary_results(manifest: Mapping[str, Any]) -> str:
    """The same for the results that a manifest tells of, in lists that show no table of them."""
    size, unit = manifest.get("size", {}), unit_of(manifest)
    if manifest.get("kind") == "validation":
        sets = [count for part, count in size.items() if part != "organisations"]
        return preliminary(min(sets, default=math.nan), "parameter set")
    if unit != "seed":
        return preliminary(manifest.get("design", {}).get("n", math.nan), unit)
    return preliminary(len(manifest["seeds"])) if isinstance(manifest.get("seeds"), list) else ""


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
    columns = [str(name) for name in runs]
    check_choice(outcome, columns, "outcome", "the runs do not have this outcome", "take one of these columns")
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
    message = f"the {field} has no run" if by == "scenario" else f"there is no such {by}"
    check_choice(name, list(dict.fromkeys(table[by])), field, message, "take one of these, or run it too")


def check_share(field: str, value: float, remedy: str = "write 95% as 0.95") -> None:
    """Refuse a level of confidence or another share that is not between 0 and 1; raises InputError."""
    if not 0.0 < value < 1.0:
        raise InputError(
            "this is not a share", field=field, value=value, allowed="a number above 0 and below 1", remedy=remedy
        )


def resamples(n: int, draws: int = DRAWS) -> Array:
    """Indices of bootstrap samples, shape (draws, n); the same for the same n, so that outcomes are drawn together."""
    return np.random.default_rng([SEED, n]).integers(0, n, size=(draws, n))


def mean_difference(differences: Array, level: float = 0.95, draws: int = DRAWS) -> Mean:
    """Mean of paired differences and its interval: at each end the wider one of Student's t and a bootstrap.

    The bootstrap is studentised (Efron and Tibshirani 1993, ch. 12). It is wide enough for skewed differences and too
    short for heavy tails; Student's t is the other way round. Where many bootstrap samples have no spread (three or
    four pairs, or values that are mostly equal) the interval is Student's t alone.

    Parameters
    ----------
    differences
        One for each pair, shape (n,); nan is left out.

    Raises
    ------
    InputError
        If the level is not between 0 and 1.
    """
    check_share("level", level)
    values = np.asarray(differences, dtype=float)
    values = values[np.isfinite(values)]
    n = len(values)
    mean = float(values.mean()) if n else math.nan
    if n < FEWEST:
        return Mean(n, mean, math.nan, math.nan, np.full(draws, math.nan))
    drawn = values[resamples(n, draws)]
    means, errors = drawn.mean(axis=1), drawn.std(axis=1, ddof=1) / math.sqrt(n)
    error = float(values.std(ddof=1)) / math.sqrt(n)
    scale = max(abs(mean), float(np.abs(values).max()), 1e-300)
    if error <= 1e-12 * scale:
        return Mean(n, mean, mean, mean, means)
    told = errors > 1e-12 * scale
    below = above = float(student.ppf(0.5 + level / 2, n - 1))
    if told.mean() >= 1.0 - MOST_FLAT:
        upper, lower = np.quantile((means[told] - mean) / errors[told], [0.5 + level / 2, 0.5 - level / 2])
        below, above = max(below, float(upper)), max(above, -float(lower))
    return Mean(n, mean, mean - below * error, mean + above * error, means)


def mean_and_interval(values: Array, level: float = 0.95) -> tuple[float, float, float]:
    """Mean over replications and its interval by Student's t; no interval (nan) below three values."""
    mean = float(np.mean(values))
    if len(values) < FEWEST:
        return mean, math.nan, math.nan
    half = float(student.ppf(0.5 + level / 2, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values)))
    return mean, mean - half, mean + half


def widened(drawn: Array, middle: Array | float, n: int, level: float = 0.95) -> Array:
    """Bootstrap statistics of `n` units, drawn apart about their middle as far as few units need.

    Their spread is too small by sqrt((n - 1) / n), and the normal quantile stands in for that of Student's t
    (Hesterberg 2015, section 4.1). `drawn` has a row for each bootstrap sample.
    """
    quantile = 0.5 + level / 2
    factor = math.sqrt(n / (n - 1)) * float(student.ppf(quantile, n - 1) / norm.ppf(quantile))
    return np.asarray(middle + factor * (drawn - middle))


def ratio_of_means(above: Array, below: Array, level: float = 0.95) -> Ratio:
    """Ratio of the means of two paired samples with its interval by Fieller (1954).

    Withheld where the denominator may be zero at this level: then the interval has no end.

    Raises
    ------
    InputError
        If the level is not between 0 and 1, or the samples are not pairs.
    """
    check_share("level", level)
    if np.shape(above) != np.shape(below):
        raise InputError(
            "these are not pairs",
            field="below",
            value=np.shape(below),
            allowed=f"{np.shape(above)}",
            remedy="give one value of each for every seed",
        )
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
