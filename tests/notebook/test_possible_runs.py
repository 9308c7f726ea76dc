"""Which code of a notebook can run: conditions that the text decides, loops without rounds, what nobody drives."""

from __future__ import annotations

import pytest

from fairmark.evidence import Cell
from fairmark.notebook.possible.reading import read_possible

NEVER = [
    "if 1 in ():\n    target()",
    "if not __debug__:\n    target()",
    "if not True:\n    target()",
    "if 2 + 2 == 5:\n    target()",
    "if 1 < 2 > 3:\n    target()",
    "if 'a' not in 'abc':\n    target()",
    "if None is not None:\n    target()",
    "if len(()) > 0:\n    target()",
    "if bool(0):\n    target()",
    "if 'a'.startswith('b'):\n    target()",
    "if isinstance(1, str):\n    target()",
    "if type(1) is str:\n    target()",
    "if (0 if 1 else 1):\n    target()",
    "if 0 and ready():\n    target()",
    "if ready() and 0:\n    target()",
    "if not (1 or ready()):\n    target()",
    "if 1:\n    pass\nelse:\n    target()",
    "if ready():\n    pass\nelif 0:\n    target()",
    "while 0:\n    target()",
    "while 1 > 2:\n    target()",
    "for _ in []:\n    target()",
    "for _ in range(0):\n    target()",
    "for _ in range(5, 5):\n    target()",
    "for _ in range(3)[:0]:\n    target()",
    "for _ in list(()):\n    target()",
    "for _ in dict().items():\n    target()",
    "for _ in zip([], ready()):\n    target()",
    "for _ in ''.split():\n    target()",
    "for _ in enumerate([]):\n    target()",
    "for _ in (x for x in ()):\n    target()",
    "[target() for _ in ()]",
    "[target() for _ in range(3) if 0]",
    "False and target()",
    "True or target()",
    "target() if 0 else 1",
    "import sys\nsys.exit()\ntarget()",
    "import os\nos._exit(0)\ntarget()",
    "exit()\ntarget()",
    "from sys import exit as leave\nleave()\ntarget()",
    "raise ValueError\ntarget()",
    "assert False\ntarget()",
    "assert not True, 'x'\ntarget()",
    "with opened():\n    raise ValueError\ntarget()",
    "def f():\n    return\n    target()\nf()",
    "def stop():\n    raise ValueError\nstop()\ntarget()",
    "while True:\n    pass\ntarget()",
    "try:\n    pass\nexcept Exception:\n    target()",
    "try:\n    x = 1 + 1\nexcept ValueError:\n    target()",
    "try:\n    import math\nexcept ImportError:\n    target()",
    "try:\n    print('x')\nexcept Exception:\n    target()",
    "try:\n    raise ValueError\n    target()\nexcept ValueError:\n    pass",
    "try:\n    raise ValueError\nexcept KeyError:\n    target()\nexcept ValueError:\n    pass",
    "try:\n    raise ValueError('x')\nexcept Exception:\n    pass\nexcept ValueError:\n    target()",
    "try:\n    raise ValueError\nexcept Exception:\n    pass\nelse:\n    target()",
    "match 1:\n    case 2:\n        target()",
    "match 'a':\n    case 'b' | 'c':\n        target()",
    "match None:\n    case True:\n        target()",
    "match 1:\n    case 1:\n        pass\n    case _:\n        target()",
    "match 1:\n    case 1 if 0:\n        target()",
    # names and functions followed
    "flag = False\nif flag:\n    target()",
    "flag = 1\nif not flag:\n    target()",
    "flag = other = 0\nif other:\n    target()",
    "a, b = 1, 0\nif b:\n    target()",
    "MODE = 'test'\nif MODE == 'train':\n    target()",
    "n = 2\nif n > 3:\n    target()",
    "n = 0\nfor _ in range(n):\n    target()",
    "nothing = ()\nfor _ in nothing:\n    target()",
    "flag = False\nwhile flag:\n    target()",
    "flag = False\nflag and target()",
    "flag = True\nflag or target()",
    "flag = False\nx = target() if flag else 1",
    "flag = False\n[target() for _ in range(3) if flag]",
    "flag = False\nassert flag\ntarget()",
    "import sys\nflag = True\nif flag:\n    sys.exit()\ntarget()",
    "flag = True\nif flag:\n    raise ValueError\ntarget()",
    "flag = True\ndef f():\n    if flag:\n        return\n    target()\nf()",
    "def no():\n    return False\nif no():\n    target()",
    "no = lambda: 0\ndef nothing(): pass\nif nothing():\n    target()",
    "def f(train=False):\n    if train:\n        target()\nf()",
    "def f(train):\n    if train:\n        target()\nf(False)\nf(train=0)",
    "x = 1\nmatch x:\n    case 2:\n        target()",
    "flag = False\nif flag:\n    def f(): target()\nf = print\nif flag:\n    f()",
    # what nobody drives
    "def f():\n    target()\n    yield 1\nf()",
    "def f():\n    target()\n    if 0:\n        yield\nf()",
    "def f():\n    yield from target()\nf()",
    "async def f():\n    target()\nf()",
    "def f():\n    target()\n    yield\nprint(f())",
    "(target() for _ in range(3))",
    "map(target, [1, 2])",
    "def f(x): target()\nmap(f, [1, 2])",
    "f = lambda: target()",
    # what is bound anew, or dropped by a decorator
    "def f(): target()\ndef f(): pass\nf()",
    "def f(): target()\nf = print\nf()",
    "from lib import target\ntarget = print\ntarget()",
    "from lib import target\ndef target(): pass\ntarget()",
    "target = lib.target\ntarget = len\ntarget(())",
    "def f(): target()\nf = print\nif ready():\n    f()",
    "f = print\nf()\ndef f(): target()",
    "def drop(f): return None\n@drop\ndef f(): target()\nf()",
    "def drop(f): return print\n@drop\ndef f(): target()\nf()",
    "def drop(f): return lambda *given: 0\n@drop\ndef f(): target()\nf()",
    "def drop(f):\n    def inner(*given): return 1\n    return inner\n@drop\ndef f(): target()\nf()",
    "def drop(n):\n    def inner(f): return print\n    return inner\n@drop(1)\ndef f(): target()\nf()",
    "def same(f): return f\ndef drop(f): return print\n@same\n@drop\ndef f(): target()\nf()",
    "def drop(c): return None\n@drop\nclass A:\n    def __init__(self): target()\nA()",
]


