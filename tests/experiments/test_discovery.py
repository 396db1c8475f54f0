"""Scenario discovery: PRIM of the EMA workbench finds a box that is known, in a store of ours."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from typer.testing import CliRunner

import run
from experiments.analysis.discovery import discover, to_ema
from experiments.ensemble.store import Store
from experiments.study import Study
from experiments.workflow import run_and_analyse
from model.errors import InputError

POINTS, SEEDS = 600, 2


def boxed(folder: Path, flat: bool = False) -> Store:
    """A store where an outcome is high where sharing < 0.4 and leak > 0.6, in one of its two scenarios."""
    rng = np.random.default_rng(3)
    table = pd.DataFrame(rng.random((POINTS, 3)), columns=["sharing", "leak", "delay"])
    table = table.rename_axis("point").reset_index().assign(scenario=np.where(np.arange(POINTS) % 3 == 0, "b", "a"))
    plan = table.merge(pd.DataFrame({"seed": range(SEEDS)}), how="cross")
    plan["run"] = [f"r{i}" for i in range(len(plan))]
    inside = (plan["sharing"] < 0.4) & (plan["leak"] > 0.6)
    noise = rng.normal(0.0, 1.0, len(plan))
    runs = pd.DataFrame(
        {
            "run": plan["run"],
            "seed": plan["seed"],
            "status": np.where(plan["point"] == 5, "failed", "done"),
            "error": "",
            "landed": noise if flat else 100.0 * inside + noise,
        }
    )
    store = Store(folder)
    factors = [{"name": name} for name in ("sharing", "leak", "delay")]
    store.begin({"kind": "sweep", "factors": factors, "outcomes": {"landed": {}}}, plan)
    store.add({"runs": pa.Table.from_pandas(runs, preserve_index=False)})
    return store


def test_a_store_in_the_form_of_the_workbench(tmp_path: Path) -> None:
    store = boxed(tmp_path)
    experiments, outcomes = to_ema(store)
    assert list(experiments) == ["scenario", "sharing", "leak", "delay", "policy", "model"]
    assert len(experiments) == len(outcomes["landed"]) == POINTS - 1  # the point that failed is left out
    runs = store.runs()
    seven = runs[runs["point"] == 7]
    at = experiments.index[experiments["scenario"] == 7][0]
    assert outcomes["landed"][at] == pytest.approx(seven["landed"].mean())
    assert experiments.loc[at, "sharing"] == seven["sharing"].iloc[0]
    assert set(experiments["policy"]) == {"a", "b"}


def test_a_known_box_is_found(tmp_path: Path) -> None:
    found = discover(boxed(tmp_path), "landed", share=0.13)  # of the points, 0.4 * 0.4 lie in the box
    limits = found.limits.set_index("factor")
    assert set(limits.index) == {"sharing", "leak"}
    assert limits["high"]["sharing"] == pytest.approx(0.4, abs=0.06)
    assert limits["low"]["leak"] == pytest.approx(0.6, abs=0.06)
    assert (limits["qp"] < 1e-6).all()
    assert found.density > 0.8
    assert found.coverage > 0.9
    assert "sharing from" in found.sentence()


def test_lowest_values_and_one_scenario(tmp_path: Path) -> None:
    store = boxed(tmp_path)
    of_b = discover(store, "landed", share=0.2, policy="b")
    assert of_b.points == discover(store, "landed", share=0.2, policy="sub/b.toml").points == POINTS // 3
    low = discover(store, "landed", share=0.5, highest=False)
    assert low.worst == "of at most"
    assert low.interesting == pytest.approx(0.5 * low.points, abs=1)


def small(**fields: Any) -> Study:
    """A study of as few and as short runs as can be."""
    return Study.from_dict(
        {
            "title": "t",
            "kind": "sweep",
            "replications": 2,
            "organisations": 20,
            "fork": date(2001, 5, 10),
            "window": [2002, 2002],
            "outcomes": ["arrived_europe_kg"],
            **fields,
        }
    )


def test_a_box_names_the_options_of_a_switch(tmp_path: Path) -> None:
    levers = [{"target": "parameter:cooperation"}, {"target": "measure:container-targeting"}]
    study = small(levers=levers, design={"method": "lhs", "n": 40})
    store = Store(tmp_path / "switch")
    store.begin(study.describe(), study.plan)
    landed = (study.plan["cooperation"] == "fixed") * 100.0 + study.plan["container-targeting"]
    runs = study.plan[["run", "seed"]].assign(status="done", error="", arrived_europe_kg=landed)
    store.add({"runs": pa.Table.from_pandas(runs, preserve_index=False)})
    found = discover(store, "arrived_europe_kg", share=0.5)
    assert found.limits.set_index("factor")["values"].to_dict() == {"cooperation": "fixed"}
    assert "100% of them have cooperation in fixed" in found.sentence()
    shown = CliRunner().invoke(run.app, ["discover", str(tmp_path / "switch"), "arrived_europe_kg"])
    assert shown.exit_code == 0, shown.output


def test_a_box_names_days_as_dates(tmp_path: Path) -> None:
    days = {"target": "event:sive-canaries", "field": "date", "low": date(2002, 1, 1), "high": date(2002, 12, 31)}
    study = small(levers=[{**days, "name": "day"}], design={"method": "lhs", "n": 60})
    store = Store(tmp_path)
    store.begin(study.describe(), study.plan)
    landed = study.plan["day"].astype(float)
    runs = study.plan[["run", "seed"]].assign(status="done", error="", arrived_europe_kg=landed)
    store.add({"runs": pa.Table.from_pandas(runs, preserve_index=False)})
    assert "day in 2002-10-" in discover(store, "arrived_europe_kg").sentence()


def test_points_without_a_level_are_refused(tmp_path: Path) -> None:
    store = boxed(tmp_path)
    plan = store.plan()
    store.begin(store.manifest, plan.assign(leak=plan["leak"].where(plan["point"] % 3 > 0)))
    with pytest.raises(InputError, match="factor leak = 'empty cells'"):
        discover(store, "landed")


def test_points_that_stand_for_the_same_runs_count_once(tmp_path: Path) -> None:
    """One factor at a time, the usual level stands once for each factor; its runs are made and counted once."""
    levers = [{"target": "parameter:cooperation"}, {"target": "measure:container-targeting", "values": [0.0, 1.0]}]
    study = small(levers=levers, design={"method": "one-at-a-time"})
    store = Store(tmp_path)
    effort = run_and_analyse(study, store)
    assert len(study.plan) > effort.planned
    assert store.manifest["runs"] == {"planned": effort.planned, "done": effort.planned, "failed": 0}
    assert len(to_ema(store)[0]) * 2 == effort.planned


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"outcome": "landd"}, "did you mean 'landed'"),
        ({"share": 1.5}, "share"),
        ({"density": 0.0}, "density"),
        ({"policy": "c"}, "too little"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, change: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        discover(boxed(tmp_path), **{"outcome": "landed", **change})  # type: ignore[arg-type]


def test_prim_on_runs_of_the_model(tmp_path: Path) -> None:
    """Where output is largest most lands: a box on supply is found in real runs, from the command line too."""
    study = Study.from_dict(
        {
            "title": "t",
            "kind": "sweep",
            "replications": 2,
            "organisations": 40,
            "fork": date(2003, 1, 6),
            "window": [2005, 2006],
            "outcomes": ["arrived_europe_kg"],
            "design": {"method": "lhs", "n": 40, "seed": 1},
            "uncertainties": [{"target": "parameter:supply_scale"}, {"target": "parameter:lead_relevance"}],
        }
    )
    run_and_analyse(study, Store(tmp_path / "lhs"))
    found = discover(Store(tmp_path / "lhs"), "arrived_europe_kg")
    assert found.limits["factor"].iloc[0] == "supply_scale"
    shown = CliRunner().invoke(run.app, ["discover", str(tmp_path / "lhs"), "arrived_europe_kg"])
    assert shown.exit_code == 0, shown.output
    assert "supply_scale" in shown.stdout
    assert "(preliminary, 2 seeds)" in " ".join(shown.stdout.split())
    assert "(preliminary, 2 seeds)" in found.sentence()
