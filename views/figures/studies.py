"""Figures of studies: each makes a Plotly figure of a tidy table, the same in a report and in a notebook."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, Final, cast

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from views import theme
from views.reports.reading import Study
from views.reports.words import clear, lower

__all__ = [
    "cost_bars", "curves", "decomposition", "detection", "forest", "heatmap", "mixes", "morris_plane", "pareto",
    "ranks", "sankey", "shapley", "sobol_bars", "states",
]  # fmt: skip

LINES: Final = (theme.BLUE, theme.VERMILION, theme.GREEN, theme.PURPLE, theme.ORANGE, theme.NAVY)
LESS, MORE, UNCLEAR = theme.BLUE, theme.VERMILION, theme.FAINT
SUPPLY: Final = {"fixed": ("Supply fixed", "circle"), "answers": ("Supply answers price", "circle-open")}
LINKS: Final = {"supply": "Supply", "route": "Route", "know": "Know", "act": "Act", "board": "Board",
                "inspect": "Inspect"}  # fmt: skip
KINDS: Final = {
    "front": ("On the front", theme.BLUE, "circle"), "dominated": ("Found, dominated", theme.SKY, "circle-open"),
    "random": ("Random mix, same budget", theme.FAINT, "diamond-open"),
    "status-quo": ("Status quo", theme.INK, "square"),
}  # fmt: skip
ENDS: Final = {
    "europe": ("European market", theme.NAVY), "north_america": ("North American market", "#8E9BA6"),
    "other_markets": ("Other markets", "#C3CBD1"),
    "andes": ("Seized at the origins", theme.WINE), "americas": ("Seized in the Americas", theme.ORANGE),
    "sea": ("Seized on the open Atlantic", theme.SKY), "africa": ("Seized in West Africa", theme.GREEN),
    "eu": ("Seized in Europe", theme.BLUE), "lost": ("Lost or dumped", "#B59F00"),
}  # fmt: skip
_GROUP_ENDS: Final = {
    "Andean origins": "andes", "Americas and Caribbean": "americas", "Open Atlantic": "sea",
    "West Africa, Sahel, Maghreb": "africa", "Europe": "eu",
}  # fmt: skip


def axis(unit: str) -> str:
    """A unit as the title of an axis."""
    return f"Tonnes {unit[2:]}" if unit.startswith("t ") else unit or "Share"


def padded(low: float, high: float, share: float = 0.06) -> list[float]:
    """A range with room at both ends, zero included."""
    low, high = min(low, 0.0), max(high, 0.0)
    room = share * (high - low) or 1.0
    return [low - room, high + room]


def _blank(height: int = 360, **layout: Any) -> go.Figure:
    figure = go.Figure(layout={"template": theme.template()})
    figure.update_layout(height=height, **layout)
    return figure


def noted[Make: Callable[..., go.Figure]](make: Make) -> Make:
    """Say in the title of a figure that it rests on few seeds."""

    @wraps(make)
    def making(study: Study, rows: pd.DataFrame, *arguments: Any, **more: Any) -> go.Figure:
        return theme.noted(make(study, rows, *arguments, **more), study.note(rows))

    return cast(Make, making)


# --- sweeps -------------------------------------------------------------------------------------------------------


def worlds(study: Study, rows: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Points of a sweep by scenario and by whether supply answers price, with a title for each."""
    answers = np.zeros(len(rows))
    if "supply_answer" in rows:
        answers = np.nan_to_num(rows["supply_answer"].to_numpy(float))  # a sweep beside packages has none of its own
    found = []
    for scenario in dict.fromkeys(rows["scenario"]):
        for answer in dict.fromkeys(answers.tolist()):
            supply = "fixed" if answer == 0.0 else f"answers price ({answer:g})"
            name = study.scenario(str(scenario)) + (f", supply {supply}" if len(set(answers.tolist())) > 1 else "")
            group = rows[(rows["scenario"] == scenario) & (answers == answer)]
            if len(group):
                found.append((name, group))
    return found


