"""Designs: tables of experiments over levers and uncertainties, a row for each point, a column for each factor.

`DESIGNS` holds every method: the fields of its table `[design]` in a study's file, and the function that makes the
points.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any, ClassVar, Final, NamedTuple

import numpy as np
import pandas as pd
from SALib.sample import morris as salib_morris
from SALib.sample import sobol as salib_sobol
from scipy.stats import qmc

from experiments.design.factors import Factor, Value
from experiments.field_types import FilePath, Name, Whole, check_choice, whole
from model.columns import Array
from model.csv_file import Row, Table, read_csv
from model.errors import InputError
from model.route_model import LARGEST_SEED
from model.toml_fields import Part, read_part, row

MOST_POINTS: Final = 1_000_000
MORRIS_LEVELS: Final = 4


# --- methods ------------------------------------------------------------------------------------------------------


def grid(factors: Sequence[Factor], steps: int = 11) -> pd.DataFrame:
    """Every combination of the factors' values; a factor with a range takes `steps` even steps, both ends included."""
    check_count(math.prod(_levels(factors, steps)), "design.steps")
    return pd.DataFrame(list(product(*(_axis(factor, steps) for factor in factors))), columns=_names(factors))


def one_at_a_time(factors: Sequence[Factor], steps: int = 5) -> pd.DataFrame:
    """Each factor alone through its values; all others empty, which leaves them as the scenario has them."""
    alone = [{factor.name: value} for factor in factors for value in _axis(factor, steps)]
    return pd.DataFrame([{}, *alone], columns=_names(factors), dtype=object)


def lhs(factors: Sequence[Factor], n: int, seed: int = 0) -> pd.DataFrame:
    """Latin hypercube of n points (McKay, Beckman and Conover 1979)."""
    return _scale(qmc.LatinHypercube(max(len(factors), 1), rng=np.random.default_rng(seed)).random(n), factors)


def sobol(factors: Sequence[Factor], n: int, seed: int = 0) -> pd.DataFrame:
    """Scrambled Sobol sequence of n points (Sobol 1967, Owen 1998); n should be a power of two for balance."""
    sampler = qmc.Sobol(max(len(factors), 1), rng=np.random.default_rng(seed))
    return _scale(sampler.random_base2(int(np.ceil(np.log2(max(n, 1)))))[:n], factors)


def saltelli(factors: Sequence[Factor], n: int, seed: int = 0) -> pd.DataFrame:
    """Saltelli's design for Sobol indices without second order: n blocks of k + 2 points (Saltelli et al. 2010).

    Sobol's sequence is balanced only at powers of two, so n is raised to the next one.
    """
    blocks = int(2 ** math.ceil(math.log2(max(n, 2))))
    return _by_salib(salib_sobol.sample, factors, "saltelli", N=blocks, calc_second_order=False, seed=seed)


def morris(factors: Sequence[Factor], n: int, seed: int = 0) -> pd.DataFrame:
    """Morris' trajectories on four levels: n of k + 1 points (Morris 1991)."""
    return _by_salib(salib_morris.sample, factors, "morris", N=n, num_levels=MORRIS_LEVELS, seed=seed)


def _by_salib(sample: Callable[..., Array], factors: Sequence[Factor], method: str, **options: Any) -> pd.DataFrame:
    """A sample of SALib as a table; raises InputError where a factor has no range."""
    for factor in factors:
        if factor.choices or factor.low is None:
            raise InputError(
                f"{method} needs a range for every factor",
                field=f"factor {factor.name}",
                value=factor.choices,
                allowed="low and high",
                remedy="give a range, or sweep the switch by a grid",
            )
    problem = {"num_vars": len(factors), "names": _names(factors), "bounds": [[f.low, f.high] for f in factors]}
    # rounding in a sampler must not push a value out of its range
    low, high = zip(*(factor.range for factor in factors), strict=True)
    return pd.DataFrame(np.clip(sample(problem, **options), low, high), columns=_names(factors))


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
    _check_points_once(table, rows)
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


def _check_points_once(table: Table, rows: Sequence[dict[str, Value | None]]) -> None:
    """Refuse a point that is listed twice: its runs would count twice."""
    seen: dict[tuple[Value | None, ...], int] = {}
    for line, values in zip(table.rows, rows, strict=True):
        first = seen.setdefault(tuple(values.values()), line.line)
        if first != line.line:
            raise InputError(
                f"this line is the same point as line {first}",
                file=table.file,
                field=f"line {line.line}",
                value=table.separator.join(line.cells.values()),
                allowed="every point once",
                remedy="leave one of the lines out",
            )


# --- the table [design] of a study --------------------------------------------------------------------------------


class DesignEntry(Part):
    """The table `[design]`; its method says which fields it has."""

    what: ClassVar[str] = "a design of this method"
    method: Name


class SteppedDesign(DesignEntry):
    """A design of even steps."""

    steps: Whole = whole(11, 2, MOST_POINTS, "11 is usual")


