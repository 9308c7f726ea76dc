"""What a notebook's text can do: the values that the arguments of calls can have."""

from __future__ import annotations

import pytest

from fairmark.evidence import Cell
from fairmark.notebook.possible.reading import NOTHING, CallSite, Possible, Reading, read_possible


def cells(*sources: str) -> list[Cell]:
    return [
        Cell(position=position, number=position, role="added", source=source)
        for position, source in enumerate(sources, start=1)
    ]


def reading(*sources: str) -> Reading:
    return read_possible(cells(*sources))


def calls(name: str, *sources: str) -> list[CallSite]:
    """Calls of ``name`` that the last cell reaches."""
    return [call for call in reading(*sources).calls_from([len(sources)]) if name in call.names]


def given(*sources: str) -> Possible:
    """All that calls of ``f``, which the last cell reaches, can give as ``x``."""
    answers = [call.argument("x", 0) for call in calls("f", *sources)]
    known = [one for one in answers if one is not None]
    assert known, "no call gives it"
    return Possible(
        constants=frozenset().union(*(one.constants for one in known)),
        made=frozenset().union(*(one.made for one in known)),
        derived=frozenset().union(*(one.derived for one in known)),
        is_open=any(one.is_open for one in known),
    )


def constants(*sources: str) -> set[object]:
    """Constants that calls of ``f`` can give as ``x``, which are all that they can give."""
    possible = given(*sources)
    assert not possible.is_open
    return set(possible.constants)


def test_calls_of_a_cell_have_names_places_and_arguments() -> None:
    (call,) = reading("x = 1", "\nmodel.fit(train, epochs=15)", "model.fit(train, epochs=99)").calls_from([2])
    assert (call.cell, call.line, call.names) == (2, 2, {"fit"})
    assert call.argument("epochs") == Possible(constants=frozenset({15}))
    assert call.argument("verbose") is None


def test_a_name_has_the_values_that_the_cells_bind_it_to() -> None:
    found = reading("steps = 10", "steps = 12", "print(steps)")
    assert found.bound("steps", [1]).constants == {10}
    assert found.bound("steps", [1, 2]).constants == {10, 12}
    assert found.bound("steps", [3]) == NOTHING


