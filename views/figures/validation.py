"""The model against published statistics: targets fitted and judged, courses through time, and the posterior."""

from typing import Final

import pandas as pd
import plotly.graph_objects as go

from views import theme
from views.figures.marks import BAD, GOOD, NEARLY, add_area, blank, names_in_order, rows_high, ruled, whiskers, words
from views.figures.registry import Pieces, Section, figure
from views.results import ValidationResults

FITTED: Final = Section(
    "What was fitted, and what the record says of it", "Targets of 2004-08, and the parameters that were free.", 40
)
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
    table: pd.DataFrame, published: str, found: pd.Series, colours: dict[str, str], verb: str, ticks: dict[str, float]
) -> go.Figure:
    """Model over published, first row on top: median and 90% interval on a log axis, a colour for each finding.

    Where the table has them, a fine line spans the data that the model would make (``made_low`` to ``made_high``).
    """
    ratios = table[[c for c in ("model", "model_low", "model_high", "made_low", "made_high") if c in table]]
    ratios = ratios.div(table[published], axis=0).iloc[::-1]
    table = table.iloc[::-1].assign(name=lambda t: [words(target) for target in t["target"]])
    drawn = blank(
        rows_high(len(table)),
        xaxis=ruled(
            f"{verb.capitalize()} over published", type="log", tickvals=list(ticks.values()), ticktext=list(ticks)
        ),
        yaxis=names_in_order(table["name"].to_list()),
    )
    for name, colour in colours.items():
        chosen = found.reindex(table.index) == name
        mine, ratio = table[chosen], ratios[chosen]
        if "made_low" in ratio:
            drawn.add_scatter(
                x=ratio["model"],
                y=mine["name"],
                mode="markers",
                showlegend=False,
                hoverinfo="skip",
                marker={"color": colour, "size": 1},
                error_x=whiskers(ratio["made_low"], ratio["model"], ratio["made_high"], colour, 0.7, 0),
            )
        drawn.add_scatter(
            x=ratio["model"],
            y=mine["name"],
            mode="markers",
            name=name,
            marker={"color": colour, "size": 8},
            error_x=whiskers(ratio["model_low"], ratio["model"], ratio["model_high"], colour, 2, 0),
            customdata=mine[[published, "model", "unit"]].to_numpy(),
            hovertemplate=f"%{{y}}: published %{{customdata[0]:,.3~g}}, {verb} %{{customdata[1]:,.3~g}} "
            "%{customdata[2]}<extra></extra>",
        )
    return drawn.add_vline(x=1.0, line={"color": theme.FAINT, "width": 1})


@figure("fitted", section=FITTED)
def fitted(results: ValidationResults, rows: pd.DataFrame) -> go.Figure:
    """Posterior predictive check of every fitted target: runs, and data they would make, over what is published."""
    inside = {"Inside 90% of runs": GOOD, "Inside with the error of the record": NEARLY, "Outside both": BAD}
    runs, record, outside = inside
    found = rows["inside_record"].map({True: record, False: outside}).mask(rows["inside_runs"], runs)
    drawn = _over_published(rows, "value", found, inside, "model", {"1/20": 0.05, **TICKS})
    return theme.describe(
        drawn.update_xaxes(range=[-1.5, 1.2]),  # one line runs on to a hundredth
        title="What was fitted, and the data it would make",
        subtitle="2004-08: median and 90% interval of runs of the posterior; fine lines add the error of the record.",
        source="targets.csv and the rows it points to; model.",
    )


@figure("judged", section=Section("Figure by figure", "Every judged figure that is no state's seizures.", 20, "one"))
def judged(results: ValidationResults, rows: pd.DataFrame) -> go.Figure:
    """Predicted over published for judged figures that are no state's seizures: median and 90% interval, log axis."""
    table = rows[~((rows["statistic"] == "seized") & (rows["area"].str.len() == 3)) & (rows["published"] > 0)]
    inside, outside = "Inside the 90% interval", "Outside"
    drawn = _over_published(
        table,
        "published",
        table["inside_90"].map({True: inside, False: outside}),
        {inside: GOOD, outside: BAD},
        "predicted",
        {"1/20": 0.05, **TICKS, "20": 20},
    )
    return theme.describe(
        drawn.update_xaxes(range=[-1.6, 1.6]),
        title="What was judged, figure by figure",
        subtitle="What was missed in 2004-08 is carried forward. Seizures by state stand in the charts above.",
        source="judged rows of targets.csv; model.",
    )


