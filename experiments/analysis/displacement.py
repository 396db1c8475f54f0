"""Where flows go instead: displacement between corridors, who gains and loses, and where the kilograms end.

It needs runs that recorded more than outcomes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control
from scipy.stats import t as student

from experiments.analysis.detection import detect
from experiments.analysis.intervals import FEWEST, Mean, Ratio, mean_difference, named, ratio_of_means
from experiments.ensemble.store import DONE, Store
from experiments.study import Study
from model.columns import Array
from model.world.regions import legs_into

DESTINATIONS: Final = {
    "arrived_europe_kg": "europe",
    "arrived_north_america_kg": "north_america",
    "other_markets_kg": "other_markets",
    "lost_kg": "lost",
}


def displacement(
    flows: pd.DataFrame, baseline: str, *, kind: str, targets: Sequence[str] | None = None, level: float = 0.95
) -> pd.DataFrame:
    """Displacement D: flow gained where it grows over flow lost where the policy bites, of paired mean differences.

    The loss of the targets is the denominator, what all other groups gain or lose together the numerator. Without
    `targets` it is the group that loses most against the baseline in the mean. Some group always does, so its loss
    must then stand a test corrected for the number of groups (Bonferroni). Withheld where the loss may be zero.

    Parameters
    ----------
    flows
        Columns scenario, seed, group, kg.
    kind
        What the groups are: mode, region, place.
    targets
        Groups that the policy aims at, named beforehand.

    Raises
    ------
    InputError
        If the baseline has no run or a target is no group.
    """
    named(flows, baseline, "scenario")
    for one in targets or ():
        named(flows, one, "group", "targets")
    wide = _grouped(flows, "group", "kg")
    rows = []
    for scenario in _others(flows, baseline):
        change = _against(wide, scenario, baseline)
        hit = list(targets or ([str(change.mean().idxmin())] if len(change) else []))
        lost, gained = -change[hit].sum(axis=1).to_numpy(float), change.drop(columns=hit).sum(axis=1).to_numpy(float)
        found = _displaced(gained, lost, level, 1 if targets else wide.shape[1])
        rows.append(
            {
                "scenario": scenario,
                "kind": kind,
                "target": ", ".join(hit),
                "n": len(change),
                "lost_kg": float(lost.mean()) if len(lost) else math.nan,
                "gained_kg": float(gained.mean()) if len(gained) else math.nan,
                "D": found.ratio,
                "low": found.low,
                "high": found.high,
                "note": found.note,
            }
        )
    return pd.DataFrame(rows)


def _others(frame: pd.DataFrame, baseline: str) -> list[str]:
    """Scenarios beside the baseline, in the order of the rows."""
    return [name for name in dict.fromkeys(frame["scenario"]) if name != baseline]


def _displaced(gained: Array, lost: Array, level: float, candidates: int) -> Ratio:
    """D, withheld where the loss of a target chosen among some candidates may be chance."""
    found = ratio_of_means(gained, lost, level)
    if len(lost) >= FEWEST and lost.mean() <= 0.0:
        return Ratio(math.nan, math.nan, math.nan, "withheld: nothing is lost")
    strict = ratio_of_means(gained, lost, 1.0 - (1.0 - level) / candidates)
    return strict if strict.note else found


def _grouped(frame: pd.DataFrame, of: str, column: str) -> pd.DataFrame:
    """A column as a table of runs (scenario, seed) by groups: what a run has no row of is 0; one with a gap is out."""
    wide = frame.astype({column: float}).pivot_table(
        index=["scenario", "seed"], columns=of, values=column, aggfunc="sum", fill_value=0.0
    )
    return wide[~wide.index.isin(pd.MultiIndex.from_frame(frame.loc[frame[column].isna(), ["scenario", "seed"]]))]


def _against(wide: pd.DataFrame, scenario: str, baseline: str) -> pd.DataFrame:
    """Paired differences, a row for each seed that both have."""
    names = wide.index.get_level_values("scenario")
    given, without = (wide[names == name].droplevel("scenario") for name in (scenario, baseline))
    return (given - without).dropna()


def winners_and_losers(
    by_state: pd.DataFrame,
    baseline: str,
    what: Sequence[str] = ("through_kg", "expected_seized_kg"),
    of: str = "state",
    level: float = 0.95,
) -> pd.DataFrame:
    """Change of what passes through and is seized in every state, kg a year.

    Parameters
    ----------
    by_state
        Columns scenario, seed, state (or what `of` names, as leg) and those of `what`.

    Returns
    -------
    DataFrame
        scenario, state, what, n, effect, low, high, clear: whether it is told from zero with the false discovery rate
        over all of them held at 1 - level (Benjamini and Hochberg 1995).
    """
    named(by_state, baseline, "scenario")
    rows = []
    for column in what:
        wide = _grouped(by_state, of, column)
        for scenario in _others(by_state, baseline):
            change = _against(wide, scenario, baseline)
            found = {one: mean_difference(change[one].to_numpy(float), draws=500) for one in change.columns}
            chances = [_chance(change[one].to_numpy(float), mean) for one, mean in found.items()]
            clear = false_discovery_control(chances) <= 1.0 - level
            for (one, mean), sure in zip(found.items(), clear.tolist(), strict=True):
                rows.append((scenario, one, column, mean.n, mean.mean, mean.low, mean.high, sure))
    return pd.DataFrame(rows, columns=["scenario", of, "what", "n", "effect", "low", "high", "clear"])


def _chance(differences: Array, found: Mean) -> float:
    """Two-sided probability by Student's t of so large a mean where there is no effect."""
    if found.n < FEWEST:
        return 1.0
    if found.low == found.high:
        return float(found.mean == 0.0)
    error = float(np.std(differences, ddof=1)) / math.sqrt(found.n)
    return 2.0 * float(student.sf(abs(found.mean) / error, found.n - 1))


