"""The fit: closed forms, stops and resumptions, known parameters recovered, bits of the posterior, studies over it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Sequence
from dataclasses import replace
from inspect import getsource
from pathlib import Path
from shutil import copytree
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import genpareto

from experiments.analysis.no_effect import warnings_of
from experiments.calibration import calibrate as fitting
from experiments.calibration.best import ranked
from experiments.calibration.inference import Fit, Generation, Settings, infer
from experiments.calibration.posterior import REFERENCE, equal_weights, load_posterior, reading_from
from experiments.calibration.problem import Problem, misfit, read_priors, read_structures, seed_of, succeeded
from experiments.calibration.recovery import FINAL, NEAR, RANKS, holm, pooled, recover, recover_model, uniformity
from experiments.calibration.refine import effective, pareto_k, refine, surface_posterior
from experiments.calibration.screening import identifiability
from experiments.calibration.surface import fit_surface
from experiments.ensemble import provenance
from experiments.ensemble.folder import folder_lock
from experiments.study import Study
from model.errors import InputError
from model.results_version import RESULTS_VERSION
from views.cli import main

pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
TINY = fitting.Size(
    Settings(population=8, generations=2, least_acceptance=0.02), pilot=16, near=(10,), final=24, sets=6,
    organisations=15, chance_seeds=3, families=("consumption", "flow_to_europe"), free=2,
)  # fmt: skip


# --- inference on models with a known answer ----------------------------------------------------------------------


def line(unit):  # type: ignore[no-untyped-def]
    """Two statistics of two parameters, without chance."""
    return np.array([unit[0] + 0.5 * unit[1], unit[1]])


def test_the_posterior_of_a_linear_model_is_the_closed_form() -> None:
    observed, variance = np.array([0.75, 0.5]), np.array([0.0025, 0.0025])
    settings = Settings(population=300, generations=12, least_acceptance=0.001, misfit=1.0)
    fit = infer(line, ["a", "b"], observed, variance, settings, workers=1, seed=3)
    mean = np.average(fit.units, axis=0, weights=fit.weights)
    spread = np.sqrt(np.average((fit.units - mean) ** 2, axis=0, weights=fit.weights))
    design = np.array([[1.0, 0.5], [0.0, 1.0]])
    exact = np.sqrt(np.diag(np.linalg.inv(design.T @ design / 0.0025)))
    assert fit.temperature == pytest.approx(1.0)
    np.testing.assert_allclose(mean, [0.5, 0.5], atol=0.02)
    np.testing.assert_allclose(spread, exact, rtol=0.2)


def test_a_model_that_cannot_fit_ends_at_its_misfit() -> None:
    """Four statistics that are all the same parameter cannot be met: two at 0.2, two at 0.8."""
    observed, variance = np.array([0.2, 0.2, 0.8, 0.8]), np.full(4, 0.0025)
    settings = Settings(population=100, generations=12, least_acceptance=0.001)
    fit = infer(lambda u: np.full(4, u[0]), ["a"], observed, variance, settings, workers=1, seed=1)
    reduced = 4 * 0.3**2 / 0.0025 / 3
    assert fit.temperature == pytest.approx(reduced, rel=0.1)
    assert all(a.temperature >= b.temperature for a, b in zip(fit.generations, fit.generations[1:], strict=False))


def slow_line(u: Sequence[float]) -> np.ndarray:
    """As `line`, after a time that depends on the place: candidates become ready out of their order."""
    time.sleep(0.004 * (17.0 * u[0] % 1.0))
    return line(u)


def fit_of_a_line(database: Path | None, workers: int, stop_after: int | None = None) -> Fit:
    def progress(generation: Generation) -> None:
        if generation.number == stop_after:
            raise KeyboardInterrupt

    observed, settings = np.array([0.75, 0.5]), Settings(40, 4, 0.001, misfit=1.0)
    return infer(slow_line, ["a", "b"], observed, np.full(2, 0.0025), settings, database, workers=workers, seed=3,
                 progress=progress)  # fmt: skip


def test_a_fit_is_the_same_on_any_number_of_threads_and_after_a_stop(tmp_path: Path) -> None:
    one = fit_of_a_line(None, 1)
    assert len(one.generations) >= 3
    with pytest.raises(KeyboardInterrupt):
        fit_of_a_line(tmp_path / "fit.db", 3, stop_after=0)
    for other in (fit_of_a_line(None, 3), fit_of_a_line(tmp_path / "fit.db", 2)):
        assert (other.units == one.units).all()
        assert (other.weights == one.weights).all()
        assert [g[:-1] for g in other.generations] == [g[:-1] for g in one.generations]  # all but seconds


def test_a_log_without_its_database_tells_of_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        fit_of_a_line(tmp_path / "fit.db", 2, stop_after=1)
    (tmp_path / "fit.db").unlink()
    again = fit_of_a_line(tmp_path / "fit.db", 2)
    assert [generation.number for generation in again.generations] == list(range(len(again.generations)))
    assert (again.units == fit_of_a_line(None, 2).units).all()


def test_a_generation_that_was_killed_while_it_was_written_is_made_again(tmp_path: Path) -> None:
    database, log = tmp_path / "fit.db", tmp_path / "fit.json"
    with pytest.raises(KeyboardInterrupt):
        fit_of_a_line(database, 2, stop_after=0)
    after_one = log.read_text()
    with pytest.raises(KeyboardInterrupt):
        fit_of_a_line(database, 2, stop_after=1)
    assert log.read_text() != after_one
    log.write_text(after_one)  # as if it had been killed before the log was written
    again, straight = fit_of_a_line(database, 2), fit_of_a_line(None, 2)
    assert (again.units == straight.units).all()
    assert len(again.generations) == len(straight.generations)


def test_refining_gives_the_closed_form_with_many_effective_sets() -> None:
    """The same linear model: the surface is right, so nearly every run counts."""
    rng = np.random.default_rng(4)
    observed, variance = np.array([0.75, 0.5]), np.array([0.0025, 0.0025])

    def simulate(units: np.ndarray) -> np.ndarray:
        return np.array([line(u) for u in units])

    start = rng.random((100, 2))
    found = refine(simulate, start, simulate(start), observed, variance, 1.0, 600, (50,))
    mean = np.average(found.units, axis=0, weights=found.weights)
    spread = np.sqrt(np.average((found.units - mean) ** 2, axis=0, weights=found.weights))
    exact = np.sqrt(np.diag(np.linalg.inv(np.array([[1.0, 0.5], [0.5, 1.25]]) / 0.0025)))
    np.testing.assert_allclose(mean, [0.5, 0.5], atol=0.01)
    np.testing.assert_allclose(spread, exact, rtol=0.1)
    assert effective(found.weights) > 300
    assert (found.explained > 0.99).all()
    assert found.cut < 0.01


@pytest.mark.parametrize("shape", [0.2, 0.6, 0.9])
def test_the_tail_of_weights_is_told(shape: float) -> None:
    drawn = genpareto.rvs(shape, size=3000, random_state=5)
    assert pareto_k(drawn) == pytest.approx(shape, abs=0.2)


def test_a_wrong_surface_is_put_right_by_weights() -> None:
    """A bent statistic that no quadratic can follow: proposals are off, and the model's own runs correct them."""
    rng = np.random.default_rng(5)

    def simulate(units: np.ndarray) -> np.ndarray:
        return np.tanh(6.0 * (units - 0.4))

    start = rng.random((200, 1))
    found = refine(simulate, start, simulate(start), np.array([0.5]), np.array([0.01]), 1.0, 2000, (100,))
    grid = np.linspace(0.0, 1.0, 4001)
    density = np.exp(-0.5 * (np.tanh(6.0 * (grid - 0.4)) - 0.5) ** 2 / 0.01)
    exact = float((grid * density).sum() / density.sum())
    assert float(np.average(found.units[:, 0], weights=found.weights)) == pytest.approx(exact, abs=0.005)
    plain = surface_posterior(fit_surface(start, simulate(start)), np.array([0.5]), np.array([0.01]), 1.0, 2000, rng)
    assert abs(plain.mean() - exact) > 0.01  # without weights it would be wrong


