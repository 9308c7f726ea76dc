"""The ledger: what it calls done is done, whatever happened in between."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from fairmark.classroom.ledger import Ledger, Measured
from fairmark.errors import MachineError

ADA = {"student": "ada", "assignment": "steps"}
FILE = {"sha256": "aa", "settings": "s1"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "out" / "ledger.sqlite"


def done(path: Path, **changed: str) -> bool:
    with closing(Ledger(path)) as ledger:
        return ledger.is_done(**{**ADA, **FILE, **changed})


def test_nothing_is_done_at_first(path: Path) -> None:
    assert not done(path)


def test_what_has_begun_is_not_done(path: Path) -> None:
    with closing(Ledger(path)) as ledger:
        ledger.begin(**ADA, **FILE)
    assert not done(path)


def test_what_has_ended_is_done_for_that_file_and_these_settings_only(path: Path) -> None:
    with closing(Ledger(path)) as ledger:
        ledger.begin(**ADA, **FILE)
        ledger.end(**ADA, done=True)
    assert done(path)
    for changed in ({"student": "ben"}, {"assignment": "compile"}, {"sha256": "bb"}, {"settings": "s2"}):
        assert not done(path, **changed)


def test_what_could_not_be_marked_is_not_done(path: Path) -> None:
    with closing(Ledger(path)) as ledger:
        ledger.begin(**ADA, **FILE)
        ledger.end(**ADA, done=False)
    assert not done(path)


def test_what_begins_again_is_no_longer_done(path: Path) -> None:
    with closing(Ledger(path)) as ledger:
        ledger.begin(**ADA, **FILE)
        ledger.end(**ADA, done=True)
        ledger.begin(**ADA, sha256="bb", settings="s1")
    assert not done(path)  # its files may be overwritten by now
    assert not done(path, sha256="bb")


@pytest.mark.parametrize(("until", "is_done"), [("begin", False), ("end", True)])
def test_what_was_said_before_a_kill_stands(until: str, is_done: bool, path: Path) -> None:
    program = f"""
