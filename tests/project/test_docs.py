"""Examples of the documentation: programs run, files are read, commands exist, links lead somewhere."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import typer

import run
from docs import make_data, make_schedule
from experiments.study import Study, list_studies
from model import Scenario
from model.parameter_fields import markdown_table
from model.parameters import Parameters

ROOT = Path(__file__).resolve().parents[2]
WRITTEN = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "results/README.md")]
PAGES = sorted([*WRITTEN, *(ROOT / "docs").rglob("*.md")])


def blocks(language: str) -> list[tuple[str, str]]:
    """Page and text of every block of a language."""
    pattern = re.compile(rf"^```{language}\n(.*?)^```", re.MULTILINE | re.DOTALL)
    return [(page.name, text) for page in PAGES for text in pattern.findall(page.read_text(encoding="utf-8"))]


PROGRAMS = [block for block in blocks("python") if block[0] != "README.md"]
WITH_RULES = [block for block in PROGRAMS if "@rule\n" in block[1]]


def ends_well(program: str, folder: Path, **environment: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=folder,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(ROOT), "PATH": "", "HOME": str(folder), **environment},
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(("page", "program"), [block for block in PROGRAMS if block not in WITH_RULES])
def test_programs_run(page: str, program: str, tmp_path: Path) -> None:
    """Those of README.md run in tests/project/test_wheel.py, as with the installed package."""
    ends_well(program, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(("page", "program"), WITH_RULES)
def test_programs_with_rules_run(page: str, program: str, tmp_path: Path) -> None:
    """As plain Python, since each would compile the week anew: tests/model/test_own_rules.py does so with the first."""
    ends_well(program, tmp_path, NUMBA_DISABLE_JIT="1")


@pytest.mark.release
@pytest.mark.parametrize(("page", "program"), WITH_RULES)
def test_programs_with_rules_run_compiled(page: str, program: str, tmp_path: Path) -> None:
    ends_well(program, tmp_path)


@pytest.mark.parametrize(("page", "text"), blocks("toml"))
def test_files_are_read(page: str, text: str, tmp_path: Path) -> None:
    document = tomllib.loads(text)
    if "kind" in document:
        assert len(Study.from_dict(document).arms) > 1
    else:
        path = tmp_path / "mine.toml"
        path.write_text(text, encoding="utf-8")
        Scenario.load(path).check(Study.load("packages").world.names)


def test_commands_exist() -> None:
    known = set(typer.main.get_command(run.app).commands)  # type: ignore[attr-defined]
    for page in PAGES:
        for word in re.findall(r"`?uv run run\.py ([a-z-]+)", page.read_text(encoding="utf-8")):
            assert word in known, f"{page.name}: run.py {word}"


def test_the_week_and_the_event_targets_are_those_of_the_code() -> None:
    """Written anew by ``uv run python docs/make_schedule.py``."""
    assert (ROOT / "docs/odd.md").read_text(encoding="utf-8") == make_schedule.description()
    assert (ROOT / "docs/event-targets.md").read_text(encoding="utf-8") == make_schedule.targets()


def test_the_page_of_tables_is_that_of_the_tables() -> None:
    """Written anew by ``uv run python docs/make_data.py``."""
    assert (ROOT / "docs/data.md").read_text(encoding="utf-8") == make_data.page()


def test_the_page_of_parameters_is_that_of_the_code() -> None:
    """Written anew by ``uv run python docs/make_parameters.py``."""
    assert markdown_table(Parameters).strip() in (ROOT / "docs/parameters.md").read_text(encoding="utf-8")


def test_links_lead_somewhere() -> None:
    for page in PAGES:
        for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if "://" not in link:
                assert (page.parent / link).exists(), f"{page.relative_to(ROOT)}: {link}"


def test_every_study_that_ships_is_described() -> None:
    page = (ROOT / "docs/studies.md").read_text(encoding="utf-8")
    for row in list_studies().itertuples():
        assert f"| `{row.name}` | {row.kind} |" in page
