"""Write docs/parameters.md from the rows of model/data/parameters.csv: ``uv run python docs/make_parameters.py``."""

from __future__ import annotations

from pathlib import Path

from model.parameter_fields import markdown_table, parameter_rows
from model.parameters import Parameters

HEAD = """# Parameters

Made from `model/data/parameters.csv` by `docs/make_parameters.py`; do not edit by hand.

There are {count} parameters. A **lever** is what a policy sets, an **uncertainty** what nobody knows exactly (the
allowed range is the range to sweep), a **switch** chooses between rival theories. Confidence `assumed` means that no
source gives the value: {assumed} of them are of this kind. Twelve defaults are those of a set that fits 2004-08
([calibration.md](calibration.md)); the others come from their sources, or were set by hand before that fit.

A scenario sets parameters in its table `[parameters]`, an event changes a numeric one from a date on (target
`parameter:NAME`, see `model/scenario/events.py`), and `RouteModel(..., name=value)` overrides them for one run. Labels
such as M12, SF25 and "amendment 6" are explained in [sources.md](sources.md). What each parameter does stands in
[odd.md](odd.md).

"""


def page() -> str:
    """The whole page."""
    rows = parameter_rows(Parameters).values()
    assumed = sum(row.confidence == "assumed" for row in rows)
    return HEAD.format(count=len(rows), assumed=assumed) + markdown_table(Parameters)


if __name__ == "__main__":
    Path(__file__).with_name("parameters.md").write_text(page(), encoding="utf-8")
