"""Recovery of known parameters: by a surface, by a model, tests of ranks, and resumption after a stop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import experiments.calibration.recovery as recovering
from experiments.calibration.generations import Progress, Settings
from experiments.calibration.job import Job, Size
from experiments.calibration.likelihood import Runs
from experiments.calibration.recovery import (
    FINAL,
    NEAR,
    RANKS,
    Trials,
    _model_as_truth,
    holm,
    pooled,
    recover_model,
    uniformity,
)
from experiments.calibration.surface import fit_surface
from experiments.ensemble import seeds
from model.errors import InputError

TINY = Size(
    Settings(population=8, generations=2, least_acceptance=0.02),
    pilot=16,
    near=(10,),
    final=24,
    sets=6,
    organisations=15,
    chance_seeds=3,
    families=("consumption", "flow_to_europe"),
    free=2,
)


def line(unit: Sequence[float]) -> np.ndarray:
    """Two statistics of two parameters, without chance."""
    return np.array([unit[0] + 0.5 * unit[1], unit[1]])


@pytest.mark.slow
def test_known_parameters_are_recovered() -> None:
    rng = np.random.default_rng(2)
    units = rng.random((200, 2))
    runs = Runs(units, np.array([line(u) for u in units]) + rng.normal(size=(200, 2)) * 0.01)
    trials = Trials(["a", "b"], fit_surface(runs).draw, np.full(2, 0.01))
    ranks = pd.concat(map(trials.trial, range(60)))
    table = uniformity(ranks)
    assert ranks["rank"].between(0, RANKS).all()
    assert (table["contraction"] > 0.3).all()
    assert table["flat"].all()


@pytest.mark.slow
def test_parameters_of_a_model_are_recovered_and_trials_stand_alone() -> None:
    """Two statistics that are quadratic in two parameters, with chance by the place as in the model."""

    def run_once(unit: Sequence[float]) -> np.ndarray:
        return line(unit) ** 2 + np.random.default_rng(seeds.for_parameters(unit)).normal(size=2) * 0.01

    class Heard(Progress):
        def step(self, *what: object) -> None:
            heard.append(what)

    heard: list[object] = []
    problem: Any = SimpleNamespace(names=["a", "b"], safely=run_once)
    units = np.random.default_rng(1).random((200, 2))
    start = Runs(units, np.array([run_once(unit) for unit in units]))
    job = Job(workers=1, progress=Heard())
    job.__dict__["problem"] = problem

    def tried(number: int) -> pd.DataFrame:
        draw = _model_as_truth(job, f"trial {number}")
        return Trials(["a", "b"], draw, np.full(2, 0.01), start=start).trial(number)

    rows = [tried(number) for number in range(40)]
    runs = 1 + sum(NEAR) + FINAL
    assert heard[-1] == ("trial 39", runs, runs)
    table = uniformity(pd.concat(rows))
    assert table["flat"].all()
    assert (table["contraction"] > 0.3).all()
    assert table["inside_90"].between(0.75, 1.0).all()
    pd.testing.assert_frame_equal(tried(7), rows[7])


def test_intervals_that_hold_too_little_show_in_the_shares() -> None:
    ends = pd.DataFrame({"parameter": "a", "rank": [0, RANKS] * 30, "variance": 0.01})
    middle = ends.assign(parameter="b", rank=RANKS // 2)
    table = uniformity(pd.concat([ends, middle])).set_index("parameter")
    assert table.loc["a", ["inside_50", "inside_90"]].to_list() == [0.0, 0.0]
    assert table.loc["b", ["inside_50", "inside_90"]].to_list() == [1.0, 1.0]
    assert not table["flat"].any()


def test_narrow_posteriors_show_in_all_parameters_together() -> None:
    """Posteriors a fifth too narrow in twelve parameters: few histograms bend, and too few values lie inside."""
    rng = np.random.default_rng(3)
    drawn = rng.normal(size=(120, 12, RANKS)) * 0.8
    ranks = (drawn < rng.normal(size=(120, 12, 1))).sum(axis=2)
    table = pd.DataFrame({"trial": np.repeat(np.arange(120), 12), "rank": ranks.ravel()})
    share, error = pooled(table)["inside_90"]
    assert share + 2.0 * error < 0.9
    right = pd.DataFrame({"trial": table["trial"], "rank": rng.integers(0, RANKS + 1, len(table))})
    for level, said in (("inside_50", 0.5), ("inside_90", 0.9)):
        share, error = pooled(right)[level]
        assert abs(share - said) < 3.0 * error


def test_the_test_of_uniform_ranks_tells_flat_from_leaning() -> None:
    rng = np.random.default_rng(1)
    flat = pd.DataFrame({"parameter": "a", "rank": rng.integers(0, RANKS + 1, 400), "variance": 0.01})
    bent = pd.DataFrame({"parameter": "b", "rank": np.minimum(rng.integers(0, 12, 400), RANKS), "variance": 1 / 12})
    table = uniformity(pd.concat([flat, bent])).set_index("parameter")
    assert table.loc["a", "flat"]
    assert not table.loc["b", "flat"]
    assert table.loc["a", "identified"]
    assert not table.loc["b", "identified"]


def test_holm() -> None:
    np.testing.assert_allclose(holm(np.array([0.01, 0.04, 0.03])), [0.03, 0.06, 0.06])


@pytest.mark.slow
def test_a_check_of_recovery_goes_on_after_its_last_trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recovering, "NEAR", (12,))
    monkeypatch.setattr(recovering, "FINAL", 24)

    def check(folder: str, trials: int, stop_at: str = "") -> pd.DataFrame:
        class Stopping(Progress):
            def step(self, what: str, done: int, of: int) -> None:
                if stop_at and what.startswith(stop_at):
                    raise KeyboardInterrupt

        return recover_model(Job("base", tmp_path / folder, TINY, 2, progress=Stopping()), trials)

    with pytest.raises(KeyboardInterrupt):
        check("stopped", 3, "trial 2")
    kept = pd.read_csv(tmp_path / "stopped/base/recovery-of-model/ranks.csv")
    assert kept["trial"].unique().tolist() == [0]
    pd.testing.assert_frame_equal(check("stopped", 3), check("whole", 3))
    with pytest.raises(InputError, match=r"something else.*organisations"):
        recover_model(Job("base", tmp_path / "whole", replace(TINY, organisations=16)), 3)
