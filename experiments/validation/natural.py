"""Natural experiments: shocks of history, run with and without, on common random numbers.

None of the effects is written into the model: each arm changes a fact (a control, an inspection, corruption, a price),
and what flows do follows from choices. `docs/make_measures.py` prints what comes out, signs that fail included.
`experiments.validation.trials` asks them, and findings of other models, under the sets of a posterior.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache, partial
from typing import Any, Final, Literal, NamedTuple

import numpy as np
import pandas as pd

from experiments.analysis.intervals import mean_and_interval
from experiments.analysis.outcomes import Window
from experiments.ensemble.models import Experiment, read_models
from model import RouteModel, load_world
from model.columns import Array
from model.kinds import Mode
from model.scenario import Scenario
from model.scenario.events import Event
from model.scenario.measures import dose_event
from model.world import World

type Reading = Callable[[RouteModel], float]
type Change = Callable[[Scenario], Scenario]
type Runs = Iterable[tuple[Mapping[str, Any], int]]
"""Parameters of each run, and its seed."""


class Expectation(NamedTuple):
    """What should come out of a reading in an arm, by data or by another model.

    Attributes
    ----------
    sign
        Of arm less without; "none" for next to nothing, "not down" for no fall beyond that.
    kind
        "built in": the rule that is asked after was put into the model as such, a check of the code and no finding;
        "mechanical": the sign follows nearly by itself, as more ships take more; else "open".
    published
        Size of the effect as a part of the level, nan where the source gives none.
    """

    sign: Literal["up", "down", "none", "not down"]
    kind: Literal["open", "mechanical", "built in"] = "open"
    published: float = float("nan")
    unit: str = "kg/year"


@dataclass(frozen=True)
class NaturalExperiment:
    """One question: history without a shock, arms with it, and what is read off each.

    Attributes
    ----------
    without, arms
        The history that is compared with, and those that are asked of, as changes of what happened.
    readings
        In kg a year or shares, unless an expectation gives another unit.
    expected
        What should come out, by arm and reading.
    until
        Day up to which all are run.
    """

    name: str
    question: str
    evidence: str
    arms: Mapping[str, Change]
    readings: Mapping[str, Reading]
    until: str
    without: Change = lambda scenario: scenario
    expected: Mapping[tuple[str, str], Expectation] = field(default_factory=dict)


def played(change: Change, values: Mapping[str, Any]) -> Scenario:
    """History as an arm changes it, with a set's parameters, but for those that the arm sets itself."""
    scenario, usual = change(history()), history().parameters
    own = {name for name in values if getattr(scenario.parameters, name) != getattr(usual, name)}
    return scenario.with_parameters(**{name: value for name, value in values.items() if name not in own})


def readings_of(
    experiment: NaturalExperiment,
    runs: Runs,
    organisations: int = 150,
    *,
    world: World | None = None,
    workers: int | None = None,
    done: Callable[[int], object] = lambda _: None,
) -> Array:
    """Run the history without the shock, and every arm, under the same parameters and seeds.

    Returns
    -------
    Shape (1 + arms, runs, readings).
    """
    changes, given = [experiment.without, *experiment.arms.values()], list(runs)
    found = read_models(
        [
            Experiment(played(change, values), seed, organisations, until=experiment.until)
            for change in changes
            for values, seed in given
        ],
        lambda model: [reading(model) for reading in experiment.readings.values()],
        world=world,
        workers=workers,
        done=done,
    )
    return np.array(found, dtype=float).reshape(len(changes), len(given), -1)


def run_experiment(experiment: NaturalExperiment, seeds: Iterable[int], workers: int | None = None) -> pd.DataFrame:
    """Run every arm for every seed.

    Returns
    -------
    DataFrame
        Index (arm, reading); columns without, effect, low, high: mean without the shock, paired difference and its 95%
        interval.
    """
    without, *arms = readings_of(experiment, [({}, seed) for seed in seeds], workers=workers)
    rows = {
        (arm, name): (without[:, i].mean(), *mean_and_interval(found[:, i] - without[:, i]))
        for arm, found in zip(experiment.arms, arms, strict=True)
        for i, name in enumerate(experiment.readings)
    }
    return pd.DataFrame(
        list(rows.values()), pd.MultiIndex.from_tuples(rows), columns=["without", "effect", "low", "high"]
    )


# --- changes of history -------------------------------------------------------------------------------------------


