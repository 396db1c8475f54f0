"""Hash of the sources of `model`, taken once: when they are imported. Tables of declarations are sources, too.

A file that is edited later changes neither the loaded code nor its hash, so that results are never stored under the
hash of code that did not make them.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

PACKAGE: Final = Path(__file__).resolve().parents[1]
DECLARED: Final = ("columns.csv", "parameters.csv")
"""Tables in `data` that decide what is compiled."""


def hash_of(folder: Path, files: Iterable[Path]) -> str:
    """Hash of names and contents, 64 hex digits; line ends count as one, as on Windows."""
    found = hashlib.sha256()
    for name, path in sorted((path.relative_to(folder, walk_up=True).as_posix(), path) for path in files):
        text = path.read_bytes().replace(b"\r\n", b"\n")
        found.update(f"{name}\0{len(text)}\0".encode() + text)
    return found.hexdigest()


def sources_in(package: Path) -> list[Path]:
    """Python sources and declarations of a copy of `model`, without the scripts that build its tables."""
    code = [path for path in package.rglob("*.py") if package / "data" not in path.parents]
    return [*code, *(package / "data" / name for name in DECLARED)]


SOURCE_HASH: Final = hash_of(PACKAGE, sources_in(PACKAGE))
"""Hash of the loaded sources."""
