"""Score the fitted model on annual reports that somebody else holds: a hold-out that its makers have not seen."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd

from experiments import provenance
from experiments.calibration.posterior import load_posterior
from experiments.folder import write_atomically
from experiments.validation import annual
from experiments.validation.cells import CountryYears
from experiments.validation.predict import predict
from experiments.validation.scores import crps_each, score
from experiments.validation.wander import LAST_FITTED
from model import calendar, load_world
from model.errors import InputError

__all__ = ["COLUMNS", "Against", "against", "read_reports"]

COLUMNS: Final = ("state", "year", "tonnes")


class Against(NamedTuple):
    """The model beside reports that were given.

    Attributes
    ----------
    reports
        A row for each report, those missed most first: state, year, tonnes, quantiles of the prediction in tonnes,
        times_off (tonnes over the median, or the median over tonnes), inside_90, crps of the model and of each null
        (nan where the null cannot predict), recorded (the project holds a figure for this state and year).
    scores
        A row for each predictor, over the reports that all of them predict: those of `annual.time_split`.
    overall
        Scores of the model over all reports: those of `scores.score`.
    """

    reports: pd.DataFrame
    scores: pd.DataFrame
    overall: dict[str, Any]


def read_reports(path: Path, names: Mapping[str, str]) -> pd.DataFrame:
    """Annual reports from a CSV file: state (three letters), year, tonnes (bulk weight, as published).

    Parameters
    ----------
    names
        Name of each state by its three letters.

    Raises
    ------
    InputError
        If the file cannot be read, lacks a column, or rows are wrong: all of them are named.
    """
    try:
        table = pd.read_csv(path, skipinitialspace=True, skip_blank_lines=False).dropna(how="all")
    except (OSError, ValueError) as error:  # pandas' parser errors are ValueErrors
        raise InputError(
            f"this cannot be read as a table of reports ({error})", field="--against", value=str(path),
            allowed=f"a CSV file with the columns {', '.join(COLUMNS)}", remedy="give the path of one",
        ) from None  # fmt: skip
    table.columns = [str(column).strip() for column in table.columns]
    missing = [column for column in COLUMNS if column not in table]
    if missing:
        apart = any(";" in column for column in table.columns)
        raise InputError(
            f"columns are missing: {', '.join(missing)}", file=path.name, field="first line",
            value=", ".join(table.columns), allowed=f"the columns {', '.join(COLUMNS)}",
            remedy="separate columns by commas, and decimals by a point" if apart else "name them in the first line",
        )  # fmt: skip
    if table.empty:
        raise InputError("there is no report in this file", file=path.name, field="state", value="",
                         allowed="a row for each state and year", remedy="add rows below the first line")  # fmt: skip
    table["state"] = table["state"].astype(str).str.strip()
    twice = table.duplicated(["state", "year"])
    problems: list[InputError] = []
    lines = (int(place) + 2 for place in table.index)  # the first holds the names of the columns
    for line, row, again in zip(lines, table.to_dict("records"), twice, strict=True):
        problems += _wrong(path.name, line, row, names)
        if again:
            problems.append(InputError(
                "this report stands twice", file=path.name, field=f"state and year, line {line}",
                value=f"{row['state']} {row['year']}", allowed="one figure for each state and year",
                remedy="leave one out",
            ))  # fmt: skip
    if problems:
        raise InputError.collect(problems)
    return table[list(COLUMNS)].astype({"year": int, "tonnes": float}).reset_index(drop=True)


def _wrong(file: str, line: int, row: Mapping[Any, Any], names: Mapping[str, str]) -> list[InputError]:
    """What is wrong with a row."""
    found: list[InputError] = []

    def wrong(column: str, message: str, allowed: str, remedy: str) -> None:
        found.append(InputError(message, file=file, field=f"{column}, line {line}", value=row[column], allowed=allowed,
                                remedy=remedy))  # fmt: skip

    if row["state"] not in names:
        # three letters that are nearly those of another state are no misprint of it
        meant = {text.casefold(): state for state, name in names.items() for text in (state, name)}
        state = meant.get(row["state"].casefold())
        wrong("state", "the model has no such state", f"three letters of one of {len(names)} (model/data/states.csv)",
              f"did you mean {state!r}?" if state else "leave the row out")  # fmt: skip
    year, first, last = _number(row["year"]), LAST_FITTED + 1, calendar.LAST_YEAR
    if not (year.is_integer() and first <= year <= last):
        wrong("year", "this year is not predicted", f"{first} to {last}; earlier years were fitted",
              "leave the row out")  # fmt: skip
    tonnes = _number(row["tonnes"])
    if not 0.0 < tonnes < math.inf:
        wrong("tonnes", "this is no amount that can be scored", "a number above 0, in tonnes of bulk weight",
              "write it as a plain number, such as 1250.5" if math.isnan(tonnes)
              else "leave the row out: errors are taken in logarithms")  # fmt: skip
    return found


def _number(value: Any) -> float:
    """A cell as a number, nan where it is none."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan


