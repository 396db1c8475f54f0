"""Measures by dose: what the founding text names, spelled out as the events that carry it.

An event with target ``measure:NAME``, field ``dose`` and value d stands for the rows of `doses.csv` of that measure,
each with the amount ``none + d (full - none)``. So one number takes a measure from not there to in full, and its
costs follow from the same number.
"""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd

from model.errors import InputError
from model.scenario import Scenario
from model.scenario.events import Event, event_field, fields_of, in_order

MEASURE = "measure"
DIGITS = 9
"""Of an amount: more than any dose needs, fewer than binary fractions make."""


def dose_event(measure: str, dose: float, since: date, until: date | None = None) -> Event:
    """Make the event that gives a measure a dose (0 to 1) from a day on."""
    return Event(f"{measure}-dose-{since}", since, until, MEASURE, measure, "dose", "value", dose)


def expand_measures(scenario: Scenario, doses: pd.DataFrame) -> Scenario:
    """Make a copy whose measures are replaced by the events they stand for; the same scenario if there are none.

    Raises
    ------
    InputError
        If a row of `doses` names a field that no event can change.
    """
    if not any(event.kind == MEASURE for event in scenario.events):
        return scenario
    return replace(scenario, events=in_order([lever for event in scenario.events for lever in _levers(event, doses)]))


def _levers(event: Event, doses: pd.DataFrame) -> Iterator[Event]:
    """Yield the events that one event stands for: itself unless it doses a measure."""
    if event.kind != MEASURE:
        yield event
        return
    chosen = doses["measure"].isin(event.name.split(",")) | (event.name == "*")
    for number, row in enumerate(doses[chosen].to_dict("records")):
        kind, _, name = row["target"].partition(":")
        if event_field(kind, row["field"]) is None:
            raise InputError(
                "an event cannot change this",
                file="doses.csv",
                field="field",
                value=f"{row['target']} {row['field']}",
                allowed=", ".join(fields_of(kind)) or "a target that exists",
                remedy=f"correct the row of {row['measure']}",
            )
        yield replace(
            event,
            id=f"{event.id}/{row['measure']}-{number}",
            kind=kind,
            name=name,
            field=row["field"],
            operation=row["operation"],
            amount=amount_at(row, event.amount),
        )


def amount_at(row: Mapping[Hashable, Any], dose: float) -> float:
    """Amount of a row of `doses.csv` at a dose; what is on or off is on from half a dose."""
    amount = round(float(row["none"]) + dose * float(row["full"] - row["none"]), DIGITS)
    bounds = event_field(row["target"].partition(":")[0], row["field"])
    return float(amount >= 0.5) if bounds is not None and bounds.whole else amount
