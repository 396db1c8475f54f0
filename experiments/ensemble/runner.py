"""Run a study: one history for each seed up to the fork, a fork of it for each point, on any executor.

A task is some tens of runs that share histories. It runs in a thread, a process or on a Dask worker alike: it carries
scenarios and seeds and gives back Arrow tables, which the caller stores as they come. A run that fails is a row with
its traceback. Results do not depend on the executor, the number of workers or the order of tasks.
"""

from __future__ import annotations

import gc
import hashlib
import json
import os
import socket
import threading
import time
import traceback
import uuid
from collections import OrderedDict
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, closing, contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pyarrow as pa

from experiments.analysis.outcomes import measure_outcomes
from experiments.ensemble import provenance, recording
from experiments.ensemble.history import cache_is_cold
from experiments.ensemble.parts import RUNS, VERSIONS
from experiments.ensemble.provenance import Origin
from experiments.ensemble.store import DONE, FAILED, Store
from experiments.ensemble.threads import interruptions_held
from experiments.extras import from_extra
from model import RouteModel, Scenario
from model.errors import InputError
from model.scenario import effects_before
from model.world import World

if TYPE_CHECKING:
    from experiments.study import Study

__all__ = ["Effort", "Task", "cache_is_cold", "executing", "run", "run_task"]

PART_RUNS: Final = 50
HISTORIES_AT_ONCE: Final = 24
"""Histories held in memory; more than a block of seeds, so that two blocks may overlap."""
COLLECTED: Final = 8
"""Histories that are dropped between two calls of the collector."""
SEEDS_AT_ONCE: Final = 16
POLL_SECONDS: Final = 0.2
ANSWER_SECONDS: Final = 20
"""How long a scheduler may take to answer."""
TRIES: Final = 3
"""How often a task is given out before its runs count as failed: its worker may die."""


class Effort(NamedTuple):
    """How far a study is, for a progress bar; `fresh` runs were made by this command."""

    planned: int
    kept: int
    fresh: int
    failed: int
    seconds: float
    notes: tuple[str, ...] = ()


class Task(NamedTuple):
    """Runs that a worker makes in one go; `runs` are (number of the scenario, seed, identity).

    `origin` is what the caller planned with: hashes of sources and tables. A worker that has others refuses the task.
    """

    scenarios: tuple[Scenario, ...]
    runs: tuple[tuple[int, int, str], ...]
    fork: date | None
    window: tuple[int, int]
    organisations: int
    outcomes: tuple[str, ...]
    records: tuple[str, ...]
    tables: Path | None
    origin: Origin


# --- on a worker --------------------------------------------------------------------------------------------------


