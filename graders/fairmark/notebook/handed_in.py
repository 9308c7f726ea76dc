"""A notebook as it was handed in: the student's own text in the student's own order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fairmark.evidence import Cell, Flag
from fairmark.notebook.master import MasterCell
from fairmark.notebook.match import FileCell
from fairmark.notebook.recognise import Recognised
from fairmark.notebook.statements import holds, same_code
from fairmark.notebook.stub import header_of

__all__ = ["as_handed_in", "cell_for", "flags_as_handed_in", "listed", "of_cells", "one_flag", "stub_for"]


def as_handed_in(read: Recognised) -> tuple[Cell, ...]:
    """Every code cell of the file that holds anything, in its order.

    An exercise that the file has lost has its stub where the master has it: it is not run, and further runs put the
    reference's answer there.
    """
    lost = _lost_exercises(read)
    placed = [stub_for(cell) for cell in lost.get(None, ())]
    for cell in read.cells:
        placed.append(cell_for(read, cell))
        stands_for = read.stands_for.get(cell.place)
        if stands_for is not None:
            placed += [stub_for(one) for one in lost.pop(stands_for.grade_id, ())]
    return tuple(cell.model_copy(update={"position": position}) for position, cell in enumerate(placed, start=1))


def _lost_exercises(read: Recognised) -> dict[str | None, list[MasterCell]]:
    """The exercises without a cell, by the ``grade_id`` of the nearest cell before them that is in the file."""
    in_file = {cell.grade_id for cell in read.stands_for.values()}
    answered = set(read.answers.values())
    lost: dict[str | None, list[MasterCell]] = {}
    before: str | None = None
    for cell in read.master.code_cells:
        if cell.grade_id in in_file:
            before = cell.grade_id
        elif cell.exercise is not None and cell.exercise not in answered:
            lost.setdefault(before, []).append(cell)
    return lost


def stub_for(cell: MasterCell) -> Cell:
    """The stub of an exercise that the file has no cell for."""
    return Cell(position=0, number=None, role="exercise", exercise=cell.exercise, touched=False, source=cell.source)


def cell_for(read: Recognised, cell: FileCell) -> Cell:
    """A cell of the file with its own text."""
    exercise, given = read.answers.get(cell.place), read.stands_for.get(cell.place)
    if exercise is not None:
        return Cell(
            position=0,
            number=cell.number,
            role="exercise",
            exercise=exercise,
            touched=cell.place in read.touched,
            source=cell.source,
        )
    if given is not None:
        own = not same_code(cell.source, given.source)
        return Cell(position=0, number=cell.number, role="locked", own_text=own, source=cell.source)
    return Cell(position=0, number=cell.number, role="added", source=cell.source)


# --- flags ------------------------------------------------------------------------------------------------------------


def flags_as_handed_in(read: Recognised) -> tuple[Flag, ...]:
    """At most one of cells that differ from what was handed out, and one of answers that had to be looked for."""
    return (*one_flag([*_changed(read), *_repeated(read), *lost_flags(read)]), *attribution_flags(read))


def _changed(read: Recognised) -> Iterator[Flag]:
    changed = [
        cell
        for cell in read.cells
        if (given := read.stands_for.get(cell.place)) is not None
        and given.exercise is None
        and cell.source.strip()
        and not holds(cell.source, given.source)
    ]
    if changed:
        message = f"{of_cells(changed)} differ{'s' * (len(changed) == 1)} from the assignment, and ran as handed in."
        yield Flag(kind="locked_cell_changed", message=message, cell=changed[0].number)


def _repeated(read: Recognised) -> Iterator[Flag]:
    """Exercises that are answered more than once, each time in a cell that says it is the one."""
    for exercise in read.master.exercises:
        headed = [
            cell
            for cell in read.cells_of(exercise)
            if cell.place in read.touched and header_of(cell.source) == exercise and not cell.source.isspace()
        ]
        if len(headed) > 1 and any(not same_code(cell.source, headed[0].source) for cell in headed[1:]):
            message = (
                f"The file holds exercise {exercise} more than once: {of_cells(headed, lower=True)}; all of them ran."
            )
            yield Flag(kind="cell_duplicated", message=message, cell=headed[1].number)


def lost_flags(read: Recognised) -> Iterator[Flag]:
    """Exercises of which the file has nothing."""
    if read.uncounted:
        said = [f"cell {cell.number} (exercise {cell.exercise})" for cell in read.uncounted]
        message = f"An answer stands in a text cell and was not run: {listed(said)}."
        yield Flag(kind="answer_in_text_cell", message=message, cell=read.uncounted[0].number)
    present = {*read.answers.values(), *(cell.exercise for cell in read.uncounted)}
    lost = [exercise for exercise in read.master.exercises if exercise not in present]
    if lost:
        one = len(lost) == 1
        named = f"exercise {lost[0]}" if one else f"the exercises {listed(lost)}"
        message = f"The file has no code cell for {named}, which count{'s' * one} as not attempted."
        yield Flag(kind="cell_missing", message=message)


def attribution_flags(read: Recognised) -> Iterator[Flag]:
    """One for all answers that neither metadata nor a header name."""
    by_likeness = {match.cell.place for match in read.found.values() if match.by == "likeness"}
    told = [
        cell
        for cell in read.cells
        if cell.place in read.touched and (cell.place in read.attributed or cell.place in by_likeness)
    ]
    if not told:
        return
    said = [f"{read.answers[cell.place]} in cell {cell.number}" for cell in told]
    message = f"Answers recognised by content and place, for want of a header: {listed(said)}."
    yield Flag(kind="cell_found_again", message=message, cell=told[0].number)


def one_flag(flags: Iterable[Flag]) -> tuple[Flag, ...]:
    """All that is said in one flag, of the first one's kind."""
    parts = list(flags)
    if len(parts) < 2:
        return tuple(parts)
    return (parts[0].model_copy(update={"message": " ".join(flag.message for flag in parts)}),)


def of_cells(cells: Iterable[FileCell], *, lower: bool = False) -> str:
    """``Cell 3``, or ``Cells 3, 5 and 8``."""
    numbers = list(dict.fromkeys(str(cell.number) for cell in cells))
    word = "cell" if lower else "Cell"
    return f"{word}{'s' * (len(numbers) > 1)} {listed(numbers)}"


def listed(words: list[str]) -> str:
    """``a, b and c``; of many the first ten."""
    shown = [*words[:10], "others"] if len(words) > 10 else words
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
