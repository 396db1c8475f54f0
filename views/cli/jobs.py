"""What the commands do once their options are read: run, show what came out, write the report, print its path.

Imports that take time stand inside the functions, so that help is quick.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from views.cli.command import COMMAND, INSTALLED
from views.cli.options import RESULTS, Machines
from views.cli.settings import read_pairs, refuse

if TYPE_CHECKING:
    from experiments.calibration.calibrate import Size
    from experiments.calibration.problem import Problem
    from experiments.ensemble.runner import Effort
    from experiments.ensemble.store import Store
    from experiments.expected import Work
    from experiments.study import Study
    from model import Scenario

__all__ = [
    "check_calibration", "check_validation", "conduct_made", "conduct_study", "drawing_from", "fit_structure",
    "judge_against", "judge_structure", "rank_sets", "recover_known", "report_again", "screen_structure", "serve_page",
    "study_history", "write_report", "write_study_report",
]  # fmt: skip


def _say_expected(work: Callable[[Any], Work], organisations: int, workers: int | None) -> None:
    """Say before a long job how long it will take and how much memory; `work` gets the module that knows."""
    from experiments import expected
    from views.cli import terminal

    if text := str(expected.expect(work(expected), organisations, workers)):
        terminal.say(text)


# --- history ------------------------------------------------------------------------------------------------------


def study_history(
    replications: int, seed: int, organisations: int, out: Path, scenario: str, workers: int | None,
    values: dict[str, Any], tables: Path | None,
) -> None:  # fmt: skip
    """Run replications, write the report, print the summary; the path of the report comes last."""
    from experiments.history import run_history
    from model import Scenario
    from model.world.tables import load_tables
    from views.cli import terminal

    asked = Scenario.load(scenario).with_parameters(**values)
    with terminal.showing_runs() as progress:
        told = _with_expected(progress, asked, organisations, workers)
        folder = run_history(
            asked, replications, seed, organisations, out, workers=workers, progress=told, tables=tables
        )
    try:
        path = write_report(folder, tables)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            f"The frames in {terminal.shown(folder)} are new and complete; only the report is missing. "
            f"Write it with: {COMMAND} report {terminal.shown(folder)}"
        ) from None
    terminal.print_summary(folder, load_tables(tables))
    typer.echo(terminal.shown(path))


def _with_expected(
    progress: Callable[[Effort], object], scenario: Scenario, organisations: int, workers: int | None
) -> Callable[[Effort], None]:
    """Show progress, and say what a long job will take once its rules are there."""
    from experiments.ensemble.models import cache_is_cold

    first = [True]

    def told(state: Effort) -> None:
        if first and not cache_is_cold():
            first.pop()
            work = (state.planned - state.kept, scenario)
            _say_expected(lambda expected: expected.of_history(*work), organisations, workers)
        progress(state)

    return told


# --- studies ------------------------------------------------------------------------------------------------------


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
    made: Study, out: str | None, where: Machines, *, retry: bool = False, images: bool = False
) -> None:  # fmt: skip
    """Run a study on threads or on Dask, analyse it, write and print what came out."""
    from experiments.ensemble.store import Store
    from views.cli import terminal

    store = Store(out if out is not None else RESULTS / made.name)
    before, seeds = len(store.manifest.get("seeds", ())), len(made.seeds)
    if before > seeds:
        terminal.say(f"The tables and the report of {before} replications there are replaced by those of {seeds}; runs "
                     "are kept.")  # fmt: skip
    try:
        _conduct(made, store, where, retry=retry)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(_kept(store)) from None
    terminal.print_study(store)
    if store.local:
        typer.echo(terminal.shown(write_study_report(Path(store.root), images=images)))
    else:
        typer.echo(store.url)


def _conduct(made: Study, store: Store, where: Machines, *, retry: bool) -> None:
    """Run and analyse a study on threads or on Dask."""
    from experiments.conduct import conduct
    from experiments.ensemble.runner import executing
    from views.cli import terminal

    machines = executing(where.scheduler, where.cluster, read_pairs(where.options))
    with machines as executor, terminal.showing_runs() as progress:
        first = [executor is None]

        def told(state: Effort) -> None:
            if first and first.pop():
                _say_expected(lambda expected: expected.of_study(made, state.kept), made.organisations, where.workers)
            progress(state)

        effort = conduct(made, store, executor, workers=where.workers, retry=retry, progress=told, doing=progress.doing)
    terminal.print_effort(effort)


def _kept(store: Store) -> str:
    """What an interrupted study has kept."""
    from model.errors import InputError

    try:
        count = len(store.runs())
    except (InputError, OSError, ValueError):
        count = 0
    if not count:
        return "No run had ended; nothing was kept."
    return f"{count:,} runs are kept; the same command resumes there."


@contextmanager
def drawing_from(*, other_model: bool) -> Iterator[None]:
    """Draw from posteriors of any version of the model, where that is asked for."""
    if not other_model:
        yield
        return
    from experiments.calibration.posterior import reading_from

    with reading_from(other_model=True):
        yield


# --- whose folder it is -------------------------------------------------------------------------------------------


def check_calibration(folder: Path) -> None:
    """Refuse a folder that holds anything but a calibration; raises InputError."""
    from experiments.ensemble.folder import check_names

    tables = ("morris", "identifiability", "sobol", "ranks", "recovery", "surface", "best", "targets")
    ours = {"manifest.json", "fit.json", *(f"{name}.csv" for name in tables)}
    check_names(folder, frozenset(ours), frozenset({"identity.json", "fit.db", "posterior.csv"}))


def check_validation(folder: Path) -> None:
    """Refuse a folder that holds anything but a validation; raises InputError."""
    from experiments.ensemble.folder import check_names, read_manifest

    marks = {"validation.html", "against.json"} if read_manifest(folder).get("kind") in (None, "validation") else set()
    check_names(folder, frozenset({"manifest.json", "tables", "figures", "rivals"}), frozenset(marks))


# --- the fit and its verdict --------------------------------------------------------------------------------------


def fit_structure(
    structure: str, folder: Path, size: Size, seed: int, workers: int | None, *, temperature: float | None = None,
    reference: bool = False, restart: bool = False,
) -> None:  # fmt: skip
    """Fit a structure, or go on with that, and print its posterior; the path comes last."""
    from experiments.calibration import calibrate as fitting
    from experiments.calibration.inference import generations_kept
    from views.cli import fit_terminal, terminal

    if reference and COMMAND == INSTALLED:
        refuse(
            "the posteriors that come with the package are not changed",
            "--reference",
            structure,
            "in a clone of the repository",
            "leave it out: the posterior is written to --out",
        )
    keep = fitting.REFERENCE / structure if reference else None
    database = folder / structure / fitting.DATABASE
    kept, ended = (0, False) if restart else generations_kept(database)
    if kept:
        terminal.say("This fit has ended; only what follows it is done again. --restart makes it anew." if ended
                     else f"Going on after generation {kept}.")  # fmt: skip
    _say_fit(lambda e, p: e.of_fit(size, p, temperature_given=temperature is not None), structure, size, workers)
    with (
        _going_on(lambda: f"Generations kept: {generations_kept(database)[0]}"), fit_terminal.showing_fit() as shown
    ):  # fmt: skip
        posterior = fitting.calibrate(
            structure, folder, size, keep=keep, workers=workers, seed=seed, restart=restart, temperature=temperature,
            doing=shown.doing, progress=shown.generation, runs=shown.runs,
        )  # fmt: skip
    fit_terminal.print_posterior(posterior)
    typer.echo(terminal.shown(keep or folder / structure))


def _say_fit(work: Callable[[Any, Problem], Work], structure: str, size: Size, workers: int | None) -> None:
    """Say how long a job on the targets of the fit will take; compiling comes first, and is said."""
    from experiments.calibration.problem import Problem
    from experiments.ensemble.models import cache_is_cold
    from views.cli import terminal

    if cache_is_cold():
        terminal.say("compiling the weekly rules (first time only, about a minute)")
    problem = Problem.usual(structure, size.organisations, size.families, size.free)
    _say_expected(lambda expected: work(expected, problem), size.organisations, workers)


@contextmanager
def _going_on(kept: Callable[[], str]) -> Iterator[None]:
    """Say after Ctrl-C what is kept, and that the same command goes on."""
    try:
        yield
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"{kept()}; the same command resumes there.") from None


def screen_structure(structure: str, folder: Path, size: Size, workers: int | None) -> None:
    """Find which uncertain parameters move which targets; the path of the tables comes last."""
    from experiments.calibration import calibrate as fitting
    from views.cli import fit_terminal, terminal

    _say_fit(lambda expected, problem: expected.of_screening(size, problem), structure, size, workers)
    with fit_terminal.showing_fit() as shown:
        found = fitting.screening(structure, folder, size, workers, shown.step)
    typer.echo(terminal.shown(found))


def recover_known(
    structure: str, folder: Path, size: Size, trials: int, seed: int, workers: int | None, *, of_model: bool = False,
    restart: bool = False,
) -> None:  # fmt: skip
    """Try whether the fit finds parameters that are known, and print the tests; the path comes last."""
    from experiments.calibration import calibrate as fitting
    from views.cli import fit_terminal, terminal

    _say_fit(lambda e, problem: e.of_recovery(size, problem, trials if of_model else 0), structure, size, workers)
    with fit_terminal.showing_fit() as shown:
        if of_model:
            with _going_on(lambda: "Trials that had ended are kept"):
                found, ranks = fitting.recovery_of_model(structure, folder, size, trials, workers, seed,
                                                         restart=restart, step=shown.step)  # fmt: skip
        else:
            found, ranks = fitting.recovery(structure, folder, size, trials, workers, shown.step)
    fit_terminal.print_recovery(ranks)
    typer.echo(terminal.shown(found))


def rank_sets(structure: str, folder: Path, size: Size, workers: int | None) -> None:
    """Rank the sets of the kept posterior for the defaults and print the first; the path comes last."""
    from experiments.calibration import calibrate as fitting
    from views.cli import fit_terminal, terminal

    _warn_of_fit(structure)
    _say_fit(lambda expected, problem: expected.of_best(size, problem), structure, size, workers)
    with fit_terminal.showing_fit() as shown:
        found, ranked = fitting.defaults(structure, folder, size, workers, shown.step)
    fit_terminal.print_best(ranked)
    typer.echo(terminal.shown(found))


def _warn_of_fit(structure: str) -> int:
    """Say where a posterior was fitted on another version of the model; gives the number of its sets."""
    from experiments.calibration.posterior import load_posterior
    from views.cli import terminal

    posterior = load_posterior(structure)
    if posterior.warning:
        terminal.say(f"Warning: {posterior.warning}", style="yellow")
    return len(posterior)


def judge_structure(structure: str, folder: Path, workers: int | None, *, quick: bool = False) -> None:
    """Validate a structure, print the verdict, write the report; its path comes last."""
    from experiments.calibration import calibrate as fitting
    from experiments.validation import validate as judging
    from views.cli import fit_terminal, terminal
    from views.reports import write_validation_report

    size, sets = judging.QUICK if quick else judging.USUAL, _warn_of_fit(structure)
    of_fit = replace(fitting.USUAL, organisations=size.organisations)
    _say_fit(lambda expected, problem: expected.of_validation(size, problem, sets), structure, of_fit, workers)
    with fit_terminal.showing_fit() as shown:
        verdict = judging.validate(folder, structure, size, workers=workers, doing=shown.doing, done=shown.runs)
    fit_terminal.print_verdict(verdict, quick=quick)
    typer.echo(terminal.shown(write_validation_report(folder)))


def judge_against(reports: Path, structure: str, folder: Path, workers: int | None, *, quick: bool = False) -> None:
    """Score a structure's posterior on annual reports from a file; the path of the tables comes last."""
    from experiments.validation import against as scoring
    from experiments.validation.validate import QUICK, USUAL
    from views.cli import fit_terminal, terminal

    size = QUICK if quick else USUAL
    draws = min(size.draws, _warn_of_fit(structure))
    _say_expected(lambda expected: expected.of_predictions(draws), size.organisations, workers)
    with fit_terminal.showing_fit() as shown:
        shown.doing("predicting")
        found = scoring.against(folder, reports, structure, size.draws, size.organisations, quick=quick,
                                workers=workers, done=shown.runs)  # fmt: skip
    fit_terminal.print_against(found, quick=quick)
    typer.echo(terminal.shown(folder / "tables/against.csv"))


