"""Packages against the baseline: what they change, rank, cost, when statistics would show it; and mixes of a search."""

import math
from typing import Any, Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from views import theme
from views.figures.marks import LESS, MORE, NAMES_AXIS, UNCLEAR, blank, clear, ruled, tones, whiskers, wrapped
from views.figures.registry import Pieces, Section, by, figure
from views.results import LANDED, Shown, StudyResults

SUPPLY: Final = {"fixed": ("Supply fixed", "circle"), "answers": ("Supply answers price", "circle-open")}
WANTED: Final = (
    LANDED,
    "west_africa_kg",
    "price_europe",
    "expected_seized_kg",
    "seized_eu_bulk_kg",
    "known_share",
)
LINKS: Final = {
    "supply": "Supply",
    "route": "Route",
    "know": "Know",
    "act": "Act",
    "board": "Board",
    "inspect": "Inspect",
}


FRONT: Final = Section(
    "Robust mixes",
    "Found by search in some sampled worlds, shown in others; the random and the status quo mix beside it.",
    130,
)
KINDS: Final = {
    "front": ("On the front", "circle"),
    "dominated": ("Found, dominated", "circle-open"),
    "random": ("Random mix, same budget", "diamond-open"),
    "status-quo": ("Status quo", "square"),
}


@figure(
    "paired",
    section=Section(
        "What each package changes",
        "Each scenario against the baseline, seed by seed. Seizures have no better side: more of them may be supply, "
        "effort or luck.",
        10,
    ),
    name="difference",
    split=by("outcome", lambda study: study.shown(WANTED)),
)
def forest(study: StudyResults, rows: pd.DataFrame, outcome: str) -> go.Figure:
    """Paired differences of an outcome from the baseline with 95% intervals, with supply fixed and answering."""
    shown = study.outcome(outcome)
    first = rows[rows["supply"] == rows["supply"].iloc[0]].sort_values("effect", ascending=False)
    order = [study.scenario(name) for name in first["scenario"]]
    ends = np.array([min(rows["low"].min(), 0.0), max(rows["high"].max(), 0.0)]) * shown.factor
    room = 0.06 * np.ptp(ends) or 1.0
    drawn = blank(
        80 + 46 * len(order),
        xaxis=ruled(f"Difference, {shown.unit}", tickformat="+,~g", nticks=7, range=[ends[0] - room, ends[1] + room]),
        yaxis={
            "tickvals": list(range(len(order))),
            "ticktext": [wrapped(title) for title in order],
            "range": [-0.6, len(order) - 0.4],
            **NAMES_AXIS,
        },
    )
    several = len(set(rows["supply"])) > 1
    for number, (word, group) in enumerate(rows.groupby("supply", sort=False)):
        name, symbol = SUPPLY.get(str(word), (f"Supply {word}", "diamond-open"))
        group = group.set_index("scenario").loc[first["scenario"]].reset_index()
        at = [order.index(study.scenario(s)) + (0.14 if number else -0.14) * several for s in group["scenario"]]
        colours, records = tones(group["effect"], clear(group)), group.to_dict("records")
        for y, row, colour in zip(at, records, colours, strict=True):
            drawn.add_scatter(
                x=[row["low"] * shown.factor, row["high"] * shown.factor],
                y=[y, y],
                mode="lines",
                line={"color": colour, "width": 2.2},
                hoverinfo="skip",
                showlegend=False,
                name="interval",
            )
        drawn.add_scatter(
            x=group["effect"] * shown.factor,
            y=at,
            mode="markers",
            name=name,
            marker={"symbol": symbol, "size": 10, "color": colours, "line": {"color": colours, "width": 2}},
            text=[_hover(study.scenario(row["scenario"]), name, row, shown) for row in records],
            hovertemplate="%{text}<extra></extra>",
        )
    return theme.describe(
        drawn.add_vline(x=0.0, line={"color": theme.MUTED, "width": 1}),
        title=f"{shown.name}: difference from the baseline",
        subtitle=f"Paired over {int(rows['n'].min())} seeds, {study.window}; lines are 95% intervals; grey ones hold "
        "zero. Filled: supply fixed. Open: supply answers price.",
        source=f"model; baseline: {study.baseline}.",
    )


