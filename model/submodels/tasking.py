"""Tasking: which asset goes to which cue, and what patrols do between cases.

Assets alternate between patrol and port so that they are out for the share ``availability`` of their time; on patrol
they search an area within reach, chosen by where loads were taken before, thinned to a prior. Cues are handled in time
order. The nearest free asset that may be sent and gets there first takes the case and is busy for the service time, so
the act-rate and its saturation emerge from ships that are busy (mechanisms M4, M5).
"""

import math

from model.context import Context, Cues, ParameterValues, State, WorldArrays
from model.kernel.compiled import compiled, rule
from model.kinds import STAGES, Counter, ServiceTimes, Stage
from model.random import draws
from model.record import Weekly
from model.submodels.allocation import choose_area, learn_from_spell
from model.submodels.boarding import board
from model.submodels.columns import fade
from model.submodels.sensors import Cue, recall

HOURS_PER_DAY = 24.0
FRUITLESS_DAYS = 0.5
"""What a case costs where the craft is not found (assumed)."""
AREA_WAY_KM, MEETING_WAY_KM = 150.0, 30.0
"""Mean way to a cue within the area where an asset is, and to a craft that its patrol meets (assumed)."""


@rule
def patrol(ctx: Context) -> None:
    """Assets leave port, choose an area, search it and return; memory of cases in the areas fades."""
    world, state, parameters, record, week = ctx.world, ctx.state, ctx.parameters, ctx.record, ctx.week
    assets = state.assets
    day = 7.0 * week
    state.areas.search_km2_per_day[:] = 0.0
    fade(state.areas.cases, state.memory_decay[1])
    fade(state.areas.acted, state.memory_decay[1])
    for asset in range(assets.active.shape[0]):
        assets.search_hours[asset] = 0.0
        if assets.active[asset] < 0.5:
            assets.area[asset] = -1
            assets.place[asset] = world.asset_base[asset]
            continue
        if assets.free_day[asset] >= day + 7.0:
            continue
        if day >= assets.return_day[asset]:
            change_watch(ctx, asset)
        if assets.area[asset] < 0:
            continue
        area = assets.area[asset]
        share = free_share(assets.free_day[asset], day)
        hours = 7.0 * parameters.patrol_hours_per_day * share
        hours *= world.asset_sortie_share[asset] if world.asset_flies[asset] == 1 else 1.0
        assets.search_hours[asset] = hours
        sweep_km2_per_h = world.asset_sweep_km[asset] * parameters.sweep_scale * world.asset_speed_km_h[asset]
        state.areas.search_km2_per_day[area] += sweep_km2_per_h * hours / 7.0
        state.areas.effort[area] += share
        record.weekly[week, Weekly.ASSET_WEEKS] += share


@compiled
def free_share(free_day: float, day: float) -> float:
    """Share of the week from `day` in which an asset that comes free on `free_day` can search."""
    return min(1.0, max(0.0, (day + 7.0 - free_day) / 7.0))


@rule
def change_watch(ctx: Context, asset: int) -> None:
    """End of a spell at sea or in port: out again with the chance of its availability, which is its share out."""
    world, parameters, assets = ctx.world, ctx.parameters, ctx.state.assets
    learn_from_spell(ctx.state, parameters, asset)
    u, v, w, _ = draws.uniform_four(ctx.seed, draws.ASSET, ctx.week, asset, 0)
    spell_days = max(7.0, world.asset_endurance_days[asset]) * (0.5 + u)
    assets.return_day[asset] = 7.0 * ctx.week + spell_days
    if w >= min(0.98, assets.availability[asset] * parameters.availability_scale):
        assets.area[asset] = -1
        assets.place[asset] = world.asset_base[asset]
        return
    assets.area[asset] = choose_area(ctx, asset, v)
    assets.place[asset] = world.area_place[assets.area[asset]]


@rule
def sort_cues(state: State) -> None:
    """Put this week's cues into time order (insertion sort: there are few)."""
    day, order = state.cues.day, state.cues.order
    for i in range(1, state.counts[Counter.CUES]):
        cue, j = order[i], i
        while j > 0 and day[order[j - 1]] > day[cue]:
            order[j] = order[j - 1]
            j -= 1
        order[j] = cue


