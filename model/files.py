"""Text and TOML files that a user hands in: how they are read, and how TOML is written."""

import json
import os
import re
import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

from model.errors import InputError

BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")
LOCATION: Final = re.compile(r"\(at line (\d+), column \d+\)")
BARE_DAY: Final = re.compile(r"=\s*\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}\b")
EMPTY: Final = (
    "the file is empty",
    "at least a title and a base",
    'start with title = "..." and base = "as-it-happened"',
)
TOO_DEEP: Final = (
    "lists or tables are nested too deeply",
    "lists of plain values",
    "write the value as a plain list or table",
)
TOO_LONG: Final = ("a whole number has too many digits", "at most 4,000 digits", "write a smaller number")
NO_DAY: Final = (
    "this day does not exist, or is not written year-month-day",
    "an existing day, year-month-day",
    "write it as 2011-05-10",
)
"""What is wrong, what is allowed, and the remedy."""


def is_file(path: Path) -> bool:
    """Whether a path is a file; a name that the file system refuses, as one that is too long, is none."""
    return os.path.isfile(path)  # which, unlike pathlib, takes such a name


# --- reading ------------------------------------------------------------------------------------------------------


def read_text(path: Path, file: str = "") -> str:
    """Read a text file in UTF-8, with or without a byte order mark; `file` is its name in messages, if not its path.

    Raises
    ------
    InputError
        When it cannot be read or is not UTF-8; the line is named.
    """
    try:
        data = path.read_bytes()
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        field = f"line {error.object.count(b'\n', 0, error.start) + 1}"
        value = f"byte {error.object[error.start]:#04x}"
        words = "the file is not written in UTF-8", "UTF-8 text", "save it again with the encoding UTF-8"
    except OSError as error:
        field, value = "whole file", error.strerror or str(error)
        words = "the file cannot be read", "a readable file", "check the path and its permissions"
    raise _refusal(file or str(path), field, value, *words)


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises
    ------
    InputError
        When it cannot be read, is empty, is not UTF-8 or not TOML; the line is named.
    """
    text = read_text(path)
    if not text.strip():
        raise _refusal(str(path), "whole file", "", *EMPTY)
    try:
        return tomllib.loads(text)
    except (RecursionError, ValueError) as error:
        raise _refusal(str(path), *_fault(text, error)) from None


def _fault(text: str, error: Exception) -> tuple[str, str, str, str, str]:
    """What is wrong with a TOML text: where, what stands there, the message, what is allowed, the remedy."""
    said = str(error)
    if isinstance(error, RecursionError) or "int_max_str_digits" in said:
        return "whole file", "", *(TOO_LONG if "int_max_str_digits" in said else TOO_DEEP)
    place = LOCATION.search(said)
    number = int(place[1]) if place else text.count("\n") + 1
    value = text.split("\n")[number - 1].strip() or "(end of the file)"
    if "date or datetime" in said or BARE_DAY.search(value):
        return f"line {number}", value, *NO_DAY
    message = f"the file is not TOML: {LOCATION.sub('', said).strip().rstrip('.')}"
    remedy = "correct the line; text stands in quotes, dates and numbers do not"
    return f"line {number}", value, message, "TOML (https://toml.io)", remedy


def _refusal(file: str, field: str, value: str, message: str, allowed: str, remedy: str) -> InputError:
    return InputError(message, file=file, field=field, value=value, allowed=allowed, remedy=remedy)


# --- writing ------------------------------------------------------------------------------------------------------


def to_toml(document: Mapping[str, Any]) -> str:
    """Write a mapping of scalars, lists of scalars, tables of scalars and lists of tables as TOML; None is left out."""
    tables = {key: value for key, value in document.items() if isinstance(value, Mapping)}
    rows = {key: value for key, value in document.items() if isinstance(value, list | tuple)}
    lists = {key: value for key, value in rows.items() if any(isinstance(item, Mapping) for item in value)}
    parts = [_lines({key: value for key, value in document.items() if key not in {*tables, *lists}})]
    for key, value in document.items():
        parts += [f"[{_key(key)}]\n{_lines(value)}"] if key in tables else []
        parts += [f"[[{_key(key)}]]\n{_lines(entry)}" for entry in lists.get(key, ())]
    return "\n".join(part for part in parts if part)


def _lines(table: Mapping[str, Any]) -> str:
    return "".join(f"{_key(key)} = {_toml(value)}\n" for key, value in table.items() if value is not None)


def _key(key: str) -> str:
    return key if BARE_KEY.fullmatch(key) else _text(key)


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _toml(value: object) -> str:
    if isinstance(value, int | float):
        return repr(value).lower()  # True, nan, inf and -inf, too
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    return _text(str(value))
