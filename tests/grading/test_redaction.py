"""What is kept of a run that had the reference's answers in it: nothing that could say what they are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from recorded import right_answer

from fairmark.evidence import Cell, CellError, CellFinished, NamesBound, Run, Stamped
from fairmark.grading.redaction import MUTED, muted

SECRET = "model.compile(loss='binary_crossentropy', optimizer='rmsprop')"
OWN = Cell(position=1, number=1, role="added", source="answer = 'overfitting'")


def run_of(*events: CellFinished | NamesBound) -> Run:
    return Run(outcome="completed", events=tuple(Stamped(at_seconds=0.0, event=event) for event in events))


def test_what_an_honest_run_says_is_kept_whole() -> None:
    run = right_answer().run
    assert muted(run, [], [run]).events == run.events


def test_what_was_printed_is_not_kept() -> None:
    assert muted(Run(outcome="completed", printed={1: SECRET}), [], []).printed == {}


def test_the_number_that_a_process_ended_with_is_not_kept() -> None:
    ended = Run(outcome="crashed", reason="the notebook's process ended early: exit status 37")
    assert muted(ended, [], []).reason == "the notebook's process ended early"


def test_the_message_of_an_exception_is_not_kept_unless_an_honest_run_raised_it_too() -> None:
    event = CellFinished(cell=1, seconds=1.0, error=CellError(type="ValueError", message=SECRET, line=2))
    (kept,) = muted(run_of(event), [], []).events
    assert kept.event == CellFinished(cell=1, seconds=1.0, error=CellError(type=MUTED, message=MUTED, line=2))
    assert muted(run_of(event), [], [run_of(event)]).events == run_of(event).events


def test_texts_of_the_students_own_notebook_are_kept() -> None:
    event = NamesBound(cell=1, values={"answer": "overfitting", "unsaid": SECRET}, objects={"answer": "model-1"})
    (kept,) = muted(run_of(event), [OWN], []).events
    assert kept.event == NamesBound(
        cell=1, values={"answer": "overfitting", MUTED: MUTED}, objects={"answer": "model-1"}
    )


TEXTS = st.text("QXZ=\n'\"\u202e\x1b", min_size=1)
"""None of them a word that the evidence itself uses."""


@given(st.dictionaries(TEXTS, TEXTS | st.lists(TEXTS) | st.integers(-(2**60), 2**60)))
def test_whatever_it_bound_no_text_gets_through(values: dict[str, str | list[str] | int]) -> None:
    event = NamesBound(cell=1, values=values)  # type: ignore[arg-type]
    (kept,) = muted(run_of(event), [], []).events
    assert isinstance(kept.event, NamesBound)
    texts = [text for value in kept.event.values.values() for text in (value if isinstance(value, list) else [value])]
    assert {text for text in (*kept.event.values, *texts) if isinstance(text, str)} <= {MUTED}
