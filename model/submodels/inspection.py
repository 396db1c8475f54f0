"""Inspection at ports, airports, borders and coasts, and search of stores.

Containers: a share r of the boxes is opened, ranked by risk, and a load is among them with chance
``P = Phi(d' + Phi^-1(r))`` (binormal ROC, Green & Swets 1966; mechanisms M9); capacity to inspect grows slowly, so r
falls where licit traffic grows faster (amendment 8). Traffic is that of the region in which the port lies, which is
how licit trade is counted. Craft meet the coastal police where they land and, with
``export_effort``, where they set out. Couriers are many parcels, each found with the airport's chance or, under total
control of a channel, with that of the control (M10). Controls grow with what they find
(`follow_finds`). Corruption takes its part: ``(1 - b)``, b from the bribe on offer (M7, amendment 17).
"""

import math

from model.context import Context, ParameterValues, State, WorldArrays
from model.kernel.compiled import compiled, rule
from model.kinds import Counter, Direction, Mode, Sector, Stage
from model.random import draws
from model.random.samplers import binomial, normal_quantile, normal_share
from model.record import Weekly, Yearly
from model.submodels.capacity import closed_gap
from model.submodels.consequences import Seizure, expect, leak_back, record_seizure, seize_consignment

FIND_MEMORY_MONTHS = 39
SMALL_FIND_KG = 1000.0
MOST_OPENED = 0.5
LEAST_TRAFFIC = 0.01


@compiled
def roc_hit(inspected_share: float, discrimination: float) -> float:
    """Chance that a load is among the inspected share when boxes are ranked by risk (mechanisms M9)."""
    if inspected_share <= 0.0:
        return 0.0
    if inspected_share >= 1.0:
        return 1.0
    return normal_share(discrimination + normal_quantile(inspected_share))


@compiled
def bribed_share(parameters: ParameterValues, corruption: float, protection_price: float, value_eur: float) -> float:
    """b_j = kappa_j logistic(ln(beta V / m_j) / s): share of controls bought off (amendment 17)."""
    if value_eur <= 0.0 or corruption <= 0.0:
        return 0.0
    price = parameters.bribe_price_eur_per_kg * protection_price
    lever = math.log(parameters.bribe_share * value_eur / price) / parameters.bribe_spread
    return corruption / (1.0 + math.exp(-lever))


@rule
def find_chance(ctx: Context, leg: int, place: int, growth: float, side: int) -> float:
    """Chance that a control at one end of a leg finds an unknown load, before corruption."""
    world, state, parameters = ctx.world, ctx.state, ctx.parameters
    member = world.place_state[place]
    if member < 0:
        return 0.0
    mode = world.leg_mode[leg]
    effort = state.places.inspection_share[place] * state.legs.inspection_multiplier[leg] * state.states.effort[member]
    effort *= parameters.export_effort if side == Direction.EXPORT else 1.0
    effort *= parameters.inspection_scale if mode != Mode.COURIER else 1.0
    if mode == Mode.CONTAINER:
        share = state.states.inspection_container_share[member] * effort * growth
        share /= max(LEAST_TRAFFIC, state.places.container_traffic[place])
        discrimination = parameters.targeting_base + parameters.targeting_shared * shared_data(world, state, leg)
        discrimination += parameters.port_targeting_gain * closed_gap(state, member, Sector.PORT.value)
        return roc_hit(min(MOST_OPENED, share), discrimination)
    if mode == Mode.COURIER:
        routine = state.states.inspection_air_share[member]
        routine += max(0.0, parameters.airport_best - routine) * closed_gap(state, member, Sector.AIRPORT.value)
        return min(0.95, routine * effort)
    if mode == Mode.LAND:
        return min(0.9, state.states.inspection_land_share[member] * effort)
    landing = state.states.coast_police_share[member] * effort * state.states.ability[member, Sector.MARITIME]
    return min(0.9, landing * (0.5 if mode == Mode.MERCHANT else 1.0))


