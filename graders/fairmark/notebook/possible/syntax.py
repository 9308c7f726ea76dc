"""Questions about single statements and targets, for the reading of scopes."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from fairmark.notebook.possible.dead import completes, loops_forever, truth
from fairmark.notebook.possible.scopes import Guard, Scope, Step

__all__ = ["last_name", "last_name_called", "names_in", "passing", "test_of", "yields"]


def passing(statement: ast.stmt, scope: Scope) -> Iterator[Guard]:
    """What must be passed to get behind ``statement``."""
    match statement:
        case ast.Assert(test=test):
            yield Guard(test, scope, "true")
        case ast.If(test=test, body=body, orelse=orelse) if truth(test) is None:
            ways = (all(map(completes, body)), all(map(completes, orelse)))
            if ways[0] is not ways[1]:
                yield Guard(test, scope, "true" if ways[0] else "false")
        case ast.While(test=test) if truth(test) is None and loops_forever(statement):
            yield Guard(test, scope, "false")
        case ast.With(body=body):
            for one in body:
                yield from passing(one, scope)
        case ast.Expr(value=ast.Call() as call) | ast.Assign(value=ast.Call() as call):
            if isinstance(call.func, ast.Name):
                yield Guard(call.func, scope, "returns")


def test_of(pattern: ast.pattern, subject: ast.expr) -> ast.expr | None:
    """What is true where ``subject`` has the pattern of a constant; None for another pattern."""
    match pattern:
        case ast.MatchValue(value=value):
            return ast.Compare(subject, [ast.Eq()], [value])
        case ast.MatchSingleton(value=value):
            return ast.Compare(subject, [ast.Is()], [ast.Constant(value)])
        case ast.MatchAs(pattern=None):
            return ast.Constant(True)
        case ast.MatchAs(pattern=ast.pattern() as inner):
            return test_of(inner, subject)
        case ast.MatchOr(patterns=several):
            tests = [test_of(one, subject) for one in several]
            known = [one for one in tests if one is not None]
            return ast.BoolOp(ast.Or(), known) if len(known) == len(tests) else None
    return None


def yields(node: ast.AST) -> bool:
    """Whether it makes the function that it stands in a generator."""
    if isinstance(node, ast.Yield | ast.YieldFrom):
        return True
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
        return False
    return any(map(yields, ast.iter_child_nodes(node)))


def last_name(node: ast.expr) -> str | None:
    """``learning_rate`` of ``model.optimizer.learning_rate``; None where it has no name."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(value=inner):
            return last_name(inner)
    return None


def last_name_called(node: ast.expr) -> str | None:
    """``dataclass`` for ``@dataclasses.dataclass(frozen=True)``."""
    return last_name(node.func if isinstance(node, ast.Call) else node)


def names_in(target: ast.expr, steps: tuple[Step, ...]) -> Iterator[tuple[str, tuple[Step, ...]]]:
    """The names that a target binds, each with what leads to it."""
    match target:
        case ast.Name(id=name):
            yield name, steps
        case ast.Tuple(elts=items) | ast.List(elts=items):
            star = next((at for at, item in enumerate(items) if isinstance(item, ast.Starred)), len(items))
            for place, item in enumerate(items):
                after = len(items) - place - 1
                if isinstance(item, ast.Starred):
                    yield from names_in(item.value, (*steps, (place, after)))
                else:
                    yield from names_in(item, (*steps, place if place < star else -after - 1))
