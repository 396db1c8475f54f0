"""Build outlines.json: country outlines of the Atlantic window for maps that we project ourselves.

Run from the repository root, with the file countries-50m.json of the npm package world-atlas 2.0.2::

    uv run --with shapely --with pycountry python model/data/build/build_outlines.py path/to/countries-50m.json

world-atlas is ISC-licensed; the data are Natural Earth, public domain. Arcs are simplified before they are put
together, so that neighbours keep a common border. Small islands that matter are simplified less.
"""

import json
import sys
from importlib import import_module
from itertools import accumulate
from pathlib import Path
from typing import Any

from model.data.build.files import DATA
from model.data.build.polyline import simplify

shapely: Any = import_module("shapely")
pycountry: Any = import_module("pycountry")

Ring = list[tuple[float, float]]
"""Longitude and latitude in degrees, closed."""

WINDOW = (-130.0, -58.0, 75.0, 75.0)
TOLERANCE_DEG = 0.1
ISLAND_TOLERANCE_DEG = 0.02
LEAST_AREA_DEG2 = 0.06
LEAST_ISLAND_AREA_DEG2 = 0.0005
DECIMALS = 2
# Islands of the route, kept although small: (west, south, east, north).
ISLANDS = (
    (-26.0, 14.5, -22.0, 17.5),  # Cabo Verde
    (-32.0, 36.5, -24.5, 40.0),  # Azores
    (-18.5, 27.3, -13.2, 33.5),  # Canaries, Madeira
    (-71.0, 9.8, -59.0, 19.0),  # Lesser Antilles, Curacao, Trinidad, Virgin Islands
    (-82.0, 17.5, -65.0, 27.5),  # Jamaica, Cayman, Bahamas, Puerto Rico
    (5.5, -0.5, 9.0, 4.0),  # Sao Tome, Bioko
)


def on_island(lon: float, lat: float) -> bool:
    """Whether a point lies in one of the island windows."""
    return any(west <= lon <= east and south <= lat <= north for west, south, east, north in ISLANDS)


def decode(topology: dict[str, Any]) -> list[Ring]:
    """Absolute coordinates of the delta-coded arcs of a TopoJSON topology."""
    (scale_x, scale_y), (shift_x, shift_y) = topology["transform"]["scale"], topology["transform"]["translate"]
    summed = (zip(*map(accumulate, zip(*coded, strict=True)), strict=True) for coded in topology["arcs"])
    return [[(x * scale_x + shift_x, y * scale_y + shift_y) for x, y in arc] for arc in summed]


def thin(arc: Ring) -> Ring:
    """Simplify an arc; closed arcs are cut in two so that they keep an area."""
    tolerance = ISLAND_TOLERANCE_DEG if on_island(*arc[0]) else TOLERANCE_DEG
    if arc[0] != arc[-1]:
        return simplify(arc, tolerance)
    far = max(range(len(arc)), key=lambda i: (arc[i][0] - arc[0][0]) ** 2 + (arc[i][1] - arc[0][1]) ** 2)
    return simplify(arc[: far + 1], tolerance)[:-1] + simplify(arc[far:], tolerance)


def exterior(indices: list[int], arcs: list[Ring]) -> Ring:
    """Join arcs into one ring; a negative index means the arc reversed."""
    first, *others = (arcs[index] if index >= 0 else arcs[~index][::-1] for index in indices)
    return [*first, *(point for arc in others for point in arc[1:])]


def unrolled(ring: Ring) -> Ring:
    """Ring without the jump at the dateline: its western part is moved beyond 180 degrees and so out of the window."""
    if max(x for x, _ in ring) - min(x for x, _ in ring) <= 180:
        return ring
    return [(x + 360 if x < WINDOW[0] else x, y) for x, y in ring]


def kept(ring: Ring, area_deg2: float) -> bool:
    """Whether a clipped ring is large enough to be drawn."""
    return area_deg2 >= (LEAST_ISLAND_AREA_DEG2 if on_island(*ring[0]) else LEAST_AREA_DEG2)


def clipped(ring: Ring) -> list[Ring]:
    """Parts of a ring inside the window, rounded; holes (lakes, enclaves) are left out."""
    if len(ring) < 4:
        return []
    shape = shapely.make_valid(shapely.Polygon(unrolled(ring))).intersection(shapely.box(*WINDOW))
    parts = [part for part in shapely.get_parts(shapely.get_parts(shape)) if part.geom_type == "Polygon"]
    found = [([(round(x, DECIMALS), round(y, DECIMALS)) for x, y in part.exterior.coords], part.area) for part in parts]
    return [line for line, area_deg2 in found if line and kept(line, area_deg2)]


def key_of(geometry: dict[str, Any]) -> str:
    """ISO 3166 alpha-3 code of a country, or its name where it has none."""
    country = pycountry.countries.get(numeric=geometry.get("id", ""))
    return str(country.alpha_3) if country else str(geometry["properties"]["name"])


def main(source: Path) -> None:
    """Read the topology, write the outlines."""
    topology = json.loads(source.read_text(encoding="utf-8"))
    arcs = [thin(arc) for arc in decode(topology)]
    countries: dict[str, dict[str, Any]] = {}
    for geometry in topology["objects"]["countries"]["geometries"]:
        polygons = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
        if rings := [part for polygon in polygons for part in clipped(exterior(polygon[0], arcs))]:
            named = {"name": geometry["properties"]["name"], "rings": []}
            countries.setdefault(key_of(geometry), named)["rings"] += rings
    body = {
        "source": "Natural Earth 1:50m admin 0 (public domain), through npm world-atlas 2.0.2 (ISC)",
        "window_lon_lat": WINDOW,
        "ring": "closed list of [longitude, latitude] in degrees, exterior only",
        "countries": dict(sorted(countries.items())),
    }
    (DATA / "outlines.json").write_text(
        json.dumps(body, separators=(",", ":"), ensure_ascii=False) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
