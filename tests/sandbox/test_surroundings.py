"""What a notebook brings along from where it was written: magics, folders, modules, packages that are not here."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairmark.evidence import (
    Cell,
    CellError,
    CellFinished,
    EpochEnded,
    Event,
    FitFinished,
    ModelCompiled,
    NamesBound,
    Run,
)
from fairmark.keras.program import KERAS
from fairmark.sandbox import Limits, Workplace, notebook_job, run_notebook
from fairmark.sandbox.inside.cells import binds_unnamed
from fairmark.sandbox.walls.reach import reach_of

NEEDS_NOTHING = {
    "Colab's choice of a version": "%tensorflow_version 2.x",
    "an interactive backend": "%matplotlib widget",
    "the older interactive backend": "%matplotlib notebook",
    "the backend by its package": "%matplotlib ipympl",
    "a window": "%matplotlib qt",
    "no backend at all": "%matplotlib",
    "a backend with a remark": "%matplotlib inline  # as ever",
    "the list of backends": "%matplotlib --list",
    "names and figures": "%pylab inline",
    "an extension that is not here": "%load_ext tensorboard",
    "another one": "%load_ext nb_black",
    "one that is loaded again": "%reload_ext tensorboard",
    "one that is here": "%load_ext autoreload\n%autoreload 2",
    "a page": "%tensorboard --logdir logs",
    "sharp figures": "%config InlineBackend.figure_format = 'retina'",
    "an environment": "%env WORDS=1\n%env",
    "a page that saves itself": "%autosave 60",
    "packages": "%pip install tensorflow\n%conda install tensorflow",
    "a program that is not there": "!no-such-program --install",
    "another shell": "%%bash\necho hello",
    "Colab's shell": "%%shell\necho hello from Colab",
    "a page's text": "%%html\n<b>bold</b>",
    "a page's program": "%%javascript\nalert(1)",
    "the debugger": "%pdb on\n%pdb off",
    "a magic nobody knows": "%snowflake --melt",
    "the same, indented": "if True:\n    %snowflake",
    "through Python": "get_ipython().run_line_magic('matplotlib', 'widget')",
    "through an older IPython": "get_ipython().magic('matplotlib widget')",
    "a window through Python": "import matplotlib\nmatplotlib.use('TkAgg')",
    "a package through Python": "import matplotlib\nmatplotlib.use('module://ipympl.backend_nbagg')",
    "another window": "import matplotlib.pyplot\nmatplotlib.pyplot.switch_backend('QtAgg')",
}
"""A line or two, after which the rest of each cell is to run as ever."""

CELLS = {
    "silent": "%%capture told\nprint('nothing of this')\nkept = 1",
    "timed": "%%time\ntimed = 2",
    "timed several times": "%%timeit -n1 -r1\nnever = 3",
    "needed": "answer = %sunflower",
    "no such cell magic": "%%sunflower\nx = 1",
    "figure": "%matplotlib widget\nfrom pylab import get_fignums, plot, show\nplot([1]); show()\nleft = get_fignums()",
    "module": "%%writefile helper.py\nSTEPS = 8\nSIDE = (30, 30)",
    "imported": "from helper import STEPS as steps\nimport helper",
    "rewritten": "%%writefile helper.py\nSTEPS = 9\nSIDE = (30, 30)",
    "loaded again": "import importlib\nimportlib.reload(helper)\nsteps = helper.STEPS",
    "all of it": "from helper import *",
    "script": "open('script.py', 'w').write('RAN = 7')\n%run script.py",
    "package": (
        "import os\nos.makedirs('parts/deeper')\nopen('parts/deeper/one.py', 'w').write('ONE = 1')\n"
        "from parts.deeper.one import ONE"
    ),
    "folders": (
        "import os\nfor place in ('/content/models', '/kaggle/working/models', '/tmp/models'):\n"
        "    os.makedirs(place, exist_ok=True)\n    open(f'{place}/note.txt', 'w').write('here')\n"
        "found = os.listdir('/content/models')"
    ),
    "other folders": "import os\nos.makedirs('/kaggle/input/models')",
    "mixed": """
