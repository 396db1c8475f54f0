"""What users read of a run: series, frames by dimension, seizures, the graph of flows and the balance."""

from __future__ import annotations

import networkx as nx
import pandas as pd

from model import calendar
from model.errors import InputError
from model.frames import balance_frame, dimension_frame, seizure_frame, summed, weekly_frame, yearly_frame
from model.kinds import MODES, STAGES, Counter
from model.simulation import Simulation
from model.week import SCHEDULE

DIMENSIONS = ("state", "mode", "platform", "leg", "place", "region", "stage")


class Results(Simulation):
    """The results of a run, up to the present week."""

    @property
    def weekly(self) -> pd.DataFrame:
        """Weekly series, indexed by Monday; units are in the column names, mass is pure unless it says bulk."""
        return weekly_frame(self.buffers, self.first_week, self.week, self.opening)

    @property
    def yearly(self) -> pd.DataFrame:
        """Yearly series, indexed by year: flows summed, stocks and prices averaged."""
        return yearly_frame(self.weekly)

    @property
    def years(self) -> list[int]:
        """Years simulated so far, wholly or in part."""
        years = range(calendar.year_of(self.first_week), calendar.year_of(self.week - 1) + 1)
        return list(years) if self.week > self.first_week else []

    def by(self, dimension: str) -> pd.DataFrame:
        """Yearly tidy frame by state, mode, platform, leg, place, region or stage.

        Raises
        ------
        InputError
            If there is no such dimension.
        """
        if dimension not in DIMENSIONS:
            raise InputError(
                "no such dimension",
                field="dimension",
                value=dimension,
                allowed=", ".join(DIMENSIONS),
                remedy="choose one of these",
            )
        names = self._names[dimension]
        if dimension == "mode":
            table = summed(self.buffers.by_leg, self.world.arrays.leg_mode, len(names))
        elif dimension == "region":
            table = summed(self.buffers.by_place, self.world.arrays.place_region, len(names))
        else:
            table = getattr(self.buffers, f"by_{dimension}")
        return dimension_frame(table, names, dimension, self.years, self.policy.parameters.bulk_purity)

    @property
    def _names(self) -> dict[str, tuple[str, ...]]:
        world = self.world
        return {
            "state": world.states,
            "lead_state": world.states,
            "mode": MODES,
            "platform": world.platforms,
            "leg": world.legs,
            "place": world.places,
            "region": world.regions,
            "stage": STAGES,
        }

    @property
    def seizures(self) -> pd.DataFrame:
        """One row for each seizure: date, place, leg, mode, acting and lead state, platform, stage, kg and value."""
        arrays = self.world.arrays
        return seizure_frame(
            self.buffers, int(self.state.counts[Counter.EVENTS]), self._names, arrays.leg_mode, arrays.place_region
        )

    @property
    def graph(self) -> nx.MultiDiGraph[str]:
        """The route graph with ``flow_kg`` of the last 52 weeks on every edge."""
        graph = self.world.graph.copy()
        flow = dict(zip(self.world.legs, self.state.legs.set_out_kg.tolist(), strict=True))
        for _, _, leg, data in graph.edges(keys=True, data=True):
            data["flow_kg"] = flow[leg]
        return graph

    def balance(self) -> pd.DataFrame:
        """Where all cocaine (kg) and money (EUR) is: accounts, stocks, and the residual, which must be nothing."""
        return balance_frame(self.state)

    def schedule(self) -> pd.DataFrame:
        """The week in order: what happens, and what it does."""
        rows = [(step.submodel, step.name, step.does) for step in SCHEDULE]
        return pd.DataFrame(rows, columns=["submodel", "rule", "what it does"])
