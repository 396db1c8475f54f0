"""How a parameter is declared, checked, shown and handed to the compiled week.

A parameter is one row of `model/data/parameters.csv`: its default, unit, bounds, role, group, source and confidence
stand together, and everything else (table of the documentation, errors, scalars of the kernel) is made from that row.
Roles follow the vocabulary of exploratory modelling (Kwakkel 2017): a lever is what a policy sets, an uncertainty is
what nobody knows, a switch chooses between theories.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, Literal, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, create_model

from model.errors import InputError, between, suggest
from model.kinds import codes
from model.rows import Row, read_rows
from model.rule_registry import REGISTRIES, RuleRegistry
from model.summary import Summary

if TYPE_CHECKING:
    import pandas as pd


type Number = float | int
type Role = Literal["lever", "uncertainty", "switch"]

CONFIDENCES = ("high", "medium", "low", "assumed")
FIELDS: Final = "name,default,unit,low,high,type,role,group,source,confidence,description"
NUMBERS: Final[dict[str, type[float]]] = {"float": float, "int": int}


class ParameterRow(NamedTuple):
    """What is known of one parameter; `low` and `high` are None for switches, `options` is empty for numbers."""

    name: str
    default: float | int | bool | str
    unit: str
    low: Number | None
    high: Number | None
    options: Sequence[str]  # rules that users may write are added as they register themselves
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
        kind = "a whole number, " if isinstance(self.default, int) else ""
        return kind + between(self.low, self.high, self.unit)

    def scalar(self, value: Any) -> Number:
        """A value as compiled rules read it: a switch is 0 or 1, or the number of its option."""
        if self.options:
            return self.options.index(value)
        return float(value) if isinstance(self.default, float) else int(value)


class Declared(Summary, BaseModel):
    """The values one run is made with. Frozen; unknown names and values out of bounds are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    rows: ClassVar[dict[str, ParameterRow]] = {}
    scalars: ClassVar[Any] = None

    def facts(self) -> dict[str, Any]:
        """What `repr` shows: the values that differ from their defaults."""
        return changed_values(self)

    __str__ = Summary.__repr__


# --- declaring ----------------------------------------------------------------------------------------------------


def declare(path: Path, name: str, module: str) -> type[Declared]:
    """Make the class of the parameters that a table declares; bind it to `name` in `module`, where pickle finds it.

    Raises
    ------
    InputError
        Naming file, row and field of what makes no sense.
    """
    rows = {row["name"]: parameter_row(row) for row in read_rows(path, FIELDS)}
    fields: dict[str, Any] = {
        name: (type_of(row), Field(row.default, ge=row.low, le=row.high, description=row.description))
        for name, row in rows.items()
    }
    made = create_model(name, __base__=Declared, __module__=module, __doc__=Declared.__doc__, **fields)
    made.rows = rows
    return made


def type_of(row: ParameterRow) -> Any:
    """The type that pydantic checks: a number, one of the options, or a rule that has registered itself."""
    if isinstance(row.options, RuleRegistry):
        return Annotated[str, BeforeValidator(row.options.take)]
    return Literal[tuple(row.options)] if row.options else type(row.default)


def parameter_row(row: Row) -> ParameterRow:
    """What a row declares; InputError where it makes no sense."""
    row.check(
        *((field, row[field] != "", "some words") for field in ("group", "source", "description")),
        ("confidence", row["confidence"] in CONFIDENCES, ", ".join(CONFIDENCES)),
        ("name", not hasattr(Declared, row["name"]), "a name that pydantic's models do not use"),
    )
    known = number_of(row) if row["type"] in NUMBERS else switch_of(row)
    return ParameterRow(**{field: row.cells[field] for field in ParameterRow._fields if field in row.cells} | known)


def number_of(row: Row) -> dict[str, Any]:
    """Default and bounds of a number."""
    low, default, high = (row.number(field, NUMBERS[row["type"]]) for field in ("low", "default", "high"))
    row.check(
        ("default", low <= default <= high, f"{low} to {high}, its bounds"),
        ("unit", row["unit"] != "", "a unit, 1 for a plain number"),
        ("role", row["role"] in {"lever", "uncertainty"}, "lever or uncertainty"),
    )
    return {"default": default, "low": low, "high": high, "options": ()}


def switch_of(row: Row) -> dict[str, Any]:
    """Default and options of a switch: true or false, or the labels of an enumeration."""
    kind = row["type"]
    known = kind == "bool" or kind in codes() or kind in REGISTRIES
    row.check(("type", known, f"{', '.join((*NUMBERS, *REGISTRIES))}, bool or an enumeration of model/kinds.py"))
    options = () if kind == "bool" else REGISTRIES[kind] if kind in REGISTRIES else codes()[kind].labels()
    labels = () if kind in REGISTRIES else options or ("true", "false")
    row.check(
        # rules register themselves later
        ("default", kind in REGISTRIES or row["default"] in labels, " or ".join(labels)),
        ("role", row["role"] == "switch", "switch"),
        *((field, row[field] == "", "nothing, as this is no number") for field in ("unit", "low", "high")),
    )
    return {
        "default": row["default"] == "true" if kind == "bool" else row["default"],
        "low": None,
        "high": None,
        "options": options,
    }


