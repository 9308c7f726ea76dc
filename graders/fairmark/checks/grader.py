"""Grader scripts: what an assignment asks and what each answer is worth."""

from __future__ import annotations

import contextlib
import inspect
import math
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias, get_args

from fairmark.checks.script import helpers_of, is_raised_by_hand, run_script
from fairmark.errors import GraderError
from fairmark.points import total
from fairmark.report import Visibility

__all__ = ["Check", "Exercise", "Grader", "Unseen", "load_grader"]

Question: TypeAlias = Callable[[Any], str | None]
"""Takes the view of the grader's framework."""


@dataclass(frozen=True)
class Check:
    """One question. ``question`` raises where the answer is wrong, and may return a remark where it is right.

    ``id`` is the function's name, unique in its exercise; ``points`` more than 0.
    """

    id: str
    title: str
    points: float
    question: Question
    hint: str | None = None
    visibility: Visibility = "always"


@dataclass(frozen=True)
class Unseen:
    """A check that this copy of the grader script does not hold: it is made where the notebook is handed in."""

    title: str
    points: float
    visibility: Visibility


@dataclass
class Exercise:
    """One stubbed cell. ``needs_training`` exercises are left out where a run only looks at structure.

    ``hints`` lead on in steps, from a nudge to a pointer at the idea, never to the code; ``lesson`` is said once all
    checks pass, and teaches why that was right.
    """

    id: str
    title: str
    needs_training: bool = False
    hints: tuple[str, ...] = ()
    lesson: str | None = None
    checks: list[Check] = field(default_factory=list)
    unseen_checks: list[Unseen] = field(default_factory=list)

    @property
    def points(self) -> float:
        return total(check.points for check in self.checks)

    def unseen(self, title: str, *, points: float, visibility: Visibility = "after_deadline") -> None:
        """Declares a check that is made elsewhere, as `fairmark release --students` does for those it leaves out.
        Raises :class:`GraderError` where :meth:`check` would."""
        _require_sound(f"{self.id}: a check made elsewhere", title, points, None, visibility)
        self.unseen_checks.append(Unseen(title, points, visibility))

    def check(
        self, title: str, *, points: float, hint: str | None = None, visibility: Visibility = "always"
    ) -> Callable[[Question], Question]:
        """Decorates the function that asks the question; its name becomes the check's id.

        Raises :class:`GraderError` for points that are not positive, for a title or hint that is no text, for a
        visibility there is not, and for a second check of the same name.
        """

        def add(question: Question) -> Question:
            name = question.__name__
            with _placed(question):
                _require_sound(f"check {name!r}", title, points, hint, visibility)
            if any(check.id == name for check in self.checks):
                with _placed(question):
                    raise GraderError(f"exercise {self.id!r} has a second check named {name!r}")
            self.checks.append(Check(name, title, points, question, hint, visibility))
            return question

        return add


class Grader:
    """All that is asked in one assignment.

    ``name`` is the assignment's, ``dataset`` the data set's it is about. ``hidden_accuracy`` is the share of hidden
    pictures, 0 to 1, that the trained model must name rightly; None where accuracy is not asked for.

    ``decide_early`` lets a class's training end once that is settled, once its loss is no number or has stayed the same
    for ``still_epochs``, or where no weight of the model may change; switch it off where the number of epochs that run
    is itself what is asked.

    ``framework`` is the name of the framework that notebooks use, empty for the one that fairmark brings along.

    Raises :class:`GraderError` for a share or a number of epochs that is none, and for a name, title or data set that
    is no text.
    """

    def __init__(
        self,
        name: str,
        *,
        title: str,
        dataset: str,
        hidden_accuracy: float | None = None,
        decide_early: bool = True,
        still_epochs: int | None = None,
        framework: str = "",
    ) -> None:
        _require_text("A grader's name", name)
        _require_text(f"{name}: its title", title)
        _require_text(
            f"{name}: its data set", dataset, remedy='Write the name of a folder in datasets/: dataset="shapes".'
        )
        if not isinstance(framework, str):
            raise GraderError(
                f"{name}: its framework is {framework!r}, not a text", remedy="Write the name of one, in quotes."
            )
        if hidden_accuracy is not None and not (isinstance(hidden_accuracy, int | float) and 0 < hidden_accuracy <= 1):
            raise GraderError(
                f"{name}: hidden_accuracy is {hidden_accuracy!r}", remedy="It is a share: 0.8 asks for 80% of them."
            )
        if still_epochs is not None and not (isinstance(still_epochs, int) and still_epochs >= 1):
            raise GraderError(f"{name}: still_epochs is {still_epochs!r}", remedy="Allow at least one.")
        self.name = name
        self.title = title
        self.dataset = dataset
        self.hidden_accuracy = hidden_accuracy
        self.decide_early = decide_early
        self.still_epochs = still_epochs
        self.framework = framework
        self.exercises: list[Exercise] = []

    def exercise(
        self,
        id: str,
        *,
        title: str,
        needs_training: bool = False,
        hints: Sequence[str] = (),
        lesson: str | None = None,
    ) -> Exercise:
        """Adds an exercise; ``id`` is the stub's ``grade_id`` in the notebook. Raises :class:`GraderError` where there
        is one of that id already, or a title, hint or lesson is no text."""
        if isinstance(hints, str) or not isinstance(hints, Sequence):
            said, remedy = f"{hints!r}, not a list of texts", "Write them in parentheses, with a comma behind each."
            if isinstance(hints, str):
                said, remedy = "one text", "Put a comma behind the only one: hints=(..., )."
            raise GraderError(f"{self.name}: the hints of exercise {id!r} are {said}", remedy=remedy)
        _require_text(f"{self.name}: the id of an exercise", id)
        if not isinstance(needs_training, bool):
            said = f"{self.name}: needs_training of exercise {id!r} is {needs_training!r}"
            raise GraderError(said, remedy="Write True or False.")
        for what, text in (("title", title), *(("hint", hint) for hint in hints), ("lesson", lesson or "")):
            _require_text(f"{self.name}: the {what} of exercise {id!r}", text)
        if any(exercise.id == id for exercise in self.exercises):
            raise GraderError(f"{self.name}: there is a second exercise named {id!r}")
        exercise = Exercise(id, title, needs_training, tuple(hints), lesson)
        self.exercises.append(exercise)
        return exercise

    @property
    def points(self) -> float:
        return total(exercise.points for exercise in self.exercises)

    @property
    def needs_training(self) -> bool:
        """Whether anything asked here does."""
        return self.hidden_accuracy is not None or any(exercise.needs_training for exercise in self.exercises)


