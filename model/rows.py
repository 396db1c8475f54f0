"""Facts about parameters, columns and arrays, one row each, read and checked when the classes are made of them.

`model/data/parameters.csv` and `model/data/columns.csv` hold the rows; `model/layout.py` makes the classes. A row that
makes no sense is refused at import, with file, row and field.
"""

import csv
import math
from collections import namedtuple
from dataclasses import dataclass
from keyword import iskeyword
from pathlib import Path
from typing import Any, Final

from numpy.typing import NDArray

from model.errors import InputError
from model.kinds import codes

type Array = NDArray[Any]

FOLDER: Final = Path(__file__).parent / "data"
TABLES: Final = "tables"
"""Base of a dated column that follows from tables: `TABLED` in `model/scenario/tabled.py` says how."""
SHARES: Final = frozenset({"share", "probability", "0/1"})
SIGNED: Final = frozenset({"", "EUR", "1000 EUR/kg", "log", "day", "week"})
"""Units of columns that may be negative."""
WHOLE: Final = frozenset({"0/1", "year", "regime", "rule"})
"""Units of what is on or off, a year or a choice."""
DTYPES: Final = ("f8", "f4", "i8", "i4", "i2", "i1", "u2")
SCALARS: Final = ("int", "float")
DIMENSIONS: Final = (
    "known legs hubs states platforms assets places regions modes routes sources markets areas jurisdictions year "
    "sensors sectors stages leg_groups leg_areas route_legs asset_areas"
)
"""What a column may be indexed by; `sizes_of` in `model/state.py` says how long each is."""
KINDS: Final = {
    "Organisations": "Trafficking organisations.",
    "Consignments": "Loads under way; one leg at a time.",
    "States": "Partner states.",
    "Platforms": "Enforcement cooperation platforms.",
    "Assets": "Patrol ships and aircraft. They move between places, patrol, pursue and return.",
    "Legs": "What changes on the legs: law, cost, danger and what everybody knows of it.",
    "Jurisdictions": "One row for each pair of a leg and a state it touches (CSR order of the world).",
    "Routes": "What changes on the routes of the library.",
    "Places": "What changes at the places.",
    "Areas": "Patrol areas of the sea.",
    "Sources": "Where organisations take goods: Andean origins and transhipment places (goods paid in kind).",
    "Markets": "Consumer markets.",
    "Cues": "The cues of the week: what somebody able to act is told of.",
    "Alternatives": "The routes under choice: `weigh_known` and `weigh_onward` leave them to `pick`.",
    "Workspace": "Room that a rule needs while it runs; nothing in it lasts longer than a rule.",
    "WorldArrays": "Facts that do not change in a run. Index names: place, leg, state, platform, asset, area, hub, "
    "source, market.",
}
"""What the rows of each kind are, in order."""
NAMED: Final = ("States", "Platforms", "Assets", "Legs", "Places", "Markets")
"""Kinds whose rows have names that events use."""
BASES: Final = {
    "States": ("states.csv", "governance.csv"),
    "Platforms": ("platforms.csv",),
    "Assets": ("assets.csv",),
    "Legs": ("legs.csv",),
    "Places": ("places.csv",),
}
"""Tables whose columns may be the base of a dated column of a kind."""
DATED: Final = (*NAMED, "Areas", "Sources")
"""Kinds whose rows are the same during a run, so that inputs by epoch have a row for each."""


def senseless(file: str, name: str, field: str, value: object, allowed: str) -> InputError:
    """The error of a cell that makes no sense."""
    return InputError(
        f"the row {name!r} makes no sense",
        file=file,
        field=f"{name}, {field}",
        value=value,
        allowed=allowed,
        remedy="correct the row",
    )


