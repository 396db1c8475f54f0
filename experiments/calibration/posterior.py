"""The posterior: parameter sets of equal weight that runs and studies draw from, with the manifest of how they came.

It lies in `results/reference/<structure>/` and is small enough for git; in the wheel it is `experiments/reference`. A
set is a row: its seed, its parameters, its misfit. The same row gives the same run again, to the last bit.
"""

from __future__ import annotations

import io
from collections import defaultdict
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

__all__ = ["REFERENCE", "Posterior", "equal_weights", "has_posterior", "load_posterior", "reading_from"]

_INSTALLED: Final = Path(__file__).resolve().parents[1] / "reference"
REFERENCE: Final = _INSTALLED if _INSTALLED.is_dir() else Path(__file__).resolve().parents[2] / "results" / "reference"
"""Folder of the posteriors that come with the model: inside the package where it is installed from a wheel."""
SETS, MANIFEST = "posterior.csv", "manifest.json"
_PLACE: Final = [REFERENCE]
_OTHER_MODEL: Final = [False]


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
        told = self.manifest
        if (told.get("source"), told.get("data")) == (provenance.source_hash(), provenance.data_hash()):
            return ""
        version, since = told.get("results_version"), _changes_since(told)
        text = f"the posterior of {self.structure} was fitted on other sources or tables of the model"
        if since is None:
            return f"{text}, under which it may be another ({_versions(version)})"
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
    before = _PLACE[0], _OTHER_MODEL[0]
    _PLACE[0], _OTHER_MODEL[0] = folder or before[0], other_model or before[1]
    try:
        yield
    finally:
        _PLACE[0], _OTHER_MODEL[0] = before


def has_posterior(structure: str, folder: Path | None = None) -> bool:
    """Whether a posterior was kept for a structure."""
    return ((folder if folder is not None else _PLACE[0]) / structure / MANIFEST).is_file()


def load_posterior(structure: str = "base", folder: Path | None = None) -> Posterior:
    """The posterior that was kept for a structure.

    Raises
    ------
    InputError
        If there is none, it cannot be read, or it was fitted on a version of the model that gives other results.
    """
    where = folder if folder is not None else _PLACE[0] / structure_named(structure).name
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
    if _changes_since(manifest) is None and not _OTHER_MODEL[0]:
        raise InputError(
            f"this posterior was fitted on a version of the model that gives other results "
            f"({_versions(manifest.get('results_version'))})",
            field="posterior",
            value=str(where),
            allowed="a posterior of this version of the model, or one that holds",
            remedy=f"uv run run.py calibrate {manifest.get('structure', 'base')}, or add --allow-other-model",
        )


def _changes_since(manifest: dict[str, Any]) -> list[str] | None:
    version = manifest.get("results_version")
    return changes_since(version) if isinstance(version, int) else None


def _versions(version: object) -> str:
    """Results versions in words: of a file, and of the model here."""
    return f"results version {'not told' if version is None else version}; here {RESULTS_VERSION}"


def _exact(text: str) -> pd.DataFrame:
    """Read a CSV of sets whose every number is the one that was written, to the last bit."""
    types = defaultdict(lambda: "float64", draw="int64", seed="int64")
    return pd.read_csv(io.StringIO(text), dtype=types, float_precision="round_trip")


def equal_weights(units: Array, weights: Array, count: int, seed: int = 0) -> Array:
    """Systematic resampling: `count` rows, each as often as its weight says, within one (Kitagawa 1996)."""
    offset = np.random.default_rng(seed).random()
    places = (np.arange(count) + offset) / count
    rows = np.searchsorted(np.cumsum(weights / weights.sum()), places, side="right")
    return np.asarray(units[np.minimum(rows, len(units) - 1)])


def made_of(
    problem: Problem, units: Array, chi_square: Array, temperature: float, manifest: dict[str, Any]
) -> Posterior:
    """A posterior of parameter sets of equal weight."""
    values = {prior.parameter: prior.from_unit(units[:, i]) for i, prior in enumerate(problem.priors)}
    own = [seeds.for_parameters(unit) for unit in units]
    sets = pd.DataFrame({"draw": range(len(units)), "seed": own, **values, "chi_square": chi_square})
    return Posterior(problem.structure.name, dict(problem.structure.settings), units, sets, temperature, manifest)
