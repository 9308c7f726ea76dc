"""Release: answers become stubs, everything else is locked, and no answer can be read in what is released."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import nbformat
import pytest

from fairmark.author.release import is_stale, release
from fairmark.errors import MachineError, ReleaseError
from fairmark.notebook.student_notebook import release_notebook

ANSWER = "model.compile(loss='binary_crossentropy', optimizer='rmsprop')"
REGION = f"### BEGIN SOLUTION\n{ANSWER}\n### END SOLUTION"
COMPILE = f"# Exercise: compile\n{REGION}"


def code(source: str, **nbgrader: object) -> dict[str, Any]:
    metadata = {"nbgrader": nbgrader} if nbgrader else {}
    return {"cell_type": "code", "metadata": metadata, "source": source, "execution_count": 3, "outputs": []}


def exercise(source: str = COMPILE, grade_id: str | None = "compile") -> dict[str, Any]:
    return code(source, solution=True, grade_id=grade_id)


def markdown(source: str, **fields: object) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": source} | fields


def solution(*cells: dict[str, Any], **metadata: object) -> bytes:
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells}).encode()


def released(*cells: dict[str, Any], **metadata: object) -> dict[str, Any]:
    notebook: dict[str, Any] = json.loads(release_notebook(solution(*cells, **metadata), path="solutions/horses.ipynb"))
    return notebook


def text_of(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def refused(*cells: dict[str, Any], **metadata: object) -> str:
    """The message, without the file's name, which each begins with."""
    with pytest.raises(ReleaseError) as caught:
        released(*cells, **metadata)
    assert caught.value.remedy
    start, _, message = caught.value.message.partition(": ")
    assert start == "solutions/horses.ipynb"
    return message


# --- what students get ------------------------------------------------------------------------------------------------


def test_each_answer_becomes_a_stub_at_its_indentation() -> None:
    source = (
        "# Exercise: compile\ndef build():\n    ### BEGIN SOLUTION\n    model = Sequential([Dense(1)])\n"
        "        ### END SOLUTION\n    return model\n### BEGIN SOLUTION\nbuild().compile('adam')\n### END SOLUTION"
    )
    assert text_of(released(exercise(source))["cells"][0]) == (
        "# Exercise: compile\ndef build():\n    # YOUR CODE HERE\n"
        '    raise NotImplementedError("compile: replace this line with your answer")\n'
        "    return model\n# YOUR CODE HERE\n"
        'raise NotImplementedError("compile: replace this line with your answer")'
    )


def test_exercises_can_be_edited_and_all_other_cells_are_locked() -> None:
    notebook = released(markdown("# Title"), exercise(), code("x = 1", grade_id="given", locked=False))
    nbgrader = [cell["metadata"]["nbgrader"] for cell in notebook["cells"]]
    assert nbgrader[1] == {
        "schema_version": 3,
        "solution": True,
        "grade": False,
        "locked": False,
        "task": False,
        "grade_id": "compile",
    }
    assert [entry["grade_id"] for entry in nbgrader] == ["cell-001", "compile", "given"]
    assert [entry["locked"] for entry in nbgrader] == [True, False, True]
    assert [cell["metadata"].get("editable") for cell in notebook["cells"]] == [False, None, False]


def test_the_notebook_names_its_assignment_and_a_python_kernel() -> None:
    metadata = released(exercise(), kernelspec={"name": "venv", "display_name": "mine"}, widgets={"a": 1})["metadata"]
    assert metadata == {
        "fairmark": {"assignment": "horses", "schema": 1},
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    }


def test_outputs_counts_and_the_editors_metadata_are_dropped_and_tags_kept() -> None:
    cell = code("x = 1") | {"outputs": [{"output_type": "stream", "name": "stdout", "text": ANSWER}]}
    cell["metadata"] = {"collapsed": True, "jupyter": {"source_hidden": True}, "tags": ["setup"]}
    _, kept = released(exercise(), cell)["cells"]
    assert (kept["outputs"], kept["execution_count"]) == ([], None)
    assert sorted(kept["metadata"]) == ["deletable", "editable", "nbgrader", "tags"]


