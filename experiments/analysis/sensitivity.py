"""Which factors matter: Morris' screening and Sobol's indices of the runs of a study.

One missing value would spoil every index, so a block of the design that holds a point without a result is left out as a
whole, and `n` says how many blocks are left. Replications of a point are averaged; what chance remains is in the
intervals, which come from resampling blocks.
"""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from experiments.analysis.intervals import SEED, widened
from experiments.design.factors import Factor
from experiments.ensemble.store import DONE
from model.columns import Array
from model.errors import InputError

FEWEST_BLOCKS: Final = 4
DRAWS: Final = 1000


def morris_indices(runs: pd.DataFrame, factors: Sequence[Factor], outcome: str) -> pd.DataFrame:
    """Morris' mu, mu*, sigma of every factor on an outcome, over the range of the factor (Campolongo et al. 2007).

    Parameters
    ----------
    runs
        Runs of a Morris design: point, status, the factors, outcomes.

    Returns
    -------
    DataFrame
        factor, outcome, mu, mu_star, mu_star_low, mu_star_high, sigma, n (trajectories), left_out.

    Raises
    ------
    InputError
        If fewer than four trajectories have a result everywhere.
    """
    names = [factor.name for factor in factors]
    points, values = _by_point(runs, names, outcome)
    good = _whole_blocks(values, len(names) + 1, outcome)
    span = np.diff([factor.range for factor in factors], axis=1).ravel()
    moved = np.diff(points.reshape(-1, len(names) + 1, len(names))[good], axis=1) / span
    # each step of a trajectory moves one factor
    which = np.abs(moved).argmax(axis=2)
    slopes = np.diff(values.reshape(-1, len(names) + 1)[good], axis=1)
    slopes /= np.take_along_axis(moved, which[:, :, None], axis=2)[:, :, 0]
    effects = np.full((len(good), len(names)), math.nan)
    np.put_along_axis(effects, which, slopes, axis=1)
    sizes = np.abs(effects)
    drawn = widened(sizes[_resampled(len(good))].mean(axis=1), sizes.mean(axis=0), len(good))
    low, high = np.maximum(np.quantile(drawn, [0.025, 0.975], axis=0), 0.0)
    return pd.DataFrame(
        {
            "factor": names,
            "outcome": outcome,
            "mu": effects.mean(axis=0),
            "mu_star": sizes.mean(axis=0),
            "mu_star_low": low,
            "mu_star_high": high,
            "sigma": effects.std(axis=0, ddof=1),
            "n": len(good),
            "left_out": len(values) // (len(names) + 1) - len(good),
        }
    )


def _resampled(n: int) -> Array:
    """Bootstrap samples of n blocks, shape (draws, n)."""
    return np.random.default_rng(SEED).integers(0, n, size=(DRAWS, n))


def sobol_indices(runs: pd.DataFrame, factors: Sequence[Factor], outcome: str) -> pd.DataFrame:
    """First-order and total Sobol indices of every factor on an outcome, with 95% intervals.

    First order after Saltelli et al. (2010, table 2, b), total order after Jansen (1999), as in SALib.

    Returns
    -------
    DataFrame
        factor, outcome, s1, s1_low, s1_high, st, st_low, st_high, n (blocks), left_out, note.

    Raises
    ------
    InputError
        If fewer than four blocks have a result everywhere.
    """
    names = [factor.name for factor in factors]
    _, values = _by_point(runs, names, outcome)
    size = len(names) + 2
    good = _whole_blocks(values, size, outcome)
    blocks = values.reshape(-1, size)[good]
    flat = float(blocks.std()) <= 1e-12 * max(1.0, float(np.abs(blocks).max()))
    middle = np.zeros((2, len(names))) if flat else _estimate(blocks)
    drawn = np.array([middle if flat else _estimate(blocks[rows]) for rows in _resampled(len(good))])
    lows, highs = np.quantile(widened(drawn, middle, len(good)), [0.025, 0.975], axis=0)
    return pd.DataFrame(
        {
            "factor": names,
            "outcome": outcome,
            "s1": middle[0],
            "s1_low": lows[0],
            "s1_high": highs[0],
            "st": middle[1],
            "st_low": lows[1],
            "st_high": highs[1],
            "n": len(good),
            "left_out": len(values) // size - len(good),
            "note": "the outcome does not vary" if flat else "",
        }
    )


def _estimate(blocks: Array) -> Array:
    """First and total order from blocks (A, AB_1 .. AB_k, B) of shape (n, k + 2); shape (2, k)."""
    # centred and scaled: the estimators do not depend on it, their rounding does
    spread = blocks[:, [0, -1]].std() or 1.0
    y = (blocks - blocks[:, [0, -1]].mean()) / spread
    a, mixed, b = y[:, :1], y[:, 1:-1], y[:, -1:]
    variance = float(np.var(np.concatenate([a, b]))) or 1.0
    first = (b * (mixed - a)).mean(axis=0) / variance
    return np.array([first, 0.5 * ((a - mixed) ** 2).mean(axis=0) / variance])


def _by_point(runs: pd.DataFrame, names: Sequence[str], outcome: str) -> tuple[Array, Array]:
    """Points of the design in order, shape (points, k), and the outcome's mean over replications, nan where none."""
    good = runs["status"] == DONE if "status" in runs else np.ones(len(runs), dtype=bool)
    points = runs.groupby("point", sort=True)[list(names)].first()
    values = runs.assign(**{outcome: runs[outcome].where(good)}).groupby("point", sort=True)[outcome].mean()
    # a point all of whose runs are missing has no row: its place is kept
    whole = np.arange(int(points.index.min()), int(points.index.max()) + 1)
    return points.reindex(whole).to_numpy(float), values.reindex(whole).to_numpy(float)


def _whole_blocks(values: Array, size: int, outcome: str) -> Array:
    """Numbers of the blocks that have a result at every point."""
    count = len(values) // size
    if count * size != len(values):
        raise InputError(
            "this is not a whole design",
            field=outcome,
            value=f"{len(values)} points",
            allowed=f"blocks of {size} points",
            remedy="run the study to its end",
        )
    good = np.flatnonzero(np.isfinite(values.reshape(count, size)).all(axis=1))
    if len(good) < FEWEST_BLOCKS:
        raise InputError(
            "too few blocks of the design have a result at every point",
            field=outcome,
            value=f"{len(good)} of {count}",
            allowed=f"at least {FEWEST_BLOCKS}",
            remedy="see the errors of the failed runs, or take more blocks (design.n)",
        )
    return good
