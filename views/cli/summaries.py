"""What is printed at the end of a run, a history, a study, a fit and a validation.

Tables of fits and validations are made of templates, one for each column or row.
"""

import math
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import pandas as pd

from experiments.analysis.intervals import preliminary
from experiments.calibration.posterior import Posterior
from experiments.calibration.recovery import pooled, uniformity
from experiments.validation.against import Against
from experiments.validation.nulls import NULLS
from model.calendar import weeks_in_year
from model.world.tables import Tables
from views import theme
from views.cli.terminal import print_table, say
from views.reports import observed
from views.reports.findings import study_findings
from views.results import read_study

CAUTION: Final = (
    "Fitted to 2004-08 with broad errors (docs/calibration.md says where it fails). Bands show chance among "
    "replications; with --over posterior they hold the uncertainty of fitted parameters too."
)
HEADLINES: Final = {"flow_europe": 2008, "consumption": 2008, "seized_eu": 2008, "price": 2008, "west_africa": 2007}
"""Series of `views.reports.observed` and the year shown in the summary."""
YEARLY: Final = (
    ("dispatched_to_europe_kg", "sent to Europe, t", 1e-3),
    ("arrived_europe_kg", "arrived, t", 1e-3),
    ("west_africa_kg", "via West Africa, t", 1e-3),
    ("seized_eu_bulk_kg", "EU seizures, t bulk", 1e-3),
    ("consumed_europe_kg", "consumed, t", 1e-3),
    ("price_europe_eur_per_kg", "price, EUR/kg", 1.0),
    ("seizures", "seizures", 1.0),
    ("groups", "groups", 1.0),
)
"""Columns of the yearly table: column of the frame, heading, factor."""


IN_KILOGRAMS: Final = 100.0
"""Half of the reports this many times what is predicted: the unit is mistaken, not the model."""
YES: Final = {True: "yes", False: "NO"}

BEST: Final = {
    "set": "{draw}",
    "chi-square of means": "{mean_chi_square:.1f}",
    "behind the least": "{behind:.1f} ± {behind_error:.1f}",
    "tied": "{tied}",
    "from the middle, sd": "{from_middle:.2f}",
}
RECOVERY: Final = {
    "parameter": "{parameter}",
    "p": "{p:.2f}",
    "p, Holm": "{p_holm:.2f}",
    "ranks flat": "{flat}",
    "inside 50%": "{inside_50:.0%}",
    "inside 90%": "{inside_90:.0%}",
    "variance down by": "{contraction:.0%}",
}
SCORES: Final = {
    "predictor": "{predictor}",
    "misses half by more than a factor of": "{factor:.2f}",
    "CRPS": "{crps:.2f}",
    "inside 50%": "{cover_50:.0%}",
    "inside 90%": "{cover_90:.0%}",
    "high over low end": "{span:,.0f}",
    "reports": "{n}",
}
MISSED: Final = {
    "state": "{state}",
    "year": "{year}",
    "tonnes": "{tonnes}",
    "predicted": "{median_t}",
    "90% interval": "{low_90_t} to {high_90_t}",
    "times off": "{times_off}",
    "inside": "{inside_90}",
}
VERDICT: Final = {
    "families of targets that do not pass": "{failed} of {judged}",
    "families that pass": "{families_passed} ({range[0]} to {range[1]} with other draws)",
    "for which a rule was chosen after they were seen": "{families_passed_hindsight}",
    "families set apart: an input rests on them": "{families_informed}",
    "families inside the 90% intervals": "{families_inside} of {families}; {families_too_wide} too often",
    "inside and better than every null, however wide": "{families_inside_better_counted} of {judged}",
    "fitted targets inside 90% of runs, with the record's error": "{fitted_inside_runs}, {fitted_inside_record} of "
    "{fitted}",
    "country-years above 1 t": "{country_years:,}",
    "median absolute log error": "{error_model:.2f}; best null of equal knowledge {error_best_null:.2f}",
    "inside 90%": "{cover_90_model:.0%}, in intervals of a factor of {factor_90_model:.0f}",
    "surely better in error than": "{better_on_error}",
    "surely worse in error than": "{worse_on_error}",
    "surely better in CRPS than": "{better_on_crps}",
    "surely worse in CRPS than": "{worse_on_crps}",
    "experiments with an open outcome that hold, that fail": "{trials_open_hold}, {trials_open_fail} of {trials_open}",
    "those whose sign follows nearly by itself": "{likely_hold} of {likely} hold",
}
"""Rows of the verdict; failures stand first."""


