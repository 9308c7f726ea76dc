"""Submissions of the corpus: how they are written down, and marked in the real sandbox."""

from __future__ import annotations

import re
import tomllib
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from fairmark.author.sample_class import with_answers
from fairmark.course import Course
from fairmark.grading.evidence_store import EvidenceStore
from fairmark.grading.pipeline import GradedSubmission, Pipeline
from fairmark.grading.settings import RunSettings
from fairmark.sandbox import Limits

__all__ = ["Case", "Corpus", "cases"]

CORPUS = Path(__file__).resolve().parent / "corpus"


@dataclass(frozen=True)
class Case:
    """A submission of the corpus: the solution with some of its answers changed.

    ``full`` has it trained, for two epochs, and shown hidden pictures; otherwise every ``fit`` does a single step.
    """

    name: str
    exercise: str = ""
    replaces: dict[str, list[str]] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    lost: dict[str, float] = field(default_factory=dict)
    says: dict[str, list[str]] = field(default_factory=dict)
    full: bool = False

    def notebook(self, solution: bytes, *, epochs: int) -> bytes:
        """The submission's bytes; training is cut to ``epochs`` epochs where the case itself does not set them."""
        edited = dict.fromkeys([*self.replaces, *self.answers, "training"])
        return with_answers(solution, {exercise: lambda s, e=exercise: self._edit(e, s, epochs) for exercise in edited})

    def _edit(self, exercise: str, source: str, epochs: int) -> str:
        if exercise in self.answers:
            source = f"# Exercise: {exercise}\n{self.answers[exercise]}"
        elif exercise in self.replaces:
            old, new = self.replaces[exercise]
            assert old in source, f"{self.name}: {old!r} is not in the solution of {exercise}"
            source = source.replace(old, new)
        return source.replace("epochs=15", f"epochs={epochs}")


def cases(kind: str, *exercises: str) -> list[Case]:
    """The corpus' cases of one kind: ``wrong`` by exercise, or ``right``."""
    names = exercises or ("twins",)
    found: list[Case] = []
    for name in names:
        entries: list[dict[str, Any]] = tomllib.loads(
            (CORPUS / "horses_or_humans" / f"{name}.toml").read_text(encoding="utf-8")
        )[kind]
        for entry in entries:
            replace = entry.pop("replace", None)
            if replace is not None:
                entry["replaces"] = {name: replace}
            found.append(Case(exercise=name, **entry))
    return found


@dataclass
class Corpus:
    """Marks cases in the real sandbox, two at a time, each once. As in a class, what is the same code, put right or the
    reference's own, is run once."""

    course: Course
    folder: Path
    pool: ThreadPoolExecutor
    marked: dict[tuple[str, bool], Future[GradedSubmission]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.pipeline = cache(self._pipeline)
        self.store = EvidenceStore(self.folder / "store")

    def begin(self, case: Case, *, quick: bool) -> Future[GradedSubmission]:
        key = (case.name, quick)
        if key not in self.marked:
            self.marked[key] = self.pool.submit(self._mark, case, quick)
        return self.marked[key]

    def report(self, case: Case, *, quick: bool) -> GradedSubmission:
        return self.begin(case, quick=quick).result()

    def _mark(self, case: Case, quick: bool) -> GradedSubmission:
        assignment = self.course.assignment("horses_or_humans")
        path = self.folder / f"{re.sub(r'[^a-z0-9]+', '-', case.name.lower())}{'-quick' * quick}.ipynb"
        path.write_bytes(case.notebook(assignment.solution.read_bytes(), epochs=2))
        return self.pipeline(quick=quick, rehearse=not quick and not case.full).mark(path, path.stem)

    def _pipeline(self, *, quick: bool, rehearse: bool) -> Pipeline:
        assignment = self.course.assignment("horses_or_humans")
        limits = Limits(run_seconds=600)
        return Pipeline(
            self.course,
            assignment,
            settings=RunSettings(limits=limits, mode="rehearsal" if rehearse else "structure" if quick else "full"),
            store=self.store,
        )
