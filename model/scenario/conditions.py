"""Under which conditions the rules read a dated column or a parameter: all others are read always.

Each condition was found in the rules of `model/submodels` and is tested by experiment: where it does not hold, a change
of the column or parameter changes not one bit of what follows (`tests/science/test_no_effect.py`).
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import numpy as np

from model.columns import Array, dated_columns
from model.context import Inputs
from model.kinds import Mode, PlacementRule
from model.parameters import Parameters
from model.world import World


class Facts(NamedTuple):
    """What decides whether something is read: the world, the inputs of a run and parameters that hold in it."""

    world: World
    inputs: Inputs
    parameters: Parameters

    def ever(self, column: str) -> Array:
        """Rows of a dated column that are above zero in any epoch."""
        return np.any(getattr(self.inputs.dated, column) > 0.0, axis=0)


class Condition(NamedTuple):
    """Where a column, or whether a parameter, is read.

    Attributes
    ----------
    holds
        Gives a truth value for each entry of a column of shape (epochs, rows, ...), or an array that stands for it.
    why
        Words for where it does not hold, after "has no effect because".
    """

    holds: Callable[[Facts], Any]
    why: str


def _is(name: str, options: str) -> Condition:
    """Only under some options of a parameter, joined by bars."""
    why = f"no rule reads it unless {name} = {options.replace('|', ' or ')}"
    return Condition(lambda facts: getattr(facts.parameters, name) in options.split("|"), why)


# --- rows of the world ----------------------------------------------------------------------------------------------


def _countries(facts: Facts, places: Array) -> Array:
    """Countries in which places lie: (countries,)."""
    return np.isin(np.arange(len(facts.world.states)), facts.world.arrays.place_state[places])


def _ends(facts: Facts, *modes: Mode) -> Array:
    """Places at which a leg of some modes ends."""
    return facts.world.arrays.leg_destination[np.isin(facts.world.arrays.leg_mode, modes)]


def _touched(facts: Facts, *modes: Mode) -> Array:
    """Countries at an end of a leg of some modes."""
    origins = facts.world.arrays.leg_origin[np.isin(facts.world.arrays.leg_mode, modes)]
    return _countries(facts, np.concatenate([origins, _ends(facts, *modes)]))


def _reached(facts: Facts, *modes: Mode) -> Array:
    """Places at which a leg of some modes ends, as a mask."""
    return np.isin(np.arange(len(facts.world.places)), _ends(facts, *modes))


def _flagged(facts: Facts) -> Array:
    """Places at which a flagged leg by air courier ends."""
    legs = (facts.world.arrays.leg_mode == Mode.COURIER) & (facts.world.arrays.leg_flagged > 0.0)
    return np.isin(np.arange(len(facts.world.places)), facts.world.arrays.leg_destination[legs])


def _controlled_legs(facts: Facts) -> Array:
    """Legs with an end that lies in a country."""
    state = facts.world.arrays.place_state
    return np.logical_or(state[facts.world.arrays.leg_origin] >= 0, state[facts.world.arrays.leg_destination] >= 0)


def _boarded(facts: Facts) -> Array:
    """Flags under which vessels sail, with the owners of craft that board: (flags, owners)."""
    arrays, states = facts.world.arrays, np.arange(len(facts.world.states))
    flags = np.isin(states, arrays.leg_flag_state[np.isin(arrays.leg_mode, (Mode.SMALL_VESSEL, Mode.MERCHANT))])
    owners = np.isin(states, arrays.asset_owner[arrays.asset_boards == 1])
    return np.logical_and.outer(flags, owners) & ~np.eye(len(states), dtype=bool)


# --- platforms ------------------------------------------------------------------------------------------------------


def _shared(facts: Facts) -> Array:
    """Platforms that work, by epoch; all of them where countries decide, since they keep their level meanwhile."""
    return np.asarray(
        (facts.inputs.dated.platforms_active > 0.0)[:, None, :] | (facts.parameters.cooperation == "endogenous")
    )


def _joined(facts: Facts) -> Array:
    """Platforms that have a member, by epoch; the one with satellites, and all where countries decide, even so."""
    joined = (facts.inputs.dated.states_pledge > 0.0).any(axis=1)
    alone = np.arange(len(facts.world.platforms)) == facts.world.arrays.satellite_platform
    return np.asarray(joined | alone | (facts.parameters.cooperation == "endogenous"))


def _lending(facts: Facts) -> Array:
    """Platforms that ever work and to which assets can be lent, where each places them by its own rule."""
    lendable = int(np.bitwise_or.reduce(facts.world.arrays.asset_platforms)) >> np.arange(len(facts.world.platforms))
    return np.asarray((lendable & 1 == 1) & facts.ever("platforms_active") & (facts.parameters.allocation == "table"))


def _by_bandit(facts: Facts) -> bool:
    as_tabled = bool((facts.inputs.dated.platforms_allocation == PlacementRule.BANDIT).any())
    return as_tabled if facts.parameters.allocation == "table" else facts.parameters.allocation == "bandit"


def _from_space(facts: Facts) -> bool:
    eye = facts.world.arrays.satellite_platform
    return eye >= 0 and bool(facts.ever("platforms_active")[eye])


# --- the tables -----------------------------------------------------------------------------------------------------

NEVER_READ: Final = frozenset({"states.consent_regime"})
"""Dated columns that only give others: `boarding_regime` follows from it and from treaties."""

_CRAFT: Final = (Mode.FAST_BOAT, Mode.SMALL_VESSEL, Mode.MERCHANT, Mode.AIRCRAFT)
READ_WHERE: Final[Mapping[str, Condition]] = {
    **{name: _is(*column.when.split("=")) for name, column in dated_columns().items() if column.when},
    "states.pledge": Condition(_shared, "the platform does not work then"),
    "states.inspection_container_share": Condition(
        lambda facts: _touched(facts, Mode.CONTAINER), "no leg by container touches it"
    ),
    "states.inspection_air_share": Condition(
        lambda facts: _touched(facts, Mode.COURIER), "no leg by air courier touches it"
    ),
    "states.inspection_land_share": Condition(lambda facts: _touched(facts, Mode.LAND), "no leg over land touches it"),
    "states.coast_police_share": Condition(
        lambda facts: _touched(facts, *_CRAFT), "no leg by boat, ship or light aircraft touches it"
    ),
    "states.finance_strength": Condition(
        lambda facts: _countries(facts, facts.world.arrays.market_place[facts.world.arrays.market_is_europe == 1]),
        "no rule reads it where there is no European market",
    ),
    "states.protection_price": Condition(
        lambda facts: _countries(facts, facts.world.arrays.place_market < 0), "no place of the model lies there"
    ),
    "states.boarding_regime": Condition(_boarded, "no small vessel or merchant ship sails from there"),
    "platforms.allocation": Condition(
        _lending, "no rule reads it unless allocation = table and assets are lent to the platform"
    ),
    "platforms.active": Condition(_joined, "no country is a member of the platform then"),
    "platforms.liaison": Condition(
        lambda facts: facts.ever("platforms_active") & _joined(facts), "the platform never works, or has no member then"
    ),
    "assets.availability": Condition(
        lambda facts: facts.inputs.dated.assets_active > 0.0, "the asset is not in service then"
    ),
    "places.coastal_radar": Condition(
        lambda facts: _reached(facts, Mode.FAST_BOAT, Mode.SMALL_VESSEL), "no leg by boat ends there"
    ),
    "places.total_control": Condition(_flagged, "no flagged leg by air courier ends there"),
    "places.risk_premium_eur_per_kg": Condition(lambda facts: _reached(facts, *Mode), "no leg ends there"),
    "places.inspection_share": Condition(
        lambda facts: facts.world.arrays.place_state >= 0, "no country controls this place"
    ),
    "legs.inspection_multiplier": Condition(_controlled_legs, "no country controls an end of this leg"),
}
"""Dated columns that rules read in some rows or under some parameters only."""

_SATELLITES: Final = Condition(_from_space, "no platform with satellites works in this run")
_LEARNT: Final = Condition(
    lambda facts: facts.parameters.contact_progress_ratio != 1.0, "nothing is learnt where contact_progress_ratio = 1"
)
_SWITCHED: Final[Mapping[Condition, tuple[str, ...]]] = {
    _is("cooperation", "endogenous"): (
        "trust_prior_useful",
        "trust_prior_failed",
        "trust_memory_per_month",
        "sharing_build_up_per_month",
        "sharing_loss_per_leak",
        "sharing_decay_per_month",
        "reciprocity",
        "sharing_cost_curvature",
        "sharing_upkeep",
        "leak_loss",
        "pledge_headroom",
    ),
    _is("deterrence", "risk-price"): ("risk_payment_scale", "risk_payment_africa", "risk_aversion_sd"),
    _is("deterrence", "willingness"): ("willingness_threshold", "willingness_floor"),
    _is("choice_rule", "experience"): ("experience_memory", "experience_foregone"),
    _is("choice_rule", "salience"): ("salience_bias",),
    Condition(_by_bandit, "no platform places assets by the rule bandit"): ("bandit_exploration", "bandit_rate"),
    _SATELLITES: (
        "satellite_imaged_share",
        "satellite_belt_share",
        "satellite_revisit_days",
        "satellite_precision",
        "satellite_delay_hours",
        "tasked_imaged_share",
        "tasked_revisit_days",
        "fast_craft_recall",
        "false_contact_hours",
    ),
    Condition(lambda facts: facts.ever("platforms_liaison").any(), "no event posts liaison officers"): (
        "liaison_relevance",
        "liaison_delay",
    ),
    _LEARNT: ("contact_experience_kg", "contact_spread"),
    Condition(lambda facts: facts.ever("places_coastal_radar").any(), "no coast has radar"): ("radar_probability",),
    Condition(lambda facts: facts.ever("states_shock").any(), "no event is a shock"): ("capacity_recovery_per_year",),
}
READ_IF: Final[Mapping[str, Condition]] = {name: condition for condition, names in _SWITCHED.items() for name in names}
"""Parameters that rules read under a condition only."""
