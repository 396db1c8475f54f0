"""Highway 10 on the command line: one short command for each question a researcher asks."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    import pandas as pd

app = typer.Typer(
    help="Simulate cocaine-trafficking routes from the Andes to Europe and the states that police them.\n\n"
    "Without a command: history, 2000-2023 as it happened, 20 replications, with a report.",
    no_args_is_help=False, add_completion=False, rich_markup_mode="rich", pretty_exceptions_enable=False,
)  # fmt: skip

NOTICE = (
    "The model is not calibrated yet: its defaults are tuned by hand to the published record of about 2004-08, "
    "within a factor of two. Bands show chance only. Do not cite."
)
SUMMARY = (
    ("Flow towards Europe (t pure)", "dispatched_to_europe_kg", 1000.0, "212-250", "UNODC 2010, 2011; Elcano 2009"),
    ("Consumption in Europe (t pure)", "consumed_europe_kg", 1000.0, "124", "UNODC 2010"),
    ("EU seizures (t bulk)", "seized_eu_bulk_kg", 1000.0, "67", "EMCDDA 2010"),
    ("Wholesale price, Europe (EUR/kg pure)", "price_europe_eur_per_kg", 1.0, "50,000", "EMCDDA 2011, purity 0.7"),
    ("Arrived via West Africa (t pure)", "west_africa_kg", 1000.0, "47 in 2007, 18 in 2010", "UNODC 2013"),
)


@app.callback(invoke_without_command=True)
def main(context: typer.Context) -> None:
    """Run the main job when no command is given."""
    if context.invoked_subcommand is None:
        history()


@app.command()
def history(
    replications: Annotated[int, typer.Option(help="How many runs, each with its own seed.")] = 20,
    seed: Annotated[int, typer.Option(help="First seed.")] = 1,
    organisations: Annotated[int, typer.Option(help="Trafficking organisations the trade is divided among.")] = 150,
    workers: Annotated[int | None, typer.Option(help="Threads; default: all cores.")] = None,
    out: Annotated[Path, typer.Option(help="Folder for frames, manifest and report.")] = Path("results/history"),
    scenario: Annotated[str, typer.Option(help="Scenario, a name or a file.")] = "as-it-happened",
) -> None:
    """Simulate 2000-2023 as it happened, write frames and a report.

    Example: [bold]run.py history --replications 5 --out results/quick[/bold]
    """
    guard(lambda: run_main_job(replications, seed, organisations, workers, out, scenario))


@app.command()
def run(
    scenario: Annotated[str, typer.Argument(help="A name (see run.py scenarios) or a TOML file.")],
    seed: Annotated[int, typer.Option(help="Seed, 0 to 2**63 - 1.")] = 1,
    organisations: Annotated[int, typer.Option(help="Trafficking organisations.")] = 150,
    until: Annotated[str | None, typer.Option(help="Stop at this date, e.g. 2011-05-10.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder to write frames to.")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", help="Parameter, as name=value; may be repeated.")] = None,
) -> None:
    """Run one scenario once and print its years.

    Example: [bold]run.py run as-it-happened --seed 7 --set sharing_scale=0 --until 2012-01-02[/bold]
    """
    guard(lambda: run_once(scenario, seed, organisations, until, out, set_ or []))


@app.command()
def scenarios() -> None:
    """List the scenarios that run.py run knows."""

    def show() -> None:
        from model.scenario_files import list_scenarios

        print_table(list_scenarios().drop(columns="path", errors="ignore"), "Scenarios")

    guard(show)


@app.command()
def parameters(
    group: Annotated[str | None, typer.Option(help="Only one group, e.g. routes.")] = None,
    markdown: Annotated[bool, typer.Option(help="As Markdown, for the documentation.")] = False,
) -> None:
    """Show every parameter: default, unit, bounds, role, source and confidence.

    Example: [bold]run.py parameters --group cooperation[/bold]
    """

    def show() -> None:
        from model import InputError, Parameters
        from model.parameter_fields import describe, markdown_table

        if markdown:
            typer.echo(markdown_table(Parameters))
            return
        table = describe(Parameters)
        groups = sorted(set(table["group"]))
        if group is not None and group not in groups:
            raise InputError(
                "no such group", field="group", value=group, allowed=", ".join(groups), remedy="choose one of these"
            )
        table = table if group is None else table[table["group"] == group]
        print_table(table.drop(columns=["group"]), "Parameters")

    guard(show)


@app.command()
def schedule() -> None:
    """Print the week in order: the submodels and what each does."""

    def show() -> None:
        import pandas as pd

        from model.week import SCHEDULE

        print_table(pd.DataFrame(SCHEDULE, columns=["submodel", "what it does"]), "One week")

    guard(show)


def guard(job: Any) -> None:
    """Turn an error of the user's input into a message and exit code 2, an interrupt into 130."""
    try:
        from model.errors import InputError
    except ImportError as error:  # pragma: no cover
        stop(f"Highway 10 is not installed completely: {error}", 1)
    try:
        job()
    except InputError as error:
        stop(str(error), 2)
    except KeyboardInterrupt:
        stop("Interrupted. What was there before is unchanged; nothing half-written is left.", 130)


