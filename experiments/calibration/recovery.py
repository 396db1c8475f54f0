"""Does the machinery find what it should? Simulation-based calibration on parameters that are known.

Known parameters are drawn from the prior, data are made of them with the error that the fit assumes, and the fit is
made to these data (Talts et al. 2018). If it is right, the rank of the known value among the sets of the posterior is
uniform. Two things can be the truth:

- the model itself (`recover_model`): a trial takes about a thousand runs, so there can be tens of them;
- a quadratic response surface of its statistics with the chance that is left about it (`recover`): hundreds of trials,
  but a fit whose own surface does not follow the model cannot show there.

Either way the fit runs over the prior, fits a surface of its own, proposes and weighs as it does with the record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy.stats import chi2

from experiments.calibration.posterior import equal_weights
from experiments.calibration.problem import Problem
from experiments.calibration.refine import Simulate, refine
from experiments.calibration.surface import Surface
from experiments.ensemble.threads import parallel_map
from model.columns import Array

__all__ = ["FINAL", "NEAR", "holm", "pooled", "recover", "recover_model", "uniformity"]

RANKS: Final = 19
"""Sets of equal weight, a rank among which is taken: 20 possible ranks."""
BINS, FEW_BINS, MANY_TRIALS = 10, 5, 100
"""Bins of the histogram of ranks, with as many trials and with fewer: each should expect eight or more."""
PILOT, NEAR, FINAL = 600, (300,), 600
"""Runs of a fit in a trial: over the prior, near the posterior, with weights."""
LEAST_CONTRACTION: Final = 0.2
"""A parameter whose variance falls by less is called unidentified (amendment 21)."""


def _streams(seed: int) -> tuple[int, ...]:
    """Three seeds that share nothing: what is made up, the fit, the choice among its sets."""
    return tuple(int(stream.generate_state(1)[0]) for stream in np.random.SeedSequence(seed).spawn(3))


def _ranked(
    simulate: Simulate, start: tuple[Array, Array], known: Array, data: Array, variance: Array, temperature: float,
    fitting: int, choosing: int,
) -> tuple[Array, Array]:  # fmt: skip
    """Ranks of known parameters in the posterior of data made of them, and the variance that is left, per parameter."""
    fit = refine(simulate, *start, data, variance, temperature, FINAL, NEAR, fitting)
    sets = equal_weights(fit.units, fit.weights, RANKS, choosing)
    mean = np.average(fit.units, axis=0, weights=fit.weights)
    return (sets < known).sum(axis=0), np.average((fit.units - mean) ** 2, axis=0, weights=fit.weights)


def _one_trial(job: tuple[Surface, int, Array, float, int]) -> tuple[Array, Array]:
    """A trial in which a surface is the truth."""
    surface, size, variance, temperature, seed = job
    making, fitting, choosing = _streams(seed)
    rng = np.random.default_rng(making)

    def simulate(units: Array) -> Array:
        found: Array = surface.mean(units) + rng.normal(size=(len(units), len(variance))) * surface.spread
        return found

    known = rng.random(size)
    data = simulate(known[None])[0] + rng.normal(size=len(variance)) * np.sqrt(temperature * variance)
    start = rng.random((PILOT, size))
    return _ranked(simulate, (start, simulate(start)), known, data, variance, temperature, fitting, choosing)


def recover_model(
    problem: Problem, start: tuple[Array, Array], variance: Array, temperature: float, trials: range, seed: int = 1,
    workers: int | None = None, done: Callable[[int, int], object] = lambda *_: None,
) -> Iterator[pd.DataFrame]:  # fmt: skip
    """Fit sets of data made by the model itself; gives the rows of each trial as it ends, as `recover` has them.

    Parameters
    ----------
    start
        Runs over the prior, which all trials begin with: places (runs, parameters) and statistics (runs, targets).
    variance, temperature
        Of the error that is put on data and that fits assume.
    trials
        Numbers of the trials: each is the same whichever went before it.
    done
        Hears the number of a trial and how many runs it has made so far, of 1 + `sum(NEAR)` + `FINAL`.
    """
    names = [prior.parameter for prior in problem.priors]
    for trial in trials:
        result = _trial_of_model(problem, start, variance, temperature, seed * 100_003 + trial, workers,
                                 partial(done, trial))  # fmt: skip
        yield pd.DataFrame(_rows(trial, names, result))


def _trial_of_model(
    problem: Problem, start: tuple[Array, Array], variance: Array, temperature: float, seed: int, workers: int | None,
    done: Callable[[int], object],
) -> tuple[Array, Array]:  # fmt: skip
    """A trial in which the model is the truth."""
    making, fitting, choosing = _streams(seed)
    rng, before = np.random.default_rng(making), 0

    def simulate(units: Array) -> Array:
        nonlocal before
        found = np.array(parallel_map(problem.safely, units.tolist(), workers, lambda n: done(before + n)))
        before += len(units)
        return found

    known = rng.random(len(problem.priors))
    data = simulate(known[None])[0] + rng.normal(size=len(variance)) * np.sqrt(temperature * variance)
    return _ranked(simulate, start, known, data, variance, temperature, fitting, choosing)


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
    for trial, result in enumerate(results):
        rows += _rows(trial, names, result)
        done(trial + 1)
    return rows


def _rows(trial: int, names: Sequence[str], result: tuple[Array, Array]) -> list[dict[str, Any]]:
    return [{"trial": trial, "parameter": name, "rank": int(rank), "variance": float(left)}
            for name, rank, left in zip(names, *result, strict=True)]  # fmt: skip


def uniformity(ranks: pd.DataFrame) -> pd.DataFrame:
    """Is the histogram of ranks flat? Pearson's test for each parameter, adjusted after Holm (1979).

    Returns
    -------
    DataFrame
        parameter, trials, statistic, p, inside_50 and inside_90 (share of trials whose known value lies in the middle
        50% and 90% of ranks), contraction, identified, p_holm, flat (at 5%).
    """
    rows = []
    many = ranks.groupby("parameter").size().max() >= MANY_TRIALS
    bins = BINS if many else FEW_BINS
    for parameter, group in ranks.groupby("parameter", sort=False):
        counts = np.bincount(group["rank"] * bins // (RANKS + 1), minlength=bins)
        expected = len(group) / bins
        statistic = float(((counts - expected) ** 2 / expected).sum())
        contraction = 1.0 - float(group["variance"].mean()) * 12.0  # the prior's variance is 1/12
        rows.append({
            "parameter": parameter, "trials": len(group), "statistic": statistic,
            "p": float(chi2.sf(statistic, bins - 1)), "inside_50": float(group["rank"].between(5, RANKS - 5).mean()),
            "inside_90": float(group["rank"].between(1, RANKS - 1).mean()), "contraction": contraction,
            "identified": contraction >= LEAST_CONTRACTION,
        })  # fmt: skip
    table = pd.DataFrame(rows)
    table["p_holm"] = holm(table["p"].to_numpy(float))
    return table.assign(flat=table["p_holm"] > 0.05)


def pooled(ranks: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """Share of known values, of all parameters, that intervals of 50 and 90% hold, each with its error over trials.

    A posterior that is a fifth too narrow in every parameter seldom bends a single histogram; here it shows.
    """
    found = {}
    for level, (low, high) in {"inside_50": (5, RANKS - 5), "inside_90": (1, RANKS - 1)}.items():
        of_trial = ranks["rank"].between(low, high).groupby(ranks["trial"]).mean()
        found[level] = float(of_trial.mean()), float(of_trial.std(ddof=1) / np.sqrt(len(of_trial)))
    return found


def holm(p: Array) -> Array:
    """P-values adjusted for several tests, after Holm (1979)."""
    order = np.argsort(p)
    stepped = np.maximum.accumulate((len(p) - np.arange(len(p))) * p[order])
    found = np.empty_like(p)
    found[order] = np.minimum(stepped, 1.0)
    return found