@rule
def shared_data(world: WorldArrays, state: State, leg: int) -> float:
    """How far both ends of a container leg share targeting data: the best platform that both are in."""
    one, other = world.place_state[world.leg_origin[leg]], world.place_state[world.leg_destination[leg]]
    best = 0.0
    if one < 0 or other < 0:
        return best
    for platform in range(state.platforms.active.shape[0]):
        if world.platform_containers[platform] == 1:
            best = max(best, min(state.states.sharing[one, platform], state.states.sharing[other, platform]))
    return best


@rule
def follow_finds(ctx: Context) -> None:
    """Controls grow where they find: effort is (found / usual)^`control_response` (monthly; decision 0023).

    Both count three years, and `SMALL_FIND_KG` keeps a single case in a small state from being a trend. Usual is what
    was found up to the base year of the tables, or in the first three years of a run that starts later.
    """
    states, left = ctx.state.states, math.exp(-1.0 / float(FIND_MEMORY_MONTHS))
    ctx.state.counts[Counter.MONTHS] += 1
    for member in range(states.found_kg.shape[0]):
        states.found_kg[member] *= left
        if ctx.year <= ctx.world.base_year or ctx.state.counts[Counter.MONTHS] <= FIND_MEMORY_MONTHS:
            states.usual_kg[member] = states.found_kg[member]
        ratio = (SMALL_FIND_KG + states.found_kg[member]) / (SMALL_FIND_KG + states.usual_kg[member])
        states.effort[member] = math.pow(ratio, ctx.parameters.control_response)


@rule
def prepare_bribes(ctx: Context) -> None:
    """Share of controls at each place that is bought off at what a kg is worth there."""
    world, state, parameters = ctx.world, ctx.state, ctx.parameters
    for place in range(world.place_state.shape[0]):
        member = world.place_state[place]
        bought = 0.0
        if member >= 0 and world.place_market[place] < 0:
            bought = bribed_share(
                parameters,
                state.states.kappa[member],
                state.states.protection_price[member],
                state.places.value_eur_per_kg[place],
            )
        state.places.bribed_share[place] = bought


@rule
def prepare_controls(ctx: Context) -> None:
    """Chances of all controls and the bribes expected at them, for every leg."""
    world, state, parameters, year = ctx.world, ctx.state, ctx.parameters, ctx.year
    prepare_bribes(ctx)
    places = state.places
    growth = math.pow(1.0 + parameters.inspection_growth_per_year, float(year - world.base_year))
    for leg in range(world.leg_mode.shape[0]):
        origin, destination = world.leg_origin[leg], world.leg_destination[leg]
        at_origin, at_destination = places.bribed_share[origin], places.bribed_share[destination]
        found = find_chance(ctx, leg, origin, growth, Direction.EXPORT.value)
        state.legs.export_find[leg] = found * (1.0 - at_origin)
        bribes = at_origin * min(parameters.bribe_share, found) * places.value_eur_per_kg[origin]
        found = find_chance(ctx, leg, destination, growth, Direction.IMPORT.value)
        if world.leg_mode[leg] == Mode.COURIER:
            found = max(found, places.total_control[destination] * world.leg_flagged[leg])
        state.legs.import_find[leg] = found * (1.0 - at_destination)
        # nobody pays more for a blind eye than the loss that it averts
        bribes += at_destination * min(parameters.bribe_share, found) * places.value_eur_per_kg[destination]
        controlled = world.place_state[destination] >= 0 and world.place_market[destination] < 0
        state.legs.known_find[leg] = parameters.known_search_success * (1.0 - at_destination) if controlled else 0.0
        state.legs.bribe_eur_per_kg[leg] = bribes


@rule
def inspect(ctx: Context) -> None:
    """Ports, airports, borders and coasts control consignments that set out and consignments that arrive."""
    consignments, end_day = ctx.state.consignments, 7.0 * (ctx.week + 1)
    for i in range(ctx.state.counts[Counter.LIVE]):
        row = ctx.state.live[i]
        leg = consignments.leg[row]
        if consignments.alive[row] == 1 and consignments.setting_out[row] == 1:
            inspect_export(ctx, row, leg)
        if consignments.alive[row] == 1 and consignments.arrive_day[row] < end_day:
            inspect_import(ctx, row, leg)


