"""Goods for other markets: not followed load by load, but seized on their way as what is followed.

By the 2020s some two fifths of Andean output go to markets that the model does not hold. They cross the same states of
South and Central America and the Caribbean. Each week these take of them the share that they could be expected to take,
over the last year, of what set out for Europe and North America (decision 0025).
"""

from __future__ import annotations

from model.compiled import rule
from model.context import Context
from model.record import EXPECTED, EXPECTED_TAKEN, OTHER_MARKETS
from model.state import ELSEWHERE_KG, State
from model.submodels.consequences import book, seizure_at

LEAST_SENT_KG = 1000.0
MOST_TAKEN = 0.8


@rule
def send_elsewhere(ctx: Context, elsewhere_kg: float) -> None:
    """Book what is seized of this week's goods for other markets; the rest arrives there."""
    world, state, parameters, record, week, year = ctx.world, ctx.state, ctx.parameters, ctx.record, ctx.week, ctx.year
    sent_kg = LEAST_SENT_KG
    for source in range(world.origins):
        sent_kg += state.sources.sent_kg[source]
    left_kg = elsewhere_kg
    for member in range(world.state_waypoint.shape[0]):
        place = world.state_waypoint[member]
        if place < 0:
            continue
        share = parameters.other_markets_exposure * state.states.on_the_way_kg[member] / sent_kg
        kg = min(share * elsewhere_kg, left_kg - (1.0 - MOST_TAKEN) * elsewhere_kg)
        if kg <= 0.0:
            continue
        left_kg -= kg
        record.weekly[week, EXPECTED] += kg
        record.by_state[year, member, EXPECTED_TAKEN] += kg
        record.by_stage[year, OTHER_MARKETS, EXPECTED_TAKEN] += kg
        book(ctx, seizure_at(place, member, member, -1, OTHER_MARKETS, 7.0 * week), kg, 1.0, 0, -1, -1)  # fmt: skip
    state.accounts[ELSEWHERE_KG] += left_kg


@rule
def fade_on_the_way(state: State) -> None:
    """Let one week of a year's memory of what was sent and taken fade."""
    for source in range(state.sources.sent_kg.shape[0]):
        state.sources.sent_kg[source] *= 51.0 / 52.0
    for member in range(state.states.on_the_way_kg.shape[0]):
        state.states.on_the_way_kg[member] *= 51.0 / 52.0
