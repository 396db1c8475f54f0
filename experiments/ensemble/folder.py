"""A folder of results: refused when it is somebody else's, replaced in one step, Parquet files written as runs come."""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock, Timeout

from experiments.ensemble.manifests import check_manifest
from model.errors import InputError

__all__ = [
    "FRAMES",
    "FrameFiles",
    "arrow_table",
    "check_folder",
    "check_names",
    "folder_lock",
    "from_json",
    "parse_manifest",
    "read_manifest",
    "replacing",
    "to_json",
]

DIMENSIONS: Final = ("state", "mode", "platform", "leg", "place", "region")
FRAMES: Final = ("weekly", "yearly", *(f"by_{dimension}" for dimension in DIMENSIONS), "seizures")
MANIFEST: Final = "manifest.json"
LOCK: Final = ".lock"
NOT_FINITE: Final = "not_finite"
"""Key under which a manifest names what is null because it was nan or infinite."""
OURS: Final = frozenset({MANIFEST, "report.html", *(f"{name}.parquet" for name in FRAMES)})
TEXTS: Final = frozenset({*DIMENSIONS, "lead_state", "stage"})
WHOLE: Final = frozenset({"replication", "year", "owner"})


# --- whose folder it is -------------------------------------------------------------------------------------------


def check_folder(out: Path, study: str) -> Path:
    """Absolute path of a folder that results of `study` may be written to; nothing is made yet.

    Raises
    ------
    InputError
        If it is a file, holds anything that a study of this kind did not write, or cannot be made.
    """
    folder = Path(out).expanduser().resolve()
    above = next(path for path in [folder, *folder.parents] if path.exists())
    if not above.is_dir():
        raise _refused("this is a file, not a folder" if above == folder else "a part of this path is a file", out)
    if above != folder:
        return folder
    found = {path.name for path in folder.iterdir()}
    if found and MANIFEST not in found:
        raise _refused("the folder holds something else (there is no manifest.json) and is left alone", out)
    manifest = read_manifest(folder) if found else {}
    if "run_id" in manifest and "study" not in manifest:
        raise _refused("the folder holds results of version 0.1, which are left alone", out)
    if found and manifest.get("study") != study:
        raise _refused(f"the folder holds other results than those of {study!r}", out)
    if found - OURS:
        raise _refused(f"the folder also holds {', '.join(sorted(found - OURS))}, which would be lost", out)
    return folder


def _refused(message: str, out: Path) -> InputError:
    return InputError(
        message, field="out", value=str(out), allowed="a new or empty folder, or one that this study wrote before",
        remedy="choose another folder with --out",
    )  # fmt: skip


def check_names(folder: Path, ours: frozenset[str], marks: frozenset[str]) -> None:
    """Refuse a folder that holds what the command does not write, unless one of `marks` shows that it is the command's.

    Raises
    ------
    InputError
        If it is a file, or somebody else's.
    """
    if folder.exists() and not folder.is_dir():
        raise _refused("this is a file, not a folder", folder)
    found = {path.name for path in folder.iterdir()} - {LOCK} if folder.exists() else set()
    if found - ours - marks and not found & marks:
        names = ", ".join(sorted(found - ours)[:5])
        raise _refused(f"the folder holds something else ({names}) and is left alone", folder)


def write_atomically(path: Path, text: str) -> Path:
    """Write `text` to a temporary file beside `path` and put it in place in one step."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return path


def to_json(content: Mapping[str, Any]) -> str:
    """Content as JSON. A number that is none, or not finite, is null there and named in `NOT_FINITE` with its value."""
    found: dict[str, str] = {}
    plain = _finite(content, "", found)
    told = {**plain, NOT_FINITE: found} if found else plain
    return json.dumps(told, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _finite(value: Any, path: str, found: dict[str, str]) -> Any:
    """The same with null in place of numbers that are not finite, whose paths are noted."""
    if isinstance(value, Mapping):
        return {key: _finite(one, f"{path}/{key}", found) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one, f"{path}/{number}", found) for number, one in enumerate(value)]
    if isinstance(value, float) and not math.isfinite(value):
        found[path.removeprefix("/")] = str(float(value))
        return None
    return value


def from_json(text: str | bytes) -> Any:
    """What `to_json` wrote, numbers that are not finite as they were; raises ValueError if it cannot be."""
    content = json.loads(text)
    told = content.get(NOT_FINITE, {}) if isinstance(content, dict) else {}
    try:
        for path, value in told.items():
            *above, last = path.split("/")
            at = content
            for key in above:
                at = at[int(key)] if isinstance(at, list) else at[key]
            at[int(last) if isinstance(at, list) else last] = float(value)
    except (AttributeError, LookupError, TypeError) as error:
        raise ValueError(f"{NOT_FINITE} names what is not there") from error
    return content


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a results folder; empty when there is none or it is not ours.

    Raises
    ------
    InputError
        If a field of it is of another type than programs write.
    """
    path = folder / MANIFEST
    try:
        content = path.read_bytes()
    except OSError:
        return {}
    return parse_manifest(content, path)


