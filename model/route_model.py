"""RouteModel: the simulation as a Mesa model - build, step, run, fork, and read the results as frames."""

from __future__ import annotations

import copy
import datetime as dt
import secrets
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property, lru_cache
from os import PathLike
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
from mesa import Agent
from mesa.discrete_space import Network

from model import calendar
from model.context import Context, Inputs, Record
from model.errors import InputError
from model.frames import balance_frame, dimension_frame, seizure_frame, summed, weekly_frame, yearly_frame
from model.kinds import MODES, STAGES, Counter, Status
from model.mesa_agents import (
    AGENTS,
    Consignment,
    EnforcementPlatform,
    PartnerState,
    PatrolAsset,
    RowAgent,
    TraffickingOrganisation,
)
from model.parameter_fields import to_values
from model.parameters import ParameterValues
from model.record import SEIZURE, Weekly, copy_record, make_record
from model.rules import advance_with
from model.scenario import Scenario, difference
from model.scenario.inputs import lay_out
from model.state import CONTACTS_AT_MOST, copy_state, empty_state, grow, memory_decay, sizes_of
from model.submodels.organisations import leave
from model.summary import Summary
from model.week import SCHEDULE, events_at_most
from model.weekly_model import WeeklyModel
from model.world import World, load_world

__all__ = ["RouteModel"]

LARGEST_SEED = 2**63 - 1
FEWEST_ORGANISATIONS, MOST_ORGANISATIONS = 10, 5_000_000
DIMENSIONS = ("state", "mode", "platform", "leg", "place", "region", "stage")
RECORD_LEVELS = ("summary", "events")
DRAWN_BITS = 53
"""Bits of a seed that is drawn: as many as a table of decimal numbers keeps."""
FOLLOWS = frozenset({"_plan", "inputs", "_parameter_weeks", "_values", "_advance"})
"""Attributes of a model that follow from its world and scenario."""


