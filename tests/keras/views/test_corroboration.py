"""The second corroboration: what of a run's report the notebook's text bears out, contradicts, or does not show."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded import view

from fairmark.checks import ConflictingEvidence
from fairmark.checks.expectation import collecting_unsupported
from fairmark.checks.origin import WORKED_OUT, Origin
from fairmark.checks.vouched import Vouched
from fairmark.evidence import Cell, Function
from fairmark.keras.views.corroboration import Corroboration
from fairmark.keras.views.origin import ANSWERED, TRAINED

FLOW = ("flow_from_directory",)
STEPS = "steps_per_epoch"
BORNE_OUT, CONTRADICTED, NOT_SHOWN = "borne out", "contradicted", "not shown"


def corroboration(*sources: str, touched: bool = True) -> Corroboration:
    """Of these texts, in which names that they do not bind may be Keras's."""
    return Corroboration(
        [
            Cell(position=position, number=position, role="added", source=source, touched=touched or position == 0)
            for position, source in enumerate(("from tensorflow.keras import *", *sources))
        ]
    )


def answer(ask: Callable[[], object]) -> str:
    with collecting_unsupported() as missing:
        try:
            ask()
        except ConflictingEvidence:
            return CONTRADICTED
    return NOT_SHOWN if missing else BORNE_OUT


def said(text: str, value: object, argument: str = "batch_size", names: tuple[str, ...] = FLOW) -> str:
    return answer(lambda: corroboration(text).confirm(1, names, argument, value))


def called(*sources: str, cell: int | None = None) -> str:
    return answer(lambda: corroboration(*sources).require_call(cell or len(sources), FLOW))


# --- an argument ------------------------------------------------------------------------------------------------------


def test_a_claim_that_a_call_can_have_caused_is_borne_out() -> None:
    assert said("g.flow_from_directory(d, batch_size=64)", 64) == BORNE_OUT


def test_a_claim_is_contradicted_where_all_that_the_calls_can_give_is_known_and_is_something_else() -> None:
    with pytest.raises(ConflictingEvidence) as caught:
        corroboration("x = 1", "g.flow_from_directory(d, batch_size=64)").confirm(2, FLOW, "batch_size", 128)
    assert caught.value.message == "the run reports batch_size = 128, but the text says 64"
    assert caught.value.cell == 2


def test_what_the_text_does_not_show_is_told_as_that() -> None:
    with collecting_unsupported() as missing:
        corroboration("g.flow_from_directory(d, batch_size=ask())").confirm(1, FLOW, "batch_size", 128)
    assert [(one.message, one.cell, one.kind) for one in missing] == [
        (
            "The run reports batch_size = 128, which the text of the notebook does not show; a person should look.",
            1,
            "not_borne_out",
        )
    ]


def test_where_nobody_gathers_what_is_not_shown_nothing_is_raised() -> None:
    corroboration("x = 1").confirm(1, FLOW, "batch_size", 128)


@pytest.mark.parametrize(
    "text",
    [
        "g.flow_from_directory(d, batch_size=size())",
        "g.flow_from_directory(d, **options)",
        "g.flow_from_directory(*arguments)",
        "g.flow_from_directory(d, s, c, k, m, BATCH)",
        "g.flow_from_directory(d, batch_size=int(input()))",
        "exec(text)\ng.flow_from_directory(d, batch_size=size)",
    ],
)
def test_a_value_that_cannot_be_read_is_not_shown(text: str) -> None:
    assert said(text, 128) == NOT_SHOWN


@pytest.mark.parametrize(
    "text",
    [
        "for size in (64, 128): g.flow_from_directory(d, batch_size=size)",
        "size = 64\nsize = 128\ng.flow_from_directory(d, batch_size=size)",
        "size = 64 if small else 128\ng.flow_from_directory(d, batch_size=size)",
        "def flow(size): return g.flow_from_directory(d, batch_size=size)\nflow(64)\nflow(128)",
        "asked = dict(batch_size=128)\ng.flow_from_directory(d, **asked)",
        "asked = {'batch_size': 128}\ng.flow_from_directory(d, **asked)",
        "g.flow_from_directory(d, batch_size=2 ** 7)",
    ],
)
def test_a_value_may_be_one_of_several_and_may_be_worked_out(text: str) -> None:
    assert said(text, 128) == BORNE_OUT
    assert said(text, 100) != BORNE_OUT


