"""Highway 10 on the command line: one short command for each question a researcher asks.

``uv run run.py`` in the repository, ``highway10`` where the package is installed; without a command it is the main job.
Here commands and their options are declared; what they do stands in `views/cli/jobs.py`. Heavy imports stand inside the
commands, so that help is quick.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Final

import typer

from views.cli import jobs
from views.cli.command import COMMAND
from views.cli.guard import Guarded
from views.cli.options import (
    RESULTS,
    Cluster,
    ClusterOptions,
    FitSeed,
    Images,
    Large,
    Machines,
    Organisations,
    OtherModel,
    Over,
    ResultsFolder,
    Scheduler,
    Seed,
    Settings,
    TablesFolder,
    Workers,
    at_least,
    examples,
    out_folder,
)
from views.cli.settings import read_settings, refuse

SCENARIO: Final = "as-it-happened"
HEADLINE: Final = "headline"
COMPARED: Final = 30
REPLICATIONS, ORGANISATIONS, SEED = 20, 150, 1
QUICK_REPLICATIONS, QUICK_ORGANISATIONS = 3, 60
CALIBRATION, VALIDATION = Path("results/calibration"), Path("results/validation")
HISTORY, QUICK = Path("results/history"), Path("results/history-quick")

app = typer.Typer(
    cls=Guarded, add_completion=False, rich_markup_mode="rich", pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Without a command: [bold]study headline[/bold], the main job. Examples: "
    + " · ".join(f"[bold]{COMMAND} {line}[/bold]" for line in
                 ("compare s00-status-quo paris-package", "study cooperation", "history")),
)  # fmt: skip


@app.callback(invoke_without_command=True)
def main(context: typer.Context) -> None:
    """Simulate cocaine-trafficking routes from the Andes to Europe and the states that police them."""
    if context.invoked_subcommand is None:
        jobs.conduct_study(HEADLINE)


# --- commands -----------------------------------------------------------------------------------------------------


@app.command(epilog=examples("history", "history --quick", "history --replications 50 --seed 100 --out results/fifty"))
def history(
    replications: Annotated[int | None, typer.Option(help=f"Runs, each with its own seed. \\[{REPLICATIONS}]")] = None,
    seed: Seed = SEED,
    workers: Annotated[int | None, typer.Option(help="Threads; results do not depend on it. \\[all cores]")] = None,
    organisations: Annotated[
        int | None, typer.Option(help=f"Groups that the trade is divided among. \\[{ORGANISATIONS}]")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="PATH", parser=out_folder, help=f"Folder of the results. \\[{HISTORY}]")
    ] = None,
    scenario: Annotated[str, typer.Option(help="A name or the path of a TOML file.")] = SCENARIO,
    settings: Settings = None,
    tables: TablesFolder = None,
    quick: Annotated[
        bool,
        typer.Option(
            "--quick",
            help=f"A look, no result: {QUICK_REPLICATIONS} runs of {QUICK_ORGANISATIONS} groups in {QUICK}, "
            "unless other options say otherwise.",
        ),
    ] = False,
) -> None:
    """Simulate 2000-2023 as it happened, many times, and write frames, a manifest and report.html."""
    usual = (QUICK_REPLICATIONS, QUICK_ORGANISATIONS, QUICK) if quick else (REPLICATIONS, ORGANISATIONS, HISTORY)
    runs = usual[0] if replications is None else replications
    groups = usual[1] if organisations is None else organisations
    folder = usual[2] if out is None else out
    jobs.study_history(runs, seed, groups, folder, scenario, workers, read_settings(settings or []), tables)


@app.command(
    epilog=examples(
        "run as-it-happened", "run no-schiphol-sive --seed 7 --until 2012-12-31", "run my.toml --set sharing_scale=1.5"
    )
)
def run(
    scenario: Annotated[str, typer.Argument(help="A name (see [bold]scenarios[/bold]) or the path of a TOML file.")],
    seed: Seed = SEED,
    organisations: Organisations = ORGANISATIONS,
    until: Annotated[
        str | None, typer.Option(metavar="DATE", help="Last day to simulate, in place of the scenario's end.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH", parser=out_folder, help="Folder of the frames. \\[results/run-SCENARIO]", show_default=False
        ),
    ] = None,
    settings: Settings = None,
    tables: TablesFolder = None,
) -> None:
    """Run one simulation, write its frames and print its years."""
    from experiments.history import run_once
    from model import Scenario
    from views.cli import terminal

    folder = out if out is not None else RESULTS / f"run-{Path(scenario).stem}"
    asked = Scenario.load(scenario).with_parameters(**read_settings(settings or []))
    with terminal.showing_runs() as progress:
        path = run_once(asked, folder, seed, organisations, until, progress, tables=tables)
    terminal.print_years(path)
    typer.echo(terminal.shown(path))


@app.command(name="app", epilog=examples("app", "app --port 8800 --no-open"))
def open_app(
    port: Annotated[int, typer.Option(help="Port on this machine.", min=1, max=65_535)] = 8765,
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 lets others in.")] = "127.0.0.1",
    browser: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in the browser.")] = True,
) -> None:
    """Open the live page: watch routes shift, steer policy, compare two worlds."""
    jobs.serve_page(host, port, browser=browser)


@app.command(epilog=examples("report", "report results/headline --images", "report results/run-no-schiphol-sive"))
def report(
    folder: Annotated[
        Path, typer.Argument(help="Folder that [bold]history[/bold], [bold]run[/bold] or a study wrote.")
    ] = HISTORY,
    images: Images = False,
) -> None:
    """Write report.html of results that are there already."""
    jobs.report_again(folder, images=images)


@app.command(epilog=examples("scenarios"))
def scenarios() -> None:
    """List the scenarios within reach: those of the project and of the working directory."""
    from model.scenario.files import list_scenarios
    from views.cli import terminal

    heads = ["name", "title", "base"]
    rows = [tuple(row) for row in list_scenarios()[heads].itertuples(index=False)]
    terminal.print_table("Scenarios", heads, rows)
    typer.echo(f"Run one with: {COMMAND} run NAME. Your own is a TOML file with a title and a base.")


@app.command(epilog=examples("parameters", "parameters --group market", "parameters --csv > parameters.csv"))
def parameters(
    group: Annotated[str | None, typer.Option(help="Only the parameters of this group.")] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="As the Markdown table of the documentation.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="As CSV, with sources and confidence.")] = False,
) -> None:
    """List every parameter: default, unit, what is allowed, role, meaning."""
    from views.cli.parameter_list import print_parameters

    if markdown and csv:
        refuse("only one of them", "--markdown, --csv", "both", "--markdown or --csv", "leave one out")
    print_parameters(group, "markdown" if markdown else "csv" if csv else "table")


@app.command(
    epilog=examples(
        "policies", "policies maoc-n", "policies --stage know", "policies --cost paris-package",
        "policies --csv > p.csv",
    )
)  # fmt: skip
def policies(
    measure: Annotated[str | None, typer.Argument(help="Only this measure, with all that is known of it.")] = None,
    stage: Annotated[str | None, typer.Option(help="Only measures that act at this stage of the funnel.")] = None,
    cost: Annotated[
        str | None, typer.Option(metavar="SCENARIO", help="What a scenario costs above history, by measure.")
    ] = None,
    csv: Annotated[bool, typer.Option("--csv", help="As CSV, with all columns.")] = False,
) -> None:
    """List the measures: where each enters, its levers, evidence, cost, and the scenarios that use it."""
    from views.cli.measure_list import print_costs, print_measures

    if cost is None:
        print_measures(measure, stage, csv=csv)
    elif measure or stage or csv:
        refuse("--cost stands alone", "--cost", cost, "no other option", "leave the others out")
    else:
        print_costs(cost)


@app.command(
    epilog=examples(
        "study cooperation", "study packages --replications 100", "study my.toml --quick", "study credit --workers 1",
        "study packages --over posterior", "study packages --scheduler tcp://10.0.0.1:8786",
        "study packages --out s3://bucket/packages",
    )
)  # fmt: skip
def study(
    name: Annotated[str, typer.Argument(help="A name (see [bold]studies[/bold]) or the path of a TOML file.")],
    replications: Annotated[int | None, typer.Option(help="Seeds, in place of the study's own.")] = None,
    seed: Annotated[int | None, typer.Option(help="First seed, in place of the study's own.")] = None,
    organisations: Annotated[int | None, typer.Option(help="Groups, in place of the study's own.")] = None,
    record: Annotated[str | None, typer.Option(help="outcomes, yearly, weekly or events.")] = None,
    over: Over = None,
    out: Annotated[str | None, typer.Option(metavar="URL", help="Folder or fsspec URL. \\[results/NAME]")] = None,
    workers: Workers = None,
    scheduler: Scheduler = None,
    cluster: Cluster = None,
    cluster_options: ClusterOptions = None,
    retry: Annotated[bool, typer.Option("--retry", help="Make runs that failed again.")] = False,
    quick: Annotated[
        bool, typer.Option("--quick", help="A look, no result: few seeds, few groups, few steps.")
    ] = False,
    images: Images = False,
    large: Large = False,
    other_model: OtherModel = False,
) -> None:
    """Run a study, or what is missing of it, and write its tables and report.

    Ctrl-C keeps what is done; the same command resumes there.
    """
    changes = {"replications": replications, "seed": seed, "organisations": organisations, "record": record,
               "over": over, "large": large or None}  # fmt: skip
    where = Machines(workers, scheduler, cluster, cluster_options or [])
    with jobs.drawing_from(other_model=other_model):
        jobs.conduct_study(name, changes, out, where, retry=retry, small=quick, images=images)


@app.command(
    epilog=examples(
        "compare s00-status-quo paris-package",
        "compare s00-status-quo s02-intelligence-first s03-ships-first s04-intelligence-and-ships --replications 50",
        "compare s00-status-quo paris-package --over posterior",
        "compare as-it-happened my.toml --window 2013 2018",
    )
)
def compare(
    names: Annotated[list[str], typer.Argument(metavar="BASELINE SCENARIO...", help="Names or TOML files.")],
    replications: Annotated[int, typer.Option(help="Seeds, the same in every scenario.")] = COMPARED,
    seed: Seed = SEED,
    organisations: Organisations = ORGANISATIONS,
    window: Annotated[tuple[int, int] | None, typer.Option(help="First and last year that are read.")] = None,
    over: Over = None,
    out: Annotated[
        str | None, typer.Option(metavar="URL", help="Folder or fsspec URL. \\[results/compare-...]")
    ] = None,
    workers: Workers = None,
    scheduler: Scheduler = None,
    cluster: Cluster = None,
    cluster_options: ClusterOptions = None,
    images: Images = False,
    large: Large = False,
    other_model: OtherModel = False,
) -> None:
    """Compare scenarios with the first on common random numbers: effects, intervals, harm, cost, displacement.

    Every effect is shown with supply that is fixed and with supply that answers price.
    """
    from experiments.conduct import comparison

    changes = {key: value for key, value in (("window", list(window or ())), ("over", over)) if value}
    made = comparison(names, replications, seed, organisations, **changes)
    made = made.with_(large=True) if large else made
    with jobs.drawing_from(other_model=other_model):
        jobs.conduct_made(made, out, Machines(workers, scheduler, cluster, cluster_options or []), images=images)


@app.command(
    epilog=examples("calibrate --quick", "calibrate", "calibrate salience --temperature 2.4", "calibrate --screen",
                    "calibrate --recovery 100", "calibrate --recovery 40 --of-model", "calibrate --best")
)  # fmt: skip
def calibrate(
    structure: Annotated[
        str, typer.Argument(help="A rival theory (experiments/calibration/structures.toml).")
    ] = "base",
    population: Annotated[
        int | None, typer.Option(help="Parameter sets in a generation. \\[200]", callback=at_least(20, 100_000))
    ] = None,
    generations: Annotated[
        int | None, typer.Option(help="Generations at most. \\[6]", callback=at_least(1, 1_000))
    ] = None,
    sets: Annotated[
        int | None, typer.Option(help="Sets of equal weight that are kept. \\[300]", callback=at_least(1, 100_000))
    ] = None,
    seed: FitSeed = SEED,
    workers: Workers = None,
    out: Annotated[
        Path,
        typer.Option(metavar="PATH", parser=out_folder, help="Folder of the fit; a stopped fit resumes from it."),
    ] = CALIBRATION,
    reference: Annotated[
        bool, typer.Option("--reference", help="Keep the posterior in results/reference, which studies draw from.")
    ] = False,
    restart: Annotated[bool, typer.Option("--restart", help="Forget what was done before.")] = False,
    temperature: Annotated[
        float | None, typer.Option(help="Do not look for the temperature: take that of another structure.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="A look, no result: few targets, parameters, sets.")] = False,
    screen: Annotated[
        bool, typer.Option("--screen", help="Instead: which uncertain parameters move which targets (Morris, Sobol).")
    ] = False,
    recovery: Annotated[
        int | None,
        typer.Option(
            metavar="TRIALS",
            help="Instead: does the fit find parameters that are known?",
            callback=at_least(10, 100_000),
        ),
    ] = None,
    of_model: Annotated[
        bool,
        typer.Option(
            "--of-model", help="With --recovery: the model itself makes the data, a minute a trial; goes on if stopped."
        ),
    ] = False,
    best: Annotated[
        bool, typer.Option("--best", help="Instead: which sets of the kept posterior fit best; the first is default.")
    ] = False,
    other_model: OtherModel = False,
) -> None:
    """Fit the model to the published record of 2004-08 (ABC-SMC), or go on where that was stopped.

    Ctrl-C keeps every generation that has ended. The full fit takes 20 to 25 minutes on two cores.
    """
    from experiments.calibration import calibrate as fitting

    instead = [
        name for name, on in (("--screen", screen), ("--recovery", recovery is not None), ("--best", best)) if on
    ]
    if len(instead) > 1:
        refuse("only one of them", ", ".join(instead), "together", " or ".join(instead), "leave the others out")
    if of_model and recovery is None:
        refuse("there is nothing that the model should make data for", "--of-model", "alone", "with --recovery TRIALS",
               "add --recovery 40, or leave it out")  # fmt: skip
    if temperature is not None and not 0.0 < temperature < math.inf:
        refuse("not a temperature", "--temperature", temperature, "a number above 0, at least 1 where the record errs "
               "as it says", "leave it out, or take that of another structure")  # fmt: skip
    size = fitting.with_population(fitting.QUICK if quick else fitting.USUAL, population, generations, sets)
    folder = out if not quick or out != CALIBRATION else Path(f"{CALIBRATION}-quick")
    jobs.check_calibration(folder / structure)
    if screen:
        jobs.screen_structure(structure, folder, size, workers)
    elif recovery is not None:
        jobs.recover_known(structure, folder, size, recovery, seed, workers, of_model=of_model, restart=restart)
    elif best:
        with jobs.drawing_from(other_model=other_model):
            jobs.rank_sets(structure, folder, size, workers)
    else:
        jobs.fit_structure(structure, folder, size, seed, workers, temperature=temperature, reference=reference,
                           restart=restart)  # fmt: skip


@app.command(epilog=examples("validate", "validate --quick", "validate salience --out results/validation-salience",
                       "validate --against my-reports.csv"))  # fmt: skip
def validate(
    structure: Annotated[str, typer.Argument(help="The structure whose posterior is judged.")] = "base",
    out: Annotated[
        Path, typer.Option(metavar="PATH", parser=out_folder, help="Folder of tables and report.")
    ] = VALIDATION,
    workers: Workers = None,
    quick: Annotated[bool, typer.Option("--quick", help="A look, no result: few sets of the posterior.")] = False,
    against: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Instead: score annual reports that you hold, 2009 to 2023. A CSV file with the columns state (three "
            "letters, as ESP), year, tonnes (bulk weight).",
        ),
    ] = None,
    other_model: OtherModel = False,
) -> None:
    """Judge the fitted model on what it was not fitted to: predictions 2009-2023, nulls, experiments, rivals.

    Writes tables and validation.html; failures are printed as plainly as successes.
    """
    beside = "" if against is None else f"-against-{against.stem}"
    folder = out if out != VALIDATION else Path(f"{VALIDATION}{beside}{'-quick' if quick else ''}")
    jobs.check_validation(folder)
    with jobs.drawing_from(other_model=other_model):
        if against is None:
            jobs.judge_structure(structure, folder, workers, quick=quick)
        else:
            jobs.judge_against(against, structure, folder, workers, quick=quick)


@app.command(epilog=examples("studies"))
def studies(folder: ResultsFolder = RESULTS) -> None:
    """List the studies that can be run, and those that have results."""
    from experiments.conduct import list_stores
    from experiments.study import list_studies
    from views.cli import terminal

    rows = [tuple(row) for row in list_studies().itertuples(index=False)]
    terminal.print_table(f"Studies to run: {COMMAND} study NAME", ("name", "kind", "title", "question"), rows)
    found = list_stores(folder)
    rows = [tuple(str(cell) for cell in row) for row in found.itertuples(index=False)]
    if rows:
        terminal.print_table(f"Results in {folder}", tuple(found.columns), rows)
    else:
        typer.echo(f"No results in {folder} yet.")


@app.command(
    epilog=examples(
        "query 'select scenario, avg(arrived_europe_kg) from packages.runs group by all'",
        "query 'select year, avg(seized_kg) from headline.yearly group by all order by year' --csv",
    )
)
def query(
    sql: Annotated[str, typer.Argument(help="SQL; each study is a schema with runs, yearly, by_state and so on.")],
    csv: Annotated[bool, typer.Option("--csv", help="As CSV.")] = False,
    folder: ResultsFolder = RESULTS,
) -> None:
    """Ask DuckDB about the runs of all studies."""
    from experiments.ensemble.queries import of_few_seeds
    from experiments.ensemble.queries import query as ask
    from views.cli import terminal

    found, notes = ask(sql, folder)
    for note in (*notes, *of_few_seeds(sql, folder)):
        terminal.say(note)
    if csv:
        typer.echo(found.to_csv(index=False, lineterminator="\n"), nl=False)
    else:
        rows = [tuple(terminal.cell(value) for value in row) for row in found.itertuples(index=False)]
        terminal.print_table(f"{len(rows):,} rows", tuple(found.columns), rows)


@app.command(
    epilog=examples(
        "discover what-matters arrived_europe_kg",
        "discover results/my-study expected_seized_kg --lowest --share 0.1",
    )
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
    from views.cli import terminal
    from views.theme import bracketed

    known = RESULTS / name
    found = discovery.discover(
        Store(known if (known / "plan.parquet").is_file() else name), outcome,
        share=share, highest=not lowest, density=density, policy=scenario,
    )  # fmt: skip
    columns = tuple(found.limits.columns)
    rows = [tuple(terminal.cell(value) for value in row) for row in found.limits.itertuples(index=False)]
    title = f"Conditions of {outcome} {found.worst} {found.cut:,.4g}{bracketed(found.note)}"
    terminal.print_table(title, columns, rows)
    typer.echo(found.sentence())


@app.command(epilog=examples("schedule"))
def schedule() -> None:
    """Print what happens in one week, in order."""
    from model.week import SCHEDULE
    from views.cli import terminal

    rows = [(str(number), step.submodel, step.name, step.does) for number, step in enumerate(SCHEDULE, start=1)]
    terminal.print_table("One week", ("", "submodel", "rule", "what it does"), rows)


@app.command(name="event-targets", epilog=examples("event-targets", "event-targets state"))
def event_targets(kind: Annotated[str, typer.Argument(help="Only the fields of one kind of target.")] = "") -> None:
    """Print what a dated event of a scenario may change: kind, field, unit, bounds and meaning."""
    from model.errors import InputError
    from model.scenario.events import EVENT_FIELDS, KINDS
    from views.cli import terminal

    if kind and kind not in KINDS:
        raise InputError(
            "there is no such kind of target",
            field="KIND",
            value=kind,
            allowed=", ".join(KINDS),
            remedy="leave it out to see all",
        )
    rows = [
        (owner, field, what.allowed, what.description)
        for (owner, field), what in EVENT_FIELDS.items()
        if kind in {"", owner}
    ]
    terminal.print_table("Targets of events", ("kind", "field", "allowed", "meaning"), rows)
    typer.echo(f"Every numeric parameter is a target, too: `{COMMAND} parameters` lists them.")


if __name__ == "__main__":
    app()
