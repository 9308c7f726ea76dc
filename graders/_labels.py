"""Questions about labels that were read off a network's outputs."""

from __future__ import annotations

from collections.abc import Sequence

from fairmark.checks.answer_key import given_the_answer
from fairmark.checks.expectation import CheckFailed, spell
from fairmark.evidence import Value
from fairmark.keras.views.run_view import RunView

__all__ = ["reads_labels"]


@given_the_answer
def reads_labels(run: RunView, name: str, expected: Sequence[int]) -> None:
    """The notebook bound ``name`` to these labels, 0 or 1, one for each picture in their order.

    A list, an array, a column of one label a row, and True for 1 are all taken. What a wrong rule does to all pictures
    at once (the same label for each, or the other one) is told as that.
    """
    answer = run.answer(name)
    wanted = f"one label, 0 or 1, for each of the {len(expected)} pictures"

    def unmet(found: str, message: str | None = None) -> CheckFailed:
        return CheckFailed(name, found=found, expected=wanted, cell=answer.cell, message=message)

    if not isinstance(answer.value, list):
        raise unmet(f"{spell(answer.value):.80}")
    several = next((entry for entry in answer.value if isinstance(entry, list) and len(entry) != 1), None)
    if several is not None:
        raise unmet(f"{len(several)} entries for a picture")
    labels = [_label(entry) for entry in answer.value]
    if None in labels:
        raise unmet(f"{spell(answer.value):.80}")
    if len(labels) != len(expected):
        raise unmet(f"{len(labels)} labels")
    wrong = [str(place) for place, (one, right) in enumerate(zip(labels, expected, strict=True), 1) if one != right]
    if not wrong:
        return
    found = spell(answer.value)
    if len(set(labels)) == 1:
        raise unmet(found, f"{name}: every picture gets the label {labels[0]}; this rule tells nothing apart.")
    if len(wrong) == len(labels):
        raise unmet(found, f"{name}: every picture gets the other class's label; the rule is turned round.")
    raise unmet(found, f"{name}: not right yet for picture{'s' * (len(wrong) > 1)} {', '.join(wrong)}.")


def _label(entry: Value) -> int | None:
    """The label that an entry is, itself or alone in its row; None for anything but 0 and 1."""
    value = entry[0] if isinstance(entry, list) else entry
    return int(value) if isinstance(value, bool | int | float) and value in (0, 1) else None
