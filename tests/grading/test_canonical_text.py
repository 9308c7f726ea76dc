"""The text that is run of a cell: what is left out of it, when nothing is, and which line an error is in."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from IPython.core.inputtransformer2 import TransformerManager
from recorded import TRAINING, right_answer

from fairmark.course import Course
from fairmark.evidence import Cell, CellError, CellFinished, Evidence
from fairmark.grading.canonical_text import as_run, canonical, in_own_lines
from fairmark.grading.evidence_store import Key
from fairmark.grading.pipeline import Pipeline
from fairmark.notebook.sanitised import joined
from fairmark.notebook.syntax import syntax_tree


def cell(source: str, **edits: Any) -> Cell:  # noqa: ANN401 - fields of Cell
    return Cell(**{"position": 1, "number": 1, "role": "added", "source": source, **edits})


# --- what is left out -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("x = 1", "x = 1"),
        ("# mine\n\nx = 1  # one\n\n# the end\n", "x = 1"),
        ("def f():\n    # doubles\n\n    return 2\n\n\nf()", "def f():\n    return 2\nf()"),
        ("f(\n    1,  # one\n\n    # two\n    2,\n)", "f(\n    1,\n    2,\n)"),
        ("x = '# no comment'  # one", "x = '# no comment'"),
        ("x = '''\n# text\n\n'''  # one", "x = '''\n# text\n\n'''"),
        ("x = 1 + \\\n    2  # three", "x = 1 + \\\n    2"),
        ("y = 1\n5 ;  # quiet", "y = 1\n5 ;"),
        ("if x:\n\ty = 1 \t\n", "if x:\n\ty = 1"),
        ("# -*- coding: latin-1 -*-\nx = 'ä'\ny = 1", "x = 'ä'\ny = 1"),
        ("# nothing\n# but comments", "#"),
        ("# type: ignore\nx: int = 1  # type: ignore\ny = 1", "x: int = 1\ny = 1"),
    ],
)
def test_comments_and_blank_lines_are_not_run(source: str, text: str) -> None:
    assert canonical(source).text == text
    assert canonical(text).text == text


@pytest.mark.parametrize(
    "source",
    [
        "",
        "\n \n",
        "#!/usr/bin/env python\nx = 1",
        "x = 1\n#!true  # a comment",
        "%time x = 1  # one",
        "x = 1\n!ls  # all",
        "%%writefile a.py\nx = 1  # one",
        "%%bash\n# mine\nls",
        "x?  # what is it",
        ">>> x = 1  # one",
        "In [1]: x = 1  # one",
        "x = '''\n>>> y'''  # one",
        "x = '''\n  \n'''  # one",
        "x = f(\n% y)  # one",
        "x = 1  # one\nif",  # no Python
        "# where\npwd",  # alone it would be a magic
        "# again\nreset: int = 3",
        "pwd [0] = 1  # or not",
        "x = 1  # one\0",
        "x = (\n" + "(" * 5000,
    ],
)
def test_what_may_be_another_program_without_them_is_run_as_it_is_written(source: str) -> None:
    assert canonical(source).text == source


PIECES = ["x = 1", "pwd", "x", "reset: int = 3", "if x:\n    y = 2", "s = '''\n  \n'''", "s = '''\n\\x20 \n'''"]
PIECES += ["# c", "    # c", "", "   ", "#!true", "%time x", "!true", "x?", ">>> x", "... x", "f(\n% x)", "/ x", "\\"]
PIECES += ["x;", "s = '''\n# c\n'''", "f(  # c\n\n  1)", "x = 1 \\", "'# c'", "\tx", "f'{x!r}'  # {x}", "# c \\"]
WRITTEN = st.lists(st.sampled_from(PIECES), min_size=1, max_size=5).map("\n".join)


@given(source=WRITTEN)
@settings(deadline=None)
def test_ipython_makes_the_same_program_of_both(source: str) -> None:
    assert as_ipython_runs(canonical(source).text) == as_ipython_runs(source)


@given(source=WRITTEN)
@settings(deadline=None)
def test_each_line_is_one_of_the_cell(source: str) -> None:
    text, lines = canonical(source)
    written = source.split("\n")
    assert len(lines) == len(text.split("\n"))
    assert list(lines) == sorted(set(lines))
    for line, number in zip(text.split("\n"), lines, strict=True):
        assert text == "#" or written[number - 1].startswith(line)


@given(source=st.text(st.sampled_from("x1=()[]{}'\"\\#\n\t ;:%!?>.,\f\v\x1c\x85\u2028\r\0\ufeff"), max_size=24))
@settings(deadline=None)
def test_any_text_is_the_same_program_without_its_comments(source: str) -> None:
    read = joined(source)
    assert read is not None
    assert as_ipython_runs(canonical(read).text) == as_ipython_runs(read)


def as_ipython_runs(source: str) -> tuple[str | None, bool]:
    """What IPython makes of a cell before it runs it, and whether it would look for magics in it."""
    made = TransformerManager().transform_cell(source)
    tree = syntax_tree(made)
    word = re.match(r"\w*", made.strip())
    is_short = len(made.splitlines()) == 1 and word is not None and word[0] in ("pwd", "reset")
    return ast.dump(tree) if tree is not None else source, is_short


def test_long_texts_take_no_longer_than_their_length() -> None:
    for wild in ("(" * 10_000, "9" * 5000, "-" * 100_000 + "1", "\n" * 400_000 + "%", "#\n" * 200_000, "x\n" * 9000):
        assert canonical(wild).lines


# --- who gets whose evidence ------------------------------------------------------------------------------------------


def key(*cells: Cell) -> Key:
    return Key.of(as_run(cells), {})


MODEL = "def build():\n    return 1\nmodel = build()"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (MODEL, f"# by Ada\n{MODEL}"),
        (MODEL, MODEL.replace("\n", "  # by Ada\n\n")),
        (MODEL, f"{MODEL}\n\n# the end"),
        (MODEL, MODEL.replace("\n", " \t\n")),
    ],
)
def test_what_is_not_run_makes_no_other_run(one: str, other: str) -> None:
    assert key(cell(one)) == key(cell(other))
    assert [ran.source for ran in as_run([cell(one)])] == [ran.source for ran in as_run([cell(other)])]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x = 1", "x = 1.0"),
        ("x = 1", "x = True"),
        ("x = [1]", "x = (1,)"),
        ("x = 1", "y = 1"),
        ("x = f(1, 2)", "x = f(1,\n2)"),  # another line number in a traceback
        ("x = 1\ny = 2", "x = 1; y = 2"),
        ("x = 1", "x  = 1"),
        ("x = 'a'", 'x = "a"'),
        ("y = 1\n5", "y = 1\n5;"),
        ("fi = 1", "\ufb01 = 1"),
        ("x = '''\n\n'''", "x = '''\n'''"),
        ("if x:\n    y = 1", "if x:\n\ty = 1"),
        ("x = 1\n#!one", "x = 1\n#!two"),
        ("#!/bin/sh\nx = 1", "x = 1"),
        ("%matplotlib inline\nx = 1", "%matplotlib inline\n# mine\nx = 1"),
        ("%%bash\n# one\nls", "%%bash\n# two\nls"),
        ("%%writefile a.py\n# one", "%%writefile a.py\n# two"),
        ("!echo 1 # one", "!echo 1 # two"),
        (">>> x = 1  # one", ">>> x = 1  # two"),
        ("In [1]: x = 1  # one", "In [1]: x = 1  # two"),
        ("x = open?", "x = open??"),
        ("x = (1  # one", "x = (1  # two"),
        ('def f():\n    """One."""', 'def f():\n    """Two."""'),
    ],
)
def test_every_other_difference_is_another_run(one: str, other: str) -> None:
    assert key(cell(one)) != key(cell(other))


@pytest.mark.parametrize("edits", [{"position": 2}, {"role": "exercise"}, {"exercise": "compile"}])
def test_the_same_text_in_another_place_is_another_run(edits: dict[str, Any]) -> None:
    assert key(cell("x = 1")) != key(cell("x = 1", **edits))


def test_where_a_cell_ends_counts() -> None:
    assert key(cell("a()\nb()")) != key(cell("a()"), cell("b()", position=2))


def test_cells_that_are_not_run_are_as_they_were() -> None:
    stub = cell("# YOUR CODE HERE\nraise NotImplementedError", touched=False)
    assert as_run([stub]) == (stub,)


# --- errors -----------------------------------------------------------------------------------------------------------

FITS = "# mine\n\nx = 1\nmodel.fit(\n\n    x,\n    epochs=2)  # twice\ny = 2"


def raised_in(line: int | None, message: str = "no", **edits: Any) -> Evidence:  # noqa: ANN401
    return right_answer(errors={TRAINING: CellError(type="ValueError", message=message, line=line, **edits)})


def error_of(evidence: Evidence | None) -> CellError | None:
    assert evidence is not None
    events = (stamped.event for stamped in evidence.run.events)
    return next((event.error for event in events if isinstance(event, CellFinished) and event.error), None)


@pytest.mark.parametrize(
    ("source", "line", "expected"),
    [
        (FITS, 1, 3),
        (FITS, 2, 4),
        (FITS, 3, 6),
        (FITS, 5, 8),
        (FITS, None, None),
        (FITS, 99, 99),
        (FITS, -1, -1),
        (FITS, 0, 0),
        ("%time f()  # x", 1, 1),
        ("x = '''\n\n'''\n\nf()", 4, 5),
        ("# nothing", 1, 1),
    ],
)
def test_an_error_is_in_the_line_that_the_cell_has_for_it(source: str, line: int | None, expected: int | None) -> None:
    found = error_of(in_own_lines(raised_in(line), [cell(source, position=TRAINING)]))
    assert found is not None
    assert found.line == expected


def test_so_are_the_cells_it_passed_through() -> None:
    cells = [cell("# f\ndef f(): 1 / 0", position=1), cell(FITS, position=TRAINING)]
    raised = raised_in(2, through=(TRAINING, 1, 77), lines=(2, 1, 5, 9))
    found = error_of(in_own_lines(raised, cells))
    assert found is not None
    assert found.lines == (4, 2, 5, 9)


def test_of_a_message_that_says_a_line_itself_nothing_is_known() -> None:
    raised = raised_in(2, 'in user code: File "<ipython-input-2>", line 2')
    assert in_own_lines(raised, [cell(FITS, position=TRAINING)]) is None
    text = canonical(FITS).text
    assert in_own_lines(raised, [cell(text, position=TRAINING)]) == raised
    of_no_cell = raised_in(None, "Expecting value: line 1 column 1 (char 0)")
    assert in_own_lines(of_no_cell, [cell(FITS, position=TRAINING)]) == of_no_cell
    assert in_own_lines(right_answer(), [cell(FITS, position=TRAINING)]) == right_answer()


# --- marking again ----------------------------------------------------------------------------------------------------


def test_what_was_recorded_answers_for_the_very_cells_it_was_recorded_of() -> None:
    """Comments count here: what is told of it quotes the cells of the evidence."""
    course = Course(Path(__file__).resolve().parents[2])
    pipeline = Pipeline(course, course.assignment("training_steps"))
    recorded = right_answer().model_copy(update={"settings": pipeline.run_digest})
    first, *others = recorded.submission.cells
    assert pipeline.is_of(recorded, recorded.submission)
    for edits in ({"source": f"{first.source}  # mine"}, {"number": 99}, {"role": "added"}, {"exercise": "other"}):
        cells = (first.model_copy(update=edits), *others)
        assert not pipeline.is_of(recorded, recorded.submission.model_copy(update={"cells": cells}))
    assert not pipeline.is_of(recorded.model_copy(update={"settings": ""}), recorded.submission)
