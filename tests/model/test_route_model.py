"""The public face: what users and Mesa rely on."""

from __future__ import annotations

import networkx as nx
import pandas as pd
import pytest
from mesa import DataCollector

from model import InputError, RouteModel, Scenario
from model.mesa_agents import Consignment, EnforcementPlatform, PartnerState, PatrolAsset, TraffickingOrganisation
from model.record import Weekly
from model.week import SCHEDULE


@pytest.fixture
def model() -> RouteModel:
    return RouteModel("as-it-happened", rng=7, organisations=30)


def test_step_runs_one_week(model: RouteModel) -> None:
    model.step()
    assert model.time == 1.0
    assert len(model.weekly) == 1
    assert str(model.date) == "2000-01-10"


def test_run_ends_with_the_scenario(model: RouteModel) -> None:
    document = {"base": "as-it-happened", "title": "short"}
    short = RouteModel(
        Scenario.from_dict({**document, "end": pd.Timestamp("2000-06-30").date()}, "short"), rng=1, organisations=20
    )
    assert short.run() is short
    assert not short.running
    weeks = len(short.weekly)
    short.step()
    assert len(short.weekly) == weeks


def test_frames(short_run: RouteModel) -> None:
    weekly, yearly = short_run.weekly, short_run.yearly
    assert isinstance(weekly.index, pd.DatetimeIndex)
    assert set(Weekly.columns()) <= set(weekly.columns)
    assert list(yearly.index) == [2000, 2001]
    assert weekly["seized_kg"].sum() == pytest.approx(yearly["seized_kg"].sum())
    assert (weekly[["price_europe_eur_per_kg", "groups"]] > 0).all().all()
    for dimension in ("state", "mode", "platform", "leg", "place", "region"):
        frame = short_run.by(dimension)
        assert frame.index.names == ["year", dimension]
        assert {"moved_kg", "seized_kg", "seized_bulk_kg", "expected_seized_kg", "seizures", "lost_kg"} <= set(
            frame.columns
        )
    with pytest.raises(InputError, match="no such dimension"):
        short_run.by("colour")


def test_seizures_are_rows(short_run: RouteModel) -> None:
    rows = short_run.seizures
    assert {"date", "place", "mode", "state", "kg", "lead_state", "platform", "stage"} <= set(rows.columns)
    assert len(rows) > 0
    assert rows["date"].is_monotonic_increasing
    assert rows["date"].between("2000-01-03", "2002-01-06").all()


def test_graph_carries_flows(short_run: RouteModel) -> None:
    graph = short_run.graph
    assert isinstance(graph, nx.MultiDiGraph)
    flows = [data["flow_kg"] for _, _, data in graph.edges(data=True)]
    assert len(flows) == len(short_run.world.legs)
    assert sum(flows) > 0
    assert "flow_kg" not in next(iter(short_run.world.graph.edges(data=True)))[2]


def test_schedule_is_the_week(model: RouteModel) -> None:
    assert list(model.schedule()["submodel"]) == [name for name, _ in SCHEDULE]


def test_agents_are_rows(model: RouteModel) -> None:
    kinds = model.agents_by_type
    assert len(kinds[TraffickingOrganisation]) == 30
    assert len(kinds[PartnerState]) == len(model.world.states)
    assert len(kinds[EnforcementPlatform]) == len(model.world.platforms)
    assert len(kinds[PatrolAsset]) == len(model.world.assets)
    agent = kinds[TraffickingOrganisation].to_list()[3]
    agent.capital_eur = 123.0
    assert model.state.organisations.capital_eur[agent.row] == 123.0
    assert agent.capital_eur == 123.0
    assert isinstance(agent.capital_eur, float)


def test_writing_an_agent_changes_the_simulation(model: RouteModel) -> None:
    other = model.fork()
    for state in model.agents_by_type[PartnerState]:
        state.inspection_container_share = 0.5
        state.inspection_air_share = 0.9
        state.inspection_land_share = 0.5
    model.run_until("2000-12-25")
    other.run_until("2000-12-25")
    assert model.weekly["seized_kg"].sum() > 1.05 * other.weekly["seized_kg"].sum()


