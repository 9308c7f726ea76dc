"""Admission by memory."""

from __future__ import annotations

import threading

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairmark.classroom.memory_admission import MemoryAdmission, free_bytes

LONG_SECONDS = 20


def entered(room: MemoryAdmission, needed_bytes: int) -> tuple[threading.Thread, threading.Event]:
    """A thread that takes room, and whether it has got it."""
    got = threading.Event()

    def take() -> None:
        with room.taken(needed_bytes):
            got.set()

    thread = threading.Thread(target=take, daemon=True)
    thread.start()
    return thread, got


def test_what_fits_together_is_let_in_together() -> None:
    room = MemoryAdmission(10)
    with room.taken(4), room.taken(4):
        thread, got = entered(room, 2)
        assert got.wait(LONG_SECONDS)
        thread.join()


def test_what_does_not_fit_waits_until_there_is_room() -> None:
    room = MemoryAdmission(10)
    with room.taken(8):
        thread, got = entered(room, 3)
        assert not got.wait(0.1)
    assert got.wait(LONG_SECONDS)
    thread.join()


def test_what_never_fits_runs_alone() -> None:
    room = MemoryAdmission(10)
    with room.taken(1):
        thread, got = entered(room, 1000)
        assert not got.wait(0.1)
    assert got.wait(LONG_SECONDS)
    thread.join()
    with room.taken(1000):
        _, got = entered(room, 1)
        assert not got.wait(0.1)
    assert got.wait(LONG_SECONDS)


def test_room_is_given_back_whatever_happens() -> None:
    room = MemoryAdmission(10)
    for _ in range(3):
        with pytest.raises(KeyError), room.taken(10):
            raise KeyError


@given(st.lists(st.integers(0, 15), min_size=1, max_size=16))
@settings(max_examples=25, deadline=None)
def test_together_they_never_take_more_than_there_is_and_all_get_in(needs: list[int]) -> None:
    room, lock = MemoryAdmission(10), threading.Lock()
    inside: list[int] = []
    sums: list[int] = []

    def take(needed: int) -> None:
        with room.taken(needed):
            with lock:
                inside.append(min(needed, 10))
                sums.append(sum(inside))
            with lock:
                inside.remove(min(needed, 10))

    threads = [threading.Thread(target=take, args=(needed,)) for needed in needs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG_SECONDS)
    assert len(sums) == len(needs)
    assert max(sums) <= 10


def test_some_of_what_is_free_is_left_to_others() -> None:
    assert 0 < free_bytes() < psutil.virtual_memory().total
