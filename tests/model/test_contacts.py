"""Contacts in container ports: an experience curve, open to all groups of a state."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit

from model import RouteModel, load_world
from model.kinds import Counter, Mode
from model.submodels.market import value_chain
from model.submodels.routes import value_route
from model.world import World
from tests.contexts import context


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
    return np.flatnonzero((arrays.leg_mode == Mode.CONTAINER) & (arrays.place_state[arrays.leg_destination] >= 0))


def boxed_rates(model: RouteModel) -> np.ndarray:
    """What contacts take on each of them (EUR/kg)."""
    return model.state.legs.contact_eur_per_kg[boxes(model)]


def shipped_by_container_kg(model: RouteModel, first: int, last: int = 9999) -> float:
    moved = model.by("leg")["moved_kg"].unstack("leg")
    return float(moved.loc[first:last, [model.world.legs[leg] for leg in boxes(model)]].to_numpy().sum())


def test_each_doubling_of_experience_leaves_the_progress_ratio(world: World) -> None:
    model = history(world, "2004-01-05")
    arrays, legs, parameters = world.arrays, boxes(model), model.policy.parameters
    landed_at, seen = arrays.place_state[arrays.leg_destination[legs]], 0
    for _ in range(10):  # contacts are priced by the month
        before = model.state.legs.contact_eur_per_kg.copy()
        model.step()
        cost = model.state.legs.contact_eur_per_kg
        if (cost == before).all():
            continue
        seen += 1
        learnt_kg = model.state.states.learnt_boxed_kg[landed_at]
        doublings = np.log2((parameters.contact_experience_kg + learnt_kg) / parameters.contact_experience_kg)
        first_eur = parameters.contact_eur_per_kg * arrays.state_contact_cost[landed_at]
        expected = first_eur * parameters.contact_progress_ratio**doublings
        np.testing.assert_allclose(cost[legs], expected, rtol=1e-12)
        assert doublings.max() > 0.5
    assert seen >= 2
    assert not np.delete(cost, legs).any()


def landed_when_priced(world: World, spread: float) -> tuple[RouteModel, np.ndarray]:
    """A model just after contacts were priced, and what had landed by then."""
    model = history(world, "2004-01-05", contact_spread=spread)
    for _ in range(5):  # contacts are priced by the month
        landed_kg, before = model.state.states.landed_boxed_kg.copy(), model.state.legs.contact_eur_per_kg.copy()
        model.step()
        if (model.state.legs.contact_eur_per_kg != before).any():
            return model, landed_kg
    raise AssertionError("contacts were not priced within a month")


@pytest.mark.parametrize("spread", [0.0, 0.5, 1.0])
def test_what_is_learnt_spreads_in_the_eu_by_licit_trade(world: World, spread: float) -> None:
    model, landed_kg = landed_when_priced(world, spread)
    arrays, states, legs = world.arrays, model.state.states, boxes(model)
    eu, trade = arrays.state_eu == 1, np.zeros(len(world.states))
    np.add.at(trade, arrays.place_state[arrays.leg_destination[legs]], model.state.legs.exposure[legs])
    theirs_kg = landed_kg[eu].sum() * trade[eu] / trade[eu].sum()
    expected = np.where(eu, (1.0 - spread) * landed_kg, landed_kg)
    expected[eu] += spread * theirs_kg
    np.testing.assert_allclose(states.learnt_boxed_kg, expected, rtol=1e-9)
    assert landed_kg[eu].sum() > 0.0


def test_experience_is_what_came_through_and_no_more(usual: RouteModel) -> None:
    """All that set out by container less what was taken on the way, found on arrival, or is still at sea."""
    state = usual.state
    landed_kg = state.states.landed_boxed_kg.sum()
    through_kg = shipped_by_container_kg(usual, 2000)
    through_kg -= usual.by("mode")["seized_kg"].xs("container", level="mode").sum()
    loads, rows = state.consignments, state.live[: state.counts[Counter.LIVE]]
    rows = rows[(loads.alive[rows] == 1) & (loads.setting_out[rows] == 0) & np.isin(loads.leg[rows], boxes(usual))]
    assert through_kg - loads.load_kg[rows].sum() == pytest.approx(landed_kg, rel=1e-9)


def test_without_learning_the_cost_stays(world: World) -> None:
    model = history(world, "2004-01-05", contact_progress_ratio=1.0, contact_eur_per_kg=20000.0)
    assert set(model.state.legs.contact_eur_per_kg[boxes(model)]) == {20000.0, 40000.0}  # the United States
    assert model.state.states.landed_boxed_kg.sum() > 0.0


def test_what_is_learnt_makes_the_container_route_take_off(world: World) -> None:
    slow, fast = (
        history(world, "2012-01-02", contact_eur_per_kg=30000.0, contact_progress_ratio=ratio) for ratio in (1.0, 0.7)
    )
    assert shipped_by_container_kg(fast, 2009) > 1.5 * shipped_by_container_kg(slow, 2009)


def test_contacts_are_paid_for_what_comes_through_and_for_nothing_else(world: World) -> None:
    """Week by week: bribes on what set out, and the rate of contacts on what has landed."""
    model, arrays = history(world, "2003-01-06"), world.arrays
    state, moved = model.state, model.buffers.by_leg[..., 0]
    landed_eur = 0.0
    for _ in range(20):
        set_out_kg, landed_kg = moved.sum(0), state.states.landed_boxed_kg.copy()
        model.step()
        rate_eur = dict(zip(arrays.place_state[arrays.leg_destination[boxes(model)]], boxed_rates(model), strict=True))
        fees_eur = state.legs.bribe_eur_per_kg + state.places.risk_premium_eur_per_kg[arrays.leg_destination]
        on_the_way_eur = ((moved.sum(0) - set_out_kg) * fees_eur).sum()
        earned_eur = sum(
            rate_eur.get(member, 0.0) * kg for member, kg in enumerate(state.states.landed_boxed_kg - landed_kg)
        )
        assert model.weekly["bribes_eur"].iloc[-1] == pytest.approx(on_the_way_eur + earned_eur, rel=1e-9)
        landed_eur += earned_eur
    assert landed_eur > 0.0
    assert model.balance().loc[("money", "residual"), "amount"] == pytest.approx(0.0, abs=1e3)


def test_dear_contacts_keep_containers_away(usual: RouteModel, world: World) -> None:
    dear = history(world, "2002-01-07", contact_eur_per_kg=90000.0, contact_progress_ratio=1.0)
    assert shipped_by_container_kg(dear, 2000, 2001) < shipped_by_container_kg(usual, 2000, 2001)


def test_container_corridors_to_northwest_europe_reach_its_large_ports(world: World) -> None:
    """A corridor is counted from a place to a region: one port must not stand for all of them (decision 0028)."""
    boxed = world.tables.legs.query("mode == 'container'")
    northwest = boxed[boxed["corridor"].str.endswith("-northwest_europe-container")]
    reached = northwest.groupby("origin")["destination"].agg(set)
    one_port = {"jamaica", "martinique", "guianas", "abidjan", "accra", "lome"}  # said in the decision
    assert len(reached) > 12
    for origin in reached.index.difference(list(one_port)):
        lacking = {"antwerp", "rotterdam", "hamburg"} - reached[origin]
        assert not lacking, f"legs_seed.csv lacks container legs from {origin} to {lacking} (decision 0028)"


@njit
def value(ctx, organisation: int, route: int):
    return value_route(ctx, organisation, route, 1)


@njit
def chain(ctx):
    value_chain(ctx)


def test_contacts_count_with_the_chance_of_success(usual: RouteModel) -> None:
    """Dearer by k on success, a route is worth (1 - mu) k less to a group."""
    state, ctx = usual.state, context(usual, week=usual.week)
    organisation = int(np.flatnonzero(state.organisations.alive)[0])
    route = int(np.argmax(state.routes.contact_eur_per_kg))
    before, mu, _ = value(ctx, organisation, route)
    state.routes.contact_eur_per_kg[route] += 5000.0
    after, _, _ = value(ctx, organisation, route)
    state.routes.contact_eur_per_kg[route] -= 5000.0
    assert before - after == pytest.approx((1.0 - mu) * 5.0)


def test_contacts_bind_no_cash_beforehand(usual: RouteModel) -> None:
    """What a route costs before it succeeds, by which a load is limited, is transport, bribes, premiums, congestion."""
    arrays, state = usual.world.arrays, usual.state
    way_eur = arrays.leg_cost * state.legs.cost_multiplier + state.legs.bribe_eur_per_kg
    way_eur = way_eur + state.places.risk_premium_eur_per_kg[arrays.leg_destination]
    for route in range(0, arrays.route_source.shape[0], 17):
        legs = arrays.route_leg[arrays.route_start[route] : arrays.route_start[route + 1]]
        before_eur = way_eur[legs].sum() + state.routes.congestion_eur_per_kg[route]
        assert state.routes.cost_eur_per_kg[route] == pytest.approx(before_eur)
        assert state.routes.contact_eur_per_kg[route] == pytest.approx(state.legs.contact_eur_per_kg[legs].sum())
    assert state.routes.contact_eur_per_kg.max() > 1000.0


def test_what_a_kg_is_worth_on_the_way_counts_contacts(usual: RouteModel) -> None:
    """Bellman's equation at every place that is no market: the best leg onward, its contacts paid on success."""
    arrays, state = usual.world.arrays, usual.state
    chain(context(usual))
    legs, values = state.legs, state.places.value_eur_per_kg
    loss = legs.public_loss
    onward = (1.0 - loss) * (values[arrays.leg_destination] - legs.contact_eur_per_kg)
    onward -= arrays.leg_cost * legs.cost_multiplier + legs.bribe_eur_per_kg + loss * legs.risk_price_eur_per_kg
    best = np.zeros_like(values)
    np.maximum.at(best, arrays.leg_origin[legs.open >= 0.5], onward[legs.open >= 0.5])
    inland = arrays.place_market < 0
    np.testing.assert_allclose(values[inland], best[inland], rtol=1e-9, atol=1e-6)
    assert (best[inland] > 0.0).any()
