"""What a study's file may hold: a pydantic class for each kind of study, each design and each part.

`model.toml_fields` says how a field is declared. What depends on other fields, on the scenarios or on the tables of the
model is checked in `experiments.study`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import BeforeValidator, Field, PlainValidator, StringConstraints
from pydantic import StrictBool as Switch
from pydantic import StrictInt as Whole

from experiments.analysis.attribution import MOST_PLAYERS, PERMUTATIONS
from model.errors import InputError, suggest
from model.route_model import LARGEST_SEED
from model.scenario.events import FIRST_DAY, LAST_DAY
from model.toml_fields import Part, one_of, read_part, row, table, tables, text

__all__ = [
    "KINDS",
    "LEVELS",
    "METHODS",
    "MOST_POINTS",
    "AttributionEntry",
    "CsvDesign",
    "DesignEntry",
    "FactorEntry",
    "SampledDesign",
    "SearchEntry",
    "SteppedDesign",
    "StudyFile",
    "read_design",
    "read_study",
]

LEVELS: Final = ("outcomes", "yearly", "weekly", "events")
MOST_POINTS: Final = 1_000_000
MOST_REPLICATIONS: Final = 1_000_000
MOST_PERMUTATIONS: Final = 10_000
MOST_STEPS_OF_SEARCH: Final = 10_000
LONGEST_TEXT: Final = 2_000
LONGEST_NAME: Final = 100
LARGEST_NUMBER: Final = 1e300


# --- types --------------------------------------------------------------------------------------------------------


def _number(value: object) -> object:
    """A finite number as it stands; minus zero is zero, since both are the same level."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not -LARGEST_NUMBER <= value <= LARGEST_NUMBER:
        raise ValueError("not a finite number")
    return value + 0.0 if isinstance(value, float) else value


def _level(value: object) -> object:
    """A level of a factor: a number, a day, or an option of a switch."""
    if isinstance(value, bool | str):
        return value
    return _day(value) if isinstance(value, date) else _number(value)


def _day(value: object) -> object:
    if not isinstance(value, date) or isinstance(value, datetime) or not FIRST_DAY <= value <= LAST_DAY:
        raise ValueError("not a day of the tables")
    return value


type Text = Annotated[str, StringConstraints(strict=True, max_length=LONGEST_TEXT)]
type Name = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=LONGEST_NAME)]
type Path_ = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=LONGEST_TEXT)]
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


# --- designs ------------------------------------------------------------------------------------------------------


class DesignEntry(Part):
    """The table `[design]`; its method says which fields it has."""

    what: ClassVar[str] = "a design of this method"
    method: Name


class SteppedDesign(DesignEntry):
    """A design of even steps."""

    steps: Whole = whole(11, 2, MOST_POINTS, "11 is usual")


class OneAtATimeDesign(SteppedDesign):
    """Each factor alone through its values."""

    steps: Whole = whole(5, 2, MOST_POINTS, "5 is usual")


class SampledDesign(DesignEntry):
    """A design of sampled points."""

    n: Whole = whole(64, 1, MOST_POINTS, "64 is usual")
    seed: Whole = whole(0, 0, LARGEST_SEED, "0 is usual")


class CsvDesign(DesignEntry):
    """A user's own table of points."""

    file: Path_ = row(
        ..., "this is not the name of a file", "the path of a CSV file, in quotes", 'write file = "points.csv"'
    )


DESIGNS: Final[dict[str, type[SteppedDesign] | type[SampledDesign] | type[CsvDesign]]] = {
    "grid": SteppedDesign,
    "lhs": SampledDesign,
    "sobol": SampledDesign,
    "saltelli": SampledDesign,
    "morris": SampledDesign,
    "one-at-a-time": OneAtATimeDesign,
    "csv": CsvDesign,
}
METHODS: Final = tuple(DESIGNS)


# --- factors and what some kinds need -----------------------------------------------------------------------------


