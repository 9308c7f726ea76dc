"""Large constants in a notebook's text are told to a person."""

from __future__ import annotations

import pytest
from recorded import submission

from fairmark.notebook.constants import large_constants_in

SHARE = "abcdefgh" * 1500


@pytest.mark.parametrize(
    "source",
    [
        f"kept = '{SHARE * 2}'",
        f"kept = ('{SHARE}', b'{SHARE}')",
        f"kept = [{', '.join(['0.123456'] * 3000)}]",
        f"%%writefile kept.txt\n{SHARE * 2}",
        f"'''{SHARE * 2}'''",
    ],
)
def test_texts_and_numbers_written_out_are_flagged_with_the_cell(source: str) -> None:
    [flag] = large_constants_in(submission({"training": source}).cells)
    assert flag.kind == "large_constants"
    assert flag.cell == 12


def test_those_of_several_cells_are_counted_together() -> None:
    flags = list(large_constants_in(submission({"layers": f"a = '{SHARE}'", "training": f"b = '{SHARE}'"}).cells))
    assert [flag.kind for flag in flags] == ["large_constants"]


def test_long_code_and_given_cells_are_not() -> None:
    assert list(large_constants_in(submission({"training": "x = y + z\n" * 5000}).cells)) == []
    assert list(large_constants_in(submission({"training": "steps_of_an_epoch = epochs\n" * 5000}).cells)) == []
    assert list(large_constants_in(submission({"imports": f"kept = '{SHARE * 3}'"}).cells)) == []
    assert list(large_constants_in(submission({"steps": f"kept = '{SHARE * 3}'"}, ["steps"]).cells)) == []


def test_names_carry_as_much_as_texts() -> None:
    names = "".join(f"kept.a{number:040x}\n" for number in range(1000))
    [flag] = large_constants_in(
        submission({"training": f"def weights():\n{names}".replace("\nkept", "\n    kept")}).cells
    )
    assert flag.kind == "large_constants"
