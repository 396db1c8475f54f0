"""The shape of the code: short functions and files, few arguments, the formatter obeyed, layers, no import circle."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import networkx as nx
import pytest

ROOT = Path(__file__).resolve().parents[2]
LAYERS = ("model", "experiments", "views")
"""Each imports itself and those before it."""
MOST_ARGUMENTS, LONGEST_BODY, USUAL_BODY, LONGEST_FILE = 8, 50, 20, 400
SKIP = re.compile(r"# fmt: (skip|off)")

type Function = ast.FunctionDef | ast.AsyncFunctionDef


def sources(root: Path, *folders: str) -> dict[str, str]:
    """Text of every Python file below some folders, by its path below `root`."""
    paths = (path for folder in folders for path in sorted((root / folder).rglob("*.py")))
    return {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in paths}


@cache
def nodes(text: str) -> list[ast.AST]:
    """Everything in the syntax tree of a file."""
    return list(ast.walk(ast.parse(text)))


def functions(text: str) -> Iterator[Function]:
    """Every function of a file."""
    return (node for node in nodes(text) if isinstance(node, Function.__value__))


def arguments(function: Function) -> int:
    """Number of arguments of all kinds."""
    given = function.args
    return len([*given.posonlyargs, *given.args, *given.kwonlyargs]) + bool(given.vararg) + bool(given.kwarg)


def body_lines(function: Function) -> int:
    """Lines of a body without its documentation."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0  # type: ignore[operator]


def imports(text: str, modules: set[str]) -> Iterator[str]:
    """Modules among `modules` that a file imports anywhere: at its head, in a function or for types only."""
    for node in nodes(text):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            named = {f"{node.module}.{alias.name}" for alias in node.names} & modules
            yield from named
            if len(named) < len(node.names) and node.module in modules:
                yield node.module


def module_of(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def with_packages(module: str) -> list[str]:
    """A module and the packages that are imported before it."""
    parts = module.split(".")
    return [".".join(parts[: depth + 1]) for depth in range(len(parts))]


def circles(code: dict[str, str]) -> list[set[str]]:
    """Sets of modules that import one another. To import a module of another package imports that package first."""
    graph, modules = nx.DiGraph(), {module_of(path) for path in code}
    for path, text in code.items():
        module = module_of(path)
        for other in imports(text, modules):
            before = set(with_packages(other)) - set(with_packages(module))
            graph.add_edges_from((module, each) for each in {*before, other})
    return [found for found in nx.strongly_connected_components(graph) if len(found) > 1]


def upward(code: dict[str, str]) -> list[str]:
    """Files that import a layer above their own."""
    rank = {name: number for number, name in enumerate(LAYERS)}
    modules = {module_of(path) for path in code}
    return [
        path
        for path, text in code.items()
        if any(rank[other.split(".")[0]] > rank[path.split("/")[0]] for other in imports(text, modules))
    ]


@pytest.fixture(scope="module")
def code() -> dict[str, str]:
    return sources(ROOT, *LAYERS)


def with_functions(code: dict[str, str], wrong: Callable[[Function], bool]) -> list[str]:
    """Files and names of functions for which `wrong` holds."""
    return [f"{path} {found.name}" for path, text in code.items() for found in functions(text) if wrong(found)]


def test_few_arguments(code: dict[str, str]) -> None:
    assert not with_functions(code, lambda function: arguments(function) > MOST_ARGUMENTS)


def test_short_bodies(code: dict[str, str]) -> None:
    assert not with_functions(code, lambda function: body_lines(function) > LONGEST_BODY)


@pytest.mark.parametrize("layer", LAYERS)
def test_nine_bodies_of_ten_are_seen_at_a_glance(layer: str) -> None:
    lines = [body_lines(function) for text in sources(ROOT, layer).values() for function in functions(text)]
    assert sum(count > USUAL_BODY for count in lines) <= 0.1 * len(lines)


def test_short_files(code: dict[str, str]) -> None:
    assert not [path for path, text in code.items() if text.count("\n") > LONGEST_FILE]


def test_the_formatter_is_obeyed() -> None:
    everywhere = sources(ROOT, *LAYERS, "tests", "docs")
    assert not [path for path, text in everywhere.items() if SKIP.search(text)]


def test_no_layer_imports_one_above_it(code: dict[str, str]) -> None:
    assert not upward(code)


def test_no_modules_import_one_another(code: dict[str, str]) -> None:
    assert not [" ".join(sorted(found)) for found in circles(code)]


def test_what_is_wrong_is_seen(tmp_path: Path) -> None:
    files = {
        "model/__init__.py": "",
        "model/long.py": "def long(a, b, *, c, **d):\n    '''Text.'''\n" + "    a += 1\n" * 51,
        "model/high.py": "def late():\n    from experiments import job\n    return job",
        "experiments/__init__.py": "from experiments.first import one",
        "experiments/first.py": "import model.long\none = 1",
        "experiments/job.py": "from typing import TYPE_CHECKING as T\nif T:\n    from experiments.other import two",
        "experiments/other.py": "from experiments import job\ntwo = 2",
        "views/__init__.py": "import views.page",
        "views/page.py": "import experiments.first",
    }
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    code = sources(tmp_path, *LAYERS)
    assert code == files
    (function,) = functions(code["model/long.py"])
    assert (arguments(function), body_lines(function)) == (4, 51)
    assert with_functions(code, lambda function: body_lines(function) > 50) == ["model/long.py long"]
    assert upward(code) == ["model/high.py"]
    assert circles(code) == [{"experiments.job", "experiments.other"}]
