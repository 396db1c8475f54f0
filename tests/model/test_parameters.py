"""Declaring, checking, showing parameters, and the scalars made of them."""

from __future__ import annotations

import math
import pickle
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from pydantic import ValidationError

from model.errors import InputError
from model.kinds import AS_TABLED, Code
from model.parameter_fields import (
    CONFIDENCES,
    FIELDS,
    Declared,
    changed_values,
    check_values,
    declare,
    describe,
    markdown_table,
    parameter_rows,
    to_values,
    values_type,
)
from model.parameters import Parameters, ParameterValues

ROWS = {
    "speed": "speed,10.0,kn,1.0,30.0,float,lever,g,s,low,d",
    "crew": "crew,4,people,1,20,int,uncertainty,g,s,low,d",
    "rule": "rule,greedy,,,,ToyRule,switch,g,s,low,d",
    "cued": "cued,true,,,,bool,switch,g,s,low,d",
    "own": "own,table,,,,AllocationRule,switch,g,s,low,d",
}


class ToyRule(Code):
    GREEDY = "greedy"
    RANDOM = "random"


def toy(*rows: str) -> type[Declared]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "toy.csv"
        path.write_text("\n".join([FIELDS, *rows]) + "\n", encoding="utf-8")
        return declare(path, "Small", __name__)


Small = toy(*ROWS.values())
SmallValues = values_type(Small, "SmallValues", __name__)


def small_error(**values: object) -> str:
    with pytest.raises(InputError) as caught:
        check_values(Small, values, file="small.toml")
    return str(caught.value)


def test_every_kind_of_parameter_becomes_a_plain_scalar() -> None:
    values = to_values(Small(rule="random", cued=False))
    assert tuple(values) == (10.0, 4, 1, 0, AS_TABLED)
    assert [type(value) for value in values] == [float, int, int, int, int]
    assert [to_values(Small(own=label)).own for label in ("random", "last-seizures")] == [0, 1]


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
        ({"sped": 10.0}, ["parameters.sped", "10.0", "5 known parameters", "did you mean 'speed'?"]),
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


SENSELESS = (
    "speed,default,0.5",
    "speed,default,31.0",
    "speed,default,nan",
    "speed,default,",
    "speed,low,-inf",
    "speed,high,fast",
    "speed,unit,",
    "speed,role,switch",
    "speed,role,leverage",
    "speed,confidence,sure",
    "speed,source,",
    "speed,type,flot",
    "speed,group,",
    "speed,description,",
    "speed,name,crew",
    "speed,name,7speed",
    "speed,name,class",
    "speed,name,copy",
    "crew,default,4.0",
    "crew,low,0.5",
    "rule,default,gready",
    "rule,role,lever",
    "rule,low,0",
    "rule,type,ToyRule or none",
    "cued,default,1",
    "cued,type,bool or table",
    "cued,unit,1",
)


@pytest.mark.parametrize("case", SENSELESS)
def test_a_senseless_row_is_refused_with_file_row_and_field(case: str) -> None:
    name, field, text = case.split(",")
    cells = dict(zip(FIELDS.split(","), ROWS[name].split(","), strict=True)) | {field: text}
    with pytest.raises(InputError, match=rf"toy\.csv: {cells['name']}, {field} = '{text}'.*Allowed: ") as caught:
        toy(ROWS["crew"], ",".join(cells.values())) if name != "crew" else toy(",".join(cells.values()))
    assert caught.value.remedy


@pytest.mark.parametrize("lines", [["speed,1.0"], [ROWS["speed"] + ",more"], [""]])
def test_a_line_with_other_cells_is_refused(lines: list[str]) -> None:
    with pytest.raises(InputError, match=r"toy\.csv: line 2, cells"):
        toy(*lines)


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
