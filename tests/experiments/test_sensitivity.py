"""Sobol and Morris through the pipeline of runs, against closed forms and SALib's own example."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from SALib.analyze import sobol as salib_sobol
from SALib.test_functions import Ishigami

from experiments.analysis import sensitivity
from experiments.design.designs import morris, saltelli
from experiments.design.factors import Factor
from model.errors import InputError

THREE = [Factor(f"x{i}", "parameter:theta", "x", low=-math.pi, high=math.pi) for i in (1, 2, 3)]


def evaluated(table: pd.DataFrame, function, seeds: int = 1) -> pd.DataFrame:  # type: ignore[no-untyped-def]
    """Runs of a design: a row for each point and seed."""
    rows = table.rename_axis("point").reset_index().merge(pd.DataFrame({"seed": range(seeds)}), how="cross")
    values = function(rows[list(table)].to_numpy(float))
    return rows.assign(status="done", y=values)


def test_ishigami_has_its_closed_form() -> None:
    a, b = 7.0, 0.1
    variance = a * a / 8 + b * math.pi**4 / 5 + b * b * math.pi**8 / 18 + 0.5
    first = np.array([0.5 * (1 + b * math.pi**4 / 5) ** 2, a * a / 8, 0.0]) / variance
    total = first + np.array([8 * b * b * math.pi**8 / 225, 0.0, 8 * b * b * math.pi**8 / 225]) / variance
    found = sensitivity.sobol_indices(evaluated(saltelli(THREE, 4096, 1), Ishigami.evaluate), THREE, "y")
    assert found["s1"].to_numpy() == pytest.approx(first, abs=0.02)
    assert found["st"].to_numpy() == pytest.approx(total, abs=0.02)
    assert ((found["s1_low"] <= first) & (first <= found["s1_high"])).all()
    assert (found["st_low"] <= found["st"]).all()


def test_agrees_with_salib_on_its_own_example() -> None:
    problem = {"num_vars": 3, "names": ["x1", "x2", "x3"], "bounds": [[-math.pi, math.pi]] * 3}
    table = saltelli(THREE, 1024, 3)
    mine = sensitivity.sobol_indices(evaluated(table, Ishigami.evaluate), THREE, "y")
    theirs = salib_sobol.analyze(problem, Ishigami.evaluate(table.to_numpy()), calc_second_order=False, seed=1)
    assert mine["s1"].to_numpy() == pytest.approx(theirs["S1"], abs=0.01)
    assert mine["st"].to_numpy() == pytest.approx(theirs["ST"], abs=0.01)


def test_the_g_function() -> None:
    """Saltelli and Sobol (1995): S_i = V_i / V with V_i = 1 / (3 (1 + a_i)^2)."""
    factors = [Factor(f"x{i}", "parameter:theta", "x", low=0.0, high=1.0) for i in range(4)]
    a = np.array([0.0, 1.0, 4.5, 99.0])
    found = sensitivity.sobol_indices(
        evaluated(saltelli(factors, 4096, 2), lambda x: np.prod((np.abs(4 * x - 2) + a) / (1 + a), axis=1)),
        factors,
        "y",
    )
    parts = 1 / (3 * (1 + a) ** 2)
    assert found["s1"].to_numpy() == pytest.approx(parts / (np.prod(1 + parts) - 1), abs=0.02)


def test_a_failed_point_takes_its_block_with_it() -> None:
    runs = evaluated(saltelli(THREE, 256, 1), Ishigami.evaluate, seeds=2)
    runs.loc[runs["point"] == 7, ["status", "y"]] = ["failed", np.nan]
    runs = runs[runs["point"] != 11]  # and one that never ran
    found = sensitivity.sobol_indices(runs, THREE, "y")
    assert found["n"].to_list() == [254] * 3
    assert found["left_out"].to_list() == [2] * 3
    assert np.isfinite(found["st"]).all()


def test_too_few_blocks_are_refused() -> None:
    runs = evaluated(saltelli(THREE, 4, 1), Ishigami.evaluate)
    runs.loc[runs["point"] == 0, ["status", "y"]] = ["failed", np.nan]
    with pytest.raises(InputError, match="too few blocks"):
        sensitivity.sobol_indices(runs, THREE, "y")


def test_an_outcome_that_does_not_vary_has_no_indices() -> None:
    found = sensitivity.sobol_indices(evaluated(saltelli(THREE, 64, 1), lambda x: np.full(len(x), 5.0)), THREE, "y")
    assert (found[["s1", "st"]] == 0.0).all(axis=None)
    assert set(found["note"]) == {"the outcome does not vary"}


def test_morris_of_a_plane_is_its_slopes() -> None:
    factors = [Factor(f"x{i}", "parameter:theta", "x", low=0.0, high=float(i)) for i in (1, 2, 3)]
    found = sensitivity.morris_indices(
        evaluated(morris(factors, 20, 5), lambda x: 2 * x[:, 0] - 3 * x[:, 1]), factors, "y"
    )
    assert found["mu"].to_numpy() == pytest.approx([2.0, -6.0, 0.0])
    assert found["mu_star"].to_numpy() == pytest.approx([2.0, 6.0, 0.0])
    assert found["sigma"].to_numpy() == pytest.approx([0.0, 0.0, 0.0], abs=1e-9)
