"""What students get: a course of three parts, without solutions, and without a word of what is held back."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest
from live.kernels import in_kernel
from tiny import tiny_course

from fairmark.author.new import EXAMPLE, new_course
from fairmark.author.students import release_to_students
from fairmark.checks import load_grader
from fairmark.course import Course, find_course
from fairmark.errors import GraderError, UsageError

SHOWN = """

@settings.check("The cell runs", points=1)
def runs(run: RunView) -> None:
    cells.run_to_their_end(run)
"""

HELD_BACK = """

# The best loss is what most get wrong.
@settings.check("The loss is the best", points=3, visibility="after_deadline")
def best(run: RunView) -> None:
    expect(run.answer("loss")).to_be_one_of("focal_secret", expected="the best")


@settings.check("Nothing is copied", points=1, visibility="never")
def copied(run: RunView) -> None:
    expect(run.answer("copied_secret")).to_be(0)
"""


@pytest.fixture
def course(tmp_path: Path) -> Course:
    made = tiny_course(tmp_path / "course", "compile_settings")
    grader = made.assignment("compile_settings").grader
    text = grader.read_text().replace("expect\n", "expect\nfrom fairmark.checks import cells\n", 1)
    grader.write_text(text + SHOWN + HELD_BACK)
    grader.with_suffix(".verify.toml").write_text("# a twin\n")
    (made.root / "datasets/tiles/__pycache__").mkdir()
    (made.root / "datasets/tiles/__pycache__/render.pyc").write_bytes(b"")
    (made.root / "datasets/tiles/solved.ipynb").write_text("{}")
    return made


def files_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_students_get_notebooks_graders_and_recipes_and_nothing_else(course: Course, tmp_path: Path) -> None:
    given = release_to_students(course, ["compile_settings"], tmp_path / "given")
    assert files_in(given) == [
        "assignments/compile_settings.ipynb",
        "datasets/tiles/dataset.toml",
        "datasets/tiles/render.py",
        "graders/compile_settings.py",
        "graders/handed_out/compile_settings.ipynb",
    ]
    notebook = course.assignment("compile_settings").notebook.read_bytes()
    assert (given / "assignments/compile_settings.ipynb").read_bytes() == notebook
    assert (given / "graders/handed_out/compile_settings.ipynb").read_bytes() == notebook


def test_it_is_a_course_in_which_everything_is_found(course: Course, tmp_path: Path) -> None:
    given = find_course(release_to_students(course, ["compile_settings"], tmp_path / "given"))
    [settings, fitting] = load_grader(given.assignment("compile_settings").grader).exercises
    assert [check.title for check in settings.checks] == ["The cell runs"]
    assert [(unseen.title, unseen.points, unseen.visibility) for unseen in settings.unseen_checks] == [
        ("The loss fits", 2, "always"),
        ("The loss is the best", 3, "after_deadline"),
        ("A check that is not shown", 1, "never"),
    ]
    assert [(unseen.title, unseen.visibility) for unseen in fitting.unseen_checks] == [
        ("It is trained twice", "always")
    ]


def test_no_solution_and_no_line_of_a_check_held_back_is_anywhere(course: Course, tmp_path: Path) -> None:
    given = release_to_students(course, ["compile_settings"], tmp_path / "given")
    lines = [line.strip() for line in HELD_BACK.split("\n") if line.strip()]
    for name in files_in(given):
        text = (given / name).read_text()
        assert not [line for line in lines if line in text]
        assert not [word for word in ("focal_secret", "copied", "Nothing is", "most get wrong") if word in text]
        assert "loss = 'binary_crossentropy'" not in text
        assert "SOLUTION" not in text


def test_students_may_check_themselves_in_it_in_a_notebook_and_as_a_whole(tmp_path: Path) -> None:
    new_course(tmp_path / "week")
    made = find_course(tmp_path / "week")
    solution = nbformat.read(made.assignment(EXAMPLE).solution, 4).cells
    given = release_to_students(made, [EXAMPLE], tmp_path / "given")
    sources = [cell.source for cell in nbformat.read(given / f"assignments/{EXAMPLE}.ipynb", 4).cells]
    right = next(cell.source for cell in solution if cell.source.startswith("# Exercise: compile"))
    network = next(source for source in sources if source.startswith("model = "))
    imports = "from fairmark import check\nfrom tensorflow import keras"
    asked = ['check("compile")', 'check.hint("compile")']
    shown = in_kernel(given / "assignments", [imports, network, asked[0], right, *asked])
    assert [one.error for one in shown] == [None] * len(shown)
    assert "Run the cell first" in shown[2].text
    assert "2 / 2 points" in shown[4].text


def test_what_was_written_before_is_replaced(course: Course, tmp_path: Path) -> None:
    given = release_to_students(course, ["compile_settings"], tmp_path / "given")
    (given / "graders/old.py").write_text("")
    assert release_to_students(course, ["compile_settings"], tmp_path / "given") == given
    assert "graders/old.py" not in files_in(given)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["course", "given"]


def test_a_folder_with_something_else_in_it_is_left_alone(course: Course, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"is part of the course itself"):
        release_to_students(course, [], tmp_path)
    with pytest.raises(UsageError, match=r"is part of the course itself"):
        release_to_students(course, [], course.root / "datasets" / "given")
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"mine: holds 'thesis.txt', which is no part of what students get"):
        release_to_students(course, [], mine)
    with pytest.raises(UsageError, match=r"thesis.txt: is a file, not a folder"):
        release_to_students(course, [], mine / "thesis.txt")


def test_a_script_that_fails_without_what_is_held_back_is_refused(course: Course, tmp_path: Path) -> None:
    grader = course.assignment("compile_settings").grader
    grader.write_text(grader.read_text() + "\nassert len(settings.checks) == 4\n")
    with pytest.raises(GraderError, match=r"without the checks held back it fails: .*:\d+: AssertionError"):
        release_to_students(course, ["compile_settings"], tmp_path / "given")
    assert not (tmp_path / "given").exists()
    assert json.loads(course.assignment("compile_settings").solution.read_text())


# --- helpers ----------------------------------------------------------------------------------------------------------

HELPER = """\
# -*- coding: latin-1 -*-
from _secrets import LOSSES
from fairmark import expect
from fairmark.checks import cells
from fairmark.keras import RunView

