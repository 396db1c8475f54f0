"""Events: facts that change on a date - years of the tables, platforms that start, and what the scenario dates.

All are compiled into `Inputs` beforehand, one row for every epoch between two changes. A column is written only where
its input changes, so that what a user sets in between stays until then.
"""

from __future__ import annotations

from model.compiled import compiled, rule
from model.inputs import Inputs
from model.state import EPOCH_NOW, Array, State


@compiled
def take_changes(column: Array, table: Array, epoch: int, before: int) -> int:
    """Copy those entries of a row of `table` that differ from an earlier row (all where before < 0); how many."""
    changes = 0
    for i in range(column.shape[0]):
        if before < 0 or table[epoch, i] != table[before, i]:
            column[i] = table[epoch, i]
            changes += 1
    return changes


@compiled
def take_pair_changes(column: Array, table: Array, epoch: int, before: int) -> int:
    """The same for a column with two dimensions."""
    changes = 0
    for i in range(column.shape[0]):
        for j in range(column.shape[1]):
            if before < 0 or table[epoch, i, j] != table[before, i, j]:
                column[i, j] = table[epoch, i, j]
                changes += 1
    return changes


@rule
def take_inputs(inputs: Inputs, state: State, week: int) -> bool:
    """Bring all input columns to this week's epoch; true where one changes that a review depends on."""
    epoch = inputs.epoch_of_week[week]
    before = state.counts[EPOCH_NOW]
    if epoch == before:
        return False
    state.counts[EPOCH_NOW] = epoch
    legs, states, places = state.legs, state.states, state.places
    n = 0
    n += take_changes(legs.open, inputs.leg_open, epoch, before)
    n += take_changes(legs.cost_multiplier, inputs.leg_cost_multiplier, epoch, before)
    n += take_changes(legs.inspection_multiplier, inputs.leg_inspection_multiplier, epoch, before)
    n += take_changes(legs.exposure, inputs.leg_exposure, epoch, before)
    n += take_changes(states.corruption, inputs.state_corruption, epoch, before)
    n += take_changes(states.rule_of_law, inputs.state_rule_of_law, epoch, before)
    n += take_changes(states.inspection_container_share, inputs.state_inspection_container_share, epoch, before)
    n += take_changes(states.inspection_air_share, inputs.state_inspection_air_share, epoch, before)
    n += take_changes(states.inspection_land_share, inputs.state_inspection_land_share, epoch, before)
    n += take_changes(states.coast_police_share, inputs.state_coast_police_share, epoch, before)
    n += take_changes(states.finance_strength, inputs.state_finance_strength, epoch, before)
    n += take_changes(states.protection_price, inputs.state_protection_price, epoch, before)
    n += take_changes(states.capacity, inputs.state_capacity, epoch, before)
    n += take_changes(states.reform_per_year, inputs.state_reform_per_year, epoch, before)
    n += take_changes(states.shock, inputs.state_shock, epoch, before)
    n += take_changes(states.pledge_multiplier, inputs.state_pledge_multiplier, epoch, before)
    n += take_changes(states.consent_regime, inputs.state_consent_regime, epoch, before)
    n += take_pair_changes(states.boarding_regime, inputs.boarding_regime, epoch, before)
    n += take_pair_changes(states.pledge, inputs.membership_sharing, epoch, before)
    n += take_changes(state.platforms.active, inputs.platform_active, epoch, before)
    n += take_changes(state.platforms.allocation, inputs.platform_allocation, epoch, before)
    n += take_changes(state.platforms.liaison, inputs.platform_liaison, epoch, before)
    n += take_changes(places.coastal_radar, inputs.place_coastal_radar, epoch, before)
    n += take_changes(places.total_control, inputs.place_total_control, epoch, before)
    n += take_changes(places.inspection_share, inputs.place_inspection_share, epoch, before)
    n += take_changes(places.container_traffic, inputs.place_container_traffic, epoch, before)
    n += take_changes(places.risk_premium_eur_per_kg, inputs.place_risk_premium_eur_per_kg, epoch, before)
    n += take_changes(state.sources.supply_kg_per_week, inputs.source_supply_kg_per_week, epoch, before)
    n += take_changes(state.markets.demand_kg_per_week, inputs.market_demand_kg_per_week, epoch, before)
    # ships that come and go ask for no review: they are seen when they patrol
    take_changes(state.assets.active, inputs.asset_active, epoch, before)
    take_changes(state.assets.availability, inputs.asset_availability, epoch, before)
    return n > 0
