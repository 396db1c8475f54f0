"""Sweeps: outcomes over the levels of factors, and what each factor does from its lowest level to its highest."""

import pandas as pd

from experiments.analysis.points import lever_effects
from experiments.ensemble.store import DONE, Store
from experiments.kinds.designed import Designed


class Sweep(Designed):
    """Factors over their ranges."""

    kind: str = "sweep"

    def compute(self, store: Store, runs: pd.DataFrame) -> dict[str, pd.DataFrame]:
        """Means at every point, and effects of factors over their ranges."""
        return {**super().compute(store, runs), "spans": lever_effects(runs[runs["status"] == DONE], self)}
