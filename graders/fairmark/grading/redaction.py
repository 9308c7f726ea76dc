"""What may be kept of a run that had the reference's answers in it.

Its notebook can read them, and would like to be asked: in the name of a class, the message of an exception, a value it
binds. So no text is kept but what the student's own notebook says, or an honest run says as well. Numbers stay: a
report quotes few of them, with few digits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import get_args

from pydantic import JsonValue

from fairmark.evidence import EVENT, Cell, CellError, Event, Function, Layer, Run

__all__ = ["MUTED", "muted"]

MUTED = "(not shown)"

_ID = re.compile(r"(?:model|pictures|fit)-\d{1,6}|fit|end")
"""What the recorder calls things and moments."""
_MODELS = (CellError, Function, Layer, *get_args(get_args(Event)[0]))
_FIELDS = frozenset(field for model in _MODELS for field in model.model_fields)
"""Names of the events' own fields, of which any may hold anything."""


def _choices(annotation: object) -> Iterator[str]:
    """The texts of a field that is one of several, such as a moment."""
    for one in get_args(annotation):
        if isinstance(one, str):
            yield one
        else:
            yield from _choices(one)


_CHOICES = frozenset(
    text for model in _MODELS for field in model.model_fields.values() for text in _choices(field.annotation)
)


def muted(run: Run, cells: Iterable[Cell], honest: Iterable[Run]) -> Run:
    """``run`` without what it printed, and with every text in its events blotted out that is neither part of the
    student's ``cells`` nor found in the events of an ``honest`` run."""
    own = "\n".join(cell.source for cell in cells)
    said = {text for other in honest for stamped in other.events for text in _texts(stamped.event.model_dump())}
    known = said | _FIELDS | _CHOICES

    def keeps(text: str) -> bool:
        return text in known or text in own or _ID.fullmatch(text) is not None

    def blot(value: JsonValue) -> JsonValue:
        if isinstance(value, str):
            return value if keeps(value) else MUTED
        if isinstance(value, list | tuple):
            return [blot(item) for item in value]
        if isinstance(value, dict):
            return {key if keeps(key) else MUTED: blot(item) for key, item in value.items()}
        return value

    events = []
    for stamped in run.events:
        event = stamped.event.model_dump()
        blotted = {field: value if field == "kind" else blot(value) for field, value in event.items()}
        events.append(stamped.model_copy(update={"event": EVENT.validate_python(blotted)}))
    # How a process ended may hold a number of its choice.
    reason = "the notebook's process ended early" if run.outcome == "crashed" else run.reason
    return run.model_copy(update={"events": tuple(events), "printed": {}, "reason": reason})


def _texts(value: JsonValue) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _texts(item)
