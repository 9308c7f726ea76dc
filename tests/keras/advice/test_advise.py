"""Advice: cause and mend for what notes get wrong, from any text whatever, and never the answer to an exercise.

What real cells raise, and the whole message for it, is in ``tests/corpus/notes``.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairmark.advice import Advice
from fairmark.advice.text import LONGEST_CHARACTERS
from fairmark.evidence import CellError
from fairmark.keras.advice import advise, raised

TYPES = [
    "AttributeError",
    "FileNotFoundError",
    "ImportError",
    "IndentationError",
    "KeyError",
    "ModuleNotFoundError",
    "NameError",
    "SyntaxError",
    "TabError",
    "TypeError",
    "ValueError",
    "ZeroDivisionError",
    "_IncompleteInputError",
]
PIECES = (
    "name '", "' is not defined", "module 'keras.layers' has no attribute '", "'Sequential' object has no attribute",
    "cannot import name '", "' from 'keras' (/x)", "No module named '", "got an unexpected keyword argument '", "'",
    '"', "'''", '"""', "(", ")", "[", "]", "{", "\\", "#", "\n", "\r\n", "\t", " ", "=", ",", ".", "-", "0,001", "1r",
    "import", "from", "%%time", "!ls", "RMSProp", "model", "metrics=['acc']", "\x00", "\ud800", "“", "–", "（", "\xa0",
    "if", ":",
)  # fmt: skip
WILD = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=40).map("".join),
    st.text(st.characters(codec=None, categories=None), max_size=80),
)


@given(st.sampled_from(TYPES), WILD, WILD, st.none() | st.integers(-(10**20), 10**20), st.lists(WILD, max_size=3))
def test_any_text_gets_short_advice_or_none(
    kind: str, message: str, source: str, line: int | None, earlier: list[str]
) -> None:
    advice = advise(CellError(type=kind, message=message, line=line), source, earlier)
    assert advice is None or (0 < len(advice.cause) <= 220 and 0 < len(advice.mend) <= 220)


@pytest.mark.parametrize(
    "piece",
    [
        "(",
        "'",
        '"""',
        "\\",
        " ",
        "\n",
        "0,",
        "0,0,",
        "1r",
        "a",
        "a=",
        "a,",
        "from a\n",
        "import a\n",
        "“",
        "a-",
        "%",
        "a.",
        "#\n",
    ],
)
@pytest.mark.parametrize("kind", ["SyntaxError", "NameError", "KeyError", "TypeError", "AttributeError", "ValueError"])
def test_a_cell_of_megabytes_is_read_as_far_as_its_first_part(piece: str, kind: str) -> None:
    source = piece * (2_000_000 // len(piece))
    first = source[:LONGEST_CHARACTERS]
    for message in ("invalid syntax", "name 'b' is not defined", "'NoneType' object has no attribute 'b'", "'acc'"):
        error = CellError(type=kind, message=message + source, line=1)
        assert advise(error, source, [source]) == advise(error, first, [first])


def test_names_count_as_far_as_the_first_part_of_a_cell_above() -> None:
    error = CellError(type="NameError", message="name 'train_enerator' is not defined", line=1)
    name, rest = "train_generator = 1\n", "#" * LONGEST_CHARACTERS + "\n"
    assert "`train_generator`" in str(advise(error, "train_enerator", [name + rest]))
    assert "`train_generator`" not in str(advise(error, "train_enerator", [rest + name]))


@pytest.mark.parametrize("kind", ["SyntaxError", "TabError"])
def test_a_slip_counts_as_far_as_the_first_part_of_the_cell(kind: str) -> None:
    slip, rest = "rate = 0,001\nx = (\n", "#" * LONGEST_CHARACTERS + "\n"
    error = CellError(type=kind, message="'(' was never closed", line=2)
    assert advise(error, slip + rest) == advise(error, slip) is not None
    assert advise(error, rest + slip) == advise(error, rest[:LONGEST_CHARACTERS])


def test_what_is_quoted_is_cut() -> None:
    assert Advice("c" * 1000, "m" * 1000) == Advice("c" * 219 + "…", "m" * 219 + "…")


def test_where_nothing_typical_is_found_the_message_is_the_errors_own() -> None:
    error = CellError(type="ZeroDivisionError", message="division by zero", line=3)
    assert raised(error, "1 / 0") == "This cell raised ZeroDivisionError, line 3: division by zero"


def test_the_file_an_import_failed_in_is_left_out() -> None:
    error = CellError(
        type="ImportError", message="cannot import name 'b' from 'PIL' (/usr/lib/PIL/__init__.py)", line=1
    )
    assert (
        raised(error, "from PIL import b") == "This cell raised ImportError, line 1: cannot import name 'b' from 'PIL'"
    )


def test_names_of_cells_above_are_what_a_misspelt_name_is_compared_with() -> None:
    error = CellError(type="NameError", message="name 'train_enerator' is not defined", line=1)
    above = ["train_generator = 1", "import tensorflow as tf"]
    assert advise(error, "train_enerator", above) == Advice(
        "This notebook has no `train_enerator`, but it has `train_generator`.", "Write `train_generator`."
    )


def test_a_name_of_ones_own_is_not_taken_for_a_class_of_keras() -> None:
    error = CellError(type="NameError", message="name 'history' is not defined", line=1)
    advice = advise(error, "history.history['acc']")
    assert advice is not None
    assert "History" not in advice.mend


@pytest.mark.parametrize(
    ("kind", "message", "source"),
    [
        ("ValueError", "logits and labels must have the same shape", "model.fit(pictures)"),
        ("KeyError", "'horses'", "class_indices['horses']"),
        ("SyntaxError", "invalid syntax", "x = = 1"),
        ("NameError", "(not shown)", "model.fit(pictures)"),
    ],
)
def test_what_is_no_slip_gets_no_advice(kind: str, message: str, source: str) -> None:
    assert advise(CellError(type=kind, message=message, line=1), source) is None


@pytest.mark.parametrize("source", ["sizes = 0,5", "print('0,001')", "# (lr=0,001)\nx = = 1", "Conv2D(16,3) = = 2"])
def test_a_comma_that_can_be_meant_is_no_slip(source: str) -> None:
    advice = advise(CellError(type="SyntaxError", message="invalid syntax", line=1), source)
    assert advice is None
