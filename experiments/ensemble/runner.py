"""Run an ensemble: one history for each seed up to the fork, a fork of it for each scenario, on any executor.

A task is some tens of runs that share histories. It runs in a thread, a process or on a Dask worker alike: it carries
experiments and gives back Arrow tables, which the caller stores as they come. A run that fails is a row with its
traceback. Results do not depend on the executor, the number of workers or the order of tasks.
"""

import datetime as dt
import json
import os
import socket
import time
import traceback
import uuid
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

import pandas as pd
import pyarrow as pa

from experiments.analysis.outcomes import measure_outcomes
from experiments.ensemble import provenance, recording
from experiments.ensemble.executors import count_workers, executing, interruptions_held
from experiments.ensemble.models import HISTORIES, Experiment, StoppedError, cache_is_cold, read_model, run_model
from experiments.ensemble.parts import RUNS, VERSIONS
from experiments.ensemble.provenance import Origin
from experiments.ensemble.store import DONE, FAILED, Store
from model import RouteModel
from model.errors import InputError
from model.world import World

__all__ = ["Effort", "Ensemble", "Task", "cache_is_cold", "close", "executing", "run", "run_task", "tasks", "warm_up"]

PART_RUNS: Final = 50
SEEDS_AT_ONCE: Final = 16
POLL_SECONDS: Final = 0.2
TRIES: Final = 3
"""How often a task is given out before its runs count as failed: its worker may die."""


class Effort(NamedTuple):
    """How far an ensemble is, for a progress bar; `fresh` runs were made by this command."""

    planned: int
    kept: int
    fresh: int
    failed: int
    seconds: float
    notes: tuple[str, ...] = ()


class Ensemble(Protocol):
    """What is run: `plan` has a row for each run, with its identity (`run`), arm, point and seed.

    Each of the `arms` has a `scenario`, and in `record` the level of what is kept of its runs.
    """

    @property
    def plan(self) -> pd.DataFrame: ...  # noqa: D102

    @property
    def arms(self) -> Sequence[Any]: ...  # noqa: D102

    @property
    def fork(self) -> dt.date | None: ...  # noqa: D102

    @property
    def window(self) -> tuple[int, int]: ...  # noqa: D102

    @property
    def organisations(self) -> int: ...  # noqa: D102

    @property
    def outcomes(self) -> tuple[str, ...]: ...  # noqa: D102

    @property
    def tables(self) -> Path | None: ...  # noqa: D102

    @property
    def origin(self) -> Origin: ...  # noqa: D102

    def describe(self) -> dict[str, Any]: ...  # noqa: D102


class Task(NamedTuple):
    """Experiments that a worker runs in one go, with the identity of each run.

    `origin` is what the caller planned with: hashes of sources and tables. A worker that has others refuses the task.
    """

    experiments: tuple[Experiment, ...]
    runs: tuple[str, ...]
    window: tuple[int, int]
    outcomes: tuple[str, ...]
    tables: Path | None
    origin: Origin


@dataclass
class Job:
    """A command at work, as the threads of its process see it: the runs made so far, and whether to stop."""

    made: list[str] = field(default_factory=list)
    stopped: bool = False


JOBS: Final[dict[str, Job]] = {}
"""Those of this process. Workers in other processes know none, and end their tasks."""


# --- on a worker --------------------------------------------------------------------------------------------------


def run_task(task: Task, token: str = "") -> dict[str, pa.Table]:
    """Make the runs of a task and give its tables, those made so far if its job is stopped; executors call this.

    Raises
    ------
    InputError
        If this worker has other sources or tables than the caller.
    """
    world, job = _world_of(task), JOBS.get(token) or Job()
    rows: list[dict[str, Any]] = []
    frames: list[tuple[str, dict[str, pd.DataFrame]]] = []
    for experiment, run in zip(task.experiments, task.runs, strict=True):
        row: dict[str, Any] = {"run": run, "seed": experiment.seed, "status": DONE, "error": ""}
        read = partial(_read, task, experiment)
        try:
            outcomes, recorded = read_model(
                experiment, read, world=world, shared=HISTORIES, stopped=lambda: job.stopped
            )
            row |= outcomes
            frames += [(run, recorded)] if recorded else []
        except StoppedError:
            break
        except Exception:
            row |= {"status": FAILED, "error": traceback.format_exc(limit=-6)}
        rows.append(row)
        job.made.append(run)
    made = recording.tables_of(rows, task.outcomes, frames)
    return {**made, RUNS: made[RUNS].replace_schema_metadata({VERSIONS: json.dumps(provenance.deciding_versions())})}


