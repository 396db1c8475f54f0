"""Size of an ABC-SMC fit, its generations, their log, and where fits report how far they are: all without pyABC."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from experiments.ensemble.folder import from_json, to_json, write_atomically


@dataclass(frozen=True)
class Settings:
    """Size of a fit.

    Attributes
    ----------
    population
        Parameter sets in a generation.
    generations
        At most so many.
    least_acceptance
        The fit ends with the generation that accepts a smaller share of its runs.
    misfit
        Temperature at which it ends: variance of the error in units of that of the record. None takes the reduced
        chi-square of the best run that was met, at least 1.
    """

    population: int = 400
    generations: int = 10
    least_acceptance: float = 0.01
    misfit: float | None = None


class Generation(NamedTuple):
    """A generation that has ended; `best` is the chi-square of the best run met so far."""

    number: int
    temperature: float
    accepted_share: float
    simulations: int
    best: float
    seconds: float


class Progress:
    """Hears of a task's progress; this one shows nothing. `views.cli.progress` shows it in a terminal."""

    def doing(self, what: str) -> None:
        """What the task does from now on."""

    def runs(self, count: int) -> None:
        """How many runs of the present part have ended."""

    def step(self, what: str, done: int, of: int) -> None:
        """How far a part with a known end is."""

    def generation(self, made: Generation) -> None:
        """A generation of ABC-SMC that has ended."""


class Log:
    """Generations that have ended and what the next begins with, kept beside the database: pyABC keeps neither.

    Attributes
    ----------
    next
        Temperature of the next generation and norm of its acceptance.
    ended
        Whether the last generation was the last of the fit.
    """

    def __init__(self, database: Path | None) -> None:
        self.path = None if database is None else database.with_suffix(".json")
        content = from_json(self.path.read_text(encoding="utf-8")) if self.path and self.path.exists() else {}
        self.made = [Generation(*row) for row in content.get("generations", ())]
        self.next, self.ended = content.get("next", {}), bool(content.get("ended"))

    def add(self, generation: Generation, temperature: float, norm: float, *, ended: bool) -> None:
        """Note a generation, and the temperature and norm of acceptance of the next."""
        self.made.append(generation)
        self.next, self.ended = {"temperature": temperature, "norm": norm}, ended
        if self.path is not None:
            write_atomically(self.path, to_json({"ended": ended, "generations": self.made, "next": self.next}))
