"""The restored form of a notebook: given cells that were broken or lost with the author's text, in the author's order.

It is tried only where the notebook as it was handed in loses marks. What is put back: the text of a given cell whose
statements are no longer all there, a given cell that stands nowhere in the file, and the order of the cells that were
handed out. Lines that the student added to a given cell stay; so do imports added to one that is put back, since other
cells may need them. A cell that holds an answer is never replaced, even if it holds a given cell's lines, too.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from fairmark.evidence import Cell, Flag
from fairmark.notebook.handed_in import (
    attribution_flags,
    cell_for,
    listed,
    lost_flags,
    of_cells,
    one_flag,
    stub_for,
)
from fairmark.notebook.master import MasterCell
from fairmark.notebook.match import FileCell
from fairmark.notebook.recognise import Recognised
from fairmark.notebook.statements import holds, imports_lacking

__all__ = ["flags_as_restored", "restored"]


def restored(read: Recognised) -> tuple[Cell, ...] | None:
    """The cells of the restored form; None where there is nothing to restore."""
    if not (_broken(read) or _lost(read) or _moved(read)):
        return None
    slots = _slots(read)
    followers = _followers(read, slots)
    placed = [cell_for(read, cell) for cell in followers.get(-1, ())]
    for slot, master_cell in enumerate(read.master.code_cells):
        placed += _in_its_place(read, master_cell)
        placed += [cell_for(read, cell) for cell in followers.get(slot, ())]
    return tuple(cell.model_copy(update={"position": position}) for position, cell in enumerate(placed, start=1))


def _in_its_place(read: Recognised, master_cell: MasterCell) -> list[Cell]:
    if master_cell.exercise is not None:
        own = [cell_for(read, cell) for cell in read.cells_of(master_cell.exercise)]
        return own or [stub_for(master_cell)]
    cell = _given_cells(read).get(master_cell.grade_id)
    if cell is None:
        if master_cell.grade_id in read.present:
            return []
        return [Cell(position=0, number=None, role="locked", source=master_cell.source)]
    if holds(cell.source, master_cell.source):
        return [cell_for(read, cell)]
    imports = imports_lacking(master_cell.source, cell.source)
    source = "\n".join([master_cell.source, *imports])
    return [Cell(position=0, number=cell.number, role="locked", own_text=bool(imports), source=source)]


def _given_cells(read: Recognised) -> dict[str, FileCell]:
    """The cell that stands for each given one, by its ``grade_id``."""
    return {
        master_cell.grade_id: cell
        for cell in read.cells
        if (master_cell := read.stands_for.get(cell.place)) is not None and master_cell.exercise is None
    }


def _slots(read: Recognised) -> dict[int, int]:
    """Of every cell that was handed out or answers an exercise, by ``place``, which of the master's it belongs to."""
    slot_of = {cell.grade_id: slot for slot, cell in enumerate(read.master.code_cells)}
    exercises = {cell.exercise: slot for slot, cell in enumerate(read.master.code_cells) if cell.exercise}
    given = {place: slot_of[cell.grade_id] for place, cell in read.stands_for.items()}
    return given | {place: exercises[exercise] for place, exercise in read.answers.items()}


def _followers(read: Recognised, slots: dict[int, int]) -> dict[int, list[FileCell]]:
    """The student's other cells, by the slot of the cell they stand after; -1 for those before any."""
    followers: dict[int, list[FileCell]] = {}
    slot = -1
    for cell in read.cells:
        slot = slots.get(cell.place, slot)
        if cell.place not in slots:
            followers.setdefault(slot, []).append(cell)
    return followers


# --- what differs -----------------------------------------------------------------------------------------------------


def _broken(read: Recognised) -> list[FileCell]:
    """Cells that stand for a given one, and no longer hold all of its statements."""
    given = {cell.grade_id: cell for cell in read.master.code_cells}
    return [cell for grade_id, cell in _given_cells(read).items() if not holds(cell.source, given[grade_id].source)]


def _lost(read: Recognised) -> list[MasterCell]:
    return [cell for cell in read.master.code_cells if cell.kind == "locked" and cell.grade_id not in read.present]


def _moved(read: Recognised) -> list[FileCell]:
    """The cells that come after one that the author has below them."""
    slots = _slots(read)
    known = [cell for cell in read.cells if cell.place in slots]
    return [after for before, after in itertools.pairwise(known) if slots[after.place] < slots[before.place]]


def flags_as_restored(read: Recognised) -> tuple[Flag, ...]:
    """One of all that was undone, and one of answers that had to be looked for."""
    return (*one_flag([*_undone(read), *lost_flags(read)]), *attribution_flags(read))


def _undone(read: Recognised) -> Iterator[Flag]:
    broken, lost, moved = _broken(read), _lost(read), _moved(read)
    if broken:
        said = f"{of_cells(broken)} differ{'s' * (len(broken) == 1)} from the assignment"
        yield Flag(
            kind="locked_cell_changed", message=f"{said}, and ran with the assignment's text.", cell=broken[0].number
        )
    if lost:
        one = len(lost) == 1
        said = f"the given cell{'s' * (not one)} {listed([cell.grade_id for cell in lost])}"
        said = f"The file has no code cell for {said}"
        yield Flag(kind="cell_missing", message=f"{said}, which ran with the assignment's text.")
    if moved:
        said = f"From cell {moved[0].number} on the cells are not in the assignment's order, which was restored."
        yield Flag(kind="cells_reordered", message=said, cell=moved[0].number)
