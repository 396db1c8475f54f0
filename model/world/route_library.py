"""The library of routes: paths over the graph from a source of goods to a market.

A route is told apart by its trunk, the legs between the first departure coast and the first European or North American
entry; feeder and distribution legs are the cheapest ones. From every origin and every transhipment place the library
holds the best routes of every mode and market, a thousand in all; no route has more than `LONGEST` legs.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import chain, islice, zip_longest
from operator import attrgetter
from typing import Final

import networkx as nx

LONGEST = 7
PER_SOURCE = 160
NOMINAL_RISK_EUR_PER_KG = 25_000.0
"""Price put on a unit of prior loss risk when routes are ranked for the library, EUR/kg (only the ranking uses it)."""

CHEAPEST_FIRST: Final = attrgetter("cost", "legs")


@dataclass(frozen=True)
class Path:
    """One route: its legs, the market it ends in, and its generalised cost (EUR/kg)."""

    legs: tuple[str, ...]
    market: str
    cost: float


def generalised_cost(graph: nx.MultiDiGraph[str], prior_risk: dict[str, float]) -> dict[str, float]:
    """Transport cost of each leg plus the price of its prior risk, EUR/kg."""
    return {
        leg: data["cost_eur_per_kg"] + NOMINAL_RISK_EUR_PER_KG * prior_risk[data["mode"]]
        for _, _, leg, data in graph.edges(keys=True, data=True)
    }


def find_paths(graph: nx.MultiDiGraph[str], start: str, costs: dict[str, float]) -> list[Path]:
    """All simple paths from a place to any market within the longest length."""
    found: list[Path] = []
    legs: list[str] = []
    visited = {start}

    def walk(place: str, cost: float) -> None:
        if graph.nodes[place]["market"]:
            found.append(Path(tuple(legs), place, cost))
            return
        for _, nearby, leg in graph.out_edges(place, keys=True):
            if len(legs) < LONGEST and nearby not in visited and allowed(graph, legs, leg):
                visited.add(nearby)
                legs.append(leg)
                walk(nearby, cost + costs[leg])
                legs.pop()
                visited.discard(nearby)

    walk(start, 0.0)
    return found


def allowed(graph: nx.MultiDiGraph[str], legs: list[str], leg: str) -> bool:
    """A path crosses to another continent by sea or air at most twice, and does not fly twice."""
    modes = [graph.graph["leg_mode"][name] for name in (*legs, leg)]
    return all(modes.count(mode) <= 1 for mode in ("air_courier", "container", "light_aircraft"))


def trunk(graph: nx.MultiDiGraph[str], path: Path) -> tuple[str, ...]:
    """The legs that are not overland, and the market: what tells one route from another."""
    mode = graph.graph["leg_mode"]
    return (*(leg for leg in path.legs if mode[leg] != "overland"), path.market)


def main_mode(graph: nx.MultiDiGraph[str], path: Path) -> str:
    """Mode of the longest leg that is not overland; overland where there is no other."""
    mode, length = graph.graph["leg_mode"], graph.graph["leg_km"]
    long_legs = [leg for leg in path.legs if mode[leg] != "overland"] or list(path.legs)
    return str(mode[max(long_legs, key=lambda leg: length[leg])])


def library(graph: nx.MultiDiGraph[str], start: str, prior_risk: dict[str, float]) -> list[Path]:
    """The routes of one source: the cheapest of each trunk, then the best of each main mode and market in turn."""
    ranked: dict[tuple[str, str], list[Path]] = defaultdict(list)
    seen: set[tuple[str, ...]] = set()
    for path in sorted(find_paths(graph, start, generalised_cost(graph, prior_risk)), key=CHEAPEST_FIRST):
        if (key := trunk(graph, path)) not in seen:
            seen.add(key)
            ranked[main_mode(graph, path), path.market].append(path)
    turns = (sorted(filter(None, turn), key=CHEAPEST_FIRST) for turn in zip_longest(*ranked.values()))
    return sorted(islice(chain.from_iterable(turns), PER_SOURCE), key=attrgetter("legs"))
