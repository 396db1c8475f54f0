"""Results as reports and figures read them: manifests, tables, and names of scenarios and outcomes in words."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import itemgetter
from pathlib import Path
from typing import Any, Final, NamedTuple

import pandas as pd

from experiments.analysis.intervals import preliminary, unit_of
from experiments.analysis.outcomes import OUTCOMES, USUAL_OUTCOMES
from experiments.design.factors import read_back
from experiments.ensemble.folder import read_manifest
from experiments.ensemble.manifests import check_manifest
from experiments.study import study_kinds
from model.errors import InputError
from model.world.tables import Tables, load_tables
from views import theme

LANDED: Final = "arrived_europe_kg"
"""The outcome by which scenarios are compared first: cocaine that arrives in Europe."""
FRAMES: Final = ("yearly", "by_leg", "by_place", "by_region")
"""Frames of a history that its report is drawn from."""


def short_title(title: str) -> str:
    """The title of a scenario without the code before it."""
    return title.partition(": ")[2] or title


class Shown(NamedTuple):
    """How an outcome is shown: its name, the factor its values are multiplied by, the unit after that."""

    name: str
    factor: float
    unit: str

    def amount(self, value: float, digits: int = 2) -> str:
        """A value with its unit."""
        return f"{theme.number(value * self.factor, digits)} {self.unit}".strip()


@dataclass(frozen=True)
class Results:
    """What a report is made of.

    Attributes
    ----------
    folder
        Where the results are kept; their figures go into `figures` there.
    manifest
        What is known of the runs.
    tables
        Tidy tables by name.
    world
        The tables of the model, or None to load those that ship.
    """

    folder: Path
    manifest: dict[str, Any]
    tables: Mapping[str, pd.DataFrame] = field(repr=False)
    world: Tables | None = None

    def table(self, name: str) -> pd.DataFrame:
        """A table; empty where there is none."""
        return self.tables.get(name, pd.DataFrame())

    @cached_property
    def geography(self) -> Tables:
        """Places, legs, lanes and countries of the model."""
        return self.world or load_tables()

    def note(self, rows: pd.DataFrame | None = None) -> str:
        """Give the note that titles carry where `rows`, or all results, rest on few seeds: "preliminary, 3 seeds"."""
        return ""

    def readable(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Rows as they are printed below a figure: no empty columns, names in words."""
        return rows.dropna(axis=1, how="all").rename(columns=lambda name: str(name).replace("_", " "))


class HistoryResults(Results):
    """The frames of the main job, which carry a `replication` column."""

    @property
    def runs(self) -> int:
        """Number of replications."""
        return int(self.table("yearly")["replication"].nunique())

    def note(self, rows: pd.DataFrame | None = None) -> str:
        """Give the note of few replications."""
        return preliminary(self.runs)


class ValidationResults(Results):
    """The tables of a validation."""

    def note(self, rows: pd.DataFrame | None = None) -> str:
        """Give the note of a page some part of which rests on few parameter sets; figures have none."""
        parts = itemgetter("draws", "trials", "surge", "remedies", "policies")
        return preliminary(min(parts(self.manifest["size"])), "parameter set") if rows is None else ""