def _read(task: Task, experiment: Experiment, model: RouteModel) -> tuple[dict[str, float], dict[str, pd.DataFrame]]:
    """Outcomes of a run, and its frames from the year of the fork on, or from the first that is read."""
    first = task.window[0] if experiment.fork is None else min(experiment.fork.year, task.window[0])
    return (
        measure_outcomes(model, *task.window, task.outcomes) if task.outcomes else {},
        recording.frames_of(model, experiment.record, first),
    )


def _world_of(task: Task) -> World:
    """The world that a task was planned with; raises InputError if it is not to be had here."""
    mine = provenance.origin()
    for part, name in (("source", "model"), ("outcomes", "experiments")):
        here, there = getattr(mine, part), getattr(task.origin, part)
        if here != there:
            raise InputError(
                f"a worker has loaded other code of {name} than the study was planned with",
                field="worker",
                value=f"{socket.gethostname()}, process {os.getpid()}, {part} hash {here[:16]}",
                allowed=f"workers with the {part} hash {there[:16]}",
                remedy="give every machine the same version, restart its workers, and give the same command again",
            )
    return provenance.read_world(task.tables, task.origin.data)


# --- the caller ---------------------------------------------------------------------------------------------------


def warm_up(ensemble: Ensemble) -> None:
    """Compile or load the rules of the week before any thread needs them."""
    scenario, world = ensemble.arms[0].scenario, provenance.read_world(ensemble.tables, ensemble.origin.data)
    run_model(Experiment(scenario, 0, 10, until=scenario.start + dt.timedelta(weeks=1)), world=world)


def run(
    ensemble: Ensemble,
    store: Store,
    executor: Executor | None = None,
    *,
    workers: int | None = None,
    retry: bool = False,
    progress: Callable[[Effort], object] = lambda _: None,
) -> Effort:
    """Run what is missing of an ensemble and store it.

    Parameters
    ----------
    ensemble
        A `Study`, or anything else with a plan.
    store
        Where runs are kept; runs that are there are not made again.
    executor
        Any executor of `concurrent.futures`, or Dask's; threads by default. It is not shut down.
    workers
        Threads; by default one for each core.
    retry
        Make failed runs again.
    progress
        Called with an `Effort` a few times a second, from the calling thread.

    Raises
    ------
    InputError
        If the ensemble cannot be, or nothing can be written. What was stored stays.
    KeyboardInterrupt
        After Ctrl-C; what was finished is kept.
    """
    started, count = time.perf_counter(), count_workers(workers)
    runs, what = dict.fromkeys(ensemble.plan["run"]), ensemble.describe()
    with store.writing(what["kind"]), ExitStack() as stack:
        kept, notes = store.kept()
        notes += _other_makings(store)
        store.begin({**what, "state": "running"}, ensemble.plan)
        missing = {run for run in runs if run not in kept or (retry and kept[run] == FAILED)}
        effort = Effort(len(runs), len(runs) - len(missing), 0, 0, 0.0, tuple(notes))
        progress(effort)
        check = stack.enter_context(interruptions_held())
        where = executor or stack.enter_context(ThreadPoolExecutor(count, thread_name_prefix="runs"))
        for fresh, failed in stack.enter_context(closing(_run_all(ensemble, store, where, missing, count))):
            effort = effort._replace(fresh=fresh, failed=failed, seconds=time.perf_counter() - started)
            progress(effort)
            check()
    return effort


def _other_makings(store: Store) -> list[str]:
    """Notes where stored runs or files on disk are not of the versions and sources that are loaded."""
    mine, before = provenance.deciding_versions(), store.manifest.get("versions")
    notes = []
    for made in store.made_with:
        found = made or (before if isinstance(before, dict) else {})  # parts of version 0.1 do not name any
        others = [f"{name} {found[name]} (now {text})" for name, text in mine.items() if found.get(name, text) != text]
        if others:
            notes.append(
                f"some stored runs were made with {', '.join(others)}; "
                "the last digits of runs may differ between versions"
            )
    changed = sorted(set(provenance.changed_since_import()) & set(Origin._fields))
    if changed:
        notes.append(
            f"files of the model were changed on disk after this session loaded them ({', '.join(changed)}); "
            "the runs are those of what was loaded, restart to use the rest"
        )
    return notes


