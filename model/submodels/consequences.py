"""Consequences of a seizure: what is booked, who learns, who goes to prison, what comes back.

Every seizure belongs to one place, one mode, one lead state, one acting state and one platform or none, and is counted
once (model.md, Conservation). Where the seizing state is corrupt a share of what it takes returns to the market (SF49).
"""

from __future__ import annotations

from model.compiled import rule
from model.parameters import ParameterValues
from model.record import (
    CASES,
    EXPECTED,
    EXPECTED_TAKEN,
    INSPECTION,
    LEAKED,
    SEIZED,
    SEIZED_AMERICAS,
    SEIZED_EU,
    SEIZED_SEA,
    SEIZED_WEST_AFRICA,
    SEIZURES,
    TAKEN,
    Record,
)
from model.state import EVENTS, LEAKED_KG, SEIZED_KG, Array, State
from model.submodels.beliefs import remember, spread, trips_of
from model.submodels.capacity import courts
from model.submodels.cooperation import note_exchange
from model.submodels.movement import learn_payoff
from model.world_arrays import WorldArrays

SMALLEST_REST_KG = 0.1


@rule
def expect(
    state: State, record: Record, row: int, chance: float, member: int, platform: int, stage: int,
    week: int, year: int,
) -> None:  # fmt: skip
    """Book the expected kilograms of one exposure, load times chance of removal (amendment 10)."""
    expected_kg = chance * state.consignments.load_kg[row]
    leg = state.consignments.leg[row]
    record.weekly[week, EXPECTED] += expected_kg
    record.by_leg[year, leg, EXPECTED_TAKEN] += expected_kg
    record.by_stage[year, stage, EXPECTED_TAKEN] += expected_kg
    if member >= 0:
        record.by_state[year, member, EXPECTED_TAKEN] += expected_kg
        state.states.on_the_way_kg[member] += expected_kg
    if platform >= 0:
        record.by_platform[year, platform, EXPECTED_TAKEN] += expected_kg


@rule
def count_region(
    world: WorldArrays, parameters: ParameterValues, record: Record, place: int, member: int, kg: float, week: int
) -> None:
    """Add a seizure to the regional series, as bulk: at sea it counts for the state that made it, as statistics do."""
    bulk_kg = kg / parameters.bulk_purity
    if world.place_area[place] >= 0:
        record.weekly[week, SEIZED_SEA] += bulk_kg
    if member < 0:
        return
    if world.state_eu[member] == 1:
        record.weekly[week, SEIZED_EU] += bulk_kg
    elif world.state_west_africa[member] == 1:
        record.weekly[week, SEIZED_WEST_AFRICA] += bulk_kg
    elif world.state_americas[member] == 1:
        record.weekly[week, SEIZED_AMERICAS] += bulk_kg


@rule
def write_seizure(
    record: Record, counts: Array, day: float, place: int, leg: int, member: int, lead_state: int, platform: int,
    stage: int, owner: int, kg: float, share: float, value_eur: float,
) -> None:  # fmt: skip
    """Add a row to the list of seizures."""
    row = record.seizures[counts[EVENTS]]
    row["kg"], row["owner"], row["day"] = kg, owner, day
    row["parcels_share"], row["value_eur"] = share, value_eur
    row["place"], row["leg"], row["state"] = place, leg, member
    row["lead_state"], row["platform"], row["stage"] = lead_state, platform, stage
    counts[EVENTS] += 1