@noted
def curves(study: Study, rows: pd.DataFrame, lever: str, outcome: str) -> go.Figure:
    """An outcome against a lever: mean, its 95% interval (dark) and the 5-95% spread over seeds (light)."""
    shown, figure = study.outcome(outcome), _blank()
    groups = [(name, group.sort_values(lever)) for name, group in worlds(study, rows[rows["outcome"] == outcome])]
    for (name, group), colour in zip(groups, LINES, strict=False):
        for low, high, alpha, word in (("q05", "q95", 0.10, "5-95% of seeds"), ("low", "high", 0.28, "95% interval")):
            x = group[lever].to_list()
            figure.add_scatter(
                x=[*x, *x[::-1]], y=[*(group[high] * shown.factor), *(group[low][::-1] * shown.factor)], fill="toself",
                fillcolor=theme.rgba(colour, alpha), line={"width": 0}, mode="lines", hoverinfo="skip",
                name=f"{name}, {word}", showlegend=False,
            )  # fmt: skip
    for (name, group), colour in zip(groups, LINES, strict=False):
        figure.add_scatter(
            x=group[lever], y=group["mean"] * shown.factor, mode="lines", name=name,
            line={"color": colour, "width": 2.4}, customdata=(group[["low", "high"]] * shown.factor).to_numpy(),
            hovertemplate="%{y:,.4~g} (%{customdata[0]:,.4~g} to %{customdata[1]:,.4~g})",
        )  # fmt: skip
    figure.update_layout(
        xaxis={"title_text": study.factor(lever), "tickformat": "~g"},
        yaxis={"title_text": axis(shown.unit), "tickformat": ",~g"},
    )
    return theme.describe(
        figure, title=shown.name,
        subtitle=f"Mean a year, {study.window}; dark band its 95% interval, pale band 5 to 95% of {study.seeds} seeds. "
        "The axis does not begin at zero.",
        source="model; same seeds at every point.",
    )  # fmt: skip


@noted
def heatmap(study: Study, rows: pd.DataFrame, levers: Sequence[str], outcome: str, world: str) -> go.Figure:
    """An outcome over two levers in one world, with contour lines; `rows` are of that outcome and world."""
    shown, figure = study.outcome(outcome), _blank(420, hovermode="closest")
    wide = rows.pivot_table(index=levers[1], columns=levers[0], values="mean")
    half = rows.pivot_table(index=levers[1], columns=levers[0], values="high") - wide
    figure.add_contour(
        x=wide.columns.to_list(), y=wide.index.to_list(), z=(wide * shown.factor).to_numpy(), colorscale="Cividis",
        contours={"showlabels": True, "labelfont": {"size": theme.SIZES["small"], "color": "#FFFFFF"}},
        line={"width": 0.8, "color": "#FFFFFF"}, colorbar={"title": {"text": shown.unit}, "thickness": 12},
        customdata=(half * shown.factor).to_numpy(),
        hovertemplate="%{x:.3~g}, %{y:.3~g}: %{z:,.4~g} ± %{customdata:,.2~g}<extra></extra>", name=shown.name,
    )  # fmt: skip
    figure.update_layout(xaxis={"title_text": study.factor(levers[0])}, yaxis={"title_text": study.factor(levers[1])},
                         showlegend=False)  # fmt: skip
    return theme.describe(
        figure,
        title=shown.name,
        subtitle=f"{world}. Mean a year, {study.window}, of {study.seeds} seeds at each point.",
        source="model; hover for the half width of the 95% interval.",
    )


# --- comparison ---------------------------------------------------------------------------------------------------


