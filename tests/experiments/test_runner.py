"""Studies end to end: the runner, the store and what they survive. Small models; real processes are killed."""

from __future__ import annotations

import os
import pickle
import shutil
import signal
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from experiments.ensemble import places, provenance, runner
from experiments.ensemble.models import Histories
from experiments.ensemble.store import DONE, FAILED, Store
from experiments.study import Study
from model.errors import InputError
from model.world.tables import DATA

ROOT = Path(__file__).resolve().parents[2]
SMALL = {
    "title": "small",
    "question": "?",
    "kind": "sweep",
    "scenarios": ["as-it-happened", "no-maritime-platforms"],
    "fork": pd.Timestamp("2002-06-03").date(),
    "window": [2002, 2003],
    "replications": 3,
    "organisations": 20,
    "outcomes": ["arrived_europe_kg", "expected_seized_kg"],
    "design": {"steps": 3},
    "levers": [{"name": "cooperation", "target": "platform:*", "field": "sharing"}],
}
COMMAND = """
import sys
from experiments.ensemble import runner
from experiments.ensemble.store import Store
from experiments.study import Study
study = Study.load(sys.argv[1])
print("ready", flush=True)
runner.run(study, Store(sys.argv[2]), workers=2, progress=lambda e: print(e.fresh, flush=True))
"""
TOML = """
title = "small"
kind = "sweep"
scenarios = ["as-it-happened"]
fork = 2002-06-03
window = [2002, 2004]
replications = 6
organisations = 30
record = "yearly"
outcomes = ["arrived_europe_kg", "expected_seized_kg"]
[design]
steps = 12
[[levers]]
name = "cooperation"
target = "platform:*"
field = "sharing"
"""


def small(**changes: object) -> Study:
    return Study.from_dict({**SMALL, **changes}, name="small")


def content(store: Store) -> pd.DataFrame:
    return store.runs().sort_values("run", ignore_index=True)


def no_rubbish(folder: Path) -> None:
    left = [path.name for path in folder.rglob("*") if path.name.startswith((".writing-", ".lock"))]
    assert left == []


def test_a_repeated_command_runs_only_what_is_missing(tmp_path: Path) -> None:
    store = Store(tmp_path / "s")
    first = runner.run(small(), store)
    assert (first.planned, first.fresh, first.failed) == (18, 18, 0)
    again = runner.run(small(), store)
    assert (again.kept, again.fresh) == (18, 0)
    more = runner.run(small(replications=4), store)
    assert (more.kept, more.fresh) == (18, 6)
    assert len(store.runs()) == 24
    fewer = runner.run(small(replications=2), store)
    assert fewer.fresh == 0
    assert len(store.runs()) == 12  # the others stay on disk and are not counted
    no_rubbish(tmp_path)


def test_threads_and_their_number_change_no_bit(tmp_path: Path) -> None:
    stores = [Store(tmp_path / name) for name in "abc"]
    runner.run(small(), stores[0], workers=1)
    runner.run(small(), stores[1], workers=3)
    with ThreadPoolExecutor(2) as pool:
        runner.run(small(), stores[2], pool)
    for other in stores[1:]:
        pd.testing.assert_frame_equal(content(stores[0]), content(other), check_exact=True)


def test_a_fork_equals_the_model_run_by_hand(tmp_path: Path) -> None:
    from experiments.analysis.outcomes import measure_outcomes
    from model import RouteModel

    study = small(replications=1)
    store = Store(tmp_path / "s")
    runner.run(study, store)
    runs = store.runs()
    for arm in study.arms:
        model = RouteModel(arm.scenario, 1, 20).run()
        by_hand = measure_outcomes(model, 2002, 2003, study.outcomes)
        row = runs[runs["point"] == arm.point].iloc[0]
        assert {name: row[name] for name in study.outcomes} == by_hand