@rule
def may_act(ctx: Context, cue: Cue, asset: int) -> bool:
    """Whether an asset can be sent: by its own state, through a platform of its state, or to what its patrol meets."""
    world, state, platform = ctx.world, ctx.state, cue.platform
    owner = world.asset_owner[asset]
    if cue.stage == Stage.PATROL:
        return state.assets.area[asset] == cue.area
    if cue.member == owner:
        return True
    if platform < 0 or state.platforms.active[platform] < 0.5 or state.states.sharing[owner, platform] <= 0.0:
        return False
    # in an exchange each member acts on what it hears with its own ships
    return bool(world.platform_tasks[platform] == 0 or state.assets.lent_to[asset] == platform)


@rule
def report_hours(state: State, parameters: ParameterValues, platform: int, member: int) -> float:
    """Delay of the report: shortest within a state, longer the less its lead state shares (mechanisms M4)."""
    if platform < 0 or member < 0:
        return parameters.report_delay_min_hours
    gap = math.pow(1.0 - state.states.sharing[member, platform], parameters.report_delay_shape)
    span = parameters.report_delay_max_hours - parameters.report_delay_min_hours
    span *= 1.0 - parameters.liaison_delay * state.platforms.liaison[platform]
    return parameters.report_delay_min_hours + span * gap


@rule
def list_ready(world: WorldArrays, state: State) -> None:
    """List the assets that are out and can board."""
    state.counts[Counter.READY] = 0
    for asset in range(state.assets.active.shape[0]):
        if state.assets.active[asset] > 0.5 and state.assets.area[asset] >= 0 and world.asset_boards[asset] == 1:
            state.workspace.ready_asset[state.counts[Counter.READY]] = asset
            state.counts[Counter.READY] += 1


@rule
def read_cue(cues: Cues, i: int) -> Cue:
    """The cue that comes in as number `i` of this week."""
    k = cues.order[i]
    return Cue(cues.row[k], cues.area[k], cues.platform[k], cues.member[k], cues.stage[k], cues.day[k])


@rule
def respond(ctx: Context) -> None:
    """Cues are handled in time order: an asset is sent, searches, boards and seizes."""
    world, state, record, week = ctx.world, ctx.state, ctx.record, ctx.week
    sort_cues(state)
    list_ready(world, state)
    for i in range(state.counts[Counter.CUES]):
        cue = read_cue(state.cues, i)
        if cue.row >= 0:
            record.weekly[week, Weekly.CUED] += 1.0
            record.weekly[week, Weekly.CUED_KG] += state.consignments.load_kg[cue.row]
            if cue.platform >= 0:
                state.platforms.cues[cue.platform] += 1.0
        if cue.area < 0:
            continue
        if cue.row >= 0:
            state.areas.cases[cue.area] += 1.0
        dispatch_asset(ctx, cue)


@compiled
def search_share(swept_km2: float, area_km2: float) -> float:
    """Random-search law: chance to find a craft in an area of which so much is swept (Koopman 1946)."""
    return 1.0 - math.exp(-swept_km2 / area_km2)


@rule
def swept_on_scene(ctx: Context, asset: int, area: int) -> float:
    """Sea swept in a day around a cue by the asset sent and by the aircraft that help it: those of its own state, or
    lent to the same platform, that fly over the area; km2.
    """
    world, state, parameters = ctx.world, ctx.state, ctx.parameters
    swept = world.asset_speed_km_h[asset] * world.asset_sweep_km[asset] * parameters.patrol_hours_per_day
    lent = state.assets.lent_to[asset]
    for other in range(state.assets.active.shape[0]):
        if world.asset_flies[other] == 0 or state.assets.area[other] != area or other == asset:
            continue
        together = lent >= 0 and state.assets.lent_to[other] == lent
        if together or world.asset_owner[other] == world.asset_owner[asset]:
            hours = parameters.patrol_hours_per_day * world.asset_sortie_share[other]
            swept += world.asset_speed_km_h[other] * world.asset_sweep_km[other] * hours
    return swept * parameters.sweep_scale


@rule
def regain(ctx: Context, mode: int, area: int, member: int) -> float:
    """Looks per day by which satellites tasked on a shared cue find a lost craft again, 0 without a cue (M3)."""
    world, state, parameters = ctx.world, ctx.state, ctx.parameters
    eye = world.satellite_platform
    if eye < 0 or member < 0 or state.areas.imaged_share[area] <= 0.0:
        return 0.0
    looks = parameters.tasked_imaged_share / parameters.tasked_revisit_days
    return state.states.sharing[member, eye] * looks * recall(world, parameters, mode)


