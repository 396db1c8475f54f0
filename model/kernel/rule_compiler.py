"""The compiler of rules: indices never count from the end, and constants are numbers like any other.

Python counts a negative index from the end of an array, and compiled code pays for it with a test at each access. Rules
never use it. This compiler, made with Numba's documented means ("Customizing the compiler"), lets the arrays of this
project's rules take their indices as unsigned numbers, for which there is no such test; other compiled code is left
alone. An index below zero is then an error: ``NUMBA_BOUNDSCHECK=1`` finds it (tests/science/test_bounds.py), but for an
index that is written as a number, such as ``values[-1]``, which still counts from the end.

Numba compiles a function anew for every constant that it is given. Rules gain nothing by that, and it took a tenth of
the time to compile them.
"""

from typing import Any

from numba.core import ir, types
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import FunctionPass, PassManager, register_pass
from numba.core.typed_passes import NopythonTypeInference
from numba.core.untyped_passes import ReconstructSSA


def unsigned(index: types.Type) -> types.Type:
    """Type of an index without a sign; slices stay as they are."""
    if isinstance(index, types.BaseTuple):
        return types.Tuple([unsigned(part) for part in index])
    return types.uintp if isinstance(index, types.Integer | types.IntEnumMember) else index


@register_pass(mutates_CFG=False, analysis_only=False)
class UnsignedIndices(FunctionPass):
    """Retypes the index of every access to an array; lowering casts to the type that the access names."""

    _name = "unsigned_indices"

    def __init__(self) -> None:
        super().__init__()

    def run_pass(self, state: Any) -> bool:
        """Change the signatures of the accesses."""
        for node, signature in list(state.calltypes.items()):
            access = isinstance(node, ir.SetItem) or (isinstance(node, ir.Expr) and node.op == "getitem")
            if access and isinstance(signature.args[0], types.Array):
                array, index, *value = signature.args
                del state.calltypes[node]
                state.calltypes[node] = signature.replace(args=(array, unsigned(index), *value))
        return True


@register_pass(mutates_CFG=False, analysis_only=False)
class PlainConstants(FunctionPass):
    """Makes whole constants numbers like any other."""

    _name = "plain_constants"

    def __init__(self) -> None:
        super().__init__()

    def run_pass(self, state: Any) -> bool:
        """Take from whole constants that their value is part of their type."""
        for block in state.func_ir.blocks.values():
            for statement in block.find_insts(ir.Assign):
                held = statement.value
                if isinstance(held, ir.Const | ir.Global | ir.FreeVar) and type(held.value) is int:
                    statement.value = ir.Const(held.value, held.loc, use_literal_type=False)
        return True


class RuleCompiler(CompilerBase):
    """Numba's own pipeline with plain constants and unsigned indices."""

    def define_pipelines(self) -> list[PassManager]:
        """Numba's nopython pipeline and the passes above, one before types are known and one after."""
        pipeline = DefaultPassBuilder.define_nopython_pipeline(self.state)
        pipeline.add_pass_after(PlainConstants, ReconstructSSA)
        pipeline.add_pass_after(UnsignedIndices, NopythonTypeInference)
        pipeline.finalize()
        return [pipeline]
