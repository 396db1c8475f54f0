"""Outcomes: the numbers by which runs are compared, each from a model that has run over a window of years.

All are expected values where chance is known: expected kilograms are load times chance of removal, whose spread over
seeds is about a tenth of that of kilograms seized. Every outcome is declared once, in `DECLARED`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import FunctionType
from typing import Any, Final

from experiments.analysis.window import WEST_AFRICA, Window, ratio
from experiments.field_types import LISTED, check_choice
from model import RouteModel
from model.errors import InputError
from model.kernel.exchange import fingerprint
from model.kinds import MODES, STAGES, Mode, Stage
from model.record import Account, Yearly

__all__ = [
    "LESS",
    "MORE",
    "OUTCOMES",
    "USUAL_OUTCOMES",
    "Outcome",
    "Window",
    "harmful_side",
    "measure_outcomes",
    "outcome",
]

AT_SEA: Final = (Mode.FAST_BOAT, Mode.SMALL_VESSEL, Mode.MERCHANT)
FOLLOWED: Final = tuple(stage for i, stage in enumerate(STAGES) if i not in (Stage.SOURCE, Stage.OTHER_MARKETS))
"""Stages at which loads are taken that are followed on their way."""
MORE, LESS = 1, -1
"""Sides of an outcome that may be harm. Seizures have no such side: more may be supply, effort or chance."""
SHOWN: Final = {
    "kg/year": (1e-3, "t a year"),
    "kg bulk/year": (1e-3, "t bulk a year"),
    "EUR/year": (1e-6, "EUR m a year"),
    "share": (100.0, "percentage points"),
}
"""Unit -> what values are multiplied by where they are shown to readers, and the unit after that."""

type Read = Callable[[Window], float]


@dataclass(frozen=True)
class Outcome:
    """One number of a run over a window of years.

    Parameters
    ----------
    of
        How it is taken from a window; None for the mean yearly sum of the recorded series of its name.
    harmful
        The side that is harm: `MORE`, `LESS`, or 0 where no side is.
    words
        Short name for readers; the description if empty.
    shown
        What values are multiplied by where they are shown, and the unit after that; by default as `SHOWN`.
    usual
        Whether a study that names no outcomes has it.
    """

    name: str
    unit: str
    description: str
    of: Read | None = None
    harmful: int = 0
    words: str = ""
    shown: tuple[float, str] | None = None
    usual: bool = False

    @property
    def scale(self) -> tuple[float, str]:
        """What values are multiplied by where they are shown, and the unit after that."""
        return self.shown or SHOWN.get(self.unit, (1.0, self.unit))

    @property
    def own_code(self) -> str:
        """Hash of the function of a user's own outcome; "" of those of the model, whose sources are hashed."""
        return "" if self.of is None or self in DECLARED else fingerprint(self.of)

    def read(self, window: Window) -> float:
        """Its value in a window."""
        return self.of(window) if self.of else window.a_year(self.name)


def _controlled(window: Window) -> float:
    world = window.model.world
    to_schiphol = (world.tables.legs["destination"] == "amsterdam_airport").to_numpy()
    return window.leg_share(to_schiphol & (world.arrays.leg_flagged > 0))


def _jailed(window: Window) -> float:
    organisations = window.model.state.organisations
    return float(organisations.jailed_share[organisations.alive == 1].mean())


def _profit(window: Window) -> float:
    costs = (-window.a_year(account.column) for account in Account if account.cost)
    return sum(costs, start=window.a_year("revenue_eur"))


