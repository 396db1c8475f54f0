"""Commands that simulate a scenario: `history`, many times with a report, and `run`, once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from views.cli import pages, terminal
from views.cli.command import COMMAND
from views.cli.declare import command
from views.cli.options import ORGANISATIONS, RESULTS, SEED, Inputs, Organisations, Seed, Workers, out_folder
from views.cli.progress import kept_in, showing

if TYPE_CHECKING:
    from experiments.ensemble.runner import Effort

HISTORY, QUICK_HISTORY = RESULTS / "history", RESULTS / "history-quick"
REPLICATIONS: Final = 20
QUICK_REPLICATIONS, QUICK_ORGANISATIONS = 3, 60

app = typer.Typer()


@command(app, "history", "history --quick", "history --replications 50 --seed 100 --out results/fifty")
def history(
    *,
    replications: Annotated[int | None, typer.Option(help=f"Runs, each with its own seed. \\[{REPLICATIONS}]")] = None,
    seed: Seed = SEED,
    workers: Workers = None,
    organisations: Annotated[
        int | None, typer.Option(help=f"Groups that the trade is divided among. \\[{ORGANISATIONS}]")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="PATH", parser=out_folder, help=f"Folder of the results. \\[{HISTORY}]")
    ] = None,
    scenario: Annotated[str, typer.Option(help="A name or the path of a TOML file.")] = "as-it-happened",
    inputs: Inputs,
    quick: Annotated[
        bool,
        typer.Option(
            "--quick",
            help=f"A look, no result: {QUICK_REPLICATIONS} runs of {QUICK_ORGANISATIONS} groups in {QUICK_HISTORY}, "
            "unless other options say otherwise.",
        ),
    ] = False,
) -> None:
    """Simulate 2000-2023 as it happened, many times, and write frames, a manifest and report.html."""
    from experiments.ensemble.store import Store
    from experiments.expected import of_history
    from experiments.history import run_history
    from model.world.tables import load_tables
    from views.cli.summaries import print_summary

    usual = (
        (QUICK_REPLICATIONS, QUICK_ORGANISATIONS, QUICK_HISTORY) if quick else (REPLICATIONS, ORGANISATIONS, HISTORY)
    )
    runs = usual[0] if replications is None else replications
    groups = usual[1] if organisations is None else organisations
    folder = usual[2] if out is None else out
    asked = inputs.scenario(scenario)

    def before(effort: Effort) -> None:
        terminal.say_expected(of_history(effort.planned - effort.kept, asked), groups, workers)

    with showing(before, lambda: kept_in(Store(folder))) as display:
        run_history(asked, runs, seed, groups, folder, workers=workers, progress=display.effort, tables=inputs.tables)
    try:
        report = pages.write_history_report(folder, inputs.tables)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            f"The frames in {terminal.shown(folder)} are new and complete; only the report is missing. "
            f"Write it with: {COMMAND} report {terminal.shown(folder)}"
        ) from None
    print_summary(folder, load_tables(inputs.tables))
    terminal.print_path(report)


@command(
    app, "run as-it-happened", "run no-schiphol-sive --seed 7 --until 2012-12-31", "run my.toml --set sharing_scale=1.5"
)
def run(
    scenario: Annotated[str, typer.Argument(help="A name (see [bold]scenarios[/bold]) or the path of a TOML file.")],
    *,
    seed: Seed = SEED,
    organisations: Organisations = ORGANISATIONS,
    until: Annotated[
        str | None, typer.Option(metavar="DATE", help="Last day to simulate, in place of the scenario's end.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH", parser=out_folder, help="Folder of the frames. \\[results/run-SCENARIO]", show_default=False
        ),
    ] = None,
    inputs: Inputs,
) -> None:
    """Run one simulation, write its frames and print its years."""
    from experiments.history import run_once
    from views.cli.summaries import print_years

    folder = RESULTS / f"run-{Path(scenario).stem}" if out is None else out
    with showing() as display:
        path = run_once(
            inputs.scenario(scenario), folder, seed, organisations, until, display.effort, tables=inputs.tables
        )
    print_years(path)
    terminal.print_path(path)
