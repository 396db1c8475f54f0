"""Speed as ratios measured in one run: the machines are noisy, so no seconds are asserted.

The yardstick is the least that any such model must do: a bare compiled loop that makes, for each organisation and week,
ten Philox draws and one ten-way logit choice.
"""

from __future__ import annotations

import datetime as dt
import math
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
import pytest

from model import RouteModel
from model.kernel.compiled import compiled
from model.random import draws
from model.scenario import Scenario
from model.scenario.measures import dose_event

WEEKS = 1252
pytestmark = pytest.mark.bench


@compiled
def yardstick(seed: int, organisations: int, weeks: int, values: np.ndarray, work: np.ndarray) -> float:
    """Ten draws and a ten-way logit choice for every organisation and week."""
    chosen = 0.0
    for week in range(weeks):
        for who in range(organisations):
            total = 0.0
            mark = 0.0
            for k in range(10):
                u = draws.uniform(seed, draws.ROUTE, week, who, k)
                work[k] = math.exp(values[k] + u)
                total += work[k]
                mark = u
            mark *= total
            for k in range(10):
                mark -= work[k]
                if mark < 0.0:
                    chosen += k
                    break
    return chosen


def best_of(times: int, run: Callable[[], object]) -> float:
    best = math.inf
    for _ in range(times):
        start = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - start)
    return best


def in_yardsticks(run: Callable[[], object], limit: float) -> float:
    """Least time of a run over the least of the yardstick, taken in turns: up to 12 rounds while above `limit`.

    What else the machine does meanwhile only adds to either, so more rounds come nearer to the ratio of the code.
    """
    values, work = np.linspace(0.0, 1.0, 10), np.zeros(10)
    yardstick(1, 2, 2, values, work)
    run()
    once = bare = math.inf
    for number in range(12):
        once = min(once, best_of(1, run))
        bare = min(bare, best_of(2, lambda: yardstick(1, 150, WEEKS, values, work)))
        if number >= 4 and once / bare <= limit:
            break
    return once / bare


def history(organisations: int) -> RouteModel:
    return RouteModel("as-it-happened", rng=1, organisations=organisations).run()


def test_one_history_against_the_yardstick() -> None:
    ratio = in_yardsticks(lambda: history(150), LARGEST_RATIO)
    print(f"\nhistory / yardstick = {ratio:.2f}")
    assert ratio <= LARGEST_RATIO


def test_a_history_with_all_measures_on() -> None:
    """Every measure in full from 2004, states that decide: the third issue's target is three yardsticks."""
    everything = Scenario.load("as-it-happened").with_events(dose_event("*", 1.0, dt.date(2004, 1, 5)))
    ratio = in_yardsticks(lambda: RouteModel(everything, rng=1, cooperation="endogenous").run(), LARGEST_RATIO)
    print(f"\nhistory with all measures / yardstick = {ratio:.2f}")
    assert ratio <= LARGEST_RATIO


@pytest.mark.release  # compiles the week once more; it prints a table for developers and guards no speed
def test_the_cost_of_every_submodel_is_told() -> None:
    from submodels import cost_table

    rows = cost_table(repeats=2)
    whole = sum(ms for _, ms in rows)
    print("\n" + "\n".join(f"{name:18} {ms:7.2f} ms {ms / whole:6.1%}" for name, ms in rows))
    assert {"send_from_home", "draw_leads", "detect", "respond", "inspect", "launder", "review"} <= {n for n, _ in rows}
    assert whole > 0.0


LARGEST_RISE = 2.0
"""Regression guard; the target is 1.15. Columns of many organisations no longer fit the caches."""

LARGEST_MEMORY_BYTES = 4e9

LARGEST_RATIO = 6.4
"""Regression guard; the target is 2, and decision 0009 says where the time goes. It was 6 until decision 0028 drew more
lanes, and 7 until 0029 made couriers travel by the flight: three loads are under way where two were. It was 7.5 until
decision 0031 made a run a seventh faster."""


def test_building_costs_less_than_a_tenth_of_running() -> None:
    history(150)
    build = best_of(5, lambda: RouteModel("as-it-happened", rng=1))
    models = iter([RouteModel("as-it-happened", rng=1) for _ in range(3)])
    run = best_of(3, lambda: next(models).run())
    assert build < run / 10


def cost_per_organisation_week(organisations: int) -> float:
    """Seconds for each organisation and week of half a year, after a quarter in which the trade fills up.

    The same weeks for all sizes: loads of later years are fewer and larger.
    """
    model = RouteModel("as-it-happened", rng=1, organisations=organisations, record="summary").run_until("2000-04-03")
    start, first = time.perf_counter(), model.week
    model.run_until("2000-10-02")
    return (time.perf_counter() - start) / (model.week - first) / organisations


@pytest.mark.release
def test_cost_grows_no_faster_than_organisations() -> None:
    """Cost per organisation-week never rises: loads keep their size, so traffic does not grow with their number."""
    # the best of several rounds over the sizes: what else the machine does for a moment must not count
    tries = {150: 8, 1500: 4, 15_000: 2, 150_000: 2}
    rounds = [
        {n: cost_per_organisation_week(n) for n in tries if tries[n] > number} for number in range(max(tries.values()))
    ]
    per_week = {n: min(one[n] for one in rounds if n in one) for n in tries}
    print({n: f"{cost * 1e9:.0f} ns" for n, cost in per_week.items()})
    for small, large in ((150, 1500), (1500, 15_000), (15_000, 150_000)):
        assert per_week[large] <= LARGEST_RISE * per_week[small]


def test_interpreted_is_a_hundred_times_slower() -> None:
    code = (
        "import time\nfrom model import RouteModel\nm = RouteModel('as-it-happened', rng=1)\n"
        "m.run_until('2000-01-10')\nt = time.perf_counter()\nm.run_until('2000-02-07')\nprint(time.perf_counter() - t)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    models = iter([RouteModel("as-it-happened", rng=1).run_until("2000-01-10") for _ in range(7)])
    assert float(done.stdout) / best_of(7, lambda: next(models).run_until("2000-02-07")) > 100


@pytest.mark.release
def test_a_million_organisations_run_a_year() -> None:
    code = (
        "import resource\nfrom model import RouteModel\n"
        "RouteModel('as-it-happened', rng=1, organisations=1_000_000, record='summary').run_until('2001-01-01')\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert resource.getpagesize() > 0
    assert int(done.stdout) * 1024 < LARGEST_MEMORY_BYTES