class FactorEntry(Part):
    """A `[[levers]]` or `[[uncertainties]]` table."""

    what: ClassVar[str] = "a factor"
    target: Annotated[str, StringConstraints(strict=True, pattern=r"^[^:]+:[^:]+$", max_length=500)] = row(
        ...,
        "a factor needs a target",
        "kind:name, as parameter:sharing_scale, measure:maoc-n, platform:*",
        "write it as in an event of a scenario",
    )
    name: Name | None = row(
        None,
        "this cannot be the name of a factor",
        f"1 to {LONGEST_NAME} characters in quotes",
        "give it a short name, or leave it out",
    )
    field: Name | None = row(
        None, "this is not a field", "the name of a field, in quotes", "write it as in an event of a scenario"
    )
    operation: Literal["value", "add", "multiply"] = one_of(
        "value", ("value", "add", "multiply"), "there is no such operation"
    )
    low: Number | Day | None = row(
        None,
        "this is not the end of a range",
        "a finite number, or a day for a date",
        "write a plain number, without quotes",
    )
    high: Number | Day | None = row(
        None,
        "this is not the end of a range",
        "a finite number, or a day for a date",
        "write a plain number, without quotes",
    )
    values: tuple[Level, ...] | None = row(
        None,
        "this is not a list of values",
        "a list of one or more finite numbers, options or days, each once",
        "write it as [0.0, 0.5, 1.0]",
        min_length=1,
    )
    since: Literal["start", "fork"] | None = row(
        None, "a factor holds from the start or from the fork", "", "take one of these", ("start", "fork")
    )
    title: Text = text("", LONGEST_TEXT)
    unit: Text = text("", LONGEST_TEXT)


class AttributionEntry(Part):
    """The table `[attribution]`."""

    what: ClassVar[str] = "an attribution"
    players: tuple[Name, ...] = row(
        ...,
        "these players cannot share credit",
        f"a list of 2 to {MOST_PLAYERS} platforms or states, each once",
        "name them as in platforms.csv or states.csv",
        min_length=2,
        max_length=MOST_PLAYERS,
    )
    over: Literal["platforms", "states"] = one_of("platforms", ("platforms", "states"))
    permutations: Whole = whole(PERMUTATIONS, 2, MOST_PERMUTATIONS, f"{PERMUTATIONS} is usual")


class SearchEntry(Part):
    """The table `[search]`."""

    what: ClassVar[str] = "a search"
    measures: tuple[Name, ...] = row(
        ...,
        "a search needs measures to mix",
        "a list of at least two of those that `run.py policies` lists",
        "name them in [search]",
        min_length=2,
    )
    generations: Whole = whole(10, 1, MOST_STEPS_OF_SEARCH, "10 is usual")
    population: Whole = whole(16, 1, MOST_STEPS_OF_SEARCH, "16 is usual")
    worlds: Whole = whole(6, 1, MOST_STEPS_OF_SEARCH, "6 is usual")
    fresh_worlds: Whole = whole(12, 1, MOST_STEPS_OF_SEARCH, "12 is usual")
    random: Whole = whole(10, 1, MOST_STEPS_OF_SEARCH, "10 is usual")
    budget_eur: Annotated[Number, Field(gt=0)] = row(
        60e6, "this is not a budget", "a finite number above zero, in EUR a year", "60_000_000 is usual"
    )
    seed: Whole = whole(1, 0, 2**32 - 1, "1 is usual")


# --- studies ------------------------------------------------------------------------------------------------------


def _listed(value: object) -> object:
    """A single answer of supply as a list."""
    return value if isinstance(value, list | tuple) else [value]


