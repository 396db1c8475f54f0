"""Sensors: detection without a lead, by patrol, coastal radar and satellite.

Patrol follows the random-search law (Koopman 1946): assets that sweep ``w v`` km2 an hour find a craft in a sea of A
km2
with chance ``1 - exp(-w v T / A)``. Satellites look at a share f of the sea every R days and see a hull of given length
with chance P_d (QuasarSR recall; mechanisms M3); most contacts are harmless, so only a share is taken for suspect, and
false contacts cost ship time. Coastal radar covers landings of small craft.
"""

import math
from typing import NamedTuple

from model.context import Context, ParameterValues, State, WorldArrays
from model.kernel.compiled import compiled, rule
from model.kinds import Counter, Mode, Sensor, Stage
from model.random import draws
from model.random.samplers import poisson


class Cue(NamedTuple):
    """Something seen or heard of: which load (-1 none), where, through which platform, on whose lead, how, when."""

    row: int
    area: int
    platform: int
    member: int
    stage: int
    day: float


RADAR_WARNING_DAYS = 0.1
"""Radar sees a small craft at about 21 km (mechanisms M3), an hour or two before it lands."""


@compiled
def at_sea(mode: int) -> bool:
    """Modes that patrols can meet on the way; containers and couriers are checked at the ends only."""
    return mode != Mode.CONTAINER and mode != Mode.COURIER and mode != Mode.LAND


@rule
def recall(world: WorldArrays, parameters: ParameterValues, mode: int) -> float:
    """Chance that a look from space sees the hull: by its length, less for fast craft, none in the air (M3)."""
    if mode == Mode.AIRCRAFT:
        return 0.0
    return world.mode_recall[mode] * (parameters.fast_craft_recall if mode == Mode.FAST_BOAT else 1.0)


@rule
def prepare_sensors(ctx: Context) -> None:
    """The list of cues starts empty; hazards of detection without a lead follow from patrols and satellites."""
    world, state, parameters = ctx.world, ctx.state, ctx.parameters
    state.counts[Counter.CUES] = 0
    for leg in range(world.leg_mode.shape[0]):
        mode = world.leg_mode[leg]
        if not at_sea(mode):
            continue
        swept, imaged = 0.0, 0.0
        for k in range(world.leg_area_start[leg], world.leg_area_start[leg + 1]):
            area = world.leg_area[k]
            swept += world.leg_area_share[k] * state.areas.search_km2_per_day[area]
            imaged += world.leg_area_share[k] * state.areas.imaged_share[area]
        is_fast = mode == Mode.FAST_BOAT or mode == Mode.AIRCRAFT
        suspicion = parameters.fast_craft_suspicion if is_fast else parameters.suspicion_share
        state.legs.sensor_per_day[leg, Sensor.PATROL] = suspicion * swept / parameters.area_km2
        looks = imaged / parameters.satellite_revisit_days
        state.legs.sensor_per_day[leg, Sensor.SATELLITE] = (
            parameters.suspicion_share * looks * recall(world, parameters, mode)
        )


@rule
def radar_chance(ctx: Context, leg: int) -> float:
    """Chance that coastal radar picks up a small craft that ends this leg on its coast."""
    mode = ctx.world.leg_mode[leg]
    if mode != Mode.FAST_BOAT and mode != Mode.SMALL_VESSEL:
        return 0.0
    covered = ctx.state.places.coastal_radar[ctx.world.leg_destination[leg]]
    return covered * ctx.parameters.radar_probability * ctx.parameters.fast_craft_suspicion


@rule
def add_cue(state: State, day: float, row: int, area: int, platform: int, member: int, stage: int) -> None:
    """Add a cue to this week's list."""
    cues, count = state.cues, state.counts[Counter.CUES]
    cues.day[count] = day
    cues.row[count] = row
    cues.area[count] = area
    cues.platform[count] = platform
    cues.member[count] = member
    cues.stage[count] = stage
    cues.order[count] = count
    state.counts[Counter.CUES] += 1


