"""The store under faults: what is damaged is found, named and moved aside; what cannot be read is not judged."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from experiments.ensemble import places
from experiments.ensemble.parts import DIGESTED
from experiments.ensemble.store import DONE, FAILED, Store
from model.errors import InputError

FRAMES = ("runs", "yearly", "weekly", "by_state")


def part(names: list[str], status: str = DONE, error: str = "") -> dict[str, pa.Table]:
    """A part as a worker gives it: two rows of each frame for each run."""
    twice = [name for name in names for _ in range(2)]
    frame = pa.table({"run": twice, "year": [2002, 2003] * len(names), "seized_kg": [float(len(n)) for n in twice]})
    runs = pa.table(
        {
            "run": names,
            "seed": list(range(len(names))),
            "status": [status] * len(names),
            "error": [error] * len(names),
            "arrived_europe_kg": [float(ord(name[-1])) for name in names],
        }
    )
    return {"runs": runs} if status == FAILED else {"runs": runs, "yearly": frame, "weekly": frame, "by_state": frame}


def plan(names: list[str]) -> pd.DataFrame:
    return pd.DataFrame({"run": names, "arm": 0, "point": 0, "seed": range(len(names)), "scenario": "s"})


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A study of four runs in two parts, with frames."""
    made = Store(tmp_path / "study")
    made.begin({"kind": "compare"}, plan(["a", "b", "c", "d"]))
    made.add(part(["a", "b"]))
    made.add(part(["c", "d"]))
    return made


def files(store: Store, frame: str) -> list[Path]:
    return sorted((Path(store.root) / "parts" / frame).glob("*.parquet"))


def everything(store: Store) -> dict[str, bytes]:
    return {str(p.relative_to(store.root)): p.read_bytes() for p in Path(store.root).rglob("*") if p.is_file()}


# --- what cannot be read at the moment ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "error",
    [
        TimeoutError("read timed out"),
        PermissionError(13, "Permission denied"),
        ConnectionResetError(),
        RuntimeError("an error of a library"),
    ],
)
@pytest.mark.parametrize(("call", "where"), [("cat_file", f"parts/{frame}/") for frame in FRAMES] + [("ls", "parts")])
def test_a_read_error_moves_and_deletes_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch, error: Exception, call: str, where: str
) -> None:
    before, reading = everything(store), getattr(store.fs, call)

    def failing(path: str, *rest: object, **more: object) -> object:
        if where in path:
            raise error
        return reading(path, *rest, **more)

    monkeypatch.setattr(store.fs, call, failing)
    with pytest.raises(InputError, match=r"cannot be read at the moment.*nothing was changed"):
        store.kept()
    with pytest.raises(InputError, match="cannot be read at the moment"):
        store.frame("by_state" if where == "parts" else where.split("/")[1] if "runs" not in where else "yearly")
    monkeypatch.undo()
    assert everything(store) == before
    assert set(store.kept()[0]) == set("abcd")


def test_a_read_error_after_damage_moves_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = files(store, "runs")
    first.write_bytes(b"rubbish")
    before, reading = everything(store), store.fs.cat_file

    def failing(path: str, *rest: object) -> object:
        if second.name in path:
            raise TimeoutError
        return reading(path, *rest)

    monkeypatch.setattr(store.fs, "cat_file", failing)
    with pytest.raises(InputError, match="cannot be read at the moment"):
        store.kept()
    assert everything(store) == before


