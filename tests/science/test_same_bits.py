"""The same seed gives the same run, to the last bit, however it is run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model import InputError, RouteModel
from model.kinds import Counter
from model.scenario import Scenario
from model.scenario.events import Event
from model.scenario.measures import dose_event

DIGEST = """
import hashlib, json, sys
import numpy as np
from model import RouteModel
m = RouteModel(sys.argv[2], rng=5, organisations=12, **json.loads(sys.argv[3])).run_until(sys.argv[1])
digest = hashlib.sha256()
for table in m.buffers:
    digest.update(np.ascontiguousarray(table[: m.week] if table is m.buffers.weekly else table).tobytes())
for part in m.state:
    for column in part if isinstance(part, tuple) else (part,):
        digest.update(np.ascontiguousarray(column).tobytes())
print(json.dumps({"digest": digest.hexdigest(), "seized": float(m.weekly["seized_kg"].sum())}))
"""


def digest(until: str, interpreted: bool, scenario: str = "as-it-happened", **parameters: object) -> dict[str, object]:
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1" if interpreted else "0"}
    done = subprocess.run(
        [sys.executable, "-c", DIGEST, until, scenario, json.dumps(parameters)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(json.loads(done.stdout))


def both_ways(until: str, scenario: str = "as-it-happened", **parameters: object) -> list[dict[str, object]]:
    """Compiled and interpreted, side by side."""
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda interpreted: digest(until, interpreted, scenario, **parameters), (False, True)))


def same(a: RouteModel, b: RouteModel) -> bool:
    return all(np.array_equal(x, y) for x, y in zip(a.buffers, b.buffers, strict=True)) and all(
        np.array_equal(x, y)
        for p, q in zip(a.state, b.state, strict=True)
        for x, y in zip(p if isinstance(p, tuple) else (p,), q if isinstance(q, tuple) else (q,), strict=True)
    )


def test_compiled_and_interpreted_agree_to_the_last_bit() -> None:
    compiled, interpreted = both_ways("2000-05-01")
    assert compiled["seized"] == interpreted["seized"]
    assert compiled["digest"] == interpreted["digest"]


ALL_ON = {"cooperation": "endogenous", "allocation": "covering", "deterrence": "willingness"}


@pytest.mark.parametrize(
    "parameters",
    [
        ALL_ON,
        {"allocation": "bandit", "choice_rule": "experience"},
        {"allocation": "greedy"},
        {"allocation": "network"},
        {"allocation": "random"},
    ],
)
def test_compiled_and_interpreted_agree_with_other_rules(parameters: dict[str, object], tmp_path: Path) -> None:
    """States that decide, planned cover, a learning platform; all measures in full from the second month."""
    scenario = tmp_path / "all.toml"
    scenario.write_text(
        'title = "all"\nbase = "as-it-happened"\n[[events]]\nid = "all"\ndate = 2000-02-14\n'
        'target = "measure:*"\nfield = "dose"\nvalue = 1\n'
    )
    compiled, interpreted = both_ways("2000-04-10", str(scenario), **parameters)
    assert compiled == interpreted


@pytest.mark.parametrize("parameters", [{}, ALL_ON])
def test_one_thread_and_two_give_the_same(parameters: dict[str, object]) -> None:
    def run(seed: int) -> RouteModel:
        return RouteModel("as-it-happened", rng=seed, organisations=50, **parameters).run_until("2001-06-04")

    alone = [run(seed) for seed in (1, 2, 3, 4)]
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(run, (1, 2, 3, 4)))
    assert all(same(a, b) for a, b in zip(alone, together, strict=True))
    assert not same(alone[0], alone[1])


@pytest.mark.parametrize("parameters", [{}, ALL_ON, {"allocation": "bandit"}])
def test_running_and_stepping_give_the_same(parameters: dict[str, object]) -> None:
    straight = RouteModel("full-cooperation", rng=9, organisations=40, **parameters).run_until("2001-01-01")
    stepped = RouteModel("full-cooperation", rng=9, organisations=40, **parameters)
    for _ in range(straight.week - stepped.week):
        stepped.step()
    assert same(straight, stepped)
    assert stepped.time == straight.time


def test_a_change_of_placement_acts_at_once_however_the_model_is_run() -> None:
    """An event in the middle of a month, inside a stretch that is run in one go."""
    plan = Event("plan", date(2000, 9, 13), None, "platform", "jiatf-south", "allocation", "value", 3.0)
    scenario = RouteModel("as-it-happened").policy.with_events(plan)
    straight = RouteModel(scenario, rng=9, organisations=40).run_until("2001-01-01")
    stepped = RouteModel(scenario, rng=9, organisations=40)
    while stepped.week < straight.week:
        stepped.step()
    assert same(straight, stepped)
    assert straight.state.assets.assigned_area.max() >= 0


@pytest.mark.parametrize("parameters", [{}, ALL_ON])
@pytest.mark.parametrize("day", ["2000-10-02", "2000-10-16"])
def test_a_fork_goes_on_exactly(parameters: dict[str, object], day: str) -> None:
    model = RouteModel("as-it-happened", rng=9, organisations=40, **parameters).run_until(day)
    copy = model.fork()
    copy.run_until("2001-04-02")
    model.run_until("2001-04-02")
    assert same(model, copy)


def test_a_fork_into_a_dose_is_a_run_of_that_scenario() -> None:
    model = RouteModel("as-it-happened", rng=9, organisations=40).run_until("2009-01-05")
    dosed = model.policy.with_events(dose_event("maoc-n", 1.0, date(2009, 1, 5)))
    forked = model.fork(dosed).run_until("2011-01-03")
    straight = RouteModel(dosed, rng=9, organisations=40).run_until("2011-01-03")
    assert np.array_equal(forked.buffers.weekly, straight.buffers.weekly)


def test_a_fork_counts_the_epochs_of_its_own_scenario() -> None:
    """Events that change nothing begin epochs too, and a scenario without them has fewer."""
    history = RouteModel("zero-effect", rng=3, organisations=40).run_until("2009-03-11")
    dosed = RouteModel("as-it-happened").policy.with_events(dose_event("maoc-n", 1.0, date(2009, 3, 11)))
    forked = history.fork(dosed).run_until("2011-01-03")
    straight = RouteModel(dosed, rng=3, organisations=40).run_until("2011-01-03")
    assert np.array_equal(forked.buffers.weekly[: straight.week], straight.buffers.weekly[: straight.week])


@pytest.mark.parametrize("change", ["closed", "parameter"])
def test_a_fork_before_the_first_week_is_a_run_of_its_scenario(change: str) -> None:
    model = RouteModel("as-it-happened", rng=3, organisations=40)
    other = model.policy.with_parameters(choice_rule="experience")
    if change == "closed":
        none = Event("none", date(2000, 1, 3), None, "place", "*", "inspection_share", "value", 0.0)
        other = model.policy.with_events(none)
    forked = model.fork(other).run_until("2001-01-01")
    assert same(forked, RouteModel(other, rng=3, organisations=40).run_until("2001-01-01"))
    assert forked.steps == forked.week


def test_a_fork_is_independent() -> None:
    model = RouteModel("as-it-happened", rng=9, organisations=40).run_until("2000-10-02")
    before = model.state.markets.price_eur_per_kg.copy()
    model.fork().run_until("2001-04-02")
    assert np.array_equal(before, model.state.markets.price_eur_per_kg)


def test_a_policy_without_effect_changes_not_one_bit() -> None:
    plain = RouteModel("as-it-happened", rng=4, organisations=40).run_until("2012-01-02")
    nothing = RouteModel("zero-effect", rng=4, organisations=40).run_until("2012-01-02")
    assert len(nothing.policy.events) > len(plain.policy.events)
    nothing.state.counts[Counter.EPOCH] = plain.state.counts[Counter.EPOCH]  # only a number of the row that was read
    assert same(plain, nothing)


def test_a_policy_with_effect_changes_nothing_before_its_date() -> None:
    plain = RouteModel("as-it-happened", rng=4, organisations=40).run_until("2004-06-07")
    other = RouteModel("no-schiphol-sive", rng=4, organisations=40).run_until("2004-06-07")
    weekly, changed = plain.weekly, other.weekly
    first = min(event.date for event in plain.policy.events if event.id not in {e.id for e in other.policy.events})
    before = weekly.index < str(first - __import__("datetime").timedelta(days=7))
    assert weekly[before].equals(changed[before])
    assert not weekly.equals(changed)


def test_a_fork_into_another_past_is_refused() -> None:
    model = RouteModel("as-it-happened", rng=4, organisations=20).run_until("2004-06-07")
    with pytest.raises(InputError, match="differs before the fork"):
        model.fork("no-schiphol-sive")


def test_a_fork_with_parameters_changes_from_its_date_on() -> None:
    model = RouteModel("as-it-happened", rng=4, organisations=40).run_until("2004-06-07")
    straight = model.fork().run_until("2005-06-06").weekly
    changed = model.fork(service_days=10.0, memory_months=12.0)
    assert [event.date for event in changed.policy.events if event.kind == "parameter"] == [model.date] * 2
    weekly = changed.run_until("2005-06-06").weekly
    before = weekly.index < "2004-06-07"
    assert weekly[before].equals(straight[before])
    assert not weekly.equals(straight)


def test_a_fork_with_another_theory_is_refused() -> None:
    model = RouteModel("as-it-happened", rng=4, organisations=20).run_until("2004-06-07")
    with pytest.raises(InputError, match="whole run"):
        model.fork(choice_rule="salience")


YEARS = st.integers(2002, 2008)


@settings(max_examples=8, deadline=None)
@given(
    ends=st.tuples(st.integers(2002, 2008), st.integers(2002, 2008)), fork=st.dates(date(2001, 2, 1), date(2002, 6, 1))
)
def test_a_fork_to_another_end_is_a_run_of_that_scenario(ends: tuple[int, int], fork: date) -> None:
    """No column is as long as the history: the two scenarios may end in different years."""
    first, second = (replace(Scenario.load("as-it-happened"), end=date(year, 12, 20), fork=None) for year in ends)
    forked = RouteModel(first, rng=9, organisations=15).run_until(fork).fork(second).run()
    assert same(forked, RouteModel(second, rng=9, organisations=15).run())


def test_a_fork_past_the_end_is_refused() -> None:
    model = RouteModel("as-it-happened", rng=4, organisations=15).run_until("2004-06-07")
    with pytest.raises(InputError, match="ends before the fork"):
        model.fork(replace(model.policy, end=date(2003, 12, 28), fork=None))
