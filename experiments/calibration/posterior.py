"""The posterior: parameter sets of equal weight that runs and studies draw from, with the manifest of how they came.

It lies in `results/reference/<structure>/` and is small enough for git; in the wheel it is `experiments/reference`. A
set is a row: its seed, its parameters, its misfit. The same row gives the same run again, to the last bit.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from experiments.calibration.priors import Prior, structure_named
from experiments.calibration.problem import Problem
from experiments.ensemble import provenance, seeds
from experiments.ensemble.folder import from_json, to_json, write_atomically
from model.columns import Array
from model.errors import InputError
from model.results_version import RESULTS_VERSION, changes_since

_INSTALLED: Final = Path(__file__).resolve().parents[1] / "reference"
REFERENCE: Final = _INSTALLED if _INSTALLED.is_dir() else Path(__file__).resolve().parents[2] / "results" / "reference"
"""Folder of the posteriors that come with the model: inside the package where it is installed from a wheel."""
SETS, MANIFEST = "posterior.csv", "manifest.json"
_READING: Final[dict[str, Any]] = {"folder": REFERENCE, "other_model": False}
"""Where posteriors are read, and whether those of another version of the model are taken."""


@dataclass(frozen=True, eq=False)
class Posterior:
    """Parameter sets of equal weight.

    Attributes
    ----------
    units
        Places in the priors, shape (sets, parameters).
    sets
        A row for each: draw, seed, a column for each parameter, chi_square.
    settings
        Settings of its structure, such as ``{"choice_rule": "salience"}``.
    temperature
        Variance of the error in units of that of the record: what the model misses.
    """

    structure: str
    settings: dict[str, Any]
    units: Array
    sets: pd.DataFrame
    temperature: float
    manifest: dict[str, Any]

    def __len__(self) -> int:
        return len(self.sets)

    @property
    def warning(self) -> str:
        """What is said with all that is drawn from it, where it was fitted on another version of the model."""
        if [self.manifest.get(name) for name in ("source", "data")] == [
            provenance.source_hash(),
            provenance.data_hash(),
        ]:
            return ""
        since, versions = _changes_since(self.manifest)
        text = f"the posterior of {self.structure} was fitted on other sources or tables of the model"
        if since is None:
            return f"{text}, under which it may be another ({versions})"
        return f"{text}; {'since then ' + '; '.join(since) if since else 'they give the same runs'}"

    @property
    def names(self) -> list[str]:
        """Parameters that were fitted."""
        return [str(name) for name in self.sets if name not in ("draw", "seed", "chi_square")]

    def values(self, draw: int) -> dict[str, Any]:
        """Parameters of a set, with the settings of its structure; draws beyond the last begin anew."""
        row = self.sets.iloc[draw % len(self.sets)]
        return {**self.settings, **{name: float(row[name]) for name in self.names}}

    def seed(self, draw: int) -> int:
        """Seed under which a set was accepted."""
        return int(self.sets["seed"].iloc[draw % len(self.sets)])

    def save(self, folder: Path) -> Path:
        """Write sets and manifest."""
        folder.mkdir(parents=True, exist_ok=True)
        # 17 digits give every double back
        write_atomically(folder / SETS, self.sets.to_csv(index=False, float_format="%.17g", lineterminator="\n"))
        write_atomically(folder / MANIFEST, to_json(self.manifest))
        return folder


@contextmanager
def reading_from(folder: Path | None = None, *, other_model: bool = False) -> Iterator[None]:
    """Read posteriors from another folder than the project's own, or of other versions of the model, for a while."""
    before = dict(_READING)
    _READING.update(folder=folder or before["folder"], other_model=other_model or before["other_model"])
    try:
        yield
    finally:
        _READING.update(before)


def has_posterior(structure: str) -> bool:
    """Whether a posterior was kept for a structure."""
    return (posterior_folder(structure) / MANIFEST).is_file()


