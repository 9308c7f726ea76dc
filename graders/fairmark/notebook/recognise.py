"""The cells of a file, recognised: which were given out, which answer an exercise, which are the student's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from nbformat import NotebookNode

from fairmark.evidence import Cell
from fairmark.notebook.attribute import attribute
from fairmark.notebook.master import Master, MasterCell
from fairmark.notebook.match import FileCell, Found, match_cells
from fairmark.notebook.placeholders import is_mere_stub
from fairmark.notebook.source import parses
from fairmark.notebook.split import parts_at_headers, parts_by_answers
from fairmark.notebook.statements import holds
from fairmark.notebook.stub import header_of
from fairmark.notebook.traits import traits_of, wanted_for

__all__ = ["Recognised", "recognise"]


@dataclass(frozen=True)
class Recognised:
    """``cells`` in the file's order, blank ones left out; all else by their ``place``.

    ``stands_for``: the master's cell that a cell is, by its metadata, its header or its likeness. ``answers``: the
    exercise that a cell answers or is the stub of; ``touched`` are those that are no mere stub, ``attributed`` those
    that are told by nothing but what they hold and where they stand. ``present``: the ``grade_id`` of each given cell
    that is in the file, be it within another cell. ``uncounted``: answers in cells that do not run.
    """

    master: Master
    cells: tuple[FileCell, ...]
    stands_for: Mapping[int, MasterCell]
    answers: Mapping[int, str]
    touched: frozenset[int]
    attributed: frozenset[int]
    present: frozenset[str]
    uncounted: tuple[Cell, ...]
    found: Mapping[str, Found]

    def cells_of(self, exercise: str) -> list[FileCell]:
        """The cells that answer ``exercise``, its stub among them."""
        return [cell for cell in self.cells if self.answers.get(cell.place) == exercise]

    @property
    def shows_exercises(self) -> bool:
        """Whether the file has a cell of an exercise; or answers to some, among cells that were given out."""
        named = any(cell.exercise for cell in self.stands_for.values())
        return named or bool(self.stands_for and self.attributed)


def recognise(notebook: NotebookNode, master: Master) -> Recognised:
    """What the cells of ``notebook`` are, held against ``master``. Never raises, whatever the cells hold."""
    cells = _placed(part for cell in _file_cells(notebook) for part in parts_at_headers(cell, master))
    read = _recognised(notebook, cells, master)
    parts = _placed(part for cell in cells for part in _parts(cell, read))
    return read if len(parts) == len(cells) else _recognised(notebook, parts, master)


def _parts(cell: FileCell, read: Recognised) -> list[FileCell]:
    """The cell; where it holds answers to exercises that nothing else answers, each by itself."""
    exercise, given = read.answers.get(cell.place), read.stands_for.get(cell.place)
    if given is not None and (given.exercise is None or cell.place not in read.touched):
        return [cell]
    elsewhere = {read.answers[place] for place in read.touched if place != cell.place and place in read.stands_for}
    return parts_by_answers(cell, wanted_for(read.master), elsewhere - {exercise})


def _recognised(notebook: NotebookNode, cells: tuple[FileCell, ...], master: Master) -> Recognised:
    found = match_cells(cells, master.code_cells)
    wanted = {cell.grade_id: cell for cell in master.code_cells}
    stands_for = {
        one.place: wanted[grade_id]
        for grade_id, match in found.items()
        for one in (match.cell, *(match.copies if wanted[grade_id].exercise else ()))
    }
    touched = {
        place for place, cell in stands_for.items() if cell.exercise and not is_mere_stub(cells[place].source, cell)
    }
    answers = {place: cell.exercise for place, cell in stands_for.items() if cell.exercise}
    given = {answers[place] for place in touched}
    attributed = attribute(cells, stands_for, frozenset(given), master)
    answers |= attributed
    touched |= attributed.keys()
    kept = tuple(cell for cell in cells if cell.source.strip() or cell.place in stands_for)
    return Recognised(
        master=master,
        cells=kept,
        stands_for=stands_for,
        answers=answers,
        touched=frozenset(touched),
        attributed=frozenset(attributed),
        present=_present(kept, found, master),
        uncounted=tuple(_uncounted(notebook, master, {answers[place] for place in touched})),
        found=found,
    )


def _present(cells: Sequence[FileCell], found: Mapping[str, Found], master: Master) -> frozenset[str]:
    given = {cell.grade_id: cell for cell in master.code_cells if cell.kind == "locked"}
    broken = {
        match.cell.place
        for grade_id, match in found.items()
        if grade_id in given and not holds(match.cell.source, given[grade_id].source)
    }
    whole = [cell.source for cell in cells if cell.place not in broken]
    lost = [cell for grade_id, cell in given.items() if grade_id not in found]
    within = {cell.grade_id for cell in lost if any(holds(text, cell.source) for text in whole)}
    return frozenset(found.keys() | within)


# --- the file's cells -------------------------------------------------------------------------------------------------


def _file_cells(notebook: NotebookNode) -> Iterable[FileCell]:
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type == "code":
            yield FileCell(0, number, cell.source, _grade_id(cell))


def _placed(cells: Iterable[FileCell]) -> tuple[FileCell, ...]:
    return tuple(replace(cell, place=place) for place, cell in enumerate(cells))


def _grade_id(cell: NotebookNode) -> str | None:
    grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
    return grade_id if isinstance(grade_id, str) else None


# --- answers that do not run ------------------------------------------------------------------------------------------


def _uncounted(notebook: NotebookNode, master: Master, answered: set[str]) -> Iterable[Cell]:
    """Markdown and raw cells that hold the answer to an exercise that no code cell answers."""
    wanted, seen = wanted_for(master), set(answered)
    texts = {"".join(cell.source.split()) for cell in master.cells if cell.cell_type != "code"}
    ids = {cell.grade_id for cell in master.cells if cell.cell_type != "code"}
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type == "code" or _grade_id(cell) in ids or "".join(cell.source.split()) in texts:
            continue
        exercise = _answered_in(cell, master)
        if exercise is None and parses(cell.source):
            traits = traits_of(cell.source)
            rated = [(one.likeness(traits), one.exercise) for one in wanted.values() if one.answer or one.defines]
            best = max(rated, default=(0.0, ""))
            exercise = best[1] if best[0] else None
        if exercise is not None and exercise not in seen:
            seen.add(exercise)
            role: Literal["markdown", "raw"] = "raw" if cell.cell_type == "raw" else "markdown"
            yield Cell(position=0, number=number, role=role, exercise=exercise, source=cell.source)


def _answered_in(cell: NotebookNode, master: Master) -> str | None:
    """By metadata or header, where there is more than the stub."""
    named: dict[str | None, MasterCell] = {one.exercise: one for one in master.code_cells if one.exercise}
    for exercise in (_grade_id(cell), header_of(cell.source)):
        stub = named.get(exercise)
        if stub is not None and cell.source.strip() and not is_mere_stub(cell.source, stub):
            return exercise
    return None
