"""The Atlantic on plain axes: projection, coastlines, lanes and labels.

Lambert's azimuthal equal-area projection (Snyder 1987, eq. 24-2 to 24-4) centred on 32 W, 14 N; radius 1, so that a
unit is about 6,371 km. Maps are ordinary Plotly scatter traces: nothing is fetched, and equal areas look equal.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

LON0: Final = -32.0
LAT0: Final = 14.0
WINDOW: Final = ((-1.02, 0.93), (-0.83, 0.80))
"""Range of x and of y that a map of the Atlantic shows."""
DATA: Final = Path(__file__).resolve().parents[2] / "model" / "data"

Floats = npt.NDArray[np.float64]

LABELS: Final = {
    "rotterdam": "Rotterdam, Antwerp",
    "galicia": "Galicia",
    "algeciras": "Algeciras",
    "bissau": "Bissau",
    "cartagena": "Cartagena",
    "ecuador": "Guayaquil",
    "santos": "Santos",
    "panama": "Panama",
    "santo_domingo": "Santo Domingo",
    "dakar": "Dakar",
    "lagos": "Lagos",
    "praia": "Praia",
    "accra": "Accra",
    "venezuela": "Venezuela",
    "canaries": "Canaries",
    "azores": "Azores",
    "casablanca": "Casablanca",
    "lima_callao": "Callao",
    "guianas": "Guianas",
    "brazil_northeast": "North-east Brazil",
    "buenos_aires": "Buenos Aires",
    "lisbon": "Lisbon",
    "london": "London",
    "hamburg": "Hamburg",
    "gioia_tauro": "Gioia Tauro",
    "piraeus": "Piraeus",
    "mexico": "Mexico",
    "jamaica": "Kingston",
    "north_america_market": "North American market",
    "gao": "Gao",
    "nouakchott": "Nouakchott",
    "conakry": "Conakry",
    "martinique": "Martinique",
    "bol_central": "Bolivia",
    "curacao": "Curacao",
    "abidjan": "Abidjan",
}
"""Short names of places in the order in which a crowded map keeps them."""


def project(lon: Any, lat: Any) -> tuple[Floats, Floats]:
    """Degrees east and north (scalars or arrays) to map x and y."""
    lam = np.radians(np.asarray(lon, dtype=float) - LON0)
    phi, phi0 = np.radians(np.asarray(lat, dtype=float)), np.radians(LAT0)
    cosine = np.sin(phi0) * np.sin(phi) + np.cos(phi0) * np.cos(phi) * np.cos(lam)
    k = np.sqrt(2.0 / np.maximum(1.0 + cosine, 1e-9))
    return k * np.cos(phi) * np.sin(lam), k * (np.cos(phi0) * np.sin(phi) - np.sin(phi0) * np.cos(phi) * np.cos(lam))


def smooth(points: Floats, passes: int = 2) -> Floats:
    """Chaikin's corner cutting (1974) of a polyline of shape (n, 2); the ends stay."""
    for _ in range(passes):
        if len(points) < 3:
            return points
        first, second = points[:-1], points[1:]
        cut = np.stack([0.75 * first + 0.25 * second, 0.25 * first + 0.75 * second], axis=1).reshape(-1, 2)
        points = np.vstack([points[:1], cut[1:-1], points[-1:]])
    return points


def thin(points: Floats, tolerance: float) -> Floats:
    """Douglas and Peucker's (1973) line with no vertex further than `tolerance` from the given one."""
    if len(points) < 3:
        return points
    chord, away = points[-1] - points[0], points - points[0]
    length = float(np.hypot(*chord))
    gap = np.hypot(*away.T) if length == 0 else np.abs(chord[0] * away[:, 1] - chord[1] * away[:, 0]) / length
    worst = int(np.argmax(gap))
    if gap[worst] <= tolerance:
        return points[[0, -1]]
    return np.vstack([thin(points[: worst + 1], tolerance)[:-1], thin(points[worst:], tolerance)])


def lanes(table: pd.DataFrame, tolerance: float = 0.004) -> dict[str, Floats]:
    """Leg id -> projected, thinned and smoothed polyline of shape (n, 2), from lanes.csv (leg, point, lat, lon)."""
    lines = {
        str(leg): np.column_stack(project(rows["lon"], rows["lat"]))
        for leg, rows in table.sort_values(["leg", "point"]).groupby("leg", sort=False)
    }
    return {leg: thin(smooth(thin(line, tolerance)), tolerance / 6) for leg, line in lines.items()}


