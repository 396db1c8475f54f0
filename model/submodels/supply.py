"""Supply: output enters the stock of the producers, which they hand out at a price, and organisations buy from it.

Andean output by state and year is an input (data/supply.csv), less what is lost inside the producing states; it may
answer last year's source price (amendment 2). The price at each origin follows its stock cover, so scarcity travels
back up the chain. A transhipment place is a source of another kind: local groups take there what is paid in kind.
"""

import math

from model.context import Context, Organisations, ParameterValues, Sources
from model.kernel.compiled import compiled, rule
from model.kinds import Stage
from model.record import Account, Weekly, Yearly
from model.submodels.consequences import Seizure, tally, write_seizure
from model.submodels.finance import means_eur

LOWEST_ANSWER, HIGHEST_ANSWER = 0.5, 2.0
MOST_LOST = 0.8
LARGEST_STEP = 0.05
LEAST_GLUT, MOST_GLUT = 0.5, 4.0


@compiled
def offered_kg(sources: Sources, parameters: ParameterValues, source: int) -> float:
    """What a source hands out in a week (kg): its output, or of a large stock the part that is held for a week.

    Sold at once, a stock leaves as one wave that prices answer half a year later (decision 0030).
    """
    return max(sources.supply_kg_per_week[source], sources.pool_kg[source] / parameters.source_cover_weeks)


@compiled
def step_price(price: float, log_target: float, adjustment: float) -> float:
    """Next week's price: the log moves part of the way to its target, at most 5 percent (amendment 14)."""
    step = adjustment * (log_target - math.log(price))
    return price * math.exp(min(LARGEST_STEP, max(-LARGEST_STEP, step)))


@compiled
def move_source_price(sources: Sources, parameters: ParameterValues, source: int, net_output_kg: float) -> None:
    """Step the price at a source towards the clearing price of its stock cover."""
    normal_kg = max(1.0, parameters.source_cover_weeks * net_output_kg)
    gap = -parameters.source_price_response * math.log(max(0.05, sources.pool_kg[source] / normal_kg))
    target = math.log(parameters.source_price_eur_per_kg) + gap
    sources.price_eur_per_kg[source] = step_price(sources.price_eur_per_kg[source], target, parameters.price_adjustment)


@compiled
def glut_factor(sources: Sources, parameters: ParameterValues, source: int) -> float:
    """How much more of output goes to other markets where goods are cheap (decisions 0020, 0023)."""
    if parameters.glut_answer <= 0.0:
        return 1.0
    cheap = parameters.source_price_eur_per_kg / sources.price_eur_per_kg[source]
    return min(MOST_GLUT, max(LEAST_GLUT, math.pow(cheap, parameters.glut_answer)))


@rule
def produce(ctx: Context) -> None:
    """Output enters the producers' stock, less what is seized there and what other markets take; its price moves."""
    sources = ctx.state.sources
    lag = ctx.week % sources.price_year_ago.shape[1]
    for source in range(ctx.world.origins):
        output_kg = sources.supply_kg_per_week[source] * ctx.parameters.supply_scale * response(ctx, source, lag)
        kept_kg = output_kg - seize_at_source(ctx, source, output_kg)
        taken_kg = output_kg * ctx.parameters.other_markets_share * glut_factor(sources, ctx.parameters, source)
        sources.elsewhere_kg[source] = min(kept_kg, taken_kg)
        kept_kg -= sources.elsewhere_kg[source]
        sources.pool_kg[source] += kept_kg
        ctx.state.accounts[Account.PRODUCED_KG] += output_kg
        ctx.record.weekly[ctx.week, Weekly.PRODUCED_KG] += output_kg
        sources.price_year_ago[source, lag] = sources.price_eur_per_kg[source]
        move_source_price(sources, ctx.parameters, source, kept_kg)


@rule
def response(ctx: Context, source: int, lag: int) -> float:
    """Factor by which output responds to last year's price in the Andes, 1 where it does not."""
    if ctx.parameters.supply_answer <= 0.0:
        return 1.0
    ratio = ctx.state.sources.price_year_ago[source, lag] / ctx.parameters.source_price_eur_per_kg
    return min(HIGHEST_ANSWER, max(LOWEST_ANSWER, math.pow(ratio, ctx.parameters.supply_answer)))


