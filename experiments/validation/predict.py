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
LAST_FITTED: Final = 2008
PRIOR_STEPS: Final = 4.0
MEDIAN_OF_CHI2: Final = 0.4549
PRICE_DRIFT, SHARE_DRIFT = 0.05, 0.1
"""Yearly drift of a misfit in prices (logs) and shares (logits), assumed; that of seizures is measured (`Wander`)."""


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


def country_years(tables: Tables) -> pd.DataFrame:
    """Annual national reports, tonnes: years by states; defects left out, two sources of a cell averaged in logs."""
    table = tables.observations
    chosen = table[
        (table["family"] == "seizures") & (table["measure"] == "seized_bulk_t") & (table["basis"] == REPORTS)
    ]
    chosen = chosen[chosen["area"].str.fullmatch("[A-Z]{3}") & (chosen["value"] > 0) & chosen["period_end"].isna()]
    wide = chosen.assign(log=np.log(chosen["value"])).pivot_table(index="year", columns="area", values="log")
    found = pd.DataFrame(np.exp(wide.to_numpy()), index=wide.index, columns=wide.columns)
    for area, year in defects(tables):
        if area in found and year in found.index:
            found.loc[year, area] = np.nan
    return found.loc[2004:]


def predict(
    posterior: Posterior, world: World, *, organisations: int = 150, draws: int | None = None,
    changes: Callable[[Scenario], Scenario] = lambda scenario: scenario, workers: int | None = None,
    done: Callable[[int], object] = lambda _: None, seed: int = 1,
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
    rng, wander = np.random.default_rng(seed), Wander(world.tables)
    targets = _predict_targets(fitted, judged, past, future, posterior.temperature, wander, rng)
    cells = _predict_cells(world.tables, published[states], years, states, by_state, mean_state, wander, rng)
    return targets, cells, pd.concat([run[4] for run in runs], ignore_index=True), _scaled(fitted, past)


SERIES: Final = (
    "dispatched_to_europe_kg", "arrived_europe_kg", "consumed_europe_kg", "west_africa_kg", "seized_eu_bulk_kg",
    "seized_west_africa_bulk_kg", "price_europe_eur_per_kg", "price_source_eur_per_kg", "act_rate",
)  # fmt: skip


class Wander:
    """How published figures depart from a steady course, measured on annual reports of 2004-08.

    E (x(t+k) - x(t))² = 2 y² + k q²: y² comes and goes from year to year (single large cases, campaigns), q² adds up
    (what a model that is right today drifts from). q² is pooled over states, y² drawn towards the pooled one.

    Attributes
    ----------
    yearly2
        y² by area, in squared logs.
    pooled2, drift2
        y² and q² of all states together.
    """

    def __init__(self, tables: Tables) -> None:
        # only states like those that are scored: cells of some kilograms jump by orders of magnitude
        reports = country_years(tables).loc[:LAST_FITTED]
        large = reports.loc[:, reports.mean() >= SCORED_FROM_T]
        logs = pd.DataFrame(np.log(large.to_numpy()), index=large.index, columns=large.columns)
        steps = {lag: (logs.shift(-lag) - logs).to_numpy().ravel() ** 2 for lag in range(1, len(logs))}
        lags = np.array([lag for lag, found in steps.items() if np.isfinite(found).any()])
        # medians: one state's jump by a factor of a hundred must not set the pace of all
        means = np.array([np.nanmedian(steps[lag]) / MEDIAN_OF_CHI2 for lag in lags])
        counts = np.array([np.isfinite(steps[lag]).sum() for lag in lags])
        slope, base = np.polyfit(lags, means, 1, w=np.sqrt(counts))
        self.drift2, self.pooled2 = max(float(slope), 0.0), max(float(base) / 2.0, 0.01)
        self.yearly2 = {str(area): self._drawn(logs[area].dropna().to_numpy()) for area in logs}
        for target in load_targets(tables, FIT):
            if target.statistic == "seized" and target.area not in self.yearly2:
                values = [v for _, v in sorted(_published_totals(tables, target.area).items())]
                self.yearly2[target.area] = self._drawn(np.log(values))

    def _drawn(self, logs: Array) -> float:
        """Half the mean squared step of an area, drawn towards the pooled value as if that were four steps."""
        steps = np.diff(logs) ** 2
        return float((steps.sum() / 2.0 + PRIOR_STEPS * self.pooled2) / (len(steps) + PRIOR_STEPS))

    def of(self, area: str, year: int) -> float:
        """Variance about a steady course in a year after 2008, squared logs."""
        return self.yearly2.get(area, self.pooled2) + self.drift2 * max(year - LAST_FITTED, 0)


def _published_totals(tables: Tables, area: str) -> dict[int, float]:
    table = tables.observations
    rows = table[(table["measure"] == "seized_bulk_t") & (table["area"] == area) & (table["use"] == FIT)]
    return {int(year): float(value) for year, value in zip(rows["year"], rows["value"], strict=True)}


def _scaled(targets: Sequence[Target], values: Array) -> Array:
    return np.stack([target.scaled(values[:, i]) for i, target in enumerate(targets)], axis=1)


def _tau2(residual: Array, error2: Array) -> float:
    """Variance of residuals beyond their error, by moments; at least a hundredth."""
    return max(float(np.mean(residual**2 - error2)), 0.01)


def _predict_targets(
    fitted: Sequence[Target], judged: Sequence[Target], past: Array, future: Array, temperature: float,
    wander: Wander, rng: np.random.Generator,
) -> Predictions:  # fmt: skip
    then, raw = _scaled(fitted, past), _scaled(judged, future)
    published = np.array([target.scaled_value for target in fitted])
    spread2 = np.array([target.sd**2 for target in fitted]) + then.var(axis=0, ddof=1)
    logs = np.array([target.transform == "log" for target in fitted])
    tau2 = {kind: _tau2((published - then.mean(axis=0))[mask], spread2[mask])
            for kind, mask in (("log", logs), ("logit", ~logs))}  # fmt: skip
    counterpart = {(target.statistic, target.area): i for i, target in enumerate(fitted)}
    full, carried = np.empty_like(raw), np.zeros(len(judged))
    for j, target in enumerate(judged):
        error2, shift = temperature * target.sd**2, np.zeros(len(raw))
        i = counterpart.get((target.statistic, target.area))
        if i is not None and target.transform in tau2:
            left = tau2[target.transform]
            weight = left / (left + fitted[i].sd ** 2)
            carried[j] = weight
            shift = weight * (published[i] - then[:, i])
            # what of the residual may have been error of the record
            error2 = target.sd**2 + weight * fitted[i].sd ** 2
        error2 += _wandering(target, wander)
        full[:, j] = raw[:, j] + shift + rng.normal(size=len(raw)) * np.sqrt(error2)
    observed = np.array([target.scaled_value for target in judged])
    return Predictions(tuple(judged), observed, raw, full, carried)


def _wandering(target: Target, wander: Wander) -> float:
    """Variance that a figure wanders by after 2008, on its scale."""
    since, years = max(target.years[-1] - LAST_FITTED, 0), len(target.years)
    if target.statistic.startswith("price"):
        return PRICE_DRIFT**2 * since
    if target.transform != "log":
        return SHARE_DRIFT**2 * since if target.transform == "logit" else 0.0
    if target.statistic in ("seized", "platform", "port"):
        return wander.of(target.area, target.years[-1]) - wander.yearly2.get(target.area, wander.pooled2) * (
            1.0 - 1.0 / years
        )
    return wander.drift2 * since


def _predict_cells(
    tables: Tables, published: pd.DataFrame, years: list[int], states: list[str], by_state: Array, mean_state: Array,
    wander: Wander, rng: np.random.Generator,
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
    noise = rng.normal(size=(len(logs), len(cells)))
    plain = logs[:, rows, columns] + noise * np.sqrt(about2)
    full = means[:, rows, columns] + (weight * left)[:, columns]
    full = full + noise * np.sqrt(about2 + ((1.0 - weight) * lasting2)[columns])
    return CountryYears(
        np.array(states)[columns], np.array(years)[rows], np.exp(record[rows, columns]), plain, full, published
    )