# --- tables of a study --------------------------------------------------------------------------------------------


class Recorded:
    """What runs that ended well recorded in the window of their study."""

    def __init__(self, study: Study, store: Store, runs: pd.DataFrame) -> None:
        self.store, (self.first, self.last) = store, study.window
        self.keys = runs.loc[runs["status"] == DONE, ["run", "scenario", "seed"]]
        self.years = self.last - self.first + 1

    def read(self, name: str, columns: list[str]) -> pd.DataFrame:
        """Some columns of a frame, with run, scenario, seed and year."""
        table = self.store.frame(name, ["year", *columns])[["run", "year", *columns]]
        return self.keys.merge(table[table["year"].between(self.first, self.last)], on="run")

    def a_year(self, of: str, columns: list[str]) -> pd.DataFrame:
        """Mean yearly sums by scenario, seed and country, leg or place."""
        groups = self.read(f"by_{of}", [of, *columns]).groupby(["scenario", "seed", of], sort=False)
        return groups[columns].sum() / self.years


def recorded_tables(study: Study, store: Store, runs: pd.DataFrame, paired: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Who gains and loses, flows, seizures by place, destinations, displacement, and years to detect an effect."""
    found = Recorded(study, store, runs)
    states = found.a_year("state", ["moved_kg", "expected_seized_kg"]).rename(columns={"moved_kg": "through_kg"})
    legs = found.a_year("leg", ["moved_kg"]).rename(columns={"moved_kg": "kg"})
    changes = winners_and_losers(states.reset_index(), study.baseline)
    yearly = found.read("yearly", ["seized_kg", "seized_eu_bulk_kg", "arrived_europe_kg", "price_europe_eur_per_kg"])
    return {
        "states": changes.assign(name=changes["state"].map(study.world.tables.states.set_index("state")["name"])),
        "leg_changes": winners_and_losers(legs.reset_index(), study.baseline, ["kg"], of="leg"),
        "flows": _scenario_means(legs["kg"], "leg", "kg_per_year"),
        "places": _scenario_means(found.a_year("place", ["seized_kg"])["seized_kg"], "place", "seized_kg_per_year"),
        "ends": kg_by_destination(found),
        "displacement": displaced(study, legs.reset_index()),
        "detect": detect(yearly, paired[paired["supply"] == paired["supply"].iloc[0]], study.baseline),
    }


def _scenario_means(values: pd.Series[float], of: str, name: str) -> pd.DataFrame:
    return values.groupby(["scenario", of], sort=False).mean().rename(name).reset_index()


def kg_by_destination(found: Recorded) -> pd.DataFrame:
    """Where the kilograms end in each scenario, kg a year: markets, seized by region, lost."""
    runs = found.keys.groupby("scenario", sort=False)["run"].nunique() * found.years
    yearly = found.read("yearly", list(DESTINATIONS)).groupby("scenario", sort=False)[list(DESTINATIONS)].sum()
    totals = yearly.div(runs, axis=0).rename(columns=DESTINATIONS).rename_axis("scenario").reset_index()
    seized = found.read("by_region", ["region", "seized_kg"])
    seized = seized.groupby(["scenario", "region"], sort=False)["seized_kg"].sum().reset_index()
    taken = pd.DataFrame(
        {
            "scenario": seized["scenario"],
            "end": "seized_" + seized["region"].astype(str),
            "kg_per_year": seized["seized_kg"] / seized["scenario"].map(runs),
        }
    )
    return pd.concat([totals.melt("scenario", var_name="end", value_name="kg_per_year"), taken], ignore_index=True)


def displaced(study: Study, by_leg: pd.DataFrame) -> pd.DataFrame:
    """Displacement by corridor: flow into Europe that leaves some corridors and appears on others."""
    tables = study.world.tables
    legs = tables.legs.set_index("leg")
    frame = by_leg[by_leg["leg"].isin(legs.index[legs_into(tables, "europe")])]
    groups = {
        "mode": legs["mode"],
        "region": legs["origin"].map(tables.places.set_index("place")["region"]),
        "place": legs["destination"],
    }
    by_group = {
        kind: frame.assign(group=frame["leg"].map(label)).groupby(["scenario", "seed", "group"], sort=False)["kg"].sum()
        for kind, label in groups.items()
    }
    return pd.concat(
        [displacement(kg.reset_index(), study.baseline, kind=kind) for kind, kg in by_group.items()], ignore_index=True
    )
