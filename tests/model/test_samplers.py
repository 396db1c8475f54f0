"""Samplers against SciPy: equal quantile functions, the right distributions, rising in their uniform number."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import warnings
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from model.random import draws, samplers

LEVEL = 1e-4
MEANS = (0.03, 0.7, 5.0, 63.0, 199.9, 200.1, 745.0, 1e4)
BINOMIALS = (
    (1, 0.3),
    (17, 0.5),
    (400, 0.01),
    (1000, 0.93),
    (1348, 0.5485),  # the chance of none underflows
    (3000, 0.2),
    (100_000, 0.0019),
    (100_000, 0.0021),
    (100_000, 0.5),
)
LOAD = (350.0, 0.9, 900.0, 1.4, 9000.0)
"""Median (kg), spread of the log, start of the tail (kg), its exponent, maximum (kg)."""
U = st.floats(2.0**-54, 1.0 - 2.0**-53)


def uniforms(count: int, stream: int = draws.LOAD) -> list[float]:
    return [draws.uniform(2011, stream, 7, who, 0) for who in range(count)]


def edges() -> list[float]:
    """Numbers spread evenly, and both tails down to the least that the draws can give."""
    tails = [2.0**-power for power in range(2, 54)]
    return sorted([*np.linspace(0.0005, 0.9995, 2000).tolist(), *tails, *(1.0 - tail for tail in tails)])


def load_kg(u: float, median: float, log_sd: float, tail_from: float, exponent: float, maximum: float) -> float:
    body = samplers.load_body(median, log_sd, tail_from)
    return samplers.load_kg(u, body, median, log_sd, tail_from, exponent, maximum)


def load_quantiles(u: np.ndarray) -> np.ndarray:
    """Load sizes written with SciPy's distributions."""
    median, log_sd, tail_from, exponent, maximum = LOAD
    body = stats.lognorm(log_sd, scale=median)
    tail = stats.truncpareto(exponent, maximum / tail_from, scale=tail_from)
    split = body.cdf(tail_from)
    return np.where(u <= split, body.ppf(np.minimum(u, split)), tail.ppf(np.maximum(u - split, 0.0) / (1.0 - split)))


QUANTILES: dict[str, tuple[Callable[[float], float], Callable[[np.ndarray], np.ndarray]]] = {
    "normal": (samplers.normal_quantile, special.ndtri),
    "lognormal": (lambda u: samplers.lognormal(u, 350.0, 0.9), stats.lognorm(0.9, scale=350.0).ppf),
    "exponential": (lambda u: samplers.exponential(u, 3.5), stats.expon(scale=3.5).ppf),
    "pareto": (lambda u: samplers.pareto(u, 2.0, 1.3, 100.0), stats.truncpareto(1.3, 50.0, scale=2.0).ppf),
    "load_kg": (lambda u: load_kg(u, *LOAD), load_quantiles),
}


@pytest.mark.parametrize("name", QUANTILES)
def test_quantile_functions(name: str) -> None:
    sampler, reference = QUANTILES[name]
    u = [x for x in edges() if 1e-15 < x < 1.0 - 1e-11]  # SciPy's own tails lose digits beyond
    tolerance = 1e-13 if name == "normal" else 1e-9
    np.testing.assert_allclose([sampler(x) for x in u], reference(np.array(u)), rtol=tolerance, atol=1e-15)


def test_normal_share_undoes_the_quantile() -> None:
    u = [x for x in edges() if 1e-12 < x < 1.0 - 1e-12]
    assert [samplers.normal_share(samplers.normal_quantile(x)) for x in u] == pytest.approx(u, rel=1e-13)


@pytest.mark.parametrize("name", QUANTILES)
def test_continuous_samplers_rise_with_u(name: str) -> None:
    values = [QUANTILES[name][0](u) for u in edges()]
    assert all(low < high for low, high in pairwise(values) if high < QUANTILES[name][0](0.999999))
    assert all(low <= high for low, high in pairwise(values))


def test_loads_are_continuous_where_the_tail_starts() -> None:
    median, log_sd, tail_from, _, maximum = LOAD
    split = samplers.normal_share(math.log(tail_from / median) / log_sd)
    near = [split + step * 1e-12 for step in range(-5, 6)]
    loads = [load_kg(u, *LOAD) for u in near]
    assert loads == sorted(loads)
    assert loads == pytest.approx([tail_from] * len(loads), rel=1e-9)
    assert load_kg(1.0 - 2.0**-53, *LOAD) == pytest.approx(maximum, rel=1e-9)


@given(U, st.floats(1.0, 1e4), st.floats(0.05, 2.0), st.floats(0.1, 10.0), st.floats(0.2, 5.0), st.floats(0.05, 20.0))
@settings(max_examples=300, deadline=None)
def test_loads_and_tails_keep_their_bounds(
    u: float, median: float, log_sd: float, tail: float, exponent: float, most: float
) -> None:
    """Also where the tail starts beyond the maximum."""
    assert 0.0 < load_kg(u, median, log_sd, median * tail, exponent, median * most) <= median * most
    assert median <= samplers.pareto(u, median, exponent, median * (1.0 + most)) <= median * (1.0 + most)
    assert samplers.exponential(u, median) > 0.0


@pytest.mark.parametrize("mean", MEANS)
def test_poisson_is_the_exact_quantile(mean: float) -> None:
    u = uniforms(2_000)
    assert [samplers.poisson(x, mean) for x in u] == stats.poisson(mean).ppf(u).astype(int).tolist()


