"""One display of progress for histories, studies and fits: what is done, how far it is, how fast, how long still."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from views.cli.command import as_called
from views.cli.terminal import messages, say

if TYPE_CHECKING:
    from rich.progress import Progress

    from experiments.calibration.generations import Generation
    from experiments.ensemble.runner import Effort
    from experiments.ensemble.store import Store


UPDATE_SECONDS: Final = 0.2


@contextmanager
def showing(
    before: Callable[[Effort], object] = lambda _: None, kept: Callable[[], str] = lambda: ""
) -> Iterator[Display]:
    """Give a display on stderr. Nothing is drawn before it is used, so that a refusal stands alone on the screen.

    Parameters
    ----------
    before
        Called once, before the first run of an ensemble.
    kept
        What has been kept where the job is interrupted, in words.
    """
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    rate, left = TextColumn("{task.fields[rate]}"), TextColumn("{task.fields[left]}")
    ends = SpinnerColumn(), TextColumn("{task.description}"), BarColumn()
    columns = (*ends, rate, TimeElapsedColumn(), left, TimeRemainingColumn())
    display = Display(Progress(*columns, console=messages(), transient=True), before)
    try:
        yield display
    except KeyboardInterrupt:
        text = kept()
        raise KeyboardInterrupt(f"{text}; the same command resumes there." if text else "") from None
    finally:
        display.bar.stop()
    if display.last is not None:
        say(_summary(display.last))


class Display:
    """A line for what is done now; what is to stay is printed above it."""

    def __init__(self, bar: Progress, before: Callable[[Effort], object]) -> None:
        self.bar, self.before = bar, before
        self.what = ""
        self.task: Any = None
        self.last: Effort | None = None
        self.noted: set[str] = set()
        self.started = self.updated = 0.0

    def doing(self, what: str) -> None:
        """Show a part of the job in place of the one before; where there is no terminal, as a line that stays."""
        self.bar.start()
        if self.task is not None:
            self.bar.remove_task(self.task)
        self.what, self.started = what, time.perf_counter()
        self.task = self.bar.add_task(what, total=None, rate="", left="")
        if not self.bar.console.is_terminal:
            self.note(what)

    def note(self, text: str, style: str = "") -> None:
        """Print a line that stays, once."""
        if text not in self.noted:
            self.noted.add(text)
            self.bar.console.print(as_called(text), style=style, soft_wrap=True, markup=False)

    def show(self, what: str, done: int, of: int, rate: str) -> None:
        """Show how far a part with a known end is."""
        if what != self.what:
            self.doing(what)
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
        from views import theme

        self.note(
            f"generation {made.number + 1}: temperature {theme.number(made.temperature)}, "
            f"{100 * made.accepted_share:.0f}% of {made.simulations:,} runs accepted, best chi-square "
            f"{theme.number(made.best)}"
        )

    def effort(self, effort: Effort) -> None:
        """Show how many runs of an ensemble were made; its notes are printed."""
        from experiments.ensemble.models import COMPILING

        for text in effort.notes:
            self.note(text, style="yellow")
        if COMPILING in effort.notes:
            return
        if self.last is None:
            self.before(effort)
            if effort.kept:
                self.note(f"{_counted(effort.kept)} of {effort.planned:,} are there already")
        self.last = effort
        speed = effort.fresh / max(effort.seconds, 1e-3)
        failed = f", {effort.failed:,} failed" if effort.failed else ""
        rate = f"{effort.fresh:,} of {_counted(effort.planned - effort.kept)}, {speed:,.1f} runs/s{failed}"
        self.show("simulating", effort.kept + effort.fresh, effort.planned, rate)


def kept_in(store: Store) -> str:
    """How many runs are kept in a store, in words; empty where there are none, or they cannot be read."""
    with suppress(OSError, ValueError):
        if count := len(store.runs()):
            return f"{count:,} runs are kept"
    return ""


def _counted(runs: int) -> str:
    """Number of runs in words: 1 run, 20 runs."""
    return f"{runs} run" if runs == 1 else f"{runs:,} runs"


def _summary(effort: Effort) -> str:
    speed = f", {effort.fresh / effort.seconds:,.1f} runs/s" if effort.fresh and effort.seconds else ""
    failed = f"; {effort.failed:,} failed, their tracebacks are in the runs" if effort.failed else ""
    kept = f"{effort.kept:,} were there already; " if effort.kept else ""
    return f"{kept}{_counted(effort.fresh)} in {effort.seconds:.1f} s{speed}{failed}"
