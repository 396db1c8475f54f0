"""Capacity: what services can do, built by programmes, lost by neglect and coups, eaten by corruption.

``K(t+1) = K_dom + (K - K_dom) (1 - delta)^dt + e S(t - lag) (1 - kappa)``, ability ``k = 1 - exp(-K)`` with K in units
of
K0; a coup multiplies K and K_dom by 1 - z and K_dom recovers (mechanisms M8, amendment 17). The domestic part follows
from the yearly governance tables; reform takes corruption away for good (M7).
"""

import math

from model.calendar import WEEKS_PER_YEAR, YEARS_PER_REVIEW
from model.context import Context, State
from model.kernel.compiled import rule
from model.kinds import SECTORS, Sector


@rule
def build(ctx: Context) -> None:
    """One month: stocks decay, money of some years ago arrives, domestic ability and reform go on."""
    inputs, states, parameters = ctx.inputs, ctx.state.states, ctx.parameters
    kept = math.pow(1.0 - parameters.capacity_decay_per_year, YEARS_PER_REVIEW)
    recovery = 1.0 - math.exp(-parameters.capacity_recovery_per_year * YEARS_PER_REVIEW)
    source = int(ctx.week - parameters.capacity_lag_years * WEEKS_PER_YEAR)  # its money becomes ability now
    epoch = inputs.epoch_of_week[source] if source >= 0 else -1
    for member in range(states.capacity.shape[0]):
        states.reformed[member] = min(1.0, states.reformed[member] + states.reform_per_year[member] * YEARS_PER_REVIEW)
        states.standing[member] += recovery * (1.0 - states.standing[member])
        for sector in range(len(SECTORS)):
            spent = inputs.spend_meur[epoch, member, sector] if epoch >= 0 else 0.0
            gain = parameters.capacity_per_meur * spent * YEARS_PER_REVIEW * (1.0 - states.kappa[member])
            states.built[member, sector] = kept * states.built[member, sector] + gain


@rule
def set_ability(state: State) -> None:
    """Corruption after reform, ability by sector and courts; a shock that begins takes its part of both stocks."""
    states = state.states
    for member in range(states.capacity.shape[0]):
        states.kappa[member] = max(0.0, states.corruption[member] - states.reformed[member])
        if states.shock[member] > states.shock_taken[member]:
            left = 1.0 - states.shock[member]
            states.standing[member] *= left
            for sector in range(len(SECTORS)):
                states.built[member, sector] *= left
        states.shock_taken[member] = states.shock[member]
        domestic = -math.log(1.0 - min(0.999, states.capacity[member])) * states.standing[member]
        for sector in range(len(SECTORS)):
            states.ability[member, sector] = 1.0 - math.exp(-(domestic + states.built[member, sector]))
        law = states.rule_of_law[member]
        built = (1.0 - law) * closed_gap(state, member, Sector.JUSTICE.value)
        states.courts[member] = (law + built) * states.standing[member]


@rule
def closed_gap(state: State, member: int, sector: int) -> float:
    """Share of the way to the best that programmes have brought a control: 1 - exp(-K_built)."""
    return 1.0 - math.exp(-state.states.built[member, sector])
