"""What the fitted model predicts of figures it was not fitted to.

Every set of the posterior is run through the whole history with inputs and institutions on their real dates. What the
model missed in 2004-08 is carried forward: a figure that was fitted (the same statistic of the same place) leaves a
residual in each set, of which the part that is not error of the record stays. So::

    T(prediction) = T(simulated) + w r + noise,   r = T(published) - T(simulated) of 2004-08,   w = tau² / (tau² + e²)

with e² the variance of the figure that is started from, as nulls have it (`Wander.start`), and tau² what residuals of
all fitted figures vary by beyond the error of the record and the spread of the runs (Kennedy & O'Hagan 2001, in its
simplest form). Without a fitted counterpart the error has the temperature of the fit. Noise fills up what chance in the
runs lacks of how the record wanders; doubt about parameters comes on top. Nothing of this uses a figure later than
2008, apart from load sizes (cases of 2011-14) and the first operations of MAOC-N (to 2009, before those judged).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from experiments.calibration.posterior import Posterior
from experiments.calibration.problem import mapped
from experiments.evidence.observed import Shown, reporting_sd
from experiments.evidence.targets import FIT, JUDGE, KNOWN, Target, counterpart, load_targets
from experiments.validation.wander import LAST_FITTED, SCORED_FROM_T, Wander, country_years
from model import RouteModel, Scenario
from model.state import Array
from model.tables import Tables
from model.world import World

__all__ = ["CountryYears", "Predictions", "predict"]

LEAST_T: Final = 0.05
"""Tonnes below which the model counts as saying this much: a state that it never touches."""


@dataclass(frozen=True, eq=False)
class Predictions:
    """Draws of all judged figures on the scale of comparison, each shape (draws, figures)."""

    targets: tuple[Target, ...]
    observed: Array
    raw: Array
    full: Array
    carried: Array
    """Weight of the residual of 2004-08, shape (figures,); 0 where there is none."""


@dataclass(frozen=True, eq=False)
class CountryYears:
    """Annual reports of states above 1 t from 2009 on: one figure each."""

    state: Array
    year: Array
    tonnes: Array
    raw: Array
    full: Array
    published: pd.DataFrame
    """All annual reports, tonnes: years by states, nan where there is none."""

    @property
    def observed(self) -> Array:
        """Published values in logs."""
        return np.log(self.tonnes)


def predict(
    posterior: Posterior, world: World, *, organisations: int = 150, draws: int | None = None,
    changes: Callable[[Scenario], Scenario] = lambda scenario: scenario,
    workers: int | None = None, done: Callable[[int], object] = lambda _: None, seed: int = 1,
) -> tuple[Predictions, CountryYears, pd.DataFrame, Array]:  # fmt: skip
    """Run the posterior through 2000-2023 and read every judged figure.

    Parameters
    ----------
    changes
        Makes a scenario of history another one, such as one with a remedy.

    Returns
    -------
    Predictions of targets, of country-years, yearly series (draw, year, series as columns), and statistics of the
    fitted targets on the scale of comparison, shape (draws, targets).
    """
    fitted, judged = load_targets(world.tables, FIT), load_targets(world.tables, JUDGE)
    earlier = fitted + load_targets(world.tables, KNOWN)
    published = country_years(world.tables)
    states = [state for state in published if state in world.states]
    years = [int(year) for year in published.index]
    history = Scenario.load("as-it-happened")

    def one(draw: int) -> tuple[Array, Array, Array, Array, pd.DataFrame]:
        # `fresh` seeds: the luck under which a set was accepted is no part of what it predicts
        scenario = changes(history.with_parameters(**posterior.values(draw)))
        model = RouteModel(scenario, seed * 1_000_003 + draw, organisations, world=world)
        model.run()
        expected, fell = Shown(model), Shown(model, realised=True)
        past = np.array([target.of(expected) for target in earlier])
        future = np.array([target.of(fell) for target in judged])
        by_state, mean_state = (
            np.column_stack([seen.bulk_t(seen.by_state([state], years), state, years) for state in states])
            for seen in (fell, expected)
        )
        series = model.yearly[list(SERIES)].reset_index().assign(draw=draw)
        del model.state, model.buffers
        return past, future, by_state, mean_state, series

    count = len(posterior) if draws is None else draws
    runs = mapped(one, range(count), workers, done)
    past, future, by_state, mean_state = (np.array([run[i] for run in runs]) for i in range(4))
    rng, wander = np.random.default_rng(seed), Wander(world)
    noise = Noise(posterior.units[np.arange(count) % len(posterior)], rng)
    targets = _predict_targets(earlier, judged, past, future, posterior.temperature, wander, noise)
    cells = _predict_cells(world.tables, published[states], years, states, by_state, mean_state, wander, noise)
    return (
        targets,
        cells,
        pd.concat([run[4] for run in runs], ignore_index=True),
        _scaled(fitted, past[:, : len(fitted)]),
    )


SERIES: Final = (
    "dispatched_to_europe_kg", "arrived_europe_kg", "consumed_europe_kg", "west_africa_kg", "seized_eu_bulk_kg",
    "seized_west_africa_bulk_kg", "price_europe_eur_per_kg", "price_source_eur_per_kg", "act_rate",
)  # fmt: skip


def _scaled(targets: Sequence[Target], values: Array) -> Array:
    return np.stack([target.scaled(values[:, i]) for i, target in enumerate(targets)], axis=1)


def _tau2(residual: Array, error2: Array) -> float:
    """Variance of residuals beyond their error, by moments; at least a hundredth."""
    return max(float(np.mean(residual**2 - error2)), 0.01)


def _predict_targets(
    earlier: Sequence[Target], judged: Sequence[Target], past: Array, future: Array, temperature: float,
    wander: Wander, noise: Noise,
) -> Predictions:  # fmt: skip
    then, raw = _scaled(earlier, past), _scaled(judged, future)
    published = np.array([target.scaled_value for target in earlier])
    spread2 = np.array([target.sd**2 for target in earlier]) + then.var(axis=0, ddof=1)
    logs = np.array([target.transform == "log" for target in earlier])
    fitted = np.array([target.use == FIT for target in earlier])
    tau2 = {kind: _tau2((published - then.mean(axis=0))[mask], spread2[mask])
            for kind, mask in (("log", logs & fitted), ("logit", ~logs & fitted))}  # fmt: skip
    full, carried = np.empty_like(raw), np.zeros(len(judged))
    for j, target in enumerate(judged):
        error2, shift = temperature * target.sd**2, np.zeros(len(raw))
        i = counterpart(target, earlier)
        if i is not None and target.transform in tau2:
            left = tau2[target.transform]
            start2 = wander.start(target, len(earlier[i].years))
            weight = left / (left + start2)
            carried[j] = weight
            shift = weight * (published[i] - then[:, i])
            # what of the residual may have been error of the record
            error2 = target.sd**2 + weight * start2
        error2 += sum(wander.of_figure(target, max(target.years[-1] - LAST_FITTED, 0)))
        full[:, [j]] = noise.widened((raw[:, j] + shift)[:, None], np.array([error2]), np.array([target.sd**2]))
    observed = np.array([target.scaled_value for target in judged])
    return Predictions(tuple(judged), observed, raw, full, carried)


class Noise:
    """What is added to runs so that they spread as the record does about its course.

    How the record wanders holds chance, and so do the runs: added in full, chance would count twice. Chance in the
    runs is what a linear regression on the parameters leaves of their spread; the rest, doubt about parameters, stays.

    Parameters
    ----------
    units
        Parameters of the draws, shape (draws, parameters).
    """

    def __init__(self, units: Array, rng: np.random.Generator) -> None:
        self.basis = np.column_stack([np.ones(len(units)), units])
        self.rng = rng

    def chance2(self, draws: Array) -> Array:
        """Variance of draws at given parameters, shape (figures,); all of it where draws are too few to tell."""
        free = len(self.basis) - self.basis.shape[1]
        if free < self.basis.shape[1]:
            return np.asarray(draws.var(axis=0, ddof=1))
        fitted = self.basis @ np.linalg.lstsq(self.basis, draws, rcond=None)[0]
        return np.asarray(((draws - fitted) ** 2).sum(axis=0) / free)

    def widened(self, draws: Array, about2: Array, least2: Array) -> Array:
        """Draws, shape (draws, figures), with what chance lacks of `about2` (variance), at least the record's error."""
        lacking = np.maximum(about2 - self.chance2(draws), least2)
        found: Array = draws + self.rng.normal(size=draws.shape) * np.sqrt(lacking)
        return found


