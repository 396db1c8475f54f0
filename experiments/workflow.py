"""From a question to its tables: run what is missing of a study, analyse it, and say so in the manifest."""

import warnings
from collections.abc import Callable
from concurrent.futures import Executor
from pathlib import Path
from typing import Any, Final

import pandas as pd

from experiments.analysis.intervals import preliminary_results
from experiments.analysis.no_effect import warnings_of
from experiments.ensemble import runner
from experiments.ensemble.models import COMPILING
from experiments.ensemble.runner import Effort
from experiments.ensemble.store import Store
from experiments.study import Study
from model.errors import InputError

RESULTS: Final = Path("results")
MOST_ARMS: Final = 30
QUICK: Final = {"replications": 4, "organisations": 60}


def run_and_analyse(
    study: Study,
    store: Store,
    executor: Executor | None = None,
    *,
    workers: int | None = None,
    retry: bool = False,
    progress: Callable[[Effort], object] = lambda _: None,
    doing: Callable[[str], object] = lambda _: None,
) -> Effort:
    """Run what is missing of a study, write its tables and close its manifest.

    Parameters
    ----------
    executor, workers, retry, progress
        As of `experiments.ensemble.runner.run`.
    doing
        Called with what is done beside runs, in words.

    Raises
    ------
    InputError
        If the study cannot be or nothing can be written; what is stored stays.
    """
    store.claim()  # before the rules are compiled, which may take a minute
    warned = warnings_of(study)

    def with_warnings(effort: Effort) -> None:
        progress(effort._replace(notes=(*(f"Warning: {text}" for text in warned), *effort.notes)))

    if runner.cache_is_cold():
        doing(COMPILING)
    runner.warm_up(study)
    effort = study.run(store, executor, workers=workers, retry=retry, progress=with_warnings, doing=doing)
    runner.close(study, store, effort, workers, warned)
    if study.file:
        store.put("study.toml", Path(study.file).read_bytes())
    return effort


def comparison(scenarios: list[str], replications: int, seed: int, organisations: int, **changes: Any) -> Study:
    """A study that compares scenarios; the first is the baseline. Other fields as in a study's file.

    Raises
    ------
    InputError
        If there are too few or too many scenarios, or one does not exist.
    """
    if not 2 <= len(scenarios) <= MOST_ARMS:
        raise InputError(
            "scenarios to compare",
            field="scenarios",
            value=", ".join(scenarios),
            allowed=f"2 to {MOST_ARMS} of them, the baseline first",
            remedy="as in: run.py compare s00-status-quo paris-package",
        )
    names = [Path(one).stem for one in scenarios]
    document = {
        "title": f"{', '.join(names[1:])} against {names[0]}",
        "question": "What is seized, what moves elsewhere and what still arrives?",
        "kind": "compare",
        "scenarios": scenarios,
        "replications": replications,
        "seed": seed,
        "organisations": organisations,
        "record": "yearly",
        "supply": [0, 2],
        **changes,
    }
    return Study.from_dict(document, name="compare-" + "-".join(names)[:80])


def quick(study: Study) -> Study:
    """A small version of a study: a preview, no result."""
    most = {"steps": 5, "n": 4}
    design = {key: min(value, most.get(key, value)) for key, value in getattr(study, "design", {}).items()}
    return study.with_(name=f"{study.name}-quick", **({"design": design} if design else {}), **QUICK)


def list_stores(folder: Path = RESULTS) -> pd.DataFrame:
    """Studies that have results in a folder: name, kind, title, runs, failed, state, created."""
    columns = ["name", "kind", "title", "runs", "failed", "state", "created"]
    rows = []
    for path in sorted(folder.glob("*/manifest.json")):
        try:
            manifest = Store(path.parent).manifest or {"kind": "", "state": "its manifest is damaged"}
        except InputError as error:
            manifest = {"kind": "", "state": error.message}
        if "kind" in manifest:
            runs, few = manifest.get("runs", {}), preliminary_results(manifest)
            rows.append(
                {
                    **{column: manifest.get(column, "") for column in columns},
                    "name": path.parent.name,
                    "title": manifest.get("title", "") + (f" ({few})" if few else ""),
                    "runs": runs.get("done", 0),
                    "failed": runs.get("failed", 0),
                }
            )
    return pd.DataFrame(rows, columns=columns)


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
