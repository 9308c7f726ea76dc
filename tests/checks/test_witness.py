"""The second witness: what the notebook's text says against what the recorder says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded import view

from fairmark.checks import Doubted
from fairmark.checks.witness import Witness
from fairmark.evidence import Cell

FLOW = ("flow_from_directory",)


def witness(*sources: str, touched: bool = True) -> Witness:
    return Witness(
        [
            Cell(position=position, number=position, role="added", source=source, touched=touched)
            for position, source in enumerate(sources, start=1)
        ]
    )


def confirmed(text: str, value: object, argument: str = "batch_size", names: tuple[str, ...] = FLOW) -> bool:
    try:
        witness(text).confirm(1, names, argument, value)
    except Doubted:
        return False
    return True


def found(*sources: str, names: tuple[str, ...] = FLOW) -> bool:
    try:
        witness(*sources).require_call(len(sources), names)
    except Doubted:
        return False
    return True


# --- confirm ----------------------------------------------------------------------------------------------------------


def test_a_claim_that_the_text_bears_out_is_confirmed() -> None:
    assert confirmed("g.flow_from_directory(d, batch_size=64)", 64)


def test_a_claim_that_the_text_contradicts_is_doubted() -> None:
    with pytest.raises(Doubted) as caught:
        witness("x = 1", "g.flow_from_directory(d, batch_size=64)").confirm(2, FLOW, "batch_size", 128)
    assert caught.value.message == "the run reports batch_size = 128, but the text says 64"
    assert caught.value.cell == 2


def test_all_that_the_text_says_is_told_once() -> None:
    text = "\n".join(f"g.flow_from_directory(d, batch_size={size})" for size in (64, 32, 64))
    with pytest.raises(Doubted, match=r"but the text says 64 or 32$"):
        witness(text).confirm(1, FLOW, "batch_size", 128)


@pytest.mark.parametrize(
    "text",
    [
        "g.flow_from_directory(d, batch_size=size())",
        "g.flow_from_directory(d, **options)",
        "g.flow_from_directory(*arguments)",
        "g.flow_from_directory(d, s, c, k, m, BATCH)",
        "for size in (64, 128): g.flow_from_directory(d, batch_size=size)",
    ],
)
def test_where_the_text_computes_a_value_it_is_silent(text: str) -> None:
    assert confirmed(text, 128)


def test_one_call_that_agrees_is_enough() -> None:
    assert confirmed("g.flow_from_directory(d, batch_size=64)\ng.flow_from_directory(e, batch_size=128)", 128)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "g.flow(d, batch_size=64)",
        "not python at all (",
        "# g.flow_from_directory(d, batch_size=64)",
        "'g.flow_from_directory(d, batch_size=64)'",
    ],
)
def test_where_the_text_makes_no_such_call_it_does_not_contradict(text: str) -> None:
    assert confirmed(text, 128)


@pytest.mark.parametrize(
    "dead",
    [
        "if False:\n    g.flow_from_directory(d, batch_size=128)",
        "def never():\n    g.flow_from_directory(d, batch_size=128)",
    ],
)
def test_dead_code_confirms_nothing(dead: str) -> None:
    assert not confirmed(f"{dead}\ng.flow_from_directory(d, batch_size=64)", 128)


def test_a_stub_that_does_not_run_confirms_nothing() -> None:
    stub = Cell(
        position=1,
        number=1,
        role="exercise",
        touched=False,
        source="g.flow_from_directory(d, batch_size=128)",
    )
    real = Cell(position=2, number=2, role="added", source="g.flow_from_directory(d, batch_size=64)")
    with pytest.raises(Doubted):
        Witness([stub, real]).confirm(2, FLOW, "batch_size", 128)


def test_text_after_the_event_cannot_have_caused_it() -> None:
    cells = witness("g.flow_from_directory(d, batch_size=64)", "g.flow_from_directory(d, batch_size=128)")
    cells.confirm(2, FLOW, "batch_size", 128)
    with pytest.raises(Doubted):
        cells.confirm(1, FLOW, "batch_size", 128)


@pytest.mark.parametrize(
    ("text", "names", "argument", "value"),
    [
        ("ImageDataGenerator()", "ImageDataGenerator", "rescale", None),
        ("g.flow_from_directory(d)", "flow_from_directory", "target_size", (256, 256)),
        ("g.flow_from_directory(d)", "flow_from_directory", "batch_size", 32),
        ("g.flow_from_directory(d)", "flow_from_directory", "class_mode", "categorical"),
        ("image_dataset_from_directory(d)", "image_dataset_from_directory", "image_size", (256, 256)),
        ("image_dataset_from_directory(d)", "image_dataset_from_directory", "batch_size", 32),
        ("model.fit(x)", "fit", "epochs", 1),
        ("model.fit(x)", "fit", "steps_per_epoch", None),
        ("model.fit(x)", "fit", "validation_steps", None),
        ("RMSprop()", "RMSprop", "learning_rate", 0.001),
        ("Adam()", "Adam", "learning_rate", 0.001),
        ("SGD()", "SGD", "learning_rate", 0.01),
    ],
)
def test_an_argument_that_is_left_out_has_keras_default(text: str, names: str, argument: str, value: object) -> None:
    assert confirmed(text, value, argument, (names,))
    assert not confirmed(text, 12345, argument, (names,))


@pytest.mark.parametrize(
    ("text", "names", "argument", "value"),
    [
        ("g.flow_from_directory(d, (300, 300))", "flow_from_directory", "target_size", (300, 300)),
        ("g.flow_from_directory(d, (300, 300), 'rgb', None, 'binary', 128)", "flow_from_directory", "batch_size", 128),
        ("image_dataset_from_directory(d, 'inferred', 'int', None, 'rgb', 64)", FLOW[0], "batch_size", 64),
        ("model.fit(x, None, None, 15)", "fit", "epochs", 15),
        ("RMSprop(1e-3)", "RMSprop", "learning_rate", 0.0010000000474974513),
    ],
)
def test_an_argument_may_be_given_by_its_place(text: str, names: str, argument: str, value: object) -> None:
    assert confirmed(text, value, argument, (names, "image_dataset_from_directory"))
    assert not confirmed(text, 12345, argument, (names, "image_dataset_from_directory"))


def test_places_beyond_those_that_are_known_may_hold_any_argument() -> None:
    text = "image_dataset_from_directory(d, 'inferred', 'int', None, 'rgb', 32, (300, 300))"
    assert confirmed(text, (300, 300), "image_size", ("image_dataset_from_directory",))
    assert confirmed("ImageDataGenerator(False, False, 1 / 255)", 1 / 255, "rescale", ("ImageDataGenerator",))


def test_a_default_that_is_not_known_is_not_held_against_anyone() -> None:
    assert confirmed("g.flow_from_directory(d)", "rgb", "color_mode")


@pytest.mark.parametrize(
    ("text", "value", "same"),
    [
        ("[300, 300]", (300, 300), True),
        ("(300, 300)", (300, 300, 3), False),
        ("(300, 300)", 300, False),
        ("1 / 255", 0.003921568859368563, True),
        ("1 / 225", 1 / 255, False),
        ("8.0", 8, True),
        ("'8'", 8, False),
        ("None", 8, False),
        ("0.001", float("nan"), False),
        ("8", 10**400, False),
    ],
)
def test_values_are_the_same_as_keras_takes_them(text: str, value: object, same: bool) -> None:
    assert confirmed(f"g.flow_from_directory(d, batch_size={text})", value) == same


# --- require_call -----------------------------------------------------------------------------------------------------


def test_a_call_that_is_reported_must_stand_in_the_text() -> None:
    assert found("g.flow_from_directory(d)")
    with pytest.raises(Doubted) as caught:
        witness("x = 1").require_call(1, FLOW)
    assert caught.value.message == "the run reports a call of flow_from_directory, but no cell's text makes one"
    assert caught.value.cell == 1


def test_it_may_stand_in_an_earlier_cell_but_not_in_a_later_one() -> None:
    assert found("def load(d): return g.flow_from_directory(d)", "load(d)")
    with pytest.raises(Doubted):
        witness("load(d)", "g.flow_from_directory(d)").require_call(1, FLOW)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "if False: g.flow_from_directory(d)",
        "def never(): g.flow_from_directory(d)",
        "g.flow_from_directory",
        "'g.flow_from_directory(d)'",
        "g.flow_from_directory_(d)",
    ],
)
def test_what_is_not_called_is_not_made(text: str) -> None:
    assert not found(text)


# --- other names for one thing ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "flow = g.flow_from_directory\nflow(d, batch_size=128)",
        "flow, other = g.flow_from_directory, 1\nflow(d, batch_size=128)",
        "a = g.flow_from_directory\nb = a\nb(d, batch_size=128)",
        "(flow := g.flow_from_directory)\nflow(d, batch_size=128)",
        "from loaders import flow_from_directory as flow\nflow(d, batch_size=128)",
        "flow = g.flow_from_directory\nflow = h.flow_from_directory\nflow(d, batch_size=128)",
        "eval('1')\nflow = g.flow_from_directory\nflow(d, batch_size=128)",
    ],
)
def test_a_call_under_another_name_is_that_call(text: str) -> None:
    assert found(text)
    assert confirmed(text, 128)
    assert not confirmed(text, 64)


def test_a_name_may_be_bound_in_another_cell() -> None:
    assert found("flow = g.flow_from_directory", "flow(d)")


def test_one_call_under_its_own_name_and_one_under_another_are_both_heard() -> None:
    text = "flow = g.flow_from_directory\nflow(d, batch_size=128)\ng.flow_from_directory(d, batch_size=32)"
    assert confirmed(text, 128)
    assert confirmed(text, 32)
    assert not confirmed(text, 64)


def test_a_class_imported_under_another_name_is_that_class() -> None:
    text = "from tensorflow.keras.preprocessing.image import ImageDataGenerator as IDG\nIDG(rescale=1 / 255)"
    assert confirmed(text, 1 / 255, "rescale", ("ImageDataGenerator",))
    assert not confirmed(text, None, "rescale", ("ImageDataGenerator",))


def test_an_alias_of_a_module_leaves_the_callee_as_it_is() -> None:
    text = "import keras.optimizers as o\no.RMSprop(0.001)"
    assert confirmed(text, 0.001, "learning_rate", ("RMSprop",))
    assert not confirmed(text, 0.1, "learning_rate", ("RMSprop",))


def test_names_that_stand_for_each_other_come_to_an_end() -> None:
    assert not found("a = b\nb = a\na(d)")


# --- in the views -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sources", "ask"),
    [
        ({"generators": "a.flow_from_directory(b, (150, 150))"}, lambda run: run.training_pictures.size),
        ({"generators": "a.flow_from_directory(b, batch_size=64)"}, lambda run: run.training_pictures.batch_size),
        ({"generators": "a.flow_from_directory(b)"}, lambda run: run.training_pictures.labels),
        ({"generators": "ImageDataGenerator()"}, lambda run: run.training_pictures.scale),
        ({"generators": "x = 1"}, lambda run: run.training_pictures.directory),
        ({"generators": "image_dataset_from_directory(d)"}, lambda run: run.training_pictures.directory),
        ({"compile": "model.compile(optimizer=RMSprop(0.1))"}, lambda run: run.model.learning_rate),
        ({"training": "model.fit(x, epochs=1)"}, lambda run: run.training.epochs),
        ({"training": "model.fit(x, steps_per_epoch=1)"}, lambda run: run.training.steps_per_epoch),
        ({"training": "model.fit(x, validation_steps=1)"}, lambda run: run.training.validation_steps),
    ],
)
def test_every_setting_that_marks_depend_on_is_asked_of_the_text(sources: dict[str, str], ask: object) -> None:
    run = view(sources=sources)
    with pytest.raises(Doubted):
        ask(run)  # type: ignore[operator]


@given(st.text(max_size=80), st.none() | st.integers() | st.floats() | st.text() | st.tuples(st.integers()))
def test_whatever_the_text_and_the_claim_it_is_confirmed_or_doubted(text: str, value: object) -> None:
    assert confirmed(text, value) in (True, False)
    assert confirmed(f"g.flow_from_directory(d, batch_size={text})", value) in (True, False)