@noted
def forest(study: Study, rows: pd.DataFrame, outcome: str) -> go.Figure:
    """Paired differences of an outcome from the baseline with 95% intervals, with supply fixed and answering."""
    shown = study.outcome(outcome)
    mine = rows[rows["outcome"] == outcome]
    first = mine[mine["supply"] == mine["supply"].iloc[0]].sort_values("effect", ascending=False)
    order = [study.scenario(name) for name in first["scenario"]]
    figure = _blank(80 + 46 * len(order), hovermode="closest")
    for number, (word, group) in enumerate(mine.groupby("supply", sort=False)):
        name, symbol = SUPPLY.get(str(word), (f"Supply {word}", "diamond-open"))
        group = group.set_index("scenario").loc[first["scenario"]].reset_index()
        at = [order.index(study.scenario(s)) + (0.14 if number else -0.14) * (len(set(mine["supply"])) > 1)
              for s in group["scenario"]]  # fmt: skip
        colours = [_colour(row) for row in group.to_dict("records")]
        for x, row, colour in zip(at, group.to_dict("records"), colours, strict=True):
            figure.add_scatter(
                x=[row["low"] * shown.factor, row["high"] * shown.factor], y=[x, x], mode="lines",
                line={"color": colour, "width": 2.2}, hoverinfo="skip", showlegend=False, name="interval",
            )  # fmt: skip
        figure.add_scatter(
            x=group["effect"] * shown.factor, y=at, mode="markers", name=name,
            marker={"symbol": symbol, "size": 10, "color": colours, "line": {"color": colours, "width": 2}},
            text=[f"{study.scenario(r['scenario'])}, {name.lower()}: {r['effect'] * shown.factor:+,.3g} {shown.unit}"
                  f"<br>95% {r['low'] * shown.factor:+,.3g} to {r['high'] * shown.factor:+,.3g}; {_harm(r)}"
                  for r in group.to_dict("records")],
            hovertemplate="%{text}<extra></extra>",
        )  # fmt: skip
    figure.add_vline(x=0.0, line={"color": theme.MUTED, "width": 1})
    figure.update_layout(
        xaxis={"title_text": f"Difference, {shown.unit}", "showgrid": True, "tickformat": "+,~g", "nticks": 7,
               "range": padded(mine["low"].min() * shown.factor, mine["high"].max() * shown.factor)},
        yaxis={"tickvals": list(range(len(order))), "ticktext": [theme_wrap(t) for t in order], "showgrid": False,
               "ticks": "", "range": [-0.6, len(order) - 0.4], "tickfont": {"color": theme.INK}},
    )  # fmt: skip
    return theme.describe(
        figure, title=f"{shown.name}: difference from the baseline",
        subtitle=f"Paired over {int(mine['n'].min())} seeds, {study.window}; lines are 95% intervals; grey ones hold "
        "zero. Filled: supply fixed. Open: supply answers price.",
        source=f"model; baseline: {study.baseline}.",
    )  # fmt: skip


def _colour(row: dict[Any, Any]) -> str:
    if not clear(row):
        return UNCLEAR
    return MORE if row["low"] > 0 else LESS


def _harm(row: dict[Any, Any]) -> str:
    harm = row.get("harm")
    return "no better side" if harm is None or math.isnan(float(harm)) else f"probability of harm {float(harm):.2g}"


def theme_wrap(text: str, width: int = 24) -> str:
    """A label in lines of at most about `width` letters."""
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + len(word) > width:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return "<br>".join(lines)


@noted
def ranks(study: Study, rows: pd.DataFrame, outcome: str) -> go.Figure:
    """Rank of each scenario on an outcome, with its 95% range over resampled seeds."""
    mine = rows[(rows["outcome"] == outcome) & (rows["supply"] == rows["supply"].iloc[0])]
    mine = mine.sort_values("mean_rank", ascending=False)
    names = [theme_wrap(study.scenario(name)) for name in mine["scenario"]]
    figure = _blank(80 + 40 * len(mine), hovermode="closest", showlegend=False)
    for name, row in zip(names, mine.to_dict("records"), strict=True):
        figure.add_scatter(x=[row["rank_low"], row["rank_high"]], y=[name, name], mode="lines", name="range",
                           line={"color": theme.rgba(theme.BLUE, 0.35), "width": 8}, hoverinfo="skip")  # fmt: skip
    figure.add_scatter(
        x=mine["mean_rank"], y=names, mode="markers+text", name="mean rank",
        marker={"size": 11, "color": theme.BLUE}, textposition="top center",
        text=[f"best in {100 * b:.0f}%" if b >= 0.005 else "" for b in mine["best"]],
        textfont={"color": theme.MUTED, "size": theme.SIZES["small"]},
        hovertemplate="%{y}: mean rank %{x:.2f}<extra></extra>",
    )  # fmt: skip
    figure.update_layout(
        xaxis={"title_text": "Rank, 1 is best", "dtick": 1, "range": [0.2, len(mine) + 0.5], "showgrid": True},
        yaxis={"showgrid": False, "ticks": "", "tickfont": {"color": theme.INK}},
    )  # fmt: skip
    return theme.describe(
        figure, title=f"Which is best at: {lower(study.outcome(outcome).name)}",
        subtitle="Mean rank and its 95% range over resampled seeds. Ranges that overlap are no ranking.",
        source="model, supply fixed.",
    )  # fmt: skip


