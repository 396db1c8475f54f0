"""What a study costs beside the runs in it: design, forking, storing, progress; and what a second thread gives."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from experiments import runner
from experiments.store import Store
from experiments.study import Study
from model import RouteModel

pytestmark = pytest.mark.bench
MOST_ABOVE_RUNS, LEAST_EFFICIENCY, TRIES = 1.15, 0.85, 3


@pytest.fixture(scope="module")
def study() -> Study:
    """The first study that ships, with few seeds: 168 runs of 12 years."""
    study = Study.load("cooperation").with_(replications=4)
    runner.warm_up(study)
    return study


def study_seconds(study: Study, folder: Path, workers: int) -> float:
    """All that a study does up to its last part."""
    fresh = study.with_()  # nothing that another copy has worked out
    runner.HISTORIES._kept.clear()
    started = time.perf_counter()
    effort = runner.run(fresh, Store(folder), workers=workers)
    assert effort.failed == 0
    return time.perf_counter() - started


def bare_seconds(study: Study) -> float:
    """Stepping the same weeks, and nothing else: each history once for its seed, then each arm to its end."""
    total, start = 0.0, study.arms[0].scenario
    for seed in study.seeds:
        shared = RouteModel(start, seed, study.organisations, world=study.world, record="summary")
        started = time.perf_counter()
        shared.run_until(study.fork)
        total += time.perf_counter() - started
        for arm in study.arms:
            model = shared.fork(arm.scenario)
            started = time.perf_counter()
            model.run()
            total += time.perf_counter() - started
            del model.state, model.buffers
    return total


def test_a_study_costs_little_more_than_its_runs(study: Study, tmp_path: Path) -> None:
    ratios = []
    for number in range(TRIES):
        whole, bare = study_seconds(study, tmp_path / str(number), 1), bare_seconds(study)
        ratios.append(whole / bare)
        print(f"study {whole:.2f} s, its runs {bare:.2f} s, ratio {ratios[-1]:.3f}")
        if ratios[-1] <= MOST_ABOVE_RUNS:
            break
    assert min(ratios) <= MOST_ABOVE_RUNS


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one core")
def test_two_threads_share_the_work(study: Study, tmp_path: Path) -> None:
    found = []
    for number in range(TRIES):
        one, two = (study_seconds(study, tmp_path / f"{number}-{n}", n) for n in (1, 2))
        found.append(one / two / 2)
        print(f"one thread {one:.2f} s, two {two:.2f} s, efficiency {found[-1]:.3f}")
        if found[-1] >= LEAST_EFFICIENCY:
            break
    assert max(found) >= LEAST_EFFICIENCY