def test_a_failing_run_is_a_row_with_its_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, measure = Store(tmp_path / "s"), runner.measure_outcomes

    def sometimes(model: object, *rest: object) -> dict[str, float]:
        if model.seed_value == 2:  # type: ignore[attr-defined]
            raise RuntimeError("the second seed is unlucky")
        return measure(model, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(runner, "measure_outcomes", sometimes)
    effort = runner.run(small(), store)
    runs = store.runs()
    assert effort.failed == 6
    assert set(runs.loc[runs["seed"] == 2, "status"]) == {FAILED}
    assert "the second seed is unlucky" in runs.loc[runs["seed"] == 2, "error"].iloc[0]
    assert set(runs.loc[runs["seed"] != 2, "status"]) == {DONE}
    monkeypatch.undo()
    assert runner.run(small(), store).fresh == 0
    assert runner.run(small(), store, retry=True).fresh == 6
    assert set(store.runs()["status"]) == {DONE}


def test_a_lost_worker_gives_its_task_back(tmp_path: Path) -> None:
    lost = iter([True, False])

    class Fragile(ThreadPoolExecutor):
        def submit(self, call, /, *args, **keywords):  # type: ignore[no-untyped-def]
            def breaking(*a, **k):  # type: ignore[no-untyped-def]
                if next(lost, False):
                    raise ConnectionError("worker lost")
                return call(*a, **k)

            return super().submit(breaking, *args, **keywords)

    store = Store(tmp_path / "s")
    with Fragile(2) as pool:
        assert runner.run(small(), store, pool).failed == 0
    assert set(store.runs()["status"]) == {DONE}


def test_recorded_frames_are_those_of_the_model(tmp_path: Path) -> None:
    from model import RouteModel

    study = small(replications=1, record="events")
    store = Store(tmp_path / "s")
    runner.run(study, store)
    arm = study.arms[0]
    model = RouteModel(arm.scenario, 1, 20).run()
    states = store.frame("by_state")
    mine = states[states["point"] == 0].set_index(["year", "state"])["seized_kg"]
    pd.testing.assert_series_equal(mine, model.by("state")["seized_kg"].loc[2002:], check_exact=True)
    seizures = store.frame("seizures")
    assert seizures.loc[seizures["point"] == 0, "kg"].sum() == pytest.approx(
        model.seizures.loc[model.seizures["date"] >= "2001-12-31", "kg"].sum()
    )


def test_a_corrupted_part_is_found_and_made_again(tmp_path: Path) -> None:
    store = Store(tmp_path / "s")
    runner.run(small(), store)
    before = content(store)
    parts = sorted((tmp_path / "s/parts/runs").glob("*.parquet"))
    parts[0].write_bytes(parts[0].read_bytes()[:-40] + b"rubbish" * 4)
    parts[1].write_bytes(b"")
    effort = runner.run(small(), store)
    assert effort.fresh > 0
    assert len(effort.notes) == 2
    assert "its runs are made again" in effort.notes[0]
    pd.testing.assert_frame_equal(before, content(store), check_exact=True)


def test_one_writer_at_a_time(tmp_path: Path) -> None:
    store = Store(tmp_path / "s")
    with store.writing(), pytest.raises(InputError, match="another process is writing"):
        runner.run(small(), Store(tmp_path / "s"))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_keeps_what_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path / "s")
    original = places.put_local

    def full(path: Path, data: bytes) -> None:
        if "runs" in path.parts and len(list(path.parent.glob("*.parquet"))) >= 2:
            with Path("/dev/full").open("wb", buffering=0) as file:
                file.write(data)
        original(path, data)

    monkeypatch.setattr(places, "put_local", full)
    with pytest.raises(InputError, match="the disk is full"):
        runner.run(small(), store)
    monkeypatch.undo()
    kept = len(store.runs())
    assert 0 < kept < 18
    no_rubbish(tmp_path)
    assert runner.run(small(), store).fresh == 18 - kept