@noted
def decomposition(study: Study, rows: pd.DataFrame, scenario: str) -> go.Figure:
    """Waterfall of the change of expected seizures by link of the chain."""
    mine = rows[rows["scenario"] == scenario]
    total = float(mine["kg"].sum())
    figure = _blank(330, showlegend=False, hovermode="closest")
    names = [LINKS[name] for name in mine["factor"]] + ["Together"]
    figure.add_waterfall(
        x=names, y=[*(mine["kg"] / 1e3), total / 1e3], measure=["relative"] * len(mine) + ["total"],
        increasing={"marker": {"color": MORE}}, decreasing={"marker": {"color": LESS}},
        totals={"marker": {"color": theme.NAVY}}, connector={"line": {"color": theme.FAINT, "width": 1}},
        customdata=[[r["low"] / 1e3, r["high"] / 1e3] for r in mine.to_dict("records")] + [[math.nan, math.nan]],
        hovertemplate="%{x}: %{y:+,.3~g} t (%{customdata[0]:+,.3~g} to %{customdata[1]:+,.3~g})<extra></extra>",
        text=[f"{v / 1e3:+,.1f}" for v in [*mine["kg"], total]], textposition="outside", name="change",
        textfont={"color": theme.INK}, cliponaxis=False,
    )  # fmt: skip
    figure.update_layout(yaxis={"title_text": "Tonnes a year", "tickformat": "+,~g"}, xaxis={"tickangle": 0})
    return theme.describe(
        figure,
        title=study.scenario(scenario),
        subtitle="Change of expected seizures outside the origins by link, log-mean Divisia (Ang 2004).",
        source="model; intervals in the numbers below.",
    )


@noted
def states(study: Study, rows: pd.DataFrame, scenario: str, what: str = "through_kg", most: int = 14) -> go.Figure:
    """States through which more and less moves: the largest changes, with intervals."""
    mine = rows[(rows["scenario"] == scenario) & (rows["what"] == what)].copy()
    mine = mine.reindex(mine["effect"].abs().sort_values(ascending=False).index).head(most).sort_values("effect")
    colours = [(MORE if r["effect"] > 0 else LESS) if bool(r["clear"]) else UNCLEAR for r in mine.to_dict("records")]
    figure = _blank(90 + 24 * len(mine), showlegend=False, hovermode="closest")
    figure.add_bar(
        x=mine["effect"] / 1e3, y=mine["name"], orientation="h", marker={"color": colours}, name="change",
        error_x={"type": "data", "symmetric": False, "array": (mine["high"] - mine["effect"]) / 1e3,
                 "arrayminus": (mine["effect"] - mine["low"]) / 1e3, "color": theme.MUTED, "thickness": 1.2,
                 "width": 3},
        hovertemplate="%{y}: %{x:+,.3~g} t a year<extra></extra>",
    )  # fmt: skip
    figure.update_layout(
        xaxis={"title_text": "Difference, t a year", "showgrid": True, "tickformat": "+,~g"},
        yaxis={"showgrid": False, "ticks": "", "tickfont": {"color": theme.INK}}, bargap=0.35,
    )  # fmt: skip
    word = {"through_kg": "through which more or less moves", "expected_seized_kg": "that seize more or less"}[what]
    return theme.describe(
        figure, title=f"{study.scenario(scenario)}: states {word}",
        subtitle="The largest changes with 95% intervals; grey where the change cannot be told from zero (false "
        "discovery rate 5%).",
        source="model, supply fixed; outputs of a model, not findings about officials or people.",
    )  # fmt: skip


