"""Supply: output enters the stock of the producers, and organisations buy from it.

Andean output by state and year is an input (data/supply.csv), less what is lost inside the producing states; it may
answer last year's source price (amendment 2). The price at each origin follows its stock cover, so scarcity travels
back up the chain. A transhipment place is a source of another kind: local groups take there what is paid in kind.
"""

from __future__ import annotations

import math

import numpy as np

from model.compiled import rule
from model.parameters import ParameterValues
from model.record import (
    CASES,
    EXPECTED,
    EXPECTED_TAKEN,
    PRODUCED,
    SEIZED,
    SEIZED_AMERICAS,
    SOURCE,
    TAKEN,
    Record,
)
from model.state import PRODUCED_KG, PURCHASES, SEIZED_KG, Array, Organisations, Sources
from model.submodels.consequences import seizure_at, write_seizure
from model.submodels.finance import means_eur
from model.submodels.stocks import glut_factor, move_source_price, offered_kg
from model.world_arrays import WorldArrays

LOWEST_ANSWER, HIGHEST_ANSWER = 0.5, 2.0
MOST_LOST = 0.8


@rule
def produce(
    world: WorldArrays, sources: Sources, parameters: ParameterValues, accounts: Array, counts: Array, record: Record,
    week: int, year: int,
) -> float:  # fmt: skip
    """Add this week's output to the producers' stock and move the source price; what leaves for other markets, kg."""
    all_elsewhere_kg = 0.0
    for source in range(world.source_place.shape[0]):
        if world.source_is_origin[source] == 0:
            continue
        answer = 1.0
        if parameters.supply_answer > 0.0:
            ratio = sources.price_year_ago[source, week % 52] / parameters.source_price_eur_per_kg
            answer = math.pow(ratio, parameters.supply_answer)
            answer = min(HIGHEST_ANSWER, max(LOWEST_ANSWER, answer))
        output_kg = sources.supply_kg_per_week[source] * parameters.supply_scale * answer
        state = world.place_state[world.source_place[source]]
        glut = glut_factor(sources, parameters, source)
        lost_kg = output_kg * min(MOST_LOST, parameters.origin_losses_share * world.state_source_loss[state])
        elsewhere_kg = min(output_kg - lost_kg, output_kg * parameters.other_markets_share * glut)
        sources.pool_kg[source] += output_kg - lost_kg - elsewhere_kg
        all_elsewhere_kg += elsewhere_kg
        accounts[PRODUCED_KG] += output_kg
        accounts[SEIZED_KG] += lost_kg
        record.weekly[week, PRODUCED] += output_kg
        seize_at_source(world, parameters, counts, record, source, lost_kg, week, year)
        sources.price_year_ago[source, week % 52] = sources.price_eur_per_kg[source]
        move_source_price(sources, parameters, source, output_kg - lost_kg - elsewhere_kg)
    return all_elsewhere_kg


@rule
def seize_at_source(
    world: WorldArrays, parameters: ParameterValues, counts: Array, record: Record, source: int, lost_kg: float,
    week: int, year: int,
) -> None:  # fmt: skip
    """Book what the producing state takes before any shipment: one row a week for each origin."""
    place = world.source_place[source]
    state = world.place_state[place]
    record.weekly[week, SEIZED] += lost_kg
    record.weekly[week, EXPECTED] += lost_kg
    record.weekly[week, SEIZED_AMERICAS] += lost_kg / parameters.bulk_purity
    for table, row in ((record.by_state, state), (record.by_place, place), (record.by_stage, np.int32(SOURCE))):
        table[year, row, TAKEN] += lost_kg
        table[year, row, EXPECTED_TAKEN] += lost_kg
        table[year, row, CASES] += 1.0
    if record.keep_seizures[0] == 1 and lost_kg > 0.0:
        value_eur = lost_kg * parameters.source_price_eur_per_kg
        write_seizure(record, counts, seizure_at(place, state, state, -1, SOURCE, 7.0 * week), -1, -1, lost_kg, 1.0, value_eur)


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
def buy(organisations: Organisations, sources: Sources, parameters: ParameterValues, accounts: Array) -> None:
    """Organisations buy in proportion to what they want; nobody gets more than the stock holds."""
    for source in range(sources.wanted_kg.shape[0]):
        sources.wanted_kg[source] = 0.0
        sources.weight[source] = 0.0
    for organisation in range(organisations.alive.shape[0]):
        if organisations.alive[organisation] == 1:
            sources.weight[organisations.source[organisation]] += organisations.weight[organisation]
    for organisation in range(organisations.alive.shape[0]):
        if organisations.alive[organisation] == 1:
            want = wanted_kg(organisations, sources, parameters, organisation)
            organisations.wanted_kg[organisation] = want
            sources.wanted_kg[organisations.source[organisation]] += want
    for source in range(sources.wanted_kg.shape[0]):
        wanted = sources.wanted_kg[source]
        # the ration replaces the sum, so that the next pass reads one number
        sources.wanted_kg[source] = min(1.0, sources.pool_kg[source] / wanted) if wanted > 0.0 else 0.0
    for organisation in range(organisations.alive.shape[0]):
        if organisations.alive[organisation] == 1:
            take(organisations, sources, accounts, organisation)


@rule
def take(organisations: Organisations, sources: Sources, accounts: Array, organisation: int) -> None:
    """Move one organisation's ration from the producers' stock and pay for it."""
    source = organisations.source[organisation]
    ration = sources.wanted_kg[source]
    if ration <= 0.0:
        return
    load_kg = min(sources.pool_kg[source], ration * organisations.wanted_kg[organisation])
    paid_eur = load_kg * sources.price_eur_per_kg[source]
    share = load_kg / sources.pool_kg[source] if sources.pool_kg[source] > 0.0 else 0.0
    sources.west_africa_kg[source] *= 1.0 - share
    sources.pool_kg[source] -= load_kg
    organisations.inventory_kg[organisation] += load_kg
    organisations.capital_eur[organisation] -= paid_eur
    accounts[PURCHASES] += paid_eur
