"""How a command is declared: with examples for its help, and with options gathered in groups."""

import inspect
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import wraps
from typing import Any

import typer

from views.cli.command import COMMAND


def command[F: Callable[..., None]](app: typer.Typer, *lines: str, name: str | None = None) -> Callable[[F], F]:
    """Declare a function as a command of an app; `lines` are the examples of its help.

    A parameter whose type is a dataclass stands for a group of options, one for each field. Commands share options by
    sharing such a class.
    """
    examples = "Examples:\n\n" + "\n\n".join(f"  [bold]{COMMAND} {line}[/bold]" for line in lines)

    def declare(function: F) -> F:
        app.command(name=name, epilog=examples)(_without_groups(function))
        return function

    return declare


def _without_groups(function: Callable[..., None]) -> Callable[..., None]:
    """The function as Typer reads it: every option is a parameter of its own."""
    parameters = inspect.signature(function, eval_str=True).parameters
    groups: dict[str, Any] = {name: one.annotation for name, one in parameters.items() if is_dataclass(one.annotation)}

    @wraps(function)
    def gather(**given: Any) -> None:
        made = {
            name: group(**{field.name: given.pop(field.name) for field in fields(group)})
            for name, group in groups.items()
        }
        function(**given, **made)

    options = (
        option
        for name, one in parameters.items()
        for option in (inspect.signature(groups[name], eval_str=True).parameters.values() if name in groups else [one])
    )
    # options without a default may follow those with one where all are given by name
    single = [option.replace(kind=inspect.Parameter.KEYWORD_ONLY) for option in options]
    gather.__signature__ = inspect.Signature(single)  # type: ignore[attr-defined]
    return gather
