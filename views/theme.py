"""One look for every view: colours, type, names and number formats.

Colours derive from the palette of Okabe and Ito (2008), which readers with the common forms of colour blindness can
tell apart; some are darkened so that thin lines and small text keep a contrast of at least 3:1 on white.
"""

import math
import textwrap
from collections.abc import Sequence
from functools import cache
from typing import Final

import plotly.graph_objects as go

FONT: Final = (
    "Inter, 'Inter Display', system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
)
INK: Final = "#16212B"
MUTED: Final = "#55616C"
FAINT: Final = "#8A95A0"
GRID: Final = "#E7EAED"
PAPER: Final = "#FFFFFF"
SEA: Final = "#EEF3F6"
LAND: Final = "#FBFAF6"
COAST: Final = "#C3CBD2"

BLUE: Final = "#0072B2"
SKY: Final = "#56B4E9"
GREEN: Final = "#009E73"
ORANGE: Final = "#E69F00"
VERMILION: Final = "#D55E00"
PURPLE: Final = "#A34C82"
YELLOW: Final = "#F0E442"
NAVY: Final = "#0B3C5D"
WINE: Final = "#7B2532"
BROWN: Final = "#8A7350"

HALO: Final = "1px 0 1px #fff, -1px 0 1px #fff, 0 1px 1px #fff, 0 -1px 1px #fff, 0 0 4px #fff"
"""Text shadow that keeps a place name legible on a lane."""

DARK: Final = {
    INK: "#E6EBEF",
    MUTED: "#A3AFB9",
    FAINT: "#77848F",
    GRID: "#26313B",
    PAPER: "#151E26",
    SEA: "#101921",
    LAND: "#1D2831",
    COAST: "#3C4954",
    NAVY: "#8FC4E8",
    BLUE: "#3FA0E0",
    WINE: "#E08A9A",
    PURPLE: "#D58BBB",
    SKY: "#B5DDF5",
    "rgba(11,60,93": "rgba(143,196,232",
    "rgba(0,114,178": "rgba(63,160,224",
    "rgba(123,37,50": "rgba(224,138,154",
    "rgba(163,76,130": "rgba(213,139,187",
    "#DCE4EA": "#22303B",
    "rgba(169,179,188": "rgba(92,105,116",
    "#A9B3BC": "#5C6974",
    HALO: HALO.replace("#fff", "#151E26"),
}
"""A colour of the day -> its counterpart on a dark page, by which a page's script redraws its figures."""

SIZES: Final = {"small": 11, "text": 12, "label": 13, "title": 17}
"""The type scale of figures, px."""

MODES: Final = {
    "container": ("Container", BLUE),
    "merchant_vessel": ("Merchant vessel", NAVY),
    "small_vessel": ("Yacht or fishing boat", VERMILION),
    "fast_boat": ("Fast boat", ORANGE),
    "light_aircraft": ("Light aircraft", PURPLE),
    "air_courier": ("Air courier", "#D9A0C3"),
    "overland": ("Overland", BROWN),
}
"""Mode slug -> (name, colour), in the order of stacks and legends."""

GROUP_COLOURS: Final = {
    "Andean origins": WINE,
    "Americas and Caribbean": ORANGE,
    "Open Atlantic": FAINT,
    "West Africa, Sahel, Maghreb": GREEN,
    "Europe": NAVY,
}


@cache
def region_groups() -> dict[str, str]:
    """Region of places.csv -> the group under which views show it, from regions.csv."""
    from model.world.tables import load_tables

    shown = load_tables().regions.dropna(subset="shown_as")
    return dict(zip(shown["region"], shown["shown_as"], strict=True))