def _hover(scenario: str, supply: str, row: dict[Any, Any], shown: Shown) -> str:
    effect, low, high = (f"{row[column] * shown.factor:+,.3g}" for column in ("effect", "low", "high"))
    harm = "no better side" if pd.isna(row.get("harm")) else f"probability of harm {row['harm']:.2g}"
    return f"{scenario}, {supply.lower()}: {effect} {shown.unit}<br>95% {low} to {high}; {harm}"


@figure(
    "ranking",
    section=Section(
        "Which is best, and how surely",
        "Ranges that overlap are no ranking: more seeds would be needed to part them.",
        30,
    ),
    name="rank",
    split=by("outcome", (LANDED, "west_africa_kg")),
)
def ranks(study: StudyResults, rows: pd.DataFrame, outcome: str) -> go.Figure:
    """Rank of each scenario on an outcome, with its 95% range over resampled seeds."""
    mine = rows[rows["supply"] == rows["supply"].iloc[0]].sort_values("mean_rank", ascending=False)
    names = [wrapped(study.scenario(name)) for name in mine["scenario"]]
    drawn = blank(
        80 + 40 * len(mine),
        showlegend=False,
        xaxis=ruled("Rank, 1 is best", dtick=1, range=[0.2, len(mine) + 0.5]),
        yaxis=NAMES_AXIS,
    )
    for name, low, high in zip(names, mine["rank_low"], mine["rank_high"], strict=True):
        drawn.add_scatter(
            x=[low, high],
            y=[name, name],
            mode="lines",
            name="range",
            hoverinfo="skip",
            line={"color": theme.rgba(theme.BLUE, 0.35), "width": 8},
        )
    drawn.add_scatter(
        x=mine["mean_rank"],
        y=names,
        mode="markers+text",
        name="mean rank",
        marker={"size": 11, "color": theme.BLUE},
        textposition="top center",
        text=[f"best in {100 * b:.0f}%" if b >= 0.005 else "" for b in mine["best"]],
        textfont={"color": theme.MUTED, "size": theme.SIZES["small"]},
        hovertemplate="%{y}: mean rank %{x:.2f}<extra></extra>",
    )
    return theme.describe(
        drawn,
        title=f"Which is best at: {theme.lower(study.outcome(outcome).name)}",
        subtitle="Mean rank and its 95% range over resampled seeds. Ranges that overlap are no ranking.",
        source="model, supply fixed.",
    )


@figure(
    "decomposition",
    section=Section(
        "Why seizures change",
        "Which link of the chain changes expected seizures: how much is sent, how far it travels, whether somebody "
        "knows, whether an asset is sent, what a case acted on yields, what inspection takes.",
        70,
    ),
    name="chain",
    split=by("scenario", most=6),
)
def decomposition(study: StudyResults, rows: pd.DataFrame, scenario: str) -> go.Figure:
    """Waterfall of the change of expected seizures by link of the chain."""
    tonnes = [*(rows["kg"] / 1e3), float(rows["kg"].sum()) / 1e3]
    drawn = blank(
        330, showlegend=False, xaxis={"tickangle": 0}, yaxis={"title_text": "Tonnes a year", "tickformat": "+,~g"}
    ).add_waterfall(
        x=[*rows["factor"].map(LINKS), "Together"],
        y=tonnes,
        measure=["relative"] * len(rows) + ["total"],
        increasing={"marker": {"color": MORE}},
        decreasing={"marker": {"color": LESS}},
        totals={"marker": {"color": theme.NAVY}},
        connector={"line": {"color": theme.FAINT, "width": 1}},
        customdata=[*(rows[["low", "high"]] / 1e3).to_numpy().tolist(), [math.nan, math.nan]],
        hovertemplate="%{x}: %{y:+,.3~g} t (%{customdata[0]:+,.3~g} to %{customdata[1]:+,.3~g})<extra></extra>",
        text=[f"{value:+,.1f}" for value in tonnes],
        textposition="outside",
        name="change",
        textfont={"color": theme.INK},
        cliponaxis=False,
    )
    return theme.describe(
        drawn,
        title=study.scenario(scenario),
        subtitle="Change of expected seizures outside the origins by link, log-mean Divisia (Ang 2004).",
        source="model; intervals in the numbers below.",
    )


