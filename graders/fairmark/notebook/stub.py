"""What an exercise cell looks like: its metadata, its header comment, its stub, and whether a student touched it.

An exercise cell begins with ``# Exercise: <id>``; in the student's notebook each answer is replaced by the two lines
of :func:`stub_lines`. The metadata is nbgrader's, schema 3, so that nbgrader reads the same notebooks.
"""

from __future__ import annotations

import re

from fairmark.notebook.lexing import without_comments

__all__ = [
    "HEADER",
    "YOUR_CODE",
    "derived_grade_id",
    "exercise_metadata",
    "header",
    "header_of",
    "is_stub_line",
    "is_untouched",
    "locked_metadata",
    "same_text",
    "scaffold",
    "skeleton",
    "stub_lines",
]

YOUR_CODE = "# YOUR CODE HERE"

HEADER = re.compile(r"^[ \t]*#+[ \t]*Exercise:[ \t]*([A-Za-z0-9_-]+)[ \t]*$", re.MULTILINE | re.IGNORECASE)
WHITESPACE = re.compile(r"\s+")


def exercise_metadata(exercise: str) -> dict[str, object]:
    """nbgrader's metadata of a cell that students answer in."""
    return {
        "schema_version": 3,
        "solution": True,
        "grade": False,
        "locked": False,
        "task": False,
        "grade_id": exercise,
    }


def locked_metadata(grade_id: str) -> dict[str, object]:
    """nbgrader's metadata of a cell that students read."""
    return {
        "schema_version": 3,
        "solution": False,
        "grade": False,
        "locked": True,
        "task": False,
        "grade_id": grade_id,
    }


def derived_grade_id(cell_id: str) -> str:
    """The ``grade_id`` of a locked cell whose author gave it none."""
    return f"cell-{cell_id}"


def header(exercise: str) -> str:
    """The first line of an exercise cell."""
    return f"# Exercise: {exercise}"


def header_of(source: str) -> str | None:
    """The exercise named by the first header comment in ``source``, None where there is none."""
    found = HEADER.search(source)
    return found.group(1) if found else None


def stub_lines(exercise: str) -> tuple[str, str]:
    """The two lines that stand in the student's notebook where the answer is to go, without their indentation."""
    return YOUR_CODE, f'raise NotImplementedError("{exercise}: replace this line with your answer")'


def is_stub_line(line: str, exercise: str) -> bool:
    """Whether ``line``, at any indentation, is one of `stub_lines`."""
    return line.strip() in stub_lines(exercise)


def scaffold(stub: str, exercise: str) -> list[str]:
    """The lines of code, stripped, that the author left in a stub beside its header and the two stub lines."""
    lines = [line.strip() for line in stub.split("\n")]
    return [line for line in lines if line and not is_stub_line(line, exercise) and not HEADER.fullmatch(line)]


def is_untouched(source: str, *, stub: str, exercise: str) -> bool:
    """Whether ``source`` holds no answer: it is empty, the stub as it was given out, or the stub with nothing but its
    ``raise`` line removed. Comments, blank lines, indentation and spacing make no difference."""
    remaining = "\n".join(line for line in stub.split("\n") if not is_stub_line(line, exercise))
    return skeleton(source) in {"", skeleton(stub), skeleton(remaining)}


def skeleton(source: str) -> str:
    """``source`` without comments and whitespace; works on text that is not Python, too."""
    return WHITESPACE.sub("", without_comments(source))


def same_text(one: str, other: str) -> bool:
    """Whether the two differ in whitespace only."""
    return WHITESPACE.sub("", one) == WHITESPACE.sub("", other)
