"""The tables of a data directory, read and checked against its datapackage.json.

``load_tables()`` gives one pandas DataFrame for each CSV file. Dates stay ISO text, lists stay text joined by
semicolons, empty cells are missing values. Every problem of every table is listed at once.
"""

import json
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Final

import pandas as pd

from model.csv_file import Table, read_csv
from model.errors import InputError, some_of
from model.files import is_file, read_text
from model.kernel.sources import DECLARED
from model.summary import Summary
from model.world.table_checks import Schema, Sheet, Sheets, check_keys, check_links

DATA: Final = Path(__file__).resolve().parents[1] / "data"
"""The project's own tables."""
DESCRIPTION: Final = "datapackage.json"


@dataclass(frozen=True, eq=False, repr=False)
class Tables(Summary):
    """All tables, one DataFrame for each CSV file; shared, so not to be changed in place.

    Columns, units and sources are told in model/data/datapackage.json.
    """

    regions: pd.DataFrame
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
    own = directory is None or Path(directory).resolve() == DATA
    return _default() if own else _load(Path(directory or DATA))


@lru_cache(maxsize=1)
def _default() -> Tables:
    return _load(DATA)


def _load(directory: Path) -> Tables:
    warn_of_declarations(directory)
    problems: list[InputError] = []
    sheets: dict[str, Sheet] = {}
    for name, resource in describe(directory).items():
        try:
            sheets[name] = Sheet(resource, read(directory / str(resource["path"]), resource))
            problems += sheets[name].problems
        except InputError as error:
            problems.append(error)
    problems += list(_cross_checks(sheets, problems))
    if problems:
        raise InputError.collect(problems)
    return Tables(**{name: sheet.frame for name, sheet in sheets.items()})


def warn_of_declarations(directory: Path) -> None:
    """Say that parameters and columns of a directory have no effect, where they differ from those of the model."""
    for name in DECLARED:
        path = directory / name
        if path.is_file() and path.read_bytes() != (DATA / name).read_bytes():
            warnings.warn(
                f"{name} in {directory.name} has no effect: the model reads its own. Set parameters in a scenario",
                stacklevel=2,
            )


def _cross_checks(sheets: Sheets, problems: list[InputError]) -> Iterator[InputError]:
    """Keys and links; of a table with faulty cells only the names, and none of them twice."""
    known = {(problem.file, problem.field, problem.value) for problem in problems}
    for sheet in sheets.values():
        yield from check_keys(sheet)
        links = check_links(sheet, sheets, names_only=bool(sheet.problems))
        yield from (link for link in links if (link.file, link.field, link.value) not in known)


def describe(directory: Path) -> dict[str, Schema]:
    """Descriptions of the tables that `Tables` holds, from datapackage.json of the directory or else the project's.

    Raises
    ------
    InputError
        If the file is not JSON, or leaves out a table or a column of the project's.
    """
    described, own = _description(DATA / DESCRIPTION), directory / DESCRIPTION
    ours = {field.name: described[field.name] for field in fields(Tables)}
    if directory == DATA or not own.exists():
        return ours
    found = _description(own)
    lacks = [name for name in ours if name not in found]
    kept = [(name, column) for name in ours if name in found for column in columns_of(ours[name])]
    lacks += [f"{name}.{column}" for name, column in kept if column not in columns_of(found[name])]
    if lacks:
        raise InputError(
            f"tables or columns are not described: {some_of(lacks)}",
            file=DESCRIPTION,
            field="resources",
            allowed="every table and column of the project's",
            remedy="delete the file, so that the project's holds, or describe them",
        )
    return {name: found[name] for name in ours}


def columns_of(resource: Schema) -> list[str]:
    """Columns that a table must have, in order."""
    return [field["name"] for field in resource.get("schema", {}).get("fields", ())]


def _description(path: Path) -> dict[str, Schema]:
    try:
        return {entry["name"]: entry for entry in json.loads(read_text(path, path.name))["resources"]}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(
            f"the description of the tables cannot be read: {error}",
            file=DESCRIPTION,
            allowed="JSON after the Frictionless specification",
            remedy="restore the file of the project",
        ) from error


def read(path: Path, resource: Schema) -> Table:
    """The cells of a CSV file as text.

    Raises
    ------
    InputError
        If the file is missing or empty, is not CSV in UTF-8, or has other columns or ragged lines.
    """
    if not is_file(path):
        raise InputError(
            "the table is missing",
            file=path.name,
            allowed=f"a CSV file in {path.parent}",
            remedy="copy it from model/data of the project",
        )
    return read_csv(
        path,
        columns_of(resource),
        "table",
        "tables",
        path.name,
        missing=f"copy them from model/data/{path.name} of the project",
    )
