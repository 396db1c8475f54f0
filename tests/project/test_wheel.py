"""The wheel, installed in an empty environment outside the repository: every command and the examples of the README.

Only the packages that the project requires are there, none of its extras. HIGHWAY10_PYTHONS names other interpreters to
try, such as ``3.12 3.14``; each must be on this machine.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import distributions
from pathlib import Path

import pandas as pd
import pytest
import typer
from numba.core.caching import _CacheLocator

import run
from model.kernel.compiled import CACHE

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = tuple(typer.main.get_command(run.app).commands)  # type: ignore[attr-defined]
PYTHONS = (sys.executable, *os.environ.get("HIGHWAY10_PYTHONS", "").split())
UV = os.environ.get("UV", "uv")  # `uv run` says where it is
SMALL = ("--organisations", "20")
type Call = Callable[..., subprocess.CompletedProcess[str]]


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, made from the source distribution, as it would be published."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [UV, "build", "--quiet", "--python", sys.executable, "--out-dir", str(folder), str(ROOT)], check=True
    )
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module", params=PYTHONS, ids=lambda python: Path(python).name)
def folder(request: pytest.FixtureRequest, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an environment in which only the wheel and what it requires are installed."""
    made = tmp_path_factory.mktemp("elsewhere")
    pinned = made / "constraints.txt"
    # the versions that are here: nothing new is downloaded, and compiled rules of this environment fit
    here = {one.metadata["Name"]: one.version for one in distributions() if one.metadata["Name"] != "highway10"}
    same = request.param == sys.executable
    pinned.write_text("\n".join(f"{name}=={version}" for name, version in here.items()) if same else "")
    subprocess.run([UV, "venv", "--quiet", "--no-project", "--python", request.param, str(made / "venv")], check=True)
    python = made / "venv" / "bin" / "python"
    subprocess.run(
        [UV, "pip", "install", "--quiet", "--python", str(python), "-c", str(pinned), str(wheel)], check=True, cwd=made
    )
    if same:
        lend_compiled_rules(python)
    return made


def lend_compiled_rules(python: Path) -> None:
    """Copy the machine code of the repository's rules, so that they need not be compiled again.

    Numba names its folders after the path of the sources and compares the time and size of each source; what does not
    fit is compiled anew, which takes a minute or two.
    """
    where = "import importlib.util as u; print(u.find_spec('model').submodule_search_locations[0])"
    said = subprocess.run([python, "-I", "-c", where], check=True, capture_output=True, text=True).stdout
    there = Path(said.strip())
    here = ROOT / "model"
    for copy in there.rglob("*.py"):
        source = here / copy.relative_to(there)
        os.utime(copy, ns=(source.stat().st_atime_ns, source.stat().st_mtime_ns))
        # by the name of the folder of the sources
        ours, theirs = (_CacheLocator.get_suitable_cache_subpath(str(file)) for file in (source, copy))
        if (CACHE / ours).is_dir():
            shutil.copytree(CACHE / ours, there / "__pycache__" / CACHE.name / theirs, dirs_exist_ok=True)


