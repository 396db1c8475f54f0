"""How the rules of the week are compiled.

The same source runs compiled (default) and, with ``NUMBA_DISABLE_JIT=1``, as ordinary Python, with the same numbers to
the last bit. For that, rules use scalar ``math`` functions and plain loops, and no fast-math. Rules make no arrays, so
reference counting is switched off: passing the columns on costs nothing, and compiling takes a fraction of the time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from numba import njit

__all__ = ["compiled", "rule"]

OPTIONS = {"cache": True, "nogil": True, "error_model": "numpy", "_nrt": False}


def compiled[F: Callable[..., Any]](function: F) -> F:
    """Compile a function that Python may call too: cached on disk, without the interpreter lock, IEEE arithmetic."""
    return cast(F, njit(**OPTIONS)(function))


def rule[F: Callable[..., Any]](function: F) -> F:
    """Compile a function that only other rules call: no wrapper for Python, which would double the time to compile."""
    return cast(F, njit(no_cpython_wrapper=True, no_cfunc_wrapper=True, **OPTIONS)(function))
