"""Everything fairmark raises on purpose: what people read says whose fault it is, the rest is caught on the way.

    FairmarkError
    ├── StudentError            what was handed in cannot be read or marked        exit 2
    │   └── UnreadableNotebook
    ├── AuthorError             a course, grader script or recipe is wrong         exit 2
    │   ├── CourseNotFound
    │   ├── AssignmentNotFound
    │   ├── GraderError
    │   ├── RecipeError
    │   └── ReleaseError
    ├── UsageError              the command asks for something impossible          exit 2
    │   ├── ArchiveRefused
    │   ├── CourseOfOthers
    │   ├── ExtensionNotFound
    │   └── NotOfThisCourse
    ├── Interrupted             somebody has asked us to stop                      exit 130
    ├── MachineError            this computer lacks something (space, pictures)    exit 3
    │   ├── ExtensionFailed
    │   ├── NotConfined
    │   ├── PicturesMissing
    │   └── PicturesDamaged
    └── InternalError           our own mistake: never costs a student marks       exit 3
        └── SandboxNotReady

    ControlFlow                 no error: the part of the engine that asked catches it
    └── CheckOutcome            what a check found, raised to the judge

Each message of a `FairmarkError` says what is wrong and where; ``remedy`` says what to do about it. Only ``cli`` prints
them. Rooms hang classes of their own below these, and a test finds those that hang elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

__all__ = [
    "ArchiveRefused",
    "AssignmentNotFound",
    "AuthorError",
    "CheckOutcome",
    "ControlFlow",
    "CourseNotFound",
    "CourseOfOthers",
    "ExtensionFailed",
    "ExtensionNotFound",
    "FairmarkError",
    "GraderError",
    "InternalError",
    "Interrupted",
    "MachineError",
    "NotConfined",
    "NotOfThisCourse",
    "PicturesDamaged",
    "PicturesMissing",
    "RecipeError",
    "ReleaseError",
    "SandboxNotReady",
    "StudentError",
    "UnreadableNotebook",
    "UsageError",
]


class FairmarkError(Exception):
    """Base of all that people read.

    ``exit_code`` is what the command line exits with; ``remedy`` is one sentence, or None where nothing can be done.
    """

    exit_code = 2

    def __init__(self, message: str, *, remedy: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class StudentError(FairmarkError):
    """What was handed in is at fault; the submission still gets its row in the gradebook."""


class UnreadableNotebook(StudentError):
    """The bytes are not a notebook that can be marked: ``path`` names the file, ``reason`` what is wrong with it."""

    def __init__(self, path: Path | str, reason: str, *, remedy: str | None = None) -> None:
        super().__init__(f"{path}: {reason}", remedy=remedy)
        self.path = path
        self.reason = reason


class AuthorError(FairmarkError):
    """A course, its grader scripts or its recipes are at fault."""


class CourseNotFound(AuthorError):
    """No folder with assignments/, solutions/, graders/ and datasets/ was found."""


class AssignmentNotFound(AuthorError):
    """The course has no assignment of this name; the message offers the nearest names."""


class GraderError(AuthorError):
    """A grader script cannot be loaded, or one of its checks raised. ``is_placed`` says that the message names the
    file, and the line if there is one; who loads the script adds that if it does not."""

    def __init__(self, message: str, *, remedy: str | None = None, is_placed: bool = False) -> None:
        super().__init__(message, remedy=remedy)
        self.is_placed = is_placed


class RecipeError(AuthorError):
    """A ``dataset.toml`` or ``render.py`` is wrong."""


class ReleaseError(AuthorError):
    """A solution notebook cannot be turned into a student notebook."""


class UsageError(FairmarkError):
    """The command was asked for something impossible."""


class ArchiveRefused(UsageError):
    """An archive of pictures or submissions holds something that is never unpacked (links, ``..``, a bomb)."""


class CourseOfOthers(UsageError):
    """The current folder lies in a course that may be somebody else's, whose grader scripts nobody asked to run."""


class ExtensionNotFound(UsageError):
    """No executor, exporter or the like has this name; the message lists those known."""


class NotOfThisCourse(UsageError):
    """No notebook of a class belongs to the course that it was to be marked by: ``found`` says what there was instead,
    ``known`` are the course's assignments."""

    def __init__(self, place: str, course: str, count: int, found: Sequence[str], known: Sequence[str]) -> None:
        none = "this notebook does not belong" if count == 1 else f"none of the {count} notebooks in it belongs"
        super().__init__(
            f"{place}: {none} to {course}: found {', '.join(found)}",
            remedy="Name the course with --course DIR; or, if it is this one, the assignment with --assignment NAME: "
            f"{', '.join(known)}.",
        )


class Interrupted(FairmarkError):
    """A run was ended because somebody wants the command to stop; nothing is known of what it would have come to."""

    exit_code = 130


class MachineError(FairmarkError):
    """This computer is at fault. Submissions met meanwhile are reported as ``needs_attention``."""

    exit_code = 3


class ExtensionFailed(MachineError):
    """What an installed package offers as an executor, exporter or the like cannot be used, or raised."""


class NotConfined(MachineError):
    """Notebooks could get out of their sandbox on this machine: ``missing`` names what is not confined."""

    def __init__(self, missing: Sequence[str], why: Sequence[str]) -> None:
        super().__init__(
            f"This machine cannot confine {' and '.join(missing)} of the notebooks it runs ({'; '.join(why)}).",
            remedy="Landlock (Linux 5.13), unprivileged user namespaces or bubblewrap (apt install bubblewrap) would "
            "do. `fairmark doctor` shows every layer; --trust grades all the same, with your own rights.",
        )
        self.missing = tuple(missing)


class PicturesMissing(MachineError):
    """A data set is not on this computer yet."""


class PicturesDamaged(MachineError):
    """The pictures on disk are not those of the manifest."""


class InternalError(FairmarkError):
    """Our own mistake."""

    exit_code = 3


class SandboxNotReady(InternalError):
    """The worker has not put a run's wall up in time, nor said why: it may hang."""


class ControlFlow(Exception):
    """Tells the part of the engine that asked how it went, and is always caught there: nobody reads it, it has no exit
    code, and what catches errors lets it through."""


class CheckOutcome(ControlFlow):
    """What a check found where it did not simply hold, for the judge to catch."""
