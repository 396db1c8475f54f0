"""How a command ends that was refused or interrupted."""

import errno
import sys
from typing import Any, Final, NoReturn

import typer
from typer.core import TyperGroup

from views.cli import terminal

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
