"""The published record as views need it: points to draw beside the bands, and rows to compare with the model."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from model.world.regions import countries_with_places_in, eu_members
from model.world.tables import Tables
from views.figures.bands import bands

COVERAGE: Final = 0.9
"""A sum of states is shown for a year when the states that reported hold this share of the region's record."""
COLUMNS: Final = ["year", "value", "low", "high", "kind", "source", "confidence", "use"]


@dataclass(frozen=True)
class Series:
    """A quantity that both the model and the published record give.

    Attributes
    ----------
    name, unit
        Its name and its unit.
    value
        Column of the yearly frame, or a function of the frame.
    scale
        Factor from the frame's unit to `unit`.
    measures, areas
        Which rows of observations.csv publish it; compared in lower case, with every sign between words as `_`.
    """

    name: str
    unit: str
    value: str | Callable[[pd.DataFrame], pd.Series]
    scale: float
    measures: tuple[str, ...]
    areas: tuple[str, ...]


def west_african_share(yearly: pd.DataFrame) -> pd.Series:
    """Mass that arrived in Europe through West Africa over all that arrived."""
    return yearly["west_africa_kg"] / yearly["arrived_europe_kg"].where(yearly["arrived_europe_kg"] > 0)


EUROPE: Final = ("europe", "eu", "eu_total", "european_union", "western_europe", "west_central_europe")
WEST_AFRICA: Final = ("west_africa_europe", "west_africa", "waf_region", "waf_region_europe")
ANDES: Final = ("andes_europe", "south_america_europe", "europe")
NOT_MASS: Final = r"courier|link|arrest"
"""Words in a row on a share that is not one of mass, and so is not compared."""

SERIES: Final = {
    "flow_europe": Series(
        "Cocaine sent towards Europe", "t pure", "dispatched_to_europe_kg", 1e-3, ("flow_t", "flow_to_europe_t"), ANDES
    ),
    "west_africa": Series(
        "Arriving in Europe through West Africa",
        "t pure",
        "west_africa_kg",
        1e-3,
        ("flow_t", "flow_via_west_africa_t"),
        WEST_AFRICA,
    ),
    "west_africa_share": Series(
        "Share of arrivals in Europe through West Africa",
        "%",
        west_african_share,
        100.0,
        ("share_percent", "west_africa_share_percent"),
        WEST_AFRICA,
    ),
    "seized_eu": Series("Seized in the EU", "t bulk", "seized_eu_bulk_kg", 1e-3, ("seized_bulk_t",), ("eu_total",)),
    "seized_west_africa": Series(
        "Seized in West Africa", "t bulk", "seized_west_africa_bulk_kg", 1e-3, ("seized_bulk_t",), ("waf_region",)
    ),
    "consumption": Series("Consumed in Europe", "t pure", "consumed_europe_kg", 1e-3, ("consumption_t",), EUROPE),
    "price": Series(
        "Wholesale price in Europe", "EUR per pure kg", "price_europe_eur_per_kg", 1.0, ("price_eur_per_kg",), EUROPE
    ),
}
"""Key -> series, in the order of the table."""


def model_bands(yearly: pd.DataFrame, key: str) -> pd.DataFrame:
    """Quantiles over replications of a series, in its unit."""
    series = SERIES[key]
    return bands(yearly, series.value, series.scale)


def published(tables: Tables, key: str) -> pd.DataFrame:
    """Published points of a series: COLUMNS, sorted by year."""
    if key == "price":
        return prices(tables.prices)
    series, table = SERIES[key], tables.observations
    rows = table[_slugs(table["measure"]).isin(series.measures) & _slugs(table["area"]).isin(series.areas)]
    if series.unit == "%":
        words = rows[[c for c in ("observation", "family", "measure", "basis", "note") if c in rows]]
        text = words.fillna("").astype(str).agg(" ".join, axis=1)
        rows = rows[~text.str.contains(NOT_MASS, case=False)]
    return _points(rows)


def _slugs(names: pd.Series) -> pd.Series:
    return names.astype(str).str.lower().str.replace(r"[^a-z0-9]+", "_", regex=True)


def unmatched(tables: Tables) -> list[str]:
    """Names of the series for which the tables hold no published value, so that a gap is seen and not silent."""
    return [series.name for key, series in SERIES.items() if published(tables, key).empty]


