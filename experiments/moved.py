"""Import paths of version 0.1: they work for one more release, with a DeprecationWarning."""

import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any


class MovedModules(MetaPathFinder, Loader):
    """Find modules of a package by their old names and load them from where they are now."""

    def __init__(self, package: str, moved: Mapping[str, str]) -> None:
        """`moved` maps old names to new ones, both relative to the package."""
        self.moved = {f"{package}.{old}": f"{package}.{new}" for old, new in moved.items()}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Specification of a module that has moved; None for any other."""
        return ModuleSpec(fullname, self) if fullname in self.moved else None

    def exec_module(self, module: ModuleType) -> None:
        """Put the module of the new path in the place of the empty one of the old path."""
        old = module.__name__
        _warn(old, self.moved[old])
        sys.modules[old] = import_module(self.moved[old])


def keep_old_modules(package: str, moved: Mapping[str, str]) -> None:
    """Let the modules of a package be imported by their old names too; `moved` maps old to new, without the package."""
    sys.meta_path.append(MovedModules(package, moved))


def keep_old_names(package: str, module: str, names: Sequence[str]) -> Callable[[str], Any]:
    """Return the `__getattr__` of a package that was a module: the given names are those of its `module`."""

    def find(name: str) -> Any:
        if name not in names:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        _warn(f"{package}.{name}", f"{package}.{module}.{name}")
        return getattr(import_module(f"{package}.{module}"), name)

    return find


def _warn(old: str, new: str) -> None:
    """Warn with the line of the user that imports the old path."""
    warnings.warn(f"{old} is now {new}; the next release drops the old path", DeprecationWarning, stacklevel=3)
