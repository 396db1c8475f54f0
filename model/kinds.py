"""Kinds that tables name and rules compare by number, and quantities that are counted by position.

Each is declared once, as a member of an enumeration: its position is its number in compiled rules, and its label is the
name in tables and files.
"""

from enum import IntEnum
from typing import Self


class Numbered(IntEnum):
    """A member whose number is its position, from 0; what it is declared with goes to its `__init__`.

    Compiled rules compare with a member, and index by it; a number that is kept or passed on is its ``value``.
    """

    def __new__(cls, *_: str) -> Self:
        """Number the members in the order of declaration."""
        member = int.__new__(cls, len(cls.__members__))
        member._value_ = len(cls.__members__)
        return member


class Code(Numbered):
    """A member declared by its label."""

    def __init__(self, label: str) -> None:
        self.label = label

    @classmethod
    def labels(cls) -> tuple[str, ...]:
        """Names in tables and files, by number."""
        return tuple(member.label for member in cls)


def codes() -> dict[str, type[Code]]:
    """Every enumeration by its name."""
    return {kind.__name__: kind for kind in Code.__subclasses__()}


class Mode(Code):
    """Transport modes."""

    FAST_BOAT = "fast_boat"
    SMALL_VESSEL = "small_vessel"
    MERCHANT = "merchant_vessel"
    CONTAINER = "container"
    AIRCRAFT = "light_aircraft"
    COURIER = "air_courier"
    LAND = "overland"


class Regime(Code):
    """Leave of a flag state to board, from the quickest to none."""

    STANDING = "standing"
    FOUR_HOUR = "four_hour"
    ARTICLE17 = "article17"
    NONE = "none"


class Sector(Code):
    """Sectors in which programmes build ability."""

    MARITIME = "maritime"
    AIRPORT = "airport"
    PORT = "port"
    JUSTICE = "justice"


class Stage(Code):
    """How something was seized: by what it became known, or where it was taken."""

    LEAD = "lead"
    PATROL = "patrol"
    RADAR = "radar"
    SATELLITE = "satellite"
    INSPECTION = "inspection"
    POLICE = "police"
    SOURCE = "source"
    OTHER_MARKETS = "other_markets"


class PlacementRule(Code):
    """How a platform places the assets lent to it, from the baseline to the most elaborate."""

    RANDOM = "random"
    LAST_SEIZURES = "last-seizures"
    GREEDY = "greedy"
    COVERING = "covering"
    NETWORK = "network"
    BANDIT = "bandit"


AS_TABLED = -1
"""Value of the parameter `allocation` under which each platform keeps its own rule."""


class Deterrence(Code):
    """How risk deters: as a cash cost, or by a threshold of willingness."""

    RISK_PRICE = "risk-price"
    WILLINGNESS = "willingness"


class Cooperation(Code):
    """How countries share: at the level of tables and events, or as each decides."""

    FIXED = "fixed"
    ENDOGENOUS = "endogenous"


class ServiceTimes(Code):
    """How the asset time of a case is spread."""

    EXPONENTIAL = "exponential"
    FIXED = "fixed"


class Direction(Code):
    """Which end of a leg a control stands at."""

    EXPORT = "export"
    IMPORT = "import"


class Sensor(Code):
    """Sensors that detect without a lead on the open sea."""

    PATROL = "patrol"
    SATELLITE = "satellite"


class Counter(Code):
    """Whole numbers that a run keeps."""

    LIVE = "consignments under way"
    FREE = "free rows of consignments"
    GROUPS = "organisations alive"
    IDENTS = "next ident of an organisation"
    EVENTS = "seizures written"
    CUES = "cues this week"
    STATUS = "why compiled weeks came back"
    EPOCH = "epoch of the inputs in force"
    REVIEW_DUE = "an input has changed that a review depends on"
    READY = "assets that are out and can board this week"
    ROWS_NEEDED = "most new consignments of this week"
    MONTHS = "months so far"


class Status(Code):
    """Why compiled weeks came back."""

    RUNNING = "running"
    NEEDS_ROWS = "needs rows"
    NO_ROW_LEFT = "no row left"  # never to be seen: the pool is made large enough before the week


MODES, REGIMES, SECTORS = Mode.labels(), Regime.labels(), Sector.labels()
STAGES = Stage.labels()
BUNDLED = frozenset({Mode.CONTAINER.label, Mode.COURIER.label, Mode.LAND.label})
"""Modes in which several boxes, couriers or bags travel at a time and are checked one by one."""
