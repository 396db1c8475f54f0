"""Kinds of study and outcomes, those of the project and a user's own: each is declared once and found by its name."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import types
from collections.abc import Iterator
from datetime import date
from functools import partial
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from experiments import plugins
from experiments.analysis.outcomes import DECLARED, LESS, MORE, OUTCOMES, Outcome, harmful_side, outcome
from experiments.ensemble.store import Store
from experiments.kinds.designed import Designed
from experiments.study import KINDS, Study, study_kinds
from experiments.workflow import run_and_analyse
from model.errors import InputError

EXPERIMENTS = Path(plugins.__file__).parent
SMALL = {
    "scenarios": ["as-it-happened", "no-maritime-platforms"],
    "fork": date(2000, 6, 5),
    "window": [2001, 2001],
    "replications": 3,
    "organisations": 10,
}


@pytest.fixture
def declared() -> Iterator[None]:
    """What a test declares is forgotten after it."""
    outcomes, kinds = dict(OUTCOMES), dict(KINDS)
    yield
    for known, before in ((OUTCOMES, outcomes), (KINDS, kinds)):
        known.clear()
        known.update(before)  # type: ignore[arg-type]


def test_every_kind_is_a_class_in_a_file_of_its_own() -> None:
    files = {path.stem for path in (EXPERIMENTS / "kinds").glob("*.py")} - {"__init__", "designed"}
    modules = {name: kind.__module__ for name, kind in study_kinds().items()}
    own = {name: module for name, module in modules.items() if module.startswith("experiments.")}
    assert own == {name: f"experiments.kinds.{name}" for name in files}


def test_no_code_asks_for_the_name_of_a_kind() -> None:
    found = []
    for path in EXPERIMENTS.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            parts = [node.left, *node.comparators] if isinstance(node, ast.Compare) else []
            names = {part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)}
            if any(ast.unparse(part).endswith("study.kind") for part in parts) and names & set(study_kinds()):
                found.append(f"{path.name}:{node.lineno}")
    assert not found


def test_a_study_is_of_the_class_of_its_kind_and_is_not_changed() -> None:
    study = Study.load("cooperation")
    assert type(study) is study_kinds()["sweep"]
    with pytest.raises(AttributeError, match=r"with_\(seed=...\)"):
        study.seed = 5
    assert study.with_(seed=5).seeds[0] == 5
    assert study.with_(name="other").name == "other"
    assert study.with_(name="other").title == study.title


def test_a_kind_and_an_outcome_of_ones_own(tmp_path: Path, declared: None) -> None:
    """As in a notebook: a study names both, runs, and its table is stored beside the others."""

    @outcome("share", "kg seized per kg dispatched", harmful=LESS, words="Seized share")
    def seized_share(window) -> float:  # type: ignore[no-untyped-def]
        return window.sum("seized_kg") / window.sum("dispatched_kg")

    class Ranges(Designed):
        kind: str = "ranges"

        def compute(self, store: Store, runs: pd.DataFrame) -> dict[str, pd.DataFrame]:
            lowest = runs.groupby("scenario")[list(self.outcomes)].min().reset_index()
            return {**super().compute(store, runs), "lowest": lowest}

    names = ["seized_share", "seized_kg", "dispatched_kg"]
    study = Study.from_dict({**SMALL, "kind": "ranges", "outcomes": names}, name="mine")
    assert isinstance(study, Ranges)
    store = Store(tmp_path / "mine")
    run_and_analyse(study, store)
    runs, lowest = store.runs(), store.table("lowest")
    assert runs["seized_share"].to_numpy() == pytest.approx((runs["seized_kg"] / runs["dispatched_kg"]).to_numpy())
    assert lowest["seized_share"].min() == pytest.approx(runs["seized_share"].min())
    assert store.manifest["outcomes"]["seized_share"]["unit"] == "share"
    assert (harmful_side("seized_share"), OUTCOMES["seized_share"].scale) == (LESS, (100.0, "percentage points"))
    with pytest.raises(InputError, match="named twice"):
        study.with_(outcomes=["seized_share", "seized_share"])


def test_runs_of_an_outcome_that_was_rewritten_are_made_anew(declared: None) -> None:
    def planned(name: str) -> set[str]:
        return set(Study.from_dict({**SMALL, "outcomes": [name]}).plan["run"])

    def mine(factor: float) -> None:
        OUTCOMES["mine"] = Outcome("mine", "kg", "", eval(f"lambda w: {factor} * w.sum('seized_kg')"))

    mine(1.0)
    first = planned("mine")
    mine(1.0)
    assert planned("mine") == first
    mine(2.0)
    assert not planned("mine") & first


@pytest.mark.parametrize(
    "source",
    [
        "def helper(x): return {} * x\ndef mine(window): return helper(window.sum('seized_kg'))",
        "FACTOR = {}\ndef mine(window): return FACTOR * window.sum('seized_kg')",
        "def mine(window): return sum(map(lambda x: {} * x, [window.sum('seized_kg')]))",
        "def mine(window, factor={}): return factor * window.sum('seized_kg')",
    ],
)
def test_what_an_outcome_refers_to_is_part_of_its_version(source: str) -> None:
    def version(factor: float) -> str:
        namespace: dict[str, Any] = {"__name__": "notebook"}
        exec(source.format(factor), namespace)
        return Outcome("mine", "kg", "", namespace["mine"]).own_code

    assert version(1.0) == version(1.0) != version(2.0)


def test_the_version_of_an_outcome_is_the_same_in_every_process(tmp_path: Path) -> None:
    """Though sets have another order and objects another place in memory."""
    (tmp_path / "own.py").write_text(
        "import numpy as np\nimport pandas as pd\n\nclass Thing: ...\n\n"
        "THING, PLACES = Thing(), {'a', 'b', 'c', 'd'}\n\n"
        "def mine(window):\n    return len(PLACES & {'a', 'e', 'f'}) + pd.Series([id(THING)]).sum() + np.mean([1.0])\n"
    )
    program = "from own import mine\nfrom model.kernel.exchange import fingerprint\nprint(fingerprint(mine))"
    found = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{EXPERIMENTS.parent}", "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(found) == 1


def test_an_outcome_is_a_function_with_a_name(declared: None) -> None:
    for read in (lambda window: 0.0, partial(max, 0.0)):
        with pytest.raises(InputError, match="not a function with a name"):
            outcome("kg", "something")(read)


def test_a_kind_of_the_project_keeps_its_name() -> None:
    """A subclass that gives itself no name, or one of the project's, is refused whatever was read before."""
    study_kinds()
    for base, fields in ((KINDS["compare"], {}), (Designed, {"kind": "sobol", "__annotations__": {"kind": str}})):
        with pytest.raises(InputError, match="belongs to a kind of study of the project"):
            type("Mine", (base,), {"__module__": "notebook", **fields})
    assert {KINDS[kind].__module__ for kind in ("compare", "sobol")} == {
        "experiments.kinds.compare",
        "experiments.kinds.sobol",
    }


