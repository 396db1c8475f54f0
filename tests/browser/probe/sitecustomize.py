"""Runs at the start of a server under test: notes connections to other machines, and writes thread names on SIGUSR1."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

FOLDER = Path(os.environ["HIGHWAY10_PROBE"])
LOCAL = ("127.0.0.1", "::1", "localhost", "0.0.0.0", "")


def note(event: str, arguments: tuple[object, ...]) -> None:
    place = arguments[0] if event == "socket.getaddrinfo" else arguments[1] if event == "socket.connect" else ""
    name = place[0] if isinstance(place, tuple) and place else place  # the path of a UNIX socket is no other machine
    if event in ("socket.getaddrinfo", "socket.connect") and isinstance(name, str | bytes):
        text = os.fsdecode(name)
        if text not in LOCAL and not text.startswith(("/", "\0")):
            with (FOLDER / "outside").open("a") as file:
                file.write(f"{event} {text}\n")


def write_threads(*_: object) -> None:
    part = FOLDER / "threads.part"
    part.write_text("\n".join(thread.name for thread in threading.enumerate()))
    part.rename(FOLDER / "threads")


sys.addaudithook(note)
signal.signal(signal.SIGUSR1, write_threads)
