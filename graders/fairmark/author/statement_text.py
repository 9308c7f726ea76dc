"""Statements of a script as lines of text: where each begins and ends, what it reads, and how it is cut out."""

from __future__ import annotations

import ast

__all__ = ["cut_lines", "extent_of", "first_line_of", "is_text", "name_bound_by", "names_read_in", "shares_a_line"]


def first_line_of(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def extent_of(node: ast.stmt, lines: list[str]) -> tuple[int, int]:
    """Indices of the lines of a statement: with comments directly above it, and with those that end its body, which
    are no part of the syntax tree."""
    start, end = first_line_of(node) - 1, node.end_lineno or node.lineno
    while start and lines[start - 1].lstrip().startswith("#"):
        start -= 1
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        for index in range(end, len(lines)):
            if lines[index].strip() and not lines[index][0].isspace():
                break
            end = index + 1 if lines[index].strip() else end
    return start, end


def is_text(node: ast.stmt) -> bool:
    """Whether it is text alone, as docstrings are."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def cut_lines(lines: list[str], start: int, end: int) -> None:
    """Removes lines, and the shorter of the two gaps around them."""
    above, below = start, end
    while above and not lines[above - 1].strip():
        above -= 1
    while below < len(lines) and not lines[below].strip():
        below += 1
    if start - above >= below - end:
        lines[start:below] = []
    else:
        lines[above:end] = []


def names_read_in(node: ast.AST) -> set[str]:
    """Names that are read in it; what an assignment binds is not read."""
    names = (inner for inner in ast.walk(node) if isinstance(inner, ast.Name))
    return {name.id for name in names if isinstance(name.ctx, ast.Load)}


def name_bound_by(alias: ast.alias) -> str:
    return alias.asname or alias.name.partition(".")[0]


def shares_a_line(node: ast.stmt, body: list[ast.stmt]) -> bool:
    end = node.end_lineno or node.lineno
    return any(
        first_line_of(other) <= end and (other.end_lineno or other.lineno) >= first_line_of(node)
        for other in body
        if other is not node
    )
