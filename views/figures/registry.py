"""Figures by the tables they are drawn from: a report shows those whose tables its results hold.

A figure of one's own, in a notebook or in a package that names its module under the entry point group
``highway10.figures``, needs this decorator and nothing else::

    @figure("sobol", section="How factors compare", split=by("outcome"))
    def ladder(results, rows, outcome):
        return go.Figure(go.Bar(x=rows["st"], y=rows["factor"]))
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import pandas as pd
import plotly.graph_objects as go

from experiments.plugins import load_all
from model.errors import InputError
from views import theme

LAST: Final = 1000
"""Order of a section without an order of its own: after those that ship."""

type Text = str | Callable[[Any], str]
type Pieces = Iterable[tuple[str, pd.DataFrame, Sequence[Any]]]
"""For each drawing: an end for its name, its rows, and what its function gets besides."""
type Split = Callable[[Any, pd.DataFrame], Pieces]
"""(results, table) -> the pieces that are drawn one by one."""


@dataclass(frozen=True)
class Section:
    """A section of reports.

    Attributes
    ----------
    title, lead
        Its heading and the line below, as text or as a function of the results.
    order
        Sections stand in this order, whatever results they are of.
    columns
        Class of the grid of its figures: one, two, three or maps.
    """

    title: Text
    lead: Text = ""
    order: int = LAST
    columns: str = "two"


class Drawing(NamedTuple):
    """A figure in a report: its name in the page and on disk, and the rows that it shows."""

    name: str
    figure: go.Figure
    data: pd.DataFrame
    columns: str


class Part(NamedTuple):
    """A section of one report with its drawings."""

    title: str
    lead: str
    shipped: bool
    drawings: list[Drawing]


@dataclass(frozen=True)
class Registered:
    """A figure with the tables it needs and its place in reports."""

    make: Callable[..., go.Figure]
    tables: tuple[str, ...]
    section: Section
    name: str
    split: Split
    columns: str

    def drawings(self, results: Any) -> Iterator[Drawing]:
        """Draw the figure as often as its split asks for; not at all where a table is missing; raises InputError."""
        if any(results.table(name).empty for name in self.tables):
            return
        for suffix, rows, arguments in self.split(results, results.table(self.tables[0])):
            made = self.make(results, rows, *arguments)
            drawn, data = made if isinstance(made, tuple) else (made, rows)
            if not isinstance(drawn, go.Figure):
                raise InputError(
                    "this function returns no figure",
                    field=f"figure {self.name}",
                    value=type(drawn).__name__,
                    allowed="a plotly.graph_objects.Figure, or one with the rows that it shows",
                    remedy=f"let {self.make.__module__}.{self.make.__qualname__} return its figure",
                )
            name = "-".join(filter(None, (self.name, suffix)))
            if not drawn.layout.meta:  # a figure of one's own may give no texts
                title = drawn.layout.title.text or name.replace("-", " ").capitalize()
                theme.describe(drawn, title=title, subtitle="", source=f"table {', '.join(self.tables)}.")
            yield Drawing(name, theme.noted(drawn, results.note(rows)), data, self.columns)


FIGURES: Final[dict[tuple[Any, ...], Registered]] = {}
"""Every figure by its function, tables, name and section; its order is that of figures inside a section."""


def _whole(results: Any, rows: pd.DataFrame) -> Pieces:
    return [("", rows, ())]


def by(column: str, chosen: Iterable[str] | Callable[[Any], Iterable[str]] = (), most: int | None = None) -> Split:
    """Split a table by a column: a drawing for each value, which the function gets after its rows.

    Parameters
    ----------
    chosen
        The values to draw, in order, as far as the table holds them; all of them if none is given.
    most
        Draw the first so many only.
    """

    def split(results: Any, rows: pd.DataFrame) -> Pieces:
        held = dict.fromkeys(rows[column].astype(str))
        wanted = (chosen(results) if callable(chosen) else chosen) or held
        for value in [value for value in wanted if value in held][:most]:
            name = value.replace("_", "-") if column == "outcome" else value
            yield name, rows[rows[column] == value], (value,)

    return split


def figure[Make: Callable[..., Any]](
    *tables: str, section: Section | str, name: str | None = None, split: Split = _whole, columns: str = ""
) -> Callable[[Make], Make]:
    """Register a function that draws a figure of tables.

    Parameters
    ----------
    tables
        Tables that must have rows. The function gets the results and the rows of the first one.
    section
        Where reports show it; a text makes a section of that title after all others.
    name
        Its name in the page and of its files, to which a split adds; the name of the function if not given.
    split
        How rows are divided into several drawings, such as `by("outcome")`.
    columns
        Class of the grid in which it stands, where that is not the one of its section.

    Raises
    ------
    InputError
        If no table is named, or the name is none of a file.
    """
    if not tables:
        raise InputError(
            "no table is named that the figure is drawn from",
            field="figure",
            value=name or "",
            allowed="names of tables of a study",
            remedy='name one, as in: @figure("ranges", section="Ranges over seeds")',
        )
    place = Section(section) if isinstance(section, str) else section

    def register(make: Make) -> Make:
        label = make.__name__.replace("_", "-").strip("<>") if name is None else name
        if not re.fullmatch(r"[\w-]*", label):
            allowed, remedy = "letters, digits, - and _, as files have it for a name", "choose another name"
            raise InputError(
                "a figure cannot have this name", field="name", value=label, allowed=allowed, remedy=remedy
            )
        key = make.__module__, make.__qualname__, tables, label, place.order
        FIGURES[key] = Registered(make, tables, place, label, split, columns or place.columns)
        return make

    return register


def draw(results: Any) -> list[Part]:
    """Draw every figure whose tables the results hold, by section."""
    load_all("views.figures", "highway10.figures")
    found: dict[Section, list[Drawing]] = {}
    for registered in sorted(FIGURES.values(), key=lambda one: one.section.order):
        found.setdefault(registered.section, []).extend(registered.drawings(results))
    return [
        Part(
            section.title(results) if callable(section.title) else section.title,
            section.lead(results) if callable(section.lead) else section.lead,
            section.order < LAST,
            drawings,
        )
        for section, drawings in found.items()
        if drawings
    ]
