"""States, monthly: what they share, where satellites look, and the chances that follow from it for every leg
and route.
"""

import math

from model.calendar import REVIEW_WEEKS, YEAR_MEMORY
from model.context import Context
from model.kernel.compiled import rule
from model.kinds import Counter
from model.submodels.allocation import fade_evidence, set_position
from model.submodels.capacity import build, set_ability
from model.submodels.columns import fade
from model.submodels.contacts import count_landed, price_contacts
from model.submodels.cooperation import decide, lend, set_sharing
from model.submodels.inspection import follow_finds, prepare_controls
from model.submodels.leads import prepare_leads
from model.submodels.market import value_chain

FLOW_MEMORY = 12.0 / 13.0


@rule
def look_from_space(ctx: Context) -> None:
    """Share of each patrol area that satellites image at a pass, once the platform that fuses them works."""
    world, state, parameters = ctx.world, ctx.state, ctx.parameters
    eye = world.satellite_platform
    running = min(1.0, state.platforms.active[eye]) if eye >= 0 else 0.0
    for area in range(world.area_place.shape[0]):
        share = parameters.satellite_belt_share if world.area_belt[area] == 1 else parameters.satellite_imaged_share
        state.areas.imaged_share[area] = running * share


@rule
def price_routes(ctx: Context) -> None:
    """Cash cost per kg, licit exposure and openness of every route of the library.

    The licit flow of a route's tightest leg is divided among the routes that duplicate it, so that splitting a port
    changes nothing (amendment 6).
    """
    world, state, parameters = ctx.world, ctx.state, ctx.parameters
    legs = state.legs
    for leg in range(world.leg_mode.shape[0]):
        legs.log_exposure[leg] = math.log(max(1e-6, legs.exposure[leg]))
        fees = legs.bribe_eur_per_kg[leg] + state.places.risk_premium_eur_per_kg[world.leg_destination[leg]]
        legs.cash_eur_per_kg[leg] = world.leg_cost[leg] * legs.cost_multiplier[leg] + fees
    for route in range(world.route_source.shape[0]):
        cost, contacts, is_open = 0.0, 0.0, 1
        for step in range(world.route_start[route], world.route_start[route + 1]):
            leg = world.route_leg[step]
            cost += legs.cash_eur_per_kg[leg]
            contacts += legs.contact_eur_per_kg[leg]
            if legs.open[leg] < 0.5:
                is_open = 0
        exposure = legs.log_exposure[world.route_tight_leg[route]] - world.route_log_duplicates[route]
        state.routes.cost_eur_per_kg[route] = cost + state.routes.congestion_eur_per_kg[route]
        state.routes.contact_eur_per_kg[route] = contacts
        state.routes.exposure[route] = parameters.exposure_weight * exposure
        state.routes.open[route] = is_open


@rule
def congest(ctx: Context) -> None:
    """Congestion: a fixed sum per doubling of a route's flow over the mean of its source (mechanisms M12)."""
    world, state, parameters = ctx.world, ctx.state, ctx.parameters
    for source in range(world.source_place.shape[0]):
        first, last = world.source_route_start[source], world.source_route_start[source + 1]
        total = 0.0
        for route in range(first, last):
            total += state.routes.flow_kg[route]
        normal = 1.0 + 4.0 * total / max(1, last - first)
        for route in range(first, last):
            flow_kg = state.routes.flow_kg[route]
            doublings = math.log2(1.0 + flow_kg / normal) if flow_kg > 0.01 * normal else 0.0
            state.routes.congestion_eur_per_kg[route] = parameters.congestion_eur_per_kg * doublings


@rule
def begin_month(ctx: Context) -> None:
    """Every fourth week: stocks of ability, reform, trust, controls, contacts, values along the chain, congestion."""
    if ctx.week % REVIEW_WEEKS != 0:
        return
    build(ctx)
    decide(ctx)
    fade_evidence(ctx.state)
    follow_finds(ctx)
    count_landed(ctx)
    follow_markets(ctx)
    ctx.state.counts[Counter.REVIEW_DUE] = 1


@rule
def follow_markets(ctx: Context) -> None:
    """What markets and flows do is looked at by the month only, so that a change of one fact moves nothing else."""
    value_chain(ctx)
    congest(ctx)


@rule
def review(ctx: Context) -> None:
    """Every fourth week, and when an input has changed: ability, sharing, lending, leads, controls and costs follow."""
    if ctx.state.counts[Counter.REVIEW_DUE] == 1:
        ctx.state.counts[Counter.REVIEW_DUE] = 0
        derive(ctx)


@rule
def derive(ctx: Context) -> None:
    """What follows from inputs and from what goes on by the month; a second time it gives the same bits."""
    set_ability(ctx.state)
    set_sharing(ctx.state, ctx.parameters)
    lend(ctx)
    look_from_space(ctx)
    prepare_leads(ctx)
    set_position(ctx)
    prepare_controls(ctx)
    price_contacts(ctx)
    price_routes(ctx)


@rule
def fade_flows(ctx: Context) -> None:
    """Remembered flow on every route, and through every place, fades by one week."""
    fade(ctx.state.routes.flow_kg, FLOW_MEMORY)
    fade(ctx.state.places.mass_kg, YEAR_MEMORY)
