"""The page of a study: what a policy reader wants to know, figures, method; one HTML file that fetches nothing."""

import contextlib
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from experiments.design.factors import read_back
from model.errors import InputError
from views import theme
from views.cli.command import COMMAND
from views.figures.registry import draw
from views.reports.findings import Finding, study_findings
from views.reports.render import write_page
from views.results import LANDED, StudyResults, read_study

NOTICE: Final = (
    "Fitted to 2004-08 with broad errors, and most costs and many parameters are assumed: read signs and orders rather "
    "than sizes. "
)
CHANCE: Final = (
    "Effects are those of one set of parameters and intervals hold chance over seeds only, unless the study samples "
    "uncertainties: other sets that fit as well may halve or double them (--over posterior)."
)
BEYOND_CHANCE: Final = (
    "Intervals hold the uncertainty of fitted parameters as well as chance: each seed has a set of its own."
)
IMAGE_WIDTH: Final = 900
QUICK: Final = "-quick"
LOOK: Final = (
    "A quick look with few seeds and small populations, no result: run it in full before anything is said of it. "
)
METHOD: Final = (
    "Every seed is one history up to the fork, simulated once; each scenario or point goes on from a copy of it with "
    "the same luck. Differences are taken seed by seed.",
    "Intervals of differences are Student's t or a studentised bootstrap over seeds, at each end the wider one; ratios "
    "have Fieller intervals and are withheld where what they divide by may be zero.",
    "With fewer than 10 seeds every result is preliminary, and a 95% interval of skewed differences covers about 90%.",
    "Where supply answers, output follows the price at the source a year before (elasticity 2) from the fork on; with "
    "fixed output, what is not seized arrives, waits unsold or goes to other markets. Where a study holds both, both "
    "are shown, since the answer depends on it.",
    "Kilograms are pure inside the model; bulk weight is pure weight over purity. Expected removals are load times "
    "chance.",
)


def write_study_report(folder: Path) -> Path:
    """Write report.html of a study's folder, and the data of its figures as CSV; gives the path of the page.

    Raises
    ------
    InputError
        If there is no study in the folder.
    """
    study = read_study(Path(folder))
    manifest = study.manifest
    look = LOOK if str(manifest.get("name", "")).endswith(QUICK) else ""
    return write_page(
        study,
        "report.html",
        kind="Study",
        title=f"{manifest['title']}{theme.bracketed(study.note())}",
        question=str(manifest.get("question", "")),
        notice=look + NOTICE + (BEYOND_CHANCE if manifest.get("over") else CHANCE),
        findings=study_findings(study) or [Finding("", "There is nothing to compare yet.")],
        facts=_facts(study),
        run=_run(study),
        method=METHOD,
        notes=_notes(study),
    )


def _facts(study: StudyResults) -> dict[str, str]:
    m, runs = study.manifest, study.manifest.get("runs", {})
    return {
        "Runs": f"{int(runs.get('done', 0)):,}",
        "Seeds": str(study.seeds),
        "Fork": str(m.get("fork") or "none"),
        "Years read": study.window,
        "Organisations": str(m.get("organisations", "")),
        "Baseline": study.baseline,
        "Made": str(m.get("created", ""))[:10],
        "Failed runs": f"{runs['failed']:,}, left out" if runs.get("failed") else "",
    }


def _run(study: StudyResults) -> dict[str, str]:
    m, seeds = study.manifest, study.manifest.get("seeds", [])
    return {
        "Study": f"{m.get('name', '')} ({m['kind']})",
        "Scenarios": ", ".join(m.get("scenarios", {})),
        "Factors": "; ".join(
            f"{f.name}: {f.target} {f.field}, {f.allowed}" for f in map(read_back, m.get("factors", []))
        ),
        "Seeds": f"{min(seeds)} to {max(seeds)}" if seeds else "",
        "Parameters": f"a set of the posterior for each seed ({m['over']})" if m.get("over") else "defaults",
        "Planned, done, failed": ", ".join(str(m.get("runs", {}).get(k, "")) for k in ("planned", "done", "failed")),
        "Sources of the model": str(m.get("source_hash", ""))[:16],
        "Tables": str(m.get("data_hash", ""))[:16],
        "Commit": str(m.get("git_commit") or ""),
        "Versions": ", ".join(f"{name} {number}" for name, number in m.get("versions", {}).items()),
        "Computing time": f"{float(m['seconds']):,.0f} s" if m.get("seconds") else "",
        "Made": str(m.get("created", "")),
        "Again": _command(m),
    }


