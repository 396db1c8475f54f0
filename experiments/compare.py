"""Paired comparison of scenarios: runs with the same seed share their history and their luck, so only policy differs.

Every table is long: a row for each scenario and outcome, with an interval beside every mean. Differences are taken seed
by seed; seeds of which one side failed are left out, and `n` says how many are left.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy.stats import norm, rankdata
from scipy.stats import t as student

from experiments.intervals import DRAWS, Mean, mean_difference, ratio_of_means, resamples
from experiments.store import DONE
from model.errors import InputError
from model.state import Array

__all__ = [
    "CHAIN", "CHAIN_OUTCOMES", "HARMFUL", "complementarity", "cost_per_kg", "decomposition", "detect", "displacement",
    "lmdi", "paired", "ranking", "winners_and_losers", "years_to_detect",
]  # fmt: skip

HARMFUL: Final[dict[str, int]] = {
    "arrived_europe_kg": 1, "consumed_europe_kg": 1, "west_africa_kg": 1, "corruption": 1, "profit_eur": 1,
    "known_share": -1, "sea_known_share": -1, "west_african_known_share": -1, "ability": -1, "price_europe": -1,
}  # fmt: skip
"""Outcome -> side that is harm: 1 more of it, -1 less. Seizures have no side: more may be supply, effort or luck."""
CHAIN: Final = ("supply", "route", "know", "act", "board", "inspect")
CHAIN_OUTCOMES: Final = (
    "dispatched_kg", "moved_kg", "sea_moved_kg", "cued_kg", "acted_kg", "boarded_expected_kg", "shore_removed_kg",
)  # fmt: skip
"""Outcomes that the decomposition needs."""
FEWEST_YEARS: Final = 2
MOST_YEARS: Final = 100_000


# --- differences --------------------------------------------------------------------------------------------------


def by_seed(runs: pd.DataFrame, outcome: str, by: str = "scenario") -> pd.DataFrame:
    """An outcome as a table of seeds by arms; nan where a run failed."""
    good = runs[runs["status"] == DONE] if "status" in runs else runs
    return good.pivot_table(index="seed", columns=by, values=outcome, aggfunc="first")


def paired(
    runs: pd.DataFrame, outcomes: Sequence[str], baseline: str, *, by: str = "scenario", level: float = 0.95,
    draws: int = DRAWS,
) -> pd.DataFrame:  # fmt: skip
    """Differences of every arm from the baseline, outcome by outcome.

    Returns
    -------
    DataFrame
        Columns scenario, baseline, outcome, n, without, with, effect, low, high, relative, harm (share of bootstrap
        means on the harmful side; nan where the outcome has none), variance_reduction (variance of an unpaired
        difference over that of the paired one).

    Raises
    ------
    InputError
        If the baseline is not among the runs.
    """
    _there(runs, baseline, by)
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
        "harm": _harm(found, outcome), "variance_reduction": _reduction(without, given),
    }  # fmt: skip


def _harm(found: Mean, outcome: str) -> float:
    """Share of bootstrap means on the harmful side; of an effect that is nothing, none."""
    if outcome not in HARMFUL or found.n < 1:
        return math.nan
    return float(np.mean(found.drawn * HARMFUL[outcome] > 0.0))


def _reduction(without: Array, given: Array) -> float:
    if len(without) < 2:
        return math.nan
    together = float(np.var(given - without, ddof=1))
    apart = float(np.var(given, ddof=1) + np.var(without, ddof=1))
    return apart / together if together > 0.0 else math.inf if apart > 0.0 else math.nan


def _there(runs: pd.DataFrame, name: str, by: str) -> None:
    if name not in set(runs[by]):
        raise InputError("the baseline has no run", field="baseline", value=name,
                         allowed=", ".join(map(str, dict.fromkeys(runs[by]))),
                         remedy="take one of these, or run the baseline too")  # fmt: skip


def complementarity(
    runs: pd.DataFrame, outcomes: Sequence[str], both: str, first: str, second: str, neither: str
) -> pd.DataFrame:
    """Whether two packages together do more than the sum: both - first - second + neither, and the same in logs.

    A product of stages is complementary by construction, so both forms are given: where the log ratio is zero, the
    stages only multiply.
    """
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
    """Rank of every scenario on an outcome (1 is best) over bootstrap samples of the seeds.

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
        return pd.DataFrame(columns=["scenario", "outcome", "mean_rank", "rank_low", "rank_high", "best"])
    ranks = rankdata(values[resamples(len(values))].mean(axis=1), axis=1)
    low, high = np.quantile(ranks, [0.5 - level / 2, 0.5 + level / 2], axis=0)
    best = (ranks == ranks.min(axis=1, keepdims=True)).astype(float)
    best /= best.sum(axis=1, keepdims=True)
    return pd.DataFrame({
        "scenario": wide.columns, "outcome": outcome, "mean_rank": ranks.mean(axis=0), "rank_low": low,
        "rank_high": high, "best": best.mean(axis=0), "n": len(values),
    })  # fmt: skip


