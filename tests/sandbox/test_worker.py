"""The worker: warm for everybody, harmed by nobody, replaced when it has served its time."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from light import light_worker, printed_by, run_cells

from fairmark.errors import InternalError
from fairmark.keras.program import KERAS
from fairmark.sandbox import ConfinedProcess, Limits, NotebookJob, SourceCell, Workplace, best_launcher, supervise
from fairmark.sandbox.temporary_directories import shelf
from fairmark.sandbox.worker import Worker, font_cache

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="workers are forked behind the wall, on Linux only")

Make = Callable[..., ConfinedProcess]


@pytest.fixture
def make() -> Iterator[Make]:
    """Makes launchers with a light worker of their own."""
    made: list[ConfinedProcess] = []

    def launcher(more: str = "", **options: object) -> ConfinedProcess:
        made.append(ConfinedProcess(workers=[Worker(KERAS, wrapped_in=light_worker(more), **options)]))
        return made[-1]

    yield launcher
    for one in made:
        one.close()


def pid_of(launcher: ConfinedProcess) -> int:
    assert launcher.worker_for(KERAS).pid is not None
    return launcher.worker_for(KERAS).pid


def still_running_below(pid: int) -> list[psutil.Process]:
    """What does not end by itself: a warden leaves when it has said how its run ended."""
    _, alive = psutil.wait_procs(psutil.Process(pid).children(recursive=True), timeout=30)
    return alive


# --- one for everybody ------------------------------------------------------------------------------------------------


def test_each_program_has_a_worker_of_its_own() -> None:
    launcher = ConfinedProcess(workers=[Worker(KERAS, wrapped_in=light_worker())])
    other = KERAS.model_copy(update={"package": "another.package"})
    assert launcher.worker_for(KERAS) is launcher.worker_for(KERAS.model_copy())
    assert launcher.worker_for(other) is not launcher.worker_for(KERAS)
    assert [worker.program for worker in launcher.workers] == [KERAS, other]
    launcher.close()


def test_it_is_started_when_it_is_first_needed_and_serves_run_after_run(make: Make) -> None:
    launcher = make()
    assert launcher.worker_for(KERAS).pid is None
    assert printed_by(launcher, "print('one')") == "one\n"
    first = pid_of(launcher)
    assert printed_by(launcher, "print('two')") == "two\n"
    assert pid_of(launcher) == first


def test_it_can_be_started_before_it_is_needed(make: Make) -> None:
    launcher = make("import time; time.sleep(0.5)")
    launcher.worker_for(KERAS).warm_up()
    begun = pid_of(launcher)
    assert printed_by(launcher, "print('one')") == "one\n"
    assert pid_of(launcher) == begun


def test_several_threads_share_it(make: Make) -> None:
    launcher = make()
    with ThreadPoolExecutor(4) as pool:
        texts = list(pool.map(lambda number: printed_by(launcher, f"print({number})"), range(8)))
    assert texts == [f"{number}\n" for number in range(8)]
    assert still_running_below(pid_of(launcher)) == []


def test_its_end_is_the_end_of_its_process(make: Make) -> None:
    launcher = make()
    printed_by(launcher, "")
    process = psutil.Process(pid_of(launcher))
    launcher.close()
    assert launcher.worker_for(KERAS).pid is None
    assert not process.is_running()
    launcher.close()  # a second time, as at the end of this process


# --- harmed by nobody -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import os\nos._exit(3)", "exit status 3"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)", "killed by SIGSEGV"),
        ("import ctypes\nctypes.string_at(0)", "killed by SIGSEGV"),
        ("import os\nos.abort()", "killed by SIGABRT"),
        ("import os\nos.kill(os.getpid(), 9)", "killed by SIGKILL"),
        ("import os\nos.closerange(0, 1000)\nos._exit(0)", "exit status 0"),
    ],
)
def test_a_run_that_crashed_leaves_it_as_it_was(source: str, reason: str, shared: ConfinedProcess) -> None:
    printed_by(shared, "")
    before, memory = pid_of(shared), psutil.Process(pid_of(shared)).memory_info().rss
    run = run_cells(shared, source)
    assert (run.outcome, run.reason) == ("crashed", f"the notebook's process ended early: {reason}")
    assert printed_by(shared, "print('as before')") == "as before\n"
    assert pid_of(shared) == before
    assert psutil.Process(before).memory_info().rss == pytest.approx(memory, rel=0.05)
    assert still_running_below(before) == []


@pytest.fixture(scope="module")
def shared() -> Iterator[ConfinedProcess]:
    launcher = ConfinedProcess(workers=[Worker(KERAS, wrapped_in=light_worker())])
    yield launcher
    launcher.close()


def test_a_run_that_hangs_leaves_it_as_it_was(shared: ConfinedProcess) -> None:
    stubborn = """
import signal, time
for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
    signal.signal(number, signal.SIG_IGN)
while True:
    try:
        time.sleep(60)
    except BaseException:
        pass
