"""The map of the page: figure, year selector, key and the data that its script needs."""

from __future__ import annotations

import json
from html import escape
from typing import Any, Final

import pandas as pd

from experiments.analysis.intervals import preliminary
from views import theme
from views.figures.bands import bands
from views.maps import flowmap
from views.reports.page import json_script

BUTTONS: Final = (2004, 2007, 2010, 2015, 2019, 2023)
START: Final = 2007
STATS: Final = {
    "europe": ("Sent towards Europe", "dispatched_to_europe_kg", "t pure"),
    "waf": ("Arrived through West Africa", "west_africa_kg", "t pure"),
    "arrived": ("Arrived in Europe, all routes", "arrived_europe_kg", "t pure"),
    "eu": ("Seized in the EU", "seized_eu_bulk_kg", "t bulk"),
}
"""Key -> (name, column, unit) of the numbers beside the map: medians over replications."""


def map_card(flows: flowmap.FlowPlan, yearly: pd.DataFrame, places: pd.DataFrame, runs: int) -> tuple[str, str]:
    """The map as (HTML, JSON scripts)."""
    start = START if START in flows.years else flows.years[-1]
    figure = flowmap.draw(flows, places, start, runs)
    source = dict(figure.layout.meta)["source"]
    figure.update_layout(title_text="", showlegend=False, width=None, height=None, margin_t=0)
    stats = _stats(yearly, flows.years)
    widths, kinds = range(len(flowmap.BINS)), list(flowmap.CATEGORIES)
    payload: dict[str, Any] = flows.payload() | {
        "trace_names": [f"flow {k} {w}" for k in kinds for w in widths],
        "arrow_names": [f"arrow {k}" for k in kinds],
        "place_names": list(theme.GROUP_COLOURS),
        "widths": list(flowmap.WIDTHS),
        "bubble": flowmap.BUBBLE_PX_PER_ROOT_TONNE,
        "stats": stats,
        "alt": {year: _alt(year, stats[year]) for year in flows.years},
        "start": start,
    }
    scripts = json_script("map-figure", json.loads(figure.to_json())) + json_script("map-flows", payload)
    return _html(flows, stats[start], start, source, runs), scripts


def _stats(yearly: pd.DataFrame, years: list[int]) -> dict[int, dict[str, str]]:
    medians = {key: bands(yearly, column, 1e-3)["median"] for key, (_, column, _) in STATS.items()}
    return {
        year: {key: f"{theme.number(float(medians[key].get(year, float('nan'))))} {STATS[key][2]}" for key in STATS}
        for year in years
    }


def _alt(year: int, stats: dict[str, str]) -> str:
    numbers = "; ".join(f"{STATS[key][0]} {value}" for key, value in stats.items())
    return f"Map of the Atlantic with cocaine flows and seizures in {year}, in the model: {numbers}."


def _html(flows: flowmap.FlowPlan, stats: dict[str, str], start: int, source: str, runs: int) -> str:
    buttons = "".join(
        f'<button type="button" data-year="{y}" aria-pressed="{str(y == start).lower()}">{y}</button>'
        for y in BUTTONS
        if y in flows.years
    )
    rows = "".join(
        f'<div><dt>{escape(STATS[k][0])}</dt><dd id="stat-{k}">{escape(v)}</dd></div>' for k, v in stats.items()
    )
    side, below = _legend()
    return (
        f'<figure class="fig plain"><div class="maplay"><div><div class="mapbox"><div class="plot" id="map" role="img" '
        f'data-year="{start}" aria-label="{escape(_alt(start, stats))}"></div></div></div><div class="side">'
        f'<div><div class="year" id="year" aria-live="polite">{start}</div>'
        f'<input class="slider" id="year-slider" type="range" min="{flows.years[0]}" max="{flows.years[-1]}" step="1" '
        f'value="{start}" aria-label="Year of the map"><div class="buttons" role="group" aria-label="Years">{buttons}'
        f'<button type="button" id="play" aria-pressed="false">Play</button></div></div>'
        f'<dl class="stats" aria-label="Median over replications">{rows}</dl>{side}</div></div>{below}'
        f'<figcaption class="source">Lines and bubbles: mean of {theme.counted(runs)}'
        f"{theme.bracketed(preliminary(runs))}; numbers: median. Lambert "
        f"azimuthal equal-area projection. Flows under {flowmap.BINS[0]:g} t a year and seizures under "
        f"{flowmap.BUBBLE_FROM_T:g} t are not drawn. A kilogram counts on every leg that it sets out on. "
        f"Source: {escape(source)}</figcaption></figure>"
    )


def _legend() -> tuple[str, str]:
    """The key: modes and widths (beside the map), places and bubbles (below it)."""
    modes = "".join(_item(_line(c, 3.2, d), n) for n, c, d in reversed(list(flowmap.CATEGORIES.values())))
    edges = [*flowmap.BINS, None]
    widths = "".join(
        _item(_line(theme.MUTED, w, "solid"), f"{_plain(a)} to {_plain(b)}" if b else f"over {_plain(a)}")
        for w, a, b in zip(flowmap.WIDTHS, edges, edges[1:], strict=False)
        if a is not None
    )
    places = "".join(_item(_dot(c), n) for n, c in theme.GROUP_COLOURS.items())
    bubbles = "".join(_item(_bubble(t), f"{t} t") for t in (1, 10))
    side = f'<div class="legend"><h4>By what means</h4><ul>{modes}</ul><h4>Tonnes pure a year</h4><ul>{widths}</ul>'
    side += f"<h4>Seized, tonnes bulk a year</h4><ul>{bubbles}</ul></div>"
    below = f'<div class="legend row"><h4>Places</h4><ul>{places}</ul><h4>Squares: markets</h4></div>'
    return side, below


def _plain(value: float) -> str:
    return f"{value:g}"


def _item(drawing: str, text: str) -> str:
    return f"<li>{drawing}{escape(text)}</li>"


def _line(colour: str, width: float, dash: str) -> str:
    pattern = "" if dash == "solid" else f' stroke-dasharray="{dash.replace("px", "")}"'
    return (
        f'<svg aria-hidden="true" width="34" height="12"><line x1="1" x2="33" y1="6" y2="6" stroke="{colour}" '
        f'stroke-width="{width}"{pattern}/></svg>'
    )


def _dot(colour: str) -> str:
    return f'<svg aria-hidden="true" width="34" height="12"><circle cx="17" cy="6" r="4.5" fill="{colour}"/></svg>'


def _bubble(tonnes: float) -> str:
    d = flowmap.BUBBLE_PX_PER_ROOT_TONNE * tonnes**0.5
    high = max(12.0, d + 2)
    return (
        f'<svg aria-hidden="true" width="34" height="{high:.0f}"><circle cx="17" cy="{high / 2:.1f}" '
        f'r="{d / 2:.1f}" fill="{theme.rgba(theme.YELLOW, 0.5)}" stroke="{theme.INK}"/></svg>'
    )
