"""validation.html: model against data for every target, scores, nulls, rivals, and what it is not to be used for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path
from string import Template
from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from experiments.analysis.intervals import preliminary
from experiments.ensemble.folder import read_manifest, write_atomically
from experiments.ensemble.manifests import check_manifest
from experiments.validation import annual
from experiments.validation.nulls import NULLS
from experiments.validation.validate import USUAL
from model.errors import InputError
from views import theme
from views.cli.command import COMMAND
from views.figures import theories
from views.figures import validation as figures
from views.reports import page
from views.reports.history import TEMPLATES, told_with
from views.reports.look import words
from views.reports.texts import RESPONSIBLE

__all__ = ["NOT_FOR", "write_validation_report"]

SHOWN_STATES: Final = ["ESP", "PRT", "NLD", "BEL", "FRA", "GBR", "COL", "USA", "BRA"]
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


@dataclass(frozen=True)
class Results:
    """A validation as its folder holds it."""

    folder: Path
    manifest: dict[str, Any]

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        """All tables by name; an empty one is a frame without rows."""
        found = {}
        for path in sorted((self.folder / "tables").glob("*.csv")):
            try:
                found[path.stem] = pd.read_csv(path, keep_default_na=False, na_values=["", "nan"])
            except pd.errors.EmptyDataError:
                found[path.stem] = pd.DataFrame()
        return found

    def table(self, name: str) -> pd.DataFrame:
        """A table; empty where there is none."""
        return self.tables.get(name, pd.DataFrame())


type Drawn = tuple[str, go.Figure, pd.DataFrame]


def write_validation_report(folder: Path) -> Path:
    """Write validation.html of a folder that `validate` wrote, and the data of its figures; gives its path.

    Raises
    ------
    InputError
        If there is no validation in the folder.
    """
    manifest = read_manifest(Path(folder))
    if manifest.get("kind") != "validation":
        raise InputError("there is no validation in this folder", field="folder", value=str(folder),
                         allowed="what `run.py validate` wrote", remedy="uv run run.py validate")  # fmt: skip
    check_manifest(manifest, str(Path(folder) / "manifest.json"), whole=True)
    results = Results(Path(folder), manifest)
    parts = sections(results)
    (results.folder / "figures").mkdir(exist_ok=True)
    for name, _, data in (drawn for _, _, _, drawings in parts for drawn in drawings):
        write_atomically(results.folder / "figures" / f"{name}.csv", data.to_csv(index=False, lineterminator="\n"))
    return write_atomically(results.folder / "validation.html", render(results, parts))


def sections(results: Results) -> list[tuple[str, str, str, list[Drawn]]]:
    """Title, lead, columns and figures of every section."""
    judged, families = results.table("judged"), results.table("families")
    cells, split, fit = results.table("country_years"), results.table("time_split"), results.table("fitted")
    differences = results.table("split_differences")
    parts: list[tuple[str, str, str, list[Drawn]]] = [
        (
            "Does it predict what it was not fitted to?",
            "By family of targets, and for every state and year, against predictions that know nothing of trafficking.",
            "two",
            [
                ("families", figures.families(families), families),
                ("time-split", figures.time_split(split), split),
                ("differences", figures.differences(differences), differences),
                ("cells", figures.cells(cells), cells),
                (
                    "states",
                    figures.states(cells, _state_names(), [s for s in SHOWN_STATES if s in set(cells["state"])]),
                    cells,
                ),
            ],
        ),
    ]
    parts.append(
        (
            "Figure by figure",
            "Every judged figure that is no state's seizures.",
            "one",
            [("judged", figures.judged(judged), judged)],
        )
    )
    series = results.table("series")
    drawn = [
        (f"course-{name}", figures.course(series, fit, judged, name), judged[judged["statistic"] == name])
        for name in figures.COURSES
        if len(series) and len(fit)
    ]
    parts.append(
        ("Courses", "What the fitted model does by itself, beside everything that was published.", "two", drawn)
    )
    if len(fit):
        table = results.table("posterior")
        parts.append(
            (
                "What was fitted, and what the record says of it",
                "Targets of 2004-08, and the parameters that were free.",
                "two",
                [("fitted", figures.fitted(fit), fit), ("posterior", figures.posterior(table), table)],
            )
        )
    trials, surge = results.table("trials"), results.table("surge")
    parts.append(
        (
            "Experiments of history, findings of other models",
            "Nothing here was fitted: facts are changed, and choices follow.",
            "one",
            [("trials", theories.trials(trials), trials), ("surge", theories.surge(surge), surge)],
        )
    )
    rivals, remedies = results.table("rivals"), results.table("remedies")
    drawn = [("remedies", theories.remedies(remedies), remedies)]
    if len(rivals):
        drawn.insert(0, ("rivals", theories.rivals(rivals), rivals))
    told = results.table("conclusions")
    if len(told):
        names = _scenario_names(told)
        for outcome, title in (
            ("arrived_europe_kg", "What packages change in what lands"),
            ("west_africa_kg", "What they change in West Africa"),
        ):
            drawn.append(
                (
                    f"signs-{outcome.split('_')[0]}",
                    theories.signs(told, names, outcome, title),
                    told[told["outcome"] == outcome],
                )
            )
    parts.append(
        (
            "Rival theories, and what survives them",
            "The same record fitted under other theories; and what was tried to mend the model.",
            "two",
            drawn,
        )
    )
    return parts


def _state_names() -> dict[str, str]:
    from model.world.tables import load_tables

    return dict(load_tables().states[["state", "name"]].itertuples(index=False))


def _scenario_names(told: pd.DataFrame) -> dict[str, str]:
    from model import Scenario

    return {str(name): Scenario.load(str(name)).title.partition(": ")[2] or Scenario.load(str(name)).title
            for name in dict.fromkeys(told["scenario"])}  # fmt: skip


OUTCOMES: Final = {
    "arrived_europe_kg": "what lands", "west_africa_kg": "flow through West Africa",
    "expected_seized_kg": "what is seized",
}  # fmt: skip
"""Outcomes that structures are compared by, in words."""

# --- words --------------------------------------------------------------------------------------------------------


def _range(pair: list[int]) -> str:
    return f"{pair[0]} to {pair[1]}"


def _hindsight(verdict: Mapping[str, Any]) -> str:
    """How many of the families that pass owe it to a rule that was chosen after their figures had been seen."""
    seen, passed = verdict["families_passed_hindsight"], verdict["families_passed"]
    if not seen:
        return ""
    who = "all of them" if seen == passed else f"{seen} of them"
    return f"For {who} a rule of the model was chosen after their figures had been seen. "


def findings(results: Results) -> list[tuple[str, str]]:
    """What was found, in sentences made of the numbers (HTML)."""
    v, split = results.manifest["verdict"], results.table("time_split").set_index("predictor")
    families, trials = results.table("families"), results.table("trials")
    model, last = split.loc[annual.CARRIED], split.loc["last"]
    failing = families[~families["passes"]]
    low, high = v["families_passed_range"]
    judged = v["families"] - v["families_informed"]
    found = [
        ("Judged families", f"<b>{v['families_passed']} of {judged}</b> families of targets pass ({low} to {high} with "
         "other draws of the same posterior): they lie inside the 90% intervals, score better than the best null that "
         f"knows no more, and have narrower intervals. {_hindsight(v)}However wide, "
         f"<b>{v['families_inside_better_counted']}</b> lie inside and score better "
         f"({_range(v['families_inside_better_range'])}), {v['families_inside_better_hindsight']} of these in "
         f"hindsight; {v['families_informed']} more families are set apart, since an input of the model rests on them. "
         + _failed(failing)),
        ("States and years", f"Half of the {v['country_years']:,} annual reports above 1 t are predicted within a "
         f"factor of <b>{_factor(_number(model, 'error'))}</b> "
         f"(value of 2008 carried on: {_factor(_number(last, 'error'))}). "
         f"{100 * model['cover_90']:.0f}% lie inside the 90% intervals, whose high end is "
         f"{theme.number(_number(model, 'factor_90'), 2)} times the low one. {_told_apart(v)} "
         + _by_size(results.table("split_differences"))),
        ("Experiments", f"Of {v['trials_open']} experiments of history and findings of other models whose outcome is "
         f"open, <b>{v['trials_open_hold']}</b> hold and {v['trials_open_fail']} fail, the rest cannot be told. Of "
         f"{v['trials'] - v['trials_open']} more the sign follows nearly by itself (more ships take more): "
         f"{v['trials_hold'] - v['trials_open_hold']} hold. {v['trials_built_in']} ask after a rule "
         "that was put in as such. " + _failing(trials)),
        ("The fit itself", f"Of {v['fitted']} targets {v['fitted_inside_runs']} lie inside the 90% interval of runs of "
         f"the posterior, {v['fitted_inside_record']} if the error of the record is added, {v['fitted_inside_fit']} "
         f"if that error has the temperature of the fit. {_rejected(v)}"),
    ]  # fmt: skip
    told = results.table("conclusions")
    if len(told):
        found.append(("Conclusions", _conclusions(told)))
    found.append(("Do not use it for", page.items(list(NOT_FOR))))
    return found


def _rejected(verdict: Mapping[str, Any]) -> str:
    """Whether the posterior would make data as far from its runs as the published ones."""
    p = verdict["fitted_joint_p"]
    if p < 0.05:
        told = theme.number(p, 1) if p >= 0.001 else "below 0.001"
        return ("Taken together the record refuses the model at the errors that are stated for it (posterior "
                f"predictive p {told}); hence the temperature.")  # fmt: skip
    return f"Taken together the record does not refuse the model (posterior predictive p {theme.number(p, 1)})."


def _told_apart(verdict: dict[str, Any]) -> str:
    """Which nulls the model can be told from, on states and years."""
    parts = []
    for score, name in (("error", "median error"), ("crps", "CRPS")):
        better = [NULLS[n] for n in verdict[f"better_on_{score}"]]
        worse = [NULLS[n] for n in verdict[f"worse_on_{score}"]]
        said = [f"surely better than {escape('; '.join(better))}"] if better else []
        said += [f"surely worse than {escape('; '.join(worse))}"] if worse else []
        parts.append(f"In {name} it is " + (", ".join(said) or "not to be told from any null") + ".")
    return " ".join(parts)


def _by_size(differences: pd.DataFrame) -> str:
    """How the model's CRPS stands beside the nulls' by the size of states."""
    rows = differences[(differences["score"] == "CRPS") & (differences["states"] != annual.EVERY)]
    said = [f"{size}, ahead of {int((group['difference'] < 0.0).sum())} of {len(group)} nulls"
            f" ({group['n'].iloc[0]} reports)" for size, group in rows.groupby("states", sort=False)]  # fmt: skip
    return f"In CRPS by what states reported a year in 2004-08: {escape('; '.join(said))}." if said else ""


def _failed(families: pd.DataFrame) -> str:
    """Families that do not pass, in a table that says why."""
    rows = "".join(
        f"<tr><th scope='row'>{escape(words(str(row['family'])))}</th>"
        f"<td>{row['inside']} of {row['n']}</td><td>{theme.number(row['crps_there'], 2)}</td>"
        f"<td>{theme.number(row['crps_null'], 2)}</td><td class='text'>{escape(NULLS[row['null']])}</td>"
        f"<td class='text'>{escape(str(row['why']))}</td></tr>"
        for row in families.sort_values("crps_null").to_dict("records")
    )
    return ("<details><summary>The others, and why</summary><table class='why'><thead><tr><th scope='col'>Family</th>"
            "<th scope='col'>Inside 90%</th><th scope='col'>CRPS</th><th scope='col'>Of the null</th>"
            "<th scope='col' class='text'>Best null</th><th scope='col' class='text'>Why it does not pass</th></tr>"
            f"</thead><tbody>{rows}</tbody></table></details>")  # fmt: skip


def _number(row: Any, name: str) -> float:
    return float(row[name])


def _factor(error: float) -> str:
    return theme.number(2.718281828459045**error, 2)


def _failing(trials: pd.DataFrame) -> str:
    bad = trials[trials["verdict"] == "fails"]
    return "Failing: " + "; ".join(escape(str(t)) for t in bad["trial"]) + "." if len(bad) else ""


def _conclusions(told: pd.DataFrame) -> str:
    """Which signs hold under every structure."""
    from experiments.validation.rivals import survives

    every, names = survives(told), _scenario_names(told)
    table = every[every["outcome"] == "arrived_europe_kg"]

    def listed(mask: pd.Series) -> str:
        return "; ".join(escape(names[str(s)]) for s in table.loc[mask, "scenario"]) or "none"

    count = int(table["structures"].max()) if len(table) else 0
    clear = table["survives"] & (table["less"] > 0)
    never = (table["less"] == 0) & (table["more"] == 0)
    unclear = f" Cannot be told under any: {listed(never)}." if never.any() else ""
    apart = [f"{names[str(row['scenario'])]} ({OUTCOMES[row['outcome']]})"
             for row in every[every["contradicted"]].to_dict("records")]  # fmt: skip
    differ = f"Structures contradict each other on: {escape('; '.join(apart))}."
    return (f"What lands falls under all {count} structures with: <b>{listed(clear)}</b>. Under some only: "
            f"{listed(~clear & (table['less'] > 0))}.{unclear} "
            + (differ if apart else "No structure contradicts another."))  # fmt: skip


# --- the page -----------------------------------------------------------------------------------------------------


def render(results: Results, parts: list[tuple[str, str, str, list[Drawn]]]) -> str:
    """The whole page as text."""
    bodies, scripts = [], []
    for number, (title, lead, columns, drawings) in enumerate(parts, start=1):
        cards = []
        for name, figure, data in drawings:
            height = int(figure.layout.height or 360)
            html, script = page.figure_card(name, figure, height, _readable(data))
            links = f'<span class="files"><a href="figures/{name}.csv" download>CSV</a></span></figcaption>'
            cards.append(html.replace('class="fig"', 'class="fig flat"').replace("</figcaption>", links))
            scripts.append(script)
        bodies.append(
            f'<section aria-labelledby="s{number}"><h2 id="s{number}"><span>{number}</span> {escape(title)}</h2>'
            f'<p class="lead">{escape(lead)}</p><div class="grid {columns}">{"".join(cards)}</div></section>'
        )
    m = results.manifest
    points = "".join(f"<div><dt>{escape(label)}</dt><dd>{text}</dd></div>" for label, text in findings(results))
    size, kept = m["size"], m["posterior"]
    facts = {
        "Structure": m["structure"], "Sets of the posterior": str(size["draws"]),
        "Runs of the fit": f"{kept['simulations']:,}",
        "Temperature": theme.number(float(kept["temperature"]), 2), "Fitted": "2004-08", "Judged": "2009-2023",
        "Made": str(m["created"])[:10],
    }  # fmt: skip
    run = {
        "Sources of the model": str(m["source_hash"])[:16], "Tables": str(m["data_hash"])[:16],
        "Fitted under": f"{str(kept.get('source', ''))[:16]}, tables {str(kept.get('data', ''))[:16]}",
        "Commit": str(m.get("git_commit") or ""), "Versions": ", ".join(f"{k} {v}" for k, v in m["versions"].items()),
        "Again": f"{COMMAND} validate {m['structure']}",
    }  # fmt: skip
    fields = {
        "kind": "Validation", "title": escape(f"{m['title']}{theme.bracketed(_few(size))}"),
        "question": "Fitted to 2004-08, judged on what came after: every target, every score, every failure.",
        "finding": f'<dl class="findings">{points}</dl>',
        "notice": (LOOK if size["draws"] < USUAL.draws else "") + NOTICE, "facts": page.facts(facts),
        "sections": "\n".join(bodies), "warnings": page.warnings(told_with(m)),
        "method": page.items(list(METHOD), "ol"), "run": page.terms(run),
        "responsible": "".join(f"<p>{escape(text)}</p>" for text in RESPONSIBLE),
        "notes": page.items(_notes(results)), "data": "\n".join(scripts), "plotly": get_plotlyjs(),
        "colours": page.json_script("dark", theme.DARK), "js": (TEMPLATES / "study.js").read_text(encoding="utf-8"),
        "css": "".join((TEMPLATES / name).read_text(encoding="utf-8") for name in ("report.css", "study.css")),
    }  # fmt: skip
    return Template((TEMPLATES / "study.html").read_text(encoding="utf-8")).substitute(fields)


def _few(size: dict[str, Any]) -> str:
    """What is said where some part of a validation rests on few parameter sets."""
    return preliminary(
        min(size[part] for part in ("draws", "trials", "surge", "remedies", "policies")), "parameter set"
    )


def _readable(data: pd.DataFrame) -> pd.DataFrame:
    return data.dropna(axis=1, how="all").rename(columns=lambda name: str(name).replace("_", " "))


def _notes(results: Results) -> list[str]:
    notes = []
    for r in results.table("regions").to_dict("records"):
        if pd.isna(r["inside"]):
            notes.append(f"{r['region']} left out: reweighting leaves {r['sets']:.0f} effective sets, too few to tell.")
        else:
            notes.append(f"{r['region']} left out: {r['inside']:.0f} of its {r['targets']} targets lie inside the 90% "
                         f"intervals; median error {r['error']:.2f} against {r['error_with']:.2f} as fitted "
                         f"({r['sets']:.0f} effective sets).")  # fmt: skip
    notes += [f"Remedy tried: {r.name}, {r.what}; CRPS of states and years {r.crps:.3f}, {r.crps_change:+.3f} "
              f"({r.low:+.3f} to {r.high:+.3f}) against the model; {r.passed_low} to {r.passed_high} families pass."
              for r in results.table("remedies").itertuples()]  # fmt: skip
    return notes or ["None."]