def _points(rows: pd.DataFrame) -> pd.DataFrame:
    """Published rows as points; a range stands at its middle, several years at theirs."""
    low, high, first = pd.to_numeric(rows["low"]), pd.to_numeric(rows["high"]), rows["year"].astype(int)
    last = pd.to_numeric(rows.get("period_end", first).astype(str).str[:4], errors="coerce").fillna(first).astype(int)
    points = rows.assign(
        value=pd.to_numeric(rows["value"]).fillna((low + high) / 2),
        low=low,
        high=high,
        year=(first + last) // 2,
        kind=(first >= last).map({True: "published", False: "published, several years"}),
    )
    return points.loc[points["value"].notna(), COLUMNS].sort_values("year", kind="stable").reset_index(drop=True)


def prices(table: pd.DataFrame) -> pd.DataFrame:
    """Published wholesale prices of Europe, EUR per pure kg."""
    chosen = _slugs(table["place_group"]).isin(EUROPE) & _slugs(table["level"]).str.startswith("wholesale")
    return _points(table[chosen].rename(columns={"eur_per_kg_pure": "value"}).assign(use=""))


def supply(tables: Tables) -> pd.DataFrame:
    """The input series of cocaine made in the Andes, t pure, as points."""
    total = tables.supply.groupby("year")[["kg", "kg_low", "kg_high"]].sum(min_count=1) / 1000.0
    points = total.set_axis(["value", "low", "high"], axis=1).reset_index()
    return points.assign(kind="published", source="supply.csv")


def sum_of_states(tables: Tables, members: set[str], skip: set[int]) -> pd.DataFrame:
    """Yearly sums of the tonnes that `members` reported seized, in years covered well enough.

    A year counts when the states that reported it hold at least COVERAGE of the tonnage that all `members` reported
    on average; years in `skip` (those with a published total) are left out.
    """
    table = tables.observations
    rows = table[table["measure"].eq("seized_bulk_t") & table["area"].isin(members)]
    cells = rows.assign(value=pd.to_numeric(rows["value"])).pivot_table(index="year", columns="area", values="value")
    weight = cells.mean()
    covered = cells.notna().mul(weight).sum(axis=1) / weight.sum()
    total = cells.sum(axis=1)[(covered >= COVERAGE) & ~cells.index.isin(skip)]
    return (
        total.rename("value")
        .rename_axis("year")
        .reset_index()
        .assign(low=math.nan, high=math.nan, kind="sum of states", source="sum of national reports")
        .assign(confidence="", use="")[COLUMNS]
    )


def members_of(tables: Tables, kind: str) -> set[str]:
    """ISO3 codes of the states whose seizures the model counts as the EU's (`eu`), or those of a group of regions.csv.

    EU states are those of states.csv with a year of accession; the others have a place in the region, as in the model.
    """
    europe = eu_members(tables)
    return set(tables.states.loc[europe if kind == "eu" else countries_with_places_in(tables, kind) & ~europe, "state"])


def compare(yearly: pd.DataFrame, tables: Tables) -> pd.DataFrame:
    """Every published value of every series beside the model's band of the same year.

    Returns
    -------
    pandas.DataFrame
        COLUMNS, name and unit of the series, the quantiles of the model, and what `judged` adds.
    """
    parts = [
        published(tables, key)
        .join(model_bands(yearly, key), on="year", how="inner")
        .assign(name=series.name, unit=series.unit)
        for key, series in SERIES.items()
    ]
    rows = pd.concat(parts, ignore_index=True)
    return judged(rows[rows["kind"].eq("published") & rows["value"].gt(0)])


def judged(rows: pd.DataFrame) -> pd.DataFrame:
    """Published values beside the model, with what is said of each.

    Adds `first` and `last` (the published range, or twice the value), `inside` (whether some of the range lies inside
    the model's 90% band), `ratio` (model median over published value) and `within_two` (a ratio from a half to two).
    """
    value, ratio = rows["value"], rows["median"] / rows["value"]
    first, last = rows["low"].fillna(value), rows["high"].fillna(value)
    inside = (rows["low90"] <= np.maximum(last, value)) & (np.minimum(first, value) <= rows["high90"])
    return rows.assign(first=first, last=last, inside=inside, ratio=ratio, within_two=ratio.between(0.5, 2.0)).fillna(
        {"confidence": "", "use": ""}
    )