def parse_manifest(content: bytes, path: object) -> dict[str, Any]:
    """The manifest that stands in a file; empty where it is not ours. Raises InputError if a field is damaged."""
    try:
        manifest = from_json(content)
    except ValueError:
        return {}
    if not isinstance(manifest, dict):
        return {}
    check_manifest(manifest, str(path))
    return manifest


# --- writing ------------------------------------------------------------------------------------------------------


@contextmanager
def folder_lock(folder: Path) -> Iterator[None]:
    """Hold a folder alone while work goes on in it; it is made if need be. A killed process holds nothing.

    Raises
    ------
    InputError
        If another process is at work there, or nothing can be written.
    """
    lock = FileLock(folder / LOCK, timeout=0)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        raise InputError(
            "another process is writing to this folder", field="out", value=str(folder), allowed="one at a time",
            remedy="wait for it, or choose another folder with --out",
        ) from None  # fmt: skip
    except OSError as error:
        raise InputError(
            f"nothing can be written there ({error.strerror})", field="out", value=str(folder),
            allowed="a folder that can be written to", remedy="change its permissions, or choose another with --out",
        ) from None  # fmt: skip
    try:
        yield
    finally:
        if os.name != "nt":  # while it is held: a lock that somebody else waits for is never one that is gone
            (folder / LOCK).unlink(missing_ok=True)
        lock.release()


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """Give a temporary folder beside `folder`, which takes its place when the block ends well, and vanishes otherwise.

    Raises
    ------
    InputError
        If nothing can be written there.
    """
    new = _temporary(folder)
    try:
        yield new
        new.chmod(0o755)
        _put_in_place(new, folder)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _temporary(folder: Path) -> Path:
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".part", dir=folder.parent))
    except OSError as error:
        raise _refused(f"nothing can be written there ({error.strerror})", folder) from error


def _put_in_place(new: Path, folder: Path) -> None:
    """Two renames; when the second fails or is interrupted, the first is taken back."""
    if not folder.exists():
        new.rename(folder)
        return
    old = new.with_suffix(".old")
    folder.rename(old)
    try:
        new.rename(folder)
    except BaseException:
        if not folder.exists():
            old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


def arrow_table(frame: pd.DataFrame, replication: int) -> pa.Table:
    """A frame as an Arrow table with a leading `replication`; types follow from names, so that every run fits."""
    flat = frame.reset_index() if any(name is not None for name in frame.index.names) else frame
    flat = flat.assign(replication=replication)[["replication", *flat.columns]]
    schema = pa.schema([(str(name), _type(str(name))) for name in flat.columns])
    return pa.Table.from_pandas(flat, schema=schema, preserve_index=False).replace_schema_metadata(None)


def _type(column: str) -> pa.DataType:
    if column in TEXTS:
        return pa.string()
    if column in WHOLE:
        return pa.int64()
    return pa.timestamp("us") if column == "date" else pa.float64()


class FrameFiles:
    """Parquet files of a study, one for each frame; replications are appended in the order in which they are added.

    A context manager: leaving it closes the files.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rows: dict[str, int] = {}
        self._writers: dict[str, pq.ParquetWriter] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for writer in self._writers.values():
            writer.close()

    def add(self, tables: Mapping[str, pa.Table]) -> None:
        """Append the tables of one replication."""
        for name, table in tables.items():
            if name not in self._writers:
                path = self.folder / f"{name}.parquet"
                self._writers[name] = pq.ParquetWriter(path, table.schema, compression="zstd")
            self._writers[name].write_table(table)
            self.rows[name] = self.rows.get(name, 0) + table.num_rows

    def summary(self) -> dict[str, dict[str, int | str]]:
        """Rows and SHA-256 of each file; call it after the files are closed."""
        found: dict[str, dict[str, int | str]] = {}
        for name, rows in self.rows.items():
            with (self.folder / f"{name}.parquet").open("rb") as file:
                found[name] = {"rows": rows, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}
        return found
