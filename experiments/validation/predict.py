"""What the fitted model predicts of figures it was not fitted to.

Every set of the posterior is run through the whole history with inputs and institutions on their real dates. What the
model missed in 2004-08 is carried forward: a figure that was fitted (the same statistic of the same place) leaves a
residual in each set, of which the part that is not error of the record stays. So::

    T(prediction) = T(simulated) + w r + error,   r = T(published) - T(simulated) of 2004-08,   w = tau² / (tau² + e²)

with e² the error of the record and of chance in the fitted figure, and tau² what residuals of all fitted figures vary
by beyond it (Kennedy & O'Hagan 2001, in its simplest form). Without a fitted counterpart the error has the temperature
of the fit. Nothing of this uses a figure later than 2008, load sizes and price ratios apart.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from experiments.calibration.posterior import Posterior
from experiments.calibration.problem import mapped
from experiments.evidence.observed import Shown, defects, reporting_sd
from experiments.evidence.targets import FIT, JUDGE, Target, load_targets
from model import RouteModel, Scenario
from model.state import Array
from model.tables import Tables
from model.world import World

__all__ = ["CountryYears", "Predictions", "country_years", "predict"]

LAST_YEAR: Final = 2023
LEAST_T: Final = 0.05
"""Tonnes below which the model counts as saying this much: a state that it never touches."""
SCORED_FROM_T: Final = 1.0
REPORTS: Final = "annual report of the state"
PREDICTED_FROM: Final = 2009


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
        return np.log(self.tonnes)  # type: ignore[no-any-return]


def country_years(tables: Tables) -> pd.DataFrame:
    """Annual national reports, tonnes: years by states; defects left out, two sources of a cell averaged in logs."""
    table = tables.observations
    chosen = table[
        (table["family"] == "seizures") & (table["measure"] == "seized_bulk_t") & (table["basis"] == REPORTS)
    ]
    chosen = chosen[chosen["area"].str.fullmatch("[A-Z]{3}") & (chosen["value"] > 0) & chosen["period_end"].isna()]
    wide = chosen.assign(log=np.log(chosen["value"])).pivot_table(index="year", columns="area", values="log")
    found: pd.DataFrame = np.exp(wide)
    for area, year in defects(tables):
        if area in found and year in found.index:
            found.loc[year, area] = np.nan
    return found.loc[2004:]


def predict(
    posterior: Posterior, world: World, *, organisations: int = 150, draws: int | None = None,
    changes: Callable[[Scenario], Scenario] = lambda scenario: scenario, workers: int | None = None,
    done: Callable[[int], object] = lambda _: None, seed: int = 1,
) -> tuple[Predictions, CountryYears, pd.DataFrame]:  # fmt: skip
    """Run the posterior through 2000-2023 and read every judged figure.

    Parameters
    ----------
    changes
        Makes a scenario of history another one, such as one with a remedy.

    Returns
    -------
    Predictions of targets, of country-years, and yearly series (draw, year, series as columns) for figures.
    """
    fitted, judged = load_targets(world.tables, FIT), load_targets(world.tables, JUDGE)
    published = country_years(world.tables)
    states = [state for state in published if state in world.states]
    years = [int(year) for year in published.index]
    scenario = changes(Scenario.load("as-it-happened"))

    def one(draw: int) -> tuple[Array, Array, Array, Array, pd.DataFrame]:
        # `fresh` seeds: the luck under which a set was accepted is no part of what it predicts
        model = RouteModel(scenario, seed * 1_000_003 + draw, organisations, world=world, **posterior.values(draw))
        model.run()
        expected, fell = Shown(model), Shown(model, realised=True)
        past = np.array([target.of(expected) for target in fitted])
        future = np.array([target.of(fell) for target in judged])
        by_state, mean_state = (
            np.column_stack([shown.bulk_t(shown.by_state([state], years), state, years) for state in states])
            for shown in (fell, expected)
        )
        series = model.yearly[list(SERIES)].reset_index().assign(draw=draw)
        del model.state, model.buffers
        return past, future, by_state, mean_state, series

    count = len(posterior) if draws is None else draws
    runs = mapped(one, range(count), workers, done)
    past, future, by_state, mean_state = (np.array([run[i] for run in runs]) for i in range(4))
    rng = np.random.default_rng(seed)
    targets = _predict_targets(fitted, judged, past, future, posterior.temperature, rng)
    cells = _predict_cells(world.tables, published[states], years, states, by_state, mean_state, rng)
    return targets, cells, pd.concat([run[4] for run in runs], ignore_index=True)


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
    fitted: Sequence[Target], judged: Sequence[Target], past: Array, future: Array, temperature: float,
    rng: np.random.Generator,
) -> Predictions:  # fmt: skip
    then, raw = _scaled(fitted, past), _scaled(judged, future)
    published = np.array([target.scaled_value for target in fitted])
    error2 = np.array([target.sd**2 for target in fitted]) + then.var(axis=0, ddof=1)
    logs = np.array([target.transform == "log" for target in fitted])
    tau2 = {kind: _tau2((published - then.mean(axis=0))[mask], error2[mask])
            for kind, mask in (("log", logs), ("logit", ~logs))}  # fmt: skip
    counterpart = {(target.statistic, target.area): i for i, target in enumerate(fitted)}
    full, carried = np.empty_like(raw), np.zeros(len(judged))
    for j, target in enumerate(judged):
        error, shift = np.sqrt(temperature) * target.sd, np.zeros(len(raw))
        i = counterpart.get((target.statistic, target.area))
        if i is not None and target.transform in tau2:
            left = tau2[target.transform]
            weight = left / (left + fitted[i].sd ** 2)
            carried[j] = weight
            shift = weight * (published[i] - then[:, i])
            # what of the residual may be error of the record, and how a misfit wanders from year to year
            error = float(np.sqrt(target.sd**2 + weight * fitted[i].sd ** 2))
        full[:, j] = raw[:, j] + shift + rng.normal(size=len(raw)) * error
    observed = np.array([target.scaled_value for target in judged])
    return Predictions(tuple(judged), observed, raw, full, carried)


def _predict_cells(
    tables: Tables, published: pd.DataFrame, years: list[int], states: list[str], by_state: Array, mean_state: Array,
    rng: np.random.Generator,
) -> CountryYears:  # fmt: skip
    """Country-years: a lasting part of each state's misfit, and a part that comes and goes from year to year."""
    logs, means = np.log(np.maximum(by_state, LEAST_T)), np.log(np.maximum(mean_state, LEAST_T))
    record = np.log(published.to_numpy(float))  # (years, states)
    fit_rows = [i for i, year in enumerate(years) if year < PREDICTED_FROM]
    residual = record[fit_rows] - means[:, fit_rows].mean(axis=0)
    known = np.isfinite(residual)
    counts = known.sum(axis=0)
    mean_residual = np.where(counts > 0, np.nansum(np.where(known, residual, 0.0), axis=0) / np.maximum(counts, 1), 0.0)
    within = residual - mean_residual
    yearly2 = float(np.nansum(np.where(known, within, 0.0) ** 2) / max(int((counts[counts > 1] - 1).sum()), 1))
    lasting2 = max(float(np.mean(mean_residual[counts > 0] ** 2 - yearly2 / counts[counts > 0])), 0.05)
    weight = np.where(counts > 0, lasting2 / (lasting2 + yearly2 / np.maximum(counts, 1)), 0.0)
    cells = [(i, j) for i, year in enumerate(years) if year >= PREDICTED_FROM for j in range(len(states))
             if published.iloc[i, j] > SCORED_FROM_T]  # fmt: skip
    rows, columns = np.array([i for i, _ in cells]), np.array([j for _, j in cells])
    # each draw carries its own residual, so that draws that fit badly are drawn to the record more
    own = np.where(counts > 0, np.nanmean(np.where(known, record[fit_rows], np.nan)[None] -
                   means[:, fit_rows], axis=1, where=known[None]), 0.0)  # fmt: skip
    shift = weight * own
    sd = np.sqrt(np.where(counts > 0, (1.0 - weight) * lasting2, lasting2) + yearly2)
    report = np.array([reporting_sd(tables, states[j], years[i]) for i, j in cells])
    raw = logs[:, rows, columns]
    noise = rng.normal(size=raw.shape)
    plain = raw + noise * np.sqrt(report**2 + yearly2)
    full = means[:, rows, columns] + shift[:, columns] + noise * np.sqrt(sd[columns] ** 2 + report**2)
    return CountryYears(
        np.array(states)[columns], np.array(years)[rows], np.exp(record[rows, columns]), plain, full, published
    )
