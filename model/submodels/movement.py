"""Movement: loads set out, travel leg by leg, and break bulk at transhipment places.

A load is on one leg at a time. It enters a leg on a drawn day of the week and arrives after the leg's days; the next
leg starts in the week after. Where a route changes its mode at a transhipment place, the load goes into
``stock[organisation, place]``, a part is left to local groups, and onward loads are chosen there (amendment 5).
"""

from __future__ import annotations

from model.columns import Organisations
from model.context import Context, State
from model.kernel.compiled import rule
from model.kinds import Counter, Deterrence, Status
from model.random import draws
from model.record import Account, Weekly, Yearly
from model.submodels.beliefs import believed_loss, remember, spread, trips_of
from model.submodels.contacts import note_landed
from model.submodels.decisions import learn_by
from model.submodels.routes import (
    SMALLEST_LOAD_KG,
    STALE_WEEKS,
    choose_route_and_load,
    draw_unit,
    pick,
    weigh_known,
    weigh_onward,
)
from model.world.arrays import WorldArrays

LONGEST_SERIES = 4  # loads an organisation can send from home in one week
ONWARD_SERIES = 4  # loads it can send on from one store in one week, such as the couriers of four flights
NEVER = 1e18
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
    stale = week - organisations.plan_week[organisation] >= STALE_WEEKS
    if organisations.plan_slot[organisation] >= 0 and not stale:
        return False
    return (organisations.ident[organisation] + week) % 4 == 0


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
            source = organisations.source[organisation]
            lineage = west_african_share(ctx.world, ctx.state, source)
            route = organisations.known_route[organisation, slot]
            units = organisations.plan_units[organisation]
            send(ctx, organisation, route, slot, load_kg, units, lineage)
            if stay_out == NOT_WEIGHED:
                stay_out = weigh_known(ctx, organisation)
            choose_route_and_load(ctx, organisation, stay_out)


@rule
def west_african_share(world: WorldArrays, state: State, source: int) -> float:
    """Part of what a source hands out that has come through West Africa."""
    if world.place_west_africa[world.source_place[source]] == 1:
        return 1.0
    if state.sources.pool_kg[source] <= 0.0:
        return 0.0
    return min(1.0, state.sources.west_africa_kg[source] / state.sources.pool_kg[source])


@rule
def send_from_stock(ctx: Context) -> None:
    """Consignments leave stores at transhipment places, within the handling capacity of the place."""
    organisations = ctx.state.organisations
    for place in range(ctx.state.places.handled_kg.shape[0]):
        ctx.state.places.handled_kg[place] = 0.0
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
    world, state, seed, week = ctx.world, ctx.state, ctx.seed, ctx.week
    organisations = state.organisations
    place = world.hub_place[hub]
    source = world.origins + hub
    rent_eur = organisations.stock_kg[organisation, hub] * world.place_storage_eur[place]
    organisations.capital_eur[organisation] -= rent_eur
    state.accounts[Account.STORAGE_EUR] += rent_eur
    room_kg = world.place_handling_kg[place] - state.places.handled_kg[place]
    ident = organisations.ident[organisation]
    count = 0
    if organisations.stock_kg[organisation, hub] > 0.0 and room_kg >= SMALLEST_LOAD_KG:
        count = weigh_onward(ctx, organisation, source)
    for turn in range(ONWARD_SERIES):
        stock_kg = organisations.stock_kg[organisation, hub]
        if stock_kg <= 0.0 or room_kg < SMALLEST_LOAD_KG:
            break
        k = 1_000_000_000 + source * 16 + turn
        choice = pick(state.choice, count, 0.0, draws.uniform(seed, draws.ROUTE, week, ident, k))
        if choice < 0:
            break
        route = world.source_route_start[source] + choice
        mu = state.choice.believed_loss[choice]
        mode = world.route_load_mode[route]
        unit = draw_unit(ctx, organisation, mode, mu, k)
        load_kg = min(stock_kg, room_kg)
        units = 1
        if world.mode_bundled[mode] == 1:
            if world.mode_parcel[mode] > 0.0:
                load_kg, unit = min(load_kg, unit), world.mode_parcel[mode]
            units = max(1, int(load_kg / unit + 0.5))
        else:
            load_kg = min(load_kg, unit)
        if stock_kg - load_kg < SMALLEST_LOAD_KG:
            load_kg = stock_kg
        share = load_kg / stock_kg
        lineage = min(1.0, float(organisations.stock_west_africa_kg[organisation, hub]) / stock_kg)
        organisations.stock_west_africa_kg[organisation, hub] = (1.0 - share) * lineage * stock_kg
        organisations.stock_kg[organisation, hub] -= load_kg
        room_kg -= load_kg
        state.places.handled_kg[place] += load_kg
        send(ctx, organisation, route, -1, load_kg, units, lineage)
    if organisations.stock_kg[organisation, hub] <= 0.0:
        organisations.stock_kg[organisation, hub] = 0.0
        organisations.stock_west_africa_kg[organisation, hub] = 0.0
        organisations.hubs_stocked[organisation] &= ~(1 << hub)


