"""From a question to its tables: run what is missing of a study, analyse it, and say so in the manifest."""

from __future__ import annotations

import datetime as dt
import os
import warnings
from collections.abc import Callable
from concurrent.futures import Executor
from pathlib import Path
from typing import Any, Final

import pandas as pd

from experiments.analysis.intervals import preliminary_results
from experiments.analysis.no_effect import warnings_of
from experiments.analysis.tables import analyse
from experiments.ensemble import runner
from experiments.ensemble.runner import Effort
from experiments.ensemble.store import Store
from experiments.study import Study
from model.errors import InputError

__all__ = ["RESULTS", "comparison", "conduct", "list_stores", "query"]

RESULTS: Final = Path("results")
MOST_ARMS: Final = 30
QUICK: Final = {"replications": 4, "organisations": 60}


def conduct(
    study: Study, store: Store, executor: Executor | None = None, *, workers: int | None = None, retry: bool = False,
    progress: Callable[[Effort], object] = lambda _: None, doing: Callable[[str], object] = lambda _: None,
) -> Effort:  # fmt: skip
    """Run what is missing of a study, write its tables and close its manifest.

    Raises
    ------
    InputError
        If the study cannot be or nothing can be written; what is stored stays.
    """
    store.claim()  # before the rules are compiled, which may take a minute
    warned = warnings_of(study)

    def told(effort: Effort) -> None:
        progress(effort._replace(notes=(*(f"Warning: {text}" for text in warned), *effort.notes)))

    if runner.cache_is_cold():
        doing("compiling the weekly rules (first time only, about a minute)")
    runner.warm_up(study)
    if study.kind == "search":
        from experiments.analysis.mixes import search

        effort = search(study, store, executor, workers=workers, progress=told)
    else:
        effort = runner.run(study, store, executor, workers=workers, retry=retry, progress=told)
        doing("comparing")
        analyse(study, store)
    _close(study, store, effort, workers, warned)
    if study.file:
        store.put("study.toml", Path(study.file).read_bytes())
    return effort


def _close(study: Study, store: Store, effort: Effort, workers: int | None, warned: list[str]) -> None:
    """Write the manifest of a study that is complete."""
    runs = store.runs()
    counts = runs.drop_duplicates("run")["status"].value_counts()
    now = dt.datetime.now(dt.UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
    store.write_manifest({
        **store.manifest, **study.describe(), "state": "complete", "created": now, "seconds": round(effort.seconds, 2),
        "fresh": effort.fresh, "workers": workers or os.cpu_count(),
        "runs": {"planned": effort.planned, "done": int(counts.get("done", 0)), "failed": int(counts.get("failed", 0))},
        "notes": list(effort.notes), "warnings": warned,
    })  # fmt: skip


def comparison(scenarios: list[str], replications: int, seed: int, organisations: int, **changes: Any) -> Study:
    """A study that compares scenarios; the first is the baseline. Others fields as in a study's file.

    Raises
    ------
    InputError
        If there are too few or too many scenarios, or one does not exist.
    """
    if not 2 <= len(scenarios) <= MOST_ARMS:
        raise InputError("scenarios to compare", field="scenarios", value=", ".join(scenarios),
                         allowed=f"2 to {MOST_ARMS} of them, the baseline first",
                         remedy="as in: run.py compare s00-status-quo paris-package")  # fmt: skip
    names = [Path(one).stem for one in scenarios]
    document = {
        "title": f"{', '.join(names[1:])} against {names[0]}",
        "question": "What is seized, what moves elsewhere and what still arrives?", "kind": "compare",
        "scenarios": scenarios, "replications": replications, "seed": seed, "organisations": organisations,
        "record": "yearly", "supply": [0, 2], **changes,
    }  # fmt: skip
    return Study.from_dict(document, name="compare-" + "-".join(names)[:80])


def quick(study: Study) -> Study:
    """A small version of a study: a look, no result."""
    options = dict(study.options)
    if "steps" in options:
        options["steps"] = min(int(options["steps"]), 5)
    if "n" in options:
        options["n"] = min(int(options["n"]), 4)
    return study.with_(name=f"{study.name}-quick", options=options, **QUICK)


def list_stores(folder: Path = RESULTS) -> pd.DataFrame:
    """Studies that have results in a folder: name, kind, title, runs, failed, state, created."""
    rows = []
    for path in sorted(folder.glob("*/manifest.json")):
        try:
            manifest = Store(path.parent).manifest or {"kind": "", "state": "its manifest is damaged"}
        except InputError as error:
            manifest = {"kind": "", "state": error.message}
        if "kind" in manifest:
            runs = manifest.get("runs", {})
            told = [manifest.get(name, "") for name in ("kind", "title", "state", "created")]
            few = preliminary_results(manifest)
            told[1] += f" ({few})" if few else ""
            rows.append((path.parent.name, *told[:2], runs.get("done", 0), runs.get("failed", 0), *told[2:]))
    return pd.DataFrame(rows, columns=["name", "kind", "title", "runs", "failed", "state", "created"])


def query(sql: str, folder: Path = RESULTS) -> pd.DataFrame:
    """Ask DuckDB about stored studies.

    Each study is a schema with the views `runs` (plan and outcomes) and its recorded frames; a name with other signs
    than letters, digits and _ is quoted: ``select scenario, avg(arrived_europe_kg) from "packages".runs group by all``.
    Damaged studies are left out with a warning. `experiments.ensemble.queries` says what DuckDB may do here.

    Warns
    -----
    UserWarning
        For each study that is damaged.

    Raises
    ------
    InputError
        If the question cannot be answered; DuckDB's own words say why.
    """
    from experiments.ensemble import queries

    answer, notes = queries.query(sql, folder)
    for note in notes:
        warnings.warn(note, stacklevel=2)
    return answer