def python(folder: Path, program: str) -> str:
    """What a program prints in the environment of the wheel."""
    done = subprocess.run(
        [folder / "venv" / "bin" / "python", "-W", "error", "-c", program],
        cwd=folder,
        capture_output=True,
        text=True,
        env={"PATH": "", "HOME": str(folder), "COLUMNS": "200", "NO_COLOR": "1"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def call(folder: Path) -> Call:
    """Run the console script, outside the repository."""

    def calling(*words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [folder / "venv" / "bin" / "highway10", *words],
            cwd=folder,
            capture_output=True,
            text=True,
            env={"PATH": "", "HOME": str(folder), "COLUMNS": "200", "NO_COLOR": "1"},
        )
        assert done.returncode == code, (words, done.stdout[-2000:], done.stderr[-4000:])
        assert "Traceback" not in done.stderr
        assert "run.py" not in done.stdout + done.stderr, words
        return done

    return calling


def test_the_wheel_holds_the_posteriors_and_no_caches(wheel: Path) -> None:
    import zipfile

    names = zipfile.ZipFile(wheel).namelist()
    kept = {
        path.relative_to(ROOT / "results/reference").as_posix()
        for path in (ROOT / "results/reference").rglob("*")
        if path.is_file()
    }
    assert {name.removeprefix("experiments/reference/") for name in names if "/reference/" in name} == kept
    assert {"model/data/columns.csv", "model/data/parameters.csv", "model/layout.pyi", "model/py.typed"} <= set(names)
    assert not [name for name in names if "__pycache__" in name or name.split("/")[0] in ("tests", "docs", "results")]


@pytest.mark.parametrize("command", ["", "study"])
def test_help_names_the_command_as_it_is_called(call: Call, command: str) -> None:
    text = call(*([command] if command else []), "--help").stdout
    assert "highway10" in text
    assert command or all(name in text for name in COMMANDS)


def test_the_python_programs_of_the_readme_run(folder: Path) -> None:
    for program in blocks("python"):
        assert "t a year reach Europe" in python(folder, program)


def test_the_scenario_of_the_readme_runs_and_makes_a_report(call: Call, folder: Path) -> None:
    scenario = next(text for text in blocks("toml") if "base = " in text)
    (folder / "more-sharing.toml").write_text(scenario, encoding="utf-8")
    call("run", "more-sharing.toml", *SMALL, "--until", "2001-12-31")
    assert (folder / "results" / "run-more-sharing" / "yearly.parquet").is_file()
    call("history", "--scenario", "more-sharing.toml", "--replications", "1", *SMALL)
    call("report", "results/history")
    assert (folder / "results" / "history" / "report.html").stat().st_size > 1e6


def test_the_study_of_the_readme_runs(call: Call, folder: Path) -> None:
    study = next(text for text in blocks("toml") if "kind = " in text)
    (folder / "containers.toml").write_text(study, encoding="utf-8")
    call("study", "containers.toml", "--quick", "--replications", "1", *SMALL)
    report = (folder / "results" / "containers-quick" / "report.html").read_text(encoding="utf-8")
    assert "highway10 study containers" in report
    assert "run.py" not in report


@pytest.fixture(scope="module")
def compared(call: Call, folder: Path) -> Path:
    """Results of a comparison over the posterior."""
    call(
        *("compare", "as-it-happened", "no-schiphol-sive", "--over", "posterior", "--replications", "3", *SMALL),
        *("--window", "2012", "2012", "--out", "results/over"),
    )
    return folder / "results" / "over"


def test_a_comparison_over_the_posterior_runs(compared: Path) -> None:
    assert len(pd.read_csv(compared / "tables" / "paired.csv")) > 0
    assert "--over base" in (compared / "report.html").read_text(encoding="utf-8")


def test_results_can_be_asked_and_searched(call: Call, compared: Path) -> None:
    found = call("query", "select count(*) as n from over.runs", "--csv").stdout
    assert int(found.split()[-1]) > 2
    assert "pip install 'highway10[ema]'" in call("discover", str(compared), "arrived_europe_kg", code=2).stderr


LISTS = ("scenarios", "parameters", "policies", "studies", "schedule")
REFUSED = {
    "no page": (("app", "--no-open"), "pip install 'highway10[viz]'"),
    "no results": (("report", "nowhere"), "there are no results"),
    "no scenario": (("run", "nowhere"), "no such scenario"),
    "no parameter": (("run", "as-it-happened", "--set", "qqqqqq=1"), "`highway10 parameters`"),
    "the package's own posterior": (("calibrate", "--reference"), "--reference"),
}


SHORT = """
import json
from typer.testing import CliRunner
from views.cli.main import app
done = {{line: CliRunner().invoke(app, line.split()) for line in {lines!r}}}
print(json.dumps({{line: [one.exit_code, one.stdout, one.stderr] for line, one in done.items()}}))
"""


@pytest.fixture(scope="module")
def short(folder: Path) -> dict[str, tuple[int, str, str]]:
    """Exit code, output and errors of commands that only print: one process for all, which need a second each."""
    lines = [*LISTS, *(" ".join(words) for words, _ in REFUSED.values())]
    return json.loads(python(folder, SHORT.format(lines=lines)))


@pytest.mark.parametrize("command", LISTS)
def test_lists_are_printed(short: dict[str, tuple[int, str, str]], command: str) -> None:
    code, out, _ = short[command]
    assert code == 0
    assert len(out.splitlines()) > 10
    assert "run.py" not in out


@pytest.mark.parametrize("case", REFUSED)
def test_a_refusal_advises_commands_that_are_there(short: dict[str, tuple[int, str, str]], case: str) -> None:
    words, part = REFUSED[case]
    code, _, err = short[" ".join(words)]
    assert code == 2
    assert part in err
    assert "run.py" not in err
    assert "Traceback" not in err
