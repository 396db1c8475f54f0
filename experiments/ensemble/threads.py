"""The former place of `experiments.ensemble.executors`, until all modules import from there."""

from experiments.ensemble.executors import interruptions_held, parallel_map

__all__ = ["interruptions_held", "parallel_map"]
