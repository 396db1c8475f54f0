"""Common random numbers survive until something changes.

An event without effect sets the value in force, or a column that no active rule reads. Dated between two
months, it leaves every bit of a run as it was: for every measure and every kind of event, at three dates.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from typing import Any

import numpy as np
import pytest

from model import RouteModel, Scenario, calendar, load_world
from model.kinds import Counter
from model.scenario.conditions import READ_IF, READ_WHERE, Facts
from model.scenario.events import EVENT_FIELDS, PARAMETER_ROWS, Event, event_field
from model.scenario.inputs import lay_out
from model.scenario.measures import dose_event
from model.scenario.no_effect import differing, without_effect

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
    ("trade", "multiplier"): 1.0,
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


def differing_bits(one: RouteModel, other: RouteModel) -> list[str]:
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
    return [name for name in differing_bits(model, outcome(day)) if name not in UNREAD]


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
    return all(
        event.kind != "parameter" or event.amount == getattr(HISTORY.parameters, event.field)
        for event in events
        if event.date == day
    )


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
@pytest.mark.parametrize(
    "event",
    [
        Event("g8", DATES[0], None, "measure", "g8-paris", "dose", "value", 1.0),
        Event("pledge", DATES[0], None, "state", "*", "pledge_multiplier", "value", 3.0),
        Event("stranger", DATES[0], None, "membership", "maoc-n/BRA", "sharing", "value", 0.7),
    ],
    ids=lambda event: event.id,
)
def test_a_column_that_no_active_rule_reads_changes_not_one_bit(event: Event, day: date) -> None:
    """Under fixed sharing nobody reads what countries would pledge, nor what somebody who is no member would share."""
    assert after(day, Event(event.id, day, None, event.kind, event.name, event.field, "value", event.amount)) == []


@pytest.mark.parametrize(
    "theory",
    [
        {},
        {"cooperation": "endogenous"},
        {"allocation": "network"},
        {"allocation": "bandit"},
        {"allocation": "covering"},
        {"choice_rule": "experience", "deterrence": "willingness"},
    ],
    ids=str,
)
def test_a_second_review_between_months_changes_not_one_bit(theory: dict[str, object]) -> None:
    model = RouteModel(HISTORY, rng=3, organisations=40, **theory)
    for day in DATES:
        model.run_until(day)
        plain, twice = model.fork(), model.fork()
        twice.state.counts[Counter.REVIEW_DUE] = 1
        plain.run_for(1)
        twice.run_for(1)
        assert differing_bits(plain, twice) == []


def test_an_event_with_an_effect_is_seen() -> None:
    event = Event("closed", DATES[0], None, "state", "ESP", "coast_police_share", "value", 0.9)
    assert "weekly" in after(DATES[0], event)


# --- what has no effect is named, and only that ---------------------------------------------------------------------

DAY = DATES[1]
OWN = replace(HISTORY, bases=("as-it-happened",))
"""History as a base, so that only the events that are added to it are looked at."""
SETTINGS: dict[tuple[str, str], dict[str, object]] = {("state", "pledge_multiplier"): {"cooperation": "endogenous"}}
"""Parameters under which a column is read that is not read under those of history."""
OTHERS = {
    ("state", "consent_regime"): ("VEN", 3.0),
    ("treaty", "active"): ("us-bilateral", 0.0),
    ("programme", "spend_multiplier"): ("*", 3.0),
}
"""Targets and values where the usual ones change nothing: Spain boards its own vessels, money takes years."""
AFTER = 3 * WEEKS


@cache
def started(settings: tuple[tuple[str, object], ...]) -> RouteModel:
    scenario = OWN.with_parameters(**dict(settings))
    return RouteModel(scenario, rng=3, organisations=40).run_until(calendar.monday(calendar.week_of(DAY) - 1))


def followed(event: Event, settings: dict[str, object], weeks: int = AFTER) -> list[str]:
    """What differs some weeks after an event began, beside the column that it sets."""
    model = started(tuple(settings.items()))
    other = model.fork(model.policy.with_events(event)).run_for(weeks)
    own = {f"{event.kind}s.{event.field}", "states.boarding_regime", *UNREAD}
    return [name for name in differing_bits(other, model.fork().run_for(weeks)) if name not in own]


def named(event: Event, settings: dict[str, object], end: date | None = None) -> list[str]:
    """Why an event has no effect, as it is said."""
    scenario = OWN.with_parameters(**settings).with_events(event)
    return [one.why for one in without_effect(WORLD, scenario, end) if event.id in one.what]


def other_value(kind: str, field: str) -> float:
    """A value that is not in force."""
    bounds, value = event_field(kind, field), in_force(kind, field, DAY)
    assert bounds is not None
    if field == "frozen_year":
        return 2001.0
    if bounds.whole:
        return bounds.low if value > bounds.low else bounds.high
    low, high = bounds.low, min(bounds.high, 3.0 * abs(value) + 0.5)
    return 0.5 * (value + (low if value > 0.5 * (low + high) else high))


def where_read(column: str, *, read: bool) -> list[str]:
    """Names of the rows of a column that rules read on the day, or do not read in the weeks after it."""
    inputs = lay_out(WORLD, HISTORY)[1]
    values = getattr(inputs.dated, column.replace(".", "_"))
    where = np.broadcast_to(READ_WHERE[column].holds(Facts(WORLD, inputs, HISTORY.parameters)), values.shape)
    names = list(getattr(WORLD, column.partition(".")[0]))
    first = calendar.week_of(DAY)
    epochs = inputs.epoch_of_week[first : first + (1 if read else AFTER)]
    found = where[epochs].reshape(len(epochs), len(names), -1).any(axis=(0, 2))
    return [name for name, yes in zip(names, found, strict=True) if yes == read]


@pytest.mark.parametrize(("kind", "field"), [key for key in EVENT_FIELDS if key[0] != "measure"])
def test_an_event_that_changes_what_follows_is_not_named(kind: str, field: str, monkeypatch: Any) -> None:
    settings, column = SETTINGS.get((kind, field), {}), f"{kind}s.{field}"
    if column in READ_WHERE and not settings and TARGETS[kind] not in (found := where_read(column, read=True)):
        monkeypatch.setitem(TARGETS, kind, found[0])
    target, value = OTHERS.get((kind, field)) or (TARGETS[kind], other_value(kind, field))
    event = Event("other", DAY, None, kind, target, field, "value", value)
    changed = followed(event, settings, 200 if kind in ("programme", "treaty") else AFTER)
    assert changed, f"no rule reads {column} at {target}: READ_WHERE of model/scenario/conditions.py should say where"
    assert named(event, settings) == []


@pytest.mark.parametrize("column", [name for name in READ_WHERE if event_field(*name.split("s.", 1))])
def test_an_event_where_no_rule_reads_it_changes_nothing_and_is_named(column: str, monkeypatch: Any) -> None:
    kind, field = column.split("s.", 1)
    targets = where_read(column, read=False)[:3]
    assert targets or column == "platforms.liaison"  # in history every platform works some day
    for target in targets:
        monkeypatch.setitem(TARGETS, kind, target)
        until = DAY + timedelta(weeks=AFTER)  # an asset may enter service later
        event = Event("other", DAY, until, kind, target, field, "value", other_value(kind, field))
        assert followed(event, {}) == []
        assert named(event, {}) == [READ_WHERE[column].why]


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (Event("same", DAY, None, "state", "ESP", "finance_strength", "multiply", 1.0), "plus 0 or times 1"),
        (Event("week", date(2010, 3, 9), date(2010, 3, 12), "state", "ESP", "shock", "value", 0.9), "within a week"),
        (
            Event("money", date(2011, 5, 9), None, "programme", "*", "spend_multiplier", "value", 3.0),
            "only after the end",
        ),
        (Event("again", DAY, None, "asset", WORLD.assets[0], "active", "value", 1.0), "in force already"),
        (Event("stranger", DAY, None, "membership", "maoc-n/BRA", "sharing", "value", 0.7), "no member"),
        (
            Event("closed", DAY, date(2012, 1, 1), "membership", "eurosur/ESP", "active", "value", 1.0),
            "does not work then",
        ),
        (
            Event("g8", DAY, None, "measure", "g8-paris", "dose", "value", 1.0),
            "endogenous; its costs count all the same",
        ),
        (
            Event("leak", DAY, None, "parameter", "leak_loss", "leak_loss", "value", 2.5),
            "unless cooperation = endogenous",
        ),
        (
            Event("default", DAY, None, "parameter", "reach_km", "reach_km", "value", HISTORY.parameters.reach_km),
            "already",
        ),
    ],
    ids=lambda value: getattr(value, "id", ""),
)
def test_an_event_without_effect_is_named_with_its_reason(event: Event, why: str) -> None:
    assert followed(event, {}) == [] or event.id == "money"  # it counts after the end that is told below
    found = named(event, {}, date(2012, 12, 31))
    assert len(found) == 1
    assert why in found[0]


@pytest.mark.parametrize("field", ["active", "liaison"])
def test_a_platform_without_members_is_named(field: str) -> None:
    """A comparison that holds it would report that it does nothing, years before anybody could join."""
    scenario = OWN.with_events(
        Event("early", date(2004, 1, 5), date(2006, 1, 2), "platform", "maoc-n", field, "value", 1)
    )
    models = [RouteModel(one, rng=3, organisations=40).run_until("2006-01-02") for one in (OWN, scenario)]
    assert np.array_equal(models[0].buffers.weekly, models[1].buffers.weekly)
    (found,) = without_effect(WORLD, scenario)
    assert "member" in found.why


def test_an_event_that_another_replaces_is_named_with_the_other() -> None:
    first, second = (
        Event(name, DAY, None, "state", "ESP", "coast_police_share", "value", amount)
        for name, amount in (("a", 0.35), ("b", 0.85))
    )
    found = without_effect(WORLD, OWN.with_events(first, second))
    assert [str(one) for one in found] == [
        "event a (state:ESP coast_police_share) has no effect because event b replaces it"
    ]


def test_what_begins_after_the_run_is_named_once() -> None:
    late = [
        Event(name, date(2013, 1, 7), None, "state", name.upper(), "shock", "value", 0.9) for name in ("esp", "fra")
    ]
    found = without_effect(WORLD, OWN.with_events(*late), date(2012, 12, 31))
    assert [str(one) for one in found] == [
        "each event of esp, fra has no effect because it begins after the run, which ends on 2012-12-31"
    ]


def test_what_a_base_says_and_the_scenario_replaces_is_not_named() -> None:
    assert without_effect(WORLD, Scenario.load("no-maritime-platforms")) == ()


# --- parameters -----------------------------------------------------------------------------------------------------

BEGUN = HISTORY.start


def from_the_start(kind: str, name: str, field: str, value: float) -> Event:
    return Event(f"{kind}-{field}", BEGUN, None, kind, name, field, "value", value)


WATCH = (("platform", "eurosur"), ("membership", "eurosur/*"))
EYES = [[from_the_start(kind, name, "active", on) for kind, name in WATCH] for on in (0.0, 1.0)]
UNDER: dict[str, tuple[tuple[dict[str, object], tuple[Event, ...]], tuple[dict[str, object], tuple[Event, ...]]]] = {
    "cooperation = endogenous": (({}, ()), ({"cooperation": "endogenous"}, ())),
    "deterrence = risk-price": (({"deterrence": "willingness"}, ()), ({}, ())),
    "deterrence = willingness": (({}, ()), ({"deterrence": "willingness"}, ())),
    "choice_rule = experience": (({}, ()), ({"choice_rule": "experience"}, ())),
    "choice_rule = salience": (({}, ()), ({"choice_rule": "salience"}, ())),
    "rule bandit": (({}, ()), ({"allocation": "bandit"}, ())),
    "satellites": (({}, tuple(EYES[0])), ({}, tuple(EYES[1]))),
    "liaison": (({}, ()), ({}, (from_the_start("platform", "*", "liaison", 1.0),))),
    "contact_progress_ratio": (({"contact_progress_ratio": 1.0}, ()), ({}, ())),
    "radar": tuple(({}, (from_the_start("place", "*", "coastal_radar", on),)) for on in (0.0, 0.9)),
    "shock": (({}, (from_the_start("state", "*", "shock", 0.0),)), ({}, (from_the_start("state", "*", "shock", 0.5),))),
}
"""Words of a condition -> parameters and events under which it does not hold, and under which it does."""
LAST = date(2003, 12, 28)


@cache
def books(settings: tuple[tuple[str, object], ...], events: tuple[Event, ...]) -> tuple[Scenario, RouteModel]:
    """A run of four years, its scenario without what happens later."""
    fields = {event.field for event in events}
    kept = tuple(event for event in HISTORY.events if event.date <= LAST and event.field not in fields)
    scenario = replace(HISTORY, end=LAST, events=kept)
    scenario = scenario.with_events(*events).with_parameters(**dict(settings))
    return scenario, RouteModel(scenario, rng=3, organisations=80).run()


def moved(name: str) -> float:
    """Another value of a parameter, far from its default."""
    row, value = PARAMETER_ROWS[name], float(getattr(HISTORY.parameters, name))
    return float(row.high if value - row.low < row.high - value else row.low)


@pytest.mark.parametrize("name", READ_IF)
def test_a_parameter_that_no_rule_reads_changes_nothing_and_is_named(name: str) -> None:
    off, on = next(cases for words, cases in UNDER.items() if words in READ_IF[name].why)
    for read, (settings, events) in ((False, off), (True, on)):
        scenario, plain = books(tuple(settings.items()), events)
        changed = scenario.with_parameters(**{name: moved(name)})
        model = RouteModel(changed, rng=3, organisations=80).run()
        same = all(np.array_equal(a, b) for a, b in zip(model.buffers, plain.buffers, strict=True))
        assert same is not read
        told = [one.why for one in without_effect(WORLD, changed) if one.what.startswith(f"parameter {name} ")]
        assert told == ([] if read else [READ_IF[name].why])


def test_liaison_on_a_platform_that_never_works_changes_nothing_and_is_named() -> None:
    closed = from_the_start("platform", "jiatf-south", "active", 0.0)
    scenario, plain = books((), (closed,))
    posted = scenario.with_events(from_the_start("platform", "jiatf-south", "liaison", 1.0))
    model = RouteModel(posted, rng=3, organisations=80).run()
    assert all(np.array_equal(a, b) for a, b in zip(model.buffers, plain.buffers, strict=True))
    assert READ_WHERE["platforms.liaison"].why in [one.why for one in without_effect(WORLD, posted)]


def test_scenarios_that_run_alike_are_known() -> None:
    quiet = Event("leak", DAY, None, "parameter", "leak_loss", "leak_loss", "value", 2.5)
    assert differing(WORLD, HISTORY, HISTORY.with_events(quiet)) == (("leak_loss",), ())
    assert differing(WORLD, HISTORY, Scenario.load("zero-effect")) == ((), ())
    assert differing(WORLD, HISTORY, Scenario.load("no-maritime-platforms")).read
