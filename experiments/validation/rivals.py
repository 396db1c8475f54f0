"""Variants of the model judged like the model itself: remedies that were tried, and rival structures."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd

from experiments.calibration.posterior import has_posterior
from experiments.calibration.priors import read_structures
from experiments.calibration.problem import Problem
from experiments.ensemble.store import Store
from experiments.study import Study
from experiments.validation import annual, judge
from experiments.validation.job import Job
from experiments.validation.natural import Change, same, with_parameters
from experiments.validation.predict import Predicted
from experiments.validation.scores import crps_each
from experiments.workflow import run_and_analyse
from model import load_world

RESAMPLES: Final = 2000
POLICIES: Final = (
    "s00-status-quo",
    "s02-intelligence-first",
    "s03-ships-first",
    "paris-package",
    "s10-containers",
    "s15-demand",
)


class Remedy(NamedTuple):
    """A change that was tried: in words, and of the history that is run."""

    what: str
    change: Change


REMEDIES: Final[Mapping[str, Remedy]] = {
    "as fitted": Remedy("the model as it was fitted", same),
    "no answer of other outlets": Remedy(
        "other markets keep their share, however cheap goods are (glut_answer 0)",
        with_parameters(glut_answer=0.0),
    ),
    "goods for other markets pass unseized": Remedy(
        "other_markets_exposure 0: as before decision 0025",
        with_parameters(other_markets_exposure=0.0),
    ),
    "contacts in ports are not learnt": Remedy(
        "contact_progress_ratio 1: as dear as where nothing was landed yet",
        with_parameters(contact_progress_ratio=1.0),
    ),
    "what contacts learn stays in its state": Remedy(
        "contact_spread 0: as before decision 0028",
        with_parameters(contact_spread=0.0),
    ),
    "controls stay as they are": Remedy(
        "control_response 0: no state's controls follow what they find",
        with_parameters(control_response=0.0),
    ),
    "states decide what they share": Remedy("cooperation is endogenous", with_parameters(cooperation="endogenous")),
    "controls of containers grow faster": Remedy(
        "inspection_growth_per_year 0.10 in place of 0.05",
        with_parameters(inspection_growth_per_year=0.1),
    ),
    "output answers price": Remedy("supply_answer 1", with_parameters(supply_answer=1.0)),
    "memory of a year": Remedy("memory_months 12", with_parameters(memory_months=12.0)),
}
"""Structural remedies that were tried, each judged like the model itself."""


class Judged(NamedTuple):
    """A variant of the model beside the record: its scores, and the CRPS of every state and year."""

    scores: dict[str, Any]
    crps: pd.Series


def _judge(name: str, found: Predicted) -> Judged:
    world, cells = load_world(), found.cells
    judged = judge.judged_table(found.targets, world)
    table = judge.families(judged)
    split = annual.time_split(cells, annual.null_cells(cells, world))
    carried, plain = (annual.of_predictor(split, one) for one in (annual.CARRIED, annual.PLAIN))
    low, high = judge.pass_range(found.targets, judged).passed
    return Judged(
        {
            "name": name,
            "families_passed": judge.counted(table),
            "passed_low": low,
            "passed_high": high,
            "families": len(table),
            "inside_90": float(judged["inside_90"].mean()),
            "crps_targets": float(judged["crps"].mean()),
            "error": float(carried["error"]),
            "crps": float(carried["crps"]),
            "cover_90": float(carried["cover_90"]),
            "error_plain": float(plain["error"]),
            "crps_plain": float(plain["crps"]),
        },
        pd.Series(
            crps_each(cells.full, cells.observed),
            pd.MultiIndex.from_arrays([cells.state, cells.year], names=["state", "year"]),
        ),
    )


def _side_by_side(found: Sequence[Judged]) -> pd.DataFrame:
    """A row for each variant; its CRPS of states and years less that of the first, 90% interval over states."""
    return pd.DataFrame([{**judged.scores, **_change(judged.crps - found[0].crps)} for judged in found])


def _change(crps: pd.Series) -> dict[str, float]:
    """Mean of differences, and its interval from resampling states."""
    of_state = crps.groupby("state").agg(["sum", "count"]).to_numpy()
    drawn = np.random.default_rng(1).integers(0, len(of_state), (RESAMPLES, len(of_state)))
    again = of_state[drawn].sum(axis=1)
    low, high = np.quantile(again[:, 0] / again[:, 1], [0.05, 0.95])
    return {
        "crps_change": float(of_state[:, 0].sum() / of_state[:, 1].sum()),
        "low": float(low),
        "high": float(high),
    }


def remedies(job: Job) -> pd.DataFrame:
    """Every remedy judged like the model: on the same sets, without fitting anew; the first is the model itself."""
    return _side_by_side(
        [_judge(name, job.predict(job.size.remedies, remedy.change)) for name, remedy in REMEDIES.items()]
    ).assign(what=[remedy.what for remedy in REMEDIES.values()])


def rivals(job: Job) -> pd.DataFrame:
    """Rival structures that have a posterior: how well they fit 2004-08, and how well they predict.

    Misfits are those of runs under fresh seeds: under the seeds by which sets were accepted they are too small.
    """
    shipped = Problem.usual(organisations=job.size.organisations)
    # one yardstick for all: chance is that of the shipped structure
    likelihood = shipped.likelihood(shipped.chance_sd(workers=job.workers))
    rows, found = [], []
    for name in filter(has_posterior, read_structures()):
        rival = replace(job, structure=name)
        predicted, posterior = rival.predict(job.size.remedies), rival.posterior
        chi = likelihood.misfit(predicted.fitted)
        found.append(_judge(name, predicted))
        rows.append(
            {
                "title": read_structures()[name].title,
                "chi_square": float(chi.mean()),
                "chi_square_se": float(chi.std(ddof=1) / math.sqrt(len(chi))),
                "chi_square_accepted": float(posterior.sets["chi_square"].mean()),
                "temperature": posterior.temperature,
                "sets": len(posterior),
                "simulations": int(posterior.manifest.get("simulations", 0)),
            }
        )
    return pd.concat([_side_by_side(found), pd.DataFrame(rows)], axis=1)


def conclusions(folder: Path, job: Job) -> pd.DataFrame:
    """What packages do under every structure: effects on what lands and on West Africa, with intervals over sets.

    Returns
    -------
    DataFrame
        structure, scenario, outcome, effect, low, high, n: paired differences against the status quo.
    """
    headline, pieces = Study.load("headline"), []
    for name in filter(has_posterior, read_structures()):
        document = {
            "title": f"Packages under {name}",
            "kind": "compare",
            "scenarios": list(POLICIES),
            "replications": job.size.policies,
            "organisations": job.size.organisations,
            "over": name,
            "fork": headline.fork,
            "window": list(headline.window),
            "outcomes": ["arrived_europe_kg", "west_africa_kg", "expected_seized_kg"],
        }
        store = Store(folder / "rivals" / name)
        run_and_analyse(Study.from_dict(document, name=f"packages-{name}"), store, workers=job.workers)
        columns = ["scenario", "outcome", "effect", "low", "high", "n"]
        pieces.append(store.table("paired")[columns].assign(structure=name))
    return pd.concat(pieces, ignore_index=True) if pieces else pd.DataFrame(columns=["structure"])


def survives(table: pd.DataFrame) -> pd.DataFrame:
    """Signs of every effect over structures: how many say less, more, or cannot tell; whether none contradicts.

    Where no run changes at all, as with demand where prices do not answer, a structure says nothing: it is untested.
    """
    signs = table.assign(
        less=table["high"] < 0, more=table["low"] > 0, untested=(table["low"] == 0.0) & (table["high"] == 0.0)
    )
    found = signs.groupby(["scenario", "outcome"], sort=False).agg(
        structures=("effect", "size"),
        less=("less", "sum"),
        more=("more", "sum"),
        untested=("untested", "sum"),
        effect_low=("effect", "min"),
        effect_high=("effect", "max"),
    )
    same_sign = found[["less", "more"]].max(axis=1)
    return found.assign(
        unclear=found["structures"] - found["less"] - found["more"],
        survives=same_sign == found["structures"],
        contradicted=(found["less"] > 0) & (found["more"] > 0),
    ).reset_index()
