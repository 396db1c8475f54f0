"""What the compiled week reads of the world: flat arrays that do not change in a run, rows of `columns.csv`."""

from model.layout import WorldArrays

__all__ = ["WorldArrays"]