def test_runs_that_fail_are_noted_and_many_stop_the_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = Problem.usual("base", 60)

    def broken(self: Problem, unit: object) -> np.ndarray:
        raise KeyError("a statistic")

    monkeypatch.setattr(Problem, "at", broken)
    far = np.array([problem.safely([0.5]) for _ in range(50)])
    assert not succeeded(far).any()
    assert succeeded(problem.observed[None]).all()
    assert problem.failures[0] == "KeyError: 'a statistic'"
    with pytest.raises(KeyError):
        problem.safely([0.5])


# --- recovery -----------------------------------------------------------------------------------------------------


def test_a_quadratic_surface_is_found() -> None:
    rng = np.random.default_rng(1)
    units = rng.random((400, 3))
    truth = np.column_stack([1 + units[:, 0] - 2 * units[:, 1] ** 2, units[:, 0] * units[:, 2]])
    surface = fit_surface(units, truth + rng.normal(size=truth.shape) * 0.01)
    assert (surface.explained > 0.99).all()
    np.testing.assert_allclose(surface.spread, 0.01, rtol=0.3)
    np.testing.assert_allclose(surface.mean(units[:5]), truth[:5], atol=0.02)


@pytest.mark.slow
def test_known_parameters_are_recovered() -> None:
    rng = np.random.default_rng(2)
    units = rng.random((200, 2))
    surface = fit_surface(units, np.array([line(u) for u in units]) + rng.normal(size=(200, 2)) * 0.01)
    ranks = recover(surface, ["a", "b"], np.full(2, 0.01), trials=60, workers=1)
    table = uniformity(ranks)
    assert ranks["rank"].between(0, RANKS).all()
    assert (table["contraction"] > 0.3).all()
    assert table["flat"].all()


