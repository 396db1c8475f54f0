"""Designs: factors, their levels, and the tables of points."""

from experiments.moved import keep_old_names

METHODS = ("grid", "lhs", "sobol", "saltelli", "morris", "one_at_a_time", "from_csv")
__getattr__ = keep_old_names("experiments.design", "designs", METHODS)
