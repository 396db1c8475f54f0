"""Which factors matter: Morris' screening and Sobol's indices of the runs of a study, by SALib.

One missing value would spoil every index, so a block of the design that holds a point without a result is left out as a
whole, and `n` says how many blocks are left. Replications of a point are averaged; what chance remains is in the
intervals, which come from resampling blocks.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from SALib.sample import morris as morris_sample
from SALib.sample import sobol as sobol_sample

from experiments.analysis.intervals import widened
from experiments.design.factors import Factor
from experiments.ensemble.store import DONE
from model.columns import Array
from model.errors import InputError

__all__ = ["morris", "morris_indices", "problem_of", "saltelli", "sobol_indices"]

LEVELS: Final = 4
FEWEST_BLOCKS: Final = 4
DRAWS: Final = 1000
SEED: Final = 20110510


def problem_of(factors: Sequence[Factor]) -> dict[str, Any]:
    """Factors as SALib wants them."""
    return {"num_vars": len(factors), "names": [f.name for f in factors], "bounds": [[f.low, f.high] for f in factors]}


def saltelli(problem: dict[str, Any], n: int, seed: int) -> Array:
    """Saltelli's design without second order: n blocks of k + 2 points, shape (n (k + 2), k) (Saltelli et al. 2010)."""
    made: Array = sobol_sample.sample(problem, _power_of_two(n), calc_second_order=False, seed=seed)
    return made


def morris(problem: dict[str, Any], trajectories: int, seed: int) -> Array:
    """Morris' trajectories of k + 1 points on four levels, shape (trajectories (k + 1), k) (Morris 1991)."""
    made: Array = morris_sample.sample(problem, trajectories, num_levels=LEVELS, seed=seed)
    return made


def _power_of_two(n: int) -> int:
    """The next power of two: Sobol's sequence is balanced only there."""
    return int(2 ** math.ceil(math.log2(max(n, 2))))


# --- indices ------------------------------------------------------------------------------------------------------


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
    size = len(names) + 1
    good = _whole_blocks(values, size, outcome)
    span = np.array([float(f.high or 0.0) - float(f.low or 0.0) for f in factors])
    effects = np.full((len(good), len(names)), math.nan)
    for row, block in enumerate(good):
        x, y = points[block * size : (block + 1) * size], values[block * size : (block + 1) * size]
        for step in range(len(names)):
            moved = (x[step + 1] - x[step]) / span
            factor = int(np.argmax(np.abs(moved)))
            effects[row, factor] = (y[step + 1] - y[step]) / moved[factor]
    chosen = np.random.default_rng(SEED).integers(0, len(good), size=(DRAWS, len(good)))
    sizes = np.abs(effects)
    drawn = widened(sizes[chosen].mean(axis=1), sizes.mean(axis=0), len(good))
    low, high = np.maximum(np.quantile(drawn, [0.025, 0.975], axis=0), 0.0)
    return pd.DataFrame({
        "factor": names, "outcome": outcome, "mu": effects.mean(axis=0), "mu_star": np.abs(effects).mean(axis=0),
        "mu_star_low": low, "mu_star_high": high, "sigma": effects.std(axis=0, ddof=1), "n": len(good),
        "left_out": len(values) // size - len(good),
    })  # fmt: skip


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
    if flat:
        nothing = np.zeros((1, len(names)))
        first, total, drawn = nothing[0], nothing[0], np.zeros((2, DRAWS, len(names)))
    else:
        first, total = _estimate(blocks)
        chosen = np.random.default_rng(SEED).integers(0, len(good), size=(DRAWS, len(good)))
        drawn = np.array([_estimate(blocks[rows]) for rows in chosen]).transpose(1, 0, 2)
    middle = np.array([first, total])
    lows, highs = np.quantile(widened(drawn.transpose(1, 0, 2), middle, len(good)), [0.025, 0.975], axis=0)
    return pd.DataFrame({
        "factor": names, "outcome": outcome, "s1": first, "s1_low": lows[0], "s1_high": highs[0], "st": total,
        "st_low": lows[1], "st_high": highs[1], "n": len(good), "left_out": len(values) // size - len(good),
        "note": "the outcome does not vary" if flat else "",
    })  # fmt: skip


def _estimate(blocks: Array) -> tuple[Array, Array]:
    """First and total order from blocks (A, AB_1 .. AB_k, B), shape (n, k + 2)."""
    # centred and scaled: the estimators do not depend on it, their rounding does
    spread = blocks[:, [0, -1]].std() or 1.0
    y = (blocks - blocks[:, [0, -1]].mean()) / spread
    a, mixed, b = y[:, 0], y[:, 1:-1], y[:, -1]
    variance = float(np.var(np.concatenate([a, b]))) or 1.0
    first = (b[:, None] * (mixed - a[:, None])).mean(axis=0) / variance
    total = 0.5 * ((a[:, None] - mixed) ** 2).mean(axis=0) / variance
    return first, total


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
        raise InputError("this is not a whole design", field=outcome, value=f"{len(values)} points",
                         allowed=f"blocks of {size} points", remedy="run the study to its end")  # fmt: skip
    good: Array = np.flatnonzero(np.isfinite(values.reshape(count, size)).all(axis=1))
    if len(good) < FEWEST_BLOCKS:
        raise InputError("too few blocks of the design have a result at every point", field=outcome,
                         value=f"{len(good)} of {count}", allowed=f"at least {FEWEST_BLOCKS}",
                         remedy="see the errors of the failed runs, or take more blocks (design.n)")  # fmt: skip
    return good
