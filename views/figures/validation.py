"""The model against the record: each makes a Plotly figure of a tidy table, the same in a report and in a notebook."""

from __future__ import annotations

import math
from typing import Final

import pandas as pd
import plotly.graph_objects as go

from experiments.validation import annual
from views import theme
from views.reports.look import BAD, GOOD, NEARLY, blank, rows_high, whiskers, words

__all__ = ["COURSES", "cells", "course", "differences", "families", "fitted", "judged", "posterior", "states",
           "time_split"]  # fmt: skip

PREDICTORS: Final = {
    annual.CARRIED: "Model",
    annual.PLAIN: "Model, raw",
    "last": "Value of 2008",
    "supply": "Mean of 2004-08 × output",
    "share": "Constant share*",
    "previous": "Last value before*",
}
TICKS: Final = {"1/10": 0.1, "¼": 0.25, "½": 0.5, "1": 1, "2": 2, "4": 4, "10": 10}
"""Ratios named on an axis of model over published."""
COURSES: Final = {
    "west_africa_flow": ("west_africa_kg", "Arriving in Europe through West Africa", "t pure a year", 1e-3),
    "consumed_europe": ("consumed_europe_kg", "Consumed in Europe", "t pure a year", 1e-3),
    "price_europe": ("price_europe_eur_per_kg", "Wholesale price in Europe", "EUR per pure kg", 1.0),
    "flow_to_europe": ("dispatched_to_europe_kg", "Sent towards Europe", "t pure a year", 1e-3),
}
"""Statistic -> series of the runs, name, unit, factor."""


def _over_published(
    table: pd.DataFrame, published: str, found: pd.Series, names: dict[str, str], verb: str, ticks: dict[str, float]
) -> go.Figure:
    """Model over published, first row on top: median and 90% interval on a log axis, a colour for each finding.

    Where the table has them, a fine line spans the data that the model would make (``made_low`` to ``made_high``).
    """
    table = table.iloc[::-1]
    order = [words(t) for t in table["target"]]
    figure = blank(rows_high(len(table)))
    for name, colour in names.items():
        mine = table[found[table.index] == name]
        middle, low, high = (mine[k] / mine[published] for k in ("model", "model_low", "model_high"))
        if "made_low" in mine:
            figure.add_scatter(
                x=middle,
                y=[words(t) for t in mine["target"]],
                mode="markers",
                showlegend=False,
                hoverinfo="skip",
                marker={"color": colour, "size": 1},
                error_x=whiskers(
                    mine["made_low"] / mine[published], middle, mine["made_high"] / mine[published], colour, 0.7
                ),
            )
        figure.add_scatter(
            x=middle,
            y=[words(t) for t in mine["target"]],
            mode="markers",
            name=name,
            marker={"color": colour, "size": 8},
            error_x=whiskers(low, middle, high, colour, 2),
            customdata=mine[[published, "model", "unit"]].to_numpy(),
            hovertemplate=f"%{{y}}: published %{{customdata[0]:,.3~g}}, {verb} %{{customdata[1]:,.3~g}} "
            "%{customdata[2]}<extra></extra>",
        )
    figure.add_vline(x=1.0, line={"color": theme.FAINT, "width": 1})
    figure.update_layout(
        xaxis={
            "type": "log",
            "title_text": f"{verb.capitalize()} over published",
            "showgrid": True,
            "tickvals": list(ticks.values()),
            "ticktext": list(ticks),
        },
        yaxis={"showgrid": False, "categoryorder": "array", "categoryarray": order},
    )
    return figure


def fitted(rows: pd.DataFrame) -> go.Figure:
    """Posterior predictive check of every fitted target: runs, and data they would make, over what is published."""
    inside = {"Inside 90% of runs": GOOD, "Inside with the error of the record": NEARLY, "Outside both": BAD}
    runs, record, outside = inside
    found = rows["inside_record"].map({True: record, False: outside}).mask(rows["inside_runs"], runs)
    figure = _over_published(rows, "value", found, inside, "model", {"1/20": 0.05, **TICKS})
    figure.update_xaxes(range=[-1.5, 1.2])  # one line runs on to a hundredth
    return theme.describe(
        figure,
        title="What was fitted, and the data it would make",
        subtitle="2004-08: median and 90% interval of runs of the posterior; fine lines add the error of the record.",
        source="targets.csv and the rows it points to; model.",
    )


