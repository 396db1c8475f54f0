"""Leads: who may come to know of a load, and through whom the knowledge reaches somebody able to act.

Every state that a leg touches has a lead with chance ``q_j = q0 k_j``. It counts where the state can act itself; else
only as far as it is shared with a platform that works there: ``g_j = q_j phi c_j``. Leads of several states may stem
from one source, so ``P_know = psi max_j g_j + (1 - psi) (1 - prod_j (1 - g_j))`` (mechanisms M2, amendment 7).
"""

from __future__ import annotations

from model import draws
from model.compiled import rule
from model.parameters import ParameterValues
from model.record import KNOWN, LEAD, Record
from model.state import LIVE, State
from model.submodels.movement import NEVER
from model.world import WorldArrays


@rule
def sharing_levels(world: WorldArrays, state: State, parameters: ParameterValues) -> None:
    """What each state shares with each platform now: its pledge, scaled, while the platform works."""
    for member in range(state.states.sharing.shape[0]):
        for platform in range(state.states.sharing.shape[1]):
            level = state.states.pledge[member, platform] * state.platforms.level[platform] * parameters.sharing_scale
            state.states.sharing[member, platform] = min(1.0, max(0.0, level * state.platforms.active[platform]))


@rule
def best_platform(world: WorldArrays, state: State, leg: int, member: int) -> int:
    """The platform working on this leg with which the state shares most, -1 if none."""
    best = -1
    level = 0.0
    for platform in range(state.platforms.active.shape[0]):
        if world.leg_platform[leg, platform] == 1 and state.states.sharing[member, platform] > level:
            best = platform
            level = state.states.sharing[member, platform]
    return best


@rule
def prepare_leads(world: WorldArrays, state: State, parameters: ParameterValues) -> None:
    """Chance of a lead for every leg and state it touches, and for the leg as a whole (monthly)."""
    for leg in range(world.leg_mode.shape[0]):
        largest = 0.0
        none = 1.0
        for pair in range(world.leg_state_start[leg], world.leg_state_start[leg + 1]):
            member = world.leg_state[pair]
            platform = best_platform(world, state, leg, member)
            reach = 0.0
            share = 0.0
            if platform >= 0:
                share = state.states.sharing[member, platform]
                reach = parameters.lead_relevance * share
            if world.pair_acts[pair] == 1:
                reach = 1.0
            lead = parameters.lead_probability * state.states.capacity[member] * reach
            state.jurisdictions.lead[pair] = lead
            state.jurisdictions.platform[pair] = platform
            state.jurisdictions.share[pair] = share
            largest = max(largest, lead)
            none *= 1.0 - lead
        psi = parameters.lead_common_source
        state.legs.know[leg] = psi * largest + (1.0 - psi) * (1.0 - none)


@rule
def draw_leads(
    world: WorldArrays, state: State, parameters: ParameterValues, record: Record, seed: int, week: int
) -> None:
    """For each load that enters a leg: is it known, to whom, through which platform, and when."""
    consignments = state.consignments
    for i in range(state.counts[LIVE]):
        row = state.live[i]
        if consignments.setting_out[row] == 0:
            continue
        leg = consignments.leg[row]
        consignments.lead_day[row] = NEVER
        consignments.lead_state[row] = -1
        consignments.lead_platform[row] = -1
        consignments.lead_stage[row] = LEAD
        u, v, through, _ = draws.uniform_four(seed, draws.LEAD, week, consignments.ident[row], leg)
        if u >= state.legs.know[leg]:
            continue
        pair = lead_pair(world, state, leg, v)
        if pair < 0:
            continue
        member = world.leg_state[pair]
        days = consignments.arrive_day[row] - consignments.set_out_day[row]
        state.states.leads[member] += 1.0
        record.weekly[week, KNOWN] += 1.0
        shared = world.pair_acts[pair] == 0 or through < state.jurisdictions.share[pair]
        leak, moment = draws.uniform_pair(seed, draws.LEAK, week, consignments.ident[row], leg)
        if shared and leak < parameters.leak_probability * state.states.corruption[member]:
            continue  # the exchange leaks and the case is lost
        consignments.lead_day[row] = consignments.set_out_day[row] + 0.9 * days * moment
        consignments.lead_state[row] = member
        if shared:
            consignments.lead_platform[row] = state.jurisdictions.platform[pair]


@rule
def lead_pair(world: WorldArrays, state: State, leg: int, u: float) -> int:
    """Draw whose lead it was, in proportion to g_j; -1 where no state can have one."""
    total = 0.0
    for pair in range(world.leg_state_start[leg], world.leg_state_start[leg + 1]):
        total += state.jurisdictions.lead[pair]
    mark = u * total
    for pair in range(world.leg_state_start[leg], world.leg_state_start[leg + 1]):
        mark -= state.jurisdictions.lead[pair]
        if mark < 0.0:
            return pair
    return -1
