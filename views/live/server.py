"""How Solara's server is set up for the page: its files, reports of studies, nothing to or from other sites."""

import os
from functools import cache
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from views.cli.command import COMMAND
from views.live.guard import SameOrigin
from views.live.memory import ThreadsLetGo
from views.live.results import find_report

STATIC: Final = Path(__file__).parent / "static"
"""Served under `static/assets/`; the page's own files stand in its folder `highway10`."""
CLOSED_AFTER: Final = "2m"
"""How long a tab that has gone silent keeps its models: it may come back after a break in the network."""


@cache
def prepare() -> None:
    """Set Solara's server up, however it was started.

    The page's files, Plotly's script and reports of studies are served. Requests of other sites are refused. The server
    asks nothing of other sites: no telemetry, no content network (Solara's own scripts come from the package
    solara-assets), no check of an installation. Tabs that are gone are let go within minutes.
    """
    import plotly
    from solara.server import settings, starlette

    places = [STATIC, Path(plotly.__file__).parent / "package_data"]
    settings.assets.extra_locations = [str(place) for place in places if place.is_dir()]
    settings.assets.fontawesome_enabled = False
    settings.theme.loader, settings.theme.show_banner, settings.theme.title = "plain", False, "Highway 10"
    settings.main.mode = "production"  # in development Solara's page asks solara.dev whether an installation works
    settings.telemetry.mixpanel_enable = False
    if "SOLARA_KERNEL_CULL_TIMEOUT" not in os.environ:
        settings.kernel.cull_timeout = CLOSED_AFTER
    app = starlette.app
    # the first route that fits is taken: Solara's own of this path fetches from the content network
    app.router.routes[:0] = [
        Mount("/_solara/cdn", StaticFiles(directory=settings.assets.proxy_cache_dir, check_dir=False)),
        Route("/results/{path:path}", _report),
    ]
    # Solara loads the page after the server has begun, when middleware can no longer be added
    app.middleware_stack = SameOrigin(ThreadsLetGo(app.middleware_stack or app.build_middleware_stack()))


def _report(request: Request) -> Response:
    path = find_report(request.path_params["path"])
    if path is None:
        return PlainTextResponse(
            f"This report is not there, or no longer. Write it again: {COMMAND} report FOLDER", 404
        )
    return FileResponse(path, headers={"Cache-Control": "no-cache"})  # a report may be written again
