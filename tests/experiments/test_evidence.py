"""The published record: every target points to sourced rows, uses do not mix, and a run is read as statistics are."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.evidence.observed import Shown, defects, purity, reporting_sd, share_shown
from experiments.evidence.statistics import HILL_FROM_KG, STATISTICS, tail_exponent
from experiments.evidence.targets import FIT, JUDGE, back, load_targets, simulated, table_of, transform
from model import RouteModel, load_world
from model.errors import InputError
from model.scenario.events import PARAMETER_ROWS


@pytest.fixture(scope="module")
def world():
    return load_world()


@pytest.fixture(scope="module")
def model(world) -> RouteModel:
    return RouteModel("as-it-happened", 3, 60, world=world).run_until("2009-01-05")


@pytest.mark.parametrize("use", [FIT, JUDGE])
def test_targets_read_from_sourced_rows(world, use: str) -> None:
    targets = load_targets(world.tables, use)
    known = set(world.tables.observations["observation"])
    for target in targets:
        assert target.source
        assert target.confidence in ("high", "medium", "low", "assumed")
        assert all(row in known or row.startswith("price-") for row in target.rows), target.name
        assert target.statistic in STATISTICS
        assert np.isfinite(target.scaled_value)
        assert set(target.identifies) <= set(PARAMETER_ROWS), target.name
    assert len({target.family for target in targets}) >= 15
    assert len({target.name for target in targets}) == len(targets)


def test_no_row_both_fits_and_judges(world) -> None:
    fit = {row for target in load_targets(world.tables, FIT) for row in target.rows}
    judge = {row for target in load_targets(world.tables, JUDGE) for row in target.rows}
    assert not fit & judge
    uses = world.tables.observations.set_index("observation")["use"]
    assert set(uses[[row for row in fit if row in uses.index]]) == {FIT}
    assert set(uses[[row for row in judge if row in uses.index]]) == {JUDGE}


def test_what_is_fitted_ends_in_2008(world) -> None:
    exceptions = {"load_size", "size_tail"}  # declared: amendment 12
    for target in load_targets(world.tables, FIT):
        assert target.years[-1] <= 2008
        rows = world.tables.observations.set_index("observation")
        ends = [int(rows.loc[r, "year"]) for r in target.rows if r in rows.index]
        assert target.family in exceptions or max(ends, default=2008) <= 2008, target.name


def test_a_gap_in_the_record_is_a_gap_in_the_statistic(world) -> None:
    venezuela = next(t for t in load_targets(world.tables, FIT) if t.name == "ven-seized")
    assert venezuela.years == (2004, 2005)  # nothing was published for 2006-08


def test_defects_are_not_scored(world) -> None:
    wrong = defects(world.tables)
    assert ("GBR", 2021) in wrong
    assert not {t.name for t in load_targets(world.tables, JUDGE)} & {"gbr-seized-later-2021", "ita-seized-later-2023"}


def test_bulk_weight_is_pure_weight_over_purity_times_what_is_shown(world, model: RouteModel) -> None:
    shown = Shown(model)
    years = [2005, 2006]
    kg = model.by("state").loc[(years, "GHA"), "expected_seized_kg"].to_numpy()
    share = share_shown(world.tables, "GHA", "annual", 2005)[0]
    assert share < 1.0
    tonnes = shown.bulk_t(shown.by_state(["GHA"], years), "GHA", years)
    np.testing.assert_allclose(tonnes, kg / 1000 / purity(world.tables, 2005) * share)
    assert purity(world.tables, 2021) > purity(world.tables, 2015)
    assert reporting_sd(world.tables, "GHA", 2005) > reporting_sd(world.tables, "EU_TOTAL", 2005) > 0.0


def test_totals_sum_their_states(world, model: RouteModel) -> None:
    shown = Shown(model, realised=True)
    total = shown.by_state(shown.members("EU_TOTAL"), [2007])[0] / model.policy.parameters.bulk_purity
    assert total == pytest.approx(model.yearly.loc[2007, "seized_eu_bulk_kg"])
    states = model.by("state")["seized_kg"].loc[2007]
    assert shown.by_state(shown.members("WORLD"), [2007])[0] == pytest.approx(states.sum())


def test_single_cases_are_those_of_the_model(model: RouteModel) -> None:
    cases, table = Shown(model).cases, model.seizures
    assert len(cases.kg) == len(table)
    assert cases.kg.sum() == pytest.approx(table["kg"].sum())
    years = table["date"].dt.isocalendar().year.to_numpy(dtype=int)
    np.testing.assert_array_equal(np.sort(cases.year), np.sort(years))


def test_every_fitted_statistic_can_be_read(world, model: RouteModel) -> None:
    targets = load_targets(world.tables, FIT)
    for realised in (False, True):
        found = simulated(targets, model, realised=realised)
        assert np.isfinite(found).all()
        assert (found >= 0.0).all()
    table = table_of(targets)
    assert {"value", "unit", "sd", "weight", "source", "identifies"} <= set(table.columns)


def test_hill_finds_the_exponent_of_a_pareto() -> None:
    rng = np.random.default_rng(1)
    kg = HILL_FROM_KG * (1.0 - rng.random(20_000)) ** (-1 / 0.9)
    cases = np.rec.fromarrays([kg, np.zeros(len(kg), dtype=int)], names=["bulk_kg", "stage"])
    shown = SimpleNamespace(cases_in=lambda years: cases)
    assert tail_exponent(shown, "", [2006]) == pytest.approx(0.9, rel=0.03)  # type: ignore[arg-type]


@given(st.floats(0.2, 99.8), st.sampled_from(["log", "logit", "none"]))
def test_scales_are_undone(value: float, kind: str) -> None:
    assert float(back(transform(value, kind, value), kind)) == pytest.approx(value, rel=1e-9)


def test_nothing_at_all_is_no_infinity() -> None:
    assert np.isfinite(transform([0.0, 1e9], "log", 10.0)).all()
    assert np.isfinite(transform([0.0, 100.0], "logit", 50.0)).all()


def test_a_family_that_is_not_there_is_named(world) -> None:
    with pytest.raises(InputError, match="did you mean 'iberia'"):
        load_targets(world.tables, FIT, ["iberai"])


def test_prices_are_per_pure_kg_at_the_purity_of_their_year(world) -> None:
    target = next(t for t in load_targets(world.tables, JUDGE) if t.name == "price-level-later-2020")
    row = world.tables.prices.query("place_group == 'europe' and level == 'wholesale' and year == 2020").iloc[0]
    assert target.value == pytest.approx(row["eur_per_kg_pure"] * row["purity"] / purity(world.tables, 2020))
    assert isinstance(table_of([target]), pd.DataFrame)
