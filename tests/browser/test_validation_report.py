"""The report of a real small validation in a real browser: three widths, day and night, offline, without errors."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

pytest.importorskip("playwright.sync_api")

from experiments.validation.validate import Job, Size, validate
from views.reports import write_validation_report

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.release]  # nine minutes on a busy machine
SMALL = Size(draws=8, trials=3, surge=3, remedies=3, policies=3, organisations=30)
WIDTHS = (390, 900, 1440)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:  # type: ignore[no-untyped-def]
    made: Path = tmp_path_factory.mktemp("validation")
    validate(made, Job("base", SMALL))
    write_validation_report(made)
    return made


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_holds(chromium, new_notes, folder, scheme) -> None:  # type: ignore[no-untyped-def]
    noted = new_notes()
    page = chromium.new_page(viewport={"width": WIDTHS[0], "height": 900}, color_scheme=scheme)
    noted.watch(page)
    page.goto((folder / "validation.html").as_uri())
    page.wait_for_selector("html[data-ready=yes]", timeout=60_000)
    figures = page.locator(".plot")
    assert figures.count() >= 12
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function("document.documentElement.scrollWidth <= window.innerWidth", timeout=10_000)
    errors = [text for text in noted.errors if "auto-margin" not in text]
    assert (errors, noted.failed, noted.outside) == ([], [], [])
    text = page.locator(".findings").inner_text()
    assert "families of targets pass" in text
    assert "Do not use it for" in text
    page.close()


def test_failures_stand_beside_successes(folder: Path) -> None:
    tables = {path.stem: pd.read_csv(path) for path in (folder / "tables").glob("*.csv")}
    assert {
        "judged",
        "families",
        "time_split",
        "country_years",
        "trials",
        "surge",
        "remedies",
        "rivals",
        "regions",
        "conclusions",
        "split_differences",
        "series",
        "fitted",
        "posterior",
        "forecast",
        "temperatures",
    } == set(tables)
    families = tables["families"]
    assert families.loc[~families["passes"], "why"].str.len().gt(3).all()
    assert set(tables["trials"]["verdict"]) <= {"holds", "fails", "unclear"}
    assert len(tables["remedies"]) >= 4
    assert len(tables["time_split"]) == 6
    assert (tables["surge"]["low"] <= tables["surge"]["high"]).all()
    verdict = json.loads((folder / "manifest.json").read_text())["verdict"]
    assert verdict["families"] == len(families)