@pytest.mark.slow
def test_parameters_of_a_model_are_recovered_and_trials_stand_alone() -> None:
    """Two statistics that are quadratic in two parameters, with chance by the place as in the model."""

    def run_once(unit: Sequence[float]) -> np.ndarray:
        return line(unit) ** 2 + np.random.default_rng(seed_of(unit)).normal(size=2) * 0.01

    problem: Any = SimpleNamespace(priors=[SimpleNamespace(parameter=name) for name in "ab"], safely=run_once)
    units = np.random.default_rng(1).random((200, 2))
    start, heard = (units, np.array([run_once(unit) for unit in units])), []

    def tried(trials: range) -> list[pd.DataFrame]:
        return list(recover_model(problem, start, np.full(2, 0.01), 1.0, trials, workers=1,
                                  done=lambda *what: heard.append(what)))  # fmt: skip

    rows = tried(range(40))
    assert heard[-1] == (39, 1 + sum(NEAR) + FINAL)
    table = uniformity(pd.concat(rows))
    assert table["flat"].all()
    assert (table["contraction"] > 0.3).all()
    assert table["inside_90"].between(0.75, 1.0).all()
    pd.testing.assert_frame_equal(tried(range(7, 8))[0], rows[7])


def test_intervals_that_hold_too_little_show_in_the_shares() -> None:
    ends = pd.DataFrame({"parameter": "a", "rank": [0, RANKS] * 30, "variance": 0.01})
    middle = ends.assign(parameter="b", rank=RANKS // 2)
    table = uniformity(pd.concat([ends, middle])).set_index("parameter")
    assert table.loc["a", ["inside_50", "inside_90"]].to_list() == [0.0, 0.0]
    assert table.loc["b", ["inside_50", "inside_90"]].to_list() == [1.0, 1.0]
    assert not table["flat"].any()


def test_narrow_posteriors_show_in_all_parameters_together() -> None:
    """Posteriors a fifth too narrow in twelve parameters: few histograms bend, and too few values lie inside."""
    rng = np.random.default_rng(3)
    drawn = rng.normal(size=(120, 12, RANKS)) * 0.8
    ranks = (drawn < rng.normal(size=(120, 12, 1))).sum(axis=2)
    table = pd.DataFrame({"trial": np.repeat(np.arange(120), 12), "rank": ranks.ravel()})
    share, error = pooled(table)["inside_90"]
    assert share + 2.0 * error < 0.9
    right = pd.DataFrame({"trial": table["trial"], "rank": rng.integers(0, RANKS + 1, len(table))})
    for level, said in (("inside_50", 0.5), ("inside_90", 0.9)):
        share, error = pooled(right)[level]
        assert abs(share - said) < 3.0 * error


def test_the_test_of_uniform_ranks_tells_flat_from_leaning() -> None:
    rng = np.random.default_rng(1)
    flat = pd.DataFrame({"parameter": "a", "rank": rng.integers(0, RANKS + 1, 400), "variance": 0.01})
    bent = pd.DataFrame({"parameter": "b", "rank": np.minimum(rng.integers(0, 12, 400), RANKS), "variance": 1 / 12})
    table = uniformity(pd.concat([flat, bent])).set_index("parameter")
    assert table.loc["a", "flat"]
    assert not table.loc["b", "flat"]
    assert table.loc["a", "identified"]
    assert not table.loc["b", "identified"]


def test_holm() -> None:
    np.testing.assert_allclose(holm(np.array([0.01, 0.04, 0.03])), [0.03, 0.06, 0.06])


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


@pytest.mark.parametrize(("entry", "said"), [
    ('parameter = "thetaper"', "cannot be fitted"), ('parameter = "choice_rule"', "cannot be fitted"),
    ('parameter = "bulk_purity"\nlow = 0.9', "no range"),
    ('parameter = "explore_rate_per_week"\nscale = "log"', "no range"),
])  # fmt: skip
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
    assert seed_of([0.1, 0.2]) == seed_of([0.1, 0.2])
    assert seed_of([0.1, 0.2]) != seed_of([0.2, 0.1])


def test_identifiability_counts_effects_beyond_the_error() -> None:
    morris = pd.DataFrame({
        "parameter": ["a", "a", "b", "b"], "target": ["x", "y", "x", "y"], "mu_star": [3.0, 0.5, 0.2, 0.1],
    })  # fmt: skip
    table = identifiability(morris, {"x": 1.0, "y": 1.0}).set_index("parameter")
    assert table.loc["a", "targets"] == 1
    assert table.loc["a", "told_by"] == "x"
    assert table.loc["b", "targets"] == 0


# --- end to end, small --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def reference(tmp_path_factory) -> Path:  # type: ignore[no-untyped-def]
    folder: Path = tmp_path_factory.mktemp("reference")
    fitting.calibrate("base", folder, TINY, workers=2)
    return folder


@pytest.mark.slow
def test_a_posterior_runs_again_to_the_last_bit(reference: Path) -> None:
    posterior = load_posterior("base", reference / "base")
    problem = Problem.usual("base", TINY.organisations, TINY.families, TINY.free)
    assert len(posterior) == 6
    assert posterior.names == [prior.parameter for prior in problem.priors]
    chance = problem.chance_sd(TINY.chance_seeds)
    variance = (problem.error_sd**2 + chance**2) / problem.weights
    for draw in range(2):
        again = problem.run(posterior.values(draw), posterior.seed(draw))
        # every digit of the parameters was kept, so the misfit is the same number
        assert float(misfit(problem, again, variance)) == posterior.sets["chi_square"].iloc[draw]
    assert posterior.manifest["simulations"] >= 16
    assert (reference / "base/targets.csv").exists()


@pytest.mark.slow
def test_a_folder_with_another_fit_is_refused(reference: Path) -> None:
    with pytest.raises(InputError, match=r"something else.*organisations"):
        fitting.calibrate("base", reference, replace(TINY, organisations=16))
    same = fitting.calibrate("base", reference, TINY)  # ended: nothing is fitted again
    assert len(same) == 6


@pytest.mark.slow
def test_a_check_of_recovery_goes_on_after_its_last_trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import experiments.calibration.recovery as recovering

    monkeypatch.setattr(recovering, "NEAR", (12,))
    monkeypatch.setattr(recovering, "FINAL", 24)

    def check(folder: str, trials: int, stop_at: str = "") -> pd.DataFrame:
        def step(what: str, *_: int) -> None:
            if stop_at and what.startswith(stop_at):
                raise KeyboardInterrupt

        return fitting.recovery_of_model("base", tmp_path / folder, TINY, trials, 2, step=step)[1]

    with pytest.raises(KeyboardInterrupt):
        check("stopped", 3, "trial 2")
    kept = pd.read_csv(tmp_path / "stopped/base/recovery-of-model/ranks.csv")
    assert kept["trial"].unique().tolist() == [0]
    pd.testing.assert_frame_equal(check("stopped", 3), check("whole", 3))
    with pytest.raises(InputError, match=r"something else.*organisations"):
        fitting.recovery_of_model("base", tmp_path / "whole", replace(TINY, organisations=16), 3)


def test_one_fit_at_a_time_in_a_folder(tmp_path: Path) -> None:
    with folder_lock(tmp_path / "base"), pytest.raises(InputError, match=r"another process.*one at a time"):
        fitting.calibrate("base", tmp_path, fitting.QUICK)
    assert not list((tmp_path / "base").iterdir())


def test_help_says_the_sizes_that_are_used() -> None:
    said, usual = " ".join(getsource(main.calibrate).split()), fitting.USUAL
    for what, size in (("Parameter sets in a generation", usual.settings.population),
                       ("Generations at most", usual.settings.generations),
                       ("Sets of equal weight that are kept", usual.sets)):  # fmt: skip
        assert f"{what}. \\\\[{size}]" in said


@pytest.mark.slow
def test_a_study_over_a_posterior_gives_each_seed_its_set(reference: Path, tmp_path: Path) -> None:
    from experiments.ensemble.store import Store
    from experiments.workflow import run_and_analyse

    document = {"title": "over", "kind": "compare", "scenarios": ["s00-status-quo", "paris-package"],
                "window": [2012, 2013], "organisations": 15, "replications": 4, "over": "posterior",
                "outcomes": ["arrived_europe_kg"]}  # fmt: skip
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


def test_a_database_without_its_log_is_moved_aside(tmp_path: Path) -> None:
    from types import SimpleNamespace

    from experiments.calibration import inference

    database = tmp_path / "fit.db"
    database.write_bytes(b"generations of an hour")
    made: list[str] = []
    fitting = SimpleNamespace(new=lambda url, observed: made.append(url))
    inference._open(fitting, database, inference._Log(database), None, {})  # type: ignore[arg-type]
    assert (tmp_path / "fit-set-aside.db").read_bytes() == b"generations of an hour"
    assert not database.exists()
    assert made == [f"sqlite:///{database}"]
