"""Screening after Morris: which of many factors matter at all."""

import pandas as pd

from experiments.analysis.sensitivity import morris_indices
from experiments.ensemble.store import Store
from experiments.kinds.designed import Designed


class Screening(Designed):
    """Morris' screening."""

    kind: str = "screening"
    needs_method = "morris"
    drawn = "trajectory"

    def compute(self, store: Store, runs: pd.DataFrame) -> dict[str, pd.DataFrame]:
        """Morris' measures of every factor on every outcome."""
        found = [morris_indices(runs, self.factors, outcome) for outcome in self.outcomes]
        return {**super().compute(store, runs), "morris": pd.concat(found, ignore_index=True)}
