"""Contacts in container ports: an experience curve, open to all groups of a state."""

from __future__ import annotations

import numpy as np
import pytest

from model import RouteModel, load_world
from model.world import CONTAINER, World


@pytest.fixture(scope="module")
def world() -> World:
    return load_world()


def history(world: World, until: str = "2008-01-07", **parameters: float) -> RouteModel:
    return RouteModel("as-it-happened", rng=4, world=world, **parameters).run_until(until)


@pytest.fixture(scope="module")
def usual(world: World) -> RouteModel:
    return history(world)


def boxes(model: RouteModel) -> np.ndarray:
    """Legs by container that end in a state."""
    arrays = model.world.arrays
    return np.flatnonzero((arrays.leg_mode == CONTAINER) & (arrays.place_state[arrays.leg_destination] >= 0))


def shipped_by_container_kg(model: RouteModel, first: int) -> float:
    moved = model.by("leg")["moved_kg"].unstack("leg")
    return float(moved.loc[first:, [model.world.legs[leg] for leg in boxes(model)]].to_numpy().sum())


def test_each_doubling_of_experience_leaves_the_progress_ratio(world: World) -> None:
    model = history(world, "2004-01-05")
    arrays, legs, parameters = world.arrays, boxes(model), model.policy.parameters
    landed_at, seen = arrays.place_state[arrays.leg_destination[legs]], 0
    for _ in range(10):  # contacts are priced by the month
        before = model.state.legs.contact_eur_per_kg.copy()
        landed_kg = model.state.states.landed_boxed_kg[landed_at]
        model.step()
        cost = model.state.legs.contact_eur_per_kg
        if (cost == before).all():
            continue
        seen += 1
        doublings = np.log2((parameters.contact_experience_kg + landed_kg) / parameters.contact_experience_kg)
        first_eur = parameters.contact_eur_per_kg * arrays.state_contact_cost[landed_at]
        expected = first_eur * parameters.contact_progress_ratio**doublings
        np.testing.assert_allclose(cost[legs], expected, rtol=1e-12)
        assert doublings.max() > 0.5
    assert seen >= 2
    assert not np.delete(cost, legs).any()


def test_experience_is_what_came_through_and_no_more(usual: RouteModel) -> None:
    """All that set out by container less what was taken on the way, found on arrival, or is still there."""
    landed_kg = usual.state.states.landed_boxed_kg.sum()
    sent_kg = shipped_by_container_kg(usual, 2000)
    taken_kg = usual.by("mode")["seized_kg"].xs("container", level="mode").sum()
    assert sent_kg - taken_kg == pytest.approx(landed_kg, rel=0.05)
    assert landed_kg < sent_kg


def test_without_learning_the_cost_stays(world: World) -> None:
    model = history(world, "2004-01-05", contact_progress_ratio=1.0, contact_eur_per_kg=20000.0)
    assert set(model.state.legs.contact_eur_per_kg[boxes(model)]) == {20000.0, 40000.0}  # the United States
    assert model.state.states.landed_boxed_kg.sum() > 0.0


def test_what_is_learnt_makes_the_container_route_take_off(world: World) -> None:
    slow, fast = (
        history(world, "2012-01-02", contact_eur_per_kg=30000.0, contact_progress_ratio=ratio) for ratio in (1.0, 0.7)
    )
    assert shipped_by_container_kg(fast, 2009) > 1.5 * shipped_by_container_kg(slow, 2009)


def test_contacts_are_paid_for(usual: RouteModel, world: World) -> None:
    dear = history(world, "2002-01-07", contact_eur_per_kg=60000.0, contact_progress_ratio=1.0)
    assert shipped_by_container_kg(dear, 2000) < shipped_by_container_kg(usual, 2000)
    paid = usual.weekly["bribes_eur"].sum()
    cheapest_eur_per_kg = usual.state.legs.contact_eur_per_kg[boxes(usual)].min()
    assert paid > cheapest_eur_per_kg * shipped_by_container_kg(usual, 2000)
    assert usual.balance().loc[("money", "residual"), "amount"] == pytest.approx(0.0, abs=1e3)
