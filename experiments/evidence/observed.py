"""The observation layer: what statistics would have shown of a run.

Inside the model mass is pure kilograms and nothing is missed. Statistics count bulk weight at the purity of their year,
show a share of what is seized (national annual reports, single cases), and leave years out. `purity.csv` and
`reporting.csv` hold these, each row with source and confidence. No run depends on them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, cached_property, lru_cache
from typing import NamedTuple

import numpy as np

from model import RouteModel, calendar
from model.columns import Array
from model.kinds import Counter
from model.record import Weekly, Yearly
from model.world import World
from model.world.regions import countries_in
from model.world.tables import Tables

__all__ = ["ANNUAL", "CASES", "Shown", "defects", "purity", "reporting_sd", "share_shown"]

ANNUAL, CASES, DEFECT = "annual", "cases", "defect"
ANYWHERE = "*"
NINETY = 1.645
"""Half width of a 90% interval in standard deviations: what a range from low to high is taken for."""


@cache
def purity(tables: Tables, year: int) -> float:
    """Wholesale purity of a year, as a share."""
    table = tables.purity
    return float(table.loc[table["year"] == year, "purity"].iloc[0])


@cache
def purity_sd(tables: Tables, year: int) -> float:
    """Error of the purity of a year in logs, from its range."""
    row = tables.purity.loc[tables.purity["year"] == year].iloc[0]
    return float(np.log(row["high"] / row["low"])) / (2 * NINETY)


@cache
def share_shown(tables: Tables, area: str, kind: str, year: int) -> tuple[float, float, float]:
    """Share of seizures that a kind of statistic shows for an area in a year: best, low, high."""
    table = tables.reporting
    rows = table[(table["kind"] == kind) & (table["first_year"] <= year) & (year <= table["last_year"])]
    mine = rows[rows["area"] == area]
    mine = mine if len(mine) else rows[rows["area"] == ANYWHERE]
    if mine.empty:
        return 1.0, 1.0, 1.0
    row = mine.iloc[0]
    return float(row["share"]), float(row["low"]), float(row["high"])


def reporting_sd(tables: Tables, area: str, year: int) -> float:
    """Error of an annual report in logs: of the share that is shown, and of purity."""
    _, low, high = share_shown(tables, area, ANNUAL, year)
    shown = float(np.log(high / max(low, 0.05))) / (2 * NINETY)
    return float(np.hypot(shown, purity_sd(tables, year)))


def defects(tables: Tables) -> set[tuple[str, int]]:
    """Published values that are known to be wrong: (area, year)."""
    table = tables.reporting[tables.reporting["kind"] == DEFECT]
    spans = zip(table["area"], table["first_year"].astype(int), table["last_year"].astype(int), strict=True)
    return {(str(area), year) for area, first, last in spans for year in range(first, last + 1)}


class Cases(NamedTuple):
    """Single seizures, a column each; names are rows of the world's tables, -1 where there is none."""

    year: Array
    day: Array
    kg: Array
    bulk_kg: Array
    place: Array
    leg: Array
    mode: Array
    state: Array
    lead_state: Array
    platform: Array
    stage: Array

    def within(self, years: Sequence[int]) -> Array:
        """Cases of some years, as a mask."""
        mask: Array = np.isin(self.year, list(years))
        return mask


class Shown:
    """A run as statistics show it.

    Parameters
    ----------
    model
        A model that has run past the years that are asked for.
    realised
        Kilograms as they fell; else expected kilograms (load times chance, amendment 10), whose spread over seeds is
        about a tenth, where they are recorded.
    """

    def __init__(self, model: RouteModel, *, realised: bool = False) -> None:
        self.model, self.realised = model, realised
        self.tables: Tables = model.world.tables
        self._states = {state: row for row, state in enumerate(model.world.states)}
        self._purity = dict(zip(self.tables.purity["year"], self.tables.purity["purity"], strict=True))

    # --- series ---------------------------------------------------------------------------------------------------

    def series(self, column: str, years: Sequence[int]) -> Array:
        """Yearly sum of a weekly series, or its mean where a year averages it."""
        series, found = Weekly[column.upper()], []
        for year in years:
            first, last = calendar.first_week(year), calendar.first_week(year + 1)
            part = self.model.buffers.weekly[first:last, series]
            found.append(float(part.mean() if series.averaged else part.sum()))
        return np.array(found)

    def by_state(self, states: Sequence[str], years: Sequence[int]) -> Array:
        """Pure kg seized by some states together in each year."""
        rows = [self._states[state] for state in states if state in self._states]
        what = Yearly.SEIZED_KG if self.realised else Yearly.EXPECTED_SEIZED_KG
        table = self.model.buffers.by_state[[year - calendar.FIRST_YEAR for year in years]]
        found: Array = table[:, rows, what].sum(axis=1)
        return found

    def bulk_t(self, kg: Array, area: str, years: Sequence[int], kind: str = ANNUAL) -> Array:
        """Pure kg as the tonnes of bulk weight that a statistic of an area shows."""
        shown = [share_shown(self.tables, area, kind, year)[0] for year in years]
        found: Array = kg / 1000.0 / np.array([self._purity[year] for year in years]) * np.array(shown)
        return found

    def legs(self, what: int, years: Sequence[int]) -> Array:
        """What is recorded by leg, summed over years."""
        found: Array = self.model.buffers.by_leg[[year - calendar.FIRST_YEAR for year in years], :, what].sum(axis=0)
        return found

    @cached_property
    def cases(self) -> Cases:
        """Single seizures as columns."""
        model, arrays = self.model, self.model.world.arrays
        table = model.buffers.seizures[: int(model.state.counts[Counter.EVENTS])]
        week = np.clip(table["day"].astype(np.int64) // 7, 0, model.last_week)
        year = _years(model.last_week + 1)[week]
        purity = np.array([self._purity[y] for y in range(calendar.FIRST_YEAR, calendar.LAST_YEAR + 1)])
        leg = table["leg"].astype(np.int64)
        return Cases(
            year=year, day=table["day"], kg=table["kg"], bulk_kg=table["kg"] / purity[year - calendar.FIRST_YEAR],
            place=table["place"].astype(np.int64), leg=leg, mode=np.where(leg < 0, -1, arrays.leg_mode[leg]),
            state=table["state"].astype(np.int64), lead_state=table["lead_state"].astype(np.int64),
            platform=table["platform"].astype(np.int64), stage=table["stage"].astype(np.int64),
        )  # fmt: skip

    def state(self, name: str) -> int:
        """Row of a state."""
        return self._states[name]

    # --- areas ----------------------------------------------------------------------------------------------------

    def members(self, area: str) -> tuple[str, ...]:
        """States that a published total sums, or the state itself."""
        if area in self._states:
            return (area,)
        return totals(self.model.world)[area]


_years = lru_cache(maxsize=8)(calendar.years_of)


@lru_cache(maxsize=8)
def totals(world: World) -> dict[str, tuple[str, ...]]:
    """States that a published total sums, by total."""
    arrays, states = world.arrays, np.array(world.states)
    return {
        "EU_TOTAL": tuple(states[arrays.state_eu == 1]), "WAF_REGION": tuple(states[arrays.state_west_africa == 1]),
        "AFR_REGION": tuple(states[countries_in(world.tables, "africa")]), "WORLD": tuple(states),
    }  # fmt: skip
