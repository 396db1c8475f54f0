"""The tables of a study: what its runs say, in the long form that reports, DuckDB and notebooks read."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Final

import numpy as np
import pandas as pd

from experiments.analysis import attribution, compare, sensitivity
from experiments.analysis.costs import cost_a_year
from experiments.analysis.intervals import mean_and_interval, mean_difference
from experiments.ensemble.store import DONE, Store
from experiments.study import COALITION, SUPPLY, Study
from model.columns import Array
from model.errors import InputError
from model.world.regions import legs_into

__all__ = ["analyse"]

FIXED: Final = "fixed"
ANSWERS: Final = "answers"
LANDED: Final = "arrived_europe_kg"


def analyse(study: Study, store: Store) -> list[str]:
    """Write the tables of a study and give their names.

    Raises
    ------
    InputError
        If no run ended well; the message holds the first traceback.
    """
    runs = store.runs()
    good = runs[runs["status"] == DONE]
    if good.empty:
        first = str(runs["error"].iloc[0]).strip().splitlines()[-1] if len(runs) else "no run is stored"
        raise InputError("no run ended well", field="study", value=study.name, allowed="at least one run",
                         remedy=f"the first says: {first}")  # fmt: skip
    made: dict[str, pd.DataFrame] = {}
    if study.kind == "headline":
        swept = good[good["part"] == "sweep"]
        made |= {"sweep": arms(swept, study), "spans": spans(swept, study)}
        runs = runs[runs["part"] == "packages"]
    made |= {"arms": arms(runs[runs["status"] == DONE], study)}
    made |= {
        "compare": packages,
        "headline": packages,
        "sweep": lambda *_: {"spans": spans(good, study)},
        "screening": screening,
        "sobol": indices,
        "attribution": credit,
    }[study.kind](study, store, runs)
    for name, table in made.items():
        if len(table):
            store.write_table(name, table)
    return sorted(made)


def arms(runs: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Mean of every outcome at every point, its 95% interval, and the 5-95% spread over seeds."""
    factors = [name for name in (SUPPLY, COALITION, *(f.name for f in study.factors)) if name in runs]
    rows = []
    for (scenario, point), group in runs.groupby(["scenario", "point"], sort=False):
        values = {name: group[name].iloc[0] for name in factors}
        for outcome in study.outcomes:
            found = group[outcome].dropna().to_numpy(dtype=float)
            if not len(found):
                continue
            mean, low, high = mean_and_interval(found)
            q05, q95 = np.quantile(found, [0.05, 0.95])
            rows.append({
                "scenario": scenario, "point": point, **values, "outcome": outcome, "n": len(found), "mean": mean,
                "low": low, "high": high, "q05": q05, "q95": q95,
            })  # fmt: skip
    return pd.DataFrame(rows)


def spans(runs: pd.DataFrame, study: Study) -> pd.DataFrame:
    """What a factor does from its lowest value to its highest, all else and the seed alike; only for grids.

    Each answer of supply stands for itself (`supply`). Rows with `given` hold the same at one end of another factor
    (`at`), or at its far end less its near (`at` is nan).
    """
    ranges = [f.name for f in study.factors if f.name in runs and runs[f.name].dtype.kind in "fiu"]
    known = (name for name in ranges if runs[name].notna().any())
    ranges = [name for name in known if runs[name].min() < runs[name].max()]  # one level has no effect to measure
    if study.method != "grid" or not study.common_seeds:
        return pd.DataFrame()
    rows = []
    parts = [(scenario, word, group) for word, part in _by_supply(runs, study).items()
             for scenario, group in part.groupby("scenario", sort=False)]  # fmt: skip
    for (scenario, word, group), factor, outcome in product(parts, ranges, study.outcomes):
        for given, at, values in _spans(group, factor, [f for f in ranges if f != factor], outcome):
            found = mean_difference(values)
            rows.append({
                "scenario": scenario, "supply": word, "factor": factor, "from": group[factor].min(),
                "to": group[factor].max(), "given": given, "at": at, "outcome": outcome, "n": found.n,
                "effect": found.mean, "low": found.low, "high": found.high,
            })  # fmt: skip
    return pd.DataFrame(rows)


