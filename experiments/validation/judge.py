"""The verdict: every judged figure beside its prediction and beside the nulls, by family, by state and year, by region.

A family of targets passes where all three hold (amendments 12 and 21): so few of its figures lie outside the 90%
intervals that these may still be intervals of 90%; its mean CRPS is smaller than that of the best null that knows no
more than the model; and its median interval is narrower than that null's.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
import pandas as pd

from experiments.calibration.posterior import Posterior
from experiments.calibration.problem import Problem
from experiments.evidence.observed import reporting_sd
from experiments.evidence.statistics import WORLD_REGIONS
from experiments.evidence.targets import FIT, JUDGE, KNOWN, Target, back, counterpart, load_targets, transform
from experiments.validation import nulls
from experiments.validation.nulls import TO_BEAT, History, Null, Sample, predictions, supply_growth
from experiments.validation.predict import CountryYears, Predictions
from experiments.validation.scores import coverage_holds, crps, inside, score, width
from experiments.validation.wander import LAST_FITTED, Wander, country_years
from model.state import Array
from model.tables import Tables
from model.world import World

__all__ = ["cell_table", "families", "judged_table", "null_cells", "region_out", "time_split"]

WORLD_STEP: Final = 0.1
"""Yearly step of the sum of all seizures about output, logs: assumed."""
GROWS: Final = ("flow_to_europe", "consumed_europe", "west_africa_flow", "seized", "platform", "port",
                "seized_off_west_africa")  # fmt: skip
"""Statistics that a null lets grow with output."""
DRAWS: Final = 400
REGIONS: Final = {
    "West Africa": ("west_africa_flow", "west_africa_share", "west_africa_seizures", "surge", "courier_origin"),
    "Iberia": ("iberia", "off_africa"), "Other entry states": ("entry_states",), "Americas": ("americas", "caribbean"),
}  # fmt: skip


# --- targets ------------------------------------------------------------------------------------------------------


def _histories(tables: Tables) -> dict[str, History]:
    """For every judged target, what was published of the same figure and of the one that it starts from, by year."""
    judged, earlier = load_targets(tables, JUDGE), load_targets(tables, FIT) + load_targets(tables, KNOWN)
    found = {}
    for target in judged:
        start = counterpart(target, earlier)
        # a mean over years stands at its last year: later ones are predicted from it
        points = [] if start is None else [(earlier[start].years[-1], earlier[start].scaled_value)]
        points += [(t.years[-1], t.scaled_value) for t in judged
                   if (t.statistic, t.area) == (target.statistic, target.area)]  # fmt: skip
        found[target.name] = History([year for year, _ in points], np.array([value for _, value in points]))
    return found


def _share_2004_08(target: Target, tables: Tables) -> float:
    """A region's part in all annual reports of 2004-08, on the target's scale."""
    reports = country_years(tables).loc[:LAST_FITTED].mean()
    regions = tables.states.set_index("state")["region"].reindex(reports.index)
    part = 100.0 * reports[regions.isin(WORLD_REGIONS[target.area])].sum() / reports.sum()
    return float(transform(part, target.transform, target.value))


def _by_numbers(target: Target, tables: Tables, sd: float) -> dict[str, Null | Sample]:
    """Nulls of figures that numbers alone say something of."""
    if target.statistic == "lead_elsewhere":
        members = tables.memberships.query("platform == @target.area and role == 'member'")["state"].nunique()
        return {"chance": Null(nulls.chance_of_another(members), sd)}
    if target.statistic == "world_share":
        return {"share": Null(_share_2004_08(target, tables), sd)}
    if target.statistic == "supply_correlation":
        output = tables.supply.groupby("year")["kg"].sum().loc[target.years[0] : target.years[-1]]
        return {"chance": nulls.chance_of_following(output.to_numpy(float), WORLD_STEP)}
    return {}


def nulls_of(target: Target, tables: Tables, history: History, wander: Wander) -> dict[str, Null | Sample]:
    """Nulls that can be made for a judged target, on its scale."""
    year = target.years[-1]
    about2, drift2 = wander.of_figure(target, 1)
    about2 += target.sd**2
    growth = supply_growth(tables, year) if target.statistic in GROWS else None
    found: dict[str, Null | Sample] = {**predictions(history, year, growth, about2, drift2)}
    sd = math.sqrt(nulls.ENDS_OF_MEAN * about2 + drift2 * max(year - LAST_FITTED, 1))
    return found | _by_numbers(target, tables, sd)


def judged_table(predicted: Predictions, world: World) -> pd.DataFrame:
    """A row for each judged figure: published, model's band, whether it holds it, CRPS, and the nulls' CRPS."""
    tables, wander = world.tables, Wander(world)
    histories, rows = _histories(tables), []
    for i, target in enumerate(predicted.targets):
        draws, seen = predicted.full[:, i], float(predicted.observed[i])
        low, middle, high = back(np.quantile(draws, [0.05, 0.5, 0.95]), target.transform)
        made = nulls_of(target, tables, histories[target.name], wander)
        drawn = {name: null.draws(DRAWS) for name, null in made.items()}
        rows.append({
            "target": target.name, "family": target.family, "statistic": target.statistic, "area": target.area,
            "first_year": target.years[0], "last_year": target.years[-1], "unit": target.unit,
            "published": target.value, "model_low": low, "model": middle, "model_high": high,
            "raw": float(back(np.median(predicted.raw[:, i]), target.transform)),
            "carried": predicted.carried[i],
            "inside_50": inside(draws, seen, 0.5), "inside_90": inside(draws, seen, 0.9),
            "error": abs(float(np.median(draws)) - seen), "crps": crps(draws, seen), "width_90": width(draws),
            **{f"crps_{name}": crps(draw, seen) for name, draw in drawn.items()},
            **{f"width_{name}": width(draw) for name, draw in drawn.items()},
            "weight": target.weight, "source": target.source, "confidence": target.confidence, "note": target.note,
        })  # fmt: skip
    return pd.DataFrame(rows)


def families(judged: pd.DataFrame) -> pd.DataFrame:
    """Verdict on every family of judged targets.

    Returns
    -------
    DataFrame
        family, n, inside (of n), holds, crps, null (the best of equal knowledge), crps_there (of the model, on the rows
        that this null can predict), crps_null, beats, narrower, passes,
        crps_previous (the null that knows all that was published before), why.
    """
    rows = []
    for family, group in judged.groupby("family", sort=False):
        count, within = len(group), int(group["inside_90"].sum())
        holds = coverage_holds(within, count)
        best, null_score, mine_there, narrower = None, math.nan, math.nan, False
        for name in TO_BEAT:
            rows_there = group[group[f"crps_{name}"].notna()] if f"crps_{name}" in group else group.iloc[:0]
            if len(rows_there) and not rows_there[f"crps_{name}"].mean() >= null_score:
                best, null_score = name, float(rows_there[f"crps_{name}"].mean())
                mine_there = float(rows_there["crps"].mean())
                narrower = bool(rows_there["width_90"].median() < rows_there[f"width_{name}"].median())
        beats = bool(best is not None and mine_there < null_score)
        previous = group[group["crps_previous"].notna()] if "crps_previous" in group else group.iloc[:0]
        rows.append({
            "family": family, "n": count, "inside": within, "holds": holds, "crps": float(group["crps"].mean()),
            "null": best, "crps_there": mine_there, "crps_null": null_score, "beats": beats, "narrower": narrower,
            "passes": holds and beats and narrower,
            "crps_previous": float(previous["crps_previous"].mean()) if len(previous) else math.nan,
            "crps_same_rows": float(previous["crps"].mean()) if len(previous) else math.nan,
            "why": _why(holds, beats, narrower, best),
        })  # fmt: skip
    return pd.DataFrame(rows).sort_values(["passes", "family"], ascending=[False, True], ignore_index=True)


def _why(holds: bool, beats: bool, narrower: bool, null: str | None) -> str:
    if null is None:
        return "nothing that a null could start from" + ("" if holds else "; too many outside")
    said = [text for good, text in ((holds, "too many figures outside"), (beats, "the null scores better"),
            (narrower, "the null is narrower")) if not good]  # fmt: skip
    return "; ".join(said)


# --- states and years ---------------------------------------------------------------------------------------------


def null_cells(cells: CountryYears, world: World) -> dict[str, Array]:
    """Draws of every null for the judged country-years, shape (draws, cells); nan where it cannot be made."""
    logs = np.log(cells.published)
    shares = nulls.constant_shares(cells.published)
    made = {name: np.full((DRAWS, len(cells.state)), np.nan) for name in ("last", "supply", "share", "previous")}
    tables, wander = world.tables, Wander(world)
    for i, (state, year) in enumerate(zip(cells.state.tolist(), cells.year.tolist(), strict=True)):
        column = logs[state].dropna()
        history = History([int(y) for y in column.index], column.to_numpy(float))
        share = shares[state].get(year, np.nan) if state in shares else np.nan
        about2 = wander.yearly2.get(state, wander.pooled2) + reporting_sd(tables, state, int(year)) ** 2
        found = predictions(history, int(year), supply_growth(tables, int(year)), about2, wander.drift(state),
                            None if not np.isfinite(share) else float(share))  # fmt: skip
        for name, null in found.items():
            made[name][:, i] = null.draws(DRAWS)
    return made


def time_split(cells: CountryYears, nulls: dict[str, Array]) -> pd.DataFrame:
    """Scores of the model and of the nulls on country-years, over the cells that all of them predict.

    Returns
    -------
    DataFrame
        predictor, knows (what it is told), and the scores of `score`.
    """
    common = np.all([np.isfinite(draws).all(axis=0) for draws in nulls.values()], axis=0)
    seen = cells.observed[common]
    told = {
        "model, what it missed in 2004-08 carried forward": (cells.full, "2004-08, inputs"),
        "model as it is": (cells.raw, "2004-08, inputs"), "last": (nulls["last"], "2004-08"),
        "supply": (nulls["supply"], "2004-08, output"), "share": (nulls["share"], "2004-08, the year's total"),
        "previous": (nulls["previous"], "all years before"),
    }  # fmt: skip
    rows = [{"predictor": name, "knows": knows, **score(draws[:, common], seen)._asdict()}
            for name, (draws, knows) in told.items()]  # fmt: skip
    return pd.DataFrame(rows)


def cell_table(cells: CountryYears) -> pd.DataFrame:
    """A row for each judged country-year, in tonnes bulk."""
    low, middle, high = np.exp(np.quantile(cells.full, [0.05, 0.5, 0.95], axis=0))
    return pd.DataFrame({
        "state": cells.state, "year": cells.year, "published_t": cells.tonnes, "model_low_t": low, "model_t": middle,
        "model_high_t": high, "raw_t": np.exp(np.median(cells.raw, axis=0)),
        "inside_90": (low <= cells.tonnes) & (cells.tonnes <= high),
    })  # fmt: skip


# --- regions ------------------------------------------------------------------------------------------------------


def region_out(problem: Problem, posterior: Posterior, statistics: Array, variance: Array) -> pd.DataFrame:
    """Leave one region out: the fit without a region's targets, by reweighting its sets, against these targets.

    Sets of the posterior are weighted by the inverse of the likelihood of the region's targets (importance sampling of
    the leave-out posterior, Gelfand, Dey & Chang 1992).

    Returns
    -------
    DataFrame
        region, targets, inside (of them, 90%), error (median absolute, on logs or logits), error_with (as fitted), sets
        (effective number that the weights leave).
    """
    z2 = (statistics - problem.observed) ** 2 / variance / posterior.temperature
    names = np.array([target.family for target in problem.targets])
    rng, rows = np.random.default_rng(1), []
    for region, members in REGIONS.items():
        mine = np.isin(names, members)
        if not mine.any():
            continue
        log_weight = 0.5 * z2[:, mine].sum(axis=1)
        weight = np.exp(log_weight - log_weight.max())
        # weights above the mean's square root of n are cut, which keeps a few sets from deciding (Ionides 2008)
        weight = np.minimum(weight, weight.mean() * math.sqrt(len(weight)))
        weight /= weight.sum()
        rows_drawn = rng.choice(len(weight), size=2000, p=weight)
        sd = np.sqrt(variance[mine] * posterior.temperature)
        drawn = statistics[rows_drawn][:, mine] + rng.normal(size=(2000, int(mine.sum()))) * sd
        seen = problem.observed[mine]
        held = [inside(drawn[:, i], float(seen[i]), 0.9) for i in range(len(seen))]
        rows.append({
            "region": region, "targets": int(mine.sum()), "inside": int(sum(held)),
            "error": float(np.median(np.abs(np.median(drawn, axis=0) - seen))),
            "error_with": float(np.median(np.abs(np.median(statistics[:, mine], axis=0) - seen))),
            "sets": float(1.0 / (weight**2).sum()),
        })  # fmt: skip
    return pd.DataFrame(rows)


def summary(judged: pd.DataFrame, table: pd.DataFrame, split: pd.DataFrame) -> dict[str, Any]:
    """The verdict in numbers."""
    model = split.iloc[0]
    equal = split[split["predictor"].isin(TO_BEAT)]
    return {
        "families": len(table), "families_inside": int(table["holds"].sum()),
        "families_better": int(table["beats"].sum()),
        "families_with_null": int(table["null"].notna().sum()), "families_passed": int(table["passes"].sum()),
        "judged": len(judged), "judged_inside_90": int(judged["inside_90"].sum()),
        "country_years": int(model["n"]), "error_model": float(model["error"]),
        "error_best_null": float(equal["error"].min()), "cover_90_model": float(model["cover_90"]),
        "beats_on_error": [str(n) for n in split["predictor"][2:] if float(model["error"]) <
                           float(split.loc[split["predictor"] == n, "error"].iloc[0])],
        "beats_on_crps": [str(n) for n in split["predictor"][2:] if float(model["crps"]) <
                          float(split.loc[split["predictor"] == n, "crps"].iloc[0])],
    }  # fmt: skip
