"""Finance: revenue is laundered at a cost, traced and frozen where controls are strong, confiscated or given back.

Laundering costs ``k0 + (k1 - k0) s`` of the sum, s the strength of control in the market states; a share ``f s`` of
dirty
revenue is frozen, and courts confiscate part of that (mechanisms M15). Owners draw a fixed share of what is above the
working capital they want (amendment 1).
"""

from __future__ import annotations

import math

from model.columns import Organisations
from model.context import Context, State
from model.kernel.compiled import compiled, rule
from model.parameters import ParameterValues
from model.record import Account, Weekly
from model.world.arrays import WorldArrays

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
def control_strength(world: WorldArrays, state: State) -> float:
    """Mean strength of financial control where the goods are sold in Europe."""
    strength = 0.0
    markets = 0
    for market in range(world.market_place.shape[0]):
        if world.market_is_europe[market] == 1:
            strength += state.states.finance_strength[world.place_state[world.market_place[market]]]
            markets += 1
    return strength / markets


@rule
def freeze_chance(ctx: Context, strength: float) -> float:
    """Share of proceeds frozen: the published share, times control and tracing relative to those of the tables.

    What is kept abroad can be traced only as far as the market states exchange (mechanisms M15).
    """
    world, state, parameters = ctx.world, ctx.state, ctx.parameters
    exchange = world.exchange_platform
    shared = 0.0
    markets = 0
    if exchange >= 0:
        for market in range(world.market_place.shape[0]):
            if world.market_is_europe[market] == 1:
                shared += state.states.sharing[world.place_state[world.market_place[market]], exchange]
                markets += 1
        shared /= markets
    reach = 1.0 - parameters.abroad_share * (1.0 - shared)
    normal = 1.0 - parameters.abroad_share * (1.0 - NORMAL_EXCHANGE)
    return min(0.9, parameters.freeze_share * strength / world.finance_normal * reach / normal)


@rule
def launder(ctx: Context) -> None:
    """Revenue is laundered, traced and frozen; courts decide; owners draw profit."""
    world, state, parameters, record, week = ctx.world, ctx.state, ctx.parameters, ctx.record, ctx.week
    organisations = state.organisations
    strength = control_strength(world, state)
    frozen_share = freeze_chance(ctx, strength)
    spread = parameters.laundering_cost_max - parameters.laundering_cost_base
    fee = parameters.laundering_cost_base + spread * strength
    clean_share = 1.0 - math.exp(-1.0 / parameters.laundering_weeks)
    decided_share = 1.0 - math.exp(-1.0 / parameters.court_weeks)
    release = 1.0 - math.exp(-1.0 / parameters.jail_weeks)
    capital = 0.0
    frozen = 0.0
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
        if above > 0.0:
            draw = parameters.drawings_share * above
            organisations.capital_eur[organisation] -= draw
            state.accounts[Account.DRAWINGS_EUR] += draw
        organisations.jailed_share[organisation] *= 1.0 - release
        capital += organisations.capital_eur[organisation]
        frozen += organisations.frozen_eur[organisation]
    record.weekly[week, Weekly.CAPITAL_EUR] = capital
    record.weekly[week, Weekly.FROZEN_EUR] = frozen
