"""Where calls are executed, in threads or on Dask workers, and a Ctrl-C that comes where no lock is held.

Python raises KeyboardInterrupt between any two steps of the main thread, also when it has just taken a lock that Python
code takes (`threading.Condition`, so futures and pools) and before it is bound to give it back. A thread that needs the
lock then waits for ever, and so does whoever joins that thread. While runs are given out and collected an interruption
is therefore noted, and raised where the loop asks for it; a second one is raised at once.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any, Final

import numpy as np

from experiments.extras import from_extra
from experiments.field_types import check_choice
from model.errors import InputError

MOST_WORKERS: Final = 4096
ANSWER_SECONDS: Final = 20
"""How long a scheduler may take to answer."""
CLUSTERS: Final = {
    "slurm": "SLURMCluster",
    "pbs": "PBSCluster",
    "sge": "SGECluster",
    "lsf": "LSFCluster",
    "htcondor": "HTCondorCluster",
}
"""Kinds of clusters that dask-jobqueue starts, with its class for each."""


@contextmanager
def interruptions_held() -> Iterator[Callable[[], None]]:
    """Give a function that raises KeyboardInterrupt if Ctrl-C was pressed since; what is left is raised at the end.

    Does nothing outside the main thread, and where somebody else handles interruptions.
    """
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or before is not signal.default_int_handler:
        yield lambda: None
        return
    pressed = threading.Event()

    def check() -> None:
        if pressed.is_set():
            raise KeyboardInterrupt

    def note(*_: object) -> None:
        check()
        pressed.set()

    signal.signal(signal.SIGINT, note)
    try:
        yield check
    finally:
        signal.signal(signal.SIGINT, before)
    check()


def whole_number(field: str, value: object, least: int, most: int, remedy: str) -> int:
    """A whole number within bounds; raises InputError."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not least <= value <= most:
        raise InputError(
            "this is not a whole number in range",
            field=field,
            value=value,
            allowed=f"a whole number from {least} to {most:,}",
            remedy=remedy,
        )
    return int(value)


def count_workers(workers: object = None) -> int:
    """Threads to use: as many as asked for, else one for each core that this process may use; raises InputError."""
    if workers is None:
        return getattr(os, "process_cpu_count", os.cpu_count)() or 1
    return whole_number("workers", workers, 1, MOST_WORKERS, "leave it out: then every core is used")


def parallel_map[T, R](
    call: Callable[[T], R],
    items: Iterable[T],
    workers: int | None = None,
    done: Callable[[int], object] = lambda _: None,
) -> list[R]:
    """Results in order, made in threads (compiled weeks hold no lock); `done` is called with how many there are."""
    with interruptions_held() as check, ThreadPoolExecutor(count_workers(workers)) as pool:
        results = []
        for count, result in enumerate(pool.map(call, items), start=1):
            results.append(result)
            done(count)
            check()
        return results


@contextmanager
def executing(
    scheduler: str | None = None, cluster: str | None = None, options: Mapping[str, str] | None = None
) -> Iterator[Executor | None]:
    """A Dask executor for a scheduler that runs, or a cluster that dask-jobqueue starts; None means threads here.

    Raises
    ------
    InputError
        If Dask is not installed, the scheduler does not answer, or there is no such kind of cluster.
    """
    if scheduler is None and cluster is None:
        yield None
        return
    with from_extra("cluster", "--scheduler" if cluster is None else "--cluster"):
        from distributed import Client
    with ExitStack() as stack:
        where = scheduler if cluster is None else stack.enter_context(_cluster(cluster, options or {}))
        try:
            client = stack.enter_context(Client(where, timeout=ANSWER_SECONDS))  # type: ignore[no-untyped-call]
        except (OSError, ValueError, TimeoutError) as error:
            raise InputError(
                "the scheduler does not answer",
                field="--scheduler",
                value=scheduler,
                allowed="the address of a Dask scheduler, as tcp://host:8786",
                remedy=f"start it, or check the address ({str(error).splitlines()[0][:120]})",
            ) from None
        executor = client.get_executor(pure=False, retries=2)
        executor.workers_there = sum(client.nthreads().values())
        yield executor


def _cluster(kind: str, options: Mapping[str, str]) -> Any:
    with from_extra("cluster", "--cluster"):
        import dask_jobqueue
    check_choice(
        kind,
        CLUSTERS,
        "--cluster",
        "there is no such kind of cluster",
        "take one of these, or start a scheduler yourself and give --scheduler",
    )
    jobs, cores = (
        whole_number(
            f"--cluster-option {name}", _number(options.get(name, "1")), 1, MOST_WORKERS, f"write it as {name}=8"
        )
        for name in ("jobs", "cores")
    )
    settings = {"memory": "4GB", **{name: text for name, text in options.items() if name != "jobs"}, "cores": cores}
    try:
        made = getattr(dask_jobqueue, CLUSTERS[kind])(**settings)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"{kind} cannot be started like this ({str(error).splitlines()[0][:120]})",
            field="--cluster-option",
            value=" ".join(f"{name}={value}" for name, value in settings.items()),
            allowed=f"options of dask_jobqueue.{CLUSTERS[kind]}, and jobs",
            remedy="mend the names and values",
        ) from None
    made.scale(jobs=jobs)
    return made


def _number(text: str) -> object:
    return int(text) if text.isdecimal() else text
