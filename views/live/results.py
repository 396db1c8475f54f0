"""What studies have written, for the page: a list of them, their reports, and their runs to be seen again."""

import datetime as dt
import json
import os
from contextlib import suppress
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

from experiments.analysis.intervals import preliminary_results
from experiments.ensemble.folder import read_manifest
from experiments.ensemble.store import Store
from model import calendar
from model.errors import InputError
from views.cli.command import COMMAND
from views.cli.options import refuse
from views.theme import bracketed

ROOT: Final = Path(os.environ.get("HIGHWAY10_RESULTS") or "results").resolve()
"""Where studies are looked for: `results/` of the working directory, or what the environment variable names."""
REPORTS: Final = ("report.html", "validation.html")
FIGURES: Final = (".csv", ".png", ".svg")
"""What a report links to, in the folder `figures` beside it."""
MOST_RUNS: Final = 400
SHOWN: Final = ("scenario", "seed")
OUTCOMES: Final = ("arrived_europe_kg", "seized_kg", "west_africa_kg", "price_europe")


def list_results(root: Path = ROOT) -> dict[str, Any]:
    """Studies with results: id, title, kind, when, report (path inside the folder); and a note where there is none."""
    if not root.is_dir():
        return {"studies": [], "note": f"There is no folder {root.name}/ yet. Run a study: {COMMAND}"}
    folders = {path.parent for pattern in ("*/manifest.json", "*/*/manifest.json") for path in root.glob(pattern)}
    found = [
        _study(folder, folder.relative_to(root))
        for folder in sorted(folders)
        if "reference" not in folder.relative_to(root).parts and folder.parent.name != "rivals"
    ]
    found.sort(key=itemgetter("created"), reverse=True)
    return {"studies": found, "note": "" if found else f"No study has written results yet. Run one: {COMMAND}"}


def _study(folder: Path, name: Path) -> dict[str, Any]:
    content: dict[str, Any] = {}
    with suppress(InputError):
        content = read_manifest(folder)
    if not content:
        unread = {"title": folder.name, "kind": "its manifest cannot be read", "created": "", "report": ""}
        return {"id": name.as_posix(), **unread}
    return {
        "id": name.as_posix(),
        "title": f"{content.get('title') or folder.name}{bracketed(preliminary_results(content))}",
        "kind": str(content.get("kind") or content.get("study") or ""),
        "created": str(content.get("created", ""))[:10],
        "report": next((report for report in REPORTS if (folder / report).exists()), ""),
        "runs": (folder / "plan.parquet").exists(),
    }


def find_report(path: str, root: Path = ROOT) -> Path | None:
    """File of a report, or of a figure that it links to, by its path inside the results; None for all else there."""
    file = (root / path).resolve()
    known = file.name in REPORTS or (file.parent.name == "figures" and file.suffix in FIGURES)
    inside = file.is_relative_to(root.resolve()) and ".." not in Path(path).parts
    return file if inside and known and file.is_file() else None


def runs_of(study: str, root: Path = ROOT) -> dict[str, Any]:
    """Runs of a study: columns, rows (scenario, seed, factors, main outcomes), and how many there are.

    Raises
    ------
    InputError
        If there is no such study, or it keeps no single runs.
    """
    folder = (root / study).resolve()
    if not folder.is_relative_to(root.resolve()) or not folder.is_dir():
        refuse("this study is not there, or no longer", "study", study, f"a folder of {root}", "open the results again")
    if not (folder / "plan.parquet").exists():
        allowed = "studies of `run.py study` and `run.py compare`"
        refuse("this study keeps no single runs", "study", study, allowed, "choose another")
    try:
        table, planned = Store(folder).runs(), Store(folder).plan().columns
    except InputError:
        raise
    except (OSError, ValueError, KeyError) as error:
        message = f"the runs of this study cannot be read ({type(error).__name__})"
        remedy = "run the study again; it makes what is missing"
        refuse(message, "study", study, "runs as `run.py study` wrote them", remedy)
    table = table[table["status"] == "done"] if "status" in table else table
    plan = planned.drop(["run", "point", "arm", *SHOWN], errors="ignore")
    columns = [name for name in (*SHOWN, *plan, *OUTCOMES) if name in table]
    # as JSON holds them: nothing for missing values, four decimals
    shown = table[columns].head(MOST_RUNS).round(4).to_json(orient="values")
    return {"id": study, "columns": columns, "rows": json.loads(shown), "count": len(table)}


def study_of(study: str, root: Path = ROOT) -> dict[str, Any]:
    """What a study says of its runs, as settings of the page: groups, the day when arms part, the end of its window.

    Empty where its manifest says nothing of the kind.
    """
    told = read_manifest(root / study)
    groups, fork, window = (told.get(name) for name in ("organisations", "fork", "window"))
    found = {
        "organisations": groups if isinstance(groups, int) else None,
        "fork": dt.date.fromisoformat(str(fork)[:10]) if fork else None,
        "date": calendar.monday(calendar.first_week(min(int(window[1]), calendar.LAST_YEAR) + 1)) if window else None,
    }
    return {name: value for name, value in found.items() if value is not None}
