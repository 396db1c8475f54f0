"""A folder of results: whose it is, who writes to it, and its manifest."""

import json
import math
import os
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from filelock import FileLock, Timeout

from experiments.ensemble.manifests import check_manifest
from experiments.ensemble.places import put_local
from model.errors import InputError

MANIFEST: Final = "manifest.json"
LOCK: Final = ".lock"
NOT_FINITE: Final = "not_finite"
"""Key under which a manifest names what is null because it was nan or infinite."""


# --- whose folder it is -------------------------------------------------------------------------------------------


def check_names(folder: Path, ours: Set[str], marks: Set[str]) -> None:
    """Refuse a folder that holds what the command does not write, unless one of `marks` shows that it is the command's.

    Raises
    ------
    InputError
        If it is a file or below one, or somebody else's.
    """
    check_is_folder(folder)
    refuse_others({path.name for path in folder.iterdir()} if folder.exists() else set(), ours, marks, folder)


def check_is_folder(folder: Path) -> None:
    """Refuse a path that is no folder and cannot become one; raises InputError."""
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not there.is_dir():
        raise not_ours("this is a file, not a folder" if there == folder else "a part of this path is a file", folder)


def refuse_others(found: Set[str], ours: Set[str], marks: Set[str], place: object) -> None:
    """Refuse a place that holds names other than `ours` and none of `marks`; raises InputError."""
    others = sorted(found - ours - marks - {LOCK})
    if others and not found & marks:
        raise not_ours(f"the folder holds something else ({', '.join(others[:5])}) and is left alone", place)


def not_ours(message: str, place: object) -> InputError:
    """The error that refuses a place, whatever the reason."""
    return InputError(
        message,
        field="out",
        value=str(place),
        allowed="a new or empty folder, or one that this command wrote",
        remedy="choose another folder with --out",
    )


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
            "another process is writing to this folder",
            field="out",
            value=str(folder),
            allowed="one at a time",
            remedy="wait for it, or choose another folder with --out",
        ) from None
    except OSError as error:
        raise InputError(
            f"nothing can be written there ({error.strerror})",
            field="out",
            value=str(folder),
            allowed="a folder that can be written to",
            remedy="change its permissions, or choose another with --out",
        ) from None
    try:
        yield
    finally:
        if os.name != "nt":  # while it is held: a lock that somebody else waits for is never one that is gone
            (folder / LOCK).unlink(missing_ok=True)
        lock.release()


def write_atomically(path: Path, text: str) -> Path:
    """Write a file in one step: it is there as a whole, or as it was before."""
    put_local(path, text.encode())
    return path


# --- the manifest -------------------------------------------------------------------------------------------------


def to_json(content: Mapping[str, Any]) -> str:
    """Content as JSON. A number that is none, or not finite, is null there and named in `NOT_FINITE` with its value."""
    found: dict[str, str] = {}
    plain = _finite(content, "", found)
    return (
        json.dumps({**plain, NOT_FINITE: found} if found else plain, indent=1, ensure_ascii=False, allow_nan=False)
        + "\n"
    )


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
    named = content.get(NOT_FINITE, {}) if isinstance(content, dict) else {}
    try:
        for path, value in named.items():
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
        return parse_manifest(path.read_bytes(), path)
    except OSError:
        return {}


def parse_manifest(content: bytes, path: object) -> dict[str, Any]:
    """The manifest that stands in a file; empty where it is not ours. Raises InputError if a field is damaged.

    Histories and single runs of earlier versions name their kind in `study`.
    """
    try:
        manifest = from_json(content)
    except ValueError:
        return {}
    if not isinstance(manifest, dict):
        return {}
    if manifest.get("study") in ("history", "run"):
        manifest.setdefault("kind", manifest["study"])
    check_manifest(manifest, str(path))
    return manifest
