"""One suite for every backend: what a notebook does looks the same whichever runs it; what they let through differs,
and stands in one table."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from light import LightBubblewrap, run_cells
from questions import MAY, MUST_NOT, Answers, Places, ask, effective, places
from scripted import Scripted
from thorough import by_default
from tiny import PRETEND

from fairmark.evidence import (
    CellError,
    CellFinished,
    CellStarted,
    Event,
    ModelExported,
    Run,
    RunFinished,
    RunOutcome,
    SessionStarted,
    StepsWatched,
)
from fairmark.keras.program import KERAS
from fairmark.sandbox import BubblewrapProcess, ConfinedProcess, Launcher, PlainProcess, best_launcher
from fairmark.sandbox.bubblewrap import bubblewrap
from fairmark.sandbox.environment import clean_environment
from fairmark.sandbox.fake import fake_run
from fairmark.sandbox.limits import GIB, MIB
from fairmark.sandbox.temporary_directories import shelf
from fairmark.sandbox.walls.layers import LAYERS, Layer, probe_layers

# --- the table --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Backend:
    """``walls`` is what its walls amount to, None where those are the layers that this machine has; ``leaves`` names
    the daemons that outlive a run. ``bare`` is the same without TensorFlow, for what does not need it where it would
    have to be started for every run."""

    launcher: Callable[[], Launcher]
    walls: frozenset[Layer] | None
    bare: Callable[[], Launcher]
    leaves: frozenset[str] = frozenset()


def warm() -> ConfinedProcess:
    """The launcher of this process, whose worker everybody shares."""
    launcher = best_launcher()
    assert isinstance(launcher, ConfinedProcess)
    return launcher


def warm_without_rights() -> ConfinedProcess:
    """The same wall as a user without rights would build it."""
    return ConfinedProcess(workers=[warm().worker_for(KERAS)], may_be_root=False)


BACKENDS = {
    "plain process": Backend(
        PlainProcess, walls=frozenset(), bare=lambda: Scripted(PRETEND), leaves=frozenset({"hidden"})
    ),
    "confined": Backend(warm, walls=None, bare=warm),
    "confined, not by root": Backend(warm_without_rights, walls=None, bare=warm_without_rights),
    "bubblewrap": Backend(BubblewrapProcess, walls=frozenset(LAYERS), bare=LightBubblewrap),
}


def is_here(name: str) -> bool:
    if name == "plain process":
        return True
    return bubblewrap() is not None if name == "bubblewrap" else isinstance(best_launcher(), ConfinedProcess)


# --- one notebook, run by each ----------------------------------------------------------------------------------------

NOTEBOOK = {
    "names": "count, share, late = 3, 0.5, ['a', 'b']\nprint('counted')",
    "raises": "fine = 1\n\nfine / 0",
    "no such syntax": "fine = = 3",
    "exits": "import sys\nsys.exit(3)",
    "asks": "input('Your name? ')",
    "shell": "!echo a shell said this",
    "pictures": """
import os
from tensorflow.keras.preprocessing.image import ImageDataGenerator, load_img
shapes = os.environ["FAIRMARK_DATA"] + "/shapes"
training = ImageDataGenerator(rescale=1 / 255, horizontal_flip=True).flow_from_directory(
    shapes + "/train", target_size=(30, 30), batch_size=8, class_mode="binary")
picture = load_img(shapes + "/validation/circles/circles-00.png", target_size=(30, 30))
""",
    "model": """
import keras
model = keras.Sequential([
    keras.Input((30, 30, 3)),
    keras.layers.Conv2D(4, 3, activation="relu"),
    keras.layers.Flatten(),
    keras.layers.Dropout(0.1),
    keras.layers.Dense(1, activation="sigmoid"),
])
model.compile(loss="binary_crossentropy", optimizer="rmsprop", metrics=["accuracy"])
weight = float(model.get_weights()[0].sum())
""",
    "training": "history = model.fit(training, epochs=2, verbose=0)\nlast = history.history['loss'][-1]",
    "prediction": """
import numpy
predicted = float(model.predict(keras.utils.img_to_array(picture)[numpy.newaxis] / 255, verbose=0)[0, 0])
""",
    "surroundings": """
