"""Factors in the file of a study: the tables `[[levers]]` and `[[uncertainties]]`, and what is wrong in them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import StringConstraints

from experiments.analysis.outcomes import OUTCOMES
from experiments.design.factors import EVENT, Factor, Role, first_names, limits_of, options_of
from experiments.field_types import (
    LISTED,
    LONGEST_NAME,
    LONGEST_TEXT,
    RESERVED,
    Day,
    Level,
    Name,
    Number,
    Text,
    check_choice,
)
from model.errors import InputError, suggest
from model.scenario.events import PARAMETER_ROWS, EventField, Names, event_field, expand, fields_of
from model.toml_fields import Part, one_of, read_part, row, text

EVENT_FIELDS_HERE: Final = ("amount", "date")


def _end() -> Any:
    """A field of an end of a range."""
    allowed, remedy = "a finite number, or a day for a date", "write a plain number, without quotes"
    return row(None, "this is not the end of a range", allowed, remedy)


class FactorEntry(Part):
    """A `[[levers]]` or `[[uncertainties]]` table."""

    what: ClassVar[str] = "a factor"
    target: Annotated[str, StringConstraints(strict=True, pattern=r"^[^:]+:[^:]+$", max_length=500)] = row(
        ...,
        "a factor needs a target",
        "kind:name, as parameter:sharing_scale, measure:maoc-n, platform:*",
        "write it as in an event of a scenario",
    )
    name: Name | None = row(
        None,
        "this cannot be the name of a factor",
        f"1 to {LONGEST_NAME} characters in quotes",
        "give it a short name, or leave it out",
    )
    field: Name | None = row(
        None, "this is not a field", "the name of a field, in quotes", "write it as in an event of a scenario"
    )
    operation: Literal["value", "add", "multiply"] = one_of(
        "value", ("value", "add", "multiply"), "there is no such operation"
    )
    low: Number | Day | None = _end()
    high: Number | Day | None = _end()
    values: tuple[Level, ...] = row(
        (),
        "this is not a list of values",
        "a list of one or more finite numbers, options or days, each once",
        "write it as [0.0, 0.5, 1.0]",
        min_length=1,
    )
    since: Literal["start", "fork"] | None = row(
        None, "a factor holds from the start or from the fork", "", "take one of these", ("start", "fork")
    )
    title: Text = text("", LONGEST_TEXT)
    unit: Text = text("", LONGEST_TEXT)


# --- reading ------------------------------------------------------------------------------------------------------


def read_factors(tables: Sequence[Mapping[str, Any]], role: Role, where: str, names: Names) -> tuple[Factor, ...]:
    """Factors from their tables in a study's file; `where` is the name of the list in messages."""
    return tuple(read_factor(table, role, f"{where}[{i}]", names) for i, table in enumerate(tables, start=1))


def read_factor(entry: Mapping[str, Any], role: Role, where: str, names: Names) -> Factor:
    """A factor from its table in a study's file; bounds that are not given are those of what it changes.

    Raises
    ------
    InputError
        Names the field, what is allowed and the remedy.
    """
    given = read_part(FactorEntry, entry, where)
    kind, _, of = given.target.partition(":")
    field = given.field or {"parameter": of, "measure": "dose", EVENT: "amount"}.get(kind, "")
    bounds = _bounds(given.target, field, where)
    values = tuple(_number(value) for value in given.values) or options_of(kind, of)
    low, high = _number(given.low), _number(given.high)
    if bounds is not None and not values:
        low, high = (bounds.low if low is None else low), (bounds.high if high is None else high)
    factor = Factor(
        name=given.name or (f"{of}_level" if is_taken(of) else of),
        target=given.target,
        field=field,
        operation=given.operation,
        low=None if low is None else float(low),
        high=None if high is None else float(high),
        choices=values,
        role=role,
        since=given.since or ("fork" if role == "lever" else "start"),
        title=given.title,
        unit=given.unit or (bounds.unit if bounds else ""),
    )
    _check_target(factor, where, names)
    _check_levels(factor, bounds, where)
    return factor


def _number(value: Any) -> Any:
    return value.toordinal() if isinstance(value, date) else value


