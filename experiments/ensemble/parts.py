"""Parts of a study: some tens of runs each, a Parquet file for each frame, checked by SHA-256 whenever it is read.

A part is named after the digest of its file of `runs`, which is written last and holds the digests of its other files.
So a part is there as a whole or not at all, its content never changes, and two writers cannot spoil each other's parts.
A damaged part is moved to ``damaged/``; nothing is deleted. Parts of version 0.1 have page checksums only.
"""

import datetime as dt
import hashlib
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from experiments.ensemble.places import Place
from experiments.ensemble.provenance import deciding_versions
from experiments.ensemble.recording import FRAMES
from model.errors import InputError

DONE, FAILED = "done", "failed"
RUNS, PARTS, DAMAGED = "runs", "parts", "damaged"
DIGESTED: Final = re.compile(r"[0-9a-f]{32}\.parquet")
DIGESTS, MADE, VERSIONS = b"sha256 of frames", b"made", b"versions"
"""Keys of the metadata that a file of runs holds on its part."""


class Damaged(Exception):  # noqa: N818
    """A file of a part is not what was written."""


class Part(NamedTuple):
    """A part: its file of runs, and the SHA-256 of each of its frames ("" where version 0.1 wrote it)."""

    name: str
    runs: pa.Table
    digests: Mapping[str, str]
    made: str
    versions: Mapping[str, str]


class Parts(Place):
    """A place that holds runs in parts."""

    made_with: Sequence[dict[str, str]] = ()
    """Versions that the parts were made with, as `kept` found them, without repeats; empty for version 0.1."""

    # --- writing --------------------------------------------------------------------------------------------------

    def add(self, frames: Mapping[str, pa.Table]) -> None:
        """Store a part; `frames` has "runs", whose file is written last and makes the part count."""
        contents = {name: to_parquet(table) for name, table in frames.items() if name != RUNS}
        contents[RUNS] = to_parquet(
            frames[RUNS].replace_schema_metadata(
                {
                    DIGESTS: json.dumps({name: sha256(content) for name, content in contents.items()}),
                    MADE: dt.datetime.now(dt.UTC).isoformat(),
                    VERSIONS: (frames[RUNS].schema.metadata or {}).get(VERSIONS) or json.dumps(deciding_versions()),
                }
            )
        )
        name = f"{sha256(contents[RUNS])[:32]}.parquet"
        for frame, content in contents.items():
            self.put(f"{PARTS}/{frame}/{name}", content)

    # --- checking -------------------------------------------------------------------------------------------------

    def kept(self) -> tuple[dict[str, str], list[str]]:
        """Identity -> status of every run that is stored, and notes of what was damaged.

        Every frame of every part is read. A part with a damaged or missing file is moved to ``damaged/`` as a whole.

        Raises
        ------
        InputError
            If something cannot be read at the moment; then nothing is moved.
        """
        found, damaged = [], {}
        for name in self.names(f"{PARTS}/{RUNS}"):
            try:
                part = self._read_part(name)
                for frame in part.digests:
                    self._read(part, frame)
            except Damaged as error:
                damaged[name] = str(error)
            else:
                found.append(part)
        aside = f"{DAMAGED}/{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%S%f}"
        # only now: an error of reading leaves everything where it is; the file of runs first, so that the part counts
        # no more
        for name in damaged:
            for frame in (RUNS, *(frame for frame in self.frames() if frame != RUNS)):
                self.move(f"{PARTS}/{frame}/{name}", f"{aside}/{frame}/{name}")
        remedy = f"the part was moved to {DAMAGED}/, and its runs are made again where the plan needs them"
        self.made_with = [dict(one) for one in {tuple(sorted(part.versions.items())) for part in found}]
        return (
            {run: status for run, (_, status) in _chosen(found).items()},
            [f"{error}; {remedy}" for error in damaged.values()],
        )

    # --- reading --------------------------------------------------------------------------------------------------

    def frames(self) -> list[str]:
        """Names of the frames that are stored; other folders are left alone."""
        return [name for name in self.entries(PARTS) if name == RUNS or name in FRAMES]

    def rows(self, frame: str, columns: Iterable[str] | None = None) -> pa.Table | None:
        """Rows of a frame, every run once: as it ended well, else as it failed last. None where there are none.

        Raises
        ------
        InputError
            If a file is damaged or missing, or cannot be read at the moment.
        """
        with self._damage_named():
            parts = self._parts()
            runs_of: dict[str, list[str]] = {}
            for run, (name, _) in _chosen(parts).items():
                runs_of.setdefault(name, []).append(run)
            tables = [
                _only(self._read(part, frame, columns), runs_of[part.name], part.runs.num_rows)
                for part in parts
                if part.name in runs_of and frame in (RUNS, *part.digests)
            ]
        return pa.concat_tables(tables, promote_options="default") if tables else None

    def of_runs(self, frame: str, runs: Iterable[str]) -> Iterator[pa.Table]:
        """Rows of a frame, a table for each of some runs; memory holds one part at a time. Raises as `rows`."""
        with self._damage_named():
            parts = {part.name: part for part in self._parts()}
            chosen = _chosen(parts.values())
            for part, run in ((parts[chosen[run][0]], run) for run in runs):
                yield _only(self._read(part, frame), [run], part.runs.num_rows)

    def _parts(self) -> list[Part]:
        return [self._read_part(name) for name in self.names(f"{PARTS}/{RUNS}")]

    @contextmanager
    def _damage_named(self) -> Iterator[None]:
        """Name the file that is found damaged, and the remedy."""
        try:
            yield
        except Damaged as error:
            raise InputError(
                f"a part of the results is damaged: {error}",
                field="store",
                value=self.url,
                allowed="the files as they were written",
                remedy="give the study's command again: it moves the part aside and makes its runs again",
            ) from None

    def _read_part(self, name: str) -> Part:
        """A part by its file of runs; raises Damaged."""
        runs = self._file(RUNS, name, name[:32] if DIGESTED.fullmatch(name) else "")
        if not {"run", "status"} <= set(runs.column_names):
            raise Damaged(f"{PARTS}/{RUNS}/{name} has no columns run and status")
        notes = runs.schema.metadata or {}
        frames = [frame for frame in self.frames() if frame != RUNS] if DIGESTS not in notes else []
        early = {frame: "" for frame in frames if name in self.names(f"{PARTS}/{frame}")}
        digests, versions = json.loads(notes.get(DIGESTS, b"{}")), json.loads(notes.get(VERSIONS, b"{}"))
        return Part(name, runs, early or digests, notes.get(MADE, b"").decode(), versions)

    def _read(self, part: Part, frame: str, columns: Iterable[str] | None = None) -> pa.Table:
        return part.runs if frame == RUNS else self._file(frame, part.name, part.digests[frame], columns)

    def _file(self, frame: str, name: str, digest: str, columns: Iterable[str] | None = None) -> pa.Table:
        """The table of a file whose SHA-256 begins with `digest`; raises Damaged."""
        where = f"{PARTS}/{frame}/{name}"
        content = self.get(where)
        if content is None:
            raise Damaged(f"{where} is missing")
        if not sha256(content).startswith(digest):
            raise Damaged(f"{where} is not what was written")
        try:
            return read_parquet(content, columns)
        except Exception as error:  # the bytes are there: whatever the parser finds wrong is damage
            raise Damaged(f"{where} cannot be read ({str(error).splitlines()[0][:80]})") from error


