"""The words a check is written in: ``expect(something).to_be(...)`` and ``with part():``.

What fails is raised as :class:`CheckFailed`, which carries subject, found, expected and cell as data; the sentence
people read is made from them in one place.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Generic, TypeVar

from fairmark.errors import CheckOutcome
from fairmark.evidence import FlagKind

__all__ = [
    "CheckFailed",
    "ConflictingEvidence",
    "Expectation",
    "LeftOpen",
    "NeedsPerson",
    "NeedsRun",
    "NoEvidence",
    "NotBorneOut",
    "NotReadable",
    "Observed",
    "collecting_exact",
    "collecting_parts",
    "collecting_unfinished",
    "collecting_unsupported",
    "expect",
    "lacks_support",
    "part",
    "rests_on",
    "spell",
    "told_exactly",
]

T = TypeVar("T")

_FLOAT32 = 1e-6
"""Relative distance under which two numbers are one: frameworks keep them as float32, which has seven digits."""

_SHORT_DIGITS = 3


@dataclass(frozen=True)
class Observed(Generic[T]):
    """A value taken from the evidence, with its name in a sentence ("the loss") and the cell it comes from.

    ``cell`` is a :class:`fairmark.evidence.Cell` position, or None where no one cell is to be named.
    """

    value: T
    subject: str
    cell: int | None = None


class CheckFailed(CheckOutcome):
    """An expectation was not met. ``message`` may replace the sentence made of the parts."""

    def __init__(
        self,
        subject: str,
        *,
        found: str | None = None,
        expected: str | None = None,
        cell: int | None = None,
        message: str | None = None,
    ) -> None:
        self.subject = subject
        self.found = found
        self.expected = expected
        self.cell = cell
        self.message = message or self._sentence()
        super().__init__(self.message)

    def _sentence(self) -> str:
        # A variable's name (steps_per_epoch) stays as it is written in the notebook.
        subject = self.subject if self.subject.isidentifier() else self.subject[:1].upper() + self.subject[1:]
        if self.expected is None:
            return f"{subject}: found {self.found}."
        return f"{subject}: found {self.found}, expected {self.expected}."


class NoEvidence(CheckFailed):
    """The evidence says nothing about the subject: the notebook never did it, or never got that far."""


class ConflictingEvidence(CheckOutcome):
    """Two witnesses contradict each other: not credited until a person has looked."""

    def __init__(self, message: str, *, cell: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.cell = cell


class LeftOpen(CheckOutcome):
    """The evidence cannot answer the question, and that is no fault of the student's: the check is neither passed nor
    failed. ``kind`` is that of the flag that says so."""

    kind: FlagKind = "left_open"

    def __init__(self, message: str, *, cell: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.cell = cell


class NeedsRun(LeftOpen):
    """What was recorded answers another question than the one that is asked now: the notebook must be run again, which
    `fairmark grade` then does."""

    kind: FlagKind = "run_again"


class NeedsPerson(LeftOpen):
    """No run answers this: a person must look."""

    kind: FlagKind = "not_rebuilt"


class NotReadable(NeedsPerson):
    """What was recorded does not say it, and no run would: it is a function of the notebook's own to say."""

    kind: FlagKind = "not_readable"


class NotBorneOut(NeedsPerson):
    """The notebook's text does not show what the run reports: nothing in it could have caused it, or what it says
    cannot be read without running it."""

    kind: FlagKind = "not_borne_out"


