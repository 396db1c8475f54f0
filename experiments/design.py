"""Designs: tables of experiments over levers and uncertainties, a row for each point, a column for each factor."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy.stats import qmc

from experiments.factors import Factor
from model.errors import InputError, closest

__all__ = ["METHODS", "from_csv", "grid", "lhs", "make", "morris", "one_at_a_time", "saltelli", "sobol"]

MOST_POINTS: Final = 1_000_000


def grid(factors: Sequence[Factor], steps: int = 11) -> pd.DataFrame:
    """Every combination of the factors' values; a factor with a range takes `steps` even steps, both ends included."""
    axes = [list(f.choices) if f.choices else _even(f, steps) for f in factors]
    count = int(np.prod([len(axis) for axis in axes])) if axes else 1
    if count > MOST_POINTS:
        raise InputError(
            "this grid is too large", field="design.steps", value=steps, allowed=f"at most {MOST_POINTS:,} points",
            remedy=f"{len(factors)} factors make {count:,}; take fewer steps, or method lhs or sobol",
        )  # fmt: skip
    return pd.DataFrame(list(product(*axes)), columns=[f.name for f in factors])


def lhs(factors: Sequence[Factor], n: int, seed: int = 0) -> pd.DataFrame:
    """Latin hypercube of n points (McKay, Beckman and Conover 1979)."""
    return _scale(qmc.LatinHypercube(max(len(factors), 1), rng=np.random.default_rng(seed)).random(n), factors)


def sobol(factors: Sequence[Factor], n: int, seed: int = 0) -> pd.DataFrame:
    """Scrambled Sobol sequence of n points (Sobol 1967, Owen 1998); n should be a power of two for balance."""
    sampler = qmc.Sobol(max(len(factors), 1), rng=np.random.default_rng(seed))
    return _scale(sampler.random_base2(int(np.ceil(np.log2(max(n, 1)))))[:n], factors)


def saltelli(factors: Sequence[Factor], n: int, seed: int = 0) -> pd.DataFrame:
    """Saltelli's design for Sobol indices, n (k + 2) points (Saltelli 2002)."""
    from experiments.sensitivity import problem_of
    from experiments.sensitivity import saltelli as sample

    _only_ranges(factors, "saltelli")
    return _within(sample(problem_of(factors), n, seed), factors)


def morris(factors: Sequence[Factor], n: int, seed: int = 0) -> pd.DataFrame:
    """Morris' trajectories, n (k + 1) points (Morris 1991)."""
    from experiments.sensitivity import morris as sample
    from experiments.sensitivity import problem_of

    _only_ranges(factors, "morris")
    return _within(sample(problem_of(factors), n, seed), factors)


def one_at_a_time(factors: Sequence[Factor], steps: int = 5) -> pd.DataFrame:
    """Each factor alone through its values; all others empty, which leaves them as the scenario has them."""
    rows: list[dict[str, Any]] = [{}]
    for factor in factors:
        rows += [{factor.name: v} for v in (factor.choices or _even(factor, steps))]
    return pd.DataFrame(rows, columns=_names(factors), dtype=object)


def from_csv(path: Path, factors: Sequence[Factor]) -> pd.DataFrame:
    """A user's own table: a column for each factor, a row for each point; an empty cell leaves the factor as it is.

    Raises
    ------
    InputError
        If the file cannot be read, or its columns or values are not those of the factors.
    """
    try:
        table = pd.read_csv(path)
    except (OSError, ValueError) as error:
        raise InputError("the design cannot be read", field="design.file", value=str(path), allowed="a CSV file",
                         remedy=str(error).splitlines()[0]) from None  # fmt: skip
    names = _names(factors)
    for column in table.columns:
        if column not in names:
            near = closest(column, names)
            raise InputError("no factor has this name", file=str(path), field="column", value=column,
                             allowed=", ".join(names), remedy=f"did you mean {near!r}?" if near
                             else "name the column after a lever or uncertainty of the study")  # fmt: skip
    for factor in (f for f in factors if f.name in table and f.low is not None and f.high is not None):
        numbers = pd.to_numeric(table[factor.name], errors="coerce")
        outside = table[factor.name].notna() & ~((numbers >= factor.low) & (numbers <= factor.high))
        if outside.any():
            row = int(np.flatnonzero(outside)[0])
            raise InputError("this value is out of the factor's range", file=str(path),
                             field=f"{factor.name}, row {row + 2}", value=table[factor.name].iloc[row],
                             allowed=f"{factor.low:g} to {factor.high:g}",
                             remedy="mend the value, or widen the range in the study")  # fmt: skip
    return table.reindex(columns=[name for name in names if name in table])


