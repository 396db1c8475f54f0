"""Where the kilograms of a scenario move and end, and through which countries more and less moves."""

from functools import partial
from typing import Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from views import theme
from views.figures.marks import NAMES_AXIS, blank, ruled, tones, whiskers
from views.figures.registry import Pieces, Section, Split, by, figure
from views.maps import atlas, flowmap
from views.results import LANDED, StudyResults

SHOWN_AT_MOST: Final = 6
ENDS: Final = {
    "europe": ("European market", theme.NAVY),
    "north_america": ("North American market", "#8E9BA6"),
    "other_markets": ("Other markets", "#C3CBD1"),
    "andes": ("Seized at the origins", theme.WINE),
    "americas": ("Seized in the Americas", theme.ORANGE),
    "sea": ("Seized on the open Atlantic", theme.SKY),
    "africa": ("Seized in West Africa", theme.GREEN),
    "eu": ("Seized in Europe", theme.BLUE),
    "lost": ("Lost or dumped", "#B59F00"),
}
GROUP_ENDS: Final = {
    "Andean origins": "andes",
    "Americas and Caribbean": "americas",
    "Open Atlantic": "sea",
    "West Africa, Sahel, Maghreb": "africa",
    "Europe": "eu",
}


STEPS: Final = (0.1, 0.5, 1.5, 4.0)
"""Lower edges of the classes of a change, tonnes a year; less is not drawn."""
WIDTHS: Final = (1.0, 2.2, 4.0, 7.0)
CHANCE: Final = "#A9B3BC"
SOURCE: Final = "model, supply fixed. Coastlines: Natural Earth. Lanes: commercial shipping, a proxy for other craft."


def most_changed(study: StudyResults) -> list[str]:
    """Scenarios other than the baseline; those that change arrivals in Europe most come first."""
    flows, pairs = study.table("flows"), study.table("paired")
    names = [str(name) for name in dict.fromkeys(flows["scenario"]) if name != study.manifest["baseline"]]
    if pairs.empty:
        return names
    landed = (pairs["outcome"] == LANDED) & (pairs["supply"] == pairs["supply"].iloc[0])
    size = pairs[landed].set_index("scenario")["effect"].abs()
    return sorted(names, key=lambda name: -size.get(name, 0.0))


def with_left_out(lead: str, shown: int, study: StudyResults) -> str:
    """A lead, and which scenarios a section does not show."""
    names = ", ".join(study.inside(name) for name in most_changed(study)[shown:])
    return f"{lead} Not drawn, since they change less what lands: {names}." if names else lead


def _baseline_and_one(study: StudyResults) -> list[str]:
    return [str(study.manifest["baseline"]), *most_changed(study)[:1]]


@figure(
    "ends",
    section=Section(
        "Where the kilograms end",
        partial(
            with_left_out,
            "Every kilogram ends in one place only. What waits unsold at the source is not in it, so less may be "
            "seized and less land at once.",
            1,
        ),
        50,
    ),
    name="ends",
    split=by("scenario", _baseline_and_one),
)
def sankey(study: StudyResults, rows: pd.DataFrame, scenario: str) -> go.Figure:
    """Where the kilograms end, t a year."""
    end = rows["end"].str.removeprefix("seized_")
    totals = (
        (rows["kg_per_year"] / 1e3)
        .groupby(end.map(theme.region_groups()).map(GROUP_ENDS).where(rows["end"] != end, end))
        .sum()
    )
    keys = [key for key in ENDS if totals.get(key, 0.0) > 0.05]
    whole = sum(totals[key] for key in keys)
    labels = [f"{ENDS[key][0]}<br>{theme.number(totals[key])} t ({_percent(totals[key] / whole)})" for key in keys]
    drawn = blank(560, showlegend=False, margin={"l": 4, "r": 4, "t": 10, "b": 14}).add_sankey(
        node={
            "label": [f"Output<br>{theme.number(whole)} t", *labels],
            "pad": 40,
            "thickness": 14,
            "color": [theme.MUTED, *(ENDS[key][1] for key in keys)],
            "line": {"width": 0},
            "hovertemplate": "%{label}<extra></extra>",
        },
        link={
            "source": [0] * len(keys),
            "target": list(range(1, len(keys) + 1)),
            "value": [totals[key] for key in keys],
            "color": [theme.rgba(ENDS[key][1], 0.4) for key in keys],
            "hovertemplate": "%{target.label}<extra></extra>",
        },
        textfont={"size": theme.SIZES["text"], "color": theme.INK, "shadow": "none"},
    )
    return theme.describe(
        drawn,
        title=f"Where the kilograms end: {study.scenario(scenario)}",
        subtitle=f"Tonnes pure a year, {study.window}, mean of {study.seeds} seeds; seizures by where they are made.",
        source="model, supply fixed; stocks and loads under way left out.",
    )


