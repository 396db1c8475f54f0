"""The main job beside the published record: the figures of its report."""

from typing import Final, NamedTuple

import pandas as pd
import plotly.graph_objects as go

from views import theme
from views.figures import history
from views.figures.bands import bands
from views.figures.registry import Pieces, Section, Split, figure
from views.reports import observed
from views.results import HistoryResults

FUNNEL: Final = Section(
    "How the result comes about",
    "A seizure needs somebody to know, an asset in reach, and a boarding or inspection that holds.",
    40,
)


class Chart(NamedTuple):
    """A yearly quantity of the model beside the record: texts, the axis, how it is drawn.

    `column` (kg) is given for what is no series of `observed.SERIES`; reports of `members` are summed where no total
    is published.
    """

    title: str
    subtitle: str
    axis: str
    colour: str = theme.BLUE
    height: int = 300
    column: str = ""
    members: str = ""


BULK, PURE = "Tonnes bulk a year", "Tonnes pure a year"
BY_STATE: Final = "Bulk weight, under the state that made the seizure, ashore or at sea."
CHARTS: Final = {
    "seized_eu": Chart("Seized by states of the European Union", BY_STATE, BULK, theme.BLUE, members="eu"),
    "seized_west_africa": Chart(
        "Seized by states of West Africa", BY_STATE, BULK, theme.GREEN, members="west_africa_sahel"
    ),
    "seized_americas": Chart(
        "Seized by states of the Americas",
        BY_STATE,
        BULK,
        theme.VERMILION,
        column="seized_americas_bulk_kg",
        members="americas",
    ),
    "west_africa": Chart(
        "Arriving in Europe through West Africa",
        "By lineage of the load, by whatever means it landed.",
        PURE,
        theme.GREEN,
        330,
    ),
    "west_africa_share": Chart(
        "Share of European arrivals that came through West Africa",
        "Per cent of pure mass.",
        "Share, %",
        theme.GREEN,
        330,
    ),
    "supply": Chart(
        "Cocaine made in the Andes",
        "Pure tonnes; the points are the input series.",
        PURE,
        theme.WINE,
        column="produced_kg",
    ),
    "consumption": Chart(
        "Consumption in Europe", "Tonnes of pure cocaine. Rival published estimates stand side by side.", PURE
    ),
    "price": Chart(
        "Wholesale price in Europe",
        "EUR per pure kilogram: published price divided by its purity.",
        "EUR per pure kg",
        theme.PURPLE,
    ),
}


def _charts(*keys: str) -> Split:
    def split(results: HistoryResults, yearly: pd.DataFrame) -> Pieces:
        return [(key.replace("_", "-"), yearly, (key,)) for key in keys]

    return split


@figure(
    "yearly",
    section=Section(
        "What is seized",
        "Bulk tonnes by year. Filled points are published totals, open ones sums of national reports. The grey years "
        "2000 to 2003 let the model settle and are not scored.",
        10,
        "three",
    ),
    name="",
    split=_charts("seized_eu", "seized_west_africa", "seized_americas"),
)
@figure(
    "yearly",
    section=Section(
        "The West African route",
        "The rise of 2004 to 2007 and the fall after it are the history that the model has to earn: no year is written "
        "into a route's attraction. The fall serves to judge the model, not to tune it.",
        20,
    ),
    name="",
    split=_charts("west_africa", "west_africa_share"),
)
@figure(
    "yearly",
    section=Section(
        "Supply, consumption and price",
        "Supply is an input. Consumption and price follow from what arrives.",
        30,
        "three",
    ),
    name="",
    split=_charts("supply", "consumption", "price"),
)
def against_record(results: HistoryResults, yearly: pd.DataFrame, key: str) -> tuple[go.Figure, pd.DataFrame]:
    """A quantity by year: median and bands over replications, and the published values."""
    chart, points = CHARTS[key], _points(results, key)
    quantiles = bands(yearly, chart.column, 1e-3) if chart.column else observed.model_bands(yearly, key)
    drawn = history.band(
        quantiles,
        title=chart.title,
        subtitle=chart.subtitle,
        unit=chart.axis,
        colour=chart.colour,
        observed=points.assign(source=points["source"].astype(str).map(_short)),
        source=_cited(points),
    )
    drawn.update_layout(height=chart.height)
    rows = quantiles[["median", "low90", "high90"]].set_axis(["Median", "5%", "95%"], axis=1)
    if len(points):
        published = points.groupby("year")["value"].agg(lambda values: " / ".join(map(theme.number, values)))
        rows = rows.join(published.rename("Published")).fillna({"Published": ""})
    return drawn, rows.rename_axis("Year").reset_index().astype({"Year": str})


def _points(results: HistoryResults, key: str) -> pd.DataFrame:
    """Published values: totals where they exist, else sums of national reports; of supply, the input."""
    if key == "supply":
        return observed.supply(results.geography)
    tables, members = results.geography, CHARTS[key].members
    known = key in observed.SERIES
    total = observed.published(tables, key) if known else pd.DataFrame(columns=observed.COLUMNS)
    if not members:
        return total
    sums = observed.sum_of_states(tables, observed.members_of(tables, members), set(total["year"]))
    return pd.concat([part for part in (total, sums) if len(part)] or [total], ignore_index=True)


def _short(source: str) -> str:
    return source if len(source) <= 48 else f"{source[:46].rstrip(' ,;')}…"


def _cited(points: pd.DataFrame) -> str:
    """Model plus the distinct short sources of the points, the most frequent first."""
    if points.empty:
        return "model; no published series is in the tables."
    short = points["source"].value_counts().index.str.replace(r"[;:].*", "", regex=True).str.strip()
    names = list(filter(None, dict.fromkeys(short)))
    return f"model; {'; '.join(names[:4])}{f' and {len(names) - 4} more (section 7)' if len(names) > 4 else ''}."


@figure("yearly", section=FUNNEL)
def funnel(results: HistoryResults, yearly: pd.DataFrame) -> tuple[go.Figure, pd.DataFrame]:
    """From consignments exposed to seizures."""
    return history.funnel(yearly).update_layout(height=330), pd.DataFrame()


@figure("by_leg", section=FUNNEL)
def modes(results: HistoryResults, by_leg: pd.DataFrame) -> tuple[go.Figure, pd.DataFrame]:
    """By what means cocaine enters Europe."""
    drawn = history.entry_modes(by_leg, results.geography.legs, results.geography.places)
    return drawn.update_layout(height=330), traces_table(drawn)


@figure("yearly", "by_region", section=FUNNEL, columns="one")
def fate(results: HistoryResults, yearly: pd.DataFrame) -> tuple[go.Figure, pd.DataFrame]:
    """Where the kilograms end."""
    drawn = history.fate(yearly, results.table("by_region"))
    return drawn.update_layout(height=380), traces_table(drawn)


def traces_table(drawn: go.Figure) -> pd.DataFrame:
    """The series of a figure side by side, a row for each year."""
    table = pd.DataFrame({trace.name: pd.Series(trace.y, trace.x) for trace in drawn.data})
    return table.rename_axis("Year").reset_index().astype({"Year": str})
