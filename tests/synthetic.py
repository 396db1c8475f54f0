"""Plausible frames with the columns that a study writes; for tests of views only, no results of the model."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd

DATA = Path(__file__).resolve().parent.parent / "model" / "data"
YEARS = np.arange(2000, 2024)
FLOWS = ["moved_kg", "seized_kg", "seized_bulk_kg", "expected_seized_kg", "seizures", "lost_kg"]
EUROPE = ("iberia", "northwest_europe", "mediterranean_europe", "atlantic_islands", "europe_market")
AFRICA = ("west_africa", "sahel", "maghreb")


def routes(count: int, rng: np.random.Generator) -> list[list[str]]:
    """Random cheap paths (lists of leg ids) from the origins to the markets over legs.csv."""
    legs = pd.read_csv(DATA / "legs.csv")
    places = pd.read_csv(DATA / "places.csv")
    origins = places.loc[places["kind"] == "origin", "place"].tolist()
    markets = places.loc[places["kind"] == "market", "place"].tolist()
    found = []
    while len(found) < count:
        graph = nx.DiGraph()
        cost = (legs["cost_eur_per_kg"] + 500) * rng.lognormal(0, 1.3, len(legs))
        for leg, a, b, c in zip(legs["leg"], legs["origin"], legs["destination"], cost, strict=True):
            if not graph.has_edge(a, b) or graph[a][b]["weight"] > c:
                graph.add_edge(a, b, weight=c, leg=leg)
        market = "north_america_market" if rng.random() < 0.2 else str(rng.choice(markets))
        try:
            path = nx.shortest_path(graph, str(rng.choice(origins)), market, weight="weight")
        except nx.NetworkXNoPath:
            continue
        found.append([graph[a][b]["leg"] for a, b in pairwise(path)])
    return found


def _route_weights(paths: list[list[str]], rng: np.random.Generator) -> np.ndarray:
    """Share of each route in each year, shape (years, routes): an African hump in 2007, containers growing."""
    legs = pd.read_csv(DATA / "legs.csv").set_index("leg")
    region = pd.read_csv(DATA / "places.csv").set_index("place")["region"]
    base = rng.pareto(1.4, len(paths)) + 0.1
    weight = np.tile(base, (len(YEARS), 1)) * rng.lognormal(0, 0.25, (len(YEARS), len(paths)))
    for i, path in enumerate(paths):
        if any(region[legs.loc[leg, "destination"]] in AFRICA for leg in path):
            weight[:, i] *= 0.15 + 1.6 * np.exp(-(((YEARS - 2007) / 2.2) ** 2)) + 0.4 * (YEARS > 2018)
        if any(legs.loc[leg, "mode"] == "container" for leg in path):
            weight[:, i] *= 0.5 + 0.12 * (YEARS - 2000)
    return weight / weight.sum(axis=1, keepdims=True)


def _dims() -> pd.DataFrame:
    legs = pd.read_csv(DATA / "legs.csv").set_index("leg")
    places = pd.read_csv(DATA / "places.csv").set_index("place")
    legs["place"] = legs["destination"]
    legs["region"] = legs["place"].map(places["region"])
    legs["state"] = legs["place"].map(places["state"]).fillna("ESP")
    return legs


def leg_table(paths: list[list[str]], seed: int) -> pd.DataFrame:
    """by_leg of one replication (index year, leg)."""
    rng = np.random.default_rng(seed)
    weight = _route_weights(paths, np.random.default_rng(3)) * rng.lognormal(0, 0.15, (len(YEARS), len(paths)))
    total = 1e3 * np.interp(YEARS, [2000, 2006, 2012, 2018, 2023], [650, 780, 700, 1200, 2100])
    rows = []
    for y, year in enumerate(YEARS):
        for i, path in enumerate(paths):
            mass = total[y] * weight[y, i]
            for leg in path:
                taken = mass * min(0.6, 0.06 * rng.lognormal(0, 0.5))
                rows.append(
                    (
                        year,
                        leg,
                        mass,
                        taken,
                        taken / 0.72,
                        taken * rng.normal(1, 0.05),
                        max(1, taken / 300),
                        mass * 0.004,
                    )
                )
                mass *= 0.996
                mass -= taken
    table = pd.DataFrame(rows, columns=["year", "leg", *FLOWS])
    return table.groupby(["year", "leg"]).sum()


def tables_of(seed: int, paths: list[list[str]]) -> dict[str, pd.DataFrame]:
    """All frames of one replication: yearly, by_leg, by_place, by_region, by_state, by_mode, by_platform."""
    by_leg = leg_table(paths, seed)
    dims = _dims()
    flat = by_leg.reset_index()
    frames = {"by_leg": by_leg}
    for name in ("place", "region", "state", "mode"):
        frames[f"by_{name}"] = flat.assign(**{name: flat["leg"].map(dims[name])}).groupby(["year", name])[FLOWS].sum()
    frames["by_platform"] = frames["by_state"].rename_axis(["year", "platform"]).iloc[:40]
    frames["yearly"] = _yearly(frames, dims, paths, seed)
    return frames


def _region_sum(by_region: pd.DataFrame, regions: tuple[str, ...], column: str) -> pd.Series:
    keep = by_region.index.get_level_values("region").isin(regions)
    return by_region[keep].groupby("year")[column].sum().reindex(YEARS, fill_value=0.0)


def _yearly(frames: dict[str, pd.DataFrame], dims: pd.DataFrame, paths: list[list[str]], seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed + 999)
    flat, region = frames["by_leg"].reset_index(), frames["by_region"]
    into = {k: flat[flat["leg"].map(dims["destination"]).str.startswith(k)] for k in ("market_", "north_america")}
    eu, na = (g.groupby("year")["moved_kg"].sum().reindex(YEARS) * 0.9 for g in into.values())
    first = {p[0] for p in paths}
    produced = flat[flat["leg"].isin(first)].groupby("year")["moved_kg"].sum().reindex(YEARS)
    sea = _region_sum(region, ("open_atlantic",), "seized_bulk_kg")
    eub = _region_sum(region, EUROPE, "seized_bulk_kg")
    waf = _region_sum(region, AFRICA, "seized_bulk_kg")
    bulk = region.groupby("year")["seized_bulk_kg"].sum().reindex(YEARS)
    seized = region.groupby("year")["seized_kg"].sum().reindex(YEARS)
    known = 9000 * rng.lognormal(0, 0.05, len(YEARS))
    values = {
        "produced_kg": produced,
        "dispatched_kg": produced * 0.99,
        "dispatched_to_europe_kg": eu * 1.6,
        "dispatched_to_north_america_kg": na * 1.5,
        "seized_kg": seized,
        "expected_seized_kg": seized,
        "lost_kg": produced * 0.02,
        "leaked_kg": produced * 0.001,
        "arrived_europe_kg": eu,
        "arrived_north_america_kg": na,
        "seized_eu_bulk_kg": eub,
        "seized_americas_bulk_kg": bulk - eub - waf - sea,
        "seized_west_africa_bulk_kg": waf,
        "seized_sea_bulk_kg": sea,
        "west_africa_kg": eu * (0.04 + 0.26 * np.exp(-(((YEARS - 2007) / 2.2) ** 2))),
        "consumed_europe_kg": eu * 0.97,
        "consumed_north_america_kg": na,
        "price_europe_eur_per_kg": 47000 * rng.lognormal(0, 0.05, len(YEARS)),
        "price_north_america_eur_per_kg": 24000 * rng.lognormal(0, 0.05, len(YEARS)),
        "price_source_eur_per_kg": 1900 * rng.lognormal(0, 0.05, len(YEARS)),
        "in_transit_kg": produced * 0.05,
        "in_stock_kg": produced * 0.06,
        "exposures": known * 5,
        "known": known,
        "cued": known * 0.5,
        "acted": known * 0.3,
        "boarded": known * 0.22,
        "won": known * 0.17,
        "seizures": known * 0.17,
        "groups": 150 + 0 * known,
        "mean_load_kg": 90 + 0 * known,
        "act_rate": 0.3 + 0 * known,
        "effective_routes": 40 + 0 * known,
    }
    return pd.DataFrame({k: np.asarray(v, dtype=float) for k, v in values.items()}, index=pd.Index(YEARS, name="year"))


def write_results(directory: Path, replications: int = 20, count: int = 220) -> Path:
    """A results folder as the main job writes it (parquet frames with `replication`, manifest.json)."""
    directory.mkdir(parents=True, exist_ok=True)
    paths = routes(count, np.random.default_rng(3))
    runs = [tables_of(seed, paths) for seed in range(replications)]
    for name in runs[0]:
        parts = [run[name].reset_index().assign(replication=i) for i, run in enumerate(runs)]
        frame = pd.concat(parts, ignore_index=True)
        frame.insert(0, "replication", frame.pop("replication"))
        frame.to_parquet(directory / f"{name}.parquet")
    manifest = {
        "study": "history",
        "title": "2000-2023 as it happened",
        "scenario": "as-it-happened",
        "replications": replications,
        "seeds": list(range(1, replications + 1)),
        "parameters_hash": "3f9c1ab27d40",
        "git_commit": "0000000",
        "versions": {"python": "3.13.0", "mesa": "3.5.1", "numba": "0.68.0"},
        "weeks": 1252,
        "organisations": 150,
        "created": "2026-11-23T22:00:00Z",
        "seconds": 312.0,
    }
    (directory / "manifest.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    return directory
