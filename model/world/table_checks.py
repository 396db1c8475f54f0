"""Checks of tables against datapackage.json; every problem becomes an `InputError` that says what to do.

The file follows the Frictionless specification; what that has no words for stands in the property ``checks`` of a
resource: ``lists``, ``ordered``, ``complete``, ``sums`` and ``some``, one function each below.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from model.errors import InputError, closest

__all__ = ["Frames", "Schema", "check_columns", "check_keys", "check_links", "convert"]

type Schema = Mapping[str, Any]
"""One resource of datapackage.json."""
type Frames = Mapping[str, pd.DataFrame]
type Mask = npt.NDArray[np.bool_]

SHOWN = 12
"""Allowed values that a message lists."""
PER_COLUMN = 5
"""Rows that are reported for one fault of one column."""
TOLERANCE = 1e-9


def names_of(resource: Schema) -> list[str]:
    """Columns that a table must have, in order."""
    return [field["name"] for field in resource["schema"]["fields"]]


def say(choices: Collection[str]) -> str:
    """Allowed names in words, shortened."""
    ordered = list(choices)
    more = f" and {len(ordered) - SHOWN} more" if len(ordered) > SHOWN else ""
    return ", ".join(ordered[:SHOWN]) + more


def suggest(value: object, choices: Collection[str], otherwise: str) -> str:
    """What to do about a name that is not known."""
    near = closest(value, choices)
    return f"did you mean {near!r}?" if near else otherwise


def check_columns(resource: Schema, columns: list[str]) -> Iterator[InputError]:
    """Columns missing from a table, and columns that do not belong there."""
    file, wanted = resource["path"], names_of(resource)
    unknown = [c for c in columns if c not in wanted]
    for name in wanted:
        if name not in columns:
            near = closest(name, unknown)
            remedy = f"rename the column {near!r}" if near else "add the column; datapackage.json says what it means"
            yield InputError("the column is missing", file=file, field=name, allowed=say(wanted), remedy=remedy)
    for name in unknown:
        remedy = suggest(name, wanted, "remove it, or describe it in datapackage.json")
        yield InputError("the column is not known", file=file, field=name, allowed=say(wanted), remedy=remedy)


class Column:
    """A column under test: its raw text, its description, and how to name a row."""

    def __init__(self, resource: Schema, field: Schema, frame: pd.DataFrame) -> None:
        self.resource, self.field, self.frame = resource, field, frame
        self.name: str = field["name"]
        self.text: pd.Series = frame[str(self.name)]
        self.empty: Mask = self.text.isna().to_numpy()

    def wrong(self, rows: Mask, message: str, allowed: str, remedy: str) -> Iterator[InputError]:
        """One error for each of the first faulty rows, and one for the rest."""
        found = np.flatnonzero(rows)
        for i in found[:PER_COLUMN]:
            value = self.text.iloc[i]
            shown = "" if pd.isna(value) else value
            near = remedy
            if "enum" in self.field["constraints"] and shown:
                near = suggest(shown, [str(v) for v in self.field["constraints"]["enum"]], remedy)
            yield InputError(
                f"{where(self.resource, self.frame, int(i))}: {message}",
                file=self.resource["path"],
                field=self.name,
                value=shown,
                allowed=allowed,
                remedy=near,
            )
        if len(found) > PER_COLUMN:
            yield InputError(
                f"{len(found) - PER_COLUMN} more rows: {message}",
                file=self.resource["path"],
                field=self.name,
                allowed=allowed,
                remedy=remedy,
            )


def where(resource: Schema, frame: pd.DataFrame, row: int) -> str:
    """A row as a person finds it: line of the file and key."""
    keys = [k for k in resource["schema"]["primaryKey"] if k in frame and k != "basis"]
    key = " ".join(str(frame[k].iloc[row]) for k in keys)
    return f"line {row + 2} ({key[:60]})"


def convert(resource: Schema, frame: pd.DataFrame) -> tuple[pd.DataFrame, list[InputError]]:
    """Turn the text of a table into the types of its description, and list what does not fit."""
    problems: list[InputError] = []
    columns: dict[str, pd.Series] = {}
    for field in resource["schema"]["fields"]:
        column = Column(resource, field, frame)
        columns[column.name], found = CONVERTERS[field["type"]](column)
        problems += required(column)
        problems += found
    return pd.DataFrame(columns), problems


def required(column: Column) -> Iterator[InputError]:
    """Empty cells where none may be."""
    if column.field["constraints"].get("required"):
        yield from column.wrong(column.empty, "the cell is empty", column.field["description"], "fill it in")


def as_text(column: Column) -> tuple[pd.Series, list[InputError]]:
    """Names and words: enumeration and pattern."""
    rules, text = column.field["constraints"], column.text
    problems: list[InputError] = []
    if "enum" in rules:
        faulty = [value for value in distinct(text) if value not in rules["enum"]]
        problems += column.wrong(among(text, faulty), "the value is not known", say(rules["enum"]), "use one of these")
    if "pattern" in rules:
        faulty = [value for value in distinct(text) if not re.search(rules["pattern"], value)]
        allowed = f"text of the form {rules['pattern']}"
        problems += column.wrong(among(text, faulty), "the form is not right", allowed, column.field["description"])
    return text, problems


def distinct(text: pd.Series) -> list[str]:
    """The values that a column holds, empty cells left out."""
    return [str(value) for value in text.dropna().unique()]


def among(text: pd.Series, values: Collection[str]) -> Mask:
    """Rows that hold one of some values."""
    return text.isin(values).to_numpy() if values else np.zeros(len(text), dtype=bool)


def as_number(column: Column) -> tuple[pd.Series, list[InputError]]:
    """Numbers: finite, whole where they must be, within bounds, of a list."""
    rules, whole = column.field["constraints"], column.field["type"] == "integer"
    values = np.asarray(pd.to_numeric(column.text.to_numpy(dtype=object), errors="coerce"), dtype=float)
    allowed, written = bounds(column.field), ~column.empty
    broken = written & ~np.isfinite(values)
    if whole:
        broken |= written & (np.mod(values, 1, where=~broken, out=np.zeros_like(values)) != 0)
    kind = "a whole number" if whole else "a number"
    problems = list(column.wrong(broken, f"this is not {kind}", allowed, f"write {kind} with a point, without a unit"))
    remedy = f"check the unit ({column.field['unit']})" if column.field.get("unit") else "correct the value"
    problems += column.wrong(outside(values, rules) & written & ~broken, "the value is out of bounds", allowed, remedy)
    if whole and not problems:
        result = pd.Series(values)
        return (result.astype("int64") if written.all() else result.astype("Int64")), problems
    return pd.Series(values), problems


def outside(values: npt.NDArray[np.float64], rules: Schema) -> Mask:
    """Numbers below the least, above the most, or not in the list."""
    bad = np.zeros(len(values), dtype=bool)
    if "minimum" in rules:
        bad |= values < rules["minimum"]
    if "maximum" in rules:
        bad |= values > rules["maximum"]
    if "enum" in rules:
        bad |= ~np.isin(values, rules["enum"])
    return bad


def bounds(field: Schema) -> str:
    """Allowed numbers in words."""
    rules, unit = field["constraints"], field.get("unit", "")
    if "enum" in rules:
        return " or ".join(str(v) for v in rules["enum"])
    low, high = rules.get("minimum"), rules.get("maximum")
    kind = "a whole number" if field["type"] == "integer" else "a number"
    if low is not None and high is not None:
        kind = f"{low:g} to {high:g}"
    elif low is not None or high is not None:
        kind = f"{low:g} or more" if low is not None else f"{high:g} or less"
    return kind + (f" ({unit})" if unit else "")


def as_date(column: Column) -> tuple[pd.Series, list[InputError]]:
    """Days as ISO text, which sorts as days do."""
    faulty = [value for value in distinct(column.text) if not is_day(value)]
    example = "a day that exists, year-month-day, as 2007-04-01"
    problems = column.wrong(among(column.text, faulty), "this is not a day", example, "write it as year-month-day")
    return column.text, list(problems)


def is_day(text: str) -> bool:
    """Whether a text is an ISO day that exists."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


