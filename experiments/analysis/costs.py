"""What a scenario costs the public: its doses of measures, and its days of ships and aircraft.

Costs are those above history as it happened; a scenario that does less than history costs less than nothing. They come
from `measures.csv`, where most are assumed: each has a low and a high end, and all ends are taken together, so that the
range is no confidence interval. A dose costs in proportion to the dose that the cost is for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import numpy as np
import pandas as pd

from model import calendar
from model.columns import Array
from model.scenario import Scenario
from model.scenario.inputs import lay_out
from model.scenario.measures import MEASURE
from model.world import World

__all__ = ["COST_COLUMNS", "asset_days", "cost_a_year", "costs_of", "dose_at", "yearly_costs"]

COST_COLUMNS = ("low_eur", "cost_eur", "high_eur")
HISTORY = "as-it-happened"
DAYS_A_YEAR = 365.25
DATED = {"platform": "platforms", "programme": "programmes", "treaty": "treaties"}


def yearly_costs(scenario: Scenario, world: World, years: Iterable[int]) -> pd.DataFrame:
    """Costs above those of history, EUR, by measure and year.

    Returns
    -------
    DataFrame
        Index (measure, year), columns low_eur, cost_eur, high_eur; only measures that the scenario changes.
    """
    years = list(years)
    days = asset_days(scenario, world, years) - asset_days(Scenario.load(HISTORY), world, years)
    rows = []
    for row in world.tables.measures.to_dict("records"):
        amounts = days if row["cost_per"] == "asset-day" else (
            _doses_more(scenario, world, row["measure"], row["history_dose"], years) / row["cost_dose"]
        )  # fmt: skip
        prices = [row["cost_eur_low"], row["cost_eur"], row["cost_eur_high"]]
        for year, amount in zip(years, amounts.tolist(), strict=True):
            low, mid, high = (0.0 if row["cost_per"] == "none" else amount * float(price) for price in prices)
            rows.append((row["measure"], year, min(low, high), mid, max(low, high)))
    frame = pd.DataFrame(rows, columns=["measure", "year", *COST_COLUMNS]).set_index(["measure", "year"])
    changed = frame["cost_eur"].groupby(level=0, sort=False).transform(lambda column: column.abs().sum()) > 0
    return frame[changed]


def cost_a_year(scenario: Scenario, world: World, years: Iterable[int]) -> pd.Series[float]:
    """Mean cost a year above history: low_eur, cost_eur, high_eur."""
    years = list(years)
    total: pd.Series[float] = yearly_costs(scenario, world, years).sum() / len(years)
    return total


def costs_of(measure: str, dose: float, world: World) -> tuple[float, float, float]:
    """Yearly cost of a measure at a dose, EUR: low, best guess, high. Of patrol assets, at the days of that dose."""
    table = world.tables.measures
    row = table[table["measure"] == measure].to_dict("records")[0]
    prices = [float(row[column]) for column in ("cost_eur_low", "cost_eur", "cost_eur_high")]
    units = dose / float(row["cost_dose"])
    if row["cost_per"] == "asset-day":
        units *= float(asset_days(Scenario.load(HISTORY), world, [2011])[0])
    low, mid, high = (units * price for price in prices)
    return low, mid, high


def dose_at(scenario: Scenario, measure: str, day: date) -> float | None:
    """Dose that a scenario gives a measure on a day, None where it gives none."""
    given = [
        event.amount for event in scenario.in_force(day)
        if event.kind == MEASURE and (event.name == "*" or measure in event.name.split(","))
    ]  # fmt: skip
    return given[-1] if given else None


def asset_days(scenario: Scenario, world: World, years: Sequence[int]) -> Array:
    """Days that all ships and aircraft are out in each of the years, as far as they are available, shape (years,)."""
    _, inputs = lay_out(world, scenario)
    out = (inputs.dated.assets_active * inputs.dated.assets_availability).sum(axis=1)[inputs.epoch_of_week]
    return DAYS_A_YEAR * np.array([out[calendar.first_week(y) : calendar.first_week(y + 1)].mean() for y in years])


def _doses_more(scenario: Scenario, world: World, measure: str, history: float, years: Sequence[int]) -> Array:
    """Mean over the months of each year of the dose less that of history, while the measure runs, shape (years,)."""
    spans = _spans(world, measure)
    more = np.zeros(len(years))
    for i, year in enumerate(years):
        for month in range(1, 13):
            day = date(year, month, 15)
            dose = dose_at(scenario, measure, day)
            if dose is not None and _runs(spans, day):
                more[i] += (dose - history) / 12.0
    return more


def _spans(world: World, measure: str) -> list[list[tuple[str, str]]]:
    """When the platforms, programmes and treaties exist that a measure stands on: for each target, from and until."""
    doses = world.tables.doses
    found = []
    for target in doses.loc[doses["measure"] == measure, "target"]:
        kind, _, name = str(target).partition(":")
        if kind in DATED:
            table = getattr(world.tables, DATED[kind])
            rows = table[table[kind].isin(name.split(","))]
            since, until = rows["since"].fillna("0001-01-01"), rows["until"].fillna("9999-12-31")
            found.append(list(zip(since.astype(str), until.astype(str), strict=True)))
    return found


def _runs(spans: list[list[tuple[str, str]]], day: date) -> bool:
    """Whether something of every target exists on a day."""
    return all(any(since <= day.isoformat() < until for since, until in target) for target in spans)
