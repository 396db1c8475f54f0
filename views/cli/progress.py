"""One display of progress for histories, studies and fits: what is done, how far it is, how fast, how long still."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from views import theme
from views.cli.command import as_called
from views.cli.terminal import messages

if TYPE_CHECKING:
    from rich.progress import Progress

    from experiments.calibration.inference import Generation
    from experiments.ensemble import history
    from experiments.ensemble.runner import Effort

__all__ = ["Display", "counted", "showing"]

UPDATE_SECONDS: Final = 0.2
WEEKS_A_YEAR: Final = 52.18


@contextmanager
def showing() -> Iterator[Display]:
    """Give a display on stderr. Nothing is drawn before it is used, so that a refusal stands alone on the screen."""
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]}"),
        TimeRemainingColumn(),
    )
    bar = Progress(*columns, console=messages(), transient=True)
    try:
        yield Display(bar)
    finally:
        bar.stop()


class Display:
    """A line for what is done now; what has ended stays above it."""

    def __init__(self, bar: Progress) -> None:
        self.bar = bar
        self.what = ""
        self.task: Any = None
        self.noted: set[str] = set()
        self.started = self.updated = 0.0

    def begin(self, what: str) -> None:
        """Show a part of the job in place of the one before."""
        self.bar.start()
        if self.task is not None:
            self.bar.remove_task(self.task)
        self.what, self.started, self.updated = what, time.perf_counter(), 0.0
        self.task = self.bar.add_task(what, total=None, rate="", left="")

    def doing(self, what: str) -> None:
        """Show a part of the job whose end is not known; where there is no terminal, as a line of its own."""
        self.begin(what)
        if not self.bar.console.is_terminal:
            self.note(what)

    def note(self, text: str, style: str = "") -> None:
        """Print a line that stays, once."""
        if text not in self.noted:
            self.noted.add(text)
            self.bar.console.print(as_called(text), style=style, soft_wrap=True, markup=False, highlight=False)

    def show(self, what: str, done: int, of: int, rate: str) -> None:
        """Show how far a part with a known end is."""
        if what != self.what:
            self.begin(what)
        self.bar.update(self.task, completed=done, total=of, rate=rate, left="left")

    def step(self, what: str, done: int, of: int) -> None:
        """Show how far a part of a fit with a known end is."""
        self.show(what, done, of, f"{done:,} of {of:,}")

    def runs(self, count: int) -> None:
        """Show how many runs were made of a part whose end is not known."""
        now = time.perf_counter()
        if now - self.updated > UPDATE_SECONDS:
            self.updated = now
            rate = count / max(now - self.started, 1e-9)
            self.bar.update(self.task, rate=f"{count:,} runs, {rate:,.1f} a second")

    def generation(self, made: Generation) -> None:
        """Print a generation of a fit that has ended."""
        self.note(
            f"generation {made.number + 1}: temperature {theme.number(made.temperature)}, "
            f"{100 * made.accepted_share:.0f}% of {made.simulations:,} runs accepted, best chi-square "
            f"{theme.number(made.best)}"
        )

    def effort(self, effort: Effort) -> None:
        """Show how many runs of a study were made."""
        for text in effort.notes:
            self.note(text, style="yellow")
        if effort.kept:
            self.note(f"{counted(effort.kept)} of {effort.planned:,} are there already")
        speed = effort.fresh / max(effort.seconds, 1e-3)
        failed = f", {effort.failed:,} failed" if effort.failed else ""
        rate = f"{effort.fresh:,} of {counted(effort.planned - effort.kept)}, {speed:,.1f} runs/s{failed}"
        self.show("simulating", effort.kept + effort.fresh, effort.planned, rate)

    def history(self, state: history.Progress) -> None:
        """Show how far a history is."""
        for warning in state.warnings:
            self.note(f"Warning: {warning}", style="yellow")
        if state.stage == "preparing":
            cold = "compiling the weekly rules (first time only, a minute or two)"
            self.doing(cold if state.compiled else "preparing the weekly rules")
        elif state.stage == "prepared":
            what = "weekly rules compiled in" if state.compiled else "weekly rules, compiled earlier, loaded in"
            self.note(f"{what} {state.seconds:.1f} s")
        else:
            years, runs = state.weeks / WEEKS_A_YEAR, counted(state.all_replications)
            rate = f"{state.replications} of {runs}, {years / max(state.seconds, 1e-3):,.0f} years/s"
            self.show("simulating", state.weeks, state.all_weeks, rate)
            if state.replications == state.all_replications:
                self.note(f"{runs}, {years:,.0f} years simulated in {state.seconds:.1f} s")


def counted(runs: int) -> str:
    """Number of runs in words: 1 run, 20 runs."""
    return f"{runs} run" if runs == 1 else f"{runs:,} runs"