class Histories:
    """Models run up to a fork, made once for each start and seed and shared by all threads; the oldest are dropped."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._lock = threading.Lock()
        self._dropped = 0
        self._kept: OrderedDict[tuple[str, ...], Future[RouteModel]] = OrderedDict()

    def get(self, key: tuple[str, ...], make: Callable[[], RouteModel]) -> RouteModel:
        """The model of a key; whoever comes first makes it, others wait."""
        with self._lock:
            future = self._kept.get(key)
            first = future is None
            if future is None:
                future = self._kept[key] = Future()
                while len(self._kept) > self.most:
                    self._kept.popitem(last=False)
                    self._dropped += 1
                if self._dropped >= COLLECTED:
                    # a Mesa model holds itself in a circle: without this, dropped histories would pile up
                    self._dropped = 0
                    gc.collect()
            else:
                self._kept.move_to_end(key)
        if first:
            try:
                future.set_result(make())
            except BaseException as error:
                with self._lock:
                    self._kept.pop(key, None)
                future.set_exception(error)
        return future.result()


def warm_up(study: Study) -> float:
    """Compile or load the rules of the week before any thread needs them; seconds it took."""
    started = time.perf_counter()
    RouteModel(study.arms[0].scenario, 0, 10, world=study.world, record="summary").step()
    return time.perf_counter() - started


HISTORIES: Final = Histories(HISTORIES_AT_ONCE)
STOPPED: Final[set[str]] = set()
"""Studies that were interrupted; their tasks in threads of this process end after the run they are at."""
TICKS: Final[dict[str, list[int]]] = {}
"""Runs made by threads of this process, by study, for its progress bar."""


def run_task(task: Task, study: str = "") -> dict[str, pa.Table]:
    """Make the runs of a task and give its tables, those made so far if the study is stopped; executors call this.

    Raises
    ------
    InputError
        If this worker has other sources or tables than the caller.
    """
    world = _world_of(task)
    rows: list[dict[str, Any]] = []
    frames: list[tuple[str, Any]] = []
    for number, seed, identity in task.runs:
        if study in STOPPED:
            break
        row: dict[str, Any] = {"run": identity, "seed": seed, "status": DONE, "error": ""}
        try:
            model = _finished(task, world, number, seed)
            row |= measure_outcomes(model, *task.window, task.outcomes)
            if task.records[number] != "outcomes":
                frames.append((identity, recording.frames_of(model, task.records[number], _first_year(task))))
            # its columns are freed now and not when the collector finds the circle that a Mesa model is
            del model.state, model.buffers
        except Exception:
            row |= {"status": FAILED, "error": traceback.format_exc(limit=-6)}
        rows.append(row)
        if study in TICKS:
            TICKS[study].append(1)
    made = recording.tables_of(rows, task.outcomes, frames)
    versions = json.dumps(provenance.deciding_versions())
    return {**made, RUNS: made[RUNS].replace_schema_metadata({VERSIONS: versions})}


def _world_of(task: Task) -> World:
    """The world that a task was planned with; raises InputError if it is not to be had here."""
    mine = provenance.origin()
    for field, name in (("source", "model"), ("outcomes", "experiments")):
        here, there = getattr(mine, field), getattr(task.origin, field)
        if here != there:
            raise InputError(
                f"a worker has loaded other code of {name} than the study was planned with",
                field="worker",
                value=f"{socket.gethostname()}, process {os.getpid()}, {field} hash {here[:16]}",
                allowed=f"workers with the {field} hash {there[:16]}",
                remedy="give every machine the same version, restart its workers, and give the same command again",
            )
    return provenance.read_world(task.tables, task.origin.data)


def _finished(task: Task, world: World, number: int, seed: int) -> RouteModel:
    """A model at its end: from the start, or forked from the history it shares with others."""
    scenario, level = task.scenarios[number], "events" if task.records[number] == "events" else "summary"

    def begin() -> RouteModel:
        return RouteModel(scenario, seed, task.organisations, world=world, record=level)

    if task.fork is None or task.fork <= scenario.start:
        return begin().run()
    key = (_past(scenario, task.fork), str(seed), str(task.organisations), level, task.origin.data, str(task.fork))
    return HISTORIES.get(key, lambda: begin().run_until(task.fork or scenario.start)).fork(scenario).run()


def _first_year(task: Task) -> int:
    return task.window[0] if task.fork is None else min(task.fork.year, task.window[0])


def _past(scenario: Scenario, fork: date) -> str:
    """Identity of what a history depends on: runs that agree in it share theirs.

    The end is part of it, since a model is built for its scenario's years. All runs of a study end together.
    """
    content = [scenario.start.isoformat(), scenario.end.isoformat(), scenario.parameters.model_dump(mode="json"),
               sorted(effects_before(scenario, fork))]  # fmt: skip
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


# --- the caller ---------------------------------------------------------------------------------------------------


def run(
    study: Study, store: Store, executor: Executor | None = None, *, workers: int | None = None, retry: bool = False,
    progress: Callable[[Effort], object] = lambda _: None,
) -> Effort:  # fmt: skip
    """Run what is missing of a study and store it.

    Parameters
    ----------
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
        If the study cannot be, or nothing can be written. What was stored stays.
    KeyboardInterrupt
        After Ctrl-C; what was finished is kept.
    """
    started = time.perf_counter()
    plan = study.plan
    with store.writing():
        kept, notes = store.kept()
        notes += _other_makings(store)
        store.begin({**study.describe(), "state": "running"}, plan)
        missing = [run for run in dict.fromkeys(plan["run"]) if run not in kept or (retry and kept[run] == FAILED)]
        have = plan["run"].nunique() - len(missing)
        effort = Effort(plan["run"].nunique(), have, 0, 0, 0.0, tuple(notes))
        progress(effort)
        count = workers or os.cpu_count() or 1
        with ExitStack() as stack:
            check = stack.enter_context(interruptions_held())
            where = (
                executor
                if executor is not None
                else stack.enter_context(ThreadPoolExecutor(count, thread_name_prefix="runs"))
            )
            steps = stack.enter_context(closing(_run_all(study, store, where, set(missing), count, effort, started)))
            for now in steps:
                effort = now
                progress(effort)
                check()
        return effort


def _other_makings(store: Store) -> list[str]:
    """Notes where stored runs or files on disk are not of the versions and sources that are loaded."""
    mine, before = provenance.deciding_versions(), store.manifest.get("versions")
    notes = []
    for made in store.parts.versions:
        told = made or (before if isinstance(before, dict) else {})  # parts of version 0.1 do not say it themselves
        others = [
            f"{name} {told[name]} (now {mine[name]})" for name in mine if told.get(name, mine[name]) != mine[name]
        ]
        if others:
            notes.append(
                f"some stored runs were made with {', '.join(others)}; "
                "the last digits of runs may differ between versions"
            )
    changed = set(provenance.changed_since_import()) & set(Origin._fields)
    if changed:
        notes.append(
            "files of the model were changed on disk after this session loaded them "
            f"({', '.join(sorted(changed))}); the runs are those of what was loaded, restart to use the rest"
        )
    return notes


def _run_all(
    study: Study, store: Store, executor: Executor, missing: set[str], workers: int, effort: Effort, started: float
) -> Generator[Effort]:
    """Give out tasks, at most three for each worker at a time, and store what comes back."""
    token = uuid.uuid4().hex
    TICKS[token] = []
    waiting: dict[Future[dict[str, pa.Table]], tuple[Task, int]] = {}
    left = tasks(study, missing, workers)
    most = 3 * max(workers, getattr(executor, "workers_there", 0))
    made = failed = 0
    try:
        while True:
            while len(waiting) < most and (task := next(left, None)) is not None:
                waiting[executor.submit(run_task, task, token)] = (task, 1)
            if not waiting:
                return
            ready, _ = wait(waiting, timeout=POLL_SECONDS, return_when=FIRST_COMPLETED)
            for future in ready:
                task, tries = waiting.pop(future)
                tables = _result(future, task, tries, executor, waiting, token)
                if tables is not None:
                    _keep(store, tables)
                    made += len(task.runs)
                    failed += tables["runs"]["status"].to_pylist().count(FAILED)
            shown = max(made, min(len(TICKS[token]), len(missing)))
            yield effort._replace(fresh=shown, failed=failed, seconds=time.perf_counter() - started)
    finally:
        STOPPED.add(token)
        for future in waiting:
            future.cancel()
        ended, _ = wait([future for future in waiting if not future.cancelled()], timeout=60)
        TICKS.pop(token, None)
        for future in ended:
            if future.exception() is None:
                _keep(store, future.result())


def _keep(store: Store, tables: dict[str, pa.Table]) -> None:
    """Store the runs of a task that were made: all of them, or those before a stop."""
    runs = tables["runs"]["run"].to_pylist()
    if runs:
        store.add(tables)


def _result(
    future: Future[dict[str, pa.Table]], task: Task, tries: int, executor: Executor,
    waiting: dict[Future[dict[str, pa.Table]], tuple[Task, int]], token: str,
) -> dict[str, pa.Table] | None:  # fmt: skip
    """Tables of a finished task; None where its worker was lost and it was given out again."""
    try:
        return future.result()
    except InputError:  # the worker refuses what it cannot do rightly: no use in asking again
        raise
    except Exception as error:
        if tries < TRIES:
            waiting[executor.submit(run_task, task, token)] = (task, tries + 1)
            return None
        text = f"given out {tries} times: {type(error).__name__}: {error}"
        rows = [{"run": run, "seed": seed, "status": FAILED, "error": text} for _, seed, run in task.runs]
        return recording.tables_of(rows, task.outcomes, [])


def tasks(study: Study, missing: set[str], workers: int) -> Iterator[Task]:
    """What is missing, cut into tasks: some points with some seeds, so that histories are shared and memory is bounded.

    Points run outermost within a block of seeds, since a point is prepared once for all its seeds.
    """
    size = max(4, min(PART_RUNS, len(missing) // (8 * workers)))
    runs: list[tuple[int, int, str]] = []
    plan = study.plan[["arm", "point", "seed", "run"]]
    block = plan.groupby("point").cumcount() // SEEDS_AT_ONCE
    order = plan.assign(block=block).sort_values(["block", "point", "seed"], kind="stable")
    seen: set[str] = set()
    for _, part in order.groupby("block", sort=True):
        for arm, seed, run in part[["arm", "seed", "run"]].itertuples(index=False):
            if run in missing and run not in seen:
                seen.add(run)
                runs.append((int(arm), int(seed), run))
            if len(runs) == size:
                yield _task(study, runs)
                runs = []
        if runs:
            yield _task(study, runs)
            runs = []


def _task(study: Study, runs: list[tuple[int, int, str]]) -> Task:
    arms = sorted({arm for arm, _, _ in runs})
    number = {arm: i for i, arm in enumerate(arms)}
    return Task(
        tuple(study.arms[arm].scenario for arm in arms),
        tuple((number[arm], seed, run) for arm, seed, run in runs), study.fork, study.window,
        study.organisations, study.outcomes, tuple(study.arms[arm].record for arm in arms), study.tables, study.origin,
    )  # fmt: skip


@contextmanager
def executing(
    scheduler: str | None = None, cluster: str | None = None, options: Mapping[str, str] | None = None
) -> Iterator[Executor | None]:
    """A Dask executor for a scheduler that runs, or a cluster that dask-jobqueue starts; None means threads here.

    Raises
    ------
    InputError
        If Dask is not installed, the scheduler does not answer, or there is no such kind of cluster.
    """
    if scheduler is None and cluster is None:
        yield None
        return
    with from_extra("cluster", "--scheduler" if cluster is None else "--cluster"):
        from distributed import Client
    with ExitStack() as stack:
        where = scheduler if cluster is None else stack.enter_context(_cluster(cluster, options or {}))
        try:
            client = stack.enter_context(Client(where, timeout=ANSWER_SECONDS))  # type: ignore[no-untyped-call]
        except (OSError, ValueError, TimeoutError) as error:
            raise InputError("the scheduler does not answer", field="--scheduler", value=scheduler,
                             allowed="the address of a Dask scheduler, as tcp://host:8786",
                             remedy=f"start it, or check the address ({str(error).splitlines()[0][:120]})",
                             ) from None  # fmt: skip
        executor = client.get_executor(pure=False, retries=2)
        executor.workers_there = sum(client.nthreads().values())
        yield executor


def _cluster(kind: str, options: Mapping[str, str]) -> Any:
    """A cluster that dask-jobqueue starts."""
    with from_extra("cluster", "--cluster"):
        import dask_jobqueue
    kinds = {"slurm": "SLURMCluster", "pbs": "PBSCluster", "sge": "SGECluster", "lsf": "LSFCluster",
             "htcondor": "HTCondorCluster"}  # fmt: skip
    if kind not in kinds:
        raise InputError("there is no such kind of cluster", field="--cluster", value=kind, allowed=", ".join(kinds),
                         remedy="take one of these, or start a scheduler yourself and give --scheduler")  # fmt: skip
    jobs, cores = (_whole(name, options.get(name, "1")) for name in ("jobs", "cores"))
    settings = {"memory": "4GB", **{name: text for name, text in options.items() if name != "jobs"}, "cores": cores}
    try:
        made = getattr(dask_jobqueue, kinds[kind])(**settings)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"{kind} cannot be started like this ({str(error).splitlines()[0][:120]})", field="--cluster-option",
            value=" ".join(f"{name}={value}" for name, value in settings.items()),
            allowed=f"options of dask_jobqueue.{kinds[kind]}, and jobs", remedy="mend the names and values",
        ) from None  # fmt: skip
    made.scale(jobs=jobs)
    return made


def _whole(name: str, text: str) -> int:
    """A whole number above zero from the text of an option."""
    if not text.isdecimal() or int(text) < 1:
        raise InputError("not a number of these", field=f"--cluster-option {name}", value=text,
                         allowed="a whole number, at least 1", remedy=f"write it as {name}=8")  # fmt: skip
    return int(text)
