"""What every rule is given: the facts, the inputs, the columns, the parameters, the record, and what week it is."""

from __future__ import annotations

from typing import NamedTuple

from model.parameters import ParameterValues
from model.record import Record
from model.scenario.inputs import Inputs
from model.state import State
from model.world.arrays import WorldArrays


class Context(NamedTuple):
    """One week of one run, passed on by its address; `week` and `year` alone change while its address is in use."""

    world: WorldArrays
    inputs: Inputs
    state: State
    parameters: ParameterValues
    record: Record
    seed: int
    week: int
    year: int
