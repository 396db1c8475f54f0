"""Goods for other markets: seized on their way as what is followed, and nothing else of a run depends on it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from model import RouteModel, load_world
from model.record import Yearly
from model.world import World


@pytest.fixture(scope="module")
def world() -> World:
    return load_world()


def history(world: World, until: str, **parameters: float) -> RouteModel:
    model = RouteModel("as-it-happened", rng=4, world=world, **parameters)
    model.run_until(until)
    return model


@pytest.fixture(scope="module")
def usual(world: World) -> RouteModel:
    return history(world, "2005-01-03")


def test_nothing_else_of_a_run_depends_on_it(world: World, usual: RouteModel) -> None:
    free = history(world, "2005-01-03", other_markets_exposure=0.0)
    mine, other = usual.weekly, free.weekly
    for column in ("dispatched_kg", "arrived_europe_kg", "price_source_eur_per_kg", "seizures"):
        pd.testing.assert_series_equal(mine[column], other[column])
    both = ["seized_kg", "other_markets_kg"]
    np.testing.assert_allclose(mine[both].sum(axis=1), other[both].sum(axis=1), rtol=1e-12)
    assert mine["seized_kg"].sum() > other["seized_kg"].sum()
    assert free.by("stage").xs("other_markets", level="stage")["seized_kg"].sum() == 0.0
    assert usual.balance().loc[("cocaine", "residual"), "amount"] == pytest.approx(0.0, abs=1.0)


def test_a_state_takes_of_them_what_it_takes_of_others(usual: RouteModel) -> None:
    """Against the rows of the seizures: other than at the source, over what was sent, times what goes elsewhere."""
    rows = usual.seizures
    rows = rows[rows["date"].dt.isocalendar().year.between(2002, 2004)]
    years = usual.yearly.loc[2002:2004]
    others = rows["stage"] == "other_markets"
    elsewhere_kg = years["other_markets_kg"].sum() + rows.loc[others, "kg"].sum()
    for state in ("COL", "ECU", "PER"):
        mine = rows["state"] == state
        on_the_way = rows.loc[mine & ~others & (rows["stage"] != "source"), "kg"].sum() / years["dispatched_kg"].sum()
        assert rows.loc[mine & others, "kg"].sum() / elsewhere_kg == pytest.approx(on_the_way, rel=0.25)
    assert not rows.loc[others, "state"].isin(["ESP", "SEN", "USA", "MEX"]).any()


def test_rows_hold_all_that_is_booked(usual: RouteModel) -> None:
    assert usual.seizures["kg"].sum() == pytest.approx(usual.weekly["seized_kg"].sum(), rel=1e-9)
    by_state = usual.by("state")["seized_kg"].groupby("state").sum()
    assert by_state["COL"] == pytest.approx(usual.seizures.query("state == 'COL'")["kg"].sum(), rel=1e-9)


def test_room_for_its_rows_is_made_in_time(world: World, usual: RouteModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """The week asks for room by the same count as room is made by; where they differ, a run stands still for ever."""
    monkeypatch.setattr("model.record.FIRST_SEIZURES", 64)
    model = history(world, "2001-01-01")
    rows = usual.seizures
    # a case that was met on the last day may end after midnight: rows are compared by their number
    assert len(model.seizures) >= (rows["date"] < "2001-01-01").sum() > 0
    pd.testing.assert_frame_equal(model.seizures, rows.iloc[: len(model.seizures)])


def test_never_more_than_most_of_it_is_taken(world: World) -> None:
    hard = history(world, "2003-01-06", other_markets_exposure=1.5, inspection_scale=4.0, export_effort=1.0)
    taken = hard.by("stage").xs("other_markets", level="stage")["seized_kg"].sum()
    assert 0.0 < taken <= 0.8 * (taken + hard.weekly["other_markets_kg"].sum())


def test_expected_kilograms_of_a_platform_are_what_it_takes_on_average(world: World) -> None:
    """Cases in ports that a platform's lead led to are expected too, as they are credited."""
    totals = np.zeros((len(world.platforms), 2))
    for seed in range(3):
        model = RouteModel("as-it-happened", rng=seed, world=world)
        model.run()
        totals += model.buffers.by_platform[:, :, [Yearly.SEIZED_KG, Yearly.EXPECTED_SEIZED_KG]].sum(axis=0)
    for name in ("maoc-n", "jiatf-south", "eu-exchange"):
        taken, expected = totals[world.platforms.index(name)]
        assert expected == pytest.approx(taken, rel=0.2)