def judged(rows: pd.DataFrame) -> go.Figure:
    """Predicted over published for judged figures that are no state's seizures: median and 90% interval, log axis."""
    table = rows[~((rows["statistic"] == "seized") & (rows["area"].str.len() == 3)) & (rows["published"] > 0)]
    inside, outside = "Inside the 90% interval", "Outside"
    figure = _over_published(
        table,
        "published",
        table["inside_90"].map({True: inside, False: outside}),
        {inside: GOOD, outside: BAD},
        "predicted",
        {"1/20": 0.05, **TICKS, "20": 20},
    )
    figure.update_xaxes(range=[-1.6, 1.6])
    return theme.describe(
        figure,
        title="What was judged, figure by figure",
        subtitle="What was missed in 2004-08 is carried forward. Seizures by state stand in the charts above.",
        source="judged rows of targets.csv; model.",
    )


def families(rows: pd.DataFrame) -> go.Figure:
    """Skill of every judged family: how much smaller its CRPS is than that of the best null of equal knowledge."""
    table = rows[rows["null"].notna()].assign(skill=lambda t: 100 * (1 - t["crps_there"] / t["crps_null"]))
    table = table.sort_values("skill")
    figure = blank(rows_high(len(table)))
    table = table.assign(informed=table["informed"].fillna(""))
    apart, better = table["informed"] != "", table["holds"] & table["beats"]
    for mask, name, colour in (
        (table["passes"] & ~apart, "Passes", GOOD),
        (better & ~table["passes"] & ~apart, "Better, but wider", NEARLY),
        (~better & ~table["passes"] & ~apart, "Does not", BAD),
        (apart, "Set apart", theme.MUTED),
    ):
        mine = table[mask]
        if mine.empty:
            continue
        figure.add_bar(
            x=mine["skill"].clip(lower=-100),
            y=[words(f) for f in mine["family"]],
            orientation="h",
            name=name,
            marker_color=colour,
            customdata=mine[["inside", "n", "null", "skill", "informed"]].to_numpy(),
            hovertemplate="%{y}: %{customdata[3]:.0f}% against '%{customdata[2]}'; "
            "%{customdata[0]} of %{customdata[1]} inside 90%<br>%{customdata[4]}<extra></extra>",
        )
    figure.add_vline(x=0.0, line={"color": theme.INK, "width": 1})
    figure.update_layout(
        xaxis={"title_text": "Better than the best null by, % of its CRPS", "showgrid": True},
        yaxis={"showgrid": False, "categoryorder": "array", "categoryarray": [words(f) for f in table["family"]]},
        bargap=0.35,
    )
    return theme.describe(
        figure,
        title="Families of targets that were kept for judging",
        subtitle="Right of zero the model beats the best of three nulls that know as much; wider: its intervals are. "
        "Set apart: an input rests on it. Bars end at -100%.",
        source="judged rows of targets.csv; model.",
    )


def time_split(rows: pd.DataFrame) -> go.Figure:
    """Median absolute log error and CRPS of the model and of the nulls on country-years."""
    table = rows.iloc[::-1]
    names = [PREDICTORS[name] for name in table["predictor"]]
    figure = blank(300)
    for column, label, symbol in (("error", "Median absolute log error", "circle"), ("crps", "CRPS", "diamond")):
        colours = [GOOD if name.startswith("Model") else theme.MUTED for name in names]
        figure.add_scatter(
            x=table[column],
            y=names,
            mode="markers",
            name=label,
            marker={"color": colours, "size": 11, "symbol": symbol},
            customdata=table[["cover_90", "rank"]].to_numpy(),
            hovertemplate=f"%{{y}}: {label} %{{x:.2f}}; %{{customdata[0]:.0%}} inside 90%, rank correlation "
            "%{customdata[1]:.2f}<extra></extra>",
        )
    figure.update_layout(
        xaxis={"title_text": "On logs: 0.69 is a factor of two", "showgrid": True, "rangemode": "tozero"},
        yaxis={"showgrid": False, "categoryorder": "array", "categoryarray": names},
    )
    n = int(rows["n"].iloc[0])
    return theme.describe(
        figure,
        title="Seizures by state and year, 2009-2023",
        subtitle=f"{n:,} annual reports above 1 t. Starred nulls know what the model is not told: totals or reports of "
        "the years in question.",
        source="annual national reports (UNODC), observations.csv; model.",
    )


