"""Experiments of history and findings of other models, each a question with an expected sign, asked of the posterior.

Arms differ from history by dated facts; each is run with the same parameter sets and the same seeds as history itself,
so that an effect's interval holds uncertainty of parameters as well as chance. Nothing expected here was used in
fitting.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from itertools import count
from typing import Any, Final

import numpy as np
import pandas as pd

from experiments.analysis.intervals import mean_difference
from experiments.analysis.outcomes import Window
from experiments.validation.job import Job
from experiments.validation.natural import (
    EXPERIMENTS,
    Change,
    Expectation,
    NaturalExperiment,
    a_year,
    event,
    pressed,
    same,
    satellites,
    uncontrolled,
    with_events,
    with_parameters,
)
from model import RouteModel, Scenario, load_world
from model.columns import Array
from model.scenario.events import Event
from model.world.regions import legs_into

ASSETS: Final = "asset:*"
SMALL: Final = 0.01
"""An effect of less than this part of the level is next to nothing: less than the least that a study reports as found,
so that the same tonnes are no finding there and nothing here."""
FROM: Final = date(2005, 1, 3)
YEARS: Final = (2006, 2008)
UNTIL: Final = "2009-01-05"


# --- changes and readings -----------------------------------------------------------------------------------------


def _more_assets(rule: float) -> Change:
    return with_events(event("more", FROM, ASSETS, "availability", 1.5, "multiply"), _rule(rule))


def _rule(rule: float) -> Event:
    return event("rule", FROM, "platform:*", "allocation", rule)


def _pressed(share: float) -> Change:
    """Inspection times three at the ends of a share of the legs into Europe, evenly spread over the table of legs."""
    tables = load_world().tables
    legs = tables.legs.loc[legs_into(tables, "europe"), "leg"]
    return with_events(*pressed("pressed", FROM, legs[:: max(round(1 / share), 1)], 3.0))


def _inactive(slug: str, day: date, platform: str) -> Change:
    return with_events(event(slug, day, f"platform:{platform}", "active", 0.0))


def _willing(total_control: float) -> Change:
    control = event("control", date(2003, 1, 6), "place:amsterdam_airport", "total_control", total_control)
    return with_events(control, base=with_parameters(uncontrolled, deterrence="willingness"))


def _kg_per_case(model: RouteModel) -> float:
    """Kg for each seizure at sea."""
    window = Window(model, *YEARS)
    return window.sum("boarded_expected_kg") / max(window.sum("won"), 1.0)


def _active_nodes(model: RouteModel) -> float:
    """Places through which a tonne or more passes a year."""
    return float((model.by("place")["moved_kg"].unstack("place").loc[YEARS[0] : YEARS[1]].mean() > 1000.0).sum())


# --- the questions ------------------------------------------------------------------------------------------------

ARRIVED, TAKEN = a_year("arrived_europe_kg", *YEARS), a_year("boarded_expected_kg", *YEARS)


def _asks(
    name: str,
    question: str,
    source: str,
    worlds: tuple[Change, Change],
    reading: Callable[[RouteModel], float],
    expected: Expectation,
    until: str = UNTIL,
) -> NaturalExperiment:
    """An experiment of one arm and one reading; worlds are that without the shock and that with it."""
    without, arm = worlds
    return NaturalExperiment(name, question, source, {"": arm}, {"": reading}, until, without, {("", ""): expected})


def _of_history() -> list[NaturalExperiment]:
    """Experiments of history, apart from those of `natural`."""
    ships = EXPERIMENTS["satellites"]()
    cut = event("cut", date(2013, 1, 7), ASSETS, "availability", 0.7, "multiply")
    return [
        _asks(
            "satellites without ships: landed in Europe",
            ships.question,
            ships.evidence,
            (satellites(0.0, 0.0), satellites(1.0, 0.0)),
            ships.readings["landed in Europe, kg"],
            Expectation("none"),
            ships.until,
        ),
        _asks(
            "EUROSUR 2013: landed",
            "Did the start of EUROSUR lower what lands?",
            "ECA special report 08/2021: support not sufficiently effective",
            (_inactive("no-eurosur", date(2013, 12, 2), "eurosur"), same),
            a_year("arrived_europe_kg", 2014, 2018),
            Expectation("none"),
            "2019-01-07",
        ),
        _asks(
            "MAOC-N 2007: small craft",
            "Did MAOC-N raise what is taken at sea?",
            "European Commission 2008; Irish Times 2020 (SF15, SF16)",
            (_inactive("no-maoc", date(2007, 4, 1), "maoc-n"), same),
            a_year("boarded_expected_kg", 2008, 2012),
            Expectation("up"),
            "2013-01-07",
        ),
        _asks(
            "Asset cut 2013: taken at sea",
            "Does a cut of 30% in asset days lower what is taken at sea?",
            "GAO-14-527; SOUTHCOM: forecast 152 -> 90 t",
            (same, with_events(cut)),
            a_year("boarded_expected_kg", 2013, 2015),
            Expectation("down", "mechanical", 90 / 152 - 1),
            "2016-01-04",
        ),
    ]


def _of_other_models() -> list[NaturalExperiment]:
    caulkins = "Caulkins, Crawford & Reuter (1993): pressure on few of many routes does almost nothing"
    magliocca = "Magliocca et al. (2019), NarcoLogic: more interdiction, more seized, smaller loads, more nodes"
    more, few, all_routes = _more_assets(1.0), _pressed(0.1), _pressed(1.0)
    return [
        _asks(
            "Few routes pressed: landed",
            "Does pressure on one route in ten change what lands?",
            caulkins,
            (same, few),
            ARRIVED,
            Expectation("none"),
        ),
        _asks(
            "All routes pressed: landed",
            "Does the same pressure on all routes lower what lands?",
            caulkins,
            (same, all_routes),
            ARRIVED,
            Expectation("down", "mechanical"),
        ),
        _asks(
            "More assets: taken at sea",
            "Do half as many assets again take more?",
            magliocca,
            (same, more),
            TAKEN,
            Expectation("up", "mechanical"),
        ),
        _asks(
            "More assets: kg per case",
            "Are loads that are taken smaller with more assets?",
            magliocca,
            (same, more),
            _kg_per_case,
            Expectation("down", unit="kg"),
        ),
        _asks(
            "More assets: places in use",
            "Are not fewer places in use with more assets?",
            magliocca,
            (same, more),
            _active_nodes,
            Expectation("not down", unit="places"),
        ),
    ]


def _of_placement() -> list[NaturalExperiment]:
    """Findings of other models on where assets are placed."""
    return [
        _asks(
            "Added assets at random",
            "Do added assets take more at random than where the last seizures were?",
            "Magliocca et al. (2019): agencies that follow seizures are led by the traffickers",
            (_more_assets(1.0), _more_assets(0.0)),
            TAKEN,
            Expectation("up"),
        ),
        _asks(
            "Position against volume",
            "Does placing by network position take more than by last seizures?",
            "Giommoni, Berlusconi & Aziani (2022): position beats volume in targeting",
            (with_events(_rule(1.0)), with_events(_rule(4.0))),
            TAKEN,
            Expectation("up"),
        ),
    ]


def _of_willingness() -> list[NaturalExperiment]:
    """What a threshold of willingness does, which is built in."""
    flights = EXPERIMENTS["schiphol"]().readings["flagged flights, 2004-07"]
    return [
        _asks(
            "Willingness under light control",
            "Is light control ignored where willingness has a threshold?",
            "IDA (2000), Anthony (2004): ignored below a threshold, collapse above, a residual remains (M11 A)",
            (_willing(0.02), _willing(0.08)),
            flights,
            Expectation("none", "built in"),
            "2008-01-07",
        ),
        _asks(
            "Willingness under heavy control",
            "Does heavy control empty the flights?",
            "IDA (2000), Anthony (2004)",
            (_willing(0.02), _willing(0.8)),
            flights,
            Expectation("down", "built in"),
            "2008-01-07",
        ),
    ]


def trials_of() -> list[NaturalExperiment]:
    """Every experiment that is asked."""
    natural = [EXPERIMENTS[name]() for name in ("schiphol", "pressure", "coup")]
    return [*natural, *_of_history(), *_of_other_models(), *_of_placement(), *_of_willingness()]


# --- asking -------------------------------------------------------------------------------------------------------


def run_trials(job: Job) -> pd.DataFrame:
    """Ask every experiment of some sets of the posterior.

    Returns
    -------
    DataFrame
        trial, kind, question, source, expected, unit, without, effect, low, high, n, share (effect as a part of the
        level), published (the same in the source, nan where it gives none), and verdict: holds, fails or unclear.
    """
    asked, ran = trials_of(), count(1)
    answers = [job.ask(one, job.size.trials, lambda _: job.progress.runs(next(ran))) for one in asked]
    return pd.DataFrame(
        [_row(one, *expected, answer) for one, answer in zip(asked, answers, strict=True) for expected in one.expected]
    )


def _row(asked: NaturalExperiment, arm: str, reading: str, found: Array) -> dict[str, Any]:
    column, expected = list(asked.readings).index(reading), asked.expected[arm, reading]
    without, with_it = found[0, :, column], found[1 + list(asked.arms).index(arm), :, column]
    change, level = mean_difference(with_it - without), float(without.mean())
    return {
        "trial": f"{asked.name}: {arm}, {reading}" if arm else asked.name,
        "kind": expected.kind,
        "question": asked.question,
        "source": asked.evidence,
        "expected": expected.sign,
        "unit": expected.unit,
        "without": level,
        "effect": change.mean,
        "low": change.low,
        "high": change.high,
        "n": change.n,
        "share": change.mean / level if level else math.nan,
        "published": expected.published,
        "verdict": verdict(expected.sign, level, change.low, change.high),
    }


def verdict(expected: str, level: float, low: float, high: float) -> str:
    """Whether an interval agrees with what is expected: holds, fails, or unclear."""
    little = SMALL * abs(level)
    if expected == "none":
        holds, fails = -little <= low and high <= little, low > little or high < -little
    elif expected == "not down":
        holds, fails = low >= -little, high < -little
    else:
        near, far = (low, high) if expected == "up" else (-high, -low)
        holds, fails = near > 0.0, far < 0.0
    return "holds" if holds else "fails" if fails else "unclear"


# --- where the surge came from ------------------------------------------------------------------------------------


def _no_demand_change(scenario: Scenario) -> Scenario:
    """Demand of Europe stays as it was in 2000, by an event a year."""
    total = load_world().tables.demand
    total = total[total["market"] != "north_america_market"]
    europe, markets = total.groupby("year")["kg"].sum(), ",".join(sorted(set(total["market"])))
    return scenario.with_events(
        *(
            replace(
                event(f"demand-of-2000-{year}", date(year, 1, 3), f"market:{markets}", "demand_multiplier", ratio),
                until=date(year + 1, 1, 3),
            )
            for year, ratio in (europe[2000] / europe.loc[2001:2008]).to_dict().items()
        )
    )


SURGE: Final = NaturalExperiment(
    "surge",
    "Where did the West African surge of 2005-07 come from?",
    "Amendment 4; exchange rates do not act in the model, whose prices are in euro.",
    {
        "no controls at Schiphol and on the Spanish coast": lambda _: Scenario.load("no-schiphol-sive"),
        "demand as in 2000": _no_demand_change,
        "no imitation": with_parameters(imitate_rate_per_week=0.0),
        "clean hubs": with_events(event("clean", date(2000, 1, 3), "state:region=west_africa", "corruption", 0.15)),
    },
    {"flow": a_year("west_africa_kg", 2005, 2007), "before": a_year("west_africa_kg", 2002, 2003)},
    "2008-01-07",
)


def surge_table(job: Job) -> pd.DataFrame:
    """What each arm takes from the flow of 2005-07, t a year, and how much the flow grew on that of 2002-03."""
    flow, before = np.moveaxis(job.ask(SURGE, job.size.surge, job.progress.runs), 2, 0) / 1000.0
    rows = []
    for arm, found, growth in zip(("as it happened", *SURGE.arms), flow, flow - before, strict=True):
        change, grown = mean_difference(flow[0] - found), mean_difference(growth)
        rows.append(
            {
                "arm": arm,
                "flow_t": float(found.mean()),
                "accounts_for_t": change.mean,
                "low": change.low,
                "high": change.high,
                "share": change.mean / max(float(flow[0].mean()), 1e-9),
                "growth_t": grown.mean,
                "growth_low": grown.low,
                "growth_high": grown.high,
            }
        )
    return pd.DataFrame(rows)
