"""Allocation: where assets patrol between cases, by the rule of the platform they are lent to.

A ladder: at random; in proportion to known seizures (as NarcoLogic, Magliocca et al. 2019); the largest marginal gain
on believed flow; maximal covering (Church & ReVelle 1974), planned by the month; position in the
network of routes (Giommoni et al. 2021); a no-regret bandit (Exp3, Auer et al. 2002). Assets that are not lent follow
the seizures of their own state. No belief falls to zero: each keeps a prior.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

from model.calendar import REVIEW_WEEKS
from model.context import Array, Context, ParameterValues, State, WorldArrays
from model.kernel.compiled import rule
from model.kinds import AS_TABLED, PlacementRule
from model.rule_registry import ALLOCATION_RULES
from model.submodels.columns import fade

EVIDENCE_PRIOR_KG = 500.0
EFFORT_UNIT = 4.0
"""Asset-weeks of search that halve what an observed kg says of the flow (assumed)."""
REWARD_UNIT_KG = 1000.0
SECOND_ASSET = 0.4
"""Worth of a second asset in an area relative to the first, in the covering plan (assumed)."""


@rule
def rule_of(state: State, parameters: ParameterValues, asset: int) -> int:
    """The rule that places an asset: that of the platform it is lent to."""
    platform = state.assets.lent_to[asset]
    return PlacementRule.LAST_SEIZURES.value if platform < 0 else placing(state, parameters, platform)


@rule
def placing(state: State, parameters: ParameterValues, platform: int) -> int:
    """The rule by which a platform places what is lent to it: the parameter's, or its own."""
    return int(state.platforms.allocation[platform] if parameters.allocation == AS_TABLED else parameters.allocation)


@ALLOCATION_RULES.register("random")
@rule
def anywhere(ctx: Context, asset: int, area: int) -> float:
    """Every area alike."""
    return 1.0


@ALLOCATION_RULES.register("last-seizures")
@rule
def known_kg(ctx: Context, asset: int, area: int) -> float:
    """Recent seizures in an area that the platform knows of, or the owner alone when the asset is not lent."""
    platform = ctx.state.assets.lent_to[asset]
    own_kg = ctx.state.states.evidence_kg[ctx.world.asset_owner[asset], area]
    return EVIDENCE_PRIOR_KG + (ctx.state.platforms.evidence_kg[platform, area] if platform >= 0 else own_kg)


@rule
def thinned(state: State, area: int, seen_kg: float) -> float:
    """Flow that seizures tell of, the more search it took to make them the less."""
    return seen_kg / (1.0 + state.areas.effort[area] / EFFORT_UNIT)


@ALLOCATION_RULES.register("greedy")
@rule
def marginal_kg(ctx: Context, asset: int, area: int) -> float:
    """Believed flow that one more asset would find in a week, by the random-search law."""
    world, state, parameters = ctx.world, ctx.state, ctx.parameters
    swept = 7.0 * state.areas.search_km2_per_day[area] / parameters.area_km2
    speed = world.asset_speed_km_h[asset] * world.asset_sweep_km[asset] * parameters.sweep_scale
    more = 7.0 * parameters.patrol_hours_per_day * speed / parameters.area_km2
    return thinned(state, area, known_kg(ctx, asset, area)) * math.exp(-swept) * (1.0 - math.exp(-more))


ALLOCATION_RULES.register("covering")(known_kg)


@ALLOCATION_RULES.register("network")
@rule
def routes_past(ctx: Context, asset: int, area: int) -> float:
    """Position of an area in the network of routes."""
    return 1e-9 + ctx.state.areas.position[area]


@ALLOCATION_RULES.register("bandit")
@rule
def learnt_weight(ctx: Context, asset: int, area: int) -> float:
    """What patrols in an area have brought the platform."""
    return math.exp(ctx.state.platforms.weight[ctx.state.assets.lent_to[asset], area])


class AllocationRule(NamedTuple):
    """The function of an allocation rule."""

    weigh: Callable[[Context, int, int], float]
    """Weight of an area for an asset, not negative: areas within reach are drawn in proportion to it."""


(weight_by,) = ALLOCATION_RULES.choosers(AllocationRule(known_kg))


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
    total, best, most = 0.0, first, -1.0
    for k in range(first, last):
        weight = weight_by(by, ctx, asset, world.asset_area[k])
        total += weight
        if weight > most:
            best, most = k, weight
    if by == PlacementRule.GREEDY:
        return world.asset_area[best]
    explore = parameters.bandit_exploration if by == PlacementRule.BANDIT else 0.0
    for k in range(first, last):
        weight = weight_by(by, ctx, asset, world.asset_area[k])
        chance = (1.0 - explore) * weight / total + explore / (last - first)
        u -= chance
        if u < 0.0 or k == last - 1:
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
    fade(state.areas.effort, left)
    for member in range(state.states.evidence_kg.shape[0]):
        fade(state.states.evidence_kg[member], left)
    for platform in range(state.platforms.evidence_kg.shape[0]):
        fade(state.platforms.evidence_kg[platform], left)
        fade(state.platforms.weight[platform], left)


