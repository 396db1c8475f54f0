"""Statistics that are read off a run, each as a published figure is: one function, one name.

A statistic is called with a run as statistics show it, the area it is read for, and years; it gives one number in the
unit of its target. Shares are in percent, as they are published.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from itertools import compress
from typing import Final

import numpy as np

from experiments.evidence.observed import Shown, rows_of
from model import calendar
from model.columns import Array
from model.kinds import MODES, Mode, Stage
from model.record import Yearly
from model.world import World
from model.world.regions import countries_in, legs_at, places_in

type Years = Sequence[int]
type Statistic = Callable[[Shown, str, Years], float]

LEAST: Final = 1e-9
"""What stands for nothing where a logarithm follows."""
LEAST_STEP: Final = 0.01
"""What rounding to a dollar a gram and exchange rates alone make of prices that never move (assumed)."""
HILL_FROM_KG: Final = 100.0
"""Cases from which the tail is read (SF25)."""
OFF_WEST_AFRICA: Final = ("cape_verde_waters", "guinea_gulf", "canaries_morocco_waters", "mid_atlantic")
"""Patrol areas off the African coast; mid_atlantic is the crossing along the tenth parallel."""


def _percent(part: Array, whole: Array | float) -> float:
    """Sum of a part in percent of the sum of the whole, 0 where that is nothing."""
    total = float(np.sum(whole))
    return 100.0 * float(np.sum(part)) / total if total > 0.0 else 0.0


def _countries(world: World, group: str) -> list[str]:
    return [*compress(world.states, countries_in(world.tables, group))]


@lru_cache(maxsize=8)
def _courier_legs(world: World) -> tuple[Array, Array]:
    """Courier legs into Europe, and legs that leave West Africa, as masks."""
    into = (world.arrays.leg_mode == Mode.COURIER) & legs_at(world.tables, "destination", "europe_entry")
    return into, legs_at(world.tables, "origin", "west_africa_sahel")


# --- flows and markets --------------------------------------------------------------------------------------------


def _mean(column: str, unit: float, shown: Shown, area: str, years: Years) -> float:
    """Mean over years of a yearly series, in a unit."""
    return float(shown.series(column, years).mean()) / unit


def west_africa_share(shown: Shown, area: str, years: Years) -> float:
    """What arrives through West Africa in percent of what arrives."""
    return _percent(shown.series("west_africa_kg", years), shown.series("arrived_europe_kg", years))


def price_steps(shown: Shown, area: str, years: Years) -> float:
    """How much the wholesale price in Europe moves from year to year: SD of the steps of its logarithm."""
    prices = shown.series("price_europe_eur_per_kg", range(years[0], years[-1] + 1))
    return max(float(np.diff(np.log(prices)).std(ddof=1)), LEAST_STEP)


def price_ratio(shown: Shown, area: str, years: Years) -> float:
    """European wholesale over source price."""
    europe, source = (shown.series(f"price_{where}_eur_per_kg", years).mean() for where in ("europe", "source"))
    return float(europe) / max(float(source), LEAST)


# --- seizures -----------------------------------------------------------------------------------------------------


def seized_each(shown: Shown, area: str, years: Years) -> Array:
    """Seized by a state, or by the states of a published total, t bulk in each year."""
    return shown.bulk_t(shown.by_state(shown.members(area), years), area, years)


def seized(shown: Shown, area: str, years: Years) -> float:
    """Mean of `seized_each`."""
    return float(seized_each(shown, area, years).mean())


def seizure_growth(shown: Shown, area: str, years: Years) -> float:
    """Factor by which seizures grow a year, from the first year to the last."""
    first, last = np.maximum(seized_each(shown, area, [years[0], years[-1]]), LEAST)
    return float((last / first) ** (1.0 / (years[-1] - years[0])))


def interception(shown: Shown, area: str, years: Years) -> float:
    """Pure kg seized over seized and consumed, percent (amendment 8)."""
    taken = shown.by_state(shown.members(area), years).sum()
    return _percent(taken, taken + shown.series("consumed_europe_kg", years).sum())


def caribbean_share(shown: Shown, area: str, years: Years) -> float:
    """Share of an island in the seizures of the Caribbean, percent."""
    caribbean = _countries(shown.model.world, "caribbean")
    return _percent(shown.by_state([area], years), shown.by_state(caribbean, years))


def world_share(shown: Shown, area: str, years: Years) -> float:
    """Share of a region in the seizures of all states, percent."""
    world = shown.model.world
    return _percent(shown.by_state(_countries(world, area), years), shown.by_state(world.states, years))


def supply_correlation(shown: Shown, area: str, years: Years) -> float:
    """Correlation of seizures with output over years (SF38)."""
    span = range(years[0], years[-1] + 1)
    return float(np.corrcoef(seized_each(shown, area, span), shown.series("produced_kg", span))[0, 1])


def port(shown: Shown, area: str, years: Years) -> float:
    """Seized in a port, t bulk a year."""
    kg = shown.model.buffers.by_place[rows_of(years), shown.model.world.places.index(area), Yearly.SEIZED_KG]
    return float(shown.bulk_t(kg, area, years).mean())


def couriers_from_west_africa(shown: Shown, area: str, years: Years) -> float:
    """Share of what is taken from air couriers into Europe that came from West Africa, percent."""
    into, from_africa = _courier_legs(shown.model.world)
    taken = shown.model.buffers.by_leg[rows_of(years), :, shown.seized].sum(axis=0)
    return _percent(taken[into & from_africa], taken[into])


# --- platforms ----------------------------------------------------------------------------------------------------


def platform(shown: Shown, area: str, years: Years) -> float:
    """Seized in cases of a platform, t bulk a year."""
    kg = shown.model.buffers.by_platform[rows_of(years), shown.model.world.platforms.index(area), shown.seized]
    return float(shown.bulk_t(kg, area, years).mean())


def platform_mean_load(shown: Shown, area: str, years: Years) -> float:
    """Mean load of a platform's cases, t bulk."""
    cases = shown.cases_in(years, platform=shown.model.world.platforms.index(area))
    return float(cases.bulk_kg.mean()) / 1000.0 if len(cases) else LEAST