# --- reports and the page -----------------------------------------------------------------------------------------


def report_again(folder: Path, *, images: bool = False) -> None:
    """Write the report of results that are there, whatever wrote them, and print its path."""
    from experiments.ensemble.folder import read_manifest
    from experiments.ensemble.provenance import other_results
    from views.cli import terminal

    manifest = read_manifest(folder)
    if not manifest:
        refuse("there are no results in this folder", "folder", str(folder),
               "a folder with the manifest.json of a history, a run or a study", "run one of them first")  # fmt: skip
    if warning := other_results(manifest):
        terminal.say(f"Warning: {warning}", style="yellow")
    if manifest.get("kind") == "validation":
        from views.reports import write_validation_report

        typer.echo(terminal.shown(write_validation_report(folder)))
    elif manifest.get("kind", "history") not in ("history", "run"):
        typer.echo(terminal.shown(write_study_report(folder, images=images)))
    elif images:
        refuse("only reports of studies have figures to write", "--images", str(folder), "the folder of a study",
               "leave it out")  # fmt: skip
    else:
        typer.echo(terminal.shown(write_report(folder)))


def write_study_report(folder: Path, *, images: bool = False) -> Path:
    """Make report.html of a study's folder, and its figures as files when asked."""
    from views import reports as studies
    from views.cli import terminal

    with terminal.messages().status("writing the report"):
        path = studies.write_study_report(folder)
    if images:
        with terminal.messages().status("drawing every figure"):
            studies.export_figures(folder)
    return path