def differences(rows: pd.DataFrame) -> go.Figure:
    """Model less null on country-years, by score, period and size of states, with intervals from resampling states."""
    figure = blank(520)
    rows = rows[rows["score"] != "mean error"]
    rows = rows.assign(part=rows["years"].where(rows["states"] == annual.EVERY, "states of " + rows["states"]))
    places = {key: row for row, key in enumerate(dict.fromkeys(zip(rows["score"], rows["part"], strict=True)))}
    nulls = list(dict.fromkeys(rows["null"]))
    for number, (null, colour) in enumerate(zip(nulls, (theme.BLUE, theme.ORANGE, theme.GREEN), strict=False)):
        mine = rows[rows["null"] == null]
        shift = 0.25 * (number - (len(nulls) - 1) / 2)
        figure.add_scatter(
            x=mine["difference"],
            y=[places[key] + shift for key in zip(mine["score"], mine["part"], strict=True)],
            mode="markers",
            name=PREDICTORS[null],
            marker={"color": colour, "size": 7},
            error_x=whiskers(mine["low"], mine["difference"], mine["high"], colour, 1.5),
            customdata=mine[["model", "of_null", "better", "score", "part", "n"]].to_numpy(),
            hovertemplate="%{customdata[3]}, %{customdata[4]} (%{customdata[5]} reports): %{x:+.2f} (model "
            "%{customdata[0]:.2f}, null %{customdata[1]:.2f}); smaller in %{customdata[2]:.0%} of resamples"
            "<extra></extra>",
        )
    figure.add_vline(x=0.0, line={"color": theme.INK, "width": 1})
    figure.update_layout(
        xaxis={"title_text": "Model less null; left of zero the model is better", "showgrid": True},
        yaxis={
            "showgrid": False,
            "autorange": "reversed",
            "tickvals": list(places.values()),
            "ticktext": [f"{score[:1].upper()}{score[1:]}, {part}" for score, part in places],
        },
    )
    return theme.describe(
        figure,
        title="Is it better than the nulls, or luck?",
        subtitle="90% intervals from drawing states anew; years of one state hang together. Size: tonnes a year "
        "reported in 2004-08.",
        source="annual national reports (UNODC), observations.csv; model.",
    )


def cells(rows: pd.DataFrame) -> go.Figure:
    """Published against predicted tonnes, each state and year."""
    figure = blank(520)
    for inside, name, colour in ((True, "Inside the 90% interval", GOOD), (False, "Outside", BAD)):
        mine = rows[rows["inside_90"] == inside]
        figure.add_scatter(
            x=mine["model_t"],
            y=mine["published_t"],
            mode="markers",
            name=name,
            marker={"color": colour, "size": 6, "opacity": 0.7},
            customdata=mine[["state", "year", "model_low_t", "model_high_t"]].to_numpy(),
            hovertemplate="%{customdata[0]} %{customdata[1]}: published %{y:,.3~g} t, model %{x:,.3~g} "
            "(%{customdata[2]:,.3~g} to %{customdata[3]:,.3~g})<extra></extra>",
        )
    ends = [1.0, float(max(rows["published_t"].max(), rows["model_t"].max())) * 1.3]
    figure.add_scatter(
        x=ends, y=ends, mode="lines", line={"color": theme.FAINT, "width": 1}, showlegend=False, hoverinfo="skip"
    )
    ticks = {"type": "log", "tickvals": [0.1, 1, 10, 100, 1000], "ticktext": ["0.1", "1", "10", "100", "1,000"]}
    figure.update_layout(
        xaxis={**ticks, "title_text": "Predicted, t bulk", "showgrid": True},
        yaxis={**ticks, "title_text": "Published, t bulk"},
    )
    return theme.describe(
        figure,
        title="Every state and year",
        subtitle="Medians against annual reports, 2009-2023.",
        source="annual national reports (UNODC); model.",
    )


def states(rows: pd.DataFrame, names: dict[str, str], chosen: list[str]) -> go.Figure:
    """Predicted bands and published seizures of some states."""
    from plotly.subplots import make_subplots

    columns = 3
    lines = math.ceil(len(chosen) / columns)
    figure = make_subplots(
        lines, columns, subplot_titles=[names.get(s, s) for s in chosen], vertical_spacing=0.16, horizontal_spacing=0.08
    )
    figure.update_layout(template=theme.template(), height=200 * lines + 60, hovermode="closest")
    for number, state in enumerate(chosen):
        mine = rows[rows["state"] == state].sort_values("year")
        row, column = number // columns + 1, number % columns + 1
        years = mine["year"].to_list()
        figure.add_scatter(
            x=[*years, *years[::-1]],
            y=[*mine["model_high_t"], *mine["model_low_t"][::-1]],
            fill="toself",
            fillcolor=theme.rgba(theme.BLUE, 0.18),
            line={"width": 0},
            mode="lines",
            hoverinfo="skip",
            name="90% interval",
            showlegend=number == 0,
            row=row,
            col=column,
        )
        figure.add_scatter(
            x=years,
            y=mine["model_t"],
            mode="lines",
            line={"color": theme.BLUE, "width": 2},
            name="Predicted",
            showlegend=number == 0,
            row=row,
            col=column,
        )
        figure.add_scatter(
            x=years,
            y=mine["published_t"],
            mode="markers",
            marker={"color": theme.INK, "size": 6},
            name="Published",
            showlegend=number == 0,
            row=row,
            col=column,
        )
    figure.update_yaxes(type="log", title_text="", tickfont_size=10)
    figure.update_xaxes(tickfont_size=10, dtick=5)
    # titles of the small charts stand inside them: a page leaves no room above a figure
    figure.update_annotations(font={"size": theme.SIZES["label"], "color": theme.MUTED}, yshift=-16)
    return theme.describe(
        figure,
        title="Some states through time",
        subtitle="Tonnes bulk, log axes; the fit ends in 2008.",
        source="annual national reports (UNODC); model.",
    )


