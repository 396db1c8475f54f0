"""Columns and arrays declared as rows: what is refused, what is made of them, and the types that a stub gives."""

from __future__ import annotations

import dataclasses
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from model import columns, layout, load_world, rows, stubs
from model.errors import InputError
from model.kernel.sources import PACKAGE
from model.kinds import Regime
from model.parameters import Parameters
from model.scenario.events import LEVERS, event_fields
from model.scenario.tabled import base_rows, check_tabled, tabled
from model.state import KNOWN_ROUTES, sizes_of
from model.world.arrays import WorldArrays

HEAD = rows.FIELDS.split(",")
GOOD = {
    "dated": "Places,patrol_hours,f8,1,,0,10,1.0,true,,,,,multiplies search by assets based here",
    "plain": "Organisations,weight,f8,1,,1e-06,,,,,,,,size",
    "coded": "Platforms,allocation,f8,rule,,,,tables,true,PlacementRule,,,,places lent assets",
    "array": "WorldArrays,leg_start,i4,,legs+1,,,,,,,,,where they begin",
}
SENSELESS = (
    "plain,kind,Organisation",
    "plain,name,two words",
    "plain,name,_weight",
    "plain,name,lambda",
    "plain,dtype,f16",
    "plain,dtype,float",
    "plain,dims,legs+1",
    "plain,dims,leg",
    "plain,low,least",
    "plain,high,0",
    "plain,base,1.0",
    "plain,asks_review,true",
    "plain,codes,Rule",
    "plain,codes,PlacementRule",
    "plain,meaning,",
    "plain,instead,capital_eur",
    "dated,kind,Organisations",
    "dated,kind,Jurisdictions",
    "dated,kind,Routes",
    "dated,kind,Areas",
    "dated,kind,Sources",
    "dated,base,11",
    "coded,base,0.5",
    "dated,base,table",
    "dated,base,nan",
    "dated,asks_review,",
    "dated,asks_review,yes",
    "dated,base,states.csv",
    "dated,dims,states platforms",
    "dated,dims,sectors",
    "coded,low,0",
    "coded,codes,Rule",
    "coded,unit,1",
    "coded,kind,WorldArrays",
    "array,dtype,int",
    "array,dims,",
)
ELSEWHERE = {
    "plain,low,least": "low",
    "plain,base,1.0": "asks_review",
    "plain,codes,PlacementRule": "codes",
    "dated,kind,Areas": "high",
    "dated,kind,Sources": "high",
    "coded,low,0": "codes",
    "coded,unit,1": "codes",
    "coded,kind,WorldArrays": "dtype",
    "array,dims,": "dtype",
}
"""Cells that are named where two contradict each other."""


def read(folder: Path, *lines: str) -> dict[str, dict[str, columns.Column]]:
    (folder / "toy.csv").write_text("\n".join([rows.FIELDS, *lines]) + "\n", encoding="utf-8")
    return rows.read_columns(folder / "toy.csv")


@pytest.mark.parametrize("case", SENSELESS)
def test_a_senseless_row_is_refused_with_file_row_and_field(case: str, tmp_path: Path) -> None:
    name, field, text = case.split(",")
    cells = dict(zip(HEAD, GOOD[name].split(","), strict=True)) | {field: text}
    named = f"{cells['kind']}.{cells['name']}, {ELSEWHERE.get(case, field)}"
    with pytest.raises(InputError, match="Allowed: ") as caught:
        read(tmp_path, ",".join(cells.values()))
    assert (caught.value.file, caught.value.field) == ("toy.csv", named)


def test_a_column_that_stands_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"toy\.csv: Places\.patrol_hours, name = .*once"):
        read(tmp_path, GOOD["dated"], GOOD["plain"], GOOD["dated"])


def test_rows_that_make_sense_are_read_with_any_line_ends(tmp_path: Path) -> None:
    plain = read(tmp_path, *GOOD.values())
    (tmp_path / "toy.csv").write_bytes(b"\xef\xbb\xbf" + (tmp_path / "toy.csv").read_bytes().replace(b"\n", b"\r\n"))
    assert rows.read_columns(tmp_path / "toy.csv") == plain
    coded = plain["Platforms"]["allocation"]
    assert coded.bounds == (0, 5)
    assert coded.meaning.startswith("places lent assets: 0 random, 1 last-seizures, 2 greedy")


@pytest.mark.parametrize(("kind", "name"), [key for key in LEVERS if f"{key[0]}s" in columns.PARTS])
def test_a_dated_column_with_the_name_of_a_lever_is_refused(kind: str, name: str) -> None:
    with pytest.raises(InputError, match=rf"columns\.csv: {kind}s\.{name}, name"):
        event_fields({f"{kind}s.{name}": columns.Column("f8", "1", "d", base=1.0)})


@pytest.mark.parametrize("name", ["places.toy", "legs.exposure"])
def test_a_column_that_follows_from_tables_says_how_and_no_other_does(name: str) -> None:
    other = columns.Column("f8", "1", "d", base="tables" if name == "places.toy" else 1.0)
    check_tabled(columns.dated_columns())
    with pytest.raises(InputError, match=rf"columns\.csv: {name}, base.*TABLED"):
        check_tabled(columns.dated_columns() | {name: other})


