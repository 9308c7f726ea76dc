"""Takeout: a grader script without the checks that are held back from students (see :mod:`.answer_keys`).

Whole lines go and one line comes in their place; all other text stays as it is. A check goes with its decorators and
the comments directly above it, and with it the lesson of its exercise, which is said to those who have all of it right
and may repeat the answer; after it goes whatever nothing else uses: imports, constants, helping functions.
"""

from __future__ import annotations

import ast
import inspect
import itertools
import json
from pathlib import Path
from types import CodeType

from fairmark.author.answer_keys import held_back
from fairmark.author.statement_text import (
    cut_lines,
    extent_of,
    first_line_of,
    is_text,
    name_bound_by,
    names_read_in,
    shares_a_line,
)
from fairmark.checks import Check, Exercise, Grader
from fairmark.errors import GraderError
from fairmark.present.visibility import NOT_SHOWN

__all__ = ["without_held_back"]

FLAT = (
    "Let it be a plain function of the script, not inside another, decorated with its exercise's check(...) and "
    "nothing else."
)


def without_held_back(source: str, grader: Grader, path: Path) -> str:
    """``source``, the script at ``path`` that ``grader`` was loaded from, with announcements in place of what is held
    back.

    Raises :class:`GraderError`, with file and line, where such a check is not one plain function, or the lesson of its
    exercise is not written out where the exercise is made.
    """
    back = held_back(grader)
    tree = ast.parse(source)
    functions = {first_line_of(node): node for node in tree.body if isinstance(node, ast.FunctionDef)}
    lines = source.split("\n")
    wanted: set[str] = set()
    edits: list[tuple[int, int, list[str]]] = []
    everything = [(exercise, check) for exercise in grader.exercises for check in exercise.checks]
    shown_places = {_place_of(check) for exercise, check in everything if (exercise.id, check.id) not in back}
    for exercise in grader.exercises:
        if exercise.lesson is not None and any(exercise.id == one for one, _ in back):
            lesson = _lesson_of(tree, exercise, path)
            wanted |= names_read_in(lesson)
            edits.append(_replaced(lesson, "None", lines))
        for check in exercise.checks:
            if (exercise.id, check.id) not in back:
                continue
            file, line = _place_of(check)
            function = functions.get(line) if file == str(path) else None
            variable = None if function is None or (file, line) in shown_places else _exercise_variable(function)
            if function is None or variable is None:
                problem = f"{file}:{line}: the check {check.id!r} is held back and cannot be taken out"
                raise GraderError(problem, remedy=FLAT)
            wanted |= names_read_in(function)
            edits.append((*extent_of(function, lines), [_announcement(variable, check, exercise)]))
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


def _place_of(check: Check) -> tuple[str, int]:
    """The file, which may be a helper, and the line of its function's first decorator."""
    code: CodeType = inspect.unwrap(check.question).__code__
    return code.co_filename, code.co_firstlineno


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


# --- what nothing else uses -------------------------------------------------------------------------------------------


def _without_unused(source: str, wanted: set[str]) -> str:
    """``source`` without the statements that bind only names of ``wanted``, which removed text used, and nothing else
    uses; and without what only these used, and so on."""
    while True:
        body = ast.parse(source).body
        lines = source.split("\n")
        for place, node in enumerate(body):
            others = set().union(*(names_read_in(other) for other in body if other is not node))
            unused = (_bound_by(node) & wanted) - others
            if not unused or shares_a_line(node, body):
                continue
            start, end = extent_of(node, lines)
            if unused == _bound_by(node):
                wanted = wanted | names_read_in(node)
                for text in itertools.takewhile(is_text, body[place + 1 :]):  # which says what it is for
                    end = extent_of(text, lines)[1]
                cut_lines(lines, start, end)
                break
            if isinstance(node, ast.Import | ast.ImportFrom):
                node.names = [alias for alias in node.names if name_bound_by(alias) not in unused]
                lines[node.lineno - 1 : end] = [ast.unparse(node)]
                break
        else:
            return source
        source = "\n".join(lines)


def _bound_by(node: ast.stmt) -> set[str]:
    """Names that an undecorated definition, an import or a plain assignment binds; none for any other statement."""
    match node:
        case ast.FunctionDef(decorator_list=[]) | ast.ClassDef(decorator_list=[]):
            return {node.name}
        case ast.Import() | ast.ImportFrom():
            return {name_bound_by(alias) for alias in node.names}
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return {name}
        case ast.AugAssign(target=ast.Name(id=name)):
            return {name}
        case ast.Assign(targets=[ast.Tuple(elts=names)]) if all(isinstance(one, ast.Name) for one in names):
            return {one.id for one in names if isinstance(one, ast.Name)}
    return set()
