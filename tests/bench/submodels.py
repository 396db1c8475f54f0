"""What each submodel of the week costs: ``uv run python -m tests.bench.submodels``.

The week is compiled once more from its own source with a stopwatch after every call, so the table cannot drift from
the schedule.
"""

from __future__ import annotations

import ctypes
import inspect
import re

import numpy as np
from numba import njit

from model import RouteModel, week

CLOCK = ctypes.CDLL(None).clock
CLOCK.restype = ctypes.c_long
CLOCK.argtypes = []
CALL = re.compile(r"^( +)(?:changed = )?([a-z_]+)\(.*\)(?:  #.*)?$")


def timed_source() -> tuple[str, list[str]]:
    """Source of a week that adds the ticks of every call to `ticks`, and the names of the calls."""
    names: list[str] = []
    lines = inspect.getsource(week.one_week).replace("@rule\n", "").splitlines()
    head = next(i for i, line in enumerate(lines) if line.startswith(") -> None")) + 2
    out = [line.replace("year: int", "year: int") for line in lines[:head]]
    out[0] = out[0].replace("def one_week(", "def timed_week(ticks, clock,")
    out.append("    last = clock()")
    for line in lines[head:]:
        out.append(line)
        call = CALL.match(line)
        if call:
            names.append(call[2])
            out += [
                f"{call[1]}now = clock()",
                f"{call[1]}ticks[{len(names) - 1}] += now - last",
                f"{call[1]}last = now",
            ]
    return re.sub(r": (?:WorldArrays|Inputs|State|Record|ParameterValues|int)\b", "", "\n".join(out)), names


def cost_table(repeats: int = 3, seed: int = 1, **parameters: object) -> list[tuple[str, float]]:
    """Share of the time of a history that each call of the week takes, largest first, in milliseconds."""
    source, names = timed_source()
    space = dict(vars(week))
    exec(compile(source, "timed_week", "exec"), space)
    one = njit(nogil=True, error_model="numpy")(space["timed_week"])
    by_reference = week.by_reference

    @njit(nogil=True, error_model="numpy")
    def run(ticks, clock, world, inputs, state, record, parameters, seed, first, last):  # type: ignore[no-untyped-def]
        facts, dated, columns = by_reference(world), by_reference(inputs), by_reference(state)
        books, values = by_reference(record), by_reference(parameters)
        for now in range(first, last):
            one(ticks, clock, facts, dated, columns, books, values, seed, now)

    best: np.ndarray | None = None
    for _ in range(repeats):
        ticks = np.zeros(len(names))
        model = RouteModel(rng=seed, record="summary", **parameters)
        model._make_room()
        while model.state.consignments.alive.shape[0] < 6000:
            model.state.counts[10] = 6000
            model._make_room()
        run(ticks, CLOCK, model.world.arrays, model.scenario.inputs, model.state, model.buffers, model._in_force, seed,
            model.first_week, model.last_week + 1)  # fmt: skip
        best = ticks if best is None or ticks.sum() < best.sum() else best
    assert best is not None
    return sorted(zip(names, (best / 1000.0).tolist(), strict=True), key=lambda pair: -pair[1])


if __name__ == "__main__":
    rows = cost_table()
    whole = sum(ms for _, ms in rows)
    print(f"One history, {whole:.0f} ms in all")
    for name, ms in rows:
        print(f"{name:18} {ms:8.2f} ms {ms / whole:6.1%}")
