"""The verdict: every judged figure beside its prediction and beside the nulls, by family.

A family of targets passes where all three hold (amendments 12 and 21): so few of its figures lie outside the 90%
intervals that these may still be intervals of 90%; its mean CRPS is smaller than that of the best null that knows no
more than the model; and its median interval is narrower than that null's. It counts only where no input of the model
was set from the figures themselves (`INFORMED`).
"""

import math
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd

from experiments.evidence.targets import FIT, JUDGE, KNOWN, Target, back, counterpart, load_targets, transform
from experiments.validation import nulls
from experiments.validation.annual import CARRIED, DRAWS, EVERY, RESAMPLES, of_predictor
from experiments.validation.nulls import TO_BEAT, Null, Sample, Start, predictions, supply_growth
from experiments.validation.predict import Predictions
from experiments.validation.random_walk import LAST_FITTED, RandomWalk, country_years
from experiments.validation.scores import (
    coverage,
    crps,
    crps_each,
    inside,
    width,
)
from model.columns import Array
from model.world import World
from model.world.regions import members
from model.world.tables import Tables

WORLD_STEP: Final = 0.1
"""Yearly step of the sum of all seizures about output, logs: assumed."""
GROWS: Final = (
    "flow_to_europe",
    "consumed_europe",
    "west_africa_flow",
    "seized",
    "platform",
    "port",
    "seized_off_west_africa",
)
"""Statistics that a null lets grow with output."""
INFORMED: Final = {
    "consumption": "demand of 2013, 2017 and 2021 is an input and rests on these figures (demand.csv)",
    "interception": "holds consumption, an input; inspection_growth_per_year was assumed to explain its rise",
    "jiatf": "the lead strength of the United States was set from the 152 t of 2012 (states.csv)",
}
"""Families whose level an input of the model was set from: no predictions, and not counted as passed."""
RULES_SEEN_AFTER: Final = {
    "other markets answer a glut since prices stayed level while output trebled (decision 0020)": (
        "price_level",
        "price_ratio",
    ),
    "controls follow finds since EU seizures grew faster than the model's (decision 0023)": (
        "eu_total",
        "entry_states",
        "iberia",
        "ports",
    ),
    "goods for other markets are seized since the Americas seized more than the model (decision 0025)": (
        "americas",
        "world",
        "world_shares",
    ),
    "contacts in ports are learnt and paid on success: in the design from the start, built since the container route "
    "did not take off, dearer since prices of 2021 fell (decisions 0026, 0027)": (
        "price_level",
        "price_ratio",
        "eu_total",
        "entry_states",
        "ports",
        "mode_shift",
    ),
    "lanes to every large port: a mistake in the drawing, looked for since Rotterdam of 2021 and sea cargo to Spain "
    "were missed (decision 0028)": ("eu_total", "entry_states", "iberia", "ports", "mode_shift"),
    "loads have the size of what carries them: a mistake in the rules, looked for since ships of later years "
    "carried too little and JIATF-South took too little (decision 0029)": ("jiatf", "load_size", "maoc", "mode_shift"),
}
"""Rules that were chosen after figures had been seen, and the families of these figures."""
HINDSIGHT: Final = {
    family: "; ".join(rule for rule, touched in RULES_SEEN_AFTER.items() if family in touched)
    for family in sorted({family for touched in RULES_SEEN_AFTER.values() for family in touched})
}
"""Families for which a rule was chosen after their figures had been seen: they count, and it is said."""

# --- targets ------------------------------------------------------------------------------------------------------