@rule
def send(ctx: Context, organisation: int, route: int, slot: int, load_kg: float, units: int, lineage: float) -> None:
    """Put a load on the first leg of a route; it sets out this week."""
    world, state, record, week = ctx.world, ctx.state, ctx.record, ctx.week
    consignments = state.consignments
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
    record.weekly[week, Weekly.DISPATCHES] += 1.0
    record.weekly[week, Weekly.MEAN_LOAD_KG] += load_kg
    if world.source_is_origin[source] == 1:
        state.sources.sent_kg[source] += load_kg
        record.weekly[week, Weekly.DISPATCHED_KG] += load_kg
        if world.market_is_europe[world.route_market[route]] == 1:
            record.weekly[week, Weekly.DISPATCHED_TO_EUROPE_KG] += load_kg
        else:
            record.weekly[week, Weekly.DISPATCHED_TO_NORTH_AMERICA_KG] += load_kg


@rule
def set_out(ctx: Context) -> None:
    """Consignments that enter a leg get their days, and the owner pays for the leg."""
    world, state, record, seed, week, year = ctx.world, ctx.state, ctx.record, ctx.seed, ctx.week, ctx.year
    consignments = state.consignments
    for i in range(state.counts[Counter.LIVE]):
        row = state.live[i]
        if consignments.setting_out[row] == 0:
            continue
        leg = consignments.leg[row]
        u, v = draws.uniform_pair(seed, draws.MOVEMENT, week, consignments.ident[row], leg)
        consignments.set_out_day[row] = 7.0 * week + 7.0 * u
        # a tenth more or less than the usual days: weather and waiting
        consignments.arrive_day[row] = consignments.set_out_day[row] + world.leg_days[leg] * (0.9 + 0.2 * v)
        pay_leg(ctx, row, leg)
        load_kg = consignments.load_kg[row]
        record.by_leg[year, leg, Yearly.MOVED_KG] += load_kg
        record.weekly[week, Weekly.EXPOSURES] += 1.0
        state.legs.set_out_kg[leg] += load_kg


@rule
def pay_leg(ctx: Context, row: int, leg: int) -> None:
    """Pay transport, bribes, premiums and the price of risk for one leg (amendment 1)."""
    world, state, parameters, week = ctx.world, ctx.state, ctx.parameters, ctx.week
    consignments = state.consignments
    owner = consignments.owner[row]
    load_kg = consignments.load_kg[row]
    destination = world.leg_destination[leg]
    transport = world.leg_cost[leg] * state.legs.cost_multiplier[leg]
    bribes = state.legs.bribe_eur_per_kg[leg] + state.places.risk_premium_eur_per_kg[destination]
    risk = 0.0
    if parameters.deterrence == Deterrence.RISK_PRICE:
        believed = state.legs.public_loss[leg]
        if owner >= 0:
            believed = believed_loss(state.organisations, state.legs, state.memory_decay, owner, leg, week)
        risk = believed * state.legs.risk_price_eur_per_kg[leg]
    charge(state, owner, (transport + bribes + risk) * load_kg)
    consignments.spent_eur_per_kg[row] += transport + bribes + risk
    state.accounts[Account.TRANSPORT_EUR] += transport * load_kg
    state.accounts[Account.BRIBES_EUR] += bribes * load_kg
    state.accounts[Account.RISK_EUR] += risk * load_kg


@rule
def pay_contacts(state: State, row: int, leg: int) -> None:
    """Pay those who let a load out of its container, for what came through."""
    fee_eur = state.legs.contact_eur_per_kg[leg]
    load_kg = state.consignments.load_kg[row]
    charge(state, state.consignments.owner[row], fee_eur * load_kg)
    state.consignments.spent_eur_per_kg[row] += fee_eur
    state.accounts[Account.BRIBES_EUR] += fee_eur * load_kg


@rule
def charge(state: State, owner: int, amount_eur: float) -> None:
    """Take money from the owner of a load; a load whose owner has left is paid for from its estate."""
    if owner >= 0:
        state.organisations.capital_eur[owner] -= amount_eur
    else:
        state.accounts[Account.CLOSING_EUR] -= amount_eur


