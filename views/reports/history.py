"""The page of the main job: 2000 to 2023 as it happened, beside the published record.

`write_history_report` reads what the job wrote (parquet frames with a `replication` column and manifest.json) and
writes one self-contained HTML file: plotly.js is embedded once and nothing is fetched.
"""

import json
from pathlib import Path
from typing import Any, Final

import pandas as pd

from experiments.ensemble.folder import write_atomically
from model.world.tables import Tables
from views import theme
from views.figures.bands import bands
from views.figures.history import BURN_IN
from views.figures.registry import draw
from views.maps import flowmap
from views.reports import observed
from views.reports.render import render
from views.results import HistoryResults, read_history

NOTICE: Final = (
    "Fitted to levels of 2004-08; section 7 sets every published value beside the model, with the ratio, and "
    "validation.html says where it fails. Bands are over replications and show chance only."
)
HEADLINES: Final = (("flow_europe", 2008), ("seized_eu", 2008), ("consumption", 2008), ("price", 2008))
METHOD: Final = (
    "An agent-based model, one week a step: trafficking organisations choose routes, means and loads; states decide "
    "what they share; platforms fuse leads and task ships and aircraft; markets clear.",
    "Every kilogram sent ends in one place only: seized, lost, sold, under way, in stock or leaked back.",
    "Inside the model mass is pure. Seizures are shown in bulk weight (pure mass over wholesale purity), as national "
    "statistics do.",
    "Replications differ only in their random numbers. Bands are quantiles over them: 90% from the 5th to the 95th, "
    "50% from the 25th to the 75th. Uncertain parameters and the choice among theories would widen them.",
    "2000 to 2003 is burn-in with the dated controls of those years and is not scored. Published values marked fit "
    "guided the tuning, those marked judge did not.",
)
BUTTONS: Final = (2004, 2007, 2010, 2015, 2019, 2023)
START: Final = 2007
STATS: Final = {
    "europe": ("Sent towards Europe", "dispatched_to_europe_kg", "t pure"),
    "waf": ("Arrived through West Africa", "west_africa_kg", "t pure"),
    "arrived": ("Arrived in Europe, all routes", "arrived_europe_kg", "t pure"),
    "eu": ("Seized in the EU", "seized_eu_bulk_kg", "t bulk"),
}
"""Key -> (name, column, unit) of the numbers beside the map: medians over replications."""


def write_history_report(results_dir: Path, tables: Tables | None = None, *, notice: str = NOTICE) -> Path:
    """Write `results_dir`/report.html (atomically) and return its path.

    Parameters
    ----------
    results_dir
        Folder with yearly, by_leg, by_place and by_region as parquet and manifest.json (keys used when present:
        title, scenario, replications, seeds, parameters_hash, git_commit, versions, organisations, created, seconds).
    tables
        `model.world.tables.Tables`, or None to load the shipped ones.
    notice
        The caution shown under the title.
    """
    results = read_history(Path(results_dir), tables)
    page = render("history.html", results, draw(results), {**_texts(results), "notice": notice})
    return write_atomically(results.folder / "report.html", page)


def _texts(results: HistoryResults) -> dict[str, Any]:
    compared, runs = observed.compare(results.table("yearly"), results.geography), results.runs
    title = str(results.manifest.get("title") or "2000-2023 as it happened").replace("2000-2023", "2000 to 2023")
    return {
        "kind": "Model report",
        "finding": finding(compared),
        "compared": compared,
        "tiles": _headlines(compared),
        "title": f"Cocaine across the Atlantic: {theme.lower(title)}{theme.bracketed(results.note())}",
        "tiles_lead": "Large number: the model's median. Pale and dark bars: its 90% and 50% bands over "
        f"{theme.counted(runs)}. Black mark: the published value, with its range where one is given.",
        "table_lead": honest_table_text(compared, runs, observed.unmatched(results.geography)),
        "map": _map_card(results),
        "facts": _facts(results),
        "run": _run(results),
        "method": METHOD,
        "sources": sources(results.geography),
    }


def finding(compared: pd.DataFrame) -> str:
    """One sentence from numbers with intervals: West Africa in 2007 and 2010, and EU seizures at the ends.

    Two asterisks stand about what is emphasised.
    """
    africa = compared[compared["name"] == "Arriving in Europe through West Africa"].drop_duplicates("year")
    flow = africa.set_index("year").to_dict("index")
    seized = compared[(compared["name"] == "Seized in the EU") & (compared["year"] >= 2004)].sort_values("year")
    parts = []
    if {2007, 2010} <= set(flow):
        verb = _verb(flow[2007], flow[2010], "falls to", "rises to", "is still")
        parts.append(
            f"the flow that reaches Europe through West Africa is {_against(flow[2007])} in 2007 and {verb} "
            f"{_against(flow[2010])} in 2010"
        )
    if len(seized) > 1:
        first, *_, last = seized.to_dict("records")
        parts.append(
            f"seizures in the EU {_verb(first, last, 'fall', 'rise', 'go')} from {_against(first)} in {first['year']} "
            f"to {_against(last)} in {last['year']}"
        )
    if not parts:
        return "The published record holds no value to set beside this run."
    return f"In the model, {', while '.join(parts)}."


def _verb(first: dict[Any, Any], last: dict[Any, Any], down: str, up: str, level: str) -> str:
    """How a series went: down or up only where the later median lies outside the earlier 50% band."""
    return down if last["median"] < first["low50"] else up if last["median"] > first["high50"] else level


def _against(row: dict[Any, Any]) -> str:
    band = f"90% band {theme.span(row['low90'], row['high90'])}; " if row["low90"] < row["high90"] else ""
    amount = f"**{theme.number(row['median'])} {row['unit'].split()[0]}**"
    return f"{amount} ({band}published {theme.plain(row['value'])})"


