"""Where places, countries and legs lie: in a region of `regions.csv`, or in a group of regions.

A group such as ``europe`` or ``west_africa_sahel`` is declared once, in a row of `model/data/regions.csv`. Masks follow
the order of the rows of places, states or legs, which is also that of `World`.
"""

from typing import Literal

from model.columns import Array
from model.errors import InputError, suggest
from model.world.tables import Tables

type End = Literal["origin", "destination"]


def members(tables: Tables, group: str) -> frozenset[str]:
    """Regions that a group holds; a region holds itself.

    Raises
    ------
    InputError
        If `regions.csv` has no such region or group.
    """
    held = tables.regions.set_index("region")["members"]
    if group not in held:
        raise InputError(
            "there is no such region",
            field="region",
            value=group,
            allowed=", ".join(held.index),
            remedy=suggest(group, held.index, "add a row to regions.csv"),
        )
    return frozenset(held[group].split(";"))


def places_in(tables: Tables, group: str) -> Array:
    """Places of a region or group, as a mask: (places,)."""
    return tables.places["region"].isin(members(tables, group)).to_numpy()


def countries_in(tables: Tables, group: str) -> Array:
    """Countries whose main region lies in a region or group, as a mask: (states,)."""
    return tables.states["region"].isin(members(tables, group)).to_numpy()


def countries_with_places_in(tables: Tables, group: str) -> Array:
    """Countries with a place in a region or group, whatever their main region, as a mask: (states,).

    France has one in the Caribbean, and Liberia none in West Africa.
    """
    return tables.states["state"].isin(tables.places.loc[places_in(tables, group), "state"].dropna()).to_numpy()


def eu_members(tables: Tables) -> Array:
    """Countries that belong, or belonged, to the European Union, as a mask: (states,)."""
    return tables.states["eu_since"].notna().to_numpy()


def legs_at(tables: Tables, end: End, group: str) -> Array:
    """Legs with an end in a region or group, as a mask: (legs,)."""
    regions = tables.places.set_index("place")["region"]
    return tables.legs[end].map(regions).isin(members(tables, group)).to_numpy()


def legs_into(tables: Tables, group: str) -> Array:
    """Legs that enter a region or group from elsewhere, as a mask: (legs,)."""
    return legs_at(tables, "destination", group) & ~legs_at(tables, "origin", group)
