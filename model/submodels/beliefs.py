"""What organisations believe about the danger of a leg, and how they forget it.

A belief is the share of losses among remembered trips: own trips, public knowledge, and a prior worth
``prior_strength`` trips. Memory fades at a constant rate, so a route left alone drifts back to its prior and is tried
again (model.md, "Beliefs fade to a prior").
"""

from model.calendar import YEAR_MEMORY
from model.context import Array, Context, Legs, Organisations, ParameterValues, WorldArrays
from model.kernel.compiled import compiled, rule
from model.submodels.columns import fade

RISK_FLOOR = 0.001
RISK_CEILING = 0.98
GRAINS = 256.0
MOST_GRAINS = 65535.0
"""Memories are kept in 16 bits, in 256ths of a trip: they take most of a model's room when organisations are many."""


@rule
def weigh_public(ctx: Context) -> None:
    """Beliefs of the week start from the prior and the public memory of every leg; the price of risk is set."""
    world, legs, parameters = ctx.world, ctx.state.legs, ctx.parameters
    for leg in range(legs.public_hits.shape[0]):
        mode = world.leg_mode[leg]
        prior = min(1.0, parameters.prior_risk_scale * world.mode_prior_risk[mode])
        legs.remembered_hits[leg] = parameters.prior_strength * prior + legs.public_hits[leg]
        legs.remembered_trips[leg] = parameters.prior_strength + legs.public_trips[leg]
        legs.public_loss[leg] = legs.remembered_hits[leg] / legs.remembered_trips[leg]
        premium = parameters.risk_payment_africa if world.leg_africa[leg] == 1 else 1.0
        legs.risk_price_eur_per_kg[leg] = parameters.risk_payment_scale * world.mode_risk_payment[mode] * premium


@rule
def believed_loss(
    organisations: Organisations, legs: Legs, memory_decay: Array, organisation: int, leg: int, week: int
) -> float:
    """Believed probability of losing a load on one leg, in [0, 1]: losses among remembered trips."""
    own = int(organisations.trips[organisation, leg])
    if own == 0:
        return legs.public_loss[leg]
    fade = memory_decay[week - organisations.belief_week[organisation, leg]] / GRAINS
    hits = legs.remembered_hits[leg] + float(organisations.hits[organisation, leg]) * fade
    return hits / (legs.remembered_trips[leg] + own * fade)


@rule
def trips_of(world: WorldArrays, units: int, leg: int, lost: float) -> float:
    """Trips that a load tells of: one, or as many as there were couriers, each checked on its own."""
    return 1.0 if world.mode_bundled[world.leg_mode[leg]] == 0 else max(1.0, units / max(1e-3, 1.0 - lost))


@rule
def remember(
    organisations: Organisations, memory_decay: Array, organisation: int, leg: int, week: int, lost: float, trips: float
) -> None:
    """Add trips of the organisation itself; `lost` is the share of the load that was taken."""
    fade = memory_decay[week - organisations.belief_week[organisation, leg]]
    hits = float(organisations.hits[organisation, leg]) * fade + GRAINS * lost * trips
    grains = float(organisations.trips[organisation, leg]) * fade + GRAINS * trips
    scale = min(1.0, MOST_GRAINS / grains)
    organisations.hits[organisation, leg] = int(hits * scale + 0.5)
    organisations.trips[organisation, leg] = int(grains * scale + 0.5)
    organisations.belief_week[organisation, leg] = week


@compiled
def spread(legs: Legs, parameters: ParameterValues, leg: int, lost: float, taken_kg: float, trips: float) -> None:
    """Tell the others: a rumour of every trip or courier, and public news of a large seizure.

    Loads do not shrink when there are more organisations, so what all know does not depend on their number.
    """
    legs.public_trips[leg] += parameters.rumour_weight * trips
    legs.public_hits[leg] += parameters.rumour_weight * trips * lost
    if lost > 0.0 and taken_kg >= parameters.news_threshold_kg:
        legs.public_hits[leg] += parameters.news_weight
        legs.public_trips[leg] += parameters.news_weight


@rule
def fade_public(ctx: Context) -> None:
    """Public memory of losses and the flow on every leg fade by one week."""
    fade(ctx.state.legs.public_hits, ctx.state.memory_decay[1])
    fade(ctx.state.legs.public_trips, ctx.state.memory_decay[1])
    fade(ctx.state.legs.set_out_kg, YEAR_MEMORY)
