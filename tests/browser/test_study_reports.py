"""Reports of real small studies in a real browser: three widths, day and night, offline, without errors."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

pytest.importorskip("playwright.sync_api")

from experiments.ensemble.store import Store
from experiments.study import Study
from experiments.workflow import run_and_analyse
from views.reports import write_study_report

pytestmark = pytest.mark.browser
SHARING = {"name": "cooperation", "target": "platform:*", "field": "sharing"}
UNCERTAIN = [{"target": "parameter:lead_probability"}, {"target": "parameter:supply_scale"}]
STUDIES = {
    "compare": {
        "scenarios": [
            "s00-status-quo",
            "paris-package",
            "s02-intelligence-first",
            "s03-ships-first",
            "s04-intelligence-and-ships",
        ],
        "record": "yearly",
        "supply": [0, 2],
    },
    "sweep": {"scenarios": ["as-it-happened"], "levers": [SHARING], "design": {"steps": 3}},
    "heat": {
        "kind": "sweep",
        "scenarios": ["as-it-happened"],
        "design": {"steps": 3},
        "levers": [SHARING, {"target": "parameter:lead_common_source"}],
    },
    "screening": {
        "scenarios": ["as-it-happened"],
        "uncertainties": UNCERTAIN,
        "design": {"method": "morris", "n": 4},
        "replications": 1,
    },
    "sobol": {
        "scenarios": ["as-it-happened"],
        "uncertainties": UNCERTAIN,
        "design": {"method": "saltelli", "n": 4},
        "replications": 1,
    },
    "attribution": {"scenarios": ["as-it-happened"], "attribution": {"players": ["maoc-n", "jiatf-south", "ccp"]}},
    "search": {
        "scenarios": ["s00-status-quo"],
        "replications": 1,
        "uncertainties": UNCERTAIN[:1],
        "search": {
            "measures": ["maoc-n", "ccp", "seacop"],
            "generations": 2,
            "population": 4,
            "worlds": 2,
            "fresh_worlds": 3,
            "random": 2,
        },
    },
}
COMMON = {
    "title": "A small study",
    "question": "Does the page hold?",
    "window": [2012, 2013],
    "organisations": 20,
    "replications": 4,
}


@pytest.fixture(scope="module", params=list(STUDIES))
def report(request, tmp_path_factory) -> Path:  # type: ignore[no-untyped-def]
    fields = STUDIES[request.param]
    study = Study.from_dict({**COMMON, "kind": request.param, **fields}, name=request.param)
    store = Store(tmp_path_factory.mktemp(request.param))
    run_and_analyse(study, store)
    return write_study_report(Path(store.root))


def test_results_of_few_seeds_are_preliminary_in_every_title_and_table(report: Path) -> None:
    text = report.read_text(encoding="utf-8")
    assert "(preliminary, " in re.findall(r"<h1>(.*?)</h1>", text)[0]
    drawn, tables = (
        re.findall(r'<figure class="fig[^>]*><h3>(.*?)</h3>', text),
        re.findall(r"<summary>(.*?)</summary>", text),
    )
    labels = re.findall(r"<dt>(.*?)</dt>", text[: text.index("</dl>")])
    assert len(drawn) >= 1
    for one in (*drawn, *tables, *labels):
        assert "(preliminary, " in one, one
    for path in (report.parent / "figures").glob("*.csv"):
        assert pd.read_csv(path)["preliminary"].str.startswith("preliminary, ").all(), path


WIDTHS = (390, 900, 1440)


SCHEMES = "light", "dark"
DAYS_AND_NIGHTS = [
    pytest.param(kind, scheme, marks=() if number % 2 == SCHEMES.index(scheme) else pytest.mark.release)
    for number, kind in enumerate(STUDIES)
    for scheme in SCHEMES
]
"""Every kind by day or by night; the other half before releases."""


@pytest.mark.parametrize(("report", "scheme"), DAYS_AND_NIGHTS, indirect=["report"])
def test_the_page_holds(chromium, new_notes, report, scheme) -> None:  # type: ignore[no-untyped-def]
    noted = new_notes()
    page = chromium.new_page(viewport={"width": WIDTHS[0], "height": 900}, color_scheme=scheme)
    noted.watch(page)
    page.goto(report.as_uri())
    page.wait_for_selector("html[data-ready=yes]", timeout=60_000)
    figures = page.locator(".plot")
    assert figures.count() >= 1
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        # figures are drawn anew at the new width
        page.wait_for_function("document.documentElement.scrollWidth <= window.innerWidth", timeout=10_000)
        for number in range(figures.count()):
            drawn = figures.nth(number).locator(".main-svg").first.bounding_box()
            assert 200 < drawn["width"] <= width
    errors = [text for text in noted.errors if "auto-margin" not in text]
    assert (errors, noted.failed, noted.outside) == ([], [], [])
    assert page.locator(".findings dd").first.inner_text()
    assert page.locator(".notice").inner_text().startswith("Caution")
    ink = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ink == "rgb(14, 21, 27)") == (scheme == "dark")
    page.close()


def test_each_figure_has_its_numbers_beside_it(report) -> None:  # type: ignore[no-untyped-def]
    text = report.read_text(encoding="utf-8")
    tables = sorted((report.parent / "figures").glob("*.csv"))
    assert tables
    assert all(f"figures/{path.name}" in text for path in tables)
    assert all(path.read_text().count("\n") >= 2 for path in tables)
