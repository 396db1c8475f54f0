"""What a manifest holds on where results come from: versions, commit, and hashes of the data and of the rules.

The hash of the model's sources is taken when `model` is imported, those of other sources and of the project's own
tables when this module is: not when a study is planned. A file that is edited later changes neither the loaded code nor
its hash.
Nothing here names a machine, a user or a path outside the project.
"""

import hashlib
import json
import platform
import subprocess
from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final, NamedTuple

import model
from model.errors import InputError
from model.kernel.sources import DECLARED, PACKAGE, SOURCE_HASH, hash_of, sources_in
from model.results_version import RESULTS_VERSION
from model.world import World
from model.world.tables import DATA, describe, load_tables
from model.world.world import build_world

PACKAGES: Final = (
    "highway10",
    "llvmlite",
    "mesa",
    "networkx",
    "numba",
    "numpy",
    "pandas",
    "pyarrow",
    "pydantic",
    "scipy",
)
DECIDING: Final = ("python", "numba", "llvmlite", "numpy")
"""What decides the bits of a run beside its sources and tables."""
SOURCE: Final = PACKAGE
HERE: Final = Path(__file__).resolve().parents[1]
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
    # without optional locks git only reads, so that a study never disturbs a commit being made
    command = ["git", "--no-optional-locks", "-C", str(folder), "status", "--porcelain=v2", "--branch"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=GIT_SECONDS)
    except (OSError, subprocess.SubprocessError):
        return None, None
    commit, *others = done.stdout.removeprefix("# branch.oid ").splitlines()
    return commit, not all(line.startswith("#") for line in others)


class Origin(NamedTuple):
    """What the results of a run depend on beside its scenario and seed: hashes of sources and of tables."""

    source: str
    outcomes: str
    data: str


def origin(directory: Path | None = None) -> Origin:
    """Sources as they are loaded, with the tables of a directory (default: the project's own)."""
    return Origin(LOADED["source"], LOADED["outcomes"], data_hash(directory))


def describe_origin(origin: Origin) -> dict[str, Any]:
    """What a manifest holds on where results come from."""
    commit, dirty = git_state()
    return {
        "versions": versions(),
        "git_commit": commit,
        "git_dirty": dirty,
        "results_version": RESULTS_VERSION,
        "source_hash": origin.source,
        "data_hash": origin.data,
    }


def digest(content: object) -> str:
    """SHA-256 of content as JSON with sorted keys, 64 hex digits: an identity of what was asked for."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def other_results(manifest: Mapping[str, Any]) -> str:
    """What is said with results of a version of the model that gives other results than this one; else nothing."""
    version = manifest.get("results_version")
    if version == RESULTS_VERSION:
        return ""
    made = "an earlier version, which did not tell its own" if version is None else f"results version {version}"
    return (
        f"these results were made by {made}; the model here is of results version {RESULTS_VERSION} and may give "
        "others: do not compare them with results made now, but run them again"
    )


def deciding_versions() -> dict[str, str]:
    """Versions of Python and of the packages that decide the bits of a run."""
    return {name: text for name, text in versions().items() if name in DECIDING}


def data_hash(directory: Path | None = None) -> str:
    """Hash of the tables of a directory, with their description; 64 hex digits.

    For the project's own tables, the default, it is that of the moment of import, because they are read once only.
    """
    folder = Path(directory or DATA).resolve()
    return LOADED["data"] if folder == DATA else _hash_of_tables(folder)


def _hash_of_tables(folder: Path) -> str:
    described = [folder / str(resource["path"]) for resource in describe(folder).values()]
    found = {*folder.glob("*.csv"), *folder.glob("datapackage.json"), *(path for path in described if path.is_file())}
    return hash_of(folder, [path for path in found if path.name not in DECLARED])


def read_world(directory: Path | None = None, digest: str | None = None) -> World:
    """The world of a directory of tables, read anew when the tables have changed.

    Parameters
    ----------
    digest
        Hash that the tables must have. If a world of this hash was read before, it is given though the files may have
        changed since.

    Raises
    ------
    InputError
        If the tables are wrong, or are not those that `digest` names.
    """
    folder = Path(directory or DATA).resolve()
    if folder != DATA:
        return _world(str(folder), digest or _hash_of_tables(folder))
    if digest not in (None, LOADED["data"]):
        raise _other_tables(DATA.name, str(digest), LOADED["data"])
    return model.load_world()


@lru_cache(maxsize=4)
def _world(path: str, digest: str) -> World:
    tables = load_tables(path)
    found = _hash_of_tables(Path(path))  # after reading: they may change meanwhile
    if found != digest:
        raise _other_tables(path, digest, found)
    return build_world(tables)


def _other_tables(path: str, digest: str, found: str) -> InputError:
    return InputError(
        "these tables are not those that the study was planned with",
        field="tables",
        value=path,
        allowed=f"tables with the hash {digest[:16]} (these have {found[:16]})",
        remedy="give every machine the same tables, leave them alone while a study runs, and give the command again",
    )


def source_hash() -> str:
    """Hash of the loaded sources of `model`, without the scripts that build its tables; 64 hex digits."""
    return LOADED["source"]


def fitting_hash() -> str:
    """Hash of the sources of the fit, with the versions of the libraries that it draws and fits with; 64 hex digits."""
    drawn = ", ".join(f"{name} {_version(name)}" for name in ("numpy", "pyabc", "scipy"))
    return hashlib.sha256(f"{LOADED['fitting']} {drawn}".encode()).hexdigest()


def judging_hash() -> str:
    """Hash of the sources that read the published statistics and judge by them; 64 hex digits."""
    return LOADED["judging"]


def changed_since_import() -> list[str]:
    """Which of the hashed files were changed on disk since they were loaded: source, outcomes, data and so on."""
    return [name for name, digest in _on_disk().items() if digest != LOADED[name]]


def _on_disk() -> dict[str, str]:
    return {
        "source": hash_of(SOURCE, sources_in(SOURCE)),
        "outcomes": hash_of(
            HERE,
            [*(HERE / "analysis" / f"{name}.py" for name in ("outcomes", "window")), HERE / "ensemble/recording.py"],
        ),
        "data": _hash_of_tables(DATA),
        "fitting": hash_of(HERE / "calibration", (HERE / "calibration").glob("*.py")),
        "judging": hash_of(HERE, [*HERE.glob("evidence/*.py"), *HERE.glob("validation/*.py")]),
    }


LOADED: Final = {**_on_disk(), "source": SOURCE_HASH}
"""Hashes of the moment of import."""
