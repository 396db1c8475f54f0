"""The context of a model, for tests that call a rule by itself."""

from __future__ import annotations

from typing import Any

from model import RouteModel
from model.context import Context


def context(model: RouteModel, parameters: Any = None, week: int = 0, seed: int = 1, **changes: Any) -> Context:
    """What rules are given in a week of the first year; `changes` replace fields, such as `world`."""
    values = model._in_force if parameters is None else parameters
    made = Context(model.world.arrays, model.inputs, model.state, values, model.buffers, seed, week, 0)
    return made._replace(**changes)
