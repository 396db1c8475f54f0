"""Experiments of history and findings of other models, each a question with an expected sign, asked of the posterior.

Arms differ from history by dated facts; each is run with the same parameter sets and the same luck as history itself,
so that an effect's interval holds doubt about parameters as well as chance. Nothing expected here was used in fitting.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

import numpy as np
import pandas as pd

from experiments.analysis.intervals import mean_difference
from experiments.analysis.outcomes import Window
from experiments.calibration.posterior import Posterior
from experiments.ensemble.threads import parallel_map
from experiments.validation.natural import EXPERIMENTS, NaturalExperiment
from model import RouteModel, Scenario
from model.columns import Array
from model.scenario.events import Event
from model.world import World
from model.world.regions import legs_into

__all__ = ["SURGE_ARMS", "Expected", "Trial", "played", "run_trials", "surge", "surge_table", "trials_of"]

type Reading = Callable[[RouteModel], float]
type Arm = Callable[[Scenario], Scenario]
type Expected = Literal["up", "down", "none", "not down"]
type Kind = Literal["open", "mechanical", "built in"]

ASSETS: Final = "asset:*"
SMALL: Final = 0.01
"""An effect of less than this part of the level is next to nothing: less than the least that a study reports as found,
so that the same tonnes are no finding there and nothing here."""


@dataclass(frozen=True)
class Trial:
    """A question: two worlds, one reading, and what should come out.

    Attributes
    ----------
    source
        Who found it, in data or in a model.
    without, arm
        The world that is compared with, and the one that is asked of, as changes of history.
    expected
        Sign of arm less without; "none" for less than `SMALL` of the level, "not down" for no fall beyond that.
    until
        Day up to which both are run.
    kind
        "built in": the rule that is asked after was put into the model as such, a check of the code and no finding;
        "mechanical": the sign follows nearly by itself, as more ships take more; else "open".
    published
        Size of the effect as a part of the level, where the source gives one.
    """

    name: str
    question: str
    source: str
    without: Arm
    arm: Arm
    reading: Reading
    unit: str
    expected: Expected
    until: str
    kind: Kind = "open"
    published: float | None = None


def same(scenario: Scenario) -> Scenario:
    """History as it was."""
    return scenario


def _with(*events: Event) -> Arm:
    return lambda scenario: scenario.with_events(*events)


def _event(slug: str, day: date, target: str, field: str, operation: str, amount: float) -> Event:
    kind, _, name = target.partition(":")
    return Event(slug, day, None, kind, name, field, operation, amount)  # type: ignore[arg-type]


def _mean(column: str, first: int, last: int) -> Reading:
    return lambda model: Window(model, first, last).a_year(column)


def _natural(
    experiment: NaturalExperiment, arm: str, reading: str, expected: Expected, kind: Kind = "open",
    published: float | None = None,
) -> Trial:  # fmt: skip
    base, events = experiment.base, experiment.arms[arm]
    return Trial(
        f"{experiment.name}: {arm}, {reading}", experiment.question, experiment.evidence, lambda _: base,
        lambda _: base.with_events(*events), experiment.readings[reading], "kg/year", expected, experiment.until, kind,
        published,
    )  # fmt: skip


def _images_without_ships(experiment: NaturalExperiment) -> Trial:
    """Satellites where there are no ships, against no ships alone."""
    base, (*eyes, fleet) = experiment.base, experiment.arms["no ships"]
    return Trial(
        "satellites without ships: landed in Europe", experiment.question, experiment.evidence,
        lambda _: base.with_events(fleet), lambda _: base.with_events(*eyes, fleet),
        experiment.readings["landed in Europe, kg"], "kg/year", "none", experiment.until,
    )  # fmt: skip


# --- other models -------------------------------------------------------------------------------------------------

FROM: Final = date(2005, 1, 3)
YEARS: Final = (2006, 2008)
UNTIL: Final = "2009-01-05"


def _pressed(world: World, share: float) -> tuple[Event, ...]:
    """Inspection times three at the ends of a share of the legs into Europe, evenly spread over the table of legs."""
    names = world.tables.legs.loc[legs_into(world.tables, "europe"), "leg"].to_list()
    chosen = names[:: max(round(1 / share), 1)]
    # one event for each: a target names one leg
    return tuple(_event(f"pressed-{n}", FROM, f"leg:{leg}", "inspection_multiplier", "multiply", 3.0)
                 for n, leg in enumerate(chosen))  # fmt: skip


def _more_assets(rule: float) -> tuple[Event, ...]:
    fleet = _event("more", FROM, ASSETS, "availability", "multiply", 1.5)
    return fleet, _event("rule", FROM, "platform:*", "allocation", "value", rule)


def _rule(rule: float) -> Arm:
    return _with(_event("rule", FROM, "platform:*", "allocation", "value", rule))


def _kg_per_case(model: RouteModel) -> float:
    """Kg for each seizure at sea."""
    window = Window(model, *YEARS)
    return window.sum("boarded_expected_kg") / max(window.sum("won"), 1.0)


def _active_nodes(model: RouteModel) -> float:
    """Places through which a tonne or more passes a year."""
    table = model.by("place")["moved_kg"].unstack("place").loc[YEARS[0] : YEARS[1]].mean()
    return float((table > 1000.0).sum())


def _willing(total_control: float) -> Arm:
    def arm(scenario: Scenario) -> Scenario:
        base = scenario.with_parameters(deterrence="willingness").without_events("schiphol-total-control")
        event = _event("control", date(2003, 1, 6), "place:amsterdam_airport", "total_control", "value", total_control)
        return base.with_events(event)

    return arm


def trials_of(world: World) -> list[Trial]:
    """Every trial that is asked, for the legs of a world."""
    arrived, seized = _mean("arrived_europe_kg", *YEARS), _mean("boarded_expected_kg", *YEARS)
    schiphol, pressure, coup = (EXPERIMENTS[name]() for name in ("schiphol", "pressure", "coup"))
    satellites = EXPERIMENTS["satellites"]()
    flights = schiphol.readings["flagged flights, 2004-07"]
    caulkins = "Caulkins, Crawford & Reuter (1993): pressure on few of many routes does almost nothing"
    magliocca = "Magliocca et al. (2019), NarcoLogic: more interdiction, more seized, smaller loads, more nodes"
    eurosur, cut = date(2013, 12, 2), date(2013, 1, 7)
    return [
        _natural(schiphol, "total control", "flagged flights, 2004", "down", "mechanical", 80 / 500 - 1),
        _natural(schiphol, "total control", "other couriers to Europe, 2004-07", "up"),
        _natural(pressure, "inspection times five", "through West Africa, 2004-08", "up"),
        _natural(coup, "services captured", "through West Africa, 2009-12", "up"),
        _natural(coup, "protection dear", "through West Africa, 2009-12", "down", "mechanical"),
        _images_without_ships(satellites),
        Trial("EUROSUR 2013: landed", "Did the start of EUROSUR lower what lands?",
              "ECA special report 08/2021: support not sufficiently effective",
              _with(_event("no-eurosur", eurosur, "platform:eurosur", "active", "value", 0.0)), same,
              _mean("arrived_europe_kg", 2014, 2018), "kg/year", "none", "2019-01-07"),
        Trial("MAOC-N 2007: small craft", "Did MAOC-N raise what is taken at sea?",
              "European Commission 2008; Irish Times 2020 (SF15, SF16)",
              _with(_event("no-maoc", date(2007, 4, 1), "platform:maoc-n", "active", "value", 0.0)), same,
              _mean("boarded_expected_kg", 2008, 2012), "kg/year", "up", "2013-01-07"),
        Trial("Asset cut 2013: taken at sea", "Does a cut of 30% in asset days lower what is taken at sea?",
              "GAO-14-527; SOUTHCOM: forecast 152 -> 90 t",
              same, _with(_event("cut", cut, ASSETS, "availability", "multiply", 0.7)),
              _mean("boarded_expected_kg", 2013, 2015), "kg/year", "down", "2016-01-04", "mechanical", 90 / 152 - 1),
        Trial("Few routes pressed: landed", "Does pressure on one route in ten change what lands?", caulkins,
              same, _with(*_pressed(world, 0.1)), arrived, "kg/year", "none", UNTIL),
        Trial("All routes pressed: landed", "Does the same pressure on all routes lower what lands?", caulkins,
              same, _with(*_pressed(world, 1.0)), arrived, "kg/year", "down", UNTIL, "mechanical"),
        Trial("More assets: taken at sea", "Do half as many assets again take more?", magliocca,
              same, _with(*_more_assets(1.0)), seized, "kg/year", "up", UNTIL, "mechanical"),
        Trial("More assets: kg per case", "Are loads that are taken smaller with more assets?", magliocca,
              same, _with(*_more_assets(1.0)), _kg_per_case, "kg", "down", UNTIL),
        Trial("More assets: places in use", "Are not fewer places in use with more assets?", magliocca,
              same, _with(*_more_assets(1.0)), _active_nodes, "places", "not down", UNTIL),
        Trial("Added assets at random", "Do added assets take more at random than where the last seizures were?",
              "Magliocca et al. (2019): agencies that follow seizures are led by the traffickers",
              _with(*_more_assets(1.0)), _with(*_more_assets(0.0)), seized, "kg/year", "up", UNTIL),
        Trial("Position against volume", "Does placing by network position take more than by last seizures?",
              "Giommoni, Berlusconi & Aziani (2022): position beats volume in targeting",
              _rule(1.0), _rule(4.0), seized, "kg/year", "up", UNTIL),
        Trial("Willingness under light control", "Is light control ignored where willingness has a threshold?",
              "IDA (2000), Anthony (2004): ignored below a threshold, collapse above, a residual remains (M11 A)",
              _willing(0.02), _willing(0.08), flights, "kg/year", "none", "2008-01-07", "built in"),
        Trial("Willingness under heavy control", "Does heavy control empty the flights?",
              "IDA (2000), Anthony (2004)", _willing(0.02), _willing(0.8), flights, "kg/year", "down", "2008-01-07",
              "built in"),
    ]  # fmt: skip


def played(arm: Arm, values: Mapping[str, Any]) -> Scenario:
    """History as an arm changes it, with a set's parameters, but for those that the arm sets itself."""
    history = Scenario.load("as-it-happened")
    scenario = arm(history)
    own = {name for name in values if getattr(scenario.parameters, name) != getattr(history.parameters, name)}
    return scenario.with_parameters(**{name: value for name, value in values.items() if name not in own})


