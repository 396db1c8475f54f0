"""Finance: revenue is laundered at a cost, traced and frozen where controls are strong, confiscated or given back.

Laundering costs ``k0 + (k1 - k0) s`` of the sum, s the strength of control in the market states; a share ``f s`` of
dirty
revenue is frozen, and courts confiscate part of that (mechanisms M15). Owners draw a fixed share of what is above the
working capital they want (amendment 1).
"""

import math

from model.context import Array, Context, Organisations, ParameterValues, WorldArrays
from model.kernel.compiled import compiled, rule
from model.record import Account, Weekly

NORMAL_EXCHANGE = 0.4
"""Sharing inside the EU to which the published freezing share belongs (mechanisms M1, EU pairs)."""


@compiled
def means_eur(organisations: Organisations, parameters: ParameterValues, organisation: int) -> float:
    """What an organisation can spend: its cash and, for those to whom somebody lends, what is left of their credit."""
    cash_eur: float = organisations.capital_eur[organisation]
    if organisations.can_borrow[organisation] == 0:
        return cash_eur
    weeks = parameters.credit_weeks / parameters.capital_weeks
    return cash_eur + weeks * float(organisations.target_capital_eur[organisation])


@rule
def market_mean(world: WorldArrays, column: Array) -> float:
    """Mean of a column over the countries where the goods are sold in Europe."""
    total, markets = 0.0, 0
    for market in range(world.market_place.shape[0]):
        if world.market_is_europe[market] == 1:
            total += column[world.place_state[world.market_place[market]]]
            markets += 1
    return total / markets


@rule
def freeze_chance(ctx: Context, strength: float) -> float:
    """Share of proceeds frozen: the published share, times control and tracing relative to those of the tables.

    What is kept abroad can be traced only as far as the market states exchange (mechanisms M15).
    """
    world, parameters, exchange = ctx.world, ctx.parameters, ctx.world.exchange_platform
    shared = market_mean(world, ctx.state.states.sharing[:, exchange]) if exchange >= 0 else 0.0
    reach = 1.0 - parameters.abroad_share * (1.0 - shared)
    normal = 1.0 - parameters.abroad_share * (1.0 - NORMAL_EXCHANGE)
    return min(0.9, parameters.freeze_share * strength / world.finance_normal * reach / normal)


@rule
def launder(ctx: Context) -> None:
    """Revenue is laundered, traced and frozen; courts decide; owners draw profit."""
    state, parameters, organisations = ctx.state, ctx.parameters, ctx.state.organisations
    strength = market_mean(ctx.world, state.states.finance_strength)
    frozen_share = freeze_chance(ctx, strength)
    spread = parameters.laundering_cost_max - parameters.laundering_cost_base
    fee = parameters.laundering_cost_base + spread * strength
    clean_share = 1.0 - math.exp(-1.0 / parameters.laundering_weeks)
    decided_share = 1.0 - math.exp(-1.0 / parameters.court_weeks)
    release = 1.0 - math.exp(-1.0 / parameters.jail_weeks)
    capital, frozen = 0.0, 0.0
    for organisation in range(organisations.alive.shape[0]):
        if organisations.alive[organisation] == 0:
            continue
        moved = clean_share * organisations.dirty_eur[organisation]
        caught = moved * frozen_share
        cost = fee * (moved - caught)
        organisations.dirty_eur[organisation] -= moved
        decided = decided_share * organisations.frozen_eur[organisation]
        taken = parameters.confiscated_of_frozen * decided
        organisations.frozen_eur[organisation] += caught - decided
        organisations.capital_eur[organisation] += moved - caught - cost + decided - taken
        state.accounts[Account.LAUNDERING_EUR] += cost
        state.accounts[Account.CONFISCATED_EUR] += taken
        above = organisations.capital_eur[organisation] - organisations.target_capital_eur[organisation]
        draw = parameters.drawings_share * max(0.0, above)
        organisations.capital_eur[organisation] -= draw
        state.accounts[Account.DRAWINGS_EUR] += draw
        organisations.jailed_share[organisation] *= 1.0 - release
        capital += organisations.capital_eur[organisation]
        frozen += organisations.frozen_eur[organisation]
    ctx.record.weekly[ctx.week, Weekly.CAPITAL_EUR] = capital
    ctx.record.weekly[ctx.week, Weekly.FROZEN_EUR] = frozen
