"""What is drawn of a model: a frame of small numbers, made once at the end of a step and never changed.

A frame holds the new weeks of the series, flows on the lanes, loads under way, patrols, what was seized since the last
frame, sharing and trust. Whole numbers in lists keep it to a few kilobytes; `board.js` knows the order.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np

from model import RouteModel, calendar
from model.columns import Array
from model.kinds import Counter
from model.record import Account, Weekly, Yearly
from model.world import World
from model.world.regions import legs_at, legs_into

SERIES: Final = (
    "seized_kg",
    "arrived_europe_kg",
    "dispatched_to_europe_kg",
    "in_transit_kg",
    "in_stock_kg",
    "seized_eu_bulk_kg",
    "seized_west_africa_bulk_kg",
    "west_africa_kg",
    "consumed_europe_kg",
    "price_europe_eur_per_kg",
    "price_source_eur_per_kg",
    "exposures",
    "known",
    "cued",
    "acted",
    "boarded",
    "won",
    "seizures",
    "capital_eur",
)
"""Weekly series that a frame carries, in this order; money follows as MONEY."""
MONEY: Final = ("revenue_eur", "confiscated_eur", "bribes_eur")
THOUSANDS: Final = frozenset({"capital_eur", *MONEY})
"""Series that a frame carries in thousands."""
CORRIDORS: Final = (
    "Containers from the Americas",
    "Boats and ships across the Atlantic",
    "Through West Africa",
    "Through the Maghreb",
    "Air couriers from the Americas",
    "Other",
)
"""Ways into Europe by the last leg, as shares of what sets out on it."""
BY_MODE: Final = {"container": 0, "air_courier": 4, "fast_boat": 1, "small_vessel": 1, "merchant_vessel": 1}
OTHER: Final = 5
BY_ORIGIN: Final = {3: "maghreb", 2: "west_africa_sahel"}
"""Rows of CORRIDORS by transport mode, for legs that do not start in Africa."""
MOST_LOADS: Final = 260
MOST_SEIZURES: Final = 60


@dataclass
class Seen:
    """How far a model has been shown: week and row of the list of seizures."""

    week: int = 0
    events: int = 0


def whole_numbers(values: Any) -> list[Any]:
    """Values rounded, as nested lists."""
    return list(np.rint(np.asarray(values)).astype(np.int64).tolist())


def _flat(*columns: Any) -> list[int]:
    """Columns of a table, rounded, row after row in one list."""
    return whole_numbers(np.column_stack(columns).ravel())


@lru_cache(maxsize=2)
def corridor_of_leg(world: World) -> Array:
    """Corridor of every leg, row of CORRIDORS; -1 for legs that do not enter Europe."""
    corridor = world.tables.legs["mode"].map(BY_MODE).fillna(OTHER).to_numpy(np.int64)
    for column, region in BY_ORIGIN.items():
        corridor = np.where(legs_at(world.tables, "origin", region), column, corridor)
    return np.where(legs_into(world.tables, "europe"), corridor, -1)


def yearly_corridors(model: RouteModel, corridor: Array, since: int) -> list[list[int]]:
    """[year, kg by corridor...] of the years simulated so far, the last one in part."""
    years = [year for year in model.years if year >= since]
    moved = model.buffers.by_leg[[year - calendar.FIRST_YEAR for year in years], :, Yearly.MOVED_KG]
    return whole_numbers(
        np.column_stack([years, *(moved[:, corridor == c].sum(axis=1) for c in range(len(CORRIDORS)))])
    )


def weekly_rows(model: RouteModel, first: int) -> list[list[int]]:
    """Rows of SERIES and MONEY for the weeks from `first` to the last one run; money in thousands."""
    if first >= model.week:
        return []
    part = model.buffers.weekly[first : model.week]
    columns = [part[:, Weekly[name.upper()]] / (1e3 if name in THOUSANDS else 1.0) for name in SERIES]
    before = model.buffers.accounts[first - 1] if first > model.first_week else model.opening
    accounts = np.diff(model.buffers.accounts[first : model.week], axis=0, prepend=before[None])
    columns += [accounts[:, Account[name.upper()]] / 1e3 for name in MONEY]
    return whole_numbers(np.column_stack(columns))


def frame(model: RouteModel, seen: Seen, corridor: Array, *, whole: bool) -> dict[str, Any]:
    """What has changed since `seen`, or everything.

    Returns
    -------
    dict
        week (first of `rows`), rows (weekly series), next (week that comes next), date; flow (kg a year by leg), loads
        (leg, share of the way in 256ths, kg, identity, four numbers each), assets (place, and what it does, by asset),
        hits (place, kg, cases), platforms (row, sharing, trust in percent), states (sharing, ability, corruption in
        percent; each month), corridors (yearly, the last two years or all).
    """
    first = model.first_week if whole else max(seen.week, model.first_week)
    since = calendar.FIRST_YEAR if whole else calendar.year_of(first) - 1
    made = {
        "week": first,
        "next": model.week,
        "date": model.date.isoformat(),
        "whole": whole,
        "rows": weekly_rows(model, first),
        "flow": whole_numbers(model.state.legs.set_out_kg),
        "loads": _loads(model),
        "assets": _assets(model),
        "hits": [] if whole else _hits(model, seen),
        "platforms": _platforms(model),
        "corridors": yearly_corridors(model, corridor, since),
    }
    if whole or model.week // 4 != seen.week // 4:
        made["states"] = _states(model)
    seen.week, seen.events = model.week, int(model.state.counts[Counter.EVENTS])
    return made


def _loads(model: RouteModel) -> list[int]:
    """The heaviest loads under way, flat: leg, place on it (0 to 255), kg, identity."""
    rows = model.state.live[: int(model.state.counts[Counter.LIVE])]
    live, today = model.state.consignments, 7.0 * model.week
    rows = rows[live.alive[rows] == 1]
    if len(rows) > MOST_LOADS:
        rows = rows[np.argsort(-live.load_kg[rows], kind="stable")[:MOST_LOADS]]
    set_out, arrive = live.set_out_day[rows], live.arrive_day[rows]
    way = np.clip((today - set_out) / np.maximum(arrive - set_out, 0.1), 0.0, 1.0)
    return _flat(live.leg[rows], 255 * way, live.load_kg[rows], live.ident[rows] % 99_991)


def _assets(model: RouteModel) -> list[int]:
    """Place of every asset, and 0 out of service, 1 in port, 2 on patrol, 3 on a case; flat."""
    assets, today = model.state.assets, 7.0 * model.week
    doing = np.where(assets.active < 0.5, 0, np.where(assets.free_day > today, 3, np.where(assets.area >= 0, 2, 1)))
    return _flat(assets.place, doing)


def _hits(model: RouteModel, seen: Seen) -> list[int]:
    """Seizures since the last frame by place, flat: place, kg, cases; those at the sources apart."""
    table = model.buffers.seizures[seen.events : int(model.state.counts[Counter.EVENTS])]
    table = table[table["leg"] >= 0]
    places, cases = np.unique(table["place"], return_counts=True)
    kg = np.array([table["kg"][table["place"] == place].sum() for place in places])
    order = np.argsort(-kg, kind="stable")[:MOST_SEIZURES]
    return _flat(places[order], kg[order], cases[order])


def _platforms(model: RouteModel) -> list[int]:
    """Working platforms, flat: row, mean sharing of its members, mean trust in it, percent."""
    states, values = model.state.states, model.policy.parameters
    found: list[int] = []
    for row in np.flatnonzero(model.state.platforms.active > 0.5):
        if len(members := np.flatnonzero(states.pledge[:, row] > 0.0)):
            good = values.trust_prior_useful + states.trust_useful[members, row]
            trust = good / (good + values.trust_prior_failed + states.trust_failed[members, row])
            found += _flat(row, 100 * states.sharing[members, row].mean(), 100 * trust.mean())
    return found


def _states(model: RouteModel) -> list[int]:
    """Of every state, flat: largest share of its leads that it gives a platform, mean ability, corruption; percent."""
    states = model.state.states
    return _flat(100 * states.sharing.max(axis=1), 100 * states.ability.mean(axis=1), 100 * states.kappa)
