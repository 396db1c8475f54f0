"""Scenarios: parameter values and dated events, read from TOML, laid out as inputs by epoch."""

from model.scenario.scenario import Scenario, difference, effects_before, list_scenarios

__all__ = ["Scenario", "difference", "effects_before", "list_scenarios"]
