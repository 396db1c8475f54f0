"""How Solara's server is set up for the page: its files, reports of studies, nothing to or from other sites.

Pages that this server sent may talk to it, under a name that belongs to it; threads of tabs that are gone are ended.
"""

import asyncio
import os
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import anyio.to_thread
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from views.cli.command import COMMAND
from views.live.results import find_report

STATIC: Final = Path(__file__).parent / "static"
"""Served under `static/assets/`; the page's own files stand in its folder `highway10`."""
CLOSED_AFTER: Final = "2m"
"""How long a tab that has gone silent keeps its models: it may come back after a break in the network."""
ORIGINS_VARIABLE: Final = "HIGHWAY10_ORIGINS"
"""Environment variable: origins of a reverse proxy, such as ``https://model.example.org``, separated by spaces."""
USUAL_PORTS: Final = {"http": 80, "ws": 80, "https": 443, "wss": 443}
IDLE_S: Final = 15.0
"""Seconds after which a thread without work is ended: AnyIO lets those go that had none for 10 s, at its next job."""


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


# --- who may talk to it -------------------------------------------------------------------------------------------


class SameOrigin:
    """ASGI middleware that refuses requests and WebSockets of other sites.

    A browser lets any site open a WebSocket to any address, also to this machine. It names the site in the header
    `Origin`, which must be the address of this server. A name in `Host` that does not belong to this machine is
    refused on the loopback interface: another site's name can be made to point here (DNS rebinding).
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 403, or pass the request on."""
        why = refusal(scope) if scope["type"] in ("http", "websocket") else ""
        if not why:
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await PlainTextResponse(why, status_code=403)(scope, receive, send)
        else:  # closed before it is accepted: the server answers 403
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": "foreign origin"})


def refusal(scope: Scope) -> str:
    """Why a request is refused, with the remedy; empty where it is not."""
    headers, allowed = Headers(scope=scope), os.environ.get(ORIGINS_VARIABLE, "").split()
    origin, host = headers.get("origin", ""), headers.get("host", "")
    if origin and origin not in allowed and _place(origin, scope) != _place(f"//{host}", scope):
        return _text("Origin", origin, origin)
    name, names = urlsplit(f"//{host}").hostname or "", {urlsplit(one).hostname for one in allowed}
    if _is_local(str((scope.get("server") or ("",))[0])) and not _is_local(name) and name not in names:
        return _text("Host", host, f"https://{host}")
    return ""


def _text(header: str, value: str, origin: str) -> str:
    return (
        f"This request comes from another site than this page: {header} = {value[:200]!r}. Allowed: the address under "
        f"which the page was started. Remedy: open that address; behind a reverse proxy set the environment variable "
        f"{ORIGINS_VARIABLE} to the proxy's address, such as {origin[:200]!r}, and start the page again.\n"
    )


def _place(address: str, scope: Scope) -> tuple[str | None, Any]:
    """Host name and port of an address; the port of its scheme where it names none."""
    parts = urlsplit(address)
    try:
        return parts.hostname, parts.port or USUAL_PORTS.get(parts.scheme or str(scope.get("scheme")))
    except ValueError:
        return None, address


def _is_local(name: str) -> bool:
    """Whether a host name or address is this machine's own."""
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name.split(".")[-1] == "localhost"


# --- threads of tabs that are gone --------------------------------------------------------------------------------


class ThreadsLetGo:
    """ASGI middleware that ends idle worker threads some seconds after a tab has gone.

    Every tab takes worker threads of AnyIO, which ends idle ones only when it is given another job.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._waiting: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; after a WebSocket has ended, have idle threads ended later."""
        try:
            await self.app(scope, receive, send)
        finally:
            if scope["type"] == "websocket":
                task = asyncio.create_task(_end_idle())
                self._waiting.add(task)
                task.add_done_callback(self._waiting.discard)


async def _end_idle() -> None:
    await asyncio.sleep(IDLE_S)
    await anyio.to_thread.run_sync(lambda: None)