def _of_courses(results: ValidationResults, series: pd.DataFrame) -> Pieces:
    rows = results.table("judged")
    return [(name, rows[rows["statistic"] == name], (name,)) for name in COURSES]


@figure(
    "series",
    "fitted",
    "judged",
    section=Section("Courses", "What the fitted model does by itself, beside everything that was published.", 30),
    name="course",
    split=_of_courses,
)
def course(results: ValidationResults, rows: pd.DataFrame, statistic: str) -> go.Figure:
    """A yearly series of the posterior with what was published: fitted (filled) and judged (hollow, `rows`)."""
    column, name, unit, factor = COURSES[statistic]
    wide = results.table("series").pivot_table(index="year", columns="quantile", values=column).loc[2004:] * factor
    drawn = blank(320, yaxis={"title_text": unit, "rangemode": "tozero", "tickformat": ",~g"})
    for low, high, alpha, label in ((0.05, 0.95, 0.16, "90% of sets"), (0.25, 0.75, 0.3, "50% of sets")):
        add_area(drawn, wide.index, wide[low], wide[high], theme.rgba(theme.BLUE, alpha), name=label)
    drawn.add_scatter(x=wide.index, y=wide[0.5], mode="lines", line={"color": theme.BLUE, "width": 2.2}, name="Median")
    fit = results.table("fitted")
    for table, value, label, symbol in (
        (fit[fit["statistic"] == statistic], "value", "Fitted", "circle"),
        (rows, "published", "Judged", "circle-open"),
    ):
        drawn.add_scatter(
            x=(table["first_year"] + table["last_year"]) / 2,
            y=table[value],
            mode="markers",
            name=label,
            marker={"color": theme.INK, "size": 9, "symbol": symbol, "line": {"width": 2}},
            hovertemplate="%{y:,.4~g}<extra></extra>",
        )
    return theme.describe(
        drawn,
        title=name,
        subtitle="Runs of the posterior as they are, nothing carried forward.",
        source="observations.csv, prices.csv; model.",
    )


@figure("posterior", "fitted", section=FITTED)
def posterior(results: ValidationResults, rows: pd.DataFrame) -> go.Figure:
    """Every fitted parameter: its prior (line) and the 90% interval of the posterior (bar)."""
    table = rows.iloc[::-1]
    names = table["parameter"].to_list()
    drawn = (
        blank(
            rows_high(len(table)),
            xaxis={
                "title_text": "From the low to the high end of the prior",
                "range": [-0.02, 1.02],
                "showgrid": False,
                "tickvals": [0, 1],
                "ticktext": ["low", "high"],
            },
            yaxis=names_in_order(names),
        )
        .add_scatter(
            x=[0.5] * len(table),
            y=names,
            mode="markers",
            marker={"size": 1, "color": theme.FAINT},
            error_x={"type": "data", "array": [0.5] * len(table), "color": theme.COAST, "thickness": 2, "width": 0},
            name="Prior",
            hoverinfo="skip",
            showlegend=False,
        )
        .add_scatter(
            x=table["middle"],
            y=names,
            mode="markers",
            marker={"size": 9, "color": theme.BLUE},
            name="Posterior",
            error_x=whiskers(table["low"], table["middle"], table["high"], theme.BLUE, 5, 0),
            customdata=table[["value", "value_low", "value_high", "contraction"]].to_numpy(),
            hovertemplate="%{y}: %{customdata[0]:.3~g} (%{customdata[1]:.3~g} to %{customdata[2]:.3~g}); variance down "
            "by %{customdata[3]:.0%}<extra></extra>",
        )
    )
    return theme.describe(
        drawn,
        title="What the record says of the parameters",
        subtitle="Median and 90% interval on the scale of the prior.",
        source="ABC-SMC; targets of 2004-08.",
    )
