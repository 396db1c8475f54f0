"""Write the three pictures of the README from the tables of the verdict that is kept in `results/reference`.

Run from the repository root: ``uv run python docs/make_images.py``. Needs Chromium.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

import plotly.graph_objects as go

from views import theme
from views.figures import judged, validation
from views.results import ValidationResults, read_tables

ROOT: Final = Path(__file__).resolve().parents[1]
TABLES, IMAGES = ROOT / "results" / "reference" / "validation", ROOT / "docs" / "img"


def write(figure: go.Figure, name: str, width: int) -> None:
    """Write a figure as a page shows it: title and subtitle above it."""
    theme.titled(figure, width).write_image(IMAGES / f"validation-{name}.png", scale=2)


def main() -> None:
    """Draw families, states and years, and the European price."""
    if "BROWSER_PATH" not in os.environ and (found := shutil.which("chromium")):
        os.environ["BROWSER_PATH"] = found
    fitted = read_tables(TABLES.parent / "base")["targets"]
    results = ValidationResults(TABLES, {}, {**read_tables(TABLES), "fitted": fitted})
    write(judged.families(results, results.table("families")), "families", 760)
    write(judged.cells(results, results.table("country_years")), "cells", 760)
    prices = results.table("judged").query("statistic == 'price_europe'")
    write(validation.course(results, prices, "price_europe"), "price", 1100)


if __name__ == "__main__":
    main()
