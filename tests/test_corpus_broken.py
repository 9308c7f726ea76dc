"""Broken submissions, all in one class with right ones among them: each gets the verdict written beside it."""

from __future__ import annotations

import csv
import json
import os
import re
import stat
import subprocess
import sys
import unicodedata
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import pytest
from broken import SECRET, Broken, Ground, broken_submissions
from broken_zips import zip_of
from scripted import Scripted
from tiny import PRETEND, tiny_course

from fairmark.author.sample_class import with_answers
from fairmark.classroom import ClassRequest, grade_class
from fairmark.classroom.discover import look_through
from fairmark.classroom.grade import ClassOfSubmissions, Place, with_file
from fairmark.course import Course
from fairmark.grading.pipeline import Pipeline, Steps
from fairmark.present.gradebook import write_gradebook
from fairmark.report import Report, Standing

NAME = "compile_settings"
BROKEN = broken_submissions()
ROWS = [row for broken in BROKEN for row in broken.rows]
RIGHT = ("Zz_right", "aa_right", "right_1", "right_2", "zz_right")
"""Right submissions before, among and after the broken ones."""

pytestmark = pytest.mark.thorough
MEMORY_BYTES = 700 * 2**20
CPU_SECONDS = 120
"""What reading all of them may take: there for a reader that never ends, and fifty times what it needs."""


@dataclass(frozen=True)
class Graded:
    """A class, and what became of it."""

    course: Course
    folder: Path
    outside: Path
    out: Path
    reports: Mapping[str, Report]
    before: Mapping[str, tuple[int, int, int]]


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Graded:
    """The whole corpus, graded in one batch as the command does it."""
    root = tmp_path_factory.mktemp("broken")
    course = tiny_course(root / "course", NAME)
    folder, outside = root / "class", root / "outside"
    lay_class(folder, outside, course)
    before = listing(root)
    standings = grade_class(ClassRequest((folder,), root / "out", course, launcher=Scripted(PRETEND))).standings
    written = [Place(root / "out").written(one.student, one.assignment, one.file_number) for one in standings]
    found = {row_of(report): report for report in written if report is not None}
    assert len(found) == len(standings)
    return Graded(course, folder, outside, root / "out", found, before)


def row_of(report: Report) -> str:
    """``ada``; ``ada (2)`` for a second file of hers."""
    return f"{report.student} ({report.file_number})" if report.file_number > 1 else report.student


def lay_class(folder: Path, outside: Path, course: Course) -> None:
    ground = Ground(right_notebook(course), outside)
    for made in (folder, outside):
        made.mkdir()
    for name in ("solution.ipynb", "shared.ipynb"):
        (outside / name).write_bytes(ground.right)
    (outside / "solution.zip").write_bytes(zip_of([{"name": "work.ipynb"}], ground.right))
    (outside / "secret").write_text(SECRET)
    for student in RIGHT:
        (folder / f"{student}.ipynb").write_bytes(ground.right)
    for broken in BROKEN:
        broken.lay(folder, ground)


def right_notebook(course: Course) -> bytes:
    """What was given out with every stub answered rightly, on one line."""
    answers = {"compile": "loss = 'binary_crossentropy'", "training": "epochs = 2"}
    edits = {name: lambda source, name=name: f"# Exercise: {name}\n{answers[name]}" for name in answers}
    return json.dumps(json.loads(with_answers(course.assignment(NAME).notebook.read_bytes(), edits))).encode()


def listing(root: Path) -> dict[str, tuple[int, int, int]]:
    """Kind, size and time of change of all that lies in ``root``, what grading leaves aside."""
    found = {}
    for folder, folders, files in os.walk(root):
        for path in (Path(folder, name) for name in (*folders, *files) if os.access(folder, os.X_OK)):
            status = path.lstat()
            size_bytes = 0 if stat.S_ISDIR(status.st_mode) else status.st_size
            if not path.is_relative_to(root / "out") and "__pycache__" not in path.parts:
                found[str(path)] = (status.st_mode, size_bytes, status.st_mtime_ns)
    return found


