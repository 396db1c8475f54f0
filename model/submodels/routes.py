"""Routes: what an organisation believes a route is worth, which one it chooses, how much it loads.

Profit per kg dispatched is ``(1 - mu) (P - contacts) - (transport + bribes + purchase) - risk payment`` with ``mu`` the
believed loss over the whole route (Reuter & Kleiman 1986; amendment 1); contacts are paid for what comes through.
Choice is a nested path-size logit with licit exposure (Ben-Akiva & Bierlaire 1999; amendment 6):
``V = theta U + ln PS + beta_M ln(M / M_ref)``, mode nests, and staying out as an alternative of its own. The value U of
a route follows the decision rule (`decisions.py`).
"""

import math

from model.context import Alternatives, Array, Context, ParameterValues, State, WorldArrays
from model.kernel.compiled import compiled, rule
from model.kinds import Deterrence
from model.random import draws
from model.random.samplers import load_kg as sample_load_kg
from model.submodels.beliefs import RISK_CEILING, RISK_FLOOR, believed_loss
from model.submodels.columns import draw_entry
from model.submodels.decisions import Prospect, adapt_by, value_by
from model.submodels.finance import means_eur
from model.submodels.supply import offered_kg

NOT_OFFERED = -1e9  # value of a route that is closed or not ready
SMALLEST_LOAD_KG = 1.0
STALE_WEEKS = 13


@rule
def value_route(ctx: Context, organisation: int, route: int, bought: int) -> tuple[float, float, float]:
    """Value of a route to an organisation: (utility in 1000 EUR/kg, believed loss mu, log willingness).

    ``bought`` is 1 where the goods must still be paid for (origin), 0 where they are in stock already.
    """
    world, state, parameters, week = ctx.world, ctx.state, ctx.parameters, ctx.week
    kept, risk_eur, arrest = 1.0, 0.0, 0.0
    for step in range(world.route_start[route], world.route_start[route + 1]):
        leg = world.route_leg[step]
        risk = believed_loss(state.organisations, state.legs, state.memory_decay, organisation, leg, week)
        if parameters.deterrence == Deterrence.RISK_PRICE:
            risk_eur += risk * state.legs.risk_price_eur_per_kg[leg]
        else:
            arrest += kept * risk * world.mode_crew_arrest[world.leg_mode[leg]]
        kept *= 1.0 - risk
    mu = min(RISK_CEILING, max(RISK_FLOOR, 1.0 - kept))
    price = state.markets.price_eur_per_kg[world.route_market[route]] - state.routes.contact_eur_per_kg[route]
    cost = state.routes.cost_eur_per_kg[route]
    cost += state.sources.price_eur_per_kg[world.route_source[route]] if bought == 1 else 0.0
    willing = 0.0
    if parameters.deterrence == Deterrence.RISK_PRICE:
        cost += state.organisations.risk_aversion[organisation] * risk_eur
    elif arrest > parameters.willingness_threshold:
        willing = math.log(max(parameters.willingness_floor, parameters.willingness_threshold / arrest))
    return value_by(parameters.choice_rule, ctx, organisation, Prospect(route, price, cost, mu)), mu, willing


@compiled
def attractiveness(state: State, parameters: ParameterValues, route: int, utility: float, willing: float) -> float:
    """Value of a route in the logit before path size: theta U, willingness, and licit exposure (amendment 6)."""
    return parameters.theta_per_thousand_eur * utility + willing + float(state.routes.exposure[route])


