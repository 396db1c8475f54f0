"""Packages that only some jobs need: they come with an extra of the installation."""

from collections.abc import Iterator
from contextlib import contextmanager

from model.errors import InputError


@contextmanager
def from_extra(extra: str, asked: str) -> Iterator[None]:
    """Import packages of an extra inside the block; `asked` is what the user asked for.

    Raises
    ------
    InputError
        If a package is not installed.
    """
    try:
        yield
    except ImportError as missing:
        raise InputError(
            "this needs a package that is not installed",
            field=asked,
            value=missing.name,
            allowed=f"the extra [{extra}]",
            remedy=f"pip install 'highway10[{extra}]', or in the repository uv sync --extra {extra}",
        ) from None
