"""How a parameter is declared, checked, shown and handed to the compiled week.

A parameter is one line of a pydantic class: its default, unit, bounds, role, group, source and confidence stand
together, and everything else (table of the documentation, errors, scalars of the kernel) is made from that line::

    class Parameters(BaseModel):
        model_config = ConfigDict(frozen=True, extra="forbid")
        theta: float = uncertainty(0.4, "1", 0.1, 1.0, group="routes", description="", source="", confidence="low")

Roles follow the vocabulary of exploratory modelling (Kwakkel 2017): a lever is what a policy sets, an uncertainty is
what nobody knows, a switch chooses between theories.
"""

from __future__ import annotations

import math
from collections import namedtuple
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from pydantic import BaseModel, Field, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import core_schema

from model.errors import InputError, closest
from model.kinds import Code

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Options",
    "ParameterRow",
    "changed_values",
    "check_values",
    "choice",
    "describe",
    "lever",
    "markdown_table",
    "parameter_rows",
    "switch",
    "to_values",
    "try_values",
    "uncertainty",
    "values_type",
]

type Number = float | int
type Role = Literal["lever", "uncertainty", "switch"]

CONFIDENCES = ("high", "medium", "low", "assumed")


class Options:
    """The options of a switch, from the enumeration that rules compare with, and perhaps more of them by number."""

    def __init__(self, kind: type[Code], more: Mapping[str, int] | None = None) -> None:
        self.numbers = {**(more or {}), **{member.label: int(member) for member in kind}}

    def __get_pydantic_core_schema__(self, source: object, handler: object) -> core_schema.CoreSchema:
        """Pydantic takes one of the labels, as text."""
        return core_schema.literal_schema(list(self.numbers))


class ParameterRow(NamedTuple):
    """What is known of one parameter; `low` and `high` are None for switches, `options` is empty for numbers."""

    name: str
    default: float | int | bool | str
    unit: str
    low: Number | None
    high: Number | None
    options: tuple[str, ...]
    role: Role
    group: str
    source: str
    confidence: str
    description: str

    @property
    def allowed(self) -> str:
        """The values it may take, in words: ``0.1 to 1 EUR/kg`` or ``'a' or 'b'``."""
        if self.options:
            return " or ".join(repr(option) for option in self.options)
        if isinstance(self.default, bool):
            return "true or false"
        unit = "" if self.unit in {"", "1"} else f" {self.unit}"
        kind = "a whole number, " if isinstance(self.default, int) else ""
        return f"{kind}{self.low:g} to {self.high:g}{unit}"


# --- declaring ----------------------------------------------------------------------------------------------------


def lever(
    default: Number, unit: str, low: Number, high: Number, *, group: str, description: str, source: str, confidence: str
) -> Any:
    """Declare a number that a policy sets. The type of `default` (float or int) must be that of the field.

    Raises
    ------
    ValueError
        When the default lies outside ``low..high`` or `confidence` is not high, medium, low or assumed.
    """
    return _number("lever", default, unit, low, high, (group, description, source, confidence))


def uncertainty(
    default: Number, unit: str, low: Number, high: Number, *, group: str, description: str, source: str, confidence: str
) -> Any:
    """Declare a number that nobody knows exactly, with the range to sweep. Otherwise as `lever`."""
    return _number("uncertainty", default, unit, low, high, (group, description, source, confidence))


def choice(default: str, *, group: str, description: str, source: str, confidence: str) -> Any:
    """Declare a switch between the `Options` of the field."""
    extra = _extra("switch", "", None, None, (group, source, confidence))
    return Field(default, description=description, json_schema_extra=extra)


def switch(default: bool, *, group: str, description: str, source: str, confidence: str) -> Any:
    """Declare a field that is true or false."""
    extra = _extra("switch", "", None, None, (group, source, confidence))
    return Field(default, description=description, json_schema_extra=extra)


def _number(role: Role, default: Number, unit: str, low: Number, high: Number, words: tuple[str, str, str, str]) -> Any:
    group, description, source, confidence = words
    if not (math.isfinite(low) and math.isfinite(high) and low <= default <= high):
        raise ValueError(f"default {default} lies outside {low} to {high} ({description})")
    extra = _extra(role, unit, low, high, (group, source, confidence))
    return Field(default, ge=low, le=high, description=description, json_schema_extra=extra)


def _extra(
    role: Role, unit: str, low: Number | None, high: Number | None, words: tuple[str, str, str]
) -> dict[str, Any]:
    group, source, confidence = words
    if confidence not in CONFIDENCES:
        raise ValueError(f"confidence {confidence!r} is not one of {', '.join(CONFIDENCES)}")
    return {
        "role": role,
        "unit": unit,
        "low": low,
        "high": high,
        "group": group,
        "source": source,
        "confidence": confidence,
    }


# --- showing ------------------------------------------------------------------------------------------------------


def parameter_rows(parameters: type[BaseModel]) -> dict[str, ParameterRow]:
    """Name -> row of every parameter, in the order of declaration."""
    rows = {}
    for name, field in parameters.model_fields.items():
        extra = field.json_schema_extra
        if not isinstance(extra, dict) or "role" not in extra:
            raise TypeError(f"{parameters.__name__}.{name} must be declared with lever, uncertainty, choice or switch")
        options = tuple(_numbers(field))
        known: dict[str, Any] = dict(extra)
        rows[name] = ParameterRow(
            name=name, default=field.default, options=options, description=field.description or "", **known
        )
    return rows


def _numbers(field: FieldInfo) -> dict[str, int]:
    """Number of each option of a switch in compiled rules; empty for numbers."""
    return next((entry.numbers for entry in field.metadata if isinstance(entry, Options)), {})


