"""Commands on the fit to published statistics: `calibrate`, `screen`, `recover`, `best` and `validate`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, cast

import typer

from views.cli import terminal
from views.cli.command import COMMAND, INSTALLED
from views.cli.declare import command
from views.cli.options import RESULTS, SEED, OtherModel, Workers, out_folder, refuse, whole
from views.cli.progress import showing

if TYPE_CHECKING:
    from experiments.calibration.generations import Progress
    from experiments.calibration.job import Job, Size
    from experiments.calibration.problem import Problem
    from experiments.expected import Work
    from experiments.validation.job import Job as Validation


CALIBRATION, VALIDATION = RESULTS / "calibration", RESULTS / "validation"
TRIALS: Final = 100
WRITTEN: Final = frozenset(
    {
        "best.csv",
        "fit.json",
        "identifiability.csv",
        "manifest.json",
        "morris.csv",
        "ranks.csv",
        "recovery.csv",
        "sobol.csv",
        "surface.csv",
        "targets.csv",
    }
)
"""Files that tasks of a fit write."""
MOST_SEED: Final = 2**32 - 1
"""Largest seed that NumPy's older generators take, which pyABC draws from."""

app = typer.Typer()


# --- options ------------------------------------------------------------------------------------------------------


FitSeed = Annotated[
    int, typer.Option("--seed", help="Seed; the same seed gives the same calibration.", callback=whole(0, MOST_SEED))
]
Restart = Annotated[bool, typer.Option("--restart", help="Forget what was done before.")]


@dataclass(frozen=True)
class Fit:
    """Which structure is fitted, on how many threads, where tables are kept, and whether it is a quick look."""

    structure: Annotated[str, typer.Argument(help="A rival theory (experiments/calibration/structures.toml).")] = "base"
    workers: Workers = None
    out: Annotated[
        Path, typer.Option(metavar="PATH", parser=out_folder, help="Folder of the fit; a stopped fit resumes from it.")
    ] = CALIBRATION
    quick: Annotated[bool, typer.Option("--quick", help="A look, no result: few targets, parameters, sets.")] = False

    def job(self, seed: int = SEED, *numbers: int | None) -> Job:
        """The task as the calibration takes it; `numbers` are those of `Numbers`, in their order."""
        from experiments.calibration.job import QUICK, USUAL, Job

        return Job(
            self.structure,
            Path(f"{CALIBRATION}-quick") if self.quick and self.out == CALIBRATION else self.out,
            (QUICK if self.quick else USUAL).of(*(numbers or (None, None, None))),
            self.workers,
            seed,
        )


@dataclass(frozen=True)
class Numbers:
    """Numbers of a calibration in place of the usual ones."""

    population: Annotated[
        int | None, typer.Option(help="Parameter sets in a generation. \\[200]", callback=whole(20, 100_000))
    ] = None
    generations: Annotated[int | None, typer.Option(help="Generations at most. \\[6]", callback=whole(1, 1_000))] = None
    sets: Annotated[
        int | None, typer.Option(help="Sets of equal weight that are kept. \\[300]", callback=whole(1, 100_000))
    ] = None


@dataclass(frozen=True)
class Instead:
    """Options of version 0.1 that are commands now; they go with the release after this one."""

    screen: Annotated[bool, typer.Option("--screen", hidden=True)] = False
    recovery: Annotated[int | None, typer.Option("--recovery", hidden=True, callback=whole(10, 100_000))] = None
    of_model: Annotated[bool, typer.Option("--of-model", hidden=True)] = False
    best: Annotated[bool, typer.Option("--best", hidden=True)] = False
    other_model: Annotated[bool, typer.Option("--allow-other-model", hidden=True)] = False


# --- commands -----------------------------------------------------------------------------------------------------


