"""Tasking: which asset goes to which cue, and what patrols do between cases.

Assets alternate between patrol and port so that they are out for the share ``availability`` of their time; on patrol
they search an area within reach, chosen by where loads were taken before, thinned to a prior. Cues are handled in time
order. The nearest free asset that may be sent and gets there first takes the case and is busy for the service time, so
the act-rate and its saturation emerge from ships that are busy (mechanisms M4, M5).
"""

from __future__ import annotations

import math

from model import draws
from model.compiled import rule
from model.parameters import ParameterValues
from model.record import ACTED, ASSET_WEEKS, CUED, PATROL, Record
from model.state import CUES, OUT, State
from model.submodels.boarding import board
from model.submodels.sensors import CUE_AREA, CUE_DAY, CUE_LOAD, CUE_PLATFORM, CUE_STAGE, CUE_STATE
from model.world import WorldArrays

KM_PER_NAUTICAL_MILE = 1.852
HOURS_PER_DAY = 24.0
EVIDENCE_PRIOR_KG = 500.0


@rule
def patrol(world: WorldArrays, state: State, parameters: ParameterValues, record: Record, seed: int, week: int) -> None:
    """Assets leave port, choose an area, search it, and return; each area's swept sea is added up."""
    assets = state.assets
    for area in range(state.areas.search_km2_per_day.shape[0]):
        state.areas.search_km2_per_day[area] = 0.0
        state.areas.evidence_kg[area] *= state.forget[1]
        state.areas.cases[area] *= state.forget[1]
        state.areas.acted[area] *= state.forget[1]
    day = 7.0 * week
    for asset in range(assets.active.shape[0]):
        assets.search_hours[asset] = 0.0
        if assets.active[asset] < 0.5:
            assets.area[asset] = -1
            assets.place[asset] = world.asset_base[asset]
            continue
        if assets.free_day[asset] >= day + 7.0:
            continue
        if day >= assets.return_day[asset]:
            change_watch(world, state, parameters, seed, asset, week)
        if assets.area[asset] < 0:
            continue
        area = assets.area[asset]
        share = min(1.0, day + 7.0 - max(day, assets.free_day[asset])) / 7.0 if assets.free_day[asset] > day else 1.0
        hours = 7.0 * parameters.patrol_hours_per_day * share
        if world.asset_flies[asset] == 1:
            hours *= world.asset_sortie_share[asset]
        assets.search_hours[asset] = hours
        sweep_km2_per_h = world.asset_sweep_km[asset] * parameters.sweep_scale * world.asset_speed_km_h[asset]
        state.areas.search_km2_per_day[area] += sweep_km2_per_h * hours / 7.0
        record.weekly[week, ASSET_WEEKS] += share


@rule
def change_watch(
    world: WorldArrays, state: State, parameters: ParameterValues, seed: int, asset: int, week: int
) -> None:
    """End of a spell at sea or in port: out again with the chance of its availability, which is its share out."""
    assets = state.assets
    u, v, w, _ = draws.uniform_four(seed, draws.ASSET, week, asset, 0)
    spell_days = max(7.0, world.asset_endurance_days[asset]) * (0.5 + u)
    assets.return_day[asset] = 7.0 * week + spell_days
    if w >= min(0.98, assets.availability[asset] * parameters.availability_scale):
        assets.area[asset] = -1
        assets.place[asset] = world.asset_base[asset]
        return
    area = choose_area(world, state, asset, v)
    assets.area[asset] = area
    assets.place[asset] = world.area_place[area]


@rule
def choose_area(world: WorldArrays, state: State, asset: int, u: float) -> int:
    """A patrol area within reach, drawn in proportion to what was taken there, plus a prior (never zero)."""
    total = 0.0
    for k in range(world.asset_area_start[asset], world.asset_area_start[asset + 1]):
        total += EVIDENCE_PRIOR_KG + state.areas.evidence_kg[world.asset_area[k]]
    mark = u * total
    for k in range(world.asset_area_start[asset], world.asset_area_start[asset + 1]):
        mark -= EVIDENCE_PRIOR_KG + state.areas.evidence_kg[world.asset_area[k]]
        if mark < 0.0:
            return world.asset_area[k]
    return world.asset_area[world.asset_area_start[asset]]


@rule
def sort_cues(state: State) -> None:
    """Put this week's cues into time order (insertion sort: there are few)."""
    cues = state.cues
    for i in range(1, state.counts[CUES]):
        j = i
        while j > 0 and cues[j - 1, CUE_DAY] > cues[j, CUE_DAY]:
            for column in range(cues.shape[1]):
                swap = cues[j, column]
                cues[j, column] = cues[j - 1, column]
                cues[j - 1, column] = swap
            j -= 1


