"""The store of a study: Parquet parts, a manifest and a table of what is planned, in a folder or at any fsspec URL.

A part holds some tens of runs. Its frames are written first and its rows of `runs` last, each file in one step, so that
a part is there as a whole or not at all. A run is known by its identity; a run that is there is never run again.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import uuid
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import fsspec
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from experiments.folder import alone_in
from model.errors import InputError

__all__ = ["DONE", "FAILED", "Store"]

DONE, FAILED = "done", "failed"
RUNS, PARTS, TEMPORARY = "runs", "parts", ".writing-"
PLAN, MANIFEST = "plan.parquet", "manifest.json"
CHECKED: Final = {"page_checksum_verification": True}


class Store:
    """A folder of results of one study.

    Parameters
    ----------
    url
        A path, or a URL that fsspec knows, such as ``s3://bucket/study``.
    options
        Passed to fsspec, such as endpoint and keys.
    """

    def __init__(self, url: str | Path, **options: Any) -> None:
        self.url = str(url)
        try:
            self.fs, self.root = fsspec.core.url_to_fs(self.url, **options)
        except (ValueError, ImportError) as error:
            raise InputError("results cannot be kept there", field="store", value=self.url,
                             allowed="a folder, or a URL that fsspec knows, as s3://bucket/study",
                             remedy=str(error)) from None  # fmt: skip
        self.local = isinstance(self.fs, fsspec.implementations.local.LocalFileSystem)

    # --- files ----------------------------------------------------------------------------------------------------

    def path(self, *parts: str) -> str:
        """Path inside the store."""
        return "/".join((self.root.rstrip("/"), *parts))

    def put(self, name: str, content: bytes) -> None:
        """Write a file in one step: it is there as a whole, or as it was before.

        Raises
        ------
        InputError
            If it cannot be written; what was there before stays.
        """
        path = self.path(name)
        try:
            if self.local:
                self._put_local(Path(path), content)
            else:
                self.fs.pipe_file(path, content)
        except OSError as error:
            full = getattr(error, "errno", None) == 28
            raise InputError(
                "the disk is full" if full else f"this cannot be written ({error.strerror or error})",
                field="store", value=path, allowed="a place with room that can be written to",
                remedy="all runs stored before are kept; make room or choose another place, and give the same command",
            ) from error  # fmt: skip

    def _put_local(self, path: Path, content: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        making = path.with_name(f"{TEMPORARY}{uuid.uuid4().hex}")
        try:
            with making.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            making.replace(path)
        finally:
            making.unlink(missing_ok=True)

    def get(self, name: str) -> bytes | None:
        """Content of a file; None where there is none."""
        try:
            return bytes(self.fs.cat_file(self.path(name)))
        except FileNotFoundError:
            return None

    def names(self, folder: str, suffix: str = ".parquet") -> list[str]:
        """Names of the files in a folder of the store, sorted."""
        try:
            self.fs.invalidate_cache()
            found = self.fs.ls(self.path(folder), detail=False)
        except FileNotFoundError:
            return []
        return sorted(name for path in found if (name := str(path).rsplit("/", 1)[-1]).endswith(suffix))

    # --- writing --------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the store alone; what a killed process left half-written is removed first.

        Raises
        ------
        InputError
            If another process writes to it, or nothing can be written.
        """
        if not self.local:
            yield
            return
        with alone_in(Path(self.root)):
            for left in Path(self.root).rglob(f"{TEMPORARY}*"):
                left.unlink(missing_ok=True)
            yield

    def add(self, key: str, frames: Mapping[str, pa.Table]) -> None:
        """Store a part; `frames` has "runs", whose file is written last and makes the part count."""
        for name in sorted(frames, key=lambda frame: frame == RUNS):
            self.put(f"{PARTS}/{name}/{key}.parquet", _parquet(frames[name]))

    def begin(self, manifest: Mapping[str, Any], plan: pd.DataFrame) -> None:
        """Write what is planned."""
        self.put(PLAN, _parquet(pa.Table.from_pandas(plan.convert_dtypes(), preserve_index=False)))
        self.write_manifest(manifest)

    def write_manifest(self, manifest: Mapping[str, Any]) -> None:
        """Write the manifest."""
        self.put(MANIFEST, (json.dumps(manifest, indent=1, ensure_ascii=False) + "\n").encode())

    def write_table(self, name: str, table: pd.DataFrame) -> None:
        """Write a table of the analysis as CSV."""
        self.put(f"tables/{name}.csv", table.to_csv(index=False, lineterminator="\n").encode())

    # --- reading --------------------------------------------------------------------------------------------------

    @property
    def manifest(self) -> dict[str, Any]:
        """What the study was; empty where there is none."""
        try:
            found = json.loads(self.get(MANIFEST) or b"{}")
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def plan(self) -> pd.DataFrame:
        """The runs that are planned: run, point, seed, scenario, factors.

        Raises
        ------
        InputError
            If there is no study here.
        """
        content = self.get(PLAN)
        if content is None:
            raise InputError("there is no study here", field="store", value=self.url,
                             allowed="what `run.py study` wrote", remedy="run the study first")  # fmt: skip
        plan: pd.DataFrame = pq.read_table(io.BytesIO(content)).to_pandas()
        return plan

    def kept(self) -> tuple[dict[str, str], list[str]]:
        """Identity -> status of every run that is stored, and what was found wrong and set aside.

        Parts that cannot be read are deleted, so that their runs are made again.
        """
        found: dict[str, str] = {}
        notes = []
        for name in self.names(f"{PARTS}/{RUNS}"):
            try:
                table = self._read(RUNS, name)  # whole, so that every checksum is read
            except (pa.ArrowException, OSError) as error:
                notes.append(f"part {name} cannot be read ({str(error).splitlines()[0][:80]}); its runs are made again")
                self._drop(name)
                continue
            for run, status in zip(table["run"].to_pylist(), table["status"].to_pylist(), strict=True):
                if found.get(run) != DONE:
                    found[run] = status
        return found, notes + self._drop_orphans()

    def _drop(self, name: str) -> None:
        for frame in self.frames():
            with contextlib.suppress(FileNotFoundError):
                self.fs.rm(self.path(PARTS, frame, name))

    def _drop_orphans(self) -> list[str]:
        """Remove frames of parts whose runs were never written."""
        whole = set(self.names(f"{PARTS}/{RUNS}"))
        for frame in self.frames():
            for name in set(self.names(f"{PARTS}/{frame}")) - whole:
                self.fs.rm(self.path(PARTS, frame, name))
        return []

    def frames(self) -> list[str]:
        """Names of the frames that are stored."""
        try:
            self.fs.invalidate_cache()
            found = self.fs.ls(self.path(PARTS), detail=False)
        except FileNotFoundError:
            return []
        return sorted(str(path).rstrip("/").rsplit("/", 1)[-1] for path in found)

    def _read(self, frame: str, name: str, columns: Iterable[str] | None = None) -> pa.Table:
        path = self.path(PARTS, frame, name)
        source = path if self.local else io.BytesIO(self.fs.cat_file(path))
        return pq.read_table(source, columns=list(columns) if columns else None, **CHECKED)

    def runs(self) -> pd.DataFrame:
        """A row for each planned run that is stored: plan, outcomes, status, error; in the order of the plan."""
        tables = [self._read(RUNS, name) for name in self.names(f"{PARTS}/{RUNS}")]
        plan = self.plan()
        if not tables:
            return plan.assign(status="", error="").iloc[:0]
        rows = pa.concat_tables(tables, promote_options="default").to_pandas()
        # a run that failed once and was made again counts as it came out in the end
        rows = rows.sort_values("status", kind="stable").drop_duplicates("run").drop(columns=["seed"])
        return plan.merge(rows, on="run", how="inner").reset_index(drop=True)

    def frame(self, name: str, columns: Iterable[str] | None = None) -> pd.DataFrame:
        """A recorded frame of all planned runs, with point, scenario, seed and factors beside `run`."""
        wanted = None if columns is None else ["run", *columns]
        tables = [self._read(name, part, wanted) for part in self.names(f"{PARTS}/{name}")]
        if not tables:
            raise InputError("this was not recorded", field="frame", value=name,
                             allowed=", ".join(self.frames()) or "nothing is recorded",
                             remedy='set record = "yearly" in the study, or --record yearly')  # fmt: skip
        rows = pa.concat_tables(tables).to_pandas()
        return self.plan().merge(rows, on="run", how="inner")

    def table(self, name: str) -> pd.DataFrame:
        """A table of the analysis; raises InputError where there is none."""
        content = self.get(f"tables/{name}.csv")
        if content is None:
            raise InputError("there is no such table", field="table", value=name,
                             allowed=", ".join(self.names("tables", ".csv")),
                             remedy="analyse the study first")  # fmt: skip
        return pd.read_csv(io.BytesIO(content))


def _parquet(table: pa.Table) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd", write_page_checksum=True)
    return buffer.getvalue()
