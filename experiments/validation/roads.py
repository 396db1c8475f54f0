"""A remedy that is tried in what statistics show: goods for other markets travel the roads of those that are followed.

The model follows loads to Europe and North America; what goes to other markets leaves its books at the source. Here
states of South and Central America and the Caribbean take of it, in each year, as they take of what is followed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from experiments.evidence.observed import Shown
from experiments.evidence.statistics import WORLD_REGIONS
from model import calendar
from model.record import DISPATCHED, EXPECTED_TAKEN, SOURCE, TAKEN
from model.state import ELSEWHERE_KG, Array

__all__ = ["SameRoads"]

ROADS: Final = (*WORLD_REGIONS["south_america"], *WORLD_REGIONS["central_america"], *WORLD_REGIONS["caribbean"])


class SameRoads(Shown):
    """A run as statistics would show it if goods for other markets were seized on their way as others are."""

    def by_state(self, states: Sequence[str], years: Sequence[int]) -> Array:
        """Pure kg seized by some states together in each year, with what they take of goods for other markets."""
        rows = [self._states[state] for state in states if state in self._states and self._on_the_roads(state)]
        what = TAKEN if self.realised else EXPECTED_TAKEN
        places = [year - calendar.FIRST_YEAR for year in years]
        on_the_way = self.model.buffers.by_state[places][:, rows, what] - self._at_source(years)[:, rows]
        alongside: Array = np.maximum(on_the_way, 0.0).sum(axis=1) * self._other_per_followed(years)
        return super().by_state(states, years) + alongside

    def _on_the_roads(self, state: str) -> bool:
        table = self.tables.states
        return str(table.loc[table["state"] == state, "region"].iloc[0]) in ROADS

    def _at_source(self, years: Sequence[int]) -> Array:
        """Pure kg that producing states take before any shipment, shape (years, states)."""
        supply, loss = self.tables.supply, self.model.world.arrays.state_source_loss
        table = np.zeros((len(years), len(loss)))
        for i, year in enumerate(years):
            output = supply[supply["year"] == year]
            for name, kg in zip(output["state"], output["kg"].to_numpy(float), strict=True):
                table[i, self._states[str(name)]] += kg * loss[self._states[str(name)]]
        taken = self.model.buffers.by_stage[[year - calendar.FIRST_YEAR for year in years], SOURCE, TAKEN]
        found: Array = table / table.sum(axis=1, keepdims=True) * taken[:, None]
        return found

    def _other_per_followed(self, years: Sequence[int]) -> Array:
        """Goods that went to other markets over those that were sent to Europe and North America, in each year."""
        accounts, weekly = self.model.buffers.accounts[:, ELSEWHERE_KG], self.model.buffers.weekly[:, DISPATCHED]
        found = []
        for year in years:
            first, last = calendar.first_week(year), calendar.first_week(year + 1)
            before = accounts[first - 1] if first > 0 else 0.0
            found.append((accounts[last - 1] - before) / max(float(weekly[first:last].sum()), 1.0))
        return np.array(found)