# --- showing ------------------------------------------------------------------------------------------------------


def parameter_rows(parameters: type[Declared]) -> dict[str, ParameterRow]:
    """Name -> row of every parameter, in the order of declaration."""
    return parameters.rows


def describe(parameters: type[Declared]) -> pd.DataFrame:
    """One row for each parameter, columns as `ParameterRow`."""
    import pandas as pd

    return pd.DataFrame([row._replace(options=tuple(row.options))._asdict() for row in parameters.rows.values()])


def markdown_table(parameters: type[Declared]) -> str:
    """Write the parameter table of the documentation, a Markdown section for each group."""
    names = ("name", "default", "unit", "allowed", "role", "meaning", "source", "confidence")
    head = f"| {' | '.join(names)} |\n{'|---' * len(names)}|\n"
    groups: dict[str, list[str]] = {}
    for row in parameter_rows(parameters).values():
        groups.setdefault(row.group, []).append(_markdown_row(row))
    return "\n".join(f"### {group}\n\n{head}{'\n'.join(lines)}\n" for group, lines in groups.items())


def _markdown_row(row: ParameterRow) -> str:
    default = str(row.default).lower() if isinstance(row.default, bool) else row.default
    cells = (f"`{row.name}`", default, row.unit, row.allowed, row.role, row.description, row.source, row.confidence)
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


# --- checking -----------------------------------------------------------------------------------------------------


def check_values[P: Declared](parameters: type[P], values: Mapping[str, object], *, file: str = "") -> P:
    """Make a `parameters` object of `values`; names that are not given keep their defaults.

    Numbers are taken as they stand: text is not turned into a number, true is not turned into 1.

    Raises
    ------
    InputError
        Lists every problem at once; an unknown name is answered by the nearest valid one.
    """
    made, problems = try_values(parameters, values, file=file)
    if made is None:
        raise InputError.collect(problems)
    return made


def try_values[P: Declared](
    parameters: type[P], values: Mapping[str, object], *, file: str = ""
) -> tuple[P | None, list[InputError]]:
    """As `check_values`, but give back the problems, so that a caller can list them beside others."""
    try:
        return parameters.model_validate(dict(values), strict=True), []
    except ValidationError as error:
        return None, list(_problems(parameters, values, error, file))


def _problems(
    parameters: type[Declared], values: Mapping[str, object], error: ValidationError, file: str
) -> Iterator[InputError]:
    rows = parameter_rows(parameters)
    for detail in error.errors(include_url=False):
        name = str(detail["loc"][0]) if detail["loc"] else ""
        where: Any = {"file": file, "field": f"parameters.{name}", "value": values.get(name)}
        if isinstance(own := detail.get("ctx", {}).get("error"), InputError):
            yield own
        elif name in rows:
            yield InputError(
                f"{name} ({rows[name].description}) cannot take this value",
                **where,
                allowed=rows[name].allowed,
                remedy=_remedy(rows[name], values.get(name)),
            )
        else:
            yield InputError(
                f"there is no parameter {name!r}",
                **where,
                allowed=f"the {len(rows)} known parameters",
                remedy=suggest(
                    "rng" if name == "seed" else name, (*OPTIONS, *rows), "`run.py parameters` lists them all"
                ),
            )


def _remedy(row: ParameterRow, value: object) -> str:
    if row.options:
        return suggest(value if isinstance(value, str) else "", row.options, "use one of the options")
    if isinstance(row.default, bool):
        return "write true or false, without quotes"
    if not isinstance(value, int | float) or isinstance(value, bool):
        return "write a plain number, without quotes"
    return f"take a value within the bounds; the default is {row.default:g}"


OPTIONS = ("rng", "organisations", "record", "world")
"""What `RouteModel` takes beside parameters."""


def changed_values(parameters: Declared) -> dict[str, Any]:
    """Give the values that differ from their defaults, by name."""
    return {name: value for name, value in parameters if value != parameters.rows[name].default}


# --- compiled scalars ---------------------------------------------------------------------------------------------


def values_type(parameters: type[Declared], name: str, module: str) -> Any:
    """Make the namedtuple class of plain scalars that the compiled week reads.

    Call it once, at module level, and bind the result to `name` in `module`: Numba finds its cache, and pickle the
    class, by that name.
    """
    parameters.scalars = namedtuple(name, parameters.rows, module=module)  # type: ignore[misc]
    parameters.scalars.__doc__ = (
        f"Scalars of `{parameters.__name__}`: float or int; a switch is the number of its option."
    )
    return parameters.scalars


def to_values(parameters: Declared) -> Any:
    """Make plain scalars of `parameters`: float stays float, int stays int, bool is 0 or 1, an option is its number."""
    return parameters.scalars(*(row.scalar(getattr(parameters, name)) for name, row in parameters.rows.items()))
