"""The page in the browser: `uv run run.py app`, or `uv run solara run app.py --no-check-version`."""

from views.live.page import Page

__all__ = ["Page"]
