"""What many rules do with a column: let it fade, or draw an entry in proportion to it."""

from model.columns import Array
from model.kernel.compiled import rule


@rule
def fade(column: Array, share: float) -> None:
    """Every entry becomes a share of what it was."""
    for row in range(column.shape[0]):
        column[row] *= share


@rule
def draw_entry(weights: Array, first: int, last: int, apart: float, u: float) -> int:
    """Draw one of the entries `first` to `last` by its weight; -1 stands for what weighs `apart`, or for none."""
    total = apart
    for entry in range(first, last):
        total += weights[entry]
    mark = u * total
    for entry in range(first, last):
        mark -= weights[entry]
        if mark < 0.0:
            return entry
    return -1
