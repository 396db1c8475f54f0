"""Errors that a user can act on: they name the file, the field, the value, what is allowed and the remedy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

__all__ = ["InputError", "closest"]

SHORTEST_BEGINNING = 3
"""Letters from which the beginning of a name tells which one is meant."""


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
        super().__init__(self._text())

    def _text(self) -> str:
        where = f"{self.file}: " if self.file else ""
        what = "" if not self.field else f"{self.field}: " if self.value is None else f"{self.field} = {self.value!r}: "
        text = f"{where}{what}{self.message}"
        if self.allowed:
            text += f". Allowed: {self.allowed}"
        if self.remedy:
            text += f". Remedy: {self.remedy}"
        return text

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
        first = errors[0]
        if len(errors) == 1:
            return first
        whole = cls(
            f"{len(errors)} problems",
            file=first.file,
            field=first.field,
            value=first.value,
            allowed=first.allowed,
            remedy=first.remedy,
        )
        lines = "\n".join(f"  - {error}" for error in errors)
        whole.args = (f"{len(errors)} problems:\n{lines}",)
        return whole


def closest(name: object, choices: Iterable[str]) -> str:
    """Return the choice most like a name, empty if none is: one that begins with it, else one spelt much like it."""
    plain = {_plain(choice): choice for choice in choices}
    word = _plain(name)
    begun = [choice for choice in plain if len(word) >= SHORTEST_BEGINNING and choice.startswith(word)]
    found = begun[:1] or get_close_matches(word, plain, n=1, cutoff=0.5)
    return plain[found[0]] if found else ""


def _plain(name: object) -> str:
    """A name without what people mistake most: capitals, and which mark joins its words."""
    return str(name).casefold().replace("_", "-").replace(" ", "-")
