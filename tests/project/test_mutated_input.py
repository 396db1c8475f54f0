"""Files and command lines that were changed at random: each is used or refused with a message, and nothing else.

Nothing is simulated: a study is planned, a scenario is read, a command is stopped where its work would begin. Some 200
cases run with the other tests; ``HIGHWAY10_MUTATIONS=2000`` runs more.
"""

from __future__ import annotations

import copy
import json
import math
import os
import shlex
import tomllib
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, note, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import run
from experiments.study import STUDIES, Study
from experiments.validation.against import read_reports
from model import Scenario, load_world
from model.errors import InputError
from model.files import to_toml
from model.scenario.files import SHIPPED
from model.world.table_checks import Sheet, check_keys
from model.world.tables import DATA, describe, read

CASES = int(os.environ.get("HIGHWAY10_MUTATIONS", "200"))
LONGEST = 3_000
"""Characters of a message: some 2,000, and the names of what stands around them."""
many = settings(
    max_examples=max(CASES // 4, 1),
    deadline=None,
    derandomize=CASES <= 200,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)

# --- mutations ----------------------------------------------------------------------------------------------------

HUGE = int("9" * 4_250)
NESTED: list[Any] = []
for _ in range(40):
    NESTED = [NESTED]
VALUES: list[Any] = [
    "",
    " ",
    "x" * 5_000,
    "naïve \u202e\U0001f6a2 'quoted' \"twice\"",
    "../../etc",
    ".",
    "a/b",
    "[red]",
    "+",
    "*",
    "run",
    "seed",
    "supply_answer",
    "arrived_europe_kg",
    "nan",
    "0",
    "no",
    "event:covid",
    "parameter:choice_rule",
    "parameter:supply_answer",
    "platform:maoc-n",
    "state:*",
    "csv",
    "morris",
    "search",
    "states",
    "add",
    "multiply",
    0,
    1,
    -1,
    2,
    3,
    0.5,
    -0.0,
    1e308,
    -1e308,
    5e-324,
    math.nan,
    math.inf,
    -math.inf,
    2**31,
    2**63 - 1,
    2**63,
    2**70,
    10**7,
    10**20,
    HUGE,
    True,
    False,
    date(1, 1, 1),
    date(2011, 5, 10),
    date(9999, 12, 31),
    datetime(2011, 5, 10, 12),
    [],
    [[]],
    [0],
    [0.0, -0.0],
    [0.2, 0.2],
    [1, True],
    ["a", 1],
    ["a", "a"],
    ["as-it-happened"],
    [math.inf],
    [HUGE],
    [2013, 2022],
    [2022, 2013],
    [2011, 2011, 2011],
    [date(2012, 1, 1)],
    NESTED,
    {},
    {"a": {"b": [{"c": 1}]}},
    [{}],
    [{"target": "platform:*", "field": "sharing"}] * 2,
    ["maoc-n", "nobody"],
    ["maoc-n", "ccp"],
]
KEYS = ["", "a", "low", "hgih", "seed", "kind", "n", "steps", "title", "ключ", "x" * 3_000, "a.b", "__class__", "base"]


def places(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths of all values inside a document."""
    if isinstance(document, dict):
        for key, value in document.items():
            yield (*path, key)
            yield from places(value, (*path, key))
    elif isinstance(document, list):
        for number, value in enumerate(document[:6]):
            yield (*path, number)
            yield from places(value, (*path, number))


def inside(document: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        document = document[step]
    return document


def delete(owner: Any, key: Any, data: st.DataObject) -> None:
    del owner[key]


def retype(owner: Any, key: Any, data: st.DataObject) -> None:
    owner[key] = copy.deepcopy(data.draw(st.sampled_from(VALUES)))


def nest(owner: Any, key: Any, data: st.DataObject) -> None:
    owner[key] = [owner[key]] if data.draw(st.booleans()) else {"a": owner[key]}


def duplicate(owner: Any, key: Any, data: st.DataObject) -> None:
    if isinstance(owner, list):
        owner.append(copy.deepcopy(owner[key]))
    else:
        owner[data.draw(st.sampled_from(KEYS))] = copy.deepcopy(owner[key])


def empty(owner: Any, key: Any, data: st.DataObject) -> None:
    owner[key] = type(owner[key])() if not isinstance(owner[key], date) else ""


def vary(owner: Any, key: Any, data: st.DataObject) -> None:
    """Take a value that may well be allowed."""
    value = owner[key]
    if isinstance(value, bool):
        owner[key] = not value
    elif isinstance(value, int | float) and abs(value) < 1e9:
        owner[key] = data.draw(st.sampled_from([value + 1, value - 1, value * 0.5, float(value), value / 3, 0, 1, 0.5]))
    elif isinstance(value, date):
        owner[key] = data.draw(st.sampled_from([date(2005, 1, 1), date(2011, 5, 10), date(2022, 12, 31)]))
    elif isinstance(value, str):
        owner[key] = data.draw(
            st.sampled_from([value.upper(), f"{value} ", "grid", "lhs", "sweep", "compare", "maoc-n"])
        )


MUTATIONS: list[Callable[[Any, Any, st.DataObject], None]] = [
    delete,
    vary,
    retype,
    retype,
    vary,
    nest,
    duplicate,
    empty,
]


def mutated(document: dict[str, Any], data: st.DataObject) -> dict[str, Any]:
    """A document that differs in one to three places."""
    document = copy.deepcopy(document)
    for _ in range(data.draw(st.sampled_from([1, 1, 1, 2, 3]))):
        found = list(places(document))
        if found:
            path = data.draw(st.sampled_from(found))
            data.draw(st.sampled_from(MUTATIONS))(inside(document, path[:-1]), path[-1], data)
    return document


def toml(value: Any) -> str:
    """Any value as TOML, tables in braces."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, datetime):
        return value.isoformat()
    if value is HUGE or value == HUGE:
        return "9" * 4_250
    return to_toml({"a": value}).removeprefix("a = ").rstrip("\n")


def as_text(document: dict[str, Any]) -> str:
    return "".join(f"{json.dumps(key)} = {toml(value)}\n" for key, value in document.items())


def garbled(text: str, data: st.DataObject) -> str | bytes:
    """A text as it is, seven times out of eight, or damaged in some way."""
    if data.draw(st.integers(0, 7)) != 5:
        return text
    lines = text.splitlines(keepends=True)
    at = data.draw(st.integers(0, max(len(lines) - 1, 0)))
    where = data.draw(st.integers(0, len(text)))
    signs = data.draw(st.sampled_from(['"', "[" * 3_000, "\0", "\ufeff", "=", "\n", ",", ";", "\u2028", "9" * 5_000]))
    return data.draw(
        st.sampled_from(
            [
                "".join(lines[:at] + lines[at : at + 1] * 2 + lines[at + 1 :]),
                text[:where],
                text[:where] + signs + text[where:],
                text.encode("utf-16"),
                text.encode("latin-1", "replace") + b"\xff",
                "",
                text.replace("\n", "\r\n"),
                text.encode("utf-8-sig"),
            ]
        )
    )


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def used_or_refused(use: Callable[[], object]) -> None:
    """Use something; it may be refused, in words that can be read."""
    said = ""
    try:
        use()
    except InputError as error:
        said = str(error)
    event("refused" if said else "used")
    assert len(said) <= LONGEST


# --- scenarios, studies, CSV files --------------------------------------------------------------------------------


def small(document: dict[str, Any]) -> dict[str, Any]:
    """A study with few points, which is planned in less than a second."""
    design = document.get("design", {})
    return {**document, **({"design": {**design, **{k: 2 for k in ("n", "steps") if k in design}}} if design else {})}


SCENARIOS = {path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(SHIPPED.glob("*.toml"))}
PLANS = {path.stem: small(tomllib.loads(path.read_text(encoding="utf-8"))) for path in sorted(STUDIES.glob("*.toml"))}


@many
@given(st.data())
def test_scenarios_are_used_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    document = mutated(SCENARIOS[data.draw(st.sampled_from(sorted(SCENARIOS)))], data)
    path = write(tmp_path / "mine.toml", garbled(as_text(document), data))
    used_or_refused(lambda: Scenario.load(path, load_world().names).identity())


def plan(path: Path) -> None:
    """Plan a study whose runs differ, and whose description is JSON."""
    study = Study.load(path)
    if len(study.table) * len(study.scenarios) < 100:
        runs = study.with_(replications=1).plan["run"]
        # a sampled design may hold a point twice, as may two scenarios that are the same
        assert runs.is_unique or study.method in ("lhs", "sobol", "saltelli", "morris") or len(study.scenarios) > 1
    json.dumps([study.describe()["factors"], study.model_dump()], allow_nan=False, default=str)


@many
@given(st.data())
def test_studies_are_used_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    document = mutated(PLANS[data.draw(st.sampled_from(sorted(PLANS)))], data)
    path = write(tmp_path / "mine.toml", garbled(as_text(document), data))
    used_or_refused(lambda: plan(path))


CELLS = [
    "0.2",
    "0,2",
    "1",
    "",
    " ",
    "-0.0",
    "1e308",
    "-1e308",
    "nan",
    "inf",
    "many",
    "50%",
    "1.250",
    "1,250",
    '"',
    "a,b",
    "9" * 400,
    "０.5",
    "2012",
    "ESP",
    "XXX",
    "dose",
    "paris",
    "tonnes",
    "year",
    "2012-05-10",
    "true",
]


GOOD = {
    "state": ["ESP"],
    "year": ["2009", "2012", "2023"],
    "tonnes": ["3", "0.4", "21.6", "1250"],
    "usd_per_eur": ["0.9", "1.25"],
    "source": ["ECB"],
    "confidence": ["high", "low"],
}


def csv_text(columns: list[str], data: st.DataObject) -> str:
    """A table whose cells, lines and marks are drawn at random."""
    mark = data.draw(st.sampled_from([",", ";", "\t"]))
    right = [GOOD.get(column, ["0.2", "0.9", "1", "0", ""]) for column in columns]
    lines = [
        columns,
        *(data.draw(st.tuples(*map(st.sampled_from, right))) for _ in range(data.draw(st.integers(0, 4)))),
    ]
    table = [list(line) for line in lines]
    for _ in range(data.draw(st.sampled_from([0, 0, 1, 2]))):
        line = data.draw(st.sampled_from(table))
        at = data.draw(st.integers(0, len(columns)))
        line[at : at + data.draw(st.integers(0, 1))] = [data.draw(st.sampled_from(CELLS))]
    return "".join(mark.join(line) + "\n" for line in table)


def check_design(folder: Path) -> None:
    levers = [
        {"name": name, "target": f"measure:{measure}", "low": 0.0, "high": 1.0}
        for name, measure in (("dose", "maoc-n"), ("paris", "ccp"))
    ]
    document = {"title": "t", "kind": "sweep", "levers": levers, "design": {"method": "csv", "file": "mine.csv"}}
    table = Study.from_dict(document, file=str(folder / "study.toml")).table
    assert table[["dose", "paris"]].stack().dropna().between(0.0, 1.0).all()
    assert not table.drop(columns="point").duplicated().any()


def check_reports(folder: Path) -> None:
    found = read_reports(folder / "mine.csv", {"ESP": "Spain"})
    assert found["tonnes"].between(1e-6, 10_000.0).all()
    assert found["year"].between(2009, 2023).all()


def check_table(folder: Path) -> None:
    resource = describe(DATA)["exchange"]
    sheet = Sheet(resource, read(folder / "mine.csv", resource))
    if problems := [*sheet.problems, *check_keys(sheet)]:
        raise InputError.collect(problems)
    assert sheet.frame["usd_per_eur"].between(0.5, 2.0).all()
    assert sheet.frame["year"].is_unique


@many
@given(st.data())
def test_csv_files_are_used_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    columns, check = data.draw(
        st.sampled_from(
            [
                (["dose", "paris"], check_design),
                (["state", "year", "tonnes"], check_reports),
                (["year", "usd_per_eur", "source", "confidence"], check_table),
            ]
        )
    )
    write(tmp_path / "mine.csv", garbled(csv_text(columns, data), data))
    used_or_refused(lambda: check(tmp_path))


# --- command lines ------------------------------------------------------------------------------------------------


class StartedError(Exception):
    """The work of a command would begin here."""


LINES = [
    "history --replications 2 --seed 1 --workers 1 --organisations 20 --out out --scenario as-it-happened",
    "run as-it-happened --seed 7 --until 2012-12-31 --set sharing_scale=1.5 --organisations 20 --out out",
    "study cooperation --replications 2 --seed 3 --organisations 20 --record yearly --workers 1 --out out",
    "study mine.toml --quick",
    "study cooperation --over posterior --large --replications 2",
    "compare s00-status-quo paris-package --replications 2 --window 2013 2018 --seed 1 --workers 2",
    "calibrate base --population 20 --generations 1 --sets 10 --seed 1 --workers 1 --out out --temperature 2.4",
    "calibrate --recovery 10 --of-model",
    "screen --workers 1",
    "recover --trials 10 --of-model",
    "best --quick",
    "validate base --quick --out out --against mine.csv",
    "validate --workers 1",
    "report out --images",
    "scenarios",
    "parameters --group market",
    "policies --cost mine.toml",
    "policies maoc-n",
    "policies --stage know",
    "studies --in out",
    "discover out arrived_europe_kg --share 0.1",
    "schedule",
    "app --port 8800 --no-open",
]
WORDS = [
    "",
    " ",
    "0",
    "-1",
    "1",
    "0.5",
    "nan",
    "inf",
    "1e400",
    "9" * 25,
    "-" + "9" * 25,
    "9" * 5_000,
    "x" * 5_000,
    "a" * 300,
    "b" * 300 + ".toml",
    "c" * 300 + "/d",
    "../..",
    "/",
    ".",
    "~",
    "no\a",
    "ключ",
    "[red]",
    "'",
    "--",
    "--seed",
    "--workers",
    "--replications",
    "--out",
    "sharing_scale=" + "9" * 5_000,
    "choice_rule=1",
    "=",
    "mine.toml",
    "mine.csv",
    "2011-13-45",
    "0001-01-01",
    "--help",
    "outcomes",
    "s3:",
    "a::b",
    "posterior",
    "/dev/null",
    "/proc/self/mem",
    "search",
    "packages",
]


STARTS = (
    "experiments.ensemble.runner._run_all",
    "experiments.analysis.discovery.discover",
    "experiments.calibration.calibrate._fitted",
    "experiments.calibration.problem.Problem.chance_sd",
    "experiments.validation.validate.validate",
    "experiments.validation.job.predict",
    "views.cli.pages._check_address",
)
"""Where commands begin to work."""


@pytest.fixture
def stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which commands end where their work would begin."""

    def started(*_: object, **__: object) -> None:
        raise StartedError

    for name in STARTS:
        monkeypatch.setattr(name, started)
    monkeypatch.setattr("experiments.ensemble.runner.warm_up", lambda study: study.arms[0])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    return tmp_path


@many
@given(st.data())
def test_command_lines_are_used_or_refused(stopped: Path, data: st.DataObject) -> None:
    words = shlex.split(data.draw(st.sampled_from(LINES)))
    for _ in range(data.draw(st.sampled_from([0, 1, 1, 2]))):
        values = [at for at in range(1, len(words)) if not words[at].startswith("--")]
        at = data.draw(st.sampled_from([*values, *values, len(words)]))
        words[at : at + 1] = [data.draw(st.sampled_from(WORDS))]
    document = data.draw(st.sampled_from([SCENARIOS["paris-package"], PLANS["cooperation"]]))
    write(stopped / "mine.toml", as_text(mutated(document, data) if data.draw(st.booleans()) else document))
    write(stopped / "mine.csv", "state,year,tonnes\nESP,2012,3\n")
    note(str(words))
    ended(words)


def ended(words: list[str]) -> None:
    """Give a command line and check how it ends: started, done, or refused with a message."""
    result = CliRunner().invoke(run.app, words)
    event(f"exit {result.exit_code}" if not isinstance(result.exception, StartedError) else "started")
    if isinstance(result.exception, StartedError):
        return
    assert result.exit_code in (0, 2), (words, result.output[-2_000:], repr(result.exception)[:2_000])
    assert "Traceback" not in result.output
    if result.exit_code == 2:
        assert "Error" in result.stderr or "Usage" in result.stderr
