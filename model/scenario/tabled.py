"""What the tables give for a week before any event: every dated column, and what others follow from.

The base of a dated column in `model/data/columns.csv` says where it comes from: a number; a table, as ``states.csv``,
which has a column of the same name (by year, where it has years); or ``tables``, then `TABLED` says how.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

import numpy as np
import pandas as pd

from model import calendar
from model.columns import TABLES, Array, Column, dated_columns
from model.kinds import Mode, codes
from model.rows import senseless
from model.world import World
from model.world.lookup import indices

CAPACITY_FLOOR = 0.1
OBSERVER_WEIGHT = 0.5
"""Level at which an observer shares, relative to a member (assumed)."""
YEARS: Final = range(calendar.FIRST_YEAR, calendar.LAST_YEAR + 1)
LAST_DAY: Final = f"{calendar.LAST_YEAR}-12-31"

type Rows = dict[str, Array]
type Tabled = Callable[[World, int], Array]


# --- dates --------------------------------------------------------------------------------------------------------


def _week(day: object) -> int:
    """Week of a date of the tables; what was before the calendar counts from its first week."""
    text = str(day)[:10]
    return 0 if text < calendar.EPOCH.isoformat() else calendar.week_of(min(text, LAST_DAY))


@lru_cache(maxsize=8)
def spans(world: World, table: str) -> tuple[Array, Array]:
    """First week, and first week no more, of every row of a table with dates."""
    dated, end = getattr(world.tables, table), calendar.week_of(LAST_DAY) + 1
    since = np.array([_week(day) if pd.notna(day) else 0 for day in dated["since"]])
    return since, np.array([_week(day) if pd.notna(day) else end for day in dated["until"]])


def _running(world: World, table: str, week: int) -> Array:
    """1 for the rows whose since <= week < until, else 0."""
    since, until = spans(world, table)
    return ((since <= week) & (week < until)).astype(float)


@lru_cache(maxsize=16)
def rows_of(world: World, table: str, column: str, names: tuple[str, ...]) -> Array:
    """Position among `names` of what each row of a table names, as a country; -1 where there is none."""
    return indices(getattr(world.tables, table)[column], names)


# --- tables by year -----------------------------------------------------------------------------------------------


@lru_cache(maxsize=16)
def _by_year(world: World, table: str, key: str, column: str, order: tuple[str, ...]) -> Array:
    """A column of a table with years: (years, names in order)."""
    wide = getattr(world.tables, table).pivot(index="year", columns=key, values=column)
    return np.array(wide.reindex(index=YEARS, columns=list(order)), dtype=float)


def _in_year(table: Array, week: int) -> Array:
    """The row of a table by year in which a week lies."""
    row: Array = table[calendar.year_of(week) - calendar.FIRST_YEAR]
    return row


def source_shares(world: World) -> list[tuple[str, float]]:
    """Producing state of each origin and its part of that state's output."""
    places = world.tables.places.set_index("place")
    origins = list(world.sources[: world.arrays.origins])
    return list(zip(places["state"].loc[origins], places["output_share"].loc[origins].astype(float), strict=True))


@lru_cache(maxsize=4)
def leg_exposure(world: World) -> Array:
    """Licit traffic of each leg by year, relative to the mean corridor of its mode in the base year: (years, legs).

    The pairs of states that a corridor joins divide its traffic evenly, and the legs of a pair divide theirs, so that a
    port drawn as two weighs what it did as one (amendment 6). A place at sea counts as a state.
    """
    legs, trade = world.tables.legs, world.tables.trade
    wide = trade.pivot(index="year", columns="corridor", values="licit_volume").reindex(index=YEARS)
    usual = wide.iloc[world.arrays.base_year].groupby(legs.groupby("corridor")["mode"].first()).mean()
    places = world.tables.places.set_index("place")
    ends = places["state"].fillna(places.index.to_series())
    pairs = pd.DataFrame(
        {"corridor": legs["corridor"], "from": legs["origin"].map(ends), "to": legs["destination"].map(ends)}
    )
    mates = pairs.groupby(["corridor", "from", "to"])["corridor"].transform("size").to_numpy(dtype=float)
    mates *= pairs["corridor"].map(pairs.drop_duplicates()["corridor"].value_counts()).to_numpy(dtype=float)
    volume = wide.reindex(columns=legs["corridor"]).to_numpy(dtype=float)
    exposure: Array = volume / (mates * usual.reindex(legs["mode"]).to_numpy(dtype=float))
    return exposure


def container_traffic(world: World, exposure: Array) -> Array:
    """Licit containers of the region that each place lies in, in and out, relative to the base year: (places,).

    Licit trade is counted from a place to a region, so that a port's own growth is not known; 1 where there is none.
    """
    usual = _through_regions(world, leg_exposure(world)[world.arrays.base_year])
    growth = np.divide(_through_regions(world, exposure), usual, out=np.ones_like(usual), where=usual > 0.0)
    return growth[world.arrays.place_region]


