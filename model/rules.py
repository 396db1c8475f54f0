"""Rules of a user's own: what they are written with, and the week that follows them (docs/extending.md).

A decision rule or an allocation rule is given to a model as a function, ``RouteModel(choice_rule=mine)``, or by the
name under which it has registered itself, ``@decision_rule("mine")``, which scenario files may use too.
"""

import logging
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any

from numba.core.errors import NumbaError

from model.context import Context
from model.errors import InputError
from model.kernel.compiled import kept_apart, rule
from model.kernel.exchange import exchanged, fingerprint, is_compiled, plain
from model.parameters import Parameters
from model.rule_registry import ALLOCATION_RULES, DECISION_RULES
from model.submodels.allocation import AllocationRule
from model.submodels.decisions import DecisionRule, Prospect
from model.week import advance

__all__ = [
    "AllocationRule",
    "Context",
    "DecisionRule",
    "Prospect",
    "advance_with",
    "allocation_rule",
    "decision_rule",
    "rule",
]

type Advance = Callable[..., int]

decision_rule = DECISION_RULES.register
"""Register a decision rule under a name."""
allocation_rule = ALLOCATION_RULES.register
"""Register an allocation rule under a name."""

LOCK = Lock()
ADVANCES: dict[tuple[str, str], Advance] = {}
"""Weeks that follow a user's rules, by the names of the decision rule and the allocation rule."""


def advance_with(parameters: Parameters) -> Advance:
    """`advance`, or a copy of it that follows the rules of a user's own that the parameters name.

    The copy is compiled where all of these rules are; else its weeks run as plain Python.
    """
    names = parameters.choice_rule, parameters.allocation
    own = DECISION_RULES.swaps(names[0]) | ALLOCATION_RULES.swaps(names[1])
    with LOCK:
        if own and names not in ADVANCES:
            ADVANCES[names] = advance_anew(own)
    return ADVANCES[names] if own else advance


def advance_anew(own: Mapping[Any, Any]) -> Advance:
    """`advance` with a user's functions in place of those of the model; its machine code is kept under their hash."""
    slow = [function.__name__ for function in own.values() if not is_compiled(function)]
    if slow and is_compiled(advance):
        logging.getLogger(__name__).warning(
            "weeks run as plain Python, some hundred times slower than compiled, since %s is not compiled; write it "
            "with loops and scalar functions of math, and decorate it with model.rules.rule",
            " and ".join(slow),
        )
    with kept_apart(fingerprint(*own.values())):
        copy: Advance = exchanged(advance, own, interpreted=bool(slow))

    def run(*arguments: Any) -> int:
        try:
            return copy(*arguments)
        except NumbaError as error:
            raise InputError(
                f"Numba cannot compile this rule ({str(error).splitlines()[0]})",
                field="rule",
                value=", ".join(plain(function).__name__ for function in own.values()),
                allowed="loops and scalar functions of math, as in model/submodels",
                remedy="correct it, or leave out the decorator `rule` to run it as plain Python",
            ) from error

    return run
