"""What the fitted model predicts of figures it was not fitted to.

Every set of the posterior is run through the whole history with inputs and institutions on their real dates. What the
model missed in 2004-08 is carried forward: a figure that was fitted (the same statistic of the same place) leaves a
residual in each set, of which the part that is not error of the record stays. So::

    T(prediction) = T(simulated) + w r + noise,   r = T(published) - T(simulated) of 2004-08,   w = tau² / (tau² + e²)

with e² the variance of the figure that is started from, as nulls have it (`RandomWalk.start`), and tau² what residuals
of all fitted figures vary by beyond the error of the record and the spread of the runs (Kennedy & O'Hagan 2001, in its
simplest form). Without a fitted counterpart the error has the temperature of the fit. Noise fills up what chance in the
runs lacks of how the record varies; uncertainty of parameters comes on top. Nothing of this uses a figure later than
2008, apart from load sizes (cases of 2011-14) and the first operations of MAOC-N (to 2009, before those judged).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import pandas as pd

from experiments.calibration.posterior import Posterior
from experiments.ensemble import seeds
from experiments.ensemble.models import Experiment, read_models
from experiments.evidence.observed import Shown
from experiments.evidence.targets import FIT, JUDGE, KNOWN, Target, counterpart, load_targets, scaled
from experiments.validation.cells import CountryYears, Forecast, ShownReports, forecast, judged_cells
from experiments.validation.natural import Change, history, same
from experiments.validation.random_walk import LAST_FITTED, Noise, RandomWalk, country_years
from model import RouteModel, load_world
from model.columns import Array


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
        Yearly series of all runs: year, series as columns.
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
    posterior: Posterior,
    draws: int,
    organisations: int = 150,
    change: Change = same,
    *,
    workers: int | None = None,
    done: Callable[[int], object] = lambda _: None,
) -> Predicted:
    """Run sets of a posterior through 2000-2023 and read every judged figure.

    Parameters
    ----------
    change
        Makes a scenario of history another one, such as one with a remedy.
    """
    world = load_world()
    fitted, judged = load_targets(world.tables, FIT), load_targets(world.tables, JUDGE)
    earlier = fitted + load_targets(world.tables, KNOWN)
    states = sorted(world.states)
    published = country_years(world.tables).reindex(columns=states)
    years = [int(year) for year in published.index]

    def read(model: RouteModel) -> tuple[Array, Array, Array, Array, pd.DataFrame]:
        expected, fell = Shown(model), Shown(model, realised=True)
        by_state, mean_state = (
            np.column_stack([seen.bulk_t(seen.by_state([state], years), state, years) for state in states])
            for seen in (fell, expected)
        )
        return (
            np.array([target.of(expected) for target in earlier]),
            np.array([target.of(fell) for target in judged]),
            by_state,
            mean_state,
            model.yearly[list(SERIES)].reset_index(),
        )

    # fresh seeds: the chance under which a set was accepted is no part of what it predicts
    experiments = [
        Experiment(
            change(history().with_parameters(**posterior.values(draw))),
            seeds.for_prediction(SEED, draw),
            organisations,
            "events",
        )
        for draw in range(draws)
    ]
    runs = zip(*read_models(experiments, read, world=world, workers=workers, done=done), strict=True)
    past, future, by_state, mean_state, series = (list(part) for part in runs)
    then = scaled(earlier, np.array(past))
    units, walk = posterior.units[np.arange(draws) % len(posterior)], RandomWalk(world)
    # what is forecast beside the judged figures has a stream of its own: it moves none of these
    noise, beside = (Noise(units, np.random.default_rng(stream)) for stream in (SEED, [SEED, 1]))
    raw = scaled(judged, np.array(future))
    targets = _predict_targets(earlier, then, judged, raw, posterior.temperature, walk, noise)
    shown = ShownReports(world.tables, published, np.array(by_state), np.array(mean_state), walk)
    cells = judged_cells(shown, noise)
    return Predicted(
        targets,
        cells,
        pd.concat(series, ignore_index=True),
        then[:, : len(fitted)],
        forecast(shown, beside, cells),
    )


SEED: Final = 1
SERIES: Final = (
    "dispatched_to_europe_kg",
    "arrived_europe_kg",
    "consumed_europe_kg",
    "west_africa_kg",
    "seized_eu_bulk_kg",
    "seized_west_africa_bulk_kg",
    "price_europe_eur_per_kg",
    "price_source_eur_per_kg",
    "act_rate",
)


def _predict_targets(
    earlier: Sequence[Target],
    then: Array,
    judged: Sequence[Target],
    raw: Array,
    temperature: float,
    walk: RandomWalk,
    noise: Noise,
) -> Predictions:
    """Judged figures, with the residuals of earlier ones carried; `then` and `raw` have a row for each draw."""
    published = np.array([target.scaled_value for target in earlier])
    spread2 = np.array([target.sd**2 for target in earlier]) + then.var(axis=0, ddof=1)
    excess2 = (published - then.mean(axis=0)) ** 2 - spread2
    logs = np.array([target.transform == "log" for target in earlier])
    fitted = np.array([target.use == FIT for target in earlier])
    # variance of residuals beyond their error, by moments; at least a hundredth
    tau2 = {kind: max(float(np.mean(excess2[mask & fitted])), 0.01) for kind, mask in (("log", logs), ("logit", ~logs))}
    full, carried = np.empty_like(raw), np.zeros(len(judged))
    for j, target in enumerate(judged):
        error2, shift = temperature * target.sd**2, np.zeros(len(raw))
        i = counterpart(target, earlier)
        if i is not None and target.transform in tau2:
            left, start2 = tau2[target.transform], walk.start(target, len(earlier[i].years))
            carried[j] = left / (left + start2)
            shift = carried[j] * (published[i] - then[:, i])
            # what of the residual may have been error of the record
            error2 = target.sd**2 + carried[j] * start2
        error2 += sum(walk.of_figure(target, max(target.years[-1] - LAST_FITTED, 0)))
        full[:, [j]] = noise.widened((raw[:, j] + shift)[:, None], np.array([error2]), np.array([target.sd**2]))
    return Predictions(tuple(judged), np.array([target.scaled_value for target in judged]), raw, full, carried)
