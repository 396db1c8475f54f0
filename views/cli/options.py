"""Options that several commands share, checks of numbers, and how examples of a command are written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

import typer

from views.cli.command import COMMAND
from views.cli.settings import refuse

__all__ = [
    "RESULTS", "Cluster", "ClusterOptions", "FitSeed", "Images", "Large", "Machines", "Organisations", "OtherModel",
    "Over", "ResultsFolder", "Scheduler", "Seed", "Settings", "TablesFolder", "Workers", "at_least", "examples",
    "out_folder",
]  # fmt: skip

RESULTS: Final = Path("results")
MOST_WORKERS: Final = 4_096
MOST_FIT_SEED: Final = 2**32 - 1
"""Largest seed that NumPy's older generators take, which pyABC draws from."""


def at_least(least: int, most: int | None = None) -> Any:
    """Check of an option: a whole number from `least` on, at most `most` where it is given, or none."""
    allowed = f"a whole number from {least}" + (" on" if most is None else f" to {most:,}")

    def check(parameter: typer.CallbackParam, value: int | None) -> int | None:
        if value is not None and (value < least or (most is not None and value > most)):
            refuse(
                "not a number that fits",
                f"--{str(parameter.name).replace('_', '-')}",
                value,
                allowed,
                "choose one of these, or leave it out",
            )
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


def examples(*lines: str) -> str:
    """Epilog of a command: a line for each example."""
    return "Examples:\n\n" + "\n\n".join(f"  [bold]{COMMAND} {line}[/bold]" for line in lines)


# --- what is simulated --------------------------------------------------------------------------------------------

Seed = Annotated[int, typer.Option("--seed", help="Seed; the same seed gives the same run, to the last bit.")]
FitSeed = Annotated[
    int,
    typer.Option("--seed", help="Seed; the same seed gives the same calibration.", callback=at_least(0, MOST_FIT_SEED)),
]
Large = Annotated[
    bool, typer.Option("--large", help="Run all of a plan of more than a million runs, which is refused otherwise.")
]
Organisations = Annotated[int, typer.Option("--organisations", help="Groups that the trade is divided among.")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Set a parameter (see [bold]parameters[/bold]); may be repeated."),
]
TablesFolder = Annotated[
    Path | None, typer.Option("--tables", metavar="FOLDER", help="Use these tables in place of model/data.")
]
Over = Annotated[
    str | None,
    typer.Option(metavar="POSTERIOR", help="Draw a parameter set for each seed: posterior, or a rival structure."),
]

OtherModel = Annotated[
    bool, typer.Option("--allow-other-model", help="Draw from a posterior that was fitted on other rules or tables.")
]

# --- where runs are made ------------------------------------------------------------------------------------------

Workers = Annotated[
    int | None,
    typer.Option(help="Threads; results do not depend on it. \\[all cores]", show_default=False,
                 callback=at_least(1, MOST_WORKERS)),
]  # fmt: skip
Scheduler = Annotated[
    str | None, typer.Option(metavar="tcp://HOST:PORT", help="A running Dask scheduler to use in place of threads.")
]
Cluster = Annotated[
    str | None, typer.Option(metavar="KIND", help="Start Dask workers as jobs: slurm, pbs, sge, lsf, htcondor.")
]
ClusterOptions = Annotated[
    list[str] | None,
    typer.Option("--cluster-option", metavar="NAME=VALUE", help="As jobs=8, cores=16, memory=32GB, queue=short."),
]


class Machines(NamedTuple):
    """Where runs are made: threads here, or Dask workers."""

    workers: int | None = None
    scheduler: str | None = None
    cluster: str | None = None
    options: Sequence[str] = ()


# --- results ------------------------------------------------------------------------------------------------------

ResultsFolder = Annotated[Path, typer.Option("--in", help="Folder of the results.")]
Images = Annotated[bool, typer.Option("--images", help="Write every figure as PNG and SVG too (needs a browser).")]