def test_pictures_attached_to_markdown_are_kept() -> None:
    picture = {"horse.png": {"image/png": base64.b64encode(b"\x89PNG").decode()}}
    drawing = {"human.svg": {"image/svg+xml": ["<svg>\n", "</svg>"]}}
    _, kept = released(exercise(), markdown("![](attachment:horse.png)", attachments=picture | drawing))["cells"]
    assert kept["attachments"] == picture | drawing


def test_the_released_notebook_is_valid() -> None:
    data = release_notebook(solution(markdown("# T"), exercise()), path="horses.ipynb")
    nbformat.validate(nbformat.from_dict(json.loads(data)))
    assert data.endswith(b"}\n")
    assert data.splitlines()[1] == b' "cells": ['


def test_the_same_solution_gives_the_same_bytes() -> None:
    first = solution(markdown("# T"), exercise(), code("x = 1"))
    later = json.loads(first)
    later["cells"][2]["execution_count"] = 99
    later["metadata"]["widgets"] = {"state": {}}
    assert release_notebook(first, path="a/horses.ipynb") == release_notebook(
        json.dumps(later, indent=4, sort_keys=True).encode(), path="b/horses.ipynb"
    )


def test_ids_of_cells_are_kept() -> None:
    assert [cell["id"] for cell in released(exercise() | {"id": "given"}, markdown("x"))["cells"]] == ["given", "001"]


def test_a_cell_with_a_magic_can_be_an_exercise() -> None:
    assert "%matplotlib" in text_of(
        released(exercise(f"# Exercise: compile\n%matplotlib inline\n{REGION}"))["cells"][0]
    )


# --- what is refused --------------------------------------------------------------------------------------------------


def test_a_solution_that_is_no_notebook_is_refused() -> None:
    with pytest.raises(ReleaseError, match=r"horses\.ipynb: is empty"):
        release_notebook(b"", path="horses.ipynb")


def test_a_solution_of_another_name_is_refused() -> None:
    assert "calls its assignment 'cats', but the file is called 'horses'" in refused(
        exercise(), fairmark={"assignment": "cats"}
    )


def test_a_solution_without_exercises_is_refused() -> None:
    assert refused(markdown("x")) == "has no exercise"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (REGION, "does not begin with its header"),
        (COMPILE.replace("compile\n", "fit\n", 1), "does not begin with its header"),
        ("# Exercise: compile\nx = 1", "has no answer between markers"),
        (COMPILE.replace("### END SOLUTION", ""), "line 2: ### BEGIN SOLUTION without ### END SOLUTION after it"),
        (COMPILE + "\n### END SOLUTION", "line 5: ### END SOLUTION without ### BEGIN SOLUTION before it"),
        (
            COMPILE.replace(ANSWER, "### BEGIN SOLUTION"),
            "line 3: ### BEGIN SOLUTION without ### END SOLUTION before it",
        ),
        (
            COMPILE.replace("### END", "x = 1 ### END"),
            "line 4: 'x = 1 ### END SOLUTION' is not quite a solution marker",
        ),
        (COMPILE + "\n#begin solution", "line 5: '#begin solution' is not quite a solution marker"),
        (
            "# Exercise: compile\nx = [\n### BEGIN SOLUTION\n1,\n### END SOLUTION\n]",
            "the stub of the exercise 'compile' is not valid Python",
        ),
    ],
)
def test_a_malformed_exercise_is_refused_with_its_place(source: str, message: str) -> None:
    found = refused(markdown("# T"), exercise(source))
    assert found.startswith("cell 2: ")
    assert found.endswith(message)


def test_an_exercise_needs_an_id_of_its_own_that_nbgrader_accepts() -> None:
    assert refused(exercise(grade_id=None)) == "cell 1: the exercise has no grade_id"
    assert "characters nbgrader does not accept" in refused(exercise(grade_id="my exercise"))
    assert refused(exercise(), exercise()) == "cell 2: the grade_id 'compile' is that of cell 1, too"


def test_an_exercise_must_be_code() -> None:
    assert refused(exercise() | {"cell_type": "markdown"}) == "cell 1: an exercise must be a code cell"


