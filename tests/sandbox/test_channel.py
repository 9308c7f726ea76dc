"""The way out: whole lines, in order, whatever a notebook puts into its texts."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairmark.evidence import EVENT, CellError, CellFinished, CellStarted, EpochEnded, Event, NamesBound, RecorderFailed
from fairmark.sandbox.inside.channel import Channel
from fairmark.sandbox.message_authentication import Seal

ANY_TEXT = st.text(st.characters(codec=None, categories=None), max_size=40)
"""Half surrogate pairs too: Python has them in file names that are not UTF-8."""

KEY = "0123456789abcdef" * 2


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    yield reading, writing
    os.close(reading)
    os.close(writing)


def through(*events: Event) -> list[Event]:
    """The events as they come out at the other end."""
    reading, writing = os.pipe()
    channel = Channel(writing, KEY)
    for event in events:
        channel.send(event)
    os.close(writing)
    seal = Seal(KEY)
    with os.fdopen(reading, "rb") as file:
        return [EVENT.validate_json(seal.open(line)) for line in file.read().splitlines()]


@given(ANY_TEXT, ANY_TEXT)
def test_every_text_crosses_and_only_what_is_not_unicode_is_changed(kind: str, message: str) -> None:
    [event] = through(CellFinished(cell=1, seconds=0.5, error=CellError(type=kind, message=message, line=2)))
    assert isinstance(event, CellFinished)
    assert event.error is not None
    assert event.error.line == 2
    assert event.error.message == message.encode("utf-8", "replace").decode()


@given(st.dictionaries(ANY_TEXT, st.floats(allow_nan=False) | ANY_TEXT | st.booleans() | st.none(), max_size=4))
def test_a_line_is_one_event_whatever_it_carries(values: dict[str, float | str | bool | None]) -> None:
    first, last = through(NamesBound(cell=1, values=values), CellStarted(cell=2))
    assert (first.kind, last) == ("names_bound", CellStarted(cell=2))


@pytest.mark.parametrize("number", ["nan", "inf", "-inf"])
@pytest.mark.parametrize("name", ["loss", "l\udcf6ss"])
def test_a_number_that_is_not_finite_crosses(number: str, name: str) -> None:
    logs = {name: float(number)}
    [event] = through(EpochEnded(fit="fit-1", epoch=1, steps=1, validation_steps=0, seconds=1, logs=logs))
    assert isinstance(event, EpochEnded)
    assert [str(value) for value in event.logs.values()] == [number]


def test_events_of_several_threads_do_not_mix(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    channel, lines = Channel(writing, KEY), []

    def read() -> None:
        with os.fdopen(os.dup(reading), "rb") as file:
            lines.extend(file.readline() for _ in range(400))

    reader = threading.Thread(target=read)
    reader.start()
    long = "x" * 5000  # longer than what a pipe takes in one piece
    with ThreadPoolExecutor(4) as pool:
        for cell in range(400):
            pool.submit(channel.send, CellFinished(cell=cell, seconds=0, error=CellError(type="E", message=long)))
    reader.join()
    seal = Seal(KEY)
    events = [EVENT.validate_json(seal.open(line.removesuffix(b"\n"))) for line in lines]
    assert sorted(event.cell for event in events if isinstance(event, CellFinished)) == list(range(400))


def test_a_stumble_of_the_recorder_is_said_in_short() -> None:
    reading, writing = os.pipe()
    Channel(writing, KEY).failed(3, "compile", ValueError("a" * 1000))
    os.close(writing)
    with os.fdopen(reading, "rb") as file:
        event = EVENT.validate_json(Seal(KEY).open(file.readline().removesuffix(b"\n")))
    assert event == RecorderFailed(cell=3, where="compile", message=f"ValueError: {'a' * 488}")


def test_settling_waits_until_all_is_taken(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    channel, taken = Channel(writing, KEY), threading.Event()

    def take() -> None:
        taken.set()  # before the channel can know of it
        os.read(reading, 10_000)

    channel.send(CellStarted(cell=1))
    taking = threading.Timer(0.05, take)
    taking.start()
    channel.settle()
    assert taken.is_set()
    taking.join()


def test_settling_does_not_wait_for_ever(pipe: tuple[int, int]) -> None:
    _, writing = pipe
    channel = Channel(writing, KEY)
    channel.send(CellStarted(cell=1))
    settling = threading.Thread(target=channel.settle, daemon=True)
    settling.start()
    settling.join(timeout=30)  # of a second at most: so long that only one without end is caught
    assert not settling.is_alive()
