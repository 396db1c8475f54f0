"""Scenario discovery: in which conditions does a policy fail? PRIM of the EMA workbench, on the runs of a store.

The extra ``ema`` brings the workbench. What `to_ema` gives fits all of its analysis (feature scoring, CART, regional
sensitivity), since it is in the workbench's own form.
"""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from experiments.analysis.intervals import check_share, preliminary
from experiments.design.factors import read_back
from experiments.ensemble.store import DONE, Store
from experiments.extras import from_extra
from experiments.field_types import check_choice
from model.columns import Array
from model.errors import InputError

MODEL: Final = "Highway 10"
FEWEST: Final = 40
"""Points below which a box of PRIM says nothing."""


@dataclass(frozen=True)
class Box:
    """Conditions in which the cases of interest gather (Friedman and Fisher 1999; Bryant and Lempert 2010).

    `limits` has a row for each factor that restricts the box: factor, low, high (or values), qp, the probability that
    so good a restriction comes about by chance. `coverage` is the share of the cases of interest inside, `density` the
    share of the points inside that are of interest, `mass` the share of all points inside.
    """

    outcome: str
    cut: float
    worst: str
    points: int
    interesting: int
    coverage: float
    density: float
    mass: float
    limits: pd.DataFrame
    trajectory: pd.DataFrame
    note: str = ""
    """What is said with few seeds at each point, as "preliminary, 3 seeds"."""

    def sentence(self) -> str:
        """What was found, in words."""
        cases = f"{self.interesting} of {self.points} points with {self.outcome} {self.worst} {self.cut:,.4g}"
        cases += f" ({self.note})" if self.note else ""
        if self.limits.empty:
            return f"{cases}: no conditions tell them from the rest."
        inside = "; ".join(_condition(row) for row in self.limits.to_dict("records"))
        return (
            f"{cases}: {self.coverage:.0%} of them have {inside}; "
            f"{self.density:.0%} of the points there are such cases (by chance {self.interesting / self.points:.0%})."
        )


def _condition(row: Mapping[Any, Any]) -> str:
    limits = f"in {row['values']}" if row["values"] else f"from {row['low']:.3g} to {row['high']:.3g}"
    return f"{row['factor']} {limits}"


def to_ema(store: Store) -> tuple[pd.DataFrame, dict[str, Array]]:
    """Experiments and outcomes of a store as the EMA workbench has them; replications of a point are averaged.

    Points of a scenario that stand for the same runs count once.

    Returns
    -------
    tuple
        Experiments, a row for each point: levers, uncertainties, scenario (number of the point), policy (name of our
        scenario), model. Outcomes: name -> array of shape (points,). Points without a run that ended well are left out.
    """
    runs, manifest = store.runs(), store.manifest
    names = [factor["name"] for factor in manifest.get("factors", [])]
    outcomes = [name for name in manifest.get("outcomes", {}) if name in runs]
    done = runs[runs["status"] == DONE]
    means = done.groupby("point")[outcomes].mean()
    rows = done.drop_duplicates("point").set_index("point").loc[means.index]
    twice = rows.assign(run=done.groupby("point")["run"].agg(tuple)).duplicated(["scenario", "run"])
    means, rows = means[~twice], rows[~twice]
    experiments = rows[names].reset_index().rename(columns={"point": "scenario"})
    experiments["policy"] = rows["scenario"].astype(object).to_numpy()
    experiments["model"] = MODEL
    return experiments, {name: means[name].to_numpy(float, copy=True) for name in outcomes}