@noted
def detection(study: Study, rows: pd.DataFrame, outcome: str) -> go.Figure:
    """Years of statistics needed to notice an effect in one world, log axis."""
    mine = rows[(rows["outcome"] == outcome)].sort_values("years", ascending=False)
    mine = mine.assign(years=pd.to_numeric(mine["years"], errors="coerce").fillna(math.inf).clip(upper=1000))
    names = [theme_wrap(study.scenario(name)) for name in mine["scenario"]]
    text = [f"{y:,.0f} years" if y < 1000 else "over 1,000" for y in mine["years"]]
    figure = _blank(80 + 38 * len(mine), showlegend=False, hovermode="closest")
    figure.add_bar(
        x=mine["years"], y=names, orientation="h", marker={"color": [theme.BLUE if y <= 20 else UNCLEAR
                                                                       for y in mine["years"]]},
        text=text, textposition="outside", textfont={"color": theme.INK}, cliponaxis=False, name="years",
        hovertemplate="%{y}: %{text}<extra></extra>",
    )  # fmt: skip
    figure.add_vline(x=10.0, line={"color": theme.MUTED, "width": 1, "dash": "dot"})
    figure.update_layout(
        xaxis={"type": "log", "title_text": "Years after the measure, as many before it; dotted: ten years",
               "range": [0, 3.6], "tickvals": [1, 3, 10, 30, 100, 300, 1000], "showgrid": True},
        yaxis={"showgrid": False, "ticks": "", "tickfont": {"color": theme.INK}}, bargap=0.45,
    )  # fmt: skip
    return theme.describe(
        figure, title=f"How long until statistics show it: {lower(study.outcome(outcome).name)}",
        subtitle="Years of yearly figures of one world needed to notice the effect with 80% power at 5%. An effect "
        "that is real may never be seen in the record.",
        source="model: spread between years of one world about its trend, supply fixed.",
    )  # fmt: skip


@noted
def cost_bars(study: Study, rows: pd.DataFrame) -> go.Figure:
    """Cost of a kilogram kept from the market, where it can be given."""
    known = rows[rows["eur_per_kg"].notna()].sort_values("eur_per_kg", ascending=False)
    names = [theme_wrap(study.scenario(name)) for name in known["scenario"]]
    figure = _blank(90 + 44 * len(known), showlegend=False, hovermode="closest")
    figure.add_scatter(
        x=known["eur_per_kg"], y=names, mode="markers", marker={"size": 11, "color": theme.BLUE}, name="cost",
        error_x={"type": "data", "symmetric": False, "array": known["eur_high"] - known["eur_per_kg"],
                 "arrayminus": known["eur_per_kg"] - known["eur_low"], "color": theme.BLUE, "thickness": 2, "width": 4},
        hovertemplate="%{y}: %{x:,.3~g} EUR/kg<extra></extra>",
    )  # fmt: skip
    figure.update_layout(xaxis={"title_text": "EUR per kg kept from the market, log scale", "type": "log",
                                "showgrid": True, "tickformat": ",~g",
                                "tickvals": [100, 300, 1000, 3000, 10_000, 30_000, 100_000]},
                         yaxis={"showgrid": False, "ticks": "", "tickfont": {"color": theme.INK}})  # fmt: skip
    withheld = [study.scenario(name) for name in rows.loc[rows["eur_per_kg"].isna(), "scenario"]]
    tail = f" Withheld, since what they keep may be nothing: {', '.join(withheld)}." if withheld else ""
    return theme.describe(
        figure, title="Cost of a kilogram kept from the market",
        subtitle=f"The range holds both doubts: about cost and about what is kept.{tail}",
        source="measures.csv (mostly assumed) and model, supply fixed.",
    )  # fmt: skip


def _part(share: float) -> str:
    """A share in whole percent, and no zero for what is there."""
    return f"{100 * share:.0f}%" if share >= 0.005 else "<1%"


