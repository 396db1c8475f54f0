"""What every rule is given: the facts, the inputs, the columns, the parameters, the record, and what week it is.

Only the fields are declared here, so that every rule can name them, and the types of what they hold, by one import.
`model/scenario/inputs.py` fills the inputs, `model/state.py` the state and `model/record.py` the record.
"""

from typing import NamedTuple

from model.layout import (
    Alternatives,
    Areas,
    Assets,
    Consignments,
    Cues,
    Dated,
    Jurisdictions,
    Legs,
    Markets,
    Organisations,
    ParameterValues,
    Places,
    Platforms,
    Routes,
    Sources,
    States,
    Workspace,
    WorldArrays,
)
from model.rows import Array

__all__ = [
    "Alternatives",
    "Array",
    "Context",
    "Cues",
    "Inputs",
    "Legs",
    "Organisations",
    "ParameterValues",
    "Record",
    "Sources",
    "State",
    "WorldArrays",
]


class Inputs(NamedTuple):
    """Inputs by epoch: which epoch and year a week belongs to, and a row for each epoch."""

    epoch_of_week: Array  # (weeks,)
    year_of_week: Array  # (weeks,), from the first year of the calendar
    dated: Dated
    spend_meur: Array  # (epochs, states, sectors), million EUR a year
    membership_active: Array  # (epochs, states, platforms), 0/1; no rule reads it


class State(NamedTuple):
    """All columns of one run, the list of living consignments, counters and accounts."""

    organisations: Organisations
    consignments: Consignments
    states: States
    platforms: Platforms
    assets: Assets
    legs: Legs
    jurisdictions: Jurisdictions
    routes: Routes
    places: Places
    areas: Areas
    sources: Sources
    markets: Markets
    cues: Cues
    choice: Alternatives
    workspace: Workspace
    memory_decay: Array  # share of a memory left after so many weeks
    live: Array  # rows of live consignments, in order of dispatch
    free: Array  # stack of free consignment rows
    counts: Array  # integers, by `Counter`
    accounts: Array  # kg and EUR since the start, by `Account`


class Record(NamedTuple):
    """Buffers of one run; years and weeks count from the epoch."""

    weekly: Array  # (weeks, len(Weekly))
    accounts: Array  # (weeks, len(Account)), as they stand at the end of each week
    by_leg: Array  # (years, legs, len(Yearly))
    by_state: Array
    by_platform: Array
    by_place: Array
    by_stage: Array
    seizures: Array  # (rows,) of SEIZURE
    keep_seizures: Array  # (1,) 0/1


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
