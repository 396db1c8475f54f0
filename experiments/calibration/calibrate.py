"""The four tasks of a calibration: fit, screen, check the recovery of known parameters, rank sets for the defaults.

The database of the fit lies in the results folder, and a stopped fit resumes from it; the posterior goes to
`results/reference`.
"""

from __future__ import annotations

import time
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from experiments.calibration.best import best_sets
from experiments.calibration.generations import Progress
from experiments.calibration.job import DATABASE, QUICK, USUAL, Job, Size, made_here, resuming, write_table
from experiments.calibration.likelihood import Likelihood, Runs
from experiments.calibration.posterior import REFERENCE, Posterior, equal_weights, made_of
from experiments.calibration.problem import Problem
from experiments.calibration.recovery import recover, recover_model
from experiments.calibration.refine import Refined, effective, refine
from experiments.calibration.screening import screen
from experiments.ensemble import seeds
from experiments.evidence.targets import back, table_of
from experiments.extras import from_extra
from model.columns import Array

if TYPE_CHECKING:
    from experiments.calibration.inference import Fit

__all__ = [
    "DATABASE",
    "QUICK",
    "REFERENCE",
    "USUAL",
    "Job",
    "Progress",
    "Size",
    "best_sets",
    "calibrate",
    "recover",
    "recover_model",
    "screen",
]


def calibrate(
    job: Job, *, keep: Path | None = None, restart: bool = False, temperature: float | None = None
) -> Posterior:
    """Calibrate a structure, or resume where that was stopped, and keep its posterior.

    Parameters
    ----------
    keep
        Folder that the posterior is written to beside that of the job.
    restart
        Forget what was done before.
    temperature
        Take the posterior at this temperature and do not look for one: that of another structure, so that both are
        compared with the same error.

    Raises
    ------
    InputError
        If there is no such structure, pyABC is missing, the folder holds a fit of something else, or another process
        is at work there.
    """
    identity = {**job.identity(), **asdict(job.size.settings), "temperature_given": temperature}
    with resuming(job.folder, identity, restart=restart):
        posterior, table = _fitted(job, identity, temperature)
        for target in {job.folder, keep or job.folder}:
            posterior.save(target)
            write_table(target, "targets", table)
    return posterior


def _fitted(job: Job, identity: dict[str, Any], temperature: float | None) -> tuple[Posterior, pd.DataFrame]:
    """Posterior of a job, and the table of what its sets give for each target."""
    started, problem, size = time.perf_counter(), job.problem, job.size
    job.progress.doing("measuring chance over seeds")
    chance = problem.chance_sd(size.chance_seeds, job.workers)
    likelihood, fit = problem.likelihood(chance), None
    degrees = likelihood.degrees(len(problem.names))
    if temperature is None:
        fit = _inferred(job, likelihood)
        temperature = max(1.0, min(generation.best for generation in fit.generations) / degrees)
    refined = _refined(job, fit, likelihood, temperature)
    job.progress.doing("running the posterior again")
    units = equal_weights(refined.units, refined.weights, size.sets, job.seed)
    runs = [(problem.parameters(unit), seeds.for_parameters(unit)) for unit in units.tolist()]
    statistics = problem.run_all(runs, job.workers)
    manifest = {
        **identity,
        **made_here(),
        **_effort(job, fit, refined),
        "temperature": temperature,
        "degrees": degrees,
        "minutes_here": round((time.perf_counter() - started) / 60, 2),
    }
    posterior = made_of(problem, units, likelihood.misfit(statistics), temperature, manifest)
    return posterior, fitted_table(problem, statistics, chance)


def _inferred(job: Job, likelihood: Likelihood) -> Fit:
    """The fit by ABC-SMC, which needs an extra."""
    job.progress.doing("fitting")
    with from_extra("calibrate", "calibrate"):
        from experiments.calibration.inference import infer
    return infer(
        job.problem.safely,
        job.problem.names,
        likelihood,
        job.size.settings,
        job.folder / DATABASE,
        workers=job.workers,
        seed=job.seed,
        progress=job.progress,
    )


def _refined(job: Job, fit: Fit | None, likelihood: Likelihood, temperature: float) -> Refined:
    """The posterior by importance sampling with proposals from a response surface."""
    job.progress.doing("running over the prior")
    start = job.pilot(job.size.pilot, seed=job.seed)
    job.progress.doing("refining")
    if fit is not None:
        start = start.joined(Runs(fit.units, job.simulate(fit.units)))
    return refine(job.simulate, start, likelihood, temperature, job.size.final, job.size.near, job.seed)


def _effort(job: Job, fit: Fit | None, refined: Refined) -> dict[str, Any]:
    """What was run and how good the sampling was, for the manifest."""
    size, failures = job.size, job.problem.failures
    generations = () if fit is None else fit.generations
    # the clock starts anew where a fit was resumed
    clock = pairwise([0.0, *(generation.seconds for generation in generations)])
    return {
        "sets": size.sets,
        "chance_seeds": size.chance_seeds,
        "effective_sets": effective(refined.weights),
        "effective_sets_smc": None if fit is None else effective(fit.weights),
        "temperature_smc": None if fit is None else fit.temperature,
        "pareto_k": round(refined.pareto_k, 3),
        "weights_cut": round(refined.cut, 4),
        "surface_explains": [round(float(share), 3) for share in refined.explained],
        "generations": [generation._asdict() for generation in generations],
        "simulations": sum(g.simulations for g in generations) + size.pilot + sum(size.near) + size.final,
        "failed_runs": len(failures),
        "first_failure": next(iter(failures), None),
        "seconds_smc": round(sum(now - before if now > before else now for before, now in clock), 1),
    }


def fitted_table(problem: Problem, statistics: Array, chance: Array) -> pd.DataFrame:
    """Each fitted target with the band of the posterior, on the scale of the record."""
    bands = np.quantile(statistics, [0.05, 0.5, 0.95], axis=0).T
    low, middle, high = zip(*(back(b, t.transform) for b, t in zip(bands, problem.targets, strict=True)), strict=True)
    found = {
        "target": [target.name for target in problem.targets],
        "model_low": low,
        "model": middle,
        "model_high": high,
        "chance_sd": chance,
        "z": (problem.observed - [column.mean() for column in statistics.T]) / np.hypot(problem.error_sd, chance),
    }
    return table_of(problem.targets).merge(pd.DataFrame(found), on="target")