def course(series: pd.DataFrame, fit: pd.DataFrame, judged: pd.DataFrame, statistic: str) -> go.Figure:
    """A yearly series of the posterior with what was published: fitted (filled) and judged (hollow)."""
    column, name, unit, factor = COURSES[statistic]
    wide = series.pivot_table(index="year", columns="quantile", values=column) * factor
    wide = wide.loc[2004:]
    years, figure = wide.index.to_list(), blank(320)
    for low, high, alpha, label in ((0.05, 0.95, 0.16, "90% of sets"), (0.25, 0.75, 0.3, "50% of sets")):
        figure.add_scatter(
            x=[*years, *years[::-1]],
            y=[*wide[high], *wide[low][::-1]],
            fill="toself",
            fillcolor=theme.rgba(theme.BLUE, alpha),
            line={"width": 0},
            mode="lines",
            hoverinfo="skip",
            name=label,
        )
    figure.add_scatter(x=years, y=wide[0.5], mode="lines", line={"color": theme.BLUE, "width": 2.2}, name="Median")
    for table, label, symbol in ((fit, "Fitted", "circle"), (judged, "Judged", "circle-open")):
        mine = table[table["statistic"] == statistic]
        value = "published" if "published" in mine else "value"
        figure.add_scatter(
            x=(mine["first_year"] + mine["last_year"]) / 2,
            y=mine[value],
            mode="markers",
            name=label,
            marker={"color": theme.INK, "size": 9, "symbol": symbol, "line": {"width": 2}},
            hovertemplate="%{y:,.4~g}<extra></extra>",
        )
    figure.update_layout(yaxis={"title_text": unit, "rangemode": "tozero", "tickformat": ",~g"})
    return theme.describe(
        figure,
        title=name,
        subtitle="Runs of the posterior as they are, nothing carried forward.",
        source="observations.csv, prices.csv; model.",
    )


def posterior(rows: pd.DataFrame) -> go.Figure:
    """Every fitted parameter: its prior (line) and the 90% interval of the posterior (bar)."""
    table = rows.iloc[::-1]
    figure = blank(rows_high(len(table)))
    names = table["parameter"].to_list()
    figure.add_scatter(
        x=[0.5] * len(table),
        y=names,
        mode="markers",
        marker={"size": 1, "color": theme.FAINT},
        error_x={"type": "data", "array": [0.5] * len(table), "color": theme.COAST, "thickness": 2, "width": 0},
        name="Prior",
        hoverinfo="skip",
        showlegend=False,
    )
    figure.add_scatter(
        x=table["middle"],
        y=names,
        mode="markers",
        marker={"size": 9, "color": theme.BLUE},
        name="Posterior",
        error_x=whiskers(table["low"], table["middle"], table["high"], theme.BLUE, 5),
        customdata=table[["value", "value_low", "value_high", "contraction"]].to_numpy(),
        hovertemplate="%{y}: %{customdata[0]:.3~g} (%{customdata[1]:.3~g} to %{customdata[2]:.3~g}); variance down "
        "by %{customdata[3]:.0%}<extra></extra>",
    )
    figure.update_layout(
        xaxis={
            "title_text": "From the low to the high end of the prior",
            "range": [-0.02, 1.02],
            "showgrid": False,
            "tickvals": [0, 1],
            "ticktext": ["low", "high"],
        },
        yaxis={"showgrid": False, "categoryorder": "array", "categoryarray": names},
    )
    return theme.describe(
        figure,
        title="What the record says of the parameters",
        subtitle="Median and 90% interval on the scale of the prior.",
        source="ABC-SMC; targets of 2004-08.",
    )
