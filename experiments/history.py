"""Replications of one scenario, and single runs: ensembles of one scenario, whose frames become plain files, too.

Runs are kept in a `Store` as those of studies are, so that the same command resumes after a stop and more replications
cost only what is missing. A complete history also has one Parquet file for each frame, with a column `replication`, in
the order of seeds: the same bytes on any number of workers.
"""

import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from os import PathLike
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from experiments.ensemble import provenance, runner, seeds
from experiments.ensemble.models import COMPILING, Experiment, cache_is_cold
from experiments.ensemble.places import TEMPORARY
from experiments.ensemble.recording import DIMENSIONS, FRAMES
from experiments.ensemble.runner import Effort
from experiments.ensemble.store import FAILED, Store
from model import Scenario, calendar
from model.errors import InputError
from model.route_model import check_numbers
from model.scenario.no_effect import without_effect
from model.summary import Summary
from model.world import World

TYPES: Final[dict[str, pa.DataType]] = {
    **dict.fromkeys((*DIMENSIONS, "lead_state", "stage"), pa.string()),
    **dict.fromkeys(("replication", "year", "owner"), pa.int64()),
    "date": pa.timestamp("us"),
}
"""Types of columns of plain files by name, so that those of every run fit; all others are numbers."""

type Report = Callable[[Effort], object]


@dataclass(frozen=True, repr=False)
class Replications(Summary):
    """A scenario with the seeds of its replications; see `runner.Ensemble`."""

    kind: str
    scenario: Scenario
    seeds: tuple[int, ...]
    organisations: int
    world: World
    origin: provenance.Origin
    tables: Path | None = None
    fork: None = None
    outcomes: tuple[str, ...] = ()

    def facts(self) -> dict[str, Any]:
        """What `repr` shows of replications."""
        return {
            "kind": self.kind,
            "scenario": self.scenario.name,
            "replications": len(self.seeds),
            "organisations": self.organisations,
            "weeks": self.weeks,
        }

    @property
    def weeks(self) -> int:
        """Weeks of one replication."""
        return calendar.week_of(self.scenario.end) - calendar.week_of(self.scenario.start) + 1

    @property
    def window(self) -> tuple[int, int]:
        """First and last year."""
        return self.scenario.start.year, self.scenario.end.year

    @property
    def arms(self) -> tuple[Experiment]:
        """The scenario as it is run; every seizure is kept."""
        return (Experiment(self.scenario, self.seeds[0], self.organisations, "events"),)

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """Parts of the scenario that have no effect, in words."""
        return tuple(str(one) for one in without_effect(self.world, self.scenario))

    @cached_property
    def plan(self) -> pd.DataFrame:
        """A row for each run: run (identity: all that its results depend on), arm, point, seed and replication."""
        what = [self.organisations, *self.origin, self.scenario.identity()]
        runs = [provenance.digest([*what, seed])[:16] for seed in self.seeds]
        return pd.DataFrame(
            {
                "run": runs,
                "arm": 0,
                "point": 0,
                "seed": self.seeds,
                "scenario": self.scenario.name,
                "replication": range(len(runs)),
            }
        )

    def describe(self) -> dict[str, Any]:
        """What is run and with what: the same for the same replications, whenever and wherever they are run."""
        scenario, parameters = self.scenario, self.scenario.parameters.model_dump(mode="json")
        what: dict[str, Any] = {
            "kind": self.kind,
            "title": scenario.title,
            "scenario": scenario.name,
            "scenario_identity": scenario.identity(),
            "scenario_bases": list(scenario.bases),
            "start": scenario.start.isoformat(),
            "end": scenario.end.isoformat(),
            "scored_from": scenario.scored_from.isoformat(),
            "weeks": self.weeks,
            "replications": len(self.seeds),
            "seeds": list(self.seeds),
            "organisations": self.organisations,
            "parameters_hash": provenance.digest(parameters),
            "parameters": parameters,
            **provenance.describe_origin(self.origin),
        }
        keys = ("scenario_identity", "weeks", "seeds", "organisations", "data_hash", "source_hash")
        return {"run_id": provenance.digest({key: what[key] for key in keys})[:16], **what}


def run_history(
    scenario: str | PathLike[str] | Scenario = "as-it-happened",
    replications: int = 20,
    seed: int = 1,
    organisations: int = 150,
    out: Path = Path("results/history"),
    *,
    workers: int | None = None,
    progress: Report = lambda _: None,
    tables: Path | None = None,
) -> Path:
    """Simulate a scenario `replications` times and write frames and manifest; returns the folder.

    Parameters
    ----------
    scenario, organisations
        As for `RouteModel`; other parameters by `Scenario.with_parameters`.
    replications, seed
        Replication i runs with seed + i.
    out
        Folder; runs that it holds are not made again.
    workers
        Threads; by default one for each core. The results do not depend on it.
    progress
        Called with an `Effort` from the calling thread; may raise to stop, and what was made is kept.
    tables
        Directory of tables to use in place of the project's own.

    Raises
    ------
    InputError
        If anything asked for is not acceptable; then nothing is written.
    RuntimeError
        If a run failed; the others are kept.
    """
    made = replications_of("history", scenario, seeds.replications(seed, replications), organisations, tables)
    return _complete(made, out, workers, progress)