def describe(parameters: type[BaseModel]) -> pd.DataFrame:
    """One row for each parameter, columns as `ParameterRow`."""
    import pandas as pd

    return pd.DataFrame([row._asdict() for row in parameter_rows(parameters).values()])


def markdown_table(parameters: type[BaseModel]) -> str:
    """Write the parameter table of the documentation, a Markdown section for each group."""
    rows = list(parameter_rows(parameters).values())
    sections = []
    for group in dict.fromkeys(row.group for row in rows):
        head = f"### {group}\n\n| name | default | unit | allowed | role | meaning | source | confidence |\n"
        lines = [_markdown_row(row) for row in rows if row.group == group]
        sections.append(head + "|---|---|---|---|---|---|---|---|\n" + "\n".join(lines) + "\n")
    return "\n".join(sections)


def _markdown_row(row: ParameterRow) -> str:
    default = str(row.default).lower() if isinstance(row.default, bool) else row.default
    cells = (f"`{row.name}`", default, row.unit, row.allowed, row.role, row.description, row.source, row.confidence)
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


# --- checking -----------------------------------------------------------------------------------------------------


def check_values[P: BaseModel](
    parameters: type[P], values: Mapping[str, object], *, file: str = "", table: str = "parameters"
) -> P:
    """Make a `parameters` object of `values`; names that are not given keep their defaults.

    Numbers are taken as they stand: text is not turned into a number, true is not turned into 1.

    Raises
    ------
    InputError
        Lists every problem at once; an unknown name is answered by the nearest valid one.
    """
    made, problems = try_values(parameters, values, file=file, table=table)
    if made is None:
        raise InputError.collect(problems)
    return made


def try_values[P: BaseModel](
    parameters: type[P], values: Mapping[str, object], *, file: str = "", table: str = "parameters"
) -> tuple[P | None, list[InputError]]:
    """As `check_values`, but give back the problems, so that a caller can list them beside others."""
    try:
        return parameters.model_validate(dict(values), strict=True), []
    except ValidationError as error:
        return None, list(_problems(parameters, values, error, file, table))


def _problems(
    parameters: type[BaseModel], values: Mapping[str, object], error: ValidationError, file: str, table: str
) -> Iterator[InputError]:
    rows = parameter_rows(parameters)
    for detail in error.errors(include_url=False):
        name = str(detail["loc"][0]) if detail["loc"] else ""
        if name in rows:
            yield _bad_value(rows[name], values.get(name), file, table)
        else:
            yield _unknown_name(name, values.get(name), rows, file, table)


def _bad_value(row: ParameterRow, value: object, file: str, table: str) -> InputError:
    return InputError(
        f"{row.name} ({row.description}) cannot take this value",
        file=file,
        field=_field(table, row.name),
        value=value,
        allowed=row.allowed,
        remedy=_remedy(row, value),
    )


def _remedy(row: ParameterRow, value: object) -> str:
    if row.options:
        near = closest(value, row.options) if isinstance(value, str) else None
        return f"did you mean {near!r}?" if near else "use one of the options"
    if isinstance(row.default, bool):
        return "write true or false, without quotes"
    if not isinstance(value, int | float) or isinstance(value, bool):
        return "write a plain number, without quotes"
    return f"take a value within the bounds; the default is {row.default:g}"


OPTIONS = ("rng", "organisations", "record", "world")
"""What `RouteModel` takes beside parameters."""


def _unknown_name(name: str, value: object, rows: Mapping[str, ParameterRow], file: str, table: str) -> InputError:
    near = "rng" if name == "seed" else closest(name, (*OPTIONS, *rows))
    remedy = f"did you mean {near!r}?" if near else "`run.py parameters` lists them all"
    return InputError(
        f"there is no parameter {name!r}",
        file=file,
        field=_field(table, name),
        value=value,
        allowed=f"the {len(rows)} known parameters",
        remedy=remedy,
    )


def _field(table: str, name: str) -> str:
    return f"{table}.{name}" if table else name


def changed_values(parameters: BaseModel) -> dict[str, Any]:
    """Give the values that differ from their defaults, by name."""
    defaults = type(parameters).model_fields
    return {name: value for name, value in parameters if value != defaults[name].default}


# --- compiled scalars ---------------------------------------------------------------------------------------------

_VALUES_TYPES: dict[type[BaseModel], type] = {}


def values_type(parameters: type[BaseModel], name: str, module: str) -> Any:
    """Make the namedtuple class of plain scalars that the compiled week reads.

    Call it once, at module level, and bind the result to `name` in `module`, as ``ParameterValues =
    values_type(Parameters, "ParameterValues", __name__)``: Numba finds its cache, and pickle the class, by that name.
    """
    made = namedtuple(name, list(parameter_rows(parameters)), module=module)  # type: ignore[misc]
    made.__doc__ = f"Scalars of `{parameters.__name__}`: float or int; a switch is the number of its option."
    _VALUES_TYPES[parameters] = made
    return made


def to_values(parameters: BaseModel) -> Any:
    """Make plain scalars of `parameters`: float stays float, int stays int, bool is 0 or 1, an option is its number.

    Raises
    ------
    KeyError
        When `values_type` was not called for the class.
    """
    made, fields = _VALUES_TYPES[type(parameters)], type(parameters).model_fields
    return made(**{name: _scalar(getattr(parameters, name), field) for name, field in fields.items()})


def _scalar(value: object, field: FieldInfo) -> Number:
    if isinstance(value, str):
        return _numbers(field)[value]
    return float(value) if isinstance(field.default, float) else int(value)  # type: ignore[arg-type, call-overload]
