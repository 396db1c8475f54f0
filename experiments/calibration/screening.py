"""Which parameters the targets can tell of: Morris' screening of all uncertainties, then Sobol's indices of those left.

Effects are on standardised misfits, z = (simulated - published) / error, so that they can be set side by side: a
parameter whose effect on no target exceeds the error of the record and of chance cannot be identified by it. Every
point is run with the same few seeds.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

import numpy as np
import pandas as pd

from experiments.analysis.sensitivity import morris_indices, sobol_indices
from experiments.calibration.job import Job, write_table
from experiments.design import designs as design
from experiments.design.factors import Factor
from experiments.ensemble.executors import parallel_map
from experiments.ensemble.store import DONE
from model.columns import Array
from model.errors import InputError
from model.scenario.events import PARAMETER_ROWS

SEEDS: Final = (1, 2)
"""The same for all points: screening compares points, and common random numbers make differences smaller."""
STRONGEST: Final = 20
"""Parameters whose variance shares are estimated."""
CLEAR: Final = 1.0
"""Effect over its range, in errors of the record, from which a target gives information on a parameter."""


def screen(job: Job, trajectories: int = 10, blocks: int = 64) -> dict[str, pd.DataFrame]:
    """Screen all uncertainties (Morris), then the twenty strongest (Sobol); tables are written to the job's folder.

    Returns
    -------
    Tables by name: morris and sobol (a row for each parameter and target), identifiability.
    """
    chance = job.whole_problem.chance_sd(workers=job.workers)
    factors = uncertainties()
    points = design.morris(factors, trajectories, 1)
    morris = _indices(job, factors, morris_indices, _misfits(job, points, chance, "screening"))
    table = identifiability(morris, {target.name: target.weight for target in job.whole_problem.targets})
    factors = uncertainties(table["parameter"].head(STRONGEST).to_list())
    points = design.saltelli(factors, blocks, 1)
    found = {
        "morris": morris,
        "identifiability": table,
        "sobol": _indices(job, factors, sobol_indices, _misfits(job, points, chance, "variance shares")),
    }
    for name, frame in found.items():
        write_table(job.folder, name, frame)
    return found


def uncertainties(names: Sequence[str] | None = None) -> list[Factor]:
    """Every uncertain parameter with a range, or those named, as factors."""
    return [
        Factor(
            row.name, f"parameter:{row.name}", row.name, low=row.low, high=row.high, role="uncertainty", since="start"
        )
        for row in PARAMETER_ROWS.values()
        if row.low is not None
        and row.high is not None
        and (row.role == "uncertainty" and row.group != "observation" if names is None else row.name in names)
    ]


def _misfits(job: Job, points: pd.DataFrame, chance: Array, what: str) -> pd.DataFrame:
    """Standardised misfit of every point on every target, with the points; nan where a run failed."""
    problem, rows = job.whole_problem, points.to_dict("records")

    def one(row: dict[Any, Any]) -> Array:
        values = {k: round(v) if isinstance(PARAMETER_ROWS[k].default, int) else v for k, v in row.items()}
        try:
            runs = [problem.run({**problem.structure.settings, **values}, seed) for seed in SEEDS]
        except InputError:
            return np.full(len(problem.targets), np.nan)
        return np.mean(runs, axis=0)

    found = parallel_map(one, rows, job.workers, lambda done: job.progress.step(what, done, len(rows)))
    z = (np.array(found) - problem.observed) / np.hypot(problem.error_sd, chance)
    table = pd.DataFrame(z, columns=[target.name for target in problem.targets])
    return pd.concat([points.reset_index(drop=True), table], axis=1).assign(point=range(len(table)), status=DONE)


def _indices(job: Job, factors: list[Factor], of: Callable[..., pd.DataFrame], runs: pd.DataFrame) -> pd.DataFrame:
    tables = map(partial(of, runs, factors), [target.name for target in job.whole_problem.targets])
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
    effects = np.ascontiguousarray(wide.to_numpy())
    strongest = np.argsort(-effects * np.sqrt(weight), axis=1)[:, :3]
    clear = np.take_along_axis(effects, strongest, axis=1) >= CLEAR
    return pd.DataFrame(
        {
            "parameter": wide.index,
            "strength": np.sqrt((weight * effects**2).sum(axis=1) / weight.sum()),
            "largest": effects.max(axis=1),
            "told_by": [";".join(wide.columns[of[there]]) for of, there in zip(strongest, clear, strict=True)],
            "targets": (effects >= CLEAR).sum(axis=1),
        }
    ).sort_values("strength", ascending=False, ignore_index=True)
