"""Commands that list what the model is made of: scenarios, parameters, policies, the week, targets of events."""

from typing import Annotated

import typer

from views.cli import terminal
from views.cli.command import COMMAND
from views.cli.declare import command
from views.cli.options import refuse

app = typer.Typer()


@command(app, "scenarios")
def scenarios() -> None:
    """List the scenarios within reach: those of the project and of the working directory."""
    from model.scenario.files import list_scenarios

    table = list_scenarios()[["name", "title", "base"]]
    terminal.print_table("Scenarios", table.columns, table.itertuples(index=False))
    typer.echo(f"Run one with: {COMMAND} run NAME. Your own is a TOML file with a title and a base.")


@command(app, "parameters", "parameters --group market", "parameters --csv > parameters.csv")
def parameters(
    group: Annotated[str | None, typer.Option(help="Only the parameters of this group.")] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="As the Markdown table of the documentation.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="As CSV, with sources and confidence.")] = False,
) -> None:
    """List every parameter: default, unit, what is allowed, role, meaning."""
    from views.cli.lists import print_parameters

    if markdown and csv:
        refuse("only one of them", "--markdown, --csv", "both", "--markdown or --csv", "leave one out")
    print_parameters(group, "markdown" if markdown else "csv" if csv else "table")


@command(
    app,
    "policies",
    "policies maoc-n",
    "policies --stage know",
    "policies --cost paris-package",
    "policies --csv > p.csv",
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
    from views.cli.lists import print_costs, print_measures

    if cost is None:
        print_measures(measure, stage, csv=csv)
    elif measure or stage or csv:
        refuse("--cost stands alone", "--cost", cost, "no other option", "leave the others out")
    else:
        print_costs(cost)


@command(app, "schedule")
def schedule() -> None:
    """Print what happens in one week, in order."""
    from model.week import SCHEDULE

    terminal.print_table(
        "One week",
        ("", "submodel", "rule", "what it does"),
        [(number, step.submodel, step.name, step.does) for number, step in enumerate(SCHEDULE, start=1)],
    )


@command(app, "event-targets", "event-targets state", name="event-targets")
def event_targets(kind: Annotated[str, typer.Argument(help="Only the fields of one kind of target.")] = "") -> None:
    """Print what a dated event of a scenario may change: kind, field, unit, bounds and meaning."""
    from model.scenario.events import EVENT_FIELDS, KINDS

    if kind and kind not in KINDS:
        refuse("there is no such kind of target", "KIND", kind, ", ".join(KINDS), "leave it out to see all")
    terminal.print_table(
        "Targets of events",
        ("kind", "field", "allowed", "meaning"),
        [(*key, what.allowed, what.description) for key, what in EVENT_FIELDS.items() if kind in {"", key[0]}],
    )
    typer.echo(f"Every numeric parameter is a target, too: `{COMMAND} parameters` lists them.")