import json, sys
from pathlib import Path
print(json.dumps({
    "environment": dict(os.environ),
    "given": Path("/proc/self/environ").read_text(),
    "folder": os.getcwd(),
    "files": sorted(os.listdir()),
    "held": [os.readlink(entry) for entry in Path("/proc/self/fd").iterdir() if entry.is_symlink()],
    "input": sys.stdin.read(),
    "session": os.getsid(0) == os.getpid(),
}))
""",
}


@dataclass(frozen=True)
class Asked:
    """A backend, what came of the notebook there, and what of ours lay about before and after."""

    backend: Backend
    answers: Answers
    at: Places
    shelf_before: set[Path]
    shelf_after: set[Path]

    def seen(self) -> dict[str, Any]:
        """What the notebook saw around it."""
        seen: dict[str, Any] = json.loads(self.answers.printed("surroundings"))
        return seen


def on_shelf() -> set[Path]:
    return set(shelf().iterdir())


@pytest.fixture(scope="module")
def every_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Asked]]:
    """The notebook and all questions, once for each backend."""
    with pytest.MonkeyPatch.context() as patch, places(tmp_path_factory.mktemp("places")) as at:
        patch.setenv("FAIRMARK_MARK", "of-ours")
        with (at.ours / "held.txt").open("w") as lent:
            os.set_inheritable(lent.fileno(), True)
            made: dict[str, Asked] = {}

            def run(name: str) -> Asked:
                if name not in made:
                    backend, before = BACKENDS[name], on_shelf()
                    answers = ask(backend.launcher(), at, NOTEBOOK)
                    made[name] = Asked(backend, answers, at, before, on_shelf())
                return made[name]

            yield run


@pytest.fixture(params=BACKENDS)
def asked(request: pytest.FixtureRequest, every_run: Callable[[str], Asked]) -> Asked:
    if not is_here(request.param):
        pytest.skip(f"{request.param}: not on this machine")
    return every_run(request.param)


# --- the same evidence ------------------------------------------------------------------------------------------------

TIMES = {"seconds", "at_seconds"}


def in_order(run: Run) -> list[Event]:
    return [stamped.event for stamped in run.events]


def facts(events: list[Event]) -> list[dict[str, Any]]:
    """Those of the notebook's own cells, without their timings and what only comes now and then."""
    own = [event for event in events if getattr(event, "cell", 0) <= len(NOTEBOOK)]
    return [event.model_dump(exclude=TIMES) for event in own if not isinstance(event, StepsWatched)]


def test_the_same_notebook_leaves_the_same_evidence(asked: Asked, every_run: Callable[[str], Asked]) -> None:
    """A cold start, a fork of a warm worker, a fork inside bubblewrap: to the last bit of a weight."""
    cold = facts(in_order(every_run("plain process").answers.run))
    assert facts(in_order(asked.answers.run)) == cold
    kinds = {fact["kind"] for fact in cold}
    assert {"fit_started", "epoch_ended", "model_exported", "model_predicted", "picture_loaded"} <= kinds


def test_a_fake_run_of_what_it_told_is_the_same(asked: Asked) -> None:
    run = asked.answers.run
    real = [event for event in in_order(run) if not (isinstance(event, ModelExported) and event.moment == "end")]
    by_itself = (SessionStarted, CellStarted, CellFinished, RunFinished)
    errors = {event.cell: event.error for event in real if isinstance(event, CellFinished) and event.error}
    cells = range(1, len(asked.answers.cells) + 1)
    faked = fake_run(*(event for event in real if not isinstance(event, by_itself)), cells=cells, errors=errors)
    assert [event.kind for event in in_order(faked)] == [event.kind for event in real]
    assert facts(in_order(faked)[1:]) == facts(real[1:])  # the first names the software
    assert faked.outcome == run.outcome


@pytest.mark.parametrize(
    ("cell", "error"),
    [
        ("names", None),
        ("raises", CellError(type="ZeroDivisionError", message="division by zero", line=3)),
        ("no such syntax", CellError(type="SyntaxError", message="invalid syntax", line=1)),
        ("exits", CellError(type="SystemExit", message="3", line=2)),
    ],
)
def test_errors_are_told_with_their_line(cell: str, error: CellError | None, asked: Asked) -> None:
    position = list(NOTEBOOK).index(cell) + 1
    finished = [event for event in in_order(asked.answers.run) if isinstance(event, CellFinished)]
    if error is not None and error.type != "SyntaxError":  # which runs nothing
        error = error.model_copy(update={"through": (position,), "lines": (error.line,)})
    assert finished[position - 1].error == error
    assert asked.answers.run.outcome == "student_error"


def test_text_is_told_by_the_cell_that_printed_it(asked: Asked) -> None:
    assert asked.answers.printed("names") == "counted\n"
    assert asked.answers.printed("shell").replace("\r", "") == "a shell said this\n"
    assert "ZeroDivisionError" in asked.answers.printed("raises")
    assert asked.answers.printed("model") == ""


def test_every_line_on_the_channel_is_the_recorders(asked: Asked) -> None:
    assert asked.answers.run.unsealed == 0


# --- nothing inherited ------------------------------------------------------------------------------------------------

SET_BY_TENSORFLOW = {
    "ENABLE_RUNTIME_UPTIME_TELEMETRY",
    "HDF5_PLUGIN_PATH",
    "TF2_BEHAVIOR",
    "TPU_ML_PLATFORM",
    "TPU_ML_PLATFORM_VERSION",
}


def test_its_environment_is_made_from_nothing(asked: Asked, tmp_path: Path) -> None:
    ours = clean_environment(KERAS, tmp_path, str(asked.at.pictures))
    expected = {name: value.replace(str(tmp_path), str(asked.answers.folder)) for name, value in ours.items()}
    seen = asked.seen()["environment"]
    assert {name: value for name, value in seen.items() if name not in SET_BY_TENSORFLOW} == expected
    assert "of-ours" not in asked.seen()["given"]  # what the process was started with, though it has forgotten it


