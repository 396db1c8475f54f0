"""Highway 10 on the command line: one short command for each question a researcher asks.

``uv run run.py`` without a command is the main job. Heavy imports stand inside the commands, so that help is quick.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, Any, Final, NoReturn

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    from model.parameter_fields import ParameterRow

SCENARIO: Final = "as-it-happened"
REPLICATIONS, ORGANISATIONS, SEED = 20, 150, 1
QUICK_REPLICATIONS, QUICK_ORGANISATIONS = 3, 60
INTERRUPTED: Final = 130
HISTORY, QUICK = Path("results/history"), Path("results/history-quick")
PLAIN_COLUMNS: Final = 160
"""Width of tables that go to a file or a pipe."""


# --- the application and its errors -------------------------------------------------------------------------------


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
            terminal().say(f"Error: {error}", style="red")
            raise typer.Exit(2) from None
        except KeyboardInterrupt as stopped:
            kept = str(stopped) or "Earlier results are as they were, and nothing half-written is left."
            terminal().say(f"Interrupted. {kept}", style="yellow")
            raise typer.Exit(INTERRUPTED) from None


app = typer.Typer(
    cls=Guarded, add_completion=False, rich_markup_mode="rich", pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Without a command: [bold]history[/bold], the main job. Examples: [bold]run.py[/bold] · "
    "[bold]run.py history --quick[/bold] · [bold]run.py run no-schiphol-sive --seed 7[/bold]",
)  # fmt: skip

Seed = Annotated[int, typer.Option("--seed", help="Seed; the same seed gives the same run, to the last bit.")]
Organisations = Annotated[int, typer.Option("--organisations", help="Groups that the trade is divided among.")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Set a parameter (see [bold]parameters[/bold]); may be repeated."),
]
TablesFolder = Annotated[
    Path | None, typer.Option("--tables", metavar="FOLDER", help="Use these tables in place of model/data.")
]


def examples(*lines: str) -> str:
    """Epilog of a command: a line for each example."""
    return "Examples:\n\n" + "\n\n".join(f"  [bold]uv run run.py {line}[/bold]" for line in lines)


@app.callback(invoke_without_command=True)
def main(context: typer.Context) -> None:
    """Simulate cocaine-trafficking routes from the Andes to Europe and the states that police them."""
    if context.invoked_subcommand is None:
        study_history(REPLICATIONS, SEED, ORGANISATIONS, HISTORY, SCENARIO, None, {}, None)


# --- commands -----------------------------------------------------------------------------------------------------


@app.command(epilog=examples("history", "history --quick", "history --replications 50 --seed 100 --out results/fifty"))
def history(
    replications: Annotated[int | None, typer.Option(help=f"Runs, each with its own seed. \\[{REPLICATIONS}]")] = None,
    seed: Seed = SEED,
    workers: Annotated[int | None, typer.Option(help="Threads; results do not depend on it. \\[all cores]")] = None,
    organisations: Annotated[
        int | None, typer.Option(help=f"Groups that the trade is divided among. \\[{ORGANISATIONS}]")
    ] = None,
    out: Annotated[Path | None, typer.Option(help=f"Folder of the results. \\[{HISTORY}]")] = None,
    scenario: Annotated[str, typer.Option(help="A name or the path of a TOML file.")] = SCENARIO,
    settings: Settings = None,
    tables: TablesFolder = None,
    quick: Annotated[
        bool,
        typer.Option(
            "--quick",
            help=f"A look, no result: {QUICK_REPLICATIONS} runs of {QUICK_ORGANISATIONS} groups in {QUICK}, "
            "unless other options say otherwise.",
        ),
    ] = False,
) -> None:
    """Simulate 2000-2023 as it happened, many times, and write frames, a manifest and report.html.

    This is also what runs without a command.
    """
    usual = (QUICK_REPLICATIONS, QUICK_ORGANISATIONS, QUICK) if quick else (REPLICATIONS, ORGANISATIONS, HISTORY)
    runs = usual[0] if replications is None else replications
    groups = usual[1] if organisations is None else organisations
    folder = usual[2] if out is None else out
    study_history(runs, seed, groups, folder, scenario, workers, read_settings(settings or []), tables)


@app.command(
    epilog=examples(
        "run as-it-happened", "run no-schiphol-sive --seed 7 --until 2012-12-31", "run my.toml --set sharing_scale=1.5"
    )
)
def run(
    scenario: Annotated[str, typer.Argument(help="A name (see [bold]scenarios[/bold]) or the path of a TOML file.")],
    seed: Seed = SEED,
    organisations: Organisations = ORGANISATIONS,
    until: Annotated[
        str | None, typer.Option(metavar="DATE", help="Last day to simulate, in place of the scenario's end.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the frames. \\[results/run-SCENARIO]", show_default=False)
    ] = None,
    settings: Settings = None,
    tables: TablesFolder = None,
) -> None:
    """Run one simulation, write its frames and print its years."""
    from experiments.history import run_once

    folder = out if out is not None else Path("results") / f"run-{Path(scenario).stem}"
    with terminal().showing_progress() as progress:
        path = run_once(
            scenario, folder, seed, organisations, read_settings(settings or []), until, progress, tables=tables
        )  # fmt: skip
    terminal().print_years(path)
    typer.echo(terminal().shown(path))


@app.command(epilog=examples("report", "report results/run-no-schiphol-sive"))
def report(
    folder: Annotated[
        Path, typer.Argument(help="Folder that [bold]history[/bold] or [bold]run[/bold] wrote.")
    ] = HISTORY,
) -> None:
    """Write report.html of results that are there already."""
    from experiments.folder import read_manifest
    from model.errors import InputError

    if not read_manifest(folder):
        raise InputError(
            "there are no results in this folder", field="folder", value=str(folder),
            allowed="a folder with a manifest.json that history or run wrote", remedy="run run.py history first",
        )  # fmt: skip
    typer.echo(terminal().shown(write_report(folder)))


@app.command(epilog=examples("scenarios"))
def scenarios() -> None:
    """List the scenarios within reach: those of the project and of the working directory."""
    from model.scenario_files import list_scenarios

    rows = list_scenarios().itertuples(index=False)
    terminal().print_table("Scenarios", ("name", "title", "base"), [(row.name, row.title, row.base) for row in rows])
    typer.echo("Run one with: uv run run.py run NAME. Your own is a TOML file with a title and a base.")


@app.command(epilog=examples("parameters", "parameters --group market", "parameters --csv > parameters.csv"))
def parameters(
    group: Annotated[str | None, typer.Option(help="Only the parameters of this group.")] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="As the Markdown table of the documentation.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="As CSV, with sources and confidence.")] = False,
) -> None:
    """List every parameter: default, unit, what is allowed, role, meaning."""
    rows = chosen_parameters(group)
    if markdown and csv:
        refuse("only one of them", "--markdown, --csv", "both", "--markdown or --csv", "leave one out")
    if csv:
        write_csv(rows)
    elif markdown:
        write_markdown(group)
    else:
        heads = ("name", "default", "allowed", "role", "group", "meaning")
        cells = [(r.name, terminal().plain(r.default), r.allowed, r.role, r.group, r.description) for r in rows]
        terminal().print_table(f"Parameters ({len(rows)})", heads, cells)


@app.command(
    epilog=examples(
        "policies",
        "policies maoc-n",
        "policies --stage know",
        "policies --cost paris-package",
        "policies --csv > p.csv",
    )
)
def policies(
    measure: Annotated[str | None, typer.Argument(help="Only this measure, with all that is known of it.")] = None,
    stage: Annotated[str | None, typer.Option(help="Only measures that act at this stage of the funnel.")] = None,
    cost: Annotated[
        str | None, typer.Option(metavar="SCENARIO", help="What a scenario costs above history, by measure.")
    ] = None,
    csv: Annotated[bool, typer.Option("--csv", help="As CSV, with all columns.")] = False,
) -> None:
    """List the measures: where each enters, its levers, evidence, cost, and the scenarios that use it."""
    from experiments.policies import policy_table
    from model.world import load_world

    if cost is not None:
        if measure or stage or csv:
            refuse("--cost stands alone", "--cost", cost, "no other option", "leave the others out")
        terminal().print_costs(*scenario_costs(cost))
        return
    table = policy_table(load_world(), measure)
    stages = list(dict.fromkeys(table["stage"]))
    if stage is not None and stage not in stages:
        refuse("there is no such stage here", "--stage", stage, ", ".join(stages), "choose one of these")
    table = table[table["stage"] == stage] if stage else table
    if csv:
        joined = {column: table[column].map("; ".join) for column in ("levers", "scenarios")}
        typer.echo(table.assign(**joined).to_csv(index=False, lineterminator="\n"), nl=False)
    elif measure:
        terminal().print_policy(table.iloc[0].to_dict())
    else:
        terminal().print_policies(table)


@app.command(epilog=examples("schedule"))
def schedule() -> None:
    """Print what happens in one week, in order."""
    from model.week import SCHEDULE

    rows = [(str(number), name, what) for number, (name, what) in enumerate(SCHEDULE, start=1)]
    terminal().print_table("One week", ("", "submodel", "what it does"), rows)


# --- what the commands do -----------------------------------------------------------------------------------------


def scenario_costs(name: str) -> tuple[str, Any, range]:
    """Title of a scenario, its costs by measure and year, and the years: those after its fork."""
    from experiments.costs import yearly_costs
    from model.scenario import Scenario
    from model.world import load_world

    world, scenario = load_world(), Scenario.load(name)
    scenario.check(world.names)
    years = range((scenario.fork or scenario.scored_from).year + 1, scenario.end.year + 1)
    return scenario.title, yearly_costs(scenario, world, years), years


def study_history(
    replications: int, seed: int, organisations: int, out: Path, scenario: str, workers: int | None,
    values: dict[str, Any], tables: Path | None,
) -> None:  # fmt: skip
    """Run replications, write the report, print the summary; the path of the report comes last."""
    from experiments.history import run_history
    from model.tables import load_tables

    with terminal().showing_progress() as progress:
        folder = run_history(
            scenario, replications, seed, organisations, out, workers, values, progress, tables=tables
        )  # fmt: skip
    try:
        path = write_report(folder, tables)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            f"The frames in {terminal().shown(folder)} are new and complete; only the report is missing. "
            f"Write it with: uv run run.py report {terminal().shown(folder)}"
        ) from None
    terminal().print_summary(folder, load_tables(tables))
    typer.echo(terminal().shown(path))


def write_report(folder: Path, tables: Path | None = None) -> Path:
    """Make report.html of a results folder."""
    from model.tables import load_tables
    from views.report import write_history_report

    with terminal().messages().status("writing the report"):
        return write_history_report(folder, load_tables(tables))


def read_settings(settings: Sequence[str]) -> dict[str, Any]:
    """Parameter values from NAME=VALUE texts; values are left as text where they are no number.

    Raises
    ------
    InputError
        When a setting is not of that form or is given twice. Names and values are checked by the model.
    """
    values: dict[str, Any] = {}
    for setting in settings:
        name, equals, text = (part.strip() for part in setting.partition("="))
        if not (name and equals and text):
            refuse("this is not a setting", "--set", setting, "NAME=VALUE", "write it as --set sharing_scale=1.5")
        if name in values:
            refuse("this parameter is set twice", "--set", setting, "every parameter once", "leave one out")
        values[name] = read_value(name, text)
    return values


def read_value(name: str, text: str) -> object:
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


def chosen_parameters(group: str | None) -> list[ParameterRow]:
    """Rows of one group of parameters, or of all."""
    from model.parameter_fields import parameter_rows
    from model.parameters import Parameters

    rows = list(parameter_rows(Parameters).values())
    groups = list(dict.fromkeys(row.group for row in rows))
    if group is not None and group not in groups:
        refuse("there is no such group of parameters", "--group", group, ", ".join(groups), "choose one of these")
    return [row for row in rows if group in (None, row.group)]


def write_csv(rows: Iterable[ParameterRow]) -> None:
    """Print parameters as CSV, a column for everything that is known of them."""
    import csv

    from model.parameter_fields import ParameterRow as Columns

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(Columns._fields)
    for row in rows:
        writer.writerow([" | ".join(cell) if isinstance(cell, tuple) else terminal().plain(cell) for cell in row])


def write_markdown(group: str | None) -> None:
    """Print the Markdown table of the documentation, or its section of one group."""
    from model.parameter_fields import markdown_table
    from model.parameters import Parameters

    sections = markdown_table(Parameters).split("### ")[1:]
    chosen = (text for text in sections if group is None or text.startswith(f"{group}\n"))
    typer.echo("".join(f"### {text}" for text in chosen).rstrip())


def terminal() -> ModuleType:
    """What shows things on the screen, loaded when it is needed."""
    from views import terminal

    return terminal


def refuse(message: str, field: str, value: object, allowed: str, remedy: str) -> NoReturn:
    """Raise an InputError."""
    from model.errors import InputError

    raise InputError(message, field=field, value=value, allowed=allowed, remedy=remedy)


if __name__ == "__main__":
    app()
