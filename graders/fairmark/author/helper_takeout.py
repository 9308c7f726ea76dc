"""Helpers as students get them: what the scripts they get use, what that uses, and so on, and nothing else.

A helper may serve checks that are held back, so that what nothing uses must go: a constant, a question, a whole file. A
statement stays if it binds or changes something that is used by name, and imports, comments directly above and all text
within go with it. What is only entered somewhere by a decorator is used by no name, and goes.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping

from fairmark.author.statement_text import (
    cut_lines,
    extent_of,
    first_line_of,
    is_text,
    name_bound_by,
    names_read_in,
)

__all__ = ["helpers_for"]

_ALL = "*"
"""Stands for every name of a helper, where it cannot be told which are used."""


def helpers_for(scripts: Iterable[str], helpers: Mapping[str, str]) -> dict[str, str]:
    """What of ``helpers``, texts by name, the texts ``scripts`` need, each without what nothing uses; those that are
    not imported are left out."""
    scripts, kept = list(scripts), dict[str, str]()
    while True:  # from nothing upwards, so that what helpers use of each other alone does not stay
        trees = [ast.parse(text) for text in (*scripts, *kept.values())]
        used = {name: _used_of(name, trees) for name in helpers}
        found = {name: _only(helpers[name], names) for name, names in used.items() if names is not None}
        if found == kept:
            return kept
        kept = found


# --- what is used of a helper -----------------------------------------------------------------------------------------


def _used_of(helper: str, trees: Iterable[ast.Module]) -> set[str] | None:
    """The names of the helper that these texts use; None if none of them imports it."""
    used: set[str] | None = None
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module == helper and node.level == 0:
                named = {alias.name for alias in node.names}
                used = (used or set()) | (names_read_in(tree) if "*" in named else named)
            elif isinstance(node, ast.Import):
                for alias in node.names:
                    if alias.name == helper:
                        used = (used or set()) | _read_off(tree, name_bound_by(alias))
    return used


def _read_off(tree: ast.Module, module: str) -> set[str]:
    """The attributes that are read off the name of a module; all, if it is read in another way."""
    attributes = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    owners = {
        id(node.value): node.attr for node in attributes if isinstance(node.value, ast.Name) and node.value.id == module
    }
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == module]
    return {owners.get(id(node), _ALL) for node in names}


# --- what of a helper is used -----------------------------------------------------------------------------------------


def _only(source: str, used: set[str]) -> str:
    """``source`` with what ``used`` names, and what that needs."""
    if _ALL in used:
        return source
    groups = list(_groups(ast.parse(source).body))
    kept: set[int] = set()
    needed = set(used)
    while more := {place for place, group in enumerate(groups) if place not in kept and _serves(group, needed)}:
        kept |= more
        needed |= {name for place in more for node in groups[place] for name in names_read_in(node)}
    lines = source.split("\n")
    for place, group in reversed(list(enumerate(groups))):
        start, end = extent_of(group[0], lines)[0], extent_of(group[-1], lines)[1]
        if place not in kept:
            cut_lines(lines, start, end)
            continue
        [first, *others] = group
        if not others and isinstance(first, ast.Import | ast.ImportFrom) and not _is_taken_whole(first):
            names = [alias for alias in first.names if name_bound_by(alias) in needed]
            if len(names) < len(first.names):
                first.names = names
                lines[first.lineno - 1 : end] = [ast.unparse(first)]
    left = "\n".join(lines)
    return source if left == source else left.strip("\n") + "\n"


def _groups(body: Iterable[ast.stmt]) -> Iterator[list[ast.stmt]]:
    """Statements, together where they share a line, or where one is the text that says what the one before is for."""
    group: list[ast.stmt] = []
    for node in body:
        if group and not is_text(node) and first_line_of(node) > max(one.end_lineno or one.lineno for one in group):
            yield group
            group = []
        group.append(node)
    if group:
        yield group


def _serves(group: list[ast.stmt], needed: set[str]) -> bool:
    says_what_the_helper_is = is_text(group[0])
    return says_what_the_helper_is or any(_is_taken_whole(node) or _subjects(node) & needed for node in group)


def _is_taken_whole(node: ast.stmt) -> bool:
    """Whether it is an import of which no name can be left out."""
    return isinstance(node, ast.ImportFrom) and (node.module == "__future__" or node.names[0].name == "*")


def _subjects(node: ast.stmt) -> set[str]:
    """Names that a statement binds, or whose contents it may change."""
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            return {name_bound_by(alias) for alias in names}
        case ast.Expr():
            return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
        case ast.Assign() | ast.AnnAssign() | ast.AugAssign() | ast.Delete():
            return _changed_in(node)
    inner = [one for one in ast.iter_child_nodes(node) if isinstance(one, ast.stmt)]
    handlers = [one for handler in getattr(node, "handlers", []) for one in handler.body]
    return set().union(*map(_subjects, (*inner, *handlers))) | _changed_in(node)


def _changed_in(node: ast.stmt) -> set[str]:
    """Names that are bound, or bound something to, as ``RATES`` is in ``RATES["low"] = 0.001``."""
    found: set[str] = set()
    for inner in ast.walk(node):
        target: ast.AST = inner
        if isinstance(getattr(inner, "ctx", None), ast.Store | ast.Del):
            while isinstance(target, ast.Attribute | ast.Subscript):
                target = target.value
            if isinstance(target, ast.Name):
                found.add(target.id)
    return found