def test_one_call_that_agrees_is_enough() -> None:
    text = "g.flow_from_directory(d, batch_size=64)\ng.flow_from_directory(e, batch_size=128)"
    assert said(text, 128) == BORNE_OUT


@pytest.mark.parametrize(
    "text",
    [
        "",
        "g.flow_(d, batch_size=128)",
        "not python at all (",
        "# g.flow_from_directory(d, batch_size=128)",
        "'g.flow_from_directory(d, batch_size=128)'",
        "g.flow_from_directory",
        "'flow_from_directory'",
        "if False:\n    g.flow_from_directory(d, batch_size=128)",
        "def never():\n    g.flow_from_directory(d, batch_size=128)",
        "lambda: g.flow_from_directory(d, batch_size=128)",
        "def never():\n    never()\n    g.flow_from_directory(d, batch_size=128)",
        "class Never:\n    def never(self): g.flow_from_directory(d, batch_size=128)",
        "def flow_from_directory(d, batch_size): pass\nflow_from_directory(d, batch_size=128)",
    ],
)
def test_where_no_call_is_made_nothing_is_borne_out(text: str) -> None:
    assert said(text, 128) == NOT_SHOWN
    assert called(text) == NOT_SHOWN


def test_a_stub_that_does_not_run_bears_out_nothing() -> None:
    text = "g.flow_from_directory(d, batch_size=128)"
    assert answer(lambda: corroboration(text, touched=False).confirm(1, FLOW, "batch_size", 128)) == NOT_SHOWN


def test_a_call_in_another_cell_bears_out_nothing() -> None:
    cells = corroboration(
        "g.flow_from_directory(d, batch_size=128)", "x = 1", "g.flow_from_directory(d, batch_size=64)"
    )
    assert answer(lambda: cells.confirm(1, FLOW, "batch_size", 128)) == BORNE_OUT
    assert answer(lambda: cells.confirm(2, FLOW, "batch_size", 128)) == NOT_SHOWN
    assert answer(lambda: cells.confirm(3, FLOW, "batch_size", 128)) == CONTRADICTED
    assert answer(lambda: cells.confirm(4, FLOW, "batch_size", 128)) == NOT_SHOWN


def test_a_function_that_the_cell_calls_is_heard_wherever_it_stands() -> None:
    assert called("def load(d): return g.flow_from_directory(d)", "load(d)") == BORNE_OUT
    assert called("load(d)", "def load(d): return g.flow_from_directory(d)", cell=1) == BORNE_OUT
    assert called("def load(d): return g.flow_from_directory(d)", "other(d)") == NOT_SHOWN


@pytest.mark.parametrize(
    ("holder", "said"), [("scaled", BORNE_OUT), ("zzz", NOT_SHOWN), ("ImageDataGenerator()", CONTRADICTED)]
)
def test_what_the_authors_text_has_bound_is_taken_on_trust_and_no_other_name(holder: str, said: str) -> None:
    texts = ("pass", f"pictures = {holder}.flow_from_directory(folder, batch_size=32)")
    cells = [Cell(position=at, number=at, role="exercise", source=text) for at, text in enumerate(texts, 1)]
    corroboration = Corroboration(cells, {1: Vouched(frozenset({"ImageDataGenerator"}), frozenset({"scaled"}))})
    assert answer(lambda: corroboration.confirm_generator(2, "rescale", 1 / 255)) == said


def test_what_ran_with_the_authors_text_needs_no_witness() -> None:
    cell = Cell(position=1, number=1, role="exercise", source="x = 1")
    assert (
        answer(lambda: Corroboration([cell], {1: Vouched(frozenset(FLOW))}).confirm(1, FLOW, "batch_size", 128))
        == BORNE_OUT
    )


@pytest.mark.parametrize(
    ("text", "names", "argument", "value"),
    [
        ("g.flow_from_directory(d)", "flow_from_directory", "target_size", (256, 256)),
        ("g.flow_from_directory(d)", "flow_from_directory", "batch_size", 32),
        ("g.flow_from_directory(d)", "flow_from_directory", "class_mode", "categorical"),
        ("image_dataset_from_directory(d)", "image_dataset_from_directory", "image_size", (256, 256)),
        ("image_dataset_from_directory(d)", "image_dataset_from_directory", "batch_size", 32),
        ("image_dataset_from_directory(d)", "image_dataset_from_directory", "label_mode", "int"),
        ("model.fit(x)", "fit", "epochs", 1),
        ("model.fit(x)", "fit", "steps_per_epoch", None),
        ("model.fit(x)", "fit", "validation_steps", None),
    ],
)
def test_an_argument_that_is_left_out_has_keras_default(text: str, names: str, argument: str, value: object) -> None:
    assert said(text, value, argument, (names,)) == BORNE_OUT
    assert said(text, 12345, argument, (names,)) == CONTRADICTED


