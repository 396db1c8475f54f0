"""Highway 10 on the command line: one short command for each question a researcher asks.

``uv run run.py`` in the repository, ``highway10`` where the package is installed; without a command it is the main job.
Commands stand in a file for each theme. Heavy imports stand inside the commands, so that help is quick.
"""

from typing import Final

import typer

from views.cli import facts, fit, pages, simulate, studies
from views.cli.command import COMMAND
from views.cli.guard import Guarded

HEADLINE: Final = "headline"
QUESTIONS: Final = ("compare s00-status-quo paris-package", "study cooperation", "history")

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
        studies.study(HEADLINE, studies.Changes(), studies.StudyOptions(), studies.Machines())


if __name__ == "__main__":
    app()
