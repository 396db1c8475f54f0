"""The one reader of CSV files that a user hands in: tables of the model, designs of studies, annual reports to score.

Spreadsheets write CSV in several forms. What has one meaning is read: UTF-8 with or without a byte order mark, columns
separated by commas, semicolons or tabs, decimal commas where commas do not separate columns, empty cells at the end of
a line. What has none, or two, is refused with the number of the line. No value ever moves to another column.
"""

import csv
import io
import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from model.errors import InputError, closest, suggest
from model.files import is_file, read_text

SEPARATORS: Final = {",": "commas", ";": "semicolons", "\t": "tabs"}
POINT: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
COMMA: Final = re.compile(r"[+-]?(\d+,\d*|,\d+)([eE][+-]?\d+)?", re.ASCII)
COLUMN_OF_POINTS: Final = re.compile(rf"(?:(?:{POINT.pattern})?\0)*", re.ASCII)
THOUSANDS: Final = re.compile(r"[+-]?[1-9]\d{0,2}([.,]\d{3})+", re.ASCII)
"""Numbers such as 1,250 or 1.250, which are 1250 to some and 1.25 to others, unless another number tells."""
TWO_NUMBERS: Final = (
    "this may be read as two different numbers",
    "write it without marks for thousands, and with a decimal point",
)
NO_NUMBER: Final = (
    "this is not a number",
    "write a plain number, such as 1250.5, without a unit or marks for thousands",
)
TOO_LARGE: Final = ("this number is too large", "write a smaller number")
"""What is wrong with a number, and the remedy."""
LONGEST_FILE: Final = 200_000_000
FIRST_LINE: Final = "name them in the first line, separated by commas"


@dataclass(frozen=True)
class Row:
    """One line of a table: its number in the file, counted from 1, and its cells by column, without blanks around."""

    line: int
    cells: dict[str, str]


