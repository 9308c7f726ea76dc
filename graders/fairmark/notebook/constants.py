"""Large constants in a notebook's text: weights of a network that somebody else has trained can be brought along so."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from fairmark.evidence import Cell, Flag
from fairmark.notebook.source import tree_of

__all__ = ["large_constants_in"]

_LARGE = 20_000
"""Characters of constants and of names that somebody should see. In 1,346 cells of solutions and of honest notebooks
the most in one cell is 783; the smallest network that tells drawn pictures apart has some hundreds of weights, and each
takes several characters to write down. Names carry as much as texts do, and code can read them: an honest notebook has
at most 811 characters of them."""


def large_constants_in(cells: Iterable[Cell]) -> Iterable[Flag]:
    """A flag at the largest of them, if the student's own text carries more than 20,000 characters of constants and of
    different names."""
    own = [cell for cell in cells if cell.touched and (cell.role != "locked" or cell.own_text)]
    sizes = {cell.position: _written_out_in(cell.source) for cell in own}
    total = sum(sizes.values())
    if total > _LARGE:
        largest = max(own, key=lambda cell: sizes[cell.position])
        said = f"the code holds {total:,} characters of texts, numbers and names written out: look at what they are for"
        yield Flag(kind="large_constants", message=said, cell=largest.number)


def _written_out_in(source: str) -> int:
    """Characters; of a cell that is no Python, as one that writes a file, all of them."""
    tree = tree_of(source)
    if tree is None or source.lstrip().startswith("%%"):
        return len(source)
    size, names = 0, set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant):
            size += _length(node.value)
        else:
            names |= {value for field in _NAMED if isinstance(value := getattr(node, field, None), str)}
    return size + sum(map(len, names))


_NAMED = ("id", "attr", "arg", "name", "asname", "module")
"""Fields of a syntax tree that hold a name."""


def _length(value: object) -> int:
    return len(value) if isinstance(value, str | bytes) else len(repr(value))
