"""Code for a newer Python: what in it is newer, and how to do without; and that nothing is said of what is as old."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairmark.advice.f_strings import newer_f_string
from fairmark.advice.newer_python import added_later, newer_syntax
from fairmark.advice.text import layout

QUOTES = (
    "uses its own quotation marks inside its braces: that needs Python 3.12, and Python 3.11 runs here.",
    "Use the other kind of quotation marks inside the braces: ' within \", or \" within '.",
)
BACKSLASH = (
    "has a backslash inside its braces: that needs Python 3.12, and Python 3.11 runs here.",
    "Give the text with the backslash a name in a line before, and use that name in the braces.",
)
BREAK = (
    "has a comment or a line break inside its braces: that needs Python 3.12, and Python 3.11 runs here.",
    "Write what is in the braces on one line, without a comment.",
)


@pytest.mark.parametrize(
    ("source", "line", "says"),
    [
        ('sizes = {"side": 300}\nprint(f"{sizes["side"]} pixels")', 2, QUOTES),
        ("print(f'{names['a']}', f\"x\")", 1, QUOTES),
        ('print(f"{", ".join(words)}")', 1, QUOTES),
        ('print(f"accuracy {logs["accuracy"]:.3f} {logs["loss"]!r:>10}")', 1, QUOTES),
        ('print(f"{f"{1 + 1}"}")', 1, QUOTES),
        ('print(f"{logs[\'a"b\']}")', 1, QUOTES),
        ('x = 1  # "\nprint(rf"\\d{logs["a"]}")', 2, QUOTES),
        ('print(f"{logs["a"]=}")', 1, QUOTES),
        ('print(f"{x:{sizes["width"]}}")', 1, QUOTES),
        ("print(f\"{'\\n'.join(words)}\")", 1, BACKSLASH),
        ('print(f"""{"\\n".join(words)}""")', 1, BACKSLASH),
        ('print(f"{x\n}")', 1, BREAK),
        ('print(f"""{x  # the x\n}""")', 1, BREAK),
    ],
)
def test_an_f_string_that_only_python_3_12_reads_is_named(source: str, line: int, says: tuple[str, str]) -> None:
    advice = newer_syntax(layout(source), source, running=(3, 11))
    assert advice is not None
    assert (advice.cause, advice.mend) == (f"The f-string in line {line} {says[0]}", says[1])
    assert newer_syntax(layout(source), source, running=(3, 12)) is None


@pytest.mark.parametrize(
    "source",
    [
        "print(f\"{sizes['side']} pixels\")",
        'print(f"""{sizes["side"]} {""}""")',
        'print(f"{{x}} {x != 3} {x:>{width}}")',
        'print(f"{x")',
        'print(f"{x}}")',
        'print(f"{x + }")',
        'print(f"{}")',
        'print("{x["a"]}")',
        'print(f"{x" + "}")',
        '# f"{x["a"]}"',
        '"""f"{x["a"]}"',
        'print(f"{x[")',
        'f"{' * 50,
    ],
)
def test_an_f_string_that_is_old_or_that_no_python_reads_is_not_taken_for_a_newer_one(source: str) -> None:
    assert newer_f_string(source) is None


@pytest.mark.parametrize(
    ("source", "cause", "mend"),
    [
        (
            "type Point = tuple[float, float]",
            "`type Point = ...` is a statement of its own: that needs Python 3.12, and Python 3.11 runs here.",
            "Leave the word `type` out: `Point = ...`.",
        ),
        (
            "x = 1\ntype Pair[T] = tuple[T, T]",
            "`type Pair = ...` is a statement of its own: that needs Python 3.12, and Python 3.11 runs here.",
            "Leave the word `type` out: `Pair = ...`.",
        ),
        (
            "def first[T](items: list[T]) -> T:\n    return items[0]",
            "Square brackets right behind the name `first` declare types: that needs Python 3.12, and Python 3.11 runs "
            "here.",
            "Leave these brackets out, and what is in them.",
        ),
        (
            "class Box[T]:\n    pass",
            "Square brackets right behind the name `Box` declare types: that needs Python 3.12, and Python 3.11 runs "
            "here.",
            "Leave these brackets out, and what is in them.",
        ),
        (
            'x = t"{y}"',
            "Line 1 has a text with the letter t in front: that needs Python 3.14, and Python 3.11 runs here.",
            "Write f in place of the t.",
        ),
    ],
)
def test_other_newer_syntax_is_named(source: str, cause: str, mend: str) -> None:
    advice = newer_syntax(layout(source), source, running=(3, 11))
    assert advice is not None
    assert (advice.cause, advice.mend) == (cause, mend)


@pytest.mark.parametrize(
    "source", ["type = 3", "x = type (y)", "def first(T): pass", "items[T]", "print('set t', t)", "'type X = 3'"]
)
def test_what_only_looks_newer_is_left_alone(source: str) -> None:
    assert newer_syntax(layout(source), source, running=(3, 11)) is None


@pytest.mark.parametrize(
    ("owner", "name", "since"),
    [("typing", "override", "3.12"), ("itertools", "batched", "3.12"), ("PosixPath", "walk", "3.12")],
)
def test_a_name_that_came_later_says_when(owner: str, name: str, since: str) -> None:
    advice = added_later(owner, name, running=(3, 11))
    assert advice is not None
    assert advice.cause == f"`{name}` is newer: that needs Python {since}, and Python 3.11 runs here."
    assert added_later(owner, name, running=(3, 14)) is None


@given(st.text(st.sampled_from("fr\"'{}\\#\n:!=ab ()[]"), max_size=300))
def test_any_text_is_read_to_its_end(source: str) -> None:
    found = newer_f_string(source)
    assert found is None or 1 <= found[0] <= source.count("\n") + 1
