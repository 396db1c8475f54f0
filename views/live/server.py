"""What the page needs of Solara's server: its own files and Plotly's script beside the others, and a plain look."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from views.live.results import ROOT

__all__ = ["STATIC", "prepare"]

STATIC: Final = Path(__file__).parent / "static"
"""Served under `static/assets/`; the page's own files stand in its folder `highway10`."""


@cache
def prepare() -> None:
    """Serve the page's files, Plotly's script and the results of studies; no banner, no icons from elsewhere."""
    import plotly
    from solara.server import settings

    places = [STATIC, Path(plotly.__file__).parent / "package_data", ROOT]
    settings.assets.extra_locations = [str(place) for place in places if place.is_dir()]
    settings.assets.fontawesome_enabled = False
    settings.theme.loader, settings.theme.show_banner, settings.theme.title = "plain", False, "Highway 10"
