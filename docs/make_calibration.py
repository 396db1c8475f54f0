"""Write the tables of docs/calibration.md from results/reference: ``uv run python docs/make_calibration.py``."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT / "results" / "reference"
PAGE = ROOT / "docs" / "calibration.md"
MARK = "<!-- generated from here on by make_calibration.py -->"


def table(rows: pd.DataFrame, digits: int = 3) -> list[str]:
    """A frame as Markdown."""
    lines = ["| " + " | ".join(str(c) for c in rows.columns) + " |", "|" + "---|" * len(rows.columns)]
    for row in rows.itertuples(index=False):
        cells = [f"{v:.{digits}g}" if isinstance(v, float) else str(v) for v in row]
        lines.append("| " + " | ".join("" if c == "nan" else c for c in cells) + " |")
    return lines


def read(name: str) -> pd.DataFrame:
    """A table of results/reference; empty where there is none."""
    path = REFERENCE / f"{name}.csv"
    return pd.read_csv(path) if path.exists() else pd.DataFrame()


def section(title: str, lead: str, rows: pd.DataFrame) -> list[str]:
    """A heading, a line, a table; nothing where there are no rows."""
    return ["", f"## {title}", "", lead, "", *table(rows)] if len(rows) else []


def posterior() -> list[str]:
    """Prior and posterior of every free parameter."""
    manifest = json.loads((REFERENCE / "base/manifest.json").read_text(encoding="utf-8"))
    sets = read("base/posterior")
    rows = [
        {
            "parameter": f"`{name}`",
            "prior": f"{low:g} to {high:g} ({scale})",
            "median": float(sets[name].median()),
            "5%": float(sets[name].quantile(0.05)),
            "95%": float(sets[name].quantile(0.95)),
        }
        for name, low, high, scale in manifest["priors"]
    ]
    first = sum(int(generation["simulations"]) for generation in manifest["generations"])
    distinct = len(sets.drop_duplicates([name for name, *_ in manifest["priors"]]))
    tail = ""
    if "pareto_k" in manifest:
        tail = (
            f", Pareto k of the weights {manifest['pareto_k']:.2f}, {manifest['weights_cut']:.1%} of their sum cut off"
        )
    lead = (
        f"{first:,} runs of ABC-SMC in {len(manifest['generations'])} generations, down to temperature "
        f"{manifest['temperature_smc']:.1f} ({manifest['effective_sets_smc']:.0f} effective sets), then "
        f"{manifest['simulations'] - first:,} of importance sampling from response surfaces at temperature "
        f"{manifest['temperature']:.2f}: {manifest['effective_sets']:.0f} effective sets{tail}; resampled to "
        f"{len(sets)}, {distinct} of them distinct."
    )
    return section("Posterior of the free parameters", lead, pd.DataFrame(rows))


def fitted() -> list[str]:
    """Fitted targets beside the posterior."""
    rows = read("validation/fitted")
    if rows.empty:
        return []
    chosen = rows[
        [
            "target",
            "family",
            "value",
            "unit",
            "sd",
            "weight",
            "model_low",
            "model",
            "model_high",
            "z",
            "inside_runs",
            "inside_record",
            "inside_fit",
            "p",
            "identifies",
            "confidence",
        ]
    ]
    return section(
        "Targets that were fitted, and predictive checks",
        "Value as published; 90% interval and median of the posterior; z in errors of the record and of chance. "
        "inside: the 90% interval of runs under fresh seeds, of runs with the error of the record, and with that error "
        "at the temperature of the fit; p: two-sided tail of the published value among data the posterior would make.",
        chosen,
    )


def states() -> list[str]:
    """Published over predicted annual reports, by state and period, geometric means; all states that are judged."""
    cells = read("validation/country_years")
    if cells.empty:
        return []
    cells = cells.assign(
        years=pd.cut(cells["year"], [2008, 2013, 2018, 2023], labels=["2009-13", "2014-18", "2019-23"]),
        carried=np.log(cells["published_t"] / cells["model_t"]),
        alone=np.log(cells["published_t"] / cells["raw_t"]),
    )
    wide = np.exp(cells.pivot_table(index="state", columns="years", values="carried", observed=True))
    late = np.exp(cells[cells["year"] >= 2019].groupby("state")["alone"].mean()).rename("2019-23, model as it is")
    counts = cells.groupby("state").size().rename("reports")
    table = pd.concat([counts, wide, late], axis=1).sort_index().reset_index(names="state")
    return section(
        "Every state that is judged",
        "Published over predicted, geometric mean of annual reports above 1 t: 1 is right, 2 means half of what was "
        "seized is predicted. What was missed in 2004-08 is carried forward, but in the last column.",
        table,
    )


def main() -> None:
    """Replace everything after the mark."""
    lines = [*posterior(), *fitted()]
    screened = read("base/identifiability").head(25)
    lines += section(
        "What the targets can tell of",
        "Morris' effects over each parameter's range, in errors of the "
        "record and of chance: root mean square over targets; targets whose effect exceeds one error.",
        screened,
    )
    sobol = read("base/sobol")
    if len(sobol):
        strongest = sobol.sort_values("st", ascending=False).groupby("target", sort=False).head(3)
        lines += section(
            "Sobol indices",
            "The three largest total indices of each target among the twenty strongest parameters of Morris; 95% "
            "intervals. 64 blocks: read the order, not the size.",
            strongest.sort_values(["target", "st"], ascending=[True, False])[
                ["target", "parameter", "st", "st_low", "st_high", "s1"]
            ],
        )
    ranks = (
        "Ranks among posterior sets (chi-square test, Holm-adjusted); share of trials in which intervals of 50 and 90% "
        "hold the known value; how much of the prior's variance a fit takes away."
    )
    lines += section("Recovery of known parameters of the model", ranks, read("base/recovery_of_model"))
    lines += section("Recovery of known parameters of a surface that stands in for it", ranks, read("base/recovery"))
    families = read("validation/families")
    if len(families):
        families = families[
            [
                "family",
                "n",
                "inside",
                "holds",
                "too_wide",
                "crps_there",
                "null",
                "crps_null",
                "beats",
                "narrower",
                "passes",
                "right_way",
                "why",
                "informed",
                "hindsight",
            ]
        ]
    lines += section(
        "Judged families",
        "inside: of n figures inside 90%; too wide: more than 90% explains. CRPS on the rows that the best null of "
        "equal knowledge can predict. right way: changes from one figure to the next of its kind whose "
        "sign is met. informed: an input was set from these figures, so they do not count. "
        "hindsight: a rule was chosen after they had been seen.",
        families,
    )
    lines += section(
        "States and years, 2009-2023",
        "Annual reports above 1 t; errors on logs; factor_90: high over low end of a 90% interval.",
        read("validation/time_split"),
    )
    lines += states()
    lines += section(
        "Other temperatures",
        "The verdict had the fit ended elsewhere, by weighting its sets: effective sets; "
        "parameters whose variance falls by a fifth or more; families, of those counted, that are inside and better, "
        "and narrower too; mean CRPS of judged figures.",
        read("validation/temperatures"),
    )
    lines += section(
        "Model less null on states and years",
        "90% intervals from drawing states anew; better: share of draws in which the model's score is smaller.",
        read("validation/split_differences"),
    )
    lines += section(
        "Experiments of history and findings of other models",
        "Paired over sets of the posterior. kind: mechanical where the sign follows nearly by itself, built in where "
        "it was put in as a rule; share: effect as a part of the level; published: the same in the source, where it "
        "gives one.",
        read("validation/trials").drop(columns=["question"], errors="ignore"),
    )
    lines += section(
        "Where the surge came from",
        "Five arms (amendment 4), t a year of 2005-07; growth: on 2002-03.",
        read("validation/surge"),
    )
    lines += section(
        "Rival structures",
        "Fit of 2004-08 under fresh seeds (chi_square, with its standard error) and prediction of what came after; "
        "crps_change on states and years against the first, 90% interval from drawing states anew; passed: range over "
        "other draws. On 60 sets each.",
        read("validation/rivals").drop(columns=["title"], errors="ignore"),
    )
    lines += section(
        "Remedies that were tried",
        "On 60 sets of the posterior, not fitted anew; passed: range over other draws. crps_change on states and years "
        "against the first, 90% interval from drawing states anew.",
        read("validation/remedies"),
    )
    lines += section(
        "Leave one region out",
        "Sets reweighted as if a region's targets had not been fitted; empty where too few effective sets are left to "
        "tell.",
        read("validation/regions"),
    )
    prose = PAGE.read_text(encoding="utf-8").split(MARK)[0]
    PAGE.write_text(prose + MARK + "\n" + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
