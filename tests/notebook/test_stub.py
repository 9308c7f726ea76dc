"""An exercise is untouched where no answer was put into it."""

from __future__ import annotations

import pytest

from fairmark.notebook.stub import header_of, is_untouched, same_text, skeleton, stub_lines

COMMENT, RAISE = stub_lines("compile")
STUB = f"# Exercise: compile\nmodel = build()\nif model:\n    {COMMENT}\n    {RAISE}\n"


@pytest.mark.parametrize(
    "source",
    [
        STUB,
        "",
        " \n# I will do this later\n",
        STUB.replace("    ", "\t").replace(" = ", "="),
        f"model = build()  # a note\n\n\nif model:\n  {RAISE}",
        STUB.replace(f"    {RAISE}\n", ""),
    ],
    ids=["as given out", "emptied", "comments only", "other spacing", "other comments", "the raise line removed"],
)
def test_a_stub_without_an_answer_is_untouched(source: str) -> None:
    assert is_untouched(source, stub=STUB, exercise="compile")


@pytest.mark.parametrize(
    "source",
    [STUB + "model.compile()", STUB.replace(RAISE, "pass"), "model.compile(", "%time model", "'unterminated"],
    ids=["a line below", "the raise line replaced", "a syntax error", "a magic", "an open string"],
)
def test_anything_else_is_touched(source: str) -> None:
    assert not is_untouched(source, stub=STUB, exercise="compile")


def test_a_stub_with_a_magic_is_recognised_too() -> None:
    stub = f"# Exercise: compile\n%matplotlib inline\n!ls 'it\n{RAISE}"
    assert is_untouched("# another comment\n" + stub, stub=stub, exercise="compile")
    assert not is_untouched(stub.replace(RAISE, "x = 1"), stub=stub, exercise="compile")


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("x = 1 # '\n  # a comment\ny", "x=1y"),
        ("x = '# no comment' # one", "x='#nocomment'"),
        ('"""\n# no comment\n"""# one', '"""#nocomment"""'),
        ("r'\\\\' # one", "r'\\\\'"),
        ("it's open # no comment\n# one", "it'sopen#nocomment"),
    ],
)
def test_the_skeleton_is_the_text_without_comments_and_whitespace(source: str, code: str) -> None:
    assert skeleton(source) == code


@pytest.mark.parametrize(
    ("source", "exercise"),
    [
        ("# Exercise: compile\nx", "compile"),
        ("import os\n\n  ## exercise :".replace(" :", ":") + " fit_2\n# Exercise: other", "fit_2"),
        ("# Exercise: two words", None),
        ("x = '# Exercise: compile'", None),
        ("", None),
    ],
)
def test_the_first_header_comment_names_the_exercise(source: str, exercise: str | None) -> None:
    assert header_of(source) == exercise


def test_texts_are_the_same_when_only_whitespace_differs() -> None:
    assert same_text("a = 1\n\n  b", "a=1\nb  \n")
    assert not same_text("a = 1", "a = 2")
