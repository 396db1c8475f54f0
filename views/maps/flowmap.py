"""The map of flows: which lane is drawn how wide in which year, and the figure made of it."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from views import theme
from views.figures.bands import mean_by, replications
from views.figures.marks import blank
from views.maps import atlas

BINS: Final = (0.1, 1.0, 5.0, 20.0, 60.0)
"""Lower edges of the classes of line width, tonnes pure a year; less than the first is not drawn."""
WIDTHS: Final = (0.9, 1.8, 3.2, 5.4, 8.6)
BUBBLE_PX_PER_ROOT_TONNE: Final = 7.0
BUBBLE_FROM_T: Final = 0.5

CATEGORIES: Final = {
    "north": ("Bound for North America", "#B3BDC6", "solid"),
    "overland": ("Overland", theme.BROWN, "solid"),
    "container": ("Container", theme.BLUE, "solid"),
    "sea": ("Boats and ships", theme.VERMILION, "solid"),
    "air": ("Aircraft and couriers", theme.PURPLE, "1px 4px"),
}
"""How legs differ on the map: name, colour, dash; in drawing order."""
CATEGORY_OF_MODE: Final = {
    "fast_boat": "sea",
    "small_vessel": "sea",
    "merchant_vessel": "sea",
    "light_aircraft": "air",
    "air_courier": "air",
    "container": "container",
    "overland": "overland",
}


@dataclass(frozen=True)
class FlowPlan:
    """What the map draws: lanes once, and for each year which lanes fall in which class of width.

    Attributes
    ----------
    lines
        Projected polyline of each drawn leg, shape (n, 2).
    middle
        (x, y, angle in degrees clockwise from up) of the arrow on each leg.
    names
        Text of each leg for hovering.
    category
        Key into CATEGORIES for each leg.
    tonnes
        year -> leg number -> tonnes pure a year, mean over replications.
    bubbles
        year -> rows (x, y, tonnes bulk, place name).
    """

    lines: list[atlas.Floats]
    middle: list[tuple[float, float, float]]
    names: list[str]
    category: list[str]
    tonnes: dict[int, dict[int, float]]
    bubbles: dict[int, list[tuple[float, float, float, str]]]

    @property
    def years(self) -> list[int]:
        """The years that can be drawn."""
        return sorted(self.tonnes)

    def legs_of(self, year: int, category: str, width: int | None = None) -> list[int]:
        """Numbers of the legs of `category` in `year`, all or those of one class of width."""
        return [
            leg
            for leg, tonnes in self.tonnes[year].items()
            if self.category[leg] == category
            and (width is None or np.searchsorted(BINS, tonnes, side="right") - 1 == width)
        ]

    def payload(self) -> dict[str, Any]:
        """The plan as plain lists for the page's script."""
        kinds, widths = list(CATEGORIES), range(len(BINS))
        return {
            "xs": [line[:, 0].tolist() for line in self.lines],
            "ys": [line[:, 1].tolist() for line in self.lines],
            "middle": self.middle,
            "names": self.names,
            "flows": {y: [self.legs_of(y, k, w) for k in kinds for w in widths] for y in self.years},
            "arrows": {y: [self.legs_of(y, k) for k in kinds] for y in self.years},
            "tonnes": {y: {leg: round(t, 2) for leg, t in self.tonnes[y].items()} for y in self.years},
            "bubbles": {y: self.bubbles.get(y, []) for y in self.years},
        }


def categorise(legs: pd.DataFrame, places: pd.DataFrame) -> pd.Series:
    """Leg id -> key into CATEGORIES."""
    north = legs[["origin", "destination"]].isin(list(places.query("region == 'north_america'")["place"])).any(axis=1)
    return legs["mode"].map(CATEGORY_OF_MODE).mask(north, "north").set_axis(legs["leg"])


def plan(
    by_leg: pd.DataFrame,
    *,
    places: pd.DataFrame,
    legs: pd.DataFrame,
    lanes: pd.DataFrame,
    by_place: pd.DataFrame | None = None,
) -> FlowPlan:
    """Read a map for every year out of m.by("leg") and m.by("place"), of one run or of many."""
    means, drawn = mean_by(by_leg, "leg", "moved_kg") / 1000.0, atlas.lanes(lanes)
    kinds, names = categorise(legs, places), leg_names(legs, places)
    shown = [leg for leg in means.columns if leg in drawn and leg in names and means[leg].max() >= BINS[0]]
    tonnes = {
        int(str(year)): {number: float(t) for number, t in enumerate(row) if t >= BINS[0]}
        for year, row in zip(means.index, means[shown].to_numpy(), strict=True)
    }
    return FlowPlan(
        [np.round(drawn[leg], 4) for leg in shown],
        [middle(drawn[leg]) for leg in shown],
        [names[leg] for leg in shown],
        [str(kinds[leg]) for leg in shown],
        tonnes,
        {} if by_place is None else _bubbles(by_place, places),
    )