def rgba(colour: str, alpha: float) -> str:
    """`colour` (#rrggbb) with opacity `alpha` in [0, 1], as CSS."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha:g})"


def number(value: float, digits: int = 3) -> str:
    """`value` with about `digits` significant figures and thousands separated, such as 0.123, 14.3, 41,200."""
    if not math.isfinite(value):
        return "n/a"
    if value == 0:
        return "0"
    decimals = digits - 1 - math.floor(math.log10(abs(value)))
    return f"{round(value, decimals):,.{max(0, decimals)}f}"


def counted(runs: int) -> str:
    """How many replications, in words that agree in number."""
    return "1 replication" if runs == 1 else f"{runs} replications"


def plain(value: float) -> str:
    """Write a published `value` as it was published: up to five figures, no zeros added, such as 47, 62.6, 50,000."""
    return f"{float(f'{value:.5g}'):,.10g}" if math.isfinite(value) else "n/a"


def signed(value: float, digits: int = 2) -> str:
    """A number with its sign; zero has none."""
    return f"{'+' if value > 0 else '−' if value < 0 else ''}{number(abs(value), digits)}"


def lower(text: str) -> str:
    """A title inside a sentence."""
    return text[:1].lower() + text[1:]


def upper(text: str) -> str:
    """A text at the head of a sentence."""
    return text[:1].upper() + text[1:]


def listed(texts: Sequence[str]) -> str:
    """Texts in a row: a, b and c."""
    return " and ".join(filter(None, (", ".join(texts[:-1]), *texts[-1:])))


def span(low: float, high: float, digits: int = 3) -> str:
    """`low` to `high` in words."""
    return f"{number(low, digits)} to {number(high, digits)}"


def template() -> go.layout.Template:
    """The Plotly template that every figure uses."""
    axis = {
        "gridcolor": GRID,
        "zeroline": False,
        "linecolor": COAST,
        "tickcolor": COAST,
        "ticks": "outside",
        "ticklen": 4,
        "tickfont": {"size": SIZES["text"], "color": MUTED},
        "title": {"font": {"size": SIZES["text"], "color": MUTED}, "standoff": 10},
        "automargin": True,
        "fixedrange": True,
    }
    layout = {
        "font": {"family": FONT, "size": SIZES["text"], "color": INK},
        "paper_bgcolor": PAPER,
        "plot_bgcolor": PAPER,
        "margin": {"l": 8, "r": 14, "t": 56, "b": 8},
        "title": {"font": {"size": SIZES["title"], "color": INK}, "x": 0, "xref": "container", "xanchor": "left"},
        "legend": {
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "y": 1.02,
            "yanchor": "bottom",
            "font": {"size": SIZES["text"], "color": MUTED},
            "traceorder": "normal",
            "itemwidth": 30,
        },
        "hoverlabel": {
            "bgcolor": INK,
            "bordercolor": INK,
            "font": {"family": FONT, "size": SIZES["text"], "color": "#FFFFFF"},
            "align": "left",
        },
        "hovermode": "x unified",
        "xaxis": {**axis, "showgrid": False},
        "yaxis": axis,
    }
    return go.layout.Template(layout=layout)


USUAL_HEIGHT: Final = 780
HEAD, LINE, CHARACTER = 98, 20, 7
"""Pixels: title and subtitle of a figure that stands alone, a further line, a character."""


def describe(figure: go.Figure, *, title: str, subtitle: str, source: str, alt: str = "") -> go.Figure:
    """Give `figure` its title (shown) and keep title, subtitle, source and alternative text in `layout.meta`.

    A page takes the texts from `meta` and sets them itself; a notebook shows the title on the figure.
    """
    figure.update_layout(
        title_text=title,
        meta={"title": title, "subtitle": subtitle, "source": source, "alt": alt or f"{title}. {subtitle}"},
    )
    return figure


def bracketed(note: str) -> str:
    """A note behind a title: in brackets, or nothing."""
    return f" ({note})" if note else ""


def noted(figure: go.Figure, note: str) -> go.Figure:
    """Give a described `figure` a note, such as "preliminary, 3 seeds", behind its title; an empty one changes nothing.

    A page shows the note with the table of the figure's numbers, too.
    """
    meta = dict(figure.layout.meta)
    title, alt = f"{meta['title']}{bracketed(note)}", f"{note.capitalize()}. {meta['alt']}"
    if note:
        figure.update_layout(title_text=title, meta={**meta, "title": title, "note": note, "alt": alt})
    return figure


def titled(figure: go.Figure, width: int) -> go.Figure:
    """A copy to stand alone: title and subtitle above it, which a page would set itself, in room of their own."""
    meta, alone = dict(figure.layout.meta), go.Figure(figure)
    lines = textwrap.wrap(meta["subtitle"], max(width // CHARACTER, 40))
    head = HEAD + LINE * (len(lines) - 1)
    small = f"<br><span style='font-size:{SIZES['text']}px'>{'<br>'.join(lines)}</span>" if lines else ""
    margin, height = figure.layout.margin.to_plotly_json(), (figure.layout.height or USUAL_HEIGHT) + head
    return alone.update_layout(
        title={
            "text": f"<b>{meta['title']}</b>{small}",
            "x": 12.0 / width,
            "xref": "container",
            "xanchor": "left",
            "y": 1.0 - 30.0 / height,
            "yref": "container",
            "yanchor": "top",
            "font": {"size": SIZES["title"], "color": INK},
        },
        margin={**margin, "t": (margin.get("t") or 0) + head},
        height=height,
        width=width,
    )