def write_report(folder: Path, tables: Path | None = None) -> Path:
    """Make report.html of a results folder."""
    from model.world.tables import load_tables
    from views.cli import terminal
    from views.reports.history import write_history_report

    with terminal.messages().status("writing the report"):
        return write_history_report(folder, load_tables(tables))


def _check_address(host: str, port: int) -> None:
    """Refuse a host that is no address of this machine, or a port that is taken, before anything is compiled."""
    try:
        if not host.strip():
            raise OSError(errno.EINVAL, "it is empty")
        with socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET):
            return
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "it cannot be read"
        if getattr(error, "errno", None) in (errno.EADDRINUSE, errno.EACCES):
            refuse(f"nothing can be served there ({reason})", "--port", port, "a free port from 1024 to 65535",
                   "choose another, as --port 8800, or end what uses it")  # fmt: skip
        refuse(f"this is no address of this machine ({reason})", "--host", host, "127.0.0.1, 0.0.0.0, or its name",
               "leave it out")  # fmt: skip


def serve_page(host: str, port: int, *, browser: bool) -> None:
    """Serve the live page until Ctrl-C."""
    from experiments.extras import from_extra
    from views.cli import terminal

    with from_extra("viz", "app"):
        import anywidget  # noqa: F401
        from solara.__main__ import run as serve
    _check_address(host, port)
    terminal.say(
        f"Highway 10 at http://{host}:{port} - the first page compiles the rules, a minute or two; Ctrl-C ends it"
    )
    asked = ["--host", host, "--port", str(port), "--production", "--no-check-version"]
    serve.main(["views.live.page", *asked, "--open" if browser else "--no-open"], standalone_mode=False)
