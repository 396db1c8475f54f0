"""Which parameters the targets can tell of: Morris' screening of all uncertainties, then Sobol's indices of those left.

Effects are on standardised misfits, z = (simulated - published) / error, so that they can be set side by side: a
parameter whose effect on no target exceeds the error of the record and of chance cannot be identified by it. Every
point is run with the same few seeds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from experiments.analysis.sensitivity import morris_indices, sobol_indices
from experiments.calibration.problem import Problem
from experiments.design import designs as design
from experiments.design.factors import Factor
from experiments.ensemble.threads import parallel_map
from model.columns import Array
from model.errors import InputError
from model.scenario.events import PARAMETER_ROWS

__all__ = ["identifiability", "screen", "uncertainties", "variance_shares"]

SEEDS: Final = (1, 2)
"""The same for all points: screening compares points, and common luck makes differences smaller."""
CLEAR: Final = 1.0
"""Effect over its range, in errors of the record, from which a target tells of a parameter."""

type Progress = Callable[[int, int], object]


def uncertainties(names: Sequence[str] | None = None) -> list[Factor]:
    """Every uncertain parameter with a range, or those named, as factors."""
    rows = [row for row in PARAMETER_ROWS.values() if row.low is not None and row.high is not None]
    chosen = [r for r in rows if (r.name in names if names is not None else r.role == "uncertainty" and
              r.group != "observation")]  # fmt: skip
    return [
        Factor(r.name, f"parameter:{r.name}", r.name, low=float(r.low or 0.0), high=float(r.high or 0.0),
               role="uncertainty", since="start") for r in chosen
    ]  # fmt: skip


def misfits(problem: Problem, points: pd.DataFrame, progress: Progress, workers: int | None) -> pd.DataFrame:
    """Standardised misfit of every point on every target, with the points; nan where a run failed."""
    rows: list[Any] = points.to_dict("records")

    def one(row: dict[str, Any]) -> Array:
        try:
            values = {k: round(v) if isinstance(PARAMETER_ROWS[k].default, int) else v for k, v in row.items()}
            runs = [problem.run({**problem.structure.settings, **values}, seed) for seed in SEEDS]
            return np.array(np.mean(runs, axis=0))
        except InputError:
            return np.full(len(problem.targets), np.nan)

    found = parallel_map(one, rows, workers, lambda done: progress(done, len(rows)))
    error = np.hypot(problem.error_sd, problem.chance_sd(workers=workers))
    z = (np.array(found) - problem.observed) / error
    table = pd.DataFrame(z, columns=[target.name for target in problem.targets])
    frame = pd.concat([points.reset_index(drop=True), table], axis=1)
    return frame.assign(point=range(len(frame)), status="done")


def screen(
    problem: Problem, trajectories: int = 10, seed: int = 1, progress: Progress = lambda *_: None,
    workers: int | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Morris' measures of every uncertainty on every target, in errors of the record (long)."""
    factors = uncertainties()
    runs = misfits(problem, design.morris(factors, trajectories, seed), progress, workers)
    tables = [morris_indices(runs, factors, target.name) for target in problem.targets]
    return pd.concat(tables, ignore_index=True).rename(columns={"factor": "parameter", "outcome": "target"})


def variance_shares(
    problem: Problem, names: Sequence[str], n: int = 64, seed: int = 1, progress: Progress = lambda *_: None,
    workers: int | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Sobol's indices of some parameters on every target (long)."""
    factors = uncertainties(names)
    runs = misfits(problem, design.saltelli(factors, n, seed), progress, workers)
    tables = [sobol_indices(runs, factors, target.name) for target in problem.targets]
    return pd.concat(tables, ignore_index=True).rename(columns={"factor": "parameter", "outcome": "target"})


def identifiability(morris: pd.DataFrame, weights: dict[str, float]) -> pd.DataFrame:
    """What can be told of each parameter: strength over all targets, the targets that tell most, how many do.

    Returns
    -------
    DataFrame
        parameter, strength (root mean square of mu* over weighted targets), largest, told_by (up to three targets),
        targets (number whose effect exceeds the error of the record), sorted by strength.
    """
    wide = morris.pivot_table(index="parameter", columns="target", values="mu_star")
    weight = np.array([weights[str(name)] for name in wide.columns])
    rows = []
    for parameter, effects in zip(wide.index, wide.to_numpy(), strict=True):
        order = np.argsort(-effects * np.sqrt(weight))[:3]
        rows.append({
            "parameter": parameter, "strength": float(np.sqrt((weight * effects**2).sum() / weight.sum())),
            "largest": float(effects.max()), "told_by": ";".join(wide.columns[i] for i in order if effects[i] >= CLEAR),
            "targets": int((effects >= CLEAR).sum()),
        })  # fmt: skip
    return pd.DataFrame(rows).sort_values("strength", ascending=False, ignore_index=True)