CONVERTERS = {"string": as_text, "number": as_number, "integer": as_number, "date": as_date}


def check_keys(resource: Schema, frame: pd.DataFrame) -> Iterator[InputError]:
    """Rows with the same key, and values that must be unique and are not."""
    keys = list(resource["schema"]["primaryKey"])
    unique = [[f["name"]] for f in resource["schema"]["fields"] if f["constraints"].get("unique")]
    for columns in [keys, *(u for u in unique if u != keys)]:
        again = frame.duplicated(columns)
        for i in np.flatnonzero(again.to_numpy())[:PER_COLUMN]:
            value = ", ".join(str(frame[c].iloc[i]) for c in columns)
            yield InputError(
                f"line {i + 2}: stands in the table already",
                file=resource["path"],
                field=", ".join(columns),
                value=value,
                allowed="every key once",
                remedy="remove one of the rows or give it another key",
            )


def check_links(resource: Schema, frames: Frames, *, names_only: bool = False) -> Iterator[InputError]:
    """Everything that needs more than one cell: references and lists; also order, completeness and sums."""
    frame, checks = frames[resource["name"]], resource.get("checks", {})
    for link in resource["schema"].get("foreignKeys", []):
        yield from references(resource, frame, frames, {**link, "plain": True})
    for link in checks.get("lists", []):
        yield from references(resource, frame, frames, link)
    if names_only:
        return
    for columns in checks.get("ordered", []):
        yield from ordered(resource, frame, columns)
    for columns in checks.get("some", []):
        none = frame[columns].isna().all(axis=1).to_numpy()
        column = Column(resource, field_of(resource, columns[0]), frame)
        yield from column.wrong(none, f"all of {', '.join(columns)} are empty", "at least one figure", "fill one in")
    for rule in checks.get("sums", []):
        yield from sums(resource, frame, rule)
    if "complete" in checks:
        yield from complete(resource, frame, frames, checks["complete"])


