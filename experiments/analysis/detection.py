"""What published statistics could show: years of yearly figures that tell an effect from the noise of one world."""

import math
from bisect import bisect_left
from collections.abc import Callable
from typing import Final

import numpy as np
import pandas as pd
from scipy.stats import norm
from scipy.stats import t as student

from experiments.analysis.intervals import check_share
from model.errors import InputError

FEWEST_YEARS: Final = 2
SMALLEST: Final = 1e-6
"""Effect over spread below which no record is ever long enough: it would take a million million years."""


def years_to_detect(
    effect: float, yearly_sd: float, power: float = 0.8, level: float = 0.05, before_years: int | None = None
) -> float:
    """Years of yearly figures after a measure that tell the effect from nothing.

    Two-sided t test of two means of independent years; solved with Student's t, since years are few (Cohen 1988,
    ch. 2). Figures that move together from year to year need more years than this.

    Parameters
    ----------
    effect, yearly_sd
        Change of the yearly figure, and its spread between years, in one unit.
    before_years
        Years on record before the measure; as many as after it if None.

    Returns
    -------
    float
        Whole years, at least 2; inf where none are enough, nan where effect or spread is not known.

    Raises
    ------
    InputError
        If power or level is no share, power is not above the level, the spread is negative or a record too short.
    """
    _check(yearly_sd, power, level, before_years)
    if not (math.isfinite(effect) and math.isfinite(yearly_sd)):
        return math.nan
    if effect == 0.0 or abs(effect) < SMALLEST * yearly_sd:
        return math.inf
    if yearly_sd == 0.0:
        return float(FEWEST_YEARS)
    ratio = abs(effect) / yearly_sd
    # a record of before_years bounds what any number of years after can tell
    if before_years is not None and ratio * math.sqrt(before_years) <= norm.ppf(1.0 - level / 2) + norm.ppf(power):
        return math.inf

    def told(years: int) -> bool:
        before = years if before_years is None else before_years
        freedom = years + before - 2
        return bool(
            ratio / math.sqrt(1.0 / years + 1.0 / before)
            >= student.ppf(1.0 - level / 2, freedom) + student.ppf(power, freedom)
        )

    return float(_first(told))


def _first(told: Callable[[int], bool]) -> int | float:
    """Fewest years at which a test succeeds that goes on succeeding; inf where it does not in any record."""
    high = FEWEST_YEARS
    while not told(high):
        high *= 2
        if high > SMALLEST**-3:
            return math.inf
    return bisect_left(range(high), True, lo=high // 2 + 1, hi=high, key=told)


def _check(yearly_sd: float, power: float, level: float, before_years: int | None) -> None:
    check_share("power", power)
    check_share("level", level)
    if power <= level:
        raise InputError(
            "power is not above the level",
            field="power",
            value=power,
            allowed=f"above {level:g}",
            remedy="0.8 is usual",
        )
    if yearly_sd < 0.0:
        raise InputError(
            "a spread is never negative",
            field="yearly_sd",
            value=yearly_sd,
            allowed="at least 0",
            remedy="give the standard deviation between years",
        )
    if before_years is not None and before_years < FEWEST_YEARS:
        raise InputError(
            "this record is too short",
            field="before_years",
            value=before_years,
            allowed=f"at least {FEWEST_YEARS}",
            remedy="leave it out for as many as after",
        )


def detect(yearly: pd.DataFrame, effects: pd.DataFrame, baseline: str) -> pd.DataFrame:
    """Years of published statistics needed to notice each effect in one world.

    Parameters
    ----------
    yearly
        Columns scenario, seed, year and yearly series.
    effects
        As `paired` gives, without or with more outcomes than there are series.
    """
    world = yearly[yearly["scenario"] == baseline]
    rows = []
    for row in effects.to_dict("records"):
        series = {"price_europe": "price_europe_eur_per_kg"}.get(row["outcome"], row["outcome"])
        if series in yearly:
            sd = _spread_of_years(world, series)
            years, *ends = (years_to_detect(row[end], sd) for end in ("effect", "low", "high"))
            # an interval that holds zero leaves no upper bound
            most = math.inf if row["low"] <= 0.0 <= row["high"] else max(ends)
            rows.append((row["scenario"], row["outcome"], row["effect"], sd, years, min(ends), most))
    return pd.DataFrame(rows, columns=["scenario", "outcome", "effect", "yearly_sd", "years", "low", "high"])


def _spread_of_years(world: pd.DataFrame, series: str) -> float:
    """Spread between years of one world around its trend, root mean square over worlds."""
    squares = []
    for _, one in world.groupby("seed"):
        values, years = one[series].to_numpy(float), one["year"].to_numpy(float)
        if len(values) > 3:
            left = values - np.polyval(np.polyfit(years - years.mean(), values, 1), years - years.mean())
            squares.append(float((left**2).sum() / (len(values) - 2)))
    return math.sqrt(float(np.mean(squares))) if squares else math.nan
