"""Maps of a comparison: the flows under two scenarios, and where more and less moves."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from views import theme
from views.maps import atlas, flowmap
from views.reports.reading import Study

__all__ = ["difference_map", "flow_map"]

STEPS: Final = (0.1, 0.5, 1.5, 4.0)
"""Lower edges of the classes of a change, tonnes a year; less is not drawn."""
WIDTHS: Final = (1.0, 2.2, 4.0, 7.0)
CHANCE: Final = "#A9B3BC"
SIDES: Final = {"less": ("Less moves", theme.BLUE), "more": ("More moves", theme.VERMILION)}


def flow_map(study: Study, tables: Any, scenario: str) -> go.Figure:
    """Flows of one scenario, t a year over the window, with seizures as bubbles."""
    year = int(study.manifest["window"][1])
    flows = study.table("flows")
    legs = flows[flows["scenario"] == scenario].assign(year=year, replication=0, moved_kg=lambda f: f["kg_per_year"])
    seized = study.table("places")
    by_place = None
    if len(seized):
        purity = float(study.manifest.get("bulk_purity", 0.7))
        mine = seized[seized["scenario"] == scenario]
        by_place = mine.assign(year=year, replication=0, seized_bulk_kg=mine["seized_kg_per_year"] / purity)
    plan = flowmap.plan(legs, places=tables.places, legs=tables.legs, lanes=tables.lanes, by_place=by_place)
    figure = flowmap.draw(plan, tables.places, year, study.seeds)
    figure.update_layout(showlegend=False, width=None, height=None)
    figure = theme.describe(
        figure, title=study.scenario(scenario),
        subtitle=f"Tonnes pure set out on each leg a year (width, colour by means) and bulk tonnes seized (bubbles), "
        f"mean of {study.window} and {study.seeds} seeds.",
        source="model, supply fixed. Coastlines: Natural Earth. Lanes: commercial shipping, a proxy for other craft.",
    )  # fmt: skip
    return theme.noted(figure, study.note(flows))


def difference_map(study: Study, tables: Any, scenario: str) -> go.Figure:
    """Where more and less moves under a scenario than under the baseline."""
    rows = study.table("leg_changes")
    rows = rows[rows["scenario"] == scenario].set_index("leg")
    change = rows["effect"] / 1e3
    drawn, names = atlas.lanes(tables.lanes), flowmap._leg_names(tables.legs, tables.places)
    figure = go.Figure(layout={"template": theme.template()})
    flowmap._add_ground(figure)
    shown = (change.abs() >= STEPS[0]) & change.index.isin(list(drawn))
    told = rows["clear"].astype(bool)
    _add_lanes(figure, change[shown & ~told].abs().sort_values(), drawn, names, "Cannot be told from zero", CHANCE, 0.5)
    for key, (name, colour) in SIDES.items():
        mine = change[shown & told & (change > 0 if key == "more" else change < 0)].abs().sort_values()
        _add_lanes(figure, mine, drawn, names, name, colour)
    flowmap._add_places(figure, tables.places)
    flowmap._add_labels(figure, tables.places)
    _frame(figure)
    figure = theme.describe(
        figure, title=f"{study.scenario(scenario)}: where more and less moves",
        subtitle=f"Change of tonnes a year on each leg against {study.baseline[:1].lower()}{study.baseline[1:]}; blue "
        f"less, red more, grey what cannot be told from zero (false discovery rate 5%). Changes under "
        f"{STEPS[0]:g} t are not drawn. Mean of {study.seeds} paired seeds.",
        source="model, supply fixed. Coastlines: Natural Earth. Lanes: commercial shipping, a proxy for other craft.",
    )  # fmt: skip
    return theme.noted(figure, study.note(rows))


def _add_lanes(
    figure: go.Figure, tonnes: pd.Series[float], drawn: dict[str, atlas.Floats], names: dict[str, str], name: str,
    colour: str, alpha: float = 0.8,
) -> None:  # fmt: skip
    kinds = np.searchsorted(STEPS, tonnes.to_numpy(), side="right") - 1
    for width, pixels in enumerate(WIDTHS):
        x, y = atlas.joined([drawn[str(leg)] for leg in tonnes.index[kinds == width]])
        figure.add_scatter(x=x, y=y, mode="lines", line={"color": theme.rgba(colour, alpha), "width": pixels},
                           hoverinfo="skip", name=f"{name} {width}")  # fmt: skip
    middles = [flowmap._middle(drawn[str(leg)]) for leg in tonnes.index]
    figure.add_scatter(
        x=[m[0] for m in middles], y=[m[1] for m in middles], mode="markers", name=name,
        marker={"symbol": "arrow-wide", "size": 9, "color": colour, "angle": [m[2] for m in middles],
                "line": {"color": "#FFFFFF", "width": 0.8}},
        text=[f"{names[str(leg)]}<br>{name.lower()}: {value:,.2g} t a year" for leg, value in tonnes.items()],
        hovertemplate="%{text}<extra></extra>",
    )  # fmt: skip


def _frame(figure: go.Figure) -> None:
    (left, right), (bottom, top) = atlas.WINDOW
    hidden = {"visible": False, "fixedrange": True}
    figure.update_layout(
        hovermode="closest", plot_bgcolor=theme.SEA, margin={"l": 0, "r": 0, "t": 10, "b": 0}, showlegend=False,
        xaxis={**hidden, "range": [left, right]},
        yaxis={**hidden, "range": [bottom, top], "scaleanchor": "x", "scaleratio": 1},
    )  # fmt: skip
