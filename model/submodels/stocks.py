"""Stocks of the producers: what they hand out in a week, and what they ask for it."""

import math

from model.context import ParameterValues, Sources
from model.kernel.compiled import compiled

LARGEST_STEP = 0.05
LEAST_GLUT, MOST_GLUT = 0.5, 4.0


@compiled
def offered_kg(sources: Sources, parameters: ParameterValues, source: int) -> float:
    """What a source hands out in a week (kg): its output, or of a large stock the part that is held for a week.

    Sold at once, a stock leaves as one wave that prices answer half a year later (decision 0030).
    """
    return max(sources.supply_kg_per_week[source], sources.pool_kg[source] / parameters.source_cover_weeks)


@compiled
def step_price(price: float, log_target: float, adjustment: float) -> float:
    """Next week's price: the log moves part of the way to its target, at most 5 percent (amendment 14)."""
    step = adjustment * (log_target - math.log(price))
    return price * math.exp(min(LARGEST_STEP, max(-LARGEST_STEP, step)))


@compiled
def move_source_price(sources: Sources, parameters: ParameterValues, source: int, net_output_kg: float) -> None:
    """Step the price at a source towards the clearing price of its stock cover."""
    normal_kg = max(1.0, parameters.source_cover_weeks * net_output_kg)
    gap = -parameters.source_price_response * math.log(max(0.05, sources.pool_kg[source] / normal_kg))
    target = math.log(parameters.source_price_eur_per_kg) + gap
    sources.price_eur_per_kg[source] = step_price(sources.price_eur_per_kg[source], target, parameters.price_adjustment)


@compiled
def glut_factor(sources: Sources, parameters: ParameterValues, source: int) -> float:
    """How much more of output goes to other markets where goods are cheap (decisions 0020, 0023)."""
    if parameters.glut_answer <= 0.0:
        return 1.0
    cheap = parameters.source_price_eur_per_kg / sources.price_eur_per_kg[source]
    return min(MOST_GLUT, max(LEAST_GLUT, math.pow(cheap, parameters.glut_answer)))
