"""The built-in assignment made small: pictures of 32 x 32 that a few steps tell apart, so that a right notebook earns
all its marks, hidden pictures included, in about two seconds. And submissions to it that attack."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fairmark.author.release import release
from fairmark.author.sample_class import with_answers
from fairmark.course import Course

__all__ = ["DATASET", "NAME", "Attack", "attacks", "losses", "right_notebook", "walled_course"]

ROOT = Path(__file__).resolve().parent.parent
HOSTILE = Path(__file__).resolve().parent / "corpus" / "hostile"
NAME = "horses_or_humans"
DATASET = "dark_or_light"

RECIPE = """\
name = "dark_or_light"
title = "Dark or light"
classes = ["horses", "humans"]
picture_size = [32, 32]
seed = 1
licence = "CC0-1.0"

[splits.train]
horses = 32
humans = 32

[splits.validation]
horses = 8
humans = 8

[hidden]
horses = 32
humans = 32
"""

RENDER = """\
from PIL import Image

def draw(class_name, random):
    shade = random.randrange(90) + 160 * (class_name == "humans")
    return Image.new("RGB", (32, 32), (shade, random.randrange(shade + 1), shade))
"""

_SMALLER = {
    'dataset("horses_or_humans")': 'dataset("dark_or_light")',
    'dataset(\\"horses_or_humans\\")': 'dataset(\\"dark_or_light\\")',
    'dataset="horses_or_humans"': 'dataset="dark_or_light"',
    "batch_size=128": "batch_size=16",
    "batch_size=32": "batch_size=8",
    ", 128)": ", 16)",
    ", 32)": ", 8)",
    "300, 300": "32, 32",
    "Dense(512": "Dense(64",
    "units=512": "units=64",
    "epochs=15": "epochs=8",
}
"""In the solution and in its grader script alike, in this order."""

_REACHED = "def reached(what):\n    print('REACHED', repr(what)[:300], flush=True)\n\n"


def walled_course(root: Path) -> Course:
    """The course, in ``root``, which does not exist yet."""
    for part in ("assignments", "solutions", "graders", "datasets/dark_or_light"):
        (root / part).mkdir(parents=True)
    (root / f"datasets/{DATASET}/dataset.toml").write_text(RECIPE)
    (root / f"datasets/{DATASET}/render.py").write_text(RENDER)
    for part in (f"solutions/{NAME}.ipynb", f"graders/{NAME}.py"):
        text = (ROOT / part).read_text(encoding="utf-8")
        for large, small in _SMALLER.items():
            text = text.replace(large, small)
        (root / part).write_text(text, encoding="utf-8")
    course = Course(root)
    release(course.assignment(NAME).solution, course.assignment(NAME).notebook)
    return course


def right_notebook(course: Course) -> bytes:
    """The solution, as a student would hand it in."""
    return course.assignment(NAME).solution.read_bytes()


@dataclass(frozen=True)
class Attack:
    """A hostile submission, and the verdict it must get.

    ``before`` and ``after`` put code around the right answer to an exercise, ``answers`` replaces it. The code calls
    ``reached(what)`` where it got what it must not get. ``run`` is the run's outcome, ``lost`` are marks by
    ``exercise.check``, ``flags`` are kinds. ``train`` says that the verdict needs training; the others stop at ``fit``.
    """

    name: str
    kind: str
    before: Mapping[str, str] = field(default_factory=dict)
    after: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)
    train: bool = False
    run: str = "completed"
    lost: Mapping[str, float] = field(default_factory=dict)
    flags: tuple[str, ...] = ()

    def notebook(self, course: Course, places: Mapping[str, str]) -> bytes:
        """The submission; ``places`` are what the code's ``<names>`` stand for on this machine."""
        edited = dict.fromkeys([*self.before, *self.after, *self.answers])
        edits = {exercise: lambda source, e=exercise: self._edit(e, source, places) for exercise in edited}
        return with_answers(right_notebook(course), edits)

    def _edit(self, exercise: str, source: str, places: Mapping[str, str]) -> str:
        source = self.answers.get(exercise, source)
        before, after = self.before.get(exercise, ""), self.after.get(exercise, "")
        text = f"# Exercise: {exercise}\n{_REACHED}{before}\n{source}\n{after}"
        for name, place in places.items():
            text = text.replace(f"<{name}>", place)
        return text


def attacks(*kinds: str) -> list[Attack]:
    """The hostile corpus, or those of some kinds."""
    found: list[Attack] = []
    for path in sorted(HOSTILE.glob("*.toml")):
        if not kinds or path.stem in kinds:
            entries: Iterable[dict[str, Any]] = tomllib.loads(path.read_text(encoding="utf-8"))["attack"]
            found += [Attack(kind=path.stem, **{**entry, "flags": tuple(entry.get("flags", ()))}) for entry in entries]
    return found


def losses(report: Any) -> dict[str, float]:  # noqa: ANN401 - a Report
    """Marks lost, by ``exercise.check``."""
    return {
        f"{exercise.id}.{check.id}": check.max_score - check.score
        for exercise in report.exercises
        for check in exercise.checks
        if check.score < check.max_score
    }