def lead_elsewhere(shown: Shown, area: str, years: Years) -> float:
    """Share of a platform's cases whose lead came from another state than acted, percent."""
    cases = shown.cases_in(years, platform=shown.model.world.platforms.index(area))
    led = cases[cases.lead_state >= 0]
    return _percent(led.lead_state != led.state, len(led))


# --- single cases -------------------------------------------------------------------------------------------------


def seized_off_west_africa(shown: Shown, area: str, years: Years) -> float:
    """Seized at sea off West Africa by a state, t bulk a year."""
    areas = [shown.model.world.places.index(name) for name in OFF_WEST_AFRICA]
    cases = shown.cases_in(years, state=shown.states[area], place=areas)
    return float(cases.bulk_kg.sum()) / 1000.0 / len(years)


def _case_quantile(share: float, shown: Shown, area: str, years: Years) -> float:
    """A quantile of the cases of a mode in Spain and Italy, kg bulk."""
    cases = shown.cases_in(years, state=[shown.states["ESP"], shown.states["ITA"]], mode=MODES.index(area))
    return float(np.quantile(cases.bulk_kg, share)) if len(cases) else LEAST


def tail_exponent(shown: Shown, area: str, years: Years) -> float:
    """Hill's estimate of the tail of cases above 100 kg bulk, removals at the origins apart."""
    cases = shown.cases_in(years)
    tail = cases.bulk_kg[(cases.stage != Stage.SOURCE) & (cases.bulk_kg >= HILL_FROM_KG)]
    return float(1.0 / np.log(tail / HILL_FROM_KG).mean()) if len(tail) > 1 else LEAST