@rule
def area_on_leg(world: WorldArrays, leg: int, u: float) -> int:
    """The patrol area in which something on a leg happens, drawn by shares of its length; -1 outside them."""
    for k in range(world.leg_area_start[leg], world.leg_area_start[leg + 1]):
        u -= world.leg_area_share[k]
        if u < 0.0:
            return world.leg_area[k]
    return -1


@rule
def detect(ctx: Context) -> None:
    """Cues are collected: leads that come in, and detections by patrol, coastal radar and satellite."""
    consignments, start_day = ctx.state.consignments, 7.0 * ctx.week
    for i in range(ctx.state.counts[Counter.LIVE]):
        row = ctx.state.live[i]
        leg = consignments.leg[row]
        if at_sea(ctx.world.leg_mode[leg]):
            if start_day <= consignments.lead_day[row] < start_day + 7.0:
                pass_on_lead(ctx, row, leg)
            else:
                sense(ctx, row, leg)


@rule
def pass_on_lead(ctx: Context, row: int, leg: int) -> None:
    """A lead that comes in this week becomes a cue."""
    c = ctx.state.consignments
    _, _, _, z = draws.uniform_four(ctx.seed, draws.SENSOR, ctx.week, c.ident[row], leg)
    area = area_on_leg(ctx.world, leg, z)
    add_cue(ctx.state, c.lead_day[row], row, area, c.lead_platform[row], c.lead_state[row], Stage.LEAD.value)


@rule
def sense(ctx: Context, row: int, leg: int) -> None:
    """Patrol, satellite or coastal radar may detect a consignment on its way, as competing hazards."""
    world, consignments, per_day = ctx.world, ctx.state.consignments, ctx.state.legs.sensor_per_day
    end_day = 7.0 * (ctx.week + 1)
    since = max(7.0 * ctx.week, consignments.set_out_day[row])
    until = min(end_day, consignments.arrive_day[row])
    patrol = per_day[leg, Sensor.PATROL] * (until - since)
    satellite = per_day[leg, Sensor.SATELLITE] * (until - since)
    radar = -math.log(1.0 - min(0.99, radar_chance(ctx, leg))) if until < end_day else 0.0
    hazard = patrol + satellite + radar
    if hazard <= 0.0:
        return
    u, v, w, z = draws.uniform_four(ctx.seed, draws.SENSOR, ctx.week, consignments.ident[row], leg)
    if u >= 1.0 - math.exp(-hazard):
        return
    area, day = area_on_leg(world, leg, z), since + w * (until - since)
    if v * hazard < radar:
        await_landing(ctx, row, leg, until)
    elif v * hazard < radar + satellite:
        add_cue(ctx.state, day, row, area, world.satellite_platform, -1, Stage.SATELLITE.value)
    else:
        add_cue(ctx.state, day, row, area, -2, -1, Stage.PATROL.value)


@rule
def await_landing(ctx: Context, row: int, leg: int, landing_day: float) -> None:
    """Too close to the coast for a ship to be sent: the landing is expected on the shore (inspection)."""
    consignments = ctx.state.consignments
    consignments.lead_day[row] = landing_day - RADAR_WARNING_DAYS
    consignments.lead_state[row] = ctx.world.place_state[ctx.world.leg_destination[leg]]
    consignments.lead_platform[row] = -1
    consignments.lead_stage[row] = Stage.RADAR.value


@rule
def false_contacts(ctx: Context) -> None:
    """Contacts that are no craft, or a harmless one, take ship time all the same."""
    world, state, parameters, seed, week = ctx.world, ctx.state, ctx.parameters, ctx.seed, ctx.week
    for area in range(world.area_place.shape[0]):
        looks = 7.0 / parameters.satellite_revisit_days * state.areas.imaged_share[area]
        mean = looks * (1.0 - parameters.satellite_precision) * world.area_contacts_per_look[area]
        u = draws.uniform(seed, draws.SATELLITE, week, area, 0)
        for k in range(poisson(u, mean)):
            moment = draws.uniform(seed, draws.SATELLITE, week, area, k + 1)
            add_cue(state, 7.0 * (week + moment), -1, area, world.satellite_platform, -1, Stage.SATELLITE.value)
