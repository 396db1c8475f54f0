"""The state of one run: how its columns are made, copied and given more room."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from model import calendar
from model.columns import PARTS, Alternatives, Array, Consignments, Cues, Workspace, allocate
from model.context import State
from model.kinds import Counter, Mode, Sector, Sensor, Stage
from model.parameters import Parameters
from model.record import Account
from model.rows import DIMENSIONS
from model.world import World

KNOWN_ROUTES = 10
FIRST_ROWS = 1024
CONTACTS_AT_MOST = 1024
"""False contacts that a week can add to the cues."""
CALENDAR_WEEKS = calendar.first_week(calendar.LAST_YEAR + 1)


def sizes_of(world: World) -> dict[str, int]:
    """Length of every named dimension."""
    arrays = world.arrays
    return {
        **{name: len(getattr(world, name)) for name in DIMENSIONS.split() if hasattr(world, name)},
        "known": KNOWN_ROUTES,
        "modes": len(Mode),
        "jurisdictions": len(arrays.leg_state),
        "year": 52,
        "sensors": len(Sensor),
        "sectors": len(Sector),
        "stages": len(Stage),
        "leg_groups": len(arrays.group_platform),
        "leg_areas": len(arrays.leg_area),
        "route_legs": len(arrays.route_leg),
        "asset_areas": len(arrays.asset_area),
    }


def memory_decay(memory_months: float) -> Array:
    """Share of a memory left after 0, 1, 2, ... weeks.

    As long as the calendar, never as one scenario: a fork may run to a later end than its history.
    """
    mean_weeks = memory_months * calendar.WEEKS_PER_MONTH
    return np.array([math.exp(-week / mean_weeks) for week in range(CALENDAR_WEEKS + 1)])


def empty_state(world: World, organisations: int, parameters: Parameters) -> State:
    """All columns of a run, still zero."""
    sizes = sizes_of(world)
    rows = max(FIRST_ROWS, 2 * organisations if organisations < 10_000 else organisations // 4)
    alternatives = max(int(np.diff(world.arrays.source_route_start).max()), KNOWN_ROUTES)
    lengths = {**sizes, "organisations": organisations, "consignments": rows}
    return State(
        **{part: allocate(kind, lengths[part], sizes) for part, kind in PARTS.items()},
        cues=room_for_cues(rows),
        choice=allocate(Alternatives, alternatives, sizes),
        workspace=allocate(Workspace, None, sizes),
        memory_decay=memory_decay(parameters.memory_months),
        live=np.zeros(rows, dtype=np.int64),
        free=np.arange(rows - 1, -1, -1, dtype=np.int64),
        counts=np.where(np.arange(len(Counter)) == Counter.EPOCH, -1, 0),  # no inputs have been read yet
        accounts=np.zeros(len(Account)),
    )


def room_for_cues(rows: int) -> Cues:
    """Cues of a week with at most so many consignments, and twice the false contacts that are foreseen."""
    cues: Cues = allocate(Cues, rows + 2 * CONTACTS_AT_MOST, {})
    return cues


def grow(state: State, rows: int) -> State:
    """The same state with room for `rows` consignments; no row moves."""
    more = rows - state.consignments.alive.shape[0]
    bigger = Consignments(*(np.concatenate([c, np.zeros(more, dtype=c.dtype)]) for c in state.consignments))
    count = int(state.counts[Counter.FREE])
    free = np.empty(rows, dtype=np.int64)
    # new rows go under the old ones, so that rows are taken in the same order whatever the size of the pool
    free[:more] = np.arange(rows - 1, rows - more - 1, -1, dtype=np.int64)
    free[more : more + count] = state.free[:count]
    counts = state.counts.copy()
    counts[Counter.FREE] = count + more
    live = np.concatenate([state.live, np.zeros(more, dtype=np.int64)])
    return state._replace(consignments=bigger, free=free, live=live, counts=counts, cues=room_for_cues(rows))


def copy_state(state: State) -> State:
    """Copy every column, so that the copy and the original can go different ways."""
    parts: Iterator[Any] = (
        part.copy() if isinstance(part, np.ndarray) else type(part)(*(column.copy() for column in part))
        for part in state
    )
    return State(*parts)