@pytest.mark.parametrize(("n", "p"), BINOMIALS)
def test_binomial_is_the_exact_quantile(n: int, p: float) -> None:
    u = uniforms(2_000)
    assert [samplers.binomial(x, n, p) for x in u] == stats.binom(n, p).ppf(u).astype(int).tolist()


@pytest.mark.parametrize(
    "law", [stats.poisson(4.2), stats.poisson(431.0), stats.binom(30, 0.7), stats.binom(2000, 0.31)]
)
def test_counts_have_the_exact_probabilities(law: stats.rv_discrete) -> None:
    def sample(u: float) -> int:
        return samplers.poisson(u, *law.args) if law.dist.name == "poisson" else samplers.binomial(u, *law.args)

    found = np.array([sample(u) for u in uniforms(20_000, draws.SATELLITE)])
    lowest, highest = int(law.ppf(0.002)), int(law.ppf(0.998))
    kept = np.arange(lowest, highest + 1)
    observed = [(found < lowest).sum(), *((found == count).sum() for count in kept), (found > highest).sum()]
    expected = np.array([law.cdf(lowest - 1), *law.pmf(kept), law.sf(highest)])
    possible = expected > 0.0
    assert sum(observed) == sum(np.array(observed)[possible])
    expected *= len(found) / expected.sum()
    assert stats.chisquare(np.array(observed)[possible], expected[possible]).pvalue > LEVEL


@pytest.mark.parametrize("mean", MEANS)
def test_counts_rise_with_u_to_the_very_end(mean: float) -> None:
    counts = [samplers.poisson(u, mean) for u in edges()]
    assert counts == sorted(counts)
    assert counts[-1] <= mean + 12.0 * math.sqrt(mean) + 12.0
    for p in (0.001, 0.3, 0.8):
        binomials = [samplers.binomial(u, 3_000, p) for u in edges()]
        assert binomials == sorted(binomials)


@given(U, st.floats(0.0, 2000.0), st.integers(0, 5000), st.floats(0.0, 1.0), st.floats(1.0, 1.5))
@settings(max_examples=300, deadline=None)
def test_counts_keep_their_bounds_and_rise_with_chance(u: float, mean: float, n: int, p: float, more: float) -> None:
    u = min(max(u, 1e-9), 1.0 - 1e-9)  # beyond, rounding in the sums may move a count by one
    assert 0 <= samplers.poisson(u, mean) <= samplers.poisson(u, mean * more + 1e-6)
    assert 0 <= samplers.binomial(u, n, p) <= samplers.binomial(u, n, min(p * more, 1.0)) <= n


def test_counts_without_chance() -> None:
    assert samplers.poisson(0.9, 0.0) == samplers.poisson(0.9, -1.0) == 0
    assert samplers.binomial(0.9, 7, 0.0) == samplers.binomial(0.9, 0, 0.4) == 0
    assert samplers.binomial(0.1, 7, 1.0) == 7


@pytest.mark.parametrize("shape", [0.3, 1.0, 2.5, 80.0])
def test_gamma(shape: float) -> None:
    found = [samplers.gamma(3, draws.STATE, 8, who, 1, shape, 2.5) for who in range(10_000)]
    assert stats.kstest(found, stats.gamma(shape, scale=2.5).cdf).pvalue > LEVEL
    along_k = [samplers.gamma(3, draws.STATE, 8, 1, k, shape, 1.0) for k in range(10_000)]
    assert stats.pearsonr(along_k[1:], along_k[:-1]).pvalue > LEVEL


@pytest.mark.parametrize(("a", "b"), [(0.5, 0.5), (2.0, 5.0), (300.0, 4.0)])
def test_beta(a: float, b: float) -> None:
    found = [samplers.beta(4, draws.STATE, 8, who, 0, a, b) for who in range(10_000)]
    assert stats.kstest(found, stats.beta(a, b).cdf).pvalue > LEVEL


@given(st.integers(0, 2**63 - 1), st.integers(0, 2**24 - 1), st.floats(1e-3, 1e6), st.floats(1e-3, 1e6))
@settings(max_examples=200, deadline=None)
def test_gamma_and_beta_keep_their_bounds(who: int, k: int, a: float, b: float) -> None:
    assert 0.0 <= samplers.gamma(1, draws.STATE, 3, who, k, a, b) < math.inf
    assert 0.0 <= samplers.beta(1, draws.STATE, 3, who, k, a, b) <= 1.0


def batch() -> list[str]:
    """Values of all samplers, written so that no bit is lost."""
    found: list[float] = []
    for i, u in enumerate([*uniforms(150), *edges()[::9]]):
        found += [sampler(u) for sampler, _ in QUANTILES.values()]
        found += [samplers.normal_share(4.0 * u - 2.0)]
        found += [samplers.poisson(u, MEANS[i % len(MEANS)]), samplers.binomial(u, *BINOMIALS[i % len(BINOMIALS)])]
        found += [samplers.gamma(9, draws.STATE, i, i, i, (0.2, 1.0, 30.0)[i % 3], 2.0)]
        found += [samplers.beta(9, draws.STATE, i, i, i, (0.01, 1.0, 30.0)[i % 3], 2.0)]
    return [float(number).hex() for number in found]


def test_compiled_and_interpreted_agree_to_the_last_bit() -> None:
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([sys.executable, __file__], env=environment, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == batch()


if __name__ == "__main__":
    warnings.simplefilter("error")
    print(json.dumps(batch()))
