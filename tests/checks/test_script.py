"""A grader script with helpers beside it: what can be imported, how, and whose mistake it is."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from fairmark.checks import load_grader
from fairmark.checks.script import helpers_of, run_script
from fairmark.errors import GraderError

GRADER = 'from fairmark import Grader\ngrader = Grader("shapes", title="Shapes", dataset="shapes")\n'


def script(folder: Path, text: str, name: str = "shapes.py") -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "text",
    [
        "from _sides import SIDES\nfound = SIDES",
        "from _sides import SIDES as S\nfound = S",
        "from _sides import *\nfound = SIDES",
        "import _sides\nfound = _sides.SIDES",
        "import _sides as sides\nfound = sides.SIDES",
        "def late():\n    from _sides import SIDES\n    return SIDES\n\nfound = late()",
    ],
)
def test_a_helper_is_imported_however_that_is_spelled(text: str, tmp_path: Path) -> None:
    script(tmp_path, "SIDES = 3", "_sides.py")
    assert run_script(script(tmp_path, text)).found == 3


def test_the_folder_is_on_no_import_path_and_no_module_of_python_is_left_behind(tmp_path: Path) -> None:
    script(tmp_path, "SIDES = 3", "_sides.py")
    path, modules = list(sys.path), set(sys.modules)
    run_script(script(tmp_path, "from _sides import SIDES"))
    assert sys.path == path
    assert not [name for name in set(sys.modules) - modules if "sides" in name or "shapes" in name]
    assert importlib.util.find_spec("_sides") is None
    assert not (tmp_path / "__pycache__").exists()


def test_only_what_begins_with_an_underscore_is_a_helper(tmp_path: Path) -> None:
    script(tmp_path, "SIDES = 3", "sides.py")
    with pytest.raises(ModuleNotFoundError):
        run_script(script(tmp_path, "from sides import SIDES"))


def test_one_courses_helper_is_not_anothers(tmp_path: Path) -> None:
    for name, sides in (("one", 3), ("other", 4)):
        script(tmp_path / name, f"SIDES = {sides}", "_sides.py")
        script(tmp_path / name, "from _sides import SIDES")
    assert [run_script(tmp_path / name / "shapes.py").SIDES for name in ("one", "other", "one")] == [3, 4, 3]


def test_a_helper_is_run_once_for_all_that_import_it_and_anew_for_the_next_script(tmp_path: Path) -> None:
    script(tmp_path, "FOUND = []", "_list.py")
    script(tmp_path, "from _list import FOUND\nFOUND.append('helper')", "_adds.py")
    path = script(tmp_path, "import _adds\nfrom _list import FOUND\nFOUND.append('script')")
    assert run_script(path).FOUND == ["helper", "script"]
    assert run_script(path).FOUND == ["helper", "script"]


def test_helpers_may_import_each_other(tmp_path: Path) -> None:
    script(tmp_path, "import _b\n\ndef one():\n    return _b.TWO - 1", "_a.py")
    script(tmp_path, "import _a\n\nTWO = 2\n\ndef three():\n    return _a.one() + TWO", "_b.py")
    assert run_script(script(tmp_path, "from _b import three\nfound = three()")).found == 3


def test_a_helper_that_failed_is_no_helper_the_second_time_either(tmp_path: Path) -> None:
    script(tmp_path, "HALF = 1\nraise ImportError('not here')", "_half.py")
    text = "try:\n    import _half\nexcept ImportError:\n    pass\nfrom _half import HALF"
    with pytest.raises(ImportError, match="not here"):
        run_script(script(tmp_path, text))


def test_a_dataclass_may_stand_in_a_script_and_in_a_helper(tmp_path: Path) -> None:
    text = (
        "from __future__ import annotations\nfrom dataclasses import dataclass\n\n\n"
        "@dataclass\nclass Shape:\n    sides: int\n"
    )
    script(tmp_path, text, "_shape.py")
    made = run_script(script(tmp_path, f"{text}\nfrom _shape import Shape as Other\nfound = (Shape(3), Other(4))"))
    assert [one.sides for one in made.found] == [3, 4]


def test_a_helper_prints_to_standard_error_and_cannot_end_the_process(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    helper = script(tmp_path, "import os\nprint('hello')\nos._exit(0)", "_ends.py")
    with pytest.raises(GraderError) as caught:
        load_grader(script(tmp_path, f"import _ends\n{GRADER}"))
    assert caught.value.message.startswith(f"{helper}:3: calls os._exit(0)")
    assert capsys.readouterr() == ("", "hello\n")


# --- which they are ---------------------------------------------------------------------------------------------------


def test_the_helpers_of_a_script_are_those_it_imports_and_those_they_import(tmp_path: Path) -> None:
    script(tmp_path, "import _c", "_b.py")
    for name in ("_a.py", "_c.py", "_unused.py", "other.py"):
        script(tmp_path, "import _b", name)
    path = script(tmp_path, "import math, _b\n\ndef late():\n    from _a import x\n\nimport other, _none")
    assert [helper.name for helper in helpers_of(path)] == ["_a.py", "_b.py", "_c.py"]
    assert helpers_of(script(tmp_path, "import _b\nthis is no Python")) == ()
    assert helpers_of(tmp_path / "none.py") == ()


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("__import__('_sides')", ModuleNotFoundError),
        ("import importlib\nimportlib.import_module('_sides')", ModuleNotFoundError),
        ("exec('import _sides')", ModuleNotFoundError),
        ("from . import _sides", ImportError),
        ("from ._sides import SIDES", ImportError),
        ("import _sides\nfrom ._sides import SIDES", ImportError),
        ("import _sides.more", ModuleNotFoundError),
    ],
)
def test_what_would_count_in_no_digest_cannot_be_imported(text: str, error: type[Exception], tmp_path: Path) -> None:
    script(tmp_path, "SIDES = 3", "_sides.py")
    with pytest.raises(error):
        run_script(script(tmp_path, text))


# --- whose mistake it is ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\nx = (", ":2: SyntaxError: '(' was never closed"),
        ("def f():\n    return 1 / 0\n\nf()", ":2: ZeroDivisionError: division by zero"),
        ("import no_such_module", ":1: ModuleNotFoundError: No module named 'no_such_module'"),
        ('from fairmark import Grader\nGrader("x", title=1, dataset="x")', ":2: x: its title is 1, not a text"),
    ],
)
def test_what_is_wrong_in_a_helper_is_named_with_its_file_and_line(text: str, message: str, tmp_path: Path) -> None:
    helper = script(tmp_path, text, "_wrong.py")
    with pytest.raises(GraderError) as caught:
        load_grader(script(tmp_path, f"import _wrong\n{GRADER}"))
    assert caught.value.message == f"{helper}{message}"


def test_a_helper_that_is_no_text_is_named(tmp_path: Path) -> None:
    helper = tmp_path / "_wrong.py"
    helper.write_bytes(b"# gr\xfcn\n")
    with pytest.raises(GraderError) as caught:
        load_grader(script(tmp_path, f"{GRADER}import _wrong\n"))
    assert caught.value.message == f"{helper}: invalid or missing encoding declaration"


def test_a_helper_that_is_not_there_is_missed_in_the_line_that_asks_for_it(tmp_path: Path) -> None:
    path = script(tmp_path, f"{GRADER}import _wrong\n")
    with pytest.raises(GraderError) as caught:
        load_grader(path)
    assert caught.value.message == f"{path}:3: ModuleNotFoundError: No module named '_wrong'"
