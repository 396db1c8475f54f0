"""Write docs/measures.md and its figure: ``uv run python docs/make_measures.py`` (about ten minutes on two cores).

Needs chromium for the figure; ``BROWSER_PATH`` names it where it is not found.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pandas as pd
from rich.progress import track

from experiments.analysis.doses import FORK, WINDOW, contrasts, run_doses
from experiments.analysis.policies import policy_table
from experiments.calibration import load_posterior
from experiments.validation.natural import EXPERIMENTS, run_experiment
from model.parameters import Parameters
from model.world import load_world
from views.figures.doses import dose_response

PAGE = Path(__file__).with_name("measures.md")
FIGURE = Path(__file__).parent / "img" / "dose-response.png"
SEEDS = range(101, 151)
MANY_SEEDS = range(101, 251)
DOSES = (0.0, 0.25, 0.5, 0.75, 1.0)

HEAD = """# Measures

Made by `docs/make_measures.py`; do not edit by hand.

Every measure of the Commission's text of 10 May 2011, and its peers, has a **dose** from 0 (not there) to 1 (in full,
as `model/data/doses.csv` spells it out). Below, history runs as it happened up to {fork}; from then on one measure has
dose 0 in one arm and 1 in the other, with common random numbers, over {seeds} seeds. Numbers are means of
{first}-{last}, on expected kilograms, with the 95% interval of the paired difference over seeds. That interval holds
chance only: the parameters are the defaults, one set of the posterior, many of them assumed, and none of this is a
forecast.
In how much services know of loads that set is {place} (`lead_probability` {lead:.2g}; 90% of what fits 2004-08 lies
from {low:.2g} to {high:.2g}): measures that work by what is known do more or less in other sets.

How to read it: a measure that moves its own stage need not move what lands. Where the interval of *landed* includes
zero, the model cannot tell the measure from nothing with these seeds, and nobody should claim more from it. Effects of
a dose from nothing to the fullest conceivable are upper bounds of what a real step could do. With {count} measures,
one or two intervals miss zero by chance alone: an interval that ends near zero is no finding.

![Dose and response of each measure](img/dose-response.png)

"""


def knowledge() -> dict[str, float | str]:
    """How much services know in the defaults, and where that lies in the posterior."""
    lead = Parameters().lead_probability
    sets = load_posterior().sets["lead_probability"]
    low, high = sets.quantile([0.05, 0.95])
    rank = float((sets < lead).mean())
    place = "below the middle" if rank < 1 / 3 else "above the middle" if rank > 2 / 3 else "about the middle"
    return {"lead": lead, "low": low, "high": high, "place": f"{place} of the posterior"}


def effect(row: pd.Series, factor: float = 1.0, digits: str = "+.3g") -> str:
    """An effect with its interval."""
    return f"{row['effect'] * factor:{digits}} ({row['low'] * factor:{digits}} to {row['high'] * factor:{digits}})"


def verdict(own: pd.Series, landed: pd.Series, sense: str) -> str:
    """What the model says, in words."""
    moved = own["low"] > 0 or own["high"] < 0
    if landed["high"] < 0:
        return "less lands"
    if landed["low"] > 0:
        return "**more lands**"
    if moved and sense != "none":
        return "moves its stage; nothing seen in what lands"
    return "nothing seen" if sense == "none" else "nothing seen, against the evidence"


def effects_table(arms: pd.DataFrame) -> list[str]:
    """The table of effects, a line for each measure."""
    measures = load_world().tables.measures
    landed = contrasts(arms, "arrived_europe_kg")
    removed, africa = contrasts(arms, "expected_seized_kg"), contrasts(arms, "west_africa_kg")
    lines = [
        "## Effects of dose 1 against dose 0",
        "",
        "| Measure | Own outcome (sense expected) | At dose 0 | Effect | Expected removals, t a year "
        "| Landed in Europe, t a year | Through West Africa, t a year | The model says |",
        "|---|---|---:|---:|---:|---:|---:|---|",
    ]
    for row in measures.to_dict("records"):
        name = row["measure"]
        own = contrasts(arms[arms["measure"] == name], row["outcome"]).iloc[0]
        cells = (
            f"{row['name']} (`{name}`)",
            f"`{row['outcome']}` ({row['sense']})",
            f"{own['without']:.4g}",
            effect(own),
            effect(removed.loc[name], 1e-3, "+.1f"),
            effect(landed.loc[name], 1e-3, "+.1f"),
            effect(africa.loc[name], 1e-3, "+.1f"),
            verdict(own, landed.loc[name], row["sense"]),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return [*lines, "", "Sense *none*: the evidence gives no effect to expect."]


def natural_tables() -> list[str]:
    """The natural experiments: with the shock against without, on common random numbers."""
    lines = [
        "",
        "## Natural experiments",
        "",
        "Nothing here is written into the model: a fact changes, and what flows do follows from choices.",
    ]
    for make in track(list(EXPERIMENTS.values()), "natural experiments"):
        experiment = make()
        table = run_experiment(experiment, MANY_SEEDS)
        lines += [
            "",
            f"### {experiment.question}",
            "",
            experiment.evidence,
            "",
            "| Arm | Reading (kg a year or share) | Without | Effect |",
            "|---|---|---:|---:|",
        ]
        lines += [
            f"| {arm} | {reading} | {row['without']:,.4g} | {effect(row, digits='+,.3g')} |"
            for (arm, reading), row in table.iterrows()
        ]
    return lines


def cards() -> list[str]:
    """Where each measure enters, its levers, evidence, cost and scenarios."""
    lines = ["", "## The measures one by one", ""]
    for row in policy_table(load_world()).to_dict("records"):
        text = f'"{row["text"]}". ' if row["text"] else ""
        cost = f"EUR {row['cost_eur'] / 1e6:,.2g} million a year"
        span = f"{row['cost_low_eur'] / 1e6:,.2g} to {row['cost_high_eur'] / 1e6:,.2g}"
        lines += [
            f"### {row['name']}",
            "",
            f"{text}Enters at *{row['stage']}*, `{row['submodel']}.py` ({row['mechanism']}). {row['evidence']}",
            "",
            f"- Levers, dose 0 to 1: {'; '.join(f'`{lever}`' for lever in row['levers'])}",
            f"- Dose of history: {row['history_dose']:g}. Cost at it: {cost} ({span}; {row['cost_basis']}).",
            f"- Scenarios: {', '.join(f'`{name}`' for name in row['scenarios']) or 'none'}",
            "",
        ]
    return lines


def main() -> None:
    """Run everything and write the page."""
    measures = load_world().tables.measures
    with_bar = iter(track(range(len(SEEDS) * (1 + len(measures) * len(DOSES))), "doses, by run"))
    arms = run_doses(measures["measure"], DOSES, SEEDS, done=lambda _: next(with_bar, None))
    if "BROWSER_PATH" not in os.environ and (found := shutil.which("chromium")):
        os.environ["BROWSER_PATH"] = found
    FIGURE.parent.mkdir(exist_ok=True)
    dose_response(arms, measures).write_image(FIGURE, scale=1.5)
    sizes = {"seeds": len(SEEDS), "first": WINDOW[0], "last": WINDOW[1], "count": len(measures)}
    head = HEAD.format(fork=FORK, **sizes, **knowledge())
    PAGE.write_text(head + "\n".join([*effects_table(arms), *natural_tables(), *cards()]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