def load_grader(path: Path) -> Grader:
    """The ``grader`` that the script at ``path`` defines.

    Raises :class:`GraderError`, with file and line, where the script cannot be run or defines none. Whatever it raises
    or calls, the command goes on; only Ctrl-C is passed on.
    """
    try:
        module = run_script(path)
    except GraderError as problem:
        if problem.is_placed:
            raise
        placed = f"{place_in(problem, path)}: {problem.message}"
        raise GraderError(placed, remedy=problem.remedy) from problem
    except BaseException as problem:
        if not is_raised_by_hand(problem):
            raise
        said = problem.msg if isinstance(problem, SyntaxError) else problem
        placed = f"{place_in(problem, path)}: {type(problem).__name__}: {said}"
        raise GraderError(placed, remedy="Correct the grader script there.") from problem
    grader = getattr(module, "grader", None)
    if not isinstance(grader, Grader):
        raise GraderError(
            f"{path}: defines no grader",
            remedy='Begin it with grader = Grader("name", ...); a file of helpers has a name that begins with _.',
        )
    if grader.name != path.stem:
        raise GraderError(f"{path}: its grader is named {grader.name!r}", remedy="File and grader share one name.")
    return grader


def place_in(problem: BaseException, path: Path) -> str:
    """``file:12`` for the innermost line of the script at ``path``, or of a helper of it, that the exception passed
    through; the script alone if it passed through none."""
    files = {str(path), *map(str, helpers_of(path))}
    if isinstance(problem, SyntaxError) and problem.filename in files and problem.lineno is not None:
        return f"{problem.filename}:{problem.lineno}"
    frames = [frame for frame in traceback.extract_tb(problem.__traceback__) if frame.filename in files]
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else str(path)


def _require_sound(check: str, title: object, points: object, hint: object, visibility: object) -> None:
    if not isinstance(points, int | float) or not (math.isfinite(points) and points > 0):
        raise GraderError(f"{check} is worth {points!r} points", remedy="A check needs a positive number of points.")
    _require_text(f"{check}: its title", title)
    _require_text(f"{check}: its hint", "" if hint is None else hint)
    if visibility not in get_args(Visibility):
        allowed = ", ".join(map(repr, get_args(Visibility)))
        raise GraderError(f"{check}: there is no visibility {visibility!r}", remedy=f"There are {allowed}.")


def _require_text(what: str, value: object, remedy: str = "Write one text, in quotes.") -> None:
    if not isinstance(value, str):
        raise GraderError(f"{what} is {value!r}, not a text", remedy=remedy)


@contextlib.contextmanager
def _placed(question: Question) -> Iterator[None]:
    """What is wrong with a check is told with the file and the line of its function."""
    try:
        yield
    except GraderError as problem:
        place = f"{inspect.getsourcefile(question)}:{question.__code__.co_firstlineno}"
        raise GraderError(f"{place}: {problem.message}", remedy=problem.remedy, is_placed=True) from problem
