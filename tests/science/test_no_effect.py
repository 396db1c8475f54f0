"""Common random numbers survive until something changes.

An event without effect sets the value in force, or a column that no active rule reads. Dated between two
months, it leaves every bit of a run as it was: for every measure and every kind of event, at three dates.
"""

from __future__ import annotations

from datetime import date
from functools import cache

import numpy as np
import pytest

from model import RouteModel, Scenario, calendar, load_world
from model.kinds import Counter
from model.scenario.events import EVENT_FIELDS, Event
from model.scenario.inputs import lay_out
from model.scenario.measures import dose_event

HISTORY, WORLD = Scenario.load("as-it-happened"), load_world()
DATES = (date(2004, 3, 10), date(2009, 9, 16), date(2016, 2, 24))
WEEKS = 10
UNREAD = {"states.pledge", "states.level", "states.pledge_multiplier", "platforms.allocation"}
"""Columns that hold what an event says although nothing follows from it; the cases below name them."""

# a leg, a platform and so on that are in use at all three dates
TARGETS = {
    "place": "rotterdam",
    "leg": str(WORLD.legs[0]),
    "mode": "container",
    "state": "ESP",
    "platform": "eu-exchange",
    "membership": "eu-exchange/ESP",
    "programme": str(WORLD.tables.programmes["programme"].iloc[0]),
    "treaty": "uk-us-1981",
    "asset": WORLD.assets[0],
    "market": WORLD.markets[0],
    "supply": "COL",
    "trade": str(WORLD.tables.legs["corridor"].iloc[0]),
}
NEUTRAL = {
    ("mode", "cost_multiplier"): 1.0,
    ("programme", "spend_multiplier"): 1.0,
    ("market", "demand_multiplier"): 1.0,
    ("supply", "multiplier"): 1.0,
    ("supply", "growth_per_year"): 0.0,
}


@cache
def history(day: date, **_: object) -> RouteModel:
    """History up to the week before a date; a week between two months."""
    assert calendar.week_of(day) % 4 == 2
    return RouteModel(HISTORY, rng=3, organisations=40).run_until(calendar.monday(calendar.week_of(day) - 1))


@cache
def outcome(day: date) -> RouteModel:
    """History some weeks after a date."""
    return history(day).fork().run_for(WEEKS)


def in_force(kind: str, field: str, day: date) -> float:
    """What a field of the kind's target stands at on a date."""
    _, inputs = lay_out(WORLD, HISTORY)
    epoch, name = inputs.epoch_of_week[calendar.week_of(day)], TARGETS[kind]
    if (kind, field) in NEUTRAL:
        return NEUTRAL[kind, field]
    if field == "frozen_year":
        return float(calendar.year_of(calendar.week_of(day)))
    if kind == "treaty":
        began = WORLD.tables.treaties.set_index("treaty").loc[[name], "since"].astype(str) <= day.isoformat()
        assert began.nunique() == 1, "a treaty that is in force for some of its flags only has no value in force"
        return float(began.iloc[0])
    if kind == "membership":
        platform, state = name.split("/")
        pair = WORLD.states.index(state), WORLD.platforms.index(platform)
        if field == "role":
            return 1.0
        return float((inputs.membership_active if field == "active" else inputs.dated.states_pledge)[epoch][pair])
    if (kind, field) == ("platform", "sharing"):
        return float(WORLD.tables.platforms.set_index("platform").loc[name, "sharing_default"])
    row = list(getattr(WORLD, f"{kind}s")).index(name)
    return float(getattr(inputs.dated, f"{kind}s_{field}")[epoch][row])


def differing(one: RouteModel, other: RouteModel) -> list[str]:
    """Names of the buffers and columns that differ in any bit."""
    pairs = dict(zip(one.buffers._fields, zip(one.buffers, other.buffers, strict=True), strict=True))
    for name, a, b in zip(one.state._fields, one.state, other.state, strict=True):
        parts = zip(a._fields, a, b, strict=True) if isinstance(a, tuple) else (("", a, b),)
        pairs |= {f"{name}.{field}" if field else name: (x, y) for field, x, y in parts}
    one.state.counts[Counter.EPOCH] = other.state.counts[Counter.EPOCH]  # only the number of a row of the inputs
    return [name for name, (a, b) in pairs.items() if not np.array_equal(a, b)]


def after(day: date, *events: Event, **parameters: object) -> list[str]:
    """What differs some weeks after these events began, beside columns that nothing follows from."""
    model = history(day).fork(HISTORY.with_events(*events)).run_for(WEEKS)
    return [name for name in differing(model, outcome(day)) if name not in UNREAD]


