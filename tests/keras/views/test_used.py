"""What a name stood for when ``fit`` went by it."""

from __future__ import annotations

import pytest
from recorded import PREDICTION, STEPS, TRAINING, right_answer, submission, view

from fairmark.evidence import FitStarted, NamesBound
from fairmark.keras.views.used import names_given_to_fit


def given(source: str, **others: str) -> set[str]:
    cells = submission({"training": source, **others}).cells
    fit = view().judged_fit
    assert isinstance(fit, FitStarted)
    return names_given_to_fit(fit, cells)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("model.fit(x, steps_per_epoch=n)\nn = 3\nprint(y)", {"x", "n"}),
        ("options = dict(steps_per_epoch=n)\nmodel.fit(x, **options)", {"x", "options", "dict", "n"}),
        ("n = a // b\nhistory = model.fit(x, steps_per_epoch=n)", {"x", "n", "a", "b"}),
        ("def train():\n    return model.fit(x)\ntrain()", {"x"}),
    ],
)
def test_names_given_to_fit_are_those_of_its_arguments_and_of_what_they_are_worked_out_from(
    source: str, expected: set[str]
) -> None:
    assert given(source) == expected


def test_a_call_that_stands_in_another_cell_is_found() -> None:
    assert given("train()", layers="def train():\n    model.fit(x, epochs=n)") == {"x", "n"}


def answer(*bound: NamesBound, exercise: str = "steps", **edits: object) -> object:
    return view(right_answer(also=bound, **edits), exercise).answer("steps_per_epoch").value  # type: ignore[arg-type]


def test_what_was_bound_after_fit_went_by_it_does_not_count() -> None:
    wrong = {"values": {"steps_per_epoch": 3, "validation_steps": 8}}
    for cell in (TRAINING, PREDICTION):
        assert answer(NamesBound(cell=cell, values={"steps_per_epoch": 8}), steps=wrong) == 3


def test_what_was_bound_before_in_the_same_cell_counts_as_it_was() -> None:
    used = NamesBound(cell=STEPS, moment="fit", values={"steps_per_epoch": 3})
    fit = {"cell": STEPS}
    sources = {"steps": "steps_per_epoch = 3\nmodel.fit(x, steps_per_epoch=steps_per_epoch)\nsteps_per_epoch = 8"}
    evidence = right_answer(sources=sources, fit=fit, without=["steps"])
    events = [stamped for stamped in evidence.run.events if stamped.event.kind != "names_bound"]
    place = next(n for n, stamped in enumerate(events) if isinstance(stamped.event, FitStarted))
    later = NamesBound(cell=STEPS, values={"steps_per_epoch": 8})
    put = [events[place].model_copy(update={"event": event}) for event in (used, later)]
    told = (*events[:place], put[0], events[place], put[1], *events[place + 1 :])
    run = evidence.run.model_copy(update={"events": told})
    assert view(evidence.model_copy(update={"run": run}), "steps").answer("steps_per_epoch").value == 3


def test_a_name_that_fit_is_not_given_is_what_it_was_bound_to_last() -> None:
    also = NamesBound(cell=PREDICTION, values={"probability": 0.3})
    assert view(right_answer(also=[also]), "prediction").answer("probability").value == 0.3
