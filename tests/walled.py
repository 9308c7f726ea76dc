"""The built-in assignment made small: pictures of 32 x 32 that a few steps tell apart, so that a right notebook earns
all its marks, hidden pictures included, in about two seconds. And submissions to it that attack.

``corpus/hostile/<kind>.toml`` holds them, those of ``corpus/innocent`` earn everything::

    [[attack]]
    name = "in a few words, of its own in the whole corpus"
    train = true                                  # the verdict needs training; the others stop at fit
    empty = true                                  # every exercise as it is handed out; else as in the solution
    answers.compile = '''...'''                   # instead of that cell; "cell-imports" and the like are given ones
    before.training = '''...'''                  # ahead of what stands there
    after.training = '''...'''
    not_credited = ["compile.optimizer", "layers"]  # earn nothing: checks, all of an exercise, or "*"
    flags = ["tampering"]                         # are there
    must_not_leave = ["rmsprop_by_hand"]          # is in no report, page, gradebook or output on a terminal

    [texts]                                       # once in a file
    recorder = '''...'''                          # what <recorder> stands for in code of this file

    [[attack.cells]]                              # a cell that is added
    after = "layers"                              # behind this one; without it, at the end
    type = "markdown"                             # code if nothing is said
    source = '''...'''

An attack without ``not_credited`` loses exactly what ``lost`` says and has exactly the ``flags``, and its run ends as
``run`` says (completed if nothing is said). With ``not_credited`` the others of these bind only if they are given:
``lost`` exactly, ``flags`` at least, ``run`` exactly. Code may call ``reached(what)`` where it got what it must not
get, and say ``<out>`` and other names of places (``hostile.Targets.places``).
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fairmark.author.release import release
from fairmark.author.sample_class import with_answers
from fairmark.course import Course
from fairmark.notebook.master import handed_out_bytes

__all__ = ["DATASET", "NAME", "Attack", "attacks", "innocents", "losses", "right_notebook", "walled_course"]

ROOT = Path(__file__).resolve().parent.parent
HOSTILE = Path(__file__).resolve().parent / "corpus" / "hostile"
INNOCENT = Path(__file__).resolve().parent / "corpus" / "innocent"
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
    """A submission to the walled course, and the verdict it must get: see this module's page.

    ``lost`` are marks by ``exercise.check``, None if nobody says; ``run`` is the run's outcome, "" if nobody says.
    ``fair_until_then``: what was trained until hidden images decided, where that ends a training, was trained fairly.
    """

    name: str
    kind: str
    before: Mapping[str, str] = field(default_factory=dict)
    after: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)
    cells: tuple[Mapping[str, str], ...] = ()
    empty: bool = False
    train: bool = False
    run: str = ""
    lost: Mapping[str, float] | None = None
    flags: tuple[str, ...] = ()
    not_credited: tuple[str, ...] = ()
    fair_until_then: bool = False
    must_not_leave: tuple[str, ...] = ()

    @property
    def is_exact(self) -> bool:
        """Whether the verdict is told in full."""
        return not self.not_credited

    def notebook(self, course: Course, places: Mapping[str, str]) -> bytes:
        """The submission; ``places`` are what the code's ``<names>`` stand for on this machine."""
        edited = dict.fromkeys([*self.before, *self.after, *self.answers])
        edits = {exercise: lambda source, e=exercise: self._edit(e, source, places) for exercise in edited}
        handed_out = handed_out_bytes(course.assignment(NAME)) if self.empty else right_notebook(course)
        return _with_cells(with_answers(handed_out, edits), self.cells, lambda text: _placed(text, places))

    def _edit(self, exercise: str, source: str, places: Mapping[str, str]) -> str:
        source = self.answers.get(exercise, source)
        before, after = self.before.get(exercise, ""), self.after.get(exercise, "")
        heading = "" if exercise.startswith("cell-") else f"# Exercise: {exercise}\n"
        helper = "" if self.kind == "innocent" else _REACHED
        return _placed(f"{heading}{helper}{before}\n{source}\n{after}", places)


def _placed(text: str, places: Mapping[str, str]) -> str:
    for name, place in places.items():
        text = text.replace(f"<{name}>", place)
    return text


def _with_cells(notebook: bytes, cells: Iterable[Mapping[str, str]], placed: Callable[[str], str]) -> bytes:
    """``notebook`` with ``cells`` behind those that they name, in this order."""
    content = json.loads(notebook)
    for number, cell in enumerate(cells):
        added: dict[str, Any] = {"cell_type": cell.get("type", "code"), "id": f"added-{number}", "metadata": {}}
        added["source"] = placed(cell["source"])
        if added["cell_type"] == "code":
            added |= {"execution_count": None, "outputs": []}
        names = [one["metadata"].get("nbgrader", {}).get("grade_id") for one in content["cells"]]
        place = names.index(cell["after"]) + 1 if "after" in cell else len(names)
        while place < len(names) and content["cells"][place].get("id", "").startswith("added-"):
            place += 1
        content["cells"].insert(place, added)
    return json.dumps(content, indent=1).encode()


_TUPLES = ("cells", "flags", "not_credited", "must_not_leave")


def attacks(*kinds: str, folder: Path = HOSTILE) -> list[Attack]:
    """The hostile corpus, or those of some kinds."""
    found: list[Attack] = []
    for path in sorted(folder.glob("*.toml")):
        if not kinds or path.stem in kinds:
            found += [_attack(path.stem, entry) for entry in _entries(path, "attack")]
    return found


def _entries(path: Path, table: str) -> list[dict[str, Any]]:
    """The cases of a file, with its ``texts`` put in their places."""
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    entries: list[dict[str, Any]] = _with_texts(content[table], content.get("texts", {}))
    return entries


def _with_texts(value: Any, texts: Mapping[str, str]) -> Any:  # noqa: ANN401 - any value of a TOML file
    if isinstance(value, dict):
        return {key: _with_texts(item, texts) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_texts(item, texts) for item in value]
    return _placed(value, texts) if isinstance(value, str) else value


def _attack(kind: str, entry: dict[str, Any]) -> Attack:
    told = entry if entry.get("not_credited") else {"run": "completed", "lost": {}, **entry}
    return Attack(kind=kind, **{name: tuple(value) if name in _TUPLES else value for name, value in told.items()})


def innocents() -> list[Attack]:
    """Look-alikes of attacks by honest students: each earns everything, and nobody is asked to look at it."""
    found: list[Attack] = []
    for path in sorted(INNOCENT.glob("*.toml")):
        found += [_attack("innocent", {"train": True, **entry}) for entry in _entries(path, "innocent")]
    return found


def losses(report: Any) -> dict[str, float]:  # noqa: ANN401 - a Report
    """Marks lost, by ``exercise.check``."""
    return {
        f"{exercise.id}.{check.id}": check.max_score - check.score
        for exercise in report.exercises
        for check in exercise.checks
        if check.score < check.max_score
    }
