"""What a cell's text binds and changes: names, attributes, what lists and dictionaries hold."""

from __future__ import annotations

import ast

from fairmark.notebook.possible.scopes import Binding, CellScopes, Change, Guard, Scope, Step
from fairmark.notebook.possible.syntax import last_name, last_name_called

__all__ = ["Binder"]

_ADDING = {"append": -1, "add": 0, "insert": -1, "appendleft": 0}
"""Methods that add one of their arguments, the last or the first."""

_MIXING = frozenset({"sort", "reverse", "pop", "remove", "clear", "popitem"})


class Binder:
    """Where a reading stands: in which scope, behind which guards, how deep in blocks and loops."""

    def __init__(self, root: Scope) -> None:
        self.found = CellScopes(root, [root])
        self.scope = root
        self.guards: tuple[Guard, ...] = ()
        self.idle: set[ast.expr] = set()
        self.depth = 0
        self.loops = 0
        self.is_sure = False

    def read(self, node: ast.AST) -> None:
        raise NotImplementedError

    # --- what is bound ---

    def add(self, name: str, binding: Binding) -> None:
        binding.guards = self.guards
        scope = self.scope
        while scope.kind == "comprehension" and scope.parent is not None:
            scope = scope.parent
        if name in scope.globals:
            scope.outward.setdefault(name, []).append(binding)
            return
        while name in scope.nonlocals and scope.parent is not None:
            scope = scope.parent
        several = scope.bindings.setdefault(name, [])
        several.append(binding)
        if scope is self.found.root and self.is_sure:
            scope.sure[name] = len(several) - 1

    def used(self, node: ast.expr) -> None:
        """Notes which bindings of the cell's own the name at the beginning of a callee has."""
        while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
            node = node.func if isinstance(node, ast.Call) else node.value
        root = self.found.root
        if isinstance(node, ast.Name) and self.scope.body is root:
            stop = None if self.loops else len(root.bindings.get(node.id, ()))
            root.uses[node] = (root.sure.get(node.id), stop)

    def bind(self, target: ast.expr, value: ast.expr | None, steps: tuple[Step, ...] = ()) -> None:
        match target:
            case ast.Name(id=name):
                self.add(name, Binding(self.scope, value=value, steps=steps))
            case ast.Tuple(elts=items) | ast.List(elts=items):
                star = next((at for at, item in enumerate(items) if isinstance(item, ast.Starred)), len(items))
                for place, item in enumerate(items):
                    after = len(items) - place - 1
                    is_star = isinstance(item, ast.Starred)
                    step: Step = (place, after) if is_star else place if place < star else -after - 1
                    self.bind(item.value if isinstance(item, ast.Starred) else item, value, (*steps, step))
            case ast.Attribute(attr=name):
                self.read(target.value)
                binding = Binding(self.scope, value=value, steps=steps, target=target.value, guards=self.guards)
                self.found.attributes[name].append(binding)
            case ast.Subscript():
                self.read(target.value)
                self.read(target.slice)
                self.item(target, Binding(self.scope, value=value, steps=steps))

    def item(self, target: ast.Subscript, binding: Binding) -> None:
        match target.value, target.slice:
            case ast.Call(func=ast.Name(id="globals" | "vars" | "locals")), ast.Constant(value=str() as name):
                self.scope.body.outward.setdefault(name, []).append(binding)
            case holder, key:
                self.change(holder, Change(self.scope, key=key, binding=binding))

    def change(self, holder: ast.expr, change: Change) -> None:
        if isinstance(holder, ast.Subscript):  # of what it holds under that key more is not said
            change = Change(self.scope, key=holder.slice, binding=Binding(self.scope))
            holder = holder.value
        name = last_name(holder)
        if name is not None:
            change.is_of_attribute = not isinstance(holder, ast.Name)
            self.found.changes[name].append(change)

    def changing(self, node: ast.Call, holder: ast.expr, method: str) -> None:
        if method in _ADDING and node.args:
            binding = Binding(self.scope, value=node.args[_ADDING[method]])
            self.change(holder, Change(self.scope, binding=binding))
        elif method == "setdefault" and len(node.args) == 2:
            self.change(holder, Change(self.scope, key=node.args[0], binding=Binding(self.scope, value=node.args[1])))
        elif method in ("extend", "update"):
            pairs = tuple((one.arg, one.value) for one in node.keywords if one.arg is not None)
            if isinstance(holder, ast.Call) and last_name_called(holder.func) in ("globals", "vars"):
                for name, value in pairs:
                    self.scope.body.outward.setdefault(name, []).append(Binding(self.scope, value=value))
            for value in node.args:
                self.change(holder, Change(self.scope, binding=Binding(self.scope, value=value), is_spread=True))
            if pairs:
                self.change(holder, Change(self.scope, pairs=pairs))
        elif method in _MIXING:
            self.change(holder, Change(self.scope))