def run_once(
    scenario: str | PathLike[str] | Scenario,
    out: Path,
    seed: int = 1,
    organisations: int = 150,
    until: str | dt.date | None = None,
    progress: Report = lambda _: None,
    *,
    tables: Path | None = None,
) -> Path:
    """Simulate a scenario once and write frames and manifest; `until` is the last day that is simulated.

    Raises
    ------
    InputError, RuntimeError
        As `run_history`.
    """
    made = replications_of("run", scenario, seeds.replications(seed, 1), organisations, tables)
    if until is not None:
        made = replace(made, scenario=replace(made.scenario, end=_last_day(made.scenario, until)))
    return _complete(made, out, 1, progress)


def replications_of(
    kind: str,
    scenario: str | PathLike[str] | Scenario,
    seeds: tuple[int, ...],
    organisations: int,
    tables: Path | None = None,
) -> Replications:
    """Check everything that replications are made of; raises InputError."""
    check_numbers(seeds[0], organisations, "events")
    chosen = scenario if isinstance(scenario, Scenario) else Scenario.load(scenario)
    if tables is not None and not Path(tables).is_dir():
        raise InputError(
            "there is no such folder of tables",
            field="tables",
            value=str(tables),
            allowed="a folder with the tables of model/data",
            remedy="copy model/data there and change the copy",
        )
    origin = provenance.origin(tables)
    world = provenance.read_world(tables, origin.data)
    chosen.check(world.names)
    return Replications(kind, chosen, seeds, organisations, world, origin, tables)


def _last_day(scenario: Scenario, until: str | dt.date) -> dt.date:
    """The Sunday of the week that holds a day of the scenario."""
    first, last = calendar.week_of(scenario.start), calendar.week_of(scenario.end)
    try:
        week, message, remedy = calendar.week_of(until), "this day lies outside the scenario", "take a day within these"
    except InputError as error:
        week, message, remedy = -1, error.message, "write it as 2011-05-10"
    if not first <= week <= last:
        raise InputError(
            message, field="until", value=str(until), allowed=f"{scenario.start} to {scenario.end}", remedy=remedy
        )
    return min(scenario.end, calendar.monday(week) + dt.timedelta(days=6))


def _complete(made: Replications, out: Path, workers: int | None, progress: Report) -> Path:
    """Run what is missing, write the plain files and close the manifest."""
    store, notes = Store(Path(out)), tuple(f"Warning: {text}" for text in made.warnings)
    store.claim(made.kind)
    if cache_is_cold():
        progress(Effort(len(made.seeds), 0, 0, 0, 0.0, (*notes, COMPILING)))
    runner.warm_up(made)
    effort = runner.run(
        made,
        store,
        workers=workers,
        retry=True,
        progress=lambda effort: progress(effort._replace(notes=(*notes, *effort.notes))),
    )
    runs = store.runs()
    failed = runs[runs["status"] == FAILED]
    if len(failed):
        raise RuntimeError(f"the run with seed {failed['seed'].iloc[0]} failed:\n{failed['error'].iloc[0]}")
    files = {name: _write_frame(store, name) for name in FRAMES}
    runner.close(made, store, effort, workers, made.warnings, files=files)
    (Path(store.root) / "report.html").unlink(missing_ok=True)  # that of other results
    return Path(store.root)


def _write_frame(store: Store, name: str) -> dict[str, int | str]:
    """Write a frame of all replications as one Parquet file; its rows and SHA-256."""
    path, rows = Path(store.root) / f"{name}.parquet", 0
    making = path.with_name(f"{TEMPORARY}{path.name}")
    tables = (_numbered(table, i) for i, table in enumerate(store.of_runs(name, store.plan()["run"])))
    first = next(tables)
    with pq.ParquetWriter(making, first.schema, compression="zstd") as writer:
        for table in chain([first], tables):
            writer.write_table(table)
            rows += table.num_rows
    making.replace(path)
    with path.open("rb") as file:
        return {"rows": rows, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}


def _numbered(table: pa.Table, replication: int) -> pa.Table:
    """A frame of one run with its number in place of its identity."""
    whole = table.set_column(0, "replication", pa.array([replication] * table.num_rows, pa.int64()))
    return whole.cast(pa.schema([(column, TYPES.get(column, pa.float64())) for column in whole.column_names]))
