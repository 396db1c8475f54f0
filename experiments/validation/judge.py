"""The verdict: every judged figure beside its prediction and beside the nulls, by family.

A family of targets passes where all three hold (amendments 12 and 21): so few of its figures lie outside the 90%
intervals that these may still be intervals of 90%; its mean CRPS is smaller than that of the best null that knows no
more than the model; and its median interval is narrower than that null's. It counts only where no input of the model
was set from the figures themselves (`INFORMED`).
"""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd

from experiments.evidence.targets import FIT, JUDGE, KNOWN, Target, back, counterpart, load_targets, transform
from experiments.validation import nulls
from experiments.validation.annual import CARRIED, DRAWS, EVERY, RESAMPLES, of_predictor
from experiments.validation.nulls import TO_BEAT, History, Null, Sample, predictions, supply_growth
from experiments.validation.predict import Predictions
from experiments.validation.scores import (
    coverage,
    crps,
    crps_each,
    inside,
    width,
)
from experiments.validation.wander import LAST_FITTED, Wander, country_years
from model.columns import Array
from model.world import World
from model.world.regions import members
from model.world.tables import Tables

__all__ = [
    "Ranges",
    "again",
    "counted",
    "families",
    "inside_better",
    "judged_table",
    "nulls_of",
    "pass_range",
    "right_way",
    "summary",
]

WORLD_STEP: Final = 0.1
"""Yearly step of the sum of all seizures about output, logs: assumed."""
GROWS: Final = ("flow_to_europe", "consumed_europe", "west_africa_flow", "seized", "platform", "port",
                "seized_off_west_africa")  # fmt: skip
"""Statistics that a null lets grow with output."""
INFORMED: Final = {
    "consumption": "demand of 2013, 2017 and 2021 is an input and rests on these figures (demand.csv)",
    "interception": "holds consumption, an input; inspection_growth_per_year was assumed to explain its rise",
    "jiatf": "the lead strength of the United States was set from the 152 t of 2012 (states.csv)",
}  # fmt: skip
"""Families whose level an input of the model was set from: no predictions, and not counted as passed."""
RULES_SEEN_AFTER: Final = {
    "other markets answer a glut since prices stayed level while output trebled (decision 0020)":
        ("price_level", "price_ratio"),
    "controls follow finds since EU seizures grew faster than the model's (decision 0023)":
        ("eu_total", "entry_states", "iberia", "ports"),
    "goods for other markets are seized since the Americas seized more than the model (decision 0025)":
        ("americas", "world", "world_shares"),
    "contacts in ports are learnt and paid on success: in the design from the start, built since the container route "
    "did not take off, dearer since prices of 2021 fell (decisions 0026, 0027)":
        ("price_level", "price_ratio", "eu_total", "entry_states", "ports", "mode_shift"),
    "lanes to every large port: a mistake in the drawing, looked for since Rotterdam of 2021 and sea cargo to Spain "
    "were missed (decision 0028)":
        ("eu_total", "entry_states", "iberia", "ports", "mode_shift"),
    "loads have the size of what carries them: a mistake in the rules, looked for since ships of later years "
    "carried too little and JIATF-South took too little (decision 0029)":
        ("jiatf", "load_size", "maoc", "mode_shift"),
}  # fmt: skip
"""Rules that were chosen after figures had been seen, and the families of these figures."""
HINDSIGHT: Final = {
    family: "; ".join(rule for rule, touched in RULES_SEEN_AFTER.items() if family in touched)
    for family in sorted({family for touched in RULES_SEEN_AFTER.values() for family in touched})
}
"""Families for which a rule was chosen after their figures had been seen: they count, and it is said."""

# --- targets ------------------------------------------------------------------------------------------------------


def _histories(tables: Tables) -> dict[str, History]:
    """For every judged target, what was published of the same figure and of the one that it starts from, by year."""
    judged, earlier = load_targets(tables, JUDGE), load_targets(tables, FIT) + load_targets(tables, KNOWN)
    found = {}
    for target in judged:
        start = counterpart(target, earlier)
        # a mean over years stands at its last year: later ones are predicted from it
        points = [] if start is None else [earlier[start]]
        points += [t for t in judged if (t.statistic, t.area) == (target.statistic, target.area)]
        found[target.name] = History(
            [t.years[-1] for t in points], np.array([t.scaled_value for t in points]), [len(t.years) for t in points]
        )
    return found


