"""The page of the main job: 2000 to 2023 as it happened, beside the published record.

`write_history_report` reads what the job wrote (parquet frames with a `replication` column and manifest.json) and
writes one self-contained HTML file: plotly.js is embedded once and nothing is fetched.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template
from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from experiments.analysis.intervals import preliminary
from experiments.ensemble.folder import read_manifest, write_atomically
from experiments.ensemble.provenance import other_results
from model.errors import InputError
from views import theme
from views.figures import history as figures
from views.figures.bands import bands
from views.maps import flowmap
from views.maps.mapcard import map_card
from views.reports import observed, page
from views.reports.texts import METHOD, RESPONSIBLE, finding, honest_table_text, sources

TEMPLATES: Final = Path(__file__).resolve().parent / "templates"
NOTICE: Final = (
    "Fitted to levels of 2004-08; section 7 sets every published value beside the model, with the ratio, and "
    "validation.html says where it fails. Bands are over replications and show chance only."
)
FRAMES: Final = ("yearly", "by_leg", "by_place", "by_region")
HEADLINES: Final = (("flow_europe", 2008), ("seized_eu", 2008), ("consumption", 2008), ("price", 2008))


@dataclass(frozen=True)
class Study:
    """What a page is made of: the frames of the job, its manifest and the tables of the model."""

    frames: dict[str, pd.DataFrame]
    manifest: dict[str, Any]
    tables: Any

    @property
    def yearly(self) -> pd.DataFrame:
        """The yearly frame with its `replication` column."""
        return self.frames["yearly"]

    @property
    def note(self) -> str:
        """What is said with few replications, as "preliminary, 3 seeds"."""
        return preliminary(self.runs)

    @property
    def runs(self) -> int:
        """Number of replications."""
        return int(self.yearly["replication"].nunique())


def read_study(results_dir: Path, tables: Any = None) -> Study:
    """Read the frames that the page needs; raises InputError naming the files that are missing."""
    missing = [name for name in FRAMES if not (results_dir / f"{name}.parquet").exists()]
    if missing:
        raise InputError(
            f"frames are missing here: {', '.join(f'{name}.parquet' for name in missing)}", field="folder",
            value=str(results_dir), allowed="what `run.py history` wrote", remedy="uv run run.py history",
        )  # fmt: skip
    manifest = read_manifest(results_dir)
    if manifest.get("state") == "running":  # the frames are those of an earlier command
        raise InputError(
            "these results are not complete", field="folder", value=str(results_dir), allowed="a complete history",
            remedy="give the same command again: it resumes",
        )  # fmt: skip
    frames = {name: pd.read_parquet(results_dir / f"{name}.parquet") for name in FRAMES}
    return Study(frames, manifest, observed.load() if tables is None else tables)


def write_history_report(results_dir: Path, tables: Any = None, *, notice: str = NOTICE) -> Path:
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
    study = read_study(Path(results_dir), tables)
    return write_atomically(Path(results_dir) / "report.html", render(study, notice))


def render(study: Study, notice: str = NOTICE) -> str:
    """The whole page as text."""
    compared = observed.compare(study.yearly, study.tables)
    cards = _cards(study)
    fields = {name: "".join(html for html, _ in group) for name, group in cards.items()}
    data = "\n".join(script for group in cards.values() for _, script in group)
    fields |= _texts(study, compared, notice) | _leads(study, compared)
    fields |= {"data": data, "plotly": get_plotlyjs(), "js": _asset("report.js"), "css": _asset("report.css")}
    return Template(_asset("report.html")).substitute(fields)


def _asset(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


def _texts(study: Study, compared: list[page.Comparison], notice: str) -> dict[str, str]:
    """Header, tiles, table and foot."""
    title = str(study.manifest.get("title") or "2000-2023 as it happened").replace("2000-2023", "2000 to 2023")
    return {
        "title": escape(f"Cocaine across the Atlantic: {title[:1].lower()}{title[1:]}{theme.bracketed(study.note)}"),
        "finding": finding(compared),
        "notice": escape(notice),
        "warnings": page.warnings(told_with(study.manifest)),
        "facts": page.facts(_facts(study)),
        "tiles_title": f"The year 2008: model beside record{theme.bracketed(study.note)}",
        "tiles": "".join(page.tile(item) for item in _headlines(compared)),
        "table": page.summary_table(compared, study.note),
        "method": page.items(METHOD, "ol"),
        "run": page.terms(_run(study)),
        "responsible": "".join(f"<p>{escape(p)}</p>" for p in RESPONSIBLE),
        "sources": page.items(sources(study.tables)),
    }


def told_with(manifest: dict[str, Any]) -> list[str]:
    """Warnings that go with results: those of their manifest, and that another version of the model made them."""
    return [*manifest.get("warnings", []), *filter(None, [other_results(manifest)])]


def _headlines(compared: list[page.Comparison]) -> list[page.Comparison]:
    """The comparisons of the tiles; of rival values of one year the first whose source is not a recollection."""
    chosen = []
    for key, year in HEADLINES:
        rows = [c for c in compared if c.name == observed.SERIES[key].name and c.year == year]
        if rows:
            chosen.append(min(rows, key=lambda c: {"high": 0, "medium": 1, "low": 2}.get(c.confidence, 3)))
    return chosen


def _facts(study: Study) -> dict[str, str]:
    years = study.yearly["year"]
    facts = {
        "Period": f"{years.min()} to {years.max()}, weekly",
        "Scored": f"from {figures.BURN_IN[1] + 1}",
        "Replications": str(study.runs),
        "Organisations": str(study.manifest.get("organisations", "")),
        "Scenario": str(study.manifest.get("scenario", "as-it-happened")),
        "Parameters": str(study.manifest.get("parameters_hash", ""))[:12],
        "Made": str(study.manifest.get("created", ""))[:10],
    }
    return {k: v for k, v in facts.items() if v}


def _run(study: Study) -> dict[str, str]:
    m = study.manifest
    seeds = m.get("seeds", [])
    versions = m.get("versions", {})
    run = {
        "Replications": str(study.runs),
        "Seeds": f"{min(seeds)} to {max(seeds)}" if isinstance(seeds, list) and len(seeds) > 3 else str(seeds or ""),
        "Parameters": str(m.get("parameters_hash", "")),
        "Run identity": str(m.get("run_id", "")),
        "Commit": str(m.get("git_commit", "")),
        "Versions": ", ".join(f"{k} {v}" for k, v in versions.items()) if isinstance(versions, dict) else str(versions),
        "Computing time": f"{float(m['seconds']):,.0f} s" if m.get("seconds") else "",
        "Made": str(m.get("created", "")),
    }
    return {k: v for k, v in run.items() if v}


def _leads(study: Study, compared: list[page.Comparison]) -> dict[str, str]:
    """The line under each heading."""
    runs = study.runs
    return {
        "tiles_lead": "Large number: the model's median. Pale and dark bars: its 90% and 50% bands over "
        f"{theme.counted(runs)}. Black mark: the published value, with its range where one is given.",
        "seizures_lead": "Bulk tonnes by year. Filled points are published totals, open ones sums of national reports. "
        "The grey years 2000 to 2003 let the model settle and are not scored.",
        "waf_lead": "The rise of 2004 to 2007 and the fall after it are the history that the model has to earn: no "
        "year is written into a route's attraction. The fall serves to judge the model, not to tune it.",
        "market_lead": "Supply is an input. Consumption and price follow from what arrives.",
        "funnel_lead": "A seizure needs somebody to know, an asset in reach, and a boarding or inspection that holds.",
        "table_lead": honest_table_text(compared, runs, observed.unmatched(study.tables)),
    }


def _cards(study: Study) -> dict[str, list[tuple[str, str]]]:
    """Every figure of the page, by the part of the page that it belongs to."""
    tables, frames = study.tables, study.frames
    flows = flowmap.plan(
        frames["by_leg"], places=tables.places, legs=tables.legs, lanes=tables.lanes, by_place=frames["by_place"]
    )
    return {
        "map": [map_card(flows, study.yearly, tables.places, study.runs)],
        "seizures": [_seizures(study, *row) for row in SEIZURES],
        "waf": [_series(study, "west_africa", 330, theme.GREEN), _series(study, "west_africa_share", 330, theme.GREEN)],
        "market": [_supply(study), _series(study, "consumption", 300), _series(study, "price", 300, theme.PURPLE)],
        "funnel": [
            page.figure_card("funnel", theme.noted(figures.funnel(study.yearly), study.note), 330),
            _stack_card(study, "modes", figures.entry_modes(frames["by_leg"], tables.legs, tables.places), 330),
        ],
        "fate": [_stack_card(study, "fate", figures.fate(study.yearly, frames["by_region"]), 380)],
    }


SEIZURES: Final = (
    ("seized_eu", "the European Union", "eu", theme.BLUE),
    ("seized_west_africa", "West Africa", "west_africa_sahel", theme.GREEN),
    ("seized_americas", "the Americas", "americas", theme.VERMILION),
)
TITLES: Final = {
    "west_africa": ("Arriving in Europe through West Africa", "By lineage of the load, by whatever means it landed."),
    "west_africa_share": ("Share of European arrivals that came through West Africa", "Per cent of pure mass."),
    "consumption": ("Consumption in Europe", "Tonnes of pure cocaine. Rival published estimates stand side by side."),
    "price": ("Wholesale price in Europe", "EUR per pure kilogram: published price divided by its purity."),
}
AXES: Final = {"t pure": "Tonnes pure a year", "t bulk": "Tonnes bulk a year", "%": "Share, %"}


def _stack_card(study: Study, name: str, figure: go.Figure, height: int) -> tuple[str, str]:
    """The card of a stacked figure, with its numbers below."""
    return page.figure_card(name, theme.noted(figure, study.note), height, page.traces_table(figure))


def _series(study: Study, key: str, height: int, colour: str = theme.BLUE) -> tuple[str, str]:
    """The card of one series of `observed.SERIES`."""
    unit = observed.SERIES[key].unit
    title, subtitle = TITLES[key]
    quantiles, points = observed.model_bands(study.yearly, key), observed.published(study.tables, key)
    return _band_card(study, key, quantiles, points, title, subtitle, AXES.get(unit, unit), height, colour)


def _seizures(study: Study, key: str, where: str, members: str, colour: str) -> tuple[str, str]:
    """Seizures of a region: published totals where they exist, else sums of national reports."""
    points = observed.published(study.tables, key) if key in observed.SERIES else pd.DataFrame(columns=observed.COLUMNS)
    sums = observed.sum_of_states(study.tables, observed.members_of(study.tables, members), set(points["year"]))
    both = pd.concat([part for part in (points, sums) if len(part)] or [points], ignore_index=True)
    return _band_card(
        study, key, bands(study.yearly, f"{key}_bulk_kg", 1e-3), both, f"Seized by states of {where}",
        "Bulk weight, under the state that made the seizure, ashore or at sea.",
        AXES["t bulk"], 300, colour,
    )  # fmt: skip


def _supply(study: Study) -> tuple[str, str]:
    """Produced mass beside the supply table that drives it."""
    table, points = study.tables.supply, None
    if len(table):
        total = table.groupby("year")[["kg_low", "kg", "kg_high"]].sum(min_count=1) / 1000.0
        points = pd.DataFrame(
            {"year": total.index, "value": total["kg"], "low": total["kg_low"], "high": total["kg_high"],
             "kind": "published", "source": "supply.csv"}
        ).reset_index(drop=True)  # fmt: skip
    quantiles = bands(study.yearly, "produced_kg", 1e-3)
    return _band_card(
        study, "supply", quantiles, points, "Cocaine made in the Andes",
        "Pure tonnes; the points are the input series.", AXES["t pure"], 300, theme.WINE,
    )  # fmt: skip


def _band_card(
    study: Study, key: str, quantiles: pd.DataFrame, points: pd.DataFrame | None, title: str, subtitle: str, unit: str,
    height: int, colour: str,
) -> tuple[str, str]:  # fmt: skip
    figure: go.Figure = figures.band(
        quantiles, title=title, subtitle=subtitle, unit=unit, observed=_short(points), colour=colour,
        source=_cited(points),
    )  # fmt: skip
    rows = quantiles[["median", "low90", "high90"]].reset_index().astype({"year": str})
    rows.columns = ["Year", "Median", "5%", "95%"]
    if points is not None and len(points):
        record = points.groupby("year")["value"].agg(lambda v: " / ".join(theme.number(x) for x in v))
        rows["Published"] = [str(record.get(int(y), "")) for y in rows["Year"]]
    return page.figure_card(key.replace("_", "-"), theme.noted(figure, study.note), height, rows)


def _short(points: pd.DataFrame | None) -> pd.DataFrame | None:
    """Points with sources cut to the length of a hover label."""
    if points is None:
        return None
    return points.assign(
        source=[s if len(s) <= 48 else s[:46].rstrip(" ,;") + "…" for s in points["source"].astype(str)]
    )


def _cited(points: pd.DataFrame | None) -> str:
    """Model plus the distinct short sources of the points, the most frequent first."""
    if points is None or points.empty:
        return "model; no published series is in the tables."
    names = [str(s).split(";")[0].split(":")[0].strip() for s in points["source"].value_counts().index]
    names = list(dict.fromkeys(n for n in names if n))
    more = f" and {len(names) - 4} more (section 7)" if len(names) > 4 else ""
    return "model; " + "; ".join(names[:4]) + more + "."
