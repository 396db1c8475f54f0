"""Options that several commands share, single and in groups; how their values are read, checked and refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, NoReturn

import typer

if TYPE_CHECKING:
    from model import Scenario

RESULTS: Final = Path("results")
ORGANISATIONS, SEED = 150, 1


def read_pairs(texts: Sequence[str], option: str, example: str) -> dict[str, str]:
    """NAME=VALUE texts of an option as a dictionary.

    Raises
    ------
    InputError
        When a text is not of that form or a name is given twice.
    """
    pairs: dict[str, str] = {}
    for text in texts:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not (name and equals and value):
            refuse("this is not a setting", option, text, "NAME=VALUE", f"write it as {option} {example}")
        if name in pairs:
            refuse("this name is set twice", option, text, "every name once", "leave one out")
        pairs[name] = value
    return pairs


def read_settings(settings: Sequence[str]) -> dict[str, Any]:
    """Parameter values from NAME=VALUE texts; values are left as text where they are no number.

    Raises
    ------
    InputError
        As `read_pairs`. Names and values are checked by the model.
    """
    return {name: _value(name, text) for name, text in read_pairs(settings, "--set", "sharing_scale=1.5").items()}


def _value(name: str, text: str) -> object:
    """A value as the parameter wants it; text that does not fit stays text, for the model to refuse."""
    from model.parameter_fields import parameter_rows
    from model.parameters import Parameters

    row = parameter_rows(Parameters).get(name)
    if row is None or row.options:
        return text
    if isinstance(row.default, bool):
        return {"true": True, "false": False}.get(text.lower(), text)
    try:
        return int(text) if isinstance(row.default, int) else float(text)
    except ValueError:
        return text


def refuse(message: str, field: str, value: object, allowed: str, remedy: str) -> NoReturn:
    """Raise an InputError."""
    from model.errors import InputError

    raise InputError(message, field=field, value=value, allowed=allowed, remedy=remedy)


def whole(least: int, most: int) -> Callable[[typer.CallbackParam, int | None], int | None]:
    """Check of an option: a whole number from `least` to `most`, or none. Typer's own names no value and no remedy."""

    def check(parameter: typer.CallbackParam, value: int | None) -> int | None:
        if value is not None and not least <= value <= most:
            name, allowed = str(parameter.name).replace("_", "-"), f"a whole number from {least} to {most:,}"
            refuse("not a number that fits", f"--{name}", value, allowed, "choose one of these, or leave it out")
        return value

    return check


def out_folder(text: str) -> Path:
    """The folder of --out; an empty name is refused, which would mean the working directory."""
    if not str(text).strip():
        raise typer.BadParameter(
            f"{text!r}: the name of the folder is empty. Allowed: a new or empty folder, or one that this command "
            "wrote. Remedy: leave --out out, or name a folder"
        )
    return Path(text)


# --- what is simulated --------------------------------------------------------------------------------------------

Seed = Annotated[int, typer.Option("--seed", help="Seed; the same seed gives the same run, to the last bit.")]
Organisations = Annotated[int, typer.Option("--organisations", help="Groups that the trade is divided among.")]
Workers = Annotated[
    int | None,
    typer.Option(
        help="Threads; results do not depend on it. \\[all cores]", show_default=False, callback=whole(1, 4_096)
    ),
]
OtherModel = Annotated[
    bool, typer.Option("--allow-other-model", help="Draw from a posterior that was fitted on other rules or tables.")
]


@dataclass(frozen=True)
class Inputs:
    """What a scenario is run with in place of the project's own: values of parameters, tables."""

    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="NAME=VALUE", help="Set a parameter (see [bold]parameters[/bold]); may be repeated."
        ),
    ] = None
    tables: Annotated[
        Path | None, typer.Option("--tables", metavar="FOLDER", help="Use these tables in place of model/data.")
    ] = None

    def scenario(self, name: str) -> Scenario:
        """A scenario by name or path, with these values of parameters."""
        from model import Scenario

        return Scenario.load(name).with_parameters(**read_settings(self.settings or []))


# --- results ------------------------------------------------------------------------------------------------------

ResultsFolder = Annotated[Path, typer.Option("--in", help="Folder of the results.")]
Images = Annotated[bool, typer.Option("--images", help="Write every figure as PNG and SVG too (needs a browser).")]