def _percent(share: float) -> str:
    """A share in whole percent, and no zero for what is there."""
    return f"{100 * share:.0f}%" if share >= 0.005 else "<1%"


def _through(study: StudyResults, rows: pd.DataFrame) -> Pieces:
    return by("scenario", most_changed, SHOWN_AT_MOST)(study, rows[rows["what"] == "through_kg"])


@figure(
    "states",
    section=Section(
        "Winners and losers",
        partial(
            with_left_out, "Harm that moves elsewhere is harm: tonnes through each state, more and less.", SHOWN_AT_MOST
        ),
        60,
    ),
    split=_through,
)
def states(study: StudyResults, rows: pd.DataFrame, scenario: str, most: int = 14) -> go.Figure:
    """States through which more and less moves: the largest changes, with intervals."""
    mine = rows.sort_values("effect", key=pd.Series.abs, ascending=False).head(most).sort_values("effect")
    tonnes = mine[["low", "effect", "high"]] / 1e3
    drawn = blank(
        90 + 24 * len(mine),
        showlegend=False,
        xaxis=ruled("Difference, t a year", tickformat="+,~g"),
        yaxis=NAMES_AXIS,
        bargap=0.35,
    ).add_bar(
        x=tonnes["effect"],
        y=mine["name"],
        orientation="h",
        marker={"color": tones(mine["effect"], mine["clear"])},
        name="change",
        error_x=whiskers(tonnes["low"], tonnes["effect"], tonnes["high"], theme.MUTED),
        hovertemplate="%{y}: %{x:+,.3~g} t a year<extra></extra>",
    )
    return theme.describe(
        drawn,
        title=f"{study.scenario(scenario)}: states through which more or less moves",
        subtitle="The largest changes with 95% intervals; grey where the change cannot be told from zero (false "
        "discovery rate 5%).",
        source="model, supply fixed; outputs of a model, not findings about officials or people.",
    )


# --- maps ---------------------------------------------------------------------------------------------------------


def _lead(study: StudyResults) -> str:
    one = study.scenario(most_changed(study)[0])
    return with_left_out(f"{one}: the difference first, then the two worlds it is made of.", 1, study)


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
        bulk = seized["seized_kg_per_year"] / float(study.manifest.get("bulk_purity", 0.7))
        seized = seized.assign(year=year, replication=0, seized_bulk_kg=bulk)
        by_place = seized[seized["scenario"] == scenario]
    plan = flowmap.plan(legs, places=tables.places, legs=tables.legs, lanes=tables.lanes, by_place=by_place)
    return theme.describe(
        flowmap.draw(plan, tables.places, year, study.seeds).update_layout(showlegend=False, width=None, height=None),
        title=study.scenario(scenario),
        subtitle=f"Tonnes pure set out on each leg a year (width, colour by means) and bulk tonnes seized (bubbles), "
        f"mean of {study.window} and {study.seeds} seeds.",
        source=SOURCE,
    )
