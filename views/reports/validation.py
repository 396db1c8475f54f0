"""validation.html: model against data for every target, scores, nulls, rivals, and what it is not to be used for."""

import math
from pathlib import Path
from typing import Any, Final

import pandas as pd

from experiments.validation import annual
from experiments.validation.nulls import NULLS
from experiments.validation.rivals import survives
from experiments.validation.validate import USUAL
from views import theme
from views.cli.command import COMMAND
from views.figures.marks import words
from views.figures.theories import short_titles
from views.reports.findings import Finding
from views.reports.render import write_page
from views.results import ValidationResults, read_validation

METHOD: Final = (
    "Fitted to levels of 2004-08, price ratios and sizes of cases by ABC-SMC (pyABC); judged on everything later, "
    "which no fit has seen. Every figure is marked fit or judge in observations.csv.",
    "Predictions run the posterior through 2000-2023 with inputs and institutions on their real dates. What a target "
    "or a state was missed by in 2004-08 is carried forward as far as it exceeds the error of the record.",
    "A family passes if a binomial test does not reject its 90% intervals, if its CRPS is smaller than that of the "
    "best null that knows no more than the model, and if its intervals are narrower. Families whose level an input was "
    "set from are judged and not counted. Rules that were chosen after later years had been seen are listed in "
    "docs/calibration.md.",
    "Intervals hold chance, fitted parameters, error of the record, and how figures wander about a course (measured on "
    "2004-08). They do not hold the uncertainty of inputs (supply, demand, trade), nor of what all structures here "
    "leave out.",
)
NOT_FOR: Final = (
    "Forecasts of tonnes: bands are wide, and where the record turned, as in Belgium after 2015, the model did not.",
    "Statements about a single state from its runs as they are: levels by state may be off by a factor of four before "
    "what was missed in 2004-08 is carried forward.",
    "The eastern Pacific, Central America and JIATF-South: traffic to North America is coarse and too weak there.",
    "The West African route in tonnes: its peak is three quarters of what is published, its decline comes late.",
    "Consumption in Europe after 2015, which rises too far, and what insiders in ports earn, which is several times "
    "what is published.",
    "Where ships should go, which cargo to open, whom to suspect: there is nothing of that kind in it.",
    "Sizes of loads by platform: vessels carry a fifth to two fifths of what they should.",
)
COMPARED: Final = {
    "arrived_europe_kg": "what lands",
    "west_africa_kg": "flow through West Africa",
    "expected_seized_kg": "what is seized",
}
"""Outcomes that structures are compared by, in words."""
LOOK: Final = "A quick look with few sets of the posterior, no result: run it in full before anything is said of it. "
NOTICE: Final = (
    "Calibrated on one period with broad errors; predictions are wide. Signs that hold under every structure are what "
    "to rely on; sizes are not."
)


def write_validation_report(folder: Path) -> Path:
    """Write validation.html of a folder that `validate` wrote, and the data of its figures; gives its path.

    Raises
    ------
    InputError
        If there is no validation in the folder.
    """
    results = read_validation(Path(folder))
    manifest = results.manifest
    return write_page(
        results,
        "validation.html",
        kind="Validation",
        title=f"{manifest['title']}{theme.bracketed(results.note())}",
        question="Fitted to 2004-08, judged on what came after: every target, every score, every failure.",
        findings=verdict_findings(results),
        notice=(LOOK if manifest["size"]["draws"] < USUAL.draws else "") + NOTICE,
        facts=_facts(manifest),
        run=_run(manifest),
        method=METHOD,
        notes=_notes(results),
    )


def _facts(manifest: dict[str, Any]) -> dict[str, str]:
    kept = manifest["posterior"]
    return {
        "Structure": manifest["structure"],
        "Sets of the posterior": str(manifest["size"]["draws"]),
        "Runs of the fit": f"{kept['simulations']:,}",
        "Temperature": theme.number(float(kept["temperature"]), 2),
        "Fitted": "2004-08",
        "Judged": "2009-2023",
        "Made": str(manifest["created"])[:10],
    }