def test_a_column_of_a_table_is_the_base_of_a_dated_column_without_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the same name, by year where the table has years, codes as numbers."""
    world, week = load_world(), 52 * 5
    regimes = [Regime.labels().index(name) for name in world.tables.states["consent_regime"]]
    assert tabled(world, "states.consent_regime", week).tolist() == regimes
    of_2004 = world.tables.governance.query("year == 2004").set_index("state")["corruption"]
    assert tabled(world, "states.corruption", week).tolist() == of_2004.loc[list(world.states)].tolist()
    monkeypatch.setattr(
        "model.scenario.tabled.dated_columns", lambda: {"legs.days": columns.Column("f8", "day", "d", base="legs.csv")}
    )
    assert tabled(world, "legs.days", week).tolist() == world.tables.legs["days"].tolist()


@pytest.mark.parametrize(
    ("file", "cells", "named"),
    [("columns.csv", ",i8,", "Organisations.ident, dtype = 'x8'"), ("parameters.csv", ",0.7,", "supply_scale, low")],
)
def test_a_senseless_row_is_refused_at_import(file: str, cells: str, named: str, tmp_path: Path) -> None:
    shutil.copytree(PACKAGE, tmp_path / "model", ignore=shutil.ignore_patterns("__pycache__", "build"))
    table = tmp_path / "model/data" / file
    table.write_text(table.read_text(encoding="utf-8").replace(cells, ",x8,", 1), encoding="utf-8")
    done = subprocess.run([sys.executable, "-c", "import model"], cwd=tmp_path, capture_output=True, text=True)
    assert f"{file}: {named}" in done.stderr


def test_events_set_columns_with_one_value_a_row_only() -> None:
    bounded = columns.Column("f8", "1", "d", low=0.0, high=1.0, base=1.0)
    assert next(iter(event_fields({"states.toy": bounded}))) == ("state", "toy")
    assert event_fields({"states.toy": dataclasses.replace(bounded, dims=("sectors",))}) == LEVERS


def test_the_options_under_which_a_column_is_read_are_those_of_a_parameter() -> None:
    conditions = {column.when for kind in rows.COLUMNS.values() for column in kind.values() if column.when}
    assert conditions
    for condition in conditions:
        parameter, _, options = condition.partition("=")
        assert set(options.split("|")) <= set(Parameters.rows[parameter].options)


def test_events_name_the_rows_of_all_kinds_that_they_may_change() -> None:
    names = load_world().names
    assert all(kind.lower().removesuffix("s") in names for kind in rows.NAMED)


def test_a_number_is_the_base_of_every_entry_of_a_column_with_dimensions(monkeypatch: pytest.MonkeyPatch) -> None:
    world = load_world()
    base_rows.cache_clear()
    with monkeypatch.context() as patch:
        column = columns.Column("f8", "1", "d", ("platforms",), base=2.0)
        patch.setattr("model.scenario.tabled.dated_columns", lambda: {"states.toy": column})
        expected = np.full((len(world.states), len(world.platforms)), 2.0)
        assert np.array_equal(base_rows(world, 3)["states.toy"], expected)
    base_rows.cache_clear()


def test_every_dimension_has_a_length_and_every_length_a_name() -> None:
    assert set(sizes_of(load_world())) == set(rows.DIMENSIONS.split())


@pytest.mark.parametrize("name", WorldArrays._fields)
def test_arrays_of_the_world_are_as_declared(name: str) -> None:
    column, value, sizes = (
        columns.columns_of(WorldArrays)[name],
        getattr(load_world().arrays, name),
        sizes_of(load_world()),
    )
    if not column.dims:
        assert type(value).__name__ == column.dtype
        return
    assert value.dtype.str.lstrip("<|") == column.dtype
    assert value.shape == tuple(sizes[dim.removesuffix("+1")] + dim.endswith("+1") for dim in column.dims)
    low, high = column.bounds
    assert (low <= value).all()
    assert (value <= high).all()


def test_the_room_of_rules_has_the_shapes_that_are_declared() -> None:
    world = load_world()
    room = columns.allocate(columns.Workspace, None, sizes_of(world))
    assert room.sampling_key.shape == (KNOWN_ROUTES,)
    assert room.leg_use.shape == (len(world.legs),)
    dtypes = [column.dtype for column in columns.columns_of(columns.Workspace).values()]
    assert [array.dtype.str.lstrip("<|") for array in room] == dtypes


@pytest.mark.parametrize("kind", [*rows.TUPLES, "Parameters", "ParameterValues"])
def test_classes_are_found_under_their_module_and_name(kind: str) -> None:
    made = getattr(layout, kind)
    assert pickle.loads(pickle.dumps(made)) is made
    assert made.__doc__


def test_the_stub_is_that_of_the_rows() -> None:
    assert stubs.STUB.read_text(encoding="utf-8") == stubs.stub(), "run: uv run python -m model.stubs"


def test_defaults_pickle_as_parameters() -> None:
    assert pickle.loads(pickle.dumps(Parameters())) == Parameters()
