"""Students write ``check("compile")``, as the README says: a given cell above the first exercise imports ``check``."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fairmark.notebook.magics import python_source
from fairmark.notebook.parse import parse_notebook
from fairmark.notebook.student_notebook import read_solution

__all__ = ["IMPORT", "imports_check", "missing_import", "with_check_import"]

IMPORT = "from fairmark import check"


def missing_import(solution: Path) -> tuple[str, str] | None:
    """Problem and remedy where no given cell of the solution notebook above its first exercise binds ``check``.

    Raises what :func:`read_solution` and :func:`parse_notebook` do.
    """
    notebook = parse_notebook(read_solution(solution), path=solution)
    if imports_check(notebook.cells):
        return None
    problem = (
        f'{solution}: no given cell above the first exercise imports check: check("...") is a NameError to students'
    )
    return problem, f"Write `{IMPORT}` into the cell of imports, and run `fairmark release`."


def imports_check(cells: Sequence[Any]) -> bool:
    """Whether a given code cell above the first exercise binds the name ``check``."""
    for cell in cells:
        if _is_exercise(cell):
            return False
        if cell["cell_type"] == "code" and "check" in _bound_by(cell["source"]):
            return True
    return False


def with_check_import(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same cells, the import added to the first given cell of code above the first exercise, or to a new one there
    where that is not Python or there is none. Cells that have it already come back as they are."""
    if imports_check(cells):
        return cells
    first = next((at for at, cell in enumerate(cells) if _is_exercise(cell)), len(cells))
    for at, cell in enumerate(cells[:first]):
        if cell["cell_type"] == "code" and (source := _with_import(cell["source"])) is not None:
            return [*cells[:at], {**cell, "source": source}, *cells[at + 1 :]]
    return [*cells[:first], {"cell_type": "code", "metadata": {}, "source": IMPORT}, *cells[first:]]


def _is_exercise(cell: Any) -> bool:  # noqa: ANN401 - a node of nbformat, or a dictionary like one
    return cell["metadata"].get("nbgrader", {}).get("solution") is True


def _bound_by(source: str) -> set[str]:
    """Names that a cell's own statements, not those inside others, import, or bind to ``fairmark.check``."""
    names: set[str] = set()
    for statement in _statements(source):
        match statement:
            case ast.Import() | ast.ImportFrom():
                aliases = {alias.asname or alias.name.partition(".")[0] for alias in statement.names}
                names |= {"check"} if aliases == {"*"} and _is_ours(statement) else aliases
            case ast.Assign(targets=targets, value=ast.Attribute(value=ast.Name(id="fairmark"), attr="check")):
                names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return names


def _is_ours(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.ImportFrom) and statement.module == "fairmark"


def _statements(source: str) -> list[ast.stmt]:
    try:
        return ast.parse(python_source(source)).body
    except (SyntaxError, ValueError):
        return []


def _with_import(source: str) -> str | None:
    """``source`` with the import above its first import or statement; None for a cell that is no Python of this
    process (``%%bash``), or none at all."""
    lines = source.split("\n")
    statements = _statements(source)
    first = next((line for line in lines if line.strip()), "")
    if not statements or first.startswith("%%"):
        return None
    body = [one for one in statements if not _must_come_first(one, statements)]
    imports = [one for one in body if isinstance(one, ast.Import | ast.ImportFrom)]
    # Above an import, for it may fail; but below magics and comments, which may have to be first.
    at = (imports or body)[0].lineno - 1 if body else len(lines)
    return "\n".join([*lines[:at], IMPORT, *lines[at:]])


def _must_come_first(statement: ast.stmt, all_of_them: list[ast.stmt]) -> bool:
    is_future = isinstance(statement, ast.ImportFrom) and statement.module == "__future__"
    is_docstring = statement is all_of_them[0] and isinstance(statement, ast.Expr)
    return is_future or (is_docstring and isinstance(getattr(statement, "value", None), ast.Constant))