class StudyResults(Results):
    """The tables of a study."""

    def readable(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Rows with titles of scenarios, without columns that are the same in all of them by definition."""
        shown = rows.drop(columns=["baseline", "outcome", "point"], errors="ignore")
        if "scenario" in shown:
            shown = shown.assign(scenario=shown["scenario"].astype(str).map(self.scenario))
        return super().readable(shown)

    def scenario(self, name: str) -> str:
        """Short title of a scenario: what follows its code."""
        return theme.upper(short_title(str(self.manifest.get("scenarios", {}).get(name, name))))

    def inside(self, name: str) -> str:
        """Title of a scenario inside a sentence."""
        return theme.lower(self.scenario(name))

    def outcome(self, name: str) -> Shown:
        """How an outcome is shown."""
        declared, row = OUTCOMES.get(name), self.manifest.get("outcomes", {}).get(name, {})
        if declared and declared.words:
            return Shown(declared.words, *declared.scale)
        text, unit = str(row.get("description", name)).split(",")[0], str(row.get("unit", ""))
        return Shown(theme.upper(text), 1.0, "" if unit == "share" else unit)

    def shown(self, wanted: Sequence[str]) -> tuple[str, ...]:
        """Outcomes that figures show: those wanted; after the first, what the study names beyond the usual ones."""
        named = [name for name in self.manifest.get("outcomes", {}) if name not in (*USUAL_OUTCOMES, *wanted)]
        return (*wanted[:1], *named, *wanted[1:])

    def factor(self, name: str) -> str:
        """Title of a factor."""
        title = str(self._factors.get(name, {}).get("title", name))
        return title.replace("_", " ") if title == name else title

    def level(self, name: str, value: float) -> str:
        """A level of a factor in words; days as dates."""
        return read_back(self._factors.get(name, {"name": name})).shown(float(value))

    @property
    def _factors(self) -> dict[str, dict[str, Any]]:
        return {row["name"]: row for row in self.manifest.get("factors", [])}

    @property
    def window(self) -> str:
        """Years that are read, in words."""
        first, last = self.manifest["window"]
        return f"{first} to {last}"

    @property
    def baseline(self) -> str:
        """Title of the baseline."""
        return self.scenario(str(self.manifest["baseline"]))

    @property
    def seeds(self) -> int:
        """Number of replications."""
        return len(self.manifest.get("seeds", []))

    def note(self, rows: pd.DataFrame | None = None) -> str:
        """Give the note of few seeds, trajectories, blocks or worlds.

        A table holds in `n` or `worlds` on how many it rests, since runs may have failed; without them it is the
        number of seeds of the study.
        """
        if rows is None:
            main = ("paired", "morris", "sobol", "shapley", "front", "arms")
            rows = self.table(next((name for name in main if len(self.table(name))), ""))
        counts = [float(rows[column].min()) for column in ("worlds", "n") if column in rows]
        return preliminary(counts[0] if counts else float(self.seeds), unit_of(self.manifest))


def read_history(folder: Path, world: Tables | None = None) -> HistoryResults:
    """Read the frames that the report of a history needs; raises InputError naming the files that are missing."""
    if missing := [f"{name}.parquet" for name in FRAMES if not (folder / f"{name}.parquet").exists()]:
        raise InputError(
            f"frames are missing here: {', '.join(missing)}",
            field="folder",
            value=str(folder),
            allowed="what `run.py history` wrote",
            remedy="uv run run.py history",
        )
    manifest = read_manifest(folder)
    if manifest.get("state") == "running":  # the frames are those of an earlier command
        raise InputError(
            "these results are not complete",
            field="folder",
            value=str(folder),
            allowed="a complete history",
            remedy="give the same command again: it resumes",
        )
    return HistoryResults(
        folder, manifest, {name: pd.read_parquet(folder / f"{name}.parquet") for name in FRAMES}, world
    )


def read_study(folder: Path) -> StudyResults:
    """Read a study; raises InputError if there is none in the folder, or its manifest is not one of a study."""
    return StudyResults(
        folder,
        _manifest(folder, study_kinds(), "study", "a folder that run.py study or compare wrote", "run the study first"),
        read_tables(folder / "tables"),
    )


def read_validation(folder: Path) -> ValidationResults:
    """Read a validation; raises InputError if there is none in the folder."""
    return ValidationResults(
        folder,
        _manifest(folder, ("validation",), "validation", "what `run.py validate` wrote", "uv run run.py validate"),
        read_tables(folder / "tables"),
    )


def _manifest(folder: Path, kinds: Container[str], what: str, allowed: str, remedy: str) -> dict[str, Any]:
    """The manifest of a folder that holds results of one of `kinds`."""
    manifest = read_manifest(folder)
    needed = {"kind", "title", *(("baseline", "window", "outcomes") if what == "study" else ())}
    if manifest.get("kind") not in kinds or not needed <= set(manifest):
        raise InputError(
            f"there is no {what} in this folder", field="folder", value=str(folder), allowed=allowed, remedy=remedy
        )
    check_manifest(manifest, str(folder / "manifest.json"), whole=True)
    return manifest


def read_tables(folder: Path) -> dict[str, pd.DataFrame]:
    """All tables of a folder by name; an empty file is a frame without rows."""
    return {
        path.stem: pd.read_csv(path, keep_default_na=False, na_values=["", "nan"])
        if path.read_bytes().strip()
        else pd.DataFrame()
        for path in sorted(folder.glob("*.csv"))
    }
