"""Markers of other tools: known where they stand alone, whatever they are framed by, and found where they are left."""

from __future__ import annotations

import pytest

from fairmark.notebook.markers import Marker, boundary_of, marker_in, marker_left_in


@pytest.mark.parametrize(
    ("line", "part", "opens"),
    [
        ("### BEGIN SOLUTION", "solution", True),
        ("    # END  SOLUTION", "solution", False),
        ("#begin solution", "solution", True),
        ("# BEGIN SOLUTION NO PROMPT", "solution", True),
        ("### START CODE HERE ### (≈ 2 lines of code)", "solution", True),
        ("#### END CODE HERE ####", "solution", False),
        ("# YOUR CODE STARTS HERE", "solution", True),
        ("# YOUR CODE ENDS HERE", "solution", False),
        ("=== BEGIN MARK SCHEME ===", "mark scheme", True),
        ("END MARK SCHEME", "mark scheme", False),
        ("### BEGIN HIDDEN TESTS", "hidden tests", True),
        ("# BEGIN TESTS", "tests", True),
        ('""" # BEGIN TEST CONFIG', "test config", True),
        ('"""; # END PROMPT', "prompt", False),
        ("<!-- BEGIN QUESTION -->", "question", True),
        ("# END IGNORE", "ignore", False),
    ],
)
def test_a_line_that_is_one_says_what_it_opens_or_closes(line: str, part: str, opens: bool) -> None:
    assert marker_in(line) == Marker(part, opens, line.strip())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "line",
    ["", "begin tests", "# Begin tests of the network", "# YOUR CODE HERE", "# Start code", "print('BEGIN SOLUTION')"],
)
def test_any_other_line_is_none(line: str) -> None:
    assert marker_in(line) is None


@pytest.mark.parametrize(
    ("cell_type", "source", "line"),
    [
        ("markdown", "Marks:\n=== BEGIN MARK SCHEME ===\n3", "=== BEGIN MARK SCHEME ==="),
        ("markdown", "see BEGIN MARK SCHEME", "see BEGIN MARK SCHEME"),
        ("code", "x = 1  # SOLUTION", "x = 1  # SOLUTION"),
        ("code", "x == 1 # HIDDEN", "x == 1 # HIDDEN"),
        ("raw", "# Begin Tests", "# Begin Tests"),
        ("raw", "# ASSIGNMENT CONFIG\nname: x", "# ASSIGNMENT CONFIG"),
        ("code", "np.random.seed(1)  # SEED", None),
        ("markdown", "# SOLUTION", None),
        ("markdown", "<!-- BEGIN QUESTION -->\nWhy?", None),
        ("markdown", "We begin tests and end questions here.", None),
        ("code", "# YOUR CODE HERE\nraise NotImplementedError()", None),
    ],
)
def test_what_is_left_of_them_in_a_cell_is_found(cell_type: str, source: str, line: str | None) -> None:
    assert marker_left_in(cell_type, source) == line


def test_raw_cells_are_boundaries_in_any_case() -> None:
    assert boundary_of("# begin tests") == Marker("tests", True, "# begin tests")
    assert boundary_of("# END QUESTION") == Marker("question", False, "# END QUESTION")
    assert boundary_of("# ASSIGNMENT CONFIG") is None
