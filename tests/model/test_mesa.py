"""Mesa's own tools on RouteModel and on subclasses of it: steps, batch_run, DataCollector, AgentSet, copies."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
import threading
from collections.abc import Iterator
from datetime import date
from typing import Any

import mesa
import numpy as np
import pytest
from mesa import DataCollector

from model import InputError, RouteModel, Scenario
from model.mesa_agents import Consignment, EnforcementPlatform, PartnerState, PatrolAsset, TraffickingOrganisation

HALF = Scenario.from_dict({"base": "as-it-happened", "title": "half a year", "end": date(2000, 6, 30)}, "half")
WEEKS = 26


def price(model: RouteModel) -> float:
    return float(model.state.markets.price_eur_per_kg[0])


class Watched(RouteModel):
    """A model as Mesa users write it: a collector of data, and a step that fills it."""

    def __init__(self, scenario: Any = HALF, rng: int | None = None, quiet: bool = False, **more: Any) -> None:
        super().__init__(scenario, rng, organisations=20, **more)
        self.quiet = quiet
        self.datacollector = DataCollector(
            {"price": price, "seed": "seed_value", "steps": "steps"},
            agenttype_reporters={TraffickingOrganisation: {"capital": "capital_eur"}},
        )

    def step(self) -> None:
        super().step()
        if not self.quiet:
            self.datacollector.collect(self)


class Stopping(RouteModel):
    def after_week(self) -> None:
        if self.week == 5:
            self.running = False


def same(a: RouteModel, b: RouteModel) -> bool:
    return a.weekly.equals(b.weekly) and all(
        np.array_equal(one, other)
        for part, twin in zip(a.state[:12], b.state[:12], strict=True)
        for one, other in zip(part, twin, strict=True)
    )


@pytest.fixture(autouse=True)
def start_method() -> Iterator[None]:
    """Mesa's batch_run sets how processes start for the whole process."""
    before = multiprocessing.get_start_method(allow_none=True)
    yield
    multiprocessing.set_start_method(before, force=True)


# --- steps and running ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [RouteModel, Watched])
def test_steps_count_weeks_whichever_way_a_model_is_run(kind: type[RouteModel]) -> None:
    model = kind(HALF, rng=1)
    model.step()
    assert (model.steps, model.time, model.week) == (1, 1.0, 1)
    model.run_for(3)
    assert (model.steps, model.time) == (4, 4.0)
    model.run_until("2000-03-06")
    assert (model.steps, model.time) == (9, 9.0)
    model.run_model()
    assert (model.steps, model.time, model.running) == (WEEKS, float(WEEKS), False)
    model.step()
    assert (model.steps, model.time, len(model.weekly)) == (WEEKS, float(WEEKS), WEEKS)


def test_week_by_week_gives_the_same_bits() -> None:
    at_once, stepped = RouteModel(HALF, rng=3, organisations=20).run(), Watched(rng=3)
    stepped.run_model()
    assert same(at_once, stepped)
    assert len(stepped.datacollector.get_model_vars_dataframe()) == WEEKS


def test_many_weeks_are_run_in_one_call_where_nothing_is_due_after_each(monkeypatch: pytest.MonkeyPatch) -> None:
    crossings = []
    cross = RouteModel._run_weeks
    monkeypatch.setattr(RouteModel, "_run_weeks", lambda m, weeks: crossings.append(weeks) or cross(m, weeks))
    model = RouteModel(HALF, rng=1, organisations=20)
    crossings.clear()
    model.run()
    assert max(crossings) > 10


def stop_in_week_5(model: RouteModel) -> None:
    if model.week == 5:
        model.running = False


