"""A file's code cells put back in the master's order: locked cells with the author's text, the rest as handed in."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from fairmark.evidence import Cell, Flag
from fairmark.notebook.master import Master, MasterCell
from fairmark.notebook.match import FileCell, Found, match_cells
from fairmark.notebook.stub import is_untouched, same_text

__all__ = ["Restored", "restore"]


@dataclass(frozen=True)
class Restored:
    """``cells`` in running order, ``flags`` for people, and how many of the exercises have a cell in the file."""

    cells: tuple[Cell, ...]
    flags: tuple[Flag, ...]
    exercises_found: int


def restore(cells: Sequence[FileCell], master: Master) -> Restored:
    """The code cells of a file as they will be run.

    Every code cell of the master is there once, in the master's order. Cells of the student's own follow the cell they
    follow in the file; blank ones are left out. A copy of an exercise that was never touched is kept with ``touched``
    False, for all it would do is raise. Never raises, whatever the cells hold.
    """
    wanted = master.code_cells
    found = match_cells(cells, wanted)
    order = {found[cell.grade_id].cell.number: index for index, cell in enumerate(wanted) if cell.grade_id in found}
    stubs = {copy.number: cell for cell in wanted for copy in _copies(found.get(cell.grade_id)) if cell.exercise}
    followers = _followers(cells, order)

    placed: list[Cell] = []
    for index, master_cell in enumerate((None, *wanted), start=-1):
        if master_cell is not None:
            placed.append(_restored(master_cell, found.get(master_cell.grade_id)))
        placed += [_added(cell, stubs.get(cell.number)) for cell in followers.get(index, ()) if cell.source.strip()]
    numbered = tuple(cell.model_copy(update={"position": position}) for position, cell in enumerate(placed, start=1))
    flags = tuple(itertools.chain(_cell_flags(wanted, found), _order_flags(cells, order)))
    return Restored(numbered, flags, sum(cell.grade_id in found for cell in wanted if cell.kind == "exercise"))


def _copies(found: Found | None) -> tuple[FileCell, ...]:
    return found.copies if found else ()


def _followers(cells: Iterable[FileCell], order: Mapping[int, int]) -> dict[int, list[FileCell]]:
    """The student's own cells by the index of the master's cell they stand after; -1 for those before any."""
    followers: dict[int, list[FileCell]] = {}
    anchor = -1
    for cell in cells:
        if cell.number in order:
            anchor = order[cell.number]
        else:
            followers.setdefault(anchor, []).append(cell)
    return followers


def _restored(master_cell: MasterCell, found: Found | None) -> Cell:
    number = found.cell.number if found else None
    if master_cell.exercise is None:
        return Cell(position=0, number=number, role="locked", source=master_cell.source)
    source = found.cell.source if found else master_cell.source
    touched = found is not None and not is_untouched(source, stub=master_cell.source, exercise=master_cell.exercise)
    return Cell(
        position=0, number=number, role="exercise", exercise=master_cell.exercise, touched=touched, source=source
    )


def _added(cell: FileCell, copy_of: MasterCell | None) -> Cell:
    untouched = copy_of is not None and is_untouched(cell.source, stub=copy_of.source, exercise=copy_of.grade_id)
    return Cell(position=0, number=cell.number, role="added", touched=not untouched, source=cell.source)


# --- flags ------------------------------------------------------------------------------------------------------------


def _cell_flags(wanted: Iterable[MasterCell], found: Mapping[str, Found]) -> Iterable[Flag]:
    for master_cell in wanted:
        name = f"exercise {master_cell.exercise}" if master_cell.exercise else f"locked cell {master_cell.grade_id}"
        match = found.get(master_cell.grade_id)
        if match is None:
            yield _missing_flag(name, master_cell)
            continue
        number = match.cell.number
        if match.by == "likeness":
            message = (
                f"Cell {number} was taken for {name} because it holds {match.likeness:.0%} of its lines; "
                "its metadata and its header comment are gone."
            )
            yield Flag(kind="cell_found_again", message=message, cell=number)
        if match.copies:
            others = _and([f"{cell.number}" for cell in match.copies])
            message = f"The file holds {name} more than once: cell {number} counts, and {others} ran as added."
            yield Flag(kind="cell_duplicated", message=message, cell=match.copies[0].number)
        if master_cell.kind == "locked" and not same_text(match.cell.source, master_cell.source):
            message = f"Cell {number} ({name}) differs from the assignment, and ran with the assignment's text."
            yield Flag(kind="locked_cell_changed", message=message, cell=number)


def _missing_flag(name: str, master_cell: MasterCell) -> Flag:
    outcome = "counts as not attempted" if master_cell.exercise else "ran with the assignment's text"
    return Flag(kind="cell_missing", message=f"The file has no code cell for {name}, which {outcome}.")


def _order_flags(cells: Iterable[FileCell], order: Mapping[int, int]) -> Iterable[Flag]:
    known = [cell.number for cell in cells if cell.number in order]
    for before, after in itertools.pairwise(known):
        if order[after] < order[before]:
            message = f"From cell {after} on the cells are not in the assignment's order, which was restored."
            yield Flag(kind="cells_reordered", message=message, cell=after)
            return


def _and(words: Sequence[str]) -> str:
    shown = list(words[:10]) + (["others"] if len(words) > 10 else [])
    listed = shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
    return f"cell{'s' if len(words) > 1 else ''} {listed}"