def reached(*sources: str) -> bool:
    cells = [Cell(position=at, number=at, role="added", source=one) for at, one in enumerate(sources, start=1)]
    return any("target" in call.names for call in read_possible(cells).calls_from(range(1, len(sources) + 1)))


@pytest.mark.parametrize("text", NEVER)
def test_what_surely_never_runs_is_not_reached(text: str) -> None:
    assert not reached(text)


@pytest.mark.parametrize(
    "text",
    [
        "if __name__ == '__main__':\n    target()",
        "import tensorflow as tf\nif tf.config.list_physical_devices('GPU'):\n    target()",
        "import tensorflow as tf\nif not tf.config.list_physical_devices('GPU'):\n    target()",
        "import tensorflow as tf\nif tf.__version__ >= '2':\n    target()\n",
        "import os\nif not os.path.exists('x'):\n    target()",
        "import sys\nif sys.platform == 'win32':\n    pass\nelse:\n    target()",
        "import sys\nmode = sys.argv[1] if len(sys.argv) > 1 else 'x'\nif mode == 'train':\n    target()",
        "TRAIN = True\nif TRAIN:\n    target()",
        "TRAIN = False\nTRAIN = True\nif TRAIN:\n    target()",
        "DEBUG = False\nif not DEBUG:\n    target()",
        "DEBUG = False\nif DEBUG:\n    raise ValueError\ntarget()",
        "def f(n=None):\n    if n:\n        target()\nf(3)",
        "def f(n=None):\n    if n is None:\n        target()\nf()",
        "def f(flag=False):\n    if flag:\n        target()\nlib.run(f)",
        "def f(flag=False):\n    if flag:\n        target()\nf(*given)",
        "from functools import partial\ndef f(flag=False):\n    if flag:\n        target()\npartial(f, True)()",
        "def f(flag=False):\n    if flag:\n        target()\nlist(map(f, [True]))",
        "@lib.click\ndef f(flag=False):\n    if flag:\n        target()\nf()",
        "found = []\nfound.append(1)\nfor one in found:\n    target()",
        "found = []\ndef fill(held): held.append(1)\nfill(found)\nfor one in found:\n    target()",
        "found = []\nfill(found)\nif found:\n    target()",
        "found = []\nother = found\nother.append(1)\nif len(found):\n    target()",
        "options = {'train': False}\nchange(options)\nif options['train']:\n    target()",
        "n = 0\nn += 1\nif n:\n    target()",
        "n = 0\nn = n + 1\nif n > 5:\n    target()",
        "done = False\nfor one in lib.all():\n    if done:\n        target()\n    done = True",
        "done = False\ndef finish():\n    global done\n    done = True\nfinish()\nif done:\n    target()",
        "class A:\n    flag = False\nA.flag = True\nif A.flag:\n    target()",
        "flag = False\nglobals()['flag'] = True\nif flag:\n    target()",
        "flag = False\nexec('flag = True')\nif flag:\n    target()",
        "best = 0\nfor one in lib.all():\n    if one > best:\n        best = one\nif best > 0.5:\n    target()",
        "patience = 0\nwhile patience < 3:\n    patience += 1\ntarget()",
        "running = True\nwhile running:\n    running = False\ntarget()",
        "while True:\n    if ready():\n        break\ntarget()",
        "try:\n    import cv2\nexcept ImportError:\n    target()",
        "try:\n    from keras import ops\nexcept ImportError:\n    target()",
        "try:\n    model\nexcept NameError:\n    target()",
        "try:\n    raise lib.Error\nexcept lib.Error:\n    target()",
        "try:\n    raise ValueError\nexcept Exception:\n    target()",
        "try:\n    raise ValueError\nexcept ValueError:\n    pass\ntarget()",
        "import sys\ntry:\n    sys.exit()\nexcept SystemExit:\n    pass\ntarget()",
        "import sys\nif not ready():\n    sys.exit('no data')\ntarget()",
        "x = ready()\nmatch x:\n    case 2:\n        target()",
        "match ready():\n    case 1:\n        pass\n    case _:\n        target()",
        "match (1, 2):\n    case (a, b):\n        target()",
        "list = [1]\nif list:\n    target()",
        "def len(x): return 1\nif len(()):\n    target()",
        "def f():\n    yield target()\nfor one in f():\n    pass",
        "def f():\n    yield target()\nx = list(f())",
        "def f():\n    target()\n    yield\nmodel.fit(f())",
        "def f():\n    target()\n    yield\nnext(f())",
        "def f():\n    target()\n    yield\ng = f()\nmodel.fit(g)",
        "def f():\n    def g():\n        yield 1\n    target()\nf()",
        "async def f():\n    target()\nawait f()",
        "import asyncio\nasync def f():\n    target()\nasyncio.run(f())",
        "sum(target() for _ in range(3))",
        "print(*(target() for _ in range(3)))",
        "import contextlib\n@contextlib.contextmanager\ndef f():\n    target()\n    yield\nwith f():\n    pass",
        "def no():\n    if ready():\n        return True\n    return False\nif no():\n    target()",
        "def no(x):\n    return x\nif no(1):\n    target()",
        "def stop():\n    if ready():\n        raise ValueError\nstop()\ntarget()",
        "def f(): pass\ndef f(): target()\nf()",
        "def f(): target()\nf()\nf = print",
        "f = print\nfor one in lib.all():\n    f()\n    f = lib.target",
        "f = print\nif ready():\n    f = lib.target\nf()",
        "f = print\nif ready():\n    def f(): target()\nf()",
        "def f(): target()\ndef g(): f()\ng()\nf = print",
        "f = print\ndef change():\n    global f\n    f = lib.target\nchange()\nf()",
        "f = print\n(f := lib.target)()",
        "f = print\ntry:\n    f = lib.target\nexcept Exception:\n    pass\nf()",
        "import time\ndef timed(f):\n    def inner(*given, **named): return f(*given, **named)\n    return inner\n"
        "@timed\ndef f(): target()\nf()",
        "import functools\ndef timed(f):\n    @functools.wraps(f)\n    def inner(*given, **named):\n"
        "        return f(*given, **named)\n    return inner\n@timed\ndef f(): target()\nf()",
        "def timed(n):\n    def outer(f):\n        def inner(*given): return f(*given)\n        return inner\n"
        "    return outer\n@timed(1)\ndef f(): target()\nf()",
        "def same(f): return f\n@same\n@same\ndef f(): target()\nf()",
        "kept = {}\ndef keep(f):\n    kept['a'] = f\n    return f\n@keep\ndef f(): target()\nf()",
        "kept = {}\ndef keep(f):\n    kept['a'] = f\n@keep\ndef f(): target()\nkept['a']()",
        "def keep(c): return c\n@keep\nclass A:\n    def __init__(self): target()\nA()",
        "def run(f):\n    f()\n@run\ndef f(): target()",
        "def timed(f):\n    def inner(*given): return f(*given)\n    return inner\n"
        "class A:\n    @timed\n    def run(self): target()\nA().run()",
        "import tensorflow as tf\n@tf.function\ndef f(): target()\nf()",
        "class Deco:\n    def __init__(self, f): self.f = f\n    def __call__(self): return self.f()\n"
        "@Deco\ndef f(): target()\nf()",
        "def f(*given):\n    if given:\n        target()\nf(1)",
        "class A:\n    def run(self, flag=False):\n        if flag:\n            target()\nA().run(True)",
        "flag = 0\nclass A:\n    def run(self):\n        global flag; flag = 1\nA().run()\nif flag: target()",
    ],
)
def test_what_may_run_is_reached(text: str) -> None:
    assert reached(text)


