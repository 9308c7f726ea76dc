"""Cells: run one by one as Jupyter would, each to its own end, whatever those before it did."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapes import CELLS, Finished, position

from fairmark.evidence import CellFinished, CellStarted, NamesBound, RecorderFailed, RunFinished, SessionStarted
from fairmark.sandbox.inside.cells import Ran, cell_error, locals_of, names_bound_in

FAILING = ("raises", "no such syntax", "exits", "not text", "asks")


def test_every_cell_is_begun_and_ended_in_order(finished: Finished) -> None:
    everyone = list(range(1, len(CELLS) + 1))
    assert [event.cell for event in finished.all(CellStarted)] == everyone
    assert [event.cell for event in finished.all(CellFinished)] == everyone
    assert isinstance(finished.run.events[-1].event, RunFinished)


def test_a_run_begins_with_what_it_runs_on(finished: Finished) -> None:
    first = finished.run.events[0].event
    assert isinstance(first, SessionStarted)
    assert set(first.software) == {"python", "fairmark", "tensorflow", "keras", "numpy", "pillow"}
    assert (first.numerics, first.seed) == ("float32", 7)


def test_only_cells_that_raised_carry_an_error(finished: Finished) -> None:
    failed = {event.cell for event in finished.all(CellFinished) if event.error is not None}
    assert failed == {position(name) for name in FAILING}
    assert finished.run.outcome == "student_error"


def test_an_exception_is_told_with_its_line_in_the_cell(finished: Finished) -> None:
    assert finished.error("raises") == ("ZeroDivisionError", "division by zero", 3)


def test_what_the_cell_did_before_it_raised_counts(finished: Finished) -> None:
    assert finished.one(NamesBound, "raises").values == {"fine": 1}


def test_wrong_syntax_is_told_with_its_line_and_runs_nothing(finished: Finished) -> None:
    assert finished.error("no such syntax") == ("SyntaxError", "invalid syntax", 2)
    assert finished.all(NamesBound, "no such syntax") == []


def test_sys_exit_ends_its_cell_and_not_the_run(finished: Finished) -> None:
    assert finished.error("exits") == ("SystemExit", "3", 1)


def test_exit_and_quit_end_nothing(finished: Finished) -> None:
    assert finished.one(CellFinished, "quits").error is None


def test_an_error_whose_text_is_not_unicode_is_told_all_the_same(finished: Finished) -> None:
    assert finished.error("not text") == ("FileNotFoundError", "caf?.png", 1)


def test_input_fails_at_once_and_says_why(finished: Finished) -> None:
    kind, message, _ = finished.error("asks")
    assert kind == "RuntimeError"
    assert message == "input() is not available: nobody is there to answer while a notebook is being marked"


def test_shell_commands_and_magics_work(finished: Finished) -> None:
    printed = finished.printed("shell").replace("\r", "")
    assert "a shell said this\n" in printed
    assert "a magic said this\n" in printed


def test_text_belongs_to_the_cell_that_printed_it(finished: Finished) -> None:
    assert "drawn (8, 30, 30, 3)" in finished.printed("generators")
    assert finished.printed("generators").startswith("Found 24 images belonging to 2 classes.")
    for name in FAILING:
        kind, _, _ = finished.error(name)
        assert kind in finished.printed(name)
        assert sum(f"\n{kind}" in f"\n{text}" for text in finished.run.printed.values()) == 1
    assert finished.printed("model") == ""


def test_tracebacks_carry_no_colours(finished: Finished) -> None:
    assert "\x1b" not in finished.printed("raises")


def test_nothing_of_the_recorder_stumbled(finished: Finished) -> None:
    assert finished.all(RecorderFailed) == []


# --- names ------------------------------------------------------------------------------------------------------------


def test_plain_values_are_told_by_name(finished: Finished) -> None:
    values = finished.one(NamesBound, "names").values
    assert values == {"count": 3, "names": ["circles", "squares"], "share": 0.5, "index": 1, "late": 1}


def test_pictures_and_models_are_told_by_what_they_are_called(finished: Finished) -> None:
    assert finished.one(NamesBound, "generators").objects == {
        "training": "pictures-1",
        "validation": "pictures-2",
        "whole": "pictures-3",
    }
    assert finished.one(NamesBound, "names").objects == {"same": "pictures-1"}
    assert finished.one(NamesBound, "model").objects == {"model": "model-1"}


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("a = 1; b, (c, *d) = x", {"a", "b", "c", "d"}),
        ("for i in y:\n    with z as w:\n        v = i", {"i", "w", "v"}),
        ("a: int = 1\na += 1\nif (n := 3): pass", {"a", "n"}),
        ("%time a = 1\n!ls\nb = 2", {"a", "b"}),
        ("x.y = 1; x[0] = 2; print(x)", set()),
        ("a = = 1", set()),
        ("a = 1\0", set()),
        ("(" * 5000, set()),
    ],
)
def test_names_are_those_the_text_of_the_cell_binds(source: str, names: set[str]) -> None:
    assert names_bound_in(source) == names


@given(st.text(st.characters(codec=None, categories=None), max_size=60))
def test_any_text_has_names_or_none(source: str) -> None:
    assert all(isinstance(name, str) for name in names_bound_in(source))


# --- seeds ------------------------------------------------------------------------------------------------------------


def test_two_runs_with_one_seed_begin_with_the_same_weights(finished: Finished) -> None:
    [full], [quick] = (finished.all(NamesBound, "model", run) for run in (finished.run, finished.quick))
    assert full.values == quick.values
    assert full.values["first_weights"]


# --- where an error came through --------------------------------------------------------------------------------------


def raised_in(files: dict[str, str], run: str) -> tuple[BaseException, dict[str, Ran]]:
    """What the text of ``run`` raises, each text run under its file's name, as the shell does."""
    names: dict[str, object] = {}
    ran = {name: Ran(number, source) for number, (name, source) in enumerate(files.items(), start=1)}
    for name, source in files.items():
        try:
            exec(compile(source.lstrip("\n"), name, "exec"), names)
        except Exception as problem:
            if name == run:
                return problem, ran
    raise AssertionError(f"{run} raised nothing")


