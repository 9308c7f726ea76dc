"""IPython's additions are taken out of a cell; what is Python stays, line for line."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairmark.notebook.magics import is_run_otherwise, module_written_by, python_source


@pytest.mark.parametrize(
    ("cell", "python"),
    [
        ("%matplotlib inline\nx = 1", "pass\nx = 1"),
        ("if x:\n    !ls 'it\ny = 1", "if x:\n    pass\ny = 1"),
        ("!pip install \\\n  keras\nx = 1", "pass\n\nx = 1"),
        ("files = !ls\nx = 1", "files = ...\nx = 1"),
        ("model.fit?\nx??\n?x", "pass\npass\npass"),
        ("%time model.fit(x)", "model.fit(x)"),
        ("history = %time model.fit(x)", "history = model.fit(x)"),
        ("%%time\nmodel.fit(x)\n%matplotlib inline", "\nmodel.fit(x)\npass"),
        ("\n%%bash\nrm -rf x\n", "\n\n\n"),
        ("%%time x\nmodel.fit(x)", "\n"),
        ("%%capture shown\nmodel.fit(x)", "\nmodel.fit(x)"),
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


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("x = 1  # one", "x = 1  # one"),
        ("# coding: utf-8\nx = 'ä'", "# coding: utf-8\nx = 'ä'"),
        ("# coding: unicode_escape\n# \\nx = 1", "# coding: unicode_escape\n# \nx = 1"),
        ("# coding: utf-7\n# +AAo-x = 1", "# coding: utf-7\n# \nx = 1"),
        ("# coding: rot13\nk = 1", "# coding: rot13\nk = 1"),
        ("# coding: none such\nx = 1", "# coding: none such\nx = 1"),
    ],
)
def test_a_module_that_is_written_is_read_as_python_decodes_it(text: str, read: str) -> None:
    assert module_written_by(f"%%writefile own.py\n{text}") == read


@pytest.mark.parametrize(
    ("cell", "otherwise"),
    [
        ("x = 1\ny = 2", False),
        ('def f():\n    """One.\n\n    >>> f()\n    1\n    """\n    ...', False),
        ("def f():\n    r'''\n    >>> f()\n    '''", False),
        ("x = '''\n>>> y'''", True),
        ("# '''\ndef f():\n    '''\n    >>> f()\n    '''", True),
        (">>> x = 1", True),
        ("In [1]: x = 5", True),
        ("\n\nx[\n...: 2]", True),
        ("%%time\nx[\n...: 2]", True),
        ("%%time\n%%time\nx = 1", True),
        ("!ls (\nx?", True),
        ("!ls (\n# what?", False),
        ("%matplotlib inline\nx?", False),
    ],
)
def test_what_ipython_runs_otherwise_is_known(cell: str, otherwise: bool) -> None:
    assert is_run_otherwise(cell) == otherwise