def _share_2004_08(target: Target, tables: Tables) -> float:
    """A region's part in all annual reports of 2004-08, on the target's scale."""
    reports = country_years(tables).loc[:LAST_FITTED].mean()
    regions = tables.states.set_index("state")["region"].reindex(reports.index)
    part = 100.0 * reports[regions.isin(members(tables, target.area))].sum() / reports.sum()
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
    start2 = wander.start(target, 1)
    about2 += target.sd**2
    grows = target.statistic in GROWS
    growth = float(np.mean([supply_growth(tables, y) for y in target.years])) if grows else None
    found: dict[str, Null | Sample] = {**predictions(history, year, growth, about2, drift2, start2=start2)}
    years = LAST_FITTED - nulls.FIRST_FITTED + 1
    sd = math.sqrt(start2 / years + about2 + drift2 * max(year - LAST_FITTED, 1))
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
        family, n, inside (of n), holds, too_wide (more inside than 90% explains), crps, null (the best of equal
        knowledge, among those that predict most of its figures), crps_there (of the model, on these), crps_null, beats,
        narrower, passes, informed (which input was set from these figures: then it does not count), hindsight (which
        rule was chosen after these figures had been seen: it counts and is said), crps_previous (the null that knows
        all that was published before), why.
    """
    rows = []
    for family, group in judged.groupby("family", sort=False):
        count, within = len(group), int(group["inside_90"].sum())
        held = coverage(within, count)
        best, there = _best_null(group)
        mine = float(there["crps"].mean()) if best else math.nan
        null_score = float(there[f"crps_{best}"].mean()) if best else math.nan
        narrower = bool(best and there["width_90"].median() < there[f"width_{best}"].median())
        beats = bool(best and mine < null_score)
        previous = group[group["crps_previous"].notna()] if "crps_previous" in group else group.iloc[:0]
        rows.append({
            "family": family, "n": count, "inside": within, "holds": held.holds, "too_wide": held.too_wide,
            "crps": float(group["crps"].mean()), "null": best, "crps_there": mine, "crps_null": null_score,
            "beats": beats, "narrower": narrower, "passes": held.holds and beats and narrower,
            "informed": INFORMED.get(str(family), ""), "hindsight": HINDSIGHT.get(str(family), ""),
            "crps_previous": float(previous["crps_previous"].mean()) if len(previous) else math.nan,
            "crps_same_rows": float(previous["crps"].mean()) if len(previous) else math.nan,
            "why": _why(held.holds, beats, narrower, best),
        })  # fmt: skip
    return pd.DataFrame(rows).sort_values(["passes", "family"], ascending=[False, True], ignore_index=True)


def right_way(judged: pd.DataFrame) -> pd.Series:
    """Changes from one published figure to the next of its kind that the model's medians share in sign, by family.

    Returns
    -------
    Series of "k of n", empty text where a family has one figure of a kind only.
    """
    kinds = ["family", "statistic", "area", "unit"]
    ordered = judged.sort_values("last_year")
    steps = ordered.groupby(kinds, dropna=False)[["published", "model"]].diff()
    told = steps["published"].notna()
    same = np.sign(steps["published"]) == np.sign(steps["model"])
    counts = pd.DataFrame({"family": ordered["family"], "right": told & same, "total": told}).groupby("family").sum()
    found = counts["right"].astype(int).astype(str) + " of " + counts["total"].astype(int).astype(str)
    return found.where(counts["total"] > 0, "")


def _best_null(group: pd.DataFrame) -> tuple[str | None, pd.DataFrame]:
    """Null with the least CRPS among those that predict most figures of a family, and the figures it predicts."""
    counts = {name: int(group[f"crps_{name}"].notna().sum()) for name in TO_BEAT if f"crps_{name}" in group}
    most = max(counts.values(), default=0)
    if most == 0:
        return None, group.iloc[:0]
    best = min((name for name, count in counts.items() if count == most), key=lambda n: group[f"crps_{n}"].mean())
    return best, group[group[f"crps_{best}"].notna()]


def counted(table: pd.DataFrame) -> int:
    """Families that pass and whose figures no input was set from."""
    return int((table["passes"] & (table["informed"] == "")).sum())


def inside_better(table: pd.DataFrame) -> int:
    """Families that lie inside and score better than the null, wider or not, and that no input was set from."""
    return int((table["holds"] & table["beats"] & (table["informed"] == "")).sum())


class Ranges(NamedTuple):
    """How many families would have passed, or been inside and better, with other draws: 5% and 95% of resamples."""

    passed: tuple[int, int]
    inside_better: tuple[int, int]


def pass_range(predicted: Predictions, judged: pd.DataFrame, seed: int = 1) -> Ranges:
    """Ranges of what is counted, over resamples of the draws of one posterior."""
    rng, counts = np.random.default_rng(seed), []
    for _ in range(RESAMPLES):
        draws = predicted.full[rng.integers(0, len(predicted.full), len(predicted.full))]
        low, high = np.quantile(draws, [0.05, 0.95], axis=0)
        table = families(again(predicted, judged, low, high, crps_each(draws, predicted.observed)))
        counts.append((counted(table), inside_better(table)))
    low_counts, high_counts = np.quantile(np.array(counts), [0.05, 0.95], axis=0, method="nearest").astype(int).tolist()
    return Ranges((low_counts[0], high_counts[0]), (low_counts[1], high_counts[1]))


def again(predicted: Predictions, judged: pd.DataFrame, low: Array, high: Array, score: Array) -> pd.DataFrame:
    """Judged figures as they would be with other intervals and scores."""
    within = (low <= predicted.observed) & (predicted.observed <= high)
    return judged.assign(crps=score, width_90=high - low, inside_90=within)


def _why(holds: bool, beats: bool, narrower: bool, null: str | None) -> str:
    if null is None:
        return "nothing that a null could start from" + ("" if holds else "; too many outside")
    said = [text for good, text in ((holds, "too many figures outside"), (beats, "the null scores better"),
            (narrower, "the null is narrower")) if not good]  # fmt: skip
    return "; ".join(said)


def summary(judged: pd.DataFrame, table: pd.DataFrame, split: pd.DataFrame,
            differences: pd.DataFrame, ranges: Ranges) -> dict[str, Any]:  # fmt: skip
    """The verdict in numbers."""
    model = of_predictor(split, CARRIED)
    whole = differences[(differences["years"] == differences["years"].iloc[0]) & (differences["states"] == EVERY)]
    whole = whole.set_index(["null", "score"])

    def told(score: str, sign: float) -> list[str]:
        rows = whole.xs(score, level="score")
        return [str(name) for name, row in rows.iterrows() if (row["high"] < 0.0 if sign < 0 else row["low"] > 0.0)]

    equal = split[split["predictor"].isin(TO_BEAT)]
    return {
        "families": len(table), "families_inside": int(table["holds"].sum()),
        "families_too_wide": int(table["too_wide"].sum()), "families_better": int(table["beats"].sum()),
        "families_inside_better": int((table["holds"] & table["beats"]).sum()),
        "families_inside_better_counted": inside_better(table),
        "families_inside_better_range": list(ranges.inside_better),
        "families_inside_better_hindsight": inside_better(table[table["hindsight"] != ""]),
        "families_informed": int((table["informed"] != "").sum()), "families_passed": counted(table),
        "families_passed_range": list(ranges.passed),
        "families_passed_hindsight": counted(table[table["hindsight"] != ""]),
        "families_passed_informed": int(table["passes"].sum()) - counted(table),
        "judged": len(judged), "judged_inside_90": int(judged["inside_90"].sum()),
        "country_years": int(model["n"]), "error_model": float(model["error"]),
        "error_best_null": float(equal["error"].min()), "cover_90_model": float(model["cover_90"]),
        "factor_90_model": float(model["factor_90"]),
        "better_on_error": told("median error", -1.0), "worse_on_error": told("median error", 1.0),
        "better_on_crps": told("CRPS", -1.0), "worse_on_crps": told("CRPS", 1.0),
    }  # fmt: skip
