"""Which set of a posterior is the default: of those that fit best, and as well as one another, the most usual."""

from collections.abc import Callable
from typing import Final

import numpy as np
import pandas as pd

from experiments.calibration.job import Job, write_table
from experiments.calibration.posterior import load_posterior
from model.columns import Array

CANDIDATES: Final = 24
SEEDS: Final = 40
TIED_WITHIN: Final = 2.0
"""Standard errors of a difference in misfit within which two sets fit alike."""


def best_sets(job: Job, *, candidates: int = CANDIDATES, seeds: int = SEEDS) -> pd.DataFrame:
    """Rank the sets of a kept posterior as defaults, the first to be taken; written to `best.csv` in the job's folder.

    Each candidate runs with the same seeds; its misfit is that of its mean statistics, and the error of a difference in
    misfit is that of a jackknife over seeds. Sets that cannot be told from the best are tied, and the one nearest to
    the middle of the posterior comes first: the best of many by a hair lies at an edge by chance.

    Returns
    -------
    DataFrame
        Columns of the posterior and ``from_middle`` (root mean square over parameters of the distance from their means,
        in standard deviations), ``mean_chi_square``, ``behind`` and ``behind_error`` (against the least), ``tied``.
    """
    problem, posterior = job.whole_problem, load_posterior(job.structure)
    likelihood = problem.likelihood(problem.chance_sd(job.size.chance_seeds, job.workers))
    order = posterior.sets.sort_values("chi_square")["draw"].head(candidates).tolist()
    runs = [(posterior.values(draw), seed) for draw in order for seed in range(1, seeds + 1)]
    found = problem.run_all(runs, job.workers, lambda done: job.progress.step("running the best sets", done, len(runs)))
    apart = (posterior.units - posterior.units.mean(axis=0)) / posterior.units.std(axis=0)
    usual = posterior.sets.assign(from_middle=np.sqrt((apart**2).mean(axis=1))).set_index("draw").loc[order]
    table = ranked(usual.reset_index(), found.reshape(len(order), seeds, -1), likelihood.misfit)
    write_table(job.folder, "best", table)
    return table


def ranked(sets: pd.DataFrame, statistics: Array, cost: Callable[[Array], Array]) -> pd.DataFrame:
    """Rank sets by the cost of their mean statistics (sets, seeds, statistics), tied ones by ``from_middle``."""
    seeds = statistics.shape[1]
    total = statistics.sum(axis=1)
    costs = cost(total / seeds)
    best = int(np.argmin(costs))
    left_out = cost((total[:, None, :] - statistics) / (seeds - 1))
    error = np.sqrt((seeds - 1) * (left_out - left_out[best]).var(axis=1))
    table = sets.assign(mean_chi_square=costs, behind=costs - costs[best], behind_error=error)
    table["tied"] = table["behind"] <= TIED_WITHIN * table["behind_error"]
    rank = np.where(table["tied"], table["from_middle"], np.inf)
    return table.iloc[np.lexsort((costs, rank))].reset_index(drop=True)
