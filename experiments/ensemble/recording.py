"""What is kept of a run, by level: outcomes only, yearly frames, weekly series, every seizure.

Frames of many runs are gathered as arrays and made into one Arrow table for each part, since making a table for each
run would cost more than running it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from model import RouteModel, calendar

__all__ = ["DIMENSIONS", "frames_of", "tables_of"]

DIMENSIONS: Final = ("state", "mode", "platform", "leg", "place", "region")
LEVEL: Final = {"outcomes": 0, "yearly": 1, "weekly": 2, "events": 3}


def frames_of(model: RouteModel, level: str, first_year: int) -> dict[str, pd.DataFrame]:
    """Frames of one run from a year on, by name; more of them the higher the level."""
    frames: dict[str, pd.DataFrame] = {}
    since = pd.Timestamp(calendar.monday(calendar.first_week(first_year)))
    if LEVEL[level] >= LEVEL["yearly"]:
        yearly = model.yearly
        frames["yearly"] = yearly[yearly.index >= first_year].reset_index()
        for dimension in DIMENSIONS:
            table = model.by(dimension)
            years = table.index.get_level_values("year")
            frames[f"by_{dimension}"] = table[years >= first_year].reset_index()
    if LEVEL[level] >= LEVEL["weekly"]:
        weekly = model.weekly
        frames["weekly"] = weekly[weekly.index >= since].reset_index()
    if LEVEL[level] >= LEVEL["events"]:
        seizures = model.seizures
        frames["seizures"] = seizures[seizures["date"] >= since].reset_index(drop=True)
    return frames


def tables_of(
    rows: Sequence[Mapping[str, Any]], outcomes: Sequence[str], frames: Sequence[tuple[str, dict[str, pd.DataFrame]]]
) -> dict[str, pa.Table]:
    """Arrow tables of a part: `runs` from its rows, and each frame with a leading `run`."""
    columns: dict[str, Any] = {
        "run": pa.array([row["run"] for row in rows], pa.string()),
        "seed": pa.array([row["seed"] for row in rows], pa.int64()),
        "status": pa.array([row["status"] for row in rows], pa.string()),
        "error": pa.array([row["error"] for row in rows], pa.string()),
    }
    for name in outcomes:
        columns[name] = pa.array([row.get(name) for row in rows], pa.float64())
    made = {"runs": pa.table(columns)}
    for name in frames[0][1] if frames else ():
        runs = np.repeat([run for run, _ in frames], [len(one[name]) for _, one in frames])
        whole = pd.concat([one[name] for _, one in frames], ignore_index=True)
        whole.insert(0, "run", runs)
        made[name] = pa.Table.from_pandas(whole, preserve_index=False).replace_schema_metadata(None)
    return made
