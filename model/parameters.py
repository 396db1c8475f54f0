"""Every parameter once: default, unit, bounds, role, source and confidence.

The command line's help, the documentation's table, the validation of scenarios and the scalars that the compiled
week reads are all made from the fields below. Values marked ``assumed`` have no source: they are bounds to sweep,
not facts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict

from model.kinds import AS_TABLED, ChoiceRule, Cooperation, Deterrence, PlacementRule, ServiceTimes
from model.parameter_fields import Options, changed_values, choice, lever, uncertainty, values_type
from model.summary import Summary

__all__ = ["ParameterValues", "Parameters"]


class Parameters(Summary, BaseModel):
    """The values one run is made with. Frozen; unknown names and values out of bounds are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def facts(self) -> dict[str, Any]:
        """What `repr` shows: the values that differ from their defaults."""
        return changed_values(self)

    __str__ = Summary.__repr__

    # --- rival theories -------------------------------------------------------------------------------------------
    choice_rule: Annotated[str, Options(ChoiceRule)] = choice(
        "expected-value",
        group="theory",
        description="how organisations value a known route: expected profit, "
        "experience-weighted attraction beside it, or salience-weighted gains and losses",
        source="Ben-Akiva & Bierlaire 1999; Camerer & Ho 1999; Bordalo et al. 2012",
        confidence="assumed",
    )
    deterrence: Annotated[str, Options(Deterrence)] = choice(
        "risk-price",
        group="theory",
        description="form B: risk is a cash cost that must be paid (Reuter & Kleiman "
        "1986); form A: willingness falls with the arrest risk above a threshold (IDA). Never both",
        source="mechanisms M11; amendment 9",
        confidence="assumed",
    )

    cooperation: Annotated[str, Options(Cooperation)] = choice(
        "fixed",
        group="theory",
        description="how states share: at the level of the tables and events, or as each decides for its own benefit "
        "every month, with trust and up to its pledge",
        source="mechanisms M1; amendments 13 and 19",
        confidence="assumed",
    )
    allocation: Annotated[str, Options(PlacementRule, {"table": AS_TABLED})] = choice(
        "table",
        group="theory",
        description="how platforms place the assets lent to them: as platforms.csv says, or one rule for all",
        source="Magliocca et al. 2019; Church & ReVelle 1974; Giommoni et al. 2021; Auer et al. 2002",
        confidence="assumed",
    )

    service_times: Annotated[str, Options(ServiceTimes)] = choice(
        "exponential",
        group="theory",
        description="how the asset time of a case is spread; by Erlang's law the share of cues lost without waiting "
        "does not depend on it",
        source="Erlang 1917; amendment 11",
        confidence="assumed",
    )

    # --- supply and source market ---------------------------------------------------------------------------------
    supply_answer: float = uncertainty(
        0.0,
        "1",
        0.0,
        2.0,
        group="supply",
        description="elasticity of output to last year's source price; headline results are shown at 0 and at 2",
        source="amendment 2",
        confidence="assumed",
    )
    supply_scale: float = uncertainty(
        1.0,
        "1",
        0.7,
        1.4,
        group="supply",
        description="multiplies the harmonised output series (US and UN estimates differ by 30-70 percent)",
        source="SOURCES known contradictions 3",
        confidence="medium",
    )
    source_price_eur_per_kg: float = uncertainty(
        1900.0,
        "EUR/kg",
        800.0,
        4000.0,
        group="supply",
        description="price per pure kg at the origin when its stock cover is normal",
        source="UNODC prices, Colombia 2008-10: 2,348-2,439 USD/kg",
        confidence="high",
    )
    source_cover_weeks: float = uncertainty(
        4.0,
        "weeks",
        1.0,
        12.0,
        group="supply",
        description="weeks of output that producers hold when the price is at its reference; a larger stock is handed "
        "out over as many weeks",
        source="assumed",
        confidence="assumed",
    )
    source_price_response: float = uncertainty(
        1.06,
        "1",
        0.3,
        3.0,
        group="supply",
        description="how strongly a long or short stock moves the source price",
        source="assumed",
        confidence="assumed",
    )
    origin_losses_share: float = uncertainty(
        0.126,
        "share",
        0.1,
        0.35,
        group="supply",
        description="share of output seized or destroyed inside the "
        "producing states before any shipment (laboratories, stores)",
        source="COL+PER+BOL seizures 2004-08 of 210-310 t bulk a year against about 950 t of output",
        confidence="medium",
    )

    other_markets_share: float = uncertainty(
        0.19,
        "share",
        0.05,
        0.3,
        group="supply",
        description="share of output that other markets take (South America, "
        "Oceania, Asia, Africa); consumed outside the model",
        source="UNODC 2010: about a fifth of users live there",
        confidence="low",
    )
    glut_answer: float = uncertainty(
        1.44,
        "1",
        0.0,
        2.0,
        group="supply",
        description="elasticity with which other markets take more of output where its price is below its reference; 0 "
        "keeps their share constant",
        source="assumed; UNODC (2025) World Drug Report: other markets grew",
        confidence="assumed",
    )

    other_markets_exposure: float = uncertainty(
        1.0,
        "1",
        0.0,
        1.5,
        group="supply",
        description="share that states on the way take of goods for other markets, over what they take of those that "
        "are followed; 0 lets them pass unseized",
        source="assumed (decision 0025)",
        confidence="assumed",
    )

    # --- organisations --------------------------------------------------------------------------------------------
    size_tail: float = uncertainty(
        1.2,
        "1",
        0.9,
        2.5,
        group="organisations",
        description="Pareto exponent of organisation sizes",
        source="assumed; seizure sizes have tails near 1 (SF25)",
        confidence="assumed",
    )
    local_groups_share: float = uncertainty(
        0.1,
        "share",
        0.0,
        0.3,
        group="organisations",
        description="share of organisations whose home is a transhipment place and who are paid in kind",
        source="amendment 5; SF55",
        confidence="assumed",
    )
    purchase_ambition: float = uncertainty(
        1.1,
        "1",
        1.0,
        2.0,
        group="organisations",
        description="what organisations would buy relative to their part of weekly output",
        source="assumed",
        confidence="assumed",
    )
    capital_weeks: float = uncertainty(
        26.0,
        "weeks",
        4.0,
        104.0,
        group="organisations",
        description="working capital at entry, in weeks of purchases at the source price and transport cost",
        source="assumed",
        confidence="assumed",
    )
    credit_constrained_share: float = uncertainty(
        0.2,
        "share",
        0.0,
        0.6,
        group="organisations",
        description="share of groups that cannot borrow",
        source="mechanisms M15",
        confidence="low",
    )
    credit_weeks: float = uncertainty(
        26.0,
        "weeks",
        0.0,
        104.0,
        group="organisations",
        description="how far below zero the capital of the others may go, in weeks of purchases",
        source="assumed",
        confidence="assumed",
    )
    risk_aversion_sd: float = uncertainty(
        0.3,
        "log",
        0.0,
        0.8,
        group="organisations",
        description="spread of risk aversion between organisations",
        source="assumed",
        confidence="assumed",
    )
    drawings_share: float = uncertainty(
        0.3,
        "share",
        0.0,
        0.8,
        group="organisations",
        description="owners' fixed share of laundered money above the target capital",
        source="amendment 1",
        confidence="assumed",
    )
    exit_weeks: float = uncertainty(
        26.0,
        "weeks",
        8.0,
        104.0,
        group="organisations",
        description="weeks without means after which a group leaves",
        source="assumed",
        confidence="assumed",
    )
    entry_rate_per_week: float = uncertainty(
        0.02,
        "1/week",
        0.002,
        0.1,
        group="organisations",
        description="chance that a free place is taken by a new group when margins are fat",
        source="leader replacement 3-12 months, mechanisms M16",
        confidence="low",
    )

    # --- routes ---------------------------------------------------------------------------------------------------
    theta_per_thousand_eur: float = uncertainty(
        0.136,
        "kg/1000 EUR",
        0.05,
        1.0,
        group="routes",
        description="sensitivity of route choice to profit per kg",
        source="mechanisms M12: 0.1-1 per 1,000 USD",
        confidence="low",
    )
    nest_dissimilarity: float = uncertainty(
        1.0,
        "1",
        0.4,
        1.0,
        group="routes",
        description="1: routes are independent; below: routes of one mode are closer substitutes",
        source="amendment 6",
        confidence="assumed",
    )
    path_size_weight: float = uncertainty(
        1.0,
        "1",
        0.0,
        1.5,
        group="routes",
        description="weight of the path-size term (0 switches it off)",
        source="Ben-Akiva & Bierlaire 1999",
        confidence="medium",
    )
    exposure_weight: float = uncertainty(
        1.0,
        "1",
        0.0,
        1.0,
        group="routes",
        description="weight beta_M of the licit exposure of a route's tightest leg",
        source="amendment 6; Russo 2014 (SF33)",
        confidence="low",
    )
    stay_out_utility: float = uncertainty(
        -2.86,
        "1",
        -3.0,
        3.0,
        group="routes",
        description="systematic utility of not shipping this week",
        source="assumed",
        confidence="assumed",
    )
    congestion_eur_per_kg: float = uncertainty(
        270.0,
        "EUR/kg",
        0.0,
        4000.0,
        group="routes",
        description="extra handling cost per kg for a doubling of a route's flow over its normal",
        source="mechanisms M12 (congestion term)",
        confidence="assumed",
    )
    experience_memory: float = uncertainty(
        0.9,
        "1",
        0.5,
        0.99,
        group="routes",
        description="phi = rho: how slowly attractions move",
        source="Camerer & Ho 1999; amendment 9",
        confidence="medium",
    )
    experience_foregone: float = uncertainty(
        0.3,
        "1",
        0.0,
        1.0,
        group="routes",
        description="delta: weight of foregone payoffs",
        source="Camerer & Ho 1999",
        confidence="medium",
    )
    salience_bias: float = uncertainty(
        0.7,
        "1",
        0.4,
        1.0,
        group="routes",
        description="delta of salience theory: weight of the less salient outcome",
        source="Bordalo et al. 2012; Magliocca et al. 2019",
        confidence="medium",
    )
    explore_rate_per_week: float = uncertainty(
        0.02,
        "1/week",
        0.0,
        0.1,
        group="routes",
        description="chance a week that an organisation tries a new route",
        source="assumed",
        confidence="assumed",
    )
    imitate_rate_per_week: float = uncertainty(
        0.05,
        "1/week",
        0.0,
        0.2,
        group="routes",
        description="chance a week that it copies a route a peer does well on",
        source="assumed",
        confidence="assumed",
    )
    entry_delay_weeks: float = uncertainty(
        25.0,
        "weeks",
        13.0,
        104.0,
        group="routes",
        description="time to open a new route",
        source="mechanisms M12: 3-24 months, 9",
        confidence="low",
    )
    copy_delay_weeks: float = uncertainty(
        3.6,
        "weeks",
        1.0,
        39.0,
        group="routes",
        description="time to join a route that peers already use",
        source="amendment 6: quick to copy",
        confidence="assumed",
    )
    entry_cost_eur: float = uncertainty(
        150_000.0,
        "EUR",
        0.0,
        1_000_000.0,
        group="routes",
        description="cash to open a new route (contacts, means); copying costs a fifth",
        source="assumed",
        confidence="assumed",
    )
    load_scale: float = uncertainty(
        1.0,
        "1",
        0.5,
        2.0,
        group="routes",
        description="multiplies load sizes of all modes (modes.csv)",
        source="SF21-SF25",
        confidence="medium",
    )
    load_capital_share: float = uncertainty(
        0.3,
        "share",
        0.05,
        1.0,
        group="routes",
        description="largest part of its means (cash and what is left of credit) that a group puts in one load",
        source="assumed",
        confidence="assumed",
    )
    load_split: float = uncertainty(
        2.0,
        "1",
        0.0,
        8.0,
        group="routes",
        description="how far loads are split where risk is believed high: load / (1 + split * mu)",
        source="assumed",
        confidence="assumed",
    )
    shipment_weeks: float = uncertainty(
        4.0,
        "weeks",
        0.25,
        8.0,
        group="routes",
        description="weeks of its flow that an organisation sends at a time in boxes or overland, each checked on its "
        "own, and with couriers as far as one flight takes them",
        source="assumed",
        confidence="assumed",
    )
    risk_payment_scale: float = uncertainty(
        0.769,
        "1",
        0.2,
        4.0,
        group="routes",
        description="multiplies the cash that crews and protectors are paid per kg "
        "for the believed risk (F of modes.csv), fitted so that margins of 2008 are small",
        source="amendment 1; SF32",
        confidence="low",
    )
    risk_payment_africa: float = uncertainty(
        0.284,
        "1",
        0.1,
        1.0,
        group="routes",
        description="price of risk on legs that leave West Africa and the Sahel, "
        "relative to elsewhere: crews and protectors there have lower incomes",
        source="assumed; SF50",
        confidence="assumed",
    )
    contact_eur_per_kg: float = uncertainty(
        49100.0,
        "EUR/kg",
        10000.0,
        90000.0,
        group="routes",
        description="what contacts in container ports take of what comes through where nothing has been landed yet; "
        "teams in EU ports take 7-15% of a shipment's value today",
        source="model.md (port contacts); M9; Europol 2023",
        confidence="assumed",
    )
    contact_progress_ratio: float = uncertainty(
        0.885,
        "1",
        0.7,
        1.0,
        group="routes",
        description="share of that cost which is left when a state's experience with containers doubles; "
        "1: none is learnt",
        source="Wright 1936, Dutton & Thomas 1984 (experience curves, mostly 0.7-0.9); value assumed",
        confidence="assumed",
    )
    contact_experience_kg: float = uncertainty(
        10000.0,
        "kg",
        3000.0,
        100000.0,
        group="routes",
        description="experience with containers of every state at the start of a run",
        source="assumed",
        confidence="assumed",
    )
    contact_spread: float = uncertainty(
        0.5,
        "share",
        0.0,
        1.0,
        group="routes",
        description="part of what is learnt of containers in the EU that its states divide by licit trade; 0 keeps all "
        "in the state where goods land",
        source="assumed",
        confidence="assumed",
    )
    in_kind_share: float = uncertainty(
        0.092,
        "share",
        0.0,
        0.4,
        group="routes",
        description="share of a load left to local groups at a transhipment place",
        source="amendment 5",
        confidence="assumed",
    )

    # --- beliefs --------------------------------------------------------------------------------------------------
    prior_strength: float = uncertainty(
        15.0,
        "trips",
        1.0,
        40.0,
        group="beliefs",
        description="how many trips the prior risk of a leg is worth",
        source="assumed",
        confidence="assumed",
    )
    prior_risk_scale: float = uncertainty(
        1.0,
        "1",
        0.3,
        3.0,
        group="beliefs",
        description="multiplies the prior risk of every mode (modes.csv)",
        source="assumed",
        confidence="assumed",
    )
    memory_months: float = uncertainty(
        3.0,
        "months",
        3.0,
        18.0,
        group="beliefs",
        description="mean life of what was learnt about risk",
        source="mechanisms M11",
        confidence="low",
    )
    rumour_weight: float = uncertainty(
        0.3,
        "trips",
        0.0,
        1.0,
        group="beliefs",
        description="weight of a peer's trip in everybody's belief",
        source="assumed",
        confidence="assumed",
    )
    news_threshold_kg: float = uncertainty(
        500.0,
        "kg",
        50.0,
        5000.0,
        group="beliefs",
        description="seizures above this are public news",
        source="assumed",
        confidence="assumed",
    )
    news_weight: float = uncertainty(
        1.5,
        "trips",
        0.0,
        5.0,
        group="beliefs",
        description="overreaction to salient seizures",
        source="mechanisms M11: 1-3",
        confidence="low",
    )

    # --- deterrence A ---------------------------------------------------------------------------------------------
    willingness_threshold: float = uncertainty(
        0.12,
        "probability",
        0.05,
        0.4,
        group="deterrence",
        description="p0: arrest risk per trip above which willingness falls as p0/p (long prison)",
        source="mechanisms M11 A",
        confidence="low",
    )
    willingness_floor: float = uncertainty(
        0.1,
        "share",
        0.0,
        0.3,
        group="deterrence",
        description="residual willingness",
        source="mechanisms M11 A",
        confidence="low",
    )

    # --- leads and cooperation ------------------------------------------------------------------------------------
    lead_probability: float = uncertainty(
        0.114,
        "probability",
        0.05,
        0.35,
        group="cooperation",
        description="q0: chance that a state touched by a shipment comes to know of it, at full capacity",
        source="mechanisms M2",
        confidence="low",
    )
    lead_relevance: float = uncertainty(
        0.6,
        "share",
        0.3,
        0.9,
        group="cooperation",
        description="phi: share of shared leads that are relevant and timely",
        source="mechanisms M2",
        confidence="low",
    )
    lead_common_source: float = uncertainty(
        0.4,
        "share",
        0.0,
        0.8,
        group="cooperation",
        description="psi: how far leads of several states stem from one source",
        source="amendment 7",
        confidence="assumed",
    )
    sharing_scale: float = lever(
        1.0,
        "1",
        0.0,
        2.5,
        group="cooperation",
        description="multiplies what members share with every platform (result at most 1); 0 is no cooperation",
        source="mechanisms M1",
        confidence="low",
    )
    leak_probability: float = uncertainty(
        0.3,
        "probability",
        0.1,
        0.6,
        group="cooperation",
        description="chance that a lead shared with a fully corrupt member leaks",
        source="mechanisms M7",
        confidence="low",
    )
    report_delay_min_hours: float = uncertainty(
        0.5,
        "h",
        0.25,
        1.0,
        group="cooperation",
        description="reporting delay at full sharing",
        source="mechanisms M4",
        confidence="high",
    )
    report_delay_max_hours: float = uncertainty(
        72.0,
        "h",
        24.0,
        168.0,
        group="cooperation",
        description="reporting delay without a channel",
        source="mechanisms M4",
        confidence="low",
    )
    report_delay_shape: float = uncertainty(
        2.0,
        "1",
        0.5,
        2.0,
        group="cooperation",
        description="exponent g of the reporting delay",
        source="mechanisms M4",
        confidence="low",
    )
    task_delay_hours: float = uncertainty(
        4.0,
        "h",
        1.0,
        24.0,
        group="cooperation",
        description="time from a cue to a tasked asset",
        source="assumed",
        confidence="assumed",
    )

    lending_scale: float = lever(
        1.6,
        "1",
        0.0,
        3.0,
        group="cooperation",
        description="chance that a lendable asset is lent in a month, for each unit of sharing (at most 1)",
        source="assumed",
        confidence="assumed",
    )
    trust_prior_useful: float = uncertainty(
        2.0,
        "counts",
        1.0,
        5.0,
        group="cooperation",
        description="a: useful exchanges that trust starts with",
        source="mechanisms M1",
        confidence="low",
    )
    trust_prior_failed: float = uncertainty(
        2.0,
        "counts",
        1.0,
        5.0,
        group="cooperation",
        description="b: failed exchanges that trust starts with",
        source="mechanisms M1",
        confidence="low",
    )
    trust_memory_per_month: float = uncertainty(
        0.97,
        "share",
        0.9,
        1.0,
        group="cooperation",
        description="rho: share of the counts above the prior left after a month",
        source="amendments 13 and 19",
        confidence="assumed",
    )
    sharing_build_up_per_month: float = uncertainty(
        0.03,
        "1/month",
        0.01,
        0.1,
        group="cooperation",
        description="u: speed at which sharing rises to what the state wants",
        source="mechanisms M1",
        confidence="low",
    )
    sharing_loss_per_leak: float = uncertainty(
        0.2,
        "1",
        0.05,
        0.5,
        group="cooperation",
        description="v: fall of the log of sharing with each leak, in real-equivalent loads",
        source="mechanisms M1",
        confidence="low",
    )
    sharing_decay_per_month: float = uncertainty(
        0.01,
        "1/month",
        0.005,
        0.03,
        group="cooperation",
        description="d: decay of sharing without upkeep",
        source="mechanisms M1",
        confidence="low",
    )
    reciprocity: float = uncertainty(
        0.5,
        "share",
        0.0,
        1.0,
        group="cooperation",
        description="gamma: how far what a platform gives depends on what a state gives (0 a public good, 1 a club)",
        source="amendment 13",
        confidence="assumed",
    )
    sharing_cost_curvature: float = uncertainty(
        0.08,
        "1",
        0.02,
        0.4,
        group="cooperation",
        description="h: growth of the cost of sharing, in units of the benefit of a removed load",
        source="amendment 13; level assumed",
        confidence="assumed",
    )
    sharing_upkeep: float = uncertainty(
        0.01,
        "1",
        0.0,
        0.1,
        group="cooperation",
        description="k: marginal cost of the first sharing, in the same unit",
        source="amendment 13; level assumed",
        confidence="assumed",
    )
    leak_loss: float = uncertainty(
        0.3,
        "1",
        0.0,
        1.0,
        group="cooperation",
        description="L: what a leak costs the state whose lead it was, in the same unit",
        source="amendment 13; level assumed",
        confidence="assumed",
    )
    pledge_headroom: float = uncertainty(
        1.5,
        "1",
        1.0,
        2.5,
        group="cooperation",
        description="how far a pledge lies above the documented level of sharing, when states decide themselves",
        source="assumed",
        confidence="assumed",
    )
    liaison_relevance: float = uncertainty(
        0.3,
        "share",
        0.0,
        0.8,
        group="cooperation",
        description="share of irrelevant or late leads that full posting of liaison officers makes useful",
        source="assumed; claimed by all services (institutions 10)",
        confidence="assumed",
    )
    liaison_delay: float = uncertainty(
        0.5,
        "share",
        0.0,
        0.9,
        group="cooperation",
        description="share of the reporting delay that full posting of liaison officers removes",
        source="assumed",
        confidence="assumed",
    )

    # --- sensors --------------------------------------------------------------------------------------------------
    sweep_scale: float = uncertainty(
        1.0,
        "1",
        0.3,
        3.0,
        group="sensors",
        description="multiplies the sweep width of all assets",
        source="Koopman 1946; mechanisms M2: 3-20 nm",
        confidence="low",
    )
    area_km2: float = uncertainty(
        700000.0,
        "km2",
        700_000.0,
        10_000_000.0,
        group="sensors",
        description="sea that an uncued search of one patrol area has to cover",
        source="mechanisms M2: 2e5-3e6 nm2",
        confidence="low",
    )
    patrol_hours_per_day: float = uncertainty(
        10.0,
        "h/day",
        4.0,
        24.0,
        group="sensors",
        description="searching hours of a ship or aircraft on a patrol day",
        source="assumed",
        confidence="assumed",
    )
    suspicion_share: float = uncertainty(
        0.25,
        "probability",
        0.02,
        0.3,
        group="sensors",
        description="chance that a detected craft is taken for suspect when nothing else is known",
        source="mechanisms M3",
        confidence="low",
    )
    fast_craft_suspicion: float = uncertainty(
        0.5,
        "probability",
        0.1,
        0.9,
        group="sensors",
        description="the same for fast boats and unannounced light aircraft",
        source="assumed",
        confidence="assumed",
    )
    radar_probability: float = uncertainty(
        0.7,
        "probability",
        0.3,
        0.95,
        group="sensors",
        description="coastal radar: chance to detect a small craft that "
        "lands on a covered coast, mean of calm and rough sea",
        source="mechanisms M3",
        confidence="low",
    )
    satellite_imaged_share: float = lever(
        0.02,
        "share",
        0.0,
        0.8,
        group="sensors",
        description="f: share of the open sea imaged at each pass once EUROSUR's satellite service runs",
        source="mechanisms M3",
        confidence="low",
    )
    satellite_belt_share: float = lever(
        0.5,
        "share",
        0.0,
        0.9,
        group="sensors",
        description="f in the belt off EU coasts",
        source="mechanisms M3",
        confidence="low",
    )
    fast_craft_recall: float = uncertainty(
        0.5,
        "1",
        0.3,
        0.7,
        group="sensors",
        description="recall of satellites for fast craft relative to slow hulls of their length",
        source="mechanisms M3",
        confidence="low",
    )
    satellite_revisit_days: float = uncertainty(
        3.5,
        "days",
        1.0,
        6.0,
        group="sensors",
        description="R: time between passes",
        source="mechanisms M3",
        confidence="high",
    )
    satellite_precision: float = uncertainty(
        0.65,
        "share",
        0.55,
        0.75,
        group="sensors",
        description="share of satellite contacts that are ships",
        source="mechanisms M3",
        confidence="high",
    )
    false_contact_hours: float = uncertainty(
        6.0,
        "h",
        1.0,
        24.0,
        group="sensors",
        description="asset time that a false contact costs",
        source="assumed",
        confidence="assumed",
    )

    cue_area_km2: float = uncertainty(
        8600.0,
        "km2",
        8600.0,
        137000.0,
        group="sensors",
        description="sea that an asset sent to a cue has to search",
        source="mechanisms M2: 2,500-40,000 nm2; the lower end, as leads come with a position",
        confidence="low",
    )
    satellite_delay_hours: float = uncertainty(
        3.0,
        "h",
        0.5,
        24.0,
        group="sensors",
        description="time from an image to a reported contact",
        source="institutions 3: near real time was the aim; assumed",
        confidence="assumed",
    )
    tasked_imaged_share: float = lever(
        0.8,
        "share",
        0.0,
        1.0,
        group="sensors",
        description="share of the sea imaged when satellites are tasked on a cue",
        source="mechanisms M3: 0.8",
        confidence="low",
    )
    tasked_revisit_days: float = uncertainty(
        1.0,
        "days",
        0.25,
        3.0,
        group="sensors",
        description="time between passes tasked on a cue",
        source="mechanisms M3: 1 day",
        confidence="low",
    )

    # --- tasking and boarding -------------------------------------------------------------------------------------
    service_days: float = uncertainty(
        5.0,
        "days",
        2.0,
        10.0,
        group="tasking",
        description="asset time for a case: boarding, escort, hand-over",
        source="mechanisms M5",
        confidence="low",
    )
    availability_scale: float = lever(
        1.0,
        "1",
        0.3,
        1.5,
        group="tasking",
        description="multiplies the availability of all assets",
        source="mechanisms M5",
        confidence="low",
    )
    reach_km: float = uncertainty(
        1500.0,
        "km",
        300.0,
        4000.0,
        group="tasking",
        description="how far an asset is sent to a cue",
        source="assumed",
        confidence="assumed",
    )
    bandit_exploration: float = uncertainty(
        0.15,
        "share",
        0.01,
        0.5,
        group="tasking",
        description="share of patrols that the bandit draws at random",
        source="Auer et al. 2002",
        confidence="assumed",
    )
    bandit_rate: float = uncertainty(
        0.1,
        "1",
        0.01,
        1.0,
        group="tasking",
        description="learning rate of the bandit",
        source="Auer et al. 2002",
        confidence="assumed",
    )
    consent_flag_share: float = uncertainty(
        0.5,
        "share",
        0.0,
        1.0,
        group="boarding",
        description="share of slow craft under a foreign flag whose state must be asked",
        source="assumed",
        confidence="assumed",
    )
    consent_loss_per_hour: float = uncertainty(
        0.01,
        "1/h",
        0.0,
        0.1,
        group="boarding",
        description="lambda_c: loss rate with an asset in contact",
        source="amendment 16",
        confidence="assumed",
    )
    pursuit_success: float = lever(
        0.9,
        "probability",
        0.1,
        0.98,
        group="boarding",
        description="chance to stop a craft once a pursuit starts",
        source="USCG via Naval News, mechanisms M6",
        confidence="high",
    )

    dump_share: float = uncertainty(
        0.3,
        "share",
        0.0,
        0.9,
        group="boarding",
        description="share of lost pursuits in which the load is dumped",
        source="assumed",
        confidence="assumed",
    )

    # --- inspection -----------------------------------------------------------------------------------------------
    targeting_base: float = uncertainty(
        0.38,
        "1",
        0.0,
        1.0,
        group="inspection",
        description="d0: discrimination of container targeting without shared data",
        source="mechanisms M9",
        confidence="low",
    )
    targeting_shared: float = uncertainty(
        0.5,
        "1",
        0.0,
        1.0,
        group="inspection",
        description="d1: gain from full sharing between both ends",
        source="mechanisms M9",
        confidence="low",
    )
    inspection_scale: float = lever(
        1.62,
        "1",
        0.0,
        4.0,
        group="inspection",
        description="multiplies what ports, coasts and borders inspect; airports have their own shares",
        source="mechanisms M9",
        confidence="low",
    )
    inspection_growth_per_year: float = uncertainty(
        0.05,
        "1/year",
        0.0,
        0.15,
        group="inspection",
        description="growth of container inspection capacity from 2005",
        source="assumed; needed to explain the rise of the EU interception ratio (amendment 8)",
        confidence="assumed",
    )
    control_response: float = uncertainty(
        0.512,
        "1",
        0.0,
        0.95,
        group="inspection",
        description="elasticity of a state's controls to what they find, over what they found up to 2005; 0 keeps them "
        "as they are",
        source="assumed; agencies follow seizures (Magliocca et al. 2019), interception rose with output (SF37)",
        confidence="assumed",
    )
    export_effort: float = uncertainty(
        0.34,
        "share",
        0.0,
        1.0,
        group="inspection",
        description="effort of export controls relative to import controls",
        source="assumed",
        confidence="assumed",
    )
    known_search_success: float = uncertainty(
        0.31,
        "probability",
        0.3,
        0.95,
        group="inspection",
        description="chance to find a load that is known of and arrives at a controlled place",
        source="assumed",
        confidence="assumed",
    )
    store_risk_per_week: float = uncertainty(
        0.00155,
        "1/week",
        0.0,
        0.05,
        group="inspection",
        description="chance a week that a store at a transhipment place is found, at full local capacity",
        source="assumed; SF06: local interception below 10-15 percent",
        confidence="low",
    )

    # --- corruption -----------------------------------------------------------------------------------------------
    bribe_share: float = uncertainty(
        0.1,
        "share",
        0.03,
        0.15,
        group="corruption",
        description="beta: share of a load's value offered at a controlled place",
        source="mechanisms M7: EU ports 7-15 percent",
        confidence="high",
    )
    bribe_price_eur_per_kg: float = uncertainty(
        9600.0,
        "EUR/kg",
        1000.0,
        40000.0,
        group="corruption",
        description="m: offer at which half of the corruptible accept",
        source="amendment 17",
        confidence="assumed",
    )
    bribe_spread: float = uncertainty(
        1.0,
        "log",
        0.2,
        3.0,
        group="corruption",
        description="s of the logistic in amendment 17",
        source="amendment 17",
        confidence="assumed",
    )
    custody_leak: float = uncertainty(
        0.3,
        "share",
        0.0,
        1.0,
        group="corruption",
        description="share of a seizure that returns to the market where the seizing state is fully corrupt",
        source="SF49",
        confidence="medium",
    )

    # --- capacity ---------------------------------------------------------------------------------------------
    capacity_per_meur: float = uncertainty(
        1.0,
        "1/MEUR",
        0.2,
        4.0,
        group="capacity",
        description="e: stock of ability built by a million euro, in units of K0",
        source="mechanisms M8; AIRCOP, 3.1 t in six years for EUR 7.8 million, gives the order",
        confidence="low",
    )
    capacity_lag_years: float = uncertainty(
        3.0,
        "years",
        1.0,
        6.0,
        group="capacity",
        description="time from money to ability",
        source="mechanisms M8",
        confidence="medium",
    )
    capacity_decay_per_year: float = uncertainty(
        0.3,
        "1/year",
        0.15,
        0.5,
        group="capacity",
        description="delta: loss of built ability without upkeep",
        source="mechanisms M8",
        confidence="low",
    )
    capacity_recovery_per_year: float = uncertainty(
        0.2,
        "1/year",
        0.05,
        0.5,
        group="capacity",
        description="speed at which domestic ability recovers after a shock",
        source="amendment 17; level assumed",
        confidence="assumed",
    )
    airport_best: float = uncertainty(
        0.3,
        "probability",
        0.1,
        0.6,
        group="capacity",
        description="p1: chance that a well-built airport unit finds a courier",
        source="assumed; mechanisms M8 form",
        confidence="assumed",
    )
    port_targeting_gain: float = uncertainty(
        0.5,
        "d prime",
        0.0,
        1.0,
        group="capacity",
        description="targeting that a well-built port unit adds",
        source="mechanisms M9: d1 0.2-1",
        confidence="low",
    )

    # --- market ---------------------------------------------------------------------------------------------------
    demand_elasticity: float = uncertainty(
        -1.02,
        "1",
        -1.5,
        -0.2,
        group="market",
        description="price elasticity of consumption",
        source="SF34: -0.5, range -0.2 to -2.5",
        confidence="high",
    )
    market_cover_weeks: float = uncertainty(
        26.0,
        "weeks",
        12.0,
        26.0,
        group="market",
        description="W: weeks of consumption held when the price is normal, along the whole chain of sale",
        source="amendment 14: 12 to 26; prices move least from year to year at 26 (decision 0025)",
        confidence="assumed",
    )
    price_adjustment: float = uncertainty(
        0.1,
        "1/week",
        0.0,
        0.3,
        group="market",
        description="eta: weekly step of the log price to its target, at most 5 percent; 0 keeps prices constant",
        source="amendment 14",
        confidence="assumed",
    )
    europe_price_eur_per_kg: float = uncertainty(
        50_000.0,
        "EUR/kg",
        35_000.0,
        65_000.0,
        group="market",
        description="reference wholesale price per pure kg in Europe",
        source="EMCDDA 2011: 35,000 EUR/kg in 2008 at about 70 percent purity",
        confidence="high",
    )
    north_america_price_eur_per_kg: float = uncertainty(
        26_000.0,
        "EUR/kg",
        15_000.0,
        40_000.0,
        group="market",
        description="reference wholesale price per pure kg in North America",
        source="DEA 2006: 9,000-40,000 USD/kg; 28,000 USD 2020",
        confidence="medium",
    )
    demand_scale: float = lever(
        1.0,
        "1",
        0.3,
        2.0,
        group="market",
        description="multiplies European demand at the reference price (demand reduction is below 1)",
        source="amendment 3",
        confidence="medium",
    )
    arbitrage_cost_eur_per_kg: float = uncertainty(
        2500.0,
        "EUR/kg",
        500.0,
        8000.0,
        group="market",
        description="price gap between European markets at which wholesalers move goods",
        source="assumed",
        confidence="assumed",
    )
    arbitrage_rate_per_week: float = uncertainty(
        0.05,
        "1/week",
        0.0,
        0.3,
        group="market",
        description="largest part of a market's stock moved in a week",
        source="assumed",
        confidence="assumed",
    )

    # --- money ----------------------------------------------------------------------------------------------------
    laundering_weeks: float = uncertainty(
        8.0,
        "weeks",
        2.0,
        26.0,
        group="finance",
        description="mean time until revenue is clean",
        source="assumed",
        confidence="assumed",
    )
    laundering_cost_base: float = uncertainty(
        0.06,
        "share",
        0.04,
        0.08,
        group="finance",
        description="k0: cost of laundering without controls",
        source="mechanisms M15",
        confidence="low",
    )
    laundering_cost_max: float = uncertainty(
        0.15,
        "share",
        0.15,
        0.2,
        group="finance",
        description="cost at full strength of controls",
        source="mechanisms M15: over 15 cents per dollar",
        confidence="high",
    )
    freeze_share: float = lever(
        0.022,
        "share",
        0.0,
        0.2,
        group="finance",
        description="f: share of proceeds frozen at the control and exchange of 2012",
        source="Europol 2016: 2.2 percent",
        confidence="high",
    )
    abroad_share: float = uncertainty(
        0.7,
        "share",
        0.0,
        1.0,
        group="finance",
        description="share of proceeds that can be traced only with other states",
        source="assumed",
        confidence="assumed",
    )
    confiscated_of_frozen: float = lever(
        0.5,
        "share",
        0.0,
        1.0,
        group="finance",
        description="share of frozen money finally confiscated, the rest is given back",
        source="Europol 2016",
        confidence="high",
    )
    court_weeks: float = uncertainty(
        104.0,
        "weeks",
        26.0,
        260.0,
        group="finance",
        description="mean time from freezing to the final decision",
        source="assumed",
        confidence="assumed",
    )
    jail_share: float = uncertainty(
        0.02,
        "share",
        0.0,
        0.2,
        group="finance",
        description="share of a group's working means lost for a time with each crew arrested, at full rule of law",
        source="mechanisms M16",
        confidence="low",
    )
    jail_weeks: float = uncertainty(
        26.0,
        "weeks",
        13.0,
        52.0,
        group="finance",
        description="mean time until the lost people are replaced",
        source="mechanisms M16: 3-12 months",
        confidence="low",
    )

    # --- observation ----------------------------------------------------------------------------------------------
    bulk_purity: float = uncertainty(
        0.7,
        "share",
        0.6,
        0.8,
        group="observation",
        description="purity at which pure kilograms are shown as bulk",
        source="amendment 8",
        confidence="medium",
    )


if TYPE_CHECKING:
    ParameterValues = Parameters
else:
    ParameterValues = values_type(Parameters, "ParameterValues", __name__)
