"""Plotly figures, the same for one run or many.

Every function takes the frames of a run (``m.yearly``, ``m.by("leg")``) or the parquet frames of a study, which carry
a `replication` column, and returns a Plotly figure. With one replication the bands vanish and the line remains. Bands
are over replications: they show chance at fixed parameters, nothing else.
"""

from typing import Any, Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from views import theme
from views.figures.bands import mean_by, replications, tidy
from views.figures.marks import add_area, blank, ruled, whiskers

BURN_IN: Final = (2000, 2003)
"""First and last year that are not scored."""

STAGES: Final = {
    "exposures": "Consignments exposed",
    "known": "Known to some state",
    "cued": "Cued to an asset",
    "acted": "Acted on",
    "boarded": "Boarded",
    "won": "Seized on boarding",
    "seizures": "All seizures, inspections too",
}
"""Columns of the funnel, in order, with their names; the last stands apart, since most seizures are made ashore."""

FATES: Final = {
    "europe": ("Reached the European market", theme.NAVY),
    "north": ("Reached North America", "#B3BDC6"),
    "eu": ("Seized in Europe", theme.BLUE),
    "west_africa": ("Seized in West Africa", theme.GREEN),
    "sea": ("Seized on the open Atlantic", theme.SKY),
    "americas": ("Seized in the Americas", theme.ORANGE),
    "lost": ("Lost or dumped", theme.YELLOW),
}
SEIZED_IN: Final = {
    "Andean origins": "americas",
    "Americas and Caribbean": "americas",
    "Open Atlantic": "sea",
    "West Africa, Sahel, Maghreb": "west_africa",
    "Europe": "eu",
}


def band(
    quantiles: pd.DataFrame,
    *,
    title: str,
    unit: str,
    subtitle: str = "",
    source: str = "Model.",
    observed: pd.DataFrame | None = None,
    colour: str = theme.BLUE,
) -> go.Figure:
    """Median, 50% and 90% bands over replications against published points.

    Parameters
    ----------
    quantiles
        As `views.figures.bands.bands` gives: index year; low90, low50, median, high50, high90 in `unit`.
    observed
        Columns year, value, low, high (NaN where no range is published), kind, source; a marker for each kind.
    unit
        Title of the vertical axis, with the unit.
    """
    start, end = int(quantiles.index.min()) - 0.5, BURN_IN[1] + 0.5
    figure = blank(
        hovermode=None,
        xaxis={"range": [start, int(quantiles.index.max()) + 0.5], "dtick": 4, "tick0": 2000},
        yaxis={"title_text": unit, "rangemode": "tozero", "tickformat": ",~g"},
    )
    if not quantiles["low90"].equals(quantiles["high90"]):
        for width, alpha in (("90", 0.16), ("50", 0.30)):
            add_area(
                figure,
                quantiles.index,
                quantiles[f"low{width}"],
                quantiles[f"high{width}"],
                theme.rgba(colour, alpha),
                name=f"{width}% band",
            )
    figure.add_scatter(
        x=quantiles.index,
        y=quantiles["median"],
        mode="lines",
        name="Model, median",
        line={"color": colour, "width": 2.4},
        customdata=quantiles[["low90", "high90"]].to_numpy(),
        hovertemplate="%{y:,.4~g} (90%: %{customdata[0]:,.3~g} to %{customdata[1]:,.3~g})",
    )
    if observed is not None and len(observed):
        _add_observed(figure, observed)
    if start < end:
        figure.add_vrect(x0=start, x1=end, fillcolor="#EEF0F2", line_width=0, layer="below").add_annotation(
            x=(start + end) / 2,
            y=0.98,
            yref="paper",
            yanchor="top",
            text="not scored",
            showarrow=False,
            textangle=-90,
            font={"size": theme.SIZES["small"], "color": theme.MUTED},
        )
    return theme.describe(figure, title=title, subtitle=subtitle, source=source)


_MARKERS: Final = {"published": ("circle", theme.INK), "sum of states": ("circle-open", theme.MUTED)}


def _add_observed(figure: go.Figure, observed: pd.DataFrame) -> None:
    for kind, rows in observed.groupby("kind", sort=False):
        symbol, colour = _MARKERS.get(str(kind), ("diamond-open", theme.WINE))
        figure.add_scatter(
            x=rows["year"],
            y=rows["value"],
            mode="markers",
            name=str(kind).capitalize(),
            marker={"symbol": symbol, "size": 7.5, "color": colour, "line": {"color": colour, "width": 1.6}},
            error_y=_range(rows, colour),
            customdata=rows["source"].to_numpy(),
            hovertemplate="%{y:,.4~g} (%{customdata})",
        )


def _range(rows: pd.DataFrame, colour: str) -> dict[str, Any] | None:
    """Whiskers over published ranges; None where no range is published."""
    if rows[["low", "high"]].isna().all(axis=None):
        return None
    return {
        "type": "data",
        "symmetric": False,
        "array": _reach(rows["high"] - rows["value"]),
        "arrayminus": _reach(rows["value"] - rows["low"]),
        "color": colour,
        "thickness": 1.2,
        "width": 3,
    }


def _reach(distance: pd.Series) -> list[float | None]:
    """Lengths of whiskers; None where no range is published, so that not even a cap is drawn."""
    return [float(d) if d > 0 else None for d in distance.astype(float)]


