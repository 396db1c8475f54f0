"""What a manifest says of where results come from: versions, commit, and hashes of the data and of the rules.

Nothing here names a machine, a user or a path outside the project.
"""

from __future__ import annotations

import hashlib
import platform
import subprocess
from collections.abc import Iterable
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

import model
from model.world.tables import DATA

__all__ = ["data_hash", "fitting_hash", "git_state", "judging_hash", "outcomes_hash", "source_hash", "versions"]

PACKAGES: Final = ("highway10", "mesa", "networkx", "numba", "numpy", "pandas", "pyarrow", "pydantic", "scipy")
SOURCE: Final = Path(model.__file__).resolve().parent
GIT_SECONDS: Final = 10.0


def versions() -> dict[str, str]:
    """Version of Python and of every package that results may depend on."""
    return {"python": platform.python_version(), **{package: _version(package) for package in PACKAGES}}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed as a package"


def git_state(folder: Path = SOURCE.parent) -> tuple[str | None, bool | None]:
    """Commit of a working tree and whether it differs from it; (None, None) outside git."""
    if not (folder / ".git").exists():
        return None, None
    commit, changes = _git(folder, "rev-parse", "HEAD"), _git(folder, "status", "--porcelain")
    return commit, None if commit is None or changes is None else bool(changes)


def _git(folder: Path, *words: str) -> str | None:
    # without optional locks git only reads, so that a study never disturbs a commit being made
    command = ["git", "--no-optional-locks", "-C", str(folder), *words]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=GIT_SECONDS)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def data_hash(directory: Path | None = None) -> str:
    """Hash of the tables of a directory (default: the project's own), with their description; 64 hex digits."""
    folder = DATA if directory is None else Path(directory)
    return _hash(folder, [*folder.glob("*.csv"), *folder.glob("datapackage.json")])


def source_hash() -> str:
    """Hash of the Python sources of `model`, without the scripts that build its tables; 64 hex digits."""
    return _hash(SOURCE, (path for path in SOURCE.rglob("*.py") if DATA not in path.parents))


@cache
def fitting_hash() -> str:
    """Hash of the sources of the fit, with the versions of the libraries that it draws and fits with; 64 hex digits."""
    folder = Path(__file__).resolve().parent / "calibration"
    drawn = ", ".join(f"{name} {_version(name)}" for name in ("numpy", "pyabc", "scipy"))
    return hashlib.sha256(f"{_hash(folder, folder.glob('*.py'))} {drawn}".encode()).hexdigest()


@cache
def judging_hash() -> str:
    """Hash of the sources that read the record and judge by it; 64 hex digits."""
    folder = Path(__file__).resolve().parent
    return _hash(folder, [*folder.glob("evidence/*.py"), *folder.glob("validation/*.py")])


@cache
def outcomes_hash() -> str:
    """Hash of the sources that read outcomes and frames off a model; 64 hex digits."""
    folder = Path(__file__).resolve().parent
    return _hash(folder, [folder / "outcomes.py", folder / "recording.py"])


def _hash(folder: Path, files: Iterable[Path]) -> str:
    """Hash of names and contents; line ends count as one, so that a checkout on Windows hashes the same."""
    found = hashlib.sha256()
    for name, path in sorted((path.relative_to(folder).as_posix(), path) for path in files):
        text = path.read_bytes().replace(b"\r\n", b"\n")
        found.update(f"{name}\0{len(text)}\0".encode() + text)
    return found.hexdigest()
