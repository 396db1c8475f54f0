"""Memory and threads of tabs that are gone, given back to the system."""

import asyncio
import ctypes
import gc
import sys
from typing import Final

import anyio.to_thread
from starlette.types import ASGIApp, Receive, Scope, Send

IDLE_S: Final = 15.0
"""Seconds after which a thread without work is ended: AnyIO lets those go that had none for 10 s, at its next job."""


def give_back() -> None:
    """Free models that nothing refers to, and return their memory to the system where its C library can."""
    gc.collect()  # models refer to one another in circles: each is tens of megabytes
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # of glibc: freed blocks stay with threads that are gone
        if trim is not None:
            trim(0)


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
