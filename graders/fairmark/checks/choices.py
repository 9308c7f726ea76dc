"""Questions with a few possible answers, where a wrong one has a known cause that can be told."""

from __future__ import annotations

import re
from collections.abc import Mapping

from fairmark.checks.answer_key import given_the_answer
from fairmark.checks.answers import is_number, is_word
from fairmark.checks.expectation import CheckFailed, NoEvidence, spell
from fairmark.checks.view import EvidenceView

__all__ = ["are_words", "is_choice"]

_LONGEST = 80
"""Characters of an answer that are quoted."""

_BETWEEN_WORDS = re.compile(r"[,;/&+]|\band\b|->|→")


@given_the_answer
def is_choice(
    run: EvidenceView,
    name: str,
    *right: str | float,
    expected: str,
    because: Mapping[str, str] | Mapping[float, str] | Mapping[str | float, str] | None = None,
    tolerance: float = 0.0,
) -> None:
    """The notebook bound ``name`` to one of ``right``, numbers (within ``tolerance``, absolute) or words, in any of the
    forms that :mod:`fairmark.checks.answers` takes.

    ``because`` says of wrong answers what each overlooks, in a sentence; ``expected`` what kind of answer is asked for.
    Neither gives the right one away.
    """
    answer = run.answer(name)
    if any(_is(run, name, value, tolerance) for value in right):
        return
    told = next((sentence for wrong, sentence in (because or {}).items() if _is(run, name, wrong, tolerance)), None)
    found = _quoted(answer.value)
    message = f"{name}: {found} is not right. {told or f'Expected: {expected}.'}"
    raise CheckFailed(name, found=found, expected=expected, cell=answer.cell, message=message)


def _is(run: EvidenceView, name: str, value: str | float, tolerance: float) -> bool:
    try:
        if isinstance(value, str):
            is_word(run, name, value)
        else:
            is_number(run, name, value, tolerance=tolerance)
    except NoEvidence:
        raise
    except CheckFailed:
        return False
    return True


@given_the_answer
def are_words(
    run: EvidenceView,
    name: str,
    *right: str,
    expected: str,
    in_order: bool = False,
    because: Mapping[tuple[str, ...], str] | Mapping[tuple[str, str], str] | None = None,
) -> None:
    """The notebook bound ``name`` to these words: a list of them, or a text with commas or ``and`` between.

    Case does not count, nor does the order unless ``in_order``. ``because`` says of wrong answers what each overlooks.
    """
    answer = run.answer(name)
    words = _words(answer.value, in_order=in_order)
    if words == _words(list(right), in_order=in_order):
        return
    wrong = ((_words(list(given), in_order=in_order), sentence) for given, sentence in (because or {}).items())
    told = next((sentence for given, sentence in wrong if words == given), None)
    found = _quoted(answer.value)
    message = f"{name}: {found} is not right. {told or f'Expected: {expected}.'}"
    raise CheckFailed(name, found=found, expected=expected, cell=answer.cell, message=message)


def _words(value: object, *, in_order: bool) -> list[str]:
    """Bare words in lower case; none where ``value`` holds anything but texts."""
    entries = _BETWEEN_WORDS.split(value[:_LONGEST]) if isinstance(value, str) else value
    if not isinstance(entries, list) or not all(isinstance(entry, str) for entry in entries):
        return []
    words = [re.sub(r"[\s-]+", "_", entry.strip()[:_LONGEST]).casefold() for entry in entries]
    return words if in_order else sorted(words)


def _quoted(value: object) -> str:
    text = repr(value) if isinstance(value, str) else spell(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
