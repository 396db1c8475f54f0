"""What is recorded, and the tidy frames made of it.

The compiled week adds to the arrays of `Record`; nothing is recomputed afterwards. Weekly series and the yearly
tables by state, mode, platform, leg, place and region are always kept; seizure rows can be switched off.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from model import calendar
from model.state import ACCOUNTS, Array, State

WEEKLY = (
    "produced_kg", "dispatched_kg", "dispatched_to_europe_kg", "dispatched_to_north_america_kg", "seized_kg",
    "expected_seized_kg", "lost_kg", "leaked_kg", "arrived_europe_kg", "arrived_north_america_kg", "seized_eu_bulk_kg",
    "seized_americas_bulk_kg", "seized_west_africa_bulk_kg", "seized_sea_bulk_kg", "west_africa_kg",
    "consumed_europe_kg", "consumed_north_america_kg", "price_europe_eur_per_kg", "price_north_america_eur_per_kg",
    "price_source_eur_per_kg", "in_transit_kg", "in_stock_kg", "exposures", "known", "cued", "acted", "boarded", "won",
    "seizures", "groups", "entered", "left", "capital_eur", "frozen_eur", "effective_routes", "mean_load_kg",
    "asset_weeks", "act_rate", "dispatches",
    "margin_eur_per_kg", "expected_known_kg", "leads_leaked", "cued_kg", "acted_kg", "boarded_expected_kg",
)  # fmt: skip
(
    PRODUCED, DISPATCHED, TO_EUROPE, TO_NORTH_AMERICA, SEIZED, EXPECTED, LOST, LEAKED, ARRIVED_EUROPE, ARRIVED_AMERICA,
    SEIZED_EU, SEIZED_AMERICAS, SEIZED_WEST_AFRICA, SEIZED_SEA, WEST_AFRICA, CONSUMED_EUROPE, CONSUMED_AMERICA,
    PRICE_EUROPE, PRICE_AMERICA, PRICE_SOURCE, IN_TRANSIT, IN_STOCK, EXPOSURES, KNOWN, CUED, ACTED, BOARDED, WON,
    SEIZURES, GROUPS, ENTERED, LEFT, CAPITAL, FROZEN, EFFECTIVE_ROUTES,
    MEAN_LOAD, ASSET_WEEKS, ACT_RATE, DISPATCHES, MARGIN, EXPECTED_KNOWN,
    LEADS_LEAKED, CUED_KG, ACTED_KG, BOARDED_KG,
) = range(len(WEEKLY))  # fmt: skip
"""Positions in a row of the weekly table."""

AVERAGED = frozenset(
    {
        "price_europe_eur_per_kg", "price_north_america_eur_per_kg", "price_source_eur_per_kg", "in_transit_kg",
        "in_stock_kg", "groups", "capital_eur", "frozen_eur", "effective_routes", "act_rate", "margin_eur_per_kg",
    }
)  # fmt: skip
"""Weekly series that a year averages; the others are summed (``mean_load_kg`` is weighted by dispatches)."""

YEARLY = ("moved_kg", "seized_kg", "expected_seized_kg", "seizures", "lost_kg", "expected_known_kg")
MOVED, TAKEN, EXPECTED_TAKEN, CASES, DUMPED, EXPECTED_KNOWN_HERE = range(len(YEARLY))

SEIZURE = np.dtype(
    [
        ("kg", "f8"), ("owner", "i8"), ("day", "f4"), ("parcels_share", "f4"), ("value_eur", "f4"), ("place", "i2"),
        ("leg", "i2"), ("state", "i2"), ("lead_state", "i2"), ("platform", "i2"), ("stage", "i2"),
    ]
)  # fmt: skip
"""A row of the seizures, -1 where there is none. Kept small: memory touched for the first time is what costs here."""
STAGES = ("lead", "patrol", "radar", "satellite", "inspection", "police", "source", "other_markets")
LEAD, PATROL, RADAR, SATELLITE, INSPECTION, POLICE, SOURCE, OTHER_MARKETS = range(len(STAGES))


COSTS = (
    "purchases_eur", "transport_eur", "bribes_eur", "risk_eur", "storage_eur", "entry_eur", "laundering_eur",
    "confiscated_eur",
)  # fmt: skip
"""Accounts that reduce profit."""


FIRST_SEIZURES = 300_000
"""Room for the seizures of a usual history; memory is taken only as it fills."""


class Record(NamedTuple):
    """Buffers of one run; years and weeks count from the epoch."""

    weekly: Array  # (weeks, len(WEEKLY))
    accounts: Array  # (weeks, len(ACCOUNTS)), as they stand at the end of each week
    by_leg: Array  # (years, legs, len(YEARLY))
    by_state: Array
    by_platform: Array
    by_place: Array
    by_stage: Array
    seizures: Array  # (rows,) of SEIZURE
    keep_seizures: Array  # (1,) 0/1


def make_record(weeks: int, years: int, sizes: dict[str, int], *, keep_seizures: bool) -> Record:
    """Empty buffers for a run of `weeks` weeks in `years` years."""

    def table(dimension: str) -> Array:
        return np.zeros((years, sizes[dimension], len(YEARLY)))

    return Record(
        weekly=np.zeros((weeks, len(WEEKLY))),
        accounts=np.zeros((weeks, len(ACCOUNTS))),
        by_leg=table("legs"),
        by_state=table("states"),
        by_platform=table("platforms"),
        by_place=table("places"),
        by_stage=table("stages"),
        seizures=np.zeros(FIRST_SEIZURES if keep_seizures else 1, dtype=SEIZURE),
        keep_seizures=np.array([int(keep_seizures)], dtype=np.int64),
    )


def copy_record(source: Record, target: Record, events: int) -> Record:
    """Copy what has been recorded, `events` seizures among it, into buffers that may be longer or shorter."""
    if target.seizures.shape[0] < events:
        target = target._replace(seizures=np.zeros(source.seizures.shape[0], dtype=SEIZURE))
    for old, new in zip(source, target, strict=True):
        shared = events if old.dtype == SEIZURE else min(old.shape[0], new.shape[0])
        new[:shared] = old[:shared]
    return target


def balance_frame(state: State) -> pd.DataFrame:
    """Cocaine and money: what came in, what went out, what is held, and the residual (rows: account; kg, EUR)."""
    accounts = dict(zip(ACCOUNTS, state.accounts.tolist(), strict=True))
    organisations, live = state.organisations, state.consignments
    moving = float(live.load_kg[live.alive == 1].sum())
    cocaine = {
        "opening": accounts["opening_kg"], "produced": accounts["produced_kg"],
        "seized": -accounts["seized_kg"] + accounts["custody_leaked_kg"], "lost": -accounts["lost_kg"],
        "consumed": -accounts["consumed_kg"], "other markets": -accounts["elsewhere_kg"],
        "with wholesalers": -float(state.markets.inventory_kg.sum()),
        "in transit": -moving, "in stores": -float(organisations.stock_kg.sum()),
        "in hand": -float(organisations.inventory_kg.sum()), "unsold": -float(state.sources.pool_kg.sum()),
    }  # fmt: skip
    held = organisations.capital_eur.sum() + organisations.dirty_eur.sum() + organisations.frozen_eur.sum()
    money = {
        "founding": accounts["founding_eur"], "revenue": accounts["revenue_eur"],
        **{name.removesuffix("_eur"): -accounts[name] for name in COSTS},
        "drawings": -accounts["drawings_eur"], "estates": -accounts["closing_eur"], "held": -float(held),
    }  # fmt: skip
    rows = [("cocaine", name, value, "kg") for name, value in cocaine.items()]
    rows.append(("cocaine", "residual", sum(cocaine.values()), "kg"))
    rows += [("money", name, value, "EUR") for name, value in money.items()]
    rows.append(("money", "residual", sum(money.values()), "EUR"))
    return pd.DataFrame(rows, columns=["ledger", "account", "amount", "unit"]).set_index(["ledger", "account"])


def weekly_frame(record: Record, first: int, last: int, opening: Array) -> pd.DataFrame:
    """Weekly series of weeks first..last-1, indexed by Monday; money and other markets follow from the accounts."""
    frame = pd.DataFrame(record.weekly[first:last].copy(), columns=list(WEEKLY))
    books = pd.DataFrame(np.diff(record.accounts[first:last], axis=0, prepend=opening[None, :]), columns=list(ACCOUNTS))
    frame["other_markets_kg"] = books["elsewhere_kg"]
    frame["revenue_eur"] = books["revenue_eur"]
    frame["bribes_eur"] = books["bribes_eur"]
    frame["laundering_eur"] = books["laundering_eur"]
    frame["confiscated_eur"] = books["confiscated_eur"]
    frame["profit_eur"] = books["revenue_eur"] - books[list(COSTS)].sum(axis=1)
    frame["mean_load_kg"] = frame["mean_load_kg"] / frame["dispatches"].clip(lower=1)
    frame.index = pd.DatetimeIndex([calendar.monday(week) for week in range(first, last)], name="date")
    return frame


def yearly_frame(weekly: pd.DataFrame) -> pd.DataFrame:
    """Yearly series: flows summed, stocks and prices averaged, mean load weighted by dispatches."""
    years = weekly.index.isocalendar()["year"].to_numpy(dtype=int)  # type: ignore[attr-defined]
    loads = (weekly["mean_load_kg"] * weekly["dispatches"]).groupby(years).sum()
    grouped = weekly.groupby(years)
    frame = grouped.sum()
    for column in AVERAGED:
        frame[column] = grouped[column].mean()
    frame["mean_load_kg"] = loads / frame["dispatches"].clip(lower=1)
    frame["act_rate"] = frame["acted"] / frame["cued"].clip(lower=1)
    frame.index = pd.Index(frame.index.astype(int), name="year")
    return frame


def summed(table: Array, groups: Array, count: int) -> Array:
    """Sum rows of a yearly table by group: legs by mode, places by region; shape (years, count, len(YEARLY))."""
    return np.stack([table[:, groups == group].sum(axis=1) for group in range(count)], axis=1)


def dimension_frame(
    table: Array, names: tuple[str, ...], dimension: str, years: list[int], purity: float
) -> pd.DataFrame:
    """Tidy yearly frame of one dimension: index (year, name)."""
    chosen = table[[year - calendar.FIRST_YEAR for year in years]]
    index = pd.MultiIndex.from_product([years, names], names=["year", dimension])
    frame = pd.DataFrame(chosen.reshape(-1, len(YEARLY)), index=index, columns=list(YEARLY))
    frame.insert(2, "seized_bulk_kg", frame["seized_kg"] / purity)
    return frame


def seizure_frame(
    record: Record, rows: int, names: dict[str, tuple[str, ...]], leg_mode: Array, place_region: Array
) -> pd.DataFrame:
    """One row for each seizure, with names in place of indices; empty text where there is none."""
    table = record.seizures[:rows]
    index = {name: table[name].astype(int) for name in ("place", "leg", "state", "lead_state", "platform", "stage")}
    index["mode"] = np.where(index["leg"] < 0, -1, leg_mode[index["leg"]])
    index["region"] = place_region[index["place"]]

    def named(column: str) -> Any:
        texts = pd.array([*names[column], ""], dtype="str")
        return texts.take(np.where(index[column] < 0, len(names[column]), index[column]))

    days = pd.Timestamp(calendar.EPOCH) + pd.to_timedelta(np.floor(table["day"].astype(float)), unit="D")
    columns = ("place", "leg", "mode", "state", "lead_state", "platform", "stage", "region")
    out = pd.DataFrame({"date": days, **{column: named(column) for column in columns}})
    for column in ("owner", "kg", "parcels_share", "value_eur"):
        out[column] = table[column].astype(np.int64 if column == "owner" else float)
    return out.sort_values("date", kind="stable", ignore_index=True)
