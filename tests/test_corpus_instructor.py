"""Instructors' notebooks, marked for other tools: ``new assignment --from``, ``release``, and nothing is given away."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from instructors import KEPT, REFUSED, Kept, Refused, notebook_of
from live.kernels import in_kernel
from thorough import one_in

from fairmark.author.check_import import missing_import
from fairmark.author.consistency import require_agreement
from fairmark.author.new import EXAMPLE, Made, new_assignment, new_course
from fairmark.author.release import release
from fairmark.author.students import release_to_students
from fairmark.course import Course, find_course
from fairmark.errors import ReleaseError
from fairmark.notebook.student_notebook import squeezed


@pytest.fixture
def course(tmp_path: Path) -> Course:
    new_course(tmp_path / "week")
    return find_course(tmp_path / "week")


def adopted(case: Kept | Refused, course: Course) -> Made:
    path = course.root.parent / f"{case.name}.ipynb"
    path.write_bytes(notebook_of(case))
    return new_assignment(course, case.name, notebook=path)


def readable(folder: Path) -> str:
    """All that can be read in a folder: files as they are, and the pictures in notebooks decoded."""
    text = ""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = path.read_text(encoding="utf-8", errors="ignore")
        text += f"{path.name}\n{content}\n"
        for cell in json.loads(content)["cells"] if path.suffix == ".ipynb" else ():
            text += "".join(cell["source"]) + "\n"
            for bundle in cell.get("attachments", {}).values():
                text += "".join(base64.b64decode(one).decode("utf-8", "ignore") for one in bundle.values())
    return text


@pytest.mark.parametrize("case", KEPT, ids=lambda case: case.name)
def test_what_students_get_shows_no_answer_no_scheme_and_no_test(case: Kept, course: Course, tmp_path: Path) -> None:
    made = adopted(case, course)
    assignment = course.assignment(case.name)
    grader = require_agreement(assignment)
    assert tuple(exercise.id for exercise in grader.exercises) == case.exercises
    release(assignment.solution, assignment.notebook)
    text = readable(release_to_students(course, [case.name], tmp_path / "given"))
    assert [secret for secret in case.secret if squeezed(secret) in squeezed(text)] == []
    assert [given for given in case.given if given not in text] == []
    said = [remark.partition(f"{case.name}.ipynb: ")[2] for remark in made.remarks[:-1]]
    assert len(said) == len(case.remarks)
    assert [one for one, begins in zip(said, case.remarks, strict=True) if not one.startswith(begins)] == []


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_what_is_not_understood_is_refused_and_nothing_is_written(case: Refused, course: Course) -> None:
    before = sorted(path for path in course.root.rglob("*"))
    with pytest.raises(ReleaseError) as caught:
        adopted(case, course)
    assert caught.value.message.endswith(f"{case.name}.ipynb: {case.says}")
    assert caught.value.remedy
    assert sorted(path for path in course.root.rglob("*")) == before


IN_KERNELS = [case for case in KEPT if not case.cells]


@pytest.mark.parametrize("case", one_in(8, [None, *IN_KERNELS]), ids=lambda case: case.name if case else "new_course")
def test_students_may_call_check_as_the_readme_says(case: Kept | None, course: Course) -> None:
    if case is not None:
        adopted(case, course)
    assignment = course.assignment(EXAMPLE if case is None else case.name)
    release(assignment.solution, assignment.notebook)
    assert missing_import(assignment.solution) is None
    exercises = [exercise.id for exercise in require_agreement(assignment).exercises]
    sources = [
        "".join(cell["source"])
        for cell in json.loads(assignment.notebook.read_text())["cells"]
        if cell["cell_type"] == "code"
    ]
    # What a kernel can run without network, shell or pictures.
    sources = ["\n".join(line for line in one.split("\n") if line[:1] not in "!%") for one in sources]
    sources = [one.replace("pictures_dir = fairmark.dataset", "pictures_dir = print") for one in sources]
    shown = in_kernel(course.root, [*sources, *(f'check("{exercise}")' for exercise in exercises)])
    asked = shown[len(sources) :]
    assert [one.error for one in asked] == [None] * len(exercises)
    assert not any("no exercise named" in one.text for one in asked)
