"""Changes to the way from one picture to the name of its class."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from fairmark.notebook.answer import Answer, Change, called

__all__ = ["FAMILY", "batch_dimension", "classes_swapped", "comparison", "extreme", "threshold", "unscaled"]


def unscaled(answer: Answer) -> Iterator[Change]:
    """Pixels divided by 255 no longer are."""
    rescaled = {
        id(node)
        for call in answer.calls()
        for keyword in call.keywords
        if keyword.arg in ("rescale", "scale")
        for node in ast.walk(keyword.value)
    }
    for node in answer.all(ast.BinOp):
        by_255 = isinstance(node.op, ast.Div) and _is_255(node.right) and not isinstance(node.left, ast.Constant)
        if by_255 and id(node) not in rescaled:
            yield answer.replace(node, answer.text(node.left), "picture-unscaled", "pixels not scaled")
            yield answer.replace(node.right, "225", "picture-scaled-225", "pixels divided by 225")
    for statement in answer.all(ast.AugAssign):
        if isinstance(statement.op, ast.Div) and _is_255(statement.value):
            yield answer.replace(statement, "pass", "picture-unscaled", "pixels not scaled")
            yield answer.replace(statement.value, "225", "picture-scaled-225", "pixels divided by 225")


def _is_255(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == 255


def batch_dimension(answer: Answer) -> Iterator[Change]:
    """The picture is not made a batch of one."""
    for call in answer.calls("expand_dims"):
        if call.args:
            says = "no batch dimension"
            yield answer.replace(call, answer.text(call.args[0]), "batch-dimension-missing", says)
    for node in answer.all(ast.Subscript):
        inside = node.slice.elts[0] if isinstance(node.slice, ast.Tuple) and node.slice.elts else node.slice
        is_new = (isinstance(inside, ast.Constant) and inside.value is None) or (
            isinstance(inside, ast.Attribute) and inside.attr == "newaxis"
        )
        if is_new:
            yield answer.replace(node, answer.text(node.value), "batch-dimension-missing", "no batch dimension")


_TURNED: dict[type[ast.cmpop], str] = {
    ast.Gt: "<",
    ast.GtE: "<=",
    ast.Lt: ">",
    ast.LtE: ">=",
    ast.Eq: "!=",
    ast.NotEq: "==",
}


def comparison(answer: Answer) -> Iterator[Change]:
    """A comparison turned round."""
    for node in answer.all(ast.Compare):
        sign = _TURNED.get(type(node.ops[0]))
        if len(node.ops) == 1 and sign is not None:
            _, start = answer.span(node.left)
            end, _ = answer.span(node.comparators[0])
            between = answer.data[start:end].decode()
            # What stands around the sign, a parenthesis say, stays.
            old = next(text for text in ("==", "!=", ">=", "<=", ">", "<") if text in between)
            says = f"{sign} for {old}"
            yield Change("comparison-turned", start, end, between.replace(old, sign, 1), says, start)


def threshold(answer: Answer) -> Iterator[Change]:
    """A share from 0 to 1 that something is compared with is another one."""
    for node in answer.all(ast.Compare):
        for side in (node.left, *node.comparators):
            number = side.value if isinstance(side, ast.Constant) else None
            if isinstance(number, float) and 0 < number <= 1:
                other = "0.9" if number == 0.5 else "0.5"
                yield answer.replace(side, other, f"threshold-{other.replace('.', '-')}", f"{other} for {number}")


def classes_swapped(answer: Answer) -> Iterator[Change]:
    """Two names of classes the wrong way round."""
    for node in answer.all(ast.IfExp):
        test, yes, no = (answer.text(part) for part in (node.test, node.body, node.orelse))
        yield answer.replace(node, f"{no} if {test} else {yes}", "classes-swapped", "the two answers swapped")
    several: list[ast.List | ast.Tuple] = [*answer.all(ast.List), *answer.all(ast.Tuple)]
    for listed in several:
        words = [entry for entry in listed.elts if isinstance(entry, ast.Constant) and isinstance(entry.value, str)]
        if len(words) == len(listed.elts) == 2 and words[0].value != words[1].value:
            one, other = (answer.text(word) for word in words)
            brackets = "[]" if isinstance(listed, ast.List) else "()"
            text = f"{brackets[0]}{other}, {one}{brackets[1]}"
            yield answer.replace(listed, text, "classes-swapped", "two names swapped")


_EXTREMES = {"argmax": "argmin", "argmin": "argmax", "max": "min", "min": "max"}


def extreme(answer: Answer) -> Iterator[Change]:
    """The smallest for the largest, and the other way round."""
    for call in answer.calls(*_EXTREMES):
        other = _EXTREMES[called(call)]
        yield answer.rename(call, other, f"extreme-{other}", f"{other} for {called(call)}")


FAMILY = (unscaled, batch_dimension, comparison, threshold, classes_swapped, extreme)
