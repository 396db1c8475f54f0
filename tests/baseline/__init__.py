"""Stored results of a few runs: a change of one bit is seen, and has to be explained in the changelog.

`python -m tests.baseline` renews ``baseline.json``; CONTRIBUTING.md says when that is allowed.
"""

from __future__ import annotations

import hashlib
import json
import platform
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from experiments.ensemble.runner import run_task, tasks
from experiments.study import Study
from model import RouteModel
from model.scenario import Scenario
from model.scenario.measures import dose_event

STORED = Path(__file__).parent / "baseline.json"
SHOWN_YEARS = (2002, 2007, 2012, 2017, 2022)
SHOWN = ("seized_kg", "arrived_europe_kg", "price_europe_eur_per_kg", "seizures")
SEED = 11


def history() -> RouteModel:
    """History from 2000 to 2023."""
    return RouteModel("as-it-happened", rng=SEED, organisations=60).run()


def fork() -> RouteModel:
    """The package of May 2011, forked from history in the week of the declaration."""
    return RouteModel("as-it-happened", rng=SEED, organisations=60).run_until("2011-05-10").fork("paris-package").run()


def measures() -> RouteModel:
    """Every measure in full from 2004 on, countries that decide for themselves, planned cover, to the end of 2009."""
    everything = Scenario.load("as-it-happened").with_events(dose_event("*", 1.0, date(2004, 1, 5)))
    model = RouteModel(everything, rng=SEED, organisations=60, cooperation="endogenous", allocation="covering")
    return model.run_until("2010-01-04")


def quarter() -> RouteModel:
    """Ten weeks with 12 organisations: short enough for plain Python."""
    return RouteModel("as-it-happened", rng=SEED, organisations=12).run_until("2000-03-13")


RUNS: dict[str, Callable[[], RouteModel]] = {f.__name__: f for f in (history, fork, measures, quarter)}


def frames_of(model: RouteModel) -> dict[str, pd.DataFrame]:
    """What a user can read off a model."""
    dimensions = ("state", "mode", "platform", "leg", "place", "region", "stage")
    frames = {"weekly": model.weekly, "seizures": model.seizures, "balance": model.balance()}
    return frames | {f"by_{one}": model.by(one) for one in dimensions}


def digest(frame: pd.DataFrame) -> str:
    """Hash of the values and the index of a frame, column by column."""
    found = hashlib.sha256()
    index = frame.index.to_frame(index=False)
    for column in [*(index[name] for name in index), *(frame[name] for name in frame)]:
        binary = pd.api.types.is_numeric_dtype(column) or pd.api.types.is_datetime64_any_dtype(column)
        values = column.to_numpy()
        found.update(values.tobytes() if binary else "|".join(map(str, values)).encode())
    return found.hexdigest()[:16]


def columns_of(model: RouteModel) -> dict[str, list[str]]:
    """Columns of every frame."""
    return {name: list(frame.columns) for name, frame in frames_of(model).items()}


def describe(model: RouteModel, columns: dict[str, list[str]]) -> dict[str, Any]:
    """Digests of these columns of all frames, and yearly figures that a person can read."""
    frames, yearly = frames_of(model), model.yearly
    shown = {
        str(year): {name: float(yearly.loc[year, name]) for name in SHOWN}
        for year in SHOWN_YEARS
        if year in yearly.index
    }
    return {"digests": {name: digest(frames[name][kept]) for name, kept in columns.items()}, "yearly": shown}


def study_runs() -> dict[str, Any]:
    """Outcomes of the runs of one study that ships, one seed and a coarse design."""
    study = Study.load("cooperation").with_(replications=1)
    plan = study.plan
    rows: list[dict[str, Any]] = []
    for task in tasks(study, set(plan["run"].iloc[::6]), 1):
        rows += run_task(task)["runs"].to_pylist()
    assert all(row["status"] == "done" for row in rows), rows
    point = dict(zip(plan["run"], plan["point"].tolist(), strict=True))
    return {str(point[row["run"]]): {name: row[name] for name in study.outcomes} for row in rows}


def made() -> dict[str, Any]:
    """The baseline of the present code."""
    columns = columns_of(quarter())
    runs = {name: describe(run(), columns) for name, run in RUNS.items()}
    return {"machine": platform.machine(), "seed": SEED, "columns": columns, "runs": runs, "study": study_runs()}


def read() -> dict[str, Any]:
    """The stored baseline."""
    return dict(json.loads(STORED.read_text()))


def renew() -> None:
    """Write the baseline of the present code."""
    STORED.write_text(re.sub(r"\[[^][{}]*\]", in_one_line, json.dumps(made(), indent=1)) + "\n")


def in_one_line(found: re.Match[str]) -> str:
    """A list of names in one line, so that the file stays short."""
    return " ".join(found[0].split())