def stop(message: str, code: int) -> NoReturn:
    """Say why on stderr and leave."""
    typer.secho(message, fg=typer.colors.RED, err=True)
    raise typer.Exit(code)


def compile_first() -> None:
    """Prepare the weekly rules, visibly: the first time that takes about a minute."""
    from rich.console import Console

    from model.compiled import CACHE

    console = Console(stderr=True)
    cold = not CACHE.exists()
    text = "compiling the weekly rules (first time only, one to two minutes)" if cold else "loading the weekly rules"
    started = time.perf_counter()
    with console.status(text):
        from model import RouteModel

        RouteModel("as-it-happened", rng=0, organisations=10).step()
    if cold:
        console.print(f"weekly rules compiled in {time.perf_counter() - started:.0f} s")


def run_main_job(
    replications: int, seed: int, organisations: int, workers: int | None, out: Path, scenario: str
) -> None:
    """Replications with a progress bar, report, summary, path."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from experiments import history as job
    from model import Scenario

    chosen = Scenario.load(scenario)
    job.check(replications, workers, out)
    compile_first()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, TextColumn("{task.fields[rate]}")) as bar:
        task = bar.add_task(chosen.title, total=replications, rate="")
        started = time.perf_counter()

        def advance(done: int, _: int) -> None:
            bar.update(task, completed=done, rate=f"{done / (time.perf_counter() - started):.1f} runs/s")

        job.run_history(chosen, replications, seed, organisations, out, workers, progress=advance)
    from views.report import write_history_report

    path = write_history_report(out, notice=NOTICE)
    summarise(out)
    typer.echo(str(path))


def summarise(out: Path) -> None:
    """Print medians and 90 percent bands of 2008 beside published figures."""
    import pandas as pd

    yearly = pd.read_parquet(out / "yearly.parquet")
    chosen = yearly[yearly["year"] == 2008]
    rows = []
    for label, column, unit, published, source in SUMMARY:
        low, middle, high = (chosen[column] / unit).quantile([0.05, 0.5, 0.95])
        rows.append((label, f"{middle:,.0f}", f"{low:,.0f} to {high:,.0f}", published, source))
    if len(chosen):
        columns = ["2008", "model, median", "90% of runs", "published", "source"]
        print_table(pd.DataFrame(rows, columns=columns), "Model and record, 2008")
    typer.secho(NOTICE, fg=typer.colors.YELLOW)


def run_once(
    scenario: str, seed: int, organisations: int, until: str | None, out: Path | None, settings: list[str]
) -> None:
    """One run, its yearly table, its frames."""
    from experiments import history as job
    from model import RouteModel, Scenario

    values = read_settings(settings)
    chosen = Scenario.load(scenario).with_parameters(**values)
    if out is not None:
        job.check(1, None, out)
    compile_first()
    model = RouteModel(chosen, rng=seed, organisations=organisations)
    if until is None:
        model.run()
    else:
        model.run_until(until)
    if model.week > model.first_week:
        columns = [
            "produced_kg", "dispatched_to_europe_kg", "arrived_europe_kg", "west_africa_kg", "seized_kg",
            "price_europe_eur_per_kg",
        ]  # fmt: skip
        print_table(model.yearly[columns].round(0).astype(int).reset_index(), chosen.title)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        for name, frame in job.frames_of(model).items():
            frame.insert(0, "replication", 0)
            frame.to_parquet(out / f"{name}.parquet", compression="zstd", index=False)
        manifest = job.describe(chosen, [seed], organisations, 0.0)
        (out / "manifest.json").write_text(__import__("json").dumps(manifest, indent=1) + "\n", encoding="utf-8")
        typer.echo(str(out))


def read_settings(settings: list[str]) -> dict[str, Any]:
    """Parameter values from name=value words."""
    from model import InputError

    values: dict[str, Any] = {}
    for setting in settings:
        name, sign, text = setting.partition("=")
        if not sign or not name:
            raise InputError(
                "not a setting",
                field="--set",
                value=setting,
                allowed="name=value",
                remedy="write e.g. --set sharing_scale=0",
            )
        try:
            values[name] = float(text)
        except ValueError:
            values[name] = text
    return values


def print_table(table: pd.DataFrame, title: str) -> None:
    """Print a frame as a table that fits the terminal."""
    from rich.console import Console
    from rich.table import Table

    shown = Table(title=title, title_justify="left", header_style="bold")
    for column in table.columns:
        numeric = table[column].dtype.kind in "if"
        shown.add_column(str(column), justify="right" if numeric else "left", overflow="fold")
    for row in table.itertuples(index=False):
        shown.add_row(
            *(
                f"{v:,}" if isinstance(v, (int, float)) and str(table.columns[i]) != "year" else str(v)
                for i, v in enumerate(row)
            )
        )
    Console(width=None if sys.stdout.isatty() else 140).print(shown)


if __name__ == "__main__":
    app()
