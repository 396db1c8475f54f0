"""Make models and read them: the one place in `experiments` where a `RouteModel` is built."""

import gc
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from datetime import date
from typing import Any, Final, NamedTuple

from experiments.ensemble.executors import parallel_map
from model import RouteModel, Scenario, calendar, load_world
from model.kernel.compiled import CACHE
from model.scenario import effects_before
from model.week import advance
from model.world import World

HISTORIES_AT_ONCE: Final = 24
"""Histories held in memory; more than a block of seeds (`runner.SEEDS_AT_ONCE`), so that two blocks may overlap."""
COLLECTED: Final = 8
"""Histories that are dropped between two calls of the collector."""
COMPILING: Final = "compiling the weekly rules (first time only, about a minute)"
"""What is said where `cache_is_cold`."""
CHUNK_WEEKS: Final = 26
"""Weeks between two looks at whether a run is to stop."""


class Experiment(NamedTuple):
    """One run: a scenario under one seed, with what is kept of it (the words are those of the EMA workbench).

    Attributes
    ----------
    record
        ``events`` keeps every seizure as a row; with any other level sums are kept only.
    until
        Day at which the run ends, as for `RouteModel.run_until`; None: the end of the scenario.
    fork
        Day up to which the run is shared with all others that do not differ before it; None: nothing is shared.
    """

    scenario: Scenario
    seed: int
    organisations: int = 150
    record: str = "summary"
    until: str | date | None = None
    fork: date | None = None


class StoppedError(Exception):
    """A run was asked to stop before its end."""


class Histories:
    """Models run up to a fork, made once for each past and seed and shared by all threads; the oldest are dropped."""

    def __init__(self, most: int = HISTORIES_AT_ONCE) -> None:
        self.most = most
        self._lock = threading.Lock()
        self._dropped = 0
        self._kept: OrderedDict[tuple[Any, ...], Future[RouteModel]] = OrderedDict()

    def get(self, key: tuple[Any, ...], make: Callable[[], RouteModel]) -> RouteModel:
        """The model of a key; whoever comes first makes it, others wait."""
        with self._lock:
            first = key not in self._kept
            future = self._kept.setdefault(key, Future())
            self._kept.move_to_end(key)
            if len(self._kept) > self.most:
                self._kept.popitem(last=False)
                self._dropped += 1
                if self._dropped % COLLECTED == 0:
                    gc.collect()  # a Mesa model holds itself in a circle: without this, dropped histories would pile up
        if first:
            try:
                future.set_result(make())
            except BaseException as error:
                with self._lock:
                    self._kept.pop(key, None)
                future.set_exception(error)
        return future.result()


HISTORIES: Final = Histories()
"""Those of the tasks of `runner`, which several threads of a process share."""


def read_models[R](
    experiments: Iterable[Experiment],
    read: Callable[[RouteModel], R],
    *,
    world: World | None = None,
    workers: int | None = None,
    done: Callable[[int], object] = lambda _: None,
) -> list[R]:
    """Run each experiment in threads and give what is read off its model, in order.

    Parameters
    ----------
    experiments
        Those that share a history should follow one another: all scenarios of a seed, then those of the next.
    read
        Called with each model at its end; the model's columns are freed afterwards.
    world
        The project's own by default.
    workers
        Threads; by default one for each core. Results do not depend on it.
    done
        Called with the number of experiments that have ended, from the calling thread.

    Raises
    ------
    KeyboardInterrupt
        After Ctrl-C, when the runs under way have ended.
    """
    shared = Histories()
    return parallel_map(lambda one: read_model(one, read, world=world, shared=shared), experiments, workers, done)


def read_model[R](
    experiment: Experiment,
    read: Callable[[RouteModel], R],
    *,
    world: World | None = None,
    shared: Histories | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> R:
    """Run one experiment, read its model and free the columns; `shared` and `stopped` as for `run_model`."""
    model = run_model(experiment, world=world, shared=shared, stopped=stopped)
    found = read(model)
    # now, and not when the collector finds the circle that a Mesa model is
    del model.state, model.buffers
    return found


def run_model(
    experiment: Experiment,
    *,
    world: World | None = None,
    shared: Histories | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> RouteModel:
    """The model of an experiment at its end: run from the start, or forked from a history it shares with others.

    Parameters
    ----------
    shared
        Where histories are kept that other experiments need, too.
    stopped
        Asked twice in a simulated year; the run ends with `StoppedError` when it is so.
    """
    scenario, seed, organisations, level, until, fork = experiment
    there, record = world or load_world(), "events" if level == "events" else "summary"

    def begin() -> RouteModel:
        return RouteModel(scenario, seed, organisations, world=there, record=record)

    if fork is None or fork <= scenario.start:
        return _run(begin(), until, stopped)
    # all that a history depends on; the end, too, since a model is built for the years of its scenario
    key = (
        scenario.start,
        scenario.end,
        scenario.parameters.model_dump_json(),
        *sorted(effects_before(scenario, fork)),
        fork,
        seed,
        organisations,
        record,
        id(there),
    )
    history = (shared or Histories()).get(key, lambda: _run(begin(), fork, stopped))
    return _run(history.fork(scenario), until, stopped)


def _run(model: RouteModel, until: str | date | None, stopped: Callable[[], bool]) -> RouteModel:
    """Run a model to a day or to its end, and look now and then whether it is to stop."""
    end = model.last_week + 1 if until is None else min(calendar.week_of(until), model.last_week + 1)
    for _ in range(model.week, end, CHUNK_WEEKS):
        if stopped():
            raise StoppedError
        model.run_for(min(CHUNK_WEEKS, end - model.week))
    return model if until is None else model.run_until(until)


def cache_is_cold() -> bool:
    """Whether no compiled week of the present sources is on disk, so that the first run has to compile."""
    return hasattr(advance, "stats") and not (CACHE and any(CACHE.rglob("week.advance*.nbi")))
