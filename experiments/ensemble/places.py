"""A place for results: a folder, or an object store behind an fsspec URL. Files are written whole; nothing is deleted.

A file that cannot be read at the moment (a timeout, a lost permission) is an error. It is never taken as missing.
"""

import os
import uuid
from pathlib import Path
from typing import Any, Final, NoReturn

import fsspec
from fsspec.implementations.local import LocalFileSystem

from model.errors import InputError

TEMPORARY: Final = ".writing-"
DISK_FULL: Final = 28
LOST: Final = frozenset({"memory"})
"""File systems of fsspec that end with the process."""
READ_ONLY: Final = (
    *("blockcache", "cached", "filecache", "simplecache"),
    *("data", "generic", "gist", "git", "github", "http", "https", "jlab", "jupyter", "reference"),
    *("dir", "libarchive", "tar", "zip"),
)
"""File systems of fsspec that are archives, caches or read-only, so that no study can grow in them."""


class Place:
    """A folder or an object store.

    Parameters
    ----------
    url
        A path, or a URL that fsspec knows, such as ``s3://bucket/study``. A `Path` is always a local folder.
    options
        Passed to fsspec, such as endpoint and keys.

    Raises
    ------
    InputError
        If the URL is empty, chained (``a::b``), of an archive, a cache or memory, or not known to fsspec.
    """

    def __init__(self, url: str | Path, **options: Any) -> None:
        self.url = str(url)
        self.fs, self.root = _file_system(url, options)
        self.local = isinstance(self.fs, LocalFileSystem)

    def path(self, *parts: str) -> str:
        """Path inside the place."""
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
                put_local(Path(path), content)
            else:
                self.fs.pipe_file(path, content)
        except Exception as error:  # libraries of object stores have errors of their own
            full = getattr(error, "errno", None) == DISK_FULL
            raise InputError(
                "the disk is full" if full else f"this cannot be written ({_words(error)})",
                field="store",
                value=path,
                allowed="a place with room that can be written to",
                remedy="all runs stored before are kept; make room or choose another place, and give the same command",
            ) from error

    def get(self, name: str) -> bytes | None:
        """Content of a file; None where there is none.

        Raises
        ------
        InputError
            If there may be a file, but it cannot be read.
        """
        try:
            return bytes(self.fs.cat_file(self.path(name)))
        except FileNotFoundError:
            return None
        except Exception as error:
            self._cannot_be_read(name, error)

    def entries(self, folder: str = "") -> list[str]:
        """Names of the files and folders in a folder, sorted; none where there is no such folder.

        Raises
        ------
        InputError
            If the folder cannot be listed.
        """
        try:
            self.fs.invalidate_cache()
            found = self.fs.ls(self.path(folder) if folder else self.root, detail=False)
        except FileNotFoundError:
            return []
        except Exception as error:
            self._cannot_be_read(folder, error)
        return sorted(name for path in found if (name := str(path).rstrip("/").rsplit("/", 1)[-1]))

    def names(self, folder: str, suffix: str = ".parquet") -> list[str]:
        """Names of the files in a folder that end in a suffix, sorted; raises as `entries`."""
        return [name for name in self.entries(folder) if name.endswith(suffix) and not name.startswith(TEMPORARY)]

    def move(self, name: str, to: str) -> None:
        """Move a file; nothing happens where it is not there any more.

        Raises
        ------
        InputError
            If it cannot be moved.
        """
        try:
            if self.local:
                target = Path(self.path(to))
                target.parent.mkdir(parents=True, exist_ok=True)
                Path(self.path(name)).replace(target)
            else:
                self.fs.cp_file(self.path(name), self.path(to))
                self.fs.rm_file(self.path(name))
        except FileNotFoundError:
            return
        except Exception as error:
            self._cannot_be_read(name, error)

    def _cannot_be_read(self, name: str, error: Exception) -> NoReturn:
        raise InputError(
            f"this cannot be read at the moment ({_words(error)})",
            field="store",
            value=self.path(name),
            allowed="a place that answers and may be read",
            remedy="nothing was changed; check the connection and the permissions, and give the same command again",
        ) from error


def put_local(path: Path, content: bytes) -> None:
    """Write a file of this machine in one step, in a folder that is made if need be."""
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


def _words(error: Exception) -> str:
    """The first line of an error, or its name where it has no text."""
    text = str(getattr(error, "strerror", None) or error).strip()
    return text.splitlines()[0][:120] if text else type(error).__name__


def _file_system(url: str | Path, options: dict[str, Any]) -> tuple[Any, str]:
    """The file system of a URL and the path in it; raises InputError."""
    if isinstance(url, Path):
        return LocalFileSystem(), Path(url).expanduser().absolute().as_posix()
    scheme = url.partition("://")[0] if "://" in url else ""
    elsewhere = "choose a folder or an object store"
    for wrong, message, remedy in (
        (not url.strip(), "the name of the place is empty", "leave the option out, or name a folder"),
        ("::" in url, "chained URLs cannot hold results", "give the folder or the object store itself"),
        (scheme in LOST, "what is kept in memory is lost with the command", elsewhere),
        (scheme in READ_ONLY, f"{scheme} is an archive, a cache or read-only", elsewhere),
    ):
        if wrong:
            raise _no_place(url, message, remedy)
    try:
        fs, root = fsspec.core.url_to_fs(url, **options)
    except Exception as error:  # fsspec passes on whatever a file system raises
        raise _no_place(url, "results cannot be kept there", _words(error)) from None
    if not str(root).strip("/") and not isinstance(fs, LocalFileSystem):
        raise _no_place(url, "there is no folder or bucket in this URL", "write it as s3://bucket/study")
    return fs, str(root)


def _no_place(url: str, message: str, remedy: str) -> InputError:
    return InputError(
        message,
        field="out",
        value=url,
        allowed="a folder, or a URL that fsspec knows, as s3://bucket/study",
        remedy=remedy,
    )
