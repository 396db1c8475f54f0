"""Does the machinery find what it should? Simulation-based calibration on parameters that are known.

Known parameters are drawn from the prior, data are made of them with the error that the fit assumes, and the fit is
made to these data (Talts et al. 2018). If it is right, the rank of the known value among the sets of the posterior is
uniform. A fit costs thousands of runs and a check a hundred fits, so a quadratic response surface of its statistics
stands in for the model, with the chance that is left about it; the fit itself does not know that: it runs over the
prior, fits a surface of its own, proposes and weighs as it does with the model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy.stats import chi2

from experiments.calibration.posterior import equal_weights
from experiments.calibration.refine import refine
from experiments.calibration.surface import Surface
from model.state import Array

__all__ = ["holm", "recover", "uniformity"]

RANKS: Final = 19
"""Sets of equal weight, a rank among which is taken: 20 possible ranks."""
BINS: Final = 10
PILOT, NEAR, FINAL = 600, (300,), 600
"""Runs of a fit in a trial: over the prior, near the posterior, with weights."""
LEAST_CONTRACTION: Final = 0.2
"""A parameter whose variance falls by less is called unidentified (amendment 21)."""


def _one_trial(job: tuple[Surface, int, Array, float, int]) -> tuple[Array, Array]:
    """Ranks of known parameters in the posterior of data made of them, and the variance that is left, per parameter."""
    surface, size, variance, temperature, seed = job
    # three streams that share nothing: what is made up, the fit, the choice among its sets
    making, fitting, choosing = (int(s.generate_state(1)[0]) for s in np.random.SeedSequence(seed).spawn(3))
    rng = np.random.default_rng(making)

    def simulate(units: Array) -> Array:
        found: Array = surface.mean(units) + rng.normal(size=(len(units), len(variance))) * surface.spread
        return found

    known = rng.random(size)
    data = simulate(known[None])[0] + rng.normal(size=len(variance)) * np.sqrt(temperature * variance)
    start = rng.random((PILOT, size))
    fit = refine(simulate, start, simulate(start), data, variance, temperature, FINAL, NEAR, fitting)
    sets = equal_weights(fit.units, fit.weights, RANKS, choosing)
    mean = np.average(fit.units, axis=0, weights=fit.weights)
    return (sets < known).sum(axis=0), np.average((fit.units - mean) ** 2, axis=0, weights=fit.weights)


def recover(
    surface: Surface, names: Sequence[str], variance: Array, temperature: float = 1.0, trials: int = 100, seed: int = 1,
    workers: int = 1, done: Callable[[int], object] = lambda _: None,
) -> pd.DataFrame:  # fmt: skip
    """Fit many sets of data made of known parameters.

    Parameters
    ----------
    surface
        What stands in for the model.
    temperature
        Temperature at which data are made and fits end; as in the fit that is checked.
    workers
        Processes: this is Python and not compiled weeks.

    Returns
    -------
    DataFrame
        trial, parameter, rank (0 to 19), variance (of the posterior, unit cube).
    """
    jobs: list[Any] = [(surface, len(names), variance, temperature, seed * 100_003 + trial) for trial in range(trials)]
    if workers == 1:
        return pd.DataFrame(_collected(map(_one_trial, jobs), names, done))
    with ProcessPoolExecutor(workers) as pool:
        return pd.DataFrame(_collected(pool.map(_one_trial, jobs), names, done))


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