@noted
def sankey(study: Study, rows: pd.DataFrame, scenario: str) -> go.Figure:
    """Where the kilograms end, t a year."""
    mine = rows[rows["scenario"] == scenario]
    totals: dict[str, float] = {}
    for row in mine.to_dict("records"):
        end = str(row["end"])
        key = _GROUP_ENDS[theme.region_groups()[end.removeprefix("seized_")]] if end.startswith("seized_") else end
        totals[key] = totals.get(key, 0.0) + float(row["kg_per_year"]) / 1e3
    keys = [key for key in ENDS if totals.get(key, 0.0) > 0.05]
    whole = sum(totals[key] for key in keys)
    labels = [f"Output<br>{theme.number(whole)} t"] + [
        f"{ENDS[key][0]}<br>{theme.number(totals[key])} t ({_part(totals[key] / whole)})" for key in keys
    ]
    figure = _blank(560, hovermode="closest", showlegend=False)
    figure.add_sankey(
        node={"label": labels, "color": [theme.MUTED, *(ENDS[key][1] for key in keys)], "pad": 40, "thickness": 14,
              "line": {"width": 0}, "hovertemplate": "%{label}<extra></extra>"},
        link={"source": [0] * len(keys), "target": list(range(1, len(keys) + 1)),
              "value": [totals[key] for key in keys], "color": [theme.rgba(ENDS[key][1], 0.4) for key in keys],
              "hovertemplate": "%{target.label}<extra></extra>"},
        textfont={"size": theme.SIZES["text"], "color": theme.INK, "shadow": "none"},
    )  # fmt: skip
    figure.update_layout(margin={"l": 4, "r": 4, "t": 10, "b": 14})
    return theme.describe(
        figure, title=f"Where the kilograms end: {study.scenario(scenario)}",
        subtitle=f"Tonnes pure a year, {study.window}, mean of {study.seeds} seeds; seizures by where they are made.",
        source="model, supply fixed; stocks and loads under way left out.",
    )  # fmt: skip


# --- sensitivity, credit, search ------------------------------------------------------------------------------------


@noted
def sobol_bars(study: Study, rows: pd.DataFrame, outcome: str) -> go.Figure:
    """First-order and total Sobol indices with 95% intervals."""
    mine = rows[rows["outcome"] == outcome].sort_values("st").tail(16)
    names = [study.factor(name) for name in mine["factor"]]
    figure = _blank(90 + 30 * len(mine), barmode="overlay", hovermode="closest", bargap=0.3)
    for column, name, colour, width in (("st", "Total, interactions included", theme.SKY, 0.7),
                                        ("s1", "First order, alone", theme.NAVY, 0.34)):  # fmt: skip
        figure.add_bar(
            x=100 * mine[column], y=names, orientation="h", name=name, marker={"color": colour}, width=width,
            error_x={"type": "data", "symmetric": False, "array": 100 * (mine[f"{column}_high"] - mine[column]),
                     "arrayminus": 100 * (mine[column] - mine[f"{column}_low"]), "color": theme.MUTED,
                     "thickness": 1.2, "width": 3},
            hovertemplate="%{y}: %{x:.0f}%<extra></extra>",
        )  # fmt: skip
    figure.update_layout(xaxis={"title_text": "Share of variance, %", "showgrid": True},
                         yaxis={"showgrid": False, "ticks": "", "tickfont": {"color": theme.INK}})  # fmt: skip
    return theme.describe(
        figure, title=study.outcome(outcome).name, subtitle=f"Sobol indices of {int(mine['n'].iloc[0])} blocks, with "
        "95% bootstrap intervals. Chance between seeds counts as variance that no factor explains.",
        source="model; first order after Saltelli et al. (2010), total after Jansen (1999).",
    )  # fmt: skip


