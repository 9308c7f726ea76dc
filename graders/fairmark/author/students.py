"""Students: the course as they get it. Notebooks, recipes, and grader scripts that say what is asked at once.

No solution, nothing that `fairmark verify` reads, of the scripts' helpers what is left in use, and of a check that is
held back only its announcement::

    settings.unseen("The loss fits what the labels are", points=2, visibility="after_deadline")

Held back is what its author marks so, and every check whose text holds the key to its answer: numbers and words that
are typed in. Such a check is announced, and made where notebooks are handed in. A digest of the answer in its place
would not protect it: whoever may ask as often as they like tries the few numbers and words that come into question.
What stays in the script says what is asked of networks, trainings and pictures, and of numbers that are worked out from
what the notebook gives or measures: it can be read as the task can, and is no secret.
"""

from __future__ import annotations

import io
import shutil
import tokenize
from collections.abc import Iterable
from pathlib import Path

from fairmark.atomic_write import write_file
from fairmark.author.answer_keys import HeldBack, held_back, holds_key
from fairmark.author.helper_takeout import helpers_for
from fairmark.author.strip_hidden_checks import without_held_back
from fairmark.checks import Exercise, Grader, load_grader
from fairmark.checks.script import helpers_of
from fairmark.course import Course
from fairmark.data.atomic import new_sibling, put_in_place
from fairmark.errors import GraderError, MachineError, UsageError
from fairmark.notebook.master import hand_out
from fairmark.notebook.student_notebook import read_solution, release_notebook
from fairmark.points import total

__all__ = ["answers_kept", "release_to_students"]

PARTS = ("assignments", "datasets", "graders")
LEFT_BEHIND = ("__pycache__", "*.pyc", ".*", "*.verify.toml", "*.ipynb", "*.html", "*.zip", "*.tar*", "*.tgz")
"""What a data set's folder may hold beside its recipe and is nobody's business."""


def release_to_students(course: Course, names: Iterable[str], folder: Path) -> Path:
    """Write the assignments ``names`` of ``course``, and all its recipes, into ``folder``; the folder, as a full path.

    It appears whole or not at all; one that was written before is replaced. Raises :class:`UsageError` where ``folder``
    holds anything else, or lies in the course's own parts; :class:`GraderError` where a check that is held back cannot
    be taken out of its script; :class:`fairmark.errors.ReleaseError` where a solution cannot be released;
    :class:`MachineError` where something cannot be read or written.
    """
    final = folder.resolve()
    _require_free(course, final)
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        made = new_sibling(final)
    except OSError as problem:
        raise _not_written(final, problem) from problem
    try:
        for part in PARTS:
            (made / part).mkdir()
        for name in names:
            _write_assignment(course, name, made)
        _write_helpers(course, made)
        for name in names:
            assignment = course.assignment(name)
            _require_same(load_grader(assignment.grader), made / "graders" / f"{name}.py", assignment.grader)
        for name in course.datasets():
            ignored = shutil.ignore_patterns(*LEFT_BEHIND)
            shutil.copytree(course.dataset_folder(name), made / "datasets" / name, ignore=ignored)
        put_in_place(made, final)
    except (OSError, shutil.Error) as problem:
        raise _not_written(final, problem) from problem
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return final


def _require_free(course: Course, final: Path) -> None:
    root = course.root.resolve()
    within = (root / part for part in ("assignments", "solutions", "graders", "datasets"))
    if root.is_relative_to(final) or any(final.is_relative_to(part) for part in within):
        raise UsageError(f"{final}: is part of the course itself", remedy="Name a folder of its own.")
    if final.exists() and not final.is_dir():
        raise UsageError(f"{final}: is a file, not a folder", remedy="Name a folder that is new or empty.")
    others = sorted({path.name for path in final.iterdir()} - set(PARTS)) if final.is_dir() else []
    if others:
        raise UsageError(
            f"{final}: holds {others[0]!r}, which is no part of what students get",
            remedy="Name a folder that is new or empty, or one that was written by this command.",
        )


def _write_assignment(course: Course, name: str, made: Path) -> None:
    assignment = course.assignment(name)
    released = release_notebook(read_solution(assignment.solution), path=assignment.solution)
    whole = load_grader(assignment.grader)
    script = made / "graders" / f"{name}.py"
    write_file(script, _encoded(without_held_back(_text_of(assignment.grader), whole, assignment.grader)))
    hand_out(Course(made).assignment(name), released)


def _write_helpers(course: Course, made: Path) -> None:
    """The helpers that the scripts still import, without what only checks that are held back used of them."""
    folder = made / "graders"
    scripts = sorted(folder.glob("*.py"))
    paths = {helper.stem: helper for one in scripts for helper in helpers_of(course.root / "graders" / one.name)}
    texts = {name: _text_of(path) for name, path in paths.items()}
    for name, text in helpers_for(map(_text_of, scripts), texts).items():
        write_file(folder / f"{name}.py", _encoded(text))


def _text_of(path: Path) -> str:
    with tokenize.open(path) as file:  # in the encoding that it declares
        return file.read()


def _encoded(text: str) -> bytes:
    """In the encoding that it declares, if that line is still there."""
    return text.encode(tokenize.detect_encoding(io.BytesIO(text.encode()).readline)[0])


def answers_kept(course: Course, names: Iterable[str]) -> int:
    """How many checks that students might see, by their author, are kept with the teacher since they hold a key."""
    graders = [load_grader(course.assignment(name).grader) for name in names]
    everything = [check for one in graders for exercise in one.exercises for check in exercise.checks]
    return sum(check.visibility == "always" and holds_key(check) for check in everything)


def _require_same(whole: Grader, script: Path, path: Path) -> None:
    """What is left asks and announces what the whole script is worth."""
    remedy = "Keep what is held back apart from what is shown: a function each, with nothing around it."
    try:
        left = load_grader(script)
    except GraderError as problem:
        said = problem.message.replace(f"{script.parent}/", "")
        raise GraderError(f"{path}: without the checks held back it fails: {said}", remedy=remedy) from problem
    back = held_back(whole)
    asked = [_asked(exercise, back) for exercise in whole.exercises]
    if [_asked(exercise, frozenset()) for exercise in left.exercises] != asked:
        raise GraderError(f"{path}: without the checks held back it asks for something else", remedy=remedy)


def _asked(exercise: Exercise, back: HeldBack) -> tuple[str, list[str], float]:
    shown = [check.id for check in exercise.checks if (exercise.id, check.id) not in back]
    points = [check.points for check in exercise.checks] + [check.points for check in exercise.unseen_checks]
    return exercise.id, shown, total(points)


def _not_written(final: Path, problem: OSError | shutil.Error) -> MachineError:
    said = getattr(problem, "strerror", None) or str(problem)
    return MachineError(f"{final}: cannot be written: {said}", remedy="Name a folder that you may write to.")
