"""One maker of models and of seeds: `experiments/ensemble`; its runs are those made by hand."""

from __future__ import annotations

import ast
import re
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from experiments.ensemble import models, seeds
from experiments.ensemble.models import Experiment, Histories, StoppedError, read_model, read_models, run_model
from model import RouteModel, Scenario
from model.errors import InputError
from model.route_model import LARGEST_SEED

EXPERIMENTS = Path(models.__file__).parents[1]
SEED = re.compile(r"(?i)^(?!.*rng\().*(\bseed\b|\bseeds\[|_seed\b|_luck\b)", re.DOTALL)
FORK = date(2001, 5, 7)


def makings(source: str) -> Iterator[str]:
    """Where a source makes a model, or works out a seed: adds to one, multiplies one or takes a remainder."""
    for node in ast.walk(ast.parse(source)):
        called = isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "RouteModel"
        reckoned = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mult | ast.Mod)
        if called or (reckoned and any(SEED.match(ast.unparse(end)) for end in (node.left, node.right))):  # type: ignore[attr-defined]
            yield f"{node.lineno}: {ast.unparse(node)}"  # type: ignore[attr-defined]


def test_models_and_seeds_are_made_in_one_place() -> None:
    found = {
        path.relative_to(EXPERIMENTS).as_posix(): list(makings(path.read_text(encoding="utf-8")))
        for path in EXPERIMENTS.rglob("*.py")
        if path.parent.name != "ensemble"
    }
    assert not {name: lines for name, lines in found.items() if lines}


@pytest.mark.parametrize(
    "source", ["m = RouteModel(s, 1)", "model.RouteModel()", "x = seed * 7 + draw", "y = study.seeds[0] + FRESH_SEED"]
)
def test_a_maker_elsewhere_is_seen(source: str) -> None:
    assert list(makings(source))
    assert not list(makings("n = len(seeds) * 2; m: RouteModel = made"))


# --- seeds --------------------------------------------------------------------------------------------------------


def test_seeds_are_what_they_were() -> None:
    """Kept posteriors and reports were made with them."""
    assert seeds.replications(7, 3) == (7, 8, 9)
    assert seeds.for_point(3, 2) == 3 + 3 * 1_000_003
    assert seeds.for_point(LARGEST_SEED - 1, 0) == 1_000_002
    assert [seeds.set_for(seed, 5, 3) for seed in (5, 6, 8)] == [0, 1, 0]
    assert seeds.for_parameters([0.25, 0.5]) == seeds.for_parameters((0.25, np.float64(0.5))) == 288_122_993
    assert (seeds.for_draw(0), seeds.for_prediction(1, 4), seeds.for_check(4)) == (1, 1_000_007, 2_000_007)
    assert (seeds.for_trial(2, 5), seeds.fresh(1)) == (200_011, 500_001)
    assert seeds.streams(1, 3) == tuple(int(s.generate_state(1)[0]) for s in np.random.SeedSequence(1).spawn(3))


@pytest.mark.parametrize(
    ("first", "count", "field"),
    [
        (1, 0, "replications"),
        (1, True, "replications"),
        (1, 1_000_001, "replications"),
        (-1, 2, "seed"),
        (1.0, 2, "seed"),
        (LARGEST_SEED, 2, "seed"),
    ],
)
def test_replications_that_cannot_be_are_refused(first: object, count: object, field: str) -> None:
    with pytest.raises(InputError) as refused:
        seeds.replications(first, count)
    assert refused.value.field == field


# --- models -------------------------------------------------------------------------------------------------------


def state_of(model: RouteModel) -> tuple[int, bytes, bytes]:
    return model.week, model.yearly.to_numpy().tobytes(), model.weekly.to_numpy().tobytes()


def test_what_is_read_is_that_of_models_run_by_hand_in_order() -> None:
    base = Scenario.from_dict({"base": "as-it-happened", "title": "short", "end": date(2002, 6, 30)})
    other = base.with_parameters(supply_scale=1.2)
    asked = [
        *(Experiment(one, seed, 12, until="2002-01-07", fork=FORK) for seed in (1, 2) for one in (base, base)),
        Experiment(other, 1, 12, "events"),
        Experiment(base, 3, 15, until="2000-02-07"),
    ]
    counts: list[int] = []
    found = read_models(asked, state_of, workers=2, done=counts.append)
    assert counts == list(range(1, 7))
    for experiment, state in zip(asked, found, strict=True):
        model = RouteModel(experiment.scenario, experiment.seed, experiment.organisations)
        assert state == state_of(model.run_until(experiment.until) if experiment.until else model.run())


def test_columns_are_freed_and_seizures_kept_only_where_asked_for() -> None:
    short = Scenario.from_dict({"base": "as-it-happened", "title": "short", "end": date(2000, 12, 31)})
    seen: list[RouteModel] = []
    for level in ("summary", "yearly", "events"):
        read_model(Experiment(short, 1, 12, level), seen.append)
    assert [model.level for model in seen] == ["summary", "summary", "events"]
    assert not any(hasattr(model, "state") or hasattr(model, "buffers") for model in seen)


def test_a_history_is_shared_by_what_does_not_differ_before_the_fork() -> None:
    base = Scenario.from_dict({"base": "as-it-happened", "title": "short", "end": date(2001, 12, 31)})
    shared = Histories()
    later, earlier = (base.changed_from(day, supply_answer=2.0) for day in (FORK, date(2001, 1, 1)))
    for one in (base, later, earlier, base.with_parameters(supply_scale=1.2)):
        run_model(Experiment(one, 1, 12, fork=FORK), shared=shared)
    assert len(shared._kept) == 3


def test_no_more_histories_are_kept_than_asked_for_and_a_failed_one_is_made_again() -> None:
    kept = Histories(most=2)
    with pytest.raises(RuntimeError, match="no luck"):
        kept.get(("a",), lambda: (_ for _ in ()).throw(RuntimeError("no luck")))
    made: list[str] = []
    for name in "abcab":
        kept.get((name,), lambda name=name: made.append(name))  # type: ignore[misc]
    assert made == ["a", "b", "c", "a", "b"]


def test_a_run_stops_within_half_a_simulated_year() -> None:
    asked, stop = [], threading.Event()

    def stopped() -> bool:
        asked.append(1)
        if len(asked) == 3:
            stop.set()
        return stop.is_set()

    with pytest.raises(StoppedError):
        read_model(Experiment(Scenario.load("as-it-happened"), 1, 12), state_of, stopped=stopped)
    assert len(asked) == 3


def test_a_day_outside_the_scenario_is_refused() -> None:
    short = Scenario.from_dict({"base": "as-it-happened", "title": "short", "end": date(2000, 12, 31)})
    with pytest.raises(InputError, match="the model cannot run to this date"):
        run_model(Experiment(short, 1, 12, until="2005-01-03"))