@noted
def morris_plane(study: Study, rows: pd.DataFrame, outcome: str) -> go.Figure:
    """Mean absolute effect of every factor over its range, with its interval and the spread of effects."""
    shown = study.outcome(outcome)
    mine = rows[rows["outcome"] == outcome].sort_values("mu_star")
    names = [study.factor(name) for name in mine["factor"]]
    figure = _blank(90 + 25 * len(mine), hovermode="closest")
    figure.add_bar(
        x=mine["mu_star"] * shown.factor, y=names, orientation="h", name="Mean absolute effect (mu*)",
        marker={"color": [MORE if mu > 0 else LESS for mu in mine["mu"]]},
        error_x={"type": "data", "symmetric": False, "array": (mine["mu_star_high"] - mine["mu_star"]) * shown.factor,
                 "arrayminus": (mine["mu_star"] - mine["mu_star_low"]) * shown.factor, "color": theme.MUTED,
                 "thickness": 1.2, "width": 3},
        hovertemplate="%{y}: %{x:,.3~g}<extra></extra>", showlegend=False,
    )  # fmt: skip
    figure.add_scatter(
        x=mine["sigma"] * shown.factor, y=names, mode="markers", name="Spread of effects (sigma)",
        marker={"symbol": "circle-open", "size": 8, "color": theme.INK, "line": {"color": theme.INK, "width": 1.6}},
        hovertemplate="%{y}: sigma %{x:,.3~g}<extra></extra>",
    )  # fmt: skip
    figure.update_layout(xaxis={"title_text": f"Effect over the factor's range, {shown.unit}", "showgrid": True,
                                "tickformat": ",~g"}, bargap=0.35,
                         yaxis={"showgrid": False, "ticks": "", "tickfont": {"color": theme.INK}})  # fmt: skip
    return theme.describe(
        figure, title=shown.name,
        subtitle=f"Morris screening, {int(mine['n'].iloc[0])} trajectories. Red raises, blue lowers it in the mean. A "
        "spread (open) beyond the mean effect says that the sign depends on other factors, or on chance.",
        source="model; mu* after Campolongo et al. (2007).",
    )  # fmt: skip


@noted
def shapley(study: Study, rows: pd.DataFrame, outcome: str) -> go.Figure:
    """Waterfall of Shapley shares from none of the players to all of them, with intervals."""
    shown = study.outcome(outcome)
    mine = rows[rows["outcome"] == outcome].sort_values("share", key=lambda s: -s.abs())
    figure = _blank(80 + 40 * (len(mine) + 1), showlegend=False, hovermode="closest")
    names, base = [theme_wrap(str(name), 30) for name in mine["name"]], 0.0
    for name, row in zip(names, mine.to_dict("records"), strict=True):
        share = row["share"] * shown.factor
        figure.add_bar(
            x=[share], base=[base], y=[name], orientation="h", name=name, marker={"color": _colour(row)}, width=0.56,
            error_x={"type": "data", "symmetric": False, "array": [(row["high"] - row["share"]) * shown.factor],
                     "arrayminus": [(row["share"] - row["low"]) * shown.factor], "color": theme.INK,
                     "thickness": 1.2, "width": 3},
            hovertemplate=f"{share:+,.3g} {shown.unit} ({row['low'] * shown.factor:+,.3g} to "
            f"{row['high'] * shown.factor:+,.3g})<extra></extra>",
        )  # fmt: skip
        base += share
    figure.add_bar(x=[base], y=["<b>All together</b>"], orientation="h", marker={"color": theme.NAVY}, width=0.56,
                   name="All together", hovertemplate=f"{base:+,.3g} {shown.unit}<extra></extra>")  # fmt: skip
    figure.add_vline(x=0.0, line={"color": theme.MUTED, "width": 1})
    figure.update_layout(
        xaxis={"title_text": f"Share of the change, {shown.unit}", "showgrid": True, "tickformat": "+,~g"},
        yaxis={"autorange": "reversed", "showgrid": False, "ticks": "", "tickfont": {"color": theme.INK}},
    )  # fmt: skip
    return theme.describe(
        figure, title=shown.name,
        subtitle="Shapley share of each player, one after the other, from none of them to all; 95% intervals over "
        "seeds; grey shares cannot be told from zero.",
        source="model; shares after Shapley (1953), all coalitions." if bool(mine["exact"].iloc[0])
        else "model; shares after Shapley (1953), sampled orders.",
    )  # fmt: skip


