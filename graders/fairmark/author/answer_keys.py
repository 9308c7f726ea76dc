"""Which checks of a grader script hold the key to their answer, so that the script cannot be handed out with them.

A check does if it calls a question that is given the right answer (see :mod:`fairmark.checks.answer_key`) with anything
but what the run itself tells, and if it reads what was typed with ``run.answer`` to ask its own questions about it.
Calls are followed into the author's own functions, helpers' too, and names to what they stand for, however they are
spelled; but not into a question that is declared to be answered by the run.
"""

from __future__ import annotations

import ast
import contextlib
import inspect
import textwrap
from collections.abc import Callable, Iterator, Mapping
from types import FunctionType, ModuleType
from typing import Any, TypeAlias

from fairmark.checks import Check, Grader
from fairmark.checks.answer_key import is_answered_by_the_run, is_given_the_answer

__all__ = ["HeldBack", "held_back", "holds_key"]

HeldBack: TypeAlias = frozenset[tuple[str, str]]
"""Pairs of an exercise's id and that of one of its checks."""

_KEYWORDS = {"expected", "accept", "right"}
"""What a question may be given the answer by, if not in the third place."""


def held_back(grader: Grader) -> HeldBack:
    """The checks that students do not get: those that their author holds back, and those that hold an answer's key."""
    return frozenset(
        (exercise.id, check.id)
        for exercise in grader.exercises
        for check in exercise.checks
        if check.visibility != "always" or holds_key(check)
    )


def holds_key(check: Check) -> bool:
    """Whether the check's own text tells what is to be typed. True where its text cannot be read."""
    return _tells(inspect.unwrap(check.question), set())


def _tells(function: Callable[..., object], seen: set[object]) -> bool:
    if function in seen or not isinstance(function, FunctionType):
        return False
    seen.add(function)
    try:
        [node] = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    except (OSError, SyntaxError, ValueError):
        return True
    if not isinstance(node, ast.FunctionDef):
        return True  # a lambda shares its line with who knows what
    names = {**function.__globals__, **inspect.getclosurevars(function).nonlocals, **_imported_in(node, function)}
    arguments = [*node.args.posonlyargs, *node.args.args]
    run = arguments[0].arg if arguments else ""
    called = {id(call.func): call for call in ast.walk(node) if isinstance(call, ast.Call)}
    for inner in _references(node):
        if isinstance(inner, ast.Attribute) and inner.attr == "answer" and _names(inner.value) == {run}:
            return True
        meant = _meant(inner, names)
        if is_given_the_answer(meant):
            call = called.get(id(inner))
            if call is None or any(run not in _names(value) for value in _right_answers(call)):
                return True
        elif is_answered_by_the_run(meant):
            continue
        elif isinstance(meant, FunctionType) and not meant.__module__.startswith("fairmark.") and _tells(meant, seen):
            return True
    return False


def _references(node: ast.FunctionDef) -> Iterator[ast.Name | ast.Attribute]:
    """Names and attributes that the body reads; decorators are asked nothing."""
    for statement in node.body:
        for inner in ast.walk(statement):
            if isinstance(inner, ast.Name | ast.Attribute) and isinstance(inner.ctx, ast.Load):
                yield inner


def _meant(node: ast.expr, names: Mapping[str, object]) -> object:
    """What a name, or an attribute of a module, stands for; None where that cannot be told."""
    match node:
        case ast.Name(id=name):
            return names.get(name)
        case ast.Attribute(value=value, attr=name):
            owner = _meant(value, names)
            return getattr(owner, name, None) if isinstance(owner, ModuleType | type) else None
    return None


def _right_answers(call: ast.Call) -> list[ast.expr]:
    return [*call.args[2:], *(one.value for one in call.keywords if one.arg is None or one.arg in _KEYWORDS)]


def _names(node: ast.expr) -> set[str]:
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}


def _imported_in(node: ast.FunctionDef, function: FunctionType) -> dict[str, object]:
    """What imports inside the function bind, of fairmark's own and of the script's helpers, as it imports them."""
    bound: dict[str, object] = {}

    def module(name: str) -> object:
        if name.partition(".")[0] != "fairmark" and not name.startswith("_"):
            return None
        builtins: dict[str, Any] = function.__globals__["__builtins__"]  # which know the helpers
        with contextlib.suppress(ImportError):
            return builtins["__import__"](name, None, None, ("__name__",), 0)
        return None

    for inner in ast.walk(node):
        if isinstance(inner, ast.ImportFrom):
            source = module(inner.module or "")
            bound |= {alias.asname or alias.name: getattr(source, alias.name, None) for alias in inner.names}
        elif isinstance(inner, ast.Import):
            for alias in inner.names:
                first = alias.name.partition(".")[0]
                bound[alias.asname or first] = module(alias.name if alias.asname else first)
    return bound
