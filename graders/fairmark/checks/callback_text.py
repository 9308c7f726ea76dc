"""What the text of a callback class says: parsed, never run."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from fairmark.evidence import Cell
from fairmark.notebook.fold import dotted_name, fold
from fairmark.notebook.source import tree_of

__all__ = ["CallbackText", "callback_text"]

_METHOD = "on_epoch_end"


@dataclass(frozen=True)
class CallbackText:
    """A class made from Keras's ``Callback``.

    ``method`` is its ``on_epoch_end``, None where it has none; ``parameters`` are that method's. ``stops`` names what
    ``stop_training`` is set to true on (``self.model``, ``self``, ``model``), ``stops_in_vain`` what looks like it and
    does nothing. ``keys`` are the entries taken out of the logs or a history. ``thresholds`` are the numbers these are
    compared with, None where one cannot be read off; ``turned_round`` says that all comparisons ask for less.
    """

    name: str
    cell: int
    methods: tuple[str, ...]
    method: ast.FunctionDef | None
    parameters: tuple[str, ...] = ()
    stops: tuple[str, ...] = ()
    stops_in_vain: str | None = None
    keys: tuple[str, ...] = ()
    compares: bool = False
    thresholds: tuple[float | None, ...] = ()
    turned_round: bool = False


def callback_text(cells: Iterable[Cell]) -> list[CallbackText]:
    """The callback classes that these cells define, in their order; cells that do not parse define none."""
    trees = [(cell.position, tree_of(cell.source)) for cell in cells if cell.touched]
    return [
        _text_of(node, position, tree)
        for position, tree in trees
        if tree is not None
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and any(_is_callback(base) for base in node.bases)
    ]


def _is_callback(base: ast.expr) -> bool:
    return (dotted_name(base) or "").rpartition(".")[2] == "Callback"


def _text_of(node: ast.ClassDef, cell: int, tree: ast.Module) -> CallbackText:
    methods = [one for one in node.body if isinstance(one, ast.FunctionDef)]
    method = next((one for one in reversed(methods) if one.name == _METHOD), None)
    names = tuple(one.name for one in methods)
    if method is None:
        return CallbackText(node.name, cell, names, None)
    parameters = [*method.args.posonlyargs, *method.args.args]
    known = _numbers(tree)
    comparisons = list(_comparisons(method, known))
    return CallbackText(
        name=node.name,
        cell=cell,
        methods=names,
        method=method,
        parameters=tuple(one.arg for one in parameters),
        stops=tuple(_stops(node)),
        stops_in_vain=_in_vain(node),
        keys=tuple(dict.fromkeys(_keys(node, _texts(tree)))),
        compares=bool(comparisons),
        thresholds=tuple(number for number, _ in comparisons),
        turned_round=bool(comparisons) and not any(upwards for _, upwards in comparisons),
    )


# --- what is set ------------------------------------------------------------------------------------------------------


def _stops(node: ast.ClassDef) -> Iterator[str]:
    """What ``stop_training`` is set on, names for ``self.model`` spelled out."""
    alias = {
        target.id: dotted_name(statement.value) or ""
        for statement in ast.walk(node)
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }
    for statement in ast.walk(node):
        owner = _owner_set(statement)
        if owner is not None:
            name = dotted_name(owner) or "something else"
            yield alias.get(name) or name


def _owner_set(node: ast.AST) -> ast.expr | None:
    """The object whose ``stop_training`` this sets to anything but a plain False."""
    match node:
        case ast.Assign(targets=targets, value=value) if not _is_false(value):
            owners = [one.value for one in targets if isinstance(one, ast.Attribute) and one.attr == "stop_training"]
            return owners[0] if owners else None
        case ast.Call(func=ast.Name(id="setattr"), args=[owner, ast.Constant(value="stop_training"), value]):
            return None if _is_false(value) else owner
    return None


def _is_false(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and not value.value


def _in_vain(node: ast.ClassDef) -> str | None:
    """What names ``stop_training`` and sets nothing: a comparison, a call, a variable, False."""
    for one in ast.walk(node):
        match one:
            case ast.Compare(left=ast.Attribute(attr="stop_training")):
                return "a comparison with stop_training (== for =)"
            case ast.Call(func=ast.Attribute(attr="stop_training")):
                return "a call of stop_training"
            case ast.Name(id="stop_training", ctx=ast.Store()):
                return "a variable of its own named stop_training"
            case ast.Assign(targets=[ast.Attribute(attr="stop_training")]):
                return "stop_training set to False"
    return None


# --- what is read and compared ----------------------------------------------------------------------------------------


def _keys(node: ast.AST, texts: dict[str, str]) -> Iterator[str]:
    """Texts by which something is looked up: ``logs["accuracy"]``, ``logs.get("accuracy")``, ``"accuracy" in logs``."""
    for one in ast.walk(node):
        place: ast.expr | None = None
        match one:
            case ast.Subscript(slice=place):
                pass
            case ast.Call(func=ast.Attribute(attr="get" | "pop"), args=[place, *_]):
                pass
            case ast.Compare(left=place, ops=[ast.In() | ast.NotIn()]):
                pass
        if isinstance(place, ast.Constant) and isinstance(place.value, str):
            yield place.value
        elif place is not None and (dotted_name(place) or "").rpartition(".")[2] in texts:
            yield texts[(dotted_name(place) or "").rpartition(".")[2]]


_UPWARDS = (ast.Gt, ast.GtE)
_DOWNWARDS = (ast.Lt, ast.LtE)


def _comparisons(method: ast.FunctionDef, known: dict[str, float]) -> Iterator[tuple[float | None, bool]]:
    """Each comparison by size: its number, where it can be read off, and whether what was read is the larger side."""
    for one in ast.walk(method):
        if not (isinstance(one, ast.Compare) and len(one.ops) == 1):
            continue
        operator = one.ops[0]
        if not isinstance(operator, (*_UPWARDS, *_DOWNWARDS)):
            continue
        left, right = _number(one.left, known), _number(one.comparators[0], known)
        number = right if right is not None else left
        on_the_left = right is not None or left is None
        yield number, isinstance(operator, _UPWARDS if on_the_left else _DOWNWARDS) or _is_let_off(method, one)


def _is_let_off(method: ast.FunctionDef, comparison: ast.Compare) -> bool:
    """Whether less is asked for rightly: where the method returns early, or the comparison is negated."""
    for one in ast.walk(method):
        if isinstance(one, ast.If) and one.test is comparison and any(isinstance(s, ast.Return) for s in one.body):
            return True
        if isinstance(one, ast.UnaryOp) and isinstance(one.op, ast.Not) and one.operand is comparison:
            return True
        if isinstance(one, ast.If) and one.test is comparison and one.orelse:
            return not any(_owner_set(node) for statement in one.body for node in ast.walk(statement))
    return False


def _number(node: ast.expr, known: dict[str, float]) -> float | None:
    folded = fold(node, known, {})
    if folded.known and isinstance(folded.value, int | float):
        return float(folded.value)
    return known.get((dotted_name(node) or "").rpartition(".")[2])


def _numbers(tree: ast.Module) -> dict[str, float]:
    """Names, attributes and parameters that the cell gives one number each: ``LIMIT = 0.999``,
    ``self.threshold = 0.999``, ``def __init__(self, threshold=0.999)``."""
    return {name: value for name, value in _given(tree) if isinstance(value, int | float)}


def _texts(tree: ast.Module) -> dict[str, str]:
    return {name: value for name, value in _given(tree) if isinstance(value, str)}


def _given(tree: ast.Module) -> Iterator[tuple[str, object]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            placed = [*node.args.posonlyargs, *node.args.args]
            defaults: Sequence[ast.expr] = node.args.defaults
            for one, default in zip(placed[len(placed) - len(defaults) :], defaults, strict=True):
                yield one.arg, fold(default, {}, {}).value
        if isinstance(node, ast.Call):
            for keyword in node.keywords:
                if keyword.arg is not None:
                    yield keyword.arg, fold(keyword.value, {}, {}).value
        if isinstance(node, ast.Assign):
            for target in node.targets:
                value = fold(node.value, {}, {})
                if value.known and value.value is not None:
                    yield (dotted_name(target) or "").rpartition(".")[2], value.value
