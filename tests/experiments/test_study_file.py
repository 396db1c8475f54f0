"""Study files: every field is typed, names and levels are checked together, and what cannot be analysed never runs."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from experiments.analysis import attribution
from experiments.analysis.no_effect import warnings_of
from experiments.analysis.outcomes import OUTCOMES
from experiments.analysis.points import lever_effects, point_means
from experiments.design import designs as design
from experiments.design.factors import Factor
from experiments.ensemble import runner
from experiments.ensemble.store import Store
from experiments.field_types import RESERVED
from experiments.plan import MOST_RUNS
from experiments.study import Study
from model.errors import InputError

BASE: dict[str, Any] = {"title": "t", "kind": "sweep", "window": [2013, 2014], "replications": 2}
LEVER: dict[str, Any] = {"name": "sharing", "target": "platform:*", "field": "sharing"}


def study(**fields: Any) -> Study:
    return Study.from_dict({**BASE, **fields})


def refused(said: str, **fields: Any) -> str:
    """The message with which a study is refused; it names what is allowed and the remedy."""
    with pytest.raises(InputError, match=said) as error:
        study(**fields)
    assert "Allowed: " in str(error.value)
    assert "Remedy: " in str(error.value)
    return str(error.value)


# --- fields -------------------------------------------------------------------------------------------------------

WRONG: dict[str, list[Any]] = {
    "title": [3, ["a"], {"a": 1}, True, "x" * 3_000],
    "question": [3, dt.date(2011, 5, 10)],
    "kind": ["swep", 3, ["sweep"], None],
    "scenarios": ["as-it-happened", [1], [], {"a": 1}, [""], 5],
    "baseline": [3, ["as-it-happened"], "paris-package"],
    "fork": ["2011-05-10", 2011, dt.date(1, 1, 1), dt.date(9999, 1, 1), dt.datetime(2011, 5, 10, 12)],
    "window": [2013, [2013], [2013, 2014, 2015], ["2013", "2014"], [2013.0, 2014.5], [2014, 2013], [True, 2014]],
    "replications": [0, -1, 2.5, "20", True, 10**7, 10**4_250],
    "seed": [-1, 0.5, "1", 2**63, [1]],
    "organisations": [3, 150.5, "150", 10**9, True],
    "outcomes": ["seized_kg", [], ["landed"], [3], ["seized_kg"] * 2],
    "record": ["all", 3, ["yearly"]],
    "supply": ["both", [0, 9], [0, 0], [0.0, -0.0], [float("inf")], [True], {"a": 1}],
    "common_seeds": ["no", 0, 1, []],
    "over": [3, "elsewhere", ["posterior"]],
    "design": [
        "grid",
        3,
        [],
        [{"steps": 3}],
        {"method": 5},
        {"method": "gird"},
        {"stpes": 3},
        {"steps": 2.5},
        {"steps": True},
        {"method": "lhs", "steps": 3},
        {"method": "lhs", "n": 10**9},
        {"n": 5},
        {"method": "lhs", "n": 5, "seed": -1},
        {"method": "csv"},
        {"method": "csv", "file": 3},
    ],
    "levers": ["sharing", {"target": "platform:*"}, [3], [[LEVER]], 7],
    "uncertainties": [3, ["a"]],
    "colour": ["red"],
}


@pytest.mark.parametrize(("field", "value"), [(field, value) for field, values in WRONG.items() for value in values])
def test_a_value_of_another_type_or_range_is_refused(field: str, value: Any) -> None:
    said = refused(field, **{field: value})
    assert len(said) < 3_000


WRONG_FACTORS: dict[str, list[Any]] = {
    "target": [3, "", "platform", ":", "platform:", "a:b:c", None, "nobody:*", "parameter:nothing", "state:XXX"],
    "name": [3, "", ["a"], "x" * 200],
    "field": [3, "mood"],
    "operation": ["divide", 3],
    "since": ["later", 3],
    "low": ["0", True, float("nan"), -float("inf"), 10**4_250, -0.5, dt.date(2012, 1, 1)],
    "high": ["1", [1], 1e308, 2],
    "values": [
        "risk",
        [],
        {},
        0.5,
        [float("inf")],
        [float("nan")],
        [0.5, 0.5],
        [0.0, -0.0],
        [0, 0.0],
        [0, True],
        ["a"],
        [[0]],
        [2.0],
        [dt.date(2012, 1, 1)],
        [10**4_250],
    ],
    "title": [3],
    "unit": [3],
    "hgih": [1.0],
}


@pytest.mark.parametrize(
    ("field", "value"), [(field, value) for field, values in WRONG_FACTORS.items() for value in values]
)
def test_a_factor_of_another_type_or_range_is_refused(field: str, value: Any) -> None:
    refused(r"levers\[1\]", levers=[{**LEVER, field: value}])


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(InputError) as error:
        Study.from_dict({**BASE, "title": 3, "seed": -1, "colour": "red"}, file="mine.toml")
    lines = str(error.value).splitlines()
    assert lines[0] == "3 problems:"
    assert all(line.startswith("  - mine.toml: ") for line in lines[1:])
    assert [word in lines[1 + i] for i, word in enumerate(("colour", "title", "seed"))].count(False) <= 3
    assert {word for word in ("colour", "title", "seed") if word in str(error.value)} == {"colour", "title", "seed"}


def test_every_kind_has_its_own_fields() -> None:
    refused("search: .*no such field|search = .*no such field", search={"measures": ["maoc-n", "ccp"]})
    refused("attribution.*no such field", attribution={"players": ["maoc-n", "ccp"]})
    refused("swept.*no such field", swept=["as-it-happened"])
    refused("levers.*no such field", kind="attribution", levers=[LEVER], attribution={"players": ["maoc-n", "ccp"]})
    refused("search must be a table", kind="search")
    refused("attribution must be a table", kind="attribution")


@pytest.mark.parametrize(("kind", "method"), [("screening", "morris"), ("sobol", "saltelli")])
def test_a_kind_that_needs_a_design_is_told_before_any_run(kind: str, method: str) -> None:
    refused(f"design.method = 'grid'.*{method}", kind=kind, levers=[LEVER])
    refused("nothing to vary", kind=kind, design={"method": method})
    assert study(kind=kind, levers=[LEVER], design={"method": method, "n": 2}).method == method


WRONG_PLAYERS: list[tuple[Any, str]] = [
    (3, "players = 3"),
    ("maoc-n", "players = 'maoc-n'"),
    ([], "players"),
    (["maoc-n"], "players"),
    (["maoc-n", 3], "players = 3"),
    (["maoc-n", "maoc-n"], "named twice"),
    (["maoc-n", "cpp"], "no such platform.*'ccp'"),
    (["maoc-n", "a+b"], "no such platform"),
    (["maoc-n", "ESP"], "no such platform"),
]


@pytest.mark.parametrize(("players", "said"), WRONG_PLAYERS)
def test_players_that_are_none_are_named(players: Any, said: str) -> None:
    refused(said, kind="attribution", attribution={"players": players})


def test_states_may_be_players() -> None:
    found = study(kind="attribution", attribution={"players": ["ESP", "PRT"], "over": "states"})
    assert list(found.players) == ["ESP", "PRT"]
    refused("no such state", kind="attribution", attribution={"players": ["ESP", "XXX"], "over": "states"})
    refused("permutations = 1", kind="attribution", attribution={"players": ["ESP", "PRT"], "permutations": 1})


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("generations", 2.5),
        ("population", 0),
        ("worlds", True),
        ("budget_eur", float("inf")),
        ("budget_eur", 0),
        ("seed", -1),
        ("measures", ["maoc-n"]),
        ("measures", "maoc-n"),
        ("measures", ["ccp", "ccp"]),
        ("pace", 3),
    ],
)
def test_settings_of_a_search_are_typed(setting: str, value: Any) -> None:
    refused(setting, kind="search", search={"measures": ["maoc-n", "ccp"], setting: value})


# --- names --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted({*RESERVED, *OUTCOMES}))
def test_a_reserved_name_is_refused_and_all_are_listed(name: str) -> None:
    said = refused("a column of the results has this name", levers=[{**LEVER, "name": name.upper()}])
    assert "supply_answer" in said
    assert "status" in said


def test_all_columns_of_results_are_reserved(tmp_path: Path) -> None:
    """Whatever a run or an analysis adds to a table is a name that no factor can have."""
    small = study(
        fork=dt.date(2000, 6, 5),
        window=[2001, 2001],
        organisations=10,
        replications=2,
        record="events",
        levers=[LEVER],
        design={"steps": 2},
        outcomes=["seized_kg"],
        supply=[0, 2],
    )
    store = Store(tmp_path / "small")
    runner.run(small, store)
    found = set(small.plan) | set(small.table) | set(store.runs()) | set(point_means(store.runs(), small))
    for frame in set(store.frames()) - {"runs"}:
        found |= set(store.frame(frame))
    assert len(found) > 60
    assert found - {"sharing"} - RESERVED - set(OUTCOMES) == set()


def test_names_that_differ_by_capitals_are_twins() -> None:
    refused("named twice", levers=[LEVER, {**LEVER, "name": "SHARING", "target": "platform:maoc-n"}])


def test_two_factors_never_change_the_same() -> None:
    refused("factor 'sharing' changes the same", levers=[LEVER, {**LEVER, "name": "other"}])


def test_a_measure_of_a_search_is_no_uncertainty() -> None:
    entry = {"target": "measure:ccp", "low": 0.0, "high": 1.0}
    search = {"measures": ["maoc-n", "ccp"]}
    refused("named twice.*a measure of the search", kind="search", search=search, uncertainties=[entry])


def test_the_supply_answer_as_a_factor_has_another_column() -> None:
    """Its column had the name of the answer of supply, so that one value was set twice, and read as several answers."""
    entry = {"target": "parameter:supply_answer", "low": 0.0, "high": 2.0}
    found = study(uncertainties=[entry], design={"steps": 3}, supply=[])
    assert [factor.name for factor in found.factors] == ["supply_answer_level"]
    assert [arm.scenario.parameters.supply_answer for arm in found.arms] == [0.0, 1.0, 2.0]
    assert all("supply_answer" not in event.field for arm in found.arms for event in arm.scenario.events)
    refused("supply, or a factor", uncertainties=[entry], supply=[0, 2])


# --- levels -------------------------------------------------------------------------------------------------------


def test_minus_zero_is_zero() -> None:
    levers = [{**LEVER, "values": [-0.0, 0.5]}]
    assert str(study(levers=levers).factors[0].choices[0]) == "0.0"
    assert study(levers=[{**LEVER, "low": -0.0, "high": 1.0}]).plan["run"].is_unique


def test_levels_that_read_the_same_are_refused() -> None:
    refused("a level is listed twice", levers=[{**LEVER, "values": [0.1, 0.1000000000000001]}])
    assert study(levers=[{**LEVER, "values": [0.1, 0.10001]}]).factors


@pytest.mark.parametrize("name", ["a\x00b", "a\nb", " a", "a ", "a\u2028b"])
def test_names_that_cannot_head_a_column_are_refused(name: str) -> None:
    refused("without line breaks", levers=[{**LEVER, "name": name}])
    assert study(levers=[{**LEVER, "name": "share of 'x' (%)"}]).factors


DAYS: dict[str, Any] = {
    "name": "day",
    "target": "event:sive-canaries",
    "field": "date",
    "low": dt.date(2002, 1, 1),
    "high": dt.date(2002, 1, 3),
}
SWITCH: dict[str, Any] = {"target": "parameter:cooperation"}


@pytest.mark.parametrize("method", ["lhs", "sobol"])
@pytest.mark.parametrize(("entry", "points"), [(SWITCH, 2), (DAYS, 3)])
def test_equal_points_of_a_sample_are_kept_once(method: str, entry: dict[str, Any], points: int) -> None:
    found = study(scenarios=["as-it-happened"], levers=[entry], design={"method": method, "n": 8})
    assert found.plan["run"].is_unique
    assert len(found.table) == points
    note = f"design: n = 8 gives {points} different points; equal points are kept once"
    assert note in warnings_of(found)


def test_a_day_in_a_design_is_the_day_that_is_run(tmp_path: Path) -> None:
    (tmp_path / "points.csv").write_text("day\n730851.6\n730853\n", encoding="utf-8")
    for settings in ({"steps": 3}, {"method": "csv", "file": str(tmp_path / "points.csv")}):
        found = study(scenarios=["as-it-happened"], levers=[DAYS], design=settings)
        for arm, day in zip(found.arms, found.table["day"], strict=True):
            event = next(event for event in arm.scenario.events if event.id == "sive-canaries")
            assert event.date.toordinal() == day
    with pytest.raises(InputError, match=r"2002-01-01 to 2002-01-03.*steps of at least 1 day"):
        _ = study(levers=[DAYS], design={"steps": 9}).table


def test_a_factor_whose_cells_are_all_empty_has_no_effect_to_report(tmp_path: Path) -> None:
    """It ended in a TypeError after all runs."""
    (tmp_path / "points.csv").write_text("sharing,ccp\n0.2,\n", encoding="utf-8")
    levers = [LEVER, {"target": "measure:ccp"}]
    found = study(levers=levers, design={"method": "csv", "file": str(tmp_path / "points.csv")})
    store = Store(tmp_path / "store")
    store.begin({"kind": "sweep"}, found.plan)
    assert store.plan()["ccp"].isna().all()
    assert lever_effects(store.plan(), found).empty


def test_a_range_too_narrow_for_its_steps_is_refused() -> None:
    with pytest.raises(InputError, match="too narrow"):
        _ = study(levers=[{**LEVER, "low": 0.1, "high": 0.1 + 1e-12}], design={"steps": 5}).table


def test_one_level_has_no_effect_to_report() -> None:
    found = study(
        levers=[{**LEVER, "values": [0.5]}, {"name": "x", "target": "measure:ccp", "values": [0.0, 1.0]}],
        outcomes=["arrived_europe_kg"],
    )
    runs = found.plan.assign(arrived_europe_kg=np.arange(len(found.plan), dtype=float))
    assert set(lever_effects(runs, found)["factor"]) == {"x"}


def test_what_takes_whole_numbers_is_given_no_others() -> None:
    lever = {"name": "on", "target": "platform:maoc-n", "field": "active"}
    assert study(levers=[lever], design={"steps": 2}).arms
    with pytest.raises(InputError, match=r"factor on = 0.5: .*whole number"):
        _ = study(levers=[lever], design={"steps": 3}).arms
    refused("can only be set", levers=[{**lever, "operation": "add", "values": [0.0, 1.0]}])
    refused("can only be set", levers=[{"target": "parameter:supply_scale", "operation": "multiply"}])


def test_the_amount_of_an_event_is_held_to_its_bounds() -> None:
    lever = {"name": "a", "target": "event:satellites", "low": 0.0, "high": 1e9}
    with pytest.raises(InputError, match=r"cannot have this amount.*0 to 1 dose"):
        _ = study(scenarios=["paris-package"], levers=[lever], design={"steps": 2}).arms
    refused(
        "a day from 2000", levers=[{"name": "d", "target": "event:satellites", "field": "date", "low": 5, "high": 9}]
    )


# --- how large a plan may be --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [
        {"replications": 1_000_000, "levers": [LEVER], "design": {"steps": 2}},
        {"replications": 20, "levers": [LEVER], "design": {"steps": 60_000}},
        {"replications": 600_000, "supply": [0, 2]},
        {"replications": 200_000, "kind": "attribution", "attribution": {"players": ["maoc-n", "ccp", "dakar"]}},
        {
            "kind": "headline",
            "replications": 30,
            "levers": [LEVER],
            "swept": ["as-it-happened"],
            "design": {"method": "lhs", "n": 50_000},
        },
    ],
)
def test_a_plan_over_a_million_runs_asks_for_a_flag(fields: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"at most 1,000,000 runs.*add --large"):
        _ = study(**fields).table
    assert len(study(**fields).with_(large=True).table) * fields["replications"] > MOST_RUNS


@pytest.mark.parametrize(
    "settings", [{"steps": 1_000_000}, {"method": "saltelli", "n": 300_000}, {"method": "morris", "n": 400_000}]
)
def test_a_design_of_too_many_points_is_refused_before_it_is_made(settings: dict[str, Any]) -> None:
    levers = [
        {**LEVER, "name": f"x{i}", "target": f"membership:maoc-n/{code}"} for i, code in enumerate(("ESP", "PRT"))
    ]
    with pytest.raises(InputError, match=r"this design is too large.*1,000,000 points"):
        _ = study(levers=levers, design=settings).table


def test_a_grid_of_astronomical_size_is_refused() -> None:
    """The product of its axes does not fit a machine word."""
    factors = [Factor(f"x{i}", "parameter:x", "x", low=0.0, high=1.0) for i in range(4)]
    with pytest.raises(InputError, match="too large"):
        design.grid(factors, 65_536)


def test_the_last_seed_exists() -> None:
    refused("seed = 9223372036854775807", seed=2**63 - 1)
    assert study(seed=2**63 - 2).seeds[-1] == 2**63 - 1


# --- what is read is what was planned -----------------------------------------------------------------------------


def test_an_attribution_is_read_with_the_orders_it_was_planned_with(monkeypatch: pytest.MonkeyPatch) -> None:
    """With other orders than the usual number no seed had all coalitions, after all runs."""
    monkeypatch.setattr(attribution, "MOST_EXACT", 2)
    found = study(
        kind="attribution",
        outcomes=["seized_kg"],
        attribution={"players": ["maoc-n", "ccp", "dakar"], "permutations": 2},
    )
    runs = found.plan.assign(status="done", error="", seized_kg=1.0)
    runs["seized_kg"] += runs["coalition"].str.count(r"\w-?\w").astype(float)
    tables = found.compute(None, runs)  # type: ignore[arg-type]
    assert isinstance(tables["shapley"], pd.DataFrame)
    assert found.plan["coalition"].nunique() < 8