@pytest.mark.parametrize("returned", [None, pd.DataFrame({"a": [1]}), {"mine": [1, 2]}])
def test_a_kind_computes_tables_by_name(returned: object, tmp_path: Path, declared: None) -> None:
    class Wrong(Designed):
        kind: str = "wrong"

        def compute(self, store: Store, runs: pd.DataFrame) -> Any:
            return returned

    study = Study.from_dict({**SMALL, "kind": "wrong", "replications": 1, "outcomes": ["seized_kg"]})
    with pytest.raises(InputError, match=r'compute of a study of kind "wrong".*a dict of names and tables'):
        study.run(Store(tmp_path / "wrong"))


@pytest.mark.parametrize("name", ["seized_kg", "scenario", "q05"])
def test_an_outcome_has_a_name_of_its_own(name: str, declared: None) -> None:
    def read(window: object) -> float:
        return 0.0

    read.__name__ = name
    with pytest.raises(InputError, match=r"this name is taken.*give the function another name"):
        outcome("kg", "something")(read)


def test_outcomes_say_how_they_are_shown() -> None:
    assert OUTCOMES["arrived_europe_kg"].scale == (1e-3, "t a year")
    assert OUTCOMES["corruption"].scale == (1.0, "(0 to 1)")
    assert {one.name for one in DECLARED if one.harmful == LESS} == {
        "known_share",
        "sea_known_share",
        "west_african_known_share",
        "ability",
        "price_europe",
    }
    assert {one.name for one in DECLARED if one.harmful == MORE} == {
        "arrived_europe_kg",
        "consumed_europe_kg",
        "west_africa_kg",
        "corruption",
        "profit_eur",
    }
    assert all(one.words for one in DECLARED if one.usual)


def test_installed_packages_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = []
    entry = types.SimpleNamespace(load=lambda: loaded.append("mine"))
    monkeypatch.setattr(plugins, "entry_points", lambda group: [entry] if group == "highway10.study_kinds" else [])
    plugins.load_all.__wrapped__("experiments.kinds", "highway10.study_kinds")
    assert loaded == ["mine"]


def test_a_package_that_cannot_be_loaded_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint("ranges", "no_such_package.kinds", "highway10.study_kinds")
    monkeypatch.setattr(plugins, "entry_points", lambda group: [entry])
    with pytest.raises(InputError, match=r"study_kinds = 'ranges = no_such_package.kinds'.*No module named"):
        plugins.load_all.__wrapped__("experiments.kinds", "highway10.study_kinds")


def test_the_former_module_warns_and_works() -> None:
    sys.modules.pop("experiments.conduct", None)
    with pytest.warns(DeprecationWarning, match=r"experiments\.workflow.*run_and_analyse"):
        from experiments.conduct import conduct
    assert conduct is run_and_analyse
