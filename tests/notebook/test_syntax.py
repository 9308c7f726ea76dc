"""Python's parser for the texts of strangers, by several threads at once."""

from __future__ import annotations

import ast
from concurrent.futures import ThreadPoolExecutor

import pytest

from fairmark.notebook.syntax import syntax_tree

DEEP = "x = " + "(" * 150 + ")" * 150
LONG = "\n".join(f"v{n} = [{n}, (1, 2), f(x={n})[0].y]" for n in range(400))


def test_python_has_its_tree() -> None:
    tree = syntax_tree("x = 1")
    assert tree is not None
    assert ast.dump(tree) == ast.dump(ast.parse("x = 1"))


@pytest.mark.parametrize("text", ["x = (", "%time f()", "x = " + "(" * 5000, "x\0", "\ud800", "-" * 10**5 + "1"])
def test_what_is_not_python_or_too_deep_has_none(text: str) -> None:
    assert syntax_tree(text) is None


def test_an_odd_escape_is_not_warned_of(recwarn: pytest.WarningsRecorder) -> None:
    assert syntax_tree(r"x = '\d'") is not None
    assert not recwarn


def test_several_threads_get_what_one_gets() -> None:
    """With `ast.parse` alone one of them may raise ``SystemError: AST constructor recursion depth mismatch``."""
    texts = [DEEP, LONG] * 40
    with ThreadPoolExecutor(8) as pool:
        trees = list(pool.map(syntax_tree, texts))
    assert all(tree is not None for tree in trees)
    assert [len(list(ast.walk(tree))) for tree in trees if tree] == [
        len(list(ast.walk(tree))) for tree in map(ast.parse, texts)
    ]
