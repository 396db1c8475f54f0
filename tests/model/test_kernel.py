"""Where machine code is kept: keyed by the sources, private, or not at all."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from model.kernel import compiled
from model.kernel.sources import PACKAGE, SOURCE_HASH, hash_of, sources_in

DRAW = "from model.random.samplers import gamma; print(gamma(1, 2, 3, 4, 0, 2.0, 1.0))"


def test_the_hash_covers_every_source_wherever_it_stands(tmp_path: Path) -> None:
    copy = tmp_path / "model"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    assert hash_of(copy, sources_in(copy)) == SOURCE_HASH
    names = {path.relative_to(copy).as_posix() for path in sources_in(copy)}
    assert {
        "week.py",
        "kernel/rule_compiler.py",
        "scenario/inputs.py",
        "submodels/supply.py",
        "world/world.py",
    } <= names
    for name in ("columns.csv", "parameters.csv"):
        table = copy / "data" / name
        text = table.read_text(encoding="utf-8")
        table.write_text(text.replace(",f8,", ",f4,", 1).replace(",float,", ",int,", 1), encoding="utf-8")
        assert hash_of(copy, sources_in(copy)) != SOURCE_HASH, name
        table.write_text(text, encoding="utf-8")
    assert hash_of(copy, sources_in(copy)) == SOURCE_HASH
    (copy / "submodels/supply.py").rename(copy / "supply.py")
    assert hash_of(copy, sources_in(copy)) != SOURCE_HASH


def test_a_folder_that_others_may_write_is_not_used(tmp_path: Path) -> None:
    """Machine code is read back as Python objects: whoever can write it can run code."""
    assert compiled.is_private(tmp_path / "new")
    assert (tmp_path / "new").stat().st_mode & 0o077 == 0
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    assert not compiled.is_private(shared)
    (tmp_path / "file").write_text("")
    assert not compiled.is_private(tmp_path / "file")


def test_a_folder_of_somebody_else_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "theirs").mkdir(mode=0o700)
    monkeypatch.setattr(os, "getuid", lambda: os.stat(tmp_path).st_uid + 1)
    assert not compiled.is_private(tmp_path / "theirs")


def test_old_machine_code_is_cleared_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    for number in range(6):
        (tmp_path / f"rules-{number}").mkdir()
        os.utime(tmp_path / f"rules-{number}", (number, number))
    assert compiled.cache_folder() == tmp_path / compiled.NAME
    left = {path.name for path in tmp_path.iterdir()}
    assert compiled.NAME in left
    assert len(left) == compiled.KEPT_CACHES


def drawn(package: Path, home: Path) -> subprocess.CompletedProcess[str]:
    """Draw a number with a copy of the package, in a session that can keep machine code in the home at most."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(package),
        "HOME": str(home),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return subprocess.run([sys.executable, "-c", DRAW], env=environment, cwd=package, capture_output=True, text=True)


@pytest.mark.slow
def test_changed_code_never_meets_machine_code_of_before(tmp_path: Path) -> None:
    """Where nothing can be written beside the sources, machine code in the home is keyed by them, too."""
    shutil.copytree(PACKAGE, tmp_path / "model", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "model/__init__.py").write_text("")  # the draws alone, not the whole model, are loaded three times
    (tmp_path / "model/__pycache__").write_text("a file where a folder would be")
    (tmp_path / "home").mkdir()
    first = drawn(tmp_path, tmp_path / "home")
    assert first.returncode == 0, first.stderr
    assert first.stderr == ""
    sources = hash_of(tmp_path / "model", sources_in(tmp_path / "model"))
    assert [path.name for path in (tmp_path / "home/.cache/highway10").iterdir()] == [f"rules-{sources[:16]}"]
    draws = tmp_path / "model/random/draws.py"
    text = draws.read_text()
    draws.write_text(text.replace("return min((float(", "return 1.0 - min((float("))
    assert draws.read_text() != text
    second = drawn(tmp_path, tmp_path / "home")
    assert second.stdout != first.stdout, second.stderr
    (tmp_path / "nothing").write_text("a home that is no folder")
    third = drawn(tmp_path, tmp_path / "nothing")
    assert third.returncode == 0, third.stderr
    assert third.stdout == second.stdout
    assert "machine code is not kept" in third.stderr


def test_every_rule_of_a_list_runs_also_one_that_stands_twice() -> None:
    @compiled.rule
    def add_one(values: np.ndarray) -> None:
        values[0] += 1.0

    twice = compiled.in_order(add_one, add_one)

    @compiled.compiled
    def run(values: np.ndarray) -> None:
        twice(values)

    values = np.zeros(1)
    run(values)
    assert values[0] == 2.0
