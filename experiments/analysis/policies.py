"""The table of policies: each measure, where it enters, its levers, evidence, cost and scenarios."""

from functools import lru_cache

import pandas as pd

from experiments.analysis.costs import costs_of
from experiments.field_types import check_choice
from model.scenario import Scenario, list_scenarios
from model.scenario.measures import MEASURE
from model.world import World


def policy_table(world: World, measure: str | None = None) -> pd.DataFrame:
    """One row for each measure, or the one named.

    Returns
    -------
    DataFrame
        Columns measure, name, text, mechanism, stage, submodel, levers, history_dose, outcome, sense, evidence,
        cost_eur (a year at the dose of history, or of cost where history has none), cost_low_eur, cost_high_eur,
        cost_basis, confidence, scenarios.

    Raises
    ------
    InputError
        If there is no such measure.
    """
    table = world.tables.measures.fillna({"text": ""})
    known = table["measure"].to_list()
    if measure is not None:
        check_choice(measure, known, "measure", "there is no such measure")
    rows = []
    for row in table[table["measure"].isin([measure] if measure else known)].to_dict("records"):
        low, mid, high = costs_of(row["measure"], row["history_dose"] or row["cost_dose"], world)
        rows.append(
            {
                **{key: row[key] for key in ("measure", "name", "text", "mechanism", "stage", "submodel")},
                "levers": levers_of(world, row["measure"]),
                **{key: row[key] for key in ("history_dose", "outcome", "sense", "evidence")},
                "cost_eur": mid,
                "cost_low_eur": low,
                "cost_high_eur": high,
                "cost_basis": row["cost_basis"],
                "confidence": row["confidence"],
                "scenarios": scenarios_using().get(row["measure"], ()),
            }
        )
    return pd.DataFrame(rows)


def levers_of(world: World, measure: str) -> tuple[str, ...]:
    """What a measure changes, each with its amounts at dose 0 and 1."""
    doses = world.tables.doses
    signs = {"value": "", "add": "plus ", "multiply": "times "}
    return tuple(
        f"{row['target'] if row['target'].startswith('parameter:') else row['target'] + ' ' + row['field']}: "
        f"{signs[row['operation']]}{row['none']:g} to {row['full']:g}"
        for row in doses[doses["measure"] == measure].to_dict("records")
    )


@lru_cache(maxsize=1)
def scenarios_using() -> dict[str, tuple[str, ...]]:
    """Measure -> scenarios that dose it themselves, not through their base."""
    used: dict[str, list[str]] = {}
    for name in list_scenarios()["name"]:
        scenario = Scenario.load(name)
        inherited = set(Scenario.load(scenario.bases[0]).events) if scenario.bases else set()
        for event in scenario.events:
            if event.kind == MEASURE and event not in inherited:
                for measure in event.name.split(","):
                    used.setdefault(measure, []).append(name)
    return {measure: tuple(dict.fromkeys(names)) for measure, names in used.items()}
