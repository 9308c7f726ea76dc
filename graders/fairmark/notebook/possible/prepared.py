"""How an array can have been made of pictures: which calls read them, what sizes them, and by what pixels are scaled.

Values are followed from an expression back through names, the notebook's own functions, arithmetic and the functions
of libraries. What is scaled or read by something that is not known is scaled by None, or is no picture at all.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from fairmark.notebook.possible.atoms import Atom, Const, External, Function, Instance, Returned, Values
from fairmark.notebook.possible.evaluate import Evaluator
from fairmark.notebook.possible.scopes import Binding, Operand, Scope, Site

__all__ = ["NO_PICTURE", "Preparing", "State"]

READING = frozenset({"load_img", "open", "imread", "read_file", "load_image"})
"""What reads a picture from a file, whether it is a framework's or Pillow's."""
SIZING = frozenset(
    {"load_img", "resize", "smart_resize", "resize_with_pad", "resize_with_crop_or_pad", "thumbnail", "Resizing"}
)
_BATCHING = frozenset({"expand_dims", "batch", "reshape", "flow"})
_BYTES = frozenset({"convert_image_dtype", "imread"})
"""What makes bytes numbers from 0 to 1, always or for some files."""
_UNKNOWN = frozenset(
    (
        *("preprocess_input", "per_image_standardization", "normalize", "standardize", "adjust_brightness"),
        *("adjust_contrast", "Normalization", "zeros_like", "ones_like", "full_like", "map_fn", "vectorized_map"),
    )
)
_PASSING = frozenset({"list", "tuple", "next", "iter", "reversed", "sorted", "zip", "enumerate", "map", "getattr"})
"""Of Python's own functions, those that give what they are given."""
_TOLD = frozenset({"shape", "size", "dtype", "ndim", "filename", "mode", "class_indices", "samples"})
_ANSWERING = frozenset({"predict", "predict_on_batch", "predict_step", "evaluate", "fit", "mean", "max", "min", "std"})
_MOST = 8
"""Scales that are kept of one value."""
_DEEPEST = 60
"""Levels of expressions that are followed."""
_MOST_NAMES = 2_000
"""Names and functions that are gone through in one round."""
_ROUNDS = 5
"""How often names that stand for each other are gone through."""


@dataclass(frozen=True)
class State:
    """``reads``, ``sizes``: calls that read pictures, and that bring them to a size. ``scales``: what their pixels can
    have been multiplied with; None: by what is not known. ``is_batch``: some dimension was put around a picture."""

    reads: frozenset[Site] = frozenset()
    sizes: frozenset[Site] = frozenset()
    scales: frozenset[float | None] = frozenset({1.0})
    is_batch: bool = False

    def scaled(self, factors: Iterable[float | None]) -> State:
        made = {None if one is None or by is None else one * by for one in self.scales for by in factors}
        kept = {None if one is None else float(f"{one:.6g}") for one in made}
        return replace(self, scales=frozenset(kept if len(kept) <= _MOST else {None}))


NO_PICTURE = State()


def _either(states: Iterable[State]) -> State:
    """One of these, as far as it comes from pictures."""
    found = [one for one in states if one.reads]
    if not found:
        return NO_PICTURE
    scales = frozenset[float | None]().union(*(one.scales for one in found))
    return State(
        reads=frozenset[Site]().union(*(one.reads for one in found)),
        sizes=frozenset[Site]().union(*(one.sizes for one in found)),
        scales=scales if len(scales) <= _MOST else frozenset({None}),
        is_batch=any(one.is_batch for one in found),
    )


