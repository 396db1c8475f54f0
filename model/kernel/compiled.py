"""How the rules of the week are compiled.

The same source runs compiled (default) and, with ``NUMBA_DISABLE_JIT=1``, as ordinary Python, with the same numbers to
the last bit. For that, rules use scalar ``math`` functions and plain loops, and no fast-math. Rules make no arrays, so
reference counting is switched off: passing the columns on costs nothing, and compiling takes a fraction of the time.

Numba's cache looks only at the file of a function, not at the rules it calls. So the cache lives in a folder named
after a hash of all sources that rules are made of: changed code never meets machine code of before.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from numba import config, njit

from model.kernel.indexing import RuleCompiler

__all__ = ["CACHE", "compiled", "rule"]

HERE = Path(__file__).resolve().parents[1]
KEPT_CACHES = 4


def rule_sources() -> list[Path]:
    """Files whose change may change what a compiled rule does: all of `model` but the scripts that build its tables."""
    return sorted(path for path in HERE.rglob("*.py") if HERE / "data" not in path.parents)


def cache_folder() -> Path:
    """Folder for machine code of the present sources; older ones beside it are cleared away."""
    digest = hashlib.sha256(b"".join(f.read_bytes() for f in rule_sources())).hexdigest()[:16]
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    base = Path(chosen) if chosen else HERE / "__pycache__"
    if not chosen and not os.access(HERE, os.W_OK):
        base = Path(tempfile.gettempdir()) / f"highway10-{os.getuid() if hasattr(os, 'getuid') else 0}"
    folder = base / f"rules-{digest}"
    if not folder.exists():
        old = sorted(base.glob("rules-*"), key=lambda path: path.stat().st_mtime)[: -KEPT_CACHES + 1]
        for path in old:
            shutil.rmtree(path, ignore_errors=True)
    return folder


CACHE = cache_folder()
setattr(config, "CACHE_DIR", str(CACHE))  # noqa: B010
OPTIONS: dict[str, Any] = {
    "nogil": True,
    "error_model": "numpy",
    "_nrt": False,
    "pipeline_class": RuleCompiler,
}
ONLY_RULES: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}


def compiled[F: Callable[..., Any]](function: F) -> F:
    """Compile a function that Python may call too: cached on disk, without the interpreter lock, IEEE arithmetic."""
    return cast(F, njit(cache=True, **OPTIONS)(function))


def rule[F: Callable[..., Any]](function: F) -> F:
    """Compile a function that only other rules call: no wrapper for Python, and cached within what calls it."""
    return cast(F, njit(**OPTIONS, **ONLY_RULES)(function))


def made(source: str, names: dict[str, Any]) -> Any:
    """A rule whose source is made from declarations."""
    space = dict(names)
    exec(source, space)
    return rule(space[source[4 : source.index("(")]])


def in_order(*rules: Callable[..., None]) -> Any:
    """A rule that calls others one after the other: what is listed is what runs."""
    names = {str(one.__name__): one for one in rules}
    return made("def in_turn(ctx):\n" + "".join(f"    {name}(ctx)\n" for name in names), names)
