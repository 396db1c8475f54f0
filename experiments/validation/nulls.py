"""Predictions that know nothing of trafficking: what a model has to beat.

Each gives a centre and a spread on logs (or logits). They are as wide as what the model misses (`RandomWalk`), so that
their centres are compared and not their modesty. Three know what the model knows at the end of 2008:

last        the last value published up to 2008
supply      the mean of 2004-08 times the growth of Andean output since
share       the mean share in what all states seized in 2004-08, of what they seized in the year itself: this one is
            told the total of the year, which the model is not

Where a figure has no value up to 2008, it starts from the one that its target names (a port from all that its state
seized); if there is none either, one of these stands in:

first       the first value published after 2008, held: told more than the model
chance      what follows from numbers alone: one member of a platform leads and any other acts, all alike; seizures in
            proportion to output, but for a random walk

and `previous`, the last value on record before the year itself, knows all that was published meanwhile.
"""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import norm

from experiments.validation.random_walk import LAST_FITTED
from model.columns import Array
from model.world.tables import Tables

FIRST_FITTED: Final = 2004
NULLS: Final = {
    "last": "the value of 2008, held",
    "supply": "the mean of 2004-08 times output",
    "share": "the share of 2004-08, held",
    "first": "the first value published after 2008, held",
    "chance": "chance alone",
    "previous": "the last value on record before it",
}
"""Nulls by name, in words."""
TO_BEAT: Final = ("last", "supply", "share", "first", "chance")
"""Those that a family has to beat: all but `previous`, which is told every value but the one that it predicts."""


class Null(NamedTuple):
    """A prediction on the scale of comparison."""

    centre: float
    sd: float

    def draws(self, count: int) -> Array:
        """Quantiles of the normal, evenly spread: draws without chance."""
        return np.asarray(norm.ppf((np.arange(count) + 0.5) / count, self.centre, self.sd))


def supply_growth(tables: Tables, year: int) -> float:
    """Andean output of a year over the mean of 2004-08."""
    total = tables.supply.groupby("year")["kg"].sum()
    return float(total.loc[year] / total.loc[FIRST_FITTED:LAST_FITTED].mean())


class Sample(NamedTuple):
    """A prediction given by draws."""

    values: Array

    def draws(self, count: int) -> Array:
        """Quantiles of the sample."""
        return np.asarray(np.quantile(self.values, (np.arange(count) + 0.5) / count))


class Start(NamedTuple):
    """A published value on the scale of comparison, its year (the last of several), how many years it is a mean of."""

    year: int
    value: float
    behind: int = 1


def predictions(
    published: Sequence[Start],
    year: int,
    growth: float | None,
    about2: float,
    drift2: float,
    share: Start | None = None,
    start2: float | None = None,
) -> dict[str, Null]:
    """All nulls that can be made for a year.

    Parameters
    ----------
    published
        Values of the figure over the years.
    growth
        Growth of output since 2004-08, as a ratio; None where a figure does not grow with output (prices, shares).
    about2, drift2
        Variance of the predicted figure about its course, and of the course in a year.
    share
        Log of the prediction by constant share, where there is one.
    start2
        Variance of a figure of one year about its course; a start that is the mean of some years has so much less. By
        default `about2`.
    """
    starts = sorted(published, key=lambda start: start.year)
    before = [start for start in starts if start.year < year]
    frozen = [start for start in before if start.year <= LAST_FITTED]
    fitted = [start for start in frozen if start.year >= FIRST_FITTED and year > LAST_FITTED]

    def walk(start: Start, shift: float = 0.0) -> Null:
        begun2 = (about2 if start2 is None else start2) / start.behind
        return Null(start.value + shift, math.sqrt(begun2 + about2 + drift2 * max(year - start.year, 1)))

    made: dict[str, Null] = {}
    if frozen:
        made["last"] = walk(frozen[-1])
    if fitted:
        mean = float(np.mean([start.value for start in fitted]))
        middle = Start(LAST_FITTED, mean, sum(start.behind for start in fitted))
        made["supply"] = walk(middle, math.log(growth) if growth else 0.0)
    if share is not None:
        made["share"] = walk(share)
    if before and not made:
        made["first"] = walk(starts[0])
    if before:
        made["previous"] = walk(before[-1])
    return made


def chance_of_another(members: int) -> float:
    """Logit of the chance that one of some members leads and another acts, all pairs alike."""
    return math.log(members - 1.0)


def chance_of_following(output: Array, step: float, draws: int = 2000) -> Sample:
    """Correlation with output of seizures that are a part of it times a random walk with a yearly step on logs."""
    walk = np.random.default_rng(1).normal(0.0, step, (draws, len(output))).cumsum(axis=1)
    return Sample(np.array([np.corrcoef(output * np.exp(row), output)[0, 1] for row in walk]))


def constant_shares(values: pd.DataFrame) -> dict[tuple[str, int], Start]:
    """Log of each state's mean share of 2004-08, of what all other states with a report seized in the year.

    Parameters
    ----------
    values
        Tonnes, years as index, states as columns, nan where nothing was published.
    """
    reports = values.loc[FIRST_FITTED:LAST_FITTED]
    fitted, behind = reports.mean(), reports.notna().sum()
    found = {}
    for year, row in values.iterrows():
        there = row.notna() & fitted.notna()
        # what all others seized tells of the year; a state's own report, if there is one, does not enter its prediction
        total, weight = (part[there].sum() - part.where(there, 0.0) for part in (row, fitted))
        for state in values.columns[fitted.notna() & (weight > 0)]:
            value = float(np.log(fitted[state] * total[state] / weight[state]))
            found[str(state), int(year)] = Start(LAST_FITTED, value, int(behind[state]))  # type: ignore[call-overload]
    return found
