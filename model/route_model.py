"""RouteModel: the simulation as a Mesa model - build, step, run, fork, and read the results as frames."""

from __future__ import annotations

import copy
import datetime as dt
import secrets
from collections.abc import Callable
from os import PathLike
from typing import Any

import numpy as np

from model.agent_lists import AgentLists
from model.errors import InputError
from model.kinds import Counter
from model.record import copy_record
from model.results import Results
from model.scenario import Scenario, difference
from model.state import copy_state
from model.summary import Summary
from model.world import World, load_world

LARGEST_SEED = 2**63 - 1
FEWEST_ORGANISATIONS, MOST_ORGANISATIONS = 10, 5_000_000
RECORD_LEVELS = ("summary", "events")
DRAWN_BITS = 53
"""Bits of a seed that is drawn: as many as a table of decimal numbers keeps."""
FOLLOWS = frozenset({"_plan", "inputs", "_parameter_weeks", "_values", "_advance"})
"""Attributes of a model that follow from its world and scenario."""


class RouteModel(Summary, Results, AgentLists):
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
        Override the scenario's parameters. `choice_rule` and `allocation` also take a rule of your own, a function
        (docs/extending.md).

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
        self._rows = {}
        self._open(policy)

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
        twin._follow(other)
        # the number of the epoch in force is another one where the scenarios have other events that change nothing
        twin.state.counts[Counter.EPOCH] = twin.inputs.epoch_of_week[max(twin.first_week, twin.week - 1)]
        twin.running = (self.running or self.week > self.last_week) and twin.week <= twin.last_week
        twin.buffers = copy_record(self.buffers, twin._empty_record(), int(self.state.counts[Counter.EVENTS]))
        return twin

    def _check_fork(self, other: Scenario) -> bool:
        """Refuse a scenario that says something different about the time already simulated, or ends in it.

        Before the first week is run nothing has been; true where the opening has to be made again.
        """
        if self.week == self.first_week:
            return bool(difference(self.policy, other, self.date + dt.timedelta(weeks=1)))
        if found := difference(self.policy, other, self.date):
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
        memo |= {id(self): twin, id(self.state): copy_state(self.state)}
        memo |= {id(fixed): fixed for fixed in (self.world, self.world.graph, self.policy)}
        twin.__setstate__({name: copied(name, value, memo) for name, value in self.__getstate__().items()})
        return twin

    def __copy__(self) -> RouteModel:
        """Do the same as a deep copy: two models that share columns would overwrite each other's."""
        return copy.deepcopy(self)


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
