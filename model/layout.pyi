# Written by `uv run python -m model.stubs` from model/data/columns.csv and model/data/parameters.csv.
from typing import NamedTuple

from model.parameter_fields import Declared
from model.rows import Array

class Organisations(NamedTuple):
    """Trafficking organisations."""

    ident: Array
    alive: Array
    source: Array
    weight: Array
    capital_eur: Array
    dirty_eur: Array
    frozen_eur: Array
    target_capital_eur: Array
    inventory_kg: Array
    plan_slot: Array
    plan_load_kg: Array
    plan_units: Array
    plan_week: Array
    risk_aversion: Array
    can_borrow: Array
    sequence: Array
    entered_week: Array
    lean_weeks: Array
    wanted_kg: Array
    jailed_share: Array
    hubs_stocked: Array
    known_route: Array
    ready_week: Array
    attraction: Array
    known_value: Array
    path_size: Array
    hits: Array
    trips: Array
    belief_week: Array
    stock_kg: Array
    stock_west_africa_kg: Array

class Consignments(NamedTuple):
    """Loads under way; one leg at a time."""

    ident: Array
    alive: Array
    owner: Array
    owner_ident: Array
    slot: Array
    route: Array
    step: Array
    leg: Array
    load_kg: Array
    units: Array
    west_africa: Array
    set_out_day: Array
    arrive_day: Array
    lost_share: Array
    setting_out: Array
    lead_day: Array
    lead_state: Array
    lead_platform: Array
    lead_stage: Array
    spent_eur_per_kg: Array

class States(NamedTuple):
    """Partner states."""

    corruption: Array
    pledge_multiplier: Array
    reform_per_year: Array
    reformed: Array
    kappa: Array
    rule_of_law: Array
    inspection_container_share: Array
    inspection_air_share: Array
    inspection_land_share: Array
    coast_police_share: Array
    finance_strength: Array
    protection_price: Array
    capacity: Array
    shock: Array
    shock_taken: Array
    standing: Array
    built: Array
    ability: Array
    courts: Array
    consent_regime: Array
    boarding_regime: Array
    lead_kg: Array
    leaked: Array
    evidence_kg: Array
    level: Array
    sharing: Array
    channel: Array
    pledge: Array
    trust_useful: Array
    trust_failed: Array
    leads: Array
    seized_kg: Array
    landed_boxed_kg: Array
    counted_boxed_kg: Array
    boxed_trade: Array
    learnt_boxed_kg: Array
    found_kg: Array
    usual_kg: Array
    effort: Array
    on_the_way_kg: Array

class Platforms(NamedTuple):
    """Enforcement cooperation platforms."""

    active: Array
    allocation: Array
    liaison: Array
    leak_risk: Array
    shared_kg: Array
    removed_kg: Array
    evidence_kg: Array
    weight: Array
    cues: Array
    acted: Array
    seized_kg: Array

class Assets(NamedTuple):
    """Patrol ships and aircraft. They move between places, patrol, pursue and return."""

    active: Array
    availability: Array
    place: Array
    area: Array
    lent_to: Array
    assigned_area: Array
    chosen_chance: Array
    spell_kg: Array
    free_day: Array
    return_day: Array
    search_hours: Array
    cases: Array
    busy_days: Array

class Legs(NamedTuple):
    """What changes on the legs: law, cost, danger and what everybody knows of it."""

    open: Array
    cost_multiplier: Array
    inspection_multiplier: Array
    exposure: Array
    log_exposure: Array
    public_hits: Array
    public_trips: Array
    remembered_hits: Array
    remembered_trips: Array
    public_loss: Array
    risk_price_eur_per_kg: Array
    know: Array
    export_find: Array
    import_find: Array
    known_find: Array
    bribe_eur_per_kg: Array
    contact_eur_per_kg: Array
    cash_eur_per_kg: Array
    sensor_per_day: Array
    set_out_kg: Array

class Jurisdictions(NamedTuple):
    """One row for each pair of a leg and a state it touches (CSR order of the world)."""

    lead: Array
    platform: Array
    share: Array

