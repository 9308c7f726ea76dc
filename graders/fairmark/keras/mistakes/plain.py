"""Changes to any answer: numbers and words that were typed, arguments and statements left out."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from fairmark.keras.mistakes.known import DEFAULTS, LAYERS, OPTIMIZERS, SILENT
from fairmark.notebook.answer import Answer, Change, Element, argument, called

__all__ = ["FAMILY", "argument_dropped", "number", "statement_dropped", "truth", "word"]

_METHODS = ("flow_from_directory", "image_dataset_from_directory", "compile", "fit", "evaluate", "load_img")
_KNOWN = frozenset({"ImageDataGenerator", *_METHODS, *OPTIMIZERS})
_SAID_ELSEWHERE = frozenset({"activation", "pool_size", "kernel_size", "filters", "units"})
"""Dropped, these are what another change makes of them, or no call at all."""


_SHOWING = frozenset({"print", "show", "summary", "add"})
"""Calls that answer nothing; ``add`` is another change's."""


def _typed(answer: Answer) -> Iterator[tuple[ast.expr, ast.Constant]]:
    """Constants of answers that are nothing but constants: lists, tables and sums of them included."""
    for statement in answer.all(ast.Assign):
        nodes = [node for node in ast.walk(statement.value) if isinstance(node, ast.expr)]
        plain = ast.Constant | ast.List | ast.Tuple | ast.Dict | ast.Set | ast.BinOp | ast.UnaryOp
        if all(isinstance(node, plain) for node in nodes):
            keys = {id(key) for node in nodes if isinstance(node, ast.Dict) for key in node.keys}
            yield from (
                (statement.value, node) for node in nodes if isinstance(node, ast.Constant) and id(node) not in keys
            )


def number(answer: Answer) -> Iterator[Change]:
    """A typed number one too large; one that stands alone also one too small and ten times too large."""
    for whole, node in _typed(answer):
        value = node.value
        if isinstance(value, bool) or not isinstance(value, int | float):
            continue
        yield answer.replace(node, f"{value + 1:.12g}", "number-plus-1", f"{value + 1:.12g} for {value}")
        if node is whole:
            yield answer.replace(node, f"{value - 1:.12g}", "number-minus-1", f"{value - 1:.12g} for {value}")
            if value:
                yield answer.replace(node, f"{value * 10:.12g}", "number-ten-fold", f"{value * 10:.12g} for {value}")


def word(answer: Answer) -> Iterator[Change]:
    """A typed word is another."""
    for _, node in _typed(answer):
        if isinstance(node.value, str):
            yield answer.replace(node, '"something else"', "word-changed", f"another word for {node.value!r:.40}")


def truth(answer: Answer) -> Iterator[Change]:
    """A typed True is False, and the other way round."""
    for _, node in _typed(answer):
        if isinstance(node.value, bool):
            yield answer.replace(node, str(not node.value), f"truth-{not node.value}".lower(), f"{not node.value}")


def argument_dropped(answer: Answer) -> Iterator[Change]:
    """A named argument left out, where that is not what holds without it."""
    for call in answer.calls(*_KNOWN, *LAYERS):
        given: list[Element] = [*call.args, *call.keywords]
        elements = sorted(given, key=answer.span)
        for place, keyword in enumerate(elements):
            if not isinstance(keyword, ast.keyword) or keyword.arg is None or keyword.arg in SILENT | _SAID_ELSEWHERE:
                continue
            if _is_default(call, keyword.arg):
                continue
            name = keyword.arg
            yield answer.drop(elements, place, f"argument-dropped-{name}", f"{name} left out of {called(call)}")


def _is_default(call: ast.Call, name: str) -> bool:
    given = argument(call, name)
    try:
        value = ast.literal_eval(given) if given is not None else None
    except ValueError:
        return False
    return (called(call), name) in DEFAULTS and DEFAULTS[called(call), name] == value


def statement_dropped(answer: Answer) -> Iterator[Change]:
    """An assignment or a call that is not made."""
    for statement in answer.all(ast.Expr):
        call = statement.value
        if isinstance(call, ast.Call) and called(call) not in _SHOWING:
            yield answer.replace(statement, "pass", f"statement-dropped-{called(call)}", "a call left out")
    assigned: list[tuple[ast.stmt, ast.expr]] = [(one, one.targets[0]) for one in answer.all(ast.Assign)]
    assigned += [(one, one.target) for one in answer.all(ast.AugAssign)]
    for assignment, target in assigned:
        name = target.id if isinstance(target, ast.Name) else "attribute"
        yield answer.replace(assignment, "pass", f"statement-dropped-{name}", "an assignment left out")


FAMILY = (number, word, truth, argument_dropped, statement_dropped)
