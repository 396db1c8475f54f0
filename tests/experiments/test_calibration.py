"""Calibration: what is fitted, bits of the posterior, refusals, studies over it, versions of the model."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from inspect import getsource
from pathlib import Path
from shutil import copytree

import numpy as np
import pandas as pd
import pytest

from experiments.analysis.no_effect import warnings_of
from experiments.calibration import calibrate as fitting
from experiments.calibration.best import ranked
from experiments.calibration.generations import Settings
from experiments.calibration.likelihood import Runs
from experiments.calibration.posterior import REFERENCE, equal_weights, load_posterior, reading_from
from experiments.calibration.priors import read_priors, read_structures
from experiments.calibration.problem import Problem
from experiments.calibration.screening import identifiability
from experiments.ensemble import provenance, seeds
from experiments.ensemble.folder import folder_lock
from experiments.study import Study
from model.errors import InputError
from model.results_version import RESULTS_VERSION
from views.cli import fit

pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
TINY = fitting.Size(
    Settings(population=8, generations=2, least_acceptance=0.02),
    pilot=16,
    near=(10,),
    final=24,
    sets=6,
    organisations=15,
    chance_seeds=3,
    families=("consumption", "flow_to_europe"),
    free=2,
)


def test_runs_that_fail_are_noted_and_many_stop_the_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = Problem.usual("base", 60)

    def broken(self: Problem, unit: object) -> np.ndarray:
        raise KeyError("a statistic")

    monkeypatch.setattr(Problem, "at", broken)
    far = np.array([problem.safely([0.5]) for _ in range(50)])
    assert not Runs(far, far).succeeded().any()
    assert Runs(far, problem.observed[None]).succeeded().all()
    assert problem.failures[0] == "KeyError: 'a statistic'"
    with pytest.raises(KeyError):
        problem.safely([0.5])


def test_of_sets_that_fit_alike_the_most_usual_is_the_default() -> None:
    rng = np.random.default_rng(5)
    noise = rng.normal(size=(1, 40, 3))  # the seeds are common to all sets
    middles = np.array([0.0, 0.02, 0.02, 1.5])[:, None, None]
    statistics = middles + noise + 0.3 * rng.normal(size=(4, 40, 3))
    sets = pd.DataFrame({"draw": range(4), "from_middle": [2.0, 1.0, 0.5, 0.1]})
    table = ranked(sets, statistics, lambda means: (means**2).sum(axis=-1))
    assert table["draw"].tolist() == [2, 1, 0, 3], "tied sets by how usual they are, then the rest by misfit"
    assert table["tied"].tolist() == [True, True, True, False]
    assert table["behind"].min() == 0.0


def test_the_error_of_a_difference_is_that_of_its_seeds() -> None:
    rng = np.random.default_rng(6)
    both = 1.0 + rng.normal(size=(2, 400, 1)) * np.array([[[0.1]], [[0.3]]])
    table = ranked(pd.DataFrame({"draw": [0, 1], "from_middle": 0.0}), both, lambda means: means[..., 0])
    other = table.set_index("draw")["behind_error"].max()
    assert other == pytest.approx((both[1] - both[0]).std() / np.sqrt(399), rel=1e-6)


def test_equal_weights_keep_shares() -> None:
    units = np.arange(4.0)[:, None]
    found = equal_weights(units, np.array([0.5, 0.25, 0.25, 0.0]), 100)
    np.testing.assert_array_equal(np.bincount(found[:, 0].astype(int), minlength=4), [50, 25, 25, 0])


# --- what is fitted -----------------------------------------------------------------------------------------------


def test_few_parameters_are_free() -> None:
    priors = read_priors()
    assert len(priors) <= 12
    assert len({prior.parameter for prior in priors}) == len(priors)
    for prior in priors:
        for unit in (0.0, 0.3, 1.0):
            assert float(prior.to_unit(prior.from_unit(unit))) == pytest.approx(unit, abs=1e-12)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ('parameter = "thetaper"', "cannot be fitted"),
        ('parameter = "choice_rule"', "cannot be fitted"),
        ('parameter = "bulk_purity"\nlow = 0.9', "no range"),
        ('parameter = "explore_rate_per_week"\nscale = "log"', "no range"),
    ],
)
def test_what_cannot_be_fitted_is_named(entry: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "free.toml"
    path.write_text(f"[[free]]\n{entry}\n")
    with pytest.raises(InputError, match=said):
        read_priors(path)


def test_a_structure_that_is_not_there_is_named() -> None:
    with pytest.raises(InputError, match="did you mean 'salience'"):
        Problem.usual("saliense")
    assert next(iter(read_structures())) == "base"


def test_a_set_is_its_own_address() -> None:
    assert seeds.for_parameters([0.1, 0.2]) == seeds.for_parameters([0.1, 0.2])
    assert seeds.for_parameters([0.1, 0.2]) != seeds.for_parameters([0.2, 0.1])


def test_identifiability_counts_effects_beyond_the_error() -> None:
    morris = pd.DataFrame(
        {
            "parameter": ["a", "a", "b", "b"],
            "target": ["x", "y", "x", "y"],
            "mu_star": [3.0, 0.5, 0.2, 0.1],
        }
    )
    table = identifiability(morris, {"x": 1.0, "y": 1.0}).set_index("parameter")
    assert table.loc["a", "targets"] == 1
    assert table.loc["a", "told_by"] == "x"
    assert table.loc["b", "targets"] == 0


# --- end to end, small --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def reference(tmp_path_factory) -> Path:  # type: ignore[no-untyped-def]
    folder: Path = tmp_path_factory.mktemp("reference")
    fitting.calibrate(fitting.Job("base", folder, TINY, 2))
    return folder


@pytest.mark.slow
def test_a_posterior_runs_again_to_the_last_bit(reference: Path) -> None:
    posterior = load_posterior("base", reference / "base")
    problem = Problem.usual("base", TINY.organisations, TINY.families, TINY.free)
    assert len(posterior) == 6
    assert posterior.names == [prior.parameter for prior in problem.priors]
    likelihood = problem.likelihood(problem.chance_sd(TINY.chance_seeds))
    for draw in range(2):
        again = problem.run(posterior.values(draw), posterior.seed(draw))
        # every digit of the parameters was kept, so the misfit is the same number
        assert float(likelihood.misfit(again)) == posterior.sets["chi_square"].iloc[draw]
    assert posterior.manifest["simulations"] >= 16
    assert (reference / "base/targets.csv").exists()


@pytest.mark.slow
def test_a_folder_with_another_fit_is_refused(reference: Path) -> None:
    with pytest.raises(InputError, match=r"something else.*organisations"):
        fitting.calibrate(fitting.Job("base", reference, replace(TINY, organisations=16)))
    same = fitting.calibrate(fitting.Job("base", reference, TINY))  # ended: nothing is fitted again
    assert len(same) == 6


def test_one_fit_at_a_time_in_a_folder(tmp_path: Path) -> None:
    with folder_lock(tmp_path / "base"), pytest.raises(InputError, match=r"another process.*one at a time"):
        fitting.calibrate(fitting.Job("base", tmp_path, fitting.QUICK))
    assert not list((tmp_path / "base").iterdir())


def test_help_says_the_sizes_that_are_used() -> None:
    said, usual = " ".join(getsource(fit.Numbers).split()), fitting.USUAL
    for what, size in (
        ("Parameter sets in a generation", usual.settings.population),
        ("Generations at most", usual.settings.generations),
        ("Sets of equal weight that are kept", usual.sets),
    ):
        assert f"{what}. \\\\[{size}]" in said


@pytest.mark.slow
def test_a_study_over_a_posterior_gives_each_seed_its_set(reference: Path, tmp_path: Path) -> None:
    from experiments.ensemble.store import Store
    from experiments.workflow import run_and_analyse

    document = {
        "title": "over",
        "kind": "compare",
        "scenarios": ["s00-status-quo", "paris-package"],
        "window": [2012, 2013],
        "organisations": 15,
        "replications": 4,
        "over": "posterior",
        "outcomes": ["arrived_europe_kg"],
    }
    with reading_from(reference):
        study, posterior = Study.from_dict(document), load_posterior("base", reference / "base")
        assert len(study.arms) == 8
        for arm in study.arms:
            values = posterior.values(arm.seeds[0] - 1)
            assert all(getattr(arm.scenario.parameters, name) == value for name, value in values.items())
        assert study.plan["run"].is_unique
        store = Store(tmp_path / "s")
        run_and_analyse(study, store)
    table = store.table("paired")
    assert table["n"].to_list() == [4]
    assert store.manifest["over"] == "base"


def test_without_a_posterior_one_is_told_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"run\.py calibrate base"):
        load_posterior("base", tmp_path)
    with pytest.raises(InputError, match="over"):
        Study.from_dict({"title": "t", "scenarios": ["as-it-happened", "paris-package"], "over": "elsewhere"})


# --- of which version of the model --------------------------------------------------------------------------------


def posterior_of(folder: Path, **changes: object) -> Path:
    """The shipped posterior with another manifest; what is None is left out."""
    copytree(REFERENCE / "base", folder)
    told = {**json.loads((folder / "manifest.json").read_text()), **changes}
    (folder / "manifest.json").write_text(json.dumps({k: v for k, v in told.items() if v is not None}))
    return folder


def test_every_entry_that_changes_results_raises_the_version() -> None:
    text = (Path(__file__).parents[2] / "CHANGELOG.md").read_text(encoding="utf-8")
    entries = re.findall(r"^- \*\*Results change\*\*|^First version\. \*\*Results change\*\*", text, re.MULTILINE)
    assert len(entries) == RESULTS_VERSION


def test_the_shipped_posteriors_hold_and_say_what_has_changed_since() -> None:
    for structure in read_structures():
        warning = load_posterior(structure).warning
        assert f"the posterior of {structure} was fitted on other sources or tables" in warning
        assert "at most 0.5%" in warning


@pytest.mark.parametrize("version", [None, 1, 19, RESULTS_VERSION + 1])
def test_a_posterior_of_another_version_of_the_model_is_refused_unless_asked_for(
    version: int | None, tmp_path: Path
) -> None:
    posterior_of(tmp_path / "base", results_version=version)
    with pytest.raises(InputError, match=r"gives other results.*calibrate base, or add --allow-other-model"):
        load_posterior("base", tmp_path / "base")
    study = {"title": "t", "scenarios": ["s00-status-quo", "paris-package"], "over": "posterior"}
    with reading_from(tmp_path, other_model=True):
        assert "under which it may be another" in warnings_of(Study.from_dict(study))[0]
    with reading_from(tmp_path), pytest.raises(InputError, match="gives other results"):
        warnings_of(Study.from_dict(study))


def test_a_posterior_of_this_model_needs_no_word(tmp_path: Path) -> None:
    mine = {"source": provenance.source_hash(), "data": provenance.data_hash(), "results_version": RESULTS_VERSION}
    assert load_posterior("base", posterior_of(tmp_path / "a", **mine)).warning == ""
    same = load_posterior("base", posterior_of(tmp_path / "b", **{**mine, "source": "0" * 64})).warning
    assert same.endswith("they give the same runs")
