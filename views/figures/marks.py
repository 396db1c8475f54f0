"""Parts that figures share: an empty figure, intervals, bands, axes of names, colours of findings."""

import textwrap
from typing import Any, Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from views import theme

GOOD, NEARLY, BAD = theme.BLUE, theme.SKY, theme.VERMILION
LESS, MORE, UNCLEAR = theme.BLUE, theme.VERMILION, theme.FAINT
NAMES_AXIS: Final = {"showgrid": False, "ticks": "", "tickfont": {"color": theme.INK}}
"""A vertical axis of names."""
NAMES: Final = {
    "eu": "EU",
    "maoc": "MAOC-N",
    "jiatf": "JIATF-South",
    "africa": "Africa",
    "west": "West",
    "europe": "Europe",
    "spain": "Spain",
    "iberia": "Iberia",
    "americas": "the Americas",
    "schiphol": "Schiphol",
    "antwerp": "Antwerp",
    "rotterdam": "Rotterdam",
    "n": "",
    "esp": "Spain",
    "prt": "Portugal",
    "nld": "Netherlands",
    "bel": "Belgium",
    "fra": "France",
    "ita": "Italy",
    "gbr": "United Kingdom",
    "deu": "Germany",
    "col": "Colombia",
    "per": "Peru",
    "bol": "Bolivia",
    "ecu": "Ecuador",
    "ven": "Venezuela",
    "pan": "Panama",
    "bra": "Brazil",
    "mex": "Mexico",
    "usa": "United States",
    "caribbean": "Caribbean",
}
"""Words of slugs that are names."""


def ruled(title: str, **axis: Any) -> dict[str, Any]:
    """A horizontal axis with its title and a grid."""
    return {"title_text": title, "showgrid": True, **axis}


def names_in_order(names: list[str]) -> dict[str, Any]:
    """A vertical axis of names that stand in the order given, the first at the bottom."""
    return {"showgrid": False, "categoryorder": "array", "categoryarray": names}


def words(name: str) -> str:
    """A slug in words."""
    return theme.upper(" ".join(NAMES.get(word, word) for word in name.replace("-", " ").replace("_", " ").split()))


def wrapped(text: str, width: int = 24) -> str:
    """A label in lines of at most about `width` letters."""
    return "<br>".join(textwrap.wrap(text, width + 1, break_long_words=False, break_on_hyphens=False))


def whiskers(low: Any, middle: Any, high: Any, colour: str, thickness: float = 1.2, width: float = 3) -> dict[str, Any]:
    """Intervals about points, as Plotly's error bars."""
    return {
        "type": "data",
        "symmetric": False,
        "array": high - middle,
        "arrayminus": middle - low,
        "color": colour,
        "thickness": thickness,
        "width": width,
    }


def clear(rows: pd.DataFrame) -> pd.Series:
    """Whether the interval of each row leaves zero out."""
    return (rows["low"] > 0.0) | (rows["high"] < 0.0)


def tones(sizes: pd.Series, distinct: pd.Series) -> list[str]:
    """A colour for each difference: more, less, or grey where it is not `distinct` from zero."""
    return [str(tone) for tone in np.where(distinct.astype(bool), np.where(sizes > 0.0, MORE, LESS), UNCLEAR)]


def blank(height: int | None = 360, hovermode: str | None = "closest", **layout: Any) -> go.Figure:
    """An empty figure in the style of the reports."""
    return go.Figure(layout={"template": theme.template()}).update_layout(height=height, hovermode=hovermode, **layout)


def add_area(figure: go.Figure, x: Any, low: Any, high: Any, colour: str, **trace: Any) -> None:
    """Add a filled area between two lines; one trace, so that the legend entry hides all of it."""
    places = list(x)
    figure.add_scatter(
        x=places + places[::-1],
        y=[*high, *low[::-1]],
        fill="toself",
        fillcolor=colour,
        line={"width": 0},
        mode="lines",
        hoverinfo="skip",
        **trace,
    )


def rows_high(rows: int, extra: int = 90) -> int:
    """Pixels that a chart with so many named rows needs."""
    return 22 * rows + extra
