"""What each step of the week costs: ``uv run python -m tests.bench.submodels``.

The week is compiled once more from `SCHEDULE`, with a stopwatch after every step.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
from numba import njit

from model import RouteModel
from model.context import Context
from model.kernel.by_reference import by_reference
from model.kernel.compiled import OPTIONS
from model.kinds import Counter
from model.week import SCHEDULE

CLOCK = ctypes.CDLL(None).clock
CLOCK.restype = ctypes.c_long
CLOCK.argtypes = []


def timed_week() -> Any:
    """The week with the ticks of every step added to `ticks`."""
    names = {f"{step.name}_{number}": step.rule for number, step in enumerate(SCHEDULE)}
    lines = ["def timed(ctx, ticks, clock):", "    last = clock()"]
    for number, name in enumerate(names):
        lines += [f"    {name}(ctx)", "    now = clock()", f"    ticks[{number}] += now - last", "    last = now"]
    space: dict[str, Any] = dict(names)
    exec("\n".join(lines), space)
    return njit(**OPTIONS)(space["timed"])


def cost_table(repeats: int = 3, seed: int = 1, **parameters: object) -> list[tuple[str, float]]:
    """Milliseconds of a history that each step of the week takes, largest first."""
    one = timed_week()

    @njit(**OPTIONS)
    def run(ticks, clock, world, inputs, state, record, parameters, seed, first, last):  # type: ignore[no-untyped-def]
        facts, dated, columns = by_reference(world), by_reference(inputs), by_reference(state)
        books, values = by_reference(record), by_reference(parameters)
        for now in range(first, last):
            year = inputs.year_of_week[now]
            one(by_reference(Context(facts, dated, columns, values, books, seed, now, year)), ticks, clock)

    best: np.ndarray | None = None
    for _ in range(repeats):
        ticks = np.zeros(len(SCHEDULE))
        model = RouteModel(rng=seed, record="summary", **parameters)
        model.state.counts[Counter.ROWS_NEEDED] = 6000
        model._make_room()
        run(
            ticks,
            CLOCK,
            model.world.arrays,
            model.inputs,
            model.state,
            model.buffers,
            model._in_force,
            seed,
            model.first_week,
            model.last_week + 1,
        )
        best = ticks if best is None or ticks.sum() < best.sum() else best
    assert best is not None
    return sorted(zip([s.name for s in SCHEDULE], (best / 1000.0).tolist(), strict=True), key=lambda pair: -pair[1])


if __name__ == "__main__":
    rows = cost_table()
    whole = sum(ms for _, ms in rows)
    print(f"One history, {whole:.0f} ms in all")
    for name, ms in rows:
        print(f"{name:18} {ms:8.2f} ms {ms / whole:6.1%}")