def posterior_folder(structure: str) -> Path:
    """Folder that the posterior of a structure is read from, with its table of targets."""
    return Path(_READING["folder"]) / structure


def load_posterior(structure: str = "base", folder: Path | None = None) -> Posterior:
    """The posterior that was kept for a structure.

    Raises
    ------
    InputError
        If there is none, it cannot be read, or it was fitted on a version of the model that gives other results.
    """
    where = folder if folder is not None else posterior_folder(structure_named(structure).name)
    manifest, sets, priors = _read(where, structure)
    _check_version(manifest, where)
    units = np.column_stack([prior.to_unit(sets[prior.parameter].to_numpy()) for prior in priors])
    theory, settings = str(manifest["structure"]), dict(manifest["settings"])
    return Posterior(theory, settings, units, sets, float(manifest["temperature"]), manifest)


def _read(where: Path, structure: str) -> tuple[dict[str, Any], pd.DataFrame, list[Prior]]:
    """Manifest, sets and priors of a posterior, these in the order of the columns of its sets; raises InputError."""
    try:
        manifest = from_json((where / MANIFEST).read_text(encoding="utf-8"))
        sets = _exact((where / SETS).read_text(encoding="utf-8"))
        priors = {row[0]: Prior(*row) for row in manifest["priors"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        missing = isinstance(error, OSError)
        raise InputError(
            "there is no posterior to draw from" if missing else "the posterior cannot be read",
            field="posterior",
            value=str(where),
            allowed=f"a folder with {SETS} and {MANIFEST}",
            remedy=f"uv run run.py calibrate {structure}",
        ) from None
    return manifest, sets, [priors[name] for name in sets if name in priors]


def _check_version(manifest: dict[str, Any], where: Path) -> None:
    """Refuse a posterior under which this version of the model may give something else, unless it is asked for."""
    since, versions = _changes_since(manifest)
    if since is None and not _READING["other_model"]:
        raise InputError(
            f"this posterior was fitted on a version of the model that gives other results ({versions})",
            field="posterior",
            value=str(where),
            allowed="a posterior of this version of the model, or one that holds",
            remedy=f"uv run run.py calibrate {manifest.get('structure', 'base')}, or add --allow-other-model",
        )


def _changes_since(manifest: dict[str, Any]) -> tuple[list[str] | None, str]:
    """What has changed since a fit (None where results are others), and both results versions in words."""
    version = manifest.get("results_version")
    words = f"results version {'not told' if version is None else version}; here {RESULTS_VERSION}"
    return changes_since(version) if isinstance(version, int) else None, words


def _exact(text: str) -> pd.DataFrame:
    """Read a CSV of sets whose every number is the one that was written, to the last bit."""
    # by Python's own floats, which round correctly; seeds have 32 bits, which a float holds
    return pd.read_csv(io.StringIO(text), dtype="str").map(float).astype({"draw": "int64", "seed": "int64"})


def equal_weights(units: Array, weights: Array, count: int, seed: int = 0) -> Array:
    """Systematic resampling: `count` rows, each as often as its weight says, within one (Kitagawa 1996)."""
    places = (np.arange(count) + np.random.default_rng(seed).random()) / count
    rows = np.searchsorted(np.cumsum(weights / weights.sum()), places, side="right")
    return np.asarray(units[np.minimum(rows, len(units) - 1)])


def made_of(
    problem: Problem, units: Array, chi_square: Array, temperature: float, manifest: dict[str, Any]
) -> Posterior:
    """A posterior of parameter sets of equal weight."""
    sets = {
        "draw": range(len(units)),
        "seed": [seeds.for_parameters(unit) for unit in units],
        **{prior.parameter: prior.from_unit(units[:, i]) for i, prior in enumerate(problem.priors)},
        "chi_square": chi_square,
    }
    structure = problem.structure
    return Posterior(structure.name, dict(structure.settings), units, pd.DataFrame(sets), temperature, manifest)