class Routes(NamedTuple):
    """What changes on the routes of the library."""

    cost_eur_per_kg: Array
    contact_eur_per_kg: Array
    congestion_eur_per_kg: Array
    exposure: Array
    open: Array
    flow_kg: Array
    users: Array

class Places(NamedTuple):
    """What changes at the places."""

    coastal_radar: Array
    total_control: Array
    inspection_share: Array
    container_traffic: Array
    risk_premium_eur_per_kg: Array
    value_eur_per_kg: Array
    handled_kg: Array
    bribed_share: Array
    mass_kg: Array

class Areas(NamedTuple):
    """Patrol areas of the sea."""

    search_km2_per_day: Array
    effort: Array
    position: Array
    imaged_share: Array
    cases: Array
    acted: Array

class Sources(NamedTuple):
    """Where organisations take goods: Andean origins and transhipment places (goods paid in kind)."""

    supply_kg_per_week: Array
    pool_kg: Array
    west_africa_kg: Array
    price_eur_per_kg: Array
    price_year_ago: Array
    wanted_kg: Array
    ration: Array
    elsewhere_kg: Array
    weight: Array
    sent_kg: Array

class Markets(NamedTuple):
    """Consumer markets."""

    demand_kg_per_week: Array
    inventory_kg: Array
    price_eur_per_kg: Array

class Cues(NamedTuple):
    """The cues of the week: what somebody able to act is told of."""

    day: Array
    row: Array
    area: Array
    platform: Array
    member: Array
    stage: Array
    order: Array

class Alternatives(NamedTuple):
    """The routes under choice: `weigh_known` and `weigh_onward` leave them to `pick`."""

    value: Array
    believed_loss: Array
    weight: Array
    nest: Array

class Workspace(NamedTuple):
    """Room that a rule needs while it runs; nothing in it lasts longer than a rule."""

    nest_weight: Array
    sampling_key: Array
    leg_use: Array
    ready_asset: Array
    area_gain_kg: Array
    area_onward: Array
    area_leaving: Array

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

class Dated(NamedTuple):
    """Inputs by epoch: an array for each dated column, shape (epochs, rows, *dims)."""

    states_corruption: Array
    states_pledge_multiplier: Array
    states_reform_per_year: Array
    states_rule_of_law: Array
    states_inspection_container_share: Array
    states_inspection_air_share: Array
    states_inspection_land_share: Array
    states_coast_police_share: Array
    states_finance_strength: Array
    states_protection_price: Array
    states_capacity: Array
    states_shock: Array
    states_consent_regime: Array
    states_boarding_regime: Array
    states_pledge: Array
    platforms_active: Array
    platforms_allocation: Array
    platforms_liaison: Array
    assets_active: Array
    assets_availability: Array
    legs_open: Array
    legs_cost_multiplier: Array
    legs_inspection_multiplier: Array
    legs_exposure: Array
    places_coastal_radar: Array
    places_total_control: Array
    places_inspection_share: Array
    places_container_traffic: Array
    places_risk_premium_eur_per_kg: Array
    sources_supply_kg_per_week: Array
    markets_demand_kg_per_week: Array