@pytest.mark.parametrize("run", ["run", "run_model", "run_for", "run_until"])
@pytest.mark.parametrize("kind", [Stopping, lambda *a, **k: RouteModel(*a, **k, after_week=stop_in_week_5)])
def test_a_model_that_stops_itself_stays_stopped(kind: Any, run: str) -> None:
    model = kind(HALF, rng=1, organisations=20)
    given = {"run_for": [20], "run_until": ["2000-06-05"]}.get(run, [])
    getattr(model, run)(*given)
    assert (model.week, model.running) == (5, False)
    with pytest.warns(UserWarning, match="`running` is False"):
        model.run_for(3)
    model.step()
    assert model.week == 6
    model.running = True
    assert model.run_for(3).week == 9


def test_a_step_without_the_week_is_refused() -> None:
    class Lazy(RouteModel):
        def step(self) -> None:
            pass

    class Hasty(RouteModel):
        def step(self) -> None:
            super().step()
            super().step()

    for kind in (Lazy, Hasty):
        with pytest.raises(InputError, match=r"call super\(\)\.step\(\)"):
            kind(HALF, rng=1, organisations=20).run()


def test_events_of_mesa_come_between_the_steps_as_in_mesa() -> None:
    seen = []

    class Watch:
        def look(self) -> None:
            seen.append((model.time, model.week))

    watch = Watch()
    for kind in (RouteModel, Watched):
        model = kind(HALF, rng=1)
        for time in (3.0, 6.5):
            model.schedule_event(watch.look, at=time)
        model.run_for(10)
        assert seen == [(3.0, 3), (6.5, 6)]
        assert model.steps == 10
        seen.clear()


@pytest.mark.parametrize("weeks", [-3, 2.5, "3", True, None, float("nan"), float("inf")])
def test_a_number_of_weeks_that_is_none_is_refused(weeks: object) -> None:
    model = RouteModel(HALF, rng=1, organisations=20)
    with pytest.raises(InputError, match="whole number of weeks") as caught:
        model.run_for(weeks)  # type: ignore[arg-type]
    assert caught.value.field == "duration"
    assert model.run_for(np.int64(2)).run_for(3.0).week == 5


@pytest.mark.parametrize("day", ["1999-12-31", "2000-01-05", "2000-08-01", "2031-01-01"])
def test_a_date_outside_the_run_is_refused(day: str) -> None:
    with pytest.raises(InputError) as caught:
        RouteModel(HALF, rng=1, organisations=20).run_for(2).run_until(day)
    assert (caught.value.field, caught.value.value) == ("date", day)
    assert caught.value.allowed


def test_a_seed_that_is_drawn_is_recorded() -> None:
    drawn = RouteModel(HALF, rng=None, organisations=20)
    assert drawn.seed_value != RouteModel(HALF, rng=None, organisations=20).seed_value
    assert f"rng={drawn.seed_value}" in repr(drawn)
    assert same(drawn.run(), RouteModel(HALF, rng=drawn.seed_value, organisations=20).run())


# --- copies -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [copy.copy, copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m)), RouteModel.fork])
@pytest.mark.parametrize("record", ["events", "summary"])
def test_a_copy_is_independent_and_resumes_with_equal_bits(make: Any, record: str) -> None:
    model = RouteModel("as-it-happened", rng=5, organisations=40, record=record).run_until("2001-01-01")
    country = model.agents_by_type[PartnerState].to_list()[0]
    country.mine = 1.0
    before = model.weekly
    twin = make(model)
    other = twin.agents_by_type[PartnerState].to_list()[0]
    assert (other.mine, other.model, other is country) == (1.0, twin, False)
    twin.run_until("2002-07-01")
    assert twin.steps == twin.time == twin.week
    assert model.weekly.equals(before)
    assert same(model.run_until("2002-07-01"), twin)
    assert model.seizures.equals(twin.seizures)
    assert model.rng.integers(1000) == twin.rng.integers(1000)
    other.corruption = 0.9
    assert country.corruption != 0.9


