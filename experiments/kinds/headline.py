"""The headline study: a comparison of packages and a sweep of levers in one."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from experiments.analysis.points import lever_effects, point_means
from experiments.ensemble.store import DONE, Store
from experiments.field_types import FilePath, names
from experiments.kinds.compare import Compare


class Headline(Compare):
    """A comparison and a sweep in one: levers act in the scenarios that are swept, and the others run as they are."""

    kind: str = "headline"
    swept: tuple[FilePath, ...] = names((), min_length=1)
    scenario_fields = ("scenarios", "swept")

    def experiments(self, plain: pd.DataFrame) -> pd.DataFrame:
        """The packages as they are, then the swept scenarios at every point of the design; `part` tells which."""
        if not self.swept:
            return super().experiments(plain)
        swept = self.crossed(pd.DataFrame({"scenario": list(self.swept)}), self.points)
        return pd.concat([plain.assign(part="packages"), swept.assign(part="sweep")], ignore_index=True)

    def record_at(self, point: Mapping[str, Any]) -> str:
        """What is recorded of the runs of a point: of a sweep only outcomes."""
        return "outcomes" if point.get("part") == "sweep" else self.record

    def compute(self, store: Store, runs: pd.DataFrame) -> dict[str, pd.DataFrame]:
        """Tables of the sweep and of the comparison."""
        swept = runs[(runs["part"] == "sweep") & (runs["status"] == DONE)]
        return {
            **super().compute(store, runs[runs["part"] == "packages"]),
            "sweep": point_means(swept, self),
            "spans": lever_effects(swept, self),
        }
