"""Search for robust mixes of measures: doses that land little, move little and cost little, whatever the world is like.

NSGA-II (Deb et al. 2002, by pymoo) proposes doses within a budget; each is run in the same sampled worlds (uncertain
parameters and seed), and judged by its means over them. What is found is then run in fresh worlds, so that chance is
not reported as gain, beside random mixes, the status quo and all measures in full. Runs are kept in the
store: a search that was stopped proposes the same mixes again and finds their runs there.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from scipy.stats import qmc

from experiments.analysis.intervals import mean_difference
from experiments.ensemble import seeds
from experiments.extras import from_extra
from model.columns import Array

COST: Final = "cost_eur"
GRAIN: Final = 0.05
"""Doses are rounded to this, finer than they could be told apart."""
OBJECTIVES: Final = ("arrived_europe_kg", "west_africa_kg", "corruption")
LARGEST_FRONT: Final = 24

type Evaluate = Callable[[Array, str], Array]
"""Doses (mixes, measures) and a set of worlds -> objectives (mixes, worlds, objectives); nan where a run failed."""


@dataclass(frozen=True)
class Mixes:
    """What is searched: measures, their doses now, the price of a full dose, and the budget above what is spent now."""

    measures: tuple[str, ...]
    now: Array
    price_eur: Array
    budget_eur: float

    def cost_eur(self, doses: Array) -> Array:
        """Yearly cost above that of now, EUR, shape (mixes,)."""
        return np.asarray((doses - self.now) @ self.price_eur)

    def affordable(self, doses: Array) -> Array:
        """Doses rounded, and drawn back towards those of now until the budget holds."""
        made: Array = np.clip(np.round(doses / GRAIN) * GRAIN, 0.0, 1.0)
        cost = self.cost_eur(made)
        share = np.where(cost > self.budget_eur, self.budget_eur / np.maximum(cost, 1e-9), 1.0)[:, None]
        # rounded down, which never costs more, since no dose has a negative price
        lower = np.floor((self.now + share * (made - self.now)) / GRAIN + 1e-9) * GRAIN
        return np.round(np.where(share < 1.0, lower, made), 6)


def within_budget(mixes: Mixes, count: int, seed: int) -> Array:
    """Random mixes that the budget allows: a Latin hypercube, drawn back where it is too dear."""
    return mixes.affordable(qmc.LatinHypercube(len(mixes.measures), rng=np.random.default_rng(seed)).random(count))


def nondominated(objectives: Array) -> Array:
    """Whether no other row is at least as small everywhere and smaller somewhere; rows with nan are dominated."""
    good = np.isfinite(objectives).all(axis=1)
    others, found = objectives[good], np.zeros(len(objectives), dtype=bool)
    for row in np.flatnonzero(good):
        no_worse = (others <= objectives[row]).all(axis=1)
        found[row] = not (no_worse & (others < objectives[row]).any(axis=1)).any()
    return found


def proposed(mixes: Mixes, evaluate: Evaluate, settings: Mapping[str, float]) -> Array:
    """Mixes on the front of all that NSGA-II tried, shape (mixes, measures)."""
    with from_extra("search", "search"):
        from pymoo.algorithms.moo.nsga2 import NSGA2
        from pymoo.core.evaluator import Evaluator
        from pymoo.core.problem import Problem
        from pymoo.core.termination import NoTermination
        from pymoo.problems.static import StaticProblem

    size, seed = int(settings["population"]), int(settings["seed"])
    problem = Problem(n_var=len(mixes.measures), n_obj=len(OBJECTIVES) + 1, xl=0.0, xu=1.0)
    alone = mixes.affordable(np.where(np.eye(len(mixes.now), dtype=bool), 1.0, mixes.now))
    random = within_budget(mixes, max(size - 1 - len(alone), 1), seed)
    algorithm = NSGA2(pop_size=size, sampling=np.vstack([mixes.now[None], alone, random])[:size])
    algorithm.setup(problem, termination=NoTermination(), seed=seed, verbose=False)
    tried, scores = [], []
    for _ in range(int(settings["generations"])):
        asked = algorithm.ask()
        tried.append(mixes.affordable(np.asarray(asked.get("X"), dtype=float)))
        scores.append(_means(mixes, tried[-1], evaluate(tried[-1], "search")))
        asked.set("X", tried[-1])
        # a mix that failed somewhere must never look good
        Evaluator().eval(StaticProblem(problem, F=np.where(np.isfinite(scores[-1]), scores[-1], 1e12)), asked)
        algorithm.tell(infills=asked)
    return _front(np.vstack(tried), np.vstack(scores))


def _front(doses: Array, means: Array) -> Array:
    """The mixes that no other dominates, each once; of many, some that are spread over what arrives in Europe."""
    best = nondominated(means)
    front, where = np.unique(doses[best], axis=0, return_index=True)
    if len(front) <= LARGEST_FRONT:
        return front
    spread = np.linspace(0, len(front) - 1, LARGEST_FRONT).round().astype(int)
    return np.asarray(front[np.argsort(means[best][where][:, 0], kind="stable")][spread])


def _means(mixes: Mixes, doses: Array, found: Array) -> Array:
    """Objectives of a search: means over worlds, and the cost."""
    return np.column_stack([found.mean(axis=1), mixes.cost_eur(doses)])


def confirmed(mixes: Mixes, front: Array, evaluate: Evaluate, settings: Mapping[str, float]) -> pd.DataFrame:
    """What was found beside random mixes, the status quo and all in full, in fresh worlds.

    Returns
    -------
    DataFrame
        mix, kind, a column for each measure, and for each objective its mean, and low and high of the difference from
        the status quo in the same worlds; cost; regret: kg landed above the best mix of each world, at worst.
    """
    random = within_budget(mixes, int(settings["random"]), seeds.beside(int(settings["seed"])))
    doses = np.vstack([mixes.now[None], front, random, np.ones((1, len(mixes.now)))])
    kinds = ["status-quo", *["found"] * len(front), *["random"] * len(random), "all"]
    found = evaluate(doses, "fresh")
    means = _means(mixes, doses, found)
    allowed = np.array([kind != "all" for kind in kinds])
    best = np.flatnonzero(allowed)[nondominated(means[allowed])]
    landed = found[:, :, 0]
    regret = landed - np.nanmin(landed[allowed], axis=0)
    rows = []
    for number, kind in enumerate(kinds):
        shown = kind if kind != "found" else "front" if number in best else "dominated"
        row = {"mix": number, "kind": shown, **dict(zip(mixes.measures, doses[number], strict=True))}
        for column, name in enumerate(OBJECTIVES):
            change = mean_difference(found[number, :, column] - found[0, :, column])
            row |= {
                name: means[number, column],
                f"{name}_change": change.mean,
                f"{name}_low": change.low,
                f"{name}_high": change.high,
            }
        spread = mean_difference(regret[number])
        rows.append(
            {
                **row,
                COST: means[number, -1],
                "regret": float(np.nanmax(regret[number])),
                "regret_mean": spread.mean,
                "regret_low": spread.low,
                "regret_high": spread.high,
                "worlds": int(np.isfinite(landed[number]).sum()),
            }
        )
    return pd.DataFrame(rows)
