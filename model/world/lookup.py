"""Small helpers of the world's arrays: positions of names, lists as flat arrays, distances."""

import numpy as np
import pandas as pd

from model.columns import Array

EARTH_RADIUS_KM = 6371.0

type Names = dict[str, tuple[str, ...]]
"""The names of every index: kind, in plural -> names in order."""


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


def lists_of(fields: dict[str, object], name: str) -> list[list[int]]:
    """The lists that two arrays hold, see `compressed`."""
    return [part.tolist() for part in np.split(np.asarray(fields[name]), np.asarray(fields[f"{name}_start"])[1:-1])]