@command(app, "calibrate --quick", "calibrate", "calibrate salience --temperature 2.4", "calibrate --population 300")
def calibrate(
    fit: Fit,
    numbers: Numbers,
    *,
    seed: FitSeed = SEED,
    reference: Annotated[
        bool, typer.Option("--reference", help="Keep the posterior in results/reference, which studies draw from.")
    ] = False,
    restart: Restart = False,
    temperature: Annotated[
        float | None, typer.Option(help="Do not look for the temperature: take that of another structure.")
    ] = None,
    instead: Instead,
) -> None:
    """Fit the model to the published record of 2004-08 (ABC-SMC), or go on where that was stopped.

    Ctrl-C keeps every generation that has ended. The full fit takes 20 to 25 minutes on two cores.
    """
    from experiments.calibration import calibrate as fitting
    from experiments.calibration.generations import Log
    from experiments.expected import of_fit
    from views.cli.summaries import print_posterior

    if _did_instead(instead, fit, seed, restart=restart):
        return
    if temperature is not None and not 0.0 < temperature < math.inf:
        refuse(
            "not a temperature",
            "--temperature",
            temperature,
            "a number above 0, at least 1 where the record errs as it says",
            "leave it out, or take that of another structure",
        )
    keep = _reference(fit.structure) if reference else None
    job = fit.job(seed, numbers.population, numbers.generations, numbers.sets)
    database = job.folder / fitting.DATABASE
    log = Log(None if restart else database)
    if log.ended:
        terminal.say("This fit has ended; only what follows it is done again. --restart makes it anew.")
    elif log.made:
        terminal.say(f"Going on after generation {len(log.made)}.")
    with _task(
        job,
        partial(of_fit, temperature_given=temperature is not None),
        kept=lambda: f"Generations kept: {len(Log(database).made)}",
    ) as shown:
        posterior = fitting.calibrate(shown, keep=keep, restart=restart, temperature=temperature)
    print_posterior(posterior)
    terminal.print_path(keep or job.folder)


def _reference(structure: str) -> Path:
    """Where studies look for the posterior of a structure; an installed package is not changed."""
    from experiments.calibration.posterior import REFERENCE

    if COMMAND == INSTALLED:
        refuse(
            "the posteriors that come with the package are not changed",
            "--reference",
            structure,
            "in a clone of the repository",
            "leave it out: the posterior is written to --out",
        )
    return REFERENCE / structure


def _did_instead(instead: Instead, fit: Fit, seed: int, *, restart: bool) -> bool:
    """Do what an option of version 0.1 asks for, and name the command that does it now; whether there was one."""
    asked = {"--screen": instead.screen, "--recovery": instead.recovery is not None, "--best": instead.best}
    options = [option for option, on in asked.items() if on]
    if len(options) > 1:
        refuse("only one of them", ", ".join(options), "together", " or ".join(options), "leave the others out")
    if instead.of_model and instead.recovery is None:
        message = "there is nothing that the model should make data for"
        refuse(message, "--of-model", "alone", "an option of recover", f"use: {COMMAND} recover --of-model")
    trials, of_model = instead.recovery or TRIALS, instead.of_model
    commands = {
        "--screen": partial(screen, fit),
        "--recovery": partial(recover, fit, trials=trials, of_model=of_model, seed=seed, restart=restart),
        "--best": partial(best, fit, other_model=instead.other_model),
    }
    for option in options:
        use = f"{COMMAND} {commands[option].func.__name__}"
        terminal.say(f"calibrate {option} is deprecated and goes with the next release; use: {use}", style="yellow")
        commands[option]()
    return bool(options)


@command(app, "screen", "screen salience --out results/screening")
def screen(fit: Fit) -> None:
    """Find which uncertain parameters move which targets of the fit (Morris, then Sobol)."""
    from experiments.calibration import calibrate as fitting
    from experiments.expected import of_screening

    with _task(fit.job(), of_screening) as job:
        fitting.screen(job)
    terminal.print_path(job.folder)


@command(app, "recover", "recover --trials 40 --of-model")
def recover(
    fit: Fit,
    *,
    trials: Annotated[
        int, typer.Option(help="Parameter sets that are known and looked for.", callback=whole(10, 100_000))
    ] = TRIALS,
    of_model: Annotated[
        bool, typer.Option("--of-model", help="The model itself makes the data, a minute a trial; resumes if stopped.")
    ] = False,
    seed: FitSeed = SEED,
    restart: Restart = False,
) -> None:
    """Check whether the fit finds parameters that are known, of a response surface or of the model itself."""
    from experiments.calibration import calibrate as fitting
    from experiments.expected import of_recovery
    from views.cli.summaries import print_recovery

    with _task(
        fit.job(seed),
        partial(of_recovery, trials=trials if of_model else 0),
        kept=lambda: "Trials that had ended are kept" if of_model else "",
    ) as job:
        ranks = fitting.recover_model(job, trials, restart=restart) if of_model else fitting.recover(job, trials)
    print_recovery(ranks)
    terminal.print_path(job.folder / "recovery-of-model" if of_model else job.folder)


