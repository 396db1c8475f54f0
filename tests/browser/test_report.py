"""The report in a real browser: offline, without errors, on a desk and on a phone."""

from __future__ import annotations

import pytest

pytest.importorskip("playwright.sync_api")
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
READY = "html[data-ready=yes]"
TEXTS_MEET = """() => {
  const texts = [...document.querySelectorAll('#map .textpoint text')];
  const boxes = texts.map(t => t.getBoundingClientRect()).filter(b => b.width);
  let found = 0;
  boxes.forEach((a, i) => boxes.slice(i + 1).forEach(b => {
    if (a.left < b.right && b.left < a.right && a.top + 2 < b.bottom && b.top + 2 < a.bottom) found += 1; }));
  return [boxes.length, found];
}"""


@pytest.fixture(scope="module", params=[1280, 1920, 390])
def opened(chromium, report_path, request, new_notes):
    noted = new_notes()
    page = chromium.new_page(viewport={"width": request.param, "height": 900})
    noted.watch(page)
    page.goto(report_path.as_uri())
    page.wait_for_selector(READY, timeout=60_000)
    yield page, noted
    page.close()


def test_opens_offline_and_without_errors(opened):
    page, noted = opened
    assert (noted.errors, noted.failed, noted.outside) == ([], [], [])
    assert page.locator(".notice").inner_text().startswith("Caution")
    figures = page.locator(".plot")
    assert figures.count() >= 10
    for i in range(figures.count()):
        assert figures.nth(i).locator(".main-svg").first.bounding_box()["width"] > 200


def test_no_sideways_scroll(opened):
    page, _ = opened
    width, shown = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert width <= shown


def test_map_is_drawn_and_its_labels_do_not_meet(opened):
    page, _ = opened
    assert page.locator("#map .scatterlayer path.js-line").count() > 5
    labels, meeting = page.evaluate(TEXTS_MEET)
    assert labels >= 6
    assert meeting == 0


def test_year_buttons_change_the_map(opened):
    page, noted = opened
    lines = "[...document.querySelectorAll('#map .scatterlayer path.js-line')].map(p => p.getAttribute('d')).join()"
    before, number = page.evaluate(lines), page.locator("#stat-waf").inner_text()
    page.locator("button[data-year='2015']").click()
    assert page.locator("#map").get_attribute("data-year") == "2015"
    assert page.locator("#year").inner_text() == "2015"
    assert page.locator("button[data-year='2015']").get_attribute("aria-pressed") == "true"
    assert page.evaluate(lines) != before
    assert page.locator("#stat-waf").inner_text() != number
    page.locator("#year-slider").press("ArrowRight")
    assert page.locator("#map").get_attribute("data-year") == "2016"
    assert noted.errors == []


def test_play_runs_and_stops(opened):
    page, _ = opened
    shown = page.locator("#map")
    first = shown.get_attribute("data-year")
    page.locator("#play").click()
    expect(shown).not_to_have_attribute("data-year", first, timeout=20_000)  # a given year may pass between two looks
    page.locator("#play").click()
    assert page.locator("#play").inner_text() == "Play"
    stopped = shown.get_attribute("data-year")
    page.wait_for_timeout(1_000)
    assert shown.get_attribute("data-year") == stopped


def test_a_text_that_opens_a_comment_and_a_script_hides_no_figure(chromium) -> None:
    from views.reports.render import environment

    script = environment().get_template("parts.html").module.json

    texts = ["<!--<script>", "</script><b>", "plain"]
    shown = chromium.new_page()
    shown.set_content("".join(str(script(f"n{i}", {"title": text})) for i, text in enumerate(texts)))
    found = shown.evaluate("[...document.querySelectorAll('script')].map((one) => JSON.parse(one.textContent).title)")
    shown.close()
    assert found == texts
