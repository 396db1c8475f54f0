"""These tests call rules of the week one by one, as ordinary Python; tests/model/test_rules.py runs them so."""

from __future__ import annotations

import os

import pytest

from model import RouteModel

INTERPRETED = os.environ.get("NUMBA_DISABLE_JIT") == "1"
collect_ignore_glob = [] if INTERPRETED else ["test_*.py"]


@pytest.fixture(autouse=True)
def interpreted() -> None:
    """Compiled rules cannot be called from Python."""
    if not INTERPRETED:
        pytest.skip("set NUMBA_DISABLE_JIT=1: a compiled rule that Python calls crashes the interpreter")


@pytest.fixture
def model() -> RouteModel:
    """A small model at its first day."""
    return RouteModel("as-it-happened", rng=2, organisations=10)