DECLARED: Final = (
    Outcome("arrived_europe_kg", "kg/year", "landed for European markets", None, MORE, "Landed in Europe", usual=True),
    Outcome("consumed_europe_kg", "kg/year", "consumed in Europe", None, MORE, "Consumed in Europe", usual=True),
    Outcome(
        "price_europe",
        "EUR/kg",
        "wholesale price in Europe",
        lambda w: w.mean("price_europe_eur_per_kg"),
        LESS,
        "Wholesale price in Europe",
        usual=True,
    ),
    Outcome(
        "expected_seized_kg", "kg/year", "expected removals", words="Expected seizures, origins included", usual=True
    ),
    Outcome("seized_kg", "kg/year", "removals as they fell", words="Seized, origins included", usual=True),
    Outcome("west_africa_kg", "kg/year", "through West Africa", None, MORE, "Through West Africa", usual=True),
    Outcome(
        "corruption",
        "share",
        "mean corruption in West Africa, at the end",
        lambda w: float(w.model.state.states.kappa[w.states_in("west_africa")].mean()),
        MORE,
        "Corruption in West Africa, at the end",
        shown=(1.0, "(0 to 1)"),
        usual=True,
    ),
    Outcome(
        "known_share",
        "share",
        "expected share of what moves that some state able to act knows of",
        lambda w: w.known_share(w.by_mode(*range(len(MODES)))),
        LESS,
        "Share of what moves that is known of",
        usual=True,
    ),
    Outcome("dispatched_kg", "kg/year", "sent out", words="Sent out", usual=True),
    Outcome(
        "moved_kg",
        "kg/year",
        "set out on a leg, summed over legs",
        lambda w: w.legs_sum(Yearly.MOVED_KG),
        words="Carried, summed over legs",
        usual=True,
    ),
    Outcome(
        "act_rate",
        "share",
        "cues that an asset was sent to",
        lambda w: ratio(w.sum("acted"), w.sum("cued")),
        words="Share of cues acted on",
        usual=True,
    ),
    Outcome(
        "sea_moved_kg",
        "kg/year",
        "set out on legs by boat or merchant vessel, containers apart",
        lambda w: w.legs_sum(Yearly.MOVED_KG, w.by_mode(*AT_SEA)),
        words="Carried by boat, summed over legs",
        usual=True,
    ),
    Outcome(
        "cued_kg",
        "kg/year",
        "in loads at sea that somebody able to act was told of",
        words="At sea and known to somebody able to act",
        usual=True,
    ),
    Outcome(
        "acted_kg", "kg/year", "in loads at sea that an asset was sent to", words="At sea and acted on", usual=True
    ),
    Outcome(
        "boarded_expected_kg",
        "kg/year",
        "expected removals by boarding at sea",
        words="Removed by boarding",
        usual=True,
    ),
    Outcome(
        "shore_removed_kg",
        "kg/year",
        "expected removals other than by boarding, of loads that are followed",
        lambda w: w.stages_sum(*FOLLOWED) - w.a_year("boarded_expected_kg"),
        words="Removed by inspection and police",
        usual=True,
    ),
    Outcome(
        "seized_eu_bulk_kg",
        "kg bulk/year",
        "seized in the EU, as statistics count",
        words="Seized in the EU",
        usual=True,
    ),
    Outcome(
        "known_kg",
        "kg/year",
        "expected kg that some state able to act knows of, summed over legs",
        lambda w: w.legs_sum(Yearly.EXPECTED_KNOWN_KG),
    ),
    Outcome("lost_kg", "kg/year", "lost or dumped"),
    Outcome("profit_eur", "EUR/year", "profit of all organisations", _profit, MORE, "Profit of organisations"),
    Outcome(
        "sea_known_share",
        "share",
        "the same of what moves by small vessel and merchant vessel",
        lambda w: w.known_share(w.by_mode(Mode.SMALL_VESSEL, Mode.MERCHANT)),
        LESS,
    ),
    Outcome(
        "west_african_known_share",
        "share",
        "the same of what moves to, in and from West Africa and the Sahel",
        lambda w: w.known_share(w.west_african()),
        LESS,
    ),
    Outcome(
        "west_african_lead_chance",
        "share",
        "chance that a load is known of, mean of the legs to, in and from West Africa and the Sahel, at the end",
        lambda w: float(w.model.state.legs.know[w.west_african()].mean()),
    ),
    Outcome(
        "sea_share",
        "share",
        "expected removals at sea per kg dispatched",
        lambda w: w.stage_share("lead", "patrol", "satellite"),
    ),
    Outcome(
        "satellite_share",
        "share",
        "expected removals after satellite contacts per kg dispatched",
        lambda w: w.stage_share("satellite"),
    ),
    Outcome(
        "radar_share",
        "share",
        "expected removals after coastal radar per kg dispatched",
        lambda w: w.stage_share("radar"),
    ),
    Outcome(
        "boarded_share",
        "share",
        "cases acted on that came to a boarding",
        lambda w: ratio(w.sum("boarded"), w.sum("acted")),
    ),
    Outcome(
        "container_share",
        "share",
        "expected removals per kg moved in containers",
        lambda w: w.leg_share(w.by_mode(Mode.CONTAINER)),
    ),
    Outcome(
        "controlled_flights_share",
        "share",
        "expected removals per kg of couriers on flagged flights to Schiphol",
        _controlled,
    ),
    Outcome(
        "west_african_air_share",
        "share",
        "expected removals per kg of couriers from West Africa",
        lambda w: w.leg_share(w.by_mode(Mode.COURIER) & w.legs_at("origin", WEST_AFRICA)),
    ),
    Outcome(
        "ability",
        "share",
        "mean ability of services in West Africa and the Sahel, at the end",
        lambda w: float(w.model.state.states.ability[w.states_in(WEST_AFRICA)].mean()),
        LESS,
    ),
    Outcome(
        "frozen_share",
        "year",
        "assets frozen on average, in years of revenue",
        lambda w: ratio(w.mean("frozen_eur"), w.a_year("revenue_eur")),
    ),
    Outcome(
        "laundering_share",
        "share",
        "cost of laundering per euro of revenue",
        lambda w: ratio(w.sum("laundering_eur"), w.sum("revenue_eur")),
    ),
    Outcome(
        "confiscated_share",
        "share",
        "confiscated per euro of revenue",
        lambda w: ratio(w.sum("confiscated_eur"), w.sum("revenue_eur")),
    ),
    Outcome("jailed_share", "share", "mean share of a group's people in prison, at the end", _jailed),
)
OUTCOMES: Final[dict[str, Outcome]] = {one.name: one for one in DECLARED}
"""Every outcome by name; `outcome` adds one."""
USUAL_OUTCOMES: Final = tuple(one.name for one in DECLARED if one.usual)
"""Outcomes of a study that names none, in the order of its tables."""


