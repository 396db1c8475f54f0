"""Histories and single runs: the same files on any number of workers, a true manifest, no harm to what was there."""

from __future__ import annotations

import hashlib
import json
import math
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from experiments.ensemble import provenance, recording, runner
from experiments.ensemble.folder import read_manifest, to_json
from experiments.ensemble.recording import DIMENSIONS, FRAMES
from experiments.ensemble.runner import Effort
from experiments.ensemble.store import Store
from experiments.history import Replications, replications_of, run_history, run_once
from model import RouteModel, Scenario
from model.errors import InputError
from model.parameters import Parameters
from model.world.tables import DATA

EFFORT = {"created", "seconds", "workers"}
"""Keys of the manifest that say how results were made, and so may differ."""
SHORT = 'title = "Two years"\nbase = "as-it-happened"\nend = 2001-12-31\n'
ORGANISATIONS = 30


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("scenario") / "two-years.toml"
    path.write_text(SHORT, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def results(short: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("results") / "history"
    return run_history(short, 2, 7, ORGANISATIONS, out, workers=1)


def contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir() if path.is_file()}


def manifest_of(directory: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((directory / "manifest.json").read_text(encoding="utf-8"))
    return found


# --- what is written ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [2, 5])
def test_files_do_not_depend_on_the_number_of_workers(results: Path, short: Path, tmp_path: Path, workers: int):
    other = run_history(short, 2, 7, ORGANISATIONS, tmp_path / "again", workers=workers)
    ours, theirs = contents(results), contents(other)
    assert set(ours) == set(theirs) == {"manifest.json", *(f"{name}.parquet" for name in ("plan", *FRAMES))}
    for name in ours:
        if name != "manifest.json":
            assert ours[name] == theirs[name], name
    left, right = manifest_of(results), manifest_of(other)
    assert {k: v for k, v in left.items() if k not in EFFORT} == {k: v for k, v in right.items() if k not in EFFORT}


def test_frames_are_those_of_the_models(results: Path, short: Path):
    for replication, seed in enumerate((7, 8)):
        model = RouteModel(short, rng=seed, organisations=ORGANISATIONS).run()
        expected = {"weekly": model.weekly.reset_index(), "yearly": model.yearly.reset_index()}
        expected |= {f"by_{d}": model.by(d).reset_index() for d in DIMENSIONS}
        expected["seizures"] = model.seizures
        for name, frame in expected.items():
            found = pd.read_parquet(results / f"{name}.parquet")
            assert found.columns[0] == "replication"
            found = found[found["replication"] == replication].drop(columns="replication").reset_index(drop=True)
            assert list(found.columns) == list(frame.columns)
            for column in frame.columns:
                assert (found[column].to_numpy() == frame[column].to_numpy()).all(), (name, column)


def test_replications_differ(results: Path):
    yearly = pd.read_parquet(results / "yearly.parquet")
    assert yearly.groupby("year")["seized_kg"].nunique().eq(2).all()
    assert set(yearly["replication"]) == {0, 1}


def test_manifest_says_what_was_run(results: Path, short: Path):
    manifest = manifest_of(results)
    assert manifest["scenario"] == "two-years"
    assert manifest["scenario_identity"] == Scenario.load(short).identity()
    assert manifest["seeds"] == [7, 8]
    assert manifest["organisations"] == ORGANISATIONS
    assert manifest["parameters"] == Parameters().model_dump(mode="json")
    assert manifest["data_hash"] == provenance.data_hash()
    assert manifest["source_hash"] == provenance.source_hash()
    assert {"python", "mesa", "numba", "numpy", "pandas", "highway10"} <= set(manifest["versions"])  # type: ignore[call-overload]
    assert manifest["workers"] == 1
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", str(manifest["created"]))


def test_manifest_names_no_machine_and_no_path(results: Path):
    import platform

    text = (results / "manifest.json").read_text(encoding="utf-8")
    assert str(Path.home()) not in text
    assert str(results.parent) not in text
    assert not platform.node() or f'"{platform.node()}"' not in text


def test_manifest_tells_the_hash_of_every_file(results: Path):
    files = manifest_of(results)["files"]
    assert isinstance(files, dict)
    for name in FRAMES:
        data = (results / f"{name}.parquet").read_bytes()
        assert files[name]["sha256"] == hashlib.sha256(data).hexdigest()
        assert files[name]["rows"] == len(pd.read_parquet(results / f"{name}.parquet"))


def test_run_id_follows_what_is_run_not_how(short: Path):
    scenario = Scenario.load(short)
    one = replications_of("history", short, (1, 2), 30)
    words = replications_of("history", scenario, (1, 2), 30)
    other = replications_of("history", scenario.with_parameters(supply_scale=1.1), (1, 2), 30)
    fewer = replications_of("history", short, (1,), 30)
    ids = [made.describe()["run_id"] for made in (one, words, other, fewer)]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3


def test_parameters_are_used_and_recorded(short: Path, tmp_path: Path):
    scenario = Scenario.load(short).with_parameters(supply_scale=1.3)
    out = run_once(scenario, tmp_path / "run", 7, ORGANISATIONS, until="2000-06-30")
    assert manifest_of(out)["parameters"]["supply_scale"] == 1.3  # type: ignore[index]
    produced = pd.read_parquet(out / "weekly.parquet")["produced_kg"]
    base = RouteModel(short, rng=7, organisations=ORGANISATIONS).run_for(len(produced)).weekly["produced_kg"]
    assert np.allclose(produced, 1.3 * base.to_numpy())


def test_until_is_the_last_day(short: Path, tmp_path: Path):
    out = run_once(short, tmp_path / "run", 7, ORGANISATIONS, until="2000-01-10")
    dates = pd.read_parquet(out / "weekly.parquet")["date"]
    assert [str(day.date()) for day in dates] == ["2000-01-03", "2000-01-10"]


def test_a_run_without_seizures_has_the_same_columns(results: Path, short: Path, tmp_path: Path):
    out = run_once(short, tmp_path / "run", 7, 10, until="2000-01-03")
    ours, theirs = (pd.read_parquet(path / "seizures.parquet").dtypes for path in (out, results))
    assert ours.equals(theirs)


def test_a_manifest_is_json_whatever_its_numbers_are(tmp_path: Path):
    told = {"kind": "validation", "verdict": {"error": math.nan, "list": [1.5, math.inf, {"low": -math.inf}]}, "n": 3}
    text = to_json(told)
    plain = json.loads(text, parse_constant=pytest.fail)  # NaN and Infinity are no JSON
    assert plain["verdict"] == {"error": None, "list": [1.5, None, {"low": None}]}
    assert plain["not_finite"] == {"verdict/error": "nan", "verdict/list/1": "inf", "verdict/list/2/low": "-inf"}
    (tmp_path / "manifest.json").write_text(text, encoding="utf-8")
    again = read_manifest(tmp_path)
    assert math.isnan(again["verdict"]["error"])
    assert again["verdict"]["list"] == told["verdict"]["list"]
    assert "not_finite" not in to_json({"n": 3.5})
    store = Store(tmp_path / "study")
    store.write_manifest({"kind": "sweep", "seconds": math.nan})
    json.loads((tmp_path / "study/manifest.json").read_text(encoding="utf-8"), parse_constant=pytest.fail)
    assert math.isnan(store.manifest["seconds"])
    (tmp_path / "manifest.json").write_text('{"not_finite": {"gone/3": "nan"}}', encoding="utf-8")
    assert read_manifest(tmp_path) == {}


def test_hashes_notice_a_change(tmp_path: Path):
    (tmp_path / "a.csv").write_text("x\n1\n", encoding="utf-8")
    before = provenance.data_hash(tmp_path)
    (tmp_path / "a.csv").write_bytes(b"x\r\n1\r\n")
    assert provenance.data_hash(tmp_path) == before
    (tmp_path / "columns.csv").write_text("a source, no facts\n", encoding="utf-8")
    assert provenance.data_hash(tmp_path) == before
    (tmp_path / "a.csv").write_text("x\n2\n", encoding="utf-8")
    assert provenance.data_hash(tmp_path) != before


def test_outside_git_there_is_no_commit(tmp_path: Path):
    assert provenance.git_state(tmp_path) == (None, None)


# --- progress and stopping ----------------------------------------------------------------------------------------


def test_progress_counts_up_to_the_whole(short: Path, tmp_path: Path):
    seen: list[Effort] = []
    run_history(short, 3, 1, 10, tmp_path / "out", workers=2, progress=seen.append)
    fresh = [effort.fresh for effort in seen]
    assert fresh == sorted(fresh)
    assert (fresh[0], fresh[-1]) == (0, 3)
    assert {effort.planned for effort in seen} == {3}


def test_warnings_of_the_scenario_come_first(short: Path, tmp_path: Path):
    seen: list[Effort] = []
    scenario = Scenario.load(short).with_parameters(salience_bias=0.4)
    out = run_history(scenario, 1, 1, 10, tmp_path / "out", progress=seen.append)
    (warning,) = manifest_of(out)["warnings"]  # type: ignore[misc]
    assert seen[0].notes[0] == f"Warning: {warning}"


def test_an_interrupted_history_leaves_the_old_files_and_resumes(short: Path, tmp_path: Path):
    out = run_history(short, 2, 7, 10, tmp_path / "out")
    before = contents(out)

    def stop(effort: Effort) -> None:
        if effort.fresh >= 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_history(short, 6, 20, 10, out, workers=1, progress=stop)
    after = contents(out)
    assert {name: after[name] for name in before if "manifest" not in name and "plan" not in name} == {
        name: before[name] for name in before if "manifest" not in name and "plan" not in name
    }
    assert manifest_of(out)["state"] == "running"
    seen: list[Effort] = []
    run_history(short, 6, 20, 10, out, progress=seen.append)
    assert seen[0].kept + seen[-1].fresh == 6
    assert seen[0].kept >= 2
    again = run_history(short, 6, 20, 10, tmp_path / "at once")
    assert all(contents(again)[name] == text for name, text in contents(out).items() if name != "manifest.json")


def test_more_replications_keep_those_made_before(short: Path, tmp_path: Path):
    seen: list[Effort] = []
    run_history(short, 2, 1, 10, tmp_path / "out")
    run_history(short, 3, 1, 10, tmp_path / "out", progress=seen.append)
    assert (seen[0].kept, seen[-1].fresh) == (2, 1)
    assert set(pd.read_parquet(tmp_path / "out/yearly.parquet")["replication"]) == {0, 1, 2}
    assert set(Store(tmp_path / "out").frame("yearly")["replication"]) == {0, 1, 2}


def test_a_fault_in_a_run_is_raised_and_made_again(short: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    recorded = recording.frames_of

    def broken(model: RouteModel, *rest: object) -> dict[str, pd.DataFrame]:
        if model.seed_value == 2:
            raise RuntimeError("fault of the second seed")
        return recorded(model, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(recording, "frames_of", broken)
    with pytest.raises(RuntimeError, match=r"the run with seed 2 failed:(.|\n)*fault of the second seed"):
        run_history(short, 3, 1, 10, tmp_path / "out", workers=2)
    assert not (tmp_path / "out/yearly.parquet").exists()
    monkeypatch.undo()
    seen: list[Effort] = []
    run_history(short, 3, 1, 10, tmp_path / "out", workers=2, progress=seen.append)
    assert (seen[0].kept, seen[-1].fresh) == (2, 1)


def test_a_replication_is_a_task_of_its_own(short: Path):
    """So that memory is bounded: three tasks for each worker are given out at a time."""
    made = replications_of("history", short, tuple(range(1, 9)), 10)
    sizes = [len(task.runs) for task in runner.tasks(made, set(made.plan["run"]), 1)]
    assert sizes == [1] * 8


# --- folders ------------------------------------------------------------------------------------------------------


def test_old_results_are_replaced(short: Path, tmp_path: Path):
    out = tmp_path / "history"
    run_history(short, 1, 1, 10, out)
    (out / "report.html").write_text("of the old results", encoding="utf-8")
    run_history(short, 1, 2, 10, out)
    assert manifest_of(out)["seeds"] == [2]
    assert len(pd.read_parquet(out / "yearly.parquet")) == 3
    assert len(Store(out).rows("yearly")) == 6, "runs of before are kept"
    assert not (out / "report.html").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["history"]


def foreign(kind: str, tmp_path: Path) -> Path:
    out = tmp_path / "mine"
    if kind == "a file":
        out.write_text("a letter", encoding="utf-8")
        return out
    if kind == "below a file":
        out.write_text("a letter", encoding="utf-8")
        return out / "results"
    out.mkdir()
    texts = {
        "other files": {"thesis.docx": "years of work"},
        "another manifest": {"manifest.json": '{"name": "web page"}'},
        "no json": {"manifest.json": "hello"},
        "another study": {"manifest.json": '{"study": "run"}'},
        "version 0.1": {"manifest.json": '{"run_id": "c3641009b14a4c68", "versions": {"highway10": "0.1.0"}}'},
        "own notes": {"manifest.json": '{"study": "history"}', "notes.md": "what I think"},
    }
    for name, text in texts[kind].items():
        (out / name).write_text(text, encoding="utf-8")
    return out


@pytest.mark.parametrize(
    "kind",
    [
        "a file",
        "below a file",
        "other files",
        "another manifest",
        "no json",
        "another study",
        "own notes",
        "version 0.1",
    ],
)
def test_a_foreign_folder_is_refused_and_left_alone(kind: str, tmp_path: Path):
    out = foreign(kind, tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(InputError) as refused:
        run_history(out=out)
    assert refused.value.field == "out"
    assert str(out) in str(refused.value)
    assert "choose another folder" in str(refused.value)
    assert ("holds results of version 0.1" in str(refused.value)) is (kind == "version 0.1")
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_folder_of_an_earlier_version_is_taken_over(short: Path, tmp_path: Path):
    """Its manifest names the kind in `study`, and it has plain files only."""
    out = tmp_path / "history"
    out.mkdir()
    (out / "manifest.json").write_text('{"study": "history", "seeds": [5]}', encoding="utf-8")
    (out / "yearly.parquet").write_bytes(b"of an earlier version")
    run_history(short, 1, 1, 10, out)
    assert manifest_of(out)["seeds"] == [1]
    assert len(pd.read_parquet(out / "yearly.parquet")) == 3


def test_an_empty_folder_and_new_parents_will_do(short: Path, tmp_path: Path):
    (tmp_path / "empty").mkdir()
    for out in (tmp_path / "empty", tmp_path / "a" / "b" / "c"):
        assert run_once(short, out, 1, 10, until="2000-01-10") == out
        assert (out / "manifest.json").exists()


def test_tables_that_changed_are_read_anew_and_hashed_as_read(tmp_path: Path) -> None:
    """In one process, from one path; the description may name files of any kind in any folder."""
    tables = tmp_path / "tables"
    shutil.copytree(DATA, tables, ignore=shutil.ignore_patterns("build", "__pycache__"))
    (tables / "sub").mkdir()
    (tables / "demand.csv").rename(tables / "sub/demand.txt")
    text = (tables / "datapackage.json").read_text(encoding="utf-8")
    (tables / "datapackage.json").write_text(text.replace('"demand.csv"', '"sub/demand.txt"'), encoding="utf-8")

    def study() -> Replications:
        return replications_of("run", "as-it-happened", (1,), 10, tables)

    first = study()
    demand = pd.read_csv(tables / "sub/demand.txt", dtype=str)
    masses = ["kg", "kg_low", "kg_high"]
    demand[masses] = (demand[masses].astype(float) * 2.0).astype(str)
    demand.to_csv(tables / "sub/demand.txt", index=False)
    second = study()
    assert study().world is second.world
    mine, other = (one.world.tables.demand["kg"].to_numpy(float) for one in (first, second))
    np.testing.assert_allclose(2.0 * mine, other)
    assert first.describe()["data_hash"] != second.describe()["data_hash"]
    assert first.describe()["run_id"] != second.describe()["run_id"]


def test_tables_that_change_while_they_are_read_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tables = tmp_path / "tables"
    shutil.copytree(DATA, tables, ignore=shutil.ignore_patterns("build", "__pycache__"))
    reading = provenance.load_tables

    def edited(path: str) -> object:
        found = reading(path)
        with (tables / "demand.csv").open("a", encoding="utf-8") as file:
            file.write("\n")
        return found

    monkeypatch.setattr(provenance, "load_tables", edited)
    with pytest.raises(InputError, match="these tables are not those that the study was planned with"):
        replications_of("run", "as-it-happened", (1,), 10, tables)
