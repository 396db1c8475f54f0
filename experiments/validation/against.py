"""Score the fitted model on annual reports that somebody else holds: a hold-out that its makers have not seen."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd

from experiments.calibration.job import made_here, write_table
from experiments.ensemble import provenance
from experiments.ensemble.folder import to_json, write_atomically
from experiments.validation import annual
from experiments.validation.cells import CountryYears
from experiments.validation.job import Job
from experiments.validation.random_walk import LAST_FITTED
from experiments.validation.scores import crps_each, score
from model import calendar, load_world
from model.csv_file import Row, Table, read_csv
from model.errors import InputError

COLUMNS: Final = ("state", "year", "tonnes")
LEAST_TONNES, MOST_TONNES = 1e-6, 10_000.0
"""A gram, and more than the world makes in a year."""
AMOUNTS: Final = f"a number above 0, in tonnes of bulk weight, at most {MOST_TONNES:,.0f}"


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
        If the file cannot be read, has other columns, or rows are wrong: all of them are named.
    """
    table = read_csv(path, COLUMNS, "table of reports", "--against")
    rows = [row for row in table.rows if any(row.cells.values())]
    if not rows:
        raise InputError(
            "there is no report in this file",
            file=str(path),
            field="state",
            value="",
            allowed="a row for each state and year",
            remedy="add rows below the first line",
        )
    reports = replace(table, rows=tuple(rows)).read(lambda row: _report(table, row, names))
    lines: dict[tuple[str, int], int] = {}
    for row, (state, year, _) in zip(rows, reports, strict=True):
        if (first := lines.setdefault((state, year), row.line)) != row.line:
            raise InputError(
                f"this report stands twice, first in line {first}",
                file=str(path),
                field=f"state and year, line {row.line}",
                value=f"{state} {year}",
                allowed="one figure for each state and year",
                remedy="leave one out",
            )
    return pd.DataFrame(reports, columns=list(COLUMNS)).astype({"year": int, "tonnes": float})


def _report(table: Table, row: Row, names: Mapping[str, str]) -> tuple[str, int, float]:
    """State, year and tonnes of a row; raises InputError that lists what is wrong in it."""
    state, first, last = row.cells["state"], LAST_FITTED + 1, calendar.LAST_YEAR
    # three letters that are nearly those of another state are no misprint of it
    meant = {text.casefold(): known for known, name in names.items() for text in (known, name)}
    near = meant.get(state.casefold())
    year, year_wrong, year_remedy = table.parse(row.cells["year"])
    tonnes, tonnes_wrong, tonnes_remedy = table.parse(row.cells["tonnes"])
    if not year_wrong and not (year.is_integer() and first <= year <= last):
        year_wrong, year_remedy = "this year is not predicted", "leave the row out"
    if not tonnes_wrong and not LEAST_TONNES <= tonnes <= MOST_TONNES:
        tonnes_wrong = "this is no amount that can be scored"
        tonnes_remedy = "leave the row out: errors are taken in logarithms" if tonnes <= 0.0 else "correct the figure"
    checked = (
        (
            "state",
            "" if state in names else "the model has no such state",
            f"three letters of one of {len(names)} (model/data/states.csv)",
            f"did you mean {near!r}?" if near else "leave the row out",
        ),
        ("year", year_wrong, f"{first} to {last}; earlier years were fitted", year_remedy),
        ("tonnes", tonnes_wrong, AMOUNTS, tonnes_remedy),
    )
    if problems := [table.wrong(row, *fault) for fault in checked if fault[1]]:
        raise InputError.collect(problems)
    return state, int(year), tonnes


def against(folder: Path, path: Path, job: Job, *, quick: bool = False) -> Against:
    """Predict the reports of a file and score them beside nulls that know the project's record; tables in a folder.

    Parameters
    ----------
    quick
        Note in the folder that few sets were used, so that this is no result.

    Raises
    ------
    InputError
        If the file is wrong or there is no posterior.
    """
    world = load_world()
    named = world.tables.states.set_index("state")["name"]
    reports = read_reports(path, {state: str(named[state]) for state in world.states})
    cells = job.predict(job.size.draws).forecast.beside(reports)
    made = annual.null_cells(cells, world)
    # no rows of scores where there is no report that all nulls predict
    scores = annual.time_split(cells, made) if annual.common(made).any() else pd.DataFrame()
    scored = Against(_each(cells, made), scores, score(cells.full, cells.observed)._asdict())
    write_table(folder / "tables", "against", scored.reports)
    write_table(folder / "tables", "against_scores", scored.scores)
    write_atomically(
        folder / "against.json",
        to_json(
            {
                **made_here(),
                "reports": path.name,
                "quick": quick,
                "structure": job.structure,
                "draws": len(cells.full),
                "overall": scored.overall,
                "posterior": job.posterior.manifest["created"],
                "source_hash": provenance.source_hash(),
                "data_hash": provenance.data_hash(),
            }
        ),
    )
    return scored


def _each(cells: CountryYears, made: dict[str, Any]) -> pd.DataFrame:
    """Every report beside its prediction, those missed most first."""
    low, middle, high = np.exp(np.quantile(cells.full, [0.05, 0.5, 0.95], axis=0))
    return pd.DataFrame(
        {
            "state": cells.state,
            "year": cells.year,
            "tonnes": cells.tonnes,
            "low_90_t": low,
            "median_t": middle,
            "high_90_t": high,
            "times_off": np.exp(np.abs(np.log(cells.tonnes / middle))),
            "inside_90": (low <= cells.tonnes) & (cells.tonnes <= high),
            "crps": crps_each(cells.full, cells.observed),
            **{f"crps_{name}": crps_each(draws, cells.observed) for name, draws in made.items()},
            "recorded": [
                bool(pd.notna(cells.published.loc[year, state]))
                for year, state in zip(cells.year, cells.state, strict=True)
            ],
        }
    ).sort_values("times_off", ascending=False, ignore_index=True)
