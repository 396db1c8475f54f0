"""What was kept for judging: families of targets, and annual reports of seizures by country and year."""

import math
from typing import Final

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from experiments.validation import annual
from views import theme
from views.figures.marks import BAD, GOOD, NEARLY, add_area, blank, names_in_order, rows_high, ruled, whiskers, words
from views.figures.registry import Section, figure
from views.results import ValidationResults

JUDGED: Final = Section(
    "Does it predict what it was not fitted to?",
    "By family of targets, and for every state and year, against predictions that know nothing of trafficking.",
    10,
)
SHOWN_STATES: Final = ("ESP", "PRT", "NLD", "BEL", "FRA", "GBR", "COL", "USA", "BRA")
PREDICTORS: Final = {
    annual.CARRIED: "Model",
    annual.PLAIN: "Model, raw",
    "last": "Value of 2008",
    "supply": "Mean of 2004-08 × output",
    "share": "Constant share*",
    "previous": "Last value before*",
}


@figure("families", section=JUDGED)
def families(results: ValidationResults, rows: pd.DataFrame) -> go.Figure:
    """Skill of every judged family: how much smaller its CRPS is than that of the best null of equal knowledge."""
    table = rows[rows["null"].notna()].assign(
        skill=lambda t: 100 * (1 - t["crps_there"] / t["crps_null"]), informed=lambda t: t["informed"].fillna("")
    )
    table = table.sort_values("skill").assign(name=lambda t: [words(family) for family in t["family"]])
    apart, better = table["informed"] != "", table["holds"] & table["beats"]
    drawn = blank(
        rows_high(len(table)),
        bargap=0.35,
        xaxis=ruled("Better than the best null by, % of its CRPS"),
        yaxis=names_in_order(table["name"].to_list()),
    )
    for mask, name, colour in (
        (table["passes"] & ~apart, "Passes", GOOD),
        (better & ~table["passes"] & ~apart, "Better, but wider", NEARLY),
        (~better & ~table["passes"] & ~apart, "Does not", BAD),
        (apart, "Set apart", theme.MUTED),
    ):
        if mask.any():
            mine = table[mask]
            drawn.add_bar(
                x=mine["skill"].clip(lower=-100),
                y=mine["name"],
                orientation="h",
                name=name,
                marker_color=colour,
                customdata=mine[["inside", "n", "null", "skill", "informed"]].to_numpy(),
                hovertemplate="%{y}: %{customdata[3]:.0f}% against '%{customdata[2]}'; "
                "%{customdata[0]} of %{customdata[1]} inside 90%<br>%{customdata[4]}<extra></extra>",
            )
    return theme.describe(
        drawn.add_vline(x=0.0, line={"color": theme.INK, "width": 1}),
        title="Families of targets that were kept for judging",
        subtitle="Right of zero the model beats the best of three nulls that know as much; wider: its intervals are. "
        "Set apart: an input rests on it. Bars end at -100%.",
        source="judged rows of targets.csv; model.",
    )


@figure("time_split", section=JUDGED)
def time_split(results: ValidationResults, rows: pd.DataFrame) -> go.Figure:
    """Median absolute log error and CRPS of the model and of the nulls on country-years."""
    table = rows.iloc[::-1]
    names = [PREDICTORS[name] for name in table["predictor"]]
    drawn = blank(300, xaxis=ruled("On logs: 0.69 is a factor of two", rangemode="tozero"), yaxis=names_in_order(names))
    for column, label, symbol in (("error", "Median absolute log error", "circle"), ("crps", "CRPS", "diamond")):
        drawn.add_scatter(
            x=table[column],
            y=names,
            mode="markers",
            name=label,
            marker={
                "color": [GOOD if name.startswith("Model") else theme.MUTED for name in names],
                "size": 11,
                "symbol": symbol,
            },
            customdata=table[["cover_90", "rank"]].to_numpy(),
            hovertemplate=f"%{{y}}: {label} %{{x:.2f}}; %{{customdata[0]:.0%}} inside 90%, rank correlation "
            "%{customdata[1]:.2f}<extra></extra>",
        )
    return theme.describe(
        drawn,
        title="Seizures by state and year, 2009-2023",
        subtitle=f"{int(rows['n'].iloc[0]):,} annual reports above 1 t. Starred nulls know what the model is not told: "
        "totals or reports of the years in question.",
        source="annual national reports (UNODC), observations.csv; model.",
    )


