"""Each measure moves its own stage where its evidence says; a dose of nothing changes nothing; nature's experiments.

Paired runs: the same history and luck for both arms of a seed. Outcomes are expected kilograms (amendment 10).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import cache

import numpy as np
import pandas as pd
import pytest

from experiments.analysis.doses import contrasts, run_doses
from experiments.validation.natural import EXPERIMENTS, run_experiment
from model import RouteModel
from model.scenario import Scenario
from model.scenario.events import Event
from model.scenario.measures import dose_event
from model.world import World
from model.world.tables import Tables, load_tables
from model.world.world import build_world

MEASURES = load_tables().measures.set_index("measure")
SEEDS, FEW_SEEDS = range(101, 151), range(101, 105)
"""The few show the direction of 20 of the 23 measures that six or twelve seeds show (not of maoc-n, dakar, aircop)."""
START = date(2000, 1, 3)


# --- direction ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def few_arms() -> pd.DataFrame:
    return run_doses(MEASURES.index, [0.0, 1.0], FEW_SEEDS)


@pytest.mark.parametrize("measure", MEASURES.index)
def test_a_measure_does_not_move_its_stage_the_wrong_way(few_arms: pd.DataFrame, measure: str) -> None:
    outcome, sense = MEASURES.loc[measure, ["outcome", "sense"]]
    found = contrasts(few_arms[few_arms["measure"] == measure], outcome).iloc[0]
    if sense == "up":
        assert found["high"] > 0, found
    elif sense == "down":
        assert found["low"] < 0, found
    else:
        assert found["low"] <= 0.05 * found["without"] + 1e-12, found
        assert found["high"] >= -0.05 * found["without"] - 1e-12, found


@pytest.fixture(scope="module")
def arms() -> pd.DataFrame:
    return run_doses(MEASURES.index, [0.0, 1.0], SEEDS)


@pytest.mark.release
@pytest.mark.parametrize("measure", MEASURES.index)
def test_a_measure_moves_its_own_stage(arms: pd.DataFrame, measure: str) -> None:
    outcome, sense = MEASURES.loc[measure, ["outcome", "sense"]]
    found = contrasts(arms[arms["measure"] == measure], outcome).iloc[0]
    if sense == "up":
        assert found["low"] > 0, found
    elif sense == "down":
        assert found["high"] < 0, found
    else:  # no effect known: what there is must be small, a twentieth of the level at most
        assert abs(found["effect"]) <= 0.05 * found["without"] + 1e-12, found


@pytest.mark.release
def test_no_measure_raises_what_lands_beyond_noise(arms: pd.DataFrame) -> None:
    """Fifty seeds cannot tell small effects from nothing; none of the intervals lies wholly above two per cent."""
    landed = contrasts(arms, "arrived_europe_kg")
    assert (landed["low"] < 0.02 * landed["without"]).all(), landed


# --- no dose ------------------------------------------------------------------------------------------------------


@cache
def base() -> Scenario:
    return Scenario.load("as-it-happened")


def events(target: str, field: str, value: float, since: date = START) -> tuple[Scenario, World | None]:
    kind, _, name = target.partition(":")
    return base().with_events(Event("absent", since, None, kind, name, field, "value", value)), None


def nobody_in(platform: str) -> tuple[Scenario, World | None]:
    return events(f"membership:{platform}/*", "active", 0.0)


def with_tables(change: Callable[[Tables], Tables]) -> tuple[Scenario, World | None]:
    return base(), build_world(change(load_tables()))


def without_rows(table: str, column: str, *names: str) -> Callable[[Tables], Tables]:
    def change(tables: Tables) -> Tables:
        frame = getattr(tables, table)
        return replace(tables, **{table: frame[~frame[column].isin(names)].reset_index(drop=True)})

    return change


def without_programme(name: str) -> tuple[Scenario, World | None]:
    scenario = nobody_in(name)[0] if name in set(load_tables().platforms["platform"]) else base()
    return scenario, with_tables(without_rows("programmes", "programme", name))[1]


def parameter(**values: float) -> tuple[Scenario, World | None]:
    return base().with_parameters(**values), None


def no_containers_opened(tables: Tables) -> Tables:
    targets = tables.doses.set_index("measure").loc["container-targeting", "target"]
    states = tables.states.copy()
    chosen = states["state"].isin(targets.partition(":")[2].split(","))
    states["inspection_container_share"] = states["inspection_container_share"].mask(chosen, 0.0)
    return replace(tables, states=states)


ABSENT: dict[str, Callable[[], tuple[Scenario, World | None]]] = {
    "g8-paris": lambda: (base(), None),
    "maoc-n": lambda: nobody_in("maoc-n"),
    "jiatf-south-link": lambda: (
        base().with_events(
            Event("a", START, None, "membership", "maoc-n/USA", "active", "value", 0.0),
            Event("b", START, None, "membership", "jiatf-south/ESP,FRA,GBR,NLD", "active", "value", 0.0),
        ),
        None,
    ),
    "ceclad-m": lambda: nobody_in("ceclad-m"),
    "eurosur": lambda: nobody_in("eurosur"),
    "satellites": lambda: parameter(satellite_imaged_share=0.0, satellite_belt_share=0.0),
    "sive": lambda: (base().without_events("sive-algeciras", "sive-galicia", "sive-canaries"), None),
    "dakar": lambda: nobody_in("dakar"),
    "accra": lambda: nobody_in("accra"),
    "liaison-officers": lambda: (base(), None),
    "seacop": lambda: without_programme("seacop"),
    "aircop": lambda: without_programme("aircop"),
    "ccp": lambda: without_programme("ccp"),
    "waci": lambda: without_programme("waci"),
    "ecowas-plan": lambda: without_programme("ecowas-plan"),
    "eu-sahel": lambda: without_programme("eucap-sahel"),
    "article-17-coe": lambda: with_tables(without_rows("treaties", "treaty", "ets-156")),
    "shiprider": lambda: with_tables(without_rows("treaties", "treaty", "us-bilateral", "san-jose-2003")),
    "schiphol-control": lambda: (base().without_events("schiphol-total-control"), None),
    "container-targeting": lambda: with_tables(no_containers_opened),
    "anti-corruption": lambda: (base(), None),
    "eu-exchange": lambda: nobody_in("eu-exchange"),
    "financial-investigation": lambda: parameter(freeze_share=0.0),
    "anti-laundering": lambda: events("state:*", "finance_strength", 0.0),
    "confiscation": lambda: parameter(confiscated_of_frozen=0.0),
    "prosecution": lambda: events("state:*", "rule_of_law", 0.0),
    "demand-reduction": lambda: (base(), None),
    "patrol-assets": lambda: events("asset:*", "active", 0.0),
}
"""The measure absent by another way than a dose of nothing: members gone, rows of tables gone, events dropped."""

SINCE = {"sive": date(2004, 1, 5), "schiphol-control": date(2003, 12, 22)}
"""Doses come after the events of history that they replace; those years are cut from both."""


@pytest.mark.parametrize("measure", MEASURES.index)
def test_no_dose_is_no_measure_to_the_last_bit(measure: str) -> None:
    scenario, world = ABSENT[measure]()
    if measure in SINCE:  # history goes on until the dose takes the measure away
        started = {event.id for event in base().events} - {event.id for event in scenario.events}
        cut = (replace(e, until=SINCE[measure]) for e in base().events if e.id in started)
        scenario = scenario.with_events(*(event for event in cut if event.until and event.date < event.until))
    dosed = base().with_events(dose_event(measure, 0.0, SINCE.get(measure, START)))
    until = "2016-01-04" if measure in {"satellites", "eurosur", "ecowas-plan", "eu-sahel"} else "2013-01-07"
    one = RouteModel(dosed, rng=11).run_until(until)
    other = RouteModel(scenario, rng=11, world=world).run_until(until)
    assert np.array_equal(one.buffers.weekly, other.buffers.weekly)
    assert one.seizures.equals(other.seizures)


@pytest.mark.parametrize("measure", ["maoc-n", "seacop", "patrol-assets", "schiphol-control"])
def test_a_dose_is_no_nothing(measure: str) -> None:
    """The comparison above can fail: a full dose is another world."""
    runs = [
        RouteModel(base().with_events(dose_event(measure, dose, date(2004, 1, 5))), rng=11).run_until("2016-01-04")
        for dose in (0.0, 1.0)
    ]
    assert not np.array_equal(runs[0].buffers.weekly, runs[1].buffers.weekly)


# --- natural experiments ------------------------------------------------------------------------------------------


@cache
def experiment(name: str, seeds: range = SEEDS) -> pd.DataFrame:
    return run_experiment(EXPERIMENTS[name](), seeds)


@pytest.mark.release
def test_total_control_thins_the_flights_it_flags_within_the_year() -> None:
    """By the tables these flights carry a quarter of a tonne a year, and few loads tell of the control: see below."""
    found = experiment("schiphol", range(101, 201)).loc["total control"]
    assert found.loc["flagged flights, 2004", "high"] < 0
    four_years = found.loc["flagged flights, 2004-07"]
    assert four_years["high"] < 0
    assert four_years["effect"] < -0.2 * four_years["without"]


@pytest.mark.release
def test_total_control_moves_couriers_to_other_airports_within_the_year() -> None:
    """Where the flights it flags carry as much as the record says; by the tables they carry too little to tell."""
    found = experiment("schiphol-as-recorded").loc["total control"]
    flights = found.loc["flagged flights, 2004"]
    assert 8000.0 < flights["without"] < 15000.0
    assert flights["effect"] < -0.8 * flights["without"]
    assert found.loc["other couriers to Europe, 2004", "low"] > 0
    assert found.loc["other couriers to Europe, 2004-07", "low"] > 0


@pytest.mark.release
def test_pressure_in_the_caribbean_and_galicia_moves_flow_to_west_africa() -> None:
    found = experiment("pressure", range(101, 251)).loc["inspection times five"]
    assert found.loc["to Galicia, 2004-08", "high"] < 0
    assert found.loc["from the Caribbean, 2004-08", "high"] < 0
    assert found.loc["through West Africa, 2004-08", "low"] > 0


@pytest.mark.release
def test_coups_work_both_ways() -> None:
    found = experiment("coup").xs("through West Africa, 2009-12", level=1)
    assert found.loc["protection dear", "high"] < 0
    assert found.loc["services captured", "effect"] > 0


def test_satellites_need_ships() -> None:
    found = experiment("satellites", range(101, 113)).xs(
        "expected removals after a satellite contact, share of dispatches", level=1
    )
    assert found.loc["no ships", "high"] < 0.001
    assert found.loc["no ships", "effect"] < 0.05 * found.loc["ships as they were", "effect"]
    assert found.loc["half the ships", "high"] < found.loc["ships as they were", "low"]


def test_fast_boats_are_traced_only_when_cued() -> None:
    """With as many images as there can be, few of the fast boats taken at sea were found by a satellite alone."""
    model = RouteModel(rng=2, satellite_imaged_share=0.1, satellite_belt_share=0.8).run()
    taken = model.seizures
    taken = taken[(taken["date"] >= "2014") & (taken["mode"] == "fast_boat")]
    by_stage = taken.groupby("stage")["kg"].sum()
    assert by_stage.get("satellite", 0.0) < 0.05 * by_stage["lead"]
