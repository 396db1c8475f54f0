"""Runs on threads, and interruptions that leave no lock behind."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from experiments.ensemble.executors import interruptions_held, parallel_map

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")


@pytest.fixture(autouse=True)
def interruptible() -> Iterator[None]:
    """A shell that starts the tests in the background has them ignore Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def press() -> None:
    os.kill(os.getpid(), signal.SIGINT)


@contextmanager
def contended(condition: threading.Condition) -> Iterator[None]:
    """Another thread that takes a condition again and again."""
    going = threading.Event()

    def take() -> None:
        while not going.is_set():
            if condition.acquire(timeout=0.1):
                condition.release()

    thread = threading.Thread(target=take)
    thread.start()
    try:
        yield
    finally:
        going.set()
        thread.join()


def test_an_interruption_leaves_no_lock_behind() -> None:
    """Unheld, four in five of these leave the condition locked for good (Python 3.13)."""

    def interrupted(condition: threading.Condition, later: threading.Timer) -> None:
        with interruptions_held() as check:
            later.start()
            while True:
                with condition:
                    pass
                check()

    for turn in range(40):
        condition = threading.Condition()
        later = threading.Timer(0.0005 * (turn % 7), press)
        with contended(condition):
            with pytest.raises(KeyboardInterrupt):
                interrupted(condition, later)
            assert not condition._is_owned()  # type: ignore[attr-defined]
        later.join()


def test_an_interruption_waits_until_it_is_asked_for_and_a_second_does_not() -> None:
    reached: list[str] = []

    def once() -> None:
        with interruptions_held() as check:
            press()
            reached.append("after the first")
            check()
            reached.append("after the check")

    def twice() -> None:
        with interruptions_held():
            press()
            reached.append("after the first")
            press()
            time.sleep(1.0)
            reached.append("after the second")

    for pressed in (once, twice):
        with pytest.raises(KeyboardInterrupt):
            pressed()
    assert reached == ["after the first"] * 2
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_interruption_that_nobody_asked_for_is_raised_at_the_end() -> None:
    def failing() -> None:
        with interruptions_held():
            press()
            raise ValueError("another")

    with pytest.raises(KeyboardInterrupt), interruptions_held():
        press()
    with pytest.raises(ValueError, match="another"):
        failing()


def test_other_threads_and_other_handlers_are_left_alone() -> None:
    def elsewhere() -> None:
        with interruptions_held() as check:
            check()
            told.append(signal.getsignal(signal.SIGINT) is signal.default_int_handler)

    told: list[bool] = []
    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert told == [True]
    heard: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _: heard.append(number))
    with interruptions_held() as check:
        press()
        check()
    assert heard == [signal.SIGINT]


def test_results_come_in_order_and_an_interruption_ends_the_rest() -> None:
    counts: list[int] = []
    assert parallel_map(lambda x: x * x, range(20), 3, counts.append) == [x * x for x in range(20)]
    assert counts == list(range(1, 21))
    made: list[int] = []

    def slow(x: int) -> int:
        made.append(x)
        time.sleep(0.01)
        return x

    with pytest.raises(KeyboardInterrupt):
        parallel_map(slow, range(1000), 2, lambda count: press() if count == 3 else None)
    assert len(made) < 20