@rule
def arrive(ctx: Context) -> None:
    """Consignments whose leg ends are learnt from, then sold, stored or sent on."""
    world, state, parameters, record, week, year = ctx.world, ctx.state, ctx.parameters, ctx.record, ctx.week, ctx.year
    consignments = state.consignments
    end_day = 7.0 * (week + 1)
    for i in range(state.counts[Counter.LIVE]):
        row = state.live[i]
        consignments.setting_out[row] = 0
        if consignments.alive[row] == 0 or consignments.arrive_day[row] >= end_day:
            continue
        leg = consignments.leg[row]
        owner = consignments.owner[row]
        place = world.leg_destination[leg]
        load_kg = consignments.load_kg[row]
        lost = consignments.lost_share[row]
        trips = trips_of(world, consignments.units[row], leg, lost)
        if owner >= 0:
            remember(state.organisations, state.memory_decay, owner, leg, week, lost, trips)
        spread(state.legs, parameters, leg, lost, load_kg * lost / (1.0 - lost), trips)
        consignments.lost_share[row] = 0.0
        record.by_place[year, place, Yearly.MOVED_KG] += load_kg
        if world.place_state[place] >= 0:
            record.by_state[year, world.place_state[place], Yearly.MOVED_KG] += load_kg
        state.places.mass_kg[place] += load_kg
        pay_contacts(state, row, leg)
        note_landed(world, state, leg, load_kg)
        if world.place_west_africa[place] == 1:
            consignments.west_africa[row] = 1.0
        route = consignments.route[row]
        last = world.route_start[route] + consignments.step[row]
        if world.place_market[place] >= 0:
            sell(ctx, row, world.place_market[place])
        elif world.route_break[last] == 1:
            store(ctx, row, world.place_hub[place])
        else:
            consignments.step[row] += 1
            consignments.leg[row] = world.route_leg[last + 1]
            consignments.setting_out[row] = 1


@rule
def sell(ctx: Context, row: int, market: int) -> None:
    """Sell a load to the wholesalers of a market at its price."""
    world, state, record, week = ctx.world, ctx.state, ctx.record, ctx.week
    consignments = state.consignments
    load_kg = consignments.load_kg[row]
    price = state.markets.price_eur_per_kg[market]
    state.markets.inventory_kg[market] += load_kg
    revenue_eur = load_kg * price
    owner = consignments.owner[row]
    if owner >= 0:
        state.organisations.dirty_eur[owner] += revenue_eur
        note_payoff(ctx, row, price - consignments.spent_eur_per_kg[row])
    else:
        state.accounts[Account.CLOSING_EUR] += revenue_eur
    state.accounts[Account.REVENUE_EUR] += revenue_eur
    if world.market_is_europe[market] == 1:
        record.weekly[week, Weekly.ARRIVED_EUROPE_KG] += load_kg
        record.weekly[week, Weekly.WEST_AFRICA_KG] += load_kg * consignments.west_africa[row]
    else:
        record.weekly[week, Weekly.ARRIVED_NORTH_AMERICA_KG] += load_kg
    consignments.alive[row] = 0


@rule
def store(ctx: Context, row: int, hub: int) -> None:
    """Break bulk: the load enters the owner's stock, a share goes to local groups where there are any."""
    world, state, parameters = ctx.world, ctx.state, ctx.parameters
    consignments = state.consignments
    organisations = state.organisations
    owner = consignments.owner[row]
    load_kg = consignments.load_kg[row]
    source = world.origins + hub
    local_kg = 0.0
    if owner < 0:
        local_kg = load_kg
    elif state.sources.weight[source] > 0.0 and world.source_is_origin[organisations.source[owner]] == 1:
        local_kg = parameters.in_kind_share * load_kg
    if local_kg > 0.0:
        state.sources.pool_kg[source] += local_kg
        state.sources.west_africa_kg[source] += local_kg * consignments.west_africa[row]
        load_kg -= local_kg
    if owner >= 0:
        organisations.stock_kg[owner, hub] += load_kg
        stored_kg = float(organisations.stock_west_africa_kg[owner, hub])
        organisations.stock_west_africa_kg[owner, hub] = stored_kg + load_kg * consignments.west_africa[row]
        organisations.hubs_stocked[owner] |= 1 << hub
        value = state.places.value_eur_per_kg[world.hub_place[hub]]
        note_payoff(ctx, row, value - consignments.spent_eur_per_kg[row])
    consignments.alive[row] = 0


@rule
def note_payoff(ctx: Context, row: int, payoff_eur_per_kg: float) -> None:
    """The owner learns what the route of a consignment brought, if it still knows the route."""
    consignments = ctx.state.consignments
    slot, owner = consignments.slot[row], consignments.owner[row]
    if slot >= 0 and owner >= 0 and ctx.state.organisations.known_route[owner, slot] == consignments.route[row]:
        learn_by(ctx.parameters.choice_rule, ctx, owner, slot, payoff_eur_per_kg)


@rule
def sweep(ctx: Context) -> None:
    """Consignments that have ended leave the list of the living, which keeps its order."""
    state = ctx.state
    kept = 0
    for i in range(state.counts[Counter.LIVE]):
        row = state.live[i]
        if state.consignments.alive[row] == 1:
            state.live[kept] = row
            kept += 1
        else:
            state.free[state.counts[Counter.FREE]] = row
            state.counts[Counter.FREE] += 1
    state.counts[Counter.LIVE] = kept
