"""Arrays of the world by route of the library."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

import numpy as np

from model.kinds import MODES
from model.world.lookup import Names, compressed, indices, positions
from model.world.route_library import Path
from model.world.tables import Tables

__all__ = ["route_arrays", "trunk_arrays"]


def route_arrays(tables: Tables, names: Names, found: list[list[Path]]) -> dict[str, object]:
    """Arrays by route of the library, sorted by source."""
    paths, cost = (
        [path for routes in found for path in routes],
        tables.legs.set_index("leg")["cost_eur_per_kg"].to_dict(),
    )
    mode, end = (tables.legs.set_index("leg")[column].to_dict() for column in ("mode", "destination"))
    breaks = [
        [int(end[leg] in names["hubs"] and mode[leg] != mode[after]) for leg, after in pairwise(p.legs)] + [0]
        for p in paths
    ]
    # what is loaded at the source goes on as one load until bulk is broken
    first_stage = [p.legs[: [*b, 1].index(1) + 1] for p, b in zip(paths, breaks, strict=True)]
    return {
        "usual_cost_eur_per_kg": float(np.median([sum(cost[leg] for leg in p.legs) for p in paths])),
        "route_market": np.array([names["markets"].index(p.market) for p in paths], dtype=np.int64),
        "route_load_mode": np.array([MODES.index(mode[leg]) for leg in trunks(tables, first_stage)], dtype=np.int64),
        **compressed("route_leg", [positions(p.legs, names["legs"]) for p in paths], "route_start"),
        "route_break": np.array([x for b in breaks for x in b], dtype=np.int8),
        "source_route_start": np.cumsum([0, *(len(routes) for routes in found)]).astype(np.int64),
    }


def trunk_arrays(tables: Tables, names: Names, found: list[list[Path]]) -> dict[str, object]:
    """Arrays by route that follow from its trunk: the leg, its mode, routes of the same, how familiar it was."""
    legs, paths = tables.legs.set_index("leg"), [path.legs for routes in found for path in routes]
    source = [i for i, routes in enumerate(found) for _ in routes]
    trunk, end = trunks(tables, paths), legs["destination"].to_dict()
    mode = indices(legs["mode"].loc[trunk], MODES)
    twins = Counter(zip(source, trunk, strict=True))
    used = tables.modes.set_index("mode")["familiarity_2000"].loc[list(MODES)].to_numpy()[mode]
    known = tables.places.set_index("place")["familiarity_2000"].to_dict()
    return {
        "route_source": np.array(source, dtype=np.int64),
        "route_mode": mode,
        "route_tight_leg": np.array(positions(trunk, names["legs"]), dtype=np.int64),
        "route_log_duplicates": np.array([math.log(twins[pair]) for pair in zip(source, trunk, strict=True)]),
        "route_familiarity": np.array([min(known[end[leg]] for leg in path) for path in paths]) * used,
    }


def trunks(tables: Tables, paths: Iterable[tuple[str, ...]]) -> list[str]:
    """The longest leg of each path that is not overland, or its first."""
    afar = tables.legs[tables.legs["mode"] != "overland"].set_index("leg")["distance_km"].to_dict()
    return [max((leg for leg in path if leg in afar), key=afar.__getitem__, default=path[0]) for path in paths]
