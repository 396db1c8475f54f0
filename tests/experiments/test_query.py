"""Questions to DuckDB: what they reach, what they cannot reach, and studies that are damaged."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from test_store import files, part, plan
from typer.testing import CliRunner

import run
from experiments.ensemble import queries
from experiments.ensemble.queries import query as ask
from experiments.ensemble.store import FAILED, Store
from experiments.workflow import list_stores, query
from model.errors import InputError


def make(folder: Path, runs: str = "ab") -> Store:
    store = Store(folder)
    store.begin({"kind": "compare"}, plan(list(runs)))
    store.add(part(list(runs)))
    return store


def count(folder: Path, study: str, frame: str = "runs") -> int:
    quoted = study.replace('"', '""')
    return int(query(f'select count(*) from "{quoted}".{frame}', folder).iloc[0, 0])


@pytest.mark.parametrize(
    "name",
    [
        "plain",
        "x[1]",
        "what?",
        "all*",
        "it's",
        'a"b',
        "main",
        "a::b",
        "x\"; copy (select 1) to 'run.py'; --",
        "'); drop schema plain; --",
    ],
)
def test_a_study_of_any_name_answers_and_harms_nobody(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    results, work = tmp_path / "results", tmp_path / "work"
    make(results / name)
    make(results / "another")
    work.mkdir()
    monkeypatch.chdir(work)
    (work / "run.py").write_text("mine")
    assert count(results, name) == 2
    assert count(results, "another", "yearly") == 4
    assert (work / "run.py").read_text() == "mine"
    assert len(list(work.iterdir())) == 1


@pytest.mark.parametrize("frame", ["x\" as select 1; copy (select 1) to 'run.py'; --", "strange"])
def test_folders_that_are_no_frames_are_not_offered(tmp_path: Path, frame: str) -> None:
    store = make(tmp_path / "s")
    shutil.copytree(Path(store.root) / "parts/yearly", Path(store.root) / "parts" / frame)
    assert query("show all tables", tmp_path)["name"].isin(["runs", "yearly", "weekly", "by_state"]).sum() == 4
    with pytest.raises(InputError, match="cannot be answered"):
        query("select * from s.strange", tmp_path)


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_csv('{file}')",
        "select * from '{file}'",
        "select * from read_text('{file}')",
        "copy (select 1) to '{file}'",
        "copy s.runs to '{file}' (format parquet)",
        "attach '{file}.db'",
        "export database '{file}'",
        "import database '{file}'",
        "install httpfs",
        "load httpfs",
        "force install spatial",
        "select * from read_parquet('https://example.com/x.parquet')",
        "select * from glob('{folder}/*')",
        "set enable_external_access = true",
        "set lock_configuration = false",
        "reset lock_configuration",
        "set temp_directory = '{folder}'",
        "set memory_limit = '90GB'",
        "select * from secret",
        "create secret (type s3)",
        "set allowed_directories = ['{folder}']",
        "pragma enable_profiling",
        "call pragma_version()",
    ],
)
def test_a_query_reaches_no_file_no_network_and_no_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sql: str
) -> None:
    make(tmp_path / "results/s")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.csv").write_text("a,b\n1,2\n")
    # a variable of this process, which DuckDB would look up by name
    monkeypatch.setattr(queries, "secret", pd.DataFrame({"a": [1]}), raising=False)
    text = sql.format(file=outside / "secret.csv", folder=outside)
    if text != "call pragma_version()":
        with pytest.raises(InputError, match="cannot be answered"):
            query(text, tmp_path / "results")
    assert [path.name for path in outside.iterdir()] == ["secret.csv"]
    assert (outside / "secret.csv").read_text() == "a,b\n1,2\n"
    assert count(tmp_path / "results", "s") == 2


def test_an_answer_from_few_seeds_says_so(tmp_path: Path) -> None:
    make(tmp_path / "few")
    (tmp_path / "few/manifest.json").write_text('{"kind": "compare", "seeds": [1, 2]}')
    answer = CliRunner().invoke(run.app, ["query", "select count(*) from few.runs", "--in", str(tmp_path)])
    assert "few: preliminary, 2 seeds" in answer.stderr


@pytest.mark.parametrize("sql", ["", "  \n", ";", "-- nothing"])
def test_an_empty_query_is_refused(tmp_path: Path, sql: str) -> None:
    with pytest.raises(InputError, match=r"SQL = .*(the query is empty|it asks nothing)"):
        query(sql, tmp_path)
    answer = CliRunner().invoke(run.app, ["query", sql, "--in", str(tmp_path)])
    assert answer.exit_code == 2
    assert "Traceback" not in answer.output


def test_a_damaged_study_is_left_out_and_named(tmp_path: Path) -> None:
    make(tmp_path / "good")
    bad, unplanned = make(tmp_path / "bad"), make(tmp_path / "unplanned")
    files(bad, "yearly")[0].write_bytes(b"rubbish")
    (Path(unplanned.root) / "plan.parquet").write_bytes(b"rubbish")
    answer, notes = ask("select count(*) from good.runs", tmp_path)
    assert (answer.iloc[0, 0], notes) == (2, [])
    answer, notes = ask("show all tables", tmp_path)
    assert set(answer["schema"]) - {"main"} == {"good"}
    assert [note.split()[0] for note in notes] == ["bad", "unplanned"]
    with pytest.raises(InputError, match="bad was left out: a part of the results is damaged: parts/yearly"):
        query("select * from bad.yearly join good.runs using (run)", tmp_path)
    with pytest.warns(UserWarning, match="was left out") as seen:
        assert len(query("show all tables", tmp_path))
    assert [str(one.message).split()[0] for one in seen] == ["bad", "unplanned"]
    shown = CliRunner().invoke(run.app, ["query", "show all tables", "--in", str(tmp_path)])
    assert "unplanned was left out" in shown.stderr


def test_a_damaged_study_is_listed_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("good", "damaged", "locked"):
        make(tmp_path / name)
    (tmp_path / "damaged/manifest.json").write_text("{", encoding="utf-8")
    reading = Store.get

    def refused(store: Store, name: str) -> bytes | None:
        if store.url.endswith("locked"):
            raise InputError("this cannot be read at the moment (Permission denied)")
        return reading(store, name)

    monkeypatch.setattr(Store, "get", refused)
    found = list_stores(tmp_path).set_index("name")
    assert found.loc["good", "kind"] == "compare"
    assert found["state"].to_dict() == {
        "good": "",
        "damaged": "its manifest is damaged",
        "locked": "this cannot be read at the moment (Permission denied)",
    }


def test_names_that_differ_in_capitals_are_not_mixed(tmp_path: Path) -> None:
    make(tmp_path / "Same", "ab")
    make(tmp_path / "same", "abc")
    answer, notes = ask("select count(*) from same.runs", tmp_path)
    assert answer.iloc[0, 0] == 2
    assert notes[0].startswith("same was left out, rename its folder")


def test_a_retried_run_and_a_copied_part_count_once(tmp_path: Path) -> None:
    store = Store(tmp_path / "s")
    store.begin({"kind": "compare"}, plan(list("abcd")))
    store.add(part(["a", "b"]))
    store.add(part(["c", "d"], FAILED, "unlucky"))
    assert query("select status, count(*) from s.runs group by all order by all", tmp_path).to_numpy().tolist() == [
        ["done", 2],
        ["failed", 2],
    ]
    store.add(part(["c", "d"]))
    for frame in ("runs", "yearly"):
        shutil.copy(files(store, frame)[0], files(store, frame)[0].with_name("copy.parquet"))
    assert query("select status, count(*) from s.runs group by all", tmp_path).to_numpy().tolist() == [["done", 4]]
    assert count(tmp_path, "s", "yearly") == 8


def test_the_documented_way_to_use_ones_own_duckdb_gives_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import duckdb

    page = (Path(run.__file__).parent / "docs/studies.md").read_text(encoding="utf-8")
    (sql,) = re.findall(r"^```sql\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    store = Store(tmp_path / "results/headline")
    store.begin({"kind": "compare"}, plan(list("ab")))
    store.add(part(["a", "b"], FAILED, "unlucky"))
    store.add(part(["a", "b"]))
    monkeypatch.chdir(tmp_path)
    answer = query("select scenario, avg(arrived_europe_kg) from headline.runs group by all", tmp_path / "results")
    with duckdb.connect() as own:
        assert own.execute(sql).fetchall() == [tuple(row) for row in answer.to_numpy().tolist()] == [("s", 97.5)]
