"""What a text binds, defines and calls: by that an answer is known again that has lost its place and its header."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from fairmark.notebook.magics import python_source
from fairmark.notebook.master import Master, MasterCell
from fairmark.notebook.source import tree_of
from fairmark.notebook.statements import MAX_COMPARED_CHARACTERS
from fairmark.notebook.stub import is_stub_line

__all__ = ["Traits", "Wanted", "is_scribble", "traits_of", "wanted_for"]

LEAST_LIKENESS = 0.5
"""Share of what an exercise's answer binds and calls that a cell must bind and call to be taken for one."""

_COMMON = frozenset(
    (
        *("abs", "append", "check", "dict", "display", "float", "format", "help", "int", "items", "join", "len"),
        *("list", "max", "min", "open", "print", "range", "round", "set", "show", "sorted", "str", "sum", "tuple"),
        *("type", "zip"),
    )
)
"""Calls that stand in any cell."""

_LOOKS = _COMMON | {"head", "imshow", "legend", "plot", "plot_model", "summary", "subplot", "title", "xlabel", "ylabel"}
"""Calls that show something."""

_CODE = re.compile(r"`([A-Za-z_]\w{2,60})(?:\(\))?`")
_BOUND = re.compile(r"^[ \t]*([A-Za-z_]\w{0,60})[ \t]*=(?!=)", re.MULTILINE)
_CALLED = re.compile(r"([A-Za-z_]\w{0,60})\(")


@dataclass(frozen=True)
class Traits:
    """Names that are given a value, functions and classes that are defined, and the last part of all that is called."""

    binds: frozenset[str] = frozenset()
    defines: frozenset[str] = frozenset()
    calls: frozenset[str] = frozenset()
    methods: frozenset[str] = frozenset()
    """Of ``calls``, those of an attribute: ``compile`` of ``model.compile``."""

    @property
    def count(self) -> int:
        return len(self.binds | self.defines) + len(self.calls)

    def shared(self, other: Traits) -> int:
        """How many of these ``other`` has, too."""
        return len((self.binds | self.defines) & (other.binds | other.defines)) + len(self.calls & other.calls)

    def __or__(self, other: Traits) -> Traits:
        return Traits(
            self.binds | other.binds,
            self.defines | other.defines,
            self.calls | other.calls,
            self.methods | other.methods,
        )


@dataclass(frozen=True)
class Wanted:
    """What an answer to ``exercise`` binds and calls: that of the reference, where there is one; else what is quoted in
    the text of the task (``named``). ``defines``: what the stub itself defines."""

    exercise: str
    answer: Traits | None
    defines: frozenset[str]
    named: frozenset[str]

    def likeness(self, found: Traits) -> float:
        """0 to 1; 0 below `LEAST_LIKENESS`."""
        if self.defines & found.defines:
            return 1.0
        if self.answer is None:
            return LEAST_LIKENESS if self.named & (found.binds | found.defines) else 0.0
        share = self.answer.shared(found) / self.answer.count if self.answer.count else 0.0
        return share if share >= LEAST_LIKENESS else 0.0

    def lacks(self, found: Traits) -> Traits:
        """What the reference binds and has done by methods, and ``found`` does not."""
        if self.answer is None:
            return Traits()
        methods = self.answer.methods - found.calls
        return Traits(binds=self.answer.binds - found.binds, calls=methods, methods=methods)


@lru_cache(maxsize=8)
def wanted_for(master: Master) -> Mapping[str, Wanted]:
    """For each exercise what its answer is known by."""
    found: dict[str, Wanted] = {}
    words: list[str] = []
    for cell in master.cells:
        if cell.cell_type == "markdown":
            words.append(cell.source)
        elif cell.exercise is None:
            words = []
        else:
            stub = traits_of("\n".join(_lines_left(cell)))
            answer = None if cell.answer is None else traits_of(cell.answer)
            named = frozenset(_CODE.findall("\n".join(words)))
            found[cell.exercise] = Wanted(cell.exercise, answer, stub.defines, named)
            words = []
    return found


def _lines_left(stub: MasterCell) -> Iterable[str]:
    """The stub with ``pass`` in the place of the line that raises, so that it is Python."""
    for line in stub.source.split("\n"):
        if not is_stub_line(line, stub.exercise or ""):
            yield line
        elif "raise" in line:
            yield line.replace(line.strip(), "pass")


@lru_cache(maxsize=256)
def traits_of(source: str) -> Traits:
    """What ``source`` binds, defines and calls; of text that is not Python, or longer than `MAX_COMPARED_CHARACTERS`,
    as far as its lines look like it."""
    tree = tree_of(source) if len(source) <= MAX_COMPARED_CHARACTERS else None
    if tree is None:
        calls = frozenset(_CALLED.findall(source)) - _COMMON
        return Traits(binds=frozenset(_BOUND.findall(source)), calls=calls)
    nodes = list(ast.walk(tree))
    functions = [node.func for node in nodes if isinstance(node, ast.Call)]
    plain = {function.id for function in functions if isinstance(function, ast.Name)} - _COMMON
    methods = {function.attr for function in functions if isinstance(function, ast.Attribute)} - _COMMON
    stored = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    defined = {node.name for node in nodes if isinstance(node, definitions)}
    return Traits(frozenset(stored), frozenset(defined), frozenset(plain | methods), frozenset(methods))


def is_scribble(source: str) -> bool:
    """Whether a cell answers nothing, whatever is asked: it imports, looks, prints, or tells the shell something."""
    tree = tree_of(source) if len(source) <= MAX_COMPARED_CHARACTERS else None
    return tree is not None and python_source(source).strip() != "" and all(map(_is_idle, tree.body))


def _is_idle(statement: ast.stmt) -> bool:
    match statement:
        case ast.Import() | ast.ImportFrom() | ast.Pass():
            return True
        case ast.Expr(value=value):
            calls = [node.func for node in ast.walk(value) if isinstance(node, ast.Call)]
            names = {node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "") for node in calls[:1]}
            return names <= _LOOKS
    return False
