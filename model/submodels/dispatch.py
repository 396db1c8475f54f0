"""Dispatch: organisations send consignments from home, and on from stores at transhipment places.

Where goods lie in ``stock[organisation, place]``, onward consignments are chosen there (amendment 5), within the
handling capacity of the place.
"""

from model.context import Context, Organisations, State, WorldArrays
from model.kernel.compiled import rule
from model.kinds import Counter, Status
from model.random import draws
from model.record import Account, Weekly, record_by_market
from model.submodels.movement import charge
from model.submodels.routes import (
    SMALLEST_LOAD_KG,
    STALE_WEEKS,
    choose_route_and_load,
    draw_unit,
    pick,
    weigh_known,
    weigh_onward,
)

LONGEST_SERIES = 4  # consignments an organisation can send from home in one week
ONWARD_SERIES = 4  # consignments it can send on from one store in one week, such as the couriers of four flights
NOT_WEIGHED = -1.0


@rule
def rows_needed(ctx: Context) -> int:
    """Upper bound of new consignments this week, so that the pool can grow before the week starts."""
    organisations = ctx.state.organisations
    bound = 0
    for organisation in range(organisations.alive.shape[0]):
        if organisations.alive[organisation] == 0:
            continue
        source = organisations.source[organisation]
        part = (
            organisations.weight[organisation]
            * ctx.parameters.purchase_ambition
            / max(1e-12, ctx.state.sources.weight[source])
        )
        more_kg = min(1.0, part) * (
            ctx.state.sources.pool_kg[source] + 2.0 * ctx.state.sources.supply_kg_per_week[source]
        )
        most_kg = organisations.inventory_kg[organisation] + more_kg
        if most_kg >= organisations.plan_load_kg[organisation] or plans_again(organisations, organisation, ctx.week):
            bound += min(LONGEST_SERIES, int(most_kg / SMALLEST_LOAD_KG))
        stocked = organisations.hubs_stocked[organisation]
        while stocked != 0:
            stocked &= stocked - 1
            bound += ONWARD_SERIES
    return bound


@rule
def plans_again(organisations: Organisations, organisation: int, week: int) -> bool:
    """Whether an organisation thinks anew this week: it stays out or its plan is stale; a quarter a week."""
    stale = week - organisations.plan_week[organisation] >= STALE_WEEKS or organisations.plan_slot[organisation] < 0
    return stale and (organisations.ident[organisation] + week) % 4 == 0


@rule
def send_from_home(ctx: Context) -> None:
    """Organisations send the consignments that they have gathered, and plan the next."""
    organisations = ctx.state.organisations
    for organisation in range(organisations.alive.shape[0]):
        if organisations.alive[organisation] == 0:
            continue
        stay_out = NOT_WEIGHED
        if plans_again(organisations, organisation, ctx.week):
            stay_out = weigh_known(ctx, organisation)
            choose_route_and_load(ctx, organisation, stay_out)
        for _ in range(LONGEST_SERIES):
            slot = organisations.plan_slot[organisation]
            load_kg = organisations.plan_load_kg[organisation]
            if slot < 0 or organisations.inventory_kg[organisation] < load_kg:
                break
            organisations.inventory_kg[organisation] -= load_kg
            lineage = west_african_share(ctx.world, ctx.state, organisations.source[organisation])
            route, units = organisations.known_route[organisation, slot], organisations.plan_units[organisation]
            send(ctx, organisation, route, slot, load_kg, units, lineage)
            if stay_out == NOT_WEIGHED:
                stay_out = weigh_known(ctx, organisation)
            choose_route_and_load(ctx, organisation, stay_out)


@rule
def west_african_share(world: WorldArrays, state: State, source: int) -> float:
    """Part of what a source hands out that has come through West Africa."""
    if world.place_west_africa[world.source_place[source]] == 1:
        return 1.0
    pool_kg = state.sources.pool_kg[source]
    return min(1.0, state.sources.west_africa_kg[source] / pool_kg) if pool_kg > 0.0 else 0.0


@rule
def send_from_stock(ctx: Context) -> None:
    """Consignments leave stores at transhipment places, within the handling capacity of the place."""
    organisations = ctx.state.organisations
    ctx.state.places.handled_kg[:] = 0.0
    rows = organisations.alive.shape[0]
    for k in range(rows):
        # another organisation comes first every week, so that scarce handling is nobody's privilege
        organisation = (ctx.week + k) % rows
        stocked = organisations.hubs_stocked[organisation]
        if stocked == 0:
            continue
        for hub in range(ctx.world.hub_place.shape[0]):
            if (stocked >> hub) & 1:
                send_on(ctx, organisation, hub)


