"""The shape of `model/`: short functions with few arguments, formatted as the formatter writes them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

MODEL = Path(__file__).parents[2] / "model"
MOST_ARGUMENTS, LONGEST_BODY, USUAL_BODY = 8, 50, 20

type Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(folder: Path) -> Iterator[tuple[str, Function]]:
    """Every function below a folder, with where it stands."""
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, Function.__value__):
                yield f"{path.relative_to(folder)}:{node.lineno} {node.name}", node


def arguments(function: Function) -> int:
    """Number of arguments of all kinds."""
    given = function.args
    return len([*given.posonlyargs, *given.args, *given.kwonlyargs]) + bool(given.vararg) + bool(given.kwarg)


def body_lines(function: Function) -> int:
    """Lines of a body without its documentation."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0  # type: ignore[operator]


@pytest.fixture(scope="module")
def found() -> dict[str, Function]:
    return dict(functions(MODEL))


def test_few_arguments(found: dict[str, Function]) -> None:
    assert not [name for name, function in found.items() if arguments(function) > MOST_ARGUMENTS]


def test_short_bodies(found: dict[str, Function]) -> None:
    lines = {name: body_lines(function) for name, function in found.items()}
    assert not {name: count for name, count in lines.items() if count > LONGEST_BODY}
    longer = {name: count for name, count in lines.items() if count > USUAL_BODY}
    assert len(longer) <= 0.1 * len(lines), sorted(longer, key=longer.__getitem__)[-15:]


def test_the_formatter_is_obeyed() -> None:
    assert not [path for path in MODEL.rglob("*.py") if "fmt: " + "skip" in path.read_text(encoding="utf-8")]


def test_longer_functions_are_seen(tmp_path: Path) -> None:
    (tmp_path / "long.py").write_text("def long(a, b, *, c, **d):\n    '''Text.'''\n" + "    a += 1\n" * 51)
    ((_, function),) = functions(tmp_path)
    assert (arguments(function), body_lines(function)) == (4, 51)
