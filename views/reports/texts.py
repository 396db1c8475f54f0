"""Sentences of the page; those with numbers are made from the comparisons, so that they cannot outlive a result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from views import theme
from views.reports.observed import Comparison

if TYPE_CHECKING:
    from model.world.tables import Tables

__all__ = ["METHOD", "RESPONSIBLE", "finding", "honest_table_text", "sources"]

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


def finding(compared: list[Comparison]) -> str:
    """One sentence from numbers with intervals: West Africa in 2007 and 2010, and EU seizures at the ends.

    Two asterisks stand about what is emphasised.
    """
    parts, known = [], {(item.name, item.year): item for item in reversed(compared)}
    peak, after = (known.get(("Arriving in Europe through West Africa", year)) for year in (2007, 2010))
    if peak and after:
        verb = _verb(peak, after, "falls to", "rises to", "is still")
        parts.append(
            f"the flow that reaches Europe through West Africa is {_against(peak)} in 2007 and {verb} "
            f"{_against(after)} in 2010"
        )
    seized = sorted((c for c in compared if c.name == "Seized in the EU" and c.year >= 2004), key=lambda c: c.year)
    if len(seized) > 1:
        first, last = seized[0], seized[-1]
        verb = _verb(first, last, "fall", "rise", "go")
        parts.append(
            f"seizures in the EU {verb} from {_against(first)} in {first.year} to {_against(last)} in {last.year}"
        )
    if not parts:
        return "The published record holds no value to set beside this run."
    return f"In the model, {', while '.join(parts)}."


def _verb(first: Comparison, last: Comparison, down: str, up: str, level: str) -> str:
    """How a series went: down or up only where the later median lies outside the earlier 50% band."""
    middle = last.model["median"]
    return down if middle < first.model["low50"] else up if middle > first.model["high50"] else level


def _against(item: Comparison) -> str:
    """Median, band and published value in one phrase."""
    band = "" if item.one_run else f"90% band {item.band}; "
    median = f"**{theme.number(item.model['median'])} {item.unit.split()[0]}**"
    return f"{median} ({band}published {theme.plain(item.value)})"


def honest_table_text(compared: list[Comparison], runs: int, gaps: list[str]) -> str:
    """How many published values the model meets, said plainly."""
    scored = [item for item in compared if item.year >= 2004]
    judged = [item for item in scored if item.use == "judge"]
    texts = [
        f"Of {len(scored)} published values from 2004 on, {sum(item.inside for item in scored)} lie inside the model's "
        f"90% band and for {sum(item.within_two for item in scored)} the median is within a factor of two.",
        f"Of the {len(judged)} not used in tuning, {sum(item.inside for item in judged)} lie inside the band."
        if judged
        else "",
        f"No published value in the tables for: {'; '.join(gaps)}." if gaps else "",
        f"The band holds only the chance among {theme.counted(runs)}, so a value outside it is no surprise; a ratio "
        "far from one is. Several published values are recollected or rest on one source; rival values of one year are "
        "listed separately.",
    ]
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
