"""Arrival: what came through is learnt from, then sold, stored or sent on.

Where a route changes its mode at a transhipment place, a consignment goes into ``stock[organisation, place]``, and a
part is left to local organisations (amendment 5).
"""

from model.context import Context, State
from model.kernel.compiled import rule
from model.kinds import Counter
from model.record import Account, Weekly, Yearly, record_by_market
from model.submodels.beliefs import remember, spread, trips_of
from model.submodels.contacts import note_landed
from model.submodels.decisions import note_payoff
from model.submodels.movement import charge


@rule
def arrive(ctx: Context) -> None:
    """Consignments whose leg ends are learnt from, then sold, stored or sent on."""
    world, state, parameters, record, week, year = ctx.world, ctx.state, ctx.parameters, ctx.record, ctx.week, ctx.year
    consignments = state.consignments
    for i in range(state.counts[Counter.LIVE]):
        row = state.live[i]
        consignments.setting_out[row] = 0
        if consignments.alive[row] == 0 or consignments.arrive_day[row] >= 7.0 * (week + 1):
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
        last = world.route_start[consignments.route[row]] + consignments.step[row]
        if world.place_market[place] >= 0:
            sell(ctx, row, world.place_market[place])
        elif world.route_break[last] == 1:
            store(ctx, row, world.place_hub[place])
        else:
            consignments.step[row] += 1
            consignments.leg[row] = world.route_leg[last + 1]
            consignments.setting_out[row] = 1


@rule
def pay_contacts(state: State, row: int, leg: int) -> None:
    """Pay those who let a load out of its container, for what came through."""
    fee_eur = state.legs.contact_eur_per_kg[leg]
    load_kg = state.consignments.load_kg[row]
    charge(state, state.consignments.owner[row], fee_eur * load_kg)
    state.consignments.spent_eur_per_kg[row] += fee_eur
    state.accounts[Account.BRIBES_EUR] += fee_eur * load_kg


@rule
def sell(ctx: Context, row: int, market: int) -> None:
    """Sell a load to the wholesalers of a market at its price."""
    state, consignments = ctx.state, ctx.state.consignments
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
    record_by_market(ctx, market, Weekly.ARRIVED_EUROPE_KG.value, Weekly.ARRIVED_NORTH_AMERICA_KG.value, load_kg)
    if ctx.world.market_is_europe[market] == 1:
        ctx.record.weekly[ctx.week, Weekly.WEST_AFRICA_KG] += load_kg * consignments.west_africa[row]
    consignments.alive[row] = 0


@rule
def store(ctx: Context, row: int, hub: int) -> None:
    """Break bulk: the load enters the owner's stock, a share goes to local groups where there are any."""
    world, state, consignments, organisations = ctx.world, ctx.state, ctx.state.consignments, ctx.state.organisations
    owner = consignments.owner[row]
    load_kg = consignments.load_kg[row]
    source = world.origins + hub
    local_kg = 0.0
    if owner < 0:
        local_kg = load_kg
    elif state.sources.weight[source] > 0.0 and world.source_is_origin[organisations.source[owner]] == 1:
        local_kg = ctx.parameters.in_kind_share * load_kg
    state.sources.pool_kg[source] += local_kg
    state.sources.west_africa_kg[source] += local_kg * consignments.west_africa[row]
    load_kg -= local_kg
    if owner >= 0:
        organisations.stock_kg[owner, hub] += load_kg
        stored_kg = float(organisations.stock_west_africa_kg[owner, hub])
        organisations.stock_west_africa_kg[owner, hub] = stored_kg + load_kg * consignments.west_africa[row]
        organisations.hubs_stocked[owner] |= 1 << hub
        note_payoff(ctx, row, state.places.value_eur_per_kg[world.hub_place[hub]] - consignments.spent_eur_per_kg[row])
    consignments.alive[row] = 0
