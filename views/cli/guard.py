"""How a command ends that was refused or interrupted."""

from __future__ import annotations

import errno
import sys
from typing import Any, Final

import typer
from typer.core import TyperGroup

__all__ = ["Guarded"]

INTERRUPTED: Final = 130
"""Exit code after Ctrl-C, as shells have it."""
REFUSED: Final = frozenset(
    {
        errno.ENAMETOOLONG,
        errno.EACCES,
        errno.EPERM,
        errno.EROFS,
        errno.ENOSPC,
        errno.ENOTDIR,
        errno.EISDIR,
        errno.ELOOP,
    }
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
            refused = getattr(sys.modules.get("model.errors"), "InputError", ())
            if not isinstance(error, refused):
                raise
            from views.cli import terminal

            terminal.say(f"Error: {error}", style="red")
            raise typer.Exit(2) from None
        except OSError as error:
            if error.errno not in REFUSED or error.filename is None:
                raise
            from model.errors import InputError
            from views.cli import terminal

            refusal = InputError(
                f"the file system refuses this ({error.strerror})",
                field="path",
                value=str(error.filename),
                allowed="a path that can be used",
                remedy="choose another path",
            )
            terminal.say(f"Error: {refusal}", style="red")
            raise typer.Exit(2) from None
        except KeyboardInterrupt as stopped:
            from views.cli import terminal

            kept = str(stopped) or "Earlier results are as they were, and nothing half-written is left."
            terminal.say(f"Interrupted. {kept}", style="yellow")
            raise typer.Exit(INTERRUPTED) from None
