"""Consequences of a seizure: what is booked, who learns, who goes to prison, what comes back.

Every seizure belongs to one place, one mode, one lead state, one acting state and one platform or none, and is counted
once (model.md, Conservation). Where the seizing state is corrupt a share of what it takes returns to the market (SF49).
"""

from typing import NamedTuple

from model.context import Array, Context, Record
from model.kernel.compiled import rule
from model.kinds import Counter, Stage
from model.record import Account, Weekly, Yearly
from model.submodels.beliefs import remember, spread, trips_of
from model.submodels.cooperation import note_exchange
from model.submodels.decisions import note_payoff

SMALLEST_REST_KG = 0.1


class Seizure(NamedTuple):
    """Where and when something is taken, by whom, on whose lead, through which platform and how; -1 none."""

    place: int
    member: int
    lead_state: int
    platform: int
    stage: int
    day: float


@rule
def expect(ctx: Context, row: int, chance: float, at: Seizure) -> None:
    """Book the expected kilograms of one exposure, load times chance of removal (amendment 10)."""
    state, record, week, year = ctx.state, ctx.record, ctx.week, ctx.year
    expected_kg = chance * state.consignments.load_kg[row]
    record.weekly[week, Weekly.EXPECTED_SEIZED_KG] += expected_kg
    record.by_leg[year, state.consignments.leg[row], Yearly.EXPECTED_SEIZED_KG] += expected_kg
    record.by_stage[year, at.stage, Yearly.EXPECTED_SEIZED_KG] += expected_kg
    if at.member >= 0:
        record.by_state[year, at.member, Yearly.EXPECTED_SEIZED_KG] += expected_kg
        state.states.on_the_way_kg[at.member] += expected_kg
    if at.platform >= 0:
        record.by_platform[year, at.platform, Yearly.EXPECTED_SEIZED_KG] += expected_kg


@rule
def count_region(ctx: Context, at: Seizure, kg: float) -> None:
    """Add a seizure to the regional series, as bulk: at sea it counts for the state that made it, as statistics do."""
    world, record, week = ctx.world, ctx.record, ctx.week
    bulk_kg = kg / ctx.parameters.bulk_purity
    if world.place_area[at.place] >= 0:
        record.weekly[week, Weekly.SEIZED_SEA_BULK_KG] += bulk_kg
    if at.member < 0:
        return
    if world.state_eu[at.member] == 1:
        record.weekly[week, Weekly.SEIZED_EU_BULK_KG] += bulk_kg
    elif world.state_west_africa[at.member] == 1:
        record.weekly[week, Weekly.SEIZED_WEST_AFRICA_BULK_KG] += bulk_kg
    elif world.state_americas[at.member] == 1:
        record.weekly[week, Weekly.SEIZED_AMERICAS_BULK_KG] += bulk_kg


@rule
def write_seizure(
    record: Record, counts: Array, at: Seizure, leg: int, owner: int, kg: float, share: float, value_eur: float
) -> None:
    """Add a row to the list of seizures."""
    row = record.seizures[counts[Counter.EVENTS]]
    row["kg"], row["owner"], row["day"] = kg, owner, at.day
    row["parcels_share"], row["value_eur"] = share, value_eur
    row["place"], row["leg"], row["state"] = at.place, leg, at.member
    row["lead_state"], row["platform"], row["stage"] = at.lead_state, at.platform, at.stage
    counts[Counter.EVENTS] += 1


@rule
def tally(table: Array, year: int, row: int, kg: float, cases: int) -> None:
    """Add to what was seized in a row of a table by year, -1 none."""
    if row >= 0:
        table[year, row, Yearly.SEIZED_KG] += kg
        table[year, row, Yearly.SEIZURES] += cases