def _run(manifest: dict[str, Any]) -> dict[str, str]:
    kept = manifest["posterior"]
    return {
        "Sources of the model": str(manifest["source_hash"])[:16],
        "Tables": str(manifest["data_hash"])[:16],
        "Fitted under": f"{str(kept.get('source', ''))[:16]}, tables {str(kept.get('data', ''))[:16]}",
        "Commit": str(manifest.get("git_commit") or ""),
        "Versions": ", ".join(f"{name} {number}" for name, number in manifest["versions"].items()),
        "Again": f"{COMMAND} validate {manifest['structure']}",
    }


def _notes(results: ValidationResults) -> list[str]:
    regions = [
        f"{r['region']} left out: reweighting leaves {r['sets']:.0f} effective sets, too few to tell."
        if pd.isna(r["inside"])
        else f"{r['region']} left out: {r['inside']:.0f} of its {r['targets']} targets lie inside the 90% intervals; "
        f"median error {r['error']:.2f} against {r['error_with']:.2f} as fitted ({r['sets']:.0f} effective sets)."
        for r in results.table("regions").to_dict("records")
    ]
    remedies = [
        f"Remedy tried: {r.name}, {r.what}; CRPS of states and years {r.crps:.3f}, {r.crps_change:+.3f} "
        f"({r.low:+.3f} to {r.high:+.3f}) against the model; {r.passed_low} to {r.passed_high} families pass."
        for r in results.table("remedies").itertuples()
    ]
    return regions + remedies


# --- what was found ----------------------------------------------------------------------------------------------


def verdict_findings(results: ValidationResults) -> list[Finding]:
    """What was found, in sentences made of the numbers."""
    verdict = results.manifest["verdict"]
    found = [
        _families(verdict, results.table("families")),
        _states_and_years(verdict, results),
        _experiments(verdict, results.table("trials")),
        Finding(
            "The fit itself",
            f"Of {verdict['fitted']} targets {verdict['fitted_inside_runs']} lie inside the 90% "
            f"interval of runs of the posterior, {verdict['fitted_inside_record']} if the error of the record is "
            f"added, {verdict['fitted_inside_fit']} if that error has the temperature of the fit. "
            f"{_rejected(verdict['fitted_joint_p'])}",
        ),
    ]
    if len(told := results.table("conclusions")):
        found.append(Finding("Conclusions", _conclusions(told)))
    return [*found, Finding("Do not use it for", "", NOT_FOR)]


def _families(verdict: dict[str, Any], families: pd.DataFrame) -> Finding:
    failing = families[~families["passes"]].sort_values("crps_null")
    why = pd.DataFrame(
        {
            "Family": [words(str(family)) for family in failing["family"]],
            "Inside 90%": [f"{inside} of {n}" for inside, n in zip(failing["inside"], failing["n"], strict=True)],
            "CRPS": [theme.number(score, 2) for score in failing["crps_there"]],
            "Of the null": [theme.number(score, 2) for score in failing["crps_null"]],
            "Best null": failing["null"].map(NULLS),
            "Why it does not pass": failing["why"].astype(str),
        }
    )
    low, high = verdict["families_passed_range"]
    better_low, better_high = verdict["families_inside_better_range"]
    passed, seen = verdict["families_passed"], verdict["families_passed_hindsight"]
    who = "all of them" if seen == passed else f"{seen} of them"
    hindsight = f"For {who} a rule of the model was chosen after their figures had been seen. " if seen else ""
    text = (
        f"**{passed} of {verdict['families'] - verdict['families_informed']}** families of targets pass ({low} to "
        f"{high} with other draws of the same posterior): they lie inside the 90% intervals, score better than the "
        f"best null that knows no more, and have narrower intervals. {hindsight}However wide, "
        f"**{verdict['families_inside_better_counted']}** lie inside and score better ({better_low} to {better_high}), "
        f"{verdict['families_inside_better_hindsight']} of these in hindsight; {verdict['families_informed']} more "
        "families are set apart, since an input of the model rests on them. "
    )
    return Finding("Judged families", text, heading="The others, and why", table=why, words=2)