@rule
def may_act(world: WorldArrays, state: State, asset: int, platform: int, member: int, area: int, stage: int) -> bool:
    """Whether an asset can be sent: by its own state, through a platform of its state, or to what its patrol meets."""
    owner = world.asset_owner[asset]
    if stage == PATROL:
        return state.assets.area[asset] == area
    if member == owner:
        return True
    if platform < 0 or state.platforms.active[platform] < 0.5 or state.states.sharing[owner, platform] <= 0.0:
        return False
    if world.platform_tasks[platform] == 0:
        return True  # an exchange: each member acts on what it hears with its own ships
    return bool((world.asset_platforms[asset] >> platform) & 1)


@rule
def report_hours(state: State, parameters: ParameterValues, platform: int, member: int) -> float:
    """Delay of the report: shortest within a state, longer the less its lead state shares (mechanisms M4)."""
    if platform < 0 or member < 0:
        return parameters.report_delay_min_hours
    gap = math.pow(1.0 - state.states.sharing[member, platform], parameters.report_delay_shape)
    span = parameters.report_delay_max_hours - parameters.report_delay_min_hours
    return parameters.report_delay_min_hours + span * gap


@rule
def list_ready(world: WorldArrays, state: State) -> None:
    """List the assets that are out and can board."""
    state.counts[OUT] = 0
    for asset in range(state.assets.active.shape[0]):
        if state.assets.active[asset] > 0.5 and state.assets.area[asset] >= 0 and world.asset_boards[asset] == 1:
            state.out[state.counts[OUT]] = asset
            state.counts[OUT] += 1


@rule
def respond(
    world: WorldArrays, state: State, parameters: ParameterValues, record: Record, seed: int, week: int, year: int
) -> None:
    """Handle the week's cues in time order."""
    sort_cues(state)
    list_ready(world, state)
    for i in range(state.counts[CUES]):
        cue = state.cues[i]
        row, area, platform = int(cue[CUE_LOAD]), int(cue[CUE_AREA]), int(cue[CUE_PLATFORM])
        if row >= 0:
            record.weekly[week, CUED] += 1.0
            if platform >= 0:
                state.platforms.cues[platform] += 1.0
        if area < 0:
            continue
        if row >= 0:
            state.areas.cases[area] += 1.0
        handle(world, state, parameters, record, seed, row, area, platform, int(cue[CUE_STATE]),
            int(cue[CUE_STAGE]), cue[CUE_DAY], week, year)  # fmt: skip


@rule
def handle(
    world: WorldArrays, state: State, parameters: ParameterValues, record: Record, seed: int, row: int, area: int,
    platform: int, member: int, stage: int, day: float, week: int, year: int,
) -> None:  # fmt: skip
    """Send the asset that gets there first, if any; it is busy until the case is closed."""
    delay_h = parameters.task_delay_hours + report_hours(state, parameters, platform, member)
    if stage == PATROL:
        delay_h = 0.0
    ready_day = day + delay_h / HOURS_PER_DAY
    best = -1
    best_day = 1e18
    for i in range(state.counts[OUT]):
        asset = state.out[i]
        if state.assets.free_day[asset] > ready_day or not may_act(world, state, asset, platform, member, area, stage):
            continue
        way_km = 150.0 + world.distance_km[state.assets.place[asset], world.area_place[area]]
        if stage == PATROL:
            way_km = 30.0
        if way_km > parameters.reach_km:
            continue
        there = ready_day + way_km / world.asset_speed_km_h[asset] / HOURS_PER_DAY
        if there < best_day:
            best = asset
            best_day = there
    if best < 0:
        return
    if row < 0:
        state.assets.free_day[best] = best_day + parameters.false_contact_hours / HOURS_PER_DAY
        state.assets.busy_days[best] += best_day - ready_day + parameters.false_contact_hours / HOURS_PER_DAY
        return
    if best_day >= state.consignments.arrive_day[row]:
        return
    record.weekly[week, ACTED] += 1.0
    state.areas.acted[area] += 1.0
    if platform >= 0:
        state.platforms.acted[platform] += 1.0
    state.assets.place[best] = world.area_place[area]
    state.assets.area[best] = area
    state.assets.cases[best] += 1.0
    u, v = draws.uniform_pair(seed, draws.TASKING, week, state.consignments.ident[row], stage)
    hold = math.exp(
        -world.mode_track_loss[world.leg_mode[state.consignments.leg[row]]] * HOURS_PER_DAY * (best_day - day)
    )
    days = 0.5
    if u < hold:
        days = -parameters.service_days * math.log(v)
        board(world, state, parameters, record, seed, row, best, area, platform, member, stage, best_day, week, year)
    state.assets.free_day[best] = best_day + days
    state.assets.busy_days[best] += best_day - ready_day + days
