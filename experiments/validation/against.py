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
from model.errors import InputError, closest

__all__ = ["COLUMNS", "Against", "against", "read_reports"]

COLUMNS: Final = ("state", "year", "tonnes")


class Against(NamedTuple):
    """The model beside reports that were given.

    Attributes
    ----------
    reports
        A row for each report: state, year, tonnes, quantiles of the prediction in tonnes, inside_90, crps of the model
        and of each null, recorded (the project holds a figure for this state and year).
    scores
        A row for each predictor, over the reports that all of them predict: those of `annual.time_split`.
    overall
        Scores of the model over all reports: those of `scores.score`.
    """

    reports: pd.DataFrame
    scores: pd.DataFrame
    overall: dict[str, Any]


def read_reports(path: Path, states: tuple[str, ...]) -> pd.DataFrame:
    """Annual reports from a CSV file: state (three letters), year, tonnes (bulk weight, as published).

    Raises
    ------
    InputError
        If the file cannot be read, lacks a column, or rows are wrong: all of them are named.
    """
    try:
        table = pd.read_csv(path)
    except (OSError, ValueError) as error:  # pandas' parser errors are ValueErrors
        raise InputError(
            f"this cannot be read as a table of reports ({error})", field="--against", value=str(path),
            allowed=f"a CSV file with the columns {', '.join(COLUMNS)}", remedy="give the path of one",
        ) from None  # fmt: skip
    missing = [column for column in COLUMNS if column not in table]
    if missing:
        raise InputError(
            f"columns are missing: {', '.join(missing)}", file=path.name, field="first line",
            value=", ".join(map(str, table.columns)), allowed=f"the columns {', '.join(COLUMNS)}",
            remedy="name them in the first line",
        )  # fmt: skip
    if table.empty:
        raise InputError("there is no report in this file", file=path.name, field="state", value="",
                         allowed="a row for each state and year", remedy="add rows below the first line")  # fmt: skip
    problems = [problem for number, row in enumerate(table.to_dict("records"), start=1)
                for problem in _wrong(path.name, number, row, states)]  # fmt: skip
    twice = table[table.duplicated(["state", "year"])]
    problems += [InputError("this report stands twice", file=path.name, field="state, year", value=f"{state} {year}",
                            allowed="one figure for each state and year", remedy="leave one out")
                 for state, year in zip(twice["state"], twice["year"], strict=True)]  # fmt: skip
    if problems:
        raise InputError.collect(problems)
    return table[list(COLUMNS)].astype({"year": int, "tonnes": float})


def _wrong(file: str, number: int, row: Mapping[Any, Any], states: tuple[str, ...]) -> list[InputError]:
    """What is wrong with a row."""
    found: list[InputError] = []

    def wrong(column: str, message: str, allowed: str, remedy: str) -> None:
        found.append(InputError(message, file=file, field=f"{column}, row {number}", value=row[column], allowed=allowed,
                                remedy=remedy))  # fmt: skip

    if row["state"] not in states:
        near = closest(row["state"], states)
        wrong("state", "the model has no such state", f"one of {len(states)} (model/data/states.csv)",
              f"did you mean {near!r}?" if near else "leave the row out")  # fmt: skip
    year, first, last = _number(row["year"]), LAST_FITTED + 1, calendar.LAST_YEAR
    if not (year.is_integer() and first <= year <= last):
        wrong("year", "this year is not predicted", f"{first} to {last}; earlier years were fitted",
              "leave the row out")  # fmt: skip
    if not 0.0 < _number(row["tonnes"]) < math.inf:
        wrong("tonnes", "this is no amount that can be scored", "a number above 0, in tonnes of bulk weight",
              "leave the row out: errors are taken in logarithms")  # fmt: skip
    return found


def _number(value: Any) -> float:
    """A cell as a number, nan where it is none."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan


def against(
    folder: Path, path: Path, structure: str = "base", draws: int = 200, organisations: int = 150, *,
    reference: Path | None = None, workers: int | None = None, done: Callable[[int], object] = lambda _: None,
) -> Against:  # fmt: skip
    """Predict the reports of a file and score them beside nulls that know the project's record; tables in a folder.

    Raises
    ------
    InputError
        If the file is wrong or there is no posterior.
    """
    world = load_world()
    reports = read_reports(path, world.states)
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
        "reports": path.name, "structure": structure, "draws": min(draws, len(posterior)), "overall": scored.overall,
        "posterior": posterior.manifest["created"], "source_hash": provenance.source_hash(),
        "data_hash": provenance.data_hash(), "versions": provenance.versions(), "git_commit": provenance.git_state()[0],
    }, indent=1) + "\n")  # fmt: skip
    return scored


def _each(cells: CountryYears, made: dict[str, Any]) -> pd.DataFrame:
    """Every report beside its prediction, the worst missed first."""
    low, middle, high = np.exp(np.quantile(cells.full, [0.05, 0.5, 0.95], axis=0))
    found = pd.DataFrame({
        "state": cells.state, "year": cells.year, "tonnes": cells.tonnes, "low_90_t": low, "median_t": middle,
        "high_90_t": high, "inside_90": (low <= cells.tonnes) & (cells.tonnes <= high),
        "crps": crps_each(cells.full, cells.observed),
        **{f"crps_{name}": crps_each(draws, cells.observed) for name, draws in made.items()},
    })  # fmt: skip
    found["recorded"] = [bool(pd.notna(cells.published.loc[year, state]))
                         for state, year in zip(found["state"], found["year"], strict=True)]  # fmt: skip
    return found.sort_values("crps", ascending=False, ignore_index=True)


def _scores(cells: CountryYears, made: dict[str, Any]) -> pd.DataFrame:
    """Predictors side by side; no rows where there is no report that all nulls predict."""
    return annual.time_split(cells, made) if annual.common(made).any() else pd.DataFrame()
