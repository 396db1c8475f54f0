"""Tables on the terminal of what a calibration and a validation found: a template for each column or row."""

import math
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, Final

import pandas as pd

from experiments.calibration.posterior import Posterior
from experiments.calibration.recovery import pooled, uniformity
from experiments.validation.against import Against
from experiments.validation.nulls import NULLS
from views import theme
from views.cli.terminal import print_table, say

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


def _filled(templates: Mapping[str, str], rows: Iterable[Mapping[Any, Any]]) -> list[list[str]]:
    """Rows of a table, from the template of each column."""
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
