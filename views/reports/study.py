"""The page of a study: what a policy reader wants to know, figures, method; one HTML file that fetches nothing."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template
from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from experiments.design.factors import read_back
from experiments.ensemble.folder import write_atomically
from model.errors import InputError
from views import theme
from views.cli.command import COMMAND
from views.figures import studies as figures
from views.maps import studies as maps
from views.reports import page
from views.reports.history import TEMPLATES, told_with
from views.reports.reading import Study, read_study
from views.reports.texts import RESPONSIBLE
from views.reports.words import findings, lower, sweep_of

__all__ = ["export_figures", "write_study_report"]

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
LANDED: Final = "arrived_europe_kg"
SHOWN_AT_MOST: Final = 6
IMAGE_WIDTH: Final = 900
QUICK: Final = "-quick"
ENDS: Final = (
    "Every kilogram ends in one place only. What waits unsold at the source is not in it, so less may be seized and "
    "less land at once."
)
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


@dataclass(frozen=True)
class Part:
    """A section of the page: title, a line under it, its figures in columns."""

    title: str
    lead: str
    figures: tuple[tuple[str, go.Figure, pd.DataFrame], ...]
    columns: str = "two"


def write_study_report(folder: Path, tables: Any = None) -> Path:
    """Write report.html of a study's folder, and the data of its figures as CSV; gives the path of the page.

    Raises
    ------
    InputError
        If there is no study in the folder.
    """
    study = read_study(Path(folder))
    parts = sections(study, tables)
    _write_data(Path(folder), parts)
    return write_atomically(Path(folder) / "report.html", render(study, parts))


def export_figures(folder: Path, tables: Any = None) -> list[Path]:
    """Write every figure of a study as PNG and SVG.

    Raises
    ------
    InputError
        If kaleido or a browser is missing.
    """
    study, made = read_study(Path(folder)), []
    with _drawing() as kaleido:
        for name, figure, _ in (entry for part in sections(study, tables) for entry in part.figures):
            for suffix in ("png", "svg"):
                path = Path(folder) / "figures" / f"{name}.{suffix}"
                path.parent.mkdir(exist_ok=True)
                alone = theme.titled(figure, IMAGE_WIDTH)
                path.write_bytes(alone.to_image(format=suffix, scale=2 if suffix == "png" else 1))
                made.append(path)
        del kaleido
    return made


@contextlib.contextmanager
def _drawing() -> Iterator[Any]:
    """One browser for all figures."""
    try:
        import kaleido

        kaleido.start_sync_server(silence_warnings=True)
    except Exception as error:
        raise InputError("figures cannot be drawn as files", field="--images", value=type(error).__name__,
                         allowed="kaleido and a Chromium or Chrome",
                         remedy="pip install kaleido, install chromium, or leave --images out") from None  # fmt: skip
    try:
        yield kaleido
    finally:
        kaleido.stop_sync_server(silence_warnings=True)


def _write_data(folder: Path, parts: list[Part]) -> None:
    (folder / "figures").mkdir(exist_ok=True)
    for name, figure, data in (entry for part in parts for entry in part.figures):
        note = figure.layout.meta.get("note")
        told = data.assign(preliminary=note) if note else data
        write_atomically(folder / "figures" / f"{name}.csv", told.to_csv(index=False, lineterminator="\n"))


# --- sections -----------------------------------------------------------------------------------------------------


def sections(study: Study, tables: Any = None) -> list[Part]:
    """The sections that a kind of study has; those without data are left out."""
    makers: dict[str, tuple[Callable[[Study, Any], Part | None], ...]] = {
        "compare": (_differences, _ranking, _flows, _ends, _where, _chain, _cost, _detection),
        "headline": (_differences, _sweep, _flows, _ends, _where, _chain, _ranking, _cost, _detection),
        "sweep": (_sweep, _maps_of_two), "screening": (_screening,), "sobol": (_sobol,),
        "attribution": (_credit,), "search": (_front,),
    }  # fmt: skip
    if tables is None:
        from model.world.tables import load_tables

        tables = load_tables()
    parts = [make(study, tables) for make in makers[study.kind]]
    return [part for part in parts if part is not None and part.figures]


def _differences(study: Study, tables: Any) -> Part | None:
    rows = study.table("paired")
    if rows.empty:
        return None
    chosen = [name for name in ("arrived_europe_kg", "west_africa_kg", "price_europe", "expected_seized_kg",
                                "seized_eu_bulk_kg", "known_share") if name in set(rows["outcome"])]  # fmt: skip
    drawn = tuple(
        (f"difference-{name.replace('_', '-')}", figures.forest(study, rows, name), rows[rows["outcome"] == name])
        for name in chosen[:SHOWN_AT_MOST]
    )
    lead = ("Each scenario against the baseline, seed by seed. Seizures have no better side: more of them may be "
            "supply, effort or luck.")  # fmt: skip
    return Part("What each package changes", lead, drawn)


def _sweep(study: Study, tables: Any) -> Part | None:
    rows = sweep_of(study)
    levers = [str(row["name"]) for row in study.manifest.get("factors", []) if row["name"] in rows]
    if rows.empty or not levers:
        return None
    wanted = [LANDED, "expected_seized_kg", "seized_eu_bulk_kg", "west_africa_kg", "known_share", "price_europe"]
    outcomes = [name for name in wanted if name in set(rows["outcome"])] or list(dict.fromkeys(rows["outcome"]))
    if len(levers) > 1 and study.manifest.get("design", {}).get("method") == "grid":
        found = figures.worlds(study, rows)
        drawn = tuple(
            (f"map-of-{name.replace('_', '-')}{f'-{number}' if len(found) > 1 else ''}",
             figures.heatmap(study, mine, levers[:2], name, world), mine)
            for name in outcomes[: max(SHOWN_AT_MOST // len(found), 1)] for number, (world, group) in enumerate(found)
            for mine in [group[group["outcome"] == name]]
        )  # fmt: skip
    else:
        drawn = tuple(
            (f"sweep-{name.replace('_', '-')}", figures.curves(study, rows, levers[0], name),
             rows[rows["outcome"] == name]) for name in outcomes[:SHOWN_AT_MOST]
        )  # fmt: skip
    lead = "One number moves and all else stays as it was: what follows, and how surely."
    return Part(f"{study.factor(levers[0])}, from end to end", lead, drawn)


def _left_out(study: Study, shown: int) -> str:
    """Which scenarios a section does not show, those that change most what lands coming first."""
    rest = _others(study)[shown:]
    names = ", ".join(lower(study.scenario(name)) for name in rest)
    return f" Not drawn, since they change less what lands: {names}." if rest else ""


def _maps_of_two(study: Study, tables: Any) -> Part | None:
    return None if study.table("flows").empty else _flows(study, tables)


def _others(study: Study) -> list[str]:
    """Scenarios other than the baseline, those first that change most what lands."""
    flows, pairs = study.table("flows"), study.table("paired")
    names = [str(name) for name in dict.fromkeys(flows["scenario"]) if name != study.manifest["baseline"]]
    landed = pairs[(pairs["outcome"] == LANDED) & (pairs["supply"] == pairs["supply"].iloc[0])] if len(pairs) else pairs
    size = dict(zip(landed["scenario"], landed["effect"].abs(), strict=True)) if len(landed) else {}
    return sorted(names, key=lambda name: (-size.get(name, 0.0), names.index(name)))


def _flows(study: Study, tables: Any) -> Part | None:
    flows = study.table("flows")
    if flows.empty or not _others(study):
        return None
    one, base = _others(study)[0], str(study.manifest["baseline"])
    drawn = (
        ("map-difference", maps.difference_map(study, tables, one), flows[flows["scenario"].isin([base, one])]),
        ("map-baseline", maps.flow_map(study, tables, base), flows[flows["scenario"] == base]),
        ("map-with", maps.flow_map(study, tables, one), flows[flows["scenario"] == one]),
    )
    lead = f"{study.scenario(one)}: the difference first, then the two worlds it is made of.{_left_out(study, 1)}"
    return Part("Where it moves instead", lead, drawn, "maps")


def _ends(study: Study, tables: Any) -> Part | None:
    rows = study.table("ends")
    if rows.empty:
        return None
    chosen = [str(study.manifest["baseline"]), *_others(study)[:1]]
    drawn = tuple((f"ends-{n}", figures.sankey(study, rows, n), rows[rows["scenario"] == n]) for n in chosen)
    return Part("Where the kilograms end", f"{ENDS}{_left_out(study, 1)}", drawn)


def _where(study: Study, tables: Any) -> Part | None:
    rows = study.table("states")
    if rows.empty:
        return None
    drawn = tuple(
        (f"states-{n}", figures.states(study, rows, n), rows[(rows["scenario"] == n) & (rows["what"] == "through_kg")])
        for n in _others(study)[:SHOWN_AT_MOST]
    )
    return Part(
        "Winners and losers", "Harm that moves elsewhere is harm: tonnes through each state, more and less."
        + _left_out(study, SHOWN_AT_MOST), drawn,
    )  # fmt: skip


def _chain(study: Study, tables: Any) -> Part | None:
    rows = study.table("decomposition")
    if rows.empty:
        return None
    names = list(dict.fromkeys(rows["scenario"]))[:SHOWN_AT_MOST]
    drawn = tuple((f"chain-{n}", figures.decomposition(study, rows, n), rows[rows["scenario"] == n]) for n in names)
    lead = ("Which link of the chain changes expected seizures: how much is sent, how far it travels, whether somebody "
            "knows, whether an asset is sent, what a case acted on yields, what inspection takes.")  # fmt: skip
    return Part("Why seizures change", lead, drawn)


def _ranking(study: Study, tables: Any) -> Part | None:
    rows = study.table("ranking")
    if rows.empty:
        return None
    chosen = [name for name in (LANDED, "west_africa_kg") if name in set(rows["outcome"])]
    drawn = tuple((f"rank-{name.replace('_', '-')}", figures.ranks(study, rows, name), rows[rows["outcome"] == name])
                  for name in chosen)  # fmt: skip
    return Part(
        "Which is best, and how surely",
        "Ranges that overlap are no ranking: more seeds would be needed to part them.",
        drawn,
    )


def _cost(study: Study, tables: Any) -> Part | None:
    rows = study.table("costs")
    if rows.empty or not rows["eur_per_kg"].notna().any():
        return None
    drawn: list[tuple[str, go.Figure, pd.DataFrame]] = [("cost-per-kg", figures.cost_bars(study, rows), rows)]
    return Part("What it costs", "Above the baseline, each year.", tuple(drawn), "one")


def _detection(study: Study, tables: Any) -> Part | None:
    rows = study.table("detect")
    if rows.empty:
        return None
    chosen = [name for name in ("seized_eu_bulk_kg", "price_europe") if name in set(rows["outcome"])]
    drawn = tuple(
        (f"detect-{name.replace('_', '-')}", figures.detection(study, rows, name), rows[rows["outcome"] == name])
        for name in chosen
    )
    lead = "The record is one world. How many years of it would show an effect of this size?"
    return Part("What statistics could show", lead, drawn)


def _per_outcome(table: str, make: Any, title: str, lead: str) -> Callable[[Study, Any], Part | None]:
    def part(study: Study, tables: Any) -> Part | None:
        rows = study.table(table)
        if rows.empty:
            return None
        drawn = tuple(
            (f"{table}-{str(name).replace('_', '-')}", make(study, rows, str(name)), rows[rows["outcome"] == name])
            for name in dict.fromkeys(rows["outcome"])
        )
        return Part(title, lead, drawn)

    return part


_screening: Final = _per_outcome(
    "morris", figures.morris_plane, "Which uncertainties matter",
    "Each factor moved over its range from many starting points; what is far to the right needs evidence first.",
)  # fmt: skip
_sobol: Final = _per_outcome(
    "sobol", figures.sobol_bars, "What the variance comes from",
    "A factor whose total is small can be fixed without loss; where the total exceeds the first order, it works "
    "through others.",
)  # fmt: skip


def _credit(study: Study, tables: Any) -> Part | None:
    return _per_outcome(
        "shapley", figures.shapley, "Who deserves credit",
        "What each adds, averaged over all orders in which they could have come; a share against the sum is harm moved "
        "onto others, or work done twice.",
    )(study, tables)  # fmt: skip


def _front(study: Study, tables: Any) -> Part | None:
    rows = study.table("front")
    if rows.empty:
        return None
    drawn = (("pareto", figures.pareto(study, rows), rows), ("mixes", figures.mixes(study, rows), rows))
    lead = "Found by search in some sampled worlds, shown in others; the random and the status quo mix beside it."
    return Part("Robust mixes", lead, drawn)


# --- the page -----------------------------------------------------------------------------------------------------


def render(study: Study, parts: list[Part]) -> str:
    """The whole page as text."""
    bodies, scripts = [], []
    for number, part in enumerate(parts, start=1):
        cards = []
        for name, figure, data in part.figures:
            height = int(figure.layout.height or 0)
            html, script = page.figure_card(name, figure, height or 560, _readable(study, data))
            kind = "map" if name.startswith("map-") and not height else "flat"
            cards.append(
                html.replace('class="fig"', f'class="fig {kind}"').replace("</figcaption>", _links(study, name))
            )
            scripts.append(script)
        bodies.append(
            f'<section aria-labelledby="s{number}"><h2 id="s{number}"><span>{number}</span> {escape(part.title)}</h2>'
            f'<p class="lead">{escape(part.lead)}</p><div class="grid {part.columns}">{"".join(cards)}</div></section>'
        )
    found = findings(study) or [("", "There is nothing to compare yet.")]
    points = "".join(f"<div><dt>{escape(label)}</dt><dd>{text}</dd></div>" for label, text in found)
    fields = {
        "kind": "Study", "title": escape(f"{study.manifest['title']}{theme.bracketed(study.note())}"),
        "question": escape(str(study.manifest.get("question", ""))),
        "finding": f'<dl class="findings">{points}</dl>',
        "notice": escape(_notice(study)), "facts": page.facts(_facts(study)),
        "warnings": page.warnings(told_with(study.manifest)), "sections": "\n".join(bodies),
        "method": page.items(list(METHOD), "ol"), "run": page.terms(_run(study)),
        "responsible": "".join(f"<p>{escape(text)}</p>" for text in RESPONSIBLE),
        "notes": page.items(_notes(study)), "data": "\n".join(scripts), "plotly": get_plotlyjs(),
        "colours": page.json_script("dark", theme.DARK), "js": _asset("study.js"),
        "css": _asset("report.css") + _asset("study.css"),
    }  # fmt: skip
    return Template(_asset("study.html")).substitute(fields)


def _asset(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


def _links(study: Study, name: str) -> str:
    found = [
        suffix
        for suffix in ("csv", "png", "svg")
        if suffix == "csv" or (study.folder / "figures" / f"{name}.{suffix}").exists()
    ]
    links = ", ".join(f'<a href="figures/{name}.{suffix}" download>{suffix.upper()}</a>' for suffix in found)
    return f'<span class="files">{links}</span></figcaption>'


def _readable(study: Study, data: pd.DataFrame) -> pd.DataFrame:
    """Columns of a table that say something: named scenarios, no column that is the same everywhere by definition."""
    made = data.copy()
    for column in ("scenario", "baseline"):
        if column in made:
            made[column] = [study.scenario(str(name)) for name in made[column]]
    made = made.drop(columns=[name for name in ("baseline", "outcome", "point") if name in made], errors="ignore")
    return made.dropna(axis=1, how="all").rename(columns=lambda name: str(name).replace("_", " "))


def _facts(study: Study) -> dict[str, str]:
    m = study.manifest
    fork = str(m.get("fork") or "none")
    facts = {
        "Runs": f"{int(m.get('runs', {}).get('done', 0)):,}", "Seeds": str(study.seeds), "Fork": fork,
        "Years read": study.window, "Organisations": str(m.get("organisations", "")), "Baseline": study.baseline,
        "Made": str(m.get("created", ""))[:10],
    }  # fmt: skip
    failed = int(m.get("runs", {}).get("failed", 0))
    return {**facts, **({"Failed runs": f"{failed:,}, left out"} if failed else {})}


def _run(study: Study) -> dict[str, str]:
    m = study.manifest
    seeds, versions = m.get("seeds", []), m.get("versions", {})
    run = {
        "Study": f"{m.get('name', '')} ({study.kind})", "Scenarios": ", ".join(m.get("scenarios", {})),
        "Factors": "; ".join(
            f"{f.name}: {f.target} {f.field}, {f.allowed}" for f in map(read_back, m.get("factors", []))
        ),
        "Seeds": f"{min(seeds)} to {max(seeds)}" if seeds else "",
        "Parameters": f"a set of the posterior for each seed ({m['over']})" if m.get("over") else "defaults",
        "Planned, done, failed": ", ".join(str(m.get("runs", {}).get(k, "")) for k in ("planned", "done", "failed")),
        "Sources of the model": str(m.get("source_hash", ""))[:16], "Tables": str(m.get("data_hash", ""))[:16],
        "Commit": str(m.get("git_commit") or ""), "Versions": ", ".join(f"{k} {v}" for k, v in versions.items()),
        "Computing time": f"{float(m['seconds']):,.0f} s" if m.get("seconds") else "",
        "Made": str(m.get("created", "")), "Again": _command(m),
    }  # fmt: skip
    return {k: v for k, v in run.items() if v}


def _notice(study: Study) -> str:
    look = LOOK if str(study.manifest.get("name", "")).endswith(QUICK) else ""
    return look + NOTICE + (BEYOND_CHANCE if study.manifest.get("over") else CHANCE)


def _command(manifest: dict[str, Any]) -> str:
    """The command that makes the study again: what it was told, spelt out."""
    name, seeds = str(manifest.get("name", "")), manifest.get("seeds", [])
    quick = name.endswith(QUICK)
    said = [f"--over {manifest['over']}"] if manifest.get("over") else []
    if not quick:
        said += [f"--replications {len(seeds)}", f"--organisations {manifest.get('organisations', 150)}"]
    if seeds and int(min(seeds)) != 1:
        said.append(f"--seed {min(seeds)}")
    if name.startswith("compare-"):
        first, last = manifest.get("window", (0, 0))
        said.append(f"--window {first} {last}")
        files = manifest.get("scenario_files", {})
        names = [shlex.quote(files.get(name, name)) for name in manifest.get("scenarios", {})]
        return f"{COMMAND} compare {' '.join(names)} {' '.join(said)}"
    plain = name.removesuffix(QUICK)
    return " ".join([f"{COMMAND} study", plain, *(["--quick"] if quick else []), *said])


def _notes(study: Study) -> list[str]:
    texts = [str(note) for note in study.manifest.get("notes", [])]
    four = study.table("complementarity")
    if len(four):
        row = four[four["outcome"] == LANDED].iloc[0].to_dict()
        shown = study.outcome(LANDED)
        texts.append(
            f"Complementarity of {lower(study.scenario(row['first']))} and {lower(study.scenario(row['second']))} in "
            f"what lands: {theme.number(row['additive'] * shown.factor, 2)} {shown.unit} "
            f"({theme.span(row['low'] * shown.factor, row['high'] * shown.factor, 2)}), in logs "
            f"{theme.number(row['log_ratio'], 2)} ({theme.span(row['log_low'], row['log_high'], 2)})."
        )
    moved = study.table("displacement")
    for row in moved.to_dict("records"):
        if pd.notna(row["D"]):
            texts.append(
                f"Displacement by {row['kind']}, {lower(study.scenario(row['scenario']))}: of each kilogram that "
                f"leaves {str(row['target']).replace('_', ' ')}, {theme.number(row['D'], 2)} appears elsewhere "
                f"(Fieller 95% {theme.span(row['low'], row['high'], 2)})."
            )
    withheld = int(moved["D"].isna().sum()) if len(moved) else 0
    if withheld:
        texts.append(f"Displacement is withheld for {withheld} pairs, since what is lost there may be nothing.")
    pairs = study.table("paired")
    if len(pairs):
        mine = pairs[pairs["outcome"] == LANDED]["variance_reduction"]
        texts.append(f"Pairing on the same seeds divides the variance of differences in what lands by "
                     f"{theme.span(float(mine.min()), float(mine.max()), 2)}.")  # fmt: skip
    return texts or ["None."]
