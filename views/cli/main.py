"""Highway 10 on the command line: one short command for each question a researcher asks.

``uv run run.py`` in the repository, ``highway10`` where the package is installed; without a command it is the main job.
Commands stand in a file for each theme. Heavy imports stand inside the commands, so that help is quick.
"""

import errno
import sys
from typing import Any, Final, NoReturn

import typer
from typer.core import TyperGroup

from views.cli import facts, fit, pages, simulate, studies, terminal
from views.cli.command import COMMAND

QUESTIONS: Final = ("compare s00-status-quo paris-package", "study cooperation", "history")
REFUSED: Final = 2
"""Exit code after an input that is not acceptable."""
INTERRUPTED: Final = 130
"""Exit code after Ctrl-C, as shells have it."""
UNUSABLE: Final = frozenset(
    getattr(errno, name)
    for name in ("ENAMETOOLONG", "EACCES", "EPERM", "EROFS", "ENOSPC", "ENOTDIR", "EISDIR", "ELOOP")
)
"""Answers of the file system to a path that cannot be used; all others are faults of the program."""


class Guarded(TyperGroup):
    """Commands whose refusals and interruptions end in a message and an exit code, never in a traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command: 2 after an input that is not acceptable, 130 after Ctrl-C."""
        try:
            return super().invoke(ctx)
        except ValueError as error:
            # model.errors is loaded when it was raised; importing it here would make --help slow
            if not isinstance(error, getattr(sys.modules.get("model.errors"), "InputError", ())):
                raise
            _end(f"Error: {error}", "red", REFUSED)
        except OSError as error:
            if error.errno not in UNUSABLE or error.filename is None:
                raise
            _end(f"Error: {_unusable(error)}", "red", REFUSED)
        except KeyboardInterrupt as stopped:
            kept = str(stopped) or "Earlier results are as they were, and nothing half-written is left."
            _end(f"Interrupted. {kept}", "yellow", INTERRUPTED)


def _unusable(error: OSError) -> Exception:
    from model.errors import InputError

    return InputError(
        f"the file system refuses this ({error.strerror})",
        field="path",
        value=str(error.filename),
        allowed="a path that can be used",
        remedy="choose another path",
    )


def _end(text: str, style: str, code: int) -> NoReturn:
    terminal.say(text, style=style)
    raise typer.Exit(code) from None


app = typer.Typer(
    cls=Guarded,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Without a command: [bold]study headline[/bold], the main job. Examples: "
    + " · ".join(f"[bold]{COMMAND} {line}[/bold]" for line in QUESTIONS),
)
for theme in (studies, simulate, fit, facts, pages):
    app.add_typer(theme.app)


@app.callback(invoke_without_command=True)
def main(context: typer.Context) -> None:
    """Simulate cocaine-trafficking routes from the Andes to Europe and the states that police them."""
    if context.invoked_subcommand is None:
        studies.study("headline", studies.Changes(), studies.StudyOptions(), studies.Machines())


if __name__ == "__main__":
    app()
