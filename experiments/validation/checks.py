"""What the verdict hangs on: data the posterior would make, other temperatures, regions left out of the fit."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
import pandas as pd

from experiments.calibration.posterior import Posterior
from experiments.calibration.problem import Problem
from experiments.evidence.targets import back
from experiments.validation.judge import again, counted, families, inside_better
from experiments.validation.predict import Predictions
from experiments.validation.scores import crps_weighted, inside, quantiles_weighted
from model.columns import Array

__all__ = ["joint_p", "predictive_check", "region_out", "temperatures"]

TEMPERATURES: Final = (2.0, 3.2, 4.2)
"""Looked at beside that of the fit: colder; that of its best sets over many seeds; that of its mean under fresh seeds
(docs/calibration.md)."""
NARROWED: Final = 0.2
REPLICATES: Final = 20
"""Replicates of the data for each draw of the posterior."""
FEWEST_SETS: Final = 20.0
"""Effective sets below which reweighting says nothing of a region."""
REGIONS: Final = {
    "West Africa": ("west_africa_flow", "west_africa_share", "west_africa_seizures", "surge", "courier_origin"),
    "Iberia": ("iberia", "off_africa"), "Other entry states": ("entry_states",), "Americas": ("americas", "caribbean"),
}  # fmt: skip


def temperatures(predicted: Predictions, judged: pd.DataFrame, posterior: Posterior) -> pd.DataFrame:
    """The verdict had the fit ended at another temperature: sets are weighted by their likelihood there.

    Hotter ones reach only as far as the sets go; the effective number says how far to trust a row.

    Returns
    -------
    DataFrame
        temperature, sets (effective), narrowed (parameters whose variance is a fifth or more below the prior's),
        inside_better and passed (families, of those counted), crps (mean over judged figures).
    """
    count = len(predicted.full)
    rows = np.arange(count) % len(posterior)
    chi, units = posterior.sets["chi_square"].to_numpy()[rows], posterior.units[rows]
    found = []
    for temperature in (*(t for t in TEMPERATURES if t < posterior.temperature), posterior.temperature,
                        *(t for t in TEMPERATURES if t > posterior.temperature)):  # fmt: skip
        log_weight = -0.5 * chi * (1.0 / temperature - 1.0 / posterior.temperature)
        weight = np.exp(log_weight - log_weight.max())
        weight /= weight.sum()
        low, high = quantiles_weighted(predicted.full, [0.05, 0.95], weight)
        seen = again(predicted, judged, low, high, crps_weighted(predicted.full, predicted.observed, weight))
        variance = weight @ (units - weight @ units) ** 2
        table = families(seen)
        found.append({
            "temperature": float(temperature), "sets": float(1.0 / (weight**2).sum()),
            "narrowed": int((1.0 - 12.0 * variance >= NARROWED).sum()), "inside_better": inside_better(table),
            "passed": counted(table), "crps": float(seen["crps"].mean()),
        })  # fmt: skip
    return pd.DataFrame(found)


def predictive_check(problem: Problem, statistics: Array, temperature: float,
                     seed: int = 1) -> pd.DataFrame:  # fmt: skip
    """Fitted targets against data that the posterior would make (posterior predictive checks, Gelman et al. 1996).

    Parameters
    ----------
    statistics
        Fitted targets of the sets under fresh seeds, as they fell, on the scale of comparison, shape (draws, targets).

    Returns
    -------
    DataFrame
        target, inside_runs (90% interval of the runs alone), inside_record (with the error of the record), inside_fit
        (with that error at the temperature of the fit), p (two-sided tail of the published value, with the error of
        the record), made_low and made_high (90% interval of data with that error, in the unit of the record).
    """
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(REPLICATES, *statistics.shape)) * problem.error_sd
    seen = problem.observed

    def band(draws: Array) -> Array:
        return np.asarray(np.quantile(draws.reshape(-1, len(seen)), [0.05, 0.95], axis=0))

    def held(draws: Array) -> Array:
        low, high = band(draws)
        return np.asarray((low <= seen) & (seen <= high))

    replicated = (statistics + noise).reshape(-1, len(seen))
    above = (replicated > seen).mean(axis=0)
    made = [back(end, target.transform) for end, target in zip(band(replicated).T, problem.targets, strict=True)]
    return pd.DataFrame({
        "target": [target.name for target in problem.targets], "inside_runs": held(statistics),
        "inside_record": held(statistics + noise), "inside_fit": held(statistics + math.sqrt(temperature) * noise),
        "p": 2.0 * np.minimum(above, 1.0 - above), "made_low": [float(m[0]) for m in made],
        "made_high": [float(m[1]) for m in made],
    })  # fmt: skip


def joint_p(problem: Problem, statistics: Array, made: Array, temperature: float, seed: int = 1) -> float:
    """Chance that data of the posterior lie as far from its runs, in errors of the record, as published ones do.

    Data are other runs of the same sets as they fell, with the error of the record: what is published has both kinds of
    luck, too (realised discrepancy, Gelman, Meng & Stern 1996).

    Parameters
    ----------
    statistics, made
        Fitted targets of each set as they are expected under one seed, and as they fell under another; on the scale of
        comparison, shape (draws, targets).
    """
    sd = problem.error_sd
    noise = np.random.default_rng(seed).normal(size=(REPLICATES, *made.shape)) * sd * math.sqrt(temperature)

    def far(data: Array) -> Array:
        return np.asarray((((data - statistics) / sd) ** 2).sum(axis=-1))

    return float((far(made + noise) >= far(problem.observed)).mean())


def region_out(problem: Problem, posterior: Posterior, statistics: Array, chance: Array) -> pd.DataFrame:
    """Leave one region out: the fit without a region's targets, by reweighting its sets, against these targets.

    Sets of the posterior are weighted by the inverse of the likelihood of the region's targets (importance sampling of
    the leave-out posterior, Gelfand, Dey & Chang 1992).

    Parameters
    ----------
    statistics
        Fitted targets of the sets with the luck that they were accepted with (under other luck the weights would choose
        the runs that happen to miss the region), on the scale of comparison, shape (sets, targets).
    chance
        Spread of the targets over seeds, shape (targets,).

    Returns
    -------
    DataFrame
        region, targets, sets (effective number that the weights leave), and, unless these are too few to tell: inside
        (of the targets, 90%), error (median absolute, on logs or logits), error_with (as fitted).
    """
    record2 = problem.error_sd**2 + chance**2
    z2 = (statistics - problem.observed) ** 2 * problem.weights / record2 / posterior.temperature
    names = np.array([target.family for target in problem.targets])
    rng, rows = np.random.default_rng(1), []
    for region, members in REGIONS.items():
        mine = np.isin(names, members)
        if not mine.any():
            continue
        log_weight = 0.5 * z2[:, mine].sum(axis=1)
        weight = np.exp(log_weight - log_weight.max())
        weight /= weight.sum()
        sets = float(1.0 / (weight**2).sum())
        row: dict[str, Any] = {"region": region, "targets": int(mine.sum()), "sets": sets}
        if sets >= FEWEST_SETS:
            rows_drawn = rng.choice(len(weight), size=2000, p=weight)
            # chance is in the runs; the error of the record has the temperature of the fit
            sd = problem.error_sd[mine] * math.sqrt(posterior.temperature)
            drawn = statistics[rows_drawn][:, mine] + rng.normal(size=(2000, int(mine.sum()))) * sd
            seen = problem.observed[mine]
            held = [inside(drawn[:, i], float(seen[i]), 0.9) for i in range(len(seen))]
            row |= {
                "inside": int(sum(held)), "error": float(np.median(np.abs(np.median(drawn, axis=0) - seen))),
                "error_with": float(np.median(np.abs(np.median(statistics[:, mine], axis=0) - seen))),
            }  # fmt: skip
        rows.append(row)
    columns = ["region", "targets", "sets", "inside", "error", "error_with"]
    return pd.DataFrame(rows).reindex(columns=columns)