def test_it_works_in_a_folder_of_its_own_that_holds_nothing_of_ours(asked: Asked) -> None:
    seen = asked.seen()
    assert Path(seen["folder"]) == asked.answers.folder.resolve()
    assert {name for name in seen["files"] if not name.startswith(".")} == {"tmp", "export"}


def test_it_holds_no_descriptor_but_the_two_pipes_and_nothing(asked: Asked) -> None:
    held = [target for target in asked.seen()["held"] if not target.startswith("/proc/")]  # the one that lists them
    pipes = {target for target in held if target.startswith("pipe:")}
    assert len(pipes) == 2
    assert set(held) - pipes == {"/dev/null"}


def test_its_standard_input_is_at_its_end(asked: Asked) -> None:
    assert asked.seen()["input"] == ""
    assert "nobody is there to answer" in str(asked.answers.error("asks"))


def test_it_leads_a_session_of_its_own(asked: Asked) -> None:
    assert asked.seen()["session"]


# --- what may be reached, and what may not ----------------------------------------------------------------------------


def test_it_may_do_what_every_notebook_does(asked: Asked) -> None:
    assert {name: error for name in MAY if (error := asked.answers.error(name))} == {}


def test_it_lets_through_what_none_of_its_walls_holds_and_nothing_else(asked: Asked) -> None:
    on_this_machine = frozenset(probed.layer for probed in probe_layers() if probed.on)
    walls = effective(on_this_machine if asked.backend.walls is None else asked.backend.walls)
    assert asked.answers.let_through == {name for name, one in MUST_NOT.items() if not one.held_by & walls}


def test_no_daemon_outlives_it_but_those_in_the_table(asked: Asked) -> None:
    assert asked.answers.daemons == asked.backend.leaves


def test_it_leaves_nothing_behind(asked: Asked) -> None:
    assert not asked.answers.folder.exists()
    assert asked.shelf_after == asked.shelf_before
    assert not [path for path in Path(tempfile.gettempdir()).iterdir() if path.name.startswith(asked.at.token)]
    assert "own.txt" in asked.answers.left  # it was there while it was looked for


# --- limits -----------------------------------------------------------------------------------------------------------

WAIT = "\nimport time\ntime.sleep(60)"


@dataclass(frozen=True)
class Reached:
    """A limit, a cell that reaches it, and how the run then ends."""

    limits: dict[str, float]
    source: str
    outcome: RunOutcome
    reason: str


REACHED = {
    "run": Reached({"run_seconds": 1}, WAIT, "timeout", "the notebook ran longer than 1 seconds"),
    "cell": Reached({"cell_seconds": 1}, WAIT, "timeout", "one cell ran longer than 1 seconds"),
    "processor time": Reached(
        {"cpu_seconds": 1},
        "while True:\n    pass",
        "timeout",
        "the notebook used more than 1 seconds of processor time",
    ),
    "memory": Reached(
        {"memory_bytes": GIB}, "full = bytearray(3 * 2**29)" + WAIT, "out_of_memory", "more than 1.0 GiB of memory"
    ),
    "processes": Reached(
        {"processes": 4},
        "import subprocess\nstarted = [subprocess.Popen(['sleep', '60']) for _ in range(8)]" + WAIT,
        "crashed",
        "the notebook had more than 4 processes at once",
    ),
    "written": Reached(
        {"written_bytes": 32 * MIB},
        """
try:
    with open("large", "wb", buffering=0) as file:
        for _ in range(48):
            file.write(bytes(2**20))
except OSError:
    pass
"""
        + WAIT,
        "output_limit",
        "the notebook wrote more than 32 MiB into files",
    ),
    "files": Reached(
        {"files": 200},
        "for number in range(300):\n    open(f'file-{number}', 'w').close()" + WAIT,
        "output_limit",
        "the notebook made more than 200 files",
    ),
    "output": Reached(
        {"output_bytes": MIB},
        "while True:\n    print('a' * 1000)",
        "output_limit",
        "the notebook printed more than 1 MiB",
    ),
}


@pytest.mark.parametrize("limit", REACHED)
@pytest.mark.parametrize("name", by_default(lambda name: name.startswith("confined"), BACKENDS))
def test_a_limit_ends_the_run_with_its_outcome_and_reason(name: str, limit: str) -> None:
    if not is_here(name):
        pytest.skip(f"{name}: not on this machine")
    reached = REACHED[limit]
    run = run_cells(BACKENDS[name].bare(), "before = 1", reached.source, "after = 1", **reached.limits)
    assert (run.outcome, run.reason) == (reached.outcome, reached.reason)
    faked = fake_run(cells=[1, 2], outcome=run.outcome, reason=run.reason)
    told = [event for event in in_order(run) if event.kind != "names_bound"]
    assert [(event.kind, getattr(event, "cell", 0)) for event in told] == [
        (event.kind, getattr(event, "cell", 0)) for event in in_order(faked)
    ]
