"""Shapley values against solved games and their axioms."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.analysis import attribution
from model.errors import InputError


def game(players: list[str], worth: Callable[[frozenset[str]], float], seeds: int = 3) -> pd.DataFrame:
    rows = [
        {"coalition": attribution.joined(members, players), "seed": seed, "value": worth(frozenset(members))}
        for seed in range(seeds)
        for size in range(len(players) + 1)
        for members in combinations(players, size)
    ]
    return pd.DataFrame(rows)


def shares(values: pd.DataFrame, players: list[str]) -> dict[str, float]:
    return attribution.shapley_values(values, players).set_index("player")["share"].to_dict()


def test_the_glove_game() -> None:
    """One left glove, two right ones: 2/3, 1/6, 1/6."""
    players = ["left", "right", "other"]
    values = game(players, lambda s: float("left" in s and len(s) > 1))
    assert shares(values, players) == pytest.approx({"left": 2 / 3, "right": 1 / 6, "other": 1 / 6})


def test_the_airport_game() -> None:
    """Runways of cost 1, 2, 4 (Littlechild and Owen 1973): 1/3, 1/3 + 1/2, 1/3 + 1/2 + 2."""
    cost = {"a": 1.0, "b": 2.0, "c": 4.0}
    values = game(list(cost), lambda s: max((cost[p] for p in s), default=0.0))
    assert shares(values, list(cost)) == pytest.approx({"a": 1 / 3, "b": 5 / 6, "c": 17 / 6})


worths = st.lists(st.floats(-100, 100), min_size=8, max_size=8)


@settings(max_examples=60, deadline=None)
@given(worths)
def test_shares_sum_to_the_whole(numbers: list[float]) -> None:
    players = ["a", "b", "c"]
    index = {frozenset(m): i for i, m in enumerate(m for k in range(4) for m in combinations(players, k))}
    values = game(players, lambda s: numbers[index[s]], seeds=2)
    assert sum(shares(values, players).values()) == pytest.approx(numbers[-1] - numbers[0], abs=1e-9)


def test_twins_share_alike_and_a_dummy_gets_nothing() -> None:
    found = shares(game(["a", "b", "idle"], lambda s: float(len(s & {"a", "b"})) ** 2), ["a", "b", "idle"])
    assert found == pytest.approx({"a": 2.0, "b": 2.0, "idle": 0.0})


def test_who_moves_harm_onto_others_gets_a_negative_share() -> None:
    found = shares(game(["a", "b"], lambda s: float("a" in s) * 5 - float("b" in s) * 2), ["a", "b"])
    assert found == pytest.approx({"a": 5.0, "b": -2.0})


def test_intervals_come_from_seeds() -> None:
    rng = np.random.default_rng(1)
    values = game(["a", "b"], lambda s: float(len(s)), seeds=30)
    values["value"] += rng.normal(0.0, 1.0, len(values))
    table = attribution.shapley_values(values, ["a", "b"])
    assert (table["low"] < 1.0).all()
    assert (table["high"] > 1.0).all()
    assert (table["high"] - table["low"]).between(0.4, 1.5).all()


def test_sampled_orders_agree_within_their_error() -> None:
    """Twelve players: sums of pairs, whose Shapley value is known."""
    players = [f"p{i}" for i in range(12)]
    weight = np.arange(12.0)

    def worth(s: frozenset[str]) -> float:
        total = sum(weight[players.index(p)] for p in s)
        return total + total**2 / 10

    names = attribution.coalition_names(players, 200)
    values = pd.DataFrame(
        [{"coalition": n, "seed": 0, "value": worth(frozenset(n.split("+")) if n else frozenset())} for n in names]
    )
    table = attribution.shapley_values(values, players, permutations=200)
    exact = weight + weight * weight.sum() / 10  # of a square of a sum, each gets his weight times the sum
    assert not table["exact"].any()
    assert table["share"].sum() == pytest.approx(worth(frozenset(players)))
    assert (np.abs(table["share"] - exact) <= 4 * table["se"] + 1e-9).all()


def test_the_majority_game_has_an_empty_core() -> None:
    players = ["a", "b", "c"]
    table = attribution.core(game(players, lambda s: float(len(s) >= 2)), players).set_index("coalition")
    assert table.loc["a+b", "leaves"]
    assert not table.loc["a+b+c", "leaves"]
    assert not attribution.core(game(players, lambda s: float(len(s)) ** 2), players)["leaves"].any()


def test_a_missing_coalition_is_refused() -> None:
    values = game(["a", "b"], lambda s: 1.0)
    with pytest.raises(InputError, match="no seed has a value"):
        attribution.shapley_values(values[values["coalition"] != "a"], ["a", "b"])
    with pytest.raises(InputError, match="cannot share credit"):
        attribution.coalition_names(["a"])
