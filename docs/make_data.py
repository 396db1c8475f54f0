"""Write the generated part of docs/data.md from tables and datapackage.json: ``uv run python docs/make_data.py``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

PAGE = Path(__file__).with_name("data.md")
DATA = PAGE.parents[1] / "model" / "data"
MARK = "<!-- generated from here on by make_data.py -->"
CONFIDENCES = ("high", "medium", "low", "assumed")


def counts(resources: list[dict[str, Any]]) -> list[str]:
    """Rows of each table by confidence."""
    lines = [
        "## Rows by confidence",
        "",
        "| Table | Rows | high | medium | low | assumed |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for resource in resources:
        table = pd.read_csv(DATA / resource["path"])
        found = table["confidence"].value_counts() if "confidence" in table else {}
        cells = [f"{found.get(word, 0):,}" if len(found) else "" for word in CONFIDENCES]
        lines.append(f"| `{resource['name']}` | {len(table):,} | {' | '.join(cells)} |")
    return lines


def columns(resource: dict[str, Any]) -> list[str]:
    """Every column of a table: type, unit, meaning."""
    lines = [
        "",
        f"### {resource['name']}",
        "",
        resource["description"],
        "",
        "| Column | Type | Unit | Meaning |",
        "|---|---|---|---|",
    ]
    for field in resource["schema"]["fields"]:
        meaning = str(field.get("description", "")).replace("|", "\\|")
        lines.append(f"| `{field['name']}` | {field['type']} | {field.get('unit', '')} | {meaning} |")
    return lines


def page() -> str:
    """The page with everything after the mark made anew."""
    package = json.loads((DATA / "datapackage.json").read_text(encoding="utf-8"))
    tables = [resource for resource in package["resources"] if "schema" in resource]
    lines = [*counts(tables), "", "## Columns", *(line for table in tables for line in columns(table))]
    prose = PAGE.read_text(encoding="utf-8").split(MARK)[0]
    return prose + MARK + "\n\n" + "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
