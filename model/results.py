"""What users read of a run: series, frames by dimension, seizures, the graph of flows and the balance."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pandas as pd

from model import calendar
from model.context import Array
from model.errors import InputError
from model.kinds import MODES, STAGES, Counter
from model.record import Account, Weekly, Yearly
from model.simulation import Simulation
from model.week import SCHEDULE

DIMENSIONS = ("state", "mode", "platform", "leg", "place", "region", "stage")
COSTS = [account.column for account in Account if account.cost]


class Results(Simulation):
    """The results of a run, up to the present week."""

    @property
    def weekly(self) -> pd.DataFrame:
        """Weekly series, indexed by Monday; units are in the column names, mass is pure unless it says bulk."""
        first, last, record = self.first_week, self.week, self.buffers
        frame = pd.DataFrame(record.weekly[first:last].copy(), columns=list(Weekly.columns()))
        # money and other markets follow from the accounts
        booked = np.diff(record.accounts[first:last], axis=0, prepend=self.opening[None, :])
        books = pd.DataFrame(booked, columns=list(Account.columns()))
        frame["other_markets_kg"] = books["elsewhere_kg"]
        money = ["revenue_eur", "bribes_eur", "laundering_eur", "confiscated_eur"]
        frame[money] = books[money]
        frame["profit_eur"] = books["revenue_eur"] - books[COSTS].sum(axis=1)
        frame["mean_load_kg"] = frame["mean_load_kg"] / frame["dispatches"].clip(lower=1)
        frame.index = pd.DatetimeIndex([calendar.monday(week) for week in range(first, last)], name="date")
        return frame

    @property
    def yearly(self) -> pd.DataFrame:
        """Yearly series, indexed by year: flows summed, stocks and prices averaged, mean load by dispatches."""
        weekly = self.weekly
        years = weekly.index.isocalendar()["year"].to_numpy(dtype=int)  # type: ignore[attr-defined]
        loads = (weekly["mean_load_kg"] * weekly["dispatches"]).groupby(years).sum()
        grouped, averaged = weekly.groupby(years), [series.column for series in Weekly if series.averaged]
        frame = grouped.sum()
        frame[averaged] = grouped[averaged].mean()
        frame["mean_load_kg"] = loads / frame["dispatches"].clip(lower=1)
        frame["act_rate"] = frame["acted"] / frame["cued"].clip(lower=1)
        frame.index = pd.Index(frame.index.astype(int), name="year")
        return frame

    @property
    def years(self) -> list[int]:
        """Years simulated so far, wholly or in part."""
        years = range(calendar.year_of(self.first_week), calendar.year_of(self.week - 1) + 1)
        return list(years) if self.week > self.first_week else []

    def by(self, dimension: str) -> pd.DataFrame:
        """Yearly tidy frame by state, mode, platform, leg, place, region or stage: index (year, name).

        Raises
        ------
        InputError
            If there is no such dimension.
        """
        if dimension not in DIMENSIONS:
            raise InputError(
                "no such dimension",
                field="dimension",
                value=dimension,
                allowed=", ".join(DIMENSIONS),
                remedy="choose one of these",
            )
        names, arrays, years = self._names[dimension], self.world.arrays, self.years
        if dimension == "mode":
            table = summed(self.buffers.by_leg, arrays.leg_mode, len(names))
        elif dimension == "region":
            table = summed(self.buffers.by_place, arrays.place_region, len(names))
        else:
            table = getattr(self.buffers, f"by_{dimension}")
        rows = table[[year - calendar.FIRST_YEAR for year in years]].reshape(-1, len(Yearly))
        index = pd.MultiIndex.from_product([years, names], names=["year", dimension])
        frame = pd.DataFrame(rows, index=index, columns=list(Yearly.columns()))
        frame.insert(2, "seized_bulk_kg", frame["seized_kg"] / self.policy.parameters.bulk_purity)
        return frame

    @property
    def _names(self) -> dict[str, tuple[str, ...]]:
        world = self.world
        return {
            "state": world.states,
            "lead_state": world.states,
            "mode": MODES,
            "platform": world.platforms,
            "leg": world.legs,
            "place": world.places,
            "region": world.regions,
            "stage": STAGES,
        }

    @property
    def seizures(self) -> pd.DataFrame:
        """One row for each seizure: date, place, leg, mode, acting and lead state, platform, stage, kg and value.

        Names are empty text where there is none.
        """
        table, arrays = self.buffers.seizures[: int(self.state.counts[Counter.EVENTS])], self.world.arrays
        index = {name: table[name].astype(int) for name in ("place", "leg", "state", "lead_state", "platform", "stage")}
        index["mode"] = np.where(index["leg"] < 0, -1, arrays.leg_mode[index["leg"]])
        index["region"] = arrays.place_region[index["place"]]

        def named(column: str) -> Any:
            names = self._names[column]
            return pd.array([*names, ""], dtype="str").take(np.where(index[column] < 0, len(names), index[column]))

        days = pd.Timestamp(calendar.EPOCH) + pd.to_timedelta(np.floor(table["day"].astype(float)), unit="D")
        columns = ("place", "leg", "mode", "state", "lead_state", "platform", "stage", "region")
        out = pd.DataFrame({"date": days, **{column: named(column) for column in columns}})
        for column in ("owner", "kg", "parcels_share", "value_eur"):
            out[column] = table[column].astype(np.int64 if column == "owner" else float)
        return out.sort_values("date", kind="stable", ignore_index=True)

    @property
    def graph(self) -> nx.MultiDiGraph[str]:
        """The route graph with ``flow_kg`` of the last 52 weeks on every edge."""
        graph = self.world.graph.copy()
        flow = dict(zip(self.world.legs, self.state.legs.set_out_kg.tolist(), strict=True))
        for _, _, leg, data in graph.edges(keys=True, data=True):
            data["flow_kg"] = flow[leg]
        return graph

    def balance(self) -> pd.DataFrame:
        """Where all cocaine (kg) and money (EUR) is: accounts, stocks, and the residual, which must be nothing.

        What came in counts as positive, what went out or is held as negative (rows: ledger, account).
        """
        state, accounts = self.state, dict(zip(Account.columns(), self.state.accounts.tolist(), strict=True))
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
            **{cost.removesuffix("_eur"): -accounts[cost] for cost in COSTS},
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

    def schedule(self) -> pd.DataFrame:
        """The week in order: what happens, and what it does."""
        rows = [(step.submodel, step.name, step.does) for step in SCHEDULE]
        return pd.DataFrame(rows, columns=["submodel", "rule", "what it does"])


def summed(table: Array, groups: Array, count: int) -> Array:
    """Sum rows of a yearly table by group: legs by mode, places by region; shape (years, count, len(Yearly))."""
    return np.stack([table[:, groups == group].sum(axis=1) for group in range(count)], axis=1)
