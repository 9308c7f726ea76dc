"""A class that is judged by another threshold than the one it was graded by: nobody fails for what was not recorded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from walled import NAME, right_notebook, walled_course

from fairmark.author.sample_class import with_answers
from fairmark.classroom import ClassRequest, grade_class
from fairmark.classroom.regrade import rewrite
from fairmark.course import Course
from fairmark.report import Report, Standing
from fairmark.sandbox import Child, ConfinedProcess, Job, Launcher, Limits, NotebookJob


@dataclass
class Counting:
    """Counts the runs of notebooks that train."""

    launcher: Launcher
    trained: int = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self.launcher, name)

    def start(self, job: Job, folder: Path, limits: Limits) -> Child:
        self.trained += isinstance(job, NotebookJob) and job.train and not job.rehearse
        return self.launcher.start(job, folder, limits)


@pytest.fixture(scope="module", autouse=True)
def own_evidence(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing is known yet of these notebooks, whatever other tests have run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FAIRMARK_SECRET", str(tmp_path_factory.mktemp("secret")))
        yield


@pytest.fixture(scope="module")
def launcher() -> Iterator[Counting]:
    confined = ConfinedProcess()
    yield Counting(confined)
    confined.close()


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    return walled_course(tmp_path_factory.mktemp("raised") / "course")


@pytest.fixture(scope="module")
def folder(course: Course, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A right answer, one whose model may not learn, and one who has done nothing."""
    made, right = tmp_path_factory.mktemp("class"), right_notebook(course)
    frozen = {"training": lambda source: f"# Exercise: training\nmodel.trainable = False\n{source}"}
    (made / "ada.ipynb").write_bytes(right)
    (made / "ben.ipynb").write_bytes(with_answers(right, frozen))
    (made / "cyd.ipynb").write_bytes(course.assignment(NAME).notebook.read_bytes())
    return made


def set_threshold(course: Course, before: str, now: str) -> None:
    grader = course.assignment(NAME).grader
    grader.write_text(grader.read_text().replace(before, now))


def graded(folder: Path, out: Path, course: Course, launcher: Counting) -> tuple[dict[str, Standing], int]:
    """Where everybody stands, by name; and how many notebooks were trained for it."""
    launcher.trained = 0
    standings = grade_class(ClassRequest((folder,), out, course, launcher=launcher, jobs=1)).standings  # type: ignore[arg-type]
    return {one.student: one for one in standings}, launcher.trained


def accuracy_check(out: Path, student: str) -> tuple[str, str]:
    report = Report.model_validate_json((out / "reports" / f"{student}.{NAME}.json").read_bytes())
    [check] = [check for one in report.exercises for check in one.checks if check.id == "hidden_accuracy"]
    return check.outcome, check.message


@pytest.mark.thorough
def test_who_was_ended_early_is_run_again_and_nobody_else(
    folder: Path, course: Course, launcher: Counting, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    first, trained = graded(folder, out, course, launcher)
    assert (trained, [first[name].flags for name in ("ada", "ben", "cyd")]) == (2, [(), (), ()])

    set_threshold(course, "0.80", "0.97")
    again = {one.student: one for one in rewrite(out, course)}
    assert [again[name].flags for name in ("ada", "ben", "cyd")] == [("run_again",), (), ()]
    assert again["ada"].outcome == "needs_attention"
    outcome, message = accuracy_check(out, "ada")
    assert outcome == "needs_attention"
    assert message.startswith("The training was ended after epoch ")
    assert message.endswith(" of 8, when 80% was certain; whether it reaches 97% needs another run.")
    assert accuracy_check(out, "ben")[0] == "failed"

    cleared, trained = graded(folder, out, course, launcher)
    assert trained == 1
    assert "run_again" not in cleared["ada"].flags
    assert accuracy_check(out, "ada")[0] in ("passed", "failed")
    assert graded(folder, out, course, launcher)[1] == 0

    set_threshold(course, "0.97", "0.70")  # what was asked for more is known
    lowered, trained = graded(folder, out, course, launcher)
    assert (trained, lowered["ada"].flags, accuracy_check(out, "ada")[0]) == (0, (), "passed")
