"""RouteModel: the simulation as a Mesa model - build, step, run, fork, and read the results as frames."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property, lru_cache
from os import PathLike
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
from mesa import Model
from mesa.discrete_space import Network

from model import calendar
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
from model.record import SEIZURE, Record, copy_record, make_record
from model.scenario import Scenario, difference
from model.scenario.inputs import Inputs, lay_out
from model.state import CONTACTS_AT_MOST, copy_state, empty_state, grow, memory_decay, sizes_of
from model.week import SCHEDULE, advance, events_at_most
from model.world import World, load_world

__all__ = ["RouteModel"]

LARGEST_SEED = 2**63 - 1
FEWEST_ORGANISATIONS, MOST_ORGANISATIONS = 10, 5_000_000
DIMENSIONS = ("state", "mode", "platform", "leg", "place", "region", "stage")
RECORD_LEVELS = ("summary", "events")


class RouteModel(Model):  # type: ignore[misc]
    """Trafficking organisations, states, platforms and patrols over the route graph of the Atlantic.

    Parameters
    ----------
    scenario : str, path or Scenario
        What is simulated; a name is looked up among the scenarios of the project.
    rng : int
        Seed, 0 to 2**63 - 1. The same seed gives the same run, to the last bit.
    organisations : int
        Number of trafficking organisations the trade is divided among.
    world : World, optional
        Another world than the project's own (see `load_world`).
    record : {"events", "summary"}
        Whether every seizure is kept as a row.
    after_week : callable, optional
        A rule of your own, called with the model after every week (at interpreted speed).
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
        rng: int = 0,
        organisations: int = 150,
        *,
        world: World | None = None,
        record: str = "events",
        after_week: Callable[[RouteModel], object] | None = None,
        **parameters: Any,
    ) -> None:
        check_numbers(rng, organisations, record)
        world = world if world is not None else load_world()
        chosen = scenario if isinstance(scenario, Scenario) else Scenario.load(scenario)
        policy = chosen.with_parameters(**parameters) if parameters else chosen
        self._settle(world, policy, int(rng), int(organisations), record, after_week)
        self.state = empty_state(self.world, self.organisations, self.policy.parameters)
        self.buffers = self._empty_record()
        self._in_force = self._values_at(self.week)
        self._run_weeks(0)
        self.opening = self.state.accounts.copy()

    def _settle(
        self,
        world: World,
        policy: Scenario,
        seed: int,
        organisations: int,
        record: str,
        after_week: Callable[[RouteModel], object] | None,
    ) -> None:
        """Everything of a model but its columns, which are new or those of the model it is forked from."""
        super().__init__(rng=seed)
        self.world, self.policy = world, policy
        self._plan, self.inputs = prepare_plan(world, policy)
        self.seed_value, self.organisations = seed, organisations
        self.after_week, self.level = after_week, record
        self.first_week, self.last_week = calendar.week_of(policy.start), calendar.week_of(policy.end)
        self.week = self.first_week
        self._values: dict[int, ParameterValues] = {}
        self._rows: dict[type[RowAgent], dict[int, RowAgent]] = {}
        # Weeks are run by this class, many at a time; Mesa's clock only keeps the events that a user schedules. Mesa
        # offers no public way to switch off its own step a week, hence the private name.
        self._default_schedule.stop()
        del self.step

    def _empty_record(self) -> Record:
        years = calendar.year_of(self.last_week) - calendar.FIRST_YEAR + 1
        return make_record(self.last_week + 1, years, sizes_of(self.world), keep_seizures=self.level == "events")

    # --- running --------------------------------------------------------------------------------------------------

    @property
    def date(self) -> dt.date:
        """Monday of the week that comes next."""
        return calendar.monday(self.week)

    def step(self) -> None:
        """Run one week."""
        if self.week > self.last_week:
            self.running = False
            return
        self._run_to(self.week + 1)

    def run(self) -> RouteModel:
        """Run to the scenario's end and return the model."""
        return self._run_to(self.last_week + 1)

    def run_for(self, duration: float) -> RouteModel:
        """Run a number of weeks, at most to the scenario's end."""
        return self._run_to(min(self.week + int(duration), self.last_week + 1))

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

    def _run_to(self, end: int) -> RouteModel:
        """Run to a week in stretches: as far as no parameter changes, no Mesa event is due and no rule of the
        user asks.
        """
        while self.week < end:
            stop = min([end, *(week for week in self._parameter_weeks if week > self.week), self._next_mesa_event()])
            stop = self.week + 1 if self.after_week is not None else max(stop, self.week + 1)
            self._advance(stop)
            self._set_clock()
            if self.after_week is not None:
                self.after_week(self)
        self.running = self.week <= self.last_week
        if self._rows:
            self._refresh_agents()
        return self

    def _advance(self, stop: int) -> None:
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
        return int(advance(world, self.inputs, state, record, self._in_force, self.seed_value, self.week, weeks))

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

    @cached_property
    def _parameter_weeks(self) -> list[int]:
        """Weeks in which an event changes a parameter."""
        events = [event for event in self._plan.events if event.kind == "parameter"]
        days = {event.date for event in events} | {event.until for event in events if event.until}
        return sorted(calendar.week_of(day) for day in days)

    def _set_clock(self) -> None:
        """Bring Mesa's clock to the weeks run so far, executing events of the user that are due.

        Private in Mesa 3.5: its public ways to move the clock are those that this class replaces.
        """
        if self.week - self.first_week > self.time:
            self._advance_time(float(self.week - self.first_week))

    def _next_mesa_event(self) -> int:
        """Week after which the next event that a user has scheduled with Mesa is due.

        Mesa has no public way to ask when that is.
        """
        try:
            due = self._event_list.peek_ahead(1)[0].time
        except IndexError:
            return self.last_week + 1
        return self.first_week + math.ceil(due)

    def fork(self, scenario: str | PathLike[str] | Scenario | None = None, **parameters: Any) -> RouteModel:
        """Make an independent copy that goes on from here under another scenario, with the same luck.

        Parameters given as keywords change from this week on.

        Raises
        ------
        InputError
            If the other scenario says something different about the time already simulated; it names what.
        """
        other = self.policy if scenario is None else scenario
        other = other if isinstance(other, Scenario) else Scenario.load(other)
        other = other.changed_from(self.date, **parameters) if parameters else other
        found = difference(self.policy, other, self.date)
        if found and self.week > self.first_week:
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
        twin = RouteModel.__new__(RouteModel)
        twin._settle(self.world, other, self.seed_value, self.organisations, self.level, self.after_week)
        twin.week, twin.state, twin.opening = self.week, copy_state(self.state), self.opening.copy()
        twin._in_force = self._in_force
        twin.buffers = copy_record(self.buffers, twin._empty_record(), int(self.state.counts[Counter.EVENTS]))
        twin._set_clock()
        return twin

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
                agents.pop(row).remove()
            for row, identity in rows.items():
                if row not in agents:
                    agents[row] = kind(self, row, identity)

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


def check_numbers(rng: object, organisations: object, record: str) -> None:
    """Refuse seeds, numbers of organisations and record levels that make no sense."""
    whole = (int, np.integer)
    if isinstance(rng, bool) or not isinstance(rng, whole) or not 0 <= int(rng) <= LARGEST_SEED:
        raise InputError(
            "not a seed", field="rng", value=rng, allowed="a whole number from 0 to 2**63 - 1", remedy="give e.g. rng=7"
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
