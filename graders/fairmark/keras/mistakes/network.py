"""Changes to a network: layers dropped and doubled, and what each of them is given."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from fairmark.keras.mistakes.known import LAYERS, PLACES
from fairmark.notebook.answer import Answer, Change, argument, called, text_of

__all__ = ["FAMILY", "activation", "added_layer", "called_layer", "channels", "listed_layer", "units", "windows"]

_TWICE_IS_ONCE = frozenset({"Flatten", "Input", "InputLayer", "Activation"})
"""Layers that change nothing the second time, or that no model takes twice."""


def _is_layer(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and called(node) in LAYERS


def _slug(layer: ast.expr) -> str:
    return called(layer).lower() if isinstance(layer, ast.Call) else "layer"


def listed_layer(answer: Answer) -> Iterator[Change]:
    """An element of a list of layers dropped or doubled."""
    for listed in answer.all(ast.List):
        for number, layer in enumerate(listed.elts):
            if not _is_layer(layer) or layer.lineno not in answer.lines:
                continue
            slug = _slug(layer)
            yield answer.drop(listed.elts, number, f"layer-dropped-{slug}", "a layer dropped")
            if slug not in map(str.lower, _TWICE_IS_ONCE):
                yield answer.double(layer, f"layer-doubled-{slug}", "a layer doubled")


def added_layer(answer: Answer) -> Iterator[Change]:
    """``model.add(layer)`` dropped or doubled."""
    for statement in answer.all(ast.Expr):
        call = statement.value
        if not (
            isinstance(call, ast.Call) and called(call) == "add" and len(call.args) == 1 and _is_layer(call.args[0])
        ):
            continue
        slug, text = _slug(call.args[0]), answer.text(statement)
        yield answer.replace(statement, "pass", f"layer-dropped-{slug}", "a layer dropped")
        if slug not in map(str.lower, _TWICE_IS_ONCE):
            twice = f"{text}\n{' ' * statement.col_offset}{text}"
            yield answer.replace(statement, twice, f"layer-doubled-{slug}", "a layer doubled")


def called_layer(answer: Answer) -> Iterator[Change]:
    """``x = layer(...)(x)`` dropped or doubled."""
    for call in answer.calls():
        if not (_is_layer(call.func) and len(call.args) == 1):
            continue
        slug, made = _slug(call.func), answer.text(call.func)
        yield answer.replace(call, answer.text(call.args[0]), f"layer-dropped-{slug}", "a layer dropped")
        if slug not in map(str.lower, _TWICE_IS_ONCE):
            twice = f"{made}({answer.text(call)})"
            yield answer.replace(call, twice, f"layer-doubled-{slug}", "a layer doubled")


def _number(node: ast.expr | None) -> int | None:
    """A whole number, or that of all entries of a tuple."""
    if isinstance(node, ast.Tuple) and node.elts:
        numbers = {_number(entry) for entry in node.elts}
        return numbers.pop() if len(numbers) == 1 else None
    value = node.value if isinstance(node, ast.Constant) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def windows(answer: Answer) -> Iterator[Change]:
    """Filters doubled, windows and pooling larger."""
    for name, what, kind in (
        ("Conv2D", "filters", "filters-doubled"),
        ("Conv2D", "kernel_size", "kernel-larger"),
        ("MaxPooling2D", "pool_size", "pooling-larger"),
        ("MaxPool2D", "pool_size", "pooling-larger"),
    ):
        for call in answer.calls(name):
            given = argument(call, what, PLACES[name, what])
            number = _number(given)
            if given is None or number is None:
                continue
            other = {"filters": 2 * number, "kernel_size": number + 2, "pool_size": number + 1}[what]
            yield answer.replace(given, str(other), kind, f"{what} {other} for {number}")


def units(answer: Answer) -> Iterator[Change]:
    """One output neuron for two and the other way round; half of many; one class more or fewer."""
    for call in answer.calls("Dense"):
        given = argument(call, "units", PLACES["Dense", "units"])
        number = _number(given)
        if given is None or number is None or number < 1:
            continue
        others = {1: (2,), 2: (1, 3)}.get(number, (number - 1, number + 1) if number < 16 else (number // 2,))
        for other in others:
            yield answer.replace(given, str(other), f"units-{other}", f"{other} neurons for {number}")


_ACTIVATIONS = {
    "relu": ("linear", "sigmoid"),
    "sigmoid": ("softmax", "linear"),
    "softmax": ("sigmoid", "linear"),
}


def activation(answer: Answer) -> Iterator[Change]:
    """Another activation, none (``linear``) among them."""
    for call in answer.calls():
        given = argument(call, "activation", PLACES.get((called(call), "activation")))
        named = text_of(given)
        for other in _ACTIVATIONS.get(named or "", ()):
            if given is not None:
                yield answer.replace(given, f'"{other}"', f"activation-{other}", f"{other} for {named}")


def channels(answer: Answer) -> Iterator[Change]:
    """A network for grey pictures."""
    for call in answer.calls():
        for what in ("shape", "input_shape"):
            given = argument(call, what, PLACES.get((called(call), what)))
            if isinstance(given, ast.Tuple) and len(given.elts) == 3 and _number(given.elts[2]) == 3:
                yield answer.replace(given.elts[2], "1", "channels-grey", "one colour for three")


FAMILY = (listed_layer, added_layer, called_layer, windows, units, activation, channels)
