"""Scenario files: where they are looked for, how TOML is read and written.

A name is looked for in the directories of the environment variable ``HIGHWAY10_SCENARIOS``, in the working directory,
and in the project's ``experiments/scenarios``; the first one found is taken.
"""

from __future__ import annotations

import json
import math
import os
import re
import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model.errors import InputError, closest

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SCENARIOS_VARIABLE", "find_scenario", "is_file", "list_scenarios", "read_text", "read_toml", "to_toml"]

SCENARIOS_VARIABLE = "HIGHWAY10_SCENARIOS"
SHIPPED = Path(__file__).parents[2] / "experiments" / "scenarios"
BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
LOCATION = re.compile(r"\(at line (\d+), column (\d+)\)")
BARE_DAY = re.compile(r"=\s*\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}\b")


def directories() -> list[Path]:
    """Where scenarios are looked for, in order."""
    own = os.environ.get(SCENARIOS_VARIABLE, "").split(os.pathsep)
    return [*(Path(part) for part in own if part), Path(), SHIPPED]


def find_scenario(name_or_path: str | os.PathLike[str], *, wanted_by: str = "", field: str = "scenario") -> Path:
    """Path of a scenario given by name or path.

    Raises
    ------
    InputError
        When there is none (naming the known ones), or a directory stands in its place.
    """
    given = Path(name_or_path)
    file = given if given.suffix == ".toml" else given.with_name(given.name + ".toml") if given.name else given
    places = [given, file] if given.is_absolute() else [given, *(folder / file for folder in directories())]
    for path in places:
        if is_file(path):
            return path
    known = known_scenarios()
    near = closest(file.stem, known)
    folder = next((path for path in places if _is_folder(path)), None)
    looks = f"did you mean {near!r}?" if near else f"write the file, or set {SCENARIOS_VARIABLE} to its directory"
    raise InputError(
        "this is a directory, not a scenario file" if folder else "there is no such scenario",
        file=wanted_by or None,
        field=field,
        value=str(name_or_path),
        allowed=f"the path of a .toml file, or one of {', '.join(known) or '(none found)'}",
        remedy="name the file in it" if folder else looks,
    )


def is_file(path: Path) -> bool:
    """Whether a path is a file; a name that the file system refuses, as one that is too long, is none."""
    try:
        return path.is_file()
    except OSError:
        return False


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False


def scenario_paths() -> dict[str, Path]:
    """Name -> path of every scenario within reach; files of the working directory count when they look like one."""
    found: dict[str, Path] = {}
    for folder in directories():
        for path in sorted(folder.glob("*.toml")) if folder.is_dir() else []:
            if folder != Path() or _looks_like_scenario(path):
                found.setdefault(path.stem, path)
    return found


def known_scenarios() -> list[str]:
    """Names of the scenarios within reach, sorted."""
    return sorted(scenario_paths())


def _looks_like_scenario(path: Path) -> bool:
    try:
        document = read_toml(path)
    except InputError:
        return False
    return "title" in document and ("base" in document or "start" in document)


def list_scenarios() -> pd.DataFrame:
    """List the scenarios within reach: name, title, base, path. A file that cannot be read says so as its title."""
    import pandas as pd

    rows = [_listed(name, path) for name, path in sorted(scenario_paths().items())]
    return pd.DataFrame(rows, columns=["name", "title", "base", "path"])


def _listed(name: str, path: Path) -> tuple[str, str, str, str]:
    try:
        document = read_toml(path)
    except InputError as error:
        return name, f"(cannot be read: {str(error).splitlines()[0]})", "", str(path)
    return name, str(document.get("title", "")), str(document.get("base", "")), str(path)


# --- reading ------------------------------------------------------------------------------------------------------


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises
    ------
    InputError
        When it cannot be read, is empty, is not UTF-8 or not TOML; the line is named.
    """
    text = read_text(path)
    if not text.strip():
        raise _unreadable(
            path,
            "the file is empty",
            "whole file",
            "",
            "at least a title and a base",
            'start with title = "..." and base = "as-it-happened"',
        )
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise _unreadable(
            path,
            "lists or tables are nested too deeply",
            "whole file",
            "",
            "lists of plain values",
            "write the value as a plain list or table",
        ) from None
    except ValueError as error:
        if "int_max_str_digits" in str(error):
            raise _unreadable(
                path,
                "a whole number has too many digits",
                "whole file",
                "",
                "at most 4,000 digits",
                "write a smaller number",
            ) from None
        raise _not_toml(path, text, str(error)) from error


def read_text(path: Path) -> str:
    """Read a text file in UTF-8, with or without a byte order mark.

    Raises
    ------
    InputError
        When it cannot be read or is not UTF-8; the line is named.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise _unreadable(
            path,
            "the file cannot be read",
            "whole file",
            error.strerror or str(error),
            "a readable file",
            "check the path and its permissions",
        ) from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _unreadable(
            path,
            "the file is not written in UTF-8",
            f"line {line}",
            f"byte {data[error.start]:#04x}",
            "UTF-8 text",
            "save it again with the encoding UTF-8",
        ) from error


def _not_toml(path: Path, text: str, message: str) -> InputError:
    place = LOCATION.search(message)
    number = int(place[1]) if place else text.count("\n") + 1
    lines = text.splitlines()
    value = lines[number - 1].strip() if number <= len(lines) else "(end of the file)"
    if "date or datetime" in message or BARE_DAY.search(value):
        return _unreadable(
            path,
            "this day does not exist, or is not written year-month-day",
            f"line {number}",
            value,
            "an existing day, year-month-day",
            "write it as 2011-05-10",
        )
    plain = LOCATION.sub("", message).strip().rstrip(".")
    return _unreadable(
        path,
        f"the file is not TOML: {plain}",
        f"line {number}",
        value,
        "TOML (https://toml.io)",
        "correct the line; text stands in quotes, dates and numbers do not",
    )


def _unreadable(path: Path, message: str, field: str, value: str, allowed: str, remedy: str) -> InputError:
    return InputError(message, file=str(path), field=field, value=value, allowed=allowed, remedy=remedy)


# --- writing ------------------------------------------------------------------------------------------------------


def to_toml(document: Mapping[str, Any]) -> str:
    """Write a mapping of scalars, lists of scalars, tables of scalars and lists of tables as TOML; None is left out."""
    plain = {key: value for key, value in document.items() if not _is_table(value)}
    parts = [_lines(plain)]
    for key, value in document.items():
        if isinstance(value, Mapping):
            parts.append(f"[{_key(key)}]\n{_lines(value)}")
        elif _is_table(value):
            parts += [f"[[{_key(key)}]]\n{_lines(entry)}" for entry in value]
    return "\n".join(part for part in parts if part)


def _is_table(value: object) -> bool:
    if isinstance(value, list | tuple):
        return any(isinstance(item, Mapping) for item in value)
    return isinstance(value, Mapping)


def _lines(table: Mapping[str, Any]) -> str:
    return "".join(f"{_key(key)} = {_toml(value)}\n" for key, value in table.items() if value is not None)


def _key(key: str) -> str:
    return key if BARE_KEY.fullmatch(key) else _text(key)


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    return _text(str(value))
