"""What a model recorded in a window of years, as outcomes read it."""

import numpy as np

from model import RouteModel, calendar
from model.columns import Array
from model.kinds import STAGES
from model.record import Account, Weekly, Yearly
from model.world.regions import End, countries_in, legs_at

WEST_AFRICA = "west_africa_sahel"


def ratio(part: float, whole: float) -> float:
    """A part of a whole; 0 where the whole is zero."""
    return part / whole if whole > 0.0 else 0.0


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

    def stages_sum(self, *stages: str) -> float:
        """Mean yearly expected kg removed at some stages."""
        rows = [STAGES.index(stage) for stage in stages]
        return float(self.model.buffers.by_stage[self._years, rows, Yearly.EXPECTED_SEIZED_KG].sum()) / self.count

    def stage_share(self, *stages: str) -> float:
        """Expected kg removed at some stages per kg dispatched."""
        rows = [STAGES.index(stage) for stage in stages]
        removed = self.model.buffers.by_stage[self._years, rows, Yearly.EXPECTED_SEIZED_KG].sum()
        return ratio(float(removed), self.sum("dispatched_kg"))

    def leg_share(self, chosen: Array, what: int = Yearly.EXPECTED_SEIZED_KG) -> float:
        """Expected kg removed (or known of) on some legs per kg that entered them."""
        legs = self.model.buffers.by_leg[self._years][:, chosen].sum(axis=(0, 1))
        return ratio(float(legs[what]), float(legs[Yearly.MOVED_KG]))

    def known_share(self, chosen: Array) -> float:
        """Expected kg on some legs that a state able to act knows of, per kg that entered them."""
        return self.leg_share(chosen, Yearly.EXPECTED_KNOWN_KG)

    def legs_sum(self, what: int, chosen: Array | None = None) -> float:
        """Mean yearly sum over some legs, or all, of what is recorded by leg."""
        legs = self.model.buffers.by_leg[self._years, :, what].sum(axis=0)
        return float((legs if chosen is None else legs[chosen]).sum()) / self.count

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
        return np.isin(self.model.world.arrays.leg_mode, modes)
