"""Enforcement against theory: queues, search, looks from space, targeting, trust, removal as a product of stages."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest

from model import RouteModel
from model.kinds import Counter, Mode, Sensor, Stage
from model.parameter_fields import to_values
from model.record import Weekly
from model.submodels import boarding, cooperation, inspection, leads, sensors, tasking
from model.submodels.movement import NEVER
from model.submodels.sensors import Cue
from tests.contexts import context

SERVICE_DAYS = 5.0
CASES = 12_000


def values(model: RouteModel, **changes: object):
    """Parameter values, also outside their bounds: a bare harness has no delays."""
    return to_values(model.policy.parameters.model_copy(update=changes))


def erlang_b(servers: int, load: float) -> float:
    """Share of cases blocked (Erlang 1917), by the usual recursion."""
    blocked = 1.0
    for n in range(1, servers + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked


def erlang_a(servers: int, load: float, patience: float) -> float:
    """Share of cases lost in M/M/c+M (Palm 1957), patience in units of service time: from the balance equations."""
    weights = [1.0]
    for n in range(1, 400):
        leaving = min(n, servers) + max(0, n - servers) / patience
        weights.append(weights[-1] * load / leaving)
    total = sum(weights)
    waiting = sum((n - servers) * w for n, w in enumerate(weights) if n > servers) / total
    return waiting / patience / load


@pytest.fixture
def harness(model: RouteModel, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Tasking alone: no way to go, no delay, craft always found, boarding left out; service and waiting are real."""
    monkeypatch.setattr(tasking, "board", lambda *_: None)
    monkeypatch.setattr(tasking, "found_there", lambda *_: True)
    monkeypatch.setattr(tasking, "AREA_WAY_KM", 0.0)
    world, state = model.world.arrays, model.state
    area = 0
    state.consignments.leg[0] = int(np.flatnonzero(world.leg_mode == Mode.SMALL_VESSEL)[0])
    state.consignments.arrive_day[0] = 1e17
    state.assets.place[:] = world.area_place[area]
    state.assets.active[:] = 1.0
    rng = np.random.default_rng(7)

    def act_rate(groups: list[list[int]], load: float, patience: float, kind: str, pooled: bool) -> float:
        """Share acted on when each group of assets meets `load` cases per service time and asset."""
        monkeypatch.setattr(tasking, "track_life_days", lambda _w, _m, u: -math.log(u) * patience * SERVICE_DAYS)
        parameters = values(
            model, task_delay_hours=0.0, report_delay_min_hours=0.0, service_days=SERVICE_DAYS, service_times=kind
        )
        acted = cases = 0.0
        for number, group in enumerate(groups):
            owner = world.asset_owner[group[0]]
            monkeypatch.setattr(tasking, "may_act", lambda *_: True)
            state.assets.free_day[:] = 0.0
            state.workspace.ready_asset[: len(group)] = group
            state.counts[Counter.READY] = len(group)
            day = 0.0
            before = model.buffers.weekly[:, Weekly.ACTED].sum()
            for case in range(CASES // len(groups)):
                day += rng.exponential(SERVICE_DAYS / load / len(group))
                state.consignments.ident[0] = 1_000_000 * number + case
                tasking.dispatch_asset(context(model, parameters, seed=3), Cue(0, area, -1, owner, Stage.LEAD, day))
                cases += 1
            acted += model.buffers.weekly[:, Weekly.ACTED].sum() - before
        return acted / cases

    return SimpleNamespace(act_rate=act_rate, model=model)


def within_error(share: float, expected: float, cases: int = CASES) -> bool:
    """Five standard errors of independent cases; blocked ones come in runs, so that this is nearer to three."""
    return abs(share - expected) < 5 * math.sqrt(expected * (1 - expected) / cases) + 1e-9


@pytest.mark.parametrize("kind", ["exponential", "fixed"])
@pytest.mark.parametrize("load", [0.2, 0.5, 1.0, 2.0, 4.0])
@pytest.mark.parametrize("ships", [1, 4])
def test_act_rate_without_waiting_is_erlang_b(harness: SimpleNamespace, load: float, ships: int, kind: str) -> None:
    got = harness.act_rate([list(range(ships))], load, 1e-9, kind, False)
    assert within_error(got, 1 - erlang_b(ships, load * ships)), got


def test_pooling_seven_partners_at_load_one(harness: SimpleNamespace) -> None:
    """0.50 alone, 0.75 together (mechanisms M5)."""
    alone = harness.act_rate([[n] for n in range(7)], 1.0, 1e-9, "exponential", False)
    together = harness.act_rate([list(range(7))], 1.0, 1e-9, "exponential", True)
    assert 1 - erlang_b(1, 1.0) == pytest.approx(0.50)
    assert 1 - erlang_b(7, 7.0) == pytest.approx(0.75, abs=0.005)
    assert within_error(alone, 0.50)
    assert within_error(together, 1 - erlang_b(7, 7.0))


@pytest.mark.parametrize("load", [0.2, 0.5, 1.0, 2.0, 4.0])
@pytest.mark.parametrize("patience", [0.2, 1.0])
def test_act_rate_with_waiting_is_erlang_a(harness: SimpleNamespace, load: float, patience: float) -> None:
    got = harness.act_rate([list(range(4))], load, patience, "exponential", False)
    assert within_error(got, 1 - erlang_a(4, 4 * load, patience)), got


def test_only_lent_assets_answer_a_tasking_platform(model: RouteModel) -> None:
    world, state = model.world.arrays, model.state
    platform = int(np.flatnonzero(world.platform_tasks == 1)[0])
    other = int((world.asset_owner[0] + 1) % len(model.world.states))
    state.platforms.active[platform] = 1.0
    state.states.sharing[world.asset_owner[0], platform] = 0.5
    state.assets.lent_to[0] = -1
    assert not tasking.may_act(context(model), Cue(-1, 0, platform, other, Stage.LEAD, 0.0), 0)
    state.assets.lent_to[0] = platform
    assert tasking.may_act(context(model), Cue(-1, 0, platform, other, Stage.LEAD, 0.0), 0)
    state.states.sharing[world.asset_owner[0], platform] = 0.0
    assert not tasking.may_act(context(model), Cue(-1, 0, platform, other, Stage.LEAD, 0.0), 0)


def test_a_cue_makes_search_sixty_times_as_good() -> None:
    """w 10 nm, v 200 kn, 6 h: 1.2% of a million square miles, 70% of ten thousand (mechanisms M2)."""
    swept = 10.0 * 200.0 * 6.0
    assert tasking.search_share(swept, 1e6) == pytest.approx(0.012, abs=0.0005)
    assert tasking.search_share(swept, 1e4) == pytest.approx(0.70, abs=0.005)
    assert tasking.search_share(swept, 1e4) / tasking.search_share(swept, 1e6) == pytest.approx(58.6, abs=1.0)


@pytest.mark.parametrize(
    ("share", "revisit", "seen", "days", "look"),
    [
        (0.5, 3.5, 0.56, 2.0, 0.15),
        (0.5, 3.5, 0.56, 5.0, 0.33),
        (0.8, 1.0, 0.8, 2.0, 0.72),
    ],
)
def test_chance_of_a_look_from_space(
    model: RouteModel, share: float, revisit: float, seen: float, days: float, look: float
) -> None:
    """1 - exp(-f D / R P_d), as the examples of mechanisms M3."""
    world, state = model.world.arrays, model.state
    covered = np.add.reduceat(np.append(world.leg_area_share, 0.0), world.leg_area_start[:-1])
    leg = int(np.flatnonzero((world.leg_mode == Mode.SMALL_VESSEL) & (np.diff(world.leg_area_start) > 0))[0])
    world = world._replace(mode_recall=np.full_like(world.mode_recall, seen))
    state.areas.imaged_share[:] = share
    parameters = values(model, satellite_revisit_days=revisit, suspicion_share=1.0)
    sensors.prepare_sensors(context(model, parameters, world=world))
    hazard = state.legs.sensor_per_day[leg, Sensor.SATELLITE] / covered[leg]
    assert 1 - math.exp(-hazard * days) == pytest.approx(look, abs=0.005)


def test_satellites_hold_a_lost_track_only_where_the_cue_is_shared(model: RouteModel) -> None:
    """f 0.8, R 1 day, two days: 72% for a hull that is seen with 0.8 (mechanisms M3); nothing without sharing."""
    world, state = model.world.arrays, model.state
    world = world._replace(mode_recall=np.full_like(world.mode_recall, 0.8))
    state.areas.imaged_share[:] = 0.02
    member, eye = 0, int(world.satellite_platform)
    parameters = values(model, tasked_imaged_share=0.8, tasked_revisit_days=1.0)
    state.states.sharing[member, eye] = 1.0
    regained = tasking.regain(context(model, parameters, world=world), Mode.SMALL_VESSEL, 0, member)
    assert 1 - math.exp(-regained * 2.0) == pytest.approx(0.72, abs=0.005)
    fast = tasking.regain(context(model, parameters, world=world), Mode.FAST_BOAT, 0, member)
    assert fast == pytest.approx(regained * parameters.fast_craft_recall)
    state.states.sharing[member, eye] = 0.0
    assert tasking.regain(context(model, parameters, world=world), Mode.SMALL_VESSEL, 0, member) == 0.0
    assert tasking.regain(context(model, parameters, world=world), Mode.SMALL_VESSEL, 0, -1) == 0.0


@pytest.mark.parametrize(
    ("share", "discrimination", "hit"),
    [
        (0.02, 0.0, 0.02),
        (0.02, 0.5, 0.06),
        (0.02, 1.0, 0.15),
        (0.02, 1.5, 0.29),
        (0.05, 1.0, 0.26),
        (0.10, 1.0, 0.39),
    ],
)
def test_hits_of_ranked_inspection(share: float, discrimination: float, hit: float) -> None:
    """P = Phi(d' + Phi^-1(r)), the table of mechanisms M9."""
    assert inspection.roc_hit(share, discrimination) == pytest.approx(hit, abs=0.005)


def test_trust_without_forgetting_is_the_beta_mean(model: RouteModel) -> None:
    """rho = 1 (amendment 19): months pass and the counts stay."""
    state = model.state
    parameters = values(model, trust_memory_per_month=1.0, trust_prior_useful=2.0, trust_prior_failed=2.0)
    member, platform = np.argwhere(state.states.pledge > 0)[0]
    for k in range(10):
        if k < 7:
            cooperation.note_exchange(state, member, member, platform, cooperation.REAL_LOAD_KG)
        else:
            cooperation.note_leak(state, member, platform, cooperation.REAL_LOAD_KG)
        cooperation.decide(context(model, parameters))
    useful, failed = state.states.trust_useful[member, platform], state.states.trust_failed[member, platform]
    assert (useful, failed) == pytest.approx((7.0, 3.0))
    assert cooperation.trust(parameters, useful, failed) == pytest.approx((2 + 7) / (2 + 2 + 10))
    fading = values(model, trust_memory_per_month=0.9)
    for _ in range(200):
        cooperation.decide(context(model, fading))
    assert cooperation.trust(fading, *state.states.trust_useful[member, [platform, platform]]) == pytest.approx(0.5)


def test_a_state_shares_until_its_marginal_benefit_is_its_cost(model: RouteModel) -> None:
    """c* = clip((tau w (a + gamma (1 - a)) R - l kappa L - k) / 2h, 0, pledge), with the pieces read off the state."""
    world, state = model.world.arrays, model.state
    member, platform = next(
        (m, p) for m, p in np.argwhere(state.states.pledge > 0) if world.state_own_benefit[m] == 1.0
    )
    parameters = values(
        model,
        cooperation="endogenous",
        sharing_upkeep=0.01,
        reciprocity=1.0,
        leak_loss=0.0,
        pledge_headroom=100.0,
        sharing_cost_curvature=0.4,
    )
    members = float((state.states.pledge[:, platform] > 0).sum())
    wanted = cooperation.wanted_sharing(context(model, parameters), member, platform, members)
    assert wanted == pytest.approx((0.5 * 1.0 * cooperation.REMOVAL_PRIOR - 0.01) / 0.8)
    burdened = values(model, cooperation="endogenous", sharing_upkeep=1.0)
    assert cooperation.wanted_sharing(context(model, burdened), member, platform, members) == 0.0


def test_sharing_with_a_partner_pays_only_above_his_leaks(model: RouteModel) -> None:
    """(1 - l kappa) (1 - P) phi q > l kappa P (amendment 18): gain of one more partner, later stages alike."""
    parameters = values(model)
    phi, leak = parameters.lead_relevance, parameters.leak_probability
    for kappa in (0.05, 0.3, 0.7, 0.95):
        for known, lead in ((0.05, 0.3), (0.4, 0.1), (0.8, 0.05)):
            risk = leak * kappa
            shared = (1 - risk) * (1 - (1 - known) * (1 - phi * lead))
            gain = (1 - risk) * (1 - known) * phi * lead - risk * known
            assert shared - known == pytest.approx(gain)
    assert leads.relevance(model.state, parameters, 0) == pytest.approx(phi)


def test_removal_is_the_product_of_its_stages(model: RouteModel) -> None:
    """Know x act x find x leave x pursuit, predicted from the laws of each, on a leg and doses not used for tuning."""
    world, state, record = model.world.arrays, model.state, model.buffers
    leg = int(
        next(
            i
            for i in range(len(world.leg_mode))
            if world.leg_mode[i] == Mode.MERCHANT
            and world.leg_area_start[i + 1] > world.leg_area_start[i]
            and world.leg_flag_state[i] >= 0
        )
    )
    parameters = values(
        model,
        lead_probability=0.5,
        consent_flag_share=0.8,
        pursuit_success=0.7,
        dump_share=0.0,
        task_delay_hours=4.0,
        service_days=1e-9,
        reach_km=1e9,
        leak_probability=0.0,
    )
    leads.prepare_leads(context(model, parameters))
    area = int(world.leg_area[world.leg_area_start[leg]])
    asset = int(np.flatnonzero((world.asset_boards == 1) & (world.asset_flies == 0))[0])
    owner = world.asset_owner[asset]
    state.assets.area[:] = -1
    state.assets.active[:] = 0.0
    state.assets.active[asset], state.assets.area[asset] = 1.0, area
    state.workspace.ready_asset[0], state.counts[Counter.READY] = asset, 1
    know = float(state.legs.know[leg, 0])
    hours = parameters.task_delay_hours + parameters.report_delay_min_hours
    hours += tasking.AREA_WAY_KM / world.asset_speed_km_h[asset]
    act = math.exp(-world.mode_track_loss[Mode.MERCHANT] * hours)
    ctx = context(model, parameters, seed=5)
    find = tasking.search_share(tasking.swept_on_scene(ctx, asset, area), parameters.cue_area_km2)
    regime = int(state.states.boarding_regime[world.leg_flag_state[leg], owner])
    asked = boarding.CONSENT_CHANCE[regime] * math.exp(
        -parameters.consent_loss_per_hour * boarding.CONSENT_HOURS[regime]
    )
    leave = 1 - 0.8 * (1 - asked)
    c, n = state.consignments, 6000
    row = 0
    won = 0.0
    for case in range(n):
        c.alive[row], c.leg[row], c.load_kg[row], c.setting_out[row] = 1, leg, 100.0, 1
        c.set_out_day[row], c.arrive_day[row], c.ident[row], c.owner[row] = 0.0, 1e9, case, -1
        c.units[row], c.route[row] = 1, int(np.flatnonzero(world.route_market == 0)[0])
        state.live[0], state.counts[Counter.LIVE] = row, 1
        leads.draw_leads(ctx)
        if c.lead_day[row] >= NEVER:
            continue
        state.assets.free_day[asset] = 0.0
        state.assets.place[asset], state.assets.area[asset] = world.area_place[area], area
        before = record.weekly[0, Weekly.WON]
        # the lead of the asset's own state: through whom it comes is tested above
        tasking.dispatch_asset(ctx, Cue(row, area, -1, owner, Stage.LEAD, 1.0))
        won += record.weekly[0, Weekly.WON] - before
    expected = know * act * find * leave * 0.7
    assert 0.02 < expected < 0.6
    assert won / n == pytest.approx(expected, abs=4 * math.sqrt(expected * (1 - expected) / n))
