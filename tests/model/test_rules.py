"""Run the tests of single rules in a process of its own, where the same source is ordinary Python."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def test_rules_one_by_one() -> None:
    here = Path(__file__).parents[1]
    # no worker of this run, which would wait for its turn, and no workers of its own, which would import all again
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_XDIST")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "0", "-p", "no:cacheprovider", str(here / "science" / "rules")],
        env={**environment, "NUMBA_DISABLE_JIT": "1"},
        cwd=here.parent,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-4000:]
    assert " passed" in done.stdout
