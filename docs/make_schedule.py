"""Write the tables of the week and of event targets: ``uv run python docs/make_schedule.py``.

The week goes into docs/odd.md between its two marks; the targets make docs/event-targets.md.
"""

from __future__ import annotations

from pathlib import Path

from model.scenario.events import EVENT_FIELDS, EventField
from model.week import SCHEDULE

HERE = Path(__file__).parent
BEGIN, END = "<!-- the week: made by docs/make_schedule.py -->", "<!-- end of the week -->"
TARGETS = """# What events may change

Made from `model/data/columns.csv` and the levers of `model/scenario/events.py` by `docs/make_schedule.py`; do not edit
by hand. `uv run run.py event-targets` prints the same.

An event names a target as `kind:name`, a field, and one of three operations: `value` sets the field, `add` and
`multiply` change what it would be without the event. Results are held within the bounds. What is on or off, a year or a
choice can only be set. Every numeric parameter is a target, too: `parameter:NAME` ([parameters.md](parameters.md)).

```toml
title = "More checks in Antwerp"
base = "as-it-happened"

[[events]]
id = "checks-in-antwerp"
date = 2012-01-01
until = 2014-01-01                 # left out: for ever
target = "place:antwerp"           # or "place:*", "place:antwerp,rotterdam", "place:region=west_africa"
field = "inspection_share"
multiply = 2
```

| Kind | Field | Unit | Allowed | Meaning |
|---|---|---|---|---|
"""


def week() -> str:
    """The table of the week."""
    rows = [f"| {n} | {step.submodel} | `{step.name}` | {step.does} |" for n, step in enumerate(SCHEDULE, start=1)]
    return "\n".join(["| # | Submodel | Rule | What happens |", "|---|---|---|---|", *rows])


def description() -> str:
    """The page docs/odd.md with the table of the week in its place."""
    text = (HERE / "odd.md").read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n{week()}\n{END}{rest.partition(END)[2]}"


def row(kind: str, field: str, what: EventField) -> str:
    """One target."""
    allowed = what.allowed.removesuffix(f" {what.unit}")
    return f"| {kind} | `{field}` | {what.unit} | {allowed} | {what.description} |"


def targets() -> str:
    """The page docs/event-targets.md."""
    return TARGETS + "\n".join(row(*key, what) for key, what in EVENT_FIELDS.items()) + "\n"


if __name__ == "__main__":
    (HERE / "odd.md").write_text(description(), encoding="utf-8")
    (HERE / "event-targets.md").write_text(targets(), encoding="utf-8")
