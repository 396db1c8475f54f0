"""What the verdict hangs on: data the posterior would make, other temperatures, regions left out of the fit."""

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

TEMPERATURES: Final = (2.0, 3.2, 4.2)
"""Looked at beside that of the fit: colder; that of its best sets over many seeds; that of its mean under fresh seeds
(docs/calibration.md)."""
NARROWED: Final = 0.2
REPLICATES: Final = 20
"""Replicates of the data for each draw of the posterior."""
DRAWS: Final = 2000
"""Draws of a fit from which a region is left out."""
FEWEST_SETS: Final = 20.0
"""Effective sets below which reweighting says nothing of a region."""
REGIONS: Final = {
    "West Africa": ("west_africa_flow", "west_africa_share", "west_africa_seizures", "surge", "courier_origin"),
    "Iberia": ("iberia", "off_africa"),
    "Other entry states": ("entry_states",),
    "Americas": ("americas", "caribbean"),
}


def temperatures(predicted: Predictions, judged: pd.DataFrame, posterior: Posterior) -> pd.DataFrame:
    """The verdict had the fit ended at another temperature: sets are weighted by their likelihood there.

    Hotter ones reach only as far as the sets go; the effective number says how far to trust a row.

    Returns
    -------
    DataFrame
        temperature, sets (effective), narrowed (parameters whose variance is a fifth or more below the prior's),
        inside_better and passed (families, of those counted), crps (mean over judged figures).
    """
    rows = np.arange(len(predicted.full)) % len(posterior)
    chi, units = posterior.sets["chi_square"].to_numpy()[rows], posterior.units[rows]
    found = []
    for temperature in sorted({*TEMPERATURES, posterior.temperature}):
        weight = _weights(-0.5 * chi * (1.0 / temperature - 1.0 / posterior.temperature))
        low, high = quantiles_weighted(predicted.full, [0.05, 0.95], weight)
        seen = again(predicted, judged, low, high, crps_weighted(predicted.full, predicted.observed, weight))
        variance, table = weight @ (units - weight @ units) ** 2, families(seen)
        found.append(
            {
                "temperature": float(temperature),
                "sets": _worth(weight),
                "narrowed": int((1.0 - 12.0 * variance >= NARROWED).sum()),
                "inside_better": inside_better(table),
                "passed": counted(table),
                "crps": float(seen["crps"].mean()),
            }
        )
    return pd.DataFrame(found)


def _weights(logs: Array) -> Array:
    """Weights that sum to 1, from their logarithms."""
    weight = np.exp(logs - logs.max())
    return np.asarray(weight / weight.sum())


def _worth(weight: Array) -> float:
    """Effective number of sets whose weights sum to 1 (Kish)."""
    return float(1.0 / (weight**2).sum())


def predictive_check(problem: Problem, statistics: Array, temperature: float, seed: int = 1) -> pd.DataFrame:
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
    noise = np.random.default_rng(seed).normal(size=(REPLICATES, *statistics.shape)) * problem.error_sd
    seen = problem.observed

    def band(draws: Array) -> Array:
        return np.asarray(np.quantile(draws.reshape(-1, len(seen)), [0.05, 0.95], axis=0))

    def held(draws: Array) -> Array:
        low, high = band(draws)
        return np.asarray((low <= seen) & (seen <= high))

    above = ((statistics + noise) > seen).mean(axis=(0, 1))
    ends = zip(band(statistics + noise).T, problem.targets, strict=True)
    low, high = np.array([back(end, target.transform) for end, target in ends]).T
    return pd.DataFrame(
        {
            "target": [target.name for target in problem.targets],
            "inside_runs": held(statistics),
            "inside_record": held(statistics + noise),
            "inside_fit": held(statistics + math.sqrt(temperature) * noise),
            "p": 2.0 * np.minimum(above, 1.0 - above),
            "made_low": low,
            "made_high": high,
        }
    )


def joint_p(problem: Problem, statistics: Array, made: Array, temperature: float, seed: int = 1) -> float:
    """Chance that data of the posterior lie as far from its runs, in errors of the record, as published ones do.

    Data are other runs of the same sets as they fell, with the error of the record: what is published has both kinds of
    chance, too (realised discrepancy, Gelman, Meng & Stern 1996).

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
        Fitted targets of the sets under the seeds that they were accepted with (under others the weights would choose
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
    rng, rows = np.random.default_rng(1), []
    for region, members in REGIONS.items():
        mine = np.array([target.family in members for target in problem.targets])
        if not mine.any():
            continue
        weight = _weights(0.5 * z2[:, mine].sum(axis=1))
        row: dict[str, Any] = {"region": region, "targets": int(mine.sum()), "sets": _worth(weight)}
        if row["sets"] >= FEWEST_SETS:
            chosen, seen = rng.choice(len(weight), size=DRAWS, p=weight), problem.observed[mine]
            # chance is in the runs; the error of the record has the temperature of the fit
            sd = problem.error_sd[mine] * math.sqrt(posterior.temperature)
            drawn = statistics[chosen][:, mine] + rng.normal(size=(DRAWS, len(seen))) * sd
            row |= {
                "inside": int(inside(drawn, seen).sum()),
                "error": float(np.median(np.abs(np.median(drawn, axis=0) - seen))),
                "error_with": float(np.median(np.abs(np.median(statistics[:, mine], axis=0) - seen))),
            }
        rows.append(row)
    return pd.DataFrame(rows).reindex(columns=["region", "targets", "sets", "inside", "error", "error_with"])