@command(app, "best", "best salience")
def best(fit: Fit, *, other_model: OtherModel = False) -> None:
    """Rank the sets of the kept posterior by their misfit; the first becomes the default of the model."""
    from experiments.calibration.best import best_sets
    from experiments.calibration.posterior import load_posterior, reading_from
    from experiments.expected import of_best
    from views.cli.summaries import print_best

    with reading_from(other_model=other_model):
        terminal.warn(load_posterior(fit.structure).warning)
        with _task(fit.job(), of_best) as job:
            ranked = best_sets(job)
    print_best(ranked)
    terminal.print_path(job.folder)


# --- validation ---------------------------------------------------------------------------------------------------


@command(
    app,
    "validate",
    "validate --quick",
    "validate salience --out results/validation-salience",
    "validate --against my-reports.csv",
)
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
    from experiments.calibration.posterior import reading_from
    from experiments.ensemble.folder import check_names, read_manifest
    from experiments.validation.job import QUICK, USUAL
    from experiments.validation.job import Job as Validation

    beside = "" if against is None else f"-against-{against.stem}"
    folder = out if out != VALIDATION else Path(f"{VALIDATION}{beside}{'-quick' if quick else ''}")
    marks = {"validation.html", "against.json"} if read_manifest(folder).get("kind") in (None, "validation") else set()
    check_names(folder, frozenset({"manifest.json", "tables", "figures", "rivals"}), frozenset(marks))
    job = Validation(structure, QUICK if quick else USUAL, workers)
    with reading_from(other_model=other_model):
        terminal.warn(job.posterior.warning)
        written = _judge(folder, job, quick=quick) if against is None else _score(folder, job, against, quick=quick)
    terminal.print_path(written)


def _judge(folder: Path, job: Validation, *, quick: bool) -> Path:
    from experiments.expected import of_validation
    from experiments.validation.validate import validate
    from views.cli.summaries import print_verdict
    from views.reports import write_validation_report

    fitted = Fit(job.structure, job.workers).job()
    _say_expected(
        replace(fitted, size=replace(fitted.size, organisations=job.size.organisations)),
        lambda _, problem: of_validation(job.size, problem, len(job.posterior)),
    )
    with showing() as display:
        verdict = validate(folder, replace(job, progress=cast("Progress", display)))
    print_verdict(verdict, quick=quick)
    return write_validation_report(folder)


def _score(folder: Path, job: Validation, reports: Path, *, quick: bool) -> Path:
    """Score a structure's posterior on annual reports from a file and print the scores; their table."""
    from experiments.expected import of_predictions
    from experiments.validation.against import against
    from views.cli.summaries import print_against

    work = of_predictions(min(job.size.draws, len(job.posterior)))
    terminal.say_expected(work, job.size.organisations, job.workers)
    with showing() as display:
        display.doing("predicting")
        found = against(folder, reports, replace(job, progress=cast("Progress", display)), quick=quick)
    print_against(found, quick=quick)
    return folder / "tables/against.csv"


# --- what is printed before and after -----------------------------------------------------------------------------


@contextmanager
def _task(job: Job, work: Callable[[Size, Problem], Work], kept: Callable[[], str] = lambda: "") -> Iterator[Job]:
    """Show a task of a fit: before it how long it will take, then its progress, after Ctrl-C what is kept of it.

    Raises
    ------
    InputError
        If its folder holds anything but a calibration.
    """
    from experiments.ensemble.folder import check_names

    check_names(job.folder, WRITTEN, frozenset({"identity.json", "fit.db", "posterior.csv"}))
    _say_expected(job, work)
    with showing(kept=kept) as display:
        yield replace(job, progress=cast("Progress", display))


def _say_expected(job: Job, work: Callable[[Size, Problem], Work]) -> None:
    """Say how long a job on the targets of a fit will take; compiling comes first, and is said."""
    from experiments.ensemble.models import cache_is_cold

    if cache_is_cold():
        terminal.say("compiling the weekly rules (first time only, about a minute)")
    terminal.say_expected(work(job.size, job.problem), job.size.organisations, job.workers)
