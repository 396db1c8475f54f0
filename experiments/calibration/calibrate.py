"""A calibration from end to end: error of the record, fit, posterior, manifest.

The database of the fit lies in the results folder and lets it go on after a stop; the posterior goes to
`results/reference`.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from experiments.calibration.best import best_sets
from experiments.calibration.inference import Fit, Generation, Settings, infer
from experiments.calibration.posterior import REFERENCE, Posterior, equal_weights, load_posterior, made_of
from experiments.calibration.problem import Problem, misfit
from experiments.calibration.recovery import FINAL, NEAR, recover, recover_model, uniformity
from experiments.calibration.refine import Refined, effective, refine
from experiments.calibration.screening import identifiability, screen, variance_shares
from experiments.calibration.surface import fit_surface, pilot
from experiments.ensemble import provenance
from experiments.ensemble.folder import folder_lock, write_atomically
from experiments.ensemble.threads import parallel_map
from experiments.evidence.targets import table_of
from model.columns import Array
from model.errors import InputError
from model.results_version import RESULTS_VERSION

__all__ = [
    "DATABASE", "QUICK", "REFERENCE", "USUAL", "Size", "calibrate", "defaults", "recovery", "recovery_of_model",
    "screening", "with_population",
]  # fmt: skip

DATABASE: Final = "fit.db"
STRONGEST: Final = 20
RUNS_PER_PARAMETER: Final = 20
"""Pilot runs for each parameter, at least, in a check of recovery."""


@dataclass(frozen=True)
class Size:
    """How large a calibration is.

    Attributes
    ----------
    settings
        Of ABC-SMC, which finds the temperature and the region.
    pilot, near, final
        Runs over the prior, near the posterior, and of the last round that carries weights (`refine`).
    sets
        Sets of equal weight that are kept.
    """

    settings: Settings
    pilot: int = 1024
    near: tuple[int, ...] = (600, 600)
    final: int = 3000
    sets: int = 300
    organisations: int = 150
    chance_seeds: int = 24
    families: tuple[str, ...] | None = None
    free: int | None = None


USUAL: Final = Size(Settings(population=200, generations=6, least_acceptance=0.05))
QUICK: Final = Size(
    Settings(population=40, generations=3, least_acceptance=0.05), pilot=64, near=(40,), final=120, sets=40,
    organisations=60, chance_seeds=6,
    families=("flow_to_europe", "consumption", "west_africa_flow", "iberia", "eu_total", "world", "price_level"),
    free=5,
)  # fmt: skip


def calibrate(
    structure: str = "base", work: Path = Path("results/calibration"), size: Size = USUAL, *, keep: Path | None = None,
    workers: int | None = None, seed: int = 1, restart: bool = False, temperature: float | None = None,
    doing: Callable[[str], object] = lambda _: None, progress: Callable[[Generation], object] = lambda _: None,
    runs: Callable[[int], object] = lambda _: None,
) -> Posterior:  # fmt: skip
    """Calibrate a structure, or go on where that was stopped, and keep its posterior.

    Parameters
    ----------
    work
        Folder of the database, one inside it for each structure.
    keep
        Folder that the posterior is written to; by default inside `work`.
    restart
        Forget what was done before.
    temperature
        Take the posterior at this temperature and do not look for one: that of another structure, so that both are
        compared with the same error.

    Raises
    ------
    InputError
        If there is no such structure, pyABC is missing, the folder holds a fit of something else, or another process
        is at work there.
    """
    problem = Problem.usual(structure, size.organisations, size.families, size.free)
    folder = work / structure
    identity = {
        **problem.identity(), "seed": seed, **asdict(size.settings), "temperature_given": temperature,
        "source": provenance.source_hash(), "fitting": provenance.fitting_hash(), "data": provenance.data_hash(),
    }  # fmt: skip
    with folder_lock(folder):
        _same_or_new(folder, identity, restart=restart)
        posterior, table = _fitted(problem, folder, identity, size, temperature, seed, workers, doing, progress, runs)
        for target in {folder, keep or folder}:
            posterior.save(target)
            write_atomically(target / "targets.csv", table.to_csv(index=False, lineterminator="\n"))
    return posterior


def _fitted(
    problem: Problem, folder: Path, identity: dict[str, Any], size: Size, temperature: float | None, seed: int,
    workers: int | None, doing: Callable[[str], object], progress: Callable[[Generation], object],
    runs: Callable[[int], object],
) -> tuple[Posterior, pd.DataFrame]:  # fmt: skip
    """Posterior of a problem, and the table of what its sets give for each target."""
    started = time.perf_counter()
    doing("measuring chance over seeds")
    chance = problem.chance_sd(size.chance_seeds, workers)
    variance = (problem.error_sd**2 + chance**2) / problem.weights
    names = [prior.parameter for prior in problem.priors]
    degrees = max(float(problem.weights.sum()) - len(names), 1.0)
    fit = None
    if temperature is None:
        doing("fitting")
        fit = infer(problem.safely, names, problem.observed, variance, size.settings, folder / DATABASE,
                    workers=workers, seed=seed, progress=progress, doing=runs, degrees=degrees)  # fmt: skip
        temperature = max(1.0, min(g.best for g in fit.generations) / degrees)
    generations = fit.generations if fit is not None else ()
    refined = _refined(problem, fit, variance, temperature, size, seed, workers, doing, runs)
    doing("running the posterior again")
    units = equal_weights(refined.units, refined.weights, size.sets, seed)
    statistics = np.array(parallel_map(problem.at, units.tolist(), workers))
    chi_square = misfit(problem, statistics, variance)
    manifest = {
        **identity, "results_version": RESULTS_VERSION, "sets": len(units),
        "temperature": temperature, "degrees": degrees,
        "chance_seeds": size.chance_seeds, "effective_sets": effective(refined.weights),
        "effective_sets_smc": None if fit is None else effective(fit.weights),
        "temperature_smc": None if fit is None else fit.temperature,
        "pareto_k": round(refined.pareto_k, 3), "weights_cut": round(refined.cut, 4),
        "surface_explains": [round(float(share), 3) for share in refined.explained],
        "generations": [generation._asdict() for generation in generations],
        "simulations": sum(g.simulations for g in generations) + size.pilot + sum(size.near) + size.final,
        "failed_runs": len(problem.failures), "first_failure": next(iter(problem.failures), None),
        "seconds_smc": round(sum_seconds(generations), 1), "created": now(), "versions": provenance.versions(),
        "git_commit": provenance.git_state()[0], "minutes_here": round((time.perf_counter() - started) / 60, 2),
    }  # fmt: skip
    posterior = made_of(problem, units, chi_square.tolist(), temperature, manifest)
    return posterior, fitted_table(problem, statistics, chance)


def _refined(
    problem: Problem, fit: Fit | None, variance: Array, temperature: float, size: Size, seed: int, workers: int | None,
    doing: Callable[[str], object], runs: Callable[[int], object],
) -> Refined:  # fmt: skip
    """The posterior by importance sampling with proposals from a response surface."""
    doing("running over the prior")
    start, statistics = pilot(problem, size.pilot, seed, workers, runs)
    doing("refining")

    def simulate(units: Array) -> Array:
        return np.array(parallel_map(problem.safely, units.tolist(), workers, runs))

    if fit is not None:
        start, statistics = np.vstack([start, fit.units]), np.vstack([statistics, simulate(fit.units)])
    return refine(
        simulate, start, statistics, problem.observed, variance, temperature, size.final, size.near, seed
    )  # fmt: skip


def screening(
    structure: str, work: Path, size: Size = USUAL, workers: int | None = None,
    step: Callable[[str, int, int], object] = lambda *_: None, trajectories: int = 10, blocks: int = 64,
) -> Path:  # fmt: skip
    """Screen all uncertainties (Morris), then the twenty strongest (Sobol); tables in a folder, which is given back."""
    problem, folder = Problem.usual(structure, size.organisations), work / structure
    folder.mkdir(parents=True, exist_ok=True)
    morris = screen(problem, trajectories, progress=lambda n, of: step("screening", n, of), workers=workers)
    table = identifiability(morris, {target.name: target.weight for target in problem.targets})
    strongest = table["parameter"].head(STRONGEST).to_list()
    shares = variance_shares(
        problem, strongest, blocks, progress=lambda n, of: step("variance shares", n, of), workers=workers
    )
    for name, frame in (("morris", morris), ("identifiability", table), ("sobol", shares)):
        write_atomically(folder / f"{name}.csv", frame.to_csv(index=False, lineterminator="\n"))
    return folder


def defaults(
    structure: str, work: Path, size: Size = USUAL, workers: int | None = None,
    step: Callable[[str, int, int], object] = lambda *_: None,
) -> tuple[Path, pd.DataFrame]:  # fmt: skip
    """Rank the sets of a kept posterior for the defaults; the table, and the folder that it is written to."""
    problem, folder = Problem.usual(structure, size.organisations), work / structure
    posterior = load_posterior(structure)
    chance = problem.chance_sd(size.chance_seeds, workers)
    table = best_sets(problem, posterior, (problem.error_sd**2 + chance**2) / problem.weights, workers=workers,
                      done=lambda n, of: step("running the best sets", n, of))  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / "best.csv", table.to_csv(index=False, lineterminator="\n"))
    return folder, table


def recovery(
    structure: str, work: Path, size: Size, trials: int, workers: int | None = None,
    step: Callable[[str, int, int], object] = lambda *_: None,
) -> tuple[Path, pd.DataFrame]:  # fmt: skip
    """Check that the fit finds known parameters of a surface; ranks (as `recover`), and the folder of their tests."""
    problem, folder = Problem.usual(structure, size.organisations, size.families, size.free), work / structure
    folder.mkdir(parents=True, exist_ok=True)
    variance, start = _to_recover(problem, size, workers, step)
    surface = fit_surface(*start)
    names = [prior.parameter for prior in problem.priors]
    ranks = recover(surface, names, variance, _temperature_of(structure, folder), trials,
                    workers=workers or os.cpu_count() or 1, done=lambda n: step("recovering", n, trials))  # fmt: skip
    table = uniformity(ranks)
    fit = pd.DataFrame({"target": [t.name for t in problem.targets], "explained": surface.explained,
                        "spread": surface.spread})  # fmt: skip
    for name, frame in (("ranks", ranks), ("recovery", table), ("surface", fit)):
        write_atomically(folder / f"{name}.csv", frame.to_csv(index=False, lineterminator="\n"))
    return folder, ranks


def recovery_of_model(
    structure: str, work: Path, size: Size, trials: int, workers: int | None = None, seed: int = 1, *,
    restart: bool = False, step: Callable[[str, int, int], object] = lambda *_: None,
) -> tuple[Path, pd.DataFrame]:  # fmt: skip
    """Check that the fit finds parameters of the model that are known, or go on with the check after its last trial.

    Returns
    -------
    The folder that tables are written to, `recovery-of-model` inside the structure's, and ranks (as `recover`).

    Raises
    ------
    InputError
        If there is no such structure, or the folder holds a check of something else.
    """
    problem = Problem.usual(structure, size.organisations, size.families, size.free)
    temperature, folder = _temperature_of(structure, work / structure), work / structure / "recovery-of-model"
    identity = {
        **problem.identity(), "seed": seed, "temperature": temperature, "source": provenance.source_hash(),
        "fitting": provenance.fitting_hash(), "data": provenance.data_hash(),
    }  # fmt: skip
    with folder_lock(folder):
        _same_or_new(folder, identity, restart=restart)
        variance, start = _to_recover(problem, size, workers, step)
        kept = folder / "ranks.csv"
        ranks = [pd.read_csv(kept)] if kept.exists() else []
        runs = 1 + sum(NEAR) + FINAL
        ahead = range(sum(rows["trial"].nunique() for rows in ranks), trials)
        made = recover_model(problem, start, variance, temperature, ahead, seed, workers,
                             lambda trial, n: step(f"trial {trial + 1} of {trials}", n, runs))  # fmt: skip
        for rows in made:
            ranks.append(rows)
            write_atomically(kept, pd.concat(ranks).to_csv(index=False, lineterminator="\n"))
        found = pd.concat(ranks, ignore_index=True)
        write_atomically(folder / "recovery.csv", uniformity(found).to_csv(index=False, lineterminator="\n"))
    return folder, found


def _to_recover(
    problem: Problem, size: Size, workers: int | None, step: Callable[[str, int, int], object]
) -> tuple[Array, tuple[Array, Array]]:
    """Variance of the error that fits assume, and the runs over the prior that they begin with."""
    chance = problem.chance_sd(size.chance_seeds, workers)
    points = max(size.pilot, RUNS_PER_PARAMETER * len(problem.priors))
    start = pilot(problem, points, workers=workers, done=lambda n: step("running over the prior", n, points))
    return (problem.error_sd**2 + chance**2) / problem.weights, start


def _temperature_of(structure: str, folder: Path) -> float:
    """Temperature of the fit in a folder, else of the one that is kept, else 1."""
    for place in (folder, REFERENCE / structure):
        if (place / "manifest.json").exists():
            return float(json.loads((place / "manifest.json").read_text(encoding="utf-8"))["temperature"])
    return 1.0


def sum_seconds(generations: Sequence[Generation]) -> float:
    """Seconds of all generations; the clock starts anew where a fit was resumed."""
    seconds, before = 0.0, 0.0
    for generation in generations:
        seconds += generation.seconds - (before if generation.seconds > before else 0.0)
        before = generation.seconds
    return seconds


def fitted_table(problem: Problem, statistics: Array, chance: Array) -> pd.DataFrame:
    """Each fitted target with the band of the posterior, on the scale of the record."""
    from experiments.evidence.targets import back

    rows = []
    for i, target in enumerate(problem.targets):
        low, middle, high = back(np.quantile(statistics[:, i], [0.05, 0.5, 0.95]), target.transform)
        error = float(np.hypot(target.sd, chance[i]))
        rows.append({
            "target": target.name, "model_low": low, "model": middle, "model_high": high, "chance_sd": chance[i],
            "z": (target.scaled_value - float(np.mean(statistics[:, i]))) / error,
        })  # fmt: skip
    return table_of(problem.targets).merge(pd.DataFrame(rows), on="target")


def _same_or_new(folder: Path, identity: dict[str, Any], *, restart: bool) -> None:
    """Refuse to go on with a fit of something else."""
    path, content = folder / "identity.json", json.dumps(identity, indent=1) + "\n"
    if restart:
        for old in (DATABASE, "fit.json", "ranks.csv", "identity.json"):
            (folder / old).unlink(missing_ok=True)
    if path.exists() and path.read_text(encoding="utf-8") != content:
        before = json.loads(path.read_text(encoding="utf-8"))
        changed = [key for key in identity if before.get(key) != json.loads(content)[key]]
        raise InputError("this folder holds a fit of something else", field="calibrate", value=str(folder),
                         allowed=f"the same fit; what differs: {', '.join(changed)}",
                         remedy="--restart forgets it, --out takes another folder")  # fmt: skip
    write_atomically(path, content)


def now() -> str:
    """UTC, to the second."""
    return dt.datetime.now(dt.UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")


def with_population(size: Size, population: int | None, generations: int | None, sets: int | None) -> Size:
    """A size with other numbers where they are given."""
    settings = replace(
        size.settings, population=population or size.settings.population,
        generations=generations or size.settings.generations,
    )  # fmt: skip
    return replace(size, settings=settings, sets=sets or size.sets)