def _predict_cells(
    tables: Tables, published: pd.DataFrame, years: list[int], states: list[str], by_state: Array, mean_state: Array,
    wander: Wander, noise: Noise,
) -> CountryYears:  # fmt: skip
    """Country-years: a lasting part of each state's misfit, and a part that comes and goes from year to year."""
    logs, means = np.log(np.maximum(by_state, LEAST_T)), np.log(np.maximum(mean_state, LEAST_T))
    record = np.log(published.to_numpy(float))  # (years, states)
    past = [i for i, year in enumerate(years) if year <= LAST_FITTED]
    known = np.isfinite(record[past])
    counts = known.sum(axis=0)
    yearly2 = np.array([wander.yearly2.get(state, wander.pooled2) for state in states])
    # residual of every draw: mean of a state's reports of 2004-08 over what the draw expects in those years
    left = np.where(known[None], record[past][None] - means[:, past], 0.0).sum(axis=1) / np.maximum(counts, 1)
    there = counts > 0
    error2 = yearly2 / np.maximum(counts, 1)
    lasting2 = max(float(np.mean(left.mean(axis=0)[there] ** 2 - error2[there])), 0.05)
    weight = np.where(there, lasting2 / (lasting2 + error2), 0.0)
    judged = (np.array(years) > LAST_FITTED)[:, None] & (np.nan_to_num(published.to_numpy(float)) > SCORED_FROM_T)
    cells = list(zip(*(where.tolist() for where in np.nonzero(judged)), strict=True))
    rows, columns = np.array([i for i, _ in cells]), np.array([j for _, j in cells])
    about2 = np.array(
        [wander.of(states[j], years[i]) + reporting_sd(tables, states[j], years[i]) ** 2 for i, j in cells]
    )
    least2 = np.array([reporting_sd(tables, states[j], years[i]) ** 2 for i, j in cells])
    plain = noise.widened(logs[:, rows, columns], about2, least2)
    carried = means[:, rows, columns] + (weight * left)[:, columns]
    full = noise.widened(carried, about2 + ((1.0 - weight) * lasting2)[columns], least2)
    return CountryYears(
        np.array(states)[columns], np.array(years)[rows], np.exp(record[rows, columns]), plain, full, published
    )