@cache
def history() -> Scenario:
    """What happened."""
    return Scenario.load("as-it-happened")


def same(scenario: Scenario) -> Scenario:
    """History as it was."""
    return scenario


def with_events(*events: Event, base: Change = same) -> Change:
    """History with more events, on top of another change."""
    return lambda scenario: base(scenario).with_events(*events)


def with_parameters(base: Change = same, **values: object) -> Change:
    """History with other parameters, on top of another change."""
    return lambda scenario: base(scenario).with_parameters(**values)


def event(slug: str, day: date, target: str, field: str, value: float, operation: str = "value") -> Event:
    """An event that lasts; the target is its kind and its name, as place:galicia."""
    kind, _, name = target.partition(":")
    return Event(slug, day, None, kind, name, field, operation, value)  # type: ignore[arg-type]


# --- readings -----------------------------------------------------------------------------------------------------


def a_year(column: str, first: int, last: int) -> Reading:
    """An outcome a year, mean over some years."""
    return lambda model: Window(model, first, last).a_year(column)


def moved(legs: Array, first: int, last: int) -> Reading:
    """Kg a year that entered some legs, given as a mask."""

    def read(model: RouteModel) -> float:
        kg = model.buffers.by_leg[first - 2000 : last - 2000 + 1, :, 0]
        return float(kg[:, legs].sum()) / (last - first + 1)

    return read


def legs_of(column: str, *names: str) -> Array:
    """Legs by place or region of one end, as a mask: column origin or destination."""
    tables = load_world().tables
    ends, regions = tables.legs[column], tables.places.set_index("place")["region"]
    return np.asarray(ends.isin(names) | ends.map(regions).isin(names))


def couriers() -> tuple[Array, Array]:
    """Courier legs to Schiphol that the total control flags, and those to Europe that it does not flag."""
    arrays = load_world().arrays
    flagged = np.asarray((arrays.leg_flagged > 0) & legs_of("destination", "amsterdam_airport"))
    there = (arrays.leg_mode == Mode.COURIER) & ~legs_of("destination", "north_america_market")
    return flagged, np.asarray(there & ~flagged)


def pressed(slug: str, day: date, legs: Iterable[str], factor: float) -> list[Event]:
    """Inspection times a factor at the ends of legs: an event for each, since a target names one leg."""
    change = partial(event, field="inspection_multiplier", value=factor, operation="multiply")
    return [change(f"{slug}-{n}", day, f"leg:{leg}") for n, leg in enumerate(legs)]


# --- the experiments ----------------------------------------------------------------------------------------------

WEST_AFRICA: Final = "west_africa_kg"


def uncontrolled(scenario: Scenario) -> Scenario:
    """History without the total control at Schiphol."""
    return scenario.without_events("schiphol-total-control")


def _schiphol() -> NaturalExperiment:
    flagged, elsewhere = couriers()
    return NaturalExperiment(
        "schiphol",
        "Does total control of flagged flights move couriers to other airports within months?",
        "Seizures at Schiphol fell from 500 to 80 kg a month in five months of 2004; new hubs were seen (SF10, M10).",
        {"total control": same},
        {
            "flagged flights, 2004": moved(flagged, 2004, 2004),
            "flagged flights, 2004-07": moved(flagged, 2004, 2007),
            "other couriers to Europe, 2004-07": moved(elsewhere, 2004, 2007),
        },
        "2008-01-07",
        uncontrolled,
        {
            ("total control", "flagged flights, 2004"): Expectation("down", "mechanical", 80 / 500 - 1),
            ("total control", "other couriers to Europe, 2004-07"): Expectation("up"),
        },
    )


def _schiphol_as_recorded() -> NaturalExperiment:
    """The same where the flagged flights carry what the record says, which they do not by the tables.

    Ten tonnes were seized in 2002-03 (SF11). Flights that weigh twelve times their seats, cheap feeders and lax routine
    control stand for what the tables lack: ties and free travel inside the Kingdom.
    """
    flights = "curacao-northwest_europe-air_courier,guianas-northwest_europe-air_courier"
    feeders = "venezuela-curacao-fast_boat,col_east-guianas-light_aircraft"
    flagged, elsewhere = couriers()
    day = date(2000, 1, 3)
    popular = (
        event("ties", day, f"trade:{flights}", "multiplier", 12.0, "multiply"),
        event("cheap-feeders", day, f"leg:{feeders}", "cost_multiplier", 0.1),
        event("lax-routine", day, "place:amsterdam_airport", "inspection_share", 0.3),
    )
    return NaturalExperiment(
        "schiphol-as-recorded",
        "And where these flights carry ten tonnes a year, as the record suggests?",
        "Assumed, not fitted: flights with twelve times their weight, feeders at a tenth of their cost, routine "
        "control at 0.3 of the table.",
        {"total control": with_events(*popular)},
        {
            "flagged flights, 2004": moved(flagged, 2004, 2004),
            "other couriers to Europe, 2004": moved(elsewhere, 2004, 2004),
            "other couriers to Europe, 2004-07": moved(elsewhere, 2004, 2007),
            "through West Africa, 2004-07": a_year(WEST_AFRICA, 2004, 2007),
        },
        "2008-01-07",
        with_events(*popular, base=uncontrolled),
    )


