"""validation.html: model against data for every target, scores, nulls, rivals, and what it is not to be used for."""

from pathlib import Path
from typing import Any, Final

import pandas as pd

from experiments.validation.validate import USUAL
from views import theme
from views.cli.command import COMMAND
from views.reports.render import write_page
from views.reports.texts import RESPONSIBLE
from views.reports.verdict import verdict_findings
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
    few = manifest["size"]["draws"] < USUAL.draws
    return write_page(
        results,
        "validation.html",
        kind="Validation",
        title=f"{manifest['title']}{theme.bracketed(results.note())}",
        question="Fitted to 2004-08, judged on what came after: every target, every score, every failure.",
        findings=verdict_findings(results),
        notice=(LOOK if few else "") + NOTICE,
        facts=_facts(manifest),
        run=_run(manifest),
        method=METHOD,
        notes=_notes(results),
        responsible=RESPONSIBLE,
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
    """Regions that were left out, and remedies that were tried."""
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
