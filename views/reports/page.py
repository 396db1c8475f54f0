"""Pieces of a page: tiles, figures, tables and small drawings, as HTML text. No numbers are made here."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from views import theme


@dataclass(frozen=True)
class Comparison:
    """A quantity of the model beside its published value.

    Attributes
    ----------
    name, unit
        What is compared, and in what.
    group
        Heading under which a table lists it.
    year
        Year of both values.
    model
        low90, low50, median, high50, high90 over replications.
    value, low, high
        The published value and its range (NaN where there is none).
    source, confidence, use
        Of the published value; use is fit or judge.
    """

    name: str
    unit: str
    group: str
    year: int
    model: dict[str, float]
    value: float
    low: float
    high: float
    source: str
    confidence: str = ""
    use: str = ""

    @property
    def inside(self) -> bool:
        """Whether the published value, or part of its range, lies inside the model's 90% band."""
        low = self.low if math.isfinite(self.low) else self.value
        high = self.high if math.isfinite(self.high) else self.value
        return self.model["low90"] <= max(high, self.value) and min(low, self.value) <= self.model["high90"]

    @property
    def ratio(self) -> float:
        """Model median over published value."""
        return self.model["median"] / self.value if self.value else math.nan

    @property
    def within_two(self) -> bool:
        """Whether the median is within a factor of two of the published value."""
        return math.isfinite(self.ratio) and 0.5 <= self.ratio <= 2.0

    def published(self) -> str:
        """The published value, with its range when there is one."""
        text = theme.plain(self.value)
        if math.isfinite(self.low) and math.isfinite(self.high) and self.high > self.low:
            text += f" ({theme.plain(self.low)} to {theme.plain(self.high)})"
        return text


def tile(item: Comparison) -> str:
    """A headline: the model's median and band beside the published value and its source."""
    m = item.model
    band = "one run, no band" if m["low90"] == m["high90"] else f"90% band {theme.span(m['low90'], m['high90'])}"
    verdict = "inside the 90% band" if item.inside else f"model at {theme.number(item.ratio, 2)} times"
    return (
        f'<article class="tile"><h3>{escape(item.name)}</h3>'
        f'<p class="value">{theme.number(m["median"])}<small>{escape(item.unit)}</small></p>'
        f'<p class="range">{band}</p>{strip(item)}'
        f'<p class="obs">Published <b>{item.published()}</b>, {verdict}</p>'
        f'<p class="src">{escape(_source(item))}</p></article>'
    )


def _source(item: Comparison) -> str:
    return item.source + (f" (confidence {item.confidence})" if item.confidence else "")


def strip(item: Comparison) -> str:
    """A line from zero with the model's bands, its median and the published value."""
    m = item.model
    numbers = [m["high90"], item.value] + [v for v in (item.high,) if math.isfinite(v)]
    top = 1.12 * max(numbers) or 1.0
    x = {key: 100.0 * value / top for key, value in m.items()}
    seen = 100.0 * item.value / top
    low = 100.0 * item.low / top if math.isfinite(item.low) else seen
    high = 100.0 * item.high / top if math.isfinite(item.high) else seen
    label = f"Model median {theme.number(m['median'])}, published {item.published()} {item.unit}"
    return (
        f'<svg role="img" aria-label="{escape(label)}" viewBox="0 0 100 34" preserveAspectRatio="none">'
        f'<line x1="0" x2="100" y1="17" y2="17" stroke="#DFE4E8" stroke-width="1" vector-effect="non-scaling-stroke"/>'
        f"{_bar(x['low90'], x['high90'], 6, 22, theme.rgba(theme.BLUE, 0.2))}"
        f"{_bar(x['low50'], x['high50'], 6, 22, theme.rgba(theme.BLUE, 0.36))}"
        f"{_tick(x['median'], 4, 30, theme.BLUE, 3)}"
        f'<line x1="{low:.2f}" x2="{high:.2f}" y1="17" y2="17" stroke="{theme.INK}" stroke-width="2" '
        f'vector-effect="non-scaling-stroke"/>{_tick(seen, 10, 24, theme.INK, 4)}</svg>'
    )


def _bar(x0: float, x1: float, y: float, height: float, colour: str) -> str:
    return f'<rect x="{x0:.2f}" width="{max(x1 - x0, 0.2):.2f}" y="{y}" height="{height}" fill="{colour}"/>'