def _through_regions(world: World, exposure: Array) -> Array:
    """Sum of the exposure of container legs that begin or end in each region: (regions,)."""
    arrays = world.arrays
    boxed = np.flatnonzero(arrays.leg_mode == Mode.CONTAINER)
    total = np.zeros(len(world.regions))
    for end in (arrays.leg_origin, arrays.leg_destination):
        np.add.at(total, arrays.place_region[end[boxed]], exposure[boxed])
    return total


# --- columns ------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1024)
def base_rows(world: World, week: int) -> Rows:
    """Every dated column that does not follow from others in a week before any event, and what those follow from."""
    active, role = _memberships(world, week)
    against_drugs = world.tables.programmes["eur_per_year"] * world.tables.programmes["drugs_share"]
    return {name: tabled(world, name, week) for name in dated_columns() if name not in WORKED_OUT} | {
        "membership_active": active,
        "membership_role": role,
        "membership_sharing": np.full_like(role, np.nan),  # as the platform's, for the role
        "platform_sharing": world.tables.platforms["sharing_default"].to_numpy(float).copy(),
        "programme_eur": against_drugs.to_numpy(dtype=float) * _running(world, "programmes", week),
        "treaty_active": _running(world, "treaties", week),
    }


def tabled(world: World, name: str, week: int) -> Array:
    """A dated column in a week before any event, ``part.column``."""
    (part, field), column = name.split("."), dated_columns()[name]
    if column.base == TABLES:
        return TABLED[name](world, week)
    if not isinstance(column.base, str):
        return np.full([len(getattr(world, dim)) for dim in (part, *column.dims)], float(column.base or 0.0))
    table = column.base.removesuffix(".csv")
    if "year" in getattr(world.tables, table):
        return _in_year(_by_year(world, table, part.removesuffix("s"), field, getattr(world, part)), week)
    cells = getattr(world.tables, table)[field]
    return np.array(indices(cells, codes()[column.codes].labels()) if column.codes else cells, dtype=float)


def _memberships(world: World, week: int) -> tuple[Array, Array]:
    """Who is a member in a week, and the weight of its role, both of shape (states, platforms)."""
    table = world.tables.memberships
    active = np.zeros((len(world.states), len(world.platforms)))
    role = np.zeros_like(active)
    i = rows_of(world, "memberships", "state", world.states)
    j = rows_of(world, "memberships", "platform", world.platforms)
    weight = np.where(table["role"] == "member", 1.0, OBSERVER_WEIGHT)
    now = (_running(world, "memberships", week) > 0) & (i >= 0)
    active[i[now], j[now]] = 1.0
    np.maximum.at(role, (i[now], j[now]), weight[now])
    return active, role


def _own_capacity(world: World, week: int) -> Array:
    """Ability of a country's own services, from the rule of law."""
    return CAPACITY_FLOOR + (1.0 - CAPACITY_FLOOR) * tabled(world, "states.rule_of_law", week)


def _output(world: World, week: int) -> Array:
    """Output of the origins, kg a week; transhipment places have none."""
    states, shares = zip(*source_shares(world), strict=True)
    output = _in_year(_by_year(world, "supply", "state", "kg", states), week) * shares / calendar.WEEKS_PER_YEAR
    return np.concatenate([output, np.zeros(len(world.hubs))])


def _demand(world: World, week: int) -> Array:
    """Consumption of the markets, kg a week."""
    return _in_year(_by_year(world, "demand", "market", "kg", world.markets), week) / calendar.WEEKS_PER_YEAR


TABLED: Final[dict[str, Tabled]] = {
    "states.capacity": _own_capacity,
    "platforms.active": lambda world, week: _running(world, "platforms", week),
    "assets.active": lambda world, week: _running(world, "assets", week),
    "legs.exposure": lambda world, week: _in_year(leg_exposure(world), week),
    "sources.supply_kg_per_week": _output,
    "markets.demand_kg_per_week": _demand,
}
"""How a dated column follows from tables in a week, where it is no column of one."""
WORKED_OUT: Final = ("states.pledge", "states.boarding_regime", "places.container_traffic")
"""Dated columns that `model.scenario.inputs` works out from others, after events."""


def check_tabled(columns: Mapping[str, Column]) -> None:
    """Refuse a column that follows from tables where nothing says how, and the reverse; InputError."""
    if odd := {name for name, column in columns.items() if column.base == TABLES} ^ {*TABLED, *WORKED_OUT}:
        allowed = f"{TABLES}, and a line in `TABLED` of model/scenario/tabled.py; or a number or table, and no line"
        raise senseless("columns.csv", min(odd), "base", None, allowed)


check_tabled(dated_columns())
