"""Sweeps: an outcome over one lever or two."""

from collections.abc import Sequence
from typing import Final

import pandas as pd
import plotly.graph_objects as go

from views import theme
from views.figures.marks import add_area, blank
from views.figures.registry import Pieces, Section, figure
from views.results import StudyResults

LINES: Final = (theme.BLUE, theme.VERMILION, theme.GREEN, theme.PURPLE, theme.ORANGE, theme.NAVY)
SHOWN_AT_MOST: Final = 6
WANTED: Final = (
    "arrived_europe_kg",
    "expected_seized_kg",
    "seized_eu_bulk_kg",
    "west_africa_kg",
    "known_share",
    "price_europe",
)


def points_of_sweep(study: StudyResults) -> pd.DataFrame:
    """The points of a sweep."""
    return study.table("arms" if study.table("sweep").empty else "sweep")


def _levers(study: StudyResults, rows: pd.DataFrame) -> list[str]:
    if study.manifest.get("design", {}).get("method") in {"morris", "saltelli"}:  # points stand along no axis
        return []
    held = rows.dropna(axis=1, how="all")
    return [row["name"] for row in study.manifest.get("factors", []) if row["name"] in held]


def _worlds(study: StudyResults, rows: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Points of a sweep by scenario and by whether supply answers price, with a title for each."""
    answers = rows["supply_answer"].fillna(0.0) if "supply_answer" in rows else pd.Series(0.0, rows.index)
    several = len(set(answers)) > 1
    return [
        (
            study.scenario(str(scenario))
            + (f", supply {'fixed' if answer == 0.0 else f'answers price ({answer:g})'}" if several else ""),
            group,
        )
        for scenario in dict.fromkeys(rows["scenario"])
        for answer in dict.fromkeys(answers)
        if len(group := rows[(rows["scenario"] == scenario) & (answers == answer)])
    ]


def _title(study: StudyResults) -> str:
    return f"{study.factor(_levers(study, points_of_sweep(study))[0])}, from end to end"


SWEEP: Final = Section(_title, "One number moves and all else stays as it was: what follows, and how surely.", 20)


def _outcomes(study: StudyResults, rows: pd.DataFrame) -> list[str]:
    held = dict.fromkeys(rows["outcome"].astype(str))
    return [name for name in study.shown(WANTED) if name in held] or list(held)


def _has_area(study: StudyResults, levers: list[str]) -> bool:
    """Whether the points fill a grid of two levers or more."""
    return len(levers) > 1 and study.manifest.get("design", {}).get("method") == "grid"


def _along_one(study: StudyResults, rows: pd.DataFrame) -> Pieces:
    levers = _levers(study, rows)
    if levers and not _has_area(study, levers):
        for name in _outcomes(study, rows)[:SHOWN_AT_MOST]:
            yield name.replace("_", "-"), rows[rows["outcome"] == name], (levers[0], name)


def _over_two(study: StudyResults, rows: pd.DataFrame) -> Pieces:
    """Each outcome in each world: a name with the number of the world where there are several."""
    levers = _levers(study, rows)
    if _has_area(study, levers):
        titles = [title for title, _ in _worlds(study, rows)]
        for name in _outcomes(study, rows)[: max(SHOWN_AT_MOST // len(titles), 1)]:
            for number, (title, group) in enumerate(_worlds(study, rows[rows["outcome"] == name])):
                end = f"-{number}" if len(titles) > 1 else ""
                yield f"{name.replace('_', '-')}{end}", group, (levers[:2], name, title)


@figure("arms", section=SWEEP, name="sweep", split=_along_one)
@figure("sweep", section=SWEEP, name="sweep", split=_along_one)
def curves(study: StudyResults, rows: pd.DataFrame, lever: str, outcome: str) -> go.Figure:
    """An outcome against a lever: mean, its 95% interval (dark) and the 5-95% spread over seeds (light)."""
    shown = study.outcome(outcome)
    axis = f"Tonnes {shown.unit[2:]}" if shown.unit.startswith("t ") else shown.unit or "Share"
    drawn = blank(
        hovermode=None,
        xaxis={"title_text": study.factor(lever), "tickformat": "~g"},
        yaxis={"title_text": axis, "tickformat": ",~g"},
    )
    groups = [
        (name, group.sort_values(lever), colour)
        for (name, group), colour in zip(_worlds(study, rows), LINES, strict=False)
    ]
    for name, group, colour in groups:
        for low, high, alpha, word in (("q05", "q95", 0.10, "5-95% of seeds"), ("low", "high", 0.28, "95% interval")):
            add_area(
                drawn,
                group[lever],
                group[low] * shown.factor,
                group[high] * shown.factor,
                theme.rgba(colour, alpha),
                name=f"{name}, {word}",
                showlegend=False,
            )
    for name, group, colour in groups:
        drawn.add_scatter(
            x=group[lever],
            y=group["mean"] * shown.factor,
            mode="lines",
            name=name,
            line={"color": colour, "width": 2.4},
            customdata=(group[["low", "high"]] * shown.factor).to_numpy(),
            hovertemplate="%{y:,.4~g} (%{customdata[0]:,.4~g} to %{customdata[1]:,.4~g})",
        )
    return theme.describe(
        drawn,
        title=shown.name,
        subtitle=f"Mean a year, {study.window}; dark band its 95% interval, pale band 5 to 95% of {study.seeds} seeds. "
        "The axis does not begin at zero.",
        source="model; same seeds at every point.",
    )


@figure("arms", section=SWEEP, name="map-of", split=_over_two)
@figure("sweep", section=SWEEP, name="map-of", split=_over_two)
def heatmap(study: StudyResults, rows: pd.DataFrame, levers: Sequence[str], outcome: str, world: str) -> go.Figure:
    """An outcome over two levers in one world, with contour lines; `rows` are of that outcome and world."""
    shown = study.outcome(outcome)
    wide, high = (
        rows.pivot_table(index=levers[1], columns=levers[0], values=value) * shown.factor for value in ("mean", "high")
    )
    drawn = blank(
        420,
        showlegend=False,
        xaxis={"title_text": study.factor(levers[0])},
        yaxis={"title_text": study.factor(levers[1])},
    ).add_contour(
        x=wide.columns.to_list(),
        y=wide.index.to_list(),
        z=wide.to_numpy(),
        colorscale="Cividis",
        contours={"showlabels": True, "labelfont": {"size": theme.SIZES["small"], "color": "#FFFFFF"}},
        line={"width": 0.8, "color": "#FFFFFF"},
        colorbar={"title": {"text": shown.unit}, "thickness": 12},
        customdata=(high - wide).to_numpy(),
        name=shown.name,
        hovertemplate="%{x:.3~g}, %{y:.3~g}: %{z:,.4~g} ± %{customdata:,.2~g}<extra></extra>",
    )
    return theme.describe(
        drawn,
        title=shown.name,
        subtitle=f"{world}. Mean a year, {study.window}, of {study.seeds} seeds at each point.",
        source="model; hover for the half width of the 95% interval.",
    )
