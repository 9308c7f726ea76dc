"""What the text of a callback class says: parsed, never run."""

from __future__ import annotations

import ast
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from fairmark.evidence import Cell
from fairmark.notebook.fold import dotted_name, fold
from fairmark.notebook.source import tree_of

__all__ = ["CallbackText", "callback_text", "sets_stop_training"]

_METHOD = "on_epoch_end"
_BY_FUNCTIONS = "LambdaCallback"
_OF_KERAS = frozenset(
    {"Callback", "EarlyStopping", "History", "ModelCheckpoint", "ReduceLROnPlateau", "LearningRateScheduler"}
    | {"CSVLogger", "TensorBoard", "TerminateOnNaN", "BackupAndRestore", "ProgbarLogger", _BY_FUNCTIONS}
)
"""Keras's callbacks, from which others can be made."""


@dataclass(frozen=True)
class CallbackText:
    """A class made from Keras's ``Callback``, or from one of the notebook's own that is; or a ``LambdaCallback``.

    ``method`` is its ``on_epoch_end``, None where it has none; ``parameters`` are that method's. ``stops`` names what
    ``stop_training`` is set to true on (``self.model``, ``self``, ``model``), ``stops_in_vain`` what looks like it and
    does nothing. ``keys`` are the entries taken out of the logs or a history. ``thresholds`` are the numbers these are
    compared with, None where one cannot be read off; ``turned_round`` says that all comparisons ask for less.
    ``is_plain`` says that all that is compared is an entry of the logs, as it stands, with a number that can be read
    off: then nobody need try it. ``made_from`` is the class of Keras's that has this one's place, ``LambdaCallback``.
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
    is_plain: bool = False
    made_from: str | None = None


def callback_text(
    cells: Iterable[Cell], among: Iterable[Cell] | None = None, *, tried: Container[str] = ()
) -> list[CallbackText]:
    """The callbacks that these cells define, in their order; cells that do not parse define none.

    A class may be made from another of the notebook's own, which stands in ``among`` (``cells`` themselves if nothing
    is said). ``tried`` are names of classes that are known to be callbacks, whatever they are made from.
    """
    trees = _trees(cells)
    known = {node.name: node for _, tree in (trees if among is None else _trees(among)) for node in _classes(tree)}
    found = []
    for position, tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and _is_callback(node, known, tried=node.name in tried):
                found.append(_text_of(node, position, tree, known))
            elif isinstance(node, ast.Call) and _last(node.func) == _BY_FUNCTIONS:
                found.append(_text_of_functions(node, position, tree))
    return found


def sets_stop_training(cells: Iterable[Cell]) -> bool:
    """Whether any of these cells sets an attribute ``stop_training``, on whatever."""
    return any(_owner_set(node) is not None for _, tree in _trees(cells) for node in ast.walk(tree))


def _trees(cells: Iterable[Cell]) -> list[tuple[int, ast.Module]]:
    trees = [(cell.position, tree_of(cell.source)) for cell in cells if cell.touched]
    return [(position, tree) for position, tree in trees if tree is not None]


def _classes(tree: ast.Module) -> Iterator[ast.ClassDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef))


def _last(node: ast.expr) -> str:
    return (dotted_name(node) or "").rpartition(".")[2]


def _is_callback(node: ast.ClassDef, known: Mapping[str, ast.ClassDef], *, tried: bool) -> bool:
    """By what it is made from in the end; one that was ``tried`` must be made from something that is not known here."""
    bases = {_last(base) for one in _family(node, known) for base in one.bases}
    return bool(bases & _OF_KERAS) or (tried and bool(bases - known.keys()))


def _family(node: ast.ClassDef, known: Mapping[str, ast.ClassDef]) -> list[ast.ClassDef]:
    """The class, and those of the notebook's own that it is made from, nearest first."""
    family, waiting = [], [node]
    while waiting:
        one = waiting.pop(0)
        if one not in family:
            family.append(one)
            waiting += [known[_last(base)] for base in one.bases if _last(base) in known]
    return family


