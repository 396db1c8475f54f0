"""Messages and tables on the terminal: messages go to stderr, results to stdout. Rich is loaded when it is needed."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from views.cli.command import as_called

if TYPE_CHECKING:
    from rich.console import Console

    from experiments.expected import Work


PLAIN_COLUMNS: Final = 160
"""Width of tables that go to a file or a pipe."""


def messages() -> Console:
    """Where progress and refusals go: stderr, so that stdout holds results only."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def say(text: str, style: str = "") -> None:
    """Print a message that is not a result; long lines are not broken, so that they can be searched."""
    from rich.text import Text

    messages().print(Text(as_called(text), style=style), soft_wrap=True)


def warn(warning: object) -> None:
    """Print a warning; nothing where it is empty."""
    if warning:
        say(f"Warning: {warning}", style="yellow")


def say_expected(work: Work, organisations: int, workers: int | None) -> None:
    """Say before a long job how long it will take and how much memory."""
    from experiments.expected import expect

    if text := str(expect(work, organisations, workers)):
        say(text)


def shown(path: Path) -> str:
    """A path as short as it can be written from here."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def print_path(path: Path) -> None:
    """Print where results were written: the last line of a command."""
    typer.echo(shown(path))


def print_table(
    title: str, heads: Iterable[str], rows: Iterable[Sequence[Any]], right: int = 0, *, lines: bool = False
) -> None:
    """Print a table; the last `right` columns hold numbers. Without a terminal it takes PLAIN_COLUMNS columns."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table, names = Table(title=title, title_justify="left", header_style="bold", show_lines=lines), list(heads)
    for place, head in enumerate(names):
        table.add_column(head, justify="right" if place >= len(names) - right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(str(cell)) for cell in row))
    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else PLAIN_COLUMNS
    Console(width=width, highlight=False).print(table)
