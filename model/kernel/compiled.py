"""How the rules of the week are compiled.

The same source runs compiled (default) and, with ``NUMBA_DISABLE_JIT=1``, as ordinary Python, with the same numbers to
the last bit. For that, rules use scalar ``math`` functions and plain loops, and no fast-math. Rules make no arrays, so
reference counting is switched off: passing the columns on costs nothing, and compiling takes a fraction of the time.

Numba's cache looks only at the file of a function, not at the rules it calls, nor at checks of bounds. So machine code
is kept in a folder named after a hash of all sources: changed code never meets machine code of before. Machine code is
read back as Python objects, so the folder is private to its owner; where there is no such folder, nothing is kept.
"""

import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from numba import config, njit

from model.kernel.rule_compiler import RuleCompiler
from model.kernel.sources import PACKAGE, SOURCE_HASH

KEPT_CACHES = 4
NAME = f"rules-{SOURCE_HASH[:16]}{'-checked' if config.BOUNDSCHECK else ''}"


def cache_folders() -> list[Path]:
    """Where machine code may be kept, in order of preference: as the user says, beside the sources, in the home."""
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    home = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
    return [Path(chosen)] if chosen else [PACKAGE / "__pycache__", Path(home) / "highway10"]


def is_private(folder: Path) -> bool:
    """Whether a folder, made if need be, can be written and belongs to this user alone."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if hasattr(os, "getuid"):
            held = folder.stat()
            if held.st_uid != os.getuid() or held.st_mode & 0o022:
                return False
        with tempfile.TemporaryFile(dir=folder):
            return True
    except (OSError, RuntimeError):  # pathlib knows no home for some users
        return False


def cache_folder() -> Path | None:
    """Folder for machine code of the present sources, older ones beside it cleared away; None where none is safe."""
    for base in cache_folders():
        folder = base / NAME
        fresh = not folder.exists()
        if is_private(folder):
            old = sorted(base.glob("rules-*"), key=lambda path: path.stat().st_mtime)[:-KEPT_CACHES]
            for path in old if fresh else ():
                shutil.rmtree(path, ignore_errors=True)
            return folder
    logging.getLogger(__name__).warning(
        "machine code is not kept, so every start compiles the rules: no folder can be written that belongs to this "
        "user alone (tried %s). Set NUMBA_CACHE_DIR to one.",
        ", ".join(map(str, cache_folders())),
    )
    return None


CACHE = cache_folder()
if CACHE is not None:
    setattr(config, "CACHE_DIR", str(CACHE))  # noqa: B010
OPTIONS: dict[str, Any] = {
    "nogil": True,
    "error_model": "numpy",
    "_nrt": False,
    "pipeline_class": RuleCompiler,
}
ENTRY: dict[str, Any] = {**OPTIONS, "no_cfunc_wrapper": True}
ONLY_RULES: dict[str, Any] = {**ENTRY, "no_cpython_wrapper": True}
INLINED: dict[str, Any] = {**OPTIONS, "inline": "always"}


DECORATED: dict[Any, Callable[[Any], Any]] = {}
"""How each function was compiled, by what came of it."""


def compiled[F: Callable[..., Any]](function: F) -> F:
    """Compile a function that Python may call too: kept on disk, without the interpreter lock, IEEE arithmetic."""
    return cast(F, _remembered(compiled, njit(cache=CACHE is not None, **ENTRY)(function)))


def rule[F: Callable[..., Any]](function: F) -> F:
    """Compile a function that only other rules call: cached within what calls it, and without a wrapper for Python.

    Called from compiled Python it crashes the interpreter; with ``NUMBA_DISABLE_JIT=1`` it is an ordinary function.
    """
    return cast(F, _remembered(rule, njit(**ONLY_RULES)(function)))


def _inlined(function: Callable[..., Any]) -> Any:
    return _remembered(_inlined, njit(**INLINED)(function))


def _remembered[F](decorator: Callable[[Any], Any], function: F) -> F:
    DECORATED[function] = decorator
    return function


@contextmanager
def kept_apart(folder: str) -> Iterator[None]:
    """Machine code of what is compiled meanwhile is kept in a folder of its own within that of the present sources."""
    usual = config.CACHE_DIR
    setattr(config, "CACHE_DIR", usual and str(Path(usual) / folder))  # noqa: B010
    try:
        yield
    finally:
        setattr(config, "CACHE_DIR", usual)  # noqa: B010


def made(source: str, names: dict[str, Any]) -> Any:
    """A rule whose source is made from declarations; it becomes part of the one that calls it."""
    space = dict(names)
    exec(source, space)
    return _inlined(space[source[4 : source.index("(")]])


def stand_in(function: Callable[..., Any], arguments: str) -> Any:
    """A rule that does the same as another, for which a user's own may be exchanged."""
    return made(f"def stand_in({arguments}):\n    return usual({arguments})\n", {"usual": function})


def in_order(*rules: Callable[..., None]) -> Any:
    """A rule that calls others one after the other: what is listed is what runs."""
    names = {f"{one.__name__}_{number}": one for number, one in enumerate(rules, start=1)}
    return made("def in_turn(ctx):\n" + "".join(f"    {name}(ctx)\n" for name in names), names)


def one_of(rules: Sequence[Callable[..., Any]], arguments: str) -> Any:
    """A rule that calls one of several by its number, which comes before the other arguments; beyond them, the last."""
    names = {f"{one.__name__}_{number}": one for number, one in enumerate(rules)}
    *cases, last = (f"return {name}({arguments})\n" for name in names)
    lines = [f"    if number == {number}:\n        {case}" for number, case in enumerate(cases)]
    return made(f"def choose(number, {arguments}):\n{''.join(lines)}    {last}", names)
