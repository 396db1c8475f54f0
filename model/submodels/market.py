"""Market: wholesalers' stocks, prices, consumption, arbitrage between markets and back up the chain.

``ln p* = ln p0 + ln(I / (W D0)) / eps``, ``ln p += clip(eta (ln p* - ln p), -0.05, 0.05)`` (amendment 14), so a market
is stable by construction; consumption is ``D0 (p / p0)^eps``. European markets trade with one another where the
price gap
exceeds the cost of the way. What a kg is worth on the way follows from the markets by arbitrage, with no fixed mark-up.
"""

import math

from model.context import Context, ParameterValues, WorldArrays
from model.kernel.compiled import compiled, rule
from model.kinds import Deterrence
from model.record import Account, Weekly, record_by_market
from model.submodels.supply import step_price

SMALLEST_STOCK_KG = 1.0


@rule
def reference_price(world: WorldArrays, parameters: ParameterValues, market: int) -> float:
    """Price at which a market consumes its demand anchor, EUR per pure kg."""
    in_europe = world.market_is_europe[market] == 1
    return parameters.europe_price_eur_per_kg if in_europe else parameters.north_america_price_eur_per_kg


@compiled
def move_price(
    price: float, inventory_kg: float, demand: float, reference: float, parameters: ParameterValues
) -> float:
    """Next week's price of one market (amendment 14), EUR/kg."""
    cover = max(SMALLEST_STOCK_KG, inventory_kg) / (parameters.market_cover_weeks * demand)
    target = math.log(reference) + math.log(cover) / parameters.demand_elasticity
    return step_price(price, target, parameters.price_adjustment)


@rule
def clear(ctx: Context) -> None:
    """Markets consume, and their prices move."""
    world, parameters, markets = ctx.world, ctx.parameters, ctx.state.markets
    for market in range(markets.price_eur_per_kg.shape[0]):
        in_europe = world.market_is_europe[market] == 1
        demand = markets.demand_kg_per_week[market] * (parameters.demand_scale if in_europe else 1.0)
        reference = reference_price(world, parameters, market)
        ratio = markets.price_eur_per_kg[market] / reference
        wanted = demand * math.exp(parameters.demand_elasticity * math.log(ratio))
        used = min(wanted, markets.inventory_kg[market])
        markets.inventory_kg[market] -= used
        ctx.state.accounts[Account.CONSUMED_KG] += used
        record_by_market(ctx, market, Weekly.CONSUMED_EUROPE_KG.value, Weekly.CONSUMED_NORTH_AMERICA_KG.value, used)
        markets.price_eur_per_kg[market] = move_price(
            markets.price_eur_per_kg[market], markets.inventory_kg[market], demand, reference, parameters
        )


@rule
def arbitrage(ctx: Context) -> None:
    """Wholesalers move stock from cheap to dear European markets, at most a set part of it a week."""
    markets = ctx.state.markets
    for cheap in range(markets.price_eur_per_kg.shape[0]):
        if ctx.world.market_is_europe[cheap] == 0:
            continue
        for dear in range(markets.price_eur_per_kg.shape[0]):
            if ctx.world.market_is_europe[dear] == 0 or dear == cheap:
                continue
            gap = (
                markets.price_eur_per_kg[dear]
                - markets.price_eur_per_kg[cheap]
                - ctx.parameters.arbitrage_cost_eur_per_kg
            )
            if gap > 0.0:
                rate = ctx.parameters.arbitrage_rate_per_week * min(1.0, 4.0 * gap / markets.price_eur_per_kg[cheap])
                moved = rate * markets.inventory_kg[cheap]
                markets.inventory_kg[cheap] -= moved
                markets.inventory_kg[dear] += moved


@rule
def value_chain(ctx: Context) -> None:
    """What a kg is worth at each place: the best market price less loss, cost and risk on the way (monthly).

    Backward relaxation over the legs until nothing changes: no chain is longer than there are places.
    """
    world, state, parameters = ctx.world, ctx.state, ctx.parameters
    values = state.places.value_eur_per_kg
    for place in range(values.shape[0]):
        market = world.place_market[place]
        values[place] = state.markets.price_eur_per_kg[market] if market >= 0 else 0.0
    for _ in range(values.shape[0]):
        risen = False
        for leg in range(world.leg_mode.shape[0]):
            if state.legs.open[leg] < 0.5:
                continue
            risk = state.legs.public_loss[leg]
            cost = world.leg_cost[leg] * state.legs.cost_multiplier[leg] + state.legs.bribe_eur_per_kg[leg]
            if parameters.deterrence == Deterrence.RISK_PRICE:
                cost += risk * state.legs.risk_price_eur_per_kg[leg]
            worth = (1.0 - risk) * (values[world.leg_destination[leg]] - state.legs.contact_eur_per_kg[leg]) - cost
            if worth > values[world.leg_origin[leg]]:
                values[world.leg_origin[leg]] = worth
                risen = True
        if not risen:
            break