import keras, tensorflow as tf, numpy as np
keras.mixed_precision.set_global_policy("mixed_float16")
pixels, labels = np.random.rand(32, 4), np.random.randint(0, 2, 32)
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, activation="sigmoid")])
model.compile(loss="binary_crossentropy", optimizer=keras.optimizers.RMSprop(0.01), metrics=["accuracy"])
model.fit(pixels, labels, batch_size=8, epochs=2, verbose=0)
model.compile("adam", "mse")
model.compile(keras.mixed_precision.LossScaleOptimizer(keras.optimizers.SGD(0.5)), "mse")
model.fit(pixels * 1e9, labels, batch_size=8, verbose=0)
keras.mixed_precision.set_global_policy("float32")
""",
    "board": """
board = keras.callbacks.TensorBoard("logs", histogram_freq=1, write_images=True, update_freq=1)
plain = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
plain.compile("sgd", "mse")
plain.fit(pixels, labels, batch_size=8, verbose=0, callbacks=[board], validation_data=(pixels, labels))
with tf.summary.create_file_writer("own").as_default():
    written = [tf.summary.scalar("a", 1.0, step=0), tf.summary.image("b", np.zeros((1, 2, 2, 1)), step=0)]
""",
    "listed": """
several = keras.callbacks.CallbackList([keras.callbacks.TerminateOnNaN()], add_history=True, model=plain)
plain.fit(pixels, labels, batch_size=8, verbose=0, callbacks=several)
plain.fit(pixels, labels, batch_size=8, epochs=2, verbose=0, callbacks=several)
""",
    "eager": """
