"""Shared fixtures: the world, and models that have been run for a while."""

from __future__ import annotations

import fcntl
import os
import sys

if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):  # tests start many processes: each would compile the libraries anew
    sys.dont_write_bytecode = False
if "PYTEST_XDIST_WORKER" in os.environ:  # before NumPy is loaded: the workers have the processors already
    os.environ |= dict.fromkeys(("PYTHON_CPU_COUNT", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from model import RouteModel, load_world
from model.world import World
from tests import releases

STARTED = time.perf_counter()


@pytest.fixture(scope="session")
def world() -> World:
    return load_world()


@pytest.fixture(scope="session")
def short_run() -> RouteModel:
    """Two years of history with 60 organisations."""
    return RouteModel("as-it-happened", rng=11, organisations=60).run_until("2001-12-31")


FIRST = (
    "science/test_directions.py",
    "project/test_contributing.py",
    "model/test_own_rules.py",
    "project/test_docs.py",
    "browser/test_live_server.py",
    "project/test_wheel.py",
)
"""Files that would hold up the end if they began late.

The first compiles the rules for all, while the second compiles changed rules into a folder of its own.
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest; end with files that measure speed, for which the others wait."""
    alone = {item.path for item in items if item.get_closest_marker("bench")}

    def turn_of(item: pytest.Item) -> int:
        path = item.path.as_posix()
        first = [number - len(FIRST) for number, name in enumerate(FIRST) if path.endswith(name)]
        return first[0] if first else (item.path in alone) + ("/bench/" in path)

    items.sort(key=turn_of)


@pytest.fixture(autouse=True)
def one_thread(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pools have one thread if a test asks for no other number, as each processor has its worker."""
    if "PYTEST_XDIST_WORKER" in os.environ and request.node.get_closest_marker("bench") is None:
        for name in ("cpu_count", "process_cpu_count"):
            monkeypatch.setattr(os, name, lambda: 1, raising=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item):  # type: ignore[no-untyped-def]
    """Tests run side by side, but what measures speed runs alone."""
    with turn(alone=item.get_closest_marker("bench") is not None):
        return (yield)


@contextmanager
def turn(alone: bool) -> Iterator[None]:
    """Wait for the turn of a test among the processes of one run."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID")
    if run is None:
        yield
        return
    place = Path(tempfile.gettempdir()) / f"highway10-tests-{run}"
    with place.with_suffix(".door").open("w") as door, place.with_suffix(".room").open("w") as room:
        fcntl.flock(door, fcntl.LOCK_EX)  # held while waiting: nobody slips in before one that wants to be alone
        fcntl.flock(room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(door, fcntl.LOCK_UN)
        yield


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, exitstatus: int, config: pytest.Config) -> None:
    """Keep the result of all release tests. Workers, which report to the process that started them, keep nothing."""
    if not hasattr(config, "workerinput"):
        releases.record(config, exitstatus, terminalreporter.stats, time.perf_counter() - STARTED)
