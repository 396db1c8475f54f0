"""Checks of tables against datapackage.json; every problem becomes an `InputError` that says what to do.

The file follows the Frictionless specification; what that has no words for stands in the property ``checks`` of a
resource: ``lists``, ``ordered``, ``complete``, ``sums`` and ``some``, one function each below.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date
from itertools import combinations
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from model.csv_file import Table
from model.errors import InputError, some_of, suggest

type Schema = Mapping[str, Any]
"""One resource of datapackage.json."""
type Sheets = Mapping[str, Sheet]
type Values = npt.NDArray[np.float64]
type Mask = npt.NDArray[np.bool_]
type Check = Callable[[Sheet, Sheets, Any], Iterator[InputError]]

NUMBERS: Final = ("number", "integer")
"""Types of columns that hold numbers."""
PER_COLUMN: Final = 5
"""Rows that are reported for one fault of one column."""
TOLERANCE: Final = 1e-9
LARGEST: Final = 1e12
"""No quantity of the tables, in any unit, comes near it."""


class Sheet:
    """A table under test: its description, its cells as text, its columns in their types, and what does not fit."""

    def __init__(self, resource: Schema, table: Table) -> None:
        self.resource, self.table, self.file = resource, table, str(resource["path"])
        self.keys = list(resource["schema"]["primaryKey"])
        self.fields = {field["name"]: {"constraints": {}, **field} for field in resource["schema"]["fields"]}
        self.cells = {name: [row.cells[name] for row in table.rows] for name in self.fields}
        self.typed: dict[str, Any] = dict(self.cells)
        """Columns as text, "" where a cell is empty, or as numbers, nan where it is."""
        self.problems = [problem for field in self.fields.values() for problem in self._converted(field)]

    @property
    def frame(self) -> pd.DataFrame:
        """The table in the types of its description; empty cells are missing values."""
        return pd.DataFrame({name: self._column(name) for name in self.fields})

    def _column(self, name: str) -> pd.Series:
        cells, kind = self.cells[name], self.fields[name]["type"]
        if kind not in NUMBERS:
            return pd.Series([cell or None for cell in cells], dtype="str")
        whole: Any = "Int64" if "" in cells else "int64"
        return pd.Series(self.typed[name], dtype=float).astype(whole if kind == "integer" else "float64")

    def wrong(
        self,
        column: str,
        faulty: Mapping[int, str],
        message: str,
        allowed: str,
        remedy: str,
        choices: Collection[str] = (),
    ) -> Iterator[InputError]:
        """One error for each of the first faulty cells, which are given by row, and one for the rest."""
        first = list(faulty.items())[:PER_COLUMN]
        shown = [(self.where(row), value, suggest(value, choices, remedy)) for row, value in first]
        more = [(f"{len(faulty) - PER_COLUMN} more rows", None, remedy)] if len(faulty) > PER_COLUMN else []
        for where, value, way in (*shown, *more):
            yield InputError(
                f"{where}: {message}", file=self.file, field=column, value=value, allowed=allowed, remedy=way
            )

    def where(self, row: int) -> str:
        """A row as a person finds it: line of the file and key."""
        key = " ".join(self.cells[key][row] for key in self.keys if key != "basis")
        return f"line {self.table.rows[row].line} ({key[:60]})"

    def among(self, column: str, values: Collection[str]) -> dict[int, str]:
        """Rows of a column that hold one of some texts."""
        return {row: cell for row, cell in enumerate(self.cells[column]) if cell in values} if values else {}

    def _converted(self, field: Schema) -> Iterator[InputError]:
        """Turn a column into the type of its description, and say what does not fit."""
        name = field["name"]
        if field["constraints"].get("required"):
            yield from self.wrong(name, self.among(name, {""}), "the cell is empty", field["description"], "fill it in")
        if field["type"] in NUMBERS:
            yield from self._numbers(field)
        for fits, *words in rules_of_text(field):
            faulty = {value for value in set(self.cells[name]) if value and not fits(value)}
            yield from self.wrong(name, self.among(name, faulty), *words)

    def _numbers(self, field: Schema) -> Iterator[InputError]:
        name = field["name"]
        numbers, refused = self.table.numbers(name)
        values = self.typed[name] = np.array(numbers)
        faults = {words: [row for row in refused if refused[row] == words] for words in refused.values()}
        for bad, *words in rules_of_numbers(field, values):
            faults[words[0], words[1]] = np.flatnonzero(bad & ~np.isnan(values)).tolist()
        for (message, remedy), rows in faults.items():
            yield from self.wrong(name, {row: self.cells[name][row] for row in rows}, message, bounds(field), remedy)


# --- rules of cells -----------------------------------------------------------------------------------------------


def rules_of_text(field: Schema) -> Iterator[tuple[Any, ...]]:
    """What a text or a day must fit: test, message, what is allowed, remedy, and perhaps names that may be meant."""
    rules = field["constraints"]
    if field["type"] == "date":  # ISO text, which sorts as days do
        yield (
            is_day,
            "this is not a day",
            "a day that exists, year-month-day, as 2007-04-01",
            "write it as year-month-day",
        )
    if field["type"] == "string" and (options := rules.get("enum")):
        yield options.__contains__, "the value is not known", some_of(options), "use one of these", options
    if pattern := rules.get("pattern"):
        yield re.compile(pattern).search, "the form is not right", f"text of the form {pattern}", field["description"]


def rules_of_numbers(field: Schema, values: Values) -> Iterator[tuple[Mask, str, str]]:
    """What numbers must not be: which of them are, the message, the remedy."""
    rules = field["constraints"]
    if field["type"] == "integer":
        yield values % 1 != 0, "this is not a whole number", "write a whole number, without a point or a unit"
    check = f"check the unit ({field['unit']})" if field.get("unit") else "correct the value"
    outside = (values < rules.get("minimum", -LARGEST)) | (values > rules.get("maximum", LARGEST))
    yield ~np.isin(values, rules["enum"]) if "enum" in rules else outside, "the value is out of bounds", check


def bounds(field: Schema) -> str:
    """Allowed numbers in words."""
    rules, unit = field["constraints"], field.get("unit", "")
    if "enum" in rules:
        return " or ".join(str(v) for v in rules["enum"])
    low, high = rules.get("minimum", -LARGEST), rules.get("maximum", LARGEST)
    return f"{low:g} to {high:g}" + (f" ({unit})" if unit else "")


def is_day(text: str) -> bool:
    """Whether a text is an ISO day that exists."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


