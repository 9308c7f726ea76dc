"""Names of an older Keras are spelled as Keras 3 does: only known ones, only in functions, only the one that raised."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairmark.keras.facts.respell import respelled, without_switch

UNKNOWN = "Argument(s) not recognized: {'lr': 0.001}"


def function(body: str) -> str:
    return f"def build():\n    {body}\n"


@pytest.mark.parametrize(
    ("body", "message", "now", "subject"),
    [
        ("return RMSprop(lr=0.1)", UNKNOWN, "return RMSprop(learning_rate=0.1)", "optimizer"),
        ("return SGD(lr = 1, decay=1e-6)", "{'decay': 1e-06}", "return SGD(lr = 1, **{})", "optimizer"),
        ("m.fit(x, nb_epoch=2)", "keyword argument 'nb_epoch'", "m.fit(x, epochs=2)", "fit"),
        ("m.fit(x, workers=4, epochs=2)", "argument 'workers'", "m.fit(x, **{}, epochs=2)", "fit"),
        ("m.fit_generator(x)", "no attribute 'fit_generator'", "m.fit(x)", "fit"),
        ("m.predict_generator(x)", "no attribute 'predict_generator'", "m.predict(x)", "predict"),
        ("m.evaluate_generator(x)", "no attribute 'evaluate_generator'", "m.evaluate(x)", "evaluate"),
        ("print('übung', RMSprop(lr=0.1))", UNKNOWN, "print('übung', RMSprop(learning_rate=0.1))", "optimizer"),
    ],
)
def test_an_old_name_in_a_function_is_spelled_as_now(body: str, message: str, now: str, subject: str) -> None:
    found = respelled(function(body), 2, message)
    assert found is not None
    assert (found.source, found.subject) == (function(now), subject)


def test_a_call_over_several_lines_is_found_by_any_of_them() -> None:
    source = "def build():\n    m.compile(\n        loss='mse',\n        optimizer=RMSprop(\n            lr=0.1))\n"
    for line in (4, 5):
        found = respelled(source, line, UNKNOWN)
        assert found is not None
        assert found.source == source.replace("lr=", "learning_rate=")


def test_only_the_one_that_raised_is_changed() -> None:
    source = "def build():\n    a = RMSprop(lr=1)\n    b = RMSprop(lr=2)\n"
    found = respelled(source, 3, UNKNOWN)
    assert found is not None
    assert found.source == "def build():\n    a = RMSprop(lr=1)\n    b = RMSprop(learning_rate=2)\n"


@pytest.mark.parametrize(
    ("source", "line", "message"),
    [
        ("m.fit_generator(x)\n", 1, "no attribute 'fit_generator'"),  # no function: what stood before it counts anyway
        (function("RMSprop(lr=1)"), 1, UNKNOWN),  # another line
        (function("RMSprop(lr=1)"), 2, "name 'x' is not defined"),  # another error
        (function("RMSprop(rate=1)"), 2, "Argument(s) not recognized: {'rate': 1}"),  # no name of Keras's
        (function("m.samples_per_epoch(1)"), 2, "no attribute 'samples_per_epoch'"),  # means something else now
        ("def build(:\n    RMSprop(lr=1)\n", 2, UNKNOWN),
        ("", 1, UNKNOWN),
    ],
)
def test_nothing_else_is_changed(source: str, line: int, message: str) -> None:
    assert respelled(source, line, message) is None


@given(st.text(max_size=80), st.integers(-3, 9), st.sampled_from(["'lr'", "'fit_generator'", ""]))
def test_any_text_is_taken(text: str, line: int, message: str) -> None:
    found = respelled(function(f"RMSprop(lr=1)  # {text}"), line, message)
    assert found is None or "learning_rate=1" in found.source


@pytest.mark.parametrize(
    ("source", "now"),
    [
        ("tf.compat.v1.disable_eager_execution()\nx = 1", "None\nx = 1"),
        ("x = 1; disable_eager_execution(\n)", "x = 1; None"),
        ("def old():\n    tf.compat.v1.disable_v2_behavior()", "def old():\n    None"),
    ],
)
def test_a_switch_back_to_version_1_is_taken_out_wherever_it_stands(source: str, now: str) -> None:
    found = without_switch(source)
    assert found is not None
    assert (found.source, found.subject) == (now, "everything")


@pytest.mark.parametrize("source", ["# disable_eager_execution()", "tf.disable_eager_execution", "x = (", ""])
def test_without_a_switch_there_is_none(source: str) -> None:
    assert without_switch(source) is None
