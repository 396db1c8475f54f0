"""The former name of `experiments.workflow`; it goes with the next release."""

from __future__ import annotations

import warnings
from typing import Any

from experiments import workflow

NAMES = ("comparison", "conduct", "list_stores", "query", "quick")


def __getattr__(name: str) -> Any:
    """A function of `experiments.workflow` under its former place and name, with a warning."""
    now = "run_and_analyse" if name == "conduct" else name
    if name not in NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    warnings.warn(f"experiments.conduct.{name} is experiments.workflow.{now} now", DeprecationWarning, stacklevel=2)
    return getattr(workflow, now)
