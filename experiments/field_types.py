"""What a number, a day, a level or a name may be in the file of a study, and which names are taken.

`model.toml_fields` says how a field is declared.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Annotated, Any, Final

from pydantic import PlainValidator, StringConstraints
from pydantic import StrictBool as Switch
from pydantic import StrictInt as Whole

from model.errors import InputError, suggest
from model.record import Account, Weekly
from model.scenario.events import FIRST_DAY, LAST_DAY
from model.toml_fields import row

__all__ = [
    "LISTED",
    "LONGEST_NAME",
    "LONGEST_TEXT",
    "RESERVED",
    "Day",
    "FilePath",
    "Level",
    "Name",
    "Number",
    "Switch",
    "Table",
    "Text",
    "Whole",
    "check_choice",
    "check_repeats",
    "names",
    "whole",
]

LONGEST_TEXT: Final = 2_000
LONGEST_NAME: Final = 100
LARGEST_NUMBER: Final = 1e300


def _number(value: object) -> object:
    """A finite number as it stands; minus zero is zero, since both are the same level."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not -LARGEST_NUMBER <= value <= LARGEST_NUMBER:
        raise ValueError("not a finite number")
    return value + 0.0 if isinstance(value, float) else value


def _day(value: object) -> object:
    if not isinstance(value, date) or isinstance(value, datetime) or not FIRST_DAY <= value <= LAST_DAY:
        raise ValueError("not a day of the tables")
    return value


def _level(value: object) -> object:
    """A level of a factor: a number, a day, or an option of a switch."""
    if isinstance(value, bool | str):
        return value
    return _day(value) if isinstance(value, date) else _number(value)


type Text = Annotated[str, StringConstraints(strict=True, max_length=LONGEST_TEXT)]
type Name = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=LONGEST_NAME)]
type FilePath = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=LONGEST_TEXT)]
type Number = Annotated[float | int, PlainValidator(_number)]
type Day = Annotated[date, PlainValidator(_day)]
type Level = Annotated[float | int | bool | str | date, PlainValidator(_level)]
type Table = dict[str, Any]


def names(default: Any, **bounds: Any) -> Any:
    """A field of names."""
    return row(
        default,
        "this is not a list of names",
        'a list as ["a", "b"]',
        "put names in quotes and the list in square brackets",
        **bounds,
    )


def whole(default: int, least: int, most: int, remedy: str) -> Any:
    """A field of a whole number within bounds."""
    return row(
        default,
        "this is not a whole number in range",
        f"a whole number from {least} to {most:,}",
        remedy,
        ge=least,
        le=most,
    )


def check_choice(
    value: object,
    choices: Collection[str],
    field: str,
    message: str = "this is not one of the choices",
    otherwise: str = "take one of these",
) -> None:
    """Refuse what is none of some names; the remedy is the name most like it, or `otherwise`.

    Raises
    ------
    InputError
        Names the field, the value and the choices.
    """
    if not isinstance(value, str) or value not in choices:
        raise InputError(
            message,
            field=field,
            value=value,
            allowed=", ".join(choices),
            remedy=suggest(value, choices, otherwise),
        )


def check_repeats(values: Iterable[Any], field: str) -> None:
    """Refuse a list that names something twice; raises InputError."""
    repeated = ", ".join(str(value) for value, count in Counter(values).items() if count > 1)
    if repeated:
        raise InputError("named twice", field=field, value=repeated, allowed="every name once", remedy="leave one out")


# --- names of columns ---------------------------------------------------------------------------------------------

PLANNED: Final = (
    "run",
    "point",
    "arm",
    "seed",
    "scenario",
    "supply_answer",
    "coalition",
    "part",
    "world",
    "worlds",
    "replication",
)
STORED: Final = ("status", "error", "seconds")
ANALYSED: Final = (
    "outcome",
    "n",
    "mean",
    "low",
    "high",
    "q05",
    "q95",
    "supply",
    "policy",
    "model",
    "mix",
    "kind",
    "regret",
)
FRAMED: Final = (
    "year",
    "week",
    "date",
    "state",
    "mode",
    "platform",
    "leg",
    "place",
    "region",
    "stage",
    "owner",
    "lead_state",
    "kg",
    "seized_kg",
    "moved_kg",
    "expected_seized_kg",
    "seized_bulk_kg",
    "other_markets_kg",
    "parcels_share",
    "value_eur",
)
LISTED: Final = (*PLANNED, *STORED, *ANALYSED, *FRAMED)
RESERVED: Final = frozenset({*LISTED, *Weekly.columns(), *Account.columns()})
"""All such names, in capitals or not; those of outcomes are taken too."""
