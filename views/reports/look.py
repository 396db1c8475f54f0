"""How figures of a validation look: colours, names of rows, intervals about points."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go

from views import theme

__all__ = ["BAD", "GOOD", "NEARLY", "UNSURE", "blank", "rows_high", "whiskers", "words"]

GOOD, NEARLY, BAD, UNSURE = theme.BLUE, theme.SKY, theme.VERMILION, theme.FAINT
NAMES: Final = {
    "eu": "EU", "maoc": "MAOC-N", "jiatf": "JIATF-South", "africa": "Africa", "west": "West", "europe": "Europe",
    "spain": "Spain", "iberia": "Iberia", "americas": "the Americas", "schiphol": "Schiphol", "antwerp": "Antwerp",
    "rotterdam": "Rotterdam", "n": "", "esp": "Spain", "prt": "Portugal", "nld": "Netherlands", "bel": "Belgium",
    "fra": "France", "ita": "Italy", "gbr": "United Kingdom", "deu": "Germany", "col": "Colombia", "per": "Peru",
    "bol": "Bolivia", "ecu": "Ecuador", "ven": "Venezuela", "pan": "Panama", "bra": "Brazil", "mex": "Mexico",
    "usa": "United States", "caribbean": "Caribbean",
}  # fmt: skip
"""Words of slugs that are names."""
ROW: Final = 22
"""Pixels for each row of a chart with names."""


def words(name: str) -> str:
    """A slug in words."""
    text = " ".join(NAMES.get(word, word) for word in name.replace("-", " ").replace("_", " ").split())
    return text[:1].upper() + text[1:]


def whiskers(low: pd.Series, middle: pd.Series, high: pd.Series, colour: str, thickness: float) -> dict[str, Any]:
    """Intervals about points, as Plotly's error bars."""
    return {"type": "data", "symmetric": False, "array": high - middle, "arrayminus": middle - low, "color": colour,
            "thickness": thickness, "width": 0}  # fmt: skip


def blank(height: int = 360, **layout: Any) -> go.Figure:
    """An empty figure in the style of the reports."""
    figure = go.Figure(layout={"template": theme.template()})
    figure.update_layout(height=height, hovermode="closest", **layout)
    return figure


def rows_high(rows: int, extra: int = 90) -> int:
    """Pixels that a chart with so many named rows needs."""
    return ROW * rows + extra
