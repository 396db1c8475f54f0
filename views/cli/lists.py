"""Lists of parameters and of measures, on the screen and as CSV, and what a scenario costs by measure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import pandas as pd
import typer

from experiments.analysis.costs import yearly_costs
from experiments.analysis.policies import policy_table
from model.parameter_fields import markdown_table, parameter_rows
from model.parameters import Parameters
from model.scenario import Scenario
from model.scenario.no_effect import without_effect
from model.world import load_world
from views.cli.command import COMMAND
from views.cli.options import refuse
from views.cli.terminal import print_table, say, warn

MOST_LETTERS = 46
COST_RANGE = ["cost_low_eur", "cost_eur", "cost_high_eur"]


def print_csv(table: pd.DataFrame) -> None:
    """Print a table as CSV."""
    typer.echo(table.to_csv(index=False, lineterminator="\n"), nl=False)


# --- parameters ---------------------------------------------------------------------------------------------------


def print_parameters(group: str | None, form: Literal["table", "csv", "markdown"]) -> None:
    """Print every parameter, or those of one group.

    Raises
    ------
    InputError
        If there is no such group.
    """
    rows = parameter_rows(Parameters).values()
    _check_choice("group of parameters", "--group", group, (row.group for row in rows))
    chosen = [row for row in rows if group in (None, row.group)]
    if form == "csv":
        cells = [{**row._asdict(), "options": " | ".join(row.options)} for row in chosen]
        print_csv(pd.DataFrame(cells, dtype=object).map(_plain))
    elif form == "markdown":
        sections = markdown_table(Parameters).split("### ")[1:]
        typer.echo("".join(f"### {text}" for text in sections if group in (None, text.partition("\n")[0])).rstrip())
    else:
        print_table(
            f"Parameters ({len(chosen)})",
            ("name", "default", "allowed", "role", "group", "meaning"),
            [(row.name, _plain(row.default), row.allowed, row.role, row.group, row.description) for row in chosen],
        )


def _check_choice(what: str, option: str, chosen: str | None, all_of_them: Iterable[str]) -> None:
    known = list(dict.fromkeys(all_of_them))
    if chosen is not None and chosen not in known:
        refuse(f"there is no such {what}", option, chosen, ", ".join(known), "choose one of these")


def _plain(value: object) -> str:
    """A cell: true and false as in TOML, nothing for None."""
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


# --- measures -----------------------------------------------------------------------------------------------------


def print_measures(measure: str | None, stage: str | None, *, csv: bool) -> None:
    """Print every measure, those of one stage of the funnel, or one in full.

    Raises
    ------
    InputError
        If there is no such measure or stage.
    """
    table = policy_table(load_world(), measure)
    _check_choice("stage here", "--stage", stage, table["stage"])
    table = table[table["stage"] == stage] if stage else table
    if csv:
        print_csv(table.assign(**{column: table[column].map("; ".join) for column in ("levers", "scenarios")}))
    elif measure:
        _print_in_full(table.iloc[0])
    else:
        _print_each(table)


def _print_each(table: pd.DataFrame) -> None:
    heads = ("measure", "enters at", "levers: dose 0 to 1", "evidence", "cost, EUR m a year", "scenarios")
    rows = [
        (
            row["measure"],
            f"{row['stage']}\n{row['submodel']}.py\n{row['mechanism']}",
            _brief(row["levers"], 2),
            row["evidence"],
            _euros(*(row[column] for column in COST_RANGE)),
            _brief(row["scenarios"], 3),
        )
        for row in table.to_dict("records")
    ]
    print_table(f"Measures ({len(rows)})", heads, rows, lines=True)
    say(
        "Costs: at the dose of history, or the dose they are known for; mostly assumed, with their range. "
        f"One measure in full: {COMMAND} policies MEASURE",
        style="dim",
    )


def _print_in_full(row: pd.Series[Any]) -> None:
    cells = {
        "measure": row["measure"],
        "name": row["name"],
        "founding text": row["text"] or "(a peer)",
        "mechanism": row["mechanism"],
        "stage, submodel": f"{row['stage']}, model/submodels/{row['submodel']}.py",
        "levers": "\n".join(row["levers"]),
        "dose of history": f"{row['history_dose']:g}",
        "should move": f"{row['outcome']} ({row['sense']})",
        "evidence": row["evidence"],
        "cost, EUR m a year": f"{_euros(*row[COST_RANGE])}; {row['cost_basis']}",
        "confidence": row["confidence"],
        "scenarios": ", ".join(row["scenarios"]) or "none",
    }
    print_table(row["name"], ("", ""), list(cells.items()))


def _euros(low: float, cost: float, high: float) -> str:
    return f"{cost / 1e6:,.1f} ({low / 1e6:,.1f} to {high / 1e6:,.1f})"


def _brief(texts: Sequence[str], most: int) -> str:
    """The first of some texts, each on its line and not too long, and how many more there are."""
    lines = [text if len(text) <= MOST_LETTERS else text[: MOST_LETTERS - 1] + "..." for text in texts[:most]]
    return "\n".join(lines + [f"and {len(texts) - most} more"] * (len(texts) > most))


def print_costs(name: str) -> None:
    """Print what a scenario costs above history, by measure and year: the years after its fork."""
    world, scenario = load_world(), Scenario.load(name)
    scenario.check(world.names)
    for one in without_effect(world, scenario):
        warn(one)
    years = range((scenario.fork or scenario.scored_from).year + 1, scenario.end.year + 1)
    means = yearly_costs(scenario, world, years).groupby(level=0, sort=False).sum() / len(years)
    print_table(
        f"{scenario.title}: EUR m a year above history, mean of {years[0]}-{years[-1]}",
        ("measure", "cost"),
        [*((measure, _euros(*row)) for measure, row in means.iterrows()), ("together", _euros(*means.sum()))],
    )
