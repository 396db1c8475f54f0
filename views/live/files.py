"""Files that the page gives away: the run as Parquet or CSV, the scenario as TOML."""

from __future__ import annotations

import io
import zipfile
from typing import Final

from model import RouteModel

__all__ = ["FORMATS", "make_file"]

FORMATS: Final = ("parquet", "csv", "toml")
FRAMES: Final = ("weekly", "yearly")
DIMENSIONS: Final = ("state", "mode", "platform", "leg", "place")


def make_file(model: RouteModel, kind: str) -> tuple[str, bytes]:
    """Name and content of a file.

    ``parquet`` and ``csv`` are a ZIP of the weekly and yearly series, the yearly tables by dimension and all seizures;
    ``toml`` is the scenario with the levers that were set, ready for `run.py compare`.
    """
    stem = f"{model.policy.name}-seed-{model.seed_value}"
    if kind == "toml":
        return f"{stem}.toml", model.policy.to_toml().encode()
    return f"{stem}-{kind}.zip", _zipped(model, kind)


def _zipped(model: RouteModel, kind: str) -> bytes:
    frames = {name: getattr(model, name).reset_index() for name in FRAMES}
    frames |= {f"by_{name}": model.by(name).reset_index() for name in DIMENSIONS}
    frames["seizures"] = model.seizures
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, table in frames.items():
            if kind == "csv":
                archive.writestr(f"{name}.csv", table.to_csv(index=False, lineterminator="\n"))
            else:
                part = io.BytesIO()
                table.to_parquet(part, index=False)
                archive.writestr(f"{name}.parquet", part.getvalue())
        archive.writestr("scenario.toml", model.policy.to_toml())
    return held.getvalue()