@pytest.mark.parametrize("day", DATES, ids=str)
@pytest.mark.parametrize(("kind", "field"), [key for key in EVENT_FIELDS if key[0] != "measure"])
def test_an_event_that_sets_what_is_in_force_changes_not_one_bit(kind: str, field: str, day: date) -> None:
    value = in_force(kind, field, day)
    assert after(day, Event("same", day, None, kind, TARGETS[kind], field, "value", value)) == []


@pytest.mark.parametrize("day", DATES, ids=str)
@pytest.mark.parametrize("name", ["memory_months", "service_days", "freeze_share", "load_capital_share"])
def test_a_parameter_that_is_set_to_its_value_changes_not_one_bit(name: str, day: date) -> None:
    value = float(getattr(HISTORY.parameters, name))
    assert after(day, Event("same", day, None, "parameter", name, name, "value", value)) == []


def same_inputs(scenario: Scenario, day: date) -> bool:
    """Whether a scenario's inputs and parameters after a date are those of history, but for unread columns."""
    events, inputs = lay_out(WORLD, scenario)
    _, past = lay_out(WORLD, HISTORY)
    first = calendar.week_of(day)
    for week in range(first, first + WEEKS):
        here, there = inputs.epoch_of_week[week], past.epoch_of_week[week]
        for name in inputs.dated._fields:
            same = np.array_equal(getattr(inputs.dated, name)[here], getattr(past.dated, name)[there])
            if not same and name != "states_pledge_multiplier":
                return False
        if not np.array_equal(inputs.spend_meur[here], past.spend_meur[there]):
            return False
    return all(event.kind != "parameter" or event.amount == getattr(HISTORY.parameters, event.field)
               for event in events if event.date == day)  # fmt: skip


MEASURES = WORLD.tables.measures.set_index("measure")["history_dose"].astype(float).to_dict()
NO_DOSE_OF_HISTORY = {"satellites", "sive", "shiprider", "article-17-coe"}
"""Measures of which history has a part that no dose gives; their levers stand among the kinds of events above."""


@pytest.mark.parametrize("day", DATES, ids=str)
@pytest.mark.parametrize("measure", list(MEASURES))
def test_a_measure_at_the_dose_of_history_changes_not_one_bit(measure: str, day: date) -> None:
    doses = (MEASURES[measure], 2 / 3, 0.0, 1.0)
    events = [dose_event(measure, dose, day) for dose in doses]
    chosen = [event for event in events if same_inputs(HISTORY.with_events(event), day)]
    assert chosen or measure in NO_DOSE_OF_HISTORY
    for event in chosen:
        assert after(day, event) == []


@pytest.mark.parametrize("day", DATES, ids=str)
@pytest.mark.parametrize("event", [
    Event("g8", DATES[0], None, "measure", "g8-paris", "dose", "value", 1.0),
    Event("pledge", DATES[0], None, "state", "*", "pledge_multiplier", "value", 3.0),
    Event("stranger", DATES[0], None, "membership", "maoc-n/BRA", "sharing", "value", 0.7),
], ids=lambda event: event.id)  # fmt: skip
def test_a_column_that_no_active_rule_reads_changes_not_one_bit(event: Event, day: date) -> None:
    """Under fixed sharing nobody reads what countries would pledge, nor what somebody who is no member would share."""
    assert after(day, Event(event.id, day, None, event.kind, event.name, event.field, "value", event.amount)) == []


@pytest.mark.parametrize("theory", [
    {}, {"cooperation": "endogenous"}, {"allocation": "network"}, {"allocation": "bandit"}, {"allocation": "covering"},
    {"choice_rule": "experience", "deterrence": "willingness"},
], ids=str)  # fmt: skip
def test_a_second_review_between_months_changes_not_one_bit(theory: dict[str, object]) -> None:
    model = RouteModel(HISTORY, rng=3, organisations=40, **theory)
    for day in DATES:
        model.run_until(day)
        plain, twice = model.fork(), model.fork()
        twice.state.counts[Counter.REVIEW_DUE] = 1
        plain.run_for(1)
        twice.run_for(1)
        assert differing(plain, twice) == []


def test_an_event_with_an_effect_is_seen() -> None:
    event = Event("closed", DATES[0], None, "state", "ESP", "coast_police_share", "value", 0.9)
    assert "weekly" in after(DATES[0], event)
