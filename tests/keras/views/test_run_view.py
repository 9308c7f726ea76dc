"""The evidence as graders see it: which pictures are for training, which model counts, what was raised."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded import COMPILE, GENERATORS, LAYERS, events, keras_layer, layers, pictures, right_answer, view

from fairmark.checks import NoEvidence
from fairmark.evidence import BatchSeen, CellError, Event, Evidence, FitStarted, NamesBound, PicturesOpened, Submission
from fairmark.keras import RunView
from fairmark.sandbox.fake import fake_run


def opened(number: int, directory: str | None = "pictures") -> PicturesOpened:
    return pictures("", number, 100, 10).model_copy(update={"directory": directory})


def roles(*happened: Event) -> tuple[str | None, str | None]:
    """Ids of the training and of the validation pictures."""
    submission = Submission(student="ada", assignment="horses_or_humans", notebook_sha256="")
    run = RunView(Evidence(submission=submission, run=fake_run(*happened)))
    found: list[str | None] = []
    for name in ("training_pictures", "validation_pictures"):
        try:
            found.append(getattr(run, name).id)
        except NoEvidence:
            found.append(None)
    return found[0], found[1]


def called(**names: str) -> NamesBound:
    return NamesBound(cell=GENERATORS, objects=names)


def fit(pictures: str | None, validation_pictures: str | None) -> FitStarted:
    started = events()["fit"].model_copy(update={"pictures": pictures, "validation_pictures": validation_pictures})
    assert isinstance(started, FitStarted)
    return started


# --- which pictures are for what --------------------------------------------------------------------------------------


def test_pictures_are_told_apart_by_what_the_student_called_them() -> None:
    assert roles(opened(1), opened(2), called(val_flow="pictures-1", train_flow="pictures-2")) == (
        "pictures-2",
        "pictures-1",
    )


@pytest.mark.parametrize("name", ["validation_pictures", "val", "VAL_GEN", "test_set"])
def test_a_name_for_validation_may_be_short(name: str) -> None:
    assert roles(opened(1), opened(2), called(**{name: "pictures-1"})) == ("pictures-2", "pictures-1")


def test_then_by_the_folder_they_read() -> None:
    assert roles(opened(1, "validation/horses"), opened(2, "train")) == ("pictures-2", "pictures-1")


def test_a_name_says_more_than_a_folder() -> None:
    named = called(training="pictures-1", validation="pictures-2")
    assert roles(opened(1, "validation"), opened(2, "train"), named) == ("pictures-1", "pictures-2")


def test_the_folder_is_that_of_the_split_and_not_one_below() -> None:
    assert roles(opened(1, "a/train"), opened(2, "b/validation")) == ("pictures-1", "pictures-2")


def test_then_by_their_order() -> None:
    assert roles(opened(1), opened(2)) == ("pictures-1", "pictures-2")


def test_then_by_what_fit_validated_on() -> None:
    assert roles(opened(1), opened(2), fit("pictures-2", "pictures-1")) == ("pictures-2", "pictures-1")


def test_a_fit_on_the_wrong_pictures_does_not_change_what_they_are() -> None:
    swapped = fit("pictures-2", "pictures-1")
    assert roles(opened(1, "train"), opened(2, "validation"), swapped) == ("pictures-1", "pictures-2")


def test_where_both_read_one_folder_the_second_is_meant_for_the_other() -> None:
    assert roles(opened(1, "train"), opened(2, "train")) == ("pictures-1", "pictures-2")
    assert roles(opened(1, "validation"), opened(2, "validation")) == ("pictures-1", "pictures-2")


def test_after_a_second_try_the_last_of_each_counts() -> None:
    tries = [opened(1, "train"), opened(2, "validation"), opened(3, "train"), opened(4, "validation")]
    assert roles(*tries) == ("pictures-3", "pictures-4")


def test_one_source_is_for_training_unless_it_says_otherwise() -> None:
    assert roles(opened(1)) == ("pictures-1", None)
    assert roles(opened(1, "validation")) == (None, "pictures-1")
    assert roles() == (None, None)


def test_a_pipeline_speaks_for_the_source_it_was_made_from() -> None:
    mapped = opened(3, "train").model_copy(update={"parent": "pictures-1"})
    named = called(training="pictures-1", validation="pictures-2")
    assert roles(opened(1), opened(2), mapped, named) == ("pictures-3", "pictures-2")


def derived(number: int, parent: int, **edits: Any) -> PicturesOpened:  # noqa: ANN401 - fields of PicturesOpened
    return opened(number, "train").model_copy(update={"parent": f"pictures-{parent}", **edits})


def test_of_two_names_for_one_pipeline_that_counts_which_fit_was_given() -> None:
    train, validation = derived(3, 1), derived(4, 2, directory="validation")
    more = derived(5, 1), derived(6, 2, directory="validation")
    names = called(train_final="pictures-3", val_final="pictures-4", train_scaled="pictures-5", val_scaled="pictures-6")
    sources = (opened(1, "train"), opened(2, "validation"), train, validation, *more)
    assert roles(*sources, names, fit("pictures-3", "pictures-4")) == ("pictures-3", "pictures-4")
    assert roles(*sources, names, fit("pictures-5", "pictures-6")) == ("pictures-5", "pictures-6")


def test_a_source_that_fit_was_given_speaks_for_itself_though_one_was_taken_from_it_to_look_at() -> None:
    sources = opened(1, "train"), opened(2, "validation"), derived(3, 1), derived(4, 2, directory="validation")
    names = called(train="pictures-1", one="pictures-3", val="pictures-2", shown="pictures-4")
    assert roles(*sources, names, fit("pictures-1", "pictures-2")) == ("pictures-1", "pictures-2")


def test_fit_on_what_comes_before_the_scaling_is_a_mistake_of_the_training() -> None:
    seen = BatchSeen(pictures="pictures-3", shape=[8, 9, 9, 3], dtype="f", minimum=0, maximum=1, labels_shape=[8])
    raw = opened(1, "train").model_copy(update={"rescale": 1.0})
    happened = raw, derived(3, 1, rescale=1.0), seen, opened(2, "validation"), fit("pictures-1", "pictures-2")
    assert roles(*happened) == ("pictures-3", "pictures-2")


def test_one_pipeline_may_go_by_two_names() -> None:
    sources = opened(1), opened(2)
    assert roles(*sources, called(val_ds="pictures-1", test_ds="pictures-1")) == ("pictures-2", "pictures-1")
    assert roles(*sources, called(train_ds="pictures-1", x="pictures-1", val="pictures-2")) == (
        "pictures-1",
        "pictures-2",
    )


def test_a_name_given_again_stands_for_what_it_was_given_last() -> None:
    cached = derived(3, 1), derived(4, 2, directory="validation")
    again = called(train_ds="pictures-3", val_ds="pictures-4")
    before = called(train_ds="pictures-1", val_ds="pictures-2")
    happened = opened(1, "train"), opened(2, "validation"), before, *cached, again
    assert roles(*happened) == ("pictures-3", "pictures-4")
    assert roles(*happened, fit("pictures-3", "pictures-4")) == ("pictures-3", "pictures-4")


def test_halves_of_one_folder_are_told_apart_by_how_they_are_used() -> None:
    halves = derived(3, 1), derived(4, 1)
    assert roles(opened(1, "train"), *halves, fit("pictures-4", "pictures-3")) == ("pictures-4", "pictures-3")
    assert roles(opened(1, "train"), *halves, called(a="pictures-3", val="pictures-4")) == ("pictures-3", "pictures-4")


IDS = st.sampled_from([f"pictures-{number}" for number in range(5)])
SOURCES = st.builds(
    lambda number, directory, parent: opened(number, directory).model_copy(update={"parent": parent}),
    st.integers(0, 4),
    st.none() | st.sampled_from(["train", "validation", ".", "..", "", "/train", "test/a"]) | st.text(max_size=5),
    st.none() | IDS,
)
NAMINGS = st.builds(
    lambda names: NamesBound(cell=GENERATORS, objects=names),
    st.dictionaries(st.sampled_from(["train", "val", "x", "testing"]) | st.text(max_size=5), IDS, max_size=3),
)
FITS = st.builds(fit, st.none() | IDS, st.none() | IDS)


@given(st.lists(SOURCES | NAMINGS | FITS, max_size=12))
def test_any_sources_are_told_apart(happened: list[Event]) -> None:
    training, validation = roles(*happened)
    assert training is None or training != validation


@given(st.lists(SOURCES, min_size=2, max_size=8, unique_by=lambda source: source.pictures), st.lists(FITS | NAMINGS))
def test_of_two_sources_or_more_each_role_has_one(sources: list[PicturesOpened], others: list[Event]) -> None:
    alone = [source.model_copy(update={"parent": None}) for source in sources]
    assert None not in roles(*alone, *others)


# --- which model ------------------------------------------------------------------------------------------------------


def second(**edits: Any) -> Event:  # noqa: ANN401 - fields of ModelDescribed
    return events()["model"].model_copy(update={"model": "model-2", "cell": 8, "layers": [], **edits})


def test_the_model_that_was_trained_counts() -> None:
    earlier = events()["model"].model_copy(update={"model": "model-0", "layers": []})
    assert view(also=[earlier]).model.id == "model-1"


def test_else_the_model_that_was_compiled_else_the_last() -> None:
    assert view(also=[second()], without=["fit"]).model.id == "model-1"
    assert view(also=[second()], without=["fit", "compiled"]).model.id == "model-2"


def test_a_model_is_what_it_was_last_described_as_and_belongs_where_it_first_appeared() -> None:
    model = view(also=[second(model="model-1")], without=["fit"]).model
    assert (model.layers, model.cell) == ([], LAYERS)


def test_a_model_that_was_fitted_but_never_described_is_not_shown() -> None:
    with pytest.raises(NoEvidence):
        _ = view(fit={"model": "model-9"}).model


@pytest.mark.parametrize("scale", [None, "1/255", [1, 2]])
def test_a_scaling_layer_that_is_no_factor_scales_nothing(scale: object) -> None:
    odd = keras_layer("Rescaling", (None, 300, 300, 3), scale=scale)
    assert view(model={"layers": [odd, *layers()]}).training_pictures.scale.value == pytest.approx(1 / 255)


# --- cells ------------------------------------------------------------------------------------------------------------


def test_cells_are_found_by_their_exercise() -> None:
    assert view().cells_of("compile") == {COMPILE}
    assert view().cells_of("zebras") == set()


def test_the_first_cell_that_raised_is_found() -> None:
    errors: Mapping[int, CellError] = {
        COMPILE: CellError(type="TypeError", message="lr"),
        LAYERS: CellError(type="NameError", message="kears"),
    }
    run = RunView(right_answer(errors=errors))
    found = run.error_in(range(1, 9))
    assert found is not None
    assert found.cell == LAYERS
    assert run.error_in([GENERATORS]) is None
    assert view().error_in(range(1, 9)) is None
