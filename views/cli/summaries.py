"""What is printed at the end of a run, a history and a study: years, the published record beside, findings."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pandas as pd

from experiments.analysis.intervals import preliminary
from model.calendar import weeks_in_year
from model.world.tables import Tables
from views.cli.terminal import print_table, say
from views.reports import observed
from views.reports.findings import study_findings
from views.results import read_study
from views.theme import bracketed

CAUTION: Final = (
    "Fitted to 2004-08 with broad errors (docs/calibration.md says where it fails). Bands show chance among "
    "replications; with --over posterior they hold the uncertainty of fitted parameters too."
)
HEADLINES: Final = {"flow_europe": 2008, "consumption": 2008, "seized_eu": 2008, "price": 2008, "west_africa": 2007}
"""Series of `views.reports.observed` and the year shown in the summary."""
YEARLY: Final = (
    ("dispatched_to_europe_kg", "sent to Europe, t", 1e-3),
    ("arrived_europe_kg", "arrived, t", 1e-3),
    ("west_africa_kg", "via West Africa, t", 1e-3),
    ("seized_eu_bulk_kg", "EU seizures, t bulk", 1e-3),
    ("consumed_europe_kg", "consumed, t", 1e-3),
    ("price_europe_eur_per_kg", "price, EUR/kg", 1.0),
    ("seizures", "seizures", 1.0),
    ("groups", "groups", 1.0),
)
"""Columns of the yearly table: column of the frame, heading, factor."""


def print_years(folder: Path) -> None:
    """Print the yearly table of one run; a year that was simulated in part is marked."""
    yearly = pd.read_parquet(folder / "yearly.parquet")
    weeks = pd.read_parquet(folder / "weekly.parquet", columns=["date"])["date"].dt.isocalendar()["year"].value_counts()
    rows = [
        [_year(int(row["year"]), int(weeks[row["year"]])), *(f"{row[name] * by:,.0f}" for name, _, by in YEARLY)]
        for row in yearly.to_dict("records")
    ]
    print_table(
        f"Yearly (mass pure unless it says bulk; {preliminary(1)})",
        ("year", *(head for _, head, _ in YEARLY)),
        rows,
        right=len(YEARLY),
    )
    print(CAUTION)


def _year(year: int, weeks: int) -> str:
    whole = weeks_in_year(year)
    return str(year) if weeks == whole else f"{year} ({weeks} of {whole} weeks)"


def print_summary(folder: Path, tables: Tables) -> None:
    """Print the model's medians and bands beside published figures."""
    yearly = pd.read_parquet(folder / "yearly.parquet")
    rows, notes = [], []
    for key, year in HEADLINES.items():
        series, bands = observed.SERIES[key], observed.model_bands(yearly, key)
        if year in bands.index:
            middle, low, high = (f"{bands[name][year]:,.0f}" for name in ("median", "low90", "high90"))
            figure, source = _published(observed.published(tables, key).query("year == @year").to_dict("records"))
            rows.append((f"{series.name}, {year}, {series.unit}", middle, f"{low} to {high}", figure))
            notes.append(f"  {series.name}: {source}")
    if rows:
        print_table(
            f"The model beside the published record{bracketed(preliminary(yearly['replication'].nunique()))}",
            ("", "model, median", "90% of runs", "published"),
            rows,
            right=3,
        )
        print("\n".join(["Published in:", *notes]))
    print(CAUTION)


def _published(points: Sequence[dict[Any, Any]]) -> tuple[str, str]:
    """Published values of one year as a figure or a span, and their sources."""
    if not points:
        return "none in the tables", ""
    bounds = [float(point[name]) for point in points for name in ("low", "value", "high") if pd.notna(point[name])]
    values = [float(point["value"]) for point in points]
    low, high = min(values), max(values)
    text = f"{low:,.0f}" if low == high else f"{low:,.0f} to {high:,.0f}"
    if min(bounds) < low or max(bounds) > high:
        text += f" (range {min(bounds):,.0f} to {max(bounds):,.0f})"
    return text, "; ".join(dict.fromkeys(str(point["source"]) for point in points))


def print_findings(folder: Path) -> None:
    """Print what a study found: its sentences."""
    for finding in study_findings(read_study(folder)):
        say(f"\n{finding.label}", style="bold")
        print(textwrap.fill(finding.plain, 110))
    print(f"\n{CAUTION}")