def countries() -> dict[str, Any]:
    """Countries of outlines.json by ISO code: name and rings of degrees east and north."""
    return dict(json.loads((DATA / "outlines.json").read_text(encoding="utf-8"))["countries"])


@cache
def outlines() -> tuple[Floats, ...]:
    """The rings of land in outlines.json: degrees east and north, shape (n, 2)."""
    return tuple(np.array(ring, dtype=float) for country in countries().values() for ring in country["rings"])


def joined(parts: list[Floats], digits: int = 4) -> tuple[list[float | None], list[float | None]]:
    """Polylines as one x and one y list with None between them, for a single Plotly trace."""
    x, y = (
        [value for part in parts for value in (*np.round(part[:, axis], digits).tolist(), None)][:-1] for axis in (0, 1)
    )
    return x, y


def coast() -> list[Floats]:
    """Projected rings of land that touch the window."""
    (left, right), (bottom, top) = WINDOW
    low, high = np.array([left, bottom]) - 0.3, np.array([right, top]) + 0.3
    rings = (np.column_stack(project(*ring.T)) for ring in outlines())
    return [ring for ring in rings if (ring.max(axis=0) > low).all() and (ring.min(axis=0) < high).all()]


def graticule(step: int = 15) -> list[Floats]:
    """Meridians and parallels every `step` degrees across the window."""
    lon, lat = np.arange(-135.0, 61.0, 1.5), np.arange(-60.0, 81.0, 1.5)
    meridians = [np.column_stack(project(np.full_like(lat, m), lat)) for m in range(-135, 61, step)]
    parallels = [np.column_stack(project(lon, np.full_like(lon, p))) for p in range(-60, 81, step)]
    return meridians + parallels


class Label(NamedTuple):
    """A place name where it collides with nothing; `position` is Plotly's textposition."""

    text: str
    x: float
    y: float
    position: str


def place_labels(places: pd.DataFrame, width_px: float, size_px: float, limit: int = 99, sides: int = 8) -> list[Label]:
    """Greedy labels (in the order of LABELS) without overlap on a map `width_px` wide with type of `size_px`.

    `sides` positions round the dot are tried, beside it first; a small map allows only the clear ones.
    """
    (left, right), (bottom, top) = WINDOW
    scale = width_px / (right - left)
    dots = np.column_stack(project(places["lon"], places["lat"])) * scale
    at = dict(zip(places["place"], dots.tolist(), strict=True))
    taken: list[Box] = [(x - 4, y - 4, x + 4, y + 4) for x, y in at.values()]
    frame = (left * scale, bottom * scale, right * scale, top * scale)
    chosen: list[Label] = []
    for slug in (slug for slug in LABELS if slug in at):
        x, y = at[slug]
        found = _free_box(LABELS[slug], x, y, size_px, taken, frame, sides)
        if found and len(chosen) < limit:
            taken.append(found[1])
            chosen.append(Label(LABELS[slug], x / scale, y / scale, found[0]))
    return chosen


Box = tuple[float, float, float, float]


def _free_box(
    text: str, x: float, y: float, size: float, taken: list[Box], frame: Box, sides: int
) -> tuple[str, Box] | None:
    """The first side of the dot at which `text` fits, with the box it takes."""
    wide, high, gap = 0.57 * size * len(text), 1.25 * size, 6.0
    options = {
        "middle right": (x + gap, y - high / 2),
        "middle left": (x - gap - wide, y - high / 2),
        "top center": (x - wide / 2, y + gap),
        "bottom center": (x - wide / 2, y - gap - high),
        "top right": (x + gap - 2, y + gap - 4),
        "bottom right": (x + gap - 2, y - gap - high + 4),
        "top left": (x - gap + 2 - wide, y + gap - 4),
        "bottom left": (x - gap + 2 - wide, y - gap - high + 4),
    }
    for side, (x0, y0) in list(options.items())[:sides]:
        box = (x0, y0, x0 + wide, y0 + high)
        inside = frame[0] + 4 < box[0] and frame[1] + 4 < box[1] and box[2] < frame[2] - 4 and box[3] < frame[3] - 4
        apart = (box[2] <= a or c <= box[0] or box[3] <= b or d <= box[1] for a, b, c, d in taken)
        if inside and all(apart):
            return side, box
    return None
