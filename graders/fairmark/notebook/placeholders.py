"""Stubs of another kind: the author's lines with ``None``, ``...`` or ``pass`` where the answer is to go.

Courses that were taken over from elsewhere have them, and so have older printings of an assignment.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator

from fairmark.notebook.master import MasterCell
from fairmark.notebook.source import tree_of
from fairmark.notebook.statements import MAX_COMPARED_CHARACTERS
from fairmark.notebook.stub import is_untouched, scaffold

__all__ = ["holds_only_placeholders", "is_mere_stub"]

_OPENS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.With, ast.For, ast.While, ast.If, ast.Try)


def is_mere_stub(source: str, stub: MasterCell) -> bool:
    """Whether a cell holds no answer to the exercise of ``stub``: it is the stub as it was given out (see
    `is_untouched`), or its lines with placeholders, unless such are the answer."""
    exercise = stub.exercise or ""
    if is_untouched(source, stub=stub.source, exercise=exercise):
        return True
    lines = {*scaffold(stub.source, exercise)}
    is_the_answer = stub.answer is not None and holds_only_placeholders(stub.answer, lines)
    return not is_the_answer and holds_only_placeholders(source, lines)


def holds_only_placeholders(source: str, given: Collection[str]) -> bool:
    """Whether everything in ``source`` beside the lines in ``given`` (stripped) says nothing yet: names and arguments
    that are None or ``...``, ``pass``, a function's name and its ``return``; and at least one of these is there."""
    tree = tree_of(source) if len(source) <= MAX_COMPARED_CHARACTERS else None
    if tree is None:
        return False
    lines = source.split("\n")
    open_ones = [node for node in _leaves(tree.body) if not _is_given(node, lines, given)]
    return any(map(_is_placeholder, open_ones)) and all(_is_placeholder(node) or _is_idle(node) for node in open_ones)


def _leaves(statements: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    for statement in statements:
        if not isinstance(statement, _OPENS):
            yield statement
            continue
        for block in ("body", "orelse", "finalbody"):
            yield from _leaves(getattr(statement, block, []))
        for handler in getattr(statement, "handlers", []):
            yield from _leaves(handler.body)


def _is_given(node: ast.stmt, lines: list[str], given: Collection[str]) -> bool:
    return all(line.strip() in given for line in lines[node.lineno - 1 : node.end_lineno] if line.strip())


def _is_idle(node: ast.stmt) -> bool:
    """A docstring, an import, ``return name``, or the line of a stub that raises."""
    match node:
        case ast.Expr(value=ast.Constant()) | ast.Import() | ast.ImportFrom():
            return True
        case ast.Return(value=None | ast.Name()):
            return True
        case ast.Raise(exc=ast.Call(func=ast.Name(id="NotImplementedError")) | ast.Name(id="NotImplementedError")):
            return True
    return False


def _is_placeholder(node: ast.stmt) -> bool:
    match node:
        case ast.Pass():
            return True
        case ast.Assign(value=value) | ast.Expr(value=value) | ast.Return(value=ast.expr() as value):
            return _says_nothing(value)
        case ast.AnnAssign(value=ast.expr() as value):
            return _says_nothing(value)
    return False


def _says_nothing(value: ast.expr) -> bool:
    match value:
        case ast.Constant(value=constant):
            return constant is None or constant is ...
        case ast.List(elts=parts) | ast.Tuple(elts=parts):
            return bool(parts) and all(map(_says_nothing, parts))
        case ast.Call(args=args, keywords=keywords):
            given = [*args, *(keyword.value for keyword in keywords)]
            return bool(given) and all(map(_says_nothing, given))
    return False