import os, signal
from pathlib import Path
from fairmark.classroom.ledger import Ledger
ledger = Ledger(Path({str(path)!r}))
ledger.begin("ada", "steps", sha256="aa", settings="s1")
if {until!r} == "end":
    ledger.end("ada", "steps", done=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    ended = subprocess.run([sys.executable, "-c", program], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert done(path) == is_done


def test_names_may_hold_anything(path: Path) -> None:
    odd = {"student": "a'); DROP TABLE submission; --\0", "assignment": "\u202e"}
    with closing(Ledger(path)) as ledger:
        ledger.begin(**odd, **FILE)
        ledger.end(**odd, done=True)
    assert done(path, **odd)


# --- several files of one student ------------------------------------------------------------------------------------


def test_each_file_of_a_student_has_its_own_state(path: Path) -> None:
    with closing(Ledger(path)) as ledger:
        for number in (1, 2):
            ledger.begin(**ADA, **FILE, file_number=number)
        ledger.end(**ADA, file_number=2, done=True)
        assert not ledger.is_done(**ADA, **FILE)
        assert ledger.is_done(**ADA, **FILE, file_number=2)
        ledger.enrol([("ada", "steps", 1), ("ada", "steps", 2)])
        assert ledger.enrolled() == [("ada", "steps", 1), ("ada", "steps", 2)]


def test_a_ledger_of_an_earlier_version_is_gone_on_with(path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as database:
        database.executescript(EARLIER)
    for _ in range(2):
        with closing(Ledger(path)) as ledger:
            assert ledger.is_done(**ADA, **FILE)
            assert ledger.enrolled() == [("ada", "steps", 1)]
            assert ledger.measured("steps") == Measured(wall_seconds=3.0, peak_memory_bytes=5)
            ledger.begin(**ADA, **FILE, file_number=2)


EARLIER = """
CREATE TABLE submission (student TEXT NOT NULL, assignment TEXT NOT NULL, sha256 TEXT NOT NULL, settings TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('running', 'done', 'failed')), tries INTEGER NOT NULL DEFAULT 0,
    wall_seconds REAL NOT NULL DEFAULT 0, peak_memory_bytes INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (student, assignment));
CREATE TABLE enrolled (number INTEGER PRIMARY KEY, student TEXT NOT NULL, assignment TEXT NOT NULL);
CREATE TABLE notebook (sha256 TEXT PRIMARY KEY, assignment TEXT NOT NULL);
INSERT INTO submission VALUES ('ada', 'steps', 'aa', 's1', 'done', 1, 3.0, 5);
INSERT INTO enrolled (student, assignment) VALUES ('ada', 'steps');
"""


# --- notebooks --------------------------------------------------------------------------------------------------------


def test_the_assignment_of_a_file_is_remembered_by_its_digest(path: Path) -> None:
    with closing(Ledger(path)) as ledger:
        assert ledger.assignment_of("aa") is None
        ledger.remember("aa", "compile")
        ledger.remember("aa", "steps")
        assert ledger.assignment_of("aa") == "steps"
        assert ledger.assignment_of("") is None


# --- what was learned -------------------------------------------------------------------------------------------------


def test_the_median_of_seconds_and_the_most_memory_are_learned(path: Path) -> None:
    with closing(Ledger(path)) as ledger:
        assert ledger.measured("steps") is None
        for student, seconds, size_bytes in [("a", 30.0, 5), ("b", 10.0, 9), ("c", 20.0, 7)]:
            ledger.begin(student, "steps", **FILE)
            ledger.end(student, "steps", done=True, wall_seconds=seconds, peak_memory_bytes=size_bytes)
        assert ledger.measured("steps") == Measured(wall_seconds=20.0, peak_memory_bytes=9)
        assert ledger.measured("compile") is None


def test_nothing_is_learned_from_what_never_ran_or_failed(path: Path) -> None:
    with closing(Ledger(path)) as ledger:
        for student, is_done, seconds in [("a", False, 30.0), ("b", True, 0.0)]:
            ledger.begin(student, "steps", **FILE)
            ledger.end(student, "steps", done=is_done, wall_seconds=seconds, peak_memory_bytes=9)
        assert ledger.measured("steps") is None


def test_many_threads_may_use_it(path: Path) -> None:
    students = [f"{number:02}" for number in range(24)]
    with closing(Ledger(path)) as ledger:

        def mark(student: str) -> None:
            ledger.begin(student, "steps", **FILE)
            ledger.end(student, "steps", done=True, wall_seconds=1.0)

        threads = [threading.Thread(target=mark, args=(student,)) for student in students]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert all(ledger.is_done(student, "steps", **FILE) for student in students)


# --- the file ---------------------------------------------------------------------------------------------------------


def test_two_batches_do_not_write_into_one_folder(path: Path) -> None:
    with closing(Ledger(path)):
        with pytest.raises(MachineError) as caught:
            Ledger(path)
        assert caught.value.message == f"{path}: another batch is writing there"
        assert caught.value.remedy == "Wait for it, or choose another folder with --out."
    with closing(Ledger(path)) as after:
        assert after.assignment_of("aa") is None


def test_a_file_that_is_no_ledger_is_named(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("student,assignment\n" * 100)
    with pytest.raises(MachineError) as caught:
        Ledger(path)
    assert caught.value.message == f"{path}: the ledger cannot be used: file is not a database"
    assert caught.value.remedy == "Move it away, or choose another folder with --out; nothing but time is lost."


def test_a_folder_in_its_place_is_named(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(MachineError) as caught:
        Ledger(path)
    assert caught.value.message == f"{path}: the ledger cannot be used: unable to open database file"


def test_a_ledger_damaged_under_way_is_a_failure_of_the_machine(path: Path) -> None:
    with closing(Ledger(path)):
        pass
    with closing(sqlite3.connect(path)) as database:
        database.execute("DROP TABLE submission")
        database.execute("CREATE TABLE submission (other TEXT)")
    with closing(Ledger(path)) as ledger, pytest.raises(MachineError) as caught:
        ledger.begin(**ADA, **FILE)
    assert caught.value.message.startswith(f"{path}: the ledger cannot be used: ")