def said(report: Report) -> str:
    """All that a report says, in one text."""
    messages = [check.message for exercise in report.exercises for check in exercise.checks]
    return "\n".join([*dict.fromkeys(messages), *(flag.message for flag in report.flags)])


def verdict(report: Report) -> tuple[object, ...]:
    return report.score, report.outcome, report.run.outcome, [flag.kind for flag in report.flags], said(report)


# --- verdicts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: f"{broken.kind}: {broken.name}")
def test_it_gets_the_verdict_written_beside_it(broken: Broken, graded: Graded) -> None:
    for row in broken.rows:
        report = graded.reports[row.student]
        kinds = dict.fromkeys(flag.kind for flag in report.flags)
        got = (report.score, report.outcome, report.run.outcome, tuple(kinds))
        assert got == (row.score, row.outcome, row.run, row.flags), said(report)
        for words in row.says:
            assert words in said(report)


def test_what_cannot_be_read_is_named_and_a_remedy_is_given(graded: Graded) -> None:
    for row in (row for row in ROWS if row.run == "unreadable"):
        message = said(graded.reports[row.student])
        assert message.startswith(f"{graded.folder}{os.sep}{row.student[:7]}"), message
        assert re.search(
            r": (is|has|holds|breaks|names|cell|the content) .+ [A-Z][a-z]+ [^:]+\.$", message, re.DOTALL
        ), message


def test_everyone_has_a_row_and_nobody_else(graded: Graded) -> None:
    assert sorted(graded.reports) == sorted([*RIGHT, *(row.student for row in ROWS)])


def test_right_submissions_among_them_get_their_marks(graded: Graded) -> None:
    for student in RIGHT:
        assert verdict(graded.reports[student])[:4] == (3.0, "passed", "completed", [])


@pytest.mark.thorough
def test_in_the_opposite_order_all_get_the_same(graded: Graded, tmp_path: Path) -> None:
    launcher = Scripted(PRETEND)
    submissions = ClassOfSubmissions(
        graded.course, lambda name: Pipeline(graded.course, graded.course.assignment(name), launcher=launcher)
    )
    place, reports = Place(tmp_path / "out"), list[Report]()
    work = submissions.prepare(look_through([graded.folder], [NAME]).found)
    for found, assignment in reversed(work):
        marked = with_file(submissions.mark(found, assignment, Steps()), found)
        reports.append(marked.report)
        place.write(marked)
        write_gradebook(place.gradebook, [*map(Standing.of, reports)])
    assert [row_of(report) for report in reports] == list(reversed(graded.reports))
    assert {row_of(report): verdict(report) for report in reports} == {
        student: verdict(report) for student, report in graded.reports.items()
    }


# --- what is left behind ----------------------------------------------------------------------------------------------


def test_nothing_is_written_but_the_results_and_nothing_is_changed(graded: Graded) -> None:
    assert listing(graded.course.root.parent) == graded.before


def test_no_text_of_another_file_is_in_the_results(graded: Graded) -> None:
    for path in graded.out.rglob("*"):
        assert path.is_dir() or SECRET.encode() not in path.read_bytes(), path


def test_the_gradebook_has_a_line_for_each_that_no_spreadsheet_runs(graded: Graded) -> None:
    with (graded.out / "gradebook.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, strict=True))
    assert len(rows) == len(graded.reports)
    for row, report in zip(rows, graded.reports.values(), strict=True):
        assert None not in row
        assert (float(row["score"]), row["outcome"]) == (report.score, report.outcome)
        assert not any(re.match(r"[=+\-@\t\r]", field) for field in row.values())
        assert not any(hidden(character) for field in row.values() for character in field)


def hidden(character: str) -> bool:
    """Whether it steers what shows it: controls, directions, joiners, surrogates."""
    return unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}


