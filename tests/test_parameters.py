"""Declaring, checking, showing parameters, and the scalars made of them."""

from __future__ import annotations

import math
import pickle
from typing import Annotated

import pytest
from pydantic import BaseModel, ConfigDict, ValidationError

from model.errors import InputError
from model.kinds import Code
from model.parameter_fields import (
    CONFIDENCES,
    Options,
    changed_values,
    check_values,
    choice,
    describe,
    lever,
    markdown_table,
    parameter_rows,
    switch,
    to_values,
    uncertainty,
    values_type,
)
from model.parameters import Parameters, ParameterValues

WORDS = {"group": "g", "description": "d", "source": "s", "confidence": "low"}


class Rule(Code):
    GREEDY = "greedy"
    RANDOM = "random"


class Small(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    speed: float = lever(10.0, "kn", 1.0, 30.0, **WORDS)
    crew: int = uncertainty(4, "people", 1, 20, **WORDS)
    rule: Annotated[str, Options(Rule)] = choice("greedy", **WORDS)
    cued: bool = switch(True, **WORDS)


SmallValues = values_type(Small, "SmallValues", __name__)


def small_error(**values: object) -> str:
    with pytest.raises(InputError) as caught:
        check_values(Small, values, file="small.toml")
    return str(caught.value)


def test_every_kind_of_parameter_becomes_a_plain_scalar() -> None:
    values = to_values(Small(rule="random", cued=False))
    assert tuple(values) == (10.0, 4, 1, 0)
    assert [type(value) for value in values] == [float, int, int, int]


def test_a_whole_number_given_for_a_float_is_a_float_in_the_kernel() -> None:
    assert type(to_values(check_values(Small, {"speed": 7})).speed) is float


def test_values_type_is_found_by_its_name() -> None:
    values = to_values(Small())
    assert type(values) is SmallValues
    assert pickle.loads(pickle.dumps(values)) == values
    assert type(to_values(Parameters())) is ParameterValues


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"speed": 31.0}, ["parameters.speed", "31.0", "1 to 30 kn"]),
        ({"speed": 0.0}, ["parameters.speed", "0.0", "1 to 30 kn"]),
        ({"speed": math.nan}, ["parameters.speed", "nan", "1 to 30 kn"]),
        ({"speed": math.inf}, ["parameters.speed", "inf", "1 to 30 kn"]),
        ({"speed": "10"}, ["parameters.speed", "'10'", "without quotes"]),
        ({"speed": True}, ["parameters.speed", "True", "plain number"]),
        ({"speed": [1.0]}, ["parameters.speed", "[1.0]", "plain number"]),
        ({"crew": 2.5}, ["parameters.crew", "2.5", "a whole number, 1 to 20 people"]),
        ({"crew": False}, ["parameters.crew", "False", "a whole number"]),
        ({"rule": "gredy"}, ["parameters.rule", "'gredy'", "'greedy' or 'random'", "did you mean 'greedy'?"]),
        ({"rule": 1}, ["parameters.rule", "1", "'greedy' or 'random'"]),
        ({"cued": 1}, ["parameters.cued", "1", "true or false"]),
        ({"sped": 10.0}, ["parameters.sped", "10.0", "4 known parameters", "did you mean 'speed'?"]),
    ],
)
def test_a_bad_value_is_refused_with_its_name_bounds_and_unit(values: dict[str, object], words: list[str]) -> None:
    message = small_error(**values)
    for word in ["small.toml", *words]:
        assert word in message


def test_all_problems_are_listed_at_once() -> None:
    message = small_error(speed=99.0, crw=3, rule="x", cued="yes")
    for word in ("4 problems", "speed", "did you mean 'crew'?", "'greedy' or 'random'", "true or false"):
        assert word in message


def test_parameters_are_frozen_and_closed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Small().speed = 3.0
    with pytest.raises(ValidationError, match="Extra inputs"):
        Parameters(no_such_parameter=1.0)


@pytest.mark.parametrize(("default", "low", "high"), [(5.0, 6.0, 7.0), (8.0, 6.0, 7.0), (math.nan, 0.0, 1.0)])
def test_a_default_out_of_bounds_is_refused_at_once(default: float, low: float, high: float) -> None:
    with pytest.raises(ValueError, match="outside"):
        lever(default, "1", low, high, **WORDS)


def test_an_unknown_confidence_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="confidence 'sure'"):
        uncertainty(1.0, "1", 0.0, 2.0, group="g", description="d", source="s", confidence="sure")


def test_a_field_without_its_words_is_refused() -> None:
    class Bare(BaseModel):
        speed: float = 1.0

    with pytest.raises(TypeError, match=r"Bare\.speed must be declared"):
        parameter_rows(Bare)


def test_changed_values_are_those_that_differ_from_their_defaults() -> None:
    assert changed_values(Small(crew=5, speed=10.0)) == {"crew": 5}


@pytest.mark.parametrize("row", parameter_rows(Parameters).values(), ids=lambda row: row.name)
def test_every_parameter_of_the_model_is_complete(row) -> None:
    assert row.description
    assert row.group
    assert row.source
    assert row.confidence in CONFIDENCES
    assert row.options or isinstance(row.default, bool) or (row.unit and row.low < row.high)


def test_default_parameters_pass_their_own_check() -> None:
    assert check_values(Parameters, dict(Parameters())) == Parameters()


def test_tables_have_a_row_for_every_parameter() -> None:
    frame, text = describe(Parameters), markdown_table(Parameters)
    assert list(frame["name"]) == list(Parameters.model_fields)
    assert {"default", "unit", "low", "high", "role", "group", "source", "confidence"} <= set(frame.columns)
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    assert len(rows) == len(frame)
    assert {line.replace("\\|", "").count("|") for line in rows} == {9}
