"""What the runs of each point give, and what a factor does from its lowest value to its highest."""

import math
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from experiments.analysis.intervals import mean_and_interval, mean_difference
from experiments.plan import Planned
from experiments.study_file import SUPPLY
from model.columns import Array

FIXED: Final = "fixed"
ANSWERS: Final = "answers"


def point_means(runs: pd.DataFrame, study: Planned) -> pd.DataFrame:
    """Mean of every outcome at every point, its 95% interval, and the 5-95% spread over seeds: the table `arms`."""
    varied = [str(name) for name in study.table if name in runs and name not in ("point", "scenario", "part", "seed")]
    rows = []
    for (scenario, point), group in runs.groupby(["scenario", "point"], sort=False):
        where: dict[str, Any] = {"scenario": scenario, "point": point, **{name: group[name].iloc[0] for name in varied}}
        for outcome in study.outcomes:
            found = group[outcome].dropna().to_numpy(dtype=float)
            if len(found):
                mean, low, high = mean_and_interval(found)
                q05, q95 = np.quantile(found, [0.05, 0.95])
                rows.append(
                    {
                        **where,
                        "outcome": outcome,
                        "n": len(found),
                        "mean": mean,
                        "low": low,
                        "high": high,
                        "q05": q05,
                        "q95": q95,
                    }
                )
    return pd.DataFrame(rows)


def lever_effects(runs: pd.DataFrame, study: Planned) -> pd.DataFrame:
    """What a factor does from its lowest value to its highest, all else and the seed alike; only for grids.

    Each answer of supply stands for itself (`supply`). Rows with `given` hold the same at one end of another factor
    (`at`), or at its far end less its near (`at` is nan). It is the table `spans`.
    """
    if study.method != "grid" or not study.common_seeds:
        return pd.DataFrame()
    numeric = [f.name for f in study.factors if f.name in runs and runs[f.name].dtype.kind in "fiu"]
    factors = [name for name in numeric if runs[name].min() < runs[name].max()]  # one level has no effect to measure
    return pd.DataFrame(
        [
            {
                "scenario": scenario,
                "supply": word,
                "factor": factor,
                "from": group[factor].min(),
                "to": group[factor].max(),
                "given": given,
                "at": at,
                "outcome": outcome,
                "n": found.n,
                "effect": found.mean,
                "low": found.low,
                "high": found.high,
            }
            for word, part in by_supply(runs, study).items()
            for scenario, group in part.groupby("scenario", sort=False)
            for factor in factors
            for outcome in study.outcomes
            for given, at, values in _differences(group, factor, [f for f in factors if f != factor], outcome)
            for found in (mean_difference(values),)
        ]
    )


def _differences(
    runs: pd.DataFrame, factor: str, others: Sequence[str], outcome: str
) -> Iterator[tuple[str, float, Array]]:
    """Differences by seed: over all else, at both ends of every other factor, and between these ends."""
    cells = runs.pivot_table(index=["seed", *others], columns=factor, values=outcome)
    change = (cells[cells.columns.max()] - cells[cells.columns.min()]).dropna()
    yield "", math.nan, change.groupby("seed").mean().to_numpy(float)
    for other in others:
        level = change.index.get_level_values(other)
        near, far = (change[level == end].groupby("seed").mean() for end in (level.min(), level.max()))
        yield other, float(level.min()), near.to_numpy(float)
        yield other, float(level.max()), far.to_numpy(float)
        yield other, math.nan, (far - near).dropna().to_numpy(float)


def supply_word(value: float, values: Sequence[float]) -> str:
    """How an answer of supply to price is called: fixed, answers; with its elasticity where there are several."""
    if value == 0.0:
        return FIXED
    return ANSWERS if sum(v != 0.0 for v in values) < 2 else f"{ANSWERS} {value:g}"


def by_supply(runs: pd.DataFrame, study: Planned) -> dict[str, pd.DataFrame]:
    """Runs by whether supply is fixed or answers price."""
    if SUPPLY not in runs:
        return {supply_word(study.supply[0] if study.supply else 0.0, study.supply): runs}
    answers = runs[SUPPLY].astype(float).fillna(0.0)  # a sweep beside packages has no answer of its own
    values = sorted(set(answers))
    return {supply_word(value, values): runs[answers == value] for value in values}
