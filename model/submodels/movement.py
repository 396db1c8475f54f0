"""Movement: consignments travel leg by leg, and their owners pay for it.

A consignment is on one leg at a time. It enters a leg on a drawn day of the week and arrives after the leg's days; the
next leg starts in the week after.
"""

from model.context import Context, State
from model.kernel.compiled import rule
from model.kinds import Counter, Deterrence
from model.random import draws
from model.record import Account, Weekly, Yearly
from model.submodels.beliefs import believed_loss

NEVER = 1e18


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
def charge(state: State, owner: int, amount_eur: float) -> None:
    """Take money from the owner of a load; a load whose owner has left is paid for from its estate."""
    if owner >= 0:
        state.organisations.capital_eur[owner] -= amount_eur
    else:
        state.accounts[Account.CLOSING_EUR] -= amount_eur


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