def outcome(unit: str, description: str, **more: Any) -> Callable[[Read], Read]:
    """Declare an outcome of one's own: a function of a `Window`, known by its name from then on.

    Processes and machines that run studies must load the module that declares it.

    Parameters
    ----------
    unit, description, more
        As the fields of `Outcome`.

    Examples
    --------
    >>> from experiments.analysis.outcomes import outcome
    >>> @outcome("share", "kg seized per kg dispatched", words="Seized share")
    ... def seized_share(window):
    ...     return window.sum("seized_kg") / window.sum("dispatched_kg")
    >>> OUTCOMES["seized_share"].unit
    'share'

    Raises
    ------
    InputError
        If it is no function with a name, or an outcome of the model or a column of results has this name.
    """

    def declare(read: Read) -> Read:
        name = getattr(read, "__name__", type(read).__name__)
        if not isinstance(read, FunctionType) or not name.isidentifier():
            raise InputError(
                "this is not a function with a name",
                field="outcome",
                value=name,
                allowed="a function that is written with def",
                remedy="write it with def, as docs/extending.md shows",
            )
        if name in LISTED or OUTCOMES.get(name) in DECLARED:
            raise InputError(
                "this name is taken",
                field="outcome",
                value=name,
                allowed="a name that no outcome of the model and no column of results has",
                remedy="give the function another name",
            )
        OUTCOMES[name] = Outcome(name, unit, description, read, **more)
        return read

    return declare


def harmful_side(name: str) -> int:
    """Side of an outcome that is harm: `MORE`, `LESS`, or 0 of one that has none or that is not declared."""
    return OUTCOMES[name].harmful if name in OUTCOMES else 0


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
        check_choice(name, OUTCOMES, "outcome", "there is no such outcome")
    if not set(range(first_year, last_year + 1)) <= set(model.years):
        raise InputError(
            "the run does not hold these years",
            field="window",
            value=f"{first_year} to {last_year}",
            allowed=f"{model.years[0]} to {model.years[-1]}" if model.years else "years that were simulated",
            remedy="run further, or ask for other years",
        )
    window = Window(model, first_year, last_year)
    return {name: OUTCOMES[name].read(window) for name in chosen}