def run_trials(
    posterior: Posterior, world: World, draws: int = 40, organisations: int = 150, workers: int | None = None,
    done: Callable[[int], object] = lambda _: None, trials: Sequence[Trial] | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Ask every trial of some sets of the posterior.

    Returns
    -------
    DataFrame
        trial, kind, question, source, expected, unit, without, effect, low, high, n, share (effect as a part of the
        level), published (the same in the source, nan where it gives none), and verdict: holds, fails or unclear.
    """
    asked = list(trials) if trials is not None else trials_of(world)

    def one(job: tuple[Trial, int]) -> tuple[float, float]:
        trial, draw = job
        found = []
        for arm in (trial.without, trial.arm):
            scenario = played(arm, posterior.values(draw))
            model = RouteModel(scenario, draw + 1, organisations, world=world, record="summary")
            model.run_until(trial.until)
            found.append(trial.reading(model))
            del model.state, model.buffers
        return found[0], found[1]

    jobs = [(trial, draw) for trial in asked for draw in range(draws)]
    pairs = np.array(parallel_map(one, jobs, workers, done)).reshape(len(asked), draws, 2)
    return pd.DataFrame([_row(trial, pairs[i]) for i, trial in enumerate(asked)])


def _row(trial: Trial, pairs: Array) -> dict[str, Any]:
    change = mean_difference(pairs[:, 1] - pairs[:, 0])
    level = float(pairs[:, 0].mean())
    return {
        "trial": trial.name, "kind": trial.kind, "question": trial.question, "source": trial.source,
        "expected": trial.expected, "unit": trial.unit, "without": level, "effect": change.mean, "low": change.low,
        "high": change.high, "n": change.n, "share": change.mean / level if level else math.nan,
        "published": math.nan if trial.published is None else trial.published,
        "verdict": verdict(trial.expected, level, change.low, change.high),
    }  # fmt: skip


def verdict(expected: Expected, level: float, low: float, high: float) -> str:
    """Whether an interval agrees with what is expected: holds, fails, or unclear."""
    little = SMALL * abs(level)
    if expected == "none":
        beyond = low > little or high < -little
        return "fails" if beyond else "holds" if -little <= low and high <= little else "unclear"
    if expected == "not down":
        return "holds" if low >= -little else "fails" if high < -little else "unclear"
    sign = 1.0 if expected == "up" else -1.0
    near, far = sorted((sign * low, sign * high))
    return "holds" if near > 0.0 else "fails" if far < 0.0 else "unclear"


# --- where the surge came from ------------------------------------------------------------------------------------


def _no_demand_change(scenario: Scenario) -> Scenario:
    """Demand of Europe stays as it was in 2000, by an event a year."""
    from model import load_world

    total = load_world().tables.demand
    europe = total[total["market"] != "north_america_market"].groupby("year")["kg"].sum()
    markets = ",".join(sorted(set(total["market"]) - {"north_america_market"}))
    events = [
        Event(f"demand-of-2000-{year}", date(year, 1, 3), date(year + 1, 1, 3), "market", markets,
              "demand_multiplier", "value", float(europe[2000] / europe[year])) for year in range(2001, 2009)
    ]  # fmt: skip
    return scenario.with_events(*events)


def _no_imitation(scenario: Scenario) -> Scenario:
    return scenario.with_parameters(imitate_rate_per_week=0.0)


def _clean_hubs(scenario: Scenario) -> Scenario:
    day = date(2000, 1, 3)
    return scenario.with_events(_event("clean", day, "state:region=west_africa", "corruption", "value", 0.15))


SURGE_ARMS: Final[Mapping[str, Arm]] = {
    "as it happened": same,
    "no controls at Schiphol and on the Spanish coast": lambda _: Scenario.load("no-schiphol-sive"),
    "demand as in 2000": _no_demand_change, "no imitation": _no_imitation, "clean hubs": _clean_hubs,
}  # fmt: skip
"""Amendment 4; exchange rates do not act in the model, whose prices are in euro."""


def surge(
    posterior: Posterior, world: World, draws: int = 60, organisations: int = 150, workers: int | None = None,
    done: Callable[[int], object] = lambda _: None,
) -> pd.DataFrame:  # fmt: skip
    """Five arms of the West African surge: flow 2005-07 in each, t a year (a row for each draw and arm)."""

    def one(job: tuple[str, int]) -> dict[str, Any]:
        arm, draw = job
        scenario = played(SURGE_ARMS[arm], posterior.values(draw))
        model = RouteModel(scenario, draw + 1, organisations, world=world, record="summary")
        model.run_until("2008-01-07")
        flow = Window(model, 2005, 2007).a_year("west_africa_kg") / 1000.0
        growth = flow - Window(model, 2002, 2003).a_year("west_africa_kg") / 1000.0
        del model.state, model.buffers
        return {"arm": arm, "draw": draw, "flow_t": flow, "growth_t": growth}

    jobs = [(arm, draw) for arm in SURGE_ARMS for draw in range(draws)]
    return pd.DataFrame(parallel_map(one, jobs, workers, done))


def surge_table(runs: pd.DataFrame) -> pd.DataFrame:
    """What each arm takes from the flow of 2005-07, and how much the flow grew on that of 2002-03; over sets."""
    wide = runs.pivot_table(index="draw", columns="arm", values="flow_t")
    rows = []
    for arm in SURGE_ARMS:
        change = mean_difference((wide["as it happened"] - wide[arm]).to_numpy())
        growth = mean_difference(runs.loc[runs["arm"] == arm, "growth_t"].to_numpy())
        rows.append({
            "arm": arm, "flow_t": float(wide[arm].mean()), "accounts_for_t": change.mean, "low": change.low,
            "high": change.high, "share": change.mean / max(float(wide["as it happened"].mean()), 1e-9),
            "growth_t": growth.mean, "growth_low": growth.low, "growth_high": growth.high,
        })  # fmt: skip
    return pd.DataFrame(rows)
