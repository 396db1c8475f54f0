"""Quantiles over replications, the only arithmetic the views do."""

from collections.abc import Callable

import pandas as pd

QUANTILES = {"low90": 0.05, "low50": 0.25, "median": 0.5, "high50": 0.75, "high90": 0.95}
"""Column -> quantile: the 90% and the 50% band and the median."""


def tidy(frame: pd.DataFrame) -> pd.DataFrame:
    """`frame` with its index as columns and a `replication` column (0 for a single run).

    Both `m.yearly` of one run (index `year`) and `yearly.parquet` of many (plain columns) come out the same.
    """
    flat = frame.reset_index(drop=not any(frame.index.names))
    if "replication" not in flat.columns:
        flat.insert(0, "replication", 0)
    return flat


def replications(frame: pd.DataFrame) -> int:
    """How many replications `frame` holds."""
    return int(tidy(frame)["replication"].nunique())


def bands(
    frame: pd.DataFrame, value: str | Callable[[pd.DataFrame], pd.Series], scale: float = 1.0, over: str = "year"
) -> pd.DataFrame:
    """Quantiles over replications of a column, or of a function of the columns, times `scale`.

    Returns
    -------
    pandas.DataFrame
        Index `over`; columns low90, low50, median, high50, high90.
    """
    flat = tidy(frame)
    series = flat[value] if isinstance(value, str) else value(flat)
    grouped = (series.astype(float) * scale).groupby(flat[over])
    return pd.DataFrame({name: grouped.quantile(q) for name, q in QUANTILES.items()}).rename_axis(over)


def mean_by(frame: pd.DataFrame, dimension: str, value: str) -> pd.DataFrame:
    """Mean over replications of `value`: index year, a column for each `dimension`. Means add up; medians do not."""
    flat = tidy(frame)
    total: pd.DataFrame = flat.pivot_table(index="year", columns=dimension, values=value, aggfunc="sum", fill_value=0.0)
    return total.div(flat["replication"].nunique())
