"""The published record as views need it: points to draw beside the bands, and rows to compare with the model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import pandas as pd

from model.world.regions import countries_with_places_in, eu_members
from views.figures.bands import bands
from views.maps.atlas import DATA
from views.reports.page import Comparison

COVERAGE: Final = 0.9
"""A sum of states is shown for a year when the states that reported hold this share of the region's record."""
COLUMNS: Final = ["year", "value", "low", "high", "kind", "source", "confidence", "use"]
TABLES: Final = ("regions", "places", "legs", "lanes", "states", "observations", "prices", "supply", "demand")


@dataclass(frozen=True)
class Series:
    """A quantity that both the model and the published record give.

    Attributes
    ----------
    name, unit, group
        Its name, its unit, its heading in the table.
    value
        Column of the yearly frame, or a function of the frame.
    scale
        Factor from the frame's unit to `unit`.
    measures, areas
        Which rows of observations.csv publish it; compared in lower case, with every sign between words as `_`.
    """

    name: str
    unit: str
    group: str
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
        "Cocaine sent towards Europe", "t pure", "Flows", "dispatched_to_europe_kg", 1e-3,
        ("flow_t", "flow_to_europe_t"), ANDES,
    ),
    "west_africa": Series(
        "Arriving in Europe through West Africa", "t pure", "Flows", "west_africa_kg", 1e-3,
        ("flow_t", "flow_via_west_africa_t"), WEST_AFRICA,
    ),
    "west_africa_share": Series(
        "Share of arrivals in Europe through West Africa", "%", "Flows", west_african_share, 100.0,
        ("share_percent", "west_africa_share_percent"), WEST_AFRICA,
    ),
    "seized_eu": Series(
        "Seized in the EU", "t bulk", "Seizures", "seized_eu_bulk_kg", 1e-3, ("seized_bulk_t",), ("eu_total",)
    ),
    "seized_west_africa": Series(
        "Seized in West Africa", "t bulk", "Seizures", "seized_west_africa_bulk_kg", 1e-3, ("seized_bulk_t",),
        ("waf_region",),
    ),
    "consumption": Series(
        "Consumed in Europe", "t pure", "Consumption and price", "consumed_europe_kg", 1e-3, ("consumption_t",), EUROPE
    ),
    "price": Series(
        "Wholesale price in Europe", "EUR per pure kg", "Consumption and price", "price_europe_eur_per_kg", 1.0,
        ("price_eur_per_kg",), EUROPE,
    ),
}  # fmt: skip
"""Key -> series, in the order of the table."""


def load() -> Any:
    """The tables of model/data: validated by the model when it can, else as they stand."""
    try:
        from model.world.tables import load_tables
    except ImportError:
        return read_tables(DATA)
    return load_tables()


def read_tables(directory: Path) -> SimpleNamespace:
    """The CSV files of `directory` that views use, unchecked; a missing one is an empty frame."""
    found = {}
    for name in TABLES:
        path = directory / f"{name}.csv"
        found[name] = pd.read_csv(path, keep_default_na=False, na_values=[""]) if path.exists() else pd.DataFrame()
    return SimpleNamespace(**found)


def model_bands(yearly: pd.DataFrame, key: str) -> pd.DataFrame:
    """Quantiles over replications of a series, in its unit."""
    series = SERIES[key]
    return bands(yearly, series.value, series.scale)


def published(tables: Any, key: str) -> pd.DataFrame:
    """Published points of a series: COLUMNS, sorted by year."""
    if key == "price":
        return prices(tables.prices)
    series, table = SERIES[key], tables.observations
    if table.empty:
        return pd.DataFrame(columns=COLUMNS)
    rows = table[_slugs(table["measure"]).isin(series.measures) & _slugs(table["area"]).isin(series.areas)]
    if series.unit == "%":
        words = rows[[c for c in ("observation", "family", "measure", "basis", "note") if c in rows]]
        text = words.fillna("").astype(str).agg(" ".join, axis=1) if len(rows) else pd.Series(dtype=str)
        rows = rows[~text.str.contains(NOT_MASS, case=False)] if len(rows) else rows
    return _points(rows, "published")


