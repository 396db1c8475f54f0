"""CSV files of users: what has one meaning is read, all else is refused by line; no value moves to another column."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest

from experiments.study import Study
from experiments.validation.against import read_reports
from model.csv_file import read_csv
from model.errors import InputError

LEVERS = [
    {"name": "dose", "target": "measure:maoc-n", "low": 0.0, "high": 1.0},
    {"name": "paris", "target": "measure:ccp", "low": 0.0, "high": 1.0},
]


def read_design(folder: Path, content: str | bytes, levers: list[dict[str, object]] = LEVERS) -> list[list[object]]:
    """The points of a design that stands in a file."""
    (folder / "points.csv").write_bytes(content.encode() if isinstance(content, str) else content)
    study = {"title": "t", "kind": "sweep", "levers": levers, "design": {"method": "csv", "file": "points.csv"}}
    table = Study.from_dict(study, file=str(folder / "mine.toml")).table
    return table[[str(lever["name"]) for lever in levers]].to_numpy(object).tolist()


READ = {
    "commas": "dose,paris\n0.2,0.9\n",
    "columns in another order": "paris,dose\n0.9,0.2\n",
    "an empty cell at the end of a line": "dose,paris\n0.2,0.9,\n",
    "empty cells at the end of every line": "dose,paris,,\n0.2,0.9,,\n",
    "semicolons": "dose;paris\n0.2;0.9\n",
    "semicolons and decimal commas": "dose;paris\n0,2;0,9\n",
    "tabs and decimal commas": "dose\tparis\n0,2\t,9\n",
    "a byte order mark": "\ufeffdose,paris\n0.2,0.9\n",
    "lines as Windows ends them": "dose,paris\r\n0.2,0.9\r\n",
    "lines as old Macs ended them": "dose,paris\r0.2,0.9\r",
    "no end of the last line": "dose,paris\n0.2,0.9",
    "blanks and blank lines": "\n dose , paris\n\n 0.2 , 0.9 \n\n",
    "quotes": '"dose","paris"\n"0.2","0.9"\n',
    "an exponent": "dose,paris\n2e-1,9E-1\n",
}


@pytest.mark.parametrize("form", READ)
def test_what_has_one_meaning_is_read(form: str, tmp_path: Path) -> None:
    assert read_design(tmp_path, READ[form]) == [[0.2, 0.9]]


REFUSED: dict[str, tuple[str | bytes, str]] = {
    "a cell too many": ("dose,paris\n0.2,0.9,0.5\n", r"line 2 = '0.2,0.9,0.5'.*2 cells.*semicolons"),
    "a cell too few": ("dose,paris\n0.2,0.9\n0.3\n", r"line 3 = '0.3'.*2 cells.*fill in"),
    "decimal commas between commas": ("dose,paris\n0,2,0,9\n", r"line 2 .*write decimals with a point"),
    "two ragged lines": ("dose,paris\n0.2\n0.1,0.2\n1,2,3\n", r"(?s)2 problems.*line 2 .*line 4 "),
    "two separators": ("dose;paris,x\n0.2;0.9\n", r"first line = 'dose;paris,x'.*cannot be told"),
    "another separator": ("dose|paris\n0.2|0.9\n", r"(?s)column = 'dose\|paris'.*no such column"),
    "an unknown column": ("dose,pariss\n0.2,0.9\n", r"(?s)column = 'pariss'.*did you mean 'paris'.*missing: paris"),
    "a column twice": ("dose,paris,dose\n0.2,0.9,0.3\n", r"column = 'dose': this column stands twice"),
    "a column without a name": ("dose,,paris\n0.2,1,0.9\n", r"column = '': a column has no name"),
    "a missing column": ("dose\n0.2\n", r"columns are missing: paris"),
    "values in a column without a name": ("dose,paris,\n0.2,0.9,7\n", r"line 2 = '0.2,0.9,7'"),
    "names only": ("dose,paris\n", r"no row below the names"),
    "nothing": ("", r"the file is empty"),
    "blank lines only": ("\n \n", r"the file is empty"),
    "a word": ("dose,paris\n0.2,many\n", r"paris, line 2 = 'many': this is not a number"),
    "a unit": ("dose,paris\n0.2,90%\n", r"paris, line 2 = '90%'.*without a unit"),
    "not a number": ("dose,paris\n0.2,nan\n", r"paris, line 2 = 'nan'"),
    "100,000 digits and a letter": (f"dose,paris\n0.2,{'9' * 100_000}x\n", r"paris, line 2 = '9999.*not a number"),
    "infinite": ("dose,paris\n0.2,inf\n", r"paris, line 2 = 'inf'"),
    "too large": ("dose,paris\n0.2,1e999\n", r"paris, line 2 = '1e999'.*too large"),
    "absurd": ("dose,paris\n0.2,1e308\n", r"paris, line 2 = '1e308'.*out of the factor's range.*0 to 1"),
    "digits of another script": ("dose,paris\n0.2,０\n", r"paris, line 2 = '０'"),
    "a point twice": ("dose,paris\n0.2,0.9\n\n0.20,.9\n", r"line 4 = '0.20,.9': this line is the same point as line 2"),
    "minus zero and zero": ("dose,paris\n0,1\n-0.0,1\n", r"the same point as line 2"),
    "quotes that do not end": ('dose,paris\n"0.2,0.9\n', r"line 2: this line is not CSV"),
    "another encoding": ("dose,paris\n0.2,é\n".encode("latin-1"), r"line 2 .*not written in UTF-8"),
    "UTF-16": ("dose,paris\n0.2,0.9\n".encode("utf-16"), r"not written in UTF-8.*encoding UTF-8"),
    "no text": ("dose,paris\n0.2,\0\n", r"bytes that no text has"),
}


@pytest.mark.parametrize("form", REFUSED)
def test_all_else_is_refused_by_line(form: str, tmp_path: Path) -> None:
    content, said = REFUSED[form]
    with pytest.raises(InputError, match=said) as refused:
        read_design(tmp_path, content)
    assert "points.csv" in str(refused.value)
    assert "Allowed" in str(refused.value)
    assert "Remedy" in str(refused.value)


def test_a_decimal_comma_in_a_single_column_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"line 2 = '0,1'.*1 cells.*write decimals with a point"):
        read_design(tmp_path, "dose\n0,1\n", LEVERS[:1])


@pytest.mark.parametrize(
    ("content", "tonnes"),
    [
        ("state;year;tonnes\nESP;2012;3,5\n", 3.5),
        ("state;year;tonnes\nESP;2012;1250\n", 1250.0),
        ("state;year;tonnes\nESP;2012;0,125\n", 0.125),
        ("state,year,tonnes\nESP,2012,1.250\n", 1.25),
        ("state;year;tonnes\nESP;2012;1,250\n", None),
        ("state;year;tonnes\nESP;2012;1.250\nESP;2013;3,5\n", None),
        ("state;year;tonnes\nESP;2012;1.250,5\n", None),
        ("state;year;tonnes\nESP;2012;1,250,000\n", None),
        ('state,year,tonnes\nESP,2012,"1,250"\n', None),
    ],
)
def test_marks_of_thousands_are_never_taken_for_decimals(content: str, tonnes: float | None, tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text(content)
    if tonnes is None:
        with pytest.raises(InputError, match=r"tonnes, line 2 = .*(two different numbers|not a number)"):
            read_reports(tmp_path / "mine.csv", {"ESP": "Spain"})
    else:
        assert read_reports(tmp_path / "mine.csv", {"ESP": "Spain"})["tonnes"].to_list() == [tonnes]


def test_a_number_that_can_only_be_a_decimal_tells_how_the_others_are_meant(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("state;year;tonnes\nESP;2012;1,250\nESP;2013;3,5\nESP;2014;1250\n")
    assert read_reports(tmp_path / "mine.csv", {"ESP": "Spain"})["tonnes"].to_list() == [1.25, 3.5, 1250.0]
    (tmp_path / "mine.csv").write_text("state;year;tonnes\nESP;2012;1,250,000\nESP;2013;3,5\n")
    with pytest.raises(InputError, match=r"line 2 = '1,250,000'.*two different numbers"):
        read_reports(tmp_path / "mine.csv", {"ESP": "Spain"})


def test_an_empty_cell_leaves_a_factor_as_it_is(tmp_path: Path) -> None:
    points = np.array(read_design(tmp_path, "dose,paris\n0.2,\n,0.9\n,\n"), dtype=float)
    np.testing.assert_array_equal(points, [[0.2, np.nan], [np.nan, 0.9], [np.nan, np.nan]])


def test_options_and_days_are_read(tmp_path: Path) -> None:
    levers = [
        {"name": "rule", "target": "parameter:choice_rule"},
        {"name": "when", "target": "event:covid", "field": "date", "low": "", "high": ""},
    ]

    levers[1] |= {"low": dt.date(2015, 1, 1), "high": dt.date(2021, 1, 1)}  # type: ignore[dict-item]
    found = read_design(tmp_path, "rule,when\nsalience,2019-03-01\n,2020-01-01\n", levers)  # type: ignore[arg-type]
    assert found == [["salience", dt.date(2019, 3, 1).toordinal()], [None, dt.date(2020, 1, 1).toordinal()]]
    for content, said in (
        ("rule,when\nsaliance,\n", "rule, line 2 = 'saliance'.*salience"),
        ("rule,when\n,2023-01-01\n", "when, line 2 = '2023-01-01'.*2015-01-01 to 2021-01-01"),
        ("rule,when\n,2019-02-30\n", "when, line 2 = '2019-02-30'"),
    ):
        with pytest.raises(InputError, match=said):
            read_design(tmp_path, content, levers)  # type: ignore[arg-type]


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    for name in (".", "nowhere.csv", "x" * 5_000, "a\0b"):
        with pytest.raises(InputError, match="cannot be read as a table"):
            read_csv(tmp_path / name, ("a",), "table", "--file")
