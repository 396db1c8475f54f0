"""The live page as a server: who may talk to it, what it serves, what it asks of others, what a closed tab leaves."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]
SMALL = "organisations=30&year=2000"
FREED_WITHIN_S = 60
SHORT = "5s"
"""How long a silent tab is kept in these tests; `test_silent_tabs_are_kept_for_minutes` reads the usual time."""


@pytest.fixture(scope="module")
def results(tmp_path_factory) -> Path:
    """A folder with results, some private files beside them, and a scenario that is no TOML."""
    folder = tmp_path_factory.mktemp("served")
    study = folder / "results" / "mine"
    (study / "figures").mkdir(parents=True)
    (study / "manifest.json").write_text(json.dumps({"title": "Mine", "kind": "compare", "created": "2026-01-01"}))
    (study / "report.html").write_text("<h1>My report</h1>")
    (study / "figures" / "one.csv").write_text("a\n1\n")
    (study / "plan.parquet").write_text("no parquet")
    (study / "notes.txt").write_text("private")
    (folder / "results" / "password.html").write_text("private")
    (folder / "report.html").write_text("private")
    (study / "validation.html").symlink_to(folder / "report.html")
    (folder / "torn.toml").write_text('title = "Torn\n')
    return folder


@pytest.fixture(scope="module")
def server(serve, results) -> Iterator[object]:
    with serve(folder=results, SOLARA_KERNEL_CULL_TIMEOUT=SHORT) as started:
        yield started


def status(address: str, **headers: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=30) as answer:
            return answer.status, answer.read().decode(errors="replace")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode(errors="replace")


def until(what: Callable[[], bool], seconds: float) -> bool:
    ends = time.monotonic() + seconds
    while not (found := what()) and time.monotonic() < ends:
        time.sleep(0.5)
    return found


# --- who may talk to it -------------------------------------------------------------------------------------------


def socket_of(server) -> str:
    return server.address.replace("http", "ws") + "/jupyter/api/kernels/some-kernel/channels?session_id=some-page"


def test_a_websocket_of_another_site_is_refused(server) -> None:
    for origin in ("https://elsewhere.example", "http://127.0.0.1:1", "null"):
        with pytest.raises(InvalidStatus) as refused:
            connect(socket_of(server), origin=origin, open_timeout=30)
        assert refused.value.response.status_code == 403
    with connect(socket_of(server), origin=server.address, open_timeout=30) as own:
        assert own.response.status_code == 101


def test_a_page_of_another_site_cannot_open_a_websocket_in_chromium(server, chromium, tmp_path) -> None:
    (tmp_path / "index.html").write_text("<p>another site</p>")
    quiet = type("Quiet", (SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    other = ThreadingHTTPServer(("127.0.0.1", 0), partial(quiet, directory=str(tmp_path)))
    threading.Thread(target=other.serve_forever, daemon=True).start()
    opening = """(place) => new Promise((told) => { const socket = new WebSocket(place);
        socket.onopen = () => told('open'); socket.onerror = () => told('refused'); })"""
    page = chromium.new_page()
    try:
        page.goto(f"http://127.0.0.1:{other.server_port}/")
        assert page.evaluate(opening, socket_of(server)) == "refused"
        page.goto(f"{server.address}/readyz")
        assert page.evaluate(opening, socket_of(server)) == "open"
    finally:
        page.close()
        other.shutdown()
        other.server_close()


def test_another_name_for_this_machine_is_refused_with_the_remedy(server) -> None:
    code, said = status(f"{server.address}/", Host="rebound.example")
    assert code == 403
    assert "HIGHWAY10_ORIGINS" in said
    port = server.address.rpartition(":")[2]
    assert status(f"{server.address}/readyz", Host=f"localhost:{port}")[0] == 200


# --- what it serves -----------------------------------------------------------------------------------------------


def test_only_reports_are_served_from_results(server) -> None:
    assert status(f"{server.address}/results/mine/report.html") == (200, "<h1>My report</h1>")
    assert status(f"{server.address}/results/mine/figures/one.csv")[0] == 200
    private = (
        "mine/manifest.json",
        "mine/plan.parquet",
        "mine/notes.txt",
        "password.html",
        "mine/validation.html",
        "../report.html",
        "%2e%2e/report.html",
        "mine/..%2f..%2freport.html",
        "mine/",
        "",
    )
    for path in private:
        for place in ("results", "static/assets", "static/public"):
            code, said = status(f"{server.address}/{place}/{path}")
            # Solara answers a path that it does not know with the page itself
            assert code in (403, 404) or "private" not in said, (place, path)
            assert code != 200 or "solara" in said, (place, path)


# --- what it asks of others ---------------------------------------------------------------------------------------

STARTED = {
    "solara run app.py": ("-m", "solara", "run", str(ROOT / "app.py"), "--no-check-version"),
    "run.py app": (str(ROOT / "run.py"), "app"),
}


@pytest.mark.parametrize("command", STARTED)
def test_nothing_is_asked_of_other_sites(serve, chromium, new_notes, results, command: str) -> None:
    with serve(folder=results, command=STARTED[command]) as started:
        page, notes = chromium.new_page(), new_notes()
        notes.watch(page)
        page.goto(f"{started.address}/?{SMALL}")
        page.wait_for_selector("[data-ready=true]", timeout=120_000)
        assert status(f"{started.address}/_solara/cdn/left-pad@1.3.0/index.js")[0] == 404
        page.close()
        assert notes.outside == []
        assert started.outside == []


def test_the_probe_notes_other_machines(tmp_path) -> None:
    code = "import socket\ntry: socket.getaddrinfo('elsewhere.invalid', 80)\nexcept OSError: pass"
    probe = str(Path(__file__).parent / "probe")
    subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": probe, "HIGHWAY10_PROBE": str(tmp_path)}, check=True
    )
    assert "elsewhere.invalid" in (tmp_path / "outside").read_text()


def test_silent_tabs_are_kept_for_minutes() -> None:
    code = (
        "from views.live.server import prepare; prepare(); from solara.server import settings; "
        "print(settings.kernel.cull_timeout, settings.telemetry.mixpanel_enable, settings.main.mode)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.split() == ["2m", "False", "production"]


# --- what a closed tab leaves -------------------------------------------------------------------------------------


def steady_threads(server, seconds: float = 4) -> int:
    """Number of threads once it has been the same for some seconds, or after twenty: idle ones end by and by."""
    seen, since, ends = len(server.threads), time.monotonic(), time.monotonic() + 20
    while time.monotonic() < min(since + seconds, ends):
        time.sleep(0.5)
        if (now := len(server.threads)) != seen:
            seen, since = now, time.monotonic()
    return seen


@pytest.mark.parametrize("tabs", [4, pytest.param(8, marks=pytest.mark.release)])
def test_sessions_of_closed_tabs_are_let_go(server, chromium, tabs: int) -> None:
    """Tabs that are closed, and tabs whose network is cut so that they cannot say so, leave no thread and no memory."""
    from playwright.sync_api import expect

    def opened(context):
        page = context.new_page()
        page.goto(f"{server.address}/?{SMALL}", wait_until="commit")
        expect(page.get_by_test_id("page")).to_have_attribute("data-ready", "true", timeout=120_000)
        return page

    context = chromium.new_context(viewport={"width": 480, "height": 360})
    opened(context).close()
    assert until(lambda: "board" not in server.threads, FREED_WITHIN_S)
    threads, memory = steady_threads(server), server.resident_mb
    pages = [opened(context) for _ in range(tabs)]
    most, full = len(server.threads), server.resident_mb
    assert server.threads.count("board") == len(pages)
    for page in pages[tabs // 2 :]:
        page.evaluate("navigator.sendBeacon = () => true")  # as when the network is cut: no farewell is sent
    for page in pages:
        page.close()
    context.close()
    assert until(lambda: "board" not in server.threads, FREED_WITHIN_S)
    assert until(lambda: len(server.threads) <= threads + 2, FREED_WITHIN_S)
    print(
        f"threads {threads}, {most} with {tabs} tabs, {len(server.threads)} after; "
        f"memory {memory:.0f}, {full:.0f}, {server.resident_mb:.0f} MB"
    )
    assert server.resident_mb - memory < 25


# --- what cannot be had -------------------------------------------------------------------------------------------


def test_runs_that_cannot_be_read_and_results_that_are_removed_are_said(serve, chromium, results, tmp_path) -> None:
    shutil.copytree(results, tmp_path / "copy", symlinks=True)
    folder = tmp_path / "copy"
    with serve(folder=folder) as started:
        page = chromium.new_page()
        page.goto(f"{started.address}/?{SMALL}")
        page.wait_for_selector("[data-ready=true]", timeout=120_000)
        notes = page.get_by_test_id("notes")
        assert "torn.toml" in notes.inner_text()
        page.get_by_test_id("tab-results").click()
        page.get_by_test_id("tab-runs").click()
        failed = page.get_by_test_id("results-failed")
        failed.wait_for(timeout=30_000)
        assert "the plan of the study is damaged" in failed.inner_text()
        shutil.rmtree(folder / "results")
        page.get_by_role("button", name="Report", exact=True).click()
        text = page.frame_locator("[data-testid=report]").locator("body").inner_text(timeout=30_000)
        assert "no longer" in text
        page.get_by_test_id("tab-runs").click()
        page.get_by_text("this study is not there, or no longer").first.wait_for(timeout=30_000)
        assert page.get_by_text("Reading the runs").count() == 0
        page.get_by_test_id("tab-run").click()
        page.get_by_test_id("tab-results").click()
        page.get_by_test_id("results-note").wait_for(timeout=30_000)
        assert "no folder" in page.get_by_test_id("results-note").inner_text()
        page.close()
