"""Tables on the terminal of what a calibration and a validation found."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from views import theme
from views.cli.terminal import print_table, say

if TYPE_CHECKING:
    import pandas as pd

    from experiments.validation.against import Against

__all__ = ["print_against", "print_best", "print_posterior", "print_recovery", "print_verdict"]

IN_KILOGRAMS: Final = 100.0
"""Half of the reports this many times what is predicted: the unit is mistaken, not the model."""


def print_posterior(posterior: Any) -> None:
    """Print what a fit has found: every parameter with its 90% interval, and what the model misses."""
    rows = []
    for name in posterior.names:
        low, middle, high = posterior.sets[name].quantile([0.05, 0.5, 0.95])
        prior = next(p for p in posterior.manifest["priors"] if p[0] == name)
        rows.append((name, f"{prior[1]:g} to {prior[2]:g}", f"{middle:.3g}", f"{low:.3g} to {high:.3g}"))
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
    rows = [
        (
            str(row["draw"]),
            f"{row['mean_chi_square']:.1f}",
            f"{row['behind']:.1f} ± {row['behind_error']:.1f}",
            "yes" if row["tied"] else "",
            f"{row['from_middle']:.2f}",
        )
        for row in table.head(shown).to_dict("records")
    ]
    print_table(
        "Sets that fit best, the most usual of tied ones first",
        ("set", "chi-square of means", "behind the least", "tied", "from the middle, sd"),
        rows,
    )


def print_recovery(ranks: pd.DataFrame) -> None:
    """Print whether known parameters were found: tests of their ranks, and how often intervals held them."""
    from experiments.calibration.recovery import pooled, uniformity

    rows = [
        (
            str(row["parameter"]),
            f"{row['p']:.2f}",
            f"{row['p_holm']:.2f}",
            "yes" if row["flat"] else "NO",
            f"{100 * row['inside_50']:.0f}%",
            f"{100 * row['inside_90']:.0f}%",
            f"{100 * row['contraction']:.0f}%",
        )
        for row in uniformity(ranks).to_dict("records")
    ]
    held = [f"{100 * share:.0f} ± {100 * error:.0f}%" for share, error in pooled(ranks).values()]
    print_table(
        f"Recovery of known parameters ({ranks['trial'].nunique()} trials)",
        ("parameter", "p", "p, Holm", "ranks flat", "inside 50%", "inside 90%", "variance down by"),
        [*rows, ("all together", "", "", "", *held, "")],
    )


def print_against(found: Against, *, quick: bool = False, shown: int = 12) -> None:
    """Print how the model scores on reports that were given, beside nulls, and those that it misses most."""
    from experiments.validation.nulls import NULLS

    def beside(row: Mapping[Any, Any]) -> tuple[str, ...]:
        return (
            f"{math.exp(row['error']):.2f}",
            f"{row['crps']:.2f}",
            f"{100 * row['cover_50']:.0f}%",
            f"{100 * row['cover_90']:.0f}%",
            f"{math.exp(row['width_90']):,.0f}",
            str(row["n"]),
        )

    heads = (
        "predictor",
        "misses half by more than a factor of",
        "CRPS",
        "inside 50%",
        "inside 90%",
        "high over low end",
        "reports",
    )
    rows = [(f"model, all {len(found.reports)} reports", *beside(found.overall))]
    rows += [(NULLS.get(row["predictor"], row["predictor"]), *beside(row)) for row in found.scores.to_dict("records")]
    print_table("Beside rules that know the project's record; a small CRPS is good", heads, rows, right=6)
    unpredicted = found.reports[found.reports.filter(like="crps_").isna().any(axis=1)]
    if len(unpredicted):
        states = ", ".join(sorted(set(unpredicted["state"])))
        say(
            f"Rows below the first leave out {len(unpredicted)} of {len(found.reports)} reports ({states}): not every "
            "rule can predict them, for want of earlier reports of these states."
        )
    print_table(
        f"Missed most, of {len(found.reports)}",
        ("state", "year", "tonnes", "predicted", "90% interval", "times off", "inside"),
        [
            (
                row["state"],
                str(row["year"]),
                theme.number(row["tonnes"]),
                theme.number(row["median_t"]),
                f"{theme.number(row['low_90_t'])} to {theme.number(row['high_90_t'])}",
                theme.number(row["times_off"], 2),
                "yes" if row["inside_90"] else "NO",
            )
            for row in found.reports.head(shown).to_dict("records")
        ],
    )
    if (found.reports["tonnes"] / found.reports["median_t"]).median() > IN_KILOGRAMS:
        say(
            "Most reports are over a hundred times what is predicted: are these kilograms? Tonnes are expected.",
            style="yellow",
        )
    known = int(found.reports["recorded"].sum())
    if known:
        say(
            f"{known} of {len(found.reports)} reports are of states and years that the project's record holds: "
            "rules of the model were chosen with these in sight."
        )
    if quick:
        say("A quick look with few sets of the posterior: no result.", style="yellow")


def print_verdict(verdict: Mapping[str, Any], *, quick: bool = False) -> None:
    """Print the verdict of a validation, failures first; of a quick look that it is no result."""
    judged = verdict["families"] - verdict["families_informed"]
    low, high = verdict["families_passed_range"]
    rows = [
        ("families of targets that do not pass", f"{judged - verdict['families_passed']} of {judged}"),
        ("families that pass", f"{verdict['families_passed']} ({low} to {high} with other draws)"),
        ("for which a rule was chosen after they were seen", str(verdict["families_passed_hindsight"])),
        ("families set apart: an input rests on them", str(verdict["families_informed"])),
        (
            "families inside the 90% intervals",
            f"{verdict['families_inside']} of {verdict['families']}; {verdict['families_too_wide']} too often",
        ),
        ("inside and better than every null, however wide", f"{verdict['families_inside_better_counted']} of {judged}"),
        (
            "fitted targets inside 90% of runs, with the record's error",
            f"{verdict['fitted_inside_runs']}, {verdict['fitted_inside_record']} of {verdict['fitted']}",
        ),
        ("country-years above 1 t", f"{verdict['country_years']:,}"),
        (
            "median absolute log error",
            f"{verdict['error_model']:.2f}; best null of equal knowledge {verdict['error_best_null']:.2f}",
        ),
        (
            "inside 90%",
            f"{100 * verdict['cover_90_model']:.0f}%, in intervals of a factor of {verdict['factor_90_model']:.0f}",
        ),
        ("surely better in error than", ", ".join(verdict["better_on_error"]) or "none of the nulls"),
        ("surely worse in error than", ", ".join(verdict["worse_on_error"]) or "none of the nulls"),
        ("surely better in CRPS than", ", ".join(verdict["better_on_crps"]) or "none of the nulls"),
        ("surely worse in CRPS than", ", ".join(verdict["worse_on_crps"]) or "none of the nulls"),
        (
            "experiments with an open outcome that hold, that fail",
            f"{verdict['trials_open_hold']}, {verdict['trials_open_fail']} of {verdict['trials_open']}",
        ),
        (
            "those whose sign follows nearly by itself",
            f"{verdict['trials_hold'] - verdict['trials_open_hold']} of "
            f"{verdict['trials'] - verdict['trials_open']} hold",
        ),
    ]
    print_table("Validation", ("what", "result"), rows)
    if quick:
        say("A quick look with few sets of the posterior: no result. In full: uv run run.py validate", style="yellow")
