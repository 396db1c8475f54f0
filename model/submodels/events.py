"""Events: facts that change on a date - years of the tables, platforms that start, and what the scenario dates.

All are compiled into `Inputs` beforehand, one row for every epoch between two changes. A column is written only where
its input changes, so that what a user sets in between stays until then.
"""

from model.columns import Array, dated_columns
from model.context import Context
from model.kernel.compiled import compiled, made, rule
from model.kinds import Counter


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


def source_of_take_all() -> str:
    """Source of a rule that brings every dated column to an epoch and counts the changes that ask for a review."""
    lines = ["def take_all(state, dated, epoch, before):", "    changes = 0"]
    for name, column in dated_columns().items():
        take = "take_pair_changes" if column.dims else "take_changes"
        count = "changes += " if column.asks_review else ""
        lines.append(f"    {count}{take}(state.{name}, dated.{name.replace('.', '_')}, epoch, before)")
    return "\n".join([*lines, "    return changes"])


take_all = made(source_of_take_all(), {"take_changes": take_changes, "take_pair_changes": take_pair_changes})


@rule
def take_inputs(ctx: Context) -> None:
    """Facts and measures dated for this week take effect; a change, and a new year, ask for a review."""
    new_year = ctx.year != ctx.inputs.year_of_week[max(0, ctx.week - 1)]
    epoch, before = ctx.inputs.epoch_of_week[ctx.week], ctx.state.counts[Counter.EPOCH]
    if epoch == before:
        return
    ctx.state.counts[Counter.EPOCH] = epoch
    if take_all(ctx.state, ctx.inputs.dated, epoch, before) > 0 or new_year:
        ctx.state.counts[Counter.REVIEW_DUE] = 1
