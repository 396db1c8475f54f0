"""Reports that a user holds: how they are read, what is refused, how they are scored."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from experiments.validation import annual
from experiments.validation.against import against, read_reports
from experiments.validation.job import Job, Size
from experiments.validation.random_walk import country_years
from model import load_world
from model.errors import InputError

NAMES = {"ESP": "Spain", "BEL": "Belgium", "CHL": "Chile"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("state,year,tonnes\nSPA,2012,3\n", r"state, line 2 = 'SPA'.*no such state.*leave the row out"),
        ("state,year,tonnes\nESP,2004,3\n", r"year, line 2 = '2004'.*Allowed: 2009 to 2023"),
        ("state,year,tonnes\nESP,2012.5,3\n", r"year, line 2 = '2012.5'"),
        ("state,year,tonnes\nESP,2012,0\n", r"tonnes, line 2 = '0'.*above 0.*leave the row out"),
        ("state,year,tonnes\nESP,2012,\n", "tonnes, line 2"),
        ("state,year,tonnes\nESP,2012,3\nESP,2012,4\n", "line 3 = 'ESP 2012'.*stands twice"),
        ("state,year\nESP,2012\n", "columns are missing: tonnes"),
        ("state,year,tonnes\n", "no row below"),
        ("state,year,tonnes\nSpain,2012,3\n", "did you mean 'ESP'"),
        ("state,year,tonnes\nesp,2012,3\n", "mean 'ESP'"),
        ("state,year,tonnes\n\nESP,2012,about 3\n", "line 3 = 'about 3'.*write a plain number"),
        ("state,year,tonnes\nESP,2012,3,5\n", "line 2 = 'ESP,2012,3,5'.*separate columns by semicolons"),
        ("state,year,tonnes\n,,\n", "no report in this file"),
        ("state,year,tonnes\nESP,2012,1e308\n", "tonnes, line 2 = '1e308'.*at most 10,000"),
        ("", "file is empty"),
        (None, "cannot be read"),
    ],
)
def test_reports_that_cannot_be_scored_are_named(content: str | None, said: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    if content is not None:
        path.write_text(content)
    with pytest.raises(InputError, match=said):
        read_reports(path, NAMES)


def test_spaces_and_blank_lines_do_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("state, year , tonnes\n\nESP , 2012, 3\n\nBEL,2013,4.5\n")
    assert read_reports(path, NAMES).to_dict("list") == {
        "state": ["ESP", "BEL"],
        "year": [2012, 2013],
        "tonnes": [3.0, 4.5],
    }


def test_all_wrong_rows_are_named_at_once(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("state,year,tonnes\nESP,1999,3\nXXX,2012,x\n")
    with pytest.raises(InputError, match="3 problems"):
        read_reports(path, NAMES)


@pytest.mark.slow
def test_reports_of_ones_own_are_scored_beside_nulls(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("state,year,tonnes\nESP,2015,21.6\nBEL,2016,30\nGRC,2012,0.4\n")
    found = against(tmp_path / "out", path, Job(size=Size(draws=4, organisations=15), workers=2))
    assert found.overall["n"] == 3
    assert set(found.scores["predictor"]) >= {annual.CARRIED, "last", "supply", "share"}
    assert found.scores["n"].eq(2).all(), "not every rule can predict Greece, which reported nothing in 2004-08"
    told = found.reports.set_index("state")
    assert told.loc["ESP", "recorded"] == pd.notna(country_years(load_world().tables).loc[2015, "ESP"])
    assert not told.loc["BEL", "recorded"]
    kept = pd.read_csv(tmp_path / "out/tables/against.csv")
    assert kept["state"].tolist() == found.reports["state"].tolist()
    assert (tmp_path / "out/against.json").exists()
