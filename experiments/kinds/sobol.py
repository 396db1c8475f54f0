"""Sobol indices: what part of the variance of outcomes is due to each factor, alone and together with others."""

import pandas as pd

from experiments.analysis.sensitivity import sobol_indices
from experiments.ensemble.store import Store
from experiments.kinds.designed import Designed


class Sobol(Designed):
    """Sobol indices."""

    kind: str = "sobol"
    needs_method = "saltelli"
    drawn = "block"

    def compute(self, store: Store, runs: pd.DataFrame) -> dict[str, pd.DataFrame]:
        """Sobol indices of every factor on every outcome."""
        found = [sobol_indices(runs, self.factors, outcome) for outcome in self.outcomes]
        return {**super().compute(store, runs), "sobol": pd.concat(found, ignore_index=True)}
