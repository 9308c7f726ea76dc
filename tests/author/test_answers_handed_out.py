"""The built-in course as students get it: no number or word that an exercise asks for can be read in it."""

from __future__ import annotations

import ast
import json
import math
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from fairmark.author.students import release_to_students
from fairmark.checks import load_grader
from fairmark.course import Course, find_course

ROOT = Path(__file__).resolve().parents[2]
COURSE = Course(ROOT)

TYPED = re.compile(
    r"\b(?:is_number|are_numbers|is_word|is_choice|are_words|follows_from|reads_labels)\(\s*run,\s*\"(\w+)\"",
)
MEASURED = {"epochs_run"}
"""Typed, and held against what the run itself measured: nobody knows it beforehand."""


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Course:
    return find_course(release_to_students(COURSE, COURSE.assignments(), tmp_path_factory.mktemp("all") / "given"))


def typed_names(name: str) -> set[str]:
    return set(TYPED.findall(COURSE.assignment(name).grader.read_text())) - MEASURED


def right_answers(name: str) -> dict[str, object]:
    """What the solution binds to the names that are asked for, as far as it is written out there."""
    known: dict[str, object] = {}
    for cell in json.loads(COURSE.assignment(name).solution.read_text())["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("solution") is not True:
            continue
        for statement in ast.parse("".join(cell["source"])).body:
            if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
                try:
                    value = eval(ast.unparse(statement.value), {"__builtins__": {"round": round}, "math": math}, known)
                except Exception:  # worked out from pictures or a training
                    continue
                known[statement.targets[0].id] = value
    return {one: known[one] for one in typed_names(name) if one in known}


def spelled(value: object) -> Iterator[str]:
    """How a telling answer may be written; nothing for what is in every text, as 20 or "validation" is."""
    if isinstance(value, list | tuple):
        yield re.sub(r"\s", "", str(list(value)))[1:-1]
        for one in value:
            yield from spelled(one)
    elif isinstance(value, int) and value >= 1000:
        yield from (f"{value}", f"{value:,}", f"{value:_}")
    elif isinstance(value, float) and round(value, 6) != round(value, 3):
        yield f"{value:.4f}".rstrip("0")


def test_there_are_such_answers() -> None:
    answers = {(name, one): right for name in COURSE.assignments() for one, right in right_answers(name).items()}
    assert len(answers) > 30
    assert answers["convnet_layers", "sides"] == [298, 149, 147, 73, 71, 35]
    assert answers["compacted_images", "parameters"] == 9_494_561


@pytest.mark.parametrize("name", COURSE.assignments())
def test_no_script_that_students_get_asks_for_what_is_typed(name: str, given: Course) -> None:
    script = given.assignment(name).grader.read_text()
    assert not TYPED.findall(script) or set(TYPED.findall(script)) <= MEASURED
    strings = {node.value for node in ast.walk(ast.parse(script)) if isinstance(node, ast.Constant)}
    assert strings & typed_names(name) == set()


@pytest.mark.parametrize("name", COURSE.assignments())
def test_no_answer_can_be_read_in_what_students_get(name: str, given: Course) -> None:
    dataset = load_grader(COURSE.assignment(name).grader).dataset
    files = [given.assignment(name).grader, *(path for path in given.dataset_folder(dataset).rglob("*.*"))]
    files += [given.assignment(name).notebook, given.assignment(name).handed_out]
    texts = {path: re.sub(r'\\n|[\s"]', "", path.read_text(encoding="utf-8", errors="ignore")) for path in files}
    read = [
        (answer, text, path.relative_to(given.root).as_posix())
        for answer, value in right_answers(name).items()
        for text in spelled(value)
        for path in files
        if re.search(rf"(?<![\d.,]){re.escape(text)}(?!\d)", texts[path])
    ]
    assert read == []


def test_nothing_else_of_the_teachers_is_there(given: Course) -> None:
    assert sorted(path.name for path in given.root.iterdir()) == ["assignments", "datasets", "graders"]
    assert not [path for path in given.root.rglob("*") if path.name.endswith(".verify.toml")]
    for name in COURSE.assignments():
        assert given.assignment(name).handed_out.read_bytes() == given.assignment(name).notebook.read_bytes()


def test_what_a_network_or_a_training_must_be_is_asked_at_once_as_before(given: Course) -> None:
    for name in COURSE.assignments():
        whole, left = load_grader(COURSE.assignment(name).grader), load_grader(given.assignment(name).grader)
        points = sum(one.points for exercise in left.exercises for one in exercise.unseen_checks)
        assert left.points + points == whole.points
        assert any(exercise.checks for exercise in left.exercises)
    layers = next(
        one for one in load_grader(given.assignment("horses_or_humans").grader).exercises if one.id == "layers"
    )
    assert layers.checks
    assert layers.lesson
