"""What is kept of a run, by level: outcomes only, yearly frames, weekly series, every seizure.

Frames of many runs are gathered as arrays and made into one Arrow table for each part, since making a table for each
run would cost more than running it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from model import RouteModel, calendar

DIMENSIONS: Final = ("state", "mode", "platform", "leg", "place", "region")
FRAMES: Final = ("yearly", *(f"by_{dimension}" for dimension in DIMENSIONS), "weekly", "seizures")
LEVELS: Final = {
    "outcomes": 0,
    "yearly": FRAMES.index("weekly"),
    "weekly": FRAMES.index("seizures"),
    "events": len(FRAMES),
}
"""How many of the frames each level keeps."""
RUN_COLUMNS: Final = {"run": pa.string(), "seed": pa.int64(), "status": pa.string(), "error": pa.string()}


def frames_of(model: RouteModel, level: str, first_year: int) -> dict[str, pd.DataFrame]:
    """Frames of one run from a year on, by name; more of them the higher the level."""
    since = pd.Timestamp(calendar.monday(calendar.first_week(first_year)))
    frames = {}
    for name in FRAMES[: LEVELS[level]]:
        frame = model.by(name.removeprefix("by_")) if name.startswith("by_") else getattr(model, name)
        flat = frame if name == "seizures" else frame.reset_index()
        recent = flat["year"] >= first_year if "year" in flat else flat["date"] >= since
        frames[name] = flat[recent].reset_index(drop=True)
    return frames


def tables_of(
    rows: Sequence[Mapping[str, Any]], outcomes: Sequence[str], frames: Sequence[tuple[str, dict[str, pd.DataFrame]]]
) -> dict[str, pa.Table]:
    """Arrow tables of a part: `runs` from its rows, and each frame with a leading `run`."""
    kinds = {**RUN_COLUMNS, **dict.fromkeys(outcomes, pa.float64())}
    made = {"runs": pa.table({name: pa.array([row.get(name) for row in rows], kind) for name, kind in kinds.items()})}
    for name in frames[0][1] if frames else ():
        runs = np.repeat([run for run, _ in frames], [len(one[name]) for _, one in frames])
        whole = pd.concat([one[name] for _, one in frames], ignore_index=True)
        whole.insert(0, "run", runs)
        made[name] = pa.Table.from_pandas(whole, preserve_index=False).replace_schema_metadata(None)
    return made
