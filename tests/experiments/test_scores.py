"""Scores of predictions against closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from experiments.validation.scores import (
    coverage,
    crps,
    crps_each,
    crps_weighted,
    inside,
    quantiles_weighted,
    rank_correlation,
    score,
)


def test_crps_of_a_normal_is_the_closed_form() -> None:
    """Gneiting & Raftery 2007, eq. 5."""
    draws = norm.ppf((np.arange(4000) + 0.5) / 4000, 1.0, 2.0)
    for seen in (-1.0, 1.0, 4.0):
        z = (seen - 1.0) / 2.0
        exact = 2.0 * (z * (2 * norm.cdf(z) - 1) + 2 * norm.pdf(z) - 1 / math.sqrt(math.pi))
        assert crps(draws, seen) == pytest.approx(exact, rel=0.01)
    assert crps(np.full(10, 3.0), 1.0) == 2.0  # a point prediction: its absolute error


@settings(max_examples=30)
@given(st.floats(-3, 3), st.floats(0.1, 3))
def test_the_true_distribution_scores_best(shift: float, scale: float) -> None:
    """CRPS is proper: on average over what happens no other prediction is better."""
    truth = norm.ppf((np.arange(200) + 0.5) / 200)
    seen = norm.ppf((np.arange(60) + 0.5) / 60)
    mine = np.mean([crps(truth, y) for y in seen])
    assert mine <= np.mean([crps(shift + scale * truth, y) for y in seen]) + 1e-3


def test_scores_of_a_sharp_and_right_prediction() -> None:
    rng = np.random.default_rng(1)
    seen = rng.normal(size=400) * 2
    draws = seen + rng.normal(size=400) * 0.3 + rng.normal(size=(300, 400)) * 0.3
    found = score(draws, seen)
    assert found.cover_90 == pytest.approx(0.9, abs=0.05)
    assert found.cover_50 == pytest.approx(0.5, abs=0.08)
    assert found.rank > 0.97
    assert found.error < 0.3
    assert math.isnan(rank_correlation(np.ones(5), np.arange(5.0)))


def test_coverage_is_rejected_only_where_it_should_be() -> None:
    assert coverage(9, 10) == (True, False)
    assert coverage(1, 2).holds
    assert not coverage(0, 2).holds
    assert not coverage(60, 100).holds
    assert coverage(62, 62) == (True, True)  # more than 90% explains
    assert coverage(1, 1).holds
    assert not coverage(0, 1).holds  # no test can reject one figure
    assert inside(np.arange(100.0), 50.0, 0.5)
    assert not inside(np.arange(100.0), 80.0, 0.5)


def test_few_draws_score_on_average_as_many() -> None:
    rng = np.random.default_rng(5)
    many = crps(rng.normal(size=20_000), 0.7)
    few = np.mean([crps(rng.normal(size=8), 0.7) for _ in range(4000)])
    assert few == pytest.approx(many, rel=0.03)


def test_weights_count_like_draws_that_are_there_several_times() -> None:
    rng = np.random.default_rng(7)
    draws, seen = rng.normal(size=(40, 3)), np.array([0.1, -1.0, 2.0])
    equal = np.full(40, 1 / 40)
    np.testing.assert_allclose(crps_weighted(draws, seen, equal), crps_each(draws, seen))
    np.testing.assert_allclose(
        quantiles_weighted(draws, [0.05, 0.5, 0.95], equal), np.quantile(draws, [0.05, 0.5, 0.95], axis=0)
    )
    weights = rng.dirichlet(np.full(40, 2.0))
    by_hand = (weights[:, None] * np.abs(draws - seen)).sum(axis=0)
    pairs = (weights[:, None, None] * weights[None, :, None] * np.abs(draws[:, None] - draws[None])).sum(axis=(0, 1))
    np.testing.assert_allclose(crps_weighted(draws, seen, weights), by_hand - 0.5 * pairs / (1 - (weights**2).sum()))
