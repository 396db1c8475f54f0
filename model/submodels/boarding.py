"""Boarding: leave of the flag state, pursuit, seizure.

``P_board = rho * exp(-lambda_c t_consent) * p_pursuit`` with rho and t_consent by the regime of the flag (mechanisms
M6, amendment 16): own flag and stateless craft need no leave, treaties with a deadline take hours, a plain Article 17
request takes a day and may fail.
"""

import math

from model.context import Context, State, WorldArrays
from model.kernel.compiled import rule
from model.kinds import Mode, Regime
from model.random import draws
from model.record import Account, Weekly, Yearly
from model.submodels.consequences import Seizure, expect, seize_consignment
from model.submodels.sensors import Cue

CONSENT = {
    Regime.STANDING: (0.5, 1.0),
    Regime.FOUR_HOUR: (4.0, 0.95),
    Regime.ARTICLE17: (24.0, 0.8),
    Regime.NONE: (72.0, 0.05),
}
"""Hours until leave to board is given, and its chance, by regime (mechanisms M6)."""
CONSENT_HOURS = tuple(CONSENT[regime][0] for regime in Regime)
CONSENT_CHANCE = tuple(CONSENT[regime][1] for regime in Regime)


@rule
def boarding_chance(ctx: Context, row: int, asset: int, u: float) -> float:
    """Chance that leave is given in time, before the pursuit."""
    world, state, parameters = ctx.world, ctx.state, ctx.parameters
    leg = state.consignments.leg[row]
    mode = world.leg_mode[leg]
    if mode == Mode.FAST_BOAT or mode == Mode.AIRCRAFT or u >= parameters.consent_flag_share:
        return 1.0
    flag = world.leg_flag_state[leg]
    if flag < 0 or flag == world.asset_owner[asset]:
        return 1.0
    regime = state.states.boarding_regime[flag, world.asset_owner[asset]]
    return CONSENT_CHANCE[regime] * math.exp(-parameters.consent_loss_per_hour * CONSENT_HOURS[regime])


@rule
def note_success(world: WorldArrays, state: State, asset: int, area: int, kg: float) -> None:
    """Where it was: known to the asset's state, and to platforms as far as that state shares."""
    owner = world.asset_owner[asset]
    state.assets.spell_kg[asset] += kg
    state.states.evidence_kg[owner, area] += kg
    for platform in range(state.platforms.active.shape[0]):
        state.platforms.evidence_kg[platform, area] += state.states.sharing[owner, platform] * kg


@rule
def board(ctx: Context, cue: Cue, asset: int, day: float) -> None:
    """Ask leave, pursue, seize; a craft that is chased and escapes may have dumped its load."""
    state, parameters, record, week = ctx.state, ctx.parameters, ctx.record, ctx.week
    row, owner = cue.row, ctx.world.asset_owner[asset]
    load_kg = state.consignments.load_kg[row]
    u, v, w, _ = draws.uniform_four(ctx.seed, draws.BOARDING, week, state.consignments.ident[row], cue.stage)
    leave = boarding_chance(ctx, row, asset, u)
    at = Seizure(ctx.world.area_place[cue.area], owner, cue.member, cue.platform, cue.stage, day)
    expect(ctx, row, leave * parameters.pursuit_success, at)
    record.weekly[week, Weekly.BOARDED_EXPECTED_KG] += load_kg * leave * parameters.pursuit_success
    if v >= leave:
        return
    record.weekly[week, Weekly.BOARDED] += 1.0
    if w < parameters.pursuit_success:
        record.weekly[week, Weekly.WON] += 1.0
        note_success(ctx.world, state, asset, cue.area, load_kg)
        seize_consignment(ctx, row, 1.0, at)
    elif w > 1.0 - parameters.dump_share * (1.0 - parameters.pursuit_success):
        state.accounts[Account.LOST_KG] += load_kg
        record.weekly[week, Weekly.LOST_KG] += load_kg
        record.by_leg[ctx.year, state.consignments.leg[row], Yearly.LOST_KG] += load_kg
        state.consignments.alive[row] = 0