class Parameters(Declared):
    """The values one run is made with. Frozen; unknown names and values out of bounds are refused."""

    choice_rule: str = ...
    deterrence: str = ...
    cooperation: str = ...
    allocation: str = ...
    service_times: str = ...
    supply_answer: float = ...
    supply_scale: float = ...
    source_price_eur_per_kg: float = ...
    source_cover_weeks: float = ...
    source_price_response: float = ...
    origin_losses_share: float = ...
    other_markets_share: float = ...
    glut_answer: float = ...
    other_markets_exposure: float = ...
    size_tail: float = ...
    local_groups_share: float = ...
    purchase_ambition: float = ...
    capital_weeks: float = ...
    credit_constrained_share: float = ...
    credit_weeks: float = ...
    risk_aversion_sd: float = ...
    drawings_share: float = ...
    exit_weeks: float = ...
    entry_rate_per_week: float = ...
    theta_per_thousand_eur: float = ...
    nest_dissimilarity: float = ...
    path_size_weight: float = ...
    exposure_weight: float = ...
    stay_out_utility: float = ...
    congestion_eur_per_kg: float = ...
    experience_memory: float = ...
    experience_foregone: float = ...
    salience_bias: float = ...
    explore_rate_per_week: float = ...
    imitate_rate_per_week: float = ...
    entry_delay_weeks: float = ...
    copy_delay_weeks: float = ...
    entry_cost_eur: float = ...
    load_scale: float = ...
    load_capital_share: float = ...
    load_split: float = ...
    shipment_weeks: float = ...
    risk_payment_scale: float = ...
    risk_payment_africa: float = ...
    contact_eur_per_kg: float = ...
    contact_progress_ratio: float = ...
    contact_experience_kg: float = ...
    contact_spread: float = ...
    in_kind_share: float = ...
    prior_strength: float = ...
    prior_risk_scale: float = ...
    memory_months: float = ...
    rumour_weight: float = ...
    news_threshold_kg: float = ...
    news_weight: float = ...
    willingness_threshold: float = ...
    willingness_floor: float = ...
    lead_probability: float = ...
    lead_relevance: float = ...
    lead_common_source: float = ...
    sharing_scale: float = ...
    leak_probability: float = ...
    report_delay_min_hours: float = ...
    report_delay_max_hours: float = ...
    report_delay_shape: float = ...
    task_delay_hours: float = ...
    lending_scale: float = ...
    trust_prior_useful: float = ...
    trust_prior_failed: float = ...
    trust_memory_per_month: float = ...
    sharing_build_up_per_month: float = ...
    sharing_loss_per_leak: float = ...
    sharing_decay_per_month: float = ...
    reciprocity: float = ...
    sharing_cost_curvature: float = ...
    sharing_upkeep: float = ...
    leak_loss: float = ...
    pledge_headroom: float = ...
    liaison_relevance: float = ...
    liaison_delay: float = ...
    sweep_scale: float = ...
    area_km2: float = ...
    patrol_hours_per_day: float = ...
    suspicion_share: float = ...
    fast_craft_suspicion: float = ...
    radar_probability: float = ...
    satellite_imaged_share: float = ...
    satellite_belt_share: float = ...
    fast_craft_recall: float = ...
    satellite_revisit_days: float = ...
    satellite_precision: float = ...
    false_contact_hours: float = ...
    cue_area_km2: float = ...
    satellite_delay_hours: float = ...
    tasked_imaged_share: float = ...
    tasked_revisit_days: float = ...
    service_days: float = ...
    availability_scale: float = ...
    reach_km: float = ...
    bandit_exploration: float = ...
    bandit_rate: float = ...
    consent_flag_share: float = ...
    consent_loss_per_hour: float = ...
    pursuit_success: float = ...
    dump_share: float = ...
    targeting_base: float = ...
    targeting_shared: float = ...
    inspection_scale: float = ...
    inspection_growth_per_year: float = ...
    control_response: float = ...
    export_effort: float = ...
    known_search_success: float = ...
    store_risk_per_week: float = ...
    bribe_share: float = ...
    bribe_price_eur_per_kg: float = ...
    bribe_spread: float = ...
    custody_leak: float = ...
    capacity_per_meur: float = ...
    capacity_lag_years: float = ...
    capacity_decay_per_year: float = ...
    capacity_recovery_per_year: float = ...
    airport_best: float = ...
    port_targeting_gain: float = ...
    demand_elasticity: float = ...
    market_cover_weeks: float = ...
    price_adjustment: float = ...
    europe_price_eur_per_kg: float = ...
    north_america_price_eur_per_kg: float = ...
    demand_scale: float = ...
    arbitrage_cost_eur_per_kg: float = ...
    arbitrage_rate_per_week: float = ...
    laundering_weeks: float = ...
    laundering_cost_base: float = ...
    laundering_cost_max: float = ...
    freeze_share: float = ...
    abroad_share: float = ...
    confiscated_of_frozen: float = ...
    court_weeks: float = ...
    jail_share: float = ...
    jail_weeks: float = ...
    bulk_purity: float = ...

