"""The store of a study: Parquet parts, a manifest and a table of what is planned, in a folder or at any fsspec URL.

A run is known by its identity; a run that is there is never run again, and is read once however often it is stored.
How parts are written and checked stands in `experiments.ensemble.parts`, where in `experiments.ensemble.places`.
"""

import contextlib
import io
import warnings
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pyarrow as pa

from experiments.ensemble.folder import (
    MANIFEST,
    check_is_folder,
    folder_lock,
    not_ours,
    parse_manifest,
    refuse_others,
    to_json,
)
from experiments.ensemble.parts import DAMAGED, DONE, FAILED, PARTS, RUNS, Parts, read_parquet, sha256, to_parquet
from experiments.ensemble.places import TEMPORARY
from experiments.ensemble.recording import FRAMES
from model.errors import InputError

__all__ = ["DONE", "FAILED", "PLAN", "Store"]

PLAN: Final = "plan.parquet"
PLAIN: Final = frozenset(f"{name}.parquet" for name in FRAMES)
OURS: Final = PLAIN | {MANIFEST, PLAN, "study.toml", "report.html", PARTS, DAMAGED, "tables", "figures"}
PLAN_DIGEST: Final = "plan_sha256"
NO_STUDIES: Final = frozenset({"history", "run", "validation"})
"""Kinds of results that are none of a study."""


class Store(Parts):
    """A folder of results of one study.

    Parameters
    ----------
    url
        A path, or a URL that fsspec knows, such as ``s3://bucket/study``.
    options
        Passed to fsspec, such as endpoint and keys.

    Raises
    ------
    InputError
        If nothing can be kept at such a URL.
    """

    _plan: pd.DataFrame | None = None

    # --- writing --------------------------------------------------------------------------------------------------

    def claim(self, kind: str = "") -> None:
        """Refuse a place that holds anything but results of a kind, by default of any study; nothing is written.

        Raises
        ------
        InputError
            If it is a file, or holds what no command of this kind wrote.
        """
        if self.local:
            check_is_folder(Path(self.root))
        found = {name for name in self.entries() if not name.startswith(TEMPORARY)}
        manifest = self.manifest if MANIFEST in found else {}
        holds, own = manifest.get("kind"), kind if kind in NO_STUDIES else ""
        if "run_id" in manifest and holds is None:
            raise not_ours("the folder holds results of version 0.1, which are left alone", self.url)
        if manifest and (holds is None or (holds if holds in NO_STUDIES else "") != own):
            raise not_ours(f"the folder holds other results than those of a {own or 'study'}", self.url)
        if MANIFEST in found and not manifest and own:
            raise not_ours("the manifest in the folder is none of ours, and it is left alone", self.url)
        refuse_others(found, OURS, {PLAN} if manifest else set(), self.url)

    @contextlib.contextmanager
    def writing(self, kind: str = "") -> Iterator[None]:
        """Hold a folder alone; what a killed process left half-written is removed first. Object stores have no lock.

        Raises
        ------
        InputError
            If the place holds other results (`claim`), another process writes to it, or nothing can be written.
        """
        self.claim(kind)
        if not self.local:
            yield
            return
        with folder_lock(Path(self.root)):
            for left in Path(self.root).rglob(f"{TEMPORARY}*"):
                left.unlink(missing_ok=True)
            yield

    def add(self, frames: Mapping[str, pa.Table] | str, named: Mapping[str, pa.Table] | None = None) -> None:
        """Store a part; `frames` has "runs", whose file is written last and makes the part count.

        Until version 0.1 a name came first; it is accepted with a DeprecationWarning and not used.
        """
        if named is not None:
            warnings.warn("Store.add takes the frames only; parts name themselves", DeprecationWarning, stacklevel=2)
        found = frames if named is None else named
        if isinstance(found, str):
            raise TypeError("Store.add needs frames")
        super().add(found)

    def begin(self, manifest: Mapping[str, Any], plan: pd.DataFrame) -> None:
        """Write what is planned; from now on this object reads by this plan, whatever another writer plans."""
        content = to_parquet(pa.Table.from_pandas(plan.convert_dtypes(), preserve_index=False))
        self.put(PLAN, content)
        self.write_manifest({**manifest, PLAN_DIGEST: sha256(content)})
        self._plan = read_parquet(content).to_pandas()

    def write_manifest(self, manifest: Mapping[str, Any]) -> None:
        """Write the manifest."""
        self.put(MANIFEST, to_json(manifest).encode())

    def write_table(self, name: str, table: pd.DataFrame) -> None:
        """Write a table of the analysis as CSV."""
        self.put(f"tables/{name}.csv", table.to_csv(index=False, lineterminator="\n").encode())

    # --- reading --------------------------------------------------------------------------------------------------

    @property
    def manifest(self) -> dict[str, Any]:
        """What the study was; empty where there is none. Raises InputError if it is damaged or cannot be read now."""
        return parse_manifest(self.get(MANIFEST) or b"{}", self.path(MANIFEST))

    def plan(self) -> pd.DataFrame:
        """The runs that are planned: run, point, seed, scenario, factors.

        Raises
        ------
        InputError
            If there is no study here, or its plan is damaged.
        """
        if self._plan is not None:
            return self._plan.copy()
        content = self.get(PLAN)
        if content is None:
            raise InputError(
                "there is no study here",
                field="store",
                value=self.url,
                allowed="what `run.py study` wrote",
                remedy="run the study first",
            )
        said = self.manifest.get(PLAN_DIGEST)
        try:
            if said is not None and said != sha256(content):
                raise ValueError("not the plan that its manifest names")
            plan: pd.DataFrame = read_parquet(content).to_pandas()
        except Exception as error:  # the bytes are there: whatever the parser finds wrong is damage
            raise InputError(
                f"the plan of the study is damaged ({str(error).splitlines()[0][:80]})",
                field="store",
                value=self.path(PLAN),
                allowed="the file as it was written",
                remedy="give the study's command again: it writes the plan anew and keeps all runs",
            ) from None
        return plan

    def runs(self) -> pd.DataFrame:
        """A row for each planned run that is stored: plan, outcomes, status, error; in the order of the plan.

        A run that failed and was made again counts as it came out in the end.

        Raises
        ------
        InputError
            If a part is damaged or cannot be read at the moment.
        """
        rows, plan = self.rows(RUNS), self.plan()
        if rows is None:
            return plan.assign(status="", error="").iloc[:0]
        return plan.merge(rows.drop_columns(["seed"]).to_pandas(), on="run", how="inner").reset_index(drop=True)

    def frame(self, name: str, columns: Iterable[str] | None = None) -> pd.DataFrame:
        """A recorded frame of all planned runs, with point, scenario, seed and factors beside `run`.

        Raises
        ------
        InputError
            If it was not recorded, is damaged, or cannot be read at the moment.
        """
        rows = self.rows(name, None if columns is None else ["run", *columns])
        if rows is None:
            raise InputError(
                "this was not recorded",
                field="frame",
                value=name,
                allowed=", ".join(self.frames()) or "nothing is recorded",
                remedy='set record = "yearly" in the study, or --record yearly',
            )
        return self.plan().merge(rows.to_pandas(), on="run", how="inner")

    def table(self, name: str) -> pd.DataFrame:
        """A table of the analysis; raises InputError where there is none."""
        content = self.get(f"tables/{name}.csv")
        if content is None:
            raise InputError(
                "there is no such table",
                field="table",
                value=name,
                allowed=", ".join(self.names("tables", ".csv")),
                remedy="analyse the study first",
            )
        return pd.read_csv(io.BytesIO(content))