def test_a_read_only_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, study = tmp_path / "s", small()
    assert len(study.plan) == 18
    folder.mkdir()
    if os.geteuid() == 0:  # root writes anywhere: let the system call itself refuse

        def refuse(*_: object, **__: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr("experiments.ensemble.folder.FileLock.acquire", refuse)
    else:
        folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    with pytest.raises(InputError, match="nothing can be written there"):
        runner.run(study, Store(folder))


@pytest.mark.parametrize("moments_s", [(0.1, 0.4), pytest.param((0.0, 0.2, 0.4, 0.6), marks=pytest.mark.release)])
def test_a_process_that_is_killed_loses_only_what_it_was_at(tmp_path: Path, moments_s: tuple[float, ...]) -> None:
    """Killed with SIGKILL at moments spread over the study; the end is the same, run by run and frame by frame."""
    toml = tmp_path / "small.toml"
    toml.write_text(TOML)
    runner.run(Study.load(toml), Store(tmp_path / "whole"))
    for moment_s in moments_s:
        command = [sys.executable, "-c", COMMAND, str(toml), str(tmp_path / "killed")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            process.stdout.readline()
            time.sleep(moment_s)
            process.send_signal(signal.SIGKILL)
    killed = Store(tmp_path / "killed")
    last = runner.run(Study.load(toml), killed)
    assert last.planned == 72
    whole = Store(tmp_path / "whole")
    pd.testing.assert_frame_equal(content(whole), content(killed), check_exact=True)
    for frame in ("yearly", "by_state", "by_leg"):
        one, other = (
            s.frame(frame).sort_values(["run", "year"], kind="stable", ignore_index=True) for s in (whole, killed)
        )
        pd.testing.assert_frame_equal(one, other, check_exact=True)
    no_rubbish(tmp_path)


def test_an_interrupted_study_keeps_every_run_that_was_made(tmp_path: Path) -> None:
    seen: list[int] = []

    def stop(effort: runner.Effort) -> None:
        seen.append(effort.fresh)
        if effort.fresh >= 4:
            raise KeyboardInterrupt

    store, study = Store(tmp_path / "s"), small(replications=8)
    with pytest.raises(KeyboardInterrupt):
        runner.run(study, store, workers=1, progress=stop)
    kept = len(store.runs())
    assert 4 <= seen[-1] <= kept < study.plan["run"].nunique(), "those in a task that had not ended, too"
    after = runner.run(study, store, workers=2)
    assert after.kept == kept
    whole = Store(tmp_path / "whole")
    runner.run(study, whole, workers=2)
    pd.testing.assert_frame_equal(
        store.runs().sort_values("run", ignore_index=True), whole.runs().sort_values("run", ignore_index=True)
    )


@pytest.mark.parametrize("frame", ["runs", "yearly", "by_leg"])
def test_resume_makes_exactly_what_is_missing(tmp_path: Path, frame: str) -> None:
    """A frame of one part is deleted, of another truncated: their runs are made again, and no others."""
    store, study = Store(tmp_path / "s"), small(record="yearly")
    runner.run(study, store)
    before = content(store), store.frame("by_leg").sort_values(["run", "year", "leg"], ignore_index=True)
    parts = sorted((tmp_path / "s/parts/runs").glob("*.parquet"))[:2]
    lost = {run for part in parts for run in pq.read_table(part)["run"].to_pylist()}
    (tmp_path / "s/parts" / frame / parts[0].name).unlink()
    second = tmp_path / "s/parts" / frame / parts[1].name
    second.write_bytes(second.read_bytes()[:-20])
    effort = runner.run(study, store)
    assert (effort.fresh, effort.kept) == (len(lost), 18 - len(lost))
    assert len(effort.notes) == (1 if frame == "runs" else 2)
    pd.testing.assert_frame_equal(before[0], content(store), check_exact=True)
    again = store.frame("by_leg").sort_values(["run", "year", "leg"], ignore_index=True)
    pd.testing.assert_frame_equal(before[1], again, check_exact=True)
    assert runner.run(study, store).fresh == 0


def test_an_error_of_reading_stops_before_any_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path / "s")
    runner.run(small(replications=1), store)
    before = {path: path.read_bytes() for path in (tmp_path / "s").rglob("*.parquet")}

    def timed_out(*_: object) -> bytes:
        raise TimeoutError("read timed out")

    monkeypatch.setattr(store.fs, "cat_file", timed_out)
    monkeypatch.setattr(runner, "run_task", None)
    with pytest.raises(InputError, match="cannot be read at the moment"):
        runner.run(small(replications=2), store)
    assert {path: path.read_bytes() for path in (tmp_path / "s").rglob("*.parquet")} == before


# --- what a shared history depends on -----------------------------------------------------------------------------


def fresh_histories(monkeypatch: pytest.MonkeyPatch) -> Histories:
    """Histories of this test only, and how many were made."""
    monkeypatch.setattr(runner, "HISTORIES", Histories())
    return runner.HISTORIES


def test_two_studies_of_other_ends_in_one_process_agree_with_themselves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    histories = fresh_histories(monkeypatch)
    first, second = small(window=[2002, 2002], replications=2), small(window=[2002, 2005], replications=2)
    runner.run(second, Store(tmp_path / "alone"))
    fresh_histories(monkeypatch)
    runner.run(first, Store(tmp_path / "first"))
    runner.run(second, Store(tmp_path / "after"))
    pd.testing.assert_frame_equal(content(Store(tmp_path / "alone")), content(Store(tmp_path / "after")))
    assert len(runner.HISTORIES._kept) == 2 * len(histories._kept), "no history is shared between other ends"


def test_all_points_of_a_study_share_a_history_for_each_seed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = small(replications=2, scenarios=["as-it-happened"])
    histories = fresh_histories(monkeypatch)
    runner.run(study, Store(tmp_path / "s"))
    assert len(study.arms) == 3
    assert len(histories._kept) == 2


def test_changed_tables_at_the_same_path_make_other_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same as in a new process, where the tables are read for the first time."""

    tables = tmp_path / "tables"
    shutil.copytree(DATA, tables, ignore=shutil.ignore_patterns("build", "__pycache__"))
    histories = fresh_histories(monkeypatch)

    def runs(name: str) -> pd.DataFrame:
        study = small(replications=1, scenarios=["as-it-happened"], design={"steps": 2}).with_(tables=tables)
        runner.run(study, Store(tmp_path / name))
        return content(Store(tmp_path / name))

    before = runs("before")
    demand = pd.read_csv(tables / "demand.csv", dtype=str)
    masses = ["kg", "kg_low", "kg_high"]
    demand[masses] = (demand[masses].astype(float) * 1.3).astype(str)
    demand.to_csv(tables / "demand.csv", index=False)
    after = runs("after")
    assert not set(before["run"]) & set(after["run"])
    assert (before["arrived_europe_kg"] - after["arrived_europe_kg"]).abs().min() > 1.0
    assert len(histories._kept) == 2
    shutil.move(tables, tmp_path / "moved")
    shutil.copytree(tmp_path / "moved", tables)
    provenance._world.cache_clear()
    fresh_histories(monkeypatch)
    pd.testing.assert_frame_equal(after, runs("again"), check_exact=True)


# --- what a worker must have --------------------------------------------------------------------------------------


@pytest.mark.parametrize("field", ["source", "outcomes"])
def test_a_worker_of_other_sources_refuses_by_name(tmp_path: Path, field: str) -> None:
    study = small(replications=1)
    study.__dict__["origin"] = study.origin._replace(**{field: "f" * 64})  # a value that is computed once
    store = Store(tmp_path / "s")
    with pytest.raises(InputError, match=rf"worker = .*process {os.getpid()}, {field} hash.*restart its workers"):
        runner.run(study, store)
    assert len(store.runs()) == 0, "a refused task is no failed run"


def test_a_worker_of_other_tables_refuses(tmp_path: Path) -> None:
    study = small(replications=1)
    task = next(runner.tasks(study, set(study.plan["run"]), 1))
    with pytest.raises(InputError, match="these tables are not those that the study was planned with"):
        runner.run_task(task._replace(origin=task.origin._replace(data="0" * 64)))


def test_a_process_that_loaded_other_code_refuses(tmp_path: Path) -> None:
    """A real process: the package is copied and one line of the model is changed."""
    copy = tmp_path / "copy"
    for name in ("model", "experiments"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "build"))
    with (copy / "model/kinds.py").open("a") as file:
        file.write("# another version\n")
    study = small(replications=1)
    task = next(runner.tasks(study, set(study.plan["run"]), 1))
    (tmp_path / "task").write_bytes(pickle.dumps(task))
    load = "pickle.load(open(sys.argv[1], 'rb'))"
    code = f"import pickle, sys; from experiments.ensemble import runner; runner.run_task({load})"
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "task")],
        cwd=copy,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(copy)},
    )
    assert done.returncode == 1
    assert f"allowed: workers with the source hash {task.origin.source[:16]}" in done.stderr.lower()


def test_a_study_resumed_under_other_versions_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path / "s")
    assert runner.run(small(replications=1), store).notes == ()
    assert {"python", "numba", "llvmlite", "numpy"} <= set(store.manifest["versions"])
    now = provenance.deciding_versions()
    monkeypatch.setattr(provenance, "deciding_versions", lambda: {**now, "numba": "9.9.9"})
    (note,) = runner.run(small(replications=2), store).notes
    assert note.startswith(f"some stored runs were made with numba {now['numba']} (now 9.9.9)")
    assert len(runner.run(small(replications=2), store).notes) == 1


def test_a_study_of_version_0_1_says_under_which_versions_it_was_made(tmp_path: Path) -> None:
    """Its parts do not say it, its manifest does."""
    store = Store(tmp_path / "s")
    runner.run(small(replications=1), store)
    for path in (tmp_path / "s/parts/runs").iterdir():
        pq.write_table(pq.read_table(path).replace_schema_metadata(None), path.with_name(f"{'a' * 16}.parquet"))
        path.unlink()
    store.write_manifest({**store.manifest, "versions": {"python": "3.9.1", "numpy": "1.0"}})
    (note,) = runner.run(small(replications=1), store).notes
    assert note.startswith("some stored runs were made with python 3.9.1 (now 3.")
    assert "numpy 1.0 (now" in note


def test_files_changed_since_they_were_loaded_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run keeps the hash of the loaded code, though the disk has another."""
    planned = small(replications=1).plan["run"]
    sources = tmp_path / "model"
    shutil.copytree(provenance.SOURCE, sources, ignore=shutil.ignore_patterns("__pycache__"))
    (sources / "kinds.py").write_text("# edited", encoding="utf-8")
    monkeypatch.setattr(provenance, "SOURCE", sources)
    assert provenance.changed_since_import() == ["source"]
    effort = runner.run(small(replications=1), Store(tmp_path / "s"))
    assert "changed on disk after this session loaded them (source)" in effort.notes[0]
    assert small(replications=1).plan["run"].tolist() == planned.tolist()