@rule
def send_on(ctx: Context, organisation: int, hub: int) -> None:
    """Send loads on from one store and pay its rent."""
    world, state, organisations = ctx.world, ctx.state, ctx.state.organisations
    place, source = world.hub_place[hub], world.origins + hub
    rent_eur = organisations.stock_kg[organisation, hub] * world.place_storage_eur[place]
    organisations.capital_eur[organisation] -= rent_eur
    state.accounts[Account.STORAGE_EUR] += rent_eur
    room_kg = world.place_handling_kg[place] - state.places.handled_kg[place]
    sends = organisations.stock_kg[organisation, hub] > 0.0 and room_kg >= SMALLEST_LOAD_KG
    count = weigh_onward(ctx, organisation, source) if sends else 0
    for turn in range(ONWARD_SERIES):
        stock_kg = organisations.stock_kg[organisation, hub]
        if stock_kg <= 0.0 or room_kg < SMALLEST_LOAD_KG:
            break
        k = 1_000_000_000 + source * 16 + turn
        u = draws.uniform(ctx.seed, draws.ROUTE, ctx.week, organisations.ident[organisation], k)
        choice = pick(state.choice, count, 0.0, u)
        if choice < 0:
            break
        route = world.source_route_start[source] + choice
        mode = world.route_load_mode[route]
        unit = draw_unit(ctx, organisation, mode, state.choice.believed_loss[choice], k)
        load_kg, units = min(stock_kg, room_kg), 1
        if world.mode_bundled[mode] == 1:
            if world.mode_parcel[mode] > 0.0:
                load_kg, unit = min(load_kg, unit), world.mode_parcel[mode]
            units = max(1, int(load_kg / unit + 0.5))
        else:
            load_kg = min(load_kg, unit)
        if stock_kg - load_kg < SMALLEST_LOAD_KG:
            load_kg = stock_kg
        lineage = min(1.0, float(organisations.stock_west_africa_kg[organisation, hub]) / stock_kg)
        organisations.stock_west_africa_kg[organisation, hub] = (1.0 - load_kg / stock_kg) * lineage * stock_kg
        organisations.stock_kg[organisation, hub] -= load_kg
        room_kg -= load_kg
        state.places.handled_kg[place] += load_kg
        send(ctx, organisation, route, -1, load_kg, units, lineage)
    if organisations.stock_kg[organisation, hub] <= 0.0:
        organisations.stock_kg[organisation, hub] = organisations.stock_west_africa_kg[organisation, hub] = 0.0
        organisations.hubs_stocked[organisation] &= ~(1 << hub)


@rule
def send(ctx: Context, organisation: int, route: int, slot: int, load_kg: float, units: int, lineage: float) -> None:
    """Put a load on the first leg of a route; it sets out this week."""
    world, state, consignments = ctx.world, ctx.state, ctx.state.consignments
    if state.counts[Counter.FREE] <= 0:
        state.counts[Counter.STATUS] = Status.NO_ROW_LEFT
        return
    state.counts[Counter.FREE] -= 1
    row = state.free[state.counts[Counter.FREE]]
    state.live[state.counts[Counter.LIVE]] = row
    state.counts[Counter.LIVE] += 1
    ident = state.organisations.ident[organisation]
    consignments.ident[row] = draws.consignment_ident(ident, state.organisations.sequence[organisation])
    state.organisations.sequence[organisation] += 1
    consignments.alive[row] = 1
    consignments.owner[row] = organisation
    consignments.owner_ident[row] = ident
    consignments.slot[row] = slot
    consignments.route[row] = route
    consignments.step[row] = 0
    consignments.leg[row] = world.route_leg[world.route_start[route]]
    consignments.load_kg[row] = load_kg
    consignments.units[row] = units
    consignments.west_africa[row] = lineage
    consignments.lost_share[row] = 0.0
    consignments.setting_out[row] = 1
    source = world.route_source[route]
    consignments.spent_eur_per_kg[row] = (
        state.sources.price_eur_per_kg[source] + state.routes.congestion_eur_per_kg[route]
    )
    congestion_eur = state.routes.congestion_eur_per_kg[route] * load_kg
    charge(state, organisation, congestion_eur)
    state.accounts[Account.TRANSPORT_EUR] += congestion_eur
    state.routes.flow_kg[route] += load_kg
    ctx.record.weekly[ctx.week, Weekly.DISPATCHES] += 1.0
    ctx.record.weekly[ctx.week, Weekly.MEAN_LOAD_KG] += load_kg
    if world.source_is_origin[source] == 1:
        state.sources.sent_kg[source] += load_kg
        ctx.record.weekly[ctx.week, Weekly.DISPATCHED_KG] += load_kg
        record_by_market(
            ctx,
            world.route_market[route],
            Weekly.DISPATCHED_TO_EUROPE_KG.value,
            Weekly.DISPATCHED_TO_NORTH_AMERICA_KG.value,
            load_kg,
        )
