"""NAME=VALUE texts of the command line as values, and refusals of those that do not fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

__all__ = ["read_pairs", "read_settings", "refuse"]


def read_pairs(options: Sequence[str]) -> dict[str, str]:
    """NAME=VALUE texts as a dictionary."""
    pairs = {}
    for option in options:
        name, equals, text = (part.strip() for part in option.partition("="))
        if not (name and equals and text):
            refuse("this is not an option", "--cluster-option", option, "NAME=VALUE", "write it as memory=32GB")
        pairs[name] = text
    return pairs


def read_settings(settings: Sequence[str]) -> dict[str, Any]:
    """Parameter values from NAME=VALUE texts; values are left as text where they are no number.

    Raises
    ------
    InputError
        When a setting is not of that form or is given twice. Names and values are checked by the model.
    """
    values: dict[str, Any] = {}
    for setting in settings:
        name, equals, text = (part.strip() for part in setting.partition("="))
        if not (name and equals and text):
            refuse("this is not a setting", "--set", setting, "NAME=VALUE", "write it as --set sharing_scale=1.5")
        if name in values:
            refuse("this parameter is set twice", "--set", setting, "every parameter once", "leave one out")
        values[name] = _read_value(name, text)
    return values


def _read_value(name: str, text: str) -> object:
    """A value as the parameter wants it; text that does not fit stays text, for the model to refuse."""
    from model.parameter_fields import parameter_rows
    from model.parameters import Parameters

    row = parameter_rows(Parameters).get(name)
    if row is None or row.options:
        return text
    if isinstance(row.default, bool):
        return {"true": True, "false": False}.get(text.lower(), text)
    try:
        return int(text) if isinstance(row.default, int) else float(text)
    except ValueError:
        return text


def refuse(message: str, field: str, value: object, allowed: str, remedy: str) -> NoReturn:
    """Raise an InputError."""
    from model.errors import InputError

    raise InputError(message, field=field, value=value, allowed=allowed, remedy=remedy)
