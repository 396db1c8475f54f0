"""Build legs.csv, lanes.csv and leg_sea_areas.csv from places.csv, modes.csv and legs_seed.csv.

Run from the repository root::

    uv run --with searoute python model/data/build/build_lanes.py

Sea legs follow the commercial shipping network of searoute (Apache-2.0), a proxy only for fast boats and small
vessels. Short hops of small craft and open-ocean legs between rendezvous areas are straight, because the network is
coarser there (column `line` of the seed). Air legs follow the great circle; overland legs are the great circle times
a detour factor. README.md gives the rules for days, cost and patrol areas.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import searoute

from model.data.build.polyline import Point, great_circle, great_circle_km, length_km, simplify

DATA = Path(__file__).resolve().parents[1]
KM_PER_NM = 1.852
OVERLAND_DETOUR = 1.3
SEA_AREA_RADIUS_KM = 900.0
SAMPLE_KM = 25.0
MAX_POINTS = 25
DRAW_TOLERANCE_DEG = 0.15

LEG_COLUMNS = (
    "leg,origin,destination,mode,distance_km,days,cost_eur_per_kg,corridor,jurisdictions,source,confidence,note"
)

SEA_MODES = ("fast_boat", "small_vessel", "merchant_vessel", "container")

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


@dataclass(frozen=True, slots=True)
class Route:
    """A leg's true line (lat, lon in degrees) and its length in km."""

    line: list[Point]
    distance_km: float


