"""Highway 10 on the command line: one short command for each question a researcher asks.

``uv run run.py`` without a command is the main job. Heavy imports stand inside the commands, so that help is quick.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, Final, NamedTuple

import typer
from typer.core import TyperGroup

from views.settings import read_pairs, read_settings, refuse

SCENARIO: Final = "as-it-happened"
HEADLINE: Final = "headline"
COMPARED: Final = 30
REPLICATIONS, ORGANISATIONS, SEED = 20, 150, 1
QUICK_REPLICATIONS, QUICK_ORGANISATIONS = 3, 60
INTERRUPTED: Final = 130
RESULTS: Final = Path("results")
CALIBRATION, VALIDATION = Path("results/calibration"), Path("results/validation")
HISTORY, QUICK = Path("results/history"), Path("results/history-quick")


# --- the application and its errors -------------------------------------------------------------------------------


class Guarded(TyperGroup):
    """Commands whose refusals and interruptions end in a message and an exit code, never in a traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command: 2 after an input that is not acceptable, 130 after Ctrl-C."""
        try:
            return super().invoke(ctx)
        except ValueError as error:
            # model.errors is loaded when it was raised; importing it here would make --help slow
            refused = getattr(sys.modules.get("model.errors"), "InputError", ())
            if not isinstance(error, refused):
                raise
            terminal().say(f"Error: {error}", style="red")
            raise typer.Exit(2) from None
        except KeyboardInterrupt as stopped:
            kept = str(stopped) or "Earlier results are as they were, and nothing half-written is left."
            terminal().say(f"Interrupted. {kept}", style="yellow")
            raise typer.Exit(INTERRUPTED) from None


app = typer.Typer(
    cls=Guarded, add_completion=False, rich_markup_mode="rich", pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Without a command: [bold]study headline[/bold], the main job. Examples: [bold]run.py[/bold] · "
    "[bold]run.py compare s00-status-quo paris-package[/bold] · [bold]run.py study cooperation[/bold] · "
    "[bold]run.py history[/bold]",
)  # fmt: skip

Seed = Annotated[int, typer.Option("--seed", help="Seed; the same seed gives the same run, to the last bit.")]
Organisations = Annotated[int, typer.Option("--organisations", help="Groups that the trade is divided among.")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Set a parameter (see [bold]parameters[/bold]); may be repeated."),
]
TablesFolder = Annotated[
    Path | None, typer.Option("--tables", metavar="FOLDER", help="Use these tables in place of model/data.")
]


def _at_least(least: int) -> Any:
    """Check of an option: a whole number from `least` on, or none."""

    def check(parameter: typer.CallbackParam, value: int | None) -> int | None:
        if value is not None and value < least:
            refuse("not a number that fits", f"--{parameter.name}", value, f"a whole number from {least} on",
                   "choose a larger one, or leave it out")  # fmt: skip
        return value

    return check


Workers = Annotated[
    int | None,
    typer.Option(help="Threads; results do not depend on it. \\[all cores]", show_default=False,
                 callback=_at_least(1)),
]  # fmt: skip
Scheduler = Annotated[
    str | None, typer.Option(metavar="tcp://HOST:PORT", help="A running Dask scheduler to use in place of threads.")
]
Cluster = Annotated[
    str | None, typer.Option(metavar="KIND", help="Start Dask workers as jobs: slurm, pbs, sge, lsf, htcondor.")
]
ClusterOptions = Annotated[
    list[str] | None,
    typer.Option("--cluster-option", metavar="NAME=VALUE", help="As jobs=8, cores=16, memory=32GB, queue=short."),
]
Over = Annotated[
    str | None,
    typer.Option(metavar="POSTERIOR", help="Draw a parameter set for each seed: posterior, or a rival structure."),
]
Images = Annotated[bool, typer.Option("--images", help="Write every figure as PNG and SVG too (needs a browser).")]


class Machines(NamedTuple):
    """Where runs are made: threads here, or Dask workers."""

    workers: int | None = None
    scheduler: str | None = None
    cluster: str | None = None
    options: Sequence[str] = ()


def examples(*lines: str) -> str:
    """Epilog of a command: a line for each example."""
    return "Examples:\n\n" + "\n\n".join(f"  [bold]uv run run.py {line}[/bold]" for line in lines)


@app.callback(invoke_without_command=True)
def main(context: typer.Context) -> None:
    """Simulate cocaine-trafficking routes from the Andes to Europe and the states that police them."""
    if context.invoked_subcommand is None:
        conduct_study(HEADLINE)


# --- commands -----------------------------------------------------------------------------------------------------


@app.command(epilog=examples("history", "history --quick", "history --replications 50 --seed 100 --out results/fifty"))
def history(
    replications: Annotated[int | None, typer.Option(help=f"Runs, each with its own seed. \\[{REPLICATIONS}]")] = None,
    seed: Seed = SEED,
    workers: Annotated[int | None, typer.Option(help="Threads; results do not depend on it. \\[all cores]")] = None,
    organisations: Annotated[
        int | None, typer.Option(help=f"Groups that the trade is divided among. \\[{ORGANISATIONS}]")
    ] = None,
    out: Annotated[Path | None, typer.Option(help=f"Folder of the results. \\[{HISTORY}]")] = None,
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
    study_history(runs, seed, groups, folder, scenario, workers, read_settings(settings or []), tables)


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
        Path | None, typer.Option(help="Folder of the frames. \\[results/run-SCENARIO]", show_default=False)
    ] = None,
    settings: Settings = None,
    tables: TablesFolder = None,
) -> None:
    """Run one simulation, write its frames and print its years."""
    from experiments.history import run_once

    folder = out if out is not None else Path("results") / f"run-{Path(scenario).stem}"
    with terminal().showing_progress() as progress:
        path = run_once(
            scenario, folder, seed, organisations, read_settings(settings or []), until, progress, tables=tables
        )  # fmt: skip
    terminal().print_years(path)
    typer.echo(terminal().shown(path))


@app.command(name="app", epilog=examples("app", "app --port 8800 --no-open"))
def open_app(
    port: Annotated[int, typer.Option(help="Port on this machine.")] = 8765,
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 lets others in.")] = "127.0.0.1",
    browser: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in the browser.")] = True,
) -> None:
    """Open the live page: watch routes shift, steer policy, compare two worlds (the same as `solara run app.py`)."""
    import os

    try:
        from solara.__main__ import run as serve
    except ModuleNotFoundError as missing:
        from model.errors import InputError

        raise InputError(
            "the page needs packages that are not here", field="app", value=missing.name, allowed="the extra viz",
            remedy="pip install 'highway10[viz]', or start with uv run",
        ) from None  # fmt: skip
    os.environ.setdefault("SOLARA_TELEMETRY_MIXPANEL_ENABLE", "False")
    page = str(Path(__file__).resolve().parent / "app.py")
    terminal().say(
        f"Highway 10 at http://{host}:{port} - the first page compiles the rules, a minute or two; Ctrl-C ends it"
    )
    serve.main([page, "--host", host, "--port", str(port), "--production",
                "--open" if browser else "--no-open"], standalone_mode=False)  # fmt: skip


@app.command(epilog=examples("report", "report results/headline --images", "report results/run-no-schiphol-sive"))
def report(
    folder: Annotated[
        Path, typer.Argument(help="Folder that [bold]history[/bold], [bold]run[/bold] or a study wrote.")
    ] = HISTORY,
    images: Images = False,
) -> None:
    """Write report.html of results that are there already."""
    from experiments.folder import read_manifest

    manifest = read_manifest(folder)
    if not manifest:
        refuse("there are no results in this folder", "folder", str(folder),
               "a folder with the manifest.json of a history, a run or a study", "run one of them first")  # fmt: skip
    if manifest.get("kind") == "validation":
        from views.validation import write_validation_report

        typer.echo(terminal().shown(write_validation_report(folder)))
    elif "kind" in manifest:
        typer.echo(terminal().shown(write_study_report(folder, images=images)))
    elif images:
        refuse("only reports of studies have figures to write", "--images", str(folder), "the folder of a study",
               "leave it out")  # fmt: skip
    else:
        typer.echo(terminal().shown(write_report(folder)))


@app.command(epilog=examples("scenarios"))
def scenarios() -> None:
    """List the scenarios within reach: those of the project and of the working directory."""
    from model.scenario_files import list_scenarios

    rows = list_scenarios().itertuples(index=False)
    terminal().print_table("Scenarios", ("name", "title", "base"), [(row.name, row.title, row.base) for row in rows])
    typer.echo("Run one with: uv run run.py run NAME. Your own is a TOML file with a title and a base.")


@app.command(epilog=examples("parameters", "parameters --group market", "parameters --csv > parameters.csv"))
def parameters(
    group: Annotated[str | None, typer.Option(help="Only the parameters of this group.")] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="As the Markdown table of the documentation.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="As CSV, with sources and confidence.")] = False,
) -> None:
    """List every parameter: default, unit, what is allowed, role, meaning."""
    from views.parameter_list import print_parameters

    if markdown and csv:
        refuse("only one of them", "--markdown, --csv", "both", "--markdown or --csv", "leave one out")
    print_parameters(group, "markdown" if markdown else "csv" if csv else "table")


@app.command(
    epilog=examples(
        "policies",
        "policies maoc-n",
        "policies --stage know",
        "policies --cost paris-package",
        "policies --csv > p.csv",
    )
)
def policies(
    measure: Annotated[str | None, typer.Argument(help="Only this measure, with all that is known of it.")] = None,
    stage: Annotated[str | None, typer.Option(help="Only measures that act at this stage of the funnel.")] = None,
    cost: Annotated[
        str | None, typer.Option(metavar="SCENARIO", help="What a scenario costs above history, by measure.")
    ] = None,
    csv: Annotated[bool, typer.Option("--csv", help="As CSV, with all columns.")] = False,
) -> None:
    """List the measures: where each enters, its levers, evidence, cost, and the scenarios that use it."""
    from experiments.policies import policy_table
    from model.world import load_world

    if cost is not None:
        if measure or stage or csv:
            refuse("--cost stands alone", "--cost", cost, "no other option", "leave the others out")
        terminal().print_costs(*scenario_costs(cost))
        return
    table = policy_table(load_world(), measure)
    stages = list(dict.fromkeys(table["stage"]))
    if stage is not None and stage not in stages:
        refuse("there is no such stage here", "--stage", stage, ", ".join(stages), "choose one of these")
    table = table[table["stage"] == stage] if stage else table
    if csv:
        joined = {column: table[column].map("; ".join) for column in ("levers", "scenarios")}
        typer.echo(table.assign(**joined).to_csv(index=False, lineterminator="\n"), nl=False)
    elif measure:
        terminal().print_policy(table.iloc[0].to_dict())
    else:
        terminal().print_policies(table)


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
) -> None:
    """Run a study, or what is missing of it, and write its tables and report.

    Ctrl-C keeps what is done; the same command goes on from there.
    """
    changes = {"replications": replications, "seed": seed, "organisations": organisations, "record": record,
               "over": over}  # fmt: skip
    where = Machines(workers, scheduler, cluster, cluster_options or [])
    conduct_study(name, changes, out, where, retry=retry, small=quick, images=images)


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
) -> None:
    """Compare scenarios with the first on the same luck: effects, intervals, harm, cost, displacement.

    Every effect is shown with supply that is fixed and with supply that answers price.
    """
    from experiments.conduct import comparison

    changes = {key: value for key, value in (("window", list(window or ())), ("over", over)) if value}
    made = comparison(names, replications, seed, organisations, **changes)
    conduct_made(made, out, Machines(workers, scheduler, cluster, cluster_options or []), images=images)


@app.command(
    epilog=examples("calibrate --quick", "calibrate", "calibrate salience --temperature 2.4", "calibrate --screen",
                    "calibrate --recovery 100")
)  # fmt: skip
def calibrate(
    structure: Annotated[
        str, typer.Argument(help="A rival theory (experiments/calibration/structures.toml).")
    ] = "base",
    population: Annotated[
        int | None, typer.Option(help="Parameter sets in a generation. \\[200]", callback=_at_least(20))
    ] = None,
    generations: Annotated[int | None, typer.Option(help="Generations at most. \\[6]", callback=_at_least(1))] = None,
    sets: Annotated[
        int | None, typer.Option(help="Sets of equal weight that are kept. \\[300]", callback=_at_least(1))
    ] = None,
    seed: Seed = SEED,
    workers: Workers = None,
    out: Annotated[Path, typer.Option(help="Folder of the fit, which a stopped one goes on from.")] = CALIBRATION,
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
            metavar="TRIALS", help="Instead: does the fit find parameters that are known?", callback=_at_least(10)
        ),
    ] = None,
) -> None:
    """Fit the model to the published record of 2004-08 (ABC-SMC), or go on where that was stopped.

    Ctrl-C keeps every generation that has ended. The full fit takes about a quarter of an hour on two cores.
    """
    from experiments.calibration import calibrate as fitting

    if screen and recovery is not None:
        refuse("only one of them", "--screen, --recovery", "both", "--screen or --recovery", "leave one out")
    if temperature is not None and temperature <= 0.0:
        refuse("not a temperature", "--temperature", temperature, "a number above 0, at least 1 where the record errs "
               "as it says", "leave it out, or take that of another structure")  # fmt: skip
    size = fitting.with_population(fitting.QUICK if quick else fitting.USUAL, population, generations, sets)
    folder = out if not quick or out != CALIBRATION else Path(f"{CALIBRATION}-quick")
    with fit_terminal().showing_fit() as shown:
        if screen:
            found = fitting.screening(structure, folder, size, workers, shown.step)
        elif recovery is not None:
            found = fitting.recovery(structure, folder, size, recovery, workers, shown.step)
        else:
            keep = fitting.REFERENCE / structure if reference else None
            posterior = fitting.calibrate(
                structure, folder, size, keep=keep, workers=workers, seed=seed, restart=restart,
                temperature=temperature, doing=shown.doing, progress=shown.generation, runs=shown.runs,
            )  # fmt: skip
            fit_terminal().print_posterior(posterior)
            found = keep or folder / structure
    typer.echo(terminal().shown(found))


@app.command(epilog=examples("validate", "validate --quick", "validate salience --out results/validation-salience"))
def validate(
    structure: Annotated[str, typer.Argument(help="The structure whose posterior is judged.")] = "base",
    out: Annotated[Path, typer.Option(help="Folder of tables and report.")] = VALIDATION,
    workers: Workers = None,
    quick: Annotated[bool, typer.Option("--quick", help="A look, no result: few sets of the posterior.")] = False,
) -> None:
    """Judge the fitted model on what it was not fitted to: predictions 2009-2023, nulls, experiments, rivals.

    Writes tables and validation.html; failures are printed as plainly as successes.
    """
    from experiments.validation import validate as judging
    from views.validation import write_validation_report

    folder = out if not quick or out != VALIDATION else Path(f"{VALIDATION}-quick")
    with fit_terminal().showing_fit() as shown:
        size = judging.QUICK if quick else judging.USUAL
        verdict = judging.validate(folder, structure, size, workers=workers, doing=shown.doing, done=shown.runs)
    fit_terminal().print_verdict(verdict, quick=quick)
    typer.echo(terminal().shown(write_validation_report(folder)))


@app.command(epilog=examples("studies"))
def studies(
    folder: Annotated[Path, typer.Option("--in", help="Folder of the results.")] = RESULTS,
) -> None:
    """List the studies that can be run, and those that have results."""
    from experiments.conduct import list_stores
    from experiments.study import list_studies

    rows = [tuple(row) for row in list_studies().itertuples(index=False)]
    terminal().print_table("Studies to run: uv run run.py study NAME", ("name", "kind", "title", "question"), rows)
    found = list_stores(folder)
    rows = [tuple(str(cell) for cell in row) for row in found.itertuples(index=False)]
    if rows:
        terminal().print_table(f"Results in {folder}", tuple(found.columns), rows)
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
    folder: Annotated[Path, typer.Option("--in", help="Folder of the results.")] = RESULTS,
) -> None:
    """Ask DuckDB about the runs of all studies."""
    from experiments.conduct import query as ask

    found = ask(sql, folder)
    if csv:
        typer.echo(found.to_csv(index=False, lineterminator="\n"), nl=False)
    else:
        rows = [tuple(terminal().cell(value) for value in row) for row in found.itertuples(index=False)]
        terminal().print_table(f"{len(rows):,} rows", tuple(found.columns), rows)


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
    from experiments import discovery
    from experiments.store import Store

    known = RESULTS / name
    found = discovery.discover(
        Store(known if (known / "plan.parquet").is_file() else name), outcome,
        share=share, highest=not lowest, density=density, policy=scenario,
    )  # fmt: skip
    columns = tuple(found.limits.columns)
    rows = [tuple(terminal().cell(value) for value in row) for row in found.limits.itertuples(index=False)]
    terminal().print_table(f"Conditions of {outcome} {found.worst} {found.cut:,.4g}", columns, rows)
    typer.echo(found.sentence())


@app.command(epilog=examples("schedule"))
def schedule() -> None:
    """Print what happens in one week, in order."""
    from model.week import SCHEDULE

    rows = [(str(number), name, what) for number, (name, what) in enumerate(SCHEDULE, start=1)]
    terminal().print_table("One week", ("", "submodel", "what it does"), rows)


# --- what the commands do -----------------------------------------------------------------------------------------


def scenario_costs(name: str) -> tuple[str, Any, range]:
    """Title of a scenario, its costs by measure and year, and the years: those after its fork."""
    from experiments.costs import yearly_costs
    from model.scenario import Scenario
    from model.world import load_world

    world, scenario = load_world(), Scenario.load(name)
    scenario.check(world.names)
    years = range((scenario.fork or scenario.scored_from).year + 1, scenario.end.year + 1)
    return scenario.title, yearly_costs(scenario, world, years), years


def study_history(
    replications: int, seed: int, organisations: int, out: Path, scenario: str, workers: int | None,
    values: dict[str, Any], tables: Path | None,
) -> None:  # fmt: skip
    """Run replications, write the report, print the summary; the path of the report comes last."""
    from experiments.history import run_history
    from model.tables import load_tables

    with terminal().showing_progress() as progress:
        folder = run_history(
            scenario, replications, seed, organisations, out, workers, values, progress, tables=tables
        )  # fmt: skip
    try:
        path = write_report(folder, tables)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            f"The frames in {terminal().shown(folder)} are new and complete; only the report is missing. "
            f"Write it with: uv run run.py report {terminal().shown(folder)}"
        ) from None
    terminal().print_summary(folder, load_tables(tables))
    typer.echo(terminal().shown(path))


def conduct_study(
    name: str, changes: dict[str, Any] | None = None, out: str | None = None, where: Machines | None = None, *,
    retry: bool = False, small: bool = False, images: bool = False,
) -> None:  # fmt: skip
    """Run a study by name, with some of its fields changed."""
    from experiments.conduct import quick
    from experiments.study import Study

    made = Study.load(name)
    made = quick(made) if small else made
    given = {key: value for key, value in (changes or {}).items() if value is not None}
    conduct_made(made.with_(**given) if given else made, out, where or Machines(), retry=retry, images=images)


def conduct_made(
    made: Any, out: str | None, where: Machines, *, retry: bool = False, images: bool = False
) -> None:  # fmt: skip
    """Run a study on threads or on Dask, analyse it, write and print what came out."""
    from experiments.store import Store

    store = Store(out if out is not None else RESULTS / made.name)
    try:
        _conduct(made, store, where, retry=retry)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(_kept(store)) from None
    terminal().print_study(store)
    if store.local:
        typer.echo(terminal().shown(write_study_report(Path(store.root), images=images)))
    else:
        typer.echo(store.url)


def _kept(store: Any) -> str:
    """What an interrupted study has kept."""
    from model.errors import InputError

    try:
        count = len(store.runs())
    except (InputError, OSError, ValueError):
        count = 0
    if not count:
        return "No run had ended; nothing was kept."
    return f"{count:,} runs are kept; the same command goes on from there."


def _conduct(made: Any, store: Any, where: Machines, *, retry: bool) -> None:
    """Run and analyse a study on threads or on Dask."""
    from experiments.conduct import conduct
    from experiments.runner import executing

    machines = executing(where.scheduler, where.cluster, read_pairs(where.options))
    with machines as executor, terminal().showing_runs() as progress:
        effort = conduct(
            made, store, executor, workers=where.workers, retry=retry, progress=progress, doing=progress.doing
        )
    terminal().print_effort(effort)


def write_study_report(folder: Path, *, images: bool = False) -> Path:
    """Make report.html of a study's folder, and its figures as files when asked."""
    from views.studies import export_figures, write_study_report

    with terminal().messages().status("writing the report"):
        path = write_study_report(folder)
    if images:
        with terminal().messages().status("drawing every figure"):
            export_figures(folder)
    return path


def write_report(folder: Path, tables: Path | None = None) -> Path:
    """Make report.html of a results folder."""
    from model.tables import load_tables
    from views.report import write_history_report

    with terminal().messages().status("writing the report"):
        return write_history_report(folder, load_tables(tables))


def fit_terminal() -> ModuleType:
    """The module that shows fits and verdicts."""
    from views import fit_terminal as found

    return found


def terminal() -> ModuleType:
    """What shows things on the screen, loaded when it is needed."""
    from views import terminal

    return terminal


if __name__ == "__main__":
    app()
