"""What the compiled week reads of the world: flat arrays that do not change in a run, rows of `columns.csv`."""

import math
from typing import Final

import numpy as np
import pandas as pd

from model import calendar
from model.columns import Array
from model.kinds import BUNDLED, MODES
from model.layout import WorldArrays
from model.random.samplers import load_body
from model.world.leg_arrays import asset_arrays, leg_arrays, route_arrays, trunk_arrays, watched_arrays
from model.world.lookup import Names, great_circle_km, indices
from model.world.regions import countries_in, countries_with_places_in, eu_members, places_in
from model.world.route_library import Path
from model.world.tables import Tables

__all__ = ["WorldArrays", "arrays_of", "hull_recall"]

BASE_YEAR = 2005
EXCHANGE = "eu-exchange"
"""The platform over which states trace money across borders."""
BELT_AREAS_WITHIN_KM = 900.0
SATELLITES = "eurosur"
"""The platform that fuses what satellites see."""
CONTACTS_PER_LOOK = 4.0
"""Harmless contacts in a fully imaged patrol area at one satellite pass that look suspect (assumed)."""


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
        **state_arrays(tables),
        **platform_arrays(tables, names),
    }
    fields |= asset_arrays(tables, names, fields)
    fields |= watched_arrays(fields)
    for value in fields.values():
        if isinstance(value, np.ndarray):
            value.setflags(write=False)
    return WorldArrays(**fields)  # type: ignore[arg-type]


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


def places_of(names: Names, kind: str) -> Array:
    """Positions of the sources, hubs, markets or patrol areas among the places."""
    return indices(pd.Series(names[kind], dtype="str"), names["places"])


def place_arrays(tables: Tables, names: Names) -> dict[str, object]:
    """Arrays by place and patrol area."""
    table, area = tables.places, places_of(names, "areas")
    distance = great_circle_km(table["lat"].to_numpy(), table["lon"].to_numpy())
    eu = tables.states.loc[eu_members(tables), "state"]
    eu_places = np.flatnonzero(table["state"].isin(eu) & (table["kind"] != "market"))
    return {
        "base_year": BASE_YEAR - calendar.FIRST_YEAR,
        "place_near_area": distance[:, area].argmin(axis=1).astype(np.int64),
        "place_west_africa": places_in(tables, "west_africa_sahel").astype(np.int8),
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
    shapes = zip(*(table[name] for name in ("load_median_kg", "load_log_sd", "load_tail_from_kg")), strict=True)
    return {
        **{field: table[column].to_numpy(dtype=float).copy() for field, column in columns.items()},
        "mode_bundled": np.array([int(mode in BUNDLED) for mode in MODES], dtype=np.int8),
        "mode_load_body": np.array([load_body(*shape) for shape in shapes]),
        "mode_recall": np.array([hull_recall(length) for length in table["hull_length_m"]]),
    }


def hull_recall(length_m: float) -> float:
    """Chance that one satellite pass sees a hull, logistic in log length: 0.56, 0.81, 0.92 at 10, 20, 30 m (M3)."""
    return 1.0 / (1.0 + math.exp(-(1.54 + 1.93 * math.log(length_m / 20.0)))) if length_m > 0 else 0.0


def state_arrays(tables: Tables) -> dict[str, object]:
    """Arrays by state; goods for other markets that cross it are taken at its waypoint, its largest place on land."""
    largest = tables.states["state"].map(tables.places.groupby("state")["handling_kg_per_week"].idxmax())
    crossed = countries_in(tables, "latin_america_caribbean")
    return {
        "state_eu": eu_members(tables).astype(np.int8),
        "state_west_africa": countries_with_places_in(tables, "west_africa_sahel").astype(np.int8),
        "state_americas": countries_with_places_in(tables, "americas").astype(np.int8),
        "state_waypoint": np.where(crossed, largest.fillna(-1), -1).astype(np.int64),
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


def finance_strength(tables: Tables) -> float:
    """Mean strength of financial control where the goods are sold in Europe."""
    places = tables.places[(tables.places["kind"] == "market") & (tables.places["market"] == "europe")]
    return float(tables.states.set_index("state")["finance_strength"].loc[places["state"]].mean())
