"""From a coarse posterior to a fine one: importance sampling with proposals from a response surface.

ABC-SMC finds where the posterior lies and at which temperature; in twelve dimensions its weights are uneven, so that
two hundred sets are worth forty. Statistics are smooth in the parameters, so a quadratic surface of them, fitted to
runs over the prior and anew to runs near the posterior, gives proposals that are nearly right. The model decides:

    w(u) = L(y_model(u))^(1/T) / L_surface(u),   u drawn from the posterior of the surface

which is exact for any surface whose posterior covers that of the model (Geweke 1989; Wilkinson 2014 for surrogates in
ABC), but for the largest weights, which are cut (Ionides 2008): what that takes is told (`Refined.cut`). Sets with
weights are then resampled; the effective number says what they are worth.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np
from scipy.stats import genpareto, norm

from experiments.calibration.surface import Surface, fit_surface
from model.columns import Array

__all__ = ["Refined", "effective", "pareto_k", "refine", "surface_posterior"]

CHAINS: Final = 400
STEPS: Final = 400
WIDER: Final = 1.3
"""Proposals are drawn at this many times the temperature, so that their tails cover those of the posterior."""
CUT: Final = 0.5
"""Weights above the square root of their number times their mean are cut to it (Ionides 2008); times this."""

type Simulate = Callable[[Array], Array]
"""Sets (n, parameters) -> statistics (n, targets); rows that are not finite are left out."""


class Refined(NamedTuple):
    """Sets with weights that sum to 1, their statistics, and how good the surface and its proposals were.

    `explained` is the share of each target's variance that the surface explains, `pareto_k` the tail of the weights
    before they were cut, `cut` the part of their sum that was cut off.
    """

    units: Array
    weights: Array
    statistics: Array
    explained: Array
    pareto_k: float
    cut: float


def effective(weights: Array) -> float:
    """Effective number of sets (Kish)."""
    return float(weights.sum() ** 2 / (weights**2).sum())


def pareto_k(weights: Array) -> float:
    """Shape of a generalised Pareto distribution fitted to the largest weights (Vehtari et al. 2024).

    Below 0.5 the weights have a finite variance, up to 0.7 importance sampling is still to be trusted.
    """
    ordered = np.sort(weights)
    tail = min(len(ordered) // 5, int(3.0 * math.sqrt(len(ordered))))
    threshold = ordered[-tail - 1]
    return float(genpareto.fit((ordered[-tail:] - threshold) / ordered[-1], floc=0.0)[0])


def _log_surface(surface: Surface, units: Array, observed: Array, variance: Array, temperature: float) -> Array:
    """Log likelihood of the surface: error of the record at a temperature, and the chance that is left about it."""
    total = temperature * variance + surface.spread**2
    found: Array = -0.5 * ((surface.mean(units) - observed) ** 2 / total).sum(axis=1)
    return found


def surface_posterior(
    surface: Surface, observed: Array, variance: Array, temperature: float, count: int, rng: np.random.Generator,
    steps: int = STEPS,
) -> Array:  # fmt: skip
    """Draw sets from the posterior of a surface: many chains of differential evolution (ter Braak 2006), in probits.

    Returns
    -------
    Sets, shape (count, parameters).
    """
    size = _parameters(surface)
    x = rng.normal(size=(CHAINS, size))

    def log_density(x: Array) -> Array:
        likelihood = _log_surface(surface, norm.cdf(x), observed, variance, temperature)
        found: Array = likelihood - 0.5 * (x**2).sum(axis=1)  # a uniform prior is a standard normal in probits
        return found

    now, kept = log_density(x), []
    for step in range(steps):
        one, other = (rng.permutation(CHAINS) for _ in range(2))
        # now and then a whole step, which carries chains from one hill to another
        gamma = 1.0 if step % 10 == 9 else 2.38 / np.sqrt(2.0 * size)
        new = x + gamma * (x[one] - x[other]) + rng.normal(size=x.shape) * 1e-3
        there = log_density(new)
        accepted = np.log(rng.random(CHAINS)) < there - now
        x[accepted], now[accepted] = new[accepted], there[accepted]
        if step >= steps // 2 and step % 20 == 0:
            kept.append(x.copy())
    pool = norm.cdf(np.concatenate(kept))
    return pool[rng.choice(len(pool), size=count, replace=count > len(pool))]


def _parameters(surface: Surface) -> int:
    """Number of parameters of a surface, from its number of terms (1 + k + k (k + 1) / 2)."""
    terms = surface.coefficients.shape[0]
    return round((math.sqrt(9.0 + 8.0 * (terms - 1)) - 3.0) / 2.0)


def refine(
    simulate: Simulate, start: Array, start_statistics: Array, observed: Array, variance: Array, temperature: float,
    sets: int = 1000, rounds: Sequence[int] = (400,), seed: int = 1,
) -> Refined:  # fmt: skip
    """Refine a posterior.

    Parameters
    ----------
    start, start_statistics
        Runs that are there already: over the prior, and what a fit has accepted.
    rounds
        Numbers of runs near the posterior with which the surface is fitted anew before the last round.
    sets
        Runs of the last round, which carry the weights.
    """
    rng = np.random.default_rng(seed)
    units, statistics = start, start_statistics
    surface = fit_surface(units, statistics)
    for count in rounds:
        near = surface_posterior(surface, observed, variance, 2.0 * temperature, count, rng)
        units, statistics = np.vstack([units, near]), np.vstack([statistics, simulate(near)])
        surface = fit_surface(units, statistics, _closeness(statistics, observed, variance, temperature))
    drawn = surface_posterior(surface, observed, variance, WIDER * temperature, sets, rng)
    found = simulate(drawn)
    good = np.isfinite(found).all(axis=1)
    drawn, found = drawn[good], found[good]
    target = -0.5 * ((found - observed) ** 2 / (temperature * variance)).sum(axis=1)
    proposed = _log_surface(surface, drawn, observed, variance, WIDER * temperature)
    log_weight = target - proposed
    raw = np.exp(log_weight - log_weight.max())
    weight = np.minimum(raw, raw.mean() * np.sqrt(len(raw)) * CUT)
    cut = 1.0 - float(weight.sum() / raw.sum())
    return Refined(drawn, weight / weight.sum(), found, surface.explained, pareto_k(raw), cut)


def _closeness(statistics: Array, observed: Array, variance: Array, temperature: float) -> Array:
    """Weight of a run in fitting the surface: near the posterior it must be right, far from it need not be."""
    misfit = np.nan_to_num(((statistics - observed) ** 2 / (temperature * variance)).sum(axis=1), nan=1e6)
    least = float(np.quantile(misfit, 0.02))
    found: Array = 1.0 / (1.0 + np.maximum(misfit - least, 0.0) / len(observed))
    return found
