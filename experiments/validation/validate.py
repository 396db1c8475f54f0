"""A validation from end to end: predictions, scores, trials, remedies, rivals; tables and a manifest in a folder.

Nothing here fits anything. Failures are written down in the same tables, in the same words, as successes.
"""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from experiments.calibration.job import made_here, write_table
from experiments.calibration.posterior import Posterior, posterior_folder
from experiments.calibration.priors import Prior, read_structures
from experiments.calibration.problem import Problem
from experiments.ensemble import provenance, seeds
from experiments.ensemble.folder import folder_lock, to_json, write_atomically
from experiments.validation import annual, checks, judge
from experiments.validation.job import QUICK, USUAL, Job, Size
from experiments.validation.predict import Predicted
from experiments.validation.rivals import conclusions, remedies, rivals
from experiments.validation.trials import run_trials, surge_table
from model import load_world

__all__ = ["QUICK", "USUAL", "Job", "Size", "validate"]

type Tables = dict[str, pd.DataFrame]


def validate(folder: Path, job: Job) -> dict[str, Any]:
    """Judge a structure's posterior and write tables and manifest to a folder; gives the verdict in numbers.

    Raises
    ------
    InputError
        If there is no posterior.
    """
    warning = job.posterior.warning
    with folder_lock(folder):
        tables, verdict = _validated(folder, job)
        # only now: an interrupted validation leaves what was there as it was
        for name, table in tables.items():
            write_table(folder / "tables", name, table)
        write_atomically(
            folder / "manifest.json",
            to_json(
                {
                    **made_here(),
                    "kind": "validation",
                    "name": folder.name,
                    "title": "How far can the model be trusted?",
                    "structure": job.structure,
                    "size": asdict(job.size),
                    "verdict": verdict,
                    "posterior": job.posterior.manifest,
                    "warnings": [warning] if warning else [],
                    "source_hash": provenance.source_hash(),
                    "judging_hash": provenance.judging_hash(),
                    "data_hash": provenance.data_hash(),
                    "structures": {name: structure.title for name, structure in read_structures().items()},
                }
            ),
        )
    return verdict


def _validated(folder: Path, job: Job) -> tuple[Tables, dict[str, Any]]:
    """All tables by name, and the verdict."""
    doing = job.progress.doing
    doing("predicting")
    found = job.predict(job.size.draws)
    tables, verdict = _judged(job.posterior, found)
    doing("checking the fit")
    of_fit, checked = _checked_fit(job, found)
    doing("asking experiments of history and findings of other models")
    tables |= of_fit | {"posterior": _marginals(job.posterior), "trials": run_trials(job)}
    doing("asking where the surge came from")
    tables["surge"] = surge_table(job)
    doing("trying remedies")
    tables["remedies"] = remedies(job)
    doing("comparing rival structures")
    tables |= {"rivals": rivals(job), "conclusions": conclusions(folder, job)}
    return tables, {**verdict, **checked, **trial_counts(tables["trials"])}


def _judged(posterior: Posterior, found: Predicted) -> tuple[Tables, dict[str, Any]]:
    """Tables of predictions and scores, and the verdict on them."""
    predicted, cells, world = found.targets, found.cells, load_world()
    judged = judge.judged_table(predicted, world)
    families = judge.families(judged)
    families["right_way"] = families["family"].map(judge.right_way(judged))
    nulls = annual.null_cells(cells, world)
    split, differences = annual.time_split(cells, nulls), annual.split_differences(cells, nulls)
    bands = found.series.groupby("year").quantile(np.array([0.05, 0.25, 0.5, 0.75, 0.95]))
    tables = {
        "judged": judged,
        "families": families,
        "temperatures": checks.temperatures(predicted, judged, posterior),
        "time_split": split,
        "split_differences": differences,
        "country_years": annual.cell_table(cells),
        "forecast": found.forecast.table(),
        "series": bands.rename_axis(["year", "quantile"]).reset_index(),
    }
    return tables, judge.summary(judged, families, split, differences, judge.pass_range(predicted, judged))


def _checked_fit(job: Job, found: Predicted) -> tuple[Tables, dict[str, Any]]:
    """Tables of fitted targets with predictive checks and of regions left out, and what the checks say together."""
    posterior, problem = job.posterior, Problem.usual(job.structure, job.size.organisations)
    sets = [(posterior.values(draw), posterior.seed(draw)) for draw in range(len(posterior))]
    accepted = problem.run_all(sets, job.workers, job.progress.runs)
    fresh = [(posterior.values(draw), seeds.for_check(draw)) for draw in range(len(found.fitted))]
    made = problem.run_all(fresh, job.workers, job.progress.runs, realised=True)
    checked = checks.predictive_check(problem, made, posterior.temperature)
    verdict = {
        "fitted": len(checked),
        **{f"fitted_{kind}": int(checked[kind].sum()) for kind in ("inside_runs", "inside_record", "inside_fit")},
        "fitted_joint_p": checks.joint_p(problem, found.fitted, made, 1.0),
        "fitted_joint_p_at_temperature": checks.joint_p(problem, found.fitted, made, posterior.temperature),
    }
    regions = checks.region_out(problem, posterior, accepted, problem.chance_sd(workers=job.workers))
    kept = posterior_folder(posterior.structure) / "targets.csv"
    fitted = pd.read_csv(kept).merge(checked, on="target", how="left") if kept.exists() else checked
    return {"regions": regions, "fitted": fitted}, verdict


def trial_counts(trials: pd.DataFrame) -> dict[str, int]:
    """How many experiments hold and fail, and among them those whose sign is open beforehand."""
    asked = trials[trials["kind"] != "built in"]
    free = asked[asked["kind"] == "open"]
    return {
        "trials": len(asked),
        "trials_built_in": len(trials) - len(asked),
        "trials_open": len(free),
        "trials_hold": int((asked["verdict"] == "holds").sum()),
        "trials_fail": int((asked["verdict"] == "fails").sum()),
        "trials_open_hold": int((free["verdict"] == "holds").sum()),
        "trials_open_fail": int((free["verdict"] == "fails").sum()),
    }


def _marginals(posterior: Posterior) -> pd.DataFrame:
    """Quantiles of every fitted parameter, on the scale of its prior and in its unit, and how much it was narrowed."""
    rows = []
    for prior in [Prior(*entry) for entry in posterior.manifest["priors"]]:
        units = prior.to_unit(posterior.sets[prior.parameter].to_numpy())
        ends = np.quantile(units, [0.05, 0.5, 0.95])
        rows.append(
            {
                "parameter": prior.parameter,
                **dict(zip(("low", "middle", "high"), ends, strict=True)),
                **dict(zip(("value_low", "value", "value_high"), prior.from_unit(ends), strict=True)),
                "contraction": 1.0 - 12.0 * float(np.var(units, ddof=1)),
            }
        )
    return pd.DataFrame(rows)
