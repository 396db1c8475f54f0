"""Contacts in container ports: costly to build, quick to copy (model.md, "Points on which such models go wrong").

A container needs no crew but insiders who let the goods in and out. They are paid for what comes through, at a rate
that falls with what has been landed by container so far, as unit costs fall with experience (Wright 1936): each
doubling leaves ``contact_progress_ratio`` of it. Experience is open to all organisations, so splitting an organisation
changes nothing. Part of it is tied to the state where the goods landed; ``contact_spread`` of it belongs to the EU as a
whole and is shared out among its states by the licit trade of the year by container. Nothing of the sum is forgotten.
``contact_cost`` of `states.csv` makes it dearer where other ways in lie nearer (decisions 0026 to 0028).
"""

import math

from model.context import Context, State, WorldArrays
from model.kernel.compiled import rule
from model.kinds import Mode


@rule
def price_contacts(ctx: Context) -> None:
    """What contacts at the destination of every container leg take of what comes through (EUR/kg)."""
    world, state, parameters = ctx.world, ctx.state, ctx.parameters
    slope = math.log2(parameters.contact_progress_ratio)
    share_experience(ctx)
    for leg in range(world.leg_mode.shape[0]):
        member = world.place_state[world.leg_destination[leg]]
        if world.leg_mode[leg] == Mode.CONTAINER and member >= 0:
            experience = 1.0 + state.states.learnt_boxed_kg[member] / parameters.contact_experience_kg
            first_eur = parameters.contact_eur_per_kg * world.state_contact_cost[member]
            state.legs.contact_eur_per_kg[leg] = first_eur * math.pow(experience, slope)


@rule
def share_experience(ctx: Context) -> None:
    """What each state's contacts have learnt from: own landings and, in the EU, a share of all by licit trade.

    The sum over the EU is what has landed there.
    """
    world, states, legs = ctx.world, ctx.state.states, ctx.state.legs
    landed_kg, trade = 0.0, 0.0
    states.boxed_trade[:] = 0.0
    for member in range(states.boxed_trade.shape[0]):
        states.learnt_boxed_kg[member] = states.counted_boxed_kg[member]
        if world.state_eu[member] == 1:
            landed_kg += states.counted_boxed_kg[member]
    for leg in range(world.leg_mode.shape[0]):
        member = world.place_state[world.leg_destination[leg]]
        if world.leg_mode[leg] == Mode.CONTAINER and member >= 0 and world.state_eu[member] == 1:
            states.boxed_trade[member] += legs.exposure[leg]
            trade += legs.exposure[leg]
    if trade <= 0.0:
        return
    for member in range(states.boxed_trade.shape[0]):
        if world.state_eu[member] == 1:
            theirs_kg = landed_kg * states.boxed_trade[member] / trade
            states.learnt_boxed_kg[member] += ctx.parameters.contact_spread * (
                theirs_kg - states.counted_boxed_kg[member]
            )


@rule
def note_landed(world: WorldArrays, state: State, leg: int, load_kg: float) -> None:
    """Add a load that came through to the experience of the state where it landed."""
    member = world.place_state[world.leg_destination[leg]]
    if world.leg_mode[leg] == Mode.CONTAINER and member >= 0:
        state.states.landed_boxed_kg[member] += load_kg


@rule
def count_landed(ctx: Context) -> None:
    """Contacts learn by the month: what has landed by its first day counts until its last."""
    states = ctx.state.states
    for member in range(states.counted_boxed_kg.shape[0]):
        states.counted_boxed_kg[member] = states.landed_boxed_kg[member]
