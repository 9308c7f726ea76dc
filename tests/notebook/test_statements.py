"""Texts are compared by what Python makes of them."""

from __future__ import annotations

import pytest

from fairmark.notebook.statements import holds, imports_lacking, same_code

GIVEN = "import math\n\ndef half(x):\n    return x / 2\n\nfor n in range(3):\n    print(half(n))"


@pytest.mark.parametrize(
    "other",
    [
        GIVEN + "\n",
        GIVEN.replace("\n", "\r\n").replace("\r\n", "\n"),
        GIVEN.replace("x / 2", "x/2   # a half"),
        "# the half\n" + GIVEN,
        GIVEN + ";",
        GIVEN.replace("    ", "  "),
        GIVEN.replace("print(half(n))", "print(\n        half(n)\n    )"),
    ],
)
def test_layout_is_no_difference(other: str) -> None:
    assert same_code(GIVEN, other)
    assert holds(other, GIVEN)


@pytest.mark.parametrize(
    "other", [GIVEN.replace("2", "3"), GIVEN + "\nx = 1", "", GIVEN.replace("half(x)", "half(y)"), "x = ("]
)
def test_other_code_is_another(other: str) -> None:
    assert not same_code(GIVEN, other)


@pytest.mark.parametrize(
    "more",
    [
        f"x = 1\n{GIVEN}\ny = 2",
        GIVEN.replace("import math\n", "import math\nimport os\n"),
        GIVEN.replace("    return", "    print(x)\n    return"),
        GIVEN.replace("    print(half(n))", "    print(half(n))\n    total = n"),
    ],
)
def test_lines_may_be_added_anywhere(more: str) -> None:
    assert holds(more, GIVEN)
    assert not holds(GIVEN, more)


@pytest.mark.parametrize(
    "less",
    [
        "import math",
        GIVEN.replace("range(3)", "range(4)"),
        "\n".join(reversed(GIVEN.split("\n\n"))),
        GIVEN.replace("    return x / 2", "    return x / 3"),
        "",
        "(",
    ],
)
def test_what_was_changed_moved_or_taken_out_is_not_held(less: str) -> None:
    assert not holds(less, GIVEN)


@pytest.mark.parametrize(("text", "wanted"), [("x = (", "x = ("), ("%cd a\nx = 1", "%cd a"), ("!ls", "! ls  # all")])
def test_text_that_is_more_than_python_is_compared_by_its_lines(text: str, wanted: str) -> None:
    assert holds(text, wanted)


@pytest.mark.parametrize(("text", "wanted"), [("!ls", "!rm"), ("%cd a", "%cd b"), ("x = 1", "%cd a")])
def test_other_magics_are_others(text: str, wanted: str) -> None:
    assert not holds(text, wanted)
    assert not same_code(text, wanted)


def test_nothing_is_held_by_anything() -> None:
    assert holds("x = 1", "")
    assert holds("", "# a comment")


def test_only_imports_at_the_top_are_added() -> None:
    source = "import math, os\nfrom a import b as c\nif c:\n    import d\nx = 1"
    assert imports_lacking("from a import b as c", source) == ["import math, os"]
    assert imports_lacking("x = (", "import os") == ["import os"]
    assert imports_lacking("x", "import (") == []
