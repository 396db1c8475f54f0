"""Jobs that need a package of an extra say how to install it where it is missing."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest

from experiments.analysis import discovery, mixes
from experiments.calibration import inference
from experiments.ensemble import executors, runner
from model.errors import InputError
from views.cli import jobs


def dask() -> None:
    with runner.executing("tcp://127.0.0.1:1", None, {}):
        pass


MISSING: dict[str, tuple[str, str, Callable[[], Any]]] = {
    "discover": ("ema_workbench.analysis", "ema", discovery._workbench),
    "search": ("pymoo.algorithms.moo.nsga2", "search", lambda: mixes.proposed(None, None, {"population": 4})),  # type: ignore[arg-type]
    "calibrate": ("pyabc", "calibrate", inference._pyabc),
    "--scheduler": ("distributed", "cluster", dask),
    "--cluster": ("dask_jobqueue", "cluster", lambda: executors._cluster("slurm", {})),
    "app": ("solara.__main__", "viz", lambda: jobs.serve_page("127.0.0.1", 1, browser=False)),
}


@pytest.mark.parametrize("asked", MISSING)
def test_a_missing_package_is_named_with_its_extra(asked: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module, extra, ask = MISSING[asked]
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(InputError, match="not installed") as refused:
        ask()
    assert refused.value.field == asked
    assert f"pip install 'highway10[{extra}]'" in str(refused.value)