def spell(value: object) -> str:
    """A value as a student would write it: ``1/255`` rather than 0.00392, ``300 x 300`` rather than ``(300, 300)``."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, float):
        return _spell_float(value)
    if isinstance(value, tuple | list):
        if len(value) == 2 and all(isinstance(side, int) for side in value):
            return f"{value[0]} x {value[1]}"
        return ", ".join(spell(item) for item in value) or "nothing"
    return str(value)


def _spell_float(value: float) -> str:
    if not math.isfinite(value):
        return str(value)
    decimal = f"{value:.6g}"
    # Factors of pixels are written as fractions; learning rates, which are short as decimals, are not.
    if 1e-5 < abs(value) < 0.05 and len(decimal.lstrip("-0.")) > _SHORT_DIGITS and "e" not in decimal:
        whole = round(1 / abs(value))
        if math.isclose(1 / whole, abs(value), rel_tol=_FLOAT32):
            return f"{'-' * (value < 0)}1/{whole}"
    return decimal


class Expectation(Generic[T]):
    """What is asked of one observed value. Every method raises :class:`CheckFailed` where it is not so."""

    def __init__(self, observed: Observed[T]) -> None:
        self._observed = observed

    def _demand(self, holds: bool, expected: str) -> None:
        if not holds:
            seen = self._observed
            raise CheckFailed(seen.subject, found=spell(seen.value), expected=expected, cell=seen.cell)

    def to_be(self, expected: T) -> None:
        """Equal; numbers to one part in a million, since frameworks keep them as float32."""
        value = self._observed.value
        if isinstance(value, float) and isinstance(expected, int | float):
            self._demand(math.isclose(value, expected, rel_tol=_FLOAT32), spell(expected))
        else:
            self._demand(value == expected, spell(expected))

    def to_be_one_of(self, *accepted: T, expected: str | None = None) -> None:
        """Any of ``accepted``; ``expected`` says so in words where a list would not help."""
        self._demand(self._observed.value in accepted, expected or " or ".join(spell(item) for item in accepted))


def expect(observed: Observed[T]) -> Expectation[T]:
    """Begins an expectation about something taken from the evidence."""
    return Expectation(observed)


_parts: ContextVar[list[CheckFailed | None] | None] = ContextVar("parts", default=None)


@contextmanager
def part() -> Iterator[None]:
    """One of several parts of a check, which share its points equally: a part that fails does not end the others."""
    collected = _parts.get()
    try:
        yield
    except CheckFailed as unmet:
        if collected is None:
            raise
        collected.append(unmet)
    else:
        if collected is not None:
            collected.append(None)


@contextmanager
def collecting_parts() -> Iterator[list[CheckFailed | None]]:
    """Used by the judge around one check: gathers its parts, None for each that held."""
    parts: list[CheckFailed | None] = []
    token = _parts.set(parts)
    try:
        yield parts
    finally:
        _parts.reset(token)


_unfinished: ContextVar[list[NeedsRun] | None] = ContextVar("unfinished", default=None)


def rests_on(unfinished: NeedsRun) -> None:
    """Says that what is asked now rests on something that was ended before its end: if the check fails, that is why,
    and the check needs another run instead."""
    collected = _unfinished.get()
    if collected is not None:
        collected.append(unfinished)


@contextmanager
def collecting_unfinished() -> Iterator[list[NeedsRun]]:
    """Used by the judge around one check: gathers what was told to :func:`rests_on`."""
    collected: list[NeedsRun] = []
    token = _unfinished.set(collected)
    try:
        yield collected
    finally:
        _unfinished.reset(token)


_unsupported: ContextVar[list[NotBorneOut] | None] = ContextVar("unsupported", default=None)


def lacks_support(claim: NotBorneOut) -> None:
    """Says that what is asked now was reported by the run and is not borne out by the notebook's text: a check that
    earns anything by it waits for a person instead."""
    collected = _unsupported.get()
    if collected is not None:
        collected.append(claim)


@contextmanager
def collecting_unsupported() -> Iterator[list[NotBorneOut]]:
    """Used by the judge around one check: gathers what was told to :func:`lacks_support`."""
    collected: list[NotBorneOut] = []
    token = _unsupported.set(collected)
    try:
        yield collected
    finally:
        _unsupported.reset(token)


_exact: ContextVar[dict[str, str] | None] = ContextVar("exact", default=None)


def told_exactly(exact: str, roughly: str) -> str:
    """``exact``, for a message; students read ``roughly`` in its place, since numbers about what is hidden say more
    about it each time that somebody hands in."""
    collected = _exact.get()
    if collected is not None:
        collected[exact] = roughly
    return exact


@contextmanager
def collecting_exact() -> Iterator[dict[str, str]]:
    """Used by the judge around one check: gathers what was told to :func:`told_exactly`."""
    collected: dict[str, str] = {}
    token = _exact.set(collected)
    try:
        yield collected
    finally:
        _exact.reset(token)
