"""Predictions that know nothing of trafficking: what a model has to beat.

Each gives a centre and a spread on logs (or logits). The spread is that of a random walk, whose yearly step is measured
on the years before the forecast. Three know what the model knows at the end of 2008:

last        the last value published up to 2008
supply      the mean of 2004-08 times the growth of Andean output since
share       the mean share in what all states seized in 2004-08, of what they seized in the year itself: this one is
            told the total of the year, which the model is not

and `previous`, the last value published before the year itself, knows all that was published meanwhile.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
import pandas as pd

from model.state import Array
from model.tables import Tables

__all__ = ["LAST_FITTED", "NULLS", "History", "Null", "supply_growth"]

FIRST_FITTED, LAST_FITTED = 2004, 2008
NULLS: Final = ("last", "supply", "share", "previous")
EQUAL: Final = ("last", "supply", "share")
"""Those that are given no value later than 2008 of what they predict."""
USUAL_STEP: Final = 0.5
"""Yearly step of the random walk where fewer than three steps are known: about that of national seizures."""


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


class History:
    """Published values of one figure over the years, on the scale of comparison."""

    def __init__(self, years: list[int], values: Array) -> None:
        order = np.argsort(years, kind="stable")
        self.years = [years[i] for i in order]
        self.values = np.asarray(values, dtype=float)[order]

    def step(self, before: int, usual: float = USUAL_STEP) -> float:
        """Yearly step of the random walk, from changes up to a year."""
        known = [(y, v) for y, v in zip(self.years, self.values, strict=True) if y <= before]
        steps = [(b - a) / math.sqrt(max(y - x, 1)) for (x, a), (y, b) in pairwise(known)]
        return float(np.sqrt(np.mean(np.square(steps)))) if len(steps) > 2 else usual

    def last(self, until: int) -> tuple[int, float] | None:
        """Year and value of the last figure published up to a year."""
        known = [(y, v) for y, v in zip(self.years, self.values, strict=True) if y <= until]
        return known[-1] if known else None

    def mean(self, first: int = FIRST_FITTED, last: int = LAST_FITTED) -> float | None:
        """Mean over some years."""
        known = [v for y, v in zip(self.years, self.values, strict=True) if first <= y <= last]
        return float(np.mean(known)) if known else None


def predictions(history: History, year: int, growth: float | None, usual_step: float = USUAL_STEP,
                share: float | None = None) -> dict[str, Null]:  # fmt: skip
    """All nulls that can be made for a year.

    Parameters
    ----------
    growth
        Growth of output since 2004-08, as a ratio; None where a figure does not grow with output (prices, shares).
    share
        Log of the prediction by constant share, where there is one.
    """
    made: dict[str, Null] = {}
    step = history.step(LAST_FITTED, usual_step)
    since = math.sqrt(max(year - LAST_FITTED, 1))
    frozen, middle, before = history.last(LAST_FITTED), history.mean(), history.last(year - 1)
    if frozen is not None:
        made["last"] = Null(frozen[1], step * math.sqrt(max(year - frozen[0], 1)))
    if middle is not None:
        made["supply"] = Null(middle + (math.log(growth) if growth else 0.0), step * since)
    if share is not None:
        made["share"] = Null(share, step * since)
    if before is not None:
        made["previous"] = Null(before[1], history.step(year - 1, usual_step) * math.sqrt(year - before[0]))
    return made


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
