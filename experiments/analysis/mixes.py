"""Search for robust mixes of measures: doses that land little, move little and cost little, whatever the world is like.

NSGA-II (Deb et al. 2002, by pymoo) proposes doses within a budget; each is run in the same sampled worlds (uncertain
parameters and seed), and judged by its means over them. What is found is then run in fresh worlds, so that the luck of
the chosen is not reported as gain, beside random mixes, the status quo and all measures in full. Runs are kept in the
store: a search that was stopped proposes the same mixes again and finds their runs there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy.stats import qmc

from experiments.analysis.costs import costs_of
from experiments.analysis.intervals import mean_difference
from experiments.design.factors import Factor
from experiments.ensemble import runner
from experiments.ensemble.runner import Effort
from experiments.ensemble.store import DONE, Store
from experiments.extras import from_extra
from experiments.study import Study
from experiments.study_file import SearchEntry
from model.columns import Array
from model.errors import InputError, closest
from model.toml_fields import read_part

__all__ = ["COST", "Mixes", "confirmed", "nondominated", "search", "within_budget"]

COST: Final = "cost_eur"
GRAIN: Final = 0.05
"""Doses are rounded to this, finer than they could be told apart."""
OBJECTIVES: Final = ("arrived_europe_kg", "west_africa_kg", "corruption")
FRESH_SEED: Final = 500_000
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
        cost: Array = (doses - self.now) @ self.price_eur
        return cost

    def affordable(self, doses: Array) -> Array:
        """Doses rounded, and drawn back towards those of now until the budget holds."""
        made: Array = np.clip(np.round(doses / GRAIN) * GRAIN, 0.0, 1.0)
        cost = self.cost_eur(made)
        share = np.where(cost > self.budget_eur, self.budget_eur / np.maximum(cost, 1e-9), 1.0)[:, None]
        moved = self.now + share * (made - self.now)
        # rounded down, which never costs more, since no dose has a negative price
        lower = np.floor(moved / GRAIN + 1e-9) * GRAIN
        back: Array = np.round(np.where(share < 1.0, lower, made), 6)
        return back


def within_budget(mixes: Mixes, count: int, seed: int) -> Array:
    """Random mixes that the budget allows: a Latin hypercube, drawn back where it is too dear."""
    return mixes.affordable(qmc.LatinHypercube(len(mixes.measures), rng=np.random.default_rng(seed)).random(count))


def nondominated(objectives: Array) -> Array:
    """Whether no other row is at least as small everywhere and smaller somewhere; rows with nan are dominated."""
    good = np.isfinite(objectives).all(axis=1)
    found = np.zeros(len(objectives), dtype=bool)
    for row in np.flatnonzero(good):
        others = objectives[good]
        no_worse = (others <= objectives[row]).all(axis=1)
        better = (others < objectives[row]).any(axis=1)
        found[row] = not (no_worse & better).any()
    return found


def proposed(mixes: Mixes, evaluate: Evaluate, settings: Mapping[str, float]) -> Array:
    """Mixes on the front of all that NSGA-II tried, shape (mixes, measures)."""
    with from_extra("search", "search"):
        from pymoo.algorithms.moo.nsga2 import NSGA2
        from pymoo.core.evaluator import Evaluator
        from pymoo.core.problem import Problem
        from pymoo.core.termination import NoTermination
        from pymoo.problems.static import StaticProblem

    size = int(settings["population"])
    problem = Problem(n_var=len(mixes.measures), n_obj=len(OBJECTIVES) + 1, xl=0.0, xu=1.0)
    alone = mixes.affordable(np.where(np.eye(len(mixes.now), dtype=bool), 1.0, mixes.now))
    random = within_budget(mixes, max(size - 1 - len(alone), 1), int(settings["seed"]))
    first = np.vstack([mixes.now[None], alone, random])[:size]
    algorithm = NSGA2(pop_size=size, sampling=first)
    algorithm.setup(problem, termination=NoTermination(), seed=int(settings["seed"]), verbose=False)
    tried, scores = [], []
    for _ in range(int(settings["generations"])):
        asked = algorithm.ask()
        doses = mixes.affordable(np.asarray(asked.get("X"), dtype=float))
        asked.set("X", doses)
        means = _means(mixes, doses, evaluate(doses, "search"))
        tried.append(doses)
        scores.append(means)
        # a mix that failed somewhere must never look good
        Evaluator().eval(StaticProblem(problem, F=np.where(np.isfinite(means), means, 1e12)), asked)
        algorithm.tell(infills=asked)
    doses, means = np.vstack(tried), np.vstack(scores)
    front, where = np.unique(doses[nondominated(means)], axis=0, return_index=True)
    if len(front) <= LARGEST_FRONT:
        return front
    landed = means[nondominated(means)][where][:, 0]
    chosen: Array = front[np.argsort(landed, kind="stable")][
        np.linspace(0, len(front) - 1, LARGEST_FRONT).round().astype(int)
    ]
    return chosen


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
    random = within_budget(mixes, int(settings["random"]), int(settings["seed"]) + 1)
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
        if kind == "found":
            kind = "front" if number in best else "dominated"
        row: dict[str, Any] = {"mix": number, "kind": kind, **dict(zip(mixes.measures, doses[number], strict=True))}
        for column, name in enumerate(OBJECTIVES):
            change = mean_difference(found[number, :, column] - found[0, :, column])
            row |= {name: means[number, column], f"{name}_change": change.mean, f"{name}_low": change.low,
                    f"{name}_high": change.high}  # fmt: skip
        spread = mean_difference(regret[number])
        row |= {COST: means[number, -1], "regret": float(np.nanmax(regret[number])) if kind else math.nan,
                "regret_mean": spread.mean, "regret_low": spread.low, "regret_high": spread.high,
                "worlds": int(np.isfinite(landed[number]).sum())}  # fmt: skip
        rows.append(row)
    return pd.DataFrame(rows)


# --- on the model -------------------------------------------------------------------------------------------------


def search(
    study: Study, store: Store, executor: Executor | None = None, *, workers: int | None = None,
    progress: Callable[[Effort], object] = lambda _: None,
) -> Effort:  # fmt: skip
    """Run the search that a study asks for and write its table `front`.

    Raises
    ------
    InputError
        If a measure does not exist or a setting makes no sense.
    """
    mixes, settings = read_search(study)
    levers = tuple(
        Factor(name, f"measure:{name}", "dose", low=0.0, high=1.0, role="lever", title=name) for name in mixes.measures
    )
    uncertain = tuple(f for f in study.factors if f.role == "uncertainty")
    whole = replace(study, factors=(*uncertain, *levers))
    trials = _Trials(whole, store, executor, workers, progress, mixes, uncertain, settings)
    front = proposed(mixes, trials, settings)
    store.write_table("front", confirmed(mixes, front, trials, settings))
    return trials.effort


class _Trials:
    """Evaluates doses by running them in the worlds of a search; all runs go to one store."""

    def __init__(
        self, study: Study, store: Store, executor: Executor | None, workers: int | None,
        progress: Callable[[Effort], object], mixes: Mixes, uncertain: Sequence[Factor], settings: Mapping[str, float],
    ) -> None:  # fmt: skip
        self.study, self.store, self.executor, self.workers, self.progress = study, store, executor, workers, progress
        self.mixes = mixes
        self.worlds = {
            "search": _worlds(uncertain, int(settings["worlds"]), study.seeds[0]),
            "fresh": _worlds(uncertain, int(settings["fresh_worlds"]), study.seeds[0] + FRESH_SEED),
        }
        self.points = pd.DataFrame()
        self.effort = Effort(0, 0, 0, 0, 0.0)

    def __call__(self, doses: Array, worlds: str) -> Array:
        """Objectives of doses in a set of worlds."""
        table = pd.DataFrame(doses, columns=list(self.mixes.measures)).drop_duplicates()
        new = table.merge(self.worlds[worlds].assign(worlds=worlds), how="cross")
        self.points = pd.concat([self.points, new], ignore_index=True).drop_duplicates(ignore_index=True)
        study = self.study.with_(points=self.points)
        made = runner.run(study, self.store, self.executor, workers=self.workers, progress=self.progress)
        # together: what was there before this command, and what all generations have made
        self.effort = made._replace(
            kept=made.planned - self.effort.fresh - made.fresh, fresh=self.effort.fresh + made.fresh,
            failed=self.effort.failed + made.failed, seconds=self.effort.seconds + made.seconds,
        )  # fmt: skip
        return self._read(doses, worlds)

    def _read(self, doses: Array, worlds: str) -> Array:
        runs = self.store.runs()
        runs = runs[(runs["worlds"] == worlds) & (runs["status"] == DONE)]
        keys = [tuple(row) for row in np.round(runs[list(self.mixes.measures)].to_numpy(float), 6).tolist()]
        found = dict(zip(zip(keys, runs["world"], strict=True), runs[list(OBJECTIVES)].to_numpy(float), strict=True))
        missing = np.full(len(OBJECTIVES), math.nan)
        count = len(self.worlds[worlds])
        return np.array([
            [found.get((tuple(row), world), missing) for world in range(count)] for row in np.round(doses, 6).tolist()
        ])  # fmt: skip


def _worlds(uncertain: Sequence[Factor], count: int, seed: int) -> pd.DataFrame:
    """Sampled worlds: a Latin hypercube of the uncertainties, each with a seed of its own."""
    from experiments.design import designs as design

    sample = design.lhs(uncertain, count, seed) if uncertain else pd.DataFrame(index=range(count))
    return sample.assign(world=range(count), seed=[seed + world for world in range(count)])


def read_search(study: Study) -> tuple[Mixes, dict[str, float]]:
    """Measures, prices and settings of a search; raises InputError."""
    settings: dict[str, Any] = read_part(SearchEntry, study.extra.get("search", {}), "search").model_dump()
    table = study.world.tables.measures.set_index("measure")
    measures = tuple(settings.pop("measures"))
    for name in measures:
        if name not in table.index:
            near = closest(name, table.index)
            raise InputError("there is no such measure", field="search.measures", value=name,
                             allowed=", ".join(table.index), remedy=f"did you mean {near!r}?" if near else
                             "`run.py policies` lists them")  # fmt: skip
    missing = [name for name in OBJECTIVES if name not in study.outcomes]
    if missing:
        raise InputError("a search needs these outcomes", field="outcomes", value=list(study.outcomes),
                         allowed=", ".join(OBJECTIVES), remedy=f"add {', '.join(missing)}")  # fmt: skip
    now = np.array([float(table.loc[name, "history_dose"]) for name in measures])
    price = np.array([costs_of(name, 1.0, study.world)[1] for name in measures])
    return Mixes(measures, now, price, float(settings["budget_eur"])), settings