# --- displacement, cost -------------------------------------------------------------------------------------------


def displacement(flows: pd.DataFrame, baseline: str, *, kind: str, level: float = 0.95) -> pd.DataFrame:
    """Displacement D: flow gained where it grows over flow lost where the policy bites, of paired mean differences.

    The target is the group that loses most against the baseline in the mean; its own loss is the denominator, and
    what all other groups gain or lose together the numerator. Withheld where the loss may be zero.

    Parameters
    ----------
    flows
        Columns scenario, seed, group, kg.
    kind
        What the groups are: mode, region, place.
    """
    wide = flows.pivot_table(index=["scenario", "seed"], columns="group", values="kg", aggfunc="sum", fill_value=0.0)
    _there(flows, baseline, "scenario")
    rows = []
    for scenario in dict.fromkeys(flows["scenario"]):
        if scenario == baseline:
            continue
        change = (wide.loc[scenario] - wide.loc[baseline]).dropna()
        target = str(change.mean().idxmin())
        lost = -change[target].to_numpy(float)
        gained = change.drop(columns=target).sum(axis=1).to_numpy(float)
        found = ratio_of_means(gained, lost, level)
        if lost.mean() <= 0.0:
            found = found._replace(ratio=math.nan, low=math.nan, high=math.nan, note="withheld: nothing is lost")
        rows.append({
            "scenario": scenario, "kind": kind, "target": target, "n": len(change), "lost_kg": float(lost.mean()),
            "gained_kg": float(gained.mean()), "D": found.ratio, "low": found.low, "high": found.high,
            "note": found.note,
        })  # fmt: skip
    return pd.DataFrame(rows)


def cost_per_kg(kept_kg: Array, low_eur: float, cost_eur: float, high_eur: float) -> dict[str, Any]:
    """Cost of a kilogram kept from the market, EUR, from kilograms kept by seed and a cost with its range.

    The interval holds both doubts: the low cost over the high end of what is kept, and the other way round. Withheld
    where what is kept may be nothing or less.
    """
    kept = mean_difference(np.asarray(kept_kg, dtype=float))
    row = {
        "cost_low_eur": low_eur, "cost_eur": cost_eur, "cost_high_eur": high_eur, "n": kept.n, "kept_kg": kept.mean,
        "low": kept.low, "high": kept.high, "eur_per_kg": math.nan, "eur_low": math.nan, "eur_high": math.nan,
    }  # fmt: skip
    if not kept.low > 0.0:
        return {**row, "note": "withheld: what is kept cannot be told from nothing"}
    if cost_eur < 0.0:
        return {**row, "note": "costs less than the baseline"}
    cheap, dear = low_eur / kept.high, high_eur / kept.low
    return {**row, "eur_per_kg": cost_eur / kept.mean, "eur_low": cheap, "eur_high": dear, "note": ""}


# --- decomposition ------------------------------------------------------------------------------------------------


