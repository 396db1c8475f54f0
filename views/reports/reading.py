"""What a report is made of: the manifest and the tables of a study, and the names under which things are shown."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, NamedTuple

import pandas as pd

from experiments.analysis.intervals import UNITS, preliminary
from experiments.design.factors import read_back
from experiments.ensemble.folder import read_manifest
from experiments.ensemble.manifests import check_manifest
from model.errors import InputError
from views import theme

__all__ = ["OUTCOMES", "Shown", "Study", "read_study"]

MAIN_TABLES: Final = ("paired", "morris", "sobol", "shapley", "front", "arms")
KINDS: Final = ("compare", "sweep", "screening", "sobol", "attribution", "search", "headline")


class Shown(NamedTuple):
    """How an outcome is shown: its name, the factor its values are multiplied by, the unit after that."""

    name: str
    factor: float
    unit: str

    def amount(self, value: float, digits: int = 2) -> str:
        """A value with its unit."""
        return f"{theme.number(value * self.factor, digits)} {self.unit}".strip()


OUTCOMES: Final = {
    "arrived_europe_kg": Shown("Landed in Europe", 1e-3, "t a year"),
    "consumed_europe_kg": Shown("Consumed in Europe", 1e-3, "t a year"),
    "expected_seized_kg": Shown("Expected seizures, origins included", 1e-3, "t a year"),
    "seized_kg": Shown("Seized, origins included", 1e-3, "t a year"),
    "seized_eu_bulk_kg": Shown("Seized in the EU", 1e-3, "t bulk a year"),
    "west_africa_kg": Shown("Through West Africa", 1e-3, "t a year"),
    "dispatched_kg": Shown("Sent out", 1e-3, "t a year"),
    "moved_kg": Shown("Carried, summed over legs", 1e-3, "t a year"),
    "sea_moved_kg": Shown("Carried by boat, summed over legs", 1e-3, "t a year"),
    "cued_kg": Shown("At sea and known to somebody able to act", 1e-3, "t a year"),
    "acted_kg": Shown("At sea and acted on", 1e-3, "t a year"),
    "boarded_expected_kg": Shown("Removed by boarding", 1e-3, "t a year"),
    "shore_removed_kg": Shown("Removed by inspection and police", 1e-3, "t a year"),
    "price_europe": Shown("Wholesale price in Europe", 1.0, "EUR/kg"),
    "corruption": Shown("Corruption in West Africa, at the end", 1.0, "(0 to 1)"),
    "known_share": Shown("Share of what moves that is known of", 100.0, "percentage points"),
    "act_rate": Shown("Share of cues acted on", 100.0, "percentage points"),
    "profit_eur": Shown("Profit of organisations", 1e-6, "EUR m a year"),
}


@dataclass(frozen=True)
class Study:
    """A study as its folder holds it."""

    folder: Path
    manifest: dict[str, Any]

    @property
    def kind(self) -> str:
        """What kind of study it is."""
        return str(self.manifest["kind"])

    def table(self, name: str) -> pd.DataFrame:
        """A table of the analysis; empty where there is none."""
        return self._tables.get(name, pd.DataFrame())

    @cached_property
    def _tables(self) -> dict[str, pd.DataFrame]:
        return {path.stem: pd.read_csv(path) for path in sorted((self.folder / "tables").glob("*.csv"))}

    def scenario(self, name: str) -> str:
        """Short title of a scenario: what follows its code."""
        title = str(self.manifest.get("scenarios", {}).get(name, name))
        _, colon, rest = title.partition(": ")
        short = rest if colon else title
        return short[:1].upper() + short[1:]

    def outcome(self, name: str) -> Shown:
        """How an outcome is shown."""
        if name in OUTCOMES:
            return OUTCOMES[name]
        row = self.manifest.get("outcomes", {}).get(name, {})
        text = str(row.get("description", name)).split(",")[0]
        unit = str(row.get("unit", ""))
        return Shown(text[:1].upper() + text[1:], 1.0, "" if unit == "share" else unit)

    def factor(self, name: str) -> str:
        """Title of a factor."""
        for row in self.manifest.get("factors", []):
            if row["name"] == name:
                title = str(row["title"])
                return title.replace("_", " ") if title == name else title
        return name.replace("_", " ")

    def level(self, name: str, value: float) -> str:
        """A level of a factor in words; days as dates."""
        rows = (row for row in self.manifest.get("factors", []) if row["name"] == name)
        return read_back(next(rows, {"name": name})).shown(float(value))

    @property
    def window(self) -> str:
        """Years that are read, in words."""
        first, last = self.manifest["window"]
        return f"{first} to {last}"

    @property
    def baseline(self) -> str:
        """Title of the baseline."""
        return self.scenario(str(self.manifest["baseline"]))

    def note(self, rows: pd.DataFrame | None = None) -> str:
        """What is said with results of few seeds, as "preliminary, 3 seeds"; `rows` is the table that is shown.

        A table says in `n` or `worlds` how many seeds, trajectories, blocks or worlds it rests on, since runs may have
        failed; without them it is the number of seeds of the study.
        """
        unit = UNITS.get(self.kind, "seed")
        column = "worlds" if self.kind == "search" else "n"
        if rows is None:
            rows = next((found for name in MAIN_TABLES if len(found := self.table(name))), pd.DataFrame())
        return preliminary(float(rows[column].min()) if column in rows else float(self.seeds), unit)

    @property
    def seeds(self) -> int:
        """Number of replications."""
        return len(self.manifest.get("seeds", []))


def read_study(folder: Path) -> Study:
    """Read the manifest of a study.

    Raises
    ------
    InputError
        If there is no study in the folder, or its manifest is not one.
    """
    manifest = read_manifest(Path(folder))
    needed = ("kind", "title", "baseline", "window", "outcomes")
    if manifest.get("kind") not in KINDS or any(n not in manifest for n in needed):
        raise InputError("there is no study in this folder", field="folder", value=str(folder),
                         allowed="a folder that run.py study or compare wrote",
                         remedy="run the study first")  # fmt: skip
    check_manifest(manifest, str(Path(folder) / "manifest.json"), whole=True)
    return Study(Path(folder), manifest)