def print_years(folder: Path) -> None:
    """Print the yearly table of one run; a year that was simulated in part is marked."""
    yearly = pd.read_parquet(folder / "yearly.parquet")
    weeks = pd.read_parquet(folder / "weekly.parquet", columns=["date"])["date"].dt.isocalendar()["year"].value_counts()
    rows = [
        [_year(int(row["year"]), int(weeks[row["year"]])), *(f"{row[name] * by:,.0f}" for name, _, by in YEARLY)]
        for row in yearly.to_dict("records")
    ]
    print_table(
        f"Yearly (mass pure unless it says bulk; {preliminary(1)})",
        ("year", *(head for _, head, _ in YEARLY)),
        rows,
        right=len(YEARLY),
    )
    print(CAUTION)


def _year(year: int, weeks: int) -> str:
    whole = weeks_in_year(year)
    return str(year) if weeks == whole else f"{year} ({weeks} of {whole} weeks)"


def print_summary(folder: Path, tables: Tables) -> None:
    """Print the model's medians and bands beside published figures."""
    yearly = pd.read_parquet(folder / "yearly.parquet")
    rows, notes = [], []
    for key, year in HEADLINES.items():
        series, bands = observed.SERIES[key], observed.model_bands(yearly, key)
        if year in bands.index:
            middle, low, high = (f"{bands[name][year]:,.0f}" for name in ("median", "low90", "high90"))
            figure, source = _published(observed.published(tables, key).query("year == @year").to_dict("records"))
            rows.append((f"{series.name}, {year}, {series.unit}", middle, f"{low} to {high}", figure))
            notes.append(f"  {series.name}: {source}")
    if rows:
        print_table(
            f"The model beside the published record{theme.bracketed(preliminary(yearly['replication'].nunique()))}",
            ("", "model, median", "90% of runs", "published"),
            rows,
            right=3,
        )
        print("\n".join(["Published in:", *notes]))
    print(CAUTION)


def _published(points: Sequence[dict[Any, Any]]) -> tuple[str, str]:
    """Published values of one year as a figure or a span, and their sources."""
    if not points:
        return "none in the tables", ""
    bounds = [float(point[name]) for point in points for name in ("low", "value", "high") if pd.notna(point[name])]
    values = [float(point["value"]) for point in points]
    low, high = min(values), max(values)
    text = f"{low:,.0f}" if low == high else f"{low:,.0f} to {high:,.0f}"
    if min(bounds) < low or max(bounds) > high:
        text += f" (range {min(bounds):,.0f} to {max(bounds):,.0f})"
    return text, "; ".join(dict.fromkeys(str(point["source"]) for point in points))


def print_findings(folder: Path) -> None:
    """Print what a study found: its sentences."""
    for finding in study_findings(read_study(folder)):
        say(f"\n{finding.label}", style="bold")
        print(textwrap.fill(finding.plain, 110))
    print(f"\n{CAUTION}")


# --- fits and validations -----------------------------------------------------------------------------------------


def _filled(templates: Mapping[str, str], rows: Iterable[Mapping[Any, Any]]) -> list[list[str]]:
    return [[template.format_map(row) for template in templates.values()] for row in rows]


def print_posterior(posterior: Posterior) -> None:
    """Print what a fit has found: every parameter with its 90% interval, and what the model misses."""
    ends = posterior.sets[list(posterior.names)].quantile([0.05, 0.5, 0.95])
    priors = {name: (low, high) for name, low, high, *_ in posterior.manifest["priors"]}
    rows = [
        (name, "{:g} to {:g}".format(*priors[name]), f"{middle:.3g}", f"{low:.3g} to {high:.3g}")
        for name, (low, middle, high) in ends.items()
    ]
    print_table(
        f"Posterior of {posterior.structure} ({len(posterior)} sets)",
        ("parameter", "prior", "median", "90% interval"),
        rows,
    )
    say(
        f"Temperature {theme.number(posterior.temperature)}: the error of the record would have to have this many "
        "times its variance for the model to fit."
    )


