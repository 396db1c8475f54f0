"""Does the machinery find what it should? Simulation-based calibration on parameters that are known.

Known parameters are drawn from the prior, data are made of them with the error that the fit assumes, and the fit is
made to these data (Talts et al. 2018). If it is right, the rank of the known value among the sets of the posterior is
uniform. Two things can be the truth:

- the model itself (`recover_model`): a trial takes about a thousand runs, so there can be tens of them;
- a quadratic response surface of its statistics with the chance that is left about it (`recover`): hundreds of trials,
  but a fit whose own surface does not follow the model cannot show there.

Either way the fit runs over the prior, fits a surface of its own, proposes and weighs as it does with the record.
"""

import json
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import count
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy.stats import chisquare

from experiments.calibration.job import Job, resuming, write_table
from experiments.calibration.likelihood import Likelihood, Runs
from experiments.calibration.posterior import REFERENCE, equal_weights
from experiments.calibration.refine import refine
from experiments.calibration.surface import fit_surface
from experiments.ensemble import seeds
from model.columns import Array

RUNS_PER_PARAMETER: Final = 20
"""Runs over the prior for each parameter, at least."""
RANKS: Final = 19
"""Sets of equal weight, a rank among which is taken: 20 possible ranks."""
BINS, FEW_BINS, MANY_TRIALS = 10, 5, 100
"""Bins of the histogram of ranks, with as many trials and with fewer: each should expect eight or more."""
INSIDE: Final = {"inside_50": (5, RANKS - 5), "inside_90": (1, RANKS - 1)}
"""First and last rank of the middle 50% and 90%."""
PILOT, NEAR, FINAL = 600, (300,), 600
"""Runs of a fit in a trial: over the prior, near the posterior, with weights."""
LEAST_CONTRACTION: Final = 0.2
"""A parameter whose variance falls by less is called unidentified (amendment 21)."""

type Truth = Callable[[Array, np.random.Generator], Array]
"""Statistics of runs, shape (runs, targets), of points of the unit cube and a generator."""


@dataclass(frozen=True, eq=False)
class Trials:
    """What the trials of a check have in common.

    Attributes
    ----------
    draw
        What is taken for the truth.
    variance, temperature
        Of the error that is put on data and that fits assume.
    start
        Runs over the prior, which all trials begin with; if None each makes its own.
    """

    names: list[str]
    draw: Truth
    variance: Array
    temperature: float = 1.0
    start: Runs | None = None
    seed: int = 1

    def trial(self, number: int) -> pd.DataFrame:
        """Fit data made of known parameters; a trial is the same whichever went before it.

        Returns
        -------
        DataFrame
            trial, parameter, rank (0 to 19), variance (of the posterior, unit cube).
        """
        making, fitting, choosing = seeds.streams(seeds.for_trial(self.seed, number), 3)
        rng = np.random.default_rng(making)

        def simulate(units: Array) -> Array:
            return self.draw(units, rng)

        known = rng.random(len(self.names))
        error = np.sqrt(self.temperature * self.variance)
        data = simulate(known[None])[0] + rng.normal(size=len(error)) * error
        start = self.start
        if start is None:
            units = rng.random((PILOT, len(known)))
            start = Runs(units, simulate(units))
        fit = refine(simulate, start, Likelihood(data, self.variance), self.temperature, FINAL, NEAR, fitting)
        mean = np.average(fit.units, axis=0, weights=fit.weights)
        return pd.DataFrame(
            {
                "trial": number,
                "parameter": self.names,
                "rank": (equal_weights(fit.units, fit.weights, RANKS, choosing) < known).sum(axis=0),
                "variance": np.average((fit.units - mean) ** 2, axis=0, weights=fit.weights),
            }
        )


def recover(job: Job, trials: int) -> pd.DataFrame:
    """Check that the fit finds known parameters of a surface; ranks, and their tests, are written to the job's folder.

    Returns
    -------
    DataFrame
        Rows of `Trials.trial`, for each trial.
    """
    start, variance = _start(job)
    surface = fit_surface(start)
    check = Trials(job.problem.names, surface.draw, variance, _temperature_of(job))
    found = []
    # processes: this is Python and not compiled weeks
    with ProcessPoolExecutor(job.workers or os.cpu_count()) as pool:
        for rows in pool.map(check.trial, range(trials)):
            found.append(rows)
            job.progress.step("recovering", len(found), trials)
    ranks = pd.concat(found, ignore_index=True)
    fit = pd.DataFrame(
        {
            "target": [target.name for target in job.problem.targets],
            "explained": surface.explained,
            "spread": surface.spread,
        }
    )
    for name, frame in (("ranks", ranks), ("recovery", uniformity(ranks)), ("surface", fit)):
        write_table(job.folder, name, frame)
    return ranks


