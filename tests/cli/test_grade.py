"""``fairmark grade``: a class, its files, and an exit code for programs."""

from __future__ import annotations

import csv
import json
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
from commands import Run, is_report
from made_class import EMPTY, LEFT_OUT, RIGHT, SEVERAL, WITHOUT, made_class
from scripted import Scripted
from tiny import PRETEND, answered, tiny_course

from fairmark.author.sample_class import with_answers
from fairmark.classroom.grade import ClassOfSubmissions
from fairmark.classroom.ledger import Ledger
from fairmark.course import Course
from fairmark.errors import Interrupted
from fairmark.sandbox import Limits, NotebookJob
from fairmark.sandbox.limits import GIB
from fairmark.usable_cores import usable_cores

pytestmark = pytest.mark.usefixtures("launcher")


def rows(out: Path) -> dict[str, dict[str, str]]:
    """The gradebook by student."""
    with (out / "gradebook.csv").open(encoding="utf-8", newline="") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def test_every_submission_gets_a_row_and_its_files(
    folder: Path, tmp_path: Path, course: Course, fairmark_: Run
) -> None:
    result = fairmark_("grade", folder, "--out", tmp_path / "out", "--course", course.root)
    assert result.exit_code == 1
    graded = rows(tmp_path / "out")
    assert {student: (row["score"], row["outcome"]) for student, row in graded.items()} == {
        "ada": ("3", "passed"),
        "ben": ("0", "unattempted"),
        "eve": ("0", "error"),
    }
    assert list(graded["ada"])[-2:] == ["compile", "training"]
    for student in graded:
        for name in ("reports", "evidence"):
            assert is_json(tmp_path / "out" / name / f"{student}.compile_settings.json")
        assert (tmp_path / "out" / "reports" / f"{student}.compile_settings.html").is_file()


def is_json(path: Path) -> bool:
    return isinstance(json.loads(path.read_text(encoding="utf-8")), dict)


def test_all_passed_exits_with_0(folder: Path, tmp_path: Path, course: Course, fairmark_: Run) -> None:
    result = fairmark_("grade", folder / "ada.ipynb", "--out", tmp_path / "out", "--course", course.root)
    assert result.exit_code == 0


def test_what_needs_attention_exits_with_3_and_the_others_are_graded(
    folder: Path, tmp_path: Path, course: Course, fairmark_: Run, launcher: Scripted
) -> None:
    launcher.program = "sys.exit(1)"
    result = fairmark_("grade", folder, "--out", tmp_path / "out", "--course", course.root)
    assert result.exit_code == 3
    outcomes = {student: row["outcome"] for student, row in rows(tmp_path / "out").items()}
    assert outcomes == {"ada": "needs_attention", "ben": "unattempted", "eve": "error"}


