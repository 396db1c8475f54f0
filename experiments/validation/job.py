"""A validation: which posterior is judged, with how many of its sets; and how these are run."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from experiments.calibration.generations import Progress
from experiments.calibration.posterior import Posterior, load_posterior
from experiments.ensemble import seeds
from experiments.validation.natural import Change, NaturalExperiment, readings_of, same
from experiments.validation.predict import Predicted, predict
from model.columns import Array


@dataclass(frozen=True)
class Size:
    """Sets of the posterior that each part is run with."""

    draws: int = 200
    trials: int = 40
    surge: int = 60
    remedies: int = 60
    policies: int = 100
    organisations: int = 150


USUAL: Final = Size()
QUICK: Final = Size(draws=16, trials=4, surge=6, remedies=8, policies=4, organisations=60)


@dataclass(frozen=True)
class Job:
    """What the parts of a validation have in common.

    Attributes
    ----------
    structure
        Whose posterior is judged; `experiments.calibration.posterior.reading_from` reads it from another folder.
    workers
        Threads, one for each core by default; results do not depend on it.
    """

    structure: str = "base"
    size: Size = USUAL
    workers: int | None = None
    progress: Progress = Progress()  # noqa: RUF009  it holds nothing

    @cached_property
    def posterior(self) -> Posterior:
        """The posterior that is judged; raises InputError if there is none."""
        return load_posterior(self.structure)

    def predict(self, draws: int, change: Change = same) -> Predicted:
        """Predictions of so many sets, at most all, of history or of one that is changed."""
        count, organisations = min(draws, len(self.posterior)), self.size.organisations
        return predict(self.posterior, count, organisations, change, workers=self.workers, done=self.progress.runs)

    def ask(self, experiment: NaturalExperiment, draws: int, done: Callable[[int], object]) -> Array:
        """Readings of an experiment for so many sets, as `readings_of` gives them."""
        runs = [(self.posterior.values(draw), seeds.for_draw(draw)) for draw in range(draws)]
        return readings_of(experiment, runs, self.size.organisations, workers=self.workers, done=done)
