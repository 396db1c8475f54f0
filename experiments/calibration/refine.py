"""From a coarse posterior to a fine one: importance sampling with proposals from a response surface.

ABC-SMC finds where the posterior lies and at which temperature; in twelve dimensions its weights are uneven, so that
two hundred sets are worth forty. Statistics are smooth in the parameters, so a quadratic surface of them, fitted to
runs over the prior and anew to runs near the posterior, gives proposals that are nearly right. The model decides:

    w(u) = L(y_model(u))^(1/T) / L_surface(u),   u drawn from the posterior of the surface

which is exact for any surface whose posterior covers that of the model (Geweke 1989; Wilkinson 2014 for surrogates in
ABC), but for the largest weights, which are cut (Ionides 2008): what that takes is told (`Refined.cut`). Sets with
weights are then resampled; the effective number says what they are worth.
"""

import math
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np
from scipy.stats import genpareto, norm

from experiments.calibration.likelihood import Likelihood, Runs
from experiments.calibration.surface import Surface, fit_surface
from model.columns import Array

CHAINS: Final = 400
STEPS: Final = 400
WIDER: Final = 1.3
"""Proposals are drawn at this many times the temperature, so that their tails cover those of the posterior."""
CUT: Final = 0.5
"""Weights above the square root of their number times their mean are cut to it (Ionides 2008); times this."""

type Simulate = Callable[[Array], Array]
"""Sets (n, parameters) -> statistics (n, targets); rows that are not finite are left out."""


class Refined(NamedTuple):
    """Sets with weights that sum to 1, and how good the surface and its proposals were.

    `explained` is the share of each target's variance that the surface explains, `pareto_k` the tail of the weights
    before they were cut, `cut` the part of their sum that was cut off.
    """

    units: Array
    weights: Array
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
    return float(genpareto.fit((ordered[-tail:] - ordered[-tail - 1]) / ordered[-1], floc=0.0)[0])


def _log_surface(surface: Surface, units: Array, likelihood: Likelihood) -> Array:
    """Log likelihood of the surface: the error of the record, and the chance that is left about the surface."""
    return -0.5 * likelihood.at(1.0, surface.spread**2).misfit(surface.mean(units))


def surface_posterior(
    surface: Surface, likelihood: Likelihood, count: int, rng: np.random.Generator, steps: int = STEPS
) -> Array:
    """Draw sets from the posterior of a surface: many chains of differential evolution (ter Braak 2006), in probits.

    Returns
    -------
    Sets, shape (count, parameters).
    """
    x = rng.normal(size=(CHAINS, surface.parameters))

    def log_density(x: Array) -> Array:
        # a uniform prior is a standard normal in probits
        return np.asarray(_log_surface(surface, norm.cdf(x), likelihood) - 0.5 * (x**2).sum(axis=1))

    now, kept = log_density(x), []
    for step in range(steps):
        one, other = (rng.permutation(CHAINS) for _ in range(2))
        # now and then a whole step, which carries chains from one hill to another
        gamma = 1.0 if step % 10 == 9 else 2.38 / np.sqrt(2.0 * surface.parameters)
        new = x + gamma * (x[one] - x[other]) + rng.normal(size=x.shape) * 1e-3
        there = log_density(new)
        accepted = np.log(rng.random(CHAINS)) < there - now
        x[accepted], now[accepted] = new[accepted], there[accepted]
        if step >= steps // 2 and step % 20 == 0:
            kept.append(x.copy())
    pool = norm.cdf(np.concatenate(kept))
    return pool[rng.choice(len(pool), size=count, replace=count > len(pool))]


def refine(
    simulate: Simulate,
    start: Runs,
    likelihood: Likelihood,
    temperature: float,
    sets: int = 1000,
    rounds: Sequence[int] = (400,),
    seed: int = 1,
) -> Refined:
    """Refine a posterior.

    Parameters
    ----------
    start
        Runs that are there already: over the prior, and what a fit has accepted.
    rounds
        Numbers of runs near the posterior with which the surface is fitted anew before the last round.
    sets
        Runs of the last round, which carry the weights.
    """
    rng = np.random.default_rng(seed)
    warm, wider = likelihood.at(temperature), likelihood.at(WIDER * temperature)
    runs, surface = start, fit_surface(start)
    for count in rounds:
        near = surface_posterior(surface, likelihood.at(2.0 * temperature), count, rng)
        runs = runs.joined(Runs(near, simulate(near)))
        surface = fit_surface(runs, _closeness(warm.misfit(runs.statistics), len(likelihood.observed)))
    drawn = surface_posterior(surface, wider, sets, rng)
    found = simulate(drawn)
    good = np.isfinite(found).all(axis=1)
    drawn, found = drawn[good], found[good]
    log_weight = -0.5 * warm.misfit(found) - _log_surface(surface, drawn, wider)
    raw = np.exp(log_weight - log_weight.max())
    weight = np.minimum(raw, raw.mean() * np.sqrt(len(raw)) * CUT)
    cut = 1.0 - float(weight.sum() / raw.sum())
    return Refined(drawn, weight / weight.sum(), surface.explained, pareto_k(raw), cut)


def _closeness(misfit: Array, targets: int) -> Array:
    """Weight of a run in fitting the surface: near the posterior it must be right, far from it need not be."""
    misfit = np.nan_to_num(misfit, nan=1e6)
    return np.asarray(1.0 / (1.0 + np.maximum(misfit - np.quantile(misfit, 0.02), 0.0) / targets))
