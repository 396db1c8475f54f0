"""Judging: nulls, verdicts that can fail, predictive checks, forecasts of states and years."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from experiments.calibration.problem import Problem
from experiments.evidence.targets import JUDGE, load_targets
from experiments.validation import annual, checks, judge, nulls
from experiments.validation.cells import CountryYears, ShownReports, forecast, judged_cells
from experiments.validation.nulls import TO_BEAT, Null, Sample, Start, predictions, supply_growth
from experiments.validation.predict import Predictions
from experiments.validation.random_walk import Noise, RandomWalk, country_years
from experiments.validation.scores import crps
from model import load_world


def test_nulls_know_what_they_are_said_to_know() -> None:
    published = [Start(2012, 3.5), Start(2004, 1.0), Start(2006, 2.0), Start(2008, 3.0)]
    made = predictions(published, 2013, 2.0, 0.04, 0.09, share=Start(2008, 5.0, 3))
    assert made["last"].centre == 3.0
    assert made["supply"].centre == pytest.approx(2.0 + math.log(2.0))
    assert made["share"].centre == 5.0
    assert made["previous"].centre == 3.5
    assert made["previous"].sd < made["last"].sd  # it starts from nearer by
    assert Null(1.0, 0.5).draws(1001).mean() == pytest.approx(1.0)
    assert made["last"].sd == pytest.approx(math.sqrt(2 * 0.04 + 5 * 0.09))
    assert made["supply"].sd == pytest.approx(math.sqrt(0.04 / 3 + 0.04 + 5 * 0.09))  # the mean of three reports
    late = predictions([Start(2012, 1.0), Start(2014, 9.0)], 2016, None, 0.0, 0.01)
    assert set(late) == {"first", "previous"}  # nothing up to 2008: the first value stands in
    assert late["first"].centre == 1.0


def test_nulls_that_start_from_the_same_are_as_wide() -> None:
    """A fitted mean of five years is both what was last published and the mean of 2004-08."""
    made = predictions([Start(2008, 1.0, 5), Start(2012, 2.0)], 2015, None, 0.04, 0.09)
    assert made["last"] == made["supply"]
    assert made["last"].sd == pytest.approx(math.sqrt(0.04 / 5 + 0.04 + 7 * 0.09))


def test_doubt_about_parameters_widens_and_chance_counts_once() -> None:
    rng = np.random.default_rng(3)
    units = rng.random((4000, 2))
    doubt, chance = 3.0 * (units[:, [0]] - 0.5), rng.normal(0.0, 0.5, (4000, 1))
    noise = Noise(units, rng)
    assert noise.chance2(doubt + chance)[0] == pytest.approx(0.25, rel=0.1)
    wide = noise.widened(doubt + chance, np.array([1.0]), np.array([0.01]))
    assert wide.var() == pytest.approx(doubt.var() + 1.0, rel=0.1)
    few = Noise(units[:4], rng)  # too few draws to tell doubt from chance
    assert few.chance2(doubt[:4])[0] == pytest.approx(doubt[:4].var(ddof=1))


def test_a_figure_is_no_history_of_itself() -> None:
    made = predictions([Start(2003, 6.0), Start(2004, 4.0)], 2004, None, 0.0, 0.01)
    assert set(made) == {"last", "previous"}
    assert made["last"].centre == 6.0


def test_what_follows_from_numbers_alone() -> None:
    # one of seven leads, any of seven acts: six pairs of seven are of two states
    assert 1 / (1 + math.exp(-nulls.chance_of_another(7))) == pytest.approx(6 / 7)
    output = np.array([1.0, 1.2, 0.9, 1.5, 2.0, 2.4])
    still, wild = nulls.chance_of_following(output, 1e-9), nulls.chance_of_following(output, 0.6)
    assert np.allclose(still.values, 1.0)
    assert np.median(wild.values) < 0.95
    assert Sample(np.arange(101.0)).draws(50).mean() == pytest.approx(50.0)


def test_every_judged_family_has_a_null_to_beat() -> None:
    world = load_world()
    published, walk = judge.published_before(world.tables), RandomWalk(world)
    for target in load_targets(world.tables, JUDGE):
        made = judge.nulls_of(target, world.tables, published[target.name], walk)
        first = target.years[-1] <= 2011 and target.family in ("mode_shift", "network")
        assert first or set(made) & set(TO_BEAT), target.name


def test_a_constant_share_does_not_use_its_own_year() -> None:
    table = pd.DataFrame({"A": [10.0, 10.0, 99.0], "B": [30.0, 30.0, 60.0]}, index=[2004, 2008, 2010])
    shares = nulls.constant_shares(table)
    assert math.exp(shares["A", 2010].value) == pytest.approx(20.0)  # a third of what B seized, whatever A reports
    assert shares["A", 2010].behind == 2


def test_output_grows() -> None:
    tables = load_world().tables
    assert supply_growth(tables, 2022) > supply_growth(tables, 2010) > 0.5


def test_country_years_leave_defects_out() -> None:
    table = country_years(load_world().tables)
    assert table.index.min() == 2004
    assert np.isnan(table.loc[2021, "GBR"])
    assert np.isfinite(table.loc[2020, "GBR"])


def test_how_reports_wander_is_measured_before_2009() -> None:
    wander = RandomWalk(load_world())
    assert 0.0 <= wander.drift2 < 0.5
    assert wander.of("ESP", 2020) > wander.of("ESP", 2010) > 0.0
    assert wander.drift("EU_TOTAL") < 0.5 * wander.drift("ESP")  # a sum wanders less than its parts
    assert wander.yearly2["DOM"] > wander.yearly2["ESP"]  # one jumps, the other does not
    assert wander.small2 > 10 * wander.pooled2  # reports of some kilograms jump by orders of magnitude
    assert wander.yearly2["TTO"] > 1.0 > wander.yearly2["ESP"]  # each is drawn towards states of its size
    assert wander.yearly2["GNB"] == wander.small2  # no report at all
    assert set(load_world().states) <= set(wander.yearly2)


def judged_rows(**columns: object) -> pd.DataFrame:
    usual = {
        "family": "x",
        "inside_90": True,
        "crps": 0.2,
        "width_90": 1.0,
        "crps_last": 0.4,
        "width_last": 2.0,
        "crps_supply": 0.5,
        "width_supply": 2.0,
        "crps_previous": 0.1,
        "width_previous": 0.3,
        "statistic": "s",
        "area": "",
        "unit": "t",
        "published": 1.0,
        "model": 1.0,
    }
    return pd.DataFrame([{**usual, "last_year": 2010 + i, **columns} for i in range(6)])


@pytest.mark.parametrize(
    ("columns", "passes", "said"),
    [
        ({}, True, ""),
        ({"inside_90": False}, False, "outside"),
        ({"crps": 0.45}, False, "the null scores better"),
        ({"width_90": 3.0}, False, "the null is narrower"),
        ({"crps_last": np.nan, "crps_supply": np.nan}, False, "nothing that a null"),
    ],
)
def test_a_family_passes_only_where_all_three_hold(columns: dict[str, object], passes: bool, said: str) -> None:
    row = judge.families(judged_rows(**columns)).iloc[0]
    assert bool(row["passes"]) is passes
    assert said in row["why"]


def test_the_best_null_is_taken_among_those_that_predict_most() -> None:
    table = judged_rows(crps=0.45)
    table["crps_first"], table["width_first"] = [0.3, *[np.nan] * 5], 2.0
    row = judge.families(table).iloc[0]
    assert (row["null"], row["crps_null"]) == ("last", pytest.approx(0.4))


def test_what_an_input_was_set_from_is_not_counted() -> None:
    table = pd.concat([judged_rows(), judged_rows(family="consumption")])
    found = judge.families(table)
    assert found["passes"].all()
    assert judge.counted(found) == 1
    assert set(judge.INFORMED) <= {target.family for target in load_targets(load_world().tables, JUDGE)}


def test_the_count_of_families_has_a_range() -> None:
    """A family that is sure passes in every resample, one on the edge in some."""
    rng = np.random.default_rng(2)
    draws = rng.normal(size=(50, 6)) * 0.1
    judged = judged_rows().assign(crps=0.02, width_90=0.3)
    predicted = Predictions((), np.zeros(6), draws, draws, np.zeros(6))
    assert judge.pass_range(predicted, judged) == ((1, 1), (1, 1))
    mean = float(np.mean([crps(draws[:, i], 0.0) for i in range(6)]))
    edge = judged.assign(crps_last=mean, crps_supply=9.0)
    assert judge.pass_range(predicted, edge).passed == (0, 1)
    wide = judged.assign(width_last=0.0, width_supply=0.0)
    assert judge.pass_range(predicted, wide) == ((0, 0), (1, 1))


def test_changes_are_met_in_sign() -> None:
    table = judged_rows()
    table["published"], table["model"] = [5.0, 4, 3, 2, 1, 3], [9.0, 8, 9, 5, 4, 3]
    assert judge.right_way(table)["x"] == "3 of 5"
    assert judge.right_way(table.head(1))["x"] == ""


class Sets:
    """A posterior of one parameter whose misfit is known."""

    temperature = 2.0

    def __init__(self, units: np.ndarray, chi_square: np.ndarray) -> None:
        self.units, self.sets = units, pd.DataFrame({"chi_square": chi_square})

    def __len__(self) -> int:
        return len(self.units)


def test_other_temperatures_weigh_sets_by_their_likelihood() -> None:
    """Sets of a normal likelihood at one temperature, weighted, have the variance of the other temperature."""
    rng = np.random.default_rng(3)
    units = 0.5 + 0.1 * math.sqrt(2.0) * rng.normal(size=(4000, 1))
    chi_square = ((units[:, 0] - 0.5) / 0.1) ** 2
    draws = np.tile(units, 6)
    predicted = Predictions((), np.full(6, 0.5), draws, draws, np.zeros(6))
    table = checks.temperatures(predicted, judged_rows(), Sets(units, chi_square)).set_index("temperature")  # type: ignore[arg-type]
    assert table.loc[2.0, "sets"] == pytest.approx(4000)
    # the mean CRPS of a normal about its own centre is proportional to its spread
    assert table.loc[3.2, "crps"] / table.loc[2.0, "crps"] == pytest.approx(math.sqrt(3.2 / 2.0), rel=0.1)
    assert table.loc[3.2, "sets"] < 4000


def test_data_of_the_posterior_are_inside_and_others_are_not() -> None:
    problem = Problem.usual("base")
    rng = np.random.default_rng(4)
    sd, seen = problem.error_sd, problem.observed
    right = seen + rng.normal(size=(300, len(seen))) * 0.2 * sd
    table = checks.predictive_check(problem, right, 2.0)
    assert table[["inside_runs", "inside_record", "inside_fit"]].to_numpy().all()
    assert checks.joint_p(problem, right, right, 1.0) > 0.5
    off = checks.predictive_check(problem, right + 2.2 * sd, 4.0)
    assert not off["inside_record"].any()
    assert off["inside_fit"].all()
    published = np.array([target.value for target in problem.targets])
    assert table["made_low"].lt(published).all()
    assert table["made_high"].gt(published).all()
    assert (off["made_low"].gt(published) | off["made_high"].lt(published)).all(), "in the unit of the record"
    assert (off["p"] < 0.06).all()
    assert checks.joint_p(problem, right + 2.2 * sd, right + 2.2 * sd, 1.0) < 0.001


def test_luck_in_what_is_published_does_not_refuse_a_model() -> None:
    """With luck as large as the error of the record a right model lies apart from it by three times that variance."""
    problem, rng = Problem.usual("base"), np.random.default_rng(5)
    sd, shape = problem.error_sd, (400, len(problem.observed))
    runs = problem.observed + math.sqrt(3.0) * sd * rng.normal(size=shape)
    fell = runs + math.sqrt(2.0) * sd * rng.normal(size=shape)
    assert 0.25 < checks.joint_p(problem, runs, fell, 1.0) < 0.75
    assert checks.joint_p(problem, runs, runs, 1.0) < 0.01, "were it thought to have none"


def cells(full: np.ndarray, tonnes: np.ndarray) -> CountryYears:
    published = pd.DataFrame(
        {"ESP": [20.0, 25.0, 30.0, *tonnes], "BEL": [5.0, 5.0, 5.0, *tonnes]}, index=[2004, 2006, 2008, 2010, 2015]
    )
    state, year = np.array(["ESP", "ESP"]), np.array([2010, 2015])
    return CountryYears(state, year, tonnes, full, full, published)


def test_time_split_sets_the_model_beside_the_nulls() -> None:
    tonnes = np.array([40.0, 80.0])
    sharp = np.log(tonnes) + np.linspace(-0.05, 0.05, 101)[:, None]
    made = cells(sharp, tonnes)
    table = annual.time_split(made, annual.null_cells(made, load_world())).set_index("predictor")
    assert table["n"].eq(2).all()
    assert table.iloc[0]["error"] < 1e-9
    assert table.loc["last", "error"] == pytest.approx((math.log(40 / 30) + math.log(80 / 30)) / 2)
    assert table.iloc[0]["crps"] < table.loc["last", "crps"]
    told = annual.split_differences(made, annual.null_cells(made, load_world()))
    told = told.set_index(["null", "score", "years", "states"])
    assert set(told.index.get_level_values("null")) == {"last", "supply", "share"}
    assert set(told.index.get_level_values("states")) == {"all", "10 t and more"}  # Spain reported 25 t a year
    row = told.loc[("last", "CRPS", "2009-2023", "all")]
    assert row["difference"] == pytest.approx(row["model"] - row["of_null"])
    assert row["high"] < 0.0
    assert row["better"] == 1.0


def shown_reports(rng: np.random.Generator) -> tuple[ShownReports, Noise]:
    """Sixty draws in which Spain seizes half of what it reports and Mali reports nothing."""
    world = load_world()
    years = list(range(2004, 2024))
    published = pd.DataFrame({"ESP": 40.0, "MLI": np.nan}, index=years)
    published.loc[2015, "ESP"] = np.nan
    fell = np.exp(rng.normal(np.log([20.0, 0.5]), 0.05, (60, len(years), 2)))
    wander = RandomWalk(world)
    return ShownReports(world.tables, published, fell, fell, wander), Noise(rng.random((60, 3)), rng)


def test_every_state_and_year_is_forecast_and_the_judged_as_they_are_judged() -> None:
    shown, noise = shown_reports(np.random.default_rng(1))
    judged = judged_cells(shown, noise)
    assert judged.year.tolist() == [year for year in range(2009, 2024) if year != 2015]
    made = forecast(shown, noise, judged)
    table = made.table().set_index(["state", "year"])
    assert len(table) == 2 * 15
    assert (table.loc["ESP", "carried"] > 0.9).all()
    assert (table.loc["MLI", "carried"] == 0.0).all(), "nothing published, nothing carried"
    assert np.isnan(table.loc[("ESP", 2015), "published_t"])
    assert table.loc["ESP", "median_t"].between(20.0, 80.0).all(), "what it misses by half is carried forward"
    assert table.loc[("ESP", 2009), "median_t"] == pytest.approx(float(np.exp(np.median(judged.full[:, 0]))))
    wide = table["high_90_t"] / table["low_90_t"]
    assert (wide["MLI"] > wide["ESP"]).all()
    beside = made.beside(pd.DataFrame({"state": ["MLI", "ESP"], "year": [2010, 2015], "tonnes": [0.5, 40.0]}))
    assert beside.full.shape == (60, 2)
    assert np.exp(np.median(beside.full[:, 1])) == pytest.approx(table.loc[("ESP", 2015), "median_t"])


def test_a_share_is_predicted_for_a_state_without_a_report() -> None:
    values = pd.DataFrame({"A": [10.0, 10.0, np.nan], "B": [30.0, 30.0, 60.0]}, index=[2004, 2008, 2010])
    shares = nulls.constant_shares(values)
    assert shares["A", 2010].value == pytest.approx(math.log(20.0)), "a third of what B reports"
    assert ("B", 2010) not in shares, "there is nobody else to tell of the year"
    assert shares["A", 2008].value == pytest.approx(math.log(10.0))