def _where_given(study: StudyResults, rows: pd.DataFrame) -> Pieces:
    """All costs, if a cost of a kilogram is given for any scenario."""
    return [("", rows, ())] if rows["eur_per_kg"].notna().any() else []


@figure(
    "costs",
    section=Section("What it costs", "Above the baseline, each year.", 80, "one"),
    name="cost-per-kg",
    split=_where_given,
)
def cost_bars(study: StudyResults, rows: pd.DataFrame) -> go.Figure:
    """Cost of a kilogram kept from the market, where it can be given."""
    known = rows[rows["eur_per_kg"].notna()].sort_values("eur_per_kg", ascending=False)
    drawn = blank(
        90 + 44 * len(known),
        showlegend=False,
        xaxis=ruled(
            "EUR per kg kept from the market, log scale",
            type="log",
            tickformat=",~g",
            tickvals=[100, 300, 1000, 3000, 10_000, 30_000, 100_000],
        ),
        yaxis=NAMES_AXIS,
    ).add_scatter(
        x=known["eur_per_kg"],
        y=[wrapped(study.scenario(name)) for name in known["scenario"]],
        mode="markers",
        marker={"size": 11, "color": theme.BLUE},
        name="cost",
        error_x=whiskers(known["eur_low"], known["eur_per_kg"], known["eur_high"], theme.BLUE, 2, 4),
        hovertemplate="%{y}: %{x:,.3~g} EUR/kg<extra></extra>",
    )
    withheld = [study.scenario(name) for name in rows.loc[rows["eur_per_kg"].isna(), "scenario"]]
    return theme.describe(
        drawn,
        title="Cost of a kilogram kept from the market",
        subtitle="The range holds both doubts: about cost and about what is kept."
        + (f" Withheld, since what they keep may be nothing: {', '.join(withheld)}." if withheld else ""),
        source="measures.csv (mostly assumed) and model, supply fixed.",
    )


@figure(
    "detect",
    section=Section(
        "What statistics could show",
        "The record is one world. How many years of it would show an effect of this size?",
        90,
    ),
    split=by("outcome", ("seized_eu_bulk_kg", "price_europe")),
    name="detect",
)
def detection(study: StudyResults, rows: pd.DataFrame, outcome: str) -> go.Figure:
    """Years of statistics needed to notice an effect in one world, log axis."""
    mine = rows.sort_values("years", ascending=False)
    years = pd.to_numeric(mine["years"], errors="coerce").fillna(math.inf).clip(upper=1000)
    drawn = blank(
        80 + 38 * len(mine),
        showlegend=False,
        xaxis=ruled(
            "Years after the measure, as many before it; dotted: ten years",
            type="log",
            range=[0, 3.6],
            tickvals=[1, 3, 10, 30, 100, 300, 1000],
        ),
        yaxis=NAMES_AXIS,
        bargap=0.45,
    ).add_bar(
        x=years,
        y=[wrapped(study.scenario(name)) for name in mine["scenario"]],
        orientation="h",
        marker={"color": years.le(20).map({True: theme.BLUE, False: UNCLEAR})},
        text=[f"{y:,.0f} years" if y < 1000 else "over 1,000" for y in years],
        textposition="outside",
        textfont={"color": theme.INK},
        cliponaxis=False,
        name="years",
        hovertemplate="%{y}: %{text}<extra></extra>",
    )
    return theme.describe(
        drawn.add_vline(x=10.0, line={"color": theme.MUTED, "width": 1, "dash": "dot"}),
        title=f"How long until statistics show it: {theme.lower(study.outcome(outcome).name)}",
        subtitle="Years of yearly figures of one world needed to notice the effect with 80% power at 5%. An effect "
        "that is real may never be seen in the record.",
        source="model: spread between years of one world about its trend, supply fixed.",
    )


# --- mixes that a search found -------------------------------------------------------------------------------------


