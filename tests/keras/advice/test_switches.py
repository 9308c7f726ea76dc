"""A switch back to TensorFlow 1 is named by a quick check, which trains nothing and so meets no error."""

from __future__ import annotations

import pytest

from fairmark.evidence import Cell
from fairmark.keras.advice import switch_in


def cells(*sources: str) -> list[Cell]:
    return [
        Cell(position=position, number=2 * position, role="added", source=source)
        for position, source in enumerate(sources, start=1)
    ]


@pytest.mark.parametrize(
    "call",
    ["tf.compat.v1.disable_eager_execution()", "disable_v2_behavior()", "tf.compat.v1.disable_v2_tensorshape()"],
)
def test_the_line_and_the_cell_of_a_switch_are_named(call: str) -> None:
    advice = switch_in(cells("import tensorflow as tf", f"epochs = 2\n{call}"))
    assert advice is not None
    assert advice.cause.startswith(f"Line 2 of cell 4 calls `{call.rpartition('.')[2]}`: TensorFlow then works")
    assert advice.mend == "Take that line out; nothing has to stand in its place."


@pytest.mark.parametrize(
    "source",
    [
        "# tf.compat.v1.disable_eager_execution()",
        "print('disable_eager_execution()')",
        "if False:\n    tf.compat.v1.disable_eager_execution()",
        "tf.executing_eagerly()",
    ],
)
def test_a_switch_that_is_not_called_is_none(source: str) -> None:
    assert switch_in(cells(source)) is None