def print_best(table: pd.DataFrame, shown: int = 10) -> None:
    """Print the sets that commend themselves as defaults, and how far those behind fall short."""
    rows = table.head(shown).assign(tied=table["tied"].map({True: "yes", False: ""}))
    print_table("Sets that fit best, the most usual of tied ones first", BEST, _filled(BEST, rows.to_dict("records")))


def print_recovery(ranks: pd.DataFrame) -> None:
    """Print whether known parameters were found: tests of their ranks, and how often intervals held them."""
    rows = uniformity(ranks).assign(flat=lambda tests: tests["flat"].map(YES)).to_dict("records")
    held = [f"{100 * share:.0f} ± {100 * error:.0f}%" for share, error in pooled(ranks).values()]
    print_table(
        f"Recovery of known parameters ({ranks['trial'].nunique()} trials)",
        RECOVERY,
        [*_filled(RECOVERY, rows), ("all together", "", "", "", *held, "")],
    )


def print_against(found: Against, *, quick: bool = False, shown: int = 12) -> None:
    """Print how the model scores on reports that were given, beside nulls, and those that it misses most."""
    count = len(found.reports)
    overall: dict[Any, Any] = {**found.overall, "predictor": f"model, all {count} reports"}
    rows = [
        {
            **row,
            "predictor": NULLS.get(row["predictor"], row["predictor"]),
            "factor": math.exp(row["error"]),
            "span": math.exp(row["width_90"]),
        }
        for row in (overall, *found.scores.to_dict("records"))
    ]
    print_table(
        "Beside rules that know the project's record; a small CRPS is good", SCORES, _filled(SCORES, rows), right=6
    )
    unpredicted = found.reports[found.reports.filter(like="crps_").isna().any(axis=1)]
    if len(unpredicted):
        say(
            f"Rows below the first leave out {len(unpredicted)} of {count} reports "
            f"({', '.join(sorted(set(unpredicted['state'])))}): not every rule can predict them, for want of earlier "
            "reports of these states."
        )
    worst = found.reports.head(shown).assign(
        **found.reports[["tonnes", "median_t", "low_90_t", "high_90_t"]].map(theme.number),
        times_off=found.reports["times_off"].map(partial(theme.number, digits=2)),
        inside_90=found.reports["inside_90"].map(YES),
    )
    print_table(f"Missed most, of {count}", MISSED, _filled(MISSED, worst.to_dict("records")))
    _warn_of_reports(found.reports, quick=quick)


def _warn_of_reports(reports: pd.DataFrame, *, quick: bool) -> None:
    if (reports["tonnes"] / reports["median_t"]).median() > IN_KILOGRAMS:
        say(
            "Most reports are over a hundred times what is predicted: are these kilograms? Tonnes are expected.",
            style="yellow",
        )
    if known := int(reports["recorded"].sum()):
        say(
            f"{known} of {len(reports)} reports are of states and years that the project's record holds: "
            "rules of the model were chosen with these in sight."
        )
    if quick:
        say("A quick look with few sets of the posterior: no result.", style="yellow")


def print_verdict(verdict: Mapping[str, Any], *, quick: bool = False) -> None:
    """Print the verdict of a validation, failures first; of a quick look that it is no result."""
    judged = verdict["families"] - verdict["families_informed"]
    known = {
        **verdict,
        **{name: ", ".join(found) or "none of the nulls" for name, found in verdict.items() if "_on_" in name},
        "judged": judged,
        "failed": judged - verdict["families_passed"],
        "range": verdict["families_passed_range"],
        "likely_hold": verdict["trials_hold"] - verdict["trials_open_hold"],
        "likely": verdict["trials"] - verdict["trials_open"],
    }
    (texts,) = _filled(VERDICT, [known])
    print_table("Validation", ("what", "result"), list(zip(VERDICT, texts, strict=True)))
    if quick:
        say("A quick look with few sets of the posterior: no result. In full: uv run run.py validate", style="yellow")
