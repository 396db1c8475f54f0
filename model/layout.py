"""The classes that are made of rows: kinds of columns, arrays of the world, parameters and their scalars.

Type checkers read `layout.pyi`, which ``uv run python -m model.stubs`` writes. `model/columns.py`,
`model/world/arrays.py` and `model/parameters.py` hand the classes on. Nothing else stands here, since it would not be
type-checked.
"""

from model import parameter_fields, rows

globals().update(rows.make_tuples(__name__))
Parameters = parameter_fields.declare(rows.FOLDER / "parameters.csv", "Parameters", __name__)
ParameterValues = parameter_fields.values_type(Parameters, "ParameterValues", __name__)