def test_a_pickled_model_needs_no_new_machine_code() -> None:
    from numba import typeof

    model = RouteModel(HALF, rng=5, organisations=20)
    twin = pickle.loads(pickle.dumps(model))
    assert typeof(twin.world.arrays) == typeof(model.world.arrays)
    assert typeof(twin.state) == typeof(model.state)
    assert typeof(twin.buffers) == typeof(model.buffers)
    assert typeof(twin.inputs) == typeof(model.inputs)


def test_a_fork_keeps_class_and_attributes() -> None:
    model = Watched(rng=3).run_for(4)
    model.note = ["mine"]
    twin = model.fork(sharing_scale=0.0)
    assert type(twin) is Watched
    twin.note.append("other")
    assert model.note == ["mine"]
    twin.run_for(3)
    model.run_for(1)
    assert len(twin.datacollector.get_model_vars_dataframe()) == 7
    assert len(model.datacollector.get_model_vars_dataframe()) == 5
    assert same(Watched(rng=3).run_for(5), model)


def test_an_attribute_that_cannot_be_copied_is_named() -> None:
    model = RouteModel(HALF, rng=3, organisations=20)
    model.lock = threading.Lock()
    with pytest.raises(InputError, match="cannot be copied") as caught:
        model.fork()
    assert caught.value.field == "lock"


def test_a_fork_of_a_finished_model_resumes_under_a_later_end() -> None:
    longer = Scenario.from_dict({"base": "as-it-happened", "title": "a year", "end": date(2000, 12, 31)}, "year")
    model = RouteModel(HALF, rng=3, organisations=20).run()
    twin = model.fork(longer)
    assert (model.running, twin.running) == (False, True)
    assert same(twin.run(), RouteModel(longer, rng=3, organisations=20).run())


def test_a_fork_made_within_a_step_resumes_after_it() -> None:
    class Foresight(RouteModel):
        futures: list[RouteModel] = []  # noqa: RUF012

        def step(self) -> None:
            super().step()
            if self.week == 4:
                self.futures.append(self.fork())

    model = Foresight(HALF, rng=3, organisations=20).run_for(8)
    twin = model.futures[0]
    assert (twin.steps, twin.run_for(4).steps) == (4, 8)
    assert same(model, twin)


def test_a_fork_made_by_an_event_within_the_week_resumes_before_its_step() -> None:
    class Visited(RouteModel):
        def visit(self) -> None:
            self.future = self.fork()

    model = Visited(HALF, rng=3, organisations=20)
    model.schedule_event(model.visit, at=3.5)
    model.run_for(8)
    assert (model.future.steps, model.future.run_for(5).steps) == (3, 8)
    assert same(model, model.future)


def test_a_step_that_fails_leaves_a_model_that_can_be_run() -> None:
    class Failing(RouteModel):
        fails = True

        def step(self) -> None:
            if self.week == 4 and self.fails:
                raise RuntimeError
            super().step()

    model = Failing(HALF, rng=3, organisations=20)
    with pytest.raises(RuntimeError):
        model.run()
    assert (model.steps, model.time) == (4, 4.0)
    model.fails = False
    assert same(model.run(), RouteModel(HALF, rng=3, organisations=20).run())


def test_scheduled_events_of_a_copy_are_its_own() -> None:
    class Visited(RouteModel):
        visits = 0

        def visit(self) -> None:
            self.visits += 1

    model = Visited(HALF, rng=3, organisations=20).run_for(2)
    model.schedule_event(model.visit, at=5.0)
    twin = model.fork().run_for(6)
    assert (twin.visits, model.visits) == (1, 0)
    assert model.run_for(6).visits == 1


# --- agents -----------------------------------------------------------------------------------------------------------


def residuals(model: RouteModel) -> tuple[float, float]:
    amounts = model.balance()["amount"].xs("residual", level="account")
    return abs(float(amounts["cocaine"])), abs(float(amounts["money"]))


@pytest.fixture
def model() -> RouteModel:
    return RouteModel("as-it-happened", rng=7, organisations=30).run_until("2003-01-06")


