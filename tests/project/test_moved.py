"""Import paths of version 0.1 still work and name the new ones."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pytest

import experiments  # noqa: F401  it registers them
from experiments.moved import MovedModules

MOVED = {old: new for finder in sys.meta_path if isinstance(finder, MovedModules) for old, new in finder.moved.items()}


@pytest.mark.parametrize("old", MOVED)
def test_an_old_path_gives_the_module_of_the_new_one(old: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, old, raising=False)
    with pytest.warns(DeprecationWarning, match=f"^{old} is now {MOVED[old]};") as warned:
        assert import_module(old) is import_module(MOVED[old])
    assert len(warned) == 1
    monkeypatch.delitem(sys.modules, old)


def test_the_warning_names_the_line_that_imports() -> None:
    """And nothing that the packages import themselves warns."""
    program = (
        "import views.cli.main, experiments.workflow\n\nfrom experiments.store import Store\nprint(Store.__module__)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "experiments.ensemble.store\n"
    assert done.stderr.startswith("<string>:3: DeprecationWarning: experiments.store is now experiments.ensemble.store")
    assert done.stderr.count("Warning") == 1


def test_names_of_designs_are_found_where_they_were() -> None:
    from experiments import design
    from experiments.design import designs

    with pytest.warns(DeprecationWarning, match=r"experiments\.design\.lhs is now experiments\.design\.designs\.lhs"):
        assert design.lhs is designs.lhs
    with pytest.raises(AttributeError, match="no attribute 'lhz'"):
        design.lhz  # noqa: B018


def test_what_never_was_is_not_found() -> None:
    with pytest.raises(ModuleNotFoundError):
        import_module("experiments.storage")