def published_before(tables: Tables) -> dict[str, list[Start]]:
    """For every judged target, what was published of the same figure and of the one that it starts from."""
    judged, earlier = load_targets(tables, JUDGE), load_targets(tables, FIT) + load_targets(tables, KNOWN)
    found = {}
    for target in judged:
        start = counterpart(target, earlier)
        same = [t for t in judged if (t.statistic, t.area) == (target.statistic, target.area)]
        points = same if start is None else [earlier[start], *same]
        # a mean over years stands at its last year: later ones are predicted from it
        found[target.name] = [Start(t.years[-1], t.scaled_value, len(t.years)) for t in points]
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
        states = tables.memberships.query("platform == @target.area and role == 'member'")["state"]
        return {"chance": Null(nulls.chance_of_another(states.nunique()), sd)}
    if target.statistic == "world_share":
        return {"share": Null(_share_2004_08(target, tables), sd)}
    if target.statistic == "supply_correlation":
        output = tables.supply.groupby("year")["kg"].sum().loc[target.years[0] : target.years[-1]]
        return {"chance": nulls.chance_of_following(output.to_numpy(float), WORLD_STEP)}
    return {}


def nulls_of(target: Target, tables: Tables, published: list[Start], walk: RandomWalk) -> dict[str, Null | Sample]:
    """Nulls that can be made for a judged target, on its scale."""
    year, start2 = target.years[-1], walk.start(target, 1)
    yearly2, drift2 = walk.of_figure(target, 1)
    about2 = yearly2 + target.sd**2
    growth = float(np.mean([supply_growth(tables, y) for y in target.years])) if target.statistic in GROWS else None
    sd = math.sqrt(start2 / (LAST_FITTED - nulls.FIRST_FITTED + 1) + about2 + drift2 * max(year - LAST_FITTED, 1))
    return {**predictions(published, year, growth, about2, drift2, start2=start2), **_by_numbers(target, tables, sd)}


def judged_table(predicted: Predictions, world: World) -> pd.DataFrame:
    """A row for each judged figure: published, model's band, whether it holds it, CRPS, and the nulls' CRPS."""
    walk, published = RandomWalk(world), published_before(world.tables)
    return pd.DataFrame(
        [
            {
                **_predicted_row(predicted, i),
                **_null_columns(
                    nulls_of(target, world.tables, published[target.name], walk), float(predicted.observed[i])
                ),
                "weight": target.weight,
                "source": target.source,
                "confidence": target.confidence,
                "note": target.note,
            }
            for i, target in enumerate(predicted.targets)
        ]
    )


def _predicted_row(predicted: Predictions, i: int) -> dict[str, Any]:
    """A judged figure, and the model beside it."""
    target, draws, seen = predicted.targets[i], predicted.full[:, i], float(predicted.observed[i])
    low, middle, high = back(np.quantile(draws, [0.05, 0.5, 0.95]), target.transform)
    return {
        "target": target.name,
        "family": target.family,
        "statistic": target.statistic,
        "area": target.area,
        "first_year": target.years[0],
        "last_year": target.years[-1],
        "unit": target.unit,
        "published": target.value,
        "model_low": low,
        "model": middle,
        "model_high": high,
        "raw": float(back(np.median(predicted.raw[:, i]), target.transform)),
        "carried": predicted.carried[i],
        "inside_50": bool(inside(draws, seen, 0.5)),
        "inside_90": bool(inside(draws, seen)),
        "error": abs(float(np.median(draws)) - seen),
        "crps": crps(draws, seen),
        "width_90": float(width(draws)),
    }


def _null_columns(made: dict[str, Null | Sample], seen: float) -> dict[str, float]:
    """Scores and widths of nulls for a figure."""
    drawn = {name: null.draws(DRAWS) for name, null in made.items()}
    return {
        **{f"crps_{name}": crps(draws, seen) for name, draws in drawn.items()},
        **{f"width_{name}": float(width(draws)) for name, draws in drawn.items()},
    }


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
    return pd.DataFrame(
        [_verdict(str(family), group) for family, group in judged.groupby("family", sort=False)]
    ).sort_values(["passes", "family"], ascending=[False, True], ignore_index=True)


