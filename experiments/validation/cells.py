"""Annual reports of states: what the fitted model predicts of every state and year, and of those that judge it.

A state's misfit of 2004-08 has a lasting part, which is carried forward, and one that comes and goes from year to year.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from experiments.evidence.observed import reporting_sd
from experiments.validation.random_walk import LAST_FITTED, SCORED_FROM_T, Noise, RandomWalk
from model.columns import Array
from model.world.tables import Tables

LEAST_T: Final = 0.05
"""Tonnes below which the model counts as saying this much: a state that it never touches."""
QUANTILES: Final = {"low_90_t": 0.05, "low_50_t": 0.25, "median_t": 0.5, "high_50_t": 0.75, "high_90_t": 0.95}


@dataclass(frozen=True, eq=False)
class CountryYears:
    """Annual reports from 2009 on beside what is predicted of them: one figure each, predictions in logs."""

    state: Array
    year: Array
    tonnes: Array
    raw: Array
    full: Array
    published: pd.DataFrame
    """All annual reports, tonnes: years by states, nan where there is none."""

    @property
    def observed(self) -> Array:
        """Published values in logs."""
        return np.log(self.tonnes)


class ShownReports:
    """Annual reports that runs of a posterior would have shown, and the misfit of 2004-08.

    Parameters
    ----------
    published
        Tonnes, years by states, nan where there is none; both as in the runs.
    by_state, mean_state
        Tonnes as they fell and as they are expected, shape (draws, years, states).

    Attributes
    ----------
    weight
        Part of a state's misfit of 2004-08 that is carried forward, shape (states,); 0 where nothing was published.
    """

    def __init__(
        self, tables: Tables, published: pd.DataFrame, by_state: Array, mean_state: Array, walk: RandomWalk
    ) -> None:
        self.tables, self.published, self.walk = tables, published, walk
        self.states, self.years = [str(state) for state in published], [int(year) for year in published.index]
        self.logs, self.means = np.log(np.maximum(by_state, LEAST_T)), np.log(np.maximum(mean_state, LEAST_T))
        record = np.log(published.to_numpy(float))
        past = [i for i, year in enumerate(self.years) if year <= LAST_FITTED]
        known = np.isfinite(record[past])
        counts = known.sum(axis=0)
        yearly2 = np.array([walk.yearly2[state] for state in self.states])
        # residual of every draw: mean of a state's reports of 2004-08 over what the draw expects in those years
        gap = np.where(known[None], record[past][None] - self.means[:, past], 0.0)
        self.left = gap.sum(axis=1) / np.maximum(counts, 1)
        there = counts > 0
        error2 = yearly2 / np.maximum(counts, 1)
        self.lasting2 = max(float(np.mean(self.left.mean(axis=0)[there] ** 2 - error2[there])), 0.05)
        self.weight = np.where(there, self.lasting2 / (self.lasting2 + error2), 0.0)

    def drawn(self, rows: Array, columns: Array, noise: Noise) -> tuple[Array, Array]:
        """Draws of some reports in logs, by row of the years and of the states, shape (draws, reports).

        The first are of the model as it is, the second with its misfit carried.
        """
        cells = [(self.states[j], self.years[i]) for i, j in zip(rows.tolist(), columns.tolist(), strict=True)]
        least2 = np.array([reporting_sd(self.tables, state, year) ** 2 for state, year in cells])
        about2 = np.array([self.walk.of(state, year) for state, year in cells]) + least2
        plain = noise.widened(self.logs[:, rows, columns], about2, least2)
        carried = self.means[:, rows, columns] + (self.weight * self.left)[:, columns]
        return plain, noise.widened(carried, about2 + ((1.0 - self.weight) * self.lasting2)[columns], least2)


def judged_cells(shown: ShownReports, noise: Noise) -> CountryYears:
    """Published reports above 1 t from 2009 on, beside their predictions."""
    tonnes = shown.published.to_numpy(float)
    judged = (np.array(shown.years) > LAST_FITTED)[:, None] & (np.nan_to_num(tonnes) > SCORED_FROM_T)
    rows, columns = np.nonzero(judged)
    return CountryYears(
        np.array(shown.states)[columns],
        np.array(shown.years)[rows],
        tonnes[rows, columns],
        *shown.drawn(rows, columns, noise),
        shown.published,
    )


@dataclass(frozen=True, eq=False)
class Forecast:
    """Predicted annual reports of all states from 2009 on, whether one was published or not.

    Attributes
    ----------
    raw, full
        Draws in logs of tonnes: as the model is, and with its misfit of 2004-08 carried; shape (draws, years, states).
    carried
        Part of the misfit that is carried, shape (states,).
    """

    states: list[str]
    years: list[int]
    raw: Array
    full: Array
    carried: Array
    published: pd.DataFrame

    def table(self) -> pd.DataFrame:
        """A row for each state and year: quantiles in tonnes bulk, the published figure where there is one."""
        index = pd.MultiIndex.from_product([self.years, self.states], names=["year", "state"])
        bands = np.exp(np.quantile(self.full, list(QUANTILES.values()), axis=0)).reshape(len(QUANTILES), -1)
        found = pd.DataFrame(dict(zip(QUANTILES, bands, strict=True)), index=index)
        found["published_t"] = self.published.loc[self.years, self.states].to_numpy(float).ravel()
        found["carried"] = np.tile(self.carried, len(self.years))
        return found.reset_index().sort_values(["state", "year"], ignore_index=True)

    def beside(self, reports: pd.DataFrame) -> CountryYears:
        """Reports (state, year, tonnes) beside their predictions."""
        rows = np.array([self.years.index(year) for year in reports["year"]])
        columns = np.array([self.states.index(state) for state in reports["state"]])
        return CountryYears(
            reports["state"].to_numpy(str),
            reports["year"].to_numpy(int),
            reports["tonnes"].to_numpy(float),
            self.raw[:, rows, columns],
            self.full[:, rows, columns],
            self.published,
        )


def forecast(shown: ShownReports, noise: Noise, judged: CountryYears) -> Forecast:
    """Predict every state and year; those that are judged have the draws by which they are."""
    later = [i for i, year in enumerate(shown.years) if year > LAST_FITTED]
    rows, columns = (grid.ravel() for grid in np.meshgrid(later, range(len(shown.states)), indexing="ij"))
    plain, full = (draws.reshape(-1, len(later), len(shown.states)) for draws in shown.drawn(rows, columns, noise))
    years = [shown.years[i] for i in later]
    there = ([years.index(year) for year in judged.year], [shown.states.index(state) for state in judged.state])
    plain[:, *there], full[:, *there] = judged.raw, judged.full
    return Forecast(shown.states, years, plain, full, shown.weight, shown.published)
