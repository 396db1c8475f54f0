"""What the compiled week reads of the world: flat arrays that do not change in a run."""

from __future__ import annotations

from typing import NamedTuple

from model.columns import Array


class WorldArrays(NamedTuple):
    """Facts that do not change in a run. Index names: place, leg, state, platform, asset, area, hub, source, market."""

    origins: int
    base_year: int
    satellite_platform: int
    exchange_platform: int
    finance_normal: float
    usual_cost_eur_per_kg: float
    place_state: Array
    place_region: Array
    place_hub: Array
    place_market: Array
    place_area: Array
    place_near_area: Array
    place_west_africa: Array
    place_handling_kg: Array
    place_storage_eur: Array
    hub_place: Array
    source_place: Array
    source_is_origin: Array
    source_weight: Array
    market_place: Array
    market_is_europe: Array
    area_place: Array
    area_belt: Array
    area_contacts_per_look: Array
    distance_km: Array
    leg_origin: Array
    leg_destination: Array
    leg_mode: Array
    leg_days: Array
    leg_cost: Array
    leg_flagged: Array
    leg_flag_state: Array
    leg_africa: Array
    leg_area_start: Array
    leg_area: Array
    leg_area_share: Array
    leg_state_start: Array
    leg_state: Array
    pair_acts: Array
    leg_market_apart: Array
    leg_group: Array
    group_platform: Array
    mode_prior_risk: Array
    mode_risk_payment: Array
    mode_crew_arrest: Array
    mode_track_loss: Array
    mode_parcel: Array
    mode_bundled: Array
    mode_recall: Array
    mode_entry_cost: Array
    mode_load_body: Array
    mode_load_median: Array
    mode_load_log_sd: Array
    mode_load_tail_from: Array
    mode_load_exponent: Array
    mode_load_max: Array
    route_source: Array
    route_market: Array
    route_mode: Array
    route_load_mode: Array
    route_tight_leg: Array
    route_log_duplicates: Array
    route_familiarity: Array
    route_start: Array
    route_leg: Array
    route_break: Array
    source_route_start: Array
    state_own_benefit: Array
    state_eu: Array
    state_lead_strength: Array
    state_source_loss: Array
    state_contact_cost: Array
    state_west_africa: Array
    state_americas: Array
    state_waypoint: Array
    platform_tasks: Array
    platform_containers: Array
    asset_owner: Array
    asset_base: Array
    asset_speed_km_h: Array
    asset_sweep_km: Array
    asset_endurance_days: Array
    asset_boards: Array
    asset_flies: Array
    asset_sortie_share: Array
    asset_platforms: Array
    asset_area_start: Array
    asset_area: Array