# --- rules of rows and tables -------------------------------------------------------------------------------------


def check_keys(sheet: Sheet) -> Iterator[InputError]:
    """Rows with the same key, and values that must be unique and are not."""
    unique = [[name] for name, field in sheet.fields.items() if field["constraints"].get("unique")]
    for columns in [sheet.keys, *(one for one in unique if one != sheet.keys)]:
        keys = list(zip(*(sheet.cells[column] for column in columns), strict=True))
        first = {key: row for row, key in reversed([*enumerate(keys)])}
        again = {row: ", ".join(key) for row, key in enumerate(keys) if first[key] != row}
        yield from sheet.wrong(
            ", ".join(columns),
            again,
            "stands in the table already",
            "every key once",
            "remove one of the rows or give it another key",
        )


def check_links(sheet: Sheet, sheets: Sheets, *, names_only: bool = False) -> Iterator[InputError]:
    """Everything that needs more than one cell: references and lists; also order, completeness and sums."""
    checks = sheet.resource.get("checks", {})
    lists = ({**link, "several": True} for link in checks.get("lists", []))
    for link in (*sheet.resource["schema"].get("foreignKeys", []), *lists):
        yield from references(sheet, sheets, link)
    for name, check in () if names_only else CHECKS.items():
        rules = checks.get(name, [])
        for rule in [rules] if isinstance(rules, Mapping) else rules:
            yield from check(sheet, sheets, rule)


