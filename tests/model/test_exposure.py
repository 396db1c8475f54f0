"""Licit exposure of legs and traffic of ports: how finely ports are drawn must move nothing (amendments 6, 8)."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from model import RouteModel, load_world
from model.scenario.tabled import container_traffic, leg_exposure
from model.world import World
from model.world.tables import DATA


@pytest.fixture(scope="module")
def world() -> World:
    return load_world()


def exposures(world: World) -> pd.Series:
    """Exposure in 2005 by mode and the two ends: states, or places at sea."""
    legs, places = world.tables.legs, world.tables.places.set_index("place")
    ends = places["state"].fillna(places.index.to_series())
    keys = [legs["mode"], legs["origin"].map(ends), legs["destination"].map(ends)]
    return pd.Series(leg_exposure(world)[5]).groupby([key.to_numpy() for key in keys]).sum()


def split_port(folder: Path, port: str) -> World:
    """The world with a second port beside one, of the same state, with all its legs drawn twice."""
    for path in (*DATA.glob("*.csv"), DATA / "datapackage.json", DATA / "outlines.json"):
        shutil.copy(path, folder)
    twin = f"{port}_twin"
    places = pd.read_csv(folder / "places.csv", dtype=str, keep_default_na=False)
    second = places[places["place"] == port].assign(place=twin, name="Twin")
    pd.concat([places, second]).to_csv(folder / "places.csv", index=False)
    legs = pd.read_csv(folder / "legs.csv", dtype=str, keep_default_na=False)
    mine = legs[(legs["origin"] == port) | (legs["destination"] == port)]
    twins = mine.assign(**{end: mine[end].replace(port, twin) for end in ("origin", "destination")})
    twins["leg"] = twins["origin"] + "-" + twins["destination"] + "-" + twins["mode"]
    pd.concat([legs, twins]).to_csv(folder / "legs.csv", index=False)
    renamed = dict(zip(mine["leg"], twins["leg"], strict=True))
    for name in ("lanes", "leg_sea_areas"):
        table = pd.read_csv(folder / f"{name}.csv", dtype=str, keep_default_na=False)
        again = table[table["leg"].isin(renamed)].replace({"leg": renamed})
        pd.concat([table, again]).to_csv(folder / f"{name}.csv", index=False)
    return load_world(folder)


@pytest.mark.parametrize("port", ["antwerp", "algeciras"])
def test_a_port_drawn_as_two_moves_nothing_between_states(world: World, tmp_path: Path, port: str) -> None:
    pd.testing.assert_series_equal(exposures(split_port(tmp_path, port)), exposures(world), rtol=1e-12)


def test_a_corridor_weighs_its_traffic_over_the_mean_of_its_mode(world: World) -> None:
    legs, trade = world.tables.legs, world.tables.trade.query("year == 2005").set_index("corridor")["licit_volume"]
    total = pd.Series(leg_exposure(world)[5]).groupby(legs["corridor"]).sum()
    mode = legs.groupby("corridor")["mode"].first()
    expected = trade / trade.groupby(mode).transform("mean")
    np.testing.assert_allclose(total, expected.reindex(total.index), rtol=1e-12)


@pytest.mark.parametrize("port", ["antwerp", "algeciras"])
def test_a_port_drawn_as_two_is_inspected_as_it_was(world: World, tmp_path: Path, port: str) -> None:
    split = split_port(tmp_path, port)
    for year in (0, 5, 20):
        whole, parts = (container_traffic(w, leg_exposure(w)[year]) for w in (world, split))
        twin = split.places.index(f"{port}_twin")
        np.testing.assert_allclose(np.delete(parts, twin), whole, rtol=1e-12)
        assert parts[twin] == pytest.approx(whole[world.places.index(port)], rel=1e-12)


def test_traffic_is_that_of_the_region_relative_to_the_base_year(world: World) -> None:
    exposure = leg_exposure(world)
    np.testing.assert_array_equal(container_traffic(world, exposure[5]), 1.0)
    doubled = np.where(world.tables.legs["destination"] == "lisbon", 2.0 * exposure[5], exposure[5])
    traffic = pd.Series(container_traffic(world, doubled), world.places)
    assert 1.0 < traffic["lisbon"] == traffic["algeciras"] < 2.0
    assert 1.0 < traffic["venezuela"] == traffic["cartagena"] < 2.0
    assert traffic["antwerp"] == traffic["bogota_airport"] == 1.0


def test_a_port_opens_boxes_of_small_and_of_large_corridors_alike(world: World) -> None:
    model = RouteModel("as-it-happened", rng=1, world=world, targeting_shared=0.0)
    model.run_until("2005-03-07")
    found = pd.Series(model.state.legs.import_find, world.legs)
    exposure = pd.Series(leg_exposure(world)[5], world.legs)
    into = [leg for leg in world.legs if leg.endswith("-antwerp-container")]
    assert exposure[into].max() > 5.0 * exposure[into].min()
    np.testing.assert_allclose(found[into], found[into[0]], rtol=1e-12)
    assert found[into[0]] > 0.0