@pytest.mark.parametrize(
    ("text", "names", "argument", "value"),
    [
        ("g.flow_from_directory(d, (300, 300))", "flow_from_directory", "target_size", (300, 300)),
        ("g.flow_from_directory(d, (300, 300), 'rgb', None, 'binary', 128)", "flow_from_directory", "batch_size", 128),
        ("image_dataset_from_directory(d, 'inferred', 'int', None, 'rgb', 64)", FLOW[0], "batch_size", 64),
        (
            "image_dataset_from_directory(d, 'inferred', 'int', None, 'rgb', 32, (300, 300))",
            "image_dataset_from_directory",
            "image_size",
            (300, 300),
        ),
        ("model.fit(x, None, None, 15)", "fit", "epochs", 15),
    ],
)
def test_an_argument_may_be_given_by_its_place(text: str, names: str, argument: str, value: object) -> None:
    assert said(text, value, argument, (names, "image_dataset_from_directory")) == BORNE_OUT
    assert said(text, 12345, argument, (names, "image_dataset_from_directory")) == CONTRADICTED


def test_a_default_that_is_not_known_is_not_shown() -> None:
    assert said("g.flow_from_directory(d)", "rgb", "color_mode") == NOT_SHOWN


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
    assert (said(f"g.flow_from_directory(d, batch_size={text})", value) == BORNE_OUT) == same


def test_steps_are_worked_out_and_not_read_off() -> None:
    read = "train = g.flow_from_directory(d)\nmodel.fit(train, steps_per_epoch=train.samples // train.batch_size)"
    assert said(read, 8, "steps_per_epoch", ("fit",)) == NOT_SHOWN
    steps = answer(lambda: corroboration("n = 1024\nmodel.fit(x, steps_per_epoch=n // 128)").confirm_steps(1, STEPS, 8))
    assert steps == BORNE_OUT
    for text in (read, "n = 1024\nmodel.fit(x, steps_per_epoch=int(open('s').read()))"):
        assert answer(lambda text=text: corroboration(text).confirm_steps(1, STEPS, 8)) == NOT_SHOWN  # type: ignore[misc]
    assert answer(lambda: corroboration("model.fit(x, steps_per_epoch=9)").confirm_steps(1, STEPS, 8)) == CONTRADICTED
    assert answer(lambda: corroboration("model.fit(x)").confirm_steps(1, STEPS, None)) == BORNE_OUT


# --- what is made -----------------------------------------------------------------------------------------------------

RMSPROP = Function(name="rmsprop", class_name="RMSprop", module="keras.src.optimizers.rmsprop")


def compiled(text: str, rate: float | None = None, *, before: str = "") -> str:
    cells = corroboration(f"{before}\nmodel.compile({text})")
    if rate is None:
        return answer(lambda: cells.confirm_made(1, "compile", "optimizer", RMSPROP))
    return answer(lambda: cells.confirm_setting(1, "compile", "optimizer", RMSPROP, "learning_rate", rate))


@pytest.mark.parametrize(
    "text",
    [
        "optimizer='rmsprop'",
        "'RMSprop'",
        "",
        "optimizer=keras.optimizers.RMSprop()",
        "optimizer=keras.optimizers.get('rmsprop')",
        "optimizer=[keras.optimizers.RMSprop()][0]",
    ],
)
def test_an_optimizer_goes_by_its_name_its_class_or_what_get_is_given(text: str) -> None:
    assert compiled(text) == BORNE_OUT
    assert compiled(text, 0.001) == BORNE_OUT
    assert compiled(text, 0.5) == CONTRADICTED


@pytest.mark.parametrize("text", ["optimizer=keras.optimizers.SGD()", "'adam'", "optimizer=keras.optimizers.Adam(0.1)"])
def test_another_optimizer_contradicts(text: str) -> None:
    assert compiled(text) == CONTRADICTED


