"""The world: tables -> networkx.MultiDiGraph -> flat arrays that the compiled week reads.

World arrays are read-only and shared by all models and threads.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from pathlib import Path as FilePath
from typing import Any

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


def compress(lists: list[list[int]]) -> tuple[Array, Array]:
    """Lists of different length as (start, values): row i is values[start[i]:start[i + 1]]."""
    start = np.cumsum([0, *(len(x) for x in lists)])
    return start.astype(np.int64), np.array([v for x in lists for v in x], dtype=np.int64)


def indices(names: pd.Series, order: tuple[str, ...]) -> Array:
    """Position of every name in `order`, -1 where it is missing or empty."""
    position = {name: i for i, name in enumerate(order)}
    return np.array([position.get(str(name), -1) for name in names.fillna("")], dtype=np.int64)


def split(cell: object) -> list[str]:
    """The items of a cell joined by semicolons."""
    return [item for item in str(cell).split(";") if item] if isinstance(cell, str) else []


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
    graph = build_graph(tables)
    places = tuple(tables.places["place"])
    kinds = dict(zip(places, tables.places["kind"], strict=True))
    hubs = tuple(tables.places.loc[tables.places["transhipment"] == 1, "place"])
    sources = (*(p for p in places if kinds[p] == "origin"), *hubs)
    prior = dict(zip(tables.modes["mode"], tables.modes["prior_risk_per_leg"], strict=True))
    found = [library(graph, source, prior) for source in sources]
    names = {
        "places": places,
        "legs": tuple(tables.legs["leg"]),
        "states": tuple(tables.states["state"]),
        "platforms": tuple(tables.platforms["platform"]),
        "assets": tuple(tables.assets["asset"]),
        "regions": tuple(dict.fromkeys(tables.places["region"])),
        "sources": sources,
        "hubs": hubs,
        "markets": tuple(tables.places.loc[tables.places["kind"] == "market", "place"]),
        "areas": tuple(p for p in places if kinds[p] == "sea_area"),
    }
    fields = {
        **place_arrays(tables, names),
        **leg_arrays(tables, names),
        **mode_arrays(tables),
        **route_arrays(tables, names, found),
        **actor_arrays(tables, names),
    }
    fields.update(concern_watchers(fields))
    fields["pair_acts"] = pairs_that_act(fields)
    fields["leg_market_apart"] = markets_apart(fields)
    for value in fields.values():
        if isinstance(value, np.ndarray):
            value.setflags(write=False)
    routes = tuple(path for paths in found for path in paths)
    return World(tables=tables, graph=graph, arrays=WorldArrays(**fields), routes=routes, **names)  # type: ignore[arg-type]


def waypoint(tables: Tables, state: str) -> int:
    """Row of the place where a state takes goods for other markets, its largest on land; -1 where none cross it."""
    region = str(tables.states.set_index("state").loc[state, "region"])
    own = tables.places[tables.places["state"] == state]
    return int(str(own["handling_kg_per_week"].idxmax())) if region in WAYS_ELSEWHERE and len(own) else -1


def place_arrays(tables: Tables, names: dict[str, tuple[str, ...]]) -> dict[str, object]:
    """Arrays by place, source, hub, market and patrol area."""
    table, places = tables.places, names["places"]
    position = {name: i for i, name in enumerate(places)}
    distance = great_circle_km(table["lat"].to_numpy(), table["lon"].to_numpy())
    area_place = np.array([position[a] for a in names["areas"]], dtype=np.int64)
    source_place = np.array([position[s] for s in names["sources"]], dtype=np.int64)
    market_place = np.array([position[m] for m in names["markets"]], dtype=np.int64)
    eu = set(tables.states.loc[tables.states["eu_since"].notna(), "state"])
    eu_places = [i for i, s in enumerate(table["state"]) if s in eu and table["kind"].iloc[i] != "market"]
    is_origin = (table["kind"] == "origin").to_numpy()[source_place]
    output = tables.supply.groupby("state")["kg"].mean()
    weight = [
        float(output[table["state"].iloc[p]]) * float(table["output_share"].iloc[p])
        if is_origin[i]
        else 0.05 + float(table["familiarity_2000"].iloc[p])
        for i, p in enumerate(source_place)
    ]
    return {
        "origins": int(is_origin.sum()),
        "base_year": BASE_YEAR - calendar.FIRST_YEAR,
        "place_state": indices(table["state"], names["states"]),
        "place_region": indices(table["region"], names["regions"]),
        "place_hub": indices(table["place"], names["hubs"]),
        "place_market": indices(table["place"], names["markets"]),
        "place_area": indices(table["place"], names["areas"]),
        "place_near_area": distance[:, area_place].argmin(axis=1).astype(np.int64),
        "place_west_africa": table["region"].isin(["west_africa", "sahel"]).to_numpy().astype(np.int8),
        "place_handling_kg": table["handling_kg_per_week"].to_numpy(dtype=float).copy(),
        "place_storage_eur": table["storage_eur_per_kg_week"].to_numpy(dtype=float).copy(),
        "hub_place": np.array([position[h] for h in names["hubs"]], dtype=np.int64),
        "source_place": source_place,
        "source_is_origin": is_origin.astype(np.int8),
        "source_weight": np.array(weight),
        "market_place": market_place,
        "market_is_europe": (table["market"] == "europe").to_numpy()[market_place].astype(np.int8),
        "area_place": area_place,
        "area_belt": (distance[np.ix_(area_place, eu_places)].min(axis=1) < BELT_AREAS_WITHIN_KM).astype(np.int8),
        "area_contacts_per_look": np.full(len(area_place), CONTACTS_PER_LOOK),
        "distance_km": distance,
    }


def leg_arrays(tables: Tables, names: dict[str, tuple[str, ...]]) -> dict[str, object]:
    """Arrays by leg: ends, mode, days, cost, patrol areas, jurisdictions, platforms that work on it."""
    legs, places = tables.legs, tables.places.set_index("place")
    origin_region = places["region"].reindex(legs["origin"]).to_numpy()
    shares = tables.leg_sea_areas
    area_of = {name: i for i, name in enumerate(names["areas"])}
    on_leg: dict[str, list[tuple[int, float]]] = {}
    for row in shares.itertuples():
        on_leg.setdefault(str(row.leg), []).append((area_of[str(row.sea_area)], float(str(row.share))))
    area_start, area = compress([[a for a, _ in on_leg.get(leg, [])] for leg in names["legs"]])
    state_of = {name: i for i, name in enumerate(names["states"])}
    state_start, state = compress([[state_of[s] for s in split(cell)] for cell in legs["jurisdictions"]])
    platforms_of_group, group = np.unique(legs_of_platforms(tables, names, on_leg), axis=0, return_inverse=True)
    return {
        "leg_origin": indices(legs["origin"], names["places"]),
        "leg_destination": indices(legs["destination"], names["places"]),
        "leg_mode": indices(legs["mode"], MODES),
        "leg_days": legs["days"].to_numpy(dtype=float).copy(),
        "leg_cost": legs["cost_eur_per_kg"].to_numpy(dtype=float).copy(),
        "leg_flagged": np.isin(origin_region, sorted(FLAGGED_REGIONS)).astype(np.float64),
        "leg_africa": np.isin(origin_region, ["west_africa", "sahel"]).astype(np.int8),
        "leg_flag_state": indices(places["state"].reindex(legs["origin"]), names["states"]),
        "leg_area_start": area_start,
        "leg_area": area,
        "leg_area_share": np.array([s for leg in names["legs"] for _, s in on_leg.get(leg, [])]),
        "leg_state_start": state_start,
        "leg_state": state,
        "leg_group": group.astype(np.int64),
        "group_platform": platforms_of_group,
    }


def legs_of_platforms(
    tables: Tables, names: dict[str, tuple[str, ...]], on_leg: dict[str, list[tuple[int, float]]]
) -> Array:
    """Whether a platform works on a leg: (legs, platforms) of 0/1.

    By its sea areas at sea, by its targets at ports and airports, and everywhere if it is a plain exchange of leads.
    """
    works = np.zeros((len(names["legs"]), len(names["platforms"])), dtype=np.int8)
    for p, row in enumerate(tables.platforms.to_dict("records")):
        areas = {names["areas"].index(a) for a in split(row["sea_areas"])}
        for i, (leg, mode) in enumerate(zip(names["legs"], tables.legs["mode"], strict=True)):
            at_sea = mode in {"fast_boat", "small_vessel", "merchant_vessel", "light_aircraft"}
            in_area = at_sea and any(a in areas for a, _ in on_leg.get(leg, []))
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


def route_arrays(tables: Tables, names: dict[str, tuple[str, ...]], found: list[list[Path]]) -> dict[str, object]:
    """Arrays by route of the library, sorted by source."""
    leg_of = {name: i for i, name in enumerate(names["legs"])}
    mode = dict(zip(tables.legs["leg"], tables.legs["mode"], strict=True))
    length = dict(zip(tables.legs["leg"], tables.legs["distance_km"], strict=True))
    end = dict(zip(tables.legs["leg"], tables.legs["destination"], strict=True))
    used = dict(zip(tables.modes["mode"], tables.modes["familiarity_2000"], strict=True))
    familiar = dict(zip(tables.places["place"], tables.places["familiarity_2000"], strict=True))
    hubs = set(names["hubs"])
    paths = [path for routes in found for path in routes]
    start, legs = compress([[leg_of[leg] for leg in path.legs] for path in paths])

    def trunk(legs: tuple[str, ...]) -> str:
        return max((x for x in legs if mode[x] != "overland"), key=lambda x: length[x], default=legs[0])

    trunk_leg = [trunk(p.legs) for p in paths]
    source = [i for i, routes in enumerate(found) for _ in routes]
    twins: dict[tuple[int, str], int] = {}
    for s, leg in zip(source, trunk_leg, strict=True):
        twins[(s, leg)] = twins.get((s, leg), 0) + 1
    breaks = [
        [int(end[leg] in hubs and mode[leg] != mode[after]) for leg, after in pairwise(p.legs)] + [0] for p in paths
    ]
    # what is loaded at the source goes on as one load until bulk is broken
    first_stage = [p.legs[: [*b, 1].index(1) + 1] for p, b in zip(paths, breaks, strict=True)]
    return {
        "usual_cost_eur_per_kg": float(
            np.median([sum(tables.legs["cost_eur_per_kg"].iloc[leg_of[x]] for x in p.legs) for p in paths])
        ),
        "route_source": np.array(source, dtype=np.int64),
        "route_market": np.array([names["markets"].index(p.market) for p in paths], dtype=np.int64),
        "route_mode": np.array([MODES.index(mode[leg]) for leg in trunk_leg], dtype=np.int64),
        "route_load_mode": np.array([MODES.index(mode[trunk(legs)]) for legs in first_stage], dtype=np.int64),
        "route_tight_leg": np.array([leg_of[leg] for leg in trunk_leg], dtype=np.int64),
        "route_log_duplicates": np.array([math.log(twins[(s, x)]) for s, x in zip(source, trunk_leg, strict=True)]),
        "route_familiarity": np.array(
            [min(familiar[end[leg]] for leg in p.legs) * used[mode[x]] for p, x in zip(paths, trunk_leg, strict=True)]
        ),
        "route_start": start,
        "route_leg": legs,
        "route_break": np.array([x for b in breaks for x in b], dtype=np.int8),
        "source_route_start": np.cumsum([0, *(len(routes) for routes in found)]).astype(np.int64),
    }


def actor_arrays(tables: Tables, names: dict[str, tuple[str, ...]]) -> dict[str, object]:
    """Arrays by state, platform and asset."""
    states, platforms, assets = tables.states, tables.platforms, tables.assets
    regions = tables.places.groupby("state")["region"].agg(set).to_dict()
    places = tables.places.reset_index(drop=True)
    distance = great_circle_km(places["lat"].to_numpy(), places["lon"].to_numpy())
    base = indices(assets["base"], names["places"])
    area_place = np.array([names["places"].index(a) for a in names["areas"]])
    reach = [
        [a for a in np.argsort(distance[b, area_place]) if distance[b, area_place[a]] <= ASSET_REACH_KM][:3]
        or [int(distance[b, area_place].argmin())]
        for b in base
    ]
    asset_area_start, asset_area = compress([[int(a) for a in areas] for areas in reach])
    platform_of = {name: i for i, name in enumerate(names["platforms"])}
    lent = [sum(1 << platform_of[p] for p in split(cell)) for cell in assets["lent_to"]]
    satellite = platforms.index[platforms["fuses_sensors"] == 1].tolist()
    exchange = names["platforms"].index(EXCHANGE) if EXCHANGE in names["platforms"] else -1
    return {
        "satellite_platform": names["platforms"].index("eurosur")
        if "eurosur" in names["platforms"] and satellite
        else -1,
        "exchange_platform": exchange,
        "finance_normal": finance_strength(tables) if exchange >= 0 else 1.0,
        "state_own_benefit": states["own_benefit"].to_numpy(dtype=float).copy(),
        "state_eu": states["eu_since"].notna().to_numpy().astype(np.int8),
        "state_lead_strength": states["lead_strength"].to_numpy(dtype=np.float64),
        "state_source_loss": states["source_loss"].to_numpy(dtype=np.float64),
        "state_contact_cost": states["contact_cost"].to_numpy(dtype=np.float64),
        "state_west_africa": np.array(
            [int(bool(regions.get(s, set()) & {"west_africa", "sahel"})) for s in names["states"]], dtype=np.int8
        ),
        "state_americas": np.array(
            [int(bool(regions.get(s, set()) & AMERICAS)) for s in names["states"]], dtype=np.int8
        ),
        "state_waypoint": np.array([waypoint(tables, s) for s in names["states"]], dtype=np.int64),
        "platform_tasks": platforms["tasks_assets"].to_numpy(dtype=np.int8).copy(),
        "platform_containers": platforms["targets_containers"].to_numpy(dtype=np.int8).copy(),
        "asset_owner": indices(assets["owner"], names["states"]),
        "asset_base": base,
        "asset_speed_km_h": assets["speed_kn"].to_numpy(dtype=float) * KM_PER_NAUTICAL_MILE,
        "asset_sweep_km": assets["sweep_width_nm"].to_numpy(dtype=float) * KM_PER_NAUTICAL_MILE,
        "asset_endurance_days": assets["endurance_days"].to_numpy(dtype=float).copy(),
        "asset_boards": assets["boards"].to_numpy(dtype=np.int8).copy(),
        "asset_flies": (assets["kind"] == "patrol_aircraft").to_numpy().astype(np.int8),
        "asset_sortie_share": np.full(len(assets), SORTIE_SHARE),
        "asset_platforms": np.array(lent, dtype=np.int64),
        "asset_area_start": asset_area_start,
        "asset_area": asset_area,
    }


def finance_strength(tables: Tables) -> float:
    """Mean strength of financial control where the goods are sold in Europe."""
    places = tables.places[(tables.places["kind"] == "market") & (tables.places["market"] == "europe")]
    strength = tables.states.set_index("state")["finance_strength"]
    return float(strength.loc[places["state"]].mean())


def concern_watchers(fields: dict[str, object]) -> dict[str, object]:
    """Add to the states that a leg touches those whose patrol aircraft watch its sea; as CSR arrays."""
    start, state = np.asarray(fields["leg_state_start"]), np.asarray(fields["leg_state"])
    area_start, area = np.asarray(fields["leg_area_start"]), np.asarray(fields["leg_area"])
    watched = reach_by_owner(fields, np.asarray(fields["asset_flies"]))
    lists = []
    for leg in range(len(start) - 1):
        on_leg = set(area[area_start[leg] : area_start[leg + 1]].tolist())
        known = state[start[leg] : start[leg + 1]].tolist()
        lists.append(known + sorted(m for m, areas in watched.items() if areas & on_leg and m not in known))
    new_start, new_state = compress(lists)
    return {"leg_state_start": new_start, "leg_state": new_state}


def reach_by_owner(fields: dict[str, object], chosen: Array) -> dict[int, set[int]]:
    """Patrol areas within reach of each state's assets of a kind."""
    owner, start = np.asarray(fields["asset_owner"]), np.asarray(fields["asset_area_start"])
    area = np.asarray(fields["asset_area"])
    reached: dict[int, set[int]] = {}
    for asset in np.flatnonzero(chosen):
        reached.setdefault(int(owner[asset]), set()).update(area[start[asset] : start[asset + 1]].tolist())
    return reached


