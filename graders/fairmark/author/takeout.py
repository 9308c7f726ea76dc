"""Takeout: a grader script without the checks that are held back from students (see :mod:`.answer_keys`).

Whole lines go and one line comes in their place; all other text stays as it is. A check goes with its decorators and
the comments directly above it, and with it the lesson of its exercise, which is said to those who have all of it right
and may repeat the answer; after it goes whatever nothing else uses: imports, constants, helping functions.
"""

from __future__ import annotations

import ast
import inspect
import json
from collections.abc import Iterable
from pathlib import Path
from types import CodeType

from fairmark.author.answer_keys import held_back
from fairmark.checks import Check, Exercise, Grader
from fairmark.errors import GraderError
from fairmark.present.audience import NOT_SHOWN

__all__ = ["helper_for", "without_held_back"]

FLAT = "Let it be a plain function, not inside another, decorated with its exercise's check(...) and nothing else."


def without_held_back(source: str, grader: Grader, path: Path) -> str:
    """``source``, the script at ``path`` that ``grader`` was loaded from, with announcements in place of what is held
    back.

    Raises :class:`GraderError`, with file and line, where such a check is not one plain function, or the lesson of its
    exercise is not written out where the exercise is made.
    """
    back = held_back(grader)
    tree = ast.parse(source)
    functions = {_first_line(node): node for node in tree.body if isinstance(node, ast.FunctionDef)}
    lines = source.split("\n")
    wanted: set[str] = set()
    edits: list[tuple[int, int, list[str]]] = []
    everything = [(exercise, check) for exercise in grader.exercises for check in exercise.checks]
    shown_lines = {_line_of(check) for exercise, check in everything if (exercise.id, check.id) not in back}
    for exercise in grader.exercises:
        if exercise.lesson is not None and any(exercise.id == one for one, _ in back):
            lesson = _lesson_of(tree, exercise, path)
            wanted |= _names_in(lesson)
            edits.append(_replaced(lesson, "None", lines))
        for check in exercise.checks:
            if (exercise.id, check.id) not in back:
                continue
            line = _line_of(check)
            function = functions.get(line)
            variable = None if function is None or line in shown_lines else _exercise_variable(function)
            if function is None or variable is None:
                problem = f"{path}:{line}: the check {check.id!r} is held back and cannot be taken out"
                raise GraderError(problem, remedy=FLAT)
            wanted |= _names_in(function)
            edits.append((*_extent(function, lines), [_announcement(variable, check, exercise)]))
    for start, end, instead in sorted(edits, reverse=True):
        lines[start:end] = instead
    return _without_unused("\n".join(lines), wanted)


def _lesson_of(tree: ast.Module, exercise: Exercise, path: Path) -> ast.expr:
    """What stands behind ``lesson=`` where the exercise is made."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr="exercise"), args=[ast.Constant(value=name), *_], keywords=keywords):
                given = [keyword.value for keyword in keywords if keyword.arg == "lesson"]
                if name == exercise.id and given:
                    return given[0]
    problem = f"{path}: the lesson of the exercise {exercise.id!r}, of which a check is held back, cannot be taken out"
    raise GraderError(problem, remedy=f'Write it where the exercise is made: grader.exercise("{exercise.id}", ...).')


def _replaced(node: ast.expr, instead: str, lines: list[str]) -> tuple[int, int, list[str]]:
    """The edit that puts ``instead`` in the place of an expression; its columns count bytes."""
    first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
    before = lines[first].encode()[: node.col_offset].decode()
    after = lines[last].encode()[node.end_col_offset :].decode()
    return first, last + 1, [f"{before}{instead}{after}"]


def _line_of(check: Check) -> int:
    """Of its function's first decorator."""
    code: CodeType = inspect.unwrap(check.question).__code__
    return code.co_firstlineno


def _announcement(variable: str, check: Check, exercise: Exercise) -> str:
    title = NOT_SHOWN if check.visibility == "never" else check.title
    quoted = json.dumps(title, ensure_ascii=False)
    return f'{variable}.unseen({quoted}, points={check.points!r}, visibility="{check.visibility}")'


def _exercise_variable(function: ast.FunctionDef) -> str | None:
    """``settings`` of ``@settings.check(...)``; None where that is not the function's one decorator."""
    match function.decorator_list:
        case [ast.Call(func=ast.Attribute(value=ast.Name(id=variable), attr="check"))]:
            return variable
    return None


