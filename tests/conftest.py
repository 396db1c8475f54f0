"""Shared fixtures: the world, and models that have been run for a while."""

from __future__ import annotations

import pytest

from model import RouteModel, load_world
from model.world import World


@pytest.fixture(scope="session")
def world() -> World:
    return load_world()


@pytest.fixture(scope="session")
def short_run() -> RouteModel:
    """Two years of history with 60 organisations."""
    return RouteModel("as-it-happened", rng=11, organisations=60).run_until("2001-12-31")