def test_accounts_balance_after_an_organisation_is_removed(model: RouteModel) -> None:
    organisations = model.agents_by_type[TraffickingOrganisation]
    richest = max(organisations, key=lambda one: one.inventory_kg + one.stock_kg.sum())
    held = richest.capital_eur + richest.dirty_eur + richest.frozen_eur
    under_way = [c for c in model.agents_by_type[Consignment] if c.owner_ident == richest.identity]
    assert under_way
    estates, confiscated = (model.balance()["amount"]["money", name] for name in ("estates", "confiscated"))
    richest.remove()
    amounts = model.balance()["amount"]["money"]
    assert (estates + confiscated) - (amounts["estates"] + amounts["confiscated"]) == pytest.approx(held)
    assert richest not in model.agents
    assert richest.alive == 0
    assert all(consignment.owner == -1 for consignment in under_way)
    sent = richest.identity
    assert (residuals(model)[0] < 1e-3, residuals(model)[1] < 1.0) == (True, True)
    week = model.week
    model.run_for(8)
    assert (residuals(model)[0] < 1e-3, residuals(model)[1] < 1.0) == (True, True)
    assert sent not in model.state.organisations.ident[model.state.organisations.alive == 1]
    groups, entered, left = (model.weekly[name].to_numpy() for name in ("groups", "entered", "left"))
    assert groups[week] == groups[week - 1] + entered[week] - left[week]
    assert left[week] >= 1
    richest.remove()  # once more changes nothing, as in Mesa


def test_all_organisations_may_be_removed(model: RouteModel) -> None:
    model.agents_by_type[TraffickingOrganisation].do("remove")
    assert (len(model.agents_by_type[TraffickingOrganisation]), model.state.organisations.alive.sum()) == (0, 0)
    model.run_for(8)
    assert (residuals(model)[0] < 1e-3, residuals(model)[1] < 1.0) == (True, True)


def test_removal_gives_the_bits_of_the_models_own_exit(model: RouteModel) -> None:
    twin = model.fork()
    row = 3
    model.agents_by_type[TraffickingOrganisation].to_list()[row].remove()
    twin.end_organisation(row)  # nobody has asked for agents yet
    assert same(model, twin)


def test_an_organisation_that_is_deregistered_ends(model: RouteModel) -> None:
    model.run_for(20)
    organisation = next(iter(model.agents_by_type[TraffickingOrganisation]))
    model.deregister_agent(organisation)
    assert not organisation.is_current
    assert organisation not in model.agents
    with pytest.raises(InputError, match="cannot be removed"):
        model.deregister_agent(next(iter(model.agents_by_type[PartnerState])))


@pytest.mark.parametrize("kind", [PartnerState, EnforcementPlatform, PatrolAsset, Consignment])
def test_other_agents_cannot_be_removed(model: RouteModel, kind: type) -> None:
    agents = model.agents_by_type[kind]
    with pytest.raises(InputError, match="cannot be removed") as caught:
        agents.to_list()[0].remove()
    assert caught.value.remedy
    with pytest.raises(InputError, match="cannot all be removed"):
        model.remove_all_agents()
    assert len(model.agents_by_type[TraffickingOrganisation]) == (model.state.organisations.alive == 1).sum()


def test_an_agent_that_has_ended_is_not_mistaken_for_its_successor(model: RouteModel) -> None:
    agent = model.agents_by_type[TraffickingOrganisation].to_list()[3]
    agent.remove()
    for attempt in (lambda: agent.capital_eur, lambda: setattr(agent, "capital_eur", 1.0)):
        with pytest.raises(InputError, match="this agent has ended"):
            attempt()
    assert agent.alive == 0
    assert "alive=0" in repr(agent)