@rule
def in_use(state: State, parameters: ParameterValues, by: int) -> bool:
    """Whether any platform places its assets by a rule."""
    used = False
    for platform in range(state.platforms.allocation.shape[0]):
        used = used or placing(state, parameters, platform) == by
    return used


@rule
def set_position(ctx: Context) -> None:
    """Position of each area in the network: routes of the library that pass it, as far as any state that their leg
    touches shares what it knows.
    """
    world, state, parameters = ctx.world, ctx.state, ctx.parameters
    if not in_use(state, parameters, PlacementRule.NETWORK.value):
        return
    state.areas.position[:] = 0.0
    for route in range(world.route_source.shape[0]):
        for step in range(world.route_start[route], world.route_start[route + 1]):
            leg = world.route_leg[step]
            told = 0.0
            for pair in range(world.leg_state_start[leg], world.leg_state_start[leg + 1]):
                told = max(told, state.jurisdictions.share[pair])
            for k in range(world.leg_area_start[leg], world.leg_area_start[leg + 1]):
                state.areas.position[world.leg_area[k]] += told * world.leg_area_share[k]


@rule
def plan_cover(ctx: Context) -> None:
    """Every fourth week, platforms that plan their cover give each ship and aircraft lent to them a patrol area."""
    if ctx.week % REVIEW_WEEKS != 0:
        return
    ctx.state.assets.assigned_area[:] = -1
    for platform in range(ctx.world.platform_tasks.shape[0]):
        if (
            ctx.world.platform_tasks[platform] == 1
            and placing(ctx.state, ctx.parameters, platform) == PlacementRule.COVERING
        ):
            cover(ctx, platform)


@rule
def cover(ctx: Context, platform: int) -> None:
    """Give the assets lent to a platform areas, so that the believed flow covered is largest.

    Maximal covering (Church & ReVelle 1974), a second asset in an area being worth `SECOND_ASSET` of the first. Which
    covers can be served together is a transversal matroid, so that to take them in order of worth, each wherever assets
    can be moved to serve it, is exact (Edmonds & Fulkerson 1965).
    """
    state, gain = ctx.state, ctx.state.workspace.area_gain_kg
    areas = gain.shape[0]
    for area in range(areas):
        gain[area] = thinned(state, area, EVIDENCE_PRIOR_KG + state.platforms.evidence_kg[platform, area])
    for _ in range(2 * areas):
        best = 0
        for area in range(areas):
            if abs(gain[area]) > abs(gain[best]):
                best = area
        serve(ctx, platform, best)
        # worth of the second asset in the area next, then nothing
        gain[best] = -SECOND_ASSET * gain[best] if gain[best] > 0.0 else 0.0


@rule
def serve(ctx: Context, platform: int, area: int) -> None:
    """Send one more asset to an area, if one is free or can be freed by moving others on from area to area."""
    world, assets = ctx.world, ctx.state.assets
    onward, leaving = ctx.state.workspace.area_onward, ctx.state.workspace.area_leaving
    onward[:] = -1
    onward[area] = area
    found = True
    while found:
        found = False
        for asset in range(assets.lent_to.shape[0]):
            here = assets.assigned_area[asset]
            if assets.lent_to[asset] != platform or assets.active[asset] <= 0.5 or (here >= 0 and onward[here] >= 0):
                continue
            there = within_reach(world, onward, asset)
            if there >= 0 and here < 0:
                return move_on(ctx.state, asset, there)
            if there >= 0:
                leaving[here], onward[here], found = asset, there, True
    return None


@rule
def within_reach(world: WorldArrays, onward: Array, asset: int) -> int:
    """An area within reach of an asset that it would help to go to, -1 none."""
    for k in range(world.asset_area_start[asset], world.asset_area_start[asset + 1]):
        if onward[world.asset_area[k]] >= 0:
            return int(world.asset_area[k])
    return -1


@rule
def move_on(state: State, asset: int, area: int) -> None:
    """Send an asset to an area, the one that leaves it to the next, and so on to the area that had one too few."""
    onward, leaving = state.workspace.area_onward, state.workspace.area_leaving
    while onward[area] != area:
        state.assets.assigned_area[asset] = area
        asset, area = leaving[area], onward[area]
    state.assets.assigned_area[asset] = area