def leg_names(legs: pd.DataFrame, places: pd.DataFrame) -> dict[str, str]:
    """Leg id -> its ends and means, as text for hovering."""
    short = {p: atlas.LABELS.get(p, str(n)) for p, n in zip(places["place"], places["name"], strict=True)}
    return {
        row["leg"]: f"{short[row['origin']]} to {short[row['destination']]}<br>{theme.MODES[row['mode']][0]}"
        for row in legs.to_dict("records")
    }


def middle(line: atlas.Floats) -> tuple[float, float, float]:
    """Point and heading at 58% of the length of `line`."""
    steps = np.diff(line, axis=0)
    length = np.hypot(*steps.T)
    run = np.concatenate([[0.0], np.cumsum(length)])
    goal = 0.58 * run[-1]
    at = min(int(np.searchsorted(run, goal, side="right")) - 1, len(steps) - 1)
    dx, dy = steps[at]
    x, y = line[at] + ((goal - run[at]) / length[at] if length[at] else 0.0) * steps[at]
    return round(float(x), 4), round(float(y), 4), round(float(np.degrees(np.arctan2(dx, dy))), 1)


def _bubbles(by_place: pd.DataFrame, places: pd.DataFrame) -> dict[int, list[tuple[float, float, float, str]]]:
    """Bulk tonnes seized at each place, mean over replications, for each year; the largest first."""
    x, y = (axis.round(4).tolist() for axis in atlas.project(places["lon"], places["lat"]))
    at = dict(zip(places["place"], zip(x, y, places["name"].astype(str), strict=True), strict=True))
    means = mean_by(by_place, "place", "seized_bulk_kg").filter(list(at)).T / 1000.0
    return {
        int(str(year)): [
            (*at[place][:2], round(float(tonnes), 2), at[place][2])
            for place, tonnes in seized[seized >= BUBBLE_FROM_T].sort_values(ascending=False).items()
        ]
        for year, seized in means.items()
    }


def flow_map(
    by_leg: pd.DataFrame,
    year: int,
    *,
    places: pd.DataFrame,
    legs: pd.DataFrame,
    lanes: pd.DataFrame,
    by_place: pd.DataFrame | None = None,
) -> go.Figure:
    """Map of the flows of `year` (width and colour) and of the seizures (bubbles), for one run or many.

    Parameters
    ----------
    by_leg, by_place
        m.by("leg") and m.by("place"), or the parquet frames with a `replication` column.
    places, legs, lanes
        The tables of model/data.
    """
    flows = plan(by_leg, places=places, legs=legs, lanes=lanes, by_place=by_place)
    return draw(flows, places, year, replications(by_leg))


def draw(flows: FlowPlan, places: pd.DataFrame, year: int, runs: int = 1) -> go.Figure:
    """The figure of a plan in one year. Trace names are stable: the page's script finds traces by name."""
    figure = ground()
    _add_flows(figure, flows, year)
    bubbles = flows.bubbles.get(year, [])
    figure.add_scatter(
        x=[x for x, _, _, _ in bubbles],
        y=[y for _, y, _, _ in bubbles],
        mode="markers",
        name="Seizures",
        marker={
            "size": [BUBBLE_PX_PER_ROOT_TONNE * tonnes**0.5 for _, _, tonnes, _ in bubbles],
            "sizemode": "diameter",
            "color": theme.rgba(theme.YELLOW, 0.5),
            "line": {"color": theme.INK, "width": 1},
        },
        text=[f"{name}<br>{theme.number(tonnes)} t (bulk) seized" for _, _, tonnes, name in bubbles],
        hovertemplate="%{text}<extra></extra>",
    )
    add_places(figure, places)
    legend = {"x": 0.99, "xanchor": "right", "y": 0.01, "yanchor": "bottom", "bgcolor": "rgba(255,255,255,.85)"}
    return theme.describe(
        figure.update_layout(margin_t=40, legend={"orientation": "v", **legend}, width=980, height=880),
        title=f"Where cocaine moved in {year}, in the model",
        subtitle="Tonnes of pure cocaine set out on each leg in the year (line width) and bulk tonnes seized "
        f"(bubbles), mean of {theme.counted(runs)}. Lambert azimuthal equal-area projection.",
        source="Model. Coastlines: Natural Earth. Sea lanes: commercial shipping lanes, a proxy for other craft.",
    )


