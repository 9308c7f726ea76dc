"""What a notebook's text can do: which calls the code of a cell reaches, and what it does not."""

from __future__ import annotations

import pytest

from fairmark.evidence import Cell
from fairmark.notebook.possible.reading import CallSite, Reading, read_possible


def reading(*sources: str) -> Reading:
    return read_possible(
        [
            Cell(position=position, number=position, role="added", source=source)
            for position, source in enumerate(sources, start=1)
        ]
    )


def calls(*sources: str) -> list[CallSite]:
    """Calls of ``target`` that the last cell reaches."""
    return [call for call in reading(*sources).calls_from([len(sources)]) if "target" in call.names]


@pytest.mark.parametrize(
    "text",
    [
        "target()",
        "model.target()",
        "a[0].target()",
        "build().target()",
        "import lib\nlib.sub.target()",
        "from lib import target\ntarget()",
        "from lib import target as other\nother()",
        "import lib.target as other\nother()",
        "from lib import *\ntarget()",
        "other = lib.target\nother()",
        "other = lib.thing().target\nother()",
        "getattr(lib, 'target')()",
        "other = getattr(lib, 'target')\nother()",
        "(lib.target if big else lib.other)()",
        "for one in (lib.target, lib.other): one()",
        "makers = {'a': lib.target}\nmakers['a']()",
        "from functools import partial\nother = partial(lib.target, x=1)\nother()",
        "from functools import partial\npartial(partial(lib.target, x=1), y=2)()",
        "list(map(lib.target, [1, 2]))",
        "x = target(1)(2)",
        "print(f'{target()}')",
        "[target() for _ in range(3)]",
        "x = {**target()}",
        "if big: target()",
        "while big: target()",
        "try:\n    1 / 0\nexcept ZeroDivisionError:\n    target()",
        "try:\n    pass\nfinally:\n    target()",
        "with target(): pass",
        "with lib.scope():\n    target()",
        "assert target()",
        "@target\ndef f(): pass",
        "@target()\ndef f(): pass",
        "class A(lib.B):\n    target()",
        "match target():\n    case 1: pass",
        "lambda_ = lambda: target()\nlambda_()",
        "(lambda: target())()",
        "lib.run(lambda: target())",
        "lib.run(callback=lambda a, b: target())",
        "lib.run([lambda: target()])",
        "def f(): target()\nf()",
        "def f(): target()\nlib.run(f)",
        "def f(): target()\nlib.run(on_end=f)",
        "def f(): target()\nlib.run(callbacks=[f])",
        "def f(): target()\ng = f\nlib.run(g)",
        "def f(): target()\ng = [f, f]\nlib.run(g)",
        "def f(): target()\nfs = {'a': f}\nfs['a']()",
        "from functools import partial\ndef f(a): target()\nlib.run(partial(f, 1))",
        "from functools import partial\ndef f(a): target()\ng = partial(f, 1)\nlib.run(g)",
        "def f(): target()\ndef g(): f()\ng()",
        "def f():\n    def g(): target()\n    g()\nf()",
        "def f():\n    def g(): target()\n    return g\nf()()",
        "def f(g): g()\ndef h(): target()\nf(h)",
        "def f(n=target()): pass",
        "def f():\n    yield target()\nlist(f())",
        "async def f(): target()\nawait f()",
        "@lib.decorated\ndef f(): target()",
        "def own(g): return g\n@own\ndef f(): target()\nf()",
        "class A:\n    def __init__(self): target()\nA()",
        "class A:\n    def run(self): target()\nA().run()",
        "class A(lib.Callback):\n    def on_end(self): target()\nlib.run(callbacks=[A()])",
        "class A(lib.Model):\n    def call(self, x): return target(x)\nA().fit()",
        "class A:\n    def run(self): target()\nclass B(A): pass\nB().run()",
        "class A:\n    @staticmethod\n    def run(): target()\nA.run()",
        "class A:\n    @classmethod\n    def run(cls): target()\nA.run()",
        "class A:\n    def __enter__(self): target()\nwith A(): pass",
        "import sys\ndef f(n):\n    if n: return f(n - 1)\n    target()\nf(3)",
        "%time target()",
        "%%time\ntarget()",
        "%matplotlib inline\n!pip install x\ntarget()",
    ],
)
def test_a_call_is_reached(text: str) -> None:
    assert calls(text)


@pytest.mark.parametrize(
    "sources",
    [
        ("def f(): target()", "f()"),
        ("f()", "def f(): target()", "f()"),
        ("class A:\n    def run(self): target()", "A().run()"),
        ("class A:\n    def run(self): target()\na = A()", "a.run()"),
        ("class A(lib.Model):\n    def call(self, x): target()\nmodel = A()", "model.fit()"),
        ("class A(lib.Callback):\n    def on_end(self): target()\nstop = A()", "model.fit(callbacks=[stop])"),
        ("def f(): target()\ng = f", "g()"),
        ("%%writefile helper.py\ndef f(): target()", "from helper import f\nf()"),
        ("%%writefile helper.py\ndef f(): target()", "import helper\nhelper.f()"),
        ("%%writefile helper.py\ndef f(): target()", "import helper as h\nh.f()"),
        ("%%writefile helper.py\ndef f(): target()", "from helper import *\nf()"),
        ("%%writefile helper.py\ntarget()", "import helper"),
        ("%%writefile lib/helper.py\nclass A:\n    def __init__(self): target()", "from lib.helper import A\nA()"),
        ("import lib\nother = lib.target", "other()"),
    ],
)
def test_what_stands_in_other_cells_is_reached(sources: tuple[str, ...]) -> None:
    assert calls(*sources)


