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
from typing import Final, NamedTuple

import numpy as np
import pandas as pd

from experiments.calibration.posterior import Posterior
from experiments.ensemble.threads import parallel_map
from experiments.evidence.observed import Shown
from experiments.evidence.targets import FIT, JUDGE, KNOWN, Target, counterpart, load_targets
from experiments.validation.cells import CountryYears, Forecast, ShownReports, forecast, judged_cells
from experiments.validation.wander import LAST_FITTED, Noise, Wander, country_years
from model import RouteModel, Scenario
from model.columns import Array
from model.world import World

__all__ = ["Predicted", "Predictions", "predict"]


@dataclass(frozen=True, eq=False)
class Predictions:
    """Draws of all judged figures on the scale of comparison, each shape (draws, figures)."""

    targets: tuple[Target, ...]
    observed: Array
    raw: Array
    full: Array
    carried: Array
    """Weight of the residual of 2004-08, shape (figures,); 0 where there is none."""


class Predicted(NamedTuple):
    """What a posterior says of the figures that judge it, and of those that it was fitted to.

    Attributes
    ----------
    series
        Yearly series of runs: draw, year, series as columns.
    fitted
        Statistics of the fitted targets on the scale of comparison, shape (draws, targets).
    forecast
        Annual reports of all states and years from 2009 on, whether one was published or not.
    """

    targets: Predictions
    cells: CountryYears
    series: pd.DataFrame
    fitted: Array
    forecast: Forecast


def predict(
    posterior: Posterior, world: World, *, organisations: int = 150, draws: int | None = None,
    changes: Callable[[Scenario], Scenario] = lambda scenario: scenario,
    workers: int | None = None, done: Callable[[int], object] = lambda _: None, seed: int = 1,
) -> Predicted:  # fmt: skip
    """Run the posterior through 2000-2023 and read every judged figure.

    Parameters
    ----------
    changes
        Makes a scenario of history another one, such as one with a remedy.
    """
    fitted, judged = load_targets(world.tables, FIT), load_targets(world.tables, JUDGE)
    earlier = fitted + load_targets(world.tables, KNOWN)
    states = sorted(world.states)
    published = country_years(world.tables).reindex(columns=states)
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
    runs = parallel_map(one, range(count), workers, done)
    past, future, by_state, mean_state = (np.array([run[i] for run in runs]) for i in range(4))
    units, wander = posterior.units[np.arange(count) % len(posterior)], Wander(world)
    # what is forecast beside the judged figures has a stream of its own: it moves none of these
    noise, beside = (Noise(units, np.random.default_rng(stream)) for stream in (seed, [seed, 1]))
    targets = _predict_targets(earlier, judged, past, future, posterior.temperature, wander, noise)
    shown = ShownReports(world.tables, published, by_state, mean_state, wander)
    cells = judged_cells(shown, noise)
    return Predicted(
        targets, cells, pd.concat([run[4] for run in runs], ignore_index=True),
        _scaled(fitted, past[:, : len(fitted)]), forecast(shown, beside, cells),
    )  # fmt: skip


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