@dataclass(frozen=True)
class Row:
    """One row of a table of declarations, its cells by the head of their column."""

    file: str
    name: str
    cells: dict[str, str]

    def __getitem__(self, field: str) -> str:
        """The text of a cell."""
        return self.cells[field]

    def check(self, *checks: tuple[str, bool, str]) -> None:
        """Refuse the first cell that is not good; a check names the cell, whether it is good, and what is allowed."""
        for field, good, allowed in checks:
            if not good:
                raise senseless(self.file, self.name, field, self[field], allowed)

    def number(self, field: str, kind: type[float] = float, others: tuple[str, ...] = ()) -> Any:
        """A finite number of a kind, int or float; InputError for any other cell, which names others that may stand."""
        try:
            number = kind(self[field])
        except ValueError:
            number = math.nan
        self.check((field, math.isfinite(number), " or ".join((f"a number ({kind.__name__})", *others))))
        return number


def read_rows(path: Path, fields: str) -> list[Row]:
    """The rows of a table of declarations, whose columns are `fields`, joined by commas.

    Raises
    ------
    InputError
        If a line has other cells, or a name is no name of Python or stands twice.
    """
    with path.open(encoding="utf-8-sig", newline="") as lines:
        head, *table = csv.reader(lines, strict=True)
    rows: dict[str, Row] = {}
    for number, line in enumerate(table, start=2):
        if ",".join(head) != fields or len(line) != len(head):
            raise senseless(path.name, f"line {number}", "cells", line, f"the columns {fields}")
        cells = dict(zip(head, line, strict=True))
        row = Row(path.name, ".".join(cells[key] for key in ("kind", "name") if key in cells), cells)
        good = row["name"].isidentifier() and not iskeyword(row["name"]) and row["name"][0] != "_"
        row.check(("name", good, "a name of Python"), ("name", row.name not in rows, "every name once"))
        rows[row.name] = row
    return list(rows.values())


@dataclass(frozen=True)
class Column:
    """One column: dtype, unit, meaning, and the named dimensions that follow the row.

    `low` and `high` bound what may be set; by default shares lie between 0 and 1 and amounts are not negative. `base`
    is the value of a dated column before any event: a number, a table with a column of the same name, as
    ``states.csv``, or `TABLES`. `codes` names the enumeration of what it holds. `asks_review` says whether what follows
    from it is worked out anew when it changes. `by` names what a column that rules write follows from. `when` is the
    parameter and the options (``parameter=option|option``) under which a rule reads what is set, where it is not read
    in every model; `instead` names what to set under other options.
    """

    dtype: str
    unit: str
    meaning: str
    dims: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    base: float | str | None = None
    asks_review: bool = True
    codes: str = ""
    by: str = ""
    when: str = ""
    instead: str = ""

    @property
    def is_dated(self) -> bool:
        """Whether facts and events of the scenario set it."""
        return self.base is not None

    @property
    def is_target(self) -> bool:
        """Whether events may set it: it is dated, has one value a row, and bounds."""
        return self.is_dated and not self.dims and self.low is not None and self.high is not None

    @property
    def is_whole(self) -> bool:
        """Whether only whole numbers make sense."""
        return self.dtype[0] in "iu" or self.unit in WHOLE

    @property
    def bounds(self) -> tuple[float, float]:
        """Least and largest value that may be set."""
        low = (-math.inf if self.unit in SIGNED else 0.0) if self.low is None else self.low
        high = (1.0 if self.unit in SHARES else math.inf) if self.high is None else self.high
        return low, high


FIELDS: Final = "kind,name,dtype,unit,dims,low,high,base,asks_review,codes,by,when,instead,meaning"


def read_columns(path: Path) -> dict[str, dict[str, Column]]:
    """Columns of every kind, by name; InputError where a row makes no sense."""
    columns: dict[str, dict[str, Column]] = {kind: {} for kind in KINDS}
    for row in read_rows(path, FIELDS):
        check_cells(row)
        columns[row["kind"]][row["name"]] = column = column_of(row)
        check_column(row, column)
    return columns


