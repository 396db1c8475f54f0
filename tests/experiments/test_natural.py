"""Experiments of history: their arms, what is expected of them, verdicts, and what survives under rival structures."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from experiments.analysis.outcomes import Window
from experiments.calibration.posterior import load_posterior
from experiments.validation.natural import NaturalExperiment, a_year, played, readings_of, same, with_events
from experiments.validation.rivals import survives
from experiments.validation.trials import SURGE, trials_of, verdict
from experiments.validation.validate import trial_counts
from model import RouteModel, Scenario
from model.scenario.measures import dose_event


def test_only_open_experiments_are_findings() -> None:
    trials = pd.DataFrame(
        {"kind": ["open", "open", "mechanical", "built in"], "verdict": ["fails", "holds", "holds", "holds"]}
    )
    found = trial_counts(trials)
    assert (found["trials"], found["trials_hold"]) == (3, 2)
    assert (found["trials_open"], found["trials_open_hold"], found["trials_open_fail"]) == (2, 1, 1)


@pytest.mark.parametrize(
    ("expected", "low", "high", "found"),
    [
        ("up", 1.0, 3.0, "holds"),
        ("up", -3.0, -1.0, "fails"),
        ("up", -1.0, 1.0, "unclear"),
        ("down", -3.0, -1.0, "holds"),
        ("none", -0.9, 0.9, "holds"),
        ("none", -2.0, -1.5, "fails"),
        ("none", 10.0, 20.0, "fails"),
        ("none", -1.0, 20.0, "unclear"),
        ("not down", -0.9, 5.0, "holds"),
        ("not down", -25.0, -10.0, "fails"),
        ("not down", -10.0, 5.0, "unclear"),
    ],
)
def test_verdicts(expected: str, low: float, high: float, found: str) -> None:
    assert verdict(expected, 100.0, low, high) == found


@pytest.mark.parametrize("structure", ["base", "willingness", "salience", "endogenous"])
def test_both_arms_of_a_trial_are_of_one_theory(structure: str) -> None:
    """What a structure is stays in both arms, but where the arms themselves ask after it."""
    values, usual = load_posterior(structure).values(0), Scenario.load("as-it-happened")
    for asked in trials_of():
        arms = [played(change, values).parameters for change in (asked.without, *asked.arms.values())]
        assert all(arm == arms[0] for arm in arms), asked.name
        if not any(expected.kind == "built in" for expected in asked.expected.values()):
            assert arms[0] == usual.with_parameters(**values).parameters, asked.name
    still = played(SURGE.arms["no imitation"], values).parameters
    assert still.imitate_rate_per_week == 0.0
    assert still.theta_per_thousand_eur == values["theta_per_thousand_eur"]


def test_a_conclusion_survives_only_where_no_structure_differs() -> None:
    table = pd.DataFrame(
        [
            ("a", "s", "x", -3.0, -5.0, -1.0),
            ("b", "s", "x", -2.0, -4.0, -0.5),
            ("a", "t", "x", -3.0, -5.0, -1.0),
            ("b", "t", "x", 2.0, 1.0, 3.0),
        ],
        columns=["structure", "scenario", "outcome", "effect", "low", "high"],
    )
    found = survives(table).set_index("scenario")
    assert found.loc["s", "survives"]
    assert not found.loc["t", "survives"]
    assert found.loc["t", "contradicted"]


def test_arms_are_run_with_the_same_seeds_and_parameters_as_history_without_them() -> None:
    until, arm = "2001-01-01", with_events(dose_event("demand-reduction", 1.0, date(2000, 2, 7)))
    asked = NaturalExperiment(
        "test", "?", "", {"same": same, "less": arm}, {"kg": a_year("dispatched_to_europe_kg", 2000, 2000)}, until
    )
    runs = [({"lead_probability": 0.2}, 3), ({}, 4)]
    found = readings_of(asked, runs, 12)
    assert found.shape == (3, 2, 1)
    assert (found[1] == found[0]).all(), "nothing changes, so nothing differs"
    for values, seed, read in ((*run, value) for run, value in zip(runs, found[2, :, 0], strict=True)):
        scenario = arm(Scenario.load("as-it-happened")).with_parameters(**values)
        model = RouteModel(scenario, seed, 12, record="summary").run_until(until)
        assert read == Window(model, 2000, 2000).a_year("dispatched_to_europe_kg")