def test_agents_of_the_model_are_not_made_by_hand_and_others_are(model: RouteModel) -> None:
    with pytest.raises(InputError, match="entry_rate_per_week"):
        TraffickingOrganisation.create_agents(model, 2)

    class Observer(mesa.Agent):
        pass

    before = len(model.agents)
    observers = Observer.create_agents(model, 2)
    assert len(model.run_for(1).agents_by_type[Observer]) == 2
    observers.do("remove")
    assert len(model.agents_by_type[Observer]) == 0
    assert before > 0


def test_agent_sets(model: RouteModel) -> None:
    countries = model.agents_by_type[PartnerState]
    assert len(countries.select(lambda one: one.corruption > 0.5)) == (model.state.states.corruption > 0.5).sum()
    assert countries.agg("seized_kg", sum) == pytest.approx(model.state.states.seized_kg.sum())
    assert countries.get(["iso3", "corruption"])[0] == [countries[0].iso3, countries[0].corruption]
    countries.set("protection_price", 2.0)
    assert (model.state.states.protection_price == 2.0).all()
    countries.do(lambda one: setattr(one, "protection_price", 3.0))
    assert countries.agg("protection_price", max) == 3.0
    organisations = model.agents_by_type[TraffickingOrganisation]
    assert sum(organisations.groupby("source").count().values()) == len(organisations)
    assert model.agents.select(agent_type=PatrolAsset).get("name") == list(model.world.assets)
    with pytest.raises(InputError, match=r"PartnerState\.effort"):
        countries.set("effort", 0.95)


def test_collectors_see_the_agents_of_the_week() -> None:
    collector = DataCollector(
        {"consignments": lambda m: int(m.state.consignments.alive.sum())},
        agent_reporters={"kind": lambda agent: type(agent).__name__},
        agenttype_reporters={Consignment: {"load": "load_kg"}},
    )
    model = RouteModel(HALF, rng=7, organisations=30, after_week=collector.collect).run_for(12)
    assert model.steps == 12
    counted = collector.get_agenttype_vars_dataframe(Consignment).groupby(level=0).size()
    expected = collector.get_model_vars_dataframe()["consignments"].to_numpy()
    assert list(counted) == [count for count in expected if count]
    kinds = collector.get_agent_vars_dataframe()["kind"]
    assert (kinds == "PartnerState").groupby(level=0).sum().tolist() == [len(model.world.states)] * 12


# --- batch_run --------------------------------------------------------------------------------------------------------


def batch(**options: Any) -> list[dict[str, Any]]:
    return mesa.batch_run(Watched, display_progress=False, **options)


def test_batch_run_ends_after_max_steps() -> None:
    rows = batch(parameters={"sharing_scale": [0.0, 1.0]}, max_steps=5, data_collection_period=1, rng=[3, 4])
    assert {row["Step"] for row in rows} == {1.0, 2.0, 3.0, 4.0, 5.0}
    assert {(row["seed"], row["sharing_scale"]) for row in rows} == {(3, 0.0), (3, 1.0), (4, 0.0), (4, 1.0)}
    expected = Watched(rng=4, sharing_scale=0.0).run_for(5)
    last = [row for row in rows if row["Step"] == 5.0 and row["seed"] == 4 and row["sharing_scale"] == 0.0]
    assert {row["price"] for row in last} == {price(expected)}
    assert len(last) == 20


def test_batch_run_draws_seeds_where_none_are_given() -> None:
    rows = batch(parameters={"quiet": False}, max_steps=2)
    with pytest.warns(DeprecationWarning, match="iterations"):
        more = batch(parameters={"quiet": False}, max_steps=2, iterations=2)
    assert len({row["seed"] for row in rows + more}) == 3
    assert {row["iteration"] for row in more} == {0, 1}


@pytest.mark.slow
def test_batch_run_in_two_processes_gives_the_same_rows() -> None:
    given = {"parameters": {"quiet": False}, "max_steps": 3, "rng": [3, 4]}

    def rows(processes: int) -> list[tuple[Any, ...]]:
        return sorted(tuple(sorted(row.items())) for row in batch(**given, number_processes=processes))

    assert rows(1) == rows(2)
