"""What a scenario costs the public: its doses of measures, and its days of ships and aircraft.

Costs are those above history as it happened; a scenario that does less than history costs less than nothing. They come
from `measures.csv`, where most are assumed: each has a low and a high end, and all ends are taken together, so that the
range is no confidence interval. A dose costs in proportion to the dose that the cost is for.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from experiments.analysis.intervals import by_seed, mean_difference
from experiments.study import Study
from model import calendar
from model.columns import Array
from model.errors import InputError
from model.scenario import Scenario
from model.scenario.inputs import lay_out
from model.scenario.measures import MEASURE
from model.world import World

ARRIVED = "arrived_europe_kg"
COST_COLUMNS = ("low_eur", "cost_eur", "high_eur")
HISTORY = "as-it-happened"
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
        doses = days if row["cost_per"] == "asset-day" else _doses_more(scenario, world, row, years) / row["cost_dose"]
        costs = np.outer(doses, _prices(row)) if row["cost_per"] != "none" else np.zeros((len(years), 3))
        for year, (one, mid, other) in zip(years, costs.tolist(), strict=True):
            rows.append((row["measure"], year, min(one, other), mid, max(one, other)))
    frame = pd.DataFrame(rows, columns=["measure", "year", *COST_COLUMNS]).set_index(["measure", "year"])
    return frame[frame["cost_eur"].abs().groupby(level=0, sort=False).transform("sum") > 0]


def _prices(measure: Mapping[Any, Any]) -> Array:
    """Low end, best guess and high end of the cost of a unit of a measure, EUR."""
    return np.array([measure["cost_eur_low"], measure["cost_eur"], measure["cost_eur_high"]], dtype=float)


def cost_a_year(scenario: Scenario, world: World, years: Iterable[int]) -> pd.Series[float]:
    """Mean cost a year above history: low_eur, cost_eur, high_eur."""
    years = list(years)
    return pd.Series(yearly_costs(scenario, world, years).sum() / len(years))


def costs_of(measure: str, dose: float, world: World) -> tuple[float, float, float]:
    """Yearly cost of a measure at a dose, EUR: low, best guess, high. Of patrol assets, at the days of that dose."""
    row: Any = world.tables.measures.set_index("measure").loc[measure].to_dict()
    units = dose / float(row["cost_dose"])
    if row["cost_per"] == "asset-day":
        units *= float(asset_days(Scenario.load(HISTORY), world, [2011])[0])
    low, mid, high = (units * _prices(row)).tolist()
    return low, mid, high


def dose_at(scenario: Scenario, measure: str, day: date) -> float | None:
    """Dose that a scenario gives a measure on a day, None where it gives none."""
    given = [
        event.amount
        for event in scenario.in_force(day)
        if event.kind == MEASURE and (event.name == "*" or measure in event.name.split(","))
    ]
    return given[-1] if given else None


def asset_days(scenario: Scenario, world: World, years: Sequence[int]) -> Array:
    """Days that all ships and aircraft are out in each of the years, as far as they are available, shape (years,)."""
    _, inputs = lay_out(world, scenario)
    out = (inputs.dated.assets_active * inputs.dated.assets_availability).sum(axis=1)[inputs.epoch_of_week]
    return calendar.DAYS_PER_YEAR * np.array(
        [out[calendar.first_week(y) : calendar.first_week(y + 1)].mean() for y in years]
    )


def _doses_more(scenario: Scenario, world: World, measure: Mapping[Any, Any], years: Sequence[int]) -> Array:
    """Mean over the months of each year of the dose less that of history, while the measure runs, shape (years,)."""
    spans = _spans(world, measure["measure"])
    more = np.zeros(len(years))
    for i, year in enumerate(years):
        for day in (date(year, month, 15) for month in range(1, 13)):
            dose = dose_at(scenario, measure["measure"], day)
            runs = all(any(since <= day.isoformat() < until for since, until in target) for target in spans)
            if dose is not None and runs:
                more[i] += (dose - measure["history_dose"]) / 12.0
    return more


def _spans(world: World, measure: str) -> list[list[tuple[str, str]]]:
    """When the platforms, programmes and treaties exist that a measure stands on: for each target, since and until."""
    doses, found = world.tables.doses, []
    for target in doses.loc[doses["measure"] == measure, "target"]:
        kind, _, name = str(target).partition(":")
        if kind in DATED:
            table = getattr(world.tables, DATED[kind])
            rows = table[table[kind].isin(name.split(","))]
            since, until = rows["since"].fillna("0001-01-01"), rows["until"].fillna("9999-12-31")
            found.append(list(zip(since.astype(str), until.astype(str), strict=True)))
    return found


# --- cost of a kilogram -------------------------------------------------------------------------------------------


def costs_per_kg(study: Study, runs: pd.DataFrame, others: Sequence[str]) -> pd.DataFrame:
    """Cost a year above the baseline, kilograms kept from the European market, and cost per kilogram."""
    years = range(study.window[0], study.window[1] + 1)
    wide = by_seed(runs, ARRIVED)
    base = cost_a_year(study.scenario(study.baseline), study.world, years)
    rows = []
    for name in others:
        if {name, study.baseline} <= set(wide):
            extra = cost_a_year(study.scenario(name), study.world, years) - base
            kept = (wide[study.baseline] - wide[name]).dropna().to_numpy()
            rows.append({"scenario": name, **cost_per_kg(kept, *sorted(extra[list(COST_COLUMNS)].tolist()))})
    return pd.DataFrame(rows)


def withheld(table: pd.DataFrame, paired: pd.DataFrame) -> pd.DataFrame:
    """Costs without a price for each kilogram where, under any answer of supply, what is kept may be nothing."""
    arrived = paired[paired["outcome"] == ARRIVED]
    unclear = table["scenario"].isin(arrived.loc[~(arrived["high"] < 0.0), "scenario"])
    made = table.assign(**{name: table[name].where(~unclear) for name in ("eur_per_kg", "eur_low", "eur_high")})
    note = "withheld: under an answer of supply what is kept cannot be told from nothing"
    return made.assign(note=table["note"].where(~unclear | (table["note"] != ""), note))


def cost_per_kg(kept_kg: Array, low_eur: float, cost_eur: float, high_eur: float) -> dict[str, Any]:
    """Cost of a kilogram kept from the market, EUR, from kilograms kept by seed and a cost with its range.

    The interval holds both uncertainties: the low cost over the high end of what is kept, and the other way round.
    Withheld where what is kept may be nothing or less.

    Raises
    ------
    InputError
        If the range does not hold the cost.
    """
    if not low_eur <= cost_eur <= high_eur:
        raise InputError(
            "the range does not hold the cost",
            field="cost_eur",
            value=cost_eur,
            allowed=f"{low_eur:g} to {high_eur:g}",
            remedy="give low, middle and high in this order",
        )
    kept = mean_difference(np.asarray(kept_kg, dtype=float))
    row: dict[str, Any] = {
        "cost_low_eur": low_eur,
        "cost_eur": cost_eur,
        "cost_high_eur": high_eur,
        "n": kept.n,
        "kept_kg": kept.mean,
        "low": kept.low,
        "high": kept.high,
        **dict.fromkeys(("eur_per_kg", "eur_low", "eur_high"), math.nan),
    }
    if not kept.low > 0.0:
        return {**row, "note": "withheld: what is kept cannot be told from nothing"}
    if cost_eur < 0.0:
        return {**row, "note": "costs less than the baseline"}
    # a saving at the low end weighs most over few kilograms
    cheap = low_eur / (kept.low if low_eur < 0.0 else kept.high)
    return {**row, "eur_per_kg": cost_eur / kept.mean, "eur_low": cheap, "eur_high": high_eur / kept.low, "note": ""}