def lmdi(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """Additive log-mean Divisia decomposition of the change of a product of factors (Ang 2004).

    Contributions sum to the change exactly. A factor that is zero is taken at its limit by a very small value (Ang,
    Liu and Chew 1998).

    Raises
    ------
    InputError
        If a factor is negative, or the two do not have the same factors.
    """
    if set(before) != set(after) or any(value < 0.0 for value in (*before.values(), *after.values())):
        raise InputError("these cannot be decomposed", field="factors", value=f"{dict(before)} and {dict(after)}",
                         allowed="the same factors on both sides, none below zero",
                         remedy="give each factor twice, before and after")  # fmt: skip
    small = 1e-300
    first, last = math.prod(before.values()), math.prod(after.values())
    weight = log_mean(max(first, small), max(last, small))
    parts = {
        name: weight * math.log(max(after[name], small) / max(before[name], small)) if after[name] != before[name]
        else 0.0 for name in before
    }  # fmt: skip
    total = sum(parts.values())
    # what rounding (or a limit) leaves goes to the parts by size, so that they sum to the change
    left, size = (last - first) - total, sum(abs(part) for part in parts.values())
    return {name: part + (left * abs(part) / size if size else 0.0) for name, part in parts.items()}


def log_mean(a: float, b: float) -> float:
    """Logarithmic mean of two positive numbers; their common value where they agree."""
    ratio = math.log(b / a) if a > 0.0 and b > 0.0 else math.inf
    return a if abs(ratio) < 1e-12 else (b - a) / ratio


def chains(means: Mapping[str, float]) -> tuple[dict[str, float], dict[str, float]]:
    """The two chains of expected seizures, at sea and ashore; the product of each is what it takes, kg a year."""
    sent, moved, sea = means["dispatched_kg"], means["moved_kg"], means["sea_moved_kg"]
    cued, acted = means["cued_kg"], means["acted_kg"]
    at_sea = {
        "supply": sent, "route": _over(sea, sent), "know": _over(cued, sea), "act": _over(acted, cued),
        "board": _over(means["boarded_expected_kg"], acted),
    }  # fmt: skip
    ashore = {"supply": sent, "route": _over(moved, sent), "inspect": _over(means["shore_removed_kg"], moved)}
    return at_sea, ashore


def _over(part: float, whole: float) -> float:
    return part / whole if whole > 0.0 else 0.0


def decomposition(runs: pd.DataFrame, scenario: str, baseline: str, level: float = 0.95) -> pd.DataFrame:
    """Change of expected seizures by link of the chain, kg a year, with bootstrap intervals over seeds.

    At sea: supply (kg sent), route (kg carried by boat per kg sent), know (share of it that somebody able to act is
    told of), act (share of that which an asset is sent to), board (share of that which boarding takes). Elsewhere:
    supply, route (legs travelled per kg sent), inspect (share that inspection, police and coastal radar take).
    Supply and route are summed over both; removals at the origins are left out.
    """
    columns = list(CHAIN_OUTCOMES)
    good = runs[runs["status"] == DONE] if "status" in runs else runs
    wide = good.pivot_table(index="seed", columns="scenario", values=columns, aggfunc="first")
    sides = [wide.xs(name, axis=1, level=1)[columns].dropna() for name in (baseline, scenario)]
    seeds = sides[0].index.intersection(sides[1].index)
    before, after = (side.loc[seeds].to_numpy(float) for side in sides)
    if not len(seeds):
        return pd.DataFrame(columns=["scenario", "factor", "kg", "low", "high", "n"])

    def split(chosen: Array) -> list[float]:
        first, last = (
            chains(dict(zip(columns, side[chosen].mean(axis=0).tolist(), strict=True))) for side in (before, after)
        )
        parts = [lmdi(a, b) for a, b in zip(first, last, strict=True)]
        return [sum(part.get(name, 0.0) for part in parts) for name in CHAIN]

    middle = split(np.arange(len(seeds)))
    drawn = np.array([split(chosen) for chosen in resamples(len(seeds), 400)])
    low, high = np.quantile(drawn, [0.5 - level / 2, 0.5 + level / 2], axis=0)
    return pd.DataFrame(
        {"scenario": scenario, "factor": CHAIN, "kg": middle, "low": low, "high": high, "n": len(seeds)}
    )


# --- what statistics could show -----------------------------------------------------------------------------------


def years_to_detect(effect: float, yearly_sd: float, power: float = 0.8, level: float = 0.05) -> float:
    """Years of yearly figures after a measure, with as many before it, that tell the effect from nothing.

    Two-sided t test of two means of independent years; solved with Student's t, since years are few (Cohen 1988,
    ch. 2). Figures that move together from year to year need more years than this.

    Returns
    -------
    float
        Whole years, at least 2; inf where the effect is nothing.
    """
    if not (math.isfinite(effect) and math.isfinite(yearly_sd)) or effect == 0.0:
        return math.inf
    if yearly_sd <= 0.0:
        return float(FEWEST_YEARS)
    ratio = abs(effect) / yearly_sd
    start = 2.0 * ((norm.ppf(1.0 - level / 2) + norm.ppf(power)) / ratio) ** 2
    if start > MOST_YEARS:
        return math.ceil(start)
    years = max(FEWEST_YEARS, math.floor(start))
    while True:
        freedom = 2 * years - 2
        needed = student.ppf(1.0 - level / 2, freedom) + student.ppf(power, freedom)
        if ratio * math.sqrt(years / 2.0) >= needed:
            return float(years)
        years += 1


def detect(yearly: pd.DataFrame, effects: pd.DataFrame, baseline: str) -> pd.DataFrame:
    """Years of published statistics needed to notice each effect in one world.

    Parameters
    ----------
    yearly
        Columns scenario, seed, year and yearly series.
    effects
        As `paired` gives, without or with more outcomes than there are series.
    """
    named = {name: name for name in ("seized_kg", "seized_eu_bulk_kg", "arrived_europe_kg")}
    named["price_europe"] = "price_europe_eur_per_kg"
    world = yearly[yearly["scenario"] == baseline]
    rows = []
    for row in effects.to_dict("records"):
        series = named.get(row["outcome"])
        if series not in yearly:
            continue
        sd = _spread_of_years(world, str(series))
        years = [years_to_detect(row[end], sd) for end in ("effect", "low", "high")]
        # an interval that holds zero leaves no upper bound
        crosses = not (row["low"] > 0.0 or row["high"] < 0.0)
        rows.append({
            "scenario": row["scenario"], "outcome": row["outcome"], "effect": row["effect"], "yearly_sd": sd,
            "years": years[0], "low": min(years[1:]), "high": math.inf if crosses else max(years[1:]),
        })  # fmt: skip
    return pd.DataFrame(rows, columns=["scenario", "outcome", "effect", "yearly_sd", "years", "low", "high"])


def _spread_of_years(world: pd.DataFrame, series: str) -> float:
    """Spread between years of one world around its trend, root mean square over worlds."""
    squares = []
    for _, one in world.groupby("seed"):
        values, years = one[series].to_numpy(float), one["year"].to_numpy(float)
        if len(values) > 3:
            left = values - np.polyval(np.polyfit(years - years.mean(), values, 1), years - years.mean())
            squares.append(float((left**2).sum() / (len(values) - 2)))
    return math.sqrt(float(np.mean(squares))) if squares else math.nan


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
    _there(by_state, baseline, "scenario")
    rows = []
    for column in what:
        wide = by_state.pivot_table(index="seed", columns=["scenario", of], values=column, aggfunc="sum")
        for scenario in dict.fromkeys(by_state["scenario"]):
            if scenario == baseline:
                continue
            change = (wide[scenario] - wide[baseline]).dropna()
            mine = [{"scenario": scenario, of: one, "what": column, **_change(change[one].to_numpy(float))}
                    for one in change.columns]  # fmt: skip
            for row, clear in zip(mine, _discovered([row["p"] for row in mine], 1.0 - level), strict=True):
                rows.append({**{k: v for k, v in row.items() if k != "p"}, "clear": clear})
    return pd.DataFrame(rows, columns=["scenario", of, "what", "n", "effect", "low", "high", "clear"])


def _change(differences: Array) -> dict[str, Any]:
    found = mean_difference(differences, draws=500)
    error = float(np.std(differences, ddof=1)) / math.sqrt(found.n) if found.n > 1 else 0.0
    p = 1.0 if error == 0.0 else 2.0 * float(student.sf(abs(found.mean) / error, found.n - 1))
    return {"n": found.n, "effect": found.mean, "low": found.low, "high": found.high, "p": p}


def _discovered(p: Sequence[float], rate: float) -> list[bool]:
    """Which of several tests are discoveries at a false discovery rate."""
    order = np.argsort(p)
    good = np.asarray(p)[order] <= rate * np.arange(1, len(p) + 1) / max(len(p), 1)
    most = int(np.flatnonzero(good).max()) + 1 if good.any() else 0
    found = np.zeros(len(p), dtype=bool)
    found[order[:most]] = True
    return [bool(one) for one in found]
