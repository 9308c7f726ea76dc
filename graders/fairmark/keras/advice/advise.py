"""From an error and the cell that raised it to advice, and to what the student reads."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fairmark.advice.sentence import Advice
from fairmark.advice.text import LONGEST_CHARACTERS, layout
from fairmark.evidence import CellError
from fairmark.keras.advice.running import advise_on_running
from fairmark.keras.advice.syntax import advise_on_syntax

__all__ = ["advise", "raised"]

_SYNTAX = ("SyntaxError", "IndentationError", "TabError", "_IncompleteInputError")
_PLACE = re.compile(r" \((?:/|[A-Za-z]:\\|unknown location)[^()\n]*\)\Z")
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]{4,16}\b")
_LONGEST_SAID_CHARACTERS = 160


def advise(error: CellError, source: str, earlier: Sequence[str] = ()) -> Advice | None:
    """What the error in the cell ``source`` comes from and how to mend it; None where nothing typical is found.

    ``earlier`` are the texts of the cells above, as the student wrote them: misspelt names are compared with theirs,
    and advice may quote those names. Never raises, whatever the texts; at most 20,000 characters of each are read.
    """
    cell = layout(source)
    if error.type in _SYNTAX:
        return advise_on_syntax(error, cell, source[:LONGEST_CHARACTERS])
    return advise_on_running(error, cell, source[:LONGEST_CHARACTERS], [text[:LONGEST_CHARACTERS] for text in earlier])


def raised(error: CellError, source: str, earlier: Sequence[str] = ()) -> str:
    """The message for a cell that raised: type, line and text of the error, then cause and mend where they are known.

    The file an import failed in is left out, as are addresses in memory, which differ from run to run; and of a long
    text behind which advice follows all but its first line.
    """
    line = f", line {error.line}" if error.line else ""
    said = _ADDRESS.sub("", _PLACE.sub("", error.message))
    advice = advise(error, source, earlier)
    if advice is None:
        return f"This cell raised {error.type}{line}: {said}"
    said = said.strip().partition("\n")[0]
    said = f"{said[: _LONGEST_SAID_CHARACTERS - 1]}…" if len(said) > _LONGEST_SAID_CHARACTERS else said
    end = "" if said.endswith((".", "!", "?", "…")) else "."
    return f"This cell raised {error.type}{line}: {said}{end} {advice.cause} {advice.mend}"
