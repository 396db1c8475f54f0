"""One run: the first day of a scenario, compiled weeks up to a date, and room for what they need."""

import datetime as dt
from dataclasses import replace
from functools import lru_cache
from typing import Self

import numpy as np

from model import calendar
from model.context import Inputs, ParameterValues, Record
from model.errors import InputError
from model.kinds import Counter, Status
from model.parameter_fields import to_values
from model.record import SEIZURE, make_record
from model.rules import advance_with
from model.scenario import Scenario
from model.scenario.inputs import lay_out
from model.state import CONTACTS_AT_MOST, empty_state, grow, memory_decay, sizes_of
from model.week import events_at_most
from model.weekly_model import WeeklyModel
from model.world import World


class Simulation(WeeklyModel):
    """A scenario that runs in a world."""

    world: World
    seed_value: int
    organisations: int
    level: str

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

    # --- running ---------------------------------------------------------------------------------------------------

    @property
    def date(self) -> dt.date:
        """Monday of the week that comes next."""
        return calendar.monday(self.week)

    def run_until(self, end: str | dt.date) -> Self:
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
        return min((week for week in self._parameter_weeks if week > self.week), default=self.last_week + 1)

    def _run_weeks_to(self, stop: int) -> None:
        """Run compiled weeks up to `stop`; buffers grow where they must, and nothing is dropped."""
        if (values := self._values_at(self.week)) != self._in_force:
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
            plan, day = self._plan, calendar.sunday(week)
            self._values[epoch] = to_values(plan.parameters_at(day) if self._parameter_weeks else plan.parameters)
        return self._values[epoch]


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