class RouteModel(Summary, WeeklyModel):
    """Trafficking organisations, states, platforms and patrols over the route graph of the Atlantic.

    Parameters
    ----------
    scenario : str, path or Scenario
        What is simulated; a name is looked up among the scenarios of the project.
    rng : int or None
        Seed, 0 to 2**63 - 1. The same seed gives the same run, to the last bit. None draws one; `seed_value` holds it.
    organisations : int
        Number of trafficking organisations the trade is divided among.
    world : World, optional
        Another world than the project's own (see `load_world`).
    record : {"events", "summary"}
        Whether every seizure is kept as a row.
    after_week : callable, optional
        A rule of your own, called with the model after every week (at interpreted speed); it may set `running` to
        False to end the run. A subclass with its own `step` or `after_week` is run week by week, too.
    parameters : mapping of parameter names to values, as keywords
        Override the scenario's parameters.

    Raises
    ------
    InputError
        Names the field, the value, what is allowed and the remedy.

    Examples
    --------
    >>> from model import RouteModel
    >>> m = RouteModel("as-it-happened", rng=7)
    >>> m.run_until("2003-01-06")
    >>> int(m.yearly["dispatched_kg"].loc[2002] > 0)
    1
    """

    def __init__(
        self,
        scenario: str | PathLike[str] | Scenario = "as-it-happened",
        rng: int | None = 0,
        organisations: int = 150,
        *,
        world: World | None = None,
        record: str = "events",
        after_week: Callable[[RouteModel], object] | None = None,
        **parameters: Any,
    ) -> None:
        seed = secrets.randbits(DRAWN_BITS) if rng is None else rng
        check_numbers(seed, organisations, record)
        chosen = scenario if isinstance(scenario, Scenario) else Scenario.load(scenario)
        policy = chosen.with_parameters(**parameters) if parameters else chosen
        super().__init__(int(seed))
        self.world = world if world is not None else load_world()
        self.seed_value, self.organisations, self.level = int(seed), int(organisations), record
        if after_week is not None:
            self.after_week = after_week
        self._rows: dict[type[RowAgent], dict[int, RowAgent]] = {}
        self._open(policy)

    def _open(self, policy: Scenario) -> None:
        """Take up a scenario on its first day."""
        self.first_week = self.week = calendar.week_of(policy.start)
        self._follow(policy)
        self.state = empty_state(self.world, self.organisations, self.policy.parameters)
        self.buffers = self._empty_record()
        self._in_force = self._values_at(self.week)
        self._run_weeks(0)
        self.opening = self.state.accounts.copy()

    def _follow(self, policy: Scenario) -> None:
        """Take on a scenario that says the same of the weeks already run."""
        self.policy = policy
        self._plan, self.inputs = prepare_plan(self.world, policy)
        self._parameter_weeks = parameter_weeks(self._plan)
        self._values: dict[int, ParameterValues] = {}
        self._advance = advance_with(policy.parameters)
        self.last_week = calendar.week_of(policy.end)

    def _empty_record(self) -> Record:
        years = calendar.year_of(self.last_week) - calendar.FIRST_YEAR + 1
        return make_record(self.last_week + 1, years, sizes_of(self.world), keep_seizures=self.level == "events")

    def facts(self) -> dict[str, Any]:
        """What `repr` shows of a model."""
        return {
            "scenario": self.policy.name,
            "rng": self.seed_value,
            "organisations": self.organisations,
            "date": self.date,
            "steps": self.steps,
            "end": self.policy.end,
        }

    # --- running --------------------------------------------------------------------------------------------------

    @property
    def date(self) -> dt.date:
        """Monday of the week that comes next."""
        return calendar.monday(self.week)

    def run_until(self, end: str | dt.date) -> RouteModel:
        """Run up to a date: the next week to be simulated is the one that holds it.

        Raises
        ------
        InputError
            If the date is before the present week or after the scenario's end.
        """
        week = calendar.week_of(end)
        if not self.week <= week <= self.last_week + 1:
            raise InputError(
                "the model cannot run to this date",
                field="date",
                value=str(end),
                allowed=f"{self.date} to {self.policy.end}",
                remedy="choose a date in that range, or build a new model",
            )
        return self._run_to(week)

    def _next_stop(self) -> int:
        """Next week in which an event changes a parameter."""
        return min((week for week in self._parameter_weeks if week > self.week), default=self.last_week + 1)

    def _update(self) -> None:
        """Bring the agents up to date with the rows, once agents have been asked for."""
        if self._rows:
            self._refresh_agents()

    def _run_weeks_to(self, stop: int) -> None:
        """Run compiled weeks up to `stop`; buffers grow where they must, and nothing is dropped."""
        values = self._values_at(self.week)
        if values != self._in_force:
            self.state = self.state._replace(memory_decay=memory_decay(values.memory_months))
            self._in_force = values
            self.state.counts[Counter.REVIEW_DUE] = 1
        while self.week < stop:
            self.week += self._run_weeks(stop - self.week)
            if self.state.counts[Counter.STATUS] == Status.NEEDS_ROWS:
                self._make_room()
            elif self.state.counts[Counter.STATUS] != Status.RUNNING:
                raise RuntimeError(
                    f"week {self.week} ({self.date}), movement: a load found no free row; please report this with "
                    f"the scenario {self.policy.name!r} and seed {self.seed_value}"
                )

    def _run_weeks(self, weeks: int) -> int:
        """Cross into compiled code once for up to so many weeks; how many were run."""
        world, state, record = self.world.arrays, self.state, self.buffers
        return int(self._advance(world, self.inputs, state, record, self._in_force, self.seed_value, self.week, weeks))

    def _make_room(self) -> None:
        live = int(self.state.counts[Counter.LIVE]) + int(self.state.counts[Counter.ROWS_NEEDED])
        rows = self.state.consignments.alive.shape[0]
        if live + CONTACTS_AT_MOST > self.state.cues.day.shape[0] or live > rows:
            self.state = grow(self.state, max(2 * rows, live + CONTACTS_AT_MOST))
        used, kept = int(self.state.counts[Counter.EVENTS]), self.buffers.seizures
        most = events_at_most(live, self.world.arrays.origins, len(self.world.states))
        if self.level == "events" and used + most > kept.shape[0]:
            more = np.zeros(used + max(used, 4 * live) + CONTACTS_AT_MOST, dtype=SEIZURE)
            more[:used] = kept[:used]
            self.buffers = self.buffers._replace(seizures=more)

    def _values_at(self, week: int) -> ParameterValues:
        """Parameters in force in a week, as the compiled week reads them."""
        epoch = sum(start <= week for start in self._parameter_weeks)
        if epoch not in self._values:
            sunday = calendar.monday(week) + dt.timedelta(days=6)
            parameters = self._plan.parameters_at(sunday) if self._parameter_weeks else self._plan.parameters
            self._values[epoch] = to_values(parameters)
        return self._values[epoch]

    def fork(self, scenario: str | PathLike[str] | Scenario | None = None, **parameters: Any) -> RouteModel:
        """Make an independent copy that resumes from here under another scenario, with common random numbers.

        Parameters given as keywords change from this week on. The copy is of the same class. Columns, recorded weeks,
        agents, scheduled events and all attributes are copied as by `copy.deepcopy`: a collector of data keeps what it
        has collected, and what is collected later goes to one model only. `__init__` is not called. World and
        scenarios never change and are shared; functions, such as `after_week`, are the same ones. Before the first week
        is run, the copy begins anew where the other scenario differs on the first day.

        Raises
        ------
        InputError
            If the other scenario says something different about the time already simulated, or an attribute cannot be
            copied; it names what.
        """
        other = self.policy if scenario is None else scenario
        other = other if isinstance(other, Scenario) else Scenario.load(other)
        other = other.changed_from(self.date, **parameters) if parameters else other
        begins_anew = self._check_fork(other)
        twin = copy.deepcopy(self)
        if begins_anew:
            twin._open(other)
            return twin
        ended = self.week > self.last_week
        twin._follow(other)
        # the number of the epoch in force is another one where the scenarios have other events that change nothing
        twin.state.counts[Counter.EPOCH] = twin.inputs.epoch_of_week[max(twin.first_week, twin.week - 1)]
        twin.running = (self.running or ended) and twin.week <= twin.last_week
        twin.buffers = copy_record(self.buffers, twin._empty_record(), int(self.state.counts[Counter.EVENTS]))
        return twin

    def _check_fork(self, other: Scenario) -> bool:
        """Refuse a scenario that says something different about the time already simulated, or ends in it.

        Before the first week is run nothing has been; true where the opening has to be made again.
        """
        if self.week == self.first_week:
            return bool(difference(self.policy, other, self.date + dt.timedelta(weeks=1)))
        found = difference(self.policy, other, self.date)
        if found:
            raise InputError(
                "the scenario differs before the fork: " + "; ".join(found),
                field="scenario",
                value=other.name,
                allowed=f"scenarios that say the same as {self.policy.name!r} before {self.date}",
                remedy="date the differences at or after the fork, or run the scenario from its start",
            )
        if other.end < self.date:
            raise InputError(
                "the scenario ends before the fork",
                field="end",
                value=str(other.end),
                allowed=f"a day from {self.date} on",
                remedy="fork earlier, or move the scenario's end",
            )
        return False

    def __getstate__(self) -> dict[str, Any]:
        """What a copy keeps: all but what follows from world and scenario, and the room for seizures still to come."""
        kept = {name: value for name, value in self.__dict__.items() if name not in FOLLOWS}
        rows = max(1, int(self.state.counts[Counter.EVENTS]))
        return kept | {"buffers": self.buffers._replace(seizures=self.buffers.seizures[:rows])}

    def __setstate__(self, kept: dict[str, Any]) -> None:
        """Make a model of what a copy keeps."""
        self.__dict__.update(kept)
        self._set_clock()  # a copy may be made during a step
        self._follow(self.policy)

    def __deepcopy__(self, memo: dict[int, Any]) -> RouteModel:
        """Make an independent model that resumes with the same bits; world and scenario never change and are shared."""
        twin = type(self).__new__(type(self))
        kept = self.__getstate__()
        memo |= {id(self): twin, id(self.state): copy_state(self.state)}
        memo |= {id(fixed): fixed for fixed in (self.world, self.world.graph, self.policy)}
        twin.__setstate__({name: copied(name, value, memo) for name, value in kept.items()})
        return twin

    def __copy__(self) -> RouteModel:
        """Do the same as a deep copy: two models that share columns would overwrite each other's."""
        return copy.deepcopy(self)

    # --- Mesa: agents and space -------------------------------------------------------------------------------------

    @property
    def agents(self) -> Any:
        """All agents, rows of the columns made into Mesa agents when first asked for."""
        self._make_agents()
        return super().agents

    @property
    def agents_by_type(self) -> Any:
        """Agents by class."""
        self._make_agents()
        return super().agents_by_type

    @property
    def agent_types(self) -> list[type]:
        """Classes of agents in the model."""
        self._make_agents()
        return list(super().agent_types)

    def _make_agents(self) -> None:
        if not self._rows and hasattr(self, "state"):
            self._rows = {kind: {} for kind in AGENTS}
            self._refresh_agents()

    def _refresh_agents(self) -> None:
        """Make agents for new rows and remove those of dead ones."""
        state = self.state
        everyone = {
            TraffickingOrganisation: alive_rows(state.organisations),
            PartnerState: dict.fromkeys(range(len(self.world.states)), 0),
            EnforcementPlatform: dict.fromkeys(range(len(self.world.platforms)), 0),
            PatrolAsset: dict.fromkeys(range(len(self.world.assets)), 0),
            Consignment: alive_rows(state.consignments),
        }
        for kind, rows in everyone.items():
            agents = self._rows[kind]
            for row in [row for row, agent in agents.items() if rows.get(row, -1) != agent.identity]:
                agents.pop(row).leave_model()
            for row, identity in rows.items():
                if row not in agents:
                    agents[row] = kind(self, row, identity)

    def end_organisation(self, row: int) -> None:
        """End an organisation between two weeks as one without means ends; the week to come counts it as left."""
        world, week = self.world.arrays, self.week
        ctx = Context(world, self.inputs, self.state, self._in_force, self.buffers, self.seed_value, week, 0)
        getattr(leave, "py_func", leave)(ctx, row)  # a rule is compiled for other rules only
        if week <= self.last_week:
            self.buffers.weekly[week, Weekly.LEFT] += 1.0
        if self._rows:
            self._rows[TraffickingOrganisation].pop(row).leave_model()

    def deregister_agent(self, agent: Agent) -> None:
        """Take an agent off the lists: one that still acts ends as by its `remove`, or is refused."""
        if isinstance(agent, RowAgent) and agent.is_current:
            agent.remove()
        else:
            super().deregister_agent(agent)

    def remove_all_agents(self) -> None:
        """Refuse: countries, platforms and assets cannot leave a world.

        Raises
        ------
        InputError
            Always.
        """
        raise InputError(
            "the agents of this model cannot all be removed",
            field="remove_all_agents",
            allowed="remove() of trafficking organisations",
            remedy="build a new model, or m.agents_by_type[TraffickingOrganisation].do('remove')",
        )

    @cached_property
    def space(self) -> Network:
        """Mesa network space over the places, at their real coordinates (longitude, latitude)."""
        layout = {place: (data["lon"], data["lat"]) for place, data in self.world.graph.nodes(data=True)}
        return Network(self.world.graph, random=self.random, layout=layout)

    # --- results ----------------------------------------------------------------------------------------------------

    @property
    def weekly(self) -> pd.DataFrame:
        """Weekly series, indexed by Monday; units are in the column names, mass is pure unless it says bulk."""
        return weekly_frame(self.buffers, self.first_week, self.week, self.opening)

    @property
    def yearly(self) -> pd.DataFrame:
        """Yearly series, indexed by year: flows summed, stocks and prices averaged."""
        return yearly_frame(self.weekly)

    @property
    def years(self) -> list[int]:
        """Years simulated so far, wholly or in part."""
        if self.week == self.first_week:
            return []
        return list(range(calendar.year_of(self.first_week), calendar.year_of(self.week - 1) + 1))

    def by(self, dimension: str) -> pd.DataFrame:
        """Yearly tidy frame by state, mode, platform, leg, place, region or stage.

        Raises
        ------
        InputError
            If there is no such dimension.
        """
        if dimension not in DIMENSIONS:
            raise InputError(
                "no such dimension",
                field="dimension",
                value=dimension,
                allowed=", ".join(DIMENSIONS),
                remedy="choose one of these",
            )
        names = self._names[dimension]
        if dimension == "stage":
            table = self.buffers.by_stage
        elif dimension == "mode":
            table = summed(self.buffers.by_leg, self.world.arrays.leg_mode, len(names))
        elif dimension == "region":
            table = summed(self.buffers.by_place, self.world.arrays.place_region, len(names))
        else:
            table = getattr(self.buffers, f"by_{dimension}")
        return dimension_frame(table, names, dimension, self.years, self.policy.parameters.bulk_purity)

    @property
    def _names(self) -> dict[str, tuple[str, ...]]:
        world = self.world
        return {
            "state": world.states,
            "lead_state": world.states,
            "mode": MODES,
            "platform": world.platforms,
            "leg": world.legs,
            "place": world.places,
            "region": world.regions,
            "stage": STAGES,
        }

    @property
    def seizures(self) -> pd.DataFrame:
        """One row for each seizure: date, place, leg, mode, acting and lead state, platform, stage, kg and value."""
        arrays = self.world.arrays
        rows = int(self.state.counts[Counter.EVENTS])
        return seizure_frame(self.buffers, rows, self._names, arrays.leg_mode, arrays.place_region)

    @property
    def graph(self) -> nx.MultiDiGraph[str]:
        """The route graph with ``flow_kg`` of the last 52 weeks on every edge."""
        graph = self.world.graph.copy()
        flow = dict(zip(self.world.legs, self.state.legs.set_out_kg.tolist(), strict=True))
        for _, _, leg, data in graph.edges(keys=True, data=True):
            data["flow_kg"] = flow[leg]
        return graph

    def balance(self) -> pd.DataFrame:
        """Where all cocaine (kg) and money (EUR) is: accounts, stocks, and the residual, which must be nothing."""
        return balance_frame(self.state)

    def schedule(self) -> pd.DataFrame:
        """The week in order: what happens, and what it does."""
        rows = [(step.submodel, step.name, step.does) for step in SCHEDULE]
        return pd.DataFrame(rows, columns=["submodel", "rule", "what it does"])


