"""Designs: tables of experiments over levers and uncertainties, a row for each point, a column for each factor."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import qmc

from experiments.design.factors import Factor, Value
from experiments.study_file import METHODS, MOST_POINTS, CsvDesign, SampledDesign, SteppedDesign, read_design
from model.csv_file import Row, Table, read_csv
from model.errors import InputError

__all__ = ["METHODS", "from_csv", "grid", "lhs", "make", "morris", "one_at_a_time", "saltelli", "sobol"]


def grid(factors: Sequence[Factor], steps: int = 11) -> pd.DataFrame:
    """Every combination of the factors' values; a factor with a range takes `steps` even steps, both ends included."""
    check_count(math.prod(len(factor.choices) or steps for factor in factors), "design.steps")
    axes = [list(f.choices) if f.choices else _even(f, steps) for f in factors]
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
    from experiments.analysis.sensitivity import problem_of
    from experiments.analysis.sensitivity import saltelli as sample

    _only_ranges(factors, "saltelli")
    return _within(sample(problem_of(factors), n, seed), factors)


def morris(factors: Sequence[Factor], n: int, seed: int = 0) -> pd.DataFrame:
    """Morris' trajectories, n (k + 1) points (Morris 1991)."""
    from experiments.analysis.sensitivity import morris as sample
    from experiments.analysis.sensitivity import problem_of

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
        If the file cannot be read, its columns or values are not those of the factors, or two rows are the same.
    """
    table = read_csv(path, _names(factors), "design", "design.file")
    check_count(len(table.rows), "design.file")
    rows = table.read(lambda row: {factor.name: _cell(table, row, factor) for factor in factors})
    _no_repeats(table, rows)
    types = {factor.name: "float64" if factor.is_numeric else "object" for factor in factors}
    return pd.DataFrame({name: pd.Series([row[name] for row in rows], dtype=types[name]) for name in types})


def _cell(table: Table, row: Row, factor: Factor) -> Value | None:
    """Value of a factor in a row: a number of its range, a day, or one of its listed values; None for an empty cell."""
    text = row.cells[factor.name]
    if not text:
        return None
    if factor.is_numeric and not (factor.is_date and "-" in text):
        value: Value = factor.run_at(table.number(row, factor.name, factor.allowed))
    else:
        value = factor.read(text)
    if not factor.holds(value):
        raise table.wrong(
            row,
            factor.name,
            "this value is out of the factor's range",
            factor.allowed,
            "correct the value, or change the factor in the study",
        )
    return value


def _no_repeats(table: Table, rows: Sequence[dict[str, Value | None]]) -> None:
    """Refuse a point that is listed twice: its runs would count twice."""
    seen: dict[tuple[Value | None, ...], int] = {}
    for row, values in zip(table.rows, rows, strict=True):
        first = seen.setdefault(tuple(values.values()), row.line)
        if first != row.line:
            raise InputError(
                f"this line is the same point as line {first}",
                file=table.file,
                field=f"line {row.line}",
                value=table.separator.join(row.cells.values()),
                allowed="every point once",
                remedy="leave one of the lines out",
            )


def make(method: str, factors: Sequence[Factor], options: dict[str, Any], folder: Path | None = None) -> pd.DataFrame:
    """The design that a study asks for; `options` holds steps, n, seed or file.

    Equal points of a sample are kept once: switches and days have few levels. The samples of Morris and Saltelli stay
    whole, since their analysis reads each point by its position.

    Raises
    ------
    InputError
        If there is no such method, an option is not one of it, or there are too many points.
    """
    entry = read_design({"method": method, **options})
    if not isinstance(entry, CsvDesign):
        check_count(count_of(entry, factors), "design")
    if isinstance(entry, CsvDesign):
        file = Path(entry.file)
        return from_csv(file if file.is_absolute() or folder is None else folder / file, factors)
    if isinstance(entry, SteppedDesign):
        return grid(factors, entry.steps) if method == "grid" else one_at_a_time(factors, entry.steps)
    if method in ("saltelli", "morris"):
        return {"saltelli": saltelli, "morris": morris}[method](factors, entry.n, entry.seed)
    made = {"lhs": lhs, "sobol": sobol}[method](factors, entry.n, entry.seed)
    return made.drop_duplicates(ignore_index=True)


def note_of(method: str, options: dict[str, Any], points: int) -> str:
    """What is said of a sample that has fewer points than n, since equal points are kept once; "" of other designs."""
    entry = read_design({"method": method, **options})
    if method not in ("lhs", "sobol") or not isinstance(entry, SampledDesign) or points >= entry.n:
        return ""
    return f"design: n = {entry.n:,} gives {points:,} different points; equal points are kept once"


def count_of(entry: SteppedDesign | SampledDesign, factors: Sequence[Factor]) -> int:
    """Points that a design has, without making them."""
    if isinstance(entry, SampledDesign):
        return entry.n * {"saltelli": len(factors) + 2, "morris": len(factors) + 1}.get(entry.method, 1)
    levels = [len(factor.choices) or entry.steps for factor in factors]
    return math.prod(levels) if entry.method == "grid" else 1 + sum(levels)


def check_count(count: int, field: str) -> None:
    """Refuse a design that has more points than can be planned; raises InputError."""
    if count > MOST_POINTS:
        raise InputError(
            "this design is too large",
            field=field,
            value=count,
            allowed=f"at most {MOST_POINTS:,} points",
            remedy="take fewer steps, a smaller n, or method lhs or sobol",
        )


def _names(factors: Sequence[Factor]) -> list[str]:
    return [factor.name for factor in factors]


def _even(factor: Factor, steps: int) -> list[float]:
    # rounded so that 0.15 is 0.15: the identity of a run hashes it
    made = [factor.run_at(round(v, 12)) for v in np.linspace(factor.low or 0.0, factor.high or 0.0, steps).tolist()]
    if len(set(made)) < steps:
        raise InputError(
            "the range is too narrow for this number of steps",
            field=f"factor {factor.name}",
            value=factor.allowed if factor.is_date else (factor.low, factor.high),
            allowed="steps of at least 1 day" if factor.is_date else "steps of at least 1e-12",
            remedy="widen the range, or take fewer steps",
        )
    return made


def _scale(unit: np.ndarray, factors: Sequence[Factor]) -> pd.DataFrame:
    """Points of the unit cube as values: a range is stretched over, a list of values divided evenly."""
    columns: dict[str, Any] = {}
    for factor, column in zip(factors, unit.T, strict=False):
        if factor.choices:
            columns[factor.name] = [factor.choices[min(int(u * len(factor.choices)), len(factor.choices) - 1)]
                                    for u in column]  # fmt: skip
        else:
            low, high = factor.low or 0.0, factor.high or 0.0
            columns[factor.name] = [factor.run_at(value) for value in (low + column * (high - low)).tolist()]
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
