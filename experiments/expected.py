"""How long a job will take on this machine and how much memory, said before it begins.

A run costs its weeks and what is done once for it: a model is made, outcomes and frames are read off. Both are measured
on a short run of as many organisations just before the job, so that the machine and its load are those of the job. The
estimate is meant to be right within a factor of two; progress bars show what is left better.
"""

import math
import os
import sys
import time
from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache, partial
from typing import Any, Final, NamedTuple

from experiments.analysis.outcomes import USUAL_OUTCOMES, measure_outcomes
from experiments.calibration.best import CANDIDATES, SEEDS
from experiments.calibration.calibrate import Size as FitSize
from experiments.calibration.priors import read_structures
from experiments.calibration.problem import Problem
from experiments.calibration.recovery import FINAL, NEAR
from experiments.calibration.screening import STRONGEST
from experiments.ensemble import recording
from experiments.ensemble.executors import parallel_map
from experiments.ensemble.models import HISTORIES_AT_ONCE, Experiment, run_model
from experiments.ensemble.parts import to_parquet
from experiments.evidence.targets import Target, simulated
from experiments.study import Study
from experiments.validation.job import Size as ValidationSize
from experiments.validation.rivals import POLICIES, REMEDIES
from experiments.validation.trials import SURGE, trials_of
from model import RouteModel, Scenario, calendar
from model.scenario.events import PARAMETER_ROWS

LONG_SECONDS: Final = 120.0
"""What takes less is begun without a word."""
SHORT_WEEKS: Final = 200_000
"""Fewer weeks, with 150 organisations, take some seconds only: nothing is measured."""
PROBED: Final = 1_000
"""Most organisations of the short run: beyond, time and memory grow in proportion."""
SIMULATIONS_PER_SET: Final = 70
"""Runs of ABC-SMC for each set of a generation, all generations together, in the fit of `results/reference`."""
WHOLE_WEEKS: Final = calendar.first_week(calendar.LAST_YEAR + 1)


class Work(NamedTuple):
    """What a job does: runs, weeks summed over them, what is read off a run, and models held beside those that run."""

    runs: float
    weeks: float
    reads: str = "outcomes"
    held: int = 0


class Expected(NamedTuple):
    """Seconds and bytes that a job is expected to take."""

    seconds: float
    memory: float
    workers: int

    def __str__(self) -> str:
        """What is said before a long job; nothing for a short one."""
        if self.seconds < LONG_SECONDS:
            return ""
        workers = f"{self.workers} worker{'s' if self.workers > 1 else ''}"
        return f"Expected: about {_duration(self.seconds)}, {self.memory / 1e9:.1f} GB on {workers}"


def expect(work: Work, organisations: int, workers: int | None = None) -> Expected:
    """Time and memory of a job on this machine, from a run of as many organisations; rules are compiled beforehand."""
    cores = os.cpu_count() or 1
    count = workers or cores
    if work.weeks * max(1.0, organisations / 150) < SHORT_WEEKS:
        return Expected(0.0, 0.0, count)
    threads = int(min(count, cores, work.runs))
    pace, larger = _pace(min(organisations, PROBED), work.reads, threads), max(1.0, organisations / PROBED)
    return Expected(
        work.weeks * pace.week * larger + work.runs * pace.run,
        _resident() + (2 * count + work.held) * pace.memory * larger,
        count,
    )


class _Pace(NamedTuple):
    """Seconds of a week, and of what is read off a run, of all threads together; bytes of a model."""

    week: float
    run: float
    memory: float


@lru_cache(maxsize=4)
def _pace(organisations: int, reads: str, threads: int) -> _Pace:
    """Measure a run of history in each thread, then what is read off it."""
    targets = Problem.usual("base", organisations).targets if reads == "targets" else ()
    history = Scenario.load("as-it-happened")
    started = time.perf_counter()
    experiments = [Experiment(history, seed, organisations, reads) for seed in range(threads)]
    models = parallel_map(run_model, experiments, threads)
    ran = time.perf_counter()
    read = partial(_read, reads, targets)
    read(models[0])  # what is done the first time only is not counted
    warm = time.perf_counter()
    parallel_map(read, models, threads)
    return _Pace(
        (ran - started) / (threads * WHOLE_WEEKS),
        (time.perf_counter() - warm) / threads,
        _bytes((models[0].state, models[0].buffers)),
    )


