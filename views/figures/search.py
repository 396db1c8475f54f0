"""Mixes of measures that a search found, beside random ones and the status quo."""

from typing import Final

import pandas as pd
import plotly.graph_objects as go

from views import theme
from views.figures.marks import LESS, MORE, NAMES_AXIS, blank, ruled, whiskers
from views.figures.registry import Section, figure
from views.results import StudyResults

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