@rule
def record_seizure(ctx: Context, at: Seizure, kg: float, share: float, cases: int, leg: int, owner: int) -> None:
    """Book one seizure once, in every table it belongs to."""
    state, record, week, year = ctx.state, ctx.record, ctx.week, ctx.year
    state.accounts[Account.SEIZED_KG] += kg
    record.weekly[week, Weekly.SEIZED_KG] += kg
    record.weekly[week, Weekly.SEIZURES] += cases
    count_region(ctx, at, kg)
    tally(record.by_place, year, at.place, kg, cases)
    tally(record.by_stage, year, at.stage, kg, cases)
    tally(record.by_leg, year, leg, kg, cases)
    tally(record.by_state, year, at.member, kg, cases)
    tally(record.by_platform, year, at.platform, kg, cases)
    if at.member >= 0:
        state.states.seized_kg[at.member] += kg
        if at.stage == Stage.INSPECTION:
            state.states.found_kg[at.member] += kg
    if at.platform >= 0:
        state.platforms.seized_kg[at.platform] += kg
    if record.keep_seizures[0] == 1:
        value_eur = kg * state.places.value_eur_per_kg[at.place]
        write_seizure(record, state.counts, at, leg, owner, kg, share, value_eur)


@rule
def seize_consignment(ctx: Context, row: int, share: float, at: Seizure) -> None:
    """Seize a share of a load; the owner learns, the trade hears, crews go to prison, custody may leak."""
    state, consignments = ctx.state, ctx.state.consignments
    if (1.0 - share) * consignments.load_kg[row] < SMALLEST_REST_KG:
        share = 1.0
    kg = share * consignments.load_kg[row]
    leg = int(consignments.leg[row])
    cases = max(1, int(share * consignments.units[row] + 0.5))
    consignments.units[row] = max(1, consignments.units[row] - cases)
    record_seizure(ctx, at, kg, share, cases, leg, consignments.owner_ident[row])
    note_exchange(state, at.lead_state, at.member, at.platform, kg)
    owner = consignments.owner[row]
    trips = trips_of(ctx.world, cases, leg, 0.0)
    if owner >= 0:
        if share >= 1.0:
            remember(state.organisations, state.memory_decay, owner, leg, ctx.week, 1.0, trips)
        jail(ctx, owner, leg, at.member)
        note_payoff(ctx, row, -consignments.spent_eur_per_kg[row] * share)
    if share >= 1.0:
        spread(state.legs, ctx.parameters, leg, 1.0, kg, trips)
    # of a load that is taken in part owners and peers learn once, when the rest is through or lost
    consignments.lost_share[row] = 1.0 - (1.0 - consignments.lost_share[row]) * (1.0 - share)
    leak_back(ctx, kg, at.member, at.place)
    consignments.load_kg[row] -= kg
    if share >= 1.0:
        consignments.load_kg[row] = 0.0
        consignments.alive[row] = 0


@rule
def jail(ctx: Context, owner: int, leg: int, member: int) -> None:
    """Part of the organisation's people go to prison where courts work (mechanisms M16)."""
    states, jailed_share = ctx.state.states, ctx.state.organisations.jailed_share
    if member >= 0:
        crew = ctx.world.mode_crew_arrest[ctx.world.leg_mode[leg]]
        convicted = states.courts[member] * (1.0 - states.kappa[member])
        jailed_share[owner] = min(0.9, jailed_share[owner] + ctx.parameters.jail_share * crew * convicted)


@rule
def leak_back(ctx: Context, kg: float, member: int, place: int) -> None:
    """Where custody is corrupt, part of a seizure returns to local groups at a transhipment place."""
    world, state, parameters, record, week = ctx.world, ctx.state, ctx.parameters, ctx.record, ctx.week
    hub = world.place_hub[place]
    source = world.origins + hub
    if member < 0 or hub < 0 or state.sources.weight[source] <= 0.0:
        return
    back_kg = parameters.custody_leak * state.states.kappa[member] * kg
    state.sources.pool_kg[source] += back_kg
    if world.place_west_africa[place] == 1:
        state.sources.west_africa_kg[source] += back_kg
    state.accounts[Account.CUSTODY_LEAKED_KG] += back_kg
    record.weekly[week, Weekly.LEAKED_KG] += back_kg
