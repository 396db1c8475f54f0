"""The one renderer of reports: templates with autoescape that make one file, which fetches nothing.

A page gets data only. Text becomes HTML in the templates, where every value is escaped; the scripts of Plotly and the
JSON of figures are all that is passed as it is.
"""

import json
import math
from functools import cache
from pathlib import Path
from typing import Any, Final

import plotly.graph_objects as go
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from experiments.ensemble.folder import write_atomically
from experiments.ensemble.provenance import other_results
from views import theme
from views.figures.registry import Drawing, Part, draw
from views.results import Results

USUAL_HEIGHT: Final = 560
"""Pixels of a figure without a height of its own."""
RESPONSIBLE: Final = (
    "The model serves research on public policy. It works at the level of states, public ports and routes, from "
    "published aggregates, and carries no operational detail on how to smuggle or evade.",
    "Numbers about a state are outputs of a model with assumptions, not findings about its officials or people. Do "
    "not use them to rank or accuse.",
)


@cache
def environment() -> Environment:
    """The templates of reports, with what they may call."""
    made = Environment(
        loader=PackageLoader("views.reports"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    made.policies["json.dumps_kwargs"] = {"separators": (",", ":"), "ensure_ascii": False, "allow_nan": False}
    made.filters.update(
        number=theme.number, plain=theme.plain, bracketed=theme.bracketed, rgba=theme.rgba, cell=cell, ratio_x=ratio_x
    )
    made.globals.update(theme=theme)
    return made


def cell(value: Any) -> str:
    """A value in a table of numbers."""
    if isinstance(value, float):
        return "" if math.isnan(value) else theme.number(value)
    return str(value)


def ratio_x(ratio: float) -> float:
    """Where a ratio stands on the log axis from a quarter (8 px) to four (148 px)."""
    return 78.0 + 70.0 * max(-1.0, min(1.0, math.log(max(ratio, 1e-9)) / math.log(4.0)))


def render(template: str, results: Results, parts: list[Part], texts: dict[str, Any]) -> str:
    """A whole page of results: its figures by section, and the texts and numbers that its template asks for."""
    cards = [[card(results, drawing) for drawing in part.drawings] for part in parts]
    page = {
        "sections": list(zip(parts, cards, strict=True)),
        "cards": [one for group in cards for one in group],
        "warnings": [*results.manifest.get("warnings", []), *filter(None, [other_results(results.manifest)])],
        "note": results.note(),
        "plotly": Markup(get_plotlyjs()),
        "notes": [],
        "responsible": RESPONSIBLE,
        **texts,
    }
    return environment().get_template(template).render(page)


def write_page(results: Results, file: str, **texts: Any) -> Path:
    """Write the page of a study or validation, and the data of its figures as CSV; gives the path of the page."""
    parts = draw(results)
    (results.folder / "figures").mkdir(exist_ok=True)
    for drawing in (drawing for part in parts for drawing in part.drawings):
        note = drawing.figure.layout.meta.get("note")
        data = drawing.data.assign(preliminary=note) if note else drawing.data
        text = data.to_csv(index=False, lineterminator="\n")
        write_atomically(results.folder / "figures" / f"{drawing.name}.csv", text)
    return write_atomically(results.folder / file, render("study.html", results, parts, texts))


def card(results: Results, drawing: Drawing) -> dict[str, Any]:
    """A figure as its page shows it: the drawing alone, and the texts that the page sets around it."""
    drawn = json.loads(drawing.figure.to_json())
    layout, folder = drawn["layout"], results.folder / "figures"
    height = layout.pop("height", None)
    layout.pop("width", None)
    layout |= {"title": {"text": ""}, "margin": {**layout.get("margin", {}), "t": 10}, "showlegend": False}
    return {
        "name": drawing.name,
        "texts": layout["meta"],
        "keys": legend(drawing.figure),
        "json": drawn,
        "look": "map" if drawing.columns == "maps" else "flat",
        "height": int(height or USUAL_HEIGHT),
        "rows": results.readable(drawing.data),
        "files": [end for end in ("csv", "png", "svg") if (folder / f"{drawing.name}.{end}").exists()],
    }


def legend(figure: go.Figure) -> list[dict[str, str]]:
    """The key of a figure, which a page sets as text that wraps in place of Plotly's own: names, marks and colours."""
    if figure.layout.showlegend is False:
        return []
    colours = figure.layout.template.layout.colorway or (theme.MUTED,)
    return [
        {"name": trace.name, **_mark(trace, colours[number % len(colours)])}
        for number, trace in enumerate(figure.data)
        if trace.name and trace.showlegend is not False
    ]


def _mark(trace: Any, usual: str) -> dict[str, str]:
    """How a trace is drawn in a legend; markers coloured one by one have no colour of their own."""
    if trace.type != "scatter":
        colour = getattr(getattr(trace, "marker", None), "color", None) or usual  # a heatmap has no markers
        return {"mark": "area", "colour": colour if isinstance(colour, str) else theme.MUTED}
    if trace.mode == "markers":
        colour = trace.marker.color if isinstance(trace.marker.color, str) else theme.MUTED
        return {"mark": "ring" if "open" in str(trace.marker.symbol) else "dot", "colour": colour}
    area = trace.fillcolor
    return {"mark": "area" if area else "line", "colour": area or trace.line.color or usual}
