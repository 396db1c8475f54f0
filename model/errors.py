"""Errors that a user can act on: they name the file, the field, the value, what is allowed and the remedy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from difflib import get_close_matches
from itertools import accumulate

SHORTEST_BEGINNING = 3
"""Letters from which the beginning of a name tells which one is meant."""
LONGEST_MESSAGE = 2_000
"""Characters of a message; what is longer is cut."""
LONGEST_PART = 1_100
SHOWN = 12
"""Allowed names that a message lists."""
LONGEST_VALUE = 150


class InputError(ValueError):
    """Something that a user gave is not acceptable.

    Parameters
    ----------
    message
        What is wrong, without a full stop.
    file, field, value
        Where it stands and what stands there; None where that does not apply.
    allowed
        What would be accepted, in words.
    remedy
        What to do about it.
    """

    def __init__(
        self,
        message: str,
        *,
        file: str | None = None,
        field: str | None = None,
        value: object = None,
        allowed: str | None = None,
        remedy: str | None = None,
    ) -> None:
        self.message, self.file, self.field, self.value = message, file, field, value
        self.allowed, self.remedy = allowed, remedy
        self.problems: tuple[InputError, ...] = ()
        super().__init__(self._text())

    def _text(self) -> str:
        where = f"{cut(self.file, LONGEST_VALUE)}: " if self.file else ""
        field = cut(self.field or "", LONGEST_VALUE)
        what = "" if not field else f"{field}: " if self.value is None else f"{field} = {_shown(self.value)}: "
        allowed = f". Allowed: {cut(self.allowed, LONGEST_PART)}" if self.allowed else ""
        remedy = f". Remedy: {cut(self.remedy, LONGEST_PART // 4)}" if self.remedy else ""
        return f"{where}{what}{cut(self.message, LONGEST_PART // 4)}{allowed}{remedy}"

    @classmethod
    def collect(cls, errors: Sequence[InputError]) -> InputError:
        """One error that lists all of several; its attributes are those of the first.

        Raises
        ------
        ValueError
            If there is nothing to list.
        """
        if not errors:
            raise ValueError("no errors to collect")
        first, *others = errors
        if not others:
            return first
        found = [problem for error in errors for problem in (error.problems or (error,))]
        whole = cls(
            f"{len(found)} problems",
            file=first.file,
            field=first.field,
            value=first.value,
            allowed=first.allowed,
            remedy=first.remedy,
        )
        whole.problems = tuple(found)
        whole.args = (f"{len(found)} problems:\n{_listed([str(error) for error in found])}",)
        return whole

    def in_file(self, file: str) -> InputError:
        """The same error with the file in which it stands, where it names none."""
        if self.problems:
            return InputError.collect([problem.in_file(file) for problem in self.problems])
        return InputError(
            self.message,
            file=self.file or file,
            field=self.field,
            value=self.value,
            allowed=self.allowed,
            remedy=self.remedy,
        )


def _listed(messages: Sequence[str]) -> str:
    """The first messages, a line each, and how many more there are."""
    lines = [f"  - {message}" for message in messages]
    shown = max(1, sum(length - len("  - ") <= LONGEST_MESSAGE for length in accumulate(map(len, lines))))
    more = [f"  - {len(lines) - shown} more problems; they are shown once these are solved"] * (shown < len(lines))
    return "\n".join([*lines[:shown], *more])


def cut(text: str, longest: int) -> str:
    """A text that is not too long: its beginning, and " ..." where something is left out."""
    return text if len(text) <= longest else f"{text[: longest - 4]} ..."


def _shown(value: object) -> str:
    """A value as it is written, cut where it is long; some numbers and lists cannot be written at all."""
    try:
        return cut(repr(value.isoformat() if isinstance(value, date) else value), LONGEST_VALUE)
    except (ValueError, RecursionError):
        return f"(a {type(value).__name__} too long to be shown)"


def closest(name: object, choices: Iterable[str]) -> str:
    """Return the choice most like a name, empty if none is: one that begins with it, else one spelt much like it."""
    plain = {_plain(choice): choice for choice in choices}
    word = _plain(name)
    begun = [choice for choice in plain if len(word) >= SHORTEST_BEGINNING and choice.startswith(word)]
    found = begun[:1] or get_close_matches(word, plain, n=1, cutoff=0.5)
    return plain[found[0]] if found else ""


def suggest(value: object, choices: Iterable[str], otherwise: str = "take one of these", form: str = "'{}'") -> str:
    """The remedy for a name that is not known: the choice most like it, written in a form, if one is."""
    near = closest(value if isinstance(value, str) else _shown(value), choices)
    return f"did you mean {form.replace('{}', near)}?" if near else otherwise


def between(low: float | None, high: float | None, unit: str) -> str:
    """Bounds in words, with their unit unless it is 1."""
    return f"{low:g} to {high:g}{'' if unit in {'', '1'} else f' {unit}'}"


def some_of(names: Iterable[str]) -> str:
    """Allowed names in words, shortened."""
    ordered = list(names)
    return ", ".join(ordered[:SHOWN]) + (f" and {len(ordered) - SHOWN} more" if len(ordered) > SHOWN else "")


def _plain(name: object) -> str:
    """A name without what people mistake most: capitals, and which mark joins its words."""
    return str(name).casefold().replace("_", "-").replace(" ", "-")
