"""Comparison of scenarios on tables made by hand: what it finds, what it withholds and what it refuses."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t as student

from experiments.analysis import chain, compare, costs, detection, displacement
from experiments.analysis.intervals import mean_difference, ratio_of_means
from experiments.ensemble.store import DONE, FAILED
from model.errors import InputError

LANDED = "arrived_europe_kg"


def runs(outcome: str = LANDED, **arms: Any) -> pd.DataFrame:
    """Runs of some arms, a value for each seed; nan is a run that failed."""
    return pd.DataFrame(
        [
            {
                "run": f"{arm}-{seed}",
                "point": 0,
                "scenario": arm,
                "seed": seed,
                outcome: value,
                "status": FAILED if math.isnan(value) else DONE,
                "error": "",
            }
            for arm, values in arms.items()
            for seed, value in enumerate(values)
        ]
    )


def groups(of: str = "group", **arms: Any) -> pd.DataFrame:
    """Flows of some arms by group, a value for each seed."""
    return pd.DataFrame(
        [
            {"scenario": arm, "seed": seed, of: group, "kg": value}
            for arm, flows in arms.items()
            for group, values in flows.items()
            for seed, value in enumerate(values)
        ]
    )


def only(table: pd.DataFrame) -> dict[str, Any]:
    assert len(table) == 1
    return {str(key): value for key, value in table.to_dict("records")[0].items()}


# --- paired differences -------------------------------------------------------------------------------------------


def test_a_difference_by_hand() -> None:
    row = only(compare.paired(runs(a=[10, 20, 30, 40, 50], b=[11, 23, 32, 44, 55]), [LANDED], "a"))
    assert (row["n"], row["without"], row["with"], row["effect"]) == (5, 30.0, 33.0, 3.0)
    assert row["relative"] == pytest.approx(0.1)
    # variances: 250 and 297.5 apart, 2.5 together
    assert row["variance_reduction"] == pytest.approx((250 + 297.5) / 2.5)
    assert row["low"] < 3.0 < row["high"]
    # differences 1, 3, 2, 4, 5: t = 3 / (sqrt(2.5) / sqrt(5)) with 4 degrees of freedom
    assert row["harm"] == pytest.approx(student.cdf(3 * math.sqrt(2), 4))


def test_pairs_are_by_seed_and_not_by_row() -> None:
    table = runs(a=[10, 20, 30, 40], b=[11, 21, 31, 41])
    shuffled = table.sample(frac=1.0, random_state=3)
    assert only(compare.paired(shuffled, [LANDED], "a")) == only(compare.paired(table, [LANDED], "a"))


def test_the_same_data_give_the_same_interval() -> None:
    table = runs(a=[1, 5, 2, 8, 3, 9], b=[2, 3, 4, 9, 9, 7])
    first, again = compare.paired(table, [LANDED], "a"), compare.paired(table, [LANDED], "a")
    pd.testing.assert_frame_equal(first, again, check_exact=True)


def test_harm_has_the_side_of_its_outcome() -> None:
    more: dict[str, Any] = {"a": [1.0, 2, 3, 4, 5], "b": [2.0, 4, 5, 5, 7]}
    sides = {
        name: only(compare.paired(runs(name, **more), [name], "a"))["harm"]
        for name in (LANDED, "known_share", "seized_kg")
    }
    assert sides[LANDED] > 0.99
    assert sides["known_share"] == pytest.approx(1.0 - sides[LANDED])
    assert math.isnan(sides["seized_kg"])


def test_identical_arms_differ_by_nothing() -> None:
    row = only(compare.paired(runs(a=[1, 2, 3, 4], b=[1, 2, 3, 4]), [LANDED], "a"))
    assert [row[key] for key in ("effect", "low", "high", "harm", "relative")] == [0.0] * 5


def test_a_constant_shift_is_exact() -> None:
    row = only(compare.paired(runs(a=[0.1, 0.2, 0.3, 0.7], b=[1.1, 1.2, 1.3, 1.7]), [LANDED], "a"))
    assert row["low"] == row["high"] == row["effect"] == pytest.approx(1.0)
    assert row["variance_reduction"] == math.inf


@pytest.mark.parametrize("seeds", [1, 2])
def test_one_or_two_pairs_have_an_effect_but_no_interval(seeds: int) -> None:
    row = only(compare.paired(runs(a=[1.0, 2.0][:seeds], b=[2.0, 5.0][:seeds]), [LANDED], "a"))
    assert row["n"] == seeds
    assert np.isfinite(row["effect"])
    assert all(math.isnan(row[key]) for key in ("low", "high", "harm"))


def test_seeds_of_which_a_run_failed_are_left_out() -> None:
    nan = math.nan
    row = only(compare.paired(runs(a=[1, 2, nan, 4, 5, 6], b=[2, nan, 3, 6, 5, 9]), [LANDED], "a"))
    whole = only(compare.paired(runs(a=[1, 4, 5, 6], b=[2, 6, 5, 9]), [LANDED], "a"))
    assert row == whole
    assert row["n"] == 4


def test_a_failed_run_with_a_number_left_in_it_does_not_count() -> None:
    table = runs(a=[1, 2, 3, 4], b=[2, 3, 4, 900])
    table.loc[(table["scenario"] == "b") & (table["seed"] == 3), "status"] = FAILED
    row = only(compare.paired(table, [LANDED], "a"))
    assert (row["n"], row["effect"]) == (3, 1.0)


@pytest.mark.parametrize("broken", ["a", "b"])
def test_an_arm_that_failed_altogether_has_no_pairs(broken: str) -> None:
    arms: dict[str, Any] = {"a": [1.0, 2, 3], "b": [2.0, 3, 4]} | {broken: [math.nan] * 3}
    row = only(compare.paired(runs(**arms), [LANDED], "a"))
    assert row["n"] == 0
    assert all(math.isnan(row[key]) for key in ("without", "with", "effect", "low", "high"))


def test_an_arm_of_several_points_is_taken_at_their_mean() -> None:
    near, far = runs(a=[1, 2, 3, 4], b=[2, 3, 4, 5]), runs(a=[1, 2, 3, 4], b=[4, 5, 6, 7]).assign(point=1)
    row = only(compare.paired(pd.concat([near, far]), [LANDED], "a"))
    assert (row["n"], row["effect"]) == (4, 2.0)


def test_a_seed_of_which_one_point_failed_is_no_pair() -> None:
    near, far = runs(a=[1, 2, 3, 4], b=[2, 3, 4, 5]), runs(a=[1, 2, 3, 4], b=[4, 5, 6, math.nan]).assign(point=1)
    row = only(compare.paired(pd.concat([near, far]), [LANDED], "a"))
    assert (row["n"], row["effect"]) == (3, 2.0)


# --- complementarity, rank ----------------------------------------------------------------------------------------


def test_complementarity_by_hand() -> None:
    table = runs(neither=[10, 12, 14, 16], first=[8, 9, 10, 11], second=[9, 11, 13, 15], both=[4, 5, 6, 7])
    row = only(compare.complementarity(table, [LANDED], "both", "first", "second", "neither"))
    # seed by seed: 4-8-9+10, 5-9-11+12, 6-10-13+14, 7-11-15+16, which is -3 each time
    assert row["additive"] == row["low"] == row["high"] == -3.0
    logs = [
        math.log(b * n / (f * s)) for b, f, s, n in ((4, 8, 9, 10), (5, 9, 11, 12), (6, 10, 13, 14), (7, 11, 15, 16))
    ]
    assert row["log_ratio"] == pytest.approx(np.mean(logs))


def test_stages_that_only_multiply_are_complementary_in_sums_and_not_in_logs() -> None:
    base = np.array([100.0, 120, 90, 110])
    table = runs(neither=base, first=base * 0.8, second=base * 0.5, both=base * 0.4)
    row = only(compare.complementarity(table, [LANDED], "both", "first", "second", "neither"))
    assert row["log_ratio"] == pytest.approx(0.0, abs=1e-12)
    assert row["additive"] == pytest.approx(0.1 * base.mean())


def test_logs_of_nothing_are_withheld() -> None:
    table = runs(neither=[1, 2, 3], first=[0, 1, 2], second=[1, 1, 1], both=[0, 0, 0])
    row = only(compare.complementarity(table, [LANDED], "both", "first", "second", "neither"))
    assert math.isnan(row["log_ratio"])
    assert np.isfinite(row["additive"])


def test_ranks_follow_the_better_side() -> None:
    arms: dict[str, Any] = {"a": [1.0, 2, 3, 4, 5], "b": [11.0, 12, 13, 14, 15], "c": [21.0, 22, 23, 24, 25]}
    less = compare.ranking(runs(**arms), LANDED).set_index("scenario")
    more = compare.ranking(runs("known_share", **arms), "known_share").set_index("scenario")
    assert less["mean_rank"].to_dict() == {"a": 1, "b": 2, "c": 3}
    assert more["best"].to_dict() == {"a": 0, "b": 0, "c": 1}


def test_arms_that_are_the_same_share_the_first_rank() -> None:
    table = compare.ranking(runs(a=[1, 2, 3, 4], b=[1, 2, 3, 4]), LANDED)
    assert table["mean_rank"].tolist() == [1.5, 1.5]
    assert table["best"].tolist() == [0.5, 0.5]


def test_one_seed_gives_no_probability_of_being_best() -> None:
    table = compare.ranking(runs(a=[1], b=[2]), LANDED)
    assert table["mean_rank"].tolist() == [1, 2]
    assert table[["rank_low", "rank_high", "best"]].isna().all(axis=None)


# --- displacement, cost -------------------------------------------------------------------------------------------


def test_displacement_by_hand() -> None:
    flows = groups(
        a={"boat": [100, 110, 120, 130], "air": [50, 50, 50, 50], "box": [9, 9, 9, 9]},
        b={"boat": [60, 68, 82, 90], "air": [65, 66, 64, 65], "box": [14, 15, 13, 14]},
    )
    row = only(displacement.displacement(flows, "a", kind="mode"))
    assert (row["target"], row["n"], row["note"]) == ("boat", 4, "")
    assert (row["lost_kg"], row["gained_kg"]) == (40.0, 20.0)
    assert row["D"] == 0.5
    assert row["low"] < 0.5 < row["high"]


def test_displacement_from_targets_named_beforehand() -> None:
    flows = groups(
        a={"boat": [100, 110, 120], "air": [50, 50, 51], "box": [9, 9, 9]},
        b={"boat": [60, 68, 82], "air": [40, 41, 40], "box": [34, 33, 35]},
    )
    row = only(displacement.displacement(flows, "a", kind="mode", targets=["boat", "air"]))
    assert row["target"] == "boat, air"
    assert row["lost_kg"] == pytest.approx(40 + 10)
    assert row["D"] == pytest.approx(25 / 50)


def test_displacement_is_withheld_where_nothing_may_be_lost() -> None:
    same = {"boat": [100.0, 110, 120, 130], "air": [50.0, 40, 60, 50]}
    chance = {"boat": [101.0, 100, 121, 125], "air": [50.0, 45, 61, 49]}
    gained = {"boat": [110.0, 121, 130, 141], "air": [51.0, 42, 61, 52]}
    table = displacement.displacement(groups(a=same, same=same, chance=chance, gained=gained), "a", kind="mode")
    assert table["D"].isna().all()
    assert table["note"].str.startswith("withheld").all()
    assert table.set_index("scenario")["note"]["gained"] == "withheld: nothing is lost"


def test_displacement_without_common_seeds_is_withheld() -> None:
    flows = groups(a={"boat": [5, 6, 7]}, b={"boat": [1, 2, 3]})
    flows.loc[flows["scenario"] == "b", "seed"] += 10
    row = only(displacement.displacement(flows, "a", kind="mode"))
    assert (row["n"], row["note"]) == (0, "withheld: 0 pairs are too few")


def test_a_group_that_a_run_has_no_row_of_carries_nothing() -> None:
    flows = groups(a={"boat": [50, 60, 70, 80]}, b={"boat": [10, 22, 28, 40], "air": [20, 20, 20, 20]})
    assert only(displacement.displacement(flows, "a", kind="mode"))["gained_kg"] == 20.0


def test_a_run_with_a_gap_in_its_flows_is_left_out() -> None:
    flows = groups(a={"boat": [50, 60, 70, 80]}, b={"boat": [10, 22, 28, math.nan]})
    assert only(displacement.displacement(flows, "a", kind="mode"))["n"] == 3


def test_cost_per_kilogram_by_hand() -> None:
    row = costs.cost_per_kg(np.array([90.0, 100, 110, 105, 95]), 500.0, 1000.0, 2000.0)
    assert row["eur_per_kg"] == 10.0
    assert row["eur_low"] == pytest.approx(500 / row["high"])
    assert row["eur_high"] == pytest.approx(2000 / row["low"])


def test_a_cost_that_may_be_a_saving_is_lowest_over_few_kilograms() -> None:
    row = costs.cost_per_kg(np.array([90.0, 100, 110, 105, 95]), -500.0, 1000.0, 2000.0)
    assert row["eur_low"] == pytest.approx(-500 / row["low"])


@pytest.mark.parametrize("kept", [[-5.0, 10, -8, 12, 1], [-9.0, -10, -11], [0.0, 0, 0, 0], [100.0], []])
def test_cost_is_withheld_where_nothing_may_be_kept(kept: list[float]) -> None:
    row = costs.cost_per_kg(np.array(kept), 500.0, 1000.0, 2000.0)
    assert math.isnan(row["eur_per_kg"])
    assert str(row["note"]).startswith("withheld")


# --- years to detect, states --------------------------------------------------------------------------------------


def yearly(sd: float, trend: float, seeds: int = 60, years: int = 20) -> pd.DataFrame:
    rng = np.random.default_rng(11)
    return pd.DataFrame(
        [
            {
                "run": f"a-{seed}",
                "scenario": "a",
                "seed": seed,
                "year": 2000 + year,
                "seized_kg": 1000 + trend * year + rng.normal(0, sd),
            }
            for seed in range(seeds)
            for year in range(years)
        ]
    )


def test_the_spread_between_years_is_that_about_the_trend() -> None:
    effects = pd.DataFrame([{"scenario": "b", "outcome": "seized_kg", "effect": 50.0, "low": 40.0, "high": 60.0}])
    row = only(detection.detect(yearly(sd=50.0, trend=30.0), effects, "a"))
    assert row["yearly_sd"] == pytest.approx(50.0, rel=0.05)
    assert row["years"] == detection.years_to_detect(50.0, row["yearly_sd"])
    assert row["low"] <= row["years"] <= row["high"]


def test_an_effect_that_may_be_nothing_may_never_be_seen() -> None:
    effects = pd.DataFrame(
        [
            {"scenario": "b", "outcome": "seized_kg", "effect": 10.0, "low": -20.0, "high": 40.0},
            {"scenario": "c", "outcome": "seized_kg", "effect": 10.0, "low": math.nan, "high": math.nan},
            {"scenario": "b", "outcome": "known_share", "effect": 10.0, "low": 1.0, "high": 20.0},
        ]
    )
    rows = {
        row["scenario"]: row for row in detection.detect(yearly(sd=50.0, trend=0.0), effects, "a").to_dict("records")
    }
    assert list(rows) == ["b", "c"]
    assert rows["b"]["high"] == math.inf
    assert rows["b"]["low"] < rows["b"]["years"]
    assert math.isnan(rows["c"]["low"])
    assert math.isnan(rows["c"]["high"])


def test_winners_and_losers_by_hand() -> None:
    rng = np.random.default_rng(2)
    base = {"x": rng.normal(100, 5, 12), "y": rng.normal(100, 5, 12), "z": rng.normal(100, 5, 12)}
    arm = {"x": base["x"] + rng.normal(20, 3, 12), "y": base["y"] + rng.normal(0, 3, 12), "z": base["z"] - 7.0}
    table = displacement.winners_and_losers(groups("state", a=base, b=arm), "a", ["kg"]).set_index("state")
    assert table["clear"].to_dict() == {"x": True, "y": False, "z": True}
    assert table.loc["x", "effect"] == pytest.approx((arm["x"] - base["x"]).mean())
    assert table.loc["z", "low"] == pytest.approx(table.loc["z", "high"])


def test_a_state_missing_from_one_arm_does_not_lose_the_others() -> None:
    flows = groups("state", a={"x": [1, 2, 3, 4], "y": [5, 6, 7, 9]}, b={"x": [4, 5, 6, 7]})
    table = displacement.winners_and_losers(flows, "a", ["kg"]).set_index("state")
    assert table["n"].tolist() == [4, 4]
    assert table.loc["y", "effect"] == -6.75


@pytest.mark.parametrize("seeds", [1, 2])
def test_one_or_two_seeds_make_nothing_clear(seeds: int) -> None:
    flows = groups("state", a={"x": [1, 2][:seeds]}, b={"x": [100.0, 101.0001][:seeds]})
    assert not displacement.winners_and_losers(flows, "a", ["kg"])["clear"].any()


# --- what is refused ----------------------------------------------------------------------------------------------

TABLE = runs(a=[1, 2, 3], b=[2, 3, 4])
FLOWS = groups(a={"boat": [1, 2, 3]}, b={"boat": [1, 1, 1]})
REFUSED: dict[str, tuple[Callable[[], object], list[str]]] = {
    "no such baseline": (lambda: compare.paired(TABLE, [LANDED], "c"), ["baseline = 'c'", "Allowed: a, b"]),
    "no such outcome": (lambda: compare.paired(TABLE, ["landed"], "a"), ["outcome = 'landed'", LANDED]),
    "a level in per cent": (lambda: compare.paired(TABLE, [LANDED], "a", level=95), ["level = 95", "0.95"]),
    "no such package": (
        lambda: compare.complementarity(TABLE, [LANDED], "b", "a", "x", "a"),
        ["second = 'x'", "Allowed: a, b"],
    ),
    "no better side": (lambda: compare.ranking(TABLE, "seized_kg"), ["no better side", "'seized_kg'"]),
    "no baseline of flows": (lambda: displacement.displacement(FLOWS, "c", kind="mode"), ["baseline = 'c'"]),
    "no such target": (
        lambda: displacement.displacement(FLOWS, "a", kind="mode", targets=["ship"]),
        ["targets = 'ship'", "boat"],
    ),
    "a cost out of its range": (lambda: costs.cost_per_kg(np.ones(5), 10.0, 5.0, 20.0), ["cost_eur = 5.0", "10 to"]),
    "no baseline of states": (
        lambda: displacement.winners_and_losers(FLOWS, "c", ["kg"], of="group"),
        ["baseline = 'c'"],
    ),
    "other factors": (lambda: chain.lmdi({"x": 1.0}, {"y": 1.0}), ["the same factors on both sides"]),
    "a negative factor": (lambda: chain.lmdi({"x": 1.0}, {"x": -1.0}), ["none below zero"]),
    "a factor that is no number": (lambda: chain.lmdi({"x": math.nan}, {"x": 1.0}), ["none below zero"]),
    "no such scenario": (
        lambda: chain.decomposition(TABLE, "c", "a"),
        ["scenario = 'c'", "Allowed: a, b"],
    ),
    "no chain": (lambda: chain.decomposition(TABLE, "b", "a"), ["outcome = 'dispatched_kg'"]),
    "power in per cent": (lambda: detection.years_to_detect(1.0, 1.0, power=80), ["power = 80"]),
    "power below the level": (lambda: detection.years_to_detect(1.0, 1.0, power=0.01), ["above 0.05"]),
    "a negative spread": (lambda: detection.years_to_detect(1.0, -1.0), ["yearly_sd = -1.0"]),
    "a record of one year": (lambda: detection.years_to_detect(1.0, 1.0, before_years=1), ["before_years = 1"]),
    "no pairs": (lambda: ratio_of_means(np.ones(4), np.ones(5)), ["these are not pairs"]),
    "a level of nothing": (lambda: mean_difference(np.ones(4), level=0.0), ["level = 0.0"]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_makes_no_sense_is_refused(name: str) -> None:
    call, words = REFUSED[name]
    with pytest.raises(InputError) as caught:
        call()
    assert all(word in str(caught.value) for word in words), str(caught.value)
    assert caught.value.remedy