def recover_model(job: Job, trials: int, *, restart: bool = False) -> pd.DataFrame:
    """Check that the fit finds known parameters of the model, or resume the check after its last trial.

    Tables are written to `recovery-of-model` inside the job's folder; gives ranks as `recover` does.

    Raises
    ------
    InputError
        If there is no such structure, or the folder holds a check of something else.
    """
    temperature, folder = _temperature_of(job), job.folder / "recovery-of-model"
    with resuming(folder, {**job.identity(), "temperature": temperature}, restart=restart):
        start, variance = _start(job)
        kept = folder / "ranks.csv"
        found = [pd.read_csv(kept)] if kept.exists() else []
        for number in range(sum(rows["trial"].nunique() for rows in found), trials):
            draw = _model_as_truth(job, f"trial {number + 1} of {trials}")
            found.append(Trials(job.problem.names, draw, variance, temperature, start, job.seed).trial(number))
            write_table(folder, "ranks", pd.concat(found))
        ranks = pd.concat(found, ignore_index=True)
        write_table(folder, "recovery", uniformity(ranks))
    return ranks


def _model_as_truth(job: Job, what: str) -> Truth:
    """The model as the truth of a trial, whose runs are counted."""
    ran, total = count(1), 1 + sum(NEAR) + FINAL

    def draw(units: Array, _: np.random.Generator) -> Array:
        return job.simulate(units, lambda _: job.progress.step(what, next(ran), total))

    return draw


def _start(job: Job) -> tuple[Runs, Array]:
    """Runs over the prior that fits begin with, and the variance of the error that they assume."""
    variance = job.problem.likelihood(job.problem.chance_sd(job.size.chance_seeds, job.workers)).variance
    points = max(job.size.pilot, RUNS_PER_PARAMETER * len(job.problem.names))
    return job.pilot(points, lambda done: job.progress.step("running over the prior", done, points)), variance


def _temperature_of(job: Job) -> float:
    """Temperature of the fit in the job's folder, else of the posterior that is kept, else 1."""
    kept = [place / "manifest.json" for place in (job.folder, REFERENCE / job.structure)]
    told = [json.loads(path.read_text(encoding="utf-8")) for path in kept if path.exists()]
    return float(told[0]["temperature"]) if told else 1.0


def uniformity(ranks: pd.DataFrame) -> pd.DataFrame:
    """Is the histogram of ranks flat? Pearson's test for each parameter, adjusted after Holm (1979).

    Returns
    -------
    DataFrame
        parameter, trials, statistic, p, inside_50 and inside_90 (share of trials whose known value lies in the middle
        50% and 90% of ranks), contraction, identified, p_holm, flat (at 5%).
    """
    bins = BINS if ranks.groupby("parameter").size().max() >= MANY_TRIALS else FEW_BINS
    table = pd.DataFrame(
        [{"parameter": name, **_uniform(group, bins)} for name, group in ranks.groupby("parameter", sort=False)]
    )
    table["p_holm"] = holm(table["p"].to_numpy(float))
    return table.assign(flat=table["p_holm"] > 0.05)


def _uniform(group: pd.DataFrame, bins: int) -> dict[str, Any]:
    """A row of `uniformity`."""
    test = chisquare(np.bincount(group["rank"] * bins // (RANKS + 1), minlength=bins))
    contraction = 1.0 - float(group["variance"].mean()) * 12.0  # the prior's variance is 1/12
    return {
        "trials": len(group),
        "statistic": float(test.statistic),
        "p": float(test.pvalue),
        **{level: float(group["rank"].between(*ends).mean()) for level, ends in INSIDE.items()},
        "contraction": contraction,
        "identified": contraction >= LEAST_CONTRACTION,
    }


def pooled(ranks: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """Share of known values, of all parameters, that intervals of 50 and 90% hold, each with its error over trials.

    A posterior that is a fifth too narrow in every parameter seldom bends a single histogram; here it shows.
    """
    found = {level: ranks["rank"].between(*ends).groupby(ranks["trial"]).mean() for level, ends in INSIDE.items()}
    return {level: (float(each.mean()), float(each.std(ddof=1) / np.sqrt(len(each)))) for level, each in found.items()}


def holm(p: Array) -> Array:
    """P-values adjusted for several tests, after Holm (1979)."""
    order = np.argsort(p)
    stepped = np.maximum.accumulate((len(p) - np.arange(len(p))) * p[order])
    return np.minimum(stepped, 1.0)[np.argsort(order)]