@figure("split_differences", section=JUDGED, name="differences")
def differences(results: ValidationResults, rows: pd.DataFrame) -> go.Figure:
    """Model less null on country-years, by score, period and size of states, with intervals from resampling states."""
    table = rows[rows["score"] != "mean error"]
    part = table["years"].where(table["states"] == annual.EVERY, "states of " + table["states"])
    table = table.assign(part=part, label=table["score"].map(theme.upper) + ", " + part)
    labels, nulls = (list(dict.fromkeys(table[column])) for column in ("label", "null"))
    drawn = blank(
        520,
        xaxis=ruled("Model less null; left of zero the model is better"),
        yaxis={"showgrid": False, "autorange": "reversed", "tickvals": list(range(len(labels))), "ticktext": labels},
    )
    for number, (null, colour) in enumerate(zip(nulls, (theme.BLUE, theme.ORANGE, theme.GREEN), strict=False)):
        mine = table[table["null"] == null]
        shift = 0.25 * (number - (len(nulls) - 1) / 2)
        drawn.add_scatter(
            x=mine["difference"],
            y=[labels.index(label) + shift for label in mine["label"]],
            mode="markers",
            name=PREDICTORS[null],
            marker={"color": colour, "size": 7},
            error_x=whiskers(mine["low"], mine["difference"], mine["high"], colour, 1.5, 0),
            customdata=mine[["model", "of_null", "better", "score", "part", "n"]].to_numpy(),
            hovertemplate="%{customdata[3]}, %{customdata[4]} (%{customdata[5]} reports): %{x:+.2f} (model "
            "%{customdata[0]:.2f}, null %{customdata[1]:.2f}); smaller in %{customdata[2]:.0%} of resamples"
            "<extra></extra>",
        )
    return theme.describe(
        drawn.add_vline(x=0.0, line={"color": theme.INK, "width": 1}),
        title="Is it better than the nulls, or luck?",
        subtitle="90% intervals from drawing states anew; years of one state hang together. Size: tonnes a year "
        "reported in 2004-08.",
        source="annual national reports (UNODC), observations.csv; model.",
    )


@figure("country_years", section=JUDGED)
def cells(results: ValidationResults, rows: pd.DataFrame) -> go.Figure:
    """Published against predicted tonnes, each state and year."""
    ticks = {"type": "log", "tickvals": [0.1, 1, 10, 100, 1000], "ticktext": ["0.1", "1", "10", "100", "1,000"]}
    drawn = blank(
        520,
        xaxis={**ticks, "title_text": "Predicted, t bulk", "showgrid": True},
        yaxis={**ticks, "title_text": "Published, t bulk"},
    )
    for inside, name, colour in ((True, "Inside the 90% interval", GOOD), (False, "Outside", BAD)):
        mine = rows[rows["inside_90"] == inside]
        drawn.add_scatter(
            x=mine["model_t"],
            y=mine["published_t"],
            mode="markers",
            name=name,
            marker={"color": colour, "size": 6, "opacity": 0.7},
            customdata=mine[["state", "year", "model_low_t", "model_high_t"]].to_numpy(),
            hovertemplate="%{customdata[0]} %{customdata[1]}: published %{y:,.3~g} t, model %{x:,.3~g} "
            "(%{customdata[2]:,.3~g} to %{customdata[3]:,.3~g})<extra></extra>",
        )
    ends = [1.0, float(rows[["published_t", "model_t"]].to_numpy().max()) * 1.3]
    drawn.add_scatter(
        x=ends, y=ends, mode="lines", line={"color": theme.FAINT, "width": 1}, showlegend=False, hoverinfo="skip"
    )
    return theme.describe(
        drawn,
        title="Every state and year",
        subtitle="Medians against annual reports, 2009-2023.",
        source="annual national reports (UNODC); model.",
    )


@figure("country_years", section=JUDGED)
def states(results: ValidationResults, rows: pd.DataFrame) -> go.Figure:
    """Predicted bands and published seizures of some states."""
    names = results.geography.states.set_index("state")["name"]
    columns = 3
    chosen = [state for state in SHOWN_STATES if state in set(rows["state"])]
    lines = math.ceil(len(chosen) / columns)
    drawn = make_subplots(
        lines, columns, subplot_titles=[names.get(s, s) for s in chosen], vertical_spacing=0.16, horizontal_spacing=0.08
    )
    drawn.update_layout(template=theme.template(), height=200 * lines + 60, hovermode="closest")
    for number, state in enumerate(chosen):
        mine = rows[rows["state"] == state].sort_values("year")
        panel = {"row": number // columns + 1, "col": number % columns + 1, "showlegend": number == 0}
        add_area(
            drawn,
            mine["year"],
            mine["model_low_t"],
            mine["model_high_t"],
            theme.rgba(theme.BLUE, 0.18),
            name="90% interval",
            **panel,
        )
        drawn.add_scatter(
            x=mine["year"],
            y=mine["model_t"],
            mode="lines",
            line={"color": theme.BLUE, "width": 2},
            name="Predicted",
            **panel,
        ).add_scatter(
            x=mine["year"],
            y=mine["published_t"],
            mode="markers",
            name="Published",
            marker={"color": theme.INK, "size": 6},
            **panel,
        )
    drawn.update_yaxes(type="log", title_text="", tickfont_size=10).update_xaxes(tickfont_size=10, dtick=5)
    # titles of the small charts stand inside them: a page leaves no room above a figure
    drawn.update_annotations(font={"size": theme.SIZES["label"], "color": theme.MUTED}, yshift=-16)
    return theme.describe(
        drawn,
        title="Some states through time",
        subtitle="Tonnes bulk, log axes; the fit ends in 2008.",
        source="annual national reports (UNODC); model.",
    )
