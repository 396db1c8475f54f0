"""Distances and polylines on the globe, shared by the build scripts."""

import math

Point = tuple[float, float]
"""Latitude and longitude in degrees (build_outlines.py: longitude and latitude)."""

EARTH_RADIUS_KM = 6371.0


def great_circle_km(start: Point, end: Point) -> float:
    """Great-circle distance (haversine) in km between two points in degrees."""
    lat1, lon1, lat2, lon2 = map(math.radians, (*start, *end))
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(half))


def great_circle(start: Point, end: Point, points: int) -> list[Point]:
    """Evenly spaced points on the great circle from start to end, both included."""
    lat1, lon1, lat2, lon2 = map(math.radians, (*start, *end))
    angle = great_circle_km(start, end) / EARTH_RADIUS_KM
    line: list[Point] = []
    for step in range(points):
        part = step / (points - 1)
        a, b = math.sin((1 - part) * angle) / math.sin(angle), math.sin(part * angle) / math.sin(angle)
        x = a * math.cos(lat1) * math.cos(lon1) + b * math.cos(lat2) * math.cos(lon2)
        y = a * math.cos(lat1) * math.sin(lon1) + b * math.cos(lat2) * math.sin(lon2)
        z = a * math.sin(lat1) + b * math.sin(lat2)
        line.append((math.degrees(math.atan2(z, math.hypot(x, y))), math.degrees(math.atan2(y, x))))
    return line


def offset_deg(point: Point, start: Point, end: Point) -> float:
    """Distance in degrees (flat) from a point to the segment start-end."""
    dy, dx = end[0] - start[0], end[1] - start[1]
    norm = dx * dx + dy * dy
    part = 0.0 if norm == 0 else ((point[0] - start[0]) * dy + (point[1] - start[1]) * dx) / norm
    part = min(1.0, max(0.0, part))
    return math.hypot(point[0] - start[0] - part * dy, point[1] - start[1] - part * dx)


def simplify(line: list[Point], tolerance_deg: float) -> list[Point]:
    """Douglas-Peucker simplification in degrees."""
    if len(line) < 3:
        return line
    offsets = [offset_deg(point, line[0], line[-1]) for point in line[1:-1]]
    worst = max(range(len(offsets)), key=offsets.__getitem__)
    if offsets[worst] <= tolerance_deg:
        return [line[0], line[-1]]
    split = worst + 1
    return simplify(line[: split + 1], tolerance_deg)[:-1] + simplify(line[split:], tolerance_deg)
