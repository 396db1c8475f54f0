"""The main job: replications of one scenario on threads, stored as Parquet frames with a manifest.

The same seeds give the same files, to the last bit, on any number of workers: replications are written in the order
of their seeds, and memory holds only those that wait for their turn.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import time
from collections import deque
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from functools import cached_property
from os import PathLike
from pathlib import Path
from threading import Event as Flag
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa

from experiments.ensemble import provenance
from experiments.ensemble.folder import FRAMES, FrameFiles, arrow_table, check_folder, replacing, to_json
from experiments.ensemble.threads import interruptions_held
from model import RouteModel, Scenario, calendar
from model.errors import InputError
from model.kernel.compiled import CACHE
from model.results_version import RESULTS_VERSION
from model.route_model import LARGEST_SEED, check_numbers
from model.scenario.no_effect import without_effect
from model.summary import Summary
from model.week import advance
from model.world import World

__all__ = ["Preparation", "Progress", "Study", "cache_is_cold", "prepare", "run_history", "run_once", "run_study"]

HISTORY, RUN = "history", "run"
MOST_REPLICATIONS: Final = 1_000_000
MOST_WORKERS: Final = 4096
CHUNK_WEEKS: Final = 26
"""Weeks between two looks at whether the study was stopped."""
POLL_SECONDS: Final = 0.1


class Progress(NamedTuple):
    """How far a study is: `stage` is preparing, prepared or running; weeks are summed over replications.

    `warnings` are said while it is preparing.
    """

    stage: str
    weeks: int
    all_weeks: int
    replications: int
    all_replications: int
    compiled: bool
    seconds: float
    warnings: tuple[str, ...] = ()


class Preparation(NamedTuple):
    """How long the first model took, and whether its rules had to be compiled."""

    seconds: float
    compiled: bool


type Report = Callable[[Progress], object]


class Stopped(Exception):  # noqa: N818
    """A run found that its study was stopped."""


@dataclass(frozen=True, repr=False)
class Study(Summary):
    """What is run: a scenario, the seeds, the number of organisations, the world; `last_week` is simulated too."""

    kind: str
    scenario: Scenario
    seeds: tuple[int, ...]
    organisations: int
    world: World
    last_week: int
    origin: provenance.Origin
    tables: Path | None = None

    def facts(self) -> dict[str, Any]:
        """What `repr` shows of a study."""
        return {
            "kind": self.kind,
            "scenario": self.scenario.name,
            "replications": len(self.seeds),
            "organisations": self.organisations,
            "weeks": self.weeks,
        }

    @property
    def weeks(self) -> int:
        """Weeks of one replication."""
        return self.last_week - calendar.week_of(self.scenario.start) + 1

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """What the scenario says without effect, in words."""
        end = calendar.monday(self.last_week + 1) - dt.timedelta(days=1)
        return tuple(str(one) for one in without_effect(self.world, self.scenario, end))

    def model(self, seed: int) -> RouteModel:
        """The model of one replication, before its first week."""
        return RouteModel(self.scenario, seed, self.organisations, world=self.world)


# --- the public face ----------------------------------------------------------------------------------------------


def run_history(
    scenario: str | PathLike[str] | Scenario = "as-it-happened",
    replications: int = 20,
    seed: int = 1,
    organisations: int = 150,
    out: Path = Path("results/history"),
    workers: int | None = None,
    parameters: Mapping[str, Any] | None = None,
    progress: Report | None = None,
    *,
    tables: Path | None = None,
) -> Path:
    """Simulate a scenario `replications` times and write frames and manifest; returns the folder.

    Parameters
    ----------
    scenario, organisations, parameters
        As for `RouteModel`.
    replications, seed
        Replication i runs with seed + i.
    out
        Folder that is replaced when everything is complete, and not before.
    workers
        Threads; by default one for each core. The results do not depend on it.
    progress
        Called with a `Progress` from the calling thread; may raise to stop the study.
    tables
        Directory of tables to use in place of the project's own.

    Raises
    ------
    InputError
        If anything asked for is not acceptable; then nothing is written.
    """
    seeds = _seeds(seed, replications)
    check_folder(out, HISTORY)
    study = make_study(HISTORY, scenario, seeds, organisations, parameters or {}, tables)
    return run_study(study, out, workers, progress)


def run_once(
    scenario: str | PathLike[str] | Scenario,
    out: Path,
    seed: int = 1,
    organisations: int = 150,
    parameters: Mapping[str, Any] | None = None,
    until: str | dt.date | None = None,
    progress: Report | None = None,
    *,
    tables: Path | None = None,
) -> Path:
    """Simulate a scenario once and write frames and manifest; `until` is the last day that is simulated.

    Raises
    ------
    InputError
        As `run_history`.
    """
    seeds = _seeds(seed, 1)
    check_folder(out, RUN)
    study = make_study(RUN, scenario, seeds, organisations, parameters or {}, tables)
    if until is not None:
        study = replace(study, last_week=_last_week(study, until))
    return run_study(study, out, 1, progress)


def make_study(
    kind: str, scenario: str | PathLike[str] | Scenario, seeds: tuple[int, ...], organisations: int,
    parameters: Mapping[str, Any], tables: Path | None = None,
) -> Study:  # fmt: skip
    """Check everything that a study is made of; raises InputError."""
    check_numbers(seeds[0], organisations, "events")
    chosen = scenario if isinstance(scenario, Scenario) else Scenario.load(scenario)
    chosen = chosen.with_parameters(**parameters) if parameters else chosen
    origin = provenance.origin(_directory(tables))
    world = provenance.read_world(tables, origin.data)
    chosen.check(world.names)
    return Study(kind, chosen, seeds, organisations, world, calendar.week_of(chosen.end), origin, tables)


def run_study(study: Study, out: Path, workers: int | None = None, progress: Report | None = None) -> Path:
    """Run a study and put its folder in place; raises InputError."""
    threads = min(_workers(workers), len(study.seeds))
    folder = check_folder(out, study.kind)
    tell = progress or (lambda _: None)
    started = time.perf_counter()
    with replacing(folder) as making:
        first = prepare(study, tell)
        with FrameFiles(making) as files, closing(simulate(study, threads, tell, first)) as replications:
            for tables in replications:
                files.add(tables)
        manifest = {**describe(study), **_effort(threads, time.perf_counter() - started, first)}
        manifest["files"] = files.summary()
        (making / "manifest.json").write_text(to_json(manifest), encoding="utf-8")
    return folder


# --- checking -----------------------------------------------------------------------------------------------------


def _seeds(seed: int, replications: int) -> tuple[int, ...]:
    _check_count("replications", replications, MOST_REPLICATIONS, "20 is usual")
    highest = LARGEST_SEED - replications + 1
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed <= highest:
        raise InputError("not a seed", field="seed", value=seed, allowed=f"a whole number from 0 to {highest}",
                         remedy="take a small one, as 1")  # fmt: skip
    return tuple(range(int(seed), int(seed) + replications))


def _workers(workers: int | None) -> int:
    if workers is None:
        return os.process_cpu_count() or 1 if hasattr(os, "process_cpu_count") else os.cpu_count() or 1
    _check_count("workers", workers, MOST_WORKERS, "leave it out: then every core is used")
    return workers


def _check_count(field: str, value: object, most: int, remedy: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not 1 <= value <= most:
        raise InputError(f"not a number of {field}", field=field, value=value,
                         allowed=f"a whole number from 1 to {most:,}", remedy=remedy)  # fmt: skip


def _directory(tables: Path | None) -> Path | None:
    if tables is not None and not Path(tables).is_dir():
        raise InputError("there is no such folder of tables", field="tables", value=str(tables),
                         allowed="a folder with the tables of model/data",
                         remedy="copy model/data there and change the copy")  # fmt: skip
    return tables


def _last_week(study: Study, until: str | dt.date) -> int:
    scenario = study.scenario
    try:
        week = calendar.week_of(until)
    except InputError as error:
        raise InputError(error.message, field="until", value=str(until), allowed=f"{scenario.start} to {scenario.end}",
                         remedy="write it as 2011-05-10") from None  # fmt: skip
    if not calendar.week_of(scenario.start) <= week <= calendar.week_of(scenario.end):
        raise InputError("this day lies outside the scenario", field="until", value=str(until),
                         allowed=f"{scenario.start} to {scenario.end}", remedy="take a day within these")  # fmt: skip
    return week


# --- running ------------------------------------------------------------------------------------------------------


def cache_is_cold() -> bool:
    """Whether no compiled week of the present sources is on disk, so that the first run has to compile."""
    return hasattr(advance, "stats") and not (CACHE and any(CACHE.rglob("week.advance*.nbi")))


def prepare(study: Study, tell: Report) -> Preparation:
    """Build a small model of the study and run it alone for a week, so that compiling happens once, and visibly."""
    all_weeks = study.weeks * len(study.seeds)
    state = Progress("preparing", 0, all_weeks, 0, len(study.seeds), cache_is_cold(), 0.0, study.warnings)
    tell(state)
    before, started = _misses(), time.perf_counter()
    study.model(study.seeds[0]).step()
    done = Preparation(time.perf_counter() - started, _misses() > before)
    tell(state._replace(stage="prepared", compiled=done.compiled, seconds=done.seconds, warnings=()))
    return done


def _misses() -> int:
    """How often this process has found no machine code of the week on disk; 0 when compiling is switched off."""
    stats = getattr(advance, "stats", None)
    return sum(stats.cache_misses.values()) if stats is not None else 0


def simulate(study: Study, threads: int, tell: Report, first: Preparation) -> Generator[dict[str, pa.Table]]:
    """Tables of each replication in the order of the seeds.

    At most twice as many runs as threads are under way or waiting for their turn, which bounds memory.
    """
    stop, done = Flag(), np.zeros(len(study.seeds), dtype=np.int64)
    started, ended = time.perf_counter(), 0
    waiting: deque[Future[dict[str, pa.Table]]] = deque()
    left = iter(range(len(study.seeds)))
    with interruptions_held() as check, ThreadPoolExecutor(threads, thread_name_prefix="replication") as pool:
        try:
            while True:
                check()
                while len(waiting) < 2 * threads and (number := next(left, None)) is not None:
                    waiting.append(pool.submit(replicate, study, number, done, stop))
                if not waiting:
                    return
                wait([waiting[0]], timeout=POLL_SECONDS, return_when=FIRST_COMPLETED)
                finished = ended + sum(future.done() for future in waiting)
                counts = (int(done.sum()), study.weeks * len(done), finished, len(done))
                tell(Progress("running", *counts, first.compiled, time.perf_counter() - started))
                if waiting[0].done():
                    ended += 1
                    yield waiting.popleft().result()
        finally:
            # also when the caller is interrupted: runs notice within half a simulated year
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
            for future in waiting:
                with suppress(BaseException):
                    future.result(timeout=0)


def replicate(study: Study, number: int, done: np.ndarray, stop: Flag) -> dict[str, pa.Table]:
    """Run one replication and give its tables by name of frame; `done[number]` counts its weeks meanwhile."""
    model = study.model(study.seeds[number])
    while (left := study.weeks - int(done[number])) > 0:
        if stop.is_set():
            raise Stopped
        step = min(CHUNK_WEEKS, left)
        model.run_for(step)
        done[number] += step
    return frames_of(model, number)


def frames_of(model: RouteModel, replication: int) -> dict[str, pa.Table]:
    """All frames of a model as Arrow tables with a leading `replication`, in the order of `FRAMES`."""
    frames = {"weekly": model.weekly, "yearly": model.yearly, "seizures": model.seizures}
    for name in FRAMES:
        if name.startswith("by_"):
            frames[name] = model.by(name.removeprefix("by_"))
    return {name: arrow_table(frames[name], replication) for name in FRAMES}


# --- the manifest -------------------------------------------------------------------------------------------------


def describe(study: Study) -> dict[str, Any]:
    """What was run and with what: the same for the same study, whenever and wherever it is run."""
    scenario, parameters = study.scenario, study.scenario.parameters.model_dump(mode="json")
    commit, dirty = provenance.git_state()
    what: dict[str, Any] = {
        "study": study.kind, "title": scenario.title, "scenario": scenario.name,
        "scenario_identity": scenario.identity(), "scenario_bases": list(scenario.bases),
        "start": scenario.start.isoformat(), "end": scenario.end.isoformat(),
        "scored_from": scenario.scored_from.isoformat(), "weeks": study.weeks, "warnings": list(study.warnings),
        "replications": len(study.seeds), "seeds": list(study.seeds), "organisations": study.organisations,
        "parameters_hash": _hash(parameters), "parameters": parameters,
        "results_version": RESULTS_VERSION, "data_hash": study.origin.data, "source_hash": study.origin.source,
        "git_commit": commit, "git_dirty": dirty, "versions": provenance.versions(),
    }  # fmt: skip
    keys = ("scenario_identity", "weeks", "seeds", "organisations", "data_hash", "source_hash")
    return {"run_id": _hash({key: what[key] for key in keys})[:16], **what}


def _hash(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _effort(threads: int, seconds: float, first: Preparation) -> dict[str, Any]:
    """When it was made, how long it took and on how many cores: what differs from one making to the next."""
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    return {
        "created": now.isoformat().replace("+00:00", "Z"), "seconds": round(seconds, 2),
        "preparing_seconds": round(first.seconds, 2), "compiled": first.compiled,
        "workers": threads, "cores": os.cpu_count(),
    }  # fmt: skip
