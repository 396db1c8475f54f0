"""The world: tables -> networkx.MultiDiGraph -> flat arrays that the compiled week reads.

World arrays are read-only and shared by all models and threads.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path as FilePath
from typing import Any, Final

import networkx as nx
import numpy as np
import pandas as pd

from model.kinds import MODES
from model.summary import Summary
from model.world.arrays import WorldArrays, arrays_of
from model.world.lookup import Names
from model.world.route_library import Path, library
from model.world.tables import Tables, load_tables


@dataclass(frozen=True, eq=False, repr=False)
class World(Summary):
    """Tables, graph and arrays of one data directory, with the names of every index."""

    tables: Tables
    graph: nx.MultiDiGraph[str]
    arrays: WorldArrays
    routes: tuple[Path, ...]
    places: tuple[str, ...]
    legs: tuple[str, ...]
    states: tuple[str, ...]
    platforms: tuple[str, ...]
    assets: tuple[str, ...]
    regions: tuple[str, ...]
    sources: tuple[str, ...]
    hubs: tuple[str, ...]
    markets: tuple[str, ...]
    areas: tuple[str, ...]

    def facts(self) -> dict[str, Any]:
        """What `repr` shows of a world: how many there are of each kind."""
        kinds = ("places", "legs", "routes", "states", "platforms", "assets", "sources", "markets")
        return {kind: len(getattr(self, kind)) for kind in kinds}

    def __setstate__(self, kept: dict[str, Any]) -> None:
        """Make a world of what pickle keeps; arrays are read-only again, for which the rules were compiled."""
        self.__dict__.update(kept)
        for array in self.arrays:
            if isinstance(array, np.ndarray):
                array.setflags(write=False)

    @cached_property
    def names(self) -> dict[str, Collection[str]]:
        """Valid names by kind of event target; those of places, states and assets with their table rows."""
        rows = {
            kind: getattr(self.tables, f"{kind}s").set_index(kind).to_dict("index")
            for kind in ("place", "state", "asset")
        }
        return {
            **rows,
            "leg": self.legs,
            "platform": self.platforms,
            "market": self.markets,
            "mode": MODES,
            "supply": tuple(sorted(set(self.tables.supply["state"]))),
            "trade": tuple(sorted(set(self.tables.trade["corridor"]))),
            "programme": tuple(dict.fromkeys(self.tables.programmes["programme"])),
            "treaty": tuple(dict.fromkeys(self.tables.treaties["treaty"])),
            "measure": tuple(self.tables.measures["measure"]),
            "membership": tuple(f"{p}/{s}" for p in self.platforms for s in self.states),
        }


def build_graph(tables: Tables) -> nx.MultiDiGraph[str]:
    """Places as nodes, legs as edges keyed by leg, with all columns of their tables as attributes."""
    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph(name="Highway 10")
    for row in tables.places.to_dict("records"):
        graph.add_node(str(row["place"]), **{str(k): "" if pd.isna(v) else v for k, v in row.items()})
    for row in tables.legs.to_dict("records"):
        data = {str(k): "" if pd.isna(v) else v for k, v in row.items()}
        graph.add_edge(row["origin"], row["destination"], key=row["leg"], **data)
    graph.graph["leg_mode"] = dict(zip(tables.legs["leg"], tables.legs["mode"], strict=True))
    graph.graph["leg_km"] = dict(zip(tables.legs["leg"], tables.legs["distance_km"], strict=True))
    return graph


@lru_cache(maxsize=4)
def load_world(directory: FilePath | None = None) -> World:
    """Load and check the tables of a directory (default: the project's own) and build graph and arrays.

    Raises
    ------
    InputError
        Naming file, column, value, what is allowed and the remedy, for every problem of the tables.
    """
    return build_world(load_tables(directory))


def build_world(tables: Tables) -> World:
    """Graph, library of routes and arrays made of checked tables."""
    graph, names = build_graph(tables), names_of(tables)
    prior = dict(zip(tables.modes["mode"], tables.modes["prior_risk_per_leg"], strict=True))
    found = [library(graph, source, prior) for source in names["sources"]]
    routes = tuple(path for paths in found for path in paths)
    return World(tables=tables, graph=graph, arrays=arrays_of(tables, names, found), routes=routes, **names)


KEYED: Final = ("place", "leg", "state", "platform", "asset")
"""Kinds whose tables have a row for each name."""


def names_of(tables: Tables) -> Names:
    """The names of every index, in order."""
    places = tables.places.set_index("place")
    of_kind = {kind: tuple(rows.index) for kind, rows in places.groupby("kind")}
    hubs = tuple(places.index[places["transhipment"] == 1])
    return {
        **{f"{name}s": tuple(getattr(tables, f"{name}s")[name]) for name in KEYED},
        "regions": tuple(dict.fromkeys(places["region"])),
        "sources": (*of_kind["origin"], *hubs),
        "hubs": hubs,
        "markets": of_kind["market"],
        "areas": of_kind["sea_area"],
    }