@pytest.mark.parametrize("text", ["optimizer=best()", "optimizer=open('o').read()", "**settings"])
def test_an_optimizer_that_cannot_be_read_is_not_shown(text: str) -> None:
    assert compiled(text) == NOT_SHOWN


def test_the_rate_is_that_of_the_very_optimizer_that_compile_was_given() -> None:
    other = "other = keras.optimizers.RMSprop(0.5)"
    assert compiled("optimizer=keras.optimizers.RMSprop(0.001)", 0.001, before=other) == BORNE_OUT
    assert compiled("optimizer=keras.optimizers.RMSprop(0.001)", 0.5, before=other) == CONTRADICTED
    assert compiled("optimizer=keras.optimizers.RMSprop(rate())", 0.5, before=other) == NOT_SHOWN


def test_a_rate_may_be_set_afterwards() -> None:
    cells = corroboration("o = keras.optimizers.RMSprop()\no.learning_rate = 0.0005\nmodel.compile(o)")
    assert answer(lambda: cells.confirm_setting(1, "compile", "optimizer", RMSPROP, "learning_rate", 0.0005)) == (
        BORNE_OUT
    )


LOSS = Function(name="binary_crossentropy", class_name="BinaryCrossentropy", module="keras")


@pytest.mark.parametrize(
    ("text", "logits"),
    [
        ("loss='binary_crossentropy'", False),
        ("loss='bce'", False),
        ("loss=keras.losses.binary_crossentropy", False),
        ("loss=keras.losses.BinaryCrossentropy()", False),
        ("loss=keras.losses.BinaryCrossentropy(from_logits=True)", True),
        ("loss=keras.losses.BinaryCrossentropy(True)", True),
    ],
)
def test_a_loss_goes_by_its_name_its_function_or_its_class(text: str, logits: bool) -> None:
    cells = corroboration(f"model.compile({text})")
    assert answer(lambda: cells.confirm_made(1, "compile", "loss", LOSS)) == BORNE_OUT
    for value in (True, False):
        got = answer(lambda value=value: cells.confirm_setting(1, "compile", "loss", LOSS, "from_logits", value))
        assert got == (BORNE_OUT if value == logits else CONTRADICTED)


def test_metrics_may_be_several() -> None:
    cells = corroboration("model.compile(metrics=['mse', keras.metrics.BinaryAccuracy(), 'acc'])")
    for name in ("accuracy", "binary_accuracy", "mean_squared_error"):
        metric = Function(name=name, module="keras")
        assert answer(lambda metric=metric: cells.confirm_made(1, "compile", "metrics", metric)) == BORNE_OUT
    other = Function(name="auc", module="keras")
    assert answer(lambda: cells.confirm_made(1, "compile", "metrics", other)) != BORNE_OUT


# --- sources of pictures ----------------------------------------------------------------------------------------------

DATA = "from fairmark import dataset\npictures = dataset('horses')\n"


@pytest.mark.parametrize(
    "path",
    [
        "pictures / 'train'",
        "str(pictures / 'train')",
        "f'{pictures}/train'",
        "os.path.join(pictures, 'train')",
        "pictures.joinpath('train')",
        "'/content/horses/train'",
    ],
)
def test_the_folder_is_the_end_of_the_path(path: str) -> None:
    cells = corroboration(f"{DATA}import os\ng.flow_from_directory({path})")
    assert answer(lambda: cells.confirm_directory(1, FLOW, "train")) == BORNE_OUT
    assert answer(lambda: cells.confirm_directory(1, FLOW, "validation")) == NOT_SHOWN


FIT = (
    f"{DATA}a = g.flow_from_directory(pictures / 'train')\nb = g.flow_from_directory(pictures / 'validation')\n"
    "model.fit({})"
)


@pytest.mark.parametrize(
    ("given", "learns", "validates"),
    [
        ("a, validation_data=b", BORNE_OUT, BORNE_OUT),
        ("x=a", BORNE_OUT, NOT_SHOWN),
        ("b, validation_data=a", NOT_SHOWN, NOT_SHOWN),
        ("some(), validation_data=some()", NOT_SHOWN, NOT_SHOWN),
        ("*both", NOT_SHOWN, NOT_SHOWN),
    ],
)
def test_fit_is_given_what_was_read_from_a_folder(given: str, learns: str, validates: str) -> None:
    cells = corroboration(FIT.format(given))
    assert answer(lambda: cells.confirm_source(1, "x", "train")) == learns
    assert answer(lambda: cells.confirm_source(1, "validation_data", "validation")) == validates


