"""Which cell of a file is which cell of the master, when metadata, order and text may all have changed.

Steps, each looking only at cells the earlier ones left over:

1. locked cells whose text is the author's, by ``grade_id`` and then by the text alone;
2. exercises by ``grade_id``, then by the header comment ``# Exercise: <id>``, then by likeness to the stub;
3. locked cells whose text was changed, by ``grade_id``, then by likeness.

Answers that stand in cells of the student's own are looked for afterwards, in `attribute.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from typing import Literal

from fairmark.notebook.master import MasterCell
from fairmark.notebook.stub import header_of, is_stub_line, is_untouched, same_text, scaffold

__all__ = ["LIKENESS_THRESHOLD", "FileCell", "Found", "likeness", "match_cells"]

LIKENESS_THRESHOLD = 0.6
"""Share of the author's lines that must stand in a cell, in order, for it to be taken for the author's cell. Below it
a scratch cell that repeats a line or two of a stub would be taken for the exercise."""

MIN_LINES_CHARACTERS = 20
"""Author's text shorter than this is too common to be recognised by (``model.fit(``)."""

LEAST_SHARE = 0.5
"""Of a cell's own lines of code, how many must be those of the given cell that it is taken for by likeness: an answer
that holds the two lines of a short given cell is an answer."""

MAX_LINES = 200
MAX_COMPARED = 10
"""Lines of a cell, and cells, that are compared closely: `SequenceMatcher` takes quadratic time."""


@dataclass(frozen=True)
class FileCell:
    """A code cell of the file handed in, or a part of one that holds several exercises.

    ``place`` counts these from 0, ``number`` all cells of the file from 1; ``grade_id`` is None where missing."""

    place: int
    number: int
    source: str
    grade_id: str | None


@dataclass(frozen=True)
class Found:
    """The cell that stands for one of the master's, and ``copies`` of it, which do not. ``likeness`` is 0 to 1."""

    cell: FileCell
    by: Literal["grade_id", "text", "header", "likeness"]
    likeness: float = 1.0
    copies: tuple[FileCell, ...] = ()


@dataclass
class _Search:
    """The state of one match: cells by ``place``, results by the master's ``grade_id``."""

    master: tuple[MasterCell, ...]
    unclaimed: dict[int, FileCell] = field(default_factory=dict)
    found: dict[str, Found] = field(default_factory=dict)
    by_grade_id: dict[str, list[FileCell]] = field(default_factory=dict)

    def claim(self, grade_id: str, found: Found) -> None:
        self.found[grade_id] = found
        for cell in (found.cell, *found.copies):
            self.unclaimed.pop(cell.place, None)

    def missing(self, kind: str) -> list[MasterCell]:
        return [cell for cell in self.master if cell.kind == kind and cell.grade_id not in self.found]

    def unnamed(self) -> list[FileCell]:
        """Cells that neither stand for something yet nor carry the ``grade_id`` of a cell of the master."""
        return [cell for cell in self.unclaimed.values() if cell.grade_id not in self.by_grade_id]


def match_cells(cells: Iterable[FileCell], master: tuple[MasterCell, ...]) -> dict[str, Found]:
    """For each code cell of ``master`` that is in ``cells``, by its ``grade_id``, the cell that stands for it.

    A master's cell that is not found has no entry. No cell of the file appears twice.
    """
    search = _Search(master, by_grade_id={cell.grade_id: [] for cell in master})
    for cell in _with_trusted_grade_ids(list(cells), master):
        search.unclaimed[cell.place] = cell
        if cell.grade_id in search.by_grade_id:
            search.by_grade_id[cell.grade_id].append(cell)
    _match_unchanged_locked(search)
    _match_exercises_by_name(search)
    _match_by_likeness(search, "exercise")
    _match_changed_locked(search)
    _match_by_likeness(search, "locked")
    return search.found


def _with_trusted_grade_ids(cells: list[FileCell], master: tuple[MasterCell, ...]) -> list[FileCell]:
    """The cells, without the ``grade_id`` of those that got another cell's id.

    Merging two cells keeps the upper one's metadata, and splitting them again gives it to both halves: an answer can
    so come to carry a locked cell's id, or that of another exercise. It is believed to be what its header says where
    no cell carries that exercise's own id. A given cell can come to carry an exercise's id in the same way.
    """
    wanted = {cell.grade_id: cell for cell in master}
    carried: set[str] = {cell.grade_id for cell in cells if cell.grade_id in wanted}
    given = {"".join(cell.source.split()) for cell in master if cell.kind == "locked" and cell.grade_id not in carried}
    trusted: list[FileCell] = []
    for cell in cells:
        named = wanted.get(cell.grade_id or "")
        headed = wanted.get(header_of(cell.source) or "")
        if named and named is not headed:
            is_answer = headed and headed.exercise and headed.grade_id not in carried
            is_given = "".join(cell.source.split()) in given
            if is_given or (is_answer and not (named.kind == "locked" and same_text(cell.source, named.source))):
                trusted.append(replace(cell, grade_id=None))
                continue
        trusted.append(cell)
    return trusted


