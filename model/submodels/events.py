"""Events: facts that change on a date - years of the tables, platforms that start, and what the scenario dates.

All are compiled into `Inputs` beforehand, one row for every epoch between two changes. A column is written only where
its input changes, so that what a user sets in between stays until then.
"""

from __future__ import annotations

from typing import get_type_hints

from model.compiled import compiled, made, rule
from model.context import Context
from model.state import EPOCH_NOW, Array, State, columns_of


@compiled
def take_changes(column: Array, table: Array, epoch: int, before: int) -> int:
    """Copy those entries of a row of `table` that differ from an earlier row (all where before < 0); how many."""
    changes = 0
    for i in range(column.shape[0]):
        if before < 0 or table[epoch, i] != table[before, i]:
            column[i] = table[epoch, i]
            changes += 1
    return changes


@compiled
def take_pair_changes(column: Array, table: Array, epoch: int, before: int) -> int:
    """The same for a column with two dimensions."""
    changes = 0
    for i in range(column.shape[0]):
        for j in range(column.shape[1]):
            if before < 0 or table[epoch, i, j] != table[before, i, j]:
                column[i, j] = table[epoch, i, j]
                changes += 1
    return changes


def take_dated() -> str:
    """Source of the rule that brings every dated column to an epoch; how many entries changed that ask for a review."""
    lines = ["def take_all(state, inputs, epoch, before):", "    n = 0"]
    for part, kind in get_type_hints(State).items():
        for name, column in (columns_of(kind) if isinstance(kind, type) else {}).items():
            if column.dated:
                take = "take_pair_changes" if column.dims else "take_changes"
                count = "n += " if column.asks_review else ""
                lines.append(f"    {count}{take}(state.{part}.{name}, inputs.{column.dated}, epoch, before)")
    return "\n".join([*lines, "    return n"])


take_all = made(take_dated(), {"take_changes": take_changes, "take_pair_changes": take_pair_changes})


@rule
def take_inputs(ctx: Context) -> bool:
    """Bring all input columns to this week's epoch; true where one changes that a review depends on."""
    epoch, before = ctx.inputs.epoch_of_week[ctx.week], ctx.state.counts[EPOCH_NOW]
    if epoch == before:
        return False
    ctx.state.counts[EPOCH_NOW] = epoch
    return take_all(ctx.state, ctx.inputs, epoch, before) > 0
