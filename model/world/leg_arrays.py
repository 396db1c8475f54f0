"""Arrays of the world by leg, route and asset: who is concerned, who can act there, and within which reach."""

import math
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

import numpy as np

from model.columns import Array
from model.kinds import MODES
from model.world.lookup import Names, compressed, indices, lists_of, positions
from model.world.regions import legs_at
from model.world.route_library import Path
from model.world.tables import Tables

KM_PER_NAUTICAL_MILE = 1.852
ASSET_REACH_KM = 2500.0
SORTIE_SHARE = 0.4
"""Flying hours of a patrol aircraft relative to the searching hours of a ship (assumed)."""
CRAFT = ("fast_boat", "small_vessel", "merchant_vessel", "light_aircraft")
"""Modes that patrol areas see."""


def leg_arrays(tables: Tables, names: Names) -> dict[str, object]:
    """Arrays by leg: mode, where it sets out, patrol areas, jurisdictions, platforms that work on it."""
    legs, states = tables.legs, tables.places.set_index("place")["state"].reindex(tables.legs["origin"])
    shares = dict(iter(tables.leg_sea_areas.groupby("leg")))
    on_leg = [shares[leg] if leg in shares else tables.leg_sea_areas[:0] for leg in names["legs"]]
    areas = [indices(rows["sea_area"], names["areas"]).tolist() for rows in on_leg]
    platforms_of_group, group = np.unique(legs_of_platforms(tables, names, areas), axis=0, return_inverse=True)
    return {
        "leg_mode": indices(legs["mode"], MODES),
        "leg_flagged": legs_at(tables, "origin", "flagged_flights").astype(np.float64),
        "leg_africa": legs_at(tables, "origin", "west_africa_sahel").astype(np.int8),
        "leg_flag_state": indices(states, names["states"]),
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
    platforms, mode = tables.platforms, tables.legs["mode"].to_numpy()[:, None]
    watched = [set(positions(cell, names["areas"])) for cell in platforms["sea_areas"]]
    meets = np.array([[not areas.isdisjoint(on_leg) for areas in watched] for on_leg in areas_of_legs])
    ports, airports, leads = (
        platforms[column].to_numpy() == 1 for column in ("targets_containers", "targets_airports", "shares_leads")
    )
    at_sea, targeted = np.isin(mode, CRAFT) & meets, (mode == "container") & ports | (mode == "air_courier") & airports
    exchange = leads & ~ports & ~airports & [not areas for areas in watched]
    works: Array = (at_sea | targeted | exchange).astype(np.int8)
    return works


def route_arrays(tables: Tables, names: Names, found: list[list[Path]]) -> dict[str, object]:
    """Arrays by route of the library, sorted by source."""
    paths, legs = [path for routes in found for path in routes], tables.legs.set_index("leg")
    cost, mode, end = (legs[column].to_dict() for column in ("cost_eur_per_kg", "mode", "destination"))
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


def watched_arrays(fields: dict[str, object]) -> dict[str, object]:
    """Arrays of who is concerned by a leg, and which of them can act; watchers of its sea are concerned, too.

    A market is apart from a leg that does not concern its state: (legs, markets) of 0/1.
    """
    concern = concern_watchers(fields)
    fields = fields | concern
    home = np.asarray(fields["place_state"])[np.asarray(fields["market_place"])]
    apart = np.array([~np.isin(home, known) for known in lists_of(fields, "leg_state")], dtype=np.int8)
    return {**concern, "pair_acts": pairs_that_act(fields), "leg_market_apart": apart}


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


def pairs_that_act(fields: dict[str, object]) -> Array:
    """Whether a state touched by a leg can act there itself: it is the destination, or has ships that patrol
    its sea.
    """
    patrolled = reach_by_owner(fields, "asset_boards")
    home = np.asarray(fields["place_state"])[np.asarray(fields["leg_destination"])]
    legs = zip(home, lists_of(fields, "leg_state"), lists_of(fields, "leg_area"), strict=True)
    acts = (
        m == own or not patrolled.get(m, set()).isdisjoint(on_leg) for own, members, on_leg in legs for m in members
    )
    return np.fromiter(acts, dtype=np.int8)