def ground() -> go.Figure:
    """A map without flows: sea, land and graticule, in the window of the atlas."""
    across, up = map(list, atlas.WINDOW)
    hidden = {"visible": False, "fixedrange": True}
    unnamed = {"mode": "lines", "hoverinfo": "skip", "showlegend": False}
    figure = blank(
        None,
        plot_bgcolor=theme.SEA,
        margin={"l": 0, "r": 0, "t": 10, "b": 0},
        xaxis={**hidden, "range": across},
        yaxis={**hidden, "range": up, "scaleanchor": "x", "scaleratio": 1},
    )
    x, y = atlas.joined(atlas.graticule(), 3)
    figure.add_scatter(x=x, y=y, line={"color": "#DCE4EA", "width": 0.6}, name="graticule", **unnamed)
    x, y = atlas.joined(atlas.coast(), 4)
    return figure.add_scatter(
        x=x, y=y, fill="toself", fillcolor=theme.LAND, line={"color": theme.COAST, "width": 0.7}, name="land", **unnamed
    )


def _add_flows(figure: go.Figure, flows: FlowPlan, year: int) -> None:
    for key, (name, colour, dash) in CATEGORIES.items():
        for width, pixels in enumerate(WIDTHS):
            chosen = flows.legs_of(year, key, width)
            x, y = atlas.joined([flows.lines[i] for i in chosen])
            figure.add_scatter(
                x=x,
                y=y,
                mode="lines",
                name=f"flow {key} {width}",
                legendgroup=key,
                showlegend=False,
                line={"color": theme.rgba(colour, 0.72), "width": pixels, "dash": dash},
                hoverinfo="skip",
            )
        figure.add_scatter(
            x=[None],
            y=[None],
            mode="lines",
            name=name,
            legendgroup=key,
            line={"color": colour, "width": 3.2, "dash": dash},
        )
    for key, (_, colour, _) in CATEGORIES.items():
        chosen = flows.legs_of(year, key)
        text = [f"{flows.names[i]}<br>{theme.number(flows.tonnes[year][i])} t pure in {year}" for i in chosen]
        add_arrows(figure, [flows.middle[i] for i in chosen], colour, text, name=f"arrow {key}", showlegend=False)


def add_arrows(
    figure: go.Figure, middles: list[tuple[float, float, float]], colour: str, text: list[str], **trace: Any
) -> None:
    """Add an arrow head at each of `middles`: x, y and its angle in degrees clockwise from up."""
    figure.add_scatter(
        x=[x for x, _, _ in middles],
        y=[y for _, y, _ in middles],
        mode="markers",
        text=text,
        marker={
            "symbol": "arrow-wide",
            "size": 9,
            "opacity": 1,
            "color": colour,
            "angle": [angle for _, _, angle in middles],
            "line": {"color": "#FFFFFF", "width": 0.8},
        },
        hovertemplate="%{text}<extra></extra>",
        **trace,
    )


def add_places(figure: go.Figure, places: pd.DataFrame) -> None:
    """Add a dot for each place, coloured by region, and names as far as they fit."""
    groups = places["region"].map(theme.region_groups())
    for group, colour in theme.GROUP_COLOURS.items():
        rows = places[groups == group]
        x, y = atlas.project(rows["lon"], rows["lat"])
        figure.add_scatter(
            x=np.round(x, 4).tolist(),
            y=np.round(y, 4).tolist(),
            mode="markers",
            name=group,
            marker={
                "size": [5 if k == "sea_area" else 8 for k in rows["kind"]],
                "color": colour,
                "opacity": 1,
                "symbol": ["square" if k == "market" else "circle" for k in rows["kind"]],
                "line": {"color": "#FFFFFF", "width": 1.2},
            },
            text=rows["name"].tolist(),
            hovertemplate="%{text}<extra></extra>",
        )
    # names for a wide map (shown) and for a narrow one (hidden; the page's script swaps them)
    for name, width, size, limit, visible in (
        ("labels wide", 760, 11.5, 40, True),
        ("labels narrow", 350, 10, 14, False),
    ):
        labels = atlas.place_labels(places, width, size, limit, sides=8 if visible else 2)
        figure.add_scatter(
            x=[one.x for one in labels],
            y=[one.y for one in labels],
            text=[one.text for one in labels],
            textposition=[one.position for one in labels],
            mode="markers+text",
            name=name,
            visible=visible,
            marker={"size": 9, "opacity": 0},
            textfont={"size": size, "color": theme.INK, "shadow": theme.HALO},
            hoverinfo="skip",
            showlegend=False,
        )