def against(
    folder: Path, path: Path, structure: str = "base", draws: int = 200, organisations: int = 150, *,
    quick: bool = False, reference: Path | None = None, workers: int | None = None,
    done: Callable[[int], object] = lambda _: None,
) -> Against:  # fmt: skip
    """Predict the reports of a file and score them beside nulls that know the project's record; tables in a folder.

    Parameters
    ----------
    quick
        Say in the folder that this was a look with few sets, and no result.

    Raises
    ------
    InputError
        If the file is wrong or there is no posterior.
    """
    world = load_world()
    named = world.tables.states.set_index("state")["name"]
    reports = read_reports(path, {state: str(named[state]) for state in world.states})
    posterior = load_posterior(structure, None if reference is None else reference / structure)
    predicted = predict(posterior, world, organisations=organisations, draws=min(draws, len(posterior)),
                        workers=workers, done=done)  # fmt: skip
    cells = predicted.forecast.beside(reports)
    made = annual.null_cells(cells, world)
    scored = Against(_each(cells, made), _scores(cells, made), score(cells.full, cells.observed)._asdict())
    for name, table in (("against", scored.reports), ("against_scores", scored.scores)):
        (folder / "tables").mkdir(parents=True, exist_ok=True)
        write_atomically(folder / "tables" / f"{name}.csv", table.to_csv(index=False, lineterminator="\n"))
    write_atomically(folder / "against.json", json.dumps({
        "reports": path.name, "quick": quick, "structure": structure, "draws": min(draws, len(posterior)),
        "overall": scored.overall, "posterior": posterior.manifest["created"], "source_hash": provenance.source_hash(),
        "data_hash": provenance.data_hash(), "versions": provenance.versions(), "git_commit": provenance.git_state()[0],
    }, indent=1) + "\n")  # fmt: skip
    return scored


def _each(cells: CountryYears, made: dict[str, Any]) -> pd.DataFrame:
    """Every report beside its prediction, those missed most first."""
    low, middle, high = np.exp(np.quantile(cells.full, [0.05, 0.5, 0.95], axis=0))
    found = pd.DataFrame({
        "state": cells.state, "year": cells.year, "tonnes": cells.tonnes, "low_90_t": low, "median_t": middle,
        "high_90_t": high,
        "times_off": np.exp(np.abs(np.log(cells.tonnes / middle))),
        "inside_90": (low <= cells.tonnes) & (cells.tonnes <= high),
        "crps": crps_each(cells.full, cells.observed),
        **{f"crps_{name}": crps_each(draws, cells.observed) for name, draws in made.items()},
    })  # fmt: skip
    found["recorded"] = [bool(pd.notna(cells.published.loc[year, state]))
                         for state, year in zip(found["state"], found["year"], strict=True)]  # fmt: skip
    return found.sort_values("times_off", ascending=False, ignore_index=True)


def _scores(cells: CountryYears, made: dict[str, Any]) -> pd.DataFrame:
    """Predictors side by side; no rows where there is no report that all nulls predict."""
    return annual.time_split(cells, made) if annual.common(made).any() else pd.DataFrame()