def _tick(x: float, y0: float, y1: float, colour: str, width: float) -> str:
    return (
        f'<line x1="{x:.2f}" x2="{x:.2f}" y1="{y0}" y2="{y1}" stroke="{colour}" stroke-width="{width}" '
        'vector-effect="non-scaling-stroke"/>'
    )


def _ratio_x(ratio: float) -> float:
    """Where a ratio stands on the log axis from a quarter (8 px) to four (148 px)."""
    return 78.0 + 70.0 * max(-1.0, min(1.0, math.log(max(ratio, 1e-9)) / math.log(4.0)))


def ratio_scale() -> str:
    """The head of the column of ratio strips."""
    marks = {0.25: "\u00bc", 0.5: "\u00bd", 1.0: "1", 2.0: "2", 4.0: "4"}
    texts = "".join(f'<text x="{_ratio_x(r):.0f}" y="11" text-anchor="middle">{t}</text>' for r, t in marks.items())
    return f'<svg class="scale" aria-hidden="true" width="156" height="14">{texts}</svg>'


def ratio_strip(item: Comparison) -> str:
    """Model over published on a log axis from a quarter to four; grey is within a factor of two, a triangle is off."""
    if not item.value or not item.model["median"]:
        return ""
    low, high = (_ratio_x(item.model[k] / item.value) for k in ("low90", "high90"))
    colour, x = theme.BLUE if item.within_two else theme.VERMILION, _ratio_x(item.ratio)
    mark = f'<circle cx="{x:.1f}" cy="8" r="4" fill="{colour}"/>'
    if not 0.25 <= item.ratio <= 4.0:
        way = 1 if item.ratio > 1 else -1
        mark = f'<path d="M{x - 4 * way:.1f} 3 L{x + 5 * way:.1f} 8 L{x - 4 * way:.1f} 13Z" fill="{colour}"/>'
    return (
        f'<svg role="img" aria-label="ratio {theme.number(item.ratio, 2)}" width="156" height="16">'
        f"{_bar(43, 113, 1, 14, '#EEF1F3')}{_tick(78, 0, 16, theme.FAINT, 1)}"
        f'<line x1="{low:.1f}" x2="{high:.1f}" y1="8" y2="8" stroke="{colour}" stroke-width="2.5"/>{mark}</svg>'
    )


def summary_table(compared: list[Comparison], note: str = "") -> str:
    """Every comparison as a row, under a heading for each quantity; a note stands above them."""
    head = (
        '<tr><th scope="col">Year</th><th scope="col">Model median</th><th scope="col">90% band</th>'
        '<th scope="col">Published (range)</th><th scope="col">Ratio</th>'
        f'<th scope="col" class="ratio">Model / published<br>{ratio_scale()}</th><th scope="col">Use</th>'
        '<th scope="col" class="src">Source of the published value</th></tr>'
    )
    caption = f"<caption>{escape(note)}</caption>" if note else ""
    rows, heading = [], ""
    for item in compared:
        if item.name != heading:
            heading = item.name
            rows.append(
                f'<tr class="head"><th scope="rowgroup" colspan="8">{escape(item.name)}, {escape(item.unit)}</th></tr>'
            )
        rows.append(_row(item))
    return (
        '<div class="fig plain"><div class="tablebox" tabindex="0" role="region" aria-label="Model and record">'
        f'<table class="summary">{caption}<thead>{head}</thead><tbody>{"".join(rows)}</tbody></table></div></div>'
    )


def _row(item: Comparison) -> str:
    m = item.model
    return (
        f'<tr><td>{item.year}</td><td class="num"><b>{theme.number(m["median"])}</b></td>'
        f'<td class="num">{theme.span(m["low90"], m["high90"])}</td><td class="num">{item.published()}</td>'
        f'<td class="num">{theme.number(item.ratio, 2)}</td><td class="ratio">{ratio_strip(item)}</td>'
        f'<td><span class="tag">{escape(item.use)}</span></td><td class="src">{escape(_source(item))}</td></tr>'
    )


