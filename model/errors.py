"""Errors that a user can act on: they name the file, the field, the value, what is allowed and the remedy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

__all__ = ["InputError", "closest"]


class InputError(ValueError):
    """Something that a user gave is not acceptable.

    Attributes hold what was wrong, each may be None: `file`, `field`, `value`, `allowed`, `remedy`.
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
        what = f"{self.field} = {self.value!r}: " if self.field and self.value is not None else f"{self.field}: " if self.field else ""
        text = f"{where}{what}{self.message}"
        if self.allowed:
            text += f". Allowed: {self.allowed}"
        if self.remedy:
            text += f". Remedy: {self.remedy}"
        return text

    @classmethod
    def collect(cls, errors: Sequence[InputError]) -> InputError:
        """One error that lists all of several."""
        if len(errors) == 1:
            return errors[0]
        first = errors[0]
        lines = "\n".join(f"  - {error}" for error in errors)
        whole = cls(
            f"{len(errors)} problems", file=first.file, field=first.field, value=first.value, allowed=first.allowed,
            remedy=first.remedy,
        )  # fmt: skip
        whole.args = (f"{len(errors)} problems:\n{lines}",)
        return whole


def closest(name: object, choices: Iterable[str]) -> str:
    """The choice most like a name, empty if none is."""
    found = get_close_matches(str(name), list(choices), n=1, cutoff=0.5)
    return found[0] if found else ""
