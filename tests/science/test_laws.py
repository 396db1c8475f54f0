"""Closed forms that single rules must follow."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from model import Parameters, RouteModel
from model.columns import Alternatives, allocate
from model.kinds import MODES
from model.parameter_fields import to_values
from model.random.samplers import load_body, load_kg
from model.submodels.decisions import salient_value
from model.submodels.inspection import bribed_share, roc_hit
from model.submodels.market import move_price
from model.submodels.routes import nested_logit, pick
from model.world import World
from model.world.arrays import hull_recall


def shares(values: list[float], modes: list[int], dissimilarity: float, stay_out: float = -1e9) -> np.ndarray:
    choice: Alternatives = allocate(Alternatives, len(values), {})
    choice.value[:], choice.nest[:] = values, modes
    out = nested_logit(choice, np.zeros(len(MODES)), len(values), dissimilarity, stay_out)
    weights = choice.weight
    return np.asarray(weights / (weights.sum() + (out if stay_out > -1e8 else 0.0)))


def test_logit_shares() -> None:
    values = [1.0, 0.2, -0.5]
    expected = np.exp(values) / np.exp(values).sum()
    assert shares(values, [0, 1, 2], 1.0) == pytest.approx(expected, rel=1e-12)
    assert shares(values, [0, 0, 0], 1.0) == pytest.approx(expected, rel=1e-12)


def test_nested_logit_shares_match_mcfadden() -> None:
    values, modes, dissimilarity = np.array([1.0, 0.2, -0.5, 0.7]), [0, 0, 3, 3], 0.6
    inclusive = {m: np.exp(values[[n == m for n in modes]] / dissimilarity).sum() for m in (0, 3)}
    total = sum(s**dissimilarity for s in inclusive.values())
    expected = [
        math.exp(v / dissimilarity) / inclusive[m] * inclusive[m] ** dissimilarity / total
        for v, m in zip(values, modes, strict=True)
    ]
    assert shares(list(values), modes, dissimilarity) == pytest.approx(expected, rel=1e-12)


def test_staying_out_is_an_alternative() -> None:
    got = shares([0.0], [0], 1.0, stay_out=0.0)
    assert got[0] == pytest.approx(0.5)


def test_pick_follows_the_weights() -> None:
    choice: Alternatives = allocate(Alternatives, 3, {})
    choice.weight[:] = [1.0, 2.0, 5.0]
    grid = (np.arange(4000) + 0.5) / 4000
    counts = np.bincount([pick(choice, 3, 2.0, u) + 1 for u in grid], minlength=4)
    assert counts / 4000 == pytest.approx([0.2, 0.1, 0.2, 0.5], abs=1e-3)


def test_splitting_a_port_changes_no_share() -> None:
    """Amendment 6: two halves of a port, with half of its licit traffic each, weigh what the whole did (beta_M = 1)."""
    utility, exposure = [0.4, -0.1, 0.3], [5.0, 2.0, 1.0]
    whole = shares([u + math.log(m) for u, m in zip(utility, exposure, strict=True)], [3, 3, 5], 1.0)
    split_values = [0.4 + math.log(2.5), 0.4 + math.log(2.5), -0.1 + math.log(2.0), 0.3 + math.log(1.0)]
    for dissimilarity in (1.0, 0.6):
        whole = shares([u + math.log(m) for u, m in zip(utility, exposure, strict=True)], [3, 3, 5], dissimilarity)
        split = shares(split_values, [3, 3, 3, 5], dissimilarity)
        mode_shift = abs(split[:3].sum() - whole[:2].sum())
        if dissimilarity == 1.0:
            assert split[0] + split[1] == pytest.approx(whole[0], rel=1e-12)
            assert mode_shift < 1e-12
        else:
            # within a nest duplicates of lambda < 1 are not neutral; the shift stays small
            assert mode_shift < 0.05


def test_salience_weighs_the_larger_payoff_more() -> None:
    fair = salient_value(10_000.0, -10_000.0, 0.3, 1.0)
    assert fair == pytest.approx(0.7 * 10_000 - 0.3 * 10_000)
    assert salient_value(30_000.0, -5_000.0, 0.3, 0.7) > salient_value(30_000.0, -5_000.0, 0.3, 1.0)


@pytest.mark.parametrize(
    ("share", "d", "expected"),
    [(0.02, 0.0, 0.02), (0.02, 0.5, 0.06), (0.02, 1.0, 0.15), (0.02, 1.5, 0.29), (0.05, 1.0, 0.26), (0.10, 1.0, 0.39)],
)
def test_container_targeting_hits(share: float, d: float, expected: float) -> None:
    """The table of mechanisms M9."""
    assert roc_hit(share, d) == pytest.approx(expected, abs=0.008)
    assert roc_hit(share, d) == pytest.approx(stats.norm.cdf(d + stats.norm.ppf(share)), rel=1e-9)


@pytest.mark.parametrize(("length", "recall"), [(10, 0.56), (20, 0.81), (30, 0.92)])
def test_satellite_recall_by_hull(length: float, recall: float) -> None:
    """QuasarSR recall as fitted in mechanisms M3."""
    assert hull_recall(length) == pytest.approx(recall, abs=0.02)


def test_bribed_share_is_half_of_corruption_at_the_price() -> None:
    values: Any = to_values(Parameters())
    value = values.bribe_price_eur_per_kg / values.bribe_share
    assert bribed_share(values, 0.8, 1.0, value) == pytest.approx(0.4)
    assert bribed_share(values, 0.0, 1.0, value) == 0.0


def settle(inventory_factor: float, supply_factor: float, years: int = 4) -> np.ndarray:
    """Price path of one market after its supply changes by a factor."""
    values: Any = to_values(Parameters())
    demand, reference = 1000.0, 50_000.0
    stock = values.market_cover_weeks * demand * inventory_factor
    price, path = reference, []
    for _ in range(52 * years):
        used = min(stock, demand * (price / reference) ** values.demand_elasticity)
        stock += demand * supply_factor - used
        price = move_price(price, stock, demand, reference, values)
        path.append(price)
    return np.array(path)


def test_price_after_halving_supply() -> None:
    """Amendment 14: settles within two years, overshoot under 25 percent, no ringing."""
    path = settle(1.0, 0.5)
    clearing = 50_000.0 * 0.5 ** (1 / Parameters().demand_elasticity)
    assert path[-1] == pytest.approx(clearing, rel=0.02)
    assert path.max() / clearing < 1.25
    assert np.all(np.abs(path[104:] / clearing - 1) < 0.05)


def test_price_rests_when_nothing_changes() -> None:
    assert settle(1.0, 1.0) == pytest.approx(50_000.0, rel=1e-6)


@pytest.mark.parametrize("mode", MODES)
def test_load_sizes_by_mode(world: World, mode: str) -> None:
    """Median and upper quantiles follow the table of modes; the tail is Pareto, cut at the physical maximum."""
    a, i = world.arrays, MODES.index(mode)
    median, log_sd, tail_from = a.mode_load_median[i], a.mode_load_log_sd[i], a.mode_load_tail_from[i]
    exponent, maximum = a.mode_load_exponent[i], a.mode_load_max[i]
    grid = (np.arange(20_000) + 0.5) / 20_000
    loads = np.array(
        [load_kg(u, load_body(median, log_sd, tail_from), median, log_sd, tail_from, exponent, maximum) for u in grid]
    )
    assert np.median(loads) == pytest.approx(median, rel=0.01)
    assert loads.max() <= maximum
    assert np.all(np.diff(loads) >= 0)
    tail = loads[loads > tail_from]
    body = stats.norm.cdf(math.log(tail_from / median) / log_sd)
    assert len(tail) / len(loads) == pytest.approx(1 - body, abs=2e-3)
    # survival of the truncated Pareto at twice the start of the tail
    cut = (tail_from / maximum) ** exponent
    expected = ((2.0**-exponent) - cut) / (1 - cut) if 2 * tail_from < maximum else 0.0
    assert np.mean(tail > 2 * tail_from) == pytest.approx(expected, abs=0.01)


def test_pareto_tail_exponent_is_recovered(world: World) -> None:
    """Hill estimator far below the truncation."""
    rng = np.random.default_rng(1)
    loads = np.array([load_kg(u, load_body(38.5, 1.59, 70.0), 38.5, 1.59, 70.0, 1.01, 1e9) for u in rng.random(60_000)])
    tail = np.sort(loads[loads > 200.0])
    hill = len(tail) / np.log(tail / 200.0).sum()
    assert hill == pytest.approx(1.01, abs=0.03)


def test_totals_do_not_depend_on_the_number_of_organisations() -> None:
    """Resolution is not size: dispatched mass at 100, 300 and 1,000 organisations agrees within Monte-Carlo error."""
    means = {}
    for organisations in (100, 300, 1000):
        runs = [
            RouteModel("as-it-happened", rng=seed, organisations=organisations).run_until("2004-01-05").yearly
            for seed in range(6)
        ]
        dispatched = np.array([run["dispatched_kg"].loc[2002:2003].sum() for run in runs])
        means[organisations] = (dispatched.mean(), dispatched.std(ddof=1) / math.sqrt(len(runs)))
    base, error = means[300]
    for organisations in (100, 1000):
        mean, own = means[organisations]
        assert abs(mean - base) < max(4 * math.hypot(own, error), 0.15 * base)
