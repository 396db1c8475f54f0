"""The tables of a data directory, read and checked against its datapackage.json.

``load_tables()`` gives one pandas DataFrame for each CSV file. Dates stay ISO text, lists stay text joined by
semicolons, empty cells are missing values. Every problem of every table is listed at once.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Final

import pandas as pd

from model.errors import InputError
from model.kernel.sources import DECLARED
from model.summary import Summary
from model.world.table_checks import Schema, check_columns, check_keys, check_links, convert

__all__ = ["DATA", "Tables", "load_tables"]

DATA: Final = Path(__file__).resolve().parents[1] / "data"
"""The project's own tables."""
DESCRIPTION: Final = "datapackage.json"
MOST: Final = 40
"""Problems that one error lists."""


@dataclass(frozen=True, eq=False, repr=False)
class Tables(Summary):
    """All tables, one DataFrame for each CSV file; shared, so not to be changed in place.

    Columns, units and sources are told in model/data/datapackage.json.
    """

    places: pd.DataFrame
    legs: pd.DataFrame
    lanes: pd.DataFrame
    leg_sea_areas: pd.DataFrame
    modes: pd.DataFrame
    states: pd.DataFrame
    governance: pd.DataFrame
    platforms: pd.DataFrame
    memberships: pd.DataFrame
    assets: pd.DataFrame
    programmes: pd.DataFrame
    treaties: pd.DataFrame
    measures: pd.DataFrame
    doses: pd.DataFrame
    supply: pd.DataFrame
    demand: pd.DataFrame
    exchange: pd.DataFrame
    trade: pd.DataFrame
    prices: pd.DataFrame
    timeline: pd.DataFrame
    observations: pd.DataFrame
    purity: pd.DataFrame
    reporting: pd.DataFrame
    targets: pd.DataFrame

    def facts(self) -> dict[str, int]:
        """What `repr` shows of the tables: their rows."""
        return {one.name: len(getattr(self, one.name)) for one in fields(self)}


def load_tables(directory: Path | str | None = None) -> Tables:
    """Read and check the tables of a directory, by default the project's own, which are read once.

    A directory without a datapackage.json is checked against the project's.

    Raises
    ------
    InputError
        Listing every problem: file, column, line and key, value, what is allowed, remedy.
    """
    if directory is None or Path(directory).resolve() == DATA:
        return _default()
    return _load(Path(directory))


@lru_cache(maxsize=1)
def _default() -> Tables:
    return _load(DATA)


def _load(directory: Path) -> Tables:
    """Read, convert and check everything that can be read."""
    warn_of_declarations(directory)
    problems: list[InputError] = []
    resources = describe(directory)
    frames: dict[str, pd.DataFrame] = {}
    for name, resource in resources.items():
        try:
            raw = read(directory / str(resource["path"]), resource)
        except InputError as error:
            problems.append(error)
            continue
        frames[name], found = convert(resource, raw)
        problems += found
    problems += list(_cross_checks(resources, frames, problems))
    if problems:
        raise InputError.collect(_shortened(problems))
    return Tables(**{field.name: frames[field.name] for field in fields(Tables)})


def warn_of_declarations(directory: Path) -> None:
    """Say that parameters and columns of a directory have no effect, where they differ from those of the model."""
    for name in DECLARED:
        path = directory / name
        if path.is_file() and path.read_bytes() != (DATA / name).read_bytes():
            text = f"{name} in {directory.name} has no effect: the model reads its own. Set parameters in a scenario"
            warnings.warn(text, stacklevel=2)


def _cross_checks(
    resources: dict[str, Schema], frames: dict[str, pd.DataFrame], problems: list[InputError]
) -> Iterator[InputError]:
    """Keys and links; of a table with faulty cells only the names, and none of them twice."""
    broken = {problem.file for problem in problems}
    told = {(problem.file, problem.field, problem.value) for problem in problems}
    for name, frame in frames.items():
        yield from check_keys(resources[name], frame)
        links = check_links(resources[name], frames, names_only=resources[name]["path"] in broken)
        yield from (link for link in links if (link.file, link.field, link.value) not in told)


def _shortened(problems: list[InputError]) -> list[InputError]:
    """The first problems, and how many more there are."""
    if len(problems) <= MOST:
        return problems
    return [*problems[:MOST], InputError(f"{len(problems) - MOST} more problems; they are shown once these are solved")]


def describe(directory: Path) -> dict[str, Schema]:
    """Descriptions of the tables that `Tables` holds, from datapackage.json.

    Raises
    ------
    InputError
        If the file is not JSON or leaves out a table.
    """
    path = directory / DESCRIPTION
    path = path if path.exists() else DATA / DESCRIPTION
    try:
        package = json.loads(path.read_text(encoding="utf-8"))
        found = {resource["name"]: resource for resource in package["resources"]}
    except (ValueError, KeyError, TypeError) as error:
        text = f"the description of the tables cannot be read: {error}"
        raise InputError(text, file=DESCRIPTION, remedy="restore the file of the project") from error
    names = [field.name for field in fields(Tables)]
    for name in names:
        if name not in found:
            raise InputError(
                "the table is not described",
                file=DESCRIPTION,
                field="resources",
                value=name,
                allowed=", ".join(names),
                remedy="restore the file of the project",
            )
    return {name: found[name] for name in names}


def read(path: Path, resource: Schema) -> pd.DataFrame:
    """The cells of a CSV file as text, in the order of its description.

    Raises
    ------
    InputError
        If the file is missing, empty, not CSV in UTF-8, or has other columns.
    """
    if not path.is_file():
        raise InputError(
            "the table is missing",
            file=path.name,
            allowed=f"a CSV file in {path.parent}",
            remedy="copy it from model/data of the project",
        )
    try:
        frame = _read_text(path)
    except UnicodeDecodeError as error:
        raise InputError(f"the file is not UTF-8: {error}", file=path.name, remedy="save it as CSV, UTF-8") from error
    except (pd.errors.ParserError, pd.errors.ParserWarning, pd.errors.EmptyDataError) as error:
        text = " ".join(str(error).split())
        remedy = "put cells with commas in double quotes; every line needs as many cells as the first"
        raise InputError(f"the file is not a CSV table: {text}", file=path.name, remedy=remedy) from error
    problems = list(check_columns(resource, [str(c) for c in frame.columns]))
    if not problems and frame.empty:
        problems = [InputError("the table has no rows", file=path.name, remedy="restore the rows of the project")]
    if problems:
        raise InputError.collect(problems)
    return frame


def _read_text(path: Path) -> pd.DataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        return pd.read_csv(
            path,
            dtype="str",
            keep_default_na=False,
            na_values=[""],
            index_col=False,
            encoding="utf-8-sig",
            skip_blank_lines=False,
        )
