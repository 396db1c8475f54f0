"""A validation from end to end: predictions, scores, trials, remedies, rivals; tables and a manifest in a folder.

Nothing here fits anything. Failures are written down in the same tables, in the same words, as successes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd

from experiments.calibration.calibrate import now
from experiments.calibration.posterior import Posterior, has_posterior, load_posterior
from experiments.calibration.problem import Prior, Problem, misfit, read_structures
from experiments.ensemble import provenance
from experiments.ensemble.folder import folder_lock, to_json, write_atomically
from experiments.ensemble.store import Store
from experiments.ensemble.threads import parallel_map
from experiments.study import Study
from experiments.validation import annual, checks, judge
from experiments.validation.predict import Predicted, predict
from experiments.validation.scores import crps_each
from experiments.validation.trials import run_trials, surge, surge_table
from experiments.workflow import run_and_analyse
from model import Scenario, load_world
from model.columns import Array
from model.results_version import RESULTS_VERSION
from model.world import World

__all__ = ["QUICK", "USUAL", "Size", "conclusions", "remedies", "rivals", "validate"]


@dataclass(frozen=True)
class Size:
    """Sets of the posterior that each part is run with."""

    draws: int = 200
    trials: int = 40
    surge: int = 60
    remedies: int = 60
    policies: int = 100
    organisations: int = 150


USUAL: Final = Size()
QUICK: Final = Size(draws=16, trials=4, surge=6, remedies=8, policies=4, organisations=60)


class Remedy(NamedTuple):
    """A change that was tried: in words, and of the history that is run."""

    what: str
    change: Callable[[Scenario], Scenario] = lambda scenario: scenario


def _set(**parameters: object) -> Callable[[Scenario], Scenario]:
    return lambda scenario: scenario.with_parameters(**parameters)


REMEDIES: Final[Mapping[str, Remedy]] = {
    "as fitted": Remedy("the model as it was fitted"),
    "no answer of other outlets": Remedy(
        "other markets keep their share, however cheap goods are (glut_answer 0)", _set(glut_answer=0.0),
    ),
    "goods for other markets pass unseized": Remedy(
        "other_markets_exposure 0: as before decision 0025", _set(other_markets_exposure=0.0),
    ),
    "contacts in ports are not learnt": Remedy(
        "contact_progress_ratio 1: as dear as where nothing was landed yet", _set(contact_progress_ratio=1.0),
    ),
    "what contacts learn stays in its state": Remedy(
        "contact_spread 0: as before decision 0028", _set(contact_spread=0.0),
    ),
    "controls stay as they are": Remedy(
        "control_response 0: no state's controls follow what they find", _set(control_response=0.0),
    ),
    "states decide what they share": Remedy("cooperation is endogenous", _set(cooperation="endogenous")),
    "controls of containers grow faster": Remedy(
        "inspection_growth_per_year 0.10 in place of 0.05", _set(inspection_growth_per_year=0.1),
    ),
    "output answers price": Remedy("supply_answer 1", _set(supply_answer=1.0)),
    "memory of a year": Remedy("memory_months 12", _set(memory_months=12.0)),
}  # fmt: skip
"""Structural remedies that were tried, each judged like the model itself."""
OTHER_LUCK: Final = 2_000_003
"""First seed of runs that make data for predictive checks: none that predictions are made with."""
POLICIES: Final = ("s00-status-quo", "s02-intelligence-first", "s03-ships-first", "paris-package", "s10-containers",
                   "s15-demand")  # fmt: skip


def validate(
    folder: Path, structure: str = "base", size: Size = USUAL, *, reference: Path | None = None,
    workers: int | None = None, doing: Callable[[str], object] = lambda _: None,
    done: Callable[[int], object] = lambda _: None,
) -> dict[str, Any]:  # fmt: skip
    """Judge a structure's posterior and write tables and manifest; gives the verdict in numbers.

    Parameters
    ----------
    folder
        Where tables go.
    reference
        Folder of posteriors; by default `results/reference` of the project.

    Raises
    ------
    InputError
        If there is no posterior.
    """
    posterior = _posterior(structure, reference)
    with folder_lock(folder):
        tables, verdict = _validated(folder, posterior, size, reference, workers, doing, done)
        # only now: an interrupted validation leaves what was there as it was
        for name, table in tables.items():
            _write(folder, name, table)
        write_atomically(folder / "manifest.json", to_json({
            "kind": "validation", "name": folder.name, "title": "How far can the model be trusted?",
            "structure": structure, "created": now(), "size": size.__dict__, "verdict": verdict,
            "posterior": posterior.manifest, "warnings": [posterior.warning] if posterior.warning else [],
            "results_version": RESULTS_VERSION, "source_hash": provenance.source_hash(),
            "judging_hash": provenance.judging_hash(), "data_hash": provenance.data_hash(),
            "versions": provenance.versions(), "git_commit": provenance.git_state()[0],
            "structures": {name: s.title for name, s in read_structures().items()},
        }))  # fmt: skip
    return verdict


def _validated(
    folder: Path, posterior: Posterior, size: Size, reference: Path | None, workers: int | None,
    doing: Callable[[str], object], done: Callable[[int], object],
) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:  # fmt: skip
    """All tables by name, and the verdict."""
    world = load_world()
    doing("predicting")
    found = predict(
        posterior, world, organisations=size.organisations, draws=min(size.draws, len(posterior)), workers=workers,
        done=done,
    )  # fmt: skip
    tables, verdict = _judged(world, posterior, found)
    doing("checking the fit")
    checked, of_fit, tables["regions"] = _checked_fit(posterior, found, size, workers, done)
    verdict |= of_fit
    kept = _fitted(posterior.structure, reference)
    tables["fitted"] = kept.merge(checked, on="target", how="left") if len(kept) else checked
    tables["posterior"] = _marginals(posterior)
    doing("asking experiments of history and findings of other models")
    tables["trials"] = run_trials(posterior, world, size.trials, size.organisations, workers, done)
    verdict |= _counts(tables["trials"])
    doing("asking where the surge came from")
    tables["surge"] = surge_table(surge(posterior, world, size.surge, size.organisations, workers, done))
    doing("trying remedies")
    tables["remedies"] = remedies(posterior, world, size, workers, done)
    doing("comparing rival structures")
    tables["rivals"] = rivals(world, size, reference, workers, done)
    tables["conclusions"] = conclusions(folder, size, reference, workers)
    return tables, verdict


def _checked_fit(
    posterior: Posterior, found: Predicted, size: Size, workers: int | None,
    done: Callable[[int], object],
) -> tuple[pd.DataFrame, dict[str, Any], pd.DataFrame]:  # fmt: skip
    """Predictive checks of the fitted targets, what they say together, and the fit with regions left out."""
    problem = Problem.usual(posterior.structure, size.organisations)

    def luck_it_was_accepted_with(draw: int) -> Array:
        return problem.run(posterior.values(draw), posterior.seed(draw))

    def other_luck(draw: int) -> Array:
        return problem.run(posterior.values(draw), OTHER_LUCK + draw, realised=True)

    accepted = np.array(parallel_map(luck_it_was_accepted_with, range(len(posterior)), workers, done))
    made = np.array(parallel_map(other_luck, range(len(found.fitted)), workers, done))
    checked = checks.predictive_check(problem, made, posterior.temperature)
    verdict = {
        "fitted": len(checked), **{f"fitted_{kind}": int(checked[kind].sum()) for kind in
                                   ("inside_runs", "inside_record", "inside_fit")},
        "fitted_joint_p": checks.joint_p(problem, found.fitted, made, 1.0),
        "fitted_joint_p_at_temperature": checks.joint_p(problem, found.fitted, made, posterior.temperature),
    }  # fmt: skip
    return checked, verdict, checks.region_out(problem, posterior, accepted, problem.chance_sd(workers=workers))


def _counts(trials: pd.DataFrame) -> dict[str, int]:
    """How many experiments hold and fail, and among them those whose sign is open beforehand."""
    asked = trials[trials["kind"] != "built in"]
    free = asked[asked["kind"] == "open"]
    return {
        "trials": len(asked), "trials_built_in": len(trials) - len(asked), "trials_open": len(free),
        **{f"trials_{plural}": int((asked["verdict"] == said).sum())
           for said, plural in (("holds", "hold"), ("fails", "fail"))},
        **{f"trials_open_{plural}": int((free["verdict"] == said).sum())
           for said, plural in (("holds", "hold"), ("fails", "fail"))},
    }  # fmt: skip


def _posterior(structure: str, reference: Path | None) -> Posterior:
    return load_posterior(structure, None if reference is None else reference / structure)


def _judged(world: World, posterior: Posterior, found: Predicted) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
    """Tables of predictions and scores, and the verdict on them."""
    predicted, cells = found.targets, found.cells
    judged = judge.judged_table(predicted, world)
    families = judge.families(judged)
    families["right_way"] = families["family"].map(judge.right_way(judged))
    nulls = annual.null_cells(cells, world)
    split, differences = annual.time_split(cells, nulls), annual.split_differences(cells, nulls)
    bands = found.series.drop(columns="draw").groupby("year").quantile(np.array([0.05, 0.25, 0.5, 0.75, 0.95]))
    return {
        "judged": judged, "families": families, "temperatures": checks.temperatures(predicted, judged, posterior),
        "time_split": split, "split_differences": differences, "country_years": annual.cell_table(cells),
        "forecast": found.forecast.table(), "series": bands.rename_axis(["year", "quantile"]).reset_index(),
    }, judge.summary(judged, families, split, differences, judge.pass_range(predicted, judged))  # fmt: skip


def _fitted(structure: str, reference: Path | None) -> pd.DataFrame:
    """The fitted targets with the band of the posterior, as the calibration left them."""
    from experiments.calibration.posterior import REFERENCE

    path = (reference or REFERENCE) / structure / "targets.csv"
    return pd.read_csv(path) if path.exists() else pd.DataFrame()


def _marginals(posterior: Posterior) -> pd.DataFrame:
    """Quantiles of every fitted parameter, on the scale of its prior and in its unit, and how much it was narrowed."""
    rows = []
    for entry in posterior.manifest["priors"]:
        prior = Prior(*entry)
        units = prior.to_unit(posterior.sets[prior.parameter].to_numpy())
        low, middle, high = np.quantile(units, [0.05, 0.5, 0.95])
        rows.append({
            "parameter": prior.parameter, "low": low, "middle": middle, "high": high,
            "value_low": float(prior.from_unit(low)), "value": float(prior.from_unit(middle)),
            "value_high": float(prior.from_unit(high)), "contraction": 1.0 - 12.0 * float(np.var(units, ddof=1)),
        })  # fmt: skip
    return pd.DataFrame(rows)


def _write(folder: Path, name: str, table: pd.DataFrame) -> None:
    (folder / "tables").mkdir(parents=True, exist_ok=True)
    write_atomically(folder / "tables" / f"{name}.csv", table.to_csv(index=False, lineterminator="\n"))


@dataclass(frozen=True, eq=False)
class Judged:
    """A variant of the model beside the record: its scores, and the CRPS of every state and year."""

    scores: dict[str, Any]
    crps: pd.Series


def _judge(name: str, found: Predicted, world: World) -> Judged:
    predicted, cells = found.targets, found.cells
    judged = judge.judged_table(predicted, world)
    table = judge.families(judged)
    split = annual.time_split(cells, annual.null_cells(cells, world))
    carried, plain = (annual.of_predictor(split, one) for one in (annual.CARRIED, annual.PLAIN))
    index = pd.MultiIndex.from_arrays([cells.state, cells.year], names=["state", "year"])
    low, high = judge.pass_range(predicted, judged).passed
    return Judged({
        "name": name, "families_passed": judge.counted(table), "passed_low": low, "passed_high": high,
        "families": len(table), "inside_90": float(judged["inside_90"].mean()),
        "crps_targets": float(judged["crps"].mean()), "error": float(carried["error"]), "crps": float(carried["crps"]),
        "cover_90": float(carried["cover_90"]), "error_plain": float(plain["error"]),
        "crps_plain": float(plain["crps"]),
    }, pd.Series(crps_each(cells.full, cells.observed), index))  # fmt: skip


def _beside(first: Judged, other: Judged, seed: int = 1) -> dict[str, float]:
    """CRPS of states and years less that of the first, with a 90% interval from resampling states."""
    change = (other.crps - first.crps).groupby("state").agg(["sum", "count"]).to_numpy()
    drawn = np.random.default_rng(seed).integers(0, len(change), (2000, len(change)))
    again = change[drawn].sum(axis=1)
    low, high = np.quantile(again[:, 0] / again[:, 1], [0.05, 0.95])
    return {"crps_change": float(change[:, 0].sum() / change[:, 1].sum()), "low": float(low), "high": float(high)}


def remedies(posterior: Posterior, world: World, size: Size, workers: int | None = None,
             done: Callable[[int], object] = lambda _: None) -> pd.DataFrame:  # fmt: skip
    """Every remedy judged like the model: on the same sets, without fitting anew; the first is the model itself."""
    found: list[Judged] = []
    for name, remedy in REMEDIES.items():
        predicted = predict(
            posterior, world, organisations=size.organisations, draws=min(size.remedies, len(posterior)),
            changes=remedy.change, workers=workers, done=done,
        )  # fmt: skip
        found.append(_judge(name, predicted, world))
    return pd.DataFrame([
        {**judged.scores, **_beside(found[0], judged), "what": REMEDIES[judged.scores["name"]].what} for judged in found
    ])  # fmt: skip


def rivals(world: World, size: Size, reference: Path | None = None, workers: int | None = None,
           done: Callable[[int], object] = lambda _: None) -> pd.DataFrame:  # fmt: skip
    """Rival structures that have a posterior: how well they fit 2004-08, and how well they predict.

    Misfits are those of runs under fresh seeds: under the seeds by which sets were accepted they are too small.
    """
    shipped = Problem.usual(organisations=size.organisations)
    # one yardstick for all: chance is that of the shipped structure
    variance = (shipped.error_sd**2 + shipped.chance_sd(workers=workers) ** 2) / shipped.weights
    rows, found = [], []
    for name, structure in read_structures().items():
        if not has_posterior(name, reference):
            continue
        posterior = _posterior(name, reference)
        predicted = predict(
            posterior, world, organisations=size.organisations, draws=min(size.remedies, len(posterior)),
            workers=workers, done=done,
        )  # fmt: skip
        chi = misfit(shipped, predicted.fitted, variance)
        found.append(_judge(name, predicted, world))
        rows.append({
            **found[-1].scores, **_beside(found[0], found[-1]), "title": structure.title,
            "chi_square": float(chi.mean()), "chi_square_se": float(chi.std(ddof=1) / math.sqrt(len(chi))),
            "chi_square_accepted": float(posterior.sets["chi_square"].mean()), "temperature": posterior.temperature,
            "sets": len(posterior), "simulations": int(posterior.manifest.get("simulations", 0)),
        })  # fmt: skip
    return pd.DataFrame(rows)


def conclusions(folder: Path, size: Size, reference: Path | None = None, workers: int | None = None) -> pd.DataFrame:
    """What packages do under every structure: effects on what lands and on West Africa, with intervals over sets.

    Returns
    -------
    DataFrame
        structure, scenario, outcome, effect, low, high, n: paired differences against the status quo.
    """
    from experiments.calibration import posterior as kept

    headline, pieces = Study.load("headline"), []
    for name in read_structures():
        if not has_posterior(name, reference):
            continue
        study = Study.from_dict({
            "title": f"Packages under {name}", "kind": "compare", "scenarios": list(POLICIES),
            "replications": size.policies, "organisations": size.organisations, "over": name,
            "fork": headline.fork, "window": list(headline.window),
            "outcomes": ["arrived_europe_kg", "west_africa_kg", "expected_seized_kg"],
        }, name=f"packages-{name}")  # fmt: skip
        with kept.reading_from(reference):
            store = Store(folder / "rivals" / name)
            run_and_analyse(study, store, workers=workers)
        table = store.table("paired")
        pieces.append(table[["scenario", "outcome", "effect", "low", "high", "n"]].assign(structure=name))
    return pd.concat(pieces, ignore_index=True) if pieces else pd.DataFrame(columns=["structure"])


def survives(table: pd.DataFrame) -> pd.DataFrame:
    """Signs of every effect over structures: how many say less, more, or cannot tell; whether none contradicts.

    Where no run changes at all, as with demand where prices do not answer, a structure says nothing: it is untested.
    """
    rows = []
    for (scenario, outcome), group in table.groupby(["scenario", "outcome"], sort=False):
        less, more = int((group["high"] < 0).sum()), int((group["low"] > 0).sum())
        rows.append({
            "scenario": scenario, "outcome": outcome, "structures": len(group), "less": less, "more": more,
            "untested": int(((group["low"] == 0.0) & (group["high"] == 0.0)).sum()),
            "unclear": len(group) - less - more, "survives": max(less, more) == len(group),
            "contradicted": less > 0 and more > 0, "effect_low": float(group["effect"].min()),
            "effect_high": float(group["effect"].max()),
        })  # fmt: skip
    return pd.DataFrame(rows)
