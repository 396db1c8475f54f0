"""Columns passed by reference inside compiled rules.

Numba passes a NamedTuple by value, field by field: with two hundred columns every call that is not inlined moves some
1,600 words, and the compiler works on them for a minute and more. `by_reference` puts the tuple aside once and passes
its address; rules read ``state.legs.open`` from it as before. In plain Python it does nothing.

What is referred to must outlive the calls it is passed to, so `by_reference` belongs at the head of a function that
Python calls, never in a function that returns the reference.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.datamodel import models
from numba.core.imputils import impl_ret_borrowed
from numba.core.typing.templates import AttributeTemplate
from numba.extending import infer_getattr, intrinsic, lower_getattr_generic, overload, register_model

__all__ = ["Reference", "by_reference"]


CHANGING = frozenset({"week", "year"})
"""Fields that are not the same during a whole run: they are read anew, all others may be kept in registers."""


class Reference(types.Type):
    """Type of the address of a NamedTuple."""

    def __init__(self, held: types.BaseNamedTuple) -> None:
        self.held = held
        # a short name: it becomes part of the name of every compiled rule
        digest = hashlib.sha256(str(held).encode()).hexdigest()[:16]
        super().__init__(name=f"Reference({held.instance_class.__name__}_{digest})")


@lru_cache(maxsize=256)
def reference_to(held: types.BaseNamedTuple) -> Reference:
    """The type of the address of a kind of tuple."""
    return Reference(held)


@register_model(Reference)
class ReferenceModel(models.PrimitiveModel):
    """A pointer to the values of the tuple."""

    def __init__(self, manager: Any, kind: Reference) -> None:
        super().__init__(manager, kind, manager.lookup(kind.held).get_value_type().as_pointer())


@infer_getattr
class ReferenceAttributes(AttributeTemplate):
    """Fields of the tuple; tuples within it are passed by reference too."""

    key = Reference

    def generic_resolve(self, reference: Reference, name: str) -> types.Type | None:  # type: ignore[override]
        """Type of a field."""
        if name not in reference.held.fields:
            return None
        member = reference.held[reference.held.fields.index(name)]
        return reference_to(member) if isinstance(member, types.BaseNamedTuple) else member


@lower_getattr_generic(Reference)
def read_field(context: Any, builder: ir.IRBuilder, kind: Reference, pointer: ir.Value, name: str) -> ir.Value:
    """Address of a tuple within the tuple, or the value of any other field."""
    index = kind.held.fields.index(name)
    member = kind.held[index]
    place = cgutils.gep_inbounds(builder, pointer, 0, index)
    if isinstance(member, types.BaseNamedTuple):
        return place
    value = builder.load(place) if name in CHANGING else load_parts(builder, place)
    return impl_ret_borrowed(context, builder, member, value)


def load_parts(builder: ir.IRBuilder, place: ir.Value) -> ir.Value:
    """Load a value part by part, so that parts without use cost nothing; it never changes during a run."""
    kind = place.type.pointee
    if not isinstance(kind, ir.LiteralStructType | ir.ArrayType):
        value = builder.load(place)
        value.set_metadata("invariant.load", builder.module.add_metadata([]))
        return value
    count = len(kind.elements) if isinstance(kind, ir.LiteralStructType) else kind.count
    whole = ir.Constant(kind, ir.Undefined)
    for part in range(count):
        whole = builder.insert_value(whole, load_parts(builder, cgutils.gep_inbounds(builder, place, 0, part)), part)
    return whole


@intrinsic
def put_aside(typing_context: Any, held: types.Type) -> Any:
    """Store a tuple in the frame of the calling function and give its address."""
    if not isinstance(held, types.BaseNamedTuple):
        return None

    def store(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        return cgutils.alloca_once_value(builder, arguments[0])

    return reference_to(held)(held), store


def by_reference[T](columns: T) -> T:
    """The same columns, passed on by their address in compiled code."""
    return columns


@overload(by_reference, inline="always")
def compile_by_reference(columns):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - Numba compares signatures
    """What compiled code does for `by_reference`."""
    if isinstance(columns, Reference):
        return lambda columns: columns
    return lambda columns: put_aside(columns)
