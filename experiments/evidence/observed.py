"""The observation layer: what statistics would have shown of a run.

Inside the model mass is pure kilograms and nothing is missed. Statistics count bulk weight at the purity of their year,
show a share of what is seized (national annual reports, single cases), and leave years out. `purity.csv` and
`reporting.csv` hold these, each row with source and confidence. No run depends on them.
"""

from collections.abc import Sequence
from functools import cache, cached_property, lru_cache
from typing import Any

import numpy as np

from model import RouteModel, calendar
from model.columns import Array
from model.kinds import Counter
from model.record import Weekly, Yearly
from model.world import World
from model.world.regions import countries_in
from model.world.tables import Tables

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
        self.states = {state: row for row, state in enumerate(model.world.states)}

    # --- series ---------------------------------------------------------------------------------------------------

    def series(self, column: str, years: Sequence[int]) -> Array:
        """Yearly sum of a weekly series, or its mean where a year averages it."""
        series = Weekly[column.upper()]
        weeks = self.model.buffers.weekly[:, series]
        parts = [weeks[calendar.first_week(year) : calendar.first_week(year + 1)] for year in years]
        return np.array([part.mean() if series.averaged else part.sum() for part in parts], dtype=float)

    @property
    def seized(self) -> Yearly:
        """The recorded quantity that seizures are read from."""
        return Yearly.SEIZED_KG if self.realised else Yearly.EXPECTED_SEIZED_KG

    def by_state(self, states: Sequence[str], years: Sequence[int]) -> Array:
        """Pure kg seized by some states together in each year."""
        rows = [self.states[state] for state in states if state in self.states]
        return np.asarray(self.model.buffers.by_state[rows_of(years)][:, rows, self.seized].sum(axis=1))

    def bulk_t(self, kg: Array, area: str, years: Sequence[int], kind: str = ANNUAL) -> Array:
        """Pure kg as the tonnes of bulk weight that a statistic of an area shows."""
        shown = np.array([share_shown(self.tables, area, kind, year)[0] for year in years])
        return np.asarray(kg / 1000.0 / np.array([purity(self.tables, year) for year in years]) * shown)

    @cached_property
    def cases(self) -> np.recarray[Any, Any]:
        """Single seizures by columns: year, bulk_kg, mode, and those of the record; -1 where there is none."""
        model, modes = self.model, self.model.world.arrays.leg_mode
        table = model.buffers.seizures[: int(model.state.counts[Counter.EVENTS])]
        week = np.clip(table["day"].astype(np.int64) // 7, 0, model.last_week)
        year, leg = _years(model.last_week + 1)[week], table["leg"].astype(np.int64)
        share = np.array([purity(self.tables, y) for y in range(calendar.FIRST_YEAR, calendar.LAST_YEAR + 1)])
        bulk_kg = table["kg"] / share[year - calendar.FIRST_YEAR]
        found = {
            "year": year,
            "bulk_kg": bulk_kg,
            "leg": leg,
            "mode": np.where(leg < 0, -1, modes[leg]),
            **{name: table[name] for name in ("day", "kg")},
            **{name: table[name].astype(np.int64) for name in ("place", "state", "lead_state", "platform", "stage")},
        }
        return np.rec.fromarrays(list(found.values()), names=list(found))

    def cases_in(self, years: Sequence[int], **columns: Any) -> np.recarray[Any, Any]:
        """Single seizures of some years whose columns have a value, or one of several."""
        mine = np.isin(self.cases.year, list(years))
        for name, value in columns.items():
            mine &= np.isin(self.cases[name], value)
        return self.cases[mine].view(np.recarray)

    # --- areas ----------------------------------------------------------------------------------------------------

    def members(self, area: str) -> tuple[str, ...]:
        """States that a published total sums, or the state itself."""
        if area in self.states:
            return (area,)
        return totals(self.model.world)[area]


_years = lru_cache(maxsize=8)(calendar.years_of)


def rows_of(years: Sequence[int]) -> list[int]:
    """Rows of years in what is recorded by year."""
    return [year - calendar.FIRST_YEAR for year in years]


@lru_cache(maxsize=8)
def totals(world: World) -> dict[str, tuple[str, ...]]:
    """States that a published total sums, by total."""
    arrays, states = world.arrays, np.array(world.states)
    return {
        "EU_TOTAL": tuple(states[arrays.state_eu == 1]),
        "WAF_REGION": tuple(states[arrays.state_west_africa == 1]),
        "AFR_REGION": tuple(states[countries_in(world.tables, "africa")]),
        "WORLD": tuple(states),
    }
