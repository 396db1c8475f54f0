"""Single rules against the laws they stand for."""

from __future__ import annotations

import math

import numpy as np
import pytest

from model import RouteModel
from model.kinds import MODES, Counter, Mode
from model.parameter_fields import to_values
from model.record import Weekly
from model.submodels import beliefs, cooperation, leads, routes, sensors, supply, tasking
from model.submodels.dispatch import send
from tests.contexts import context


def values(model: RouteModel, **changes: object):
    return to_values(model.policy.parameters.model_copy(update=changes))


def test_random_search_law(model: RouteModel) -> None:
    """Share of loads found by patrol in a week follows 1 - exp(-w v T / A) (Koopman 1946)."""
    world, state = model.world.arrays, model.state
    long = (world.leg_mode == Mode.FAST_BOAT) & (np.diff(world.leg_area_start) > 0)
    leg = int(np.flatnonzero(long)[0])
    parameters = values(model, fast_craft_suspicion=0.5)
    state.areas.search_km2_per_day[:] = 60_000.0
    state.areas.imaged_share[:] = 0.0
    state.places.coastal_radar[:] = 0.0
    sensors.prepare_sensors(context(model, parameters))
    share = world.leg_area_share[world.leg_area_start[leg] : world.leg_area_start[leg + 1]].sum()
    hazard = 7 * 0.5 * share * 60_000.0 / parameters.area_km2
    c = state.consignments
    n = len(c.alive)
    c.alive[:] = 1
    c.leg[:] = leg
    c.lead_day[:] = 1e18
    c.set_out_day[:] = 0.0
    c.arrive_day[:] = 100.0
    state.live[:] = np.arange(n)
    state.counts[Counter.LIVE] = n
    found = 0
    for week in range(8):
        c.ident[:] = np.arange(n) + n * week
        state.counts[Counter.CUES] = 0
        c.set_out_day[:] = 7.0 * week
        c.arrive_day[:] = 7.0 * week + 100.0
        sensors.detect(context(model, parameters, week))
        found += int(state.counts[Counter.CUES])
    expected = 1 - math.exp(-hazard)
    assert 0.01 < expected < 0.9
    assert found / (8 * n) == pytest.approx(expected, abs=4 * math.sqrt(expected * (1 - expected) / (8 * n)))


@pytest.mark.parametrize(("free_day", "share"), [(0.0, 1.0), (70.0, 1.0), (71.0, 6 / 7), (76.5, 0.5 / 7), (77.0, 0.0)])
def test_an_asset_searches_the_rest_of_the_week_in_which_it_comes_free(free_day: float, share: float) -> None:
    assert tasking.free_share(free_day, 70.0) == pytest.approx(share)


def test_a_stock_is_handed_out_over_its_weeks(model: RouteModel) -> None:
    sources, parameters = model.state.sources, values(model, source_cover_weeks=4.0)
    sources.supply_kg_per_week[0] = 1000.0
    for pool_kg, offered_kg in ((0.0, 1000.0), (4000.0, 1000.0), (10_000.0, 2500.0)):
        sources.pool_kg[0] = pool_kg
        assert supply.offered_kg(sources, parameters, 0) == offered_kg


def test_what_a_route_is_worth_counts_willingness_and_exposure(model: RouteModel) -> None:
    model.state.routes.exposure[3] = 0.5
    assert routes.attractiveness(model.state, values(model, theta_per_thousand_eur=2.0), 3, 4.0, -1.0) == 7.5


