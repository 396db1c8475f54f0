"""The page of the main job: 2000 to 2023 as it happened, beside the published record.

`write_history_report` reads what the job wrote (parquet frames with a `replication` column and manifest.json) and
writes one self-contained HTML file: plotly.js is embedded once and nothing is fetched.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from experiments.ensemble.folder import write_atomically
from views import theme
from views.figures.bands import bands
from views.figures.history import BURN_IN
from views.figures.registry import draw
from views.maps import flowmap
from views.reports import observed
from views.reports.render import render
from views.reports.texts import METHOD, RESPONSIBLE, finding, honest_table_text, sources
from views.results import HistoryResults, read_history

if TYPE_CHECKING:
    from model.world.tables import Tables


NOTICE: Final = (
    "Fitted to levels of 2004-08; section 7 sets every published value beside the model, with the ratio, and "
    "validation.html says where it fails. Bands are over replications and show chance only."
)
HEADLINES: Final = (("flow_europe", 2008), ("seized_eu", 2008), ("consumption", 2008), ("price", 2008))
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
    """What the page shows beside its figures."""
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
        "responsible": RESPONSIBLE,
        "sources": sources(results.geography),
    }


def _headlines(compared: pd.DataFrame) -> pd.DataFrame:
    """The rows of the tiles; of rival values of one year the first whose source is not a recollection."""
    order = compared["confidence"].map({"high": 0, "medium": 1, "low": 2}).fillna(3)
    surest = compared.loc[order.sort_values(kind="stable").index].drop_duplicates(["name", "year"])
    surest = surest.set_index(["name", "year"], drop=False)
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
    """Everything that the template of the map shows."""
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
    source = figure.layout.meta["source"]
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
        "source": source,
    }


def _alt(year: int, stats: dict[str, str]) -> str:
    numbers = "; ".join(f"{STATS[key][0]} {value}" for key, value in stats.items())
    return f"Map of the Atlantic with cocaine flows and seizures in {year}, in the model: {numbers}."
