"""Outcomes: the numbers by which runs are compared, each from a model that has run over a window of years.

All are expected values where chance is known (amendment 10): expected kilograms are load times chance of removal, whose
spread over seeds is about a tenth of that of kilograms seized.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from model import RouteModel
from model.errors import InputError, closest
from model.state import Array
from model.world import COURIER, MODES

__all__ = ["OUTCOMES", "Outcome", "measure_outcomes"]

WEST_AFRICA = ("west_africa", "sahel")


class Window:
    """What a model recorded in some years, summed when first asked for."""

    def __init__(self, model: RouteModel, first_year: int, last_year: int) -> None:
        self.model = model
        self.years = range(first_year, last_year + 1)

    @cached_property
    def weekly(self) -> pd.DataFrame:
        """Weekly series of the window."""
        weekly = self.model.weekly
        years = weekly.index.isocalendar()["year"]  # type: ignore[attr-defined]
        return weekly[years.isin(self.years).to_numpy()]

    def sum(self, column: str) -> float:
        """Sum of a weekly series over the window."""
        return float(self.weekly[column].sum())

    def a_year(self, column: str) -> float:
        """Mean yearly sum of a weekly series."""
        return self.sum(column) / len(self.years)

    def mean(self, column: str) -> float:
        """Mean of a weekly series over the window."""
        return float(self.weekly[column].mean())

    def by(self, dimension: str) -> pd.DataFrame:
        """Sums over the window by name of a dimension."""
        frame = self.model.by(dimension)
        return frame[frame.index.get_level_values("year").isin(self.years)].groupby(level=1, sort=False).sum()

    def stage_share(self, *stages: str) -> float:
        """Expected kg removed at some stages per kg dispatched."""
        return _ratio(float(self.by("stage")["expected_seized_kg"][list(stages)].sum()), self.sum("dispatched_kg"))

    def leg_share(self, chosen: Array) -> float:
        """Expected kg removed on some legs per kg moved on them."""
        legs = self.by("leg")[chosen]
        return _ratio(float(legs["expected_seized_kg"].sum()), float(legs["moved_kg"].sum()))

    def regions(self, *names: str) -> Array:
        """States of some regions, as a mask."""
        table = self.model.world.tables.states.set_index("state").loc[list(self.model.world.states)]
        mask: Array = table["region"].isin(names).to_numpy()
        return mask

    def courier_legs(self, *regions: str, place: str = "") -> Array:
        """Air courier legs that start in some regions, or end at a place, as a mask."""
        legs, places = self.model.world.tables.legs, self.model.world.tables.places.set_index("place")["region"]
        found = legs["destination"].eq(place) if place else legs["origin"].map(places).isin(regions)
        mask: Array = (found & legs["mode"].eq(MODES[COURIER])).to_numpy()
        return mask


@dataclass(frozen=True)
class Outcome:
    """One number of a run over a window of years."""

    name: str
    unit: str
    description: str
    of: Callable[[Window], float]


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0.0 else 0.0


def _known(window: Window) -> float:
    return _ratio(window.sum("expected_known_kg"), float(window.by("mode")["moved_kg"].sum()))


def _containers(window: Window) -> float:
    modes = window.by("mode").loc["container"]
    return _ratio(float(modes["expected_seized_kg"]), float(modes["moved_kg"]))


def _jailed(window: Window) -> float:
    organisations = window.model.state.organisations
    return float(organisations.jailed_share[organisations.alive == 1].mean())


def _ability(window: Window) -> float:
    return float(window.model.state.states.ability[window.regions(*WEST_AFRICA)].mean())


OUTCOMES: dict[str, Outcome] = {
    outcome.name: outcome
    for outcome in (
        Outcome("arrived_europe_kg", "kg/year", "landed for European markets", lambda w: w.a_year("arrived_europe_kg")),
        Outcome("consumed_europe_kg", "kg/year", "consumed in Europe", lambda w: w.a_year("consumed_europe_kg")),
        Outcome("expected_seized_kg", "kg/year", "expected removals", lambda w: w.a_year("expected_seized_kg")),
        Outcome("seized_kg", "kg/year", "removals as they fell", lambda w: w.a_year("seized_kg")),
        Outcome("west_africa_kg", "kg/year", "through West Africa", lambda w: w.a_year("west_africa_kg")),
        Outcome("price_europe", "EUR/kg", "wholesale price in Europe", lambda w: w.mean("price_europe_eur_per_kg")),
        Outcome("known_share", "share", "expected share of what moves that some state able to act knows of", _known),
        Outcome("sea_share", "share", "expected removals at sea per kg dispatched",
            lambda w: w.stage_share("lead", "patrol", "satellite")),
        Outcome("satellite_share", "share", "expected removals after satellite contacts per kg dispatched",
            lambda w: w.stage_share("satellite")),
        Outcome("radar_share", "share", "expected removals after coastal radar per kg dispatched",
            lambda w: w.stage_share("radar")),
        Outcome("act_rate", "share", "cues that an asset was sent to", lambda w: _ratio(w.sum("acted"), w.sum("cued"))),
        Outcome("boarded_share", "share", "cases acted on that came to a boarding",
            lambda w: _ratio(w.sum("boarded"), w.sum("acted"))),
        Outcome("container_share", "share", "expected removals per kg moved in containers", _containers),
        Outcome("schiphol_share", "share", "expected removals per kg of couriers to Schiphol",
            lambda w: w.leg_share(w.courier_legs(place="amsterdam_airport"))),
        Outcome("west_african_air_share", "share", "expected removals per kg of couriers from West Africa and the Sahel",
            lambda w: w.leg_share(w.courier_legs(*WEST_AFRICA))),
        Outcome("ability", "share", "mean ability of services in West Africa and the Sahel, at the end", _ability),
        Outcome("corruption", "share", "mean corruption in West Africa, at the end",
            lambda w: float(w.model.state.states.kappa[w.regions("west_africa")].mean())),
        Outcome("frozen_share", "year", "assets frozen on average, in years of revenue",
            lambda w: _ratio(w.mean("frozen_eur"), w.a_year("revenue_eur"))),
        Outcome("laundering_share", "share", "cost of laundering per euro of revenue",
            lambda w: _ratio(w.sum("laundering_eur"), w.sum("revenue_eur"))),
        Outcome("confiscated_share", "share", "confiscated per euro of revenue",
            lambda w: _ratio(w.sum("confiscated_eur"), w.sum("revenue_eur"))),
        Outcome("jailed_share", "share", "mean share of a group's people in prison, at the end", _jailed),
    )
}  # fmt: skip


def measure_outcomes(
    model: RouteModel, first_year: int, last_year: int, names: Iterable[str] | None = None
) -> dict[str, float]:
    """Outcomes of a model that has run to the end of the window; all of them, or those named.

    Raises
    ------
    InputError
        If there is no such outcome, or the model has not recorded the window.
    """
    chosen = list(OUTCOMES) if names is None else list(names)
    for name in chosen:
        if name not in OUTCOMES:
            near = closest(name, OUTCOMES)
            raise InputError(
                "there is no such outcome", field="outcome", value=name, allowed=", ".join(OUTCOMES),
                remedy=f"did you mean {near!r}?" if near else "take one of these",
            )  # fmt: skip
    if not set(range(first_year, last_year + 1)) <= set(model.years):
        raise InputError(
            "the run does not hold these years", field="window", value=f"{first_year} to {last_year}",
            allowed=f"{model.years[0]} to {model.years[-1]}" if model.years else "years that were simulated",
            remedy="run further, or ask for other years",
        )  # fmt: skip
    window = Window(model, first_year, last_year)
    return {name: OUTCOMES[name].of(window) for name in chosen}


def mean_and_interval(values: Array, level: float = 0.95) -> tuple[float, float, float]:
    """Mean over replications and its interval by Student's t; the interval is the mean where there is one value."""
    from scipy.stats import t

    mean = float(np.mean(values))
    if len(values) < 2:
        return mean, mean, mean
    half = float(t.ppf(0.5 + level / 2, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values)))
    return mean, mean - half, mean + half