FILES = {
    "one": "def divide(number):\n    whole = [number]\n    return number / 0\n",
    "two": "\n\ndef halves():\n    return divide(1)\n",
    "three": "halves()",
}


def test_an_error_says_through_which_cells_it_came() -> None:
    problem, ran = raised_in(FILES, "three")
    error = cell_error(problem, FILES["three"], ran)
    assert (error.through, error.lines) == ((3, 2, 1), (1, 4, 3))


def test_lines_count_from_the_top_of_a_cell_that_begins_with_empty_ones() -> None:
    problem, ran = raised_in({"one": "\n\n\n1 / 0"}, "one")
    assert cell_error(problem, "\n\n\n1 / 0", ran).lines == (4,)


def test_a_cell_that_was_passed_through_several_times_in_a_row_is_named_once() -> None:
    source = "def down(n):\n    return down(n - 1) if n else 1 / 0\ndown(5)"
    problem, ran = raised_in({"one": source}, "one")
    error = cell_error(problem, source, ran)
    assert (error.through, error.lines) == ((1,), (2,))


def test_without_files_nothing_is_said_of_it() -> None:
    problem, _ = raised_in(FILES, "three")
    assert cell_error(problem, FILES["three"]).through == ()


def test_what_functions_of_cells_held_is_found_and_nothing_else() -> None:
    problem, ran = raised_in(FILES, "three")
    assert locals_of(problem, ran) == [1, [1]]
    assert locals_of(problem, {}) == []
    plain, files = raised_in({"one": "kept = [1]\n1 / 0"}, "one")
    assert locals_of(plain, files) == []
