"""Targets: what runs are fitted to and judged by, read from `targets.csv` and the rows that it points to.

Values, periods, sources and confidence come from `observations.csv` and `prices.csv`; a target adds which statistic of
a run they publish, the scale on which both are compared, and the error of the record. Model and record differ by::

    z = (T(published) - T(simulated)) / sqrt(sd² + sd_chance²)

with T the logarithm, the logit or nothing, and `sd_chance` the spread of the statistic over seeds (amendment 10).
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any, Final

import numpy as np
import pandas as pd

from experiments.evidence.observed import Shown, defects, purity, reporting_sd
from experiments.evidence.statistics import STATISTICS
from experiments.field_types import check_choice
from model import RouteModel
from model.columns import Array
from model.errors import InputError
from model.world.tables import Tables

FIT, JUDGE, KNOWN = "fit", "judge", "known"
"""Uses of a target: to fit, to judge, or told to the model and to nulls alike before what they predict."""
EACH, PERIOD, STAND_IN = "each", "period", "stand-in"
PRICES: Final = "prices:"
CONFIDENCE: Final = ("assumed", "low", "medium", "high")
"""From the weakest: a target has that of its weakest row."""
SEIZED: Final = ("seized", "platform", "port")
"""Statistics that are seizures of a year, in bulk: their error also holds that of purity and reporting."""
SMALLEST_SHARE: Final = 1e-3
"""A simulated value of less than this part of the published one counts as this: nothing at all is no infinity."""
NEAREST_PERCENT: Final = 0.1


@dataclass(frozen=True)
class Target:
    """One published figure and how it is read off a run.

    Attributes
    ----------
    years
        Years over which the statistic is read: those that are published; a gap in the record is a gap here too.
    value, low, high
        As published, in `unit`; low and high are nan where none is given.
    sd
        Error of the record on the transformed scale.
    """

    name: str
    family: str
    use: str
    statistic: str
    area: str
    years: tuple[int, ...]
    unit: str
    transform: str
    value: float
    low: float
    high: float
    sd: float
    weight: float
    rows: tuple[str, ...]
    starts_from: str
    identifies: tuple[str, ...]
    source: str
    confidence: str
    note: str

    def of(self, shown: Shown) -> float:
        """The statistic of a run, in the unit of the record."""
        return STATISTICS[self.statistic](shown, self.area, self.years)

    def scaled(self, values: Any) -> Array:
        """Values on the scale of comparison."""
        return transform(values, self.transform, self.value)

    @property
    def scaled_value(self) -> float:
        """The published value on the scale of comparison."""
        return float(self.scaled(self.value))


def transform(values: Any, kind: str, published: float) -> Array:
    """Values in logs or logits, kept from infinity."""
    found = np.asarray(values, dtype=float)
    if kind == "log":
        return np.asarray(np.log(np.maximum(found, SMALLEST_SHARE * published)))
    if kind == "logit":
        share = np.clip(found, NEAREST_PERCENT, 100.0 - NEAREST_PERCENT) / 100.0
        return np.asarray(np.log(share / (1.0 - share)))
    return found


def back(values: Any, kind: str) -> Array:
    """Invert `transform`: values in the unit of the record."""
    found = np.asarray(values, dtype=float)
    if kind == "log":
        return np.exp(found)
    return 100.0 / (1.0 + np.exp(-found)) if kind == "logit" else found


def load_targets(tables: Tables, use: str | None = None, families: Sequence[str] | None = None) -> list[Target]:
    """Targets for fitting, for judging, or all.

    Raises
    ------
    InputError
        If a target points to no row, or to one of the other use.
    """
    found = _all_targets(tables, use)
    known = list(dict.fromkeys(target.family for target in found))
    for name in families or ():
        check_choice(name, known, "families", "there is no such family of targets")
    return [target for target in found if families is None or target.family in families]


@lru_cache(maxsize=8)
def _all_targets(tables: Tables, use: str | None) -> tuple[Target, ...]:
    """Targets of a use: the tables are not changed, and reading them takes a third of a second."""
    rows: list[dict[str, Any]] = tables.targets.to_dict("records")  # type: ignore[assignment]
    wrong = defects(tables)
    return tuple(target for row in rows if use in (None, row["use"]) for target in _targets_of(row, tables, wrong))


def counterpart(judged: Target, earlier: Sequence[Target]) -> int | None:
    """Row of the earlier target that a judged one goes on from: the one it names, or its own statistic and area."""

    def same(target: Target) -> bool:
        if judged.starts_from:
            return target.name == judged.starts_from
        return (target.statistic, target.area) == (judged.statistic, judged.area)

    return next((i for i, target in enumerate(earlier) if same(target)), None)


def _targets_of(row: dict[str, Any], tables: Tables, wrong: set[tuple[str, int]]) -> Iterator[Target]:
    published = _published(row, tables)
    if row["by"] == EACH:
        for first, last in sorted(set(zip(published["first"].tolist(), published["last"].tolist(), strict=True))):
            group = published[(published["first"] == first) & (published["last"] == last)]
            if (str(row["area"]), first) not in wrong:
                suffix = str(first) if first == last else f"{first}-{last}"
                yield _target(row, tables, group, range(first, last + 1), f"{row['target']}-{suffix}")
    else:
        years: Sequence[int] = range(row["first_year"], row["last_year"] + 1)
        if row["by"] == PERIOD:
            spans = zip(published["first"].tolist(), published["last"].tolist(), strict=True)
            years = sorted({year for first, last in spans for year in range(first, last + 1)}.intersection(years))
        yield _target(row, tables, published, years, str(row["target"]))


def _target(row: dict[str, Any], tables: Tables, rows: pd.DataFrame, years: Sequence[int], name: str) -> Target:
    yearly = rows.groupby("first")["value"].agg(lambda v: float(np.exp(np.log(v).mean())))
    sd = float(row["sd"])
    if row["statistic"] in SEIZED:
        sd = math.hypot(sd, float(np.mean([reporting_sd(tables, str(row["area"]), year) for year in years])))
    text = {key: row[key] if isinstance(row[key], str) else "" for key in ("area", "starts_from", "identifies", "note")}
    return Target(
        name=name,
        family=str(row["family"]),
        use=str(row["use"]),
        statistic=str(row["statistic"]),
        area=text["area"],
        years=tuple(years),
        unit=str(row["unit"]),
        transform=str(row["transform"]),
        value=float(yearly.mean()),
        low=float(rows["low"].min()),
        high=float(rows["high"].max()),
        sd=sd,
        weight=float(row["weight"]),
        rows=tuple(rows["observation"]),
        starts_from=text["starts_from"],
        identifies=tuple(n for n in text["identifies"].split(";") if n),
        source="; ".join(dict.fromkeys(rows["source"])),
        confidence=next(word for word in CONFIDENCE if word in set(rows["confidence"])),
        note=text["note"],
    )


def _published(row: dict[str, Any], tables: Tables) -> pd.DataFrame:
    """Rows that a target points to: observation, first, last, value, low, high, source, confidence."""
    patterns = str(row["observations"]).split(";")
    prices = [_prices(row, tables, *pattern.split(":")[1:]) for pattern in patterns if pattern.startswith(PRICES)]
    others = [_observations(row, tables, pattern) for pattern in patterns if not pattern.startswith(PRICES)]
    found = pd.concat([*prices, *others], ignore_index=True)
    if found.empty:
        raise InputError(
            "a target points to no row",
            file="targets.csv",
            field=str(row["target"]),
            value=row["observations"],
            allowed="rows of observations.csv of the same use and years",
            remedy="correct the pattern, the use or the years",
        )
    return found


def _observations(row: dict[str, Any], tables: Tables, pattern: str) -> pd.DataFrame:
    table = tables.observations
    named = np.array([fnmatchcase(str(name), pattern) for name in table["observation"]])
    chosen = table[named & (table["use"] == row["use"])]
    ends = pd.to_numeric(chosen["period_end"].astype(str).str[:4], errors="coerce").fillna(chosen["year"]).astype(int)
    made = chosen.assign(first=chosen["year"].astype(int), last=ends)
    if row["by"] != STAND_IN:
        made = made[(made["first"] >= row["first_year"]) & (made["first"] <= row["last_year"])]
    columns = ["observation", "first", "last", "value", "low", "high", "source", "confidence"]
    found: pd.DataFrame = made.assign(value=made["value"].fillna((made["low"] + made["high"]) / 2))[columns]
    return found


def _prices(row: dict[str, Any], tables: Tables, area: str, level: str) -> pd.DataFrame:
    """Published prices, per pure kg at the purity of their year (`prices.csv` assumes one purity for all years)."""
    table = tables.prices
    chosen = table[
        (table["place_group"] == area)
        & (table["level"] == level)
        & table["year"].between(row["first_year"], row["last_year"])
    ]
    # the table's own purity, or 1 where a price was published per pure kg already
    pairs = zip(chosen["purity"].tolist(), chosen["year"].tolist(), strict=True)
    factor = np.array([1.0 if share == 1.0 else share / purity(tables, int(year)) for share, year in pairs])
    return pd.DataFrame(
        {
            "observation": [f"price-{area}-{level}-{year}" for year in chosen["year"]],
            "first": chosen["year"],
            "last": chosen["year"],
            "value": chosen["eur_per_kg_pure"] * factor,
            "low": chosen["low"] * factor,
            "high": chosen["high"] * factor,
            "source": chosen["source"],
            "confidence": chosen["confidence"],
        }
    )


def scaled(targets: Sequence[Target], values: Array) -> Array:
    """Values of several targets, in the units of the record along the last axis, on the scale of comparison."""
    return np.stack([target.scaled(values[..., i]) for i, target in enumerate(targets)], axis=-1)


def simulated(targets: Sequence[Target], model: RouteModel, *, realised: bool = False) -> Array:
    """Statistics of a run, in the units of the record, shape (targets,)."""
    shown = Shown(model, realised=realised)
    return np.array([target.of(shown) for target in targets])


def table_of(targets: Sequence[Target]) -> pd.DataFrame:
    """Targets as a table: a row each, with value, period, error, weight, source and what it identifies."""
    return pd.DataFrame(
        [
            {
                "target": t.name,
                "family": t.family,
                "use": t.use,
                "statistic": t.statistic,
                "area": t.area,
                "first_year": t.years[0],
                "last_year": t.years[-1],
                "value": t.value,
                "low": t.low,
                "high": t.high,
                "unit": t.unit,
                "transform": t.transform,
                "sd": t.sd,
                "weight": t.weight,
                "identifies": ";".join(t.identifies),
                "source": t.source,
                "confidence": t.confidence,
                "note": t.note,
            }
            for t in targets
        ]
    )
