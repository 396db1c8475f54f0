"""Maps of a comparison: the flows under two scenarios, and where more and less moves."""

from typing import Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from views import theme
from views.figures.places import most_changed, with_left_out
from views.figures.registry import Pieces, Section, Split, figure
from views.maps import atlas, flowmap
from views.results import StudyResults

STEPS: Final = (0.1, 0.5, 1.5, 4.0)
"""Lower edges of the classes of a change, tonnes a year; less is not drawn."""
WIDTHS: Final = (1.0, 2.2, 4.0, 7.0)
CHANCE: Final = "#A9B3BC"
SOURCE: Final = "model, supply fixed. Coastlines: Natural Earth. Lanes: commercial shipping, a proxy for other craft."


def _lead(study: StudyResults) -> str:
    lead = f"{study.scenario(most_changed(study)[0])}: the difference first, then the two worlds it is made of."
    return with_left_out(lead, 1, study)


FLOWS: Final = Section("Where it moves instead", _lead, 40, "maps")


def _of(*, baseline: bool, other: bool) -> Split:
    """Split flows: those of the baseline, of the scenario that changes most, or of both; the last one is drawn."""

    def split(study: StudyResults, flows: pd.DataFrame) -> Pieces:
        one = most_changed(study)[:1]
        names = [str(study.manifest["baseline"])] * baseline + one * other
        return [("", flows[flows["scenario"].isin(names)], (names[-1],))] if one else []

    return split


@figure("flows", "leg_changes", section=FLOWS, name="map-difference", split=_of(baseline=True, other=True))
def difference_map(study: StudyResults, flows: pd.DataFrame, scenario: str) -> go.Figure:
    """Where more and less moves under a scenario than under the baseline."""
    rows, tables = study.table("leg_changes"), study.geography
    lanes = atlas.lanes(tables.lanes)
    rows = rows.assign(change=rows["effect"] / 1e3, tonnes=rows["effect"].abs() / 1e3).sort_values("tonnes")
    rows = rows[(rows["scenario"] == scenario) & rows["leg"].isin(lanes) & (rows["tonnes"] >= STEPS[0])]
    names, told = flowmap.leg_names(tables.legs, tables.places), rows["clear"].astype(bool)
    drawn = flowmap.ground()
    for name, mine, colour, alpha in (
        ("Cannot be told from zero", rows[~told], CHANCE, 0.5),
        ("Less moves", rows[told & (rows["change"] < 0)], theme.BLUE, 0.8),
        ("More moves", rows[told & (rows["change"] > 0)], theme.VERMILION, 0.8),
    ):
        sizes = np.searchsorted(STEPS, mine["tonnes"], side="right") - 1
        for size, pixels in enumerate(WIDTHS):
            x, y = atlas.joined([lanes[leg] for leg in mine["leg"][sizes == size]])
            drawn.add_scatter(
                x=x,
                y=y,
                mode="lines",
                line={"color": theme.rgba(colour, alpha), "width": pixels},
                hoverinfo="skip",
                name=f"{name} {size}",
            )
        text = [
            f"{names[leg]}<br>{name.lower()}: {value:,.2g} t a year"
            for leg, value in zip(mine["leg"], mine["tonnes"], strict=True)
        ]
        flowmap.add_arrows(drawn, [flowmap.middle(lanes[leg]) for leg in mine["leg"]], colour, text, name=name)
    flowmap.add_places(drawn, tables.places)
    return theme.describe(
        drawn.update_layout(showlegend=False),
        title=f"{study.scenario(scenario)}: where more and less moves",
        subtitle=f"Change of tonnes a year on each leg against {theme.lower(study.baseline)}; blue less, red more, "
        f"grey what cannot be told from zero (false discovery rate 5%). Changes under {STEPS[0]:g} t are not drawn. "
        f"Mean of {study.seeds} paired seeds.",
        source=SOURCE,
    )


@figure("flows", section=FLOWS, name="map-with", split=_of(baseline=False, other=True))
@figure("flows", section=FLOWS, name="map-baseline", split=_of(baseline=True, other=False))
def flow_map(study: StudyResults, flows: pd.DataFrame, scenario: str) -> go.Figure:
    """Flows of one scenario, t a year over the window, with seizures as bubbles."""
    year, tables = int(study.manifest["window"][1]), study.geography
    legs = flows.assign(year=year, replication=0, moved_kg=flows["kg_per_year"])
    by_place = None
    if len(seized := study.table("places")):
        mine = seized[seized["scenario"] == scenario]
        bulk = mine["seized_kg_per_year"] / float(study.manifest.get("bulk_purity", 0.7))
        by_place = mine.assign(year=year, replication=0, seized_bulk_kg=bulk)
    plan = flowmap.plan(legs, places=tables.places, legs=tables.legs, lanes=tables.lanes, by_place=by_place)
    return theme.describe(
        flowmap.draw(plan, tables.places, year, study.seeds).update_layout(showlegend=False, width=None, height=None),
        title=study.scenario(scenario),
        subtitle=f"Tonnes pure set out on each leg a year (width, colour by means) and bulk tonnes seized (bubbles), "
        f"mean of {study.window} and {study.seeds} seeds.",
        source=SOURCE,
    )