def discover(
    store: Store,
    outcome: str,
    *,
    share: float = 0.25,
    highest: bool = True,
    density: float = 0.8,
    policy: str | None = None,
    smallest: float = 0.05,
) -> Box:
    """Find conditions in which an outcome is among its highest (or lowest) values.

    Parameters
    ----------
    share
        Share of the points that count as cases of interest.
    density
        Least share of cases of interest inside the box; of the boxes that reach it, the one that covers most cases is
        taken, and the densest one where none does.
    policy
        Only the points of this scenario of the study, a name or the path of its file.
    smallest
        Least share of all points inside a box.

    Raises
    ------
    InputError
        If the workbench is missing, or the study does not have the outcome, factors or enough points.
    """
    with from_extra("ema", "discover"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says which of its own extras are not there
        from ema_workbench.analysis import prim
    check_share("share", share, remedy="0.25 is usual")
    check_share("density", density, remedy="0.8 is usual")
    experiments, outcomes = to_ema(store)
    check_choice(outcome, outcomes, "outcome", "the study has no such outcome")
    policy = Path(policy).stem if policy is not None and policy.endswith(".toml") else policy
    kept = np.ones(len(experiments), bool) if policy is None else (experiments["policy"] == policy).to_numpy(bool)
    values = outcomes[outcome][kept]
    x = _inputs(experiments.loc[kept].drop(columns=["scenario", "policy", "model"]))
    if len(x) < FEWEST or x.shape[1] == 0:
        raise InputError(
            "too little to find conditions in",
            field="store",
            value=store.url,
            allowed=f"a study of factors with at least {FEWEST} points that ended well",
            remedy='take a study with method = "lhs" and n = 200 or more',
        )
    cut = float(np.quantile(values, 1.0 - share if highest else share))
    interesting = values >= cut if highest else values <= cut
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the workbench still drops columns in place, which pandas 3 warns of
        box = prim.Prim(x, interesting, mass_min=smallest).find_box()
        trajectory = box.peeling_trajectory.reset_index(drop=True)
        chosen = _choose(trajectory, density)
    limits = _dated(_limits(box.box_lims[chosen], box.p_values[chosen], x), store.manifest)
    runs = store.runs()
    seeds = runs[runs["status"] == DONE].groupby("point").size()  # of the points that have any run that ended well
    size = trajectory.loc[chosen, ["coverage", "density", "mass"]].astype(float)
    return Box(
        outcome=outcome,
        cut=cut,
        worst="of at least" if highest else "of at most",
        points=len(x),
        interesting=int(interesting.sum()),
        **size,
        limits=limits,
        trajectory=trajectory,
        note=preliminary(float(seeds.min())),
    )


def _choose(trajectory: pd.DataFrame, density: float) -> int:
    """Number of the box that covers most cases of those that are dense enough; else of the densest."""
    enough = trajectory[trajectory["density"] >= density].sort_values(["coverage", "density"], ascending=False)
    return int(np.argmax(trajectory["density"]) if enough.empty else enough.index.to_numpy(int)[0])


def _inputs(levels: pd.DataFrame) -> pd.DataFrame:
    """Levels as PRIM takes them: numbers as they are, options of switches as text; a factor without levels is out."""
    made = levels.dropna(axis="columns", how="all").reset_index(drop=True)
    if made.isna().any(axis=None):
        raise InputError(
            "a factor has no level at some points",
            field=f"factor {made.columns[made.isna().any()][0]}",
            value="empty cells",
            allowed="a level of every factor at every point",
            remedy="write the level that the scenario has into the empty cells of the design",
        )
    options = [str(name) for name in made if made[name].dtype.kind not in "fiu"]
    return made.assign(**{name: made[name].map(str).astype(object) for name in options})


def _limits(ends: pd.DataFrame, found: dict[str, list[float]], x: pd.DataFrame) -> pd.DataFrame:
    """Rows for the factors that a box restricts, the surest first; other ends are those of the data."""
    rows = []
    for name, chances in found.items():
        low, high = ends[name].tolist()
        qp = min((float(chance) for chance in chances if chance >= 0), default=np.nan)  # -1: an end without restriction
        if isinstance(low, set | frozenset):
            rows.append((name, np.nan, np.nan, ", ".join(sorted(map(str, low))), qp, np.nan, np.nan))
        else:
            rows.append((name, float(low), float(high), "", qp, x[name].min(), x[name].max()))
    return (
        pd.DataFrame(rows, columns=["factor", "low", "high", "values", "qp", "from", "to"])
        .sort_values("qp", kind="stable")
        .reset_index(drop=True)
    )


def _dated(limits: pd.DataFrame, manifest: dict[str, Any]) -> pd.DataFrame:
    """The same rows, with the days of a date as values."""
    for factor in map(read_back, manifest["factors"]):
        mine = limits["factor"] == factor.name
        if factor.is_date and mine.any():
            low, high = limits.loc[mine, ["low", "high"]].iloc[0]
            limits.loc[mine, "values"] = f"{factor.shown(low)} to {factor.shown(high)}"
    return limits