def test_markers_outside_an_exercise_are_refused() -> None:
    assert refused(exercise(), code(REGION)) == "cell 2: a solution marker stands outside an exercise cell"


@pytest.mark.parametrize(
    "cell",
    [
        markdown("Describe it.\n\n=== BEGIN MARK SCHEME ===\n3 points\n=== END MARK SCHEME ==="),
        code("print(1)\n### BEGIN HIDDEN TESTS\nassert True\n### END HIDDEN TESTS"),
        code("### START CODE HERE ###\nx = 1\n### END CODE HERE ###"),
        code("pictures = 768  # SOLUTION"),
        code("pictures == 768 # HIDDEN"),
        code('x = 1\n""" # BEGIN PROMPT\nx = ...\n"""; # END PROMPT'),
        {"cell_type": "raw", "metadata": {}, "source": "# BEGIN TESTS"},
        {"cell_type": "raw", "metadata": {}, "source": "# ASSIGNMENT CONFIG\nname: shades"},
    ],
)
def test_what_another_tool_keeps_from_students_is_refused(cell: dict[str, Any]) -> None:
    assert "marks what is not for students, and they would read it" in refused(exercise(), cell)


def test_what_another_tool_keeps_from_students_is_refused_in_a_stub_too() -> None:
    scheme = f"{COMPILE}\n### BEGIN MARK SCHEME\n# 2 points\n### END MARK SCHEME"
    assert refused(exercise(scheme)).startswith("cell 1: '### BEGIN MARK SCHEME' marks what is not for students")


def test_tests_of_nbgraders_are_refused() -> None:
    tests = code("assert loss", grade=True, solution=False, locked=True, grade_id="tests")
    assert refused(exercise(), tests) == "cell 2: it holds tests, which students would read"


def test_another_tools_marks_around_an_answer_hide_nothing_that_is_left() -> None:
    framed = f"# Exercise: compile\n### START CODE HERE ###\n{REGION}\n### END CODE HERE ###"
    [cell] = released(exercise(framed))["cells"]
    assert "START CODE HERE" in text_of(cell)
    told = framed.replace("### END CODE", "units = 512\n### END CODE")
    assert refused(exercise(told)).startswith("cell 1: '### START CODE HERE ###' marks what is not for students")


def test_a_scheme_inside_an_answer_goes_with_it() -> None:
    scheme = "### BEGIN MARK SCHEME\n# 2 points\n### END MARK SCHEME\n### END SOLUTION"
    [cell] = released(exercise(COMPILE.replace("### END SOLUTION", scheme)))["cells"]
    assert "SCHEME" not in text_of(cell)


def test_an_attachment_that_is_no_picture_is_refused() -> None:
    for bundle in ({"text/plain": "eA=="}, {"image/png": "not base64"}, {}):
        assert "'a' is not a picture" in refused(exercise(), markdown("x", attachments={"a": bundle}))


@pytest.mark.parametrize(
    ("cell", "place"),
    [
        (code(f"if True:\n    {ANSWER}"), "text"),
        (markdown(f"Hint: `{ANSWER.replace(' ', '  ')}`"), "text"),
        (code("x = 1") | {"metadata": {"tags": ["loss='binary_crossentropy'"]}}, "metadata"),
        (markdown("x", attachments={"a.svg": {"image/svg+xml": f"<svg>{ANSWER}</svg>"}}), "attachment"),
        (markdown("x", attachments={"a.png": {"image/png": base64.b64encode(ANSWER.encode()).decode()}}), "attachment"),
        (markdown("x", attachments={ANSWER: {"image/png": "eA=="}}), "attachment"),
    ],
)
def test_an_answer_that_can_be_read_elsewhere_is_refused(cell: dict[str, Any], place: str) -> None:
    answer = f"{COMPILE}\n### BEGIN SOLUTION\nsettings(\n    loss='binary_crossentropy',\n)\n### END SOLUTION"
    message = refused(exercise(answer), cell)
    assert message.startswith(f"cell 2: its {place} shows a line of the answer to 'compile': ")


def test_an_answer_repeated_in_its_own_stub_is_refused() -> None:
    assert refused(exercise(f"{COMPILE}\n# {ANSWER}")).startswith("cell 1: its text shows a line of the answer")


