"""What is fitted to what: priors of the free parameters, rival structures, and a run as a vector of statistics."""

from __future__ import annotations

import hashlib
import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np

from experiments.ensemble.threads import parallel_map
from experiments.evidence.targets import FIT, Target, load_targets, simulated
from model import RouteModel, Scenario, calendar, load_world
from model.columns import Array
from model.errors import InputError, closest
from model.files import read_toml
from model.scenario.events import PARAMETER_ROWS
from model.world import World

__all__ = ["STRUCTURES", "Prior", "Problem", "Structure", "read_priors", "read_structures", "seed_of",
           "succeeded"]  # fmt: skip

HERE: Final = Path(__file__).resolve().parent
SCENARIO: Final = "as-it-happened"
LINEAR, LOG = "linear", "log"
FAILED_SHIFT: Final = 1e3
"""What is added to the targets, on the scale of comparison, for a run that failed."""
MOST_FAILED: Final = 50
"""How far a run that failed lies from every target."""


@dataclass(frozen=True)
class Prior:
    """A free parameter: uniform between its bounds, in the value or in its logarithm."""

    parameter: str
    low: float
    high: float
    scale: str = LINEAR

    def to_unit(self, value: Any) -> Array:
        """Place in the prior: 0 at its low end, 1 at its high end."""
        x = np.asarray(value, dtype=float)
        if self.scale == LOG:
            return np.log(x / self.low) / math.log(self.high / self.low)
        return (x - self.low) / (self.high - self.low)

    def from_unit(self, unit: Any) -> Array:
        """Value at a place in the prior."""
        u = np.clip(np.asarray(unit, dtype=float), 0.0, 1.0)
        if self.scale == LOG:
            return self.low * np.exp(u * math.log(self.high / self.low))
        return self.low + u * (self.high - self.low)


@dataclass(frozen=True)
class Structure:
    """A rival theory: settings of switches (or of parameters that switch a feedback off)."""

    name: str
    title: str
    settings: Mapping[str, Any]


def read_priors(path: Path = HERE / "free.toml") -> tuple[Prior, ...]:
    """Priors of the free parameters; bounds are those of the parameter table unless given.

    Raises
    ------
    InputError
        If there is no such parameter, it is a switch, or its range is empty.
    """
    found = []
    for entry in read_toml(path).get("free", []):
        name, row = str(entry.get("parameter")), PARAMETER_ROWS.get(str(entry.get("parameter")))
        if row is None or row.low is None or row.high is None:
            near = closest(name, PARAMETER_ROWS)
            raise InputError("this cannot be fitted", file=path.name, field="free.parameter", value=name,
                             allowed="a parameter with a range (`run.py parameters`)",
                             remedy=f"did you mean {near!r}?" if near else "take another")  # fmt: skip
        prior = Prior(name, float(entry.get("low", row.low)), float(entry.get("high", row.high)),
                      str(entry.get("scale", LINEAR)))  # fmt: skip
        if not row.low <= prior.low < prior.high <= row.high or (prior.scale == LOG and prior.low <= 0.0):
            raise InputError("this is no range to fit in", file=path.name, field=name, value=(prior.low, prior.high),
                             allowed=f"low below high within {row.allowed}; above zero where scale is log",
                             remedy="mend low and high")  # fmt: skip
        found.append(prior)
    return tuple(found)


def read_structures(path: Path = HERE / "structures.toml") -> dict[str, Structure]:
    """Rival structures by name; the first is the one the model ships with."""
    entries = read_toml(path).get("structure", [])
    return {e["name"]: Structure(e["name"], e["title"], dict(e.get("settings", {}))) for e in entries}


def seed_of(unit: Sequence[float]) -> int:
    """Seed of a parameter set: an address and not a counter, so that the set alone gives the same run again."""
    packed = struct.pack(f">{len(unit)}d", *[float(u) for u in unit])
    return int.from_bytes(hashlib.sha256(packed).digest()[:4], "big")