@pytest.mark.parametrize(
    ("place", "words", "said"),
    [
        ("nowhere", [], "there is no such file or folder"),
        ("empty", ["--json"], "no notebooks in it\nPut them there as STUDENT.ipynb"),
        ("bad.zip", ["--json"], "not a readable zip"),
        ("class", ["--assignment", "convolution"], "Did you mean 'convolutions'?"),
        ("class", ["--course", "empty", "--json"], "not a course"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_what_cannot_be_graded_exits_with_2_and_writes_nothing(
    place: str,
    words: list[str],
    said: str,
    tmp_path: Path,
    course: Course,
    fairmark_: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "bad.zip").write_text("none")
    result = fairmark_("grade", place, "--course", course.root, *words)
    assert (result.exit_code, result.out) == (2, "")
    assert said in result.err
    assert not (tmp_path / "graded").exists()


def test_results_go_to_graded_unless_told_otherwise(
    folder: Path, tmp_path: Path, course: Course, fairmark_: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    fairmark_("grade", folder / "ben.ipynb", "--course", course.root)
    assert set(rows(tmp_path / "graded")) == {"ben"}


def test_json_is_a_list_of_reports_with_the_keys_of_the_contract(
    folder: Path, tmp_path: Path, course: Course, fairmark_: Run
) -> None:
    result = fairmark_("grade", folder, "--out", tmp_path / "out", "--course", course.root, "--json")
    reports = json.loads(result.out)
    assert [report["student"] for report in reports] == ["ada", "ben", "eve"]
    assert all(is_report(report) for report in reports)
    for report in reports:
        path = tmp_path / "out" / "reports" / f"{report['student']}.compile_settings.json"
        assert json.loads(path.read_text(encoding="utf-8")) == report


def test_several_places_make_one_class(folder: Path, tmp_path: Path, course: Course, fairmark_: Run) -> None:
    with zipfile.ZipFile(tmp_path / "late.zip", "w") as late:
        late.write(folder / "ben.ipynb", "zoe/compile_settings.ipynb")
    places = [folder / "ada.ipynb", folder / "ben.ipynb", tmp_path / "late.zip"]
    fairmark_("grade", *places, "--out", tmp_path / "out", "--course", course.root)
    assert list(rows(tmp_path / "out")) == ["ada", "ben", "zoe"]


def test_the_assignment_may_be_told(folder: Path, tmp_path: Path, course: Course, fairmark_: Run) -> None:
    words = ["--assignment", "convolutions", "--out", tmp_path / "out", "--course", course.root]
    fairmark_("grade", folder / "eve.ipynb", *words)
    assert rows(tmp_path / "out")["eve"]["assignment"] == "convolutions"


def test_where_the_files_are_is_said_beside_the_results(
    folder: Path, tmp_path: Path, course: Course, fairmark_: Run
) -> None:
    result = fairmark_("grade", folder, "--out", tmp_path / "out", "--course", course.root)
    assert f"Gradebook: {tmp_path / 'out' / 'gradebook.csv'}" in result.err.replace("\n", " ").replace("  ", " ")
    assert "ada" in result.out


def test_limits_reach_every_run(
    folder: Path, tmp_path: Path, course: Course, fairmark_: Run, launcher: Scripted
) -> None:
    words = ["--out", tmp_path / "out", "--course", course.root, "--memory", 2, "--files", 500]
    fairmark_("grade", folder, *words)
    assert launcher.limits
    assert all(limits == Limits(memory_bytes=2 * GIB, files=500) for limits in launcher.limits)


def test_a_limit_that_is_none_exits_with_2(folder: Path, course: Course, fairmark_: Run) -> None:
    result = fairmark_("grade", folder, "--course", course.root, "--processes", 0)
    assert (result.exit_code, result.out) == (2, "")
    assert "--processes" in result.err


# --- what this machine cannot hold ------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [[], ["--json"]])
def test_a_class_is_not_graded_where_notebooks_could_get_out(
    words: list[str], folder: Path, tmp_path: Path, course: Course, fairmark_: Run, unconfined: Scripted
) -> None:
    result = fairmark_("grade", folder, "--out", tmp_path / "out", "--course", course.root, *words)
    assert (result.exit_code, result.out) == (3, "")
    assert "This machine cannot confine files and network of the notebooks it runs" in result.err
    for remedy in ("Landlock", "user namespaces", "apt install bubblewrap", "fairmark doctor", "--trust"):
        assert remedy in result.err
    assert unconfined.jobs == []
    assert not (tmp_path / "out").exists()


def test_what_is_graded_on_trust_says_so_in_every_report(
    folder: Path, tmp_path: Path, course: Course, fairmark_: Run, unconfined: Scripted
) -> None:
    words = ["--out", tmp_path / "out", "--course", course.root, "--json", "--trust"]
    reports = json.loads(fairmark_("grade", folder, *words).out)
    told = {report["student"]: report["run"]["isolation"] for report in reports}
    assert told["ada"] == [*unconfined.isolation, "files not confined", "network not confined", "trusted (--trust)"]
    page = (tmp_path / "out" / "reports" / "ada.compile_settings.html").read_text(encoding="utf-8")
    assert "files not confined, network not confined, trusted (--trust)" in page


def test_trust_changes_nothing_where_all_is_confined(
    folder: Path, tmp_path: Path, course: Course, fairmark_: Run, launcher: Scripted
) -> None:
    words = ["--out", tmp_path / "out", "--course", course.root, "--json", "--trust"]
    report = json.loads(fairmark_("grade", folder / "ada.ipynb", *words).out)[0]
    assert report["run"]["isolation"] == [*launcher.isolation]


def test_a_place_that_cannot_be_written_exits_with_3(
    folder: Path, tmp_path: Path, course: Course, fairmark_: Run
) -> None:
    (tmp_path / "out").write_text("in the way")
    result = fairmark_("grade", folder, "--out", tmp_path / "out", "--course", course.root)
    assert (result.exit_code, result.out) == (3, "")
    assert str(tmp_path / "out") in result.err


# --- going on ---------------------------------------------------------------------------------------------------------


def test_a_finished_class_is_not_run_again(
    folder: Path, tmp_path: Path, course: Course, fairmark_: Run, launcher: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["grade", folder, "--out", tmp_path / "out", "--course", course.root]
    first = fairmark_(*words)
    written = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*.*") if "ledger" not in path.name}
    launcher.jobs.clear()

    def refuse(*arguments: object) -> None:
        raise AssertionError("a worker was started")

    monkeypatch.setattr(Scripted, "warm_up", refuse)
    monkeypatch.setattr(Scripted, "start", refuse)
    again = fairmark_(*words)
    assert again.exit_code == first.exit_code == 1
    assert launcher.jobs == []
    assert {path: path.read_bytes() for path in written} == written
    timeless, timeless_at_first = (
        [line for line in said.out.splitlines() if " s each" not in line] for said in (again, first)
    )
    assert timeless == timeless_at_first


def test_what_is_new_is_all_that_is_run(
    folder: Path, tmp_path: Path, course: Course, fairmark_: Run, launcher: Scripted
) -> None:
    words = ["--out", tmp_path / "out", "--course", course.root, "--jobs", 1]
    fairmark_("grade", folder, *words)
    launcher.jobs.clear()
    (folder / "fay.ipynb").write_bytes(answered(course))
    fairmark_("grade", folder, *words)
    assert len(launcher.jobs) == 1
    assert list(rows(tmp_path / "out")) == ["ada", "ben", "eve", "fay"]


def test_fresh_runs_everything_again(
    folder: Path, tmp_path: Path, course: Course, fairmark_: Run, launcher: Scripted
) -> None:
    words = ["--out", tmp_path / "out", "--course", course.root, "--jobs", 1]
    fairmark_("grade", folder, *words)
    launcher.jobs.clear()
    fairmark_("grade", folder, *words, "--fresh")
    assert len(launcher.jobs) == 1  # ben and eve have nothing to run


def test_another_folder_is_marked_from_what_is_kept(
    folder: Path, tmp_path: Path, course: Course, fairmark_: Run, launcher: Scripted
) -> None:
    words = ["--course", course.root, "--jobs", 1]
    fairmark_("grade", folder, "--out", tmp_path / "one", *words)
    launcher.jobs.clear()
    fairmark_("grade", folder, "--out", tmp_path / "other", *words)
    assert launcher.jobs == []
    assert (tmp_path / "one/gradebook.csv").read_bytes() == (tmp_path / "other/gradebook.csv").read_bytes()


def test_two_batches_do_not_write_into_one_folder(folder: Path, tmp_path: Path, course: Course, fairmark_: Run) -> None:
    with closing(Ledger(tmp_path / "out" / "ledger.sqlite")):
        result = fairmark_("grade", folder, "--out", tmp_path / "out", "--course", course.root)
    assert (result.exit_code, result.out) == (3, "")
    assert "ledger.sqlite: another batch is writing there" in result.err


def test_a_course_without_solutions_is_graded_too(folder: Path, tmp_path: Path, fairmark_: Run) -> None:
    bare = tiny_course(tmp_path / "bare")
    for name in bare.assignments():
        bare.assignment(name).solution.unlink()
    (folder / "fay.ipynb").write_bytes((folder / "ada.ipynb").read_bytes())
    fairmark_("grade", folder, "--out", tmp_path / "out", "--course", bare.root, "--jobs", 2)
    assert {student: row["score"] for student, row in rows(tmp_path / "out").items()} == {
        "ada": "3",
        "ben": "0",
        "eve": "0",
        "fay": "3",
    }


def test_a_copy_that_waits_keeps_nobody_else_from_running(
    folder: Path, tmp_path: Path, course: Course, fairmark_: Run, launcher: Scripted
) -> None:
    for copy in ("ada_2", "ada_3"):
        (folder / f"{copy}.ipynb").write_bytes((folder / "ada.ipynb").read_bytes())
    wrong = with_answers((folder / "ada.ipynb").read_bytes(), {"compile": lambda source: "loss = 'mse'"})
    (folder / "zoe.ipynb").write_bytes(wrong)
    # Each waits until both, the original and the last of the class, have begun: two at once, copies aside.
    both = tmp_path / "both"
    both.mkdir()
    launcher.program = (
        f"open(os.path.join({str(both)!r}, str('mse' in str(job))), 'w').close()\n"
        f"deadline = time.monotonic() + 20\n"
        f"while len(os.listdir({str(both)!r})) < 2:\n"
        f"    if time.monotonic() > deadline: sys.exit(1)\n"
        f"    time.sleep(0.02)\n" + PRETEND
    )
    fairmark_("grade", folder, "--out", tmp_path / "out", "--course", course.root, "--jobs", 2)
    graded = rows(tmp_path / "out")
    assert {student: graded[student]["score"] for student in ("ada", "ada_2", "ada_3", "zoe")} == {
        "ada": "3",
        "ada_2": "3",
        "ada_3": "3",
        "zoe": "1",
    }


def test_a_grader_script_that_is_broken_puts_its_own_submissions_off_and_no_others(
    folder: Path, tmp_path: Path, fairmark_: Run
) -> None:
    own = tiny_course(tmp_path / "own")
    (folder / "max.ipynb").write_bytes(own.assignment("convolutions").notebook.read_bytes())
    own.assignment("convolutions").grader.write_text("import nowhere\n")
    words = ["grade", folder, "--out", tmp_path / "out", "--course", own.root]
    result = fairmark_(*words)
    assert result.exit_code == 3
    assert "convolutions.py" in result.err
    assert "Submissions to this assignment wait for a person; the others are marked." in result.err
    graded = rows(tmp_path / "out")
    assert (graded["ada"]["score"], graded["max"]["outcome"], graded["max"]["max_score"]) == (
        "3",
        "needs_attention",
        "0",
    )
    again = fairmark_(*words)  # nothing else is left to do, and what is done stays
    assert (again.exit_code, rows(tmp_path / "out")) == (3, graded)
    alone = fairmark_("grade", folder / "max.ipynb", "--out", tmp_path / "alone", "--course", own.root)
    assert (alone.exit_code, alone.out) == (2, "")
    assert "No module named 'nowhere'" in alone.err


def test_a_class_that_is_run_afresh_is_taken_up_without_that_word(
    folder: Path, tmp_path: Path, course: Course, fairmark_: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*arguments: object, **options: object) -> None:
        raise Interrupted("the run was interrupted")

    monkeypatch.setattr(ClassOfSubmissions, "mark", stop)
    words = ["grade", folder, "--out", tmp_path / "out", "--course", course.root]
    assert "0 of 3 are marked; the same command goes on." in fairmark_(*words).err
    assert "0 of 3 are marked; the same command without --fresh goes on." in fairmark_(*words, "--fresh").err


def test_at_least_one_job_runs_at_once(folder: Path, course: Course, fairmark_: Run) -> None:
    result = fairmark_("grade", folder, "--course", course.root, "--jobs", 0)
    assert (result.exit_code, result.out) == (2, "")
    assert "--jobs" in result.err


@pytest.mark.parametrize(("jobs", "threads"), [(1, None), (2, max(1, usable_cores() // 2))])
def test_runs_at_once_share_the_cores(
    jobs: int,
    threads: int | None,
    folder: Path,
    tmp_path: Path,
    course: Course,
    fairmark_: Run,
    launcher: Scripted,
) -> None:
    fairmark_("grade", folder, "--out", tmp_path / "out", "--course", course.root, "--jobs", jobs)
    assert {job.threads for job in launcher.jobs if isinstance(job, NotebookJob)} == {threads}


# --- started in the wrong folder --------------------------------------------------------------------------------------


def lay(path: Path, notebook: bytes, **metadata: object) -> None:
    """``notebook`` with other metadata; without any, and without ids, where none are given."""
    data = json.loads(notebook)
    data["metadata"] = metadata
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data))


STRANGER = json.dumps(
    {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {},
        "cells": [
            {"id": "a", "cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": "x"}
        ],
    }
).encode()
SHADES = {"fairmark": {"assignment": "shades"}}
TONES = {"fairmark": {"assignment": "tones"}}
CHOICE = (
    "Name the course with --course DIR; or, if it is this one, the assignment with --assignment NAME: "
    "compile_settings, convolutions."
)


@pytest.mark.parametrize(
    ("laid", "said"),
    [
        (
            {"max.ipynb": SHADES},
            "PLACE/max.ipynb: this notebook does not belong to the course COURSE: found 1 of the assignment 'shades'",
        ),
        (
            {"max.ipynb": SHADES, "nia.ipynb": SHADES, "ole.ipynb": {}},
            "PLACE: none of the 3 notebooks in it belongs to the course COURSE: "
            "found 2 of the assignment 'shades', 1 without any of its exercises",
        ),
        (
            {"max/week/work.ipynb": {}, "nia/work.ipynb": TONES},
            "PLACE: none of the 2 notebooks in it belongs to the course COURSE: "
            "found 1 of the assignment 'tones', 1 without any of its exercises",
        ),
        (
            # Named as an assignment of this course is: what the notebook itself says counts for more.
            {"max/convolutions.ipynb": SHADES, "nia/convolutions/work.ipynb": SHADES},
            "PLACE: none of the 2 notebooks in it belongs to the course COURSE: found 2 of the assignment 'shades'",
        ),
    ],
)
def test_a_class_of_another_course_exits_with_2_and_changes_nothing(
    laid: dict[str, dict[str, object]], said: str, tmp_path: Path, course: Course, fairmark_: Run, launcher: Scripted
) -> None:
    place = tmp_path / "class"
    for name, metadata in laid.items():
        lay(place / name, STRANGER, **metadata)
    before = sorted(tmp_path.rglob("*"))
    result = fairmark_("grade", place, "--out", tmp_path / "out", "--course", course.root)
    assert (result.exit_code, result.out) == (2, "")
    message = said.replace("PLACE", str(place)).replace("COURSE", str(course.root))
    assert result.err == f"Course: {course.root}\nfairmark: {message}\n{CHOICE}\n"
    assert sorted(tmp_path.rglob("*")) == before
    assert launcher.jobs == []


def test_files_none_of_which_can_be_read_are_marked_by_no_rubric_that_is_only_the_first(
    tmp_path: Path, course: Course, fairmark_: Run
) -> None:
    (tmp_path / "class").mkdir()
    for name in ("eve", "max"):
        (tmp_path / "class" / f"{name}.ipynb").write_text("<html>")
    words = ["grade", tmp_path / "class", "--out", tmp_path / "out", "--course", course.root]
    result = fairmark_(*words)
    assert (result.exit_code, result.out) == (2, "")
    assert "found 2 that cannot be read (the first is a web page, not a notebook)" in result.err
    assert not (tmp_path / "out").exists()
    assert fairmark_(*words, "--assignment", "convolutions").exit_code == 1
    assert {row["outcome"] for row in rows(tmp_path / "out").values()} == {"error"}


def test_an_output_folder_of_earlier_is_left_as_it_is(
    folder: Path, tmp_path: Path, course: Course, fairmark_: Run
) -> None:
    words = ["--out", tmp_path / "out", "--course", course.root]
    fairmark_("grade", folder, *words)
    before = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*.*")}
    lay(tmp_path / "other" / "max.ipynb", STRANGER, **SHADES)
    assert fairmark_("grade", tmp_path / "other", *words).exit_code == 2
    assert {path: path.read_bytes() for path in (tmp_path / "out").rglob("*.*")} == before


def test_notebooks_that_name_no_assignment_but_have_its_exercises_are_marked(
    tmp_path: Path, course: Course, fairmark_: Run
) -> None:
    lay(tmp_path / "class" / "max.ipynb", answered(course))
    result = fairmark_("grade", tmp_path / "class", "--out", tmp_path / "out", "--course", course.root)
    assert result.exit_code != 2
    assert set(rows(tmp_path / "out")) == {"max"}


def test_where_some_belong_the_others_have_rows_that_say_that_they_do_not(
    folder: Path, tmp_path: Path, course: Course, fairmark_: Run
) -> None:
    lay(folder / "max.ipynb", STRANGER, **SHADES)
    lay(folder / "nia.ipynb", STRANGER)
    words = ["--out", tmp_path / "out", "--course", course.root, "--json"]
    reports = {one["student"]: one for one in json.loads(fairmark_("grade", folder, *words).out)}
    assert [reports[student]["run"]["outcome"] for student in ("ada", "max", "nia")] == [
        "completed",
        "unreadable",
        "unreadable",
    ]
    graded = rows(tmp_path / "out")
    assert [graded[student]["score"] for student in ("ada", "max", "nia")] == ["3", "0", "0"]
    for student, said in (
        ("max", "is a notebook of the assignment 'shades', not of 'compile_settings'"),
        ("nia", "names no assignment, and no exercise of 'compile_settings' was found in it"),
    ):
        assert said in (tmp_path / "out" / "reports" / f"{student}.compile_settings.json").read_text()


# --- nobody is left out -----------------------------------------------------------------------------------------------


def test_what_has_no_row_is_named_at_the_end_and_in_a_file(
    folder: Path, tmp_path: Path, course: Course, fairmark_: Run
) -> None:
    (folder / "fay.pdf").write_text("%PDF")
    words = ["grade", folder, "--out", tmp_path / "out", "--course", course.root]
    said = fairmark_(*words).out
    assert "Left out: 1 file or folder, named in" in said
    assert "fay.pdf is a PDF, not a notebook." in said
    listed = json.loads(fairmark_(*words, "--json").out)
    assert [one.get("student") for one in listed] == ["ada", "ben", "eve", None]
    assert listed[-1]["schema"] == "fairmark.remarks/1"
    assert [one["file"] for one in listed[-1]["left_out"]] == ["fay.pdf"]
    assert (tmp_path / "out" / "left_out.csv").read_text().splitlines()[1].startswith("fay.pdf,")
    (folder / "fay.pdf").unlink()
    assert "Left out" not in fairmark_(*words).out
    assert not (tmp_path / "out" / "left_out.csv").exists()


def test_a_student_who_handed_in_no_notebook_has_a_row_that_says_what_there_is(
    folder: Path, tmp_path: Path, course: Course, fairmark_: Run
) -> None:
    for name in ("gus/week4/hand in/final/compile_settings.ipynb", "fay/compile_settings.pdf"):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_bytes(answered(course))
    (folder / "hal").mkdir()
    words = ["grade", folder, "--out", tmp_path / "out", "--course", course.root]
    assert fairmark_(*words).exit_code == 1
    graded = rows(tmp_path / "out")
    assert {student: graded[student]["outcome"] for student in ("fay", "hal")} == {"fay": "error", "hal": "error"}
    assert graded["gus"]["outcome"] != "error"
    for student, said in (
        ("fay", "fay: holds no notebook: compile_settings.pdf is a PDF, not a notebook"),
        ("hal", "hal: is an empty folder. Hand in the notebook itself, the .ipynb file."),
    ):
        assert said in (tmp_path / "out" / "reports" / f"{student}.compile_settings.json").read_text()
    fairmark_(*words)
    assert rows(tmp_path / "out") == graded


def test_the_same_file_of_two_students_is_mentioned_and_an_untouched_one_is_not(
    folder: Path, tmp_path: Path, course: Course, fairmark_: Run
) -> None:
    (folder / "zoe.ipynb").write_bytes((folder / "ada.ipynb").read_bytes())
    (folder / "yan.ipynb").write_bytes((folder / "ben.ipynb").read_bytes())
    words = ["grade", folder, "--out", tmp_path / "out", "--course", course.root]
    for _ in range(2):  # the second time nothing is run
        assert "The same code: ada, zoe (compile_settings)." in fairmark_(*words).out
    [remarks] = [one for one in json.loads(fairmark_(*words, "--json").out) if one["schema"] == "fairmark.remarks/1"]
    assert remarks["same_code"] == [{"assignment": "compile_settings", "students": ["ada", "zoe"]}]
    assert {row["flags"] for row in rows(tmp_path / "out").values()} == {"assignment_name_missing", ""}
    (folder / "zoe.ipynb").unlink()
    assert "The same code" not in fairmark_(*words).out


@pytest.mark.parametrize("words", [["grade", "FOLDER", "--out"], ["judge", "--all"]])
def test_a_gradebook_that_somebody_has_edited_is_kept_and_that_is_said(
    words: list[str], folder: Path, tmp_path: Path, course: Course, fairmark_: Run
) -> None:
    out = tmp_path / "out"
    fairmark_("grade", folder, "--out", out, "--course", course.root)
    written = (out / "gradebook.csv").read_bytes()
    (out / "gradebook.csv").write_bytes(written.replace(b"eve", b"eve (excused)"))
    command = [*(str(folder) if word == "FOLDER" else word for word in words), out, "--course", course.root]
    result = fairmark_(*command)
    [kept] = out.glob("gradebook.edited-*.csv")
    assert f"The gradebook had been edited since it was written: that one is kept as {kept}" in result.err
    assert b"eve (excused)" in kept.read_bytes()
    assert (out / "gradebook.csv").read_bytes() == written
    assert "edited" not in fairmark_(*command).err


def zipped(folder: Path) -> Path:
    archive = folder.with_suffix(".zip")
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        for path in sorted(folder.rglob("*")):
            opened.write(path, path.relative_to(folder.parent))
    return archive


@pytest.mark.parametrize("as_zip", [False, True])
def test_of_a_class_as_classes_are_nobody_and_nothing_is_left_out_without_a_word(
    as_zip: bool, tmp_path: Path, course: Course, fairmark_: Run
) -> None:
    right = course.assignment("compile_settings").solution.read_bytes()
    place = made_class(right, tmp_path / "handed_in")
    place = zipped(place) if as_zip else place
    words = ["grade", place, "--out", tmp_path / "out", "--course", course.root, "--assignment", "compile_settings"]
    result = fairmark_(*words)
    assert result.exit_code == 1
    with (tmp_path / "out" / "gradebook.csv").open(encoding="utf-8", newline="") as file:
        graded = [(row["student"], row["outcome"], row["file"]) for row in csv.DictReader(file)]
    above = "handed_in/" if as_zip else ""
    expected = [(student, "passed", f"{above}{name}") for student, name in RIGHT.items()]
    expected += [("ida", "passed", f"{above}ida/{name}") for name in SEVERAL]
    expected += [(student, "error", f"{above}{student}/{name}") for student, name in WITHOUT.items()]
    expected += [(EMPTY, "error", f"{above}{EMPTY}")]
    assert sorted(graded) == sorted(expected)
    with (tmp_path / "out" / "left_out.csv").open(encoding="utf-8", newline="") as file:
        assert sorted(row["file"] for row in csv.DictReader(file)) == sorted(f"{above}{name}" for name in LEFT_OUT)
    for line in (
        "Several files: ida (3 for compile_settings). Each was marked and has a row; which counts, you decide.",
        "The same code: ada, bea, cem, dan and 3 more (compile_settings).",
        "Left out: 5 files or folders, named in",
        "kim.ipynb.crdownload is a download that was broken off. Download it again, to its end.",
        "lea.rar is an archive of a kind that is not read.",
    ):
        assert line in " ".join(result.out.split())
