"""How a command ends that was refused or interrupted."""

from __future__ import annotations

import sys
from typing import Any, Final

import typer
from typer.core import TyperGroup

__all__ = ["Guarded"]

INTERRUPTED: Final = 130
"""Exit code after Ctrl-C, as shells have it."""


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
            from views import terminal

            terminal.say(f"Error: {error}", style="red")
            raise typer.Exit(2) from None
        except KeyboardInterrupt as stopped:
            from views import terminal

            kept = str(stopped) or "Earlier results are as they were, and nothing half-written is left."
            terminal.say(f"Interrupted. {kept}", style="yellow")
            raise typer.Exit(INTERRUPTED) from None
