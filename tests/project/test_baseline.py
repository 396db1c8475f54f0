"""The code still makes the stored numbers, to the last bit: compiled and interpreted, one thread and two."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests import baseline

STORED = baseline.read()
REMEDY = (
    "results have changed: find out why; if they should, run `python -m tests.baseline` and write an entry under "
    "'Results change' in CHANGELOG.md"
)
INTERPRETED = (
    "import json; from tests import baseline as b; print(json.dumps(b.describe(b.quarter(), b.read()['columns'])))"
)


def check(name: str, made: dict[str, Any]) -> None:
    stored = STORED["runs"][name]
    if platform.machine() != STORED["machine"]:
        pytest.skip(f"the stored baseline was made on {STORED['machine']}: other mathematical library")
    assert made["yearly"] == stored["yearly"], REMEDY
    assert made["digests"] == stored["digests"], REMEDY


def test_two_threads_make_the_stored_runs() -> None:
    with ThreadPoolExecutor(2) as pool:
        models = dict(zip(baseline.RUNS, pool.map(lambda run: run(), baseline.RUNS.values()), strict=True))
    for name, model in models.items():
        check(name, baseline.describe(model, STORED["columns"]))


def test_one_thread_makes_the_stored_fork() -> None:
    check("fork", baseline.describe(baseline.fork(), STORED["columns"]))


def test_plain_python_makes_the_stored_quarter() -> None:
    done = subprocess.run(
        [sys.executable, "-c", INTERPRETED],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    check("quarter", json.loads(done.stdout))


def test_a_study_makes_the_stored_outcomes() -> None:
    assert baseline.study_runs() == STORED["study"], REMEDY


def test_one_changed_bit_is_seen() -> None:
    model = baseline.quarter()
    before = baseline.describe(model, STORED["columns"])
    model.buffers.weekly[3, 4] *= 1.0 + 1e-15
    assert baseline.describe(model, STORED["columns"])["digests"] != before["digests"]
