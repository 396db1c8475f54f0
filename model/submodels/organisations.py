"""Groups: exploration and imitation of routes; bankrupt groups leave, new ones enter where margins are fat."""

import math

from model.context import Context, ParameterValues, State, WorldArrays
from model.kernel.compiled import rule
from model.kinds import Counter
from model.random import draws
from model.random.samplers import normal_quantile, pareto
from model.record import Account, Weekly
from model.submodels.columns import draw_entry
from model.submodels.finance import means_eur
from model.submodels.routes import attractiveness, path_sizes, plan, value_route
from model.submodels.supply import offered_kg

FAMILIAR_USERS = 2.0
COPY_COST_SHARE = 0.2
DOES_WELL = 0.7
"""Capital over target from which a peer is taken to do well (assumed)."""
CANDIDATES = 4


@rule
def seek_routes(ctx: Context) -> None:
    """Some organisations try a new route, or copy one on which a peer does well."""
    state, parameters, organisations = ctx.state, ctx.parameters, ctx.state.organisations
    rate = parameters.explore_rate_per_week + parameters.imitate_rate_per_week
    for organisation in range(organisations.alive.shape[0]):
        if organisations.alive[organisation] == 0:
            continue
        u, v = draws.uniform_pair(ctx.seed, draws.EXPLORE, ctx.week, organisations.ident[organisation], 0)
        if u >= rate:
            continue
        route = (
            try_new(ctx, organisation) if u < parameters.explore_rate_per_week else copy_peer(state, organisation, v)
        )
        if route >= 0:
            adopt(ctx, organisation, route)


@rule
def try_new(ctx: Context, organisation: int) -> int:
    """The best of a few routes of the library, drawn at random; -1 if none of them is open and new."""
    world, state, parameters, seed, week = ctx.world, ctx.state, ctx.parameters, ctx.seed, ctx.week
    source = state.organisations.source[organisation]
    first = world.source_route_start[source]
    count = world.source_route_start[source + 1] - first
    best, best_value = -1, 0.0
    for k in range(CANDIDATES):
        u = draws.uniform(seed, draws.EXPLORE, week, state.organisations.ident[organisation], k + 1)
        route = first + min(count - 1, int(u * count))
        if count == 0 or state.routes.open[route] == 0 or knows(state, organisation, route):
            continue
        utility, _, willing = value_route(ctx, organisation, route, world.source_is_origin[source])
        value = attractiveness(state, parameters, route, utility, willing)
        if best < 0 or value > best_value:
            best, best_value = route, value
    return best


@rule
def copy_peer(state: State, organisation: int, v: float) -> int:
    """The planned route of another organisation of the same source that does well; -1 if it has none that is new."""
    organisations = state.organisations
    rows = organisations.alive.shape[0]
    start = min(rows - 1, int(v * rows))
    for k in range(min(rows, 64)):
        peer = (start + k) % rows
        if (
            peer == organisation
            or organisations.alive[peer] == 0
            or organisations.source[peer] != organisations.source[organisation]
            or organisations.plan_slot[peer] < 0
        ):
            continue
        if organisations.capital_eur[peer] >= DOES_WELL * organisations.target_capital_eur[peer]:
            route = organisations.known_route[peer, organisations.plan_slot[peer]]
            return -1 if route < 0 or knows(state, organisation, route) else route
    return -1


@rule
def knows(state: State, organisation: int, route: int) -> bool:
    """Whether an organisation knows a route already."""
    for slot in range(state.organisations.known_route.shape[1]):
        if state.organisations.known_route[organisation, slot] == route:
            return True
    return False