def test_agents_follow_the_rows(model: RouteModel) -> None:
    assert len(model.agents) > 0
    for _ in range(12):
        model.step()
        loads = model.agents_by_type.get(Consignment, [])
        alive = model.state.consignments.alive.sum()
        assert len(loads) == alive
    assert all(agent.load_kg > 0 for agent in model.agents_by_type[Consignment])


def test_assets_have_cells(model: RouteModel) -> None:
    asset = model.agents_by_type[PatrolAsset].to_list()[0]
    for _ in range(8):
        model.step()
        assert asset.cell.coordinate == asset.place
    assert asset.cell is model.space[asset.place]


def test_agentset_methods_and_data_collector(model: RouteModel) -> None:
    collector = DataCollector(
        model_reporters={"price": lambda m: m.state.markets.price_eur_per_kg[0]},
        agenttype_reporters={TraffickingOrganisation: {"capital": "capital_eur"}},
    )
    for _ in range(3):
        model.step()
        collector.collect(model)
    assert len(collector.get_model_vars_dataframe()) == 3
    assert len(collector.get_agenttype_vars_dataframe(TraffickingOrganisation)) == 90
    organisations = model.agents_by_type[TraffickingOrganisation]
    rich = organisations.select(lambda agent: agent.capital_eur > 0)
    assert 0 < len(rich) <= 30
    assert organisations.agg("capital_eur", sum) == pytest.approx(model.state.organisations.capital_eur.sum())
    assert organisations.groupby("source").count()


def test_users_mesa_events_fire_on_time(model: RouteModel) -> None:
    seen = []

    class Watch:
        def look(self) -> None:
            seen.append((model.time, model.week))

    watch = Watch()
    model.schedule_event(watch.look, at=3.0)
    model.run_until("2000-03-06")
    assert seen == [(3.0, 3)]


def test_after_week_is_called_every_week() -> None:
    weeks: list[int] = []
    RouteModel("as-it-happened", rng=1, organisations=20, after_week=lambda m: weeks.append(m.week)).run_until(
        "2000-03-06"
    )
    assert weeks == list(range(1, 10))


def test_parameters_as_keywords() -> None:
    assert (
        RouteModel(rng=1, organisations=20, theta_per_thousand_eur=0.5).policy.parameters.theta_per_thousand_eur == 0.5
    )
    with pytest.raises(InputError, match="theta"):
        RouteModel(rng=1, organisations=20, theta_per_thousand_eur=50.0)
    with pytest.raises(InputError, match="thetta"):
        RouteModel(rng=1, organisations=20, thetta=0.5)


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"rng": -1}, "rng"),
        ({"rng": 2**63}, "rng"),
        ({"rng": "x"}, "rng"),
        ({"rng": 1, "organisations": 5}, "organisations"),
        ({"rng": 1, "organisations": 1.5}, "organisations"),
        ({"rng": 1, "record": "all"}, "record"),
    ],
)
def test_bad_arguments(arguments: dict, field: str) -> None:
    with pytest.raises(InputError) as caught:
        RouteModel("as-it-happened", **arguments)
    assert caught.value.field == field
    assert caught.value.allowed
    assert caught.value.remedy


def test_running_backwards_is_refused(model: RouteModel) -> None:
    model.run_until("2000-06-05")
    with pytest.raises(InputError, match="cannot run to this date"):
        model.run_until("2000-03-06")
    with pytest.raises(InputError, match="not a date"):
        model.run_until("2000-13-06")


def test_parameter_events_take_effect_and_end() -> None:
    from datetime import date

    document = {
        "base": "as-it-happened",
        "title": "quiet",
        "end": date(2001, 12, 30),
        "events": [
            {
                "id": "quiet",
                "date": date(2000, 7, 3),
                "until": date(2001, 1, 1),
                "target": "parameter:inspection_scale",
                "value": 0.0,
                "source": "test",
                "confidence": "assumed",
            }
        ],
    }
    model = RouteModel(Scenario.from_dict(document, "quiet"), rng=3, organisations=60).run()
    rows = model.seizures
    rows = rows[(rows["stage"] == "inspection") & (rows["mode"] != "air_courier")]  # airports have their own share
    inspections = rows.set_index("date")["kg"]
    assert inspections["2000-03-01":"2000-06-30"].sum() > 0
    assert inspections["2000-07-03":"2000-12-31"].sum() == 0
    assert inspections["2001-01-08":"2001-12-01"].sum() > 0
