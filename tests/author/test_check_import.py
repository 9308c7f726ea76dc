"""``check`` is there for students: put into a given cell where it is missing, and missed where nobody put it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tiny import tiny_course

from fairmark.author.check_import import IMPORT, imports_check, missing_import, with_check_import


def given(source: str) -> dict[str, Any]:
    return {"cell_type": "code", "metadata": {}, "source": source}


EXERCISE = {"cell_type": "code", "metadata": {"nbgrader": {"solution": True}}, "source": "# Exercise: a\nx = 1"}
WORDS = {"cell_type": "markdown", "metadata": {}, "source": "from fairmark import check"}


@pytest.mark.parametrize(
    "source",
    [
        IMPORT,
        "import math\nfrom fairmark import check, dataset",
        "from fairmark import *",
        "import fairmark\ncheck = fairmark.check",
        "%matplotlib inline\nfrom fairmark import check",
    ],
)
def test_a_given_cell_above_the_exercises_imports_it(source: str) -> None:
    assert imports_check([WORDS, given(source), EXERCISE])
    assert with_check_import([WORDS, given(source), EXERCISE]) == [WORDS, given(source), EXERCISE]


@pytest.mark.parametrize(
    "cells",
    [
        [WORDS, EXERCISE],
        [EXERCISE, given(IMPORT)],
        [given("from fairmark import check as ask"), EXERCISE],
        [given("def later():\n    from fairmark import check"), EXERCISE],
        [given("# from fairmark import check"), EXERCISE],
        [given("from theirs import *"), EXERCISE],
        [given("check = 3"), EXERCISE],
    ],
)
def test_where_nothing_binds_it_in_time_it_is_missing(cells: list[dict[str, Any]]) -> None:
    assert not imports_check(cells)
    assert imports_check(with_check_import(cells))


@pytest.mark.parametrize(
    ("source", "becomes"),
    [
        ("import math", "from fairmark import check\nimport math"),
        ("#@title A\n!pip install x\nimport math", f"#@title A\n!pip install x\n{IMPORT}\nimport math"),
        ("from __future__ import annotations\nx = 1", f"from __future__ import annotations\n{IMPORT}\nx = 1"),
        ('"""What is given."""\nx = 1', '"""What is given."""\nfrom fairmark import check\nx = 1'),
        ("x = 1\nimport math", "x = 1\nfrom fairmark import check\nimport math"),
    ],
)  # fmt: skip
def test_it_is_put_above_what_may_fail_and_below_what_has_to_be_first(source: str, becomes: str) -> None:
    assert with_check_import([given(source), EXERCISE])[0]["source"] == becomes


@pytest.mark.parametrize("source", ["%%bash\nls", "", "# nothing", "print 'python 2'", "%%time\nimport math"])
def test_a_cell_that_cannot_take_it_is_left_and_a_new_one_stands_above_the_first_exercise(source: str) -> None:
    assert with_check_import([WORDS, given(source), EXERCISE]) == [WORDS, given(source), given(IMPORT), EXERCISE]


def test_a_solution_without_it_is_named_with_what_to_do(tmp_path: Path) -> None:
    solution = tiny_course(tmp_path / "course", "compile_settings").assignment("compile_settings").solution
    assert missing_import(solution) is None
    solution.write_text(solution.read_text().replace("from fairmark import check", ""))
    missing = missing_import(solution)
    assert missing is not None
    assert missing[0].startswith(f"{solution}: no given cell above the first exercise imports ")
    assert "from fairmark import check" in missing[1]
