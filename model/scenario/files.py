"""Where scenario files are looked for.

A name is looked for in the directories of the environment variable ``HIGHWAY10_SCENARIOS``, in the working directory,
and in the project's ``experiments/scenarios``; the first one found is taken.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from model.errors import InputError, suggest
from model.files import is_file, read_toml

if TYPE_CHECKING:
    import pandas as pd


SCENARIOS_VARIABLE = "HIGHWAY10_SCENARIOS"
SHIPPED = Path(__file__).parents[2] / "experiments" / "scenarios"


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
    if found := next(filter(is_file, places), None):
        return found
    known, otherwise = sorted(scenario_paths()), f"write the file, or set {SCENARIOS_VARIABLE} to its directory"
    folder = any(map(os.path.isdir, places))
    raise InputError(
        "this is a directory, not a scenario file" if folder else "there is no such scenario",
        file=wanted_by or None,
        field=field,
        value=str(name_or_path),
        allowed=f"the path of a .toml file, or one of {', '.join(known) or '(none found)'}",
        remedy="name the file in it" if folder else suggest(file.stem, known, otherwise),
    )


def scenario_paths() -> dict[str, Path]:
    """Name -> path of every scenario within reach; files of the working directory count when they look like one."""
    folders = [folder for folder in directories() if folder.is_dir()]
    files = [(folder, path) for folder in reversed(folders) for path in sorted(folder.glob("*.toml"))]
    return {path.stem: path for folder, path in files if folder != Path() or _looks_like_scenario(path)}


def _looks_like_scenario(path: Path) -> bool:
    try:
        document = read_toml(path)
    except InputError:
        return False
    return "title" in document and ("base" in document or "start" in document)


def list_scenarios() -> pd.DataFrame:
    """List the scenarios within reach: name, title, base, path. A file that cannot be read says so as its title."""
    import pandas as pd

    rows = [(name, *_head(path), str(path)) for name, path in sorted(scenario_paths().items())]
    return pd.DataFrame(rows, columns=["name", "title", "base", "path"])


def _head(path: Path) -> tuple[str, str]:
    try:
        document = read_toml(path)
    except InputError as error:
        return f"(cannot be read: {str(error).splitlines()[0]})", ""
    return str(document.get("title", "")), str(document.get("base", ""))
