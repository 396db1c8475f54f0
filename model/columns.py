"""The columns: what changes in a run, one NamedTuple of arrays for each kind of agent.

A column is one row of `model/data/columns.csv`: its type, unit, meaning and bounds, whether facts and events set it
(`base`), and what it follows from where rules write it (`by`). The arrays, the inputs by epoch, the targets of events
and the attributes of Mesa agents are made from these rows. Rows of arrays are a pool of fixed capacity: an organisation
that enters takes a dead row under a new ``ident``, and draws are addressed by ``ident``, never by row.
"""

from typing import Any, Final

import numpy as np

from model.layout import (
    Alternatives,
    Areas,
    Assets,
    Consignments,
    Cues,
    Dated,
    Jurisdictions,
    Legs,
    Markets,
    Organisations,
    Places,
    Platforms,
    Routes,
    Sources,
    States,
    Workspace,
)
from model.rows import COLUMNS, TABLES, WHOLE, Array, Column, dated_columns

__all__ = [
    "PARTS",
    "TABLES",
    "WHOLE",
    "Alternatives",
    "Areas",
    "Array",
    "Assets",
    "Column",
    "Consignments",
    "Cues",
    "Dated",
    "Jurisdictions",
    "Legs",
    "Markets",
    "Organisations",
    "Places",
    "Platforms",
    "Routes",
    "Sources",
    "States",
    "Workspace",
    "allocate",
    "columns_of",
    "dated_columns",
]


def columns_of(kind: type) -> dict[str, Column]:
    """Name and `Column` of every field of a kind of agent."""
    return COLUMNS[kind.__name__]


def allocate(kind: type, rows: int | None, sizes: dict[str, int]) -> Any:
    """Make the arrays of `kind`: zeros of shape (rows, *dims), or dims alone where rows is None."""
    first = () if rows is None else (rows,)
    return kind(
        **{
            name: np.zeros((*first, *(sizes[dim] for dim in column.dims)), dtype=column.dtype)
            for name, column in columns_of(kind).items()
        }
    )


PARTS: Final[dict[str, type]] = {
    kind.__name__.lower(): kind
    for kind in (
        Organisations,
        Consignments,
        States,
        Platforms,
        Assets,
        Legs,
        Jurisdictions,
        Routes,
        Places,
        Areas,
        Sources,
        Markets,
    )
}
"""Kinds of agents by the name of their part of the state."""