# --- names ------------------------------------------------------------------------------------------------------------


def bound(text: str, value: object, name: str = "features", origin: Origin = WORKED_OUT) -> str:
    return answer(lambda: corroboration(text).confirm_value(1, name, value, origin=origin))


@pytest.mark.parametrize(
    "text",
    ["features = 78_400", "features = 35 * 35 * 64", "side = 35\nfeatures = side ** 2 * 64", "features, x = 78400, 1"],
)
def test_a_number_that_is_written_or_worked_out_is_borne_out(text: str) -> None:
    assert bound(text, 78_400) == BORNE_OUT
    assert bound(text, 78_401) == CONTRADICTED


@pytest.mark.parametrize(
    "text",
    [
        "x = 78400",
        "'features = 78400'",
        "features = int(open('answers').read())",
        "features = int(os.environ['FEATURES'])",
        "features = json.loads(text)['features']",
        "features = base64.b64decode(text)",
        "exec('features = 78400')",
        "globals()['feat' + 'ures'] = 78400",
    ],
)
def test_a_number_from_elsewhere_is_not_shown(text: str) -> None:
    assert bound(text, 78_400) == NOT_SHOWN


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("from tensorflow import keras\nh = keras.Sequential().fit(3)\nfeatures = h.history['accuracy'][-1]", TRAINED),
        ("from tensorflow import keras\nfeatures = float(keras.Sequential().predict(3)[0, 0])", ANSWERED),
        ("features = len(model.layers)\nmodel = keras.Sequential()", None),
        ("features = g.flow_from_directory(d).samples", None),
    ],
)
def test_what_is_not_worked_out_is_borne_out_by_what_the_question_is_about(text: str, origin: Origin | None) -> None:
    for each in (WORKED_OUT, ANSWERED, TRAINED):
        assert bound(text, 0.75, origin=each) == (BORNE_OUT if each == origin else NOT_SHOWN)


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
    ],
)
def test_a_call_under_another_name_is_that_call(text: str) -> None:
    assert called(text) == BORNE_OUT
    assert said(text, 128) == BORNE_OUT
    assert said(text, 64) == CONTRADICTED


def test_a_name_may_be_bound_in_another_cell() -> None:
    assert called("flow = g.flow_from_directory", "flow(d)") == BORNE_OUT


def test_a_class_imported_under_another_name_is_that_class() -> None:
    text = "from tensorflow.keras.preprocessing.image import ImageDataGenerator as IDG\nIDG(rescale=1 / 255)"
    assert answer(lambda: corroboration(text).confirm_generator(1, "rescale", 1 / 255)) == BORNE_OUT
    assert answer(lambda: corroboration(text).confirm_generator(1, "rescale", None)) == CONTRADICTED


def test_names_that_stand_for_each_other_come_to_an_end() -> None:
    assert called("a = b\nb = a\na(d)") == NOT_SHOWN


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
        ({"training": "x = 1"}, lambda run: run.training.history),
        ({"training": "x = 1"}, lambda run: run.training.steps_run),
        ({"training": "x = 1"}, lambda run: run.training.epochs_run),
        ({"prediction": "x = 1"}, lambda run: run.prediction),
        ({"layers": "x = 1"}, lambda run: run.model.output),
        ({"layers": "x = 1"}, lambda run: run.model.hidden_dense),
        ({"layers": "x = 1"}, lambda run: run.model.features),
        ({"layers": "x = 1"}, lambda run: run.model.input_shape),
    ],
)
def test_everything_that_marks_depend_on_is_asked_of_the_text(sources: dict[str, str], ask: object) -> None:
    run = view(sources=sources)
    assert answer(lambda: ask(run)) != BORNE_OUT  # type: ignore[operator]


@given(st.text(max_size=80), st.none() | st.integers() | st.floats() | st.text() | st.tuples(st.integers()))
def test_whatever_the_text_and_the_claim_there_is_an_answer(text: str, value: object) -> None:
    assert said(text, value) in (BORNE_OUT, CONTRADICTED, NOT_SHOWN)
    assert said(f"g.flow_from_directory(d, batch_size={text})", value) in (BORNE_OUT, CONTRADICTED, NOT_SHOWN)
