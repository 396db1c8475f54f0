"""Rules that a user may choose or write: decision rules of organisations and allocation rules of patrol assets.

A rule registers itself under its name. Those of the model are numbered in the order in which they do; parameters hold
their names. A rule of a user's own is held under its name and a hash of its source, such as ``mine@1f0c2a9b33d4``, so
that results of two versions never mix.
"""

import inspect
from collections.abc import Callable, Sequence
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

from model.errors import InputError
from model.kernel.compiled import one_of, stand_in
from model.kernel.exchange import fingerprint, plain


def load_entry(entry: EntryPoint) -> Any:
    """Load what an installed package names; raises InputError that names the package."""
    try:
        return entry.load()
    except Exception as error:
        package = entry.dist.name if entry.dist else entry.value
        raise InputError(
            f"an installed package names this, and it cannot be loaded ({type(error).__name__}: {error})",
            field=f"entry point {entry.group}",
            value=f"{entry.name} = {entry.value}",
            allowed="a module or a function that can be imported",
            remedy=f"correct the package {package}, or remove it",
        ) from error


class RuleRegistry(Sequence[str]):
    """Names of the rules of one kind, as options of a parameter; `first` are options that are no rules."""

    def __init__(self, kind: str, first: tuple[str, ...] = ()) -> None:
        self.kind, self.first = kind, first
        self.built_in: dict[str, Any] = {}
        self.own: dict[str, Any] = {}
        self.versions: dict[str, str] = {}
        self.seam: Any = ()

    # --- registering ----------------------------------------------------------------------------------------------

    def register[F](self, name: str) -> Callable[[F], F]:
        """Register the decorated rule under a name."""

        def registered(rule: F) -> F:
            self.add(name, rule)
            return rule

        return registered

    def add(self, name: str, rule: Any) -> str:
        """Register a rule, a function or a tuple of them, and return the name under which parameters hold it.

        Raises
        ------
        InputError
            If a rule of the model has this name, or the function takes other arguments than such rules do, or a rule
            of the model registers itself after the rule in force is made, which would not call it.
        """
        functions = rule if isinstance(rule, tuple) else (rule,)
        if plain(functions[0]).__module__.partition(".")[0] == "model":
            if self.seam:
                raise InputError(
                    f"this {self.kind} of the model registers itself too late to be called",
                    field=self.kind,
                    value=name,
                    allowed="a place in its file above the call of `choosers`",
                    remedy="move the function up",
                )
            self.built_in[name] = rule
            return name
        self._check(name, functions)
        version = f"{name}@{fingerprint(*functions)}"
        self.own[version], self.versions[name] = rule, version
        return version

    def _check(self, name: str, functions: tuple[Callable[..., Any], ...]) -> None:
        """Refuse a name that is taken, and functions with the wrong number of arguments."""
        if name in (*self.first, *self.built_in):
            raise InputError(
                f"this name belongs to a {self.kind} of the model",
                field=self.kind,
                value=name,
                allowed="names other than " + ", ".join((*self.first, *self.built_in)),
                remedy="rename the function",
            )
        for function, model in zip(functions, self.seam, strict=False):
            wanted = inspect.signature(plain(model))
            if len(inspect.signature(plain(function)).parameters) != len(wanted.parameters):
                raise InputError(
                    f"this {self.kind} takes other arguments than such rules do",
                    field=f"{self.kind} {name}",
                    value=str(inspect.signature(plain(function))),
                    allowed=", ".join(wanted.parameters),
                    remedy="give it these arguments; docs/extending.md shows one",
                )

    # --- choosing -------------------------------------------------------------------------------------------------

    def take(self, value: Any) -> Any:
        """The name under which parameters hold a rule that is given by name or as a function.

        Raises
        ------
        ValueError
            If there is no such rule.
        """
        if callable(value) or (isinstance(value, tuple) and value and type(value) is type(self.seam)):
            return self.add(plain(value if callable(value) else value[0]).__name__, value)
        if not isinstance(value, str) or value in (*self.first, *self.built_in, *self.own):
            return value
        name = value.partition("@")[0]
        if name not in self.versions and name in self._entry_points:
            self.add(name, load_entry(self._entry_points[name]))
        if value not in (name, self.versions.get(name)) or name not in self.versions:
            raise ValueError(value)
        return self.versions[name]

    def swaps(self, value: str) -> dict[Any, Any]:
        """Functions of a user's rule by what they take the place of; empty for a rule of the model."""
        if value in (*self.first, *self.built_in):
            return {}
        try:
            rule = self.own[self.take(value)]
        except ValueError:
            raise InputError(
                f"this process does not know the {self.kind}",
                field=self.kind,
                value=value,
                allowed=", ".join(self.names),
                remedy="register the same rule here, or let a package's entry point name it",
            ) from None
        return dict(zip(self.seam, self.functions(rule), strict=True))

    @cached_property
    def _entry_points(self) -> dict[str, EntryPoint]:
        """Rules of installed packages by name; they are loaded when they are chosen."""
        return {point.name: point for point in entry_points(group=f"highway10.{self.kind.replace(' ', '_')}s")}

    def choosers(self, usual: Any) -> list[Any]:
        """For each function of such a rule, one that calls that of the rule with a number.

        The number behind those of the model stands for a user's own; until one is exchanged for it, it is as `usual`.
        """
        arguments = [", ".join(inspect.signature(plain(function)).parameters) for function in usual]
        self.seam = type(usual)(*(stand_in(function, names) for function, names in zip(usual, arguments, strict=True)))
        rules = [self.functions(rule) for rule in (*self.built_in.values(), self.seam)]
        return [one_of(functions, names) for functions, names in zip(zip(*rules, strict=True), arguments, strict=True)]

    def functions(self, rule: Any) -> Any:
        """All functions of a rule that may be given as one."""
        return rule if isinstance(rule, tuple) else type(self.seam)(rule)

    # --- options of a parameter -----------------------------------------------------------------------------------

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that may be chosen."""
        return tuple(dict.fromkeys((*self.first, *self.built_in, *self.versions, *self._entry_points)))

    def __bool__(self) -> bool:
        """True, though rules may register themselves later."""
        return True

    def __len__(self) -> int:
        """Number of names that may be chosen."""
        return len(self.names)

    def __getitem__(self, item: Any) -> Any:
        """A name by its position."""
        return self.names[item]

    def index(self, value: str, *_: int) -> int:
        """Number of a rule: options that are none come before 0; a user's own share the one behind the model's."""
        names = (*self.first, *self.built_in)
        return (names.index(value) if value in names else len(names)) - len(self.first)


DECISION_RULES: Final = RuleRegistry("decision rule")
ALLOCATION_RULES: Final = RuleRegistry("allocation rule", first=("table",))
REGISTRIES: Final = {"DecisionRule": DECISION_RULES, "AllocationRule": ALLOCATION_RULES}
"""Registries by the type that a row of `parameters.csv` names."""
