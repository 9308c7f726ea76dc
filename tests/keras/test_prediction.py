"""Questions about one picture's way from its file to the name of its class."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from recorded import LAST, LOGITS, PREDICTION, SOURCES, dense, events, hidden, layers, unmet, view

from fairmark.checks import NoEvidence
from fairmark.checks.expectation import collecting_unsupported
from fairmark.evidence import NamesBound, PictureLoaded, Probe
from fairmark.keras import RunView
from fairmark.keras.prediction import names_class, prepares_as_in_training


def asked(**edits: Any) -> RunView:  # noqa: ANN401 - fields of ModelPredicted
    return view(predicted=edits)


def named(value: object, output: float = 0.1, printed: str = "") -> RunView:
    return view(
        named={"values": {"predicted_class": value}},
        predicted={"outputs": [[output]]},
        printed={PREDICTION: printed},
        sources={"prediction": f"model.predict(pixels)\npredicted_class = {value!r}\nprint(predicted_class)"},
    )


# --- prepared ---------------------------------------------------------------------------------------------------------


def test_one_picture_sized_and_scaled_as_in_training_is_prepared() -> None:
    prepares_as_in_training(view())


@pytest.mark.parametrize(
    ("shape", "found"),
    [
        ([1, 150, 150, 3], "1 x 150 x 150 x 3"),
        ([300, 300, 3], "300 x 300 x 3"),
        ([2, 300, 300, 3], "2 x 300 x 300 x 3"),
        ([], "nothing with a shape"),
    ],
)
def test_another_shape_is_refused(shape: list[int], found: str) -> None:
    refused = unmet(prepares_as_in_training, asked(input_shape=shape))
    assert refused.message == (
        f"The shape given to the model: found {found}, expected 1 x 300 x 300 x 3, a batch of one picture."
    )
    assert refused.cell == PREDICTION


def test_the_shape_follows_the_training_pictures() -> None:
    smaller = {
        "training": {"target_size": (150, 150)},
        "sources": {"generators": "a.flow_from_directory(b, target_size=(150, 150))"},
    }
    prepares_as_in_training(view(predicted={"input_shape": [1, 150, 150, 3]}, **smaller))


def test_pixels_that_were_not_scaled_are_refused() -> None:
    refused = unmet(prepares_as_in_training, asked(maximum=255.0))
    assert refused.message == (
        "The pixels given to the model: found values up to 255, expected the scaling of the training pictures."
    )


def test_pixels_are_not_asked_to_be_scaled_where_the_model_does_it() -> None:
    sources = {"generators": "ImageDataGenerator().flow_from_directory(a, (300, 300))"}
    prepares_as_in_training(view(predicted={"maximum": 255.0}, training={"rescale": 1.0}, sources=sources))


def test_float32_may_leave_the_brightest_pixel_a_little_over_1() -> None:
    prepares_as_in_training(asked(maximum=1.0000001))


def test_a_picture_must_be_seen_being_opened() -> None:
    with pytest.raises(NoEvidence, match=r"^The picture: found no picture file being opened, expected a file\.$"):
        prepares_as_in_training(view(without=["loaded"]))


def test_a_picture_opened_before_the_training_is_another_one() -> None:
    with pytest.raises(NoEvidence):
        prepares_as_in_training(view(loaded={"cell": 2}))


def test_the_rebuilt_model_must_say_about_the_same_of_that_file() -> None:
    prepares_as_in_training(view(probe=hidden(picture_outputs=(0.29,))))
    refused = unmet(prepares_as_in_training, view(probe=hidden(picture_outputs=(0.95,))))
    assert refused.message == (
        "Your cell got 0.10 for validation/horses/0001.png; the same model gives 0.95 for that file when it is "
        "prepared as in training."
    )
    assert (refused.found, refused.expected) == ("0.10", "0.95")


@pytest.mark.parametrize(("inside", "outside"), [(math.nan, 0.1), (0.1, math.nan), (math.inf, 0.1)])
def test_what_is_not_a_number_is_not_the_same(inside: float, outside: float) -> None:
    run = view(predicted={"outputs": [[inside]]}, probe=hidden(picture_outputs=(outside,)))
    assert "prepared as in training" in unmet(prepares_as_in_training, run).message


@pytest.mark.parametrize(
    "probe",
    [
        None,
        hidden(picture_outputs=None),
        hidden(picture="train/horses/0002.png", picture_outputs=(0.95,)),
        hidden(picture_outputs=(0.4, 0.6)),
        hidden(picture_outputs=()),
    ],
)
def test_where_the_rebuilt_model_was_not_asked_the_same_nothing_is_held_against_the_cell(probe: object) -> None:
    prepares_as_in_training(view(probe=probe))


def test_a_prediction_without_rows_is_compared_with_nothing() -> None:
    prepares_as_in_training(view(predicted={"outputs": []}, probe=hidden(picture_outputs=())))


# --- named ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "output"),
    [("horses", 0.1), ("humans", 0.9), ("Horse", 0.1), (" human ", 0.9)],
)
def test_the_class_the_output_stands_for_is_named(value: str, output: float) -> None:
    names_class(named(value, output))


@pytest.mark.parametrize("printed", ["I see a horse!\n", "horses", "0.1 -> HORSES", "not human: horse"])
def test_it_may_be_printed_instead(printed: str) -> None:
    names_class(named(0.1, printed=printed))


def test_the_other_class_is_refused_right_or_wrong_about_the_picture() -> None:
    refused = unmet(names_class, named("humans"))
    assert refused.message == "The class: found humans, expected horses, which an output of 0.10 stands for."
    assert refused.cell == PREDICTION


def test_the_name_that_is_asked_for_counts_before_others() -> None:
    looped = {"values": {"predicted_class": "horses", "which": "humans"}}
    names_class(view(named=looped), name="predicted_class")
    assert unmet(names_class, view(named=looped)).found == "humans"


def test_where_the_name_that_is_asked_for_holds_no_class_others_count() -> None:
    names_class(view(named={"values": {"predicted_class": 0, "answer": "horses"}}), name="predicted_class")


@pytest.mark.parametrize(
    ("value", "printed"), [("a zebra", ""), (None, "horsepower"), (0.1, ""), ("", "nothing, really")]
)
def test_no_class_at_all_is_refused(value: object, printed: str) -> None:
    refused = unmet(names_class, named(value, printed=printed))
    assert refused.message == "The class: found no class named, expected horses, which an output of 0.10 stands for."


@pytest.mark.parametrize("output", [0.49, 0.5, 0.51])
def test_an_undecided_output_stands_for_either(output: float) -> None:
    names_class(named("horses", output))
    names_class(named("humans", output))


def test_how_near_to_the_threshold_is_undecided_can_be_said() -> None:
    names_class(named("humans", output=0.4995), undecided=0.001)
    assert unmet(names_class, named("humans", output=0.49), undecided=0.001).message == (
        "The class: found humans, expected horses, which an output of 0.49 stands for."
    )


def test_a_list_of_two_outputs_stands_for_the_larger() -> None:
    two = {"model": {"layers": [*layers()[:-1], dense(2, "softmax")]}, "predicted": {"outputs": [[0.2, 0.8]]}}
    refused = unmet(names_class, view(**two))
    assert refused.expected == "humans, which an output of 0.20, 0.80 stands for"
    names_class(view(named={"values": {"predicted_class": "humans"}}, **two))


def test_an_output_without_sigmoid_is_held_against_0() -> None:
    linear = {"model": {"layers": [*layers()[:-1], dense(1, "linear")]}, "predicted": {"outputs": [[0.3]]}}
    names_class(view(named={"values": {"predicted_class": "humans"}}, compiled=LOGITS, **linear))


def test_classes_in_another_order_are_understood() -> None:
    text = SOURCES["generators"].replace("class_mode=", "classes=['humans', 'horses'], class_mode=")
    turned = {"training": {"classes": ["humans", "horses"]}, "sources": {"generators": text}}
    names_class(view(**turned, named={"values": {"c": "humans"}}))


@pytest.mark.parametrize("outputs", [[], [[]], [[math.nan]], [[0.0, 0.0, 1.0]]])
def test_an_output_that_stands_for_no_class_shows_nothing(outputs: list[list[float]]) -> None:
    with pytest.raises(NoEvidence, match=r"^The model's output: found no usable number\.$"):
        names_class(asked(outputs=outputs))


# --- asked outside ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("question", [prepares_as_in_training, names_class])
@pytest.mark.parametrize(
    ("edits", "waits"),
    [
        ({}, True),
        ({"problem": "The model cannot be rebuilt", "not_rebuilt": True}, True),
        ({"left_for_later": True}, False),
    ],
)
def test_only_in_a_kernel_of_the_students_own_need_the_answer_not_be_known_outside(
    question: Callable[[RunView], None], edits: dict[str, Any], waits: bool
) -> None:
    run = view(
        probe=Probe(model="model-1", preparation=None, fit="fit-1", **edits),
        named={"values": {"predicted_class": "horses"}},
        sources={"prediction": f"{SOURCES['prediction']}\npredicted_class = 'horses'"},
    )
    with collecting_unsupported() as missing:
        question(run)
    assert bool(missing) == waits, missing


# --- which prediction -------------------------------------------------------------------------------------------------


def test_there_may_be_no_prediction() -> None:
    with pytest.raises(
        NoEvidence, match=r"^The prediction: found no call of predict, expected model\.predict on one picture\.$"
    ):
        _ = view(without=["predicted"]).prediction


def test_predictions_of_whole_sources_are_not_meant() -> None:
    with pytest.raises(NoEvidence):
        _ = view(predicted={"pictures": "pictures-2"}).prediction


def test_the_last_prediction_counts_with_what_was_loaded_and_named_from_there_on() -> None:
    later = [
        PictureLoaded(cell=LAST, path="validation/humans/0001.png", made_by="load_img"),
        events()["predicted"].model_copy(update={"cell": LAST, "outputs": [[0.9]]}),
        NamesBound(cell=LAST, values={"predicted_class": "humans"}),
    ]
    run = view(also=later)
    assert run.prediction.picture.value == "validation/humans/0001.png"
    names_class(run)