BEST = "focal_secret"


def runs_whole(run: RunView) -> None:
    \"\"\"Grün.\"\"\"
    cells.run_to_their_end(run)


def is_best(run: RunView, name: str) -> None:
    expect(run.answer(name)).to_be_one_of(BEST, *LOSSES, expected="the best")
"""


def with_helpers(course: Course) -> Course:
    grader = course.assignment("compile_settings").grader
    text = grader.read_text().replace("cells.run_to_their_end(run)", "runs_whole(run)")
    text = text.replace(
        'expect(run.answer("loss")).to_be_one_of("focal_secret", expected="the best")', 'is_best(run, "loss")'
    )
    grader.write_text(text.replace("expect\n", "expect\nfrom _settings import is_best, runs_whole\n", 1))
    (grader.parent / "_settings.py").write_bytes(HELPER.encode("latin-1"))
    (grader.parent / "_secrets.py").write_text("LOSSES = ['other_secret']\n")
    (grader.parent / "_unused.py").write_text("OTHER = 'other_secret'\n")
    return course


def test_students_get_the_helpers_without_what_only_checks_held_back_use(course: Course, tmp_path: Path) -> None:
    given = release_to_students(with_helpers(course), ["compile_settings"], tmp_path / "given")
    graders = [name for name in files_in(given) if name.startswith("graders/") and name.endswith(".py")]
    assert graders == ["graders/_settings.py", "graders/compile_settings.py"]
    assert (given / "graders/_settings.py").read_text(encoding="utf-8") == (
        "from fairmark.checks import cells\nfrom fairmark.keras import RunView\n\n\n"
        'def runs_whole(run: RunView) -> None:\n    """Grün."""\n    cells.run_to_their_end(run)\n'
    )
    assert not [name for name in files_in(given) if b"_secret" in (given / name).read_bytes()]
    [settings, _] = load_grader(find_course(given).assignment("compile_settings").grader).exercises
    assert [check.title for check in settings.checks] == ["The cell runs"]


def test_a_check_that_asks_in_a_helper_what_was_typed_is_held_back(course: Course, tmp_path: Path) -> None:
    grader = with_helpers(course).assignment("compile_settings").grader
    grader.write_text(grader.read_text().replace(', visibility="after_deadline"', ""))
    given = release_to_students(course, ["compile_settings"], tmp_path / "given")
    assert b"focal_secret" not in (given / "graders/_settings.py").read_bytes()


def test_a_check_made_in_a_helper_that_is_to_be_held_back_is_refused_with_its_line(
    course: Course, tmp_path: Path
) -> None:
    grader = course.assignment("compile_settings").grader
    made = 'def add(to):\n    @to.check("Nothing", points=1, visibility="never")\n    def nothing(run):\n        pass\n'
    helper = grader.parent / "_adds.py"
    helper.write_text(made)
    grader.write_text(f"{grader.read_text()}\nfrom _adds import add\nadd(settings)\n")
    with pytest.raises(GraderError) as caught:
        release_to_students(course, ["compile_settings"], tmp_path / "given")
    assert caught.value.message == f"{helper}:2: the check 'nothing' is held back and cannot be taken out"