def markets_apart(fields: dict[str, object]) -> Array:
    """Whether the state of a market is not yet among those a leg concerns: (legs, markets) of 0/1."""
    start, state = np.asarray(fields["leg_state_start"]), np.asarray(fields["leg_state"])
    home = np.asarray(fields["place_state"])[np.asarray(fields["market_place"])]
    apart = np.zeros((len(start) - 1, len(home)), dtype=np.int8)
    for leg in range(len(start) - 1):
        apart[leg] = ~np.isin(home, state[start[leg] : start[leg + 1]])
    return apart


def pairs_that_act(fields: dict[str, object]) -> Array:
    """Whether a state touched by a leg can act there itself: it is the destination, or has ships that patrol
    its sea.
    """
    start, state = np.asarray(fields["leg_state_start"]), np.asarray(fields["leg_state"])
    area_start, area = np.asarray(fields["leg_area_start"]), np.asarray(fields["leg_area"])
    patrolled = reach_by_owner(fields, np.asarray(fields["asset_boards"]))
    place_state, destination = np.asarray(fields["place_state"]), np.asarray(fields["leg_destination"])
    acts = np.zeros(len(state), dtype=np.int8)
    for leg in range(len(destination)):
        on_leg = set(area[area_start[leg] : area_start[leg + 1]].tolist())
        for pair in range(start[leg], start[leg + 1]):
            member = int(state[pair])
            acts[pair] = int(member == place_state[destination[leg]] or bool(patrolled.get(member, set()) & on_leg))
    return acts
