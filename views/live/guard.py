"""Who may talk to the live page: pages that this server sent, under a name that belongs to it."""

import os
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

ORIGINS_VARIABLE: Final = "HIGHWAY10_ORIGINS"
"""Environment variable: origins of a reverse proxy, such as ``https://model.example.org``, separated by spaces."""
USUAL_PORTS: Final = {"http": 80, "ws": 80, "https": 443, "wss": 443}


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
