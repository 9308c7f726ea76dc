"""Markers: the lines by which authors' tools say what of a notebook is the answer, and what is not for students at all.

nbgrader encloses solutions, hidden tests and mark schemes (``### BEGIN SOLUTION``); Otter Assign encloses solutions,
prompts, tests and what it ignores, whole cells by raw cells (``# BEGIN TESTS``) and parts of one by comments, and marks
single lines (``x = 5 # SOLUTION``); the courses of DeepLearning.AI write ``### START CODE HERE ###``. Sources:
nbgrader's preprocessors ClearSolutions, ClearHiddenTests and ClearMarkScheme; Otter's ``otter/assign/solutions.py`` and
``blocks.py``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = ["LINE_MARKER", "Marker", "Part", "boundary_of", "marker_in", "marker_left_in"]

Part: TypeAlias = Literal[
    "solution", "mark scheme", "hidden tests", "tests", "test config", "prompt", "question", "ignore"
]


@dataclass(frozen=True)
class Marker:
    """A line that opens or closes ``part``; ``words`` is the line as it stands, without the space around it."""

    part: Part
    opens: bool
    words: str


_OPENING: dict[Part, str] = {
    "solution": r"BEGIN\s*SOLUTION|(?:START|BEGIN)\s+(?:YOUR\s+CODE|CODE\s+HERE)|YOUR\s+CODE\s+STARTS\s+HERE",
    "mark scheme": r"BEGIN\s+MARK\s+SCHEME",
    "hidden tests": r"BEGIN\s+HIDDEN\s+TESTS?",
    "tests": r"BEGIN\s+TESTS?",
    "test config": r"BEGIN\s+TEST\s+CONFIG",
    "prompt": r"BEGIN\s+PROMPT",
    "question": r"BEGIN\s+QUESTION",
    "ignore": r"BEGIN\s+(?:IGNORE|PLUGIN)",
}
_CLOSING: dict[Part, str] = {
    part: re.sub(r"BEGIN|\(\?:START\|BEGIN\)", "END", words).replace("STARTS", "ENDS")
    for part, words in _OPENING.items()
}
_LEAD = r"""^\s*(?:["']{3}\s*;?\s*)?(?P<comment>[#=\-*_<!]*)\s*"""
_PATTERNS: list[tuple[Part, bool, re.Pattern[str]]] = [
    (part, opens, re.compile(rf"{_LEAD}(?P<words>{words})\b(?!\s+CONFIG)(?P<rest>.*)", re.IGNORECASE))
    for opens, table in ((True, _OPENING), (False, _CLOSING))
    for part, words in table.items()
]

_COMMENTED = re.compile(
    r"#\s*(?:(?:BEGIN|END)\s*SOLUTION|(?:BEGIN|END)\s+(?:MARK\s+SCHEME|HIDDEN\s+TESTS?)|(?:START|END)\s+CODE\s+HERE)",
    re.IGNORECASE,
)
_CAPITALS = re.compile(
    r"\b(?:BEGIN|END)\s+(?:SOLUTION|MARK SCHEME|HIDDEN TESTS?|TESTS?|TEST CONFIG|PROMPT|QUESTION|IGNORE)\b"
    r"|\b(?:START|END) CODE HERE\b"
)
_PROSE = re.compile(r"\s*[^\W\d_]")
"""What goes on in words after "begin tests" is a sentence or a heading."""
LINE_MARKER = re.compile(r"\s*#\s?(?P<what>SOLUTION(?:\s+NO\s+PROMPT)?|IGNORE|SEED|HIDDEN)\s*$")
"""What ends a single line that is no part of what students get, as Otter marks it."""

_BOUNDARY = re.compile(r"#*\s*(?P<side>BEGIN|END)\s+(?P<part>SOLUTION|PROMPT|TESTS?|QUESTION)\b", re.IGNORECASE)
_CONFIG = re.compile(r"#*\s*ASSIGNMENT\s+CONFIG\b", re.IGNORECASE)


def marker_in(line: str) -> Marker | None:
    """The marker that ``line`` is; None for any other line, and for one that has text before the marker."""
    for part, opens, pattern in _PATTERNS:
        found = pattern.match(line)
        if found is not None and (found["words"].isupper() or (found["comment"] and not _PROSE.match(found["rest"]))):
            return Marker(part, opens, line.strip())
    return None


def boundary_of(first_line: str) -> Marker | None:
    """What a raw cell that begins with this line opens or closes, as Otter reads it; None where it is no boundary."""
    found = _BOUNDARY.match(first_line)
    if found is None:
        return None
    word = found["part"].lower()
    parts: dict[str, Part] = {"solution": "solution", "prompt": "prompt", "question": "question"}
    return Marker(parts.get(word, "tests"), found["side"].upper() == "BEGIN", first_line.strip())


def marker_left_in(cell_type: str, source: str) -> str | None:
    """The first line of a cell for students that says that something in it is not for them; None where none does."""
    for line in source.split("\n"):
        marker = marker_in(line)
        if marker is not None and marker.part == "question" and cell_type == "markdown":
            continue  # Otter's exporter prints what stands between these; it is for students
        if marker or _COMMENTED.search(line) or _CAPITALS.search(line):
            return line.strip()
        ending = LINE_MARKER.search(line) if cell_type == "code" else None
        if ending is not None and ending["what"] != "SEED":  # which many write, and gives nothing away
            return line.strip()
        if cell_type == "raw" and (boundary_of(line) or _CONFIG.match(line)):
            return line.strip()
    return None
