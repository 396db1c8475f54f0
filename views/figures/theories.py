"""Experiments of history, rival theories and remedies, as a validation tried them."""

from typing import Any, Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from model import Scenario
from views import theme
from views.figures.marks import BAD, GOOD, UNCLEAR, blank, clear, names_in_order, rows_high, ruled, whiskers, words
from views.figures.registry import Pieces, Section, figure
from views.results import ValidationResults, short_title

VERDICTS: Final = {"holds": ("Holds", GOOD), "unclear": ("Cannot be told", UNCLEAR), "fails": ("Fails", BAD)}
TRIALS: Final = Section(
    "Experiments of history, findings of other models",
    "Nothing here was fitted: facts are changed, and choices follow.",
    50,
    "one",
)
RIVALS: Final = Section(
    "Rival theories, and what survives them",
    "The same record fitted under other theories; and what was tried to mend the model.",
    60,
)
SIGNS: Final = {
    "arrived_europe_kg": ("arrived", "What packages change in what lands"),
    "west_africa_kg": ("west", "What they change in West Africa"),
}
"""Outcome -> name and title of the figure of its signs."""


def _squeezed(percent: Any) -> Any:
    """Signed square root: effects of 2% and of 80% on one axis."""
    return np.sign(percent) * np.sqrt(np.abs(percent))


@figure("trials", section=TRIALS)
def trials(results: ValidationResults, rows: pd.DataFrame) -> go.Figure:
    """Effects in percent of the level without, with intervals, by verdict; crosses where a size is published."""
    table = rows.iloc[::-1].assign(name=lambda t: t["trial"].map(theme.upper))
    percent = 100 / table["without"].abs().clip(lower=1e-12)
    shares = table[["effect", "low", "high"]].mul(percent, axis=0).clip(-150, 150)
    symbols = table["kind"].eq("open").map({True: "circle", False: "circle-open"})
    table = table.assign(percent=shares["effect"], symbol=symbols, **_squeezed(shares))
    ticks = [-100, -50, -20, -5, 0, 5, 20, 50]
    drawn = blank(
        rows_high(len(table), 100),
        xaxis=ruled(
            "Effect, % of the level",
            tickangle=0,
            tickvals=_squeezed(np.array(ticks)).tolist(),
            ticktext=[str(tick) for tick in ticks],
        ),
        yaxis=names_in_order(table["name"].to_list()),
    )
    for verdict, (name, colour) in VERDICTS.items():
        mine = table[table["verdict"] == verdict]
        if len(mine):
            drawn.add_scatter(
                x=mine["effect"],
                y=mine["name"],
                mode="markers",
                name=name,
                marker={"color": colour, "size": 9, "line": {"width": 2, "color": colour}, "symbol": mine["symbol"]},
                error_x=whiskers(mine["low"], mine["effect"], mine["high"], colour, 2, 0),
                customdata=mine[["expected", "question", "percent", "kind"]].to_numpy(),
                hovertemplate="%{customdata[1]}<br>expected: %{customdata[0]}; %{customdata[2]:+.1f}% "
                "(%{customdata[3]})<extra></extra>",
            )
    told = table[table["published"].notna()]
    drawn.add_scatter(
        x=_squeezed(100 * told["published"]),
        y=told["name"],
        mode="markers",
        name="Published",
        marker={"color": theme.INK, "size": 8, "symbol": "x-thin", "line": {"width": 2, "color": theme.INK}},
        customdata=100 * told["published"],
        hovertemplate="%{y}: published %{customdata:+.0f}%<extra></extra>",
    )
    return theme.describe(
        drawn.add_vline(x=0.0, line={"color": theme.INK, "width": 1}),
        title="Experiments of history, findings of other models",
        subtitle="Paired over sets of the posterior; 95% intervals; square-root scale. Hollow: the sign follows nearly "
        "by itself, or was put in as a rule.",
        source="sources in the table; model.",
    )


@figure("surge", section=TRIALS)
def surge(results: ValidationResults, rows: pd.DataFrame) -> go.Figure:
    """What each arm takes from the West African flow of 2005-07."""
    table = rows[rows["arm"] != "as it happened"].iloc[::-1]
    drawn = blank(
        rows_high(len(table), 120),
        showlegend=False,
        bargap=0.4,
        xaxis=ruled("Tonnes a year less without it"),
        yaxis={"showgrid": False},
    ).add_bar(
        x=table["accounts_for_t"],
        y=[words(a) for a in table["arm"]],
        orientation="h",
        marker_color=theme.GREEN,
        name="Accounts for",
        hovertemplate="%{y}: %{x:+.1f} t<extra></extra>",
        error_x=whiskers(table["low"], table["accounts_for_t"], table["high"], theme.INK, 1.5, 0),
    )
    return theme.describe(
        drawn.add_vline(x=0.0, line={"color": theme.INK, "width": 1}),
        title="Where the West African route came from",
        subtitle="Flow of 2005-07 as it happened: "
        f"{theme.number(float(rows.set_index('arm')['flow_t']['as it happened']), 2)} t a year; 95% intervals.",
        source="five arms of amendment 4; model.",
    )