"""
    before = pid_of(shared) if shared.worker_for(KERAS).pid else None
    assert run_cells(shared, stubborn, run_seconds=1).outcome == "timeout"
    assert printed_by(shared, "print('as before')") == "as before\n"
    assert before in (None, pid_of(shared))


def test_a_run_that_is_stopped_is_ended_all_the_same(shared: ConfinedProcess) -> None:
    assert (
        run_cells(shared, "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)", run_seconds=1).outcome == "timeout"
    )
    assert printed_by(shared, "print('as before')") == "as before\n"


def test_what_a_run_changes_in_its_modules_the_next_does_not_see(shared: ConfinedProcess) -> None:
    spoil = (
        "import json, math, sys\nmath.pi = 3\njson.dumps = lambda what: '{}'\nsys.modules['os'] = None\nprint(math.pi)"
    )
    assert printed_by(shared, spoil) == "3\n"
    assert printed_by(shared, "import json, math, os\nprint(math.pi, json.dumps([1]))") == "3.141592653589793 [1]\n"


def test_a_wall_that_cannot_be_built_is_our_failure_and_leaves_it_as_it_was(shared: ConfinedProcess) -> None:
    printed_by(shared, "")
    before, open_before = pid_of(shared), set(Path("/proc/self/fd").iterdir())
    job = NotebookJob(cells=(), pictures_folder="/nowhere", numerics="float32", seed=1, program=KERAS)
    with pytest.raises(InternalError, match=r"^the sandbox could not be set up: FileNotFoundError: .*no-such-folder"):
        shared.start(job, Path("/no-such-folder"), Limits())
    assert set(Path("/proc/self/fd").iterdir()) == open_before
    assert printed_by(shared, "print('as before')") == "as before\n"
    assert pid_of(shared) == before


# --- replaced ---------------------------------------------------------------------------------------------------------


def test_one_that_was_killed_is_replaced(make: Make) -> None:
    launcher = make()
    printed_by(launcher, "")
    killed = psutil.Process(pid_of(launcher))
    killed.kill()
    killed.wait(10)
    assert printed_by(launcher, "print('again')") == "again\n"
    assert (pid_of(launcher) != killed.pid, launcher.worker_for(KERAS).deaths) == (True, 1)


def test_a_run_goes_on_though_its_worker_is_killed(make: Make) -> None:
    launcher = make()
    source = "import time\nprint('begun', flush=True)\ntime.sleep(1)\nprint('done')"
    job = NotebookJob(
        cells=(SourceCell(position=1, source=source),),
        pictures_folder="/nowhere",
        numerics="float32",
        seed=1,
        program=KERAS,
    )
    with Workplace() as workplace:
        limits = Limits(run_seconds=60)
        child = launcher.start(job, workplace.folder, limits)
        workplace.keep(child.files)
        psutil.Process(pid_of(launcher)).kill()
        seen = supervise(child, job.seal, limits)
    assert (seen.outcome, seen.printed) == ("completed", {1: "begun\ndone\n"})


def test_it_is_renewed_after_its_number_of_runs(make: Make) -> None:
    launcher = make(runs=2)
    served = []
    for _ in range(5):
        printed_by(launcher, "")
        served.append(pid_of(launcher))
    assert served[0] == served[1] != served[2] == served[3] != served[4]
    assert not psutil.pid_exists(served[0])
    assert launcher.worker_for(KERAS).deaths == 0


def test_it_is_renewed_when_its_memory_has_grown(make: Make) -> None:
    grow = """
serve, kept = warm.serve, []
def growing(*arguments):
    kept.append(bytearray(25 << 20))
    serve(*arguments)
warm.serve = growing
"""
    launcher = make(grow)
    served = set()
    for _ in range(4):
        printed_by(launcher, "")
        served.add(pid_of(launcher))
    assert len(served) > 1


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("raise ImportError('no TensorFlow here')", "ImportError: no TensorFlow here"),
        ("sys.exit()", "it ended before it was ready"),
        (
            "import threading, time\nthreading.Thread(target=time.sleep, args=[60], daemon=True).start()",
            "the worker has 2 threads; a fork would inherit their locks but not them",
        ),
    ],
)
def test_one_that_does_not_serve_is_our_failure_and_says_why(more: str, said: str, make: Make) -> None:
    launcher = make(more)
    with pytest.raises(InternalError) as caught:
        run_cells(launcher, "print('never')")
    assert said in caught.value.message


# --- the real one -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real() -> ConfinedProcess:
    launcher = best_launcher()
    if not isinstance(launcher, ConfinedProcess):
        pytest.skip("nothing is forked on this machine")
    run_cells(launcher, "")
    return launcher


def test_before_the_fork_it_has_one_thread_though_tensorflow_is_imported(real: ConfinedProcess) -> None:
    process = Path("/proc", str(pid_of(real)))
    assert len(list((process / "task").iterdir())) == 1  # TensorFlow's runtime would have started dozens
    assert "libtensorflow_framework" in (process / "maps").read_text()


def test_it_holds_no_descriptor_of_ours(real: ConfinedProcess) -> None:
    held = [str(entry.readlink()) for entry in Path("/proc", str(pid_of(real)), "fd").iterdir()]
    sockets = [target for target in held if target.startswith("socket:")]
    assert len(sockets) == 1
    assert len(held) == 4  # and the three standard ones


def test_fonts_are_kept_where_the_path_names_nobody_and_nobody_else_may_write(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    folder = font_cache()
    assert folder.parent == tmp_path
    assert folder.stat().st_mode & 0o077 == 0
    assert font_cache() == folder
    folder.rmdir()
    (tmp_path / "elsewhere").mkdir()
    folder.symlink_to(tmp_path / "elsewhere")  # as another user of this machine might
    assert font_cache() != folder
    assert font_cache().is_relative_to(shelf())


def test_it_was_told_nothing_of_our_environment(real: ConfinedProcess) -> None:
    told = Path("/proc", str(pid_of(real)), "environ").read_text()
    assert "FAIRMARK" not in told  # data and secret
    assert "PYTEST" not in told


def test_a_run_finds_nothing_of_tensorflows_runtime_started(real: ConfinedProcess) -> None:
    source = """
import threading
from tensorflow.python.eager import context
print(len(__import__("os").listdir("/proc/self/task")), threading.active_count(), context.context()._initialized)
"""
    assert printed_by(real, source) == "1 1 False\n"
