"""Cells into which several were merged, taken apart again, so that each exercise has a cell of its own.

Running the parts one after the other is the same as running the whole, and lines keep their numbers: what stands above
a part is blank lines.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping
from dataclasses import replace

from fairmark.notebook.master import Master
from fairmark.notebook.match import FileCell
from fairmark.notebook.source import parses, tree_of
from fairmark.notebook.statements import MAX_COMPARED_CHARACTERS, holds
from fairmark.notebook.stub import HEADER
from fairmark.notebook.traits import Traits, Wanted, traits_of

__all__ = ["parts_at_headers", "parts_by_answers"]


def parts_at_headers(cell: FileCell, master: Master) -> list[FileCell]:
    """The cell; where several were merged into it, each by itself: below the header of each further exercise, and below
    a given cell."""
    lines = cell.source.split("\n")
    exercises = set(master.exercises)
    headers = [
        (number, named[1]) for number, line in enumerate(lines) if (named := HEADER.fullmatch(line)) and line[:1] == "#"
    ]
    starts, seen = [0], set[str]()
    for number, exercise in headers:
        if exercise in exercises and exercise not in seen:
            above = "\n".join(lines[starts[-1] : number])
            if seen or _is_given(above, master):
                starts.append(number)
            seen.add(exercise)
    return _taken_apart(cell, starts)


def _is_given(text: str, master: Master) -> bool:
    return bool(text.strip()) and any(
        cell.kind == "locked" and cell.source.strip() and holds(text, cell.source) for cell in master.code_cells
    )


def parts_by_answers(cell: FileCell, wanted: Mapping[str, Wanted], answered: Collection[str]) -> list[FileCell]:
    """The cell; where it holds the answers to several exercises, each by itself. ``answered`` have one already."""
    found = traits_of(cell.source)
    likely = [one for one in wanted.values() if one.exercise not in answered and one.answer and one.likeness(found)]
    tree = tree_of(cell.source) if len(likely) > 1 and len(cell.source) <= MAX_COMPARED_CHARACTERS else None
    if tree is None:
        return [cell]
    starts = [0]
    now, last_line = None, 0
    for node in tree.body:
        exercise = _most_like(ast.unparse(node), likely, now)
        first_line = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", []))])
        if now is not None and exercise != now and first_line > last_line:
            starts.append(first_line - 1)
        now, last_line = exercise or now, node.end_lineno or node.lineno
    return _taken_apart(cell, starts)


def _most_like(source: str, likely: list[Wanted], before: str | None) -> str | None:
    """The exercise whose answer a statement has most in common with; ``before`` if none has more than that."""
    found = traits_of(source)
    shared = {one.exercise: (one.answer or Traits()).shared(found) for one in likely}
    most = max(shared.values())
    return before if not most or shared.get(before or "") == most else max(shared, key=lambda name: shared[name])


def _taken_apart(cell: FileCell, starts: list[int]) -> list[FileCell]:
    """Parts that begin at these lines, counted from 0; the whole cell if one of them is not Python by itself."""
    lines = cell.source.split("\n")
    texts = [
        "\n" * start + "\n".join(lines[start:end]) for start, end in zip(starts, [*starts[1:], len(lines)], strict=True)
    ]
    if len(texts) == 1 or not all(map(parses, texts)) or cell.source.lstrip().startswith("%%"):
        return [cell]
    first, *more = texts
    return [replace(cell, source=first), *(replace(cell, source=text, grade_id=None) for text in more)]
