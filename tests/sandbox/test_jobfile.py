"""The file a job lies in: read by the run, and what it is told later."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import watch

from fairmark.evidence import Stamped
from fairmark.keras.program import KERAS
from fairmark.sandbox import NotebookJob
from fairmark.sandbox.jobfile import JobFile, Replies, read_job
from fairmark.sandbox.jobs import JOB, SourceCell


def job(*sources: str) -> NotebookJob:
    cells = tuple(SourceCell(position=number, source=source) for number, source in enumerate(sources, start=1))
    return NotebookJob(cells=cells, pictures_folder="/nowhere", numerics="float32", seed=1, program=KERAS)


@pytest.fixture
def file() -> Iterator[JobFile]:
    with closing(JobFile(job("x = 1"))) as made:
        yield made


@pytest.fixture
def replies(file: JobFile) -> Replies:
    return read_job(file.descriptor)[1]


# --- the job ----------------------------------------------------------------------------------------------------------


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=200), max_size=5))
def test_the_run_reads_the_job_as_it_was_asked(sources: list[str]) -> None:
    asked = job(*sources)
    with closing(JobFile(asked)) as file:
        assert JOB.validate_json(read_job(file.descriptor)[0]) == asked


def test_a_job_may_be_long() -> None:
    asked = job("x" * 5_000_000)
    with closing(JobFile(asked)) as file:
        assert JOB.validate_json(read_job(file.descriptor)[0]) == asked


def test_a_job_that_cannot_be_written_leaves_nothing_open() -> None:
    before = open_descriptors()
    with pytest.raises(ValueError, match="surrogates"):
        JobFile(job().model_copy(update={"numerics": "\ud800"}))
    assert open_descriptors() == before


def open_descriptors() -> set[str]:
    return set(os.listdir("/proc/self/fd"))  # noqa: PTH208 - names only


def test_a_closed_file_is_closed() -> None:
    before = open_descriptors()
    JobFile(job()).close()
    assert open_descriptors() == before


# --- replies ----------------------------------------------------------------------------------------------------------


def test_words_are_heard_in_order(file: JobFile, replies: Replies) -> None:
    for word in ("go", "go", "stop"):
        file.reply(word)
    assert [replies.wait(10), replies.wait(10), replies.wait(10)] == ["go", "go", "stop"]


def test_where_nothing_is_said_the_wait_ends(replies: Replies) -> None:
    assert replies.wait(0.01) is None
    assert replies.wait(0.0) is None


def test_a_word_that_comes_too_late_is_not_taken_for_the_next_one(file: JobFile, replies: Replies) -> None:
    assert replies.wait(0.01) is None
    assert replies.wait(0.01) is None
    for word in ("stop", "stop", "go"):
        file.reply(word)
    assert replies.wait(10) == "go"


def test_a_run_hears_what_is_said_while_it_waits() -> None:
    def answer(stamped: Stamped) -> str:
        return f"heard-{stamped.event.kind}"

    seen = watch(
        WAITING + "say(wait()); send('cell_started', cell=2); say(wait()); send('run_finished')", on_event=answer
    )
    assert seen.outcome == "completed"
    assert "".join(seen.printed.values()) == "heard-cell_startedheard-cell_started"


WAITING = """
first = len(os.pread(0, 1 << 20, 0).split(b"\\n")[0]) + 1
def wait():
    global first
    while True:
        line, end, _ = os.pread(0, 64, first).partition(b"\\n")
        if end:
            first += len(line) + 1
            return line.decode()
        time.sleep(0.01)
send("cell_started", cell=1)
"""


# --- a run that writes into it ----------------------------------------------------------------------------------------


def test_the_file_takes_no_more_memory_than_it_has() -> None:
    with closing(JobFile(job())) as file:
        size_bytes = os.fstat(file.descriptor).st_size
        for wrong in (lambda: os.truncate(file.descriptor, 1 << 40), lambda: os.truncate(file.descriptor, 0)):
            with pytest.raises(PermissionError):
                wrong()
        with pytest.raises(PermissionError):
            os.pwrite(file.descriptor, b"x", size_bytes)
        with pytest.raises(PermissionError):
            fcntl.fcntl(file.descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE)
        assert os.fstat(file.descriptor).st_size == size_bytes


def test_what_a_run_writes_into_it_is_only_told_to_itself(file: JobFile, replies: Replies) -> None:
    size_bytes = os.fstat(file.descriptor).st_size
    os.pwrite(file.descriptor, b"x" * size_bytes, 0)
    file.reply("stop")  # where it belongs, whatever stands around it
    assert replies.wait(10) == "stop"


def test_a_run_that_has_the_file_append_goes_without_a_word(file: JobFile, replies: Replies) -> None:
    fcntl.fcntl(file.descriptor, fcntl.F_SETFL, os.O_APPEND)
    file.reply("stop")
    assert replies.wait(0.01) is None


def test_who_asks_without_end_is_told_a_thousand_times(file: JobFile, replies: Replies) -> None:
    for _ in range(100_000):
        file.reply("stop")
    heard = 0
    while replies.wait(0.05) == "stop":
        heard += 1
    assert heard == 4096 // len("stop\n")


def test_a_run_cannot_open_it_again_by_a_name(file: JobFile, tmp_path: Path) -> None:
    assert os.fstat(file.descriptor).st_nlink == 0
    with pytest.raises(OSError, match=os.strerror(errno.EXDEV)):
        os.link(f"/proc/self/fd/{file.descriptor}", tmp_path / "job")