class ParameterValues(NamedTuple):
    """Scalars of `Parameters`: float or int; a switch is the number of its option."""

    choice_rule: int
    deterrence: int
    cooperation: int
    allocation: int
    service_times: int
    supply_answer: float
    supply_scale: float
    source_price_eur_per_kg: float
    source_cover_weeks: float
    source_price_response: float
    origin_losses_share: float
    other_markets_share: float
    glut_answer: float
    other_markets_exposure: float
    size_tail: float
    local_groups_share: float
    purchase_ambition: float
    capital_weeks: float
    credit_constrained_share: float
    credit_weeks: float
    risk_aversion_sd: float
    drawings_share: float
    exit_weeks: float
    entry_rate_per_week: float
    theta_per_thousand_eur: float
    nest_dissimilarity: float
    path_size_weight: float
    exposure_weight: float
    stay_out_utility: float
    congestion_eur_per_kg: float
    experience_memory: float
    experience_foregone: float
    salience_bias: float
    explore_rate_per_week: float
    imitate_rate_per_week: float
    entry_delay_weeks: float
    copy_delay_weeks: float
    entry_cost_eur: float
    load_scale: float
    load_capital_share: float
    load_split: float
    shipment_weeks: float
    risk_payment_scale: float
    risk_payment_africa: float
    contact_eur_per_kg: float
    contact_progress_ratio: float
    contact_experience_kg: float
    contact_spread: float
    in_kind_share: float
    prior_strength: float
    prior_risk_scale: float
    memory_months: float
    rumour_weight: float
    news_threshold_kg: float
    news_weight: float
    willingness_threshold: float
    willingness_floor: float
    lead_probability: float
    lead_relevance: float
    lead_common_source: float
    sharing_scale: float
    leak_probability: float
    report_delay_min_hours: float
    report_delay_max_hours: float
    report_delay_shape: float
    task_delay_hours: float
    lending_scale: float
    trust_prior_useful: float
    trust_prior_failed: float
    trust_memory_per_month: float
    sharing_build_up_per_month: float
    sharing_loss_per_leak: float
    sharing_decay_per_month: float
    reciprocity: float
    sharing_cost_curvature: float
    sharing_upkeep: float
    leak_loss: float
    pledge_headroom: float
    liaison_relevance: float
    liaison_delay: float
    sweep_scale: float
    area_km2: float
    patrol_hours_per_day: float
    suspicion_share: float
    fast_craft_suspicion: float
    radar_probability: float
    satellite_imaged_share: float
    satellite_belt_share: float
    fast_craft_recall: float
    satellite_revisit_days: float
    satellite_precision: float
    false_contact_hours: float
    cue_area_km2: float
    satellite_delay_hours: float
    tasked_imaged_share: float
    tasked_revisit_days: float
    service_days: float
    availability_scale: float
    reach_km: float
    bandit_exploration: float
    bandit_rate: float
    consent_flag_share: float
    consent_loss_per_hour: float
    pursuit_success: float
    dump_share: float
    targeting_base: float
    targeting_shared: float
    inspection_scale: float
    inspection_growth_per_year: float
    control_response: float
    export_effort: float
    known_search_success: float
    store_risk_per_week: float
    bribe_share: float
    bribe_price_eur_per_kg: float
    bribe_spread: float
    custody_leak: float
    capacity_per_meur: float
    capacity_lag_years: float
    capacity_decay_per_year: float
    capacity_recovery_per_year: float
    airport_best: float
    port_targeting_gain: float
    demand_elasticity: float
    market_cover_weeks: float
    price_adjustment: float
    europe_price_eur_per_kg: float
    north_america_price_eur_per_kg: float
    demand_scale: float
    arbitrage_cost_eur_per_kg: float
    arbitrage_rate_per_week: float
    laundering_weeks: float
    laundering_cost_base: float
    laundering_cost_max: float
    freeze_share: float
    abroad_share: float
    confiscated_of_frozen: float
    court_weeks: float
    jail_share: float
    jail_weeks: float
    bulk_purity: float
