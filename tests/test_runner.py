"""Studies end to end: the runner, the store and what they survive. Small models; real processes are killed."""

from __future__ import annotations

import os
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

from experiments import runner
from experiments.store import DONE, FAILED, Store
from experiments.study import Study
from model.errors import InputError

SMALL = {
    "title": "small", "question": "?", "kind": "sweep", "scenarios": ["as-it-happened", "no-maritime-platforms"],
    "fork": pd.Timestamp("2002-06-03").date(), "window": [2002, 2003], "replications": 3, "organisations": 20,
    "outcomes": ["arrived_europe_kg", "expected_seized_kg"], "design": {"steps": 3},
    "levers": [{"name": "cooperation", "target": "platform:*", "field": "sharing"}],
}  # fmt: skip
COMMAND = """
import sys
from experiments import runner
from experiments.store import Store
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
    from experiments.outcomes import measure_outcomes
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
    original = Store._put_local

    def full(self: Store, path: Path, data: bytes) -> None:
        if "runs" in path.parts and len(list(path.parent.glob("*.parquet"))) >= 2:
            with Path("/dev/full").open("wb", buffering=0) as file:
                file.write(data)
        original(self, path, data)

    monkeypatch.setattr(Store, "_put_local", full)
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

        monkeypatch.setattr("experiments.folder.FileLock.acquire", refuse)
    else:
        folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    with pytest.raises(InputError, match="nothing can be written there"):
        runner.run(study, Store(folder))


def test_a_process_that_is_killed_loses_only_what_it_was_at(tmp_path: Path) -> None:
    """Killed with SIGKILL at moments spread over the study; the end is the same, run by run and frame by frame."""
    toml = tmp_path / "small.toml"
    toml.write_text(TOML)
    runner.run(Study.load(toml), Store(tmp_path / "whole"))
    for number in range(6):
        command = [sys.executable, "-c", COMMAND, str(toml), str(tmp_path / "killed")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            process.stdout.readline()
            time.sleep(0.12 * number)
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
    pd.testing.assert_frame_equal(store.runs().sort_values("run", ignore_index=True),
                                  whole.runs().sort_values("run", ignore_index=True))  # fmt: skip


def test_parts_are_written_with_checksums(tmp_path: Path) -> None:
    store = Store(tmp_path / "s")
    runner.run(small(replications=1), store)
    part = next((tmp_path / "s/parts/runs").glob("*.parquet"))
    data = bytearray(part.read_bytes())
    column = pq.ParquetFile(part).metadata.row_group(0).column(4)
    # a column that has a dictionary begins with it; beyond it stands the next one's header, which has no checksum
    start = column.dictionary_page_offset or column.data_page_offset
    data[start + column.total_compressed_size - 1] ^= 0xFF
    part.write_bytes(bytes(data))
    with pytest.raises(OSError, match=r"(?i)crc|checksum|corrupt"):
        store.runs()
    assert runner.run(small(replications=1), store).fresh > 0
