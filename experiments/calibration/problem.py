"""What is fitted to what: targets, free parameters, a structure, and a run as a vector of statistics."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, Final

import numpy as np

from experiments.calibration.likelihood import FAILED_SHIFT, Likelihood
from experiments.calibration.priors import Prior, Structure, read_priors, structure_named
from experiments.ensemble import seeds
from experiments.ensemble.models import Experiment, read_model, read_models
from experiments.evidence.targets import FIT, Target, load_targets, scaled, simulated
from model import RouteModel, Scenario, calendar, load_world
from model.columns import Array
from model.world import World

SCENARIO: Final = "as-it-happened"
MOST_FAILED: Final = 50
"""Runs that may fail before a fit ends with their error."""


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
        cls,
        structure: str = "base",
        organisations: int = 150,
        families: Sequence[str] | None = None,
        free: int | None = None,
    ) -> Problem:
        """The problem that ships: all targets for fitting, all free parameters.

        Raises
        ------
        InputError
            If there is no such structure or family.
        """
        theory, world = structure_named(structure), load_world()
        return cls(read_priors()[:free], tuple(load_targets(world.tables, FIT, families)), theory, world, organisations)

    @cached_property
    def names(self) -> list[str]:
        """Names of the free parameters."""
        return [prior.parameter for prior in self.priors]

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

    def likelihood(self, chance_sd: Array) -> Likelihood:
        """The error that a fit assumes: of the record, and of chance over seeds (`chance_sd`), over weights."""
        return Likelihood(self.observed, (self.error_sd**2 + chance_sd**2) / self.weights, float(self.weights.sum()))

    def parameters(self, unit: Sequence[float]) -> dict[str, Any]:
        """Values of the parameters at a point of the unit cube, with the settings of the structure."""
        values = {prior.parameter: float(prior.from_unit(u)) for prior, u in zip(self.priors, unit, strict=True)}
        return {**self.structure.settings, **values}

    def experiment(self, values: Mapping[str, Any], seed: int) -> Experiment:
        """A run as far as the targets need, with every seizure recorded."""
        until = calendar.monday(calendar.first_week(self.last_year + 1))
        return Experiment(self.scenario.with_parameters(**values), seed, self.organisations, "events", until)

    def read(self, model: RouteModel, *, realised: bool = False) -> Array:
        """Statistics of a model on the scale of comparison, shape (targets,)."""
        return scaled(self.targets, simulated(self.targets, model, realised=realised))

    def run(self, values: Mapping[str, Any], seed: int) -> Array:
        """Statistics of a run on the scale of comparison, shape (targets,)."""
        return read_model(self.experiment(values, seed), self.read, world=self.world)

    def run_all(
        self,
        runs: Iterable[tuple[Mapping[str, Any], int]],
        workers: int | None = None,
        done: Callable[[int], object] = lambda _: None,
        *,
        realised: bool = False,
    ) -> Array:
        """Statistics of several runs, each given by its parameters and its seed, shape (runs, targets)."""
        return np.array(
            read_models(
                [self.experiment(values, seed) for values, seed in runs],
                partial(self.read, realised=realised),
                world=self.world,
                workers=workers,
                done=done,
            )
        )

    def at(self, unit: Sequence[float]) -> Array:
        """Statistics of the run that belongs to a point of the unit cube."""
        return self.run(self.parameters(unit), seeds.for_parameters(unit))

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
        """Spread of the realised statistics over seeds at the defaults, shape (targets,)."""
        runs = [(self.structure.settings, seed) for seed in seeds.replications(1, replications)]
        return np.std(self.run_all(runs, workers, realised=True), axis=0, ddof=1)

    def identity(self) -> dict[str, Any]:
        """What a calibration depends on, beside the sources and tables of the model."""
        return {
            "structure": self.structure.name,
            "settings": dict(self.structure.settings),
            "organisations": self.organisations,
            "targets": [target.name for target in self.targets],
            "priors": [[p.parameter, p.low, p.high, p.scale] for p in self.priors],
        }
