"""The one reader of CSV files that a user hands in: designs of studies, annual reports to score.

Spreadsheets write CSV in several forms. What has one meaning is read: UTF-8 with or without a byte order mark, columns
separated by commas, semicolons or tabs, decimal commas where commas do not separate columns, empty cells at the end of
a line. What has none, or two, is refused with the number of the line. No value ever moves to another column.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from model.errors import InputError, closest
from model.scenario.files import is_file, read_text

__all__ = ["Row", "Table", "read_csv"]

SEPARATORS: Final = {",": "commas", ";": "semicolons", "\t": "tabs"}
POINT: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
COMMA: Final = re.compile(r"[+-]?(\d+,\d*|,\d+)([eE][+-]?\d+)?", re.ASCII)
THOUSANDS: Final = re.compile(r"[+-]?[1-9]\d{0,2}([.,]\d{3})+", re.ASCII)
"""Numbers such as 1,250 or 1.250, which are 1250 to some and 1.25 to others."""
LONGEST_FILE: Final = 200_000_000


@dataclass(frozen=True)
class Row:
    """One line of a table: its number in the file, counted from 1, and its cells by column, without blanks around."""

    line: int
    cells: dict[str, str]


@dataclass(frozen=True)
class Table:
    """A CSV file as text: its path, its columns in order, its rows, the mark that separates its columns."""

    path: Path
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    separator: str

    @cached_property
    def has_decimal_commas(self) -> bool:
        """Whether numbers in it are written as 0,5."""
        return self.separator != "," and any(COMMA.fullmatch(cell) for row in self.rows for cell in row.cells.values())

    def wrong(self, row: Row, column: str, message: str, allowed: str, remedy: str) -> InputError:
        """The error that names a cell: file, column, line, value."""
        return InputError(
            message,
            file=str(self.path),
            field=f"{column}, line {row.line}",
            value=row.cells[column],
            allowed=allowed,
            remedy=remedy,
        )

    def read[T](self, read: Callable[[Row], T]) -> list[T]:
        """What a function makes of every row.

        Raises
        ------
        InputError
            Lists all that the function refuses.
        """
        made: list[T] = []
        problems: list[InputError] = []
        for row in self.rows:
            try:
                made.append(read(row))
            except InputError as error:
                problems.append(error)
        if problems:
            raise InputError.collect(problems)
        return made

    def number(self, row: Row, column: str, allowed: str = "a number") -> float:
        """A cell as a finite number.

        Raises
        ------
        InputError
            If it is none, or may be read in two ways.
        """
        text = row.cells[column]
        if THOUSANDS.fullmatch(text) and ("," in text or self.has_decimal_commas):
            raise self.wrong(
                row,
                column,
                "this may be read as two different numbers",
                allowed,
                "write it without marks for thousands, and with a decimal point",
            )
        decimal = self.separator != "," and COMMA.fullmatch(text)
        if not (decimal or POINT.fullmatch(text)):
            raise self.wrong(
                row,
                column,
                "this is not a number",
                allowed,
                "write a plain number, such as 1250.5, without a unit or marks for thousands",
            )
        number = float(text.replace(",", "."))
        if abs(number) == float("inf"):
            raise self.wrong(row, column, "this number is too large", allowed, "write a smaller number")
        return number + 0.0


def read_csv(path: Path, columns: Sequence[str], what: str, field: str) -> Table:
    """Read a CSV file whose first line names its columns.

    Parameters
    ----------
    columns
        The columns that the file must have, in any order, and no others.
    what
        What the file is, in words for messages, as "table of reports".
    field
        The option or field that names the file, for messages.

    Raises
    ------
    InputError
        If the file cannot be read, has other columns, or a line has more or fewer cells than the first; all such lines
        are named.
    """
    separator, ((_, first), *body) = _lines(path, what, field)
    named = _header(first, path, columns)
    problems: list[InputError] = []
    rows = []
    for line, cells in body:
        trimmed = _trimmed(cells, len(named))
        if len(trimmed) == len(named):
            rows.append(Row(line, dict(zip(named, trimmed, strict=True))))
        else:
            problems.append(_ragged(path, line, trimmed, named, separator))
    if problems:
        raise InputError.collect(problems)
    if not rows:
        raise InputError(
            "there is no row below the names of the columns",
            file=str(path),
            field="whole file",
            allowed=f"a row for each entry of the {what}",
            remedy="add rows below the first line",
        )
    return Table(path, named, tuple(rows), separator)


# --- lines and cells ----------------------------------------------------------------------------------------------

type Line = tuple[int, list[str]]
"""Number of a line in the file, and its cells."""


def _lines(path: Path, what: str, field: str) -> tuple[str, list[Line]]:
    """The mark that separates columns, and the lines of the file that are not blank: at least one."""
    if not is_file(path) or path.stat().st_size > LONGEST_FILE:
        raise InputError(
            f"this cannot be read as a {what}",
            field=field,
            value=str(path),
            allowed=f"a CSV file of at most {LONGEST_FILE // 1_000_000} MB",
            remedy="check the path",
        )
    text = read_text(path)
    if "\0" in text:
        raise InputError(
            "the file holds bytes that no text has",
            file=str(path),
            field="whole file",
            allowed="a CSV file in UTF-8",
            remedy="save it again as CSV, UTF-8",
        )
    separator = _separator(text, path)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True, skipinitialspace=True)
    found: list[Line] = []
    last = 0
    try:
        for cells in reader:
            if len(cells) > 1 or (cells and cells[0].strip()):
                found.append((last + 1, [cell.strip() for cell in cells]))
            last = reader.line_num
    except csv.Error as error:
        raise InputError(
            f"this line is not CSV ({error})",
            file=str(path),
            field=f"line {last + 1}",
            allowed="cells in pairs of double quotes, or without any",
            remedy="mend the quotes of the line",
        ) from None
    if not found:
        raise InputError(
            "the file is empty",
            file=str(path),
            field="whole file",
            allowed=f"the names of the columns of the {what}, then a row for each entry",
            remedy="write the names of the columns in the first line",
        )
    return separator, found


def _separator(text: str, path: Path) -> str:
    """The mark that separates the names of the columns; a comma where there is one column."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    outside = re.sub(r'"[^"]*"', "", first)
    found = [mark for mark in SEPARATORS if mark in outside]
    if len(found) > 1:
        raise InputError(
            "it cannot be told what separates the columns",
            file=str(path),
            field="first line",
            value=first[:100],
            allowed=f"one of {', '.join(SEPARATORS.values())}",
            remedy="separate columns by commas, and write decimals with a point",
        )
    return found[0] if found else ","


def _trimmed(cells: list[str], count: int) -> list[str]:
    """Cells without the empty ones behind the last column, which spreadsheets add."""
    end = len(cells)
    while end > count and not cells[end - 1]:
        end -= 1
    return cells[:end]


def _ragged(path: Path, line: int, cells: list[str], columns: tuple[str, ...], separator: str) -> InputError:
    """The error of a line that has more or fewer cells than there are columns."""
    digits = separator == "," and len(cells) > len(columns)
    return InputError(
        "this line has another number of cells than the first line has names",
        file=str(path),
        field=f"line {line}",
        value=separator.join(cells),
        allowed=f"{len(columns)} cells, separated by {SEPARATORS[separator]}",
        remedy="write decimals with a point, or separate columns by semicolons"
        if digits
        else "fill in the missing separators; a cell may be empty",
    )


# --- names of columns ---------------------------------------------------------------------------------------------


def _header(cells: list[str], path: Path, columns: Sequence[str]) -> tuple[str, ...]:
    """Names of the columns, which are those that the file must have."""
    names = _trimmed(cells, 1)
    problems = [
        *(_unknown(name, path, columns) for name in dict.fromkeys(names) if name not in columns),
        *(
            _column_error("this column stands twice", name, path, columns, "leave one out")
            for name in dict.fromkeys(names)
            if names.count(name) > 1 and name in columns
        ),
    ]
    missing = [name for name in columns if name not in names]
    if missing:
        problems.append(
            InputError(
                f"columns are missing: {', '.join(missing)}",
                file=str(path),
                field="first line",
                value=", ".join(names),
                allowed=f"the columns {', '.join(columns)}",
                remedy="name them in the first line, separated by commas",
            )
        )
    if problems:
        raise InputError.collect(problems)
    return tuple(names)


def _unknown(name: str, path: Path, columns: Sequence[str]) -> InputError:
    near = closest(name, columns) if name else ""
    return _column_error(
        "there is no such column" if name else "a column has no name",
        name,
        path,
        columns,
        f"did you mean {near!r}?" if near else "leave the column out",
    )


def _column_error(message: str, name: str, path: Path, columns: Sequence[str], remedy: str) -> InputError:
    return InputError(message, file=str(path), field="column", value=name, allowed=", ".join(columns), remedy=remedy)
