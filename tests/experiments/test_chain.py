"""The change of seizures by link of the chain: who gets the credit, and when there is none to give."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest

from experiments.analysis import chain
from experiments.analysis.intervals import mean_difference
from experiments.ensemble.store import DONE, FAILED

CHAIN = chain.CHAIN_OUTCOMES
BASE = [1000.0, 3000.0, 800.0, 200.0, 100.0, 40.0, 60.0]
"""sent, moved, moved at sea, cued, acted on, boarded, removed ashore"""


def chain_runs(**arms: Sequence[Sequence[float]]) -> pd.DataFrame:
    """Runs with the outcomes of the chain, a row of them for each seed."""
    return pd.DataFrame(
        [
            {"scenario": arm, "seed": seed, "status": DONE, **dict(zip(CHAIN, row, strict=True))}
            for arm, rows in arms.items()
            for seed, row in enumerate(rows)
        ]
    )


def seeds_of(row: Sequence[float], count: int = 6, spread: float = 0.02) -> list[list[float]]:
    return [[value * (1.0 + spread * (seed - (count - 1) / 2)) for value in row] for seed in range(count)]


def test_a_change_of_one_link_is_credited_to_it() -> None:
    acted = [1000.0, 3000.0, 800.0, 200.0, 150.0, 60.0, 60.0]
    table = chain.decomposition(chain_runs(a=seeds_of(BASE), b=seeds_of(acted)), "b", "a").set_index("factor")["kg"]
    assert table["act"] == pytest.approx(20.0)
    assert table.drop("act").abs().max() == pytest.approx(0.0, abs=1e-9)


def test_contributions_sum_to_the_change() -> None:
    rng = np.random.default_rng(7)
    sides = [np.array(BASE) * rng.uniform(0.5, 1.5, (8, len(BASE))) for _ in range(2)]
    table = chain.decomposition(chain_runs(a=sides[0].tolist(), b=sides[1].tolist()), "b", "a")
    removed = [side[:, 5].mean() + side[:, 6].mean() for side in sides]
    assert table["kg"].sum() == pytest.approx(removed[1] - removed[0])
    assert (table["low"] <= table["kg"]).all()
    assert (table["kg"] <= table["high"]).all()


def test_a_contribution_that_is_a_plain_difference_has_its_interval() -> None:
    # where only boardings change and all else is constant, the log mean cancels and leaves a difference of means
    boarded = np.random.default_rng(1).lognormal(3.0, 0.4, (2, 9))
    sides = [[[*BASE[:5], value, BASE[6]] for value in side] for side in boarded.tolist()]
    table = chain.decomposition(chain_runs(a=sides[0], b=sides[1]), "b", "a").set_index("factor")
    found = mean_difference(boarded[1] - boarded[0])
    assert [table[end]["board"] for end in ("kg", "low", "high")] == pytest.approx([found.mean, found.low, found.high])


@pytest.mark.parametrize(
    ("without", "link"),
    [
        ([1000.0, 3000.0, 800.0, 0.0, 0.0, 0.0, 60.0], "know"),
        ([1000.0, 3000.0, 800.0, 200.0, 0.0, 0.0, 60.0], "act"),
        ([1000.0, 3000.0, 800.0, 200.0, 100.0, 0.0, 60.0], "board"),
    ],
)
def test_the_link_that_was_missing_gets_all_and_those_after_it_nothing(without: list[float], link: str) -> None:
    for first, last, sign in (("a", "b", -1.0), ("b", "a", 1.0)):
        table = chain.decomposition(chain_runs(a=seeds_of(BASE), b=seeds_of(without)), last, first)
        kg = table.set_index("factor")["kg"]
        assert kg[link] == pytest.approx(sign * 40.0)
        assert kg.drop(link).abs().max() == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("count", [1, 2])
def test_a_decomposition_of_few_seeds_has_no_interval(count: int) -> None:
    table = chain.decomposition(chain_runs(a=seeds_of(BASE, count), b=seeds_of(BASE[::-1], count)), "b", "a")
    assert table["kg"].notna().all()
    assert table[["low", "high"]].isna().all(axis=None)


def test_a_decomposition_of_an_arm_that_failed_is_empty() -> None:
    table = chain_runs(a=seeds_of(BASE), b=seeds_of(BASE))
    table.loc[table["scenario"] == "b", "status"] = FAILED
    assert chain.decomposition(table, "b", "a").empty