tf.compat.v1.disable_eager_execution()
graph = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, activation="softmax")])
graph.compile(loss="sparse_categorical_crossentropy", optimizer=keras.optimizers.RMSprop(0.25))
""",
    "eager fit": "graph.fit(pixels, labels, verbose=0)",
}

ALL = [f"{line}\nafter_{number} = {number}" for number, line in enumerate(NEEDS_NOTHING.values()) if "%%" not in line]
ALL += [line for line in NEEDS_NOTHING.values() if "%%" in line]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    sources = [*ALL, *CELLS.values()]
    cells = [
        Cell(position=place, number=place, role="added", source=source.strip())
        for place, source in enumerate(sources, 1)
    ]
    with Workplace() as workplace:
        folder = tmp_path_factory.mktemp("pictures")
        return run_notebook(
            notebook_job(cells, folder, numerics="float32", program=KERAS), workplace, limits=Limits(run_seconds=300)
        )


def position(name: str) -> int:
    return len(ALL) + 1 + list(CELLS).index(name)


def events(run: Run, name: str) -> list[Event]:
    return [stamped.event for stamped in run.events if getattr(stamped.event, "cell", None) == position(name)]


def values(run: Run, name: str) -> dict[str, object]:
    return {
        key: value
        for event in events(run, name)
        if isinstance(event, NamesBound)
        for key, value in event.values.items()
    }


def errors(run: Run) -> dict[int, CellError]:
    finished = (stamped.event for stamped in run.events if isinstance(stamped.event, CellFinished))
    return {event.cell: event.error for event in finished if event.error is not None}


# --- magics -----------------------------------------------------------------------------------------------------------


def test_what_belongs_to_a_notebooks_surroundings_ends_no_cell(run: Run) -> None:
    assert {cell: error for cell, error in errors(run).items() if cell <= len(ALL)} == {}
    bound = {key for stamped in run.events if isinstance(stamped.event, NamesBound) for key in stamped.event.values}
    assert {f"after_{number}" for number, line in enumerate(NEEDS_NOTHING.values()) if "%%" not in line} <= bound


def test_what_is_passed_over_is_said_with_the_reason(run: Run) -> None:
    printed = "".join(run.printed.values()).replace("\r", "")
    assert (
        "%tensorflow_version was passed over: Colab chose a version of TensorFlow by it, and there is one only.\n"
        in printed
    )
    assert "%load_ext nb_black was passed over: the extension is not here (No module named 'nb_black').\n" in printed
    assert "%snowflake was passed over: there is no such magic here.\n" in printed
    assert "hello from Colab\n" in printed


def test_a_magic_that_something_needs_is_an_error_as_in_ipython(run: Run) -> None:
    assert errors(run)[position("needed")].message == "Line magic function `%sunflower` not found."
    assert errors(run)[position("no such cell magic")].message == "Cell magic `%%sunflower` not found."


def test_cells_that_run_their_body_bind_its_names(run: Run) -> None:
    assert values(run, "silent") == {"kept": 1}
    assert values(run, "timed") == {"timed": 2}
    assert position("timed several times") not in errors(run)
    assert "nothing of this" not in run.printed.get(position("silent"), "")


def test_figures_are_drawn_inline_whatever_was_asked_for(run: Run) -> None:
    assert values(run, "figure")["left"] == []
    assert "Figure size" in run.printed[position("figure")]


# --- modules ----------------------------------------------------------------------------------------------------------


def test_a_module_that_the_notebook_writes_can_be_imported(run: Run) -> None:
    assert values(run, "imported") == {"steps": 8}
    assert values(run, "loaded again") == {"steps": 9}
    assert values(run, "package")["ONE"] == 1


def test_names_that_no_text_spells_are_recorded_too(run: Run) -> None:
    assert values(run, "all of it") == {"STEPS": 9, "SIDE": [30, 30]}
    assert values(run, "script") == {"RAN": 7}


@pytest.mark.parametrize(
    ("source", "unnamed"),
    [
        ("from helper import *", True),
        ("x = 1\n  %run -i helper.py", True),
        ("%%time\nfrom helper import *", True),
        ("from helper import a as b", False),
        ("print('%run')  # from x import *", False),
        ("x = = 1\nfrom helper import *", False),
    ],
)
def test_a_cell_that_binds_what_it_does_not_spell_is_known(source: str, unnamed: bool) -> None:
    assert binds_unnamed(source) is unnamed


# --- folders ----------------------------------------------------------------------------------------------------------


def test_folders_of_colab_and_kaggle_are_there_and_the_runs_own(run: Run) -> None:
    if "mounts" not in run.isolation:
        pytest.skip("there is no tree of files of the run's own here")
    assert values(run, "folders")["found"] == ["note.txt"]
    assert not Path("/content/models/note.txt").exists()


def test_no_other_folder_can_be_made(run: Run) -> None:
    assert errors(run)[position("other folders")].type in ("PermissionError", "FileNotFoundError")


def test_a_folder_in_which_something_is_shown_is_never_given_away(tmp_path: Path) -> None:
    private = [str(path) for path in reach_of(tmp_path, []).private()]
    assert private == ["/tmp", "/dev/shm", "/content", "/kaggle/working"]
    shown = reach_of(tmp_path, [])
    shown = type(shown)(shown.installed, (Path("/content/engine"),), (Path("/kaggle/working/data"),), tmp_path, ())
    assert [str(path) for path in shown.private()] == ["/tmp", "/dev/shm"]


# --- Keras ------------------------------------------------------------------------------------------------------------


def test_the_optimizer_that_was_asked_for_is_told_and_not_the_one_around_it(run: Run) -> None:
    compiled = [event for event in events(run, "mixed") if isinstance(event, ModelCompiled)]
    assert [(event.optimizer.name, event.learning_rate) for event in compiled] == [
        ("rmsprop", pytest.approx(0.01)),
        ("adam", pytest.approx(0.001)),
        ("sgd", pytest.approx(0.5)),
    ]


def test_steps_are_counted_though_the_scaled_gradients_overflow(run: Run) -> None:
    fits = [event.fit for event in events(run, "mixed") if isinstance(event, FitFinished)]
    ended = [stamped.event for stamped in run.events if isinstance(stamped.event, EpochEnded)]
    assert [event.steps for event in ended if event.fit in fits] == [4, 4, 4]


def test_training_goes_on_without_tensorboard(run: Run) -> None:
    assert position("board") not in errors(run)
    assert values(run, "board")["written"] == [False, False]


def test_each_fit_of_a_list_of_callbacks_is_told_once(run: Run) -> None:
    fits = [event.fit for event in events(run, "listed") if isinstance(event, FitFinished)]
    ended = [stamped.event for stamped in run.events if isinstance(stamped.event, EpochEnded)]
    assert [(event.fit, event.epoch) for event in ended if event.fit in fits] == [
        (fits[0], 1),
        (fits[1], 1),
        (fits[1], 2),
    ]


def test_what_is_built_and_compiled_without_eager_execution_is_told_and_only_training_fails(run: Run) -> None:
    [compiled] = [event for event in events(run, "eager") if isinstance(event, ModelCompiled)]
    assert (compiled.optimizer.name, compiled.learning_rate) == ("rmsprop", 0.25)
    assert position("eager") not in errors(run)
    assert errors(run)[position("eager fit")].type == "RuntimeError"
    assert "eager mode" in errors(run)[position("eager fit")].message
