"""Write the three pictures of the README from the tables of the verdict that is kept in `results/reference`.

Run from the repository root: ``uv run python docs/make_images.py``. Needs Chromium.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

import pandas as pd
import plotly.graph_objects as go

from views import theme
from views.validation import figures

ROOT: Final = Path(__file__).resolve().parents[1]
TABLES, IMAGES = ROOT / "results" / "reference" / "validation", ROOT / "docs" / "img"
HEAD: Final = 84
"""Room for title and subtitle, in pixels."""


def write(figure: go.Figure, name: str, width: int) -> None:
    """Write a figure as a page shows it: title and subtitle above it."""
    meta = dict(figure.layout.meta)
    text = f"<b>{meta['title']}</b><br><span style='font-size:13px'>{meta['subtitle']}</span>"
    margin, height = figure.layout.margin.to_plotly_json(), (figure.layout.height or 360) + HEAD
    figure.update_layout(
        title={"text": text, "x": 0.0, "xref": "paper", "xanchor": "left", "y": 1.0 - 14.0 / height,
               "yref": "container", "yanchor": "top", "font": {"size": 17, "color": theme.INK}},
        margin={**margin, "t": (margin.get("t") or 0) + HEAD}, height=height,
    )  # fmt: skip
    figure.write_image(IMAGES / f"validation-{name}.png", width=width, scale=2)


def main() -> None:
    """Draw families, states and years, and the European price."""
    if "BROWSER_PATH" not in os.environ and (found := shutil.which("chromium")):
        os.environ["BROWSER_PATH"] = found
    tables = {name: pd.read_csv(TABLES / f"{name}.csv") for name in ("families", "country_years", "series", "judged")}
    fitted = pd.read_csv(TABLES.parent / "base" / "targets.csv")
    write(figures.families(tables["families"]), "families", 760)
    write(figures.cells(tables["country_years"]), "cells", 760)
    write(figures.course(tables["series"], fitted, tables["judged"], "price_europe"), "price", 1100)


if __name__ == "__main__":
    main()
