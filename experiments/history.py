"""The main job: replications of one scenario, written as Parquet frames with a manifest."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import platform
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from model import InputError, RouteModel, Scenario

__all__ = ["DIMENSIONS", "frames_of", "run_history"]

DIMENSIONS = ("state", "mode", "platform", "leg", "place", "region")
ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("highway10", "mesa", "networkx", "numba", "numpy", "pandas", "plotly", "pyarrow")


def frames_of(model: RouteModel) -> dict[str, pd.DataFrame]:
    """All result frames of a model, with dates, years and names as ordinary columns."""
    frames = {"weekly": model.weekly.reset_index(), "yearly": model.yearly.reset_index()}
    frames |= {f"by_{dimension}": model.by(dimension).reset_index() for dimension in DIMENSIONS}
    return frames | {"seizures": model.seizures}


def run_history(
    scenario: str | Scenario = "as-it-happened",
    replications: int = 20,
    seed: int = 1,
    organisations: int = 150,
    out: Path = Path("results/history"),
    workers: int | None = None,
    parameters: Mapping[str, Any] | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> Path:
    """Run replications with seeds seed, seed + 1, ... and write frames and manifest; returns the folder.

    Everything is written into a folder beside `out`, which takes its place only when complete.

    Raises
    ------
    InputError
        If a number is out of range, or `out` holds something that is not a result of ours.
    """
    check(replications, workers, out)
    chosen = scenario if isinstance(scenario, Scenario) else Scenario.load(scenario)
    chosen = chosen.with_parameters(**parameters) if parameters else chosen
    started = time.perf_counter()
    seeds = list(range(seed, seed + replications))
    RouteModel(chosen, rng=seed, organisations=organisations).step()
    making = out.parent / f".{out.name}.making-{os.getpid()}"
    making.mkdir(parents=True)
    try:
        write_frames(making, chosen, seeds, organisations, workers or min(os.cpu_count() or 1, replications), progress)
        manifest = describe(chosen, seeds, organisations, time.perf_counter() - started)
        (making / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
        replace_folder(making, out)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return out


def check(replications: int, workers: int | None, out: Path) -> None:
    """Refuse what cannot work before anything is run."""
    for field, value in (("replications", replications), ("workers", workers if workers is not None else 1)):
        if not 1 <= value <= 100_000:
            raise InputError(
                "out of range", field=field, value=value, allowed="1 to 100,000", remedy=f"give e.g. --{field} 2"
            )
    if out.exists() and not (out / "manifest.json").is_file() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(
            "this holds something else and is not overwritten", field="out", value=str(out),
            allowed="a new folder, or one with a manifest.json of an earlier run", remedy="choose another --out",
        )  # fmt: skip


def write_frames(
    folder: Path, scenario: Scenario, seeds: list[int], organisations: int, workers: int,
    progress: Callable[[int, int], object] | None,
) -> None:  # fmt: skip
    """Run all seeds on threads; frames are written in the order of the seeds, whatever the number of workers."""

    def one(seed: int) -> dict[str, pd.DataFrame]:
        return frames_of(RouteModel(scenario, rng=seed, organisations=organisations).run())

    writers: dict[str, pq.ParquetWriter] = {}
    try:
        with ThreadPoolExecutor(workers) as pool:
            for number, frames in enumerate(pool.map(one, seeds)):
                for name, frame in frames.items():
                    frame.insert(0, "replication", number)
                    table = pa.Table.from_pandas(frame, preserve_index=False)
                    if name not in writers:
                        writers[name] = pq.ParquetWriter(folder / f"{name}.parquet", table.schema, compression="zstd")
                    writers[name].write_table(table)
                if progress is not None:
                    progress(number + 1, len(seeds))
    finally:
        for writer in writers.values():
            writer.close()


def describe(scenario: Scenario, seeds: list[int], organisations: int, seconds: float) -> dict[str, Any]:
    """The manifest: what was run, with what, and how to run it again."""
    return {
        "title": scenario.title, "scenario": scenario.name, "run_id": scenario.identity()[:16],
        "parameters_hash": hashlib.sha256(scenario.parameters.model_dump_json().encode()).hexdigest()[:16],
        "parameters": scenario.parameters.model_dump(mode="json"), "replications": len(seeds), "seeds": seeds,
        "organisations": organisations, "start": str(scenario.start), "end": str(scenario.end),
        "scored_from": str(scenario.scored_from), "versions": versions(), "git_commit": git_commit(),
        "data_hash": tree_hash("model/data", "*.csv"), "source_hash": tree_hash("model", "*.py"),
        "created": datetime.now(UTC).isoformat(timespec="seconds"), "seconds": round(seconds, 1),
    }  # fmt: skip


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that results depend on."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = "unknown"
    return found


def git_commit() -> str | None:
    """Commit of the working tree, with a plus sign where it has changes; None outside git."""
    try:
        said = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True)
        dirty = subprocess.run(["git", "status", "--porcelain"], cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return said.stdout.strip() + ("+" if dirty.stdout.strip() else "")


def tree_hash(folder: str, pattern: str) -> str:
    """Hash of the files below a folder of the project."""
    files = sorted((ROOT / folder).rglob(pattern))
    return hashlib.sha256(b"".join(f.read_bytes() for f in files)).hexdigest()[:16]


def replace_folder(new: Path, old: Path) -> None:
    """Put a complete folder in the place of another one."""
    away = old.parent / f".{old.name}.old-{os.getpid()}"
    if old.exists():
        old.rename(away)
    new.rename(old)
    shutil.rmtree(away, ignore_errors=True)