def _read(reads: str, targets: Sequence[Target], model: RouteModel) -> None:
    """Read off a run what a job reads: targets of a fit, or outcomes and frames."""
    if reads == "targets":
        simulated(targets, model)
        return
    measure_outcomes(model, 2013, 2022, USUAL_OUTCOMES)
    rows = [{"run": "", "seed": 0, "status": "", "error": ""}]
    for table in recording.tables_of(rows, (), [("", recording.frames_of(model, reads, 2011))]).values():
        to_parquet(table)


def _bytes(parts: Iterable[Any]) -> float:
    """Room of the arrays in nested tuples."""
    return sum(_bytes(part) if isinstance(part, tuple) else float(getattr(part, "nbytes", 0)) for part in parts)


def _resident() -> float:
    """Most memory that this process has held so far, bytes; on Windows, which gives no figure, some 0.4 GB."""
    if sys.platform == "win32":
        return 4e8
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(most) * (1.0 if sys.platform == "darwin" else 1024.0)


def _duration(seconds: float) -> str:
    minutes = seconds / 60.0
    if minutes < 90:
        return f"{minutes:.0f} minutes"
    hours = minutes / 60.0
    return f"{hours:.0f} hours" if hours < 48 else f"{math.ceil(hours / 24):,} days"


# --- what jobs do ---------------------------------------------------------------------------------------------------


def of_history(replications: int, scenario: Scenario) -> Work:
    """Replications of one scenario, every seizure of which is kept."""
    return Work(replications, replications * _weeks(scenario), "events")


def of_study(study: Study, kept: int) -> Work:
    """What is missing of a study: a history for each seed, and each point where the past is varied, up to the fork."""
    runs = max(0, study.planned_runs - kept)
    arm = study.run_of(study.baseline)
    if study.fork is None or study.fork <= arm.start:
        return Work(runs, runs * _weeks(arm), study.record)
    first, forked, last = (calendar.week_of(day) for day in (arm.start, study.fork, arm.end))
    varied = study.over or any(factor.since == "start" for factor in study.factors)
    histories = min(runs, len(study.seeds) * (len(study.table) if varied else 1))
    return Work(runs, histories * (forked - first) + runs * (last - forked + 1), study.record, HISTORIES_AT_ONCE)


def of_fit(size: FitSize, problem: Problem, *, temperature_given: bool = False) -> Work:
    """A calibration that begins anew."""
    smc = 0 if temperature_given else SIMULATIONS_PER_SET * size.settings.population
    return _fitted(size.chance_seeds + smc + size.pilot + sum(size.near) + size.final + size.sets, problem)


def of_recovery(size: FitSize, problem: Problem, trials: int) -> Work:
    """A check whether known parameters of the model are found."""
    return _fitted(size.chance_seeds + size.pilot + trials * (1 + sum(NEAR) + FINAL), problem)


def of_screening(size: FitSize, problem: Problem, trajectories: int = 10, blocks: int = 64) -> Work:
    """Morris over all uncertainties, then Sobol over the strongest."""
    uncertain = sum(row.role == "uncertainty" for row in PARAMETER_ROWS.values())
    return _fitted(trajectories * (uncertain + 1) + blocks * (STRONGEST + 2), problem)


def of_best(size: FitSize, problem: Problem) -> Work:
    """Candidates for the defaults, each with the same seeds."""
    return _fitted(size.chance_seeds + CANDIDATES * SEEDS, problem)


def _fitted(runs: float, problem: Problem) -> Work:
    """Runs up to the last year that a target is read in."""
    return Work(runs, runs * calendar.first_week(problem.last_year + 1), "targets")


def of_predictions(draws: int) -> Work:
    """Sets of a posterior over all years."""
    return Work(draws, draws * WHOLE_WEEKS, "targets")


def of_validation(size: ValidationSize, problem: Problem, sets: int) -> Work:
    """A validation: predictions, trials, remedies, rivals, and what packages do under each structure."""
    structures, trials = len(read_structures()), sum(1 + len(asked.arms) for asked in trials_of())
    forked = calendar.week_of(Study.load("headline").fork or date(2011, 5, 10))
    whole = size.draws + trials * size.trials + (len(REMEDIES) + structures) * size.remedies
    fitted = sets + size.draws + 24 * (structures + 1) + (1 + len(SURGE.arms)) * size.surge
    packages = structures * size.policies * len(POLICIES)
    weeks = whole * WHOLE_WEEKS + _fitted(fitted, problem).weeks
    weeks += packages * (WHOLE_WEEKS - forked) + structures * size.policies * forked
    return Work(whole + fitted + packages, weeks, "targets", HISTORIES_AT_ONCE)


def _weeks(scenario: Scenario) -> int:
    return calendar.week_of(scenario.end) - calendar.week_of(scenario.start) + 1