def _verdict(family: str, group: pd.DataFrame) -> dict[str, Any]:
    """A row of `families`."""
    held = coverage(int(group["inside_90"].sum()), len(group))
    best, there = _best_null(group)
    mine, of_null = (float(there[column].mean()) if best else math.nan for column in ("crps", f"crps_{best}"))
    narrower = bool(best and there["width_90"].median() < there[f"width_{best}"].median())
    previous = group.dropna(subset="crps_previous") if "crps_previous" in group else group.iloc[:0]
    return {
        "family": family,
        "n": len(group),
        "inside": int(group["inside_90"].sum()),
        "holds": held.holds,
        "too_wide": held.too_wide,
        "crps": float(group["crps"].mean()),
        "null": best,
        "crps_there": mine,
        "crps_null": of_null,
        "beats": mine < of_null,
        "narrower": narrower,
        "passes": held.holds and mine < of_null and narrower,
        "informed": INFORMED.get(family, ""),
        "hindsight": HINDSIGHT.get(family, ""),
        "crps_previous": float(previous["crps_previous"].mean()) if len(previous) else math.nan,
        "crps_same_rows": float(previous["crps"].mean()) if len(previous) else math.nan,
        "why": _why(held.holds, mine < of_null, narrower, best),
    }


def right_way(judged: pd.DataFrame) -> pd.Series:
    """Changes from one published figure to the next of its kind that the model's medians share in sign, by family.

    Returns
    -------
    Series of "k of n", empty text where a family has one figure of a kind only.
    """
    ordered = judged.sort_values("last_year")
    steps = ordered.groupby(["family", "statistic", "area", "unit"], dropna=False)[["published", "model"]].diff()
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
    low, high = np.quantile(np.array(counts), [0.05, 0.95], axis=0, method="nearest").astype(int).tolist()
    return Ranges(*zip(low, high, strict=True))


def again(predicted: Predictions, judged: pd.DataFrame, low: Array, high: Array, score: Array) -> pd.DataFrame:
    """Judged figures as they would be with other intervals and scores."""
    seen = predicted.observed
    return judged.assign(crps=score, width_90=high - low, inside_90=(low <= seen) & (seen <= high))


def _why(holds: bool, beats: bool, narrower: bool, null: str | None) -> str:
    if null is None:
        return "nothing that a null could start from" + ("" if holds else "; too many outside")
    return "; ".join(
        [
            text
            for good, text in (
                (holds, "too many figures outside"),
                (beats, "the null scores better"),
                (narrower, "the null is narrower"),
            )
            if not good
        ]
    )


def summary(
    judged: pd.DataFrame, table: pd.DataFrame, split: pd.DataFrame, differences: pd.DataFrame, ranges: Ranges
) -> dict[str, Any]:
    """The verdict in numbers."""
    model = of_predictor(split, CARRIED)
    whole = differences[(differences["years"] == differences["years"].iloc[0]) & (differences["states"] == EVERY)]

    def sure(score: str, than: str) -> list[str]:
        rows = whole[whole["score"] == score]
        return list(rows.loc[rows["high"] < 0.0 if than == "better" else rows["low"] > 0.0, "null"])

    good, hindsight = table["holds"] & table["beats"], table[table["hindsight"] != ""]
    return {
        "families": len(table),
        "families_inside": int(table["holds"].sum()),
        "families_too_wide": int(table["too_wide"].sum()),
        "families_better": int(table["beats"].sum()),
        "families_inside_better": int(good.sum()),
        "families_inside_better_counted": inside_better(table),
        "families_inside_better_range": list(ranges.inside_better),
        "families_inside_better_hindsight": inside_better(hindsight),
        "families_informed": int((table["informed"] != "").sum()),
        "families_passed": counted(table),
        "families_passed_range": list(ranges.passed),
        "families_passed_hindsight": counted(hindsight),
        "families_passed_informed": int(table["passes"].sum()) - counted(table),
        "judged": len(judged),
        "judged_inside_90": int(judged["inside_90"].sum()),
        "country_years": int(model["n"]),
        "error_model": float(model["error"]),
        "error_best_null": float(split.loc[split["predictor"].isin(TO_BEAT), "error"].min()),
        "cover_90_model": float(model["cover_90"]),
        "factor_90_model": float(model["factor_90"]),
        "better_on_error": sure("median error", "better"),
        "worse_on_error": sure("median error", "worse"),
        "better_on_crps": sure("CRPS", "better"),
        "worse_on_crps": sure("CRPS", "worse"),
    }
