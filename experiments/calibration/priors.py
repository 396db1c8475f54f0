"""Free parameters and rival structures: what `free.toml` and `structures.toml` may hold."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Final, Literal

import numpy as np
from pydantic import StrictFloat, StrictInt

from experiments.field_types import check_choice
from model.columns import Array
from model.errors import InputError, suggest
from model.files import read_toml
from model.scenario.events import PARAMETER_ROWS
from model.toml_fields import Part, one_of, read_part, row, table, text

HERE: Final = Path(__file__).resolve().parent
STRUCTURES: Final = HERE / "structures.toml"
LINEAR, LOG = "linear", "log"


@dataclass(frozen=True)
class Prior:
    """A free parameter: uniform between its bounds, in the value or in its logarithm."""

    parameter: str
    low: float
    high: float
    scale: str = LINEAR

    def to_unit(self, value: Any) -> Array:
        """Place in the prior: 0 at its low end, 1 at its high end."""
        x = np.asarray(value, dtype=float)
        if self.scale == LOG:
            return np.log(x / self.low) / math.log(self.high / self.low)
        return (x - self.low) / (self.high - self.low)

    def from_unit(self, unit: Any) -> Array:
        """Value at a place in the prior."""
        u = np.clip(np.asarray(unit, dtype=float), 0.0, 1.0)
        if self.scale == LOG:
            return self.low * np.exp(u * math.log(self.high / self.low))
        return self.low + u * (self.high - self.low)


class FreeParameter(Part):
    """A [[free]] table; bounds are those of the parameter table unless given."""

    what: ClassVar[str] = "a free parameter"
    parameter: str = row(..., "a free parameter has no name", "a parameter with a range", 'write parameter = "..."')
    low: StrictFloat | StrictInt | None = row(None, "this is not a number", "a number", "write it without quotes")
    high: StrictFloat | StrictInt | None = row(None, "this is not a number", "a number", "write it without quotes")
    scale: Literal["linear", "log"] = one_of(LINEAR, (LINEAR, LOG))


class Structure(Part):
    """A rival theory: settings of switches (or of parameters that switch a feedback off)."""

    what: ClassVar[str] = "a structure"
    name: str = row(..., "a structure has no name", "a name in quotes", 'write name = "..."')
    title: str = text()
    settings: dict[str, Any] = table({}, "settings")


def read_priors(path: Path = HERE / "free.toml") -> tuple[Prior, ...]:
    """Priors of the free parameters; bounds are those of the parameter table unless given.

    Raises
    ------
    InputError
        If there is no such parameter, it is a switch, or its range is empty.
    """
    return tuple(
        _prior(read_part(FreeParameter, entry, "free"), path.name) for entry in read_toml(path).get("free", [])
    )


def _prior(given: FreeParameter, file: str) -> Prior:
    name, known = given.parameter, PARAMETER_ROWS.get(given.parameter)
    if known is None or known.low is None or known.high is None:
        raise InputError(
            "this cannot be fitted",
            file=file,
            field="free.parameter",
            value=name,
            allowed="a parameter with a range (`run.py parameters`)",
            remedy=suggest(name, PARAMETER_ROWS, "take another"),
        )
    low, high = (float(b if a is None else a) for a, b in ((given.low, known.low), (given.high, known.high)))
    if not known.low <= low < high <= known.high or (given.scale == LOG and low <= 0.0):
        raise InputError(
            "this is no range to fit in",
            file=file,
            field=name,
            value=(low, high),
            allowed=f"low below high within {known.allowed}; above zero where scale is log",
            remedy="correct low and high",
        )
    return Prior(name, low, high, given.scale)


def read_structures(path: Path = STRUCTURES) -> dict[str, Structure]:
    """Rival structures by name; the first is the one the model ships with."""
    found = [read_part(Structure, entry, "structure") for entry in read_toml(path).get("structure", [])]
    return {structure.name: structure for structure in found}


def structure_named(name: str) -> Structure:
    """A structure; raises InputError if there is none of this name."""
    known = read_structures()
    check_choice(name, known, "structure", "there is no such structure")
    return known[name]