def make(method: str, factors: Sequence[Factor], options: dict[str, Any], folder: Path | None = None) -> pd.DataFrame:
    """The design that a study asks for; `options` holds steps, n, seed or file.

    Raises
    ------
    InputError
        If there is no such method or an option is missing.
    """
    if method not in METHODS:
        near = closest(method, METHODS)
        raise InputError("there is no such design", field="design.method", value=method, allowed=", ".join(METHODS),
                         remedy=f"did you mean {near!r}?" if near else "take one of these")  # fmt: skip
    if method == "csv":
        file = Path(str(options.get("file", "")))
        return from_csv(file if file.is_absolute() or folder is None else folder / file, factors)
    if method in ("grid", "one-at-a-time"):
        steps = _whole(options, "steps", 11 if method == "grid" else 5, 2)
        return grid(factors, steps) if method == "grid" else one_at_a_time(factors, steps)
    made = {"lhs": lhs, "sobol": sobol, "saltelli": saltelli, "morris": morris}[method]
    return made(factors, _whole(options, "n", 64, 1), _whole(options, "seed", 0, 0))


METHODS: Final = ("grid", "lhs", "sobol", "saltelli", "morris", "one-at-a-time", "csv")


def _whole(options: dict[str, Any], name: str, usual: int, least: int) -> int:
    value = options.get(name, usual)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= MOST_POINTS:
        raise InputError("this is not a number of points", field=f"design.{name}", value=value,
                         allowed=f"a whole number from {least} to {MOST_POINTS:,}",
                         remedy=f"{usual} is usual")  # fmt: skip
    return value


def _names(factors: Sequence[Factor]) -> list[str]:
    return [factor.name for factor in factors]


def _even(factor: Factor, steps: int) -> list[float]:
    # rounded so that 0.15 is 0.15: the identity of a run hashes it
    return [round(v, 12) for v in np.linspace(factor.low or 0.0, factor.high or 0.0, steps).tolist()]


def _scale(unit: np.ndarray, factors: Sequence[Factor]) -> pd.DataFrame:
    """Points of the unit cube as values: a range is stretched over, a list of values divided evenly."""
    columns: dict[str, Any] = {}
    for factor, column in zip(factors, unit.T, strict=False):
        if factor.choices:
            columns[factor.name] = [factor.choices[min(int(u * len(factor.choices)), len(factor.choices) - 1)]
                                    for u in column]  # fmt: skip
        else:
            low, high = factor.low or 0.0, factor.high or 0.0
            columns[factor.name] = low + column * (high - low)
    return pd.DataFrame(columns) if columns else pd.DataFrame(index=range(1))


def _within(points: np.ndarray, factors: Sequence[Factor]) -> pd.DataFrame:
    """Points as a table; rounding in a sampler must not push a value out of its range."""
    low, high = [f.low or 0.0 for f in factors], [f.high or 0.0 for f in factors]
    return pd.DataFrame(np.clip(points, low, high), columns=_names(factors))


def _only_ranges(factors: Sequence[Factor], method: str) -> None:
    for factor in factors:
        if factor.choices or factor.low is None:
            raise InputError(f"{method} needs a range for every factor", field=f"factor {factor.name}",
                             value=factor.choices, allowed="low and high", remedy="give a range, or sweep the switch "
                             "by a grid")  # fmt: skip