@pytest.mark.parametrize("name", ["plan.parquet", "manifest.json"])
def test_a_plan_or_manifest_that_cannot_be_read_is_not_taken_as_missing(
    store: Store, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    reading = store.fs.cat_file

    def failing(path: str, *rest: object) -> object:
        if path.endswith(name):
            raise TimeoutError
        return reading(path, *rest)

    monkeypatch.setattr(store.fs, "cat_file", failing)
    with pytest.raises(InputError, match="cannot be read at the moment"):
        Store(store.root).claim() if name == "manifest.json" else Store(store.root).plan()


# --- what is damaged ----------------------------------------------------------------------------------------------

DAMAGE: dict[str, Callable[[Path], object]] = {
    "truncated": lambda path: path.write_bytes(path.read_bytes()[:-9]),
    "empty": lambda path: path.write_bytes(b""),
    "deleted": lambda path: path.unlink(),
    "another's": lambda path: shutil.copy(next(p for p in path.parent.iterdir() if p != path), path),
    "a column renamed": lambda path: pq.write_table(
        pq.read_table(path).rename_columns([f"{n}_" for n in pq.read_table(path).column_names]), path
    ),
    "rows dropped": lambda path: pq.write_table(pq.read_table(path).slice(1), path),
}


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_found_in_every_frame_and_the_part_is_moved_aside(store: Store, frame: str, damage: str) -> None:
    path = files(store, frame)[0]
    lost = set(pq.read_table(Path(store.root) / "parts/runs" / path.name)["run"].to_pylist())
    before = everything(store)
    DAMAGE[damage](path)
    if (frame, damage) != ("runs", "deleted"):  # a part whose runs are gone never counted
        with pytest.raises(InputError, match=f"damaged.*parts/{frame}/{path.name}.*give the study's command again"):
            store.frame("yearly" if frame == "runs" else frame)
        kept, notes = store.kept()
        assert [f"parts/{frame}/{path.name}" in note for note in notes] == [True]
        aside = {p.name for p in (Path(store.root) / "damaged").rglob("*.parquet")}
        assert aside == {path.name}
    else:
        kept, notes = store.kept()
    assert set(kept) == set("abcd") - lost
    assert set(store.frame("yearly")["run"]) == set("abcd") - lost
    store.add(part(sorted(lost)))
    assert len(store.runs()) == 4
    assert len(store.frame("by_state")) == 8
    # nothing that was written is lost but what the damage itself took
    left = list(everything(store).values())
    assert all(content in left for name, content in before.items() if not name.endswith(f"{frame}/{path.name}"))


@pytest.mark.parametrize("frame", FRAMES)
def test_no_flipped_bit_passes(store: Store, frame: str) -> None:
    path, chance = files(store, frame)[0], random.Random(frame)
    whole = path.read_bytes()
    for bit in chance.sample(range(8 * len(whole)), 300):
        content = bytearray(whole)
        content[bit // 8] ^= 1 << bit % 8
        path.write_bytes(bytes(content))
        with pytest.raises(InputError, match="damaged"):
            store.frame("yearly" if frame == "runs" else frame)


def test_no_flipped_bit_of_the_plan_passes(store: Store) -> None:
    path = Path(store.root) / "plan.parquet"
    whole = path.read_bytes()
    for bit in random.Random(1).sample(range(8 * len(whole)), 300):
        content = bytearray(whole)
        content[bit // 8] ^= 1 << bit % 8
        path.write_bytes(bytes(content))
        with pytest.raises(InputError, match="the plan of the study is damaged"):
            Store(store.root).runs()


def test_pages_carry_checksums(store: Store) -> None:
    """For other readers of the files, who do not know the digests."""
    path = files(store, "runs")[0]
    data = bytearray(path.read_bytes())
    column = pq.ParquetFile(path).metadata.row_group(0).column(4)
    start = column.dictionary_page_offset or column.data_page_offset
    data[start + column.total_compressed_size - 1] ^= 0xFF
    with pytest.raises(OSError, match=r"(?i)crc|checksum|corrupt"):
        pq.read_table(pa.BufferReader(bytes(data)), page_checksum_verification=True)


# --- every run once -----------------------------------------------------------------------------------------------


def test_a_run_is_read_once_as_it_came_out_last(tmp_path: Path) -> None:
    store = Store(tmp_path / "s")
    store.begin({"kind": "compare"}, plan(["a", "b", "c"]))
    store.add(part(["a"]))
    store.add(part(["b", "c"], FAILED, "first"))
    store.add(part(["b", "c"], FAILED, "second"))
    assert store.runs().set_index("run")["error"].to_dict() == {"a": "", "b": "second", "c": "second"}
    store.add(part(["c"]))
    assert store.runs().set_index("run")["status"].to_dict() == {"a": DONE, "b": FAILED, "c": DONE}
    assert store.kept()[0] == {"a": DONE, "b": FAILED, "c": DONE}
    assert store.frame("yearly")["run"].tolist() == ["a", "a", "c", "c"]


@pytest.mark.parametrize("frames", [FRAMES, ("runs",)])
def test_a_copied_part_doubles_nothing(store: Store, frames: tuple[str, ...]) -> None:
    before = store.runs(), store.frame("yearly")
    for frame in frames:
        for path in files(store, frame):
            shutil.copy(path, path.with_name(f"copy of {path.name}"))
    if frames == FRAMES:
        assert store.kept()[1] == []
    pd.testing.assert_frame_equal(store.runs(), before[0])
    pd.testing.assert_frame_equal(store.frame("yearly"), before[1])


def test_a_part_with_a_name_of_its_own_is_still_accepted(store: Store) -> None:
    with pytest.warns(DeprecationWarning, match="parts name themselves"):
        store.add("mine", part(["e"]))
    assert set(store.kept()[0]) == set("abcde")


def test_parts_that_share_some_runs_double_nothing(store: Store) -> None:
    store.add(part(["b", "c"]))
    assert sorted(store.runs()["run"]) == list("abcd")
    assert sorted(store.frame("yearly")["run"]) == sorted("abcd" * 2)


def test_frames_of_a_part_that_was_never_finished_do_not_count(store: Store) -> None:
    whole = part(["e"])
    store.add(whole)
    new = next(path for path in files(store, "runs") if pq.read_table(path)["run"].to_pylist() == ["e"])
    new.unlink()  # as if the writer was killed before its last file
    assert set(store.frame("yearly")["run"]) == set("abcd")
    assert store.kept() == (dict.fromkeys("abcd", DONE), [])


def test_a_writer_that_begins_while_another_writes_takes_nothing_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """On an object store, which has no lock: the frames of the other's part are there, its runs not yet."""
    monkeypatch.setattr(places, "LOST", frozenset())  # memory stands for an object store within this test
    one, other = Store("memory://shared/study"), Store("memory://shared/study")
    one.begin({"kind": "compare"}, plan(["a"]))
    writing, seen = one.put, []

    def put(name: str, content: bytes) -> None:
        if "/runs/" in name:
            with other.writing():
                seen.append((other.kept(), other.frames()))
        writing(name, content)

    monkeypatch.setattr(one, "put", put)
    one.add(part(["a"]))
    assert seen == [(({}, []), ["by_state", "weekly", "yearly"])]
    assert one.kept() == ({"a": DONE}, [])
    assert len(one.frame("by_state")) == 2


def test_other_folders_among_the_parts_are_left_alone(store: Store) -> None:
    odd = Path(store.root) / 'parts/x") as t; drop table runs; --'
    odd.mkdir()
    (odd / "a.parquet").write_bytes(b"not ours")
    assert store.frames() == sorted(FRAMES)
    assert store.kept()[1] == []
    assert (odd / "a.parquet").read_bytes() == b"not ours"


def test_parts_of_version_0_1_are_read(store: Store) -> None:
    """Named after their runs, without digests: read, counted once, and checked by their pages."""
    for frame in FRAMES:
        for number, path in enumerate(files(store, frame)):
            table = pq.read_table(path).replace_schema_metadata(None)
            path.unlink()
            pq.write_table(table, path.with_name(f"{number:016x}.parquet"), write_page_checksum=True)
    assert not any(DIGESTED.fullmatch(path.name) for path in files(store, "runs"))
    assert store.kept() == (dict.fromkeys("abcd", DONE), [])
    assert len(store.runs()) == 4
    assert len(store.frame("yearly")) == 8
    files(store, "weekly")[0].write_bytes(b"rubbish")
    kept, notes = store.kept()
    assert len(kept) == 2
    assert "parts/weekly" in notes[0]


# --- whose place it is --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "",
        " ",
        "a::b",
        "simplecache::s3://bucket/x",
        "zip://x",
        "zip://x::y.zip",
        "http://example.com/x",
        "tar://x",
        "reference://x",
        "dir://x",
        "nothing://x",
        "s3://",
        "memory://",
        "memory://x",
    ],
)
def test_places_where_no_study_can_be_are_refused(url: str) -> None:
    with pytest.raises(InputError, match=r"Allowed: a folder, or a URL that fsspec knows.*Remedy") as refused:
        Store(url)
    assert refused.value.value == url


@pytest.mark.parametrize("name", ["a::b", "x[1]", "what?", "all*", "it's", 'a"b', "ä ö"])
def test_any_name_of_a_folder_works(tmp_path: Path, name: str) -> None:
    store = Store(tmp_path / name)
    with store.writing():
        store.begin({"kind": "compare"}, plan(["a"]))
        store.add(part(["a"]))
    assert Store(tmp_path / name).frame("yearly")["run"].tolist() == ["a", "a"]
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_study_goes_where_nothing_else_is(tmp_path: Path) -> None:
    Store(tmp_path / "new").claim()
    for name, content in (("thesis.tex", b"years of work"), ("manifest.json", b'{"study": "history"}')):
        folder = tmp_path / f"with-{name}"
        folder.mkdir()
        (folder / name).write_bytes(content)
        with pytest.raises(InputError, match=r"Allowed: a new or empty folder, or one that this command wrote"):
            Store(folder).claim()
        with pytest.raises(InputError), Store(folder).writing():
            pass
        assert [path.name for path in folder.iterdir()] == [name]
    with pytest.raises(InputError, match="this is a file"):
        Store(tmp_path / "with-thesis.tex" / "thesis.tex").claim()


def test_a_study_with_notes_beside_it_and_one_that_was_killed_at_once_go_on(store: Store, tmp_path: Path) -> None:
    (Path(store.root) / "notes.txt").write_text("mine")
    store.claim()
    killed = tmp_path / "killed"
    killed.mkdir()
    (killed / "plan.parquet").write_bytes(b"half")
    (killed / ".writing-1").write_bytes(b"half")
    Store(killed).claim()