def _spans(runs: pd.DataFrame, factor: str, others: list[str], outcome: str) -> Iterator[tuple[str, float, Array]]:
    """Differences by seed: over all else, at both ends of every other factor, and between these ends."""
    cells = runs.pivot_table(index=["seed", *others], columns=factor, values=outcome)
    change = (cells[cells.columns.max()] - cells[cells.columns.min()]).dropna()
    yield "", math.nan, change.groupby("seed").mean().to_numpy(float)
    for other in others:
        level = change.index.get_level_values(other)
        near, far = (change[level == end].groupby("seed").mean() for end in (level.min(), level.max()))
        yield other, float(level.min()), near.to_numpy(float)
        yield other, float(level.max()), far.to_numpy(float)
        yield other, math.nan, (far - near).dropna().to_numpy(float)


# --- comparison ---------------------------------------------------------------------------------------------------


def packages(study: Study, store: Store, runs: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Everything that compares scenarios with a baseline."""
    answers = _by_supply(runs, study)
    paired = [
        compare.paired(part, study.outcomes, study.baseline).assign(supply=word) for word, part in answers.items()
    ]
    ranked = [
        compare.ranking(part, outcome).assign(supply=word)
        for word, part in answers.items() for outcome in study.outcomes if outcome in compare.HARMFUL
    ]  # fmt: skip
    main = next(iter(answers.values()))
    others = [name for name in study.scenarios if name != study.baseline]
    made = {"paired": pd.concat(paired, ignore_index=True)}
    if ranked:
        made["ranking"] = pd.concat(ranked, ignore_index=True)
    four = _complements(study.scenarios)
    if four:
        made["complementarity"] = compare.complementarity(main, study.outcomes, *four)
    if set(compare.CHAIN_OUTCOMES) <= set(study.outcomes):
        parts = [compare.decomposition(main, name, study.baseline) for name in others]
        made["decomposition"] = pd.concat(parts, ignore_index=True)
    if LANDED in study.outcomes:
        made["costs"] = withheld(costs(study, main, others), made["paired"])
    if study.record != "outcomes":
        made |= frames(study, store, main, made["paired"])
    return made


def supply_word(value: float, values: Sequence[float]) -> str:
    """How an answer of supply to price is called: fixed, answers; with its elasticity where there are several."""
    if value == 0.0:
        return FIXED
    return ANSWERS if sum(v != 0.0 for v in values) < 2 else f"{ANSWERS} {value:g}"


def _by_supply(runs: pd.DataFrame, study: Study) -> dict[str, pd.DataFrame]:
    """Runs by whether supply is fixed or answers price."""
    if SUPPLY not in runs:
        return {supply_word(study.supply[0] if study.supply else 0.0, study.supply): runs}
    answers = runs[SUPPLY].astype(float).fillna(0.0)  # a sweep beside packages has no answer of its own
    values = sorted(set(answers))
    return {supply_word(value, values): runs[answers == value] for value in values}


def _complements(scenarios: Sequence[str]) -> tuple[str, str, str, str] | None:
    """Both, first, second and neither, where the packages S4, S2, S3 and S0 are there."""
    found = [next((name for name in scenarios if name.startswith(code)), None) for code in ("s04", "s02", "s03", "s00")]
    return None if None in found else tuple(found)  # type: ignore[return-value]


def costs(study: Study, runs: pd.DataFrame, others: Sequence[str]) -> pd.DataFrame:
    """Cost a year above the baseline, kilograms kept from the European market, and cost per kilogram."""
    years = range(study.window[0], study.window[1] + 1)
    wide = runs[runs["status"] == DONE].pivot_table(index="seed", columns="scenario", values=LANDED)
    base = cost_a_year(study.scenario(study.baseline), study.world, years)
    rows = []
    for name in others:
        if name not in wide or study.baseline not in wide:
            continue
        extra = cost_a_year(study.scenario(name), study.world, years) - base
        low, mid, high = sorted((float(extra["low_eur"]), float(extra["cost_eur"]), float(extra["high_eur"])))
        kept = (wide[study.baseline] - wide[name]).dropna().to_numpy()
        rows.append({"scenario": name, **compare.cost_per_kg(kept, low, mid, high)})
    return pd.DataFrame(rows)


def withheld(table: pd.DataFrame, paired: pd.DataFrame) -> pd.DataFrame:
    """Costs without a price for each kilogram where, under any answer of supply, what is kept may be nothing."""
    landed = paired[paired["outcome"] == LANDED]
    unclear = table["scenario"].isin(landed.loc[~(landed["high"] < 0.0), "scenario"])
    made = table.assign(**{name: table[name].where(~unclear) for name in ("eur_per_kg", "eur_low", "eur_high")})
    note = "withheld: under an answer of supply what is kept cannot be told from nothing"
    return made.assign(note=table["note"].where(~unclear | (table["note"] != ""), note))


def frames(study: Study, store: Store, runs: pd.DataFrame, paired: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Tables that need what was recorded by year, state, leg and place."""
    first, last = study.window
    keys = runs.loc[runs["status"] == DONE, ["run", "scenario", "seed"]]

    def window(name: str, columns: list[str]) -> pd.DataFrame:
        table = store.frame(name, ["year", *columns])[["run", "year", *columns]]
        return keys.merge(table[table["year"].between(first, last)], on="run")

    count = last - first + 1
    states = window("by_state", ["state", "moved_kg", "seized_kg", "expected_seized_kg"])
    by_state = states.groupby(["scenario", "seed", "state"], sort=False)[["moved_kg", "expected_seized_kg"]].sum()
    by_state = (by_state / count).rename(columns={"moved_kg": "through_kg"}).reset_index()
    legs = window("by_leg", ["leg", "moved_kg"])
    by_leg = legs.groupby(["scenario", "seed", "leg"], sort=False)["moved_kg"].sum().div(count).rename("kg")
    places = window("by_place", ["place", "seized_kg", "moved_kg"])
    by_place = places.groupby(["scenario", "seed", "place"], sort=False)[["seized_kg", "moved_kg"]].sum().div(count)
    yearly = window("yearly", ["seized_kg", "seized_eu_bulk_kg", "arrived_europe_kg", "price_europe_eur_per_kg"])
    made = {
        "states": compare.winners_and_losers(by_state, study.baseline),
        "leg_changes": compare.winners_and_losers(by_leg.reset_index(), study.baseline, ["kg"], of="leg"),
        "flows": by_leg.groupby(["scenario", "leg"], sort=False).mean().rename("kg_per_year").reset_index(),
        "places": by_place.groupby(["scenario", "place"], sort=False)["seized_kg"].mean()
        .rename("seized_kg_per_year").reset_index(),
        "ends": ends(study, store, keys),
        "displacement": displaced(study, by_leg.reset_index()),
        "detect": compare.detect(yearly, paired[paired["supply"] == paired["supply"].iloc[0]], study.baseline),
    }  # fmt: skip
    names = study.world.tables.states.set_index("state")["name"]
    made["states"]["name"] = made["states"]["state"].map(names)
    return made


def ends(study: Study, store: Store, keys: pd.DataFrame) -> pd.DataFrame:
    """Where the kilograms end in each scenario, kg a year: markets, seized by region, lost."""
    first, last = study.window
    columns = ["arrived_europe_kg", "arrived_north_america_kg", "other_markets_kg", "lost_kg"]
    yearly = store.frame("yearly", ["year", *columns])[["run", "year", *columns]]
    regions = store.frame("by_region", ["year", "region", "seized_kg"])[["run", "year", "region", "seized_kg"]]
    years = keys.merge(yearly[yearly["year"].between(first, last)], on="run").groupby("scenario", sort=False)
    runs = keys.groupby("scenario", sort=False)["run"].nunique() * (last - first + 1)
    seized = keys.merge(regions[regions["year"].between(first, last)], on="run")
    seized = seized.groupby(["scenario", "region"], sort=False)["seized_kg"].sum().reset_index()
    totals = years[columns].sum().div(runs, axis=0).rename(
        columns={"arrived_europe_kg": "europe", "arrived_north_america_kg": "north_america",
                 "other_markets_kg": "other_markets", "lost_kg": "lost"}
    )  # fmt: skip
    markets = totals.rename_axis("scenario").reset_index().melt("scenario", var_name="end", value_name="kg_per_year")
    taken = pd.DataFrame({
        "scenario": seized["scenario"], "end": "seized_" + seized["region"].astype(str),
        "kg_per_year": seized["seized_kg"] / seized["scenario"].map(runs),
    })  # fmt: skip
    return pd.concat([markets, taken], ignore_index=True)


def displaced(study: Study, by_leg: pd.DataFrame) -> pd.DataFrame:
    """Displacement by corridor: flow into Europe that leaves some corridors and appears on others."""
    tables = study.world.tables
    region = tables.places.set_index("place")["region"]
    legs = tables.legs.set_index("leg")
    origin = legs["origin"].map(region)
    frame = by_leg[by_leg["leg"].isin(legs.index[legs_into(tables, "europe")])]
    rows = []
    for kind, label in (("mode", legs["mode"]), ("region", origin), ("place", legs["destination"])):
        grouped = frame.assign(group=frame["leg"].map(label)).groupby(["scenario", "seed", "group"], sort=False)
        rows.append(compare.displacement(grouped["kg"].sum().reset_index(), study.baseline, kind=kind))
    return pd.concat(rows, ignore_index=True)


# --- the other kinds ----------------------------------------------------------------------------------------------


def screening(study: Study, store: Store, runs: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Morris' measures of every factor on every outcome."""
    tables = [sensitivity.morris_indices(runs, study.factors, outcome) for outcome in study.outcomes]
    return {"morris": pd.concat(tables, ignore_index=True)}


def indices(study: Study, store: Store, runs: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Sobol indices of every factor on every outcome."""
    tables = [sensitivity.sobol_indices(runs, study.factors, outcome) for outcome in study.outcomes]
    return {"sobol": pd.concat(tables, ignore_index=True)}


def credit(study: Study, store: Store, runs: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Shapley shares of the players, values of the coalitions, and who would leave."""
    good = runs[runs["status"] == DONE]
    shares, values, cores = [], [], []
    for outcome in study.outcomes:
        table = good[[COALITION, "seed", outcome]].rename(columns={outcome: "value"})
        shares.append(attribution.shapley(table, list(study.players), study.permutations).assign(outcome=outcome))
        cores.append(
            attribution.core(
                table, list(study.players), study.permutations, sense=-compare.HARMFUL.get(outcome, -1)
            ).assign(outcome=outcome)
        )
        for coalition, group in table.groupby(COALITION, sort=False):
            mean, low, high = mean_and_interval(group["value"].to_numpy(dtype=float))
            values.append((coalition, outcome, mean, low, high))
    names = {row["platform"]: row["name"] for row in study.world.tables.platforms.to_dict("records")}
    names |= {row["state"]: row["name"] for row in study.world.tables.states.to_dict("records")}
    shapley = pd.concat(shares, ignore_index=True)
    return {
        "shapley": shapley.assign(name=shapley["player"].map(names)),
        "coalitions": pd.DataFrame(values, columns=["coalition", "outcome", "value", "low", "high"]),
        "core": pd.concat(cores, ignore_index=True),
    }