@rule
def inspect_export(ctx: Context, row: int, leg: int) -> None:
    """The control where a leg begins, in which nobody knows of the consignment."""
    chance = ctx.state.legs.export_find[leg]
    if chance > 0.0:
        place, day = ctx.world.leg_origin[leg], ctx.state.consignments.set_out_day[row]
        at = Seizure(place, ctx.world.place_state[place], -1, -1, Stage.INSPECTION.value, day)
        control(ctx, row, chance, at, 2 * leg + Direction.EXPORT.value)


@rule
def inspect_import(ctx: Context, row: int, leg: int) -> None:
    """The control where a leg ends; what a lead or the radar has announced is searched for."""
    consignments, legs = ctx.state.consignments, ctx.state.legs
    place, day, k = ctx.world.leg_destination[leg], consignments.arrive_day[row], 2 * leg + Direction.IMPORT.value
    member, chance = ctx.world.place_state[place], legs.import_find[leg]
    if consignments.lead_day[row] < day:
        chance = legs.known_find[leg] + (1.0 - legs.known_find[leg]) * chance
        lead_state, platform = consignments.lead_state[row], consignments.lead_platform[row]
        control(ctx, row, chance, Seizure(place, member, lead_state, platform, consignments.lead_stage[row], day), k)
    else:
        control(ctx, row, chance, Seizure(place, member, -1, -1, Stage.INSPECTION.value, day), k)


@rule
def control(ctx: Context, row: int, chance: float, at: Seizure, k: int) -> None:
    """One control of one consignment, with the draw number `k` of the week; couriers lose parcel by parcel."""
    consignments = ctx.state.consignments
    if chance <= 0.0:
        return
    expect(ctx, row, chance, at)
    u = draws.uniform(ctx.seed, draws.INSPECTION, ctx.week, consignments.ident[row], k)
    units = consignments.units[row]
    if units > 1 and ctx.world.mode_bundled[ctx.world.leg_mode[consignments.leg[row]]] == 1:
        taken = binomial(u, units, chance)
        if taken > 0:
            seize_consignment(ctx, row, taken / units, at)
    elif u < chance:
        seize_consignment(ctx, row, 1.0, at)


@rule
def search_stores(ctx: Context) -> None:
    """Local police may find a store at a transhipment place."""
    world, state, record, week = ctx.world, ctx.state, ctx.record, ctx.week
    organisations = state.organisations
    for organisation in range(organisations.alive.shape[0]):
        stocked = organisations.hubs_stocked[organisation]
        if stocked == 0:
            continue
        for hub in range(world.hub_place.shape[0]):
            place = world.hub_place[hub]
            member = world.place_state[place]
            if not (stocked >> hub) & 1 or member < 0:
                continue
            honest = 1.0 - state.states.kappa[member]
            chance = ctx.parameters.store_risk_per_week * state.states.ability[member, Sector.JUSTICE] * honest
            expected_kg = 0.5 * chance * organisations.stock_kg[organisation, hub]
            record.weekly[week, Weekly.EXPECTED_SEIZED_KG] += expected_kg
            record.by_stage[ctx.year, Stage.POLICE, Yearly.EXPECTED_SEIZED_KG] += expected_kg
            u, v = draws.uniform_pair(ctx.seed, draws.POLICE, week, organisations.ident[organisation], hub)
            if u < chance:
                seize_store(ctx, organisation, hub, place, member, v)


@rule
def seize_store(ctx: Context, organisation: int, hub: int, place: int, member: int, v: float) -> None:
    """Take a store; a uniform share of it is there when police come."""
    organisations = ctx.state.organisations
    kg = v * organisations.stock_kg[organisation, hub]
    if kg <= 0.0:
        return
    organisations.stock_kg[organisation, hub] -= kg
    lineage_kg = float(organisations.stock_west_africa_kg[organisation, hub])
    organisations.stock_west_africa_kg[organisation, hub] = (1.0 - v) * lineage_kg
    at = Seizure(place, member, member, -1, Stage.POLICE.value, 7.0 * ctx.week)
    record_seizure(ctx, at, kg, v, 1, -1, organisations.ident[organisation])
    leak_back(ctx, kg, member, place)
