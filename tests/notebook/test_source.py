"""The notebook's text as a corroboration: its calls, what their arguments must be, and whether they can run."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairmark.evidence import Cell
from fairmark.notebook.source import (
    UNKNOWN,
    Folded,
    SourceCall,
    calls_in,
    parses,
    values_given,
)


def cells(*sources: str) -> list[Cell]:
    return [
        Cell(position=position, number=position, role="added", source=source)
        for position, source in enumerate(sources, start=1)
    ]


def calls(*sources: str) -> dict[str, SourceCall]:
    return {call.callee: call for call in calls_in(cells(*sources))}


def argument(*sources: str) -> Folded:
    """The argument of the one call ``f(x=...)``."""
    return calls(*sources)["f"].arguments["x"]


def reachable(*sources: str) -> bool:
    """Whether the call of ``target`` can run."""
    return calls(*sources)["target"].reachable


# --- calls ------------------------------------------------------------------------------------------------------------


def test_a_call_has_its_name_place_and_arguments() -> None:
    (call,) = calls_in(cells("x = 1", "\nmodel.fit(train, 2, epochs=15, callbacks=[stop])"))
    assert (call.callee, call.name, call.cell, call.line) == ("model.fit", "fit", 2, 2)
    assert call.positional == (UNKNOWN, Folded(True, 2))
    assert call.arguments == {"epochs": Folded(True, 15), "callbacks": UNKNOWN}
    assert call.reachable


@pytest.mark.parametrize(
    ("text", "callee"),
    [
        ("tf.keras.Sequential()", "tf.keras.Sequential"),
        ("models[0].fit()", "models[].fit"),
        ("'a'.join()", "?.join"),
        ("(lambda: 0)()", "?"),
    ],
)
def test_the_callee_is_dotted_as_written(text: str, callee: str) -> None:
    assert [call.callee for call in calls_in(cells(text))] == [callee]


def test_chained_calls_come_in_the_order_they_run() -> None:
    assert [call.callee for call in calls_in(cells("build(\n).compile(\n).fit()"))] == [
        "build",
        "build().compile",
        "build().compile().fit",
    ]


def test_unpacked_arguments_are_spelled_out_where_they_can_be_read() -> None:
    (call,) = calls_in(cells("size = (3, 4)\nf(*size, **{'epochs': 2, 'x': y})"))
    assert call.positional == (Folded(True, 3), Folded(True, 4))
    assert call.arguments == {"epochs": Folded(True, 2), "x": UNKNOWN}


def test_unpacked_arguments_that_cannot_be_read_are_marked() -> None:
    (call,) = calls_in(cells("f(1, *rest, 2, **options)"))
    assert call.positional == (Folded(True, 1), UNKNOWN)
    assert call.arguments == {"*": UNKNOWN, "**": UNKNOWN}


def test_cells_that_do_not_run_say_nothing() -> None:
    (cell,) = cells("f()")
    assert calls_in([cell.model_copy(update={"touched": False})]) == ()


def test_calls_beside_magics_are_found() -> None:
    assert set(calls("%%time\n%matplotlib inline\nfit()", "!ls\nh = %time evaluate()")) == {"fit", "evaluate"}


# --- other names for one callee ---------------------------------------------------------------------------------------


def names(*sources: str) -> set[str]:
    """All that the call in the last cell may go by."""
    *_, call = calls_in(cells(*sources))
    return set(call.names)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("f()", {"f"}),
        ("model.fit()", {"fit"}),
        ("build().fit()", {"fit"}),
        ("(lambda: 0)()", {"?"}),
        ("import keras\nkeras.Sequential()", {"Sequential"}),
        ("from keras import Sequential\nSequential()", {"Sequential"}),
        ("from a.b import Sequential as S\nS()", {"S", "Sequential"}),
        ("import keras as k\nk.Sequential()", {"Sequential"}),
        ("f = g.flow\nf()", {"f", "flow"}),
        ("f, h = g.flow, 1\nf()", {"f", "flow"}),
        ("a = b.c\nd = a\nd()", {"d", "a", "c"}),
        ("f = g.flow\nf = model.fit\nf()", {"f", "flow", "fit"}),
        ("a = b\nb = a\na()", {"a", "b"}),
        ("f = make()\nf()", {"f"}),
        ("f = 1\nf()", {"f"}),
        ("exec('')\nf = g.flow\nf()", {"f", "flow"}),
    ],
)
def test_a_call_goes_by_every_name_its_callee_is_bound_to(text: str, expected: set[str]) -> None:
    assert names(text) == expected


def test_a_callee_may_be_bound_in_another_cell() -> None:
    assert names("from a import Sequential as S", "x = 1", "S()") == {"S", "Sequential"}


# --- values -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1./255", 1 / 255),
        ("1/255.", 1 / 255),
        ("-(2 + 3) * 4 // 3 % 5", -(2 + 3) * 4 // 3 % 5),
        ("2 ** 8", 256),
        ("'pictures' + '/train'", "pictures/train"),
        ("'it' 's'", "its"),
        ("f'{1 + 1}/{\"a\"}'", "2/a"),
        ("(300, 300)", (300, 300)),
        ("['acc', None, True]", ("acc", None, True)),
        ("int(1027 / 128)", 8),
        ("round(2.567, 1)", 2.6),
    ],
)
def test_literals_and_arithmetic_on_them_are_known(text: str, value: object) -> None:
    assert argument(f"f(x={text})") == Folded(True, value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "9**9**9",
        "10**30",
        "9.0**9999",
        "(-1)**0.5",
        "'a' * 10**9",
        "'%1000000000d' % 1",
        "f'{1:1000000000}'",
        "1 << 10**9",
        "1 / 0",
        "round(5, -10**18)",
        "int('7')",
        "int(float('nan'))",
        "1j",
        "b'a'",
        "...",
        "a",
        "a.b",
        "{'a': 1}",
        "1 if a else 1",
        "(1, *a)",
        "[0] * 10**9",
        "-'a'",
    ],
)
def test_what_is_not_plainly_a_value_is_unknown(text: str) -> None:
    assert argument(f"f(x={text})") is UNKNOWN


def test_a_name_bound_once_in_the_whole_notebook_is_known() -> None:
    assert argument("BATCH = 128", "HEIGHT, WIDTH = 300, 200", "f(x=(BATCH * 2, HEIGHT, WIDTH))") == Folded(
        True, (256, 300, 200)
    )


def test_the_functions_of_math_are_known_however_they_are_imported() -> None:
    for text in ("import math\nf(x=math.ceil(8.02))", "from math import ceil as c\nimport math\nf(x=c(8.02))"):
        assert argument(text, "import math") == Folded(True, 9)


@pytest.mark.parametrize(
    "rebinding",
    [
        "N = 2",
        "N += 1",
        "for N in y: pass",
        "for a, (N, *b) in y: pass",
        "[1 for N in y]",
        "with y as N: pass",
        "(N := 2)",
        "del N",
        "import N",
        "from y import z as N",
        "def N(): pass",
        "def g(N): pass",
        "class N: pass",
        "try: pass\nexcept E as N: pass",
        "match y:\n    case [N, *_]: pass",
        "match y:\n    case {**N}: pass",
        "N[0] = 1",
        "sys.modules['__main__'].N = 2",
        "globals()['N'] = 2",
        "exec(text)",
        "y.__dict__.update(N=2)",
    ],
)
def test_a_name_that_may_be_bound_again_is_unknown(rebinding: str) -> None:
    assert argument("N = 1", "f(x=N)") == Folded(True, 1)
    assert argument("N = 1", "f(x=N)", rebinding) is UNKNOWN


@pytest.mark.parametrize("change", ["math.ceil = print", "math = 1", "import numpy as math"])
def test_math_is_not_believed_where_it_may_be_something_else(change: str) -> None:
    assert argument("import math", change, "f(x=math.ceil(1.5))") is UNKNOWN


def test_a_replaced_builtin_is_not_computed() -> None:
    assert argument("def int(x): return 3", "f(x=int(1.5))") is UNKNOWN


def test_names_that_refer_to_each_other_are_unknown() -> None:
    assert argument("a = b\nb = a\nf(x=a)") is UNKNOWN


def test_values_that_double_with_every_name_are_given_up() -> None:
    doubling = "\n".join(f"a{n} = (a{n - 1}, a{n - 1})" for n in range(1, 60))
    assert argument(f"a0 = 1\n{doubling}\nf(x=a59)") is UNKNOWN


# --- what can run -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "if False:\n    target()",
        "if 0: target()",
        "if 1: pass\nelse: target()",
        "while False:\n    target()",
        "def f():\n    return 1\n    target()\nf()",
        "def f():\n    raise E\n    target()\nf()",
        "def f(): target()",
        "def f():\n    target()\n    f()",
        "def f(): target()\ndef g(): f()",
        "if False:\n    def f(): target()\nf()",
        "def f(): target()\nif False: f()",
        "class C:\n    def m(self): target()",
        "async def f(): target()",
        "g = lambda: target()",
    ],
)
def test_a_call_that_plainly_cannot_run_is_unreachable(text: str) -> None:
    assert not reachable(text)


@pytest.mark.parametrize(
    "text",
    [
        "target()",
        "if a: target()",
        "if True: target()",
        "while True: target()",
        "for x in []: target()",
        "try: pass\nfinally: target()",
        "def f():\n    if a: return\n    target()\nf()",
        "def f(): target()\nf()",
        "def f(): target()\ng(f)",
        "def f(): target()\ng('f')",
        "def f(): target()\na.f()",
        "def f(): target()\ndef g(): f()\ng()",
        "@decorator\ndef f(): target()",
        "class C:\n    def call(self): target()\nC()",
        "class C:\n    target()",
        "@register\nclass C:\n    def call(self): target()",
        "def f(x=target()): pass",
        "g = lambda: target()\ng()",
        "g = map(lambda x: target(), d)",
        "if a and False: target()",
    ],
)
def test_in_doubt_a_call_is_reachable(text: str) -> None:
    assert reachable(text)


def test_a_function_may_be_called_from_another_cell() -> None:
    assert reachable("def f(): target()", "x = 1", "f()")


# --- whatever the text ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "model.fit(",
        "f()\0",
        "-" * 200_000 + "x",
        "(" * 500 + ")" * 500,
        "1+" * 50_000 + "1",
        "a" + ".b" * 5_000,
        "x = " + "[" * 150 + "]" * 150,
        "9" * 5_000,
        "\n".join(" " * depth + "if x:" for depth in range(120)),
        "f'{" * 100,
        "\ud800",
    ],
)
def test_text_that_cannot_be_read_has_no_calls_and_the_rest_still_counts(text: str) -> None:
    notebook = [
        *cells("before()"),
        Cell.model_construct(position=2, number=2, role="added", exercise=None, touched=True, source=text),
        Cell(position=3, number=3, role="added", source="after()"),
    ]
    assert not parses(text)
    assert [call.callee for call in calls_in(notebook)] == ["before", "after"]


def test_an_unknown_escape_in_a_string_does_not_warn() -> None:
    assert parses(r"x = '\d'")


WORDS = st.sampled_from(
    [
        "f(",
        ")",
        "x",
        "=",
        "1",
        "\n",
        "\n    ",
        "if False:",
        "def f():",
        "return",
        "'",
        '"""',
        "%",
        "!",
        "*",
        "**",
        "[",
        "]",
    ]
)


@given(st.lists(st.lists(WORDS, max_size=30).map(" ".join) | st.text(max_size=30), max_size=3))
def test_any_text_is_read_without_an_error(sources: list[str]) -> None:
    notebook = cells(*sources)
    read = {cell.position for cell in notebook if parses(cell.source)}
    assert {call.cell for call in calls_in(notebook)} <= read


@pytest.mark.parametrize(
    "changed",
    ["labels.append(1)", "labels.extend([1])", "labels[0] = 1", "labels += [1]", "labels.sort()"],
)
def test_what_is_changed_in_place_may_hold_anything(changed: str) -> None:
    cells = [Cell(position=1, number=1, role="added", source=f"labels = [0]\n{changed}")]
    assert values_given(cells, "labels")[-1] == UNKNOWN


def test_what_is_only_read_is_what_it_was_bound_to() -> None:
    cells = [Cell(position=1, number=1, role="added", source="labels = [0]\nprint(labels[0], labels.index(0))")]
    assert [folded.known for folded in values_given(cells, "labels")] == [True]
