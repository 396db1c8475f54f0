"""Attributes of Mesa agents follow from the declarations of their columns."""

from __future__ import annotations

import numpy as np
import pytest

from model import InputError, RouteModel
from model.columns import columns_of
from model.mesa_agents import AGENTS, PartnerState, RowAgent, TraffickingOrganisation


@pytest.fixture(scope="module")
def model() -> RouteModel:
    return RouteModel("as-it-happened", rng=4, organisations=20, choice_rule="experience").run_until("2008-01-07")


@pytest.mark.parametrize("kind", AGENTS, ids=lambda kind: kind.__name__)
def test_what_is_read_can_be_written_back(model: RouteModel, kind: type[RowAgent]) -> None:
    """Of every agent and every column that no rule writes: no value of a run lies outside the declared bounds."""
    assert kind.kind is not None
    settable = [name for name, column in columns_of(kind.kind).items() if not column.by and name not in kind.__dict__]
    for agent in model.agents_by_type[kind]:
        for name in settable:
            before = np.array(getattr(agent, name))
            setattr(agent, name, getattr(agent, name))
            assert np.array_equal(before, getattr(agent, name))


def first(model: RouteModel, kind: type[RowAgent]) -> RowAgent:
    return next(iter(model.agents_by_type[kind]))


@pytest.mark.parametrize(("name", "value"), [
    ("corruption", 7.0), ("corruption", float("nan")), ("corruption", "high"), ("corruption", [0.1, 0.2]),
    ("pledge", [0.5]), ("pledge", []), ("protection_price", 10**400), ("protection_price", -1.0),
])  # fmt: skip
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
