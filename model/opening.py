"""The first state of a run: stocks, prices, organisations and assets as they stand before the first week."""

from model.context import Context
from model.kernel.compiled import rule
from model.kinds import Counter
from model.random import draws
from model.record import Account
from model.submodels.beliefs import weigh_public
from model.submodels.events import take_inputs
from model.submodels.market import reference_price
from model.submodels.organisations import create_organisation, fund
from model.submodels.routes import plan
from model.submodels.states import derive, follow_markets

HAND_WEEKS = 26.0
"""At most so many weeks of its flow are in an organisation's hand on the first day (assumed; burn-in forgets it)."""


@rule
def open_run(ctx: Context) -> None:
    """Inputs of the first week, normal stocks and prices, then the organisations."""
    ctx.state.counts[Counter.FREE] = ctx.state.free.shape[0]
    ctx.state.counts[Counter.IDENTS] = 1
    ctx.state.states.standing[:] = 1.0
    ctx.state.states.effort[:] = 1.0
    ctx.state.states.level[:] = -1.0
    take_inputs(ctx)
    stock_markets(ctx)
    stock_origins(ctx)
    berth_assets(ctx)
    weigh_public(ctx)
    follow_markets(ctx)
    derive(ctx)
    first_organisations(ctx)
    follow_markets(ctx)
    derive(ctx)
    ctx.state.counts[Counter.REVIEW_DUE] = 0


@rule
def stock_markets(ctx: Context) -> None:
    """Wholesalers hold their usual stock at the reference price."""
    for market in range(ctx.state.markets.price_eur_per_kg.shape[0]):
        ctx.state.markets.price_eur_per_kg[market] = reference_price(ctx.world, ctx.parameters, market)
        ctx.state.markets.inventory_kg[market] = (
            ctx.parameters.market_cover_weeks * ctx.state.markets.demand_kg_per_week[market]
        )
        ctx.state.accounts[Account.OPENING_KG] += ctx.state.markets.inventory_kg[market]


@rule
def stock_origins(ctx: Context) -> None:
    """Producers hold their usual stock at the usual price, as in the year before."""
    sources, parameters = ctx.state.sources, ctx.parameters
    for source in range(ctx.world.origins):
        sources.price_eur_per_kg[source] = parameters.source_price_eur_per_kg
        net = sources.supply_kg_per_week[source] * (
            1.0 - parameters.origin_losses_share - parameters.other_markets_share
        )
        sources.pool_kg[source] = parameters.source_cover_weeks * net
        ctx.state.accounts[Account.OPENING_KG] += sources.pool_kg[source]
        sources.price_year_ago[source, :] = parameters.source_price_eur_per_kg


@rule
def berth_assets(ctx: Context) -> None:
    """Assets lie in port and go out within two weeks."""
    for asset in range(ctx.state.assets.place.shape[0]):
        ctx.state.assets.assigned_area[asset] = -1
        ctx.state.assets.place[asset] = ctx.world.asset_base[asset]
        ctx.state.assets.area[asset] = -1
        ctx.state.assets.return_day[asset] = 7.0 * ctx.week + 14.0 * draws.uniform(ctx.seed, draws.INITIAL, 1, asset, 0)


@rule
def first_organisations(ctx: Context) -> None:
    """Found the organisations of the first day, each with a part of its next load in hand."""
    organisations = ctx.state.organisations
    for organisation in range(organisations.alive.shape[0]):
        create_organisation(ctx, organisation)
        ctx.state.sources.weight[organisations.source[organisation]] += organisations.weight[organisation]
    for organisation in range(organisations.alive.shape[0]):
        # capital follows from the organisation's part of its source, which is known only now
        ctx.state.accounts[Account.FOUNDING_EUR] -= organisations.capital_eur[organisation]
        fund(ctx, organisation)
        plan(ctx, organisation)
        if organisations.source[organisation] < ctx.world.origins and organisations.plan_slot[organisation] >= 0:
            put_in_hand(ctx, organisation)


@rule
def put_in_hand(ctx: Context, organisation: int) -> None:
    """Give an organisation a random part of its next load, at most half a year of its flow."""
    organisations, sources = ctx.state.organisations, ctx.state.sources
    part = draws.uniform(ctx.seed, draws.INITIAL, 2, organisations.ident[organisation], 0)
    source = organisations.source[organisation]
    flow_kg = sources.supply_kg_per_week[source] * organisations.weight[organisation]
    most_kg = min(organisations.plan_load_kg[organisation], HAND_WEEKS * flow_kg / sources.weight[source])
    organisations.inventory_kg[organisation] = part * most_kg
    ctx.state.accounts[Account.OPENING_KG] += organisations.inventory_kg[organisation]
