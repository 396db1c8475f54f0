"""Leads: who may come to know of a load, and through whom the knowledge reaches somebody able to act.

A leg concerns the states it touches, those whose patrol aircraft watch its sea, and the state of the market that the
load is bound for. Each has a lead with chance ``q_j = q0 s_j k_j`` (s_j the strength of its services, k_j their
ability). It counts where the state can act itself; else only as far as it is shared with a platform that works there:
``g_j = q_j phi c_j``. Leads of several states may stem from one source, so
``P_know = psi max_j g_j + (1 - psi) (1 - prod_j (1 - g_j))`` (mechanisms M2, amendment 7).
"""

from model.context import Context, ParameterValues, State, WorldArrays
from model.kernel.compiled import rule
from model.kinds import Counter, Mode, Sector, Stage
from model.random import draws
from model.record import Weekly, Yearly
from model.submodels.columns import draw_entry
from model.submodels.cooperation import note_leak
from model.submodels.movement import NEVER

ASHORE = {Mode.CONTAINER: Sector.PORT, Mode.COURIER: Sector.AIRPORT, Mode.LAND: Sector.JUSTICE}
SECTOR_OF_MODE = tuple(ASHORE.get(mode, Sector.MARITIME).value for mode in Mode)
"""The service that hears of loads of a mode."""


@rule
def relevance(state: State, parameters: ParameterValues, platform: int) -> float:
    """phi: share of shared leads that are relevant and timely; liaison officers close part of the gap."""
    gap = 1.0 - parameters.lead_relevance
    return parameters.lead_relevance + gap * parameters.liaison_relevance * state.platforms.liaison[platform]


@rule
def choose_channels(world: WorldArrays, state: State) -> None:
    """For each state and group of legs with the same platforms: the one with which the state shares most."""
    for member in range(state.states.sharing.shape[0]):
        for group in range(world.group_platform.shape[0]):
            best, level = -1, 0.0
            for platform in range(state.platforms.active.shape[0]):
                if world.group_platform[group, platform] == 1 and state.states.sharing[member, platform] > level:
                    best = platform
                    level = state.states.sharing[member, platform]
            state.states.channel[member, group] = best


@rule
def lead_chance(ctx: Context, leg: int, member: int) -> float:
    """q_j = q0 s_j k_j: chance that a state which a load concerns comes to know of it."""
    ability = ctx.state.states.ability[member, SECTOR_OF_MODE[ctx.world.leg_mode[leg]]]
    return min(0.95, ctx.parameters.lead_probability * ctx.world.state_lead_strength[member] * ability)


@rule
def reach_of(state: State, parameters: ParameterValues, acts: int, member: int, platform: int) -> float:
    """How far a state's lead gets to somebody able to act: wholly where it acts itself, else phi c."""
    if acts == 1:
        return 1.0
    return relevance(state, parameters, platform) * state.states.sharing[member, platform] if platform >= 0 else 0.0


@rule
def market_lead(ctx: Context, leg: int, market: int) -> float:
    """G of the state whose market a load is bound for, where the leg does not concern it otherwise."""
    world, state, parameters = ctx.world, ctx.state, ctx.parameters
    if world.leg_market_apart[leg, market] == 0:
        return 0.0
    member = world.place_state[world.market_place[market]]
    reach = reach_of(state, parameters, 0, member, state.states.channel[member, world.leg_group[leg]])
    return lead_chance(ctx, leg, member) * reach


@rule
def prepare_leads(ctx: Context) -> None:
    """Chance of a lead for every leg and state it concerns, and for the leg as a whole by market."""
    world, state, parameters = ctx.world, ctx.state, ctx.parameters
    choose_channels(world, state)
    psi = parameters.lead_common_source
    for leg in range(world.leg_mode.shape[0]):
        largest, none = 0.0, 1.0
        for pair in range(world.leg_state_start[leg], world.leg_state_start[leg + 1]):
            member = world.leg_state[pair]
            platform = state.states.channel[member, world.leg_group[leg]]
            lead = lead_chance(ctx, leg, member) * reach_of(state, parameters, world.pair_acts[pair], member, platform)
            state.jurisdictions.lead[pair] = lead
            state.jurisdictions.platform[pair] = platform
            state.jurisdictions.share[pair] = state.states.sharing[member, platform] if platform >= 0 else 0.0
            largest = max(largest, lead)
            none *= 1.0 - lead
        for market in range(world.market_place.shape[0]):
            more = market_lead(ctx, leg, market)
            state.legs.know[leg, market] = psi * max(largest, more) + (1.0 - psi) * (1.0 - none * (1.0 - more))


@rule
def draw_leads(ctx: Context) -> None:
    """Countries may come to know of a consignment that enters a leg, and share it with a platform."""
    world, state, record, consignments = ctx.world, ctx.state, ctx.record, ctx.state.consignments
    seed, week, year = ctx.seed, ctx.week, ctx.year
    for i in range(state.counts[Counter.LIVE]):
        row = state.live[i]
        if consignments.setting_out[row] == 0:
            continue
        leg = consignments.leg[row]
        market = world.route_market[consignments.route[row]]
        consignments.lead_day[row] = NEVER
        consignments.lead_state[row] = consignments.lead_platform[row] = -1
        consignments.lead_stage[row] = Stage.LEAD
        load_kg = consignments.load_kg[row]
        expected_kg = state.legs.know[leg, market] * load_kg
        record.weekly[week, Weekly.EXPECTED_KNOWN_KG] += expected_kg
        record.by_leg[year, leg, Yearly.EXPECTED_KNOWN_KG] += expected_kg
        u, v, through, _ = draws.uniform_four(seed, draws.LEAD, week, consignments.ident[row], leg)
        if u >= state.legs.know[leg, market]:
            continue
        pair = lead_pair(world, state, market_lead(ctx, leg, market), leg, v)
        acts = world.pair_acts[pair] if pair >= 0 else 0
        member = world.leg_state[pair] if pair >= 0 else world.place_state[world.market_place[market]]
        platform = state.states.channel[member, world.leg_group[leg]]
        state.states.leads[member] += 1.0
        record.weekly[week, Weekly.KNOWN] += 1.0
        leak, moment = draws.uniform_pair(seed, draws.LEAK, week, consignments.ident[row], leg)
        if platform >= 0 and (acts == 0 or through < state.states.sharing[member, platform]):
            state.platforms.shared_kg[platform] += load_kg
            state.states.lead_kg[member, platform] += load_kg
            if leak < ctx.parameters.leak_probability * state.platforms.leak_risk[platform]:
                note_leak(state, member, platform, load_kg)
                record.weekly[week, Weekly.LEADS_LEAKED] += 1.0
                continue  # the case is lost
            consignments.lead_platform[row] = platform
        consignments.lead_day[row] = (
            consignments.set_out_day[row]
            + 0.9 * (consignments.arrive_day[row] - consignments.set_out_day[row]) * moment
        )
        consignments.lead_state[row] = member


@rule
def lead_pair(world: WorldArrays, state: State, market_lead: float, leg: int, u: float) -> int:
    """Draw whose lead it was, in proportion to g_j: a pair of leg and state, or -1 for the state of the market."""
    first, last = world.leg_state_start[leg], world.leg_state_start[leg + 1]
    pair = draw_entry(state.jurisdictions.lead, first, last, market_lead, u)
    return pair if pair >= 0 or market_lead > 0.0 else last - 1