@rule
def book(
    world: WorldArrays, state: State, parameters: ParameterValues, record: Record, kg: float, share: float, cases: int,
    place: int, leg: int, member: int, lead_state: int, platform: int, stage: int, owner: int, day: float, week: int,
    year: int,
) -> None:  # fmt: skip
    """Book one seizure once, in every table it belongs to."""
    state.accounts[SEIZED_KG] += kg
    record.weekly[week, SEIZED] += kg
    record.weekly[week, SEIZURES] += cases
    count_region(world, parameters, record, place, member, kg, week)
    record.by_place[year, place, TAKEN] += kg
    record.by_place[year, place, CASES] += cases
    record.by_stage[year, stage, TAKEN] += kg
    record.by_stage[year, stage, CASES] += cases
    if leg >= 0:
        record.by_leg[year, leg, TAKEN] += kg
        record.by_leg[year, leg, CASES] += cases
    if member >= 0:
        state.states.seized_kg[member] += kg
        if stage == INSPECTION:
            state.states.found_kg[member] += kg
        record.by_state[year, member, TAKEN] += kg
        record.by_state[year, member, CASES] += cases
    if platform >= 0:
        state.platforms.seized_kg[platform] += kg
        record.by_platform[year, platform, TAKEN] += kg
        record.by_platform[year, platform, CASES] += cases
    if record.keep_seizures[0] == 1:
        value_eur = kg * state.places.value_eur_per_kg[place]
        write_seizure(record, state.counts, day, place, leg, member, lead_state, platform, stage, owner, kg, share,
            value_eur)  # fmt: skip


@rule
def take_load(
    world: WorldArrays, state: State, parameters: ParameterValues, record: Record, row: int, share: float,
    place: int, member: int, lead_state: int, platform: int, stage: int, day: float, week: int, year: int,
) -> None:  # fmt: skip
    """Seize a share of a load; the owner learns, the trade hears, crews go to prison, custody may leak."""
    consignments = state.consignments
    if (1.0 - share) * consignments.load_kg[row] < SMALLEST_REST_KG:
        share = 1.0
    kg = share * consignments.load_kg[row]
    leg = consignments.leg[row]
    cases = max(1, int(share * consignments.units[row] + 0.5))
    consignments.units[row] = max(1, consignments.units[row] - cases)
    book(world, state, parameters, record, kg, share, cases, place, leg, member, lead_state, platform, stage,
        consignments.owner_ident[row], day, week, year)  # fmt: skip
    note_exchange(state, lead_state, member, platform, kg)
    owner = consignments.owner[row]
    trips = trips_of(world, cases, leg, 0.0)
    if owner >= 0:
        if share >= 1.0:
            remember(state.organisations, state.forget, owner, leg, week, 1.0, trips)
        jail(world, state, parameters, owner, leg, member)
        learn_payoff(state, parameters, row, -consignments.spent_eur_per_kg[row] * share)
    if share >= 1.0:
        spread(state.legs, parameters, leg, 1.0, kg, trips)
    # of a load that is taken in part owners and peers learn once, when the rest is through or lost
    consignments.lost_share[row] = 1.0 - (1.0 - consignments.lost_share[row]) * (1.0 - share)
    leak_back(world, state, parameters, record, kg, member, place, week)
    consignments.load_kg[row] -= kg
    if share >= 1.0:
        consignments.load_kg[row] = 0.0
        consignments.alive[row] = 0


@rule
def jail(world: WorldArrays, state: State, parameters: ParameterValues, owner: int, leg: int, member: int) -> None:
    """Part of the group's people go to prison where courts work (mechanisms M16)."""
    if member < 0:
        return
    crew = world.mode_crew_arrest[world.leg_mode[leg]]
    convicted = courts(state, member) * (1.0 - state.states.kappa[member])
    more = parameters.jail_share * crew * convicted
    state.organisations.jailed_share[owner] = min(0.9, state.organisations.jailed_share[owner] + more)


@rule
def leak_back(
    world: WorldArrays, state: State, parameters: ParameterValues, record: Record, kg: float, member: int, place: int,
    week: int,
) -> None:  # fmt: skip
    """Where custody is corrupt, part of a seizure returns to local groups at a transhipment place."""
    hub = world.place_hub[place]
    if member < 0 or hub < 0:
        return
    source = world.origins + hub
    if state.sources.weight[source] <= 0.0:
        return
    back_kg = parameters.custody_leak * state.states.kappa[member] * kg
    state.sources.pool_kg[source] += back_kg
    if world.place_west_africa[place] == 1:
        state.sources.west_africa_kg[source] += back_kg
    state.accounts[LEAKED_KG] += back_kg
    record.weekly[week, LEAKED] += back_kg
