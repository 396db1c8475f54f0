"""Where calls are executed: threads here, Dask elsewhere; and a Ctrl-C that comes where no lock is held.

Python raises KeyboardInterrupt between any two steps of the main thread, also when it has just taken a lock that Python
code takes (`threading.Condition`, so futures and pools) and before it is bound to give it back. A thread that needs the
lock then waits for ever, and so does whoever joins that thread. While runs are given out and collected an interruption
is therefore noted, and raised where the loop asks for it; a second one is raised at once.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

__all__ = ["interruptions_held", "parallel_map"]


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

    def note(*_: object) -> None:
        if pressed.is_set():
            raise KeyboardInterrupt
        pressed.set()

    def check() -> None:
        if pressed.is_set():
            raise KeyboardInterrupt

    signal.signal(signal.SIGINT, note)
    try:
        yield check
    finally:
        signal.signal(signal.SIGINT, before)
    check()


def parallel_map[T, R](
    call: Callable[[T], R], items: Iterable[T], workers: int | None = None,
    done: Callable[[int], object] = lambda _: None,
) -> list[R]:  # fmt: skip
    """Results in order, made in threads (compiled weeks hold no lock); `done` hears how many there are."""
    with interruptions_held() as check, ThreadPoolExecutor(workers or os.cpu_count()) as pool:
        results = []
        for count, result in enumerate(pool.map(call, items), start=1):
            results.append(result)
            done(count)
            check()
        return results
