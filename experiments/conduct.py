"""The former name of `experiments.workflow`; it goes with the next release."""

import warnings

from experiments.workflow import comparison, list_stores, query, quick, run_and_analyse

__all__ = ["comparison", "conduct", "list_stores", "query", "quick"]

conduct = run_and_analyse
warnings.warn(
    "experiments.conduct is experiments.workflow now, and conduct is run_and_analyse there",
    DeprecationWarning,
    stacklevel=2,
)
