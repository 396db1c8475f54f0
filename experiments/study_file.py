"""The file of a study: where it is, the fields it may have, and what they may be, given scenarios and parameters."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator

from experiments.ensemble.seeds import MOST_REPLICATIONS
from experiments.field_types import (
    LONGEST_TEXT,
    Day,
    FilePath,
    Name,
    Number,
    Switch,
    Text,
    Whole,
    check_choice,
    check_repeats,
    names,
    whole,
)
from model import Scenario
from model.errors import InputError, suggest
from model.files import is_file
from model.route_model import LARGEST_SEED
from model.scenario.events import FIRST_DAY, LAST_DAY, PARAMETER_ROWS
from model.toml_fields import Part, one_of, row, text

STUDIES: Final = Path(__file__).resolve().parent / "studies"
SUPPLY: Final = "supply_answer"
RECORD_LEVELS: Final = ("outcomes", "yearly", "weekly", "events")


def _listed(value: object) -> object:
    """A single answer of supply as a list."""
    return value if isinstance(value, list | tuple) else [value]


class StudyFields(Part):
    """Fields that the file of a study of every kind may have."""

    kind: Name = ""
    title: Text = text("", LONGEST_TEXT)
    question: Text = text("", LONGEST_TEXT)
    scenarios: tuple[FilePath, ...] = names(("as-it-happened",), min_length=1)
    baseline: FilePath = row("", "this is not a name", "one of the scenarios", "put its name in quotes")
    fork: Day | None = row(
        None,
        "this is not a date",
        f"a day from {FIRST_DAY} to {LAST_DAY}, as 2011-05-10, or none",
        "write it without quotes and without a time",
    )
    window: tuple[Whole, Whole] = row(
        None,
        "these are not years that the study can read",
        "[first, last], two whole numbers",
        "write it as [2013, 2022]",
    )
    replications: Whole = whole(20, 1, MOST_REPLICATIONS, "20 replications are usual")
    seed: Whole = whole(1, 0, LARGEST_SEED, "1 is usual")
    organisations: Whole = row(150, "not a number of organisations", "a whole number", "150 is usual")
    outcomes: tuple[Name, ...] = names((), min_length=1)
    record: Literal["outcomes", "yearly", "weekly", "events"] = one_of("outcomes", RECORD_LEVELS)
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
    """Structure whose posterior gives each seed a parameter set; the same set with the same seed in every arm."""


def find_study(name_or_path: str | Path) -> Path:
    """Path of a study: a path as it is, a name among the project's own and the working directory; raises InputError."""
    path = Path(name_or_path)
    is_path = path.suffix == ".toml"
    for found in [path] if is_path else [folder / f"{path}.toml" for folder in (Path.cwd(), STUDIES)]:
        if is_file(found):
            return found
    known = [path.stem for path in sorted(STUDIES.glob("*.toml"))]
    otherwise = "take one of these, or the path of a TOML file"
    raise InputError(
        "there is no such file" if is_path else "there is no such study",
        field="study",
        value=str(name_or_path),
        allowed="a TOML file" if is_path else ", ".join(known),
        remedy="check the path" if is_path else suggest(str(name_or_path), known, otherwise),
    )


# --- checks -------------------------------------------------------------------------------------------------------


def check_no_scenario(document: Mapping[str, Any]) -> None:
    """Refuse the file of a scenario that is given as a study; raises InputError."""
    if {"base", "events"} & document.keys():
        raise InputError(
            "this is a scenario, not a study",
            field="base",
            value=document.get("base", "none"),
            allowed="a study, which has scenarios and no base",
            remedy="uv run run.py run FILE, or compare it with others: uv run run.py compare as-it-happened FILE",
        )


def names_of(loaded: Mapping[str, Scenario]) -> dict[str, str]:
    """Name of each scenario that is given by name or path; raises InputError where two files have one name."""
    named = {one: scenario.name for one, scenario in loaded.items()}
    twice, count = next(iter(Counter(named.values()).most_common(1)))
    if count > 1:
        raise InputError(
            "two scenarios have the same name",
            field="scenarios",
            value=", ".join(one for one, name in named.items() if name == twice),
            allowed="a name of its own for each, which is that of its file",
            remedy="rename one of the files",
        )
    return named


def fork_of(fork: date | None, scenarios: Sequence[Scenario]) -> date | None:
    """The day of the fork; raises InputError where it does not lie within all scenarios."""
    first, last = max(one.start for one in scenarios), min(one.end for one in scenarios)
    if fork is not None and not first <= fork <= last:
        raise InputError(
            "the fork lies outside a scenario",
            field="fork",
            value=fork.isoformat(),
            allowed=f"a day from {first} to {last}",
            remedy="take a day within these, or no fork",
        )
    return fork


def window_of(years: tuple[int, int] | None, scenarios: Sequence[Scenario], fork: date | None) -> tuple[int, int]:
    """First and last year that are read: by default from the year after the fork to the end of all scenarios.

    Raises
    ------
    InputError
        If the scenarios do not hold these years, or they lie before the fork.
    """
    last = min(scenario.end for scenario in scenarios).year
    first = (fork or scenarios[0].scored_from).year + (1 if fork else 0)
    if years is None and first <= last:
        return first, last
    if years is None or not (first - 1 if fork else first) <= years[0] <= years[1] <= last:
        raise InputError(
            "these are not years that the study can read",
            field="window",
            value=years and list(years),
            allowed=f"[first, last] within {first} to {last}",
            remedy="take years after the fork",
        )
    return years


def supply_of(numbers: Sequence[float]) -> tuple[float, ...]:
    """Answers of supply that a study runs; raises InputError where one is out of bounds or listed twice."""
    bounds = PARAMETER_ROWS[SUPPLY]
    for number in numbers:
        if not float(bounds.low or 0.0) <= number <= float(bounds.high or math.inf):
            raise InputError(
                "not an answer of supply to price",
                field="supply",
                value=number,
                allowed=f"a list of numbers from {bounds.low:g} to {bounds.high:g}, as [0, 2]",
                remedy="0 keeps output fixed, 2 lets it answer price",
            )
    check_repeats(numbers, "supply")
    return tuple(float(number) for number in numbers)


def posterior_name(value: str) -> str:
    """Structure whose posterior a study draws from: "posterior" means that of the model as it ships; "" none.

    Raises
    ------
    InputError
        If there is no such structure.
    """
    if not value:
        return ""
    from experiments.calibration.priors import read_structures

    structures = list(read_structures())
    check_choice(value, ["posterior", *structures], "over")
    return structures[0] if value == "posterior" else value