@rule
def track_life_days(world: WorldArrays, mode: int, u: float) -> float:
    """Days until a track is lost, exponential with the rate of the mode (mechanisms M4)."""
    loss = world.mode_track_loss[mode] * HOURS_PER_DAY
    return -math.log(u) / loss if loss > 0.0 else 1e18


@rule
def dispatch_asset(ctx: Context, cue: Cue) -> None:
    """Send the asset that gets there first; a cue waits for one until its track is lost (Erlang-A, amendment 11)."""
    world, state, parameters, record, seed, week = ctx.world, ctx.state, ctx.parameters, ctx.record, ctx.seed, ctx.week
    row, area, platform, stage = cue.row, cue.area, cue.platform, cue.stage
    delay_h = parameters.task_delay_hours + report_hours(state, parameters, platform, cue.member)
    if stage == Stage.PATROL:
        delay_h = 0.0
    elif stage == Stage.SATELLITE:
        delay_h += parameters.satellite_delay_hours
    ready_day = cue.day + delay_h / HOURS_PER_DAY
    best, best_day = first_there(ctx, cue, ready_day)
    if best < 0:
        return
    start_day = max(ready_day, state.assets.free_day[best])
    if row < 0:
        if start_day <= ready_day:
            chase_nothing(state, parameters, best, best_day, start_day)
        return
    u, v, w, _ = draws.uniform_four(seed, draws.TASKING, week, state.consignments.ident[row], stage)
    mode = world.leg_mode[state.consignments.leg[row]]
    lost_day = cue.day + track_life_days(world, mode, u) if stage != Stage.PATROL else 1e18
    if lost_day < best_day and w < 1.0 - math.exp(-regain(ctx, mode, area, cue.member) * (best_day - lost_day)):
        lost_day = 1e18
    if start_day > lost_day or best_day >= state.consignments.arrive_day[row]:
        return
    record.weekly[week, Weekly.ACTED] += 1.0
    record.weekly[week, Weekly.ACTED_KG] += state.consignments.load_kg[row]
    state.areas.acted[area] += 1.0
    if platform >= 0:
        state.platforms.acted[platform] += 1.0
    state.assets.place[best] = world.area_place[area]
    state.assets.area[best] = area
    state.assets.cases[best] += 1.0
    days = FRUITLESS_DAYS
    if best_day <= lost_day and (stage == Stage.PATROL or found_there(ctx, cue, best)):
        spread = -math.log(v) if parameters.service_times == ServiceTimes.EXPONENTIAL else 1.0
        days = parameters.service_days * spread
        board(ctx, cue, best, best_day)
    state.assets.free_day[best] = best_day + days
    state.assets.busy_days[best] += best_day - start_day + days


@rule
def first_there(ctx: Context, cue: Cue, ready_day: float) -> tuple[int, float]:
    """The asset that would reach a cue first, now or when it is free again, and the day; -1 if none may or can."""
    world, state, parameters = ctx.world, ctx.state, ctx.parameters
    best, best_day = -1, 1e18
    for i in range(state.counts[Counter.READY]):
        asset = state.workspace.ready_asset[i]
        if not may_act(ctx, cue, asset):
            continue
        start_day = max(ready_day, state.assets.free_day[asset])
        if cue.stage == Stage.PATROL and start_day > ready_day:
            continue
        way_km = AREA_WAY_KM + world.distance_km[state.assets.place[asset], world.area_place[cue.area]]
        if cue.stage == Stage.PATROL:
            way_km = MEETING_WAY_KM
        there = start_day + way_km / world.asset_speed_km_h[asset] / HOURS_PER_DAY
        if way_km <= parameters.reach_km and there < best_day:
            best, best_day = asset, there
    return best, best_day


@rule
def chase_nothing(state: State, parameters: ParameterValues, asset: int, there_day: float, start_day: float) -> None:
    """A false contact takes the way there and a look."""
    look_days = parameters.false_contact_hours / HOURS_PER_DAY
    state.assets.free_day[asset] = there_day + look_days
    state.assets.busy_days[asset] += there_day - start_day + look_days


@rule
def found_there(ctx: Context, cue: Cue, asset: int) -> bool:
    """Whether the search around the cue finds the craft (Koopman 1946)."""
    u = draws.uniform(ctx.seed, draws.TASKING, ctx.week, ctx.state.consignments.ident[cue.row], len(STAGES) + cue.stage)
    return u < search_share(swept_on_scene(ctx, asset, cue.area), ctx.parameters.cue_area_km2)
