"""Modules that declare something by being read: those of a package of the project, and those that users install."""

from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pkgutil import iter_modules

from model.rule_registry import load_entry


@cache
def load_all(package: str, group: str) -> None:
    """Read all modules of a package, and what installed packages name as entry points of a group, once.

    Raises
    ------
    InputError
        If what a package names cannot be loaded.
    """
    for module in iter_modules(import_module(package).__path__):
        import_module(f"{package}.{module.name}")
    for entry in entry_points(group=group):
        load_entry(entry)