def _scored(rows: pd.DataFrame, title: str, subtitle: str) -> go.Figure:
    drawn = blank(
        rows_high(len(rows), 130), xaxis=ruled("Smaller is better"), yaxis={"showgrid": False, "autorange": "reversed"}
    )
    for column, label, symbol, colour in (
        ("crps", "CRPS, states and years", "circle", theme.BLUE),
        ("crps_targets", "CRPS, all judged targets", "diamond", theme.ORANGE),
    ):
        drawn.add_scatter(
            x=rows[column],
            y=[words(name) for name in rows["name"]],
            mode="markers",
            name=label,
            marker={"color": colour, "size": 10, "symbol": symbol},
            customdata=rows[["cover_90", "passed_low", "passed_high", "crps_change", "low", "high"]].to_numpy(),
            hovertemplate="%{y}: %{x:.3f}; %{customdata[0]:.0%} of country-years inside 90%, %{customdata[1]} to "
            "%{customdata[2]} families pass; CRPS of country-years %{customdata[3]:+.3f} (%{customdata[4]:+.3f} to "
            "%{customdata[5]:+.3f}) against the model<extra></extra>",
        )
    return theme.describe(drawn, title=title, subtitle=subtitle, source="judged rows; model.")


@figure("rivals", section=RIVALS)
def rivals(results: ValidationResults, rows: pd.DataFrame) -> go.Figure:
    """Scores out of sample of every structure."""
    return _scored(rows, "Rival structures out of sample", "Each fitted to the same targets of 2004-08.")


@figure("remedies", section=RIVALS)
def remedies(results: ValidationResults, rows: pd.DataFrame) -> go.Figure:
    """Scores out of sample with every remedy."""
    return _scored(rows, "Remedies that were tried", "On 60 sets of the posterior, one thing changed; not fitted anew.")


def short_titles(scenarios: pd.Series) -> dict[str, str]:
    """Scenario -> its title, without its code."""
    return {name: short_title(Scenario.load(name).title) for name in dict.fromkeys(scenarios.astype(str))}


def _of_signs(results: ValidationResults, rows: pd.DataFrame) -> Pieces:
    return [(name, rows[rows["outcome"] == outcome], (title,)) for outcome, (name, title) in SIGNS.items()]


@figure("conclusions", section=RIVALS, name="signs", split=_of_signs)
def signs(results: ValidationResults, rows: pd.DataFrame, title: str) -> go.Figure:
    """Effect of every package under every structure, in tonnes; a cross where its interval includes zero."""
    table = rows.assign(clear=clear(rows), tonnes=rows["effect"] / 1000.0)
    wide, sure = (
        table.pivot_table(index="scenario", columns="structure", values=value, sort=False)
        for value in ("tonnes", "clear")
    )
    top = float(np.nanmax(np.abs(wide.to_numpy()))) or 1.0
    drawn = blank(
        60 * len(wide) + 120,
        showlegend=False,
        xaxis={"side": "top", "showgrid": False},
        yaxis={"showgrid": False, "autorange": "reversed"},
    ).add_heatmap(
        z=wide.to_numpy(),
        x=[words(c) for c in wide.columns],
        y=list(short_titles(wide.index.to_series()).values()),
        text=[[f"{wide.loc[s, c]:+.1f}" + ("" if sure.loc[s, c] else " ×") for c in wide.columns] for s in wide.index],
        texttemplate="%{text}",
        zmin=-top,
        zmax=top,
        xgap=2,
        ygap=2,
        showscale=False,
        colorscale=[[0, theme.BLUE], [0.5, "#F3F5F7"], [1, theme.VERMILION]],
        hovertemplate="%{y}, %{x}: %{z:+.1f} t a year<extra></extra>",
        name=title,
    )
    return theme.describe(
        drawn,
        title=title,
        subtitle="Tonnes a year against the status quo; × cannot be told from zero.",
        source="paired runs over the posterior of each structure; model.",
    )
