"""Goods for other markets: not followed load by load, but seized on their way as what is followed.

By the 2020s some two fifths of Andean output go to markets that the model does not hold. They cross the same states of
South and Central America and the Caribbean. Each week these take of them the share that they could be expected to take,
over the last year, of what set out for Europe and North America (decision 0025).
"""

from model.calendar import YEAR_MEMORY
from model.context import Context
from model.kernel.compiled import rule
from model.kinds import Stage
from model.record import Account, Weekly, Yearly
from model.submodels.columns import fade
from model.submodels.consequences import Seizure, record_seizure

LEAST_SENT_KG = 1000.0
MOST_TAKEN = 0.8


@rule
def send_elsewhere(ctx: Context) -> None:
    """Countries on the way seize a part of what leaves for other markets; the rest arrives there."""
    world, state, parameters, record, week, year = ctx.world, ctx.state, ctx.parameters, ctx.record, ctx.week, ctx.year
    elsewhere_kg, sent_kg = 0.0, LEAST_SENT_KG
    for source in range(world.origins):
        elsewhere_kg += state.sources.elsewhere_kg[source]
        sent_kg += state.sources.sent_kg[source]
    left_kg = elsewhere_kg
    for member in range(world.state_waypoint.shape[0]):
        place = world.state_waypoint[member]
        share = parameters.other_markets_exposure * state.states.on_the_way_kg[member] / sent_kg
        kg = min(share * elsewhere_kg, left_kg - (1.0 - MOST_TAKEN) * elsewhere_kg)
        if place < 0 or kg <= 0.0:
            continue
        left_kg -= kg
        record.weekly[week, Weekly.EXPECTED_SEIZED_KG] += kg
        record.by_state[year, member, Yearly.EXPECTED_SEIZED_KG] += kg
        record.by_stage[year, Stage.OTHER_MARKETS, Yearly.EXPECTED_SEIZED_KG] += kg
        at = Seizure(place, member, member, -1, Stage.OTHER_MARKETS.value, 7.0 * week)
        record_seizure(ctx, at, kg, 1.0, 0, -1, -1)
    state.accounts[Account.ELSEWHERE_KG] += left_kg


@rule
def fade_on_the_way(ctx: Context) -> None:
    """The year's memory of what was sent, and of what was expected to be seized on the way, fades by one week."""
    fade(ctx.state.sources.sent_kg, YEAR_MEMORY)
    fade(ctx.state.states.on_the_way_kg, YEAR_MEMORY)