class Preparing:
    """Of one notebook. What names stand for is gone through in rounds, until nothing more is found.

    A binding that reads its own name, as ``x = x / 255`` does, reads what was bound to it before.
    """

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._book = evaluator.book
        self._known: dict[object, State] = {}
        self._begun: set[object] = set()
        self._bindings_before: dict[object, int] = {}
        self._given: dict[Scope, State] = {}
        self._depth = 0

    def of_argument(self, site: Site, place: int, *names: str) -> State:
        """How what a call is given at ``place``, or as one of ``names``, was made."""
        return self._in_rounds(lambda: self._operand(self._argument(site, place, *names)))

    def of_bindings(self, name: str, bindings: Collection[Binding]) -> State:
        """How what these bindings of the notebook's ``name`` bind was made."""
        everywhere = self._book.everywhere
        return self._in_rounds(lambda: self._in_order((everywhere, name), everywhere.bindings.get(name, ()), bindings))

    def _in_rounds(self, ask: Callable[[], State]) -> State:
        found = NO_PICTURE
        self._known.clear()
        for _ in range(_ROUNDS):
            before = dict(self._known)
            self._begun.clear()
            found = ask()
            if self._known == before:
                break
        return found

    def _once(self, key: object, ask: Callable[[], State]) -> State:
        """What is known of ``key``; worked out once a round."""
        if key not in self._begun and len(self._begun) < _MOST_NAMES:
            self._begun.add(key)
            self._known[key] = ask()
        return self._known.get(key, NO_PICTURE)

    def _argument(self, site: Site, place: int, *names: str) -> Operand | None:
        named = next((one for name, one in site.keywords if name in names), None)
        placed = site.positional[place] if place < len(site.positional) else None
        return named if named is not None else placed

    def _operand(self, operand: Operand | None) -> State:
        return NO_PICTURE if operand is None else self._value(operand.expression, operand.scope)

    # --- expressions ---

    def _value(self, node: ast.expr, scope: Scope) -> State:
        handler = _HANDLERS.get(type(node))
        if handler is None or self._depth > _DEEPEST:
            return NO_PICTURE
        self._depth += 1
        found = handler(self, node, scope)
        self._depth -= 1
        return found

    def _name(self, node: ast.Name, scope: Scope) -> State:
        holder = self._book.holder(node.id, scope)
        if holder is None:
            return NO_PICTURE
        held = self._in_order((holder, node.id), holder.bindings.get(node.id, ()))
        return _either([held, self._once(("changed", node.id), lambda: self._added(node.id))])

    def _added(self, name: str) -> State:
        changes = [one.binding for one in self._book.changes.get(name, ()) if one.binding is not None]
        return replace(self._any_bound(changes), is_batch=True)

    def _in_order(self, key: object, bindings: Sequence[Binding], asked: Collection[Binding] | None = None) -> State:
        """Any of ``bindings`` that are ``asked``; while one is worked out, ``key`` stands for those before it."""
        outside = self._bindings_before.get(key)
        stop = len(bindings) if outside is None else outside
        found = []
        for place, binding in enumerate(bindings[:stop]):
            if asked is not None and binding not in asked:
                continue
            self._bindings_before[key] = place
            found.append(self._once((key, place), partial(self._bound, binding)))
        if outside is None:
            self._bindings_before.pop(key, None)
        else:
            self._bindings_before[key] = outside
        return _either(found)

    def _any_bound(self, bindings: Iterable[Binding]) -> State:
        return _either(map(self._bound, bindings))

    def _bound(self, binding: Binding) -> State:
        if binding.position is not None:
            return self._parameter(binding)
        if binding.value is None or binding.defined is not None:
            return NO_PICTURE
        value = self._value(binding.value, binding.scope)
        if binding.operator is not None and binding.target is not None:
            held = self._value(binding.target, binding.scope)
            return self._combined(binding.operator, held, value, binding.target, binding.value, binding.scope)
        return value

    def _parameter(self, binding: Binding) -> State:
        function = binding.scope
        if function in self._given:
            return self._given[function]
        found = [self._default(binding)]
        for _, site, is_bound in self._evaluator.callers(function) or ():
            if site is not None:
                place = binding.position - int(is_bound) if isinstance(binding.position, int) else 0
                found.append(self._operand(self._argument(site, max(place, 0), binding.name)))
        return _either(found)

    def _default(self, binding: Binding) -> State:
        arguments, outside = binding.scope.arguments, binding.scope.parent
        if arguments is None or outside is None or not isinstance(binding.position, int):
            return NO_PICTURE
        placed = [*arguments.posonlyargs, *arguments.args]
        defaults: list[ast.expr | None] = [None] * (len(placed) - len(arguments.defaults))
        value = [*defaults, *arguments.defaults, *arguments.kw_defaults][binding.position]
        return NO_PICTURE if value is None else self._value(value, outside)

    def _binary(self, node: ast.BinOp, scope: Scope) -> State:
        left, right = self._value(node.left, scope), self._value(node.right, scope)
        return self._combined(node.op, left, right, node.left, node.right, scope)

    def _combined(
        self, op: ast.operator, left: State, right: State, one: ast.expr, other: ast.expr, scope: Scope
    ) -> State:
        """Arithmetic with the pictures on one side."""
        if not left.reads and not right.reads:
            return NO_PICTURE
        if isinstance(op, ast.Add | ast.Sub):
            return _either([left, right])
        if left.reads and right.reads:
            return _either([left, right]).scaled([None])
        if isinstance(op, ast.Mult):
            return left.scaled(self._numbers(other, scope)) if left.reads else right.scaled(self._numbers(one, scope))
        if isinstance(op, ast.Div) and left.reads:
            numbers = self._numbers(other, scope)
            return left.scaled([1 / number if number else None for number in numbers])
        return _either([left, right]).scaled([None])

    def _numbers(self, node: ast.expr, scope: Scope) -> list[float | None]:
        """The numbers that it can be, and None where it can be anything else."""
        return [
            float(one.value) if isinstance(one, Const) and isinstance(one.value, int | float) else None
            for one in self._evaluator.value(node, scope)
        ] or [None]

    def _list(self, node: ast.List, scope: Scope) -> State:
        return replace(_either(self._value(one, scope) for one in node.elts), is_batch=True)

    def _tuple(self, node: ast.Tuple | ast.Set, scope: Scope) -> State:
        return _either(self._value(one, scope) for one in node.elts)

    def _dictionary(self, node: ast.Dict, scope: Scope) -> State:
        return _either(self._value(one, scope) for one in node.values)

    def _comprehension(self, node: ast.ListComp | ast.GeneratorExp | ast.SetComp, scope: Scope) -> State:
        inner = scope.inner.get(node)
        return NO_PICTURE if inner is None else replace(self._value(node.elt, inner), is_batch=True)

    def _subscript(self, node: ast.Subscript, scope: Scope) -> State:
        held = self._value(node.value, scope)
        keys = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        return replace(held, is_batch=True) if any(self._is_new_axis(one, scope) for one in keys) else held

    def _is_new_axis(self, node: ast.expr, scope: Scope) -> bool:
        if isinstance(node, ast.Slice):
            return False
        values = self._evaluator.value(node, scope)
        return any(
            (isinstance(one, Const) and one.value is None) or (isinstance(one, External) and one.last == "newaxis")
            for one in values
        )

    def _attribute(self, node: ast.Attribute, scope: Scope) -> State:
        if node.attr in _TOLD:
            return NO_PICTURE
        bound = self._book.attributes.get(node.attr, ())
        kept = self._in_order(node.attr, bound) if bound else NO_PICTURE
        return _either([kept, self._value(node.value, scope)])

    def _conditional(self, node: ast.IfExp, scope: Scope) -> State:
        return _either([self._value(node.body, scope), self._value(node.orelse, scope)])

    def _any_of(self, node: ast.BoolOp, scope: Scope) -> State:
        return _either(self._value(one, scope) for one in node.values)

    def _inner(self, node: ast.NamedExpr | ast.Starred, scope: Scope) -> State:
        return self._value(node.value, scope)

    def _negative(self, node: ast.UnaryOp, scope: Scope) -> State:
        return self._value(node.operand, scope)

    # --- calls ---

    def _call(self, node: ast.Call, scope: Scope) -> State:
        site = scope.body.sites.get(node)
        if site is None:
            return NO_PICTURE
        calls = self._evaluator.calls
        own = [one for one, _, _ in calls.targets(site) if one.kind == "function"]
        returned = _either(self._once(one, partial(self._given_back, one)) for one in own)
        outer, named = calls.names(site)
        if not outer:
            return returned
        callees = calls.callees(site)
        is_other = bool(own) or bool(named) or not all(map(self._is_library, callees))
        made = self._by_library(site, outer, callees)
        return _either([returned, made.scaled([None]) if is_other else made])

    def _given_back(self, function: Scope) -> State:
        return _either(self._value(value, function) for value in (*function.returns, *function.yields))

    def _is_library(self, one: Atom) -> bool:
        if not isinstance(one, External):
            return not isinstance(one, Function | Instance)
        head, _, name = one.path.partition(".")
        if head == "builtins":
            return name in _PASSING
        return head not in ("os", "sys", "io", "json", "subprocess") and (head != "?" or self._book.is_star_imported)

    def _by_library(self, site: Site, names: frozenset[str], callees: Values) -> State:
        arguments = [*site.positional, *(one for _, one in site.keywords)]
        on = site.callee.expression.value if isinstance(site.callee.expression, ast.Attribute) else None
        held = [] if on is None else [self._value(on, site.callee.scope)]
        given = _either([*held, *map(self._operand, arguments)])
        if names <= READING and not given.reads and any(map(self._may_read, callees)):
            given = State(reads=frozenset({site}))
        if not given.reads or names & _ANSWERING:
            return NO_PICTURE
        layers = [one.site for one in callees if isinstance(one, Returned) and "Resizing" in one.names]
        given = replace(given, sizes=given.sizes.union(layers, [site] if names & SIZING else []))
        is_batch = given.is_batch or bool(names & _BATCHING)
        return replace(given, is_batch=is_batch).scaled(self._factors(site, names, callees, given))

    def _may_read(self, one: Atom) -> bool:
        return not isinstance(one, External) or self._is_library(one)

    def _factors(self, site: Site, names: frozenset[str], callees: Values, given: State) -> list[float | None]:
        """By what a call of a library's multiplies pixels."""
        if names & _UNKNOWN:
            made = self._made_by(site, "ImageDataGenerator") if "standardize" in names else []
            return [each for one in made for each in self._number(one, "rescale", None, 1.0)] or [None]
        if names & _BYTES:
            return [1 / 255] if "convert_image_dtype" in names else [1.0, 1 / 255]
        if names & {"divide", "true_divide", "multiply"} and len(site.positional) > 1:
            numbers = self._numbers(site.positional[1].expression, site.positional[1].scope)
            return numbers if "multiply" in names else [1 / one if one else None for one in numbers]
        if names & {"flow", "flow_from_directory"}:
            made = self._made_by(site, "ImageDataGenerator")
            return [each for one in made for each in self._number(one, "rescale", None, 1.0)] or [None]
        if "map" in names and isinstance(site.callee.expression, ast.Attribute):
            return [*self._mapped(site, given).scales]
        if "__call__" in names:
            layers = [one for one in callees if isinstance(one, Returned)]
            scales = [each for one in layers if "Rescaling" in one.names for each in self._number(one.site, "scale", 0)]
            is_known = layers and all(one.names & {"Rescaling", "Resizing"} for one in layers)
            return scales or ([1.0] if is_known else [None])
        return [1.0]

    def _mapped(self, site: Site, given: State) -> State:
        """What the functions that ``map`` is given make of pictures that are not scaled."""
        found = [NO_PICTURE]
        for operand in site.positional[:1]:
            for one in self._evaluator.value(operand.expression, operand.scope):
                if isinstance(one, Function) and one.scope not in self._given:
                    self._given[one.scope] = replace(given, scales=frozenset({1.0}))
                    found += [self._value(value, one.scope) for value in one.scope.returns]
                    del self._given[one.scope]
        state = _either(found)
        return state if state.reads else state.scaled([None])

    def _made_by(self, site: Site, name: str) -> list[Site]:
        """The calls of ``name`` that made what a method is called on."""
        on = self._evaluator.calls.called_on(site)
        return [one.site for one in on if isinstance(one, Returned) and name in one.names]

    def _number(self, site: Site, name: str, place: int | None, default: float | None = None) -> list[float | None]:
        given = self._evaluator.calls.argument(site, name, place)
        if given is None:
            return [default]
        return [
            float(one.value)
            if isinstance(one, Const) and isinstance(one.value, int | float)
            else default
            if isinstance(one, Const) and one.value is None
            else None
            for one in given
        ] or [None]


_HANDLERS: dict[type, Callable[[Preparing, Any, Scope], State]] = {
    ast.Name: Preparing._name,
    ast.BinOp: Preparing._binary,
    ast.UnaryOp: Preparing._negative,
    ast.List: Preparing._list,
    ast.Tuple: Preparing._tuple,
    ast.Set: Preparing._tuple,
    ast.Dict: Preparing._dictionary,
    ast.ListComp: Preparing._comprehension,
    ast.GeneratorExp: Preparing._comprehension,
    ast.SetComp: Preparing._comprehension,
    ast.Subscript: Preparing._subscript,
    ast.Attribute: Preparing._attribute,
    ast.IfExp: Preparing._conditional,
    ast.BoolOp: Preparing._any_of,
    ast.NamedExpr: Preparing._inner,
    ast.Starred: Preparing._inner,
    ast.Call: Preparing._call,
}
