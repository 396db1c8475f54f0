"""States and years, 2009-2023: the model beside nulls on every annual report, with intervals of the differences."""

from itertools import product
from typing import Any, Final

import numpy as np
import pandas as pd

from experiments.evidence.observed import reporting_sd
from experiments.validation import nulls
from experiments.validation.cells import CountryYears
from experiments.validation.nulls import TO_BEAT, Start, predictions, supply_growth
from experiments.validation.random_walk import LAST_FITTED, RandomWalk
from experiments.validation.scores import crps_each, score
from model.columns import Array
from model.world import World

DRAWS: Final = 400
RESAMPLES: Final = 200
PERIODS: Final = ((2009, 2023), (2009, 2013), (2014, 2018), (2019, 2023))
SIZES: Final = {"10 t and more": (10.0, np.inf), "1 to 10 t": (1.0, 10.0), "less than 1 t": (0.0, 1.0)}
"""States by what they reported a year in 2004-08, tonnes."""
EVERY: Final = "all"
CARRIED: Final = "model, what it missed in 2004-08 carried forward"
PLAIN: Final = "model as it is"
"""Predictors in tables of states and years."""


def null_cells(cells: CountryYears, world: World) -> dict[str, Array]:
    """Draws of every null for the judged country-years, shape (draws, cells); nan where it cannot be made."""
    logs, shares = np.log(cells.published), nulls.constant_shares(cells.published)
    made = {name: np.full((DRAWS, len(cells.state)), np.nan) for name in ("last", "supply", "share", "previous")}
    tables, walk = world.tables, RandomWalk(world)
    for i, (state, year) in enumerate(zip(cells.state.tolist(), cells.year.tolist(), strict=True)):
        reports = [Start(int(y), float(value)) for y, value in logs[state].dropna().items()]
        about2 = walk.yearly2[state] + reporting_sd(tables, state, year) ** 2
        growth, share = supply_growth(tables, year), shares.get((state, year))
        for name, null in predictions(reports, year, growth, about2, walk.drift(state), share).items():
            made[name][:, i] = null.draws(DRAWS)
    return made


def common(made: dict[str, Array]) -> Array:
    """Cells that all nulls predict, as a mask."""
    return np.all([np.isfinite(draws).all(axis=0) for draws in made.values()], axis=0)


def time_split(cells: CountryYears, made: dict[str, Array]) -> pd.DataFrame:
    """Scores of the model and of the nulls on country-years, over the cells that all of them predict.

    Returns
    -------
    DataFrame
        predictor, knows (what it is told), the scores of `score`, and factor_90: high over low end of a 90% interval.
    """
    there = common(made)
    seen = cells.observed[there]
    told = {
        CARRIED: (cells.full, "2004-08, inputs"),
        PLAIN: (cells.raw, "2004-08, inputs"),
        "last": (made["last"], "2004-08"),
        "supply": (made["supply"], "2004-08, output"),
        "share": (made["share"], "2004-08, the year's total"),
        "previous": (made["previous"], "all years before"),
    }
    found = pd.DataFrame(
        [
            {"predictor": name, "knows": knows, **score(draws[:, there], seen)._asdict()}
            for name, (draws, knows) in told.items()
        ]
    )
    return found.assign(factor_90=np.exp(found["width_90"]))


def of_predictor(split: pd.DataFrame, name: str) -> dict[str, Any]:
    """The scores of one predictor in a table of `time_split`."""
    return dict(split.set_index("predictor").loc[name])


def split_differences(cells: CountryYears, made: dict[str, Array], seed: int = 1) -> pd.DataFrame:
    """Model less null on country-years, with intervals from resampling states: years of one state hang together.

    Returns
    -------
    DataFrame
        null, score (median or mean absolute error, CRPS), years, states (all, or those of a size in 2004-08), n, model,
        of_null, difference, low, high (90%), better (share of resamples where the model's is smaller).
    """
    told = common(made)
    seen, state = cells.observed[told], cells.state[told]

    def losses(draws: Array) -> dict[str, Array]:
        apart = np.abs(np.median(draws[:, told], axis=0) - seen)
        return {"median error": apart, "mean error": apart, "CRPS": crps_each(draws[:, told], seen)}

    rng, rows, mine = np.random.default_rng(seed), [], losses(cells.full)
    theirs = {name: losses(draws) for name, draws in made.items() if name in TO_BEAT}
    for name, measure, (part, there) in product(theirs, mine, _parts(cells, told).items()):
        middle = np.median if measure == "median error" else np.mean
        both = mine[measure], theirs[name][measure]
        groups = [np.flatnonzero(there & (state == s)) for s in np.unique(state[there])]
        drawn = [
            np.concatenate([groups[i] for i in rng.integers(0, len(groups), len(groups))]) for _ in range(RESAMPLES)
        ]
        again = np.array([middle(both[0][rows_]) - middle(both[1][rows_]) for rows_ in drawn])
        of_model, of_null = (float(middle(loss[there])) for loss in both)
        rows.append(
            {
                "null": name,
                "score": measure,
                "years": part[0],
                "states": part[1],
                "n": int(there.sum()),
                "model": of_model,
                "of_null": of_null,
                "difference": of_model - of_null,
                "low": float(np.quantile(again, 0.05)),
                "high": float(np.quantile(again, 0.95)),
                "better": float(np.mean(again < 0.0)),
            }
        )
    return pd.DataFrame(rows)


def _parts(cells: CountryYears, told: Array) -> dict[tuple[str, str], Array]:
    """Masks of the cells that are compared: each period, and each size of states over all years."""
    year = cells.year[told]
    reported = cells.published.loc[nulls.FIRST_FITTED : LAST_FITTED].mean().reindex(cells.state[told]).to_numpy()
    whole = f"{PERIODS[0][0]}-{PERIODS[0][1]}"
    found = {
        **{(f"{first}-{last}", EVERY): (first <= year) & (year <= last) for first, last in PERIODS},
        **{(whole, size): (low <= reported) & (reported < high) for size, (low, high) in SIZES.items()},
    }
    return {part: there for part, there in found.items() if there.any()}


def cell_table(cells: CountryYears) -> pd.DataFrame:
    """A row for each judged country-year, in tonnes bulk."""
    low, middle, high = np.exp(np.quantile(cells.full, [0.05, 0.5, 0.95], axis=0))
    return pd.DataFrame(
        {
            "state": cells.state,
            "year": cells.year,
            "published_t": cells.tonnes,
            "model_low_t": low,
            "model_t": middle,
            "model_high_t": high,
            "raw_t": np.exp(np.median(cells.raw, axis=0)),
            "inside_90": (low <= cells.tonnes) & (cells.tonnes <= high),
        }
    )
