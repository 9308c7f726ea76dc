"""What a notebook's text can do, of texts that are written to take long, or by nobody: there is always an answer."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fairmark.evidence import Cell
from fairmark.notebook.possible.atoms import MAX_VALUES
from fairmark.notebook.possible.reading import Possible, Reading, read_possible


def reading(*sources: str) -> Reading:
    return read_possible(
        [
            Cell(position=position, number=position, role="added", source=source)
            for position, source in enumerate(sources, start=1)
        ]
    )


def answered(found: Reading, cells: int = 1) -> list[Possible]:
    """All that can be asked of the calls of all cells."""
    answers = [found.bound("x", range(1, cells + 1))]
    for call in found.calls_from(range(1, cells + 1)):
        answers += [call.result, call.called_on]
        answers += [one for one in (call.argument("x", 0), call.argument("y", 1)) if one is not None]
        assert isinstance(call.names, frozenset)
    return answers


@pytest.mark.parametrize(
    "text",
    [
        "x0 = 1\n" + "".join(f"x{at} = x{at - 1} + 1\n" for at in range(1, 500)) + "f(x499)",
        "x0 = x499\n" + "".join(f"x{at} = x{at - 1}\n" for at in range(1, 500)) + "f(x499)",
        "x = 1\ny = 2\n" + "x = x * 3 + y\ny = x + y * 5\n" * 20 + "f(x)",
        "x = [1]\n" + "x = [x, x, x]\n" * 50 + "f(x)",
        "x = {}\nx['a'] = x\nf(x['a']['a'])",
        "x = 'a'\n" + "x = x + x\n" * 50 + "f(x)",
        "x = g(a=1)\n" + "x = g(a=x.a, b=x.b)\n" * 10 + "f(x.a)",
        "from functools import partial\nx = f\n" + "".join(f"x = partial(x, {at})\n" for at in range(50)) + "x(1)",
        "".join(f"def g{at}(n, h): h(n); g{(at * 7 + 1) % 40}(n + 1, g{(at * 3 + 2) % 40})\n" for at in range(40))
        + "g0(1, g1)",
        "def g(*a, **k): g(*a, *a, **k, z=k); f(*a)\ng(1, 2, 3)",
        "f(" + "int(" * 80 + "3" + ")" * 80 + ")",
        "f(" + "-" * 80 + "3)",
        "x = " + "lambda a: " * 60 + "f(a)\nx(1)",
        "class A(A): pass\nA().x\nclass B(C): pass\nclass C(B): pass\nf(B().x)",
        "x = lambda: x()\nf(x())",
        "class A:\n    def __getattr__(self, n): return self.n\nf(A().x)",
        "global x\nnonlocal_ = 1\ndef g():\n    global x\n    x = g\n    return x\nf(g()()())",
    ],
)
def test_circles_and_chains_end(text: str) -> None:
    assert answered(reading(text))


@pytest.mark.parametrize(
    "text",
    [
        "f(9 ** 9 ** 9)",
        "f('a' * 10 ** 12)",
        "f([0] * 10 ** 12)",
        "f('%1000000000d' % 5)",
        "f('{:1000000000d}'.format(5))",
        "f(f'{5:1000000000d}')",
        "f('a'.ljust(10 ** 9))",
        "f(1 << 10 ** 9)",
        "f(round(5, -10 ** 9))",
        "f(int('9' * 5000))",
        "f('{0.__class__}'.format(1))",
        "f(1 / 0)",
        "f(float('nan'))",
        "f([1, 2][5])",
        "f({}['a'])",
    ],
)
def test_what_would_take_long_or_fail_is_not_computed(text: str) -> None:
    (call,) = (one for one in reading(text).calls_from([1]) if "f" in one.names)
    found = call.argument("x", 0)
    assert found is not None
    assert not found.constants


def test_more_values_than_are_kept_leave_it_open() -> None:
    (call,) = reading("for x in range(1000): f(x)").calls_from([1])[-1:]
    found = call.argument("x", 0)
    assert found is not None
    assert (len(found.constants), found.is_open) == (MAX_VALUES, True)


_NAMES = st.sampled_from(["x", "y", "f", "g", "A", "self"])
_LEAVES = st.one_of(st.sampled_from(["1", "2.5", "'a'", "None", "True", "[]", "{}", "()"]), _NAMES)
_EXPRESSIONS = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "*", "/", "%", "|", "<", "and", "or"]), inner).map(
            lambda parts: f"({' '.join(parts)})"
        ),
        st.tuples(inner, inner).map(lambda parts: f"{parts[0]}({parts[1]})"),
        st.tuples(_NAMES, inner, inner).map(lambda parts: f"{parts[0]}(*{parts[1]}, x=3, **{parts[2]})"),
        st.tuples(inner, inner).map(lambda parts: f"[{parts[0]}, *{parts[1]}]"),
        st.tuples(inner, inner).map(lambda parts: f"{{{parts[0]}: {parts[1]}}}"),
        st.tuples(inner, inner).map(lambda parts: f"({parts[0]})[{parts[1]}]"),
        st.tuples(inner, _NAMES).map(lambda parts: f"({parts[0]}).{parts[1]}"),
        st.tuples(inner, _NAMES, inner).map(lambda parts: f"[{parts[0]} for {parts[1]} in {parts[2]}]"),
        st.tuples(_NAMES, inner).map(lambda parts: f"(lambda {parts[0]}: {parts[1]})"),
        st.tuples(inner, inner).map(lambda parts: f"(lambda: {parts[0]})() if {parts[1]} else 2"),
    ),
    max_leaves=8,
)
_STATEMENTS = st.one_of(
    st.tuples(_NAMES, _EXPRESSIONS).map(" = ".join),
    st.tuples(_NAMES, _EXPRESSIONS).map(" += ".join),
    st.tuples(_NAMES, _NAMES, _EXPRESSIONS).map(lambda parts: f"{parts[0]}, *{parts[1]} = {parts[2]}"),
    st.tuples(_NAMES, _NAMES, _EXPRESSIONS).map(lambda parts: f"{parts[0]}.{parts[1]} = {parts[2]}"),
    st.tuples(_NAMES, _EXPRESSIONS, _EXPRESSIONS).map(lambda parts: f"{parts[0]}[{parts[1]}] = {parts[2]}"),
    st.tuples(_NAMES, _EXPRESSIONS).map(lambda parts: f"{parts[0]}.append({parts[1]})"),
    st.tuples(_NAMES, _NAMES, _EXPRESSIONS).map(lambda parts: f"def {parts[0]}({parts[1]}=1, *x): return {parts[2]}"),
    st.tuples(_NAMES, _NAMES, _EXPRESSIONS).map(
        lambda parts: f"class {parts[0]}({parts[1]}):\n    def f(self, x): self.x = {parts[2]}"
    ),
    st.tuples(_NAMES, _EXPRESSIONS).map(lambda parts: f"for {parts[0]} in {parts[1]}: f({parts[0]})"),
    _EXPRESSIONS,
)


@given(st.lists(st.lists(_STATEMENTS, max_size=6).map("\n".join), min_size=1, max_size=3))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_there_is_an_answer_to_any_text(sources: list[str]) -> None:
    assert answered(reading(*sources), len(sources))


@given(st.lists(st.lists(_STATEMENTS, max_size=5).map("\n".join), min_size=2, max_size=3))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_cell_reaches_more_alone_than_with_others(sources: list[str]) -> None:
    found = reading(*sources)
    together = set(found.calls_from(range(1, len(sources) + 1)))
    assert set(found.calls_from([1])) <= together


@given(st.text(max_size=200))
@settings(max_examples=60, deadline=None)
def test_text_that_is_no_code_says_nothing_or_something(source: str) -> None:
    answered(reading(source))