def _slugs(names: pd.Series) -> pd.Series:
    """Names in lower case with every run of other signs as one underscore."""
    return names.astype(str).str.lower().str.replace(r"[^a-z0-9]+", "_", regex=True)


def unmatched(tables: Any) -> list[str]:
    """Names of the series for which the tables hold no published value, so that a gap is seen and not silent."""
    return [series.name for key, series in SERIES.items() if published(tables, key).empty]


def _points(rows: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Rows of observations.csv as points; a range stands at its middle, several years at theirs."""
    low, high = pd.to_numeric(rows["low"]), pd.to_numeric(rows["high"])
    value = pd.to_numeric(rows["value"]).fillna((low + high) / 2)
    first = rows["year"].astype(int)
    last = (
        pd.to_numeric(rows["period_end"].astype(str).str[:4], errors="coerce").fillna(first).astype(int)
        if "period_end" in rows
        else first
    )
    kinds = [kind if a >= b else f"{kind}, several years" for a, b in zip(first, last, strict=True)]
    points = rows.assign(value=value, low=low, high=high, kind=kinds, year=(first + last) // 2)
    return points.loc[points["value"].notna(), COLUMNS].sort_values("year", kind="stable").reset_index(drop=True)


def prices(table: pd.DataFrame) -> pd.DataFrame:
    """Published wholesale prices of Europe, EUR per pure kg."""
    if table.empty:
        return pd.DataFrame(columns=COLUMNS)
    rows = table[_slugs(table["place_group"]).isin(EUROPE) & _slugs(table["level"]).str.startswith("wholesale")]
    return _points(rows.rename(columns={"eur_per_kg_pure": "value"}).assign(use=""), "published")


def sum_of_states(tables: Any, members: set[str], skip: set[int] | None = None) -> pd.DataFrame:
    """Yearly sums of the tonnes that `members` reported seized, in years covered well enough.

    A year counts when the states that reported it hold at least COVERAGE of the tonnage that all `members` reported
    on average; years in `skip` (those with a published total) are left out.
    """
    table = tables.observations
    if table.empty:
        return pd.DataFrame(columns=COLUMNS)
    rows = table[table["measure"].eq("seized_bulk_t") & table["area"].isin(members)]
    cells = rows.assign(value=pd.to_numeric(rows["value"])).pivot_table(index="year", columns="area", values="value")
    weight = cells.mean()
    covered = cells.notna().mul(weight).sum(axis=1) / weight.sum()
    total = cells.sum(axis=1)[covered >= COVERAGE]
    total = total[~total.index.isin(skip or set())]
    return pd.DataFrame(
        {
            "year": total.index.astype(int), "value": total.to_numpy(), "low": float("nan"), "high": float("nan"),
            "kind": "sum of states", "source": "sum of national reports", "confidence": "", "use": "",
        }
    )[COLUMNS]  # fmt: skip


def members_of(tables: Any, kind: str) -> set[str]:
    """ISO3 codes of the states whose seizures the model counts as the EU's (`eu`), or those of a group of regions.csv.

    EU states are those of states.csv with a year of accession; the others have a place in the region, as in the model.
    """
    europe = eu_members(tables)
    return set(tables.states.loc[europe if kind == "eu" else countries_with_places_in(tables, kind) & ~europe, "state"])


def compare(yearly: pd.DataFrame, tables: Any, keys: list[str] | None = None) -> list[Comparison]:
    """Every published value of every series beside the model's band of the same year."""
    found = []
    for key in keys or list(SERIES):
        quantiles, series = model_bands(yearly, key), SERIES[key]
        for row in published(tables, key).to_dict("records"):
            if row["kind"] == "published" and row["year"] in quantiles.index and row["value"] > 0:
                model = {name: float(quantiles[name][row["year"]]) for name in quantiles.columns}
                found.append(
                    Comparison(
                        series.name, series.unit, series.group, int(row["year"]), model, row["value"], row["low"],
                        row["high"], str(row["source"]), _text(row["confidence"]), _text(row["use"]),
                    )
                )  # fmt: skip
    return found


def _text(value: Any) -> str:
    return "" if value is None or value != value else str(value)
