"""Intervals keep the level they claim, ratios and decompositions their laws: studied on data whose truth is known."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.stats import binom, nct, ttest_ind
from scipy.stats import t as student

from experiments.analysis import attribution, chain, compare, detection, displacement
from experiments.analysis.chain import log_mean
from experiments.analysis.intervals import (
    mean_and_interval,
    mean_difference,
    preliminary,
    ratio_of_means,
    resamples,
    widened,
)

STUDIES = 400
DRAWS = 1000
COVERED = 1500
"""Studies from which a coverage is taken."""


def by_chance(share: float, studies: int, odds: float = 1e-3) -> tuple[float, float]:
    """Shares of hits that a true share gives in all but a few of a thousand tests."""
    low, high = (float(binom.ppf(end, studies, share)) / studies for end in (odds / 2, 1.0 - odds / 2))
    return low, high


type Draw = Callable[[np.random.Generator, int], np.ndarray]
NORMAL: Draw = lambda rng, n: rng.normal(1.0, 2.0, n)  # noqa: E731
SKEWED: Draw = lambda rng, n: rng.lognormal(0.0, 0.8, n) - math.exp(0.32) + 1.0  # noqa: E731
HEAVY: Draw = lambda rng, n: rng.standard_t(3, n) + 1.0  # noqa: E731
MIXED: Draw = lambda rng, n: rng.normal(0.0, 1.0, n) * np.where(rng.random(n) < 0.1, 6.0, 1.0) + 1.0  # noqa: E731


def covered(draw: Draw, n: int, truth: float = 1.0) -> float:
    rng = np.random.default_rng(20110510 + n)
    found = [mean_difference(draw(rng, n), draws=500) for _ in range(COVERED)]
    return float(np.mean([one.low <= truth <= one.high for one in found]))


# --- means --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [3, 5, 10, 20])
@pytest.mark.parametrize("draw", [NORMAL, HEAVY, MIXED], ids=["normal", "heavy", "mixed"])
def test_an_interval_of_symmetric_differences_holds_its_level(draw: Draw, n: int) -> None:
    # a studentised bootstrap alone covers 0.91 of heavy tails and 0.89 of mixed ones at 20
    assert by_chance(0.95, COVERED)[0] <= covered(draw, n) <= 0.99


@pytest.mark.parametrize(("n", "share"), [(3, 0.885), (5, 0.91), (10, 0.92), (20, 0.93)])
def test_an_interval_of_skewed_differences_falls_little_short(n: int, share: float) -> None:
    # lognormal, skewness 3.7: Student's t alone covers 0.85 at 5 and 0.87 at 10, percentiles 0.75 and 0.83
    assert covered(SKEWED, n) >= by_chance(share, COVERED)[0]


@pytest.mark.parametrize("n", [3, 4, 5, 10, 20])
def test_an_interval_is_never_shorter_than_that_of_student(n: int) -> None:
    rng = np.random.default_rng(n)
    for draw in (NORMAL, SKEWED, HEAVY, MIXED):
        data = draw(rng, n)
        found, half = mean_difference(data), student.ppf(0.975, n - 1) * data.std(ddof=1) / math.sqrt(n)
        assert found.low <= data.mean() - half + 1e-9
        assert found.high >= data.mean() + half - 1e-9


@pytest.mark.parametrize("n", [3, 5, 10])
def test_harm_is_seldom_sure_where_nothing_happened(n: int) -> None:
    # the share of bootstrap means on one side is 0 or 1 in a quarter of studies with three seeds
    rng, sure = np.random.default_rng(n), []
    for _ in range(STUDIES):
        arms = rng.normal(100.0, 5.0, (2, n))
        rows = [
            {"scenario": arm, "seed": seed, "arrived_europe_kg": value}
            for arm, side in zip("ab", arms, strict=True)
            for seed, value in enumerate(side)
        ]
        harm = compare.paired(pd.DataFrame(rows), ["arrived_europe_kg"], "a", draws=20)["harm"].item()
        sure.append(harm < 0.025 or harm > 0.975)
    assert np.mean(sure) <= by_chance(0.05, STUDIES)[1]


@pytest.mark.parametrize("n", [3, 5, 10])
def test_a_scenario_is_seldom_surely_best_where_all_are_alike(n: int) -> None:
    rng, sure = np.random.default_rng(n), []
    for _ in range(STUDIES // 2):
        rows = [
            {"scenario": arm, "seed": seed, "arrived_europe_kg": rng.normal(100.0, 5.0)}
            for arm in "ab"
            for seed in range(n)
        ]
        sure.append(compare.ranking(pd.DataFrame(rows), "arrived_europe_kg")["best"].max() > 0.975)
    assert np.mean(sure) <= by_chance(0.05, len(sure))[1]


@pytest.mark.parametrize("count", [1, 2])
def test_one_or_two_values_give_no_interval(count: int) -> None:
    mean, low, high = mean_and_interval(np.arange(1.0, count + 1.0))
    assert mean == (count + 1) / 2
    assert math.isnan(low)
    assert math.isnan(high)
    values = pd.DataFrame(
        [
            {"coalition": "+".join(members), "seed": seed, "value": float(len(members) + seed)}
            for members in ([], ["a"], ["b"], ["a", "b"])
            for seed in range(count)
        ]
    )
    assert attribution.shapley_values(values, ["a", "b"])[["low", "high"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("count", "unit", "said"),
    [
        (1, "seed", "preliminary, 1 seed"),
        (9, "seed", "preliminary, 9 seeds"),
        (10, "seed", ""),
        (math.nan, "seed", ""),
        (1, "trajectory", "preliminary, 1 trajectory"),
        (4.0, "trajectory", "preliminary, 4 trajectories"),
    ],
)
def test_results_of_few_seeds_are_preliminary(count: float, unit: str, said: str) -> None:
    assert preliminary(count, unit) == said


@pytest.mark.parametrize("n", [4, 6, 10])
def test_a_bootstrap_that_is_widened_holds_its_level(n: int) -> None:
    rng, hits, plain = np.random.default_rng(n), [], []
    for _ in range(COVERED):
        data = rng.normal(1.0, 2.0, n)
        drawn = data[resamples(n, 300)].mean(axis=1)
        for kept, values in ((plain, drawn), (hits, widened(drawn, data.mean(), n))):
            low, high = np.quantile(values, [0.025, 0.975])
            kept.append(low <= 1.0 <= high)
    assert np.mean(hits) >= by_chance(0.94, COVERED)[0]
    assert np.mean(plain) < np.mean(hits)


def test_percentiles_would_be_too_narrow() -> None:
    rng = np.random.default_rng(5)
    hits = []
    for _ in range(STUDIES):
        low, high = np.quantile(mean_difference(rng.normal(0.0, 1.0, 8), draws=DRAWS).drawn, [0.025, 0.975])
        hits.append(low <= 0.0 <= high)
    assert np.mean(hits) < by_chance(0.95, STUDIES)[0]


@given(st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=30), st.floats(-1e3, 1e3), st.floats(0.01, 100.0))
def test_an_interval_moves_and_stretches_with_its_data(values: list[float], shift: float, scale: float) -> None:
    data = np.array(values)
    one, other = mean_difference(data, draws=200), mean_difference(data * scale + shift, draws=200)
    size = max(np.abs(data).max(), 1.0) * scale + abs(shift)
    # where the spread is lost in rounding the two may differ in what counts as none
    if np.ptp(data) * scale > 1e-6 * size:
        assert other.low == pytest.approx(one.low * scale + shift, abs=1e-4 * size, rel=1e-4)
        assert other.high == pytest.approx(one.high * scale + shift, abs=1e-4 * size, rel=1e-4)
    assert one.low <= one.high


def test_an_interval_is_that_of_the_book() -> None:
    # Efron and Tibshirani 1993, eq. 12.22, sample by sample
    data = np.array([3.0, 1.0, 4.0, 1.5, 9.0, 2.6])
    error, ratios = data.std(ddof=1) / math.sqrt(6), []
    for chosen in resamples(6, 500):
        sample = data[chosen]
        spread = math.sqrt(sum((value - sample.mean()) ** 2 for value in sample) / 5)
        if spread > 0.0:
            ratios.append((sample.mean() - data.mean()) / (spread / math.sqrt(6)))
    low, high = data.mean() - np.quantile(ratios, [0.975, 0.025]) * error
    half = student.ppf(0.975, 5) * error  # skewed to the right: the bootstrap reaches further above, Student's t below
    assert high > data.mean() + half
    assert low > data.mean() - half
    found = mean_difference(data, draws=500)
    assert (found.low, found.high) == pytest.approx((data.mean() - half, high))


def test_outcomes_are_drawn_together() -> None:
    assert np.array_equal(resamples(7), resamples(7))
    assert not np.array_equal(resamples(7, 50)[:, :6], resamples(6, 50))


# --- ratios -------------------------------------------------------------------------------------------------------


def pairs(rng: np.random.Generator, n: int, truth: float, below: float) -> tuple[np.ndarray, np.ndarray]:
    """Pairs with a ratio of means, correlated, the denominator `below` spreads above zero."""
    lost = rng.normal(below, 1.0, n)
    return truth * below + 0.5 * (lost - below) + rng.normal(0.0, 0.6, n), lost


@pytest.mark.parametrize("n", [4, 8, 20])
def test_an_interval_of_a_ratio_holds_its_level(n: int) -> None:
    # far from zero nothing is withheld, and Fieller's set is exact for normal data
    rng = np.random.default_rng(n)
    found = [ratio_of_means(*pairs(rng, n, 0.7, 10.0)) for _ in range(2 * STUDIES)]
    assert not any(one.note for one in found)
    low, high = by_chance(0.95, len(found))
    assert low <= np.mean([one.low <= 0.7 <= one.high for one in found]) <= high


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_a_ratio_is_withheld_just_where_its_denominator_may_be_zero(level: float) -> None:
    rng = np.random.default_rng(9)
    for _ in range(STUDIES):
        above, below = pairs(rng, 6, 0.7, 1.0)
        half = student.ppf(0.5 + level / 2, 5) * below.std(ddof=1) / math.sqrt(6)
        found = ratio_of_means(above, below, level)
        assert bool(found.note) == math.isnan(found.ratio) == (abs(below.mean()) <= half)
        if not found.note:
            assert found.low <= found.ratio <= found.high


def test_ends_of_a_ratio_solve_what_fieller_asks() -> None:
    above, below = pairs(np.random.default_rng(3), 12, 0.7, 5.0)
    found = ratio_of_means(above, below)
    for end in (found.low, found.high):
        rest = above - end * below
        assert abs(rest.mean()) * math.sqrt(12) / rest.std(ddof=1) == pytest.approx(student.ppf(0.975, 11))


@pytest.mark.parametrize("count", [3, 12])
def test_displacement_is_seldom_shown_where_nothing_happened(count: int) -> None:
    rng = np.random.default_rng(1)
    shown = []
    for _ in range(STUDIES // 2):
        flows = pd.DataFrame(
            [
                {"scenario": arm, "seed": seed, "group": f"g{group}", "kg": rng.normal(100.0, 10.0)}
                for arm in "ab"
                for seed in range(10)
                for group in range(count)
            ]
        )
        shown.append(displacement.displacement(flows, "a", kind="mode")["D"].notna().item())
    # one side of 5%; without correction 12 groups would show it in about a fifth of studies
    assert np.mean(shown) <= by_chance(0.025, len(shown))[1]


# --- log-mean Divisia ---------------------------------------------------------------------------------------------

factors = st.lists(st.tuples(st.floats(1e-6, 1e9), st.floats(1e-6, 1e9)), min_size=1, max_size=6)
factors_or_zero = st.lists(st.tuples(*[st.one_of(st.just(0.0), st.floats(1e-6, 1e9))] * 2), min_size=1, max_size=6)


def sides(values: list[tuple[float, float]]) -> tuple[dict[str, float], dict[str, float]]:
    return {f"x{i}": one for i, (one, _) in enumerate(values)}, {f"x{i}": two for i, (_, two) in enumerate(values)}


@given(factors_or_zero)
@example([(1e9, 1e9), (0.5, 0.0)])
@example([(1e9, 1e9), (0.0, 1e9), (0.0, 0.3)])
def test_contributions_sum_to_the_change(values: list[tuple[float, float]]) -> None:
    before, after = sides(values)
    first, last = math.prod(before.values()), math.prod(after.values())
    parts = chain.lmdi(before, after)
    size = max(first, last, sum(abs(part) for part in parts.values()))
    assert sum(parts.values()) == pytest.approx(last - first, abs=1e-12 * size)


@given(factors)
def test_back_again_is_the_opposite(values: list[tuple[float, float]]) -> None:
    before, after = sides(values)
    there, back = chain.lmdi(before, after), chain.lmdi(after, before)
    size = max(math.prod(before.values()), math.prod(after.values())) * 50.0
    assert [there[name] for name in there] == pytest.approx([-back[name] for name in there], abs=1e-9 * size)


@given(factors_or_zero)
def test_a_factor_that_stays_gets_nothing(values: list[tuple[float, float]]) -> None:
    before, after = sides([*values, (3.0, 3.0)])
    assert chain.lmdi(before, after)[f"x{len(values)}"] == 0.0


@given(factors)
def test_contributions_have_the_sign_of_their_factor(values: list[tuple[float, float]]) -> None:
    before, after = sides(values)
    for name, part in chain.lmdi(before, after).items():
        if abs(after[name] / before[name] - 1.0) > 1e-9:
            assert part * (after[name] - before[name]) >= 0.0


def test_a_decomposition_by_hand() -> None:
    # 6 -> 20: L = 14 / ln(20/6); ln 2 for the first, ln(5/3) for the second
    parts = chain.lmdi({"x": 2.0, "y": 3.0}, {"x": 4.0, "y": 5.0})
    weight = 14.0 / math.log(20.0 / 6.0)
    assert parts == pytest.approx({"x": weight * math.log(2.0), "y": weight * math.log(5.0 / 3.0)})


def test_a_decomposition_by_hand_of_factors_that_oppose() -> None:
    # 6 -> 8: the weight must be right by itself, for what rounding leaves is shared by size and not by sign
    parts = chain.lmdi({"x": 2.0, "y": 3.0}, {"x": 4.0, "y": 2.0})
    weight = 2.0 / math.log(8.0 / 6.0)
    assert parts == pytest.approx({"x": weight * math.log(2.0), "y": weight * math.log(2.0 / 3.0)})


def test_the_limit_at_zero_is_that_of_small_values() -> None:
    exact = chain.lmdi({"x": 5.0, "y": 0.0, "z": 0.0}, {"x": 7.0, "y": 2.0, "z": 3.0})
    misses = []
    for small in (1e-10, 1e-50, 1e-150):
        near = chain.lmdi({"x": 5.0, "y": small, "z": small}, {"x": 7.0, "y": 2.0, "z": 3.0})
        misses.append(max(abs(near[name] - exact[name]) for name in exact))
    # it closes in as the logarithm of the small value does
    assert misses[0] > misses[1] > misses[2]
    assert misses[2] < 0.01 * 42.0


@given(st.floats(1e-9, 1e9), st.floats(1e-9, 1e9))
def test_a_log_mean_lies_between_geometric_and_arithmetic(a: float, b: float) -> None:
    assert math.sqrt(a * b) * (1 - 1e-6) <= log_mean(a, b) <= (a + b) / 2 * (1 + 1e-6)


def test_intervals_of_a_decomposition_nearly_hold_their_level() -> None:
    # every link but one is the same in both arms, and the noise is shared in part, so the truth is known
    middle = np.array([1000.0, 3000, 800, 200, 100, 40, 60])
    rng, hits = np.random.default_rng(8), []
    for _ in range(STUDIES // 2):
        before = middle * np.exp(rng.normal(0.0, 0.05, (10, 7)) + rng.normal(0.0, 0.1, (10, 1)))
        after = before * np.exp(rng.normal(0.0, 0.05, (10, 7)))
        after[:, 4:6] *= 1.5
        rows = [
            {"scenario": arm, "seed": seed, **dict(zip(chain.CHAIN_OUTCOMES, row, strict=True))}
            for arm, side in (("a", before), ("b", after))
            for seed, row in enumerate(side.tolist())
        ]
        table = chain.decomposition(pd.DataFrame(rows), "b", "a").set_index("factor")
        hits.append(table["low"]["know"] <= 0.0 <= table["high"]["know"])
    assert np.mean(hits) >= by_chance(0.93, len(hits))[0]


# --- years to detect ----------------------------------------------------------------------------------------------


def power_of(ratio: float, after: int, before: int, level: float = 0.05) -> float:
    """Exact power of the t test of two samples, by the noncentral t distribution."""
    freedom = after + before - 2
    edge, shift = student.ppf(1 - level / 2, freedom), ratio / math.sqrt(1 / after + 1 / before)
    return float(nct.sf(edge, freedom, shift) + nct.cdf(-edge, freedom, shift))


@pytest.mark.parametrize("power", [0.5, 0.8, 0.9])
@pytest.mark.parametrize("ratio", [0.2, 0.5, 0.8, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0])
def test_years_are_the_fewest_with_this_power(ratio: float, power: float) -> None:
    years = int(detection.years_to_detect(ratio * 7.0, 7.0, power))
    assert power_of(ratio, years, years) >= power - 0.03
    # a year may be missed by the central t, never more
    assert years <= 2 or power_of(ratio, max(years - 2, 2), max(years - 2, 2)) < power


@pytest.mark.parametrize(("ratio", "years"), [(0.5, 64), (0.8, 26), (1.0, 17)])
def test_years_are_those_of_cohen(ratio: float, years: int) -> None:
    # Cohen 1988, table 2.4.1: n for 80% power at two-sided 5%
    assert detection.years_to_detect(ratio, 1.0) == years


def test_years_are_confirmed_by_simulation() -> None:
    rng = np.random.default_rng(6)
    years, studies = int(detection.years_to_detect(1.2, 1.0)), 4000
    before, after = rng.normal(0.0, 1.0, (studies, years)), rng.normal(1.2, 1.0, (studies, years))
    told = (ttest_ind(before, after, axis=1).pvalue < 0.05).mean()
    assert 0.78 <= told <= 0.86


@pytest.mark.parametrize("before", [5, 10, 30])
def test_a_short_record_before_needs_a_longer_one_after(before: int) -> None:
    years = detection.years_to_detect(1.5, 1.0, before_years=before)
    same = detection.years_to_detect(1.5, 1.0)
    assert (years >= same) == (before <= same)
    assert power_of(1.5, int(years), before) >= 0.77


def test_years_at_the_edges() -> None:
    assert detection.years_to_detect(0.0, 1.0) == math.inf
    assert detection.years_to_detect(1e-200, 1.0) == math.inf
    assert detection.years_to_detect(1.0, 1.0, before_years=5) == math.inf
    assert detection.years_to_detect(5.0, 0.0) == 2.0
    assert detection.years_to_detect(-2.0, 1.0) == detection.years_to_detect(2.0, 1.0)
    assert detection.years_to_detect(1e-5, 1.0) == pytest.approx(2 * (2.8015852 / 1e-5) ** 2, rel=1e-6)
    assert math.isnan(detection.years_to_detect(1.0, math.nan))
    assert math.isnan(detection.years_to_detect(math.nan, 1.0))