def _pressure() -> NaturalExperiment:
    legs, day = load_world().tables.legs["leg"], date(2003, 1, 6)
    caribbean, galicia = legs_of("origin", "caribbean", "caribbean_coast"), legs_of("destination", "galicia")
    hard = pressed("pressure-origin", day, legs[caribbean], 5.0)
    hard += pressed("pressure-destination", day, legs[galicia], 5.0)
    return NaturalExperiment(
        "pressure",
        "Does pressure in the Caribbean and in Galicia move flow to West Africa?",
        "EMCDDA 2006 links the move to Africa to the closure of the Schiphol and Galician routes (SF12).",
        {"inspection times five": with_events(*hard)},
        {
            "to Galicia, 2004-08": moved(galicia, 2004, 2008),
            "from the Caribbean, 2004-08": moved(caribbean, 2004, 2008),
            "through West Africa, 2004-08": a_year(WEST_AFRICA, 2004, 2008),
        },
        "2009-01-05",
        expected={("inspection times five", "through West Africa, 2004-08"): Expectation("up")},
    )


def _coup() -> NaturalExperiment:
    day, region, flow = date(2008, 1, 7), "region=west_africa", "through West Africa, 2009-12"
    services = event("services", day, f"state:{region}", "shock", 0.6)
    captured = event("captured", day, f"state:{region}", "corruption", 0.95)
    premium = event("premium", day, f"place:{region}", "risk_premium_eur_per_kg", 3000.0)
    return NaturalExperiment(
        "coup",
        "Does a coup draw flow or drive it away, by what it does to corruption and to the price of entry?",
        "Guinea-Bissau 2012: both readings are in the literature, so the test is two-sided (amendment 4).",
        {
            "services captured": with_events(captured, services),
            "protection dear": with_events(services, premium),
        },
        {flow: a_year(WEST_AFRICA, 2009, 2012)},
        "2013-01-07",
        expected={
            ("services captured", flow): Expectation("up"),
            ("protection dear", flow): Expectation("down", "mechanical"),
        },
    )


def satellites(dose: float, ships: float | None = None) -> Change:
    """History with a dose of satellites from 2014 on, and with a part of the ships and aircraft."""
    day = date(2014, 1, 6)
    fleet = [] if ships is None else [event("fleet", day, "asset:*", "availability", ships, "multiply")]
    return with_events(dose_event("satellites", dose, day), *fleet)


def _acted_on(model: RouteModel) -> float:
    window = Window(model, 2014, 2018)
    return window.sum("acted") / window.sum("cued")


def _satellites() -> NaturalExperiment:
    return NaturalExperiment(
        "satellites",
        "Do satellites alone do much without ships?",
        "GAO: 72-74% of known tracks had no ship; images add contacts, not ships (M3, M5).",
        {
            "no ships": satellites(1.0, 0.0),
            "half the ships": satellites(1.0, 0.5),
            "ships as they were": satellites(1.0),
        },
        {
            "expected removals after a satellite contact, share of dispatches": lambda model: Window(
                model, 2014, 2018
            ).stage_share("satellite"),
            "landed in Europe, kg": a_year("arrived_europe_kg", 2014, 2018),
            "cues acted on, share": _acted_on,
        },
        "2019-01-07",
        satellites(0.0),
    )


EXPERIMENTS: Final[Mapping[str, Callable[[], NaturalExperiment]]] = {
    "schiphol": _schiphol,
    "schiphol-as-recorded": _schiphol_as_recorded,
    "pressure": _pressure,
    "coup": _coup,
    "satellites": _satellites,
}
"""Made when asked for, since they read the tables."""
