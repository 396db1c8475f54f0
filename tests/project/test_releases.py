"""The record of release tests: what a row holds, when it is added, and that no released version lacks one."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests import releases

ROOT = Path(__file__).resolve().parents[2]
RELEASED = re.compile(r"^## \[(\d\S*)\]", re.MULTILINE)
BEFORE_THE_RECORD = {"0.1.0"}


def rows(text: str) -> list[dict[str, str]]:
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"]
    return [dict(zip(lines[0], cells, strict=True)) for cells in lines[2:]]


def untested(changelog: str, record: str) -> set[str]:
    """Released versions without a row in which nothing failed."""
    passed = {row["Version"] for row in rows(record) if row["Failed"] == "0" and row["Passed"] != "0"}
    return set(RELEASED.findall(changelog)) - BEFORE_THE_RECORD - passed


def config(**changes: object) -> pytest.Config:
    """What pytest knows after `pytest -m release`, with changes."""
    usual = {
        "markexpr": "release",
        "keyword": "",
        "collectonly": False,
        "args_source": pytest.Config.ArgsSource.TESTPATHS,
    }
    given = {**usual, **changes}
    return SimpleNamespace(option=SimpleNamespace(**given), args_source=given["args_source"])  # type: ignore[return-value]


def test_every_release_has_been_tested() -> None:
    assert not untested(
        (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), releases.RECORD.read_text(encoding="utf-8")
    )


def test_a_release_without_tests_is_seen() -> None:
    head = "".join(f"| {' | '.join(cells)} |\n" for cells in (("Version", "Passed", "Failed"), ("---",) * 3))
    changelog = "## [Unreleased]\n## [0.3.0] - 2027-02-01\n## [0.2.0] - 2027-01-01\n## [0.1.0] - 2026-11-24\n"
    assert untested(changelog, head) == {"0.2.0", "0.3.0"}
    assert untested(changelog, f"{head}| 0.2.0 | 39 | 0 |\n| 0.3.0 | 38 | 1 |\n") == {"0.3.0"}


def test_a_row_is_added_when_all_release_tests_were_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = tmp_path / "releases.md"
    copy.write_text(releases.RECORD.read_text(encoding="utf-8"), encoding="utf-8")
    before = rows(copy.read_text(encoding="utf-8"))
    monkeypatch.setattr(releases, "RECORD", copy)
    monkeypatch.setattr(releases, "commit", lambda: "0123abc")
    stats = {"passed": "abc", "failed": "d", "error": "e"}
    for incomplete, code in (
        (config(keyword="memory"), 0),
        (config(markexpr="not release"), 0),
        (config(collectonly=True), 0),
        (config(args_source=pytest.Config.ArgsSource.ARGS), 0),
        (config(), pytest.ExitCode.INTERRUPTED),
    ):
        releases.record(incomplete, code, stats, 60.0)
    assert rows(copy.read_text(encoding="utf-8")) == before
    releases.record(config(), pytest.ExitCode.TESTS_FAILED, stats, 1500.0)
    *_, last = rows(copy.read_text(encoding="utf-8"))
    assert [last[name] for name in ("Commit", "Passed", "Failed", "Skipped", "Minutes")] == [
        "0123abc",
        "3",
        "2",
        "0",
        "25",
    ]


def test_the_commit_is_named() -> None:
    assert re.fullmatch(r"[0-9a-f]{7,}( and changes)?", releases.commit())