def test_conditions_are_decided_by_what_other_cells_bind() -> None:
    assert not reached("TRAIN = False", "if TRAIN:\n    target()")
    assert reached("TRAIN = False", "TRAIN = True", "if TRAIN:\n    target()")


def test_names_are_not_bound_by_what_never_runs() -> None:
    cell = Cell(position=1, number=1, role="added", source="flag = 0\nn = 1\nif flag:\n    n = 2\n")
    assert read_possible([cell]).bound("n", [1]).constants == {1}


def test_many_conditions_take_no_time() -> None:
    chain = "\n".join(f"a{at} = a{at + 1} + a{at + 1}" for at in range(40)) + "\na40 = 1\n"
    assert reached(chain + "\n".join(f"if a{at} > 10:\n    target()" for at in range(40)))
    assert reached("\n".join(f"assert a{at}" for at in range(3_000)) + "\ntarget()")


def test_arguments_pass_through_a_decorator() -> None:
    text = (
        "def timed(f):\n    def inner(*given, **named): return f(*given, **named)\n    return inner\n"
        "@timed\ndef build(size, rate=1): target(size, rate)\nbuild(5, rate=3)\n"
    )
    cell = Cell(position=1, number=1, role="added", source=text)
    call = next(one for one in read_possible([cell]).calls_from([1]) if "target" in one.names)
    size, rate = call.argument("", 0), call.argument("", 1)
    assert size is not None
    assert rate is not None
    assert (size.constants, 3 in rate.constants) == ({5}, True)


def test_what_a_name_stood_for_before_is_not_called() -> None:
    assert not reached("from lib import target", "target = print", "target()")
    assert not reached("def f(): target()", "f = print\nf()")
    assert not reached("f = print\nf()", "def f(): target()")
    assert reached("from lib import target", "target()", "target = print")
    assert reached("f = print", "if ready():\n    from lib import target as f\n", "f()")
