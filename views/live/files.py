"""Files that the page gives away: the run as Parquet or CSV, the scenario as TOML."""

import io
import zipfile
from collections.abc import Sequence

from model import RouteModel


def make_file(models: Sequence[RouteModel], kind: str) -> tuple[str, bytes]:
    """Name and content of a file.

    ``parquet`` and ``csv`` are a ZIP of the weekly and yearly series, the yearly tables by dimension, all seizures and
    the scenario, in a folder each where there are two worlds; ``toml`` is the scenario that levers act on, with those
    that were set, ready for `run.py compare`.
    """
    steered = models[-1]
    stem = f"{steered.policy.name}-seed-{steered.seed_value}"
    if kind == "toml":
        return f"{stem}.toml", steered.policy.to_toml().encode()
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for folder, model in zip(("first/", "second/") if len(models) > 1 else ("",), models, strict=True):
            _add(archive, folder, model, kind)
    return f"{stem}-{kind}.zip", held.getvalue()


def _add(archive: zipfile.ZipFile, folder: str, model: RouteModel, kind: str) -> None:
    frames = {
        "weekly": model.weekly.reset_index(),
        "yearly": model.yearly.reset_index(),
        **{f"by_{one}": model.by(one).reset_index() for one in ("state", "mode", "platform", "leg", "place")},
        "seizures": model.seizures,
    }
    for name, table in frames.items():
        written = table.to_csv(index=False, lineterminator="\n") if kind == "csv" else table.to_parquet(index=False)
        archive.writestr(f"{folder}{name}.{kind}", written)
    archive.writestr(f"{folder}scenario.toml", model.policy.to_toml())