def _chosen(parts: Iterable[Part]) -> dict[str, tuple[str, str]]:
    """Run -> the part that counts for it, and its status there: one in which it ended well, else the latest."""
    best: dict[str, tuple[str, str]] = {}
    for part in sorted(parts, key=lambda part: (bool(DIGESTED.fullmatch(part.name)), part.made, part.name)):
        for run, status in zip(part.runs["run"].to_pylist(), part.runs["status"].to_pylist(), strict=True):
            if status == DONE or best.get(run, ("", FAILED))[1] != DONE:
                best[run] = part.name, status
    return best


def _only(table: pa.Table, runs: list[str], whole: int) -> pa.Table:
    """The rows of some runs; the table as it is where these are all runs of its part."""
    return table if len(runs) == whole else table.filter(pc.is_in(table["run"], pa.array(runs, pa.string())))


def read_parquet(content: bytes, columns: Iterable[str] | None = None) -> pa.Table:
    """A table of the content of a Parquet file, the checksum of every page verified."""
    wanted = None if columns is None else list(columns)
    return pq.read_table(pa.BufferReader(content), columns=wanted, page_checksum_verification=True)


def to_parquet(table: pa.Table) -> bytes:
    """Content of a Parquet file, with a checksum for each page."""
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd", write_page_checksum=True)
    return buffer.getvalue()


def sha256(content: bytes) -> str:
    """SHA-256 of the content of a file, 64 hex digits."""
    return hashlib.sha256(content).hexdigest()