def honest_table_text(compared: pd.DataFrame, runs: int, gaps: list[str]) -> str:
    """How many published values the model meets, said plainly."""
    scored = compared[compared["year"] >= 2004]
    judged = scored[scored["use"] == "judge"]
    texts = (
        f"Of {len(scored)} published values from 2004 on, {scored['inside'].sum()} lie inside the model's 90% band and "
        f"for {scored['within_two'].sum()} the median is within a factor of two.",
        f"Of the {len(judged)} not used in tuning, {judged['inside'].sum()} lie inside the band."
        if len(judged)
        else "",
        f"No published value in the tables for: {'; '.join(gaps)}." if gaps else "",
        f"The band holds only the chance among {theme.counted(runs)}, so a value outside it is no surprise; a ratio "
        "far from one is. Several published values are recollected or rest on one source; rival values of one year are "
        "listed separately.",
    )
    return " ".join(filter(None, texts))


def sources(tables: Tables) -> list[str]:
    """The sources of the observations, the most used first, and of the geography."""
    counts = tables.observations["source"].astype(str).str.split(r"[;,(]").str[0].str.strip().value_counts()
    found = [f"{name} ({n} values)" for name, n in counts.head(8).items()]
    if len(counts) > 8:
        found.append(f"{len(counts) - 8} further sources, listed row by row in model/data/observations.csv")
    return [
        *found,
        "Prices, supply, governance and institutions: tables in model/data, each row with its source and confidence",
        "Coastlines: Natural Earth (public domain). Sea lanes: searoute (Apache-2.0)",
    ]


def _headlines(compared: pd.DataFrame) -> pd.DataFrame:
    """The rows of the tiles; of rival values of one year the first whose source is not a recollection."""
    order = {"high": 0, "medium": 1, "low": 2}
    surest = compared.sort_values("confidence", key=lambda named: named.map(order).fillna(3), kind="stable")
    surest = surest.drop_duplicates(["name", "year"]).set_index(["name", "year"], drop=False)
    wanted = [(observed.SERIES[key].name, year) for key, year in HEADLINES]
    return surest.loc[[key for key in wanted if key in surest.index]]


def _facts(results: HistoryResults) -> dict[str, str]:
    years, manifest = results.table("yearly")["year"], results.manifest
    return {
        "Period": f"{years.min()} to {years.max()}, weekly",
        "Scored": f"from {BURN_IN[1] + 1}",
        "Replications": str(results.runs),
        "Organisations": str(manifest.get("organisations", "")),
        "Scenario": str(manifest.get("scenario", "as-it-happened")),
        "Parameters": str(manifest.get("parameters_hash", ""))[:12],
        "Made": str(manifest.get("created", ""))[:10],
    }


def _run(results: HistoryResults) -> dict[str, str]:
    manifest, seeds = results.manifest, results.manifest.get("seeds", [])
    return {
        "Replications": str(results.runs),
        "Seeds": f"{min(seeds)} to {max(seeds)}" if len(seeds) > 3 else str(seeds or ""),
        "Parameters": str(manifest.get("parameters_hash", "")),
        "Run identity": str(manifest.get("run_id", "")),
        "Commit": str(manifest.get("git_commit", "")),
        "Versions": ", ".join(f"{name} {number}" for name, number in manifest.get("versions", {}).items()),
        "Computing time": f"{float(manifest['seconds']):,.0f} s" if manifest.get("seconds") else "",
        "Made": str(manifest.get("created", "")),
    }


def _map_card(results: HistoryResults) -> dict[str, Any]:
    tables = results.geography
    plan = flowmap.plan(
        results.table("by_leg"),
        places=tables.places,
        legs=tables.legs,
        lanes=tables.lanes,
        by_place=results.table("by_place"),
    )
    start = START if START in plan.years else plan.years[-1]
    figure = flowmap.draw(plan, tables.places, start, results.runs)
    figure.update_layout(title_text="", showlegend=False, width=None, height=None, margin_t=0)
    medians = {key: bands(results.table("yearly"), column, 1e-3)["median"] for key, (_, column, _) in STATS.items()}
    stats = {
        year: {
            key: f"{theme.number(float(medians[key].get(year, float('nan'))))} {unit}"
            for key, (_, _, unit) in STATS.items()
        }
        for year in plan.years
    }
    flows = plan.payload() | {
        "trace_names": [f"flow {kind} {width}" for kind in flowmap.CATEGORIES for width in range(len(flowmap.BINS))],
        "arrow_names": [f"arrow {kind}" for kind in flowmap.CATEGORIES],
        "place_names": list(theme.GROUP_COLOURS),
        "widths": list(flowmap.WIDTHS),
        "bubble": flowmap.BUBBLE_PX_PER_ROOT_TONNE,
        "stats": stats,
        "start": start,
        "alt": {year: _alt(year, stats[year]) for year in plan.years},
    }
    return {
        "figure": json.loads(figure.to_json()),
        "flows": flows,
        "years": plan.years,
        "buttons": BUTTONS,
        "stats": {key: name for key, (name, _, _) in STATS.items()},
        "kinds": list(flowmap.CATEGORIES.values()),
        "bins": flowmap.BINS,
        "seizures_from": flowmap.BUBBLE_FROM_T,
        "runs": theme.counted(results.runs),
        "source": figure.layout.meta["source"],
    }


def _alt(year: int, stats: dict[str, str]) -> str:
    numbers = "; ".join(f"{STATS[key][0]} {value}" for key, value in stats.items())
    return f"Map of the Atlantic with cocaine flows and seizures in {year}, in the model: {numbers}."
