"""The steps of CONTRIBUTING.md, done in a copy of the project as somebody new would do them.

The copy has to be compiled, so it is compiled with checks of bounds, and makes the runs of tests/science/test_bounds.py
too.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.science.test_bounds import RUNS

ROOT = Path(__file__).resolve().parents[2]
STEP = re.compile(r"^In `(model/\S+)`|^```diff\n (.*?)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def steps(heading: str) -> list[tuple[str, str, str]]:
    """Of a section: the file, the line that is there, and the lines that go after it."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = text.split(f"### {heading}\n")[1].split("\n##")[0]
    file, found = "", []
    for named, line, more in STEP.findall(section):
        file = named or file
        if line:
            found.append((file, line, "".join(f"{row[1:]}\n" for row in more.splitlines())))
    return found


PARAMETER, COLUMN, QUANTITY = steps("A parameter"), steps("A dated column"), steps("A weekly quantity")

PROGRAM = """
import json
from datetime import date

from model import RouteModel, Scenario
from model.mesa_agents import Consignment
from model.scenario.events import EVENT_FIELDS, Event
from model.scenario.no_effect import without_effect
from model.world import load_world

history = Scenario.load("as-it-happened")
past = RouteModel(history, rng=2, organisations=20).run_until("2003-03-03")
event = Event("no-search", date(2003, 5, 5), None, "place", "*", "patrol_hours", "value", 0.0)
plain, idle = past.fork().run_for(20), past.fork(history.with_events(event)).run_for(20)
rough = RouteModel(history, rng=2, organisations=20, rough_sea_share=0.9).run_until("2003-03-03")
elsewhere = Event("elsewhere", date(2003, 5, 5), None, "place", "antwerp", "patrol_hours", "value", 0.0)
unread = without_effect(load_world(), history.with_events(elsewhere))
weekly = plain.weekly
print(json.dumps({
    "target": ["place", "patrol_hours"] in [list(key) for key in EVENT_FIELDS],
    "searching": [float(m.state.assets.search_hours.sum()) for m in (past, rough, plain, idle)],
    "before": plain.weekly.loc[:"2003-04-28"].equals(idle.weekly.loc[:"2003-04-28"]),
    "seized": float(weekly["seized_kg"].sum()),
    "named": [one.why for one in unread if "patrol_hours" in one.what],
    "under way": float(weekly["consignments"].iloc[-1]) == len(plain.agents_by_type[Consignment]),
    "averaged": bool(plain.yearly.loc[2002, "consignments"] < weekly["consignments"].max()),
}))
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what git tracks, with the three changes made."""
    folder = tmp_path_factory.mktemp("copy")
    tracked = subprocess.run(
        ["git", "ls-files", "model", "experiments"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in tracked.stdout.splitlines():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    for file, line, more in PARAMETER + COLUMN + QUANTITY:
        text = (folder / file).read_text()
        assert text.count(f"{line}\n") == 1, f"{file} does not hold this line once: {line}"
        (folder / file).write_text(text.replace(f"{line}\n", f"{line}\n{more}"))
    return folder


def test_the_steps_touch_the_files_that_they_say() -> None:
    assert [file for file, _, _ in PARAMETER] == ["model/data/parameters.csv", "model/submodels/tasking.py"]
    files = ["model/data/columns.csv", "model/submodels/tasking.py", "model/scenario/conditions.py"]
    assert [file for file, _, _ in COLUMN] == files
    assert len({file for file, _, _ in QUANTITY}) == 1


def python(copy: Path, *words: str) -> str:
    """What a program in the copy prints, with every index checked: Numba's cache must be new for that."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(copy),
        "NUMBA_BOUNDSCHECK": "1",
        "NUMBA_CACHE_DIR": str(copy / "cache"),
    }
    done = subprocess.run([sys.executable, *words], cwd=copy, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.mark.slow
def test_the_stub_of_the_copy_is_written_by_its_command(copy: Path) -> None:
    assert "uv run python -m model.stubs" in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    python(copy, "-m", "model.stubs")
    lines = (copy / "model/layout.pyi").read_text(encoding="utf-8").splitlines()
    for line in ("    patrol_hours: Array", "    rough_sea_share: float = ...", "    rough_sea_share: float"):
        assert line in lines


@pytest.mark.slow
def test_a_parameter_a_dated_column_and_a_weekly_quantity_act_and_no_index_is_outside(copy: Path) -> None:
    import json

    from model import RouteModel

    said, inside = python(copy, "-c", PROGRAM + RUNS).splitlines()
    assert inside == "no index was outside"
    found = json.loads(said)
    assert found["target"]
    usual, rough, plain, idle = found["searching"]
    assert 0.0 < rough < 0.5 * usual
    assert plain > 0.0
    assert idle == 0.0
    assert found["before"]
    assert found["named"] == ["no asset is based there"]
    assert found["under way"]
    assert found["averaged"]
    past = RouteModel("as-it-happened", rng=2, organisations=20).run_until("2003-03-03").run_for(20)
    assert found["seized"] == float(past.weekly["seized_kg"].sum()), "at its base value a column changes not one bit"
