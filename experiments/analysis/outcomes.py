"""Outcomes: the numbers by which runs are compared, each from a model that has run over a window of years.

All are expected values where chance is known (amendment 10): expected kilograms are load times chance of removal, whose
spread over seeds is about a tenth of that of kilograms seized.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from experiments.analysis.intervals import mean_and_interval
from model import RouteModel, calendar
from model.columns import Array
from model.errors import InputError, closest
from model.kinds import MODES, STAGES, Mode, Stage
from model.record import Account, Weekly, Yearly
from model.world.regions import End, countries_in, legs_at

__all__ = ["OUTCOMES", "Outcome", "mean_and_interval", "measure_outcomes"]

WEST_AFRICA = "west_africa_sahel"
AT_SEA = (Mode.FAST_BOAT, Mode.SMALL_VESSEL, Mode.MERCHANT)
FOLLOWED = tuple(stage for i, stage in enumerate(STAGES) if i not in (Stage.SOURCE, Stage.OTHER_MARKETS))
"""Stages at which loads are taken that are followed on their way."""


class Window:
    """What a model recorded in some years."""

    def __init__(self, model: RouteModel, first_year: int, last_year: int) -> None:
        self.model = model
        self.count = last_year - first_year + 1
        self._years = slice(first_year - calendar.FIRST_YEAR, last_year - calendar.FIRST_YEAR + 1)
        self._first, self._last = calendar.first_week(first_year), calendar.first_week(last_year + 1)

    def sum(self, column: str) -> float:
        """Sum of a weekly series, or of an account in EUR, over the window."""
        name = column.upper()
        if name in Weekly.__members__:
            return float(self.model.buffers.weekly[self._first : self._last, Weekly[name]].sum())
        account = self.model.buffers.accounts[:, Account[name]]
        return float(account[self._last - 1] - account[self._first - 1])

    def a_year(self, column: str) -> float:
        """Mean yearly sum of a weekly series or account."""
        return self.sum(column) / self.count

    def mean(self, column: str) -> float:
        """Mean of a weekly series over the window."""
        return self.sum(column) / (self._last - self._first)

    def stage_share(self, *stages: str) -> float:
        """Expected kg removed at some stages per kg dispatched."""
        rows = [STAGES.index(stage) for stage in stages]
        removed = self.model.buffers.by_stage[self._years, rows, Yearly.EXPECTED_SEIZED_KG].sum()
        return _ratio(float(removed), self.sum("dispatched_kg"))

    def leg_share(self, chosen: Array, what: int = Yearly.EXPECTED_SEIZED_KG) -> float:
        """Expected kg removed (or known of) on some legs per kg that entered them."""
        legs = self.model.buffers.by_leg[self._years][:, chosen].sum(axis=(0, 1))
        return _ratio(float(legs[what]), float(legs[Yearly.MOVED_KG]))

    def legs_sum(self, what: int, chosen: Array | None = None) -> float:
        """Mean yearly sum over some legs, or all, of what is recorded by leg."""
        legs = self.model.buffers.by_leg[self._years, :, what].sum(axis=0)
        return float((legs if chosen is None else legs[chosen]).sum()) / self.count

    def stages_sum(self, *stages: str) -> float:
        """Mean yearly expected kg removed at some stages."""
        rows = [STAGES.index(stage) for stage in stages]
        return float(self.model.buffers.by_stage[self._years, rows, Yearly.EXPECTED_SEIZED_KG].sum()) / self.count

    def known_share(self, chosen: Array) -> float:
        """Expected kg on some legs that a state able to act knows of, per kg that entered them."""
        return self.leg_share(chosen, Yearly.EXPECTED_KNOWN_KG)

    def states_in(self, group: str) -> Array:
        """Countries of a region or group of `regions.csv`, as a mask."""
        return countries_in(self.model.world.tables, group)

    def legs_at(self, end: End, group: str) -> Array:
        """Legs whose origin or destination lies in a region or group, as a mask."""
        return legs_at(self.model.world.tables, end, group)

    def west_african(self) -> Array:
        """Legs to, in and from West Africa and the Sahel, as a mask."""
        return self.legs_at("origin", WEST_AFRICA) | self.legs_at("destination", WEST_AFRICA)

    def by_mode(self, *modes: int) -> Array:
        """Legs of some modes, as a mask."""
        mask: Array = np.isin(self.model.world.arrays.leg_mode, modes)
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


def _controlled(window: Window) -> float:
    world = window.model.world
    to_schiphol = (world.tables.legs["destination"] == "amsterdam_airport").to_numpy()
    return window.leg_share(to_schiphol & (world.arrays.leg_flagged > 0))


def _jailed(window: Window) -> float:
    organisations = window.model.state.organisations
    return float(organisations.jailed_share[organisations.alive == 1].mean())


def _ability(window: Window) -> float:
    return float(window.model.state.states.ability[window.states_in(WEST_AFRICA)].mean())


def _profit(window: Window) -> float:
    costs = (-window.a_year(account.column) for account in Account if account.cost)
    return sum(costs, start=window.a_year("revenue_eur"))


OUTCOMES: dict[str, Outcome] = {
    outcome.name: outcome
    for outcome in (
        Outcome("arrived_europe_kg", "kg/year", "landed for European markets", lambda w: w.a_year("arrived_europe_kg")),
        Outcome("consumed_europe_kg", "kg/year", "consumed in Europe", lambda w: w.a_year("consumed_europe_kg")),
        Outcome("expected_seized_kg", "kg/year", "expected removals", lambda w: w.a_year("expected_seized_kg")),
        Outcome("seized_kg", "kg/year", "removals as they fell", lambda w: w.a_year("seized_kg")),
        Outcome("west_africa_kg", "kg/year", "through West Africa", lambda w: w.a_year("west_africa_kg")),
        Outcome("dispatched_kg", "kg/year", "sent out", lambda w: w.a_year("dispatched_kg")),
        Outcome("moved_kg", "kg/year", "set out on a leg, summed over legs", lambda w: w.legs_sum(Yearly.MOVED_KG)),
        Outcome("known_kg", "kg/year", "expected kg that some state able to act knows of, summed over legs",
            lambda w: w.legs_sum(Yearly.EXPECTED_KNOWN_KG)),
        Outcome("sea_moved_kg", "kg/year", "set out on legs by boat or merchant vessel, containers apart",
            lambda w: w.legs_sum(Yearly.MOVED_KG, w.by_mode(*AT_SEA))),
        Outcome("cued_kg", "kg/year", "in loads at sea that somebody able to act was told of",
            lambda w: w.a_year("cued_kg")),
        Outcome("acted_kg", "kg/year", "in loads at sea that an asset was sent to", lambda w: w.a_year("acted_kg")),
        Outcome("boarded_expected_kg", "kg/year", "expected removals by boarding at sea",
            lambda w: w.a_year("boarded_expected_kg")),
        Outcome("shore_removed_kg", "kg/year", "expected removals other than by boarding, of loads that are followed",
            lambda w: w.stages_sum(*FOLLOWED) - w.a_year("boarded_expected_kg")),
        Outcome("seized_eu_bulk_kg", "kg bulk/year", "seized in the EU, as statistics count",
            lambda w: w.a_year("seized_eu_bulk_kg")),
        Outcome("lost_kg", "kg/year", "lost or dumped", lambda w: w.a_year("lost_kg")),
        Outcome("profit_eur", "EUR/year", "profit of all organisations", _profit),
        Outcome("price_europe", "EUR/kg", "wholesale price in Europe", lambda w: w.mean("price_europe_eur_per_kg")),
        Outcome("known_share", "share", "expected share of what moves that some state able to act knows of",
            lambda w: w.known_share(w.by_mode(*range(len(MODES))))),
        Outcome("sea_known_share", "share", "the same of what moves by small vessel and merchant vessel",
            lambda w: w.known_share(w.by_mode(Mode.SMALL_VESSEL, Mode.MERCHANT))),
        Outcome("west_african_known_share", "share", "the same of what moves to, in and from West Africa and the Sahel",
            lambda w: w.known_share(w.west_african())),
        Outcome("west_african_lead_chance", "share",
            "chance that a load is known of, mean of the legs to, in and from West Africa and the Sahel, at the end",
            lambda w: float(w.model.state.legs.know[w.west_african()].mean())),
        Outcome("sea_share", "share", "expected removals at sea per kg dispatched",
            lambda w: w.stage_share("lead", "patrol", "satellite")),
        Outcome("satellite_share", "share", "expected removals after satellite contacts per kg dispatched",
            lambda w: w.stage_share("satellite")),
        Outcome("radar_share", "share", "expected removals after coastal radar per kg dispatched",
            lambda w: w.stage_share("radar")),
        Outcome("act_rate", "share", "cues that an asset was sent to", lambda w: _ratio(w.sum("acted"), w.sum("cued"))),
        Outcome("boarded_share", "share", "cases acted on that came to a boarding",
            lambda w: _ratio(w.sum("boarded"), w.sum("acted"))),
        Outcome("container_share", "share", "expected removals per kg moved in containers",
            lambda w: w.leg_share(w.by_mode(Mode.CONTAINER))),
        Outcome("controlled_flights_share", "share",
            "expected removals per kg of couriers on flagged flights to Schiphol", _controlled),
        Outcome("west_african_air_share", "share", "expected removals per kg of couriers from West Africa",
            lambda w: w.leg_share(w.by_mode(Mode.COURIER) & w.legs_at("origin", WEST_AFRICA))),
        Outcome("ability", "share", "mean ability of services in West Africa and the Sahel, at the end", _ability),
        Outcome("corruption", "share", "mean corruption in West Africa, at the end",
            lambda w: float(w.model.state.states.kappa[w.states_in("west_africa")].mean())),
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
