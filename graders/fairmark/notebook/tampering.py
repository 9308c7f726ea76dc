"""What no answer to an exercise needs: text that reaches for the recorder or for the interpreter below the notebook, or
puts its own in the place of the framework's.

Finding it proves nothing and costs no marks; a person should look. Not finding it proves nothing either: text can be
put together at run time. It is here because what a notebook claims about itself is checked against its text, and one
that rewrites the recorder and words its text to match would otherwise pass unseen.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator

from fairmark.evidence import Cell, Flag
from fairmark.notebook.magics import module_written_by
from fairmark.notebook.source import parses, tree_of

__all__ = ["tampering_in"]

_MODULES = ("ctypes", "_ctypes", "cffi", "_posixsubprocess")
_INTERPRETER = (
    "gc.get_objects",
    "gc.get_referents",
    "gc.get_referrers",
    "inspect.currentframe",
    "inspect.stack",
    "sys._getframe",
    "sys.setprofile",
    "sys.settrace",
)
_INNARDS = (
    "__closure__",
    "__code__",
    "__globals__",
    "__subclasses__",
    "cell_contents",
    "co_consts",
    "f_back",
    "f_globals",
    "f_locals",
)
_OFFERED = ("fairmark", "fairmark.check", "fairmark.dataset")
_SET = ("fairmark.check.assignment",)
"""What of ours a notebook may give a value."""
_SHELL = ("ast_transformers", "events", "input_transformers_cleanup", "input_transformers_post")
_REPLACED = ("builtins", "fairmark", "io", "json", "np", "numpy", "os")
_FILES = ("/proc/", "/dev/kmsg", "/dev/mem")


def tampering_in(
    cells: Iterable[Cell], ran: Collection[int] = (), *, modules: Collection[str] = ()
) -> tuple[Flag, ...]:
    """One flag for each cell of the student's in which something is found, saying what; ``cell`` is its number.

    ``ran`` are the positions of cells that ran to their end: one among them whose text is not Python to us is flagged.
    ``modules`` are those of the framework, by the names that notebooks have for them.
    """
    flags: list[Flag] = []
    replaced = frozenset({*_REPLACED, *modules})
    for cell in cells:
        if not cell.touched or (cell.role == "locked" and not cell.own_text):
            continue
        found = sorted({*_found_in(cell.source, replaced), *_found_in(module_written_by(cell.source), replaced)})
        if not found and cell.position in ran and not parses(cell.source):
            found = ["text that cannot be read here, but ran"]
        if found:
            flags.append(Flag(kind="tampering", message=f"this cell uses {', '.join(found)}"[:500], cell=cell.number))
    return tuple(flags)


def _found_in(source: str, modules: Collection[str]) -> Iterator[str]:
    tree = tree_of(source)
    for node in ast.walk(tree) if tree is not None else ():
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names if _is_telling(alias.name))
            case ast.ImportFrom(module=str(module), names=names):
                yield from (name for name in (f"{module}.{alias.name}" for alias in names) if _is_telling(name))
            case ast.Attribute(attr="__file__" | "__path__", value=ast.Name(id="fairmark")):
                yield _dotted(node)
            case ast.Attribute() if _dotted(node) in _INTERPRETER:
                yield _dotted(node)
            case ast.Attribute(attr=attr) if attr in _INNARDS:
                yield attr
            case ast.Attribute(value=ast.Call(func=ast.Name(id="get_ipython")), attr=attr) if attr in _SHELL:
                yield f"get_ipython().{attr}"
            case ast.Constant(value=str(text)) if text.startswith(_FILES) or _is_module_of_ours(text):
                yield repr(text[:60])
            case ast.Assign(targets=targets):
                yield from (f"{name} = …" for one in targets if (name := _replaced(one, modules)))
            case ast.Call(func=ast.Name(id="setattr"), args=[target, *_]) if _root(target) in modules:
                yield f"setattr({_dotted(target)}, …)"
            case _:
                pass


def _is_module_of_ours(text: str) -> bool:
    return text.startswith("fairmark.") and text not in _OFFERED and all(map(str.isidentifier, text.split(".")))


def _is_telling(name: str) -> bool:
    top = name.partition(".")[0]
    return top in _MODULES or name in _INTERPRETER or (top == "fairmark" and name not in _OFFERED)


def _replaced(target: ast.expr, modules: Collection[str]) -> str:
    """The attribute of one of ``modules``, or the loaded module, that is given another value; empty where it is
    none."""
    if isinstance(target, ast.Subscript) and _dotted(target.value) == "sys.modules":
        return "sys.modules[]"
    replaced = isinstance(target, ast.Attribute) and _root(target) in modules and _dotted(target) not in _SET
    return _dotted(target) if replaced else ""


def _root(node: ast.expr) -> str:
    return _dotted(node).partition(".")[0]


def _dotted(node: ast.expr) -> str:
    """``a.b.c`` for an attribute of an attribute of a name; empty for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""