def read(path: Path) -> list[dict[str, str]]:
    """Rows of a CSV file as dictionaries."""
    with path.open(newline="", encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


def write(path: Path, header: list[str], rows: list[list[object]]) -> None:
    """Write a CSV file with Unix line ends."""
    with path.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def sea_route(start: Point, end: Point) -> Route:
    """Trace the shipping lane between two points; searoute wants longitude first."""
    # Lists, not tuples: with tuples searoute 1.6 silently leaves the two ends out.
    found = searoute.searoute([start[1], start[0]], [end[1], end[0]], append_orig_dest=True, units="km")
    line = [(lat, lon) for lon, lat in found["geometry"]["coordinates"]]
    return Route(line, length_km(line))


def route(mode: str, line: str, start: Point, end: Point) -> Route:
    """Trace a leg: `line` is lane (shipping network), straight (short hop by small craft) or direct."""
    if line == "lane":
        return sea_route(start, end)
    direct = great_circle_km(start, end)
    detour = OVERLAND_DETOUR if mode == "overland" else 1.0
    return Route(great_circle(start, end, 15), direct * detour)


def drawing_line(line: list[Point]) -> list[Point]:
    """Thin a line for drawing: at most MAX_POINTS points."""
    tolerance = DRAW_TOLERANCE_DEG
    drawn = simplify(line, tolerance)
    while len(drawn) > MAX_POINTS:
        tolerance *= 1.4
        drawn = simplify(line, tolerance)
    return drawn


def samples(line: list[Point]) -> list[Point]:
    """Points about SAMPLE_KM apart along a polyline, so that equal counts mean equal distances."""
    found: list[Point] = []
    for start, end in pairwise(line):
        count = max(1, round(great_circle_km(start, end) / SAMPLE_KM))
        for step in range(count):
            part = (step + 0.5) / count
            found.append((start[0] + part * (end[0] - start[0]), start[1] + part * (end[1] - start[1])))
    return found


def sea_area_shares(line: list[Point], centres: dict[str, Point]) -> dict[str, float]:
    """Share of a line nearest to each sea-area centre and within SEA_AREA_RADIUS_KM of it."""
    points = samples(line)
    counts: dict[str, int] = {}
    for point in points:
        area = min(centres, key=lambda name: great_circle_km(point, centres[name]))
        if great_circle_km(point, centres[area]) <= SEA_AREA_RADIUS_KM:
            counts[area] = counts.get(area, 0) + 1
    return {area: count / len(points) for area, count in counts.items() if count / len(points) >= 0.01}


def cost_eur_per_kg(mode: str, distance_km: float) -> float:
    """Transport cash of a leg, rounded to 10 EUR per kg."""
    fixed, per_km, least, most = COST_RULE[mode]
    return round(min(most, max(least, fixed + per_km * distance_km)), -1)


def corridor(mode: str, start: dict[str, str], end: dict[str, str]) -> str:
    """Key of the licit corridor (trade.csv) in which a leg hides."""
    first = start["place"] if mode in CORRIDOR_FROM_PLACE else start["region"]
    last = "market" if end["region"] == "europe_market" else end["region"]
    return f"{first}-{last}-{mode}"


def jurisdictions(seed: dict[str, str], start: dict[str, str], end: dict[str, str]) -> str:
    """States that may learn of the leg or act on it, own ends first, each once."""
    names = [start["state"], end["state"], *seed["other_states"].split(";")]
    return ";".join(dict.fromkeys(name for name in names if name))


def source_of(line: str) -> str:
    """Where a leg's numbers come from."""
    if line == "lane":
        return "searoute 1.6 lanes (Apache-2.0); days and cost by the rules of build_lanes.py, bounded by SF29-SF32"
    return "great circle; days and cost by the rules of build_lanes.py, bounded by SF29-SF32"


def leg_note(mode: str, note: str) -> str:
    """Note of a leg, with the caveat on small craft."""
    caveat = "Commercial lane or straight hop: a proxy for small craft" if mode in ("fast_boat", "small_vessel") else ""
    return ". ".join(text for text in (note, caveat) if text)


def over_water(mode: str, start: dict[str, str], end: dict[str, str]) -> bool:
    """Whether a leg crosses patrol areas: every sea leg, and light aircraft between coasts."""
    if mode in SEA_MODES:
        return True
    return mode == "light_aircraft" and "andes" not in (start["region"], end["region"])


def main() -> None:
    """Read the seeds, build the three tables."""
    places = {row["place"]: row for row in read(DATA / "places.csv")}
    points = {name: (float(row["lat"]), float(row["lon"])) for name, row in places.items()}
    speeds = {row["mode"]: float(row["speed_kn"]) for row in read(DATA / "modes.csv")}
    centres = {name: points[name] for name, row in places.items() if row["kind"] == "sea_area"}
    legs: list[list[object]] = []
    lanes: list[list[object]] = []
    areas: list[list[object]] = []
    for seed in read(DATA / "build" / "legs_seed.csv"):
        mode, start, end = seed["mode"], places[seed["origin"]], places[seed["destination"]]
        leg = f"{start['place']}-{end['place']}-{mode}"
        found = route(mode, seed["line"], points[start["place"]], points[end["place"]])
        days = found.distance_km / (speeds[mode] * KM_PER_NM * 24) + END_DAYS[mode]
        legs.append([leg, start["place"], end["place"], mode, round(found.distance_km), round(days, 1)])
        legs[-1] += [cost_eur_per_kg(mode, found.distance_km), corridor(mode, start, end)]
        legs[-1] += [jurisdictions(seed, start, end), source_of(seed["line"]), "assumed"]
        legs[-1].append(leg_note(mode, seed["note"]))
        lanes += [[leg, i, round(lat, 2), round(lon, 2)] for i, (lat, lon) in enumerate(drawing_line(found.line))]
        if over_water(mode, start, end):
            areas += [[leg, area, round(share, 3)] for area, share in sea_area_shares(found.line, centres).items()]
    write(DATA / "legs.csv", LEG_COLUMNS.split(","), legs)
    write(DATA / "lanes.csv", ["leg", "point", "lat", "lon"], lanes)
    write(DATA / "leg_sea_areas.csv", ["leg", "sea_area", "share"], areas)


if __name__ == "__main__":
    main()
