"""How well a trained model does on pictures it never saw."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded import LOGITS, TRAINING, dense, events, hidden, layers, unmet, view

from fairmark.checks import NotShown
from fairmark.checks.accuracy import Accuracy, accuracy_of, measured_accuracy, predicted_class, reaches, wilson_interval
from fairmark.evidence import Decided, Probe

COUNTS = st.integers(1, 5000).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total)))


# --- the interval -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("correct", "total", "low", "high"),
    [
        (8, 10, 0.4902, 0.9433),  # R's prop.test(8, 10, correct = FALSE)
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (180, 200, 0.8506, 0.9343),
        (0, 0, 0.0, 1.0),
    ],
)
def test_the_interval_is_wilsons(correct: int, total: int, low: float, high: float) -> None:
    assert wilson_interval(correct, total) == pytest.approx((low, high), abs=5e-5)


@given(COUNTS)
def test_the_interval_holds_the_share_and_lies_between_0_and_1(counts: tuple[int, int]) -> None:
    correct, total = counts
    low, high = wilson_interval(correct, total)
    assert 0 <= low <= correct / total + 1e-12
    assert correct / total - 1e-12 <= high <= 1


@given(COUNTS, st.integers(2, 10))
def test_the_interval_narrows_with_more_pictures(counts: tuple[int, int], times: int) -> None:
    low, high = wilson_interval(*counts)
    narrow_low, narrow_high = wilson_interval(counts[0] * times, counts[1] * times)
    assert narrow_high - narrow_low < high - low


@given(COUNTS)
def test_the_interval_treats_right_and_wrong_alike(counts: tuple[int, int]) -> None:
    correct, total = counts
    low, high = wilson_interval(correct, total)
    assert wilson_interval(total - correct, total) == pytest.approx((1 - high, 1 - low))


def test_an_accuracy_is_told_with_its_counts() -> None:
    assert str(Accuracy(180, 200, 0.8506, 0.9343)) == "180 of 200 (90.0%, 95% interval 85.1%-93.4%)"
    assert Accuracy(0, 0, 0.0, 1.0).share == 0.0


@pytest.mark.parametrize(("threshold", "close"), [(0.7, False), (0.8, True), (0.9, True), (0.91, False)])
def test_a_call_is_close_where_the_interval_leaves_it_open(threshold: float, close: bool) -> None:
    assert Accuracy(85, 100, 0.75, 0.9).is_close_to(threshold) == close


# --- labels -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outputs", "label"),
    [
        ([0.9], 1),
        ([0.1], 0),
        ([0.5], 0),
        ([0.2, 0.8], 1),
        ([0.8, 0.2], 0),
        ([0.5, 0.5], 0),
        ([0.1, 0.2, 0.7], 2),
        ([-math.inf, math.inf], 1),
        ([math.inf], 1),
        ([math.nan], None),
        ([0.9, math.nan], None),
        ([], None),
    ],
)
def test_outputs_stand_for_a_label(outputs: list[float], label: int | None) -> None:
    assert predicted_class(outputs) == label


@pytest.mark.parametrize(("output", "label"), [(0.4, 1), (-0.4, 0), (0.0, 0)])
def test_without_a_sigmoid_the_border_is_0(output: float, label: int) -> None:
    assert predicted_class([output], logits=True) == label


# --- counting ---------------------------------------------------------------------------------------------------------


def probe(*rows: tuple[float, ...], truth: tuple[int, ...]) -> Probe:
    return hidden().model_copy(update={"outputs": rows, "truth": truth})


def test_predictions_that_name_the_class_of_the_picture_are_counted() -> None:
    seen = probe((0.9,), (0.1,), (0.9,), truth=(1, 0, 0))
    assert accuracy_of(seen, ["horses", "humans"]).correct == 2


def test_classes_count_by_name_in_whatever_order_the_notebook_has_them() -> None:
    seen = probe((0.9,), (0.1,), (0.9,), truth=(1, 0, 0))
    assert accuracy_of(seen, ["humans", "horses"]).correct == 1


def test_what_is_not_a_number_is_wrong() -> None:
    assert accuracy_of(probe((math.nan,), (math.nan,), truth=(0, 1)), ["horses", "humans"]).correct == 0


def test_a_label_without_a_class_is_wrong() -> None:
    seen = probe((0.0, 0.1, 0.9), truth=(1,))
    assert accuracy_of(seen, ["horses", "humans"]).correct == 0
    assert accuracy_of(seen, []).correct == 0


def test_without_pictures_nothing_is_known() -> None:
    assert accuracy_of(probe(truth=()), ["horses", "humans"]) == Accuracy(0, 0, 0.0, 1.0)


# --- reaching the threshold -------------------------------------------------------------------------------------------


def test_a_model_that_reaches_the_threshold_is_told_its_accuracy() -> None:
    assert reaches(view(), 0.8) == ("Hidden pictures named rightly: 180 of 200 (90.0%, 95% interval 85.1%-93.4%).")


def test_the_point_estimate_decides_and_a_close_call_says_so() -> None:
    assert reaches(view(probe=hidden(160)), 0.8) == (
        "Hidden pictures named rightly: 160 of 200 (80.0%, 95% interval 73.9%-85.0%). "
        "This is a close call: the interval holds the threshold."
    )


def test_a_model_that_misses_the_threshold_is_told_by_how_much() -> None:
    refused = unmet(reaches, view(probe=hidden(100)), 0.8)
    assert refused.message == (
        "Hidden pictures named rightly: 100 of 200 (50.0%, 95% interval 43.1%-56.9%), expected at least 80%."
    )
    assert (refused.found, refused.expected, refused.cell) == (
        "100 of 200 (50.0%, 95% interval 43.1%-56.9%)",
        "at least 80%",
        TRAINING,
    )
    assert unmet(reaches, view(probe=hidden(159)), 0.8).message.endswith(
        " This is a close call: the interval holds the threshold."
    )


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("not_a_number", "The loss was not a number"),
        ("untrainable", "Nothing had changed"),
        ("still", "The loss no longer moved"),
    ],
)
def test_a_training_that_was_ended_for_another_reason_says_at_which_epoch_and_why(reason: str, said: str) -> None:
    seen = view(probe=hidden(100))
    decided = Decided.model_validate({"fit": "fit-1", "epoch": 2, "asked": 15, "reason": reason})
    ended = seen.evidence.run.model_copy(update={"decided": decided})
    refused = unmet(reaches, view(seen.evidence.model_copy(update={"run": ended})), 0.8)
    assert refused.message.endswith(
        f", expected at least 80%. {said} after epoch 2 of 15, and training was ended there."
    )


def test_a_model_with_nothing_to_train_is_told_so() -> None:
    frozen = events()["model"].model_copy(update={"trainable_parameters": 0})
    refused = unmet(reaches, view(probe=hidden(100), model=frozen), 0.8)
    assert refused.message.endswith(
        ", expected at least 80%. None of the model's weights may change (trainable is False), "
        "so training teaches it nothing."
    )


def test_a_model_that_cannot_be_rebuilt_is_told_why() -> None:
    problem = "Lambda, which is not one of Keras's own layers: only those can be rebuilt outside"
    refused = unmet(reaches, view(probe=hidden(0, 0, problem=problem)), 0.8)
    assert refused.message == (
        f"The trained model: found {problem}, expected a model that can be rebuilt from its configuration and weights."
    )


def test_a_model_that_answers_nothing_is_told_so() -> None:
    assert unmet(reaches, view(probe=hidden(0, 0)), 0.8).found == "no answer to any hidden picture"


def test_a_model_that_was_never_trained_shows_nothing() -> None:
    with pytest.raises(NotShown, match=r"^The trained model: found none that was trained, expected a trained model\.$"):
        reaches(view(probe=None), 0.8)
    with pytest.raises(NotShown, match="The training: found no call of fit"):
        reaches(view(without=["fit"]), 0.8)


def test_two_neurons_are_as_good_as_one() -> None:
    two = {"layers": [*layers()[:-1], dense(2, "softmax")]}
    rows = tuple((1 - output, output) for (output,) in hidden().outputs)
    assert "180 of 200" in reaches(view(model=two, probe=hidden(outputs=rows)), 0.8)


def test_an_output_without_sigmoid_is_held_against_0() -> None:
    linear = {"layers": [*layers()[:-1], dense(1, "linear")]}
    rows = tuple(((output - 0.5) * 0.9,) for (output,) in hidden().outputs)
    assert "180 of 200" in reaches(view(model=linear, compiled=LOGITS, probe=hidden(outputs=rows)), 0.8)


def test_an_output_without_sigmoid_that_its_loss_took_for_a_probability_is_held_against_one_half() -> None:
    linear = {"layers": [*layers()[:-1], dense(1, "linear")]}
    assert "180 of 200" in reaches(view(model=linear, probe=hidden()), 0.8)


def test_classes_in_another_order_are_understood() -> None:
    turned = tuple((1 - output,) for (output,) in hidden().outputs)
    run = view(training={"classes": ["humans", "horses"]}, probe=hidden(outputs=turned))
    assert "180 of 200" in reaches(run, 0.8)


def test_what_was_measured_is_none_where_nothing_could_be_asked() -> None:
    for unseen in (None, hidden(0, 0), hidden(problem="no model")):
        assert measured_accuracy(view(probe=unseen)) is None
