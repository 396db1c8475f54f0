"""The search for mixes on a function with a known front."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.analysis.mixes import Mixes, confirmed, nondominated, proposed, within_budget

MIXES = Mixes(
    ("useful", "useless", "dear", "fourth"), np.array([0.2, 0.0, 0.1, 0.333]), np.array([1e6, 1e6, 50e6, 2e6]), 5e6
)
SETTINGS = {"generations": 12.0, "population": 16.0, "seed": 1.0, "random": 8.0}


def landed(doses: np.ndarray, worlds: str) -> np.ndarray:
    """Only the first and third measures work; worlds differ by noise that all mixes share."""
    rng = np.random.default_rng({"search": 1, "fresh": 2}[worlds])
    noise = rng.normal(0.0, 1.0, 6)[None, :]
    kept = 10.0 * doses[:, [0]] + 4.0 * doses[:, [2]]
    return np.stack([100.0 - kept + noise, 30.0 + 0.0 * kept + noise, 0.5 + 0.0 * (kept + noise)], axis=2)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=4, max_size=4))
def test_a_mix_never_breaks_the_budget(doses: list[float]) -> None:
    made = MIXES.affordable(np.array([doses]))
    assert MIXES.cost_eur(made)[0] <= MIXES.budget_eur + 1e-6
    assert ((made >= 0.0) & (made <= 1.0)).all()


def test_the_front_holds_what_works_and_leaves_what_does_not() -> None:
    front = proposed(MIXES, landed, SETTINGS)
    assert front[:, 0].max() >= 0.75
    assert front[:, 1].max() <= 0.15
    random = within_budget(MIXES, 200, 9)
    assert landed(front, "fresh")[:, :, 0].mean(axis=1).min() <= landed(random, "fresh")[:, :, 0].mean(axis=1).min()


def test_the_same_answers_give_the_same_proposals() -> None:
    assert (proposed(MIXES, landed, SETTINGS) == proposed(MIXES, landed, SETTINGS)).all()


def test_confirmed_in_fresh_worlds_beside_random_and_status_quo() -> None:
    table = confirmed(MIXES, proposed(MIXES, landed, SETTINGS), landed, SETTINGS)
    assert {"front", "random", "status-quo", "all"} <= set(table["kind"])
    quo = table[table["kind"] == "status-quo"].iloc[0]
    assert (quo["arrived_europe_kg_change"], quo["cost_eur"]) == (0.0, 0.0)
    assert table.loc[table["kind"] != "all", "cost_eur"].max() <= MIXES.budget_eur + 1e-6
    assert len(table.loc[table["kind"] == "random", "cost_eur"].unique()) > 4
    best = table[table["kind"] == "front"].sort_values("arrived_europe_kg").iloc[0]
    assert best["regret"] == pytest.approx(0.0, abs=1e-9)


def test_a_mix_that_failed_is_never_on_the_front() -> None:
    objectives = np.array([[1.0, 5.0], [np.nan, 0.0], [2.0, 2.0], [3.0, 3.0]])
    assert nondominated(objectives).tolist() == [True, False, True, False]

    def sometimes(doses: np.ndarray, worlds: str) -> np.ndarray:
        found = landed(doses, worlds)
        found[doses[:, 0] > 0.6] = np.nan
        return found

    assert (proposed(MIXES, sometimes, SETTINGS)[:, 0] <= 0.6).all()