def _run_all(
    ensemble: Ensemble, store: Store, executor: Executor, missing: set[str], workers: int
) -> Generator[tuple[int, int]]:
    """Give out tasks, at most three for each worker at a time, and store what comes back; runs made, and failed."""
    token, job = uuid.uuid4().hex, Job()
    JOBS[token] = job
    waiting: dict[Future[dict[str, pa.Table]], tuple[Task, int]] = {}
    left = tasks(ensemble, missing, workers)
    most = 3 * max(workers, getattr(executor, "workers_there", 0))
    made = failed = 0
    try:
        while True:
            while len(waiting) < most and (task := next(left, None)) is not None:
                waiting[executor.submit(run_task, task, token)] = task, 1
            if not waiting:
                return
            for future in wait(waiting, timeout=POLL_SECONDS, return_when=FIRST_COMPLETED).done:
                task, tries = waiting.pop(future)
                tables = _result(future, task, tries)
                if tables is None:
                    waiting[executor.submit(run_task, task, token)] = task, tries + 1
                    continue
                store.add(tables)
                made += len(task.runs)
                failed += tables[RUNS]["status"].to_pylist().count(FAILED)
            yield max(made, min(len(job.made), len(missing))), failed
    finally:
        job.stopped = True
        ended = wait([future for future in waiting if not future.cancel()], timeout=60).done
        del JOBS[token]
        for tables in (future.result() for future in ended if future.exception() is None):
            if tables[RUNS].num_rows:
                store.add(tables)


def _result(future: Future[dict[str, pa.Table]], task: Task, tries: int) -> dict[str, pa.Table] | None:
    """Tables of a finished task; None where its worker was lost and it is to be given out again."""
    try:
        return future.result()
    except InputError:  # the worker refuses what it cannot do rightly: no use in asking again
        raise
    except Exception as error:
        if tries < TRIES:
            return None
        text = f"given out {tries} times: {type(error).__name__}: {error}"
        return recording.tables_of(
            [
                {"run": run, "seed": experiment.seed, "status": FAILED, "error": text}
                for experiment, run in zip(task.experiments, task.runs, strict=True)
            ],
            task.outcomes,
            [],
        )


def tasks(ensemble: Ensemble, missing: set[str], workers: int) -> Iterator[Task]:
    """What is missing, cut into tasks: some points with some seeds, so that histories are shared and memory is bounded.

    Points run outermost within a block of seeds, since a point is prepared once for all its seeds. A run that keeps
    every seizure and shares no history is a task of its own, since its frames are large.
    """
    alone = ensemble.fork is None and ensemble.arms[0].record == "events"
    size = 1 if alone else max(4, min(PART_RUNS, len(missing) // (8 * workers)))
    plan = ensemble.plan[["arm", "point", "seed", "run"]]
    block = plan.groupby("point").cumcount() // SEEDS_AT_ONCE
    order = plan.assign(block=block).sort_values(["block", "point", "seed"], kind="stable").drop_duplicates("run")
    for _, rows in order[order["run"].isin(missing)].groupby("block"):
        for first in range(0, len(rows), size):
            some = rows.iloc[first : first + size]
            arms = [ensemble.arms[arm] for arm in some["arm"]]
            experiments = tuple(
                Experiment(arm.scenario, seed, ensemble.organisations, arm.record, fork=ensemble.fork)
                for arm, seed in zip(arms, some["seed"].tolist(), strict=True)
            )
            yield Task(
                experiments,
                tuple(some["run"].tolist()),
                ensemble.window,
                ensemble.outcomes,
                ensemble.tables,
                ensemble.origin,
            )


def close(
    ensemble: Ensemble, store: Store, effort: Effort, workers: int | None, warnings: Sequence[str], **more: Any
) -> None:
    """Write the manifest of an ensemble that is complete; `more` stands beside what all manifests hold."""
    counts = store.runs().drop_duplicates("run")["status"].value_counts()
    store.write_manifest(
        {
            **store.manifest,
            **ensemble.describe(),
            "state": "complete",
            "created": dt.datetime.now(dt.UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z"),
            "seconds": round(effort.seconds, 2),
            "fresh": effort.fresh,
            "workers": workers or os.cpu_count(),
            "runs": {"planned": effort.planned, **{status: int(counts.get(status, 0)) for status in (DONE, FAILED)}},
            "notes": list(effort.notes),
            "warnings": list(warnings),
            **more,
        }
    )