@pytest.mark.parametrize(
    "line", ["train_generator,", "'binary_crossentropy'", "epochs=15,", "    ]", "model.compile(", "keras.Sequential(["]
)
def test_short_lines_and_mere_names_may_stand_elsewhere(line: str) -> None:
    answer = f"# Exercise: compile\n### BEGIN SOLUTION\nfit(a, [\n{line}\n])\n### END SOLUTION"
    released(exercise(answer), markdown(f"Use {line}"))


# --- files ------------------------------------------------------------------------------------------------------------


def test_release_writes_the_file_once_and_says_whether_it_changed(tmp_path: Path) -> None:
    source, destination = tmp_path / "solutions.ipynb", tmp_path / "assignments" / "solutions.ipynb"
    source.write_bytes(solution(exercise()))
    assert is_stale(source, destination)
    assert release(source, destination)
    assert not release(source, destination)
    assert not is_stale(source, destination)
    assert [path.name for path in destination.parent.iterdir()] == ["solutions.ipynb"]


def test_a_student_notebook_edited_by_hand_is_stale(tmp_path: Path) -> None:
    source, destination = tmp_path / "a.ipynb", tmp_path / "b.ipynb"
    source.write_bytes(solution(exercise()))
    release(source, destination)
    destination.write_bytes(destination.read_bytes() + b"\n")
    assert is_stale(source, destination)
    assert release(source, destination)


ANSWERED = "holds answers to compile, which would be lost"


@pytest.mark.parametrize("answer", ["model.compile(loss='mse')", "None", "# Exercise: compile\nx = 1", "("])
def test_a_student_notebook_that_holds_answers_is_overwritten_by_force_only(tmp_path: Path, answer: str) -> None:
    source, destination = tmp_path / "a.ipynb", tmp_path / "b.ipynb"
    source.write_bytes(solution(exercise()))
    release(source, destination)
    solved = json.loads(destination.read_bytes())
    solved["cells"][-1]["source"] = answer
    destination.write_text(json.dumps(solved))
    before = destination.read_bytes()
    with pytest.raises(ReleaseError, match=ANSWERED) as caught:
        release(source, destination)
    assert caught.value.remedy == "Copy the file first if they matter, then release with --force."
    assert destination.read_bytes() == before
    assert release(source, destination, force=True)
    assert not is_stale(source, destination)


@pytest.mark.parametrize("left", ["", "# nothing yet", "# Exercise: compile\n"])
def test_a_student_notebook_in_which_a_stub_was_only_emptied_is_overwritten(tmp_path: Path, left: str) -> None:
    source, destination = tmp_path / "a.ipynb", tmp_path / "b.ipynb"
    source.write_bytes(solution(exercise()))
    release(source, destination)
    emptied = json.loads(destination.read_bytes())
    emptied["cells"][-1]["source"] = left
    destination.write_text(json.dumps(emptied))
    assert release(source, destination)


def test_a_solution_that_cannot_be_released_leaves_the_student_notebook_alone(tmp_path: Path) -> None:
    source, destination = tmp_path / "a.ipynb", tmp_path / "b.ipynb"
    source.write_bytes(solution(markdown("no exercise")))
    destination.write_bytes(b"as it was")
    with pytest.raises(ReleaseError):
        release(source, destination)
    assert destination.read_bytes() == b"as it was"


def test_a_missing_solution_is_an_error_of_the_author(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="there is no such file") as caught:
        release(tmp_path / "a.ipynb", tmp_path / "b.ipynb")
    assert caught.value.remedy == "Write the solved notebook there, or take the grader script away."


def test_a_destination_that_cannot_be_written_is_an_error_of_the_machine(tmp_path: Path) -> None:
    (tmp_path / "a.ipynb").write_bytes(solution(exercise()))
    (tmp_path / "folder").mkdir()
    with pytest.raises(MachineError, match="cannot be read"):
        release(tmp_path / "a.ipynb", tmp_path / "folder")
    with pytest.raises(MachineError, match="cannot be"):
        release(tmp_path / "a.ipynb", tmp_path / "a.ipynb" / "b.ipynb")