class StudyFile(Part):
    """What a study of every kind may hold."""

    kind: Name
    title: Text = text("", LONGEST_TEXT)
    question: Text = text("", LONGEST_TEXT)
    scenarios: tuple[Path_, ...] = names(("as-it-happened",), min_length=1)
    baseline: Path_ | None = row(None, "this is not a name", "one of the scenarios", "put its name in quotes")
    fork: Day | None = row(
        None,
        "this is not a date",
        f"a day from {FIRST_DAY} to {LAST_DAY}, as 2011-05-10, or none",
        "write it without quotes and without a time",
    )
    window: tuple[Whole, Whole] | None = row(
        None,
        "these are not years that the study can read",
        "[first, last], two whole numbers",
        "write it as [2013, 2022]",
    )
    replications: Whole = whole(20, 1, MOST_REPLICATIONS, "20 replications are usual")
    seed: Whole = whole(1, 0, LARGEST_SEED, "1 is usual")
    organisations: Whole = row(150, "not a number of organisations", "a whole number", "150 is usual")
    outcomes: tuple[Name, ...] | None = names(None, min_length=1)
    record: Literal["outcomes", "yearly", "weekly", "events"] = one_of("outcomes", LEVELS)
    supply: Annotated[tuple[Number, ...], BeforeValidator(_listed)] = row(
        (),
        "not an answer of supply to price",
        "a list of numbers, as [0, 2]",
        "0 keeps output fixed, 2 lets it answer price",
    )
    common_seeds: Switch = row(True, "this is neither true nor false", "true or false", "write it without quotes")
    over: Text = row(
        "", "this is not one of the choices", '"posterior", or the name of a structure', "put it in quotes"
    )


class DesignedStudy(StudyFile):
    """A study that may vary factors by a design."""

    design: Table = table({}, "design")
    levers: tuple[Table, ...] = tables("levers")
    uncertainties: tuple[Table, ...] = tables("uncertainties")


class CompareStudy(DesignedStudy):
    """Scenarios against a baseline."""

    what: ClassVar[str] = 'a study of kind "compare"'


class SweepStudy(DesignedStudy):
    """Factors over their ranges."""

    what: ClassVar[str] = 'a study of kind "sweep"'


class ScreeningStudy(DesignedStudy):
    """Morris' screening."""

    what: ClassVar[str] = 'a study of kind "screening"'


class SobolStudy(DesignedStudy):
    """Sobol indices."""

    what: ClassVar[str] = 'a study of kind "sobol"'


class HeadlineStudy(DesignedStudy):
    """A comparison and a sweep in one."""

    what: ClassVar[str] = 'a study of kind "headline"'
    swept: tuple[Path_, ...] = names((), min_length=1)


class AttributionStudy(StudyFile):
    """Shapley shares."""

    what: ClassVar[str] = 'a study of kind "attribution"'
    attribution: Table = table(..., "attribution")


class SearchStudy(StudyFile):
    """Search for robust mixes."""

    what: ClassVar[str] = 'a study of kind "search"'
    search: Table = table(..., "search")
    uncertainties: tuple[Table, ...] = tables("uncertainties")


STUDIES: Final[dict[str, type[StudyFile]]] = {
    "compare": CompareStudy,
    "sweep": SweepStudy,
    "screening": ScreeningStudy,
    "sobol": SobolStudy,
    "attribution": AttributionStudy,
    "search": SearchStudy,
    "headline": HeadlineStudy,
}
KINDS: Final = tuple(STUDIES)


# --- reading ------------------------------------------------------------------------------------------------------


def read_study(document: Mapping[str, Any]) -> StudyFile:
    """The fields of a study's file, by the class of its kind; raises InputError that lists all that is wrong."""
    kind = _chosen(document.get("kind", "compare"), STUDIES, "kind", "there is no such kind of study")
    return read_part(STUDIES[kind], {**document, "kind": kind}, "")


def read_design(settings: Mapping[str, Any]) -> SteppedDesign | SampledDesign | CsvDesign:
    """The table `[design]`, by the class of its method; raises InputError that lists all that is wrong."""
    method = _chosen(settings.get("method", "grid"), DESIGNS, "design.method", "there is no such design")
    return read_part(DESIGNS[method], {**settings, "method": method}, "design")


def _chosen(value: object, choices: Mapping[str, object], field: str, says: str) -> str:
    if isinstance(value, str) and value in choices:
        return value
    raise InputError(says, field=field, value=value, allowed=", ".join(choices), remedy=suggest(value, choices))
