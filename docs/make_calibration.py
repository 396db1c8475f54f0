"""Write the tables of docs/calibration.md from results/reference: ``uv run python docs/make_calibration.py``."""

from __future__ import annotations

import json
from pathlib import Path

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
    lead = (
        f"{manifest['simulations']:,} runs in {len(manifest['generations'])} generations; temperature "
        f"{manifest['temperature']:.2f}; {manifest['effective_sets']:.0f} effective sets, resampled to {len(sets)}."
    )
    return section("Posterior of the free parameters", lead, pd.DataFrame(rows))


def fitted() -> list[str]:
    """Fitted targets beside the posterior."""
    rows = read("base/targets")
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
            "identifies",
            "confidence",
        ]
    ]
    return section(
        "Targets that were fitted",
        "Value as published; 90% interval and median of the posterior; z in errors of the record and of chance.",
        chosen,
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
    lines += section(
        "Recovery of known parameters",
        "Ranks among posterior sets (chi-square test, Holm-adjusted), and how "
        "much of the prior's variance a fit takes away.",
        read("base/recovery"),
    )
    families = read("validation/families")
    if len(families):
        families = families[
            ["family", "n", "inside", "holds", "too_wide", "crps_there", "null", "crps_null", "beats", "narrower",
             "passes", "why", "informed", "hindsight"]
        ]  # fmt: skip
    lines += section(
        "Judged families",
        "inside: of n figures inside 90%; too wide: more than 90% explains. CRPS on the rows that the best null of "
        "equal knowledge can predict. informed: an input was set from these figures, so they do not count. "
        "hindsight: a rule was chosen after they had been seen.",
        families,
    )
    lines += section(
        "States and years, 2009-2023", "Annual reports above 1 t; errors on logs; factor_90: high over low end of a "
        "90% interval.", read("validation/time_split"),
    )  # fmt: skip
    lines += section(
        "Model less null on states and years", "90% intervals from drawing states anew; better: share of draws in "
        "which the model's score is smaller.", read("validation/split_differences"),
    )  # fmt: skip
    lines += section(
        "Experiments of history and findings of other models",
        "Paired over sets of the posterior.",
        read("validation/trials").drop(columns=["question"], errors="ignore"),
    )
    lines += section(
        "Where the surge came from", "Five arms (amendment 4), t a year of 2005-07.", read("validation/surge")
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
