"""Contacts in container ports: costly to build, quick to copy (model.md, "Points on which such models go wrong").

A container needs no crew but insiders who let the goods in and out. They are paid for what comes through, at a rate
that falls with what has been landed by container in a state so far, as unit costs fall with experience (Wright 1936):
each doubling leaves ``contact_progress_ratio`` of it. Experience is the state's and open to all, so splitting a port
or an organisation changes nothing. Nobody forgets it. ``contact_cost`` of `states.csv` makes it dearer where other ways
in lie nearer (decisions 0026 and 0027).
"""

from __future__ import annotations

import math

from model.compiled import rule
from model.parameters import ParameterValues
from model.state import State
from model.world import CONTAINER, WorldArrays


@rule
def price_contacts(world: WorldArrays, state: State, parameters: ParameterValues) -> None:
    """What contacts at the destination of every container leg take of what comes through (EUR/kg)."""
    slope = math.log2(parameters.contact_progress_ratio)
    for leg in range(world.leg_mode.shape[0]):
        member = world.place_state[world.leg_destination[leg]]
        if world.leg_mode[leg] == CONTAINER and member >= 0:
            experience = 1.0 + state.states.landed_boxed_kg[member] / parameters.contact_experience_kg
            first_eur = parameters.contact_eur_per_kg * world.state_contact_cost[member]
            state.legs.contact_eur_per_kg[leg] = first_eur * math.pow(experience, slope)


@rule
def note_landed(world: WorldArrays, state: State, leg: int, load_kg: float) -> None:
    """Add a load that came through to the experience of the state where it landed."""
    member = world.place_state[world.leg_destination[leg]]
    if world.leg_mode[leg] == CONTAINER and member >= 0:
        state.states.landed_boxed_kg[member] += load_kg