@compiled
def nested_logit(choice: Alternatives, nest_weight: Array, count: int, dissimilarity: float, stay_out: float) -> float:
    """Turn values V of the first `count` alternatives into weights of a nested logit; the weight of staying out.

    Within a nest ``exp(V / lambda)``, a nest weighs ``(sum)^lambda`` (McFadden 1978). ``choice.nest`` names each
    alternative's nest. Weights are not normalised; alternatives with V = -inf weigh nothing.
    """
    top = stay_out
    for i in range(count):
        top = max(top, choice.value[i])
    nest_weight[:] = 0.0
    for i in range(count):
        near = choice.value[i] > top - 40.0
        choice.weight[i] = math.exp((choice.value[i] - top) / dissimilarity) if near else 0.0
        nest_weight[choice.nest[i]] += choice.weight[i]
    if dissimilarity < 1.0:
        for nest in range(nest_weight.shape[0]):
            total = nest_weight[nest]
            nest_weight[nest] = math.pow(total, dissimilarity - 1.0) if total > 0.0 else 0.0
        for i in range(count):
            choice.weight[i] *= nest_weight[choice.nest[i]]
    return math.exp(max(-40.0, stay_out - top))


@compiled
def pick(choice: Alternatives, count: int, stay_out: float, u: float) -> int:
    """Draw one of the first `count` alternatives by its weight; -1 is staying out."""
    return draw_entry(choice.weight, 0, count, stay_out, u)


@rule
def weigh_known(ctx: Context, organisation: int) -> float:
    """Weigh the known routes that are ready and open (weights in `state.choice`); the weight of staying out.

    Within a week nothing that is weighed changes, so one weighing serves all loads of an organisation.
    """
    state, parameters, organisations, choice = ctx.state, ctx.parameters, ctx.state.organisations, ctx.state.choice
    known = organisations.known_route.shape[1]
    bought = ctx.world.source_is_origin[organisations.source[organisation]]
    for slot in range(known):
        route = organisations.known_route[organisation, slot]
        choice.value[slot] = NOT_OFFERED
        choice.nest[slot] = 0
        if route < 0 or state.routes.open[route] == 0 or organisations.ready_week[organisation, slot] > ctx.week:
            continue
        utility, mu, willing = value_route(ctx, organisation, route, bought)
        choice.believed_loss[slot] = mu
        organisations.known_value[organisation, slot] = utility
        utility = adapt_by(parameters.choice_rule, ctx, organisation, slot, utility)
        value = attractiveness(state, parameters, route, utility, willing)
        choice.value[slot] = value + parameters.path_size_weight * float(organisations.path_size[organisation, slot])
        choice.nest[slot] = ctx.world.route_mode[route]
    return nested_logit(
        choice, state.workspace.nest_weight, known, parameters.nest_dissimilarity, parameters.stay_out_utility
    )


@rule
def draw_unit(ctx: Context, organisation: int, mode: int, mu: float, k: int) -> float:
    """Size of one box, of the couriers of one flight or of a boat load (kg): heavy-tailed by mode, smaller where the
    believed risk is high.
    """
    world, parameters = ctx.world, ctx.parameters
    u = draws.uniform(ctx.seed, draws.LOAD, ctx.week, ctx.state.organisations.ident[organisation], k)
    load = sample_load_kg(
        u,
        world.mode_load_body[mode],
        world.mode_load_median[mode],
        world.mode_load_log_sd[mode],
        world.mode_load_tail_from[mode],
        world.mode_load_exponent[mode],
        world.mode_load_max[mode],
    )
    return max(SMALLEST_LOAD_KG, load * parameters.load_scale / (1.0 + parameters.load_split * mu))


@rule
def plan(ctx: Context, organisation: int) -> None:
    """Decide the next load: weigh the known routes and settle on one."""
    choose_route_and_load(ctx, organisation, weigh_known(ctx, organisation))