def keys_of(sheets: Sheets, reference: Schema, where: Schema) -> list[str]:
    """Keys that a reference may point to, in order, if its table could be read."""
    rows = (row.cells for row in sheets[reference["resource"]].table.rows)
    kept = (cells[reference["fields"]] for cells in rows if where.items() <= cells.items())
    return [key for key in dict.fromkeys(kept) if key]


def references(sheet: Sheet, sheets: Sheets, link: Schema) -> Iterator[InputError]:
    """Names that no row of the other table has; a cell may hold several joined by semicolons."""
    name, to, where = link["fields"], link["reference"], link.get("where", {})
    if to["resource"] not in sheets:
        return
    known, file = keys_of(sheets, to, where), sheets[to["resource"]].file
    valid, parts = set(known), {cell: cell.split(";") if link.get("several") else [cell] for cell in sheet.cells[name]}
    unknown = {cell: next((part for part in parts[cell] if part not in valid), "") for cell in parts if cell}
    faulty = sheet.among(name, {cell for cell in unknown if not set(parts[cell]) <= valid})
    message = f"is no {to['fields']}{''.join(f' of {k} {v}' for k, v in where.items())} in {file}"
    remedy = f"correct the name or add a row to {file}"
    yield from sheet.wrong(name, {row: unknown[c] for row, c in faulty.items()}, message, some_of(known), remedy, known)


def ordered(sheet: Sheet, sheets: Sheets, columns: list[str]) -> Iterator[InputError]:
    """Columns of one row that must not fall from left to right; empty cells are passed over."""
    for left, right in combinations(columns, 2):
        pairs = enumerate(zip(sheet.typed[left], sheet.typed[right], strict=True))
        falls = {row: sheet.cells[left][row] for row, (a, b) in pairs if b != "" and a > b}
        yield from sheet.wrong(left, falls, f"is above {right}", " <= ".join(columns), "correct one of them")


def some(sheet: Sheet, sheets: Sheets, columns: list[str]) -> Iterator[InputError]:
    """Columns of which one at least must hold something."""
    cells = enumerate(zip(*(sheet.cells[column] for column in columns), strict=True))
    words = f"all of {', '.join(columns)} are empty", "at least one figure", "fill one in"
    yield from sheet.wrong(columns[0], {row: "" for row, texts in cells if not any(texts)}, *words)


def sums(sheet: Sheet, sheets: Sheets, rule: Schema) -> Iterator[InputError]:
    """Sums by key above what they may be."""
    total = pd.Series(sheet.typed[rule["column"]]).groupby(sheet.cells[rule["by"]], sort=False).sum()
    for key, amount in total[(total > rule["most"] + TOLERANCE) & (total.index != "")].head(PER_COLUMN).items():
        yield InputError(
            f"sum over {rule['by']} {key}",
            file=sheet.file,
            field=rule["column"],
            value=round(float(amount), 6),
            allowed=f"{rule['most']:g} at most",
            remedy="lower the values of this key",
        )


def complete(sheet: Sheet, sheets: Sheets, rule: Schema) -> Iterator[InputError]:
    """Years that a key lacks, and keys that lack every year."""
    by, years, keys = rule.get("by"), sheet.typed[rule["over"]], rule.get("keys")
    held: dict[str, set[float]] = {} if by else {"": set()}
    if keys and keys["resource"] in sheets:
        held = {key: set() for key in keys_of(sheets, keys, keys.get("where", {}))}
    for key, year in zip(sheet.cells[by] if by else [""] * len(years), years.tolist(), strict=True):
        held.setdefault(key, set()).add(year)
    for key, found in held.items():
        if gap := [str(year) for year in range(rule["first"], rule["last"] + 1) if year not in found]:
            yield InputError(
                f"no row for {', '.join(gap[:4])}{', ...' if len(gap) > 4 else ''}{f' of {by} {key}' if by else ''}",
                file=sheet.file,
                field=rule["over"],
                allowed=f"every year from {rule['first']} to {rule['last']}",
                remedy="add the missing rows",
            )


CHECKS: Final[dict[str, Check]] = {"ordered": ordered, "some": some, "sums": sums, "complete": complete}
