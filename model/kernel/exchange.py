"""A rule exchanged in everything that calls it, and the fingerprint by which two rules are known to be the same.

Numba compiles what a rule refers to into it, so that another rule takes effect only in copies of all that lead to it.
The copies are made from the same code with other names bound; what leads to no exchanged rule stays as it is.
"""

import hashlib
import inspect
import marshal
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from textwrap import dedent
from types import CellType, CodeType, FunctionType, ModuleType, SimpleNamespace
from typing import Any, Final

import numpy as np
from numba.core.dispatcher import Dispatcher

from model.kernel.compiled import DECORATED

PROJECT: Final = ("model", "experiments")
"""Packages whose sources have a hash of their own in the identity of a run."""
_ADDRESS: Final = re.compile(r" at 0x[0-9a-fA-F]+").sub


def is_compiled(function: object) -> bool:
    """Whether a function is one of Numba's."""
    return isinstance(function, Dispatcher)


def plain(function: Any) -> Any:
    """The Python function that a compiled one was made of, or the function itself."""
    return getattr(function, "py_func", function)


def names_in(code: CodeType) -> set[str]:
    """Names that code refers to, and functions within it."""
    return {*code.co_names}.union(*(names_in(part) for part in code.co_consts if isinstance(part, CodeType)))


def exchanged(function: Any, swaps: Mapping[Any, Any], *, interpreted: bool = False) -> Any:
    """`function` with other rules in place of those in `swaps`; as plain Python throughout where it is interpreted."""
    return _Copies(swaps, interpreted).of(function, frozenset())


class _Copies:
    def __init__(self, swaps: Mapping[Any, Any], interpreted: bool) -> None:
        self.swaps, self.interpreted, self.made = swaps, interpreted, dict[Any, Any]()
        self.packages = {plain(rule).__module__.partition(".")[0] for rule in swaps.values()}

    def of(self, value: Any, names: frozenset[str]) -> Any:
        """What takes the place of something that a rule with these names refers to."""
        if self.interpreted and isinstance(value, ModuleType) and self.is_ours(value.__name__):
            return SimpleNamespace(
                **{name: self.of(part, names) for name, part in vars(value).items() if name in names}
            )
        if not (isinstance(value, Dispatcher | FunctionType) and self.is_rule(value)):
            return value
        if (rule := self.swaps.get(value, value)) not in self.made:
            self.made[rule] = rule  # meanwhile, for a rule that calls itself
            self.made[rule] = self.copy(rule)
        return self.made[rule]

    def is_ours(self, module: str) -> bool:
        """Whether a module belongs to the model or to the package of an exchanged rule."""
        return module.partition(".")[0] in {"model", *self.packages}

    def is_rule(self, function: Any) -> bool:
        """Whether a function may lead to an exchanged rule, or has to be read as plain Python."""
        return function in DECORATED or (self.interpreted and self.is_ours(str(plain(function).__module__)))

    def copy(self, rule: Any) -> Any:
        """A rule with the names that it refers to bound anew; itself where they stay what they are."""
        python = plain(rule)
        names = frozenset(names_in(python.__code__))
        old = {name: python.__globals__[name] for name in names & python.__globals__.keys()}
        new = {name: self.of(value, names) for name, value in old.items()}
        if not self.interpreted and all(new[name] is old[name] for name in old):
            return rule
        cells = tuple(CellType(self.of(cell.cell_contents, names)) for cell in python.__closure__ or ())
        made = FunctionType(python.__code__, python.__globals__ | new, python.__name__, python.__defaults__, cells)
        made.__qualname__, made.__module__, made.__doc__ = python.__qualname__, python.__module__, python.__doc__
        made.__kwdefaults__ = python.__kwdefaults__
        return made if self.interpreted else DECORATED[rule](made)


def fingerprint(*functions: Callable[..., Any]) -> str:
    """Hash of the source of functions and of what they refer to outside the project and libraries, 12 hex digits.

    It is the same in every process.
    """
    packages = {_package(plain(function)) for function in functions}
    text = "\n".join(_text(function, packages, set()) for function in functions)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _package(function: FunctionType) -> str:
    return str(function.__module__).partition(".")[0]


def _text(value: Any, packages: set[str], seen: set[int]) -> str:
    """What a rule refers to, as text: source of functions, values as they stand, names of modules and of libraries."""
    python = plain(value)
    if not isinstance(python, FunctionType):
        if isinstance(value, ModuleType):
            return value.__name__
        if isinstance(value, set | frozenset):  # whose order differs from process to process
            return repr(sorted(map(repr, value)))
        if isinstance(value, np.ndarray):
            return hashlib.sha256(value.tobytes()).hexdigest()
        return _ADDRESS("", repr(value))
    package, path = _package(python), Path(python.__code__.co_filename)
    installed = package not in packages and not {"site-packages", "dist-packages"}.isdisjoint(path.parts)
    if package in PROJECT or installed or id(python) in seen:
        return f"{python.__module__}.{python.__qualname__}"
    seen.add(id(python))
    known = {name: python.__globals__[name] for name in names_in(python.__code__) & python.__globals__.keys()}
    known |= dict(
        zip(python.__code__.co_freevars, (cell.cell_contents for cell in python.__closure__ or ()), strict=True)
    )
    known |= {"its defaults": (python.__defaults__, python.__kwdefaults__)}
    return "\n".join([_source(python), *(f"{name} = {_text(known[name], packages, seen)}" for name in sorted(known))])


def _source(function: FunctionType) -> str:
    """Source of a function, or its code where it was typed in without a file.

    All that is executed from a text has the same file name, under which Python keeps the program of ``python -c``.
    """
    try:
        if function.__code__.co_filename != "<string>":
            return dedent(inspect.getsource(function))
    except (OSError, TypeError):
        pass
    return marshal.dumps(function.__code__).hex()
