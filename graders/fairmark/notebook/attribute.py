"""Which exercise a cell of the student's own answers, where the exercise's own cell does not.

Students write below an untouched stub, at the end of the notebook, or in a new cell after deleting the old one. Such a
cell is taken for the answer to

1. the exercise whose answer it is most like in what it binds, defines and calls, if that has no answer yet, or lacks
   what it gives, or is given anew by it: an experiment with parts of an answer is none;
2. else the unanswered exercise whose stub it stands below, up to the next cell that was given out;
3. and a cell directly below an answer that lacks something goes with it, if it does just that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from fairmark.notebook.master import Master, MasterCell
from fairmark.notebook.match import FileCell
from fairmark.notebook.traits import Traits, Wanted, is_scribble, traits_of, wanted_for

__all__ = ["attribute"]


def attribute(
    cells: Sequence[FileCell], known: Mapping[int, MasterCell], answered: frozenset[str], master: Master
) -> dict[int, str]:
    """For each of the student's own cells that answers an exercise, by ``place``, which one.

    ``known`` are the cells that stand for one of the master's, by ``place``; ``answered`` the exercises among them
    whose cell was touched. Linear in the cells, for each exercise.
    """
    wanted = wanted_for(master)
    traits = {cell.place: traits_of(cell.source) for cell in cells}
    above = _exercise_above(cells, known, master)
    found: dict[int, str] = {}
    so_far = _SoFar(wanted)
    for cell in cells:
        if cell.place in known or not cell.source.strip():
            continue
        own, stub = traits[cell.place], above.get(cell.place)
        exercise = _by_likeness(own, wanted.values(), answered, stub, {*found.values()})
        if exercise is not None and not so_far.is_furthered_by(exercise, own):
            exercise = None  # an experiment
        if exercise is None and not is_scribble(cell.source) and not so_far.is_whole(stub):
            exercise = _by_place(own, wanted, answered, stub)
        if exercise is not None:
            found[cell.place] = exercise
            so_far.add(exercise, own)
    return found | _completing(cells, known, above, wanted, traits, found)


class _SoFar:
    """What has been found of each exercise's answer, cell by cell."""

    def __init__(self, wanted: Mapping[str, Wanted]) -> None:
        self._wanted = wanted
        self._has: dict[str, Traits] = {}
        self._likeness: dict[str, float] = {}

    def add(self, exercise: str, traits: Traits) -> None:
        self._has[exercise] = self._has.get(exercise, Traits()) | traits
        self._likeness[exercise] = max(self._likeness.get(exercise, 0.0), self._wanted[exercise].likeness(traits))

    def is_furthered_by(self, exercise: str, traits: Traits) -> bool:
        """Whether a cell of these traits is the first of the answer, gives what it lacks, or gives it anew: is as much
        like it as those before it. An experiment with parts of what was answered is none of it."""
        if exercise not in self._has:
            return True
        wanted = self._wanted[exercise]
        lacking = wanted.lacks(self._has[exercise])
        return bool(lacking.shared(traits)) or wanted.likeness(traits) >= self._likeness[exercise]

    def is_whole(self, exercise: str | None) -> bool:
        """Whether the answer is known to lack nothing."""
        wanted = self._wanted.get(exercise or "")
        if wanted is None or wanted.answer is None or wanted.exercise not in self._has:
            return False
        return not wanted.lacks(self._has[wanted.exercise]).count


def _by_likeness(
    found: Traits, wanted: Iterable[Wanted], answered: frozenset[str], above: str | None, given: set[str]
) -> str | None:
    """Of exercises whose answers are alike, the one it stands below, then the first that was given no cell yet."""
    rated = [
        (one.likeness(found), one.exercise not in answered, one.exercise == above, one.exercise not in given, one)
        for one in wanted
    ]
    likeness, is_open, *_, best = max(rated, key=lambda item: item[:4])
    return best.exercise if likeness and is_open else None


def _by_place(found: Traits, wanted: Mapping[str, Wanted], answered: frozenset[str], above: str | None) -> str | None:
    if above is None or above in answered:
        return None
    rivals = (wanted[exercise].likeness(found) for exercise in answered)
    return None if any(rivals) else above


def _exercise_above(cells: Sequence[FileCell], known: Mapping[int, MasterCell], master: Master) -> dict[int, str]:
    """For the cells that stand for none of the master's, by ``place``: the exercise whose cell they stand below, or in
    whose place they stand where the file has lost it."""
    exercises = {cell.grade_id: cell.exercise for cell in master.code_cells if cell.exercise}
    present = {cell.grade_id for cell in known.values()}
    lost: dict[str, str] = {}
    previous: str | None = None
    for cell in master.code_cells:
        if cell.grade_id in present:
            previous = cell.grade_id
        elif cell.exercise is not None and previous is not None:
            lost.setdefault(previous, cell.exercise)  # the first of several that are gone
    found: dict[int, str] = {}
    last: str | None = None
    for file_cell in cells:
        stands_for = known.get(file_cell.place)
        if stands_for is not None:
            last = stands_for.grade_id
            continue
        exercise = None if last is None else exercises.get(last) or lost.get(last)
        if exercise is not None:
            found[file_cell.place] = exercise
    return found


def _completing(
    cells: Sequence[FileCell],
    known: Mapping[int, MasterCell],
    above: Mapping[int, str],
    wanted: Mapping[str, Wanted],
    traits: Mapping[int, Traits],
    taken: Mapping[int, str],
) -> dict[int, str]:
    """Cells below an answer that give what it lacks."""
    has: dict[str, Traits] = {}
    found: dict[int, str] = {}
    for cell in cells:
        stands_for = known.get(cell.place)
        exercise = stands_for.exercise if stands_for is not None else taken.get(cell.place)
        if exercise is not None:
            has[exercise] = has.get(exercise, Traits()) | traits[cell.place]
            continue
        exercise = above.get(cell.place)
        if exercise is None or exercise not in has or stands_for is not None:
            continue
        lacking = wanted[exercise].lacks(has[exercise])
        if lacking.shared(traits[cell.place]):
            found[cell.place] = exercise
            has[exercise] |= traits[cell.place]
    return found