def _bounds(target: str, field: str, where: str) -> EventField | None:
    """Bounds of what a factor changes; None of events and of parameters with options."""
    kind, _, of = target.partition(":")
    if kind == EVENT:
        check_choice(field, EVENT_FIELDS_HERE, f"{where}.field", "of an event a study varies amount or date")
        return None
    if kind == "parameter" and of not in PARAMETER_ROWS:
        raise InputError(
            "there is no such parameter",
            field=f"{where}.target",
            value=target,
            allowed="the parameters that `run.py parameters` lists",
            remedy=suggest(of, PARAMETER_ROWS, form="'parameter:{}'"),
        )
    found = event_field(kind, of if kind == "parameter" else field)
    if found is None and kind != "parameter":
        raise InputError(
            "a study cannot change this",
            field=f"{where}.field",
            value=f"{target} {field}".strip(),
            allowed=", ".join(fields_of(kind)) or "a kind of target that exists",
            remedy="give the field that is to change",
        )
    return found


def _check_target(factor: Factor, where: str, names: Names) -> None:
    """Refuse a factor of something that is not there, without levels, or with the name of another column."""
    check_name(factor.name, f"{where}.name")
    if factor.kind in names and not expand(factor.kind, factor.of, names):
        known = list(names[factor.kind])
        raise InputError(
            f"there is no such {factor.kind}",
            field=f"{where}.target",
            value=factor.target,
            allowed=first_names(known),
            remedy=suggest(factor.of, known, "take a name that exists", f"'{factor.kind}:{{}}'"),
        )
    if not factor.choices and (factor.low is None or factor.high is None or not factor.low < factor.high):
        raise InputError(
            "a factor needs a range or values",
            field=f"{where}.low",
            value=(factor.low, factor.high),
            allowed="low below high, or a list of values",
            remedy="give low and high",
        )


def is_taken(name: str) -> bool:
    """Whether a column of plans, runs, frames and tables has this name, in capitals or not."""
    return name.casefold() in {*RESERVED, *map(str.casefold, OUTCOMES)}


def check_name(name: str, field: str) -> None:
    """Refuse a name of a factor that is the name of another column, or cannot head one; raises InputError."""
    if not name.isprintable() or name != name.strip():
        raise InputError(
            "this cannot be the name of a factor",
            field=field,
            value=repr(name),
            allowed="a name without line breaks and other control characters, and without blanks at its ends",
            remedy="leave these characters out",
        )
    if is_taken(name):
        raise InputError(
            "a column of the results has this name",
            field=field,
            value=name,
            allowed=f"any name but {', '.join(LISTED)}, and those of outcomes and of what is recorded each week",
            remedy="give the factor another name",
        )


def _check_levels(factor: Factor, bounds: EventField | None, where: str) -> None:
    """Refuse levels of another type or out of bounds, and those that are or read the same.

    Runs of equal levels would count twice; those of levels that read the same could not be told apart.
    """
    limits, given = limits_of(factor), [value for value in (factor.low, factor.high) if value is not None]
    for value in [*factor.choices, *given]:
        limits.check(value, where)
    if len(given) == 2 and not all(map(replace(factor, choices=()).holds, factor.choices)):
        raise InputError(
            "values lie outside low and high",
            field=f"{where}.values",
            value=list(factor.choices),
            allowed="a range or a list of values",
            remedy="leave low and high out",
        )
    if factor.operation != "value" and (factor.kind == "parameter" or (bounds is not None and bounds.only_set)):
        raise InputError(
            "this can only be set",
            field=f"{where}.operation",
            value=factor.operation,
            allowed="value",
            remedy="leave operation out, and give the values themselves",
        )
    if twice := [text for text, count in Counter(map(factor.shown, factor.choices)).items() if count > 1]:
        raise InputError(
            "a level is listed twice",
            field=f"{where}.values",
            value=twice[0],
            allowed="every level once, and levels that differ in their first six digits",
            remedy="leave one out",
        )


def check_together(factors: Sequence[Factor], taken: Mapping[str, str]) -> None:
    """Refuse factors that share a name or change the same thing.

    Parameters
    ----------
    taken
        Names that are in use beside those of the factors, each with what it is.

    Raises
    ------
    InputError
        Names the two.
    """
    known = {name.casefold(): what for name, what in taken.items()}
    targets: dict[tuple[str, str], str] = {}
    for factor in factors:
        if factor.name.casefold() in known:
            raise InputError(
                "named twice",
                field="name",
                value=factor.name,
                allowed="every name once",
                remedy=f"{known[factor.name.casefold()]} has it; give the factor another name",
            )
        known[factor.name.casefold()] = "another factor"
        other = targets.setdefault((factor.target, factor.field), factor.name)
        if other != factor.name:
            raise InputError(
                f"the factor {other!r} changes the same",
                field=f"factor {factor.name}",
                value=factor.target,
                allowed="one factor for each thing that is changed",
                remedy="leave one of them out",
            )