def _states_and_years(verdict: dict[str, Any], results: ValidationResults) -> Finding:
    split, differences = results.table("time_split").set_index("predictor"), results.table("split_differences")
    half, last = (theme.number(math.exp(split["error"][name]), 2) for name in (annual.CARRIED, "last"))
    parts = [
        f"Half of the {verdict['country_years']:,} annual reports above 1 t are predicted within a factor of "
        f"**{half}** (value of 2008 carried on: {last}).",
        f"{100 * split['cover_90'][annual.CARRIED]:.0f}% lie inside the 90% intervals, whose high end is "
        f"{theme.number(float(split['factor_90'][annual.CARRIED]), 2)} times the low one.",
    ]
    for score, name in (("error", "median error"), ("crps", "CRPS")):
        said = [
            f"surely {word} than {'; '.join(NULLS[null] for null in verdict[f'{word}_on_{score}'])}"
            for word in ("better", "worse")
            if verdict[f"{word}_on_{score}"]
        ]
        parts.append(f"In {name} it is {', '.join(said) or 'not to be told from any null'}.")
    return Finding("States and years", " ".join([*parts, *_by_size(differences)]))


def _by_size(differences: pd.DataFrame) -> list[str]:
    rows = differences[(differences["score"] == "CRPS") & (differences["states"] != annual.EVERY)]
    sizes = [
        f"{size}, ahead of {int((group['difference'] < 0.0).sum())} of {len(group)} nulls"
        f" ({group['n'].iloc[0]} reports)"
        for size, group in rows.groupby("states", sort=False)
    ]
    return [f"In CRPS by what states reported a year in 2004-08: {'; '.join(sizes)}."] if sizes else []


def _experiments(verdict: dict[str, Any], trials: pd.DataFrame) -> Finding:
    bad = "; ".join(trials.loc[trials["verdict"] == "fails", "trial"].astype(str))
    return Finding(
        "Experiments",
        f"Of {verdict['trials_open']} experiments of history and findings of other models whose outcome is open, "
        f"**{verdict['trials_open_hold']}** hold and {verdict['trials_open_fail']} fail, the rest cannot be told. Of "
        f"{verdict['trials'] - verdict['trials_open']} more the sign follows nearly by itself (more ships take more): "
        f"{verdict['trials_hold'] - verdict['trials_open_hold']} hold. {verdict['trials_built_in']} ask after a rule "
        f"that was put in as such. {f'Failing: {bad}.' if bad else ''}",
    )


def _rejected(p: float) -> str:
    """Whether the posterior would make data as far from its runs as the published ones."""
    size = theme.number(p, 1) if p >= 0.001 else "below 0.001"
    if p >= 0.05:
        return f"Taken together the record does not refuse the model (posterior predictive p {size})."
    return (
        "Taken together the record refuses the model at the errors that are stated for it (posterior predictive p "
        f"{size}); hence the temperature."
    )


def _conclusions(told: pd.DataFrame) -> str:
    every, names = survives(told), short_titles(told["scenario"])
    table = every[every["outcome"] == "arrived_europe_kg"]

    def listed(mask: pd.Series) -> str:
        return "; ".join(names[str(scenario)] for scenario in table.loc[mask, "scenario"]) or "none"

    less, never = table["less"] > 0, (table["less"] == 0) & (table["more"] == 0)
    unclear = f" Cannot be told under any: {listed(never)}." if never.any() else ""
    apart = [
        f"{names[str(row['scenario'])]} ({COMPARED[row['outcome']]})"
        for row in every[every["contradicted"]].to_dict("records")
    ]
    differ = (
        f"Structures contradict each other on: {'; '.join(apart)}." if apart else "No structure contradicts another."
    )
    return (
        f"What lands falls under all {int(table['structures'].max()) if len(table) else 0} structures with: "
        f"**{listed(table['survives'] & less)}**. Under some only: {listed(~(table['survives'] & less) & less)}."
        f"{unclear} {differ}"
    )
