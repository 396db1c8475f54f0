"""Build legs.csv, lanes.csv and leg_sea_areas.csv from places.csv, modes.csv and legs_seed.csv.

Run from the repository root::

    uv run --with searoute python model/data/build/build_lanes.py

Sea legs follow the commercial shipping network of searoute (Apache-2.0), a proxy only for fast boats and small
vessels. Short hops of small craft and open-ocean legs between rendezvous areas are straight, because the network is
coarser there (column `line` of the seed). Air legs follow the great circle; overland legs are the great circle times
a detour factor. README.md gives the rules for days, cost and patrol areas.
"""

from collections import Counter
from itertools import accumulate, pairwise, repeat
from operator import mul
from typing import Any

import pandas as pd
import searoute

from model.data.build.files import BUILD, DATA, read, write
from model.data.build.polyline import Point, great_circle, great_circle_km, simplify

KM_PER_NM = 1.852
OVERLAND_DETOUR = 1.3
SEA_AREA_RADIUS_KM = 900.0
SAMPLE_KM = 25.0
MAX_POINTS = 25
DRAW_TOLERANCE_DEG = 0.15

CROSSING_AREAS = ("fast_boat", "small_vessel", "merchant_vessel", "container", "light_aircraft")

# Days lost at both ends (loading, customs, waiting): assumed.
END_DAYS = {
    "fast_boat": 0.5,
    "small_vessel": 2.0,
    "merchant_vessel": 4.0,
    "container": 8.0,
    "light_aircraft": 0.5,
    "air_courier": 1.0,
    "overland": 1.0,
}

# Transport cash in EUR per pure kg: (fixed, per km, least, most). Assumed; SF29-SF32 bound the total from above.
COST_RULE = {
    "fast_boat": (400.0, 0.60, 500.0, 2500.0),
    "small_vessel": (800.0, 0.40, 1000.0, 4000.0),
    "merchant_vessel": (500.0, 0.15, 800.0, 2500.0),
    "container": (900.0, 0.12, 1000.0, 3000.0),
    "light_aircraft": (1000.0, 0.50, 1200.0, 4500.0),
    "air_courier": (2500.0, 0.35, 3000.0, 6000.0),
    "overland": (150.0, 0.25, 200.0, 800.0),
}

# Licit trade is counted from a named place for these modes, and between regions for the others.
CORRIDOR_FROM_PLACE = ("container", "air_courier", "merchant_vessel")


def route(mode: str, line: str, start: Point, end: Point) -> tuple[list[Point], float]:
    """Trace a leg, in degrees, with its length in km.

    `line` is lane (shipping network), straight (short hop by small craft) or direct. searoute wants longitude first.
    """
    if line != "lane":
        return great_circle(start, end, 15), great_circle_km(start, end) * (
            OVERLAND_DETOUR if mode == "overland" else 1
        )
    # Lists, not tuples: with tuples searoute 1.6 silently leaves the two ends out.
    found = searoute.searoute([*start[::-1]], [*end[::-1]], append_orig_dest=True, units="km")
    lane = [(lat, lon) for lon, lat in found["geometry"]["coordinates"]]
    return lane, sum(great_circle_km(a, b) for a, b in pairwise(lane))


def drawing_line(line: list[Point]) -> list[Point]:
    """Thin a line for drawing: at most MAX_POINTS points."""
    tolerances = accumulate(repeat(1.4), mul, initial=DRAW_TOLERANCE_DEG)
    return next(drawn for drawn in (simplify(line, each) for each in tolerances) if len(drawn) <= MAX_POINTS)


def samples(line: list[Point]) -> list[Point]:
    """Points about SAMPLE_KM apart along a polyline, so that equal counts mean equal distances."""
    counts = [max(1, round(great_circle_km(start, end) / SAMPLE_KM)) for start, end in pairwise(line)]
    return [
        (start[0] + part * (end[0] - start[0]), start[1] + part * (end[1] - start[1]))
        for (start, end), count in zip(pairwise(line), counts, strict=True)
        for part in ((step + 0.5) / count for step in range(count))
    ]