@dataclass(frozen=True)
class Table:
    """A CSV file as text: its name in messages, its columns in order, its rows, the mark that separates its columns."""

    file: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    separator: str

    @cached_property
    def has_decimal_commas(self) -> bool:
        """Whether a number in it is written as 0,5, which cannot be a thousand."""
        cells = (cell for row in self.rows for cell in row.cells.values())
        return self.separator != "," and any(COMMA.fullmatch(c) and not THOUSANDS.fullmatch(c) for c in cells)

    def wrong(self, row: Row, column: str, message: str, allowed: str, remedy: str) -> InputError:
        """The error that names a cell: file, column, line, value."""
        return InputError(
            message,
            file=self.file,
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
        number, message, remedy = self.parse(row.cells[column])
        if message:
            raise self.wrong(row, column, message, allowed, remedy)
        return number

    def numbers(self, column: str) -> tuple[list[float], dict[int, tuple[str, str]]]:
        """The numbers of a column, nan where there is none; for each row whose cell is refused, why, and the remedy."""
        cells = [row.cells[column] for row in self.rows]
        if self.separator == "," and COLUMN_OF_POINTS.fullmatch("".join(f"{cell}\0" for cell in cells)):
            values = [float(cell or "nan") + 0.0 for cell in cells]
            if not any(map(math.isinf, values)):
                return values, {}
        parsed = [self.parse(cell) if cell else (float("nan"), "", "") for cell in cells]
        refused = {row: (message, remedy) for row, (_, message, remedy) in enumerate(parsed) if message}
        return [float("nan") if message else number for number, message, _ in parsed], refused

    def parse(self, text: str) -> tuple[float, str, str]:
        """The finite number that a text stands for in this table; if it stands for none, why not, and the remedy."""
        decimal = self.separator != "," and COMMA.fullmatch(text)
        if THOUSANDS.fullmatch(text) and not (decimal if self.has_decimal_commas else "," not in text):
            return 0.0, *TWO_NUMBERS
        if not (POINT.fullmatch(text) or decimal):
            return 0.0, *NO_NUMBER
        number = float(text.replace(",", "."))
        return (0.0, *TOO_LARGE) if math.isinf(number) else (number + 0.0, "", "")


def read_csv(
    path: Path, columns: Sequence[str], what: str, field: str, file: str = "", missing: str = FIRST_LINE
) -> Table:
    """Read a CSV file whose first line names its columns.

    Parameters
    ----------
    columns
        The columns that the file must have, in any order, and no others.
    what
        What the file is, in words for messages, as "table of reports".
    field
        The option or field that names the file, for messages.
    file
        Its name in messages, if not its path.
    missing
        The remedy where columns are missing.

    Raises
    ------
    InputError
        If the file cannot be read, has other columns, or a line has more or fewer cells than the first; all such lines
        are named.
    """
    file = file or str(path)
    text = _text(path, what, field, file)
    separator = _separator(text, file)
    (_, first), *body = _lines(text, separator, file) or [(0, [])]
    named = tuple(_trimmed(first, 1))
    body = [(line, _trimmed(cells, len(named))) for line, cells in body]
    problems = list(_faults_of_names(named, file, columns, missing)) if first else [_empty(file, what)]
    problems = problems or [_ragged(file, *line, named, separator) for line in body if len(line[1]) != len(named)]
    if not body and not problems:
        problems = [
            InputError(
                "there is no row below the names of the columns",
                file=file,
                field="whole file",
                allowed=f"a row for each entry of the {what}",
                remedy="add rows below the first line",
            )
        ]
    if problems:
        raise InputError.collect(problems)
    return Table(file, named, tuple(Row(line, dict(zip(named, cells, strict=True))) for line, cells in body), separator)


# --- lines and cells ----------------------------------------------------------------------------------------------

type Line = tuple[int, list[str]]
"""Number of a line in the file, and its cells."""


def _text(path: Path, what: str, field: str, file: str) -> str:
    if not is_file(path) or path.stat().st_size > LONGEST_FILE:
        raise InputError(
            f"this cannot be read as a {what}",
            field=field,
            value=str(path),
            allowed=f"a CSV file of at most {LONGEST_FILE // 1_000_000} MB",
            remedy="check the path",
        )
    text = read_text(path, file)
    if "\0" in text:
        raise InputError(
            "the file holds bytes that no text has",
            file=file,
            field="whole file",
            allowed="a CSV file in UTF-8",
            remedy="save it again as CSV, UTF-8",
        )
    return text


def _separator(text: str, file: str) -> str:
    """The mark that separates the names of the columns; a comma where there is one column."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    found = [mark for mark in SEPARATORS if mark in re.sub(r'"[^"]*"', "", first)]
    if len(found) > 1:
        raise InputError(
            "it cannot be told what separates the columns",
            file=file,
            field="first line",
            value=first[:100],
            allowed=f"one of {', '.join(SEPARATORS.values())}",
            remedy="separate columns by commas, and write decimals with a point",
        )
    return found[0] if found else ","


def _lines(text: str, separator: str, file: str) -> list[Line]:
    """The lines of a file that are not blank."""
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
            file=file,
            field=f"line {last + 1}",
            allowed="cells in pairs of double quotes, or without any",
            remedy="mend the quotes of the line",
        ) from None
    return found


def _empty(file: str, what: str) -> InputError:
    return InputError(
        "the file is empty",
        file=file,
        field="whole file",
        allowed=f"the names of the columns of the {what}, then a row for each entry",
        remedy="write the names of the columns in the first line",
    )


def _trimmed(cells: list[str], count: int) -> list[str]:
    """Cells without the empty ones behind the last column, which spreadsheets add."""
    filled = (number for number, cell in enumerate(cells, start=1) if cell)
    return cells[: max(min(count, len(cells)), *filled, 0)]


def _ragged(file: str, line: int, cells: list[str], columns: tuple[str, ...], separator: str) -> InputError:
    return InputError(
        "this line has another number of cells than the first line has names",
        file=file,
        field=f"line {line}",
        value=separator.join(cells),
        allowed=f"{len(columns)} cells, separated by {SEPARATORS[separator]}",
        remedy="write decimals with a point and put cells with commas in quotes, or separate columns by semicolons"
        if separator == "," and len(cells) > len(columns)
        else "fill in the missing separators; a cell may be empty",
    )


# --- names of columns ---------------------------------------------------------------------------------------------


def _faults_of_names(names: Sequence[str], file: str, columns: Sequence[str], otherwise: str) -> Iterator[InputError]:
    """What is wrong with the names of the columns, which are those that the file must have."""
    allowed = ", ".join(columns)
    unknown = [name for name in dict.fromkeys(names) if name not in columns]
    words = {name: "there is no such column" if name else "a column has no name" for name in unknown}
    words |= {name: "this column stands twice" for name in columns if names.count(name) > 1}
    for name in (name for name in dict.fromkeys(names) if name in words):
        remedy = suggest(name, columns, "leave the column out") if name in unknown else "leave one out"
        yield InputError(words[name], file=file, field="column", value=name, allowed=allowed, remedy=remedy)
    if missing := [name for name in columns if name not in names]:
        near = {name: closest(name, unknown) for name in missing}
        renamed = [f"rename the column {other!r} to {name!r}" for name, other in near.items() if other]
        yield InputError(
            f"columns are missing: {', '.join(missing)}",
            file=file,
            field="first line",
            value=", ".join(names),
            allowed=f"the columns {allowed}",
            remedy="; ".join(renamed) or otherwise,
        )
