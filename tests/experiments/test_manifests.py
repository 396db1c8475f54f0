"""Manifests with a field of another type: what reads them works or says which field is damaged; no traceback."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from experiments.conduct import comparison, conduct, list_stores
from experiments.ensemble.folder import read_manifest
from experiments.ensemble.queries import of_few_seeds, query
from experiments.ensemble.store import Store
from experiments.history import run_history
from experiments.study import Study
from model.errors import InputError
from views.cli import jobs, terminal
from views.live import results

WRONG = (None, 5, "a", [], {})
FEW = comparison(["as-it-happened", "paris-package"], 2, 1, 10, window=[2012, 2012])


def study(root: Path) -> Path:
    conduct(FEW, Store(root / "one"))
    return root / "one"


def history(root: Path) -> Path:
    return run_history("as-it-happened", 1, 1, 10, root / "one", workers=1)


def validation(root: Path) -> Path:
    kept = Path(__file__).resolve().parents[2] / "results/reference/validation"
    shutil.copytree(kept, root / "one/tables")
    (root / "one/tables/manifest.json").rename(root / "one/manifest.json")
    return root / "one"


def resume(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command of the study again, without its runs, which read nothing of the manifest."""

    def ran(made: Study, store: Store, where: object, *, retry: bool) -> None:
        store.claim()

    with monkeypatch.context() as patch:
        patch.setattr(jobs, "_conduct", ran)
        patch.setattr(terminal, "print_study", lambda store: None)
        patch.setattr(jobs, "write_study_report", lambda folder, images: folder)
        jobs.conduct_made(FEW, str(folder), jobs.Machines())


@pytest.mark.parametrize("make", [study, history, validation])
def test_a_damaged_field_is_named_wherever_the_manifest_is_read(
    make: Callable[[Path], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make(tmp_path)
    whole = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))

    def read_again(changes: dict[str, Any]) -> None:
        """All readers; those of lists and queries never fail."""
        (folder / "manifest.json").write_text(json.dumps({**whole, **changes}), encoding="utf-8")
        assert len(results.list_results(tmp_path)["studies"]) == 1
        list_stores(tmp_path)
        of_few_seeds("one", tmp_path)
        read_manifest(folder)
        if make is study:
            results.study_of("one", tmp_path)
            query("select count(*) from one.runs", tmp_path)
            resume(folder, monkeypatch)

    def said_of(changes: dict[str, Any]) -> str:
        try:
            read_again(changes)
        except InputError as error:
            return str(error)
        return ""

    for wrong in WRONG:
        said = {field: said_of({field: wrong}) for field in whole}
        if wrong == "a" and make is study:  # of the right type, but of another plan
            assert "the plan of the study is damaged" in said.pop("plan_sha256")
        for field, text in said.items():
            parts = ("the manifest is damaged", "manifest.json", field, "Allowed: ", "Remedy: ")
            assert not text or all(part in text for part in parts)
        if not said.get("kind", "nothing"):  # a text, but none of a study
            read_again({"kind": wrong})
            with pytest.raises(InputError, match="there is no"):
                jobs.report_again(folder)
        read_again({field: wrong for field, text in said.items() if not text and field != "kind"})
        if make is validation and wrong == {}:  # as in other versions: lists take it, the report needs more
            with pytest.raises(InputError, match="the manifest lacks this field"):
                jobs.report_again(folder)
        else:
            jobs.report_again(folder)