def sea_area_shares(line: list[Point], centres: dict[str, Point]) -> dict[str, float]:
    """Share of a line nearest to each sea-area centre and within SEA_AREA_RADIUS_KM of it."""
    points = samples(line)
    nearest = (min((great_circle_km(point, centre), area) for area, centre in centres.items()) for point in points)
    counts = Counter(area for distance, area in nearest if distance <= SEA_AREA_RADIUS_KM)
    return {area: count / len(points) for area, count in counts.items() if count / len(points) >= 0.01}


def cost_eur_per_kg(mode: str, distance_km: float) -> float:
    """Transport cash of a leg, rounded to 10 EUR per kg."""
    fixed, per_km, least, most = COST_RULE[mode]
    return round(min(most, max(least, fixed + per_km * distance_km)), -1)


def corridor(mode: str, start: dict[str, Any], end: dict[str, Any]) -> str:
    """Key of the licit corridor (trade.csv) in which a leg hides."""
    first = start["place" if mode in CORRIDOR_FROM_PLACE else "region"]
    return f"{first}-{'market' if end['region'] == 'europe_market' else end['region']}-{mode}"


def jurisdictions(seed: dict[str, Any], start: dict[str, Any], end: dict[str, Any]) -> str:
    """States that may learn of the leg or act on it, own ends first, each once."""
    return ";".join(
        dict.fromkeys(name for name in [start["state"], end["state"], *seed["other_states"].split(";")] if name)
    )


def leg_note(mode: str, note: str) -> str:
    """Note of a leg, with the caveat on small craft."""
    caveat = "Commercial lane or straight hop: a proxy for small craft" if mode in ("fast_boat", "small_vessel") else ""
    return ". ".join(filter(None, (note, caveat)))


def leg_of(seed: dict[str, Any], start: dict[str, Any], end: dict[str, Any], km: float, speed: float) -> dict[str, Any]:
    """The row of a leg of so many km, by a mode of a speed in knots."""
    mode, line = seed["mode"], "searoute 1.6 lanes (Apache-2.0)" if seed["line"] == "lane" else "great circle"
    return {
        "leg": f"{start['place']}-{end['place']}-{mode}",
        "origin": start["place"],
        "destination": end["place"],
        "mode": mode,
        "distance_km": round(km),
        "days": round(km / (speed * KM_PER_NM * 24) + END_DAYS[mode], 1),
        "cost_eur_per_kg": cost_eur_per_kg(mode, km),
        "corridor": corridor(mode, start, end),
        "jurisdictions": jurisdictions(seed, start, end),
        "source": f"{line}; days and cost by the rules of build_lanes.py, bounded by SF29-SF32",
        "confidence": "assumed",
        "note": leg_note(mode, seed["note"]),
    }


def main() -> None:
    """Read the seeds, build the three tables."""
    places = {row["place"]: row for row in read(DATA / "places.csv").fillna({"state": ""}).to_dict("records")}
    speeds = read(DATA / "modes.csv").set_index("mode")["speed_kn"].to_dict()
    points = {name: (row["lat"], row["lon"]) for name, row in places.items()}
    centres = {name: points[name] for name, row in places.items() if row["kind"] == "sea_area"}
    legs, lanes, areas = [], [], []
    for seed in read(BUILD / "legs_seed.csv").astype(object).fillna("").to_dict("records"):
        mode, start, end = seed["mode"], places[seed["origin"]], places[seed["destination"]]
        line, km = route(mode, seed["line"], points[start["place"]], points[end["place"]])
        legs.append(leg_of(seed, start, end, km, speeds[mode]))
        leg = legs[-1]["leg"]
        lanes += [(leg, i, round(lat, 2), round(lon, 2)) for i, (lat, lon) in enumerate(drawing_line(line))]
        over_land = mode == "light_aircraft" and "andes" in (start["region"], end["region"])
        if mode in CROSSING_AREAS and not over_land:
            areas += [(leg, area, round(share, 3)) for area, share in sea_area_shares(line, centres).items()]
    write(pd.DataFrame(legs), "legs")
    write(pd.DataFrame(lanes, columns=["leg", "point", "lat", "lon"], dtype=object), "lanes")
    write(pd.DataFrame(areas, columns=["leg", "sea_area", "share"]), "leg_sea_areas")


if __name__ == "__main__":
    main()