@rule
def seize_at_source(ctx: Context, source: int, output_kg: float) -> float:
    """Book what the producing country takes before any shipment, one row a week for each origin; kg."""
    record, week, parameters = ctx.record, ctx.week, ctx.parameters
    place = ctx.world.source_place[source]
    country = ctx.world.place_state[place]
    lost_kg = output_kg * min(MOST_LOST, parameters.origin_losses_share * ctx.world.state_source_loss[country])
    ctx.state.accounts[Account.SEIZED_KG] += lost_kg
    record.weekly[week, Weekly.SEIZED_KG] += lost_kg
    record.weekly[week, Weekly.EXPECTED_SEIZED_KG] += lost_kg
    record.weekly[week, Weekly.SEIZED_AMERICAS_BULK_KG] += lost_kg / parameters.bulk_purity
    for table, row in (
        (record.by_state, country),
        (record.by_place, place),
        (record.by_stage, Stage.SOURCE.value),
    ):
        tally(table, ctx.year, row, lost_kg, 1)
        table[ctx.year, row, Yearly.EXPECTED_SEIZED_KG] += lost_kg
    if record.keep_seizures[0] == 1 and lost_kg > 0.0:
        at = Seizure(place, country, country, -1, Stage.SOURCE.value, 7.0 * week)
        value_eur = lost_kg * parameters.source_price_eur_per_kg
        write_seizure(record, ctx.state.counts, at, -1, -1, lost_kg, 1.0, value_eur)
    return lost_kg


@rule
def wanted_kg(organisations: Organisations, sources: Sources, parameters: ParameterValues, organisation: int) -> float:
    """What an organisation would buy this week: its part of output, while it has a plan and room for more."""
    source = organisations.source[organisation]
    if organisations.plan_slot[organisation] < 0 or sources.weight[source] <= 0.0:
        return 0.0
    part = organisations.weight[organisation] / sources.weight[source]
    flow_kg = part * parameters.purchase_ambition * (1.0 - organisations.jailed_share[organisation])
    flow_kg *= offered_kg(sources, parameters, source)
    room_kg = 2.0 * organisations.plan_load_kg[organisation] + flow_kg - organisations.inventory_kg[organisation]
    price = sources.price_eur_per_kg[source]
    if price > 0.0:
        room_kg = min(room_kg, 0.5 * means_eur(organisations, parameters, organisation) / price)
    return max(0.0, min(flow_kg, room_kg))


@rule
def buy(ctx: Context) -> None:
    """Organisations buy in proportion to what they want; nobody gets more than the stock holds."""
    organisations, sources = ctx.state.organisations, ctx.state.sources
    sources.wanted_kg[:] = 0.0
    sources.weight[:] = 0.0
    for organisation in range(organisations.alive.shape[0]):
        if organisations.alive[organisation] == 1:
            sources.weight[organisations.source[organisation]] += organisations.weight[organisation]
    for organisation in range(organisations.alive.shape[0]):
        if organisations.alive[organisation] == 1:
            want = wanted_kg(organisations, sources, ctx.parameters, organisation)
            organisations.wanted_kg[organisation] = want
            sources.wanted_kg[organisations.source[organisation]] += want
    for source in range(sources.ration.shape[0]):
        wanted = sources.wanted_kg[source]
        sources.ration[source] = min(1.0, sources.pool_kg[source] / wanted) if wanted > 0.0 else 0.0
    for organisation in range(organisations.alive.shape[0]):
        if organisations.alive[organisation] == 1:
            take(ctx, organisation)


@rule
def take(ctx: Context, organisation: int) -> None:
    """Move one organisation's ration from the producers' stock and pay for it."""
    organisations, sources = ctx.state.organisations, ctx.state.sources
    source = organisations.source[organisation]
    ration = sources.ration[source]
    if ration <= 0.0:
        return
    load_kg = min(sources.pool_kg[source], ration * organisations.wanted_kg[organisation])
    paid_eur = load_kg * sources.price_eur_per_kg[source]
    share = load_kg / sources.pool_kg[source] if sources.pool_kg[source] > 0.0 else 0.0
    sources.west_africa_kg[source] *= 1.0 - share
    sources.pool_kg[source] -= load_kg
    organisations.inventory_kg[organisation] += load_kg
    organisations.capital_eur[organisation] -= paid_eur
    ctx.state.accounts[Account.PURCHASES_EUR] += paid_eur
