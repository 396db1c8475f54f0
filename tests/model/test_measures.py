"""Measures by dose, what they cost, and the table of policies."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

import run
from experiments.analysis.costs import asset_days, cost_a_year, costs_of, yearly_costs
from experiments.analysis.outcomes import measure_outcomes
from experiments.analysis.policies import policy_table
from model import InputError, RouteModel
from model.scenario import Scenario, list_scenarios
from model.scenario.measures import amount_at, dose_event, expand_measures
from model.world import World, load_world
from model.world.tables import load_tables
from model.world.world import build_world

YEARS = range(2012, 2024)
DOSES = load_tables().doses


@pytest.fixture(scope="module")
def world() -> World:
    return load_world()


def base() -> Scenario:
    return Scenario.load("as-it-happened")


@given(dose=st.floats(0, 1), row=st.integers(0, len(DOSES) - 1))
def test_amounts_lie_between_none_and_full(dose: float, row: int) -> None:
    lever = DOSES.to_dict("records")[row]
    low, high = sorted((float(lever["none"]), float(lever["full"])))
    assert low - 1e-9 <= amount_at(lever, dose) <= high + 1e-9
    assert amount_at(lever, 0.0) == lever["none"]
    assert amount_at(lever, 1.0) == lever["full"]


def test_a_dose_is_spelled_out_into_its_levers() -> None:
    plan = expand_measures(base().with_events(dose_event("seacop", 0.5, date(2011, 5, 10))), DOSES)
    added = [event for event in plan.events if event.id.startswith("seacop-dose")]
    assert {(e.kind, e.name, e.field, e.amount) for e in added} == {
        ("programme", "seacop", "spend_multiplier", 2.5),
        ("platform", "seacop", "sharing", 0.375),
    }
    assert expand_measures(base(), DOSES).events == base().events


def test_a_row_of_doses_that_no_event_can_carry_is_refused() -> None:
    tables = load_tables()
    broken = tables.doses.copy()
    broken["field"] = broken["field"].mask(broken["measure"] == "maoc-n", "mood")
    world = build_world(replace(tables, doses=broken))
    with pytest.raises(InputError, match=r"doses\.csv.*platform:maoc-n mood"):
        RouteModel(base().with_events(dose_event("maoc-n", 1.0, date(2011, 5, 10))), world=world)


def test_a_row_of_doses_without_a_target_is_refused() -> None:
    tables = load_tables()
    broken = tables.doses.copy()
    broken["target"] = broken["target"].replace("platform:maoc-n", "platform:maoc")
    world = build_world(replace(tables, doses=broken))
    with pytest.raises(InputError, match="no such platform"):
        RouteModel(base().with_events(dose_event("maoc-n", 1.0, date(2011, 5, 10))), world=world)


# --- scenarios ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", list_scenarios()["name"])
def test_shipped_scenarios_name_what_exists_and_say_why(name: str, world: World) -> None:
    scenario = Scenario.load(name)
    scenario.check(world.names)
    assert len(scenario.description) > 60
    assert scenario.sources
    assert all(event.source for event in scenario.events if not event.is_neutral), name
    model = RouteModel(scenario, rng=1, organisations=10)
    assert model.run_until("2000-02-07").week > 0


def test_every_measure_of_the_statement_of_2011_has_a_scenario() -> None:
    rows = policy_table(load_world()).to_dict("records")
    assert not [row["measure"] for row in rows if row["text"] and not row["scenarios"]]


def test_naming_the_dose_of_history_leaves_history_as_it_is() -> None:
    named, quo = (
        RouteModel(n, rng=1, organisations=20).run_until("2014-01-06") for n in ("s09-money-1", "s00-status-quo")
    )
    assert named.weekly.equals(quo.weekly)


def test_a_declaration_alone_changes_nothing_where_states_do_not_decide() -> None:
    runs = [
        RouteModel(n, rng=1, organisations=20).run_until("2014-01-06") for n in ("s01-declaration", "s00-status-quo")
    ]
    assert runs[0].weekly.equals(runs[1].weekly)
    deciding = [
        RouteModel(n, rng=1, organisations=20, cooperation="endogenous", pledge_headroom=1.0).run_until("2014-01-06")
        for n in ("s01-declaration", "s00-status-quo")
    ]
    assert not deciding[0].weekly.equals(deciding[1].weekly)


def test_the_numbered_packages_are_all_there() -> None:
    names = set(list_scenarios()["name"])
    for number in range(16):
        stem = "paris-package" if number == 14 else f"s{number:02d}-"
        assert any(name.startswith(stem) for name in names), number
    assert {"no-cooperation", "full-cooperation", "paris-package"} <= names


# --- costs --------------------------------------------------------------------------------------------------------


def test_demand_gets_the_money_of_the_paris_package(world: World) -> None:
    quo = cost_a_year(Scenario.load("s00-status-quo"), world, YEARS)["cost_eur"]
    paris = cost_a_year(Scenario.load("paris-package"), world, YEARS)["cost_eur"] - quo
    demand = cost_a_year(Scenario.load("s15-demand"), world, YEARS)["cost_eur"] - quo
    assert paris > 0
    assert demand == pytest.approx(paris, rel=0.05)


def test_history_costs_nothing_more_than_itself(world: World) -> None:
    assert yearly_costs(base(), world, YEARS).empty


def test_ships_cost_by_the_day(world: World) -> None:
    cut = yearly_costs(Scenario.load("s12-asset-cut"), world, [2020]).xs(2020, level="year")
    price = world.tables.measures.set_index("measure").loc["patrol-assets", "cost_eur"]
    saved = -0.3 * asset_days(base(), world, [2020])[0] * float(price)
    assert cut.loc["patrol-assets", "cost_eur"] == pytest.approx(saved)
    assert (cut["low_eur"] <= cut["cost_eur"]).all()
    assert (cut["cost_eur"] <= cut["high_eur"]).all()


def test_a_measure_that_does_not_run_yet_costs_nothing(world: World) -> None:
    early = base().with_events(dose_event("eurosur", 1.0, date(2011, 5, 10)))
    costs = yearly_costs(early, world, [2012, 2015])["cost_eur"].loc["eurosur"]
    assert costs[2012] == 0.0
    assert costs[2015] > 0.0


def test_costs_are_in_proportion_to_dose(world: World) -> None:
    low, mid, high = costs_of("maoc-n", 0.6, world)
    assert (low, mid, high) == (1e6, 3e6, 5e6)
    assert costs_of("maoc-n", 0.3, world) == pytest.approx((low / 2, mid / 2, high / 2))


# --- outcomes and the command line --------------------------------------------------------------------------------


def test_outcomes_refuse_what_is_not_there() -> None:
    model = RouteModel(rng=1, organisations=20).run_until("2002-01-07")
    assert measure_outcomes(model, 2001, 2001, ["seized_kg"])["seized_kg"] == pytest.approx(
        model.yearly["seized_kg"].loc[2001]
    )
    with pytest.raises(InputError, match="did you mean 'seized_kg'"):
        measure_outcomes(model, 2001, 2001, ["seizd_kg"])
    with pytest.raises(InputError, match="2000 to 200"):
        measure_outcomes(model, 2001, 2010)


def test_policies_on_the_command_line() -> None:
    table = CliRunner().invoke(run.app, ["policies"], env={"COLUMNS": "160"})
    assert table.exit_code == 0
    assert all(name in table.stdout.replace("\n", "") for name in ("maoc-n", "shiprider", "demand-reduction"))
    one = CliRunner().invoke(run.app, ["policies", "eurosur"], env={"COLUMNS": "160"})
    assert "Court of Auditors" in one.stdout
    csv = CliRunner().invoke(run.app, ["policies", "--csv"])
    assert len(csv.stdout.strip().splitlines()) == 1 + DOSES["measure"].nunique()
    bill = CliRunner().invoke(run.app, ["policies", "--cost", "paris-package"], env={"COLUMNS": "160"})
    assert "together" in bill.stdout
