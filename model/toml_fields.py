"""Tables of TOML files read by pydantic: how a field is declared, and what is said of a value that does not fit.

A field is one line of a class: its type, its default, and the words of the error. A value of another type is refused
and never turned into one that fits; a name that no field has is refused. `model.scenario` and `experiments.study_file`
declare what their files may hold.
"""

from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from model.errors import InputError, suggest


class Part(BaseModel):
    """A table of a TOML file."""

    model_config = ConfigDict(extra="forbid")
    what: ClassVar[str]
    """What it is, in words for messages."""
    otherwise: ClassVar[str] = "leave it out"
    """What to do about a field that is not known and like none that is."""


# --- declaring ----------------------------------------------------------------------------------------------------


def row(
    default: Any,
    says: str,
    allowed: str,
    remedy: str,
    options: tuple[str, ...] = (),
    *,
    missing: str = "",
    **bounds: Any,
) -> Any:
    """A field: its default (... where it must be given), and what is said of a value that does not fit.

    Parameters
    ----------
    says
        What is wrong; "" where the type's own validator says it.
    missing
        What is said where the field must be given and is not; `says` if empty.
    """
    words: dict[str, Any] = {
        "says": says,
        "allowed": allowed or ", ".join(options),
        "remedy": remedy,
        "options": list(options),
        "missing": (missing or says) if default is ... else "",
    }
    return Field(default=None if default is ... else default, json_schema_extra=words, **bounds)


def text(default: Any = "", longest: int | None = None) -> Any:
    """A field of words."""
    allowed = "text in quotes" + (f", of at most {longest:,} characters" if longest else "")
    return row(default, "this is not text", allowed, "put it in quotes")


def one_of(
    default: str,
    options: tuple[str, ...],
    says: str = "this is not one of the choices",
    remedy: str = "take one of these",
) -> Any:
    """A field of a choice; its type is the Literal of the same options."""
    return row(default, says, "", remedy, options)


def table(default: Any, name: str) -> Any:
    """A field that is a table of its own."""
    return row(default, f"{name} must be a table", f"a [{name}] table", f"write [{name}] on a line of its own")


def tables(name: str) -> Any:
    """A field that is a list of tables."""
    return row(
        (),
        f"{name} must be a list of tables",
        f"[[{name}]] tables",
        f"head each with [[{name}]], in double brackets",
    )


# --- reading ------------------------------------------------------------------------------------------------------


def read_part[P: Part](part: type[P], values: Mapping[str, Any], where: str = "") -> P:
    """A table as an object of a class; `where` is its name in messages, "" for the file itself.

    Raises
    ------
    InputError
        Lists every field that is unknown, missing or wrong.
    """
    made, problems = try_part(part, values, where)
    if problems:
        raise InputError.collect(problems)
    return made


def try_part[P: Part](part: type[P], values: Mapping[str, Any], where: str = "") -> tuple[P, list[InputError]]:
    """As `read_part`, but give back the problems; fields that are wrong or missing keep their default, or None."""
    above, needed = f"{where}." if where else "", _needed(part)
    if needed.keys() <= values.keys():
        with suppress(ValidationError):
            return part.model_validate(values), []
    made, problems = part.model_construct(), []
    for name, value in values.items():
        try:
            part.__pydantic_validator__.validate_assignment(made, name, value)
        except ValidationError as error:
            problems.append(_problem(part, name, f"{above}{name}", value, error))
    problems += [
        InputError(words["missing"], field=f"{above}{name}", allowed=words["allowed"], remedy=words["remedy"])
        for name, words in needed.items()
        if name not in values
    ]
    return made, problems


@cache
def _needed(part: type[Part]) -> dict[str, Any]:
    """The fields that must be given, with what is said of them."""
    words: dict[str, Any] = {name: field.json_schema_extra or {} for name, field in part.model_fields.items()}
    return {name: said for name, said in words.items() if said.get("missing")}


def _problem(part: type[Part], name: str, field: str, value: object, error: ValidationError) -> InputError:
    """The error of one field; the value is the entry of a list that does not fit, where it is one."""
    fields = part.model_fields
    if name not in fields:
        return InputError(
            f"{part.what} has no such field",
            field=field,
            value=value,
            allowed=", ".join(fields),
            remedy=suggest(name, fields, part.otherwise),
        )
    detail: Any = error.errors(include_url=False)[0]
    words: Any = fields[name].json_schema_extra
    shown = None if detail["type"] == "missing" else detail["input"]
    return InputError(
        words["says"] or str(detail["ctx"]["error"]),
        field=field,
        value=shown,
        allowed=words["allowed"],
        remedy=suggest(shown if isinstance(shown, str) else "", words["options"], words["remedy"]),
    )