@rule
def adopt(ctx: Context, organisation: int, route: int) -> None:
    """Learn a route in place of the one last judged worst, if it is worth more; costly to open, quick to copy."""
    world, state, parameters, organisations = ctx.world, ctx.state, ctx.parameters, ctx.state.organisations
    bought = world.source_is_origin[organisations.source[organisation]]
    new_utility, _, _ = value_route(ctx, organisation, route, bought)
    worst, worst_value = -1, new_utility
    for slot in range(organisations.known_route.shape[1]):
        if organisations.known_route[organisation, slot] < 0:
            worst = slot
            break
        value = float(organisations.known_value[organisation, slot])
        if slot != organisations.plan_slot[organisation] and value < worst_value:
            worst, worst_value = slot, value
    if worst < 0:
        return
    familiar = state.routes.users[route] / (state.routes.users[route] + FAMILIAR_USERS)
    cost_eur = (
        parameters.entry_cost_eur
        * world.mode_entry_cost[world.route_mode[route]]
        * (1.0 - (1.0 - COPY_COST_SHARE) * familiar)
    )
    if organisations.capital_eur[organisation] < cost_eur:
        return
    organisations.capital_eur[organisation] -= cost_eur
    state.accounts[Account.ENTRY_EUR] += cost_eur
    old = organisations.known_route[organisation, worst]
    if old >= 0:
        state.routes.users[old] -= 1.0
    state.routes.users[route] += 1.0
    delay = parameters.entry_delay_weeks + (parameters.copy_delay_weeks - parameters.entry_delay_weeks) * familiar
    organisations.known_route[organisation, worst] = route
    organisations.ready_week[organisation, worst] = ctx.week + int(delay)
    organisations.attraction[organisation, worst] = organisations.known_value[organisation, worst] = new_utility
    path_sizes(world, state, organisation)


@rule
def enter_and_exit(ctx: Context) -> None:
    """Organisations without means for too long leave; new ones enter where margins are high."""
    state, parameters, record, week = ctx.state, ctx.parameters, ctx.record, ctx.week
    organisations, margin = state.organisations, mean_margin(ctx.world, state)
    vacancy = 0
    record.weekly[week, Weekly.MARGIN_EUR_PER_KG] = margin
    for organisation in range(organisations.alive.shape[0]):
        if organisations.alive[organisation] == 1:
            if means_eur(organisations, parameters, organisation) + organisations.dirty_eur[organisation] < 0.0:
                organisations.lean_weeks[organisation] += 1
            else:
                organisations.lean_weeks[organisation] = 0
            if organisations.lean_weeks[organisation] > parameters.exit_weeks:
                leave(ctx, organisation)
                record.weekly[week, Weekly.LEFT] += 1.0
        else:
            u = draws.uniform(ctx.seed, draws.ENTRY, week, vacancy, 0)
            vacancy += 1
            if margin > 0.0 and u < parameters.entry_rate_per_week:
                create_organisation(ctx, organisation)
                record.weekly[week, Weekly.ENTERED] += 1.0
    record.weekly[week, Weekly.GROUPS] = state.counts[Counter.GROUPS]


@rule
def mean_margin(world: WorldArrays, state: State) -> float:
    """Value of a kg at the origins by arbitrage less its price there, mean over origins (EUR/kg)."""
    total = 0.0
    for source in range(world.origins):
        total += state.places.value_eur_per_kg[world.source_place[source]] - state.sources.price_eur_per_kg[source]
    return total / world.origins


@rule
def leave(ctx: Context, organisation: int) -> None:
    """A group ends: goods go back to where they lie, money into its estate, its loads under way lose their owner."""
    world, state, organisations = ctx.world, ctx.state, ctx.state.organisations
    state.sources.pool_kg[organisations.source[organisation]] += organisations.inventory_kg[organisation]
    for hub in range(world.hub_place.shape[0]):
        state.sources.pool_kg[world.origins + hub] += organisations.stock_kg[organisation, hub]
        state.sources.west_africa_kg[world.origins + hub] += float(
            organisations.stock_west_africa_kg[organisation, hub]
        )
        organisations.stock_kg[organisation, hub] = 0.0
        organisations.stock_west_africa_kg[organisation, hub] = 0.0
    # courts go on without the group: what was frozen is decided upon at once, what was not comes to its heirs
    taken = ctx.parameters.confiscated_of_frozen * organisations.frozen_eur[organisation]
    state.accounts[Account.CONFISCATED_EUR] += taken
    state.accounts[Account.CLOSING_EUR] += (
        organisations.capital_eur[organisation]
        + organisations.dirty_eur[organisation]
        + organisations.frozen_eur[organisation]
        - taken
    )
    for i in range(state.counts[Counter.LIVE]):
        if state.consignments.owner[state.live[i]] == organisation:
            state.consignments.owner[state.live[i]] = -1
    for slot in range(organisations.known_route.shape[1]):
        route = organisations.known_route[organisation, slot]
        if route >= 0:
            state.routes.users[route] -= 1.0
    organisations.alive[organisation] = 0
    organisations.inventory_kg[organisation] = organisations.capital_eur[organisation] = 0.0
    organisations.dirty_eur[organisation] = organisations.frozen_eur[organisation] = 0.0
    organisations.hubs_stocked[organisation] = 0
    state.counts[Counter.GROUPS] -= 1


