"""Columns passed by reference inside compiled rules.

Numba passes a NamedTuple by value, field by field: with two hundred columns every call that is not inlined moves some
1,600 words, and the compiler works on them for a minute and more. `by_reference` puts the tuple aside once and passes
its address; rules read ``state.legs.open`` from it as before. In plain Python it does nothing.

What is referred to must outlive the calls it is passed to, so `by_reference` belongs at the head of a function that
Python calls, never in a function that returns the reference.
"""

import hashlib
from functools import lru_cache
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.datamodel import models
from numba.core.imputils import impl_ret_borrowed
from numba.core.typing.templates import AttributeTemplate
from numba.extending import infer_getattr, lower_builtin, lower_getattr_generic, register_model, type_callable

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
    if name in CHANGING:
        value = builder.load(place)
    elif isinstance(member, types.Array) and member.layout == "C":
        value = load_array(context, builder, member, place)
    else:
        value = load_parts(builder, place)
    return impl_ret_borrowed(context, builder, member, value)


def load_array(context: Any, builder: ir.IRBuilder, kind: types.Array, place: ir.Value) -> ir.Value:
    """Load of an array without gaps what is not known when compiling; nobody counts references to it."""
    position = context.data_model_manager[kind].get_field_position
    parts = [ir.Constant(part, None) for part in place.type.pointee.elements]
    unknown = ["nitems", "data", "shape"]
    if kind.ndim == 1:
        width = context.get_constant(types.intp, context.get_abi_sizeof(context.get_data_type(kind.dtype)))
        parts[position("itemsize")], parts[position("strides")] = width, ir.Constant.literal_array([width])
    else:
        unknown += ["itemsize", "strides"]
    whole = ir.Constant.literal_struct(parts)
    for part in map(position, unknown):
        whole = builder.insert_value(whole, load_parts(builder, cgutils.gep_inbounds(builder, place, 0, part)), part)
    return whole


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


def by_reference[T](columns: T) -> T:
    """The same columns, passed on by their address in compiled code."""
    return columns


@type_callable(by_reference)
def type_by_reference(_: Any) -> Any:
    """Type of the address of a tuple."""
    return lambda held: reference_to(held) if isinstance(held, types.BaseNamedTuple) else None


@lower_builtin(by_reference, types.BaseNamedTuple)
def put_aside(_: Any, builder: ir.IRBuilder, __: Any, arguments: Any) -> ir.Value:
    """Store a tuple in the frame of the calling function and give its address."""
    return cgutils.alloca_once_value(builder, arguments[0])
