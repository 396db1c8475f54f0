"""The world: tables -> networkx.MultiDiGraph -> flat arrays that the compiled week reads.

World arrays are read-only and shared by all models and threads.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from pathlib import Path as FilePath
from typing import Any, Final

import networkx as nx
import numpy as np
import pandas as pd

from model import calendar
from model.columns import Array
from model.kinds import BUNDLED, MODES
from model.random.samplers import load_body
from model.summary import Summary
from model.world.arrays import WorldArrays
from model.world.route_library import Path, library
from model.world.tables import Tables, load_tables

__all__ = ["World", "load_world"]

EARTH_RADIUS_KM = 6371.0
KM_PER_NAUTICAL_MILE = 1.852
ASSET_REACH_KM = 2500.0
BASE_YEAR = 2005
EXCHANGE = "eu-exchange"
"""The platform over which states trace money across borders."""
BELT_AREAS_WITHIN_KM = 900.0
SATELLITES = "eurosur"
"""The platform that fuses what satellites see."""
WEST_AFRICA = frozenset({"west_africa", "sahel"})
FLAGGED_REGIONS = frozenset({"caribbean", "guianas", "caribbean_coast"})
AMERICAS = frozenset(
    {
        "andes",
        "pacific_americas",
        "caribbean_coast",
        "guianas",
        "brazil_southern_cone",
        "central_america",
        "caribbean",
        "north_america",
    }
)
WAYS_ELSEWHERE = AMERICAS - {"north_america"}
"""Regions that goods for other markets cross."""
CONTACTS_PER_LOOK = 4.0
"""Harmless contacts in a fully imaged patrol area at one satellite pass that look suspect (assumed)."""
SORTIE_SHARE = 0.4
"""Flying hours of a patrol aircraft relative to the searching hours of a ship (assumed)."""


type Names = dict[str, tuple[str, ...]]
"""The names of every index: kind, in plural -> names in order."""


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


def great_circle_km(lat: Array, lon: Array) -> Array:
    """Matrix of great-circle distances between points given in degrees, km."""
    p, q = np.radians(lat), np.radians(lon)
    half = np.sin((p[:, None] - p) / 2) ** 2 + np.cos(p[:, None]) * np.cos(p) * np.sin((q[:, None] - q) / 2) ** 2
    distance: Array = 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(half, 0, 1)))
    return distance


def indices(names: pd.Series, order: tuple[str, ...]) -> Array:
    """Position of every name in `order`, -1 where it is missing or empty."""
    position = {name: i for i, name in enumerate(order)}
    return np.array([position.get(str(name), -1) for name in names.fillna("")], dtype=np.int64)


def positions(items: object, order: tuple[str, ...]) -> list[int]:
    """Positions in `order` of some names, or of those that a cell joins by semicolons; none of an empty cell."""
    names = items.split(";") if isinstance(items, str) else items if isinstance(items, list | tuple) else []
    place = {name: i for i, name in enumerate(order)}
    return [place[name] for name in names if name]


def compressed(name: str, lists: list[list[int]], start: str = "") -> dict[str, object]:
    """Lists of different length as two arrays, by name: row i is values[start[i]:start[i + 1]]."""
    begins = np.cumsum([0, *(len(items) for items in lists)]).astype(np.int64)
    return {start or f"{name}_start": begins, name: np.array([i for items in lists for i in items], dtype=np.int64)}


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


def arrays_of(tables: Tables, names: Names, found: list[list[Path]]) -> WorldArrays:
    """All arrays, read-only; `found` holds the routes from each source."""
    fields = {
        **plain_arrays(tables, names),
        **place_arrays(tables, names),
        **source_arrays(tables, names),
        **leg_arrays(tables, names),
        **mode_arrays(tables),
        **route_arrays(tables, names, found),
        **trunk_arrays(tables, names, found),
        **state_arrays(tables, names),
        **platform_arrays(tables, names),
    }
    fields |= asset_arrays(tables, names, fields)
    fields |= concern_watchers(fields)
    fields |= {"pair_acts": pairs_that_act(fields), "leg_market_apart": markets_apart(fields)}
    for value in fields.values():
        if isinstance(value, np.ndarray):
            value.setflags(write=False)
    return WorldArrays(**fields)  # type: ignore[arg-type]


KEYED: Final = ("place", "leg", "state", "platform", "asset")
"""Kinds whose tables have a row for each name."""


def names_of(tables: Tables) -> Names:
    """The names of every index, in order."""
    places = tables.places.set_index("place")
    of_kind = {kind: tuple(rows.index) for kind, rows in places.groupby("kind")}
    hubs = tuple(places.index[places["transhipment"] == 1])
    return {
        **{
            f"{name}s": tuple(getattr(tables, f"{name}s")[name])
            for name in ("place", "leg", "state", "platform", "asset")
        },
        "regions": tuple(dict.fromkeys(places["region"])),
        "sources": (*of_kind["origin"], *hubs),
        "hubs": hubs,
        "markets": of_kind["market"],
        "areas": of_kind["sea_area"],
    }


PLAIN: Final = (
    ("places", float, {"place_handling_kg": "handling_kg_per_week", "place_storage_eur": "storage_eur_per_kg_week"}),
    ("legs", float, {"leg_days": "days", "leg_cost": "cost_eur_per_kg"}),
    (
        "states",
        float,
        {f"state_{name}": name for name in ("own_benefit", "lead_strength", "source_loss", "contact_cost")},
    ),
    ("platforms", np.int8, {"platform_tasks": "tasks_assets", "platform_containers": "targets_containers"}),
    ("assets", float, {"asset_endurance_days": "endurance_days"}),
    ("assets", np.int8, {"asset_boards": "boards"}),
)
"""Arrays that are columns of a table: the table, the type, and the column of each array."""
INDICES: Final = {
    "place_state": ("places", "state", "states"),
    "place_region": ("places", "region", "regions"),
    "place_hub": ("places", "place", "hubs"),
    "place_market": ("places", "place", "markets"),
    "place_area": ("places", "place", "areas"),
    "leg_origin": ("legs", "origin", "places"),
    "leg_destination": ("legs", "destination", "places"),
    "asset_owner": ("assets", "owner", "states"),
    "asset_base": ("assets", "base", "places"),
}
"""Arrays that say at which position the names of a column stand: the table, the column, and the names."""


def plain_arrays(tables: Tables, names: Names) -> dict[str, object]:
    """Arrays that follow from one column."""
    return {
        field: getattr(tables, table)[column].to_numpy(dtype=kind).copy()
        for table, kind, columns in PLAIN
        for field, column in columns.items()
    } | {
        field: indices(getattr(tables, table)[column], names[order])
        for field, (table, column, order) in INDICES.items()
    }


def waypoint(tables: Tables, state: str) -> int:
    """Row of the place where a state takes goods for other markets, its largest on land; -1 where none cross it."""
    region = str(tables.states.set_index("state").loc[state, "region"])
    own = tables.places[tables.places["state"] == state]
    return int(str(own["handling_kg_per_week"].idxmax())) if region in WAYS_ELSEWHERE and len(own) else -1


def places_of(names: Names, kind: str) -> Array:
    """Positions of the sources, hubs, markets or patrol areas among the places."""
    return indices(pd.Series(names[kind], dtype="str"), names["places"])


def place_arrays(tables: Tables, names: Names) -> dict[str, object]:
    """Arrays by place and patrol area."""
    table, area = tables.places, places_of(names, "areas")
    distance = great_circle_km(table["lat"].to_numpy(), table["lon"].to_numpy())
    eu = set(tables.states.loc[tables.states["eu_since"].notna(), "state"])
    eu_places = np.flatnonzero(table["state"].isin(eu) & (table["kind"] != "market"))
    return {
        "base_year": BASE_YEAR - calendar.FIRST_YEAR,
        "place_near_area": distance[:, area].argmin(axis=1).astype(np.int64),
        "place_west_africa": table["region"].isin(WEST_AFRICA).to_numpy().astype(np.int8),
        "hub_place": places_of(names, "hubs"),
        "area_place": area,
        "area_belt": (distance[np.ix_(area, eu_places)].min(axis=1) < BELT_AREAS_WITHIN_KM).astype(np.int8),
        "area_contacts_per_look": np.full(len(area), CONTACTS_PER_LOOK),
        "distance_km": distance,
    }


def source_arrays(tables: Tables, names: Names) -> dict[str, object]:
    """Arrays by source and market."""
    sources, markets = places_of(names, "sources"), places_of(names, "markets")
    table = tables.places.iloc[sources]
    is_origin = (table["kind"] == "origin").to_numpy()
    output = table["state"].map(tables.supply.groupby("state")["kg"].mean()) * table["output_share"]
    return {
        "origins": int(is_origin.sum()),
        "source_place": sources,
        "source_is_origin": is_origin.astype(np.int8),
        "source_weight": np.where(is_origin, output, 0.05 + table["familiarity_2000"]),
        "market_place": markets,
        "market_is_europe": (tables.places["market"] == "europe").to_numpy()[markets].astype(np.int8),
    }


def leg_arrays(tables: Tables, names: Names) -> dict[str, object]:
    """Arrays by leg: mode, where it sets out, patrol areas, jurisdictions, platforms that work on it."""
    legs, origins = tables.legs, tables.places.set_index("place").reindex(tables.legs["origin"])
    shares = dict(iter(tables.leg_sea_areas.groupby("leg")))
    on_leg = [shares[leg] if leg in shares else tables.leg_sea_areas[:0] for leg in names["legs"]]
    areas = [indices(rows["sea_area"], names["areas"]).tolist() for rows in on_leg]
    platforms_of_group, group = np.unique(legs_of_platforms(tables, names, areas), axis=0, return_inverse=True)
    return {
        "leg_mode": indices(legs["mode"], MODES),
        "leg_flagged": origins["region"].isin(FLAGGED_REGIONS).to_numpy().astype(np.float64),
        "leg_africa": origins["region"].isin(WEST_AFRICA).to_numpy().astype(np.int8),
        "leg_flag_state": indices(origins["state"], names["states"]),
        **compressed("leg_area", areas),
        "leg_area_share": np.concatenate([rows["share"].to_numpy(float) for rows in on_leg]),
        **compressed("leg_state", [positions(cell, names["states"]) for cell in legs["jurisdictions"]]),
        "leg_group": group.astype(np.int64),
        "group_platform": platforms_of_group,
    }


def legs_of_platforms(tables: Tables, names: Names, areas_of_legs: list[list[int]]) -> Array:
    """Whether a platform works on a leg: (legs, platforms) of 0/1.

    By its sea areas at sea, by its targets at ports and airports, and everywhere if it is a plain exchange of leads.
    """
    works = np.zeros((len(names["legs"]), len(names["platforms"])), dtype=np.int8)
    for p, row in enumerate(tables.platforms.to_dict("records")):
        areas = set(positions(row["sea_areas"], names["areas"]))
        for i, (on_leg, mode) in enumerate(zip(areas_of_legs, tables.legs["mode"], strict=True)):
            at_sea = mode in {"fast_boat", "small_vessel", "merchant_vessel", "light_aircraft"}
            in_area = at_sea and not areas.isdisjoint(on_leg)
            at_port = mode == "container" and row["targets_containers"] == 1
            at_airport = mode == "air_courier" and row["targets_airports"] == 1
            special = areas or row["targets_containers"] or row["targets_airports"]
            exchange = row["shares_leads"] == 1 and not special
            works[i, p] = int(in_area or at_port or at_airport or exchange)
    return works


def mode_arrays(tables: Tables) -> dict[str, object]:
    """Arrays by mode, in the order of `MODES`."""
    table = tables.modes.set_index("mode").loc[list(MODES)]
    columns = {
        "mode_prior_risk": "prior_risk_per_leg",
        "mode_risk_payment": "risk_payment_eur_per_kg",
        "mode_crew_arrest": "crew_arrest_share",
        "mode_track_loss": "track_loss_per_hour",
        "mode_parcel": "parcel_kg",
        "mode_entry_cost": "entry_cost_multiplier",
        "mode_load_median": "load_median_kg",
        "mode_load_log_sd": "load_log_sd",
        "mode_load_tail_from": "load_tail_from_kg",
        "mode_load_exponent": "load_tail_exponent",
        "mode_load_max": "load_max_kg",
    }
    arrays: dict[str, object] = {field: table[column].to_numpy(dtype=float).copy() for field, column in columns.items()}
    arrays["mode_bundled"] = np.array([int(mode in BUNDLED) for mode in MODES], dtype=np.int8)
    shapes = zip(*(table[name] for name in ("load_median_kg", "load_log_sd", "load_tail_from_kg")), strict=True)
    arrays["mode_load_body"] = np.array([load_body(*shape) for shape in shapes])
    arrays["mode_recall"] = np.array([hull_recall(length) for length in table["hull_length_m"]])
    return arrays


def hull_recall(length_m: float) -> float:
    """Chance that one satellite pass sees a hull, logistic in log length: 0.56, 0.81, 0.92 at 10, 20, 30 m (M3)."""
    return 1.0 / (1.0 + math.exp(-(1.54 + 1.93 * math.log(length_m / 20.0)))) if length_m > 0 else 0.0


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


def state_arrays(tables: Tables, names: Names) -> dict[str, object]:
    """Arrays by state."""
    regions = tables.places.groupby("state")["region"].agg(set).to_dict()

    def lie_in(chosen: Collection[str]) -> Array:
        return np.array([int(bool(regions.get(s, set()) & {*chosen})) for s in names["states"]], dtype=np.int8)

    return {
        "state_eu": tables.states["eu_since"].notna().to_numpy().astype(np.int8),
        "state_west_africa": lie_in(WEST_AFRICA),
        "state_americas": lie_in(AMERICAS),
        "state_waypoint": np.array([waypoint(tables, s) for s in names["states"]], dtype=np.int64),
    }


def platform_arrays(tables: Tables, names: Names) -> dict[str, object]:
    """Which platform looks from space, over which money is traced, and how well that is done."""
    platforms, sees = names["platforms"], (tables.platforms["fuses_sensors"] == 1).any()
    exchange = platforms.index(EXCHANGE) if EXCHANGE in platforms else -1
    return {
        "satellite_platform": platforms.index(SATELLITES) if SATELLITES in platforms and sees else -1,
        "exchange_platform": exchange,
        "finance_normal": finance_strength(tables) if exchange >= 0 else 1.0,
    }


def asset_arrays(tables: Tables, names: Names, fields: dict[str, object]) -> dict[str, object]:
    """Arrays by asset: speed, sweep, the patrol areas within its reach, the platforms that it is lent to."""
    assets, base, area = tables.assets, np.asarray(fields["asset_base"]), np.asarray(fields["area_place"])
    away = np.asarray(fields["distance_km"])[np.ix_(base, area)]
    # the nearest three within reach, or the nearest one
    reach = [row.argsort()[: max(1, min(3, int((row <= ASSET_REACH_KM).sum())))].tolist() for row in away]
    lent = [sum(1 << p for p in positions(cell, names["platforms"])) for cell in assets["lent_to"]]
    return {
        "asset_speed_km_h": assets["speed_kn"].to_numpy(dtype=float) * KM_PER_NAUTICAL_MILE,
        "asset_sweep_km": assets["sweep_width_nm"].to_numpy(dtype=float) * KM_PER_NAUTICAL_MILE,
        "asset_flies": (assets["kind"] == "patrol_aircraft").to_numpy().astype(np.int8),
        "asset_sortie_share": np.full(len(assets), SORTIE_SHARE),
        "asset_platforms": np.array(lent, dtype=np.int64),
        **compressed("asset_area", reach),
    }


def finance_strength(tables: Tables) -> float:
    """Mean strength of financial control where the goods are sold in Europe."""
    places = tables.places[(tables.places["kind"] == "market") & (tables.places["market"] == "europe")]
    strength = tables.states.set_index("state")["finance_strength"]
    return float(strength.loc[places["state"]].mean())


def lists_of(fields: dict[str, object], name: str) -> list[list[int]]:
    """The lists that two arrays hold, see `compressed`."""
    return [part.tolist() for part in np.split(np.asarray(fields[name]), np.asarray(fields[f"{name}_start"])[1:-1])]


def concern_watchers(fields: dict[str, object]) -> dict[str, object]:
    """Add to the states that a leg touches those whose patrol aircraft watch its sea; as CSR arrays."""
    watched = reach_by_owner(fields, "asset_flies")
    concerned = [
        known + sorted(m for m, areas in watched.items() if areas.intersection(on_leg) and m not in known)
        for known, on_leg in zip(lists_of(fields, "leg_state"), lists_of(fields, "leg_area"), strict=True)
    ]
    return compressed("leg_state", concerned)


def reach_by_owner(fields: dict[str, object], chosen: str) -> dict[int, set[int]]:
    """Patrol areas within reach of each state's assets that are chosen by an array of 0/1."""
    reached: dict[int, set[int]] = {}
    assets = zip(np.asarray(fields["asset_owner"]).tolist(), lists_of(fields, "asset_area"), strict=True)
    for (owner, areas), is_chosen in zip(assets, np.asarray(fields[chosen]), strict=True):
        reached.setdefault(owner, set()).update(areas if is_chosen else ())
    return reached


def markets_apart(fields: dict[str, object]) -> Array:
    """Whether the state of a market is not yet among those a leg concerns: (legs, markets) of 0/1."""
    home = np.asarray(fields["place_state"])[np.asarray(fields["market_place"])]
    return np.array([~np.isin(home, known) for known in lists_of(fields, "leg_state")], dtype=np.int8)


def pairs_that_act(fields: dict[str, object]) -> Array:
    """Whether a state touched by a leg can act there itself: it is the destination, or has ships that patrol
    its sea.
    """
    patrolled = reach_by_owner(fields, "asset_boards")
    home = np.asarray(fields["place_state"])[np.asarray(fields["leg_destination"])]
    legs = zip(home, lists_of(fields, "leg_state"), lists_of(fields, "leg_area"), strict=True)
    acts = [
        int(m == own or not patrolled.get(m, set()).isdisjoint(on_leg))
        for own, members, on_leg in legs
        for m in members
    ]
    return np.array(acts, dtype=np.int8)
