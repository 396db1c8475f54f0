"""The models behind the page: one world, or two of the same seed that part on a day, with levers set on the way."""

import ctypes
import datetime as dt
import gc
import sys
from bisect import bisect_left
from dataclasses import replace

from model import RouteModel, Scenario, calendar, load_world
from model.scenario import difference
from model.scenario.no_effect import without_effect
from views.live.settings import Settings


def parted(first: Scenario, second: Scenario, fork: dt.date) -> Scenario:
    """The first scenario until a day, the second from then on.

    What both say stays as it is. Other events of the first end on the day, those of the second that are in force then
    begin on it, and parameters in which they differ change on it.

    Raises
    ------
    InputError
        If they differ in a parameter that holds for a whole run.
    """
    theirs = {event.id: event.content() for event in second.events}
    same = [event for event in first.events if theirs.get(event.id) == event.content()]
    known = {event.id for event in same}
    ended = [replace(e, until=min(e.until or fork, fork)) for e in first.events if e.id not in known and e.date < fork]
    begun = [
        replace(e, id=f"{e.id}-from-{fork}", date=max(e.date, fork))
        for e in second.events
        if e.id not in known and (e.until is None or e.until > fork)
    ]
    made = replace(
        second,
        name=f"{first.name}-then-{second.name}",
        title=f"from {fork} {second.title}",
        parameters=first.parameters,
        fork=fork,
        events=tuple(sorted([*same, *ended, *begun], key=lambda event: (event.date, event.id))),
    )
    changes = {name: value for name, value in second.parameters if value != getattr(first.parameters, name)}
    return made.changed_from(fork, **changes) if changes else made


class Worlds:
    """One or two models at the same date.

    Parameters
    ----------
    settings
        What they are; they run to its date, or to the beginning of its year.

    Attributes
    ----------
    models
        The first world and, if there are two, the second: levers act on the last.
    part_day
        First day on which the two worlds' scenarios differ; None for one world.

    Raises
    ------
    InputError
        If a scenario cannot be read or a lever names what is not there.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        scenarios = [Scenario.load(settings.scenario)]
        if settings.other:
            scenarios.append(parted(scenarios[0], Scenario.load(settings.other), settings.fork))
        self.unmoved = scenarios[-1]
        self.models = [
            RouteModel(scenario, settings.seed, settings.organisations, world=load_world())
            for scenario in [*scenarios[:-1], self._moved()]
        ]
        self.part_day = self._part_day()
        self.run_until(settings.date or calendar.monday(max(calendar.first_week(settings.year), 0)))

    def _moved(self) -> Scenario:
        return self.unmoved.with_events(*(event for move in self.settings.moves for event in move.events))

    # --- time -----------------------------------------------------------------------------------------------------

    @property
    def date(self) -> dt.date:
        """Monday of the week that comes next."""
        return self.models[0].date

    @property
    def ended(self) -> bool:
        """Whether the last week has been run."""
        return self.models[0].week > self.models[0].last_week

    def step(self, weeks: int = 1) -> None:
        """Run all worlds by some weeks, at most to the end."""
        for model in self.models:
            model.run_for(weeks)

    def run_until(self, day: dt.date) -> None:
        """Run all worlds forward to the week of a day, at most to the end."""
        for model in self.models:
            model.run_for(max(min(calendar.week_of(day), model.last_week + 1) - model.week, 0))

    # --- levers ---------------------------------------------------------------------------------------------------

    def set_levers(self, settings: Settings) -> None:
        """Let the levers of new settings act from the week that comes next, without running anything again."""
        self.settings = settings
        self.models[-1] = self.models[-1].fork(self._moved())
        self.part_day = self._part_day()

    def _part_day(self) -> dt.date | None:
        """First day on which the two scenarios say something different; None for one world or the same."""
        first, second = self.models[0].policy, self.steered
        days = sorted({*first.change_dates(), *second.change_dates()})
        # what differs before a day differs before every later one
        place = bisect_left(days, True, key=lambda day: bool(difference(first, second, day + dt.timedelta(days=1))))
        return days[place] if place < len(days) else None

    @property
    def warnings(self) -> list[str]:
        """What the scenarios and the levers say without effect, in words."""
        world, names = load_world(), filter(None, (self.settings.scenario, self.settings.other))
        levers = frozenset(event.id for move in self.settings.moves for event in move.events)
        found = [one for name in names for one in without_effect(world, Scenario.load(name))]
        return list(dict.fromkeys(map(str, (*found, *without_effect(world, self.steered, only=levers)))))

    @property
    def steered(self) -> Scenario:
        """The scenario that levers act on, with the levers: what is exported."""
        return self.models[-1].policy


def give_back() -> None:
    """Free models that nothing refers to, and return their memory to the system where its C library can."""
    gc.collect()  # models refer to one another in circles: each is tens of megabytes
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # of glibc: freed blocks stay with threads that are gone
        if trim is not None:
            trim(0)
