"""Processes by their ancestor, and what they use together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import psutil
import pytest

from fairmark.sandbox.process_tree import cpu_seconds, descendants, resident_bytes, stop_descendants

MEGABYTE = 1_000_000
GONE = 2**22 + 1
"""No process id: beyond the most a kernel gives."""

Start = Callable[[str], "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a program that says when it is ready, and lives until the test ends."""
    started: list[subprocess.Popen[str]] = []

    def make(program: str) -> subprocess.Popen[str]:
        text = f"import os, sys, threading, time\n{program}\nprint('ready', flush=True)\ntime.sleep(60)"
        command = [sys.executable, "-I", "-S", "-c", text]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    yield make
    for process in started:
        os.killpg(process.pid, 9)
        process.communicate()


def test_children_and_their_children_are_found(start: Start) -> None:
    process = start("""
told, tell = os.pipe()
if os.fork() == 0:
    if os.fork() == 0:
        os.write(tell, b".")
        time.sleep(60)
    time.sleep(60)
os.read(told, 1)
""")
    found = descendants(process.pid)
    assert len(found) == 2
    assert descendants(found[0]) == found[1:]
    assert set(found) < set(descendants(os.getpid()))


def test_children_of_threads_are_found(start: Start) -> None:
    process = start("""
def begin():
    if os.fork() == 0:
        time.sleep(60)
    forked.set()
    time.sleep(60)
forked = threading.Event()
threading.Thread(target=begin).start()
forked.wait()
""")
    assert len(descendants(process.pid)) == 1


def test_those_that_go_on_making_more_of_themselves_are_all_stopped(start: Start) -> None:
    process = start("""
told, tell = os.pipe()
if os.fork() == 0:
    for number in range(200):
        if os.fork() == 0:
            os.setsid()
            os.write(tell, b".")
        else:
            time.sleep(0.01)
            break
    time.sleep(60)
os.read(told, 1)
""")
    stop_descendants(process.pid)
    found = descendants(process.pid)
    time.sleep(0.1)
    assert descendants(process.pid) == found
    assert {psutil.Process(pid).status() for pid in found} == {psutil.STATUS_STOPPED}
    for pid in found:
        os.kill(pid, signal.SIGKILL)


def test_whoever_has_none_or_is_gone_has_no_descendants(start: Start) -> None:
    assert descendants(start("").pid) == []
    assert descendants(GONE) == []


def test_memory_is_what_is_resident(start: Start) -> None:
    small, large = start(""), start("full = bytearray(100_000_000)")
    alone = resident_bytes([small.pid], enough=0)
    assert 100 * MEGABYTE < resident_bytes([large.pid], enough=0) < 100 * MEGABYTE + 2 * alone
    assert resident_bytes([small.pid, large.pid, GONE], enough=10**10) > 100 * MEGABYTE + alone


def test_pages_that_are_shared_count_once_where_it_matters(start: Start) -> None:
    process = start("""
full = bytearray(100_000_000)
for _ in range(3):
    if os.fork() == 0:
        time.sleep(60)
""")
    pids = [process.pid, *descendants(process.pid)]
    assert resident_bytes(pids, enough=10**10) > 400 * MEGABYTE
    assert 100 * MEGABYTE < resident_bytes(pids, enough=200 * MEGABYTE) < 200 * MEGABYTE


def test_processor_time_is_that_of_a_process_and_of_its_children_that_have_ended(start: Start) -> None:
    busy = "while time.process_time() < 0.5: pass"
    itself, child = start(busy), start(f"if os.fork() == 0:\n    {busy}\n    os._exit(0)\nos.wait()")
    for process in (itself, child):
        assert 0.4 < cpu_seconds([process.pid]) < 5
    assert cpu_seconds([itself.pid, child.pid, GONE]) > 0.8


@pytest.mark.skipif(sys.platform != "linux", reason="where the name of a program stands among the numbers")
def test_a_name_that_looks_like_numbers_adds_no_time(start: Start) -> None:
    process = start("open('/proc/self/comm', 'w').write(') R 1 1 1 9999')")
    assert cpu_seconds([process.pid]) < 5
