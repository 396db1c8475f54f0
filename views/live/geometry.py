"""What never changes on the page: coasts, lanes, places, names, levers, events, published points; sent once."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any, Final

import numpy as np
import pandas as pd

from experiments.calibration.posterior import REFERENCE
from model import Scenario, calendar
from model.parameter_fields import parameter_rows
from model.parameters import Parameters
from model.world import World
from views import theme
from views.live.settings import LIMITS
from views.live.snapshot import CORRIDORS, MONEY, SERIES
from views.maps import atlas, flowmap
from views.reports import observed

__all__ = ["static"]

SCALE: Final = 10_000
"""Map units of the page to the unit of the projection."""
AREA_RADIUS: Final = 0.085
"""Drawn radius of a patrol area on the map, projection units: 540 km, the order of a search sector."""
MODES: Final = {"container": "container", "merchant_vessel": "sea", "small_vessel": "sea", "fast_boat": "sea",
                "light_aircraft": "air", "air_courier": "air", "overland": "overland"}  # fmt: skip
BANDS: Final = ("seized_eu_bulk_kg", "price_europe_eur_per_kg")
POINTS: Final = ("flow_europe", "west_africa", "seized_eu", "seized_west_africa", "consumption", "price")

GROUPS: Final = (
    ("Cooperation", ("parameter:sharing_scale.sharing_scale",)),
    ("Ships and aircraft", ("asset:*.availability", "measure:patrol-assets.dose")),
    ("Corruption and money", ("measure:anti-corruption.dose", "measure:confiscation.dose",
                              "measure:financial-investigation.dose", "measure:anti-laundering.dose")),
    ("Supply and demand", ("parameter:supply_scale.supply_scale", "measure:demand-reduction.dose")),
)  # fmt: skip
"""Levers that stand first, by heading; platforms and all other measures follow."""
NAMES: Final = {
    "parameter:sharing_scale.sharing_scale": ("Cooperation level", "times what members share by the tables"),
    "asset:*.availability": ("Days at sea and in the air", "times those of the tables, all states"),
    "parameter:supply_scale.supply_scale": ("Andean output", "times that of the tables"),
}


def _ints(values: Any) -> list[int]:
    found: list[int] = np.rint(SCALE * np.asarray(values)).astype(int).ravel().tolist()
    return found


@lru_cache(maxsize=1)
def _land() -> list[dict[str, Any]]:
    """Countries with their rings as flat whole numbers."""
    (left, right), (bottom, top) = atlas.WINDOW
    found = []
    for iso, country in json.loads((atlas.DATA / "outlines.json").read_text(encoding="utf-8"))["countries"].items():
        rings = []
        for ring in country["rings"]:
            points = np.array(ring, dtype=float)
            x, y = atlas.project(points[:, 0], points[:, 1])
            if x.max() > left - 0.5 and x.min() < right + 0.5 and y.max() > bottom - 0.5 and y.min() < top + 0.5:
                rings.append(_ints(atlas.thin(np.column_stack([x, y]), 0.0012)))
        if rings:
            found.append({"iso": iso, "name": country["name"], "rings": rings})
    return found


def _rows(table: pd.DataFrame, key: str, names: tuple[str, ...]) -> pd.DataFrame:
    """Rows of a table in the order of the world's index."""
    return table.set_index(key, drop=False).loc[list(names)]


def _places(world: World) -> list[dict[str, Any]]:
    table = _rows(world.tables.places, "place", world.places)
    x, y = atlas.project(table["lon"], table["lat"])
    rank = {slug: place for place, slug in enumerate(atlas.LABELS)}
    return [
        {"id": row["place"], "name": row["name"], "label": atlas.LABELS.get(row["place"], ""),
         "rank": rank.get(row["place"], 99), "x": round(SCALE * float(px)), "y": round(SCALE * float(py)),
         "kind": row["kind"], "state": row["state"] if isinstance(row["state"], str) else "",
         "group": theme.region_groups()[row["region"]]}
        for row, px, py in zip(table.to_dict("records"), x, y, strict=True)
    ]  # fmt: skip


def _legs(world: World) -> list[dict[str, Any]]:
    lanes, table = atlas.lanes(world.tables.lanes), _rows(world.tables.legs, "leg", world.legs)
    north = flowmap.categorise(world.tables.legs, world.tables.places).eq("north")
    row_of = {slug: row for row, slug in enumerate(world.places)}
    return [
        {"from": row_of[row["origin"]], "to": row_of[row["destination"]], "mode": str(row["mode"]),
         "kind": "north" if north[row["leg"]] else MODES[str(row["mode"])],
         "line": _ints(atlas.thin(lanes[row["leg"]], 0.0012)) if row["leg"] in lanes else []}
        for row in table.to_dict("records")
    ]  # fmt: skip


def _platforms(world: World) -> list[dict[str, Any]]:
    table = _rows(world.tables.platforms, "platform", world.platforms)
    row_of = {slug: row for row, slug in enumerate(world.places)}
    short = {"maoc-n": "MAOC-N", "eurosur": "EUROSUR", "jiatf-south": "JIATF-South", "ceclad-m": "CeCLAD-M",
             "seacop": "SEACOP", "aircop": "AIRCOP", "ccp": "CCP", "waci": "WACI", "dakar": "Dakar", "accra": "Accra",
             "eu-exchange": "EU exchange"}  # fmt: skip
    return [
        {"id": row["platform"], "name": str(row["name"]), "short": short.get(row["platform"], row["platform"]),
         "since": str(row["since"])[:10], "sharing": float(row["sharing_default"]),
         "areas": [row_of[a] for a in str(row["sea_areas"] or "").split(";") if a in row_of]}
        for row in table.to_dict("records")
    ]  # fmt: skip