def check_cells(row: Row) -> None:
    """Refuse words that have no meaning."""
    is_fact, dims = row["kind"] == "WorldArrays", row["dims"].split()
    known = {dim.removesuffix("+1") if is_fact else dim for dim in dims} <= set(DIMENSIONS.split())
    dtypes = SCALARS if is_fact and not dims else DTYPES
    reviews = ("true", "false") if row["base"] else ("",)
    row.check(
        ("kind", row["kind"] in KINDS, ", ".join(KINDS)),
        ("dtype", row["dtype"] in dtypes, ", ".join(dtypes)),
        ("dims", known, DIMENSIONS),
        ("asks_review", row["asks_review"] in reviews, " or ".join(reviews) or "nothing, as the column is not dated"),
        ("codes", row["codes"] in {"", *codes()}, ", ".join(codes())),
        ("codes", not (row["codes"] and row["low"] + row["high"]), "codes, or low and high"),
        ("instead", (row["when"] == "") == (row["instead"] == ""), "what to set under other options than `when`"),
        ("meaning", row["meaning"] != "", "what the column means"),
    )


def column_of(row: Row) -> Column:
    """The column that a row declares. Of one that holds codes the enumeration gives meaning and bounds."""
    meaning = row["meaning"]
    low, high = (row.number(field) if row[field] else None for field in ("low", "high"))
    bases = (TABLES, *BASES.get(row["kind"], ()))
    if row["codes"]:
        labels = codes()[row["codes"]].labels()
        meaning += ": " + ", ".join(f"{number} {label}" for number, label in enumerate(labels))
        low, high = 0.0, len(labels) - 1.0
    return Column(
        **{field: row[field] for field in ("dtype", "unit", "codes", "by", "when", "instead")},
        meaning=meaning,
        dims=tuple(row["dims"].split()),
        low=low,
        high=high,
        base=row["base"] if row["base"] in bases else row.number("base", others=bases) if row["base"] else None,
        asks_review=row["asks_review"] != "false",
    )


def check_column(row: Row, column: Column) -> None:
    """Refuse what contradicts itself."""
    (least, most), kind = column.bounds, row["kind"]
    own = ((), *((name.lower(),) for name in DATED))
    base = column.base if isinstance(column.base, float) else None
    good = base is None or (least <= base <= most and (base.is_integer() or not column.is_whole))
    row.check(
        ("high", least <= most, f"at least {least:g}"),
        ("codes", column.is_whole or not row["codes"], f"codes only of whole numbers, or a unit of {sorted(WHOLE)}"),
        ("kind", kind in DATED or not column.is_dated, f"a base only of {', '.join(DATED)}: their rows stay the same"),
        ("high", kind in NAMED or not column.is_target, f"no bound, or a kind of {', '.join(NAMED)}: events name them"),
        ("dims", not column.is_dated or column.dims in own, "of a dated column nothing, or one of " + ", ".join(DATED)),
        ("base", good, f"{'a whole number, ' if column.is_whole else ''}{least:g} to {most:g}"),
    )


COLUMNS: Final = read_columns(FOLDER / "columns.csv")
"""Columns of every kind, by the name of its class."""


def dated_columns() -> dict[str, Column]:
    """Every dated column under ``part.name``, in order."""
    return {
        f"{kind.lower()}.{name}": column
        for kind, columns in COLUMNS.items()
        for name, column in columns.items()
        if column.is_dated
    }


TUPLES: Final = {
    **{kind: (KINDS[kind], columns) for kind, columns in COLUMNS.items()},
    "Dated": (
        "Inputs by epoch: an array for each dated column, shape (epochs, rows, *dims).",
        {name.replace(".", "_"): column for name, column in dated_columns().items()},
    ),
}
"""Docstring and columns of every class of arrays."""


def make_tuples(module: str) -> dict[str, type]:
    """The classes of arrays, namedtuples that Numba and pickle find in `module`."""
    made: dict[str, type] = {}
    for kind, (docstring, columns) in TUPLES.items():
        made[kind] = namedtuple(kind, columns, module=module)
        made[kind].__doc__ = docstring
    return made
