"""Sentences of the page; those with numbers are made from the comparisons, so that they cannot outlive a result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from views import theme

if TYPE_CHECKING:
    from model.world.tables import Tables


METHOD: Final = (
    "An agent-based model, one week a step: trafficking organisations choose routes, means and loads; states decide "
    "what they share; platforms fuse leads and task ships and aircraft; markets clear.",
    "Every kilogram sent ends in one place only: seized, lost, sold, under way, in stock or leaked back.",
    "Inside the model mass is pure. Seizures are shown in bulk weight (pure mass over wholesale purity), as national "
    "statistics do.",
    "Replications differ only in their random numbers. Bands are quantiles over them: 90% from the 5th to the 95th, "
    "50% from the 25th to the 75th. Uncertain parameters and the choice among theories would widen them.",
    "2000 to 2003 is burn-in with the dated controls of those years and is not scored. Published values marked fit "
    "guided the tuning, those marked judge did not.",
)
RESPONSIBLE: Final = (
    "The model serves research on public policy. It works at the level of states, public ports and routes, from "
    "published aggregates, and carries no operational detail on how to smuggle or evade.",
    "Numbers about a state are outputs of a model with assumptions, not findings about its officials or people. Do "
    "not use them to rank or accuse.",
)


def finding(compared: pd.DataFrame) -> str:
    """One sentence from numbers with intervals: West Africa in 2007 and 2010, and EU seizures at the ends.

    Two asterisks stand about what is emphasised.
    """
    africa = compared[compared["name"] == "Arriving in Europe through West Africa"].drop_duplicates("year")
    flow = africa.set_index("year").to_dict("index")
    seized = compared[(compared["name"] == "Seized in the EU") & (compared["year"] >= 2004)].sort_values("year")
    parts = []
    if {2007, 2010} <= set(flow):
        verb = _verb(flow[2007], flow[2010], "falls to", "rises to", "is still")
        parts.append(
            f"the flow that reaches Europe through West Africa is {_against(flow[2007])} in 2007 and {verb} "
            f"{_against(flow[2010])} in 2010"
        )
    if len(seized) > 1:
        first, *_, last = seized.to_dict("records")
        parts.append(
            f"seizures in the EU {_verb(first, last, 'fall', 'rise', 'go')} from {_against(first)} in {first['year']} "
            f"to {_against(last)} in {last['year']}"
        )
    if not parts:
        return "The published record holds no value to set beside this run."
    return f"In the model, {', while '.join(parts)}."


def _verb(first: dict[Any, Any], last: dict[Any, Any], down: str, up: str, level: str) -> str:
    """How a series went: down or up only where the later median lies outside the earlier 50% band."""
    return down if last["median"] < first["low50"] else up if last["median"] > first["high50"] else level


def _against(row: dict[Any, Any]) -> str:
    """Median, band and published value in one phrase."""
    band = f"90% band {theme.span(row['low90'], row['high90'])}; " if row["low90"] < row["high90"] else ""
    median = f"**{theme.number(row['median'])} {row['unit'].split()[0]}**"
    return f"{median} ({band}published {theme.plain(row['value'])})"


def honest_table_text(compared: pd.DataFrame, runs: int, gaps: list[str]) -> str:
    """How many published values the model meets, said plainly."""
    scored = compared[compared["year"] >= 2004]
    judged = scored[scored["use"] == "judge"]
    texts = (
        f"Of {len(scored)} published values from 2004 on, {scored['inside'].sum()} lie inside the model's 90% band and "
        f"for {scored['within_two'].sum()} the median is within a factor of two.",
        f"Of the {len(judged)} not used in tuning, {judged['inside'].sum()} lie inside the band."
        if len(judged)
        else "",
        f"No published value in the tables for: {'; '.join(gaps)}." if gaps else "",
        f"The band holds only the chance among {theme.counted(runs)}, so a value outside it is no surprise; a ratio "
        "far from one is. Several published values are recollected or rest on one source; rival values of one year are "
        "listed separately.",
    )
    return " ".join(filter(None, texts))


def sources(tables: Tables) -> list[str]:
    """The sources of the observations, the most used first, and of the geography."""
    counts = tables.observations["source"].astype(str).str.split(r"[;,(]").str[0].str.strip().value_counts()
    found = [f"{name} ({n} values)" for name, n in counts.head(8).items()]
    if len(counts) > 8:
        found.append(f"{len(counts) - 8} further sources, listed row by row in model/data/observations.csv")
    return [
        *found,
        "Prices, supply, governance and institutions: tables in model/data, each row with its source and confidence",
        "Coastlines: Natural Earth (public domain). Sea lanes: searoute (Apache-2.0)",
    ]
