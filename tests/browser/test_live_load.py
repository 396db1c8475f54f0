"""The live page under load: against the page one would write first, many tabs at once, memory in a long play."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]


NO_PLOTLY = "window.Plotly = { react: async (plot) => { plot.on = () => {}; }, relayout() {} };"


def rate(page, read: str, seconds: float) -> float:
    first, began = page.evaluate(read), time.perf_counter()
    page.wait_for_timeout(1000 * seconds)
    return (page.evaluate(read) - first) / (time.perf_counter() - began)


@pytest.mark.bench
@pytest.mark.release
def test_four_times_the_steps_of_the_page_one_would_write_first(serve, chromium) -> None:
    """Both draw 150 groups, map and series, as fast as they can, in one run of the test."""
    with serve(HERE / "naive_page.py", SOLARA_TELEMETRY_MIXPANEL_ENABLE="False") as naive_server, serve() as own:
        plain = chromium.new_page(viewport={"width": 1440, "height": 900})
        plain.goto(naive_server.address)
        plain.get_by_role("button", name="Play").click(timeout=120_000)
        read = "Number(document.querySelector('.week')?.textContent || 0)"
        plain.wait_for_function(f"{read} > 215", timeout=120_000)
        naive = rate(plain, read, 5)
        plain.close()
        page = chromium.new_page(viewport={"width": 1440, "height": 900})
        page.goto(f"{own.address}/?speed=30")
        page.wait_for_selector("[data-ready=true]", timeout=120_000)
        page.get_by_test_id("play").click()
        page.wait_for_function("window.highway10.week > 215", timeout=60_000)
        drawn = page.evaluate("window.highway10.counted")
        mine = rate(page, "window.highway10.week", 5)
        frames = (page.evaluate("window.highway10.counted") - drawn) / 5
        page.close()
    print(f"steps a second: {mine:.1f} against {naive:.1f}; frames of the map a second: {frames:.0f}")
    assert mine >= 4 * naive


@pytest.mark.parametrize("few", [3, pytest.param(6, marks=pytest.mark.release)])
def test_many_sessions_keep_answering(serve, chromium, few: int) -> None:
    """Few here, to keep the tests short; HIGHWAY10_SESSIONS=20 opens twenty (docs/browser.md)."""
    count = int(os.environ.get("HIGHWAY10_SESSIONS", few))
    with serve() as server:
        pages = []
        for seed in range(count):
            # small and without charts: so many browsers are the load of as many machines, not of the server
            page = chromium.new_page(viewport={"width": 480, "height": 360})
            page.route("**/plotly.min.js", lambda route: route.fulfill(content_type="text/javascript", body=NO_PLOTLY))
            page.goto(f"{server.address}/?seed={seed}&organisations=60&speed=2&year=2002", wait_until="commit")
            pages.append(page)
        for page in pages:
            page.wait_for_selector("[data-ready=true]", timeout=240_000)
            page.evaluate("window.highway10.ask('play')")
        waits = []
        for page in pages:
            began, week = time.perf_counter(), page.evaluate("window.highway10.week")
            page.wait_for_function(f"window.highway10.week > {week}", timeout=60_000)
            waits.append(time.perf_counter() - began)
        for page in pages:
            page.close()
    print(f"longest wait for a frame with {count} playing: {max(waits):.1f} s")
    assert max(waits) < 20


@pytest.mark.release
def test_memory_stays_flat_and_closed_tabs_are_let_go(serve, chromium) -> None:
    """Some seconds here; HIGHWAY10_LONG_PLAY_S=1800 plays half an hour (docs/browser.md)."""
    seconds = float(os.environ.get("HIGHWAY10_LONG_PLAY_S", "8"))
    with serve() as server:
        page = chromium.new_page(viewport={"width": 1280, "height": 800})
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{server.address}/?speed=30&organisations=60")
        page.wait_for_selector("[data-ready=true]", timeout=120_000)

        def play_to_the_end() -> None:
            page.evaluate("window.highway10.ask('reset')")
            page.wait_for_function("window.highway10.state && !window.highway10.state.ended", timeout=30_000)
            page.evaluate("window.highway10.ask('play')")
            page.wait_for_timeout(8000)

        play_to_the_end()
        before, heap = server.resident_mb, page.evaluate("performance.memory.usedJSHeapSize") / 1e6
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            play_to_the_end()
        after, later = server.resident_mb, page.evaluate("performance.memory.usedJSHeapSize") / 1e6
        print(f"server {before:.0f} to {after:.0f} MB, page {heap:.0f} to {later:.0f} MB in {seconds:.0f} s of playing")
        assert after - before < 120
        assert later - heap < 150
        assert errors == []
        assert "board" in server.threads
        page.goto("about:blank")
        page.wait_for_timeout(3000)
        assert "board" not in server.threads
        page.close()


def test_mesas_own_page_shows_the_same_model(serve, chromium, new_notes) -> None:
    with serve(ROOT / "docs/examples/stock_page.py") as server:
        page, notes = chromium.new_page(viewport={"width": 1300, "height": 900}), new_notes()
        notes.watch(page)
        page.goto(server.address)
        page.get_by_text("Highway 10, stock page").first.wait_for(timeout=120_000)
        page.locator("img, svg").first.wait_for(timeout=60_000)
        page.get_by_role("button", name="Step", exact=True).click()
        page.wait_for_timeout(2500)
        assert notes.failed == []
        assert notes.outside == []
        assert server.outside == []
        assert [text for text in notes.errors if "Vue script" not in text] == []
        page.close()
