"""Allocation: where assets patrol between cases, by the rule of the platform they are lent to.

A ladder: at random; in proportion to known seizures (as NarcoLogic, Magliocca et al. 2019); the largest marginal gain
on believed flow; maximal covering (Church & ReVelle 1974), solved outside the compiled week by HiGHS; position in the
network of routes (Giommoni et al. 2021); a no-regret bandit (Exp3, Auer et al. 2002). Assets that are not lent follow
the seizures of their own state. No belief falls to zero: each keeps a prior.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from model.columns import Array
from model.context import Context
from model.kernel.compiled import rule
from model.kinds import AS_TABLED, PlacementRule
from model.parameters import ParameterValues
from model.state import State
from model.world.arrays import WorldArrays

EVIDENCE_PRIOR_KG = 500.0
EFFORT_UNIT = 4.0
"""Asset-weeks of search that halve what an observed kg says of the flow (assumed)."""
REWARD_UNIT_KG = 1000.0
SECOND_ASSET = 0.4
"""Worth of a second asset in an area relative to the first, in the covering plan (assumed)."""


@rule
def rule_of(state: State, parameters: ParameterValues, asset: int) -> int:
    """The rule that places an asset: the parameter's, or each platform's own."""
    platform = state.assets.lent_to[asset]
    if platform < 0:
        return PlacementRule.LAST_SEIZURES.value
    if parameters.allocation != AS_TABLED:
        return int(parameters.allocation)
    return int(state.platforms.allocation[platform])


@rule
def known_kg(world: WorldArrays, state: State, asset: int, area: int) -> float:
    """Recent seizures in an area that the platform knows of, or the owner alone when the asset is not lent."""
    platform = state.assets.lent_to[asset]
    if platform >= 0:
        return EVIDENCE_PRIOR_KG + state.platforms.evidence_kg[platform, area]
    return EVIDENCE_PRIOR_KG + state.states.evidence_kg[world.asset_owner[asset], area]


@rule
def believed_kg(world: WorldArrays, state: State, asset: int, area: int) -> float:
    """Believed flow: known seizures thinned by the search that found them."""
    return known_kg(world, state, asset, area) / (1.0 + state.areas.effort[area] / EFFORT_UNIT)


@rule
def marginal_kg(ctx: Context, asset: int, area: int) -> float:
    """Believed flow that one more asset would find in a week, by the random-search law."""
    world, state, parameters = ctx.world, ctx.state, ctx.parameters
    swept = 7.0 * state.areas.search_km2_per_day[area] / parameters.area_km2
    speed = world.asset_speed_km_h[asset] * world.asset_sweep_km[asset] * parameters.sweep_scale
    more = 7.0 * parameters.patrol_hours_per_day * speed / parameters.area_km2
    return believed_kg(world, state, asset, area) * math.exp(-swept) * (1.0 - math.exp(-more))


@rule
def weigh_area(ctx: Context, asset: int, area: int, by: int) -> float:
    """Weight of an area under a rule; never negative."""
    if by == PlacementRule.RANDOM:
        return 1.0
    if by == PlacementRule.GREEDY:
        return marginal_kg(ctx, asset, area)
    if by == PlacementRule.NETWORK:
        return 1e-9 + ctx.state.areas.position[area]
    if by == PlacementRule.BANDIT:
        return math.exp(ctx.state.platforms.weight[ctx.state.assets.lent_to[asset], area])
    return known_kg(ctx.world, ctx.state, asset, area)


@rule
def choose_area(ctx: Context, asset: int, u: float) -> int:
    """A patrol area within reach: the best one under the greedy rule and the plan's under covering, else drawn in
    proportion to weight.
    """
    world, state, parameters = ctx.world, ctx.state, ctx.parameters
    first, last = world.asset_area_start[asset], world.asset_area_start[asset + 1]
    by = rule_of(state, parameters, asset)
    if by == PlacementRule.COVERING and state.assets.assigned_area[asset] >= 0:
        return state.assets.assigned_area[asset]
    total = 0.0
    best = first
    most = -1.0
    for k in range(first, last):
        weight = weigh_area(ctx, asset, world.asset_area[k], by)
        total += weight
        if weight > most:
            best, most = k, weight
    if by == PlacementRule.GREEDY:
        return world.asset_area[best]
    mark = u
    explore = parameters.bandit_exploration if by == PlacementRule.BANDIT else 0.0
    for k in range(first, last):
        weight = weigh_area(ctx, asset, world.asset_area[k], by)
        chance = (1.0 - explore) * weight / total + explore / (last - first)
        mark -= chance
        if mark < 0.0 or k == last - 1:
            state.assets.chosen_chance[asset] = chance
            return world.asset_area[k]
    return world.asset_area[best]


@rule
def learn_from_spell(state: State, parameters: ParameterValues, asset: int) -> None:
    """The bandit learns what a patrol brought, weighted by the chance with which its area was drawn (Exp3)."""
    platform, area = state.assets.lent_to[asset], state.assets.area[asset]
    if platform >= 0 and area >= 0 and rule_of(state, parameters, asset) == PlacementRule.BANDIT:
        reward = min(1.0, state.assets.spell_kg[asset] / REWARD_UNIT_KG) / max(0.05, state.assets.chosen_chance[asset])
        step = parameters.bandit_rate * reward
        state.platforms.weight[platform, area] = min(50.0, state.platforms.weight[platform, area] + step)
    state.assets.spell_kg[asset] = 0.0


@rule
def fade_evidence(state: State) -> None:
    """One month of forgetting: evidence, effort and what the bandit learnt."""
    left = state.memory_decay[4]
    for area in range(state.areas.effort.shape[0]):
        state.areas.effort[area] *= left
        for member in range(state.states.evidence_kg.shape[0]):
            state.states.evidence_kg[member, area] *= left
        for platform in range(state.platforms.evidence_kg.shape[0]):
            state.platforms.evidence_kg[platform, area] *= left
            state.platforms.weight[platform, area] *= left


@rule
def in_use(state: State, parameters: ParameterValues, by: int) -> bool:
    """Whether any platform places its assets by a rule."""
    if parameters.allocation != AS_TABLED:
        return parameters.allocation == by
    for platform in range(state.platforms.allocation.shape[0]):
        if int(state.platforms.allocation[platform]) == by:
            return True
    return False


@rule
def set_position(ctx: Context) -> None:
    """Position of each area in the network: routes of the library that pass it, as far as any state that their leg
    touches shares what it knows.
    """
    world, state, parameters = ctx.world, ctx.state, ctx.parameters
    if not in_use(state, parameters, PlacementRule.NETWORK.value):
        return
    for area in range(state.areas.position.shape[0]):
        state.areas.position[area] = 0.0
    for route in range(world.route_source.shape[0]):
        for step in range(world.route_start[route], world.route_start[route + 1]):
            leg = world.route_leg[step]
            if world.leg_area_start[leg] == world.leg_area_start[leg + 1]:
                continue
            told = 0.0
            for pair in range(world.leg_state_start[leg], world.leg_state_start[leg + 1]):
                told = max(told, state.jurisdictions.share[pair])
            for k in range(world.leg_area_start[leg], world.leg_area_start[leg + 1]):
                state.areas.position[world.leg_area[k]] += told * world.leg_area_share[k]


def cover(world: WorldArrays, state: State, platform: int) -> None:
    """Give every asset lent to a platform an area, so that the believed flow covered is largest (HiGHS).

    Maximal covering with a falling worth of the second asset in an area. Writes ``state.assets.assigned_area``.
    """
    lent = np.flatnonzero((state.assets.lent_to == platform) & (state.assets.active > 0.5))
    state.assets.assigned_area[lent] = -1
    pairs = [
        (int(asset), int(area))
        for asset in lent
        for area in world.asset_area[world.asset_area_start[asset] : world.asset_area_start[asset + 1]]
    ]
    if not pairs:
        return
    areas = sorted({area for _, area in pairs})
    worth = believed_of(state, platform)
    chosen = solve_cover(pairs, areas, {area: float(worth[area]) for area in areas})
    for (asset, area), value in zip(pairs, chosen, strict=True):
        if value > 0.5:
            state.assets.assigned_area[asset] = area


def believed_of(state: State, platform: int) -> Array:
    """Believed flow of every area, as a platform sees it; shape (areas,), kg."""
    seen: Array = EVIDENCE_PRIOR_KG + state.platforms.evidence_kg[platform]
    believed: Array = seen / (1.0 + state.areas.effort / EFFORT_UNIT)
    return believed


def solve_cover(pairs: list[tuple[int, int]], areas: list[int], worth: dict[int, float]) -> Array:
    """Solve the covering plan: for each (asset, area) 1 where the asset is sent there; each asset once at most.

    Variables: one for each pair, then first and second cover of each area, the second worth `SECOND_ASSET` of the
    first.
    """
    n, m = len(pairs), len(areas)
    gain = np.zeros(n + 2 * m)
    gain[n : n + m] = [worth[area] for area in areas]
    gain[n + m :] = SECOND_ASSET * gain[n : n + m]
    assets = sorted({asset for asset, _ in pairs})
    once = np.zeros((len(assets), n + 2 * m))
    covers = np.zeros((m, n + 2 * m))
    for k, (asset, area) in enumerate(pairs):
        once[assets.index(asset), k] = 1.0
        covers[areas.index(area), k] = -1.0
    for j in range(m):
        covers[j, n + j] = covers[j, n + m + j] = 1.0
    limits = [LinearConstraint(once, -np.inf, 1.0), LinearConstraint(covers, -np.inf, 0.0)]
    found = milp(-gain, constraints=limits, integrality=np.ones(n + 2 * m, dtype=np.int64), bounds=Bounds(0.0, 1.0))
    if found.x is None:
        raise RuntimeError(f"the covering plan has no solution: {found.message}")
    plan: Array = found.x[:n]
    return plan
