"""SQL over stored studies: DuckDB on Arrow tables that were read and checked here, with no way to files or networks."""

from contextlib import suppress
from pathlib import Path
from typing import Final

import duckdb
import pandas as pd
import pyarrow as pa

from experiments.analysis.intervals import preliminary_results
from experiments.ensemble.folder import read_manifest
from experiments.ensemble.parts import RUNS
from experiments.ensemble.store import PLAN, Store
from model.errors import InputError

LIMITS: Final[dict[str, str | int | float | list[str]]] = {
    "enable_external_access": False,
    "autoload_known_extensions": False,
    "autoinstall_known_extensions": False,
    "allow_community_extensions": False,
    "temp_directory": "",
}
"""What keeps DuckDB from files, networks, extensions and the variables of this process."""


def query(sql: str, folder: Path = Path("results")) -> tuple[pd.DataFrame, list[str]]:
    """The answer of DuckDB about the studies of a folder, and a note for each study that is damaged.

    Only the studies that the query names are read, and of them only the frames that it names; all of them where it
    names none.

    Raises
    ------
    InputError
        If there is no query, or it cannot be answered; with the reason in DuckDB's own words.
    """
    if not sql.strip():
        raise InputError(
            "the query is empty",
            field="SQL",
            value=sql,
            allowed="a statement of SQL",
            remedy="as in: run.py query 'select count(*) from packages.runs'",
        )
    studies = _studies(folder)
    notes: list[str] = []
    with duckdb.connect(config=LIMITS) as connection:
        for number, study in enumerate(_named(sql, studies)):
            try:
                _offer(connection, study, sql, number)
            except InputError as error:
                notes.append(f"{study.name} was left out: {error.message}")
            except duckdb.Error as error:  # names that differ in capitals only are one name to DuckDB
                notes.append(f"{study.name} was left out, rename its folder: {str(error).splitlines()[0]}")
        connection.execute("set lock_configuration = true")
        return _answer(connection, sql, [study.name for study in studies], notes), notes


def of_few_seeds(sql: str, folder: Path = Path("results")) -> list[str]:
    """A note for each study that a query asks and that has few seeds, as "packages: preliminary, 3 seeds"."""
    found = {}
    for study in _named(sql, _studies(folder)):
        with suppress(InputError):  # the query itself names what is damaged
            found[study.name] = preliminary_results(read_manifest(study))
    return [f"{name}: {note}" for name, note in found.items() if note]


def _studies(folder: Path) -> list[Path]:
    return sorted(path.parent for path in folder.glob(f"*/{PLAN}"))


def _answer(connection: duckdb.DuckDBPyConnection, sql: str, names: list[str], notes: list[str]) -> pd.DataFrame:
    try:
        answer = connection.execute(sql)
        if answer is not None and answer.description:
            return pd.DataFrame(answer.df())
        reason = "it asks nothing"
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
    raise InputError(
        "the query cannot be answered",
        field="SQL",
        value=sql,
        allowed=f'tables "STUDY".runs, .yearly, .by_state ...; studies: {", ".join(names) or "none yet"}',
        remedy="; ".join([reason, *notes]),
    )


def _named(sql: str, studies: list[Path]) -> list[Path]:
    """The studies whose name occurs in a query; all where none does."""
    return [study for study in studies if _occurs(study.name, sql)] or studies


def _occurs(name: str, sql: str) -> bool:
    """Whether a query may name this: plain, or quoted with its quotation marks doubled."""
    return name.casefold() in sql.casefold().replace('""', '"')


def _offer(connection: duckdb.DuckDBPyConnection, study: Path, sql: str, number: int) -> None:
    """Views of a study: a schema with a view for each frame that the query names; raises InputError."""
    store = Store(study)
    frames = store.frames()
    tables = {frame: store.rows(frame) for frame in [f for f in frames if _occurs(f, sql)] or frames}
    planned = pa.Table.from_pandas(store.plan(), preserve_index=False)
    plan, schema = f"{number}/plan", _quoted(study.name)
    connection.execute(f"create schema if not exists {schema}")
    connection.register(plan, planned)
    for frame, rows in tables.items():
        if rows is None:
            continue
        connection.register(f"{number}/{frame}", rows)
        shared = "* exclude (run, seed)" if frame == RUNS else "* exclude (run)"
        connection.execute(
            f"create view {schema}.{_quoted(frame)} as select p.*, r.{shared} from {_quoted(plan)} p "
            f"join {_quoted(f'{number}/{frame}')} r on p.run = r.run"
        )


def _quoted(name: str) -> str:
    """An identifier of SQL."""
    return '"' + name.replace('"', '""') + '"'
