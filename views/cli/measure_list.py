"""The list of measures on the screen and as CSV, one of them in full, and what a scenario costs by measure."""

from __future__ import annotations

import typer

from experiments.analysis.costs import yearly_costs
from experiments.analysis.policies import policy_table
from model.scenario import Scenario
from model.scenario.no_effect import without_effect
from model.world import load_world
from views.cli import terminal
from views.cli.settings import refuse

__all__ = ["print_costs", "print_measures"]


def print_costs(name: str) -> None:
    """Print what a scenario costs above history, by measure and year: the years after its fork."""
    world, scenario = load_world(), Scenario.load(name)
    scenario.check(world.names)
    for one in without_effect(world, scenario):
        terminal.say(f"Warning: {one}", style="yellow")
    years = range((scenario.fork or scenario.scored_from).year + 1, scenario.end.year + 1)
    terminal.print_costs(scenario.title, yearly_costs(scenario, world, years), years)


def print_measures(measure: str | None, stage: str | None, *, csv: bool) -> None:
    """Print every measure, those of one stage of the funnel, or one in full.

    Raises
    ------
    InputError
        If there is no such measure or stage.
    """
    table = policy_table(load_world(), measure)
    stages = list(dict.fromkeys(table["stage"]))
    if stage is not None and stage not in stages:
        refuse("there is no such stage here", "--stage", stage, ", ".join(stages), "choose one of these")
    table = table[table["stage"] == stage] if stage else table
    if csv:
        joined = {column: table[column].map("; ".join) for column in ("levers", "scenarios")}
        typer.echo(table.assign(**joined).to_csv(index=False, lineterminator="\n"), nl=False)
    elif measure:
        terminal.print_policy(table.iloc[0].to_dict())
    else:
        terminal.print_policies(table)