def funnel(yearly: pd.DataFrame) -> go.Figure:
    """From consignments exposed to seizures: counts a year on a log axis, mean of 2004 to 2023, 90% whiskers."""
    means = tidy(yearly).query("2004 <= year <= 2023").groupby("replication")[list(STAGES)].mean()
    middle, low, high = means.median(), means.quantile(0.05), means.quantile(0.95)
    shares = (
        (100.0 * middle / middle.shift(1))
        .map(" ({:.2g}%)".format)
        .where(~middle.index.isin(["exposures", "seizures"]), "")
    )
    logs, names = np.log10(middle[middle > 0]), list(STAGES.values())
    figure = blank(
        340,
        showlegend=False,
        xaxis=ruled(
            "Consignments a year, log scale",
            type="log",
            dtick=1,
            gridcolor=theme.GRID,
            tickformat=",~g",
            exponentformat="none",
            range=[logs.min() - 0.3, logs.max() + 0.9],
        ),
        yaxis={"autorange": "reversed", "showgrid": False, "ticks": ""},
    )
    figure.add_scatter(
        x=middle.iloc[:-1],
        y=names[:-1],
        mode="lines",
        line={"color": theme.rgba(theme.BLUE, 0.35), "width": 2},
        hoverinfo="skip",
        name="Chain",
    ).add_scatter(
        x=middle,
        y=names,
        mode="markers+text",
        text=("  " + middle.map(theme.number) + shares).to_list(),
        textposition="middle right",
        cliponaxis=False,
        name="Consignments a year",
        marker={"size": 12, "color": [theme.BLUE] * (len(names) - 1) + [theme.INK]},
        error_x=whiskers(low, middle, high, theme.INK),
        textfont={"color": theme.INK, "size": theme.SIZES["text"]},
        customdata=pd.concat([low, high], axis=1).to_numpy(),
        hovertemplate="%{x:,.4~g} a year (90%: %{customdata[0]:,.3~g} to %{customdata[1]:,.3~g})<extra></extra>",
    )
    return theme.describe(
        figure,
        title="How many consignments are noticed, acted on and seized",
        subtitle="Yearly mean of 2004 to 2023: median over replications, whiskers the 90% band. "
        "In brackets the share of the stage before. Black: every seizure, most of them ashore.",
        source="Model. An exposure is a consignment on a leg, or in a port, airport or border, that somebody watches.",
    )


def entry_modes(by_leg: pd.DataFrame, legs: pd.DataFrame, places: pd.DataFrame) -> go.Figure:
    """By what means cocaine enters Europe: share of mass by the mode of the leg that first reaches a European place."""
    group = places.set_index("place")["region"].map(theme.region_groups())
    enters = legs[legs["destination"].map(group).eq("Europe") & legs["origin"].map(group).ne("Europe")]
    moved = mean_by(by_leg, "leg", "moved_kg").filter(enters["leg"])
    moved = moved.T.groupby(legs.set_index("leg")["mode"]).sum().T
    share = 100.0 * moved.div(moved.sum(axis=1).where(lambda s: s > 0), axis=0)
    figure = blank(
        hovermode=None,
        xaxis={"range": [int(share.index.min()), int(share.index.max())], "dtick": 4, "tick0": 2000},
        yaxis={"range": [0, 100], "title_text": "Share of mass set out, %", "ticksuffix": ""},
    )
    for slug, (name, colour) in theme.MODES.items():
        if slug in share.columns:
            figure.add_scatter(
                x=share.index,
                y=share[slug],
                name=name,
                stackgroup="modes",
                mode="lines",
                line={"width": 0.6, "color": "#FFFFFF"},
                fillcolor=colour,
                hovertemplate="%{y:.1f}%",
            )
    return theme.describe(
        figure,
        title="Means of entry into Europe",
        subtitle="Share of the pure mass that sets out on a leg from outside Europe into a European place, by mode of "
        f"that leg; mean of {theme.counted(replications(by_leg))}.",
        source="Model. A load passed from ship to boat at sea counts under the boat that lands it.",
    )


def fate(yearly: pd.DataFrame, by_region: pd.DataFrame) -> go.Figure:
    """Where the kilograms end: yearly tonnes pure that reached a market, were seized in each region, or were lost."""
    flat, runs = tidy(yearly), replications(yearly)
    columns = {"arrived_europe_kg": "europe", "arrived_north_america_kg": "north", "lost_kg": "lost"}
    ends = flat.groupby("year")[list(columns)].sum().rename(columns=columns) / runs / 1000.0
    seized = mean_by(by_region, "region", "seized_kg") / 1000.0
    ends = ends.join(seized.T.groupby(lambda r: SEIZED_IN[theme.region_groups()[str(r)]]).sum().T)
    figure = blank(
        400,
        hovermode=None,
        barmode="stack",
        bargap=0.16,
        xaxis={"dtick": 4, "tick0": 2000},
        yaxis={"title_text": "Tonnes pure a year", "tickformat": ",~g"},
    )
    for key, (name, colour) in FATES.items():
        if key in ends:
            figure.add_bar(
                x=ends[key].index,
                y=ends[key],
                name=name,
                marker={"color": colour, "line": {"width": 0}},
                hovertemplate="%{y:,.3~g} t",
            )
    return theme.describe(
        figure,
        title="Where the kilograms end",
        subtitle=f"Tonnes of pure cocaine by what became of them, mean of {theme.counted(runs)}.",
        source="Model. Stocks and loads under way at the turn of the year are counted in the year in which they end.",
    )
