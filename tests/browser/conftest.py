"""A real Chromium, and a page that notes every error and every request."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # tests/, for synthetic.py

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]


@dataclass
class Noted:
    """What a page did besides showing itself."""

    errors: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def watch(self, page) -> None:
        page.on("console", lambda m: self.errors.append(m.text) if m.type in {"error", "warning"} else None)
        page.on("pageerror", lambda e: self.errors.append(str(e)))
        page.on("requestfailed", lambda r: self.failed.append(r.url))
        page.on("response", lambda r: self.failed.append(f"{r.status} {r.url}") if r.status >= 400 else None)
        page.on("request", lambda r: None if _inside(r.url) else self.outside.append(r.url))


def _inside(url: str) -> bool:
    return url.startswith(("file:", "data:", "blob:", "http://127.0.0.1", "ws://127.0.0.1"))


@pytest.fixture(scope="session")
def chromium() -> Iterator[object]:
    """A headless browser, or a skip where there is none."""
    api = pytest.importorskip("playwright.sync_api")
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium on this machine")
    with api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def new_notes() -> type[Noted]:
    """Make an empty notebook for a page."""
    return Noted


@pytest.fixture(scope="session")
def report_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of synthetic frames."""
    from synthetic import write_results

    from views.reports.history import write_history_report

    return write_history_report(write_results(tmp_path_factory.mktemp("history"), replications=4, count=120))


ROOT = Path(__file__).resolve().parents[2]


PROBE = Path(__file__).resolve().parent / "probe"


@dataclass(frozen=True)
class Server:
    """A page that is served by a process of its own."""

    address: str
    pid: int
    notes: Path

    @property
    def outside(self) -> list[str]:
        """Other machines that the server looked up or connected to."""
        path = self.notes / "outside"
        return path.read_text().splitlines() if path.exists() else []

    @property
    def threads(self) -> list[str]:
        """Names of its threads, as Python has them."""
        path = self.notes / "threads"
        path.unlink(missing_ok=True)
        os.kill(self.pid, signal.SIGUSR1)
        for _ in range(100):
            if path.exists():
                return path.read_text().splitlines()
            time.sleep(0.1)
        pytest.fail("the server does not say what its threads are")

    @property
    def resident_mb(self) -> float:
        """Memory in use, MB."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return float(line.split()[1]) / 1024
        return float("nan")


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., AbstractContextManager[Server]]:
    """Start a page as a user does: by `solara run` of a file, or by another command."""
    from views.live.session import warm_up

    warm_up().join()  # compiles into the cache that the server reads

    @contextmanager
    def serving(
        page: Path = ROOT / "app.py", folder: Path = ROOT, command: Sequence[str] = (), **more: str
    ) -> Iterator[Server]:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        words = command or ("-m", "solara", "run", str(page), "--no-check-version")
        notes = tmp_path_factory.mktemp("server")
        path = os.pathsep.join([str(PROBE), str(ROOT)])
        process = subprocess.Popen(
            [sys.executable, *words, "--host", "127.0.0.1", "--port", str(port), "--no-open"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": path, "HIGHWAY10_PROBE": str(notes), **more},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        address = f"http://127.0.0.1:{port}"
        try:
            for _ in range(240):
                try:
                    urllib.request.urlopen(f"{address}/readyz", timeout=1)
                    break
                except OSError:
                    time.sleep(0.5)
            yield Server(address, process.pid, notes)
        finally:
            process.terminate()
            process.wait(20)

    return serving