@rule
def choose_route_and_load(ctx: Context, organisation: int, stay_out: float) -> None:
    """Draw a route by the weights, and a load within the means; boxes and couriers go several at a time."""
    world, state, parameters, seed, week = ctx.world, ctx.state, ctx.parameters, ctx.seed, ctx.week
    organisations = state.organisations
    turn = organisations.sequence[organisation]
    u = draws.uniform(seed, draws.ROUTE, week, organisations.ident[organisation], turn)
    slot = pick(state.choice, organisations.known_route.shape[1], stay_out, u)
    organisations.plan_week[organisation] = week
    organisations.plan_slot[organisation] = slot
    if slot < 0:
        return
    route = organisations.known_route[organisation, slot]
    mode = world.route_load_mode[route]
    unit = draw_unit(ctx, organisation, mode, state.choice.believed_loss[slot], turn)
    source = organisations.source[organisation]
    unit_cost = state.sources.price_eur_per_kg[source] + state.routes.cost_eur_per_kg[route] + 1.0
    least_eur = 0.2 * organisations.target_capital_eur[organisation]
    means = max(least_eur, means_eur(organisations, parameters, organisation))
    limit = parameters.load_capital_share * means / unit_cost
    units = 1
    if world.mode_bundled[mode] == 1:
        part = organisations.weight[organisation] / max(
            organisations.weight[organisation], state.sources.weight[source]
        )
        wanted = min(parameters.shipment_weeks * part * offered_kg(state.sources, parameters, source), limit)
        if world.mode_parcel[mode] > 0.0:
            wanted, unit = min(wanted, unit), world.mode_parcel[mode]
        units = max(1, int(wanted / unit))
    organisations.plan_units[organisation] = units
    organisations.plan_load_kg[organisation] = max(SMALLEST_LOAD_KG, min(unit, limit)) if units == 1 else units * unit


@rule
def weigh_onward(ctx: Context, organisation: int, source: int) -> int:
    """Weigh the routes of the library onward from a stock (weights in `state.choice`); how many, 0 if none is open.

    Sending a load on changes nothing that is weighed, so one weighing serves all loads of a week. Goods in stock are
    sunk cost: waiting is worth holding them at the storage cost, so it is no alternative of its own.
    """
    world, state, parameters = ctx.world, ctx.state, ctx.parameters
    first = world.source_route_start[source]
    count = min(world.source_route_start[source + 1] - first, state.choice.value.shape[0])
    any_open = False
    for i in range(count):
        route = first + i
        state.choice.value[i] = NOT_OFFERED
        state.choice.nest[i] = world.route_mode[route]
        if state.routes.open[route] == 0:
            continue
        any_open = True
        utility, mu, willing = value_route(ctx, organisation, route, 0)
        state.choice.believed_loss[i] = mu
        state.choice.value[i] = attractiveness(state, parameters, route, utility, willing)
    if not any_open:
        return 0
    nested_logit(state.choice, state.workspace.nest_weight, count, parameters.nest_dissimilarity, NOT_OFFERED)
    return count


@rule
def path_sizes(world: WorldArrays, state: State, organisation: int) -> None:
    """Path size of each known route: cost-weighted share of legs that other known routes do not use (log).

    ``PS_r = sum_l (c_l / C_r) / n_l`` with ``n_l`` the number of known routes over leg l (Ben-Akiva & Bierlaire 1999).
    """
    organisations, use = state.organisations, state.workspace.leg_use
    known = organisations.known_route.shape[1]
    for slot in range(known):
        route = organisations.known_route[organisation, slot]
        if route >= 0:
            for step in range(world.route_start[route], world.route_start[route + 1]):
                use[world.route_leg[step]] += 1
    for slot in range(known):
        route = organisations.known_route[organisation, slot]
        if route < 0:
            continue
        size, cost = 0.0, 0.0
        for step in range(world.route_start[route], world.route_start[route + 1]):
            leg = world.route_leg[step]
            size += world.leg_cost[leg] / use[leg]
            cost += world.leg_cost[leg]
        organisations.path_size[organisation, slot] = math.log(size / cost) if cost > 0.0 else 0.0
    for slot in range(known):
        route = organisations.known_route[organisation, slot]
        if route >= 0:
            for step in range(world.route_start[route], world.route_start[route + 1]):
                use[world.route_leg[step]] = 0
