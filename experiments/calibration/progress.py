"""Where calibrations and validations report how far they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from experiments.calibration.inference import Generation

__all__ = ["Progress"]


class Progress:
    """Hears of a task's progress; this one shows nothing. `views.cli.fit_terminal` shows it in a terminal."""

    def doing(self, what: str) -> None:
        """What the task does from now on."""

    def runs(self, count: int) -> None:
        """How many runs of the present part have ended."""

    def step(self, what: str, done: int, of: int) -> None:
        """How far a part with a known end is."""

    def generation(self, made: Generation) -> None:
        """A generation of ABC-SMC that has ended."""