def field_of(resource: Schema, name: str) -> Schema:
    """Return the description of a column."""
    found: Schema = next(f for f in resource["schema"]["fields"] if f["name"] == name)
    return found


def keys_of(frames: Frames, link: Schema) -> list[str]:
    """Keys that a reference may point to, in order, if its table could be read."""
    target = frames[link["reference"]["resource"]]
    rows = pd.Series(True, index=target.index)
    for column, value in link.get("where", {}).items():
        rows &= target[column] == value
    return list(dict.fromkeys(target.loc[rows, link["reference"]["fields"]].dropna()))


def references(resource: Schema, frame: pd.DataFrame, frames: Frames, link: Schema) -> Iterator[InputError]:
    """Names that no row of the other table has; a cell may hold several joined by semicolons."""
    name = link["fields"] if isinstance(link["fields"], str) else link["fields"][0]
    if link["reference"]["resource"] not in frames:
        return
    known = keys_of(frames, link)
    table, where_text = link["reference"]["resource"], "".join(f" of {k} {v}" for k, v in link.get("where", {}).items())
    cells = frame[name].dropna()
    valid = set(known)
    wrong = {c for c in cells.unique() if (c not in valid if link.get("plain") else not set(c.split(";")) <= valid)}
    if not wrong:
        return
    for i in cells.index[cells.isin(wrong)][:PER_COLUMN]:
        items = [cells[i]] if link.get("plain") else cells[i].split(";")
        item = next(part for part in items if part not in valid)
        yield InputError(
            f"{where(resource, frame, int(i))}: is no {link['reference']['fields']}{where_text} in {table}.csv",
            file=resource["path"],
            field=name,
            value=item,
            allowed=say(known),
            remedy=suggest(item, known, f"correct the name or add a row to {table}.csv"),
        )


def ordered(resource: Schema, frame: pd.DataFrame, columns: list[str]) -> Iterator[InputError]:
    """Columns of one row that must not fall from left to right; empty cells are passed over."""
    for left, right in combinations(columns, 2):
        a, b = frame[left], frame[right]
        both = (a.notna() & b.notna()).to_numpy()
        wrong = np.zeros(len(frame), dtype=bool)
        wrong[both] = a[both].to_numpy() > b[both].to_numpy()
        column = Column(resource, field_of(resource, left), frame)
        yield from column.wrong(wrong, f"is above {right}", " <= ".join(columns), "correct one of them")


def sums(resource: Schema, frame: pd.DataFrame, rule: Schema) -> Iterator[InputError]:
    """Sums by key above what they may be."""
    total = frame.groupby(rule["by"])[rule["column"]].sum()
    for key, value in total[total > rule["most"] + TOLERANCE].head(PER_COLUMN).items():
        yield InputError(
            f"sum over {rule['by']} {key}",
            file=resource["path"],
            field=rule["column"],
            value=round(float(value), 6),
            allowed=f"{rule['most']:g} at most",
            remedy="lower the values of this key",
        )


def complete(resource: Schema, frame: pd.DataFrame, frames: Frames, rule: Schema) -> Iterator[InputError]:
    """Years that a key lacks, and keys that lack every year."""
    span = range(rule["first"], rule["last"] + 1)
    by = rule.get("by")
    groups: dict[str, set[int]] = {} if by else {"": set()}
    for key, year in zip(
        frame[str(by)].tolist() if by else [""] * len(frame), frame[str(rule["over"])].tolist(), strict=True
    ):
        groups.setdefault(key, set()).add(year)
    if "keys" in rule and rule["keys"]["resource"] in frames:
        link = {"reference": rule["keys"], "where": rule["keys"].get("where", {})}
        groups = {key: groups.get(key, set()) for key in [*keys_of(frames, link), *groups]}
    for key, years in list(groups.items()):
        gap = [year for year in span if year not in years]
        if gap:
            shown = ", ".join(map(str, gap[:4])) + (", ..." if len(gap) > 4 else "")
            yield InputError(
                f"no row for {shown}{f' of {by} {key}' if by else ''}",
                file=resource["path"],
                field=rule["over"],
                allowed=f"every year from {rule['first']} to {rule['last']}",
                remedy="add the missing rows",
            )