def test_reports_are_whole_and_their_files_have_harmless_names(graded: Graded) -> None:
    reports = sorted((graded.out / "reports").iterdir())
    assert len(reports) == 2 * len(graded.reports)
    read = [json.loads(path.read_text(encoding="ascii")) for path in reports if path.suffix == ".json"]
    assert sorted(row_of(Report.model_validate(report)) for report in read) == sorted(graded.reports)
    for path in [*reports, *(graded.out / "evidence").iterdir()]:
        assert re.fullmatch(r"[\w@+][\w@+ .-]*\.compile_settings( \(\d+\))?\.(json|html)", path.name), path.name
        assert not re.match(r"(?i)(con|nul)\.", path.name)


class Page(HTMLParser):
    """The tags of a page, and its text."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.open: list[str] = []
        self.text = ""
        self.feed(content)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in ("meta", "path", "line", "circle", "rect", "br", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_pages_are_whole_and_hold_nothing_that_runs(graded: Graded) -> None:
    for path in (graded.out / "reports").glob("*.html"):
        page = Page(path.read_text(encoding="utf-8"))
        assert page.open == []
        assert not page.tags & {"script", "iframe", "object", "form", "a"}, path
        assert not any(name.startswith("on") or name in ("href", "src") for name in page.attributes), path
        assert not any(hidden(character) for character in page.text if character != "\n"), path


# --- what it costs ----------------------------------------------------------------------------------------------------

READS_ALL = f"""
import resource, sys
from pathlib import Path
from fairmark.classroom.discover import look_through
from fairmark.errors import FairmarkError
from fairmark.notebook.master import load_master
from fairmark.notebook.read import read_submission
resource.setrlimit(resource.RLIMIT_DATA, ({MEMORY_BYTES}, {MEMORY_BYTES}))
resource.setrlimit(resource.RLIMIT_CPU, ({CPU_SECONDS}, {CPU_SECONDS}))
master = load_master(Path(sys.argv[2]))
for found in look_through([Path(sys.argv[1])], [{NAME!r}]).found:
    try:
        read_submission(found.path, student=found.student, master=master)
    except FairmarkError:
        pass
print("read")
"""


@pytest.mark.thorough
def test_reading_them_takes_little_memory_and_ends(graded: Graded) -> None:
    command = [sys.executable, "-c", READS_ALL, str(graded.folder), str(graded.course.assignment(NAME).notebook)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "read\n"), done.stderr


# --- a class in a zip -------------------------------------------------------------------------------------------------


def test_a_class_in_a_zip_has_its_rows_whatever_some_of_them_are(graded: Graded, tmp_path: Path) -> None:
    members = [
        {"name": "class/alice.ipynb"},
        {"name": "class/bob.ipynb", "zeros": 21 * 2**20},
        {"name": "class/../../carl.ipynb"},
        {"name": "class/dora.ipynb", "mode": 0o120777, "text": "alice.ipynb"},
        {"name": "class/erik.zip", "text": "no zip"},
        {"name": "class/fred.zip", "zip": [{"name": "work.ipynb"}]},
        {"name": "class/Alice.ipynb", "text": ""},
        {"name": "class/greta/compile_settings.ipynb"},
        {"name": "class/hugo.ipynb", "method": zipfile.ZIP_LZMA},
        {"name": "class/" + "i" * 300 + ".ipynb"},
    ]
    (tmp_path / "class.zip").write_bytes(zip_of(members, right_notebook(graded.course)))
    standings = grade_class(
        ClassRequest((tmp_path / "class.zip",), tmp_path / "out", graded.course, launcher=Scripted(PRETEND))
    ).standings
    assert {standing.student: standing.score for standing in standings} == {
        "Alice": 0,
        "alice": 3,
        "bob": 0,
        "carl": 0,
        "dora": 0,
        "erik": 0,
        "fred": 3,
        "greta": 3,
        "hugo": 0,
        "i" * 99 + "…": 3,
    }
    assert {standing.run_outcome for standing in standings if not standing.score} == {"unreadable"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["class.zip", "out"]
