"""Paired comparison of scenarios: runs with the same seed share their history and their luck, so only policy differs.

Every table is long: a row for each scenario and outcome, with an interval beside every mean. Differences are taken seed
by seed; seeds of which one side failed are left out, and `n` says how many are left.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy.stats import rankdata
from scipy.stats import t as student

from experiments.analysis.chain import CHAIN, CHAIN_OUTCOMES, decomposition, lmdi
from experiments.analysis.detection import detect, years_to_detect
from experiments.analysis.intervals import (
    DRAWS,
    FEWEST,
    Ratio,
    by_seed,
    mean_difference,
    named,
    ratio_of_means,
    resamples,
    widened,
)
from model.columns import Array
from model.errors import InputError

__all__ = [
    "CHAIN", "CHAIN_OUTCOMES", "HARMFUL", "complementarity", "cost_per_kg", "decomposition", "detect", "displacement",
    "lmdi", "paired", "ranking", "winners_and_losers", "years_to_detect",
]  # fmt: skip

HARMFUL: Final[dict[str, int]] = {
    "arrived_europe_kg": 1, "consumed_europe_kg": 1, "west_africa_kg": 1, "corruption": 1, "profit_eur": 1,
    "known_share": -1, "sea_known_share": -1, "west_african_known_share": -1, "ability": -1, "price_europe": -1,
}  # fmt: skip
"""Outcome -> side that is harm: 1 more of it, -1 less. Seizures have no side: more may be supply, effort or luck."""


# --- differences --------------------------------------------------------------------------------------------------


def paired(
    runs: pd.DataFrame, outcomes: Sequence[str], baseline: str, *, by: str = "scenario", level: float = 0.95,
    draws: int = DRAWS,
) -> pd.DataFrame:  # fmt: skip
    """Differences of every arm from the baseline, outcome by outcome.

    Returns
    -------
    DataFrame
        Columns scenario, baseline, outcome, n, without, with, effect, low, high, relative, harm (probability that the
        mean lies on the harmful side; nan where the outcome has none), variance_reduction (variance of an unpaired
        difference over that of the paired one).

    Raises
    ------
    InputError
        If the baseline is not among the runs.
    """
    named(runs, baseline, by)
    arms = [arm for arm in dict.fromkeys(runs[by]) if arm != baseline]
    rows = []
    for outcome in outcomes:
        wide = by_seed(runs, outcome, by)
        for arm in arms:
            rows.append({by: arm, "baseline": baseline, "outcome": outcome, **_pair(wide, arm, baseline, outcome,
                                                                                      level, draws)})  # fmt: skip
    return pd.DataFrame(rows)


def _pair(wide: pd.DataFrame, arm: str, baseline: str, outcome: str, level: float, draws: int) -> dict[str, Any]:
    both = wide.reindex(columns=[baseline, arm]).dropna()
    without, given = both[baseline].to_numpy(float), both[arm].to_numpy(float)
    found = mean_difference(given - without, level, draws)
    base = float(without.mean()) if found.n else math.nan
    return {
        "n": found.n, "without": base, "with": float(given.mean()) if found.n else math.nan, "effect": found.mean,
        "low": found.low, "high": found.high, "relative": found.mean / base if base else math.nan,
        "harm": _harm(given - without, outcome), "variance_reduction": _reduction(without, given),
    }  # fmt: skip


def _harm(differences: Array, outcome: str) -> float:
    """Probability by Student's t that the mean is on the harmful side: 0 of no effect, nan with too few pairs.

    The share of bootstrap means would be 0 or 1 whenever three seeds agree in sign, which happens in a quarter of
    studies in which there is no effect.
    """
    if outcome not in HARMFUL or len(differences) < FEWEST:
        return math.nan
    mean, error = float(differences.mean()), float(differences.std(ddof=1)) / math.sqrt(len(differences))
    if error <= 1e-12 * max(float(np.abs(differences).max()), 1e-300):
        return float(mean * HARMFUL[outcome] > 0.0)
    return float(student.cdf(mean * HARMFUL[outcome] / error, len(differences) - 1))


def _reduction(without: Array, given: Array) -> float:
    if len(without) < 2:
        return math.nan
    together = float(np.var(given - without, ddof=1))
    apart = float(np.var(given, ddof=1) + np.var(without, ddof=1))
    # below rounding of the differences there is no spread left
    told = together > (1e-12 * max(float(np.abs(given).max()), float(np.abs(without).max()))) ** 2
    return apart / together if told else math.inf if apart > 0.0 else math.nan


def complementarity(
    runs: pd.DataFrame, outcomes: Sequence[str], both: str, first: str, second: str, neither: str
) -> pd.DataFrame:
    """Whether two packages together do more than the sum: both - first - second + neither, and the same in logs.

    A product of stages is complementary by construction, so both forms are given: where the log ratio is zero, the
    stages only multiply.
    """
    for field, arm in (("both", both), ("first", first), ("second", second), ("neither", neither)):
        named(runs, arm, "scenario", field)
    rows = []
    for outcome in outcomes:
        wide = by_seed(runs, outcome).reindex(columns=[both, first, second, neither]).dropna()
        four = [wide[name].to_numpy(float) for name in (both, first, second, neither)]
        plain = mean_difference(four[0] - four[1] - four[2] + four[3])
        positive = all((values > 0).all() for values in four)
        logs = [np.log(values) for values in four] if positive else [np.full(len(wide), math.nan)] * 4
        ratio = mean_difference(logs[0] - logs[1] - logs[2] + logs[3])
        rows.append({
            "outcome": outcome, "both": both, "first": first, "second": second, "neither": neither, "n": plain.n,
            "additive": plain.mean, "low": plain.low, "high": plain.high, "log_ratio": ratio.mean,
            "log_low": ratio.low, "log_high": ratio.high,
        })  # fmt: skip
    return pd.DataFrame(rows)


def ranking(runs: pd.DataFrame, outcome: str, level: float = 0.95) -> pd.DataFrame:
    """Rank of every scenario on an outcome (1 is best) over bootstrap samples of the seeds, widened for few of them.

    Only seeds that ended well in every scenario count. With fewer than three, ranks are those observed, without
    range or probability.

    Raises
    ------
    InputError
        If the outcome has no better side.
    """
    if outcome not in HARMFUL:
        raise InputError("this outcome has no better side", field="outcome", value=outcome,
                         allowed=", ".join(HARMFUL), remedy="rank by one of these")  # fmt: skip
    wide = by_seed(runs, outcome).dropna()
    values = wide.to_numpy(float) * HARMFUL[outcome]
    if not len(values):
        return pd.DataFrame(columns=["scenario", "outcome", "mean_rank", "rank_low", "rank_high", "best", "n"])
    if len(values) < FEWEST:
        return pd.DataFrame({
            "scenario": wide.columns, "outcome": outcome, "mean_rank": rankdata(values.mean(axis=0)),
            "rank_low": math.nan, "rank_high": math.nan, "best": math.nan, "n": len(values),
        })  # fmt: skip
    drawn = widened(values[resamples(len(values))].mean(axis=1), values.mean(axis=0), len(values), level)
    ranks = rankdata(drawn, axis=1)
    low, high = np.quantile(ranks, [0.5 - level / 2, 0.5 + level / 2], axis=0)
    best = (ranks == ranks.min(axis=1, keepdims=True)).astype(float)
    best /= best.sum(axis=1, keepdims=True)
    return pd.DataFrame({
        "scenario": wide.columns, "outcome": outcome, "mean_rank": ranks.mean(axis=0), "rank_low": low,
        "rank_high": high, "best": best.mean(axis=0), "n": len(values),
    })  # fmt: skip


# --- displacement, cost -------------------------------------------------------------------------------------------


def displacement(
    flows: pd.DataFrame, baseline: str, *, kind: str, targets: Sequence[str] | None = None, level: float = 0.95
) -> pd.DataFrame:
    """Displacement D: flow gained where it grows over flow lost where the policy bites, of paired mean differences.

    The loss of the targets is the denominator, what all other groups gain or lose together the numerator. Without
    `targets` it is the group that loses most against the baseline in the mean. Some group always does, so its loss
    must then stand a test corrected for the number of groups (Bonferroni). Withheld where the loss may be zero.

    Parameters
    ----------
    flows
        Columns scenario, seed, group, kg.
    kind
        What the groups are: mode, region, place.
    targets
        Groups that the policy aims at, named beforehand.

    Raises
    ------
    InputError
        If the baseline has no run or a target is no group.
    """
    named(flows, baseline, "scenario")
    for one in targets or ():
        named(flows, one, "group", "targets")
    wide = _grouped(flows, "group", "kg")
    rows = []
    for scenario in dict.fromkeys(flows["scenario"]):
        if scenario == baseline:
            continue
        change = _against(wide, scenario, baseline)
        hit = list(targets or ([str(change.mean().idxmin())] if len(change) else []))
        lost, gained = -change[hit].sum(axis=1).to_numpy(float), change.drop(columns=hit).sum(axis=1).to_numpy(float)
        found = _displaced(gained, lost, level, 1 if targets else wide.shape[1])
        rows.append({
            "scenario": scenario, "kind": kind, "target": ", ".join(hit), "n": len(change),
            "lost_kg": float(lost.mean()) if len(lost) else math.nan,
            "gained_kg": float(gained.mean()) if len(gained) else math.nan,
            "D": found.ratio, "low": found.low, "high": found.high, "note": found.note,
        })  # fmt: skip
    return pd.DataFrame(rows)


def _displaced(gained: Array, lost: Array, level: float, candidates: int) -> Ratio:
    """D, withheld where the loss of a target chosen among some candidates may be chance."""
    found = ratio_of_means(gained, lost, level)
    if len(lost) >= FEWEST and lost.mean() <= 0.0:
        return Ratio(math.nan, math.nan, math.nan, "withheld: nothing is lost")
    strict = ratio_of_means(gained, lost, 1.0 - (1.0 - level) / candidates)
    return strict if strict.note else found


def _grouped(frame: pd.DataFrame, of: str, column: str) -> pd.DataFrame:
    """A column as a table of runs (scenario, seed) by groups: what a run has no row of is 0; one with a gap is out."""
    whole = frame.astype({column: float})
    wide = whole.pivot_table(index=["scenario", "seed"], columns=of, values=column, aggfunc="sum", fill_value=0.0)
    gaps = pd.MultiIndex.from_frame(frame.loc[frame[column].isna(), ["scenario", "seed"]])
    return wide[~wide.index.isin(gaps)]


def _against(wide: pd.DataFrame, scenario: str, baseline: str) -> pd.DataFrame:
    """Paired differences, a row for each seed that both have."""
    names = wide.index.get_level_values("scenario")
    given, without = (wide[names == name].droplevel("scenario") for name in (scenario, baseline))
    return (given - without).dropna()


def cost_per_kg(kept_kg: Array, low_eur: float, cost_eur: float, high_eur: float) -> dict[str, Any]:
    """Cost of a kilogram kept from the market, EUR, from kilograms kept by seed and a cost with its range.

    The interval holds both doubts: the low cost over the high end of what is kept, and the other way round. Withheld
    where what is kept may be nothing or less.

    Raises
    ------
    InputError
        If the range does not hold the cost.
    """
    if not low_eur <= cost_eur <= high_eur:
        raise InputError("the range does not hold the cost", field="cost_eur", value=cost_eur,
                         allowed=f"{low_eur:g} to {high_eur:g}", remedy="give low, middle and high in this order",
                         )  # fmt: skip
    kept = mean_difference(np.asarray(kept_kg, dtype=float))
    row = {
        "cost_low_eur": low_eur, "cost_eur": cost_eur, "cost_high_eur": high_eur, "n": kept.n, "kept_kg": kept.mean,
        "low": kept.low, "high": kept.high, "eur_per_kg": math.nan, "eur_low": math.nan, "eur_high": math.nan,
    }  # fmt: skip
    if not kept.low > 0.0:
        return {**row, "note": "withheld: what is kept cannot be told from nothing"}
    if cost_eur < 0.0:
        return {**row, "note": "costs less than the baseline"}
    # a saving at the low end weighs most over few kilograms
    cheap = low_eur / (kept.low if low_eur < 0.0 else kept.high)
    return {**row, "eur_per_kg": cost_eur / kept.mean, "eur_low": cheap, "eur_high": high_eur / kept.low, "note": ""}


# --- by state -------------------------------------------------------------------------------------------------------


def winners_and_losers(
    by_state: pd.DataFrame, baseline: str, what: Sequence[str] = ("through_kg", "expected_seized_kg"),
    of: str = "state", level: float = 0.95,
) -> pd.DataFrame:  # fmt: skip
    """Change of what passes through and is seized in every state, kg a year.

    Parameters
    ----------
    by_state
        Columns scenario, seed, state (or what `of` names, as leg) and those of `what`.

    Returns
    -------
    DataFrame
        scenario, state, what, n, effect, low, high, clear: whether it is told from zero with the false discovery rate
        over all of them held at 1 - level (Benjamini and Hochberg 1995).
    """
    named(by_state, baseline, "scenario")
    rows = []
    for column in what:
        wide = _grouped(by_state, of, column)
        for scenario in dict.fromkeys(by_state["scenario"]):
            if scenario == baseline:
                continue
            change = _against(wide, scenario, baseline)
            mine = [{"scenario": scenario, of: one, "what": column, **_change(change[one].to_numpy(float))}
                    for one in change.columns]  # fmt: skip
            for row, clear in zip(mine, _discovered([row["p"] for row in mine], 1.0 - level), strict=True):
                rows.append({**{k: v for k, v in row.items() if k != "p"}, "clear": clear})
    return pd.DataFrame(rows, columns=["scenario", of, "what", "n", "effect", "low", "high", "clear"])


def _change(differences: Array) -> dict[str, Any]:
    found = mean_difference(differences, draws=500)
    if found.n < FEWEST:
        p = 1.0
    elif found.low == found.high:
        p = float(found.mean == 0.0)
    else:
        error = float(np.std(differences, ddof=1)) / math.sqrt(found.n)
        p = 2.0 * float(student.sf(abs(found.mean) / error, found.n - 1))
    return {"n": found.n, "effect": found.mean, "low": found.low, "high": found.high, "p": p}


def _discovered(p: Sequence[float], rate: float) -> list[bool]:
    """Which of several tests are discoveries at a false discovery rate."""
    order = np.argsort(p)
    good = np.asarray(p)[order] <= rate * np.arange(1, len(p) + 1) / max(len(p), 1)
    most = int(np.flatnonzero(good).max()) + 1 if good.any() else 0
    found = np.zeros(len(p), dtype=bool)
    found[order[:most]] = True
    return [bool(one) for one in found]
