"""Commands on studies: `study` and `compare` run one; `studies`, `query` and `discover` ask what was found."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from views.cli import pages, terminal
from views.cli.command import COMMAND
from views.cli.declare import command
from views.cli.options import (
    ORGANISATIONS,
    RESULTS,
    SEED,
    Images,
    Organisations,
    OtherModel,
    ResultsFolder,
    Seed,
    Workers,
    read_pairs,
)
from views.cli.progress import kept_in, showing

if TYPE_CHECKING:
    from experiments.ensemble.runner import Effort
    from experiments.ensemble.store import Store
    from experiments.study import Study


app = typer.Typer()


# --- options ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Changes:
    """What is changed of a study as its file describes it."""

    replications: Annotated[int | None, typer.Option(help="Seeds, in place of the study's own.")] = None
    seed: Annotated[int | None, typer.Option(help="First seed, in place of the study's own.")] = None
    organisations: Annotated[int | None, typer.Option(help="Groups, in place of the study's own.")] = None
    record: Annotated[str | None, typer.Option(help="outcomes, yearly, weekly or events.")] = None


@dataclass(frozen=True)
class StudyOptions:
    """What every study can be run with, and where its results go."""

    over: Annotated[
        str | None,
        typer.Option(metavar="POSTERIOR", help="Draw a parameter set for each seed: posterior, or a rival structure."),
    ] = None
    out: Annotated[
        str | None, typer.Option(metavar="URL", help="Folder or fsspec URL. \\[results/ and the study's name]")
    ] = None
    images: Images = False
    large: Annotated[
        bool, typer.Option("--large", help="Run all of a plan of more than a million runs, which is refused otherwise.")
    ] = False
    other_model: OtherModel = False

    @property
    def fields(self) -> dict[str, Any]:
        """Fields of the study that are set here."""
        return {name: value for name, value in (("over", self.over), ("large", self.large)) if value}


@dataclass(frozen=True)
class Machines:
    """Where runs are made: threads here, or Dask workers."""

    workers: Workers = None
    scheduler: Annotated[
        str | None, typer.Option(metavar="tcp://HOST:PORT", help="A running Dask scheduler to use in place of threads.")
    ] = None
    cluster: Annotated[
        str | None, typer.Option(metavar="KIND", help="Start Dask workers as jobs: slurm, pbs, sge, lsf, htcondor.")
    ] = None
    cluster_options: Annotated[
        list[str] | None,
        typer.Option("--cluster-option", metavar="NAME=VALUE", help="As jobs=8, cores=16, memory=32GB, queue=short."),
    ] = None


# --- running ------------------------------------------------------------------------------------------------------


@command(
    app,
    "study cooperation",
    "study packages --replications 100",
    "study my.toml --quick",
    "study credit --workers 1",
    "study packages --over posterior",
    "study packages --scheduler tcp://10.0.0.1:8786",
    "study packages --out s3://bucket/packages",
)
def study(
    name: Annotated[str, typer.Argument(help="A name (see [bold]studies[/bold]) or the path of a TOML file.")],
    changes: Changes,
    options: StudyOptions,
    where: Machines,
    *,
    retry: Annotated[bool, typer.Option("--retry", help="Make runs that failed again.")] = False,
    quick: Annotated[
        bool, typer.Option("--quick", help="A look, no result: few seeds, few groups, few steps.")
    ] = False,
) -> None:
    """Run a study, or what is missing of it, and write its tables and report.

    Ctrl-C keeps what is done; the same command resumes there.
    """
    from experiments.calibration.posterior import reading_from
    from experiments.study import Study
    from experiments.workflow import quick as in_small

    given = {key: value for key, value in asdict(changes).items() if value is not None} | options.fields
    with reading_from(other_model=options.other_model):
        made = Study.load(name)
        made = in_small(made) if quick else made
        conduct_made(made.with_(**given) if given else made, options, where, retry=retry)


@command(
    app,
    "compare s00-status-quo paris-package",
    "compare s00-status-quo s02-intelligence-first s03-ships-first s04-intelligence-and-ships --replications 50",
    "compare s00-status-quo paris-package --over posterior",
    "compare as-it-happened my.toml --window 2013 2018",
)
def compare(
    names: Annotated[list[str], typer.Argument(metavar="BASELINE SCENARIO...", help="Names or TOML files.")],
    *,
    replications: Annotated[int, typer.Option(help="Seeds, the same in every scenario.")] = 30,
    seed: Seed = SEED,
    organisations: Organisations = ORGANISATIONS,
    window: Annotated[tuple[int, int] | None, typer.Option(help="First and last year that are read.")] = None,
    options: StudyOptions,
    where: Machines,
) -> None:
    """Compare scenarios with the first on common random numbers: effects, intervals, harm, cost, displacement.

    Every effect is shown with supply that is fixed and with supply that answers price.
    """
    from experiments.calibration.posterior import reading_from
    from experiments.workflow import comparison

    fields = options.fields | ({"window": list(window)} if window else {})
    with reading_from(other_model=options.other_model):
        conduct_made(comparison(names, replications, seed, organisations, **fields), options, where)


def conduct_made(made: Study, options: StudyOptions, where: Machines, *, retry: bool = False) -> None:
    """Run a study on threads or on Dask, analyse it, write and print what came out."""
    from experiments.ensemble.store import Store
    from views.cli.summaries import print_findings

    store = Store(RESULTS / made.name if options.out is None else options.out)
    before, seeds = len(store.manifest.get("seeds", ())), len(made.seeds)
    if before > seeds:
        terminal.say(
            f"The tables and the report of {before} replications there are replaced by those of {seeds}; runs are kept."
        )
    _run(made, store, where, retry=retry)
    if store.local:
        print_findings(Path(store.root))
        terminal.print_path(pages.write_study_report(Path(store.root), images=options.images))
    else:
        typer.echo(store.url)


def _run(made: Study, store: Store, where: Machines, *, retry: bool) -> None:
    """Run and analyse a study; what a long one will take on this machine is shown before it begins."""
    from experiments.ensemble.runner import executing
    from experiments.expected import of_study
    from experiments.workflow import run_and_analyse

    def before(effort: Effort) -> None:
        if executor is None:
            terminal.say_expected(of_study(made, effort.kept), made.organisations, where.workers)

    with (
        executing(
            where.scheduler, where.cluster, read_pairs(where.cluster_options or [], "--cluster-option", "memory=32GB")
        ) as executor,
        showing(before, lambda: kept_in(store)) as display,
    ):
        run_and_analyse(
            made, store, executor, workers=where.workers, retry=retry, progress=display.effort, doing=display.doing
        )


# --- what was found -----------------------------------------------------------------------------------------------


@command(app, "studies")
def studies(folder: ResultsFolder = RESULTS) -> None:
    """List the studies that can be run, and those that have results."""
    from experiments.study import list_studies
    from experiments.workflow import list_stores

    terminal.print_table(
        f"Studies to run: {COMMAND} study NAME",
        ("name", "kind", "title", "question"),
        list_studies().itertuples(index=False),
    )
    found = list_stores(folder)
    if len(found):
        terminal.print_table(f"Results in {folder}", found.columns, found.itertuples(index=False))
    else:
        typer.echo(f"No results in {folder} yet.")


@command(
    app,
    "query 'select scenario, avg(arrived_europe_kg) from packages.runs group by all'",
    "query 'select year, avg(seized_kg) from headline.yearly group by all order by year' --csv",
)
def query(
    sql: Annotated[str, typer.Argument(help="SQL; each study is a schema with runs, yearly, by_state and so on.")],
    csv: Annotated[bool, typer.Option("--csv", help="As CSV.")] = False,
    folder: ResultsFolder = RESULTS,
) -> None:
    """Ask DuckDB about the runs of all studies."""
    from experiments.ensemble import queries
    from views.cli.lists import print_csv

    found, notes = queries.query(sql, folder)
    for note in (*notes, *queries.of_few_seeds(sql, folder)):
        terminal.say(note)
    if csv:
        print_csv(found)
    else:
        terminal.print_table(f"{len(found):,} rows", found.columns, found.map(_cell).itertuples(index=False))


@command(
    app, "discover what-matters arrived_europe_kg", "discover results/my-study expected_seized_kg --lowest --share 0.1"
)
def discover(
    name: Annotated[str, typer.Argument(metavar="STUDY", help="A study with results, its folder or its URL.")],
    outcome: Annotated[str, typer.Argument(help="An outcome of the study.")],
    share: Annotated[float, typer.Option(help="Share of the points that count as cases of interest.")] = 0.25,
    lowest: Annotated[bool, typer.Option("--lowest", help="The lowest values, in place of the highest.")] = False,
    density: Annotated[float, typer.Option(help="Least share of cases of interest inside the box.")] = 0.8,
    scenario: Annotated[str | None, typer.Option(help="Only this scenario of the study.")] = None,
) -> None:
    """Find conditions in which an outcome is worst: PRIM of the EMA workbench on a study's runs."""
    from experiments.analysis import discovery
    from experiments.ensemble.store import Store
    from views.theme import bracketed

    store = Store(RESULTS / name if (RESULTS / name / "plan.parquet").is_file() else name)
    found = discovery.discover(store, outcome, share=share, highest=not lowest, density=density, policy=scenario)
    terminal.print_table(
        f"Conditions of {outcome} {found.worst} {found.cut:,.4g}{bracketed(found.note)}",
        found.limits.columns,
        found.limits.map(_cell).itertuples(index=False),
    )
    typer.echo(found.sentence())


def _cell(value: Any) -> str:
    return f"{value:,.6g}" if isinstance(value, float) else str(value)
