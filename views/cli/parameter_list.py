"""The list of parameters on the screen, as CSV and as the Markdown of the documentation."""

from __future__ import annotations

import csv
import sys
from typing import Literal

import typer

from model.parameter_fields import ParameterRow, markdown_table, parameter_rows
from model.parameters import Parameters
from views.cli import terminal
from views.cli.settings import refuse

__all__ = ["print_parameters"]


def print_parameters(group: str | None, form: Literal["table", "csv", "markdown"]) -> None:
    """Print every parameter, or those of one group.

    Raises
    ------
    InputError
        If there is no such group.
    """
    rows = _chosen(group)
    if form == "csv":
        _print_csv(rows)
    elif form == "markdown":
        _print_markdown(group)
    else:
        heads = ("name", "default", "allowed", "role", "group", "meaning")
        cells = [(r.name, terminal.plain(r.default), r.allowed, r.role, r.group, r.description) for r in rows]
        terminal.print_table(f"Parameters ({len(rows)})", heads, cells)


def _chosen(group: str | None) -> list[ParameterRow]:
    """Rows of one group of parameters, or of all."""
    rows = list(parameter_rows(Parameters).values())
    groups = list(dict.fromkeys(row.group for row in rows))
    if group is not None and group not in groups:
        refuse("there is no such group of parameters", "--group", group, ", ".join(groups), "choose one of these")
    return [row for row in rows if group in (None, row.group)]


def _print_csv(rows: list[ParameterRow]) -> None:
    """Print parameters as CSV, a column for everything that is known of them."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(ParameterRow._fields)
    for row in (row._replace(options=tuple(row.options)) for row in rows):
        writer.writerow([" | ".join(cell) if isinstance(cell, tuple) else terminal.plain(cell) for cell in row])


def _print_markdown(group: str | None) -> None:
    """Print the Markdown table of the documentation, or its section of one group."""
    sections = markdown_table(Parameters).split("### ")[1:]
    chosen = (text for text in sections if group is None or text.startswith(f"{group}\n"))
    typer.echo("".join(f"### {text}" for text in chosen).rstrip())
