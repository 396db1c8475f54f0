"""Which set of a posterior is the default: of those that fit best, and as well as one another, the most usual."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import pandas as pd

from experiments.calibration.posterior import Posterior
from experiments.calibration.problem import Problem, misfit
from experiments.ensemble.threads import parallel_map
from model.columns import Array

CANDIDATES: Final = 24
SEEDS: Final = 40
TIED_WITHIN: Final = 2.0
"""Standard errors of a difference in misfit within which two sets fit alike."""


def best_sets(
    problem: Problem, posterior: Posterior, variance: Array, *, candidates: int = CANDIDATES, seeds: int = SEEDS,
    workers: int | None = None, done: Callable[[int, int], object] = lambda *_: None,
) -> pd.DataFrame:  # fmt: skip
    """Sets in the order in which they commend themselves as defaults; the first is taken.

    Each candidate runs with the same seeds; its misfit is that of its mean statistics, and the error of a difference in
    misfit is that of a jackknife over seeds. Sets that cannot be told from the best are tied, and the one nearest to
    the middle of the posterior comes first: the best of many by a hair lies at an edge by chance.

    Returns
    -------
    DataFrame
        Columns of the posterior and ``from_middle`` (root mean square over parameters of the distance from their means,
        in standard deviations), ``mean_chi_square``, ``behind`` and ``behind_error`` (against the least), ``tied``.
    """
    order = posterior.sets.sort_values("chi_square")["draw"].head(candidates).tolist()
    jobs = [(draw, seed) for draw in order for seed in range(1, seeds + 1)]
    found = parallel_map(
        lambda job: problem.run(posterior.values(job[0]), job[1]), jobs, workers, lambda n: done(n, len(jobs))
    )
    statistics = np.array(found).reshape(len(order), seeds, -1)
    unit = np.column_stack([
        [prior.to_unit(value) for value in posterior.sets[prior.parameter]] for prior in problem.priors
    ])  # fmt: skip
    apart = (unit - unit.mean(axis=0)) / unit.std(axis=0)
    usual = posterior.sets.assign(from_middle=np.sqrt((apart**2).mean(axis=1))).set_index("draw").loc[order]
    return ranked(usual.reset_index(), statistics, lambda means: misfit(problem, means, variance))


def ranked(sets: pd.DataFrame, statistics: Array, cost: Callable[[Array], Array]) -> pd.DataFrame:
    """Rank sets by the cost of their mean statistics (sets, seeds, statistics), tied ones by ``from_middle``."""
    seeds = statistics.shape[1]
    total = statistics.sum(axis=1)
    costs = cost(total / seeds)
    best = int(np.argmin(costs))
    left_out = cost((total[:, None, :] - statistics) / (seeds - 1))
    behind = left_out - left_out[best]
    error = np.sqrt((seeds - 1) * behind.var(axis=1))
    table = sets.assign(mean_chi_square=costs, behind=costs - costs[best], behind_error=error)
    table["tied"] = table["behind"] <= TIED_WITHIN * table["behind_error"]
    rank = np.where(table["tied"], table["from_middle"], np.inf)
    return table.iloc[np.lexsort((costs, rank))].reset_index(drop=True)
