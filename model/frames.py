"""The tidy frames that users read, made from what was recorded."""

from typing import Any

import numpy as np
import pandas as pd

from model import calendar
from model.context import Array, Record, State
from model.record import Account, Weekly, Yearly

COSTS = [account for account in Account if account.cost]


def balance_frame(state: State) -> pd.DataFrame:
    """Cocaine and money: what came in, what went out, what is held, and the residual (rows: account; kg, EUR)."""
    accounts = dict(zip(Account.columns(), state.accounts.tolist(), strict=True))
    organisations, live = state.organisations, state.consignments
    cocaine = {
        "opening": accounts["opening_kg"],
        "produced": accounts["produced_kg"],
        "seized": -accounts["seized_kg"] + accounts["custody_leaked_kg"],
        "lost": -accounts["lost_kg"],
        "consumed": -accounts["consumed_kg"],
        "other markets": -accounts["elsewhere_kg"],
        "with wholesalers": -float(state.markets.inventory_kg.sum()),
        "in transit": -float(live.load_kg[live.alive == 1].sum()),
        "in stores": -float(organisations.stock_kg.sum()),
        "in hand": -float(organisations.inventory_kg.sum()),
        "unsold": -float(state.sources.pool_kg.sum()),
    }
    held = organisations.capital_eur.sum() + organisations.dirty_eur.sum() + organisations.frozen_eur.sum()
    money = {
        "founding": accounts["founding_eur"],
        "revenue": accounts["revenue_eur"],
        **{cost.column.removesuffix("_eur"): -accounts[cost.column] for cost in COSTS},
        "drawings": -accounts["drawings_eur"],
        "estates": -accounts["closing_eur"],
        "held": -float(held),
    }
    rows = [
        (ledger, name, amount, unit)
        for ledger, unit, amounts in (("cocaine", "kg", cocaine), ("money", "EUR", money))
        for name, amount in {**amounts, "residual": sum(amounts.values())}.items()
    ]
    return pd.DataFrame(rows, columns=["ledger", "account", "amount", "unit"]).set_index(["ledger", "account"])


def weekly_frame(record: Record, first: int, last: int, opening: Array) -> pd.DataFrame:
    """Weekly series of weeks first..last-1, indexed by Monday; money and other markets follow from the accounts."""
    frame = pd.DataFrame(record.weekly[first:last].copy(), columns=list(Weekly.columns()))
    books = pd.DataFrame(
        np.diff(record.accounts[first:last], axis=0, prepend=opening[None, :]), columns=list(Account.columns())
    )
    frame["other_markets_kg"] = books["elsewhere_kg"]
    money = ["revenue_eur", "bribes_eur", "laundering_eur", "confiscated_eur"]
    frame[money] = books[money]
    frame["profit_eur"] = books["revenue_eur"] - books[[cost.column for cost in COSTS]].sum(axis=1)
    frame["mean_load_kg"] = frame["mean_load_kg"] / frame["dispatches"].clip(lower=1)
    frame.index = pd.DatetimeIndex([calendar.monday(week) for week in range(first, last)], name="date")
    return frame


def yearly_frame(weekly: pd.DataFrame) -> pd.DataFrame:
    """Yearly series: flows summed, stocks and prices averaged, mean load weighted by dispatches."""
    years = weekly.index.isocalendar()["year"].to_numpy(dtype=int)  # type: ignore[attr-defined]
    loads = (weekly["mean_load_kg"] * weekly["dispatches"]).groupby(years).sum()
    grouped = weekly.groupby(years)
    frame = grouped.sum()
    for series in Weekly:
        if series.averaged:
            frame[series.column] = grouped[series.column].mean()
    frame["mean_load_kg"] = loads / frame["dispatches"].clip(lower=1)
    frame["act_rate"] = frame["acted"] / frame["cued"].clip(lower=1)
    frame.index = pd.Index(frame.index.astype(int), name="year")
    return frame


def summed(table: Array, groups: Array, count: int) -> Array:
    """Sum rows of a yearly table by group: legs by mode, places by region; shape (years, count, len(Yearly))."""
    return np.stack([table[:, groups == group].sum(axis=1) for group in range(count)], axis=1)


def dimension_frame(
    table: Array, names: tuple[str, ...], dimension: str, years: list[int], purity: float
) -> pd.DataFrame:
    """Tidy yearly frame of one dimension: index (year, name)."""
    index = pd.MultiIndex.from_product([years, names], names=["year", dimension])
    rows = table[[year - calendar.FIRST_YEAR for year in years]].reshape(-1, len(Yearly))
    frame = pd.DataFrame(rows, index=index, columns=list(Yearly.columns()))
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