@pytest.mark.parametrize(
    "text",
    [
        "'target()'",
        "# target()",
        '"""\ntarget()\n"""',
        "print('target')",
        "x = 'target'",
        "lib.run('target')",
        "if False: target()",
        "if 0: target()",
        "if not True: target()",
        "if True:\n    pass\nelse:\n    target()",
        "if False and big: target()",
        "if 1 > 2: target()",
        "while False: target()",
        "while True:\n    pass\ntarget()",
        "for _ in []: target()",
        "for _ in (): target()",
        "for _ in range(0): target()",
        "[target() for _ in []]",
        "[target() for _ in range(3) if False]",
        "x = 1 if True else target()",
        "True or target()",
        "False and target()",
        "raise ValueError\ntarget()",
        "for _ in range(3):\n    break\n    target()",
        "for _ in range(3):\n    continue\n    target()",
        "def f():\n    return 1\n    target()\nf()",
        "def f():\n    if big:\n        return 1\n    else:\n        raise ValueError\n    target()\nf()",
        "def f(): target()",
        "def f(): target()\nf",
        "def f(): target()\ng = f",
        "def f(): target()\nprint(f)",
        "def f(): target()\nprint('f()')",
        "def f(): target()\nif False: f()",
        "def f(): target()\ndef g(): f()",
        "def f(): target(); f()",
        "def f():\n    def g(): target()\nf()",
        "def f(g): pass\ndef h(): target()\nf(h)",
        "x = lambda: target()",
        "class A:\n    def run(self): target()",
        "class A:\n    def run(self): target()\nA",
        "class A:\n    def run(self): target()\nclass B(A): pass",
        "class A:\n    def run(self): target()\nclass C:\n    def run(self): pass\nC().run()",
        "class A(lib.Model):\n    def fit(self): target()\nmodel.fit()",
        "def target(): pass\ntarget()",
        "class target: pass\ntarget()",
        "target = 3\ntarget()",
        "lib.target",
        "other = lib.target",
        "f'target()'",
        "assert False\ntarget()",
        "%%html\ntarget()",
        "%%writefile helper.py\ntarget()",
        "!target()",
        "target(",
    ],
)
def test_a_call_is_not_reached(text: str) -> None:
    assert not calls(text)


@pytest.mark.parametrize(
    "sources",
    [
        ("target()", "pass"),
        ("def f(): target()\nf()", "pass"),
        ("%%writefile helper.py\ndef f(): target()", "import helper"),
        ("%%writefile helper.py\ntarget()", "import other"),
        ("def f(): target()", "import f"),
    ],
)
def test_what_stands_in_other_cells_is_not_reached_without_a_call(sources: tuple[str, ...]) -> None:
    assert not calls(*sources)


def test_cells_that_do_not_run_say_nothing() -> None:
    asleep = Cell(position=1, number=1, role="exercise", source="target()\nn = 1", touched=False)
    found = read_possible([asleep])
    assert not found.calls_from([1])
    assert not found.bound("n", [1]).constants


def test_calls_are_told_apart_by_the_cell_that_reaches_them() -> None:
    found = reading("def f():\n    target()", "f()", "f()")
    assert [(call.cell, call.line) for call in found.calls_from([2, 3]) if "target" in call.names] == [(2, 2), (3, 2)]


def test_own_functions_go_by_names_of_their_own() -> None:
    (call,) = reading("def Conv2D(n): pass\nConv2D(16)").calls_from([1])
    assert (call.names, call.own) == (frozenset(), {"Conv2D"})


def test_a_class_of_the_notebook_goes_by_what_it_is_derived_from() -> None:
    (call,) = reading("class Net(keras.Model): pass\nclass Mine(Net): pass\nMine()").calls_from([1])
    assert (call.names, call.own) == ({"Model"}, {"Mine"})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("n = 16", {16}),
        ("n, m = 16, 32", {16}),
        ("for n in (16, 32): pass", {16, 32}),
        ("if (n := 16): pass", {16}),
        ("if False: n = 1\nn = 16", {16}),
        ("def f():\n    global n\n    n = 16\nf()", {16}),
        ("def f():\n    global n\n    n = 16", set()),
        ("def f():\n    n = 16\nf()", set()),
        ("def f(): return 16\nn = f()", {16}),
        ("[n for n in (16, 32)]", set()),
        ("n = 8\nn += 8", {8, 16, 24}),
    ],
)
def test_what_code_binds_a_name_of_the_notebook_to(text: str, expected: set[object]) -> None:
    assert expected <= reading(text).bound("n", [1]).constants
    if "+=" not in text:
        assert reading(text).bound("n", [1]).constants == expected
