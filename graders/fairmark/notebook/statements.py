"""Two texts compared by what Python makes of them: comments, spacing, quotes and semicolons make no difference."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from functools import lru_cache

from fairmark.notebook.lexing import without_comments
from fairmark.notebook.magics import python_source
from fairmark.notebook.source import tree_of
from fairmark.notebook.stub import skeleton

__all__ = ["MAX_COMPARED_CHARACTERS", "holds", "imports_lacking", "same_code"]

MAX_COMPARED_CHARACTERS = 20_000
"""A longer cell is compared by its lines, not by its syntax tree, which takes a hundred times as long to make."""

_WORD = re.compile(r"[A-Za-z_]\w\w+")

_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")
"""Fields that hold what stands indented below a statement."""


def same_code(one: str, other: str) -> bool:
    """Whether Python makes the same of both; of text that is not Python alone, whether white space and comments are all
    that differs."""
    if len(one) == len(other) and one == other:
        return True
    if max(len(one), len(other)) > MAX_COMPARED_CHARACTERS:
        return skeleton(one) == skeleton(other)
    trees = tree_of(one), tree_of(other)
    if None in trees or _is_more_than_python(one) or _is_more_than_python(other):
        return skeleton(one) == skeleton(other)
    return _dumped(trees[0]) == _dumped(trees[1])


def holds(text: str, wanted: str) -> bool:
    """Whether all statements of ``wanted`` stand in ``text``, in their order; others may stand between them, within
    functions, loops and the like, too. Text without a statement is held by any."""
    if not all(word in text for word in _words(wanted)):
        return False
    short = max(len(text), len(wanted)) <= MAX_COMPARED_CHARACTERS
    tree, wanted_tree = (tree_of(text), tree_of(wanted)) if short else (None, None)
    if tree is None or wanted_tree is None or _is_more_than_python(wanted):
        lines = iter(skeleton(line) for line in text.split("\n"))
        return all(line in lines for line in map(skeleton, wanted.split("\n")) if line)
    return _all_in(wanted_tree.body, tree.body)


@lru_cache(maxsize=128)
def _words(text: str) -> frozenset[str]:
    """The words of the code in ``text``: what is quickly seen to be missing elsewhere."""
    return frozenset(_WORD.findall(without_comments(text))[:200])


def imports_lacking(text: str, source: str) -> list[str]:
    """The imports at the top level of ``source`` that ``text`` has not, as lines of code."""
    tree, known = tree_of(source), tree_of(text)
    present = {_dumped(node) for node in known.body} if known is not None else set()
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)] if tree is not None else []
    return [ast.unparse(node) for node in imports if _dumped(node) not in present]


def _is_more_than_python(text: str) -> bool:
    """Whether there are magics or shell commands in it, which no tree shows."""
    return python_source(text) != text


def _dumped(node: ast.AST | None) -> str:
    return "" if node is None else ast.dump(node)


def _all_in(wanted: Sequence[ast.AST], present: Sequence[ast.AST]) -> bool:
    left = iter(present)
    return all(any(_includes(node, statement) for node in left) for statement in wanted)


def _includes(node: ast.AST, wanted: ast.AST) -> bool:
    """Whether a statement is the one that is wanted, or that with more in it."""
    if type(node) is not type(wanted):
        return False
    blocks = [name for name in _BLOCKS if isinstance(getattr(wanted, name, None), list)]
    if not blocks:
        return _dumped(node) == _dumped(wanted)
    heads = [name for name in wanted._fields if name not in blocks]
    if any(_spelled(getattr(node, name, None)) != _spelled(getattr(wanted, name, None)) for name in heads):
        return False
    return all(_all_in(getattr(wanted, name), getattr(node, name)) for name in blocks)


def _spelled(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_spelled, value))}]"
    return _dumped(value) if isinstance(value, ast.AST) else repr(value)
