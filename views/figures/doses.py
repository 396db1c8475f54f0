"""Dose and response: one small panel for each measure."""

import math
from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from experiments.analysis.intervals import mean_and_interval, preliminary
from views import theme
from views.figures.marks import add_area

COLUMNS: Final = 4


def dose_response(arms: pd.DataFrame, measures: pd.DataFrame) -> go.Figure:
    """Draw the outcome of each measure's own stage against its dose.

    Parameters
    ----------
    arms
        As `experiments.analysis.doses.run_doses` gives them: measure, dose, seed and outcomes.
    measures
        The table `measures`: names, outcomes, doses of history.
    """
    rows = math.ceil(len(measures) / COLUMNS)
    figure = make_subplots(
        rows,
        COLUMNS,
        subplot_titles=[title(arms, row) for row in measures.to_dict("records")],
        vertical_spacing=0.045,
        horizontal_spacing=0.065,
    )
    for place, row in enumerate(measures.to_dict("records")):
        panel = {"row": place // COLUMNS + 1, "col": place % COLUMNS + 1}
        band = response(arms, row["measure"], row["outcome"])
        add_area(figure, band.index, band["low"], band["high"], theme.rgba(theme.BLUE, 0.18), **panel)
        figure.add_scatter(
            x=band.index,
            y=band["mean"],
            mode="lines+markers",
            line={"color": theme.BLUE, "width": 2},
            marker={"size": 5},
            **panel,
        )
        if row["history_dose"] > 0:
            figure.add_vline(x=row["history_dose"], line={"color": theme.FAINT, "width": 1, "dash": "dot"}, **panel)
        top, bottom = float(band["high"].max()), float(band["low"].min())
        room = max(0.15 * (top - bottom), 0.06 * abs(top), 1e-9)
        figure.update_yaxes(range=[min(0.0, bottom) if bottom < 0.6 * top else bottom - room, top + room], **panel)
    figure.update_layout(
        showlegend=False,
        width=1180,
        height=205 * rows + 90,
        margin={"l": 50, "r": 20, "t": 104, "b": 46},
        font={"family": theme.FONT, "size": theme.SIZES["small"], "color": theme.INK},
        paper_bgcolor=theme.PAPER,
        plot_bgcolor=theme.PAPER,
        title={
            "text": f"What each measure does to its own stage, by dose"
            f"{theme.bracketed(preliminary(arms['seed'].nunique()))}"
            "<br><span style='font-size:12px;color:#55616C'>Mean over seeds with its 95% interval; dotted: the dose "
            "nearest to history; below each name: outcome, and the change in cocaine landed in Europe from dose 0 to 1"
            "</span>",
            "x": 0.0,
            "xref": "paper",
            "y": 0.99,
            "yanchor": "top",
            "font": {"size": theme.SIZES["title"]},
        },
    )
    figure.update_xaxes(range=[-0.04, 1.04], tickvals=[0, 0.5, 1], showgrid=False, linecolor=theme.COAST)
    figure.update_yaxes(nticks=4, gridcolor=theme.GRID, zeroline=False)
    return figure.update_annotations(font={"size": theme.SIZES["small"]}, xanchor="center")


def response(arms: pd.DataFrame, measure: str, outcome: str) -> pd.DataFrame:
    """Mean of an outcome over seeds and its interval, by dose."""
    chosen = arms.loc[arms["measure"] == measure].groupby("dose")[outcome]
    rows = {dose: mean_and_interval(values.to_numpy(float)) for dose, values in chosen}
    return pd.DataFrame.from_dict(rows, orient="index", columns=["mean", "low", "high"])


def title(arms: pd.DataFrame, row: dict[Any, Any]) -> str:
    """Name of a panel: the measure, its outcome, and the change in arrivals in Europe."""
    wide = arms[arms["measure"] == row["measure"]].pivot(index="seed", columns="dose", values="arrived_europe_kg")
    mean, _, high = mean_and_interval(((wide[1.0] - wide[0.0]) / 1e3).to_numpy(float))
    outcome = str(row["outcome"]).removesuffix("_kg").replace("_", " ").replace("west african", "W. African")
    landed = f"landed {mean:+.1f} t/yr{'' if math.isnan(high) else f' ± {high - mean:.1f}'}"
    return f"<b>{row['name']}</b><br><span style='color:#55616C'>{outcome}; {landed}</span>"
