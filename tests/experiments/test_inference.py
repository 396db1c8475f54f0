"""Inference on models with a known answer: closed forms, stops and resumptions, response surfaces."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import genpareto

from experiments.calibration import inference
from experiments.calibration.generations import Generation, Log, Progress, Settings
from experiments.calibration.inference import Fit, infer
from experiments.calibration.likelihood import Likelihood, Runs
from experiments.calibration.refine import effective, pareto_k, refine, surface_posterior
from experiments.calibration.surface import fit_surface

pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


# --- inference on models with a known answer ----------------------------------------------------------------------


def line(unit):  # type: ignore[no-untyped-def]
    """Two statistics of two parameters, without chance."""
    return np.array([unit[0] + 0.5 * unit[1], unit[1]])


def test_the_posterior_of_a_linear_model_is_the_closed_form() -> None:
    observed, variance = np.array([0.75, 0.5]), np.array([0.0025, 0.0025])
    settings = Settings(population=300, generations=12, least_acceptance=0.001, misfit=1.0)
    fit = infer(line, ["a", "b"], Likelihood(observed, variance), settings, workers=1, seed=3)
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
    fit = infer(lambda u: np.full(4, u[0]), ["a"], Likelihood(observed, variance), settings, workers=1, seed=1)
    reduced = 4 * 0.3**2 / 0.0025 / 3
    assert fit.temperature == pytest.approx(reduced, rel=0.1)
    assert all(a.temperature >= b.temperature for a, b in zip(fit.generations, fit.generations[1:], strict=False))


def slow_line(u: Sequence[float]) -> np.ndarray:
    """As `line`, after a time that depends on the place: candidates become ready out of their order."""
    time.sleep(0.004 * (17.0 * u[0] % 1.0))
    return line(u)


def fit_of_a_line(database: Path | None, workers: int, stop_after: int | None = None) -> Fit:
    class Stopping(Progress):
        def generation(self, made: Generation) -> None:
            if made.number == stop_after:
                raise KeyboardInterrupt

    observed, settings = np.array([0.75, 0.5]), Settings(40, 4, 0.001, misfit=1.0)
    likelihood = Likelihood(observed, np.full(2, 0.0025))
    return infer(slow_line, ["a", "b"], likelihood, settings, database, workers=workers, seed=3, progress=Stopping())


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
    found = refine(simulate, Runs(start, simulate(start)), Likelihood(observed, variance), 1.0, 600, (50,))
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
    runs, likelihood = Runs(start, simulate(start)), Likelihood(np.array([0.5]), np.array([0.01]))
    found = refine(simulate, runs, likelihood, 1.0, 2000, (100,))
    grid = np.linspace(0.0, 1.0, 4001)
    density = np.exp(-0.5 * (np.tanh(6.0 * (grid - 0.4)) - 0.5) ** 2 / 0.01)
    exact = float((grid * density).sum() / density.sum())
    assert float(np.average(found.units[:, 0], weights=found.weights)) == pytest.approx(exact, abs=0.005)
    plain = surface_posterior(fit_surface(runs), likelihood, 2000, rng)
    assert abs(plain.mean() - exact) > 0.01  # without weights it would be wrong


def test_a_quadratic_surface_is_found() -> None:
    rng = np.random.default_rng(1)
    units = rng.random((400, 3))
    truth = np.column_stack([1 + units[:, 0] - 2 * units[:, 1] ** 2, units[:, 0] * units[:, 2]])
    surface = fit_surface(Runs(units, truth + rng.normal(size=truth.shape) * 0.01))
    assert (surface.explained > 0.99).all()
    np.testing.assert_allclose(surface.spread, 0.01, rtol=0.3)
    np.testing.assert_allclose(surface.mean(units[:5]), truth[:5], atol=0.02)


def test_a_database_without_its_log_is_moved_aside(tmp_path: Path) -> None:
    database = tmp_path / "fit.db"
    database.write_bytes(b"generations of an hour")
    made: list[str] = []
    fitting = SimpleNamespace(new=lambda url, observed: made.append(url))
    model = SimpleNamespace(likelihood=Likelihood(np.zeros(1), np.ones(1)))
    inference._open(fitting, database, Log(database), model)  # type: ignore[arg-type]
    assert (tmp_path / "fit-set-aside.db").read_bytes() == b"generations of an hour"
    assert not database.exists()
    assert made == [f"sqlite:///{database}"]
