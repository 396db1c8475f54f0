"""The record of tests before releases: `uv run pytest -m release` adds a row to tests/releases.md."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Mapping, Sized
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import pytest

from model.results_version import RESULTS_VERSION

RECORD = Path(__file__).with_name("releases.md")
ENDED = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)


def is_complete(config: pytest.Config, exit_code: int) -> bool:
    """Whether all release tests were run to their end: neither chosen by name nor by file, not interrupted."""
    chosen = config.args_source is not pytest.Config.ArgsSource.TESTPATHS or config.option.keyword
    return config.option.markexpr == "release" and not (chosen or config.option.collectonly) and exit_code in ENDED


def commit() -> str:
    """Commit of the tests, with "and changes" where files that git knows differ from it."""
    said = subprocess.run(
        ["git", "describe", "--always", "--exclude=*", "--dirty= and changes"],
        cwd=RECORD.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    return said.stdout.strip()


def row(stats: Mapping[str, Sized], seconds: float) -> str:
    """Row of the record; `stats` are the reports of pytest by outcome."""
    passed, failed, errors, skipped = (len(stats.get(name, ())) for name in ("passed", "failed", "error", "skipped"))
    cells = (
        f"{datetime.now(UTC):%Y-%m-%d}",
        version("highway10"),
        commit(),
        RESULTS_VERSION,
        platform.python_version(),
        passed,
        failed + errors,
        skipped,
        f"{seconds / 60:.0f}",
    )
    return "| " + " | ".join(map(str, cells)) + " |\n"


def record(config: pytest.Config, exit_code: int, stats: Mapping[str, Sized], seconds: float) -> None:
    """Add a row where all release tests were run."""
    if is_complete(config, exit_code):
        with RECORD.open("a", encoding="utf-8") as file:
            file.write(row(stats, seconds))
