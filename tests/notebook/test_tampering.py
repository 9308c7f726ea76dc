"""What no answer needs is named, cell by cell; honest notebooks are left alone."""

from __future__ import annotations

import pytest

from fairmark.evidence import Cell
from fairmark.notebook.tampering import tampering_in


def found_in(source: str, role: str = "exercise", *, touched: bool = True) -> list[str]:
    cell = Cell.model_validate(
        {"position": 3, "number": 7, "role": role, "exercise": "compile", "touched": touched, "source": source}
    )
    flags = tampering_in([cell], modules=("keras", "tensorflow", "tf"))
    assert all((flag.kind, flag.cell) == ("tampering", 7) for flag in flags)
    return [flag.message for flag in flags]


@pytest.mark.parametrize(
    ("source", "named"),
    [
        ("import ctypes", "ctypes"),
        ("from ctypes import CDLL", "ctypes.CDLL"),
        ("import gc\ngc.get_objects()", "gc.get_objects"),
        ("from gc import get_referrers", "gc.get_referrers"),
        ("import sys\nsys._getframe()", "sys._getframe"),
        ("from fairmark.sandbox.inside.channel import Channel", "fairmark.sandbox.inside.channel.Channel"),
        ("import fairmark.grading.probe", "fairmark.grading.probe"),
        ("importlib.import_module('fairmark.grading.judge')", "'fairmark.grading.judge'"),
        ("open('/proc/self/mem')", "'/proc/self/mem'"),
        ("get_ipython().ast_transformers.append(x)", "get_ipython().ast_transformers"),
        ("get_ipython().events.register('pre_execute', f)", "get_ipython().events"),
        ("keras.Model.fit = fit", "keras.Model.fit = …"),
        ("tf.keras.metrics.Accuracy.result = one", "tf.keras.metrics.Accuracy.result = …"),
        ("setattr(keras.Model, 'fit', fit)", "setattr(keras.Model, …)"),
        ("os.write = quiet", "os.write = …"),
        ("sys.modules['keras'] = mine", "sys.modules[] = …"),
        ("%time import ctypes", "ctypes"),
        ("model.fit.__code__.co_consts", "__code__, co_consts"),
        ("%%writefile helper.py\nimport ctypes", "ctypes"),
        ("\n%%file 'deeper/helper.py'\nimport gc\ngc.get_objects()", "gc.get_objects"),
    ],
)
def test_text_that_reaches_below_the_notebook_is_named(source: str, named: str) -> None:
    assert found_in(source) == [f"this cell uses {named}"]


@pytest.mark.parametrize(
    "source",
    [
        "import fairmark\npictures = fairmark.dataset('horses_or_humans')",
        "from fairmark import dataset",
        "from fairmark import check\ncheck('compile')",
        "fairmark.check.assignment = 'compile_settings'",
        "import gc\ngc.collect()",
        "import sys\nif 'google.colab' in sys.modules: pass",
        "import os\nos.environ['TF_CPP_MIN_LOG_LEVEL'] = '3'",
        "import inspect\nprint(inspect.signature(model.fit))",
        "model.trainable = False\nhistory.history['accuracy'] = [1.0]",
        "layer.kernel = 3\nself.model.stop_training = True",
        "text = 'in /proc we trust'",
        "not python at all (",
        "!ls /proc",
        "%%writefile notes.txt\nimport ctypes",
        "%%writefile helper.py\nSIDE = 300",
    ],
)
def test_what_notebooks_do_is_not(source: str) -> None:
    assert found_in(source) == []


def test_of_a_cell_with_several_each_is_named_once_and_in_order() -> None:
    said = found_in("import gc, ctypes\nimport ctypes\ngc.get_objects()\nkeras.Model.fit = f")
    assert said == ["this cell uses ctypes, gc.get_objects, keras.Model.fit = …"]


def test_locked_and_untouched_cells_are_not_the_students_text() -> None:
    assert found_in("import ctypes", role="locked") == []
    assert found_in("import ctypes", touched=False) == []


def test_a_given_cell_is_looked_through_where_its_text_is_not_the_authors_alone() -> None:
    cell = Cell(position=1, number=2, role="locked", own_text=True, source="import math\nimport ctypes")
    assert [flag.message for flag in tampering_in([cell])] == ["this cell uses ctypes"]
    assert tampering_in([cell.model_copy(update={"own_text": False})]) == ()