def _text_of(
    node: ast.ClassDef, cell: int, tree: ast.Module, known_classes: Mapping[str, ast.ClassDef]
) -> CallbackText:
    family = _family(node, known_classes)
    methods = [method for one in family for method in reversed(one.body) if isinstance(method, ast.FunctionDef)]
    method = next((one for one in methods if one.name == _METHOD), None)
    names = tuple(dict.fromkeys(one.name for one in methods))
    if method is None:
        return CallbackText(node.name, cell, names, None)
    whole = ast.Module(body=list(family), type_ignores=[])
    known = _numbers(ast.Module(body=[tree, whole], type_ignores=[]))  # type: ignore[list-item] # only walked through
    comparisons = list(_comparisons(method, known))
    return CallbackText(
        name=node.name,
        cell=cell,
        methods=names,
        method=method,
        parameters=_parameters(method.args),
        stops=tuple(_stops(whole)),
        stops_in_vain=_in_vain(whole),
        keys=tuple(dict.fromkeys(_keys(whole, _texts(tree)))),
        compares=bool(comparisons),
        thresholds=tuple(number for number, _ in comparisons),
        turned_round=bool(comparisons) and not any(upwards for _, upwards in comparisons),
        is_plain=_is_plain(method, known),
    )


def _text_of_functions(call: ast.Call, cell: int, tree: ast.Module) -> CallbackText:
    """What a ``LambdaCallback`` says, whose method is a function of the notebook's, or a ``lambda``."""
    given = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg is not None}
    functions = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    value = given.get(_METHOD)
    method = functions.get(_last(value)) if value is not None else None
    if isinstance(value, ast.Lambda):
        body = ast.copy_location(ast.Expr(value=value.body), value)
        method = ast.FunctionDef(name=_METHOD, args=value.args, body=[body], decorator_list=[])
    names = tuple(given)
    if method is None:
        return CallbackText(_BY_FUNCTIONS, cell, names, None, made_from=_BY_FUNCTIONS)
    known = _numbers(tree)
    comparisons = list(_comparisons(method, known))
    return CallbackText(
        name=_BY_FUNCTIONS,
        cell=cell,
        methods=names,
        method=method,
        parameters=("self", *_parameters(method.args)),
        stops=tuple(_stops(method)),
        stops_in_vain=_in_vain(method),
        keys=tuple(dict.fromkeys(_keys(method, _texts(tree)))),
        compares=bool(comparisons),
        thresholds=tuple(number for number, _ in comparisons),
        turned_round=bool(comparisons) and not any(upwards for _, upwards in comparisons),
        is_plain=_is_plain(method, known),
        made_from=_BY_FUNCTIONS,
    )


def _parameters(arguments: ast.arguments) -> tuple[str, ...]:
    return tuple(one.arg for one in (*arguments.posonlyargs, *arguments.args))


# --- what is set ------------------------------------------------------------------------------------------------------


def _stops(node: ast.AST) -> Iterator[str]:
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


def _in_vain(node: ast.AST) -> str | None:
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


def _is_plain(method: ast.FunctionDef, known: dict[str, float]) -> bool:
    """Whether all that the method compares by size is an entry of the logs with a number that can be read off."""
    read = {
        target.id
        for node in ast.walk(method)
        if isinstance(node, ast.Assign) and _is_entry(node.value, frozenset())
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    compared = [one for one in ast.walk(method) if isinstance(one, ast.Compare) and not _is_about_none(one)]
    return bool(compared) and all(
        len(one.ops) == 1
        and isinstance(one.ops[0], (*_UPWARDS, *_DOWNWARDS))
        and (
            (_is_entry(one.left, read) and _number(one.comparators[0], known) is not None)
            or (_is_entry(one.comparators[0], read) and _number(one.left, known) is not None)
        )
        for one in compared
    )


def _is_about_none(comparison: ast.Compare) -> bool:
    return all(isinstance(operator, ast.Is | ast.IsNot | ast.In | ast.NotIn) for operator in comparison.ops)


def _is_entry(node: ast.expr, read: Container[str]) -> bool:
    """``logs["accuracy"]``, ``logs.get("accuracy")``, or a name in ``read`` for one of them."""
    match node:
        case ast.NamedExpr(value=value):
            return _is_entry(value, read)
        case ast.Subscript(value=ast.Name()) | ast.Call(func=ast.Attribute(value=ast.Name(), attr="get")):
            return True
        case ast.Name(id=name):
            return name in read
    return False


def _number(node: ast.expr, known: dict[str, float]) -> float | None:
    folded = fold(node, known, {})
    if folded.known and isinstance(folded.value, int | float):
        return float(folded.value)
    return known.get((dotted_name(node) or "").rpartition(".")[2])


def _numbers(tree: ast.AST) -> dict[str, float]:
    """Names, attributes and parameters that the cell gives one number each: ``LIMIT = 0.999``,
    ``self.threshold = 0.999``, ``def __init__(self, threshold=0.999)``."""
    return {name: value for name, value in _given(tree) if isinstance(value, int | float)}


def _texts(tree: ast.AST) -> dict[str, str]:
    return {name: value for name, value in _given(tree) if isinstance(value, str)}


def _given(tree: ast.AST) -> Iterator[tuple[str, object]]:
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
