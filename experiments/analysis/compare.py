"""Paired comparison of scenarios: runs with the same seed share history and random numbers, so only policy differs.

Every table is long: a row for each scenario and outcome, with an interval beside every mean. Differences are taken seed
by seed; seeds of which one side failed are left out, and `n` says how many are left.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import rankdata
from scipy.stats import t as student

from experiments.analysis.intervals import DRAWS, FEWEST, Mean, by_seed, mean_difference, named, resamples, widened
from experiments.analysis.outcomes import OUTCOMES, harmful_side
from model.columns import Array
from model.errors import InputError


def paired(
    runs: pd.DataFrame,
    outcomes: Sequence[str],
    baseline: str,
    *,
    by: str = "scenario",
    level: float = 0.95,
    draws: int = DRAWS,
) -> pd.DataFrame:
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
        both = by_seed(runs, outcome, by)
        for arm in arms:
            without, given = both.reindex(columns=[baseline, arm]).dropna().to_numpy(float).T
            found = mean_difference(given - without, level, draws)
            base = float(without.mean()) if found.n else math.nan
            rows.append(
                {
                    by: arm,
                    "baseline": baseline,
                    "outcome": outcome,
                    "n": found.n,
                    "without": base,
                    "with": float(given.mean()) if found.n else math.nan,
                    "effect": found.mean,
                    "low": found.low,
                    "high": found.high,
                    "relative": found.mean / base if base else math.nan,
                    "harm": _harm(given - without, outcome),
                    "variance_reduction": _reduction(without, given),
                }
            )
    return pd.DataFrame(rows)


def _harm(differences: Array, outcome: str) -> float:
    """Probability by Student's t that the mean is on the harmful side: 0 of no effect, nan with too few pairs.

    The share of bootstrap means would be 0 or 1 whenever three seeds agree in sign, which happens in a quarter of
    studies in which there is no effect.
    """
    side = harmful_side(outcome)
    if not side or len(differences) < FEWEST:
        return math.nan
    mean, error = float(differences.mean()), float(differences.std(ddof=1)) / math.sqrt(len(differences))
    if error <= 1e-12 * max(float(np.abs(differences).max()), 1e-300):
        return float(mean * side > 0.0)
    return float(student.cdf(mean * side / error, len(differences) - 1))


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
    four = {"both": both, "first": first, "second": second, "neither": neither}
    for field, arm in four.items():
        named(runs, arm, "scenario", field)
    rows = []
    for outcome in outcomes:
        values = by_seed(runs, outcome).reindex(columns=list(four.values())).dropna().to_numpy(float).T
        plain, ratio = _interaction(values), _interaction(np.log(values) if (values > 0).all() else values * math.nan)
        rows.append(
            {
                "outcome": outcome,
                **four,
                "n": plain.n,
                "additive": plain.mean,
                "low": plain.low,
                "high": plain.high,
                "log_ratio": ratio.mean,
                "log_low": ratio.low,
                "log_high": ratio.high,
            }
        )
    return pd.DataFrame(rows)


def _interaction(values: Array) -> Mean:
    """Both - first - second + neither, of values of the four, shape (4, seeds)."""
    return mean_difference(values[0] - values[1] - values[2] + values[3])


def ranking(runs: pd.DataFrame, outcome: str, level: float = 0.95) -> pd.DataFrame:
    """Rank of every scenario on an outcome (1 is best) over bootstrap samples of the seeds, widened for few of them.

    Only seeds that ended well in every scenario count. With fewer than three, ranks are those observed, without
    range or probability.

    Raises
    ------
    InputError
        If the outcome has no better side.
    """
    if not (side := harmful_side(outcome)):
        raise InputError(
            "this outcome has no better side",
            field="outcome",
            value=outcome,
            allowed=", ".join(filter(harmful_side, OUTCOMES)),
            remedy="rank by one of these",
        )
    wide = by_seed(runs, outcome).dropna()
    values, n = wide.to_numpy(float) * side, len(wide)
    rows: dict[str, Any] = {"scenario": wide.columns, "outcome": outcome}
    if not n:
        return pd.DataFrame(columns=["scenario", "outcome", "mean_rank", "rank_low", "rank_high", "best", "n"])
    if n < FEWEST:
        unknown = dict.fromkeys(("rank_low", "rank_high", "best"), math.nan)
        return pd.DataFrame({**rows, "mean_rank": rankdata(values.mean(axis=0)), **unknown, "n": n})
    ranks = rankdata(widened(values[resamples(n)].mean(axis=1), values.mean(axis=0), n, level), axis=1)
    low, high = np.quantile(ranks, [0.5 - level / 2, 0.5 + level / 2], axis=0)
    best = (ranks == ranks.min(axis=1, keepdims=True)).astype(float)
    best /= best.sum(axis=1, keepdims=True)
    rows |= {"mean_rank": ranks.mean(axis=0), "rank_low": low, "rank_high": high}
    return pd.DataFrame({**rows, "best": best.mean(axis=0), "n": n})