def _command(manifest: dict[str, Any]) -> str:
    """The command that makes the study again: its options spelt out."""
    name, seeds = str(manifest.get("name", "")), manifest.get("seeds", [])
    plain, quick, compared = name.removesuffix(QUICK), name.endswith(QUICK), name.startswith("compare-")
    files = manifest.get("scenario_files", {})
    scenarios = shlex.join(files.get(scenario, scenario) for scenario in manifest.get("scenarios", {}))
    options = (
        ("--quick", quick and not compared),
        (f"--over {manifest.get('over')}", bool(manifest.get("over"))),
        (f"--replications {len(seeds)} --organisations {manifest.get('organisations', 150)}", not quick),
        (f"--seed {min(seeds, default=1)}", min(seeds, default=1) != 1),
        ("--window {} {}".format(*manifest.get("window", (0, 0))), compared),
    )
    what = f"compare {scenarios}" if compared else f"study {plain}"
    return " ".join([COMMAND, what, *(text for text, needed in options if needed)])


def _notes(study: StudyResults) -> list[str]:
    texts, shown = [str(note) for note in study.manifest.get("notes", [])], study.outcome(LANDED)
    four = study.table("complementarity")
    for row in four[four["outcome"] == LANDED].head(1).to_dict("records") if len(four) else []:
        additive, low, high = (row[column] * shown.factor for column in ("additive", "low", "high"))
        texts.append(
            f"Complementarity of {study.inside(row['first'])} and {study.inside(row['second'])} in what lands: "
            f"{theme.number(additive, 2)} {shown.unit} ({theme.span(low, high, 2)}), in logs "
            f"{theme.number(row['log_ratio'], 2)} ({theme.span(row['log_low'], row['log_high'], 2)})."
        )
    moved = study.table("displacement").reindex(columns=["kind", "scenario", "target", "D", "low", "high"])
    texts += [
        f"Displacement by {row['kind']}, {study.inside(row['scenario'])}: of each kilogram that leaves "
        f"{str(row['target']).replace('_', ' ')}, {theme.number(row['D'], 2)} appears elsewhere (Fieller 95% "
        f"{theme.span(row['low'], row['high'], 2)})."
        for row in moved[moved["D"].notna()].to_dict("records")
    ]
    if withheld := int(moved["D"].isna().sum()):
        texts.append(f"Displacement is withheld for {withheld} pairs, since what is lost there may be nothing.")
    if len(pairs := study.table("paired")):
        mine = pairs[pairs["outcome"] == LANDED]["variance_reduction"]
        texts.append(
            f"Pairing on the same seeds divides the variance of differences in what lands by "
            f"{theme.span(float(mine.min()), float(mine.max()), 2)}."
        )
    return texts


def export_figures(folder: Path) -> list[Path]:
    """Write every figure of a study as PNG and SVG.

    Raises
    ------
    InputError
        If kaleido or a browser is missing.
    """
    study, made = read_study(Path(folder)), []
    (study.folder / "figures").mkdir(exist_ok=True)
    with _one_browser():
        for drawing in (drawing for part in draw(study) for drawing in part.drawings):
            alone = theme.titled(drawing.figure, IMAGE_WIDTH)
            for suffix, scale in (("png", 2), ("svg", 1)):
                made.append(study.folder / "figures" / f"{drawing.name}.{suffix}")
                made[-1].write_bytes(alone.to_image(format=suffix, scale=scale))
    return made


@contextlib.contextmanager
def _one_browser() -> Iterator[None]:
    try:
        import kaleido

        kaleido.start_sync_server(silence_warnings=True)
    except Exception as error:
        raise InputError(
            "figures cannot be drawn as files",
            field="--images",
            value=type(error).__name__,
            allowed="kaleido and a Chromium or Chrome",
            remedy="pip install kaleido, install chromium, or leave --images out",
        ) from None
    try:
        yield
    finally:
        kaleido.stop_sync_server(silence_warnings=True)