@rule
def create_organisation(ctx: Context, organisation: int) -> None:
    """A new group takes a free row under a new ident."""
    state, parameters, organisations = ctx.state, ctx.parameters, ctx.state.organisations
    ident = state.counts[Counter.IDENTS]
    state.counts[Counter.IDENTS] += 1
    state.counts[Counter.GROUPS] += 1
    u, v = draws.uniform_pair(ctx.seed, draws.INITIAL, 0, ident, 0)
    w, z = draws.uniform_pair(ctx.seed, draws.INITIAL, 0, ident, 1)
    organisations.ident[organisation] = ident
    organisations.alive[organisation] = 1
    organisations.source[organisation] = pick_home(ctx.world, parameters, u)
    organisations.weight[organisation] = pareto(v, 1.0, parameters.size_tail, 100.0)
    organisations.risk_aversion[organisation] = math.exp(parameters.risk_aversion_sd * normal_quantile(w))
    organisations.can_borrow[organisation] = 0 if z < parameters.credit_constrained_share else 1
    organisations.sequence[organisation] = 0
    organisations.entered_week[organisation] = ctx.week
    organisations.lean_weeks[organisation] = 0
    organisations.jailed_share[organisation] = 0.0
    organisations.plan_slot[organisation] = -1
    organisations.hits[organisation, :] = 0
    organisations.trips[organisation, :] = 0
    organisations.belief_week[organisation, :] = ctx.week
    meet_routes(ctx, organisation)
    fund(ctx, organisation)
    plan(ctx, organisation)


@rule
def pick_home(world: WorldArrays, parameters: ParameterValues, u: float) -> int:
    """Where a group takes goods: a transhipment place for local groups, else an origin by its part of output."""
    first, last = world.origins, world.source_place.shape[0]
    share = parameters.local_groups_share
    if u >= share or first == last:
        first, last = 0, world.origins
        u = (u - share) / (1.0 - share) if u >= share else u
    else:
        u /= share
    source = draw_entry(world.source_weight, first, last, 0.0, u)
    return source if source >= 0 else last - 1


@rule
def meet_routes(ctx: Context, organisation: int) -> None:
    """Routes a new group starts with: drawn without replacement, well-known places and large licit flows first.

    Weighted sampling by smallest exponential key (Efraimidis & Spirakis 2006).
    """
    world, state, seed = ctx.world, ctx.state, ctx.seed
    organisations = state.organisations
    known, keys = organisations.known_route.shape[1], state.workspace.sampling_key
    source = organisations.source[organisation]
    first = world.source_route_start[source]
    organisations.known_route[organisation, :] = -1
    organisations.ready_week[organisation, :] = 0
    organisations.attraction[organisation, :] = 0.0
    organisations.known_value[organisation, :] = 0.0
    keys[:] = 1e300
    for i in range(world.source_route_start[source + 1] - first):
        route = first + i
        weight = world.route_familiarity[route] * math.exp(state.routes.exposure[route])
        if weight <= 0.0 or state.routes.open[route] == 0:
            continue
        key = -math.log(draws.uniform(seed, draws.INITIAL, 0, organisations.ident[organisation], 16 + i)) / weight
        slot = -1
        for other in range(known):
            if key < keys[other] and (slot < 0 or keys[other] > keys[slot]):
                slot = other
        if slot >= 0:
            keys[slot] = key
            organisations.known_route[organisation, slot] = route
    for slot in range(known):
        if organisations.known_route[organisation, slot] >= 0:
            state.routes.users[organisations.known_route[organisation, slot]] += 1.0
    path_sizes(world, state, organisation)


@rule
def fund(ctx: Context, organisation: int) -> None:
    """Working capital of a new group: so many weeks of its purchases and their transport."""
    state, parameters, organisations = ctx.state, ctx.parameters, ctx.state.organisations
    source = organisations.source[organisation]
    weight = max(state.sources.weight[source], organisations.weight[organisation])
    flow_kg = offered_kg(state.sources, parameters, source)
    unit_eur = state.sources.price_eur_per_kg[source] + ctx.world.usual_cost_eur_per_kg
    means = max(parameters.capital_weeks * flow_kg * organisations.weight[organisation] / weight * unit_eur, 100_000.0)
    organisations.target_capital_eur[organisation] = organisations.capital_eur[organisation] = means
    state.accounts[Account.FOUNDING_EUR] += means
