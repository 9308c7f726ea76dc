"""The layout of a cell's text: strings and comments blanked out, brackets paired, every character in its place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairmark.advice.text import Bracket, layout


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("x = 'a(b' # (", "x = '   '    "),
        ('x = """a\n"b"""', 'x = """ \n  """'),
        ("x = 'a\\'b'", "x = '    '"),
        ("x = 'ab\ny", "x = '  \ny"),
        ("!ls (\nx = 1", "pass\nx = 1"),
        ("a\r\nb\rc", "a\nb\nc"),
    ],
)
def test_strings_and_comments_are_blanked_out(source: str, code: str) -> None:
    assert layout(source).code == code


def test_an_open_bracket_is_told_with_its_line_and_the_name_before_it() -> None:
    assert layout("x = 1\nmodel.compile(loss=[1]").unclosed == [Bracket("(", 2, "compile")]


def test_a_bracket_that_closes_another_kind_is_told_with_both() -> None:
    assert layout("[Conv2D(16,\n  3]").wrong == (Bracket("]", 2, ""), Bracket("(", 1, "Conv2D"))


def test_a_bracket_that_closes_nothing_is_told_alone() -> None:
    assert layout("(1))").wrong == (Bracket(")", 1, ""), None)


@pytest.mark.parametrize(("source", "found"), [("x = 1\ny = 'a", ("'", 2)), ('"""a\n\n', ('"""', 1)), ("'a'", None)])
def test_a_text_without_its_end_is_told_with_its_line(source: str, found: tuple[str, int] | None) -> None:
    assert layout(source).open_text == found


@given(st.text(st.sampled_from("ab'\"#\\\n()[]{} =\x00\ud800“"), max_size=200))
def test_every_character_keeps_its_place(source: str) -> None:
    made = layout(source)
    assert len(made.depths) == len(made.code)
    if "!" not in source:
        assert len(made.code) == len(source)
        assert made.code.count("\n") == source.count("\n")
