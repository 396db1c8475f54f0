"""Decision rules: how organisations value a route, and what they learn from what it brought.

Expected profit is the usual rule. A salience-weighted value (Bordalo et al. 2012) and experience-weighted attraction
(Camerer & Ho 1999) are the rival theories. The parameter `choice_rule` picks one by name. A rule of a user's own is a
function like `expected_value` below, or a `DecisionRule` of up to three functions (docs/extending.md).
"""

from collections.abc import Callable
from typing import NamedTuple

from model.context import Context
from model.kernel.compiled import compiled, rule
from model.rule_registry import DECISION_RULES


class Prospect(NamedTuple):
    """What an organisation believes of a route; EUR per kg dispatched, but for the price, which is per kg sold."""

    route: int
    price_eur_per_kg: float  # at the market, less what contacts in ports take
    cost_eur_per_kg: float  # purchase, transport, bribes, and the price of risk where risk has a price
    believed_loss: float  # probability, over the whole route


@rule
def keep(ctx: Context, organisation: int, slot: int, expected: float) -> float:
    """The expected value as it is, without any memory."""
    return expected


@rule
def forget(ctx: Context, organisation: int, slot: int, payoff_eur_per_kg: float) -> None:
    """Learn nothing from what a route brought."""


class DecisionRule(NamedTuple):
    """The functions of a decision rule; those left out neither remember nor learn."""

    value: Callable[[Context, int, Prospect], float]
    """Value of a route, 1000 EUR per kg dispatched, from the organisation and the prospect."""
    adapt: Callable[[Context, int, int, float], float] = keep
    """The value that counts in the choice, from the organisation, the slot of a known route, and its value."""
    learn: Callable[[Context, int, int, float], None] = forget
    """What follows from a consignment's payoff, from the organisation, the slot and the payoff, EUR per kg."""


@DECISION_RULES.register("expected-value")
@rule
def expected_value(ctx: Context, organisation: int, prospect: Prospect) -> float:
    """Expected profit (Reuter & Kleiman 1986; amendment 1)."""
    return ((1.0 - prospect.believed_loss) * prospect.price_eur_per_kg - prospect.cost_eur_per_kg) / 1000.0


@rule
def weigh_experience(ctx: Context, organisation: int, slot: int, expected: float) -> float:
    """Move the attraction of a slot towards its foregone payoff and return it (EWA with rho = phi, averages)."""
    attraction = float(ctx.state.organisations.attraction[organisation, slot])
    step = (1.0 - ctx.parameters.experience_memory) * ctx.parameters.experience_foregone
    attraction += step * (expected - attraction)
    ctx.state.organisations.attraction[organisation, slot] = attraction
    return attraction


@rule
def learn_payoff(ctx: Context, organisation: int, slot: int, payoff_eur_per_kg: float) -> None:
    """Move the attraction of the route that was chosen towards what it brought (EWA)."""
    attraction = float(ctx.state.organisations.attraction[organisation, slot])
    step = 1.0 - ctx.parameters.experience_memory
    ctx.state.organisations.attraction[organisation, slot] = attraction + step * (
        payoff_eur_per_kg / 1000.0 - attraction
    )


DECISION_RULES.add("experience", DecisionRule(expected_value, weigh_experience, learn_payoff))


@compiled
def salient_value(gain_eur: float, loss_eur: float, mu: float, bias: float) -> float:
    """Value of a gain with chance 1 - mu and a loss with chance mu, the less salient one discounted by `bias`.

    Salience is |x| / (|x| + 1000 EUR) against staying out with payoff 0 (Bordalo et al. 2012, ranking form).
    """
    gain_salience = abs(gain_eur) / (abs(gain_eur) + 1000.0)
    loss_salience = abs(loss_eur) / (abs(loss_eur) + 1000.0)
    gain_weight = (1.0 - mu) * (1.0 if gain_salience >= loss_salience else bias)
    loss_weight = mu * (1.0 if loss_salience >= gain_salience else bias)
    return (gain_weight * gain_eur + loss_weight * loss_eur) / (gain_weight + loss_weight)


@DECISION_RULES.register("salience")
@rule
def salience(ctx: Context, organisation: int, prospect: Prospect) -> float:
    """Profit and loss, the more salient of them weighted more (Bordalo et al. 2012)."""
    price, cost = prospect.price_eur_per_kg, prospect.cost_eur_per_kg
    return salient_value(price - cost, -cost, prospect.believed_loss, ctx.parameters.salience_bias) / 1000.0


# --- the rule in force --------------------------------------------------------------------------------------------


value_by, adapt_by, learn_by = DECISION_RULES.choosers(DecisionRule(expected_value))


@rule
def note_payoff(ctx: Context, row: int, payoff_eur_per_kg: float) -> None:
    """The owner learns what the route of a consignment brought, if it still knows the route."""
    consignments = ctx.state.consignments
    slot, owner = consignments.slot[row], consignments.owner[row]
    if slot >= 0 and owner >= 0 and ctx.state.organisations.known_route[owner, slot] == consignments.route[row]:
        learn_by(ctx.parameters.choice_rule, ctx, owner, slot, payoff_eur_per_kg)
