"""A batch that is killed or stopped, at whatever moment, goes on by the same command to the same gradebook."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from thorough import by_default
from tiny import tiny_course

from fairmark.author.sample_class import with_answers
from fairmark.classroom.ledger import Ledger
from fairmark.course import Course
from fairmark.report import Report

NAME = "compile_settings"
STUDENTS = [f"student-{number:02}" for number in range(9)]
KILLS = by_default(lambda number: False, range(20))
SEED = int(os.environ.get("FAIRMARK_TEST_SEED", "0")) or time.time_ns() % 1_000_000
"""Of the moments; each test prints it, for whoever wants the same ones again."""

COMMAND = """
import functools, sys
sys.path[:0] = sys.argv[1:2]
del sys.argv[1]
import fairmark.cli.grade
from scripted import Scripted
from tiny import PRETEND

launcher = Scripted(PRETEND.replace("names = {}", "names = {}; time.sleep(0.1)"))
fairmark.cli.grade.grading_launcher = lambda trust: launcher
print("begun", flush=True)
sys.argv[0] = "fairmark"
fairmark.cli.main()
"""
"""``fairmark`` as it is installed, but for the sandbox: a run is a process of its own, without TensorFlow."""


@dataclass(frozen=True)
class Batch:
    """One class, and the folder it is graded into."""

    course: Course
    folder: Path
    out: Path
    secret: Path

    def start(self) -> subprocess.Popen[str]:
        words = ["grade", str(self.folder), "--out", str(self.out), "--course", str(self.course.root), "--jobs", "2"]
        return subprocess.Popen(
            [sys.executable, "-c", COMMAND, str(Path(__file__).parents[1]), *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "FAIRMARK_SECRET": str(self.secret), "COLUMNS": "100"},
        )

    @property
    def gradebook(self) -> bytes:
        return (self.out / "gradebook.csv").read_bytes()

    def into(self, root: Path) -> Batch:
        """The same class, graded elsewhere by somebody who has kept nothing yet."""
        return Batch(self.course, self.folder, root / "out", root / "secret")


def ended(started: subprocess.Popen[str]) -> tuple[int, str]:
    """How it ended, and what it said on standard error."""
    _, said = started.communicate(timeout=120)
    return started.returncode, said


@pytest.fixture(scope="module")
def batch(tmp_path_factory: pytest.TempPathFactory) -> Batch:
    root = tmp_path_factory.mktemp("killed")
    course = tiny_course(root / "course", NAME)
    given = course.assignment(NAME).notebook.read_bytes()
    (root / "class").mkdir()
    for number, student in enumerate(STUDENTS):
        # A third right, a third wrong in ways of their own, a third copies.
        answer = ["loss = 'binary_crossentropy'", f"loss = {student!r}", f"loss = 'mse'  # {student}"][number % 3]
        training = "epochs = 2" if number % 3 == 0 else f"epochs = {number}"
        edits = {
            "compile": lambda source, answer=answer: f"# Exercise: compile\n{answer}",
            "training": lambda source, training=training: f"# Exercise: training\n{training}",
        }
        (root / "class" / f"{student}.ipynb").write_bytes(with_answers(given, edits))
    (root / "class" / "zoe.ipynb").write_text("<html>")
    return Batch(course, root / "class", root / "out", root / "secret")


@pytest.fixture(scope="module")
def undisturbed(batch: Batch) -> tuple[bytes, float]:
    """The gradebook of a batch that nobody disturbs, and the seconds it takes from its beginning."""
    started = batch.start()
    assert started.stdout is not None
    assert started.stdout.readline() == "begun\n"
    began = time.monotonic()
    exit_code, said = ended(started)
    assert exit_code == 1, said
    assert len(batch.gradebook.splitlines()) == len(STUDENTS) + 2
    return batch.gradebook, time.monotonic() - began


@pytest.fixture
def moments(request: pytest.FixtureRequest, undisturbed: tuple[bytes, float]) -> random.Random:
    print(f"FAIRMARK_TEST_SEED={SEED}")
    return random.Random(f"{SEED}/{request.node.name}")


def begun(batch: Batch, seconds: float) -> subprocess.Popen[str]:
    """A batch that has run for so long."""
    started = batch.start()
    assert started.stdout is not None
    assert started.stdout.readline() == "begun\n"
    time.sleep(seconds)
    return started


def family(started: subprocess.Popen[str]) -> list[psutil.Process]:
    try:
        return psutil.Process(started.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def require_whole(batch: Batch) -> None:
    """Everything that stands in the folder is whole; whoever is called done has all files."""
    for path in [*batch.out.glob("reports/*.json"), *batch.out.glob("evidence/*.json")]:
        json.loads(path.read_bytes())
    for path in batch.out.glob("reports/*.html"):
        assert path.read_text(encoding="utf-8").rstrip().endswith("</html>")
    if (batch.out / "gradebook.csv").exists():
        assert batch.gradebook.endswith(b"\r\n")


def require_finished(batch: Batch, expected: bytes) -> None:
    assert batch.gradebook == expected
    require_whole(batch)
    rows = [*STUDENTS, "zoe"]
    for folder, suffix in (("reports", "json"), ("reports", "html"), ("evidence", "json")):
        found = {path.name for path in (batch.out / folder).iterdir() if path.suffix == f".{suffix}"}
        assert found == {f"{student}.{NAME}.{suffix}" for student in rows}
    left = {path.name for path in batch.out.iterdir()}
    assert {name for name in left if not name.startswith("ledger.sqlite")} == {"gradebook.csv", "reports", "evidence"}
    for student in rows:
        report = Report.model_validate_json((batch.out / "reports" / f"{student}.{NAME}.json").read_bytes())
        assert report.student == student
        assert not [flag for flag in report.flags if flag.kind == "not_marked"]


@pytest.fixture(scope="module")
def killed(
    batch: Batch,
    undisturbed: tuple[bytes, float],
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Iterator[dict[int, Future[None]]]:
    """Batches that are killed and go on, by number, two at a time: they wait more than they work."""
    items = [item for item in request.session.items if "killed" in getattr(item, "fixturenames", ())]
    with ThreadPoolExecutor(2) as pool:
        yield {
            number: pool.submit(kill, number, batch.into(tmp_path_factory.mktemp("again")), *undisturbed)
            for number in (item.callspec.params["number"] for item in items)
        }
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("number", KILLS)
def test_killed_at_any_moment_it_goes_on_to_the_same_gradebook(number: int, killed: dict[int, Future[None]]) -> None:
    print(f"FAIRMARK_TEST_SEED={SEED}")
    killed[number].result()


def kill(number: int, disturbed: Batch, expected: bytes, seconds: float) -> None:
    """Kills a batch once or twice; it goes on to the gradebook that is expected, of which one takes ``seconds``."""
    moments = random.Random(f"{SEED}/{number}")
    for _ in range(2 if number % 4 == 3 else 1):
        started = begun(disturbed, moments.uniform(0.0, 0.9) * seconds)
        runs = family(started)
        started.send_signal(signal.SIGKILL)
        ended(started)
        _, alive = psutil.wait_procs(runs, timeout=30)
        assert alive == []
        require_whole(disturbed)
    exit_code, said = ended(disturbed.start())
    assert exit_code == 1, said
    require_finished(disturbed, expected)
    with closing(Ledger(disturbed.out / "ledger.sqlite")) as ledger:
        measured = ledger.measured(NAME)
    assert measured is not None


def test_stopped_by_ctrl_c_it_says_how_to_go_on_and_does(
    batch: Batch, undisturbed: tuple[bytes, float], moments: random.Random, tmp_path: Path
) -> None:
    expected, seconds = undisturbed
    disturbed = batch.into(tmp_path)
    started = begun(disturbed, 0.0)
    latest = time.monotonic() + 60
    while not list(disturbed.out.glob("evidence/*.json")) and time.monotonic() < latest:
        time.sleep(0.02)
    time.sleep(moments.uniform(0.0, 0.3) * seconds)
    runs = family(started)
    started.send_signal(signal.SIGINT)
    exit_code, said = ended(started)
    if exit_code == 1:
        pytest.skip("it was done already")
    assert exit_code == 130, said
    stopped = re.search(r"^Stopped: (\d+) of 10 are marked; the same command goes on\.$", said, re.MULTILINE)
    assert stopped is not None, said
    assert "Traceback" not in said
    _, alive = psutil.wait_procs(runs, timeout=30)
    assert alive == []
    require_whole(disturbed)
    assert len(disturbed.gradebook.splitlines()) == 1 + int(stopped[1])  # what is marked is in the gradebook
    exit_code, said = ended(disturbed.start())
    assert exit_code == 1, said
    require_finished(disturbed, expected)


def test_the_same_command_after_the_end_marks_nobody(
    batch: Batch, undisturbed: tuple[bytes, float], tmp_path: Path
) -> None:
    reports = {path: path.stat().st_mtime_ns for path in (batch.out / "reports").iterdir()}
    exit_code, said = ended(batch.start())
    assert exit_code == 1, said
    assert batch.gradebook == undisturbed[0]
    assert {path: path.stat().st_mtime_ns for path in (batch.out / "reports").iterdir()} == reports
