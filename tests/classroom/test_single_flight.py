"""Copies wait for the first of them, and nobody else does."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from fairmark.classroom.single_flight import SingleFlight


def begun(copies: SingleFlight, names: list[str], held: threading.Event) -> list[str]:
    """Who begins while the first is held inside; the letter of each name is what it is like."""
    inside: list[str] = []
    first_is_in = threading.Event()

    def enter(name: str) -> None:
        with copies.after_the_first(name.rstrip("0123456789")):
            inside.append(name)
            if name == names[0]:
                first_is_in.set()
                held.wait(10)

    with ThreadPoolExecutor(len(names)) as pool:
        pool.submit(enter, names[0])
        first_is_in.wait(10)
        for name in names[1:]:
            pool.submit(enter, name)
        threading.Event().wait(0.2)
        before = list(inside)
        held.set()
    assert sorted(inside) == sorted(names)
    return sorted(before)


def test_copies_wait_until_the_first_has_run_and_others_do_not() -> None:
    assert begun(SingleFlight(), ["a1", "a2", "b1", "a3"], threading.Event()) == ["a1", "b1"]


def test_what_nothing_is_known_of_waits_for_nobody() -> None:
    assert begun(SingleFlight(), ["1", "2", "3"], threading.Event()) == ["1", "2", "3"]


def test_copies_go_on_where_the_first_has_failed() -> None:
    copies = SingleFlight()

    def fails() -> None:
        with copies.after_the_first("a"):
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    with copies.after_the_first("a"):
        pass
