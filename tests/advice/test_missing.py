"""What a line lacks is named with the line, whatever stands below it; a line that is whole is left alone."""

from __future__ import annotations

import pytest

from fairmark.advice.missing import something_missing
from fairmark.advice.text import layout
from fairmark.evidence import CellError
from fairmark.keras.advice import advise


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        ("learning = # my number", "Line 1 gives `learning` no value: nothing stands behind the =."),
        ("a = 1\nmodel.rate =", "Line 2 gives `model.rate` no value: nothing stands behind the =."),
        ("total +=\nb = (3", "Line 1 gives `total` no value: nothing stands behind the =."),
        ("fit(epochs=, verbose=2)", "In line 1 `epochs=` has no value behind it."),
        ("fit(x,\n    epochs=\n)", "In line 2 `epochs=` has no value behind it."),
        ("x = 3 +\ny = 4", "Line 1 ends with `+`, and nothing stands behind it."),
        ("x = y and\n", "Line 1 ends with `and`, and nothing stands behind it."),
        ("keras.layers.\nx = 3", "Line 1 ends with the point of `keras.layers.`."),
        ("for x in :\n    pass", "Line 1 does not say what to go through: nothing stands behind `in`."),
        ("if:\n    pass", "Line 1 has no condition behind `if`."),
        ("while :\n    pass", "Line 1 has no condition behind `while`."),
        ("import", "Line 1 does not say what to import."),
    ],
)
def test_what_a_line_lacks_is_named(source: str, cause: str) -> None:
    advice = something_missing(layout(source))
    assert advice is not None
    assert advice.cause == cause


@pytest.mark.parametrize(
    "source",
    [
        "x = (3 +\n     4)",
        "y = [1,\n     2, ]",
        "x = 3 + \\\n    4",
        "def f(*, a=3): pass",
        "f(a='', b=\"\")",
        "x = y[:]",
        "x = 'a ='",
        "a == b",
        "x = 1.\ny = 2",
        "print(*names)",
        "from x import *",
        "f(lambda: 3)",
        "@decorated\ndef f(): ...",
        "if x: pass",
    ],
)
def test_a_whole_line_is_left_alone(source: str) -> None:
    assert something_missing(layout(source)) is None


def test_a_line_that_python_names_comes_before_a_bracket_below_it() -> None:
    source = "# Exercise: settings\nlearning = # my number\nmodel = keras.Sequential([\n    # layers\n)"
    error = CellError(type="SyntaxError", message="invalid syntax", line=2)
    advice = advise(error, source)
    assert advice is not None
    assert advice.cause == "Line 2 gives `learning` no value: nothing stands behind the =."