# --- lines ------------------------------------------------------------------------------------------------------------


def _first_line(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def _extent(node: ast.stmt, lines: list[str]) -> tuple[int, int]:
    """Indices of the lines of a statement: with comments directly above it, and with those that end its body, which
    are no part of the syntax tree."""
    start, end = _first_line(node) - 1, node.end_lineno or node.lineno
    while start and lines[start - 1].lstrip().startswith("#"):
        start -= 1
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        for index in range(end, len(lines)):
            if lines[index].strip() and not lines[index][0].isspace():
                break
            end = index + 1 if lines[index].strip() else end
    return start, end


def _cut(lines: list[str], start: int, end: int) -> None:
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


# --- what nothing else uses -------------------------------------------------------------------------------------------


def helper_for(sources: Iterable[str], helper: str, source: str) -> str:
    """``source``, the helper of that name, without what ``sources``, the scripts and helpers that students get, do not
    use of it: it may have served a check that is held back."""
    used: set[str] = set()
    for tree in map(ast.parse, sources):
        for node in ast.walk(tree):
            match node:
                case ast.ImportFrom(module=module, names=names) if module == helper:
                    used |= {alias.name for alias in names}
                case ast.Import(names=names) if any(alias.name == helper and alias.asname is None for alias in names):
                    used |= _read_off(tree, helper)
                case ast.Import(names=names) if any(alias.name == helper for alias in names):
                    used |= {name for alias in names for name in _read_off(tree, alias.asname or "")}
    bound = set().union(*map(_bound_by, ast.parse(source).body))
    return source if "*" in used else _without_unused(source, bound - used, kept=frozenset(used))


def _read_off(tree: ast.Module, name: str) -> set[str]:
    """The attributes that are read off ``name``; all, if it is read in another way."""
    held = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)]
    read = {node.attr for node in held if isinstance(node.value, ast.Name) and node.value.id == name}
    bases = {id(node.value) for node in held}
    others = [
        node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == name and id(node) not in bases
    ]
    return {*read, "*"} if others else read


def _without_unused(source: str, wanted: set[str], kept: frozenset[str] = frozenset()) -> str:
    """``source`` without the statements that bind only names of ``wanted``, which removed text used, and nothing else
    uses; and without what only these used, and so on. Names that are ``kept`` are used elsewhere."""
    while True:
        body = ast.parse(source).body
        lines = source.split("\n")
        for node in body:
            others = set().union(*(_names_in(other) for other in body if other is not node))
            unused = (_bound_by(node) & wanted) - others - kept
            if not unused or _shares_a_line(node, body):
                continue
            start, end = _extent(node, lines)
            if unused == _bound_by(node):
                wanted = wanted | _names_in(node)
                _cut(lines, start, end)
                break
            if isinstance(node, ast.Import | ast.ImportFrom):
                node.names = [alias for alias in node.names if _binds(alias) not in unused]
                lines[node.lineno - 1 : end] = [ast.unparse(node)]
                break
        else:
            return source
        source = "\n".join(lines)


def _names_in(node: ast.AST) -> set[str]:
    """Names that are read in it; what an assignment binds is not read."""
    names = (inner for inner in ast.walk(node) if isinstance(inner, ast.Name))
    return {name.id for name in names if isinstance(name.ctx, ast.Load)}


def _bound_by(node: ast.stmt) -> set[str]:
    """Names that an undecorated definition, an import or a plain assignment binds; none for any other statement."""
    match node:
        case ast.FunctionDef(decorator_list=[]) | ast.ClassDef(decorator_list=[]):
            return {node.name}
        case ast.Import() | ast.ImportFrom():
            return {_binds(alias) for alias in node.names}
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return {name}
        case ast.AugAssign(target=ast.Name(id=name)):
            return {name}
        case ast.Assign(targets=[ast.Tuple(elts=names)]) if all(isinstance(one, ast.Name) for one in names):
            return {one.id for one in names if isinstance(one, ast.Name)}
    return set()


def _binds(alias: ast.alias) -> str:
    return alias.asname or alias.name.partition(".")[0]


def _shares_a_line(node: ast.stmt, body: list[ast.stmt]) -> bool:
    end = node.end_lineno or node.lineno
    return any(
        _first_line(other) <= end and (other.end_lineno or other.lineno) >= _first_line(node)
        for other in body
        if other is not node
    )
