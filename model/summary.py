"""Short summaries of large objects: one line in a terminal, a small table in a notebook."""

from html import escape
from typing import Any

from model.errors import cut

LONGEST_LINE, LONGEST_FACT = 300, 80


class Summary:
    """Base of classes that are shown by a few facts; a class says which in `facts`."""

    def facts(self) -> dict[str, Any]:
        """What the summary shows: name -> value."""
        raise NotImplementedError

    def __repr__(self) -> str:
        """One line of at most 300 characters."""
        facts = ", ".join(f"{name}={_shown(value)}" for name, value in self.facts().items())
        return f"{type(self).__name__}({cut(facts, LONGEST_LINE - len(type(self).__name__) - 2)})"

    def _repr_html_(self) -> str:
        """A table with a row for each fact, for notebooks."""
        rows = "".join(
            f"<tr><th>{escape(name)}</th><td>{escape(_shown(value))}</td></tr>" for name, value in self.facts().items()
        )
        return f"<table><caption>{escape(type(self).__name__)}</caption>{rows}</table>"


def _shown(value: Any) -> str:
    """A value in short: numbers with six digits, text in quotes."""
    if isinstance(value, float):
        return f"{value:.6g}"
    return cut(repr(value) if isinstance(value, str) else str(value), LONGEST_FACT)
