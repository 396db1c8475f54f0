"""What outcomes are sensitive to, and who contributes to a change."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from views import theme
from views.figures.marks import LESS, MORE, NAMES_AXIS, blank, clear, ruled, tones, whiskers, wrapped
from views.figures.registry import Section, by, figure
from views.results import StudyResults


@figure(
    "morris",
    section=Section(
        "Which uncertainties matter",
        "Each factor moved over its range from many starting points; what is far to the right needs evidence first.",
        100,
    ),
    name="morris",
    split=by("outcome"),
)
def morris_plane(study: StudyResults, rows: pd.DataFrame, outcome: str) -> go.Figure:
    """Mean absolute effect of every factor over its range, with its interval and the spread of effects."""
    shown, mine = study.outcome(outcome), rows.sort_values("mu_star")
    sizes = mine[["mu_star_low", "mu_star", "mu_star_high", "sigma"]] * shown.factor
    names = [study.factor(name) for name in mine["factor"]]
    drawn = (
        blank(
            90 + 25 * len(mine),
            bargap=0.35,
            xaxis=ruled(f"Effect over the factor's range, {shown.unit}", tickformat=",~g"),
            yaxis=NAMES_AXIS,
        )
        .add_bar(
            x=sizes["mu_star"],
            y=names,
            orientation="h",
            name="Mean absolute effect (mu*)",
            marker={"color": [MORE if mu > 0 else LESS for mu in mine["mu"]]},
            error_x=whiskers(sizes["mu_star_low"], sizes["mu_star"], sizes["mu_star_high"], theme.MUTED),
            hovertemplate="%{y}: %{x:,.3~g}<extra></extra>",
            showlegend=False,
        )
        .add_scatter(
            x=sizes["sigma"],
            y=names,
            mode="markers",
            name="Spread of effects (sigma)",
            marker={"symbol": "circle-open", "size": 8, "color": theme.INK, "line": {"color": theme.INK, "width": 1.6}},
            hovertemplate="%{y}: sigma %{x:,.3~g}<extra></extra>",
        )
    )
    return theme.describe(
        drawn,
        title=shown.name,
        subtitle=f"Morris screening, {int(mine['n'].iloc[0])} trajectories. Red raises, blue lowers it in the mean. A "
        "spread (open) beyond the mean effect says that the sign depends on other factors, or on chance.",
        source="model; mu* after Campolongo et al. (2007).",
    )


@figure(
    "sobol",
    section=Section(
        "What the variance comes from",
        "A factor whose total is small can be fixed without loss; where the total exceeds the first order, it works "
        "through others.",
        110,
    ),
    name="sobol",
    split=by("outcome"),
)
def sobol_bars(study: StudyResults, rows: pd.DataFrame, outcome: str) -> go.Figure:
    """First-order and total Sobol indices with 95% intervals."""
    mine = rows.sort_values("st").tail(16)
    drawn = blank(
        90 + 30 * len(mine), barmode="overlay", bargap=0.3, xaxis=ruled("Share of variance, %"), yaxis=NAMES_AXIS
    )
    for column, name, colour, width in (
        ("st", "Total, interactions included", theme.SKY, 0.7),
        ("s1", "First order, alone", theme.NAVY, 0.34),
    ):
        low, middle, high = (100 * mine[f"{column}{end}"] for end in ("_low", "", "_high"))
        drawn.add_bar(
            x=middle,
            y=[study.factor(name) for name in mine["factor"]],
            orientation="h",
            name=name,
            marker={"color": colour},
            width=width,
            error_x=whiskers(low, middle, high, theme.MUTED),
            hovertemplate="%{y}: %{x:.0f}%<extra></extra>",
        )
    return theme.describe(
        drawn,
        title=study.outcome(outcome).name,
        subtitle=f"Sobol indices of {int(mine['n'].iloc[0])} blocks, with "
        "95% bootstrap intervals. Chance between seeds counts as variance that no factor explains.",
        source="model; first order after Saltelli et al. (2010), total after Jansen (1999).",
    )


@figure(
    "shapley",
    section=Section(
        "Who deserves credit",
        "What each adds, averaged over all orders in which they could have come; a share against the sum is harm moved "
        "onto others, or work done twice.",
        120,
    ),
    split=by("outcome"),
)
def shapley(study: StudyResults, rows: pd.DataFrame, outcome: str) -> go.Figure:
    """Waterfall of Shapley shares from none of the players to all of them, with intervals."""
    shown, mine = study.outcome(outcome), rows.sort_values("share", key=lambda s: -s.abs())
    sizes = mine[["share", "low", "high"]] * shown.factor
    drawn = blank(
        80 + 40 * (len(mine) + 1),
        showlegend=False,
        xaxis=ruled(f"Share of the change, {shown.unit}", tickformat="+,~g"),
        yaxis={"autorange": "reversed", **NAMES_AXIS},
    )
    rise = sizes["share"].cumsum()
    bars = zip(
        mine["name"],
        sizes.itertuples(index=False),
        rise - sizes["share"],
        tones(mine["share"], clear(mine)),
        strict=True,
    )
    for name, size, base, colour in bars:
        label = wrapped(str(name), 30)
        drawn.add_bar(
            x=[size.share],
            base=[base],
            y=[label],
            orientation="h",
            name=label,
            marker={"color": colour},
            width=0.56,
            error_x=whiskers(np.array([size.low]), np.array([size.share]), np.array([size.high]), theme.INK),
            hovertemplate=f"{size.share:+,.3g} {shown.unit} ({size.low:+,.3g} to {size.high:+,.3g})<extra></extra>",
        )
    whole = float(rise.iloc[-1])
    drawn.add_bar(
        x=[whole],
        y=["<b>All together</b>"],
        orientation="h",
        marker={"color": theme.NAVY},
        width=0.56,
        name="All together",
        hovertemplate=f"{whole:+,.3g} {shown.unit}<extra></extra>",
    ).add_vline(x=0.0, line={"color": theme.MUTED, "width": 1})
    return theme.describe(
        drawn,
        title=shown.name,
        subtitle="Shapley share of each player, one after the other, from none of them to all; 95% intervals over "
        "seeds; grey shares cannot be told from zero.",
        source=f"model; shares after Shapley (1953), {'all coalitions' if mine['exact'].all() else 'sampled orders'}.",
    )
