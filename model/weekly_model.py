"""A Mesa model in weeks: one step is one week, and many weeks are run in one call where nothing is due after each.

Mesa 3.5 replaces the `step` of a model by a method that moves its clock on by 1, counts the step and executes what
users have scheduled. `WeeklyModel` does so week by week where a subclass has its own `step`, a rule is called after
every week, or an event is due. Elsewhere it hands many weeks to `_run_weeks_to` in one call and then sets the clock.
"""

import math
import warnings
from collections.abc import Callable
from numbers import Real
from typing import Any, Self

from mesa import Model
from mesa.time import Event, Priority

from model.errors import InputError


class WeeklyModel(Model):  # type: ignore[misc]
    """A Mesa model whose unit of time is a week, from `first_week` to `last_week`; `week` comes next."""

    week: int
    first_week: int
    last_week: int
    after_week: Callable[[Any], object] | None = None
    """A rule that is called with the model after every week."""

    def __init__(self, seed: int) -> None:
        super().__init__(rng=seed)
        # Private in Mesa 3.5, which has no public way to let time pass without a step for each unit of it.
        self._default_schedule.stop()
        self._due: Event | None = None
        self.step = self._one_week  # type: ignore[method-assign]  # in place of Mesa's own, which knows no end

    def _run_weeks_to(self, stop: int) -> None:
        """Run weeks up to `stop`, or fewer; `week` moves on."""
        raise NotImplementedError

    def _update(self) -> None:
        """Bring up to date what Python reads between weeks; called whenever compiled code returns."""

    def _next_stop(self) -> int:
        """Week at which a run of many weeks has to stop."""
        return self.last_week + 1

    # --- running --------------------------------------------------------------------------------------------------

    def step(self) -> None:
        """Run one week. A subclass that has its own `step` calls ``super().step()`` in it, once."""
        self._run_weeks_to(self.week + 1)
        self._update()
        if (rule := self._rule_after_week) is not None:
            rule(self)

    def run(self) -> Self:
        """Run to the scenario's end and return the model; earlier where `running` becomes False."""
        return self._run_to(self.last_week + 1)

    def run_model(self) -> Self:
        """Do the same as `run`, under Mesa's name for it."""
        return self.run()

    def run_for(self, duration: float) -> Self:
        """Run a number of weeks, at most to the scenario's end; earlier where `running` becomes False.

        Raises
        ------
        InputError
            If it is not a whole number of weeks from 0 on.
        """
        number = isinstance(duration, Real) and not isinstance(duration, bool) and math.isfinite(duration)
        if not number or duration < 0 or duration != int(duration):
            raise InputError(
                "not a number of weeks",
                field="duration",
                value=duration,
                allowed="a whole number of weeks from 0 on",
                remedy="give e.g. run_for(52)",
            )
        return self._run_to(min(self.week + int(duration), self.last_week + 1))

    def _run_to(self, end: int) -> Self:
        """Run to a week, or to the one before it in which `running` becomes False."""
        if self.week < end and not self.running:
            warnings.warn(
                "nothing is run, for `running` is False; set it to True to resume, or make single steps", stacklevel=3
            )
        while self.running and self.week < end:
            stop = min(end, self._next_stop(), self._week_of_next_event())
            if stop > self.week and not self._is_run_by_week:
                self._run_weeks_to(stop)
                self._set_clock()
            else:
                self.step()
        self._update()
        return self

    def _one_week(self) -> None:
        """Let Mesa's clock run for one week: it executes events of the user before, the step, and those after it."""
        if self.week > self.last_week:
            self.running = False
            return
        begin = self.week
        self._due = self.schedule_event(self._make_step, after=1, priority=Priority.HIGH)
        try:
            super().run_for(1)
        finally:
            self._set_clock()
        if self.week != begin + 1:
            raise InputError(
                "a step is one week, and this one was not",
                field=f"{type(self).__name__}.step",
                value=f"{self.week - begin} weeks",
                allowed="a step that runs one week",
                remedy="call super().step() in it, once",
            )

    def _make_step(self) -> None:
        self.steps += 1
        type(self).step(self)

    def _set_clock(self) -> None:
        """Set Mesa's clock and count of steps to the weeks run so far; no step is due, and none after the last week."""
        if self._due is not None:
            self._due.cancel()
        self.steps = self.week - self.first_week
        self.time = float(self.steps)
        self.running = self.running and self.week <= self.last_week

    @property
    def _rule_after_week(self) -> Callable[[Any], object] | None:
        """The rule given by the user, or else the subclass's method of this name."""
        return self.__dict__.get("after_week") or type(self).after_week

    @property
    def _is_run_by_week(self) -> bool:
        return type(self).step is not WeeklyModel.step or self._rule_after_week is not None

    def _week_of_next_event(self) -> int:
        """The week in which the next event that a user has scheduled is due, which has to be run by itself.

        Private in Mesa 3.5, which has no public way to ask for it.
        """
        try:
            due = self._event_list.peek_ahead(1)[0].time
        except IndexError:
            return self.last_week + 1
        return self.first_week + math.ceil(float(due)) - 1