def _match_unchanged_locked(search: _Search) -> None:
    for wanted in search.missing("locked"):
        named = search.by_grade_id[wanted.grade_id]
        unchanged = [cell for cell in named if same_text(cell.source, wanted.source)]
        if unchanged:
            others = tuple(cell for cell in named if cell is not unchanged[0])
            search.claim(wanted.grade_id, Found(unchanged[0], "grade_id", copies=others))
    texts: dict[str, list[FileCell]] = {}
    for cell in search.unnamed():
        texts.setdefault("".join(cell.source.split()), []).append(cell)
    for wanted in search.missing("locked"):
        alike = texts.get("".join(wanted.source.split()), [])
        if alike and not search.by_grade_id[wanted.grade_id]:
            search.claim(wanted.grade_id, Found(alike.pop(0), "text"))


def _match_exercises_by_name(search: _Search) -> None:
    """Of several cells for one exercise the first with an answer counts: one with ``grade_id`` and header before one
    with the ``grade_id`` alone, and that before one with the header alone."""
    headed: dict[str | None, list[FileCell]] = {}
    for cell in search.unnamed():
        headed.setdefault(header_of(cell.source), []).append(cell)
    for wanted in search.missing("exercise"):
        named = sorted(search.by_grade_id[wanted.grade_id], key=lambda cell: header_of(cell.source) != wanted.grade_id)
        candidates = named + headed.get(wanted.grade_id, [])
        if candidates:
            chosen = next((cell for cell in candidates if not _untouched(cell, wanted)), candidates[0])
            copies = tuple(cell for cell in candidates if cell is not chosen)
            search.claim(wanted.grade_id, Found(chosen, "grade_id" if chosen in named else "header", copies=copies))


def _match_changed_locked(search: _Search) -> None:
    for wanted in search.missing("locked"):
        named = [cell for cell in search.by_grade_id[wanted.grade_id] if cell.place in search.unclaimed]
        if named:
            search.claim(wanted.grade_id, Found(named[0], "grade_id", copies=tuple(named[1:])))


def _match_by_likeness(search: _Search, kind: Literal["locked", "exercise"]) -> None:
    for wanted in search.missing(kind):
        best = _most_alike(wanted, search.unnamed())
        if best is not None:
            search.claim(wanted.grade_id, best)


def _most_alike(wanted: MasterCell, cells: list[FileCell]) -> Found | None:
    if wanted.exercise is not None:
        for cell in cells:
            if any(is_stub_line(line, wanted.exercise) and "raise" in line for line in cell.source.split("\n")):
                return Found(cell, "likeness")
    lines = _lines(wanted)
    if sum(map(len, lines)) < MIN_LINES_CHARACTERS:
        return None
    shared = [(_share_of_lines(lines, cell.source), cell) for cell in cells]
    close = sorted((item for item in shared if item[0] >= LIKENESS_THRESHOLD), key=lambda item: -item[0])
    if wanted.kind == "locked":
        close = [item for item in close if _share_of_code(lines, item[1].source) >= LEAST_SHARE]
    measured = [(likeness(lines, cell.source), cell) for _, cell in close[:MAX_COMPARED]]
    if not measured:
        return None
    value, best = max(measured, key=lambda item: item[0])
    return Found(best, "likeness", value) if value >= LIKENESS_THRESHOLD else None


def _lines(wanted: MasterCell) -> list[str]:
    return scaffold(wanted.source, wanted.exercise or "")[:MAX_LINES]


def _share_of_lines(lines: list[str], source: str) -> float:
    """An upper bound of `likeness` that takes linear time."""
    present = {line.strip() for line in source.split("\n")}
    return sum(line in present for line in lines) / len(lines)


def _share_of_code(lines: list[str], source: str) -> float:
    """How much of the code in ``source``, comments and blank lines aside, are ``lines``."""
    code = [stripped for line in source.split("\n") if (stripped := line.strip()) and not stripped.startswith("#")]
    return sum(line in lines for line in code) / len(code) if code else 0.0


def likeness(lines: list[str], source: str) -> float:
    """The share of ``lines`` that stand in ``source`` in their order, 0 to 1; indentation and blank lines aside."""
    if not lines:
        return 0.0
    present = [line.strip() for line in source.split("\n") if line.strip()][:MAX_LINES]
    blocks = SequenceMatcher(None, lines, present, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks) / len(lines)


def _untouched(cell: FileCell, wanted: MasterCell) -> bool:
    return is_untouched(cell.source, stub=wanted.source, exercise=wanted.grade_id)