def test_beliefs_learn_a_known_rate_and_forget_it(model: RouteModel) -> None:
    world, state = model.world.arrays, model.state
    parameters = values(model)
    leg, me = 0, 0
    prior = parameters.prior_risk_scale * world.mode_prior_risk[world.leg_mode[leg]]

    def believed(week: int) -> float:
        beliefs.weigh_public(context(model, parameters, week))
        return beliefs.believed_loss(state.organisations, state.legs, state.memory_decay, me, leg, week)

    assert believed(0) == pytest.approx(prior)
    rng = np.random.default_rng(3)
    for week in range(400):
        for _ in range(5):
            beliefs.remember(state.organisations, state.memory_decay, me, leg, week, float(rng.random() < 0.3), 1.0)
    learnt = believed(399)
    memory = 5 / (1 - state.memory_decay[1])
    weight = memory / (memory + parameters.prior_strength)
    assert learnt == pytest.approx(weight * 0.3 + (1 - weight) * prior, abs=0.12)
    assert abs(believed(399 + 600) - prior) < 0.01
    assert believed(450) < learnt


def test_leads_combine_by_noisy_or_between_its_limits(model: RouteModel) -> None:
    world, state = model.world.arrays, model.state
    state.states.ability[:] = 1.0
    for psi in (0.0, 0.4, 0.8):
        parameters = values(model, lead_common_source=psi)
        cooperation.set_sharing(state, parameters)
        leads.prepare_leads(context(model, parameters))
        for leg in range(len(world.leg_mode)):
            own = state.jurisdictions.lead[world.leg_state_start[leg] : world.leg_state_start[leg + 1]]
            for market in range(len(world.market_place)):
                g = np.append(own, leads.market_lead(context(model, parameters), leg, market))
                expected = psi * g.max() + (1 - psi) * (1 - np.prod(1 - g))
                assert state.legs.know[leg, market] == pytest.approx(expected, rel=1e-12)


def test_without_sharing_only_states_that_can_act_have_leads(model: RouteModel) -> None:
    world, state = model.world.arrays, model.state
    parameters = values(model, sharing_scale=0.0)
    cooperation.set_sharing(state, parameters)
    leads.prepare_leads(context(model, parameters))
    acts = world.pair_acts == 1
    assert (state.jurisdictions.lead[~acts] == 0).all()
    assert (state.jurisdictions.lead[acts] > 0).all()


def test_cues_are_handled_in_time_order(model: RouteModel) -> None:
    state = model.state
    days = np.random.default_rng(0).random(40) * 7
    for i, day in enumerate(days):
        sensors.add_cue(state, day, i, 0, -1, -1, 0)
    tasking.sort_cues(state)
    handled = [tasking.read_cue(state.cues, i) for i in range(40)]
    assert [cue.day for cue in handled] == sorted(days)
    assert sorted(cue.row for cue in handled) == list(range(40))


def test_report_delay_shrinks_with_sharing(model: RouteModel) -> None:
    state, parameters = model.state, values(model)
    state.states.sharing[0, 0] = 1.0
    state.states.sharing[1, 0] = 0.0
    assert tasking.report_hours(state, parameters, 0, 0) == pytest.approx(parameters.report_delay_min_hours)
    assert tasking.report_hours(state, parameters, 0, 1) == pytest.approx(parameters.report_delay_max_hours)
    assert tasking.report_hours(state, parameters, -1, 0) == pytest.approx(parameters.report_delay_min_hours)


def test_rows_are_taken_in_the_same_order_whatever_the_pool(model: RouteModel) -> None:
    from model.state import grow

    before = model.state.free[: model.state.counts[Counter.FREE]].copy()
    bigger = grow(model.state, 4096)
    assert bigger.consignments.alive.shape[0] == 4096
    assert np.array_equal(bigger.free[bigger.counts[Counter.FREE] - len(before) : bigger.counts[Counter.FREE]], before)


def test_sending_books_the_mass_once(model: RouteModel) -> None:
    world, state = model.world.arrays, model.state
    route = int(world.source_route_start[0])
    send(context(model), 0, route, 0, 120.0, 1, 0.0)
    row = state.live[0]
    assert state.consignments.load_kg[row] == 120.0
    assert model.buffers.weekly[0, Weekly.DISPATCHED_KG] == 120.0
    assert MODES[world.leg_mode[state.consignments.leg[row]]] in MODES