# --- values -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("f(16)", {16}),
        ("f(x=16)", {16}),
        ("f(-1)", {-1}),
        ("f(None)", {None}),
        ("f([150, 150])", {(150, 150)}),
        ("f((150,) * 2)", {(150, 150)}),
        ("f((150,) + (3,))", {(150, 3)}),
        ("f(1 / 255)", {1 / 255}),
        ("f(1. / 255.)", {1 / 255}),
        ("f(2 ** 4)", {16}),
        ("f(1 << 4)", {16}),
        ("f(1024 // 128)", {8}),
        ("f(not True)", {False}),
        ("f(3 > 2)", {True}),
        ("f(16 if small else 32)", {16, 32}),
        ("f(None or 16)", {16}),
        ("f('binary' + '_' + 'crossentropy')", {"binary_crossentropy"}),
        ("f('binary' '_crossentropy')", {"binary_crossentropy"}),
        ("f(f'{\"binary\"}_crossentropy')", {"binary_crossentropy"}),
        ("f('%s_crossentropy' % 'binary')", {"binary_crossentropy"}),
        ("f('{}_crossentropy'.format('binary'))", {"binary_crossentropy"}),
        ("f('{kind}_crossentropy'.format(kind='binary'))", {"binary_crossentropy"}),
        ("f('RELU'.lower())", {"relu"}),
        ("f('_'.join(['binary', 'crossentropy']))", {"binary_crossentropy"}),
        ("import os\nf(os.path.join('data', 'train'))", {"data/train"}),
        ("from pathlib import Path\nf(Path('data') / 'train')", {"data/train"}),
        ("from pathlib import Path\nf(str(Path('data') / 'train'))", {"data/train"}),
        ("f(int(1024 / 128))", {8}),
        ("f(int('16'))", {16}),
        ("f(round(8.5))", {8}),
        ("f(round(0.001, 3))", {0.001}),
        ("import math\nf(math.ceil(1027 / 128))", {9}),
        ("from math import ceil\nf(ceil(1027 / 128))", {9}),
        ("import numpy as np\nf(int(np.ceil(1027 / 128)))", {9}),
        ("import numpy as np\nf(int(np.prod([2, 3])))", {6}),
        ("f(len(['horses', 'humans']))", {2}),
        ("f(max(16, 32))", {32}),
        ("f(sum([16, 32]))", {48}),
        ("f(abs(-16))", {16}),
        ("f([16, 32, 64][1])", {32}),
        ("f([16, 32, 64][-1])", {64}),
        ("f([16, 32, 64][:2])", {(16, 32)}),
        ("f((300, 300, 3)[:-1])", {(300, 300)}),
        ("f({'filters': 16}['filters'])", {16}),
        ("f(dict(filters=16)['filters'])", {16}),
        ("f({'filters': 16}.get('filters', 8))", {16}),
        ("f({'filters': 16}.get('units', 8))", {8}),
        ("f({**{'filters': 16}, 'filters': 32}['filters'])", {32}),
        ("f(({'filters': 16} | {'units': 1})['filters'])", {16}),
        ("f(*[16])", {16}),
        ("f(**{'x': 16})", {16}),
        ("f(**dict(x=16))", {16}),
        ("f((n := 16))", {16}),
        ("f(list((16, 32)))", {(16, 32)}),
        ("f(tuple([16, 32]))", {(16, 32)}),
        ("f(sorted([32, 16]))", {(16, 32)}),
        ("rates = {rate: 0 for rate in (1, 2)}\nf(sorted(rates, key=rates.get)[-1])", {1, 2}),
        ("f(list(range(3)))", {(0, 1, 2)}),
    ],
)
def test_an_expression_has_the_value_that_python_gives_it(text: str, expected: set[object]) -> None:
    assert constants(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("n = 16\nf(n)", {16}),
        ("n = m = 16\nf(m)", {16}),
        ("n: int = 16\nf(n)", {16}),
        ("n = 16\nm = n * 2\nf(m)", {32}),
        ("n = 16\nf(n)\nn = 32", {16, 32}),
        ("n, m = 16, 32\nf(m)", {32}),
        ("(n, m), k = (16, 32), 64\nf(m)", {32}),
        ("n, *rest = 16, 32, 64\nf(rest)", {(32, 64)}),
        ("*rest, n = 16, 32, 64\nf(n)", {64}),
        ("size = (300, 300)\nf(size + (3,))", {(300, 300, 3)}),
        ("size = (300, 300)\nf((*size, 3))", {(300, 300, 3)}),
        ("height, width = size = (300, 200)\nf(width)", {200}),
        ("for n in (16, 32, 64): f(n)", {16, 32, 64}),
        ("for n in [16, 32, 64]: f(n * 2)", {32, 64, 128}),
        ("for n in range(1, 4): f(16 * n)", {16, 32, 48}),
        ("for at, n in enumerate([16, 32]): f(n)", {16, 32}),
        ("for at, n in enumerate([16, 32], 1): f(at)", {1, 2}),
        ("for n, m in zip((16, 32), (3, 5)): f(m)", {3, 5}),
        ("for n, m in [(16, 3), (32, 5)]: f(m)", {3, 5}),
        ("for n in {'a': 16, 'b': 32}.values(): f(n)", {16, 32}),
        ("for n in {'a': 16, 'b': 32}: f(n)", {"a", "b"}),
        ("for k, n in {'a': 16, 'b': 32}.items(): f(n)", {16, 32}),
        ("for n in reversed([16, 32]): f(n)", {16, 32}),
        ("for n in sorted([16, 32]): f(n)", {16, 32}),
        ("for n in map(int, ['16', '32']): f(n)", {16, 32}),
        ("for n in [16 * 2 ** k for k in range(3)]: f(n)", {16, 32, 64}),
        ("[f(n) for n in (16, 32)]", {16, 32}),
        ("layers = [f(n) for n in (16, 32)]", {16, 32}),
        ("{n: f(n) for n in (16, 32)}", {16, 32}),
        ("[f(n + m) for n in (16, 32) for m in (1, 2)]", {17, 18, 33, 34}),
        ("sizes = []\nfor n in (16, 32): sizes.append(n)\nfor n in sizes: f(n)", {16, 32}),
        ("sizes = [16]\nsizes.append(32)\nfor n in sizes: f(n)", {16, 32}),
        ("sizes = [16]\nsizes.extend([32, 64])\nfor n in sizes: f(n)", {16, 32, 64}),
        ("sizes = [16]\nsizes += [32]\nfor n in sizes: f(n)", {16, 32}),
        ("settings = {'n': 16}\nf(settings['n'])", {16}),
        ("settings = {}\nsettings['n'] = 16\nf(settings['n'])", {16}),
        ("settings = {'m': 1}\nsettings.update(n=16)\nf(settings['n'])", {16}),
        ("settings = {'m': 1}\nsettings.update({'n': 16})\nf(settings['n'])", {16}),
        ("settings = {'x': 16}\nf(**settings)", {16}),
        ("base = {'x': 16}\nsettings = {**base, 'y': 1}\nf(**settings)", {16}),
        ("base = {'x': 16}\nsettings = base.copy()\nf(**settings)", {16}),
        ("d = {'a': {'b': 16}}\nf(d['a']['b'])", {16}),
        ("n = 16 if big else 32\nf(n)", {16, 32}),
        ("if big:\n    n = 16\nelse:\n    n = 32\nf(n)", {16, 32}),
        ("match kind:\n    case 'a':\n        n = 16\n    case _:\n        n = 32\nf(n)", {16, 32}),
        ("match (16, 32):\n    case (n, m):\n        f(m)", {32}),
        ("match 16:\n    case n:\n        f(n)", {16}),
        ("try:\n    read()\n    n = 16\nexcept Exception:\n    n = 32\nf(n)", {16, 32}),
        ("with strategy.scope():\n    n = 16\nf(n)", {16}),
        ("while (n := 16): f(n)", {16}),
        ("global n\nn = 16\nf(n)", {16}),
        ("globals()['n'] = 16\nf(globals()['n'])\nf(n)", None),
        ("n = 16; f((lambda k: k * 2)(n))", {32}),
        ("size = 150\nf((size, size))", {(150, 150)}),
        ("height = width = 150\nf((height, width))", {(150, 150)}),
    ],
)
def test_a_name_stands_for_all_that_it_is_bound_to(text: str, expected: set[object] | None) -> None:
    if expected is None:
        assert 16 in given(text).constants
    else:
        assert constants(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("def build(n): f(n)\nbuild(16)", {16}),
        ("def build(n=16): f(n)\nbuild()", {16}),
        ("def build(n=16, size=300): f(size)\nbuild(32)", {300}),
        ("def build(n, size=300): f(n)\nbuild(n=32)", {32}),
        ("def build(*sizes):\n    for n in sizes: f(n)\nbuild(16, 32)", {16, 32}),
        ("def build(**settings): f(**settings)\nbuild(x=16)", {16}),
        ("def build(**settings): f(settings['n'])\nbuild(n=16)", {16}),
        ("def build(*, n): f(n)\nbuild(n=16)", {16}),
        ("def build(sizes):\n    for n in sizes: f(n)\nbuild((16, 32))", {16, 32}),
        ("def size(): return 16\nf(size())", {16}),
        ("def size(n): return n * 2\nf(size(8))", {16}),
        ("def sizes():\n    yield 16\n    yield 32\nfor n in sizes(): f(n)", {16, 32}),
        ("def outer(n):\n    def inner(): f(n)\n    inner()\nouter(16)", {16}),
        ("def outer(n):\n    def inner(): f(n)\n    return inner\nouter(16)()", {16}),
        ("def one(n): two(n)\ndef two(m): f(m)\none(16)", {16}),
        ("build = lambda n: f(n)\nbuild(16)", {16}),
        ("def build(n): f(n)\nother = build\nother(16)", {16}),
        ("def build(n): f(n)\nbuilders = {'a': build}\nbuilders['a'](16)", {16}),
        ("def build(n): f(n)\nbuilders = [build]\nfor one in builders: one(16)", {16}),
        ("def build(n): f(n)\nlist(map(build, [16, 32]))", {16, 32}),
        ("def apply(g, n): g(n)\ndef build(n): f(n)\napply(build, 16)", {16}),
        ("from functools import partial\nbuild = partial(f, x=16)\nbuild()", {16}),
        ("from functools import partial\nbuild = partial(f, 16)\nbuild(3)", {16}),
        ("import functools\nbuild = functools.partial(f, y=16)\nbuild(3)", {3}),
        ("from functools import partial\ndef build(n, m): f(m)\nhalf = partial(build, 1)\nhalf(16)", {16}),
        ("class A:\n    n = 16\nf(A.n)", {16}),
        ("class A:\n    n = 16\nf(A().n)", {16}),
        ("class A:\n    n = 16\na = A()\nf(a.n)", {16}),
        (
            "class A:\n    def __init__(self, n):\n        self.n = n\n"
            "    def go(self):\n        f(self.n)\nA(16).go()",
            {16},
        ),
        ("class A:\n    def __init__(self, n=16):\n        self.n = n\nf(A().n)", {16}),
        (
            "class A:\n    def __init__(self, n):\n        f(n)\nclass B(A):\n    def __init__(self):\n"
            "        super().__init__(16)\nB()",
            {16},
        ),
        ("class A:\n    @property\n    def n(self): return 16\nf(A().n)", {16}),
        ("class A:\n    @staticmethod\n    def go(n): f(n)\nA.go(16)", {16}),
        ("class A:\n    @classmethod\n    def go(cls, n): f(n)\nA.go(16)", {16}),
        ("class A:\n    def __call__(self, n): f(n)\nA()(16)", {16}),
        ("from dataclasses import dataclass\n@dataclass\nclass A:\n    n: int = 16\nf(A().n)", {16}),
        ("from dataclasses import dataclass\n@dataclass\nclass A:\n    m: int\n    n: int\nf(A(1, 16).n)", {16}),
        ("from dataclasses import dataclass\n@dataclass\nclass A:\n    n: int\nf(A(n=16).n)", {16}),
        ("from typing import NamedTuple\nclass A(NamedTuple):\n    n: int = 16\nf(A().n)", {16}),
        ("from enum import Enum\nclass A(Enum):\n    N = 16\nf(A.N.value)", {16}),
        (
            "from enum import Enum\nclass A(Enum):\n    N = (16, 3)\n    def g(self):\n        a, b = self.value\n"
            "        f(a)\nA.N.g()",
            {16},
        ),
        (
            "def timed(g):\n    def inner(*a, **k): return g(*a, **k)\n    return inner\n"
            "@timed\ndef build(n): f(n)\nbuild(16)",
            {16},
        ),
    ],
)
def test_parameters_and_attributes_have_what_they_are_given(text: str, expected: set[object]) -> None:
    assert expected <= given(text).constants
    assert constants(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "from types import SimpleNamespace\nc = SimpleNamespace(n=16)\nf(c.n)",
        "from collections import namedtuple\nC = namedtuple('C', 'm n')\nf(C(1, 16).n)",
        "from collections import namedtuple\nC = namedtuple('C', ['m', 'n'])\nf(C(m=1, n=16).n)",
        "import argparse\nf(argparse.Namespace(n=16).n)",
        "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass A:\n    n: int = 8\nf(A(**{'n': 16}).n)",
        "n = 1\nfor _ in range(4): n *= 2\nf(n)",
        "n = 1\nwhile n < 100: n = n + 5\nf(n)",
        "exec('n = 3')\nn = 16\nf(n)",
        "setattr(c, 'n', 16)\nf(c.n)",
        "opt.rate = 16\nf(opt.rate)",
    ],
)
def test_what_is_found_counts_where_there_may_be_more(text: str) -> None:
    assert 16 in given(text).constants


@pytest.mark.parametrize(
    "text", ["f(open('n').read())", "import os\nf(os.environ['n'])", "f(input())", "f(unknown)", "f(eval('16'))"]
)
def test_what_comes_from_elsewhere_has_no_constants(text: str) -> None:
    assert not given(text).constants