def _assets(world: World) -> list[dict[str, str]]:
    table = _rows(world.tables.assets, "asset", world.assets)
    return [{"name": str(row["name"]), "owner": str(row["owner"]), "kind": str(row["kind"]).replace("_", " ")}
            for row in table.to_dict("records")]  # fmt: skip


def _levers(world: World) -> list[dict[str, Any]]:
    """Levers by heading: the few that matter most, platforms, all measures."""
    measures = {str(row["measure"]): row for row in world.tables.measures.to_dict("records")}
    shares = dict(zip(world.tables.platforms["platform"], world.tables.platforms["sharing_default"], strict=True))
    rows = parameter_rows(Parameters)

    def one(key: str) -> dict[str, Any]:
        target, field = key.rsplit(".", 1)
        kind, name = target.split(":", 1)
        if kind == "measure":
            one = measures[name]
            told = f"dose: {one['dose_unit']}; {one['evidence']}"
            return {"target": target, "field": field, "name": str(one["name"]), "low": 0, "high": 1, "step": 0.05,
                    "start": float(one["history_dose"]), "help": told}  # fmt: skip
        if kind == "platform":
            return {"target": target, "field": field, "name": name, "low": 0, "high": 1, "step": 0.05,
                    "start": float(shares[name]), "help": "share of their leads that members give"}  # fmt: skip
        words = NAMES[key]
        row = rows.get(field)
        high = 1.0 if kind == "asset" else min(float(row.high or 2.0), 3.0) if row else 2.0
        return {"target": target, "field": field, "name": words[0], "help": words[1], "high": high,
                "low": float(row.low or 0.0) if row else 0.0,
                "step": 0.05, "start": 1.0}  # fmt: skip

    first = {key for _, keys in GROUPS for key in keys}
    rest = [f"measure:{m}.dose" for m in measures if f"measure:{m}.dose" not in first]
    return (
        [{"title": title, "levers": [one(key) for key in keys]} for title, keys in GROUPS]
        + [{"title": "Platforms", "switch": True, "levers": [one(f"platform:{p}.sharing") for p in world.platforms]}]
        + [{"title": "All other measures, by dose", "levers": [one(key) for key in rest]}]
    )  # fmt: skip


def events_of(scenario: Scenario) -> list[dict[str, str]]:
    """Dated events of a scenario for the timeline."""
    return [{"date": event.date.isoformat(), "name": event.id.replace("-", " "), "what": str(event)}
            for event in scenario.events]  # fmt: skip


def _history(world: World) -> list[dict[str, str]]:
    """Founding dates and treaties of the institutions, for the timeline."""
    table = world.tables.timeline
    table = table[pd.to_datetime(table["date"]).between("2000-01-03", "2023-12-31")]
    return [{"date": str(row["date"])[:10], "name": str(row["institution"]), "what": str(row["event"])}
            for row in table.to_dict("records")]  # fmt: skip


def _points(world: World) -> dict[str, list[list[float]]]:
    """Published yearly values: series -> [year, value] in the unit of its chart."""
    found = {}
    for key in POINTS:
        rows = observed.published(world.tables, key)
        found[key] = [[int(y), float(v)] for y, v in zip(rows["year"], rows["value"], strict=True) if v == v]
    return found


def _bands() -> dict[str, list[list[float]]]:
    """What 90% of the fitted sets say of history: series -> [year, low, high]; empty where no validation is kept."""
    path = REFERENCE / "validation" / "series.csv"
    if not path.exists():
        return {}
    table = pd.read_csv(path).set_index(["quantile", "year"])
    low, high = table.loc[0.05], table.loc[0.95]
    return {name: [[int(year), float(low.loc[year, name]), float(high.loc[year, name])] for year in low.index]
            for name in BANDS}  # fmt: skip


@lru_cache(maxsize=2)
def static(world: World) -> dict[str, Any]:
    """Everything that the page needs once; shared by all sessions, so it is not to be changed."""
    return {
        "scale": SCALE, "window": [list(axis) for axis in atlas.WINDOW], "area_radius": round(SCALE * AREA_RADIUS),
        "land": _land(), "graticule": [_ints(line[::4]) for line in atlas.graticule()],
        "places": _places(world), "legs": _legs(world), "platforms": _platforms(world), "assets": _assets(world),
        "states": [{"iso": iso, "name": str(name)} for iso, name in
                   zip(world.states, world.tables.states.set_index("state").loc[list(world.states), "name"],
                       strict=True)],
        "series": [*SERIES, *MONEY], "corridors": list(CORRIDORS), "levers": _levers(world),
        "history": _history(world), "points": _points(world), "bands": _bands(),
        "limits": {k: list(v) for k, v in LIMITS.items()},
        "epoch": calendar.EPOCH.isoformat(), "last_week": calendar.first_week(calendar.LAST_YEAR + 1) - 1,
        "bins": list(flowmap.BINS), "widths": list(flowmap.WIDTHS),
    }  # fmt: skip