@lru_cache(maxsize=64)
def prepare_plan(world: World, policy: Scenario) -> tuple[Scenario, Inputs]:
    """A scenario checked, with its measures spelled out, and its inputs by epoch; the same one is prepared once.

    Raises
    ------
    InputError
        If an event names what is not in the world.
    """
    events, inputs = lay_out(world, policy)
    return replace(policy, events=events), inputs


def parameter_weeks(plan: Scenario) -> list[int]:
    """Weeks in which an event changes a parameter."""
    events = [event for event in plan.events if event.kind == "parameter"]
    days = {event.date for event in events} | {event.until for event in events if event.until}
    return sorted(calendar.week_of(day) for day in days)


def copied(name: str, value: Any, memo: dict[int, Any]) -> Any:
    """A deep copy of an attribute of a model.

    Raises
    ------
    InputError
        If there is none, as of a lock or an open file.
    """
    try:
        return copy.deepcopy(value, memo)
    except (TypeError, copy.Error) as error:
        raise InputError(
            f"this attribute of a model cannot be copied ({error})",
            field=name,
            value=value,
            allowed="what copy.deepcopy copies",
            remedy="keep it outside the model, or give its class a __deepcopy__",
        ) from error


def check_numbers(rng: object, organisations: object, record: str) -> None:
    """Refuse seeds, numbers of organisations and record levels that make no sense."""
    whole = (int, np.integer)
    if isinstance(rng, bool) or not isinstance(rng, whole) or not 0 <= int(rng) <= LARGEST_SEED:
        raise InputError(
            "not a seed",
            field="rng",
            value=rng,
            allowed="a whole number from 0 to 2**63 - 1, or None for one that is drawn",
            remedy="give e.g. rng=7",
        )
    if (
        isinstance(organisations, bool)
        or not isinstance(organisations, whole)
        or not (FEWEST_ORGANISATIONS <= int(organisations) <= MOST_ORGANISATIONS)
    ):
        raise InputError(
            "not a number of organisations",
            field="organisations",
            value=organisations,
            allowed=f"a whole number from {FEWEST_ORGANISATIONS} to {MOST_ORGANISATIONS:,}",
            remedy="150 is usual",
        )
    if record not in RECORD_LEVELS:
        raise InputError(
            "no such level of recording",
            field="record",
            value=record,
            allowed=", ".join(RECORD_LEVELS),
            remedy="'events' keeps every seizure as a row",
        )


def alive_rows(columns: Any) -> dict[int, int]:
    """Row and ident of every living row."""
    rows = np.flatnonzero(columns.alive)
    return dict(zip(rows.tolist(), columns.ident[rows].tolist(), strict=True))
