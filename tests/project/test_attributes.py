"""Attributes of Mesa agents follow from the declarations of their columns."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from model import InputError, RouteModel
from model.columns import PARTS, Column, columns_of
from model.mesa_agents import AGENTS, PartnerState, Row, RowAgent, TraffickingOrganisation

LEARNING = {"choice_rule": "experience", "cooperation": "endogenous"}
"""Rules that read columns that others leave alone."""
SETTABLE = {
    kind: {name: row.column for name, row in vars(kind).items() if isinstance(row, Row) and not row.column.by}
    for kind in AGENTS
}
CONDITIONAL = [(kind, name) for kind in AGENTS for name, column in SETTABLE[kind].items() if column.when]


def run_to_2008(**parameters: str) -> RouteModel:
    return RouteModel("as-it-happened", rng=4, organisations=20, **parameters).run_until("2008-01-07")


@pytest.fixture(scope="module")
def model() -> RouteModel:
    return run_to_2008(**LEARNING)


@pytest.mark.parametrize("kind", AGENTS, ids=lambda kind: kind.__name__)
def test_what_is_read_can_be_written_back(model: RouteModel, kind: type[RowAgent]) -> None:
    """Of every agent and every column that no rule writes: no value of a run lies outside the declared bounds."""
    assert SETTABLE[kind]
    for agent in model.agents_by_type[kind]:
        for name in SETTABLE[kind]:
            before = np.array(getattr(agent, name))
            setattr(agent, name, getattr(agent, name))
            assert np.array_equal(before, getattr(agent, name))


@cache
def eight_weeks_later(**parameters: str) -> tuple[RouteModel, RouteModel]:
    before = run_to_2008(**parameters)
    return before, before.fork().run_for(8)


def another(column: Column, old: np.ndarray) -> np.ndarray:
    """A value that is clearly another, within the bounds."""
    low, high = column.bounds
    if column.is_whole:
        return np.where(old > low, low, min(high, low + 1))
    if np.isfinite(low) and np.isfinite(high):
        return np.where(2 * old > low + high, low + 0.25 * (high - low), low + 0.75 * (high - low))
    return np.minimum(1.5 * old + 1.0, high)


@pytest.mark.parametrize(
    ("kind", "name"),
    [(kind, name) for kind in AGENTS for name in SETTABLE[kind]],
    ids=lambda one: getattr(one, "__name__", one),
)
def test_what_can_be_set_has_an_effect(kind: type[RowAgent], name: str) -> None:
    """What a rule overwrites before anything reads it must not be settable: every value changes some other column."""
    column = SETTABLE[kind][name]
    parameter, _, options = column.when.partition("=")
    before, plain = eight_weeks_later(**({parameter: options.split("|")[0]} if parameter else {}))
    changed = before.fork()
    for agent in changed.agents_by_type[kind]:
        setattr(agent, name, another(column, np.asarray(getattr(agent, name), dtype=float)))
    changed.run_for(8)
    assert [
        f"{part}.{other}"
        for part, columns in PARTS.items()
        for other in columns_of(columns)
        if (part, other) != (kind.columns, name)
        and not np.array_equal(*(getattr(getattr(m.state, part), other) for m in (plain, changed)))
    ]


@pytest.mark.parametrize(("kind", "name"), CONDITIONAL, ids=lambda one: getattr(one, "__name__", one))
def test_what_no_rule_of_the_model_reads_is_refused(kind: type[RowAgent], name: str) -> None:
    column = SETTABLE[kind][name]
    parameter, _, options = column.when.partition("=")
    other = {"choice_rule": "expected-value", "cooperation": "fixed", "allocation": "random"}[parameter]
    agent = first(RouteModel(rng=1, organisations=20, **{parameter: other}).run_for(8), kind)
    before = np.array(getattr(agent, name))
    with pytest.raises(InputError, match=f"no effect in a model with {parameter}='{other}'") as caught:
        setattr(agent, name, 0.5)
    assert caught.value.field == f"{kind.__name__}.{name}"
    assert column.instead in str(caught.value.remedy)
    assert options.split("|")[0] in str(caught.value.remedy)
    assert np.array_equal(before, getattr(agent, name))


def first(model: RouteModel, kind: type[RowAgent]) -> RowAgent:
    return next(iter(model.agents_by_type[kind]))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("corruption", 7.0),
        ("corruption", float("nan")),
        ("corruption", "high"),
        ("corruption", [0.1, 0.2]),
        ("pledge", [0.5]),
        ("pledge", []),
        ("protection_price", 10**400),
        ("protection_price", -1.0),
    ],
)
def test_a_value_that_cannot_be_is_refused(model: RouteModel, name: str, value: object) -> None:
    country = first(model, PartnerState)
    before = np.array(getattr(country, name))
    with pytest.raises(InputError, match=f"PartnerState.{name}"):
        setattr(country, name, value)
    assert np.array_equal(before, getattr(country, name))


@pytest.mark.parametrize("name", ["effort", "kappa", "sharing", "consent_regime"])
def test_a_column_that_rules_write_is_refused(model: RouteModel, name: str) -> None:
    with pytest.raises(InputError, match="it follows from"):
        setattr(first(model, PartnerState), name, 0.95)


def test_choices_are_whole_numbers(model: RouteModel) -> None:
    with pytest.raises(InputError, match="whole numbers"):
        first(model, TraffickingOrganisation).can_borrow = 0.5  # type: ignore[attr-defined]


def test_a_misspelt_column_is_refused_and_a_name_of_ones_own_is_not(model: RouteModel) -> None:
    country = first(model, PartnerState)
    with pytest.raises(InputError, match="did you mean 'corruption'"):
        country.corupton = 0.9  # type: ignore[attr-defined]
    for name in ("mine", "old_corruption", "corruption_2004", "capacity0", "corruption_"):
        setattr(country, name, 1.0)
        assert getattr(country, name) == 1.0


def test_views_of_many_values_cannot_be_written_in_place(model: RouteModel) -> None:
    with pytest.raises(ValueError, match="read-only"):
        first(model, TraffickingOrganisation).attraction[0] = 1.0  # type: ignore[attr-defined]
