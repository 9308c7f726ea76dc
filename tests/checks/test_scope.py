"""Which cells an exercise is judged on."""

from __future__ import annotations

from fairmark.checks.scope import Scope
from fairmark.evidence import Cell, NamesBound

GIVEN, FIRST, OWN, SECOND, LATER = range(1, 6)
CELLS = (
    Cell(position=GIVEN, number=1, role="locked", source="epochs = 1"),
    Cell(position=FIRST, number=2, role="exercise", exercise="first", source="epochs = 2"),
    Cell(position=OWN, number=3, role="added", source="epochs = 3"),
    Cell(position=SECOND, number=4, role="exercise", exercise="second", source="steps = 4"),
    Cell(position=LATER, number=5, role="added", source="epochs = 5"),
)


def bound(*cells: int) -> list[NamesBound]:
    return [NamesBound(cell=cell, values={"epochs": cell}) for cell in cells]


def in_force(exercise: str, *cells: int, second: str = "steps = 4") -> int | None:
    changed = [cell.model_copy(update={"source": second}) if cell.position == SECOND else cell for cell in CELLS]
    event = Scope(changed, exercise).in_force("epochs", bound(*cells))
    return None if event is None else event.cell


def test_cells_are_told_apart() -> None:
    scope = Scope(CELLS, "first")
    assert (scope.own, scope.answers, scope.shared) == ({FIRST}, {FIRST, SECOND}, {GIVEN, FIRST, SECOND})
    assert [scope.rank(cell) for cell in (GIVEN, FIRST, OWN)] == [1, 2, 0]
    assert Scope(CELLS, "").own == frozenset()


def test_a_cell_that_did_not_run_is_no_cell_of_the_exercise() -> None:
    stub = CELLS[1].model_copy(update={"touched": False})
    assert Scope([CELLS[0], stub], "first").own == frozenset()


def test_the_nearest_are_the_exercises_own_then_all_exercises_and_given_cells_then_all() -> None:
    scope = Scope(CELLS, "first")
    assert [one.cell for one in scope.nearest(bound(GIVEN, FIRST, OWN))] == [FIRST]
    assert [one.cell for one in scope.nearest(bound(GIVEN, OWN, SECOND))] == [GIVEN, SECOND]
    assert [one.cell for one in scope.nearest(bound(OWN, LATER))] == [OWN, LATER]
    assert scope.nearest(bound()) == []


def test_a_name_stands_for_what_the_exercise_bound() -> None:
    assert in_force("first", GIVEN, FIRST, SECOND) == FIRST
    assert in_force("second", GIVEN, FIRST) == FIRST
    assert in_force("first", OWN, LATER) == LATER
    assert in_force("first") is None


def test_an_own_cell_counts_if_an_exercise_behind_it_reads_the_name() -> None:
    assert in_force("first", FIRST, OWN, second="steps = epochs") == OWN
    assert in_force("first", FIRST, OWN, second="steps = 4  # epochs") == FIRST
    assert in_force("first", FIRST, LATER, second="steps = epochs") == FIRST


def test_an_own_cell_does_not_count_if_the_name_is_bound_anew_before_it_is_read() -> None:
    assert in_force("first", FIRST, OWN, SECOND, second="epochs = 4; steps = epochs") == FIRST


def test_a_name_is_gone_on_with_where_an_exercise_or_a_given_cell_behind_reads_it() -> None:
    shown = [CELLS[2], CELLS[0].model_copy(update={"position": SECOND, "source": "model.summary()"}), CELLS[4]]
    assert Scope(shown, "first").is_gone_on_with("model", OWN)
    assert not Scope(shown, "first").is_gone_on_with("model", SECOND)
    own = [*shown[:1], shown[1].model_copy(update={"role": "added"})]
    assert not Scope(own, "first").is_gone_on_with("model", OWN)


def test_text_that_is_not_python_reads_nothing() -> None:
    assert in_force("first", FIRST, OWN, second="steps = epochs (") == FIRST