@figure("front", section=FRONT)
def pareto(study: StudyResults, rows: pd.DataFrame) -> go.Figure:
    """Arrivals in Europe against cost, in fresh worlds; colour is the flow through West Africa, shape the kind."""
    shown, everything = rows[rows["kind"] != "all"], rows[rows["kind"] == "all"]
    most = float(shown["west_africa_kg_change"].abs().max()) / 1e3 or 1.0
    drawn = blank(
        440,
        xaxis=ruled("Cost above the status quo, EUR m a year"),
        yaxis={"title_text": "Change of what lands, t a year", "tickformat": "+,~g"},
        coloraxis={
            "cmin": -most,
            "cmax": most,
            "colorbar": {"title": {"text": "through<br>West Africa, t"}, "thickness": 12},
            "colorscale": [[0.0, LESS], [0.5, "#D9DEE2"], [1.0, MORE]],
        },
    )
    for kind, mine in shown.groupby(shown["kind"].astype(pd.CategoricalDtype(list(KINDS))), observed=True):
        name, symbol = KINDS[str(kind)]
        change, low, high = (mine[f"arrived_europe_kg_{end}"] / 1e3 for end in ("change", "low", "high"))
        drawn.add_scatter(
            x=mine["cost_eur"] / 1e6,
            y=change,
            mode="markers",
            name=name,
            marker={
                "symbol": symbol,
                "size": 12,
                "color": mine["west_africa_kg_change"] / 1e3,
                "coloraxis": "coloraxis",
                "line": {"color": theme.MUTED, "width": 1.2},
            },
            error_y=whiskers(low, change, high, theme.FAINT, 1, 0),
            text=[
                f"mix {int(r['mix'])}: through West Africa {r['west_africa_kg_change'] / 1e3:+,.2g} t; "
                f"worst regret {r['regret'] / 1e3:,.2g} t"
                for r in mine.to_dict("records")
            ],
            hovertemplate="%{text}<br>%{y:+,.3~g} t landed, %{x:,.3~g} EUR m<extra></extra>",
        )
    off = "".join(
        f" Off the plot: everything in full, {change / 1e3:+,.0f} t for {cost / 1e6:,.0f} EUR m."
        for change, cost in zip(everything["arrived_europe_kg_change"], everything["cost_eur"], strict=True)
    )
    return theme.describe(
        drawn.add_hline(y=0.0, line={"color": theme.MUTED, "width": 1}),
        title="What lands against what it costs",
        subtitle="Every mix in the same fresh worlds, which the search did not see; 95% intervals of the difference "
        f"from the status quo. Blue: less moves through West Africa; red: more.{off}",
        source="model and measures.csv (costs mostly assumed).",
    )


@figure("front", section=FRONT)
def mixes(study: StudyResults, rows: pd.DataFrame) -> go.Figure:
    """Doses of the mixes on the front, the one that lands least first."""
    measures = [str(name) for name in rows.columns[2 : rows.columns.get_loc("arrived_europe_kg")]]
    chosen = rows[rows["kind"].isin(["front", "status-quo"])].sort_values("arrived_europe_kg", ascending=False)
    labels = [
        f"{r['arrived_europe_kg_change'] / 1e3:+.1f} t, {r['cost_eur'] / 1e6:.0f} m"
        if r["kind"] == "front"
        else "<b>status quo</b>"
        for r in chosen.to_dict("records")
    ]
    places = list(range(len(chosen)))
    drawn = blank(
        120 + 24 * len(chosen),
        showlegend=False,
        xaxis={"side": "top", "showgrid": False, "ticks": "", "tickangle": -60},
        yaxis={"tickvals": places, "ticktext": labels, **NAMES_AXIS},
    ).add_heatmap(
        z=chosen[measures].to_numpy(float),
        x=measures,
        y=places,
        colorscale=[[0.0, "#EEF3F6"], [1.0, theme.NAVY]],
        zmin=0,
        zmax=1,
        xgap=2,
        ygap=2,
        colorbar={"title": {"text": "dose"}, "thickness": 12},
        name="dose",
        hovertemplate="%{x}: dose %{z:.2f}<extra></extra>",
    )
    return theme.describe(
        drawn,
        title="What the mixes on the front are made of",
        subtitle="Dose of each measure, 0 none to 1 in full. At the left: change of what lands and cost a year.",
        source="model.",
    )