def figure_card(name: str, figure: go.Figure, height: int, data: pd.DataFrame | None = None) -> tuple[str, str]:
    """A figure as (HTML, JSON script): its title, subtitle and source are set as text around the drawing."""
    meta: dict[str, str] = dict(figure.layout.meta)
    key = legend(figure)
    figure.update_layout(title_text="", height=None, width=None, margin_t=10, showlegend=False)
    html = (
        f'<figure class="fig"><h3>{escape(meta["title"])}</h3><p class="sub">{escape(meta["subtitle"])}</p>{key}'
        f'<div class="plot" id="{name}" data-figure="{name}-figure" role="img" aria-label="{escape(meta["alt"])}" '
        f'style="height:{height}px"></div><div class="data">{data_table(data, meta.get("note", ""))}</div>'
        f'<figcaption class="source">Source: {escape(meta["source"])}</figcaption></figure>'
    )
    return html, json_script(f"{name}-figure", json.loads(figure.to_json()))


def legend(figure: go.Figure) -> str:
    """The key of `figure` as text that wraps, in place of Plotly's own."""
    if figure.layout.showlegend is False:
        return '<ul class="key"></ul>'
    return (
        '<ul class="key">'
        + "".join(f"<li>{_swatch(t)}{escape(t.name)}</li>" for t in figure.data if t.showlegend is not False)
        + "</ul>"
    )


def _swatch(trace: Any) -> str:
    """A small drawing of the marker, line or area of `trace`."""
    if trace.type == "scatter" and trace.mode == "markers":
        hollow = "open" in str(trace.marker.symbol)
        # markers coloured one by one have no colour of their own
        ink = trace.marker.color if isinstance(trace.marker.color, str) else theme.MUTED
        inside = f'<circle cx="7" cy="6" r="3.6" fill="{"none" if hollow else ink}" '
        rim = f'stroke="{ink}" stroke-width="1.5"/>'
        return f'<svg aria-hidden="true" width="14" height="12">{inside}{rim}</svg>'
    if trace.type == "scatter" and not trace.fillcolor:
        line = f'<line x1="0" x2="18" y1="6" y2="6" stroke="{trace.line.color}" stroke-width="2.4"/>'
        return f'<svg aria-hidden="true" width="18" height="12">{line}</svg>'
    colour = trace.fillcolor if trace.type == "scatter" else trace.marker.color
    return (
        f'<svg aria-hidden="true" width="14" height="12"><rect width="14" height="12" rx="1.5" fill="{colour}"/></svg>'
    )


def json_script(name: str, value: Any) -> str:
    """`value` as an inert JSON script element; no text in it can end the element or hide what follows."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False).replace("<", "\\u003c")
    return f'<script type="application/json" id="{name}">{text}</script>'


def data_table(data: pd.DataFrame | None, note: str = "") -> str:
    """The numbers behind a figure, folded away, with a note in their heading."""
    if data is None or data.empty:
        return ""
    head = "".join(f'<th scope="col">{escape(str(c))}</th>' for c in data.columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{_cell(v)}</td>" for v in row) + "</tr>" for row in data.itertuples(index=False)
    )
    return (
        f"<details><summary>Numbers behind this figure{escape(theme.bracketed(note))}</summary>"
        f'<div class="scroll" tabindex="0"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div></details>"
    )


def traces_table(figure: go.Figure, name: str = "Year") -> pd.DataFrame:
    """The series of `figure` side by side, a row for each x."""
    columns = {str(t.name): dict(zip(t.x, t.y, strict=True)) for t in figure.data if t.x is not None}
    table = pd.DataFrame(columns).rename_axis(name).reset_index()
    return table.assign(**{name: table[name].astype(str)})


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return "" if math.isnan(value) else theme.number(value)
    return escape(str(value))


def facts(pairs: dict[str, str]) -> str:
    """Names and values as the rows of a definition list."""
    return "".join(f"<div><dt>{escape(k)}</dt><dd>{escape(v)}</dd></div>" for k, v in pairs.items())


def terms(pairs: dict[str, str]) -> str:
    """Names and values as plain dt and dd."""
    return "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in pairs.items())


def warnings(texts: Sequence[str]) -> str:
    """Warnings as a box below the title; nothing where there are none."""
    if not texts:
        return ""
    said = items([f"{text[:1].upper()}{text[1:]}." for text in texts])
    return f'<div class="warnings" role="note"><strong>Warning</strong>{said}</div>'


def items(texts: Sequence[str], tag: str = "ul") -> str:
    """Texts as a list."""
    return f"<{tag}>" + "".join(f"<li>{escape(t)}</li>" for t in texts) + f"</{tag}>"
