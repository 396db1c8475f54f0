"""How published figures vary: from year to year about a steady course, and away from it in a random walk.

Measured on annual reports of 2004-08 where there are any, assumed elsewhere; models and nulls are given the same.
"""

import math
from typing import Final

import numpy as np
import pandas as pd

from experiments.evidence.observed import defects, totals
from experiments.evidence.targets import FIT, SEIZED, Target, load_targets
from model.columns import Array
from model.world import World
from model.world.tables import Tables

SCORED_FROM_T: Final = 1.0
REPORTS: Final = "annual report of the state"
LAST_FITTED: Final = 2008
PRIOR_STEPS: Final = 4.0
MEDIAN_OF_CHI2: Final = 0.4549
DRIFTS: Final = {"price": 0.05, "log": 0.1, "logit": 0.1, "none": 0.0}
"""Yearly step of figures that are no seizures, by scale: assumed, since five years cannot give it."""


def country_years(tables: Tables) -> pd.DataFrame:
    """Annual national reports, tonnes: years by states; defects left out, two sources of a cell averaged in logs."""
    chosen = tables.observations.query(
        "family == 'seizures' and measure == 'seized_bulk_t' and basis == @REPORTS and value > 0 and period_end.isna()"
        " and area.str.fullmatch('[A-Z]{3}')"
    )
    wrong = pd.MultiIndex.from_tuples(defects(tables))
    chosen = chosen[~pd.MultiIndex.from_frame(chosen[["area", "year"]]).isin(wrong)]
    return (
        chosen.assign(log=np.log(chosen["value"]))
        .pivot_table(index="year", columns="area", values="log")
        .apply(np.exp)
        .loc[2004:]
    )


class RandomWalk:
    """How published figures depart from a steady course, measured on annual reports of 2004-08.

    E (x(t+k) - x(t))² = 2 y² + k q²: y² comes and goes from year to year (single large cases, campaigns), q² adds up
    (what a model that is right today drifts from). q² is pooled over states; y² is drawn towards the pooled one of
    states of its size, below or above 1 t a year.

    Attributes
    ----------
    yearly2
        y² by area, in squared logs.
    pooled2, small2, drift2
        y² of large and of small states, and q², pooled.
    """

    def __init__(self, world: World) -> None:
        tables = world.tables
        reports = country_years(tables).loc[:LAST_FITTED]
        levels = reports.mean()
        lags, means, counts = _steps(reports.loc[:, levels >= SCORED_FROM_T])
        slope, base = np.polyfit(lags, means, 1, w=np.sqrt(counts))
        self.drift2, self.pooled2 = max(float(slope), 0.0), max(float(base) / 2.0, 0.01)
        # reports of some kilograms jump by orders of magnitude, beside which five years tell no drift: it is the same
        lags, means, counts = _steps(reports.loc[:, levels < SCORED_FROM_T])
        self.small2 = max(float(np.average(means - lags * self.drift2, weights=np.sqrt(counts))) / 2.0, self.pooled2)
        self.yearly2 = dict.fromkeys(world.states, self.small2)
        for state, level in levels.dropna().items():
            usual2 = self.pooled2 if level >= SCORED_FROM_T else self.small2
            self.yearly2[str(state)] = _drawn(np.log(reports[state].dropna().to_numpy()), usual2)
        self._concentration = {area: _concentration(levels, members) for area, members in totals(world).items()}
        published = tables.observations.query("measure == 'seized_bulk_t' and use == @FIT")
        areas = {target.area for target in load_targets(tables, FIT) if target.statistic == "seized"}
        for area in areas.difference(self.yearly2):
            mine = published[published["area"] == area].drop_duplicates("year", keep="last").sort_values("year")
            self.yearly2[area] = _drawn(np.log(mine["value"].to_numpy(float)), self.pooled2)

    def of(self, area: str, year: int) -> float:
        """Variance about a steady course in a year after 2008, squared logs."""
        return self.yearly2.get(area, self.pooled2) + self.drift(area) * max(year - LAST_FITTED, 0)

    def drift(self, area: str) -> float:
        """q² of an area: a sum of states that vary each for itself varies less, by the sum of squared shares."""
        return self.drift2 * self._concentration.get(area, 1.0)

    def of_figure(self, target: Target, since: int) -> tuple[float, float]:
        """Variance of a figure about its course, and of the drift of that course over some years, on its scale."""
        if target.statistic in SEIZED:
            return self.yearly2.get(target.area, self.pooled2) / len(target.years), self.drift(target.area) * since
        kind = "price" if target.statistic.startswith("price") else target.transform
        return 0.0, DRIFTS[kind] ** 2 * since

    def start(self, target: Target, years: int) -> float:
        """Variance of what a prediction of a figure starts from: the mean of so many years about their course.

        The same for the model and for every null. What a source misses in all years is no part of it: that lasts.
        """
        yearly2, _ = self.of_figure(target, 1)
        return (yearly2 * len(target.years) + target.sd**2) / years


class Noise:
    """What is added to runs so that they spread as the record does about its course.

    How the record varies holds chance, and so do the runs: added in full, chance would count twice. Chance in the runs
    is what a linear regression on the parameters leaves of their spread; the rest, uncertain parameters, stays.

    Parameters
    ----------
    units
        Parameters of the draws, shape (draws, parameters).
    """

    def __init__(self, units: Array, rng: np.random.Generator) -> None:
        self.basis = np.column_stack([np.ones(len(units)), units])
        self.rng = rng

    def chance2(self, draws: Array) -> Array:
        """Variance of draws at given parameters, shape (figures,); all of it where draws are too few to tell."""
        free = len(self.basis) - self.basis.shape[1]
        if free < self.basis.shape[1]:
            return np.asarray(draws.var(axis=0, ddof=1))
        fitted = self.basis @ np.linalg.lstsq(self.basis, draws, rcond=None)[0]
        return np.asarray(((draws - fitted) ** 2).sum(axis=0) / free)

    def widened(self, draws: Array, about2: Array, least2: Array) -> Array:
        """Draws, shape (draws, figures), with what chance lacks of `about2` (variance), at least the record's error."""
        lacking = np.maximum(about2 - self.chance2(draws), least2)
        return np.asarray(draws + self.rng.normal(size=draws.shape) * np.sqrt(lacking))


def _steps(reports: pd.DataFrame) -> tuple[Array, Array, Array]:
    """Lags of reports in years, the squared change over each (by its median), and the number of changes."""
    logs = reports.map(math.log)
    steps = {lag: (logs.shift(-lag) - logs).to_numpy().ravel() ** 2 for lag in range(1, len(logs))}
    lags = np.array([lag for lag, found in steps.items() if np.isfinite(found).any()])
    # medians: one state's jump by a factor of a hundred must not set the pace of all
    means = np.array([np.nanmedian(steps[lag]) / MEDIAN_OF_CHI2 for lag in lags])
    return lags, means, np.array([np.isfinite(steps[lag]).sum() for lag in lags])


def _drawn(logs: Array, usual2: float) -> float:
    """Half the mean squared step of an area, drawn towards a usual value as if that were four steps."""
    steps = np.diff(logs) ** 2
    return float((steps.sum() / 2.0 + PRIOR_STEPS * usual2) / (len(steps) + PRIOR_STEPS))


def _concentration(means: pd.Series, members: tuple[str, ...]) -> float:
    """Sum of squared shares of the members of a total in what they report."""
    there = means.reindex(list(members)).dropna()
    return float(((there / there.sum()) ** 2).sum()) if len(there) else 1.0
