"""Searches for robust mixes of measures: `experiments.analysis.mixes` on runs of the model."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from functools import cached_property
from typing import Annotated, ClassVar, Final

import numpy as np
import pandas as pd
from pydantic import Field, PrivateAttr

from experiments.analysis.costs import costs_of
from experiments.analysis.mixes import OBJECTIVES, Mixes, confirmed, proposed
from experiments.design.designs import lhs
from experiments.design.factor_file import check_together, read_factors
from experiments.design.factors import Factor
from experiments.ensemble import runner, seeds
from experiments.ensemble.runner import Effort
from experiments.ensemble.store import DONE, Store
from experiments.field_types import Name, Number, Table, Whole, check_choice, check_repeats, whole
from experiments.study import Study
from model import load_world
from model.columns import Array
from model.errors import InputError
from model.toml_fields import Part, read_part, row, table, tables

MOST_STEPS: Final = 10_000


class SearchEntry(Part):
    """The table `[search]`."""

    what: ClassVar[str] = "a search"
    measures: tuple[Name, ...] = row(
        ...,
        "a search needs measures to mix",
        "a list of at least two of those that `run.py policies` lists",
        "name them in [search]",
        min_length=2,
    )
    generations: Whole = whole(10, 1, MOST_STEPS, "10 is usual")
    population: Whole = whole(16, 1, MOST_STEPS, "16 is usual")
    worlds: Whole = whole(6, 1, MOST_STEPS, "6 is usual")
    fresh_worlds: Whole = whole(12, 1, MOST_STEPS, "12 is usual")
    random: Whole = whole(10, 1, MOST_STEPS, "10 is usual")
    budget_eur: Annotated[Number, Field(gt=0)] = row(
        60e6, "this is not a budget", "a finite number above zero, in EUR a year", "60_000_000 is usual"
    )
    seed: Whole = whole(1, 0, 2**32 - 1, "1 is usual")


class Search(Study):
    """Search for robust mixes: its points are the mixes that the search asks for, each in sampled worlds."""

    kind: str = "search"
    search: Table = table(..., "search")
    uncertainties: tuple[Table, ...] = tables("uncertainties")
    paired = True
    drawn = "world"
    _points: pd.DataFrame | None = PrivateAttr(default=None)

    @cached_property
    def settings(self) -> SearchEntry:
        """The table `[search]`."""
        return read_part(SearchEntry, self.search, "search")

    @cached_property
    def uncertain(self) -> tuple[Factor, ...]:
        """What differs between worlds."""
        return read_factors(self.uncertainties, "uncertainty", "uncertainties", load_world().names)

    @cached_property
    def factors(self) -> tuple[Factor, ...]:
        """What differs between worlds, then the doses of the measures."""
        measures = self.settings.measures
        return (*self.uncertain, *(Factor(m, f"measure:{m}", "dose", low=0.0, high=1.0, title=m) for m in measures))

    def check(self) -> None:
        """Refuse measures that do not exist or are varied otherwise, and a lack of outcomes; raises InputError."""
        check_repeats(self.settings.measures, "search.measures")
        check_together(self.uncertain, dict.fromkeys(self.settings.measures, "a measure of the search"))
        super().check()
        known = list(self.world.tables.measures["measure"])
        for one in self.settings.measures:
            check_choice(one, known, "search.measures", "there is no such measure", "`run.py policies` lists them")
        missing = [name for name in OBJECTIVES if name not in self.outcomes]
        if missing:
            raise InputError(
                "a search needs these outcomes",
                field="outcomes",
                value=list(self.outcomes),
                allowed=", ".join(OBJECTIVES),
                remedy=f"add {', '.join(missing)}",
            )

    @cached_property
    def mixes(self) -> Mixes:
        """Measures, their doses now, prices and budget."""
        measures, known = self.settings.measures, self.world.tables.measures.set_index("measure")
        return Mixes(
            measures,
            known.loc[list(measures), "history_dose"].to_numpy(float),
            np.array([costs_of(name, 1.0, self.world)[1] for name in measures]),
            float(self.settings.budget_eur),
        )

    def worlds(self, count: int, seed: int) -> pd.DataFrame:
        """Sampled worlds: a Latin hypercube of the uncertainties, each with a seed of its own."""
        sample = lhs(self.uncertain, count, seed) if self.uncertain else pd.DataFrame(index=range(count))
        return sample.assign(world=range(count), seed=seeds.replications(seed, count))

    def experiments(self, plain: pd.DataFrame) -> pd.DataFrame:
        """The mixes that were asked for so far, in their worlds."""
        return plain if self._points is None else self.crossed(plain, self._points)

    @property
    def planned_runs(self) -> int:
        """Runs of all generations in their worlds, and of what is shown in fresh ones."""
        size = self.settings
        return size.population * ((size.generations + 1) * size.worlds + size.fresh_worlds)

    def run(
        self,
        store: Store,
        executor: Executor | None = None,
        *,
        workers: int | None = None,
        retry: bool = False,
        progress: Callable[[Effort], object] = lambda _: None,
        doing: Callable[[str], object] = lambda _: None,
    ) -> Effort:
        """Run the search and write its table `front`."""
        size, settings = self.settings, self.settings.model_dump()
        worlds = {
            "search": self.worlds(size.worlds, self.seed),
            "fresh": self.worlds(size.fresh_worlds, seeds.fresh(self.seed)),
        }
        points, effort = pd.DataFrame(), Effort(0, 0, 0, 0, 0.0)

        def evaluate(doses: Array, name: str) -> Array:
            """Objectives of doses in a set of worlds; all runs go to one store."""
            nonlocal points, effort
            new = pd.DataFrame(doses, columns=list(size.measures)).drop_duplicates()
            new = new.merge(worlds[name].assign(worlds=name), how="cross")
            points = pd.concat([points, new], ignore_index=True).drop_duplicates(ignore_index=True)
            asked = self.with_()
            asked._points = points
            made = runner.run(asked, store, executor, workers=workers, progress=progress)
            effort = _together(effort, made)
            return _objectives(store.runs(), doses, size.measures, name, len(worlds[name]))

        store.write_table("front", confirmed(self.mixes, proposed(self.mixes, evaluate, settings), evaluate, settings))
        return effort


def _together(before: Effort, made: Effort) -> Effort:
    """What was there before this command, and what all generations have made."""
    fresh = before.fresh + made.fresh
    return made._replace(
        kept=made.planned - fresh,
        fresh=fresh,
        failed=before.failed + made.failed,
        seconds=before.seconds + made.seconds,
    )


def _objectives(runs: pd.DataFrame, doses: Array, measures: Sequence[str], worlds: str, count: int) -> Array:
    """Objectives of doses in a set of worlds: shape (mixes, worlds, objectives), nan where a run failed."""
    good = runs[(runs["worlds"] == worlds) & (runs["status"] == DONE)]
    keys = [*map(tuple, np.round(good[list(measures)].to_numpy(float), 6).tolist())]
    found = dict(zip(zip(keys, good["world"], strict=True), good[list(OBJECTIVES)].to_numpy(float), strict=True))
    wanted: list[list[float]] = np.round(doses, 6).tolist()
    missing = np.full(len(OBJECTIVES), np.nan)
    return np.array([[found.get((tuple(row), world), missing) for world in range(count)] for row in wanted])
