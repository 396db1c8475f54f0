"""The covering plan is the best one there is."""

from __future__ import annotations

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from model import RouteModel
from model.submodels.allocation import EVIDENCE_PRIOR_KG, SECOND_ASSET, cover
from tests.contexts import context


def best_worth(reach: list[list[int]], worth: np.ndarray) -> float:
    """Largest worth of a plan, as an integer program: an asset in one area, an area worth less the second time."""
    pairs = [(asset, area) for asset, areas in enumerate(reach) for area in areas]
    areas = len(worth)
    gain = np.concatenate([np.zeros(len(pairs)), worth, SECOND_ASSET * worth])
    once = np.zeros((len(reach), len(gain)))
    covers = np.zeros((areas, len(gain)))
    for k, (asset, area) in enumerate(pairs):
        once[asset, k], covers[area, k] = 1.0, -1.0
    for area in range(areas):
        covers[area, len(pairs) + area] = covers[area, len(pairs) + areas + area] = 1.0
    limits = [LinearConstraint(once, -np.inf, 1.0), LinearConstraint(covers, -np.inf, 0.0)]
    found = milp(-gain, constraints=limits, integrality=np.ones_like(gain, dtype=np.int64), bounds=Bounds(0.0, 1.0))
    return float(-found.fun)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_the_plan_covers_as_much_as_the_best_plan(model: RouteModel, data: st.DataObject) -> None:
    """Maximal covering by exchange is worth what the integer program finds (Church & ReVelle 1974)."""
    areas, assets = len(model.state.areas.effort), len(model.state.assets.area)
    reach = data.draw(st.lists(st.lists(st.integers(0, areas - 1), max_size=4, unique=True), max_size=9))
    seen_kg = np.array(data.draw(st.lists(st.floats(0.0, 9000.0), min_size=areas, max_size=areas)))
    held = [*reach, *([[]] * (assets - len(reach)))]
    world = model.world.arrays._replace(
        asset_area_start=np.cumsum([0, *map(len, held)]), asset_area=np.array([a for one in held for a in one], int)
    )
    state = model.state
    state.assets.lent_to[:], state.assets.active[:], state.assets.assigned_area[:] = 0, 1.0, -1
    state.areas.effort[:] = 0.0
    state.platforms.evidence_kg[0] = seen_kg
    cover(context(model, world=world), 0)
    plan = state.assets.assigned_area
    assert all(area < 0 or area in held[asset] for asset, area in enumerate(plan))
    worth = EVIDENCE_PRIOR_KG + seen_kg
    counts = np.bincount(plan[plan >= 0], minlength=areas)
    reached = float(worth @ (counts > 0) + SECOND_ASSET * worth @ (counts > 1))
    np.testing.assert_allclose(reached, best_worth(reach, worth) if any(reach) else 0.0, rtol=1e-9)
