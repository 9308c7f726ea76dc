"""IPython's additions are taken out of a cell; what is Python stays, line for line."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairmark.notebook.magics import python_source


@pytest.mark.parametrize(
    ("cell", "python"),
    [
        ("%matplotlib inline\nx = 1", "pass\nx = 1"),
        ("if x:\n    !ls 'it\ny = 1", "if x:\n    pass\ny = 1"),
        ("!pip install \\\n  keras\nx = 1", "pass\n\nx = 1"),
        ("files = !ls\nx = 1", "files = ...\nx = 1"),
        ("model.fit?\nx?? \n?x", "pass\npass\npass"),
        ("%time model.fit(x)", "model.fit(x)"),
        ("history = %time model.fit(x)", "history = model.fit(x)"),
        ("%%time\nmodel.fit(x)\n%matplotlib inline", "\nmodel.fit(x)\npass"),
        ("\n%%bash\nrm -rf x\n", "\n\n\n"),
    ],
)
def test_magics_commands_and_help_are_replaced(cell: str, python: str) -> None:
    assert python_source(cell) == python
    ast.parse(python)


@pytest.mark.parametrize(
    "cell",
    [
        "x = (a\n% b)",
        "x = a \\\n% b",
        "x = '''\n%time\n!ls\n'''",
        'x = """\n\\"""\n!ls"""',
        "# what is x?\nx %= 2\ny = a != b  # why?",
        "x = '# (' # [\ny = 1",
        "f(\n# it's\n%x)",
        "print('",
        "",
    ],
)
def test_python_is_left_as_it_is(cell: str) -> None:
    assert python_source(cell) == cell


@given(st.text(alphabet="%!?'\"\\\n ()#=xt"))
def test_any_text_keeps_its_number_of_lines(cell: str) -> None:
    assert python_source(cell).count("\n") == cell.count("\n")
