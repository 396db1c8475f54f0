"""Every parameter once: default, unit, bounds, role, source and confidence, a row of `model/data/parameters.csv` each.

The command line's help, the documentation's table, the validation of scenarios and the scalars that the compiled
week reads are all made from these rows. Values marked ``assumed`` have no source: they are bounds to sweep, not facts.
"""

from model.layout import Parameters, ParameterValues

__all__ = ["ParameterValues", "Parameters"]
