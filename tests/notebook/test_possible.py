"""What a notebook's text can do: the calls that cells reach, and the values that arguments can have."""

from __future__ import annotations

from fairmark.evidence import Cell
from fairmark.notebook.possible import Possible, read_possible


def cells(*sources: str) -> list[Cell]:
    return [
        Cell(position=position, number=position, role="added", source=source)
        for position, source in enumerate(sources, start=1)
    ]


def test_calls_of_a_cell_have_names_places_and_arguments() -> None:
    reading = read_possible(cells("x = 1", "\nmodel.fit(train, epochs=15)", "model.fit(train, epochs=99)"))
    (call,) = reading.calls_from([2])
    assert (call.cell, call.line, "fit" in call.names) == (2, 2, True)
    assert call.argument("epochs") == Possible(constants=frozenset({15}))
    assert call.argument("verbose") is None


def test_a_name_has_the_values_that_the_cells_bind_it_to() -> None:
    reading = read_possible(cells("steps = 10", "steps = 12", "print(steps)"))
    assert reading.bound("steps", [1]).constants == {10}
    assert reading.bound("steps", [1, 2]).constants == {10, 12}
    assert reading.bound("steps", [3]) == Possible()