@dataclass(frozen=True)
class Problem:
    """Targets, priors and the structure under which runs are made.

    A parameter set is a point of the unit cube, one coordinate for each prior; runs are made up to the last year that a
    target needs.
    """

    priors: tuple[Prior, ...]
    targets: tuple[Target, ...]
    structure: Structure
    world: World
    organisations: int = 150
    failures: list[str] = field(default_factory=list, compare=False)
    """What went wrong in runs made `safely`, an error each."""

    @classmethod
    def usual(
        cls, structure: str = "base", organisations: int = 150, families: Sequence[str] | None = None,
        free: int | None = None,
    ) -> Problem:  # fmt: skip
        """The problem that ships: all targets for fitting, all free parameters.

        Raises
        ------
        InputError
            If there is no such structure or family.
        """
        structures = read_structures()
        if structure not in structures:
            near = closest(structure, structures)
            raise InputError("there is no such structure", field="structure", value=structure,
                             allowed=", ".join(structures),
                             remedy=f"did you mean {near!r}?" if near else "take one of these")  # fmt: skip
        world = load_world()
        return cls(
            read_priors()[:free], tuple(load_targets(world.tables, FIT, families)), structures[structure], world,
            organisations,
        )  # fmt: skip

    @cached_property
    def scenario(self) -> Scenario:
        """The history that is fitted."""
        return Scenario.load(SCENARIO)

    @cached_property
    def last_year(self) -> int:
        """Last year that a target is read in."""
        return max(target.years[-1] for target in self.targets)

    @cached_property
    def observed(self) -> Array:
        """Published values on the scale of comparison, shape (targets,)."""
        return np.array([target.scaled_value for target in self.targets])

    @cached_property
    def error_sd(self) -> Array:
        """Error of the record on that scale, shape (targets,)."""
        return np.array([target.sd for target in self.targets])

    @cached_property
    def weights(self) -> Array:
        """Weights of the targets, shape (targets,)."""
        return np.array([target.weight for target in self.targets])

    def parameters(self, unit: Sequence[float]) -> dict[str, Any]:
        """Values of the parameters at a point of the unit cube, with the settings of the structure."""
        values: dict[str, Any] = dict(self.structure.settings)
        for prior, u in zip(self.priors, unit, strict=True):
            values[prior.parameter] = float(prior.from_unit(u))
        return values

    def model(self, values: Mapping[str, Any], seed: int) -> RouteModel:
        """A model that has run as far as the targets need."""
        model = RouteModel(self.scenario, seed, self.organisations, world=self.world, **values)
        model.run_until(calendar.monday(calendar.first_week(self.last_year + 1)))
        return model

    def run(self, values: Mapping[str, Any], seed: int, *, realised: bool = False) -> Array:
        """Statistics of a run on the scale of comparison, shape (targets,)."""
        model = self.model(values, seed)
        found = simulated(self.targets, model, realised=realised)
        del model.state, model.buffers
        return self.scaled(found)

    def scaled(self, statistics: Array) -> Array:
        """Statistics, in the units of the record along the last axis, on the scale of comparison."""
        columns = [target.scaled(statistics[..., i]) for i, target in enumerate(self.targets)]
        return np.stack(columns, axis=-1)

    def at(self, unit: Sequence[float]) -> Array:
        """Statistics of the run that belongs to a point of the unit cube."""
        return self.run(self.parameters(unit), seed_of(unit))

    def safely(self, unit: Sequence[float]) -> Array:
        """The same; a run that fails is noted and lies far from every target, until `MOST_FAILED` have failed."""
        try:
            return self.at(unit)
        except Exception as error:
            self.failures.append(f"{type(error).__name__}: {error}")
            if len(self.failures) > MOST_FAILED:
                raise
            return self.observed + FAILED_SHIFT

    def chance_sd(self, replications: int = 24, workers: int | None = None) -> Array:
        """Spread of the realised statistics over seeds at the defaults, shape (targets,): chance, not doubt."""
        values = dict(self.structure.settings)
        runs = parallel_map(lambda seed: self.run(values, seed, realised=True), range(1, replications + 1), workers)
        return np.std(np.array(runs), axis=0, ddof=1)

    def identity(self) -> dict[str, Any]:
        """What a calibration depends on, beside the sources and tables of the model."""
        return {
            "structure": self.structure.name, "settings": dict(self.structure.settings),
            "organisations": self.organisations, "targets": [target.name for target in self.targets],
            "priors": [[p.parameter, p.low, p.high, p.scale] for p in self.priors],
        }  # fmt: skip


def succeeded(statistics: Array) -> Array:
    """Which runs, rows of statistics, have not failed."""
    good: Array = np.isfinite(statistics).all(axis=1) & (np.abs(statistics) < 0.5 * FAILED_SHIFT).all(axis=1)
    return good


def misfit(problem: Problem, statistics: Array, variance: Array) -> Array:
    """Weighted chi-square of runs, shape (...,)."""
    found: Array = ((statistics - problem.observed) ** 2 / variance).sum(axis=-1)
    return found


STRUCTURES: Final = HERE / "structures.toml"
