"""Sizes of loads: what carries a load sets its size, couriers go by the flight, and credit counts as means."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pytest

from model import RouteModel, Scenario, load_world
from model.kinds import Mode
from model.parameter_fields import to_values
from model.random.samplers import load_kg
from model.record import Yearly
from model.scenario.events import Event
from model.submodels.finance import means_eur
from model.world import World

CRAFT = [mode for mode in range(7) if mode not in (Mode.CONTAINER, Mode.COURIER, Mode.LAND)]


@pytest.fixture(scope="module")
def world() -> World:
    return load_world()


@pytest.fixture(scope="module")
def model(world: World) -> RouteModel:
    made = RouteModel("as-it-happened", rng=3, world=world)
    made.run_until("2007-01-01")
    return made


def stages(world: World, route: int) -> list[list[int]]:
    """Legs of a route between the places where bulk is broken."""
    arrays, parts = world.arrays, [[]]
    for step in range(arrays.route_start[route], arrays.route_start[route + 1]):
        parts[-1].append(int(arrays.route_leg[step]))
        if arrays.route_break[step]:
            parts.append([])
    return parts


def test_a_load_is_sized_by_the_longest_leg_before_bulk_is_broken(world: World) -> None:
    arrays, km = world.arrays, world.tables.legs["distance_km"].to_numpy()
    broken = 0
    for route in range(len(arrays.route_mode)):
        first, *later = stages(world, route)
        trunk = max(
            (leg for leg in first if arrays.leg_mode[leg] != Mode.LAND), key=lambda leg: km[leg], default=first[0]
        )
        assert arrays.route_load_mode[route] == arrays.leg_mode[trunk]
        broken += bool(later) and arrays.route_load_mode[route] != arrays.route_mode[route]
    assert broken > 20  # ships whose goods couriers take on


def test_ships_do_not_sail_with_the_baggage_of_couriers(world: World, model: RouteModel) -> None:
    c = model.state.consignments
    at_sea = (c.alive == 1) & (world.arrays.leg_mode[c.leg] == Mode.MERCHANT) & (c.owner >= 0)
    assert at_sea.sum() >= 5
    assert np.all(c.units[at_sea] == 1)


def test_couriers_of_one_load_fill_one_flight(world: World, model: RouteModel) -> None:
    c, arrays = model.state.consignments, world.arrays
    flying = (c.alive == 1) & (arrays.leg_mode[c.leg] == Mode.COURIER)
    assert flying.sum() >= 5
    assert c.load_kg[flying].max() <= arrays.mode_load_max[Mode.COURIER] * model.policy.parameters.load_scale
    largest = load_kg(
        1.0 - 1e-12,
        arrays.mode_load_body[Mode.COURIER],
        arrays.mode_load_median[Mode.COURIER],
        arrays.mode_load_log_sd[Mode.COURIER],
        arrays.mode_load_tail_from[Mode.COURIER],
        arrays.mode_load_exponent[Mode.COURIER],
        arrays.mode_load_max[Mode.COURIER],
    )
    assert largest == pytest.approx(arrays.mode_load_max[Mode.COURIER], rel=1e-3)
    carried_kg = c.load_kg[flying] / c.units[flying]
    assert np.median(carried_kg) == pytest.approx(arrays.mode_parcel[Mode.COURIER], rel=0.15)


def test_credit_is_a_part_of_means(model: RouteModel) -> None:
    parameters, state = model.policy.parameters, model.state.organisations
    line = parameters.credit_weeks / parameters.capital_weeks
    for row in np.flatnonzero(state.alive)[:40]:
        expected = state.capital_eur[row] + state.can_borrow[row] * line * state.target_capital_eur[row]
        assert math.isclose(means_eur(state, to_values(parameters), row), expected, rel_tol=1e-12, abs_tol=1e-6)
    assert 0 < state.can_borrow[state.alive == 1].sum() < (state.alive == 1).sum()


def test_goods_wait_where_every_way_on_is_closed(world: World) -> None:
    """Nothing leaves a store by a closed leg, even if all are closed; what is there stays."""
    legs = world.tables.legs
    out = legs.loc[legs["origin"] == "cotonou", "leg"].tolist()
    closed = [
        Event(f"closed-{i}", date(2004, 1, 5), None, "leg", leg, "open", "value", 0.0) for i, leg in enumerate(out)
    ]
    history = Scenario.load("as-it-happened")
    rows = legs.index[legs["origin"] == "cotonou"].to_numpy()
    moved = {
        name: RouteModel(scenario, rng=4, world=world)
        .run_until("2005-01-03")
        .buffers.by_leg[4, rows, Yearly.MOVED_KG]
        .sum()
        for name, scenario in {"open": history, "closed": history.with_events(*closed)}.items()
    }
    assert moved["open"] > 100.0
    assert moved["closed"] == 0.0