@noted
def pareto(study: Study, rows: pd.DataFrame) -> go.Figure:
    """Change of what lands against cost, in fresh worlds; colour is what moves through West Africa, shape the kind."""
    figure = _blank(440, hovermode="closest")
    shown = rows[rows["kind"] != "all"]
    most = float(shown["west_africa_kg_change"].abs().max()) / 1e3 or 1.0
    for kind, (name, _, symbol) in KINDS.items():
        mine = shown[shown["kind"] == kind]
        if mine.empty:
            continue
        change = {end: mine[f"arrived_europe_kg_{end}"] / 1e3 for end in ("change", "low", "high")}
        figure.add_scatter(
            x=mine["cost_eur"] / 1e6, y=change["change"], mode="markers", name=name,
            marker={"symbol": symbol, "size": 12, "color": mine["west_africa_kg_change"] / 1e3,
                    "coloraxis": "coloraxis", "line": {"color": theme.MUTED, "width": 1.2}},
            error_y={"type": "data", "symmetric": False, "array": change["high"] - change["change"],
                     "arrayminus": change["change"] - change["low"], "color": theme.FAINT, "thickness": 1, "width": 0},
            text=[f"mix {int(r['mix'])}: through West Africa {r['west_africa_kg_change'] / 1e3:+,.2g} t; "
                  f"worst regret {r['regret'] / 1e3:,.2g} t" for r in mine.to_dict("records")],
            hovertemplate="%{text}<br>%{y:+,.3~g} t landed, %{x:,.3~g} EUR m<extra></extra>",
        )  # fmt: skip
    figure.add_hline(y=0.0, line={"color": theme.MUTED, "width": 1})
    figure.update_layout(
        xaxis={"title_text": "Cost above the status quo, EUR m a year", "showgrid": True},
        yaxis={"title_text": "Change of what lands, t a year", "tickformat": "+,~g"},
        coloraxis={"cmin": -most, "cmax": most, "colorbar": {"title": {"text": "through<br>West Africa, t"},
                                                             "thickness": 12},
                   "colorscale": [[0.0, LESS], [0.5, "#D9DEE2"], [1.0, MORE]]},
    )  # fmt: skip
    whole = rows[rows["kind"] == "all"]
    off = "" if whole.empty else (
        f" Off the plot: everything in full, {whole['arrived_europe_kg_change'].iloc[0] / 1e3:+,.0f} t for "
        f"{whole['cost_eur'].iloc[0] / 1e6:,.0f} EUR m."
    )  # fmt: skip
    return theme.describe(
        figure,
        title="What lands against what it costs",
        subtitle="Every mix in the same fresh worlds, which the search did not see; 95% intervals of the difference "
        f"from the status quo. Blue: less moves through West Africa; red: more.{off}",
        source="model and measures.csv (costs mostly assumed).",
    )


@noted
def mixes(study: Study, rows: pd.DataFrame) -> go.Figure:
    """Doses of the mixes on the front, the one that lands least first."""
    measures = [str(row) for row in rows.columns[2 : list(rows.columns).index("arrived_europe_kg")]]
    chosen = rows[rows["kind"].isin(["front", "status-quo"])].sort_values("arrived_europe_kg", ascending=False)
    labels = [f"{r['arrived_europe_kg_change'] / 1e3:+.1f} t, {r['cost_eur'] / 1e6:.0f} m"
              if r["kind"] == "front" else "<b>status quo</b>" for r in chosen.to_dict("records")]  # fmt: skip
    figure = _blank(120 + 24 * len(chosen), hovermode="closest", showlegend=False)
    doses = chosen[measures].to_numpy(float)
    figure.add_heatmap(
        z=doses, x=measures, y=list(range(len(chosen))),
        colorscale=[[0.0, "#EEF3F6"], [1.0, theme.NAVY]], zmin=0, zmax=1, xgap=2, ygap=2,
        colorbar={"title": {"text": "dose"}, "thickness": 12}, name="dose",
        hovertemplate="%{x}: dose %{z:.2f}<extra></extra>",
    )  # fmt: skip
    figure.update_layout(
        xaxis={"side": "top", "showgrid": False, "ticks": "", "tickangle": -60},
        yaxis={"tickvals": list(range(len(chosen))), "ticktext": labels, "showgrid": False, "ticks": "",
               "tickfont": {"color": theme.INK}},
    )  # fmt: skip
    return theme.describe(
        figure, title="What the mixes on the front are made of",
        subtitle="Dose of each measure, 0 none to 1 in full. At the left: change of what lands and cost a year.",
        source="model.",
    )  # fmt: skip
