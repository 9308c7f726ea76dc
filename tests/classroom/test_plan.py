"""A class in the hands of an executor: who is marked, how often, and what is written when."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from scripted import Scripted
from tiny import PRETEND, answered, tiny_course

from fairmark.author.sample_class import with_answers
from fairmark.classroom.discover import look_through
from fairmark.classroom.grade import ClassOfSubmissions, Place
from fairmark.classroom.ledger import Ledger
from fairmark.classroom.plan import ClassRun, Piece
from fairmark.classroom.regrade import rewrite
from fairmark.course import Course
from fairmark.grading.evidence_store import EvidenceStore
from fairmark.grading.pipeline import GradedSubmission, Pipeline
from fairmark.grading.progress import Steps
from fairmark.grading.settings import RunSettings
from fairmark.report import Report, Standing
from fairmark.sandbox import Child, Job, Launcher, Limits

STUDENTS = ("ada", "ben", "cem")
NAME = "compile_settings"


@dataclass
class Class:
    """A class on disk, and how it is graded."""

    course: Course
    folder: Path
    out: Path
    launcher: Launcher = field(default_factory=lambda: Scripted(PRETEND))
    seed: int = 1
    store: EvidenceStore | None = None
    assignment: str | None = None
    deadline_passed: bool = False
    fresh: bool = False
    limits: Limits = field(default_factory=Limits)

    @contextmanager
    def opened(self) -> Iterator[ClassRun]:
        def pipeline(name: str) -> Pipeline:
            return Pipeline(
                self.course,
                self.course.assignment(name),
                settings=RunSettings(seed=self.seed, limits=self.limits),
                launcher=self.launcher,
                store=self.store,
            )

        place = Place(self.out, self.deadline_passed)
        place.prepare()
        submissions = ClassOfSubmissions(self.course, pipeline, self.assignment)
        with closing(Ledger(place.ledger)) as ledger:
            yield ClassRun(submissions, place, ledger, fresh=self.fresh)

    def plan(self, run: ClassRun) -> list[Piece]:
        return run.plan(look_through([self.folder], self.course.assignments()).found)

    def grade(self, submit: Callable[[ClassRun, Piece], Future[GradedSubmission]] | None = None) -> list[str]:
        """The students that were marked, in the order in which that came in; the others were done already."""
        came_in: list[str] = []
        with self.opened() as run, ThreadPoolExecutor(2) as pool:
            pieces = self.plan(run)
            hand_out = submit or (lambda run, piece: pool.submit(mark, run, piece))
            run.run(
                pieces,
                lambda piece: hand_out(run, piece),
                lambda report: came_in.append(report.student),
                at_once=len(STUDENTS),
            )
        return came_in

    @property
    def rows(self) -> dict[str, dict[str, str]]:
        with (self.out / "gradebook.csv").open(encoding="utf-8", newline="") as file:
            return {row["student"]: row for row in csv.DictReader(file)}


def mark(run: ClassRun, piece: Piece) -> GradedSubmission:
    return run.submissions.mark(piece.found, piece.assignment, Steps())


def here(run: ClassRun, piece: Piece) -> Future[GradedSubmission]:
    """Graded at once, in this thread."""
    future: Future[GradedSubmission] = Future()
    future.set_result(mark(run, piece))
    return future


def notebook(course: Course, answer: str) -> bytes:
    given = course.assignment(NAME).notebook.read_bytes()
    return with_answers(given, {"compile": lambda source: f"# Exercise: compile\n{answer}"})


@pytest.fixture
def graded(tmp_path: Path, course: Course) -> Class:
    """A class of three, each with an answer of their own."""
    folder = tmp_path / "class"
    folder.mkdir()
    for student in STUDENTS:
        (folder / f"{student}.ipynb").write_bytes(notebook(course, f"loss = {student!r}"))
    return Class(course, folder, tmp_path / "out")


# --- once and in order ------------------------------------------------------------------------------------------------


def test_everyone_is_marked_once_and_the_next_batch_has_nothing_to_do(graded: Class) -> None:
    assert sorted(graded.grade()) == [*STUDENTS]
    before = (graded.out / "gradebook.csv").read_bytes()
    assert graded.grade() == []
    assert (graded.out / "gradebook.csv").read_bytes() == before
    assert list(graded.rows) == [*STUDENTS]


def test_rows_are_in_the_order_of_the_class_whatever_comes_in_first(graded: Class) -> None:
    held: list[tuple[Future[GradedSubmission], GradedSubmission]] = []

    def last_first(run: ClassRun, piece: Piece) -> Future[GradedSubmission]:
        held.append((Future(), mark(run, piece)))
        if len(held) == len(STUDENTS):
            held[-1][0].set_result(held[-1][1])
        return held[-1][0]

    def next_one(student: str) -> None:
        held.pop()
        if held:
            held[-1][0].set_result(held[-1][1])

    came_in: list[str] = []
    with graded.opened() as run:
        run.run(
            graded.plan(run),
            lambda piece: last_first(run, piece),
            lambda report: (came_in.append(report.student), next_one(report.student)),
            at_once=len(STUDENTS),
        )
        assert [report.student for report in run.standings] == [*STUDENTS]
    assert came_in == [*reversed(STUDENTS)]
    assert list(graded.rows) == [*STUDENTS]


def test_rows_of_those_done_before_keep_their_places(graded: Class) -> None:
    graded.grade()
    (graded.folder / "abe.ipynb").write_bytes(answered(graded.course))
    assert graded.grade() == ["abe"]
    assert list(graded.rows) == ["abe", *STUDENTS]


# --- what makes somebody be marked again ------------------------------------------------------------------------------


def test_a_file_that_was_changed_is_marked_again(graded: Class) -> None:
    graded.grade()
    (graded.folder / "ben.ipynb").write_bytes(notebook(graded.course, "loss = 'binary_crossentropy'"))
    assert graded.grade() == ["ben"]
    assert graded.rows["ben"]["score"] == "2"


def test_a_file_that_is_changed_while_it_is_marked_is_not_done(graded: Class) -> None:
    def change(run: ClassRun, piece: Piece) -> Future[GradedSubmission]:
        if piece.student == "ben":
            piece.found.path.write_bytes(notebook(graded.course, "loss = 5"))
        return here(run, piece)

    assert sorted(graded.grade(change)) == [*STUDENTS]
    assert graded.grade() == ["ben"]
    assert graded.grade() == []


def test_a_report_that_is_gone_or_half_a_report_is_made_again(graded: Class) -> None:
    graded.grade()
    (graded.out / "reports" / f"ada.{NAME}.json").unlink()
    path = graded.out / "reports" / f"cem.{NAME}.json"
    path.write_bytes(path.read_bytes()[:100])
    assert sorted(graded.grade()) == ["ada", "cem"]


def test_other_settings_mark_everybody_again(graded: Class) -> None:
    graded.grade()
    graded.seed = 2
    assert sorted(graded.grade()) == [*STUDENTS]
    assert graded.grade() == []
    graded.seed = 1  # what is written is no longer what came of these
    assert sorted(graded.grade()) == [*STUDENTS]


def test_a_changed_grader_script_marks_everybody_again(graded: Class, tmp_path: Path) -> None:
    graded.course = tiny_course(tmp_path / "course")
    graded.grade()
    script = graded.course.assignment(NAME).grader
    script.write_text(script.read_text().replace("points=2", "points=5"))
    assert sorted(graded.grade()) == [*STUDENTS]
    assert graded.rows["ada"]["max_score"] == "6"


def test_a_changed_helper_of_a_grader_script_marks_everybody_again(graded: Class, tmp_path: Path) -> None:
    graded.course = tiny_course(tmp_path / "course")
    script = graded.course.assignment(NAME).grader
    script.write_text(f"from _worth import POINTS\n{script.read_text().replace('points=2', 'points=POINTS')}")
    script.with_name("_worth.py").write_text("POINTS = 2")
    graded.grade()
    assert graded.grade() == []
    script.with_name("_worth.py").write_text("POINTS = 5")
    assert sorted(graded.grade()) == [*STUDENTS]
    assert graded.rows["ada"]["max_score"] == "6"


def test_pages_are_written_anew_after_the_deadline(graded: Class) -> None:
    graded.grade()
    graded.deadline_passed = True
    assert sorted(graded.grade()) == [*STUDENTS]
    assert graded.grade() == []


def test_fresh_marks_everybody_again(graded: Class) -> None:
    graded.grade()
    graded.fresh = True
    assert sorted(graded.grade()) == [*STUDENTS]


# --- failures of ours, and of theirs ----------------------------------------------------------------------------------


class Failing(Scripted):
    """A launcher that cannot start runs so many times."""

    def __init__(self, times: int) -> None:
        super().__init__(PRETEND)
        self.left = times

    def start(self, job: Job, folder: Path, limits: Limits) -> Child:
        if self.left:
            self.left -= 1
            raise OSError(11, "no more processes")
        return super().start(job, folder, limits)


@pytest.mark.parametrize(("times", "outcome"), [(2, "unattempted"), (3, "needs_attention")])
def test_a_failure_of_ours_is_tried_again_twice(times: int, outcome: str, graded: Class) -> None:
    graded.folder = graded.folder / "ada.ipynb"
    graded.launcher = failing = Failing(times)
    assert graded.grade(here) == ["ada"]
    assert (failing.left, graded.rows["ada"]["outcome"]) == (0, outcome)
    assert graded.grade(here) == (["ada"] if times == 3 else [])  # and once more by the next batch
    assert graded.rows["ada"]["outcome"] == "unattempted"


def test_a_failure_of_a_students_is_not_tried_again(graded: Class) -> None:
    graded.folder = graded.folder / "ada.ipynb"
    graded.folder.write_bytes(notebook(graded.course, "raise ValueError('no')"))
    graded.launcher = scripted = Scripted(PRETEND)
    assert graded.grade(here) == ["ada"]
    assert len(scripted.jobs) == 1
    assert graded.grade(here) == []
    assert graded.rows["ada"]["outcome"] == "error"


def test_what_cannot_be_read_has_its_row_and_is_read_again(graded: Class) -> None:
    (graded.folder / "dee.ipynb").symlink_to(graded.folder / "ada.ipynb")
    (graded.folder / "eve.ipynb").write_text("<html>")
    graded.grade()
    assert {student: graded.rows[student]["outcome"] for student in ("dee", "eve")} == {"dee": "error", "eve": "error"}
    assert graded.grade() == ["dee"]  # what it links to may be put there at last
    assert list(graded.rows) == [*STUDENTS, "dee", "eve"]


# --- several files of one student ------------------------------------------------------------------------------------


def lay_several(graded: Class, *names: str) -> None:
    for number, name in enumerate(names):
        (graded.folder / "ida").mkdir(exist_ok=True)
        (graded.folder / "ida" / name).write_bytes(notebook(graded.course, f"loss = {number}"))


def reports_of(graded: Class, student: str) -> list[Report]:
    with graded.opened() as run:
        graded.plan(run)
        return [
            Report.model_validate(one)
            for one in Place(graded.out).reports_of(run.standings)
            if one["student"] == student
        ]


def test_several_files_have_a_row_each_under_their_students_name_and_say_which_they_are(graded: Class) -> None:
    lay_several(graded, "work.ipynb", "work (1).ipynb", "work-Copy1.ipynb")
    assert sorted(graded.grade()) == ["ada", "ben", "cem", "ida", "ida", "ida"]
    with (graded.out / "gradebook.csv").open(encoding="utf-8", newline="") as file:
        rows = [(row["student"], row["file"], row["flags"]) for row in csv.DictReader(file)]
    assert rows[2:] == [
        ("cem", "cem.ipynb", ""),
        ("ida", "ida/work.ipynb", "several_files"),
        ("ida", "ida/work (1).ipynb", "several_files"),
        ("ida", "ida/work-Copy1.ipynb", "several_files"),
    ]
    reports = reports_of(graded, "ida")
    assert [(one.file, one.file_number) for one in reports] == [
        ("ida/work.ipynb", 1),
        ("ida/work (1).ipynb", 2),
        ("ida/work-Copy1.ipynb", 3),
    ]
    [flag] = reports[1].flags
    assert flag.message == (
        f"This is ida/work (1).ipynb, one of 3 files of the same student for {NAME}. The others: ida/work.ipynb, "
        "ida/work-Copy1.ipynb. Each was marked; which of them counts, a person decides."
    )
    assert (graded.out / "reports" / f"ida.{NAME} (3).html").is_file()
    assert graded.grade() == []


def test_a_file_more_or_less_is_told_in_the_reports_of_the_others(graded: Class) -> None:
    lay_several(graded, "work.ipynb")
    graded.grade()
    assert [one.flags for one in reports_of(graded, "ida")] == [()]
    lay_several(graded, "work.ipynb", "work (1).ipynb")
    assert graded.grade() == ["ida", "ida"]
    (graded.folder / "ida" / "work (1).ipynb").unlink()
    assert graded.grade() == ["ida"]
    assert [one.flags for one in reports_of(graded, "ida")] == [()]


def test_judged_again_they_say_the_same(graded: Class) -> None:
    lay_several(graded, "work.ipynb", "work (1).ipynb")
    (graded.folder / "ida" / "broken.ipynb").write_text("<html>")
    graded.grade()
    before = {path.name: path.read_bytes() for path in (graded.out / "reports").iterdir()}
    rewrite(graded.out, graded.course)
    assert {path.name: path.read_bytes() for path in (graded.out / "reports").iterdir()} == before


def test_files_for_different_assignments_are_not_several(graded: Class, tmp_path: Path) -> None:
    graded.course = tiny_course(tmp_path / "course")
    for name in graded.course.assignments():
        (graded.folder / "ida").mkdir(exist_ok=True)
        (graded.folder / "ida" / f"{name}.ipynb").write_bytes(graded.course.assignment(name).notebook.read_bytes())
    graded.grade()
    assert [one.flags for one in reports_of(graded, "ida")] == [(), ()]


# --- in between -------------------------------------------------------------------------------------------------------


def test_what_has_come_in_is_written_before_anybody_is_told(graded: Class) -> None:
    seen: list[bool] = []

    def look(report: Report) -> None:
        seen.append((graded.out / "reports" / f"{report.student}.{NAME}.json").is_file())
        seen.append((graded.out / "evidence" / f"{report.student}.{NAME}.json").is_file())
        seen.append((graded.out / "gradebook.csv").is_file())

    with graded.opened() as run:
        run.run(graded.plan(run), lambda piece: here(run, piece), look, at_once=2)
    assert seen == [True] * 9


def test_where_somebody_stops_it_what_has_come_in_is_in_the_gradebook_and_the_rest_goes_on(graded: Class) -> None:
    def stop(report: Report) -> None:
        raise KeyboardInterrupt

    with graded.opened() as run, pytest.raises(KeyboardInterrupt):
        run.run(graded.plan(run), lambda piece: here(run, piece), stop, at_once=2)
    [first] = graded.rows
    assert sorted([first, *graded.grade()]) == [*STUDENTS]
    assert list(graded.rows) == [*STUDENTS]


def test_leftovers_of_a_kill_are_removed_and_nothing_else(graded: Class) -> None:
    graded.grade()
    left = [graded.out / part / ".k3x_9ab0.tmp" for part in (".", "reports", "evidence")]
    kept = [graded.out / "notes.tmp", graded.out / "reports" / ".hidden"]
    for path in (*left, *kept):
        path.write_text("half")
    graded.grade()
    assert [path.exists() for path in (*left, *kept)] == [False] * 3 + [True] * 2


def test_standings_are_the_same_as_they_come_in_and_as_they_are_taken_over(graded: Class) -> None:
    for _ in range(2):
        with graded.opened() as run:
            run.run(graded.plan(run), lambda piece: here(run, piece), at_once=2)
            assert [standing.student for standing in run.standings] == [*STUDENTS]
            written = [Place(graded.out).written(student, NAME) for student in STUDENTS]
            assert run.standings == [Standing.of(report) for report in written if report is not None]
            assert all(one["exercises"][0]["checks"] for one in Place(graded.out).reports_of(run.standings))


# --- copies -----------------------------------------------------------------------------------------------------------


def test_copies_run_once_and_each_has_a_report_of_its_own(graded: Class, tmp_path: Path) -> None:
    for number, student in enumerate(STUDENTS):
        spelled = f"# {student} wrote this\n\nloss   =   'mse'" + "\n" * number
        (graded.folder / f"{student}.ipynb").write_bytes(notebook(graded.course, spelled))
    graded.store = EvidenceStore(tmp_path / "store")
    graded.launcher = scripted = Scripted(PRETEND)
    assert sorted(graded.grade()) == [*STUDENTS]
    assert len(scripted.jobs) == 1
    assert {row["score"] for row in graded.rows.values()} == {"0"}
    for student in STUDENTS:
        others = {*STUDENTS} - {student}
        for folder in ("reports", "evidence"):
            text = (graded.out / folder / f"{student}.{NAME}.json").read_text()
            assert json.loads(text)
            assert student in text
            assert not any(other in text for other in others)


def test_a_copy_that_raises_is_marked_from_what_is_kept_too(graded: Class, tmp_path: Path) -> None:
    for number, student in enumerate(STUDENTS):
        text = "\n" * number + "raise ValueError('no')"
        (graded.folder / f"{student}.ipynb").write_bytes(notebook(graded.course, text))
    graded.store = EvidenceStore(tmp_path / "store")
    graded.launcher = scripted = Scripted(PRETEND)
    graded.grade(here)
    assert len(scripted.jobs) == 1


def test_a_changed_rubric_is_marked_from_what_is_kept(graded: Class, tmp_path: Path) -> None:
    graded.course = tiny_course(tmp_path / "course")
    graded.store = EvidenceStore(tmp_path / "store")
    graded.grade()
    script = graded.course.assignment(NAME).grader
    script.write_text(script.read_text().replace("points=2", "points=5"))
    graded.launcher = scripted = Scripted(PRETEND)
    assert sorted(graded.grade()) == [*STUDENTS]
    assert scripted.jobs == []
    assert graded.rows["ada"]["max_score"] == "6"


def test_other_limits_run_everything_again(graded: Class, tmp_path: Path) -> None:
    graded.store = EvidenceStore(tmp_path / "store")
    graded.grade()
    graded.limits = Limits(run_seconds=5)
    graded.launcher = scripted = Scripted(PRETEND)
    graded.grade()
    assert len(scripted.jobs) == len(STUDENTS)


# --- what is expected of runs -----------------------------------------------------------------------------------------


def test_memory_is_expected_from_the_reference_or_from_what_was_seen_where_that_is_more(graded: Class) -> None:
    with graded.opened() as run:
        pieces = graded.plan(run)
        first = run.expected_bytes(pieces[0])
        assert first > 0
        ended = {"done": True, "wall_seconds": 1.0}
        run.ledger.begin("ada", NAME, sha256="aa", settings="")
        run.ledger.end("ada", NAME, peak_memory_bytes=first + 12345, **ended)
        assert run.expected_bytes(pieces[0]) == first + 12345
        for little in (0, first - 1):  # one that raised before it trained
            run.ledger.end("ada", NAME, peak_memory_bytes=little, **ended)
            assert run.expected_bytes(pieces[0]) == first


def test_no_more_is_handed_out_than_may_wait(graded: Class) -> None:
    under_way: list[str] = []
    most = 0

    def hand_out(run: ClassRun, piece: Piece) -> Future[GradedSubmission]:
        nonlocal most
        under_way.append(piece.student)
        most = max(most, len(under_way))
        return here(run, piece)

    with graded.opened() as run:
        run.run(
            graded.plan(run),
            lambda piece: hand_out(run, piece),
            lambda report: under_way.remove(report.student),
            at_once=2,
        )
        assert len(run.standings) == len(STUDENTS) > 2
    assert (most, under_way) == (2, [])


def test_a_run_that_reached_a_limit_says_nothing_of_what_others_need(graded: Class) -> None:
    graded.launcher = Scripted('send("session_started", software={}, numerics="float32", seed=1)\ntime.sleep(60)')
    graded.limits = Limits(run_seconds=0.5)
    graded.folder = graded.folder / "ada.ipynb"
    graded.grade(here)
    with graded.opened() as run:
        measured = run.ledger.measured(NAME)
        assert measured is not None
        assert measured.peak_memory_bytes == 0


def test_where_the_reference_does_not_run_the_most_that_a_run_may_take_is_expected(
    graded: Class, tmp_path: Path
) -> None:
    graded.launcher = Failing(1)
    with graded.opened() as run:
        pieces = graded.plan(run)
        assert run.expected_bytes(pieces[0]) == Limits().memory_bytes
        assert 0 < run.expected_bytes(pieces[0]) < Limits().memory_bytes
    graded.course = tiny_course(tmp_path / "course")
    graded.course.assignment(NAME).solution.unlink()
    with graded.opened() as run:
        assert run.expected_bytes(graded.plan(run)[0]) == Limits().memory_bytes


def test_the_longest_are_handed_out_first(graded: Class) -> None:
    other = graded.course.assignment("convolutions").notebook
    (graded.folder / "zoe.ipynb").write_bytes(other.read_bytes())
    handed: list[str] = []

    def note(run: ClassRun, piece: Piece) -> Future[GradedSubmission]:
        handed.append(piece.student)
        return here(run, piece)

    with graded.opened() as run:
        for name, seconds in ((NAME, 1.0), ("convolutions", 9.0)):
            run.ledger.begin("somebody", name, sha256="aa", settings="")
            run.ledger.end("somebody", name, done=True, wall_seconds=seconds)
    graded.grade(note)
    assert handed == ["zoe", *STUDENTS]


# --- which assignment -------------------------------------------------------------------------------------------------


def test_an_assignment_that_was_told_is_not_remembered_of_the_file(graded: Class) -> None:
    graded.assignment = "convolutions"
    graded.grade()
    assert {row["assignment"] for row in graded.rows.values()} == {"convolutions"}
    graded.assignment = None
    graded.grade()
    assert {row["assignment"] for row in graded.rows.values()} == {NAME}
