"""Cooperation: what each state shares with each platform, and the ships it lends.

In the fixed setting a state shares at the level of the tables and events. In the endogenous one it decides every month
for its own benefit: ``c* = clip((tau w (a + gamma (1 - a)) R - l kappa L - k) / (2 h), 0, pledge)``, a quadratic
public-good game with trust tau as the mean of a beta distribution over useful exchanges and leaks (amendments 13, 19).
"""

import math

from model.calendar import MONTHS_PER_REVIEW, REVIEW_WEEKS
from model.context import Context, ParameterValues, State
from model.kernel.compiled import compiled, rule
from model.kinds import Cooperation
from model.random import draws

REAL_LOAD_KG = 460.0
"""A real-equivalent load: 40 t in 87 operations (MAOC-N 2007-09, amendment 20)."""
REMOVAL_PRIOR = 0.3
PRIOR_SHARED_KG = 4000.0
"""Removals per kg shared that a platform is credited with at first, and what that belief weighs (assumed)."""


@compiled
def trust(parameters: ParameterValues, useful: float, failed: float) -> float:
    """Mean of the beta distribution over useful exchanges (mechanisms M1)."""
    good = parameters.trust_prior_useful + useful
    return good / (good + parameters.trust_prior_failed + failed)


@rule
def wanted_sharing(ctx: Context, member: int, platform: int, members: float) -> float:
    """c*: the level at which the marginal benefit of a state equals its marginal cost, not above its pledge."""
    parameters, states, platforms = ctx.parameters, ctx.state.states, ctx.state.platforms
    tau = trust(parameters, states.trust_useful[member, platform], states.trust_failed[member, platform])
    prior = PRIOR_SHARED_KG / max(1.0, members)
    own = (states.lead_kg[member, platform] + prior) / (platforms.shared_kg[platform] + PRIOR_SHARED_KG)
    removal = (platforms.removed_kg[platform] + REMOVAL_PRIOR * PRIOR_SHARED_KG) / (
        platforms.shared_kg[platform] + PRIOR_SHARED_KG
    )
    benefit = ctx.world.state_own_benefit[member] * (own + parameters.reciprocity * (1.0 - own)) * min(1.0, removal)
    leaks = parameters.leak_probability * platforms.leak_risk[platform] * parameters.leak_loss
    best = (tau * benefit - leaks - parameters.sharing_upkeep) / (2.0 * parameters.sharing_cost_curvature)
    return min(ceiling(ctx.state, parameters, member, platform), max(0.0, best))


@rule
def ceiling(state: State, parameters: ParameterValues, member: int, platform: int) -> float:
    """What the state has pledged at most."""
    headroom = parameters.pledge_headroom * state.states.pledge_multiplier[member]
    return min(1.0, headroom * parameters.sharing_scale * state.states.pledge[member, platform])


@rule
def decide(ctx: Context) -> None:
    """The monthly decision of every member of every platform that works."""
    state, states, parameters = ctx.state, ctx.state.states, ctx.parameters
    fade = parameters.trust_memory_per_month**MONTHS_PER_REVIEW
    year = math.exp(-MONTHS_PER_REVIEW / 12.0)
    rise = 1.0 - math.exp(-parameters.sharing_build_up_per_month * MONTHS_PER_REVIEW)
    for platform in range(state.platforms.active.shape[0]):
        state.platforms.shared_kg[platform] *= year
        state.platforms.removed_kg[platform] *= year
        members = 0.0
        for member in range(states.pledge.shape[0]):
            members += 1.0 if states.pledge[member, platform] > 0.0 else 0.0
        for member in range(states.pledge.shape[0]):
            if states.pledge[member, platform] <= 0.0:
                continue
            if parameters.cooperation == Cooperation.ENDOGENOUS and state.platforms.active[platform] > 0.5:
                level = states.level[member, platform]
                best = wanted_sharing(ctx, member, platform, members)
                fall = parameters.sharing_loss_per_leak * states.leaked[member, platform]
                fall += parameters.sharing_decay_per_month * MONTHS_PER_REVIEW
                level = (level + rise * max(0.0, best - level)) * math.exp(-fall)
                states.level[member, platform] = min(level, ceiling(state, parameters, member, platform))
            states.leaked[member, platform] = 0.0
            states.lead_kg[member, platform] *= year
            states.trust_useful[member, platform] *= fade
            states.trust_failed[member, platform] *= fade


@rule
def set_sharing(state: State, parameters: ParameterValues) -> None:
    """What each state shares with each platform now, and how corrupt a platform's members are on the whole."""
    states = state.states
    for platform in range(state.platforms.active.shape[0]):
        risk, total = 0.0, 0.0
        for member in range(states.pledge.shape[0]):
            pledge = states.pledge[member, platform]
            level = min(1.0, max(0.0, parameters.sharing_scale * pledge))
            if (
                pledge <= 0.0
                or parameters.cooperation != Cooperation.ENDOGENOUS
                or states.level[member, platform] < 0.0
            ):
                states.level[member, platform] = level if pledge > 0.0 else -1.0
            level = max(0.0, states.level[member, platform]) * state.platforms.active[platform]
            states.sharing[member, platform] = level
            risk += level * states.kappa[member]
            total += level
        state.platforms.leak_risk[platform] = risk / total if total > 0.0 else 0.0


@rule
def lend(ctx: Context) -> None:
    """Which assets are lent this month: each with a chance in proportion to its owner's sharing."""
    world, state, parameters, seed, week = ctx.world, ctx.state, ctx.parameters, ctx.seed, ctx.week
    for asset in range(state.assets.active.shape[0]):
        state.assets.lent_to[asset] = -1
        for platform in range(state.platforms.active.shape[0]):
            if (world.asset_platforms[asset] >> platform) & 1:
                chance = parameters.lending_scale * state.states.sharing[world.asset_owner[asset], platform]
                if chance > 0.0 and draws.uniform(seed, draws.STATE, week // REVIEW_WEEKS, asset, platform) < chance:
                    state.assets.lent_to[asset] = platform
                    break


@rule
def note_exchange(state: State, lead_state: int, acting_state: int, platform: int, kg: float) -> None:
    """A seizure through a platform: it counts as a useful exchange for the state that gave the lead and the one that
    acted.
    """
    if platform >= 0:
        state.platforms.removed_kg[platform] += kg
        if lead_state >= 0:
            state.states.trust_useful[lead_state, platform] += kg / REAL_LOAD_KG
        if acting_state >= 0 and acting_state != lead_state:
            state.states.trust_useful[acting_state, platform] += kg / REAL_LOAD_KG


@rule
def note_leak(state: State, lead_state: int, platform: int, kg: float) -> None:
    """A shared lead was betrayed: the state that gave it trusts the platform less."""
    state.states.trust_failed[lead_state, platform] += kg / REAL_LOAD_KG
    state.states.leaked[lead_state, platform] += kg / REAL_LOAD_KG
