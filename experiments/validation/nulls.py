"""Predictions that know nothing of trafficking: what a model has to beat.

Each gives a centre and a spread on logs (or logits). They wander as what the model misses does (`Wander`), so that
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

and `previous`, the last value published before the year itself, knows all that was published meanwhile.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
import pandas as pd

from experiments.validation.wander import LAST_FITTED
from model.state import Array
from model.tables import Tables

__all__ = ["NULLS", "History", "Null", "supply_growth"]

FIRST_FITTED: Final = 2004
ENDS, ENDS_OF_MEAN = 2.0, 1.2
"""Times a figure's own variance counts: in the start and in what is predicted; a mean of five starts with a fifth."""
NULLS: Final = {
    "last": "the value of 2008, held", "supply": "the mean of 2004-08 times output",
    "share": "the share of 2004-08, held", "first": "the first value published after 2008, held",
    "chance": "chance alone", "previous": "last year's value",
}  # fmt: skip
"""Nulls by name, in words."""
TO_BEAT: Final = ("last", "supply", "share", "first", "chance")
"""Those that a family has to beat: all but `previous`, which is told every value but the one that it predicts."""


class Null(NamedTuple):
    """A prediction on the scale of comparison."""

    centre: float
    sd: float

    def draws(self, count: int) -> Array:
        """Quantiles of the normal, evenly spread: draws without luck."""
        from scipy.stats import norm

        found: Array = norm.ppf((np.arange(count) + 0.5) / count, self.centre, self.sd)
        return found


def supply_growth(tables: Tables, year: int) -> float:
    """Andean output of a year over the mean of 2004-08."""
    total = tables.supply.groupby("year")["kg"].sum()
    return float(total.loc[year] / total.loc[FIRST_FITTED:LAST_FITTED].mean())


class Sample(NamedTuple):
    """A prediction given by draws."""

    values: Array

    def draws(self, count: int) -> Array:
        """Quantiles of the sample."""
        found: Array = np.quantile(self.values, (np.arange(count) + 0.5) / count)
        return found


class History:
    """Published values of one figure over the years, on the scale of comparison."""

    def __init__(self, years: list[int], values: Array) -> None:
        order = np.argsort(years, kind="stable")
        self.years = [years[i] for i in order]
        self.figures = np.asarray(values, dtype=float)[order]

    def last(self, until: int) -> tuple[int, float] | None:
        """Year and value of the last figure published up to a year."""
        known = [(y, v) for y, v in zip(self.years, self.figures, strict=True) if y <= until]
        return known[-1] if known else None

    def mean(self, first: int = FIRST_FITTED, last: int = LAST_FITTED) -> float | None:
        """Mean over some years."""
        known = [v for y, v in zip(self.years, self.figures, strict=True) if first <= y <= last]
        return float(np.mean(known)) if known else None


def predictions(history: History, year: int, growth: float | None, about2: float, drift2: float,
                share: float | None = None) -> dict[str, Null]:  # fmt: skip
    """All nulls that can be made for a year.

    Parameters
    ----------
    growth
        Growth of output since 2004-08, as a ratio; None where a figure does not grow with output (prices, shares).
    about2, drift2
        Variance of a published figure about its course, and of the course in a year.
    share
        Log of the prediction by constant share, where there is one.
    """
    made: dict[str, Null] = {}

    def walk(centre: float, since: int, ends: float = ENDS) -> Null:
        return Null(centre, math.sqrt(ends * about2 + drift2 * max(year - since, 1)))

    before, frozen = history.last(year - 1), history.last(min(LAST_FITTED, year - 1))
    middle = history.mean() if year > LAST_FITTED else None
    if frozen is not None:
        made["last"] = walk(frozen[1], frozen[0])
    if middle is not None:
        made["supply"] = walk(middle + (math.log(growth) if growth else 0.0), LAST_FITTED, ENDS_OF_MEAN)
    if share is not None:
        made["share"] = walk(share, LAST_FITTED, ENDS_OF_MEAN)
    if before is not None and not made:
        made["first"] = walk(float(history.figures[0]), history.years[0])
    if before is not None:
        made["previous"] = walk(before[1], before[0])
    return made


def chance_of_another(members: int) -> float:
    """Logit of the chance that one of some members leads and another acts, all pairs alike."""
    return math.log(members - 1.0)


def chance_of_following(output: Array, step: float, draws: int = 2000) -> Sample:
    """Correlation with output of seizures that are a part of it times a random walk with a yearly step on logs."""
    walk = np.random.default_rng(1).normal(0.0, step, (draws, len(output))).cumsum(axis=1)
    return Sample(np.array([np.corrcoef(output * np.exp(row), output)[0, 1] for row in walk]))


def constant_shares(values: pd.DataFrame) -> pd.DataFrame:
    """Log of each state's mean share of 2004-08, of what all states with a report seized in the year.

    Parameters
    ----------
    values
        Tonnes, years as index, states as columns, nan where nothing was published.
    """
    fitted = values.loc[FIRST_FITTED:LAST_FITTED].mean()
    rows = {}
    for year, row in values.iterrows():
        there = row.notna() & fitted.notna()
        # what all others seized tells of the year; a state's own report does not enter its prediction
        total, weight = row[there].sum() - row, fitted[there].sum() - fitted
        rows[year] = np.log((fitted * total / weight).where(there & (weight > 0)))
    return pd.DataFrame(rows).T
