"""Write `model/layout.pyi`, the types of the classes that are made of rows: ``uv run python -m model.stubs``."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from model.parameters import Parameters
from model.rows import SCALARS, TUPLES

STUB: Final = Path(__file__).with_name("layout.pyi")
HEAD: Final = """# Written by `uv run python -m model.stubs` from model/data/columns.csv and model/data/parameters.csv.
from typing import NamedTuple

from model.parameter_fields import Declared
from model.rows import Array
"""


def class_of(name: str, base: str, docstring: str | None, fields: Mapping[str, str]) -> str:
    """Declaration of a class with its fields and their types."""
    return f'\nclass {name}({base}):\n    """{docstring}"""\n\n' + "".join(f"    {x}: {y}\n" for x, y in fields.items())


def stub() -> str:
    """Text of the stub."""
    text = HEAD
    for name, (docstring, columns) in TUPLES.items():
        types = {field: column.dtype if column.dtype in SCALARS else "Array" for field, column in columns.items()}
        text += class_of(name, "NamedTuple", docstring, types)
    given = {name: f"{type(row.default).__name__} = ..." for name, row in Parameters.rows.items()}
    scalars = {name: "float" if isinstance(row.default, float) else "int" for name, row in Parameters.rows.items()}
    text += class_of("Parameters", "Declared", Parameters.__doc__, given)
    return text + class_of("ParameterValues", "NamedTuple", Parameters.scalars.__doc__, scalars)


if __name__ == "__main__":
    STUB.write_text(stub(), encoding="utf-8")
