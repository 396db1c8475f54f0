"""No rule reads or writes outside its arrays.

Compiled code has no bounds check unless ``NUMBA_BOUNDSCHECK=1``, which is not part of the key of Numba's cache: each
check here uses an empty cache folder of its own. With the other tests these runs are made by
tests/project/test_contributing.py, in a copy that is compiled anyway; here, before releases, with the sources as they
stand.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

RUNS = """
from dataclasses import replace
from datetime import date

from model import RouteModel, Scenario
from model.scenario.measures import dose_event

past = Scenario.load("as-it-happened")
short = replace(past, end=date(2002, 12, 29), fork=None)
history = RouteModel(short, rng=3, organisations=40).run()
RouteModel(short, rng=3, organisations=40).run_until("2002-06-03").fork(replace(past, end=date(2008, 1, 6))).run()
RouteModel("full-cooperation", rng=3, organisations=40).run_until("2005-01-03")
everything = past.with_events(dose_event("*", 1.0, date(2001, 1, 1)))
for allocation in ("covering", "bandit", "network", "greedy", "random"):
    model = RouteModel(everything, rng=3, organisations=40, cooperation="endogenous", allocation=allocation)
    model.run_until("2003-01-06")
RouteModel(past, rng=3, organisations=40, choice_rule="experience", deterrence="willingness").run_until("2002-01-07")
RouteModel(past, rng=3, organisations=40, choice_rule="salience").run_until("2001-01-01")
print("no index was outside")
"""

WRONG = """
import numpy as np
from model.kernel.compiled import compiled

@compiled
def entry(values, i):
    return values[i]

for index in (-1, 3):
    try:
        print(entry(np.arange(3.0), index))
    except IndexError:
        print(index, "is outside")
"""
WRONG_SAYS = "-1 is outside\n3 is outside\n"


def checked(code: str, cache: Path) -> subprocess.CompletedProcess[str]:
    """Run code with every index checked."""
    environment = {**os.environ, "NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(cache)}
    file = cache / "code.py"
    file.write_text(code)
    environment["PYTHONPATH"] = str(Path(__file__).parents[2])
    return subprocess.run([sys.executable, str(file)], env=environment, capture_output=True, text=True, check=False)


@pytest.mark.release
def test_all_runs_stay_inside_their_arrays(tmp_path: Path) -> None:
    done = checked(RUNS, tmp_path)
    assert done.stdout == "no index was outside\n", done.stderr[-3000:]


def test_a_wrong_index_is_caught(tmp_path: Path) -> None:
    done = checked(WRONG, tmp_path)
    assert done.stdout == WRONG_SAYS, done.stderr[-3000:]
