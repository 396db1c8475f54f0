"""Large objects show themselves in short: one line, and a small table in notebooks."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest

from experiments.history import replications_of
from experiments.study import Study, list_studies
from model import Parameters, RouteModel, Scenario, load_world
from model.mesa_agents import AGENTS
from model.parameter_fields import changed_values
from model.scenario import list_scenarios


class Cells(HTMLParser):
    """Names and values of the table, and whether every tag is closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.open.append(tag)
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def check(shown: Any) -> str:
    line, table = repr(shown), Cells(shown._repr_html_())
    assert line.startswith(type(shown).__name__)
    assert len(line) <= 300
    assert "\n" not in line
    assert (table.tags[0], table.open) == ("table", [])
    assert len(table.text) <= 600
    assert set(table.tags) <= {"table", "caption", "tr", "th", "td"}
    return line


def test_models_and_agents() -> None:
    model = RouteModel("as-it-happened", rng=7, organisations=30).run_until("2003-01-06")
    line = check(model)
    assert "rng=7" in line
    assert "date=2003-01-06" in line
    for kind in AGENTS:
        for agent in model.agents_by_type[kind]:
            check(agent)
    portugal = next(one for one in model.agents if getattr(one, "iso3", "") == "PRT")
    assert "iso3='PRT'" in repr(portugal)


def test_scenarios_and_their_events() -> None:
    for name in list_scenarios()["name"]:
        scenario = Scenario.load(name)
        assert repr(name) in check(scenario)
        for event in scenario.events:
            assert repr(event.id)[:40] in check(event)


def test_parameters_show_what_differs() -> None:
    assert check(Parameters()) == "Parameters()"
    changed = Parameters(sharing_scale=1.5, cooperation="endogenous")
    assert check(changed) == str(changed) == "Parameters(cooperation='endogenous', sharing_scale=1.5)"
    assert changed_values(changed) == changed.facts()


def test_worlds_and_tables() -> None:
    world = load_world()
    assert "places=75" in check(world)
    check(world.tables)


@pytest.mark.parametrize("name", list_studies()["name"])
def test_studies(name: str) -> None:
    study = Study.load(name)
    assert f"replications={len(study.seeds)}" in check(study)
    check(study.with_(seed=2**62, replications=300))


def test_arms_and_replicated_histories() -> None:
    study = Study.load("headline").with_(replications=2)
    assert "seeds='2 from " in check(study.arms[0])
    check(replications_of("history", "as-it-happened", (1, 2), 20))


def test_text_cannot_break_the_table() -> None:
    shown = Scenario.from_dict({"base": "as-it-happened", "title": "<script>alert(1)</script>"}, "a&b")
    assert "<script>" not in shown._repr_html_()
    check(shown)
