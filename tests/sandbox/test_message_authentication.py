"""Seals: a line is what the recorder wrote, in its turn, or it is not taken."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fairmark.sandbox.message_authentication import Seal, Unsealed

KEY, OTHER = "0123456789abcdef" * 2, "fedcba9876543210" * 2
TEXTS = st.binary(max_size=60).map(lambda text: text.replace(b"\n", b" "))


@given(st.lists(TEXTS, max_size=12))
def test_what_was_closed_opens_as_it_was(texts: list[bytes]) -> None:
    closing, opening = Seal(KEY), Seal(KEY)
    assert [opening.open(closing.close(text)) for text in texts] == texts


@given(TEXTS)
def test_a_sealed_line_is_one_line(text: bytes) -> None:
    assert b"\n" not in Seal(KEY).close(text)


def test_the_same_text_has_another_seal_in_another_place() -> None:
    seal = Seal(KEY)
    assert seal.close(b"{}").split()[1] != seal.close(b"{}").split()[1]


def test_a_line_that_got_lost_stops_nothing() -> None:
    closing, opening = Seal(KEY), Seal(KEY)
    closing.close(b"lost")
    assert opening.open(closing.close(b"next")) == b"next"


def test_a_line_opens_once() -> None:
    opening, line = Seal(KEY), Seal(KEY).close(b"once")
    opening.open(line)
    with pytest.raises(Unsealed):
        opening.open(line)


def test_a_line_that_comes_after_a_later_one_does_not_open() -> None:
    closing, opening = Seal(KEY), Seal(KEY)
    first, second = closing.close(b"first"), closing.close(b"second")
    assert opening.open(second) == b"second"
    with pytest.raises(Unsealed):
        opening.open(first)


def test_a_line_of_another_run_does_not_open() -> None:
    with pytest.raises(Unsealed):
        Seal(KEY).open(Seal(OTHER).close(b"theirs"))


@given(TEXTS, st.data())
def test_a_line_in_which_one_byte_was_changed_does_not_open(text: bytes, data: st.DataObject) -> None:
    line = bytearray(Seal(KEY).close(text))
    place = data.draw(st.integers(0, len(line) - 1))
    byte = data.draw(st.integers(0, 255))
    assume(line[place] != byte)
    line[place] = byte
    with pytest.raises(Unsealed):
        Seal(KEY).open(bytes(line))


@given(st.binary(max_size=80))
def test_nothing_that_was_not_closed_opens(line: bytes) -> None:
    seal = Seal(KEY)
    with pytest.raises(Unsealed):
        seal.open(line)
    assert seal.open(Seal(KEY).close(b"ours")) == b"ours"  # and the next line is not harmed by it


@pytest.mark.parametrize(
    "place", [b"-1", b"+0", b" 0", b"0x0", b"0_0", "٠".encode(), b"9" * 16, b"9" * 5000, b""], ids=range(9)
)
def test_a_place_is_a_plain_number(place: bytes) -> None:
    _, digest, text = Seal(KEY).close(b"text").split()
    with pytest.raises(Unsealed):
        Seal(KEY).open(b" ".join((place, digest, text)))
