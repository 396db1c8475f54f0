"""What may stand in a manifest: the fields that are read, each with its type, checked once where it is read."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, ValidationError, ValidationInfo, create_model, field_validator
from pydantic_core import PydanticCustomError

from model.errors import InputError

KINDS_OF_VALUE: Final = {
    "list_type": "a list",
    "dict_type": "an object, {...}",
    "model_type": "an object, {...}",
    "string_type": "text",
    "int_type": "a whole number",
    "float_type": "a number",
    "missing": "what programs write there",
    "tuple_type": "a first and a last year",
}
OTHERWISE: Final = {
    True: "delete it and give the command again; runs of a study are kept",
    False: "move its folder away and give the command again",
}
"""What else to do, where the manifest is of a study or validation and where it is not."""


class Fields(BaseModel):
    """Fields of one object of a manifest; others may stand beside them."""

    model_config = ConfigDict(strict=True)


class Factor(Fields):
    """A factor of a study; `low` and `high` do not count where there are `values`."""

    name: str
    title: str
    target: str
    field: str
    values: list[Any] | None = None
    low: float | None = None
    high: float | None = None


class Design(Fields):
    """The design of a study."""

    n: int | None = None


FIELDS: Final[dict[str, Any]] = {
    **dict.fromkeys(("kind", "name", "title", "question", "created", "plan_sha256"), (str, "")),
    **dict.fromkeys(("organisations", "results_version"), (int, 0)),
    **dict.fromkeys(("seconds", "bulk_purity"), (float, 0.0)),
    **dict.fromkeys(("notes", "warnings"), (list[str], [])),
    **dict.fromkeys(("scenarios", "scenario_files", "versions"), (dict[str, str], {})),
    "seeds": (list[int], []),
    "window": (tuple[int, int], (0, 0)),
    "fork": (date | None, None),
    "over": (str | None, None),
    "baseline": (str, ""),
    "outcomes": (dict[str, dict[str, Any]], {}),
    "factors": (list[Factor], []),
    "design": (Design, Design()),
    "runs": (dict[str, int], {}),
}
"""What may stand in a manifest of a study, history or calibration: its type, and the value where it is left out."""


class Manifest(create_model("Known", __base__=Fields, **FIELDS)):  # type: ignore[misc]
    """A manifest of a study, history or calibration; versions differ in which fields they write."""

    @field_validator("baseline")
    @classmethod
    def _is_a_scenario(cls, value: str, fields: ValidationInfo) -> str:
        """Figures are drawn of the baseline, so its runs have to be there."""
        names = fields.data.get("scenarios")
        if names and value not in names:
            raise PydanticCustomError("baseline", "a name that stands in scenarios")
        return value


def _part(name: str, fields: dict[str, Any]) -> Any:
    """An object within a manifest, all of whose fields have to be there."""
    return create_model(name, __base__=Fields, **fields), ...


COUNTS: Final = (
    "families",
    "families_informed",
    "families_passed",
    "families_passed_hindsight",
    "families_inside_better_counted",
    "families_inside_better_hindsight",
    "country_years",
    "fitted",
    "fitted_inside_runs",
    "fitted_inside_record",
    "fitted_inside_fit",
    "trials",
    "trials_built_in",
    "trials_open",
    "trials_hold",
    "trials_open_hold",
    "trials_open_fail",
)
RANGES: Final = ("families_passed_range", "families_inside_better_range")
NULLS: Final = ("better_on_error", "worse_on_error", "better_on_crps", "worse_on_crps")
VERDICT: Final[dict[str, Any]] = {
    **dict.fromkeys(COUNTS, (int, ...)),
    **dict.fromkeys(RANGES, (tuple[int, int], ...)),
    **dict.fromkeys(NULLS, (list[str], ...)),
    "fitted_joint_p": (float, ...),
}
VALIDATED: Final[dict[str, Any]] = {
    **dict.fromkeys(("title", "structure", "created", "source_hash", "data_hash"), (str, ...)),
    "versions": (dict[str, str], ...),
    "size": _part("Size", dict.fromkeys(("draws", "trials", "surge", "remedies", "policies"), (int, ...))),
    "posterior": _part("Posterior", {"simulations": (int, ...), "temperature": (float, ...)}),
    "verdict": _part("Verdict", VERDICT),
}
Validation: Final = create_model("Validation", __base__=Manifest, **VALIDATED)
"""A manifest of a validation, which holds all that its report shows."""


def check_manifest(content: Mapping[str, Any], file: str, *, whole: bool = False) -> None:
    """Refuse a manifest in which a field is of another type than programs write.

    Parameters
    ----------
    whole
        Refuse also one that lacks what a report shows, as those of other versions may.

    Raises
    ------
    InputError
        Names the first such field.
    """
    kind = Validation if content.get("kind") == "validation" else Manifest
    try:
        kind.model_validate_json(json.dumps(content))
    except ValidationError as error:
        problems: list[Any] = [p for p in error.errors(include_url=False) if whole or not _lacks(p)]
        if problems:
            raise _damaged(problems[0], file, OTHERWISE["kind" in content]) from None


def _lacks(problem: Mapping[str, Any]) -> bool:
    """Whether a field is not there; an entry that a pair of numbers lacks is damage."""
    return problem["type"] == "missing" and isinstance(problem["loc"][-1], str)


def _damaged(problem: Mapping[str, Any], file: str, otherwise: str) -> InputError:
    lacks = _lacks(problem)
    given = "null" if problem["input"] is None else problem["input"]
    return InputError(
        "the manifest lacks this field" if lacks else "the manifest is damaged",
        file=file,
        field=".".join(map(str, problem["loc"])),
        value=None if lacks else given,
        allowed=KINDS_OF_VALUE.get(problem["type"], problem["msg"].removeprefix("Input should be ")),
        remedy=f"put the file back as it was written, or {otherwise}",
    )
