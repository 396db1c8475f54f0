"""What each measure does, by dose: paired runs that share their history, and their random numbers after the fork.

One history is run for each seed up to the fork; every arm is a fork of it that gives one measure one dose from that day
on. Arms of one seed have common random numbers.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from datetime import date

import pandas as pd

from experiments.analysis.intervals import mean_and_interval
from experiments.analysis.outcomes import measure_outcomes
from experiments.ensemble.models import Experiment, read_models
from model.scenario import Scenario
from model.scenario.measures import dose_event

FORK = date(2009, 1, 5)
WINDOW = (2012, 2019)


def run_doses(
    measures: Iterable[str],
    doses: Sequence[float],
    seeds: Iterable[int],
    *,
    scenario: Scenario | str = "as-it-happened",
    fork: date = FORK,
    window: tuple[int, int] = WINDOW,
    workers: int | None = None,
    done: Callable[[int], object] = lambda _: None,
) -> pd.DataFrame:
    """Run every measure at every dose for every seed, in a scenario or the one of a name; a row for each arm.

    Returns
    -------
    DataFrame
        Columns measure, dose, seed and one for every outcome. The arm without any event has measure "" and no dose.
    """
    base = scenario if isinstance(scenario, Scenario) else Scenario.load(scenario)
    arms = [
        ("", math.nan, base),
        *((measure, dose, base.with_events(dose_event(measure, dose, fork))) for measure in measures for dose in doses),
    ]
    runs = [(seed, *arm) for seed in seeds for arm in arms]
    found = read_models(
        [Experiment(policy, seed, until=f"{window[1] + 1}-01-02", fork=fork) for seed, *_, policy in runs],
        lambda model: measure_outcomes(model, *window),
        workers=workers,
        done=done,
    )
    return pd.DataFrame(
        [
            {"measure": measure, "dose": dose, "seed": seed, **outcomes}
            for (seed, measure, dose, _), outcomes in zip(runs, found, strict=True)
        ]
    )


def contrasts(arms: pd.DataFrame, outcome: str, high: float = 1.0, low: float = 0.0) -> pd.DataFrame:
    """Paired difference of an outcome between two doses of each measure: mean, 95% interval, mean at the low dose."""
    rows = {}
    for measure, group in arms[arms["measure"] != ""].groupby("measure", sort=False):
        wide = group.pivot(index="seed", columns="dose", values=outcome)
        mean, lower, upper = mean_and_interval((wide[high] - wide[low]).to_numpy())
        rows[measure] = {"effect": mean, "low": lower, "high": upper, "without": float(wide[low].mean())}
    return pd.DataFrame.from_dict(rows, orient="index")
