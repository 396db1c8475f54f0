"""Links of the chain that lead to a seizure, and what each adds to a change: log-mean Divisia decomposition."""

import math
from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd

from experiments.analysis.intervals import by_seed, mean_difference, named
from model.columns import Array
from model.errors import InputError

CHAIN: Final = ("supply", "route", "know", "act", "board", "inspect")
CHAIN_OUTCOMES: Final = (
    "dispatched_kg",
    "moved_kg",
    "sea_moved_kg",
    "cued_kg",
    "acted_kg",
    "boarded_expected_kg",
    "shore_removed_kg",
)
"""Outcomes that the decomposition needs."""


def lmdi(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """Additive log-mean Divisia decomposition of the change of a product of factors (Ang 2004, 2005).

    Contributions sum to the change. Where the product is zero on one side, they are at their analytic limit: the
    factors that turn from or to zero share the change evenly, and the others get nothing (Ang, Liu and Chew 1998).

    Raises
    ------
    InputError
        If a factor is negative or no number, or the two do not have the same factors.
    """
    values = (*before.values(), *after.values())
    if set(before) != set(after) or any(not math.isfinite(value) or value < 0.0 for value in values):
        raise InputError(
            "these cannot be decomposed",
            field="factors",
            value=f"{dict(before)} and {dict(after)}",
            allowed="the same factors on both sides, none below zero",
            remedy="give each factor twice, before and after",
        )
    first, last = math.prod(before.values()), math.prod(after.values())
    if 0.0 in values:
        turned = [name for name in before if (before[name] == 0.0) != (after[name] == 0.0)]
        return {name: (last - first) / len(turned) if name in turned else 0.0 for name in before}
    weight = log_mean(first, last)
    parts = {name: weight * (math.log(after[name]) - math.log(before[name])) for name in before}
    # what rounding leaves goes to the parts by size, so that they sum to the change
    left, size = (last - first) - sum(parts.values()), sum(abs(part) for part in parts.values())
    return {name: part + (left * abs(part) / size if size else 0.0) for name, part in parts.items()}


def log_mean(a: float, b: float) -> float:
    """Logarithmic mean of two positive numbers; their common value where they agree, 0 where one is zero."""
    if a <= 0.0 or b <= 0.0:
        return 0.0
    ratio = math.log(b) - math.log(a)
    return a if abs(ratio) < 1e-12 else (b - a) / ratio


def chains(means: Mapping[str, float]) -> tuple[dict[str, float], dict[str, float]]:
    """The two chains of expected seizures, at sea and ashore; the product of each is what it takes, kg a year.

    A link that nothing arrives at is nan.
    """
    sent, moved, sea = means["dispatched_kg"], means["moved_kg"], means["sea_moved_kg"]
    cued, acted = means["cued_kg"], means["acted_kg"]
    at_sea = {
        "supply": sent,
        "route": _over(sea, sent),
        "know": _over(cued, sea),
        "act": _over(acted, cued),
        "board": _over(means["boarded_expected_kg"], acted),
    }
    return at_sea, {"supply": sent, "route": _over(moved, sent), "inspect": _over(means["shore_removed_kg"], moved)}


def _over(part: float, whole: float) -> float:
    return part / whole if whole > 0.0 else math.nan


def _filled(link: Mapping[str, float], other: Mapping[str, float]) -> dict[str, float]:
    """A chain without gaps: a link that nothing arrives at is as on the other side, so that it earns no share."""
    whole = {name: other[name] if math.isnan(value) else value for name, value in link.items()}
    return {name: 0.0 if math.isnan(value) else value for name, value in whole.items()}


def decomposition(runs: pd.DataFrame, scenario: str, baseline: str, level: float = 0.95) -> pd.DataFrame:
    """Change of expected seizures by link of the chain, kg a year, with intervals over seeds.

    At sea: supply (kg sent), route (kg carried by boat per kg sent), know (share of it that somebody able to act is
    told of), act (share of that which an asset is sent to), board (share of that which boarding takes). Elsewhere:
    supply, route (legs travelled per kg sent), inspect (share that inspection, police and coastal radar take).
    Supply and route are summed over both; removals at the origins are left out.

    Returns
    -------
    DataFrame
        scenario, factor, kg, low, high, n; empty where no seed ended well in both. Intervals are those of the mean of
        jackknife pseudo-values (Tukey 1958), which keep their level with fewer seeds than percentiles do.

    Raises
    ------
    InputError
        If one of the two has no run, or an outcome is missing.
    """
    for field, name in (("scenario", scenario), ("baseline", baseline)):
        named(runs, name, "scenario", field)
    wide = {name: by_seed(runs, name).reindex(columns=[baseline, scenario]).dropna() for name in CHAIN_OUTCOMES}
    seeds = sorted(set.intersection(*(set(table.index) for table in wide.values())))
    if not seeds:
        return pd.DataFrame(columns=["scenario", "factor", "kg", "low", "high", "n"])
    before, after = (
        np.column_stack([wide[name].loc[seeds, side].to_numpy(float) for name in CHAIN_OUTCOMES])
        for side in (baseline, scenario)
    )
    n = len(seeds)
    whole = _split(before, after)
    # a row for each seed left out; one seed cannot be left out
    rest = [np.delete(np.arange(n), i) for i in range(n)] if n > 1 else [np.arange(n)]
    pseudo = n * whole - (n - 1) * np.array([_split(before[kept], after[kept]) for kept in rest])
    # moved by the jackknife's correction of bias, so that an interval lies about the figure itself
    found = [(kg, mean_difference(values, level)) for kg, values in zip(whole, pseudo.T, strict=True)]
    low, high = ([getattr(mean, end) + kg - mean.mean for kg, mean in found] for end in ("low", "high"))
    return pd.DataFrame({"scenario": scenario, "factor": CHAIN, "kg": whole, "low": low, "high": high, "n": n})


def _split(before: Array, after: Array) -> Array:
    """Contribution of every link to the change between the means of two samples, shape (len(CHAIN),)."""
    sides = [chains(dict(zip(CHAIN_OUTCOMES, side.mean(axis=0).tolist(), strict=True))) for side in (before, after)]
    parts = [lmdi(_filled(a, b), _filled(b, a)) for a, b in zip(*sides, strict=True)]
    return np.array([sum(part.get(name, 0.0) for part in parts) for name in CHAIN])