def top_share_10(shown: Shown, area: str, years: Years) -> float:
    """Share of tonnes in the tenth of a state's cases that is largest, percent.

    Couriers that are caught together in a run are a case each, of a parcel.
    """
    cases = shown.cases_in(years, state=shown.states[area])
    parcel = shown.model.world.arrays.mode_parcel[cases.mode]
    parcels = np.maximum(np.round(cases.kg / np.maximum(parcel, LEAST)), 1.0)
    count = np.where(parcel > 0.0, parcels, 1.0).astype(np.int64)
    loads = np.sort(np.repeat(cases.kg / count, count))[::-1]
    return _percent(loads[: max(len(loads) // 10, 1)], loads)


def sea_cargo_share(shown: Shown, area: str, years: Years) -> float:
    """Share of commercial sea in the tonnes that single cases of a state show, percent; seizures at sea apart."""
    cases = shown.cases_in(years, state=shown.states[area])
    ashore = cases[shown.model.world.arrays.place_area[cases.place] < 0]
    by_ship = np.isin(ashore.mode, (Mode.CONTAINER, Mode.MERCHANT))
    known = by_ship | np.isin(ashore.mode, (Mode.COURIER, Mode.LAND))
    return _percent(ashore.kg[by_ship], ashore.kg[known])


def schiphol_courier_month(shown: Shown, area: str, years: Years) -> float:
    """Taken from couriers at Schiphol in a month (`area`, as 2004-05, or a mean of 2002-01/2003-12), kg bulk (SF10)."""
    cases, first = shown.cases, np.datetime64(calendar.EPOCH, "D")
    here = (cases.place == shown.model.world.places.index("amsterdam_airport")) & (cases.mode == Mode.COURIER)
    months = (first + np.floor(cases.day[here]).astype("timedelta64[D]")).astype("datetime64[M]")
    first_month, _, last_month = area.partition("/")
    start, end = np.datetime64(first_month, "M"), np.datetime64(last_month or first_month, "M")
    taken = cases.bulk_kg[here][(months >= start) & (months <= end)]
    return float(taken.sum()) / (int((end - start).astype(int)) + 1)


def link_share(shown: Shown, area: str, years: Years) -> float:
    """Share of West Africa in the pairs of states that cases into Europe link, percent (SF04)."""
    cases, world = shown.cases_in(years), shown.model.world
    owner = world.tables.places.set_index("place")["state"].reindex(world.places).fillna("").to_numpy()
    entry, african = (places_in(world.tables, group) for group in ("europe_entry", "west_africa_sahel"))
    mine = cases[(cases.leg >= 0) & entry[cases.place]]
    ends = zip(world.arrays.leg_origin[mine.leg], mine.state.tolist(), strict=True)
    pairs = {(owner[a], b): a for a, b in ends}
    foreign = [a for (country, _), a in pairs.items() if country and not entry[a]]
    return _percent(african[foreign], len(foreign))


STATISTICS: Final[dict[str, Statistic]] = {
    "flow_to_europe": partial(_mean, "dispatched_to_europe_kg", 1000.0),  # sent towards Europe, t pure a year
    "consumed_europe": partial(_mean, "consumed_europe_kg", 1000.0),
    "west_africa_flow": partial(_mean, "west_africa_kg", 1000.0),  # arriving in Europe through West Africa
    "west_africa_share": west_africa_share,
    "price_europe": partial(_mean, "price_europe_eur_per_kg", 1.0),  # wholesale, EUR per pure kg
    "price_steps": price_steps,
    "price_ratio": price_ratio,
    "seized": seized,
    "seizure_growth": seizure_growth,
    "interception": interception,
    "caribbean_share": caribbean_share,
    "world_share": world_share,
    "supply_correlation": supply_correlation,
    "port": port,
    "couriers_from_west_africa": couriers_from_west_africa,
    "platform": platform,
    "platform_mean_load": platform_mean_load,
    "lead_elsewhere": lead_elsewhere,
    "seized_off_west_africa": seized_off_west_africa,
    "case_quantile_50": partial(_case_quantile, 0.5),
    "case_quantile_90": partial(_case_quantile, 0.9),
    "tail_exponent": tail_exponent,
    "top_share_10": top_share_10,
    "sea_cargo_share": sea_cargo_share,
    "schiphol_courier_month": schiphol_courier_month,
    "link_share": link_share,
}