class OneAtATimeDesign(DesignEntry):
    """Each factor alone through its values."""

    steps: Whole = whole(5, 2, MOST_POINTS, "5 is usual")


class SampledDesign(DesignEntry):
    """A design of sampled points."""

    n: Whole = whole(64, 1, MOST_POINTS, "64 is usual")
    seed: Whole = whole(0, 0, LARGEST_SEED, "0 is usual")


class CsvDesign(DesignEntry):
    """A user's own table of points."""

    file: FilePath = row(
        ..., "this is not the name of a file", "the path of a CSV file, in quotes", 'write file = "points.csv"'
    )


class Method(NamedTuple):
    """A method of design: fields of its table, how its points are made of them, whether equal points count once."""

    entry: type[DesignEntry]
    make: Callable[..., pd.DataFrame]
    once: bool = False


DESIGNS: Final = {
    "grid": Method(SteppedDesign, grid),
    "lhs": Method(SampledDesign, lhs, once=True),
    "sobol": Method(SampledDesign, sobol, once=True),
    "saltelli": Method(SampledDesign, saltelli),
    "morris": Method(SampledDesign, morris),
    "one-at-a-time": Method(OneAtATimeDesign, one_at_a_time),
    "csv": Method(CsvDesign, from_csv),
}
"""Equal points of a sample are kept once: switches and days have few levels. The samples of Morris and Saltelli stay
whole, since their analysis reads each point by its position."""


def read_design(settings: Mapping[str, Any]) -> DesignEntry:
    """The table `[design]`, by the class of its method; raises InputError that lists all that is wrong."""
    method = settings.get("method", "grid")
    check_choice(method, DESIGNS, "design.method", "there is no such design")
    return read_part(DESIGNS[method].entry, {**settings, "method": method}, "design")


def make(
    method: str, factors: Sequence[Factor], options: Mapping[str, Any], folder: Path | None = None
) -> pd.DataFrame:
    """The design that a study asks for; `options` holds steps, n, seed or file, which is sought in a folder.

    Raises
    ------
    InputError
        If there is no such method, an option is not one of it, or there are too many points.
    """
    entry = read_design({**options, "method": method})
    if isinstance(entry, CsvDesign):
        return from_csv((folder or Path()) / entry.file, factors)
    check_count(_count(entry, factors), "design")
    points = DESIGNS[method].make(factors, **entry.model_dump(exclude={"method"}))
    return points.drop_duplicates(ignore_index=True) if DESIGNS[method].once else points


def note_of(entry: DesignEntry, points: int) -> str:
    """What is said of a sample that has fewer points than n, since equal points are kept once; "" of other designs."""
    if not DESIGNS[entry.method].once or not isinstance(entry, SampledDesign) or points >= entry.n:
        return ""
    return f"design: n = {entry.n:,} gives {points:,} different points; equal points are kept once"


def _count(entry: DesignEntry, factors: Sequence[Factor]) -> int:
    """Points that a design has, without making them."""
    if isinstance(entry, SampledDesign):
        return entry.n * {"saltelli": len(factors) + 2, "morris": len(factors) + 1}.get(entry.method, 1)
    levels = _levels(factors, entry.model_dump()["steps"])
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


# --- levels -------------------------------------------------------------------------------------------------------


def _names(factors: Sequence[Factor]) -> list[str]:
    return [factor.name for factor in factors]


def _levels(factors: Sequence[Factor], steps: int) -> list[int]:
    return [len(factor.choices) or steps for factor in factors]


def _axis(factor: Factor, steps: int) -> list[Value]:
    """Values of a factor: those listed, or even steps over its range."""
    if factor.choices:
        return list(factor.choices)
    # rounded so that 0.15 is 0.15: the identity of a run hashes it
    found: list[Value] = [factor.run_at(round(v, 12)) for v in np.linspace(*factor.range, steps).tolist()]
    if len(set(found)) < steps:
        raise InputError(
            "the range is too narrow for this number of steps",
            field=f"factor {factor.name}",
            value=factor.allowed if factor.is_date else factor.range,
            allowed="steps of at least 1 day" if factor.is_date else "steps of at least 1e-12",
            remedy="widen the range, or take fewer steps",
        )
    return found


def _scale(unit: Array, factors: Sequence[Factor]) -> pd.DataFrame:
    """Points of the unit cube as values: a range is stretched over, a list of values divided evenly."""
    columns: dict[str, list[Value]] = {}
    for factor, column in zip(factors, unit.T, strict=False):
        if levels := factor.choices:
            columns[factor.name] = [levels[min(int(u * len(levels)), len(levels) - 1)] for u in column]
        else:
            low, high = factor.range
            columns[factor.name] = [factor.run_at(value) for value in (low + column * (high - low)).tolist()]
    return pd.DataFrame(columns) if columns else pd.DataFrame(index=range(1))
